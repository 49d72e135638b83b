//! Accepting with io_uring: many connections with one operation.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use sockscope_sys::uring::{Event, Fixed, Slot};

use super::support::{bytes, next, ring, send};

const LISTENER: Fixed = Fixed(7);

#[test]
fn one_accept_takes_connection_after_connection() {
    let Some(mut ring) = ring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    ring.install(LISTENER, &listener).unwrap();
    ring.accept(LISTENER, 1).unwrap();
    for _ in 0..5 {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let completion = next(&mut ring);
        assert!(completion.more && completion.token == 1);
        let Event::Accepted(Ok(server)) = completion.event else { panic!("{completion:?}") };
        assert!(rustix::io::fcntl_getfd(&server).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
        TcpStream::from(server).write_all(b"hello").unwrap();
        let mut greeting = String::new();
        client.read_to_string(&mut greeting).unwrap();
        assert_eq!(greeting, "hello");
    }
    ring.cancel(LISTENER, 2).unwrap();
    let ends = [next(&mut ring), next(&mut ring)].iter().filter(|end| !end.more).count();
    assert_eq!((ends, ring.in_flight()), (2, 0));
}

#[test]
fn connections_can_be_accepted_into_the_table_and_used_from_there() {
    let Some(mut ring) = ring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    ring.install(LISTENER, &listener).unwrap();
    ring.accept_fixed(LISTENER, 1).unwrap();
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let Event::AcceptedFixed(Ok(place)) = next(&mut ring).event else { panic!("a place") };
        ring.receive(place, place.0).unwrap();
        client.write_all(&[b'a', place.0 as u8]).unwrap();
        assert_eq!(bytes(&mut ring), [b'a', place.0 as u8]);
        send(&mut ring, place, Slot(0), b"answer");
        assert!(matches!(next(&mut ring).event, Event::Sent { result: Ok(6), .. }));
        let mut answer = [0; 6];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"answer");
        clients.push((client, place));
    }
    let [.., (mut client, place)] = <[_; 3]>::try_from(clients).unwrap();
    ring.cancel(place, 2).unwrap();
    next(&mut ring);
    next(&mut ring);
    ring.remove(place).unwrap();
    ring.turn().unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "to be removed is to be closed");
}

#[test]
fn a_place_that_is_closed_by_the_ring_is_given_to_the_next_connection() {
    let Some(mut ring) = ring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    ring.install(LISTENER, &listener).unwrap();
    ring.accept_fixed(LISTENER, 1).unwrap();
    let mut places = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let Event::AcceptedFixed(Ok(place)) = next(&mut ring).event else { panic!("a place") };
        ring.close(place, 5).unwrap();
        let completion = next(&mut ring);
        assert_eq!((completion.token, completion.more), (5, false));
        assert!(matches!(completion.event, Event::Closed(Ok(()))), "{completion:?}");
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        places.push(place);
    }
    ring.close(places[0], 5).unwrap();
    assert!(matches!(next(&mut ring).event, Event::Closed(Err(_))), "there is nothing to close");
}

#[test]
fn a_full_table_ends_the_accept_with_an_error() {
    let Some(mut ring) = ring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (filler, _other) = UnixStream::pair().unwrap();
    for place in 0..7 {
        ring.install(Fixed(place), &filler).unwrap();
    }
    ring.install(LISTENER, &listener).unwrap();
    ring.accept_fixed(LISTENER, 1).unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let completion = next(&mut ring);
    let Event::AcceptedFixed(Err(error)) = completion.event else { panic!("{completion:?}") };
    assert_eq!((error.raw_os_error(), completion.more), (Some(libc::ENFILE), false));
}
