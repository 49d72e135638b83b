//! Control: the messages between the coordinator and its workers.
//!
//! Each message is a JSON value behind its length (four bytes, little endian), so that the channel can be anything that
//! carries bytes both ways: a socketpair today, a connection to another host tomorrow. Nothing is sent while a block is
//! measured. The order is Hello, Plan, Ready, Start, Block, and of a server Ended; Failed may come instead of any of a worker's messages.

pub mod descriptors;

use std::io::{self, Read, Write};
use std::ops::AddAssign;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::floor::Floor;
use crate::perf::BlockCounts;
use crate::usage::{TaskId, Usage};
use crate::view::Wait;
use crate::work::Work;

/// The version of the messages; coordinator and worker must agree on it.
pub const VERSION: u32 = 3;

/// No message is longer: a histogram of every bucket is well below it.
const LENGTH_MAX: u32 = 4 << 20;

/// What the coordinator says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ToWorker {
    /// What to do.
    Plan(WorkerPlan),
    /// Warm up and measure now.
    Start,
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum FromWorker {
    /// The worker runs.
    Hello {
        /// Its [`VERSION`].
        version: u32,
        /// Who it is, for the other end's accounting.
        task: TaskId,
    },
    /// The server is bound, or the client connected.
    Ready(Ready),
    /// The block that was measured.
    Block(BlockMessage),
    /// The client has gone, and this is what the server knows of it.
    Ended(Ended),
    /// The worker could not go on.
    Failed(Failure),
}

/// What a worker that is ready knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The endpoint really bound, or really connected to.
    pub endpoint: String,
    /// The transport's name in results; of the connection, for a client.
    pub transport: String,
    /// Granted `SO_SNDBUF` and `SO_RCVBUF`, where there is a connection.
    pub buffers: Option<(usize, usize)>,
    /// The same at a server of ours; the coordinator adds it when the server has told it.
    #[serde(default)]
    pub server_buffers: Option<(usize, usize)>,
    /// The process at the other end, where the kernel tells.
    pub server_pid: Option<i32>,
}

/// What one worker is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerPlan {
    /// Which end.
    pub role: Role,
    /// The CPU to run on; `None` leaves it to the scheduler.
    pub cpu: Option<u32>,
    /// What to do while there is nothing to read.
    pub wait: Wait,
    /// What both ends do.
    pub work: Work,
    /// Decides what is random in the block: the same for all cells of a round.
    pub seed: u64,
    /// How long to exchange before measuring.
    pub warm_up_ns: u64,
    /// Whether to count what the kernel and the processor count, which makes the times worthless.
    pub counts: bool,
    /// How long to measure.
    pub block_ns: u64,
    /// How long to wait for the first answer of somebody else's server.
    pub patience_ns: u64,
}

/// Which end a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case")]
pub enum Role {
    /// Binds, accepts one connection, answers.
    Server {
        /// Where to bind.
        bind: Bind,
    },
    /// Connects and measures.
    Client {
        /// The server's endpoint.
        endpoint: String,
        /// The server's task, when it is a worker or otherwise known.
        server: Option<TaskId>,
        /// Whether the server is somebody else's: it may answer before it has read everything, so a large request is sent
        /// and its answer read at the same time.
        running: bool,
    },
    /// Both ends in one thread.
    Solo {
        /// Where to bind.
        bind: Bind,
    },
    /// An end of a floor, or both: the descriptors follow behind the plan, see [`descriptors`].
    Floor {
        /// Which one.
        floor: Floor,
        /// Which end.
        end: FloorEnd,
    },
}

/// Which end of a floor a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FloorEnd {
    /// The one that answers.
    Server,
    /// The one that measures, with the server's task.
    Client(TaskId),
    /// Both in one thread; the client's descriptors come first.
    Both,
}

/// Where a server binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The endpoint.
    pub endpoint: String,
    /// Whether the worker makes the directory of its socket file, and removes both as soon as the client is
    /// connected, so that nothing is left behind whoever dies.
    pub scratch: bool,
}

