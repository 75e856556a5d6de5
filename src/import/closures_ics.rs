//! Reads closures from a calendar file (iCalendar, RFC 5545): every event that is not cancelled is a time at which a
//! library is closed.
//!
//! Events of whole days and of hours, in any zone, once, every year or every week. What repeats in another way, or has
//! single days moved, is refused by name: half understood it would send people to a closed library. The grammar, zones
//! and repetitions are `calcard`'s.

use std::ops::RangeInclusive;

use calcard::common::PartialDateTime;
use calcard::icalendar::dates::{CalendarErrorType, TimeOrDelta};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarParameterName,
    ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use chrono_tz::Tz;

use crate::domain::fault::{Fault, Faults, Rule, shortened};
use crate::domain::opening::Span;
use crate::domain::text::Name;

/// A time on one day at which a library is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The day, in the library's zone.
    pub date: NaiveDate,
    /// Which part of it.
    pub span: Span,
    /// The event's summary.
    pub label: Name,
    /// Where it stands in the file.
    pub pointer: String,
}

impl Closed {
    /// Whether nothing of the day is left.
    pub fn is_whole_day(&self) -> bool {
        self.span == Span::WHOLE_DAY
    }
}

/// More events than any library has closures.
const MOST_EVENTS: usize = 1_000;
/// Occurrences that are worked out for a file, what began long ago and repeats every week having many, and days that they
/// close in all.
const MOST_OCCURRENCES: usize = 100_000;
/// Days of one event; a longer one is a library that is gone.
const MOST_DAYS: i64 = 366;
/// What an event without a summary is called.
const UNNAMED: &str = "closed";

/// Reads the closures that touch some dates, in the order of the file.
///
/// # Errors
/// Every fault, with a pointer to the event (counted from 0) and its property: `/VEVENT/2/RRULE`.
pub fn read_closures(
    bytes: &[u8],
    zone: Tz,
    dates: &RangeInclusive<NaiveDate>,
) -> Result<Vec<Closed>, Vec<Fault>> {
    let faults = Faults::none();
    let closed = read(bytes, zone, dates, &faults);
    faults.into_result(closed)
}

fn read(bytes: &[u8], zone: Tz, dates: &RangeInclusive<NaiveDate>, faults: &Faults) -> Option<Vec<Closed>> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        faults.add("", "", "must be UTF-8 (RFC 5545, section 3.1.4)");
        return None;
    };
    let mut file =
        parse(text.trim_start_matches('\u{FEFF}')).map_err(|rule| faults.add("", "", rule)).ok()?;
    let events: Vec<usize> = (0..file.components.len())
        .filter(|n| file.components[*n].component_type == ICalendarComponentType::VEvent)
        .collect();
    if events.is_empty() || events.len() > MOST_EVENTS {
        faults.add("", events.len(), format!("must have 1 to {MOST_EVENTS} events (VEVENT)"));
        return None;
    }
    let mut labels: Vec<Option<Name>> = vec![None; file.components.len()];
    for (n, place) in events.iter().enumerate() {
        labels[*place] = check(&file, *place, &format!("/VEVENT/{n}"), faults);
    }
    if !faults.is_empty() {
        return None;
    }
    for place in &events {
        end_with(&mut file.components[*place], *dates.end());
    }
    let pointer = |component: u32| {
        let place = usize::try_from(component).unwrap_or(usize::MAX);
        let event = events.iter().position(|event| *event == place);
        event.map(|event| (place, format!("/VEVENT/{event}")))
    };
    let found = file.expand_dates(zone, MOST_OCCURRENCES);
    for error in &found.errors {
        if let Some((_, pointer)) = pointer(error.comp_id) {
            let (property, rule) = rule_of(&error.error);
            faults.add(format!("{pointer}/{property}"), "", rule);
        }
    }
    if found.events.len() >= MOST_OCCURRENCES {
        let rule = format!("has more than {MOST_OCCURRENCES} occurrences: let its events begin later");
        faults.add("", "", rule);
        return None;
    }
    let mut closed = Vec::new();
    for event in found.events {
        let Some((place, pointer)) = pointer(event.comp_id) else { continue };
        // A cancelled event has no label.
        let Some(label) = &labels[place] else { continue };
        let starts = event.start.with_timezone(&zone).naive_local();
        let ends = match event.end {
            TimeOrDelta::Time(end) => Some(end.with_timezone(&zone).naive_local()),
            TimeOrDelta::Delta(length) => starts.checked_add_signed(length),
        };
        match ends.map_or(Err(Rule::of("ends in a year that nobody knows")), |ends| days_of(starts, ends)) {
            Ok(days) => {
                let days = days.into_iter().filter(|(date, _)| dates.contains(date));
                closed.extend(days.map(|(date, span)| Closed {
                    date,
                    span,
                    label: label.clone(),
                    pointer: pointer.clone(),
                }));
            }
            Err(rule) => faults.add(format!("{pointer}/DTEND"), starts, rule),
        }
        if closed.len() > MOST_OCCURRENCES {
            let rule = format!("closes more than {MOST_OCCURRENCES} days, counted event by event");
            faults.add(pointer, "", rule);
            return None;
        }
    }
    Some(closed)
}

