//! Tokio: what an application on tokio would see: a task for each connection, on a runtime of one thread.
//!
//! Streams of Unix and TCP are tokio's own types; other sockets are driven through [`AsyncFd`], as an application has to. The
//! runtime allocates, counts its tasks' budgets and looks for events when it sees fit: that is what this engine measures.
//! It always sleeps when there is nothing to do.

mod accepting;
mod socket;
mod task;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::task::JoinHandle;

pub(crate) use self::accepting::accept_until;
pub use self::socket::AsyncWire;
use self::task::Task;
use super::watchdog::{Timer, Watchdog};
use super::{Engine, Terms};
use crate::exchange::ExchangeError;
use crate::side::{Ledger, Side};
use crate::wire::Counted;

/// Drives connections by tasks.
pub struct Tokio<W: AsyncWire, S: Side> {
    /// Before the runtime, which its sockets need to end.
    tasks: Box<[SharedTask<W, S>]>,
    shared: Rc<Shared<S::Ledger>>,
    watchdog: Option<(Watchdog, AsyncFd<Timer>)>,
    /// Whether sides are told of the time.
    ticks: bool,
    runtime: LocalRuntime,
}

/// A task that its engine can reach, too.
type SharedTask<W, S> = Rc<RefCell<Task<W, S>>>;

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
    /// Whether a task has panicked.
    panicked: Cell<bool>,
    /// Who waits for the end of the drive.
    waiting: RefCell<Option<Waker>>,
}

impl<W, S> Engine<Counted<W>, S> for Tokio<W, S>
where
    W: AsyncWire + 'static,
    S: Side + 'static,
    S::Ledger: 'static,
{
    fn new(ends: Vec<(Counted<W>, S)>, terms: &Terms) -> io::Result<Self> {
        let runtime =
            Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
        let entered = runtime.enter();
        let shared = Rc::new(Shared::new(ends.len()));
        let tasks = ends.into_iter().map(|(wire, side)| {
            let wire = wire.into_uncounted();
            wire.set_nonblocking(true)?;
            let socket = wire.into_socket()?;
            Ok(Rc::new(RefCell::new(Task::new(socket, side, terms))))
        });
        let tasks = tasks.collect::<io::Result<_>>()?;
        let timed = |dog: Watchdog| Ok((dog, socket::watched(Timer::every(dog.interval())?)?));
        let watchdog: io::Result<_> = Watchdog::new(terms).map(timed).transpose();
        let watchdog = watchdog?;
        drop(entered);
        Ok(Self { tasks, shared, watchdog, ticks: terms.tick.is_some(), runtime })
    }

    fn drive(&mut self, ledger: &mut S::Ledger) -> Result<(), ExchangeError> {
        // Tasks cannot borrow: they find the ledger where they can reach it.
        std::mem::swap(ledger, &mut self.shared.ledger.borrow_mut());
        let Self { tasks, shared, watchdog, ticks, runtime } = self;
        let ticks = ticks.then_some(&**tasks);
        shared.moved.set(true);
        shared.asleep.set(tasks.len());
        let driven = runtime.block_on(async {
            let spawned: Vec<_> = tasks
                .iter()
                .map(|task| {
                    let (task, shared) = (Rc::clone(task), Rc::clone(shared));
                    tokio::task::spawn_local(async move {
                        let _alarm = Alarm(&shared);
                        task.borrow_mut().start(&shared);
                        poll_fn(|cx| task.borrow_mut().poll(cx, &shared)).await;
                    })
                })
                .collect();
            let driven = poll_fn(|cx| shared.poll(cx, watchdog, ticks)).await;
            // Only those that wait for input are left.
            spawned.iter().for_each(JoinHandle::abort);
            if shared.panicked.get() {
                resume_panic(spawned).await;
            }
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
            panicked: Cell::new(false),
            waiting: RefCell::default(),
        }
    }

    /// Whether there is nothing left to drive.
    fn is_over(&self) -> bool {
        self.panicked.get()
            || self.open.get() == 0
            || (self.asleep.get() == 0 && self.ledger.borrow().is_done())
    }

    /// Waits for the end of the drive.
    fn poll<W: AsyncWire, S: Side<Ledger = L>>(
        &self,
        cx: &mut Context<'_>,
        watchdog: &mut Option<(Watchdog, AsyncFd<Timer>)>,
        ticks: Option<&[SharedTask<W, S>]>,
    ) -> Poll<Result<(), ExchangeError>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if self.is_over() {
            return Poll::Ready(Ok(()));
        }
        self.waiting.replace(Some(cx.waker().clone()));
        let Some((watchdog, timer)) = watchdog else { return Poll::Pending };
        loop {
            let mut guard = match timer.poll_read_ready_mut(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(guard) => guard.map_err(ExchangeError::Receive)?,
            };
            guard.clear_ready();
            if !guard.get_inner().read()? {
                continue;
            }
            if self.moved.replace(false) {
                watchdog.moved();
            }
            watchdog.ticked()?;
            for task in ticks.unwrap_or(&[]) {
                task.borrow_mut().tick(self)?;
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

/// Ends the drive when a task panics, which the runtime would keep to itself: nobody would wait for that task's connection
/// in vain.
struct Alarm<'a, L: Ledger>(&'a Shared<L>);

impl<L: Ledger> Drop for Alarm<'_, L> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.set(true);
            self.0.wake();
        }
    }
}

/// Goes on with the panic of a task.
#[cold]
async fn resume_panic(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        if let Some(panic) = task.await.err().and_then(|error| error.try_into_panic().ok()) {
            resume_unwind(panic);
        }
    }
}

impl<W: AsyncWire, S: Side> fmt::Debug for Tokio<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokio").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
