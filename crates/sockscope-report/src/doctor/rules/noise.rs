//! Noise: what else runs on the machine, or on the one below it.

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;
use crate::model::fitness::STEAL_MAX;
use crate::units;

/// Shows who uses the CPUs, and which.
const WHO: &str = "ps -eo pcpu,psr,pid,comm --sort=-pcpu | head -6";

pub(super) const LOAD: &str =
    "Other work takes CPU time and cache from what is measured, now more and now less.";

pub(super) fn load(facts: &Facts) -> Judgement {
    let host = &facts.host;
    let (Some([one, five, _]), Some(cpus), Some(busy)) =
        (host.load_average, host.cpus_online, host.is_busy())
    else {
        return Judgement::unknown("the load cannot be read");
    };
    let cpus = if cpus == 1 { "1 CPU" } else { &format!("{cpus} CPUs") };
    let value = format!("{one:.2} over the last minute, {five:.2} over five, on {cpus}");
    if busy {
        Judgement::warning(value).advice("Stop what else is running; this shows it:").command(WHO)
    } else {
        Judgement::ok(value)
    }
}

pub(super) const STEAL: &str =
    "Stolen time stops a round trip in its middle: first the tail shows it, then the mean.";

pub(super) fn steal(facts: &Facts) -> Judgement {
    let now = facts.busy.as_ref().and_then(|busy| busy.steal_share);
    let (Some(now), Some(since_boot)) = (now, facts.steal_since_boot) else {
        return Judgement::unknown("the kernel does not count it here");
    };
    let value = format!(
        "{} while a CPU was kept busy, {} since the machine was started",
        units::percent(now),
        units::percent(since_boot)
    );
    let advice = "Measure when the host is quieter, or on a machine of your own.";
    if now > STEAL_MAX {
        Judgement::warning(value).advice(advice)
    } else if since_boot > STEAL_MAX {
        Judgement::note(value).advice(advice)
    } else {
        Judgement::ok(value)
    }
}

pub(super) const INTERRUPTIONS: &str =
    "A thread that never sleeps sees what takes its CPU: tasks, interrupts, the hypervisor.";

pub(super) fn interruptions(facts: &Facts) -> Judgement {
    /// A hundredth of the time moves the 99th percentile.
    const LOST_MAX: f64 = 0.01;
    /// A few timer ticks are a thousandth.
    const LOST_FEW: f64 = 0.001;
    let Some(busy) = facts.busy.as_ref().filter(|busy| busy.elapsed_ns > 0) else {
        return Judgement::unknown("no CPU was kept busy");
    };
    let lost = busy.lost_ns as f64 / busy.elapsed_ns as f64;
    let times = match busy.interruptions {
        0 => return Judgement::ok(format!("none of 10 µs on CPU {}", busy.cpu)),
        1 => "1 of 10 µs or more".to_owned(),
        times => format!("{times} of 10 µs or more"),
    };
    let value = format!(
        "{times} in {} on CPU {}, together {}, the longest {}",
        units::milliseconds(busy.elapsed_ns / 1_000_000),
        busy.cpu,
        units::percent(lost),
        units::time(busy.longest_ns as f64),
    );
    let who = "Stop what else is running; this shows it, with the CPU in the second column:";
    if lost > LOST_MAX {
        Judgement::warning(value).advice(who).command(WHO)
    } else if lost > LOST_FEW {
        Judgement::note(value).advice(who).command(WHO)
    } else {
        Judgement::ok(value)
    }
}
