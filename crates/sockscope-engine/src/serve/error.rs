//! `ServeError`: why a server could not start, or had to end without being asked.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

/// Why a server could not start or go on. No client can cause one: what goes wrong on a connection
/// ends that connection.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The service answers no datagrams, and one of the listeners is a datagram socket.
    #[error("the service needs connections, and {endpoint} has none")]
    Datagrams {
        /// The listener's endpoint.
        endpoint: String,
    },
    /// The kernel refused the descriptors or the memory that a worker needs.
    #[error("cannot set up the event loop")]
    SetUp(#[source] io::Error),
    /// A listener could not be watched.
    #[error("cannot watch {endpoint}")]
    Watch {
        /// The listener's endpoint.
        endpoint: String,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// A worker thread could not be started.
    #[error("cannot start worker thread {index}")]
    Spawn {
        /// Which one, from 1.
        index: usize,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// Waiting for events failed.
    #[error("cannot wait for events")]
    Wait(#[source] io::Error),
}

impl ServeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Datagrams { .. } => "serve a stream or seqpacket endpoint",
            Self::SetUp(source) if is_lack_of_descriptors(source) => {
                "each thread takes two descriptors: allow more with `ulimit -n`, or serve with \
                 fewer --threads"
            }
            Self::Watch { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "allow more with `sysctl -w fs.epoll.max_user_watches=1000000`"
            }
            Self::SetUp(_) | Self::Spawn { .. } => "serve with fewer --threads",
            Self::Watch { .. } | Self::Wait(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn is_lack_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}
