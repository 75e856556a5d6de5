//! Invitations and feeds: snapshots, byte stability, and what four independent readers (Python icalendar and vobject,
//! ical.js and node-ical) make of them.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[path = "calendar/texts.rs"]
mod texts;

#[macro_use]
mod loud;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use library_swap::calendar;
use library_swap::domain::feed::{Entry, Timetable};
use library_swap::domain::letter::{CalendarForm, EventStatus, Invitation, InvitationForm, Method, ZoneForm};
use proptest::prelude::*;
use serde_json::Value;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn invitation(time_zone: Tz, date: NaiveDate) -> Invitation {
    Invitation {
        uid: "placement-01937f5c-0000-7000-8000-000000000001-participant@exchange.example".to_owned(),
        sequence: 0,
        dtstamp: Utc.with_ymd_and_hms(2027, 1, 11, 8, 0, 0).unwrap(),
        status: EventStatus::Tentative,
        organiser_name: "Library Exchange".to_owned(),
        organiser_address: "exchange@exchange.example".to_owned(),
        attendee_name: Some("Siân Ŵyn, \"Librarian\"; BA".to_owned()),
        attendee_address: "sian.wyn@library.example".to_owned(),
        summary: "Library exchange: The Hive, Worcester".to_owned(),
        description: "Your day at The Hive with the Library Exchange;\nplease ring the bell, then C:\\wait."
            .to_owned(),
        location: Some("The Hive, Sawmill Walk, The Butts, Worcester WR1 3PD".to_owned()),
        point: Some((52.194_58, -2.225_75)),
        date,
        starts: NaiveTime::from_hms_opt(9, 30, 0).expect("a time"),
        ends: NaiveTime::from_hms_opt(16, 0, 0).expect("a time"),
        time_zone,
        url: "https://exchange.example/my/placements?a=1,2;3".to_owned(),
        form: CalendarForm::USUAL,
    }
}

fn london() -> Invitation {
    invitation(Tz::Europe__London, day(2027, 3, 1))
}

#[test]
fn a_proposal_is_a_tentative_request_that_asks_for_an_answer() {
    insta::assert_snapshot!(calendar::write(&london()));
}

#[test]
fn a_confirmation_is_the_same_event_accepted_and_asks_nothing() {
    let confirmed = Invitation { status: EventStatus::Confirmed, sequence: 1, ..london() };
    insta::assert_snapshot!(calendar::write(&confirmed));
}

