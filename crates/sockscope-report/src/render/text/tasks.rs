//! Tasks: the words for each workload, the same in every sentence.

use crate::model::{Cell, Plan, Report, Statistic, Task};
use crate::units;

/// What was done, in the first line of a result.
pub(in crate::render) fn what(task: Task, plan: &Plan) -> String {
    let sizes = plan.sizes.iter().map(|size| units::bytes(*size)).collect::<Vec<_>>().join(", ");
    let service = &plan.service;
    match task {
        Task::RoundTrip | Task::ManyRoundTrips => {
            format!("round trips of {sizes}, service {service}")
        }
        Task::Open => {
            let arrivals = plan.arrivals.as_deref().unwrap_or("regular");
            format!(
                "requests of {sizes} on a schedule ({arrivals} arrivals), whatever the answers do, \
                 from a client that never sleeps, service {service}"
            )
        }
        Task::Stream => {
            let copying = if plan.zero_copy { ", zero-copy" } else { "" };
            format!(
                "one way, from the server to the client, {sizes} in each write{copying}, counted \
                 where it is read"
            )
        }
        Task::Connect if plan.exchange => format!(
            "connect, accept, one round trip of {sizes} (service {service}), close; and again"
        ),
        Task::Connect => "connect, accept, close; and again".to_owned(),
    }
}

/// What the columns of a workload are, where their names do not say it.
pub(super) fn columns(task: Task) -> &'static [(&'static str, &'static str)] {
    match task {
        Task::RoundTrip => &[],
        Task::Stream => &[("CPU/KiB", "processor time of each end for 1024 bytes")],
        Task::ManyRoundTrips => &[
            ("exchanges", "of all connections together"),
            ("p50, p99", "of a round trip, with the time it waits behind others"),
        ],
        Task::Open => &[
            ("p50 to p99.9", "from the intended time of each request to its answer"),
            (
                "service p99",
                "from its real sending: what a client sees that waits for answers; the gap between \
                 the two is coordinated omission",
            ),
            ("late p99", "how much later than intended requests left, whoever held them up"),
        ],
        Task::Connect => &[
            ("p50, p99", "of connecting alone"),
            (
                "TIME_WAIT",
                "the most closed TCP connections that the kernel still kept, of all programs",
            ),
            ("backlog full", "connects refused because the listener's queue was full"),
        ],
    }
}

/// A statistic as the head of a column names it: `by p50`.
pub(super) fn statistic(task: Task, statistic: &Statistic) -> String {
    match statistic {
        Statistic::Rate if task == Task::Connect => "connects a second".to_owned(),
        Statistic::Rate => "exchanges a second".to_owned(),
        other => other.to_string(),
    }
}

/// By what something is faster; a median of times is what everybody expects.
pub(super) fn in_what(task: Task, statistic: &Statistic) -> &'static str {
    match statistic {
        Statistic::Mean => " on average",
        Statistic::Rate if task == Task::Connect => " in connects a second",
        Statistic::Rate => " in exchanges a second",
        Statistic::Throughput => " in bytes a second",
        _ => "",
    }
}

/// For what the comparison decides: `Where latency decides, …`.
pub(super) fn where_it_decides(task: Task) -> &'static str {
    match task {
        Task::RoundTrip | Task::Open => "Where latency decides",
        Task::ManyRoundTrips => "Where the number of exchanges decides",
        Task::Stream => "Where throughput decides",
        Task::Connect => "Where the number of connects decides",
    }
}

/// What one measurement is of: `per round trip`.
pub(super) fn exchange(task: Task) -> &'static str {
    match task {
        Task::RoundTrip | Task::ManyRoundTrips => "round trip",
        Task::Open => "request",
        Task::Stream => "byte",
        Task::Connect => "connect",
    }
}

/// The beginning of a sentence whose object is [`leading`].
pub(super) fn subject(task: Task, name: &str) -> String {
    match task {
        Task::RoundTrip => format!("A round trip over {name} takes"),
        Task::ManyRoundTrips | Task::Connect => format!("{name} makes"),
        Task::Open => format!("A request over {name}, from its intended time to the answer, takes"),
        Task::Stream => format!("{name} carries"),
    }
}

/// The number of a cell that its sentences are about: `3.73 µs in the median`, `5.32 GB/s`.
pub(super) fn leading(report: &Report, cell: &Cell) -> Option<String> {
    let level = level(report, cell)?;
    Some(match report.leading_statistic() {
        Statistic::Rate => format!("{level} {}", statistic(report.task(), &Statistic::Rate)),
        Statistic::Throughput => level,
        Statistic::Mean => format!("{level} on average"),
        _ => format!("{level} in the median"),
    })
}

/// The same without its name: `3.73 µs`, `227 k`.
pub(super) fn level(report: &Report, cell: &Cell) -> Option<String> {
    Some(match report.leading_statistic() {
        Statistic::Rate => units::amount(cell.per_second?),
        Statistic::Throughput => units::throughput(cell.bytes_per_second?),
        Statistic::Mean => units::time(cell.rtt_ns?.mean as f64),
        _ => units::time(cell.rtt_ns?.p50? as f64),
    })
}
