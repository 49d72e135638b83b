//! Connect errors: why an endpoint cannot be reached, and what to do.

use std::io;

use rustix::io::Errno;

use super::hint;
use crate::endpoint::Endpoint;

/// Why an endpoint cannot be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name has no address.
    #[error("cannot resolve the host of {endpoint}")]
    Resolve {
        /// What was to be reached.
        endpoint: Endpoint,
        /// The resolver's answer.
        source: io::Error,
    },
    /// The resolver knows the name, and no address for it.
    #[error("the host of {endpoint} has no address")]
    NoAddress {
        /// What was to be reached.
        endpoint: Endpoint,
    },
    /// The kernel does not make such a socket.
    #[error("cannot make a socket for {endpoint}")]
    Socket {
        /// What was to be reached.
        endpoint: Endpoint,
        /// The kernel's answer.
        source: Errno,
    },
    /// The kernel or the other end refuses.
    #[error("cannot connect to {endpoint}")]
    Connect {
        /// What was to be reached, with the address that was tried.
        endpoint: Endpoint,
        /// The kernel's answer.
        source: Errno,
    },
    /// The time given was up before there was an answer.
    #[error("no answer from {endpoint} in time")]
    TimedOut {
        /// What was to be reached, with the address that was tried.
        endpoint: Endpoint,
    },
    /// The Unix listener accepts nobody, and as many as may wait already do.
    #[error("the backlog of {endpoint} is full")]
    BacklogFull {
        /// What was to be reached.
        endpoint: Endpoint,
    },
    /// An inherited socket has no address to connect to.
    #[error("{endpoint} can only be served, not connected to")]
    ServeOnly {
        /// What was to be reached.
        endpoint: Endpoint,
    },
}

impl ConnectError {
    /// What was to be reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Resolve { endpoint, .. }
            | Self::NoAddress { endpoint }
            | Self::Socket { endpoint, .. }
            | Self::Connect { endpoint, .. }
            | Self::TimedOut { endpoint }
            | Self::BacklogFull { endpoint }
            | Self::ServeOnly { endpoint } => endpoint,
        }
    }

    /// The kernel's answer, where it was one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Socket { source, .. } | Self::Connect { source, .. } => Some(*source),
            Self::TimedOut { .. } => Some(Errno::TIMEDOUT),
            Self::BacklogFull { .. } => Some(Errno::AGAIN),
            Self::Resolve { .. } | Self::NoAddress { .. } | Self::ServeOnly { .. } => None,
        }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(hint::of(self))
    }
}
