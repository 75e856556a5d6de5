//! The HR schedule as files: read back by the csv crate, calamine, and Python's csv, pandas and openpyxl; documented column by
//! column; free of formulas. Profiles: which there are, and what is wrong with a bad one.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests say what they need, and when they are skipped"
)]

#[macro_use]
mod loud;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use calamine::{Data, Reader as _, Xlsx};
use chrono::{NaiveDate, NaiveTime};
use library_swap::domain::ids::{LibraryId, PlacementId};
use library_swap::domain::schedule::{AbsenceCode, Counted, Cursor, Op, Place, ScheduleRow};
use library_swap::domain::sector::Sector;
use library_swap::domain::states::PlacementState;
use library_swap::export::{
    Bom, Cell, CsvForm, Delimiter, Field, Formulas, Look, Profile, Reader, SCHEDULE_VERSION, Source, Table,
    columns,
};
use proptest::prelude::*;

fn place(name: &str, sectors: &[Sector]) -> Arc<Place> {
    Arc::new(Place {
        id: "0192d3c4-0000-7000-8000-000000000002".parse::<LibraryId>().expect("an id"),
        name: name.to_owned(),
        sectors: sectors.to_vec(),
        address: None,
        postcode: None,
        point: None,
    })
}

fn row() -> ScheduleRow {
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).expect("a time");
    ScheduleRow {
        placement: "0192d3c4-0000-7000-8000-000000000001".parse::<PlacementId>().expect("an id"),
        revision: 2,
        round: "Autumn 2026".into(),
        employer: "Worcestershire County Council".into(),
        person_name: "Ann O'Neill, \"Annie\"".to_owned(),
        person_email: "ann@library.example".to_owned(),
        employee_number: Some("00042".to_owned()),
        home: place("The Hive", &[Sector::Public, Sector::Academic]),
        host: place("Llyfrgell Tŷ Pawb", &[Sector::School]),
        date: NaiveDate::from_ymd_opt(2026, 11, 5).expect("a day"),
        starts: time(9, 5),
        ends: time(16, 35),
        time_zone: chrono_tz::Europe::London,
        status: PlacementState::Confirmed,
        override_reason: None,
        is_virtual: false,
        op: Some(Op::Add),
        absence_code: Arc::new(AbsenceCode::default()),
    }
}

fn csv_of(profile: &Profile, rows: &[ScheduleRow]) -> Vec<u8> {
    let mut bytes = Vec::new();
    profile.write_header(&mut bytes);
    profile.write_rows(rows, &mut bytes);
    bytes
}

fn workbook_of(profile: &Profile, rows: &[ScheduleRow]) -> Vec<u8> {
    let names = profile.columns.iter().map(|column| column.name.as_str());
    let mut table = Table::begin("Schedule", names).expect("a workbook");
    for row in rows {
        table.push(profile.cells(row)).expect("a row");
    }
    let mut bytes = Vec::new();
    table.end(&[("Rows", rows.len().to_string())], &mut bytes).expect("written");
    bytes
}

fn read_back(bytes: &[u8]) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes)
        .records()
        .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
        .collect()
}

fn place_of(column: &str) -> usize {
    columns().position(|name| name == column).expect("a column")
}

#[test]
fn a_schedule_is_written_byte_for_byte_as_promised() {
    let header = "schedule_version,placement_id,revision,status,round,employer,person_name,person_email,\
                  home_library,home_sectors,host_library,host_sectors,date,starts,ends,time_zone,hours,override_reason,\
                  virtual,employee_number,absence_code,op\r\n";
    let line = "2,0192d3c4-0000-7000-8000-000000000001,2,confirmed,Autumn 2026,Worcestershire County Council,\
                \"Ann O'Neill, \"\"Annie\"\"\",ann@library.example,The Hive,public|academic,Llyfrgell Tŷ Pawb,\
                school,2026-11-05,09:05,16:35,Europe/London,7.50,,no,00042,CPD,add\r\n";
    let written = String::from_utf8(csv_of(&Profile::generic(), &[row()])).expect("UTF-8");
    assert_eq!(written, format!("{header}{line}"));
    assert_eq!(csv_of(&Profile::generic(), &[]), header.as_bytes());
}

