//! Several: one sentence about all candidates of a view.

use super::super::reading::Reading;
use super::claim::{self, Claim};
use super::phrases;
use crate::model::{Comparison, Report};

/// "Against TCP when both ends share a core: Unix is 1.37x faster, Unix seqpacket is 1.32x faster."
pub(super) fn of(report: &Report, claims: &[Claim<'_>]) -> String {
    let Comparison { baseline, view, .. } = claims[0].comparison;
    let clauses: Vec<String> = claims.iter().map(clause).collect();
    format!(
        "Against {} {}: {}.",
        phrases::name(baseline),
        phrases::when(report, view),
        clauses.join(", ")
    )
}

fn clause(claim: &Claim<'_>) -> String {
    let name = phrases::name(&claim.comparison.candidate);
    let on_average = claim::on_average(claim);
    match claim.reading {
        Reading::Faster | Reading::Slower => {
            format!("{name} is {}{on_average}", claim::difference(claim))
        }
        Reading::Same => {
            format!("{name} takes the same time{on_average} ({})", claim::within(claim))
        }
        Reading::Hidden => format!("noise hides whether {name} is faster"),
        Reading::Open => format!("these rounds do not tell whether {name} is faster"),
    }
}
