//! When libraries are open: the days on which calendars go wrong, real opening hours, calendar files, and our reading of
//! `opening_hours` against somebody else's.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they need, and when they are skipped"
)]

#[macro_use]
mod loud;
#[path = "opening/closures.rs"]
mod closures;
#[path = "opening/other_reader.rs"]
mod other_reader;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use library_swap::domain::fault::Rule;
use library_swap::domain::opening::{
    CalendarKind, DatedCalendar, Division, Exception, Opening, Period, PeriodKind, Span, WeeklyHours,
    day_substituted, irish_calendar,
};
use library_swap::domain::text::Name;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn calendar(
    called: &str,
    kind: CalendarKind,
    periods: &[(PeriodKind, &str, &str, &str)],
) -> Arc<DatedCalendar> {
    let period = |(kind, starts_on, ends_on, label): &(PeriodKind, &str, &str, &str)| Period {
        starts_on: day(starts_on),
        ends_on: day(ends_on),
        kind: *kind,
        label: name(label),
    };
    Arc::new(DatedCalendar { name: name(called), kind, periods: periods.iter().map(period).collect() })
}

/// The bank holidays of a division that the matrix needs, as its government published them, and what was substituted.
fn bank_holidays(division: Division) -> Arc<DatedCalendar> {
    let rows: &[(&str, &str)] = match division {
        Division::EnglandAndWales => &[
            ("2026-01-01", "New Year’s Day"),
            ("2027-03-26", "Good Friday"),
            ("2027-03-29", "Easter Monday"),
            ("2027-05-03", "Early May bank holiday"),
            ("2027-08-30", "Summer bank holiday"),
            ("2027-12-27", "Christmas Day"),
            ("2027-12-28", "Boxing Day"),
        ],
        Division::Scotland => &[
            ("2026-01-01", "New Year’s Day"),
            ("2026-01-02", "2nd January"),
            ("2027-01-04", "2nd January"),
            ("2027-03-26", "Good Friday"),
            ("2027-08-02", "Summer bank holiday"),
        ],
        Division::NorthernIreland => &[("2027-07-12", "Battle of the Boyne (Orangemen’s Day)")],
        Division::Ireland => return Arc::new(irish_calendar(2026..=2028).expect("a calendar")),
    };
    let periods = rows.iter().flat_map(|(date, title)| periods_of(day(date), title)).collect();
    Arc::new(DatedCalendar { name: name(division.as_str()), kind: CalendarKind::BankHolidays, periods })
}

fn periods_of(date: NaiveDate, title: &str) -> Vec<Period> {
    let listed = Period::day(PeriodKind::BankHoliday, date, name(title));
    std::iter::once(listed).chain(day_substituted(date, &name(title))).collect()
}

fn library(country: &str, weekly: &str) -> Opening {
    let division = Division::of_country(country).expect(country);
    Opening {
        weekly: Some(weekly.parse().expect(weekly)),
        exceptions: vec![],
        calendars: vec![bank_holidays(division)],
    }
}

#[track_caller]
fn expect(opening: &Opening, date: &str, words: &str) {
    assert_eq!(opening.on(day(date)).to_string(), words, "{date}");
}

const WEEK: &str = "Mo-Sa 09:00-17:00; Su 12:00-16:00";

