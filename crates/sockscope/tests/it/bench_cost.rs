//! What `bench` says an exchange costs: exact counts where there are any, and a reason where there are none.

use std::process::Command;

use serde_json::Value;

use crate::running::Served;

fn bench(args: &[&str]) -> String {
    let short = ["bench", "--rounds", "1", "--block", "5ms", "--transport", "unix"];
    let program = env!("CARGO_BIN_EXE_sockscope");
    let output = Command::new(program).args(short).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn cells(views: &str) -> Vec<Value> {
    let result: Value = serde_json::from_str(&bench(&["--json", "--view", views])).unwrap();
    result["cells"].as_array().unwrap().clone()
}

#[test]
fn the_system_calls_of_both_ends_are_exact() {
    let expected = [(Some(4.0), None), (Some(2.0), Some(2.0))];
    for (cell, (client, server)) in cells("solo,same-core").iter().zip(expected) {
        let calls = &cell["syscalls_per_op"];
        assert_eq!((calls["client"].as_f64(), calls["server"].as_f64()), (client, server));
    }
}

#[test]
fn every_count_of_the_kernel_and_the_processor_is_there_or_has_a_reason() {
    for cell in cells("solo,same-core") {
        let perf = &cell["perf"];
        let missing = |counters: &str, end: &str| {
            let mut all = perf["not_available"].as_array().unwrap().iter();
            all.any(|one| {
                let reason = one["reason"].as_str().unwrap();
                one["counters"] == counters && one["end"] == end && !reason.is_empty()
            })
        };
        let ends = if cell["view"] == "solo" { &["client"][..] } else { &["client", "server"] };
        for end in ends {
            for (counters, group, count) in [
                ("faults", "software", "minor_faults_per_op"),
                ("faults", "software", "task_clock_ns_per_op"),
                ("switches", "software", "migrations_per_op"),
                ("hardware", "hardware", "cycles_per_op"),
                ("hardware", "hardware", "instructions_per_op"),
            ] {
                let known = perf[group][count][end].is_f64();
                assert!(known != missing(counters, end), "{end} {count}: {perf}");
            }
        }
        assert!(perf["exchanges"].as_u64().unwrap() > 0);
    }
}

#[test]
fn of_a_running_server_only_what_the_kernel_tells_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", directory.path().join("s").display());
    let server = Served::start(&["tcp:127.0.0.1:0", &unix, "--service", "echo"]);
    let args = ["bench", "--rounds", "1", "--block", "5ms", "--view", "free", "--json"];
    let program = env!("CARGO_BIN_EXE_sockscope");
    let output = Command::new(program).args(args).args(&server.endpoints).output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    for cell in result["cells"].as_array().unwrap() {
        assert!(cell["syscalls_per_op"]["client"].as_f64() >= Some(2.0), "{cell}");
        assert!(cell["syscalls_per_op"]["server"].is_null(), "only our own servers tell");
        if cell["replica"] == "A'" {
            assert!(cell["perf"].is_null(), "a twin is only there for the noise of times");
            continue;
        }
        let of_server = |one: &&Value| one["end"] == "server" && one["counters"] == "faults";
        let missing = cell["perf"]["not_available"].as_array().unwrap().iter().find(of_server);
        let reason = missing.map(|missing| missing["reason"].as_str().unwrap());
        let known = cell["perf"]["software"]["task_clock_ns_per_op"]["server"].is_f64();
        assert!(known != reason.is_some(), "{cell}");
        if cell["transport"] == "tcp" {
            // TCP does not tell who is at the other end.
            assert_eq!(reason, Some("the kernel does not tell which process answers"));
        }
    }
}

#[test]
fn the_text_shows_the_main_view_and_with_cost_every_view() {
    let section = |text: &str| {
        let from = text.find("What an exchange costs").expect("it is there");
        text[from..].split("In short").next().unwrap_or_default().to_owned()
    };
    let views = ["--view", "solo,same-core"];
    let (brief, whole) =
        (section(&bench(&views)), section(&bench(&[&views[..], &["--cost"]].concat())));
    assert!(brief.contains("costs (same-core)") && !brief.contains("solo"), "{brief}");
    assert!(whole.contains("\nsolo ") && whole.contains("\nsame-core "), "{whole}");
    for text in [brief, whole] {
        let counted = text.contains("instructions of");
        assert!(counted != text.contains("cycles and instructions: not available: "), "{text}");
    }
}
