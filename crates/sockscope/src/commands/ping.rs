//! `ping`: asks endpoints again and again whether they answer, and how fast.
//!
//! A thread for each endpoint asks; this one prints. A prober tells its outcome only after its exchange is over, so that
//! printing never falls into a round trip, and not at all when nobody wants to see it.

mod args;
mod exchange;
mod failure;
mod json;
mod output;
mod plan;
mod prober;
mod tally;
mod text;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

pub(crate) use args::Args;

use output::Output;
use plan::Plan;
use prober::{Outcome, Prober};
use tally::{Counts, Tally};

use crate::fault::CliError;
use crate::interrupt::Interrupt;
use crate::status::Status;

/// Outcomes that may wait for a slow reader before the probers wait, too.
const UNPRINTED_MAX: usize = 1024;

/// Probes until the count is reached or the user has seen enough, then sums up.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let plan = Plan::new(args)?;
    // The second Ctrl-C is for whoever has no patience with a reader that hangs.
    let interrupt = Interrupt::watch_first()
        .map_err(|error| CliError::environment(error).context("watch for signals"))?;
    let mut output = Output::new(&plan)?;
    let running = start(plan, &Arc::new(interrupt), output.wants_outcomes())?;
    let mut seen = Counts::default();
    for outcome in running.nowhere.into_iter().chain(running.outcomes) {
        seen.count(&outcome);
        if !output.outcome(&outcome)? {
            // A prober may wait for its answer for long: nobody waits for that any more.
            return Ok(tally::status(&[seen]));
        }
    }
    let tallies: Vec<_> =
        running.tallies.into_iter().map(Pending::wait).collect::<Result<_, _>>()?;
    output.summary(&tallies)?;
    let counts: Vec<_> = tallies.iter().map(|tally| tally.counts).collect();
    Ok(tally::status(&counts))
}

/// What is under way.
struct Running {
    /// Of each endpoint.
    tallies: Vec<Pending>,
    /// Of the endpoints to which there is no way.
    nowhere: Vec<Outcome>,
    outcomes: Receiver<Outcome>,
}

/// A tally, there or to come.
enum Pending {
    Prober(JoinHandle<Tally>),
    Nowhere(Box<Tally>),
}

impl Pending {
    fn wait(self) -> Result<Tally, CliError> {
        match self {
            Self::Prober(prober) => prober.join().map_err(|_| CliError::bug("a prober panicked")),
            Self::Nowhere(tally) => Ok(*tally),
        }
    }
}

/// Starts a thread for each endpoint. They are not scoped: when nobody reads our output any more, nobody waits for them.
fn start(
    plan: Plan,
    interrupt: &Arc<Interrupt>,
    wants_outcomes: bool,
) -> Result<Running, CliError> {
    let (sender, outcomes) = mpsc::sync_channel(UNPRINTED_MAX);
    let mut running = Running { tallies: Vec::new(), nowhere: Vec::new(), outcomes };
    for target in plan.targets {
        let connector = match target {
            Ok(connector) => connector,
            Err(error) => {
                let outcome = Outcome::nowhere(error);
                let endpoint = Arc::clone(&outcome.endpoint);
                let mut tally = Box::new(Tally::new(endpoint, plan.question.measures()));
                tally.count(&outcome);
                running.tallies.push(Pending::Nowhere(tally));
                running.nowhere.push(outcome);
                continue;
            }
        };
        let (question, interrupt) = (plan.question.clone(), Arc::clone(interrupt));
        let prober = Prober::new(connector, question, plan.pace, interrupt);
        let sender = sender.clone();
        let tell = move |outcome| !wants_outcomes || sender.send(outcome).is_ok();
        let started = thread::Builder::new().name("prober".to_owned()).spawn(|| prober.run(tell));
        let started = started.map_err(|error| {
            CliError::environment(error).context("start a thread for each endpoint")
        })?;
        running.tallies.push(Pending::Prober(started));
    }
    Ok(running)
}
