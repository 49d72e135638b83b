//! Cell name: what tells a cell from the others of its result, for files that other programs read.

use crate::escape::escape;
use crate::model::{Cell, Point, Report};

/// Where in the sweep a cell is, as far as points differ: `size=4096`, `conns=64`, `depth=8`,
/// `rate=10000`.
pub(super) fn point(report: &Report, cell: &Cell) -> Vec<String> {
    let (points, own) = (report.points(), cell.point());
    let differ = |unlike: fn(&Point, &Point) -> bool| points.iter().any(|one| unlike(one, &own));
    let parts = [
        differ(|a, b| a.size != b.size).then(|| format!("size={}", own.size)),
        differ(|a, b| a.connections != b.connections).then(|| format!("conns={}", own.connections)),
        differ(|a, b| a.depth != b.depth).then(|| format!("depth={}", own.depth)),
        own.rate.filter(|_| differ(|a, b| a.rate != b.rate)).map(|rate| format!("rate={rate}")),
    ];
    parts.into_iter().flatten().collect()
}

/// What is compared besides what is measured, as far as it differs: `engine=epoll`, `nodelay=off`.
pub(super) fn options(report: &Report, cell: &Cell) -> Vec<String> {
    let differ = |unlike: &dyn Fn(&Cell) -> bool| report.originals().any(unlike);
    let engine = cell.engine();
    let engine = differ(&|other| other.engine() != engine).then(|| format!("engine={engine}"));
    let nodelay =
        cell.nodelay.filter(|_| differ(&|other| other.nodelay == cell.nodelay.map(|on| !on)));
    let nodelay = nodelay.map(|on| format!("nodelay={}", if on { "on" } else { "off" }));
    engine.into_iter().chain(nodelay).collect()
}

/// A text without what would end a name: an underscore for each space and comma.
pub(super) fn word(text: &str) -> String {
    escape(text).replace(|c: char| c.is_whitespace() || c == ',', "_")
}
