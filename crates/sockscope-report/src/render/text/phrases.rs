//! Phrases: the words for views, transports and parts, the same in every sentence.

use crate::model::{Cell, Factor, Part, Placement, Relation, Report, Task, View};

/// What is compared, as a sentence names it: transports by their usual name, servers by their
/// address, engines and the rest as they are behind it.
pub(super) fn name(label: &str) -> String {
    match label.split_once(' ') {
        Some((first, rest)) => {
            format!("{} {}", spoken(first), rest.replace("nodelay", "with TCP_NODELAY"))
        }
        None => spoken(label).to_owned(),
    }
}

fn spoken(transport: &str) -> &str {
    match transport {
        "unix" => "Unix",
        "unix-abstract" => "Unix (abstract)",
        "unixgram" => "Unix datagram",
        "unixpacket" => "Unix seqpacket",
        "tcp" => "TCP",
        "tcp6" => "TCP over IPv6",
        "udp" => "UDP",
        "udp6" => "UDP over IPv6",
        "unixgram-abstract" => "Unix datagram (abstract)",
        "unixpacket-abstract" => "Unix seqpacket (abstract)",
        "mptcp" => "MPTCP",
        other => other,
    }
}

/// Under which circumstances a view measures, as the end of a sentence.
pub(super) fn when(report: &Report, view: &View) -> String {
    under("when", report, view)
}

/// The same, as the beginning of an advice.
pub(super) fn wherever(report: &Report, view: &View) -> String {
    under("where", report, view)
}

fn under(word: &str, report: &Report, view: &View) -> String {
    let circumstances = match view {
        View::Solo => "one thread owns both ends",
        View::SameCore => "both ends share a core",
        View::Spin => match relation(report, view) {
            Relation::Smt => "both ends poll on sibling CPUs of one core",
            Relation::SameLlc | Relation::SameNode | Relation::CrossNode => {
                "both ends poll on cores of their own"
            }
            _ => "both ends poll",
        },
        View::CrossCore => "each message wakes an idle CPU",
        View::Free => "the scheduler places both ends",
        View::ClientPinned => "the client is pinned to a core",
        View::Other(name) => return format!("in the view {name}"),
    };
    format!("{word} {circumstances}")
}

/// How the CPUs of a view are related; free when that is not known.
fn relation(report: &Report, view: &View) -> Relation {
    report.placement(view).map_or(Relation::Free, |placement| placement.relation.clone())
}

/// What a view is and which CPUs it had, for the legend under the table.
pub(super) fn legend(report: &Report, view: &View) -> Option<String> {
    let placement = report.placement(view);
    Some(match view {
        View::Solo => {
            format!("{}, one thread owns both ends: the bare socket", one_cpu(placement))
        }
        View::SameCore => {
            format!("{}, two processes that sleep while they wait", one_cpu(placement))
        }
        View::Spin => format!("{}, both ends poll and never sleep", two_cpus(placement)),
        // The sender of an open loop never sleeps.
        View::CrossCore if report.task() == Task::Open => {
            format!("{}, each request wakes the server's idle CPU", two_cpus(placement))
        }
        View::CrossCore => format!("{}, each message wakes an idle CPU", two_cpus(placement)),
        View::Free => {
            "not pinned, the scheduler decides: what a naive benchmark measures".to_owned()
        }
        View::ClientPinned => {
            format!("client on {}; the server runs where it likes", one_cpu(placement))
        }
        View::Other(_) => return None,
    })
}

fn one_cpu(placement: Option<&Placement>) -> String {
    let known = placement.and_then(|placement| numbers(&placement.client_cpus));
    known.map_or("one CPU".to_owned(), |cpu| format!("CPU {cpu}"))
}

/// The client's CPU and the server's, with how near they are.
fn two_cpus(placement: Option<&Placement>) -> String {
    let known = placement.and_then(|Placement { client_cpus, server_cpus, relation }| {
        let relation = match relation {
            Relation::Smt => "smt siblings",
            relation => relation.as_str(),
        };
        Some(format!("CPUs {} and {} ({relation})", numbers(client_cpus)?, numbers(server_cpus)?))
    });
    known.unwrap_or_else(|| "two CPUs".to_owned())
}

fn numbers(cpus: &[u32]) -> Option<String> {
    let numbers: Vec<String> = cpus.iter().map(u32::to_string).collect();
    (!numbers.is_empty()).then(|| numbers.join("+"))
}

/// What a part of the time is, for a reader who only knows that sockets exist.
pub(super) fn part(report: &Report, part: &Part) -> Option<&'static str> {
    Some(match part {
        Part::Socket => "what the kernel does to send, queue and receive, there and back",
        Part::Switch => "one CPU changing from one process to the other and back",
        Part::Cache => cache(&relation(report, &View::Spin)),
        Part::WakeUp => "waking an idle CPU both ways: the scheduler's cost, not the socket's",
        Part::Other(_) => return None,
    })
}

/// Over what the data moves between the two CPUs.
fn cache(relation: &Relation) -> &'static str {
    match relation {
        Relation::Smt => "data moving to the sibling CPU and back, less what both do at once",
        Relation::SameLlc => "data moving by the shared cache and back, less what both do at once",
        Relation::SameNode => "data moving to another cache and back, less what both do at once",
        Relation::CrossNode => {
            "data moving across memory nodes and back, less what both do at once"
        }
        _ => "data moving to another CPU and back, less what both do at once",
    }
}

/// Which factors are compared: what is measured, engines, `TCP_NODELAY`.
pub(super) fn compared(report: &Report) -> [bool; 3] {
    let Some(first) = report.originals().next() else { return [false; 3] };
    let nodelay = report.first_nodelay();
    let any = |differs: &dyn Fn(&Cell) -> bool| report.originals().any(differs);
    [
        any(&|cell| cell.target() != first.target()),
        any(&|cell| cell.engine() != first.engine()),
        any(&|cell| cell.nodelay.unwrap_or(nodelay) != nodelay),
    ]
}

/// What the names are of what is compared, as the head of their column.
pub(super) fn compared_kind(report: &Report) -> &'static str {
    match compared(report) {
        [_, false, false] if report.plan.is_attached() => "server",
        [_, false, false] => "transport",
        [false, true, false] => "engine",
        _ => "compared",
    }
}

/// The value that a cell has of a factor, as sentences name it.
pub(super) fn value(report: &Report, factor: &Factor, cell: &Cell) -> String {
    match factor {
        Factor::Engine => cell.engine(),
        Factor::Nodelay => {
            let on = cell.nodelay.unwrap_or(report.first_nodelay());
            format!("TCP_NODELAY {}", if on { "on" } else { "off" })
        }
        _ => name(cell.target()),
    }
}
