//! `bench`: what a Unix and a TCP socket cost on this machine, why, and how sure that is.

mod args;
mod convert;
mod output;
mod progress;
mod wish;

use std::os::fd::AsFd;
use std::time::Duration;

use sockscope_engine::plan::{Abilities, Plan};
use sockscope_engine::run::run as measure;
use sockscope_engine::topology::Topology;
use sockscope_report::doctor::{Facts, Severity, findings};
use sockscope_report::model::{Cell, Host, Replica, Unavailable};
use sockscope_report::render::unavailable;
use sockscope_report::{Report, analyse};

pub(crate) use args::Args;
use output::Files;

use crate::fault::CliError;
use crate::host;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::status::Status;
use crate::worker::Reexecute;

/// Plans, measures, analyses, renders.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let mut printer = Printer::new(args.quiet);
    let topology = Topology::read()
        .map_err(|error| CliError::environment(error).context("read which CPUs may be used"))?;
    let mut plan = Plan::new(&wish::from_args(args)?, &topology, &Abilities::probe());
    if plan.cells.is_empty() {
        return Err(nothing_to_measure(&plan));
    }
    let asked = plan.rounds;
    plan.cut_to(args.max_time).map_err(|needed| too_long(&plan, args.max_time, needed))?;
    if plan.rounds < asked {
        let limit = args.max_time;
        printer.note(format_args!(
            "{} rounds instead of {asked}, to end within --max-time {limit:?}",
            plan.rounds
        ));
    }
    let mut report = convert::planned(&plan, args);
    report.host = host::facts(&topology);
    if args.dry_run {
        output::print(&output::dry_run(&report, args.chosen_format()), &mut printer)?;
        return Ok(Status::Yes);
    }
    let files = Files::new(args)?;
    wish::check_servers(&plan)?;
    wish::check_scratch(&plan)?;
    let interrupt = Interrupt::watch()
        .map_err(|error| CliError::environment(error).context("watch for signals"))?;
    preflight(&report.host, &mut printer);
    let status = measured(&mut report, &plan, &interrupt, args, &mut printer);
    // Whatever was asked for by now is done: a signal may end what is left, such as a write that nobody reads.
    interrupt.release();
    let saved = files.save(&report, &mut printer);
    output::print(&output::text(&report, args), &mut printer)?;
    warn(&report, &mut printer);
    saved?;
    if report.interrupted {
        interrupt.reraise().map_err(CliError::environment)?;
    }
    Ok(status)
}

/// Says what is wrong with the machine before anybody waits for its numbers; in the result it is said by caveats.
fn preflight(host: &Host, printer: &mut Printer) {
    let facts = Facts { host: host.clone(), ..Facts::default() };
    let findings = findings(&facts);
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
    let warnings: Vec<String> =
        warnings.map(|finding| format!("{} ({})", finding.code, finding.value)).collect();
    if !warnings.is_empty() {
        printer.note(format_args!(
            "this machine is not at its best: {}; sockscope doctor says what to do",
            warnings.join("; ")
        ));
    }
}

/// Measures and analyses; the exit status that follows from the cells.
fn measured(
    report: &mut Report,
    plan: &Plan,
    interrupt: &Interrupt,
    args: &Args,
    printer: &mut Printer,
) -> Status {
    let during = host::During::start(plan);
    let mut progress = progress::Progress::new(plan, args.quiet, printer);
    let measurement = measure(plan, &mut Reexecute, &mut progress, Some(interrupt.as_fd()));
    progress.finish();
    during.finish(&mut report.host);
    let status = convert::measured(report, plan, measurement);
    analyse(report);
    status
}

/// Every failed cell is a warning on stderr, too: a script that keeps only the table must not miss it.
fn warn(report: &Report, printer: &mut Printer) {
    if report.cells.is_empty() && !report.interrupted {
        printer.warn(format_args!("nothing could be measured: {}", reasons(&report.unavailable)));
    }
    let fell_back = |cell: &&Cell| cell.label.starts_with("mptcp:") && cell.transport != "mptcp";
    if let Some(cell) = report.cells.iter().find(fell_back) {
        let (label, transport) = (&cell.label, &cell.transport);
        printer.warn(format_args!(
            "{label}: the connection fell back to {transport}, which is what was measured"
        ));
    }
    for cell in &report.cells {
        let Some(error) = &cell.error else { continue };
        let twin = if cell.replica == Replica::Twin { " (its twin)" } else { "" };
        printer
            .warn(format_args!("{}{twin} in the view {}: {}", cell.label, cell.view, error.text));
    }
    let echo_failed = |cell: &Cell| {
        let running = cell.server_engine.is_none();
        let peer = cell.error.as_ref().is_some_and(|error| error.kind == "peer");
        running && peer && cell.service == "echo"
    };
    if report.cells.iter().any(echo_failed) {
        printer.hint("echo is expected unless told otherwise; for a server that answers ping: --service pong");
    }
}

fn nothing_to_measure(plan: &Plan) -> CliError {
    let reasons = reasons(&convert::unavailable(plan));
    CliError::environment(format!("nothing can be measured: {reasons}"))
}

/// What cannot be had, each reason once.
fn reasons(all: &[Unavailable]) -> String {
    unavailable(all).join("; ")
}

fn too_long(plan: &Plan, limit: Duration, needed: Duration) -> CliError {
    let cells = plan.cells.len();
    let needed = needed.as_secs() + 1;
    CliError::usage(format!(
        "the plan has {cells} cells and takes {needed} s even with the fewest rounds that give an interval, more than \
         --max-time {limit:?}"
    ))
    .hint(format!("--max-time {needed}s, a shorter --block, or fewer values (--dry-run shows the plan)"))
}
