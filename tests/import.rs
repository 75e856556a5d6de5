//! Lists of libraries: real ones, damaged ones, and arbitrary bytes.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests say what they need, and when they are skipped"
)]

#[macro_use]
mod loud;

use std::path::PathBuf;

use library_swap::domain::opening::WeeklyHours;
use library_swap::domain::sector::Sector;
use library_swap::domain::states::LibraryStatus;
use library_swap::import::{
    Kind, LibraryRow, List, ListedStatus, Loss, Mapping, RowFault, RowFaults, Table, read_library, read_list,
};
use proptest::prelude::*;

const HEADER: [&str; 11] = [
    "id",
    "name",
    "sector",
    "operator",
    "address",
    "postcode",
    "country",
    "latitude",
    "longitude",
    "status",
    "opening_hours",
];
const GOOD: [&str; 11] = [
    "lib-1",
    "The Hive",
    "public",
    "Worcestershire County Council",
    "Sawmill Walk, Worcester",
    "WR1 3PB",
    "England",
    "52.19",
    "-2.22",
    "open",
    "Mo-Fr 09:00-17:00",
];

/// What was read from a list of libraries.
#[derive(Debug)]
struct Import {
    rows: Vec<LibraryRow>,
    faults: Vec<RowFault>,
    read: usize,
    left_out: usize,
}

impl Import {
    fn count(&self, is: impl Fn(&LibraryRow) -> bool) -> usize {
        self.rows.iter().filter(|row| is(row)).count()
    }

    fn left_out(&self) -> usize {
        self.left_out
    }
}

fn read_libraries(bytes: &[u8]) -> Import {
    read_mapped(bytes, &Mapping::default())
}

fn read_mapped(bytes: &[u8], mapping: &Mapping) -> Import {
    let (mut faults, mut rows, mut read) = (RowFaults::default(), Vec::new(), 0);
    match Table::read(bytes.to_vec()) {
        Ok(table) => {
            if let Some(list) = List::open(&table, Kind::Libraries, mapping, &mut faults) {
                let take = |piece: Vec<_>, _: &mut RowFaults| {
                    rows.extend(piece);
                    Ok::<(), std::convert::Infallible>(())
                };
                read =
                    read_list(&list, Kind::Libraries, read_library, &mut faults, take).expect("infallible");
            }
        }
        Err(fault) => faults.add(fault),
    }
    let left_out = faults.left_out();
    let rows = rows.into_iter().map(|line| line.row).collect();
    Import { rows, faults: faults.into_kept().0, read, left_out }
}

fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(HEADER).expect("header");
    for row in rows {
        writer.write_record(row).expect("row");
    }
    writer.into_inner().expect("bytes")
}

/// The good row with some cells replaced.
fn row(changes: &[(&str, &str)]) -> Vec<String> {
    let mut row = GOOD.map(str::to_owned).to_vec();
    for (column, value) in changes {
        row[HEADER.iter().position(|name| name == column).expect(column)] = (*value).to_owned();
    }
    row
}

fn import_of(changes: &[(&str, &str)]) -> Import {
    read_libraries(&csv_of(&[row(changes)]))
}

fn only_fault(import: &Import) -> &RowFault {
    assert_eq!(import.faults.len(), 1, "{:?}", import.faults);
    &import.faults[0]
}

fn shared(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    std::fs::read(&path).map_err(|_| skip!("the shared data are not here ({})", path.display())).ok()
}

#[test]
fn a_good_row_is_taken_whole() {
    let import = import_of(&[]);
    assert_eq!(import.faults, []);
    let [library] = import.rows.as_slice() else { panic!("{import:?}") };
    assert_eq!(library.reference, "lib-1");
    assert_eq!(library.name.as_str(), "The Hive");
    assert_eq!(library.sector, Sector::Public);
    assert_eq!(library.employer.as_str(), "Worcestershire County Council");
    assert_eq!(library.address.as_deref(), Some("Sawmill Walk, Worcester"));
    assert_eq!(library.postcode.as_ref().expect("postcode").as_str(), "WR1 3PB");
    assert_eq!(library.country.as_deref(), Some("England"));
    assert!((library.point.expect("point").latitude() - 52.19).abs() < 1e-9);
    assert_eq!(library.status.status(), LibraryStatus::Open);
    assert_eq!(library.opening_hours.as_ref().map(WeeklyHours::text), Some("Mo-Fr 09:00-17:00"));
    assert_eq!((import.read, import.left_out()), (1, 0));
}

