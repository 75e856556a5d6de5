//! Lists of hours, terms, closures and bank holidays: what the days of a library come to.

use library_swap::domain::ids::LibraryId;
use library_swap::import::{Kind, Mapping};
use library_swap::services::imports::{ImportMode, Order, Outcome, import};
use library_swap::services::{App, libraries, opening};

use super::world::{apply, organiser, sentences, table, take};
use crate::support::for_each_database;

const LIBRARIES: &str = "id,name,sector,operator,country,opening_hours\n\
    sc,Scottish,public,Council,Scotland,Mo-Fr 09:00-17:00\nen,English,school,Council,England,Mo-Fr 09:00-17:00\n";

fn id(app: &App, reference: &str) -> LibraryId {
    libraries::get(app, &organiser(), reference).expect("a library").id
}

/// Whether a library is open on a day, and why, in the words for people.
fn day(app: &App, reference: &str, date: &str) -> (bool, String) {
    let date: chrono::NaiveDate = date.parse().expect("a date");
    let days = opening::list_days(app, &organiser(), id(app, reference), &(date..=date)).expect("days").days;
    (days[0].1.is_open(), days[0].1.reason.to_string())
}

fn shared(name: &str) -> Option<Vec<u8>> {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    std::fs::read(&path).map_err(|_| skip!("the shared data are not here ({})", path.display())).ok()
}

#[test]
fn the_bank_holidays_of_the_nations_close_their_libraries() {
    let Some(bytes) = shared("bank_holidays.csv") else { return };
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let first = apply(app, Kind::Holidays, bytes.clone());
        assert_eq!((first.read, first.added), (280, 3));
        assert_eq!(apply(app, Kind::Holidays, bytes.clone()).unchanged, 3);
        assert!(!day(app, "sc", "2025-01-02").0 && day(app, "en", "2025-01-02").0);
        let (open, why) = day(app, "sc", "2023-01-02");
        assert!(!open && why.contains("scotland"), "{why}");
    });
}

#[test]
fn terms_of_a_foreign_list_close_the_libraries_that_follow_them_and_next_years_list_takes_none_away() {
    let Some(bytes) = shared("school_holidays_sheffield.csv") else { return };
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let pairs = ["area=calendar", "start=starts_on", "end=ends_on"];
        let mapping = Mapping::of(pairs.map(|pair| pair.parse().expect("a pair")));
        let take_mapped = |bytes: &[u8]| -> Outcome {
            let table = table(bytes);
            let order =
                Order { mapping: mapping.clone(), ..Order::new(Kind::Terms, &table, ImportMode::Apply) };
            import(app, &organiser(), &order).expect("an outcome")
        };
        let first = take_mapped(&bytes);
        assert_eq!((first.read, first.added, sentences(&first).len()), (21, 1, 0));
        assert_eq!(take_mapped(&bytes).unchanged, 1);
        let hours = "library,opening_hours,calendars\nen,Mo-Fr 09:00-17:00,Sheffield\n";
        assert_eq!(apply(app, Kind::Hours, hours).changed, 1);
        assert_eq!(apply(app, Kind::Hours, hours).unchanged, 1);
        assert!(!day(app, "en", "2027-02-15").0);
        let next = "area,start,end,label\nSheffield,2028-10-28,2028-11-05,Holiday\n";
        assert_eq!(take_mapped(next.as_bytes()).changed, 1);
        assert!(!day(app, "en", "2027-02-15").0 && !day(app, "en", "2028-10-30").0);
        let other = "area,start,end,label\nSheffield,2027-02-08,2027-02-12,Half-term\nSheffield,2027-02-20,2027-02-21,Carnival\n";
        assert_eq!(
            take_mapped(other.as_bytes()).changed,
            1,
            "a list that says otherwise of the same time is believed"
        );
        assert!(day(app, "en", "2027-02-15").0 && !day(app, "en", "2027-02-08").0);
    });
}

