//! Zero-copy: which sockets allow to send without a copy, found out by asking each kind.

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, socket_with};
use sockscope_net::errno;
use sockscope_sys::allow_zero_copy;

use crate::plan::OwnTransport;

/// Those whose sockets refuse, with the reason. What has no socket at all is not asked.
pub(super) fn refused() -> Vec<(OwnTransport, String)> {
    OwnTransport::ALL
        .into_iter()
        .filter_map(|transport| {
            let (family, kind) = socket_of(transport)?;
            let protocol = (transport == OwnTransport::Mptcp).then_some(ipproto::MPTCP);
            // What cannot even be made has another reason.
            let socket = socket_with(family, kind, SocketFlags::CLOEXEC, protocol).ok()?;
            let error = allow_zero_copy(&socket).err()?;
            Some((transport, reason(Errno::from_io_error(&error))))
        })
        .collect()
}

fn socket_of(transport: OwnTransport) -> Option<(AddressFamily, SocketType)> {
    use OwnTransport::{
        Eventfd, Mptcp, Pipe, ShmFutex, ShmSpin, Socketpair, Tcp, Tcp6, Udp, Udp6, Unix,
        UnixAbstract, Unixgram, UnixgramAbstract, Unixpacket, UnixpacketAbstract, Vsock,
    };
    Some(match transport {
        Unix | UnixAbstract | Socketpair => (AddressFamily::UNIX, SocketType::STREAM),
        Unixgram | UnixgramAbstract => (AddressFamily::UNIX, SocketType::DGRAM),
        Unixpacket | UnixpacketAbstract => (AddressFamily::UNIX, SocketType::SEQPACKET),
        Tcp | Mptcp => (AddressFamily::INET, SocketType::STREAM),
        Tcp6 => (AddressFamily::INET6, SocketType::STREAM),
        Udp => (AddressFamily::INET, SocketType::DGRAM),
        Udp6 => (AddressFamily::INET6, SocketType::DGRAM),
        Vsock => (AddressFamily::VSOCK, SocketType::STREAM),
        Pipe | Eventfd | ShmSpin | ShmFutex => return None,
    })
}

fn reason(errno: Option<Errno>) -> String {
    let why = errno.map_or_else(String::new, |errno| {
        let known = errno::describe(errno);
        format!(" (SO_ZEROCOPY: {}, {})", known.name, known.meaning)
    });
    format!("the kernel sends nothing over these sockets without a copy{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_sends_without_a_copy_and_unix_sockets_say_that_they_do_not() {
        let refused = refused();
        let reason = |wanted| refused.iter().find(|(transport, _)| *transport == wanted);
        assert_eq!(reason(OwnTransport::Tcp), None);
        let (_, reason) = reason(OwnTransport::Unix).unwrap();
        assert!(reason.contains("SO_ZEROCOPY: EOPNOTSUPP, "), "{reason}");
    }
}
