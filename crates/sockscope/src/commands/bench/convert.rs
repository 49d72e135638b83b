//! Convert: plan and measurement of the engine become the model of the report.

mod cost;
mod names;
mod plan;

use jiff::Timestamp;
use sockscope_engine::control::{Failure, Fault};
use sockscope_engine::plan::{CellPlan, Plan, Target, Unavailable};
use sockscope_engine::run::{Block, CellResult, Measurement, OpenBlock};
use sockscope_engine::view::{View, Wait};
use sockscope_engine::work::{Arrivals, Load, Work};
use sockscope_report::{Report, model};
use sockscope_stats::Histogram;

use super::args::Args;
use crate::status::Status;
use names::Names;

/// The report of a run that has not begun: what was asked for, and what cannot be had.
pub(super) fn planned(plan: &Plan, args: &Args) -> Report {
    let command = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Report {
        sockscope: env!("CARGO_PKG_VERSION").into(),
        created: Some(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        command,
        plan: plan::model(plan, args),
        seed: plan.seed,
        runs: plan.runs,
        // Nothing has been measured yet.
        partial: true,
        unavailable: unavailable(plan),
        ..Report::default()
    }
}

/// What was asked for and cannot be had.
pub(super) fn unavailable(plan: &Plan) -> Vec<model::Unavailable> {
    plan.unavailable.iter().map(unavailable_model).collect()
}

fn unavailable_model(missing: &Unavailable) -> model::Unavailable {
    model::Unavailable {
        view: missing.view.map(view_model),
        label: missing.target.as_ref().map(target_name),
        engine: missing.engine.map(|engine| engine.name().to_owned()),
        size: missing.size.map(|size| size as u64),
        connections: missing.connections,
        reason: missing.reason.clone(),
    }
}

/// Adds what was measured; the exit status that follows from the cells.
pub(super) fn measured(report: &mut Report, plan: &Plan, measurement: Measurement) -> Status {
    report.interrupted = measurement.interrupted;
    report.partial = false;
    let mut status = Status::Yes;
    let names = Names::of(plan);
    for (cell, result) in plan.cells.iter().zip(measurement.cells) {
        let planned = plan.rounds as usize * plan.runs as usize;
        let missing = result.blocks.len() < planned;
        if let Some(failure) = &result.failure {
            if failure.fault == Fault::Unavailable {
                // The same for its twin.
                let missing = unavailable_cell(cell, failure);
                if !report.unavailable.contains(&missing) {
                    report.unavailable.push(missing);
                }
                continue;
            }
            status = worse(status, fault_status(failure.fault));
        }
        report.partial |= missing;
        report.cells.push(cell_model(cell, names, plan, &result));
    }
    if report.cells.is_empty() && !report.interrupted {
        // What cannot be had is nobody's fault, but a run that has nothing else measured nothing.
        status = worse(status, Status::Environment);
    }
    status
}

/// A cell that turned out, while it was measured, to be one that cannot be had.
fn unavailable_cell(cell: &CellPlan, failure: &Failure) -> model::Unavailable {
    model::Unavailable {
        label: Some(target_name(&cell.target)),
        size: Some(cell.work.message_len() as u64),
        reason: failure.text.clone(),
        ..model::Unavailable::default()
    }
}

fn cell_model(cell: &CellPlan, names: Names, plan: &Plan, result: &CellResult) -> model::Cell {
    let own = matches!(cell.target, Target::Own(_));
    let ready = result.ready.as_ref();
    let transport = match &cell.target {
        Target::Own(transport) => transport.name().to_owned(),
        Target::Running(endpoint) => {
            ready.map_or_else(|| endpoint.transport().to_owned(), |ready| ready.transport.clone())
        }
    };
    let work = &cell.work;
    let mut model = model::Cell {
        id: cell.id.clone(),
        replica: if cell.twin { model::Replica::Twin } else { model::Replica::A },
        label: names.label(cell),
        target: target_name(&cell.target),
        endpoint: ready.map(|ready| ready.endpoint.clone()).unwrap_or_default(),
        transport,
        service: work.service.name().into(),
        workload: work.load.name().into(),
        server_engine: own.then(|| work.engines.server.name().to_owned()),
        client_engine: work.engines.client.name().into(),
        view: view_model(cell.view),
        placement: model::Placement {
            client_cpus: cell.placement.client_cpus.clone(),
            server_cpus: cell.placement.server_cpus.clone(),
            relation: cell.placement.relation.name().to_owned().into(),
        },
        wait: wait_model(cell),
        size: work.message_len() as u64,
        connections: work.connections,
        depth: work.depth,
        threads: work.threads,
        rate: work.rate,
        buffers: work.buffers.to_string(),
        nodelay: cell.target.has_nagle().then_some(work.nodelay),
        granted_buffers: ready.and_then(|ready| ready.buffers).map(granted_model),
        granted_buffers_server: ready.and_then(|ready| ready.server_buffers).map(granted_model),
        service_pid: ready.filter(|_| !own).and_then(|ready| u32::try_from(ready.server_pid?).ok()),
        blocks: result.blocks.iter().map(|block| block_model(block, cell)).collect(),
        perf: result.counts.as_ref().map(cost::perf),
        retried: result.retries,
        error: result.failure.as_ref().map(|failure| error_model(failure, result, plan)),
        ..model::Cell::default()
    };
    model.summarise(&result.histogram);
    if let Load::Open { arrivals } = work.load {
        summarise_open(&mut model, arrivals, result);
    }
    model.connect = connect_model(work, &result.blocks);
    model
}

fn granted_model((send, receive): (usize, usize)) -> model::GrantedBuffers {
    model::GrantedBuffers { send: u64::try_from(send).ok(), receive: u64::try_from(receive).ok() }
}

/// How our ends wait, which the view does not say of the sender of an open loop.
fn wait_model(cell: &CellPlan) -> model::Wait {
    match (cell.view.wait(), &cell.target, cell.work.load) {
        (Wait::Block, Target::Own(_), Load::Open { .. }) => model::Wait::ClientSpins,
        (Wait::Block, _, load) if !matches!(load, Load::Open { .. }) => model::Wait::Block,
        _ => model::Wait::Spin,
    }
}

fn summarise_open(model: &mut model::Cell, arrivals: Arrivals, result: &CellResult) {
    let samples = |merged: &Option<Histogram>, max: fn(&OpenBlock) -> u64| {
        let blocks = result.blocks.iter().filter_map(|block| block.open.as_ref());
        model::Samples {
            merged: merged.clone().unwrap_or_default(),
            block_maxima: blocks.map(max).collect(),
        }
    };
    let service = samples(&result.service, |open| open.service_max_ns);
    let lateness = samples(&result.lateness, |open| open.lateness_max_ns);
    let own_lateness = samples(&result.own_lateness, |open| open.own_lateness_max_ns);
    model.summarise_open(arrivals.name(), &service, &lateness, &own_lateness);
}

fn connect_model(work: &Work, blocks: &[Block]) -> Option<model::ConnectLoop> {
    let Load::Connect { exchange } = work.load else { return None };
    let known = || blocks.iter().filter_map(|block| block.connect);
    Some(model::ConnectLoop {
        exchange,
        backlog_full: known().map(|connect| connect.backlog_full).sum(),
        time_wait_before: known().find_map(|connect| connect.time_wait_before),
        time_wait: known().filter_map(|connect| connect.time_wait).max(),
        port_range: known().find_map(|connect| connect.port_range).map(<[u16; 2]>::from),
        sources: known().map(|connect| connect.sources).max(),
    })
}

fn block_model(block: &Block, cell: &CellPlan) -> model::Block {
    let solo = cell.view == View::Solo;
    let is_stream = matches!(cell.work.load, Load::Stream { .. });
    let server = block.server;
    let both = |of_client: u64, of_server: Option<u64>| {
        if solo { Some(of_client) } else { of_server.map(|of_server| of_client + of_server) }
    };
    model::Block {
        run: block.run,
        round: block.round,
        mean: block.mean_ns.map(rounded),
        p50: block.p50_ns,
        p90: block.p90_ns,
        p99: block.p99_ns,
        max: block.max_ns,
        samples: block.exchanges,
        elapsed: Some(block.elapsed_ns),
        bytes: is_stream.then_some(block.bytes),
        lost: cell.target.may_lose().then_some(block.lost),
        zero_copy_sends: block.zero_copied.map(|zero_copied| zero_copied.sends),
        zero_copy_told: block.zero_copied.map(|zero_copied| zero_copied.told),
        zero_copy_copied: block.zero_copied.map(|zero_copied| zero_copied.copied),
        due: block.open.map(|open| open.due),
        missed: block.open.map(|open| open.missed),
        unanswered: block.open.map(|open| open.unanswered),
        held_back: block.open.map(|open| open.held_back),
        cpu_ns_client: Some(block.client.cpu_ns),
        cpu_ns_server: server.map(|server| server.cpu_ns),
        switches_voluntary: both(block.client.voluntary, server.map(|server| server.voluntary)),
        switches_involuntary: both(
            block.client.involuntary,
            server.map(|server| server.involuntary),
        ),
        syscalls_client: block.calls,
        syscalls_server: block.served.map(|served| served.calls),
        answers_server: block.served.map(|served| served.answers),
    }
}

fn error_model(failure: &Failure, result: &CellResult, plan: &Plan) -> model::CellError {
    // The one after the last that succeeded, which may be the first of the next run.
    let round = result.blocks.last().map_or(0, |block| (block.round + 1) % plan.rounds.max(1));
    let kind = match failure.fault {
        Fault::Environment => "environment",
        Fault::Peer | Fault::Gone => "peer",
        Fault::Unavailable => "unavailable",
        Fault::Bug => "bug",
    };
    model::CellError { kind: kind.into(), text: failure.text.clone(), round: Some(round) }
}

fn fault_status(fault: Fault) -> Status {
    match fault {
        Fault::Environment | Fault::Unavailable => Status::Environment,
        Fault::Peer | Fault::Gone => Status::Peer,
        Fault::Bug => Status::Bug,
    }
}

/// The one that a script has to know about: the larger number.
fn worse(first: Status, second: Status) -> Status {
    if second.code() > first.code() { second } else { first }
}

/// What is measured, without how.
fn target_name(target: &Target) -> String {
    match target {
        Target::Own(transport) => transport.name().into(),
        Target::Running(endpoint) => endpoint.to_string(),
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
