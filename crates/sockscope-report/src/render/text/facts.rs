//! Facts: what was measured, where, and by which clock, in the first lines.

use super::page::Page;
use super::{setting, tasks};
use crate::model::{Clock, Host, Plan, Report};
use crate::units;

pub(super) fn write(report: &Report, page: &mut Page) {
    page.paragraph(&what(report));
    page.paragraph(&setting::with(report));
    write_machine(&report.host, page);
    if let Some(clock) = clock(&report.host.clock) {
        page.paragraph(&clock);
    }
    if report.plan.is_attached() {
        page.paragraph(&servers(&report.plan));
    }
}

/// The machine in one line; nothing is said about what is not known.
pub(super) fn write_machine(host: &Host, page: &mut Page) {
    if let Some(place) = place(host) {
        page.paragraph(&place);
    }
}

fn what(report: &Report) -> String {
    let plan = &report.plan;
    let rounds = if plan.rounds == 1 { "1 round" } else { &format!("{} rounds", plan.rounds) };
    let runs = if report.runs == 1 { "" } else { &format!("{} runs of ", report.runs) };
    format!(
        "sockscope {}: {}, {runs}{rounds} of {} blocks",
        report.sockscope,
        tasks::what(report.task(), plan),
        units::milliseconds(plan.block_ms),
    )
}

fn place(host: &Host) -> Option<String> {
    let kernel = host.kernel.as_ref().map(|release| format!("Linux {release}"));
    let cpus = host.cpus_allowed.as_ref().map(|cpus| match cpus.len() {
        1 => "1 CPU".to_owned(),
        count => format!("{count} CPUs"),
    });
    let known = |fact: &Option<String>| fact.clone().filter(|kind| kind != "none");
    let machine = known(&host.virtualisation).map(|kind| format!("virtual machine ({kind})"));
    let container = known(&host.container).map(|kind| format!("container ({kind})"));
    let facts = [kernel, host.cpu_model.clone(), cpus, machine, container];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then(|| format!("on {}", facts.join(", ")))
}

/// The clock in one line, because it limits what can be seen: no difference below its resolution,
/// no time without its cost.
fn clock(clock: &Clock) -> Option<String> {
    let cost = clock.cost_ns.map(|ns| format!("a reading takes {}", units::time(ns)));
    let resolution = clock.resolution_ns.map(|ns| format!("resolution {}", units::time(ns as f64)));
    let facts: Vec<String> =
        [clock.source.clone(), cost, resolution].into_iter().flatten().collect();
    (!facts.is_empty()).then(|| format!("clock: {}", facts.join(", ")))
}

fn servers(plan: &Plan) -> String {
    let servers = plan.endpoints.iter().map(|endpoint| {
        let baseline = if *endpoint == plan.baseline { " (baseline)" } else { "" };
        format!("{endpoint}{baseline}")
    });
    format!("servers that were already running: {}", servers.collect::<Vec<_>>().join(", "))
}
