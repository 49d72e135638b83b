//! Claim: the sentence that says how a candidate compares.

use super::{Facing, phrases};
use crate::model::{Comparison, Verdict};
use crate::units;

/// Whether the rounds tell anything.
pub(super) fn is_resolved(comparison: &Comparison) -> bool {
    matches!(comparison.verdict, Verdict::Faster | Verdict::Slower | Verdict::Same)
}

/// "Unix is 1.37x faster than TCP when both ends share a core, but only 1.13x when each message wakes an idle CPU."
pub(super) fn of(facing: &Facing<'_>) -> String {
    let Facing { main, contrast } = facing;
    format!("{}{}.", opening(main), contrast.map_or(String::new(), |other| ending(main, other)))
}

fn opening(main: &Comparison) -> String {
    let candidate = phrases::name(&main.candidate);
    let baseline = phrases::name(&main.baseline);
    let when = phrases::when(&main.view);
    match main.verdict {
        Verdict::Faster | Verdict::Slower => {
            format!("{candidate} is {} than {baseline} {when}", difference(main))
        }
        Verdict::Same => {
            format!("{candidate} and {baseline} take the same time {when} ({})", within(main))
        }
        _ => format!("These rounds do not tell whether {candidate} or {baseline} is faster {when}"),
    }
}

/// What another view says, and whether it differs from the main one.
fn ending(main: &Comparison, other: &Comparison) -> String {
    let candidate = phrases::name(&other.candidate);
    let when = phrases::when(&other.view);
    let resolved = is_resolved(main);
    match (&main.verdict, &other.verdict) {
        (a, b) if a == b && matches!(a, Verdict::Faster | Verdict::Slower) => {
            format!(", {} {}x {when}", degree(main, other), size(other))
        }
        (Verdict::Same, Verdict::Same) => format!(", and also {when} ({})", within(other)),
        (_, Verdict::Faster | Verdict::Slower) => {
            let subject = if main.verdict == Verdict::Same {
                format!("{candidate} is ")
            } else {
                String::new()
            };
            format!(", but {subject}{} {when}", difference(other))
        }
        (_, Verdict::Same) => format!(", but takes the same time {when} ({})", within(other)),
        _ if resolved => format!("; {when} these rounds do not tell"),
        _ => format!(", nor {when}"),
    }
}

/// How a lead in the same direction differs; it does only when the intervals do not overlap.
fn degree(main: &Comparison, other: &Comparison) -> &'static str {
    let (Some(main), Some(other)) = (lead(main), lead(other)) else {
        return "and";
    };
    if other.1 < main.0 {
        "but only"
    } else if other.0 > main.1 {
        "and even"
    } else {
        "and"
    }
}

/// The interval of how many times one side leads the other, whichever it is: both ends above 1.
fn lead(comparison: &Comparison) -> Option<(f64, f64)> {
    let (lo, hi) = comparison.lo.zip(comparison.hi)?;
    Some(if comparison.verdict == Verdict::Slower { (hi.recip(), lo.recip()) } else { (lo, hi) })
}

fn difference(comparison: &Comparison) -> String {
    let direction = if comparison.verdict == Verdict::Slower { "slower" } else { "faster" };
    format!("{}x {direction}", size(comparison))
}

/// How many times one side leads the other.
fn size(comparison: &Comparison) -> String {
    let ratio = comparison.ratio;
    units::ratio(if comparison.verdict == Verdict::Slower { ratio.recip() } else { ratio })
}

/// How far apart two cells that count as the same may still be.
fn within(comparison: &Comparison) -> String {
    let ends = comparison.lo.zip(comparison.hi);
    let bound = ends.map_or(0.0, |(lo, hi)| (hi - 1.0).max(lo.recip() - 1.0));
    format!("within {}", units::percent(bound))
}
