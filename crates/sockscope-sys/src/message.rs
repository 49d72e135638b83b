//! Messages with credentials: receiving a datagram together with the ids of its sender.
//!
//! rustix's `recvmsg` would do, but for the same reason as in `credentials` it cannot represent a
//! sender from a foreign pid namespace.

use std::io;
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsFd, AsRawFd};

use rustix::net::SocketAddrAny;
use rustix::net::addr::SocketAddrStorage;

use crate::Credentials;

/// What came with a datagram.
#[derive(Clone, Debug)]
pub struct Received {
    /// Length of the message as it was sent: more than the buffer when it was cut off.
    pub length: usize,
    /// Where it came from; `None` when the sender has no address.
    pub address: Option<SocketAddrAny>,
    /// Who sent it, when the socket asks for credentials (`SO_PASSCRED`).
    pub credentials: Option<Credentials>,
}

/// Room for one `SCM_CREDENTIALS` message and nothing else: descriptors that a sender attaches do
/// not fit, and the kernel then drops them instead of installing them here.
#[repr(C)]
struct Control {
    header: libc::cmsghdr,
    credentials: libc::ucred,
}

/// `recvmsg(fd, …, MSG_TRUNC | MSG_CMSG_CLOEXEC)`: one datagram with its address and credentials.
///
/// Manual: [recvmsg(2)](https://man7.org/linux/man-pages/man2/recvmsg.2.html),
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
#[doc(alias = "SCM_CREDENTIALS")]
pub fn receive_with_credentials(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut storage = MaybeUninit::<SocketAddrStorage>::uninit();
    let mut control = MaybeUninit::<Control>::zeroed();
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: all-zero is a valid `msghdr`: null pointers with lengths of zero.
    let mut message = unsafe { MaybeUninit::<libc::msghdr>::zeroed().assume_init() };
    message.msg_name = storage.as_mut_ptr().cast();
    message.msg_namelen = size_of::<SocketAddrStorage>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of::<Control>();

    let flags = libc::MSG_TRUNC | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: every pointer in `message` is valid for writes of the length beside it, during the
    // call: `storage`, `part` with `buffer`, and `control`.
    let length = unsafe { libc::recvmsg(fd.as_fd().as_raw_fd(), &raw mut message, flags) };
    // A negative length is the error case, and the only one that does not convert.
    let Ok(length) = usize::try_from(length) else { return Err(io::Error::last_os_error()) };

    let address = (message.msg_namelen as usize >= size_of::<libc::sa_family_t>()).then(|| {
        // For a path of 108 bytes the kernel counts a terminator that has no room in `sockaddr_un`,
        // and then does not take the address back to answer to. Cut off it is the same address.
        let name_length = message.msg_namelen.min(size_of::<libc::sockaddr_un>() as u32);
        // SAFETY: the kernel has written an address of `msg_namelen` bytes into `storage`, cut off
        // at the size that was given, which is more than that of `sockaddr_un`.
        unsafe { SocketAddrAny::new(storage, name_length) }
    });
    let written = message.msg_controllen;
    // SAFETY: `control` was zeroed, and every bit pattern is valid for its integers.
    let control = unsafe { control.assume_init() };
    Ok(Received { length, address, credentials: read_control(&control, written) })
}

/// The credentials in a control buffer of which the kernel has written `written` bytes.
fn read_control(control: &Control, written: usize) -> Option<Credentials> {
    let whole = offset_of!(Control, credentials) + size_of::<libc::ucred>();
    let is_credentials = control.header.cmsg_level == libc::SOL_SOCKET
        && control.header.cmsg_type == libc::SCM_CREDENTIALS;
    (written >= whole && is_credentials)
        .then(|| Credentials::from_kernel(control.credentials))
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use rustix::net::sockopt::set_socket_passcred;

    use super::*;

    #[test]
    fn credentials_come_with_the_message_when_asked_for() {
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        sender.send(b"before").unwrap();
        let received = receive_with_credentials(&receiver, &mut [0; 8]).unwrap();
        assert_eq!((received.length, received.credentials), (6, None));
        set_socket_passcred(&receiver, true).unwrap();
        sender.send(b"after").unwrap();
        let received = receive_with_credentials(&receiver, &mut [0; 8]).unwrap();
        let pid = received.credentials.unwrap().pid.unwrap();
        assert_eq!((received.length, pid.get().unsigned_abs()), (5, std::process::id()));
    }

    #[test]
    fn the_length_is_that_of_the_message_even_where_it_was_cut_off() {
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        sender.send(b"12345").unwrap();
        let mut buffer = [0; 4];
        let received = receive_with_credentials(&receiver, &mut buffer).unwrap();
        assert_eq!((received.length, &buffer), (5, b"1234"));
    }

    #[test]
    fn descriptors_that_come_along_are_not_installed() {
        use std::os::fd::AsFd;

        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

        let (sender, receiver) = UnixDatagram::pair().unwrap();
        set_socket_passcred(&receiver, true).unwrap();
        let descriptors = [sender.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let parts = [io::IoSlice::new(b"x")];
        sendmsg(&sender, &parts, &mut control, SendFlags::empty()).unwrap();
        receive_with_credentials(&receiver, &mut [0; 8]).unwrap();
        // The receiver's end is the only one left: had the descriptor been installed, the other end
        // would still be open and this would wait for it.
        drop(sender);
        receiver.set_nonblocking(true).unwrap();
        let error = receiver.send(b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