#[test]
fn nations_keep_their_own_bank_holidays() {
    let (england, wales) = (library("England", WEEK), library("Wales", WEEK));
    let (scotland, ireland) = (library("Scotland", WEEK), library("Ireland", WEEK));
    expect(&scotland, "2026-01-02", "closed: bank holiday “2nd January” (scotland)");
    expect(&england, "2026-01-02", "open 09:00-17:00: usual hours of Friday");
    // 2 January 2027 is a Saturday: the Monday is the holiday, and on the Saturday itself nobody works either.
    expect(&scotland, "2027-01-04", "closed: bank holiday “2nd January” (scotland)");
    expect(&scotland, "2027-01-02", "closed: bank holiday “2nd January” (scotland)");
    expect(&wales, "2027-01-04", "open 09:00-17:00: usual hours of Monday");

    expect(&wales, "2027-03-26", "closed: bank holiday “Good Friday” (england-and-wales)");
    expect(&ireland, "2027-03-26", "open 09:00-17:00: usual hours of Friday");
    expect(&ireland, "2027-03-29", "closed: bank holiday “Easter Monday” (ireland)");
    expect(&scotland, "2027-03-29", "open 09:00-17:00: usual hours of Monday");

    expect(&ireland, "2027-08-02", "closed: bank holiday “August bank holiday” (ireland)");
    expect(&scotland, "2027-08-02", "closed: bank holiday “Summer bank holiday” (scotland)");
    expect(&england, "2027-08-02", "open 09:00-17:00: usual hours of Monday");
    expect(&england, "2027-08-30", "closed: bank holiday “Summer bank holiday” (england-and-wales)");
    expect(&ireland, "2027-08-30", "open 09:00-17:00: usual hours of Monday");
    let belfast = library("Northern Ireland", WEEK);
    expect(
        &belfast,
        "2027-07-12",
        "closed: bank holiday “Battle of the Boyne (Orangemen’s Day)” (northern-ireland)",
    );
    assert_eq!(Division::of_country("United Kingdom"), None, "says no nation");
}

#[test]
fn a_substitute_day_is_closed_and_the_day_it_stands_for_too() {
    let england = library("England", WEEK);
    for date in ["2027-12-25", "2027-12-27"] {
        expect(&england, date, "closed: bank holiday “Christmas Day” (england-and-wales)");
    }
    for date in ["2027-12-26", "2027-12-28"] {
        expect(&england, date, "closed: bank holiday “Boxing Day” (england-and-wales)");
    }
    expect(&england, "2027-12-24", "open 09:00-17:00: usual hours of Friday");
    expect(&england, "2027-12-29", "open 09:00-17:00: usual hours of Wednesday");
    // In Ireland 25 December 2027 is a Saturday and moves nowhere.
    expect(&library("Ireland", WEEK), "2027-12-27", "open 09:00-17:00: usual hours of Monday");
}

#[test]
fn hours_are_those_of_the_wall_clock_on_both_days_on_which_it_is_changed() {
    for country in ["England", "Ireland"] {
        for date in ["2027-03-28", "2027-10-31"] {
            expect(&library(country, WEEK), date, "open 12:00-16:00: usual hours of Sunday");
            let night = library(country, "Su 00:00-24:00");
            assert_eq!(night.on(day(date)).longest(), Some(Span::WHOLE_DAY));
        }
    }
}

#[test]
fn a_leap_day_is_a_day_like_others() {
    let mut dublin = library("Ireland", WEEK);
    expect(&dublin, "2028-02-29", "open 09:00-17:00: usual hours of Tuesday");
    let works = (PeriodKind::Closure, "2028-02-28", "2028-03-01", "new floor");
    dublin.calendars.push(calendar("Works", CalendarKind::Closures, &[works]));
    let closed = |date: &NaiveDate| !dublin.on(*date).is_open();
    let days: Vec<String> =
        day("2028-02-26").iter_days().take(7).filter(closed).map(|date| date.to_string()).collect();
    assert_eq!(days, ["2028-02-28", "2028-02-29", "2028-03-01"]);
}

#[test]
fn english_and_welsh_schools_have_their_half_terms_apart() {
    let school = |country: &str, holiday: (PeriodKind, &str, &str, &str)| {
        let mut school = library(country, "Mo-Fr 08:30-16:00");
        school.calendars.push(calendar("Schools", CalendarKind::SchoolTerms, &[holiday]));
        school
    };
    let half_term = |from, until| (PeriodKind::SchoolHoliday, from, until, "half-term");
    let sheffield = school("England", half_term("2027-02-13", "2027-02-21"));
    let cardiff = school("Wales", half_term("2027-02-06", "2027-02-14"));
    expect(&cardiff, "2027-02-10", "closed: school holiday “half-term” (Schools)");
    expect(&sheffield, "2027-02-10", "open 08:30-16:00: usual hours of Wednesday");
    expect(&cardiff, "2027-02-17", "open 08:30-16:00: usual hours of Wednesday");
    expect(&sheffield, "2027-02-17", "closed: school holiday “half-term” (Schools)");
}

