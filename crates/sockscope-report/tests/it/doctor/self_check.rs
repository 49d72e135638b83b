//! The self-check's judgement: what passes, what fails, and what a noisy machine cannot tell.

use snapbox::{assert_data_eq, file};
use sockscope_report::doctor::self_check::{
    CheatCheck, DelayCheck, LIMIT, LoopCheck, Outcome, SameCheck, SelfCheck,
};
use sockscope_report::model::Statistic;
use sockscope_report::render::{Style, doctor_text};
use sockscope_stats::Histogram;

use super::fit;
use super::text::report;

/// Twenty rounds around a level, each off by up to this share of it, in an order that repeats.
fn rounds(level: f64, noise: f64) -> Vec<f64> {
    (0..20).map(|round| level * (1.0 + noise * (f64::from(round * 7 % 20) / 10.0 - 0.95))).collect()
}

fn looped(ratio: f64, noise: f64) -> LoopCheck {
    twinned(ratio, noise, 1.0)
}

/// The driven loop against a bare one that it exceeds by one ratio, and its twin by another.
fn twinned(ratio: f64, noise: f64, twin: f64) -> LoopCheck {
    let (driven, bare) = (rounds(4_000.0 * ratio, noise), rounds(4_000.0, 0.0));
    let twin = rounds(4_000.0 * ratio * twin, noise);
    LoopCheck::judge("unix", Statistic::Mean, [&driven, &bare, &twin])
}

#[test]
fn a_loop_passes_only_if_the_whole_interval_is_within_the_limit() {
    let rows = [
        (1.0, 0.01, Outcome::Passed),
        (0.9, 0.01, Outcome::Passed),
        (1.02, 0.005, Outcome::Passed),
        (1.03, 0.02, Outcome::Unresolved),
        (1.0, 0.5, Outcome::Unresolved),
        (1.05, 0.01, Outcome::Failed),
        (2.0, 0.1, Outcome::Failed),
    ];
    for (ratio, noise, expected) in rows {
        let check = looped(ratio, noise);
        assert_eq!(check.outcome, expected, "{check:?}");
        assert!(check.lo <= check.ratio && check.ratio <= check.hi, "{check:?}");
    }
    // A machine on which the same loop differs from itself by 10 % cannot tell 5 % from nothing, but 20 %.
    assert_eq!(twinned(1.05, 0.01, 1.1).outcome, Outcome::Unresolved);
    assert_eq!(twinned(1.20, 0.01, 1.1).outcome, Outcome::Failed);
    let few = LoopCheck::judge("unix", Statistic::P50, [&[4_000.0; 5]; 3]);
    assert_eq!((few.outcome, few.lo), (Outcome::Unresolved, None));
    let uneven =
        LoopCheck::judge("unix", Statistic::P50, [&[4_000.0; 9], &[4_000.0; 8], &[4_000.0; 9]]);
    assert_eq!(uneven.outcome, Outcome::Unavailable);
}

#[test]
fn a_socket_that_differs_from_itself_fails_unless_its_twin_does_too() {
    let first = rounds(4_000.0, 0.0);
    let rows = [
        (1.0, 1.0, Outcome::Passed),
        (1.001, 1.0, Outcome::Passed),
        (1.10, 1.0, Outcome::Failed),
        (0.90, 1.0, Outcome::Failed),
        (1.10, 1.3, Outcome::Unresolved),
    ];
    for (again, twin, expected) in rows {
        let (again, twin) = (rounds(4_000.0 * again, 0.005), rounds(4_000.0 * twin, 0.005));
        let check = SameCheck::judge("unix", [&first, &again, &twin], 1);
        assert_eq!(check.outcome, expected, "{check:?}");
    }
    assert_eq!(SameCheck::judge("unix", [&[]; 3], 1).outcome, Outcome::Unavailable);
}

fn delayed(least: u64, usual: u64) -> DelayCheck {
    let mut histogram = Histogram::new();
    histogram.record(least);
    histogram.record_many(usual, 100);
    DelayCheck::judge(200_000, &histogram)
}

#[test]
fn a_delay_that_is_read_short_or_halved_fails() {
    let rows = [
        (201_000, 214_000, Outcome::Passed),
        (200_000, 200_000, Outcome::Passed),
        (100_700, 107_000, Outcome::Failed),
        (199_000, 214_000, Outcome::Failed),
    ];
    for (least, usual, expected) in rows {
        assert_eq!(delayed(least, usual).outcome, expected, "{least} {usual}");
    }
    assert_eq!(DelayCheck::judge(200_000, &Histogram::new()).outcome, Outcome::Failed);
}

fn check(ratio: f64, caught: bool) -> SelfCheck {
    let level = rounds(4_000.0, 0.002);
    let cheats = [("short-answer", "exchange: the answer ended 4 bytes short"), ("stale", "x")];
    SelfCheck {
        rounds: 20,
        cpu: Some(7),
        limit: LIMIT,
        loops: vec![
            looped(1.012, 0.004),
            LoopCheck { statistic: Statistic::P50, ..looped(ratio, 0.004) },
            LoopCheck::unavailable("tcp", Statistic::Mean, "start a server: EPERM"),
        ],
        same: vec![
            SameCheck::judge("unix", [&level, &level, &level], 1),
            SameCheck::unavailable("tcp", "start a server: EPERM"),
        ],
        delay: delayed(200_900, 207_000),
        cheats: cheats
            .map(|(cheat, said)| CheatCheck::judge(cheat, caught.then(|| said.to_owned())))
            .into(),
    }
}

fn shown(check: SelfCheck) -> String {
    let mut report = report(fit());
    report.findings.clear();
    report.self_check = Some(check);
    doctor_text(&report, false, &Style::plain())
}

#[test]
fn a_self_check_that_passes() {
    assert_data_eq!(shown(check(1.01, true)), file!["../snapshots/self-check.txt"].raw());
}

#[test]
fn a_self_check_that_fails() {
    assert_data_eq!(shown(check(1.2, false)), file!["../snapshots/self-check-failed.txt"].raw());
}

#[test]
fn what_failed_is_counted_over_all_checks() {
    assert_eq!(check(1.01, true).count(&Outcome::Failed), 0);
    assert_eq!(check(1.01, true).count(&Outcome::Unavailable), 2);
    assert_eq!(check(1.2, false).count(&Outcome::Failed), 3);
}
