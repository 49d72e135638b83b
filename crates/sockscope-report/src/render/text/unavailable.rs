//! Unavailable: what was not measured, a line for each reason.

use unicode_width::UnicodeWidthStr as _;

use super::footnotes::{MARK_WIDTH, mark};
use super::page::Page;
use crate::escape::escape;
use crate::model::Report;
use crate::render::unavailable::by_reason;

pub(super) fn write(report: &Report, page: &mut Page) {
    for missing in by_reason(&report.unavailable) {
        let name = escape(&missing.what);
        if name.width() <= MARK_WIDTH {
            page.item(&mark(&name), &format!("not measured: {}", missing.reason));
        } else {
            let was = if missing.several { "were" } else { "was" };
            page.item("  ", &format!("{} {was} not measured: {}", missing.what, missing.reason));
        }
    }
}
