//! Comparison: two cells and an A-A twin, turned into a ratio, an interval and a verdict.
//!
//! Without a noise floor, identical code reads "different" once in twenty comparisons, and more
//! often on a machine that drifts. So the baseline is measured twice in every group, and no
//! difference smaller than the one between these twins is ever called a difference.

use crate::Histogram;
use crate::between_runs;
use crate::estimate::{self, Estimate, Interval};

/// The difference that nobody acts on, unless told otherwise: 2 %.
pub const DEFAULT_MARGIN: f64 = 0.02;

/// A noise floor above this says nothing about sameness: 5 %. Twins that differ by half do not make two cells the same
/// whose ratio is 1.5; they only hide whether they are.
pub const SAME_MAX: f64 = 0.05;

/// One value per round of each side, all slices in the same order of rounds.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// What is compared with.
    pub baseline: &'a [f64],
    /// What is compared.
    pub candidate: &'a [f64],
}

/// What limits how small a difference can be seen, apart from noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// A typical value of the statistic (its p50), in nanoseconds.
    pub typical_ns: u64,
    /// The step of the clock, in nanoseconds.
    pub clock_ns: u64,
}

impl Resolution {
    /// The relative difference below which two values cannot be told apart.
    #[must_use]
    pub fn relative(&self) -> f64 {
        let step = Histogram::bucket_width(self.typical_ns).max(self.clock_ns);
        step as f64 / self.typical_ns.max(1) as f64
    }
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The interval excludes 1 and the candidate's lead is above the noise floor.
    Faster,
    /// The interval excludes 1 and the candidate's lag is above the noise floor.
    Slower,
    /// The whole interval lies within the margin, or within a noise floor of at most [`SAME_MAX`].
    Same,
    /// The rounds do not tell.
    Unresolved,
}

/// How the candidate compares. All ratios are baseline ÷ candidate of times, so above 1 the
/// candidate is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The estimated ratio.
    pub ratio: f64,
    /// Its 95 % interval; `None` below six rounds.
    pub interval: Option<Interval>,
    /// The relative difference that identical cells showed here, or that clock and histogram cannot
    /// resolve; `None` without a twin or with too few rounds of it.
    pub noise_floor: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// Compares a candidate with a baseline, given the A-A twin of the baseline.
///
/// `twin` pairs the baseline with its twin, in rounds of its own (a round may have lost one of its
/// cells). `margin` is the relative difference within which two cells count as the same,
/// [`DEFAULT_MARGIN`] by default.
///
/// `None` when the sides have no estimate: different lengths, no round, or a value that is not
/// positive.
#[must_use]
pub fn compare(
    sides: Sides<'_>,
    twin: Option<Sides<'_>>,
    resolution: Resolution,
    margin: f64,
) -> Option<Comparison> {
    compare_runs(&[sides], twin.as_slice(), resolution, margin)
}

