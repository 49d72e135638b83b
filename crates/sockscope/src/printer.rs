//! The one place that prints: results to stdout, everything else to stderr.
//!
//! A reader that has gone away (`BrokenPipe` on stdout) ends a command quietly, as it does for `head`.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::fault::CliError;

/// Writes results to stdout and messages to stderr, with colour only where there is a terminal.
#[derive(Debug)]
pub(crate) struct Printer {
    quiet: bool,
}

impl Printer {
    /// A printer; a quiet one drops notes, never results or errors.
    pub(crate) const fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Writes `text` to stdout as it is and flushes it, so that a reader of a pipe sees it at once.
    pub(crate) fn result(&mut self, text: impl Display) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        write!(out, "{text}")?;
        out.flush()
    }

    /// A line on stderr that is neither result nor error.
    pub(crate) fn note(&mut self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        }
    }

    /// A warning on stderr.
    pub(crate) fn warn(&mut self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        let _ = writeln!(anstream::stderr().lock(), "{style}warning:{style:#} {text}");
    }

    /// The error, its causes, and its hints below a blank line.
    pub(crate) fn error(&mut self, error: &CliError) {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{red}error:{red:#} {}", chain(error.source.as_ref()));
        for (index, hint) in error.hints.iter().enumerate() {
            if index == 0 {
                let _ = writeln!(err);
            }
            let _ = writeln!(err, "{cyan}hint:{cyan:#} {hint}");
        }
    }
}

/// An error and its causes in one line, joined by `: `.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
