//! Args: the command line of `ping`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use sockscope_net::Endpoint;

use crate::value;

/// Probe endpoints like ping(8): do they answer, and how fast
///
/// Each probe is one exchange over a connection that stays open; after a failure the next probe connects anew. All endpoints
/// are probed at the same time. Ctrl-C ends it with the summary.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[arg(value_name = "ENDPOINT", help = ENDPOINT_HELP, required = true, value_parser = value::endpoint())]
    pub(super) endpoints: Vec<Endpoint>,

    /// Stop after N probes of each endpoint [default: at Ctrl-C]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// From the start of one probe to that of the next; 0 for no pause
    #[arg(short, long, value_name = "DURATION", default_value = "1s", value_parser = interval)]
    pub(super) interval: Duration,

    /// Send so many bytes (64, 4K, 1M) and want them back: service echo
    #[arg(short, long, value_name = "BYTES", value_parser = value::size)]
    pub(super) size: Option<usize>,

    /// How long to wait for a connection, and then for the answer
    #[arg(short = 'W', long, value_name = "DURATION", default_value = "1s", value_parser = value::duration)]
    pub(super) timeout: Duration,

    /// What the server is expected to say
    #[arg(long, value_enum, default_value_t = Service::Auto)]
    pub(super) service: Service,

    /// Only connect: for servers that answer no ping (docker, redis, mysql)
    #[arg(long, conflicts_with_all = ["size", "service"])]
    pub(super) connect_only: bool,

    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Save every probe and the summary as JSON lines, too
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Only the summary
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What a server says when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Service {
    /// Sends `ping` and takes `pong` or `ping`; with --size the same as echo
    Auto,
    /// Sends `ping` and takes `pong`
    Pong,
    /// Sends 64 bytes, numbered, and wants them back
    Echo,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// `sockscope.ping/1`: an object a line, the summary last
    Json,
}

impl Args {
    /// The format, whichever way it was asked for.
    pub(super) fn chosen_format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// A duration that may also be nothing.
fn interval(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" | "0ms" => Ok(Duration::ZERO),
        text => value::duration(text),
    }
}

const ENDPOINT_HELP: &str =
    "What to probe, such as tcp:localhost:8080, unix:/run/x.sock or udp:[::1]:9";

const AFTER_HELP: &str = "\
A round trip lasts from just before the first send to just after the last
receive; connecting is not part of it. p50 is shown from 20 answers on and p99
from 1000 on: a percentile needs 10 samples beyond it, else it reads —.

A datagram that is not answered in time is lost. An echo is numbered, so a late
answer is never taken for the next one; pong is not, so what came late is thrown
away before the next ping, and the next ping comes from a fresh socket.

Exit status: 0 all answered, 1 some lost, 2 wrong call, 3 this machine cannot
(no such name, no socket to be had), 4 a wrong answer. A name that does not
resolve does not keep the other endpoints from being probed. If the reader of
the output goes away, the probes until then decide; with -o it goes on.

Examples:
  sockscope ping unix:/run/x.sock
  sockscope ping -c 1 tcp:127.0.0.1:8080 unix:jinsu.sock
  sockscope ping -q -i 0 -c 100000 -s 4K tcp:localhost:7
  sockscope ping --connect-only /var/run/docker.sock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_may_be_nothing() {
        for text in ["0", "0s", "0ms"] {
            assert_eq!(interval(text), Ok(Duration::ZERO));
        }
        assert_eq!(interval("200ms"), Ok(Duration::from_millis(200)));
        assert!(interval("-1s").is_err());
    }
}
