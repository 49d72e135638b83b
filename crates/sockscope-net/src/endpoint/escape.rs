//! Percent escapes: any bytes as one word of printable text, and back.

use std::fmt::{self, Write as _};

use percent_encoding::{percent_decode, percent_encode_byte};

/// Bytes as they stand in a printed endpoint: what is not plainly printable is escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0, |c| c != '%' && is_printable(c))
    }
}

/// Bytes as they are quoted in a message: as [`Escaped`], but with `%` and space left as they are,
/// because the reader wants to see what was typed and nobody reads it back.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0, |c| c == ' ' || is_printable(c))
    }
}

/// Decodes percent escapes; the error is the offset of the first `%` that starts no escape.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    let starts = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'%').map(|(at, _)| at);
    for at in starts {
        let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(at);
        }
    }
    Ok(percent_decode(bytes).collect())
}

fn write_escaped(
    f: &mut fmt::Formatter<'_>,
    bytes: &[u8],
    plain: impl Fn(char) -> bool,
) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if plain(c) {
                f.write_char(c)?;
            } else {
                write_bytes(f, c.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        write_bytes(f, chunk.invalid())?;
    }
    Ok(())
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|&byte| f.write_str(percent_encode_byte(byte)))
}

/// Whether a character shows as itself: no space, control, format or bidirectional character, nothing
/// unassigned or private.
///
/// The standard library's tables know this and show it only through `escape_debug`, which besides
/// escapes quotes, the backslash, and a combining character where it starts the string; hence the
/// exceptions, and a letter in front.
fn is_printable(c: char) -> bool {
    if matches!(c, '"' | '\'' | '\\') {
        return true;
    }
    let mut text = [b'a'; 5];
    let length = 1 + c.encode_utf8(&mut text[1..]).len();
    let text = str::from_utf8(&text[..length]).unwrap_or_default();
    c != ' ' && text.escape_debug().eq(text.chars())
}
