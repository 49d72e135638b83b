//! Schedule: when the requests of one connection are meant to leave.
//!
//! The times are absolute: each follows from the beginning and from what was asked for, never from when the request before
//! it really left or was answered. A sender that was held up is late, and stays on the schedule.
//!
//! With several connections, each has a schedule of its own. Evenly spaced requests go round robin; Poisson arrivals on each
//! connection are independent, which together are Poisson arrivals again.

use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;
use rand_pcg::Pcg64Mcg;

use crate::work::Arrivals;

/// The intended times of the requests on one connection, in nanoseconds.
#[derive(Debug, Clone)]
pub struct Schedule {
    spacing: Spacing,
    /// The mean time between two requests of this connection.
    gap_ns: f64,
    origin: u64,
    next: u64,
}

#[derive(Debug, Clone)]
enum Spacing {
    /// Request `count` is due at `(count + share) * gap` after the origin, so that nothing adds up.
    Uniform { share: f64, count: u64 },
    /// The last request was due so many nanoseconds after the origin.
    Poisson { random: Pcg64Mcg, at: f64 },
}

impl Schedule {
    /// The schedule of the connection `index` of `connections` that together send `rate` requests a second. The same seed
    /// gives the same times.
    #[must_use]
    pub fn new(arrivals: Arrivals, rate: f64, (index, connections): (u32, u32), seed: u64) -> Self {
        let spacing = match arrivals {
            Arrivals::Uniform => {
                Spacing::Uniform { share: f64::from(index) / f64::from(connections), count: 0 }
            }
            Arrivals::Poisson => {
                // Another constant than the one that tells the seeds of blocks apart.
                let seed = seed ^ u64::from(index).wrapping_mul(0xd1b5_4a32_d192_ed03);
                Spacing::Poisson { random: Pcg64Mcg::seed_from_u64(seed), at: 0.0 }
            }
        };
        let gap_ns = 1e9 * f64::from(connections) / rate;
        let mut schedule = Self { spacing, gap_ns, origin: 0, next: 0 };
        schedule.begin(0);
        schedule
    }

    /// Begins at `origin`: whatever was due and not taken before is forgotten.
    pub fn begin(&mut self, origin: u64) {
        self.origin = origin;
        match &mut self.spacing {
            Spacing::Uniform { share, count } => {
                *count = 0;
                self.next = origin.saturating_add(nanos(*share * self.gap_ns));
            }
            Spacing::Poisson { at, .. } => {
                *at = 0.0;
                self.advance();
            }
        }
    }

    /// When the next request is due.
    #[inline]
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The next request was sent: the one after it is the next.
    #[inline]
    pub fn advance(&mut self) {
        let after = match &mut self.spacing {
            Spacing::Uniform { share, count } => {
                *count += 1;
                (*count as f64 + *share) * self.gap_ns
            }
            Spacing::Poisson { random, at } => {
                *at += random.sample::<f64, _>(Exp1) * self.gap_ns;
                *at
            }
        };
        self.next = self.origin.saturating_add(nanos(after));
    }

    /// How many requests are due before `end` and were not taken. Beyond a million it is what is to be expected.
    #[must_use]
    pub fn due_before(mut self, end: u64) -> u64 {
        const COUNTED: u64 = 1_000_000;
        for count in 0..COUNTED {
            if self.next >= end {
                return count;
            }
            self.advance();
        }
        COUNTED + nanos((end.saturating_sub(self.next)) as f64 / self.gap_ns)
    }
}

/// Nanoseconds of a positive time; what lies beyond the range is its end.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time after the origin is positive, and the conversion saturates"
)]
fn nanos(time: f64) -> u64 {
    time.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(schedule: &mut Schedule, end: u64) -> Vec<u64> {
        let mut times = Vec::new();
        while schedule.next() < end {
            times.push(schedule.next());
            schedule.advance();
        }
        times
    }

    #[test]
    fn uniform_times_are_exact_however_long_it_goes_on() {
        let mut schedule = Schedule::new(Arrivals::Uniform, 3.0, (0, 1), 0);
        schedule.begin(1_000);
        assert_eq!(schedule.next(), 1_000);
        for _ in 0..3_000_000 {
            schedule.advance();
        }
        assert_eq!(schedule.next(), 1_000 + 1_000_000 * 1_000_000_000);
    }

    #[test]
    fn uniform_connections_take_turns() {
        let mut schedules: Vec<_> =
            (0..4).map(|index| Schedule::new(Arrivals::Uniform, 1e6, (index, 4), 0)).collect();
        let mut all = Vec::new();
        for (index, schedule) in schedules.iter_mut().enumerate() {
            all.extend(times(schedule, 20_000).into_iter().map(|time| (time, index)));
        }
        all.sort_unstable();
        let expected: Vec<_> = (0..20).map(|slot| (slot as u64 * 1000, slot % 4)).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn poisson_times_have_the_mean_and_the_spread_of_independent_arrivals() {
        const SECOND: u64 = 1_000_000_000;
        let mut all: Vec<u64> = (0..3)
            .flat_map(|index| {
                let mut schedule = Schedule::new(Arrivals::Poisson, 30_000.0, (index, 3), 7);
                schedule.begin(0);
                times(&mut schedule, 10 * SECOND)
            })
            .collect();
        all.sort_unstable();
        // 300 000 arrivals, give or take four standard deviations.
        assert!(all.len().abs_diff(300_000) < 4 * 548, "{}", all.len());
        let gaps: Vec<f64> = all.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // The standard deviation of an exponential distribution is its mean.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{}", variance.sqrt() / mean);
    }

    #[test]
    fn the_same_seed_gives_the_same_times_and_another_others() {
        let of =
            |seed| times(&mut Schedule::new(Arrivals::Poisson, 1e3, (0, 1), seed), 1_000_000_000);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn what_was_not_taken_is_counted() {
        for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
            for rate in [1e3, 1e7] {
                let mut schedule = Schedule::new(arrivals, rate, (0, 1), 3);
                schedule.begin(50);
                let counted = schedule.clone().due_before(1_000_000_050);
                let all = times(&mut schedule, 1_000_000_050).len() as f64;
                // Ten million are not counted one by one, and chance is a few thousand of them.
                let tolerance = if rate > 1e6 { 5.0 * rate.sqrt() } else { 0.0 };
                assert!((counted as f64 - all).abs() <= tolerance, "{counted}, {all}");
            }
        }
        assert_eq!(Schedule::new(Arrivals::Uniform, 1e8, (0, 1), 0).due_before(0), 0);
    }
}
