//! The HR schedule: read back by the csv crate and by Python, documented column by column, free of formulas.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests say what they need, and when they are skipped"
)]

#[macro_use]
mod loud;

use std::io::Write;
use std::process::{Command, Stdio};

use chrono::{NaiveDate, NaiveTime};
use library_swap::domain::ids::PlacementId;
use library_swap::domain::schedule::ScheduleRow;
use library_swap::domain::states::PlacementState;
use library_swap::export::{Bom, COLUMNS, CsvFormat, SCHEDULE_VERSION, schedule_csv};
use proptest::prelude::*;

const PLAIN: CsvFormat = CsvFormat { bom: Bom::Without };

fn row() -> ScheduleRow {
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).expect("a time");
    ScheduleRow {
        placement: "0192d3c4-0000-7000-8000-000000000001".parse::<PlacementId>().expect("an id"),
        revision: 2,
        round: "Autumn 2026".to_owned(),
        employer: "Worcestershire County Council".to_owned(),
        person_name: "Ann O'Neill, \"Annie\"".to_owned(),
        person_email: "ann@library.example".to_owned(),
        home_library: "The Hive".to_owned(),
        home_sectors: vec!["public".to_owned(), "academic".to_owned()],
        host_library: "Llyfrgell Tŷ Pawb".to_owned(),
        host_sectors: vec!["school".to_owned()],
        date: NaiveDate::from_ymd_opt(2026, 11, 5).expect("a day"),
        starts: time(9, 5),
        ends: time(16, 35),
        time_zone: chrono_tz::Europe::London,
        status: PlacementState::Confirmed,
        override_reason: None,
        is_virtual: false,
    }
}

fn read_back(bytes: &[u8]) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes)
        .records()
        .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn a_schedule_is_written_byte_for_byte_as_promised() {
    let header = "schedule_version,placement_id,revision,status,round,employer,person_name,person_email,\
                  home_library,home_sectors,host_library,host_sectors,date,starts,ends,time_zone,hours,override_reason,\
                  virtual\r\n";
    let line = "1,0192d3c4-0000-7000-8000-000000000001,2,confirmed,Autumn 2026,Worcestershire County Council,\
                \"Ann O'Neill, \"\"Annie\"\"\",ann@library.example,The Hive,public|academic,Llyfrgell Tŷ Pawb,\
                school,2026-11-05,09:05,16:35,Europe/London,7.50,,no\r\n";
    let written = String::from_utf8(schedule_csv(&[row()], PLAIN)).expect("UTF-8");
    assert_eq!(written, format!("{header}{line}"));
    assert_eq!(schedule_csv(&[], PLAIN), header.as_bytes());
}

#[test]
fn a_byte_order_mark_is_written_on_request_only() {
    let marked = schedule_csv(&[row()], CsvFormat { bom: Bom::With });
    let plain = schedule_csv(&[row()], CsvFormat::default());
    assert_eq!(marked.strip_prefix("\u{FEFF}".as_bytes()), Some(plain.as_slice()));
}

#[test]
fn formulas_are_defused_in_every_column_that_people_fill() {
    let evil = "=HYPERLINK(\"http://x.example\",\"a\")\r\n+1\n @b";
    let mut row = row();
    for text in [
        &mut row.round,
        &mut row.employer,
        &mut row.person_name,
        &mut row.person_email,
        &mut row.home_library,
        &mut row.host_library,
    ] {
        evil.clone_into(text);
    }
    row.override_reason = Some(evil.to_owned());
    let cells = read_back(&schedule_csv(&[row], PLAIN)).remove(1);
    for column in [
        "round",
        "employer",
        "person_name",
        "person_email",
        "home_library",
        "host_library",
        "override_reason",
    ] {
        let place = COLUMNS.iter().position(|name| *name == column).expect(column);
        assert_eq!(cells[place], "'=HYPERLINK(\"http://x.example\",\"a\")\r\n'+1\n' @b", "{column}");
    }
}

#[test]
fn every_column_is_documented_in_its_order() {
    let text = include_str!("../docs/exports.md");
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name))
        .collect();
    assert_eq!(documented, COLUMNS);
    assert!(text.contains(&format!("Version {SCHEDULE_VERSION}")));
}

#[test]
fn python_reads_what_was_written() {
    let program = "import csv, io, json, sys\n\
        text = sys.stdin.buffer.read().decode('utf-8-sig')\n\
        print(json.dumps(list(csv.reader(io.StringIO(text, newline=''), strict=True))))";
    let child =
        Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        skip!("there is no python3 here");
        return;
    };
    let mut second = row();
    "Two\r\nlines, \"quoted\"\nand a third".clone_into(&mut second.host_library);
    let bytes = schedule_csv(&[row(), second], CsvFormat { bom: Bom::With });
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("written");
    let output = child.wait_with_output().expect("python ran");
    assert!(output.status.success());
    let seen: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(seen, read_back(&bytes[3..]));
    assert_eq!(seen[2][10], "Two\r\nlines, \"quoted\"\nand a third");
}

/// Text with many characters that matter to CSV and to spreadsheets.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(
            prop_oneof![
                Just('='),
                Just('+'),
                Just('-'),
                Just('@'),
                Just('\t'),
                Just('\r'),
                Just('\n'),
                Just(' '),
                Just('\u{A0}'),
                Just(','),
                Just(';'),
                Just('"'),
                Just('\''),
                Just('a'),
                Just('ŷ'),
            ],
            0..12
        )
        .prop_map(|characters| characters.into_iter().collect()),
    ]
}

/// Independent of the code under test: whether a spreadsheet could take some line of the cell for a formula.
fn could_run(cell: &str) -> bool {
    cell.starts_with(['\r', '\n'])
        || cell
            .split(['\r', '\n'])
            .any(|line| line.trim_start_matches([' ', '\u{A0}']).starts_with(['=', '+', '-', '@', '\t']))
}

proptest! {
    #[test]
    fn no_formula_survives_and_everything_else_reads_back(texts in proptest::collection::vec(text(), 6)) {
        let mut row = row();
        row.round = texts[0].clone();
        row.employer = texts[1].clone();
        row.person_name = texts[2].clone();
        row.person_email = texts[3].clone();
        row.home_library = texts[4].clone();
        row.host_library = texts[5].clone();
        let records = read_back(&schedule_csv(&[row], PLAIN));
        prop_assert_eq!(records.len(), 2);
        let cells = &records[1];
        for (place, text) in [4, 5, 6, 7, 8, 10].into_iter().zip(&texts) {
            let cell = &cells[place];
            prop_assert!(!could_run(cell), "{:?}", cell);
            let plain = !could_run(text) && !text.contains(|c: char| c.is_whitespace() || "\u{FEFF}＝＋－＠".contains(c));
            if plain {
                prop_assert_eq!(cell, text);
            }
            // Nothing but apostrophes is ever added.
            prop_assert_eq!(cell.replace('\'', ""), text.replace('\'', ""));
        }
    }
}
