//! Summary: the numbers of a block from its samples, and those of a cell from its blocks.

use sockscope_stats::{Histogram, Percentiles};

use super::{Block, Cell, CpuPerOp, OpenLoop, PerOp, RttNs, Statistic, SwitchesPerOp, ZeroCopy};

impl Block {
    /// The round-trip times of one block; the caller adds CPU time and switches. A time
    /// that was not measured is none, and never zero.
    #[must_use]
    pub fn of(round: u32, samples: &Histogram) -> Self {
        Self {
            round,
            mean: samples.mean().map(rounded),
            p50: samples.supported_quantile(0.5),
            p90: samples.supported_quantile(0.9),
            p99: samples.supported_quantile(0.99),
            max: samples.max(),
            samples: samples.count(),
            ..Self::default()
        }
    }
}

impl Block {
    /// One of its numbers, in nanoseconds, where its samples support it. Of a rate it is the time
    /// that one exchange or one byte takes, so that less is better, whatever is compared.
    pub(crate) fn value(&self, statistic: &Statistic) -> Option<f64> {
        let each = |count: u64| (count > 0).then_some(self.elapsed? as f64 / count as f64);
        match statistic {
            Statistic::P50 => self.p50.map(|ns| ns as f64),
            Statistic::Mean => self.mean.map(|ns| ns as f64),
            Statistic::P99 => self.p99.map(|ns| ns as f64),
            Statistic::Rate => each(self.samples),
            Statistic::Throughput => each(self.bytes?),
            Statistic::Other(_) => None,
        }
    }
}

impl Cell {
    /// Fills in everything that follows from the blocks and from their merged samples: round-trip
    /// times, CPU time and switches per exchange, the histogram.
    pub fn summarise(&mut self, merged: &Histogram) {
        self.histogram = (!merged.is_empty()).then(|| merged.to_base64());
        self.rtt_ns = rtt(merged, &self.blocks);
        self.cpu_ns_per_op = CpuPerOp {
            client: self.per_op(|block| block.cpu_ns_client),
            server: self.per_op(|block| block.cpu_ns_server),
        };
        self.switches_per_op = SwitchesPerOp {
            voluntary: self.per_op(|block| block.switches_voluntary),
            involuntary: self.per_op(|block| block.switches_involuntary),
        };
        self.syscalls_per_op = PerOp {
            client: self.per_op(|block| block.syscalls_client),
            server: self.syscalls_per_answer(),
        };
        self.per_second = self.a_second(|block| Some(block.samples));
        self.lost = self.total(|block| block.lost);
        self.zero_copy = self.zero_copy();
        let bytes = self.total(|block| block.bytes).filter(|bytes| *bytes > 0);
        self.bytes_per_second = bytes.and_then(|_| self.a_second(|block| block.bytes));
        self.cpu_ns_per_kib = bytes.map(|bytes| {
            let per_kib = |total: Option<u64>| Some(total? as f64 / (bytes as f64 / 1024.0));
            CpuPerOp {
                client: per_kib(self.total(|block| block.cpu_ns_client)),
                server: per_kib(self.total(|block| block.cpu_ns_server)),
            }
        });
    }

    /// Fills in what only an open loop knows; after [`summarise`](Self::summarise).
    pub fn summarise_open(
        &mut self,
        arrivals: &str,
        service: &Samples,
        lateness: &Samples,
        own_lateness: &Samples,
    ) {
        self.open = Some(OpenLoop {
            arrivals: arrivals.to_owned(),
            asked_per_second: self.rate.unwrap_or(0.0),
            achieved_per_second: 0.0,
            due: self.total(|block| block.due).unwrap_or(0),
            missed: self.total(|block| block.missed).unwrap_or(0),
            unanswered: self.total(|block| block.unanswered).unwrap_or(0),
            held_back: self.total(|block| block.held_back).unwrap_or(0),
            service_ns: service.summary(),
            lateness_ns: lateness.summary(),
            own_lateness_ns: own_lateness.summary(),
            service_histogram: Some(service.merged.to_base64()),
            lateness_histogram: Some(lateness.merged.to_base64()),
            ..OpenLoop::default()
        });
    }

