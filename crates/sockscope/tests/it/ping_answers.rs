//! `ping` of servers that answer.

use snapbox::str;
use sockscope_net::Conn;

use crate::ping_scene::{Scene, at_once, echo, has_ipv6, mute, pong, receive_exactly, send_all};
use crate::running::Served;

#[test]
fn a_server_that_pongs_and_one_that_echoes_are_both_understood() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    scene.serve("unix:echo.sock", echo);
    for name in ["pong", "echo"] {
        let args = ["ping", "-c", "2", "-i", "0", &format!("unix:{name}.sock")];
        let expected = "4 bytes from unix:NAME.sock: seq=1 time=[..]s\n\
                        4 bytes from unix:NAME.sock: seq=2 time=[..]s\n\
                        \n\
                        --- unix:NAME.sock ---\n\
                        2 sent, 2 received, 0 lost (0 %)\n\
                        rtt min [..]s  avg [..]s  p50 —  p99 —  max [..]s\n";
        let assert = scene.sockscope().args(args).assert().code(0).stderr_eq("");
        assert.stdout_eq(expected.replace("NAME", name));
    }
}

#[test]
fn every_kind_of_socket_is_asked_and_several_at_once() {
    let scene = Scene::new();
    let datagram = |message: &[u8]| vec![message.to_vec()];
    let mut names = vec![
        scene.serve("unix:a.sock", echo),
        scene.serve(&format!("unix:@sockscope-ping-{}", std::process::id()), echo),
        scene.serve("unixpacket:b.sock", echo),
        scene.answer("unixgram:c.sock", datagram),
        scene.serve("tcp:127.0.0.1:0", echo),
        scene.answer("udp:127.0.0.1:0", datagram),
    ];
    if has_ipv6() {
        names.push(scene.serve("tcp:[::1]:0", echo));
        names.push(scene.answer("udp:[::1]:0", datagram));
    }
    let args = ["ping", "-c", "3", "-i", "0", "-s", "100", "-W", "10s"];
    let assert = scene.sockscope().args(args).args(&names).assert().code(0).stderr_eq("");
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for name in names {
        for seq in 1..=3 {
            let line = format!("100 bytes from {name}: seq={seq} time=");
            assert_eq!(text.matches(&line).count(), 1, "{line:?} in\n{text}");
        }
        let summary = format!("--- {name} ---\n3 sent, 3 received, 0 lost (0 %)\n");
        assert!(text.contains(&summary), "{summary:?} in\n{text}");
    }
}

#[test]
fn our_own_server_answers_on_every_kind_of_socket() {
    let scene = Scene::new();
    for service in ["pong", "echo"] {
        let path = |kind: &str| format!("{kind}:{}/{service}-{kind}", scene.path().display());
        let [stream, packet, datagram] = ["unix", "unixpacket", "unixgram"].map(path);
        let served = Served::start(&[
            &stream,
            &packet,
            &datagram,
            "tcp:127.0.0.1:0",
            "udp:127.0.0.1:0",
            "--service",
            service,
        ]);
        let args = ["ping", "-q", "-c", "100", "-i", "0", "-W", "10s", "--service", service];
        let assert = scene.sockscope().args(args).args(&served.endpoints).assert().code(0);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        let counts = "100 sent, 100 received, 0 lost (0 %)";
        assert_eq!(text.matches(counts).count(), 5, "{text}");
    }
}

#[test]
fn an_echo_of_any_size_is_checked_and_counted() {
    let scene = Scene::new();
    let name = scene.serve("unix:echo.sock", echo);
    for (size, bytes) in [("1", 1), ("7", 7), ("8", 8), ("9", 9), ("64K", 65536), ("8M", 8 << 20)] {
        let args = ["ping", "-c", "2", "-i", "0", "-W", "30s", "-s", size, &name];
        let assert = scene.sockscope().args(args).assert().code(0);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert_eq!(text.matches(&format!("{bytes} bytes from")).count(), 2, "{text}");
    }
}

#[test]
fn the_service_decides_what_is_sent() {
    let scene = Scene::new();
    let name = scene.serve("unix:echo.sock", echo);
    let rows = [("echo", 0, "64 bytes from"), ("auto", 0, "4 bytes from"), ("pong", 4, "wrong")];
    for (service, code, text) in rows {
        let args = ["ping", "-c", "1", "--service", service, &name];
        let assert = scene.sockscope().args(args).assert().code(code);
        assert!(assert.get_output().stdout.starts_with(text.as_bytes()), "{service}");
    }
}

