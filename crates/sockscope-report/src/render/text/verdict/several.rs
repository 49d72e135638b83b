//! Several: a sentence about all candidates that are compared with one baseline in a view.

use super::super::reading::Reading;
use super::claim::{self, Claim};
use super::phrases;
use crate::model::{Comparison, Report};

/// "Against TCP when both ends share a core: Unix is 1.37x faster, Unix seqpacket is 1.32x faster."
pub(super) fn of(report: &Report, claims: &[Claim<'_>]) -> Vec<String> {
    let mut baselines: Vec<&str> = Vec::new();
    for Claim { comparison, .. } in claims {
        if !baselines.contains(&comparison.baseline.as_str()) {
            baselines.push(&comparison.baseline);
        }
    }
    let against = |baseline: &str| {
        let of_baseline = |claim: &&Claim<'_>| claim.comparison.baseline == baseline;
        against(report, &claims.iter().filter(of_baseline).copied().collect::<Vec<_>>())
    };
    baselines.into_iter().map(against).collect()
}

fn against(report: &Report, claims: &[Claim<'_>]) -> String {
    let Comparison { baseline, view, .. } = claims[0].comparison;
    let clauses: Vec<String> = claims.iter().map(|claim| clause(report, claim)).collect();
    format!(
        "Against {} {}: {}.",
        phrases::name(baseline),
        phrases::when(report, view),
        clauses.join(", ")
    )
}

fn clause(report: &Report, claim: &Claim<'_>) -> String {
    let name = phrases::name(&claim.comparison.candidate);
    let in_what = claim::in_what(report, claim);
    match claim.reading {
        Reading::Faster | Reading::Slower => {
            let saving = claim.saving().map_or(String::new(), |saving| format!(" ({saving})"));
            format!("{name} is {}{in_what}{saving}", claim::difference(claim))
        }
        Reading::Same => {
            format!("{name} {}{in_what} ({})", claim::takes_the_same(report), claim::within(claim))
        }
        Reading::Hidden => format!("noise hides whether {name} is faster"),
        Reading::Open => format!("these rounds do not tell whether {name} is faster"),
    }
}
