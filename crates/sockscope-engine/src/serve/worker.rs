//! `Worker`: one thread's event loop over its listeners and connections.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventFlags};
use rustix::io::Errno;
use slab::Slab;
use sockscope_net::Listener;
use sockscope_proto::{Service, Time};

use super::connection::Turn;
use super::deadlines::{Deadlines, now};
use super::error::ServeError;
use super::own::OwnAddresses;
use super::shutdown::{Phase, Shutdown};
use super::summary::Summary;
use super::team::Team;
use super::token::Token;

mod door;
mod finish;
mod guest;
mod messages;

use door::Door;
use guest::Guest;

/// How many events one wait may bring.
const EVENTS: usize = 256;

/// What all workers of a server see.
#[derive(Debug)]
pub(super) struct Shared<'s, S> {
    pub(super) service: &'s S,
    pub(super) team: Team,
    /// The endpoints by their number, as they are printed.
    pub(super) endpoints: Vec<String>,
    /// Where datagrams come from that are not to be answered.
    pub(super) own: OwnAddresses,
    pub(super) grace: Duration,
    pub(super) buffer: usize,
    pub(super) shutdown: &'s Shutdown,
}

/// One thread of a server.
pub(super) struct Worker<'s, S> {
    me: usize,
    shared: &'s Shared<'s, S>,
    epoll: OwnedFd,
    doors: Vec<Door<S>>,
    guests: Slab<Guest<S>>,
    deadlines: Deadlines,
    /// Where connections receive, one after the other.
    input: Box<[u8]>,
    /// Where services write their answers.
    space: Box<[u8]>,
    phase: Phase,
    summary: Summary,
}

impl<'s, S: Service + Clone> Worker<'s, S> {
    /// A worker that watches its bell and the shutdown, and no listener yet.
    pub(super) fn new(me: usize, shared: &'s Shared<'s, S>) -> Result<Self, ServeError> {
        let set_up = |error: Errno| ServeError::SetUp(error.into());
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(set_up)?;
        epoll::add(&epoll, shared.team.bell(me), Token::Bell.data(), EventFlags::IN)
            .map_err(set_up)?;
        // Edge-triggered: every request rings once for each worker, and none has to be read.
        let edge = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, shared.shutdown, Token::Shutdown.data(), edge).map_err(set_up)?;
        Ok(Self {
            me,
            shared,
            epoll,
            doors: Vec::new(),
            guests: Slab::new(),
            deadlines: Deadlines::default(),
            input: vec![0; shared.buffer].into_boxed_slice(),
            space: vec![0; shared.buffer].into_boxed_slice(),
            phase: Phase::Running,
            summary: Summary::default(),
        })
    }

    /// Makes a listener this worker's own.
    pub(super) fn watch(&mut self, endpoint: usize, listener: Listener) -> Result<(), ServeError> {
        let token = Token::Listener(self.doors.len());
        let door = Door::new(endpoint, listener, self.shared.service);
        epoll::add(&self.epoll, door.as_fd(), token.data(), EventFlags::IN).map_err(|error| {
            let endpoint = self.shared.endpoints[endpoint].clone();
            ServeError::Watch { endpoint, source: error.into() }
        })?;
        self.doors.push(door);
        Ok(())
    }

    /// Serves until the server has ended.
    pub(super) fn run(mut self) -> Result<Summary, ServeError> {
        let ended = self.turn_until_done();
        if ended.is_err() {
            // Without this worker its share of the connections is lost: the server ends.
            self.shared.shutdown.abort();
        }
        self.cut_all();
        ended.map(|()| self.summary)
    }

    fn turn_until_done(&mut self) -> Result<(), ServeError> {
        let idle = Event { flags: EventFlags::empty(), data: Token::Bell.data() };
        let mut events = [idle; EVENTS];
        while !self.is_done() {
            let patience = self.deadlines.patience();
            let count = match epoll::wait(&self.epoll, &mut events[..], patience.as_ref()) {
                Ok(count) => count,
                Err(Errno::INTR) => 0,
                Err(error) => return Err(ServeError::Wait(error.into())),
            };
            let time = if S::NEEDS_CLOCK { now() } else { Time::ORIGIN };
            for &Event { flags, data, .. } in &events[..count] {
                self.on_event(Token::of(data), flags, time);
            }
            if !self.deadlines.is_empty() {
                self.run_due();
            }
        }
        Ok(())
    }

    #[inline]
    fn on_event(&mut self, token: Token, flags: EventFlags, time: Time) {
        match token {
            Token::Connection(slot) => self.on_connection(slot, flags, time),
            Token::Listener(index) => self.on_listener(index, time),
            Token::Bell => self.on_bell(time),
            Token::Shutdown => self.on_shutdown(),
        }
    }

    #[inline]
    fn on_connection(&mut self, slot: usize, flags: EventFlags, now: Time) {
        let Some(guest) = self.guests.get_mut(slot) else { return };
        let mut turn = Turn { input: &mut self.input, space: &mut self.space, now };
        guest.connection.on_ready(flags, &mut turn);
        if !guest.connection.is_steady() {
            self.settle(slot);
        }
    }

    /// Takes in what other workers have left here, and lets listeners try again that wait for a
    /// free descriptor.
    fn on_bell(&mut self, time: Time) {
        for arrival in self.shared.team.take(self.me) {
            self.welcome(arrival, time);
        }
        for index in 0..self.doors.len() {
            self.reopen(index, time);
        }
    }

    fn run_due(&mut self) {
        let now = now();
        for (_, token) in self.deadlines.take_due(now) {
            match token {
                Token::Connection(slot) => {
                    let Some(guest) = self.guests.get_mut(slot) else { continue };
                    let mut turn = Turn { input: &mut self.input, space: &mut self.space, now };
                    guest.connection.armed.deadline = None;
                    guest.connection.on_due(&mut turn);
                    self.settle(slot);
                }
                Token::Listener(index) => self.reopen(index, now),
                Token::Shutdown => self.cut_all(),
                Token::Bell => {}
            }
        }
    }
}

/// A worker that panics ends the server: the others would serve on, and its share be silently lost.
impl<S> Drop for Worker<'_, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shared.shutdown.abort();
        }
    }
}

impl<S> fmt::Debug for Worker<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("me", &self.me)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
