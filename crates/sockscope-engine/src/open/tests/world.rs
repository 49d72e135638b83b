//! World: a clock that moves only when something is done, and a server that answers by it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;

use crate::clock::Clock;
use crate::wire::Wire;

/// The simulated time.
#[derive(Debug, Default)]
pub(super) struct World {
    now: Cell<u64>,
    /// When the thread under test is taken off its CPU, and for how long.
    pauses: Vec<(u64, u64)>,
}

impl World {
    /// A world in which the thread under test is stopped now and then.
    pub(super) fn with_pauses(pauses: Vec<(u64, u64)>) -> Self {
        Self { now: Cell::new(0), pauses }
    }

    fn pass(&self, ns: u64) {
        let before = self.now.get();
        let mut now = before + ns;
        for (at, length) in &self.pauses {
            if (before..now).contains(at) {
                now += length;
            }
        }
        self.now.set(now);
    }
}

impl Clock for &World {
    fn now(&self) -> u64 {
        self.pass(200);
        self.now.get()
    }
}

/// How a server works.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    /// Bytes of one request.
    pub(super) size: usize,
    /// Time for one request.
    pub(super) serve_ns: u64,
    /// The way of the answer to the client.
    pub(super) way_ns: u64,
    /// Bytes that fit between client and server.
    pub(super) room: usize,
    /// Once in each such period, after half of it, it stands still for so long.
    pub(super) stall: Option<(u64, u64)>,
    /// From then on it does nothing any more.
    pub(super) dies_at: u64,
    /// Of so many requests one is lost; 0 for none.
    pub(super) loses_every: u64,
    /// Each second answer comes before the first, as messages of their own.
    pub(super) swaps: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            size: 64,
            serve_ns: 5_000,
            way_ns: 3_000,
            room: 1 << 30,
            stall: None,
            dies_at: u64::MAX,
            loses_every: 0,
            swaps: false,
        }
    }
}

/// A server, and the connection to it.
#[derive(Debug)]
pub(super) struct Server<'a> {
    world: &'a World,
    habits: Habits,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The request that is arriving.
    partial: Vec<u8>,
    /// When the server takes each request out of the socket, when its answer arrives, and the answer.
    answers: VecDeque<(u64, u64, Vec<u8>)>,
    free_at: u64,
    requests: u64,
    /// The first answer of a pair that are swapped.
    kept: Option<Vec<u8>>,
}

impl<'a> Server<'a> {
    pub(super) fn new(world: &'a World, habits: Habits) -> Self {
        Self { world, habits, state: RefCell::default() }
    }

    /// When a request that could be begun at `at` really is.
    fn begins(&self, at: u64) -> u64 {
        match self.habits.stall {
            _ if at >= self.habits.dies_at => u64::MAX / 2,
            Some((period, length)) => {
                let since = (at + period / 2) % period;
                if since < length { at - since + length } else { at }
            }
            None => at,
        }
    }
}

impl Wire for Server<'_> {
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.world.pass(800);
        let now = self.world.now.get();
        let mut state = self.state.borrow_mut();
        let begun = state.answers.partition_point(|(begun, ..)| *begun <= now);
        let waiting = state.answers.len() - begun;
        // Whoever reads a large request takes it out as it comes.
        let room = self.habits.room.saturating_sub(waiting * self.habits.size);
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = bytes.len().min(room);
        state.partial.extend_from_slice(&bytes[..taken]);
        if state.partial.len() == self.habits.size {
            let begun = self.begins(state.free_at.max(now));
            let done = begun + self.habits.serve_ns;
            state.free_at = done;
            let answer = std::mem::take(&mut state.partial);
            state.requests += 1;
            if self.habits.loses_every > 0 && state.requests.is_multiple_of(self.habits.loses_every)
            {
                return Ok(taken);
            }
            if self.habits.swaps && state.kept.is_none() {
                state.kept = Some(answer);
                return Ok(taken);
            }
            let arrives = done + self.habits.way_ns;
            state.answers.push_back((begun, arrives, answer));
            if let Some(kept) = state.kept.take() {
                state.answers.push_back((begun, arrives, kept));
            }
        }
        Ok(taken)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.world.pass(400);
        let now = self.world.now.get();
        let mut state = self.state.borrow_mut();
        let mut filled = 0;
        while let Some((_, arrived, answer)) = state.answers.front()
            && *arrived <= now
            && filled + answer.len() <= buffer.len()
            && (filled == 0 || !self.has_messages())
        {
            buffer[filled..filled + answer.len()].copy_from_slice(answer);
            filled += answer.len();
            state.answers.pop_front();
        }
        if filled > 0 { Ok(filled) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    fn set_nonblocking(&self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn has_messages(&self) -> bool {
        self.habits.loses_every > 0 || self.habits.swaps
    }
}
