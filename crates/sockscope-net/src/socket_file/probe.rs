//! Probe: whether a socket lives behind a socket file.

use std::os::fd::AsFd;

use rustix::fs::FileType;
use rustix::io::{self, Errno};
use rustix::net::AddressFamily;

use super::Target;
use super::place::{Identity, Place};
use crate::address::socket;
use crate::endpoint::Kind;
use crate::owner::is_bound;

/// What a place is taken by.
pub(super) enum Occupant {
    Nothing,
    /// A socket file whose socket is gone.
    Stale(Identity),
    /// A socket of any type, listening or not yet, with room in its backlog or not.
    Live,
    Other(FileType),
}

/// Finds out what is at a place; the error means that it cannot be told.
///
/// A datagram socket asks, whatever the type of the one that answers. `connect` looks for the socket
/// of the inode first and compares types second, before it looks at the state of the listener: any
/// live stream or seqpacket socket is `EPROTOTYPE`, and only a file without a socket is
/// `ECONNREFUSED`. So a server that has not called `listen` yet, whose backlog is full, or that lives
/// in another network namespace is found alive, and none ever sees a connection from this.
pub(super) fn occupant(place: &Place, target: &Target<'_>) -> io::Result<Occupant> {
    let identity = match place.look() {
        Ok((FileType::Socket, identity)) => identity,
        Ok((other, _)) => return Ok(Occupant::Other(other)),
        Err(Errno::NOENT) => return Ok(Occupant::Nothing),
        Err(error) => return Err(error),
    };
    let probe = socket(AddressFamily::UNIX, Kind::Datagram, None)?;
    match target.address.connect(probe.as_fd()) {
        Err(Errno::CONNREFUSED) => Ok(Occupant::Stale(identity)),
        // EPERM: a datagram socket that is connected elsewhere.
        Ok(()) | Err(Errno::PROTOTYPE | Errno::PERM) => Ok(Occupant::Live),
        Err(Errno::NOENT) => Ok(Occupant::Nothing),
        // We may not write to the file. That someone is bound to its name is proof enough; that
        // nobody is, at least in this network namespace and under this spelling, proves nothing.
        Err(Errno::ACCESS) if is_bound(target.unix) => Ok(Occupant::Live),
        Err(error) => Err(error),
    }
}
