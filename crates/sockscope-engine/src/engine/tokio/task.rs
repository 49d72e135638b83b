//! Task: one connection of a thread, as a task sees it.

use std::task::{Context, Poll, ready};

use super::Shared;
use super::socket::Socket;
use crate::clock::now_ns;
use crate::engine::Terms;
use crate::exchange::ExchangeError;
use crate::side::Side;

/// One connection and the buffer that its task reads into.
#[derive(Debug)]
pub(super) struct Task<S> {
    /// `None` once it is closed.
    socket: Option<Socket>,
    side: S,
    buffer: Box<[u8]>,
}

impl<S: Side> Task<S> {
    pub(super) fn new(socket: Socket, side: S, terms: &Terms) -> Self {
        Self { socket: Some(socket), side, buffer: vec![0; terms.scratch].into_boxed_slice() }
    }

    /// A drive begins.
    pub(super) fn start(&mut self, shared: &Shared<S::Ledger>) {
        shared.asleep.set(shared.asleep.get() - 1);
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.side.on_start(now, &mut shared.ledger.borrow_mut());
    }

    /// Goes on until it would have to wait; ready once its connection is closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, shared: &Shared<S::Ledger>) -> Poll<()> {
        match self.go_on(cx, shared) {
            Poll::Pending => {
                if shared.is_over() {
                    shared.wake();
                }
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) if self.socket.take().is_some() => {
                shared.open.set(shared.open.get() - 1);
            }
            Poll::Ready(Ok(())) => return Poll::Ready(()),
            Poll::Ready(Err(error)) => {
                shared.failed.replace(Some(error));
            }
        }
        shared.wake();
        Poll::Ready(())
    }

    fn go_on(
        &mut self,
        cx: &mut Context<'_>,
        shared: &Shared<S::Ledger>,
    ) -> Poll<Result<(), ExchangeError>> {
        let Some(socket) = &mut self.socket else { return Poll::Ready(Ok(())) };
        loop {
            while !self.side.pending().is_empty() {
                let Poll::Ready(sent) = socket.poll_send(cx, self.side.pending()) else { break };
                self.side.sent(sent.map_err(ExchangeError::Send)?);
                shared.moved.set(true);
            }
            let is_sending = !self.side.pending().is_empty();
            if self.side.is_over() && !is_sending {
                return Poll::Ready(Ok(()));
            }
            if is_sending && !self.side.wants_input() {
                return Poll::Pending;
            }
            let inlet = self.side.inlet(&mut self.buffer);
            let count = ready!(socket.poll_receive(cx, inlet)).map_err(ExchangeError::Receive)?;
            shared.moved.set(true);
            if count == 0 {
                self.side.on_end()?;
                continue;
            }
            let now = if self.side.needs_clock() { now_ns() } else { 0 };
            self.side.on_input(&self.buffer, count, now, &mut shared.ledger.borrow_mut())?;
        }
    }
}
