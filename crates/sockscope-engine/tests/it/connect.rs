//! Loops of connects over real sockets: accepted and closed at both ends, and honest about what stops them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use sockscope_engine::connect::{ConnectError, Connects, connect_for, converse_and_close};
use sockscope_engine::control::{Fault, ServiceName};
use sockscope_engine::exchange::Blocking;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Load, Work};
use sockscope_net::{BindOptions, Connector, Endpoint, Listener};
use sockscope_proto::workload::RoundTrip;

use crate::child::in_child_under;
use crate::plans::{engines, impatient, measure, wish};

fn connects(transports: &[OwnTransport], views: &[View], exchange: bool) -> Wish {
    let targets = transports.iter().copied().map(Target::Own).collect();
    let base = Work { load: Load::Connect { exchange }, ..Work::default() };
    Wish { sweep: Sweep::only(base), ..wish(targets, views) }
}

fn check(wish: &Wish, cells: usize) {
    let (plan, measurement) = measure(wish);
    assert_eq!(plan.cells.len(), cells, "{:?}", plan.unavailable);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let name = format!("{:?} in {}, {:?}", cell.target, cell.view, cell.work);
        assert_eq!(result.failure, None, "{name}");
        assert_eq!(result.blocks.len(), 2, "{name}");
        let made: u64 = result.blocks.iter().map(|block| block.exchanges).sum();
        assert!(made > 0, "{name}");
        assert_eq!(result.histogram.count(), made, "{name}");
        for block in &result.blocks {
            let connect = block.connect.unwrap();
            assert_eq!(connect.backlog_full, 0, "{name}");
            assert!(connect.time_wait.is_some() && connect.port_range.is_some(), "{name}");
            let ipv4 = matches!(cell.target, Target::Own(OwnTransport::Tcp));
            assert_eq!(connect.sources, if ipv4 { 1024 } else { 1 }, "{name}");
            assert!(block.elapsed_ns >= 5_000_000, "{name}");
        }
    }
}

#[test]
fn every_transport_with_connections_connects_in_every_view() {
    let transports = [
        OwnTransport::Unix,
        OwnTransport::UnixAbstract,
        OwnTransport::Unixpacket,
        OwnTransport::Tcp,
        OwnTransport::Tcp6,
    ];
    for exchange in [false, true] {
        let views = [View::Solo, View::SameCore, View::Free];
        check(&connects(&transports, &views, exchange), 3 * 6);
    }
}

#[test]
fn those_that_never_sleep_connect_too() {
    let wish = connects(&[OwnTransport::Unix, OwnTransport::Tcp], &[View::Spin], true);
    let cells =
        if sockscope_engine::topology::Topology::read().unwrap().pair().is_some() { 3 } else { 0 };
    check(&wish, cells);
}

#[test]
fn the_server_can_have_any_engine_and_ping_be_what_is_said() {
    let transports = [OwnTransport::Unix, OwnTransport::Unixpacket, OwnTransport::Tcp];
    let servers: Vec<_> = engines()
        .into_iter()
        .map(|server| Engines { client: EngineName::Blocking, server })
        .collect();
    for exchange in [false, true] {
        let mut wish = connects(&transports, &[View::SameCore, View::Free], exchange);
        wish.sweep.base.service = ServiceName::Pong;
        wish.sweep.engines.clone_from(&servers);
        // And the twin of the first cell.
        check(&wish, 2 * (3 * servers.len() + 1));
    }
}

#[test]
fn a_server_on_a_ring_need_not_sleep() {
    let has_pair = sockscope_engine::topology::Topology::read().unwrap().pair().is_some();
    if !has_pair || !engines().contains(&EngineName::Uring) {
        return;
    }
    let mut wish = connects(&[OwnTransport::Unix, OwnTransport::Tcp], &[View::Spin], true);
    wish.sweep.engines = vec![Engines { client: EngineName::Blocking, server: EngineName::Uring }];
    check(&wish, 3);
}

#[test]
fn datagrams_have_nothing_to_connect() {
    let wish = connects(&[OwnTransport::Udp], &[View::Free], false);
    let (plan, _) = measure(&wish);
    assert!(plan.cells.is_empty());
    assert!(plan.unavailable[0].reason.contains("no connections"), "{:?}", plan.unavailable);
}

#[test]
fn no_socket_file_is_left_behind() {
    let scratch = tempfile::tempdir().unwrap();
    for view in [View::Solo, View::Free] {
        let mut wish = connects(&[OwnTransport::Unix], &[view], false);
        wish.scratch = scratch.path().into();
        check(&wish, 1);
        // The server's thread ends when its channel does, which is not waited for.
        while std::fs::read_dir(scratch.path()).unwrap().next().is_some() {
            thread::yield_now();
        }
    }
}

/// Measures connecting to a server that does this with each connection.
fn to(exchange: bool, mut serve: impl FnMut(std::net::TcpStream) + Send + 'static) -> CellResult {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(&mut serve));
    let endpoint = Endpoint::parse(format!("tcp:{address}").as_ref()).unwrap();
    let wish = Wish {
        targets: vec![Target::Running(endpoint)],
        ..impatient(connects(&[], &[View::Free], exchange))
    };
    measure(&wish).1.cells.remove(0)
}

