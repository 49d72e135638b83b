//! Queries: what analysis and renderers ask of a report, so that all of them get the same answer.

use std::collections::HashSet;

use super::{Cell, Comparison, Placement, Point, Report, Statistic, View};

/// What the clients did, as far as statistics and words depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Round trips with one request under way.
    RoundTrip,
    /// Round trips, at some point of the sweep with several requests under way: what counts is how
    /// many there are in a second.
    ManyRoundTrips,
    /// Requests on a schedule.
    Open,
    /// One way.
    Stream,
    /// Connections.
    Connect,
}

impl Report {
    /// What the clients did.
    pub(crate) fn task(&self) -> Task {
        let plan = &self.plan;
        let single = |of_plan: &[u32]| of_plan.iter().all(|count| *count == 1);
        match plan.workload.as_str() {
            "open" => Task::Open,
            "stream" => Task::Stream,
            "connect" => Task::Connect,
            _ if single(&plan.connections)
                && single(&plan.depths)
                && self.cells.iter().all(|cell| cell.point().is_single()) =>
            {
                Task::RoundTrip
            }
            _ => Task::ManyRoundTrips,
        }
    }

    /// The statistic that leads in texts. Of times it is the median, or the mean when no cell has
    /// samples enough for a median.
    pub(crate) fn leading_statistic(&self) -> Statistic {
        let has_median = |cell: &Cell| cell.rtt_ns.is_some_and(|rtt| rtt.p50.is_some());
        match self.task() {
            Task::Stream => Statistic::Throughput,
            Task::Connect | Task::ManyRoundTrips => Statistic::Rate,
            Task::RoundTrip | Task::Open if self.cells.iter().any(has_median) => Statistic::P50,
            Task::RoundTrip | Task::Open => Statistic::Mean,
        }
    }

    /// The comparison of each candidate that texts speak of: of the leading statistic, or of the
    /// mean where some round does not support that one.
    pub(crate) fn leading_comparisons(&self) -> Vec<&Comparison> {
        let leading = self.leading_statistic();
        let of_leading = self.comparisons.iter().filter(|one| one.statistic == leading);
        let have_leading: HashSet<(&str, &str)> = of_leading.map(pair).collect();
        let speaks = |one: &&Comparison| {
            one.statistic == leading
                || one.statistic == Statistic::Mean && !have_leading.contains(&pair(one))
        };
        self.comparisons.iter().filter(speaks).collect()
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

    /// The cell of this id.
    pub(crate) fn cell(&self, id: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.id == id)
    }

    /// The points of the sweep, in the order of the cells.
    pub(crate) fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for point in self.originals().map(Cell::point) {
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    /// Where the ends of a view ran; `None` when its cells ran on different CPUs.
    pub(crate) fn placement(&self, view: &View) -> Option<&Placement> {
        let mut placements =
            self.originals().filter(|cell| cell.view == *view).map(|cell| &cell.placement);
        let first = placements.next()?;
        placements.all(|other| other == first).then_some(first)
    }
}

fn pair(one: &Comparison) -> (&str, &str) {
    (&one.baseline_cell, &one.candidate_cell)
}
