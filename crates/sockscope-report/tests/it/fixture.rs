//! Fixtures: whole results, built from a few levels and a little scatter that repeats.

pub(crate) mod loads;

use sockscope_report::model::{
    Block, Cell, Clock, Counters, End, HardwarePerOp, Host, NotAvailable, PerOp, Perf, Placement,
    Plan, Relation, Replica, SoftwarePerOp, Unavailable, View, Wait,
};
use sockscope_report::{Report, analyse};
use sockscope_stats::Histogram;

/// How long a round trip takes in one view: the view, over unix, over tcp, and how much rounds
/// scatter.
pub(crate) type Level = (View, u64, u64, f64);

/// The machine of the article's repetition: two CPUs of a virtual machine.
pub(crate) const ARTICLE: [Level; 5] = [
    (View::Solo, 3_300, 4_800, 0.004),
    (View::SameCore, 3_740, 5_140, 0.004),
    (View::Spin, 3_450, 5_900, 0.01),
    (View::CrossCore, 68_000, 77_000, 0.02),
    (View::Free, 21_000, 40_000, 0.30),
];

/// A complete, analysed result of these levels with ten rounds.
pub(crate) fn report(levels: &[Level]) -> Report {
    analysed(levels, 10)
}

pub(crate) fn analysed(levels: &[Level], rounds: u32) -> Report {
    let mut report = measured(levels, rounds);
    analyse(&mut report);
    report
}

/// The same before analysis.
pub(crate) fn measured(levels: &[Level], rounds: u32) -> Report {
    let mut cells = Vec::new();
    for (view, unix, tcp, scatter) in levels {
        for (label, replica, level) in
            [("unix", Replica::A, *unix), ("tcp", Replica::A, *tcp), ("tcp", Replica::Twin, *tcp)]
        {
            let id = format!("c{}", cells.len());
            cells.push(cell(&id, label, replica, view, level, *scatter, rounds));
        }
    }
    Report {
        sockscope: "0.1.0".to_owned(),
        created: Some("2026-11-22T09:00:00Z".to_owned()),
        command: vec!["sockscope".to_owned(), "bench".to_owned()],
        host: host(),
        plan: Plan {
            rounds,
            views: levels.iter().map(|level| level.0.clone()).collect(),
            nodelay: vec![true],
            cells: Some(levels.len() as u64 * 3),
            twins: Some(levels.len() as u64),
            estimated_ms: Some(18_000),
            ..Plan::default()
        },
        seed: u64::MAX,
        cells,
        ..Report::default()
    }
}

pub(crate) fn host() -> Host {
    Host {
        hostname: Some("devbox".to_owned()),
        kernel: Some("6.18.5".to_owned()),
        architecture: Some("x86_64".to_owned()),
        cpu_model: Some("Intel(R) Xeon(R) Processor @ 2.60GHz".to_owned()),
        cpus_online: Some(2),
        cpus_allowed: Some(vec![0, 1]),
        virtualisation: Some("kvm".to_owned()),
        container: Some("none".to_owned()),
        clock: Clock {
            source: Some("tsc".to_owned()),
            cost_ns: Some(21.5),
            resolution_ns: Some(1),
        },
        load_average: Some([0.10, 0.20, 0.30]),
        steal_share: Some(0.0),
        cgroup_cpu_max: Some("max 100000".to_owned()),
        congestion_control: Some("bbr".to_owned()),
        ..Host::default()
    }
}

fn cell(
    id: &str,
    label: &str,
    replica: Replica,
    view: &View,
    level: u64,
    scatter: f64,
    rounds: u32,
) -> Cell {
    let number: u32 = id[1..].parse().expect("ids are c0, c1, …");
    let mut merged = Histogram::new();
    let mut blocks = Vec::new();
    for round in 0..rounds {
        let samples = samples(level, scatter, number * 3 + round);
        let count = samples.count();
        blocks.push(Block {
            cpu_ns_client: Some(count * level / 2),
            cpu_ns_server: Some(count * level / 2),
            switches_voluntary: Some(count * 2),
            switches_involuntary: Some(0),
            syscalls_client: Some(count * if *view == View::Solo { 4 } else { 2 }),
            syscalls_server: (*view != View::Solo).then_some(count * 2),
            answers_server: Some(count),
            ..Block::of(round, &samples)
        });
        merged.merge(&samples);
    }
    let mut cell = Cell {
        id: id.to_owned(),
        replica,
        label: label.to_owned(),
        endpoint: format!("{label}:somewhere"),
        transport: label.to_owned(),
        nodelay: (label == "tcp").then_some(true),
        view: view.clone(),
        wait: if *view == View::Spin { Wait::Spin } else { Wait::Block },
        placement: placement(view),
        perf: Some(perf(view)),
        blocks,
        ..Cell::default()
    };
    cell.summarise(&merged);
    cell
}

/// What a virtual machine counts: no cycles.
fn perf(view: &View) -> Perf {
    let ends = if *view == View::Solo { &[End::Client][..] } else { &[End::Client, End::Server] };
    let both =
        |number| PerOp { client: Some(number), server: (*view != View::Solo).then_some(number) };
    let reason = "this virtual machine has no hardware counters (no PMU)";
    Perf {
        exchanges: 3_000,
        software: SoftwarePerOp {
            minor_faults_per_op: both(0.0),
            major_faults_per_op: both(0.0),
            context_switches_per_op: both(if *view == View::Solo { 0.0 } else { 1.0 }),
            migrations_per_op: both(if *view == View::Free { 0.25 } else { 0.0 }),
            task_clock_ns_per_op: both(2_000.0),
            includes_kernel: Some(true),
        },
        hardware: None,
        not_available: ends
            .iter()
            .map(|end| NotAvailable {
                end: end.clone(),
                counters: Counters::Hardware,
                reason: reason.to_owned(),
            })
            .collect(),
    }
}