/// The services that a cell can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceName {
    /// The request comes back.
    Echo,
    /// `ping` is answered by `pong`.
    Pong,
}

impl ServiceName {
    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Pong => "pong",
        }
    }
}

/// One measured block, as it travels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BlockMessage {
    /// Every round trip (in an open loop from its intended time; of `connect` every connect), HDR V2 in base64. Empty where
    /// there are none, as in a stream.
    pub histogram: String,
    /// From the first exchange's start to the last one's end.
    pub elapsed_ns: u64,
    /// Exchanges in that time: complete answers, or connections, or the receive calls of a stream.
    pub exchanges: u64,
    /// Bytes that a stream's receiver has read in that time.
    #[serde(default)]
    pub bytes: u64,
    /// Messages that were lost, on transports that lose some.
    #[serde(default)]
    pub lost: u64,
    /// What only an open loop knows.
    #[serde(default)]
    pub open: Option<OpenMessage>,
    /// What only a loop of connects knows.
    #[serde(default)]
    pub connect: Option<Box<ConnectMessage>>,
    /// What the client used.
    pub client: Usage,
    /// What the server used; `None` where it cannot be known, or where the client is both.
    pub server: Option<Usage>,
    /// System calls of the client, where its loop counts them.
    #[serde(default)]
    pub calls: Option<u64>,
    /// What the server did in its whole life; the coordinator adds it when the server has told it.
    #[serde(default)]
    pub served: Option<Served>,
    /// What came of sends that asked the kernel not to copy; of a server, the coordinator adds it.
    #[serde(default)]
    pub zero_copied: Option<ZeroCopied>,
    /// What the kernel and the processor counted, where that was asked for.
    #[serde(default)]
    pub counts: Option<Box<BlockCounts>>,
}

/// What a server of ours knows when its clients have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ended {
    /// What it did, where it counted that.
    pub served: Option<Served>,
    /// What came of its sends, where it asked the kernel not to copy.
    #[serde(default)]
    pub zero_copied: Option<ZeroCopied>,
    /// Granted `SO_SNDBUF` and `SO_RCVBUF` of its first connection, when that was accepted.
    pub buffers: Option<(usize, usize)>,
}

/// What a server of ours did in its whole life, warm-up included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Answers after the first one.
    pub answers: u64,
    /// System calls from its first answer to its last.
    pub calls: u64,
}

/// What came of the sends that asked the kernel not to copy, warm-up included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ZeroCopied {
    /// Sends.
    pub sends: u64,
    /// Those that the kernel has told about.
    pub told: u64,
    /// Those of them that it copied after all.
    pub copied: u64,
}

impl AddAssign for ZeroCopied {
    fn add_assign(&mut self, other: Self) {
        self.sends += other.sends;
        self.told += other.told;
        self.copied += other.copied;
    }
}

/// What only an open loop knows of a block.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpenMessage {
    /// Every round trip from its real sending, HDR V2 in base64.
    pub service: String,
    /// How late each request left, HDR V2 in base64.
    pub lateness: String,
    /// How late, from when it could have been sent: the sender's own part.
    #[serde(default)]
    pub own_lateness: String,
    /// Requests that were due in the window.
    pub due: u64,
    /// Those of them that had not begun to be sent at its end.
    pub missed: u64,
    /// Requests that were sent and not answered within the limit.
    #[serde(default)]
    pub unanswered: u64,
    /// Requests that left late because the depth was used up or the socket full.
    #[serde(default)]
    pub held_back: u64,
}

/// What only a loop of connects knows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ConnectMessage {
    /// Connects refused because the backlog of a Unix listener was full (`EAGAIN`).
    pub backlog_full: u64,
    /// Connections in `TIME_WAIT` in this network namespace before the window; `None` where it cannot be read.
    #[serde(default)]
    pub time_wait_before: Option<u64>,
    /// And at the end.
    pub time_wait: Option<u64>,
    /// The ports that the kernel chose from, the first and the last; `None` where it cannot be read.
    #[serde(default)]
    pub port_range: Option<(u16, u16)>,
    /// How many source addresses were taken in turn.
    #[serde(default)]
    pub sources: u32,
}

