//! Owner: the process that already has an address.
//!
//! All of this is for the text of an error, so it answers as well as it can: a process that may not
//! be looked into, or that lives in another namespace, stays unnamed. And it only looks: a server is
//! never connected to, as one that serves a single connection would end by that.

mod table;

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};

use crate::address::socket_type;
use crate::endpoint::{Kind, NAME_MAX, Shown, UnixEndpoint, UnixName};
use crate::resolve::canonical;
use table::Named;

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

    /// The process behind the live socket that keeps a Unix name from being bound.
    ///
    /// A name can be shared by sockets of several files: by paths that are relative to different
    /// directories, or by a socket whose file someone has replaced. So a process counts only if the
    /// path, as it sees it, leads to the file in question, and if no other process does.
    pub(crate) fn of_unix(unix: &UnixEndpoint) -> Option<Self> {
        let named = table::named_sockets().into_iter();
        let candidates = named.filter(|socket| may_be(socket, unix)).collect();
        let mut owners = holders(candidates).into_iter().filter(|(pid, socket)| {
            unix.path().is_none_or(|path| is_same_file(path, &seen_by(*pid, &socket.name)))
        });
        let (pid, _) = owners.next()?;
        owners.all(|(other, _)| other == pid).then(|| Self::of_pid(pid))
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
    let name = name_in_table(unix.name());
    table::named_sockets().iter().any(|socket| socket.name == name)
}

/// Whether this can be the socket that has the name: for a path, by its last part only.
fn may_be(socket: &Named, unix: &UnixEndpoint) -> bool {
    let is_datagram = socket.socket_type == socket_type(Kind::Datagram).as_raw();
    if socket.connected && !is_datagram {
        return false;
    }
    match unix.path() {
        Some(path) => last_part(&socket.name) == last_part(path.as_os_str().as_bytes()),
        None => {
            socket.socket_type == socket_type(unix.kind()).as_raw()
                && socket.name == name_in_table(unix.name())
        }
    }
}

/// A name as the table shows it.
fn name_in_table(name: &UnixName) -> Vec<u8> {
    let (name, length) = match name {
        UnixName::Path(path) => return path.as_os_str().as_bytes().to_vec(),
        UnixName::Abstract(name) => (name, name.len()),
        UnixName::Padded(name) => (name, NAME_MAX),
    };
    let mut shown = [b"@", name.as_slice()].concat();
    shown.resize(1 + length, 0);
    for byte in shown.iter_mut().filter(|byte| **byte == 0) {
        *byte = b'@';
    }
    shown
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// The first process with a descriptor of each socket, as far as we may look.
fn holders(mut sockets: Vec<Named>) -> Vec<(i32, Named)> {
    let mut found = Vec::new();
    for process in all_processes().into_iter().flatten().flatten() {
        if sockets.is_empty() {
            break;
        }
        for descriptor in process.fd().into_iter().flatten().flatten() {
            let FDTarget::Socket(inode) = descriptor.target else { continue };
            if let Some(index) = sockets.iter().position(|socket| socket.inode == inode) {
                found.push((process.pid, sockets.swap_remove(index)));
            }
        }
    }
    found
}

/// Where the path of another process leads: from its root, or from its working directory.
fn seen_by(pid: i32, path: &[u8]) -> PathBuf {
    let path = Path::new(OsStr::from_bytes(path));
    match path.strip_prefix("/") {
        Ok(path) => PathBuf::from(format!("/proc/{pid}/root")).join(path),
        Err(_) => PathBuf::from(format!("/proc/{pid}/cwd")).join(path),
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path| fs::symlink_metadata(path).map(|file| (file.dev(), file.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
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
