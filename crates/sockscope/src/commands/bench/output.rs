//! Output: the result on stdout in the format asked for, and as JSON in a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sockscope_report::Report;
use sockscope_report::render;

use super::args::{Args, Format};
use crate::fault::CliError;
use crate::printer::Printer;

/// The plan, in words or as JSON.
pub(super) fn dry_run(report: &Report, format: Format) -> String {
    match format {
        Format::Json => render::json(report),
        Format::Text | Format::Gobench => {
            render::plan_text(&report.plan, report.seed, &report.unavailable)
        }
    }
}

/// Finds out before measuring that the result cannot be saved.
pub(super) fn check_writable(args: &Args) -> Result<(), CliError> {
    let Some(path) = &args.output else { return Ok(()) };
    if path.is_dir() {
        return Err(CliError::usage(format!("{} is a directory", path.display()))
            .hint(format!("-o {}", path.join("result.json").display())));
    }
    let temporary = temporary(path);
    File::create(&temporary).map_err(|error| cannot_write(path, error))?;
    fs::remove_file(&temporary).map_err(|error| cannot_write(path, error))
}

/// Prints the result, then saves it if asked to.
pub(super) fn write(report: &Report, args: &Args, printer: &mut Printer) -> Result<(), CliError> {
    // Saved first: a reader of stdout that has gone away must not cost the file.
    if let Some(path) = &args.output {
        let json = render::json(report);
        save(path, json.as_bytes()).map_err(|error| cannot_write(path, error))?;
    }
    // The printer drops the colours where there is no terminal to show them.
    let text = match args.chosen_format() {
        Format::Json => render::json(report),
        Format::Gobench => render::gobench(report),
        Format::Text => render::text(report, &render::Style::ansi()),
    };
    printer.result(text).map_err(CliError::environment)?;
    if let Some(path) = &args.output {
        printer.note(format_args!("saved {}", path.display()));
    }
    Ok(())
}

/// Writes a temporary file beside the target and renames it, so that the target is whole or as it was.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn cannot_write(path: &Path, error: io::Error) -> CliError {
    CliError::environment(error).context(format!("write {}", path.display()))
}
