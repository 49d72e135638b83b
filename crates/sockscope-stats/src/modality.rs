//! Modality: whether samples or blocks fall into two groups, so that a median describes neither.
//!
//! Two processes that the scheduler puts now on one core, now on two, take 4 µs and 60 µs; "the
//! median" is then a coin toss. B. Gregg, "Frequency trails: modes and modality" (2015), shows how
//! common this is in latencies.

use crate::Histogram;

/// Two groups of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Groups {
    /// A typical value of the lower group.
    pub low: f64,
    /// A typical value of the upper group.
    pub high: f64,
    /// The share of the upper group, 0 to 1.
    pub high_share: f64,
}

/// Groups closer than this are not worth a word.
const MIN_DISTANCE: f64 = 1.2;

/// Finds two groups in a few values, one per round: when a split exists whose gap is wider than
/// either group.
///
/// That is Dunn's criterion of well-separated clusters (J. Dunn, "Well-separated clusters and
/// optimal fuzzy partitions", Journal of Cybernetics 4 (1974) 95–104), on logarithms. Each group
/// holds at least a quarter of the values and three, so that one or two disturbed rounds are no
/// group. `None` for values that are not positive, and below eight.
#[must_use]
pub fn of_rounds(values: &[f64]) -> Option<Groups> {
    const MIN_VALUES: usize = 8;
    const MIN_GROUP: usize = 3;
    let mut logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    if logs.len() < MIN_VALUES || logs.iter().any(|log| !log.is_finite()) {
        return None;
    }
    logs.sort_unstable_by(f64::total_cmp);
    let least = logs.len().div_ceil(4).max(MIN_GROUP);
    let gap = |split: &usize| logs[*split] - logs[*split - 1];
    let split = (least..=logs.len() - least).max_by(|a, b| gap(a).total_cmp(&gap(b)))?;
    let (low, high) = logs.split_at(split);
    let widest = (low[low.len() - 1] - low[0]).max(high[high.len() - 1] - high[0]);
    if gap(&split) <= widest || gap(&split) < MIN_DISTANCE.ln() {
        return None;
    }
    Some(Groups {
        low: low[low.len() / 2].exp(),
        high: high[high.len() / 2].exp(),
        high_share: high.len() as f64 / logs.len() as f64,
    })
}

/// Finds two groups in the samples of a cell: two peaks with a lowland between them.
///
/// The samples are counted in bins a tenth of their value wide (wider when the clock is coarse). A
/// lowland is a bin lower than half of the lower of two peaks around it; each side must hold a
/// tenth of the samples. The idea is A. Akinshin's "Lowland multimodality detection" (2020): depth
/// of the valley, not number of peaks, tells groups from noise.
#[must_use]
pub fn of_samples(samples: &Histogram, clock_ns: u64) -> Option<Groups> {
    const MIN_SAMPLES: u64 = 1_000;
    const MIN_SHARE: f64 = 0.1;
    const DEPTH: f64 = 0.5;
    if samples.count() < MIN_SAMPLES {
        return None;
    }
    let bins = Bins::of(samples, clock_ns)?;
    let total: u64 = bins.counts.iter().sum();
    let candidates = (1..bins.counts.len().saturating_sub(1)).filter_map(|valley| {
        let (low, high) = (bins.peak(0..valley)?, bins.peak(valley + 1..bins.counts.len())?);
        let shore = bins.counts[low].min(bins.counts[high]) as f64;
        let high_share = bins.counts[valley..].iter().sum::<u64>() as f64 / total as f64;
        let deep = (bins.counts[valley] as f64) < DEPTH * shore;
        let both = (MIN_SHARE..=1.0 - MIN_SHARE).contains(&high_share);
        (deep && both).then(|| (shore - bins.counts[valley] as f64, low, high, high_share))
    });
    let (_, low, high, high_share) = candidates.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let groups = Groups { low: bins.value(low), high: bins.value(high), high_share };
    (groups.high >= groups.low * MIN_DISTANCE).then_some(groups)
}

/// Samples counted on a logarithmic scale.
struct Bins {
    /// The logarithm of the lower edge of the first bin.
    start: f64,
    width: f64,
    counts: Vec<u64>,
}

