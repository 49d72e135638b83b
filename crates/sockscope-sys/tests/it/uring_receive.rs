//! Receiving with io_uring: arrivals, their ends, and what happens when the buffers run out.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::write;
use rustix::net::{SendFlags, Shutdown, shutdown};
use sockscope_sys::uring::{Event, Fixed, Uring};

use super::support::{CONFIG, arrival, bytes, next, pairs, ring};

const HERE: Fixed = Fixed(3);

/// A ring that receives from one end of a stream, and the other end.
fn receiving() -> Option<(Uring, UnixStream)> {
    let mut ring = ring()?;
    let (ours, theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.receive(HERE, 7).unwrap();
    Some((ring, theirs))
}

#[test]
fn one_receive_takes_message_after_message_from_every_kind_of_connection() {
    for (kind, ours, theirs) in pairs() {
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        drop(ours);
        ring.receive(HERE, 7).unwrap();
        for round in 0..20 {
            let sent = [round; 33];
            write(&theirs, &sent).unwrap();
            let completion = next(&mut ring);
            assert!(completion.more && completion.token == 7, "{kind}: {completion:?}");
            let Event::Received(Ok(Some(received))) = completion.event else { panic!("{kind}") };
            assert_eq!(ring.bytes(&received), sent, "{kind}");
            ring.recycle(received);
        }
    }
}

#[test]
fn messages_that_came_together_are_received_one_by_one() {
    for (kind, ours, theirs) in pairs() {
        if !["seqpacket", "datagram"].contains(&kind) {
            continue;
        }
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        for round in 0..3 {
            // One fewer than there are buffers: the receive asks for the next one before it finds nothing more.
            for number in 0..3 {
                write(&theirs, &[round, number]).unwrap();
            }
            if round == 0 {
                ring.receive(HERE, 0).unwrap();
            }
            for number in 0..3 {
                assert_eq!(bytes(&mut ring), [round, number], "{kind}");
            }
        }
    }
}

#[test]
fn a_peer_that_closes_ends_the_receive() {
    for (kind, ours, theirs) in pairs() {
        // A datagram socket does not notice that its peer has gone.
        if kind == "datagram" {
            continue;
        }
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        ring.receive(HERE, 0).unwrap();
        write(&theirs, b"last").unwrap();
        drop(theirs);
        assert_eq!(bytes(&mut ring), b"last", "{kind}");
        let (result, more) = arrival(&mut ring);
        assert!(matches!(result, Ok(None)) && !more, "{kind}");
        assert_eq!(ring.in_flight(), 0, "{kind}");
    }
}

#[test]
fn a_reset_connection_ends_the_receive_with_its_error() {
    let Some((mut ring, theirs)) = receiving() else { return };
    ring.turn().unwrap();
    // Closing a Unix stream with unread bytes resets it.
    ring.install(Fixed(4), &theirs).unwrap();
    drop(theirs);
    super::support::send(&mut ring, HERE, sockscope_sys::uring::Slot(0), b"unread");
    assert!(matches!(next(&mut ring).event, Event::Sent { result: Ok(6), .. }));
    ring.remove(Fixed(4)).unwrap();
    let (result, more) = arrival(&mut ring);
    assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ECONNRESET));
    assert!(!more);
}

#[test]
fn a_stream_longer_than_a_buffer_comes_in_several_and_in_order() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    let sent: Vec<u8> = (0..3000_u32).map(|i| i as u8).collect();
    theirs.write_all(&sent).unwrap();
    let mut came = Vec::new();
    while came.len() < sent.len() {
        match arrival(&mut ring) {
            (Ok(Some(received)), more) => {
                came.extend_from_slice(ring.bytes(&received));
                ring.recycle(received);
                assert!(more || came.len() < sent.len());
            }
            // All four buffers were filled before the first came back.
            (Err(error), false) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                ring.receive(HERE, 7).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(came, sent);
}

#[test]
fn without_buffers_a_receive_ends_and_goes_on_once_there_are_some() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    let mut held = Vec::new();
    for number in 0..4 {
        theirs.write_all(&[number]).unwrap();
        held.push(arrival(&mut ring).0.unwrap().unwrap());
    }
    theirs.write_all(&[4]).unwrap();
    let (result, more) = arrival(&mut ring);
    assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ENOBUFS));
    assert!(!more, "the receive has ended");

    for (number, received) in (0..).zip(&held) {
        assert_eq!(ring.bytes(received), [number], "a held buffer is left alone");
    }
    ring.recycle(held.remove(2));
    ring.receive(HERE, 7).unwrap();
    assert_eq!(bytes(&mut ring), [4], "nothing was lost");
    // The three that are still held are not written to by what came in the fourth.
    for (number, received) in [0, 1, 3].into_iter().zip(&held) {
        assert_eq!(ring.bytes(received), [number]);
    }
}

#[test]
fn buffers_can_go_round_more_often_than_their_counter_has_values() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    for round in 0..70_000_u32 {
        theirs.write_all(&round.to_ne_bytes()).unwrap();
        assert_eq!(bytes(&mut ring), round.to_ne_bytes());
    }
}

