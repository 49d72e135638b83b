//! Messages: a datagram together with what the kernel tells about its sender and its way.
//!
//! rustix's `recvmsg` cannot represent a sender from a foreign pid namespace, as in `credentials`,
//! and it drops the control messages of IP.

use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use rustix::net::SocketAddrAny;
use rustix::net::addr::SocketAddrStorage;

use crate::Credentials;
use crate::control::Control;

/// What came with a datagram.
#[derive(Clone, Debug)]
pub struct Received {
    /// Length of the message as it was sent: more than the buffer when it was cut off.
    pub length: usize,
    /// Where it came from; `None` when the sender has no address.
    pub address: Option<SocketAddrAny>,
    /// Who sent it, if the Unix socket asks for credentials (`SO_PASSCRED`).
    pub credentials: Option<Credentials>,
    /// To which of our addresses it came, if the UDP socket asks for that
    /// ([`receive_local_address`]).
    pub local: Option<IpAddr>,
}

/// `setsockopt(fd, …, IP_PKTINFO | IPV6_RECVPKTINFO)`: has each datagram tell to which of our
/// addresses it came. `v6` is the family of the socket.
///
/// Manual: [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html),
/// [ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html).
#[doc(alias = "IP_PKTINFO")]
pub fn receive_local_address(fd: impl AsFd, v6: bool) -> io::Result<()> {
    let (level, option) = if v6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    } else {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    };
    let on: libc::c_int = 1;
    // SAFETY: `on` is valid for reads of the size given, during the call.
    let status = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            option,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `recvmsg(fd, …, MSG_TRUNC | MSG_CMSG_CLOEXEC)`: one datagram and what came with it. Descriptors
/// that a sender attaches are closed.
///
/// Manual: [recvmsg(2)](https://man7.org/linux/man-pages/man2/recvmsg.2.html),
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
#[doc(alias = "SCM_CREDENTIALS")]
pub fn receive_message(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut storage = MaybeUninit::<SocketAddrStorage>::uninit();
    let mut control = Control::empty();
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut message = empty_message();
    message.msg_name = storage.as_mut_ptr().cast();
    message.msg_namelen = size_of::<SocketAddrStorage>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.room().as_mut_ptr().cast();
    message.msg_controllen = control.room().len();

    let flags = libc::MSG_TRUNC | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: every pointer in `message` is valid for writes of the length beside it, during the
    // call: `storage`, `part` with `buffer`, and the room of `control`.
    let length = unsafe { libc::recvmsg(fd.as_fd().as_raw_fd(), &raw mut message, flags) };
    // A negative length is the error case, and the only one that does not convert.
    let Ok(length) = usize::try_from(length) else { return Err(io::Error::last_os_error()) };

    control.set_length(message.msg_controllen);
    control.close_descriptors();
    let address = (message.msg_namelen as usize >= size_of::<libc::sa_family_t>()).then(|| {
        // For a path of 108 bytes the kernel counts a terminator that has no room in `sockaddr_un`,
        // and then does not take the address back to answer to. Cut off it is the same address.
        let name_length = message.msg_namelen.min(size_of::<libc::sockaddr_un>() as u32);
        // SAFETY: the kernel has written an address of `msg_namelen` bytes into `storage`, cut off
        // at the size that was given, which is more than that of `sockaddr_un`.
        unsafe { SocketAddrAny::new(storage, name_length) }
    });
    Ok(Received {
        length,
        address,
        credentials: control.credentials(),
        local: control.local_address(),
    })
}

/// `sendmsg(fd, …, MSG_NOSIGNAL)` with `IP_PKTINFO`: one datagram that leaves from a chosen one of
/// our addresses, as the one that a question came to. On a dual-stack socket, IPv4 addresses are
/// mapped ones, as [`receive_message`] returns them.
pub fn send_from(
    fd: impl AsFd,
    bytes: &[u8],
    to: &SocketAddrAny,
    from: IpAddr,
) -> io::Result<usize> {
    let mut control = Control::from_address(from);
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut message = empty_message();
    message.msg_name = to.as_ptr().cast_mut().cast();
    message.msg_namelen = to.addr_len();
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.written().as_mut_ptr().cast();
    message.msg_controllen = control.written().len();
    // SAFETY: every pointer in `message` is valid for reads of the length beside it, during the
    // call, and sendmsg writes to none of them.
    let length =
        unsafe { libc::sendmsg(fd.as_fd().as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

pub(crate) fn empty_message() -> libc::msghdr {
    // SAFETY: all-zero is a valid `msghdr`: null pointers with lengths of zero.
    unsafe { MaybeUninit::<libc::msghdr>::zeroed().assume_init() }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::unix::net::UnixDatagram;

    use rustix::net::sockopt::set_socket_passcred;

    use super::*;

    #[test]
    fn credentials_come_with_the_message_when_asked_for() {
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        sender.send(b"before").unwrap();
        let received = receive_message(&receiver, &mut [0; 8]).unwrap();
        assert_eq!((received.length, received.credentials), (6, None));
        set_socket_passcred(&receiver, true).unwrap();
        sender.send(b"after").unwrap();
        let received = receive_message(&receiver, &mut [0; 8]).unwrap();
        let pid = received.credentials.unwrap().pid.unwrap();
        assert_eq!((received.length, pid.get().unsigned_abs()), (5, std::process::id()));
    }

    #[test]
    fn the_length_is_that_of_the_message_even_where_it_was_cut_off() {
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        sender.send(b"12345").unwrap();
        let mut buffer = [0; 4];
        let received = receive_message(&receiver, &mut buffer).unwrap();
        assert_eq!((received.length, &buffer), (5, b"1234"));
    }

    #[test]
    fn descriptors_that_come_along_are_closed() {
        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

        for with_credentials in [false, true] {
            let (sender, receiver) = UnixDatagram::pair().unwrap();
            set_socket_passcred(&receiver, with_credentials).unwrap();
            let descriptors = [sender.as_fd(); 3];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
            let parts = [io::IoSlice::new(b"x")];
            sendmsg(&sender, &parts, &mut control, SendFlags::empty()).unwrap();
            receive_message(&receiver, &mut [0; 8]).unwrap();
            // Had a copy of the sender stayed open, the receiver would still have a peer.
            drop(sender);
            let error = receiver.send(b"x").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        }
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        let server = UdpSocket::bind("0.0.0.0:0").unwrap();
        receive_local_address(&server, false).unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        let asked = (IpAddr::from([127, 0, 0, 2]), server.local_addr().unwrap().port());
        client.send_to(b"question", asked).unwrap();
        let received = receive_message(&server, &mut [0; 8]).unwrap();
        assert_eq!(received.local, Some(asked.0));
        send_from(&server, b"answer", &received.address.unwrap(), asked.0).unwrap();
        let (length, from) = client.recv_from(&mut [0; 8]).unwrap();
        assert_eq!((length, from), (6, asked.into()));
    }
}
