//! Plan: what `bench --dry-run` prints.

use crate::escape::escape;
use crate::model::{Plan, Report, View};
use crate::units;

/// What would be measured, a line per choice, and what the machine cannot give.
#[must_use]
pub fn plan_text(report: &Report) -> String {
    let Report { plan, seed, runs, unavailable, .. } = report;
    let sizes: Vec<String> = plan.sizes.iter().map(|size| units::bytes(*size)).collect();
    let subjects = if plan.is_attached() {
        ("servers", plan.endpoints.join(", "))
    } else {
        ("transports", plan.transports.join(", "))
    };
    let twin = if plan.twin { ", measured twice for the noise floor" } else { "" };
    let mut rows = vec![
        subjects,
        ("baseline", format!("{}{twin}", plan.baseline)),
        ("views", plan.views.iter().map(View::as_str).collect::<Vec<_>>().join(", ")),
        (
            "messages",
            format!("{}, service {}, workload {}", sizes.join(", "), plan.service, plan.workload),
        ),
        ("rounds", format!("{}, views and cells in random order (seed {seed})", plan.rounds)),
        ("blocks", blocks(plan)),
    ];
    if *runs > 1 {
        rows.insert(4, ("runs", format!("{runs}, each of all rounds, in an order of its own")));
    }
    if let Some(ms) = plan.estimated_ms {
        rows.push(("takes about", units::milliseconds(ms)));
    }
    for missing in unavailable {
        rows.push(("not possible", format!("{missing}: {}", missing.reason)));
    }
    let lines: Vec<String> =
        rows.iter().map(|(name, value)| format!("{name:<13} {}", escape(value))).collect();
    lines.join("\n") + "\n"
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
