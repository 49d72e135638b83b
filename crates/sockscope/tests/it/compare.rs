//! `compare` as a user runs it: files, verdicts, exit statuses.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ping_scene::sockscope;
use crate::schema;

/// A result of one run whose only cell has this median in all of its ten blocks, give or take one in a thousand.
fn result(p50: u64, seed: u64) -> Value {
    let block = |round: u64| {
        let ns = p50 + (p50 * (round % 3)) / 1_000;
        json!({ "round": round, "mean": ns, "p50": ns, "p99": 2 * ns, "samples": 9_000 })
    };
    json!({
        "schema": "sockscope.bench/1", "created": null, "seed": seed.to_string(),
        "cells": [{
            "id": "c1", "label": "unix", "transport": "unix", "view": "same-core",
            "blocks": (0..10).map(block).collect::<Vec<_>>(),
        }],
    })
}

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, result: &Value) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, result.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Three runs around this median.
    fn three(&self, name: &str, p50: u64) -> Vec<String> {
        let run =
            |(number, ns): (u64, u64)| self.write(&format!("{name}{number}"), &result(ns, ns));
        (1..).zip([p50 - p50 / 200, p50, p50 + p50 / 250]).map(run).collect()
    }
}

fn call(before: &[String], options: &[&str], after: &[String]) -> snapbox::cmd::OutputAssert {
    sockscope().arg("compare").args(before).args(options).arg("--").args(after).assert()
}

#[test]
fn a_slowdown_fails_only_when_asked_and_only_from_its_size() {
    let files = Files::new();
    let (before, after) = (files.three("a", 10_000), files.three("b", 10_600));
    let rows: [(&[&str], i32); 4] = [
        (&[], 0),
        (&["--fail-on", "slower"], 1),
        (&["--fail-on", "slower:5%"], 1),
        (&["--fail-on", "slower:8%"], 0),
    ];
    for (options, status) in rows {
        let assert = call(&before, options, &after).code(status).stderr_eq("");
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(text.contains("Slower: unix in same-core by 6.0 %."), "{text}");
    }
    call(&after, &["--fail-on", "slower"], &before).code(0);
    call(&before, &["--fail-on", "slower"], &before).code(0);
}

#[test]
fn the_json_obeys_its_schema() {
    let files = Files::new();
    let assert = call(&files.three("a", 10_000), &["--json"], &files.three("b", 10_000)).code(0);
    let value: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(value["schema"], "sockscope.compare/1");
    assert_eq!(value["comparisons"][0]["verdict"], "same");
    schema::check(&value, "sockscope.compare/1");
}

#[test]
fn what_cannot_be_compared_is_a_usage_error() {
    let files = Files::new();
    let good = files.write("good", &result(10_000, 1));
    let newer = files.write("newer", &json!({ "schema": "sockscope.bench/2" }));
    let later = {
        let mut result = result(10_000, 2);
        result["schema"] = json!("sockscope.bench/1");
        result["tomorrow"] = json!({ "field": 1 });
        files.write("later", &result)
    };
    let other = files.write("other", &json!({ "schema": "sockscope.explain/1" }));
    let absent = "/nonexistent/x.json".to_owned();
    call(std::slice::from_ref(&good), &[], &[later]).code(0);
    let rows = [
        (newer, "\"sockscope.bench/2\" is newer", "the version of sockscope that wrote it"),
        (other, "\"sockscope.explain/1\", not", "hint: "),
        (absent, "read /nonexistent/x.json: ENOENT there is no such file", ""),
    ];
    for (file, expected, hint) in rows {
        let assert = call(std::slice::from_ref(&good), &[], &[file]).code(2).stdout_eq("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(error.contains(expected) && error.contains(hint), "{error}");
    }
}

#[test]
fn a_call_without_the_two_dashes_says_what_is_missing() {
    let assert = sockscope().args(["compare", "a.json", "b.json"]).assert().code(2).stdout_eq("");
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.contains("sockscope compare [OPTIONS] <BEFORE>... -- <AFTER>..."), "{error}");
}
