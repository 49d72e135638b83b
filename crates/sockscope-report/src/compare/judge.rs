//! Judge: estimate, interval, floor and verdict of every cell.

use sockscope_stats::Resolution;
use sockscope_stats::between_runs::{
    Change, SINGLE_RUN_MIN_EFFECT, change, change_of_single_runs, holm, level,
};
use sockscope_stats::comparison::DEFAULT_MARGIN;

use super::matching::Runs;
use super::model::{CellComparison, CellKey, Replicate, Unit};
use crate::model::{Report, Statistic};

/// What is compared of a workload. The first is gated: it alone decides what a script is told.
fn statistics(key: &CellKey) -> &'static [Statistic] {
    use Statistic::{Mean, P50, P99, Rate, Throughput};
    match key.workload.as_str() {
        "stream" => &[Throughput],
        "connect" => &[P50, Rate],
        "open" => &[P50, P99],
        _ if (key.connections, key.depth) != (1, 1) => &[P50, Mean, P99, Rate],
        _ => &[P50, Mean, P99],
    }
}

/// Every cell in every statistic that both sides support, the gated ones first.
pub(super) fn all(
    runs: &[Runs<'_>; 3],
    cells: &[CellKey],
    min_effect: Option<f64>,
) -> Vec<CellComparison> {
    let most = cells.iter().map(|key| statistics(key).len()).max().unwrap_or(0);
    let at = |place: usize| {
        let of_cell = |key| one(runs, key, statistics(key).get(place)?, min_effect);
        let (changes, mut judged): (Vec<_>, Vec<_>) = cells.iter().filter_map(of_cell).unzip();
        judge(&changes, &mut judged);
        judged
    };
    (0..most).flat_map(at).collect()
}

/// Adds the verdicts. Only the gated cells answer for each other: the rest is for reading.
fn judge(changes: &[Change], judged: &mut [CellComparison]) {
    let sure = |change: &Change| change.certainty.map_or(1.0, |certainty| certainty.p);
    let p: Vec<f64> = changes.iter().map(sure).collect();
    let adjusted = holm(&p);
    for (index, cell) in judged.iter_mut().enumerate() {
        let p = if cell.gated { adjusted[index] } else { p[index] };
        let p = changes[index].certainty.map(|_| p);
        cell.p_adjusted = p.filter(|_| cell.gated);
        cell.verdict = changes[index].verdict(p, cell.noise_floor).into();
    }
}

/// The estimate of one cell, its verdict still open; `None` when a side has no value.
fn one(
    runs: &[Runs<'_>; 3],
    key: &CellKey,
    statistic: &Statistic,
    min_effect: Option<f64>,
) -> Option<(Change, CellComparison)> {
    let blocks = runs.each_ref().map(|runs| runs.values(key, statistic));
    let levels = blocks.each_ref().map(|runs| runs.iter().filter_map(|run| level(run)).collect());
    let [before, after, history]: [Vec<f64>; 3] = levels;
    let unit = Unit::of(statistic);
    let typical_ns = match unit {
        Unit::Nanoseconds => typical(&before)?.min(typical(&after)?),
        // What is counted is limited by how exactly the length of a block is known.
        _ => {
            runs.iter().flat_map(Runs::reports).map(|report| report.plan.block_ms).min()?
                * 1_000_000
        }
    };
    let clock_ns = runs.iter().flat_map(Runs::reports).filter_map(clock).max().unwrap_or(1);
    let resolution = Resolution { typical_ns, clock_ns }.relative();
    let alone = before.len() == 1 && after.len() == 1 && history.len() < 2;
    let (change, replicate, floor) = if alone {
        let twins = runs.iter().flat_map(Runs::reports).filter_map(|r| twin(r, key, statistic));
        let floor = twins.fold(min_effect.unwrap_or(SINGLE_RUN_MIN_EFFECT), f64::max);
        let floor = floor.max(resolution);
        let change = change_of_single_runs(&blocks[0][0], &blocks[1][0], floor)?;
        (change, Replicate::Block, floor)
    } else {
        let floor = min_effect.unwrap_or(DEFAULT_MARGIN).max(resolution);
        (change(&before, &after, &history)?, Replicate::Run, floor)
    };
    let certainty = change.certainty;
    let comparison = CellComparison {
        cell: key.clone(),
        statistic: statistic.clone(),
        gated: statistics(key).first() == Some(statistic),
        replicate,
        before: unit.of_times(&before),
        after: unit.of_times(&after),
        before_ns: if unit == Unit::Nanoseconds { rounded(&before) } else { Vec::new() },
        after_ns: if unit == Unit::Nanoseconds { rounded(&after) } else { Vec::new() },
        unit,
        ratio: change.log_ratio.exp(),
        lo: certainty.map(|certainty| certainty.interval.lo.exp()),
        hi: certainty.map(|certainty| certainty.interval.hi.exp()),
        p: certainty.map(|certainty| certainty.p),
        p_adjusted: None,
        spread: certainty.map(|certainty| certainty.spread),
        degrees_of_freedom: certainty.map_or(0, |certainty| certainty.degrees_of_freedom as u64),
        noise_floor: floor,
        verdict: sockscope_stats::Verdict::Unresolved.into(),
    };
    Some((change, comparison))
}

fn clock(report: &Report) -> Option<u64> {
    report.host.clock.resolution_ns
}

/// What the twins of the cell's group differed by within the run.
fn twin(report: &Report, key: &CellKey, statistic: &Statistic) -> Option<f64> {
    let is_cell = |id: &str| report.cell(id).is_some_and(|cell| CellKey::of(cell) == *key);
    let of_cell = report.comparisons.iter().filter(|one| {
        one.statistic == *statistic && (is_cell(&one.baseline_cell) || is_cell(&one.candidate_cell))
    });
    of_cell.filter_map(|one| one.noise_floor).reduce(f64::max)
}

impl Unit {
    /// Levels in this unit, from the time that one exchange or one byte takes.
    fn of_times(&self, ns: &[f64]) -> Vec<f64> {
        let level = |ns: &f64| if *self == Self::Nanoseconds { *ns } else { 1e9 / ns };
        ns.iter().map(level).collect()
    }
}

/// A level in the middle, for what depends on its magnitude.
fn typical(levels: &[f64]) -> Option<u64> {
    rounded(levels).get(levels.len() / 2).copied()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of at most 60 s, which are positive"
)]
fn rounded(levels: &[f64]) -> Vec<u64> {
    levels.iter().map(|ns| ns.round() as u64).collect()
}
