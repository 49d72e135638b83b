//! Lines: connections on a ring, for a loop that decides itself when it sends and never sleeps: the open one.
//!
//! What is sent is queued and handed over at once, by the one call that also takes what has arrived meanwhile; whether the
//! kernel took it is known when that call returns. Between sends the ring's flags in shared memory say whether there is
//! anything to take, and the kernel is entered only when they say so.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::io::Errno;
use sockscope_sys::uring::{Completion, Event, Fixed, Received, Slot, Uring as Ring};

use super::backlog::{Arrival, Backlog, Queue};
use super::shape::{self, Crowd};
use crate::engine::Terms;
use crate::open::Ready;
use crate::view::Wait;
use crate::wire::{Calls, Wire};

/// Buffers that all connections together have at least: answers pile up while a server catches up.
const STOCK: u32 = 256;
/// All of them together.
const STOCK_BYTES: u32 = 32 << 20;

/// One connection.
pub struct Line {
    number: u32,
    has_messages: bool,
    shared: Rc<RefCell<Shared>>,
}

/// Finds connections on which something has arrived.
pub struct Lines(Rc<RefCell<Shared>>);

/// The ring, and what arrived on it.
struct Shared {
    ring: Ring,
    states: Box<[State]>,
    backlog: Backlog,
    /// Connections that have something to be received.
    ready: VecDeque<usize>,
    /// What became of the last send, if it was not taken whole.
    short: Option<io::Result<usize>>,
    /// Whether a receive has ended that is to be started again.
    has_paused: bool,
    calls: Rc<Calls>,
}

/// What is known of one connection.
#[derive(Default)]
struct State {
    queue: Queue,
    is_ready: bool,
    is_receiving: bool,
    /// How it has ended.
    end: Option<io::Result<()>>,
}

impl Lines {
    /// Over these connections, with messages no longer than this; the calls of the ring are counted in `calls`.
    pub fn new<W: Wire + AsFd>(
        wires: &[W],
        message: usize,
        calls: &Rc<Calls>,
    ) -> io::Result<(Self, Vec<Line>)> {
        let pairs: Vec<_> = wires.iter().map(|wire| (wire, ())).collect();
        let terms = Terms { many_messages: true, ..Terms::new(Wait::Spin, message) };
        let mut config = shape::config(&Crowd::of(&pairs), &terms);
        let affordable = STOCK.min(STOCK_BYTES / config.buffers.size.max(1));
        config.buffers.count = config.buffers.count.max(affordable);
        let mut ring = Ring::new(&config).map_err(io::Error::other)?;
        for (number, wire) in (0..).zip(wires) {
            ring.install(Fixed(number), wire)?;
        }
        let mut shared = Shared {
            backlog: Backlog::new(ring.buffer_count()),
            ring,
            states: wires.iter().map(|_| State::default()).collect(),
            ready: VecDeque::with_capacity(wires.len()),
            short: None,
            has_paused: true,
            calls: Rc::clone(calls),
        };
        shared.receive_again()?;
        let shared = Rc::new(RefCell::new(shared));
        let line = |(number, wire): (u32, &W)| Line {
            number,
            has_messages: wire.has_messages(),
            shared: Rc::clone(&shared),
        };
        let lines = (0..).zip(wires).map(line).collect();
        Ok((Self(shared), lines))
    }
}

impl Ready for Lines {
    #[inline]
    fn next(&mut self, _expects: impl Fn(usize) -> bool) -> io::Result<Option<usize>> {
        let mut shared = self.0.borrow_mut();
        if shared.ready.is_empty() {
            shared.look()?;
        }
        let index = shared.ready.pop_front();
        if let Some(state) = index.and_then(|index| shared.states.get_mut(index)) {
            state.is_ready = false;
        }
        Ok(index)
    }
}

impl Wire for Line {
    // A send is one; a receive looks at what the ring has.
    const ATTEMPT_IS_CALL: bool = false;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.shared.borrow_mut().send(self.number, bytes)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.shared.borrow_mut().receive(self.number as usize, buffer, self.has_messages)
    }

    fn set_nonblocking(&self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn has_messages(&self) -> bool {
        self.has_messages
    }
}

