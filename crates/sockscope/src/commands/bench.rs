//! `bench`: what a Unix and a TCP socket cost on this machine, why, and how sure that is.

mod args;
mod convert;
mod output;
mod progress;
mod wish;

use std::os::fd::AsFd;

use sockscope_engine::plan::Plan;
use sockscope_engine::run::run as measure;
use sockscope_engine::topology::Topology;
use sockscope_report::{Report, analyse};

pub(crate) use args::Args;

use crate::fault::CliError;
use crate::host;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::status::Status;
use crate::worker::Reexecute;

/// Plans, measures, analyses, renders.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let mut printer = Printer::new(args.quiet);
    let topology = Topology::read().map_err(CliError::environment)?;
    let wish = wish::from_args(args)?;
    let plan = Plan::new(&wish, &topology);
    if plan.cells.is_empty() {
        return Err(nothing_to_measure(&plan));
    }
    let mut report = convert::planned(&plan, args);
    report.host = host::facts(&topology);
    if args.dry_run {
        let text = output::dry_run(&report, args.chosen_format());
        printer.result(text).map_err(CliError::environment)?;
        return Ok(Status::Yes);
    }
    output::check_writable(args)?;
    wish::check_servers(&plan)?;
    let interrupt = Interrupt::watch().map_err(CliError::environment)?;
    let during = host::During::start();
    let mut progress = progress::Progress::new(&plan, args.quiet, &mut printer);
    let measurement = measure(&plan, &mut Reexecute, &mut progress, Some(interrupt.as_fd()))
        .map_err(|error| CliError::environment(error).context("start a worker"))?;
    progress.finish();
    during.finish(&mut report.host);
    let status = convert::measured(&mut report, &plan, measurement);
    analyse(&mut report);
    output::write(&report, args, &mut printer)?;
    if report.interrupted {
        interrupt.reraise().map_err(CliError::environment)?;
    }
    Ok(finish(&report, status, &mut printer))
}

/// Every failed cell is an error on stderr, too: a script that keeps only the table must not miss it.
fn finish(report: &Report, status: Status, printer: &mut Printer) -> Status {
    for cell in &report.cells {
        if let Some(error) = &cell.error {
            printer.warn(format_args!("{} in the view {}: {}", cell.label, cell.view, error.text));
        }
    }
    status
}

fn nothing_to_measure(plan: &Plan) -> CliError {
    let reasons: Vec<_> =
        plan.unavailable.iter().map(|(view, reason)| format!("{view}: {reason}")).collect();
    CliError::environment(format!("no view can be measured: {}", reasons.join("; ")))
}
