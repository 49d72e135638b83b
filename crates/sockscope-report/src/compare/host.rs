//! Host: whether two results are of one machine.

use crate::model::Host;

/// In what the machines differ, in words; `None` when nothing is known to differ.
///
/// A name says nothing in a container, whose name changes with every start. The kernel is not part
/// of it: whether a new kernel is slower is a question one may ask.
pub(super) fn difference(one: &Host, other: &Host) -> Option<String> {
    let in_container = |host: &Host| host.container.as_deref().is_some_and(|kind| kind != "none");
    let cpus = |host: &Host| host.cpus_online.map(|count| count.to_string());
    let mut facts = vec![
        ("architecture", one.architecture.clone(), other.architecture.clone()),
        ("CPU", one.cpu_model.clone(), other.cpu_model.clone()),
        ("number of CPUs", cpus(one), cpus(other)),
        ("virtualisation", one.virtualisation.clone(), other.virtualisation.clone()),
    ];
    if !in_container(one) && !in_container(other) {
        facts.push(("name", one.hostname.clone(), other.hostname.clone()));
    }
    facts.into_iter().find_map(|(fact, one, other)| {
        let (one, other) = (one?, other?);
        (one != other).then(|| format!("another machine: its {fact} is {other}, not {one}"))
    })
}
