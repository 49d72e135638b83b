//! `Both`: either end of a connection, where one thread drives both.

use super::{Answers, Side};
use crate::exchange::ExchangeError;

/// The client's end or the server's, of connections whose ends are all driven together.
#[derive(Debug)]
pub enum Both<C, S> {
    /// It measures.
    Client(C),
    /// It answers.
    Server(S),
}

impl<C: Side, S: Side<Ledger = Answers>> Side for Both<C, S> {
    type Ledger = C::Ledger;

    #[inline]
    fn needs_clock(&self) -> bool {
        match self {
            Self::Client(client) => client.needs_clock(),
            Self::Server(server) => server.needs_clock(),
        }
    }

    fn on_start(&mut self, now: u64, ledger: &mut C::Ledger) {
        match self {
            Self::Client(client) => client.on_start(now, ledger),
            Self::Server(server) => server.on_start(now, &mut Answers::default()),
        }
    }

    #[inline]
    fn pending(&self) -> &[u8] {
        match self {
            Self::Client(client) => client.pending(),
            Self::Server(server) => server.pending(),
        }
    }

    #[inline]
    fn sent(&mut self, count: usize) {
        match self {
            Self::Client(client) => client.sent(count),
            Self::Server(server) => server.sent(count),
        }
    }

    #[inline]
    fn wants_input(&self) -> bool {
        match self {
            Self::Client(client) => client.wants_input(),
            Self::Server(server) => server.wants_input(),
        }
    }

    #[inline]
    fn inlet<'a>(&'a mut self, scratch: &'a mut [u8]) -> &'a mut [u8] {
        match self {
            Self::Client(client) => client.inlet(scratch),
            Self::Server(server) => server.inlet(scratch),
        }
    }

    #[inline]
    fn on_input(
        &mut self,
        scratch: &[u8],
        count: usize,
        now: u64,
        ledger: &mut C::Ledger,
    ) -> Result<(), ExchangeError> {
        match self {
            Self::Client(client) => client.on_input(scratch, count, now, ledger),
            Self::Server(server) => server.on_input(scratch, count, now, &mut Answers::default()),
        }
    }

    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut C::Ledger,
    ) -> Result<usize, ExchangeError> {
        match self {
            Self::Client(client) => client.on_bytes(input, now, ledger),
            Self::Server(server) => server.on_bytes(input, now, &mut Answers::default()),
        }
    }

    fn on_tick(&mut self, now: u64, ledger: &mut C::Ledger) -> Result<(), ExchangeError> {
        match self {
            Self::Client(client) => client.on_tick(now, ledger),
            Self::Server(server) => server.on_tick(now, &mut Answers::default()),
        }
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        match self {
            Self::Client(client) => client.on_end(),
            Self::Server(server) => server.on_end(),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Client(client) => client.is_over(),
            Self::Server(server) => server.is_over(),
        }
    }
}