fn parse(text: &str) -> Result<ICalendar, Rule> {
    check_lines(text)?;
    ICalendar::parse(text).map_err(|_| Rule::of(NO_CALENDAR))
}

const NO_CALENDAR: &str = "is no calendar file: it must begin with BEGIN:VCALENDAR (RFC 5545)";
/// The parts of RRULE in RFC 5545 and RFC 7529.
const RULE_PARTS: [&str; 16] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
    "RSCALE",
    "SKIP",
];

/// What `calcard`, which is lenient, would pass over: a file that was cut off on its way, a second calendar, and parts
/// of a repetition that nobody knows.
fn check_lines(text: &str) -> Result<(), Rule> {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let cut_off = |name: &str| Rule::new(format!("has no END:{name} where one should be: it is not whole"));
    let mut open: Vec<String> = Vec::new();
    let mut calendars = 0;
    for line in unfolded.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.split(';').next().unwrap_or_default().to_ascii_uppercase();
        let value = value.to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" => {
                calendars += usize::from(open.is_empty());
                if calendars > 1 {
                    return Err(Rule::of("holds more than one calendar: send them one by one"));
                }
                if open.is_empty() && value != "VCALENDAR" {
                    return Err(Rule::of(NO_CALENDAR));
                }
                open.push(value);
            }
            "END" => match open.pop() {
                Some(begun) if begun == value => {}
                Some(begun) => return Err(cut_off(&begun)),
                None => return Err(Rule::of(NO_CALENDAR)),
            },
            _ if open.is_empty() => return Err(Rule::of(NO_CALENDAR)),
            "RRULE" => {
                let mut parts = value.split(';').map(|part| part.split('=').next().unwrap_or_default());
                if let Some(unknown) = parts.find(|part| !RULE_PARTS.contains(part)) {
                    let part = shortened(unknown);
                    return Err(Rule::new(format!("has `{part}` in an RRULE: that is not understood")));
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(begun) => Err(cut_off(&begun)),
        None if calendars == 0 => Err(Rule::of(NO_CALENDAR)),
        None => Ok(()),
    }
}

/// The name of an event that is taken, none of one that was called off; reports what is not understood.
fn check(file: &ICalendar, place: usize, pointer: &str, faults: &Faults) -> Option<Name> {
    let event = &file.components[place];
    let zones = file.build_tz_resolver();
    let fault = |property: &str, value: &str, rule: &dyn std::fmt::Display| {
        faults.add(format!("{pointer}/{property}"), value, rule);
    };
    for (property, name) in [
        (ICalendarProperty::RecurrenceId, "RECURRENCE-ID"),
        (ICalendarProperty::Rdate, "RDATE"),
        (ICalendarProperty::Exrule, "EXRULE"),
    ] {
        if event.has_property(&property) {
            fault(name, "", &"is not understood: write such days as events of their own");
        }
    }
    if event.properties(&ICalendarProperty::Rrule).count() > 1 {
        fault("RRULE", "", &"stands here twice: write two events");
    }
    for entry in event.properties(&ICalendarProperty::Rrule) {
        match entry.values.first() {
            Some(ICalendarValue::RecurrenceRule(rule)) => {
                if let Err(words) = check_repetition(rule) {
                    fault("RRULE", "", &words);
                }
            }
            Some(_) | None => fault("RRULE", "", &"cannot be read"),
        }
    }
    for (property, name) in [
        (ICalendarProperty::Dtstart, "DTSTART"),
        (ICalendarProperty::Dtend, "DTEND"),
        (ICalendarProperty::Exdate, "EXDATE"),
    ] {
        for entry in event.properties(&property) {
            let zone = entry.parameter(&ICalendarParameterName::Tzid).and_then(|value| value.as_text());
            if let Some(unknown) = zone.filter(|zone| zones.resolve(zone).is_none()) {
                fault(name, unknown, &"is no time zone that is known here");
            }
            if !entry
                .values
                .iter()
                .all(|value| value.as_partial_date_time().is_some_and(PartialDateTime::has_date))
            {
                fault(name, "", &"must be a date or a time (RFC 5545, section 3.3.5)");
            }
        }
    }
    let summary =
        event.property(&ICalendarProperty::Summary).and_then(|entry| entry.values.first()?.as_text());
    let summary = summary.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(UNNAMED);
    let label: Option<Name> = summary.parse().map_err(|rule: Rule| fault("SUMMARY", summary, &rule)).ok();
    label.filter(|_| event.status() != Some(&ICalendarStatus::Cancelled))
}

