//! Open loops over real sockets: the schedule is kept, a stall is seen from the intended times, and nothing vanishes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use sockscope_engine::control::{Fault, ServiceName};
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Timing, Wish};
use sockscope_engine::run::{CellResult, Measurement};
use sockscope_engine::view::View;
use sockscope_engine::work::{Arrivals, Buffers, EngineName, Engines, Load, Work};
use sockscope_net::Endpoint;
use sockscope_stats::Histogram;

use crate::datagrams::Server;
use crate::plans::{engines, measure, wish};

const OPEN: Work = Work {
    service: ServiceName::Echo,
    size: 64,
    load: Load::Open { arrivals: Arrivals::Uniform },
    connections: 1,
    depth: 4096,
    threads: 1,
    rate: Some(2_000.0),
    engines: Engines::both(EngineName::Blocking),
    buffers: Buffers::Default,
    nodelay: true,
};

/// A block of 100 ms.
fn open(targets: Vec<Target>, views: &[View], works: Sweep) -> Wish {
    let timing = Timing { block: Duration::from_millis(100), ..wish(Vec::new(), &[]).timing };
    Wish { sweep: works, timing, ..wish(targets, views) }
}

/// What must hold however slow the machine is.
fn check(measurement: &Measurement, rate: f64) {
    for cell in &measurement.cells {
        assert_eq!(cell.failure, None);
        let (mut sent, mut due) = (0, 0);
        for block in &cell.blocks {
            let open = block.open.unwrap();
            let asked = rate / 10.0;
            assert!((open.due as f64 - asked).abs() <= 5.0 * asked.sqrt() + 1.0, "{block:?}");
            assert!(block.elapsed_ns >= 100_000_000, "{block:?}");
            // What a datagram socket may lose is counted; nothing else is lost.
            assert_eq!(open.unanswered, block.lost);
            due += open.due;
            sent += open.due - open.missed;
        }
        let count = |of: &Option<Histogram>| of.as_ref().unwrap().count();
        // Every request that left is in all three histograms, and every one that was due is accounted for.
        assert_eq!(cell.histogram.count(), sent);
        assert_eq!((count(&cell.service), count(&cell.lateness)), (sent, sent));
        assert_eq!(count(&cell.own_lateness), sent);
        assert!(sent > 0 && sent <= due);
        assert!(cell.histogram.max() >= cell.lateness.as_ref().unwrap().max());
    }
}

#[test]
fn every_request_that_was_due_is_answered_late_or_missed_on_every_transport() {
    let transports = [
        OwnTransport::Unix,
        OwnTransport::UnixAbstract,
        OwnTransport::Unixpacket,
        OwnTransport::Unixgram,
        OwnTransport::Tcp,
        OwnTransport::Tcp6,
        OwnTransport::Udp,
        OwnTransport::Udp6,
    ];
    for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
        let work = Work { load: Load::Open { arrivals }, ..OPEN };
        let targets = transports.map(Target::Own).to_vec();
        let (plan, measurement) = measure(&open(targets, &[View::Free], Sweep::only(work)));
        assert_eq!(plan.cells.len(), transports.len() + 1);
        check(&measurement, 2_000.0);
    }
}

#[test]
fn many_connections_are_asked_in_turn_by_epoll_or_by_a_ring() {
    let both = [EngineName::Blocking, EngineName::Epoll, EngineName::Uring].map(Engines::both);
    let mixed = [(EngineName::Epoll, EngineName::Blocking), (EngineName::Uring, EngineName::Epoll)]
        .map(|(client, server)| Engines { client, server });
    let here = engines();
    let mut engines = [&both[..], &mixed].concat();
    engines.retain(|one| here.contains(&one.client));
    let variants = engines.len();
    let sweep = Sweep {
        base: OPEN,
        connections: vec![1, 9],
        depths: vec![1, 64],
        engines,
        ..Sweep::default()
    };
    let targets = vec![Target::Own(OwnTransport::Unix)];
    let (plan, measurement) = measure(&open(targets, &[View::Free], sweep));
    // And the twin of the first cell.
    assert_eq!((plan.cells.len(), plan.unavailable.len()), (4 * variants + 1, 0));
    check(&measurement, 2_000.0);
}

