//! `Door`: a listener at its worker, and how connections come in by it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::epoll::{self, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;
use sockscope_net::{Kind, Listener};
use sockscope_proto::{Service, Time};
use tracing::{info, warn};

use super::Worker;
use crate::serve::deadlines::now;
use crate::serve::end::Told;
use crate::serve::shutdown::Phase;
use crate::serve::team::Arrival;
use crate::serve::token::Token;

/// How many connections are accepted in a row before others get their turn.
const ACCEPTS: usize = 64;

/// How long accepting pauses when there is no descriptor and none of ours becomes free.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener and, on datagram kinds, the service that answers its messages.
#[derive(Debug)]
pub(super) struct Door<S> {
    pub(super) listener: Listener,
    pub(super) endpoint: usize,
    pub(super) service: S,
    /// Whether anyone may claim to be the sender of its messages.
    pub(super) is_network: bool,
    /// Whether it has been logged that a client does not read its answers.
    pub(super) deaf_client: bool,
    /// While accepting pauses: when to try again without having been told.
    shut_until: Option<Time>,
    /// Whether a pause has been logged and its end has not.
    starved: bool,
}

/// What an error of `accept` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    /// Nobody is waiting.
    Nobody,
    /// The connection was gone before it was accepted; the next one may be fine.
    ThisOne,
    /// Nothing can be accepted for now: no descriptor, no memory.
    All,
}

impl<S: Clone> Door<S> {
    pub(super) fn new(endpoint: usize, listener: Listener, service: &S) -> Self {
        let service = service.clone();
        let is_network = listener.transport().starts_with("udp");
        if listener.kind() == Kind::Datagram && !is_network {
            make_room(&listener);
        }
        Self {
            listener,
            endpoint,
            service,
            is_network,
            deaf_client: false,
            shut_until: None,
            starved: false,
        }
    }

    /// While accepting pauses: when it is tried again.
    pub(super) fn shut_until(&self) -> Option<Time> {
        self.shut_until
    }
}

impl<S> AsFd for Door<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl<S: Service + Clone> Worker<'_, S> {
    pub(super) fn on_listener(&mut self, index: usize, time: Time) {
        let Some(door) = self.doors.get(index) else { return };
        match door.listener.kind() {
            Kind::Stream | Kind::SeqPacket => self.accept(index, ACCEPTS, time),
            Kind::Datagram => {
                let _ = self.answer_messages(index, time);
            }
        }
    }

    /// Accepts until nobody is waiting, `most` at a time; the epoll set brings the others back.
    pub(super) fn accept(&mut self, index: usize, most: usize, time: Time) {
        for _ in 0..most {
            let Some(door) = self.doors.get_mut(index) else { return };
            match door.listener.accept() {
                Ok(conn) => {
                    let (endpoint, id) = (door.endpoint, self.shared.team.number());
                    self.place(Arrival { conn, endpoint, id }, time);
                }
                Err(error) => match obstacle(&error) {
                    Obstacle::ThisOne => {}
                    Obstacle::Nobody => return self.recover(index),
                    // accept(2) looks for a descriptor first, and only then for a connection.
                    Obstacle::All if !is_knocking(&door.listener) => return,
                    Obstacle::All => return self.pause(index, &error),
                },
            }
        }
    }

    /// Gives a new connection to the worker that has the fewest; once the server ends, keeps it.
    fn place(&mut self, arrival: Arrival, time: Time) {
        let team = &self.shared.team;
        if self.phase != Phase::Running {
            team.keep(self.me);
            return self.welcome(arrival, time);
        }
        let chosen = team.assign(self.me);
        if chosen == self.me {
            self.welcome(arrival, time);
        } else {
            team.hand_over(chosen, arrival);
        }
    }

    /// Stops watching a listener until a connection closes or some time has passed: watched
    /// level-triggered, it would keep its worker spinning.
    fn pause(&mut self, index: usize, error: &io::Error) {
        let Some(door) = self.doors.get_mut(index) else { return };
        if door.shut_until.is_some() || epoll::delete(&self.epoll, &door.listener).is_err() {
            return;
        }
        let until = now() + PAUSE;
        door.shut_until = Some(until);
        self.deadlines.change(Token::Listener(index), None, Some(until));
        if !std::mem::replace(&mut door.starved, true) {
            self.shared.team.starve();
            self.summary.pauses += 1;
            let endpoint = &*self.shared.endpoints[door.endpoint];
            warn!(endpoint, error = &*Told(error).to_string(), "accepting pauses");
        }
    }

    /// Nobody waits, and a descriptor is free.
    fn recover(&mut self, index: usize) {
        let Some(door) = self.doors.get_mut(index) else { return };
        if std::mem::take(&mut door.starved) {
            self.shared.team.resume();
            info!(endpoint = &*self.shared.endpoints[door.endpoint], "accepting goes on");
        }
    }

    /// Watches a listener again that was paused, and accepts who has been waiting.
    pub(super) fn reopen(&mut self, index: usize, time: Time) {
        let Some(door) = self.doors.get_mut(index) else { return };
        let Some(until) = door.shut_until.take() else {
            if door.starved {
                // Who came last got the last descriptor; one may be free by now.
                self.accept(index, ACCEPTS, time);
            }
            return;
        };
        self.deadlines.change(Token::Listener(index), Some(until), None);
        let data = Token::Listener(index).data();
        if epoll::add(&self.epoll, &door.listener, data, EventFlags::IN).is_ok() {
            return self.accept(index, ACCEPTS, time);
        }
        // No memory for the watch, just now.
        let until = now() + PAUSE;
        door.shut_until = Some(until);
        self.deadlines.change(Token::Listener(index), None, Some(until));
    }
}

