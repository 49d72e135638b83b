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
    assert!(csv.starts_with("cell,replica,label,endpoint,transport,"));
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
