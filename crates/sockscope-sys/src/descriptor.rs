//! Descriptors: taking a share in one that is known only by its number, or taking it over.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// `fcntl(number, F_DUPFD_CLOEXEC)`: a descriptor of our own for the open file behind an inherited
/// descriptor number. The number itself stays open, whoever owns it.
#[doc(alias = "F_DUPFD_CLOEXEC")]
pub fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: this command takes integers only, and it neither closes nor changes `number`.
    let own = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if own < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made `own` for us; nothing else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(own) })
}

/// Whether a descriptor is closed on `exec`. An inherited one cannot be, and one of this program's own
/// is: Rust and these crates set the flag on all they open.
#[doc(alias = "FD_CLOEXEC")]
pub fn is_closed_on_exec(number: RawFd) -> io::Result<bool> {
    // SAFETY: this command takes integers only, and it changes nothing.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    if flags < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(flags & libc::FD_CLOEXEC != 0)
}

/// Takes over an inherited descriptor, which only the caller of this program can have opened: it is
/// closed with the value that comes back.
///
/// A descriptor of this program's own is refused. Those are told by their close-on-exec flag, and by
/// their numbers (standard input, output and error, 0 to 2).
#[doc(alias = "FD_CLOEXEC")]
pub fn take_inherited(number: RawFd) -> io::Result<OwnedFd> {
    if is_closed_on_exec(number)? || number <= libc::STDERR_FILENO {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an inherited descriptor"));
    }
    // SAFETY: this command takes integers only; its flag marks the descriptor as ours from now on.
    if unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open and was inherited, so no value of this program owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::{duplicate, is_closed_on_exec, take_inherited};

    #[test]
    fn a_descriptor_of_our_own_cannot_be_taken_over() {
        let own = duplicate(0).unwrap();
        assert!(is_closed_on_exec(own.as_raw_fd()).unwrap());
        assert!(take_inherited(own.as_raw_fd()).is_err());
        for standard in 0..3 {
            assert!(take_inherited(standard).is_err());
        }
    }

    #[test]
    fn a_number_that_is_not_open_is_an_error() {
        assert!(take_inherited(i32::MAX).is_err());
        assert!(take_inherited(-1).is_err());
        assert!(is_closed_on_exec(-1).is_err());
    }
}
