//! Verdicts: what the sentences say in every combination of what the comparisons say.

mod advice;
mod sweep;
mod wake_up;

use sockscope_report::model::{Statistic, Verdict, View};
use sockscope_report::render::{Style, text};
use sockscope_report::{Report, analyse};

use crate::fixture::{self, ARTICLE};

/// A verdict with ratio and interval; identical cells differed by up to 4 %.
type Claim = (Verdict, f64, Option<(f64, f64)>);
const FLOOR: f64 = 0.04;

const FASTER: Claim = (Verdict::Faster, 1.37, Some((1.36, 1.38)));
const LITTLE: Claim = (Verdict::Faster, 1.13, Some((1.11, 1.15)));
const OVERLAPPING: Claim = (Verdict::Faster, 1.36, Some((1.30, 1.42)));
const MUCH: Claim = (Verdict::Faster, 2.50, Some((2.40, 2.60)));
const SLOWER: Claim = (Verdict::Slower, 0.8, Some((0.78, 0.82)));
const SAME: Claim = (Verdict::Same, 1.001, Some((0.99, 1.012)));
const NEARLY: Claim = (Verdict::Same, 1.01, Some((0.97, 1.031)));
const HIDDEN: Claim = (Verdict::Unresolved, 1.03, Some((1.01, 1.038)));
const OPEN: Claim = (Verdict::Unresolved, 1.05, Some((0.9, 1.2)));
const SHORT: Claim = (Verdict::Unresolved, 1.05, None);

const CORE: &str = "when both ends share a core";
const WOKEN: &str = "when each message wakes an idle CPU";
const UNIX: &str = "Where latency decides, choose Unix.";
const TCP: &str = "Where latency decides, choose TCP.";
const EITHER: &str = "Choose by reach, permissions and tooling, not by speed.";
const UNIX_HERE: &str = "Where both ends share a core, choose Unix.";
const EITHER_HERE: &str =
    "Where both ends share a core, choose by reach, permissions and tooling, not by speed.";
const SAVED: &str = " (saves 1.40 µs per round trip)";
const LONGER: &str = "Run more rounds (--rounds 30), or run it on a quieter machine, to tell.";

/// The paragraph "In short" as one line.
fn short(report: &Report) -> String {
    let text = text(report, &Style::plain());
    let (_, after) = text.split_once("In short\n").expect("there is always a verdict");
    let (paragraph, _) = after.split_once("\n\n").expect("caveats follow");
    paragraph.replace('\n', " ")
}

/// A result with these claims about same-core and cross-core, and without parts.
fn report(same_core: &Claim, cross_core: Option<&Claim>) -> Report {
    let mut report = fixture::report(&[ARTICLE[1].clone(), ARTICLE[3].clone()]);
    report.decomposition.clear();
    report.comparisons.retain(|one| one.view == View::SameCore || cross_core.is_some());
    for one in &mut report.comparisons {
        let claim = if one.view == View::SameCore { Some(same_core) } else { cross_core };
        if let Some((verdict, ratio, interval)) = claim {
            (one.verdict, one.ratio) = (verdict.clone(), *ratio);
            (one.lo, one.hi) = (interval.map(|ends| ends.0), interval.map(|ends| ends.1));
            one.noise_floor = Some(FLOOR);
        }
    }
    report
}

/// Checks rows of a claim about same-core, one about cross-core, and what is said of both.
#[track_caller]
fn check(rows: &[(Claim, Option<Claim>, String)]) {
    for (same_core, cross_core, expected) in rows {
        assert_eq!(short(&report(same_core, cross_core.as_ref())), *expected);
    }
}

#[test]
fn the_sentences_follow_the_claims() {
    let split = |core: &str, woken: &str| {
        format!(
            "Where both ends share a core, {core}; where each message wakes an idle CPU, {woken}."
        )
    };
    let (unix, tcp, any) = ("choose Unix", "choose TCP", "either will do");
    let faster = format!("Unix is 1.37x faster than TCP {CORE}{SAVED}");
    let slower = format!("Unix is 1.25x slower than TCP {CORE}");
    let same = format!("Unix and TCP take the same time {CORE} (within 1.2 %)");
    let rows = [
        (FASTER, None, format!("{faster}. {UNIX}")),
        (FASTER, Some(LITTLE), format!("{faster}, but only 1.13x {WOKEN}. {UNIX}")),
        (FASTER, Some(OVERLAPPING), format!("{faster}, and 1.36x {WOKEN}. {UNIX}")),
        (FASTER, Some(MUCH), format!("{faster}, and even 2.50x {WOKEN}. {UNIX}")),
        (FASTER, Some(SLOWER), format!("{faster}, but 1.25x slower {WOKEN}. {}", split(unix, tcp))),
        (
            FASTER,
            Some(SAME),
            format!(
                "{faster}, but takes the same time {WOKEN} (within 1.2 %). {}",
                split(unix, any)
            ),
        ),
        (FASTER, Some(OPEN), format!("{faster}; {WOKEN} these rounds do not tell. {UNIX_HERE}")),
        (SLOWER, None, format!("{slower}. {TCP}")),
        (SLOWER, Some(FASTER), format!("{slower}, but 1.37x faster {WOKEN}. {}", split(tcp, unix))),
        (SAME, Some(SAME), format!("{same}, and also {WOKEN} (within 1.2 %). {EITHER}")),
        (
            SAME,
            Some(LITTLE),
            format!("{same}, but Unix is 1.13x faster {WOKEN}. {}", split(any, unix)),
        ),
        (NEARLY, None, format!("Unix and TCP take the same time {CORE} (within 3.1 %). {EITHER}")),
        (SAME, Some(OPEN), format!("{same}; {WOKEN} these rounds do not tell. {EITHER_HERE}")),
    ];
    check(&rows);
}

