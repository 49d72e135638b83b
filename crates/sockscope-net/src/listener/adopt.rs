//! Adoption: serving on a socket that someone else has bound.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt;

use super::{Activated, BindError, Listener, datagram};
use crate::address;
use crate::endpoint::{Endpoint, Kind, SdName};
use crate::transport::Transport;

impl Listener {
    /// Serves on a socket that is already bound, and listening where its kind does. Its file, if it
    /// has one, belongs to whoever bound it and stays.
    pub fn adopt(fd: OwnedFd, endpoint: &Endpoint) -> Result<Self, BindError> {
        match prepare(&fd) {
            Ok((kind, transport, asks_for_more)) => {
                let local = address::local_endpoint(fd.as_fd(), kind);
                let local = local.unwrap_or_else(|| endpoint.clone());
                Ok(Self { file: None, fd, local, kind, transport, asks_for_more })
            }
            Err(source) => Err(BindError::Inherited { endpoint: endpoint.clone(), source }),
        }
    }
}

/// Takes a share in the socket behind an inherited descriptor number.
///
/// Where nothing was handed over, a number may be that of another listener, or of the log: one that is
/// closed on exec cannot have come from outside, and is refused.
pub(super) fn adopt_number(number: u32, endpoint: &Endpoint) -> Result<Listener, BindError> {
    let inherited = |source| BindError::Inherited { endpoint: endpoint.clone(), source };
    let number = i32::try_from(number).map_err(|_| inherited(Errno::BADF.into()))?;
    if sockscope_sys::is_closed_on_exec(number).map_err(inherited)? {
        let what = "nothing was handed over: that descriptor was opened here";
        return Err(inherited(io::Error::new(io::ErrorKind::NotFound, what)));
    }
    let fd = sockscope_sys::duplicate(number).map_err(inherited)?;
    Listener::adopt(fd, endpoint)
}

/// Takes a share in each of the sockets that were passed under a name.
pub(super) fn adopt_activated(
    name: &SdName,
    activated: &[Activated],
    endpoint: &Endpoint,
) -> Result<Vec<Listener>, BindError> {
    let chosen = activated.iter().filter(|socket| name.matches(&socket.name));
    let listeners: Vec<_> =
        chosen.map(|socket| adopt_number(socket.number, endpoint)).collect::<Result<_, _>>()?;
    if listeners.is_empty() {
        let names: Vec<_> = activated.iter().map(|socket| socket.name.as_str()).collect();
        let what = format!("no such socket was passed; passed: [{}]", names.join(", "));
        let source = io::Error::new(io::ErrorKind::NotFound, what);
        return Err(BindError::Inherited { endpoint: endpoint.clone(), source });
    }
    Ok(listeners)
}

fn prepare(fd: &OwnedFd) -> io::Result<(Kind, Transport, bool)> {
    let other = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    let kind = address::kind(sockopt::socket_type(fd)?)
        .ok_or_else(|| other("neither a stream, a datagram nor a seqpacket socket"))?;
    let transport = Transport::of(fd.as_fd(), kind)
        .ok_or_else(|| other("not of a family that can be served"))?;
    if kind != Kind::Datagram && !sockopt::socket_acceptconn(fd)? {
        return Err(other("not listening"));
    }
    rustix::io::ioctl_fionbio(fd, true)?;
    Ok((kind, transport, datagram::ask_for_more(fd.as_fd(), transport, false)?))
}
