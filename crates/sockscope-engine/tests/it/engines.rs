//! Engines: every pair of engines measures the same exchanges, whatever the transport, view, connections and depth.

use sockscope_engine::control::ServiceName;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Work};

use crate::plans::{engines, measure, wish};

const ENGINES: [EngineName; 4] = EngineName::ALL;
const TRANSPORTS: [OwnTransport; 3] =
    [OwnTransport::Unix, OwnTransport::Unixpacket, OwnTransport::Tcp];

fn pairs() -> Vec<Engines> {
    let servers = |client| ENGINES.map(move |server| Engines { client, server });
    ENGINES.into_iter().flat_map(servers).collect()
}

/// Measures, and checks what is true of every cell; how many there were.
fn check(wish: &Wish) -> usize {
    let block_ns = u64::try_from(wish.timing.block.as_nanos()).unwrap();
    let (plan, measurement) = measure(wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let Work { engines, connections, depth, .. } = cell.work;
        let what = format!(
            "{:?} in {}, {engines:?}, {connections} connections, depth {depth}",
            cell.target, cell.view
        );
        assert_eq!(result.failure, None, "{what}");
        assert_eq!(result.blocks.len(), wish.rounds as usize, "{what}");
        for block in &result.blocks {
            assert!(block.exchanges > 0, "{what}");
            assert!(block.elapsed_ns >= block_ns, "{what}");
            assert!(block.client.cpu_ns > 0, "{what}");
        }
        let exchanges: u64 = result.blocks.iter().map(|block| block.exchanges).sum();
        assert_eq!(result.histogram.count(), exchanges, "every exchange is one sample: {what}");
    }
    plan.cells.len()
}

fn with(sweep: Sweep, views: &[View]) -> Wish {
    let targets = TRANSPORTS.into_iter().map(Target::Own).collect();
    Wish { sweep, ..wish(targets, views) }
}

#[test]
fn every_pair_of_engines_measures_every_transport_view_number_of_connections_and_depth() {
    let sweep =
        Sweep { connections: vec![1, 3], depths: vec![1, 4], engines: pairs(), ..Sweep::default() };
    for view in View::OWN {
        assert!(check(&with(sweep.clone(), &[view])) > 0, "{view}");
    }
}

#[test]
fn connections_are_dealt_to_threads_at_both_ends() {
    let base = Work { connections: 3, threads: 2, ..Work::default() };
    let sweep = Sweep { base, depths: vec![1, 3], engines: pairs(), ..Sweep::default() };
    let cells = check(&with(sweep, &[View::SameCore, View::CrossCore, View::Free]));
    assert!(cells > 0);
}

#[test]
fn pong_is_pipelined_like_echo() {
    let base = Work { service: ServiceName::Pong, connections: 2, depth: 3, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    assert!(check(&with(sweep, &[View::Solo, View::Free])) > 0);
}

#[test]
fn requests_larger_than_all_buffers_lock_nobody_up() {
    let targets = [OwnTransport::Unix, OwnTransport::Tcp].map(Target::Own).to_vec();
    let base = Work { size: 3 << 20, connections: 2, depth: 2, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    assert!(
        check(&Wish { sweep, rounds: 1, ..wish(targets.clone(), &[View::Solo, View::SameCore]) })
            > 0
    );
    // A single one takes another way where it spins.
    let base = Work { size: 3 << 20, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    assert!(check(&Wish { sweep, rounds: 1, ..wish(targets, &[View::Spin]) }) > 0);
}

#[test]
fn one_byte_is_exchanged_by_every_pair() {
    let base = Work { size: 1, connections: 2, depth: 5, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    assert!(check(&with(sweep, &[View::Free])) > 0);
}

#[test]
fn datagrams_are_exchanged_by_every_pair_of_engines() {
    let sweep =
        Sweep { connections: vec![1, 3], depths: vec![1, 4], engines: pairs(), ..Sweep::default() };
    let targets = [OwnTransport::Unixgram, OwnTransport::Udp].map(Target::Own).to_vec();
    for view in View::OWN {
        assert!(check(&Wish { sweep: sweep.clone(), ..wish(targets.clone(), &[view]) }) > 0);
    }
    let base = Work { service: ServiceName::Pong, connections: 2, depth: 3, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    assert!(check(&Wish { sweep, ..wish(targets, &[View::Solo, View::Free]) }) > 0);
}

#[test]
fn more_answers_are_under_way_than_a_unix_datagram_socket_takes_requests() {
    let base = Work { depth: 32, ..Work::default() };
    let sweep = Sweep { base, engines: pairs(), ..Sweep::default() };
    let targets = vec![Target::Own(OwnTransport::Unixgram)];
    let cells = check(&Wish { sweep, rounds: 1, ..wish(targets, &[View::Free]) });
    let engines = engines().len();
    assert!(cells >= engines * engines, "none is refused, and a floor may be measured, too");
}
