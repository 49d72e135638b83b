//! JSON of an examination, as `doctor --json` prints it.

use crate::doctor::DoctorReport;

/// The examination as pretty-printed JSON with a newline at the end.
#[must_use]
pub fn doctor_json(report: &DoctorReport) -> String {
    let text = serde_json::to_string_pretty(report);
    text.unwrap_or_else(|_| unreachable!("the model has only string keys")) + "\n"
}
