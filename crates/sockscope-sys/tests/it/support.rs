//! What several tests share: rings, pairs of sockets, and tests that run in a process of their own.

use std::env;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use sockscope_sys::uring::{Completion, Config, Event, Fixed, Pool, Received, Slot, Uring, probe};

/// Long enough for any machine; only a failure ever waits for it.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Bytes of a buffer, and of a slot.
pub(crate) const SIZE: u32 = 256;

/// Four buffers and slots, and places for eight descriptors.
pub(crate) const CONFIG: Config = Config {
    submissions: 8,
    completions: 64,
    descriptors: 8,
    buffers: Pool { count: 4, size: SIZE },
    slots: Pool { count: 4, size: SIZE },
};

/// Names the test that a child process was made for.
const CHILD: &str = "SOCKSCOPE_TEST_CHILD";

/// A ring, unless io_uring is refused here: then says why.
pub(crate) fn ring() -> Option<Uring> {
    ring_of(&CONFIG)
}

/// A ring of another size.
pub(crate) fn ring_of(config: &Config) -> Option<Uring> {
    match probe() {
        Ok(_) => Some(Uring::new(config).expect("a ring")),
        Err(refused) => {
            skip(&refused.to_string());
            None
        }
    }
}

/// Says why the test ends here; fails where everything must run.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(reason: &str) {
    assert!(env::var_os("SOCKSCOPE_REQUIRE_ALL").is_none(), "cannot run here: {reason}");
    eprintln!("skipped: {reason}");
}

/// Both ends of a connection of each kind that has ends.
pub(crate) fn pairs() -> Vec<(&'static str, OwnedFd, OwnedFd)> {
    let unix = |name, kind| {
        let (one, other) =
            socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).expect("a pair");
        (name, one, other)
    };
    let (client, server) = tcp();
    vec![
        unix("stream", SocketType::STREAM),
        unix("seqpacket", SocketType::SEQPACKET),
        unix("datagram", SocketType::DGRAM),
        ("tcp", client.into(), server.into()),
    ]
}

/// A TCP connection on loopback.
pub(crate) fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
    (client, listener.accept().expect("accepted").0)
}

/// Waits for the next completion.
#[track_caller]
pub(crate) fn next(ring: &mut Uring) -> Completion {
    let start = Instant::now();
    loop {
        if let Some(completion) = ring.complete() {
            return completion;
        }
        // The end of another ring may interrupt this one's wait, so that it is over too early.
        ring.wait(1, Some(LIMIT)).expect("entered");
        assert!(ring.ready() > 0 || start.elapsed() < LIMIT, "nothing within {LIMIT:?}: {ring:?}");
    }
}

/// Waits for an arrival; its buffer, or none at the end, and whether more will come.
#[track_caller]
pub(crate) fn arrival(ring: &mut Uring) -> (io::Result<Option<Received>>, bool) {
    let completion = next(ring);
    match completion.event {
        Event::Received(result) => (result, completion.more),
        event => panic!("no arrival: {event:?}"),
    }
}

/// Waits for an arrival of bytes, and gives its buffer back.
#[track_caller]
pub(crate) fn bytes(ring: &mut Uring) -> Vec<u8> {
    let received = arrival(ring).0.expect("received").expect("not the end");
    let bytes = ring.bytes(&received).to_vec();
    ring.recycle(received);
    bytes
}

/// Puts bytes into a slot and sends them.
#[track_caller]
pub(crate) fn send(ring: &mut Uring, to: Fixed, slot: Slot, bytes: &[u8]) {
    fill(ring, slot, bytes);
    ring.send(to, slot, 0..bytes.len(), 0).expect("queued");
}

#[track_caller]
pub(crate) fn fill(ring: &mut Uring, slot: Slot, bytes: &[u8]) {
    ring.slot_mut(slot).expect("idle")[..bytes.len()].copy_from_slice(bytes);
}

/// Runs `body` in a process of its own, because it changes what all tests of a process share. `test` is the whole name of
/// the test that calls this.
#[track_caller]
pub(crate) fn in_child(test: &str, body: impl FnOnce()) {
    if env::var_os(CHILD).is_some_and(|child| child == test) {
        return body();
    }
    let output = Command::new(env::current_exe().expect("the test program"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .expect("a child");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
}
