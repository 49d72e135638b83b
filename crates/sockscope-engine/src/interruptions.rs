//! Interruptions: what takes a CPU away from a thread that never sleeps.
//!
//! The thread reads the clock over and over; where two readings lie far apart, something else ran: another task, an
//! interrupt, the hypervisor. This is the noise that every measurement on that CPU will have.

use std::time::Duration;

use crate::clock::now_ns;

/// Shorter gaps are the clock's, the cache's and the timer tick's.
pub const LEAST_NS: u64 = 10_000;

/// What a busy thread saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interruptions {
    /// From the first reading to the last.
    pub elapsed_ns: u64,
    /// Gaps of [`LEAST_NS`] or more.
    pub count: u64,
    /// All of these together.
    pub lost_ns: u64,
    /// The longest of them.
    pub longest_ns: u64,
}

impl Interruptions {
    /// Keeps the calling thread's CPU busy for `duration` and watches.
    #[must_use]
    pub fn watch(duration: Duration) -> Self {
        let duration_ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let mut seen = Self::default();
        let start = now_ns();
        let mut last = start;
        while last - start < duration_ns {
            let now = now_ns();
            seen.add(now - last);
            last = now;
        }
        Self { elapsed_ns: last - start, ..seen }
    }

    fn add(&mut self, gap_ns: u64) {
        if gap_ns >= LEAST_NS {
            self.count += 1;
            self.lost_ns += gap_ns;
            self.longest_ns = self.longest_ns.max(gap_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gaps_of_some_length_are_interruptions() {
        let mut seen = Interruptions::default();
        for gap in [30, LEAST_NS - 1, LEAST_NS, 50_000, 20_000, 0] {
            seen.add(gap);
        }
        assert_eq!((seen.count, seen.lost_ns, seen.longest_ns), (3, LEAST_NS + 70_000, 50_000));
    }

    #[test]
    fn it_watches_for_as_long_as_it_is_told() {
        let seen = Interruptions::watch(Duration::from_millis(2));
        assert!(seen.elapsed_ns >= 2_000_000);
        assert!(seen.lost_ns <= seen.elapsed_ns && seen.longest_ns <= seen.lost_ns);
    }
}
