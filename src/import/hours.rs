//! Reads a list of opening hours: a row without a date tells a library's usual week and the calendars it follows, a row
//! with a date tells one day that is otherwise.

use chrono::{NaiveDate, Weekday};

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use crate::domain::fault::Rule;
use crate::domain::opening::{Exception, Span, WeeklyHours, is_of_our_time};
use crate::domain::text::Name;

pub(super) const COLUMNS: &[Column] = &[
    Column::needed("library", "lib-1"),
    Column::optional("opening_hours", "Mo-Fr 09:00-17:00; Sa 10:00-16:00; PH off"),
    Column::optional("calendars", ""),
    Column::optional("date", ""),
    Column::optional("opens", ""),
    Column::optional("label", ""),
];

/// What a row says of one library's hours.
#[derive(Debug, Clone, PartialEq)]
pub struct HoursRow {
    /// The library's reference.
    pub library: String,
    /// What it says.
    pub hours: ListedHours,
}

/// The usual week, or one day that is otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum ListedHours {
    /// The usual week.
    Week {
        /// Weekly staffed hours, where known.
        weekly: Option<Box<WeeklyHours>>,
        /// The names of the calendars that the library follows.
        calendars: Vec<Name>,
    },
    /// One day.
    Day(Exception),
}

/// Reads a row; none where it is left out.
pub fn read_hours(cells: &mut Cells<'_>) -> Option<HoursRow> {
    let library: Option<Name> = cells.needed("library");
    let hours = if cells.cell("date").is_empty() { week(cells) } else { day(cells) };
    Some(HoursRow { library: library?.to_string(), hours: hours? })
}

fn week(cells: &mut Cells<'_>) -> Option<ListedHours> {
    for column in ["opens", "label"] {
        if !cells.cell(column).is_empty() {
            cells.report(column, Rule::of("is of one day: write its date beside it"), Loss::Row);
        }
    }
    // The row has nothing else to say: without its hours it would empty what is known.
    let weekly = cells.given("opening_hours", Loss::Row).map(Box::new);
    let names = cells.cell("calendars").to_owned();
    let names = names.split(';').map(str::trim).filter(|name| !name.is_empty());
    let read =
        names.map(|name| name.parse().map_err(|rule: Rule| cells.report("calendars", rule, Loss::Row)));
    let calendars = read.filter_map(Result::ok).collect();
    Some(ListedHours::Week { weekly, calendars })
}

fn day(cells: &mut Cells<'_>) -> Option<ListedHours> {
    for column in ["opening_hours", "calendars"] {
        if !cells.cell(column).is_empty() {
            cells.report(column, Rule::of("is of the usual week: a row with a date has `opens`"), Loss::Row);
        }
    }
    let date = day_of_our_time(cells, "date");
    let opens = cells.needed::<Opens>("opens");
    let label = cells.needed("label");
    Some(ListedHours::Day(Exception { date: date?, opens: opens?.0, label: label? }))
}

/// A date that can be meant for a day of a library.
pub(super) fn day_of_our_time(cells: &mut Cells<'_>, column: &str) -> Option<NaiveDate> {
    let date = cells.date(column)?;
    if is_of_our_time(date) {
        return Some(date);
    }
    cells.report(column, Rule::of("must be a date of the years 2000 to 2099"), Loss::Row);
    None
}

/// The hours of one day: `10:00-12:00,13:00-16:00`, or `closed`.
struct Opens(Vec<Span>);

impl std::str::FromStr for Opens {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::of("must be hours like 10:00-16:00, or closed"));
        }
        // The grammar is that of a week in which every day is the same.
        let week: WeeklyHours = format!("Mo-Su {text}").parse()?;
        Ok(Self(week.on_weekday(Weekday::Mon).to_vec()))
    }
}
