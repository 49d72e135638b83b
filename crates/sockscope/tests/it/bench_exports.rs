//! What `bench` writes for other programs: CSV on stdout, an HdrHistogram log in a file.

use std::fs;

use crate::ping_scene::sockscope;

const SHORT: [&str; 8] = ["bench", "--rounds", "6", "--block", "5ms", "--view", "solo", "-q"];

#[test]
fn csv_and_hlog_come_from_one_run() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("result.hlog");
    let assert = sockscope()
        .args(SHORT)
        .args(["--format", "csv", "--hlog", log.to_str().unwrap()])
        .assert()
        .code(0);
    let csv = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3 * 6, "tcp, unix and the twin, six rounds:\n{csv}");
    assert!(csv.starts_with("cell,replica,label,target,endpoint,transport,"));
    let log = fs::read_to_string(log).unwrap();
    assert!(log.starts_with("#[Histogram log format version 1.3]\n"), "{log}");
    for tag in ["tcp/solo/64B,", "unix/solo/64B,", "tcp/solo/64B/twin,"] {
        assert!(log.contains(&format!("\nTag={tag}")), "{tag} in\n{log}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn a_log_that_cannot_be_saved_is_refused_before_anything_is_measured() {
    let rows: [(&[&str], i32, &str); 3] = [
        (&["--hlog", "/"], 2, "hint: --hlog /result.hlog"),
        (&["--hlog", "x", "-o", "x"], 2, "the same file"),
        (&["--hlog", "/proc/nowhere/x.hlog"], 3, "write /proc/nowhere/x.hlog"),
    ];
    for (args, status, expected) in rows {
        let assert = sockscope().args(SHORT).args(args).assert().code(status).stdout_eq("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(error.contains(expected), "{args:?}: {error}");
    }
}

#[test]
fn several_runs_are_told_apart_and_compared_as_runs() {
    let directory = tempfile::tempdir().unwrap();
    let saved = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (before, after) = (saved("before.json"), saved("after.json"));
    for file in [&before, &after] {
        // Long enough for a median in every block, however slow the machine is just now.
        let args = ["bench", "--rounds", "6", "--block", "50ms", "--view", "solo", "-q"];
        let assert = sockscope().args(args).args(["--runs", "3", "-o", file]).assert().code(0);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(text.contains("3 runs of 6 rounds"), "{text}");
    }
    let result: serde_json::Value = serde_json::from_slice(&fs::read(&before).unwrap()).unwrap();
    assert_eq!((&result["runs"], &result["plan"]["rounds"]), (&3.into(), &6.into()));
    let blocks = result["cells"][0]["blocks"].as_array().unwrap();
    let places = blocks.iter().map(|block| (block["run"].as_u64(), block["round"].as_u64()));
    let expected = (0..3).flat_map(|run| (0..6).map(move |round| (Some(run), Some(round))));
    assert!(places.eq(expected), "{blocks:?}");
    let caveats = result["caveats"].as_array().unwrap();
    assert!(caveats.iter().all(|caveat| caveat["code"] != "single-run"), "{caveats:?}");
    let compared = sockscope().args(["compare", "--json", &before, "--", &after]).output().unwrap();
    let compared: serde_json::Value = serde_json::from_slice(&compared.stdout).unwrap();
    assert_eq!(compared["before"]["runs"], 3);
    assert_eq!(compared["comparisons"][0]["before_ns"].as_array().unwrap().len(), 3);
}

#[test]
fn a_dry_run_counts_all_runs() {
    let plan = |runs: &str| {
        let args = ["bench", "--dry-run", "--json", "--view", "solo", "--runs", runs];
        let output = sockscope().args(args).output().unwrap().stdout;
        let plan: serde_json::Value = serde_json::from_slice(&output).unwrap();
        plan["plan"]["estimated_ms"].as_u64().unwrap()
    };
    // The round that counts instead of timing comes once, after all runs.
    let (one, two, three) = (plan("1"), plan("2"), plan("3"));
    assert!(two - one > one / 2, "{one} {two}");
    assert_eq!(three - two, two - one);
    let args = ["bench", "--dry-run", "--view", "solo", "--runs", "3"];
    let output = sockscope().args(args).output().unwrap().stdout;
    assert!(String::from_utf8_lossy(&output).contains("runs          3, each of all rounds"));
}

#[test]
fn the_result_of_an_open_loop_says_that_its_client_never_sleeps_and_accounts_for_every_request() {
    let args = ["bench", "--workload", "open", "--rate", "1000", "--transport", "unix,unixgram"];
    let rest = ["--view", "free", "--rounds", "6", "--block", "20ms", "-q", "--json"];
    let assert = sockscope().args(args).args(rest).assert().code(0);
    let result: serde_json::Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    for cell in result["cells"].as_array().unwrap() {
        assert_eq!(cell["wait"], "client-spins", "{cell}");
        let open = &cell["open"];
        let count = |of: &serde_json::Value| of.as_u64().unwrap();
        let sent = count(&open["lateness_ns"]["samples"]);
        assert_eq!(sent + count(&open["missed"]), count(&open["due"]), "{open}");
        assert_eq!(open["own_lateness_ns"]["samples"], open["service_ns"]["samples"], "{open}");
        assert_eq!(cell["rtt_ns"]["samples"], sent, "{cell}");
    }
}
