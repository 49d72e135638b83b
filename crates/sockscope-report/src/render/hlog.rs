//! Hlog: every cell's samples as an HdrHistogram interval log.

use std::time::Duration;

use jiff::Timestamp;
use sockscope_stats::Histogram;
use sockscope_stats::histogram::{LogEntry, interval_log};

use crate::escape::escape;
use crate::model::{Cell, Report};

/// A tagged line per cell: `unix/same-core/64B`, the twin's with `/twin` behind it.
///
/// Every line begins when the bench began, since the blocks of all cells are interleaved; its
/// length is the time that was measured. A cell without samples has no line.
#[must_use]
pub fn hlog(report: &Report) -> String {
    let start = report.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let start = start.and_then(|time| Duration::try_from(time.as_duration()).ok());
    let lines: Vec<LogEntry> = report.cells.iter().filter_map(line).collect();
    let comments = [
        format!("sockscope {}: round trips in nanoseconds", escape(&report.sockscope)),
        "a line per cell, tagged LABEL/VIEW/SIZE; the third field is the maximum in ms".to_owned(),
    ];
    interval_log(&comments, start.unwrap_or_default(), &lines)
}

fn line(cell: &Cell) -> Option<LogEntry> {
    let samples = Histogram::from_base64(cell.histogram.as_deref()?).ok()?;
    let twin = if cell.is_twin() { "/twin" } else { "" };
    let (label, view) = (escape(&cell.label), escape(cell.view.as_str()));
    let measured_ns = cell.blocks.iter().map(|block| block.mean.saturating_mul(block.samples));
    Some(LogEntry {
        tag: format!("{label}/{view}/{}B{twin}", cell.size),
        length: Duration::from_nanos(measured_ns.fold(0, u64::saturating_add)),
        samples,
    })
}
