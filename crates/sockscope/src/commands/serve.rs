//! `serve`: pong, echo, ticker, discard or whoami on any number of endpoints in one process.

mod activation;
mod args;
mod log;
mod meant;
mod ready;
mod signals;
mod trace;

use std::fmt::{self, Display};
use std::process;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sockscope_engine::serve::{ServeError, Shutdown, Summary, Traffic, serve_announced};
use sockscope_net::{BindError, BindOptions, Endpoint, Kind, Listener, Owner};
use sockscope_proto::service::{Discard, Echo, Pong, Ticker, Whoami};

pub(crate) use args::Args;

use args::ServiceName;
use log::Log;
use ready::Ready;
use signals::Signals;

use crate::fault::CliError;
use crate::status::Status;

/// Binds everything, says so, and serves until it is told to end.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    meant::check(args)?;
    let ready = args.ready_fd.map(Ready::take).transpose()?;
    raise_descriptor_limit();
    sockscope_net::remember_own_names();
    let log = Log::start(args.log_level(), args.quiet);
    let failed = |error| CliError::environment(error).context("cannot set up the event loop");
    let shutdown = Shutdown::new().map_err(failed)?;
    // Before the first socket file exists: from here on a signal lets it be removed.
    let signals = Signals::watch(&shutdown)?;
    let listeners = bind(args, &signals)?;
    if signals.came() {
        drop(listeners);
        signals.reraise()?;
        return Ok(Status::Environment);
    }
    signals.serving();
    let addresses: Vec<_> = listeners.iter().map(|listener| listener.local().to_string()).collect();
    let mut announced = Ok(());
    let announce = || {
        for address in &addresses {
            log.note(format_args!("listening on {address} ({})", args.service.name()));
        }
        announced = ready.map_or(Ok(()), |ready| ready.announce(&addresses, &shutdown));
        if announced.is_err() {
            shutdown.abort();
        }
    };
    let served = serve_by_name(args, listeners, &shutdown, announce);
    announced?;
    let summary = served.map_err(|error| {
        let hint = error.hint();
        with_hint(CliError::environment(error), hint)
    })?;
    log.note(Account(summary));
    Ok(Status::Yes)
}

/// What a server says of its life when it ends.
struct Account(Summary);

impl Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { connections, failed, refused, cut, traffic, .. } = self.0;
        let Traffic { received, sent, exchanges, dropped } = traffic;
        let (connections, exchanges) =
            (counted(connections, "connection"), counted(exchanges, "exchange"));
        write!(f, "served {connections} and {exchanges}: ")?;
        write!(f, "{} in, {} out", counted(received, "byte"), counted(sent, "byte"))?;
        for (count, noun, fate) in [
            (failed, "connection", "failed"),
            (refused, "connection", "refused for a bad byte"),
            (cut, "connection", "cut off"),
            (dropped, "message", "dropped"),
        ] {
            if count > 0 {
                write!(f, "; {} {fate}", counted(count, noun))?;
            }
        }
        Ok(())
    }
}

/// `1 byte`, `2 bytes`.
fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Binds every endpoint or none: what was bound before an error is closed again, its files removed.
/// It stops where a signal comes.
fn bind(args: &Args, signals: &Signals) -> Result<Vec<Listener>, CliError> {
    let is_passed = |endpoint: &Endpoint| matches!(endpoint, Endpoint::SdListen(_));
    let activated =
        if args.endpoints.iter().any(is_passed) { activation::handed_over()? } else { Vec::new() };
    let options = BindOptions { mode: args.mode, activated, ..BindOptions::default() };
    let mut listeners = Vec::new();
    for endpoint in args.endpoints.iter().take_while(|_| !signals.came()) {
        let bound = Listener::bind(endpoint, &options).map_err(not_bound)?;
        signals.bound(endpoint);
        listeners.extend(bound);
    }
    // Only now is the kind of an inherited socket known.
    let datagrams = listeners.iter().find(|listener| listener.kind() == Kind::Datagram);
    match datagrams.filter(|_| args.service == ServiceName::Ticker) {
        Some(listener) => Err(meant::no_connections(listener.local())),
        None => Ok(listeners),
    }
}

fn not_bound(error: BindError) -> CliError {
    match &error {
        BindError::InUse { endpoint, owner: Some(owner) } if is_us(owner) => {
            let error = format!("{endpoint} is what another endpoint of this call has bound");
            CliError::usage(error).hint("name each address once")
        }
        _ => {
            let hint = error.hint();
            with_hint(CliError::environment(error), hint)
        }
    }
}

fn is_us(owner: &Owner) -> bool {
    u32::try_from(owner.pid).is_ok_and(|pid| pid == process::id())
}

/// From the service's name to its type, once: nothing beyond this point is chosen at run time.
fn serve_by_name(
    args: &Args,
    listeners: Vec<Listener>,
    shutdown: &Shutdown,
    announce: impl FnOnce(),
) -> Result<Summary, ServeError> {
    let options = args.options();
    match args.service {
        ServiceName::Pong => {
            serve_announced(listeners, &Pong::default(), &options, shutdown, announce)
        }
        ServiceName::Echo => serve_announced(listeners, &Echo, &options, shutdown, announce),
        ServiceName::Ticker => {
            let schedule = args.schedule();
            let ticker = Ticker::new(schedule.interval, schedule.count);
            serve_announced(listeners, &ticker, &options, shutdown, announce)
        }
        ServiceName::Discard => serve_announced(listeners, &Discard, &options, shutdown, announce),
        ServiceName::Whoami => serve_announced(listeners, &Whoami, &options, shutdown, announce),
    }
}

/// As many descriptors as this process may have: ten thousand connections need more than the usual
/// soft limit.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it the server only has fewer connections at a time.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

fn with_hint(error: CliError, hint: Option<String>) -> CliError {
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
