//! Worker: one process (or thread) that is one end of a block, or both.
//!
//! It says Hello, gets its plan, becomes ready, and measures when told to. A worker never outlives its coordinator: a
//! process gets a parent-death signal, and a server that still owns a socket file watches the control channel, so that the
//! file is removed even when the coordinator is killed.

mod bound;
mod client;
mod crew;
mod floor;
mod server;
mod solo;

use std::error::Error;
use std::io::{Read, Write};
use std::os::fd::AsFd;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sockscope_net::{Conn, Endpoint, Peer};
use sockscope_proto::workload::RoundTrip;

use crate::control::{
    self, ControlError, Failure, Fault, FromWorker, Ready, Role, ServiceName, ToWorker, VERSION,
    WorkerPlan,
};
use crate::topology;
use crate::usage::TaskId;
use crate::work::{EngineName, Load};

/// How a worker learns that its coordinator has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifeline {
    /// The kernel kills it: for a process of its own.
    ParentDeathSignal,
    /// Only by the end of the control channel: for a thread.
    Channel,
}

impl Lifeline {
    /// From now on the worker owns nothing that would be left behind.
    fn tie(self) {
        if self == Self::ParentDeathSignal {
            // It cannot fail with a valid signal, and the control channel is watched besides.
            let kill = Some(rustix::process::Signal::KILL);
            let _ = rustix::process::set_parent_process_death_signal(kill);
        }
    }
}

/// Runs one worker over its control channel until its block is measured.
///
/// What goes wrong in the work itself is reported over the channel; only a failure of the channel is an error.
pub fn work(
    channel: &mut (impl Read + Write + AsFd),
    lifeline: Lifeline,
) -> Result<(), ControlError> {
    control::send(channel, &FromWorker::Hello { version: VERSION, task: TaskId::this() })?;
    let ToWorker::Plan(plan) = control::receive(channel)? else {
        return fail(
            channel,
            Failure { fault: Fault::Bug, text: "told to start before the plan".into() },
        );
    };
    let result = match prepare(&plan) {
        Ok(()) => match &plan.role {
            Role::Server { bind } => server::run(channel, lifeline, &plan, bind),
            Role::Client { .. } => client::run(channel, lifeline, &plan),
            Role::Solo { bind } => solo::run(channel, lifeline, &plan, bind),
            Role::Floor { floor, end } => floor::run(channel, lifeline, &plan, (*floor, *end)),
        },
        Err(failure) => Err(failure.into()),
    };
    match result {
        Ok(()) => Ok(()),
        Err(Stop::Control(error)) => Err(error),
        Err(Stop::Work(failure)) => fail(channel, failure),
    }
}

/// Why a worker stopped early.
#[derive(Debug)]
enum Stop {
    /// The channel failed: nobody is left to tell.
    Control(ControlError),
    /// The work failed: to be told.
    Work(Failure),
}

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Work(failure)
    }
}

fn fail(channel: &mut impl Write, failure: Failure) -> Result<(), ControlError> {
    control::send(channel, &FromWorker::Failed(failure))
}

fn prepare(plan: &WorkerPlan) -> Result<(), Failure> {
    if plan.work.connections > 1 {
        raise_descriptor_limit();
    }
    let Some(cpu) = plan.cpu else { return Ok(()) };
    topology::pin(cpu)
        .map_err(|error| failure(Fault::Environment, &format!("pin to CPU {cpu}"), &error))
}

/// As many descriptors as the hard limit allows: many connections need more than the usual soft one. What is still too few
/// shows where a descriptor is lacking.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// A failure whose text names the operation, then every cause.
fn failure(fault: Fault, operation: &str, error: &dyn Error) -> Failure {
    let mut text = format!("{operation}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Failure { fault, text }
}

/// The endpoint of a plan; the coordinator printed it, so that it parses.
fn endpoint(text: &str) -> Result<Endpoint, Failure> {
    Endpoint::parse(text.as_ref())
        .map_err(|error| failure(Fault::Bug, "endpoint of the plan", &error))
}

/// Waits until the coordinator says that the block may begin.
fn started(channel: &mut impl Read) -> Result<(), Stop> {
    match control::receive(channel)? {
        ToWorker::Start => Ok(()),
        ToWorker::Plan(_) => {
            Err(Failure { fault: Fault::Bug, text: "told something else than to start".into() }
                .into())
        }
    }
}

/// Deals the connections out to so many threads.
fn deal<T>(conns: Vec<T>, threads: u32) -> Vec<Vec<T>> {
    let mut shards: Vec<_> = (0..threads.max(1)).map(|_| Vec::new()).collect();
    let count = shards.len();
    for (number, conn) in conns.into_iter().enumerate() {
        shards[number % count].push(conn);
    }
    shards
}

/// What the plan should have refused.
fn not_built(load: Load, engine: EngineName) -> Failure {
    let text = format!("no {engine} engine does the workload {}", load.name());
    Failure { fault: Fault::Bug, text }
}

fn workload(plan: &WorkerPlan) -> RoundTrip {
    match plan.work.service {
        ServiceName::Echo => RoundTrip::echo(plan.work.size),
        ServiceName::Pong => RoundTrip::pong(),
    }
}

fn ready(conn: &Conn) -> FromWorker {
    FromWorker::Ready(known(conn))
}

/// What a client knows of its connection.
fn known(conn: &Conn) -> Ready {
    Ready {
        endpoint: conn.remote().map(|remote| remote.to_string()).unwrap_or_default(),
        transport: conn.transport().into(),
        buffers: conn.buffers().ok().map(|buffers| (buffers.send, buffers.receive)),
        server_buffers: None,
        server_pid: server_pid(conn),
    }
}

/// The process at the other end of a Unix connection, as far as the kernel tells: whoever called listen(2).
fn server_pid(conn: &Conn) -> Option<i32> {
    match conn.peer() {
        Peer::Unix(peer) => peer.pid.map(std::num::NonZero::get),
        _ => None,
    }
}

/// Instantiates a generic call for the plan's service.
macro_rules! with_service {
    ($plan:expr, |$service:ident| $body:expr) => {
        match $plan.work.service {
            crate::control::ServiceName::Echo => {
                let mut $service = sockscope_proto::service::Echo;
                $body
            }
            crate::control::ServiceName::Pong => {
                let mut $service = sockscope_proto::service::Pong::default();
                $body
            }
        }
    };
}
use with_service;