#[test]
fn datagrams_have_many_sockets_any_engine_and_pings() {
    let engines = clients();
    let variants = engines.len();
    let sweep = Sweep {
        base: OPEN,
        connections: vec![1, 9],
        depths: vec![1, 64],
        engines: engines.into_iter().map(Engines::both).collect(),
        ..Sweep::default()
    };
    let targets = [OwnTransport::Unixgram, OwnTransport::Udp].map(Target::Own).to_vec();
    let (plan, measurement) = measure(&open(targets, &[View::Free], sweep));
    assert_eq!((plan.cells.len(), &plan.unavailable[..]), (8 * variants + 1, &[][..]));
    check(&measurement, 2_000.0);
    // What it cannot number it cannot lose: a queue of the kernel's that is full makes the sender wait.
    let work = Work { service: ServiceName::Pong, size: 4, ..OPEN };
    let targets = vec![Target::Own(OwnTransport::Unixgram)];
    let (_, measurement) = measure(&open(targets, &[View::Free], Sweep::only(work)));
    check(&measurement, 2_000.0);
}

#[test]
fn a_request_that_is_lost_is_given_up_counted_and_in_the_histogram() {
    let server = Server::answering(|count, message| (count % 10 != 9).then(|| message.to_vec()));
    let target = Target::Running(server.endpoint());
    let (_, measurement) = measure(&open(vec![target], &[View::Free], Sweep::only(OPEN)));
    let [cell] = &measurement.cells[..] else { panic!("one cell") };
    assert_eq!(cell.failure, None);
    for block in &cell.blocks {
        let open = block.open.unwrap();
        // At least the tenth of all that were sent.
        assert!(open.unanswered + 1 >= (open.due - open.missed) / 10, "{block:?}");
        assert_eq!(block.lost, open.unanswered);
    }
    // Each was waited for, as long as it takes to be lost.
    assert!(cell.histogram.quantile(0.91) >= Some(199_000_000), "{:?}", cell.histogram);
}

#[test]
fn at_a_rate_that_nobody_can_send_what_was_not_sent_is_missed_and_the_window_ends_in_time() {
    const RATE: f64 = 20e6;
    for connections in [1, 9] {
        let work = Work { connections, depth: 64, rate: Some(RATE), ..OPEN };
        let targets = [OwnTransport::Unix, OwnTransport::Udp].map(Target::Own).to_vec();
        let (plan, measurement) = measure(&open(targets, &[View::Free], Sweep::only(work)));
        check(&measurement, RATE);
        for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
            for block in &result.blocks {
                let open = block.open.unwrap();
                assert!(open.missed > open.due / 2, "{block:?}");
                assert!(block.exchanges < open.due / 2, "{block:?}");
                // A server of streams answers together what has arrived together, on one connection as on nine.
                let served = block.served.unwrap();
                let together = served.calls < 2 * served.answers;
                assert!(together || cell.target != Target::Own(OwnTransport::Unix), "{served:?}");
            }
        }
    }
}

#[test]
fn a_server_that_never_answers_again_leaves_every_request_given_up_or_missed() {
    let adjust = |wish: &mut Wish| {
        wish.timing.patience = Duration::from_millis(500);
        wish.sweep.base.depth = 64;
    };
    let result = served_by(adjust, |stream| {
        // Only the one that finds out whether it echoes at all.
        let mut request = [0; 64];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(&request).unwrap();
    });
    assert_eq!(result.failure, None);
    for block in &result.blocks {
        let open = block.open.unwrap();
        assert_eq!(block.exchanges, 0);
        // The warm-up's fill a part of the depth, and stay there.
        assert!(open.unanswered > 0 && open.unanswered <= 64, "{block:?}");
        assert_eq!(open.unanswered + open.missed, open.due, "{block:?}");
    }
}

#[test]
fn large_requests_are_sent_in_parts_while_answers_arrive() {
    for client in clients() {
        let engines = Engines { client, server: EngineName::Blocking };
        let work = Work { size: 1 << 20, rate: Some(100.0), engines, ..OPEN };
        let targets = [OwnTransport::Unix, OwnTransport::Tcp].map(Target::Own).to_vec();
        let (_, measurement) = measure(&open(targets, &[View::Free], Sweep::only(work)));
        check(&measurement, 100.0);
    }
}

#[test]
fn what_never_sleeps_has_a_cpu_of_its_own() {
    let targets = vec![Target::Own(OwnTransport::Unix)];
    let wish = open(targets, &[View::Solo, View::SameCore], Sweep::only(OPEN));
    let (plan, _) = measure(&wish);
    assert!(plan.cells.is_empty());
    let views: Vec<_> = plan.unavailable.iter().filter_map(|one| one.view).collect();
    assert_eq!(views, [View::Solo, View::SameCore]);
    assert!(plan.unavailable[0].reason.contains("never sleeps"));
}

