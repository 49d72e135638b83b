//! Engines by themselves: both ends of some connections, each end on an engine, without workers.

use std::thread;

use allocation_counter::measure;
use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Engine, Epoll, Terms};
use sockscope_engine::side::{Answers, Both, Pipeline, Responder, Rounds};
use sockscope_engine::view::Wait;
use sockscope_engine::work::Work;
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;

const MILLISECOND: u64 = 1_000_000;

/// Both ends of so many connections over this endpoint.
fn connected(endpoint: &str, count: u32) -> Vec<(Conn, Conn)> {
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let connector = Connector::new(listener.local()).unwrap();
    let connect = |_| {
        let client = connector.connect(None).unwrap();
        listener.set_nonblocking(false).unwrap();
        (client, listener.accept().unwrap())
    };
    (0..count).map(connect).collect()
}

fn terms(wait: Wait, work: &Work) -> Terms {
    Terms {
        scratch: Pipeline::inlet_len(work),
        many_messages: work.depth > 1,
        ..Terms::new(wait, work.message_len())
    }
}

fn endpoints() -> [String; 3] {
    let id = format!("{}-{:?}", std::process::id(), thread::current().id());
    ["tcp:127.0.0.1:0".into(), format!("unix:@engines-{id}"), format!("unixpacket:@engines-{id}")]
}

#[test]
fn epoll_does_not_allocate_while_it_drives() {
    for endpoint in endpoints() {
        for (wait, depth) in [(Wait::Block, 1), (Wait::Spin, 1), (Wait::Block, 4)] {
            let work = Work { connections: 3, depth, ..Work::default() };
            let has_messages = endpoint.starts_with("unixpacket");
            let (clients, servers): (Vec<_>, Vec<_>) = connected(&endpoint, 3).into_iter().unzip();
            let serving = {
                let work = work.clone();
                thread::spawn(move || {
                    let side = |conn| (conn, Responder::new(Echo, &work, has_messages));
                    let ends = servers.into_iter().map(side).collect();
                    let mut engine = Epoll::new(ends, &terms(wait, &work)).unwrap();
                    let mut answers = Answers::default();
                    let counted = measure(|| engine.drive(&mut answers).unwrap());
                    (counted, answers.given)
                })
            };
            let side = |conn| (conn, Pipeline::new(&work, has_messages));
            let ends = clients.into_iter().map(side).collect();
            let mut engine = Epoll::new(ends, &terms(wait, &work)).unwrap();
            let mut rounds = Rounds::new();
            rounds.open_until(now_ns() + 5 * MILLISECOND);
            let of_client = measure(|| engine.drive(&mut rounds).unwrap());
            drop(engine);
            let (of_server, answered) = serving.join().unwrap();
            assert_eq!((of_client.count_total, of_server.count_total), (0, 0), "{endpoint}");
            assert!(rounds.exchanges >= 3 * u64::from(depth), "{endpoint}");
            assert_eq!(rounds.exchanges, answered, "{endpoint}");
        }
    }
}

#[test]
fn one_engine_with_both_ends_does_not_allocate_while_it_drives() {
    for endpoint in endpoints() {
        let work = Work { connections: 2, depth: 2, ..Work::default() };
        let has_messages = endpoint.starts_with("unixpacket");
        let ends = connected(&endpoint, 2).into_iter().flat_map(|(client, server)| {
            let asks = Both::Client(Pipeline::new(&work, has_messages));
            let answers = Both::Server(Responder::new(Echo, &work, has_messages));
            [(client, asks), (server, answers)]
        });
        let mut engine = Epoll::new(ends.collect(), &terms(Wait::Spin, &work)).unwrap();
        let mut rounds = Rounds::new();
        rounds.open_until(now_ns() + 5 * MILLISECOND);
        let counted = measure(|| engine.drive(&mut rounds).unwrap());
        assert_eq!(counted.count_total, 0, "{endpoint}");
        assert!(rounds.exchanges >= 4, "{endpoint}");
    }
}
