//! Output: the result on stdout in the format asked for, and in files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt;
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
        Format::Text | Format::Csv | Format::Gobench => render::plan_text(report),
    }
}

/// The result in this format; the printer drops the colours where there is no terminal to show them.
pub(super) fn text(report: &Report, format: Format) -> String {
    match format {
        Format::Json => render::json(report),
        Format::Csv => render::csv(report),
        Format::Gobench => render::gobench(report),
        Format::Text => render::text(report, &render::Style::ansi()),
    }
}

/// Prints to stdout. A reader that has gone away has seen what it wanted: that is no error, and what remains to be said
/// on stderr and by the exit status is still said.
pub(super) fn print(text: &str, printer: &mut Printer) -> Result<(), CliError> {
    match printer.result(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::environment(error).context("write to standard output")),
        Ok(()) => Ok(()),
    }
}

/// How a result becomes the text of a file.
type Renderer = fn(&Report) -> String;

/// The files that were asked for, each with what goes into it.
#[derive(Debug)]
pub(super) struct Files(Vec<(Destination, Renderer)>);

impl Files {
    /// Finds out, before anything is measured, that each can be written.
    pub(super) fn new(args: &Args) -> Result<Self, CliError> {
        if args.output.is_some() && args.output == args.hlog {
            return Err(CliError::usage("--output and --hlog name the same file"));
        }
        let mut files: Vec<(Destination, Renderer)> = Vec::new();
        if let Some(path) = &args.output {
            files.push((Destination::new(path, "-o", "result.json")?, render::json));
        }
        if let Some(path) = &args.hlog {
            files.push((Destination::new(path, "--hlog", "result.hlog")?, render::hlog));
        }
        Ok(Self(files))
    }

    /// Saves the result in each; a file that fails does not keep the others from being saved.
    pub(super) fn save(self, report: &Report, printer: &mut Printer) -> Result<(), CliError> {
        let saved = self.0.into_iter().map(|(file, render)| file.save(&render(report), printer));
        saved.collect::<Vec<_>>().into_iter().collect()
    }
}

/// Where a text is saved, found to be writable before anything is measured.
#[derive(Debug)]
enum Destination {
    /// A regular file, there or not yet: replaced as a whole.
    File(PathBuf),
    /// A device or a pipe: written to, as it cannot be replaced.
    Special(PathBuf),
}

impl Destination {
    /// Follows symbolic links and makes sure that the directory takes a file.
    ///
    /// `option` and `example` are what the hint suggests in place of a directory.
    fn new(path: &Path, option: &str, example: &str) -> Result<Self, CliError> {
        let resolved = fs::canonicalize(path);
        match resolved.as_deref().map(fs::metadata) {
            Ok(Ok(there)) if there.is_dir() => Err(is_directory(path, option, example)),
            Ok(Ok(there)) if is_special(&there) => Ok(Self::Special(path.to_owned())),
            Ok(_) => Self::replaceable(resolved.unwrap_or_else(|_| path.to_owned()), path),
            Err(_) if path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                Err(is_directory(path, option, example))
            }
            Err(_) => Self::replaceable(path.to_owned(), path),
        }
    }

    fn replaceable(target: PathBuf, asked: &Path) -> Result<Self, CliError> {
        let temporary = temporary(&target);
        let tried = File::create_new(&temporary).and_then(|_| fs::remove_file(&temporary));
        tried.map_err(|error| cannot_write(asked, error))?;
        Ok(Self::File(target))
    }

    fn save(self, text: &str, printer: &mut Printer) -> Result<(), CliError> {
        let (path, saved) = match &self {
            Self::File(path) => (path, replace(path, text.as_bytes())),
            Self::Special(path) => (path, fs::write(path, text)),
        };
        saved.map_err(|error| cannot_write(path, error))?;
        printer.note(format_args!("saved {}", path.display()));
        Ok(())
    }
}

fn is_special(there: &fs::Metadata) -> bool {
    let kind = there.file_type();
    kind.is_char_device() || kind.is_fifo() || kind.is_block_device() || kind.is_socket()
}

/// Writes a temporary file beside the target and renames it, so that the target is whole or as it was.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path);
    let written = File::create_new(&temporary).and_then(|mut file| {
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

fn is_directory(path: &Path, option: &str, example: &str) -> CliError {
    CliError::usage(format!("{} is a directory", path.display()))
        .hint(format!("{option} {}", path.join(example).display()))
}

fn cannot_write(path: &Path, error: io::Error) -> CliError {
    CliError::environment(error).context(format!("write {}", path.display()))
}
