//! Analysis: comparisons, decomposition and caveats, from cells, plan and host facts.
//!
//! Pure, and repeatable: a report that was analysed before gives the same result again.

mod caveats;
mod comparisons;
mod decomposition;
mod series;

use crate::model::Report;

/// Fills in comparisons, decomposition and caveats from the cells; what was there of them is
/// replaced.
pub fn analyse(report: &mut Report) {
    report.comparisons = comparisons::of(report);
    report.decomposition = decomposition::of(report);
    // Last, because some caveats are about comparisons.
    report.caveats = caveats::of(report);
}
