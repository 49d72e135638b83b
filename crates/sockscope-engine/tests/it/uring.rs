//! The io_uring engine: what it adds to the contract that it shares with the others.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use allocation_counter::measure as count_allocations;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Engine, Terms, Uring};
use sockscope_engine::exchange::ExchangeError;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::side::{Answers, Pipeline, Responder, Rounds, Side};
use sockscope_engine::view::{View, Wait};
use sockscope_engine::wire::{Calls, Counted};
use sockscope_engine::work::{EngineName, Engines, Work};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;

use crate::child::in_child;
use crate::plans::{engines, measure, wish};

/// The system call's number in the table that all architectures of today share.
const IO_URING_SETUP: i64 = 425;

/// Whether io_uring can be used here; says why not.
pub(crate) fn is_available() -> bool {
    engines().contains(&EngineName::Uring)
}

fn uring(transport: OwnTransport, views: &[View]) -> Wish {
    let engines = vec![Engines::both(EngineName::Uring)];
    let sweep = Sweep { engines, ..Sweep::default() };
    Wish { sweep, ..wish(vec![Target::Own(transport)], views) }
}

/// Measures the one cell of a wish.
fn measure_one(wish: &Wish) -> CellResult {
    let (_, measurement) = measure(wish);
    let [cell] = <[_; 1]>::try_from(measurement.cells).expect("one cell");
    assert_eq!(cell.failure, None);
    cell
}

/// Both ends of a connection over an abstract name, or over TCP.
pub(crate) fn connected(endpoint: &str) -> (Conn, Conn) {
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    listener.set_nonblocking(false).unwrap();
    (client, listener.accept().unwrap())
}

pub(crate) fn abstract_name(kind: &str) -> String {
    format!("{kind}:@sockscope-uring-{}-{:?}", std::process::id(), thread::current().id())
}

pub(crate) fn terms(work: &Work) -> Terms {
    Terms {
        scratch: Pipeline::inlet_len(work),
        many_messages: work.depth > 1,
        ..Terms::new(Wait::Block, work.message_len())
    }
}

fn counted(conn: Conn) -> Counted<Conn> {
    Counted::new(conn, &Rc::new(Calls::default()))
}

/// Answers on one connection with an engine of its own until the client has closed.
fn serve(conn: Conn, work: &Work) -> Result<Answers, ExchangeError> {
    let side = Responder::new(Echo, work, false);
    let mut engine: Uring<_, _> = Uring::new(vec![(conn, side)], &terms(work)).unwrap();
    let mut answers = Answers::default();
    engine.drive(&mut answers).map(|()| answers)
}

#[test]
fn one_call_hands_over_an_answer_and_waits_for_the_next_request() {
    if !is_available() {
        return;
    }
    let cells = [OwnTransport::Unix, OwnTransport::Unixgram, OwnTransport::Udp]
        .map(|transport| measure_one(&uring(transport, &[View::SameCore])));
    for block in cells.iter().flat_map(|cell| &cell.blocks) {
        let per_exchange = |calls: u64, exchanges: u64| calls as f64 / exchanges as f64;
        let client = per_exchange(block.calls.unwrap(), block.exchanges);
        let served = block.served.unwrap();
        let server = per_exchange(served.calls, served.answers);
        // A signal or a tick of the watchdog may add one.
        assert!((1.0..1.1).contains(&client), "{client}");
        assert!((1.0..1.1).contains(&server), "{server}");
    }
}

#[test]
fn one_thread_with_both_ends_makes_two_calls() {
    if !is_available() {
        return;
    }
    let cell = measure_one(&uring(OwnTransport::Unix, &[View::Solo]));
    for block in &cell.blocks {
        let calls = block.calls.unwrap() as f64 / block.exchanges as f64;
        assert!((2.0..2.1).contains(&calls), "{calls}");
    }
}

