//! `Plan`: what `ping` is going to do, with every choice made and every name resolved.

use std::sync::Arc;
use std::time::Duration;

use sockscope_net::{ConnectError, Connector, Endpoint};
use sockscope_proto::workload::Probe;

use super::args::{Args, Format, Service};
use super::prober::{Prober, Question};
use crate::fault::CliError;
use crate::interrupt::Interrupt;

/// Bytes of an echo of which no size was said.
const ECHO_SIZE: usize = 64;

/// The validated arguments.
#[derive(Debug)]
pub(super) struct Plan {
    targets: Vec<Connector>,
    question: Question,
    pace: Pace,
    /// How to print.
    pub(super) format: Format,
    /// Whether only the summary is wanted.
    pub(super) quiet: bool,
}

/// How often and how patiently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Probes of each endpoint.
    pub(super) count: u64,
    /// Between the starts of two probes.
    pub(super) interval: Duration,
    /// For a connection, and for an answer.
    pub(super) timeout: Duration,
}

impl Plan {
    /// Validates the arguments and resolves the names.
    pub(super) fn new(args: &Args) -> Result<Self, CliError> {
        let question = question(args)?;
        let targets = args.endpoints.iter().map(|endpoint| target(endpoint, &question));
        Ok(Self {
            targets: targets.collect::<Result<_, _>>()?,
            question,
            pace: Pace {
                count: args.count.unwrap_or(u64::MAX),
                interval: args.interval,
                timeout: args.timeout,
            },
            format: args.chosen_format(),
            quiet: args.quiet,
        })
    }

    /// A prober for each endpoint; all stop when `interrupt` says so.
    pub(super) fn probers(&self, interrupt: &Arc<Interrupt>) -> impl Iterator<Item = Prober> {
        self.targets.iter().map(|connector| {
            let question = self.question.clone();
            Prober::new(connector.clone(), question, self.pace, Arc::clone(interrupt))
        })
    }
}

fn question(args: &Args) -> Result<Question, CliError> {
    let probe = match (args.service, args.size) {
        _ if args.connect_only => return Ok(Question::Connect),
        (Service::Pong, Some(_)) => {
            return Err(CliError::usage("a pong has no size: --size is for echo")
                .hint("--service echo, or no --size"));
        }
        (Service::Auto | Service::Echo, Some(size)) => Probe::echo(size),
        (Service::Echo, None) => Probe::echo(ECHO_SIZE),
        (Service::Pong, None) => Probe::pong(),
        (Service::Auto, None) => Probe::pong_or_echo(),
    };
    Ok(Question::Exchange(probe))
}

fn target(endpoint: &Endpoint, question: &Question) -> Result<Connector, CliError> {
    let connects = !matches!(endpoint, Endpoint::Udp(_));
    if matches!(question, Question::Connect) && !connects {
        return Err(CliError::usage(format!("{endpoint} has no connection that could be timed"))
            .hint("without --connect-only, a server with the service pong or echo is probed"));
    }
    Connector::new(endpoint).map_err(|error| {
        let hint = error.hint();
        let error = match error {
            ConnectError::ServeOnly { .. } => CliError::usage(error),
            _ => CliError::environment(error),
        };
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })
}
