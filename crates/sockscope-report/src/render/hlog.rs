//! Hlog: every cell's samples as an HdrHistogram interval log.

use std::time::Duration;

use jiff::Timestamp;
use sockscope_stats::Histogram;
use sockscope_stats::histogram::{LogEntry, interval_log};

use super::cell_name::{point, word};
use crate::escape::escape;
use crate::model::{Block, Cell, Report};

/// A tagged line per cell: `unix/same-core/64B`, with whatever else differs between the cells behind
/// it (`/conns=64`), and `/twin` behind the twin's. An open loop has three: from the intended times,
/// and tagged `/service` and `/lateness`.
///
/// Every line begins when the bench began, since the blocks of all cells are interleaved; its
/// length is the time that was measured. A cell without samples has no line.
#[must_use]
pub fn hlog(report: &Report) -> String {
    let start = report.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let start = start.and_then(|time| Duration::try_from(time.as_duration()).ok());
    let lines: Vec<LogEntry> = report.cells.iter().flat_map(|cell| lines(report, cell)).collect();
    let comments = [
        format!("sockscope {}: times in nanoseconds", escape(&report.sockscope)),
        "a line per cell, tagged LABEL/VIEW/SIZE; the third field is the maximum in ms".to_owned(),
    ];
    interval_log(&comments, start.unwrap_or_default(), &lines)
}

/// The lines of one cell.
fn lines(report: &Report, cell: &Cell) -> Vec<LogEntry> {
    let open = cell.open.as_ref();
    let histograms = [
        ("", cell.histogram.as_deref()),
        ("/service", open.and_then(|open| open.service_histogram.as_deref())),
        ("/lateness", open.and_then(|open| open.lateness_histogram.as_deref())),
    ];
    let tag = tag(report, cell);
    let line = |(what, histogram): &(&str, Option<&str>)| {
        let samples = Histogram::from_base64((*histogram)?).ok()?;
        let tag = format!("{tag}{what}");
        (!samples.is_empty()).then(|| LogEntry { tag, length: measured(cell), samples })
    };
    histograms.iter().filter_map(line).collect()
}

fn tag(report: &Report, cell: &Cell) -> String {
    let (label, view) = (word(&cell.label), word(cell.view.as_str()));
    let mut parts = vec![label, view, format!("{}B", cell.size)];
    parts.extend(point(report, cell).into_iter().filter(|part| !part.starts_with("size=")));
    parts.extend(cell.is_twin().then(|| "twin".to_owned()));
    parts.join("/")
}

/// How long the cell was measured in all its blocks.
fn measured(cell: &Cell) -> Duration {
    let of_block =
        |block: &Block| block.elapsed.or_else(|| Some(block.mean?.saturating_mul(block.samples)));
    Duration::from_nanos(cell.blocks.iter().filter_map(of_block).fold(0, u64::saturating_add))
}
