//! Verdict: one or two plain sentences that follow from the numbers, and at most one of what to do.
//!
//! Every sentence is a function of verdicts and intervals and says no more than these: "faster"
//! only where a comparison says so, "but only" only where two intervals do not overlap, a cause
//! only where it was resolved, an advice only for the views that it follows from.

mod advice;
mod claim;
mod several;
mod wake_up;

use claim::Claim;
use wake_up::WakeUp;

use super::page::Page;
use super::phrases;
use super::reading::Reading;
use crate::model::{Cell, Report, Statistic, View};
use crate::units;

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
    let Some(facing) = Facing::of(report) else {
        return vec![alone(report)];
    };
    let first = facing.main[0].comparison;
    let wake_up = WakeUp::find(report, [&first.candidate, &first.baseline]);
    let blame = wake_up.as_ref().and_then(WakeUp::sentence);
    let mut sentences = match facing.single() {
        Some((main, contrast)) => vec![claim::of(report, main, contrast)],
        None => vec![several::of(report, &facing.main)],
    };
    sentences.extend(blame.or_else(|| {
        let unsaid = facing.single().is_none() && !facing.contrast.is_empty();
        unsaid.then(|| several::of(report, &facing.contrast))
    }));
    sentences.push(advice::of(report, &facing, wake_up.as_ref()));
    sentences
}

/// The comparisons that the sentences are made of: those of the view that matters most, and of one
/// that is set against it. All of one size, the candidates in the order of the table.
struct Facing<'a> {
    /// Never empty.
    main: Vec<Claim<'a>>,
    /// Empty where no other view was compared.
    contrast: Vec<Claim<'a>>,
}

impl<'a> Facing<'a> {
    /// `None` without a comparison.
    fn of(report: &'a Report) -> Option<Self> {
        let size = report.cells.first()?.size;
        let labels = report.labels();
        let mut claims: Vec<Claim<'_>> = report
            .leading_comparisons()
            .filter(|one| one.size == size)
            .map(|one| Claim { comparison: one, reading: Reading::of(one) })
            .collect();
        claims
            .sort_by_key(|claim| labels.iter().position(|one| *one == claim.comparison.candidate));
        let in_view = |view: &View| -> Vec<Claim<'a>> {
            claims.iter().filter(|claim| claim.comparison.view == *view).copied().collect()
        };
        let others = claims.iter().map(|claim| &claim.comparison.view);
        let views: Vec<&View> = MAIN.iter().chain(others).collect();
        let tells = |view: &&&View| in_view(view).iter().any(|claim| claim.reading.tells());
        let compared = |view: &&&View| !in_view(view).is_empty();
        let main = views.iter().find(tells).or_else(|| views.iter().find(compared))?;
        let contrast = CONTRAST.iter().filter(|view| view != main).map(in_view);
        Some(Self {
            main: in_view(main),
            contrast: contrast.into_iter().find(|claims| !claims.is_empty()).unwrap_or_default(),
        })
    }

    /// The claims, where there is one candidate.
    fn single(&self) -> Option<(&Claim<'a>, Option<&Claim<'a>>)> {
        match (self.main.as_slice(), self.contrast.as_slice()) {
            ([main], []) => Some((main, None)),
            ([main], [contrast]) if main.comparison.candidate == contrast.comparison.candidate => {
                Some((main, Some(contrast)))
            }
            _ => None,
        }
    }
}

/// What there is to say without a comparison.
fn alone(report: &Report) -> String {
    let statistic = report.leading_statistic();
    let value = |cell: &Cell| match statistic {
        Statistic::Mean => cell.rtt_ns.map(|rtt| rtt.mean),
        _ => cell.rtt_ns.and_then(|rtt| rtt.p50),
    };
    let of_view =
        |view: &View| report.originals().find(|cell| cell.view == *view && value(cell).is_some());
    let mut ranked = MAIN.iter().filter_map(of_view);
    let other = || report.originals().find(|cell| value(cell).is_some());
    let Some((cell, ns)) = ranked.next().or_else(other).and_then(|cell| Some((cell, value(cell)?)))
    else {
        return "Nothing was measured, so nothing can be said.".to_owned();
    };
    let name = phrases::name(&cell.label);
    let kind = if statistic == Statistic::Mean { "on average" } else { "in the median" };
    let time = units::time(ns as f64);
    format!(
        "A round trip over {name} takes {time} {kind} {}. \
         There is nothing to compare it with.",
        phrases::when(report, &cell.view)
    )
}
