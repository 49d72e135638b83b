//! Tally: what an open loop has seen.

use sockscope_stats::Histogram;

use super::flights::Flight;

/// Counts and histograms of one window. Before [`begin`](Self::begin) everything is warm-up, of which only the answers are
/// counted.
#[derive(Debug)]
pub(super) struct Tally {
    /// Requests that were due before belong to the warm-up.
    begin: Option<u64>,
    /// From the intended times.
    pub(super) latency: Histogram,
    /// From the real sending.
    pub(super) service: Histogram,
    /// Of the sending.
    pub(super) lateness: Histogram,
    /// The sender's own part of that.
    pub(super) own_lateness: Histogram,
    /// All answers so far.
    pub(super) answers: u64,
    /// Requests that left late because the depth was used up or the socket full.
    pub(super) held_back: u64,
    /// Requests that were given up.
    pub(super) unanswered: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            begin: None,
            latency: Histogram::new(),
            service: Histogram::new(),
            lateness: Histogram::new(),
            own_lateness: Histogram::new(),
            answers: 0,
            held_back: 0,
            unanswered: 0,
        }
    }

    /// The window begins.
    pub(super) fn begin(&mut self, now: u64) {
        self.begin = Some(now);
        self.answers = 0;
    }

    /// A request began to be sent.
    #[inline]
    pub(super) fn sent(&mut self, flight: Flight) {
        if self.counts(flight) {
            self.lateness.record(flight.sent.saturating_sub(flight.intended));
            self.own_lateness.record(flight.sent.saturating_sub(flight.able));
            self.held_back += u64::from(flight.was_held());
        }
    }

    /// A request was answered.
    #[inline]
    pub(super) fn answered(&mut self, flight: Flight, now: u64) {
        self.answers += 1;
        if self.counts(flight) {
            self.record(flight, now);
        }
    }

    /// A request was given up: it took longer than this.
    pub(super) fn gave_up(&mut self, flight: Flight, now: u64) {
        if self.counts(flight) {
            self.unanswered += 1;
            self.record(flight, now);
        }
    }

    #[inline]
    fn record(&mut self, flight: Flight, now: u64) {
        self.latency.record(now.saturating_sub(flight.intended));
        self.service.record(now.saturating_sub(flight.sent));
    }

    #[inline]
    fn counts(&self, flight: Flight) -> bool {
        self.begin.is_some_and(|begin| flight.intended >= begin)
    }
}
