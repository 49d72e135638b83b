//! Names: what tells the cells of a comparison from each other.

use crate::compare::model::{CellKey, CompareReport};
use crate::units;

/// The cells that are named.
pub(super) struct Names<'a> {
    keys: Vec<&'a CellKey>,
}

impl<'a> Names<'a> {
    pub(super) fn of(report: &'a CompareReport) -> Self {
        Self { keys: report.gated().map(|one| &one.cell).collect() }
    }

    /// What a group of rows has in common: `unix`, or `unix in same-core, epoll`.
    pub(super) fn heading(&self, key: &CellKey) -> String {
        let mut parts = vec![if self.is_sweep() {
            format!("{} in {}", key.label, key.view)
        } else {
            key.label.clone()
        }];
        let differs = |unlike: fn(&CellKey, &CellKey) -> bool| self.differs(key, unlike);
        if differs(|a, b| a.workload != b.workload) {
            parts.push(key.workload.clone());
        }
        if differs(|a, b| a.service != b.service) {
            parts.push(key.service.clone());
        }
        parts.extend(key.unusual());
        parts.join(", ")
    }

    /// What tells a row from the others below its heading: `same-core`, or `4 KiB c64 d8`.
    pub(super) fn row(&self, key: &CellKey) -> String {
        if self.is_sweep() { self.point(key).join(" ") } else { key.view.to_string() }
    }

    /// Both, in a sentence: `unix in same-core 4 KiB`.
    pub(super) fn sentence(&self, key: &CellKey) -> String {
        let mut words = vec![format!("{} in {}", key.label, key.view)];
        words.extend(self.point(key));
        let unusual = key.unusual();
        if !unusual.is_empty() {
            words.push(format!("({})", unusual.join(", ")));
        }
        words.join(" ")
    }

    /// Where in the sweep it is, as far as points differ.
    fn point(&self, key: &CellKey) -> Vec<String> {
        let differs = |unlike: fn(&CellKey, &CellKey) -> bool| self.differs(key, unlike);
        let size = differs(|a, b| a.size != b.size).then(|| units::bytes(key.size));
        let connections =
            differs(|a, b| a.connections != b.connections).then(|| format!("c{}", key.connections));
        let depth = differs(|a, b| a.depth != b.depth).then(|| format!("d{}", key.depth));
        let rate = key.rate.filter(|_| differs(|a, b| a.rate != b.rate)).map(units::rate);
        [size, connections, depth, rate].into_iter().flatten().collect()
    }

    fn is_sweep(&self) -> bool {
        self.keys.iter().any(|key| !self.point(key).is_empty())
    }

    fn differs(&self, key: &CellKey, unlike: fn(&CellKey, &CellKey) -> bool) -> bool {
        self.keys.iter().any(|other| unlike(other, key))
    }
}
