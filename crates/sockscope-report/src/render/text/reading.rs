//! Reading: a comparison's verdict, in the words of sentences and of the table.
//!
//! The verdict itself is decided in one place, by the statistics, and words only repeat it: "same"
//! stands exactly where the result says `same`.

use crate::model::{Comparison, Verdict};
use crate::units;

/// A comparison's verdict as words may say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The candidate is faster.
    Faster,
    /// The candidate is slower.
    Slower,
    /// The two differ by no more than anyone cares about, or than a low noise hides.
    Same,
    /// Unresolved, because the two differ by no more than identical cells did.
    Hidden,
    /// Unresolved: the rounds do not tell.
    Open,
}

impl Reading {
    pub(super) fn of(comparison: &Comparison) -> Self {
        match comparison.verdict {
            Verdict::Faster => Self::Faster,
            Verdict::Slower => Self::Slower,
            Verdict::Same => Self::Same,
            Verdict::Unresolved | Verdict::Other(_) => {
                let hidden = comparison.noise_floor.is_some_and(|floor| bound(comparison) <= floor);
                if hidden { Self::Hidden } else { Self::Open }
            }
        }
    }

    /// Whether it says something about the two, and not about the noise.
    pub(super) fn tells(self) -> bool {
        matches!(self, Self::Faster | Self::Slower | Self::Same)
    }

    /// Whether one of the two leads.
    pub(super) fn is_lead(self) -> bool {
        matches!(self, Self::Faster | Self::Slower)
    }
}

/// How far apart the two may still be: the end of the interval that is farther from 1.
pub(super) fn bound(comparison: &Comparison) -> f64 {
    let ends = comparison.lo.zip(comparison.hi);
    ends.map_or(f64::INFINITY, |(lo, hi)| (hi - 1.0).max(lo.recip() - 1.0))
}

/// How many times one side leads the other, and the ends of that: above 1, whichever side it is.
pub(super) fn lead(comparison: &Comparison) -> (f64, Option<(f64, f64)>) {
    let ends = comparison.lo.zip(comparison.hi);
    if comparison.verdict == Verdict::Slower {
        (comparison.ratio.recip(), ends.map(|(lo, hi)| (hi.recip(), lo.recip())))
    } else {
        (comparison.ratio, ends)
    }
}

/// A comparison in the words of the table: `1.37x faster [1.36, 1.38]`.
pub(super) fn in_table(comparison: &Comparison) -> String {
    let (ratio, ends) = lead(comparison);
    let interval = ends
        .map_or(String::new(), |(lo, hi)| format!(" [{}]", units::ratio_interval(ratio, lo, hi)));
    let shown = units::ratio(ratio);
    match Reading::of(comparison) {
        Reading::Faster => format!("{shown}x faster{interval}"),
        Reading::Slower => format!("{shown}x slower{interval}"),
        Reading::Same => format!("same{interval}"),
        _ if ends.is_none() => format!("unresolved (ratio {shown})"),
        Reading::Hidden | Reading::Open => format!("unresolved{interval}"),
    }
}
