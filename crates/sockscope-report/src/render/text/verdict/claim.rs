//! Claim: the sentence that says how a candidate compares.

use super::super::reading::{Reading, bound, lead};
use super::phrases;
use crate::model::{Comparison, Report, Statistic};
use crate::units;

/// A comparison and what may be said of it.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) reading: Reading,
}

/// "Unix is 1.37x faster than TCP when both ends share a core, but only 1.13x when each message
/// wakes an idle CPU."
pub(super) fn of(report: &Report, main: &Claim<'_>, contrast: Option<&Claim<'_>>) -> String {
    let ending = contrast.map_or(String::new(), |other| ending(report, main, other));
    format!("{}{ending}.", opening(report, main))
}

fn opening(report: &Report, main: &Claim<'_>) -> String {
    let Comparison { view, candidate, baseline, .. } = main.comparison;
    let (candidate, baseline) = (phrases::name(candidate), phrases::name(baseline));
    let (when, on_average) = (phrases::when(report, view), on_average(main));
    match main.reading {
        Reading::Faster | Reading::Slower => {
            format!("{candidate} is {} than {baseline}{on_average} {when}", difference(main))
        }
        Reading::Same => format!(
            "{candidate} and {baseline} take the same time{on_average} {when} ({})",
            within(main)
        ),
        Reading::Hidden => {
            format!("Noise hides whether {candidate} or {baseline} is faster{on_average} {when}")
        }
        Reading::Open => format!(
            "These rounds do not tell whether {candidate} or {baseline} is faster{on_average} {when}"
        ),
    }
}

/// What another view says, and whether it differs from the main one.
fn ending(report: &Report, main: &Claim<'_>, other: &Claim<'_>) -> String {
    let candidate = phrases::name(&other.comparison.candidate);
    let when = phrases::when(report, &other.comparison.view);
    let when = format!("{}{when}", by_another(main, other));
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
        (_, Reading::Hidden) => format!("; {when} noise hides the difference"),
        _ => format!("; {when} these rounds do not tell"),
    }
}

/// How a lead in the same direction differs; it does only when the intervals do not overlap, and
/// are of the same statistic.
fn degree(main: &Claim<'_>, other: &Claim<'_>) -> &'static str {
    let alike = main.comparison.statistic == other.comparison.statistic;
    let ends = |claim: &Claim<'_>| lead(claim.comparison).1.filter(|_| alike);
    match (ends(main), ends(other)) {
        (Some(main), Some(other)) if other.1 < main.0 => "but only",
        (Some(main), Some(other)) if other.0 > main.1 => "and even",
        _ => "and",
    }
}

/// What is said of a mean; a median is what everybody expects.
pub(super) fn on_average(claim: &Claim<'_>) -> &'static str {
    if claim.comparison.statistic == Statistic::Mean { " on average" } else { "" }
}

/// The statistic of a claim that follows one of another.
fn by_another(main: &Claim<'_>, other: &Claim<'_>) -> &'static str {
    match &other.comparison.statistic {
        statistic if *statistic == main.comparison.statistic => "",
        Statistic::Mean => "on average ",
        _ => "in the median ",
    }
}

pub(super) fn difference(claim: &Claim<'_>) -> String {
    let direction = if claim.reading == Reading::Slower { "slower" } else { "faster" };
    format!("{}x {direction}", units::ratio(lead(claim.comparison).0))
}

pub(super) fn within(claim: &Claim<'_>) -> String {
    format!("within {}", units::percent_at_most(bound(claim.comparison)))
}
