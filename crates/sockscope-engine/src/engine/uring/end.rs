//! End: one connection on a ring.

mod question;
mod sending;
mod starved;

use std::io;
use std::ops::Range;

use sockscope_sys::uring::{Event, Fixed, Received, Slot, Uring as Ring};

use super::backlog::{Arrival, Backlog, Queue};
use crate::clock::now_ns;
use crate::exchange::ExchangeError;
use crate::side::Side;
use crate::wire::Wire;

/// One connection. Its number is its place among the ring's descriptors, and the token of its operations.
pub(super) struct End<W, S> {
    number: u32,
    /// The ring's slots that are its own: one, whose sends keep their order; more for answers to many peers.
    slots: Range<u32>,
    /// The one that is used next.
    next: Slot,
    kind: Kind,
    /// `None` once it is closed.
    pub(super) wire: Option<W>,
    pub(super) side: S,
    /// What is under way to receive.
    receipt: Receipt,
    /// What of its slot the last send was to send.
    outbound: Range<usize>,
    /// Whether it waits for room; a send that ends at once never does.
    is_waiting: bool,
    /// Whether it is among those that are held up.
    is_held_up: bool,
    /// What arrived and was not taken.
    queue: Queue,
    /// Whether the peer has ended.
    peer: Peer,
}

/// What is sent and received.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stream,
    Messages,
    /// Messages of many peers, each answered to whoever sent it.
    ManyPeers,
}

/// What is under way to receive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receipt {
    None,
    /// A receive that goes on.
    Shots,
    /// A poll, since there was no buffer.
    Poll,
}

/// What is known of the peer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Sending,
    /// It has ended, and the side does not know it yet, since it has not taken all that came before.
    Ended,
    /// The side knows.
    Told,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Open,
    Over,
}

/// What all connections of a ring share.
pub(super) struct Under<'a> {
    pub(super) ring: &'a mut Ring,
    pub(super) backlog: &'a mut Backlog,
    /// Connections that go on as soon as what is queued has been handed over, without anything arriving.
    pub(super) held_up: &'a mut Vec<u32>,
}

impl<W: Wire, S: Side> End<W, S> {
    pub(super) fn new(number: u32, slots: Range<u32>, wire: W, side: S) -> Self {
        Self {
            number,
            next: Slot(slots.start),
            slots,
            kind: match (wire.has_many_peers(), wire.has_messages()) {
                (true, _) => Kind::ManyPeers,
                (false, true) => Kind::Messages,
                (false, false) => Kind::Stream,
            },
            wire: Some(wire),
            side,
            receipt: Receipt::None,
            outbound: 0..0,
            is_waiting: false,
            is_held_up: false,
            queue: Queue::default(),
            peer: Peer::Sending,
        }
    }

    /// A new connection takes the place of one that is closed.
    pub(super) fn reopen(&mut self, wire: W) {
        self.wire = Some(wire);
        self.receipt = Receipt::None;
        self.outbound = 0..0;
        (self.is_waiting, self.is_held_up) = (false, false);
        self.peer = Peer::Sending;
    }

    /// Lets go of the connection without a call of its own, unless something is under way.
    pub(super) fn close_soon(&mut self, under: &mut Under<'_>) -> Result<(), ExchangeError> {
        if self.is_waiting || self.receipt != Receipt::None || !self.queue.is_empty() {
            return self.close(under);
        }
        self.wire = None;
        under.ring.close(Fixed(self.number), self.number).map_err(ExchangeError::Receive)
    }

    /// A drive begins.
    pub(super) fn start(
        &mut self,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        if self.wire.is_none() {
            return Ok(Fate::Open);
        }
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.side.on_start(now, ledger);
        self.flush(under)?;
        self.catch_up(under, ledger)
    }

    /// Time has passed.
    #[cold]
    pub(super) fn tick(
        &mut self,
        now: u64,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        if self.wire.is_none() {
            return Ok(Fate::Open);
        }
        self.side.on_tick(now, ledger)?;
        self.flush(under)?;
        self.fate(under)
    }

    /// What was queued has been handed over: goes on behind it.
    pub(super) fn go_on(
        &mut self,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        self.is_held_up = false;
        if self.wire.is_none() {
            return Ok(Fate::Open);
        }
        self.flush(under)?;
        self.catch_up(under, ledger)
    }

    /// Something happened to this connection.
    #[inline]
    pub(super) fn on_event(
        &mut self,
        event: Event,
        more: bool,
        scratch: &mut [u8],
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        match event {
            Event::Received(arrival) => self.on_arrival(arrival, more, under, ledger),
            Event::Readable(polled) => self.on_readable(polled, scratch, under, ledger),
            Event::Writable(polled) => self.on_writable(polled, under),
            Event::Sent { result, .. } => self.on_sent(result, under, ledger),
            _ => Ok(Fate::Open),
        }
    }

