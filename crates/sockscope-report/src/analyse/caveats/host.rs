//! Host caveats: what the machine did, or may have done, to the numbers.

use super::caveat;
use crate::model::{Caveat, CaveatCode, Report};
use crate::units;

pub(super) fn steal(report: &Report) -> Option<Caveat> {
    /// Half a percent of a block is enough to move its 99th percentile.
    const MAX_SHARE: f64 = 0.005;
    let share = report.host.steal_share.filter(|share| *share > MAX_SHARE)?;
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
    /// A quarter of the CPUs busy is half of a machine of two.
    const MAX_SHARE: f64 = 0.25;
    let [one_minute, ..] = report.host.load_average?;
    let cpus = report.host.cpus_online?.max(1);
    (one_minute > f64::from(cpus) * MAX_SHARE).then(|| {
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
    /// The governor that keeps a CPU at its highest frequency.
    const FIXED: &str = "performance";
    let governor = report.host.governor.as_deref().filter(|governor| *governor != FIXED)?;
    Some(caveat(
        CaveatCode::FrequencyNotFixed,
        format!("The CPUs change their frequency (governor {governor})."),
        "Fix it while you measure: cpupower frequency-set -g performance.",
    ))
}

pub(super) fn virtualised(report: &Report) -> Option<Caveat> {
    const BARE_METAL: &str = "none";
    let kind = report.host.virtualisation.as_deref().filter(|kind| *kind != BARE_METAL)?;
    Some(caveat(
        CaveatCode::Virtualised,
        format!("This is a virtual machine ({kind}): waking an idle CPU goes through its host."),
        "On bare metal it costs less or more: measure where the program will run.",
    ))
}
