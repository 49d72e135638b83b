//! Lane: one connection of an open loop, with its schedule and its requests in flight.

use std::collections::VecDeque;

use sockscope_proto::workload::{Mismatch, Pipeline};

use super::schedule::Schedule;
use crate::exchange::{ExchangeError, unless_would_block};
use crate::wire::Wire;

/// One connection.
#[derive(Debug)]
pub struct Lane<'a, W> {
    wire: &'a W,
    pipeline: Pipeline,
    schedule: Schedule,
    /// The requests in flight, the oldest first; it never grows beyond `depth`.
    flights: VecDeque<Flight>,
    depth: usize,
    /// Bytes of the request that was started last that the kernel has not taken yet.
    unsent: usize,
    /// When something was due and could not be sent, the last time.
    held_at: Option<u64>,
}

/// A request in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flight {
    /// When it was due.
    pub(super) intended: u64,
    /// When its sending really began.
    pub(super) sent: u64,
    /// Whether it was due while no request could be sent: the depth was used up, or the socket full.
    pub(super) held: bool,
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
    /// A connection that is non-blocking, with at most `depth` requests in flight.
    #[must_use]
    pub fn new(wire: &'a W, pipeline: Pipeline, schedule: Schedule, depth: usize) -> Self {
        let mut flights = VecDeque::with_capacity(depth);
        // Touched, so that no page fault falls into the measurement.
        flights.resize(depth, Flight { intended: 0, sent: 0, held: false });
        flights.clear();
        Self { wire, pipeline, schedule, flights, depth, unsent: 0, held_at: None }
    }

    /// A new schedule begins; what is in flight stays so.
    pub(super) fn begin(&mut self, origin: u64) {
        self.schedule.begin(origin);
        self.held_at = None;
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
        self.flights.len() < self.depth
    }

    /// The requests in flight.
    pub(super) fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter()
    }

    /// Something is due, and it is known that it cannot be sent.
    pub(super) fn hold(&mut self, now: u64) {
        self.held_at = Some(now);
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
        let request = self.pipeline.start();
        let len = request.len();
        let taken = unless_would_block(self.wire.send(request)).map_err(ExchangeError::Send)?;
        let Some(taken) = taken.filter(|taken| *taken > 0) else {
            self.pipeline.take_back();
            self.hold(now);
            return Ok(Offer::Held);
        };
        self.unsent = len - taken;
        let intended = self.schedule.next();
        let held = self.held_at.is_some_and(|held_at| intended <= held_at);
        let flight = Flight { intended, sent: now, held };
        self.flights.push_back(flight);
        self.schedule.advance();
        Ok(Offer::Began(flight))
    }

    /// The rest of a request; the next one may become due meanwhile.
    fn go_on(&mut self, now: u64) -> Result<Offer, ExchangeError> {
        let request = self.pipeline.request();
        let rest = &request[request.len() - self.unsent..];
        let taken = unless_would_block(self.wire.send(rest)).map_err(ExchangeError::Send)?;
        let Some(taken) = taken.filter(|taken| *taken > 0) else {
            self.hold(now);
            return Ok(Offer::Held);
        };
        self.unsent -= taken;
        Ok(Offer::WentOn)
    }

    /// Receives: one attempt. How many bytes there are, if there are any.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, ExchangeError> {
        let count =
            unless_would_block(self.wire.receive(buffer)).map_err(ExchangeError::Receive)?;
        match (count, self.pipeline.missing()) {
            (Some(0), 0) => Err(ExchangeError::Closed),
            (Some(0), missing) => Err(ExchangeError::Short { missing }),
            (count, _) => Ok(count),
        }
    }

    /// Checks what arrived; `answered` is called for each request that it completes.
    pub(super) fn take(
        &mut self,
        input: &[u8],
        mut answered: impl FnMut(Flight),
    ) -> Result<(), Mismatch> {
        let Self { pipeline, flights, .. } = self;
        pipeline.on_bytes(input, || {
            // There is one for each request that the pipeline has in flight.
            if let Some(flight) = flights.pop_front() {
                answered(flight);
            }
        })
    }
}
