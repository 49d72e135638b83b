//! Caveats: each is raised by what it is about, and by nothing else.

use sockscope_report::model::{
    Block, CaveatCode, CellError, Host, OpenLoop, Relation, RttNs, View,
};
use sockscope_report::{Report, analyse};
use sockscope_stats::Histogram;

use crate::fixture;
use crate::fixture::loads::{self, OVER_TCP, ROUND_TRIP, Recipe};

/// A result that nothing can be said against.
fn quiet() -> Report {
    let mut report = fixture::measured(&[(View::SameCore, 3_740, 5_140, 0.004)], 10);
    report.runs = 2;
    report.host.virtualisation = Some("none".to_owned());
    report
}

/// Makes the first cell an open loop that kept its schedule, but for this.
fn open(report: &mut Report, but: impl FnOnce(&mut OpenLoop)) {
    let cell = &mut report.cells[0];
    let due = cell.blocks.iter().map(|block| block.samples).sum();
    let lateness_ns = Some(RttNs::default());
    let mut open = OpenLoop { due, lateness_ns, ..OpenLoop::default() };
    but(&mut open);
    cell.open = Some(open);
}

fn codes(mut report: Report) -> Vec<CaveatCode> {
    analyse(&mut report);
    report.caveats.into_iter().map(|caveat| caveat.code).collect()
}

/// Replaces the blocks of the first cell by ones with these medians.
fn rounds_of(report: &mut Report, medians: impl Fn(u32) -> u64) {
    for block in &mut report.cells[0].blocks {
        let ns = medians(block.round);
        *block = Block { mean: Some(ns), p50: Some(ns), ..*block };
    }
}

#[test]
fn a_quiet_result_has_none() {
    assert_eq!(codes(quiet()), []);
}

#[test]
fn an_unknown_machine_is_not_a_bad_one() {
    assert_eq!(codes(Report { host: Host::default(), ..quiet() }), []);
}

#[test]
fn each_is_raised_by_what_it_is_about_and_nothing_else() {
    type Disturb = fn(&mut Report);
    let rows: [(CaveatCode, Disturb); 21] = [
        (CaveatCode::Interrupted, |report| (report.interrupted, report.partial) = (true, true)),
        (CaveatCode::Partial, |report| report.partial = true),
        (CaveatCode::CellFailed, |report| {
            report.partial = true;
            report.cells[0].error =
                Some(CellError { text: "died".to_owned(), ..CellError::default() });
        }),
        (CaveatCode::Retried, |report| report.cells[1].retried = 1),
        (CaveatCode::OpenInvalid, |report| open(report, |open| open.due = 200_000)),
        (CaveatCode::OpenLate, |report| {
            let late = RttNs { mean: 900, p99: Some(900), ..RttNs::default() };
            open(report, |open| open.lateness_ns = Some(late));
        }),
        (CaveatCode::Unanswered, |report| open(report, |open| open.unanswered = 1)),
        (CaveatCode::SingleRun, |report| report.runs = 1),
        (CaveatCode::NoTwin, |report| report.cells.truncate(2)),
        (CaveatCode::Steal, |report| report.host.steal_share = Some(0.02)),
        (CaveatCode::Throttled, |report| report.host.cgroup_throttled = Some(3)),
        (CaveatCode::Load, |report| report.host.load_average = Some([0.51, 0.0, 0.0])),
        (CaveatCode::FrequencyNotFixed, |report| {
            report.host.governor = Some("schedutil".to_owned());
        }),
        (CaveatCode::CpuQuota, |report| {
            report.host.cgroup_cpu_max = Some("90000 100000".to_owned());
        }),
        (CaveatCode::Siblings, |report| report.cells[1].placement.relation = Relation::Smt),
        (CaveatCode::SlowClock, |report| report.host.clock.cost_ns = Some(650.0)),
        (CaveatCode::TimerSlack, |report| report.host.timer_slack_ns = Some(1_000_000)),
        (CaveatCode::Virtualised, |report| report.host.virtualisation = Some("kvm".to_owned())),
        (CaveatCode::Drift, |report| rounds_of(report, |round| 4_000 + u64::from(round) * 40)),
        (CaveatCode::Bimodal, |report| {
            rounds_of(report, |round| if round % 3 == 1 { 60_000 } else { 4_000 });
        }),
        (CaveatCode::FloorTooHigh, |report| report.plan.margin = 0.000_1),
    ];
    for (code, disturb) in rows {
        let mut report = quiet();
        disturb(&mut report);
        assert_eq!(codes(report), [code]);
    }
}