#[test]
fn messages_larger_than_all_buffers_go_both_ways() {
    if !is_available() {
        return;
    }
    for (transport, size) in [(OwnTransport::Unix, 1 << 20), (OwnTransport::Tcp, 4 << 20)] {
        for view in [View::Solo, View::Free] {
            let mut wish = uring(transport, &[view]);
            wish.sweep.sizes = vec![size];
            wish.sweep.depths = vec![1, 3];
            let (_, measurement) = measure(&wish);
            for cell in &measurement.cells {
                assert_eq!(cell.failure, None, "{transport:?} in {view}");
            }
        }
    }
}

#[test]
fn many_messages_of_many_connections_keep_their_order() {
    if !is_available() {
        return;
    }
    let mut wish = uring(OwnTransport::Unixpacket, &[View::Free]);
    wish.sweep.connections = vec![20];
    wish.sweep.depths = vec![32];
    // Every answer is checked: its number, its content and its length.
    let cell = measure_one(&wish);
    assert!(cell.blocks.iter().all(|block| block.exchanges > 0));
}

#[test]
fn a_drive_does_not_allocate() {
    if !is_available() {
        return;
    }
    let work = Work { depth: 4, ..Work::default() };
    for endpoint in [abstract_name("unix"), "tcp:127.0.0.1:0".into()] {
        let (client, server) = connected(&endpoint);
        let serving = {
            let work = work.clone();
            thread::spawn(move || {
                let side = Responder::new(Echo, &work, false);
                let mut engine: Uring<_, _> =
                    Uring::new(vec![(counted(server), side)], &terms(&work)).unwrap();
                count_allocations(|| engine.drive(&mut Answers::default()).unwrap())
            })
        };
        let side = Pipeline::new(&work, false);
        let mut engine: Uring<_, _> =
            Uring::new(vec![(counted(client), side)], &terms(&work)).unwrap();
        let mut rounds = Rounds::new();
        let of_client = count_allocations(|| {
            rounds.open_until(now_ns() + 5_000_000);
            engine.drive(&mut rounds).unwrap();
        });
        drop(engine);
        let of_server = serving.join().unwrap();
        assert!(rounds.exchanges > 0);
        assert_eq!((of_client.count_total, of_server.count_total), (0, 0), "{endpoint}");
    }
}

#[test]
fn a_drive_goes_on_where_the_last_one_ended() {
    if !is_available() {
        return;
    }
    let work = Work { depth: 3, ..Work::default() };
    let (client, server) = connected(&abstract_name("unix"));
    let serving = {
        let work = work.clone();
        thread::spawn(move || serve(server, &work).unwrap())
    };
    let side = Pipeline::new(&work, false);
    let mut engine: Uring<_, _> = Uring::new(vec![(client, side)], &terms(&work)).unwrap();
    let mut rounds = Rounds::new();
    for _ in 0..50 {
        let before = rounds.exchanges;
        rounds.open_until(now_ns() + 100_000);
        engine.drive(&mut rounds).unwrap();
        assert!(rounds.exchanges > before);
    }
    drop(engine);
    assert_eq!(serving.join().unwrap().given, rounds.exchanges);
}

#[test]
fn a_peer_that_says_nothing_is_given_up() {
    if !is_available() {
        return;
    }
    for wait in [Wait::Block, Wait::Spin] {
        let work = Work::default();
        let (client, _server) = connected(&abstract_name("unix"));
        let patience = Some(Duration::from_millis(40));
        let terms = Terms { wait, patience, ..terms(&work) };
        let side = Pipeline::new(&work, false);
        let mut engine: Uring<_, _> = Uring::new(vec![(client, side)], &terms).unwrap();
        let mut rounds = Rounds::new();
        rounds.open_until(u64::MAX);
        let error = engine.drive(&mut rounds).unwrap_err();
        assert!(matches!(error, ExchangeError::Silent { .. }), "{error:?}");
    }
}

#[test]
fn a_peer_that_closes_in_the_middle_is_told_from_one_that_closes_in_between() {
    if !is_available() {
        return;
    }
    for (sent, is_whole) in [(&[0; 64][..], true), (&[0; 65], false), (&[], true)] {
        let (client, server) = connected(&abstract_name("unix"));
        let serving = thread::spawn(move || serve(server, &Work::default()));
        client.set_nonblocking(false).unwrap();
        assert_eq!(client.send(sent).unwrap(), sent.len());
        drop(client);
        let served = serving.join().unwrap();
        // Whoever closes without reading resets a Unix connection.
        let is_right = match &served {
            Ok(_) => is_whole,
            Err(ExchangeError::Receive(error)) => {
                !is_whole || error.kind() == std::io::ErrorKind::ConnectionReset
            }
            Err(ExchangeError::Send(_)) => true,
            Err(_) => false,
        };
        assert!(is_right, "{}: {served:?}", sent.len());
    }
}

