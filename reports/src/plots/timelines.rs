//! Timelines of experiments and of checks.

use super::{Figure, gantt};
use crate::tables::{Cell, Column, Quantity, Row, Table};
use poolproof_harness::record::ExperimentRecord;
use poolproof_harness::{Event, Moment};
use std::collections::BTreeMap;

/// The timeline of an experiment: one lane for each worker.
pub(super) fn timeline(record: &ExperimentRecord) -> Option<Figure> {
    let title = format!("{} on {}, by worker", record.experiment, record.subject);
    let id = format!("plot-{}", crate::escape::slug(&title));
    let mut workers: BTreeMap<(u32, u64), gantt::Lane> = BTreeMap::new();
    let mut order: Vec<(u32, u64)> = Vec::new();
    let columns = vec![Column::left("worker"), Column::left("task"), Column::right("from"), Column::right("to")];
    let mut table = Table::new(format!("{id}-table"), &title, columns);
    let mut description = format!("{} Ran: ", record.expected);
    let mut spans: Vec<_> = record.timeline.iter().collect();
    spans.sort_by_key(|span| span.start_ns);
    for span in spans {
        let key = (span.pid, span.tid);
        if !order.contains(&key) {
            order.push(key);
        }
        let worker = format!("worker {}", 1 + order.iter().position(|known| *known == key).unwrap_or(0));
        let (from, to) = (time(span.start_ns), time(span.end_ns));
        description.push_str(&format!("{} on {worker} from {} to {}; ", span.label, from.figure(), to.figure()));
        table.push(Row::new(vec![
            Cell::text(&worker),
            Cell::text(&span.label),
            Cell::quantity(from),
            Cell::quantity(to),
        ]));
        let lane = workers.entry(key).or_insert_with(|| gantt::Lane { name: worker, ..gantt::Lane::default() });
        lane.spans.push(gantt::Span {
            label: span.label.clone(),
            start_ns: span.start_ns,
            end_ns: span.end_ns.max(span.start_ns),
            open: false,
        });
    }
    description.push_str(&format!(
        "in all {}, without overhead {}.",
        time(record.total_ns).figure(),
        time(record.ideal_ns).figure()
    ));
    let lanes: Vec<_> = order.iter().filter_map(|key| workers.remove(key)).collect();
    let svg = gantt::draw(&id, &title, &description, &lanes, Some(record.ideal_ns))?;
    Some(Figure { id, title, description, svg, table })
}

fn time(ns: u64) -> Quantity {
    let value = ns as f64;
    Quantity { value, low: value, high: value, unit: "ns".into() }
}

/// The history of a check as a timeline: one lane for each actor.
#[must_use]
pub fn history(id: &str, events: &[Event]) -> Option<Figure> {
    let begin = events.iter().map(|event| event.at_ns).min()?;
    let end = events.iter().map(|event| event.at_ns).max()? - begin;
    let mut lanes: Vec<gantt::Lane> = Vec::new();
    let columns = vec![Column::right("at"), Column::left("who"), Column::left("what"), Column::left("thread")];
    let mut table = Table::new(format!("{id}-table"), "History of the check", columns);
    for event in events {
        let name = event.actor.to_string();
        let at = event.at_ns - begin;
        table.push(Row::new(vec![
            Cell::quantity(time(at)),
            Cell::text(&name),
            Cell::text(event.moment.to_string()),
            Cell::text(format!("{}/{}", event.pid, event.tid)),
        ]));
        let place = lanes.iter().position(|lane| lane.name == name).unwrap_or_else(|| {
            lanes.push(gantt::Lane { name, ..gantt::Lane::default() });
            lanes.len() - 1
        });
        let lane = &mut lanes[place];
        match event.moment {
            Moment::Started => {
                lane.spans.push(gantt::Span { label: "runs".into(), start_ns: at, end_ns: end, open: true })
            }
            Moment::Finished => {
                if let Some(span) = lane.spans.last_mut().filter(|span| span.open) {
                    span.end_ns = at;
                    span.open = false;
                }
            }
            _ => lane.ticks.push(at),
        }
    }
    let description = format!("{} events of {} actors; the table has them all.", events.len(), lanes.len());
    let svg = gantt::draw(id, "Timeline of the check", &description, &lanes, None)?;
    Some(Figure { id: id.to_owned(), title: "Timeline of the check".into(), description, svg, table })
}
