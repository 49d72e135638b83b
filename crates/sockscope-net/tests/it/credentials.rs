//! Peers: who the kernel says is at the other end.

use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixDatagram;
use std::process;

use nix::unistd::{Gid, Uid, setresgid, setresuid};
use sockscope_net::{ObservedName, Peer, UnixPeer};

use crate::support::{
    at, bind, connect, directory, endpoint, in_child, in_child_under, is_root, pair,
};

fn ids(peer: &Peer) -> (u32, u32, Option<u32>) {
    let Peer::Unix(peer) = peer else { panic!("{peer} is not a Unix peer") };
    (peer.uid, peer.gid, peer.pid.map(|pid| pid.get().unsigned_abs()))
}

#[test]
fn a_client_that_changed_its_user_is_seen_as_the_new_one() {
    if !is_root() {
        return;
    }
    in_child("credentials::a_client_that_changed_its_user_is_seen_as_the_new_one", || {
        let directory = directory();
        rustix::fs::chmod(directory.path(), 0o777.into()).expect("opened to all");
        rustix::process::umask(0.into());
        let streams = bind(&at("unix", &directory.path().join("s")));
        let packets = bind(&at("unixpacket", &directory.path().join("p")));
        let datagrams = bind(&at("unixgram", &directory.path().join("g")));
        setresgid(Gid::from_raw(4321), Gid::from_raw(4321), Gid::from_raw(0)).expect("changed");
        setresuid(Uid::from_raw(1234), Uid::from_raw(1234), Uid::from_raw(0)).expect("changed");
        let expected = (1234, 4321, Some(process::id()));
        for listener in [streams, packets] {
            let (client, server) = pair(&listener);
            assert_eq!(ids(&server.peer()), expected);
            // The client sees who called listen, before the change.
            assert_eq!(ids(&client.peer()), (0, 0, Some(process::id())));
        }
        let client = connect(datagrams.local());
        client.send(b"x").expect("sent");
        let (_, sender) = datagrams.receive(&mut [0; 4]).expect("received");
        assert_eq!(ids(&sender.peer()), expected);
    });
}

#[test]
fn a_process_outside_our_pid_namespace_has_no_pid() {
    let test = "credentials::a_process_outside_our_pid_namespace_has_no_pid";
    let (path, inbox) = match std::env::var("SOCKSCOPE_TEST_OUTSIDE") {
        Ok(outside) => {
            let (path, inbox) = outside.split_once(' ').expect("two words");
            (path.to_owned(), inbox.to_owned())
        }
        Err(_) => return serve_from_outside(test),
    };
    in_child(test, || {
        let client = connect(&endpoint(&path));
        let Peer::Unix(peer) = client.peer() else { panic!("not a Unix peer") };
        assert_eq!(peer.pid, None, "the server's");
        let (_, sender) = bind(&endpoint(&inbox)).receive(&mut [0; 4]).expect("received");
        let Peer::Unix(peer) = sender.peer() else { panic!("not a Unix peer") };
        assert_eq!(peer.pid, None, "the sender's");
    });
}

/// The parent of that test: a server, and a message that waits in an inherited socket.
fn serve_from_outside(test: &str) {
    let directory = directory();
    let server = bind(&at("unix", &directory.path().join("s")));
    let (inbox, outbox) = UnixDatagram::pair().expect("a pair");
    rustix::net::sockopt::set_socket_passcred(&inbox, true).expect("set");
    outbox.send(b"x").expect("sent");
    rustix::io::fcntl_setfd(&inbox, rustix::io::FdFlags::empty()).expect("inheritable");
    let outside = format!("SOCKSCOPE_TEST_OUTSIDE={} fd:{}", server.local(), inbox.as_raw_fd());
    in_child_under(&["unshare", "--pid", "--fork", "env", &outside], test, || {});
}

#[test]
fn a_peer_is_one_line_with_names_where_there_are_any() {
    let peer = |uid, gid, pid, name| Peer::Unix(UnixPeer { uid, gid, pid, name });
    let pid = std::num::NonZeroI32::new(812);
    let hostile = ObservedName::Abstract(b"a\x1b\n".to_vec());
    for (peer, line) in [
        (peer(0, 0, pid, ObservedName::Unnamed), "uid 0 (root) gid 0 (root) pid 812"),
        (
            peer(4_000_000_000, 4_000_000_001, None, ObservedName::Unnamed),
            "uid 4000000000 gid 4000000001 pid ? (another pid namespace)",
        ),
        (peer(0, 0, pid, hostile), "uid 0 (root) gid 0 (root) pid 812 name @a%1B%0A"),
        (Peer::Network(([127, 0, 0, 1], 40312).into()), "127.0.0.1:40312"),
        (Peer::Unknown, "unknown"),
    ] {
        assert_eq!(peer.to_string(), line);
    }
}

#[test]
fn our_own_name_is_known_when_no_descriptor_is_left() {
    in_child("credentials::our_own_name_is_known_when_no_descriptor_is_left", || {
        let peer = |uid, gid| UnixPeer { uid, gid, pid: None, name: ObservedName::Unnamed };
        let own = peer(Uid::effective().as_raw(), Gid::effective().as_raw());
        sockscope_net::remember_own_names();
        let (user, group) = (own.user(), own.group());
        let few = rustix::process::Rlimit { current: Some(64), maximum: Some(64) };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, few).expect("limited");
        let mut taken = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        assert_eq!((own.user(), own.group()), (user, group));
    });
}

#[test]
fn a_network_peer_is_known_even_after_its_reset() {
    let listener = bind(&endpoint("tcp:127.0.0.1:0"));
    let (client, server) = pair(&listener);
    let local = client.local().expect("bound").to_string();
    rustix::net::sockopt::set_socket_linger(&client, Some(std::time::Duration::ZERO)).expect("set");
    drop(client);
    server.receive(&mut [0; 4]).expect_err("reset");
    assert_eq!(format!("tcp:{}", server.peer()), local);
}

#[test]
fn clients_on_abstract_names_are_told_like_those_on_files() {
    let listener = bind(&endpoint(&format!("unix:@sockscope-{}%00%00", process::id())));
    let (_client, server) = pair(&listener);
    let euid = rustix::process::geteuid().as_raw();
    let egid = rustix::process::getegid().as_raw();
    assert_eq!(ids(&server.peer()), (euid, egid, Some(process::id())));
    assert_eq!(server.transport(), "unix-abstract");
}
