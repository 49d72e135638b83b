//! `Ticker`: says `pong` on a line once an interval, so many times, and then closes.
//!
//! The first line is said at once, as the program of the article does (it writes, then sleeps). The
//! schedule is absolute: a line that was late moves none of those after it. What the peer says is
//! read and dropped, and a peer that only shuts down its sending side still hears all.

use std::fmt::Display;
use std::num::NonZeroU64;
use std::time::Duration;

use crate::machine::{Close, Next, Out, Service, Step, Time};

/// Says `pong` once an interval.
#[derive(Debug, Clone, Copy)]
pub struct Ticker {
    /// From one line to the next.
    interval: Duration,
    /// How many lines are still to be said; `None` is endless.
    left: Option<NonZeroU64>,
    /// When the next line is due.
    due: Time,
}

const LINE: &[u8] = b"pong\n";

impl Ticker {
    /// Speaks every `interval`, `count` times; `None` is endless.
    #[must_use]
    pub const fn new(interval: Duration, count: Option<NonZeroU64>) -> Self {
        Self { interval, left: count, due: Time::ORIGIN }
    }

    /// Says the line that is due, and names the next one.
    fn tick(&mut self, out: &mut Out<'_>) -> Step {
        if !out.copy(LINE) {
            return self.listen(0);
        }
        self.due = self.due + self.interval;
        if let Some(left) = &mut self.left {
            match NonZeroU64::new(left.get() - 1) {
                Some(fewer) => *left = fewer,
                None => return Step::close(0, Close::Done),
            }
        }
        self.listen(0)
    }

    /// Drops what was heard until the next line is due.
    const fn listen(&self, consumed: usize) -> Step {
        Step::read(consumed).with_deadline(self.due)
    }
}

impl Service for Ticker {
    const NEEDS_CLOCK: bool = true;
    const DATAGRAMS: bool = false;

    fn on_open<P: Display>(&mut self, _peer: &P, now: Time, out: &mut Out<'_>) -> Step {
        self.due = now;
        self.tick(out)
    }

    fn on_bytes(&mut self, input: &[u8], _now: Time, _out: &mut Out<'_>) -> Step {
        self.listen(input.len())
    }

    fn on_message<P: Display>(
        &mut self,
        _peer: &P,
        input: &[u8],
        _now: Time,
        _out: &mut Out<'_>,
    ) -> Step {
        self.listen(input.len())
    }

    fn on_deadline(&mut self, now: Time, out: &mut Out<'_>) -> Step {
        if now < self.due { self.listen(0) } else { self.tick(out) }
    }

    fn on_end(&mut self, _now: Time, _out: &mut Out<'_>) -> Step {
        Step { next: Next::Wait, ..self.listen(0) }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Duration;

    use super::Ticker;
    use crate::machine::{Close, Next, Time};
    use crate::service::script::Script;

    const SECOND: Duration = Duration::from_secs(1);
    const START: Time = Time::from_nanos(7);

    fn ticker(count: u64) -> Script<Ticker> {
        Script::new(Ticker::new(SECOND, NonZeroU64::new(count))).at(START).open()
    }

    #[test]
    fn the_first_line_is_said_at_once_and_the_others_on_an_absolute_schedule() {
        let mut script = ticker(3);
        assert_eq!(script.said(), b"pong\n");
        for second in [1, 2] {
            assert_eq!(script.deadline(), Some(START + SECOND * second));
            // Each wake-up is late by more than the last one; the schedule does not move.
            script = script.at(START + SECOND * second + SECOND / 3 * second).wake();
        }
        let heard = script.heard();
        assert_eq!(heard.bytes, b"pong\n".repeat(3));
        assert_eq!(heard.close, Some(Close::Done));
    }

    #[test]
    fn a_count_of_one_closes_with_the_first_line() {
        let heard = ticker(1).heard();
        assert_eq!((heard.bytes.as_slice(), heard.close), (&b"pong\n"[..], Some(Close::Done)));
    }

    #[test]
    fn without_a_count_it_never_ends() {
        let mut script = ticker(0);
        for second in 1..100 {
            script = script.at(START + SECOND * second).wake();
        }
        let heard = script.heard();
        assert_eq!((heard.bytes.len(), heard.close), (500, None));
    }

    #[test]
    fn a_wake_up_before_the_time_says_nothing() {
        let script = ticker(2).at(START + SECOND / 2).wake();
        assert_eq!(script.said(), b"pong\n");
        assert_eq!(script.deadline(), Some(START + SECOND));
    }

    #[test]
    fn what_the_peer_says_is_dropped_and_keeps_the_schedule() {
        let script = ticker(2).bytes(b"ping").message(b"ping");
        assert_eq!(script.said(), b"pong\n");
        assert_eq!(script.deadline(), Some(START + SECOND));
    }

    #[test]
    fn a_half_close_of_the_peer_leaves_the_schedule_alone() {
        let script = ticker(2).half_close();
        assert_eq!((script.next(), script.deadline()), (Next::Wait, Some(START + SECOND)));
        let heard = script.at(START + SECOND).wake().heard();
        assert_eq!((heard.bytes, heard.close), (b"pong\n".repeat(2), Some(Close::Done)));
    }

    #[test]
    fn a_schedule_at_the_end_of_time_does_not_overflow() {
        let script = Script::new(Ticker::new(Duration::MAX, None)).at(START).open();
        assert_eq!(script.deadline(), Some(Time::from_nanos(u64::MAX)));
    }
}
