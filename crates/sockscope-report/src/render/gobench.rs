//! Gobench: the lines of Go's `testing` package, for `benchstat`.

use crate::model::Report;

/// One line per block, as Go's benchmarks print them.
#[must_use]
pub fn gobench(report: &Report) -> String {
    let _ = report;
    String::new()
}
