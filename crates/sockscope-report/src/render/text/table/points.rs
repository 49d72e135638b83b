//! Points: the columns that say where in the sweep a row is.

use crate::model::{Point, Report, Task};
use crate::units;

/// A factor that varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PointColumn {
    Size,
    Connections,
    Depth,
    Rate,
}

/// Those of a report: what differs between its cells. An open loop always says its rate.
pub(super) fn of(report: &Report) -> Vec<PointColumn> {
    let points = report.points();
    let varies =
        |differs: fn(&Point, &Point) -> bool| points.iter().any(|point| differs(point, &points[0]));
    let is_open = report.task() == Task::Open;
    let columns = [
        (PointColumn::Size, varies(|a, b| a.size != b.size)),
        (PointColumn::Connections, varies(|a, b| a.connections != b.connections)),
        (PointColumn::Depth, varies(|a, b| a.depth != b.depth)),
        (PointColumn::Rate, is_open || varies(|a, b| a.rate != b.rate)),
    ];
    columns.into_iter().filter(|(_, shown)| *shown).map(|(column, _)| column).collect()
}

impl PointColumn {
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Connections => "conns",
            Self::Depth => "depth",
            Self::Rate => "rate",
        }
    }

    pub(super) fn show(self, point: &Point) -> String {
        match self {
            Self::Size => units::bytes(point.size),
            Self::Connections => point.connections.to_string(),
            Self::Depth => point.depth.to_string(),
            Self::Rate => point.rate.map_or(String::new(), units::rate),
        }
    }
}
