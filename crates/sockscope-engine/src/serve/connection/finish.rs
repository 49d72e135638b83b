//! How a connection ends: lingering, being cut off, and catching up when the server ends.

use rustix::event::epoll::EventFlags;
use rustix::io::ioctl_fionread;
use rustix::net::{AddressFamily, Shutdown, shutdown, sockopt};

use sockscope_proto::Service;

use super::{Connection, End, GONE, Kind, LINGER, State, Turn, is_temporary, is_too_long, now};

impl<S: Service> Connection<S> {
    /// An event while neither reading nor sending: the peer has gone, or a linger goes on.
    pub(super) fn on_ready_at_rest(&mut self, flags: EventFlags, turn: &mut Turn<'_>) {
        match &self.state {
            State::Lingering(_) => match self.socket.receive(turn.input) {
                Ok(0) if self.at_end() => self.settle_over(),
                Ok(_) => {}
                Err(error) if is_temporary(&error) || is_too_long(&error) => {}
                Err(_) => self.settle_over(),
            },
            State::Waiting if flags.intersects(GONE) => {
                let error = sockopt::socket_error(&self.socket).ok().and_then(Result::err);
                self.state =
                    State::Over(error.map_or(End::PeerGone, |error| End::Failed(error.into())));
            }
            _ => {}
        }
    }

    /// The server ends: answers what has been received by now, and then closes.
    pub(in crate::serve) fn finish(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            State::Reading => {
                let owed = self.received();
                if owed == 0 && self.unsent.is_none() {
                    // Nothing is underway that a reset could destroy: no need to linger.
                    let _ = self.socket.shutdown_write();
                    self.state = State::Over(End::Finished);
                }
                self.owed = Some(owed);
                self.resume(turn);
            }
            State::Waiting => self.close(End::Finished),
            State::Closing(_) | State::Lingering(_) | State::Over(_) => {}
        }
    }

    /// The grace is over.
    pub(in crate::serve) fn cut(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Waiting) {
            // It had been answered in full; only its peer has not ended.
            State::Lingering(end) => State::Over(end),
            _ => State::Over(End::Cut),
        };
    }

    /// Goes on after everything that was kept has been sent.
    pub(super) fn resume(&mut self, turn: &mut Turn<'_>) {
        while self.unsent.is_none() {
            match (&self.state, self.owed) {
                (State::Closing(_), _) => return self.conclude(),
                (State::Reading, Some(0)) => return self.close(End::Finished),
                (State::Reading, Some(owed)) => self.catch_up(owed, turn),
                _ => return,
            }
        }
    }

    /// Closes as soon as everything has been sent.
    pub(super) fn close(&mut self, end: End) {
        self.deadline = None;
        self.state = State::Closing(end);
        self.conclude();
    }

    /// Says that nothing more will come, once everything has been sent.
    pub(super) fn conclude(&mut self) {
        if self.unsent.is_some() {
            return;
        }
        self.state = match std::mem::replace(&mut self.state, State::Waiting) {
            State::Closing(end) if self.ended || self.socket.shutdown_write().is_err() => {
                State::Over(end)
            }
            State::Closing(end) => {
                self.deadline = Some(now() + LINGER);
                State::Lingering(end)
            }
            other => other,
        };
    }

    /// Ends the linger.
    pub(super) fn settle_over(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Waiting) {
            State::Lingering(end) => State::Over(end),
            other => other,
        };
    }

    /// Reads once more of what had been received when the server was asked to end.
    fn catch_up(&mut self, owed: u64, turn: &mut Turn<'_>) {
        let before = self.traffic.received;
        let owed = if self.read(turn) { owed } else { 0 };
        self.owed = Some(owed.saturating_sub(self.traffic.received - before));
    }

    /// How many bytes have been received and not been read.
    ///
    /// A Unix socket is told to take no more first (the peer's next write is then a broken pipe),
    /// so that all it ever took is answered. TCP acknowledges on, whatever it is told: there the
    /// count is what was acknowledged by now.
    fn received(&self) -> u64 {
        let unix = sockopt::socket_domain(&self.socket).is_ok_and(|is| is == AddressFamily::UNIX);
        let closed = unix && shutdown(&self.socket, Shutdown::Read).is_ok();
        if closed || self.socket.kind() != Kind::Stream {
            return u64::MAX;
        }
        ioctl_fionread(&self.socket).unwrap_or(u64::MAX)
    }
}