#[test]
fn a_postcode_is_not_printed_twice() {
    let address_of = |address| import_of(&[("address", address)]).rows[0].address.clone();
    assert_eq!(address_of("Sawmill Walk, Worcester, WR1 3PB").as_deref(), Some("Sawmill Walk, Worcester"));
    assert_eq!(address_of("WR1 3PB"), None);
    assert_eq!(address_of("WR1 3PB House").as_deref(), Some("WR1 3PB House"));
    assert_eq!(address_of("Unit XWR1 3PB").as_deref(), Some("Unit XWR1 3PB"));
}

#[test]
fn every_british_library_of_the_real_list_is_taken() {
    let Some(bytes) = shared("libraries_gb.csv") else { return };
    let import = read_libraries(&bytes);
    assert_eq!((import.read, import.left_out()), (7347, 0), "{:?}", import.faults.first());
    let closed = import.count(|row| row.status.status() == LibraryStatus::Closed);
    let unverified = import.count(|row| row.status == ListedStatus::Unverified);
    assert_eq!((closed, unverified, import.count(|row| row.point.is_none())), (483, 2513, 32));
    // What is left of faults in a list that was cleaned: two postcodes that cannot be, one damaged apostrophe.
    let lost: Vec<(&str, &str, Loss)> =
        import.faults.iter().map(|fault| (fault.column.as_str(), fault.value.as_str(), fault.loss)).collect();
    assert_eq!(
        lost,
        [
            ("address", "Barrâ€™s Cottage, Greenock", Loss::Value),
            ("postcode", "SA15 5SC", Loss::Value),
            ("postcode", "NW1 0TV", Loss::Value),
        ]
    );
}

#[test]
fn german_libraries_are_taken_but_for_those_whose_name_is_missing_or_damaged() {
    let Some(bytes) = shared("libraries_de.csv") else { return };
    let import = read_libraries(&bytes);
    let count = |column: &str, words: &str| {
        import.faults.iter().filter(|fault| fault.column == column && fault.rule.contains(words)).count()
    };
    let (nameless, damaged) = (count("name", "must not be empty"), count("name", "control characters"));
    assert_eq!((import.read, nameless, damaged, import.left_out()), (1818, 107, 3, 110));
    assert_eq!(count("operator", "must not be empty"), 71, "rows without a name, too");
    // Hours are German sentences.
    assert_eq!(count("opening_hours", "has `"), 26);
    assert_eq!(import.faults.len(), 107 + 3 + 71 + 26);
}

