//! Capacity: the highest rate that each server kept up with, in a sentence each.

use super::page::Page;
use crate::model::{Capacity, Report};
use crate::units;

pub(super) fn write(report: &Report, page: &mut Page) {
    if report.capacities.is_empty() {
        return;
    }
    page.heading("Capacity (the highest rate at which 99 % were answered in time)");
    for capacity in &report.capacities {
        page.item("  ", &sentence(capacity));
    }
}

fn sentence(capacity: &Capacity) -> String {
    let Capacity { label, view, connections, .. } = capacity;
    let connections = match connections {
        1 => String::new(),
        count => format!(" over {count} connections"),
    };
    let size = units::bytes(capacity.size);
    let rate = match capacity.per_second {
        Some(rate) if capacity.at_least => {
            format!(
                "at least {} a second, the highest rate that was asked for",
                units::amount(rate)
            )
        }
        Some(rate) => format!("{} requests a second", units::amount(rate)),
        None => "below the lowest rate that was asked for".to_owned(),
    };
    format!("{label} in {view}, {size}{connections}: {rate}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::View;
    use crate::render::Style;

    #[test]
    fn each_sweep_has_a_sentence() {
        let unix = Capacity {
            label: "unix".to_owned(),
            view: View::Spin,
            size: 64,
            per_second: Some(200_000.0),
            ..Capacity::default()
        };
        let rows = [
            (unix.clone(), "  unix in spin, 64 B: 200 k requests a second"),
            (
                Capacity { at_least: true, connections: 8, ..unix.clone() },
                "  unix in spin, 64 B over 8 connections: at least 200 k a second, the highest\n  rate that was asked for",
            ),
            (
                Capacity { per_second: None, ..unix },
                "  unix in spin, 64 B: below the lowest rate that was asked for",
            ),
        ];
        for (capacity, expected) in rows {
            let report = Report { capacities: vec![capacity], ..Report::default() };
            let mut page = Page::new(Style::plain());
            write(&report, &mut page);
            let text = page.finish();
            assert_eq!(text.split_once(")\n").map(|(_, rest)| rest.trim_end()), Some(expected));
        }
        let mut page = Page::new(Style::plain());
        write(&Report::default(), &mut page);
        assert_eq!(page.finish(), "");
    }
}
