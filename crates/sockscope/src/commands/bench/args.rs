//! Args: the command line of `bench`.

mod transports;
mod work;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use sockscope_engine::view::View;
use sockscope_net::Endpoint;

pub(crate) use transports::{Transports, listed};
pub(crate) use work::{ArrivalsArg, WorkArgs, Workload};

use crate::value;

/// Compare transports on this machine, or measure servers that are already running
///
/// Without an endpoint, sockscope starts servers of its own, Unix against TCP, and measures them in every view that the
/// machine has. With endpoints, it measures the servers that are running there; the first one is the baseline.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct Args {
    #[arg(
        value_name = "ENDPOINT",
        value_parser = value::endpoint(),
        help = "Servers that are already running, such as tcp:127.0.0.1:8080 or unix:/run/x.sock"
    )]
    pub(crate) endpoints: Vec<Endpoint>,

    /// Transports of our own servers, the baseline first, or all [default: tcp,unix]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = Transports::parse, conflicts_with = "endpoints")]
    pub(crate) transport: Vec<Transports>,

    /// Views to measure [default: all that apply]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) view: Vec<View>,

    #[command(flatten)]
    pub(crate) work: WorkArgs,

    /// How often everything is measured, in random order; 6 at least for an interval
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,

    /// Independent runs, each of all rounds; compare takes the run as its unit
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,

    /// How long one block is measured, 1ms to 10m; the view solo takes a fifth
    #[arg(long, value_name = "DURATION", default_value = "100ms", value_parser = block)]
    pub(crate) block: Duration,

    /// The longest that the whole may take; rounds are cut to fit, never below 6
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = value::duration)]
    pub(crate) max_time: Duration,

    /// The difference, in percent, within which two cells count as the same
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = margin)]
    pub(crate) margin: f64,

    /// Decides the random order [default: random]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Save the result as JSON, too
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Save every cell's samples as an HdrHistogram interval log, too
    #[arg(long, value_name = "FILE")]
    pub(crate) hlog: Option<PathBuf>,

    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Show what an exchange costs in every view, with everything that was counted
    #[arg(long)]
    pub(crate) cost: bool,

    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Print the plan and how long it takes, and measure nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// No progress
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// The command line, as it goes into the result.
    #[arg(skip = std::env::args_os().collect::<Vec<_>>())]
    pub(crate) command: Vec<OsString>,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, 80 columns
    Text,
    /// The whole result, `sockscope.bench/1`
    Json,
    /// A row per block, with everything that tells its cell from others
    Csv,
    /// Go's benchmark format, a line per block, for benchstat
    Gobench,
}

impl Args {
    /// The format, whichever way it was asked for.
    pub(crate) fn chosen_format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Percent on the command line, a share in the result.
fn margin(text: &str) -> Result<f64, String> {
    let percent: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "a margin is a number of percent, such as 2 or 0.5".to_owned())?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent / 100.0)
    } else {
        Err("a margin lies between 0 and 100 percent".into())
    }
}

fn block(text: &str) -> Result<Duration, String> {
    let allowed = Duration::from_millis(1)..=Duration::from_mins(10);
    let block = value::duration(text)?;
    if allowed.contains(&block) { Ok(block) } else { Err("a block lasts from 1ms to 10m".into()) }
}

const AFTER_HELP: &str = "\
Transports, each with a server of our own, as processes that meet on loopback:
  unix, unixgram, unixpacket   Unix stream, datagram and seqpacket, by path
  unix-abstract, unixgram-abstract, unixpacket-abstract   the same, by name
  tcp, tcp6, udp, udp6         over IPv4 and IPv6
  mptcp                        Multipath TCP
  vsock                        VM sockets, where the kernel has a loopback
Floors, what lies below: two ends without an address
  socketpair                   Unix stream sockets without a name
  pipe                         two pipes
  eventfd                      two event counters (--size 8)
  shm-spin, shm-futex          rings in shared memory, polled or slept on
What the machine cannot give is listed with the reason.

Views:
  solo           one thread owns both ends: the bare socket
  same-core      two processes on one CPU: + a context switch per message
  spin           two CPUs that poll: + moving the data between two caches
  cross-core     two CPUs that sleep: + waking an idle CPU for each message
  free           not pinned: what a benchmark measures that does not ask
  client-pinned  a running server, our client on one CPU

A ratio above 1 means that the candidate is faster than the baseline. Times are
round trips, never halved; p50 and p99 are of all samples, while ratios come
from the rounds (Hodges-Lehmann, 95 % signed-rank interval), so the two need not
divide exactly.

Examples:
  sockscope bench
  sockscope bench --view same-core,cross-core --size 4K -o result.json
  sockscope bench --transport all --view same-core,spin
  sockscope bench --workload open --rate 1k:512k:*2 --view spin
  sockscope bench --workload stream --size 4K:1M:*4
  sockscope bench --workload connect --exchange
  sockscope bench --format csv --hlog result.hlog > result.csv
  sockscope bench --runs 3 -o before.json
  sockscope bench tcp:127.0.0.1:8080 unix:jinsu.sock --service pong
  sockscope bench unix:old.sock unix:new.sock";
