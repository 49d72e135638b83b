//! Streams over real sockets: counted where they are read, checked, and the same by every engine.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::measure as allocations;
use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Blocking, Engine, Epoll, InTurns, Terms};
use sockscope_engine::exchange::ExchangeError;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::side::{Answers, Both, Ledger, Rounds, Side, Sink, Source};
use sockscope_engine::topology::Topology;
use sockscope_engine::view::{View, Wait};
use sockscope_engine::wire::{Wire, ZeroCopy};
use sockscope_engine::work::{EngineName, Engines, Load, Work};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};

use crate::plans::{measure, wish};

const SIZE: usize = 64 << 10;

fn stream(transports: &[OwnTransport], views: &[View]) -> Wish {
    let targets = transports.iter().copied().map(Target::Own).collect();
    let base = Work { load: Load::Stream { zero_copy: false }, size: SIZE, ..Work::default() };
    Wish { sweep: Sweep::only(base), ..wish(targets, views) }
}

fn check(wish: &Wish, cells: usize) {
    let (plan, measurement) = measure(wish);
    assert_eq!(plan.cells.len(), cells, "{:?}", plan.unavailable);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let name = format!("{:?} in {}, {:?}", cell.target, cell.view, cell.work);
        assert_eq!(result.failure, None, "{name}");
        assert_eq!(result.blocks.len(), 2, "{name}");
        for block in &result.blocks {
            assert!(block.elapsed_ns >= 5_000_000, "{name}: {block:?}");
            // Each receive gives a byte at least, and what is asked for at most.
            let most = block.exchanges * cell.work.size as u64;
            assert!((block.exchanges..=most).contains(&block.bytes), "{name}: {block:?}");
        }
    }
}

#[test]
fn every_transport_carries_a_stream_in_every_view() {
    let transports = [
        OwnTransport::Unix,
        OwnTransport::UnixAbstract,
        OwnTransport::Unixpacket,
        OwnTransport::Unixgram,
        OwnTransport::Tcp,
        OwnTransport::Tcp6,
    ];
    let views = View::OWN;
    let cells = if has_a_pair() { 5 * 7 } else { 3 * 7 };
    check(&stream(&transports, &views), cells);
}

/// Whether there are two CPUs, for the views that need them.
fn has_a_pair() -> bool {
    Topology::read().unwrap().pair().is_some()
}

#[test]
fn datagrams_carry_a_stream_with_every_engine_and_their_server_ends_with_its_client() {
    use OwnTransport::{Udp, Udp6, Unixgram, UnixgramAbstract};
    let mut wish = stream(&[Udp, Udp6, Unixgram, UnixgramAbstract], &View::OWN);
    wish.sweep.base.size = 1400;
    wish.sweep.engines = [EngineName::Blocking, EngineName::Epoll].map(Engines::both).into();
    let views = if has_a_pair() { 5 } else { 3 };
    check(&wish, views * (2 * 4 + 1));
    let (plan, measurement) = measure(&wish);
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let name = format!("{:?} in {}, {:?}", cell.target, cell.view, cell.work);
        // It tells this as its last word.
        assert!(result.ready.as_ref().unwrap().server_buffers.is_some(), "{name}");
        let is_unix = matches!(&cell.target, Target::Own(transport) if transport.is_unix());
        let lost = result.blocks.iter().any(|block| block.lost > 0);
        assert!(!(is_unix && lost), "{name}: a sender of Unix datagrams waits for room");
    }
}

#[test]
fn datagrams_go_through_a_ring_at_either_end_or_both() {
    use EngineName::{Blocking, Uring};
    if !crate::uring::is_available() {
        return;
    }
    let transports = [OwnTransport::Udp, OwnTransport::Unixgram];
    for size in [8, 1400, 60_000] {
        let mut wish = stream(&transports, &[View::Solo, View::Free]);
        wish.sweep.base.size = size;
        let pairs = [(Uring, Uring), (Uring, Blocking), (Blocking, Uring)];
        wish.sweep.engines = pairs.map(|(client, server)| Engines { client, server }).into();
        // One thread has one engine.
        check(&wish, (2 + 1) + (3 * 2 + 1));
    }
}

