//! `End`: why a connection of a server ended, for its log line and the summary.

use std::fmt::{self, Display};
use std::io;

use sockscope_net::errno;
use sockscope_proto::Close;

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The service closed it.
    Service(Close),
    /// The peer has gone altogether, while the service was not reading.
    PeerGone,
    /// The socket failed: a reset, a broken pipe.
    Failed(io::Error),
    /// The service did not go on; a bug, and only this connection pays for it.
    Stuck,
    /// The server was asked to end, and what had been received was answered.
    Finished,
    /// The server was asked to end, and the peer did not take its answers within the grace.
    Cut,
}

impl Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(why) => why.fmt(f),
            Self::PeerGone => f.write_str("peer has gone"),
            Self::Failed(error) => Told(error).fmt(f),
            Self::Stuck => f.write_str("service did not go on"),
            Self::Finished => f.write_str("server ends"),
            Self::Cut => f.write_str("server ends, grace is over"),
        }
    }
}

/// An error of the kernel by its name and its meaning, as the program prints it everywhere.
pub(super) struct Told<'a>(pub(super) &'a io::Error);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match errno::of(self.0).and_then(errno::known) {
            Some(known) => write!(f, "{} {}", known.name, known.meaning),
            None => self.0.fmt(f),
        }
    }
}
