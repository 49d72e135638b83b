//! Tokio: what an application on tokio would see: a task for each connection, on a runtime of one thread.
//!
//! Streams of Unix and TCP are tokio's own types; other sockets are driven through [`AsyncFd`], as an application has to. The
//! runtime allocates, counts its tasks' budgets and looks for events when it sees fit: that is what this engine measures.
//! It always sleeps when there is nothing to do.

mod socket;
mod task;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use sockscope_net::Conn;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use self::socket::Socket;
use self::task::Task;
use super::watchdog::Watchdog;
use super::{Engine, Terms};
use crate::exchange::ExchangeError;
use crate::side::{Ledger, Side};
use crate::wire::Counted;

/// Drives connections by tasks.
pub struct Tokio<S: Side> {
    /// Before the runtime, which its sockets need to end.
    tasks: Vec<Rc<RefCell<Task<S>>>>,
    shared: Rc<Shared<S::Ledger>>,
    watchdog: Option<AsyncFd<Watchdog>>,
    runtime: LocalRuntime,
}

/// What the tasks of a thread share.
struct Shared<L> {
    ledger: RefCell<L>,
    /// Connections that are not closed.
    open: Cell<usize>,
    /// Tasks that have not begun this drive.
    asleep: Cell<usize>,
    /// Whether anything moved since the watchdog looked.
    moved: Cell<bool>,
    failed: RefCell<Option<ExchangeError>>,
    /// Who waits for the end of the drive.
    waiting: RefCell<Option<Waker>>,
}

impl<S> Engine<Counted<Conn>, S> for Tokio<S>
where
    S: Side + 'static,
    S::Ledger: 'static,
{
    fn new(ends: Vec<(Counted<Conn>, S)>, terms: &Terms) -> io::Result<Self> {
        let runtime =
            Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
        let entered = runtime.enter();
        let shared = Rc::new(Shared::new(ends.len()));
        let tasks = ends.into_iter().map(|(wire, side)| {
            let socket = Socket::new(wire.into_uncounted())?;
            Ok(Rc::new(RefCell::new(Task::new(socket, side, terms))))
        });
        let tasks = tasks.collect::<io::Result<_>>()?;
        let watchdog = terms.patience.map(Watchdog::new).transpose()?;
        let watchdog = watchdog.map(socket::watched).transpose()?;
        drop(entered);
        Ok(Self { tasks, shared, watchdog, runtime })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        // Tasks cannot borrow: they find the ledger where they can reach it.
        std::mem::swap(ledger, &mut self.shared.ledger.borrow_mut());
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.get_mut().moved();
        }
        let Self { tasks, shared, watchdog, runtime } = self;
        shared.asleep.set(tasks.len());
        let driven = runtime.block_on(async {
            let spawned: Vec<_> = tasks
                .iter()
                .map(|task| {
                    let (task, shared) = (Rc::clone(task), Rc::clone(shared));
                    tokio::task::spawn_local(async move {
                        task.borrow_mut().start(&shared);
                        poll_fn(|cx| task.borrow_mut().poll(cx, &shared)).await;
                    })
                })
                .collect();
            let driven = poll_fn(|cx| shared.poll(cx, watchdog.as_mut())).await;
            // Only those that wait for input are left.
            spawned.iter().for_each(tokio::task::JoinHandle::abort);
            driven
        });
        std::mem::swap(ledger, &mut self.shared.ledger.borrow_mut());
        driven
    }
}

impl<L: Ledger> Shared<L> {
    fn new(open: usize) -> Self {
        Self {
            ledger: RefCell::default(),
            open: Cell::new(open),
            asleep: Cell::new(0),
            moved: Cell::new(false),
            failed: RefCell::default(),
            waiting: RefCell::default(),
        }
    }

    /// Whether there is nothing left to drive.
    fn is_over(&self) -> bool {
        self.open.get() == 0 || (self.asleep.get() == 0 && self.ledger.borrow().is_done())
    }

    /// Waits for the end of the drive.
    fn poll(
        &self,
        cx: &mut Context<'_>,
        watchdog: Option<&mut AsyncFd<Watchdog>>,
    ) -> Poll<Result<(), ExchangeError>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if self.is_over() {
            return Poll::Ready(Ok(()));
        }
        self.waiting.replace(Some(cx.waker().clone()));
        let Some(watchdog) = watchdog else { return Poll::Pending };
        loop {
            match watchdog.poll_read_ready_mut(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(ExchangeError::Receive(error)));
                }
                Poll::Ready(Ok(mut guard)) => {
                    guard.clear_ready();
                    if self.moved.replace(false) {
                        guard.get_inner_mut().moved();
                    }
                    if let Err(error) = guard.get_inner_mut().ticked() {
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }

    /// Wakes whoever waits for the end of the drive.
    fn wake(&self) {
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

impl<S: Side> fmt::Debug for Tokio<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokio").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
