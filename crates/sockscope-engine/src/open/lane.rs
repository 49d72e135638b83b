//! Lane: one connection of an open loop, with its schedule and its requests in flight.

use super::flights::{Flight, Flights};
use super::schedule::Schedule;
use crate::exchange::{ExchangeError, unless_would_block};
use crate::wire::Wire;

/// One connection.
#[derive(Debug)]
pub struct Lane<'a, W> {
    wire: &'a W,
    flights: Flights,
    schedule: Schedule,
    /// Bytes of the request that was started last that the kernel has not taken yet.
    unsent: usize,
    /// Until when nothing could be sent, as far as it is known.
    held_until: u64,
}

/// What became of an attempt to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// A request began to be sent, and the kernel took so much of it as said by [`Lane::is_sending`].
    Began(Flight),
    /// The rest of a request that had begun was sent, or some of it.
    WentOn,
    /// Nothing could be sent.
    Held,
}

impl<'a, W: Wire> Lane<'a, W> {
    /// A connection that is non-blocking, and room for what is in flight on it.
    #[must_use]
    pub fn new(wire: &'a W, flights: Flights, schedule: Schedule) -> Self {
        Self { wire, flights, schedule, unsent: 0, held_until: 0 }
    }

    /// A new schedule begins; what is in flight stays so.
    pub(super) fn begin(&mut self, origin: u64) {
        self.schedule.begin(origin);
        self.held_until = 0;
    }

    /// When the next request is due.
    pub(super) fn due(&self) -> u64 {
        self.schedule.next()
    }

    /// How many requests are due before `end` and were not sent.
    pub(super) fn due_before(&self, end: u64) -> u64 {
        self.schedule.clone().due_before(end)
    }

    /// Whether an answer can arrive.
    pub(super) fn expects(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Whether a request has begun to be sent and is not complete.
    pub(super) fn is_sending(&self) -> bool {
        self.unsent > 0
    }

    /// Whether another request could be in flight.
    pub(super) fn has_room(&self) -> bool {
        self.flights.has_room()
    }

    /// The end: what is in flight is not waited for any longer.
    pub(super) fn give_up_all(&mut self, gave_up: impl FnMut(Flight)) {
        self.flights.give_up_all(gave_up);
    }

    /// Looks for a request that was lost, where some may be.
    #[inline]
    pub(super) fn give_up_one(&mut self, now: u64) -> Result<Option<Flight>, ExchangeError> {
        let had_room = self.has_room();
        let lost = self.flights.give_up_one(now)?;
        if lost.is_some() && !had_room {
            self.hold(now);
        }
        Ok(lost)
    }

    /// Until now nothing could be sent.
    #[inline]
    pub(super) fn hold(&mut self, now: u64) {
        self.held_until = now;
    }

    /// Sends what is due: one attempt.
    pub(super) fn offer(&mut self, now: u64) -> Result<Offer, ExchangeError> {
        if self.unsent > 0 {
            return self.go_on(now);
        }
        if !self.has_room() {
            self.hold(now);
            return Ok(Offer::Held);
        }
        let request = self.flights.start();
        let len = request.len();
        let taken = unless_would_block(self.wire.send(request)).map_err(ExchangeError::Send)?;
        let Some(taken) = taken.filter(|taken| *taken > 0) else {
            self.flights.take_back();
            self.hold(now);
            return Ok(Offer::Held);
        };
        self.unsent = len - taken;
        let intended = self.schedule.next();
        let flight = Flight { intended, able: intended.max(self.held_until), sent: now };
        self.flights.began(flight);
        self.schedule.advance();
        Ok(Offer::Began(flight))
    }

    /// The rest of a request; the next one may become due meanwhile.
    fn go_on(&mut self, now: u64) -> Result<Offer, ExchangeError> {
        let request = self.flights.request();
        let rest = &request[request.len() - self.unsent..];
        let taken = unless_would_block(self.wire.send(rest)).map_err(ExchangeError::Send)?;
        let Some(taken) = taken.filter(|taken| *taken > 0) else {
            self.hold(now);
            return Ok(Offer::Held);
        };
        self.unsent -= taken;
        self.hold(now);
        Ok(Offer::WentOn)
    }

    /// Receives: one attempt. How many bytes there are, if there are any.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, ExchangeError> {
        let count =
            unless_would_block(self.wire.receive(buffer)).map_err(ExchangeError::Receive)?;
        match (count, self.flights.missing()) {
            (Some(0), 0) => Err(ExchangeError::Closed),
            (Some(0), missing) => Err(ExchangeError::Short { missing }),
            (count, _) => Ok(count),
        }
    }

    /// Checks what arrived by now; `answered` is called for each request that it completes.
    #[inline]
    pub(super) fn take(
        &mut self,
        input: &[u8],
        now: u64,
        answered: impl FnMut(Flight),
    ) -> Result<(), ExchangeError> {
        let had_room = self.has_room();
        self.flights.take(input, answered)?;
        if !had_room {
            self.hold(now);
        }
        Ok(())
    }
}
