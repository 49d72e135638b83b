//! Kernel: what lies below it, around it, and in the way of each system call.

use std::collections::BTreeMap;

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;

pub(super) const VIRTUALISATION: &str =
    "Waking an idle CPU goes through the hypervisor, which costs more or less than on bare metal.";

pub(super) fn virtualisation(facts: &Facts) -> Judgement {
    match (&facts.host.virtualisation, facts.host.is_virtual()) {
        (Some(kind), Some(true)) => Judgement::note(kind)
            .advice("Measure where the program will run; do not carry wake-ups to bare metal."),
        (Some(_), _) => Judgement::ok("bare metal"),
        _ => Judgement::unknown("the processor does not tell"),
    }
}

pub(super) const CONTAINER: &str =
    "A container's seccomp filter looks at each system call, and a round trip makes four.";

pub(super) fn container(facts: &Facts) -> Judgement {
    let kind = facts.host.container.as_deref();
    match (kind, facts.host.seccomp_filter) {
        (Some(kind), Some(true)) => Judgement::note(format!("{kind}, with a seccomp filter"))
            .advice("Start it with --security-opt seccomp=unconfined to see what that costs."),
        (None, Some(true)) => Judgement::note("none, but a seccomp filter")
            .advice("Measure under the filter that the program will run under."),
        (Some(kind), Some(false)) => Judgement::ok(format!("{kind}, without a seccomp filter")),
        (None, Some(false)) => Judgement::ok("no mark of one, and no seccomp filter"),
        (_, None) => Judgement::unknown("the state of this process cannot be read"),
    }
}

pub(super) const MITIGATIONS: &str =
    "They make each system call and each switch dearer, by more on some processors than on others.";

pub(super) fn mitigations(facts: &Facts) -> Judgement {
    let Some(mitigations) = &facts.host.mitigations else {
        return Judgement::unknown("the kernel does not tell");
    };
    let costly = costly(mitigations);
    if costly.is_empty() {
        return Judgement::ok("none that system calls pay for");
    }
    Judgement::note(format!("against {}", costly.join(", ")))
        .advice("Leave them as they are; compare only with machines that have the same.")
}

/// Those that system calls or switches pay for: the others act elsewhere, or only on request.
fn costly(mitigations: &BTreeMap<String, String>) -> Vec<&str> {
    const FREE: [&str; 4] = ["itlb_multihit", "l1tf", "spec_store_bypass", "spectre_v1"];
    let pays = |(name, state): &(&String, &String)| {
        state.starts_with("Mitigation") && !FREE.contains(&name.as_str())
    };
    mitigations.iter().filter(pays).map(|(name, _)| name.as_str()).collect()
}

pub(super) const HUGE_PAGES: &str =
    "Memory that is made huge unasked is compacted first, and who touches it waits.";

pub(super) fn huge_pages(facts: &Facts) -> Judgement {
    match facts.huge_pages.as_deref() {
        None => Judgement::unknown("the kernel does not tell"),
        Some("always") => Judgement::note("always")
            .command("echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"),
        Some(when) => Judgement::ok(when),
    }
}
