//! Endpoint: an address you can write down.
//!
//! Parsing never reads the disk and never resolves a name. Every endpoint has one printed form, and
//! reading that form gives the same endpoint again.

mod error;
mod escape;
mod host;
mod inherited;
mod observed;
mod parse;
mod part;
mod unix;
mod vsock;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::str::FromStr;

pub use error::ParseEndpointError;
pub(crate) use escape::{Escaped, Shown};
pub use host::{Host, HostName, HostPort, Zone};
pub use inherited::SdName;
pub use observed::ObservedName;
pub(crate) use unix::NAME_MAX;
pub use unix::{UnixEndpoint, UnixName, UnixNameError};
pub use vsock::VsockEndpoint;

use crate::transport::Transport;

/// An address of any kind of socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `tcp:HOST:PORT`.
    Tcp(HostPort),
    /// `udp:HOST:PORT`.
    Udp(HostPort),
    /// `mptcp:HOST:PORT`: TCP over several paths.
    Mptcp(HostPort),
    /// `unix:…`, `unixgram:…`, `unixpacket:…`, `abns:…`.
    Unix(UnixEndpoint),
    /// `vsock:CID:PORT`.
    Vsock(VsockEndpoint),
    /// `fd:N`: a socket that was inherited under this number; serving only.
    Fd(u32),
    /// `sd-listen:NAME`: a socket that systemd passed; serving only.
    SdListen(SdName),
}

/// How a socket keeps bytes: as a stream, as messages, or as messages over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A connection that carries bytes without boundaries.
    Stream,
    /// Single messages, each with its own sender.
    Datagram,
    /// A connection that carries messages.
    SeqPacket,
}

impl Endpoint {
    /// Reads any spelling of an endpoint.
    pub fn parse(text: &OsStr) -> Result<Self, ParseEndpointError> {
        parse::parse(text.as_bytes())
    }

    /// The kind of socket; `None` for an inherited one, which is known only once it is looked at.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Tcp(_) | Self::Mptcp(_) | Self::Vsock(_) => Some(Kind::Stream),
            Self::Udp(_) => Some(Kind::Datagram),
            Self::Unix(unix) => Some(unix.kind()),
            Self::Fd(_) | Self::SdListen(_) => None,
        }
    }

    /// What the printed form begins with, before the first colon.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "tcp",
            Self::Udp(_) => "udp",
            Self::Mptcp(_) => "mptcp",
            Self::Unix(unix) => unix.scheme(),
            Self::Vsock(_) => "vsock",
            Self::Fd(_) => "fd",
            Self::SdListen(_) => "sd-listen",
        }
    }

    /// The port of a network endpoint.
    pub(crate) fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(at) | Self::Mptcp(at) | Self::Udp(at) => Some(at.port),
            _ => None,
        }
    }

    /// The same network endpoint with another port.
    pub(crate) fn with_port(mut self, port: u16) -> Self {
        if let Self::Tcp(at) | Self::Mptcp(at) | Self::Udp(at) = &mut self {
            at.port = port;
        }
        self
    }

    /// The name of the transport in results, as far as the address tells it: a host name counts as
    /// IPv4 until it is resolved.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        Transport::of_endpoint(self).map_or_else(|| self.scheme(), Transport::name)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme())?;
        match self {
            Self::Tcp(at) | Self::Udp(at) | Self::Mptcp(at) => at.fmt(f),
            Self::Unix(unix) => unix.name().fmt(f),
            Self::Vsock(at) => at.fmt(f),
            Self::Fd(number) => number.fmt(f),
            Self::SdListen(name) => name.fmt(f),
        }
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        parse::parse(text.as_bytes())
    }
}

impl TryFrom<&OsStr> for Endpoint {
    type Error = ParseEndpointError;

    fn try_from(text: &OsStr) -> Result<Self, ParseEndpointError> {
        Self::parse(text)
    }
}

impl TryFrom<OsString> for Endpoint {
    type Error = ParseEndpointError;

    fn try_from(text: OsString) -> Result<Self, ParseEndpointError> {
        Self::parse(&text)
    }
}