#[test]
fn a_school_opens_on_a_bank_holiday_when_it_says_so() {
    let mut school = library("England", "Mo-Fr 08:30-16:00");
    expect(&school, "2027-05-03", "closed: bank holiday “Early May bank holiday” (england-and-wales)");
    let opens = vec![Span::new(9 * 60, 12 * 60).expect("a span")];
    school.exceptions.push(Exception { date: day("2027-05-03"), opens, label: name("revision day") });
    expect(&school, "2027-05-03", "open 09:00-12:00: exception “revision day”");
    let always = library("England", "Mo-Fr,PH 08:30-16:00");
    expect(
        &always,
        "2027-05-03",
        "open 08:30-16:00: bank holiday “Early May bank holiday” (england-and-wales)",
    );
}

/// The rows of a table in the shared folder; none, said aloud, where that is not there.
fn shared(file: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        skip!("{} is not there", path.display());
        return None;
    };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    Some(reader.deserialize().map(|row| row.expect("a row")).collect())
}

/// Every opening hours of a list: how many are read, and each that is not with its complaint.
fn read_all(file: &str) -> Option<(usize, Vec<(String, Rule)>)> {
    let rows = shared(file)?;
    let texts = rows.iter().map(|row| row["opening_hours"].trim()).filter(|text| !text.is_empty());
    let mut unreadable = Vec::new();
    let mut read = 0;
    for text in texts {
        match text.parse::<WeeklyHours>() {
            Ok(hours) => {
                assert_eq!(hours.text(), text);
                read += 1;
            }
            Err(rule) => unreadable.push((text.to_owned(), rule)),
        }
    }
    Some((read, unreadable))
}

#[test]
fn every_opening_hours_of_the_british_list_is_read_and_of_the_german_one_refused_with_its_part() {
    let Some((read, unreadable)) = read_all("libraries_gb.csv") else { return };
    assert_eq!((read, unreadable.len()), (2857, 0), "{unreadable:?}");
    let Some((read, unreadable)) = read_all("libraries_de.csv") else { return };
    assert_eq!((read, unreadable.len()), (0, 26));
    for (text, rule) in unreadable {
        eprintln!("unreadable: {text}: {rule}");
        let words = rule.to_string();
        let part = words.split('`').nth(1).expect("a part");
        assert!(text.contains(part.trim_end_matches('…')), "{text}: {words}");
    }
}

#[test]
fn libraries_are_closed_on_every_bank_holiday_of_the_real_table_and_on_the_days_substituted() {
    let Some(rows) = shared("bank_holidays.csv") else { return };
    let mut substituted = 0;
    for division in [Division::EnglandAndWales, Division::Scotland, Division::NorthernIreland] {
        let own = rows.iter().filter(|row| row["division"] == division.as_str());
        let mut listed = Vec::new();
        let mut periods = Vec::new();
        for row in own {
            let of_row = periods_of(day(&row["date"]), &row["title"]);
            assert!(of_row.len() == 1 || row["notes"] == "Substitute day", "{row:?}");
            substituted += of_row.len() - 1;
            listed.push(of_row[0].starts_on);
            periods.extend(of_row);
        }
        assert!(listed.len() > 70, "{division}: {}", listed.len());
        let kind = CalendarKind::BankHolidays;
        let calendar = Arc::new(DatedCalendar { name: name(division.as_str()), kind, periods });
        let weekly = Some("Mo-Su 09:00-17:00".parse().expect("hours"));
        let opening = Opening { weekly, exceptions: vec![], calendars: vec![calendar] };
        assert!(listed.iter().all(|date| !opening.on(*date).is_open()));
        assert!(listed.iter().all(|date| date.weekday().number_from_monday() <= 5), "a table of weekdays");
        for year in 2019..=2028 {
            let christmas = NaiveDate::from_ymd_opt(year, 12, 25).expect("a date");
            assert!(!opening.on(christmas).is_open(), "{division} {christmas}");
        }
    }
    assert_eq!(substituted, 35);
}