#[test]
fn a_cancelled_receive_ends_and_can_be_started_again() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    ring.turn().unwrap();
    ring.cancel(HERE, 8).unwrap();
    let mut events = [next(&mut ring), next(&mut ring)];
    events.sort_by_key(|completion| completion.token);
    let [ended, cancelled] = events;
    let Event::Received(Err(error)) = ended.event else { panic!("{ended:?}") };
    assert_eq!((error.raw_os_error(), ended.more), (Some(libc::ECANCELED), false));
    assert!(matches!(cancelled.event, Event::Cancelled(Ok(1))), "{cancelled:?}");

    theirs.write_all(b"again").unwrap();
    ring.receive(HERE, 9).unwrap();
    assert_eq!(bytes(&mut ring), b"again");
}

#[test]
fn a_socket_is_waited_for_even_if_it_does_not_block() {
    for (kind, ours, theirs) in pairs() {
        let Some(mut ring) = ring() else { return };
        rustix::io::ioctl_fionbio(&ours, true).unwrap();
        ring.install(HERE, &ours).unwrap();
        ring.receive(HERE, 0).unwrap();
        assert_eq!(ring.turn().unwrap(), 0, "{kind}");
        write(&theirs, b"x").unwrap();
        assert_eq!(bytes(&mut ring), b"x", "{kind}");
    }
}

#[test]
fn an_empty_message_ends_the_receive() {
    for (kind, ours, theirs) in pairs() {
        if !["seqpacket", "datagram"].contains(&kind) {
            continue;
        }
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        for message in [&b""[..], b"x"] {
            ring.receive(HERE, 0).unwrap();
            rustix::net::send(&theirs, message, SendFlags::empty()).unwrap();
            let (result, more) = arrival(&mut ring);
            let received = result.unwrap();
            assert_eq!(
                (received.is_some(), more),
                (!message.is_empty(), !message.is_empty()),
                "{kind}"
            );
        }
    }
}

#[test]
fn an_empty_place_is_an_error_of_the_operation() {
    let Some(mut ring) = ring() else { return };
    for place in [HERE, Fixed(CONFIG.descriptors), Fixed(u32::MAX)] {
        ring.receive(place, 0).unwrap();
        let (result, more) = arrival(&mut ring);
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EBADF), "{place:?}");
        assert!(!more);
    }
    let (ours, _theirs) = UnixStream::pair().unwrap();
    assert!(ring.install(Fixed(CONFIG.descriptors), &ours).is_err());
}

#[test]
fn the_place_keeps_a_closed_descriptor_s_file_open_until_it_is_removed() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    ring.turn().unwrap();
    theirs.write_all(b"still there").unwrap();
    assert_eq!(bytes(&mut ring), b"still there");
    ring.cancel(HERE, 8).unwrap();
    next(&mut ring);
    next(&mut ring);
    ring.remove(HERE).unwrap();
    ring.turn().unwrap();
    // The last share in our end is gone, so theirs has no peer.
    assert!(shutdown(&theirs, Shutdown::Write).is_err() || theirs.write_all(b"x").is_err());
}

#[test]
fn a_pipe_is_read_once_for_each_read() {
    let Some(mut ring) = ring() else { return };
    let (reader, writer): (OwnedFd, OwnedFd) = rustix::pipe::pipe().unwrap();
    ring.install(HERE, reader.as_fd()).unwrap();
    for message in [b"one", b"two"] {
        ring.read(HERE, 0).unwrap();
        write(&writer, message).unwrap();
        let (result, more) = arrival(&mut ring);
        let received = result.unwrap().unwrap();
        assert_eq!((ring.bytes(&received), more), (&message[..], false));
        ring.recycle(received);
    }
    drop(writer);
    ring.read(HERE, 0).unwrap();
    assert!(matches!(arrival(&mut ring), (Ok(None), false)));
}

#[test]
fn a_poll_says_once_that_something_can_be_read_and_reads_nothing() {
    let Some(mut ring) = ring() else { return };
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    ring.install(HERE, &reader).unwrap();
    ring.poll(HERE, 5).unwrap();
    assert_eq!(ring.turn().unwrap(), 0);
    write(&writer, b"x").unwrap();
    for _ in 0..2 {
        let completion = next(&mut ring);
        assert_eq!((completion.token, completion.more), (5, false));
        assert!(matches!(completion.event, Event::Readable(Ok(()))), "{completion:?}");
        ring.poll(HERE, 5).unwrap();
    }
    assert_eq!(rustix::io::read(&reader, &mut [0; 2]).unwrap(), 1);
}

#[test]
fn the_end_of_the_time_is_no_completion() {
    let Some((mut ring, _theirs)) = receiving() else { return };
    let limit = std::time::Duration::from_millis(1);
    assert_eq!(ring.wait(1, Some(limit)).unwrap(), 0);
    assert_eq!(ring.turn().unwrap(), 0);
    assert!(ring.complete().is_none());
}

#[test]
fn shared_memory_tells_without_a_system_call_that_a_turn_would_find_something() {
    let Some((mut ring, mut theirs)) = receiving() else { return };
    assert!(ring.has_work(), "the receive is queued");
    ring.turn().unwrap();
    assert!(!ring.has_work());
    let enters = ring.enters();
    theirs.write_all(b"x").unwrap();
    // A ring that does not defer has done it already, on the way out of the write.
    assert!(ring.has_work() || ring.ready() == 1);
    assert_eq!(ring.enters(), enters);
    assert_eq!(ring.turn().unwrap(), 1);
    assert_eq!(ring.enters(), enters + 1);
}
