//! Analysis: comparisons, decomposition and caveats, from cells, plan and host facts.
//!
//! Pure, and repeatable: a report that was analysed before gives the same result again.

mod caveats;
mod comparisons;
mod decomposition;
mod groups;
mod open_loop;
mod series;

use crate::model::Report;

/// Fills in which points are valid, capacities, comparisons, decomposition and caveats from the cells; what was there of them is
/// replaced.
pub fn analyse(report: &mut Report) {
    // First, because an invalid point is not compared.
    open_loop::judge_all(report);
    report.comparisons = comparisons::of(report);
    report.decomposition = decomposition::of(report);
    // Last, because some caveats are about comparisons.
    report.caveats = caveats::of(report);
}
