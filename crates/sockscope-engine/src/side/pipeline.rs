//! `Pipeline`: the client of a closed loop, with a bounded number of requests in flight.

use sockscope_proto::workload;

use super::{Rounds, Side};
use crate::clock::{Clock, Monotonic};
use crate::control::ServiceName;
use crate::exchange::ExchangeError;
use crate::work::Work;

/// Requests that are started at the same time are sent in one piece, up to so many bytes.
const BATCH_BYTES: usize = 16 << 10;

/// Keeps `depth` requests in flight and checks each answer, by number and pattern, in order.
///
/// A request starts when it is its turn to be sent. For one that is sent as soon as there is room for it, that is the reading
/// of the clock after the answer that made room; only where others have to leave first is the clock read once more, when the
/// engine has taken the last of them. Should the socket be full then, the wait for room is part of the round trip.
#[derive(Debug)]
pub struct Pipeline<C = Monotonic> {
    clock: C,
    machine: workload::Pipeline,
    /// Whether an answer is a message by itself.
    has_messages: bool,
    /// As many requests as are sent in one piece, behind each other; where boundaries are kept, one.
    outbox: Box<[u8]>,
    /// What of the outbox is to be sent.
    unsent: std::ops::Range<usize>,
    /// Requests that have no place in the outbox yet.
    waiting: u64,
    /// Of those that were begun to be sent.
    starts: Starts,
}

impl Pipeline {
    /// The client that the work asks for; on sockets that keep boundaries each request is sent by itself.
    #[must_use]
    pub fn new(work: &Work, has_messages: bool) -> Self {
        Self::with_clock(work, has_messages, Monotonic)
    }

    /// A buffer of this many bytes takes all answers that can be on their way, or a good many of them.
    #[must_use]
    pub fn inlet_len(work: &Work) -> usize {
        /// More than this does not stay in the cache.
        const ENOUGH: usize = 256 << 10;
        let one = work.message_len();
        let all = one.saturating_mul(usize::try_from(work.depth).unwrap_or(usize::MAX));
        all.min(ENOUGH.max(one)) + 1
    }
}

impl<C: Clock> Pipeline<C> {
    fn with_clock(work: &Work, has_messages: bool, clock: C) -> Self {
        let machine = match work.service {
            ServiceName::Echo => workload::Pipeline::echo(work.size),
            ServiceName::Pong => workload::Pipeline::pong(),
        };
        let depth = usize::try_from(work.depth.max(1)).unwrap_or(usize::MAX);
        let batch = if has_messages { 1 } else { BATCH_BYTES / machine.request().len() };
        let batch = batch.clamp(1, depth);
        Self {
            clock,
            outbox: machine.request().repeat(batch).into_boxed_slice(),
            machine,
            has_messages,
            unsent: 0..0,
            waiting: 0,
            starts: Starts::new(depth),
        }
    }

    /// Starts `count` requests.
    #[inline]
    fn start(&mut self, count: u64, now: u64, ledger: &mut Rounds) {
        ledger.started(count);
        self.waiting += count;
        if self.unsent.is_empty() {
            self.lay_out(now);
        }
    }

    /// Writes as many waiting requests into the outbox as fit, to be sent now, with one call.
    #[inline]
    fn lay_out(&mut self, now: u64) {
        let len = self.machine.request().len();
        let mut end = 0;
        for slot in self.outbox.chunks_exact_mut(len) {
            if self.waiting == 0 {
                break;
            }
            self.waiting -= 1;
            self.machine.start_in(slot);
            self.starts.push(now);
            end += len;
        }
        self.unsent = 0..end;
    }
}

impl<C: Clock> Side for Pipeline<C> {
    type Ledger = Rounds;

    #[inline]
    fn needs_clock(&self) -> bool {
        true
    }

    fn on_start(&mut self, now: u64, ledger: &mut Rounds) {
        // Also when the time is already over: a thread that was woken late still has something to tell.
        self.start(self.starts.room(), now, ledger);
    }

    #[inline]
    fn pending(&self) -> &[u8] {
        &self.outbox[self.unsent.clone()]
    }

    #[inline]
    fn sent(&mut self, count: usize) {
        self.unsent.start += count;
        if self.unsent.is_empty() && self.waiting > 0 {
            self.lay_out(self.clock.now());
        }
    }

    #[inline]
    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Rounds,
    ) -> Result<usize, ExchangeError> {
        let Self { machine, starts, has_messages, .. } = self;
        let before = ledger.exchanges;
        let answered = || ledger.answered(starts.pop(), now);
        if *has_messages {
            machine.on_message(input, answered).map_err(ExchangeError::Wrong)?;
            let missing = machine.missing();
            if missing > 0 {
                return Err(ExchangeError::Short { missing });
            }
        } else {
            machine.on_bytes(input, answered).map_err(ExchangeError::Wrong)?;
        }
        let answered = ledger.exchanges - before;
        if answered > 0 && ledger.is_open_at(now) {
            self.start(answered, now, ledger);
        }
        Ok(input.len())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        match self.machine.missing() {
            0 => Err(ExchangeError::Closed),
            missing => Err(ExchangeError::Short { missing }),
        }
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// When each request in flight was begun to be sent, the oldest first.
#[derive(Debug)]
struct Starts {
    ring: Box<[u64]>,
    oldest: usize,
    count: usize,
}

impl Starts {
    fn new(depth: usize) -> Self {
        Self { ring: vec![0; depth].into_boxed_slice(), oldest: 0, count: 0 }
    }

    /// How many more requests may be in flight.
    fn room(&self) -> u64 {
        (self.ring.len() - self.count) as u64
    }

    #[inline]
    fn push(&mut self, start: u64) {
        debug_assert!(self.count < self.ring.len(), "only an answer makes room");
        let at = self.oldest + self.count;
        let at = if at < self.ring.len() { at } else { at - self.ring.len() };
        self.ring[at] = start;
        self.count += 1;
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        debug_assert!(self.count > 0, "the machine refuses answers to nothing");
        let start = self.ring[self.oldest];
        self.oldest = if self.oldest + 1 < self.ring.len() { self.oldest + 1 } else { 0 };
        self.count -= 1;
        start
    }
}

#[cfg(test)]
mod tests;
