//! Reads lists of what libraries offer for a round: places for visitors, and the cover that must remain.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveDate;

use super::cells::{Cells, ListedDate};
use super::columns::Column;
use super::faults::Loss;
use crate::domain::fault::{Rule, shortened};
use crate::domain::offer::Rostered;
use crate::domain::text::Name;
use crate::domain::weekday::Weekday;

pub(super) const HOSTING: &[Column] = &[
    Column::needed("library", "lib-1"),
    Column::needed("visitors", "2"),
    Column::optional("weekdays", "tu we"),
    Column::optional("dates", ""),
    Column::optional("rest_days", "7"),
    Column::optional("limit", "6"),
    Column::optional("year_limit", "20"),
];

pub(super) const COVER: &[Column] = &[
    Column::needed("library", "lib-1"),
    Column::optional("rostered", "mo=6 tu=6 we=6 th=6 fr=5 sa=3"),
    Column::optional("minimum", "3"),
    Column::optional("date", ""),
];

/// What a list says of one library's hosting.
#[derive(Debug, Clone, PartialEq)]
pub struct HostingRow {
    /// The library's reference.
    pub library: String,
    /// Visitors on each of the days.
    pub visitors: u32,
    /// On these days of the week.
    pub weekdays: Vec<Weekday>,
    /// And on these dates; neither weekdays nor dates: on every date of the round.
    pub dates: Vec<NaiveDate>,
    /// Least number of days from one day with visitors to the next.
    pub rest_days: Option<u32>,
    /// Visitors in the whole round.
    pub limit: Option<u32>,
    /// Visitors in a calendar year.
    pub year_limit: Option<u32>,
}

/// Reads a row of a list of hosting; none where it is left out.
pub fn read_hosting(cells: &mut Cells<'_>) -> Option<HostingRow> {
    let library: Option<Name> = cells.needed("library");
    if cells.cell("visitors").is_empty() {
        cells.report("visitors", Rule::of("must be a whole number"), Loss::Row);
    }
    let visitors = cells.whole_number("visitors");
    let weekdays = cells.several("weekdays", Loss::Row);
    let dates: Vec<ListedDate> = cells.several("dates", Loss::Row);
    let (rest_days, limit) = (cells.whole_number("rest_days"), cells.whole_number("limit"));
    let year_limit = cells.whole_number("year_limit");
    let dates = dates.into_iter().map(|date| date.0).collect();
    Some(HostingRow {
        library: library?.to_string(),
        visitors: visitors?,
        weekdays,
        dates,
        rest_days,
        limit,
        year_limit,
    })
}

/// What a list says of one library's cover.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverRow {
    /// The library's reference.
    pub library: String,
    /// What it says.
    pub cover: ListedCover,
}

/// The usual cover, or that of one date.
#[derive(Debug, Clone, PartialEq)]
pub enum ListedCover {
    /// On usual days.
    Usual {
        /// Who works.
        rostered: Rostered,
        /// Who must remain.
        minimum: u32,
    },
    /// On one date; what is absent is as usual.
    Day {
        /// Which.
        date: NaiveDate,
        /// Who works.
        rostered: Option<u32>,
        /// Who must remain.
        minimum: Option<u32>,
    },
}

/// Reads a row of a list of cover; none where it is left out.
pub fn read_cover(cells: &mut Cells<'_>) -> Option<CoverRow> {
    let library: Option<Name> = cells.needed("library");
    let minimum = cells.whole_number("minimum");
    let cover = if cells.cell("date").is_empty() {
        let rostered = cells.needed::<ListedRostered>("rostered");
        if cells.cell("minimum").is_empty() {
            cells.report("minimum", Rule::of("must be a whole number: who must remain"), Loss::Row);
        }
        ListedCover::Usual { rostered: rostered?.0, minimum: minimum? }
    } else {
        let date = cells.date("date");
        let rostered = cells.whole_number("rostered");
        if cells.cell("rostered").is_empty() && cells.cell("minimum").is_empty() {
            cells.report("date", Rule::of("has neither `rostered` nor `minimum` beside it"), Loss::Row);
        }
        ListedCover::Day { date: date?, rostered, minimum }
    };
    Some(CoverRow { library: library?.to_string(), cover })
}

/// `6`, or by weekday `mo=6 tu=6 sa=3`.
struct ListedRostered(Rostered);

impl FromStr for ListedRostered {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        if let Ok(staff) = text.parse() {
            return Ok(Self(Rostered::Daily(staff)));
        }
        let words = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        let mut week = BTreeMap::new();
        for word in words.filter(|word| !word.is_empty()) {
            let pair = word.split_once('=').and_then(|(day, staff)| {
                Some((day.to_lowercase().parse::<Weekday>().ok()?, staff.parse::<u32>().ok()?))
            });
            let Some((day, staff)) = pair else {
                let rule =
                    format!("has `{}`: it must be a whole number, or like mo=6 tu=6 sa=3", shortened(word));
                return Err(Rule::new(rule));
            };
            if week.insert(day, staff).is_some() {
                return Err(Rule::new(format!("names {day} twice")));
            }
        }
        if week.is_empty() {
            return Err(Rule::of("must be a whole number, or like mo=6 tu=6 sa=3"));
        }
        Ok(Self(Rostered::Weekly(week)))
    }
}
