//! `Datagrams`: the client of a closed loop over a socket that may lose messages, with a bounded number in flight.

use std::collections::VecDeque;

use sockscope_proto::workload::{Message, Scattered};

use super::{Rounds, Side};
use crate::clock::{Clock, Monotonic};
use crate::control::ServiceName;
use crate::exchange::ExchangeError;
use crate::work::Work;

/// Keeps `depth` requests in flight, each answered in any order or not at all.
///
/// A request whose answer has not come after the patience is lost: it is counted, is no sample, and makes room for the next. A
/// late or repeated answer is known by its number and dropped. Where answers have no number, a loss fails the cell: a
/// late answer could not be told from the next.
///
/// A request starts when it is its turn to be sent: where others have to leave first, when the engine has taken the last of
/// them. Should the socket be full then, the wait for room is part of the round trip.
#[derive(Debug)]
pub struct Datagrams<C = Monotonic> {
    clock: C,
    machine: Scattered,
    /// When the request in each slot was begun to be sent, or put behind others that were not sent yet.
    starts: Box<[u64]>,
    /// Slots whose requests are to be sent, the oldest first; each slot once at most.
    unsent: VecDeque<usize>,
    /// The request to be sent now: that of the oldest.
    outbox: Box<[u8]>,
    patience_ns: u64,
}

impl Datagrams {
    /// The client that the work asks for; `None` if its requests have too few bytes to number so many of them.
    #[must_use]
    pub fn new(work: &Work, patience_ns: u64) -> Option<Self> {
        Self::with_clock(work, patience_ns, Monotonic)
    }
}

impl<C: Clock> Datagrams<C> {
    fn with_clock(work: &Work, patience_ns: u64, clock: C) -> Option<Self> {
        let depth = usize::try_from(work.depth.max(1)).unwrap_or(usize::MAX);
        let machine = match work.service {
            ServiceName::Echo => Scattered::echo(work.size, depth)?,
            ServiceName::Pong => Scattered::pong(depth)?,
        };
        Some(Self {
            clock,
            starts: vec![0; depth].into_boxed_slice(),
            unsent: VecDeque::with_capacity(depth),
            outbox: vec![0; machine.request_len()].into_boxed_slice(),
            machine,
            patience_ns,
        })
    }

    #[inline]
    fn start(&mut self, slot: usize, now: u64, ledger: &mut Rounds) {
        ledger.started(1);
        self.starts[slot] = now;
        self.machine.start(slot);
        self.unsent.push_back(slot);
        if self.unsent.len() == 1 {
            self.fill_outbox();
        }
    }

    /// The outbox has the request of the oldest unsent slot.
    #[inline]
    fn fill_outbox(&mut self) {
        if let Some(slot) = self.unsent.front() {
            self.outbox.copy_from_slice(self.machine.request(*slot));
        }
    }

    /// The request in this slot is not waited for any longer.
    #[cold]
    fn lose(&mut self, slot: usize, now: u64, ledger: &mut Rounds) -> Result<(), ExchangeError> {
        if !self.machine.is_numbered() {
            return Err(ExchangeError::Unnumbered);
        }
        self.machine.give_up(slot);
        self.unsent.retain(|unsent| *unsent != slot);
        self.fill_outbox();
        ledger.lost(now);
        if ledger.is_open_at(now) {
            self.start(slot, now, ledger);
        }
        Ok(())
    }
}

impl<C: Clock> Side for Datagrams<C> {
    type Ledger = Rounds;

    #[inline]
    fn needs_clock(&self) -> bool {
        true
    }

    fn on_start(&mut self, now: u64, ledger: &mut Rounds) {
        for slot in 0..self.machine.slots() {
            if !self.machine.is_open(slot) {
                self.start(slot, now, ledger);
            }
        }
    }

    #[inline]
    fn pending(&self) -> &[u8] {
        if self.unsent.is_empty() { &[] } else { &self.outbox }
    }

    #[inline]
    fn sent(&mut self, _count: usize) {
        self.unsent.pop_front();
        if let Some(next) = self.unsent.front() {
            self.starts[*next] = self.clock.now();
            self.fill_outbox();
        }
    }

