//! Bank holidays: which division of the islands a library follows, Ireland's by rule, and what a table of those of the
//! United Kingdom leaves out.
//!
//! Ireland: Organisation of Working Time Act 1997, second schedule, as amended (St Brigid's Day from 2023). A public
//! holiday there that falls on a Saturday or Sunday moves nowhere. Days given once (18 March 2022) are entered as closures.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::period::{Period, PeriodKind};
use crate::domain::fault::Rule;
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
        match country.to_lowercase().as_str() {
            "england" | "wales" => Some(Self::EnglandAndWales),
            "scotland" => Some(Self::Scotland),
            "northern ireland" => Some(Self::NorthernIreland),
            "ireland" | "republic of ireland" => Some(Self::Ireland),
            _ => None,
        }
    }
}

/// The public holidays of Ireland in a year, in order.
///
/// # Errors
/// Before 1994, when the first Monday in May was added, and in years that no Easter is known for.
pub fn irish_holidays(year: i32) -> Result<Vec<Period>, Rule> {
    let unknown = || Rule::new(format!("the bank holidays of Ireland are not known for {year}"));
    let easter = computus::gregorian(year).ok().filter(|_| year >= 1994).ok_or_else(unknown)?;
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let monday = |month, nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth);
    let easter_monday =
        NaiveDate::from_ymd_opt(easter.year, easter.month, easter.day).and_then(|sunday| sunday.succ_opt());
    // The first Monday of February, except where the first is a Friday: then that.
    let brigid = day(2, 1).filter(|first| first.weekday() == Weekday::Fri).or_else(|| monday(2, 1));
    let last_of_october = day(10, 31)
        .and_then(|last| last.checked_sub_days(Days::new(u64::from(last.weekday().num_days_from_monday()))));
    [
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
    ]
    .into_iter()
    .filter_map(|(date, label)| date.map(|date| holiday(date, label)))
    .collect()
}

fn holiday(date: NaiveDate, label: &str) -> Result<Period, Rule> {
    Ok(Period::day(PeriodKind::BankHoliday, date, label.parse::<Name>()?))
}

/// The day itself that a substitute day in a table of the United Kingdom stands for, where libraries are closed on that
/// too: the table names 27 December 2027 for Christmas Day and leaves out Saturday the 25th.
///
/// Only Christmas, Boxing Day, New Year's Day and 2 January: on a Saturday that is 30 November, Scotland is at work.
///
/// # Errors
/// Where the title is no name.
pub fn day_substituted(substitute: NaiveDate, title: &str) -> Result<Option<Period>, Rule> {
    let (month, day) = match title.replace('’', "'").to_lowercase().as_str() {
        "christmas day" => (12, 25),
        "boxing day" => (12, 26),
        "new year's day" => (1, 1),
        "2nd january" => (1, 2),
        _ => return Ok(None),
    };
    let itself = NaiveDate::from_ymd_opt(substitute.year(), month, day);
    itself.filter(|date| *date < substitute).map(|date| holiday(date, title)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(year: i32) -> Vec<String> {
        irish_holidays(year).expect("known").iter().map(|period| period.starts_on.to_string()).collect()
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
    fn years_that_nobody_knows_are_refused() {
        assert!(irish_holidays(1993).is_err());
        assert!(irish_holidays(-1).is_err());
    }

    #[test]
    fn a_substitute_day_leaves_the_day_itself_closed_too() {
        let itself = |date: &str, title| {
            day_substituted(date.parse().expect("a date"), title)
                .expect("a name")
                .map(|period| period.starts_on.to_string())
        };
        assert_eq!(itself("2027-12-27", "Christmas Day").as_deref(), Some("2027-12-25"));
        assert_eq!(itself("2022-01-04", "2nd January").as_deref(), Some("2022-01-02"));
        assert_eq!(itself("2028-01-03", "New Year’s Day").as_deref(), Some("2028-01-01"));
        assert_eq!(itself("2024-12-02", "St Andrew’s Day"), None);
        assert_eq!(itself("2028-12-25", "Christmas Day"), None, "the day itself");
    }
}
