//! Invitations: snapshots, byte stability, and what two independent readers (Python icalendar and vobject) make of them.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[macro_use]
mod loud;

use std::path::Path;
use std::process::Command;

use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use library_swap::calendar;
use library_swap::domain::feed::{Entry, Timetable};
use library_swap::domain::letter::{EventStatus, Invitation};

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

/// Runs a judge; none when Python or a library is missing, which is a failure where Python is required.
fn judge(files: &[std::path::PathBuf]) -> Option<Vec<serde_json::Value>> {
    judge_by("read_ics.py", files)
}

fn judge_by(script: &str, files: &[std::path::PathBuf]) -> Option<Vec<serde_json::Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    let output = Command::new("python3").arg(script).args(files).output();
    let missing = match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            return Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect());
        }
        Ok(output) if output.status.code() == Some(3) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Ok(output) => panic!("the judge failed: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => error.to_string(),
    };
    assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(), "no judge: {missing}");
    skip!("no judge of calendars: {missing}");
    None
}

#[test]
fn two_independent_readers_find_the_right_instants_in_every_zone_on_both_sides_of_both_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let dates = [
        day(2027, 1, 4),
        day(2027, 3, 12),
        day(2027, 3, 15),
        day(2027, 3, 26),
        day(2027, 3, 29),
        day(2027, 7, 1),
        day(2027, 10, 29),
        day(2027, 11, 1),
        day(2027, 11, 8),
        day(2027, 12, 31),
        day(2028, 2, 29),
        day(2026, 4, 6),
    ];
    // The first of each pair: whether its rules are the same in today's tzdata as in chrono-tz, so that its IANA name can
    // be judged as well.
    let zones = [
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
        (true, Tz::America__St_Johns),
        (true, Tz::UTC),
        (true, Tz::Australia__Lord_Howe),
        (true, Tz::Pacific__Auckland),
        (true, Tz::Asia__Jerusalem),
        (true, Tz::America__Santiago),
        (false, Tz::Africa__Casablanca),
        (false, Tz::Atlantic__Reykjavik),
    ];
    let (mut files, mut expected) = (Vec::new(), Vec::new());
    for (agreed, zone) in zones {
        let place = zone.name().replace('/', "-");
        for date in dates {
            let invitation = invitation(zone, date);
            let text = calendar::write(&invitation);
            let instant = |time: NaiveTime| {
                let local = zone.from_local_datetime(&date.and_time(time)).single().expect("one instant");
                local.with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%SZ").to_string()
            };
            let instants = (instant(invitation.starts), instant(invitation.ends));
            // A name that no reader knows or has kept from another file: the VTIMEZONE itself must be right.
            let opaque = text.replace(zone.name(), &format!("Opaque/{place}-{date}"));
            for (name, text, judged) in [("iana", text, agreed), ("opaque", opaque, zone != Tz::UTC)] {
                if judged {
                    let path = folder.path().join(format!("{place}-{date}-{name}.ics"));
                    std::fs::write(&path, text).expect("written");
                    files.push(path.clone());
                    expected.push((path.display().to_string(), instants.clone()));
                }
            }
        }
    }
    let Some(readings) = judge(&files) else { return };
    assert!(readings.len() > files.len(), "two readers");
    for reading in readings {
        let (_, (start, end)) =
            expected.iter().find(|(path, _)| reading["file"] == path.as_str()).expect("a file");
        assert_eq!(
            (reading["start"].as_str(), reading["end"].as_str()),
            (Some(&**start), Some(&**end)),
            "{reading}"
        );
        assert_eq!(reading["broken"], serde_json::json!([]), "{reading}");
    }
}

#[test]
fn two_independent_readers_get_every_text_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let invitation = Invitation { status: EventStatus::Confirmed, sequence: 7, ..london() };
    let path = folder.path().join("one.ics");
    std::fs::write(&path, calendar::write(&invitation)).expect("written");
    let Some(readings) = judge(&[path]) else { return };
    assert_eq!(readings.len(), 2);
    for reading in readings {
        for (key, value) in [
            ("method", "REQUEST"),
            ("status", "CONFIRMED"),
            ("partstat", "ACCEPTED"),
            ("uid", invitation.uid.as_str()),
            ("summary", invitation.summary.as_str()),
            ("description", invitation.description.as_str()),
            ("location", invitation.location.as_deref().expect("a place")),
            ("attendee", "mailto:sian.wyn@library.example"),
            ("cn", "Siân Ŵyn, 'Librarian'; BA"),
        ] {
            assert_eq!(reading[key], value, "{key} by {}", reading["reader"]);
        }
        assert_eq!(reading["sequence"], 7);
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
    Timetable { name, url: "https://exchange.example".to_owned(), entries }
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
    assert_eq!(count("METHOD:PUBLISH"), 1);
    for absent in ["ATTENDEE", "ORGANIZER", "BEGIN:VALARM"] {
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
    let Some(events) = judge_by("read_feed.py", &[path]) else { return };
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
        assert_eq!(event["method"], "PUBLISH");
        // The reader leaves texts of properties that it does not know as they are written.
        let name = event["calendar"].as_str().expect("a name").replace('\\', "");
        assert_eq!(name, timetable.name);
        assert_eq!((&event["refresh"], &event["zones"]), (&3600.0.into(), &7.into()));
    }
}