#[cfg(feature = "tokio")]
#[test]
fn tokio_carries_a_stream_of_datagrams_too() {
    let mut wish = stream(&[OwnTransport::Udp, OwnTransport::Unixgram], &[View::Free]);
    wish.sweep.base.size = 1400;
    wish.sweep.engines = vec![Engines::both(EngineName::Tokio)];
    check(&wish, 3);
}

#[test]
fn floors_that_carry_bytes_carry_a_stream() {
    use OwnTransport::{Eventfd, Pipe, ShmFutex, ShmSpin, Socketpair};
    for size in [1, 4096, 1 << 20] {
        let mut wish = stream(&[Socketpair, Pipe, ShmFutex, ShmSpin, Eventfd], &View::OWN);
        wish.sweep.base.size = size;
        // Everywhere the first two and a twin; one of the rings; in solo both.
        let cells = if has_a_pair() { 5 * 4 + 1 } else { 3 * 4 + 1 };
        check(&wish, cells);
    }
}

#[test]
fn what_a_stream_cannot_be_is_refused_for_a_reason() {
    use OwnTransport::{Eventfd, Pipe, Udp};
    let refused = |transport, change: fn(&mut Work)| {
        let mut wish = stream(&[transport], &[View::Free]);
        wish.sweep.base.size = 64;
        change(&mut wish.sweep.base);
        let (plan, _) = measure(&wish);
        assert!(plan.cells.is_empty(), "{transport:?}");
        plan.unavailable[0].reason.clone()
    };
    let zero_copy = |work: &mut Work| work.load = Load::Stream { zero_copy: true };
    assert!(refused(Eventfd, |_| ()).contains("a counter of 8 bytes"));
    assert!(refused(Pipe, zero_copy).contains("a pipe is none"));
    assert!(refused(Udp, |work| work.size = 7).contains("cannot number"));
    let two = |work: &mut Work| (work.connections, work.threads) = (2, 2);
    assert!(refused(Udp, two).contains("one for all clients"));
}

#[test]
fn every_size_is_received_as_it_was_written() {
    for size in [1, 7, 4096, 1 << 20] {
        let mut wish = stream(&[OwnTransport::Unix, OwnTransport::Tcp], &[View::Solo, View::Free]);
        wish.sweep.base.size = size;
        check(&wish, 6);
    }
}

#[test]
fn both_ends_can_have_any_engine() {
    let pairs = [
        (EngineName::Blocking, EngineName::Blocking),
        (EngineName::Epoll, EngineName::Epoll),
        (EngineName::Epoll, EngineName::Blocking),
        (EngineName::Blocking, EngineName::Epoll),
        #[cfg(feature = "tokio")]
        (EngineName::Tokio, EngineName::Tokio),
        #[cfg(feature = "tokio")]
        (EngineName::Tokio, EngineName::Blocking),
    ];
    let mut wish = stream(&[OwnTransport::Unix, OwnTransport::Tcp], &[View::Free, View::SameCore]);
    let engines: Vec<_> =
        pairs.into_iter().map(|(client, server)| Engines { client, server }).collect();
    wish.sweep.engines.clone_from(&engines);
    let (cells, variants) = (2, engines.len());
    check(&wish, cells * (2 * variants + 1));
    let mut wish = stream(&[OwnTransport::Unix], &[View::Solo]);
    wish.sweep.engines = engines[..2].to_vec();
    check(&wish, 3);
}

#[test]
fn several_streams_have_a_thread_each() {
    let mut wish = stream(&[OwnTransport::Unix], &[View::Free]);
    wish.sweep.base.connections = 3;
    wish.sweep.base.threads = 3;
    wish.sweep.engines =
        vec![Engines::both(EngineName::Blocking), Engines::both(EngineName::Epoll)];
    check(&wish, 3);
    wish.sweep.base.threads = 2;
    let (plan, _) = measure(&wish);
    let refused: Vec<_> =
        plan.unavailable.iter().map(|one| (one.engine, one.connections)).collect();
    assert_eq!(refused, [(Some(EngineName::Epoll), Some(3))]);
}

