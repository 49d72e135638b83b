//! JSON: the whole result, as it is saved.

use crate::model::Report;

/// The result as pretty-printed JSON with a newline at the end; fields in a stable order.
#[must_use]
pub fn json(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report);
    text.unwrap_or_else(|_| unreachable!("the model has only string keys")) + "\n"
}
