//! Text: the result for a person who read no manual, 80 columns wide.
//!
//! First the numbers, then where the time goes and what it costs, then what follows in plain words,
//! then why not to trust it. Colour only repeats what the words say, so nothing is lost in a pipe.

mod capacity;
mod caveats;
mod compare;
mod cost;
mod doctor;
mod facts;
mod footnotes;
mod page;
mod parts;
mod phrases;
mod reading;
mod self_check;
pub(super) mod setting;
mod table;
pub(super) mod tasks;
mod unavailable;
mod verdict;

pub use compare::compare_text;
pub use doctor::doctor_text;

use crate::model::Report;
use crate::render::Style;
use cost::Extent;
use page::Page;

/// The widest line that is ever printed.
pub(crate) const WIDTH: usize = 80;

/// The result in words, tables and bars. Text that came from outside is escaped.
#[must_use]
pub fn text(report: &Report, style: &Style) -> String {
    written(report, style, Extent::Main)
}

/// The same, with what an exchange costs in every view.
#[must_use]
pub fn text_with_costs(report: &Report, style: &Style) -> String {
    written(report, style, Extent::Every)
}

fn written(report: &Report, style: &Style, costs: Extent) -> String {
    let mut page = Page::new(*style);
    facts::write(report, &mut page);
    table::write(report, &mut page);
    parts::write(report, &mut page);
    cost::write(report, costs, &mut page);
    capacity::write(report, &mut page);
    verdict::write(report, &mut page);
    caveats::write(report, &mut page);
    page.finish()
}
