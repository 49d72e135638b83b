//! How a worker ends: what it does with its listeners and connections once the server was asked to
//! end.

use rustix::event::epoll;
use sockscope_net::Kind;
use sockscope_proto::{Service, Time};
use tracing::info;

use super::Worker;
use super::guest::Guest;
use crate::serve::connection::Turn;
use crate::serve::deadlines::now;
use crate::serve::shutdown::Phase;
use crate::serve::token::Token;

/// How much is still taken from a listener at the end: more than can be queued, less than a flood
/// could bring.
const LAST_ACCEPTS: usize = 8192;
const LAST_BATCHES: usize = 128;

impl<S: Service + Clone> Worker<'_, S> {
    pub(super) fn on_shutdown(&mut self) {
        let asked = self.shared.shutdown.phase();
        if asked == Phase::Finishing && self.phase == Phase::Running {
            self.finish();
        } else {
            self.phase = self.phase.max(asked);
        }
    }

    /// Whether there is nothing more to do.
    pub(super) fn is_done(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Finishing => self.guests.is_empty() && self.shared.team.is_complete(self.me),
            Phase::Aborting => true,
        }
    }

    /// Ends every connection that is left.
    pub(super) fn cut_all(&mut self) {
        for slot in self.slots() {
            if let Some(Guest { connection, .. }) = self.guests.get_mut(slot) {
                connection.cut();
                self.settle(slot);
            }
        }
    }

    /// Stops accepting, and lets every connection answer what it has received.
    fn finish(&mut self) {
        self.phase = Phase::Finishing;
        let now = now();
        let time = if S::NEEDS_CLOCK { now } else { Time::ORIGIN };
        self.deadlines.change(Token::Shutdown, None, Some(now + self.shared.grace));
        self.close_doors(time);
        self.shared.team.stop_accepting();
        for slot in self.slots() {
            let Some(Guest { connection, .. }) = self.guests.get_mut(slot) else { continue };
            let mut turn = Turn { input: &mut self.input, space: &mut self.space, now: time };
            connection.finish(&mut turn);
            self.settle(slot);
        }
    }

    /// Takes in who is already waiting, and closes the listeners; a socket file goes with its
    /// listener.
    fn close_doors(&mut self, time: Time) {
        for index in 0..self.doors.len() {
            match self.doors[index].listener.kind() {
                Kind::Stream | Kind::SeqPacket => self.accept(index, LAST_ACCEPTS, time),
                Kind::Datagram => {
                    let _ = (0..LAST_BATCHES).all(|_| self.answer_messages(index, time));
                }
            }
        }
        for (index, door) in std::mem::take(&mut self.doors).into_iter().enumerate() {
            if let Some(until) = door.shut_until() {
                self.deadlines.change(Token::Listener(index), Some(until), None);
            } else {
                // An inherited listener stays open elsewhere, and would stay in the epoll set with
                // it.
                let _ = epoll::delete(&self.epoll, &door.listener);
            }
            info!(endpoint = &*self.shared.endpoints[door.endpoint], "listener closed");
        }
    }

    fn slots(&self) -> Vec<usize> {
        self.guests.iter().map(|(slot, _)| slot).collect()
    }
}
