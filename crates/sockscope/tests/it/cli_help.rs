//! Help: what each command says about itself, in 80 columns.
//!
//! `SNAPSHOTS=overwrite cargo test -p sockscope` writes the snapshots anew.

use snapbox::Data;

use crate::ping_scene::sockscope;

const COMMANDS: [&str; 6] = ["bench", "serve", "ping", "compare", "doctor", "schema"];

fn check(args: &[&str], snapshot: &str) {
    let expected = Data::read_from(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(snapshot),
        None,
    );
    let assert = sockscope().args(args).assert().code(0).stderr_eq("");
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
    assert.stdout_eq(expected.raw());
}

#[test]
fn the_program_lists_its_commands() {
    check(&["--help"], "help.txt");
}

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        check(&[command, "--help"], &format!("help-{command}.txt"));
    }
}

#[test]
fn every_command_has_a_snapshot() {
    let assert = sockscope().arg("--help").assert();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let commands = text.split("Commands:\n").nth(1).expect("a list of commands");
    let commands: Vec<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        // A description that goes on in the next line is indented further.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(commands, COMMANDS);
}

#[test]
fn the_version_is_that_of_the_package() {
    let expected = format!("sockscope {}\n", env!("CARGO_PKG_VERSION"));
    sockscope().arg("--version").assert().code(0).stdout_eq(expected);
}
