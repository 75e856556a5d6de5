//! Schedules as files that are not written line by line: workbooks and calendars.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::{Order, Reading, next};
use crate::calendar;
use crate::domain::feed::{Entry, Timetable};
use crate::domain::letter::EventStatus;
use crate::domain::party::Party;
use crate::domain::permissions::Actor;
use crate::domain::schedule::ScheduleRow;
use crate::domain::states::PlacementState;
use crate::export::{NoWorkbook, Profile, SCHEDULE_VERSION, Table};
use crate::services::event_place::address;
use crate::services::feeds::uid_in_feed;
use crate::services::{App, AppError};
use crate::words;

/// Most days of a calendar file: programs read it as a whole.
const MOST_DAYS: usize = 10_000;

/// What went wrong with a workbook, to whoever asked for it.
pub(super) fn told(error: &NoWorkbook) -> AppError {
    match error {
        NoWorkbook::TooManyRows => AppError::field("?to", "", format!("narrow it: {error}")),
        NoWorkbook::Failed(cause) => AppError::Internal(format!("a workbook: {cause}")),
    }
}

/// A file without a name in the folder for temporary ones; it goes with the last who has it open.
pub(super) fn temporary() -> Result<File, AppError> {
    tempfile::tempfile().map_err(|error| AppError::Internal(format!("a temporary file: {error}")))
}

/// From its beginning.
pub(super) fn rewound(mut file: File) -> Result<File, AppError> {
    let begun = file.seek(SeekFrom::Start(0));
    begun.map_err(|error| AppError::Internal(format!("a temporary file: {error}")))?;
    Ok(file)
}

/// A workbook of schedule rows that is being written, with a sheet that says what it is.
struct Book<'a> {
    profile: &'a Profile,
    table: Table,
    counts: BTreeMap<PlacementState, u32>,
}

impl<'a> Book<'a> {
    fn begin(profile: &'a Profile) -> Result<Self, AppError> {
        let names = profile.columns.iter().map(|column| column.name.as_str());
        let table = Table::begin("Schedule", names).map_err(|error| told(&error))?;
        Ok(Self { profile, table, counts: BTreeMap::new() })
    }

    fn push(&mut self, rows: &[ScheduleRow]) -> Result<(), AppError> {
        for row in rows {
            *self.counts.entry(row.status).or_default() += 1;
            self.table.push(self.profile.cells(row)).map_err(|error| told(&error))?;
        }
        Ok(())
    }

    /// Ends it, with what else there is to say about it; gives it from its beginning.
    fn end(self, app: &App, more: Vec<(&'static str, String)>) -> Result<File, AppError> {
        let mut about = vec![
            ("Schedule of", app.settings.service_name.clone()),
            ("Written at (UTC)", app.clock.now().format("%Y-%m-%d %H:%M:%S").to_string()),
            ("Columns", format!("version {SCHEDULE_VERSION}, profile {}", self.profile.name)),
        ];
        about.extend(more);
        about.push(("Rows", self.table.rows().to_string()));
        about.extend(self.counts.into_iter().map(|(state, count)| (state.as_str(), count.to_string())));
        let file = temporary()?;
        self.table.end(&about, &file).map_err(|error| told(&error))?;
        rewound(file)
    }
}

/// The rows as a workbook, in a temporary file; with a sheet that says what was asked for, when, and how many there are.
///
/// # Errors
/// As for [`next`]; `invalid-fields` for more rows than a sheet holds.
pub fn workbook(app: &App, actor: &Actor, order: Order, profile: &Profile) -> Result<File, AppError> {
    let which = order.which.clone();
    let mut book = Book::begin(profile)?;
    let mut reading = Some(Reading::new(app, order));
    while let Some(rest) = reading {
        let (rows, rest) = next(app, actor, rest)?;
        book.push(&rows)?;
        reading = rest;
    }
    let all = || "all".to_owned();
    let asked = vec![
        ("Round", which.round.map_or_else(all, |id| id.to_string())),
        ("Employer", which.employer.map_or_else(all, |id| id.to_string())),
        ("From", which.from.map_or_else(all, |day| day.to_string())),
        ("To", which.to.map_or_else(all, |day| day.to_string())),
        ("Unit (home library)", which.unit.map_or_else(all, |id| id.to_string())),
        ("Sector (home library)", which.sector.map_or_else(all, |sector| sector.to_string())),
        ("Statuses", which.statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    ];
    book.end(app, asked)
}

/// Rows that were read as the bytes of a workbook.
///
/// # Errors
/// When there is no place for temporary files.
pub fn workbook_of(app: &App, profile: &Profile, rows: &[ScheduleRow]) -> Result<Vec<u8>, AppError> {
    let mut book = Book::begin(profile)?;
    book.push(rows)?;
    let mut bytes = Vec::new();
    let read = book.end(app, Vec::new())?.read_to_end(&mut bytes);
    read.map_err(|error| AppError::Internal(format!("a temporary file: {error}")))?;
    Ok(bytes)
}

/// The rows as one calendar file.
///
/// # Errors
/// As for [`next`]; `invalid-fields` for more than 10,000 days.
pub fn calendar(app: &App, actor: &Actor, order: Order) -> Result<String, AppError> {
    let now = app.clock.now();
    let mut entries = Vec::new();
    let mut reading = Some(Reading::new(app, order));
    while let Some(rest) = reading {
        let (rows, rest) = next(app, actor, rest)?;
        entries.extend(rows.iter().map(|row| entry(app, row, now)));
        if entries.len() > MOST_DAYS {
            let words = format!("narrow it: a calendar file has at most {MOST_DAYS} days");
            return Err(AppError::field("?to", "", words));
        }
        reading = rest;
    }
    let (url, zone) = (app.settings.public_url.clone(), app.settings.calendar.zone);
    let name = app.settings.service_name.clone();
    Ok(calendar::write_timetable(&Timetable { name, url, zone, entries }))
}

fn entry(app: &App, row: &ScheduleRow, now: chrono::DateTime<chrono::Utc>) -> Entry {
    let words = words::event(
        app.settings.language,
        &words::Event {
            party: Party::Manager,
            host: &row.host.name,
            address: address(row.host.address.as_deref(), row.host.postcode.as_deref()).as_deref(),
            is_virtual: row.is_virtual,
            visitor: Some(&row.person_name),
            service: &app.settings.service_name,
        },
    );
    Entry {
        uid: uid_in_feed(Party::Manager, row.placement),
        sequence: row.revision,
        changed_at: now,
        status: match row.status {
            PlacementState::Proposed => EventStatus::Tentative,
            PlacementState::Confirmed | PlacementState::Completed => EventStatus::Confirmed,
            PlacementState::Declined
            | PlacementState::Cancelled
            | PlacementState::Expired
            | PlacementState::DidNotTakePlace => EventStatus::Cancelled,
        },
        is_busy: false,
        summary: words.summary,
        description: words.description,
        location: words.location,
        point: row.host.point.filter(|_| !row.is_virtual).map(|point| (point.latitude(), point.longitude())),
        date: row.date,
        starts: row.starts,
        ends: row.ends,
        time_zone: row.time_zone,
    }
}
