//! Mode: the access rights of a socket file.

use std::fmt;
use std::str::FromStr;

/// The access rights of a socket file, written in octal. Only `w` matters for connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode(u16);

/// A text that is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mode is three or four octal digits from 000 to 0777, such as 0660")]
pub struct ParseModeError;

impl Mode {
    /// A mode of the nine permission bits; `None` if there are others.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        u16::try_from(bits).ok().filter(|bits| *bits <= 0o777).map(Self)
    }

    /// The permission bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        u32::from(self.0)
    }

    pub(crate) fn raw(self) -> rustix::fs::Mode {
        rustix::fs::Mode::from_bits_truncate(self.bits())
    }
}

impl FromStr for Mode {
    type Err = ParseModeError;

    fn from_str(text: &str) -> Result<Self, ParseModeError> {
        let octal = text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        let bits = if octal && (3..=4).contains(&text.len()) {
            u32::from_str_radix(text, 8).ok()
        } else {
            None
        };
        bits.and_then(Self::from_bits).ok_or(ParseModeError)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}