/// On a machine whose processor counts; unprivileged, it counts the programs alone.
pub(crate) fn with_hardware(includes_kernel: bool) -> Report {
    let mut report = measured(&ARTICLE, 10);
    for cell in &mut report.cells {
        let perf = cell.perf.as_mut().expect("it was counted");
        let server = |number| (cell.view != View::Solo).then_some(number);
        perf.not_available.clear();
        perf.software.includes_kernel = Some(includes_kernel);
        perf.hardware = Some(HardwarePerOp {
            cycles_per_op: PerOp { client: Some(5_123.4), server: server(4_987.6) },
            instructions_per_op: PerOp { client: Some(8_420.0), server: server(8_111.0) },
            includes_kernel,
        });
    }
    analyse(&mut report);
    report
}

/// Where the two ends of a view run on a machine of two cores that share a cache.
pub(crate) fn placement(view: &View) -> Placement {
    let of = |client: &[u32], server: &[u32], relation| Placement {
        client_cpus: client.to_vec(),
        server_cpus: server.to_vec(),
        relation,
    };
    match view {
        View::Solo => of(&[1], &[1], Relation::SameThread),
        View::SameCore => of(&[1], &[1], Relation::SameCpu),
        View::Spin | View::CrossCore => of(&[1], &[0], Relation::SameLlc),
        View::ClientPinned => of(&[1], &[], Relation::Free),
        View::Free | View::Other(_) => Placement::default(),
    }
}

/// A block: most samples at the level, a few slow ones, everything shifted by a scatter that `step`
/// decides.
pub(crate) fn samples(level: u64, scatter: f64, step: u32) -> Histogram {
    const POSITIONS: [f64; 11] = [0.2, -0.7, 0.5, -0.1, 0.9, -0.4, -1.0, 0.7, 0.0, -0.2, 0.4];
    let position = POSITIONS[step as usize % POSITIONS.len()];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few µs")]
    let centre = (level as f64 * (1.0 + scatter * position)) as u64;
    let mut histogram = Histogram::new();
    histogram.record_many(centre - centre / 100, 400);
    histogram.record_many(centre, 500);
    histogram.record_many(centre + centre / 20, 180);
    histogram.record_many(centre * 2, 20);
    histogram
}

/// Without the views that need a second CPU.
pub(crate) fn one_cpu() -> Report {
    let mut report = measured(&ARTICLE[..2], 10);
    report.host.cpus_online = Some(1);
    report.host.cpus_allowed = Some(vec![0]);
    for cell in &mut report.cells {
        (cell.placement.client_cpus, cell.placement.server_cpus) = (vec![0], vec![0]);
    }
    for view in [View::Spin, View::CrossCore] {
        let reason = "one CPU: it needs a second one that we may use".to_owned();
        report.unavailable.push(Unavailable { view: Some(view), reason, ..Unavailable::default() });
    }
    analyse(&mut report);
    report
}

/// On the two hardware threads of one core, the only pair that there is.
pub(crate) fn siblings() -> Report {
    let mut report = measured(&ARTICLE[..4], 10);
    for cell in &mut report.cells {
        if cell.placement.relation == Relation::SameLlc {
            cell.placement.relation = Relation::Smt;
        }
    }
    analyse(&mut report);
    report
}

/// With a few stalls of milliseconds in every block of one view of one transport.
pub(crate) fn stalled(label: &str, view: &View) -> Report {
    let mut report = measured(&ARTICLE, 10);
    let stalled = |cell: &&mut Cell| cell.label == label && cell.view == *view;
    for cell in report.cells.iter_mut().filter(stalled) {
        for block in &mut cell.blocks {
            block.mean = block.mean.map(|ns| ns * 2);
        }
        cell.rtt_ns.as_mut().expect("it was measured").mean *= 2;
    }
    analyse(&mut report);
    report
}

/// Of two servers that were already running.
pub(crate) fn attached(endpoints: [&str; 2]) -> Report {
    let levels = [(View::ClientPinned, 15_000, 21_000, 0.01), (View::Free, 16_000, 22_000, 0.05)];
    let mut report = measured(&levels, 10);
    report.plan.endpoints = endpoints.iter().map(|&endpoint| endpoint.to_owned()).collect();
    report.plan.transports.clear();
    report.plan.baseline = String::from(endpoints[0]);
    report.plan.service = String::from("pong");
    for cell in &mut report.cells {
        let endpoint = if cell.label == "tcp" { endpoints[0] } else { endpoints[1] };
        cell.label = String::from(endpoint);
        cell.endpoint = String::from(endpoint);
        cell.server_engine = None;
        // Only our own servers tell how many they made.
        cell.syscalls_per_op.server = None;
    }
    report.unavailable.push(Unavailable {
        view: Some(View::SameCore),
        reason:
            "the servers were already running, and a process that we did not start is not re-pinned"
                .to_owned(),
        ..Unavailable::default()
    });
    analyse(&mut report);
    report
}
