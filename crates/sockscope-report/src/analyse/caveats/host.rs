//! Host caveats: what the machine did, or may have done, to the numbers.
//!
//! From where on a fact speaks against a result is said in `model::fitness`, for `doctor` too.

use super::caveat;
use crate::model::fitness::STEAL_MAX;
use crate::model::{Caveat, CaveatCode, Cell, Host, Relation, Report};
use crate::units;

pub(super) fn steal(report: &Report) -> Option<Caveat> {
    let share = report.host.steal_share.filter(|share| *share > STEAL_MAX)?;
    Some(caveat(
        CaveatCode::Steal,
        format!(
            "The hypervisor took {} of the CPU time away during the run.",
            units::percent(share)
        ),
        "Run it again when the host is quieter, or on a machine of your own.",
    ))
}

pub(super) fn throttled(report: &Report) -> Option<Caveat> {
    let periods = report.host.cgroup_throttled.filter(|periods| *periods > 0)?;
    let quota = report.host.cgroup_cpu_max.as_deref().unwrap_or("unknown");
    Some(caveat(
        CaveatCode::Throttled,
        format!("The cgroup's CPU quota stopped the run in {periods} periods (cpu.max: {quota})."),
        "Raise or remove the quota while you measure.",
    ))
}

/// A quota that has not stopped this run may stop the next one.
pub(super) fn cpu_quota(report: &Report) -> Option<Caveat> {
    let quota = report.host.quota_cpus()?;
    let most = report.originals().map(|cell| cpus_used(cell, &report.host)).max()?;
    let stopped = report.host.cgroup_throttled.is_some_and(|periods| periods > 0);
    (quota < most as f64 && !stopped).then(|| {
        caveat(
            CaveatCode::CpuQuota,
            format!("The cgroup allows {quota} CPUs' worth of time, and two ends can use {most}."),
            "Raise or remove the quota while you measure: sockscope doctor has the command.",
        )
    })
}

/// How many CPUs both ends of a cell can use; an end that is not pinned counts as one.
fn cpus_used(cell: &Cell, host: &Host) -> usize {
    let placement = &cell.placement;
    let mut cpus = [placement.client_cpus.as_slice(), &placement.server_cpus].concat();
    cpus.sort_unstable();
    cpus.dedup();
    let free =
        [&placement.client_cpus, &placement.server_cpus].map(|end| usize::from(end.is_empty()));
    let allowed = host.cpus_allowed.as_ref().map_or(usize::MAX, Vec::len);
    (cpus.len() + free[0] + free[1]).min(allowed)
}

pub(super) fn siblings(report: &Report) -> Option<Caveat> {
    let cells = report.originals().filter(|cell| cell.placement.relation == Relation::Smt);
    let mut views: Vec<&str> = Vec::new();
    let mut ids = Vec::new();
    for cell in cells {
        ids.push(cell.id.clone());
        if !views.contains(&cell.view.as_str()) {
            views.push(cell.view.as_str());
        }
    }
    (!ids.is_empty()).then(|| Caveat {
        cells: ids,
        ..caveat(
            CaveatCode::Siblings,
            format!(
                "The two CPUs of {} are hardware threads of one core and slow each other down.",
                views.join(" and ")
            ),
            "Allow sockscope a CPU of another core, or do not carry these views to two cores.",
        )
    })
}

pub(super) fn slow_clock(report: &Report) -> Option<Caveat> {
    let cost = report.host.clock.cost_ns?;
    let source = report.host.clock.source.as_deref().unwrap_or("unnamed");
    report.host.clock_is_slow()?.then(|| {
        caveat(
            CaveatCode::SlowClock,
            format!(
                "Reading the clock ({source}) takes {}, and each round trip holds a reading.",
                units::time(cost)
            ),
            "Choose another source (sockscope doctor has the command), or compare ratios only.",
        )
    })
}

pub(super) fn timer_slack(report: &Report) -> Option<Caveat> {
    let slack = report.host.timer_slack_ns?;
    report.host.timers_are_late()?.then(|| {
        caveat(
            CaveatCode::TimerSlack,
            format!(
                "Timers of this process may be {} late: a server that sleeps by them is.",
                units::time(slack as f64)
            ),
            "Set it back while you measure: sockscope doctor has the command.",
        )
    })
}

pub(super) fn load(report: &Report) -> Option<Caveat> {
    let host = &report.host;
    let ([one_minute, ..], cpus) = (host.load_average?, host.cpus_online?);
    host.is_busy()?.then(|| {
        caveat(
            CaveatCode::Load,
            format!(
                "The machine was busy when the run began: load {one_minute:.2} on {cpus} CPUs."
            ),
            "Stop what else is running, wait a minute, run it again.",
        )
    })
}

pub(super) fn frequency_not_fixed(report: &Report) -> Option<Caveat> {
    let governor = report.host.governor.as_deref()?;
    (!report.host.frequency_is_fixed()?).then(|| {
        caveat(
            CaveatCode::FrequencyNotFixed,
            format!("The CPUs change their frequency (governor {governor})."),
            "Fix it while you measure: sockscope doctor has the command.",
        )
    })
}

pub(super) fn virtualised(report: &Report) -> Option<Caveat> {
    let kind = report.host.virtualisation.as_deref()?;
    report.host.is_virtual()?.then(|| {
        caveat(
            CaveatCode::Virtualised,
            format!(
                "This is a virtual machine ({kind}): waking an idle CPU goes through its host."
            ),
            "On bare metal it costs less or more: measure where the program will run.",
        )
    })
}
