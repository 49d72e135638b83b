//! Place: a name in a directory that is held by descriptor.
//!
//! Between binding and removal the process may change its directory, and someone else may rename or
//! replace what lies on the path; the descriptor still means the same directory.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{self, AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{self, Errno};

/// How often to look whether the lock is free.
const LOCK_INTERVAL: Duration = Duration::from_millis(5);

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Place {
    directory: OwnedFd,
    name: OsString,
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Place {
    /// The place where binding `path` makes a file.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // By the last slash, as the kernel does: `Path` would drop a slash or a dot at the end.
        let path = path.as_os_str().as_bytes();
        let (parent, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&path[..=slash], &path[slash + 1..]),
            None => (&b"."[..], path),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = fs::openat(CWD, OsStr::from_bytes(parent), flags, Mode::empty())?;
        Ok(Self { directory, name: OsStr::from_bytes(name).to_owned() })
    }

    /// What is there now, symbolic links themselves included.
    pub(super) fn look(&self) -> io::Result<(FileType, Identity)> {
        // The empty names of `x/` mean the directory itself.
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
        let stat = fs::statat(&self.directory, &self.name, flags)?;
        Ok((FileType::from_raw_mode(stat.st_mode), Identity::of(&stat)))
    }

    /// The socket file that is meant, held without opening it; `ESTALE` if another is there by now.
    pub(super) fn hold(&self, identity: &Identity) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(&self.directory, &self.name, flags, Mode::empty())?;
        let stat = fs::fstat(&file)?;
        let is_socket = FileType::from_raw_mode(stat.st_mode) == FileType::Socket;
        if is_socket && Identity::of(&stat) == *identity { Ok(file) } else { Err(Errno::STALE) }
    }

    /// The access rights of what is there now.
    pub(super) fn mode(&self) -> io::Result<Mode> {
        let stat = fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Mode::from_raw_mode(stat.st_mode))
    }

    /// Removes the file that is there, if it is the one that is meant.
    pub(super) fn remove(&self, identity: &Identity) -> io::Result<()> {
        match self.look() {
            Ok((FileType::Socket, found)) if found == *identity => {
                fs::unlinkat(&self.directory, &self.name, AtFlags::empty())
            }
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Locks the directory until the result is dropped.
    ///
    /// Anyone who may read a directory may lock it, so the wait has an end: then it is `EAGAIN`.
    pub(super) fn lock(&self, patience: Duration) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = fs::openat(&self.directory, ".", flags, Mode::empty())?;
        let end = Instant::now() + patience;
        loop {
            match fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(directory),
                Err(Errno::WOULDBLOCK) if Instant::now() < end => thread::sleep(LOCK_INTERVAL),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_by_one_starter_at_a_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = Place::of(&directory.path().join("a")).expect("a place");
        let second = Place::of(&directory.path().join("b")).expect("a place");
        let lock = first.lock(Duration::ZERO).expect("free");
        assert_eq!(second.lock(Duration::ZERO).err(), Some(Errno::AGAIN));
        drop(lock);
        second.lock(Duration::ZERO).expect("free again");
    }

    #[test]
    fn a_file_is_removed_only_while_it_is_the_one_that_is_meant() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        let place = Place::of(&path).expect("a place");
        let first = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        let (_, identity) = place.look().expect("there");
        std::fs::remove_file(&path).expect("removed");
        let _second = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        place.remove(&identity).expect("nothing to do");
        assert!(path.exists(), "another file");
        assert_eq!(place.hold(&identity).err(), Some(Errno::STALE));
        let (_, identity) = place.look().expect("there");
        place.remove(&identity).expect("removed");
        assert!(!path.exists());
        place.remove(&identity).expect("nothing to do");
        drop(first);
    }
}
