//! `bench` as a user runs it: results, formats, refusals.

use std::process::{Command, Output};

use serde_json::Value;

use crate::running::Served;

/// A short bench; enough rounds for an interval.
const SHORT: [&str; 4] = ["--rounds", "6", "--block", "5ms"];

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sockscope")).arg("bench").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The result of a short bench with these arguments, which succeeds.
fn measured(args: &[&str]) -> Value {
    let output = bench(&[&SHORT, args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn cells(result: &Value) -> &Vec<Value> {
    result["cells"].as_array().unwrap()
}

fn cpus() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

#[test]
fn without_arguments_every_view_of_the_machine_is_measured_on_unix_and_tcp() {
    let result = measured(&[]);
    assert_eq!(result["schema"], "sockscope.bench/1");
    assert_eq!(result["partial"], false);
    let views = if cpus() > 1 { 5 } else { 3 };
    assert_eq!(cells(&result).len(), views * 3, "unix, tcp and tcp's twin");
    assert_eq!(result["unavailable"].as_array().unwrap().len(), 5 - views);
    for cell in cells(&result) {
        assert_eq!(cell["blocks"].as_array().unwrap().len(), 6, "{cell}");
        assert_eq!(cell["error"], Value::Null);
        assert!(cell["rtt_ns"]["mean"].as_u64().unwrap() > 0);
        assert!(cell["rtt_ns"]["samples"].as_u64().unwrap() > 0);
        assert_eq!(cell["size"], 64);
        assert!(cell["granted_buffers"]["send"].as_u64().unwrap() > 0);
        let tcp = cell["transport"] == "tcp";
        assert_eq!(cell["nodelay"], if tcp { Value::Bool(true) } else { Value::Null });
    }
    let comparisons = result["comparisons"].as_array().unwrap();
    let medians = comparisons.iter().filter(|comparison| comparison["statistic"] == "p50");
    // A view too slow for a median in 5 ms is left out.
    assert!(medians.count() <= views);
    for comparison in comparisons {
        assert_eq!(
            (&comparison["baseline"], &comparison["candidate"]),
            (&"tcp".into(), &"unix".into())
        );
        let [lo, ratio, hi] = ["lo", "ratio", "hi"].map(|key| comparison[key].as_f64());
        let (Some(lo), Some(ratio), Some(hi)) = (lo, ratio, hi) else { continue };
        assert!(lo <= ratio && ratio <= hi, "{comparison}");
    }
    let caveats = result["caveats"].as_array().unwrap();
    assert!(caveats.iter().any(|caveat| caveat["code"] == "single-run"));
}

#[test]
fn the_pinned_views_run_where_they_say() {
    let result = measured(&["--view", "same-core", "--transport", "unix"]);
    let placement = &cells(&result)[0]["placement"];
    assert_eq!(placement["client_cpus"], placement["server_cpus"]);
    assert_eq!(placement["relation"], "same-cpu");
}

#[test]
fn the_first_transport_is_the_baseline() {
    let result =
        measured(&["--view", "solo", "--transport", "unix,tcp,tcp6,unixpacket,unix-abstract"]);
    let comparisons = result["comparisons"].as_array().unwrap();
    assert!(comparisons.iter().all(|comparison| comparison["baseline"] == "unix"));
    let twins = cells(&result).iter().filter(|cell| cell["replica"] == "A'");
    assert_eq!(twins.map(|cell| cell["transport"].as_str().unwrap()).collect::<Vec<_>>(), ["unix"]);
}

#[test]
fn the_text_fits_eighty_columns_and_has_no_colour_in_a_pipe() {
    let output = bench(&SHORT);
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    for line in table.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    for word in ["unix", "tcp", "solo", "Where the time goes", "In short", "Before you trust it"] {
        assert!(table.contains(word), "{word} in\n{table}");
    }
}

#[test]
fn gobench_has_a_line_per_block_that_benchstat_can_read() {
    let output = bench(&[&SHORT[..], &["--view", "same-core", "--format", "gobench"]].concat());
    let text = text(&output.stdout);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("Benchmark")).collect();
    assert_eq!(lines.len(), 12, "two transports, six rounds; the twin is not listed:\n{text}");
    for line in lines {
        let words: Vec<_> = line.split_whitespace().collect();
        let name = words[0];
        assert!(
            ["unix", "tcp"].iter().any(|transport| {
                name == format!("BenchmarkSocket/{transport}/view=same-core-{}", cpus())
            }),
            "{line}"
        );
        assert!(words[1].parse::<u64>().is_ok() && words[3] == "ns/op", "{line}");
        assert!(words[2].parse::<u64>().is_ok(), "{line}");
        // On a busy machine 5 ms hold too few exchanges for a median.
        assert!(words.len() == 4 || words[5] == "p50-ns", "{line}");
    }
}

#[test]
fn the_result_is_saved_whole_beside_the_text() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("result.json");
    let output = bench(&[&SHORT[..], &["--view", "solo", "-o", file.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0));
    let saved: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(cells(&saved).len(), 3);
    let files = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn a_result_that_cannot_be_saved_is_refused_before_anything_is_measured() {
    let output = bench(&["-o", "/proc/nowhere/result.json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).starts_with("error: write /proc/nowhere/result.json: "));
    let output = bench(&["-o", "/"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_dry_run_prints_the_plan_and_measures_nothing() {
    let output = bench(&["--dry-run", "--seed", "42", "--view", "same-core"]);
    assert_eq!(output.status.code(), Some(0));
    let plan = text(&output.stdout);
    for word in ["tcp, unix", "same-core", "seed 42", "64 B"] {
        assert!(plan.contains(word), "{word} in\n{plan}");
    }
    let json = bench(&["--dry-run", "--json"]);
    let plan: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&plan["partial"], &plan["cells"]), (&true.into(), &serde_json::json!([])));
}

#[test]
fn servers_that_are_already_running_are_measured_and_the_other_views_explained() {
    let directory = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", directory.path().join("s").display());
    let served = Served::start(&["tcp:127.0.0.1:0", &socket, "--service", "pong"]);
    let [tcp, unix] = [&served.endpoints[0], &served.endpoints[1]];
    let result = measured(&[tcp, unix, "--service", "pong"]);
    let views: Vec<_> = result["plan"]["views"].as_array().unwrap().iter().collect();
    assert_eq!(views, ["client-pinned", "free"]);
    let unavailable = result["unavailable"].as_array().unwrap();
    assert_eq!(unavailable.len(), 4);
    assert!(unavailable.iter().all(|view| !view["reason"].as_str().unwrap().is_empty()));
    let labels: Vec<_> = cells(&result)[..2].iter().map(|cell| &cell["label"]).collect();
    assert_eq!(labels, [tcp, unix]);
    let pid = u64::from(served.pid());
    let unix_cell = &cells(&result)[1];
    assert_eq!(unix_cell["service_pid"].as_u64(), Some(pid), "a Unix peer is known by its process");
    assert!(unix_cell["cpu_ns_per_op"]["server"].as_f64().unwrap() > 0.0);
    assert_eq!(unix_cell["size"], 4, "ping has four bytes");
}

#[test]
fn a_large_echo_through_a_running_server_does_not_lock_up() {
    let served = Served::start(&["tcp:127.0.0.1:0", "--service", "echo"]);
    let result = measured(&[&served.endpoints[0], "--size", "4M", "--view", "free"]);
    assert_eq!(cells(&result)[0]["size"], 4 << 20);
}

#[test]
fn a_server_that_answers_something_else_is_the_peers_fault() {
    let served = Served::start(&["tcp:127.0.0.1:0", "--service", "pong"]);
    let output = bench(&[&SHORT[..], &[&served.endpoints[0]]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("warning: tcp:127.0.0.1:"));
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let output = bench(&["unix:/nonexistent/x.sock"]);
    assert_eq!(output.status.code(), Some(3));
    let error = text(&output.stderr);
    assert!(error.starts_with("error: "), "{error}");
    assert!(error.contains("unix:/nonexistent/x.sock") && error.contains("hint: "), "{error}");
}

#[test]
fn calls_that_make_no_sense_are_refused_as_usage() {
    let rows: [(&[&str], &str); 11] = [
        (&["fd:3"], "only serve can use it"),
        (&["unix:a", "unix:a"], "unix:a is listed twice"),
        (&["--transport", "unix,unix"], "unix is listed twice"),
        (&["--transport", "smoke"], "unix-abstract"),
        (&["--view", "sidewise"], "same-core"),
        (&["--service", "ticker"], "echo and pong"),
        (&["--size", "0"], "1 is the least"),
        (&["unix:a", "--transport", "tcp"], "cannot be used with"),
        (&["--service", "pong", "--size", "4K"], "ping and pong have 4 bytes"),
        (&["--block", "500us"], "from 1ms to 10m"),
        (&["--block", "9223372036854775807s"], "from 1ms to 10m"),
    ];
    for (args, expected) in rows {
        let output = bench(args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(expected), "{args:?}: {error}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_view_that_does_not_apply_is_an_error_when_it_is_the_only_one() {
    let output = bench(&["--view", "client-pinned"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("client-pinned: only for servers that are already running")
    );
}

/// Runs a shell script in which `$S` is sockscope; what it printed.
fn shell(script: &str) -> String {
    let output = Command::new("bash")
        .args(["-c", script])
        .env("S", env!("CARGO_BIN_EXE_sockscope"))
        .output()
        .unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let said =
        shell("$S bench --view solo --rounds 1 --block 5ms -q | true; echo ${PIPESTATUS[0]}");
    assert_eq!(said, "0\n");
}

#[test]
fn a_reader_that_goes_away_hides_no_failure() {
    let served = Served::start(&["tcp:127.0.0.1:0", "--service", "pong"]);
    let endpoint = &served.endpoints[0];
    let said = shell(&format!("$S bench {endpoint} -q | true; echo ${{PIPESTATUS[0]}}"));
    assert!(said.starts_with("4\n"), "{said}");
    assert!(said.contains("warning: ") && said.contains("--service pong"), "{said}");
}

#[test]
fn a_result_is_written_through_links_and_into_pipes_and_never_replaces_them() {
    let directory = tempfile::tempdir().unwrap();
    let script = "cd \"$D\"; B=\"$S bench --view solo --rounds 1 --block 5ms -q -o\"
        echo old > target.json; ln -s target.json link.json
        $B link.json > text; test -L link.json && grep -c sockscope.bench/1 target.json
        mkfifo pipe; cat pipe > read & $B pipe > text; wait; test -p pipe && grep -c sockscope.bench/1 read
        $B /dev/null > text; test -c /dev/null && echo still a device
        $B new/ > text; echo $?; ls";
    let script = script.replace("$D", directory.path().to_str().unwrap());
    let said = shell(&script);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(&lines[..4], ["1", "1", "still a device", "2"], "{said}");
    assert!(said.contains("error: new/ is a directory"), "{said}");
    assert!(!said.contains(".tmp"), "{said}");
}

#[test]
fn a_lack_of_descriptors_fails_cells_and_keeps_the_report() {
    let said = shell("ulimit -n 4; $S bench --view solo --rounds 1 --block 5ms; echo $?");
    assert!(
        said.contains("start the solo worker: Too many open files")
            || said.contains("watch for signals"),
        "{said}"
    );
    assert!(said.lines().any(|line| line == "3"), "{said}");
}

/// The measured part of a bench's text with everything masked that differs between runs and machines: numbers with their
/// units, the width of columns, and the lines about the machine.
fn masked(text: &str) -> String {
    let machine =
        |line: &&str| ["on Linux", "(", "clock: "].iter().any(|start| line.starts_with(start));
    // What the processor counts, or why it does not, ends the part that is measured.
    let ends = ["In short", "  cycles and", "  page faults", "        page"];
    let measured = text.lines().take_while(|line| !ends.iter().any(|end| line.starts_with(end)));
    let lines = measured.filter(|line| !machine(line)).map(|line| {
        let words = line.split_whitespace().map(|word| {
            let bare = word.trim_end_matches([',', ':']);
            let figure = bare.starts_with(|c: char| c.is_ascii_digit()) || bare == "—";
            if figure { word.replace(bare, "#") } else { word.to_owned() }
        });
        let units = ["ns", "µs", "ms", "s"];
        words.filter(|word| !units.contains(&word.as_str())).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_text_of_a_bench_is_the_snapshot_but_for_its_numbers() {
    let args = ["--rounds", "6", "--block", "50ms", "--transport", "unix", "--view", "same-core"];
    let output = bench(&args);
    snapbox::assert_data_eq!(
        masked(&text(&output.stdout)),
        snapbox::file!["../snapshots/bench-text.txt"].raw()
    );
}