/// Every real fault that a row shows by itself is reported; no other makes a panic.
#[test]
fn faults_of_published_lists_are_reported_for_what_they_are() {
    let Some(bytes) = shared("bad_input_samples.csv") else { return };
    let mut samples = csv::Reader::from_reader(bytes.as_slice());
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for sample in samples.records() {
        let sample = sample.expect("a sample");
        let (fault, mut name, extra) = (&sample[1], sample[2].to_owned(), &sample[6]);
        let mut hours = String::new();
        if fault == "newlines_in_name" {
            // The samples hold the name on one line and tell that there were 1280 line breaks in it.
            name = name.replacen(' ', &"\r\n".repeat(1280), 1);
        }
        if fault == "hours_malformed_or_reversed" {
            let (day, times) = extra.split_once(": ").expect("a day and times");
            hours = format!("{} {times}", &day[..2]);
        }
        let import = import_of(&[
            ("name", &name),
            ("postcode", &sample[3]),
            ("latitude", &sample[4]),
            ("longitude", &sample[5]),
            ("opening_hours", &hours),
        ]);
        let (column, words, loss) = match fault {
            "postcode_not_valid" => ("postcode", "postcode", Loss::Value),
            "newlines_in_name" => ("name", "line breaks", Loss::Row),
            "replacement_characters_in_name" => ("name", "replacement characters", Loss::Row),
            "invisible_character" => ("name", "invisible characters", Loss::Row),
            "mojibake" => ("name", "wrong encoding (maybe `Hungate Reading Café`)", Loss::Row),
            "hours_malformed_or_reversed" => ("opening_hours", "has `", Loss::Value),
            _ => continue,
        };
        *seen.entry(fault.to_owned()).or_default() += 1;
        let found = only_fault(&import);
        assert_eq!((found.line, found.column.as_str(), found.loss), (2, column, loss), "{found}");
        assert!(found.rule.contains(words), "{found}");
        assert!(found.to_string().lines().count() == 1, "{found}");
        assert_eq!(import.left_out(), usize::from(loss == Loss::Row), "{found}");
        if let [library] = import.rows.as_slice() {
            assert_eq!(library.postcode.is_none(), fault == "postcode_not_valid", "{found}");
        }
    }
    let counts: Vec<(&str, usize)> = seen.iter().map(|(fault, n)| (fault.as_str(), *n)).collect();
    let expected = [
        ("hours_malformed_or_reversed", 7),
        ("invisible_character", 2),
        ("mojibake", 1),
        ("newlines_in_name", 1),
        ("postcode_not_valid", 100),
        ("replacement_characters_in_name", 5),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn a_fault_reads_as_one_sentence() {
    let import = import_of(&[("postcode", "OX2 OES"), ("sector", "publik")]);
    let sentences: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        sentences,
        [
            "line 2, sector: `publik` must be one of public, academic, school, specialist (maybe `public`); the row is left out",
            "line 2, postcode: `OX2 OES` is no British postcode (maybe `OX2 0ES`); the row is taken without it",
        ]
    );
    assert!(import.rows.is_empty());
}

#[test]
fn a_row_without_what_every_library_needs_is_left_out() {
    for column in ["id", "name", "sector", "operator"] {
        let import = import_of(&[(column, "  ")]);
        let fault = only_fault(&import);
        assert_eq!((fault.column.as_str(), fault.loss, import.rows.len()), (column, Loss::Row, 0), "{fault}");
    }
}

#[test]
fn postcodes_of_other_countries_are_not_checked() {
    for (country, faults) in [("Ireland", 0), ("Germany", 0), ("England", 1), ("wales", 1), ("", 1)] {
        let import =
            import_of(&[("country", country), ("postcode", "Dublin 8"), ("latitude", ""), ("longitude", "")]);
        assert_eq!(import.faults.len(), faults, "{country}");
        assert_eq!(import.rows[0].postcode, None);
    }
}

#[test]
fn a_library_is_in_the_time_zone_of_its_country_or_in_the_one_named() {
    for (country, zone) in [
        ("", "Europe/London"),
        ("wales", "Europe/London"),
        ("Guernsey", "Europe/London"),
        ("Republic of Ireland", "Europe/Dublin"),
        ("deutschland", "Europe/Berlin"),
    ] {
        let import = import_of(&[("country", country), ("latitude", ""), ("longitude", "")]);
        assert_eq!(import.rows[0].time_zone.name(), zone, "{country}");
    }
    let unknown = import_of(&[("country", "France"), ("latitude", "48.85"), ("longitude", "2.35")]);
    let fault = only_fault(&unknown);
    assert_eq!((fault.column.as_str(), fault.loss), ("country", Loss::Row));
    let list = |zone: &str| {
        let row = format!("louvre,Louvre,specialist,Musée,France,{zone}");
        read_libraries(format!("id,name,sector,operator,country,time_zone\n{row}\n").as_bytes())
    };
    assert_eq!(list("Europe/Paris").rows[0].time_zone, chrono_tz::Europe::Paris);
    let wrong = list("CET+1");
    assert_eq!(
        only_fault(&wrong).to_string(),
        "line 2, time_zone: `CET+1` must be an IANA time zone like Europe/London; the row is left out"
    );
}

#[test]
fn a_point_is_checked_against_the_country_and_lost_alone() {
    for (latitude, longitude, country, words) in [
        ("-2.22", "52.19", "England", "maybe latitude and longitude are swapped"),
        ("48.85", "2.35", "England", "outside the United Kingdom"),
        ("0", "0", "Germany", "0, 0 lies in the sea"),
        ("52.19", "", "England", "is missing where there is a latitude"),
        ("52,19", "-2.22", "England", "must be degrees"),
        ("NaN", "1", "Germany", "latitude must lie"),
    ] {
        let import = import_of(&[
            ("latitude", latitude),
            ("longitude", longitude),
            ("country", country),
            ("postcode", ""),
        ]);
        let fault = only_fault(&import);
        assert!(fault.rule.contains(words) && fault.loss == Loss::Value, "{fault}");
        assert_eq!(import.rows[0].point, None);
    }
    assert_eq!(import_of(&[("latitude", "52.52"), ("longitude", "13.4"), ("country", "Germany")]).faults, []);
}

#[test]
fn every_status_of_lists_has_a_meaning_and_others_drop_the_row() {
    for (status, meaning) in [
        ("open", LibraryStatus::Open),
        ("Closed", LibraryStatus::Closed),
        ("temporarily_closed", LibraryStatus::Closed),
        ("unverified", LibraryStatus::Open),
        ("", LibraryStatus::Open),
    ] {
        assert_eq!(import_of(&[("status", status)]).rows[0].status.status(), meaning, "{status}");
    }
    assert_eq!(only_fault(&import_of(&[("status", "demolished")])).loss, Loss::Row);
}

#[test]
fn a_repeated_id_names_both_lines_and_the_first_stays() {
    let import = read_libraries(&csv_of(&[
        row(&[]),
        row(&[("id", "lib-2")]),
        row(&[("id", " lib-1 "), ("name", "Another")]),
    ]));
    assert_eq!(
        only_fault(&import).to_string(),
        "line 4, id: `lib-1` says the same id as line 2: each may stand in a list once; the row is left out"
    );
    let names: Vec<&str> = import.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((names, import.read), (vec!["The Hive", "The Hive"], 3));
}

#[test]
fn missing_columns_are_told_together_with_what_they_may_be_called() {
    let import = read_libraries(b"id,nam,sectors,town\r\n1,a,public,b\r\n");
    let sentences: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        sentences,
        [
            "line 1, name: this column is missing (maybe `nam`); the list is not taken",
            "line 1, sector: this column is missing (maybe `sectors`); the list is not taken",
            "line 1, operator: this column is missing; the list is not taken",
        ]
    );
    assert!(import.rows.is_empty());
    assert!(!read_libraries(b"").faults.is_empty());
}

