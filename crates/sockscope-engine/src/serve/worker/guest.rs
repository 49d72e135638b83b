//! `Guest`: a connection at its worker, with what its log lines say of it.

use std::os::fd::AsFd;

use rustix::event::epoll;
use sockscope_proto::{Service, Time};
use tracing::{Level, enabled, info};

use super::Worker;
use crate::serve::connection::{Connection, Turn};
use crate::serve::shutdown::Phase;
use crate::serve::team::Arrival;
use crate::serve::token::Token;

/// A connection and its label.
#[derive(Debug)]
pub(super) struct Guest<S> {
    pub(super) connection: Connection<S>,
    /// Only where connections are logged: who it is, asked while it was sure to be there.
    label: Option<Box<Label>>,
}

/// What the log says of a connection.
#[derive(Debug)]
struct Label {
    id: u64,
    endpoint: usize,
    peer: Box<str>,
}

impl<S: Service + Clone> Worker<'_, S> {
    /// Takes a new connection in and lets its service speak.
    pub(super) fn welcome(&mut self, arrival: Arrival, now: Time) {
        let Arrival { conn, endpoint, id } = arrival;
        self.summary.connections += 1;
        let label = enabled!(Level::INFO).then(|| {
            let peer = conn.peer().to_string().into_boxed_str();
            info!(conn = id, endpoint = &*self.shared.endpoints[endpoint], peer = &*peer, "open");
            Box::new(Label { id, endpoint, peer })
        });
        let mut turn = Turn { input: &mut self.input, space: &mut self.space, now };
        let mut connection = Connection::open(conn, self.shared.service.clone(), &mut turn);
        let entry = self.guests.vacant_entry();
        let slot = entry.key();
        let (data, interest) = (Token::Connection(slot).data(), connection.armed.interest);
        if let Err(error) = epoll::add(&self.epoll, connection.socket(), data, interest) {
            connection.give_up(error.into());
        } else if self.phase != Phase::Running {
            connection.finish(&mut turn);
        }
        entry.insert(Guest { connection, label });
        self.settle(slot);
    }

    /// Makes the kernel and the deadlines agree with what a connection wants, or removes it.
    pub(super) fn settle(&mut self, slot: usize) {
        let Some(Guest { connection, .. }) = self.guests.get_mut(slot) else { return };
        let wish = connection.wish();
        if connection.over().is_none() && wish.interest != connection.armed.interest {
            let (socket, data) = (connection.socket().as_fd(), Token::Connection(slot).data());
            if let Err(error) = epoll::modify(&self.epoll, socket, data, wish.interest) {
                connection.give_up(error.into());
            }
        }
        let over = connection.over().is_some();
        let deadline = if over { None } else { wish.deadline };
        let armed = std::mem::replace(&mut connection.armed, wish);
        if armed.deadline != deadline {
            self.deadlines.change(Token::Connection(slot), armed.deadline, deadline);
        }
        if over {
            self.remove(slot);
        }
    }

    fn remove(&mut self, slot: usize) {
        let Guest { connection, label } = self.guests.remove(slot);
        let traffic = connection.traffic();
        // Its descriptor is closed here, before anyone is told that one is free.
        let end = connection.into_end();
        self.shared.team.closed(self.me);
        self.summary.ended(&end, traffic);
        if let Some(label) = label {
            info!(
                conn = label.id,
                endpoint = &*self.shared.endpoints[label.endpoint],
                peer = &*label.peer,
                received = traffic.received,
                sent = traffic.sent,
                exchanges = traffic.exchanges,
                reason = &*end.to_string(),
                "close"
            );
        }
    }
}
