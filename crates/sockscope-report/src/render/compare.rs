//! Compare: a comparison between runs as JSON. Its text is beside that of results.

use crate::compare::model::CompareReport;

/// The comparison as pretty-printed JSON with a newline at the end.
#[must_use]
pub fn compare_json(report: &CompareReport) -> String {
    let text = serde_json::to_string_pretty(report);
    text.unwrap_or_else(|_| unreachable!("the model has only string keys")) + "\n"
}
