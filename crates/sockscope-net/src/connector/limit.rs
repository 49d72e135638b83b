//! Limit: the time that one attempt may take.

use std::time::{Duration, Instant};

use rustix::event::Timespec;

/// The end of one attempt; without one it may take as long as the kernel tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit(Option<Instant>);

impl Limit {
    /// One equal share of the time until `deadline`, for the first of `attempts`.
    pub(super) fn share(deadline: Option<Instant>, attempts: usize) -> Self {
        let attempts = u32::try_from(attempts.max(1)).unwrap_or(u32::MAX);
        let now = Instant::now();
        Self(deadline.map(|end| now + end.saturating_duration_since(now) / attempts))
    }

    /// What is left; `None` without a limit.
    pub(super) fn remaining(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// What is left, in the form of `ppoll`.
    pub(super) fn timespec(self) -> Option<Timespec> {
        // A duration of more than 2^63 seconds is as good as no limit.
        self.remaining().and_then(|left| Timespec::try_from(left).ok())
    }
}