/// Says something to the first who says something, and has done.
struct Farewell {
    unsent: &'static [u8],
    is_over: bool,
}

impl Side for Farewell {
    type Ledger = Answers;

    fn needs_clock(&self) -> bool {
        false
    }

    fn pending(&self) -> &[u8] {
        if self.is_over { self.unsent } else { &[] }
    }

    fn sent(&mut self, count: usize) {
        self.unsent = &self.unsent[count..];
    }

    fn on_bytes(
        &mut self,
        input: &[u8],
        _now: u64,
        _ledger: &mut Answers,
    ) -> Result<usize, ExchangeError> {
        self.is_over = true;
        Ok(input.len())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Err(ExchangeError::Closed)
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

#[test]
fn a_side_that_has_done_has_its_connection_closed_after_its_last_word() {
    const LONG: &[u8] = &[b'x'; 1 << 20];
    if !is_available() {
        return;
    }
    for (word, length) in [(&b"bye"[..], 3), (LONG, LONG.len())] {
        let (client, server) = connected("tcp:127.0.0.1:0");
        let (idle, idle_server) = connected("tcp:127.0.0.1:0");
        let serving = thread::spawn(move || {
            let side = || Farewell { unsent: word, is_over: false };
            let ends = vec![(idle_server, side()), (server, side())];
            let mut engine: Uring<_, _> = Uring::new(ends, &terms(&Work::default())).unwrap();
            engine.drive(&mut Answers::default())
        });
        for client in [client, idle] {
            client.set_nonblocking(false).unwrap();
            let mut stream = TcpStream::from(OwnedFd::from(client));
            stream.write_all(b"hello").unwrap();
            let mut came = Vec::new();
            stream.read_to_end(&mut came).unwrap();
            assert_eq!((came.len(), &came[..3]), (length, &word[..3]));
        }
        assert!(serving.join().unwrap().is_ok());
    }
}

#[test]
fn where_it_is_refused_its_cells_are_listed_with_the_reason_and_no_other_engine_stands_in() {
    let test = "uring::where_it_is_refused_its_cells_are_listed_with_the_reason_and_no_other_engine_stands_in";
    in_child(test, || {
        forbid_io_uring();
        let mut wish = uring(OwnTransport::Unix, &[View::SameCore]);
        wish.sweep.engines.push(Engines::both(EngineName::Epoll));
        wish.sweep.engines.push(Engines { client: EngineName::Epoll, server: EngineName::Uring });
        let (plan, measurement) = measure(&wish);
        let engines: Vec<_> = plan.cells.iter().map(|cell| cell.work.engines).collect();
        assert!(!engines.is_empty());
        assert!(engines.iter().all(|engines| *engines == Engines::both(EngineName::Epoll)));
        assert!(measurement.cells.iter().all(|cell| cell.failure.is_none()));
        let reasons: Vec<_> =
            plan.unavailable.iter().map(|one| (one.engine, &one.reason)).collect();
        let [(Some(EngineName::Uring), reason)] = reasons[..] else { panic!("{reasons:?}") };
        let filter = "a seccomp filter forbids io_uring: allow io_uring_setup";
        let off = "io_uring is switched off, kernel.io_uring_disabled = 2";
        assert!(reason.starts_with(filter) || reason.starts_with(off), "{reason}");
    });
}

/// As the filters of containers do.
fn forbid_io_uring() {
    let filter = SeccompFilter::new(
        BTreeMap::from([(IO_URING_SETUP, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(1),
        TargetArch::try_from(std::env::consts::ARCH).unwrap(),
    );
    apply_filter(&BpfProgram::try_from(filter.unwrap()).unwrap()).unwrap();
}
