//! Tests: what a cell asks of its sockets is what both ends have.

use rustix::net::sockopt;
use sockscope_net::{BindOptions, Listener};

use super::*;
use crate::control::Bind;
use crate::view::Wait;
use crate::work::{Buffers, Work};
use crate::worker::bound::Bound;

/// Both ends of a connection, the client's first, and what the server says it was granted.
struct Ends(Conn, Conn, Option<(usize, usize)>);

/// Connects as a client does to a server of ours; `None` where this machine has no such endpoint.
fn connected(endpoint: &str, work: Work) -> Option<Ends> {
    Listener::bind(&endpoint.parse().unwrap(), &BindOptions::default()).ok()?;
    let bound = Bound::new(&Bind { endpoint: endpoint.into(), scratch: false }, &work).unwrap();
    let address = bound.listener.local().to_string();
    let role = Role::Client { endpoint: address.clone(), server: None, running: false };
    let plan = WorkerPlan {
        role,
        cpu: None,
        wait: Wait::Block,
        work,
        seed: 0,
        warm_up_ns: 0,
        counts: false,
        block_ns: 0,
        patience_ns: 0,
    };
    let client = Client { plan: &plan, address: &address, server: None, running: false };
    let conn = client.connect().unwrap();
    let granted = bound.granted();
    let (_coordinator, channel) = std::os::unix::net::UnixStream::pair().unwrap();
    let accepted = bound.next(&channel).unwrap();
    Some(Ends(conn, accepted, granted.known()))
}

fn endpoints() -> Vec<String> {
    let name = std::process::id();
    ["tcp:127.0.0.1:0", "tcp:[::1]:0", "mptcp:127.0.0.1:0"]
        .map(str::to_owned)
        .into_iter()
        .chain([
            format!("unix:@sockscope-ends-{name}"),
            format!("unixpacket:@sockscope-ends-{name}"),
        ])
        .collect()
}

#[test]
fn both_ends_are_granted_twice_the_buffers_that_were_asked_for() {
    for endpoint in endpoints() {
        let work = Work { buffers: Buffers::Bytes(20_000), ..Work::default() };
        let Some(Ends(client, server, granted)) = connected(&endpoint, work) else { continue };
        for end in [&client, &server] {
            let buffers = end.buffers().unwrap();
            assert_eq!((buffers.send, buffers.receive), (40_000, 40_000), "{endpoint}");
        }
        assert_eq!(granted, Some((40_000, 40_000)), "{endpoint}");
    }
}

#[test]
fn equal_buffers_are_equal_on_every_transport() {
    let granted = endpoints().into_iter().filter_map(|endpoint| {
        let work = Work { buffers: Buffers::Equal, ..Work::default() };
        let Ends(client, _, server) = connected(&endpoint, work)?;
        let client = client.buffers().unwrap();
        Some([(client.send, client.receive), server.unwrap()])
    });
    let expected = 2 * Buffers::EQUAL as usize;
    let granted: Vec<_> = granted.flatten().collect();
    assert!(granted.len() >= 6);
    assert!(granted.iter().all(|one| *one == (expected, expected)), "{granted:?}");
}

#[test]
fn nodelay_is_on_or_off_at_both_ends_as_asked() {
    for endpoint in endpoints().into_iter().take(3) {
        for nodelay in [true, false] {
            let work = Work { nodelay, ..Work::default() };
            let Some(Ends(client, server, _)) = connected(&endpoint, work) else { continue };
            for end in [client, server] {
                assert_eq!(sockopt::tcp_nodelay(&end).unwrap(), nodelay, "{endpoint}");
            }
        }
    }
}
