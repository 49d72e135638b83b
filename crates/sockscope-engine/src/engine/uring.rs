//! Uring: operations on an `io_uring(7)` instead of calls, one ring for all connections of a thread.
//!
//! Every connection has one receive that stays under way as long as the connection lasts, into buffers of which the ring has
//! a common stock. Sends are queued, and a single system call hands over all that is queued and sleeps until something
//! arrives: while data moves there is no other call. Descriptors are registered, so that the kernel does not look them up.
//!
//! A send is first tried without waiting. It has then ended when the call that hands it over begins to sleep, and is silent
//! about it, so that the call can sleep until something *arrives*; news of one's own sends would end its sleep at once and
//! double the calls. Only a send that fell short speaks, and its rest is sent by the kernel as the socket gets room. Of each
//! connection one send is under way at a time: two could overtake each other.
//!
//! The price is a copy. What a side sends is copied to memory of the ring, and what arrives lies there; a safe side cannot
//! lend its own memory to the kernel for as long as an operation lasts.

mod accepting;
mod backlog;
mod end;
mod lines;
mod shape;

use std::fmt;
use std::hint::spin_loop;
use std::io;
use std::os::fd::AsFd;

use sockscope_sys::uring::{Completion, Event, Fixed, Uring as Ring};

use super::watchdog::Alarm;
use super::{Engine, Terms};
use crate::exchange::ExchangeError;
use crate::side::{Ledger, Side};
use crate::view::Wait;
use crate::wire::Wire;
pub(crate) use accepting::accept_until;
use backlog::Backlog;
use end::{End, Fate, Under};
pub use lines::{Line, Lines};
use shape::{Crowd, Deal};

/// Stands for the timer among the numbers of the connections.
const TIMER: u32 = u32::MAX;

/// Drives connections by completions.
pub struct Uring<W, S> {
    // Before the wires: it ends what is under way on them.
    ring: Ring,
    ends: Box<[End<W, S>]>,
    /// How many of them are not closed.
    open: usize,
    /// Where those receive who find no buffer.
    scratch: Box<[u8]>,
    /// What arrived and could not be taken yet.
    backlog: Backlog,
    /// Connections that go on as soon as what is queued has been handed over.
    held_up: Vec<u32>,
    /// Those that do so now.
    going_on: Vec<u32>,
    /// Whether a receive has ended that is to be started again.
    has_paused: bool,
    /// System calls of the ring that the wires have been told of.
    told: u64,
    alarm: Option<Alarm>,
    wait: Wait,
}

impl<W: Wire + AsFd, S: Side> Engine<W, S> for Uring<W, S> {
    fn new(ends: Vec<(W, S)>, terms: &Terms) -> io::Result<Self> {
        let crowd = Crowd::of(&ends);
        let mut ring = Ring::new(&shape::config(&crowd, terms)).map_err(io::Error::other)?;
        let (mut number, mut deal) = (0, Deal::new(&crowd));
        let mut taken_over = Vec::with_capacity(ends.len());
        for (wire, side) in ends {
            // It makes a difference to plain calls only.
            wire.set_nonblocking(true)?;
            ring.install(Fixed(number), &wire)?;
            let slots = deal.slots(wire.has_many_peers());
            let mut end = End::new(number, slots, wire, side);
            end.receive(&mut ring).map_err(io::Error::other)?;
            taken_over.push(end);
            number += 1;
        }
        let alarm = Alarm::new(terms)?;
        if let Some(alarm) = &alarm {
            ring.install(Fixed(number), alarm)?;
            ring.poll(Fixed(number), TIMER)?;
        }
        Ok(Self {
            told: ring.enters(),
            scratch: vec![0; terms.scratch].into_boxed_slice(),
            backlog: Backlog::new(ring.buffer_count()),
            ring,
            open: taken_over.len(),
            held_up: Vec::with_capacity(taken_over.len()),
            going_on: Vec::with_capacity(taken_over.len()),
            ends: taken_over.into_boxed_slice(),
            has_paused: false,
            alarm,
            wait: terms.wait,
        })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        if let Some(alarm) = &mut self.alarm {
            alarm.moved();
        }
        for number in 0..self.ends.len() {
            self.start(number, ledger)?;
        }
        while self.open > 0 && !ledger.is_done() {
            if self.has_paused {
                self.receive_again()?;
            }
            if self.held_up.is_empty() {
                self.wait()?;
            } else {
                self.go_on(ledger)?;
            }
            // What comes meanwhile has its turn when others have had theirs: with very many connections there is no end of it.
            for _ in 0..self.ring.ready() {
                let Some(completion) = self.ring.complete() else { break };
                self.on_completion(completion, ledger)?;
            }
        }
        Ok(())
    }
}

