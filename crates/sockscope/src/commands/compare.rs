//! `compare`: whether results changed, with an exit status for CI.

mod args;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sockscope_report::Report;
use sockscope_report::compare::model::CompareReport;
use sockscope_report::compare::{Input, Request, compare};
use sockscope_report::model::Verdict;
use sockscope_report::render;

pub(crate) use args::Args;
use args::{FailOn, Format};

use crate::fault::CliError;
use crate::printer::Printer;
use crate::status::Status;

/// Reads, compares, prints.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let request = Request {
        before: read_all(&args.before)?,
        after: read_all(&args.after)?,
        history: read_all(&args.history)?,
        min_effect: args.min_effect,
        across_hosts: args.across_hosts,
        sockscope: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let report = compare(&request).map_err(|error| {
        let hint = error.hint();
        with_hint(CliError::usage(error), hint)
    })?;
    let text = match args.chosen_format() {
        Format::Text => render::compare_text(&report, &render::Style::ansi()),
        Format::Json => render::compare_json(&report),
    };
    match Printer::new(false).result(text) {
        // Who stopped reading still gets the exit status.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::environment(error).context("write to standard output"))
        }
        _ => Ok(status(&report, args.fail_on)),
    }
}

/// Whether the comparison meets the condition to fail.
fn status(report: &CompareReport, fail_on: Option<FailOn>) -> Status {
    let Some(FailOn { slower_by }) = fail_on else { return Status::Yes };
    let slower =
        report.gated().any(|cell| cell.verdict == Verdict::Slower && cell.slowdown() >= slower_by);
    if slower { Status::No } else { Status::Yes }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Input>, CliError> {
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Input, CliError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| CliError::usage(error).context(format!("read {name}")))?;
    let report = Report::from_json(&text).map_err(|error| {
        let hint = error.hint();
        with_hint(CliError::usage(error).context(name.clone()), hint)
    })?;
    Ok(Input { name, report })
}

fn with_hint(error: CliError, hint: Option<String>) -> CliError {
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