#[test]
fn formulas_are_defused_in_every_column_that_people_fill() {
    let evil = "=HYPERLINK(\"http://x.example\",\"a\")\r\n+1\n @b";
    let mut row = row();
    row.round = evil.into();
    row.employer = evil.into();
    evil.clone_into(&mut row.person_name);
    evil.clone_into(&mut row.person_email);
    row.home = place(evil, &[Sector::Public]);
    row.host = place(evil, &[Sector::Public]);
    row.override_reason = Some(evil.to_owned());
    row.employee_number = Some(evil.to_owned());
    let cells = read_back(&csv_of(&Profile::generic(), &[row.clone()])).remove(1);
    let filled = [
        "round",
        "employer",
        "person_name",
        "person_email",
        "home_library",
        "host_library",
        "override_reason",
        "employee_number",
    ];
    for column in filled {
        let cell = &cells[place_of(column)];
        assert_eq!(cell, "'=HYPERLINK(\"http://x.example\",\"a\")\r\n'+1\n' @b", "{column}");
    }
    // Raw is for programs only.
    let raw = Profile::named("generic-machine").expect("a profile");
    assert_eq!(raw.reader, Reader::Machine);
    let cells = read_back(&csv_of(&raw, &[row])).remove(1);
    assert_eq!(cells[place_of("round")], evil);
}

#[test]
fn what_another_program_would_cut_off_is_defused_too() {
    for &delimiter in Delimiter::ALL {
        let form = CsvForm { delimiter, formulas: Formulas::Escape, look: Look::iso() };
        let mut out = Vec::new();
        form.write([["a;=1;b", "b,=1,c", "c\t=1\td", "d"].map(Cell::Text)], &mut out);
        for program in Delimiter::ALL {
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.has_headers(false).delimiter(program.character()).from_reader(out.as_slice());
            let record = reader.into_records().next().expect("a record").expect("CSV");
            assert!(!record.iter().any(would_run), "{delimiter} read with {program}: {record:?}");
        }
    }
}

#[test]
fn every_column_is_documented_in_its_order() {
    let text = include_str!("../docs/exports.md");
    let first = text.split("\n## ").next().expect("a beginning");
    let documented: Vec<&str> = first
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name))
        .collect();
    assert_eq!(documented, columns().collect::<Vec<_>>());
    assert!(text.contains(&format!("Version {SCHEDULE_VERSION}")));
    for profile in Profile::built_in() {
        assert!(text.contains(&format!("| `{}` |", profile.name)), "{} is not documented", profile.name);
    }
    for field in Field::ALL {
        assert!(text.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

#[test]
fn every_profile_of_the_program_is_one() {
    let names: Vec<String> = Profile::built_in().map(|profile| profile.name).collect();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles")).expect("profiles");
    let mut written: Vec<String> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let profile = Profile::read(&std::fs::read_to_string(&path).expect("text"));
            let profile = profile.unwrap_or_else(|faults| panic_with(&path.display().to_string(), &faults));
            assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(profile.name.as_str()));
            profile.name
        })
        .collect();
    written.sort();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(written, sorted, "each file is compiled in");
    let generic = Profile::named("generic").expect("a profile");
    assert_eq!((&generic.columns, &generic.form), (&Profile::generic().columns, &Profile::generic().form));
    let words = Profile::named("bambohr").expect_err("no such profile").to_string();
    assert!(words.contains("maybe") && words.contains("bamboohr") && words.contains("zellis"), "{words}");
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
fn panic_with(name: &str, faults: &[library_swap::domain::fault::Fault]) -> ! {
    panic!("{name}: {faults:?}")
}

