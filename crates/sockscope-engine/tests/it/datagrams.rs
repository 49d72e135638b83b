//! Faulty datagram servers: what they lose, repeat or delay is counted or dropped, never waited for and never a sample.

use std::collections::HashSet;
use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use sockscope_engine::control::{
    Bind, Failure, Fault, FromWorker, Role, ServiceName, ToWorker, WorkerPlan, receive, send,
};
use sockscope_engine::exchange::{Blocking, Delivery, Lossy, Spinning, Waiting, run_for};
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Timing, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::view::{View, Wait};
use sockscope_engine::work::Work;
use sockscope_engine::worker::{Lifeline, work};
use sockscope_net::{Conn, Connector, Endpoint};
use sockscope_proto::workload::RoundTrip;
use sockscope_stats::Histogram;
use sockscope_sys::Ticks;

use crate::child::in_child;
use crate::plans::{impatient, measure, wish};

/// A server that does as `serve` says with each message: its socket, how many it got before, the message, who sent it.
pub(crate) struct Server {
    address: SocketAddr,
    /// Who sent each message.
    senders: Receiver<SocketAddr>,
}

impl Server {
    pub(crate) fn start(
        mut serve: impl FnMut(&UdpSocket, u64, &[u8], SocketAddr) + Send + 'static,
    ) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (told, senders): (Sender<SocketAddr>, _) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            for count in 0.. {
                let (len, from) = socket.recv_from(&mut buffer).unwrap();
                if told.send(from).is_err() {
                    return;
                }
                serve(&socket, count, &buffer[..len], from);
            }
        });
        Self { address, senders }
    }

    /// Answers with what `answer` makes of each message, if it makes something.
    pub(crate) fn answering(
        mut answer: impl FnMut(u64, &[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        Self::start(move |socket, count, message, from| {
            if let Some(answer) = answer(count, message) {
                socket.send_to(&answer, from).unwrap();
            }
        })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        format!("udp:{}", self.address).parse().unwrap()
    }

    fn connect(&self) -> Conn {
        Connector::new(&self.endpoint()).unwrap().connect(None).unwrap()
    }

    /// How many messages it got in all.
    fn requests(self) -> usize {
        self.senders.try_iter().count()
    }
}

const MILLISECOND: u64 = 1_000_000;

/// A server that answers is never so late, not even on a busy machine.
const PATIENCE: u64 = 500 * MILLISECOND;

/// Exchanges `count` times; which were lost.
fn exchange<A: Waiting>(server: &Server, count: u64, patience_ns: u64) -> Vec<u64> {
    let _ticks = Ticks::every(Duration::from_millis(1)).unwrap();
    let conn = server.connect();
    conn.set_nonblocking(A::SPINS).unwrap();
    let (lossy, mut load) = (Lossy::new(&conn, patience_ns), RoundTrip::echo(64));
    let mut buffer = [0; 65];
    let lost = (0..count)
        .filter(|_| lossy.exchange::<A>(&mut load, &mut buffer).unwrap() == Delivery::Lost);
    lost.collect()
}

#[test]
fn every_lost_datagram_is_counted_and_no_other() {
    let lossy = || Server::answering(|count, message| (count % 10 != 9).then(|| message.to_vec()));
    let every_tenth = [9, 19];
    assert_eq!(exchange::<Blocking>(&lossy(), 20, PATIENCE), every_tenth);
    assert_eq!(exchange::<Spinning>(&lossy(), 20, PATIENCE), every_tenth);
}

#[test]
fn what_was_lost_is_no_sample() {
    let server = Server::answering(|count, message| (count != 3).then(|| message.to_vec()));
    let _ticks = Ticks::every(Duration::from_millis(1)).unwrap();
    let conn = server.connect();
    let lossy = Lossy::new(&conn, PATIENCE);
    let (mut load, mut buffer) = (RoundTrip::echo(64), [0; 65]);
    let mut histogram = Histogram::new();
    let window =
        run_for(PATIENCE, &mut histogram, || lossy.exchange::<Blocking>(&mut load, &mut buffer));
    let window = window.unwrap();
    assert_eq!((window.lost, histogram.count()), (1, window.exchanges));
    assert_eq!(server.requests() as u64, window.exchanges + window.lost);
}

#[test]
fn an_answer_that_comes_twice_counts_once() {
    let twice = || {
        Server::start(|socket, _, message, from| {
            for _ in 0..2 {
                socket.send_to(message, from).unwrap();
            }
        })
    };
    let none: [u64; 0] = [];
    let server = twice();
    assert_eq!(exchange::<Blocking>(&server, 100, 20 * PATIENCE), none);
    assert_eq!(server.requests(), 100, "each answer is to a request of its own");
    let server = twice();
    assert_eq!(exchange::<Spinning>(&server, 100, 20 * PATIENCE), none);
    assert_eq!(server.requests(), 100);
}

#[test]
fn an_answer_that_comes_late_is_dropped_and_its_exchange_is_lost() {
    let late = || {
        let mut held: Option<Vec<u8>> = None;
        Server::start(move |socket, count, message, from| {
            if count == 5 {
                held = Some(message.to_vec());
                return;
            }
            if let Some(held) = held.take() {
                socket.send_to(&held, from).unwrap();
            }
            socket.send_to(message, from).unwrap();
        })
    };
    assert_eq!(exchange::<Blocking>(&late(), 10, PATIENCE), [5]);
    assert_eq!(exchange::<Spinning>(&late(), 10, PATIENCE), [5]);
}

/// Measures the server with two rounds.
fn against(server: &Server, service: ServiceName) -> CellResult {
    let sweep = Sweep::only(Work { service, ..Work::default() });
    let wish = wish(vec![Target::Running(server.endpoint())], &[View::Free]);
    // Long enough for ten messages after the warm-up, however slow the machine is just now.
    let timing = Timing { block: Duration::from_millis(50), ..wish.timing };
    let (_, mut measurement) = measure(&impatient(Wish { sweep, timing, ..wish }));
    measurement.cells.remove(0)
}

fn failure(server: &Server) -> Failure {
    against(server, ServiceName::Echo).failure.expect("a faulty server fails its cell")
}

#[test]
fn a_server_that_loses_some_is_measured_by_what_it_answers() {
    let server = Server::answering(|count, message| (count % 10 != 9).then(|| message.to_vec()));
    let result = against(&server, ServiceName::Echo);
    assert_eq!(result.failure, None);
    assert_eq!(result.blocks.len(), 2);
    for block in &result.blocks {
        assert!(block.lost >= 1 && block.exchanges >= 1, "{block:?}");
        assert!(
            block.max_ns < Some(200 * MILLISECOND),
            "the wait for a lost one is none: {block:?}"
        );
    }
}

#[test]
fn a_lost_pong_moves_the_client_to_a_socket_that_a_late_one_does_not_reach() {
    let mut held: Option<SocketAddr> = None;
    let server = Server::start(move |socket, count, _, from| {
        if count % 10 == 9 {
            held = Some(from);
            return;
        }
        if let Some(late) = held.take() {
            // Its socket is closed by now.
            let _ = socket.send_to(b"pong", late);
        }
        let _ = socket.send_to(b"pong", from);
    });
    let result = against(&server, ServiceName::Pong);
    assert_eq!(result.failure, None);
    let lost: u64 = result.blocks.iter().map(|block| block.lost).sum();
    let sockets: HashSet<_> = server.senders.try_iter().collect();
    assert!(lost >= 2 && sockets.len() as u64 >= lost, "{lost} lost, {sockets:?}");
}

#[test]
fn a_block_in_which_everything_was_lost_fails_the_cell() {
    let server = Server::answering(|count, message| (count == 0).then(|| message.to_vec()));
    let failure = failure(&server);
    assert_eq!(failure.fault, Fault::Peer);
    assert_eq!(failure.text, "none of 1 requests was answered in time: all were lost");
}

#[test]
fn a_server_that_answers_nothing_is_given_up() {
    let failure = failure(&Server::answering(|_, _| None));
    assert_eq!(failure.fault, Fault::Peer);
    assert_eq!(failure.text, "exchange: no answer within 600ms");
}

#[test]
fn an_address_where_nobody_listens_cannot_be_measured() {
    let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_, senders) = channel();
    let failure = failure(&Server { address: gone, senders });
    assert_eq!(failure.fault, Fault::Environment);
    assert!(failure.text.ends_with("Connection refused (os error 111)"), "{failure}");
}

