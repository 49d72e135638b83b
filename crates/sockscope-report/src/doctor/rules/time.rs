//! Time: the clock that is read, and the timers that are waited for.

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;
use crate::units;

pub(super) const CLOCK: &str =
    "Each round trip holds one reading of the clock, and no difference below its step can be seen.";

pub(super) fn clock(facts: &Facts) -> Judgement {
    let clock = &facts.host.clock;
    let (Some(cost), Some(slow)) = (clock.cost_ns, facts.host.clock_is_slow()) else {
        return Judgement::unknown("it was not measured");
    };
    let source = clock.source.as_deref().unwrap_or("unnamed");
    let step = clock
        .resolution_ns
        .map_or(String::new(), |step| format!(", its smallest step {}", units::time(step as f64)));
    let value = format!("{source}: a reading takes {}{step}", units::time(cost));
    if !slow {
        return Judgement::ok(value);
    }
    let tsc = facts.clock_sources.iter().flatten().any(|source| source == "tsc");
    if tsc && source != "tsc" {
        return Judgement::warning(value).command(
            "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource",
        );
    }
    Judgement::warning(value)
        .advice("Each reading is a system call here: compare only with results of this clock.")
}

pub(super) const TIMER_SLACK: &str =
    "A sleep may last so much longer than asked for; a server that works by timers is late by it.";

pub(super) fn timer_slack(facts: &Facts) -> Judgement {
    let (Some(slack), Some(late)) = (facts.host.timer_slack_ns, facts.host.timers_are_late())
    else {
        return Judgement::unknown("it cannot be read");
    };
    let value = units::time(slack as f64);
    if late {
        Judgement::warning(value)
            .advice("For this shell and what it starts:")
            .command("echo 50000 > /proc/$$/timerslack_ns")
    } else {
        Judgement::ok(value)
    }
}
