//! Streams with the io_uring engine: what arrives when the receiver has enough, and what a sender finds when its receiver
//! has gone.

use std::thread;

use allocation_counter::measure as count_allocations;
use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Engine, Uring};
use sockscope_engine::exchange::ExchangeError;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::side::{Answers, Both, Rounds, Sink, Source};
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Load, Work};

use crate::plans::{measure, wish};
use crate::uring::{abstract_name, connected, is_available, terms};

fn stream(size: usize) -> Work {
    Work { load: Load::Stream { zero_copy: false }, size, ..Work::default() }
}

#[test]
fn streams_go_through_a_ring_at_either_end_or_both() {
    use EngineName::{Blocking, Epoll, Uring};
    if !is_available() {
        return;
    }
    let pairs = [(Uring, Uring), (Uring, Blocking), (Blocking, Uring), (Epoll, Uring)];
    let transports = [OwnTransport::Unix, OwnTransport::Unixpacket, OwnTransport::Tcp];
    for size in [64, 64 << 10] {
        let sweep = Sweep {
            base: stream(size),
            engines: pairs.map(|(client, server)| Engines { client, server }).to_vec(),
            ..Sweep::default()
        };
        let targets = transports.map(Target::Own).to_vec();
        let wish = Wish { sweep, ..wish(targets, &[View::Solo, View::SameCore, View::Free]) };
        let (plan, measurement) = measure(&wish);
        assert!(plan.cells.len() > 3 * 8);
        for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
            let what = format!("{:?} in {}, {:?}", cell.target, cell.view, cell.work.engines);
            assert_eq!(result.failure, None, "{what}");
            assert!(result.blocks.iter().all(|block| block.bytes > 0), "{what}");
        }
    }
}

#[test]
fn what_arrives_between_two_drives_is_the_beginning_of_the_next() {
    if !is_available() {
        return;
    }
    let work = stream(4096);
    let (client, server) = connected(&abstract_name("unix"));
    let sending = {
        let work = work.clone();
        thread::spawn(move || {
            let ends = vec![(server, Source::new(work.size))];
            let mut engine: Uring<_, _> = Uring::new(ends, &terms(&work)).unwrap();
            count_allocations(|| {
                let error = engine.drive(&mut Answers::default()).unwrap_err();
                assert!(matches!(error, ExchangeError::Send(_) | ExchangeError::Receive(_)));
            })
        })
    };
    let ends = vec![(client, Sink::new(work.size, false))];
    let mut engine: Uring<_, _> = Uring::new(ends, &terms(&work)).unwrap();
    let mut rounds = Rounds::new();
    let of_client = count_allocations(|| {
        for _ in 0..50 {
            let before = rounds.bytes;
            rounds.open_until(now_ns() + 200_000);
            // The sink checks that not a byte is missing.
            engine.drive(&mut rounds).unwrap();
            assert!(rounds.bytes > before);
        }
    });
    drop(engine);
    let of_server = sending.join().unwrap();
    assert_eq!((of_client.count_total, of_server.count_total), (0, 0));
}

#[test]
fn one_ring_can_have_both_ends_of_a_stream() {
    if !is_available() {
        return;
    }
    let work = stream(64 << 10);
    let (client, server) = connected("tcp:127.0.0.1:0");
    let ends = vec![
        (client, Both::Client(Sink::new(work.size, false))),
        (server, Both::Server(Source::new(work.size))),
    ];
    let mut engine: Uring<_, _> = Uring::new(ends, &terms(&work)).unwrap();
    let mut rounds = Rounds::new();
    for _ in 0..5 {
        rounds.open_until(now_ns() + 2_000_000);
        let counted = count_allocations(|| engine.drive(&mut rounds).unwrap());
        assert_eq!(counted.count_total, 0);
    }
    assert!(rounds.bytes > 0);
}
