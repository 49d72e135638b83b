//! Flights: the requests in flight on one connection, and which of them an answer belongs to.
//!
//! On a stream, and wherever nothing is lost, answers come in the order of the requests. Datagrams come in any order or not
//! at all: each request has a slot, its number tells which, and one that was not answered for too long is given up, so that
//! it neither fills the depth for ever nor is waited for without end.

use std::collections::VecDeque;

use sockscope_proto::workload::{Message, Pipeline, Scattered};

use crate::exchange::ExchangeError;

/// A request in flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flight {
    /// When it was due.
    pub(super) intended: u64,
    /// From when on it could have been sent: later than it was due where the depth was used up, or the socket full.
    pub(super) able: u64,
    /// When its sending really began.
    pub(super) sent: u64,
}

impl Flight {
    /// Whether it was due while no request could be sent.
    #[inline]
    pub(super) fn was_held(self) -> bool {
        self.able > self.intended
    }
}

/// All requests in flight on one connection.
#[derive(Debug)]
pub struct Flights(Kind);

#[derive(Debug)]
enum Kind {
    InOrder(InOrder),
    Numbered(Numbered),
}

/// Answered in the order of the requests, the oldest first.
#[derive(Debug)]
struct InOrder {
    machine: Pipeline,
    /// It never grows beyond `depth`.
    flights: VecDeque<Flight>,
    depth: usize,
    /// Where messages may be lost, after how long a request is given up.
    patience_ns: Option<u64>,
}

/// Answered in any order, or not at all.
#[derive(Debug)]
struct Numbered {
    machine: Scattered,
    /// One for each slot.
    flights: Box<[Flight]>,
    /// Slots without a request in flight.
    free: Vec<usize>,
    /// Where to look next for a request that was not answered.
    watched: usize,
    patience_ns: u64,
}

impl Flights {
    /// At most `depth` requests, answered in order.
    #[must_use]
    pub fn in_order(machine: Pipeline, depth: usize) -> Self {
        let mut flights = VecDeque::with_capacity(depth);
        // Touched, so that no page fault falls into the measurement.
        flights.resize(depth, Flight::default());
        flights.clear();
        Self(Kind::InOrder(InOrder { machine, flights, depth, patience_ns: None }))
    }

    /// The same where messages may be lost, and answers carry no number: the first loss ends the measurement, since the
    /// answers after it could not be told from the one that is missing.
    #[must_use]
    pub fn unnumbered(machine: Pipeline, depth: usize, patience_ns: u64) -> Self {
        let mut flights = Self::in_order(machine, depth);
        if let Kind::InOrder(in_order) = &mut flights.0 {
            in_order.patience_ns = Some(patience_ns);
        }
        flights
    }

    /// As many requests as the machine has slots, each of which is lost after `patience_ns`.
    #[must_use]
    pub fn numbered(machine: Scattered, patience_ns: u64) -> Self {
        let slots = machine.slots();
        Self(Kind::Numbered(Numbered {
            flights: vec![Flight::default(); slots].into(),
            free: (0..slots).rev().collect(),
            machine,
            watched: 0,
            patience_ns,
        }))
    }

