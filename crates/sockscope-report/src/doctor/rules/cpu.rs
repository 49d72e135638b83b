//! CPU: how fast the processors run, how they sleep, and what they share.

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;
use crate::model::{IdleState, Relation};

pub(super) const GOVERNOR: &str =
    "A CPU that changes its frequency makes each time depend on what ran before it.";

pub(super) fn governor(facts: &Facts) -> Judgement {
    let (Some(governor), Some(fixed)) = (&facts.host.governor, facts.host.frequency_is_fixed())
    else {
        return Judgement::unknown(match facts.host.is_virtual() {
            Some(true) => "the hypervisor decides, and does not tell",
            _ => "the kernel does not manage frequencies here",
        });
    };
    if fixed {
        return Judgement::ok(governor);
    }
    Judgement::warning(governor).command(
        "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    )
}

pub(super) const TURBO: &str =
    "Above the nominal frequency, speed depends on heat and on how many cores are busy.";

pub(super) fn turbo(facts: &Facts) -> Judgement {
    match (facts.host.turbo, facts.host.frequency_driver.as_deref()) {
        (None, _) => Judgement::unknown("no driver says whether there is such a thing"),
        (Some(false), _) => Judgement::ok("off"),
        (Some(true), Some("intel_pstate")) => Judgement::note("on")
            .command("echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"),
        (Some(true), _) => {
            Judgement::note("on").command("echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost")
        }
    }
}

pub(super) const IDLE_STATES: &str =
    "A message to a sleeping CPU waits until it is awake: that is in cross-core and free.";

pub(super) fn idle_states(facts: &Facts) -> Judgement {
    /// As long as a round trip on one CPU.
    const SHALLOW_US: u64 = 10;
    let Some(states) = &facts.host.idle_states else {
        return Judgement::unknown("the kernel does not manage idle states here");
    };
    let driver = facts.host.idle_driver.as_deref().unwrap_or("unnamed");
    let used: Vec<&IdleState> = states.iter().filter(|state| !state.disabled).collect();
    let Some(deepest) = used.iter().max_by_key(|state| state.exit_latency_us) else {
        return Judgement::ok(format!("none (driver {driver})"));
    };
    let value =
        format!("{} takes {} µs to leave (driver {driver})", deepest.name, deepest.exit_latency_us);
    if deepest.exit_latency_us <= SHALLOW_US {
        return Judgement::ok(value);
    }
    let deep: String = used
        .iter()
        .filter(|state| state.exit_latency_us > SHALLOW_US)
        .map(|state| state.index.to_string())
        .collect();
    let states = if deep.len() == 1 { deep } else { format!("[{deep}]") };
    Judgement::note(value).advice("To see what the deep ones cost, switch them off:").command(
        format!("echo 1 | sudo tee /sys/devices/system/cpu/cpu*/cpuidle/state{states}/disable"),
    )
}

pub(super) const SMT: &str =
    "Two hardware threads share one core: what runs on one slows the other down.";

pub(super) fn smt(facts: &Facts) -> Judgement {
    const OFF: &str = "echo off | sudo tee /sys/devices/system/cpu/smt/control";
    let siblings = facts.pair.as_ref().filter(|pair| pair.relation == Relation::Smt);
    match (siblings, facts.host.smt) {
        (Some(pair), _) => {
            let [first, second] = pair.cpus;
            Judgement::warning(format!(
                "CPUs {first} and {second} are one core, and there is no other pair"
            ))
            .advice("Views of two CPUs measure that one core: allow this process a CPU of another.")
        }
        (None, Some(true)) => Judgement::note("two threads a core")
            .advice("Pairs are of two cores; keep their siblings idle, or switch them off:")
            .command(OFF),
        (None, Some(false)) => Judgement::ok("one thread a core"),
        (None, None) => Judgement::unknown("the kernel does not tell"),
    }
}

pub(super) const CPUS: &str =
    "spin and cross-core need two CPUs, and a load on many connections one for each side.";

pub(super) fn cpus(facts: &Facts) -> Judgement {
    let Some(allowed) = &facts.host.cpus_allowed else {
        return Judgement::unknown("the affinity of this process cannot be read");
    };
    let online = facts.host.cpus_online.unwrap_or(0);
    let count = u32::try_from(allowed.len()).unwrap_or(u32::MAX);
    let value = match (count, online) {
        (1, 1) => "1".to_owned(),
        (count, online) if count < online => format!("{count} of {online} may be used"),
        (count, _) => count.to_string(),
    };
    match (count, online) {
        (1, 2..) => Judgement::note(value)
            .advice("For this shell and what it starts:")
            .command(format!("taskset -cp 0-{} $$", online - 1)),
        (1, _) => Judgement::note(value).advice("Those views are left out, with the reason."),
        _ => Judgement::ok(value),
    }
}

pub(super) const NUMA: &str =
    "Memory of another node is farther away, and moving pages between nodes stops their users.";

pub(super) fn numa(facts: &Facts) -> Judgement {
    match (facts.host.numa_nodes, facts.numa_balancing) {
        (None, _) => Judgement::unknown("the kernel does not tell"),
        (Some(..=1), _) => Judgement::ok("1 node"),
        (Some(nodes), Some(true)) => Judgement::note(format!("{nodes} nodes, balanced by moving"))
            .command("sudo sysctl -w kernel.numa_balancing=0"),
        (Some(nodes), _) => Judgement::ok(format!("{nodes} nodes, not balanced by moving")),
    }
}