#[test]
fn a_cancellation_takes_the_event_out_and_has_no_alarm() {
    let cancelled = Invitation { status: EventStatus::Cancelled, sequence: 2, ..london() };
    let text = calendar::write(&cancelled);
    assert!(!text.contains("VALARM"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_event_in_utc_has_a_z_and_no_zone() {
    let text = calendar::write(&invitation(Tz::UTC, day(2027, 7, 1)));
    assert!(text.contains("\r\nDTSTART:20270701T093000Z\r\nDTEND:20270701T160000Z\r\n"), "{text}");
    assert!(!text.contains("VTIMEZONE"), "{text}");
}

#[test]
fn the_same_invitation_gives_the_same_bytes_and_only_crlf_ends_lines() {
    let text = calendar::write(&london());
    assert_eq!(text, calendar::write(&london()));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.matches('\r').count(), text.matches("\r\n").count());
    assert!(text.ends_with("END:VCALENDAR\r\n") && !text.contains("\r\n\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
}

#[test]
fn no_text_can_add_a_property_a_person_or_an_event() {
    let evil = "x\r\nATTENDEE:mailto:eve@evil.example\r\nEND:VEVENT\n\rBEGIN:VALARM\"";
    let invitation = Invitation {
        attendee_name: Some(evil.to_owned()),
        attendee_address: format!("a@b.example{evil}"),
        organiser_name: evil.to_owned(),
        summary: evil.to_owned(),
        description: evil.to_owned(),
        location: Some(evil.to_owned()),
        uid: evil.to_owned(),
        url: evil.to_owned(),
        ..london()
    };
    let text = calendar::write(&invitation).replace("\r\n ", "");
    let begins = |start: &str| text.split("\r\n").filter(|line| line.starts_with(start)).count();
    assert_eq!((begins("ATTENDEE"), begins("END:VEVENT"), begins("BEGIN:VALARM")), (1, 1, 1), "{text}");
    assert_eq!(text.split("\r\n").filter(|line| line.contains('\r') || line.contains('\n')).count(), 0);
}

/// What an invitation says, in the form of an installation without an inbound path.
fn published(status: EventStatus) -> String {
    let form = CalendarForm { invitations: InvitationForm::Publish, ..CalendarForm::USUAL };
    calendar::write(&Invitation { status, form, ..london() })
}

#[test]
fn a_published_event_asks_nobody_and_is_otherwise_the_same() {
    for status in [EventStatus::Tentative, EventStatus::Confirmed, EventStatus::Cancelled] {
        let (plain, full) = (published(status), calendar::write(&Invitation { status, ..london() }));
        let unfolded = full.replace("\r\n ", "");
        let asks =
            |line: &&str| ["METHOD:", "ORGANIZER;", "ATTENDEE;"].iter().any(|start| line.starts_with(start));
        assert_eq!(unfolded.split("\r\n").filter(asks).count(), 3, "{full}");
        let rest: Vec<&str> = unfolded.split("\r\n").filter(|line| !asks(line)).collect();
        assert_eq!(plain.replace("\r\n ", ""), rest.join("\r\n"));
    }
}

#[test]
fn instants_need_no_zone() {
    let form = CalendarForm { zone: ZoneForm::Utc, ..CalendarForm::USUAL };
    let text = calendar::write(&Invitation { form, ..invitation(Tz::Europe__London, day(2027, 7, 1)) });
    assert!(text.contains("\r\nDTSTART:20270701T083000Z\r\nDTEND:20270701T150000Z\r\n"), "{text}");
    assert!(!text.contains("TZID") && !text.contains("VTIMEZONE"), "{text}");
    let feed =
        calendar::write_timetable(&Timetable { zone: ZoneForm::Utc, ..timetable(&[Tz::Europe__Dublin]) });
    assert!(feed.contains("\r\nDTSTART:20270701T083000Z\r\n") && !feed.contains("TZID"), "{feed}");
}

/// The programs that judge, and what makes a missing one a failure.
#[derive(Debug, Clone, Copy)]
enum Judge {
    /// icalendar and vobject.
    Python,
    /// ical.js and node-ical.
    Node,
}

impl Judge {
    const BOTH: [Self; 2] = [Self::Python, Self::Node];

    /// What its readers understood; none when one is missing, which is a failure where it is required.
    fn read(self, files: &[PathBuf]) -> Option<Vec<Value>> {
        match self {
            Judge::Python => run("python3", "python/read_ics.py", files, "LIBRARY_SWAP_REQUIRE_PYTHON"),
            Judge::Node => run("node", "node/read_ics.js", files, "LIBRARY_SWAP_REQUIRE_NODE"),
        }
    }
}

fn run(program: &str, script: &str, files: &[PathBuf], required: &str) -> Option<Vec<Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let missing = match Command::new(program).arg(script).args(files).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            return Some(
                text.split_terminator('\n').map(|line| serde_json::from_str(line).expect("JSON")).collect(),
            );
        }
        Ok(output) if output.status.code() == Some(3) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Ok(output) => panic!("the judge failed: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => error.to_string(),
    };
    assert!(std::env::var_os(required).is_none(), "no judge: {missing}");
    skip!("no judge of calendars: {program}: {missing}");
    None
}

/// Zones, and whether the rules of each are the same in today's tzdata as in chrono-tz, so that its IANA name can be judged
/// as well.
const ZONES: [(bool, Tz); 20] = [
    (true, Tz::Europe__London),
    (true, Tz::Europe__Dublin),
    (true, Tz::Europe__Lisbon),
    (true, Tz::Europe__Berlin),
    (true, Tz::Europe__Athens),
    (true, Tz::Atlantic__Azores),
    (true, Tz::Africa__Lagos),
    (true, Tz::Asia__Tokyo),
    (true, Tz::Asia__Kolkata),
    (true, Tz::America__New_York),
    (true, Tz::America__Phoenix),
    (true, Tz::America__St_Johns),
    (true, Tz::UTC),
    (true, Tz::Australia__Lord_Howe),
    (true, Tz::Pacific__Auckland),
    (true, Tz::Pacific__Chatham),
    (true, Tz::Asia__Jerusalem),
    (true, Tz::America__Santiago),
    (false, Tz::Africa__Casablanca),
    (false, Tz::Atlantic__Reykjavik),
];

/// Around both changes of the clocks on both sides of the Atlantic, in summer, at the turn of a year, on a leap day.
const DATES: [(i32, u32, u32); 12] = [
    (2027, 3, 26),
    (2027, 3, 29),
    (2027, 7, 1),
    (2027, 10, 29),
    (2027, 11, 1),
    (2027, 1, 4),
    (2027, 3, 12),
    (2027, 3, 15),
    (2027, 11, 8),
    (2027, 12, 31),
    (2028, 2, 29),
    (2026, 4, 6),
];

/// On the first of these dates every kind of message is judged.
const DATES_OF_ALL_KINDS: usize = 5;

fn utc_text(zone: Tz, date: NaiveDate, time: NaiveTime) -> String {
    let local = zone.from_local_datetime(&date.and_time(time)).single().expect("one instant");
    local.with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What a proposal, its update, its cancellation, a plain event and one in UTC have sent.
fn messages(zone: Tz, date: NaiveDate) -> Vec<(&'static str, Invitation)> {
    let proposed = invitation(zone, date);
    let later = NaiveTime::from_hms_opt(10, 15, 0).expect("a time");
    let update =
        Invitation { sequence: 1, status: EventStatus::Confirmed, starts: later, ..proposed.clone() };
    let cancel = Invitation { sequence: 2, status: EventStatus::Cancelled, ..update.clone() };
    let plain = CalendarForm { invitations: InvitationForm::Publish, ..CalendarForm::USUAL };
    let instants = CalendarForm { zone: ZoneForm::Utc, ..CalendarForm::USUAL };
    let plain = Invitation { form: plain, ..update.clone() };
    let instants = Invitation { form: instants, ..update.clone() };
    vec![("request", proposed), ("update", update), ("cancel", cancel), ("plain", plain), ("utc", instants)]
}

#[test]
fn four_independent_readers_find_the_right_instants_in_every_zone_on_both_sides_of_both_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected: BTreeMap<PathBuf, Invitation> = BTreeMap::new();
    for (agreed, zone) in ZONES {
        let place = zone.name().replace('/', "-");
        for (n, (year, month, date)) in DATES.into_iter().enumerate() {
            let date = day(year, month, date);
            let kinds = if n < DATES_OF_ALL_KINDS { 5 } else { 1 };
            for (kind, invitation) in messages(zone, date).into_iter().take(kinds) {
                let text = calendar::write(&invitation);
                // A name that no reader knows or has kept from another file: the VTIMEZONE itself must be right.
                let opaque = text.replace(zone.name(), &format!("Opaque/{place}-{date}-{kind}"));
                let has_zone = zone != Tz::UTC && kind != "utc";
                for (name, text, judged) in
                    [("iana", text, agreed || !has_zone), ("opaque", opaque, has_zone)]
                {
                    if judged {
                        let path = folder.path().join(format!("{place}-{date}-{kind}-{name}.ics"));
                        std::fs::write(&path, text).expect("written");
                        expected.insert(path, invitation.clone());
                    }
                }
            }
        }
    }
    let files: Vec<PathBuf> = expected.keys().cloned().collect();
    // Side by side: they take some seconds each.
    let readings = std::thread::scope(|scope| {
        let files = &files;
        let started = Judge::BOTH.map(|judge| scope.spawn(move || (judge, judge.read(files))));
        started.map(|judging| judging.join().expect("judged"))
    });
    for (judge, readings) in readings {
        let Some(readings) = readings else { continue };
        assert!(readings.len() > files.len(), "two readers");
        for reading in readings {
            let invitation = &expected[Path::new(reading["file"].as_str().expect("a file"))];
            let instant = |time| utc_text(invitation.time_zone, invitation.date, time);
            assert_eq!(
                (reading["start"].as_str(), reading["end"].as_str()),
                (Some(&*instant(invitation.starts)), Some(&*instant(invitation.ends))),
                "{reading}"
            );
            assert_eq!(reading["sequence"], invitation.sequence, "{reading}");
            assert_eq!(reading["status"], invitation.status.as_str(), "{reading}");
            // node-ical tells of the event alone.
            if reading["reader"] != "node-ical" {
                let method = invitation.method().map(Method::as_str);
                assert_eq!(reading["method"].as_str(), method, "{reading}");
            }
            assert_eq!(reading["broken"], serde_json::json!([]), "{reading}");
        }
        eprintln!("{judge:?}: {} files, every instant right", files.len());
    }
}

#[test]
fn an_hour_that_the_clock_skips_or_shows_twice_is_read_as_the_standard_says() {
    // RFC 5545, 3.3.5: skipped, it has the offset before the gap; shown twice, it is the first.
    let cases = [
        (Tz::Europe__London, (2027, 3, 28), (1, 30), "2027-03-28T01:30:00Z"),
        (Tz::Europe__London, (2027, 10, 31), (1, 30), "2027-10-31T00:30:00Z"),
        (Tz::Europe__Dublin, (2027, 3, 28), (1, 30), "2027-03-28T01:30:00Z"),
        (Tz::Europe__Dublin, (2027, 10, 31), (1, 30), "2027-10-31T00:30:00Z"),
        (Tz::Europe__Lisbon, (2027, 3, 28), (1, 30), "2027-03-28T01:30:00Z"),
        (Tz::Europe__Lisbon, (2027, 10, 31), (1, 30), "2027-10-31T00:30:00Z"),
        (Tz::Europe__Berlin, (2027, 3, 28), (2, 30), "2027-03-28T01:30:00Z"),
        (Tz::Europe__Berlin, (2027, 10, 31), (2, 30), "2027-10-31T00:30:00Z"),
        (Tz::America__Phoenix, (2027, 3, 14), (2, 30), "2027-03-14T09:30:00Z"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for (zone, (year, month, date), (hour, minute), instant) in cases {
        for (name, form) in [("local", ZoneForm::Local), ("utc", ZoneForm::Utc)] {
            let starts = NaiveTime::from_hms_opt(hour, minute, 0).expect("a time");
            let form = CalendarForm { zone: form, ..CalendarForm::USUAL };
            let invitation = Invitation { starts, form, ..invitation(zone, day(year, month, date)) };
            let text = calendar::write(&invitation);
            if form.zone == ZoneForm::Utc {
                let digits = instant.replace(['-', ':'], "");
                assert!(text.contains(&format!("DTSTART:{digits}\r\n")), "{zone}: {text}");
            }
            let path = folder.path().join(format!("{}-{month}-{name}.ics", zone.name().replace('/', "-")));
            std::fs::write(&path, text).expect("written");
            expected.insert(path, instant);
        }
    }
    let files: Vec<PathBuf> = expected.keys().cloned().collect();
    for judge in Judge::BOTH {
        for reading in judge.read(&files).unwrap_or_default() {
            let path = Path::new(reading["file"].as_str().expect("a file"));
            // icalendar alone follows: the others read the second of two hours, and vobject a skipped one with the offset
            // after the gap. An instant in UTC says the same to everybody.
            let knows = reading["reader"] == "icalendar";
            if knows || path.to_string_lossy().ends_with("-utc.ics") {
                assert_eq!(reading["start"], expected[path], "{reading}");
            }
        }
    }
}

/// What a text is to its reader: breaks of lines are line feeds, other controls are not there.
fn as_read(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.replace('\t', " ").chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// The same of what is one line by its nature.
fn as_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// And of a name: spaces for controls, and an apostrophe for each quotation mark, which a parameter cannot hold.
fn as_name(text: &str) -> String {
    let words: Vec<&str> = text.split(char::is_control).filter(|word| !word.is_empty()).collect();
    words.join(" ").replace('"', "'")
}

#[test]
fn readers_get_every_text_back_however_odd_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected: BTreeMap<PathBuf, Invitation> = BTreeMap::new();
    for (n, text) in texts::odd().into_iter().enumerate() {
        let invitation = Invitation {
            status: EventStatus::Confirmed,
            sequence: 7,
            attendee_name: Some(text.clone()),
            organiser_name: text.clone(),
            summary: text.clone(),
            description: format!("{text}\n\n{text}"),
            location: Some(text),
            ..london()
        };
        let path = folder.path().join(format!("{n}.ics"));
        std::fs::write(&path, calendar::write(&invitation)).expect("written");
        expected.insert(path, invitation);
    }
    let files: Vec<PathBuf> = expected.keys().cloned().collect();
    for judge in Judge::BOTH {
        for reading in judge.read(&files).unwrap_or_default() {
            let invitation = &expected[Path::new(reading["file"].as_str().expect("a file"))];
            let reader = reading["reader"].as_str().expect("a reader");
            assert_eq!(reading["uid"], invitation.uid.as_str(), "{reading}");
            assert_eq!(reading["broken"], serde_json::json!([]), "{reading}");
            // node-ical trims and rewrites texts: it judges instants.
            if reader == "node-ical" {
                continue;
            }
            for (key, value) in [
                ("method", "REQUEST".to_owned()),
                ("status", "CONFIRMED".to_owned()),
                ("partstat", "ACCEPTED".to_owned()),
                ("summary", as_read(&invitation.summary)),
                ("description", as_read(&invitation.description)),
                ("location", as_line(invitation.location.as_deref().expect("a place"))),
                ("attendee", "mailto:sian.wyn@library.example".to_owned()),
                ("cn", as_name(invitation.attendee_name.as_deref().expect("a name"))),
            ] {
                // vobject does not know RFC 6868, and ical.js reads a break of lines where a name has `\n` in letters.
                let value = match (key, reader) {
                    ("cn", "vobject") => value.replace('^', "^^"),
                    ("cn", "ical.js") => value.replace("\\n", "\n"),
                    _ => value,
                };
                assert_eq!(reading[key], value.as_str(), "{key} by {reader} in {}", reading["file"]);
            }
        }
    }
}

fn entry(n: i64, time_zone: Tz, date: NaiveDate) -> Entry {
    Entry {
        uid: format!("01937f5c-0000-7000-8000-{n:012}"),
        sequence: n,
        changed_at: Utc.with_ymd_and_hms(2027, 1, 11, 8, 0, 0).unwrap(),
        status: if n % 5 == 0 { EventStatus::Cancelled } else { EventStatus::Confirmed },
        is_busy: true,
        summary: format!("Library exchange: Siân Ŵyn, \"{n}\"; at\r\nEND:VEVENT"),
        description:
            "A day with the Library Exchange, told at some length so that lines are folded – croeso!"
                .to_owned(),
        location: "The Hive, Worcester".to_owned(),
        point: None,
        date,
        starts: NaiveTime::from_hms_opt(9, 30, 0).expect("a time"),
        ends: NaiveTime::from_hms_opt(16, 0, 0).expect("a time"),
        time_zone,
    }
}

/// A feed over three years, on both sides of every change of the clocks.
fn timetable(zones: &[Tz]) -> Timetable {
    let dates = (2026..=2028).flat_map(|year| {
        [(1, 5), (3, 12), (3, 27), (3, 30), (7, 1), (10, 23), (10, 30), (11, 9)]
            .map(|(month, date)| day(year, month, date))
    });
    let days = dates.flat_map(|date| zones.iter().map(move |zone| (*zone, date)));
    let entries = (0..).zip(days).map(|(n, (zone, date))| entry(n, zone, date)).collect();
    let name = "Library Exchange: my days; all, of them".to_owned();
    let (url, zone) = ("https://exchange.example".to_owned(), ZoneForm::Local);
    Timetable { name, url, zone, entries }
}

#[test]
fn a_feed_asks_nobody_and_has_each_zone_once() {
    let timetable = timetable(&[Tz::Europe__London, Tz::Europe__Dublin, Tz::UTC]);
    let text = calendar::write_timetable(&timetable);
    assert_eq!(text, calendar::write_timetable(&timetable), "the same bytes");
    assert!(text.split("\r\n").all(|line| line.len() <= 75) && !text.contains("\r\n\r\n"));
    let lines: Vec<&str> = text.split("\r\n").collect();
    let count = |line: &str| lines.iter().filter(|one| **one == line).count();
    assert_eq!(
        (count("BEGIN:VTIMEZONE"), count("TZID:Europe/London"), count("TZID:Europe/Dublin")),
        (2, 1, 1)
    );
    assert_eq!((count("BEGIN:VEVENT"), count("END:VEVENT")), (72, 72));
    for absent in ["METHOD", "ATTENDEE", "ORGANIZER", "BEGIN:VALARM"] {
        assert!(!lines.iter().any(|line| line.starts_with(absent)), "{absent}");
    }
}

#[test]
fn an_independent_reader_finds_every_event_of_a_feed_at_the_right_instant() {
    // The VTIMEZONE alone decides: no reader knows these names.
    let zones = [
        Tz::Europe__London,
        Tz::Europe__Dublin,
        Tz::Europe__Lisbon,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Asia__Tokyo,
        Tz::Africa__Casablanca,
        Tz::UTC,
    ];
    let timetable = timetable(&zones);
    let mut text = calendar::write_timetable(&timetable);
    for zone in zones.iter().filter(|zone| **zone != Tz::UTC) {
        text = text.replace(zone.name(), &format!("Opaque/{}", zone.name().replace('/', "-")));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("feed.ics");
    std::fs::write(&path, text).expect("written");
    let Some(events) = run("python3", "python/read_feed.py", &[path], "LIBRARY_SWAP_REQUIRE_PYTHON") else {
        return;
    };
    assert_eq!(events.len(), timetable.entries.len());
    for (entry, event) in timetable.entries.iter().zip(&events) {
        let instant = |time: NaiveTime| {
            let local = entry.time_zone.from_local_datetime(&entry.date.and_time(time)).single();
            local.expect("one instant").with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        assert_eq!(event["broken"], serde_json::json!([]), "{event}");
        assert_eq!(
            (&event["start"], &event["end"]),
            (&serde_json::json!(instant(entry.starts)), &serde_json::json!(instant(entry.ends)),),
            "{} {event}",
            entry.time_zone
        );
        assert_eq!(event["uid"], entry.uid.as_str());
        assert_eq!(event["status"], entry.status.as_str());
        assert_eq!(event["summary"], entry.summary.replace("\r\n", "\n"));
        assert_eq!(event["changed"], "2027-01-11T08:00:00Z");
        assert_eq!(
            event["busy"],
            if entry.status == EventStatus::Cancelled { "TRANSPARENT" } else { "OPAQUE" }
        );
        assert_eq!(event["method"], Value::Null);
        // The reader leaves texts of properties that it does not know as they are written.
        let name = event["calendar"].as_str().expect("a name").replace('\\', "");
        assert_eq!(name, timetable.name);
        assert_eq!((&event["refresh"], &event["zones"]), (&3600.0.into(), &7.into()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the texts are: lines of at most 75 octets that end with CRLF, whole characters in each, the properties and
    /// people that belong there and no others, and the same bytes again.
    #[test]
    fn any_texts_make_a_calendar_of_whole_short_lines(
        summary in texts::any(), description in texts::any(), location in texts::any(), name in texts::any(),
        sequence in 0..9_i64, status in 0..3_usize, publish: bool, utc: bool,
    ) {
        let invitation = Invitation {
            summary, description, location: Some(location), attendee_name: Some(name), sequence,
            status: [EventStatus::Tentative, EventStatus::Confirmed, EventStatus::Cancelled][status],
            form: CalendarForm {
                invitations: if publish { InvitationForm::Publish } else { InvitationForm::Request },
                zone: if utc { ZoneForm::Utc } else { ZoneForm::Local },
            },
            ..london()
        };
        let text = calendar::write(&invitation);
        prop_assert_eq!(&text, &calendar::write(&invitation.clone()), "the same bytes");
        let bytes = text.as_bytes();
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            prop_assert!(line.len() <= 75);
            // A text is UTF-8 as a whole, so this fails where a character is cut in two.
            prop_assert!(std::str::from_utf8(line).is_ok());
            prop_assert!(!line.iter().any(|byte| *byte < 0x20 || *byte == 0x7f));
        }
        let unfolded = text.replace("\r\n ", "");
        let begins = |start: &str| unfolded.split("\r\n").filter(|line| line.starts_with(start)).count();
        let asked = usize::from(!publish);
        prop_assert_eq!((begins("ATTENDEE"), begins("ORGANIZER"), begins("METHOD:")), (asked, asked, asked));
        prop_assert_eq!((begins("BEGIN:VEVENT"), begins("END:VEVENT"), begins("UID:")), (1, 1, 1));
        let alarm = usize::from(invitation.status != EventStatus::Cancelled);
        prop_assert_eq!(begins("BEGIN:"), 2 + alarm + 3 * usize::from(!utc));
    }
}

/// Written by one process and by another: neither a clock nor chance nor the order of a map is in the bytes.
#[test]
fn another_process_writes_the_same_bytes() {
    let whole = || {
        calendar::write(&london()) + &calendar::write_timetable(&timetable(&[Tz::Europe__London, Tz::UTC]))
    };
    if let Some(path) = std::env::var_os("LIBRARY_SWAP_WRITE_CALENDAR_TO") {
        std::fs::write(path, whole()).expect("written");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.ics");
    let status = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "another_process_writes_the_same_bytes"])
        .env("LIBRARY_SWAP_WRITE_CALENDAR_TO", &path)
        .env("TZ", "Pacific/Auckland")
        .env("LANG", "cy_GB.UTF-8")
        .output()
        .expect("run");
    assert!(status.status.success(), "{status:?}");
    assert!(std::fs::read_to_string(&path).expect("written") == whole(), "other bytes");
}

#[test]
fn a_feed_of_ten_thousand_events_is_whole_and_no_longer_than_it_must_be() {
    let first = day(2027, 1, 4);
    let entries: Vec<Entry> = (0..10_000_i64)
        .map(|n| Entry {
            status: EventStatus::Confirmed,
            ..entry(n, Tz::Europe__London, first + chrono::Days::new(n.unsigned_abs() % 700))
        })
        .collect();
    let timetable = Timetable { entries, ..timetable(&[]) };
    let text = calendar::write_timetable(&timetable);
    assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), 10_000);
    assert_eq!(text.matches("BEGIN:VTIMEZONE\r\n").count(), 1);
    // Some 550 octets an event: ten thousand are 6 MB, and there is no second copy of them.
    assert!(
        text.len() < 10_000 * 700 && text.capacity() < 2 * text.len(),
        "{} {}",
        text.len(),
        text.capacity()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.ics");
    std::fs::write(&path, text).expect("written");
    let Some(events) = run("node", "node/read_feed.js", &[path], "LIBRARY_SWAP_REQUIRE_NODE") else {
        return;
    };
    assert_eq!(events.len(), 10_000);
    for (entry, event) in timetable.entries.iter().zip(&events) {
        assert_eq!(event["uid"], entry.uid.as_str());
        assert_eq!(event["start"], utc_text(entry.time_zone, entry.date, entry.starts));
    }
}

/// khal, a calendar program, keeps one entry and moves its day.
#[test]
fn khal_takes_an_invitation_and_its_update_as_one_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let configuration = format!(
        "[calendars]\n[[days]]\npath = {}\ntype = calendar\n[locale]\nlocal_timezone = Europe/London\n\
         default_timezone = Europe/London\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n\
         datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n[sqlite]\npath = {}\n",
        at("days").display(),
        at("khal.db").display()
    );
    std::fs::create_dir(at("days")).expect("a folder");
    std::fs::write(at("khal.conf"), configuration).expect("written");
    let proposed = Invitation { summary: "A day".to_owned(), ..london() };
    let moved = Invitation {
        sequence: 1,
        status: EventStatus::Confirmed,
        date: day(2027, 4, 6),
        starts: NaiveTime::from_hms_opt(10, 0, 0).expect("a time"),
        ..proposed.clone()
    };
    for (invitation, told) in
        [(proposed, "2027-03-01 09:30 16:00 A day"), (moved, "2027-04-06 10:00 16:00 A day")]
    {
        std::fs::write(at("invite.ics"), calendar::write(&invitation)).expect("written");
        let khal = |arguments: &[&str]| {
            let mut command = Command::new("python3");
            command
                .args(["-m", "khal", "-c"])
                .arg(at("khal.conf"))
                .args(arguments)
                .current_dir(folder.path());
            command.output()
        };
        match khal(&["import", "--batch", "-a", "days", "invite.ics"]) {
            Ok(output) if output.status.success() => {}
            Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("No module named") => {
                panic!("khal: {output:?}")
            }
            missing => {
                assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(), "no khal: {missing:?}");
                return skip!("khal as a judge: it is not installed");
            }
        }
        let format = "{start-date} {start-time} {end-time} {title}";
        let listed =
            khal(&["list", "--day-format", "", "--format", format, "2027-01-01", "365d"]).expect("listed");
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        let lines: Vec<&str> = listed.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, [told]);
    }
}
