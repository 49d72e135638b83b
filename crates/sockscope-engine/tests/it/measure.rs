//! Measuring our own servers: every transport, view, service and size gives complete and honest blocks.

use std::io;
use std::time::Duration;

use sockscope_engine::control::{Fault, ServiceName};
use sockscope_engine::launcher::{InProcess, Launcher, Worker};
use sockscope_engine::plan::{Abilities, OwnTransport, Plan, Sweep, Target, Timing, Wish};
use sockscope_engine::run::run;
use sockscope_engine::topology::Topology;
use sockscope_engine::view::View;
use sockscope_engine::work::Work;

use crate::child::not_here;
use crate::plans::{measure, wish};

fn sized(size: usize) -> Sweep {
    Sweep::only(Work { size, ..Work::default() })
}

fn own(transports: &[OwnTransport]) -> Vec<Target> {
    transports.iter().copied().map(Target::Own).collect()
}

/// Checks what is true of every cell that was measured.
fn check(wish: &Wish) {
    let block_ns = u64::try_from(wish.timing.block.as_nanos()).unwrap();
    let (plan, measurement) = measure(wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let what = format!("{:?} in {}", cell.target, cell.view);
        assert_eq!(result.failure, None, "{what}");
        assert_eq!(result.blocks.len(), 2, "{what}");
        for block in &result.blocks {
            assert!(block.exchanges > 0, "{what}");
            assert!(
                block.elapsed_ns >= block_ns,
                "the measured window is the one asked for: {what}"
            );
            assert!(block.client.cpu_ns > 0, "{what}");
            assert!(block.p50_ns <= block.max_ns, "{what}");
        }
        let exchanges: u64 = result.blocks.iter().map(|block| block.exchanges).sum();
        assert_eq!(result.histogram.count(), exchanges, "every exchange is one sample: {what}");
    }
}

#[test]
fn every_transport_is_measured_in_every_view() {
    let wish = wish(own(&OwnTransport::ALL), &View::OWN);
    check(&wish);
    let plan = Plan::new(&wish, &Topology::read().unwrap(), &Abilities::probe());
    for transport in OwnTransport::ALL {
        let target = Target::Own(transport);
        for view in View::OWN {
            let planned = plan.cells.iter().any(|cell| cell.target == target && cell.view == view);
            let refused = plan.unavailable.iter().any(|missing| {
                missing.view.is_none_or(|refused| refused == view)
                    && missing.target.as_ref().is_none_or(|refused| *refused == target)
            });
            assert!(planned != refused, "{transport:?} in {view}: either there or said why not");
        }
    }
}

#[test]
fn pong_is_measured_like_echo() {
    check(&Wish {
        sweep: Sweep::only(Work { service: ServiceName::Pong, ..Work::default() }),
        ..wish(own(&[OwnTransport::Tcp, OwnTransport::Unix, OwnTransport::Udp]), &View::OWN)
    });
}

#[test]
fn a_single_byte_and_a_message_larger_than_every_buffer_are_exchanged_whole() {
    let transports = [OwnTransport::Unix, OwnTransport::Tcp];
    for size in [1, 65_537, 3 << 20] {
        check(&Wish {
            sweep: sized(size),
            ..wish(own(&transports), &[View::Solo, View::SameCore, View::Spin])
        });
    }
}

#[test]
fn a_message_that_a_kind_cannot_carry_is_nobodys_fault_and_the_others_are_measured() {
    use OwnTransport::{Udp, Unix, Unixgram, Unixpacket};
    let size = 8 << 20;
    let wish = Wish {
        sweep: sized(size),
        ..wish(own(&[Unix, Unixpacket, Unixgram, Udp]), &[View::Solo, View::SameCore])
    };
    let (plan, measurement) = measure(&wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let words = match cell.target {
            Target::Own(Unixpacket | Unixgram) => {
                "a message of 8388608 bytes is larger than the send buffer, "
            }
            Target::Own(Udp) => {
                "a datagram of 8388608 bytes is larger than UDP carries: --size 65507 at most"
            }
            _ => {
                assert_eq!(result.failure, None);
                continue;
            }
        };
        let failure = result.failure.as_ref().expect("8 MiB do not fit a message");
        assert_eq!(failure.fault, Fault::Unavailable);
        assert!(failure.text.starts_with(words), "{failure}");
    }
}

#[test]
fn the_largest_datagram_of_each_family_is_carried() {
    for (transport, most) in [(OwnTransport::Udp, 65_507), (OwnTransport::Udp6, 65_527)] {
        if let Some(reason) = Abilities::probe().refuses_transport(transport) {
            not_here(reason);
            continue;
        }
        let views = [View::Solo, View::SameCore];
        check(&Wish { sweep: sized(most), ..wish(own(&[transport]), &views) });
        let wish = Wish { sweep: sized(most + 1), ..wish(own(&[transport]), &views) };
        let (_, measurement) = measure(&wish);
        for result in measurement.cells {
            let failure = result.failure.expect("one byte too many");
            assert_eq!(failure.fault, Fault::Unavailable, "{failure}");
        }
    }
}

#[test]
fn the_usage_of_both_ends_is_known_and_the_solo_thread_is_both() {
    let timing = Timing { block: Duration::from_millis(20), ..wish(Vec::new(), &[]).timing };
    let wish = Wish { timing, ..wish(own(&[OwnTransport::Unix]), &[View::Solo, View::SameCore]) };
    let (plan, measurement) = measure(&wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        for block in &result.blocks {
            if cell.view == View::Solo {
                assert_eq!(block.server, None);
            } else {
                let server = block.server.expect("a worker's usage can be read");
                assert!(server.cpu_ns > 0 && server.voluntary > 0, "{server:?}");
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_run_the_same_cells() {
    let targets = own(&[OwnTransport::Tcp, OwnTransport::Unix]);
    let (first, _) = measure(&wish(targets.clone(), &[View::Solo]));
    let (second, _) = measure(&wish(targets, &[View::Solo]));
    let ids = |plan: &Plan| plan.cells.iter().map(|cell| cell.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
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
fn workers_that_cannot_be_started_fail_their_cells_and_keep_what_is_complete() {
    let wish = wish(own(&[OwnTransport::Tcp, OwnTransport::Unix]), &[View::Solo]);
    let plan = Plan::new(&wish, &Topology::read().unwrap(), &Abilities::probe());
    // Three cells, two rounds, one worker each: the last two blocks find none.
    let measurement = run(&plan, &mut Exhausted(4), &mut (), None);
    let blocks: usize = measurement.cells.iter().map(|cell| cell.blocks.len()).sum();
    let failures: Vec<_> =
        measurement.cells.iter().filter_map(|cell| cell.failure.as_ref()).collect();
    assert_eq!((blocks, failures.len(), measurement.interrupted), (4, 2, false));
    for failure in failures {
        assert_eq!(failure.fault, Fault::Environment);
        assert_eq!(failure.text, "start the solo worker: out of memory");
    }
}
