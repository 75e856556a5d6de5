//! A subscribed calendar as a whole VCALENDAR: docs/calendars.md in code.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::event::{self, Event};
use super::text::Lines;
use super::zone;
use crate::domain::feed::{Entry, Timetable};
use crate::domain::letter::EventStatus;

/// How often programs are asked to read a feed again.
const REFRESH: &str = "PT1H";

/// Writes a feed. The same timetable always gives the same bytes.
///
/// Nobody is asked, so there is no method, no attendee, no organiser and no alarm.
pub fn write_timetable(timetable: &Timetable) -> String {
    let mut lines = Lines::default();
    event::head(&mut lines, None);
    lines.text("X-WR-CALNAME", &timetable.name);
    lines.text("NAME", &timetable.name);
    lines.push("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    lines.push("X-PUBLISHED-TTL", REFRESH);
    for (zone, (first, last)) in spans(timetable) {
        zone::write(&mut lines, zone.name(), &zone, first, last);
    }
    for entry in &timetable.entries {
        event_of(entry, timetable).begin(&mut lines);
        lines.push("LAST-MODIFIED", &event::instant(entry.changed_at));
        lines.push("END", "VEVENT");
    }
    lines.push("END", "VCALENDAR");
    lines.into_text()
}

fn event_of<'a>(entry: &'a Entry, timetable: &'a Timetable) -> Event<'a> {
    Event {
        uid: &entry.uid,
        sequence: entry.sequence,
        dtstamp: entry.changed_at,
        date: entry.date,
        starts: entry.starts,
        ends: entry.ends,
        time_zone: entry.time_zone,
        summary: &entry.summary,
        description: &entry.description,
        location: Some(&entry.location),
        point: entry.point,
        url: &timetable.url,
        status: entry.status,
        is_busy: entry.is_busy && entry.status != EventStatus::Cancelled,
        zone_form: timetable.zone,
    }
}

/// The zones that need a VTIMEZONE, by name, with their first and last local start.
fn spans(timetable: &Timetable) -> impl Iterator<Item = (Tz, (NaiveDateTime, NaiveDateTime))> {
    let mut spans: BTreeMap<&str, (Tz, (NaiveDateTime, NaiveDateTime))> = BTreeMap::new();
    let entries = timetable.entries.iter();
    for entry in entries.filter(|entry| event::needs_zone(entry.time_zone, timetable.zone)) {
        let starts = entry.date.and_time(entry.starts);
        let (_, span) = spans.entry(entry.time_zone.name()).or_insert((entry.time_zone, (starts, starts)));
        *span = (span.0.min(starts), span.1.max(starts));
    }
    spans.into_values()
}
