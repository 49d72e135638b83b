//! Peer: who is at the other end of a socket.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroI32;

use crate::endpoint::{Escaped, ObservedName, VsockEndpoint};
use crate::names;

/// Who is at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Peer {
    /// A process of this machine.
    Unix(UnixPeer),
    /// An address of a network.
    Network(SocketAddr),
    /// A port of a machine on the same host.
    Vsock(VsockEndpoint),
    /// Gone before it could be asked, or of a family that does not tell.
    #[default]
    Unknown,
}

/// A process at the other end of a Unix socket: its ids when it connected (or, for a server, when it
/// called `listen`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixPeer {
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Process id; `None` when the process lives in another pid namespace.
    pub pid: Option<NonZeroI32>,
    /// The name that its socket is bound to, which most clients' are not.
    pub name: ObservedName,
}

impl UnixPeer {
    /// The user's name as NSS knows it, remembered for a minute; `None` when the lookup fails.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        names::user(self.uid)
    }

    /// The group's name as NSS knows it, remembered for a minute; `None` when the lookup fails.
    #[must_use]
    pub fn group(&self) -> Option<String> {
        names::group(self.gid)
    }
}

/// One line without a line end: `uid 1000 (alice) gid 1000 (alice) pid 812`, or `127.0.0.1:40312`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(peer) => peer.fmt(f),
            Self::Network(address) => address.fmt(f),
            Self::Vsock(address) => write!(f, "vsock:{address}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for UnixPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, "uid", self.uid, self.user())?;
        write_id(f, " gid", self.gid, self.group())?;
        match self.pid {
            Some(pid) => write!(f, " pid {pid}")?,
            None => f.write_str(" pid ? (another pid namespace)")?,
        }
        match &self.name {
            ObservedName::Unnamed => Ok(()),
            name => write!(f, " name {name}"),
        }
    }
}

fn write_id(f: &mut fmt::Formatter<'_>, what: &str, id: u32, name: Option<String>) -> fmt::Result {
    write!(f, "{what} {id}")?;
    name.map_or(Ok(()), |name| write!(f, " ({})", Escaped(name.as_bytes())))
}