#[test]
fn what_is_sent_without_a_copy_arrives_and_the_kernel_tells_of_every_send() {
    let transports = [OwnTransport::Tcp, OwnTransport::Tcp6, OwnTransport::Udp, OwnTransport::Unix];
    for size in [64, 4096, 60_000] {
        let mut wish = stream(&transports, &[View::Solo, View::SameCore, View::Free]);
        wish.sweep.base.load = Load::Stream { zero_copy: true };
        wish.sweep.base.size = size;
        wish.sweep.engines = [EngineName::Blocking, EngineName::Epoll].map(Engines::both).into();
        let (plan, measurement) = measure(&wish);
        assert_eq!(plan.cells.len(), 3 * 2 * 3 + 3, "{:?}", plan.unavailable);
        let refused = &plan.unavailable[0];
        assert_eq!(refused.target, Some(Target::Own(OwnTransport::Unix)));
        assert!(refused.reason.contains("SO_ZEROCOPY: EOPNOTSUPP"), "{}", refused.reason);
        for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
            let name = format!("{:?} in {}, {:?}", cell.target, cell.view, cell.work);
            assert_eq!(result.failure, None, "{name}");
            for block in &result.blocks {
                let told = block.zero_copied.unwrap();
                assert!(block.bytes > 0 && told.sends >= block.bytes / size as u64, "{name}");
                assert!(told.sends - told.told <= 15, "{name}: {told:?}");
                // Both ends are on this machine; what the client did not want any more was not even copied.
                assert!(told.told - told.copied <= 15, "{name}: {told:?}");
            }
        }
    }
}

#[test]
fn neither_does_a_sender_without_a_copy_allocate() {
    let (client, server) = tcp_pair();
    let total = Arc::default();
    let sending = thread::spawn(move || {
        let wire = ZeroCopy::new(server, &total).unwrap();
        let ends = vec![(wire, Source::in_turns(SIZE, ZeroCopy::TURNS))];
        let mut engine: Epoll<_, _> =
            Engine::new(ends, &Terms { patience: None, ..terms(0) }).unwrap();
        allocations(|| assert!(engine.drive(&mut Answers::default()).is_err()))
    });
    let mut engine: Blocking<_, _> =
        Engine::new(vec![(client, Sink::new(SIZE, false))], &terms(SIZE)).unwrap();
    let mut ledger = Rounds::new();
    ledger.open_until(now_ns() + 5_000_000);
    engine.drive(&mut ledger).unwrap();
    drop(engine);
    assert_eq!(sending.join().unwrap().count_total, 0);
    assert!(ledger.bytes > 0);
}

