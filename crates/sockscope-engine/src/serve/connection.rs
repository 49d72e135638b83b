//! `Connection`: one accepted connection: its service, what is still to be sent, and how it ends.
//!
//! A connection does what an event allows and then states what it wants (an interest, a deadline,
//! or its removal); its worker makes the kernel agree. The way of one small exchange is one
//! receive, one call of the service and one send.
//!
//! An orderly end is `shutdown(SHUT_WR)` and then reading on until the peer ends too, for a bounded
//! time: a socket that is closed while unread bytes lie in it is reset, and the reset can overtake
//! the last answer.

use std::fmt::{self, Display};
use std::io;
use std::time::Duration;

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use sockscope_net::{Conn, Kind};
use sockscope_proto::machine::Answer;
use sockscope_proto::{Next, Out, Service, Step, Time};

use super::deadlines::now;
use super::end::End;
use super::summary::Traffic;
use super::unsent::Unsent;

mod finish;

/// How long a connection that has said everything waits for its peer to end too.
const LINGER: Duration = Duration::from_secs(1);

/// One connection and its service.
#[derive(Debug)]
pub(super) struct Connection<S> {
    socket: Conn,
    service: S,
    state: State,
    /// Whether the peer has shut down its sending side.
    ended: bool,
    /// While the server ends: how many bytes of what was received are still to be answered.
    owed: Option<u64>,
    unsent: Option<Box<Unsent>>,
    /// When the service (or, at the end, the linger) is to be woken.
    deadline: Option<Time>,
    /// What its worker's epoll set and deadlines hold for it.
    pub(super) armed: Wish,
    traffic: Traffic,
}

/// Where a connection stands.
#[derive(Debug)]
enum State {
    /// The service wants input.
    Reading,
    /// The service wants nothing but its deadline.
    Waiting,
    /// No more input is wanted; it ends when everything has been sent.
    Closing(End),
    /// Everything has been sent and said; the peer may still be sending.
    Lingering(End),
    /// To be removed.
    Over(End),
}

/// What a connection wants to be woken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    /// The events of its socket; errors and hang-ups always come.
    pub(super) interest: EventFlags,
    /// The time.
    pub(super) deadline: Option<Time>,
}

/// What a worker lends to a connection for one call.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    /// Where to receive.
    pub(super) input: &'a mut [u8],
    /// Where the service writes its answer.
    pub(super) space: &'a mut [u8],
    /// The time, for services that need it.
    pub(super) now: Time,
}

const READABLE: EventFlags = EventFlags::IN.union(EventFlags::RDHUP);
const GONE: EventFlags = EventFlags::HUP.union(EventFlags::ERR);

impl<S: Service> Connection<S> {
    /// Takes a connection over and lets its service speak first.
    pub(super) fn open(socket: Conn, service: S, turn: &mut Turn<'_>) -> Self {
        let mut connection = Self {
            socket,
            service,
            state: State::Reading,
            ended: false,
            owed: None,
            unsent: None,
            deadline: None,
            armed: Wish { interest: READABLE, deadline: None },
            traffic: Traffic::default(),
        };
        let mut out = Out::new(turn.space);
        let step = connection.service.on_open(&Seen(&connection.socket), turn.now, &mut out);
        let answer = out.answer();
        connection.follow(step, answer, turn.space, &[]);
        connection
    }

    /// Does what an event allows.
    #[inline]
    pub(super) fn on_ready(&mut self, flags: EventFlags, turn: &mut Turn<'_>) {
        if self.unsent.is_some() {
            self.flush(turn);
        } else if matches!(self.state, State::Reading) {
            let _ = self.read(turn);
        } else {
            self.on_ready_at_rest(flags, turn);
        }
    }

