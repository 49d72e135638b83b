//! `ping`: asks endpoints again and again whether they answer, and how fast.
//!
//! A thread for each endpoint asks; this one prints. A prober tells its outcome only after its exchange is over, so that
//! printing never falls into a round trip, and not at all when nobody wants to see it.

mod args;
mod exchange;
mod failure;
mod json;
mod plan;
mod prober;
mod tally;
mod text;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

pub(crate) use args::Args;

use args::Format;
use plan::Plan;
use prober::Outcome;
use tally::Tally;

use crate::fault::CliError;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::status::Status;

/// Outcomes that may wait for a slow reader before the probers wait, too.
const UNPRINTED_MAX: usize = 1024;

/// Probes until the count is reached or the user has seen enough, then sums up.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let plan = Plan::new(args)?;
    // The second Ctrl-C is for whoever has no patience for a connection that hangs.
    let interrupt = Arc::new(Interrupt::watch_first().map_err(CliError::environment)?);
    let mut printer = Printer::new(plan.quiet);
    let (probers, outcomes) = start(&plan, &interrupt)?;
    for outcome in outcomes {
        let line = match plan.format {
            Format::Text => text::outcome(&outcome),
            Format::Json => json::outcome(&outcome),
        };
        printer.result(line).map_err(CliError::environment)?;
    }
    let joined: Result<Vec<Tally>, _> = probers.into_iter().map(JoinHandle::join).collect();
    let tallies = joined.map_err(|_| CliError::bug("a prober panicked"))?;
    let summary = match plan.format {
        Format::Text => text::summary(&tallies, plan.quiet),
        Format::Json => json::summary(&tallies),
    };
    printer.result(summary).map_err(CliError::environment)?;
    Ok(tally::status(&tallies))
}

type Running = (Vec<JoinHandle<Tally>>, Receiver<Outcome>);

/// Starts a thread for each endpoint. They are not scoped: when nobody reads our output any more, nobody waits for them.
fn start(plan: &Plan, interrupt: &Arc<Interrupt>) -> Result<Running, CliError> {
    let (sender, outcomes) = mpsc::sync_channel(UNPRINTED_MAX);
    let mut probers = Vec::new();
    for prober in plan.probers(interrupt) {
        let (sender, quiet) = (sender.clone(), plan.quiet);
        let tell = move |outcome| quiet || sender.send(outcome).is_ok();
        let started = thread::Builder::new().name("prober".to_owned()).spawn(|| prober.run(tell));
        probers.push(started.map_err(|error| {
            CliError::environment(error).context("start a thread for each endpoint")
        })?);
    }
    Ok((probers, outcomes))
}
