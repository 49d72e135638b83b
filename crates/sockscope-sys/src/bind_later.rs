//! Bind later: a source address without a port, which the kernel then chooses as it connects.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// `setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)`: a following `bind` to port 0 fixes the address only. The port
/// is chosen by `connect`, when the other end is known, so that one port can serve as many connections as there are pairs of
/// addresses.
///
/// Manual: [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html).
#[doc(alias = "IP_BIND_ADDRESS_NO_PORT")]
pub fn bind_without_port(fd: impl AsFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: `on` is valid for reads of the size given, during the call.
    let status = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
    use std::os::unix::net::UnixStream;

    use rustix::net::{AddressFamily, SocketType, bind, connect, getsockname, socket};

    use super::*;

    #[test]
    fn the_port_is_chosen_by_connect_and_the_address_by_bind() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = Ipv4Addr::new(127, 9, 8, 7);
        let fd = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind_without_port(&fd).unwrap();
        bind(&fd, &SocketAddrV4::new(source, 0)).unwrap();
        let local = || SocketAddr::try_from(getsockname(&fd).unwrap()).unwrap();
        assert_eq!(local(), SocketAddr::from((source, 0)));
        connect(&fd, &listener.local_addr().unwrap()).unwrap();
        assert_eq!(local().ip(), source);
        assert_ne!(local().port(), 0);
    }

    #[test]
    fn a_socket_without_ports_refuses_it() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert!(bind_without_port(&one).is_err());
    }
}
