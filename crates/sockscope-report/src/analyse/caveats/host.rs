//! Host caveats: what the machine did, or may have done, to the numbers.
//!
//! From where on a fact speaks against a result is said in `model::fitness`, for `doctor` too.

use super::caveat;
use crate::model::fitness::STEAL_MAX;
use crate::model::{Caveat, CaveatCode, Report};
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