/// Why a worker could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{text}")]
pub struct Failure {
    /// Whose fault it is.
    pub fault: Fault,
    /// What happened, causes included.
    pub text: String,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The machine does not allow it.
    Environment,
    /// The peer answered wrongly.
    Peer,
    /// The peer went away.
    Gone,
    /// Nobody's: what was asked for cannot be had, such as a message larger than its kind can carry.
    Unavailable,
    /// A bug of ours.
    Bug,
}

/// A message could not be sent or received.
#[derive(Debug, Error)]
pub enum ControlError {
    /// The channel itself failed; end of file when the other side is gone.
    #[error("control channel")]
    Channel(#[source] io::Error),
    /// A message that is not one.
    #[error("control message")]
    Malformed(#[source] serde_json::Error),
    /// A length that no message has.
    #[error("control message of {0} bytes, more than {LENGTH_MAX}")]
    TooLong(u32),
}

impl ControlError {
    /// Whether the other side is gone.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        matches!(self, Self::Channel(error) if matches!(error.kind(), UnexpectedEof | BrokenPipe | ConnectionReset))
    }
}

/// Sends one message.
pub fn send<M: Serialize>(channel: &mut impl Write, message: &M) -> Result<(), ControlError> {
    let body = serde_json::to_vec(message).map_err(ControlError::Malformed)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if length > LENGTH_MAX {
        return Err(ControlError::TooLong(length));
    }
    let mut framed = Vec::with_capacity(body.len() + 4);
    framed.extend_from_slice(&length.to_le_bytes());
    framed.extend_from_slice(&body);
    channel.write_all(&framed).map_err(ControlError::Channel)
}

/// Receives one message, waiting for it.
pub fn receive<M: DeserializeOwned>(channel: &mut impl Read) -> Result<M, ControlError> {
    let mut length = [0; 4];
    channel.read_exact(&mut length).map_err(ControlError::Channel)?;
    let length = u32::from_le_bytes(length);
    if length > LENGTH_MAX {
        return Err(ControlError::TooLong(length));
    }
    let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
    channel.read_exact(&mut body).map_err(ControlError::Channel)?;
    serde_json::from_slice(&body).map_err(ControlError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_was_sent() {
        let plan = ToWorker::Plan(WorkerPlan {
            role: Role::Client { endpoint: "unix:%40x".into(), server: None, running: false },
            cpu: Some(1),
            wait: Wait::Spin,
            work: Work { rate: Some(0.1), ..Work::default() },
            seed: u64::MAX,
            warm_up_ns: 1,
            counts: true,
            block_ns: u64::MAX,
            patience_ns: 3,
        });
        let mut channel = Vec::new();
        send(&mut channel, &plan).unwrap();
        send(&mut channel, &ToWorker::Start).unwrap();
        let mut channel = channel.as_slice();
        assert_eq!(receive::<ToWorker>(&mut channel).unwrap(), plan);
        assert_eq!(receive::<ToWorker>(&mut channel).unwrap(), ToWorker::Start);
        assert!(receive::<ToWorker>(&mut channel).unwrap_err().is_gone());
    }

    #[test]
    fn what_is_not_a_message_is_an_error() {
        let rows: [(&[u8], &str); 4] = [
            (b"\x00\x00", "control channel"),
            (b"\xff\xff\xff\xff", "control message of 4294967295 bytes, more than 4194304"),
            (b"\x02\x00\x00\x00{x", "control message"),
            (b"\x02\x00\x00\x00{}", "control message"),
        ];
        for (bytes, text) in rows {
            assert_eq!(receive::<ToWorker>(&mut &*bytes).unwrap_err().to_string(), text);
        }
    }
}
