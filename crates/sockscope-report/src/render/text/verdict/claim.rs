//! Claim: the sentence that says how a candidate compares.

use super::super::reading::{Reading, bound, lead};
use super::{Facing, phrases};
use crate::model::Comparison;
use crate::units;

/// A comparison and what may be said of it.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) reading: Reading,
}

/// "Unix is 1.37x faster than TCP when both ends share a core, but only 1.13x when each message
/// wakes an idle CPU."
pub(super) fn of(facing: &Facing<'_>) -> String {
    let Facing { main, contrast } = facing;
    format!("{}{}.", opening(main), contrast.map_or(String::new(), |other| ending(main, &other)))
}

fn opening(main: &Claim<'_>) -> String {
    let Comparison { view, candidate, baseline, .. } = main.comparison;
    let (candidate, baseline) = (phrases::name(candidate), phrases::name(baseline));
    let when = phrases::when(view);
    match main.reading {
        Reading::Faster | Reading::Slower => {
            format!("{candidate} is {} than {baseline} {when}", difference(main))
        }
        Reading::Same => {
            format!("{candidate} and {baseline} take the same time {when} ({})", within(main))
        }
        Reading::WithinNoise => {
            format!("Noise hides whether {candidate} or {baseline} is faster {when}")
        }
        Reading::Unresolved => {
            format!("These rounds do not tell whether {candidate} or {baseline} is faster {when}")
        }
    }
}

/// What another view says, and whether it differs from the main one.
fn ending(main: &Claim<'_>, other: &Claim<'_>) -> String {
    let candidate = phrases::name(&other.comparison.candidate);
    let when = phrases::when(&other.comparison.view);
    let (difference, within) = (difference(other), within(other));
    match (main.reading, other.reading) {
        (a, b) if a == b && a.is_lead() => {
            format!(", {} {}x {when}", degree(main, other), units::ratio(lead(other.comparison).0))
        }
        (a, b) if a == b && !a.tells() => format!(", and also {when}"),
        (Reading::Same, Reading::Same) => format!(", and also {when} ({within})"),
        (Reading::Same, b) if b.is_lead() => format!(", but {candidate} is {difference} {when}"),
        (_, b) if b.is_lead() => format!(", but {difference} {when}"),
        (_, Reading::Same) => format!(", but takes the same time {when} ({within})"),
        (_, Reading::WithinNoise) => format!("; {when} noise hides the difference"),
        _ => format!("; {when} these rounds do not tell"),
    }
}

/// How a lead in the same direction differs; it does only when the intervals do not overlap.
fn degree(main: &Claim<'_>, other: &Claim<'_>) -> &'static str {
    let ends = |claim: &Claim<'_>| lead(claim.comparison).1;
    match (ends(main), ends(other)) {
        (Some(main), Some(other)) if other.1 < main.0 => "but only",
        (Some(main), Some(other)) if other.0 > main.1 => "and even",
        _ => "and",
    }
}

fn difference(claim: &Claim<'_>) -> String {
    let direction = if claim.reading == Reading::Slower { "slower" } else { "faster" };
    format!("{}x {direction}", units::ratio(lead(claim.comparison).0))
}

fn within(claim: &Claim<'_>) -> String {
    format!("within {}", units::percent(bound(claim.comparison)))
}