#[test]
fn what_is_not_told_apart_is_said_with_the_reason() {
    let faster = format!("Unix is 1.37x faster than TCP {CORE}{SAVED}");
    let same = format!("Unix and TCP take the same time {CORE} (within 1.2 %)");
    let open = "These rounds do not tell whether Unix or TCP is faster";
    let hidden = "Noise hides whether Unix or TCP is faster";
    let rows = [
        (OPEN, None, format!("{open} {CORE}. {LONGER}")),
        (OPEN, Some(OPEN), format!("{open} {CORE}, and also {WOKEN}. {LONGER}")),
        // Within the noise floor, but not the same.
        (HIDDEN, None, format!("{hidden} {CORE}. {LONGER}")),
        (HIDDEN, Some(HIDDEN), format!("{hidden} {CORE}, and also {WOKEN}. {LONGER}")),
        (
            HIDDEN,
            Some(OPEN),
            format!("{hidden} {CORE}; {WOKEN} these rounds do not tell. {LONGER}"),
        ),
        (
            FASTER,
            Some(HIDDEN),
            format!("{faster}; {WOKEN} noise hides the difference. {UNIX_HERE}"),
        ),
        (SAME, Some(HIDDEN), format!("{same}; {WOKEN} noise hides the difference. {EITHER_HERE}")),
        // What is resolved comes first, whichever view it is.
        (
            OPEN,
            Some(LITTLE),
            format!(
                "Unix is 1.13x faster than TCP {WOKEN} (saves 9.02 µs per round trip); {CORE} these rounds do not tell. \
                 Where each message wakes an idle CPU, choose Unix."
            ),
        ),
        (
            SHORT,
            Some(SHORT),
            format!(
                "{open} {CORE}, and also {WOKEN}. \
                 Let all 10 rounds run to the end, so that there is an interval."
            ),
        ),
    ];
    check(&rows);
}

#[test]
fn several_candidates_share_a_sentence_for_each_view() {
    let mut report = fixture::measured(&[ARTICLE[1].clone(), ARTICLE[3].clone()], 10);
    for cell in [0, 3] {
        let mut third = report.cells[cell].clone();
        (third.id, third.label) = (format!("c9{cell}"), "unixpacket".to_owned());
        report.cells.push(third);
    }
    analyse(&mut report);
    assert_eq!(
        short(&report),
        "Against TCP when both ends share a core: \
         Unix is 1.37x faster (saves 1.40 µs), Unix seqpacket is 1.37x faster (saves 1.40 µs). \
         Against TCP when each message wakes an idle CPU: \
         Unix is 1.13x faster (saves 9.02 µs), Unix seqpacket is 1.13x faster (saves 9.02 µs). \
         Where latency decides, choose Unix or Unix seqpacket."
    );
    for one in report.comparisons.iter_mut().filter(|one| one.candidate == "unix") {
        one.verdict = Verdict::Unresolved;
    }
    for one in report.comparisons.iter_mut().filter(|one| one.view == View::CrossCore) {
        one.verdict = Verdict::Same;
    }
    assert_eq!(
        short(&report),
        "Against TCP when both ends share a core: \
         these rounds do not tell whether Unix is faster, \
         Unix seqpacket is 1.37x faster (saves 1.40 µs). \
         Against TCP when each message wakes an idle CPU: \
         Unix takes the same time (within 15 %), Unix seqpacket takes the same time (within 15 %). \
         Where both ends share a core, choose Unix seqpacket; \
         where each message wakes an idle CPU, any of them will do."
    );
}

#[test]
fn a_single_transport_gets_its_time_and_no_comparison() {
    let mut report = fixture::report(&ARTICLE[..2]);
    report.cells.retain(|cell| cell.label == "unix");
    report.comparisons.clear();
    report.decomposition.clear();
    assert_eq!(
        short(&report),
        "A round trip over Unix takes 3.73 µs in the median when both ends share a core. \
         There is nothing to compare it with."
    );
}

#[test]
fn a_mean_is_called_one() {
    let mut report = report(&FASTER, Some(&LITTLE));
    report.comparisons.retain(|one| one.statistic == Statistic::Mean);
    assert!(short(&report).starts_with(
        "Unix is 1.37x faster than TCP on average when both ends share a core (saves 1.43 µs per \
         round trip), but only 1.13x when"
    ));
    let mut report = self::report(&FASTER, Some(&LITTLE));
    report
        .comparisons
        .retain(|one| (one.statistic == Statistic::Mean) == (one.view == View::CrossCore));
    assert!(short(&report).starts_with(
        "Unix is 1.37x faster than TCP when both ends share a core (saves 1.40 µs per round trip), \
         and 1.13x on average when each message wakes an idle CPU."
    ));
}

#[test]
fn same_is_said_exactly_where_the_verdict_is_same() {
    let verdicts = [Verdict::Faster, Verdict::Slower, Verdict::Same, Verdict::Unresolved];
    let intervals = [(0.999, 1.001), (0.97, 1.03), (0.7, 1.4), (1.2, 1.4)];
    for (verdict, interval) in verdicts.iter().flat_map(|one| intervals.map(|ends| (one, ends))) {
        let claim = (verdict.clone(), 1.0, Some(interval));
        let text = text(&report(&claim, None), &Style::plain());
        let says = text.contains("same [") && text.contains("take the same time");
        assert_eq!(says, *verdict == Verdict::Same, "{claim:?}: {text}");
        assert_eq!(text.contains("unresolved"), *verdict == Verdict::Unresolved, "{text}");
    }
}
