//! Between runs: whether two sides differ, from one value per run of each.
//!
//! Blocks of one run share its conditions (where the kernel put the pages, what else the machine
//! did), so a difference between two *runs* says little about a difference between what they ran.
//! Here the replicate is the run. Three runs a side are what people have, and a rank test of 3 + 3
//! cannot reach 5 % (its smallest two-sided p is 0.1), so a distribution has to be assumed: the
//! logarithms of the runs' levels scatter normally, and on all sides alike, since noise of one
//! machine is proportional to what it disturbs. That is Student's two-sample t with one pooled
//! spread: Student, "The probable error of a mean", Biometrika 6 (1908) 1–25; R. Fisher,
//! *Statistical Methods for Research Workers* (1925), §24. Welch's version, which lets spreads
//! differ, has 2 to 4 degrees of freedom here and misses 5 % slowdowns that the pooled one finds.
//!
//! Many cells are tested at once: S. Holm, "A simple sequentially rejective multiple test
//! procedure", Scandinavian Journal of Statistics 6 (1979) 65–70, keeps the chance of even one false
//! alarm at 5 %, whatever the dependence between cells.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::Verdict;
use crate::comparison::SAME_MAX;
use crate::estimate::{self, Estimate, Interval};
use crate::signed_rank::CONFIDENCE;

/// The smallest difference that is believed when each side is a single run, so that nothing is
/// known about how runs differ: 3 %.
pub const SINGLE_RUN_MIN_EFFECT: f64 = 0.03;

/// How two sides differ. Logarithms of before ÷ after of times, so above 0 the later one is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The difference of the means of the logarithms.
    pub log_ratio: f64,
    /// The rest; `None` when no side has two values, so that nothing is known about the spread.
    pub certainty: Option<Certainty>,
}

/// How sure a change is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certainty {
    /// The 95 % interval of the logarithm.
    pub interval: Interval,
    /// How likely a difference as large as this is when there is none.
    pub p: f64,
    /// The pooled standard deviation of the logarithms: how much one run differs from another.
    pub spread: f64,
    /// How many differences the spread was estimated from.
    pub degrees_of_freedom: usize,
}

/// The level of one run: the Hodges–Lehmann centre of its blocks' values, on their logarithms.
///
/// `None` without values, or when one is not positive.
#[must_use]
pub fn level(blocks: &[f64]) -> Option<f64> {
    let logs: Vec<f64> = blocks.iter().map(|value| value.ln()).collect();
    estimate::centre(&logs).map(|centre| centre.value.exp())
}

/// Compares one value per run of two sides; `history` are runs of earlier times, which serve only
/// to know how runs differ.
///
/// `None` when a side is empty or a value not positive.
#[must_use]
pub fn change(before: &[f64], after: &[f64], history: &[f64]) -> Option<Change> {
    let sides = (Side::of(before)?, Side::of(after)?);
    Some(compare(sides, Side::of(history), 0.0))
}

/// Compares one value per *block* of two single runs, of which nothing tells how runs differ.
///
/// The blocks tell how sure each run's level is; that two runs of the same thing differ by up to
/// `allowance` (a relative difference, such as [`SINGLE_RUN_MIN_EFFECT`]) is taken for granted, so
/// the interval is wider by it at both ends and the test is whether the difference exceeds it.
/// `None` as for [`change`].
#[must_use]
pub fn change_of_single_runs(before: &[f64], after: &[f64], allowance: f64) -> Option<Change> {
    let sides = (Side::of(before)?, Side::of(after)?);
    Some(compare(sides, None, allowance.ln_1p()))
}

fn compare((before, after): (Side, Side), history: Option<Side>, allowance: f64) -> Change {
    let sides = [Some(before), Some(after), history];
    let freedom: f64 = sides.iter().flatten().map(|side| side.count - 1.0).sum();
    let squares: f64 = sides.iter().flatten().map(|side| side.squares).sum();
    let log_ratio = before.mean - after.mean;
    let certainty = (freedom > 0.0).then(|| {
        let spread = (squares / freedom).sqrt();
        let error = spread * (1.0 / before.count + 1.0 / after.count).sqrt();
        Certainty::new(log_ratio, allowance, error, spread, freedom)
    });
    Change { log_ratio, certainty }
}

