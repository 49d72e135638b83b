//! `ping --json`: every line is an object of `sockscope.ping/1`, and the last is the summary.

use serde_json::Value;

use crate::ping_scene::{Scene, mute, pong};

/// The exit status and the lines.
fn ping(scene: &Scene, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output =
        scene.sockscope().arg("ping").arg("--json").args(args).output().expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("an object a line"));
    (output.status.code(), lines.collect())
}

#[test]
fn every_probe_has_an_object_and_the_summary_adds_them_up() {
    let scene = Scene::new();
    let names = [scene.serve("unix:pong.sock", pong), scene.serve("tcp:127.0.0.1:0", pong)];
    let (code, lines) = ping(&scene, &["-c", "20", "-i", "0", &names[0], &names[1]]);
    assert_eq!(code, Some(0));
    let (summary, probes) = lines.split_last().expect("a summary");
    assert!(lines.iter().all(|line| line["schema"] == "sockscope.ping/1"));
    assert!(probes.iter().all(|probe| probe["type"] == "probe"));
    assert_eq!((&summary["type"], &summary["interrupted"]), (&"summary".into(), &false.into()));
    for (index, (name, transport)) in names.iter().zip(["unix", "tcp"]).enumerate() {
        let probes: Vec<_> =
            probes.iter().filter(|probe| probe["endpoint"] == name.as_str()).collect();
        let times: Vec<u64> =
            probes.iter().map(|probe| probe["rtt_ns"].as_u64().expect("a time")).collect();
        let numbers: Vec<_> = probes.iter().map(|probe| probe["seq"].as_u64()).collect();
        assert_eq!(numbers, (1..=20).map(Some).collect::<Vec<_>>());
        for (at, probe) in probes.iter().enumerate() {
            assert_eq!(probe["outcome"], "answered");
            assert_eq!((&probe["bytes"], &probe["error"]), (&4.into(), &Value::Null));
            assert_eq!(
                (&probe["transport"], &probe["address"]),
                (&transport.into(), &name.as_str().into())
            );
            assert_eq!(probe["connect_ns"].is_u64(), at == 0, "only the first connects");
            let time = probe["time"].as_str().expect("a time");
            assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        }
        let line = &summary["endpoints"][index];
        let expected = serde_json::json!({
            "endpoint": name, "address": name, "transport": transport,
            "sent": 20, "received": 20, "lost": 0, "wrong": 0,
            "rtt_ns": {
                "min": times.iter().min(), "mean": times.iter().sum::<u64>() / 20,
                "p50": line["rtt_ns"]["p50"], "p99": null, "max": times.iter().max(),
                "samples": 20,
            },
            "connect_ns": null,
        });
        assert_eq!(*line, expected);
        assert!(line["rtt_ns"]["p50"].is_u64());
    }
}

#[test]
fn a_failure_has_errno_text_and_hint_and_no_time() {
    let scene = Scene::new();
    scene.serve("unix:mute.sock", mute);
    let (code, lines) = ping(&scene, &["-c", "1", "-W", "20ms", "unix:mute.sock"]);
    assert_eq!((code, lines.len()), (Some(1), 2));
    let probe = &lines[0];
    assert_eq!(probe["outcome"], "lost");
    assert_eq!(probe["error"]["errno"], "ETIMEDOUT");
    assert!(probe["error"]["text"].is_string() && probe["error"]["hint"].is_string());
    assert!(probe["rtt_ns"].is_null() && probe["bytes"].is_null());
    let line = &lines[1]["endpoints"][0];
    assert_eq!((&line["lost"], &line["rtt_ns"]), (&1.into(), &Value::Null));
}

#[test]
fn connect_only_has_connect_times_and_no_round_trip() {
    let scene = Scene::new();
    let (_listener, name) = scene.bind("unix:silent.sock");
    let (code, lines) = ping(&scene, &["-c", "2", "-i", "0", "--connect-only", &name]);
    assert_eq!((code, lines.len()), (Some(0), 3));
    for probe in &lines[..2] {
        assert!(probe["connect_ns"].is_u64() && probe["rtt_ns"].is_null(), "{probe}");
        assert!(probe["bytes"].is_null(), "{probe}");
    }
    let line = &lines[2]["endpoints"][0];
    assert_eq!((&line["connect_ns"]["samples"], &line["rtt_ns"]), (&2.into(), &Value::Null));
}

#[test]
fn quiet_leaves_the_summary_only() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let (code, lines) = ping(&scene, &["-q", "-c", "3", "-i", "0", "unix:pong.sock"]);
    assert_eq!((code, lines.len()), (Some(0), 1));
    assert_eq!(lines[0]["endpoints"][0]["received"], 3);
}

#[test]
fn format_json_is_the_long_form() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let args = ["ping", "--format", "json", "-q", "-c", "1", "unix:pong.sock"];
    let output = scene.sockscope().args(args).output().expect("the program runs");
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
}

#[test]
fn a_file_has_every_line_whatever_is_printed() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let file = scene.path().join("saved");
    for args in [&["-q"][..], &[], &["--json"]] {
        std::fs::write(&file, "of an earlier run").expect("written");
        let common = ["ping", "-c", "3", "-i", "0", "-o", "saved", "unix:pong.sock"];
        let output = scene.sockscope().args(common).args(args).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(0));
        let text = std::fs::read_to_string(&file).expect("saved");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        let types: Vec<_> = lines.iter().map(|line| line["type"].as_str()).collect();
        let (probe, summary) = (Some("probe"), Some("summary"));
        assert_eq!(types, [probe, probe, probe, summary]);
        if args == ["--json"] {
            assert_eq!(text.as_bytes(), output.stdout);
        }
    }
}

#[test]
fn a_file_is_complete_even_if_nobody_reads_the_output() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let script = "\"$0\" ping -c 50 -i 0 -o saved unix:pong.sock | head -n 1";
    let program = snapbox::cmd::cargo_bin!("sockscope");
    let shell = snapbox::cmd::Command::new("sh").arg("-c").arg(script).arg(program);
    shell.current_dir(scene.path()).assert().code(0).stderr_eq("");
    let text = std::fs::read_to_string(scene.path().join("saved")).expect("saved");
    assert_eq!(text.lines().count(), 51);
}

#[test]
fn a_file_that_cannot_be_written_is_found_out_before_the_first_probe() {
    let scene = Scene::new();
    for (file, code) in [("no/such/file", 3), (".", 2), ("new/", 2)] {
        let args = ["ping", "-o", file, "unix:nothing.sock"];
        scene.sockscope().args(args).assert().code(code).stdout_eq("");
    }
}
