//! Output: the result on stdout in the format asked for, and in files.

use std::io;

use sockscope_report::Report;
use sockscope_report::render;

use super::args::{Args, Format};
use crate::fault::CliError;
use crate::printer::Printer;
use crate::saved::Target;

/// The plan, in words or as JSON.
pub(super) fn dry_run(report: &Report, format: Format) -> String {
    match format {
        Format::Json => render::json(report),
        Format::Text | Format::Csv | Format::Gobench => render::plan_text(report),
    }
}

/// The result in the format that was asked for; the printer drops the colours where there is no terminal to show them.
pub(super) fn text(report: &Report, args: &Args) -> String {
    match args.chosen_format() {
        Format::Json => render::json(report),
        Format::Csv => render::csv(report),
        Format::Gobench => render::gobench(report),
        Format::Text if args.cost => render::text_with_costs(report, &render::Style::ansi()),
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
pub(super) struct Files(Vec<(Target, Renderer)>);

impl Files {
    /// Finds out, before anything is measured, that each can be written.
    pub(super) fn new(args: &Args) -> Result<Self, CliError> {
        if args.output.is_some() && args.output == args.hlog {
            return Err(CliError::usage("--output and --hlog name the same file"));
        }
        let mut files: Vec<(Target, Renderer)> = Vec::new();
        if let Some(path) = &args.output {
            files.push((Target::new(path, "-o", "result.json")?, render::json));
        }
        if let Some(path) = &args.hlog {
            files.push((Target::new(path, "--hlog", "result.hlog")?, render::hlog));
        }
        Ok(Self(files))
    }

    /// Saves the result in each; a file that fails does not keep the others from being saved.
    pub(super) fn save(self, report: &Report, printer: &mut Printer) -> Result<(), CliError> {
        let saved = self.0.into_iter().map(|(target, render)| {
            let mut file = target.open()?;
            file.append(&render(report))?;
            let path = file.path().display().to_string();
            file.finish()?;
            printer.note(format_args!("saved {path}"));
            Ok(())
        });
        saved.collect::<Vec<_>>().into_iter().collect()
    }
}
