//! Clock: the monotonic clock of every measurement, and what reading it costs.
//!
//! `CLOCK_MONOTONIC` through the vDSO: nanoseconds, never set back. Its own cost and resolution are measured, since both
//! bound what can be told apart. See `clock_gettime(2)`.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// A source of the time. The measured loops whose logic depends on it take one, so that they can be tested on a simulated
/// clock.
pub trait Clock {
    /// Nanoseconds since an origin of its own; never less than before.
    fn now(&self) -> u64;
}

/// The clock of every measurement.
#[derive(Debug, Clone, Copy, Default)]
pub struct Monotonic;

impl Clock for Monotonic {
    #[inline]
    fn now(&self) -> u64 {
        now_ns()
    }
}

/// Nanoseconds of the monotonic clock since an origin that only the kernel knows.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    // The monotonic clock is never negative, and 584 years fit.
    time.tv_sec
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec.cast_unsigned())
}

/// Nanoseconds of processor time that the calling thread has used.
#[must_use]
pub fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec.cast_unsigned())
}

/// What reading the clock costs here, and the smallest step it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Nanoseconds for one reading: the median over batches.
    pub cost_ns: f64,
    /// The smallest difference between two readings that is not zero.
    pub resolution_ns: u64,
}

/// Measures the clock: a few milliseconds.
#[must_use]
pub fn calibrate() -> Calibration {
    const BATCHES: usize = 31;
    const READINGS: u32 = 1_000;
    let mut resolution_ns = u64::MAX;
    let mut costs = [0.0_f64; BATCHES];
    for cost in &mut costs {
        let start = now_ns();
        let mut last = start;
        for _ in 0..READINGS {
            let now = black_box(now_ns());
            if now > last {
                resolution_ns = resolution_ns.min(now - last);
            }
            last = now;
        }
        *cost = (last - start) as f64 / f64::from(READINGS);
    }
    costs.sort_by(f64::total_cmp);
    Calibration {
        cost_ns: costs[BATCHES / 2],
        resolution_ns: if resolution_ns == u64::MAX { 1 } else { resolution_ns },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back_and_its_cost_is_positive() {
        let first = now_ns();
        let calibration = calibrate();
        assert!(now_ns() > first);
        assert!(calibration.cost_ns > 0.0);
        assert!(calibration.resolution_ns >= 1);
    }
}
