//! Plan: what was decided before the first block, as the report tells it.

use sockscope_engine::plan::{CellPlan, Plan};
use sockscope_engine::work::{Engines, Load, Work};
use sockscope_report::model;

use super::names::Names;
use super::{millis, target_name, view_model};
use crate::commands::bench::args::{Args, listed};

pub(super) fn model(plan: &Plan, args: &Args) -> model::Plan {
    let work = plan.cells.first().map_or_else(Work::default, |cell| cell.work.clone());
    let engines = engines(plan, args);
    let targets = targets(plan, args);
    let attached = !args.endpoints.is_empty();
    let cells = || plan.cells.iter();
    let mut views: Vec<_> = cells().map(|cell| view_model(cell.view)).collect();
    views.dedup();
    model::Plan {
        baseline: baseline(plan, &targets, &engines, args),
        transports: if attached { Vec::new() } else { targets.clone() },
        endpoints: if attached { targets } else { Vec::new() },
        views,
        sizes: distinct(cells().map(|cell| cell.work.message_len() as u64)),
        connections: distinct(cells().map(|cell| cell.work.connections)),
        depths: distinct(cells().map(|cell| cell.work.depth)),
        rates: distinct(cells().filter_map(|cell| cell.work.rate)),
        client_engines: engines.iter().map(|engines| engines.client.name().into()).collect(),
        server_engines: if attached {
            Vec::new()
        } else {
            engines.iter().map(|engines| engines.server.name().into()).collect()
        },
        nodelay: nodelay(plan, args),
        buffers: work.buffers.to_string(),
        threads: work.threads,
        service: work.service.name().into(),
        workload: work.load.name().into(),
        arrivals: match work.load {
            Load::Open { arrivals } => Some(arrivals.name().into()),
            _ => None,
        },
        exchange: matches!(work.load, Load::Connect { exchange: true }),
        zero_copy: matches!(work.load, Load::Stream { zero_copy: true }),
        rounds: plan.rounds,
        block_ms: millis(plan.timing.block),
        solo_block_ms: millis(plan.timing.solo_block),
        warm_up_ms: millis(plan.timing.warm_up),
        twin: cells().any(|cell| cell.twin),
        cells: Some(plan.cells.len() as u64),
        twins: Some(cells().filter(|cell| cell.twin).count() as u64),
        margin: args.margin,
        estimated_ms: Some(millis(plan.duration())),
    }
}

/// What is measured, in the order it was asked for: a cell that cannot be had in the first view does not
/// make another one the first.
fn targets(plan: &Plan, args: &Args) -> Vec<String> {
    let mut targets = distinct(plan.cells.iter().map(|cell| target_name(&cell.target)));
    let asked: Vec<String> = if args.endpoints.is_empty() {
        listed(&args.transport).iter().map(|transport| transport.name().to_owned()).collect()
    } else {
        args.endpoints.iter().map(ToString::to_string).collect()
    };
    targets.sort_by_key(|target| asked.iter().position(|one| one == target));
    targets
}

fn engines(plan: &Plan, args: &Args) -> Vec<Engines> {
    let mut engines = distinct(plan.cells.iter().map(|cell| cell.work.engines));
    let asked = &args.work.engine;
    engines.sort_by_key(|engines| asked.iter().position(|one| *one == engines.client));
    engines
}

fn nodelay(plan: &Plan, args: &Args) -> Vec<bool> {
    let with_nagle = plan.cells.iter().filter(|cell| cell.target.has_nagle());
    let mut values = distinct(with_nagle.map(|cell| cell.work.nodelay));
    values.sort_by_key(|value| args.work.nodelay.iter().position(|one| one == value));
    values
}

/// The label of the first value of every factor, or of the first cell where that one cannot be had.
fn baseline(plan: &Plan, targets: &[String], engines: &[Engines], args: &Args) -> String {
    let is_first = |cell: &&CellPlan| {
        targets.first() == Some(&target_name(&cell.target))
            && engines.first() == Some(&cell.work.engines)
            && args.work.nodelay.first() == Some(&cell.work.nodelay)
    };
    let first = plan.cells.iter().find(is_first).or_else(|| plan.cells.first());
    first.map_or_else(String::new, |cell| Names::of(plan).label(cell))
}

/// Each once, in the order of the first.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}