#[test]
fn what_is_just_within_bounds_raises_none() {
    type Disturb = fn(&mut Report);
    let rows: [(&str, Disturb); 12] = [
        ("steal of half a percent", |report| report.host.steal_share = Some(0.005)),
        ("no throttled period", |report| report.host.cgroup_throttled = Some(0)),
        ("a quarter of the CPUs busy", |report| report.host.load_average = Some([0.5, 9.0, 9.0])),
        ("a fixed frequency", |report| report.host.governor = Some("performance".to_owned())),
        ("a quota of what is used", |report| {
            report.host.cgroup_cpu_max = Some("100000 100000".to_owned());
        }),
        ("no quota", |report| report.host.cgroup_cpu_max = Some("max 100000".to_owned())),
        ("two cores", |report| report.cells[1].placement.relation = Relation::SameNode),
        ("a clock in the process", |report| report.host.clock.cost_ns = Some(100.0)),
        ("the usual slack", |report| report.host.timer_slack_ns = Some(50_000)),
        ("many runs", |report| report.runs = 10),
        ("a drift of 4 %", |report| rounds_of(report, |round| 4_000 + u64::from(round) * 16)),
        ("one slow round", |report| {
            rounds_of(report, |round| if round == 4 { 60_000 } else { 4_000 });
        }),
    ];
    for (name, disturb) in rows {
        let mut report = quiet();
        disturb(&mut report);
        assert_eq!(codes(report), [], "{name}");
    }
}

#[test]
fn a_quota_is_held_against_the_cpus_that_the_views_use_and_said_once() {
    let rows = [
        // the quota, the view, periods stopped, what is said
        ("150000 100000", View::SameCore, 0, None),
        ("150000 100000", View::Spin, 0, Some(CaveatCode::CpuQuota)),
        ("150000 100000", View::Free, 0, Some(CaveatCode::CpuQuota)),
        ("200000 100000", View::Free, 0, None),
        ("150000 100000", View::Spin, 3, Some(CaveatCode::Throttled)),
    ];
    for (quota, view, stopped, expected) in rows {
        let mut report = fixture::measured(&[(view.clone(), 3_740, 5_140, 0.004)], 10);
        report.host.cgroup_cpu_max = Some(quota.to_owned());
        report.host.cgroup_throttled = Some(stopped);
        let about = [CaveatCode::CpuQuota, CaveatCode::Throttled];
        let said = codes(report).into_iter().filter(|code| about.contains(code));
        assert!(said.eq(expected), "{quota} in {view}");
    }
}

#[test]
fn too_few_rounds_are_named() {
    for (rounds, expected) in [(6, false), (5, true)] {
        let mut report = fixture::measured(&[(View::SameCore, 3_740, 5_140, 0.004)], rounds);
        assert_eq!(codes(report.clone()).contains(&CaveatCode::TooFewRounds), expected, "{rounds}");
        // Several runs have an interval from run to run.
        report.runs = 2;
        assert!(!codes(report).contains(&CaveatCode::TooFewRounds), "{rounds}");
    }
}

#[test]
fn no_advice_asks_for_fewer_rounds_than_were_asked_for() {
    let rows = [
        (3, 3, "Run at least 6 rounds (--rounds 6), better 10."),
        (6, 3, "Let all 6 rounds run to the end."),
        (10, 3, "Let all 10 rounds run to the end."),
    ];
    for (planned, rounds, expected) in rows {
        let mut report = fixture::measured(&fixture::ARTICLE[1..2], rounds);
        report.plan.rounds = planned;
        analyse(&mut report);
        let caveat = report.caveats.iter().find(|one| one.code == CaveatCode::TooFewRounds);
        assert_eq!(caveat.unwrap().advice, expected, "{planned}");
    }
    let rows = [
        (10, "Use more rounds (--rounds 30) or a quieter machine to see smaller ones."),
        (30, "Use more rounds (--rounds 60) or a quieter machine to see smaller ones."),
        (501, "Use a quieter machine to see smaller ones."),
        (u32::MAX, "Use a quieter machine to see smaller ones."),
    ];
    for (planned, expected) in rows {
        let mut report = quiet();
        (report.plan.margin, report.plan.rounds) = (0.000_1, planned);
        analyse(&mut report);
        assert_eq!(report.caveats[0].advice, expected);
    }
}

#[test]
fn two_groups_in_the_samples_are_found_in_the_histogram() {
    let mut report = quiet();
    let mut samples = Histogram::new();
    samples.record_many(4_000, 7_000);
    samples.record_many(60_000, 3_000);
    report.cells[1].histogram = Some(samples.to_base64());
    analyse(&mut report);
    let [caveat] = report.caveats.as_slice() else { panic!("{:?}", report.caveats) };
    assert_eq!(caveat.code, CaveatCode::Bimodal);
    assert_eq!(caveat.cells, ["c1"]);
    assert!(
        caveat.text.contains("same-core (tcp)") && caveat.text.contains("30 %"),
        "{}",
        caveat.text
    );
}

#[test]
fn a_damaged_histogram_is_no_caveat_and_no_panic() {
    let mut report = quiet();
    report.cells[0].histogram = Some("SElTVEZBQUE".to_owned());
    assert_eq!(codes(report), []);
}

