//! `ping` of servers that answer wrongly: exit status 4, and the place of the mistake.

use sockscope_net::Conn;

use crate::ping_scene::{Scene, at_once, mute, receive, receive_exactly, send_all};

/// The first line and the exit status of pings with these arguments.
fn ping(scene: &Scene, args: &[&str]) -> (String, Option<i32>) {
    let output = scene.sockscope().arg("ping").args(args).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text.lines().next().unwrap_or_default().to_owned(), output.status.code())
}

/// A server that answers every request of four bytes with these.
fn constant(bytes: &'static [u8]) -> impl Fn(&Conn) + Clone + Send + 'static {
    move |conn| {
        while receive(conn, &mut [0; 4]).is_some() {
            send_all(conn, bytes);
        }
    }
}

#[test]
fn a_wrong_answer_on_a_stream_is_status_4_and_says_which_byte() {
    let scene = Scene::new();
    let rows: [(&'static [u8], &str); 4] = [
        (b"+OK\r", "byte 0 of the answer is 0x2b, not 0x70"),
        (b"poNg", "byte 2 of the answer is 0x4e, not 0x6e"),
        (b"pinG", "byte 3 of the answer is 0x47, not 0x67"),
        (b"pong\n", "the answer is longer than 4 bytes"),
    ];
    for (index, (answer, meaning)) in rows.into_iter().enumerate() {
        let name = scene.serve(&format!("unix:{index}.sock"), constant(answer));
        let (line, code) = ping(&scene, &["-c", "1", &name]);
        let start = format!("wrong answer from {name}: seq=1 {meaning}; hint: ");
        assert!(line.starts_with(&start), "{line}");
        assert_eq!(code, Some(4), "{line}");
    }
}

#[test]
fn a_message_of_the_wrong_length_is_a_wrong_answer() {
    let scene = Scene::new();
    let rows: [(&'static [u8], &str); 3] = [
        (b"pon", "the answer ends after 3 of 4 bytes"),
        (b"", "the answer ends after 0 of 4 bytes"),
        (b"pong!!!", "the answer is longer than 4 bytes"),
    ];
    for (index, (answer, meaning)) in rows.into_iter().enumerate() {
        let datagrams = move |_: &[u8]| vec![answer.to_vec()];
        let packets = move |conn: &Conn| {
            receive(conn, &mut [0; 4]);
            let _ = conn.send(answer);
            mute(conn);
        };
        let names = [
            scene.answer(&format!("unixgram:{index}.dgram"), datagrams),
            scene.serve(&format!("unixpacket:{index}.packet"), packets),
        ];
        for name in names {
            let (line, code) = ping(&scene, &["-c", "1", &name]);
            assert!(line.contains(meaning), "{line}");
            assert_eq!(code, Some(4), "{line}");
        }
    }
}

#[test]
fn an_answer_that_the_server_breaks_off_is_short_and_not_lost() {
    let scene = Scene::new();
    let breaks_off = |conn: &Conn| {
        receive_exactly(conn, 64);
        send_all(conn, &[0; 8]);
    };
    let name = scene.serve("unix:short.sock", breaks_off);
    let (line, code) = ping(&scene, &["-c", "1", "-s", "64", &name]);
    assert!(line.contains("the answer ends after 8 of 64 bytes"), "{line}");
    assert_eq!(code, Some(4));
}

#[test]
fn the_echo_of_an_older_request_is_a_wrong_answer_on_a_stream() {
    let scene = Scene::new();
    let first_again = |conn: &Conn| {
        let first = receive_exactly(conn, 64).unwrap_or_default();
        send_all(conn, &first);
        while receive_exactly(conn, 64).is_some() {
            send_all(conn, &first);
        }
    };
    let name = scene.serve("unix:stuck.sock", first_again);
    let args = ["ping", "-c", "2", "-i", "0", "-s", "64", &name];
    let assert = scene.sockscope().args(args).assert().code(4);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("seq=2 byte 0 of the answer is 0x00, not 0x01"), "{text}");
}

#[test]
fn what_nobody_asked_for_is_a_wrong_answer() {
    let scene = Scene::new();
    let chatty = |conn: &Conn| {
        receive_exactly(conn, 4);
        at_once(conn, || {
            send_all(conn, b"pong");
            send_all(conn, b"and another thing");
        });
        mute(conn);
    };
    let name = scene.serve("unixpacket:chatty.sock", chatty);
    let args = ["ping", "-c", "2", "-i", "20ms", &name];
    let assert = scene.sockscope().args(args).assert().code(4);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("seq=2 the server sends what nobody asked for"), "{text}");
}

#[test]
fn a_wrong_answer_outweighs_a_loss() {
    let scene = Scene::new();
    let name = scene.serve("unix:bad.sock", constant(b"nope"));
    let (_, code) = ping(&scene, &["-c", "1", "unix:nothing.sock", &name]);
    assert_eq!(code, Some(4));
}
