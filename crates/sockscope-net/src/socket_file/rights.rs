//! Rights: mode and ownership of a socket file, without a moment in which they are too wide.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::{self, AtFlags, Gid, Mode, Uid};
use rustix::io;

use crate::listener::BindOptions;

/// Prepares the unbound socket: on Linux `bind` gives its mode, less the umask, to the file.
pub(super) fn before_bind(fd: &OwnedFd, options: &BindOptions) -> io::Result<()> {
    let Some(mode) = options.mode else { return Ok(()) };
    // As long as the file belongs to the wrong group, the group's rights are not for that group.
    let early = if options.owner.is_some() || options.group.is_some() {
        mode.raw() & Mode::RWXU
    } else {
        mode.raw()
    };
    fs::fchmod(fd, early)
}

/// Gives the bound file what is still missing: its owner, and the rights that the umask or a default
/// ACL took away. All of that widens, so nobody ever had more than was asked for.
pub(super) fn after_bind(file: &OwnedFd, options: &BindOptions) -> io::Result<()> {
    if options.owner.is_some() || options.group.is_some() {
        let (owner, group) = (options.owner.map(Uid::from_raw), options.group.map(Gid::from_raw));
        fs::chownat(file, "", owner, group, AtFlags::EMPTY_PATH)?;
    }
    let Some(mode) = options.mode else { return Ok(()) };
    if Mode::from_raw_mode(fs::fstat(file)?.st_mode) & Mode::from_raw_mode(0o777) == mode.raw() {
        return Ok(());
    }
    // The file is held without being opened, which fchmod refuses; its magic link leads to just this
    // file, whatever lies on its path by now.
    fs::chmod(format!("/proc/self/fd/{}", file.as_raw_fd()), mode.raw())
}