/// The engines that an open loop can have here.
fn clients() -> Vec<EngineName> {
    let mut engines = engines();
    engines.retain(|engine| *engine != EngineName::Tokio);
    engines
}

/// Measures a server that treats each connection with `serve`.
fn served_by(
    adjust: impl FnOnce(&mut Wish),
    mut serve: impl FnMut(&mut TcpStream) + Send + 'static,
) -> CellResult {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut served = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_nodelay(true).unwrap();
            serve(&mut stream);
            // A connection that is not served any more is silent, and not closed.
            served.push(stream);
        }
    });
    let endpoint = Endpoint::parse(format!("tcp:{address}").as_ref()).unwrap();
    let mut wish = open(vec![Target::Running(endpoint)], &[View::Free], Sweep::only(OPEN));
    adjust(&mut wish);
    let (_, mut measurement) = measure(&wish);
    measurement.cells.remove(0)
}

/// Measures an echo server that calls `before` each time it has read something, with the time since it began.
fn against(
    adjust: impl FnOnce(&mut Wish),
    mut before: impl FnMut(Duration) + Send + 'static,
) -> CellResult {
    let start = Instant::now();
    served_by(adjust, move |stream| {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            before(start.elapsed());
            if stream.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    })
}

/// The stall of 50 ms that every second begins with.
fn stall(elapsed: Duration) {
    let into = Duration::from_nanos(u64::from(elapsed.subsec_nanos()));
    let end = Duration::from_millis(50);
    if let Some(left) = end.checked_sub(into) {
        let until = Instant::now() + left;
        while Instant::now() < until {
            thread::yield_now();
        }
    }
}

#[test]
fn a_stall_of_the_server_is_seen_from_the_intended_times_at_any_depth() {
    for depth in [1, 4096] {
        let adjust = |wish: &mut Wish| {
            wish.sweep.base.depth = depth;
            // Longer than a second, so that there is a whole stall in each block.
            wish.timing.block = Duration::from_millis(1_100);
        };
        let result = against(adjust, stall);
        assert_eq!(result.failure, None);
        let p999 = result.histogram.quantile(0.999).unwrap();
        assert!(p999 >= 40_000_000, "depth {depth}: {p999}");
        if depth == 1 {
            // A loop that waits for answers sends one request into each stall: it is late with the others.
            let held: u64 = result.blocks.iter().map(|block| block.open.unwrap().held_back).sum();
            assert!(held >= 100, "{held}");
            let lateness = result.lateness.as_ref().unwrap();
            assert!(lateness.quantile(0.99) >= Some(30_000_000), "{lateness:?}");
        }
    }
}

#[test]
fn a_delay_is_in_the_service_time_in_full() {
    let result = against(
        |_| {},
        |_| {
            let start = Instant::now();
            while start.elapsed() < Duration::from_micros(200) {}
        },
    );
    let service = result.service.as_ref().unwrap();
    assert!(service.min() >= Some(200_000), "{service:?}");
    assert!(result.histogram.min() >= Some(200_000));
}

#[test]
fn an_answer_that_is_left_out_is_noticed_by_the_next_one() {
    for client in clients() {
        let mut asked = 0_u64;
        let result = served_by(
            |wish| wish.sweep.base.engines.client = client,
            move |stream| {
                let mut request = [0; 64];
                while stream.read_exact(&mut request).is_ok() {
                    asked += 1;
                    // The first is the one that finds out whether it echoes at all.
                    if asked % 50 != 25 && stream.write_all(&request).is_err() {
                        return;
                    }
                }
            },
        );
        let failure = result.failure.expect("an answer that never came is noticed");
        assert_eq!(failure.fault, Fault::Peer, "{client}");
        assert!(failure.text.contains("wrong answer"), "{client}: {failure}");
    }
}

#[test]
fn a_server_that_falls_silent_is_waited_for_within_a_limit_and_its_victims_are_counted() {
    let adjust = |wish: &mut Wish| wish.timing.patience = Duration::from_millis(500);
    let result = served_by(adjust, |stream| {
        let mut request = [0; 64];
        for _ in 0..50 {
            if stream.read_exact(&mut request).is_err() || stream.write_all(&request).is_err() {
                return;
            }
        }
    });
    assert_eq!(result.failure, None);
    for block in &result.blocks {
        let open = block.open.unwrap();
        assert!(open.unanswered > 0, "{block:?}");
        assert!(block.exchanges < open.due, "{block:?}");
    }
    // They were waited for at least so long, and are counted with that.
    assert!(result.histogram.max() >= Some(150_000_000), "{:?}", result.histogram);
}
