//! Exchange: one question and its answer over a connected socket, within a time limit and until an interrupt.
//!
//! The socket is non-blocking and every wait is a `poll` with the interrupt in it. Sending and receiving go on at the same
//! time, so that a request that is larger than all buffers on the way does not lock up against an echo.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use sockscope_net::{Conn, Kind};
use sockscope_proto::workload::{Mismatch, Probe, Progress, Workload};

use super::failure::{Failure, Wrong};

/// Datagrams that are thrown away before a question: more than any queue holds is a flood, which a question may cut into.
const STALE_MAX: usize = 4096;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// There is something to do on the socket.
    Ready,
    /// The time is up.
    Deadline,
    /// The user has seen enough.
    Interrupt,
}

/// What a connection is like between two questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing is waiting in it.
    Quiet,
    /// The server has closed it, or it is broken.
    Ended,
    /// Bytes are waiting that nobody asked for.
    Unasked,
}

/// Asks the probe's next question over `conn`; the round trip's time, or `None` after an interrupt.
pub(super) fn exchange(
    conn: &Conn,
    probe: &mut Probe,
    timeout: Duration,
    interrupt: BorrowedFd<'_>,
) -> Result<Option<Duration>, Failure> {
    let request = probe.request().to_vec();
    let mut buffer = vec![0; probe.answer_len() + 1];
    let mut sent = 0;
    let started = Instant::now();
    let deadline = started.checked_add(timeout);
    loop {
        if sent < request.len() {
            sent += if_ready(conn.send(&request[sent..])).map_err(Failure::Io)?.unwrap_or(0);
        }
        let interest =
            if sent < request.len() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        match wait(Some((conn.as_fd(), interest)), interrupt, deadline).map_err(Failure::Io)? {
            Wake::Ready => {}
            Wake::Interrupt => return Ok(None),
            Wake::Deadline => {
                let received = probe.answer_len() - probe.missing();
                return Err(Failure::Late { limit: timeout, received });
            }
        }
        let room = &mut buffer[..=probe.missing()];
        match if_ready(conn.receive(room)) {
            Ok(None) => {}
            Ok(Some(count)) => {
                if take(conn, probe, &buffer[..count])? == Progress::Complete {
                    return Ok(Some(started.elapsed()));
                }
            }
            Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => {
                return Err(Failure::Wrong(Wrong::TooLong { expected: probe.answer_len() }));
            }
            Err(error) => return Err(Failure::Io(error)),
        }
    }
}

/// Gives what was received to the probe. Nothing is the end of a connection, or an empty message.
fn take(conn: &Conn, probe: &mut Probe, bytes: &[u8]) -> Result<Progress, Failure> {
    let expected = probe.answer_len();
    let received = expected - probe.missing();
    if bytes.is_empty() && conn.at_end().map_err(Failure::Io)? {
        return Err(match received {
            0 => Failure::Closed,
            received => Failure::Wrong(Wrong::Short { received, expected }),
        });
    }
    if conn.kind() == Kind::Datagram && probe.is_late(bytes) {
        return Ok(Progress::Partial);
    }
    let progress = probe.on_bytes(bytes).map_err(|error| Failure::Wrong(wrong(error, expected)))?;
    if progress == Progress::Partial && conn.kind() != Kind::Stream {
        // A message is the whole answer or none.
        return Err(Failure::Wrong(Wrong::Short { received: bytes.len(), expected }));
    }
    Ok(progress)
}

fn wrong(mismatch: Mismatch, expected: usize) -> Wrong {
    if mismatch.offset >= expected { Wrong::TooLong { expected } } else { Wrong::Content(mismatch) }
}

/// Empties a connection before the next question: late datagrams are thrown away; on a connection there is nothing to come
/// but its end.
pub(super) fn settle(conn: &Conn) -> Rest {
    let mut byte = [0; 1];
    for _ in 0..STALE_MAX {
        let waiting = match conn.receive(&mut byte) {
            // A longer message than one byte.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => Ok(Some(1)),
            result => if_ready(result),
        };
        match (conn.kind(), waiting) {
            (_, Ok(None)) => return Rest::Quiet,
            // Also the refusal of an earlier datagram, which the socket survives.
            (Kind::Datagram, _) => {}
            (_, Ok(Some(0))) if conn.at_end().unwrap_or(true) => return Rest::Ended,
            (_, Ok(Some(_))) => return Rest::Unasked,
            (_, Err(_)) => return Rest::Ended,
        }
    }
    Rest::Quiet
}

/// Sleeps until the socket is ready, if there is one, or the interrupt comes, or the deadline passes.
pub(super) fn wait(
    socket: Option<(BorrowedFd<'_>, PollFlags)>,
    interrupt: BorrowedFd<'_>,
    deadline: Option<Instant>,
) -> io::Result<Wake> {
    let interrupt = PollFd::from_borrowed_fd(interrupt, PollFlags::IN);
    let mut fds = vec![interrupt];
    fds.extend(socket.map(|(fd, interest)| PollFd::from_borrowed_fd(fd, interest)));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, left.as_ref()) {
            Ok(0) => return Ok(Wake::Deadline),
            Ok(_) if !fds[0].revents().is_empty() => return Ok(Wake::Interrupt),
            Ok(_) => return Ok(Wake::Ready),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// `None` where the call would have had to wait.
fn if_ready(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