impl<W: Wire + AsFd, S: Side> Uring<W, S> {
    /// Lets a side start, and gives it what arrived when it wanted nothing any more.
    fn start(&mut self, number: usize, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let (ends, mut under) = self.parts();
        if ends[number].start(&mut under, ledger)? == Fate::Over {
            self.close(number)
        } else {
            Ok(())
        }
    }

    /// Hands over what is queued and waits until something has arrived.
    #[inline]
    fn wait(&mut self) -> Result<(), ExchangeError> {
        let waited = match self.wait {
            Wait::Block => self.ring.wait(1, None).map(drop),
            Wait::Spin => spin(&mut self.ring),
        };
        self.tell_calls();
        waited.map_err(ExchangeError::Receive)
    }

    /// Hands over what is queued without sleeping, for those connections that wait for no more than that.
    fn go_on(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let turned = self.ring.turn();
        self.tell_calls();
        turned.map_err(ExchangeError::Send)?;
        // Whoever is held up again comes into the other list.
        std::mem::swap(&mut self.held_up, &mut self.going_on);
        while let Some(number) = self.going_on.pop() {
            let (ends, mut under) = self.parts();
            let Some(end) = ends.get_mut(number as usize) else { continue };
            if end.go_on(&mut under, ledger)? == Fate::Over {
                self.close(number as usize)?;
            }
        }
        Ok(())
    }

    /// Counts the calls of the ring as calls of a wire: all wires of a thread count together.
    #[inline]
    fn tell_calls(&mut self) {
        let made = self.ring.enters();
        if let Some(wire) = self.ends.iter().find_map(|end| end.wire.as_ref()) {
            (self.told..made).for_each(|_| wire.called());
        }
        self.told = made;
    }

    #[inline]
    fn on_completion(
        &mut self,
        Completion { token, more, event }: Completion,
        ledger: &mut S::Ledger,
    ) -> Result<(), ExchangeError> {
        if token == TIMER {
            return self.on_timer(ledger);
        }
        if let Some(alarm) = &mut self.alarm {
            alarm.moved();
        }
        self.has_paused |= !more && matches!(event, Event::Received(_) | Event::Readable(_));
        let Self { ring, ends, backlog, held_up, scratch, .. } = self;
        let mut under = Under { ring, backlog, held_up };
        let Some(end) = ends.get_mut(token as usize) else { return Ok(()) };
        if end.on_event(event, more, scratch, &mut under, ledger)? == Fate::Over {
            self.close(token as usize)?;
        }
        Ok(())
    }

    /// Starts receives again that have ended because there was no buffer; as long as there is none, whoever could take
    /// something waits for it in another way.
    #[cold]
    fn receive_again(&mut self) -> Result<(), ExchangeError> {
        if self.backlog.is_full() {
            return self.ends.iter_mut().try_for_each(|end| end.await_input(&mut self.ring));
        }
        self.has_paused = false;
        self.ends.iter_mut().try_for_each(|end| end.receive(&mut self.ring))
    }

    /// The timer can be read: it ticked.
    #[cold]
    fn on_timer(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        let place = Fixed(u32::try_from(self.ends.len()).unwrap_or(u32::MAX));
        self.ring.poll(place, TIMER).map_err(ExchangeError::Receive)?;
        let Some(alarm) = &mut self.alarm else { return Ok(()) };
        let Some(now) = alarm.rang()? else { return Ok(()) };
        for number in 0..self.ends.len() {
            let (ends, mut under) = self.parts();
            if ends[number].tick(now, &mut under, ledger)? == Fate::Over {
                self.close(number)?;
            }
        }
        Ok(())
    }

    /// Closes a connection that is over.
    #[cold]
    fn close(&mut self, number: usize) -> Result<(), ExchangeError> {
        self.open -= 1;
        let (ends, mut under) = self.parts();
        ends[number].close(&mut under)
    }

    /// The connections, and what they share.
    #[inline]
    fn parts(&mut self) -> (&mut [End<W, S>], Under<'_>) {
        let Self { ring, ends, backlog, held_up, .. } = self;
        (ends, Under { ring, backlog, held_up })
    }
}

/// Looks at the ring's flags in shared memory, again and again, and enters the kernel only when they say that it has
/// something to do.
#[inline]
fn spin(ring: &mut Ring) -> io::Result<()> {
    while ring.ready() == 0 {
        if ring.has_work() {
            ring.turn()?;
        } else {
            spin_loop();
        }
    }
    Ok(())
}

impl<W, S> fmt::Debug for Uring<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uring")
            .field("ring", &self.ring)
            .field("ends", &self.ends.len())
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}
