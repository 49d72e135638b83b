//! The one place that prints: results to stdout, everything else to stderr.
//!
//! A reader that has gone away (`BrokenPipe` on stdout) ends a command quietly, as it does for `head`.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use rustix::io::Errno;
use sockscope_net::errno;

use crate::fault::CliError;

/// Writes results to stdout and messages to stderr, with colour only where there is a terminal.
#[derive(Debug)]
pub(crate) struct Printer {
    out: anstream::Stdout,
    err: anstream::Stderr,
    quiet: bool,
}

impl Printer {
    /// A printer; a quiet one drops notes, never results or errors.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { out: anstream::stdout(), err: anstream::stderr(), quiet }
    }

    /// Writes `text` to stdout as it is and flushes it, so that a reader of a pipe sees it at once.
    pub(crate) fn result(&mut self, text: impl Display) -> io::Result<()> {
        write!(self.out, "{text}")?;
        self.out.flush()
    }

    /// A line on stderr that is neither result nor error.
    pub(crate) fn note(&mut self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(self.err, "{}", harmless(&text));
        }
    }

    /// A warning on stderr.
    pub(crate) fn warn(&mut self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        let _ = writeln!(self.err, "{style}warning:{style:#} {}", harmless(&text));
    }

    /// What to type next, after a warning.
    pub(crate) fn hint(&mut self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let _ = writeln!(self.err, "{style}hint:{style:#} {}", harmless(&text));
    }

    /// The error, its causes, and its hints below a blank line.
    pub(crate) fn error(&mut self, error: &CliError) {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let _ =
            writeln!(self.err, "{red}error:{red:#} {}", harmless(&chain(error.source.as_ref())));
        for (index, hint) in error.hints.iter().enumerate() {
            if index == 0 {
                let _ = writeln!(self.err);
            }
            self.hint(hint);
        }
    }
}

/// Standard error as it is, for a log that has its own way to write.
pub(crate) fn stderr() -> io::Stderr {
    io::stderr()
}

/// A message whose names cannot move the cursor or change the title of a terminal: control characters are escaped.
fn harmless(text: &impl Display) -> String {
    let escaped = |c: char| match c {
        '\n' => vec!['\n'],
        c if c.is_control() => c.escape_default().collect(),
        c => vec![c],
    };
    text.to_string().chars().flat_map(escaped).collect()
}

/// An error and its causes in one line, joined by `: `.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = link(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&link(error));
        cause = error.source();
    }
    text
}

/// One link of a chain: an error of the kernel by its name and its meaning, as everywhere.
fn link(error: &(dyn Error + 'static)) -> String {
    let of_kernel = error.downcast_ref::<Errno>().copied();
    let errno = of_kernel.or_else(|| error.downcast_ref::<io::Error>().and_then(errno::of));
    match errno.and_then(errno::known) {
        Some(known) => format!("{} {}", known.name, known.meaning),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::io::Errno;

    use super::{chain, harmless};
    use crate::fault::CliError;

    #[test]
    fn an_error_of_the_kernel_has_its_name_and_its_meaning() {
        let rows: [(CliError, &str); 4] = [
            (CliError::environment(Errno::MFILE), "EMFILE this process has no descriptor left"),
            (
                CliError::environment(io::Error::from(Errno::MFILE)).context("open"),
                "open: EMFILE this process has no descriptor left",
            ),
            (CliError::environment(io::Error::other("own words")), "own words"),
            (CliError::environment(Errno::XFULL), "Exchange full (os error 54)"),
        ];
        for (error, text) in rows {
            assert_eq!(chain(error.source.as_ref()), text);
        }
    }

    #[test]
    fn a_message_cannot_command_the_terminal() {
        let rows = [
            ("plain ü\nsecond", "plain ü\nsecond"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\r\t\u{9b}", "\\r\\t\\u{9b}"),
        ];
        for (text, expected) in rows {
            assert_eq!(harmless(&text), expected);
        }
    }
}
