//! Part: a piece of the text being read that knows where it stands in the whole.
//!
//! Every refusal of the parser is made from a part, so every error has a position for free.

use std::ops::Range;

use super::error::{ParseEndpointError, Problem};
use super::escape::Shown;

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

    /// The part as ASCII text, or a refusal of the bytes that are none.
    pub(super) fn ascii(self) -> Result<&'a str, ParseEndpointError> {
        let bytes = self.bytes();
        let Some(at) = bytes.iter().position(|byte| !byte.is_ascii_graphic()) else {
            return Ok(str::from_utf8(bytes).unwrap_or_default());
        };
        let length = bytes[at..].iter().take_while(|byte| !byte.is_ascii_graphic()).count();
        let foreign = self.range(at..at + length);
        let hint = match bytes[at] {
            0x80.. => "the ASCII form of the name (xn--…)".to_owned(),
            _ => foreign.replaced(""),
        };
        Err(foreign.fail(Problem::NotAscii).with_hint(hint))
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

    /// The whole text with this part replaced, for a hint.
    pub(super) fn replaced(self, with: &str) -> String {
        let (before, after) = (&self.whole[..self.start], &self.whole[self.end..]);
        format!("{}{with}{}", Shown(before), Shown(after))
    }

    /// The empty part at the end of this one: the place where something is missing.
    pub(super) fn end(self) -> Self {
        Self { start: self.end, ..self }
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
