//! Plan: what `bench --dry-run` prints.

use super::text::{setting, tasks};
use super::unavailable::by_reason;
use crate::escape::escape;
use crate::model::{Plan, Report, View};
use crate::units;

/// What would be measured, a line per factor with all its values, and what the machine cannot give.
#[must_use]
pub fn plan_text(report: &Report) -> String {
    let Report { plan, seed, runs, unavailable, .. } = report;
    let mut rows = vec![("workload", tasks::what(report.task(), plan))];
    rows.extend(compared(plan));
    rows.extend(swept(plan));
    if *runs > 1 {
        rows.push(("runs", format!("{runs}, each of all rounds, in an order of its own")));
    }
    rows.push((
        "rounds",
        format!("{}, views and cells in random order (seed {seed})", plan.rounds),
    ));
    rows.push(("blocks", blocks(plan)));
    rows.extend(cells(plan, *runs).map(|cells| ("cells", cells)));
    if let Some(ms) = plan.estimated_ms {
        rows.push(("takes about", units::milliseconds(ms)));
    }
    for missing in by_reason(unavailable) {
        rows.push(("not possible", format!("{}: {}", missing.what, missing.reason)));
    }
    let lines: Vec<String> =
        rows.iter().map(|(name, value)| format!("{name:<13} {}", escape(value))).collect();
    lines.join("\n") + "\n"
}

/// The factors whose values are compared, and with what.
fn compared(plan: &Plan) -> Vec<(&'static str, String)> {
    let subjects = if plan.is_attached() {
        ("servers", plan.endpoints.join(", "))
    } else {
        ("transports", plan.transports.join(", "))
    };
    let mut rows = vec![subjects, ("engines", setting::engines(plan))];
    let on_off = |on: &bool| if *on { "on" } else { "off" };
    if !plan.nodelay.is_empty() {
        let values: Vec<&str> = plan.nodelay.iter().map(on_off).collect();
        rows.push(("TCP_NODELAY", values.join(", ")));
    }
    let twin = if plan.twin { ", measured twice for the noise floor" } else { "" };
    rows.push(("baseline", format!("{}{twin}", plan.baseline)));
    rows
}

/// The factors of the sweep, and what holds for all its points.
fn swept(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("views", plan.views.iter().map(View::as_str).collect::<Vec<_>>().join(", ")),
        ("connections", connections(plan)),
    ];
    rows.extend(setting::depths(plan).map(|depths| ("depths", depths)));
    if !plan.rates.is_empty() {
        let rates: Vec<String> = plan.rates.iter().map(|rate| units::rate(*rate)).collect();
        rows.push(("rates", rates.join(", ")));
    }
    rows.extend(setting::threads(plan).map(|threads| ("threads", threads.to_string())));
    rows.extend(setting::buffers(plan).map(|buffers| ("buffers", buffers)));
    rows
}

fn connections(plan: &Plan) -> String {
    let counts = setting::list(&plan.connections);
    setting::threads_each(plan).map_or(counts.clone(), |note| format!("{counts} ({note})"))
}

fn blocks(plan: &Plan) -> String {
    let length = |ms| units::milliseconds(ms);
    let solo = if plan.views.contains(&View::Solo) {
        format!(" (solo: {})", length(plan.solo_block_ms))
    } else {
        String::new()
    };
    format!("{}{solo}, each after {} of warm-up", length(plan.block_ms), length(plan.warm_up_ms))
}

/// How many there are, and how many blocks they make in all rounds.
fn cells(plan: &Plan, runs: u32) -> Option<String> {
    let cells = plan.cells?;
    let twins = match plan.twins.unwrap_or(0) {
        0 => String::new(),
        1 => ", 1 of them a twin".to_owned(),
        twins => format!(", {twins} of them twins"),
    };
    let blocks = cells.saturating_mul(u64::from(plan.rounds)).saturating_mul(u64::from(runs));
    Some(format!("{cells}{twins}: {blocks} blocks in all"))
}
