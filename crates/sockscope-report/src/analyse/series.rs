//! Series: the values of cells, paired round by round.

use std::collections::BTreeSet;

use sockscope_stats::comparison::Sides;

use crate::model::{Block, Cell, Statistic};

/// The values of two cells in the rounds that both have.
///
/// A statistic counts only when every one of these rounds supports it on both sides. A disturbed
/// round is the one with few samples, so leaving out the rounds that lack a percentile would compare
/// the undisturbed ones alone and call the result that of all.
///
/// The rounds of each run stay together: they are not independent of each other.
pub(super) struct Paired {
    runs: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Paired {
    /// `None` when a common round of the two does not support the statistic, or there is none.
    pub(super) fn new(a: &Cell, b: &Cell, statistic: &Statistic) -> Option<Self> {
        let of_round = |one: &Block| {
            b.blocks.iter().find(|other| (other.run, other.round) == (one.run, one.round))
        };
        let of_run = |run: u32| {
            let blocks = a.blocks.iter().filter(move |block| block.run == run);
            let common = blocks.filter_map(|block| Some((block, of_round(block)?)));
            let pairs = common.map(|(a, b)| Some((a.value(statistic)?, b.value(statistic)?)));
            let pairs = pairs.collect::<Option<Vec<_>>>()?;
            Some(pairs.into_iter().unzip())
        };
        let runs =
            runs(a).into_iter().map(of_run).collect::<Option<Vec<(Vec<f64>, Vec<f64>)>>>()?;
        Some(Self { runs: runs.into_iter().filter(|(a, _)| !a.is_empty()).collect() })
    }

    /// In all runs together.
    pub(super) fn rounds(&self) -> u32 {
        let rounds = self.runs.iter().map(|(a, _)| a.len()).sum::<usize>();
        u32::try_from(rounds).unwrap_or(u32::MAX)
    }

    /// The two sides of each run.
    pub(super) fn sides(&self) -> Vec<Sides<'_>> {
        let sides = self.runs.iter();
        sides.map(|(a, b)| Sides { baseline: a, candidate: b }).collect()
    }
}

/// The values of one cell, in the order of its runs and rounds; `None` when one of them does not
/// support the statistic.
pub(super) fn values(cell: &Cell, statistic: &Statistic) -> Option<Vec<f64>> {
    Some(values_by_run(cell, statistic)?.concat())
}

/// The same, the rounds of each run together.
pub(super) fn values_by_run(cell: &Cell, statistic: &Statistic) -> Option<Vec<Vec<f64>>> {
    let of_run = |run: u32| {
        let mut blocks: Vec<&Block> = cell.blocks.iter().filter(|block| block.run == run).collect();
        blocks.sort_by_key(|block| block.round);
        blocks.into_iter().map(|block| block.value(statistic)).collect()
    };
    runs(cell).into_iter().map(of_run).collect()
}

/// The runs that a cell has blocks of.
fn runs(cell: &Cell) -> BTreeSet<u32> {
    cell.blocks.iter().map(|block| block.run).collect()
}
