//! Adoption: serving on a socket that someone else has bound.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt;

use super::{BindError, Listener};
use crate::address;
use crate::endpoint::{Endpoint, Kind};
use crate::transport::Transport;

impl Listener {
    /// Serves on a socket that is already bound, and listening where its kind does. Its file, if it
    /// has one, belongs to whoever bound it and stays.
    pub fn adopt(fd: OwnedFd, endpoint: &Endpoint) -> Result<Self, BindError> {
        match look(&fd) {
            Ok((kind, transport)) => {
                let local = address::local_endpoint(fd.as_fd(), kind);
                let local = local.unwrap_or_else(|| endpoint.clone());
                Ok(Self { fd, local, kind, transport, _file: None })
            }
            Err(source) => Err(BindError::Inherited { endpoint: endpoint.clone(), source }),
        }
    }
}

/// Takes a share in the socket behind an inherited descriptor number.
pub(super) fn adopt_number(number: u32, endpoint: &Endpoint) -> Result<Listener, BindError> {
    let inherited = |source| BindError::Inherited { endpoint: endpoint.clone(), source };
    let number = i32::try_from(number).map_err(|_| inherited(Errno::BADF.into()))?;
    let fd = sockscope_sys::duplicate(number).map_err(inherited)?;
    Listener::adopt(fd, endpoint)
}

fn look(fd: &OwnedFd) -> io::Result<(Kind, Transport)> {
    let other = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    let kind = address::kind(sockopt::socket_type(fd)?)
        .ok_or_else(|| other("neither a stream, a datagram nor a seqpacket socket"))?;
    let transport = Transport::of(fd.as_fd(), kind)
        .ok_or_else(|| other("not of a family that can be served"))?;
    if kind != Kind::Datagram && !sockopt::socket_acceptconn(fd)? {
        return Err(other("not listening"));
    }
    if transport == Transport::Unixgram {
        sockopt::set_socket_passcred(fd, true)?;
    }
    rustix::io::ioctl_fionbio(fd, true)?;
    Ok((kind, transport))
}
