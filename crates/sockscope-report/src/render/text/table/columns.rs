//! Columns: the numbers that the table shows of a cell, workload by workload.

use super::{INVALID, UNSUPPORTED};
use crate::model::{Cell, CpuPerOp, OpenLoop, Report, RttNs, Statistic, Task};
use crate::units;

/// A number of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    P50,
    Mean,
    P99,
    P999,
    /// Exchanges or connections a second.
    Rate,
    /// Answers a second of an open loop, marked where its point is not valid.
    Achieved,
    /// From the real sending, beside the percentiles from the intended time.
    ServiceP99,
    /// How late requests left.
    LateP99,
    Throughput,
    CpuClient,
    CpuServer,
    TimeWait,
    BacklogFull,
    Lost,
}

/// Those of a report, in their order.
pub(super) fn of(report: &Report) -> Vec<Column> {
    use Column::{
        Achieved, BacklogFull, CpuClient, CpuServer, LateP99, Lost, Mean, P50, P99, P999, Rate,
        ServiceP99, Throughput, TimeWait,
    };
    let any = |has: fn(&Cell) -> bool| report.originals().any(has);
    let mut columns = match report.task() {
        Task::RoundTrip if report.leading_statistic() == Statistic::Mean => vec![Mean, P99],
        Task::RoundTrip => vec![P50, P99],
        Task::ManyRoundTrips => vec![Rate, P50, P99],
        Task::Open => vec![Achieved, P50, P99, P999, ServiceP99, LateP99],
        Task::Stream => vec![Throughput, CpuServer, CpuClient],
        Task::Connect => vec![Rate, P50, P99, TimeWait, BacklogFull],
    };
    let knows_time_wait = any(|cell| cell.connect.is_some_and(|one| one.time_wait.is_some()));
    columns.retain(|column| *column != TimeWait || (knows_time_wait && any(has_time_wait)));
    let has_cpu = any(|cell| cell.cpu_ns_per_kib.is_some());
    columns.retain(|column| !matches!(column, CpuClient | CpuServer) || has_cpu);
    if any(|cell| cell.lost.is_some_and(|lost| lost > 0)) {
        columns.push(Lost);
    }
    columns
}

impl Column {
    /// Its name; two lines where the words are longer than the numbers.
    pub(super) fn header(self, task: Task) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::Mean => "mean",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Rate if task == Task::Connect => "connects\na second",
            Self::Rate => "exchanges\na second",
            Self::Achieved => "achieved\na second",
            Self::ServiceP99 => "service\np99",
            Self::LateP99 => "late\np99",
            Self::Throughput => "throughput",
            Self::CpuClient => "CPU/KiB\nreceiver",
            Self::CpuServer => "CPU/KiB\nsender",
            Self::TimeWait => "TIME_\nWAIT",
            Self::BacklogFull => "backlog\nfull",
            Self::Lost => "lost",
        }
    }

    /// The number of a cell that was measured; empty where there is none to have.
    fn show(self, cell: &Cell) -> String {
        let percentile = |of: fn(RttNs) -> Option<u64>| time(cell.rtt_ns.and_then(of));
        let cpu = |of: fn(CpuPerOp) -> Option<f64>| cell.cpu_ns_per_kib.and_then(of);
        let whole = |count: u64| count.to_string();
        let connect = cell.connect;
        let known = match self {
            Self::P50 => return percentile(|rtt| rtt.p50),
            Self::Mean => return percentile(|rtt| Some(rtt.mean)),
            Self::P99 => return percentile(|rtt| rtt.p99),
            Self::P999 => return percentile(|rtt| rtt.p999),
            Self::ServiceP99 => {
                return time(cell.open.as_ref().and_then(|open| open.service_ns?.p99));
            }
            Self::LateP99 => {
                return time(cell.open.as_ref().and_then(|open| open.lateness_ns?.p99));
            }
            Self::Rate => cell.per_second.map(units::amount),
            Self::Achieved => cell.open.as_ref().map(achieved),
            Self::Throughput => cell.bytes_per_second.map(units::throughput),
            Self::CpuClient => cpu(|of| of.client).map(units::time),
            Self::CpuServer => cpu(|of| of.server).map(units::time),
            // The kernel's count is of all programs; a socket that is not TCP adds nothing to it.
            Self::TimeWait if !has_time_wait(cell) => Some("—".to_owned()),
            Self::TimeWait => connect.and_then(|connect| connect.time_wait).map(whole),
            Self::BacklogFull => connect.map(|connect| whole(connect.backlog_full)),
            Self::Lost => cell.lost.map(whole),
        };
        known.unwrap_or_default()
    }
}

/// A time, or the mark of one that the samples do not support.
fn time(ns: Option<u64>) -> String {
    ns.map_or_else(|| UNSUPPORTED.to_owned(), |ns| units::time(ns as f64))
}

/// Whether closing its connections leaves any in `TIME_WAIT`.
fn has_time_wait(cell: &Cell) -> bool {
    matches!(cell.transport.as_str(), "tcp" | "tcp6" | "mptcp")
}

fn achieved(open: &OpenLoop) -> String {
    let mark = if open.invalid_because.is_some() { INVALID } else { "" };
    format!("{}{mark}", units::amount(open.achieved_per_second))
}

/// All numbers of a cell; one that was not measured says so in the first.
pub(super) fn shown(columns: &[Column], cell: Option<&Cell>) -> Vec<String> {
    let first = match cell {
        None => "",
        Some(cell) if is_measured(cell) => {
            return columns.iter().map(|one| one.show(cell)).collect();
        }
        Some(cell) if cell.error.is_some() => "failed",
        Some(_) => UNSUPPORTED,
    };
    let rest = columns.iter().skip(1).map(|_| String::new());
    std::iter::once(first.to_owned()).chain(rest).collect()
}

pub(in crate::render::text) fn is_measured(cell: &Cell) -> bool {
    cell.rtt_ns.is_some() || cell.bytes_per_second.is_some()
}

/// Whether one of the numbers of a cell is missing because of too few samples.
pub(in crate::render::text) fn lacks_percentile(report: &Report, cell: &Cell) -> bool {
    if !is_measured(cell) {
        return cell.error.is_none();
    }
    let percentiles = [Column::P50, Column::P99, Column::P999, Column::ServiceP99, Column::LateP99];
    let mut shown = of(report).into_iter().filter(|column| percentiles.contains(column));
    shown.any(|column| column.show(cell) == UNSUPPORTED)
}
