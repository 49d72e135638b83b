//! Self-check: the engine's checks of itself, run with real workers and handed to the report to be judged.

use std::io;
use std::time::Duration;

use sockscope_engine::control::{Failure, Fault};
use sockscope_engine::plan::OwnTransport;
use sockscope_engine::run::{Block, CellResult};
use sockscope_engine::self_check::{Cheat, DELAY, Loops, SelfCheck as Engine};
use sockscope_engine::topology::Topology;
use sockscope_report::doctor::SelfCheck;
use sockscope_report::doctor::self_check::{CheatCheck, DelayCheck, LIMIT, LoopCheck, SameCheck};
use sockscope_report::model::Statistic;

use crate::worker::Reexecute;
use crate::{scratch, seed};

/// What the loop is compared over.
const TRANSPORTS: [OwnTransport; 2] = [OwnTransport::Unix, OwnTransport::Tcp];

/// About how long it takes.
pub(super) fn seconds(rounds: u32) -> u64 {
    /// The servers that wait and cheat.
    const SERVERS: Duration = Duration::from_secs(3);
    let transports = u32::try_from(TRANSPORTS.len()).unwrap_or(1);
    (Engine::<Reexecute>::duration(rounds) * transports + SERVERS).as_secs()
}

/// Runs every check; one that cannot be made says why.
pub(super) fn run(topology: Topology, rounds: u32, clock_step_ns: u64) -> SelfCheck {
    let cpu = topology.quiet_cpu();
    let (scratch, seed) = (scratch::directory(), seed::random());
    let mut engine = Engine { topology, launcher: Reexecute, scratch, seed };
    let mut check = SelfCheck {
        rounds,
        cpu,
        limit: LIMIT,
        loops: Vec::new(),
        same: Vec::new(),
        delay: delay(&mut engine),
        cheats: Cheat::ALL.map(|cheat| caught(&mut engine, cheat)).into(),
    };
    for transport in TRANSPORTS {
        let loops = engine.loops(transport, rounds).and_then(complete);
        for statistic in [Statistic::Mean, Statistic::P50] {
            check.loops.push(looped(transport, statistic, &loops));
        }
        check.same.push(same(transport, &loops, clock_step_ns));
    }
    check
}

/// The loops if all were measured to the end.
fn complete(loops: Loops) -> Result<Loops, String> {
    let cells = [&loops.driven, &loops.bare, &loops.twin, &loops.again];
    let failure = cells.into_iter().find_map(|cell| cell.failure.clone());
    failure.map_or(Ok(loops), |failure| Err(failure.text))
}

fn looped(
    transport: OwnTransport,
    statistic: Statistic,
    loops: &Result<Loops, String>,
) -> LoopCheck {
    let value = |block: &Block| match statistic {
        Statistic::P50 => block.p50_ns.map(|ns| ns as f64),
        _ => block.mean_ns,
    };
    match loops {
        Err(reason) => LoopCheck::unavailable(transport.name(), statistic, reason),
        Ok(Loops { driven, bare, twin, .. }) => {
            let rounds = [driven, bare, twin].map(|cell| values(cell, value));
            let rounds = rounds.each_ref().map(Vec::as_slice);
            LoopCheck::judge(transport.name(), statistic, rounds)
        }
    }
}

fn same(transport: OwnTransport, loops: &Result<Loops, String>, clock_step_ns: u64) -> SameCheck {
    match loops {
        Err(reason) => SameCheck::unavailable(transport.name(), reason),
        Ok(Loops { driven, again, twin, .. }) => {
            let p50 = |of| values(of, |block: &Block| block.p50_ns.map(|ns| ns as f64));
            let rounds = [p50(driven), p50(again), p50(twin)];
            SameCheck::judge(transport.name(), rounds.each_ref().map(Vec::as_slice), clock_step_ns)
        }
    }
}

/// One value per round; none at all where a block has too few samples for it.
fn values(cell: &CellResult, value: impl Fn(&Block) -> Option<f64>) -> Vec<f64> {
    cell.blocks.iter().map(value).collect::<Option<Vec<f64>>>().unwrap_or_default()
}

fn delay(engine: &mut Engine<Reexecute>) -> DelayCheck {
    let asked_ns = u64::try_from(DELAY.as_nanos()).unwrap_or(u64::MAX);
    match engine.delayed() {
        Ok(Ok(round_trips)) => DelayCheck::judge(asked_ns, &round_trips),
        Ok(Err(failure)) => DelayCheck::unavailable(asked_ns, &failure.text),
        Err(error) => DelayCheck::unavailable(asked_ns, &not_started(&error)),
    }
}

/// Only a failure that blames the server has caught it.
fn caught(engine: &mut Engine<Reexecute>, cheat: Cheat) -> CheatCheck {
    match engine.cheated(cheat) {
        Ok(None) => CheatCheck::judge(cheat.name(), None),
        Ok(Some(Failure { fault: Fault::Peer, text })) => {
            CheatCheck::judge(cheat.name(), Some(text))
        }
        Ok(Some(failure)) => CheatCheck::unavailable(cheat.name(), &failure.text),
        Err(error) => CheatCheck::unavailable(cheat.name(), &not_started(&error)),
    }
}

fn not_started(error: &io::Error) -> String {
    format!("start a server: {error}")
}
