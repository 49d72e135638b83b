//! `Pong`: answers each `ping` with `pong`.
//!
//! On a stream, tokens may arrive split or glued. Between tokens a line feed is answered with a
//! line feed, so that `echo ping | nc` reads well; carriage return and space are dropped. Anything
//! else closes the connection, as does any of these inside a token. A message is the token or it is
//! not understood.

use std::fmt::Display;

use crate::machine::{Close, Out, Service, Step, Time};

/// Answers `pong` to each `ping`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pong {
    /// How many bytes of the token have arrived; always less than the token's length.
    matched: usize,
    /// How many bytes of the stream were consumed before the next one.
    offset: u64,
}

const TOKEN: &[u8; 4] = b"ping";
const ANSWER: &[u8] = b"pong";

/// What one byte of the stream means, seen after `matched` bytes of a token.
enum Meaning {
    /// The token goes on.
    Inside,
    /// The token is whole.
    Whole,
    /// A line ends between tokens.
    LineEnd,
    /// Nothing, between tokens.
    Blank,
    /// Not of this protocol.
    Unknown,
}

const fn meaning(matched: usize, byte: u8) -> Meaning {
    match (matched, byte) {
        (_, byte) if byte == TOKEN[matched] && matched + 1 == TOKEN.len() => Meaning::Whole,
        (_, byte) if byte == TOKEN[matched] => Meaning::Inside,
        (0, b'\n') => Meaning::LineEnd,
        (0, b'\r' | b' ') => Meaning::Blank,
        _ => Meaning::Unknown,
    }
}

impl Service for Pong {
    #[inline]
    fn on_bytes(&mut self, input: &[u8], _now: Time, out: &mut Out<'_>) -> Step {
        let start = self.offset;
        let mut exchanges = 0;
        let consumed = |pong: &Self| usize::try_from(pong.offset - start).unwrap_or(input.len());
        for &byte in input {
            let (matched, answer): (_, &[u8]) = match meaning(self.matched, byte) {
                Meaning::Inside => (self.matched + 1, b""),
                Meaning::Whole => (0, ANSWER),
                Meaning::LineEnd => (0, b"\n"),
                Meaning::Blank => (0, b""),
                Meaning::Unknown => {
                    let why = Close::BadByte { byte, offset: self.offset };
                    return Step::close(consumed(self), why).with_exchanges(exchanges);
                }
            };
            if !answer.is_empty() && !out.copy(answer) {
                break;
            }
            exchanges += u32::from(answer == ANSWER);
            self.matched = matched;
            self.offset += 1;
        }
        Step::read(consumed(self)).with_exchanges(exchanges)
    }

    #[inline]
    fn on_message<P: Display>(
        &mut self,
        _peer: &P,
        input: &[u8],
        _now: Time,
        out: &mut Out<'_>,
    ) -> Step {
        let answered = input == TOKEN && out.copy(ANSWER);
        Step::read(input.len()).with_exchanges(u32::from(answered))
    }

    fn on_end(&mut self, _now: Time, _out: &mut Out<'_>) -> Step {
        Step::close(0, if self.matched == 0 { Close::PeerEnded } else { Close::CutShort })
    }
}

#[cfg(test)]
mod tests;