#[test]
fn vendors_get_the_columns_that_they_have_published() {
    let line = |name: &str| {
        let profile = Profile::named(name).expect("a profile");
        assert_eq!(profile.bom, Bom::Without, "{name}: read by a program");
        String::from_utf8(csv_of(&profile, &[row()])).expect("UTF-8")
    };
    assert_eq!(
        line("arcoro"),
        "Employee ID,Transaction Date,Time Off Type,Transaction Type,Units\r\n00042,11/05/2026,CPD,taken,-7.50\r\n"
    );
    assert_eq!(
        line("bamboohr"),
        "employeeId,status,start,end,timeOffTypeId,amount,notes\r\n\
         00042,approved,2026-11-05,2026-11-05,CPD,7.50,Llyfrgell Tŷ Pawb\r\n"
    );
    assert_eq!(
        line("ukg"),
        "Employee Number,Company Code,Start Date,End Date,Duration,Policy Name\r\n\
         00042,,11/05/2026 09:05,11/05/2026 16:35,7.50,CPD\r\n"
    );
    assert!(
        line("zellis")
            .ends_with("\r\n00042,CPD,05/11/2026,05/11/2026,1.00,0192d3c4-0000-7000-8000-000000000001\r\n")
    );
    assert!(
        line("sap-successfactors").contains(",00042,CPD,11/05/2026,11/05/2026,09:05:00,16:35:00,7.50\r\n")
    );
}

#[test]
fn a_bad_profile_is_told_all_of_its_faults() {
    let bad = "name = \"ours\"\nabout = \"\"\nreader = \"people\"\nformulas = \"raw\"\ndelimiter = \"colon\"\n\
        date_format = \"%Q\"\nabsence_code = \"=1\"\n\
        [[columns]]\nname = \"Number\"\nfrom = \"employe_number\"\n\
        [[columns]]\nname = \"Both\"\nfrom = \"date\"\nvalue = \"x\"\n[[columns]]\nname = \" \"\nvalue = \"x\"\n";
    let faults = Profile::read(bad).expect_err("refused");
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    let expected = [
        "/delimiter",
        "/absence_code",
        "/formulas",
        "/date_format",
        "/columns/0/from",
        "/columns/1",
        "/columns/2/name",
    ];
    assert_eq!(pointers, expected, "{faults:?}");
    let column = faults.iter().find(|fault| fault.pointer == "/columns/0/from").expect("the column");
    assert_eq!(column.value, "employe_number");
    for known in Field::ALL {
        assert!(column.rule.contains(known.as_str()), "{known} is not listed: {}", column.rule);
    }
    assert!(column.rule.contains("maybe"), "{}", column.rule);
    let unknown =
        Profile::read("name = \"x\"\nabout = \"\"\nreader = \"people\"\ncolour = \"red\"\ncolumns = []\n");
    assert!(unknown.expect_err("refused")[0].rule.contains("colour"));
    let none = Profile::read("name = \"x\"\nabout = \"\"\nreader = \"people\"\ncolumns = []\n");
    assert_eq!(none.expect_err("refused")[0].pointer, "/columns");
}

/// Rows with everything that files get wrong.
fn odd_rows() -> Vec<ScheduleRow> {
    let mut second = row();
    second.host = place("Two\r\nlines, \"quoted\"\nand a third", &[Sector::Specialist]);
    "=1+1".clone_into(&mut second.person_name);
    second.employee_number = None;
    second.override_reason = Some("  - none;".to_owned());
    vec![row(), second]
}

