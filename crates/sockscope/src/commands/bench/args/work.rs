//! Work: what both ends are to do, as it is typed; each list is a factor of a sweep.

use clap::ValueEnum;
use sockscope_engine::control::ServiceName;
use sockscope_engine::work::{Buffers, EngineName};

use crate::value::{self, Range};

/// Engines, workload and everything that can be swept.
#[derive(Debug, clap::Args)]
pub(crate) struct WorkArgs {
    /// How bytes are moved, at both ends, the baseline first: blocking, epoll, uring, tokio
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = EngineName::parse, default_value = "blocking")]
    pub(crate) engine: Vec<EngineName>,

    /// The engine of our own servers, if it is to be another than the client's
    #[arg(long, value_name = "NAME", value_parser = EngineName::parse, conflicts_with = "endpoints")]
    pub(crate) server_engine: Option<EngineName>,

    /// What the client does: rr, open, stream or connect
    #[arg(long, value_enum, default_value_t = Workload::Rr)]
    pub(crate) workload: Workload,

    /// Bytes of one request: 64, 4K, 1M, a list of them, or a range such as 64:1M:*4 [default: 64; of a stream 64K]
    #[arg(short, long, value_name = "LIST", value_delimiter = ',', value_parser = value::sizes)]
    pub(crate) size: Vec<Range<usize>>,

    /// Connections at once; a number, a list or a range
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = value::counts, default_value = "1")]
    pub(crate) connections: Vec<Range<u32>>,

    /// Requests in flight on each connection; a number, a list or a range [default: 1; open: up to 4096, and up to a
    /// million on all connections, which takes 24 MiB of memory, or 56 with datagrams]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = value::counts)]
    pub(crate) depth: Vec<Range<u32>>,

    /// Threads of each end that the connections are divided among; in pinned views they share the end's CPU
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) threads: u32,

    /// Requests a second of the workload open, on all connections together; a number, a list or a range
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = value::rates)]
    pub(crate) rate: Vec<Range<f64>>,

    /// How the requests of the workload open are spaced [default: uniform]
    #[arg(long, value_enum)]
    pub(crate) arrivals: Option<ArrivalsArg>,

    /// Workload connect: one request and answer before the connection is closed
    #[arg(long)]
    pub(crate) exchange: bool,

    /// Workload stream: the sender asks the kernel not to copy, where that exists
    #[arg(long)]
    pub(crate) zero_copy: bool,

    /// Buffers to ask for at both ends: default, equal (208K for all), or bytes; sockets get twice as many
    #[arg(long, value_name = "SIZE", value_parser = buffers, default_value = "default")]
    pub(crate) buffers: Buffers,

    /// Whether small TCP segments leave at once: on, off, or both to compare them
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = on_off, default_value = "on")]
    pub(crate) nodelay: Vec<bool>,

    /// What the servers say: echo (the request) or pong (for ping)
    #[arg(long, value_name = "NAME", default_value = "echo", value_parser = service)]
    pub(crate) service: ServiceName,
}

/// What the client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Round trips: the next request follows an answer
    Rr,
    /// An open loop: requests leave on a schedule (--rate), whatever the answers do
    Open,
    /// One way, as fast as it goes, counted by the receiver
    Stream,
    /// Connect, be accepted, close
    Connect,
}

/// How the requests of an open loop are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArrivalsArg {
    /// Evenly
    Uniform,
    /// At random, as many independent clients would
    Poisson,
}

fn buffers(text: &str) -> Result<Buffers, String> {
    match text {
        "default" => Ok(Buffers::Default),
        "equal" => Ok(Buffers::Equal),
        bytes => {
            let bytes =
                value::size(bytes).map_err(|error| format!("{error}; or default, or equal"))?;
            u32::try_from(bytes).map(Buffers::Bytes).map_err(|error| error.to_string())
        }
    }
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("either on or off".into()),
    }
}

fn service(name: &str) -> Result<ServiceName, String> {
    [ServiceName::Echo, ServiceName::Pong]
        .into_iter()
        .find(|service| service.name() == name)
        .ok_or_else(|| "the services that can be measured are echo and pong".to_owned())
}
