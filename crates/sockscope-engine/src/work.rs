//! Work: what the two ends of a cell do, as far as both have to know it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::control::ServiceName;

/// Everything that the client and the server of one cell agree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// What the server says.
    pub service: ServiceName,
    /// Bytes of one request; see [`message_len`](Self::message_len).
    pub size: usize,
    /// What the client does.
    pub load: Load,
    /// Connections at once.
    pub connections: u32,
    /// Requests in flight on one connection.
    pub depth: u32,
    /// Threads of each end that the connections are divided among. The blocking engine has one for each connection.
    pub threads: u32,
    /// Requests a second on all connections together, in an open loop; `None` for as fast as the answers come.
    pub rate: Option<f64>,
    /// How each end moves bytes.
    pub engines: Engines,
    /// Which socket buffers are asked for.
    pub buffers: Buffers,
    /// Whether small TCP segments leave at once (`TCP_NODELAY`), at both ends.
    pub nodelay: bool,
}

impl Work {
    /// Bytes of one request, and of its answer: `ping` and `pong` have four, whatever was asked for.
    #[must_use]
    pub fn message_len(&self) -> usize {
        match self.service {
            ServiceName::Echo => self.size,
            ServiceName::Pong => 4,
        }
    }

    /// Whether the client has one connection and one request in flight, so that the clock is read once per exchange.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.load == Load::RoundTrip && (self.connections, self.depth) == (1, 1)
    }

    /// The threads of an end with this engine: no more than there are connections; of the blocking engine as many.
    #[must_use]
    pub fn threads_with(&self, engine: EngineName) -> u32 {
        let connections = self.connections.max(1);
        match engine {
            EngineName::Blocking => connections,
            _ => self.threads.clamp(1, connections),
        }
    }
}

impl Default for Work {
    /// Round trips of 64 bytes over one connection, with blocking calls.
    fn default() -> Self {
        Self {
            service: ServiceName::Echo,
            size: 64,
            load: Load::RoundTrip,
            connections: 1,
            depth: 1,
            threads: 1,
            rate: None,
            engines: Engines::both(EngineName::Blocking),
            buffers: Buffers::Default,
            nodelay: true,
        }
    }
}

/// What the client does: the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// A closed loop: the next request follows an answer.
    RoundTrip,
    /// An open loop: requests leave on a schedule, whatever the answers do.
    Open {
        /// How the intended times are spaced.
        arrivals: Arrivals,
    },
    /// One way, as fast as it goes, counted by the receiver.
    Stream {
        /// Whether the sender asks the kernel not to copy.
        zero_copy: bool,
    },
    /// Connect, be accepted, close.
    Connect {
        /// Whether one request is answered in between.
        exchange: bool,
    },
}

impl Load {
    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundTrip => "rr",
            Self::Open { .. } => "open",
            Self::Stream { .. } => "stream",
            Self::Connect { .. } => "connect",
        }
    }
}

/// How the intended times of an open loop are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Evenly.
    Uniform,
    /// At random and independently of each other, as many independent clients would.
    Poisson,
}

impl Arrivals {
    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Poisson => "poisson",
        }
    }
}

/// How bytes are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineName {
    /// Plain calls that sleep, a thread for each connection.
    Blocking,
    /// Non-blocking calls behind epoll(7).
    Epoll,
    /// `io_uring(7)`.
    Uring,
    /// The tokio runtime: what an application would see.
    Tokio,
    /// A loop that checks nothing, for the self-check only: it is in no list and on no command line.
    Bare,
}

impl EngineName {
    /// All that can be asked for.
    pub const ALL: [Self; 4] = [Self::Blocking, Self::Epoll, Self::Uring, Self::Tokio];

    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Epoll => "epoll",
            Self::Uring => "uring",
            Self::Tokio => "tokio",
            Self::Bare => "bare",
        }
    }

    /// The engine of this name.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|engine| engine.name() == name).ok_or_else(|| {
            format!(
                "no engine is called {name:?}; there are {}",
                Self::ALL.map(Self::name).join(", ")
            )
        })
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The engines of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Engines {
    /// Of the client.
    pub client: EngineName,
    /// Of the server, where it is ours.
    pub server: EngineName,
}

impl Engines {
    /// The same at both ends.
    #[must_use]
    pub const fn both(engine: EngineName) -> Self {
        Self { client: engine, server: engine }
    }
}

/// Which socket buffers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buffers {
    /// Whatever the kernel gives each transport.
    Default,
    /// The same for every transport of a cell's group.
    Equal,
    /// So many bytes, for `SO_SNDBUF` and `SO_RCVBUF` at both ends. The kernel grants twice as many, for what it needs
    /// itself, and cuts without a word what is more than its limits (`net.core.wmem_max`, `rmem_max`).
    Bytes(u32),
}

impl Buffers {
    /// What `equal` asks for: more than the default of any transport needs, and within the default limits of the kernel
    /// (`net.core.wmem_max`), so that all get the same.
    pub const EQUAL: u32 = 208 * 1024;

    /// The bytes to ask for, if any are.
    #[must_use]
    pub const fn bytes(self) -> Option<u32> {
        match self {
            Self::Default => None,
            Self::Equal => Some(Self::EQUAL),
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

impl fmt::Display for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Equal => f.write_str("equal"),
            Self::Bytes(bytes) => write!(f, "{bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocking_engine_has_a_thread_for_each_connection_and_the_others_what_was_asked_for() {
        let rows = [
            (EngineName::Blocking, 64, 2, 64),
            (EngineName::Epoll, 64, 2, 2),
            (EngineName::Epoll, 1, 4, 1),
            (EngineName::Tokio, 3, 0, 1),
            (EngineName::Uring, 0, 2, 1),
        ];
        for (engine, connections, threads, expected) in rows {
            let work = Work { connections, threads, ..Work::default() };
            assert_eq!(work.threads_with(engine), expected, "{engine} {connections} {threads}");
        }
    }
}
