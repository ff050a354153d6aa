//! Tables as CSV: figures unscaled, with interval and unit in columns of their own.

use crate::escape;
use crate::tables::{Content, Row, Table};

/// `table` with one line of heads.
#[must_use]
pub fn csv(table: &Table) -> String {
    let column_has = |column: usize, is: fn(&Row, usize) -> bool| table.rows.iter().any(|row| is(row, column));
    let shapes: Vec<(bool, bool)> = (0..table.columns.len())
        .map(|column| {
            let figures = column_has(column, |row, c| matches!(row.cells[c].content, Content::Quantity(_)));
            (figures, column_has(column, |row, c| !row.cells[c].mark.is_empty()))
        })
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut record: Vec<String> = Vec::new();
    for (column, (figures, marks)) in table.columns.iter().zip(&shapes) {
        let title = escape::csv(&column.title);
        record.push(title.to_string());
        if *figures {
            record.extend(["low", "high", "unit"].map(|part| format!("{title} {part}")));
        }
        if *marks {
            record.push(format!("{title} mark"));
        }
    }
    write(&mut writer, &mut record);
    for row in &table.rows {
        for (cell, (figures, marks)) in row.cells.iter().zip(&shapes) {
            match &cell.content {
                Content::Text(text) | Content::Code(text) => record.push(escape::csv(text).into_owned()),
                Content::Lines(lines) => record.push(escape::csv(&lines.join("; ")).into_owned()),
                Content::Count(count) => record.push(count.to_string()),
                Content::Nothing => record.push(String::new()),
                Content::Quantity(figure) => {
                    record.extend([figure.value, figure.low, figure.high].map(|value| value.to_string()));
                    record.push(escape::csv(&figure.unit).into_owned());
                }
            }
            if *figures && !matches!(cell.content, Content::Quantity(_)) {
                record.extend(std::iter::repeat_n(String::new(), 3));
            }
            if *marks {
                record.push(cell.mark.to_string());
            }
        }
        write(&mut writer, &mut record);
    }
    let bytes = writer.into_inner().expect("memory can be written");
    String::from_utf8(bytes).expect("fields are text")
}

fn write(writer: &mut csv::Writer<Vec<u8>>, record: &mut Vec<String>) {
    writer.write_record(&*record).expect("memory can be written, and all rows have the same fields");
    record.clear();
}