    /// Something arrived, or the receive has ended.
    #[inline]
    fn on_arrival(
        &mut self,
        arrival: io::Result<Option<Received>>,
        more: bool,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        if !more {
            self.receipt = Receipt::None;
        }
        if self.wire.is_none() {
            if let Ok(Some(late)) = arrival {
                under.ring.recycle(late);
            }
            return Ok(Fate::Open);
        }
        match arrival {
            Ok(Some(received)) => {
                let arrival = Arrival { received, taken: 0 };
                if self.queue.is_empty() && self.can_take(under) {
                    self.take(arrival, under, ledger)?;
                } else {
                    self.hold_up(under);
                    keep(under.backlog.push(&mut self.queue, arrival))?;
                }
            }
            Ok(None) => self.peer = Peer::Ended,
            // All buffers are in the backlog; the receive is started again when one of them is free.
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {}
            Err(error) => return Err(ExchangeError::Receive(error)),
        }
        self.fate(under)
    }

    /// Starts the receive again, if it has ended although the connection goes on.
    pub(super) fn receive(&mut self, ring: &mut Ring) -> Result<(), ExchangeError> {
        if !self.could_receive() {
            return Ok(());
        }
        self.receipt = Receipt::Shots;
        let (place, token) = (Fixed(self.number), self.number);
        let started = if self.kind == Kind::ManyPeers {
            ring.receive_datagrams(place, token)
        } else {
            ring.receive(place, token)
        };
        started.map_err(ExchangeError::Receive)
    }

    /// Whether nothing is under way to receive although the connection goes on.
    fn could_receive(&self) -> bool {
        self.receipt == Receipt::None && self.wire.is_some() && self.peer == Peer::Sending
    }

    /// Lets go of the connection.
    pub(super) fn close(&mut self, under: &mut Under<'_>) -> Result<(), ExchangeError> {
        while let Some(arrival) = under.backlog.pop(&mut self.queue) {
            under.ring.recycle(arrival.received);
        }
        let place = Fixed(self.number);
        let mut close = || {
            if self.is_waiting || self.receipt != Receipt::None {
                // What is under way would keep the connection open.
                under.ring.cancel(place, self.number)?;
                under.ring.turn()?;
            }
            under.ring.remove(place)
        };
        close().map_err(ExchangeError::Receive)?;
        self.wire = None;
        Ok(())
    }

    /// Gives the side what it could not take before.
    fn catch_up(
        &mut self,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<Fate, ExchangeError> {
        while !self.queue.is_empty() && self.can_take(under) {
            if let Some(arrival) = under.backlog.pop(&mut self.queue) {
                self.take(arrival, under, ledger)?;
            }
        }
        if self.kind == Kind::ManyPeers && !self.queue.is_empty() {
            // It waits for a slot; others for their peer.
            self.hold_up(under);
        }
        self.fate(under)
    }

    /// Whether the side can take what arrives; an answer to one of many peers has to have a slot at once.
    #[inline]
    fn can_take(&self, under: &mut Under<'_>) -> bool {
        self.side.wants_input()
            && (self.kind != Kind::ManyPeers || under.ring.slot_mut(self.next).is_some())
    }

    /// Gives the side an arrival, and sends what it answers, as long as it takes more; the rest waits.
    #[inline]
    fn take(
        &mut self,
        mut arrival: Arrival,
        under: &mut Under<'_>,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        if self.kind == Kind::ManyPeers {
            return self.take_question(arrival.received, under, ledger);
        }
        loop {
            let bytes = under.ring.bytes(&arrival.received);
            let now = if self.side.needs_clock() { now_ns() } else { 0 };
            let taken = self.side.on_bytes(&bytes[arrival.taken..], now, ledger)?;
            arrival.taken += taken;
            let is_all = arrival.taken >= bytes.len();
            self.flush(under)?;
            if is_all {
                under.ring.recycle(arrival.received);
                return Ok(());
            }
            if taken == 0 || !self.side.wants_input() {
                self.hold_up(under);
                return keep(under.backlog.push_front(&mut self.queue, arrival));
            }
        }
    }

    /// Tells the side of the end once it has taken everything; whether the connection goes on.
    #[inline]
    fn fate(&mut self, under: &mut Under<'_>) -> Result<Fate, ExchangeError> {
        if self.peer == Peer::Ended && self.queue.is_empty() {
            self.peer = Peer::Told;
            self.side.on_end()?;
        }
        if !self.side.is_over() || !self.side.pending().is_empty() || self.is_waiting {
            return Ok(Fate::Open);
        }
        if self.slots.clone().any(|slot| under.ring.slot_mut(Slot(slot)).is_none()) {
            self.hold_up(under);
            return Ok(Fate::Open);
        }
        Ok(Fate::Over)
    }

    /// Something waits for the send that is under way. If that waits for room, there will be an event.
    fn hold_up(&mut self, under: &mut Under<'_>) {
        if !self.is_waiting && !self.is_held_up {
            self.is_held_up = true;
            under.held_up.push(self.number);
        }
    }
}

fn keep(kept: Result<(), Arrival>) -> Result<(), ExchangeError> {
    kept.map_err(|_| ExchangeError::Receive(io::ErrorKind::OutOfMemory.into()))
}
