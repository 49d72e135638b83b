//! `doctor`: whether this machine is fit to measure, and what to change.

mod args;
mod self_check;

use std::io;

use jiff::Timestamp;
use sockscope_engine::topology::Topology;
use sockscope_report::doctor::model::SCHEMA;
use sockscope_report::doctor::self_check::Outcome;
use sockscope_report::doctor::{DoctorReport, Facts, SelfCheck, findings};
use sockscope_report::render;

pub(crate) use args::Args;
use args::{FailOn, Format};

use crate::fault::CliError;
use crate::host;
use crate::printer::Printer;
use crate::status::Status;

/// Looks, judges, prints.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let topology = Topology::read()
        .map_err(|error| CliError::environment(error).context("read which CPUs may be used"))?;
    let mut printer = Printer::new(false);
    let mut report = judged(host::examine(&topology));
    if args.self_check {
        let step_ns = report.facts.host.clock.resolution_ns.unwrap_or(1);
        printer.note(format_args!("self-check: about {} s", self_check::seconds(args.rounds)));
        report.self_check = Some(self_check::run(topology, args.rounds, step_ns));
    }
    let text = match args.chosen_format() {
        Format::Text => render::doctor_text(&report, args.verbose, &render::Style::ansi()),
        Format::Json => render::doctor_json(&report),
    };
    match printer.result(text) {
        // Who stopped reading still gets the exit status.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::environment(error).context("write to standard output"))
        }
        _ => Ok(status(&report, args.fail_on)),
    }
}

fn judged(facts: Facts) -> DoctorReport {
    DoctorReport {
        schema: SCHEMA.to_owned(),
        sockscope: env!("CARGO_PKG_VERSION").to_owned(),
        created: Some(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        findings: findings(&facts),
        facts,
        self_check: None,
    }
}

/// Whether a finding is as grave as the condition to fail says, or a check of ourselves failed.
fn status(report: &DoctorReport, fail_on: Option<FailOn>) -> Status {
    let least = fail_on.map(|fail_on| fail_on.severity().rank());
    let grave = |rank: u8| least.is_some_and(|least| rank <= least);
    let found = report.findings.iter().any(|finding| grave(finding.severity.rank()));
    let failed = |check: &SelfCheck| check.count(&Outcome::Failed) > 0;
    let wrong = report.self_check.as_ref().is_some_and(failed);
    if found || wrong { Status::No } else { Status::Yes }
}