    /// Wakes the service, or ends the linger.
    pub(super) fn on_due(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.state, State::Lingering(_)) {
            return self.settle_over();
        }
        self.deadline = None;
        let mut out = Out::new(turn.space);
        let step = self.service.on_deadline(turn.now, &mut out);
        let answer = out.answer();
        self.follow(step, answer, turn.space, &[]);
    }

    /// Whether it is to be removed, and why.
    pub(super) fn over(&self) -> Option<&End> {
        if let State::Over(end) = &self.state { Some(end) } else { None }
    }

    /// Whether it is what its worker holds it for, so that there is nothing to do.
    #[inline]
    pub(super) fn is_steady(&self) -> bool {
        self.wish() == self.armed && !matches!(self.state, State::Over(_))
    }

    /// What it wants to be woken by.
    #[inline]
    pub(super) fn wish(&self) -> Wish {
        if self.unsent.is_some() {
            return Wish { interest: EventFlags::OUT, deadline: None };
        }
        let interest = match self.state {
            State::Reading | State::Lingering(_) => READABLE,
            State::Waiting | State::Closing(_) | State::Over(_) => EventFlags::empty(),
        };
        Wish { interest, deadline: self.deadline }
    }

    /// Ends by an error that its worker met.
    pub(super) fn give_up(&mut self, error: io::Error) {
        self.state = State::Over(End::Failed(error));
    }

    /// Closes the socket; why it ended remains.
    pub(super) fn into_end(self) -> End {
        match self.state {
            State::Closing(end) | State::Lingering(end) | State::Over(end) => end,
            State::Reading | State::Waiting => End::Cut,
        }
    }

    pub(super) fn socket(&self) -> &Conn {
        &self.socket
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// One receive and what follows from it; false when there was nothing to receive.
    #[inline]
    fn read(&mut self, turn: &mut Turn<'_>) -> bool {
        match self.socket.receive(turn.input) {
            Ok(0) if self.at_end() => self.on_end(turn),
            Ok(length) => {
                self.traffic.received += length as u64;
                let input = turn.input.get(..length).unwrap_or_default();
                self.feed(input, turn.space, turn.now);
            }
            // Half a message means nothing: one that the buffer would have cut off is dropped.
            Err(error) if is_too_long(&error) => self.traffic.dropped += 1,
            Err(error) => {
                self.fail(error);
                return false;
            }
        }
        true
    }

    /// Gives input to the service until it is consumed, or the peer does not take the answers.
    #[inline]
    fn feed(&mut self, input: &[u8], space: &mut [u8], now: Time) {
        let mut rest = input;
        loop {
            let mut out = Out::new(space);
            let step = match self.socket.kind() {
                Kind::Stream => self.service.on_bytes(rest, now, &mut out),
                Kind::SeqPacket | Kind::Datagram => self.take_message(rest, now, &mut out),
            };
            let answer = out.answer();
            let stuck = step.consumed == 0 && answer == Answer::Nothing && !rest.is_empty();
            self.follow(step, answer, space, rest);
            rest = rest.get(step.consumed..).unwrap_or_default();
            if rest.is_empty() || !matches!(self.state, State::Reading) {
                return;
            }
            if let Some(unsent) = &mut self.unsent {
                return unsent.keep_input(rest);
            }
            if stuck {
                self.state = State::Over(End::Stuck);
                return;
            }
        }
    }

    fn take_message(&mut self, message: &[u8], now: Time, out: &mut Out<'_>) -> Step {
        let step = self.service.on_message(&Seen(&self.socket), message, now, out);
        self.traffic.dropped += u64::from(step.exchanges == 0);
        Step { consumed: message.len(), ..step }
    }

    /// Sends an answer and takes on what the service wants next.
    #[inline]
    fn follow(&mut self, step: Step, answer: Answer, space: &[u8], input: &[u8]) {
        self.traffic.exchanges += u64::from(step.exchanges);
        self.deadline = step.deadline;
        match step.next {
            Next::Read if !self.ended => self.state = State::Reading,
            Next::Read | Next::Wait => self.state = State::Waiting,
            Next::Close(why) => self.state = State::Closing(End::Service(why)),
        }
        match answer {
            Answer::Nothing => {}
            Answer::Copied(length) => self.send(space.get(..length).unwrap_or_default()),
            Answer::Input(range) => self.send(input.get(range).unwrap_or_default()),
        }
        if matches!(self.state, State::Closing(_)) {
            self.conclude();
        }
    }

    /// One send; what the socket does not take is kept.
    #[inline]
    fn send(&mut self, bytes: &[u8]) {
        match self.socket.send(bytes) {
            Ok(sent) if sent == bytes.len() => self.traffic.sent += sent as u64,
            Ok(sent) => {
                self.traffic.sent += sent as u64;
                self.unsent = Some(Box::new(Unsent::new(&bytes[sent..])));
            }
            Err(error) if is_temporary(&error) => self.unsent = Some(Box::new(Unsent::new(bytes))),
            Err(error) => self.state = State::Over(End::Failed(error)),
        }
    }

    /// Sends what was kept, and goes on where the connection stood.
    fn flush(&mut self, turn: &mut Turn<'_>) {
        let Some(unsent) = &mut self.unsent else { return };
        match self.socket.send(unsent.rest()) {
            Ok(sent) => {
                self.traffic.sent += sent as u64;
                if !unsent.advance(sent) {
                    return;
                }
            }
            Err(error) => return self.fail(error),
        }
        let input = self.unsent.take().map(|unsent| unsent.into_input()).unwrap_or_default();
        if !input.is_empty() && matches!(self.state, State::Reading) {
            self.feed(&input, turn.space, turn.now);
        }
        self.resume(turn);
    }

    /// The peer will send no more.
    fn on_end(&mut self, turn: &mut Turn<'_>) {
        self.ended = true;
        if self.owed.is_some() {
            return self.close(End::Finished);
        }
        let mut out = Out::new(turn.space);
        let step = self.service.on_end(turn.now, &mut out);
        let answer = out.answer();
        self.follow(step, answer, turn.space, &[]);
    }

    /// Ends by an error of the socket, unless it is only a matter of waiting.
    fn fail(&mut self, error: io::Error) {
        if !is_temporary(&error) {
            self.state = State::Over(End::Failed(error));
        }
    }

    fn at_end(&self) -> bool {
        // A socket that cannot even be asked has no more to give.
        self.socket.at_end().unwrap_or(true)
    }
}

/// The peer of a connection, looked up only if a service or a log line really prints it.
struct Seen<'a>(&'a Conn);

impl Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.peer().fmt(f)
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::MSGSIZE.raw_os_error())
}