#[test]
fn a_running_server_that_closes_after_its_client_is_measured() {
    let echo = |mut stream: std::net::TcpStream| {
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let _ = stream.write_all(&buffer[..count]);
        }
    };
    for exchange in [false, true] {
        let result = to(exchange, echo);
        assert_eq!(result.failure, None);
        assert!(result.histogram.count() > 0);
    }
}

#[test]
fn a_server_that_does_not_close_or_says_something_else_fails_the_cell() {
    let mut kept = Vec::new();
    let failure = to(false, move |stream| kept.push(stream)).failure.unwrap();
    assert_eq!(failure.fault, Fault::Peer);
    assert!(failure.text.contains("did not close a connection within 600ms"), "{failure}");

    let failure = to(false, |mut stream| _ = stream.write_all(b"welcome")).failure.unwrap();
    assert_eq!(failure.fault, Fault::Peer);
    assert!(failure.text.contains("sent bytes"), "{failure}");

    let failure = to(true, |mut stream| {
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(&[b'x'; 64]);
    });
    assert!(failure.failure.unwrap().text.contains("wrong answer"));
}

#[test]
fn a_full_backlog_is_counted_and_is_no_connection() {
    let name = format!("@sockscope-backlog-{}", std::process::id());
    let endpoint = Endpoint::parse(format!("unix:{name}").as_ref()).unwrap();
    let options = BindOptions { backlog: Some(0), ..BindOptions::default() };
    let listener = Listener::bind(&endpoint, &options).unwrap().remove(0);
    // One waits to be accepted, and there is no room for another.
    let first = Connector::new(&endpoint).unwrap().connect(None).unwrap();
    let mut dialer = Connector::new(&endpoint).unwrap().dialer(true).unwrap();
    let mut connects = Connects::default();
    connect_for(1_000_000, &mut dialer, &mut connects, |_| unreachable!("nobody connects"))
        .unwrap();
    assert_eq!((connects.made, connects.latency.count()), (0, 0));
    assert!(connects.backlog_full > 0);
    // As soon as there is room, it connects.
    drop(listener.accept().unwrap());
    drop(first);
    connects.clear();
    connect_for(0, &mut dialer, &mut connects, |_| Ok(())).unwrap();
    assert_eq!((connects.made, connects.backlog_full), (1, 0));
}

#[test]
fn a_server_whose_backlog_stays_full_fails_the_cell_with_the_reason() {
    let path = tempfile::tempdir().unwrap().keep().join("s");
    let text = format!("unix:{}", path.display());
    let endpoint = Endpoint::parse(text.as_ref()).unwrap();
    let options = BindOptions { backlog: Some(0), ..BindOptions::default() };
    let listener = Listener::bind(&endpoint, &options).unwrap().remove(0);
    listener.set_nonblocking(false).unwrap();
    thread::spawn(move || {
        // The one that finds out whether it closes at all, and then nobody.
        drop(listener.accept().unwrap());
        let _full = UnixStream::connect(path).unwrap();
        loop {
            thread::park();
        }
    });
    let wish = Wish {
        targets: vec![Target::Running(endpoint)],
        ..impatient(connects(&[], &[View::Free], false))
    };
    let failure = measure(&wish).1.cells.remove(0).failure.unwrap();
    assert_eq!(failure.fault, Fault::Environment);
    assert!(failure.text.contains("the backlog was full"), "{failure}");
}

#[test]
fn the_end_of_the_ports_ends_the_loop_and_is_never_tried_again() {
    let test = "connect::the_end_of_the_ports_ends_the_loop_and_is_never_tried_again";
    in_child_under(&["unshare", "--net"], test, || {
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
        assert!(up.success());
        std::fs::write("/proc/sys/net/ipv4/ip_local_port_range", "40000 40009").unwrap();
        std::fs::write("/proc/sys/net/ipv4/tcp_tw_reuse", "0").unwrap();
        // There is one source address on IPv6 loopback, and so ten connections.
        let listener = TcpListener::bind("[::1]:7").unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 64]);
            }
        });
        let endpoint = Endpoint::parse("tcp:[::1]:7".as_ref()).unwrap();
        let mut dialer = Connector::new(&endpoint).unwrap().dialer(true).unwrap();
        let mut connects = Connects::default();
        let error = connect_for(u64::MAX, &mut dialer, &mut connects, |conn| {
            converse_and_close::<RoundTrip, Blocking>(&conn, None)
        })
        .unwrap_err();
        assert!(matches!(error, ConnectError::NoPort), "{error:?}");
        assert_eq!(connects.made, 10);
        assert_eq!(sockscope_engine::ports::time_wait(), Some(10));
        assert_eq!(sockscope_engine::ports::range(), Some(40_000..=40_009));

        // A cell says so, with what has used them up.
        let wish = Wish { targets: vec![Target::Running(endpoint)], ..impatient(connects_once()) };
        let failure = measure(&wish).1.cells.remove(0).failure.unwrap();
        assert_eq!(failure.fault, Fault::Environment);
        assert!(failure.text.contains("TIME_WAIT") || failure.text.contains("assign"), "{failure}");
    });
}

fn connects_once() -> Wish {
    let mut wish = connects(&[], &[View::Free], false);
    wish.timing.block = Duration::from_millis(1);
    wish
}
