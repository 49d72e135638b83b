//! Escaping: text from outside, made harmless for a terminal.
//!
//! A socket's name, a CPU's model or an error of a peer may hold anything: an escape sequence that
//! recolours the screen, a line end that fakes a line of ours, a bidirectional control that turns
//! the text around.

use std::fmt::Write as _;

/// The text with everything that is not printable, and the backslash that escapes it, written as
/// `\u{1b}`, `\n` or `\\`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' => escaped.push(c),
            // Its idea of "printable" is the Unicode tables': no control, format, bidirectional,
            // private or unassigned.
            _ => write!(escaped, "{}", c.escape_debug())
                .unwrap_or_else(|_| unreachable!("a String takes all")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_spelled_out() {
        let rows = [
            ("unix:jinsu.sock", "unix:jinsu.sock"),
            ("소켓.sock", "소켓.sock"),
            ("Intel(R) \"x\" 3'", "Intel(R) \"x\" 3'"),
            ("\x1b[31mred", "\\u{1b}[31mred"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{202e}kcos", "\\u{202e}kcos"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{2028}", "\\u{2028}"),
            ("back\\slash", "back\\\\slash"),
            ("\u{feff}", "\\u{feff}"),
        ];
        for (text, expected) in rows {
            assert_eq!(escape(text), expected);
        }
    }
}
