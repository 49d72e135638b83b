//! Blame: whose fault it is that a client has no block.

use std::io;

use rustix::io::Errno;

use super::connect::blame_connect;
use crate::connect::ConnectError;
use crate::control::{Failure, Fault};
use crate::exchange::ExchangeError;
use crate::worker::failure;

/// Why there is no block.
#[derive(Debug)]
pub(in crate::worker) enum NoBlock {
    /// An exchange failed.
    Exchange(ExchangeError),
    /// Connecting went wrong.
    Connect(ConnectError),
    /// The usage of an end cannot be read, most likely because it is gone.
    Usage(io::Error),
    /// It is already known whose fault it is.
    Failed(Failure),
}

impl From<Failure> for NoBlock {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl NoBlock {
    /// Whose fault it is.
    pub(in crate::worker) fn blame(self, running: bool) -> Failure {
        match self {
            Self::Exchange(error) => blame(&error, running),
            Self::Connect(error) => blame_connect(&error, running),
            Self::Usage(error) => failure(Fault::Gone, "read the usage of both ends", &error),
            Self::Failed(failure) => failure,
        }
    }
}

/// A server that answers wrongly misbehaves. One of ours that closed or reset may have been killed; somebody else's
/// misbehaved then, too. Whatever else a socket refuses is the machine's doing.
pub(super) fn blame(error: &ExchangeError, running: bool) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
    let gone = match error {
        ExchangeError::Closed | ExchangeError::Short { .. } => true,
        ExchangeError::Send(error) | ExchangeError::Receive(error) => {
            matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionRefused)
        }
        ExchangeError::Wrong(_) | ExchangeError::Silent { .. } | ExchangeError::Unnumbered => false,
    };
    let fault = match error {
        ExchangeError::Send(error) if is_too_long(error) => Fault::Unavailable,
        ExchangeError::Wrong(_) | ExchangeError::Silent { .. } => Fault::Peer,
        _ if gone && running => Fault::Peer,
        _ if gone => Fault::Gone,
        _ => Fault::Environment,
    };
    failure(fault, "exchange", error)
}

/// The kind cannot carry a message of this size: nobody's fault.
fn is_too_long(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::MSGSIZE)
}
