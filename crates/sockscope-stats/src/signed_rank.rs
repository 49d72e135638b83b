//! Signed-rank limits: which Walsh averages bound a 95 % interval.
//!
//! Under symmetry of the differences, Wilcoxon's signed-rank statistic T⁺ has a distribution that
//! is known exactly for every n, whatever the shape of the noise. Its lower tail says how many of
//! the smallest and largest Walsh averages to leave out. F. Wilcoxon, "Individual comparisons by
//! ranking methods", Biometrics Bulletin 1 (1945) 80–83; the interval is Tukey's: M. Hollander, D.
//! Wolfe, E. Chicken, *Nonparametric Statistical Methods*, 3rd ed. (2014), section 3.3.

/// The level of every interval of this project.
pub const CONFIDENCE: f64 = 0.95;
/// The fewest differences that allow a 95 % interval: 2 × 2⁻⁵ is more than 5 %, 2 × 2⁻⁶ is less.
pub const MIN_DIFFERENCES: usize = 6;
/// Up to here the distribution is computed; beyond, its normal approximation is within a rank or
/// two.
const EXACT_MAX: usize = 60;

/// How many Walsh averages to leave out at each end of the sorted list for a two-sided 95 %
/// interval.
///
/// `None` below [`MIN_DIFFERENCES`]. For 10 differences it is 8: the interval runs from the 9th
/// smallest to the 9th largest of 55.
#[must_use]
pub fn left_out(differences: usize) -> Option<usize> {
    if differences < MIN_DIFFERENCES {
        return None;
    }
    let tail = (1.0 - CONFIDENCE) / 2.0;
    if differences <= EXACT_MAX { exact(differences, tail) } else { Some(approximate(differences)) }
}

/// The largest t with P(T⁺ ≤ t) ≤ `tail`.
fn exact(differences: usize, tail: f64) -> Option<usize> {
    let mut cumulated = 0.0;
    let within = distribution(differences).into_iter().take_while(|probability| {
        cumulated += probability;
        cumulated <= tail
    });
    within.count().checked_sub(1)
}

/// P(T⁺ = t) for every t: each rank is added with probability one half, so the ranks are folded in
/// one at a time.
fn distribution(differences: usize) -> Vec<f64> {
    let mut probability = vec![0.0; differences * (differences + 1) / 2 + 1];
    probability[0] = 1.0;
    for rank in 1..=differences {
        for t in (0..probability.len()).rev() {
            let with_rank = t.checked_sub(rank).map_or(0.0, |rest| probability[rest]);
            probability[t] = f64::midpoint(probability[t], with_rank);
        }
    }
    probability
}

/// The same from the normal approximation with continuity correction (Hollander, Wolfe, Chicken,
/// equation 3.11).
fn approximate(differences: usize) -> usize {
    /// The 97.5th percentile of the standard normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    let n = differences as f64;
    let mean = n * (n + 1.0) / 4.0;
    let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive from n = 6 on and far below the number of Walsh averages"
    )]
    let limit = (mean - 0.5 - Z * deviation).floor() as usize;
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_the_published_tables() {
        // Hollander, Wolfe, Chicken, table A.4, two-sided 5 %: the largest t with P(T⁺ ≤ t) ≤
        // 0.025.
        let rows = [
            (0, None),
            (5, None),
            (6, Some(0)),
            (7, Some(2)),
            (8, Some(3)),
            (9, Some(5)),
            (10, Some(8)),
            (12, Some(13)),
            (15, Some(25)),
            (20, Some(52)),
            (25, Some(89)),
            (30, Some(137)),
            (50, Some(434)),
        ];
        for (differences, expected) in rows {
            assert_eq!(left_out(differences), expected, "{differences}");
        }
    }

    #[test]
    fn the_distribution_is_one() {
        for differences in [1, 6, 10, 60] {
            let total: f64 = distribution(differences).iter().sum();
            assert!((total - 1.0).abs() < 1e-12, "{differences}: {total}");
        }
    }

    #[test]
    fn the_approximation_takes_over_without_a_step() {
        for differences in 50..=EXACT_MAX {
            let exact = exact(differences, 0.025).unwrap();
            assert!(exact.abs_diff(approximate(differences)) <= 2, "{differences}");
        }
    }
}
