//! VM socket buffers: options of their own, where other sockets have `SO_SNDBUF` and `SO_RCVBUF`.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// The options of `linux/vm_sockets.h`, which libc lacks.
const SO_VM_SOCKETS_BUFFER_SIZE: libc::c_int = 0;
const SO_VM_SOCKETS_BUFFER_MAX_SIZE: libc::c_int = 2;

/// `getsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE)`: how many bytes the other end may send before any is read.
///
/// Manual: [vsock(7)](https://man7.org/linux/man-pages/man7/vsock.7.html).
#[doc(alias = "SO_VM_SOCKETS_BUFFER_SIZE")]
pub fn vsock_buffer(fd: impl AsFd) -> io::Result<usize> {
    let mut bytes = 0_u64;
    let mut length = size_of::<u64>() as libc::socklen_t;
    // SAFETY: `bytes` and `length` are valid for writes of the sizes given, during the call.
    let status = unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            libc::AF_VSOCK,
            SO_VM_SOCKETS_BUFFER_SIZE,
            (&raw mut bytes).cast(),
            &raw mut length,
        )
    };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// `setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE)`, with its limit raised as far as needed.
#[doc(alias = "SO_VM_SOCKETS_BUFFER_MAX_SIZE")]
pub fn set_vsock_buffer(fd: impl AsFd, bytes: u64) -> io::Result<()> {
    set(&fd, SO_VM_SOCKETS_BUFFER_MAX_SIZE, bytes)?;
    set(&fd, SO_VM_SOCKETS_BUFFER_SIZE, bytes)
}

fn set(fd: &impl AsFd, option: libc::c_int, bytes: u64) -> io::Result<()> {
    // SAFETY: `bytes` is valid for reads of the size given, during the call.
    let status = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            libc::AF_VSOCK,
            option,
            (&raw const bytes).cast(),
            size_of::<u64>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, SocketType, socket};

    use super::*;

    #[test]
    fn a_buffer_has_the_size_that_was_asked_for() {
        let Ok(fd) = socket(AddressFamily::VSOCK, SocketType::STREAM, None) else {
            eprintln!("not on this kernel: VM sockets");
            return;
        };
        for bytes in [64 << 10, 1 << 20] {
            set_vsock_buffer(&fd, bytes).unwrap();
            assert_eq!(vsock_buffer(&fd).unwrap() as u64, bytes);
        }
    }

    #[test]
    fn another_socket_has_no_such_buffer() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(vsock_buffer(&one).is_err());
        assert!(set_vsock_buffer(&one, 1).is_err());
    }
}