/// Both ends of a TCP connection over loopback, the client's first.
fn tcp_pair() -> (Conn, Conn) {
    let endpoint = Endpoint::parse("tcp:127.0.0.1:0".as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    listener.set_nonblocking(false).unwrap();
    (client, listener.accept().unwrap())
}

/// Both ends of a Unix stream connection, the client's first.
fn pair(name: &str) -> (Conn, Conn) {
    let name = format!("unix:@sockscope-stream-{}-{name}", std::process::id());
    let endpoint = Endpoint::parse(name.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    listener.set_nonblocking(false).unwrap();
    (client, listener.accept().unwrap())
}

fn terms(scratch: usize) -> Terms {
    let patience = Some(Duration::from_secs(10));
    Terms { patience, scratch, many_messages: true, ..Terms::new(Wait::Block, SIZE) }
}

/// A receiver that takes at least [`PAUSE`](Self::PAUSE) for at most [`PIECE`](Self::PIECE) bytes.
struct Slow(Conn);

impl Slow {
    const PAUSE: Duration = Duration::from_micros(100);
    const PIECE: usize = 1024;
}

impl AsFd for Slow {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Wire for Slow {
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Wire::send(&self.0, bytes)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        while start.elapsed() < Self::PAUSE {}
        let len = buffer.len().min(Self::PIECE);
        Wire::receive(&self.0, &mut buffer[..len])
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        Wire::set_nonblocking(&self.0, on)
    }

    fn has_messages(&self) -> bool {
        false
    }
}

#[test]
fn a_receiver_slower_than_its_sender_gives_the_rate_of_the_receiver() {
    let (client, server) = pair("slow");
    // All that there is room for is sent before the first byte is read: no sender is faster.
    server.set_nonblocking(true).unwrap();
    let (mut source, mut sent) = (Source::new(SIZE), 0);
    while let Ok(count) = server.send(source.pending()) {
        source.sent(count);
        sent += count as u64;
    }
    let ends = vec![(Slow(client), Sink::new(SIZE, false))];
    let mut engine: Blocking<_, _> = Engine::new(ends, &terms(SIZE)).unwrap();
    let mut ledger = Rounds::new();
    let start = now_ns();
    ledger.open_until(start + 5_000_000);
    engine.drive(&mut ledger).unwrap();
    let elapsed_ns = ledger.last_ns - start;
    // No receiver of these habits can have read more in that time.
    let pieces = elapsed_ns / u64::try_from(Slow::PAUSE.as_nanos()).unwrap() + 1;
    assert!(ledger.bytes <= pieces * Slow::PIECE as u64, "{} in {elapsed_ns}", ledger.bytes);
    // The sender has put a whole buffer more into the socket, which is no throughput.
    assert!(sent >= ledger.bytes + SIZE as u64, "{sent}, {}", ledger.bytes);
}

/// The datagrams of a source, without those that `is_lost` names.
fn datagrams(count: u64, is_lost: impl Fn(u64) -> bool) -> Vec<Vec<u8>> {
    (0..count).filter(|number| !is_lost(*number)).map(write).collect()
}

#[test]
fn what_was_sent_and_not_received_is_lost_and_what_comes_late_stays_so() {
    let mut ledger = Rounds::new();
    ledger.open_until(100);
    let mut sink = Sink::of_datagrams(64);
    sink.on_start(0, &mut ledger);
    for datagram in datagrams(20, |number| number % 5 == 3) {
        assert_eq!(sink.on_bytes(&datagram, 1, &mut ledger).unwrap(), 64);
    }
    assert_eq!((ledger.exchanges, ledger.lost, ledger.bytes), (16, 4, 16 * 64));
    sink.on_bytes(&write(3), 2, &mut ledger).unwrap();
    assert_eq!((ledger.exchanges, ledger.lost, ledger.last_ns), (16, 4, 1), "it came too late");
    assert!(!ledger.is_done());
    sink.on_bytes(&write(4), 100, &mut ledger).unwrap();
    assert!(ledger.is_done(), "and still tells that the time is over");
}

#[test]
fn a_receiver_of_datagrams_counts_what_it_read_and_what_overran_its_buffer() {
    const SIZE: usize = 1000;
    const AHEAD: u64 = 5000;
    let endpoint = Endpoint::parse("udp:127.0.0.1:0".as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    client.send(&[0]).unwrap();
    let (_, sender) = listener.receive(&mut [0; 1]).unwrap();
    let server = listener.connect_to(&sender).unwrap();
    server.set_nonblocking(false).unwrap();
    let mut source = Source::new(SIZE);
    let send = move |source: &mut Source| {
        let sent = server.send(source.pending())?;
        source.sent(sent);
        io::Result::Ok(())
    };
    // Far more than the buffer of the client has room for.
    (0..AHEAD).for_each(|_| send(&mut source).unwrap());
    let sending = thread::spawn(move || while send(&mut source).is_ok() {});
    let ends = vec![(Slow(client), Sink::of_datagrams(SIZE))];
    let mut engine: Blocking<_, _> = Engine::new(ends, &terms(SIZE)).unwrap();
    let mut ledger = Rounds::new();
    // As long as it takes to read what is in the buffer, and some more.
    while ledger.lost == 0 {
        ledger.open_until(now_ns() + 5_000_000);
        engine.drive(&mut ledger).unwrap();
    }
    drop(engine);
    sending.join().unwrap();
    assert!(ledger.exchanges + ledger.lost >= AHEAD, "each of them was received or lost");
    assert_eq!(ledger.bytes, ledger.exchanges * SIZE as u64);
}

/// What a sink says of a server that writes this again and again.
fn told(name: &str, content: impl Fn(u64) -> Vec<u8> + Send + 'static) -> ExchangeError {
    let (client, server) = pair(name);
    thread::spawn(move || {
        for number in 0.. {
            let content = content(number);
            let mut sent = 0;
            while sent < content.len() {
                let Ok(count) = server.send(&content[sent..]) else { return };
                sent += count;
            }
            if number == 100 {
                return;
            }
        }
    });
    let mut engine: Blocking<_, _> =
        Engine::new(vec![(client, Sink::new(64, false))], &terms(64)).unwrap();
    let mut ledger = Rounds::new();
    ledger.open_until(u64::MAX);
    engine.drive(&mut ledger).unwrap_err()
}

/// A write as the source makes it.
fn write(number: u64) -> Vec<u8> {
    let mut source = Source::new(64);
    for _ in 0..number {
        source.sent(64);
    }
    source.pending().to_vec()
}

#[test]
fn a_stream_of_wrong_content_fails() {
    assert!(matches!(told("zeros", |_| vec![0; 64]), ExchangeError::Wrong(_)));
    assert!(matches!(told("again", |number| write(number.min(10))), ExchangeError::Wrong(_)));
    assert!(matches!(told("torn", |number| write(number)[..63].to_vec()), ExchangeError::Wrong(_)));
}

#[test]
fn a_stream_that_ends_too_early_fails() {
    assert!(matches!(told("ends", write), ExchangeError::Closed));
}

fn check_no_allocation<E: Engine<Conn, Sink>, F: Engine<Conn, Source>>(name: &str) {
    let (client, server) = pair(name);
    let sending = thread::spawn(move || {
        let ends = vec![(server, Source::new(SIZE))];
        let mut engine = F::new(ends, &Terms { patience: None, ..terms(0) }).unwrap();
        allocations(|| assert!(engine.drive(&mut Answers::default()).is_err()))
    });
    let mut engine = E::new(vec![(client, Sink::new(SIZE, false))], &terms(SIZE)).unwrap();
    let mut ledger = Rounds::new();
    let of_client = allocations(|| {
        for _ in 0..2 {
            ledger.open_until(now_ns() + 5_000_000);
            engine.drive(&mut ledger).unwrap();
        }
    });
    drop(engine);
    let of_server = sending.join().unwrap();
    assert!(ledger.bytes > 0);
    assert_eq!((of_client.count_total, of_server.count_total), (0, 0), "{name}");
}

#[test]
fn neither_end_of_a_stream_allocates() {
    check_no_allocation::<Blocking<_, _>, Blocking<_, _>>("blocking");
    check_no_allocation::<Epoll<_, _>, Epoll<_, _>>("epoll");
    let (client, server) = pair("in-turns");
    let ends = vec![
        (client, Both::Client(Sink::new(SIZE, false))),
        (server, Both::Server(Source::new(SIZE))),
    ];
    let mut engine: InTurns<_, _> = Engine::new(ends, &terms(SIZE)).unwrap();
    let mut ledger = Rounds::new();
    ledger.open_until(now_ns() + 5_000_000);
    let counted = allocations(|| engine.drive(&mut ledger).unwrap());
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_server_that_is_running_cannot_be_the_source() {
    let endpoint = Endpoint::parse("tcp:127.0.0.1:1".as_ref()).unwrap();
    let wish = Wish { targets: vec![Target::Running(endpoint)], ..stream(&[], &[View::Free]) };
    let (plan, _) = measure(&wish);
    assert!(plan.cells.is_empty());
    assert!(plan.unavailable[0].reason.contains("source of a stream"), "{:?}", plan.unavailable);
}
