//! Ledger: what all sides of one thread measure together.

use sockscope_stats::Histogram;

/// Where the sides of one thread write; it knows when they have nothing more to do.
pub trait Ledger: Default {
    /// Whether the drive is over: no side will do anything more by itself. Of a server never: it ends with its connections.
    fn is_done(&self) -> bool;
}

/// What a server did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// Requests that were read whole and answered.
    pub given: u64,
}

impl Ledger for Answers {
    fn is_done(&self) -> bool {
        false
    }
}

/// What a client measures in a window: round trips in a closed loop, or what arrived of streams.
///
/// While it is open, every answer makes room for the next request. An exchange that was started is always answered and
/// counted, or given up and counted as lost: the end of the window is the last answer, not a line across requests in flight.
#[derive(Debug, Clone)]
pub struct Rounds {
    /// Every round trip.
    pub histogram: Histogram,
    /// Complete exchanges; of a stream what was received at once.
    pub exchanges: u64,
    /// Bytes of streams that were received.
    pub bytes: u64,
    /// Messages that were lost, on sockets that lose some.
    pub lost: u64,
    /// When the last answer was complete; or given up, as far as requests were still started then.
    pub last_ns: u64,
    /// Requests whose answers are not complete, of all sides.
    in_flight: u64,
    /// From when on no request is started.
    until_ns: u64,
}

impl Rounds {
    /// Empty and closed, its memory touched.
    #[must_use]
    pub fn new() -> Self {
        Self {
            histogram: Histogram::new(),
            exchanges: 0,
            bytes: 0,
            lost: 0,
            last_ns: 0,
            in_flight: 0,
            until_ns: 0,
        }
    }

    /// Forgets what was measured.
    pub fn clear(&mut self) {
        self.histogram.clear();
        (self.exchanges, self.bytes, self.lost, self.last_ns) = (0, 0, 0, 0);
    }

    /// Lets requests be started until that time.
    pub fn open_until(&mut self, until_ns: u64) {
        self.until_ns = until_ns;
    }

    /// Adds what another thread measured in the same window.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.merge(&other.histogram);
        self.exchanges += other.exchanges;
        self.bytes += other.bytes;
        self.lost += other.lost;
        self.last_ns = self.last_ns.max(other.last_ns);
    }

    /// Whether another request may be started at that time.
    #[inline]
    #[must_use]
    pub fn is_open_at(&self, now: u64) -> bool {
        now < self.until_ns
    }

    /// So many requests were started.
    #[inline]
    pub fn started(&mut self, count: u64) {
        self.in_flight += count;
    }

    /// A request is lost: it will not be waited for any longer. Beyond the time in which requests were started the wait for it
    /// does not lengthen the window: nothing but it was in flight then, and nothing came of it.
    pub fn lost(&mut self, now: u64) {
        self.lost += 1;
        self.in_flight -= 1;
        self.last_ns = self.last_ns.max(now.min(self.until_ns));
    }

    /// The answer to a request that was started at `start` was complete at `now`.
    #[inline]
    pub fn answered(&mut self, start: u64, now: u64) {
        self.histogram.record(now.saturating_sub(start));
        self.exchanges += 1;
        self.in_flight -= 1;
        self.last_ns = now;
    }
}

impl Rounds {
    /// So many bytes of a stream were received at once, by then.
    #[inline]
    pub fn received(&mut self, bytes: usize, now: u64) {
        self.bytes += bytes as u64;
        self.exchanges += 1;
        self.last_ns = now;
    }

    /// One stream has been received to its end.
    #[inline]
    pub fn stopped(&mut self) {
        self.in_flight -= 1;
    }
}

impl Default for Rounds {
    fn default() -> Self {
        Self::new()
    }
}

impl Ledger for Rounds {
    #[inline]
    fn is_done(&self) -> bool {
        self.in_flight == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_with_its_last_answer_and_no_loss_makes_it_longer() {
        // (answered at, given up at, the end), of a window that is open until 100.
        let rows = [
            (&[40][..], &[][..], 40),
            (&[130], &[], 130),
            (&[40], &[90], 90),
            (&[40], &[320], 100),
            (&[130], &[320, 330], 130),
        ];
        for (answered, lost, end) in rows {
            let mut ledger = Rounds::new();
            ledger.open_until(100);
            ledger.started((answered.len() + lost.len()) as u64);
            for now in answered {
                ledger.answered(1, *now);
            }
            for now in lost {
                ledger.lost(*now);
            }
            assert!(ledger.is_done());
            assert_eq!(ledger.last_ns, end, "{answered:?} {lost:?}");
        }
    }
}
