//! Zero-copy: sends that ask the kernel not to copy, and the notices by which it gives their memory back.
//!
//! rustix has neither the option nor the notices.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::net::SendFlags;

use crate::control::Control;
use crate::message::empty_message;

/// `MSG_ZEROCOPY`, which rustix does not name.
const ZERO_COPY: SendFlags = SendFlags::from_bits_retain(libc::MSG_ZEROCOPY as u32);

/// `SO_ZEROCOPY` of `asm-generic/socket.h`, which libc lacks for some targets.
const SO_ZEROCOPY: libc::c_int =
    if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) { 0x3e } else { 60 };

/// The origin and the code of `linux/errqueue.h` that notices have, which libc lacks.
pub(crate) const SO_EE_ORIGIN_ZEROCOPY: u8 = 5;
pub(crate) const SO_EE_CODE_ZEROCOPY_COPIED: u8 = 1;

/// A notice: the kernel no longer looks at the memory of these sends, which are numbered from 0 on, modulo 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// The first of them.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// Whether the kernel copied after all, as it does for a receiver on the same machine.
    pub copied: bool,
}

/// `setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY)`: allows [`send_zero_copy`]. Where a kind of socket has none: `EOPNOTSUPP`.
///
/// Manual: [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html).
#[doc(alias = "SO_ZEROCOPY")]
pub fn allow_zero_copy(fd: impl AsFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: `on` is valid for reads of the size given, during the call.
    let status = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            SO_ZEROCOPY,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `send(fd, bytes, MSG_ZEROCOPY | MSG_NOSIGNAL)`: each that succeeds has the next number.
///
/// Whoever changes the bytes before they are [`released`] changes what is sent. `ENOBUFS`: too many notices have not been
/// read (`net.core.optmem_max`).
#[doc(alias = "MSG_ZEROCOPY")]
#[inline]
pub fn send_zero_copy(fd: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(fd, bytes, ZERO_COPY | SendFlags::NOSIGNAL)?)
}

/// `recvmsg(fd, …, MSG_ERRQUEUE)`: the next notice; `None` when there is none. It never waits. Other messages of the error
/// queue are dropped.
#[doc(alias = "MSG_ERRQUEUE")]
pub fn released(fd: impl AsFd) -> io::Result<Option<Released>> {
    loop {
        let mut control = Control::empty();
        let mut message = empty_message();
        message.msg_control = control.room().as_mut_ptr().cast();
        message.msg_controllen = control.room().len();
        let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
        // SAFETY: the one pointer in `message` that is not null is that to the room of `control`, which is valid for writes
        // of the length beside it, during the call.
        let length = unsafe { libc::recvmsg(fd.as_fd().as_raw_fd(), &raw mut message, flags) };
        if length < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::WouldBlock { Ok(None) } else { Err(error) };
        }
        control.set_length(message.msg_controllen);
        if let Some(released) = control.released() {
            return Ok(Some(released));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;

    use rustix::io::Errno;

    use super::*;

    fn pair(address: &str) -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(address).unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (sender, listener.accept().unwrap().0)
    }

    /// How many sends were released, and how many of them copied; each is told once.
    fn all_released(fd: impl AsFd) -> (u32, u32) {
        let (mut next, mut copied) = (0, 0);
        while let Some(notice) = released(&fd).unwrap() {
            assert_eq!(notice.first, next, "in order, on loopback");
            next = notice.last + 1;
            copied += if notice.copied { next - notice.first } else { 0 };
        }
        (next, copied)
    }

    #[test]
    fn every_send_to_a_receiver_on_the_same_machine_is_released_and_was_copied() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            if TcpListener::bind(address).is_err() {
                continue;
            }
            let (sender, mut receiver) = pair(address);
            allow_zero_copy(&sender).unwrap();
            let bytes = [7; 4096];
            for _ in 0..5 {
                assert_eq!(send_zero_copy(&sender, &bytes).unwrap(), bytes.len());
            }
            let mut received = vec![0; 5 * 4096];
            receiver.read_exact(&mut received).unwrap();
            assert!(received.iter().all(|byte| *byte == 7));
            assert_eq!(all_released(&sender), (5, 5), "{address}");
        }
    }

    #[test]
    fn a_datagram_is_released_too() {
        let [sender, receiver] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        allow_zero_copy(&sender).unwrap();
        assert_eq!(send_zero_copy(&sender, &[1; 1000]).unwrap(), 1000);
        assert_eq!(receiver.recv(&mut [0; 2000]).unwrap(), 1000);
        assert_eq!(all_released(&sender), (1, 1));
    }

    #[test]
    fn a_unix_socket_has_none_and_says_so() {
        let (sender, _receiver) = UnixStream::pair().unwrap();
        let error = allow_zero_copy(&sender).unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::OPNOTSUPP));
    }

    #[test]
    fn without_a_send_there_is_no_notice() {
        let (sender, _receiver) = pair("127.0.0.1:0");
        allow_zero_copy(&sender).unwrap();
        assert_eq!(released(&sender).unwrap(), None);
    }
}
