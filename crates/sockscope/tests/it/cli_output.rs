//! Output: plain text into pipes, and nothing from outside that could drive a terminal.

use crate::ping_scene::{Scene, pong, sockscope};

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let calls: [&[&str]; 5] = [
        &["ping", "-c", "1", "unix:pong.sock"],
        &["ping", "-c", "1", "unix:nothing.sock"],
        &["ping", "-c", "1", "fd:3"],
        &["ping", "tcp:80"],
        &["--help"],
    ];
    for args in calls {
        let output = scene.sockscope().args(args).output().expect("the program runs");
        for text in [output.stdout, output.stderr] {
            assert!(!text.contains(&0x1b), "{args:?}: {}", String::from_utf8_lossy(&text));
        }
    }
}

#[test]
fn a_name_that_would_drive_the_terminal_is_printed_escaped() {
    let scene = Scene::new();
    for format in ["text", "json"] {
        let args = ["ping", "-c", "1", "--format", format, "./\u{1b}]0;x\u{7}\u{202e}.sock"];
        let output = scene.sockscope().args(args).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("escaped, it is UTF-8");
        assert!(text.contains("%1B]0;x%07%E2%80%AE.sock"), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
}

#[test]
fn a_reader_that_was_never_there_is_no_error() {
    // `true` reads nothing: the help meets a closed pipe.
    let script = "\"$0\" --help | true";
    let program = snapbox::cmd::cargo_bin!("sockscope");
    let shell = snapbox::cmd::Command::new("sh").arg("-c").arg(script).arg(program);
    shell.assert().code(0).stderr_eq("");
    sockscope().arg("--version").assert().code(0);
}
