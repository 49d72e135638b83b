//! Open: the measured loop that sends on a schedule, whatever the answers do.
//!
//! One thread that never sleeps does both halves: it sends what is due and takes the answers that have arrived, and neither
//! ever waits. So sender and receiver are independent in state, though not in thread, and whatever stops the thread
//! (another process on its CPU, the hypervisor) is seen as lateness.
//!
//! - The **latency** of a request counts from the time at which it was meant to leave, its **service time** from the moment
//!   just before the send call that took its first byte. A server that stalls delays the requests behind the one that it
//!   stalled on; a loop that waits for answers never sends those, and its service time never sees them. That is
//!   coordinated omission, and the gap between the two numbers shows it.
//! - A request that cannot be sent, because `depth` requests are in flight on its connection or because its socket is full,
//!   stays due and leaves as soon as it can. It is late, and counted as held back besides; only the time from when it could
//!   have been sent is the sender's own lateness.
//! - What was due in the window and had not begun to be sent at its end is **missed**. It has no latency, and the ratio of
//!   answers to requests due shows it.
//! - What was sent in the window and not answered at its end is waited for, with a limit. What is still not answered then is
//!   **unanswered**, and stands in the histograms with the time until it was given up: leaving it out would leave out the
//!   victims of the longest stall. Where messages may be lost, one that was not answered within its own limit is given up
//!   already in the window, so that it does not use up the depth; so nothing is waited for without end.
//!
//! So every request that was due is exactly one of answered, missed and unanswered.
//!
//! - The rate that was achieved is that of the answers that arrived within the window. Answers to the last requests of the
//!   warm-up stand in for those to the last ones of the window, which arrive after it.
//!
//! The loop is generic over wire, clock and the way to find answers: the tests run it on a simulated clock, against a
//! simulated server. Nothing in it allocates.

mod flights;
mod lane;
mod ready;
mod schedule;
mod tally;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sockscope_stats::Histogram;

pub use flights::Flights;
pub use lane::Lane;
pub use ready::{Epoll, InTurn, Ready};
pub use schedule::Schedule;

use crate::clock::Clock;
use crate::exchange::ExchangeError;
use crate::wire::Wire;
use lane::Offer;
use tally::Tally;

/// An open loop over its connections.
#[derive(Debug)]
pub struct OpenLoop<'a, W, C, R> {
    lanes: Vec<Lane<'a, W>>,
    clock: C,
    ready: R,
    /// When each connection's next request is due; but for those that are held.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    /// Connections whose next request is due and could not be sent, or that are in the middle of one.
    held: VecDeque<usize>,
    buffer: Box<[u8]>,
    /// Where to look next for a request that was lost.
    watched: usize,
    tally: Tally,
}

/// How long after the window what became due just before its end may still leave: no lateness worth mentioning.
const LAST_NS: u64 = 5_000;

/// What was seen in the window.
#[derive(Debug)]
pub struct Outcome {
    /// From its beginning to its end.
    pub elapsed_ns: u64,
    /// Answers that arrived in it.
    pub answers: u64,
    /// Requests that were due in it.
    pub due: u64,
    /// Those of them that had not begun to be sent at its end.
    pub missed: u64,
    /// Those that were sent and not answered within the limit.
    pub unanswered: u64,
    /// Those that left late because the depth was used up or the socket full.
    pub held_back: u64,
    /// Every request that was sent, from its intended time.
    pub latency: Histogram,
    /// Every request that was sent, from its real sending.
    pub service: Histogram,
    /// How late each request left.
    pub lateness: Histogram,
    /// How late, from when it could have been sent: the sender's own part.
    pub own_lateness: Histogram,
}

/// A window that has ended, but for the answers that are still to come.
#[derive(Debug, Clone, Copy)]
pub struct Closing {
    end: u64,
    elapsed_ns: u64,
    answers: u64,
}

impl<'a, W: Wire, C: Clock, R: Ready> OpenLoop<'a, W, C, R> {
    /// A loop over these connections; answers are received into `buffer_len` bytes, which on kinds that keep boundaries is
    /// more than one answer.
    #[must_use]
    pub fn new(lanes: Vec<Lane<'a, W>>, clock: C, ready: R, buffer_len: usize) -> Self {
        Self {
            due: BinaryHeap::with_capacity(lanes.len()),
            held: VecDeque::with_capacity(lanes.len()),
            lanes,
            clock,
            ready,
            buffer: vec![0; buffer_len].into(),
            watched: 0,
            tally: Tally::new(),
        }
    }

    /// Sends on schedule for so long; nothing of it is kept but what is in flight at the end.
    pub fn warm_up(&mut self, duration_ns: u64) -> Result<(), ExchangeError> {
        let start = self.clock.now();
        self.begin(start);
        self.run_until(start.saturating_add(duration_ns))?;
        Ok(())
    }

    /// The window: sends on a schedule that begins now.
    pub fn measure(&mut self, duration_ns: u64) -> Result<Closing, ExchangeError> {
        let start = self.clock.now();
        self.tally.begin(start);
        self.begin(start);
        let end = start.saturating_add(duration_ns);
        let now = self.run_until(end)?;
        let answers = self.tally.answers;
        self.send_last(end, now)?;
        Ok(Closing { end, elapsed_ns: now - start, answers })
    }

