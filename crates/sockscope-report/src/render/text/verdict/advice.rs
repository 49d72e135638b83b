//! Advice: what to do about it, for the views that it follows from and no other.

mod choice;
mod missing;

use super::super::tasks;
use super::{Claim, Facing, WakeUp, phrases};
use crate::model::{Cell, Comparison, Report, View};
use choice::Choice;

pub(super) fn of(
    report: &Report,
    facing: &Facing<'_>,
    wake_up: Option<&WakeUp<'_>>,
) -> Option<String> {
    if report.originals().all(Cell::is_floor) {
        // They say what lies below a socket; nothing follows for a service with an address.
        return None;
    }
    let (main, contrast) = (Choice::of(report, &facing.main), Choice::of(report, &facing.contrast));
    let opposed = match (&main, &contrast) {
        (Choice::These(main), Choice::These(contrast)) => main != contrast,
        _ => false,
    };
    if !opposed && wake_up.is_some_and(|wake_up| outweighs(report, wake_up, &facing.main)) {
        let advice = "So where the two ends run matters more than which socket they use: \
                      keep them on one core, or let them poll, before you change the socket.";
        return Some(advice.to_owned());
    }
    if matches!((&main, &contrast), (Choice::Unknown, Choice::Unknown)) {
        return Some(missing::to_tell(report, &facing.main));
    }
    if main != contrast && !facing.contrast.is_empty() {
        return Some(by_view(report, &[(main, &facing.main), (contrast, &facing.contrast)]));
    }
    Some(match main {
        Choice::These(names) => {
            format!("{}, choose {names}.", tasks::where_it_decides(report.task()))
        }
        Choice::Depends(noun) => format!("Which to choose depends on the {noun}."),
        Choice::Any | Choice::Unknown => format!("{}.", capitalised(by_something_else(report))),
    })
}

/// An advice for each view that tells something, with the view's name.
fn by_view(report: &Report, choices: &[(Choice, &[Claim<'_>])]) -> String {
    let told: Vec<_> = choices.iter().filter(|(choice, _)| *choice != Choice::Unknown).collect();
    let advice = told.iter().filter_map(|(choice, claims)| {
        let what = match choice {
            Choice::These(names) => format!("choose {names}"),
            Choice::Depends(noun) => format!("which to choose depends on the {noun}"),
            _ if told.len() == 1 => by_something_else(report).to_owned(),
            _ if claims.len() == 1 => "either will do".to_owned(),
            _ => "any of them will do".to_owned(),
        };
        let view = &claims.first()?.comparison.view;
        Some(format!("{}, {what}", phrases::wherever(report, view)))
    });
    format!("{}.", capitalised(&advice.collect::<Vec<_>>().join("; ")))
}

/// What to choose by where speed does not decide.
fn by_something_else(report: &Report) -> &'static str {
    match phrases::compared(report) {
        [_, false, false] => "choose by reach, permissions and tooling, not by speed",
        _ => "choose by what else matters to you, not by speed",
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Whether the wake-up, at its least, costs more than any transport saves, and the two ways around
/// it were measured.
fn outweighs(report: &Report, wake_up: &WakeUp<'_>, claims: &[Claim<'_>]) -> bool {
    let least = wake_up.cost.lo.unwrap_or(0);
    let mean = |label: &str, view: &View| {
        let same = |cell: &&Cell| {
            cell.label == label && cell.view == *view && cell.size == wake_up.cost.size
        };
        let cell = report.originals().find(same)?;
        i64::try_from(cell.rtt_ns?.mean).ok()
    };
    let saved = |one: &Comparison| {
        Some(mean(&one.baseline, &one.view)?.abs_diff(mean(&one.candidate, &one.view)?))
    };
    let outweighed = |claim: &Claim<'_>| {
        saved(claim.comparison).is_some_and(|saved| i128::from(least) > i128::from(saved))
    };
    let cheaper = |view: &View| {
        let views = mean(wake_up.label, view).zip(mean(wake_up.label, &View::CrossCore));
        views.is_some_and(|(other, woken)| other < woken)
    };
    cheaper(&View::SameCore) && cheaper(&View::Spin) && claims.iter().all(outweighed)
}
