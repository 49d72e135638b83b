//! Task: one connection of a thread, as a task sees it.

use std::task::{Context, Poll, Waker, ready};

use super::Shared;
use super::socket::{AsyncWire, Socket};
use crate::clock::now_ns;
use crate::engine::Terms;
use crate::exchange::ExchangeError;
use crate::side::Side;

/// One connection and the buffer that its task reads into.
#[derive(Debug)]
pub(super) struct Task<W: AsyncWire, S> {
    /// `None` once it is closed.
    socket: Option<Socket<W>>,
    side: S,
    buffer: Box<[u8]>,
    /// Whoever polls it, to be told when time made something pending.
    waker: Option<Waker>,
}

impl<W: AsyncWire, S: Side> Task<W, S> {
    pub(super) fn new(socket: Socket<W>, side: S, terms: &Terms) -> Self {
        let buffer = vec![0; terms.scratch].into_boxed_slice();
        Self { socket: Some(socket), side, buffer, waker: None }
    }

    /// A drive begins.
    pub(super) fn start(&mut self, shared: &Shared<S::Ledger>) {
        shared.asleep.set(shared.asleep.get() - 1);
        self.waker = None;
        let now = if self.side.needs_clock() { now_ns() } else { 0 };
        self.side.on_start(now, &mut shared.ledger.borrow_mut());
    }

    /// Time has passed; what that made pending is sent by the task itself.
    pub(super) fn tick(&mut self, shared: &Shared<S::Ledger>) -> Result<(), ExchangeError> {
        self.side.on_tick(now_ns(), &mut shared.ledger.borrow_mut())?;
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
        Ok(())
    }

    /// Goes on until it would have to wait; ready once its connection is closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, shared: &Shared<S::Ledger>) -> Poll<()> {
        if self.waker.is_none() {
            self.waker = Some(cx.waker().clone());
        }
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
                // It is no sign of the peer's that this end can send.
                self.side.sent(sent.map_err(ExchangeError::Send)?);
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