impl Bins {
    /// The samples between the 1st and the 99th percentile, so that a far tail does not stretch the
    /// scale.
    fn of(samples: &Histogram, clock_ns: u64) -> Option<Self> {
        const RELATIVE_WIDTH: f64 = 1.1;
        let (low, high) = (samples.quantile(0.01)?.max(1), samples.quantile(0.99)?.max(1));
        // A bin must hold several steps of the clock, or the steps themselves look like peaks.
        let coarse = 1.0 + 4.0 * clock_ns as f64 / low as f64;
        let width = RELATIVE_WIDTH.max(coarse).ln();
        let start = (low as f64).ln();
        let index = |ns: u64| ((ns.max(1) as f64).ln() - start) / width;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "values between low and high give an index between 0 and a few hundred"
        )]
        let bin = |ns: u64| index(ns) as usize;
        let mut counts = vec![0; bin(high) + 1];
        for (ns, count) in samples.buckets().filter(|(ns, _)| (low..=high).contains(ns)) {
            counts[bin(ns)] += count;
        }
        Some(Self { start, width, counts })
    }

    /// The fullest bin of a range.
    fn peak(&self, range: std::ops::Range<usize>) -> Option<usize> {
        range.max_by_key(|&bin| self.counts[bin])
    }

    /// The value at the middle of a bin.
    fn value(&self, bin: usize) -> f64 {
        (self.start + self.width * (bin as f64 + 0.5)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_fall_into_two_groups_when_the_gap_is_wider_than_the_groups() {
        type Row = (&'static [f64], Option<(f64, f64)>);
        let rows: [Row; 7] = [
            (&[4.0, 60.0, 4.1, 61.0, 59.0, 4.2, 4.0, 62.0, 60.0, 4.1], Some((4.1, 60.0))),
            (&[4.0, 4.1, 4.2, 4.0, 4.1, 4.2, 4.1, 4.0, 4.1, 60.0], None), // one disturbed round
            (&[4.0, 4.1, 4.2, 4.0, 4.1, 4.2, 4.1, 60.0, 60.0, 60.0], Some((4.1, 60.0))),
            (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0], None),
            (&[100.0, 100.0, 100.0, 100.0, 110.0, 110.0, 110.0, 110.0], None), // by 10 % only
            (&[4.0, 60.0, 4.0, 60.0, 4.0, 60.0, 60.0], None),                  // seven are too few
            (&[0.0, 60.0, 0.0, 60.0, 0.0, 60.0, 0.0, 60.0], None),
        ];
        for (values, expected) in rows {
            let found = of_rounds(values).map(|groups| (groups.low.round(), groups.high.round()));
            let expected = expected.map(|(low, high)| (low.round(), high.round()));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    fn peaks(rows: &[(u64, u64)]) -> Histogram {
        let mut histogram = Histogram::new();
        for &(centre, count) in rows {
            for step in 0..=20 {
                let height = 10 - u64::abs_diff(step, 10);
                histogram.record_many(centre * (90 + step) / 100, count * height / 100);
            }
        }
        histogram
    }

    #[test]
    fn samples_fall_into_two_groups_when_a_lowland_lies_between() {
        let rows: [(&[(u64, u64)], bool); 6] = [
            (&[(4_000, 10_000)], false),
            (&[(4_000, 10_000), (60_000, 5_000)], true),
            (&[(4_000, 10_000), (60_000, 500)], false), // a twentieth is a tail, not a group
            (&[(4_000, 10_000), (4_300, 10_000)], false), // overlapping
            (&[(4_000, 10_000), (6_000, 10_000)], true),
            (&[(4_000, 100), (60_000, 100)], false), // too few samples
        ];
        for (shape, expected) in rows {
            assert_eq!(of_samples(&peaks(shape), 1).is_some(), expected, "{shape:?}");
        }
        let groups = of_samples(&peaks(&[(4_000, 10_000), (60_000, 5_000)]), 1).unwrap();
        assert!((3_500.0..4_500.0).contains(&groups.low), "{groups:?}");
        assert!((55_000.0..65_000.0).contains(&groups.high), "{groups:?}");
        assert!((groups.high_share - 1.0 / 3.0).abs() < 0.02, "{groups:?}");
    }

    #[test]
    fn the_steps_of_a_coarse_clock_are_not_groups() {
        let mut histogram = Histogram::new();
        for (ns, count) in [(1_000, 2_000), (2_000, 5_000), (3_000, 2_500), (4_000, 500)] {
            histogram.record_many(ns, count);
        }
        assert_eq!(of_samples(&histogram, 1_000), None);
        assert!(of_samples(&histogram, 1).is_some());
    }
}
