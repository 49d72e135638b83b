//! `doctor`: whether this machine is fit to measure, and what to change.

mod args;

use std::io;

use jiff::Timestamp;
use sockscope_engine::topology::Topology;
use sockscope_report::doctor::model::SCHEMA;
use sockscope_report::doctor::{DoctorReport, Facts, findings};
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
    let report = judged(host::examine(&topology));
    let text = match args.chosen_format() {
        Format::Text => render::doctor_text(&report, args.verbose, &render::Style::ansi()),
        Format::Json => render::doctor_json(&report),
    };
    match Printer::new(false).result(text) {
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
    }
}

/// Whether a finding is as grave as the condition to fail says.
fn status(report: &DoctorReport, fail_on: Option<FailOn>) -> Status {
    let Some(fail_on) = fail_on else { return Status::Yes };
    let least = fail_on.severity().rank();
    let met = report.findings.iter().any(|finding| finding.severity.rank() <= least);
    if met { Status::No } else { Status::Yes }
}