/// Gives a Unix datagram socket a larger send buffer, as all its clients share it, and one that reads
/// nothing fills it. Where the system allows less, it is as much.
fn make_room(listener: &Listener) {
    const ROOM: usize = 1 << 20;
    if sockopt::socket_send_buffer_size(listener).is_ok_and(|room| room < ROOM) {
        // Refused, it only fills sooner.
        let _ = sockopt::set_socket_send_buffer_size(listener, ROOM);
    }
}

/// Whether somebody waits to be accepted.
fn is_knocking(listener: &Listener) -> bool {
    let mut fds = [PollFd::new(listener, PollFlags::IN)];
    // A poll that fails tells nothing: then better a pause than a spin.
    poll(&mut fds, Some(&Timespec::default())).map_or(true, |ready| ready > 0)
}

/// accept(2): on Linux it passes on errors that are already pending on the new connection, which
/// say nothing of the next.
fn obstacle(error: &io::Error) -> Obstacle {
    use rustix::io::Errno;
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::AGAIN) => Obstacle::Nobody,
        Some(
            Errno::CONNABORTED
            | Errno::INTR
            | Errno::PERM
            | Errno::PROTO
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::OPNOTSUPP
            | Errno::NETUNREACH,
        ) => Obstacle::ThisOne,
        _ => Obstacle::All,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::io::Errno;

    use super::{Obstacle, obstacle};

    #[test]
    fn an_error_of_one_connection_is_told_from_the_lack_of_descriptors() {
        for (errno, means) in [
            (Errno::AGAIN, Obstacle::Nobody),
            (Errno::CONNABORTED, Obstacle::ThisOne),
            (Errno::PERM, Obstacle::ThisOne),
            (Errno::MFILE, Obstacle::All),
            (Errno::NFILE, Obstacle::All),
            (Errno::NOBUFS, Obstacle::All),
            (Errno::NOMEM, Obstacle::All),
            (Errno::INVAL, Obstacle::All),
        ] {
            assert_eq!(obstacle(&io::Error::from(errno)), means, "{errno:?}");
        }
    }
}