#[test]
fn closures_and_single_days_go_before_the_usual_week() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let closures = "library,calendar,starts_on,ends_on,label\n\
            en,,08/03/2027,2027-03-09,New heating\n,Shire,2027-04-01,,Stocktaking\n";
        let first = apply(app, Kind::Closures, closures);
        assert_eq!((first.added, first.changed), (3, 0), "two days and a calendar");
        assert_eq!(apply(app, Kind::Closures, closures).unchanged, 3);
        let (open, why) = day(app, "en", "2027-03-08");
        assert!(!open && why.contains("New heating"), "{why}");
        let hours = "library,date,opens,label\nen,2027-03-09,\"10:00-12:00, 13:00-16:00\",Half heated\nsc,2027-03-09,closed,Snow\n";
        let days = apply(app, Kind::Hours, hours);
        assert_eq!((days.added, days.changed), (1, 1));
        assert!(day(app, "en", "2027-03-09").0 && !day(app, "sc", "2027-03-09").0);
        assert_eq!(apply(app, Kind::Hours, hours).unchanged, 2);
    });
}

#[test]
fn what_cannot_be_meant_is_told_row_by_row() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        apply(app, Kind::Closures, "calendar,starts_on,label\nShire,2027-04-01,Stocktaking\n");
        let hours = "library,opening_hours,calendars,date,opens,label\n\
            en,Mo-Fr 9-17,,,,\nxx,Mo-Fr 09:00-17:00,,,,\nen,,Shyre,,,\nsc,Mo 09:00-17:00,,2027-03-01,,\nsc,,,,closed,\n";
        assert_eq!(
            sentences(&take(app, Kind::Hours, hours, ImportMode::DryRun)),
            [
                "line 2, opening_hours: `Mo-Fr 9-17` has `9-17` where times should be: times are like 09:00-17:30, or off; the row is left out",
                "line 3, library: `xx` is the id of no library: import libraries first; the row is left out",
                "line 4, library: `en` says the same library, date as line 2: each may stand in a list once; the row is left out",
                "line 5, opening_hours: `Mo 09:00-17:00` is of the usual week: a row with a date has `opens`; the row is left out",
                "line 5, opens: must be hours like 10:00-16:00, or closed; the row is left out",
                "line 5, label: must not be empty; the row is left out",
                "line 6, opens: `closed` is of one day: write its date beside it; the row is left out",
            ]
        );
        let unknown = take(app, Kind::Hours, "library,calendars\nen,Shyre\n", ImportMode::DryRun);
        assert_eq!(
            sentences(&unknown),
            [
                "line 2, calendars: `Shyre` is no calendar (maybe `Shire`): import terms or closures first; the row is left out"
            ]
        );
        let terms = "calendar,kind,starts_on,ends_on,label\n\
            Shire,school_holiday,2027-02-01,,A\nS,closure,2027-02-01,,A\nS,,2027-02-03,2027-02-01,B\nS,,1927-02-03,,B\n";
        assert_eq!(
            sentences(&take(app, Kind::Terms, terms, ImportMode::DryRun)),
            [
                "line 2, calendar: `Shire` is a calendar of closures and cannot hold a school_holiday; the row is left out",
                "line 3, kind: `closure` must be one of term, school_holiday, inset_day, exams; the row is left out",
                "line 4, ends_on: `2027-02-01` must not lie before the first day, 2027-02-03; the row is left out",
                "line 5, starts_on: `1927-02-03` must be a date of the years 2000 to 2099; the row is left out",
            ]
        );
        let holidays =
            "date,division,title\n2027-03-17,ireland,St Patrick’s Day\n2027-01-02,scotlant,2nd January\n";
        let told = sentences(&take(app, Kind::Holidays, holidays, ImportMode::DryRun));
        assert!(told[0].contains("by rule: leave them out"), "{told:?}");
        assert!(told[1].contains("(maybe `scotland`)"), "{told:?}");
    });
}
