//! `Plan`: what `ping` is going to do, with every choice made and every name resolved.

use std::path::PathBuf;
use std::time::Duration;

use sockscope_net::{ConnectError, Connector, Endpoint};
use sockscope_proto::workload::{Probe, Workload};

use super::args::{Args, Format, Service};
use super::prober::Question;
use crate::fault::CliError;

/// Bytes of an echo of which no size was said.
const ECHO_SIZE: usize = 64;

/// The most that one UDP message over IPv4 carries.
const UDP_MAX: usize = 65_507;

/// The validated arguments.
#[derive(Debug)]
pub(super) struct Plan {
    /// The way to each endpoint, or why there is none. There is one to at least one of them.
    pub(super) targets: Vec<Result<Connector, ConnectError>>,
    /// What is asked.
    pub(super) question: Question,
    /// How often and how patiently.
    pub(super) pace: Pace,
    /// How to print.
    pub(super) format: Format,
    /// Whether only the summary is wanted.
    pub(super) quiet: bool,
    /// Where the lines are saved.
    pub(super) output: Option<PathBuf>,
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
        for endpoint in &args.endpoints {
            check(endpoint, &question)?;
        }
        let mut targets: Vec<_> = args.endpoints.iter().map(Connector::new).collect();
        if targets.iter().all(Result::is_err)
            && let Err(first) = targets.swap_remove(0)
        {
            return Err(with_hint(first, CliError::environment));
        }
        Ok(Self {
            targets,
            question,
            pace: Pace {
                count: args.count.unwrap_or(u64::MAX),
                interval: args.interval,
                timeout: args.timeout,
            },
            format: args.chosen_format(),
            quiet: args.quiet,
            output: args.output.clone(),
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

/// Whether the question can be put to such an endpoint at all.
fn check(endpoint: &Endpoint, question: &Question) -> Result<(), CliError> {
    match (endpoint, question) {
        (Endpoint::Udp(_), Question::Connect) => {
            Err(CliError::usage(format!("{endpoint} has no connection that could be timed"))
                .hint("without --connect-only, a server with the service pong or echo is probed"))
        }
        (Endpoint::Udp(_), Question::Exchange(probe)) if probe.answer_len() > UDP_MAX => {
            Err(CliError::usage(format!(
                "{endpoint} carries messages of up to {UDP_MAX} bytes, not {}",
                probe.answer_len()
            ))
            .hint(format!("--size {UDP_MAX}, or another kind of endpoint, such as tcp")))
        }
        (Endpoint::Fd(_) | Endpoint::SdListen(_), _) => {
            let endpoint = endpoint.clone();
            Err(with_hint(ConnectError::ServeOnly { endpoint }, CliError::usage))
        }
        _ => Ok(()),
    }
}

fn with_hint(error: ConnectError, fault: fn(ConnectError) -> CliError) -> CliError {
    let hint = error.hint();
    let error = fault(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
