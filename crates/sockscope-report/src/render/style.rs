//! Style: how emphasis is written, as plain strings around the text.

/// The strings before and after emphasised text. Nothing in the text depends on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Before a heading.
    pub heading: &'static str,
    /// Before good news.
    pub good: &'static str,
    /// Before bad news.
    pub bad: &'static str,
    /// Before what matters less.
    pub dim: &'static str,
    /// After any of them.
    pub reset: &'static str,
}

impl Style {
    /// No emphasis at all: for pipes and files.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// ANSI escape sequences, for terminals.
    #[must_use]
    pub fn ansi() -> Self {
        Self {
            heading: "\x1b[1m",
            good: "\x1b[32m",
            bad: "\x1b[31m",
            dim: "\x1b[2m",
            reset: "\x1b[0m",
        }
    }
}
