//! Tables as JSON, for whoever draws them in another way.

use crate::tables::{Better, Cell, Content, Table};
use serde_json::{Map, Value, json};

/// `table` as one object.
#[must_use]
pub fn json(table: &Table) -> Value {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| {
            let better = match column.better {
                Better::Higher => "higher",
                Better::Lower => "lower",
                Better::Neither => "none",
            };
            json!({"title": column.title, "better": better})
        })
        .collect();
    let rows: Vec<Value> = table.rows.iter().map(|row| row.cells.iter().map(cell).collect()).collect();
    json!({"id": table.id, "title": table.title, "columns": columns, "rows": rows, "notes": table.notes})
}

fn cell(cell: &Cell) -> Value {
    let body = match &cell.content {
        Content::Text(text) | Content::Code(text) => json!(text),
        Content::Lines(lines) => json!(lines),
        Content::Count(count) => json!(count),
        Content::Nothing => Value::Null,
        Content::Quantity(figure) => {
            json!({"value": figure.value, "low": figure.low, "high": figure.high, "unit": figure.unit})
        }
    };
    if cell.mark.is_empty() {
        return body;
    }
    let mut object = match body {
        Value::Object(object) => object,
        body => Map::from_iter([("value".to_owned(), body)]),
    };
    object.insert("mark".to_owned(), json!(cell.mark));
    Value::Object(object)
}
