//! `Output`: where outcomes go: to stdout, and to the file of `-o`.

use std::io::{self, ErrorKind};

use super::args::Format;
use super::plan::Plan;
use super::prober::Outcome;
use super::tally::Tally;
use super::{json, text};
use crate::fault::CliError;
use crate::printer::Printer;
use crate::saved::{Saved, Target};

/// Prints, and saves.
#[derive(Debug)]
pub(super) struct Output {
    printer: Printer,
    format: Format,
    quiet: bool,
    /// Whether nobody reads stdout any more.
    unread: bool,
    file: Option<Saved>,
}

impl Output {
    /// Finds out, before anything is probed, that the file can be written.
    pub(super) fn new(plan: &Plan) -> Result<Self, CliError> {
        let file = plan.output.as_deref().map(open).transpose()?;
        let (format, quiet) = (plan.format, plan.quiet);
        Ok(Self { printer: Printer::new(quiet), format, quiet, unread: false, file })
    }

    /// Whether each outcome is wanted, not only the summary.
    pub(super) fn wants_outcomes(&self) -> bool {
        !self.quiet || self.file.is_some()
    }

    /// One probe; false when nobody wants to know of another.
    pub(super) fn outcome(&mut self, outcome: &Outcome) -> Result<bool, CliError> {
        if let Some(file) = &mut self.file {
            file.append(&json::outcome(outcome))?;
        }
        if self.quiet {
            if outcome.is_nowhere() {
                self.printer.warn(text::outcome(outcome).trim_end());
            }
        } else {
            self.print(match self.format {
                Format::Text => text::outcome(outcome),
                Format::Json => json::outcome(outcome),
            })?;
        }
        Ok(!self.unread || self.file.is_some())
    }

    /// The end.
    pub(super) fn summary(mut self, tallies: &[Tally]) -> Result<(), CliError> {
        if let Some(mut file) = self.file.take() {
            file.append(&json::summary(tallies))?;
            file.finish()?;
        }
        self.print(match self.format {
            Format::Text => text::summary(tallies, self.quiet),
            Format::Json => json::summary(tallies),
        })
    }

    /// A reader that has gone away has seen what it wanted: that is no error.
    fn print(&mut self, text: String) -> Result<(), CliError> {
        let printed = if self.unread { Ok(()) } else { self.printer.result(text) };
        match printed {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.unread = true,
            result => result.map_err(cannot_print)?,
        }
        Ok(())
    }
}

fn cannot_print(error: io::Error) -> CliError {
    CliError::environment(error).context("write to standard output")
}

fn open(path: &std::path::Path) -> Result<Saved, CliError> {
    Target::new(path, "-o", "ping.jsonl")?.open()
}