    #[inline]
    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Rounds,
    ) -> Result<usize, ExchangeError> {
        match self.machine.on_message(input).map_err(ExchangeError::Wrong)? {
            Message::Answer(slot) => {
                ledger.answered(self.starts[slot], now);
                if ledger.is_open_at(now) {
                    self.start(slot, now, ledger);
                }
            }
            Message::Late => {}
            Message::Short(missing) => return Err(ExchangeError::Short { missing }),
        }
        Ok(input.len())
    }

    fn on_tick(&mut self, now: u64, ledger: &mut Rounds) -> Result<(), ExchangeError> {
        for slot in 0..self.machine.slots() {
            let waited = now.saturating_sub(self.starts[slot]);
            if self.machine.is_open(slot) && waited >= self.patience_ns {
                self.lose(slot, now, ledger)?;
            }
        }
        Ok(())
    }

    /// An empty message is not an answer.
    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Err(ExchangeError::Short { missing: self.machine.request_len() })
    }

    fn is_over(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::side::Ledger;

    const PATIENCE: u64 = 200;

    /// A clock that stands still: all requests are sent at 0.
    struct Still;

    impl Clock for Still {
        fn now(&self) -> u64 {
            0
        }
    }

    fn started(work: &Work, until: u64) -> (Datagrams<Still>, Rounds) {
        started_on(work, until, Still)
    }

    fn started_on<C: Clock>(work: &Work, until: u64, clock: C) -> (Datagrams<C>, Rounds) {
        let mut ledger = Rounds::new();
        ledger.open_until(until);
        let mut side = Datagrams::with_clock(work, PATIENCE, clock).unwrap();
        side.on_start(0, &mut ledger);
        (side, ledger)
    }

    /// Everything that is pending, a message each.
    fn send(side: &mut Datagrams<Still>) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        while !side.pending().is_empty() {
            sent.push(side.pending().to_vec());
            side.sent(side.pending().len());
        }
        sent
    }

    #[test]
    fn every_answer_makes_room_for_a_request_in_whatever_order_they_come() {
        let work = Work { depth: 3, ..Work::default() };
        let (mut side, mut ledger) = started(&work, u64::MAX);
        let mut wire = send(&mut side);
        for now in 1..100 {
            assert_eq!(wire.len(), 3);
            let answer = wire.remove(usize::try_from(now % 3).unwrap());
            side.on_bytes(&answer, now, &mut ledger).unwrap();
            wire.extend(send(&mut side));
        }
        assert_eq!((ledger.exchanges, ledger.lost), (99, 0));
    }

    /// A clock that is 50 ns later at each reading.
    #[derive(Default)]
    struct Steps(Cell<u64>);

    impl Clock for Steps {
        fn now(&self) -> u64 {
            self.0.set(self.0.get() + 50);
            self.0.get()
        }
    }

    #[test]
    fn a_message_that_waits_until_others_are_sent_starts_when_it_is_its_turn() {
        let work = Work { depth: 3, ..Work::default() };
        let (mut side, mut ledger) = started_on(&work, u64::MAX, Steps::default());
        let mut wire = Vec::new();
        while !side.pending().is_empty() {
            wire.push(side.pending().to_vec());
            side.sent(side.pending().len());
        }
        // Sent at 0, 50 and 100.
        for (answer, now) in wire.iter().zip([107, 157, 207]) {
            side.on_bytes(answer, now, &mut ledger).unwrap();
        }
        assert_eq!((ledger.histogram.min(), ledger.histogram.max()), (Some(107), Some(107)));
    }

    #[test]
    fn what_was_lost_is_counted_makes_room_and_is_no_sample() {
        let work = Work { depth: 2, ..Work::default() };
        let (mut side, mut ledger) = started(&work, u64::MAX);
        let wire = send(&mut side);
        side.on_bytes(&wire[0], 10, &mut ledger).unwrap();
        let third = send(&mut side);
        side.on_tick(199, &mut ledger).unwrap();
        assert_eq!(ledger.lost, 0);
        side.on_tick(200, &mut ledger).unwrap();
        assert_eq!((ledger.lost, ledger.exchanges, ledger.histogram.count()), (1, 1, 1));
        let again = send(&mut side);
        assert_eq!((third.len(), again.len()), (1, 1));
        // The one that was lost comes after all: late, and not the answer to the next.
        side.on_bytes(&wire[1], 201, &mut ledger).unwrap();
        assert_eq!(ledger.exchanges, 1);
        side.on_bytes(&again[0], 202, &mut ledger).unwrap();
        assert_eq!((ledger.exchanges, ledger.histogram.min()), (2, Some(2)));
    }

    #[test]
    fn when_the_time_is_over_the_last_are_answered_or_lost() {
        let work = Work { depth: 2, ..Work::default() };
        let (mut side, mut ledger) = started(&work, 5);
        let wire = send(&mut side);
        side.on_bytes(&wire[0], 6, &mut ledger).unwrap();
        assert!(side.pending().is_empty() && !ledger.is_done());
        side.on_tick(250, &mut ledger).unwrap();
        assert!(side.pending().is_empty() && ledger.is_done());
        assert_eq!((ledger.exchanges, ledger.lost, ledger.last_ns), (1, 1, 6));
    }

    #[test]
    fn a_request_that_found_no_room_for_too_long_is_lost_and_sent_as_the_next() {
        let work = Work { depth: 2, ..Work::default() };
        let (mut side, mut ledger) = started(&work, u64::MAX);
        let first = side.pending().to_vec();
        side.on_tick(300, &mut ledger).unwrap();
        assert_eq!(ledger.lost, 2);
        let wire = send(&mut side);
        assert_eq!(wire.len(), 2);
        assert!(!wire.contains(&first), "it has a number of its own");
    }

    #[test]
    fn without_numbers_a_loss_is_an_error() {
        let work = Work { service: ServiceName::Pong, depth: 2, ..Work::default() };
        let (mut side, mut ledger) = started(&work, u64::MAX);
        send(&mut side);
        side.on_bytes(b"pong", 1, &mut ledger).unwrap();
        let lost = side.on_tick(250, &mut ledger);
        assert!(matches!(lost, Err(ExchangeError::Unnumbered)));
    }
}
