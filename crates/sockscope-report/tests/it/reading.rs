//! Reading: results come back as they were written, old ones stay readable, and what is no result
//! is refused in words.

use serde_json::{Value, json};
use sockscope_report::model::{CaveatCode, View};
use sockscope_report::{Report, render};

use crate::fixture::{self, ARTICLE};

/// A result as version 0.1.0 wrote it. It is never written anew: a later version must read it as it
/// is.
const GOLDEN: &str = include_str!("golden/bench-1.json");

#[test]
fn a_result_comes_back_as_it_was_written() {
    for report in [fixture::report(&ARTICLE), fixture::one_cpu(), Report::default()] {
        assert_eq!(Report::from_json(&render::json(&report)).unwrap(), report);
    }
}

#[test]
fn a_released_result_stays_readable() {
    let report = Report::from_json(GOLDEN).unwrap();
    assert_eq!((report.cells.len(), report.comparisons.len(), report.seed), (15, 15, u64::MAX));
    assert_eq!(report.cells[3].rtt_ns.unwrap().p50, Some(3_735));
    let found = &report.comparisons[3];
    assert_eq!((found.view.as_str(), found.verdict.as_str()), ("same-core", "faster"));
    assert!((found.ratio - 1.374).abs() < 0.001, "{found:?}");
    assert_eq!(report.decomposition[3].part.as_str(), "wake-up");
    assert!(render::text(&report, &render::Style::plain()).contains("Unix is 1.37x faster"));
}

#[test]
fn the_keys_are_those_of_the_contract() {
    let value: Value = serde_json::from_str(GOLDEN).unwrap();
    let rows = [
        ("", "schema host plan seed partial cells unavailable comparisons decomposition caveats"),
        (
            "/cells/0",
            "id replica endpoint transport service workload client_engine server_engine view \
             placement wait size connections depth rate buffers nodelay rtt_ns cpu_ns_per_op switches_per_op \
             blocks histogram",
        ),
        ("/cells/0/placement", "client_cpus server_cpus relation"),
        ("/cells/0/rtt_ns", "mean p50 p90 p99 p999 max samples"),
        ("/cells/0/cpu_ns_per_op", "client server"),
        ("/cells/0/switches_per_op", "voluntary involuntary"),
        ("/cells/0/blocks/0", "round mean p50 p99 samples"),
        (
            "/comparisons/0",
            "factor baseline_cell candidate_cell baseline candidate view size \
             statistic better ratio lo hi confidence noise_floor verdict",
        ),
        ("/decomposition/0", "transport part ns lo hi resolved"),
        ("/caveats/0", "code text advice"),
    ];
    for (place, keys) in rows {
        let object = value.pointer(place).and_then(Value::as_object).unwrap();
        for key in keys.split_whitespace() {
            assert!(object.contains_key(key), "{place}: {key}");
        }
    }
    assert_eq!(value["seed"], json!("18446744073709551615"));
    assert_eq!(value["cells"][2]["replica"], json!("A'"));
    assert_eq!(value["cells"][0]["rate"], Value::Null);
}

#[test]
fn fields_and_names_of_a_later_version_are_kept_or_ignored() {
    let mut value: Value = serde_json::from_str(GOLDEN).unwrap();
    value["weather"] = json!("fine");
    value["cells"][0]["colour"] = json!({ "red": 1 });
    value["cells"][0]["view"] = json!("cross-planet");
    value["caveats"][0]["code"] = json!("solar-flare");
    let report = Report::from_json(&value.to_string()).unwrap();
    assert_eq!(report.cells[0].view, View::Other("cross-planet".to_owned()));
    assert_eq!(report.caveats[0].code, CaveatCode::Other("solar-flare".to_owned()));
    let written: Value = serde_json::from_str(&render::json(&report)).unwrap();
    assert_eq!(written["cells"][0]["view"], json!("cross-planet"));
}

#[test]
fn what_is_no_result_is_refused_with_a_hint() {
    let rows = [
        ("", "not a complete sockscope.bench/1 document"),
        ("{}", "not a complete sockscope.bench/1 document"),
        (&GOLDEN[..GOLDEN.len() / 2], "not a complete sockscope.bench/1 document"),
        (r#"{"schema":"sockscope.bench/1","seed":12}"#, "not a complete"),
        (r#"{"schema":"sockscope.bench/2"}"#, r#""sockscope.bench/2" is newer"#),
        (
            r#"{"schema":"sockscope.explain/1"}"#,
            r#""sockscope.explain/1", not "sockscope.bench/1""#,
        ),
        (r#"{"schema":"sockscope.bench"}"#, r#""sockscope.bench", not"#),
        (r#"{"schema":"sockscope.bench/one"}"#, r#""sockscope.bench/one", not"#),
    ];
    for (text, expected) in rows {
        let error = Report::from_json(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
        assert!(error.hint().is_some(), "{text}");
    }
}
