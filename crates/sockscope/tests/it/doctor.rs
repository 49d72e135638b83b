//! `doctor` as a user runs it: this machine, in text and JSON, and the exit status for CI.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::ping_scene::sockscope;
use crate::schema;

fn examined(args: &[&str]) -> (Value, i32) {
    let output = sockscope().arg("doctor").args(args).arg("--json").output().expect("it runs");
    let value = serde_json::from_slice(&output.stdout).expect("JSON");
    (value, output.status.code().expect("it ends by itself"))
}

fn severities(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["severity"].as_str().expect("a severity")).collect()
}

#[test]
fn the_json_obeys_its_schema_and_the_worst_comes_first() {
    let (report, status) = examined(&[]);
    assert_eq!(status, 0, "a machine is never too noisy to be examined");
    schema::check(&report, "sockscope.doctor/1");
    let severities = severities(&report);
    assert_eq!(severities.len(), 31);
    let order = ["warning", "note", "ok", "unknown"];
    let rank = |severity: &&str| order.iter().position(|one| one == severity);
    assert!(severities.is_sorted_by_key(rank), "{severities:?}");
}

#[test]
fn the_text_fits_a_terminal_and_is_plain_in_a_pipe() {
    for args in [&["doctor"] as &[&str], &["doctor", "--verbose"]] {
        let assert = sockscope().args(args).assert().code(0).stderr_eq("");
        let text = String::from_utf8(assert.get_output().stdout.clone()).expect("UTF-8");
        assert!(!text.contains('\u{1b}'), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
        }
        assert!(text.contains("is this machine fit to measure?"), "{text}");
        assert!(text.contains("io-uring"), "{text}");
    }
}

#[test]
fn a_finding_that_is_grave_enough_is_an_exit_status() {
    for (condition, grave) in [("warning", &["warning"] as &[&str]), ("note", &["warning", "note"])]
    {
        let (report, status) = examined(&["--fail-on", condition]);
        let met = severities(&report).iter().any(|severity| grave.contains(severity));
        assert_eq!(status, i32::from(met), "--fail-on {condition}");
    }
    sockscope().args(["doctor", "--fail-on", "ok"]).assert().code(2).stdout_eq("");
}

#[test]
fn the_limits_of_the_process_are_those_that_it_runs_under() {
    let program = snapbox::cmd::cargo_bin!("sockscope");
    let script = "ulimit -n 100 && exec \"$0\" doctor --json";
    let shell = snapbox::cmd::Command::new("sh").arg("-c").arg(script).arg(program);
    let output = shell.output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["facts"]["permissions"]["descriptors"], serde_json::json!([100, 100]));
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["code"] == "descriptors").expect("it");
    assert_eq!(finding["severity"], "note");
}

#[test]
fn a_bench_warns_before_it_measures_and_its_result_says_why_not_to_trust_it() {
    let program = snapbox::cmd::cargo_bin!("sockscope");
    let script = "echo 3000000 > /proc/$$/timerslack_ns && exec \"$0\" bench --rounds 1 \
                  --block 1ms --view solo --json";
    let shell = snapbox::cmd::Command::new("sh").arg("-c").arg(script).arg(program);
    let output = shell.output().expect("it runs");
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(notes.contains("timer-slack (3.00 ms)"), "{notes}");
    assert!(notes.contains("sockscope doctor says what to do"), "{notes}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let caveats = result["caveats"].as_array().expect("caveats");
    let caveat = caveats.iter().find(|caveat| caveat["code"] == "timer-slack").expect("it");
    assert!(caveat["text"].as_str().is_some_and(|text| text.contains("3.00 ms")), "{caveat}");
}

#[test]
fn every_finding_is_explained_in_the_documentation_in_the_same_words() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let page = fs::read_to_string(page).expect("docs/doctor.md");
    let (report, _) = examined(&[]);
    for finding in report["findings"].as_array().expect("findings") {
        let code = finding["code"].as_str().expect("a code");
        let section = page.split(&format!("\n### `{code}`\n")).nth(1).expect(code);
        let why = finding["why"].as_str().expect("why");
        assert!(section.trim_start().starts_with(why), "{code}: {why}");
        if let (Some(command), Some("note" | "warning")) =
            (finding["command"].as_str(), finding["severity"].as_str())
        {
            // Numbers and names are of the machine; the words are not.
            let word = command.split_whitespace().next().expect("a word");
            let section = section.split("\n### ").next().expect("a section");
            assert!(section.contains(word), "{code}: {command}");
        }
    }
}

#[test]
fn the_self_check_reads_a_known_delay_in_full_and_catches_every_cheat() {
    let (report, status) = examined(&["--self-check", "--rounds", "6"]);
    schema::check(&report, "sockscope.doctor/1");
    let check = &report["self_check"];
    let outcome = |one: &Value| one["outcome"].as_str().expect("an outcome").to_owned();
    assert_eq!(outcome(&check["delay"]), "passed", "{check}");
    assert!(check["delay"]["p50_ns"].as_u64() >= Some(200_000), "{check}");
    let cheats = check["cheats"].as_array().expect("cheats");
    assert_eq!(cheats.len(), 5);
    for cheat in cheats {
        assert_eq!(outcome(cheat), "passed", "{cheat}");
        assert!(cheat["said"].as_str().is_some_and(|said| !said.is_empty()), "{cheat}");
    }
    // What the loops take is this machine's business; that they were measured is ours.
    let loops = check["loops"].as_array().expect("loops");
    let same = check["same"].as_array().expect("same");
    assert_eq!((loops.len(), same.len()), (4, 2));
    for one in loops {
        let number = |key: &str| one[key].as_f64().expect(key);
        assert!(number("driven_ns") > 0.0 && number("bare_ns") > 0.0, "{one}");
        assert!(number("lo") <= number("ratio") && number("ratio") <= number("hi"), "{one}");
    }
    let failed = loops.iter().chain(same).any(|one| outcome(one) == "failed");
    assert_eq!(status, i32::from(failed), "{check}");
}

#[test]
fn a_self_check_has_rounds_enough_for_an_interval_and_only_a_self_check_has_rounds() {
    sockscope().args(["doctor", "--self-check", "--rounds", "5"]).assert().code(2).stdout_eq("");
    sockscope().args(["doctor", "--rounds", "10"]).assert().code(2).stdout_eq("");
}
