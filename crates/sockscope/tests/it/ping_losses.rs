//! `ping` of servers that do not answer: what is said, and the exit status 1, or 3 where this machine is at fault.

use snapbox::cmd::Command;
use snapbox::str;
use sockscope_net::Conn;

use crate::ping_scene::{Scene, mute, pong, receive_exactly, send_all, sockscope};

#[test]
fn a_refused_connection_says_errno_meaning_and_next_step() {
    let scene = Scene::new();
    let (listener, name) = scene.bind("tcp:127.0.0.1:0");
    drop(listener);
    let assert = scene.sockscope().args(["ping", "-c", "1", &name]).assert().code(1).stderr_eq("");
    let expected = "no connection to NAME: seq=1 ECONNREFUSED [..]; hint: [..]\n\
                    \n\
                    --- NAME ---\n\
                    1 sent, 0 received, 1 lost (100 %)\n";
    assert.stdout_eq(expected.replace("NAME", &name));
}

#[test]
fn each_refusal_of_a_path_has_its_errno() {
    let scene = Scene::new();
    std::fs::write(scene.path().join("file"), "").expect("a file");
    scene.serve("unix:stream.sock", pong);
    let rows = [
        ("unix:nothing.sock", "ENOENT"),
        ("unix:file", "ECONNREFUSED"),
        ("unixgram:stream.sock", "EPROTOTYPE"),
        ("unix:@sockscope-ping-nobody", "ECONNREFUSED"),
        ("unix:file/below", "ENOTDIR"),
    ];
    for (name, errno) in rows {
        let assert = scene.sockscope().args(["ping", "-c", "1", name]).assert().code(1);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(text.starts_with(&format!("no connection to {name}: seq=1 {errno} ")), "{text}");
        assert!(text.contains("; hint: "), "{text}");
    }
}

#[test]
fn a_port_that_refuses_datagrams_is_a_loss_at_once() {
    let scene = Scene::new();
    let (listener, name) = scene.bind("udp:127.0.0.1:0");
    drop(listener);
    let args = ["ping", "-c", "2", "-i", "0", "-W", "1h", &name];
    let assert = scene.sockscope().args(args).assert().code(1);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert_eq!(text.matches("ECONNREFUSED").count(), 2, "{text}");
}

