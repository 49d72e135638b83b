//! Sheet: aligned columns under a header, with lines between the rows that span all of them.

use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Row, Table, presets};

/// Rows under a header.
pub(super) struct Sheet {
    table: Table,
    /// The lines above rows, each with the number of the row.
    headings: Vec<(usize, String)>,
    /// How many lines the header has.
    header_lines: usize,
    rows: usize,
    indent: u16,
}

impl Sheet {
    /// An empty one, its rows indented below the lines that span them where there are such.
    pub(super) fn new(header: Vec<(String, Align)>, indented: bool) -> Self {
        let height = header.iter().map(|(text, _)| text.lines().count()).max().unwrap_or(1);
        let bottom = |(text, align): (String, Align)| {
            field("\n".repeat(height - text.lines().count().max(1)) + &text, align)
        };
        let table = empty(header.into_iter().map(bottom).collect());
        let indent = if indented { 2 } else { 0 };
        Self { table, headings: Vec::new(), header_lines: height, rows: 0, indent }
    }

    /// A line above the next row.
    pub(super) fn heading(&mut self, text: String) {
        self.headings.push((self.rows, text));
    }

    pub(super) fn row(&mut self, row: Vec<(String, Align)>) {
        let fields = row.into_iter().map(|(text, align)| field(text, align));
        self.table.add_row(Row::from(fields.collect::<Vec<_>>()));
        self.rows += 1;
    }

    pub(super) fn lines(mut self) -> Vec<String> {
        if let Some(first) = self.table.column_iter_mut().next() {
            first.set_padding((self.indent, 2));
        }
        let mut headings = self.headings.into_iter().peekable();
        let mut lines = Vec::new();
        for (number, line) in self.table.lines().enumerate() {
            let row = number.checked_sub(self.header_lines);
            while let Some((_, heading)) = headings.next_if(|(above, _)| Some(*above) == row) {
                lines.push(heading);
            }
            lines.push(line);
        }
        lines
    }
}

/// On which side the text of a column ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

fn field(text: String, align: Align) -> Field {
    match align {
        Align::Left => left(text),
        Align::Right => right(text),
    }
}

/// A table without rows, its columns two spaces apart.
pub(in crate::render::text) fn empty(header: Vec<Field>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// A field whose text begins at its left.
pub(in crate::render::text) fn left(text: String) -> Field {
    Field::new(text).set_alignment(CellAlignment::Left)
}

/// A field whose text ends at its right.
pub(in crate::render::text) fn right(text: String) -> Field {
    Field::new(text).set_alignment(CellAlignment::Right)
}
