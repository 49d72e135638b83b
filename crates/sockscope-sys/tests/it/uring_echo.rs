//! An echo server of one ring, as an example of how the parts go together.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use sockscope_sys::uring::{Config, Event, Fixed, Pool, Uring};

use super::support::{CONFIG, ring_of};

const LISTENER: Fixed = Fixed(0);
const CLIENTS: usize = 6;

/// Serves until as many connections as expected have ended; how many bytes it sent back.
///
/// A token is the place of its connection. Every answer is sent from the buffer that the question came in, so that nothing
/// is copied. A client waits for its answer before it asks again, so that no two of its answers are under way at once: they
/// could overtake each other.
fn serve(ring: &mut Uring) -> usize {
    let (mut ended, mut echoed) = (0, 0);
    ring.accept_fixed(LISTENER, 0).unwrap();
    while ended < CLIENTS {
        let Some(completion) = ring.complete() else {
            ring.wait(1, None).unwrap();
            continue;
        };
        let place = Fixed(completion.token);
        match completion.event {
            Event::AcceptedFixed(accepted) => {
                let place = accepted.unwrap();
                ring.receive(place, place.0).unwrap();
            }
            Event::Received(Ok(Some(received))) => {
                let len = ring.bytes(&received).len();
                ring.send_received(place, received, 0..len, place.0).map_err(|(_, e)| e).unwrap();
                if !completion.more {
                    ring.receive(place, place.0).unwrap();
                }
            }
            // All buffers are on their way out; one of them comes back soon.
            Event::Received(Err(error)) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                ring.receive(place, place.0).unwrap();
            }
            Event::Received(_) => {
                ring.remove(place).unwrap();
                ended += 1;
            }
            Event::SentReceived { received, result } => {
                echoed += result.unwrap();
                ring.recycle(received);
            }
            event => panic!("{event:?}"),
        }
    }
    echoed
}

/// Sends numbered requests, one after the other, and checks every answer.
fn ask(server: SocketAddr, client: usize) -> usize {
    let mut conn = TcpStream::connect(server).unwrap();
    let mut bytes = 0;
    for number in 0..500 {
        let request = format!("request {number} of client {client}");
        conn.write_all(request.as_bytes()).unwrap();
        let mut answer = vec![0; request.len()];
        conn.read_exact(&mut answer).unwrap();
        assert_eq!(answer, request.as_bytes());
        bytes += request.len();
    }
    bytes
}

#[test]
fn a_server_of_one_ring_answers_clients_of_other_threads() {
    let config = Config { buffers: Pool { count: 4, size: 64 }, ..CONFIG };
    let Some(mut ring) = ring_of(&config) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    ring.install(LISTENER, &listener).unwrap();
    let server = listener.local_addr().unwrap();
    let clients: Vec<_> =
        (0..CLIENTS).map(|client| thread::spawn(move || ask(server, client))).collect();
    let echoed = serve(&mut ring);
    let asked: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert_eq!(echoed, asked);
}