impl Shared {
    #[inline]
    fn send(&mut self, number: u32, bytes: &[u8]) -> io::Result<usize> {
        let slot = Slot(number);
        let Some(room) = self.ring.slot_mut(slot) else {
            self.turn()?;
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let count = bytes.len().min(room.len());
        room[..count].copy_from_slice(&bytes[..count]);
        self.short = None;
        self.ring.send_now(Fixed(number), slot, 0..count, number)?;
        self.turn()?;
        self.short.take().unwrap_or(Ok(count))
    }

    #[inline]
    fn receive(
        &mut self,
        index: usize,
        buffer: &mut [u8],
        has_messages: bool,
    ) -> io::Result<usize> {
        let Self { ring, states, backlog, .. } = self;
        let Some(state) = states.get_mut(index) else { return Ok(0) };
        let Some(Arrival { received, taken }) = backlog.pop(&mut state.queue) else {
            return match state.end.take() {
                None => Err(io::ErrorKind::WouldBlock.into()),
                Some(end) => end.map(|()| 0),
            };
        };
        let bytes = &ring.bytes(&received)[taken..];
        let (len, count) = (bytes.len(), bytes.len().min(buffer.len()));
        buffer[..count].copy_from_slice(&bytes[..count]);
        if count < len && has_messages {
            ring.recycle(received);
            return Err(Errno::MSGSIZE.into());
        }
        if count < len {
            let rest = Arrival { received, taken: taken + count };
            backlog.push_front(&mut state.queue, rest).map_err(no_place)?;
        } else {
            ring.recycle(received);
        }
        self.note(index);
        Ok(count)
    }

    /// Takes what has arrived; enters the kernel only if it has something to do.
    #[inline]
    fn look(&mut self) -> io::Result<()> {
        if self.ring.ready() == 0 && self.ring.has_work() { self.turn() } else { self.take() }
    }

    /// Hands over what is queued, and takes what has arrived.
    #[inline]
    fn turn(&mut self) -> io::Result<()> {
        self.calls.add();
        self.ring.turn()?;
        self.take()
    }

    #[inline]
    fn take(&mut self) -> io::Result<()> {
        while let Some(Completion { token, more, event }) = self.ring.complete() {
            match event {
                Event::Received(arrival) => self.on_arrival(token as usize, arrival, more)?,
                Event::Sent { result, .. } => self.short = Some(result),
                _ => {}
            }
        }
        if self.has_paused { self.receive_again() } else { Ok(()) }
    }

    #[inline]
    fn on_arrival(
        &mut self,
        index: usize,
        arrival: io::Result<Option<Received>>,
        more: bool,
    ) -> io::Result<()> {
        let Some(state) = self.states.get_mut(index) else { return Ok(()) };
        state.is_receiving = more;
        match arrival {
            Ok(Some(received)) => {
                let arrival = Arrival { received, taken: 0 };
                self.backlog.push(&mut state.queue, arrival).map_err(no_place)?;
            }
            Ok(None) => state.end = Some(Ok(())),
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {}
            Err(error) => state.end = Some(Err(error)),
        }
        self.has_paused |= !more && state.end.is_none();
        self.note(index);
        Ok(())
    }

    /// Notes a connection that has something to be received.
    #[inline]
    fn note(&mut self, index: usize) {
        let state = &mut self.states[index];
        if !state.is_ready && (!state.queue.is_empty() || state.end.is_some()) {
            state.is_ready = true;
            self.ready.push_back(index);
        }
    }

    /// Starts receives again that have ended because there was no buffer, once there is one.
    #[cold]
    fn receive_again(&mut self) -> io::Result<()> {
        if self.backlog.is_full() {
            return Ok(());
        }
        self.has_paused = false;
        for (number, state) in (0..).zip(&mut self.states) {
            if !state.is_receiving && state.end.is_none() {
                state.is_receiving = true;
                self.ring.receive(Fixed(number), number)?;
            }
        }
        Ok(())
    }
}

fn no_place(_: Arrival) -> io::Error {
    io::ErrorKind::OutOfMemory.into()
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("number", &self.number).finish_non_exhaustive()
    }
}
