//! `Team`: what the workers of a server share: who has how many connections, and what is handed
//! over.
//!
//! Each listener belongs to one worker, which accepts for all and gives every new connection to the
//! worker that has the fewest. The alternatives were weighed: with `EPOLLEXCLUSIVE` the kernel
//! wakes the same idle worker again and again, which then holds nearly all connections;
//! `SO_REUSEPORT` spreads by hash, exists for network sockets only, would let a second server share
//! the port unnoticed, and loses what is queued for a worker that ends. A hand-over costs one
//! wake-up in the life of a connection, and nothing here is touched while data moves.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};
use sockscope_net::Conn;

/// What the workers share.
#[derive(Debug)]
pub(super) struct Team {
    seats: Box<[Seat]>,
    /// Workers that may still hand over connections.
    accepting: AtomicUsize,
    /// Listeners that lack descriptors, and want to know of each that becomes free.
    starving: AtomicUsize,
    /// Connections that were ever accepted.
    accepted: AtomicU64,
}

/// A worker, as the others see it.
#[derive(Debug)]
struct Seat {
    connections: AtomicUsize,
    inbox: Mutex<Vec<Arrival>>,
    bell: OwnedFd,
}

/// An accepted connection on its way to its worker.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The connection.
    pub(super) conn: Conn,
    /// Which of the server's endpoints it came in by.
    pub(super) endpoint: usize,
    /// Its number among all that the server accepted, from 1.
    pub(super) id: u64,
}

impl Team {
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        let seats = (0..workers).map(|_| Seat::new()).collect::<io::Result<_>>()?;
        let accepting = AtomicUsize::new(workers);
        Ok(Self { seats, accepting, starving: AtomicUsize::new(0), accepted: AtomicU64::new(0) })
    }

    /// The bell of a worker, for its epoll set.
    pub(super) fn bell(&self, worker: usize) -> BorrowedFd<'_> {
        self.seats[worker].bell.as_fd()
    }

    /// Picks the worker for a new connection that `me` has accepted, and counts the connection
    /// there: the one with the fewest, and `me` if it is one of those.
    pub(super) fn assign(&self, me: usize) -> usize {
        let load = |seat: usize| self.seats[seat].connections.load(Ordering::Relaxed);
        let fewest = (0..self.seats.len()).min_by_key(|&seat| (load(seat), seat != me));
        let chosen = fewest.unwrap_or(me);
        self.seats[chosen].connections.fetch_add(1, Ordering::Relaxed);
        chosen
    }

    /// Counts a connection at `me` without a choice.
    pub(super) fn keep(&self, me: usize) {
        self.seats[me].connections.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of a new connection.
    pub(super) fn number(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Leaves a connection for a worker and rings its bell.
    pub(super) fn hand_over(&self, worker: usize, arrival: Arrival) {
        self.inbox(worker).push(arrival);
        self.ring(worker);
    }

    /// What the others have left for `me`.
    pub(super) fn take(&self, me: usize) -> Vec<Arrival> {
        // Whoever rings after this read finds the bell silent and rings it again.
        let _ = rustix::io::read(&self.seats[me].bell, &mut [0; 8]);
        std::mem::take(&mut *self.inbox(me))
    }

    /// A connection of `me` has been closed: its descriptor is free.
    pub(super) fn closed(&self, me: usize) {
        self.seats[me].connections.fetch_sub(1, Ordering::Relaxed);
        if self.starving.load(Ordering::Relaxed) > 0 {
            self.ring_all();
        }
    }

    /// A listener has begun to lack descriptors.
    pub(super) fn starve(&self) {
        self.starving.fetch_add(1, Ordering::Relaxed);
    }

    /// A listener lacks none any more.
    pub(super) fn resume(&self) {
        self.starving.fetch_sub(1, Ordering::Relaxed);
    }

    /// A worker will hand over nothing more.
    pub(super) fn stop_accepting(&self) {
        // Release: what was handed over before is seen by whoever sees the count.
        self.accepting.fetch_sub(1, Ordering::Release);
        self.ring_all();
    }

    /// Whether nothing more can arrive at `me`.
    pub(super) fn is_complete(&self, me: usize) -> bool {
        self.accepting.load(Ordering::Acquire) == 0 && self.inbox(me).is_empty()
    }

    fn inbox(&self, worker: usize) -> MutexGuard<'_, Vec<Arrival>> {
        // A panic elsewhere cannot leave a vector of connections half changed.
        self.seats[worker].inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_all(&self) {
        for worker in 0..self.seats.len() {
            self.ring(worker);
        }
    }

    fn ring(&self, worker: usize) {
        // It fails only when the counter is full, and then the bell is ringing.
        let _ = rustix::io::write(&self.seats[worker].bell, &1_u64.to_ne_bytes());
    }
}

impl Seat {
    fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { connections: AtomicUsize::new(0), inbox: Mutex::default(), bell })
    }
}

#[cfg(test)]
mod tests {
    use super::Team;

    #[test]
    fn connections_are_spread_evenly_and_stay_where_they_are_when_even() {
        let team = Team::new(3).unwrap();
        assert_eq!((0..7).map(|_| team.assign(1)).collect::<Vec<_>>(), [1, 0, 2, 1, 0, 2, 1]);
        team.closed(2);
        assert_eq!(team.assign(1), 2);
    }

    #[test]
    fn a_team_is_complete_when_nobody_accepts_any_more() {
        let team = Team::new(2).unwrap();
        team.stop_accepting();
        assert!(!team.is_complete(0));
        team.stop_accepting();
        assert!(team.is_complete(0));
    }
}
