//! Sending with io_uring: slots, short sends, sends from received buffers, and zero-copy.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use rustix::io::read;
use rustix::net::sockopt::set_socket_send_buffer_size;
use sockscope_sys::uring::{Completion, Config, Event, Fixed, Pool, Slot, Uring};

use super::support::{CONFIG, SIZE, arrival, bytes, fill, next, pairs, ring, ring_of, send, tcp};

const HERE: Fixed = Fixed(0);
const LARGE: u32 = 1 << 20;

/// A ring with large slots that sends to a stream which holds little, and the stream's other end.
fn narrow() -> Option<(Uring, UnixStream)> {
    let config = Config { slots: Pool { count: 1, size: LARGE }, ..CONFIG };
    let mut ring = ring_of(&config)?;
    let (ours, theirs) = UnixStream::pair().unwrap();
    set_socket_send_buffer_size(&ours, 4096).unwrap();
    ring.install(HERE, &ours).unwrap();
    for (index, byte) in ring.slot_mut(Slot(0)).unwrap().iter_mut().enumerate() {
        *byte = (index / 251) as u8;
    }
    Some((ring, theirs))
}

fn sent(completion: &Completion) -> usize {
    let Event::Sent { result: Ok(count), .. } = completion.event else { panic!("{completion:?}") };
    count
}

#[test]
fn what_is_in_a_slot_is_sent_over_every_kind_of_connection() {
    for (kind, ours, theirs) in pairs() {
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        fill(&mut ring, Slot(2), b"a message");
        ring.send(HERE, Slot(2), 2..9, 5).unwrap();
        assert!(ring.slot_mut(Slot(2)).is_none(), "a slot that is being sent cannot be changed");
        assert!(ring.slot_mut(Slot(1)).is_some());
        let completion = next(&mut ring);
        assert!(completion.token == 5 && !completion.more, "{kind}");
        assert_eq!(sent(&completion), 7, "{kind}");
        assert!(ring.slot_mut(Slot(2)).is_some(), "it was given back");
        let mut buffer = [0; 32];
        assert_eq!(read(&theirs, &mut buffer).unwrap(), 7, "{kind}");
        assert_eq!(&buffer[..7], b"message", "{kind}");
    }
}

#[test]
fn a_short_send_says_how_much_it_sent_and_the_rest_can_follow() {
    let Some((mut ring, mut theirs)) = narrow() else { return };
    let mut done = 0;
    let mut came = Vec::new();
    let mut short = 0;
    while done < LARGE as usize {
        ring.send(HERE, Slot(0), done..LARGE as usize, 0).unwrap();
        let count = sent(&next(&mut ring));
        short += usize::from(done + count < LARGE as usize);
        done += count;
        let mut part = vec![0; count];
        theirs.read_exact(&mut part).unwrap();
        came.extend_from_slice(&part);
    }
    assert!(short > 0, "the socket holds less than all of it");
    assert_eq!(came, ring.slot_mut(Slot(0)).unwrap());
}

#[test]
fn a_send_that_ends_at_once_is_silent_and_one_call_sends_it_and_waits_for_the_answer() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.receive(HERE, 1).unwrap();
    ring.turn().unwrap();
    let enters = ring.enters();
    let answerer = std::thread::spawn(move || {
        for _ in 0..10 {
            let mut question = [0; 3];
            theirs.read_exact(&mut question)?;
            theirs.write_all(&question)?;
        }
        Ok::<_, std::io::Error>(theirs)
    });
    for question in 0..10 {
        fill(&mut ring, Slot(0), &[question; 3]);
        ring.send_now(HERE, Slot(0), 0..3, 2).unwrap();
        assert!(ring.slot_mut(Slot(0)).is_none(), "it was not handed over yet");
        assert_eq!(bytes(&mut ring), [question; 3]);
        assert!(ring.slot_mut(Slot(0)).is_some());
    }
    assert_eq!(ring.enters(), enters + 10, "one call for each question and answer");
    assert_eq!(ring.in_flight(), 1, "only the receive");
    assert!(answerer.join().unwrap().is_ok());
}

#[test]
fn a_send_that_falls_short_says_so_and_keeps_its_slot_until_that_was_heard() {
    let Some((mut ring, mut theirs)) = narrow() else { return };
    let whole = LARGE as usize;
    ring.send_now(HERE, Slot(0), 0..whole, 0).unwrap();
    assert_eq!(ring.turn().unwrap(), 1);
    assert!(ring.slot_mut(Slot(0)).is_none());
    let done = sent(&next(&mut ring));
    assert!((1..whole).contains(&done), "{done}");
    assert!(ring.slot_mut(Slot(0)).is_some());

    ring.send_now(HERE, Slot(0), done..whole, 0).unwrap();
    let Event::Sent { result: Err(error), .. } = next(&mut ring).event else { panic!("no room") };
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(ring.in_flight(), 0);

    let mut came = vec![0; done];
    theirs.read_exact(&mut came).unwrap();
    assert_eq!(came, ring.slot_mut(Slot(0)).unwrap()[..done]);
    ring.send_now(HERE, Slot(0), 0..1, 0).unwrap();
    assert_eq!(ring.turn().unwrap(), 0, "there is room again");
    assert!(ring.slot_mut(Slot(0)).is_some());
}

