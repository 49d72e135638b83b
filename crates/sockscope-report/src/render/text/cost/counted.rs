//! Counted: what the kernel and the processor count, or why they do not.

use comfy_table::{Row, Table};

use super::{Extent, Naming, count, distinct, fitting, table};
use crate::model::{Cell, Counters, HardwarePerOp, NotAvailable, PerOp, Perf, View};
use crate::render::text::page::Page;

pub(super) fn write(naming: &Naming<'_>, cells: &[&Cell], extent: Extent, page: &mut Page) {
    let counted: Vec<(&Cell, &Perf)> =
        cells.iter().filter_map(|cell| Some((*cell, cell.perf.as_ref()?))).collect();
    if counted.is_empty() {
        return;
    }
    let has_hardware = counted.iter().any(|(_, perf)| perf.hardware.is_some());
    if has_hardware || extent == Extent::Every {
        page.line("");
        for line in fitting(|width| shown(naming, &counted, has_hardware, width)).lines() {
            page.line(&line);
        }
    }
    if counted.iter().any(|(_, perf)| lacks_kernel(perf)) {
        page.aside(
            "  ",
            "page faults, cycles and instructions are those of the programs alone: the kernel hides its own part",
        );
    }
    for reason in missing(&counted, extent) {
        page.aside("  ", &reason);
    }
}

/// Faults and migrations of both ends together, and what the processor counted of each.
fn shown(
    naming: &Naming<'_>,
    counted: &[(&Cell, &Perf)],
    has_hardware: bool,
    name_width: usize,
) -> Table {
    let mut header = naming.heads();
    let software = ["page\nfaults", "CPU\nmigrations"];
    let hardware = ["cycles of\nclient + server", "instructions of\nclient + server"];
    let heads = software.iter().chain(has_hardware.then_some(&hardware).into_iter().flatten());
    header.extend(heads.map(|head| table::right((*head).to_owned())));
    let mut table = table::empty(header);
    let cells: Vec<&Cell> = counted.iter().map(|(cell, _)| *cell).collect();
    for (index, (cell, perf)) in counted.iter().enumerate() {
        let mut row = naming.fields(&cells, index, name_width);
        let solo = cell.view == View::Solo;
        let both = |of: PerOp| count(of.both(solo));
        let software = &perf.software;
        let faults = both(software.minor_faults_per_op + software.major_faults_per_op);
        let mut texts = vec![faults, both(software.migrations_per_op)];
        if has_hardware {
            let HardwarePerOp { cycles_per_op, instructions_per_op, .. } =
                perf.hardware.unwrap_or_default();
            for PerOp { client, server } in [cycles_per_op, instructions_per_op] {
                let of_server = format!(" + {}", count(server));
                texts.push(count(client) + if solo { "" } else { &of_server });
            }
        }
        row.extend(texts.into_iter().map(table::right));
        table.add_row(Row::from(row));
    }
    table
}

fn lacks_kernel(perf: &Perf) -> bool {
    perf.software.includes_kernel == Some(false)
        || perf.hardware.is_some_and(|hardware| !hardware.includes_kernel)
}

/// Why counts are missing, each reason once. In the short form only of what it would have shown.
fn missing(counted: &[(&Cell, &Perf)], extent: Extent) -> Vec<String> {
    let all = counted.iter().flat_map(|(_, perf)| &perf.not_available);
    let wanted = all.filter(|one| extent == Extent::Every || one.counters == Counters::Hardware);
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for NotAvailable { end, counters, reason } in wanted {
        let text = format!("{}: not available: {reason}", name(counters));
        match reasons.iter_mut().find(|(known, _)| *known == text) {
            Some((_, ends)) => ends.push(end.as_str()),
            None => reasons.push((text, vec![end.as_str()])),
        }
    }
    let told =
        reasons.into_iter().map(|(text, ends)| match distinct(ends.into_iter()).as_slice() {
            // The client stands for both where it is the only one.
            [end] if *end != "client" => format!("{end}: {text}"),
            _ => text,
        });
    told.collect()
}

fn name(counters: &Counters) -> &str {
    match counters {
        Counters::Faults => "page faults",
        Counters::Switches => "migrations",
        Counters::Hardware => "cycles and instructions",
        Counters::Other(name) => name,
    }
}
