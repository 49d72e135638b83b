//! Exit statuses: the contract of every command with scripts and CI.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done, the answer is yes.
    Yes,
    /// Done, the answer is no: a ping was lost, for example.
    No,
    /// The call is wrong: a bad endpoint, an unreadable file.
    Usage,
    /// This machine does not allow it: cannot bind, every cell unavailable.
    Environment,
    /// The peer misbehaved: wrong content, short answer.
    Peer,
    /// A bug of sockscope.
    Bug,
}

impl Status {
    /// The number that the process exits with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Peer => 4,
            Self::Bug => 70,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}
