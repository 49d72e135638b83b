//! Verdict: a few plain sentences that follow from the numbers, and at most one of what to do.
//!
//! Every sentence is a function of verdicts and intervals and says no more than these: "faster"
//! only where a comparison says so, "but only" only where two intervals do not overlap, a cause
//! only where it was resolved, an advice only for the views that it follows from. Floors are never
//! part of a verdict, and neither are points of an open loop that are not valid.

mod advice;
mod alone;
mod claim;
mod facing;
mod floors;
mod runs;
mod series;
mod several;
mod sweep;
mod wake_up;

use claim::Claim;
use facing::Facing;
use wake_up::WakeUp;

use super::page::Page;
use super::phrases;
use super::reading::Reading;
use crate::model::{Report, View};

/// Which view stands for "this machine": those that show the socket and not the scheduler come
/// first.
pub(super) const MAIN: [View; 6] =
    [View::SameCore, View::ClientPinned, View::Spin, View::Solo, View::Free, View::CrossCore];
/// Which view is set against it: the one that costs most first.
const CONTRAST: [View; 3] = [View::CrossCore, View::Free, View::SameCore];

pub(super) fn write(report: &Report, page: &mut Page) {
    page.heading("In short");
    page.paragraph(&sentences(report).join(" "));
}

fn sentences(report: &Report) -> Vec<String> {
    let mut sentences = match Facing::of(report) {
        None => vec![alone::of(report)],
        Some(facing) if facing.is_plain(report) => plain(report, &facing),
        Some(facing) => sweep::of(report, &facing),
    };
    sentences.extend(floors::of(report));
    sentences
}

/// What is said where each candidate was compared once in a view.
fn plain(report: &Report, facing: &Facing<'_>) -> Vec<String> {
    let first = facing.main[0].comparison;
    let wake_up = WakeUp::find(report, [&first.candidate, &first.baseline]);
    let blame = wake_up.as_ref().and_then(WakeUp::sentence);
    let mut sentences = match facing.single() {
        Some((main, contrast)) => vec![claim::of(report, main, contrast)],
        None => several::of(report, &facing.main),
    };
    match blame {
        Some(blame) => sentences.push(blame),
        None if facing.single().is_none() => {
            sentences.extend(several::of(report, &facing.contrast));
        }
        None => {}
    }
    sentences.extend(advice::of(report, facing, wake_up.as_ref()));
    sentences
}
