//! Groups: which cells are compared with which.

use crate::model::{Cell, Factor, Report, Variant};

/// The factors whose values are compared, one at a time.
const FACTORS: [Factor; 3] = [Factor::Transport, Factor::Engine, Factor::Nodelay];

/// Two cells that differ in exactly one factor, of which the baseline has the first value.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) factor: Factor,
    pub(super) baseline: &'a Cell,
    pub(super) candidate: &'a Cell,
    pub(super) twins: Option<Twins<'a>>,
}

/// One cell that was measured twice: what the two differ by is noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Twins<'a> {
    pub(super) original: &'a Cell,
    pub(super) twin: &'a Cell,
    /// Whether it is of another point than the cells that are compared.
    pub(super) borrowed: bool,
}

/// All pairs, those of one group together.
pub(super) fn pairs(report: &Report) -> Vec<Pair<'_>> {
    let Some(first) = report.first_variant() else { return Vec::new() };
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in report.originals() {
        match groups.iter_mut().find(|group| group[0].shares_point(cell)) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups.iter().flat_map(|group| of_group(report, group, first)).collect()
}

fn of_group<'a>(report: &'a Report, group: &[&'a Cell], first: Variant<'a>) -> Vec<Pair<'a>> {
    let twins = twins(report, group[0]);
    let mut pairs = Vec::new();
    for candidate in group {
        let own = Variant::of(candidate, first.nodelay);
        for factor in &FACTORS {
            let wanted = own.with(factor, first);
            let has = |cell: &&&Cell| Variant::of(cell, first.nodelay) == wanted;
            if wanted != own
                && let Some(baseline) = group.iter().find(has)
            {
                pairs.push(Pair { factor: named(report, factor), baseline, candidate, twins });
            }
        }
    }
    pairs
}

/// What is measured is a transport of our own, or a server at an address.
fn named(report: &Report, factor: &Factor) -> Factor {
    match factor {
        Factor::Transport if report.plan.is_attached() => Factor::Endpoint,
        other => other.clone(),
    }
}

/// The twins of a group, or those of the first point of its view: their noise stands for all points.
fn twins<'a>(report: &'a Report, cell: &Cell) -> Option<Twins<'a>> {
    let of_view = || report.cells.iter().filter(|twin| twin.is_twin() && twin.view == cell.view);
    let own = of_view().find(|twin| twin.shares_point(cell));
    let twin = own.or_else(|| of_view().next())?;
    let is_original = |one: &&Cell| one.label == twin.label && one.shares_point(twin);
    let original = report.originals().find(is_original)?;
    Some(Twins { original, twin, borrowed: own.is_none() })
}
