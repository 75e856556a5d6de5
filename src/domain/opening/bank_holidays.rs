//! Bank holidays: which division of the islands a library follows, Ireland's by rule, and what a table of those of the
//! United Kingdom leaves out.
//!
//! Ireland: Organisation of Working Time Act 1997, second schedule, as amended (St Brigid's Day from 2023). A public
//! holiday there that falls on a Saturday or Sunday moves nowhere. Days given once (18 March 2022) are entered as closures.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, Weekday};

use super::calendar::{CalendarKind, DatedCalendar};
use super::period::{Period, PeriodKind};
use crate::domain::states::named;
use crate::domain::text::Name;

named! {
    /// The parts of the islands whose bank holidays differ.
    Division {
        /// England and Wales have the same ones.
        EnglandAndWales = "england-and-wales",
        /// Has 2 January and St Andrew's Day, and its summer holiday at the beginning of August.
        Scotland = "scotland",
        /// Has St Patrick's Day and 12 July.
        NorthernIreland = "northern-ireland",
        /// Has them by rule; needs no table.
        Ireland = "ireland",
    }
}

impl Division {
    /// The division of a country as lists name it; none for another country, and where "United Kingdom" does not say
    /// which nation.
    pub fn of_country(country: &str) -> Option<Self> {
        let country = country.to_lowercase();
        Self::ALL.iter().copied().find(|division| division.countries().contains(&country.as_str()))
    }

    /// The countries it consists of, as lists name them, in lower case.
    pub const fn countries(self) -> &'static [&'static str] {
        match self {
            Self::EnglandAndWales => &["england", "wales"],
            Self::Scotland => &["scotland"],
            Self::NorthernIreland => &["northern ireland"],
            Self::Ireland => &["ireland", "republic of ireland"],
        }
    }
}

/// The public holidays of Ireland in some years, in order.
///
/// Unknown, so that it says nothing, before 1994, when the first Monday in May was added, and in years for which no
/// Easter is known.
pub fn irish_calendar(years: RangeInclusive<i32>) -> Option<DatedCalendar> {
    let periods = years.filter_map(irish_holidays).flatten().collect();
    let name = Division::Ireland.as_str().parse().ok()?;
    Some(DatedCalendar { name, kind: CalendarKind::BankHolidays, periods })
}

fn irish_holidays(year: i32) -> Option<Vec<Period>> {
    let easter = computus::gregorian(year).ok().filter(|_| year >= 1994)?;
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let monday = |month, nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth);
    let easter_monday = day(easter.month, easter.day).and_then(|sunday| sunday.succ_opt());
    // The first Monday of February, except where the first is a Friday: then that.
    let brigid = day(2, 1).filter(|first| first.weekday() == Weekday::Fri).or_else(|| monday(2, 1));
    let last_of_october = monday(10, 5).or_else(|| monday(10, 4));
    let all = [
        (day(1, 1), "New Year’s Day"),
        (brigid.filter(|_| year >= 2023), "St Brigid’s Day"),
        (day(3, 17), "St Patrick’s Day"),
        (easter_monday, "Easter Monday"),
        (monday(5, 1), "May bank holiday"),
        (monday(6, 1), "June bank holiday"),
        (monday(8, 1), "August bank holiday"),
        (last_of_october, "October bank holiday"),
        (day(12, 25), "Christmas Day"),
        (day(12, 26), "St Stephen’s Day"),
    ];
    Some(all.into_iter().filter_map(|(date, label)| holiday(date?, label)).collect())
}

fn holiday(date: NaiveDate, label: &str) -> Option<Period> {
    Some(Period::day(PeriodKind::BankHoliday, date, label.parse().ok()?))
}

/// The day itself that a substitute day in a table of the United Kingdom stands for, where libraries are closed on that
/// too: the table names 27 December 2027 for Christmas Day and leaves out Saturday the 25th.
///
/// Only Christmas, Boxing Day, New Year's Day and 2 January: on a Saturday that is 30 November, Scotland is at work.
pub fn day_substituted(substitute: NaiveDate, title: &Name) -> Option<Period> {
    let (month, day) = match title.as_str().replace('’', "'").to_lowercase().as_str() {
        "christmas day" => (12, 25),
        "boxing day" => (12, 26),
        "new year's day" => (1, 1),
        "2nd january" => (1, 2),
        _ => return None,
    };
    let itself = NaiveDate::from_ymd_opt(substitute.year(), month, day);
    let date = itself.filter(|date| *date < substitute)?;
    Some(Period::day(PeriodKind::BankHoliday, date, title.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(year: i32) -> Vec<String> {
        irish_calendar(year..=year)
            .expect("a name")
            .periods
            .iter()
            .map(|period| period.starts_on.to_string())
            .collect()
    }

    /// As the Irish government has published them (citizensinformation.ie).
    #[test]
    fn irish_holidays_are_those_that_the_government_published() {
        assert_eq!(
            dates(2026),
            [
                "2026-01-01",
                "2026-02-02",
                "2026-03-17",
                "2026-04-06",
                "2026-05-04",
                "2026-06-01",
                "2026-08-03",
                "2026-10-26",
                "2026-12-25",
                "2026-12-26"
            ]
        );
        assert_eq!(dates(2024)[1], "2024-02-05");
        assert_eq!(dates(2030)[1], "2030-02-01", "a Friday: the day itself");
        assert_eq!(dates(2022).len(), 9, "before St Brigid's Day was one");
        assert_eq!(dates(2027)[6], "2027-08-02");
        assert_eq!(dates(2028)[3], "2028-04-17", "in a leap year");
    }

    #[test]
    fn years_that_nobody_knows_have_none() {
        assert!(dates(1993).is_empty());
        assert!(dates(-1).is_empty());
    }

    #[test]
    fn a_substitute_day_leaves_the_day_itself_closed_too() {
        let itself = |date: &str, title: &str| {
            day_substituted(date.parse().expect("a date"), &title.parse().expect("a name"))
                .map(|period| period.starts_on.to_string())
        };
        assert_eq!(itself("2027-12-27", "Christmas Day").as_deref(), Some("2027-12-25"));
        assert_eq!(itself("2022-01-04", "2nd January").as_deref(), Some("2022-01-02"));
        assert_eq!(itself("2028-01-03", "New Year’s Day").as_deref(), Some("2028-01-01"));
        assert_eq!(itself("2024-12-02", "St Andrew’s Day"), None);
        assert_eq!(itself("2028-12-25", "Christmas Day"), None, "the day itself");
    }
}