#[test]
fn calamine_reads_typed_cells_a_fixed_header_and_the_sheet_about() {
    let bytes = workbook_of(&Profile::generic(), &odd_rows());
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
    assert_eq!(workbook.sheet_names(), ["Schedule", "About"]);
    let range = workbook.worksheet_range("Schedule").expect("a sheet");
    let rows: Vec<&[Data]> = range.rows().collect();
    assert_eq!(rows.len(), 3);
    let header: Vec<String> = rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(header, columns().collect::<Vec<_>>());
    let cell = |row: usize, column: &str| &rows[row][place_of(column)];
    assert!(matches!(cell(1, "date"), Data::DateTime(_)), "{:?}", cell(1, "date"));
    assert!(matches!(cell(1, "starts"), Data::DateTime(_)));
    assert_eq!(cell(1, "hours"), &Data::Float(7.5));
    assert_eq!(cell(1, "revision"), &Data::Float(2.0));
    assert_eq!(cell(1, "employee_number"), &Data::String("00042".to_owned()), "zeros stay");
    assert_eq!(cell(2, "person_name"), &Data::String("=1+1".to_owned()), "text, nothing is added");
    assert_eq!(cell(2, "employee_number"), &Data::Empty);
    assert_eq!(workbook.worksheet_formula("Schedule").expect("formulas").used_cells().count(), 0);
    let about = workbook.worksheet_range("About").expect("a sheet");
    assert_eq!(about.get_value((0, 1)), Some(&Data::String("2".to_owned())));
}

/// What LibreOffice shows of a file, cell by cell; none where it is missing.
fn shown_by_libreoffice(folder: &Path, file: &str) -> Option<Vec<Vec<String>>> {
    // Commas, quotation marks, UTF-8, from the first line, numbers recognised; what is shown, not the formulas.
    let (read, write) = ("44,34,76,1,,0,false,true", "44,34,76,1,,0,false,true,false");
    let mut command = Command::new("soffice");
    command
        .args(["--headless", "--norestore"])
        .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()));
    if file.ends_with(".csv") {
        command.arg(format!("--infilter=CSV:{read}"));
    }
    command.args(["--convert-to", &format!("csv:Text - txt - csv (StarCalc):{write}"), "--outdir"]);
    match command.arg(folder.join("out")).arg(folder.join(file)).output() {
        Ok(output) => {
            assert!(output.status.success(), "soffice: {}", String::from_utf8_lossy(&output.stderr));
            let name = Path::new(file).with_extension("csv");
            Some(read_back(&std::fs::read(folder.join("out").join(name)).expect("what LibreOffice wrote")))
        }
        Err(error) => {
            assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_LIBREOFFICE").is_none(), "no soffice: {error}");
            skip!("schedules are not opened by LibreOffice (tests/office/run): {error}");
            None
        }
    }
}

#[test]
fn libreoffice_shows_every_text_as_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let (rows, raw) = (odd_rows(), Profile::named("generic-machine").expect("a profile"));
    let write =
        |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("table.csv", csv_of(&Profile::generic(), &rows));
    write("raw.csv", csv_of(&raw, &rows));
    write("book.xlsx", workbook_of(&Profile::generic(), &rows));
    let shown = |file: &str| shown_by_libreoffice(folder.path(), file);
    let (Some(table), Some(raw), Some(book)) = (shown("table.csv"), shown("raw.csv"), shown("book.xlsx"))
    else {
        return;
    };
    let name = place_of("person_name");
    assert_eq!(raw[2][name], "2", "it runs what is not defused, so that this test means something");
    assert_eq!((table[2][name].as_str(), book[2][name].as_str()), ("'=1+1", "=1+1"));
    for column in
        ["round", "employer", "person_email", "home_library", "home_sectors", "date", "time_zone", "op"]
    {
        for row in 0..3 {
            let written = &read_back(&csv_of(&Profile::generic(), &rows))[row][place_of(column)];
            assert_eq!(
                (&table[row][place_of(column)], &book[row][place_of(column)]),
                (written, written),
                "{column}"
            );
        }
    }
    // Of CSV a spreadsheet takes digits for a number; the workbook has them as text.
    assert_eq!(book[1][place_of("employee_number")], "00042");
    assert_eq!((table[1][place_of("hours")].as_str(), book[1][place_of("hours")].as_str()), ("7.5", "7.5"));
    assert_eq!(book[2][place_of("host_library")].lines().count(), 3);
}

