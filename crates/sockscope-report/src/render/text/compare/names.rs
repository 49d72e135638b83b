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
        words.extend(self.point(key).into_iter().map(|part| spoken(&part)));
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

    /// What the letters in the rows stand for, as far as there are any.
    pub(super) fn legend(&self) -> Option<String> {
        let rows: Vec<String> = self.keys.iter().flat_map(|key| self.point(key)).collect();
        let any = |letter: char| rows.iter().any(|part| part.starts_with(letter));
        let meanings =
            [(any('c'), "c8: 8 connections"), (any('d'), "d8: 8 requests in flight on each")];
        let said = meanings.iter().filter(|(any, _)| *any).map(|(_, text)| *text);
        Some(said.collect::<Vec<_>>().join("; ")).filter(|text| !text.is_empty())
    }

    fn is_sweep(&self) -> bool {
        self.keys.iter().any(|key| !self.point(key).is_empty())
    }

    fn differs(&self, key: &CellKey, unlike: fn(&CellKey, &CellKey) -> bool) -> bool {
        self.keys.iter().any(|other| unlike(other, key))
    }
}

/// A part of a row's name as a sentence says it: `c8` is `with 8 connections`.
fn spoken(part: &str) -> String {
    match part.split_at_checked(1) {
        Some(("c", "1")) => "with 1 connection".to_owned(),
        Some(("c", count)) => format!("with {count} connections"),
        Some(("d", depth)) => format!("at depth {depth}"),
        _ => format!("at {part}"),
    }
}
