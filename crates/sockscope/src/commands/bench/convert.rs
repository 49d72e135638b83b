//! Convert: plan and measurement of the engine become the model of the report.

use jiff::Timestamp;
use sockscope_engine::control::{Failure, Fault, ServiceName};
use sockscope_engine::exchange::Duplex;
use sockscope_engine::plan::{CellPlan, Plan, Target};
use sockscope_engine::run::{Block, CellResult, Measurement};
use sockscope_engine::view::{View, Wait};
use sockscope_report::{Report, model};

use super::args::Args;
use crate::status::Status;

/// The report of a run that has not begun: what was asked for, and what cannot be had.
pub(super) fn planned(plan: &Plan, args: &Args) -> Report {
    let command = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Report {
        sockscope: env!("CARGO_PKG_VERSION").into(),
        created: Some(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        command,
        plan: plan_model(plan, args),
        seed: plan.seed,
        runs: plan.runs,
        // Nothing has been measured yet.
        partial: true,
        unavailable: plan
            .unavailable
            .iter()
            .map(|(view, reason)| model::Unavailable {
                view: view_model(*view),
                reason: reason.clone(),
            })
            .collect(),
        ..Report::default()
    }
}

/// Adds what was measured; the exit status that follows from the cells.
pub(super) fn measured(report: &mut Report, plan: &Plan, measurement: Measurement) -> Status {
    report.interrupted = measurement.interrupted;
    report.partial = false;
    let mut status = Status::Yes;
    for (cell, result) in plan.cells.iter().zip(measurement.cells) {
        let planned = plan.rounds as usize * plan.runs as usize;
        let missing = result.blocks.len() < planned;
        report.partial |= missing;
        if let Some(failure) = &result.failure {
            status = worse(status, fault_status(failure.fault));
        }
        report.cells.push(cell_model(cell, plan, &result));
    }
    status
}

fn plan_model(plan: &Plan, args: &Args) -> model::Plan {
    let labels: Vec<String> = plan
        .groups
        .first()
        .into_iter()
        .flatten()
        .map(|index| &plan.cells[*index])
        .filter(|cell| !cell.twin)
        .map(|cell| label(&cell.target))
        .collect();
    let attached = !args.endpoints.is_empty();
    let mut views: Vec<_> = plan.cells.iter().map(|cell| view_model(cell.view)).collect();
    views.dedup();
    model::Plan {
        baseline: labels.first().cloned().unwrap_or_default(),
        transports: if attached { Vec::new() } else { labels.clone() },
        endpoints: if attached { labels } else { Vec::new() },
        views,
        sizes: vec![plan.cells.first().map_or(0, |cell| message_len(cell) as u64)],
        service: args.service.name().into(),
        rounds: plan.rounds,
        block_ms: millis(plan.timing.block),
        solo_block_ms: millis(plan.timing.solo_block),
        warm_up_ms: millis(plan.timing.warm_up),
        twin: plan.cells.iter().any(|cell| cell.twin),
        margin: args.margin,
        estimated_ms: Some(millis(plan.duration())),
        ..model::Plan::default()
    }
}

fn cell_model(cell: &CellPlan, plan: &Plan, result: &CellResult) -> model::Cell {
    let own = matches!(cell.target, Target::Own(_));
    let ready = result.ready.as_ref();
    let transport = match &cell.target {
        Target::Own(transport) => transport.name().to_owned(),
        Target::Running(endpoint) => {
            ready.map_or_else(|| endpoint.transport().to_owned(), |ready| ready.transport.clone())
        }
    };
    let network = transport.starts_with("tcp") || transport == "mptcp";
    let mut model = model::Cell {
        id: cell.id.clone(),
        replica: if cell.twin { model::Replica::Twin } else { model::Replica::A },
        label: label(&cell.target),
        endpoint: ready.map(|ready| ready.endpoint.clone()).unwrap_or_default(),
        transport,
        service: cell.service.name().into(),
        server_engine: own.then(|| engine(cell.view).to_owned()),
        client_engine: client_engine(cell).into(),
        view: view_model(cell.view),
        placement: model::Placement {
            client_cpus: cell.placement.client_cpus.clone(),
            server_cpus: cell.placement.server_cpus.clone(),
            relation: cell.placement.relation.name().to_owned().into(),
        },
        wait: cell.view.wait().name().to_owned().into(),
        size: message_len(cell) as u64,
        nodelay: network.then_some(true),
        granted_buffers: ready.and_then(|ready| ready.buffers).map(|(send, receive)| {
            model::GrantedBuffers {
                send: u64::try_from(send).ok(),
                receive: u64::try_from(receive).ok(),
            }
        }),
        service_pid: ready.filter(|_| !own).and_then(|ready| u32::try_from(ready.server_pid?).ok()),
        blocks: result.blocks.iter().map(|block| block_model(block, cell.view)).collect(),
        retried: result.retries,
        error: result.failure.as_ref().map(|failure| error_model(failure, result, plan)),
        ..model::Cell::default()
    };
    model.summarise(&result.histogram);
    model
}

fn block_model(block: &Block, view: View) -> model::Block {
    let solo = view == View::Solo;
    let server = block.server;
    let both = |of_client: u64, of_server: Option<u64>| {
        if solo { Some(of_client) } else { of_server.map(|of_server| of_client + of_server) }
    };
    model::Block {
        run: block.run,
        round: block.round,
        mean: rounded(block.mean_ns),
        p50: block.p50_ns,
        p90: block.p90_ns,
        p99: block.p99_ns,
        max: block.max_ns,
        samples: block.exchanges,
        cpu_ns_client: Some(block.client.cpu_ns),
        cpu_ns_server: server.map(|server| server.cpu_ns),
        switches_voluntary: both(block.client.voluntary, server.map(|server| server.voluntary)),
        switches_involuntary: both(
            block.client.involuntary,
            server.map(|server| server.involuntary),
        ),
    }
}

fn error_model(failure: &Failure, result: &CellResult, plan: &Plan) -> model::CellError {
    // The one after the last that succeeded, which may be the first of the next run.
    let round = result.blocks.last().map_or(0, |block| (block.round + 1) % plan.rounds.max(1));
    let kind = match failure.fault {
        Fault::Environment => "environment",
        Fault::Peer | Fault::Gone => "peer",
        Fault::Bug => "bug",
    };
    model::CellError { kind: kind.into(), text: failure.text.clone(), round: Some(round) }
}

fn fault_status(fault: Fault) -> Status {
    match fault {
        Fault::Environment => Status::Environment,
        Fault::Peer | Fault::Gone => Status::Peer,
        Fault::Bug => Status::Bug,
    }
}

/// The one that a script has to know about: the larger number.
fn worse(first: Status, second: Status) -> Status {
    if second.code() > first.code() { second } else { first }
}

fn label(target: &Target) -> String {
    match target {
        Target::Own(transport) => transport.name().into(),
        Target::Running(endpoint) => endpoint.to_string(),
    }
}

/// What moves the client's bytes: polling in the views that never sleep, both ways at once where the answer may come
/// before the request is sent.
fn client_engine(cell: &CellPlan) -> &'static str {
    match (&cell.target, cell.view) {
        (Target::Running(_), _) if message_len(cell) > Duplex::ABOVE => "duplex",
        (_, view) => engine(view),
    }
}

/// What moves the bytes of one of our own servers.
fn engine(view: View) -> &'static str {
    match view.wait() {
        Wait::Spin => "polling",
        Wait::Block => "blocking",
    }
}

/// `ping` and `pong` have four bytes, whatever was asked for.
fn message_len(cell: &CellPlan) -> usize {
    match cell.service {
        ServiceName::Echo => cell.size,
        ServiceName::Pong => 4,
    }
}

fn view_model(view: View) -> model::View {
    view.name().to_owned().into()
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of durations is positive"
)]
fn rounded(ns: f64) -> u64 {
    ns.round() as u64
}
