//! Estimate: one number from one value per round, with the interval that belongs to it.
//!
//! The estimate is that of Hodges and Lehmann, the median of the averages of all pairs (the Walsh
//! averages); the interval runs between the Walsh averages that the signed-rank test leaves in
//! ([`crate::signed_rank`]). J. Hodges, E. Lehmann, "Estimates of location based on rank tests",
//! Annals of Mathematical Statistics 34 (1963) 598–611; J. Walsh, "Some significance tests for the
//! median which are valid under very general conditions", ibid. 20 (1949) 64–81.
//!
//! Both are nearly as sharp as the mean and the t interval when the noise is normal, and unlike
//! them hardly move when one round of ten was disturbed. A percentile bootstrap of 10 rounds, the
//! usual alternative, covers only 86–93 %.

use crate::signed_rank;

/// Where the true value lies, 95 times of 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub lo: f64,
    /// The upper end.
    pub hi: f64,
}

impl Interval {
    /// Whether `value` lies inside, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// The distance of the end that is farther from zero.
    #[must_use]
    pub fn largest_bound(&self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }
}

/// An estimate, with its interval where there are rounds enough for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The Hodges–Lehmann estimate.
    pub value: f64,
    /// The 95 % interval; `None` below [`signed_rank::MIN_DIFFERENCES`] rounds.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The same estimate on another scale; `rising` must never fall.
    #[must_use]
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Self {
        let interval = self.interval.map(|i| Interval { lo: rising(i.lo), hi: rising(i.hi) });
        Self { value: rising(self.value), interval }
    }
}

/// Estimates the centre of `values`, one per round: the shift of paired differences, or the level
/// of a single series.
///
/// `None` without values or when one is not finite.
#[must_use]
pub fn centre(values: &[f64]) -> Option<Estimate> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let walsh = walsh_averages(values);
    let interval = signed_rank::left_out(values.len())
        .map(|out| Interval { lo: walsh[out], hi: walsh[walsh.len() - 1 - out] });
    Some(Estimate { value: median(&walsh), interval })
}

/// Estimates the difference `a − b` of values that were measured in the same rounds.
///
/// `None` when the slices differ in length, are empty, or hold a value that is not finite.
#[must_use]
pub fn difference(a: &[f64], b: &[f64]) -> Option<Estimate> {
    paired(a, b, |a, b| a - b)
}

/// Estimates `ln(a / b)` of positive values that were measured in the same rounds.
///
/// Noise of a machine scales with what is measured, so ratios are estimated on their logarithms:
/// twice as fast and half as fast then lie equally far from 1. `None` as for [`difference`], and
/// when a value is not positive.
#[must_use]
pub fn log_ratio(a: &[f64], b: &[f64]) -> Option<Estimate> {
    // The logarithm of what is not positive is not finite, and refused as such.
    paired(a, b, |a, b| a.ln() - b.ln())
}

fn paired(a: &[f64], b: &[f64], combine: impl Fn(f64, f64) -> f64) -> Option<Estimate> {
    if a.len() != b.len() {
        return None;
    }
    centre(&a.iter().zip(b).map(|(&a, &b)| combine(a, b)).collect::<Vec<_>>())
}

/// The averages of all pairs, each value with itself included, sorted.
fn walsh_averages(values: &[f64]) -> Vec<f64> {
    let pairs = values.iter().enumerate();
    let mut averages: Vec<f64> =
        pairs.flat_map(|(i, a)| values[i..].iter().map(move |b| f64::midpoint(*a, *b))).collect();
    averages.sort_unstable_by(f64::total_cmp);
    averages
}

/// The median of a sorted slice that is not empty.
fn median(sorted: &[f64]) -> f64 {
    let upper = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[upper]
    } else {
        f64::midpoint(sorted[upper - 1], sorted[upper])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ten_rounds_run_from_the_ninth_to_the_ninth_last_of_fifty_five() {
        let values: Vec<f64> = (1..=10).map(|i| f64::from(i * i)).collect();
        let walsh = walsh_averages(&values);
        assert_eq!(walsh.len(), 55);
        let estimate = centre(&values).unwrap();
        assert_eq!(estimate.interval, Some(Interval { lo: walsh[8], hi: walsh[46] }));
        assert_eq!(estimate.value.to_bits(), walsh[27].to_bits());
    }

    #[test]
    fn a_textbook_example_is_reproduced() {
        // Hollander, Wolfe, Chicken, example 3.1 to 3.4 (Hamilton's depression scale): −0.46 with
        // (−0.786, −0.010) at 96 %.
        let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        #[expect(clippy::approx_constant, reason = "3.14 is a patient's score")]
        let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
        let estimate = difference(&after, &before).unwrap();
        let interval = estimate.interval.unwrap();
        assert!((estimate.value + 0.46).abs() < 1e-9, "{estimate:?}");
        assert!((interval.lo + 0.786).abs() < 1e-9 && (interval.hi + 0.010).abs() < 1e-9);
    }

    #[test]
    fn five_rounds_give_an_estimate_but_no_interval() {
        assert_eq!(centre(&[1.0; 5]), Some(Estimate { value: 1.0, interval: None }));
        assert!(centre(&[1.0; 6]).unwrap().interval.is_some());
        assert_eq!(centre(&[]), None);
    }

    #[test]
    fn values_that_are_no_numbers_give_no_estimate() {
        assert_eq!(centre(&[1.0, f64::NAN]), None);
        assert_eq!(log_ratio(&[1.0, 0.0], &[1.0, 1.0]), None);
        assert_eq!(log_ratio(&[1.0], &[1.0, 1.0]), None);
        assert_eq!(log_ratio(&[-1.0], &[1.0]), None);
    }

    proptest! {
        #[test]
        fn the_interval_contains_the_estimate(values in rounds()) {
            let estimate = centre(&values).unwrap();
            if let Some(interval) = estimate.interval {
                prop_assert!(interval.contains(estimate.value));
            }
        }

        #[test]
        fn swapping_the_sides_turns_the_ratio_over(a in rounds()) {
            let b: Vec<f64> = a.iter().rev().copied().collect();
            let (there, back) = (log_ratio(&a, &b).unwrap(), log_ratio(&b, &a).unwrap());
            prop_assert!((there.value + back.value).abs() < 1e-9);
            if let (Some(there), Some(back)) = (there.interval, back.interval) {
                prop_assert!((there.lo + back.hi).abs() < 1e-9 && (there.hi + back.lo).abs() < 1e-9);
            }
        }

        #[test]
        fn a_shift_of_all_is_the_shift_of_the_estimate(a in rounds(), shift in -10.0_f64..10.0) {
            let shifted: Vec<f64> = a.iter().map(|value| value + shift).collect();
            let estimate = centre(&a).unwrap().value;
            prop_assert!((centre(&shifted).unwrap().value - estimate - shift).abs() < 1e-9);
        }
    }

    fn rounds() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.5..100.0, 1..30)
    }
}