    fn zero_copy(&self) -> Option<ZeroCopy> {
        let told = self.total(|block| block.zero_copy_told)?;
        let copied = self.total(|block| block.zero_copy_copied)?;
        Some(ZeroCopy {
            sends: self.total(|block| block.zero_copy_sends)?,
            told,
            copied,
            copied_share: (told > 0).then(|| copied as f64 / told as f64),
        })
    }

    /// The sum over all blocks; `None` without any, or when one does not know it.
    fn total(&self, of: impl Fn(&Block) -> Option<u64>) -> Option<u64> {
        (!self.blocks.is_empty()).then(|| self.blocks.iter().map(of).sum())?
    }

    /// A count over the measured time of all blocks; `None` when a block does not know it.
    fn a_second(&self, count: impl Fn(&Block) -> Option<u64>) -> Option<f64> {
        let (count, elapsed) = (self.total(count)?, self.total(|block| block.elapsed)?);
        (elapsed > 0).then(|| count as f64 * 1e9 / elapsed as f64)
    }

    /// The total of a count over all blocks, per exchange; `None` when a block does not know it.
    fn per_op(&self, total: impl Fn(&Block) -> Option<u64>) -> Option<f64> {
        let sum = self.blocks.iter().map(total).sum::<Option<u64>>()?;
        let samples: u64 = self.blocks.iter().map(|block| block.samples).sum();
        (samples > 0).then(|| sum as f64 / samples as f64)
    }

    /// System calls of the server per answer, of the blocks in which it told both.
    fn syscalls_per_answer(&self) -> Option<f64> {
        let told = self.blocks.iter().filter_map(|block| {
            Some((block.syscalls_server? as f64, block.answers_server? as f64))
        });
        let (calls, answers) =
            told.fold((0.0, 0.0), |sum, block| (sum.0 + block.0, sum.1 + block.1));
        (answers > 0.0).then(|| calls / answers)
    }
}

/// The samples of all blocks of a cell together, and how far each block reached: a percentile needs several blocks.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Those of all blocks.
    pub merged: Histogram,
    /// The largest of each block.
    pub block_maxima: Vec<u64>,
}

impl Samples {
    fn summary(&self) -> Option<RttNs> {
        summary(&self.merged, &self.block_maxima)
    }
}

impl RttNs {
    /// Whether a few very slow samples make the mean: it then says nothing about a usual one.
    pub(crate) fn few_dominate_mean(&self) -> bool {
        const RATIO: f64 = 1.5;
        self.p50.is_some_and(|p50| self.mean as f64 > RATIO * p50 as f64)
    }
}

fn rtt(merged: &Histogram, blocks: &[Block]) -> Option<RttNs> {
    summary(merged, &blocks.iter().filter_map(|block| block.max).collect::<Vec<_>>())
}

/// The numbers of merged samples, with the largest of each block.
fn summary(merged: &Histogram, maxima: &[u64]) -> Option<RttNs> {
    let percentiles = Percentiles::new(merged, maxima);
    Some(RttNs {
        mean: rounded(merged.mean()?),
        p50: percentiles.at(0.5),
        p90: percentiles.at(0.9),
        p99: percentiles.at(0.99),
        p999: percentiles.at(0.999),
        max: merged.max()?,
        samples: merged.count(),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of times of at most 60 s is positive and far below 2^64"
)]
fn rounded(ns: f64) -> u64 {
    ns.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_an_open_loop_is_supported_by_the_blocks_that_reached_it() {
        let mut merged = Histogram::new();
        merged.record_many(1_000, 9_800);
        merged.record_many(1_000_000, 200);
        let samples = |slow: usize| Samples {
            merged: merged.clone(),
            block_maxima: (0..10).map(|at| if at < slow { 1_000_000 } else { 1_000 }).collect(),
        };
        for (slow, supported) in [(1, false), (4, false), (5, true), (10, true)] {
            let mut cell = Cell::default();
            cell.summarise_open("uniform", &samples(slow), &samples(10), &samples(1));
            let open = cell.open.unwrap_or_default();
            let p99 = |of: Option<RttNs>| of.and_then(|of| of.p99);
            assert_eq!(p99(open.service_ns).is_some(), supported, "{slow}");
            assert!(p99(open.lateness_ns).is_some() && p99(open.own_lateness_ns).is_none());
            assert!(open.service_ns.is_some_and(|service| service.p50.is_some()));
        }
    }
}
