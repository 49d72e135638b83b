//! Queries: what analysis and renderers ask of a report, so that all of them get the same answer.

use super::{Cell, Comparison, Placement, Report, Statistic, View};

impl Report {
    /// The statistic that leads in texts: the median, or the mean when no cell has samples enough
    /// for a median.
    pub(crate) fn leading_statistic(&self) -> Statistic {
        let has_median = |cell: &Cell| cell.rtt_ns.is_some_and(|rtt| rtt.p50.is_some());
        if self.cells.iter().any(has_median) { Statistic::P50 } else { Statistic::Mean }
    }

    /// The comparison of each candidate that texts speak of: of the leading statistic, or of the
    /// mean where some round does not support that one.
    pub(crate) fn leading_comparisons(&self) -> impl Iterator<Item = &Comparison> {
        let leading = self.leading_statistic();
        let has_leading = move |cell: &str| {
            let mut all = self.comparisons.iter();
            all.any(|one| one.candidate_cell == cell && one.statistic == leading)
        };
        let leading = self.leading_statistic();
        self.comparisons.iter().filter(move |one| {
            one.statistic == leading
                || one.statistic == Statistic::Mean && !has_leading(&one.candidate_cell)
        })
    }

    /// What is compared, in the order of the cells, with the baseline last.
    pub(crate) fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for cell in self.originals() {
            if !labels.contains(&cell.label.as_str()) {
                labels.push(&cell.label);
            }
        }
        labels.sort_by_key(|label| *label == self.plan.baseline);
        labels
    }

    /// The cells that are shown and compared: all but the twins.
    pub(crate) fn originals(&self) -> impl Iterator<Item = &Cell> + Clone {
        self.cells.iter().filter(|cell| !cell.is_twin())
    }

    /// Where the ends of a view ran; `None` when its cells ran on different CPUs.
    pub(crate) fn placement(&self, view: &View) -> Option<&Placement> {
        let mut placements =
            self.originals().filter(|cell| cell.view == *view).map(|cell| &cell.placement);
        let first = placements.next()?;
        placements.all(|other| other == first).then_some(first)
    }
}
