//! Bind errors: why an endpoint cannot be served, and what to do.

use std::net::SocketAddr;
use std::{fmt, io};

use rustix::io::Errno;

use super::hint;
use crate::endpoint::Endpoint;
use crate::owner::Owner;

/// Why an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The host name has no address.
    #[error("cannot resolve the host of {endpoint}")]
    Resolve {
        /// What was to be bound.
        endpoint: Endpoint,
        /// The resolver's answer.
        source: io::Error,
    },
    /// The kernel does not make such a socket.
    #[error("cannot make a socket for {endpoint}")]
    Socket {
        /// What was to be bound.
        endpoint: Endpoint,
        /// The kernel's answer.
        source: Errno,
    },
    /// The kernel refuses the address.
    #[error("cannot bind {endpoint}{}", at(*.address))]
    Bind {
        /// What was to be bound.
        endpoint: Endpoint,
        /// Which of its addresses, on a network.
        address: Option<SocketAddr>,
        /// The kernel's answer.
        source: Errno,
    },
    /// Another socket has the address.
    #[error("{endpoint} is in use{}", by(.owner.as_ref()))]
    InUse {
        /// What was to be bound.
        endpoint: Endpoint,
        /// Whose socket, if that can be told.
        owner: Option<Owner>,
    },
    /// Something that is not a socket has the path, and is left alone.
    #[error("cannot bind {endpoint}: {what} is there already")]
    NotASocket {
        /// What was to be bound.
        endpoint: Endpoint,
        /// What it is.
        what: &'static str,
    },
    /// A socket file has the path, and it cannot be told whether a server is behind it.
    #[error("cannot tell whether {endpoint} is in use")]
    Undecided {
        /// What was to be bound.
        endpoint: Endpoint,
        /// The kernel's answer to the question.
        source: Errno,
    },
    /// A stale socket file may not be replaced without the lock of its directory.
    #[error("cannot lock the directory of {endpoint} to replace a socket file there")]
    Lock {
        /// What was to be bound.
        endpoint: Endpoint,
        /// The kernel's answer; `EAGAIN` when another process keeps the lock.
        source: Errno,
    },
    /// The socket file could not be handled as asked for.
    #[error("cannot {step} of {endpoint}")]
    File {
        /// What was to be bound.
        endpoint: Endpoint,
        /// What was to be done with its file.
        step: FileStep,
        /// The kernel's answer.
        source: Errno,
    },
    /// The kernel refuses to listen on the bound address.
    #[error("cannot listen on {endpoint}")]
    Listen {
        /// What was to be bound.
        endpoint: Endpoint,
        /// The kernel's answer.
        source: Errno,
    },
    /// The inherited descriptor is not there, or it is not a socket to serve on.
    #[error("cannot serve on the inherited {endpoint}")]
    Inherited {
        /// What was to be bound.
        endpoint: Endpoint,
        /// What is wrong with it.
        source: io::Error,
    },
}

/// What is done with a socket file around binding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStep {
    /// Opening the directory that the file will be in.
    OpenDirectory,
    /// Giving the socket its mode, before it is bound.
    SetMode,
    /// Removing the file of a server that is gone.
    RemoveStale,
    /// Looking at the file that binding made.
    Look,
    /// Giving the file the owner and rights that are still missing.
    GiveRights,
}

impl fmt::Display for FileStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenDirectory => "open the directory",
            Self::SetMode => "set the mode of the socket",
            Self::RemoveStale => "remove the stale socket file",
            Self::Look => "look at the new socket file",
            Self::GiveRights => "set owner and mode of the socket file",
        })
    }
}

impl BindError {
    /// What was to be bound.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Resolve { endpoint, .. }
            | Self::Socket { endpoint, .. }
            | Self::Bind { endpoint, .. }
            | Self::InUse { endpoint, .. }
            | Self::NotASocket { endpoint, .. }
            | Self::Undecided { endpoint, .. }
            | Self::Lock { endpoint, .. }
            | Self::File { endpoint, .. }
            | Self::Listen { endpoint, .. }
            | Self::Inherited { endpoint, .. } => endpoint,
        }
    }

    /// The kernel's answer, where it was one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Socket { source, .. }
            | Self::Bind { source, .. }
            | Self::Undecided { source, .. }
            | Self::Lock { source, .. }
            | Self::File { source, .. }
            | Self::Listen { source, .. } => Some(*source),
            Self::InUse { .. } | Self::NotASocket { .. } => Some(Errno::ADDRINUSE),
            Self::Inherited { source, .. } => Errno::from_io_error(source),
            Self::Resolve { .. } => None,
        }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint::of(self)
    }
}

fn at(address: Option<SocketAddr>) -> String {
    address.map_or_else(String::new, |address| format!(" at {address}"))
}

fn by(owner: Option<&Owner>) -> String {
    owner.map_or_else(String::new, |owner| format!(" by {owner}"))
}
