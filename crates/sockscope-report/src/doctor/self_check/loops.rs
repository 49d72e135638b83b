//! Loops: the driven loop against the bare one, and against itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockscope_stats::comparison::{DEFAULT_MARGIN, Resolution, Sides};
use sockscope_stats::{compare, estimate};

use super::{LIMIT, Outcome};
use crate::model::{Statistic, Verdict};

/// The driven loop against the bare one: over one transport, in one statistic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoopCheck {
    /// The transport.
    pub transport: String,
    /// Mean against mean, or median against median.
    pub statistic: Statistic,
    /// What the driven loop takes, in nanoseconds.
    pub driven_ns: Option<f64>,
    /// What the bare loop takes, in nanoseconds.
    pub bare_ns: Option<f64>,
    /// Driven ÷ bare, estimated over the rounds.
    pub ratio: Option<f64>,
    /// The lower end of its 95 % interval.
    pub lo: Option<f64>,
    /// The upper end.
    pub hi: Option<f64>,
    /// The difference that the A-A twin of the driven loop showed: on a noisy machine, what is above the limit by less is
    /// not called a failure.
    pub noise_floor: Option<f64>,
    /// Passed when the whole interval is within the limit, failed when none of it is.
    pub outcome: Outcome,
    /// Why it could not be made.
    pub reason: Option<String>,
}

impl LoopCheck {
    /// Judges one value per round, in nanoseconds: of the driven loop, of the bare one, and of the driven loop's twin.
    #[must_use]
    pub fn judge(transport: &str, statistic: Statistic, [driven, bare, twin]: [&[f64]; 3]) -> Self {
        let check = Self::unavailable(transport, statistic, "the rounds are not complete");
        let Some(ratio) = estimate::log_ratio(driven, bare) else { return check };
        let ratio = ratio.map(f64::exp);
        let twins = estimate::log_ratio(driven, twin).and_then(|twins| twins.interval);
        let noise_floor = twins.map(|interval| interval.largest_bound().exp_m1());
        let beyond = noise_floor.is_some_and(|floor| ratio.value > LIMIT * (1.0 + floor));
        let level = |values| estimate::centre(values).map(|level| level.value);
        Self {
            driven_ns: level(driven),
            bare_ns: level(bare),
            ratio: Some(ratio.value),
            lo: ratio.interval.map(|interval| interval.lo),
            hi: ratio.interval.map(|interval| interval.hi),
            noise_floor,
            outcome: match ratio.interval {
                Some(interval) if interval.hi <= LIMIT => Outcome::Passed,
                Some(interval) if interval.lo > LIMIT && beyond => Outcome::Failed,
                _ => Outcome::Unresolved,
            },
            reason: None,
            ..check
        }
    }

    /// A check that could not be made.
    #[must_use]
    pub fn unavailable(transport: &str, statistic: Statistic, reason: &str) -> Self {
        Self {
            transport: transport.to_owned(),
            statistic,
            driven_ns: None,
            bare_ns: None,
            ratio: None,
            lo: None,
            hi: None,
            noise_floor: None,
            outcome: Outcome::Unavailable,
            reason: Some(reason.to_owned()),
        }
    }
}

/// A socket compared with itself, as if it were another: it must not be faster or slower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SameCheck {
    /// The transport.
    pub transport: String,
    /// The ratio of its medians, estimated over the rounds.
    pub ratio: Option<f64>,
    /// The lower end of its 95 % interval.
    pub lo: Option<f64>,
    /// The upper end.
    pub hi: Option<f64>,
    /// The difference that its A-A twin showed.
    pub noise_floor: Option<f64>,
    /// What a result would have said.
    pub verdict: Option<Verdict>,
    /// Passed when that is `same`, failed when it is `faster` or `slower`.
    pub outcome: Outcome,
    /// Why it could not be made.
    pub reason: Option<String>,
}

impl SameCheck {
    /// Judges one median per round: the socket, the same one again, and its twin. `clock_ns` is the step of the clock.
    #[must_use]
    pub fn judge(transport: &str, [first, again, twin]: [&[f64]; 3], clock_ns: u64) -> Self {
        let check = Self::unavailable(transport, "the rounds are not complete");
        let Some(level) = estimate::centre(first) else { return check };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds")]
        let resolution = Resolution { typical_ns: level.value as u64, clock_ns };
        let sides = |candidate| Sides { baseline: first, candidate };
        let twin = Some(sides(twin));
        let Some(comparison) = compare(sides(again), twin, resolution, DEFAULT_MARGIN) else {
            return check;
        };
        let verdict = Verdict::from(comparison.verdict);
        Self {
            ratio: Some(comparison.ratio),
            lo: comparison.interval.map(|interval| interval.lo),
            hi: comparison.interval.map(|interval| interval.hi),
            noise_floor: comparison.noise_floor,
            outcome: match verdict {
                Verdict::Same => Outcome::Passed,
                Verdict::Faster | Verdict::Slower => Outcome::Failed,
                _ => Outcome::Unresolved,
            },
            verdict: Some(verdict),
            reason: None,
            ..check
        }
    }

    /// A check that could not be made.
    #[must_use]
    pub fn unavailable(transport: &str, reason: &str) -> Self {
        Self {
            transport: transport.to_owned(),
            ratio: None,
            lo: None,
            hi: None,
            noise_floor: None,
            verdict: None,
            outcome: Outcome::Unavailable,
            reason: Some(reason.to_owned()),
        }
    }
}
