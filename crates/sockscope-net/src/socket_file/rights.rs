//! Rights: mode and ownership of a socket file, without a moment in which they are too wide.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::{self, AtFlags, Gid, Mode, Uid};
use rustix::io;

use super::place::{Identity, Place};
use crate::listener::BindOptions;

/// The bits that a mode can set.
const ALL: Mode = Mode::from_bits_retain(0o777);

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
pub(super) fn after_bind(
    place: &Place,
    identity: &Identity,
    options: &BindOptions,
) -> io::Result<()> {
    let gives_away = options.owner.is_some() || options.group.is_some();
    let wanted = options.mode.map(crate::mode::Mode::raw);
    if !gives_away && (wanted.is_none() || wanted == Some(place.mode()? & ALL)) {
        return Ok(());
    }
    let file = place.hold(identity)?;
    if gives_away {
        let (owner, group) = (options.owner.map(Uid::from_raw), options.group.map(Gid::from_raw));
        fs::chownat(&file, "", owner, group, AtFlags::EMPTY_PATH)?;
    }
    match wanted {
        // The file is held without being opened, which fchmod refuses; its magic link leads to just
        // this file, whatever lies on its path by now.
        Some(wanted) if wanted != Mode::from_raw_mode(fs::fstat(&file)?.st_mode) & ALL => {
            fs::chmod(format!("/proc/self/fd/{}", file.as_raw_fd()), wanted)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use rustix::net::{AddressFamily, SocketAddrUnix};

    use super::*;
    use crate::address::{Address, socket};
    use crate::endpoint::Kind;

    /// The mode that a socket was given, and the one of its file right after `bind`.
    fn modes(options: &BindOptions) -> (u32, u32) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        let fd = socket(AddressFamily::UNIX, Kind::Stream, None).expect("a socket");
        before_bind(&fd, options).expect("prepared");
        let given = fs::fstat(&fd).expect("there").st_mode;
        let address = Address::Unix(SocketAddrUnix::new(&path).expect("an address"));
        address.bind(fd.as_fd()).expect("bound");
        (given & 0o777, fs::lstat(&path).expect("there").st_mode & 0o777)
    }

    #[test]
    fn a_socket_has_its_mode_before_its_file_exists() {
        for (wanted, group, given) in [
            (0o600, None, 0o600),
            (0o660, None, 0o660),
            (0o666, None, 0o666),
            (0o000, None, 0o000),
            // Not before the group is the right one.
            (0o660, Some(0), 0o600),
            (0o077, Some(0), 0o000),
        ] {
            let mode = crate::mode::Mode::from_bits(wanted);
            let (socket, file) = modes(&BindOptions { mode, group, ..Default::default() });
            assert_eq!(socket, given, "{wanted:03o}");
            // Whatever the umask is, it only takes away: under 0 this is the same mode.
            assert_eq!(file & !given, 0, "{wanted:03o} became {file:03o}");
        }
    }
}
