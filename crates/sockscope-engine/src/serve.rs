//! Server: any number of listeners of any kind, served from one process on epoll.
//!
//! The contract of this engine:
//!
//! - Each worker thread has its own epoll set, level-triggered, and its own connections; while data
//!   moves, workers share nothing. Each listener belongs to one worker, which gives every new
//!   connection to the worker that has the fewest (`team.rs` says why).
//! - One exchange of a connection costs its share of one `epoll_wait`, one receive and one send. No
//!   clock is read for a service that needs none, nothing is allocated or logged, and no call is
//!   dynamic.
//! - An idle connection has no buffer. What a slow peer does not take is kept, and until it has
//!   taken it the connection is not read: memory is bounded by [`Options::buffer`] for the answer
//!   and as much for the input.
//! - What goes wrong on a connection (a reset, a broken pipe, a byte that the service does not
//!   know) ends that connection only. Without a free descriptor accepting pauses; it neither spins
//!   nor ends.
//! - A datagram that claims to come from the server itself is dropped: answered, it would go round
//!   for ever.
//! - Asked to end, a server stops accepting, answers what it has received, and ends.
//! - Nothing is printed: connections, pauses and the end are [`tracing`] events, never one for each
//!   message.

mod connection;
mod deadlines;
mod end;
mod error;
mod own;
mod shutdown;
mod summary;
mod team;
mod token;
mod unsent;
mod worker;

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use sockscope_net::{Kind, Listener};
use sockscope_proto::{Out, Service};

pub use error::ServeError;
pub use shutdown::Shutdown;
pub use summary::{Summary, Traffic};

use own::OwnAddresses;
use team::Team;
use worker::{Shared, Worker};

/// How a server runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that serve.
    pub threads: NonZeroUsize,
    /// How long the server may go on answering what it has received once it was asked to end.
    pub grace: Duration,
    /// The most that is read at once and kept unsent, in bytes; at least [`Out::MIN_SPACE`]. A
    /// message that is longer is dropped.
    pub buffer: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: NonZeroUsize::MIN, grace: Duration::from_secs(5), buffer: Self::BUFFER }
    }
}

impl Options {
    /// The buffer unless chosen otherwise: 64 KiB, what the longest datagram needs.
    pub const BUFFER: usize = 64 * 1024;
}

/// Serves until `shutdown` asks it to end; the calling thread is one of the workers.
///
/// `service` is the template that every connection (and every datagram socket) gets a clone of.
pub fn serve<S>(
    listeners: Vec<Listener>,
    service: &S,
    options: &Options,
    shutdown: &Shutdown,
) -> Result<Summary, ServeError>
where
    S: Service + Clone + Send + Sync,
{
    serve_announced(listeners, service, options, shutdown, || {})
}

/// The same; `announce` is called once everything that serving takes is there, so that nothing but
/// a request ends the server from then on. The calling thread serves when it returns.
pub fn serve_announced<S>(
    listeners: Vec<Listener>,
    service: &S,
    options: &Options,
    shutdown: &Shutdown,
    announce: impl FnOnce(),
) -> Result<Summary, ServeError>
where
    S: Service + Clone + Send + Sync,
{
    let datagrams = listeners.iter().find(|listener| listener.kind() == Kind::Datagram);
    if let Some(listener) = datagrams.filter(|_| !S::DATAGRAMS) {
        return Err(ServeError::Datagrams { endpoint: listener.local().to_string() });
    }
    let threads = options.threads.get();
    let shared = Shared {
        service,
        team: Team::new(threads).map_err(ServeError::SetUp)?,
        own: OwnAddresses::of(&listeners),
        endpoints: listeners.iter().map(|listener| listener.local().to_string()).collect(),
        grace: options.grace,
        buffer: options.buffer.max(Out::MIN_SPACE),
        shutdown,
    };
    let mut workers = Vec::with_capacity(threads);
    for index in 0..threads {
        workers.push(Worker::new(index, &shared)?);
    }
    for (endpoint, listener) in listeners.into_iter().enumerate() {
        workers[endpoint % threads].watch(endpoint, listener)?;
    }
    run(workers, shutdown, announce)
}

/// Runs the workers, each on its own thread, and adds up what they did.
fn run<S>(
    workers: Vec<Worker<'_, S>>,
    shutdown: &Shutdown,
    announce: impl FnOnce(),
) -> Result<Summary, ServeError>
where
    S: Service + Clone + Send + Sync,
{
    thread::scope(|scope| {
        let mut workers = workers.into_iter().enumerate();
        let first = workers.next();
        let mut threads = Vec::new();
        let mut result = Ok(Summary::default());
        for (index, worker) in workers {
            let name = format!("serve-{index}");
            match thread::Builder::new().name(name).spawn_scoped(scope, || worker.run()) {
                Ok(thread) => threads.push(thread),
                Err(source) => {
                    result = Err(ServeError::Spawn { index, source });
                    shutdown.abort();
                    break;
                }
            }
        }
        if result.is_ok() {
            announce();
        }
        if let Some((_, worker)) = first {
            result = add(result, worker.run());
        }
        for thread in threads {
            let ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = add(result, ended);
        }
        result
    })
}

/// Adds what one worker did; the first error stays.
fn add(
    total: Result<Summary, ServeError>,
    worker: Result<Summary, ServeError>,
) -> Result<Summary, ServeError> {
    let mut total = total?;
    total += worker?;
    Ok(total)
}
