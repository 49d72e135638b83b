//! Gobench: the lines of Go's `testing` package, for `benchstat`.
//!
//! The format is that of golang.org/design/14313-benchmark-format: header lines `key: value`, then
//! a line per measurement that starts with `Benchmark`. One line is one block, because `benchstat`
//! takes every line for an independent measurement.

use crate::escape::escape;
use crate::model::{Block, Cell, Report};

/// One line per block, as Go's benchmarks print them: the mean as `ns/op`, then the percentiles
/// that have support.
///
/// Twins are left out: under the name of their baseline they would only weigh it twice. Caveats
/// follow as lines that `benchstat` ignores.
#[must_use]
pub fn gobench(report: &Report) -> String {
    let mut lines = header(report);
    let suffix = suffix(report);
    for cell in report.originals() {
        let name = name(report, cell);
        lines.extend(
            cell.blocks.iter().map(|block| format!("{name}{suffix}{}", measurements(block))),
        );
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

fn name(report: &Report, cell: &Cell) -> String {
    let (label, view) = (word(&cell.label), word(cell.view.as_str()));
    let sizes_differ = report.cells.iter().any(|other| other.size != cell.size);
    let size = if sizes_differ { format!("/size={}", cell.size) } else { String::new() };
    format!("BenchmarkSocket/{label}/view={view}{size}")
}

/// A part of a name: like Go, with an underscore for each space.
fn word(text: &str) -> String {
    escape(text).replace(char::is_whitespace, "_")
}

fn measurements(block: &Block) -> String {
    let percentile =
        |ns: Option<u64>, unit: &str| ns.map_or(String::new(), |ns| format!("  {ns} {unit}"));
    let (p50, p99) = (percentile(block.p50, "p50-ns"), percentile(block.p99, "p99-ns"));
    format!("  {}  {} ns/op{p50}{p99}", block.samples, block.mean)
}
