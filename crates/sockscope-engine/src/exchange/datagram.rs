//! Datagrams: the measured loops of sockets that may lose, repeat or delay messages.
//!
//! The exchange is the same: one request, one answer, checked. What is added is that neither end waits for ever. A lost
//! exchange is counted and is no sample; a late or repeated answer is recognised by its number and dropped.

use std::hint::spin_loop;
use std::io;

use sockscope_proto::Service;
use sockscope_proto::workload::{Progress, RoundTrip, Workload};

use super::{ExchangeError, Outcome, Waiting, reply};
use crate::clock::now_ns;
use crate::wire::Wire;

/// How an exchange of datagrams ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The answer came.
    Answered,
    /// It did not, in time.
    Lost,
}

impl Outcome for Delivery {
    #[inline]
    fn is_answered(&self) -> bool {
        *self == Self::Answered
    }
}

/// One end of a wire that may lose messages, and how long an answer is waited for.
///
/// While it waits, the clock is read only once in many attempts, or when something interrupts the sleep: an end that sleeps
/// needs [`Ticks`](sockscope_sys::Ticks).
#[derive(Debug)]
pub struct Lossy<'a, W> {
    wire: &'a W,
    patience_ns: u64,
}

impl<'a, W: Wire> Lossy<'a, W> {
    /// What has not come after `patience_ns` is lost.
    #[must_use]
    pub fn new(wire: &'a W, patience_ns: u64) -> Self {
        Self { wire, patience_ns }
    }

    /// One exchange.
    #[inline]
    pub fn exchange<A: Waiting>(
        &self,
        workload: &mut RoundTrip,
        buffer: &mut [u8],
    ) -> Result<Delivery, ExchangeError> {
        let mut wait = Wait::new(self.patience_ns);
        let request = workload.request();
        let sent = wait.attempt::<A>(|| self.wire.send(request)).map_err(ExchangeError::Send)?;
        if sent.is_none() {
            return Ok(Delivery::Lost);
        }
        loop {
            let received = wait.attempt::<A>(|| self.wire.receive(buffer));
            let Some(count) = received.map_err(ExchangeError::Receive)? else {
                return Ok(Delivery::Lost);
            };
            if is_answered(workload, &buffer[..count])? {
                return Ok(Delivery::Answered);
            }
            if !wait.is_in_time() {
                return Ok(Delivery::Lost);
            }
        }
    }

    /// One exchange with both ends in one thread, this one and `server`; neither sleeps. When nothing is lost this is four
    /// system calls: send, receive, send, receive.
    #[inline]
    pub fn exchange_solo<S: Service>(
        &self,
        server: &impl Wire,
        workload: &mut RoundTrip,
        service: &mut S,
        (inbox, space, buffer): (&mut [u8], &mut [u8], &mut [u8]),
    ) -> Result<Delivery, ExchangeError> {
        let mut wait = Wait::new(self.patience_ns);
        // A request that found no room is lost: only this thread could make some.
        unless_waiting(self.wire.send(workload.request())).map_err(ExchangeError::Send)?;
        loop {
            let request = unless_waiting(server.receive(inbox)).map_err(ExchangeError::Receive)?;
            if let Some(count) = request {
                // An answer that found no room is lost, too.
                answer(service, &inbox[..count], space, |answer| drop(server.send(answer)));
            }
            let received = unless_waiting(self.wire.receive(buffer));
            if let Some(count) = received.map_err(ExchangeError::Receive)?
                && is_answered(workload, &buffer[..count])?
            {
                return Ok(Delivery::Answered);
            }
            if !wait.goes_on::<super::Spinning>() {
                return Ok(Delivery::Lost);
            }
        }
    }
}

