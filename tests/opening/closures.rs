//! Closures from calendar files: what programs write, what is refused, and arbitrary bytes.

use chrono::NaiveDate;
use library_swap::import::closures_ics::read_closures;
use proptest::prelude::*;

use crate::day;

fn file(events: &[&str]) -> String {
    let events: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(n, event)| {
            let lines = event.replace('\n', "\r\n");
            format!("BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20270101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n")
        })
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{}END:VCALENDAR\r\n", events.concat())
}

fn window() -> std::ops::RangeInclusive<NaiveDate> {
    day("2027-01-01")..=day("2029-12-31")
}

/// "2027-12-24 12:00-24:00 Christmas Eve" for each closure of the events.
fn closures(events: &[&str]) -> Vec<String> {
    let closed = read_closures(file(events).as_bytes(), chrono_tz::Europe::London, &window());
    let closed = closed.unwrap_or_else(|faults| panic!("{faults:?}"));
    closed.iter().map(|closed| format!("{} {} {}", closed.date, closed.span, closed.label)).collect()
}

/// Pointer and rule of each fault.
fn faults(text: &str) -> Vec<(String, String)> {
    let faults = read_closures(text.as_bytes(), chrono_tz::Europe::London, &window()).expect_err(text);
    faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
}

#[test]
fn events_of_whole_days_close_each_of_them_the_day_of_the_end_not() {
    assert_eq!(
        closures(&[
            "DTSTART;VALUE=DATE:20270228\nDTEND;VALUE=DATE:20270302\nSUMMARY:New floor",
            "DTSTART;VALUE=DATE:20280229\nSUMMARY:Leap day",
            "DTSTART;VALUE=DATE:20270401\nDURATION:P1D",
        ]),
        [
            "2027-02-28 00:00-24:00 New floor",
            "2027-03-01 00:00-24:00 New floor",
            "2028-02-29 00:00-24:00 Leap day",
            "2027-04-01 00:00-24:00 closed",
        ]
    );
}

#[test]
fn events_of_hours_close_a_part_of_the_day_in_the_librarys_zone() {
    assert_eq!(
        closures(&[
            "DTSTART;TZID=Europe/London:20271224T120000\nDTEND;TZID=Europe/London:20271226T093000\nSUMMARY:Eve",
            // In summer London is an hour before UTC, and Berlin one before London.
            "DTSTART:20270701T080000Z\nDTEND:20270701T100000Z\nSUMMARY:Training",
            "DTSTART;TZID=Europe/Berlin:20270701T100000\nDURATION:PT2H\nSUMMARY:Abroad",
            "DTSTART;TZID=GMT Standard Time:20270702T100000\nDTEND;TZID=GMT Standard Time:20270702T100030\nSUMMARY:By Outlook",
            "DTSTART:20270328T003000\nDTEND:20270328T033000\nSUMMARY:Spring",
            "DTSTART:20271031T233000\nDTEND:20271101T000000\nSUMMARY:Autumn",
        ]),
        [
            "2027-12-24 12:00-24:00 Eve",
            "2027-12-25 00:00-24:00 Eve",
            "2027-12-26 00:00-09:30 Eve",
            "2027-07-01 09:00-11:00 Training",
            "2027-07-01 09:00-11:00 Abroad",
            "2027-07-02 10:00-10:01 By Outlook",
            "2027-03-28 00:30-03:30 Spring",
            "2027-10-31 23:30-24:00 Autumn",
        ]
    );
}

#[test]
fn what_repeats_every_year_or_every_week_is_entered_for_the_dates_asked_for() {
    let dates = |events: &[&str]| -> Vec<String> {
        closures(events).iter().map(|closed| closed.split(' ').next().expect("a date").to_owned()).collect()
    };
    assert_eq!(
        dates(&["DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\nSUMMARY:x"]),
        ["2027-12-25", "2028-12-25", "2029-12-25"]
    );
    assert_eq!(
        dates(&["DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY"]),
        ["2028-02-29"],
        "no such day elsewhere"
    );
    assert_eq!(
        dates(&[
            "DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270120\nEXDATE;VALUE=DATE:20270118"
        ]),
        ["2027-01-04", "2027-01-06", "2027-01-20"]
    );
    assert_eq!(
        dates(&["DTSTART:20270104T170000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"]),
        ["2027-01-04", "2027-01-11"]
    );
    let forever = dates(&["DTSTART;VALUE=DATE:20000103\nRRULE:FREQ=WEEKLY"]);
    assert_eq!(
        (forever.len(), forever[0].as_str(), forever[156].as_str()),
        (157, "2027-01-04", "2029-12-31")
    );
}

#[test]
fn an_event_that_was_called_off_or_is_over_closes_nothing() {
    assert!(
        closures(&["DTSTART;VALUE=DATE:20270401\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:20200401"])
            .is_empty()
    );
}

