//! Setting: engines, connections and socket options, in one line of the facts.

use crate::model::{Cell, Plan, Report, Task, connections};
use crate::units;

/// "with the blocking engine, 1 connection, `TCP_NODELAY` on".
pub(super) fn with(report: &Report) -> String {
    let plan = &report.plan;
    let at_once = match (report.task(), plan.connections.as_slice()) {
        (Task::Connect, counts) => format!("{} at a time", list(counts)),
        (_, [1]) => connections(1),
        (_, counts) => format!("{} connections", list(counts)),
    };
    let threads_each = threads_each(plan).map_or(String::new(), |note| format!(" ({note})"));
    let parts = [
        Some(these_engines(plan)),
        Some(format!("{at_once}{threads_each}")),
        threads(plan).map(|threads| format!("divided among {threads} threads")),
        depths(plan).map(|depths| format!("{depths} requests in flight on each")),
        nodelay(report),
        buffers(plan).map(|asked| format!("{asked}{}", granted(report))),
    ];
    format!("with {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn these_engines(plan: &Plan) -> String {
    let names = engines(plan);
    match plan.client_engines.len() {
        _ if plan.is_attached() => format!("{names} clients"),
        1 => format!("the {names} engine"),
        _ => format!("the engines {names}"),
    }
}

/// The engines of both ends; only that of the client, where the server is not ours.
pub(in crate::render) fn engines(plan: &Plan) -> String {
    if plan.is_attached() {
        return plan.client_engines.join(", ");
    }
    let pairs = plan.client_engines.iter().zip(&plan.server_engines);
    let names = pairs.clone().map(|(client, server)| {
        if client == server { client.clone() } else { format!("{client}-to-{server}") }
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let explained =
        if pairs.clone().all(|(one, other)| one == other) { "" } else { " (client-to-server)" };
    format!("{names}{explained}")
}

/// That the blocking engine has a thread for each connection, where it has several.
pub(in crate::render) fn threads_each(plan: &Plan) -> Option<&'static str> {
    const BLOCKING: &str = "blocking";
    let mut engines = plan.client_engines.iter().chain(&plan.server_engines);
    let many = plan.connections.iter().any(|count| *count > 1);
    if !many || !engines.clone().any(|one| one == BLOCKING) {
        return None;
    }
    let all = engines.all(|one| one == BLOCKING);
    Some(if all { "a thread per connection" } else { "blocking: a thread per connection" })
}

/// Among how many threads the connections are divided; one goes without saying.
pub(in crate::render) fn threads(plan: &Plan) -> Option<u32> {
    (plan.threads > 1).then_some(plan.threads)
}

/// How many requests are in flight; one goes without saying.
pub(in crate::render) fn depths(plan: &Plan) -> Option<String> {
    (!matches!(plan.depths.as_slice(), [] | [1])).then(|| list(&plan.depths))
}

/// `TCP_NODELAY`, wherever there is TCP.
fn nodelay(report: &Report) -> Option<String> {
    let any = |wanted: bool| report.originals().any(|cell: &Cell| cell.nodelay == Some(wanted));
    match (any(true), any(false)) {
        (true, false) => Some("TCP_NODELAY on".to_owned()),
        (false, true) => Some("TCP_NODELAY off".to_owned()),
        (true, true) => Some("TCP_NODELAY on and off".to_owned()),
        (false, false) => None,
    }
}

/// What socket buffers were asked for; those of the kernel go without saying.
pub(in crate::render) fn buffers(plan: &Plan) -> Option<String> {
    match plan.buffers.as_str() {
        "default" => None,
        "equal" => Some("equal socket buffers".to_owned()),
        bytes => Some(match bytes.parse() {
            Ok(count) => format!("socket buffers of {}", units::bytes(count)),
            Err(_) => format!("socket buffers {bytes}"),
        }),
    }
}

/// What the kernel made of that, the smallest and the largest of both ends and both ways: once where it is the same for all
/// that was measured.
fn granted(report: &Report) -> String {
    let mut named: Vec<(&str, String)> = Vec::new();
    for cell in report.originals() {
        let ends = [cell.granted_buffers, cell.granted_buffers_server].into_iter().flatten();
        let sizes = ends.flat_map(|end| [end.send, end.receive]).flatten();
        let Some((least, most)) = sizes.clone().min().zip(sizes.max()) else { continue };
        let size = if least == most {
            units::bytes(least)
        } else {
            format!("{} to {}", units::bytes(least), units::bytes(most))
        };
        if !named.iter().any(|(target, _)| *target == cell.target()) {
            named.push((cell.target(), size));
        }
    }
    let same = named.windows(2).all(|pair| pair[0].1 == pair[1].1);
    match named.as_slice() {
        [] => String::new(),
        [(_, size), ..] if same => format!(" (granted: {size})"),
        all => {
            let all: Vec<_> = all.iter().map(|(target, size)| format!("{target} {size}")).collect();
            format!(" (granted: {})", all.join("; "))
        }
    }
}

/// `1, 8, 64`.
pub(in crate::render) fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
