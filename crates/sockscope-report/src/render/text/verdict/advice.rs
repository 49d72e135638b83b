//! Advice: what to do about it, for the views that it follows from and no other.

use sockscope_stats::signed_rank::MIN_DIFFERENCES;

use super::super::reading::Reading;
use super::{Claim, Facing, WakeUp, phrases};
use crate::model::{Cell, Comparison, Report, View};

/// What follows from the comparisons of one view.
#[derive(PartialEq, Eq)]
enum Choice {
    /// One of these.
    These(Vec<String>),
    /// Speed does not decide.
    Any,
    /// The rounds do not tell.
    Unknown,
}

pub(super) fn of(report: &Report, facing: &Facing<'_>, wake_up: Option<&WakeUp<'_>>) -> String {
    let (main, contrast) = (choice(&facing.main), choice(&facing.contrast));
    let opposed = match (&main, &contrast) {
        (Choice::These(main), Choice::These(contrast)) => main != contrast,
        _ => false,
    };
    if !opposed && wake_up.is_some_and(|wake_up| outweighs(report, wake_up, &facing.main)) {
        return "So where the two ends run matters more than which socket they use: \
                keep them on one core, or let them poll, before you change the socket."
            .to_owned();
    }
    if matches!((&main, &contrast), (Choice::Unknown, Choice::Unknown)) {
        return to_tell(report, &facing.main);
    }
    if main == contrast || facing.contrast.is_empty() {
        return match main {
            Choice::These(names) => format!("Where latency decides, {}.", choose(&names)),
            _ => "Choose by reach, permissions and tooling, not by speed.".to_owned(),
        };
    }
    by_view(report, &[(main, &facing.main), (contrast, &facing.contrast)])
}

fn choice(claims: &[Claim<'_>]) -> Choice {
    let of_reading = |reading: Reading| -> Vec<String> {
        let claims = claims.iter().filter(|claim| claim.reading == reading);
        claims.map(|claim| phrases::name(&claim.comparison.candidate)).collect()
    };
    let faster = of_reading(Reading::Faster);
    if !faster.is_empty() {
        return Choice::These(faster);
    }
    let told = claims.iter().all(|claim| claim.reading.tells());
    let Some(first) = claims.first().filter(|_| told) else {
        return Choice::Unknown;
    };
    let same = of_reading(Reading::Same);
    if same.len() == claims.len() {
        return Choice::Any;
    }
    let mut names = vec![phrases::name(&first.comparison.baseline)];
    names.extend(same);
    Choice::These(names)
}

/// An advice for each view that tells something, with the view's name.
fn by_view(report: &Report, choices: &[(Choice, &[Claim<'_>])]) -> String {
    let told: Vec<_> = choices.iter().filter(|(choice, _)| *choice != Choice::Unknown).collect();
    let advice = told.iter().filter_map(|(choice, claims)| {
        let what = match choice {
            Choice::These(names) => choose(names),
            _ if told.len() == 1 => "choose by reach, permissions and tooling, not by speed".into(),
            _ if claims.len() == 1 => "either will do".to_owned(),
            _ => "any of them will do".to_owned(),
        };
        let view = &claims.first()?.comparison.view;
        Some(format!("{}, {what}", phrases::wherever(report, view)))
    });
    format!("{}.", capitalised(&advice.collect::<Vec<_>>().join("; ")))
}

fn choose(names: &[String]) -> String {
    format!("choose {}", names.join(" or "))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// How to get comparisons that tell something.
fn to_tell(report: &Report, claims: &[Claim<'_>]) -> String {
    let planned = report.plan.rounds;
    let lacks_interval = claims.iter().any(|claim| claim.comparison.lo.is_none());
    let lacks_floor = claims.iter().any(|claim| claim.comparison.noise_floor.is_none());
    let failed = report.cells.iter().any(|cell| cell.error.is_some() && takes_part(cell, claims));
    if failed && (lacks_interval || lacks_floor) {
        "Mend the cause of the failure that is named below, and run it again.".to_owned()
    } else if lacks_interval && (planned as usize) < MIN_DIFFERENCES {
        "Run at least 6 rounds (--rounds 6), so that there is an interval.".to_owned()
    } else if lacks_interval {
        format!("Let all {planned} rounds run to the end, so that there is an interval.")
    } else if lacks_floor {
        "Measure again with the A-A twin, so that the noise is known.".to_owned()
    } else {
        report.plan.more_rounds().map_or_else(
            || "Run it on a quieter machine, to tell.".to_owned(),
            |rounds| {
                format!(
                    "Run more rounds (--rounds {rounds}), or run it on a quieter machine, to tell."
                )
            },
        )
    }
}

/// Whether one of the comparisons is made of this cell or, for its noise floor, of this twin.
fn takes_part(cell: &Cell, claims: &[Claim<'_>]) -> bool {
    claims.iter().any(|Claim { comparison: one, .. }| {
        let side = cell.label == one.baseline || cell.label == one.candidate;
        side && cell.view == one.view && cell.size == one.size
    })
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
