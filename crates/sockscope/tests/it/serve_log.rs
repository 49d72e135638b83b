//! The log: what it says of connections, what it does not say, and that it never holds the server
//! up.

use rustix::process::Signal;

use crate::serve_process::Server;

#[test]
fn ready_lines_name_the_address_really_bound_and_the_service() {
    let mut server = Server::start(&["tcp:127.0.0.1:0", "unix:a.sock", "--service", "echo"]);
    let tcp = server.endpoints[0].to_string();
    assert_eq!(server.log_line("listening"), format!("listening on {tcp} (echo)"));
    assert_eq!(server.log_line("listening"), "listening on unix:a.sock (echo)");
}

#[test]
fn a_connection_is_logged_when_it_opens_and_when_it_closes_and_not_between() {
    let mut server = Server::start(&["unix:a.sock", "tcp:127.0.0.1:0"]);
    let uid = rustix::process::geteuid().as_raw();
    let pid = std::process::id();
    let peers = [format!(r#"peer="uid {uid}"#), r#"peer="127.0.0.1:"#.to_owned()];
    for (index, peer) in peers.iter().enumerate() {
        let number = index + 1;
        let client = server.connect(index);
        for _ in 0..100 {
            client.ping();
        }
        drop(client);
        let open = server.log_line(&format!("conn={number}"));
        let close = server.log_line(&format!("conn={number}"));
        assert!(open.contains(&format!(" INFO open conn={number} endpoint=")), "{open}");
        assert!(close.contains(&format!(" INFO close conn={number} endpoint=")), "{close}");
        assert!(open.contains(peer) && close.contains(peer), "{open}\n{close}");
        assert_eq!(open.contains(&format!(" pid {pid}")), index == 0, "{open}");
        let end = "received=400 sent=400 exchanges=100 reason=\"closed by peer\"";
        assert!(close.ends_with(end), "{close}");
    }
}

#[test]
fn the_reason_of_a_refusal_is_logged() {
    let mut server = Server::start(&["unix:a.sock"]);
    let client = server.connect(0);
    client.0.send(b"pinX").unwrap();
    assert_eq!(client.hear_all(), b"");
    let close = server.log_line("close conn=1");
    assert!(close.ends_with(r#"reason="unexpected byte 0x58 at offset 3""#), "{close}");
}

#[test]
fn datagram_clients_that_do_not_read_are_warned_of_once() {
    let mut server = Server::start(&["unixgram:a.sock", "udp:127.0.0.1:0", "--service", "echo"]);
    let deaf = [server.connect(0), server.connect(0), server.connect(1)];
    for client in &deaf {
        for _ in 0..2000 {
            client.0.send(&[7; 1000]).unwrap();
        }
    }
    let warning = server.log_line("does not read its answers");
    let start = " WARN a client does not read its answers; others may lose theirs by it ";
    assert!(warning.contains(start), "{warning}");
    let peer = format!(r#"endpoint="unixgram:a.sock" peer="uid {}"#, rustix::process::geteuid());
    assert!(warning.contains(&peer), "{warning}");
    let log = server.finish();
    assert!(!log.contains("does not read its answers"), "{log}");
}

#[test]
fn a_quiet_server_says_nothing() {
    let mut server = Server::start(&["unix:a.sock", "--quiet"]);
    server.connect(0).ping();
    assert_eq!(server.finish(), "");
}

#[test]
fn names_are_escaped_wherever_they_are_printed() {
    let mut server = Server::start(&["unix:a%0A%1B[31m.sock"]);
    server.connect(0).ping();
    let log = server.finish();
    assert!(log.contains("listening on unix:a%0A%1B[31m.sock (pong)"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn a_server_goes_on_when_the_reader_of_its_log_has_ended() {
    let mut server = Server::start(&["unix:a.sock"]);
    server.stop_reading_the_log();
    for _ in 0..3 {
        server.connect(0).ping();
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_log_that_nobody_reads_does_not_hold_the_server_up() {
    const FAR_MORE_LINES_THAN_A_PIPE_HOLDS: usize = 2000;
    let mut server = Server::start(&["unix:a.sock"]);
    for _ in 0..FAR_MORE_LINES_THAN_A_PIPE_HOLDS {
        server.connect(0).ping();
    }
    // Now somebody reads, and learns that lines were lost.
    server.log_line("close conn=1 ");
    server.signal(Signal::TERM);
    let log = server.rest_of_log();
    assert_eq!(server.wait().code(), Some(0));
    assert!(log.lines().count() < 2 * FAR_MORE_LINES_THAN_A_PIPE_HOLDS);
}
