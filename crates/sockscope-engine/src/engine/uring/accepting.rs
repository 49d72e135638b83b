//! Accepting: a server on a ring that takes connection after connection, until it is told that it is enough.
//!
//! One accept goes on as long as the listener does and puts each connection into a free place of the ring's table; there it is
//! received from, answered and closed, all by operations that the next call hands over.

use std::io;
use std::os::fd::AsFd;

use sockscope_net::{Kind, Listener};
use sockscope_proto::Service;
use sockscope_sys::uring::{Completion, Event, Fixed, Uring as Ring};

use super::backlog::Backlog;
use super::end::{End, Fate, Under};
use super::shape::{self, Crowd, Deal};
use super::spin;
use crate::engine::Terms;
use crate::side::{Answers, Responder};
use crate::view::Wait;
use crate::wire::Wire;
use crate::work::Work;

/// Connections at once; who measures connecting has one or two.
const PLACES: u32 = 64;
/// Places of the ring's table behind those of connections, and the tokens of what is there.
const LISTENER: u32 = PLACES;
const CHANNEL: u32 = PLACES + 1;

/// Serves whoever connects until there is something to read from `channel`.
pub(crate) fn accept_until<S: Service + Clone>(
    channel: &impl AsFd,
    listener: &Listener,
    service: &S,
    work: &Work,
    wait: Wait,
) -> io::Result<()> {
    let has_messages = listener.kind() != Kind::Stream;
    let mut accepting = Accepting::new(service, work, wait, has_messages)?;
    accepting.ring.install(Fixed(LISTENER), listener)?;
    accepting.ring.install(Fixed(CHANNEL), channel)?;
    accepting.ring.poll(Fixed(CHANNEL), CHANNEL)?;
    accepting.ring.accept_fixed(Fixed(LISTENER), LISTENER)?;
    accepting.run()
}

/// A connection in the ring's table, which has no descriptor.
#[derive(Debug)]
struct Placed {
    has_messages: bool,
}

impl Wire for Placed {
    fn send(&self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn receive(&self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_nonblocking(&self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn has_messages(&self) -> bool {
        self.has_messages
    }
}

struct Accepting<S> {
    ring: Ring,
    /// One for each place, most of them closed.
    ends: Box<[End<Placed, Responder<S>>]>,
    backlog: Backlog,
    held_up: Vec<u32>,
    going_on: Vec<u32>,
    has_messages: bool,
    wait: Wait,
}

impl<S: Service + Clone> Accepting<S> {
    fn new(service: &S, work: &Work, wait: Wait, has_messages: bool) -> io::Result<Self> {
        let seats: Vec<_> = (0..PLACES)
            .map(|_| {
                let side = Responder::new(service.clone(), work, has_messages);
                (Placed { has_messages }, side)
            })
            .collect();
        let crowd = Crowd::of(&seats);
        let mut config = shape::config(&crowd, &Terms::new(wait, work.message_len()));
        config.descriptors = PLACES + 2;
        let ring = Ring::new(&config).map_err(io::Error::other)?;
        let mut deal = Deal::new(&crowd);
        let seat = |(number, (wire, side))| {
            let mut end = End::new(number, deal.slots(false), wire, side);
            end.wire = None;
            end
        };
        Ok(Self {
            backlog: Backlog::new(ring.buffer_count()),
            ring,
            ends: (0..).zip(seats).map(seat).collect(),
            held_up: Vec::with_capacity(PLACES as usize),
            going_on: Vec::with_capacity(PLACES as usize),
            has_messages,
            wait,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        loop {
            if !self.held_up.is_empty() {
                self.go_on()?;
            } else if self.wait == Wait::Spin {
                spin(&mut self.ring)?;
            } else {
                self.ring.wait(1, None)?;
            }
            while let Some(Completion { token, more, event }) = self.ring.complete() {
                match (token, event) {
                    (CHANNEL, _) => return Ok(()),
                    (LISTENER, Event::AcceptedFixed(accepted)) => {
                        self.on_accepted(accepted, more)?;
                    }
                    (token, event) => self.on_event(token, more, event)?,
                }
            }
        }
    }

    fn on_accepted(&mut self, accepted: io::Result<Fixed>, more: bool) -> io::Result<()> {
        match accepted {
            Ok(Fixed(place)) => {
                let Some(end) = self.ends.get_mut(place as usize) else { return Ok(()) };
                end.reopen(Placed { has_messages: self.has_messages });
                end.side.begin_anew();
                end.receive(&mut self.ring).map_err(io::Error::other)?;
            }
            // Whoever wanted to connect has gone again.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
        if more { Ok(()) } else { self.ring.accept_fixed(Fixed(LISTENER), LISTENER) }
    }

    fn on_event(&mut self, token: u32, more: bool, event: Event) -> io::Result<()> {
        let Self { ring, ends, backlog, held_up, .. } = self;
        let Some(end) = ends.get_mut(token as usize) else { return Ok(()) };
        let mut under = Under { ring, backlog, held_up };
        let fate = end.on_event(event, more, &mut [], &mut under, &mut Answers::default());
        settle(end, fate.unwrap_or(Fate::Over), &mut under)
    }

    /// Hands over what is queued, for those connections that wait for no more than that.
    fn go_on(&mut self) -> io::Result<()> {
        self.ring.turn()?;
        std::mem::swap(&mut self.held_up, &mut self.going_on);
        while let Some(number) = self.going_on.pop() {
            let Self { ring, ends, backlog, held_up, .. } = self;
            let Some(end) = ends.get_mut(number as usize) else { continue };
            let mut under = Under { ring, backlog, held_up };
            let fate = end.go_on(&mut under, &mut Answers::default());
            settle(end, fate.unwrap_or(Fate::Over), &mut under)?;
        }
        Ok(())
    }
}

/// What becomes of a connection. One that failed is over, too: its client says so itself.
fn settle<S: Service>(
    end: &mut End<Placed, Responder<S>>,
    fate: Fate,
    under: &mut Under<'_>,
) -> io::Result<()> {
    let settled = match fate {
        Fate::Open => end.receive(under.ring),
        Fate::Over if end.wire.is_some() => end.close_soon(under),
        Fate::Over => Ok(()),
    };
    settled.map_err(io::Error::other)
}