#[test]
fn percentiles_are_shown_when_enough_samples_lie_beyond_them() {
    let scene = Scene::new();
    let name = scene.serve("unix:pong.sock", pong);
    let rows =
        [("19", "p50 —  p99 —"), ("20", "p50 [..]s  p99 —"), ("1000", "p50 [..]s  p99 [..]s")];
    for (count, percentiles) in rows {
        let args = ["ping", "-q", "-c", count, "-i", "0", &name];
        let times = format!("rtt min [..]s  avg [..]s  {percentiles}  max [..]s");
        let counts = format!("{count} sent, {count} received, 0 lost (0 %)");
        let assert = scene.sockscope().args(args).assert().code(0);
        assert.stdout_eq(format!("--- {name} ---\n{counts}\n{times}\n"));
    }
}

#[test]
fn a_name_that_resolves_shows_the_address_that_was_reached() {
    let scene = Scene::new();
    let name = scene.serve("tcp:127.0.0.1:0", pong);
    let named = name.replace("127.0.0.1", "localhost");
    let assert = scene.sockscope().args(["ping", "-q", "-c", "1", &named]).assert().code(0);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.starts_with(&format!("--- {named} ({name}) ---\n")), "{text}");
}

#[test]
fn a_connection_that_the_server_closed_between_two_probes_is_made_again() {
    let scene = Scene::new();
    let once = |conn: &Conn| {
        receive_exactly(conn, 4);
        at_once(conn, || {
            send_all(conn, b"pong");
            conn.shutdown_write().expect("the client is still there");
        });
    };
    let name = scene.serve("unix:once.sock", once);
    let assert = scene.sockscope().args(["ping", "-c", "3", "-i", "20ms", &name]).assert().code(0);
    assert.stdout_eq(str![[r"
4 bytes from unix:once.sock: seq=1 time=[..]s
4 bytes from unix:once.sock: seq=2 time=[..]s (new connection)
4 bytes from unix:once.sock: seq=3 time=[..]s (new connection)

--- unix:once.sock ---
3 sent, 3 received, 0 lost (0 %)
rtt min [..]s  avg [..]s  p50 —  p99 —  max [..]s

"]]);
}

#[test]
fn connect_only_is_content_with_a_server_that_never_says_a_word() {
    let scene = Scene::new();
    let names = [scene.serve("unix:mute.sock", mute), scene.serve("tcp:127.0.0.1:0", mute)];
    let (_never_accepts, silent) = scene.bind("unix:silent.sock");
    let args = ["ping", "--connect-only", "-c", "2", "-i", "0"];
    let assert = scene.sockscope().args(args).args(names).arg(silent).assert().code(0);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for line in
        ["connected to unix:mute.sock: seq=2 time=", "connected to unix:silent.sock: seq=2 time="]
    {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(
        text.matches("2 tried, 2 connected, 0 failed (0 %)\nconnect min ").count(),
        3,
        "{text}"
    );
}

#[test]
fn a_datagram_that_comes_twice_or_late_is_never_taken_for_the_next_answer() {
    let scene = Scene::new();
    let twice = |message: &[u8]| vec![message.to_vec(); 2];
    let mut before = Vec::new();
    let with_the_one_before = move |message: &[u8]| {
        vec![std::mem::replace(&mut before, message.to_vec()), message.to_vec()]
    };
    let names = [
        scene.answer("unixgram:twice.sock", twice),
        scene.answer("udp:127.0.0.1:0", twice),
        scene.answer("unixgram:late.sock", with_the_one_before),
    ];
    // The first answer of `late` is the empty one before the first: a wrong one, so it is not asked for less.
    let assert =
        scene.sockscope().args(["ping", "-q", "-c", "200", "-i", "0", "-s", "16", "-W", "10s"]);
    let assert = assert.args(&names[..2]).assert().code(0);
    assert.stderr_eq("");
    let assert =
        scene.sockscope().args(["ping", "-q", "-c", "200", "-i", "0", "-s", "16", "-W", "10s"]);
    let assert = assert.arg(&names[2]).assert().code(4);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("200 sent, 199 received, 0 lost (0 %), 1 wrong"), "{text}");
}
