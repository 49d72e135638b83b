//! Noise caveats: what the numbers themselves say against their summary.

use sockscope_stats::{Histogram, modality, trend};

use super::super::series::values;
use super::{caveat, caveat_about};
use crate::model::{Caveat, CaveatCode, Cell, Report, Statistic, Task, View};
use crate::units;

pub(super) fn bimodal(report: &Report) -> Option<Caveat> {
    let clock_ns = report.host.clock.resolution_ns.unwrap_or(1);
    let seen = report.originals().filter_map(|cell| {
        let groups = groups(cell, clock_ns)?;
        // Of a stream they are times of a byte.
        let shown = |ns: f64| match level(cell) {
            Statistic::Throughput => units::throughput(1e9 / ns),
            _ => units::time(ns),
        };
        let (low, high) = (shown(groups.low), shown(groups.high));
        let share = units::percent(groups.high_share);
        Some((cell, format!("around {low} and around {high} ({share} of them)")))
    });
    caveat_about(
        report,
        CaveatCode::Bimodal,
        &seen.collect::<Vec<_>>(),
        |list| {
            let what = match report.task() {
                Task::RoundTrip | Task::ManyRoundTrips => "Round trips",
                Task::Open => "Requests",
                Task::Stream => "Blocks",
                Task::Connect => "Connects",
            };
            format!("{what} fall into two groups in {list}.")
        },
        "Quote both there: a median only says which group is larger.",
    )
}

/// Two groups in the samples or, where these show none, in the rounds.
fn groups(cell: &Cell, clock_ns: u64) -> Option<modality::Groups> {
    let histogram = cell.histogram.as_deref().and_then(|text| Histogram::from_base64(text).ok());
    let of_samples = histogram.and_then(|samples| modality::of_samples(&samples, clock_ns));
    let rounds = || values(cell, &Statistic::P50).or_else(|| values(cell, &level(cell)));
    of_samples.or_else(|| modality::of_rounds(&rounds()?))
}

/// The statistic that every block of a cell has.
fn level(cell: &Cell) -> Statistic {
    if cell.bytes_per_second.is_some() { Statistic::Throughput } else { Statistic::Mean }
}

pub(super) fn drift(report: &Report) -> Option<Caveat> {
    let seen = report.originals().filter_map(|cell| {
        let change = trend::drift(&values(cell, &level(cell))?)?;
        let direction = if change > 0.0 { "slower" } else { "faster" };
        Some((cell, format!("{} {direction}", units::percent(change.abs()))))
    });
    caveat_about(
        report,
        CaveatCode::Drift,
        &seen.collect::<Vec<_>>(),
        |list| format!("Times drifted from the first to the last round in {list}."),
        "Ratios are paired by round and hardly affected; for times, wait for a steady machine.",
    )
}

pub(super) fn floor_too_high(report: &Report) -> Option<Caveat> {
    let margin = report.plan.margin;
    let mut high: Vec<(&View, f64)> = Vec::new();
    for comparison in report.leading_comparisons() {
        let Some(floor) = comparison.noise_floor.filter(|floor| *floor > margin) else { continue };
        if !high.iter().any(|(view, _)| **view == comparison.view) {
            high.push((&comparison.view, floor));
        }
    }
    if high.is_empty() {
        return None;
    }
    let list: Vec<String> =
        high.iter().map(|(view, floor)| format!("{} in {view}", units::excess(*floor))).collect();
    Some(caveat(
        CaveatCode::FloorTooHigh,
        format!("Noise hides differences below {}.", list.join(", ")),
        &match report.plan.more_rounds() {
            Some(rounds) => format!(
                "Use more rounds (--rounds {rounds}) or a quieter machine to see smaller ones."
            ),
            None => "Use a quieter machine to see smaller ones.".to_owned(),
        },
    ))
}
