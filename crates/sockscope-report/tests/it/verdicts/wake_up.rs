//! Wake-up: when it is blamed, and how much it is said to cost.

use sockscope_report::model::View;

use super::short;
use crate::fixture::{self, ARTICLE};

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
fn a_wake_up_that_a_few_stalls_made_is_not_blamed() {
    const BLAME: &str = "Waking idle CPUs costs on average";
    let article = short(&fixture::report(&ARTICLE));
    assert!(article.contains(&format!("{BLAME} 65.9 µs of a round trip over Unix, at least 19 ")));
    for view in [View::CrossCore, View::Spin] {
        // Where one transport was disturbed, the other may tell.
        let text = short(&fixture::stalled("unix", &view));
        assert!(text.contains(&format!("{BLAME} 72.7 µs of a round trip over TCP")), "{text}");
        let mut report = fixture::stalled("unix", &view);
        report.decomposition.retain(|part| part.transport == "unix");
        let text = short(&report);
        assert!(!text.contains("Waking") && !text.contains("where the two ends run"), "{text}");
    }
    // More than the whole of a usual round trip.
    let mut report = fixture::report(&ARTICLE);
    for part in &mut report.decomposition {
        (part.ns, part.hi) = (part.ns * 2, part.hi.map(|hi| hi * 2));
    }
    assert!(!short(&report).contains("Waking"));
}
