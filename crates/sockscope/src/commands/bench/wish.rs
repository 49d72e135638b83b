//! Wish: the arguments become what the engine is asked for.

use std::time::Duration;

use rustix::fs::Access;
use sockscope_engine::control::ServiceName;
use sockscope_engine::plan::{CellPlan, OwnTransport, Plan, Sweep, Target, Timing, Wish};
use sockscope_engine::view::View;
use sockscope_engine::work::{Arrivals, EngineName, Engines, Load, Work};
use sockscope_net::{Connector, Endpoint};

use super::args::{Args, ArrivalsArg, WorkArgs, Workload, listed};
use crate::fault::CliError;
use crate::value;
use crate::{scratch, seed};

/// What the arguments ask for.
pub(super) fn from_args(args: &Args) -> Result<Wish, CliError> {
    for endpoint in &args.endpoints {
        check_kind(endpoint)?;
    }
    check_threads(&args.work)?;
    check_rates(args)?;
    let running = !args.endpoints.is_empty();
    let targets = if running {
        args.endpoints.iter().cloned().map(Target::Running).collect()
    } else if args.transport.is_empty() {
        vec![Target::Own(OwnTransport::Tcp), Target::Own(OwnTransport::Unix)]
    } else {
        listed(&args.transport).into_iter().map(Target::Own).collect()
    };
    let all = if running {
        [View::RUNNING.as_slice(), &View::OWN[..4]].concat()
    } else {
        View::OWN.to_vec()
    };
    Ok(Wish {
        targets: deduplicated(targets)?,
        views: if args.view.is_empty() { all } else { in_order(&args.view) },
        sweep: sweep(&args.work)?,
        runs: args.runs,
        rounds: args.rounds,
        timing: Timing {
            block: args.block,
            solo_block: (args.block / 5).max(Duration::from_millis(1)),
            ..Timing::default()
        },
        seed: args.seed.unwrap_or_else(seed::random),
        scratch: scratch::directory(),
    })
}

/// Threads that would have nothing to do are refused: a result must not name what was not there.
fn check_threads(args: &WorkArgs) -> Result<(), CliError> {
    let threads = args.threads;
    if threads == 1 {
        return Ok(());
    }
    let server = args.server_engine.unwrap_or(EngineName::Blocking);
    if args.engine.iter().chain([&server]).all(|engine| *engine == EngineName::Blocking) {
        let text = "--threads does not apply to the blocking engine, which has a thread for each connection";
        return Err(CliError::usage(text).hint(format!("--engine epoll --threads {threads}")));
    }
    let fewest = value::spread(&args.connections).into_iter().min().unwrap_or(1);
    if fewest < threads {
        let text = format!("{threads} threads cannot share {fewest} connections");
        return Err(CliError::usage(text).hint(format!("--connections {threads} or more")));
    }
    Ok(())
}

/// A block of an open loop needs some requests to say anything.
fn check_rates(args: &Args) -> Result<(), CliError> {
    const FEWEST: f64 = 10.0;
    let few = |rate: &f64| rate * args.block.as_secs_f64() < FEWEST;
    let Some(rate) = value::spread(&args.work.rate).into_iter().find(few) else { return Ok(()) };
    let (block, needed) = (args.block, (FEWEST / rate * 1e3).ceil());
    Err(CliError::usage(format!(
        "{rate} requests a second are fewer than {FEWEST} in a block of {block:?}"
    ))
    .hint(format!("--block {needed}ms")))
}

/// What both ends do, in every combination.
fn sweep(args: &WorkArgs) -> Result<Sweep, CliError> {
    let server = |client| args.server_engine.unwrap_or(client);
    let engines = args.engine.iter().map(|&client| Engines { client, server: server(client) });
    let connections = value::spread(&args.connections).into_iter().max().unwrap_or(1);
    let base = Work {
        service: args.service,
        size: if args.workload == Workload::Stream { 64 << 10 } else { 64 },
        load: load(args)?,
        depth: if args.workload == Workload::Open { open_depth(connections) } else { 1 },
        threads: args.threads,
        buffers: args.buffers,
        ..Work::default()
    };
    Ok(Sweep {
        base,
        sizes: sizes(args)?,
        connections: value::spread(&args.connections),
        depths: value::spread(&args.depth),
        rates: value::spread(&args.rate),
        engines: once(engines),
        nodelay: once(args.nodelay.iter().copied()),
    })
}

/// In an open loop requests pile up while the server stalls, as they do in the world outside: the limit only bounds the
/// memory, of which each takes 24 bytes (56 where datagrams are numbered). It is one number for all points of a sweep, so that
/// they differ in nothing but what is swept.
fn open_depth(connections: u32) -> u32 {
    const ON_ONE: u32 = 4096;
    const ON_ALL: u32 = 1 << 20;
    ON_ONE.min(ON_ALL / connections.max(1)).max(1)
}

