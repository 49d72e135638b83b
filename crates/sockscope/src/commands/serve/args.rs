//! The arguments of `serve`, and what they come to.

use std::num::{NonZeroU64, NonZeroUsize};
use std::thread::available_parallelism;
use std::time::Duration;

use clap::ValueEnum;
use sockscope_engine::serve::Options;
use sockscope_net::{Endpoint, Mode};
use tracing::level_filters::LevelFilter;

use crate::value;

/// More than any machine has use for, and few enough that one that has few can say so.
const MOST_THREADS: usize = 1024;

/// Serve on any number of endpoints of any kind, in one process
#[derive(Debug, clap::Args)]
#[command(after_help = "\
SIGTERM, SIGINT or SIGHUP ends the server: it stops accepting, answers what it
has received and removes its socket files. A second signal ends it at once; one
that comes together with the first does not count.

Datagrams: who sent one over udp: is easily forged, and echo and whoami answer
whoever it is, so serve them there to trusted networks only. On unixgram: the
kernel charges all unread answers to the one socket of the server: a client that
reads nothing can keep the others from their answers. unixpacket: has neither
problem.

  sockscope serve tcp:0.0.0.0:8080 unix:jinsu.sock
  sockscope serve unix:x.sock & echo ping | nc -N -U x.sock")]
pub(crate) struct Args {
    /// Where to serve: tcp:HOST:PORT, udp:HOST:PORT, unix:PATH, unixgram:PATH, unixpacket:PATH,
    /// fd:N, sd-listen:NAME
    #[arg(required = true, value_name = "ENDPOINT", value_parser = value::endpoint())]
    pub(super) endpoints: Vec<Endpoint>,
    /// What the server says
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub(super) service: ServiceName,
    /// Threads that serve [default: one for each available core]
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
    /// From one line of the ticker to the next [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub(super) interval: Option<Duration>,
    /// Lines of the ticker; 0 is without end [default: 5]
    #[arg(long, value_name = "N")]
    pub(super) count: Option<u64>,
    /// How long to go on answering what was received, once asked to end
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = value::duration_or_zero)]
    grace: Duration,
    /// The most that is read at once, and kept for a slow reader, on each connection
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = buffer)]
    buffer: usize,
    /// Access rights of the socket files that are made [default: 0777 less the umask]
    #[arg(long, value_name = "MODE")]
    pub(super) mode: Option<Mode>,
    /// Write the addresses really bound to this descriptor, a line each, and close it
    #[arg(long, value_name = "N")]
    pub(super) ready_fd: Option<u32>,
    /// What to log on stderr
    #[arg(long, value_enum, value_name = "LEVEL", conflicts_with_all = ["verbose", "quiet"])]
    log_level: Option<LogLevel>,
    /// Log more: answers that were lost
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Log less: only warnings, and not where the server listens
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// The services, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ServiceName {
    /// Answers each `ping` with `pong`
    #[default]
    Pong,
    /// Sends everything back unchanged
    Echo,
    /// Says `pong` on a line once an interval, and then closes
    Ticker,
    /// Reads and drops
    Discard,
    /// Says who it sees at the other end: user, group and process, or the address
    Whoami,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogLevel {
    /// Nothing
    Off,
    /// What keeps the server from its work
    Warn,
    /// Also each connection's begin and end
    Info,
    /// Also answers that were lost
    Debug,
}

/// What the ticker needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    /// From one line to the next.
    pub(super) interval: Duration,
    /// How many lines; `None` is without end.
    pub(super) count: Option<NonZeroU64>,
}

impl Args {
    pub(super) fn schedule(&self) -> Schedule {
        Schedule {
            interval: self.interval.unwrap_or(Duration::from_secs(1)),
            count: NonZeroU64::new(self.count.unwrap_or(5)),
        }
    }

    pub(super) fn options(&self) -> Options {
        let cores = || available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS);
        let threads = self.threads.unwrap_or_else(cores);
        Options {
            threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
            grace: self.grace,
            buffer: self.buffer,
        }
    }

    pub(super) fn log_level(&self) -> LevelFilter {
        match self.log_level {
            Some(LogLevel::Off) => LevelFilter::OFF,
            Some(LogLevel::Warn) => LevelFilter::WARN,
            Some(LogLevel::Debug) => LevelFilter::DEBUG,
            None if self.quiet => LevelFilter::WARN,
            None if self.verbose => LevelFilter::DEBUG,
            Some(LogLevel::Info) | None => LevelFilter::INFO,
        }
    }
}

impl ServiceName {
    /// The name as it is typed.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pong => "pong",
            Self::Echo => "echo",
            Self::Ticker => "ticker",
            Self::Discard => "discard",
            Self::Whoami => "whoami",
        }
    }
}

fn threads(text: &str) -> Result<usize, String> {
    let threads = text.parse().ok().filter(|threads| (1..=MOST_THREADS).contains(threads));
    threads.ok_or_else(|| format!("a number of threads is from 1 to {MOST_THREADS}"))
}

fn buffer(text: &str) -> Result<usize, String> {
    const LEAST: usize = 1 << 10;
    const MOST: usize = 1 << 24;
    let size = value::size(text)?;
    if (LEAST..=MOST).contains(&size) { Ok(size) } else { Err("from 1KiB to 16MiB".into()) }
}
