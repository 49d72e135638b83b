//! Cheat: servers that make a benchmark look fast, each as a published one did.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::DELAY;
use crate::clock::now_ns;

/// Bytes of a request of the self-check.
const REQUEST: usize = 64;

/// What a server does in place of echoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cheat {
    /// Leaves off the end of an answer and closes: lmbench's `lat_unix` ends with success on a short read.
    Short,
    /// Answers with half a request, whatever it was asked: 75 % of a well-known comparison's speed was of this kind.
    FixedLength,
    /// Answers with bytes of the right number and no other merit.
    WrongContent,
    /// Answers with what it was asked first, again and again.
    Stale,
    /// Answers with a byte too many.
    TooLong,
}

impl Cheat {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Short, Self::FixedLength, Self::WrongContent, Self::Stale, Self::TooLong];

    /// The name used in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Short => "short-answer",
            Self::FixedLength => "fixed-length",
            Self::WrongContent => "wrong-content",
            Self::Stale => "stale-answer",
            Self::TooLong => "long-answer",
        }
    }

    /// Serves one connection until it ends.
    pub(super) fn serve(self, mut stream: TcpStream) {
        /// An answer after some that were right: a check of only the first would not notice.
        const HONEST: u32 = 10;
        let mut request = [0; REQUEST];
        let mut first = None;
        for count in 0_u32.. {
            if stream.read_exact(&mut request).is_err() {
                return;
            }
            let first = *first.get_or_insert(request);
            let honest = count < HONEST;
            let answer = match self {
                _ if honest && self != Self::Stale => request.to_vec(),
                Self::Short => request[..REQUEST - 4].to_vec(),
                Self::FixedLength => request[..REQUEST / 2].to_vec(),
                Self::WrongContent => vec![b'x'; REQUEST],
                Self::Stale => first.to_vec(),
                Self::TooLong => [request.as_slice(), b"x"].concat(),
            };
            let sent = stream.write_all(&answer);
            if sent.is_err() || self == Self::Short && !honest {
                return;
            }
        }
    }
}

/// Serves one connection honestly, and waits before each answer: busy, so that it is never less than it says.
pub(super) fn wait(mut stream: TcpStream) {
    let delay_ns = u64::try_from(DELAY.as_nanos()).unwrap_or(u64::MAX);
    let mut request = [0; REQUEST];
    while stream.read_exact(&mut request).is_ok() {
        let start = now_ns();
        while now_ns() - start < delay_ns {}
        if stream.write_all(&request).is_err() {
            return;
        }
    }
}
