//! Wrong calls: exit status 2, nothing on stdout, and a message that says what to type instead.

use crate::ping_scene::sockscope;

/// Checks that the call is refused, and that each of the texts is in the message.
fn check(args: &[&str], texts: &[&str]) {
    let assert = sockscope().args(args).assert().code(2).stdout_eq("");
    let message = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(message.starts_with("error: ") || args.is_empty(), "{args:?}:\n{message}");
    for text in texts {
        assert!(message.contains(text), "{args:?} lacks {text:?}:\n{message}");
    }
}

#[test]
fn a_call_without_a_command_shows_the_help() {
    check(&[], &["Usage: sockscope <COMMAND>", "ping"]);
}

#[test]
fn an_unknown_command_or_option_is_refused() {
    check(&["pin"], &["unrecognized subcommand 'pin'", "ping"]);
    check(&["ping", "--cuont", "1", "/x"], &["unexpected argument '--cuont'", "--count"]);
}

#[test]
fn a_missing_endpoint_is_named() {
    check(&["ping"], &["<ENDPOINT>..."]);
    check(&["serve"], &["<ENDPOINT>..."]);
}

#[test]
fn a_bad_endpoint_comes_with_the_right_one() {
    for command in ["ping", "serve", "bench"] {
        check(&[command, "tcp:80"], &["cannot read \"tcp:80\"", "hint: tcp:localhost:80"]);
        check(&[command, "mysql.sock"], &["hint: unix:mysql.sock"]);
        check(&[command, "tcp:::1:80"], &["hint: tcp:[::1]:80"]);
        check(&[command, ""], &["it is empty"]);
    }
}

#[test]
fn an_endpoint_that_is_no_text_is_shown_escaped() {
    check(&["ping", "nosuch:\u{1b}[31m\u{202e}"], &["%1B", "%E2%80%AE"]);
}

#[test]
fn an_unknown_service_comes_with_the_known_ones() {
    check(&["ping", "--service", "whoami", "/x"], &["'whoami'", "auto, pong, echo"]);
    check(&["serve", "--service", "nosuch", "/x"], &["'nosuch'", "echo"]);
    check(&["bench", "--service", "nosuch"], &["'nosuch'", "echo"]);
}

#[test]
fn a_value_out_of_range_says_what_is_in_range() {
    let rows: [(&[&str], &str); 8] = [
        (&["-c", "0"], "'0'"),
        (&["-c", "-1"], "'-1'"),
        (&["-i", "1"], "a duration has a number and a unit"),
        (&["-i", "-1s"], "negative"),
        (&["-W", "0s"], "a duration of nothing"),
        (&["-s", "0"], "1 is the least"),
        (&["-s", "2G"], "no more than 1G"),
        (&["-s", "4X"], "K, M or G"),
    ];
    for (args, text) in rows {
        let joined: Vec<String> =
            args.chunks(2).map(|pair| format!("{}{}", pair[0], pair[1])).collect();
        let args: Vec<&str> =
            ["ping", "/x"].into_iter().chain(joined.iter().map(String::as_str)).collect();
        check(&args, &[text]);
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let rows: [(&[&str], &str); 4] = [
        (&["--connect-only", "-s", "4", "/x"], "--connect-only"),
        (&["--connect-only", "--service", "pong", "/x"], "--connect-only"),
        (&["--service", "pong", "-s", "4", "/x"], "hint: --service echo"),
        (&["--json", "--format", "text", "/x"], "--format"),
    ];
    for (args, text) in rows {
        check(&[&["ping"], args].concat(), &[text]);
    }
}

#[test]
fn endpoints_that_cannot_be_asked_are_refused() {
    for name in ["fd:3", "sd-listen:*", "sd-listen:web"] {
        check(&["ping", "-c", "1", name], &[name, "only be served"]);
    }
    check(&["ping", "--connect-only", "udp:127.0.0.1:9"], &["no connection", "hint: "]);
}