#[test]
fn sends_that_end_at_once_fail_and_succeed_side_by_side() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    for round in 0..20 {
        fill(&mut ring, Slot(0), &[round]);
        ring.send_now(HERE, Slot(0), 0..1, 0).unwrap();
        ring.send_now(Fixed(5), Slot(1), 0..1, 1).unwrap();
        assert!(ring.send_now(HERE, Slot(1), 0..1, 1).is_err(), "one at a time for each slot");
        ring.turn().unwrap();
        assert!(ring.slot_mut(Slot(0)).is_some());
        assert!(ring.slot_mut(Slot(1)).is_none());
        let completion = next(&mut ring);
        let Event::Sent { slot: Slot(1), result: Err(error) } = completion.event else {
            panic!("{completion:?}")
        };
        assert_eq!((completion.token, error.raw_os_error()), (1, Some(libc::EBADF)));
        assert!(ring.slot_mut(Slot(1)).is_some());
        let mut came = [0];
        theirs.read_exact(&mut came).unwrap();
        assert_eq!(came, [round]);
    }
    assert_eq!(ring.in_flight(), 0);
}

#[test]
fn a_send_of_everything_goes_on_until_everything_is_sent() {
    let Some((mut ring, mut theirs)) = narrow() else { return };
    ring.send_all(HERE, Slot(0), 0..LARGE as usize, 0).unwrap();
    assert_eq!(ring.turn().unwrap(), 0, "the socket is full");
    let reader = std::thread::spawn(move || {
        let mut came = vec![0; LARGE as usize];
        theirs.read_exact(&mut came).map(|()| came)
    });
    assert_eq!(sent(&next(&mut ring)), LARGE as usize);
    assert_eq!(reader.join().unwrap().unwrap(), ring.slot_mut(Slot(0)).unwrap());
}

#[test]
fn a_poll_says_when_there_is_room_again() {
    let Some((mut ring, mut theirs)) = narrow() else { return };
    ring.send_now(HERE, Slot(0), 0..LARGE as usize, 0).unwrap();
    let fell_short = sent(&next(&mut ring));
    ring.poll_room(HERE, 3).unwrap();
    assert_eq!(ring.turn().unwrap(), 0, "the socket is full");
    theirs.read_exact(&mut vec![0; fell_short]).unwrap();
    let completion = next(&mut ring);
    assert_eq!((completion.token, completion.more), (3, false));
    assert!(matches!(completion.event, Event::Writable(Ok(()))), "{completion:?}");
}

#[test]
fn a_send_to_a_peer_that_has_gone_fails_without_a_signal() {
    for (kind, ours, theirs) in pairs() {
        if kind == "tcp" {
            continue;
        }
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        drop(theirs);
        send(&mut ring, HERE, Slot(0), b"x");
        let Event::Sent { result: Err(error), slot: Slot(0) } = next(&mut ring).event else {
            panic!("{kind}")
        };
        let expected = if kind == "datagram" { libc::ECONNREFUSED } else { libc::EPIPE };
        assert_eq!(error.raw_os_error(), Some(expected), "{kind}");
        assert!(ring.slot_mut(Slot(0)).is_some(), "a failed send gives its slot back");
    }
}

#[test]
fn what_is_not_in_a_slot_is_refused_before_it_is_queued() {
    let Some(mut ring) = ring() else { return };
    let beyond = SIZE as usize + 1;
    for (slot, part) in [(Slot(0), 0..beyond), (Slot(9), 0..1), (Slot(0), 5..usize::MAX)] {
        assert!(ring.send(HERE, slot, part.clone(), 0).is_err(), "{slot:?} {part:?}");
    }
    assert_eq!(ring.in_flight(), 0);
    assert!(ring.slot_mut(Slot(0)).is_some());
}

#[test]
fn more_sends_than_the_queue_holds_are_handed_over_in_between() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    fill(&mut ring, Slot(0), b"0123456789");
    for start in 0..50_usize {
        ring.send(HERE, Slot(0), start % 10..start % 10 + 1, 0).unwrap();
    }
    for _ in 0..50 {
        assert_eq!(sent(&next(&mut ring)), 1);
    }
    let mut came = [0; 50];
    theirs.read_exact(&mut came).unwrap();
    assert_eq!(came, *b"0123456789".repeat(5));
    assert!(ring.slot_mut(Slot(0)).is_some(), "all fifty have given it back");
}

