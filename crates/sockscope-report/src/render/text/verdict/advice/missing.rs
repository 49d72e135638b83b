//! Missing: how to get comparisons that tell something.

use sockscope_stats::signed_rank::MIN_DIFFERENCES;

use super::super::Claim;
use crate::model::{Cell, Report};

pub(super) fn to_tell(report: &Report, claims: &[Claim<'_>]) -> String {
    let planned = report.plan.rounds;
    let lacks_interval = claims.iter().any(|claim| claim.comparison.lo.is_none());
    let lacks_floor = claims.iter().any(|claim| claim.comparison.noise_floor.is_none());
    let failed = report.cells.iter().any(|cell| cell.error.is_some() && takes_part(cell, claims));
    if failed && (lacks_interval || lacks_floor) {
        "Mend the cause of the failure that is named below, and run it again.".to_owned()
    } else if lacks_interval && (planned as usize) < MIN_DIFFERENCES {
        "Run at least 6 rounds (--rounds 6), so that there is an interval.".to_owned()
    } else if lacks_interval {
        format!("Let all {planned} rounds run to the end, so that there is an interval.")
    } else if lacks_floor {
        "Measure again with the A-A twin, so that the noise is known.".to_owned()
    } else {
        report.plan.more_rounds().map_or_else(
            || "Run it on a quieter machine, to tell.".to_owned(),
            |rounds| {
                format!(
                    "Run more rounds (--rounds {rounds}), or run it on a quieter machine, to tell."
                )
            },
        )
    }
}

/// Whether one of the comparisons is made of this cell or, for its noise floor, of this twin.
fn takes_part(cell: &Cell, claims: &[Claim<'_>]) -> bool {
    claims.iter().any(|claim| {
        let one = claim.comparison;
        let side = cell.label == one.baseline || cell.label == one.candidate;
        side && cell.view == one.view && cell.point() == claim.candidate.point()
    })
}
