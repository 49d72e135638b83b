//! Gobench: the lines of Go's `testing` package, for `benchstat`.
//!
//! The format is that of golang.org/design/14313-benchmark-format: header lines `key: value`, then
//! a line per measurement that starts with `Benchmark`. One line is one block, because `benchstat`
//! takes every line for an independent measurement.

use super::cell_name::{options, point, word};
use crate::escape::escape;
use crate::model::{Block, Cell, Report};

/// One line per block, as Go's benchmarks print them: `ns/op`, then the percentiles that have
/// support or, of a stream, `MB/s`.
///
/// Twins are left out: under the name of their baseline they would only weigh it twice. Caveats
/// follow as lines that `benchstat` ignores.
#[must_use]
pub fn gobench(report: &Report) -> String {
    let mut lines = header(report);
    let suffix = suffix(report);
    for cell in report.originals() {
        let name = name(report, cell);
        let measured = cell.blocks.iter().filter_map(|block| measurements(cell, block));
        lines.extend(measured.map(|words| format!("{name}{suffix}{words}")));
    }
    lines.extend(
        report
            .caveats
            .iter()
            .map(|caveat| escape(&format!("# {}: {} {}", caveat.code, caveat.text, caveat.advice))),
    );
    lines.join("\n") + "\n"
}

fn header(report: &Report) -> Vec<String> {
    let architecture = report.host.architecture.as_deref().map(goarch);
    let facts = [
        ("goos", Some("linux")),
        ("goarch", architecture),
        ("pkg", Some("sockscope")),
        ("cpu", report.host.cpu_model.as_deref()),
    ];
    facts.iter().filter_map(|(key, value)| Some(format!("{key}: {}", escape((*value)?)))).collect()
}

/// Go's name of an architecture, from the kernel's.
fn goarch(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i386" | "i486" | "i586" | "i686" => "386",
        "armv6l" | "armv7l" | "armv8l" => "arm",
        "loongarch64" => "loong64",
        other => other,
    }
}

/// The number of CPUs that Go would use, which it leaves out when it is one.
fn suffix(report: &Report) -> String {
    match report.host.cpus_allowed.as_deref() {
        Some([_, _, ..]) => {
            format!("-{}", report.host.cpus_allowed.as_deref().map_or(0, <[u32]>::len))
        }
        _ => String::new(),
    }
}

/// `BenchmarkSocket/unix/view=same-core/size=4096/engine=epoll`: what was measured, and whatever
/// differs between the cells.
fn name(report: &Report, cell: &Cell) -> String {
    let mut parts = vec![word(cell.target()), format!("view={}", word(cell.view.as_str()))];
    if cell.workload != "rr" {
        parts.push(format!("workload={}", word(&cell.workload)));
    }
    parts.extend(point(report, cell));
    parts.extend(options(report, cell).iter().map(|option| word(option)));
    format!("BenchmarkSocket/{}", parts.join("/"))
}

/// The number of operations and what each took, and what else is known of a block; of one in which nothing was answered,
/// nothing is known.
fn measurements(cell: &Cell, block: &Block) -> Option<String> {
    if let (Some(bytes), Some(elapsed)) = (block.bytes, block.elapsed) {
        return Some(stream(cell, bytes, elapsed));
    }
    let percentile =
        |ns: Option<u64>, unit: &str| ns.map_or(String::new(), |ns| format!("  {ns} {unit}"));
    let (p50, p99) = (percentile(block.p50, "p50-ns"), percentile(block.p99, "p99-ns"));
    Some(format!("  {}  {} ns/op{p50}{p99}", block.samples, per_operation(cell, block)?))
}

/// As Go does it: of operations that overlap, the time that went by for each. Those of an open loop
/// begin when they are due, whatever that time is, so that their latency stands there.
fn per_operation(cell: &Cell, block: &Block) -> Option<String> {
    let overlap = cell.workload == "connect" || !cell.point().is_single();
    match block.elapsed {
        Some(elapsed) if overlap && cell.workload != "open" && block.samples > 0 => {
            Some(format!("{:.1}", elapsed as f64 / block.samples as f64))
        }
        _ => Some(block.mean?.to_string()),
    }
}

/// An operation is what is written at once.
fn stream(cell: &Cell, bytes: u64, elapsed: u64) -> String {
    let writes = bytes as f64 / cell.size.max(1) as f64;
    let (elapsed, bytes) = (elapsed.max(1) as f64, bytes as f64);
    let megabytes = bytes / 1e6 / (elapsed / 1e9);
    format!("  {:.0}  {:.1} ns/op  {megabytes:.2} MB/s", writes, elapsed / writes.max(1.0))
}