#[test]
fn a_server_that_never_answers_is_a_loss_by_timeout() {
    let scene = Scene::new();
    scene.serve("unix:mute.sock", mute);
    let args = ["ping", "-c", "2", "-i", "0", "-W", "20ms", "unix:mute.sock"];
    scene.sockscope().args(args).assert().code(1).stdout_eq(str![[r"
no answer from unix:mute.sock: seq=1 ETIMEDOUT nothing came within 20ms; hint: [..]--connect-only
no answer from unix:mute.sock: seq=2 ETIMEDOUT nothing came within 20ms; hint: [..]--connect-only

--- unix:mute.sock ---
2 sent, 0 received, 2 lost (100 %)

"]]);
}

#[test]
fn an_answer_that_stops_in_the_middle_tells_how_far_it_came() {
    let scene = Scene::new();
    let half = |conn: &Conn| {
        receive_exactly(conn, 4);
        send_all(conn, b"po");
        mute(conn);
    };
    let name = scene.serve("unix:half.sock", half);
    let args = ["ping", "-c", "1", "-W", "50ms", &name];
    let assert = scene.sockscope().args(args).assert().code(1);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("ETIMEDOUT only 2 bytes of the answer came within 50ms"), "{text}");
}

#[test]
fn a_server_that_closes_instead_of_answering_is_a_loss() {
    let scene = Scene::new();
    let names = [
        scene.serve("unix:close.sock", |conn| drop(receive_exactly(conn, 4))),
        scene.serve("unixpacket:close.packet", |conn| drop(receive_exactly(conn, 4))),
    ];
    for name in names {
        let assert = scene.sockscope().args(["ping", "-c", "1", &name]).assert().code(1);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(text.contains("the server closed the connection"), "{text}");
    }
}

#[test]
fn one_lost_probe_is_enough_for_status_1_and_the_next_connects_anew() {
    let scene = Scene::new();
    let second_is_lost = |conn: &Conn| {
        receive_exactly(conn, 4);
        send_all(conn, b"pong");
        mute(conn);
    };
    let name = scene.serve("unix:twice.sock", second_is_lost);
    let args = ["ping", "-c", "3", "-i", "0", "-W", "50ms", &name];
    scene.sockscope().args(args).assert().code(1).stdout_eq(str![[r"
4 bytes from unix:twice.sock: seq=1 time=[..]s
no answer from unix:twice.sock: seq=2 ETIMEDOUT nothing came within 50ms; hint: [..]
4 bytes from unix:twice.sock: seq=3 time=[..]s (new connection)

--- unix:twice.sock ---
3 sent, 2 received, 1 lost (33.3 %)
rtt min [..]s  avg [..]s  p50 —  p99 —  max [..]s

"]]);
}

#[test]
fn connect_only_without_a_listener_fails() {
    let scene = Scene::new();
    let args = ["ping", "--connect-only", "-c", "1", "unix:nothing.sock"];
    scene.sockscope().args(args).assert().code(1).stdout_eq(str![[r"
no connection to unix:nothing.sock: seq=1 ENOENT [..]; hint: [..]

--- unix:nothing.sock ---
1 tried, 0 connected, 1 failed (100 %)

"]]);
}

#[test]
fn one_endpoint_of_many_decides() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let args = ["ping", "-q", "-c", "1", "unix:pong.sock", "unix:nothing.sock"];
    scene.sockscope().args(args).assert().code(1);
}

#[test]
fn a_name_that_cannot_resolve_is_the_machines_fault() {
    // A zone is looked up among the interfaces: nobody else is asked.
    let name = "tcp:[fe80::1%nosuch]:80";
    let assert = sockscope().args(["ping", "-c", "1", name]).assert().code(3).stdout_eq("");
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(text.starts_with(&format!("error: cannot resolve the host of {name}: ")), "{text}");
}

#[test]
fn a_name_that_cannot_resolve_does_not_keep_the_others_from_being_probed() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let name = "tcp:[fe80::1%nosuch]:80";
    let args = ["ping", "-c", "2", "-i", "0", name, "unix:pong.sock"];
    let assert = scene.sockscope().args(args).assert().code(3).stderr_eq("");
    assert.stdout_eq(str![[r"
no address for tcp:[fe80::1%nosuch]:80: seq=1 ENODEV [..]; hint: [..]
4 bytes from unix:pong.sock: seq=1 time=[..]s
4 bytes from unix:pong.sock: seq=2 time=[..]s

--- tcp:[fe80::1%nosuch]:80 ---
1 sent, 0 received, 1 lost (100 %)

--- unix:pong.sock ---
2 sent, 2 received, 0 lost (0 %)
rtt min [..]s  avg [..]s  p50 —  p99 —  max [..]s

"]]);
    let args = ["ping", "-q", "-c", "1", name, "unix:pong.sock"];
    let assert = scene.sockscope().args(args).assert().code(3);
    assert.stderr_eq(
        "warning: no address for tcp:[fe80::1%nosuch]:80: seq=1 ENODEV [..]; hint: [..]\n",
    );
}

#[test]
fn a_message_that_is_longer_than_this_machine_sends_is_its_own_fault() {
    let scene = Scene::new();
    scene.answer("unixgram:echo.sock", |message| vec![message.to_vec()]);
    let args = ["ping", "-c", "1", "-s", "64M", "unixgram:echo.sock"];
    let assert = scene.sockscope().args(args).assert().code(3);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.starts_with("no message to unixgram:echo.sock: seq=1 EMSGSIZE "), "{text}");
}

#[test]
fn a_message_that_no_udp_packet_holds_is_a_wrong_call() {
    let scene = Scene::new();
    let name = scene.answer("udp:127.0.0.1:0", |message| vec![message.to_vec()]);
    let ping = |size| scene.sockscope().args(["ping", "-c", "1", "-s", size, &name]);
    ping("65507").assert().code(0);
    let refusal = format!(
        "error: {name} carries messages of up to 65507 bytes, not 65508\n\n\
         hint: --size 65507, or another kind of endpoint, such as tcp\n"
    );
    ping("65508").assert().code(2).stdout_eq("").stderr_eq(refusal);
}

#[test]
fn a_machine_without_descriptors_is_at_fault_itself() {
    let program = snapbox::cmd::cargo_bin!("sockscope");
    let script = "ulimit -n 4 && exec \"$0\" ping -c 1 /x";
    let assert = Command::new("sh").arg("-c").arg(script).arg(program).assert().code(3);
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(text.starts_with("error: watch for signals: EMFILE this process has no "), "{text}");
}
