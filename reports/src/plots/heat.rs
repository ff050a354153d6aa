//! A heat map: what each chunksize costs over the best one.

use super::Figure;
use super::canvas::Canvas;
use crate::run::Run;
use crate::tables::{Content, Quantity, Standings, Table, regrets};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 700.0;
const ROW: f64 = 30.0;
const TOP: f64 = 44.0;
/// More rows than this are in the table only.
const MOST: usize = 24;
/// From this ratio on a field is as dark as it gets.
const DARKEST: f64 = 4.0;

/// One map for each workload of the chunksize sweep. Darker costs more, and each field says how
/// much; the best of each row has a frame.
pub(super) fn heat_maps(run: &Run) -> Vec<Figure> {
    regrets(run, &Standings::default()).into_iter().filter_map(map).collect()
}

fn map(table: Table) -> Option<Figure> {
    let columns: Vec<(usize, &str)> = table
        .columns
        .iter()
        .enumerate()
        .filter_map(|(place, column)| Some((place, column.title.strip_prefix("chunksize ")?)))
        .collect();
    let rows = &table.rows[..table.rows.len().min(MOST)];
    if rows.is_empty() || columns.len() < 2 {
        return None;
    }
    let id = format!("plot-{}", table.id);
    let bottom = TOP + ROW * rows.len() as f64;
    let mut canvas = Canvas::new(&id, WIDTH, bottom + 12.0);
    let step = (RIGHT - LEFT) / columns.len() as f64;
    canvas.text("mid", ((LEFT + RIGHT) / 2.0, 14.0), "chunksize");
    for (number, (_, title)) in columns.iter().enumerate() {
        canvas.text("soft mid", (LEFT + step * (number as f64 + 0.5), 34.0), title);
    }
    let mut words = String::new();
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        let subject = row.subject.as_deref().unwrap_or("");
        canvas.text("soft end", (LEFT - 8.0, y + 20.0), subject);
        let mut figures = Vec::new();
        for (place, (column, title)) in columns.iter().enumerate() {
            let cell = &row.cells[*column];
            let Content::Quantity(figure) = &cell.content else { continue };
            let from = (LEFT + step * place as f64 + 1.0, y + 1.0);
            let size = (step - 2.0, ROW - 2.0);
            canvas.rect("heat", &format!("fill-opacity=\"{:.2}\"", shade(figure)), from, size);
            if !cell.mark.is_empty() {
                canvas.rect("best", "", (from.0 + 2.0, from.1 + 2.0), (size.0 - 4.0, size.1 - 4.0));
            }
            canvas.text("in mid", (from.0 + size.0 / 2.0, y + 20.0), &figure.figure());
            figures.push(format!("{} at {title}", figure.short()));
        }
        words.push_str(&format!("{}: {}. ", crate::escape::line(subject), figures.join(", ")));
    }
    let svg = canvas.finish(&table.title, &words);
    let title = table.title.clone();
    Some(Figure { table: Table { id: format!("{id}-table"), ..table }, id, title, description: words, svg })
}

/// How dark: white at the best, at most so dark that black text can be read on it.
fn shade(figure: &Quantity) -> f64 {
    let share = figure.value.max(1.0).ln() / DARKEST.ln();
    0.55 * if share.is_finite() { share.min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    #[test]
    fn every_field_says_its_figure_and_the_best_is_framed() {
        let of = |(size, time): (f64, f64)| {
            Record::Cell(cell("p", "chunksize", "empty", ("chunksize", size), "time-per-item", time))
        };
        let run = Run::of([(1.0, 400.0), (4.0, 104.0), (16.0, 100.0)].map(of).to_vec());
        let figures = heat_maps(&run);
        let svg = &figures[0].svg;
        assert_eq!((svg.matches("class=\"heat\"").count(), svg.matches("class=\"best\"").count()), (3, 1));
        for figure in ["4.00×", "1.04×", "1.00×"] {
            assert!(svg.contains(&format!(">{figure}</text>")), "{svg}");
        }
        assert!(shade(&Quantity { value: f64::NAN, low: 1.0, high: 1.0, unit: "x".into() }) <= 0.55);
    }
}
