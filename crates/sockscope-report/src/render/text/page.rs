//! Page: lines of at most 80 columns, escaped and wrapped.

use unicode_width::UnicodeWidthStr as _;

use super::WIDTH;
use crate::escape::escape;
use crate::render::Style;

/// What belongs to the number before it and never begins a line.
const GLUED: [&str; 11] = ["ns", "µs", "ms", "s", "%", "B", "KiB", "MiB", "±", "times", "CPUs"];

/// A text that grows line by line.
pub(super) struct Page {
    text: String,
    style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    pub(super) fn style(&self) -> &Style {
        &self.style
    }

    /// The text so far.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An empty line, then a heading.
    pub(super) fn heading(&mut self, text: &str) {
        let Style { heading, reset, .. } = self.style;
        self.line("");
        self.line(&format!("{heading}{text}{reset}"));
    }

    /// A paragraph. Its text may come from outside; it is escaped here.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.block("", text, "");
    }

    /// A paragraph behind a mark, its later lines indented to where the text began.
    pub(super) fn item(&mut self, mark: &str, text: &str) {
        self.block(mark, text, "");
    }

    /// The same, for what matters less.
    pub(super) fn aside(&mut self, mark: &str, text: &str) {
        self.block(mark, text, self.style.dim);
    }

    /// A line that is complete, escaped and short enough.
    pub(super) fn line(&mut self, line: &str) {
        self.text += line.trim_end();
        self.text.push('\n');
    }

    fn block(&mut self, mark: &str, text: &str, style: &str) {
        let reset = if style.is_empty() { "" } else { self.style.reset };
        let indent = " ".repeat(mark.width());
        for (i, line) in wrap(&escape(text), WIDTH - mark.width()).iter().enumerate() {
            let start = if i == 0 { mark } else { &indent };
            self.line(&format!("{style}{start}{line}{reset}"));
        }
    }
}

/// Breaks a text into lines of at most `width` columns, inside a word only where it is longer than
/// a line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        for piece in pieces(&word, width) {
            let line = lines.last_mut().unwrap_or_else(|| unreachable!("there is always a line"));
            let space = usize::from(!line.is_empty());
            if line.width() + space + piece.width() <= width {
                line.push_str(if space == 1 { " " } else { "" });
                line.push_str(&piece);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
}

/// The words of a text, a number and its unit as one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches([',', '.', ';', ':', ')', ']']);
        match words.last_mut() {
            Some(last) if GLUED.contains(&bare) || last.ends_with('±') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A word in pieces of at most `width` columns; nearly always one.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let piece = pieces.last_mut().unwrap_or_else(|| unreachable!("there is always a piece"));
        let mut longer = piece.clone();
        longer.push(c);
        if longer.width() <= width {
            *piece = longer;
        } else {
            pieces.push(c.to_string());
        }
    }
    pieces
}

/// A text in at most `width` columns: its middle left out when it is longer, because ends tell
/// names apart.
pub(super) fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let head_width = width / 3;
    let mut head = String::new();
    for c in text.chars() {
        head.push(c);
        if head.width() > head_width {
            head.pop();
            break;
        }
    }
    let mut tail: Vec<char> = Vec::new();
    for c in text.chars().rev() {
        tail.push(c);
        if head.width() + 1 + tail.iter().rev().collect::<String>().width() > width {
            tail.pop();
            break;
        }
    }
    head + "…" + &tail.iter().rev().collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_before_a_unit() {
        let rows: [(&str, usize, &[&str]); 5] = [
            ("one two three", 7, &["one two", "three"]),
            ("it takes 3.70 µs here", 13, &["it takes", "3.70 µs here"]),
            ("64.1 ± 2.1 µs, now", 14, &["64.1 ± 2.1 µs,", "now"]),
            ("abcdefghij k", 4, &["abcd", "efgh", "ij k"]),
            ("", 10, &[""]),
        ];
        for (text, width, expected) in rows {
            assert_eq!(wrap(text, width), expected, "{text}");
        }
    }

    #[test]
    fn a_long_name_loses_its_middle() {
        let rows = [
            ("unix:jinsu.sock", 18, "unix:jinsu.sock"),
            ("unix:/run/service/old.sock", 18, "unix:/…ce/old.sock"),
            ("unix:/소켓/소켓/소켓.sock", 14, "unix…소켓.sock"),
        ];
        for (name, width, expected) in rows {
            let short = shorten(name, width);
            assert!(short.width() <= width);
            assert_eq!(short, expected);
        }
    }
}
