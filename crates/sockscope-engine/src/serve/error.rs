//! `ServeError`: why a server could not start, or had to end without being asked.

use std::io;

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
        match self {
            Self::Datagrams { .. } => Some("serve a stream or seqpacket endpoint".to_owned()),
            Self::SetUp(_) | Self::Watch { .. } | Self::Wait(_) => None,
            Self::Spawn { .. } => Some("serve with --threads 1".to_owned()),
        }
    }
}