#[test]
fn a_misspelt_column_that_may_be_absent_is_told_but_costs_nothing() {
    let import = read_libraries(b"id,name,sector,operator,post code\n1,a,public,b,WR1 3PB\n");
    let fault = only_fault(&import);
    assert_eq!(
        (fault.column.as_str(), fault.loss, import.rows.len()),
        ("postcode", Loss::Nothing, 1),
        "{fault}"
    );
    assert!(fault.rule.contains("maybe `post_code`"));
}

#[test]
fn headers_are_found_in_any_order_after_a_byte_order_mark_and_extra_columns_are_ignored() {
    let import = read_libraries(
        "\u{FEFF}Operator, NAME ,extra,id,sector\r\nCouncil,Llyfrgell Tŷ Pawb,x,1,Public\r\n,,,,\r\n\r\n"
            .as_bytes(),
    );
    assert_eq!((import.faults.as_slice(), import.read), ([].as_slice(), 1));
    assert_eq!(import.rows[0].name.as_str(), "Llyfrgell Tŷ Pawb");
}

#[test]
fn lines_are_those_of_the_file_whatever_its_line_ends() {
    for end in ["\n", "\r\n"] {
        let text = [
            "id,name,sector,operator,address",
            "1,a,public,b,\"Street",
            "Town\"",
            "",
            "2,a,publik,b,",
            "3,a,public,b",
            "4,a,publik,b,",
        ]
        .join(end);
        let import = read_libraries(text.as_bytes());
        let places: Vec<(u64, &str)> =
            import.faults.iter().map(|fault| (fault.line, fault.column.as_str())).collect();
        assert_eq!(places, [(5, "sector"), (6, "row"), (7, "sector")], "{end:?}");
        assert_eq!(import.rows[0].address.as_deref(), Some("Street, Town"));
    }
}