#[test]
fn what_is_not_understood_is_refused_by_its_place_and_name() {
    let on = "DTSTART;VALUE=DATE:20270104\n";
    for (event, property, words) in [
        ("RRULE:FREQ=MONTHLY", "RRULE", "has FREQ=MONTHLY"),
        ("RRULE:FREQ=DAILY;COUNT=3", "RRULE", "has FREQ=DAILY"),
        ("RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO", "RRULE", "has BYDAY in a year"),
        ("RRULE:FREQ=YEARLY;BYMONTHDAY=4", "RRULE", "has BYMONTHDAY"),
        ("RRULE:FREQ=WEEKLY;BYDAY=2MO", "RRULE", "has a week number in BYDAY"),
        ("RRULE:FREQ=WEEKLY;BYSETPOS=1;BYDAY=MO", "RRULE", "has BYSETPOS"),
        ("RRULE:FREQ=SOMETIMES", "RRULE", "cannot be read"),
        ("RDATE;VALUE=DATE:20270110", "RDATE", "is not understood"),
        ("RECURRENCE-ID;VALUE=DATE:20270111", "RECURRENCE-ID", "is not understood"),
        ("DTEND;VALUE=DATE:20270104", "DTEND", "must lie after the start"),
        ("DTEND;VALUE=DATE:20280301", "DTEND", "at most 366 days"),
        ("DTEND;TZID=Nowhere:20270105T100000", "DTEND", "is no time zone"),
        ("SUMMARY:Caf\u{c3}\u{a9} closed", "SUMMARY", "wrong encoding"),
    ] {
        let text = file(&["DTSTART;VALUE=DATE:20270301", &format!("{on}{event}")]);
        let found = faults(&text);
        assert_eq!(found.len(), 1, "{event}: {found:?}");
        assert_eq!(found[0].0, format!("/VEVENT/1/{property}"), "{event}");
        assert!(found[0].1.contains(words), "{event}: {found:?}");
    }
    let several = faults(&file(&["SUMMARY:no date", "DTSTART:20270328T013000\nDURATION:PT1H"]));
    let places: Vec<&str> = several.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(places, ["/VEVENT/0/DTSTART", "/VEVENT/1/DTSTART"], "{several:?}");
}

#[test]
fn what_is_no_calendar_is_refused_for_what_it_is() {
    for (text, words) in [
        ("", "no calendar file"),
        ("hello", "no calendar file"),
        ("BEGIN:VCARD\r\nEND:VCARD\r\n", "no calendar file"),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "must have 1 to 1000 events"),
        ("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "no calendar file"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270301\r\n", "has no END:VEVENT"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n", "has no END:VCALENDAR"),
        (
            "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            "more than one calendar",
        ),
        (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:FREQ=YEARLY;\r\n BYMOON=FULL\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            "has `BYMOON` in an RRULE",
        ),
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].1.contains(words), "{text}: {found:?}");
    }
    let latin = read_closures(b"BEGIN:VCALENDAR\r\nX:\xe9\r\n", chrono_tz::Europe::London, &window());
    assert!(latin.expect_err("Latin-1")[0].rule.contains("UTF-8"));
    let many = file(&vec!["DTSTART;VALUE=DATE:20270301"; 1_001]);
    assert!(faults(&many)[0].1.contains("must have 1 to 1000 events"));
    let long_ago = "DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
    assert!(faults(&file(&[long_ago; 4]))[0].1.contains("occurrences"));
    let overlapping =
        "DTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20280101\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
    assert!(faults(&file(&[overlapping; 4]))[0].1.contains("closes more than 100000 days"));
}

proptest! {
    #[test]
    fn no_file_breaks_the_reader(text in "(BEGIN:V(CALENDAR|EVENT)\r\n|(DTSTART|DTEND|RRULE|EXDATE|DURATION|SUMMARY|STATUS)[;:][A-Z0-9=;:/-]{0,30}\r\n|END:V(CALENDAR|EVENT)\r\n){0,12}|\\PC{0,80}") {
        let _closed = read_closures(text.as_bytes(), chrono_tz::Europe::London, &window());
    }

    /// Every property with every short value, inside an event that is otherwise good.
    #[test]
    fn no_event_breaks_the_reader(
        start in "[0-9]{8}(T[0-9]{6}Z?)?",
        rule in "(FREQ=(YEARLY|WEEKLY)(;(COUNT|INTERVAL)=[0-9]{1,6})?(;UNTIL=[0-9]{8})?(;BYDAY=(MO|TU|SU))?)?",
    ) {
        let repeats = if rule.is_empty() { String::new() } else { format!("\nRRULE:{rule}") };
        let text = file(&[&format!("DTSTART:{start}{repeats}")]);
        if let Ok(closed) = read_closures(text.as_bytes(), chrono_tz::Europe::London, &window()) {
            prop_assert!(closed.iter().all(|closed| window().contains(&closed.date)));
        }
    }
}