#[test]
fn wrong_and_short_answers_fail_the_cell() {
    type Answer = fn(&[u8]) -> Vec<u8>;
    let rows: [(Answer, &str); 4] = [
        (|_| vec![b'x'; 64], "wrong answer in exchange 0: byte 0 is 0x78, expected 0x00"),
        (|message| message[..60].to_vec(), "the answer ended 4 bytes short"),
        (|_| Vec::new(), "the answer ended 64 bytes short"),
        (|message| [message, b"x"].concat(), "check the answer"),
    ];
    for (answer, text) in rows {
        let failure = failure(&Server::answering(move |_, message| Some(answer(message))));
        assert_eq!(failure.fault, Fault::Peer);
        assert!(failure.text.contains(text), "{failure}");
    }
}

#[test]
fn no_worker_stays_behind_as_a_thread_although_nothing_tells_it_that_the_other_has_gone() {
    let test = "datagrams::no_worker_stays_behind_as_a_thread_although_nothing_tells_it_that_the_other_has_gone";
    in_child(test, || {
        use OwnTransport::{Eventfd, Pipe, ShmFutex, ShmSpin, Udp, Unixgram};
        let targets = [Udp, Unixgram, Pipe, Eventfd, ShmSpin, ShmFutex].map(Target::Own).to_vec();
        let sweep = Sweep::only(Work { size: 8, ..Work::default() });
        let (_, measurement) = measure(&Wish { sweep, ..wish(targets, &View::OWN) });
        assert!(measurement.cells.iter().all(|cell| cell.failure.is_none()));
        let workers = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
            tasks
                .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
                .filter(|name| name.trim() == "worker")
                .count()
        };
        while workers() > 0 {
            thread::yield_now();
        }
    });
}

#[test]
fn a_server_without_a_goodbye_ends_with_its_coordinator() {
    for wait in [Wait::Block, Wait::Spin] {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let worker = thread::spawn(move || work(&mut theirs, Lifeline::Channel));
        let bind = Bind { endpoint: "udp:127.0.0.1:0".into(), scratch: false };
        let plan = WorkerPlan {
            role: Role::Server { bind },
            cpu: None,
            wait,
            work: Work::default(),
            counts: false,
            warm_up_ns: 0,
            block_ns: 0,
            patience_ns: 0,
            seed: 0,
        };
        assert!(matches!(receive(&mut ours).unwrap(), FromWorker::Hello { .. }));
        send(&mut ours, &ToWorker::Plan(plan)).unwrap();
        let FromWorker::Ready(ready) = receive(&mut ours).unwrap() else { panic!("not ready") };
        let endpoint: Endpoint = ready.endpoint.parse().unwrap();
        let client = Connector::new(&endpoint).unwrap().connect(None).unwrap();
        client.send(b"question").unwrap();
        assert_eq!(client.receive(&mut [0; 64]).unwrap(), 8);
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        worker.join().unwrap().unwrap();
        let _ = ours.read(&mut [0; 64]).unwrap();
    }
}
