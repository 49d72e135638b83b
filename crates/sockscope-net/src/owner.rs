//! Owner: the process that already has an address.
//!
//! All of this is for the text of an error, so it answers as well as it can: a process that may not
//! be looked into, or that lives in another namespace, stays unnamed.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};
use rustix::net::AddressFamily;

use crate::address::{Address, socket};
use crate::endpoint::{Kind, Shown, UnixEndpoint, UnixName};
use crate::resolve::canonical;

/// A process that has an address in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its process id.
    pub pid: i32,
    /// The name of its program, as far as that can be read.
    pub name: Option<String>,
}

impl Owner {
    pub(crate) fn of_pid(pid: i32) -> Self {
        let stat = Process::new(pid).and_then(|process| process.stat());
        Self { pid, name: stat.ok().map(|stat| stat.comm) }
    }

    /// The process behind a live Unix socket.
    ///
    /// Only a real connection has credentials, so the server does see one, for the sake of a message
    /// that names it. Datagram sockets, and servers that accept nobody, are looked up by their name.
    pub(crate) fn of_unix(address: &Address, unix: &UnixEndpoint) -> Option<Self> {
        let listener = [Kind::Stream, Kind::SeqPacket].into_iter().find_map(|kind| {
            let probe = socket(AddressFamily::UNIX, kind, None).ok()?;
            address.connect(probe.as_fd()).ok()?;
            sockscope_sys::peer_credentials(&probe).ok()??.pid
        });
        match listener {
            Some(pid) => Some(Self::of_pid(pid.get())),
            None => sockets_named(unix).into_iter().find_map(Self::of_socket),
        }
    }

    /// A process with a network socket that keeps `address` from being bound.
    pub(crate) fn of_address(kind: Kind, address: SocketAddr) -> Option<Self> {
        let (bound, address) = (bound(kind), canonical(address));
        bound
            .into_iter()
            .filter(|(local, _)| overlaps(canonical(*local), address))
            .find_map(|(_, inode)| Self::of_socket(inode))
    }

    /// A process with a descriptor of the socket.
    fn of_socket(inode: u64) -> Option<Self> {
        let has_it = |process: &Process| {
            let mut descriptors = process.fd().into_iter().flatten().flatten();
            descriptors.any(|descriptor| descriptor.target == FDTarget::Socket(inode))
        };
        let owner = all_processes().ok()?.flatten().find(has_it)?;
        Some(Self::of_pid(owner.pid))
    }
}

/// `PID 812 (redis-server)`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PID {}", self.pid)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({})", Shown(name.as_bytes())))
    }
}

/// Whether a Unix socket of this network namespace was bound to just this name.
pub(crate) fn is_bound(unix: &UnixEndpoint) -> bool {
    !sockets_named(unix).is_empty()
}

/// The inodes of the Unix sockets that were bound to just this name. The table has no escapes: with a
/// name in it that is not text, or that has a line end, it cannot be read and is as good as empty.
fn sockets_named(unix: &UnixEndpoint) -> Vec<u64> {
    let name = match unix.name() {
        UnixName::Path(path) => path.clone(),
        UnixName::Abstract(name) | UnixName::Padded(name) => {
            PathBuf::from(OsString::from_vec([b"@", name.as_slice()].concat()))
        }
    };
    let sockets = procfs::net::unix().unwrap_or_default();
    let named = sockets.into_iter().filter(|socket| socket.path.as_ref() == Some(&name));
    named.map(|socket| socket.inode).collect()
}

/// The addresses of the UDP sockets, or of the listening TCP sockets, with their inodes.
fn bound(kind: Kind) -> Vec<(SocketAddr, u64)> {
    if kind == Kind::Datagram {
        let sockets = procfs::net::udp().into_iter().chain(procfs::net::udp6()).flatten();
        return sockets.map(|socket| (socket.local_address, socket.inode)).collect();
    }
    let sockets = procfs::net::tcp().into_iter().chain(procfs::net::tcp6()).flatten();
    let listening = sockets.filter(|socket| socket.state == TcpState::Listen);
    listening.map(|socket| (socket.local_address, socket.inode)).collect()
}

/// Whether two sockets cannot have these addresses at the same time.
fn overlaps(one: SocketAddr, other: SocketAddr) -> bool {
    let wildcard = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (wildcard || one.ip() == other.ip())
}
