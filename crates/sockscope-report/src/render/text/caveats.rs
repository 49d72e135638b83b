//! Caveats: why not to trust the numbers, each with what to do about it.

use super::page::Page;
use crate::model::Report;

pub(super) fn write(report: &Report, page: &mut Page) {
    if report.caveats.is_empty() {
        return;
    }
    page.heading("Before you trust it");
    for caveat in &report.caveats {
        page.item("  - ", &format!("{} {}", caveat.text, caveat.advice));
    }
}
