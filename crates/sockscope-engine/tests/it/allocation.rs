//! The measured loops do not allocate: a counting allocator watches them.

use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use sockscope_engine::exchange::{
    Blocking, Duplex, Lossy, Spinning, Waiting, answer, answer_messages, exchange, exchange_solo,
    run_for,
};
use sockscope_engine::floor::{Counter, End, Floor, Pair, Pipes, Ring};
use sockscope_engine::wire::{Answering, Wire};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;
use sockscope_proto::workload::RoundTrip;
use sockscope_stats::Histogram;
use sockscope_sys::Ticks;

/// Both ends of a connection over this endpoint.
fn connected(endpoint: &str) -> (Conn, Conn) {
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    listener.set_nonblocking(false).unwrap();
    (client, listener.accept().unwrap())
}

fn endpoints() -> [String; 2] {
    ["tcp:127.0.0.1:0".into(), format!("unix:@{}", abstract_name())]
}

/// A name that no other test has.
fn abstract_name() -> String {
    format!("sockscope-allocation-{}-{:?}", std::process::id(), thread::current().id())
}

const MILLISECOND: u64 = 1_000_000;

fn check_pair<W: Waiting>() {
    for endpoint in endpoints() {
        check_ends::<_, W>(connected(&endpoint), &endpoint);
    }
}

/// Exchanges 8 bytes between two ends.
fn check_ends<E: Wire + Send + 'static, W: Waiting>((client, server): (E, E), what: &str) {
    client.set_nonblocking(W::SPINS).unwrap();
    server.set_nonblocking(W::SPINS).unwrap();
    let serving = thread::spawn(move || {
        let (mut inbox, mut space) = ([0; 8], [0; 64]);
        measure(|| {
            answer::<_, W>(&server, &mut Echo, &mut inbox, &mut space).unwrap();
        })
    });
    let mut load = RoundTrip::echo(8);
    let mut histogram = Histogram::new();
    let mut buffer = [0; 9];
    let of_client = measure(|| {
        run_for(5 * MILLISECOND, &mut histogram, || {
            exchange::<_, W>(&client, &mut load, &mut buffer)
        })
        .unwrap();
    });
    drop(client);
    let of_server = serving.join().unwrap();
    assert!(histogram.count() > 0);
    assert_eq!((of_client.count_total, of_server.count_total), (0, 0), "{what}");
}

fn check_floor<E: End + Send + 'static, W: Waiting>(floor: Floor) {
    let [client, server] = floor.ends(None).unwrap().map(|end| E::new(end).unwrap());
    check_ends::<E, W>((client, server), floor.name());
}

#[test]
fn the_ends_of_floors_do_not_allocate() {
    check_floor::<Pair, Blocking>(Floor::Socketpair);
    check_floor::<Pair, Spinning>(Floor::Socketpair);
    check_floor::<Pipes, Blocking>(Floor::Pipe);
    check_floor::<Pipes, Spinning>(Floor::Pipe);
    check_floor::<Counter, Blocking>(Floor::Eventfd);
    check_floor::<Counter, Spinning>(Floor::Eventfd);
    check_floor::<Ring<true>, Blocking>(Floor::ShmFutex);
    check_floor::<Ring<false>, Spinning>(Floor::ShmSpin);
}

fn check_datagrams<W: Waiting>(endpoint: &str) {
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    client.set_nonblocking(W::SPINS).unwrap();
    listener.set_nonblocking(W::SPINS).unwrap();
    let serving = thread::spawn(move || {
        let wire = Answering::new(&listener);
        let (mut inbox, mut space) = ([0; 64], [0; 64]);
        measure(|| {
            let buffers = (inbox.as_mut_slice(), space.as_mut_slice());
            answer_messages::<_, W>(&wire, &mut Echo, buffers, 1, || false).unwrap();
        })
    });
    let _ticks = Ticks::every(Duration::from_millis(1)).unwrap();
    let lossy = Lossy::new(&client, 10_000 * MILLISECOND);
    let (mut load, mut buffer) = (RoundTrip::echo(64), [0; 65]);
    let mut histogram = Histogram::new();
    let of_client = measure(|| {
        run_for(5 * MILLISECOND, &mut histogram, || lossy.exchange::<W>(&mut load, &mut buffer))
            .unwrap();
    });
    client.send(&[]).unwrap();
    let of_server = serving.join().unwrap();
    assert!(histogram.count() > 0);
    assert_eq!((of_client.count_total, of_server.count_total), (0, 0), "{endpoint}");
}

#[test]
fn the_ends_of_datagrams_do_not_allocate_nor_does_the_tick_of_their_clock() {
    for endpoint in ["udp:127.0.0.1:0".into(), format!("unixgram:@{}", abstract_name())] {
        check_datagrams::<Blocking>(&endpoint);
        check_datagrams::<Spinning>(&endpoint);
    }
}

#[test]
fn blocking_ends_do_not_allocate() {
    check_pair::<Blocking>();
}

#[test]
fn spinning_ends_do_not_allocate() {
    check_pair::<Spinning>();
}

#[test]
fn one_thread_with_both_ends_does_not_allocate() {
    for endpoint in endpoints() {
        let (client, server) = connected(&endpoint);
        client.set_nonblocking(true).unwrap();
        server.set_nonblocking(true).unwrap();
        let mut load = RoundTrip::echo(64);
        let mut histogram = Histogram::new();
        let (mut inbox, mut space, mut buffer) = ([0; 64], [0; 64], [0; 65]);
        let counted = measure(|| {
            run_for(5 * MILLISECOND, &mut histogram, || {
                let buffers = (inbox.as_mut_slice(), space.as_mut_slice(), buffer.as_mut_slice());
                exchange_solo((&client, &server), &mut load, &mut Echo, buffers)
            })
            .unwrap();
        });
        assert!(histogram.count() > 0);
        assert_eq!(counted.count_total, 0, "{endpoint}");
    }
}

#[test]
fn a_client_that_sends_and_receives_at_once_does_not_allocate() {
    const SIZE: usize = 2 * Duplex::ABOVE;
    for endpoint in endpoints() {
        let (client, server) = connected(&endpoint);
        client.set_nonblocking(true).unwrap();
        server.set_nonblocking(false).unwrap();
        let serving = thread::spawn(move || {
            let (mut inbox, mut space) = (vec![0; SIZE], vec![0; SIZE]);
            answer::<_, Blocking>(&server, &mut Echo, &mut inbox, &mut space).unwrap();
        });
        let mut load = RoundTrip::echo(SIZE);
        let mut histogram = Histogram::new();
        let mut buffer = vec![0; SIZE + 1];
        let mut duplex = Duplex::new(&client, Duration::from_secs(10));
        // The first exchange makes room for the request; a block has one before it measures.
        duplex.exchange(&mut load, &mut buffer).unwrap();
        let counted = measure(|| {
            run_for(5 * MILLISECOND, &mut histogram, || duplex.exchange(&mut load, &mut buffer))
                .unwrap();
        });
        drop(client);
        serving.join().unwrap();
        assert_eq!(counted.count_total, 0, "{endpoint}");
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(std::hint::black_box(vec![0_u8; 10])));
    assert_eq!(counted.count_total, 1);
}
