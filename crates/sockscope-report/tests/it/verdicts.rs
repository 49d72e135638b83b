//! Verdicts: what the sentences say in every combination of what the comparisons say.

use sockscope_report::Report;
use sockscope_report::model::{Verdict, View};
use sockscope_report::render::{Style, text};

use crate::fixture::{self, ARTICLE};

/// A verdict with ratio and interval.
type Claim = (Verdict, f64, Option<(f64, f64)>);

const FASTER: Claim = (Verdict::Faster, 1.37, Some((1.36, 1.38)));
const LITTLE: Claim = (Verdict::Faster, 1.13, Some((1.11, 1.15)));
const OVERLAPPING: Claim = (Verdict::Faster, 1.36, Some((1.30, 1.42)));
const MUCH: Claim = (Verdict::Faster, 2.50, Some((2.40, 2.60)));
const SLOWER: Claim = (Verdict::Slower, 0.8, Some((0.78, 0.82)));
const SAME: Claim = (Verdict::Same, 1.001, Some((0.99, 1.012)));
const HIDDEN: Claim = (Verdict::Same, 1.9, Some((1.64, 2.36)));
const OPEN: Claim = (Verdict::Unresolved, 1.05, Some((0.9, 1.2)));
const SHORT: Claim = (Verdict::Unresolved, 1.05, None);

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
        }
    }
    report
}

#[test]
fn the_sentences_follow_the_claims() {
    const CORE: &str = "when both ends share a core";
    const WOKEN: &str = "when each message wakes an idle CPU";
    const UNIX: &str = "Where latency decides, choose Unix.";
    const TCP: &str = "Where latency decides, choose TCP.";
    const EITHER: &str = "Choose by reach, permissions and tooling, not by speed.";
    const LONGER: &str = "Run more rounds (--rounds 30), or run it on a quieter machine, to tell.";
    let faster = format!("Unix is 1.37x faster than TCP {CORE}");
    let slower = format!("Unix is 1.25x slower than TCP {CORE}");
    let same = format!("Unix and TCP take the same time {CORE} (within 1.2 %)");
    let open = "These rounds do not tell whether Unix or TCP is faster";
    let hidden = "Noise hides whether Unix or TCP is faster";
    let rows = [
        (FASTER, None, format!("{faster}. {UNIX}")),
        (FASTER, Some(LITTLE), format!("{faster}, but only 1.13x {WOKEN}. {UNIX}")),
        (FASTER, Some(OVERLAPPING), format!("{faster}, and 1.36x {WOKEN}. {UNIX}")),
        (FASTER, Some(MUCH), format!("{faster}, and even 2.50x {WOKEN}. {UNIX}")),
        (FASTER, Some(SLOWER), format!("{faster}, but 1.25x slower {WOKEN}. {UNIX}")),
        (
            FASTER,
            Some(SAME),
            format!("{faster}, but takes the same time {WOKEN} (within 1.2 %). {UNIX}"),
        ),
        (FASTER, Some(OPEN), format!("{faster}; {WOKEN} these rounds do not tell. {UNIX}")),
        (SLOWER, None, format!("{slower}. {TCP}")),
        (SLOWER, Some(FASTER), format!("{slower}, but 1.37x faster {WOKEN}. {TCP}")),
        (SAME, Some(SAME), format!("{same}, and also {WOKEN} (within 1.2 %). {EITHER}")),
        (SAME, Some(LITTLE), format!("{same}, but Unix is 1.13x faster {WOKEN}. {EITHER}")),
        (SAME, Some(OPEN), format!("{same}; {WOKEN} these rounds do not tell. {EITHER}")),
        (OPEN, None, format!("{open} {CORE}. {LONGER}")),
        (OPEN, Some(OPEN), format!("{open} {CORE}, and also {WOKEN}. {LONGER}")),
        // Within a noise floor that is above the margin, two are not the same but not told apart.
        (HIDDEN, None, format!("{hidden} {CORE}. {LONGER}")),
        (HIDDEN, Some(HIDDEN), format!("{hidden} {CORE}, and also {WOKEN}. {LONGER}")),
        (
            HIDDEN,
            Some(OPEN),
            format!("{hidden} {CORE}; {WOKEN} these rounds do not tell. {LONGER}"),
        ),
        (FASTER, Some(HIDDEN), format!("{faster}; {WOKEN} noise hides the difference. {UNIX}")),
        (SAME, Some(HIDDEN), format!("{same}; {WOKEN} noise hides the difference. {EITHER}")),
        // What is resolved comes first, whichever view it is.
        (
            OPEN,
            Some(LITTLE),
            format!(
                "Unix is 1.13x faster than TCP {WOKEN}; {CORE} these rounds do not tell. {UNIX}"
            ),
        ),
        (
            SHORT,
            Some(SHORT),
            format!(
                "{open} {CORE}, and also {WOKEN}. \
                 Run at least 6 rounds (--rounds 6), so that there is an interval."
            ),
        ),
    ];
    for (same_core, cross_core, expected) in rows {
        assert_eq!(short(&report(&same_core, cross_core.as_ref())), expected);
    }
}

#[test]
fn the_wake_up_is_blamed_only_when_it_outweighs_what_a_transport_saves() {
    let blamed = |text: &str| text.contains("where the two ends run matters more");
    assert!(blamed(&short(&fixture::report(&ARTICLE))));
    // A wake-up of 1 µs beside a socket that saves 20 µs.
    let cheap = [
        (View::Solo, 3_000, 23_000, 0.004),
        (View::SameCore, 3_500, 23_500, 0.004),
        (View::Spin, 3_200, 23_200, 0.004),
        (View::CrossCore, 4_200, 24_200, 0.004),
    ];
    let text = short(&fixture::report(&cheap));
    assert!(!blamed(&text) && text.ends_with("Where latency decides, choose Unix."), "{text}");
    assert!(!text.contains("Waking"), "{text}");
    // Without the view that would show the way around it.
    let text =
        short(&fixture::report(&[ARTICLE[0].clone(), ARTICLE[2].clone(), ARTICLE[3].clone()]));
    assert!(!blamed(&text), "{text}");
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
         Nothing else was measured to compare it with."
    );
}

#[test]
fn several_candidates_get_a_sentence_each() {
    let mut report = fixture::measured(&ARTICLE[1..2], 10);
    let mut third = report.cells[0].clone();
    (third.id, third.label) = ("c9".to_owned(), "unixpacket".to_owned());
    report.cells.push(third);
    sockscope_report::analyse(&mut report);
    assert_eq!(
        short(&report),
        "Unix is 1.37x faster than TCP when both ends share a core. \
         Unix seqpacket is 1.37x faster than TCP when both ends share a core. \
         Where latency decides, choose Unix or Unix seqpacket."
    );
}