#[test]
fn every_caveat_says_what_to_do() {
    let mut report = fixture::measured(&fixture::ARTICLE, 3);
    report.interrupted = true;
    report.host.steal_share = Some(0.5);
    report.host.governor = Some("powersave".to_owned());
    analyse(&mut report);
    assert!(report.caveats.len() >= 5);
    for caveat in &report.caveats {
        assert!(caveat.text.ends_with('.') && caveat.advice.ends_with('.'), "{caveat:?}");
    }
}

/// The codes of a result of these cells, changed by this, but for those that are about other things.
fn socket_codes(recipes: &[Recipe], change: impl Fn(&mut Report)) -> Vec<CaveatCode> {
    let mut report = loads::measured(recipes);
    report.runs = 2;
    report.host.virtualisation = Some("none".to_owned());
    change(&mut report);
    let codes = codes(report);
    codes.into_iter().filter(|code| *code != CaveatCode::NoTwin).collect()
}

#[test]
fn losses_are_said_above_one_in_a_thousand() {
    let udp = Recipe { label: "udp", target: "udp", ..ROUND_TRIP };
    // Ten blocks of 26 125.
    for (lost, expected) in [(0, vec![]), (260, vec![]), (263, vec![CaveatCode::Lost])] {
        let codes =
            socket_codes(std::slice::from_ref(&udp), |report| report.cells[0].lost = Some(lost));
        assert_eq!(codes, expected, "{lost}");
    }
}

#[test]
fn several_connections_of_the_blocking_engine_are_said_to_have_a_thread_each() {
    let rows = [
        (["blocking", "blocking"], 8, true),
        (["epoll", "blocking"], 8, true),
        (["epoll", "epoll"], 8, false),
        (["blocking", "blocking"], 1, false),
    ];
    for (engines, connections, expected) in rows {
        let codes = socket_codes(&[Recipe { engines, connections, ..ROUND_TRIP }], |_| {});
        assert_eq!(codes.contains(&CaveatCode::ThreadPerConnection), expected, "{engines:?}");
    }
}

#[test]
fn different_buffers_matter_where_messages_can_fill_them() {
    use sockscope_report::model::GrantedBuffers;
    const TCP: u64 = 2 << 20;
    const UNIX: u64 = 208 << 10;
    let rows = [
        ("rr", 64, 1, UNIX, false),
        ("rr", 104 << 10, 1, UNIX, false),
        ("rr", 105 << 10, 1, UNIX, true),
        ("rr", 4 << 10, 64, UNIX, true),
        ("stream", 64, 1, UNIX, true),
        ("stream", 64, 1, TCP, false),
    ];
    for (workload, size, depth, unix, expected) in rows {
        let recipe = |of: Recipe| Recipe { size, depth, workload, ..of };
        let codes = socket_codes(&[recipe(OVER_TCP), recipe(ROUND_TRIP)], |report| {
            for (cell, bytes) in report.cells.iter_mut().zip([TCP, unix]) {
                cell.granted_buffers =
                    Some(GrantedBuffers { send: Some(bytes), receive: Some(bytes) });
            }
        });
        assert_eq!(codes.contains(&CaveatCode::BuffersDiffer), expected, "{workload} {size}");
    }
}

#[test]
fn nagles_algorithm_is_said_to_be_on_unless_it_is_compared() {
    let off = Recipe { nodelay: Some(false), ..OVER_TCP };
    let rows = [
        (vec![OVER_TCP], false),
        (vec![off.clone()], true),
        (vec![off.clone(), ROUND_TRIP], true),
        (vec![off, OVER_TCP], false),
        (vec![ROUND_TRIP], false),
    ];
    for (recipes, expected) in rows {
        let codes = socket_codes(&recipes, |_| {});
        assert_eq!(codes.contains(&CaveatCode::NodelayOff), expected, "{recipes:?}");
    }
}

#[test]
fn where_nothing_was_measured_only_the_reason_is_said() {
    let mut report = fixture::measured(&fixture::ARTICLE[..2], 10);
    report.host.load_average = Some([9.0, 9.0, 9.0]);
    for cell in &mut report.cells {
        cell.blocks.clear();
        (cell.rtt_ns, cell.histogram) = (None, None);
        cell.error = Some(CellError { text: "died".to_owned(), ..CellError::default() });
    }
    assert_eq!(codes(report), [CaveatCode::CellFailed]);
}

#[test]
fn a_caveat_about_a_cell_says_where_in_the_sweep_it_is() {
    let mut report = loads::measured(&loads::sizes());
    report.cells[4].error = Some(CellError { text: "died".to_owned(), ..CellError::default() });
    analyse(&mut report);
    let caveat = report.caveats.iter().find(|one| one.code == CaveatCode::CellFailed).unwrap();
    assert!(caveat.text.contains("same-core at 4 KiB (unix): died"), "{}", caveat.text);
}