/// The workload; options of another one are refused, since they would do nothing.
fn load(args: &WorkArgs) -> Result<Load, CliError> {
    let refused = |given: bool, option: &str, workload: &str| {
        if given {
            let text = format!("{option} belongs to the workload {workload}");
            return Err(CliError::usage(text).hint(format!("--workload {workload} {option}")));
        }
        Ok(())
    };
    let workload = args.workload;
    refused(workload != Workload::Open && !args.rate.is_empty(), "--rate", "open")?;
    refused(workload != Workload::Open && args.arrivals.is_some(), "--arrivals", "open")?;
    refused(workload != Workload::Connect && args.exchange, "--exchange", "connect")?;
    refused(workload != Workload::Stream && args.zero_copy, "--zero-copy", "stream")?;
    Ok(match workload {
        Workload::Rr => Load::RoundTrip,
        Workload::Open if args.rate.is_empty() => {
            return Err(CliError::usage("the workload open needs a rate")
                .hint("--workload open --rate 10000, or a list: --rate 1000,10000,50000"));
        }
        Workload::Open => Load::Open {
            arrivals: match args.arrivals {
                None | Some(ArrivalsArg::Uniform) => Arrivals::Uniform,
                Some(ArrivalsArg::Poisson) => Arrivals::Poisson,
            },
        },
        Workload::Stream => Load::Stream { zero_copy: args.zero_copy },
        Workload::Connect => Load::Connect { exchange: args.exchange },
    })
}

/// Each once, in the order of the first.
fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// Ping and pong have four bytes, whatever anybody asks for.
fn sizes(args: &WorkArgs) -> Result<Vec<usize>, CliError> {
    let sizes = value::spread(&args.size);
    match (args.service, sizes.iter().find(|size| **size != 4)) {
        (ServiceName::Pong, Some(size)) => Err(CliError::usage(
            "ping and pong have 4 bytes: --size does not go with --service pong",
        )
        .hint(format!("--service echo --size {size}, with a server that echoes"))),
        _ => Ok(sizes),
    }
}

/// Fails early when our own servers could not make their socket files.
pub(super) fn check_scratch(plan: &Plan) -> Result<(), CliError> {
    let by_path =
        |cell: &CellPlan| matches!(&cell.target, Target::Own(transport) if transport.has_path());
    if !plan.cells.iter().any(by_path) {
        return Ok(());
    }
    rustix::fs::access(&plan.scratch, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        let directory = plan.scratch.display();
        CliError::environment(error)
            .context(format!("cannot make socket files in {directory}"))
            .hint("TMPDIR=/another/directory sockscope bench …, or --transport tcp,unix-abstract")
    })
}

/// Fails early, with a hint, when a server that is to be measured cannot be reached at all.
pub(super) fn check_servers(plan: &Plan) -> Result<(), CliError> {
    let mut checked: Vec<&Endpoint> = Vec::new();
    for cell in &plan.cells {
        let Target::Running(endpoint) = &cell.target else { continue };
        if checked.contains(&endpoint) {
            continue;
        }
        checked.push(endpoint);
        let reached = Connector::new(endpoint)
            .and_then(|connector| connector.connect(Some(Duration::from_secs(3))).map(drop));
        if let Err(error) = reached {
            let hint = error.hint();
            let error = CliError::environment(error);
            return Err(match hint {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
    }
    Ok(())
}

/// An inherited socket has no address to connect to.
fn check_kind(endpoint: &Endpoint) -> Result<(), CliError> {
    if endpoint.kind().is_some() {
        return Ok(());
    }
    Err(CliError::usage(format!("{endpoint} is an inherited socket; only serve can use it")))
}

/// The same target twice would be compared with itself, and the twin does that already.
fn deduplicated(targets: Vec<Target>) -> Result<Vec<Target>, CliError> {
    for (index, target) in targets.iter().enumerate() {
        if targets[..index].contains(target) {
            let name = match target {
                Target::Own(transport) => transport.name().to_owned(),
                Target::Running(endpoint) => endpoint.to_string(),
            };
            return Err(CliError::usage(format!("{name} is listed twice")).hint(
                "list each once: the baseline is measured twice by itself, for the noise floor",
            ));
        }
    }
    Ok(targets)
}

fn in_order(views: &[View]) -> Vec<View> {
    let mut views = views.to_vec();
    views.sort_unstable();
    views.dedup();
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_of_an_open_loop_is_bounded_on_each_connection_and_on_all_together() {
        for (connections, depth) in
            [(0, 4096), (1, 4096), (256, 4096), (257, 4080), (1 << 20, 1), (u32::MAX, 1)]
        {
            assert_eq!(open_depth(connections), depth, "{connections}");
        }
    }
}
