//! Dates with their weekday, and times with the name of their zone.

use chrono::{Datelike, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

use crate::domain::language::Language;

/// From Monday on.
const fn weekdays(language: Language) -> [&'static str; 7] {
    match language {
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Language::Welsh => {
            ["dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul"]
        }
    }
}

#[rustfmt::skip]
const fn months(language: Language) -> [&'static str; 12] {
    match language {
        Language::English => [
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ],
        Language::Welsh => [
            "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin",
            "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
        ],
    }
}

/// `Monday 1 March 2027`, `dydd Llun 1 Mawrth 2027`.
pub fn date(language: Language, date: NaiveDate) -> String {
    let named = |names: &[&'static str], n: u32| {
        usize::try_from(n).ok().and_then(|n| names.get(n).copied()).unwrap_or_default()
    };
    let weekday = named(&weekdays(language), date.weekday().num_days_from_monday());
    let month = named(&months(language), date.month0());
    format!("{weekday} {} {month} {}", date.day(), date.year())
}

/// When something happens: `on Monday 1 March 2027`, `ddydd Llun 1 Mawrth 2027` (softened, as after `tan`).
pub fn on_date(language: Language, day: NaiveDate) -> String {
    let named = date(language, day);
    match language {
        Language::English => format!("on {named}"),
        Language::Welsh => format!("d{named}"),
    }
}

/// `09:30 to 16:00 (Europe/London time, GMT)`.
pub fn times(
    language: Language,
    date: NaiveDate,
    (starts, ends): (NaiveTime, NaiveTime),
    zone: Tz,
) -> String {
    let (starts_at, ends_at) = (starts.format("%H:%M"), ends.format("%H:%M"));
    let in_force = zone.offset_from_local_datetime(&date.and_time(starts)).earliest();
    let abbreviation = in_force
        .map(|offset| match offset.abbreviation() {
            Some(letters) if letters.starts_with(|c: char| c.is_ascii_alphabetic()) => letters.to_owned(),
            Some(_) | None => format!("UTC{}", offset.fix()),
        })
        .map(|name| format!(", {name}"))
        .unwrap_or_default();
    match language {
        Language::English => format!("{starts_at} to {ends_at} ({zone} time{abbreviation})"),
        Language::Welsh => format!("{starts_at} tan {ends_at} (amser {zone}{abbreviation})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    #[test]
    fn a_date_names_its_weekday_month_and_year() {
        assert_eq!(date(Language::English, day(2027, 3, 1)), "Monday 1 March 2027");
        assert_eq!(date(Language::English, day(2028, 12, 31)), "Sunday 31 December 2028");
        assert_eq!(date(Language::Welsh, day(2027, 3, 2)), "dydd Mawrth 2 Mawrth 2027");
        assert_eq!(on_date(Language::English, day(2027, 3, 1)), "on Monday 1 March 2027");
        assert_eq!(on_date(Language::Welsh, day(2028, 12, 31)), "ddydd Sul 31 Rhagfyr 2028");
    }

    #[test]
    fn times_name_their_zone_and_what_it_is_called_that_day() {
        let nine_to_four = (
            NaiveTime::from_hms_opt(9, 30, 0).expect("a time"),
            NaiveTime::from_hms_opt(16, 0, 0).expect("a time"),
        );
        let told = |language, date, zone| times(language, date, nine_to_four, zone);
        let english = |date, zone| told(Language::English, date, zone);
        assert_eq!(english(day(2027, 3, 26), Tz::Europe__London), "09:30 to 16:00 (Europe/London time, GMT)");
        assert_eq!(english(day(2027, 3, 29), Tz::Europe__London), "09:30 to 16:00 (Europe/London time, BST)");
        assert_eq!(english(day(2027, 7, 1), Tz::Europe__Dublin), "09:30 to 16:00 (Europe/Dublin time, IST)");
        assert_eq!(
            english(day(2027, 7, 1), Tz::America__Sao_Paulo),
            "09:30 to 16:00 (America/Sao_Paulo time, UTC-03:00)"
        );
        assert_eq!(
            told(Language::Welsh, day(2027, 3, 29), Tz::Europe__London),
            "09:30 tan 16:00 (amser Europe/London, BST)"
        );
    }
}
