//! Datagrams with io_uring: a server that answers whoever asked.

use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;

use sockscope_sys::uring::{Config, Datagram, Event, Fixed, Pool, Received, Slot, Uring};

use super::support::{CONFIG, arrival, next, ring_of};

const SERVER: Fixed = Fixed(0);
/// The longest message that fits a buffer.
const ROOM: usize = 64;

fn serving(socket: impl AsFd) -> Option<Uring> {
    let size = Datagram::OVERHEAD + ROOM as u32;
    let mut ring = ring_of(&Config { buffers: Pool { count: 4, size }, ..CONFIG })?;
    ring.install(SERVER, socket).unwrap();
    ring.receive_datagrams(SERVER, 1).unwrap();
    ring.turn().unwrap();
    Some(ring)
}

#[track_caller]
fn question(ring: &mut Uring) -> Received {
    let (received, more) = arrival(ring);
    assert!(more);
    received.unwrap().unwrap()
}

/// Answers with the same bytes in capitals.
#[track_caller]
fn answer(ring: &mut Uring, question: Received) {
    let (datagram, room) = ring.datagram_and_slot(&question, Slot(3)).unwrap();
    assert!(!datagram.truncated);
    let len = datagram.payload.len();
    room[..len].copy_from_slice(&datagram.payload.to_ascii_uppercase());
    ring.answer_now(SERVER, &question, Slot(3), 0..len, 2).unwrap();
    ring.recycle(question);
    assert_eq!(ring.turn().unwrap(), 0, "there is nothing to say of an answer that was sent");
    assert!(ring.slot_mut(Slot(3)).is_some());
}

#[test]
fn everyone_gets_the_answer_to_his_own_question_over_udp() {
    for any in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(server) = UdpSocket::bind(any) else { continue };
        let Some(mut ring) = serving(&server) else { return };
        let clients: Vec<_> = (0..3).map(|_| UdpSocket::bind(any).unwrap()).collect();
        for round in 0..6 {
            for (number, client) in clients.iter().enumerate() {
                let text = format!("from {number} in {round}");
                client.send_to(text.as_bytes(), server.local_addr().unwrap()).unwrap();
                let received = question(&mut ring);
                answer(&mut ring, received);
                let mut buffer = [0; ROOM];
                let len = client.recv(&mut buffer).unwrap();
                assert_eq!(&buffer[..len], text.to_ascii_uppercase().as_bytes());
            }
        }
    }
}

#[test]
fn everyone_gets_the_answer_to_his_own_question_over_unix_paths() {
    let directory = tempfile::tempdir().unwrap();
    let server = UnixDatagram::bind(directory.path().join("server")).unwrap();
    let Some(mut ring) = serving(&server) else { return };
    // A path that fills `sun_path` to its last byte has no terminator there.
    let longest = 108 - directory.path().as_os_str().len() - 1;
    for name in ["c".to_owned(), "d".repeat(longest - 1), "e".repeat(longest)] {
        let path = directory.path().join(&name);
        let client = rustix::net::socket(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::DGRAM,
            None,
        )
        .unwrap();
        let address = rustix::net::SocketAddrUnix::new(&path);
        if address.is_err() || rustix::net::bind(&client, &address.unwrap()).is_err() {
            assert_eq!(name.len(), longest, "only the longest may be impossible to bind");
            continue;
        }
        let client = UnixDatagram::from(client);
        client.connect(directory.path().join("server")).unwrap();
        client.send(b"question").unwrap();
        let received = question(&mut ring);
        answer(&mut ring, received);
        let mut buffer = [0; ROOM];
        assert_eq!(client.recv(&mut buffer).unwrap(), 8);
        assert_eq!(&buffer[..8], b"QUESTION");
    }
}

#[test]
fn a_sender_without_a_name_cannot_be_answered_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let server = UnixDatagram::bind(directory.path().join("server")).unwrap();
    let Some(mut ring) = serving(&server) else { return };
    let client = UnixDatagram::unbound().unwrap();
    client.send_to(b"hello", directory.path().join("server")).unwrap();
    let received = question(&mut ring);
    assert_eq!(ring.datagram(&received).map(|datagram| datagram.payload), Some(&b"hello"[..]));
    ring.answer_now(SERVER, &received, Slot(0), 0..1, 0).unwrap();
    let Event::Sent { result: Err(error), .. } = next(&mut ring).event else { panic!("sent") };
    assert_eq!(error.raw_os_error(), Some(libc::ENOTCONN));
    ring.recycle(received);
}

