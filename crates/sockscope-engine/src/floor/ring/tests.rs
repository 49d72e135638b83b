//! Tests: rings between two threads.

use std::thread;

use super::*;
use crate::floor::Floor;

/// Both ends of a ring of 4 KiB each way, and the memory itself.
fn ends<const SLEEPS: bool>() -> ([Ring<SLEEPS>; 2], SharedMemory) {
    let [mut first, mut second] = Floor::ShmFutex.ends(Some(1)).unwrap();
    let memory = SharedMemory::map(&first[0]).unwrap();
    let ring = |descriptors: &mut Vec<OwnedFd>| Ring::new(std::mem::take(descriptors)).unwrap();
    ([ring(&mut first), ring(&mut second)], memory)
}

/// Lets the other end go on, which on a busy machine would else wait for its turn.
fn turn_over<const SLEEPS: bool>(error: &io::Error) {
    assert_eq!((error.kind(), SLEEPS), (io::ErrorKind::WouldBlock, false));
    thread::yield_now();
}

/// Sends all of it, trying again where the ring does not sleep.
fn send_all<const SLEEPS: bool>(ring: &Ring<SLEEPS>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match ring.send(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) => turn_over::<SLEEPS>(&error),
        }
    }
}

fn receive_all<const SLEEPS: bool>(ring: &Ring<SLEEPS>, length: usize) -> Vec<u8> {
    let (mut bytes, mut filled) = (vec![0; length], 0);
    while filled < length {
        match ring.receive(&mut bytes[filled..]) {
            Ok(count) => filled += count,
            Err(error) => turn_over::<SLEEPS>(&error),
        }
    }
    bytes
}

/// Messages of many sizes, among them some larger than the ring, come back as they went.
fn echo<const SLEEPS: bool>() {
    let ([client, server], _memory) = ends::<SLEEPS>();
    let sizes = [1, 7, 8, 9, 64, 4095, 4096, 4097, 100_000];
    let sizes = move || sizes.into_iter().cycle().take(90);
    let echoing = thread::spawn(move || {
        for size in sizes() {
            let message = receive_all(&server, size);
            send_all(&server, &message);
        }
    });
    for (seed, size) in (0..).zip(sizes()) {
        let message: Vec<_> =
            (0..size).map(|at| u8::try_from((at + seed) % 251).unwrap()).collect();
        send_all(&client, &message);
        assert_eq!(receive_all(&client, size), message);
    }
    echoing.join().unwrap();
}

#[test]
fn messages_of_every_size_come_back_through_rings_that_sleep_and_that_do_not() {
    echo::<true>();
    echo::<false>();
}

#[test]
fn a_full_ring_takes_a_part_then_nothing_and_an_empty_one_has_nothing() {
    let ([client, server], _memory) = ends::<true>();
    for end in [&client, &server] {
        end.set_nonblocking(true).unwrap();
    }
    let would_block = |result: io::Result<usize>| {
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    };
    would_block(server.receive(&mut [0; 8]));
    assert_eq!(client.send(&[1; 4000]).unwrap(), 4000);
    assert_eq!(client.send(&[2; 4000]).unwrap(), 96, "a ring of 4096");
    would_block(client.send(&[3; 8]));
    assert_eq!(server.receive(&mut [0; 4050]).unwrap(), 4050);
    assert_eq!(client.send(&[3; 4050]).unwrap(), 4050);
    let mut buffer = [0; 46];
    assert_eq!(server.receive(&mut buffer).unwrap(), 46);
    assert_eq!(buffer, [2; 46]);
}

#[test]
fn what_was_written_before_the_end_is_read_and_then_the_end() {
    let ([client, server], _memory) = ends::<true>();
    client.send(b"last words").unwrap();
    drop(client);
    let mut buffer = [0; 16];
    assert_eq!(server.receive(&mut buffer).unwrap(), 10);
    assert_eq!(server.receive(&mut buffer).unwrap(), 0);
    assert_eq!(server.send(&[0; 5000]).unwrap(), 4096, "there is room");
    let error = server.send(&[0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "and nobody to make more");
}

#[test]
fn an_end_that_goes_wakes_the_other() {
    let ([client, server], memory) = ends::<true>();
    let sleeps = |variable: Variable| {
        let index = (client.out * VARIABLES + variable as usize) * STRIDE;
        while memory.header()[index].load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        let reading = scope.spawn(move || server.receive(&mut [0; 8]).unwrap());
        sleeps(Variable::ReaderSleeps);
        client.variable(client.out, Variable::Gone).store(1, Ordering::Release);
        client.bed(client.out, Variable::ReaderSleeps).wake();
        assert_eq!(reading.join().unwrap(), 0);
    });
    let ([client, server], _memory) = ends::<true>();
    thread::scope(|scope| {
        let reading = scope.spawn(move || server.receive(&mut [0; 8]).unwrap());
        drop(client);
        assert_eq!(reading.join().unwrap(), 0);
    });
}

#[test]
fn memory_that_makes_no_sense_is_an_error_and_nothing_worse() {
    let ([client, _server], memory) = ends::<false>();
    let set = |ring: usize, variable: Variable, value: u32| {
        let index = (ring * VARIABLES + variable as usize) * STRIDE;
        memory.header()[index].store(value, Ordering::Release);
    };
    set(client.inn(), Variable::Written, 4097);
    let error = client.receive(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    set(client.out, Variable::Read, 1);
    let error = client.send(&[0; 8192]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "read what was never written");
}

#[test]
fn a_third_end_finds_no_place() {
    let [first, second] = Floor::ShmSpin.ends(None).unwrap();
    let third = vec![first[0].try_clone().unwrap()];
    let _ends = [first, second].map(|end| Ring::<false>::new(end).unwrap());
    assert!(Ring::<false>::new(third).is_err());
}

#[test]
fn a_capacity_is_a_power_of_two_within_bounds() {
    for (asked, capacity_of) in
        [(0, 4096), (4096, 4096), (4097, 8192), (262_144, 262_144), (u32::MAX, 1 << 30)]
    {
        assert_eq!(capacity(asked), capacity_of);
    }
}
