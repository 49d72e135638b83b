//! `bench` under fire: interrupted, and with killed processes, it reports what is complete and leaves nothing behind.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A bench of many blocks that saves its result; its socket files go to `directory`.
fn start(directory: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args(["bench", "-q", "-o"])
        .arg(directory.join("result.json"))
        .args(args)
        .env("TMPDIR", directory.join("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("tmp")).unwrap();
    directory
}

fn result(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("result.json")).unwrap()).unwrap()
}

/// The process ids of the workers of a bench that are there now.
fn workers(bench: &Child) -> Vec<Pid> {
    let tasks = format!("/proc/{0}/task/{0}/children", bench.id());
    let children = fs::read_to_string(tasks).unwrap_or_default();
    children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Polls until it is true; the limit only keeps a broken test from running without end.
fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not come true");
        thread::yield_now();
    }
}

fn signal(bench: &Child, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(bench.id()).unwrap()).unwrap(), signal).unwrap();
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

fn is_gone(pid: Pid) -> bool {
    let stat =
        fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // A zombie is dead: only its parent, which is init by now, can remove it.
    stat.is_empty() || stat.contains(") Z ")
}

/// The processor time of a process, in ticks of a hundredth of a second.
fn ticks(pid: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

#[test]
fn an_interrupt_saves_what_is_complete_and_leaves_nothing_behind() {
    for (number, stop) in [(2, Signal::INT), (15, Signal::TERM)] {
        let directory = directory();
        let mut bench =
            start(directory.path(), &["--rounds", "1000", "--block", "5ms", "--view", "same-core"]);
        let mut seen = Vec::new();
        // Several blocks' worth of workers: at least one round of three cells is complete.
        until("five blocks", || {
            for worker in workers(&bench) {
                if !seen.contains(&worker) {
                    seen.push(worker);
                }
            }
            seen.len() > 10
        });
        signal(&bench, stop);
        let status = bench.wait().unwrap();
        assert_eq!(
            status.signal(),
            Some(number),
            "it dies by the signal, so that a shell sees 128 + it"
        );
        let result = result(directory.path());
        assert_eq!((&result["partial"], &result["interrupted"]), (&true.into(), &true.into()));
        assert!(
            result["cells"]
                .as_array()
                .unwrap()
                .iter()
                .all(|cell| !cell["blocks"].as_array().unwrap().is_empty())
        );
        assert!(is_empty(&directory.path().join("tmp")));
        until("the end of every worker", || seen.iter().all(|pid| is_gone(*pid)));
    }
}

#[test]
fn a_killed_coordinator_leaves_no_process_and_no_file() {
    // Whatever the moment: before the bind, between bind and accept, in the middle of a block.
    let transports = ["unix", "unix", "unixgram", "unixgram", "pipe", "shm-futex"];
    for (moment, transport) in (0..12).zip(transports.into_iter().cycle()) {
        let directory = directory();
        let args = ["--rounds", "1000", "--block", "2ms", "--transport", transport];
        let mut bench = start(directory.path(), &args);
        until("workers", || !workers(&bench).is_empty());
        for _ in 0..moment * 400 {
            thread::yield_now();
        }
        let last = workers(&bench);
        signal(&bench, Signal::KILL);
        bench.wait().unwrap();
        until("the end of every worker", || last.iter().all(|pid| is_gone(*pid)));
        until("the end of every file", || is_empty(&directory.path().join("tmp")));
    }
}

#[test]
fn a_killed_worker_costs_one_retry_and_no_result() {
    // Some tell their other end that they are gone, and some do not; the first worker is the server.
    let round_trips = ["unix", "udp", "unixgram", "pipe", "eventfd", "shm-futex"];
    let round_trips = round_trips.map(|transport| [("rr", transport, 0), ("rr", transport, 1)]);
    // Who only receives does not hear that its sender has gone.
    let streams = ["udp", "unixgram", "pipe"].map(|transport| ("stream", transport, 0));
    for (workload, transport, victim) in round_trips.into_iter().flatten().chain(streams) {
        let directory = directory();
        let args = ["--rounds", "2", "--size", "8", "--view", "same-core"];
        let block = if workload == "rr" { "300ms" } else { "1500ms" };
        let asked = ["--workload", workload, "--transport", transport, "--block", block];
        let mut bench = start(directory.path(), &[&args[..], &asked].concat());
        until("two workers", || workers(&bench).len() == 2);
        let victim = workers(&bench)[victim];
        // A stream keeps its sender busy, so that its processor time tells that it runs.
        until("a stream", || workload == "rr" || ticks(victim) > 3);
        kill_process(victim, Signal::KILL).unwrap();
        assert_eq!(bench.wait().unwrap().code(), Some(0), "{workload} over {transport}");
        let result = result(directory.path());
        let cell = &result["cells"][0];
        let blocks = cell["blocks"].as_array().unwrap().len();
        assert_eq!((&cell["retried"], blocks), (&1.into(), 2), "{workload} over {transport}");
        assert_eq!(result["partial"], false);
        let caveats = result["caveats"].as_array().unwrap();
        assert!(caveats.iter().any(|caveat| caveat["code"] == "retried"));
        assert!(is_empty(&directory.path().join("tmp")));
    }
}

#[test]
fn a_worker_that_is_killed_twice_fails_its_cell_and_no_other() {
    let directory = directory();
    let args =
        ["--rounds", "1", "--block", "300ms", "--view", "same-core,free", "--transport", "unix"];
    let bench = start(directory.path(), &args);
    let mut killed: Vec<Pid> = Vec::new();
    until("two kills", || {
        let alive: Vec<_> =
            workers(&bench).into_iter().filter(|pid| !killed.contains(pid)).collect();
        if let [first, _] = alive[..] {
            kill_process(first, Signal::KILL).unwrap();
            killed.extend(alive);
        }
        killed.len() == 4
    });
    let output = bench.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("worker was killed twice"), "{error}");
    let result = result(directory.path());
    let failed = |cell: &&Value| !cell["error"].is_null();
    let cells = result["cells"].as_array().unwrap();
    assert_eq!(cells.iter().filter(failed).count(), 1);
    assert_eq!(
        cells.iter().filter(|cell| cell["blocks"].as_array().unwrap().len() == 1).count(),
        1
    );
    assert!(is_empty(&directory.path().join("tmp")));
}

#[test]
fn an_interrupted_bench_in_a_pipe_still_says_so() {
    let directory = directory();
    let mut bench = Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args([
            "bench",
            "-q",
            "--rounds",
            "1000",
            "--block",
            "5ms",
            "--view",
            "same-core",
            "--json",
        ])
        .env("TMPDIR", directory.path().join("tmp"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until("workers", || workers(&bench).len() == 2);
    // Nobody reads any more, as when the interrupt also ended the reader.
    drop(bench.stdout.take());
    signal(&bench, Signal::INT);
    assert_eq!(bench.wait().unwrap().signal(), Some(2));
}
