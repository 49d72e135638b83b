//! Comparisons: each candidate with its baseline, for every statistic that both support.

use sockscope_stats::signed_rank::CONFIDENCE;
use sockscope_stats::{Resolution, compare_runs};

use super::groups::{Pair, pairs};
use super::series::Paired;
use crate::model::{Better, Block, Cell, Comparison, Report, Statistic, Task};

pub(super) fn of(report: &Report) -> Vec<Comparison> {
    let statistics = statistics(report.task());
    let of_pair = |pair: &Pair<'_>| {
        let compared = statistics.iter().filter_map(|statistic| one(report, pair, statistic));
        compared.collect::<Vec<_>>()
    };
    pairs(report).iter().flat_map(of_pair).collect()
}

/// What is compared of each workload.
fn statistics(task: Task) -> &'static [Statistic] {
    use Statistic::{Mean, P50, P99, Rate, Throughput};
    match task {
        Task::RoundTrip => &[P50, Mean, P99],
        Task::ManyRoundTrips => &[Rate, P50, Mean, P99],
        Task::Open => &[P50, P99],
        Task::Stream => &[Throughput],
        Task::Connect => &[Rate, P50],
    }
}

/// `None` when a side or one of its rounds does not support the statistic, or the two have no round
/// in common. The twin of the same point is a side, too: a floor of other rounds is not the floor of
/// these.
fn one(report: &Report, pair: &Pair<'_>, statistic: &Statistic) -> Option<Comparison> {
    let Pair { factor, baseline, candidate, twins } = pair;
    let typical_ns = typical(candidate, statistic)?.min(typical(baseline, statistic)?);
    let clock_ns = report.host.clock.resolution_ns.unwrap_or(1);
    let pairs = Paired::new(baseline, candidate, statistic)?;
    let twins = match twins {
        Some(twins) => {
            let paired = Paired::new(twins.original, twins.twin, statistic);
            if paired.is_none() && !twins.borrowed {
                return None;
            }
            paired
        }
        None => None,
    };
    let comparison = compare_runs(
        &pairs.sides(),
        &twins.as_ref().map(Paired::sides).unwrap_or_default(),
        Resolution { typical_ns, clock_ns },
        report.plan.margin,
    )?;
    Some(Comparison {
        factor: factor.clone(),
        baseline_cell: baseline.id.clone(),
        candidate_cell: candidate.id.clone(),
        baseline: baseline.label.clone(),
        candidate: candidate.label.clone(),
        view: candidate.view.clone(),
        size: candidate.size,
        connections: candidate.connections,
        depth: candidate.depth,
        rate: candidate.rate,
        statistic: statistic.clone(),
        better: better(statistic),
        ratio: comparison.ratio,
        lo: comparison.interval.map(|interval| interval.lo),
        hi: comparison.interval.map(|interval| interval.hi),
        confidence: CONFIDENCE,
        noise_floor: comparison.noise_floor,
        rounds: pairs.rounds(),
        verdict: comparison.verdict.into(),
    })
}

fn better(statistic: &Statistic) -> Better {
    match statistic {
        Statistic::Rate | Statistic::Throughput => Better::Higher,
        _ => Better::Lower,
    }
}

/// The time that clock and histogram limit: the statistic of the whole cell, or the shortest block
/// of what is counted. `None` when the samples do not support it.
fn typical(cell: &Cell, statistic: &Statistic) -> Option<u64> {
    match statistic {
        Statistic::P50 => cell.rtt_ns?.p50,
        Statistic::Mean => cell.rtt_ns.map(|rtt| rtt.mean),
        Statistic::P99 => cell.rtt_ns?.p99,
        Statistic::Rate | Statistic::Throughput => {
            cell.blocks.iter().map(elapsed).collect::<Option<Vec<u64>>>()?.into_iter().min()
        }
        Statistic::Other(_) => None,
    }
}

fn elapsed(block: &Block) -> Option<u64> {
    block.elapsed
}
