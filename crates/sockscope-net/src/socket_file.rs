//! Socket file: the file that binding a path makes, and its removal.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, OFlags};
use rustix::io::Errno;

use crate::address::Address;
use crate::endpoint::Endpoint;
use crate::listener::{BindError, BindOptions};

/// A socket file that we made. Dropping it removes the file, if it is still the same.
#[derive(Debug)]
pub(crate) struct SocketFile {
    /// The directory, by descriptor: a path could lead elsewhere by the time of removal.
    directory: OwnedFd,
    name: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    /// Binds `fd` to `path` with the mode that was asked for.
    pub(crate) fn bind(
        fd: &OwnedFd,
        endpoint: &Endpoint,
        address: &Address,
        path: &Path,
        options: &BindOptions,
    ) -> Result<Self, BindError> {
        let bind = |source| BindError::Bind { endpoint: endpoint.clone(), address: None, source };
        let file = |source| BindError::File { path: path.to_owned(), source };
        if let Some(mode) = options.mode {
            fs::fchmod(fd, mode.raw()).map_err(file)?;
        }
        address.bind(fd.as_fd()).map_err(bind)?;
        Self::look(path).map_err(file)
    }

    fn look(path: &Path) -> Result<Self, Errno> {
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = fs::openat(CWD, parent, flags, fs::Mode::empty())?;
        let stat = fs::statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Self { directory, name, device: stat.st_dev, inode: stat.st_ino })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let stat = fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        if stat.is_ok_and(|stat| stat.st_dev == self.device && stat.st_ino == self.inode) {
            // Nobody is left to tell, and a file that stays is found stale by the next server.
            let _ = fs::unlinkat(&self.directory, &self.name, AtFlags::empty());
        }
    }
}
