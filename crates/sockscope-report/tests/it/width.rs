//! Width: whatever is in a result, its text fits in 80 columns and holds nothing that a terminal
//! would obey.

use proptest::prelude::*;
use sockscope_report::model::{
    Block, Cell, CellError, Clock, ConnectLoop, Host, OpenLoop, Placement, Plan, Replica, RttNs,
    Unavailable, View,
};
use sockscope_report::render::{Style, gobench, plan_text, text};
use sockscope_report::{Report, analyse};
use unicode_width::UnicodeWidthStr as _;

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("unix".to_owned()),
        Just("tcp".to_owned()),
        Just("socketpair".to_owned()),
        Just("tcp blocking-to-epoll nodelay off".to_owned()),
        Just("unix:/very/long/path/that/does/not/fit/anywhere/at/all.sock".to_owned()),
        Just("unix:소켓/소켓소켓소켓소켓소켓.sock".to_owned()),
        "\\PC{0,30}",
        any::<String>(),
    ]
}

fn view() -> impl Strategy<Value = View> {
    const NAMED: &[&str] = &["solo", "same-core", "spin", "cross-core", "free", "client-pinned"];
    prop_oneof![
        prop::sample::select(NAMED).prop_map(|name| View::from(name.to_owned())),
        any::<String>().prop_map(View::from),
    ]
}

fn ns() -> impl Strategy<Value = u64> {
    prop_oneof![0..10u64, 1_000..10_000u64, 0..60_000_000_001u64]
}

prop_compose! {
    fn block()(ns in ns(), p50 in prop::option::of(ns()), p99 in prop::option::of(ns())) -> Block {
        Block { mean: Some(ns), p50, p99, max: Some(ns), samples: 100, ..Block::default() }
    }
}

prop_compose! {
    fn placement()(
        client_cpus in prop::collection::vec(any::<u32>(), 0..12),
        server_cpus in prop::collection::vec(any::<u32>(), 0..12),
        relation in prop_oneof![Just("smt".to_owned()), Just("free".to_owned()), any::<String>()],
    ) -> Placement {
        Placement { client_cpus, server_cpus, relation: relation.into() }
    }
}

/// What the two ends of a cell do.
#[derive(Debug, Clone)]
struct Load {
    workload: String,
    engines: [Option<String>; 2],
    nodelay: Option<bool>,
    connections: u32,
    depth: u32,
    rate: Option<f64>,
    count: u64,
    open: Option<OpenLoop>,
    connect: Option<ConnectLoop>,
}

prop_compose! {
    fn load()(
        workload in prop::sample::select(&["rr", "open", "stream", "connect"][..]),
        client in prop::sample::select(&["blocking", "epoll", "\u{202e}"][..]),
        server in prop::option::of(prop::sample::select(&["blocking", "uring"][..])),
        nodelay in any::<Option<bool>>(),
        connections in prop::sample::select(&[1, 8, u32::MAX][..]),
        depth in prop::sample::select(&[1, 64, u32::MAX][..]),
        rate in prop::option::of(prop_oneof![Just(1_000.0), Just(12_345.0), 0.001..1e18]),
        count in prop_oneof![0..1_000u64, any::<u64>()],
        (achieved, invalid_because) in (0.0..1e18, prop::option::of(any::<String>())),
        (service, time_wait) in (prop::option::of(ns()), prop::option::of(any::<u64>())),
    ) -> Load {
        let service = service.map(|p99| RttNs { p99: Some(p99), ..RttNs::default() });
        Load {
            workload: workload.to_owned(),
            engines: [Some(client.to_owned()), server.map(str::to_owned)],
            nodelay,
            connections,
            depth,
            rate,
            count,
            open: service.map(|service| OpenLoop {
                achieved_per_second: achieved,
                due: count,
                invalid_because,
                service_ns: Some(service),
                lateness_ns: Some(service),
                ..OpenLoop::default()
            }),
            connect: time_wait.map(|_| ConnectLoop { exchange: true, backlog_full: count, time_wait, ..ConnectLoop::default() }),
        }
    }
}

