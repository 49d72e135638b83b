//! Loops: those of the workloads open and connect do not allocate either, and the meters beside them do little.

use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use sockscope_engine::clock::Monotonic;
use sockscope_engine::connect::{Connects, connect_for, converse_and_close};
use sockscope_engine::engine::Lines;
use sockscope_engine::exchange::{Blocking, answer, answer_messages};
use sockscope_engine::open::{Epoll, Flights, InTurn, Lane, OpenLoop, Ready, Schedule};
use sockscope_engine::usage::{Meter, TaskId};
use sockscope_engine::wire::{Answering, Calls, Wire};
use sockscope_engine::work::{Arrivals, EngineName};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;
use sockscope_proto::workload::{Pipeline, RoundTrip, Scattered};

use crate::plans::engines;

const MILLISECOND: u64 = 1_000_000;

/// Bound to a free port, or to a name that no other socket has.
fn bound(kind: &str) -> Listener {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let endpoint = if kind.starts_with("unix") {
        let number = NAMES.fetch_add(1, Ordering::Relaxed);
        format!("{kind}:@sockscope-loops-{}-{number}", std::process::id())
    } else {
        format!("{kind}:127.0.0.1:0")
    };
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    listener.set_nonblocking(false).unwrap();
    listener
}

/// Two connections, each to an echoing thread of its own.
fn echoing(kind: &str) -> Vec<Conn> {
    let listener = bound(kind);
    let connect = |_| {
        let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
        let server = listener.accept().unwrap();
        server.set_nonblocking(false).unwrap();
        thread::spawn(move || {
            let _ = answer::<_, Blocking>(&server, &mut Echo, &mut [0; 64], &mut [0; 64]);
        });
        client
    };
    (0..2).map(connect).collect()
}

/// Two datagram sockets, and one echoing thread for both.
fn echoing_messages(kind: &str) -> Vec<Conn> {
    let listener = bound(kind);
    let connect = |_| Connector::new(listener.local()).unwrap().connect(None).unwrap();
    let clients: Vec<Conn> = (0..2).map(connect).collect();
    thread::spawn(move || {
        let wire = Answering::new(&listener);
        let (mut inbox, mut space) = ([0; 64], [0; 64]);
        let buffers = (inbox.as_mut_slice(), space.as_mut_slice());
        let _ = answer_messages::<_, Blocking>(&wire, &mut Echo, buffers, 2, || false);
    });
    clients
}

fn check_open<W: Wire>(conns: &[W], flights: impl Fn() -> Flights, ready: impl Ready, what: &str) {
    for conn in conns {
        conn.set_nonblocking(true).unwrap();
    }
    let lane = |(index, conn)| {
        Lane::new(conn, flights(), Schedule::new(Arrivals::Poisson, 10_000.0, (index, 2), 1))
    };
    let lanes = (0..).zip(conns).map(lane).collect();
    let mut open = OpenLoop::new(lanes, Monotonic, ready, 64 << 10);
    let mut outcome = None;
    let counted = measure(|| {
        open.warm_up(MILLISECOND).unwrap();
        let closing = open.measure(50 * MILLISECOND).unwrap();
        outcome = Some((open, closing));
    });
    let (open, closing) = outcome.unwrap();
    let outcome = open.close(closing, 1_000 * MILLISECOND).unwrap();
    // At depth 1 a server that does not get its CPU meanwhile holds all of them back.
    assert!(outcome.due > 0, "{what}");
    assert_eq!(counted.count_total, 0, "{what}");
}

fn check_engines(connect: impl Fn() -> Vec<Conn>, flights: impl Fn() -> Flights, what: &str) {
    check_open(&connect(), &flights, InTurn::new(2), what);
    let conns = connect();
    let epoll = Epoll::new(conns.iter(), &Rc::new(Calls::default())).unwrap();
    check_open(&conns, &flights, epoll, what);
    if engines().contains(&EngineName::Uring) {
        let (ready, lines) = Lines::new(&connect(), 64, &Rc::new(Calls::default())).unwrap();
        check_open(&lines, &flights, ready, what);
    }
}

#[test]
fn open_loops_do_not_allocate() {
    for depth in [1, 64] {
        let in_order = || Flights::in_order(Pipeline::echo(64), depth);
        for kind in ["tcp", "unix"] {
            check_engines(|| echoing(kind), in_order, kind);
        }
        let numbered = || Flights::numbered(Scattered::echo(64, depth).unwrap(), 200 * MILLISECOND);
        for kind in ["udp", "unixgram"] {
            check_engines(|| echoing_messages(kind), numbered, kind);
        }
    }
}

#[test]
fn neither_end_of_a_loop_of_connects_allocates() {
    for kind in ["tcp", "unix"] {
        let listener = bound(kind);
        let local = listener.local().clone();
        let serving = thread::spawn(move || {
            let (mut inbox, mut space) = ([0; 64], [0; 64]);
            let mut served = 0;
            let counted = measure(|| {
                loop {
                    let conn = listener.accept_plain(false).unwrap();
                    let answered =
                        answer::<_, Blocking>(&conn, &mut Echo, &mut inbox, &mut space).unwrap();
                    served += 1;
                    if answered == 0 {
                        break;
                    }
                }
            });
            (counted, served)
        });
        let mut dialer = Connector::new(&local).unwrap().dialer(true).unwrap();
        let (mut load, mut buffer) = (RoundTrip::echo(64), [0; 65]);
        let mut connects = Connects::default();
        let counted = measure(|| {
            connect_for(5 * MILLISECOND, &mut dialer, &mut connects, |conn| {
                converse_and_close::<_, Blocking>(&conn, Some((&mut load, &mut buffer[..])))
            })
            .unwrap();
        });
        // The last one asks nothing.
        drop(Connector::new(&local).unwrap().connect(Some(Duration::from_secs(10))).unwrap());
        let (of_server, served) = serving.join().unwrap();
        assert_eq!(served, connects.made + 1);
        assert_eq!((counted.count_total, of_server.count_total), (0, 0), "{kind}");
    }
}

#[test]
fn reading_the_switches_of_one_thread_looks_at_no_other() {
    const OTHERS: usize = 64;
    let meter = Meter::new(TaskId::this()).unwrap();
    // What is read is allocated: the files of all threads would be so many times as much.
    let read = || measure(|| assert!(meter.switches().is_ok())).count_total;
    let alone = read();
    let barrier = Barrier::new(OTHERS + 1);
    let crowded = thread::scope(|scope| {
        for _ in 0..OTHERS {
            scope.spawn(|| barrier.wait());
        }
        let crowded = read();
        barrier.wait();
        crowded
    });
    assert!(crowded < 2 * alone, "{alone} alone, {crowded} among {OTHERS} others");
}
