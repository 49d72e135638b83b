//! Connect: accepts one connection after the other, answers what is asked on it, and closes it after its client has.
//!
//! The socket file stays until the end, so that the server must not be killed with its coordinator: it watches the control
//! channel. With plain calls and on epoll a thread that sleeps does that, and wakes the server by shutting its listener down.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use sockscope_net::Listener;
use sockscope_proto::service::{Echo, Pong};

use crate::control::{Failure, Fault, ServiceName, WorkerPlan};
use crate::engine::accept_on_ring;
use crate::exchange::{Blocking, Spinning, Waiting, answer};
use crate::serve::{Options, Shutdown, serve};
use crate::view::Wait;
use crate::work::EngineName;
use crate::worker::bound::Bound;
use crate::worker::{Stop, crew, failure, not_built, with_service};

/// Serves until the control channel ends.
pub(super) fn run(channel: &impl AsFd, plan: &WorkerPlan, bound: Bound) -> Result<(), Stop> {
    let served = match plan.work.engines.server {
        EngineName::Blocking => plain(channel, plan, &bound.listener),
        EngineName::Epoll => on_epoll(channel, plan, bound),
        EngineName::Uring => on_ring(channel, plan, &bound.listener),
        #[cfg(feature = "tokio")]
        EngineName::Tokio => on_tokio(channel, plan, &bound.listener),
        engine => Err(not_built(plan.work.load, engine)),
    };
    Ok(served?)
}

/// With plain calls, in this thread.
fn plain(channel: &impl AsFd, plan: &WorkerPlan, listener: &Listener) -> Result<(), Failure> {
    let environment = |error: &io::Error| failure(Fault::Environment, "serve", error);
    let spins = plan.wait == Wait::Spin;
    listener.set_nonblocking(spins).map_err(|error| environment(&error))?;
    let is_over = AtomicBool::new(false);
    let end = || {
        is_over.store(true, Ordering::Relaxed);
        // It wakes whoever sleeps in accept; whoever does not sleep sees the flag.
        let _ = listener.shut_down();
    };
    watching(channel, end, || {
        let accepted = if spins {
            accept_until::<Spinning>(&is_over, listener, plan)
        } else {
            accept_until::<Blocking>(&is_over, listener, plan)
        };
        accepted.map_err(|error| environment(&error))
    })
}

fn accept_until<W: Waiting>(
    is_over: &AtomicBool,
    listener: &Listener,
    plan: &WorkerPlan,
) -> io::Result<()> {
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    while !is_over.load(Ordering::Relaxed) {
        let conn = match listener.accept_plain(W::SPINS) {
            Ok(conn) => conn,
            Err(_) if is_over.load(Ordering::Relaxed) => break,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return Err(error),
        };
        with_service!(plan, |service| {
            // A client that ends in the middle of a request says so itself.
            let _ = answer::<_, W>(&conn, &mut service, &mut inbox, &mut space);
        });
    }
    Ok(())
}

/// Whether accepting may succeed the next time.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted)
}

/// With the server that `sockscope serve` is, on epoll.
fn on_epoll(channel: &impl AsFd, plan: &WorkerPlan, bound: Bound) -> Result<(), Failure> {
    let shutdown = Shutdown::new().map_err(|error| failure(Fault::Environment, "serve", &error))?;
    let threads = usize::try_from(plan.work.threads).unwrap_or(1);
    let options = Options {
        threads: threads.try_into().unwrap_or(std::num::NonZeroUsize::MIN),
        ..Options::default()
    };
    let (listener, _scratch) = bound.into_parts();
    watching(
        channel,
        || shutdown.abort(),
        || {
            let listeners = vec![listener];
            let served = match plan.work.service {
                ServiceName::Echo => serve(listeners, &Echo, &options, &shutdown),
                ServiceName::Pong => serve(listeners, &Pong::default(), &options, &shutdown),
            };
            served.map(drop).map_err(|error| failure(Fault::Environment, "serve", &error))
        },
    )
}

/// On a ring, which watches the channel itself.
fn on_ring(channel: &impl AsFd, plan: &WorkerPlan, listener: &Listener) -> Result<(), Failure> {
    let (work, wait) = (&plan.work, plan.wait);
    let served = match work.service {
        ServiceName::Echo => accept_on_ring(channel, listener, &Echo, work, wait),
        ServiceName::Pong => accept_on_ring(channel, listener, &Pong::default(), work, wait),
    };
    served.map_err(|error| failure(Fault::Environment, "serve", &error))
}

/// With a task for each connection, on a runtime that watches the channel, too.
#[cfg(feature = "tokio")]
fn on_tokio(channel: &impl AsFd, plan: &WorkerPlan, listener: &Listener) -> Result<(), Failure> {
    use crate::engine::accept_on_tokio;
    let served = match plan.work.service {
        ServiceName::Echo => accept_on_tokio(channel, listener, &Echo, &plan.work),
        ServiceName::Pong => accept_on_tokio(channel, listener, &Pong::default(), &plan.work),
    };
    served.map_err(|error| failure(Fault::Environment, "serve", &error))
}

/// Does `work`, while a thread that sleeps waits for the end of the channel and then calls `end`.
fn watching(
    channel: &impl AsFd,
    end: impl FnOnce() + Send,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let channel = channel.as_fd();
    let pipe = io::pipe().map_err(|error| failure(Fault::Environment, "make a pipe", &error))?;
    thread::scope(|scope| {
        let (done, working) = pipe;
        let watch = move || {
            let mut fds = [PollFd::new(&channel, PollFlags::IN), PollFd::new(&done, PollFlags::IN)];
            while let Err(rustix::io::Errno::INTR) = poll(&mut fds, None) {}
            if !fds[0].revents().is_empty() {
                end();
            }
        };
        thread::Builder::new()
            .spawn_scoped(scope, watch)
            .map_err(|error| crew::not_started(2, 2, &error))?;
        let result = work();
        // The watcher is not needed any more.
        drop(working);
        result
    })
}
