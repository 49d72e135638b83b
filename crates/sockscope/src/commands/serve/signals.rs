//! Signals: how a server ends when it is asked to, whatever it is doing at that moment.
//!
//! SIGTERM, SIGINT and SIGHUP ask. The first lets the server finish, the next one ends it at once.
//! A thread of its own listens to them, because every other may be stuck: in a name lookup, behind
//! the lock of a directory, in a write that nobody reads. Should the server not have ended some time
//! after it had to, this thread removes the socket files and lets the signal do its usual work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use procfs::process::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use sockscope_engine::serve::Shutdown;
use sockscope_net::Endpoint;

use super::trace::Trace;
use crate::fault::CliError;
use crate::interrupt::Interrupt;

/// One request may come as several signals: timeout(1) sends one to its child and one to the group.
const ONE_REQUEST: Duration = Duration::from_millis(300);

/// How long the server may take to end at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// The signals that end a server, and what they have to know of it.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Interrupt,
    shutdown: Shutdown,
    /// Whether `shutdown` is heard: before the server serves, a signal simply ends it.
    serving: AtomicBool,
    files: Mutex<Vec<Trace>>,
}

impl Signals {
    /// From now on signals go through `shutdown`.
    pub(super) fn watch(shutdown: &Shutdown) -> Result<Arc<Self>, CliError> {
        let failed = |error| CliError::environment(error).context("cannot watch for signals");
        let this = Arc::new(Self {
            interrupt: Interrupt::watch_for(asked_by()).map_err(failed)?,
            shutdown: shutdown.clone(),
            serving: AtomicBool::new(false),
            files: Mutex::default(),
        });
        let attentive = Arc::clone(&this);
        let attend = move || attentive.attend();
        thread::Builder::new().name("signals".into()).spawn(attend).map_err(failed)?;
        Ok(this)
    }

    /// An endpoint has been bound: if that made a file, it must not be left behind.
    pub(super) fn bound(&self, endpoint: &Endpoint) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.extend(Trace::of(endpoint));
    }

    /// Whether one has come.
    pub(super) fn came(&self) -> bool {
        self.shutdown.is_asked()
    }

    /// From now on the server hears its shutdown.
    pub(super) fn serving(&self) {
        self.serving.store(true, Ordering::Relaxed);
    }

    /// Ends this process as the signal would have.
    pub(super) fn reraise(&self) -> Result<(), CliError> {
        self.interrupt.reraise().map_err(CliError::environment)
    }

    fn attend(&self) {
        if self.interrupt.wait().is_err() {
            return;
        }
        self.shutdown.finish();
        thread::sleep(ONE_REQUEST);
        if !self.serving.load(Ordering::Relaxed) {
            thread::sleep(PATIENCE);
            // It may have begun just then, to end in its own way.
            if !self.serving.load(Ordering::Relaxed) {
                self.end();
            }
        }
        while self.has_more() {
            let _ = self.interrupt.wait();
        }
        let _ = self.interrupt.wait();
        self.shutdown.abort();
        thread::sleep(PATIENCE);
        self.end();
    }

    /// Whether another signal has come already.
    fn has_more(&self) -> bool {
        let mut fds = [PollFd::new(&self.interrupt, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Ends the process although its other threads are stuck; nothing is left behind.
    fn end(&self) {
        for file in &*self.files.lock().unwrap_or_else(PoisonError::into_inner) {
            file.remove();
        }
        // It returns only for signals that end nothing.
        let _ = self.interrupt.reraise();
    }
}

/// The signals that ask a server to end. Started by `nohup`, it is meant to outlive its terminal.
fn asked_by() -> &'static [i32] {
    let ignored = Process::myself().and_then(|myself| myself.status()).map(|status| status.sigign);
    match ignored {
        Ok(ignored) if ignored & (1 << (SIGHUP - 1)) != 0 => &[SIGINT, SIGTERM],
        _ => &[SIGINT, SIGTERM, SIGHUP],
    }
}
