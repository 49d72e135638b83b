//! Socket file: the file that binding a path makes, from its mode to its removal.
//!
//! The rules: a file with a live socket behind it is never touched, nor is anything that is not a
//! socket; a stale file is replaced under a lock that other starters of ours respect; a file has its
//! final rights before anyone can connect; and on exit only the file that we made goes away.

mod place;
mod probe;
mod rights;

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::address::Address;
use crate::endpoint::{Endpoint, UnixEndpoint};
use crate::listener::{BindError, BindOptions, FileStep};
use crate::owner::Owner;
use place::{Identity, Place};
use probe::Occupant;

/// How often a stale file is replaced before we give up: each time, someone else was faster.
const ATTEMPTS: usize = 4;

/// How long another starter may take to replace a stale file. It needs some system calls.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// What a directory in the place of a socket file is called.
pub(crate) const DIRECTORY: &str = "a directory";

/// A socket file that we made. Dropping it removes the file, if it is still the same.
///
/// It must go before its socket is closed: as long as the socket lives nobody takes the file for
/// stale, and the kernel does not give its inode number to another file.
#[derive(Debug)]
pub(crate) struct SocketFile {
    place: Place,
    identity: Identity,
}

/// What is to be bound, for everything that can go wrong on the way.
pub(crate) struct Target<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) unix: &'a UnixEndpoint,
    pub(crate) address: &'a Address,
    pub(crate) path: &'a Path,
}

impl SocketFile {
    /// Binds `fd` to the path of `target`, with the rights that were asked for.
    pub(crate) fn bind(
        fd: &OwnedFd,
        target: &Target<'_>,
        options: &BindOptions,
    ) -> Result<Self, BindError> {
        let place = Place::of(target.path)
            .map_err(|source| target.file(FileStep::OpenDirectory, source))?;
        rights::before_bind(fd, options)
            .map_err(|source| target.file(FileStep::SetMode, source))?;
        // Only when something is there already does anything need to be decided, or locked.
        match target.address.bind(fd.as_fd()) {
            Err(Errno::ADDRINUSE) => replace(fd, target, &place)?,
            result => result.map_err(|source| target.refused(source))?,
        }
        // The file can be told, and so removed if anything fails, without one more descriptor.
        let (_, identity) = place.look().map_err(|source| target.file(FileStep::Look, source))?;
        let this = Self { place, identity };
        rights::after_bind(&this.place, &this.identity, options)
            .map_err(|source| target.file(FileStep::GiveRights, source))?;
        Ok(this)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure, and a file that stays is found stale later on.
        let _ = self.place.remove(&self.identity);
    }
}

/// Binds where something exists already, if that is a stale socket file.
fn replace(fd: &OwnedFd, target: &Target<'_>, place: &Place) -> Result<(), BindError> {
    // Two starters that find the same stale file must not each remove the other's new one.
    let _lock = place
        .lock(LOCK_PATIENCE)
        .map_err(|source| BindError::Lock { endpoint: target.endpoint.clone(), source })?;
    for _ in 0..ATTEMPTS {
        match probe::occupant(place, target) {
            Ok(Occupant::Nothing) => {}
            Ok(Occupant::Stale(identity)) => {
                place
                    .remove(&identity)
                    .map_err(|source| target.file(FileStep::RemoveStale, source))?;
            }
            Ok(Occupant::Live) => {
                let owner = Owner::of_unix(target.unix);
                return Err(BindError::InUse { endpoint: target.endpoint.clone(), owner });
            }
            Ok(Occupant::Other(file_type)) => {
                let what = describe(file_type);
                return Err(BindError::NotASocket { endpoint: target.endpoint.clone(), what });
            }
            Err(source) => {
                return Err(BindError::Undecided { endpoint: target.endpoint.clone(), source });
            }
        }
        match target.address.bind(fd.as_fd()) {
            Err(Errno::ADDRINUSE) => {}
            result => return result.map_err(|source| target.refused(source)),
        }
    }
    Err(target.refused(Errno::ADDRINUSE))
}

impl Target<'_> {
    fn refused(&self, source: Errno) -> BindError {
        BindError::Bind { endpoint: self.endpoint.clone(), address: None, source }
    }

    fn file(&self, step: FileStep, source: Errno) -> BindError {
        BindError::File { endpoint: self.endpoint.clone(), step, source }
    }
}

fn describe(file_type: FileType) -> &'static str {
    match file_type {
        FileType::RegularFile => "a regular file",
        FileType::Directory => DIRECTORY,
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Socket => "a socket",
        FileType::Unknown => "a file of unknown type",
    }
}
