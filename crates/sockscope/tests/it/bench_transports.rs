//! `bench` over every kind of socket: what can be had is measured, and what cannot is listed with the reason.

use std::net::UdpSocket;
use std::process::{Command, Output};

use serde_json::Value;

use crate::running::Served;
use crate::skip::not_here;

/// A short bench; enough rounds for an interval.
const SHORT: [&str; 4] = ["--rounds", "6", "--block", "5ms"];

fn bench(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sockscope");
    Command::new(program).arg("bench").args(SHORT).args(args).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The result of a short bench with these arguments, which succeeds.
fn measured(args: &[&str]) -> Value {
    let output = bench(&[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn list<'a>(result: &'a Value, key: &str) -> &'a Vec<Value> {
    result[key].as_array().unwrap()
}

#[test]
fn datagram_servers_that_are_running_are_measured() {
    let name = format!("unixgram:@sockscope-bench-{}", std::process::id());
    let served = Served::start(&["udp:127.0.0.1:0", &name, "--service", "echo"]);
    let endpoints: Vec<_> = served.endpoints.iter().map(String::as_str).collect();
    let result = measured(&[&endpoints[..], &["--view", "free"]].concat());
    let transports: Vec<_> =
        list(&result, "cells").iter().map(|cell| cell["transport"].as_str().unwrap()).collect();
    assert_eq!(transports, ["udp", "unixgram", "udp"], "the last is the twin");
    for cell in list(&result, "cells") {
        assert_eq!(cell["error"], Value::Null);
        for block in list(cell, "blocks") {
            assert_eq!(block["lost"], 0);
        }
    }
}

#[test]
fn a_datagram_server_that_is_not_there_cannot_be_measured() {
    let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = bench(&[&format!("udp:{gone}")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(error(&output).contains("Connection refused"), "{}", error(&output));
}

#[test]
fn a_multipath_connection_that_fell_back_is_called_what_it_is() {
    let served = Served::start(&["tcp:127.0.0.1:0", "--service", "echo"]);
    let endpoint = served.endpoints[0].replacen("tcp:", "mptcp:", 1);
    let output = bench(&[&endpoint, "--view", "free", "--json"]);
    if error(&output).contains("ENOPROTOOPT") || error(&output).contains("EPROTONOSUPPORT") {
        return not_here("Multipath TCP");
    }
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list(&result, "cells")[0]["transport"], "tcp");
    assert!(error(&output).contains("warning: mptcp:127.0.0.1:"), "{}", error(&output));
    assert!(error(&output).contains("fell back to tcp, which is what was measured"));
}

#[test]
fn a_size_that_one_kind_cannot_carry_is_listed_and_the_others_are_measured() {
    let result = measured(&["--transport", "unix,udp", "--size", "65508", "--view", "solo"]);
    assert!(list(&result, "cells").iter().all(|cell| cell["transport"] == "unix"));
    let unavailable = list(&result, "unavailable");
    assert_eq!(unavailable.len(), 1, "{unavailable:?}");
    assert_eq!(
        (&unavailable[0]["label"], &unavailable[0]["size"]),
        (&"udp".into(), &65_508.into())
    );
    assert_eq!(
        unavailable[0]["reason"],
        "a datagram of 65508 bytes is larger than UDP carries: --size 65507 at most"
    );
}

#[test]
fn a_size_that_no_kind_can_carry_leaves_nothing_to_measure() {
    let output = bench(&["--transport", "udp", "--size", "64K", "--view", "solo"]);
    assert_eq!(output.status.code(), Some(3));
    let reason = "nothing could be measured: udp at 64 KiB: a datagram of 65536 bytes is larger than UDP carries: --size 65507 at most";
    assert!(error(&output).contains(reason), "{}", error(&output));
}

#[test]
fn all_transports_are_measured_or_listed_with_a_reason() {
    let result = measured(&["--transport", "unix,all", "--view", "solo", "--size", "8"]);
    let cells = list(&result, "cells").iter().map(|cell| &cell["label"]);
    let refused = list(&result, "unavailable").iter().map(|missing| &missing["label"]);
    let mut named: Vec<_> = cells.chain(refused).filter_map(Value::as_str).collect();
    assert_eq!(named[0], "unix", "the first that is named is the baseline");
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), 17, "{named:?}");
    assert!(list(&result, "unavailable").iter().all(|missing| missing["reason"] != ""));
    assert!(list(&result, "cells").iter().all(|cell| cell["error"].is_null()));
}

#[test]
fn the_buffers_of_both_ends_are_in_the_result() {
    let transports = ["--transport", "unix,tcp,udp,unixgram,socketpair", "--buffers", "20000"];
    for view in ["solo", "same-core"] {
        let result = measured(&[&transports[..], &["--view", view]].concat());
        for cell in list(&result, "cells") {
            let granted = serde_json::json!({ "send": 40_000, "receive": 40_000 });
            assert_eq!(cell["granted_buffers"], granted, "{cell}");
            assert_eq!(cell["granted_buffers_server"], granted, "{cell}");
        }
    }
}

#[test]
fn nodelay_can_be_compared_with_its_opposite() {
    let result = measured(&["--transport", "tcp,unix", "--nodelay", "on,off", "--view", "solo"]);
    let of_tcp = |cell: &&Value| cell["transport"] == "tcp" && cell["replica"] == "A";
    let nodelay: Vec<_> =
        list(&result, "cells").iter().filter(of_tcp).map(|cell| &cell["nodelay"]).collect();
    assert_eq!(nodelay, [&Value::Bool(true), &Value::Bool(false)]);
}

#[test]
fn a_stream_goes_over_every_transport_that_carries_bytes() {
    let what = ["--workload", "stream", "--transport", "all", "--size", "1000", "--view", "solo"];
    let result = measured(&what);
    for cell in list(&result, "cells") {
        let name = &cell["label"];
        assert!(cell["error"].is_null(), "{cell}");
        assert!(cell["bytes_per_second"].as_f64().unwrap() > 0.0, "{name}");
        let datagrams = ["udp", "udp6", "unixgram", "unixgram-abstract"];
        let may_lose = datagrams.contains(&name.as_str().unwrap());
        assert_eq!(cell["lost"].is_null(), !may_lose, "{name}");
    }
    let refused = list(&result, "unavailable").iter().find(|one| one["label"] == "eventfd");
    let reason = "an eventfd carries a counter of 8 bytes, no stream of them";
    assert_eq!(refused.unwrap()["reason"], reason);
}

#[test]
fn what_was_copied_although_it_was_not_to_be_is_in_the_result() {
    let what = ["--workload", "stream", "--zero-copy", "--transport", "tcp,unix", "--view", "solo"];
    let result = measured(&what);
    for cell in list(&result, "cells") {
        assert_eq!(cell["transport"], "tcp");
        let told = &cell["zero_copy"];
        assert!(told["sends"].as_u64() >= told["told"].as_u64(), "{told}");
        assert!(told["copied_share"].as_f64().unwrap() > 0.0, "over loopback: {told}");
    }
    let refused = &list(&result, "unavailable")[0];
    assert_eq!(refused["label"], "unix");
    assert!(refused["reason"].as_str().unwrap().contains("SO_ZEROCOPY: EOPNOTSUPP"), "{refused}");
    let caveats = list(&result, "caveats");
    assert!(caveats.iter().any(|caveat| caveat["code"] == "copied"), "{caveats:?}");
}
