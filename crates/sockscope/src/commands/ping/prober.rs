//! `Prober`: asks one endpoint at a steady pace, over a connection that it renews after a failure.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sockscope_net::{Conn, ConnectError, Connector, Endpoint};
use sockscope_proto::workload::{Probe, Workload};

use super::exchange::{self, Rest, Wake};
use super::failure::{Failure, Wrong};
use super::plan::Pace;
use super::tally::Tally;
use crate::interrupt::Interrupt;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// Whether a connection comes about, and no more.
    Connect,
    /// What the server answers.
    Exchange(Probe),
}

/// What a time is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measured {
    /// From before the first send to after the last receive.
    RoundTrip,
    /// From before `connect` to after it.
    Connect,
}

/// How one probe ended.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What was probed, as it was asked for.
    pub(super) endpoint: Arc<Endpoint>,
    /// Which probe of this endpoint, counted from 1.
    pub(super) seq: u64,
    /// When it began.
    pub(super) at: Timestamp,
    /// Where the connection leads, if there was one.
    pub(super) reached: Option<Reached>,
    /// The answer, or why there is none.
    pub(super) result: Result<Answer, Failure>,
}

impl Outcome {
    /// The first and only probe of an endpoint to which there is no way.
    pub(super) fn nowhere(error: ConnectError) -> Self {
        let endpoint = Arc::new(error.endpoint().clone());
        let result = Err(Failure::Connect(error));
        Self { endpoint, seq: 1, at: Timestamp::now(), reached: None, result }
    }

    /// Whether there is no way to the endpoint, so that this was its only probe.
    pub(super) fn is_nowhere(&self) -> bool {
        use ConnectError::{NoAddress, Resolve};
        matches!(self.result, Err(Failure::Connect(Resolve { .. } | NoAddress { .. })))
    }
}

/// A right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its length; absent where only a connection was asked for.
    pub(super) bytes: Option<usize>,
    /// What it took.
    pub(super) time: Duration,
    /// What the connection took, if this probe made one.
    pub(super) connect: Option<Duration>,
}

impl Answer {
    /// What it took, in nanoseconds.
    pub(super) fn time_ns(&self) -> u64 {
        nanoseconds(self.time)
    }

    /// What the connection took in nanoseconds, if this probe made one.
    pub(super) fn connect_ns(&self) -> Option<u64> {
        self.connect.map(nanoseconds)
    }
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    /// The address that was really used, as an endpoint.
    pub(super) address: Arc<str>,
    /// The transport as really connected.
    pub(super) transport: &'static str,
}

/// Asks one endpoint.
#[derive(Debug)]
pub(super) struct Prober {
    endpoint: Arc<Endpoint>,
    connector: Connector,
    question: Question,
    pace: Pace,
    interrupt: Arc<Interrupt>,
    /// The connection, between two questions that it survived.
    conn: Option<Conn>,
    reached: Option<Reached>,
}

impl Prober {
    /// A prober that has not connected yet.
    pub(super) fn new(
        connector: Connector,
        question: Question,
        pace: Pace,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        let endpoint = Arc::new(connector.endpoint().clone());
        Self { endpoint, connector, question, pace, interrupt, conn: None, reached: None }
    }

    /// Probes until the count is reached, an interrupt comes, or `tell` answers that nobody listens.
    ///
    /// A probe that an interrupt cut short is not counted. A probe that takes longer than the interval delays the next
    /// one; none is sent early to make up for it.
    pub(super) fn run(mut self, tell: impl Fn(Outcome) -> bool) -> Tally {
        let mut tally = Tally::new(Arc::clone(&self.endpoint), self.question.measures());
        let mut due = Some(Instant::now());
        for seq in 1..=self.pace.count {
            let outcome = self.sleep_until(due).then(|| self.probe(seq)).flatten();
            let Some(outcome) = outcome else {
                tally.interrupted = true;
                break;
            };
            tally.count(&outcome);
            if !tell(outcome) {
                break;
            }
            let next = due.and_then(|due| due.checked_add(self.pace.interval));
            due = next.map(|next| next.max(Instant::now()));
        }
        tally
    }

    /// Whether the time came before an interrupt did. Without a time, only the interrupt can come.
    fn sleep_until(&self, due: Option<Instant>) -> bool {
        matches!(exchange::wait(None, self.interrupt.as_fd(), due), Ok(Wake::Deadline))
    }

    /// One probe; `None` if an interrupt cut it short.
    fn probe(&mut self, seq: u64) -> Option<Outcome> {
        let at = Timestamp::now();
        let result = self.ask().transpose()?;
        let (endpoint, reached) = (Arc::clone(&self.endpoint), self.reached.clone());
        Some(Outcome { endpoint, seq, at, reached, result })
    }

    fn ask(&mut self) -> Result<Option<Answer>, Failure> {
        let made = match self.question {
            Question::Connect => None,
            Question::Exchange(_) => self.kept()?,
        };
        let (conn, connect) = match made {
            Some(conn) => (conn, None),
            None => match self.connect()? {
                Some((conn, time)) => (conn, Some(time)),
                None => return Ok(None),
            },
        };
        let Question::Exchange(probe) = &mut self.question else {
            return Ok(connect.map(|time| Answer { bytes: None, time, connect }));
        };
        // After a failure the connection is in an unknown state: it is dropped, and the next probe makes another.
        let interrupt = self.interrupt.as_fd();
        let time = exchange::exchange(&conn, probe, self.pace.timeout, interrupt)?;
        self.conn = Some(conn);
        let bytes = Some(probe.answer_len());
        Ok(time.map(|time| Answer { bytes, time, connect }))
    }

    /// The connection of the last probe, if it can be used again.
    fn kept(&mut self) -> Result<Option<Conn>, Failure> {
        let Some(conn) = self.conn.take() else { return Ok(None) };
        match exchange::settle(&conn) {
            Rest::Quiet => Ok(Some(conn)),
            Rest::Ended => Ok(None),
            Rest::Unasked => Err(Failure::Wrong(Wrong::Unasked)),
        }
    }

    /// A new connection and what it took; `None` if an interrupt came first.
    fn connect(&mut self) -> Result<Option<(Conn, Duration)>, Failure> {
        self.reached = None;
        let started = Instant::now();
        let made = self.connector.connect_unless(self.interrupt.as_fd(), Some(self.pace.timeout));
        let Some(conn) = made.map_err(Failure::Connect)? else { return Ok(None) };
        let time = started.elapsed();
        let address = conn.remote().map_or_else(|| self.endpoint.to_string(), |at| at.to_string());
        self.reached = Some(Reached { address: address.into(), transport: conn.transport() });
        conn.set_nonblocking(true).map_err(Failure::Io)?;
        Ok(Some((conn, time)))
    }
}

impl Question {
    /// What the times of its answers are of.
    pub(super) fn measures(&self) -> Measured {
        match self {
            Self::Connect => Measured::Connect,
            Self::Exchange(_) => Measured::RoundTrip,
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