/// The same for several runs, each with sides and twins of its own.
///
/// With more than one, the replicate is the run ([`between_runs::over_runs`]).
#[must_use]
pub fn compare_runs(
    sides: &[Sides<'_>],
    twins: &[Sides<'_>],
    resolution: Resolution,
    margin: f64,
) -> Option<Comparison> {
    let log_ratio = log_ratio(sides)?;
    let noise_floor = noise_floor(twins, resolution);
    let verdict = verdict(log_ratio.value, log_ratio.interval, noise_floor, margin);
    let ratio = log_ratio.map(f64::exp);
    Some(Comparison { ratio: ratio.value, interval: ratio.interval, noise_floor, verdict })
}

/// The largest of: the farther end of the twins' interval, a histogram bucket, a step of the clock.
fn noise_floor(twins: &[Sides<'_>], resolution: Resolution) -> Option<f64> {
    let twins = log_ratio(twins)?.interval?;
    Some(twins.largest_bound().exp_m1().max(resolution.relative()))
}

/// The logarithm of the ratio over all runs; `None` when one of them has none.
fn log_ratio(runs: &[Sides<'_>]) -> Option<Estimate> {
    let of_run = |sides: &Sides<'_>| estimate::log_ratio(sides.baseline, sides.candidate);
    between_runs::over_runs(&runs.iter().map(of_run).collect::<Option<Vec<_>>>()?)
}

/// The verdict, from the logarithm of the ratio; a relative difference d is ln(1 + d) on that
/// scale.
fn verdict(log: f64, interval: Option<Interval>, floor: Option<f64>, margin: f64) -> Verdict {
    let (Some(interval), Some(floor)) = (interval, floor) else {
        return Verdict::Unresolved;
    };
    if !interval.contains(0.0) && log.abs() > floor.ln_1p() {
        return if log > 0.0 { Verdict::Faster } else { Verdict::Slower };
    }
    if interval.largest_bound() <= floor.min(SAME_MAX).max(margin).ln_1p() {
        return Verdict::Same;
    }
    Verdict::Unresolved
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Resolution = Resolution { typical_ns: 1_000, clock_ns: 1 };

    /// Ten rounds around `level`, each off by up to ±`noise` of it.
    fn rounds(level: f64, noise: f64) -> Vec<f64> {
        (0..10).map(|i| level * (1.0 + noise * (f64::from(i % 5) - 2.0) / 2.0)).collect()
    }

    fn check(baseline: f64, candidate: f64, noise: f64, floor_noise: f64) -> Comparison {
        let (base, other) = (rounds(baseline, 0.0), rounds(candidate, noise));
        let twin = rounds(baseline, floor_noise);
        let sides = Sides { baseline: &base, candidate: &other };
        let twins = Sides { baseline: &base, candidate: &twin };
        compare(sides, Some(twins), FINE, DEFAULT_MARGIN).unwrap()
    }

    #[test]
    fn a_verdict_needs_the_interval_and_the_floor() {
        let rows = [
            // baseline, candidate, noise of the candidate, noise of the twin
            (1_370.0, 1_000.0, 0.01, 0.01, Verdict::Faster),
            (1_000.0, 1_370.0, 0.01, 0.01, Verdict::Slower),
            (1_000.0, 1_000.0, 0.01, 0.01, Verdict::Same),
            (1_010.0, 1_000.0, 0.01, 0.02, Verdict::Same), // excludes 1, but below the floor
            (1_010.0, 1_000.0, 0.001, 0.001, Verdict::Faster), // small, but sure
            (1_000.0, 1_000.0, 0.30, 0.01, Verdict::Unresolved),
            (1_030.0, 1_000.0, 0.01, 0.08, Verdict::Same), // all within a small floor
            (1_100.0, 1_000.0, 0.01, 0.30, Verdict::Unresolved), // all within a large one
            (1_300.0, 1_000.0, 0.90, 0.01, Verdict::Unresolved),
        ];
        for (baseline, candidate, noise, floor_noise, expected) in rows {
            let comparison = check(baseline, candidate, noise, floor_noise);
            assert_eq!(comparison.verdict, expected, "{baseline} {candidate}: {comparison:?}");
        }
    }

    #[test]
    fn above_one_the_candidate_is_better() {
        let comparison = check(2_000.0, 1_000.0, 0.01, 0.01);
        assert!((comparison.ratio - 2.0).abs() < 0.02, "{comparison:?}");
        assert!(comparison.interval.unwrap().contains(2.0));
    }

    #[test]
    fn too_few_rounds_or_no_twin_resolve_nothing() {
        let (base, other) = (rounds(2_000.0, 0.0), rounds(1_000.0, 0.0));
        let sides = |n: usize| Sides { baseline: &base[..n], candidate: &other[..n] };
        let twins = |n: usize| Sides { baseline: &base[..n], candidate: &base[..n] };
        let five = compare(sides(5), Some(twins(10)), FINE, 0.02).unwrap();
        assert_eq!((five.interval, five.verdict), (None, Verdict::Unresolved));
        let alone = compare(sides(10), None, FINE, 0.02).unwrap();
        assert_eq!((alone.noise_floor, alone.verdict), (None, Verdict::Unresolved));
        let short_twin = compare(sides(10), Some(twins(5)), FINE, 0.02).unwrap();
        assert_eq!((short_twin.noise_floor, short_twin.verdict), (None, Verdict::Unresolved));
        let six = compare(sides(6), Some(twins(6)), FINE, 0.02).unwrap();
        assert_eq!(six.verdict, Verdict::Faster);
    }

    #[test]
    fn the_rounds_of_several_runs_are_not_pooled() {
        let runs = |levels: [f64; 3]| levels.map(|level| rounds(level, 0.001));
        let (base, other) = (runs([1_000.0; 3]), runs([1_100.0, 1_000.0, 1_200.0]));
        let sides: Vec<Sides<'_>> = base
            .iter()
            .zip(&other)
            .map(|(baseline, candidate)| Sides { baseline, candidate })
            .collect();
        let twins: Vec<Sides<'_>> =
            base.iter().map(|run| Sides { baseline: run, candidate: run }).collect();
        let all = compare_runs(&sides, &twins, FINE, DEFAULT_MARGIN).unwrap();
        assert_eq!(all.verdict, Verdict::Unresolved, "{all:?}");
        let one = compare_runs(&sides[..1], &twins[..1], FINE, DEFAULT_MARGIN).unwrap();
        assert_eq!(one, compare(sides[0], Some(twins[0]), FINE, DEFAULT_MARGIN).unwrap());
    }

    #[test]
    fn a_coarse_clock_or_bucket_raises_the_floor() {
        let rows = [
            (Resolution { typical_ns: 1_000, clock_ns: 1 }, 0.001),
            (Resolution { typical_ns: 1_000, clock_ns: 40 }, 0.04),
            (Resolution { typical_ns: 2_050, clock_ns: 1 }, 2.0 / 2_050.0),
            (Resolution { typical_ns: 0, clock_ns: 1 }, 1.0),
        ];
        for (resolution, expected) in rows {
            let base = rounds(1_000.0, 0.0);
            let sides = Sides { baseline: &base, candidate: &base };
            let floor = compare(sides, Some(sides), resolution, 0.02).unwrap().noise_floor.unwrap();
            assert!((floor - expected).abs() < 1e-12, "{resolution:?}: {floor}");
        }
    }
}
