//! Part: a piece of the text being read that knows where it stands in the whole.
//!
//! Every refusal of the parser is made from a part, so every error has a position for free.

use std::ops::Range;

use super::error::{ParseEndpointError, Problem};

/// A range of the text that is being read as an endpoint.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    whole: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Part<'a> {
    pub(super) fn of(whole: &'a [u8]) -> Self {
        Self { whole, start: 0, end: whole.len() }
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        &self.whole[self.start..self.end]
    }

    /// The part as ASCII text, or a refusal of its first byte that is none.
    pub(super) fn ascii(self) -> Result<&'a str, ParseEndpointError> {
        let bytes = self.bytes();
        match bytes.iter().position(|byte| !byte.is_ascii_graphic()) {
            None => Ok(str::from_utf8(bytes).unwrap_or_default()),
            Some(at) => Err(self.range(at..at + 1).fail(Problem::NotAscii)),
        }
    }

    pub(super) fn strip_prefix(self, prefix: &str) -> Option<Self> {
        self.bytes()
            .starts_with(prefix.as_bytes())
            .then(|| Self { start: self.start + prefix.len(), ..self })
    }

    /// What stands before and after the first `byte`.
    pub(super) fn split_once(self, byte: u8) -> Option<(Self, Self)> {
        let at = self.bytes().iter().position(|&b| b == byte)?;
        Some(self.split_around(at))
    }

    /// What stands before and after the last `byte`.
    pub(super) fn rsplit_once(self, byte: u8) -> Option<(Self, Self)> {
        let at = self.bytes().iter().rposition(|&b| b == byte)?;
        Some(self.split_around(at))
    }

    /// The sub-part at `range`, which is relative to this part and clamped to it.
    pub(super) fn range(self, range: Range<usize>) -> Self {
        let start = (self.start + range.start).min(self.end);
        Self { start, end: (self.start + range.end).clamp(start, self.end), ..self }
    }

    /// The refusal of this part.
    pub(super) fn fail(self, problem: Problem) -> ParseEndpointError {
        ParseEndpointError::new(self.whole, self.start..self.end, problem)
    }

    fn split_around(self, at: usize) -> (Self, Self) {
        let at = self.start + at;
        (Self { end: at, ..self }, Self { start: at + 1, ..self })
    }
}