/// Every year on the same date, or every week on weekdays.
fn check_repetition(rule: &ICalendarRecurrenceRule) -> Result<(), Rule> {
    let only = "only FREQ=YEARLY, and FREQ=WEEKLY with BYDAY, are understood: write other days as events of their own";
    let refused = |part: &str| Err(Rule::new(format!("has {part}: {only}")));
    match rule.freq {
        ICalendarFrequency::Yearly if !rule.byday.is_empty() => return refused("BYDAY in a year"),
        ICalendarFrequency::Yearly | ICalendarFrequency::Weekly => {}
        ICalendarFrequency::Monthly => return refused("FREQ=MONTHLY"),
        ICalendarFrequency::Daily => return refused("FREQ=DAILY"),
        ICalendarFrequency::Hourly => return refused("FREQ=HOURLY"),
        ICalendarFrequency::Minutely => return refused("FREQ=MINUTELY"),
        ICalendarFrequency::Secondly => return refused("FREQ=SECONDLY"),
    }
    let parts = [
        ("BYSECOND", rule.bysecond.is_empty()),
        ("BYMINUTE", rule.byminute.is_empty()),
        ("BYHOUR", rule.byhour.is_empty()),
        ("BYMONTHDAY", rule.bymonthday.is_empty()),
        ("BYYEARDAY", rule.byyearday.is_empty()),
        ("BYWEEKNO", rule.byweekno.is_empty()),
        ("BYMONTH", rule.bymonth.is_empty()),
        ("BYSETPOS", rule.bysetpos.is_empty()),
        ("RSCALE", rule.rscale.is_none()),
        ("SKIP", rule.skip.is_none()),
        ("a week number in BYDAY", rule.byday.iter().all(|day| day.ordwk.is_none())),
    ];
    parts.iter().find(|(_, absent)| !absent).map_or(Ok(()), |(part, _)| refused(part))
}

/// Ends what repeats for ever with the last date that is asked for.
fn end_with(event: &mut ICalendarComponent, last: NaiveDate) {
    let number = |number: u32| u8::try_from(number).ok();
    let until = PartialDateTime {
        year: u16::try_from(last.year()).ok(),
        month: number(last.month()),
        day: number(last.day()),
        hour: Some(23),
        minute: Some(59),
        second: Some(59),
        ..PartialDateTime::default()
    };
    for entry in event.entries.iter_mut().filter(|entry| entry.name == ICalendarProperty::Rrule) {
        for value in &mut entry.values {
            if let ICalendarValue::RecurrenceRule(rule) = value
                && rule.until.is_none()
                && rule.count.is_none()
            {
                rule.until = Some(until.clone());
            }
        }
    }
}

fn rule_of(error: &CalendarErrorType) -> (&'static str, String) {
    match error {
        CalendarErrorType::MissingDtStart => ("DTSTART", "is missing".to_owned()),
        CalendarErrorType::InvalidDtStart => ("DTSTART", "is no time that this zone has".to_owned()),
        CalendarErrorType::InvalidDtEnd => ("DTEND", "is no time that this zone has".to_owned()),
        CalendarErrorType::InvalidDuration => ("DURATION", "cannot be read".to_owned()),
        CalendarErrorType::RRule(error) => ("RRULE", error.to_string()),
    }
}

/// The parts of days from one time to another.
fn days_of(starts: NaiveDateTime, ends: NaiveDateTime) -> Result<Vec<(NaiveDate, Span)>, Rule> {
    if ends <= starts {
        return Err(Rule::of(
            "must lie after the start (of a whole day it is the day after, RFC 5545 section 3.6.1)",
        ));
    }
    if (ends.date() - starts.date()).num_days() > MOST_DAYS {
        return Err(Rule::new(format!("must lie at most {MOST_DAYS} days after the start")));
    }
    // A closure is never shorter than it was written, seconds and all.
    let minute = |minute: u32| u16::try_from(minute).unwrap_or(Span::WHOLE_DAY.until());
    let days = starts.date().iter_days().take_while(|date| *date <= ends.date());
    let spans = days.filter_map(|date| {
        let from = if date == starts.date() { minute(starts.num_seconds_from_midnight() / 60) } else { 0 };
        let until = if date == ends.date() {
            minute(ends.num_seconds_from_midnight().div_ceil(60))
        } else {
            Span::WHOLE_DAY.until()
        };
        Some((date, Span::new(from, until)?))
    });
    Ok(spans.collect())
}
