//! Descriptors: taking a share in one that is known only by its number.

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
