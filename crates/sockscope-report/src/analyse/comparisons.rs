//! Comparisons: each candidate of a group with its baseline, for every statistic that both support.

use sockscope_stats::signed_rank::CONFIDENCE;
use sockscope_stats::{Resolution, compare_runs};

use super::series::{Group, Paired, groups};
use crate::model::{Better, Cell, Comparison, Factor, Report, Statistic};

const STATISTICS: [Statistic; 3] = [Statistic::P50, Statistic::Mean, Statistic::P99];

pub(super) fn of(report: &Report) -> Vec<Comparison> {
    let in_group = |group: Group<'_>| {
        let pairs = group.candidates.iter().flat_map(|candidate| {
            STATISTICS.iter().filter_map(|statistic| one(report, &group, candidate, statistic))
        });
        pairs.collect::<Vec<_>>()
    };
    groups(report).flat_map(in_group).collect()
}

/// `None` when a side or one of its rounds does not support the statistic, or the two have no round
/// in common. The twin is a side, too: a floor of other rounds is not the floor of these.
fn one(
    report: &Report,
    group: &Group<'_>,
    candidate: &Cell,
    statistic: &Statistic,
) -> Option<Comparison> {
    let baseline = group.baseline;
    let typical_ns = summary(candidate, statistic)?.min(summary(baseline, statistic)?);
    let clock_ns = report.host.clock.resolution_ns.unwrap_or(1);
    let pairs = Paired::new(baseline, candidate, statistic)?;
    let twins = match group.twin {
        Some(twin) => Some(Paired::new(baseline, twin, statistic)?),
        None => None,
    };
    let comparison = compare_runs(
        &pairs.sides(),
        &twins.as_ref().map(Paired::sides).unwrap_or_default(),
        Resolution { typical_ns, clock_ns },
        report.plan.margin,
    )?;
    let attached = report.plan.is_attached();
    Some(Comparison {
        factor: if attached { Factor::Endpoint } else { Factor::Transport },
        baseline_cell: baseline.id.clone(),
        candidate_cell: candidate.id.clone(),
        baseline: baseline.label.clone(),
        candidate: candidate.label.clone(),
        view: candidate.view.clone(),
        size: candidate.size,
        statistic: statistic.clone(),
        better: Better::Lower,
        ratio: comparison.ratio,
        lo: comparison.interval.map(|interval| interval.lo),
        hi: comparison.interval.map(|interval| interval.hi),
        confidence: CONFIDENCE,
        noise_floor: comparison.noise_floor,
        rounds: pairs.rounds(),
        verdict: comparison.verdict.into(),
    })
}

/// The statistic of the whole cell; `None` when the samples do not support it.
fn summary(cell: &Cell, statistic: &Statistic) -> Option<u64> {
    let rtt = cell.rtt_ns?;
    match statistic {
        Statistic::P50 => rtt.p50,
        Statistic::Mean => Some(rtt.mean),
        Statistic::P99 => rtt.p99,
        Statistic::Other(_) => None,
    }
}