/// Answers messages, each to whoever sent it, until `clients` have said goodbye with an empty one or `is_over`, which is
/// asked now and then; how many were answered.
#[inline]
pub fn answer_messages<S: Service, A: Waiting>(
    wire: &impl Wire,
    service: &mut S,
    (inbox, space): (&mut [u8], &mut [u8]),
    clients: u32,
    mut is_over: impl FnMut() -> bool,
) -> io::Result<u64> {
    let (mut answers, mut gone, mut idle) = (0, 0, 0_u32);
    while gone < clients {
        match wire.receive(inbox) {
            Ok(0) => gone += 1,
            Ok(count) => {
                answer(service, &inbox[..count], space, |answer| {
                    send_in_the_end::<A>(wire, answer, &mut is_over);
                });
                answers += 1;
                idle = 0;
            }
            Err(error) if is_waiting(&error) => {
                idle = idle.wrapping_add(1);
                if (!A::SPINS || idle.is_multiple_of(LOOK_AFTER)) && is_over() {
                    break;
                }
                spin_loop();
            }
            // None of ours is so long.
            Err(error) if is_too_long(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// Answers one message. An answer that cannot be sent is lost, as datagrams are, and its client counts it.
#[inline]
fn answer<S: Service>(service: &mut S, request: &[u8], space: &mut [u8], send: impl FnOnce(&[u8])) {
    let _ = reply(service, request, space, |answer| {
        send(answer);
        Ok(())
    });
}

/// Sends an answer as soon as there is room, unless `is_over`. What interrupts a sleep says nothing about the answer.
#[inline]
fn send_in_the_end<A: Waiting>(
    wire: &impl Wire,
    answer: &[u8],
    is_over: &mut impl FnMut() -> bool,
) {
    let mut attempts = 0_u32;
    while let Err(error) = wire.send(answer) {
        attempts = attempts.wrapping_add(1);
        let looks = !A::SPINS || attempts.is_multiple_of(LOOK_AFTER);
        if !is_waiting(&error) || (looks && is_over()) {
            return;
        }
        spin_loop();
    }
}

/// Attempts in vain between two looks at the clock, or at whether it is over.
const LOOK_AFTER: u32 = 1024;

/// How long an exchange has waited.
#[derive(Debug)]
struct Wait {
    patience_ns: u64,
    attempts: u32,
    since_ns: Option<u64>,
}

impl Wait {
    #[inline]
    fn new(patience_ns: u64) -> Self {
        Self { patience_ns, attempts: 0, since_ns: None }
    }

    /// Makes an attempt again and again; `None` when it was waited for long enough.
    #[inline]
    fn attempt<A: Waiting>(
        &mut self,
        mut attempt: impl FnMut() -> io::Result<usize>,
    ) -> io::Result<Option<usize>> {
        loop {
            match attempt() {
                Ok(count) => return Ok(Some(count)),
                Err(error) if !is_waiting(&error) => return Err(error),
                Err(_) if self.goes_on::<A>() => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// An attempt was in vain; whether to make another.
    #[inline]
    fn goes_on<A: Waiting>(&mut self) -> bool {
        if A::SPINS {
            spin_loop();
            self.attempts += 1;
            if !self.attempts.is_multiple_of(LOOK_AFTER) {
                return true;
            }
        }
        self.is_in_time()
    }

    /// The wait begins with the first look at the clock.
    #[cold]
    fn is_in_time(&mut self) -> bool {
        let now = now_ns();
        now - *self.since_ns.get_or_insert(now) < self.patience_ns
    }
}

/// Whether the message is the answer; false for one that came late or twice.
#[inline]
fn is_answered(workload: &mut RoundTrip, message: &[u8]) -> Result<bool, ExchangeError> {
    match workload.on_bytes(message) {
        Ok(Progress::Complete) => Ok(true),
        Ok(Progress::Partial) => Err(ExchangeError::Short { missing: workload.missing() }),
        Err(_) if workload.answers_earlier(message) => Ok(false),
        Err(mismatch) => Err(ExchangeError::Wrong(mismatch)),
    }
}

/// Whether the call would have to wait, or was interrupted while it did.
#[inline]
fn is_waiting(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[inline]
fn unless_waiting(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Err(error) if is_waiting(&error) => Ok(None),
        result => result.map(Some),
    }
}

fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error())
}

#[cfg(test)]
mod tests;
