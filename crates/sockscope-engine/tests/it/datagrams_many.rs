//! Faulty datagram servers against clients with many sockets and requests in flight: the same errors are noticed, the same
//! losses counted.

use sockscope_engine::control::{Fault, ServiceName};
use sockscope_engine::plan::{Sweep, Target, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Work};

use crate::datagrams::Server;
use crate::plans::{engines, impatient, measure, wish};

/// Measures servers made by `start`, with every engine and shape.
fn each_against(
    service: ServiceName,
    start: impl Fn() -> Server,
    check: impl Fn(CellResult, &str),
) {
    for client in engines() {
        for (connections, depth) in [(2, 1), (1, 4), (2, 4)] {
            let server = start();
            let engines = Engines { client, server: EngineName::Blocking };
            let work = Work { connections, depth, engines, service, ..Work::default() };
            let wish = wish(vec![Target::Running(server.endpoint())], &[View::Free]);
            let (_, mut measurement) =
                measure(&impatient(Wish { sweep: Sweep::only(work), ..wish }));
            let what = format!("{client}, {connections} sockets, depth {depth}");
            check(measurement.cells.remove(0), &what);
        }
    }
}

fn fails(answer: fn(u64, &[u8]) -> Option<Vec<u8>>, texts: &[&str]) {
    let start = || Server::answering(answer);
    each_against(ServiceName::Echo, start, |result, what| {
        let failure = result.failure.expect(what);
        assert_eq!(failure.fault, Fault::Peer, "{what}: {failure}");
        assert!(texts.iter().any(|text| failure.text.ends_with(text)), "{what}: {failure}");
    });
}

#[test]
fn a_server_that_loses_some_is_measured_by_what_it_answers() {
    let start = || Server::answering(|count, message| (count % 10 != 9).then(|| message.to_vec()));
    each_against(ServiceName::Echo, start, |result, what| {
        assert_eq!(result.failure, None, "{what}");
        let lost: u64 = result.blocks.iter().map(|block| block.lost).sum();
        assert!(lost > 0, "{what}");
        let exchanges: u64 = result.blocks.iter().map(|block| block.exchanges).sum();
        assert_eq!(result.histogram.count(), exchanges, "what was lost is no sample: {what}");
    });
}

#[test]
fn answers_that_come_twice_late_or_out_of_order_are_taken_for_what_they_are() {
    let start = || {
        let mut held = None;
        Server::start(move |socket, count, message, from| {
            match count % 4 {
                // Twice.
                1 => (0..2).for_each(|_| drop(socket.send_to(message, from))),
                // After the next one, or after the next of another client.
                2 => held = Some((message.to_vec(), from)),
                _ => drop(socket.send_to(message, from)),
            }
            if count % 4 == 3
                && let Some((message, from)) = held.take()
            {
                let _ = socket.send_to(&message, from);
            }
        })
    };
    each_against(ServiceName::Echo, start, |result, what| {
        assert_eq!(result.failure, None, "{what}");
        let exchanges: u64 = result.blocks.iter().map(|block| block.exchanges).sum();
        assert_eq!(result.histogram.count(), exchanges, "{what}");
    });
}

#[test]
fn a_lost_pong_cannot_be_told_from_a_late_one() {
    let start = || Server::answering(|count, _| (count < 3).then(|| b"pong".to_vec()));
    each_against(ServiceName::Pong, start, |result, what| {
        let failure = result.failure.expect(what);
        assert!(failure.text.contains("these answers have no number"), "{what}: {failure}");
    });
}

#[test]
fn wrong_and_short_answers_fail_the_cell() {
    fails(
        |count, message| Some(if count == 0 { message.to_vec() } else { vec![b'x'; 64] }),
        &["check the answer: wrong answer in exchange 0: byte 0 is 0x78, expected 0x00"],
    );
    let cut = |count, message: &[u8]| Some(message[..if count == 0 { 64 } else { 60 }].to_vec());
    fails(cut, &["the answer ended 4 bytes short"]);
    fails(
        |count, message| Some(if count == 0 { message.to_vec() } else { Vec::new() }),
        &["the answer ended 64 bytes short"],
    );
    fails(
        |count, message| {
            let more: &[u8] = if count == 0 { b"" } else { b"x" };
            Some([message, more].concat())
        },
        &["byte 64 is 0x78, where it should have ended"],
    );
}

#[test]
fn a_server_that_stops_answering_leaves_nothing_to_tell() {
    let texts = ["all were lost", "no answer within 600ms"];
    fails(|count, message| (count == 0).then(|| message.to_vec()), &texts);
}
