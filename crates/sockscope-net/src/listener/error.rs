//! Bind errors: why an endpoint cannot be served, and what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::endpoint::Endpoint;

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
        /// Which of its addresses, if it has several.
        address: Option<SocketAddr>,
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
    /// The socket is bound, and its file could not be looked at or given its mode.
    #[error("cannot prepare the socket file {path:?}")]
    File {
        /// The socket file.
        path: PathBuf,
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
    /// Not built yet.
    #[error("serving {endpoint} is not supported yet")]
    NotSupported {
        /// What was to be bound.
        endpoint: Endpoint,
    },
}

impl BindError {
    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        None
    }
}

fn at(address: Option<SocketAddr>) -> String {
    address.map_or_else(String::new, |address| format!(" at {address}"))
}
