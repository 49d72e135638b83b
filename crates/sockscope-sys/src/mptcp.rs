//! Multipath TCP: whether a connection really is one.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// `SOL_MPTCP` of `linux/socket.h`, which libc lacks.
const SOL_MPTCP: libc::c_int = 284;

/// `MPTCP_INFO` of `linux/mptcp.h`, which libc lacks.
const MPTCP_INFO: libc::c_int = 1;

/// `getsockopt(fd, SOL_MPTCP, MPTCP_INFO)`: false when a connection made with `IPPROTO_MPTCP` has fallen back to plain TCP,
/// because the other end speaks nothing else or something on the way took the option out.
///
/// The kernel hands the option to whatever carries the connection, and only Multipath TCP knows it. An error is one of a
/// kernel that cannot tell (before 5.16, or no Multipath TCP at all).
///
/// Documentation: [mptcp](https://docs.kernel.org/networking/mptcp.html).
#[doc(alias = "MPTCP_INFO")]
pub fn is_multipath(fd: impl AsFd) -> io::Result<bool> {
    // The first field is all that is asked for; a shorter buffer than the kernel's struct is filled as far as it goes.
    let mut subflows = 0_u32;
    let mut length = size_of::<u32>() as libc::socklen_t;
    // SAFETY: `subflows` and `length` are valid for writes of the sizes given, during the call.
    let status = unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            SOL_MPTCP,
            MPTCP_INFO,
            (&raw mut subflows).cast(),
            &raw mut length,
        )
    };
    if status == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // What TCP over IPv4 and over IPv6 answer to an option of somebody else's level.
        Some(libc::EOPNOTSUPP | libc::ENOPROTOOPT) => Ok(false),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_tcp_connection_is_not_multipath() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            assert!(!is_multipath(&stream).unwrap(), "{address}");
        }
    }

    #[test]
    fn what_is_no_socket_is_an_error() {
        assert!(is_multipath(std::fs::File::open("/dev/null").unwrap()).is_err());
    }
}