    /// Waits for what is in flight, for no longer than `limit_ns`.
    pub fn close(mut self, window: Closing, limit_ns: u64) -> Result<Outcome, ExchangeError> {
        let deadline = self.clock.now().saturating_add(limit_ns);
        let mut now = self.clock.now();
        while now < deadline && self.lanes.iter().any(Lane::expects) {
            self.go_on(now)?;
            self.take_answers()?;
            self.give_up_lost(now)?;
            now = self.clock.now();
        }
        let Self { lanes, tally, .. } = &mut self;
        for lane in lanes.iter_mut() {
            lane.give_up_all(|flight| tally.gave_up(flight, now));
        }
        // Counted here, where nobody waits for it.
        let missed: u64 = lanes.iter().map(|lane| lane.due_before(window.end)).sum();
        let Closing { elapsed_ns, answers, .. } = window;
        let Tally { latency, service, lateness, own_lateness, held_back, unanswered, .. } =
            self.tally;
        let due = lateness.count() + missed;
        Ok(Outcome {
            elapsed_ns,
            answers,
            due,
            missed,
            unanswered,
            held_back,
            latency,
            service,
            lateness,
            own_lateness,
        })
    }

    /// Every schedule begins at `origin`.
    fn begin(&mut self, origin: u64) {
        self.due.clear();
        self.held.clear();
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            lane.begin(origin);
            if lane.is_sending() {
                self.held.push_back(index);
            } else {
                self.due.push(Reverse((lane.due(), index)));
            }
        }
    }

    /// Sends and receives until `end`; the time at which that was noticed.
    fn run_until(&mut self, end: u64) -> Result<u64, ExchangeError> {
        loop {
            let now = self.clock.now();
            if now >= end {
                return Ok(now);
            }
            self.send_due(now)?;
            self.take_answers()?;
            self.give_up_lost(now)?;
        }
    }

    /// One request that is due: of those that were held, else the one that is due first.
    #[inline]
    fn send_due(&mut self, now: u64) -> Result<(), ExchangeError> {
        if self.send_held(now)? {
            return Ok(());
        }
        if let Some(&Reverse((due, index))) = self.due.peek()
            && due <= now
        {
            self.due.pop();
            self.offer(index, now)?;
        }
        Ok(())
    }

    /// The first of the held connections that may be able to send; one attempt at most. Whether it could.
    #[inline]
    fn send_held(&mut self, now: u64) -> Result<bool, ExchangeError> {
        for _ in 0..self.held.len() {
            let Some(index) = self.held.pop_front() else { break };
            let lane = &mut self.lanes[index];
            if lane.is_sending() || lane.has_room() {
                return Ok(self.offer(index, now)? != Offer::Held);
            }
            lane.hold(now);
            self.held.push_back(index);
        }
        Ok(false)
    }

    /// One attempt on one connection, which then is due again or held.
    #[inline]
    fn offer(&mut self, index: usize, now: u64) -> Result<Offer, ExchangeError> {
        let lane = &mut self.lanes[index];
        let offer = lane.offer(now)?;
        if let Offer::Began(flight) = offer {
            self.tally.sent(flight);
        }
        if offer == Offer::Held || lane.is_sending() {
            self.held.push_back(index);
        } else {
            self.due.push(Reverse((lane.due(), index)));
        }
        Ok(offer)
    }

    /// What became due during the last turn of the loop, which ended at `now`, leaves at once. A sender that is behind does
    /// not catch up here: what it did not send is missed.
    fn send_last(&mut self, end: u64, mut now: u64) -> Result<(), ExchangeError> {
        let limit = now.saturating_add(LAST_NS);
        while now < limit
            && let Some(&Reverse((due, index))) = self.due.peek()
            && due < end
        {
            self.due.pop();
            self.offer(index, now)?;
            now = self.clock.now();
        }
        Ok(())
    }

    /// After the window: only what has begun to be sent goes on.
    fn go_on(&mut self, now: u64) -> Result<(), ExchangeError> {
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_sending()) {
            lane.offer(now)?;
        }
        Ok(())
    }

    /// Receives from one connection, if one may have something.
    #[inline]
    fn take_answers(&mut self) -> Result<(), ExchangeError> {
        let Self { lanes, ready, buffer, clock, tally, .. } = self;
        let next = ready.next(|index| lanes.get(index).is_some_and(Lane::expects));
        let Some(index) = next.map_err(ExchangeError::Receive)? else { return Ok(()) };
        let lane = &mut lanes[index];
        let Some(count) = lane.receive(buffer)? else { return Ok(()) };
        let now = clock.now();
        lane.take(&buffer[..count], now, |flight| tally.answered(flight, now))
    }

    /// Looks at one connection after the other for what was lost.
    #[inline]
    fn give_up_lost(&mut self, now: u64) -> Result<(), ExchangeError> {
        let Self { lanes, tally, watched, .. } = self;
        *watched = if *watched + 1 < lanes.len() { *watched + 1 } else { 0 };
        if let Some(lane) = lanes.get_mut(*watched)
            && let Some(lost) = lane.give_up_one(now)?
        {
            tally.gave_up(lost, now);
        }
        Ok(())
    }
}
