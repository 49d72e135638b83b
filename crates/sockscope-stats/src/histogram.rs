//! Histogram: the samples of one block or one cell, 1 ns to 60 s at three significant digits.
//!
//! A thin owner of [`hdrhistogram`] that fixes the bounds, so that any two histograms of this
//! project can be merged, and removes every way to fail from the measured path: recording never
//! allocates, never resizes and never returns an error.

mod encoding;
mod interval_log;

use std::fmt;

pub use encoding::DecodeError;
pub use interval_log::{LogEntry, interval_log};

/// The smallest step that is told apart, in nanoseconds.
const LOWEST_NS: u64 = 1;
/// Significant decimal digits: a bucket is never wider than a thousandth of its value.
const DIGITS: u8 = 3;

/// A latency histogram with 64-bit counts, 1 ns to 60 s, three significant digits, 216 KiB.
///
/// Zero is a valid sample: it is counted and reads back as zero. A value above 60 s is counted as
/// 60 s.
#[derive(Clone, PartialEq)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
}

impl Histogram {
    /// The largest value that is told apart; everything above is counted here.
    pub const MAX_NS: u64 = 60_000_000_000;

    /// An empty histogram whose memory is already touched, so that no page fault falls into a
    /// measurement.
    #[must_use]
    pub fn new() -> Self {
        let counts = hdrhistogram::Histogram::new_with_bounds(LOWEST_NS, Self::MAX_NS, DIGITS)
            .unwrap_or_else(|_| unreachable!("1 ns to 60 s at three digits are valid bounds"));
        let mut histogram = Self { counts };
        histogram.clear();
        histogram
    }

    /// Removes all samples. Writes every count, so the memory is resident afterwards.
    pub fn clear(&mut self) {
        self.counts.reset();
    }

    /// Counts one sample.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.counts.saturating_record(ns.min(Self::MAX_NS));
    }

    /// Counts `times` samples of the same value.
    #[inline]
    pub fn record_many(&mut self, ns: u64, times: u64) {
        self.counts.saturating_record_n(ns.min(Self::MAX_NS), times);
    }

    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        let added = self.counts.add(&other.counts);
        added.unwrap_or_else(|_| unreachable!("all histograms of this type have the same bounds"));
    }

    /// The number of samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The mean, to the middle of each bucket; `None` without samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.counts.mean())
    }

    /// The value at quantile `q` (0 to 1, clamped): the upper edge of the bucket that holds the
    /// sample of that rank.
    ///
    /// `None` without samples. Whether the sample supports that percentile is another question: see
    /// [`supported_quantile`](Self::supported_quantile) and [`Percentiles`](crate::Percentiles).
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        (!self.is_empty()).then(|| self.counts.value_at_quantile(q.max(0.0)).min(Self::MAX_NS))
    }

    /// The value at quantile `q` if at least
    /// [`percentile::MIN_BEYOND`](crate::percentile::MIN_BEYOND) samples lie beyond it: the rule
    /// inside a single block.
    #[must_use]
    pub fn supported_quantile(&self, q: f64) -> Option<u64> {
        if self.samples_beyond(q) < crate::percentile::MIN_BEYOND {
            return None;
        }
        self.quantile(q)
    }

    /// How many samples rank above the one at quantile `q`.
    #[must_use]
    pub fn samples_beyond(&self, q: f64) -> u64 {
        let count = self.count();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the count, which is a u64"
        )]
        let rank = (q.clamp(0.0, 1.0) * count as f64).ceil() as u64;
        count.saturating_sub(rank.max(1))
    }

    /// The smallest sample, to the lower edge of its bucket; `None` without samples.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.counts.min())
    }

    /// The largest sample, to the upper edge of its bucket; `None` without samples.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.counts.max().min(Self::MAX_NS))
    }

    /// The width of the bucket that `ns` falls into: differences below it cannot be seen.
    #[must_use]
    pub fn bucket_width(ns: u64) -> u64 {
        // 2^11 sub-buckets hold three digits; each doubling beyond them doubles the width.
        const SUB_BUCKET_BITS: u32 = 11;
        let bits = u64::BITS - ns.min(Self::MAX_NS).leading_zeros();
        1 << bits.saturating_sub(SUB_BUCKET_BITS)
    }

    /// Every bucket that holds a sample, lowest first: the upper edge of the bucket and its count.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts
            .iter_recorded()
            .map(|step| (step.value_iterated_to().min(Self::MAX_NS), step.count_at_value()))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows what the histogram says, not its 27 648 counts.
impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("p50", &self.quantile(0.5))
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(samples: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for &ns in samples {
            histogram.record(ns);
        }
        histogram
    }

    #[test]
    fn zero_is_a_sample_like_any_other() {
        let histogram = of(&[0, 0, 0, 7]);
        assert_eq!(histogram.count(), 4);
        assert_eq!(histogram.quantile(0.5), Some(0));
        assert_eq!(histogram.min(), Some(0));
        assert_eq!(of(&[0]).max(), Some(0));
        assert_eq!(of(&[0]).mean(), Some(0.0));
        let back = Histogram::from_base64(&histogram.to_base64()).unwrap();
        assert_eq!((back.count(), back.quantile(0.5)), (4, Some(0)));
    }

    #[test]
    fn an_empty_histogram_has_no_numbers() {
        let empty = Histogram::new();
        assert_eq!(
            (empty.mean(), empty.quantile(0.5), empty.max(), empty.min()),
            (None, None, None, None)
        );
        assert_eq!(empty.samples_beyond(0.5), 0);
    }

    #[test]
    fn values_read_back_within_a_thousandth_and_saturate_at_sixty_seconds() {
        let rows = [
            (1, 1),
            (2_047, 2_047),
            (2_048, 2_049),
            (3_741, 3_741),
            (3_740, 3_741),
            (Histogram::MAX_NS, Histogram::MAX_NS),
            (Histogram::MAX_NS + 1, Histogram::MAX_NS),
            (65_000_000_000, Histogram::MAX_NS),
            (u64::MAX, Histogram::MAX_NS),
        ];
        for (recorded, read) in rows {
            let histogram = of(&[recorded]);
            assert_eq!(histogram.quantile(0.5), Some(read), "{recorded}");
            assert_eq!(histogram.max(), Some(read), "{recorded}");
            assert_eq!(histogram.count(), 1);
        }
    }

    #[test]
    fn counts_go_beyond_two_to_the_thirty_two() {
        let five_billion = 5_000_000_000;
        let mut histogram = Histogram::new();
        histogram.record_many(100, five_billion);
        histogram.record_many(200, five_billion + 2);
        assert_eq!(histogram.count(), 2 * five_billion + 2);
        assert_eq!(histogram.quantile(0.5), Some(200));
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!(twice.count(), 4 * five_billion + 4);
        assert_eq!(Histogram::from_base64(&twice.to_base64()).unwrap(), twice);
    }

    #[test]
    fn the_bucket_width_is_what_the_histogram_does() {
        for ns in [0, 1, 2_047, 2_048, 4_095, 4_096, 68_000, 1_000_000, 999_999_999, 59_000_000_000]
        {
            let width = Histogram::bucket_width(ns);
            let edge = of(&[ns]).max().unwrap();
            assert_eq!(edge, ns / width * width + width - 1, "{ns}");
        }
    }

    proptest! {
        #[test]
        fn merging_commutes_and_loses_nothing(a in samples(), b in samples()) {
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.merge(&of(&b));
            ba.merge(&of(&a));
            prop_assert_eq!(&ab, &ba);
            prop_assert_eq!(ab.count(), (a.len() + b.len()) as u64);
            prop_assert_eq!(ab.max(), of(&a).max().max(of(&b).max()));
        }

        #[test]
        fn quantiles_rise_within_the_samples(a in samples(), p in 0.0..=1.0, q in 0.0..=1.0) {
            let histogram = of(&a);
            let (low, high) = if p < q { (p, q) } else { (q, p) };
            prop_assert!(histogram.quantile(low) <= histogram.quantile(high));
            prop_assert!(histogram.min() <= histogram.quantile(low));
            prop_assert!(histogram.quantile(high) <= histogram.max());
        }

        #[test]
        fn the_mean_is_near(a in prop::collection::vec(0..Histogram::MAX_NS, 1..100)) {
            let exact = a.iter().map(|&ns| ns as f64).sum::<f64>() / a.len() as f64;
            let mean = of(&a).mean().unwrap();
            prop_assert!((mean - exact).abs() <= exact / 1_000.0 + 0.5, "{} {}", mean, exact);
        }
    }

    fn samples() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![0..10u64, 1_000..10_000u64, any::<u64>()], 0..60)
    }
}
