//! Matching: which cells are on both sides, and their values run by run.

use super::Input;
use super::model::{CellKey, LeftOut};
use crate::model::{Cell, Report, Statistic};

/// All runs of one side.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    runs: Vec<(&'a Report, u32)>,
}

impl<'a> Runs<'a> {
    pub(super) fn of(inputs: &[&'a Input]) -> Self {
        let of = |input: &&'a Input| {
            let report = &input.report;
            (0..report.runs.max(1)).map(move |number| (report, number))
        };
        Self { runs: inputs.iter().flat_map(of).collect() }
    }

    /// The values of the blocks of a cell in each run that has it. A run counts only when each of
    /// its blocks supports the statistic: the block that does not is the disturbed one.
    pub(super) fn values(&self, key: &CellKey, statistic: &Statistic) -> Vec<Vec<f64>> {
        let of_run = |(report, number): &(&Report, u32)| {
            let cell = usable(report).find(|cell| CellKey::of(cell) == *key)?;
            let blocks = cell.blocks.iter().filter(|block| block.run == *number);
            blocks.map(|block| block.value(statistic)).collect::<Option<Vec<f64>>>()
        };
        let values = self.runs.iter().filter_map(of_run);
        values.filter(|values| !values.is_empty()).collect()
    }

    /// The results, each once.
    pub(super) fn reports(&self) -> impl Iterator<Item = &'a Report> {
        self.runs.iter().filter(|(_, number)| *number == 0).map(|(report, _)| *report)
    }

    fn keys(&self) -> Vec<CellKey> {
        let mut keys = Vec::new();
        for key in self.reports().flat_map(usable).map(CellKey::of) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

/// The cells that are compared: no twins, and none that failed or whose point is not valid.
fn usable(report: &Report) -> impl Iterator<Item = &Cell> {
    measured(report).filter(|cell| cell.is_valid())
}

fn measured(report: &Report) -> impl Iterator<Item = &Cell> {
    report.originals().filter(|cell| cell.error.is_none() && !cell.blocks.is_empty())
}

/// The cells that both sides have, in the order of the earlier one; the others are named.
pub(super) fn cells(runs: &[Runs<'_>; 3], left_out: &mut Vec<LeftOut>) -> Vec<CellKey> {
    let [before, after, _] = runs;
    let (earlier, later) = (before.keys(), after.keys());
    let mut name = |key: &CellKey, reason: &str| {
        let one = LeftOut { what: key.to_string(), reason: reason.to_owned() };
        if !left_out.contains(&one) {
            left_out.push(one);
        }
    };
    let both = before.reports().chain(after.reports());
    for cell in both.flat_map(measured).filter(|cell| !cell.is_valid()) {
        name(&CellKey::of(cell), "a point of an open loop that is not valid");
    }
    earlier.iter().filter(|key| !later.contains(key)).for_each(|key| name(key, "only before"));
    later.iter().filter(|key| !earlier.contains(key)).for_each(|key| name(key, "only after"));
    earlier.into_iter().filter(|key| later.contains(key)).collect()
}
