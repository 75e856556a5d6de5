//! What every event says, whether it is an invitation's or a feed's.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

use super::text::{Lines, uri};
use super::zone;
use crate::domain::letter::{EventStatus, Method, ZoneForm};

/// An event without the people who are asked.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) uid: &'a str,
    pub(super) sequence: i64,
    pub(super) dtstamp: DateTime<Utc>,
    pub(super) date: NaiveDate,
    pub(super) starts: NaiveTime,
    pub(super) ends: NaiveTime,
    pub(super) time_zone: Tz,
    pub(super) summary: &'a str,
    pub(super) description: &'a str,
    pub(super) location: Option<&'a str>,
    pub(super) point: Option<(f64, f64)>,
    pub(super) url: &'a str,
    pub(super) status: EventStatus,
    pub(super) is_busy: bool,
    pub(super) zone_form: ZoneForm,
}

/// The lines before every component.
pub(super) fn head(lines: &mut Lines, method: Option<Method>) {
    lines.push("BEGIN", "VCALENDAR");
    lines.push("VERSION", "2.0");
    lines.push("PRODID", "-//library-swap//library-swap//EN");
    lines.push("CALSCALE", "GREGORIAN");
    if let Some(method) = method {
        lines.push("METHOD", method.as_str());
    }
}

impl Event<'_> {
    /// Begins a VEVENT and writes its lines; whoever asks people or rings adds theirs and ends it.
    pub(super) fn begin(&self, lines: &mut Lines) {
        lines.push("BEGIN", "VEVENT");
        lines.text("UID", self.uid);
        lines.push("SEQUENCE", &self.sequence.to_string());
        lines.push("DTSTAMP", &instant(self.dtstamp));
        self.moment(lines, "DTSTART", self.date.and_time(self.starts));
        self.moment(lines, "DTEND", self.date.and_time(self.ends));
        lines.text("SUMMARY", self.summary);
        if !self.description.is_empty() {
            lines.text("DESCRIPTION", self.description);
        }
        if let Some(location) = self.location {
            lines.text("LOCATION", &location.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some((latitude, longitude)) = self.point {
            // Six decimals are a tenth of a metre, and as many as RFC 5545, 3.8.1.6 asks for.
            lines.push("GEO", &format!("{latitude:.6};{longitude:.6}"));
        }
        lines.push("URL", &uri(self.url));
        lines.push("STATUS", self.status.as_str());
        lines.push("CLASS", "PRIVATE");
        lines.push("TRANSP", if self.is_busy { "OPAQUE" } else { "TRANSPARENT" });
    }

    fn moment(&self, lines: &mut Lines, name: &str, local: NaiveDateTime) {
        if needs_zone(self.time_zone, self.zone_form) {
            lines.push(&format!("{name};TZID={}", self.time_zone.name()), &digits(local));
        } else {
            lines.push(name, &instant(zone::instant(&self.time_zone, local)));
        }
    }
}

/// Whether times in a zone are written with it, so that a VTIMEZONE has to stand beside them.
pub(super) fn needs_zone(time_zone: Tz, form: ZoneForm) -> bool {
    match form {
        ZoneForm::Local => !zone::is_utc(time_zone),
        ZoneForm::Utc => false,
    }
}

/// An instant in UTC.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    digits(at.naive_utc()) + "Z"
}

/// `20270301T093000`. By its parts: formatting by a pattern takes a fifth of the time of a feed.
pub(super) fn digits(at: NaiveDateTime) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}", at.hour(), at.minute(), at.second())
}
