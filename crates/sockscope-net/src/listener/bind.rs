//! Binding: from an endpoint to listening sockets.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{self, sockopt};

use super::{BindError, BindOptions, Listener, adopt, datagram, network};
use crate::address::{self, Address};
use crate::buffers;
use crate::endpoint::{Endpoint, Kind, UnixEndpoint, VsockEndpoint};
use crate::owner::Owner;
use crate::socket_file::{SocketFile, Target};
use crate::transport::Transport;

/// What the kernel cuts to `net.core.somaxconn`.
const BACKLOG_OF_SYSTEM: i32 = i32::MAX;

pub(super) fn bind(endpoint: &Endpoint, options: &BindOptions) -> Result<Vec<Listener>, BindError> {
    match endpoint {
        Endpoint::Tcp(at) | Endpoint::Mptcp(at) => {
            network::bind(endpoint, at, Kind::Stream, options)
        }
        Endpoint::Udp(at) => network::bind(endpoint, at, Kind::Datagram, options),
        Endpoint::Unix(unix) => Ok(vec![bind_unix(endpoint, unix, options)?]),
        Endpoint::Vsock(at) => Ok(vec![bind_vsock(endpoint, *at, options)?]),
        Endpoint::Fd(number) => Ok(vec![adopt::adopt_number(*number, endpoint)?]),
        Endpoint::SdListen(name) => adopt::adopt_activated(name, &options.activated, endpoint),
    }
}

fn bind_unix(
    endpoint: &Endpoint,
    unix: &UnixEndpoint,
    options: &BindOptions,
) -> Result<Listener, BindError> {
    let refused = |source| BindError::Bind { endpoint: endpoint.clone(), address: None, source };
    let address = Address::unix(unix).map_err(refused)?;
    let fd = socket(endpoint, &address, unix.kind())?;
    if unix.kind() == Kind::Datagram && !options.anonymous {
        // Before anyone can send: a message from before has no credentials.
        sockopt::set_socket_passcred(&fd, true).map_err(refused)?;
    }
    let file = match unix.path() {
        Some(path) => {
            let target = Target { endpoint, unix, address: &address, path };
            Some(SocketFile::bind(&fd, &target, options)?)
        }
        None => match address.bind(fd.as_fd()) {
            Ok(()) => None,
            Err(Errno::ADDRINUSE) => {
                let owner = Owner::of_unix(unix);
                return Err(BindError::InUse { endpoint: endpoint.clone(), owner });
            }
            Err(source) => return Err(refused(source)),
        },
    };
    finish(fd, endpoint.clone(), unix.kind(), file, options)
}

fn bind_vsock(
    endpoint: &Endpoint,
    at: VsockEndpoint,
    options: &BindOptions,
) -> Result<Listener, BindError> {
    let address = Address::Vsock(at.into());
    let fd = socket(endpoint, &address, Kind::Stream)?;
    address.bind(fd.as_fd()).map_err(|source| match source {
        Errno::ADDRINUSE => BindError::InUse { endpoint: endpoint.clone(), owner: None },
        source => BindError::Bind { endpoint: endpoint.clone(), address: None, source },
    })?;
    let local = address::local_endpoint(fd.as_fd(), Kind::Stream);
    finish(fd, local.unwrap_or_else(|| endpoint.clone()), Kind::Stream, None, options)
}

/// Listens, where the kind does, on a socket that is bound to `local`.
pub(super) fn finish(
    fd: OwnedFd,
    local: Endpoint,
    kind: Kind,
    file: Option<SocketFile>,
    options: &BindOptions,
) -> Result<Listener, BindError> {
    let failed = |source| BindError::Listen { endpoint: local.clone(), source };
    if let Some(bytes) = options.buffers {
        buffers::ask(fd.as_fd(), bytes).map_err(failed)?;
    }
    if kind != Kind::Datagram {
        let backlog = options.backlog.and_then(|backlog| i32::try_from(backlog).ok());
        net::listen(&fd, backlog.unwrap_or(BACKLOG_OF_SYSTEM)).map_err(failed)?;
    }
    let transport = Transport::of(fd.as_fd(), kind).ok_or_else(|| failed(Errno::AFNOSUPPORT))?;
    let asks_for_more = datagram::ask_for_more(fd.as_fd(), transport, options.anonymous)
        .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    Ok(Listener { file, fd, local, kind, transport, asks_for_more })
}

/// A socket for one address of an endpoint.
pub(super) fn socket(
    endpoint: &Endpoint,
    address: &Address,
    kind: Kind,
) -> Result<OwnedFd, BindError> {
    address
        .socket(endpoint, kind)
        .map_err(|source| BindError::Socket { endpoint: endpoint.clone(), source })
}