/// Reads a CSV file by csv and pandas, a workbook by openpyxl and pandas, and prints what they see as JSON.
const JUDGE: &str = r#"
import csv, json, sys
import openpyxl, pandas
table, book = sys.argv[1:]
with open(table, encoding="utf-8-sig", newline="") as file:
    rows = list(csv.reader(file, strict=True))
frame = pandas.read_csv(table, dtype=str, keep_default_na=False)
assert list(frame.columns) == rows[0], frame.columns
sheet = openpyxl.load_workbook(book)["Schedule"]
cells = list(sheet.iter_rows())
column = {cell.value: n for n, cell in enumerate(cells[0])}
typed = pandas.read_excel(book, sheet_name="Schedule", dtype={"employee_number": str})
print(json.dumps({
    "csv": rows,
    "pandas": frame.values.tolist(),
    "formulas": sum(cell.data_type == "f" for row in cells for cell in row),
    "dates": [row[column["date"]].value.date().isoformat() for row in cells[1:]],
    "starts": [row[column["starts"]].value.strftime("%H:%M") for row in cells[1:]],
    "hours": [row[column["hours"]].value for row in cells[1:]],
    "names": [row[column["person_name"]].value for row in cells[1:]],
    "hosts": [row[column["host_library"]].value for row in cells[1:]],
    "frozen": sheet.freeze_panes, "filter": sheet.auto_filter.ref, "bold": all(cell.font.b for cell in cells[0]),
    "typed": [str(kind) for kind in (typed["date"].dtype, typed["hours"].dtype)],
    "number": typed["employee_number"].tolist()[0],
}))
"#;

#[test]
fn python_reads_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (table, book) = (folder.path().join("schedule.csv"), folder.path().join("schedule.xlsx"));
    let rows = odd_rows();
    let mut bytes = "\u{FEFF}".as_bytes().to_vec();
    bytes.extend(csv_of(&Profile::generic(), &rows));
    std::fs::write(&table, &bytes).expect("written");
    std::fs::write(&book, workbook_of(&Profile::generic(), &rows)).expect("written");
    let is_there = Command::new("python3").args(["-c", "import openpyxl, pandas"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
        assert!(!required, "Python with openpyxl and pandas is required, and is not there");
        skip!("there is no python3 with openpyxl and pandas here");
        return;
    }
    let output =
        Command::new("python3").args(["-c", JUDGE]).args([&table, &book]).output().expect("python ran");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let read = read_back(&bytes[3..]);
    assert_eq!(seen["csv"], serde_json::json!(read));
    // pandas makes line breaks of its own.
    assert_eq!(seen["pandas"][0], serde_json::json!(read[1]));
    assert_eq!(seen["csv"][2][10], "Two\r\nlines, \"quoted\"\nand a third");
    assert_eq!(seen["formulas"], 0);
    assert_eq!(seen["dates"], serde_json::json!(["2026-11-05", "2026-11-05"]));
    assert_eq!(seen["starts"], serde_json::json!(["09:05", "09:05"]));
    assert_eq!(seen["hours"], serde_json::json!([7.5, 7.5]));
    assert_eq!(seen["names"], serde_json::json!(["Ann O'Neill, \"Annie\"", "=1+1"]));
    assert_eq!((&seen["frozen"], &seen["bold"]), (&serde_json::json!("A2"), &serde_json::json!(true)));
    assert_eq!(seen["filter"], "A1:V3");
    assert!(seen["typed"][0].as_str().expect("a kind").starts_with("datetime64"), "{seen}");
    assert_eq!(
        (&seen["typed"][1], &seen["number"]),
        (&serde_json::json!("float64"), &serde_json::json!("00042"))
    );
}