/// One estimate from the estimates of several runs: their mean, with the interval of Student's t.
///
/// A single run is returned as it is, with the interval over its rounds; rounds of several runs are
/// never pooled, because those of one run are not independent of each other. `None` without runs.
#[must_use]
pub fn over_runs(runs: &[Estimate]) -> Option<Estimate> {
    let (first, others) = runs.split_first()?;
    if others.is_empty() {
        return Some(*first);
    }
    let count = runs.len() as f64;
    let mean = runs.iter().map(|run| run.value).sum::<f64>() / count;
    let squares: f64 = runs.iter().map(|run| (run.value - mean).powi(2)).sum();
    let freedom = count - 1.0;
    let spread = (squares / freedom).sqrt();
    let certainty = Certainty::new(mean, 0.0, spread / count.sqrt(), spread, freedom);
    Some(Estimate { value: mean, interval: Some(certainty.interval) })
}

/// What is needed of one side: the logarithms' number, mean and sum of squared deviations.
#[derive(Debug, Clone, Copy)]
struct Side {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Side {
    fn of(values: &[f64]) -> Option<Self> {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        if logs.is_empty() || logs.iter().any(|log| !log.is_finite()) {
            return None;
        }
        let count = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let squares = logs.iter().map(|log| (log - mean).powi(2)).sum();
        Some(Self { count, mean, squares })
    }
}

impl Certainty {
    fn new(log_ratio: f64, allowance: f64, error: f64, spread: f64, freedom: f64) -> Self {
        let student = StudentsT::new(0.0, 1.0, freedom)
            .unwrap_or_else(|_| unreachable!("its scale and its freedom are positive"));
        let reach = student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)) * error + allowance;
        let beyond = log_ratio.abs() - allowance;
        let p = if beyond <= 0.0 {
            1.0
        } else if error > 0.0 {
            2.0 * student.sf(beyond / error)
        } else {
            // What does not scatter at all differs for sure.
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sum of whole numbers that are not negative"
        )]
        let degrees_of_freedom = freedom as usize;
        let interval = Interval { lo: log_ratio - reach, hi: log_ratio + reach };
        Self { interval, p, spread, degrees_of_freedom }
    }
}

/// Holm's adjusted p-values, in the order given: below 5 %, a difference stands beside all the
/// others that were looked for.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (done, index) in order.into_iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - done) as f64).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

impl Change {
    /// What follows, given the p-value that Holm's procedure left of its own, and the relative
    /// difference that is too small to be believed.
    #[must_use]
    pub fn verdict(&self, adjusted_p: Option<f64>, floor: f64) -> Verdict {
        let (Some(certainty), Some(p)) = (self.certainty, adjusted_p) else {
            return Verdict::Unresolved;
        };
        if p <= 1.0 - CONFIDENCE && self.log_ratio.abs() > floor.ln_1p() {
            return if self.log_ratio > 0.0 { Verdict::Faster } else { Verdict::Slower };
        }
        if certainty.interval.largest_bound() <= floor.min(SAME_MAX).ln_1p() {
            return Verdict::Same;
        }
        Verdict::Unresolved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-3
    }

    #[test]
    fn the_quantiles_are_those_of_the_published_tables() {
        // Fisher's table of t at 5 %.
        for (freedom, t) in [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (10.0, 2.228)] {
            let certainty = Certainty::new(0.0, 0.0, 1.0, 1.0, freedom);
            assert!(close(certainty.interval.hi, t), "{freedom}: {certainty:?}");
        }
    }

    #[test]
    fn students_own_example_is_reproduced() {
        // Sleep gained with two drugs (Student 1908), as two samples: t = −1.8608, 18 degrees of
        // freedom, p = 0.07919, interval −3.363874 to 0.203874 (R: t.test(var.equal = TRUE)).
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let [first, second] = [first, second].map(|side| side.map(f64::exp));
        let change = change(&first, &second, &[]).unwrap();
        let certainty = change.certainty.unwrap();
        assert!(close(change.log_ratio, -1.58) && close(certainty.p, 0.079_19), "{change:?}");
        assert!(
            close(certainty.interval.lo, -3.363_874) && close(certainty.interval.hi, 0.203_874)
        );
        assert_eq!(certainty.degrees_of_freedom, 18);
    }

