//! The self-check: it catches what it is there to catch, and finds nothing wrong with what is right.

use sockscope_engine::control::Fault;
use sockscope_engine::launcher::InProcess;
use sockscope_engine::plan::OwnTransport;
use sockscope_engine::run::CellResult;
use sockscope_engine::self_check::{Cheat, DELAY, SelfCheck};
use sockscope_engine::topology::Topology;
use sockscope_engine::work::EngineName;

/// With workers in this process.
fn check() -> SelfCheck<InProcess> {
    let topology = Topology::read().unwrap();
    SelfCheck { topology, launcher: InProcess, scratch: std::env::temp_dir(), seed: 7 }
}

#[test]
fn both_loops_are_measured_in_the_same_rounds() {
    for transport in [OwnTransport::Unix, OwnTransport::Tcp] {
        let loops = check().loops(transport, 2).unwrap();
        for cell in [&loops.driven, &loops.bare, &loops.twin, &loops.again] {
            let CellResult { failure, blocks, .. } = cell;
            assert_eq!(*failure, None);
            assert_eq!(blocks.len(), 2);
            for block in blocks {
                assert!(block.mean_ns > Some(0.0) && block.p50_ns.is_some(), "{block:?}");
                assert!(block.elapsed_ns >= 50_000_000, "{block:?}");
            }
        }
        // The bare loop reads nobody's usage, which shows that it is the bare one.
        assert!(loops.bare.blocks.iter().all(|block| block.client.cpu_ns == 0));
        assert!(loops.driven.blocks.iter().all(|block| block.client.cpu_ns > 0));
    }
}

#[test]
fn a_delay_is_read_in_full() {
    let histogram = check().delayed().unwrap().unwrap();
    let delay_ns = u64::try_from(DELAY.as_nanos()).unwrap();
    // The histogram knows the shortest to three digits.
    assert!(histogram.min() >= Some(delay_ns - delay_ns / 1_000), "{:?}", histogram.min());
    assert!(histogram.quantile(0.5) >= Some(delay_ns));
}

#[test]
fn every_cheat_is_caught_by_what_it_does() {
    let rows = [
        (Cheat::Short, "the answer ended 4 bytes short"),
        (Cheat::FixedLength, "stopped answering in the middle of a block"),
        (Cheat::WrongContent, "byte 0 is 0x78"),
        (Cheat::Stale, "wrong answer in exchange 1"),
        (Cheat::TooLong, "where it should have ended"),
    ];
    assert_eq!(rows.map(|(cheat, _)| cheat), Cheat::ALL);
    for (cheat, text) in rows {
        let failure = check().cheated(cheat).unwrap().expect("it is caught");
        assert_eq!(failure.fault, Fault::Peer, "{failure}");
        assert!(failure.text.contains(text), "{cheat:?}: {failure}");
    }
}

#[test]
fn the_bare_loop_cannot_be_asked_for() {
    assert!(EngineName::parse("bare").is_err());
}