#[test]
fn what_is_asked_of_a_reader_depends_on_how_far_they_have_read() {
    let placement = row().placement;
    let op = |first, since, read| Counted { placement, revision: 9, first, since }.op_since(read);
    assert_eq!(op(3, Some(3), 2), Some(Op::Add));
    assert_eq!(op(3, Some(3), 3), Some(Op::Change));
    assert_eq!(op(3, None, 3), Some(Op::Cancel));
    assert_eq!(op(3, None, 2), None, "they never had it");
    assert_eq!(op(3, Some(8), 5), Some(Op::Add), "it was off and is back");
    for wrong in
        ["", "x", "0192d3c4-0000-7000-8000-000000000001", "0192d3c4-0000-7000-8000-000000000001.-1", ".5"]
    {
        assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
    }
    let cursor: Cursor = "0192d3c4-0000-7000-8000-000000000001.7".parse().expect("a cursor");
    assert_eq!(cursor.to_string(), "0192d3c4-0000-7000-8000-000000000001.7");
    for wrong in ["", "=1", " a", "a ", "a,b", "-1", &"a".repeat(41)] {
        assert!(wrong.parse::<AbsenceCode>().is_err(), "{wrong}");
    }
}

/// Text with many characters that matter to CSV and to spreadsheets.
fn text() -> impl Strategy<Value = String> {
    let mattering = "=+-@\t\r\n \u{A0}\u{2007}\u{FEFF},;\"'aŷ＝";
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(mattering.chars().collect::<Vec<_>>()), 0..12)
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

/// The same of what a program cuts out that is set to another delimiter: there a tab can be the file's own.
fn would_run(cell: &str) -> bool {
    let lines = cell.split(['\r', '\n']);
    lines
        .map(|line| line.trim_start_matches([' ', '\u{A0}', '\t']))
        .any(|line| line.starts_with(['=', '+', '-', '@']))
}

proptest! {
    #[test]
    fn no_formula_survives_and_everything_else_reads_back(
        texts in proptest::collection::vec(text(), 7),
        delimiter in proptest::sample::select(Delimiter::ALL),
    ) {
        let mut row = row();
        row.round = texts[0].as_str().into();
        row.employer = texts[1].as_str().into();
        row.person_name = texts[2].clone();
        row.person_email = texts[3].clone();
        row.home = place(&texts[4], &[Sector::Public]);
        row.host = place(&texts[5], &[Sector::Public]);
        row.employee_number = Some(texts[6].clone());
        let mut profile = Profile::generic();
        profile.form.delimiter = delimiter;
        let bytes = csv_of(&profile, &[row.clone()]);
                let read = |with: u8| -> Vec<Vec<String>> {
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.has_headers(false).flexible(true).delimiter(with);
            let records = reader.from_reader(bytes.as_slice()).into_records();
            records.map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
        };
        let records = read(delimiter.character());
        prop_assert_eq!(records.len(), 2);
        let cells = &records[1];
        for (place, text) in [4, 5, 6, 7, 8, 10, 19].into_iter().zip(&texts) {
            let cell = &cells[place];
            prop_assert!(!could_run(cell), "{:?}", cell);
            let plain = !could_run(text) && !text.contains(|c: char| c.is_whitespace() || "\u{FEFF}＝＋－＠\",;".contains(c));
            if plain {
                prop_assert_eq!(cell, text);
            }
            // Nothing but apostrophes is ever added.
            prop_assert_eq!(cell.replace('\'', ""), text.replace('\'', ""));
        }
        for program in Delimiter::ALL {
            let risky: Vec<String> = read(program.character()).into_iter().flatten().filter(|cell| would_run(cell)).collect();
            prop_assert!(risky.is_empty(), "{}: {:?}", program, risky);
        }
        // A machine's profile gives every text as it is.
        let mut raw = Profile::named("generic-machine").expect("a profile");
        raw.form.delimiter = delimiter;
        let mut bytes = Vec::new();
        raw.write_rows(&[row], &mut bytes);
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).delimiter(delimiter.character()).from_reader(bytes.as_slice());
        let record = reader.records().next().expect("a row").expect("a record");
        for (place, text) in [4, 5, 6, 7, 8, 10, 19].into_iter().zip(&texts) {
            prop_assert_eq!(&record[place], text);
        }
        // Every column that is not text is the profile's own.
        for column in &raw.columns {
            prop_assert!(matches!(column.source, Source::Field(_)));
        }
    }
}
