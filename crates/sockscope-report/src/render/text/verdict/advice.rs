//! Advice: what to do about it.

use super::super::reading::Reading;
use super::{Facing, WakeUp, phrases};
use crate::model::{Cell, Comparison, Report, View};

pub(super) fn of(report: &Report, facing: &[Facing<'_>], wake_up: Option<&WakeUp<'_>>) -> String {
    if wake_up.is_some_and(|wake_up| outweighs(report, wake_up, facing)) {
        return "So where the two ends run matters more than which socket they use: \
                keep them on one core, or let them poll, before you change the socket."
            .to_owned();
    }
    let of_reading = |reading: Reading| {
        let mains = facing.iter().map(|facing| facing.main);
        mains.filter(move |main| main.reading == reading).map(|main| main.comparison)
    };
    let faster: Vec<String> =
        of_reading(Reading::Faster).map(|one| phrases::name(&one.candidate)).collect();
    if !faster.is_empty() {
        return format!("Where latency decides, choose {}.", faster.join(" or "));
    }
    if facing.iter().any(|facing| !facing.main.reading.tells()) {
        return more_rounds(facing);
    }
    if of_reading(Reading::Slower).count() == facing.len() {
        let baseline = phrases::name(&facing[0].main.comparison.baseline);
        return format!("Where latency decides, choose {baseline}.");
    }
    "Choose by reach, permissions and tooling, not by speed.".to_owned()
}

fn more_rounds(facing: &[Facing<'_>]) -> String {
    if facing.iter().any(|facing| facing.main.comparison.lo.is_none()) {
        "Run at least 6 rounds (--rounds 6), so that there is an interval.".to_owned()
    } else {
        "Run more rounds (--rounds 30), or run it on a quieter machine, to tell.".to_owned()
    }
}

/// Whether the wake-up, at its least, costs more than any transport saves, and the two ways around
/// it were measured.
fn outweighs(report: &Report, wake_up: &WakeUp<'_>, facing: &[Facing<'_>]) -> bool {
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
    let outweighed = |facing: &Facing<'_>| {
        saved(facing.main.comparison).is_some_and(|saved| i128::from(least) > i128::from(saved))
    };
    let cheaper = |view: &View| {
        let views = mean(wake_up.label, view).zip(mean(wake_up.label, &View::CrossCore));
        views.is_some_and(|(other, woken)| other < woken)
    };
    cheaper(&View::SameCore) && cheaper(&View::Spin) && facing.iter().all(outweighed)
}