prop_compose! {
    fn cell()(
        label in label(),
        view in view(),
        twin in any::<bool>(),
        size in prop::sample::select(&[64u64, 4_096, u64::MAX][..]),
        mut blocks in prop::collection::vec(block(), 0..12),
        (mean, p50, p99) in (ns(), prop::option::of(ns()), prop::option::of(ns())),
        (measured, failure) in (any::<bool>(), prop::option::of(any::<String>())),
        placement in placement(),
        load in load(),
    ) -> Cell {
        for (round, block) in (0..).zip(&mut blocks) {
            block.round = round;
        }
        let Load { workload, engines, nodelay, connections, depth, rate, count, open, connect } = load;
        for block in &mut blocks {
            block.elapsed = Some(count);
            block.bytes = (workload == "stream").then_some(count);
        }
        let [client_engine, server_engine] = engines;
        Cell {
            workload,
            client_engine: client_engine.unwrap_or_default(),
            server_engine,
            nodelay,
            connections,
            depth,
            rate,
            per_second: Some(count as f64),
            bytes_per_second: open.as_ref().map(|_| count as f64),
            lost: nodelay.map(|_| count),
            open,
            connect,
            replica: if twin { Replica::Twin } else { Replica::A },
            label,
            view,
            placement,
            size,
            blocks,
            rtt_ns: measured.then_some(RttNs { mean, p50, p99, ..RttNs::default() }),
            error: failure.map(|text| CellError { text, ..CellError::default() }),
            ..Cell::default()
        }
    }
}

prop_compose! {
    fn report()(
        cells in prop::collection::vec(cell(), 0..12),
        outside in prop::collection::vec(prop::option::of(any::<String>()), 6),
        attached in any::<bool>(),
        (interrupted, partial) in any::<(bool, bool)>(),
        unavailable in prop::collection::vec((view(), any::<String>()), 0..3),
        runs in 1..3u32,
        (clock, cost_ns) in (any::<String>(), -1e300..1e300),
    ) -> Report {
        let labels: Vec<String> = cells.iter().map(|cell| cell.label.clone()).collect();
        let mut cells = cells;
        for (number, cell) in cells.iter_mut().enumerate() {
            cell.id = format!("c{number}");
        }
        let [kernel, model, machine, governor, quota, service] =
            <[Option<String>; 6]>::try_from(outside).expect("six were drawn");
        let mut report = Report {
            host: Host {
                kernel,
                cpu_model: model,
                virtualisation: machine,
                governor,
                cgroup_cpu_max: quota,
                cgroup_throttled: Some(1),
                steal_share: Some(0.2),
                clock: Clock { source: Some(clock), cost_ns: Some(cost_ns), resolution_ns: None },
                ..Host::default()
            },
            plan: Plan {
                baseline: labels.first().cloned().unwrap_or_default(),
                endpoints: if attached { labels } else { Vec::new() },
                service: service.unwrap_or_default(),
                workload: cells.first().map_or_else(String::new, |cell| cell.workload.clone()),
                client_engines: cells.iter().map(|cell| cell.client_engine.clone()).collect(),
                buffers: cells.first().map_or_else(String::new, |cell| cell.label.clone()),
                ..Plan::default()
            },
            cells,
            interrupted,
            partial,
            runs,
            unavailable: unavailable
                .into_iter()
                .map(|(view, reason)| Unavailable { view: Some(view), reason, ..Unavailable::default() })
                .collect(),
            ..Report::default()
        };
        analyse(&mut report);
        report
    }
}

/// What a terminal would act on: controls, and the characters that turn text around or hide.
fn is_harmful(c: char) -> bool {
    let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n') || turns || hides
}

proptest! {
    #[test]
    fn no_line_is_wider_than_eighty_columns_or_harmful(report in report()) {
        let text = text(&report, &Style::plain());
        for line in text.lines() {
            prop_assert!(line.width() <= 80, "{} columns: {:?}", line.width(), line);
        }
        prop_assert!(!text.chars().any(is_harmful), "{:?}", text);
        prop_assert!(!text.contains("NaN") && !text.contains("inf "), "{}", text);
    }

    #[test]
    fn other_texts_are_harmless_too(report in report()) {
        let plan = plan_text(&report);
        prop_assert!(!plan.chars().any(is_harmful), "{:?}", plan);
        let lines = gobench(&report);
        prop_assert!(!lines.chars().any(is_harmful), "{:?}", lines);
    }
}