#[test]
fn a_send_that_ends_at_once_is_under_way_also_when_others_had_to_leave_first() {
    const SLOTS: u32 = 9;
    let slots = Pool { count: SLOTS, size: SIZE };
    let Some(mut ring) = ring_of(&Config { submissions: 4, slots, ..CONFIG }) else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.receive(HERE, 1).unwrap();
    let mut made_room = 0;
    for number in 0..SLOTS {
        fill(&mut ring, Slot(number), &[number as u8]);
        let enters = ring.enters();
        ring.send_now(HERE, Slot(number), 0..1, 0).unwrap();
        assert!(ring.slot_mut(Slot(number)).is_none(), "{number} was not handed over yet");
        let has_entered = ring.enters() > enters;
        made_room += u32::from(has_entered);
        if has_entered {
            assert_eq!(ring.in_flight(), 2, "the receive and {number}");
        }
    }
    assert_eq!(made_room, 2);
    ring.turn().unwrap();
    assert_eq!(ring.in_flight(), 1, "only the receive");
    let mut came = [0; SLOTS as usize];
    theirs.read_exact(&mut came).unwrap();
    assert_eq!(came, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn what_was_received_is_sent_back_from_where_it_lies() {
    for (kind, ours, theirs) in pairs() {
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        ring.receive(HERE, 0).unwrap();
        for round in 0..10 {
            rustix::io::write(&theirs, &[round; 20]).unwrap();
            let received = arrival(&mut ring).0.unwrap().unwrap();
            ring.send_received(HERE, received, 0..20, 4).map_err(|(_, error)| error).unwrap();
            let completion = next(&mut ring);
            assert_eq!((completion.token, completion.more), (4, false), "{kind}");
            let Event::SentReceived { received, result: Ok(20) } = completion.event else {
                panic!("{kind}")
            };
            ring.recycle(received);
            let mut buffer = [0; 32];
            assert_eq!(read(&theirs, &mut buffer).unwrap(), 20, "{kind}");
            assert_eq!(&buffer[..20], [round; 20], "{kind}");
        }
    }
}

#[test]
fn a_received_buffer_that_cannot_be_sent_is_given_back_at_once() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.receive(HERE, 0).unwrap();
    theirs.write_all(b"four").unwrap();
    let received = arrival(&mut ring).0.unwrap().unwrap();
    let (received, _) = ring.send_received(HERE, received, 0..5, 0).unwrap_err();
    assert_eq!(ring.bytes(&received), b"four");
    ring.recycle(received);
}

#[test]
fn a_pipe_can_be_written_to() {
    let Some(mut ring) = ring() else { return };
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    ring.install(HERE, &writer).unwrap();
    fill(&mut ring, Slot(0), b"through");
    ring.write(HERE, Slot(0), 0..7, 0).unwrap();
    assert_eq!(sent(&next(&mut ring)), 7);
    let mut buffer = [0; 8];
    assert_eq!(read(&reader, &mut buffer).unwrap(), 7);
}

#[test]
fn a_zero_copy_send_keeps_its_slot_until_it_is_released_and_loopback_copies() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = tcp();
    ring.install(HERE, &ours).unwrap();
    fill(&mut ring, Slot(1), b"zero");
    ring.send_zero_copy(HERE, Slot(1), 0..4, 6).unwrap();
    let completion = next(&mut ring);
    assert_eq!(sent(&completion), 4);
    assert!(completion.more);
    let mut buffer = [0; 4];
    theirs.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"zero");
    let completion = next(&mut ring);
    assert_eq!((completion.token, completion.more), (6, false));
    assert!(matches!(completion.event, Event::Released { slot: Slot(1), copied: true }));
    assert!(ring.slot_mut(Slot(1)).is_some());
    assert_eq!(ring.in_flight(), 0);
}

#[test]
fn a_unix_socket_refuses_zero_copy_and_releases_the_slot_in_a_second_completion() {
    let Some(mut ring) = ring() else { return };
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.send_zero_copy(HERE, Slot(0), 0..4, 0).unwrap();
    let completion = next(&mut ring);
    let Event::Sent { result: Err(error), .. } = &completion.event else {
        panic!("{completion:?}")
    };
    assert_eq!(error.raw_os_error(), Some(libc::EOPNOTSUPP));
    assert!(completion.more, "the slot is not free yet");
    assert!(ring.slot_mut(Slot(0)).is_none());
    assert!(matches!(next(&mut ring).event, Event::Released { slot: Slot(0), .. }));
    assert!(ring.slot_mut(Slot(0)).is_some());
    assert_eq!(ring.in_flight(), 0);
}