    #[test]
    fn holm_multiplies_the_smallest_most_and_never_lets_the_order_change() {
        // R: p.adjust(c(.01, .04, .03, .005), "holm")
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!(close(*found, expected), "{adjusted:?}");
        }
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn single_runs_have_a_difference_but_no_spread() {
        let alone = change(&[1_000.0], &[1_100.0], &[]).unwrap();
        assert_eq!(alone.certainty, None);
        assert_eq!(alone.verdict(None, 0.03), Verdict::Unresolved);
        let history = [990.0, 1_000.0, 1_010.0, 1_000.0];
        let known = change(&[1_000.0], &[1_100.0], &history).unwrap().certainty.unwrap();
        assert_eq!(known.degrees_of_freedom, 3);
        assert!((0.005..0.01).contains(&known.spread) && known.p < 0.01, "{known:?}");
    }

    #[test]
    fn estimates_of_runs_have_the_interval_of_their_mean() {
        let run = |value| Estimate { value, interval: Some(Interval { lo: 0.0, hi: 9.0 }) };
        assert_eq!(over_runs(&[]), None);
        assert_eq!(over_runs(&[run(1.0)]), Some(run(1.0)));
        // t.test(c(1, 2, 4)) in R: 2.333333, −1.461250 to 6.127917.
        let pooled = over_runs(&[run(1.0), run(2.0), run(4.0)]).unwrap();
        let interval = pooled.interval.unwrap();
        assert!(close(pooled.value, 2.333_333), "{pooled:?}");
        assert!(close(interval.lo, -1.461_250) && close(interval.hi, 6.127_917), "{pooled:?}");
    }

    #[test]
    fn blocks_of_single_runs_must_exceed_what_runs_may_differ_by() {
        let blocks = |ns: f64| [0.999, 1.0, 1.001, 1.0, 0.999, 1.001].map(|noise| ns * noise);
        let rows = [
            (1_000.0, 1_020.0, Verdict::Unresolved),
            (1_000.0, 1_040.0, Verdict::Slower),
            (1_040.0, 1_000.0, Verdict::Faster),
            (1_000.0, 1_000.0, Verdict::Unresolved),
        ];
        for (before, after, expected) in rows {
            let change = change_of_single_runs(&blocks(before), &blocks(after), 0.03).unwrap();
            let p = change.certainty.map(|certainty| certainty.p);
            assert_eq!(change.verdict(p, 0.03), expected, "{before} {after}: {change:?}");
        }
    }

    #[test]
    fn what_cannot_be_compared_gives_nothing() {
        assert_eq!(change(&[], &[1.0], &[]), None);
        assert_eq!(change(&[0.0], &[1.0], &[]), None);
        assert_eq!(level(&[]), None);
        assert_eq!(level(&[1.0, -1.0]), None);
        assert!(close(level(&[1_000.0, 1_000.0, 5_000.0]).unwrap(), 1_000.0 * 5_f64.powf(0.25)));
    }

    #[test]
    fn a_verdict_needs_the_level_and_the_floor() {
        let rows: [([f64; 3], [f64; 3], Verdict); 6] = [
            ([1_000.0, 1_002.0, 998.0], [1_100.0, 1_102.0, 1_098.0], Verdict::Slower),
            ([1_100.0, 1_102.0, 1_098.0], [1_000.0, 1_002.0, 998.0], Verdict::Faster),
            ([1_000.0, 1_002.0, 998.0], [1_010.0, 1_012.0, 1_008.0], Verdict::Same),
            ([1_000.0, 1_100.0, 900.0], [1_100.0, 1_000.0, 1_200.0], Verdict::Unresolved),
            ([1_000.0; 3], [1_000.0; 3], Verdict::Same),
            ([1_000.0; 3], [1_030.0; 3], Verdict::Slower),
        ];
        for (before, after, expected) in rows {
            let change = change(&before, &after, &[]).unwrap();
            let p = change.certainty.map(|certainty| certainty.p);
            assert_eq!(change.verdict(p, 0.02), expected, "{before:?} {after:?}: {change:?}");
        }
    }
}