    /// Whether another request could be in flight.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        match &self.0 {
            Kind::InOrder(all) => all.flights.len() < all.depth,
            Kind::Numbered(all) => !all.free.is_empty(),
        }
    }

    /// Whether no answer can arrive.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        match &self.0 {
            Kind::InOrder(all) => all.flights.is_empty(),
            Kind::Numbered(all) => all.free.len() == all.flights.len(),
        }
    }

    /// The next request, for which there is room; either [`began`](Self::began) or [`take_back`](Self::take_back) follows.
    #[inline]
    pub(super) fn start(&mut self) -> &[u8] {
        match &mut self.0 {
            Kind::InOrder(all) => all.machine.start(),
            Kind::Numbered(all) => {
                let slot = all.next_slot();
                all.machine.start(slot);
                all.machine.request(slot)
            }
        }
    }

    /// Nothing of the request that was started could be sent.
    #[inline]
    pub(super) fn take_back(&mut self) {
        match &mut self.0 {
            Kind::InOrder(all) => all.machine.take_back(),
            Kind::Numbered(all) => all.machine.take_back(all.next_slot()),
        }
    }

    /// The request that was started is in flight.
    #[inline]
    pub(super) fn began(&mut self, flight: Flight) {
        match &mut self.0 {
            Kind::InOrder(all) => all.flights.push_back(flight),
            Kind::Numbered(all) => {
                if let Some(slot) = all.free.pop() {
                    all.flights[slot] = flight;
                }
            }
        }
    }

    /// The request that was started last, where a part of one can be sent; a message is sent whole.
    #[inline]
    pub(super) fn request(&self) -> &[u8] {
        match &self.0 {
            Kind::InOrder(all) => all.machine.request(),
            Kind::Numbered(_) => &[],
        }
    }

    /// Bytes that are still to come of an answer that has begun to arrive.
    pub(super) fn missing(&self) -> usize {
        match &self.0 {
            Kind::InOrder(all) => all.machine.missing(),
            Kind::Numbered(all) => all.machine.request_len(),
        }
    }

    /// Checks what arrived; `answered` is called for each request that it completes.
    #[inline]
    pub(super) fn take(
        &mut self,
        input: &[u8],
        mut answered: impl FnMut(Flight),
    ) -> Result<(), ExchangeError> {
        match &mut self.0 {
            Kind::InOrder(InOrder { machine, flights, .. }) => {
                let taken = machine.on_bytes(input, || {
                    // There is one for each request that the machine has in flight.
                    if let Some(flight) = flights.pop_front() {
                        answered(flight);
                    }
                });
                taken.map_err(ExchangeError::Wrong)
            }
            Kind::Numbered(all) => {
                match all.machine.on_message(input).map_err(ExchangeError::Wrong)? {
                    Message::Answer(slot) => {
                        all.free.push(slot);
                        answered(all.flights[slot]);
                        Ok(())
                    }
                    Message::Late => Ok(()),
                    Message::Short(missing) => Err(ExchangeError::Short { missing }),
                }
            }
        }
    }

    /// One that was lost, if there is one where this looks: at one place after the other, so that it takes no time.
    #[inline]
    pub(super) fn give_up_one(&mut self, now: u64) -> Result<Option<Flight>, ExchangeError> {
        match &mut self.0 {
            Kind::InOrder(InOrder { patience_ns: None, .. }) => Ok(None),
            Kind::InOrder(InOrder { flights, patience_ns: Some(patience_ns), .. }) => {
                match flights.front() {
                    Some(oldest) if now.saturating_sub(oldest.sent) >= *patience_ns => {
                        Err(ExchangeError::Unnumbered)
                    }
                    _ => Ok(None),
                }
            }
            Kind::Numbered(all) => Ok(all.give_up_one(now)),
        }
    }

    /// Gives up all that is still in flight.
    pub(super) fn give_up_all(&mut self, mut gave_up: impl FnMut(Flight)) {
        match &mut self.0 {
            Kind::InOrder(all) => all.flights.drain(..).for_each(gave_up),
            Kind::Numbered(all) => {
                for slot in 0..all.flights.len() {
                    if all.machine.is_open(slot) {
                        gave_up(all.give_up(slot));
                    }
                }
            }
        }
    }
}

impl Numbered {
    /// The slot of the next request; there is room for one.
    #[inline]
    fn next_slot(&self) -> usize {
        self.free.last().copied().unwrap_or_default()
    }

    #[inline]
    fn give_up_one(&mut self, now: u64) -> Option<Flight> {
        let slot = self.watched;
        self.watched = if slot + 1 < self.flights.len() { slot + 1 } else { 0 };
        let waited = now.saturating_sub(self.flights[slot].sent);
        (self.machine.is_open(slot) && waited >= self.patience_ns).then(|| self.give_up(slot))
    }

    #[cold]
    fn give_up(&mut self, slot: usize) -> Flight {
        self.machine.give_up(slot);
        self.free.push(slot);
        self.flights[slot]
    }
}