#[test]
fn a_message_longer_than_a_buffer_is_cut_off_and_marked() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let Some(mut ring) = serving(&server) else { return };
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    for (len, truncated) in [(0, false), (ROOM, false), (ROOM + 1, true)] {
        client.send_to(&vec![7; len], server.local_addr().unwrap()).unwrap();
        let (result, more) = arrival(&mut ring);
        let received = result.unwrap().unwrap();
        assert_eq!(more, len > 0, "an empty one ends the receive");
        if !more {
            ring.receive_datagrams(SERVER, 1).unwrap();
        }
        let datagram = ring.datagram(&received).unwrap();
        assert_eq!(datagram.payload, vec![7; len.min(ROOM)], "{len}");
        assert_eq!(datagram.truncated, truncated, "{len}");
        assert!(!datagram.name.is_empty());
        ring.recycle(received);
    }
}

#[test]
fn a_slot_that_is_under_way_cannot_get_another_address() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let Some(mut ring) = serving(&server) else { return };
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"x", server.local_addr().unwrap()).unwrap();
    let received = question(&mut ring);
    ring.answer_now(SERVER, &received, Slot(0), 0..1, 0).unwrap();
    assert!(ring.answer_now(SERVER, &received, Slot(0), 0..1, 0).is_err());
    assert!(ring.answer_now(SERVER, &received, Slot(1), 0..1, 0).is_ok());
    ring.turn().unwrap();
    assert!(ring.answer_now(SERVER, &received, Slot(0), 0..1, 0).is_ok());
    ring.recycle(received);
}

#[test]
fn an_answer_keeps_its_address_also_when_others_had_to_leave_first() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let Some(mut ring) = serving(&server) else { return };
    let clients = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [first, second] = clients.each_ref().map(|client| {
        client.send_to(b"x", server.local_addr().unwrap()).unwrap();
        question(&mut ring)
    });
    // The queue is full, so the answer to the first is queued after a call.
    let enters = ring.enters();
    for _ in 0..CONFIG.submissions {
        ring.poll(SERVER, 7).unwrap();
    }
    assert_eq!(ring.enters(), enters);
    ring.answer_now(SERVER, &first, Slot(0), 0..1, 0).unwrap();
    assert_eq!(ring.enters(), enters + 1);
    assert!(ring.slot_mut(Slot(0)).is_none());
    assert!(ring.answer_now(SERVER, &second, Slot(0), 0..1, 0).is_err(), "its address is in use");
    ring.turn().unwrap();
    assert_eq!(clients[0].recv(&mut [0; ROOM]).unwrap(), 1);
    ring.answer_now(SERVER, &second, Slot(0), 0..1, 0).unwrap();
    ring.turn().unwrap();
    assert_eq!(clients[1].recv(&mut [0; ROOM]).unwrap(), 1);
    ring.recycle(first);
    ring.recycle(second);
}

#[test]
fn an_answer_for_which_there_is_no_room_is_not_sent_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name| directory.path().join(name);
    let server = UnixDatagram::bind(path("server")).unwrap();
    let Some(mut ring) = serving(&server) else { return };
    let client = UnixDatagram::bind(path("client")).unwrap();
    client.send_to(b"x", path("server")).unwrap();
    let received = question(&mut ring);
    let mut sent = 0;
    let error = loop {
        ring.answer_now(SERVER, &received, Slot(0), 0..1, 0).unwrap();
        ring.turn().unwrap();
        if let Some(completion) = ring.complete() {
            let Event::Sent { slot: Slot(0), result: Err(error) } = completion.event else {
                panic!("{completion:?}")
            };
            break error;
        }
        sent += 1;
    };
    assert_eq!(error.raw_os_error(), Some(libc::EAGAIN));
    assert!(ring.slot_mut(Slot(0)).is_some(), "the slot is idle again");
    client.set_nonblocking(true).unwrap();
    let came = std::iter::repeat_with(|| client.recv(&mut [0; ROOM])).take_while(Result::is_ok);
    assert_eq!(came.count(), sent);
    ring.recycle(received);
}