#[test]
fn a_missing_quotation_mark_is_told_with_the_lines_that_it_swallows() {
    let text = "id,name,sector,operator\n1,\"a,public,b\n2,a,public,b\n3,a,public,b\n";
    let import = read_libraries(text.as_bytes());
    let fault = only_fault(&import);
    assert_eq!(
        fault.rule,
        "has 2 cells where the header has 4 and runs to line 4 (maybe a quotation mark is missing)"
    );
}

#[test]
fn lists_in_other_encodings_and_with_other_separators_are_read_and_it_is_said() {
    let list = "id;name;sector;operator\r\n1;\"Café, Müller\";public;Rat\r\n";
    let utf_16: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = list.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    for (bytes, form) in [
        (list.as_bytes().to_vec(), "CSV, UTF-8, separated by semicolons"),
        (utf_16, "CSV, UTF-16LE, separated by semicolons"),
        (windows, "CSV, Windows-1252, separated by semicolons"),
        (list.replace(';', "\t").into_bytes(), "CSV, UTF-8, separated by tabs"),
    ] {
        assert_eq!(Table::read(bytes.clone()).expect("a table").form(), form);
        let import = read_libraries(&bytes);
        assert_eq!(import.faults, [], "{form}");
        assert!(import.rows[0].name.as_str().starts_with("Café"), "{form}");
    }
}

#[test]
fn letters_damaged_in_a_list_of_utf_8_are_refused_where_they_stand() {
    let import =
        read_libraries(b"id,name,sector,operator\n1,Caf\xC3\xA9,public,b\n2,M\xC3\xBCnster\xFF,public,b\n");
    assert_eq!((only_fault(&import).line, import.rows.len()), (3, 1));
    assert!(only_fault(&import).rule.contains("wrong encoding"));
}

#[test]
fn what_is_no_table_is_refused_with_what_to_do() {
    for (bytes, words) in [
        (&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], "save it as XLSX or CSV"),
        (b"PK\x03\x04 no workbook", "cannot be read as an Excel workbook"),
        (b"%PDF-1.7", "is a PDF"),
    ] {
        let import = read_libraries(bytes);
        assert!(only_fault(&import).rule.contains(words), "{:?}", import.faults);
        assert_eq!(only_fault(&import).loss, Loss::List);
    }
}

#[test]
fn foreign_names_of_columns_are_mapped_and_named_in_faults() {
    let mapping = |pairs: &[&str]| Mapping::of(pairs.iter().map(|pair| pair.parse().expect("a pair")));
    let list = "Ref,Branch name,Type,Authority\n1,,public,Council\n";
    let right = mapping(&["ref=id", "Branch name=name", "Type=sector", "authority=operator"]);
    let import = read_mapped(list.as_bytes(), &right);
    assert_eq!(
        only_fault(&import).to_string(),
        "line 2, Branch name (name): must not be empty; the row is left out"
    );
    let wrong = mapping(&["Reff=id", "Branch name=names", "Type=sector", "Authority=operator"]);
    let words: Vec<String> =
        read_mapped(list.as_bytes(), &wrong).faults.iter().map(ToString::to_string).collect();
    assert!(
        words[0]
            .contains("`Branch name` is mapped to `names`, which is no column of libraries (maybe `name`)"),
        "{words:?}"
    );
    assert!(
        words[1].contains("`Reff` is mapped, but the list has no such column (maybe `Ref`)"),
        "{words:?}"
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_libraries(&bytes);
        let mut list = csv_of(&[row(&[])]);
        list.extend(bytes);
        let import = read_libraries(&list);
        prop_assert!(import.read >= import.rows.len());
    }

    #[test]
    fn arbitrary_cells_are_taken_or_reported(cells in proptest::collection::vec(any::<String>(), 11)) {
        let empty = cells.iter().all(|cell| cell.trim().is_empty());
        let import = read_libraries(&csv_of(&[cells]));
        prop_assert!(empty || import.rows.len() == 1 || import.faults.iter().any(|fault| fault.loss == Loss::Row));
        for fault in &import.faults {
            prop_assert_eq!(fault.to_string().lines().count(), 1);
        }
    }
}
