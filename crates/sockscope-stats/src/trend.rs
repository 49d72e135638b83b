//! Trend: whether a series of rounds drifts instead of scattering.
//!
//! A machine that warms up, throttles or fills a cache makes every later round slower. Pairing
//! inside a round removes most of it from a comparison, but the plain numbers then depend on when
//! they were taken. The test is that of Mann and Kendall: count the pairs of rounds that rise less
//! those that fall, and compare with the exact distribution of that count over all orders. H. Mann,
//! "Nonparametric tests against trend", Econometrica 13 (1945) 245–259; M. Kendall, *Rank
//! Correlation Methods* (1948), chapter 5. The size is the median of the slopes of all pairs: P.
//! Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the American
//! Statistical Association 63 (1968) 1379–1389.

/// How often a series without trend is called drifting. Six rounds in perfect order (2 of 720
/// orders) still count, and a result of 15 cells is warned about falsely less than once in 20.
const ALPHA: f64 = 0.003;
/// A drift below this, from the first round to the last, is not worth a word.
const MIN_CHANGE: f64 = 0.05;

/// The relative change from the first to the last of `values` (positive, in the order of the
/// rounds), when they drift.
///
/// `None` when the order looks like chance, when the change is below 5 %, and for values that are
/// not positive.
#[must_use]
pub fn drift(values: &[f64]) -> Option<f64> {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    if logs.iter().any(|log| !log.is_finite()) || probability_of_order(&logs) > ALPHA {
        return None;
    }
    let change = (median_slope(&logs) * (logs.len() - 1) as f64).exp_m1();
    (change.abs() >= MIN_CHANGE).then_some(change)
}

/// The probability that values in random order look at least as ordered as these, up or down.
///
/// Ties count as neither, which only makes the test more cautious.
fn probability_of_order(values: &[f64]) -> f64 {
    let falls = pairs(values).filter(|(_, (a, b))| b < a).count();
    let rises = pairs(values).filter(|(_, (a, b))| b > a).count();
    let ties = values.len() * values.len().saturating_sub(1) / 2 - falls - rises;
    let rarer = falls.min(rises) + ties;
    let tail: f64 = inversions(values.len()).into_iter().take(rarer + 1).sum();
    (2.0 * tail).min(1.0)
}

/// The probability of each number of falling pairs over all orders of `n` values: the n-th value,
/// when it is inserted, falls behind 0 to n − 1 of the earlier ones, each equally likely.
fn inversions(n: usize) -> Vec<f64> {
    let mut probability = vec![1.0];
    for inserted in 2..=n {
        let mut next = vec![0.0; probability.len() + inserted - 1];
        for (falling, p) in probability.iter().enumerate() {
            for slot in &mut next[falling..falling + inserted] {
                *slot += p / inserted as f64;
            }
        }
        probability = next;
    }
    probability
}

fn median_slope(values: &[f64]) -> f64 {
    let mut slopes: Vec<f64> = pairs(values).map(|(run, (a, b))| (b - a) / run as f64).collect();
    slopes.sort_unstable_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
}

/// All pairs of an earlier and a later value, with how many rounds lie between them.
fn pairs(values: &[f64]) -> impl Iterator<Item = (usize, (f64, f64))> + '_ {
    values.iter().enumerate().flat_map(move |(i, &earlier)| {
        values[i + 1..].iter().enumerate().map(move |(j, &later)| (j + 1, (earlier, later)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_of_falling_pairs_is_that_of_all_orders() {
        // Of the 24 orders of 4 values: 1, 3, 5, 6, 5, 3, 1 have 0 to 6 falling pairs.
        let expected = [1.0, 3.0, 5.0, 6.0, 5.0, 3.0, 1.0];
        for (probability, orders) in inversions(4).into_iter().zip(expected) {
            assert!((probability - orders / 24.0).abs() < 1e-12);
        }
        assert!((inversions(40).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_series_drifts_when_it_is_ordered_and_moves_far_enough() {
        let rows: [(&[f64], Option<f64>); 8] = [
            (&[100.0, 102.0, 104.0, 106.0, 108.0, 110.0], Some(0.10)),
            (&[110.0, 108.0, 106.0, 104.0, 102.0, 100.0], Some(-0.09)),
            (&[100.0, 104.0, 102.0, 106.0, 108.0, 110.0], None), // one out of order
            (&[100.0, 100.5, 101.0, 101.5, 102.0, 102.5], None), // ordered, but by 2.5 % only
            (&[100.0, 102.0, 104.0, 106.0, 108.0], None),        // five rounds are too few
            (&[100.0, 103.0, 101.0, 104.0, 106.0, 105.0, 108.0, 107.0, 110.0, 112.0], Some(0.12)),
            (&[100.0; 10], None),
            (&[], None),
        ];
        for (values, expected) in rows {
            let found = drift(values);
            assert_eq!(found.is_some(), expected.is_some(), "{values:?}: {found:?}");
            let error = found.unwrap_or(0.0) - expected.unwrap_or(0.0);
            assert!(error.abs() < 0.02, "{values:?}: {found:?}");
        }
    }

    #[test]
    fn values_without_a_logarithm_do_not_drift() {
        assert_eq!(drift(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), None);
        assert_eq!(drift(&[f64::NAN; 8]), None);
    }
}
