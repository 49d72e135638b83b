//! Peer credentials: who is at the other end of a Unix socket.
//!
//! rustix has this call too, but its `UCred` holds a process id that must not be zero, and zero is
//! just what the kernel returns for a peer in a foreign pid namespace.

use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroI32;
use std::os::fd::{AsFd, AsRawFd};

/// The ids of a process, as the kernel recorded them for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "ucred")]
pub struct Credentials {
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Process id; `None` when the process is not visible in our pid namespace.
    pub pid: Option<NonZeroI32>,
}

impl Credentials {
    /// Takes over the kernel's form; `None` when it says that there are no credentials.
    pub(crate) fn from_kernel(ucred: libc::ucred) -> Option<Self> {
        // A socket that was never connected or listening, and every network socket, reads as pid 0
        // with both ids -1.
        if ucred.uid == u32::MAX && ucred.gid == u32::MAX {
            return None;
        }
        Some(Self { uid: ucred.uid, gid: ucred.gid, pid: NonZeroI32::new(ucred.pid) })
    }
}

/// `getsockopt(fd, SOL_SOCKET, SO_PEERCRED)`: the credentials of the process that called `connect`,
/// `listen` or `socketpair` at the other end, at the time of that call. `None` when the socket has
/// no such peer.
///
/// Manual: [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
#[doc(alias = "SO_PEERCRED")]
pub fn peer_credentials(fd: impl AsFd) -> io::Result<Option<Credentials>> {
    let mut ucred = MaybeUninit::<libc::ucred>::zeroed();
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `ucred` and `length` are valid for writes of the sizes given, during the call.
    let status = unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            ucred.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `ucred` was zeroed, which is a valid value of its three integers, whatever part of it
    // the kernel wrote.
    Ok(Credentials::from_kernel(unsafe { ucred.assume_init() }))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn both_ends_of_a_pair_are_this_process() {
        let (one, _other) = UnixStream::pair().unwrap();
        let credentials = peer_credentials(&one).unwrap().unwrap();
        assert_eq!(credentials.pid.map(|pid| pid.get().unsigned_abs()), Some(std::process::id()));
        assert_eq!(credentials.uid, rustix::process::geteuid().as_raw());
        assert_eq!(credentials.gid, rustix::process::getegid().as_raw());
    }

    #[test]
    fn a_network_socket_has_no_credentials() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(peer_credentials(&socket).unwrap(), None);
    }

    #[test]
    fn a_process_that_cannot_be_seen_has_no_pid_but_ids() {
        let ucred = libc::ucred { pid: 0, uid: 1000, gid: 1000 };
        let credentials = Credentials { uid: 1000, gid: 1000, pid: None };
        assert_eq!(Credentials::from_kernel(ucred), Some(credentials));
    }
}
