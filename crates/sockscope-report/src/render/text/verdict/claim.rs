//! Claim: the sentence that says how a candidate compares.

use super::super::reading::{Reading, bound, lead};
use super::super::tasks;
use super::phrases;
use crate::model::{Cell, Comparison, Report, Statistic, Task};
use crate::units;

/// A comparison, its two cells, and what may be said of it.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) reading: Reading,
    pub(super) baseline: &'a Cell,
    pub(super) candidate: &'a Cell,
}

impl Claim<'_> {
    /// The time that the candidate `saves` or `costs` more. Of times only, and where the whole cells
    /// say the same as their rounds.
    pub(super) fn saving(&self) -> Option<String> {
        let level = |cell: &Cell| match self.comparison.statistic {
            Statistic::P50 => cell.rtt_ns?.p50,
            Statistic::Mean => cell.rtt_ns.map(|rtt| rtt.mean),
            _ => None,
        };
        let (baseline, candidate) = (level(self.baseline)?, level(self.candidate)?);
        let time = units::time(baseline.abs_diff(candidate) as f64);
        match self.reading {
            Reading::Faster if candidate < baseline => Some(format!("saves {time}")),
            Reading::Slower if candidate > baseline => Some(format!("costs {time} more")),
            _ => None,
        }
    }
}

/// "Unix is 1.37x faster than TCP when both ends share a core (saves 1.40 µs per round trip), but only
/// 1.13x when each message wakes an idle CPU."
pub(super) fn of(report: &Report, main: &Claim<'_>, contrast: Option<&Claim<'_>>) -> String {
    let ending = contrast.map_or(String::new(), |other| ending(report, main, other));
    format!("{}{ending}.", opening(report, main))
}

fn opening(report: &Report, main: &Claim<'_>) -> String {
    let Comparison { view, candidate, baseline, .. } = main.comparison;
    let (candidate, baseline) = (phrases::name(candidate), phrases::name(baseline));
    let (when, in_what) = (phrases::when(report, view), in_what(report, main));
    match main.reading {
        Reading::Faster | Reading::Slower => {
            let saving = main.saving().map_or(String::new(), |saving| {
                format!(" ({saving} per {})", tasks::exchange(report.task()))
            });
            format!("{candidate} is {} than {baseline}{in_what} {when}{saving}", difference(main))
        }
        Reading::Same => format!(
            "{candidate} and {baseline} {}{in_what} {when} ({})",
            take_the_same(report),
            within(main)
        ),
        Reading::Hidden => {
            format!("Noise hides whether {candidate} or {baseline} is faster{in_what} {when}")
        }
        Reading::Open => format!(
            "These rounds do not tell whether {candidate} or {baseline} is faster{in_what} {when}"
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
        (_, Reading::Same) => format!(", but {} {when} ({within})", takes_the_same(report)),
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

/// By what it is faster: ` on average`, ` in bytes a second`; a median goes without saying.
pub(super) fn in_what(report: &Report, claim: &Claim<'_>) -> &'static str {
    tasks::in_what(report.task(), &claim.comparison.statistic)
}

/// The statistic of a claim that follows one of another.
fn by_another(main: &Claim<'_>, other: &Claim<'_>) -> &'static str {
    match &other.comparison.statistic {
        statistic if *statistic == main.comparison.statistic => "",
        Statistic::Mean => "on average ",
        Statistic::P50 => "in the median ",
        _ => "in number ",
    }
}

pub(super) fn difference(claim: &Claim<'_>) -> String {
    let direction = if claim.reading == Reading::Slower { "slower" } else { "faster" };
    format!("{}x {direction}", units::ratio(lead(claim.comparison).0))
}

pub(super) fn within(claim: &Claim<'_>) -> String {
    format!("within {}", units::percent_at_most(bound(claim.comparison)))
}

/// What two do that are the same.
pub(super) fn take_the_same(report: &Report) -> &'static str {
    if is_of_times(report) { "take the same time" } else { "do equally well" }
}

/// What one does that is the same as the other.
pub(super) fn takes_the_same(report: &Report) -> &'static str {
    if is_of_times(report) { "takes the same time" } else { "does equally well" }
}

fn is_of_times(report: &Report) -> bool {
    matches!(report.task(), Task::RoundTrip | Task::Open)
}
