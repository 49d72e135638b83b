//! Datagrams with the io_uring engine: one socket for many clients, and what becomes of messages without room.

use std::rc::Rc;
use std::thread;
use std::time::Duration;

use allocation_counter::measure as count_allocations;
use rustix::event::{PollFd, PollFlags, poll};
use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Engine, Terms, Uring};
use sockscope_engine::side::{Answers, Datagrams, Responder, Rounds};
use sockscope_engine::wire::{Calls, Counted, Postbox};
use sockscope_engine::work::Work;
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;

use crate::uring::{abstract_name, is_available, terms};

/// A listener, and so many clients of it.
fn connected(endpoint: &str, count: u32) -> (Listener, Vec<Conn>) {
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let connector = Connector::new(listener.local()).unwrap();
    let clients = (0..count).map(|_| connector.connect(None).unwrap()).collect();
    (listener, clients)
}

fn endpoints() -> [String; 2] {
    ["udp:127.0.0.1:0".into(), abstract_name("unixgram")]
}

/// Answers until all clients have said goodbye; how many allocations that took, and how many answers were given.
fn serve(listener: Listener, work: &Work) -> (u64, u64) {
    let wire = Counted::new(Postbox::new(listener), &Rc::new(Calls::default()));
    let ends = vec![(wire, Responder::of_datagrams(Echo, work))];
    let mut engine: Uring<_, _> = Uring::new(ends, &terms(work)).unwrap();
    let mut answers = Answers::default();
    let counted = count_allocations(|| engine.drive(&mut answers).unwrap());
    (counted.count_total, answers.given)
}

/// A client of these sockets that gives an answer up after a second.
fn asking<'a>(clients: &'a [Conn], work: &Work) -> Uring<Counted<&'a Conn>, Datagrams> {
    let calls = Rc::new(Calls::default());
    let end = |client| {
        let wire = Counted::new(client, &calls);
        (wire, Datagrams::new(work, 1_000_000_000).unwrap())
    };
    let tick = Some(Duration::from_millis(50));
    let terms = Terms { tick, many_messages: true, ..terms(work) };
    Uring::new(clients.iter().map(end).collect(), &terms).unwrap()
}

fn say_goodbye(clients: &[Conn]) {
    for client in clients {
        client.set_nonblocking(false).unwrap();
        client.send(&[]).unwrap();
    }
}

#[test]
fn one_socket_answers_every_client_and_neither_end_allocates() {
    if !is_available() {
        return;
    }
    for endpoint in endpoints() {
        let work = Work { connections: 3, depth: 2, ..Work::default() };
        let (listener, clients) = connected(&endpoint, 3);
        let serving = {
            let work = work.clone();
            thread::spawn(move || serve(listener, &work))
        };
        let mut engine = asking(&clients, &work);
        let mut rounds = Rounds::new();
        let of_client = count_allocations(|| {
            for _ in 0..3 {
                rounds.open_until(now_ns() + 3_000_000);
                engine.drive(&mut rounds).unwrap();
            }
        });
        drop(engine);
        say_goodbye(&clients);
        let (of_server, given) = serving.join().unwrap();
        assert_eq!((of_client.count_total, of_server), (0, 0), "{endpoint}");
        assert!(rounds.exchanges >= 3 * 3 * 2, "{endpoint}");
        assert_eq!((given, rounds.lost), (rounds.exchanges, 0), "{endpoint}");
    }
}

#[test]
fn a_message_that_finds_no_room_leaves_once_and_whole_when_there_is_some() {
    if !is_available() {
        return;
    }
    // More than a Unix socket holds for its reader, so that some of them have to wait.
    let work = Work { connections: 64, ..Work::default() };
    let (listener, clients) = connected(&abstract_name("unixgram"), 64);
    let reading = thread::spawn(move || {
        let mut lens = Vec::new();
        let mut buffer = [0; 128];
        listener.set_nonblocking(true).unwrap();
        while lens.len() < 64 {
            poll(&mut [PollFd::new(&listener, PollFlags::IN)], None).unwrap();
            let Ok((len, sender)) = listener.receive(&mut buffer) else { continue };
            lens.push(len);
            listener.reply(&buffer[..len], &sender).unwrap();
        }
        lens
    });
    let mut engine = asking(&clients, &work);
    let mut rounds = Rounds::new();
    // Each asks once: nothing is started after the window, which is over.
    engine.drive(&mut rounds).unwrap();
    assert_eq!(reading.join().unwrap(), [work.size; 64]);
    assert_eq!((rounds.exchanges, rounds.lost), (64, 0));
}
