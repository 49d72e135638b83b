//! What an exchange costs: system calls to the last one, and counters in a block of their own.

use std::io;
use std::time::Duration;

use sockscope_engine::launcher::{InProcess, Launcher, Worker};
use sockscope_engine::plan::{Abilities, OwnTransport, Plan, Target};
use sockscope_engine::run::run;
use sockscope_engine::topology::Topology;
use sockscope_engine::view::View;
use sockscope_engine::work::{Arrivals, EngineName, Engines, Load};

use crate::plans::{measure, wish};

/// System calls per exchange of client and server in one view over Unix, and whether they are exact.
fn calls(view: View) -> (f64, Option<f64>) {
    let (_, measurement) = measure(&wish(vec![Target::Own(OwnTransport::Unix)], &[view]));
    let blocks = &measurement.cells[0].blocks;
    assert_eq!(blocks.len(), 2);
    let exchanges: u64 = blocks.iter().map(|block| block.exchanges).sum();
    let client: u64 = blocks.iter().map(|block| block.calls.unwrap()).sum();
    let served = blocks.iter().map(|block| block.served).collect::<Option<Vec<_>>>();
    let server = served.map(|served| {
        let calls: u64 = served.iter().map(|served| served.calls).sum();
        let answers: u64 = served.iter().map(|served| served.answers).sum();
        assert!(answers >= exchanges, "the warm-up was served, too");
        calls as f64 / answers as f64
    });
    (client as f64 / exchanges as f64, server)
}

#[test]
fn one_thread_makes_exactly_four_system_calls() {
    assert_eq!(calls(View::Solo), (4.0, None));
}

#[test]
fn two_ends_that_sleep_make_exactly_two_system_calls_each() {
    assert_eq!(calls(View::SameCore), (2.0, Some(2.0)));
}

#[test]
fn ends_that_poll_make_at_least_two_and_count_those_in_vain() {
    let (client, server) = calls(View::Spin);
    assert!(client >= 2.0 && server.is_some_and(|server| server >= 2.0), "{client} {server:?}");
}

#[test]
fn an_open_loop_counts_every_question_for_answers() {
    for engine in [EngineName::Blocking, EngineName::Epoll] {
        let mut wish = wish(vec![Target::Own(OwnTransport::Unix)], &[View::Free]);
        wish.sweep.base.load = Load::Open { arrivals: Arrivals::Uniform };
        wish.sweep.base.rate = Some(2_000.0);
        wish.sweep.base.engines = Engines { client: engine, server: EngineName::Blocking };
        let (_, measurement) = measure(&wish);
        for block in &measurement.cells[0].blocks {
            let (calls, open) = (block.calls.unwrap(), block.open.unwrap());
            // Each request is a call; answers that have piled up may share one.
            assert!(calls > open.due - open.missed, "{calls} calls: {open:?}");
        }
    }
}

#[test]
fn what_the_kernel_counts_is_counted_once_for_each_cell_but_the_twin() {
    let targets = [OwnTransport::Tcp, OwnTransport::Unix].map(Target::Own).to_vec();
    let mut wish = wish(targets, &[View::Solo, View::SameCore]);
    wish.timing.block = Duration::from_millis(5);
    let (plan, measurement) = measure(&wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let Some(counts) = &result.counts else {
            assert!(cell.twin, "{:?}", result.failure);
            continue;
        };
        assert!(!cell.twin && counts.exchanges > 0);
        assert_eq!(counts.server.is_none(), cell.view == View::Solo);
        for end in [Some(&counts.client), counts.server.as_ref()].into_iter().flatten() {
            let Ok(faults) = &end.faults else { continue };
            assert!(faults.task_clock_ns > 0, "{faults:?}");
            let Ok(switches) = &end.switches else { continue };
            // Each end of a pair that sleeps is switched away from once in each exchange.
            let expected = if cell.view == View::Solo { 0 } else { counts.exchanges / 2 };
            assert!(switches.context >= expected, "{switches:?} of {}", counts.exchanges);
        }
    }
}

/// Starts so many workers, and no more.
struct Exhausted(u32);

impl Launcher for Exhausted {
    fn launch(&mut self) -> io::Result<Worker> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::OutOfMemory)?;
        InProcess.launch()
    }
}

#[test]
fn a_cell_that_cannot_be_counted_keeps_its_times_and_says_why() {
    let wish = wish(vec![Target::Own(OwnTransport::Unix)], &[View::Solo]);
    let plan = Plan::new(&wish, &Topology::read().unwrap(), &Abilities::probe());
    let measurement = run(&plan, &mut Exhausted(2), &mut (), None);
    let [cell] = measurement.cells.as_slice() else { panic!("one cell was planned") };
    assert_eq!((cell.blocks.len(), &cell.failure), (2, &None));
    let counts = cell.counts.as_ref().unwrap();
    let reason = "start the solo worker: out of memory";
    assert_eq!((counts.exchanges, counts.client.faults.clone()), (0, Err(reason.into())));
}
