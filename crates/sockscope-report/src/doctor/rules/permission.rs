//! Permission: what the kernel lets this process do.

use crate::doctor::Facts;
use crate::doctor::facts::IoUring;
use crate::doctor::rule::Judgement;

pub(super) const IO_URING: &str = "Without it the engine uring cannot be measured here.";

pub(super) fn io_uring(facts: &Facts) -> Judgement {
    let Some(answer) = &facts.permissions.io_uring else {
        return Judgement::unknown("it was not tried");
    };
    if *answer == IoUring::Allowed {
        return Judgement::ok("allowed, tried");
    }
    let refused =
        Judgement::note(facts.permissions.io_uring_reason.as_deref().unwrap_or("refused"));
    match answer {
        IoUring::Disabled => refused.command("sudo sysctl -w kernel.io_uring_disabled=0"),
        IoUring::Filtered => {
            refused.advice("Start the container with --security-opt seccomp=unconfined.")
        }
        IoUring::NoMemory => refused
            .advice("For this shell and what it starts:")
            .command("sudo prlimit --pid $$ --memlock=unlimited"),
        _ => refused,
    }
}

pub(super) const PERF_EVENTS: &str =
    "Page faults, switches and migrations of both ends are counted by them, where they may be.";

pub(super) fn perf_events(facts: &Facts) -> Judgement {
    let (Some(level), Some(capable)) =
        (facts.permissions.perf_event_paranoid, facts.permissions.perf_capability)
    else {
        return Judgement::unknown("the setting cannot be read");
    };
    let held = if capable { ", and we hold the capability" } else { "" };
    let value = format!("kernel.perf_event_paranoid is {level}{held}");
    match level {
        _ if capable => Judgement::ok(value),
        ..=1 => Judgement::ok(value),
        _ => Judgement::note(value).command("sudo sysctl -w kernel.perf_event_paranoid=1"),
    }
}

pub(super) const HARDWARE_COUNTERS: &str =
    "Cycles and instructions tell why a time changed; most virtual machines have none.";

pub(super) fn hardware_counters(facts: &Facts) -> Judgement {
    match facts.permissions.hardware_counters.as_deref() {
        None => Judgement::unknown("the kernel does not tell"),
        Some([]) => Judgement::note("none")
            .advice("Nothing in this machine changes that; its host may offer a virtual PMU."),
        Some(names) => Judgement::ok(names.join(", ")),
    }
}
