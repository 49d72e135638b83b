//! The end of a ring: what was in flight ends, and nothing is left behind.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use sockscope_sys::uring::{Config, Fixed, Pool, Slot};

use super::support::{
    CONFIG, LIMIT, SIZE, arrival, fill, in_child, next, pairs, ring, ring_of, tcp,
};

const HERE: Fixed = Fixed(0);

/// The lines of `/proc/self/maps`: what is mapped.
fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_ring_with_receives_in_flight_ends_and_what_comes_later_finds_nobody() {
    for (kind, ours, theirs) in pairs() {
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &ours).unwrap();
        drop(ours);
        ring.receive(HERE, 0).unwrap();
        ring.turn().unwrap();
        rustix::io::write(&theirs, b"not taken").unwrap();
        drop(ring);
        if kind != "tcp" {
            assert!(rustix::io::write(&theirs, b"x").is_err(), "{kind}: our end is closed");
        }
    }
}

#[test]
fn a_ring_can_end_with_operations_that_were_never_handed_over() {
    let Some(mut ring) = ring() else { return };
    let (ours, theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.receive(HERE, 0).unwrap();
    fill(&mut ring, Slot(0), b"x");
    ring.send(HERE, Slot(0), 0..1, 0).unwrap();
    ring.send_now(HERE, Slot(1), 0..1, 0).unwrap();
    drop(ring);
    drop(theirs);
}

#[test]
fn a_ring_can_end_while_a_send_waits_for_room() {
    let config = Config { slots: Pool { count: 1, size: 1 << 20 }, ..CONFIG };
    let Some(mut ring) = ring_of(&config) else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ring.install(HERE, &ours).unwrap();
    ring.send_all(HERE, Slot(0), 0..1 << 20, 0).unwrap();
    assert_eq!(ring.turn().unwrap(), 0, "the socket is full");
    assert_eq!(ring.in_flight(), 1);
    drop(ring);
    drop(ours);
    let mut came = Vec::new();
    theirs.read_to_end(&mut came).unwrap();
    assert!(came.len() < 1 << 20, "the send was cut off");
}

#[test]
fn a_ring_can_end_while_a_zero_copy_send_is_not_released() {
    let Some(mut ring) = ring() else { return };
    let (ours, mut theirs) = tcp();
    ring.install(HERE, &ours).unwrap();
    fill(&mut ring, Slot(0), b"kept");
    ring.send_zero_copy(HERE, Slot(0), 0..4, 0).unwrap();
    ring.turn().unwrap();
    drop(ring);
    let mut buffer = [0; 4];
    theirs.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"kept", "the kernel keeps the pages that it still sends from");
}

#[test]
fn connections_that_nobody_took_are_closed_with_the_ring() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for fixed in [false, true] {
        let Some(mut ring) = ring() else { return };
        ring.install(HERE, &listener).unwrap();
        let start = if fixed { ring.accept_fixed(HERE, 0) } else { ring.accept(HERE, 0) };
        start.unwrap();
        ring.turn().unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        ring.wait(1, Some(LIMIT)).unwrap();
        drop(ring);
        client.set_read_timeout(Some(LIMIT)).unwrap();
        // `read_to_end` goes on where the end of the ring interrupts it.
        assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0, "closed, fixed: {fixed}");
    }
}

#[test]
fn rings_that_end_leave_neither_memory_nor_descriptors() {
    in_child("uring_drop::rings_that_end_leave_neither_memory_nor_descriptors", || {
        let round = || {
            let mut ring = ring()?;
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            ring.install(HERE, &ours).unwrap();
            ring.receive(HERE, 0).unwrap();
            theirs.write_all(b"held").unwrap();
            let held = arrival(&mut ring);
            drop(ring);
            Some(held)
        };
        if round().is_none() {
            return;
        }
        let before = (mappings(), descriptors());
        for _ in 0..50 {
            drop(round());
        }
        assert_eq!((mappings(), descriptors()), before);
    });
}

#[test]
fn a_handle_of_another_ring_reaches_nothing() {
    let (Some(mut one), Some(mut other)) = (ring(), ring()) else { return };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    one.install(HERE, &ours).unwrap();
    one.receive(HERE, 0).unwrap();
    theirs.write_all(b"secret").unwrap();
    let received = arrival(&mut one).0.unwrap().unwrap();
    assert_eq!(other.bytes(&received), b"");
    assert!(other.datagram(&received).is_none());
    let (received, _) = other.send_received(HERE, received, 0..1, 0).unwrap_err();
    other.recycle(received);
    // It did not come back to the ring that it is of: three are left, and then none.
    theirs.write_all(&[0; 3 * SIZE as usize + 1]).unwrap();
    let mut full = 0;
    loop {
        match arrival(&mut one).0 {
            Ok(Some(_lost)) => full += 1,
            Ok(None) => panic!("the end"),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::ENOBUFS));
                break;
            }
        }
    }
    assert_eq!(full, 3);
    assert!(one.complete().is_none());
    one.cancel(HERE, 0).unwrap();
    next(&mut one);
}
