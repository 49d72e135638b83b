//! `Failure`: why a probe was not answered, in words: the errno's name, what it means and what to do next.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use sockscope_net::{ConnectError, errno};
use sockscope_proto::workload::Mismatch;

/// Why a probe was not answered as it should have been.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection.
    Connect(ConnectError),
    /// The kernel refuses to send or to receive.
    Io(io::Error),
    /// The time was up.
    Late {
        /// How long it was waited for.
        limit: Duration,
        /// Bytes of the answer that did come.
        received: usize,
    },
    /// The server closed the connection instead of an answer.
    Closed,
    /// The server said something else.
    Wrong(Wrong),
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    /// A byte differs.
    #[error("byte {} of the answer is 0x{:02x}, not 0x{:02x}", .0.offset, .0.found, .0.expected.unwrap_or(0))]
    Content(Mismatch),
    /// It goes on where it should have ended.
    #[error("the answer is longer than {expected} bytes")]
    TooLong {
        /// Bytes of the right answer.
        expected: usize,
    },
    /// The message, or the connection, ended in the middle of it.
    #[error("the answer ends after {received} of {expected} bytes")]
    Short {
        /// Bytes that came.
        received: usize,
        /// Bytes of the right answer.
        expected: usize,
    },
    /// Bytes came before anything was asked.
    #[error("the server sends what nobody asked for")]
    Unasked,
}

/// Whose fault a failure is, which decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server's or the network's: the probe is lost.
    Lost,
    /// The server's: it answers wrongly.
    Wrong,
    /// This machine's.
    Environment,
}

impl Failure {
    /// Whose fault it is.
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Wrong(_) => Fault::Wrong,
            Self::Connect(
                ConnectError::Socket { .. }
                | ConnectError::Resolve { .. }
                | ConnectError::NoAddress { .. },
            ) => Fault::Environment,
            Self::Io(_) if self.is_too_long() => Fault::Environment,
            Self::Connect(_) | Self::Io(_) | Self::Late { .. } | Self::Closed => Fault::Lost,
        }
    }

    /// Whether the question is longer than this machine sends. (An answer that is too long is a wrong one.)
    pub(super) fn is_too_long(&self) -> bool {
        matches!(self, Self::Io(_)) && self.errno() == Some(Errno::MSGSIZE)
    }

    /// The kernel's name for it, where there is one.
    pub(super) fn errno_name(&self) -> Option<&'static str> {
        self.errno().map(|errno| errno::describe(errno).name)
    }

    /// What it means.
    pub(super) fn meaning(&self) -> String {
        match self {
            Self::Late { limit, received: 0 } => format!("nothing came within {limit:?}"),
            Self::Late { limit, received } => {
                format!("only {received} bytes of the answer came within {limit:?}")
            }
            Self::Closed => "the server closed the connection and did not answer".to_owned(),
            Self::Wrong(wrong) => wrong.to_string(),
            Self::Connect(_) | Self::Io(_) => match self.errno() {
                Some(errno) => errno::describe(errno).meaning.to_owned(),
                None => self.own_words(),
            },
        }
    }

    /// What to do next.
    pub(super) fn hint(&self) -> String {
        const SERVICE: &str =
            "the server may speak only ping (leave out -s), only echo, or neither: --connect-only";
        let advice = |errno: Option<Errno>| {
            errno.map_or(SERVICE, |errno| errno::describe(errno).advice).to_owned()
        };
        match self {
            Self::Connect(error) => error.hint().unwrap_or_else(|| advice(error.errno())),
            Self::Io(_) => advice(self.errno()),
            Self::Late { received: 0, .. } | Self::Closed | Self::Wrong(_) => SERVICE.to_owned(),
            Self::Late { .. } => "a longer --timeout, or a smaller --size".to_owned(),
        }
    }

    fn errno(&self) -> Option<Errno> {
        match self {
            Self::Connect(ConnectError::Resolve { source, .. }) => Errno::from_io_error(source),
            Self::Connect(error) => error.errno(),
            Self::Io(error) => Errno::from_io_error(error),
            Self::Late { .. } => Some(Errno::TIMEDOUT),
            Self::Closed | Self::Wrong(_) => None,
        }
    }

    /// The text of an error that no errno stands for.
    fn own_words(&self) -> String {
        match self {
            Self::Connect(ConnectError::Resolve { source, .. }) => source.to_string(),
            Self::Connect(error) => error.to_string(),
            Self::Io(error) => error.to_string(),
            Self::Late { .. } | Self::Closed | Self::Wrong(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(wrong: Wrong) -> Failure {
        Failure::Wrong(wrong)
    }

    #[test]
    fn a_timeout_reads_as_what_it_is() {
        let nothing = Failure::Late { limit: Duration::from_millis(1500), received: 0 };
        assert_eq!(nothing.errno_name(), Some("ETIMEDOUT"));
        assert_eq!(nothing.meaning(), "nothing came within 1.5s");
        let part = Failure::Late { limit: Duration::from_secs(1), received: 3 };
        assert_eq!(part.meaning(), "only 3 bytes of the answer came within 1s");
        assert_eq!(part.fault(), Fault::Lost);
    }

    #[test]
    fn a_wrong_answer_says_where_and_is_the_servers_fault() {
        let mismatch = Mismatch { exchange: 0, offset: 2, found: 0x0a, expected: Some(b'n') };
        let rows = [
            (Wrong::Content(mismatch), "byte 2 of the answer is 0x0a, not 0x6e"),
            (Wrong::TooLong { expected: 4 }, "the answer is longer than 4 bytes"),
            (Wrong::Short { received: 3, expected: 64 }, "the answer ends after 3 of 64 bytes"),
            (Wrong::Unasked, "the server sends what nobody asked for"),
        ];
        for (found, text) in rows {
            assert_eq!(wrong(found).meaning(), text);
            assert_eq!(wrong(found).fault(), Fault::Wrong);
            assert_eq!(wrong(found).errno_name(), None);
        }
    }

    #[test]
    fn what_this_machine_does_not_send_is_its_own_fault() {
        let endpoint = || sockscope_net::Endpoint::parse("tcp:name:1".as_ref()).unwrap();
        let no_name = io::Error::other("no such name");
        let rows = [
            (Failure::Io(Errno::MSGSIZE.into()), Fault::Environment),
            (Failure::Io(Errno::CONNRESET.into()), Fault::Lost),
            (
                Failure::Connect(ConnectError::Resolve { endpoint: endpoint(), source: no_name }),
                Fault::Environment,
            ),
            (Failure::Connect(ConnectError::TimedOut { endpoint: endpoint() }), Fault::Lost),
        ];
        for (failure, fault) in rows {
            assert_eq!(failure.fault(), fault, "{failure:?}");
        }
    }

    #[test]
    fn a_refusal_has_its_name_its_meaning_and_a_next_step() {
        let refused = Failure::Io(Errno::CONNREFUSED.into());
        assert_eq!(refused.errno_name(), Some("ECONNREFUSED"));
        assert!(!refused.meaning().is_empty() && !refused.hint().is_empty());
    }
}
