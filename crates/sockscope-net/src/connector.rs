//! Connector: the client's side of an endpoint, resolved once and connected as often as needed.

mod dialer;
mod error;
mod hint;
mod limit;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::Timeout;
use rustix::net::{SocketAddrUnix, bind, sockopt};

pub use dialer::Dialer;
pub use error::ConnectError;

use limit::Limit;

use crate::address::Address;
use crate::buffers;
use crate::conn::Conn;
use crate::endpoint::{Endpoint, Kind};
use crate::resolve;
use crate::transport::Transport;

/// The way to an endpoint: its addresses, resolved when it was made.
#[derive(Clone, Debug)]
pub struct Connector {
    endpoint: Endpoint,
    kind: Kind,
    addresses: Vec<Address>,
    buffers: Option<u32>,
}

impl Connector {
    /// Resolves an endpoint.
    pub fn new(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let addresses = match endpoint {
            Endpoint::Tcp(at) | Endpoint::Mptcp(at) | Endpoint::Udp(at) => resolve::to_connect(at)
                .map_err(|source| ConnectError::Resolve { endpoint: endpoint.clone(), source })?
                .into_iter()
                .map(Address::Inet)
                .collect(),
            Endpoint::Unix(unix) => {
                vec![Address::unix(unix).map_err(|source| ConnectError::Connect {
                    endpoint: endpoint.clone(),
                    source,
                })?]
            }
            Endpoint::Vsock(at) => vec![Address::Vsock((*at).into())],
            Endpoint::Fd(_) | Endpoint::SdListen(_) => Vec::new(),
        };
        match endpoint.kind() {
            Some(kind) => Ok(Self { endpoint: endpoint.clone(), kind, addresses, buffers: None }),
            None => Err(ConnectError::ServeOnly { endpoint: endpoint.clone() }),
        }
    }

    /// The same, asking for so many bytes for each buffer (`SO_SNDBUF`, `SO_RCVBUF`) before it connects.
    #[must_use]
    pub fn with_buffers(self, buffers: Option<u32>) -> Self {
        Self { buffers, ..self }
    }

    /// What this connects to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Stream, datagram or seqpacket.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Connects to the first address that answers, within `timeout` for all of them together; without
    /// one, as long as the kernel tries. The connection that comes back blocks.
    pub fn connect(&self, timeout: Option<Duration>) -> Result<Conn, ConnectError> {
        let conn = self.connect_to_any(timeout, None)?;
        // Nobody can have stopped it.
        conn.ok_or_else(|| ConnectError::TimedOut { endpoint: self.endpoint.clone() })
    }

    /// The same, given up with `None` as soon as `stop` is readable.
    pub fn connect_unless(
        &self,
        stop: BorrowedFd<'_>,
        timeout: Option<Duration>,
    ) -> Result<Option<Conn>, ConnectError> {
        self.connect_to_any(timeout, Some(stop))
    }

    fn connect_to_any(
        &self,
        timeout: Option<Duration>,
        stop: Option<BorrowedFd<'_>>,
    ) -> Result<Option<Conn>, ConnectError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut first_error = None;
        for (index, address) in self.addresses.iter().enumerate() {
            let left = self.addresses.len() - index;
            match self.connect_to(address, Limit::share(deadline, left, stop)) {
                Ok(conn) => return Ok(conn),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        let error =
            first_error.unwrap_or(ConnectError::NoAddress { endpoint: self.endpoint.clone() });
        Err(error)
    }

    /// Connects to one address; `None` if that was stopped.
    fn connect_to(
        &self,
        address: &Address,
        limit: Limit<'_>,
    ) -> Result<Option<Conn>, ConnectError> {
        let endpoint = self.reached(address);
        let failed = |source| match source {
            Errno::AGAIN => ConnectError::BacklogFull { endpoint: endpoint.clone() },
            Errno::TIMEDOUT => ConnectError::TimedOut { endpoint: endpoint.clone() },
            source => ConnectError::Connect { endpoint: endpoint.clone(), source },
        };
        let fd = address
            .socket(&self.endpoint, self.kind)
            .map_err(|source| ConnectError::Socket { endpoint: endpoint.clone(), source })?;
        if let Some(bytes) = self.buffers {
            buffers::ask(fd.as_fd(), bytes).map_err(failed)?;
        }
        match self.establish(&fd, address, limit) {
            Ok(()) => {}
            Err(Errno::CANCELED) => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        let network = match address {
            Address::Inet(address) => Some(*address),
            Address::Unix(_) | Address::Vsock(_) => None,
        };
        let Some(transport) = Transport::of_endpoint(&endpoint) else {
            return Err(ConnectError::ServeOnly { endpoint });
        };
        let v6 = network.is_some_and(|address| address.is_ipv6());
        let transport = transport.as_connected(fd.as_fd(), v6);
        Ok(Some(Conn::dialled(fd, self.kind, transport, network, endpoint)))
    }

    fn establish(&self, fd: &OwnedFd, address: &Address, limit: Limit<'_>) -> Result<(), Errno> {
        match (address, self.kind) {
            (Address::Unix(_), Kind::Datagram) => {
                // An address of its own (the kernel picks an abstract one), or no server could
                // answer it.
                bind(fd, &SocketAddrUnix::new_unnamed())?;
                address.connect(fd.as_fd())?;
            }
            (Address::Unix(_), _) => connect_unix(fd, address, limit)?,
            (Address::Inet(_) | Address::Vsock(_), _) => connect_network(fd, address, limit)?,
        }
        if matches!(self.endpoint, Endpoint::Tcp(_) | Endpoint::Mptcp(_)) {
            sockopt::set_tcp_nodelay(fd, true)?;
        }
        rustix::io::ioctl_fionbio(fd, false)
    }

    /// The endpoint with the address that is tried in place of a name.
    fn reached(&self, address: &Address) -> Endpoint {
        match (&self.endpoint, address) {
            (Endpoint::Tcp(_), Address::Inet(at)) => Endpoint::Tcp((*at).into()),
            (Endpoint::Udp(_), Address::Inet(at)) => Endpoint::Udp((*at).into()),
            (Endpoint::Mptcp(_), Address::Inet(at)) => Endpoint::Mptcp((*at).into()),
            (endpoint, _) => endpoint.clone(),
        }
    }
}

/// Connects and waits for the answer without ever sleeping in `connect` itself.
fn connect_network(fd: &OwnedFd, address: &Address, limit: Limit<'_>) -> Result<(), Errno> {
    match address.connect(fd.as_fd()) {
        Err(Errno::INPROGRESS) => {}
        result => return result,
    }
    limit.wait_writable(fd)?;
    sockopt::socket_error(fd)?
}

/// Connects to a Unix listener. While its backlog is full there is nothing to poll for, so the wait
/// is one in the kernel, with the limit as its time-out; a backlog full till the end is `EAGAIN`.
fn connect_unix(fd: &OwnedFd, address: &Address, limit: Limit<'_>) -> Result<(), Errno> {
    let mut result = address.connect(fd.as_fd());
    if result != Err(Errno::AGAIN) {
        return result;
    }
    rustix::io::ioctl_fionbio(fd, false)?;
    while matches!(result, Err(Errno::AGAIN | Errno::INTR)) {
        match limit.slice() {
            Ok(time) => sockopt::set_socket_timeout(fd, Timeout::Send, time)?,
            // Whoever waited in vain has found no place.
            Err(Errno::TIMEDOUT) => return Err(Errno::AGAIN),
            Err(error) => return Err(error),
        }
        result = address.connect(fd.as_fd());
    }
    result?;
    sockopt::set_socket_timeout(fd, Timeout::Send, None)
}
