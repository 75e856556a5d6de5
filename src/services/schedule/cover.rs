//! The table of cover: for each library and date of a round who works, who goes, who comes, who must remain. What goes and
//! comes is counted from the schedule's own rows, so that the two never disagree.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;

use chrono::NaiveDate;

use super::files::{rewound, temporary, told};
use crate::domain::cover::LibraryDay;
use crate::domain::ids::{LibraryId, RoundId};
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor};
use crate::export::{Cell, Table};
use crate::services::app::own_employers_in;
use crate::services::offers::covered;
use crate::services::{App, AppError, rounds};
use crate::store::{organisations, placements, rounds as table};

/// The columns in their order.
pub const COLUMNS: [&str; 10] = [
    "library_id",
    "library",
    "sectors",
    "date",
    "rostered",
    "minimum",
    "leaving",
    "coming",
    "away_elsewhere",
    "margin",
];

/// A library on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverLine {
    /// Which library.
    pub library: LibraryId,
    /// Its name.
    pub name: String,
    /// Its sectors, with a vertical bar between them.
    pub sectors: String,
    /// The date.
    pub date: NaiveDate,
    /// Who works and who must remain, where its offer says so.
    pub rostered_and_minimum: Option<(u32, u32)>,
    /// Own staff who are away in this round.
    pub leaving: u32,
    /// Visitors of this round. They are no cover.
    pub coming: u32,
    /// Own staff who are away in other rounds.
    pub away_elsewhere: u32,
}

impl CoverLine {
    /// How many more could be away; below zero where too few remain.
    pub fn margin(&self) -> Option<i64> {
        let (rostered, minimum) = self.rostered_and_minimum?;
        Some(
            i64::from(rostered)
                - i64::from(minimum)
                - i64::from(self.leaving)
                - i64::from(self.away_elsewhere),
        )
    }

    /// Its cells in the order of [`COLUMNS`].
    pub fn cells(&self) -> [Cell<'_>; 10] {
        let count = |number: u32| Cell::Whole(number.into());
        let known = |number: Option<u32>| number.map_or(Cell::Empty, count);
        [
            Cell::Code(Cow::Owned(self.library.to_string())),
            Cell::Text(&self.name),
            Cell::Code(Cow::Borrowed(&self.sectors)),
            Cell::Date(self.date),
            known(self.rostered_and_minimum.map(|(rostered, _)| rostered)),
            known(self.rostered_and_minimum.map(|(_, minimum)| minimum)),
            count(self.leaving),
            count(self.coming),
            count(self.away_elsewhere),
            self.margin().map_or(Cell::Empty, Cell::Whole),
        ]
    }
}

/// The table of a round by library and date: of every library that takes part, or of which somebody leaves or to which
/// somebody comes. All for organisers; one's own employer's libraries for administrators and HR.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<CoverLine>, AppError> {
    let own = own_employers_in(actor, Action::ReadCover, round)?;
    app.store.read(|db| {
        let round = rounds::load(db, actor, round)?;
        let mut moves: BTreeMap<(LibraryId, NaiveDate), (u32, u32)> = BTreeMap::new();
        for (home, host, date) in placements::list_moves(db, round.id)? {
            moves.entry((home, date)).or_default().0 += 1;
            moves.entry((host, date)).or_default().1 += 1;
        }
        let offers = table::list_offers(db, round.id, own.as_deref(), None, i64::MAX)?;
        let mut lines = Vec::new();
        for cover in covered(db, &round, offers)? {
            for day in &cover.days.days {
                let moved = moves.remove(&(cover.library.id, day.date)).unwrap_or_default();
                let away = cover.elsewhere.leavers.get(&day.date).copied().unwrap_or_default();
                lines.push(line(&cover.library, day.date, Some(day), moved, away));
            }
        }
        // Libraries that offer nothing, and days that are no longer the round's.
        let others: Vec<LibraryId> = moves.keys().map(|(library, _)| *library).collect();
        for library in organisations::list_libraries_by_ids(db, &others)? {
            let is_own = |own: &Vec<_>| library.employers.iter().any(|employer| own.contains(employer));
            if own.as_ref().is_none_or(is_own) {
                let days = moves.range((library.id, NaiveDate::MIN)..=(library.id, NaiveDate::MAX));
                lines.extend(days.map(|((_, date), moved)| line(&library, *date, None, *moved, 0)));
            }
        }
        lines.sort_by_key(|line| (line.library, line.date));
        Ok(lines)
    })
}

fn line(
    library: &Library,
    date: NaiveDate,
    day: Option<&LibraryDay>,
    (leaving, coming): (u32, u32),
    away_elsewhere: u32,
) -> CoverLine {
    let sectors: Vec<&str> = library.sectors.iter().map(|sector| sector.as_str()).collect();
    CoverLine {
        library: library.id,
        name: library.name.to_string(),
        sectors: sectors.join("|"),
        date,
        rostered_and_minimum: day.and_then(|day| day.rostered_and_minimum),
        leaving,
        coming,
        away_elsewhere,
    }
}

/// The table as a workbook, in a temporary file.
///
/// # Errors
/// As for [`list`].
pub fn workbook(app: &App, actor: &Actor, round: RoundId) -> Result<File, AppError> {
    let lines = list(app, actor, round)?;
    let mut table = Table::begin("Cover", COLUMNS).map_err(|error| told(&error))?;
    for line in &lines {
        table.push(line.cells()).map_err(|error| told(&error))?;
    }
    let sum = |count: fn(&CoverLine) -> u32| lines.iter().map(count).sum::<u32>().to_string();
    let about = [
        ("Cover of", app.settings.service_name.clone()),
        ("Written at (UTC)", app.clock.now().format("%Y-%m-%d %H:%M:%S").to_string()),
        ("Round", round.to_string()),
        ("Rows", table.rows().to_string()),
        ("Leaving", sum(|line| line.leaving)),
        ("Coming", sum(|line| line.coming)),
    ];
    let file = temporary()?;
    table.end(&about, &file).map_err(|error| told(&error))?;
    rewound(file)
}
