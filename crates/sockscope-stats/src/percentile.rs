//! Percentiles: which ones the samples of a cell support.
//!
//! The 99.9th percentile of 300 samples is a story about one of them. A percentile is stated only
//! when enough samples lie beyond it, and only when they come from enough blocks: ten slow messages
//! in one block are one event, not ten.

use crate::Histogram;

/// How many samples must lie beyond a percentile.
pub const MIN_BEYOND: u64 = 10;
/// From how many blocks they must come. Inside a single block only [`MIN_BEYOND`] counts:
/// [`Histogram::supported_quantile`].
pub const MIN_BLOCKS: usize = 5;

/// The percentiles of a cell: its merged samples, and how far each of its blocks reached.
#[derive(Debug, Clone, Copy)]
pub struct Percentiles<'a> {
    merged: &'a Histogram,
    block_maxima: &'a [u64],
}

impl<'a> Percentiles<'a> {
    /// Of the merged histogram and the largest sample of each block.
    #[must_use]
    pub fn new(merged: &'a Histogram, block_maxima: &'a [u64]) -> Self {
        Self { merged, block_maxima }
    }

    /// The value at quantile `q`, if the samples support it.
    #[must_use]
    pub fn at(&self, q: f64) -> Option<u64> {
        let value = self.merged.supported_quantile(q)?;
        let width = Histogram::bucket_width(value);
        // A block contributes when its largest sample lies in the percentile's bucket or above.
        let contributing = self.block_maxima.iter().filter(|&&max| max / width >= value / width);
        (contributing.count() >= MIN_BLOCKS).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `blocks` blocks of `samples` samples each; block `slow` (if any) has the whole tail.
    fn cell(blocks: usize, samples: u64, slow: Option<usize>) -> (Histogram, Vec<u64>) {
        let mut merged = Histogram::new();
        let mut maxima = Vec::new();
        for block in 0..blocks {
            let mut one = Histogram::new();
            let tail = if slow.is_none_or(|slow| slow == block) { 9_000 } else { 1_000 };
            one.record_many(1_000, samples - samples / 50);
            one.record_many(tail, samples / 50);
            maxima.extend(one.max());
            merged.merge(&one);
        }
        (merged, maxima)
    }

    #[test]
    fn ten_samples_beyond_from_five_blocks_are_needed() {
        let rows = [
            // blocks, samples a block, the only slow one, quantile, supported
            (10, 1_000, None, 0.5, true),
            (10, 1_000, None, 0.99, true),
            (10, 1_000, None, 0.999, true),   // exactly 10 beyond
            (10, 900, None, 0.999, false),    // 9 beyond
            (10, 1_000, None, 0.9999, false), // 1 beyond
            (5, 1_000, None, 0.99, true),
            (4, 1_000, None, 0.99, false),
            (4, 1_000, None, 0.5, false),
            (10, 10_000, Some(3), 0.999, false), // all of the tail from one block
            (10, 10_000, Some(3), 0.9, true),
            (0, 1_000, None, 0.5, false),
        ];
        for (blocks, samples, slow, q, supported) in rows {
            let (merged, maxima) = cell(blocks, samples, slow);
            let percentile = Percentiles::new(&merged, &maxima).at(q);
            assert_eq!(percentile.is_some(), supported, "{blocks} × {samples}, p{}", q * 100.0);
        }
    }

    #[test]
    fn inside_one_block_ten_samples_beyond_are_enough() {
        for (samples, supported) in [(999, false), (1_000, true), (1_001, true)] {
            let mut block = Histogram::new();
            block.record_many(500, samples);
            assert_eq!(block.supported_quantile(0.99).is_some(), supported, "{samples}");
        }
    }
}
