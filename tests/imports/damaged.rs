//! Damaged lists: every template with every damage in every column, and the real faults of published lists. Each is
//! refused for what it is, and nothing is written.

use library_swap::import::{Column, Kind, Loss, Need};
use library_swap::services::App;
use library_swap::services::imports::{ImportMode, Outcome};

use super::world::{apply, kinds, prepare, sentences, take};
use crate::support::{for_each_database, row_counts};

fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(vec![]);
    for row in rows {
        writer.write_record(row).expect("a row");
    }
    writer.into_inner().expect("bytes")
}

/// Header and example of a template.
fn template(kind: Kind) -> [Vec<String>; 2] {
    let cells = |cell: fn(&Column) -> &'static str| {
        kind.columns().iter().map(|column| cell(column).to_owned()).collect()
    };
    [cells(|column| column.name), cells(|column| column.example)]
}

/// A copy with one cell replaced.
fn with(kind: Kind, row: usize, column: usize, value: &str) -> Vec<u8> {
    let mut rows = template(kind);
    rows[row][column] = value.to_owned();
    csv_of(&rows)
}

/// Tries to write a damaged list: nothing is written, and each of its faults is one line.
fn refused(app: &App, kind: Kind, list: Vec<u8>, damage: &str) -> Outcome {
    let before = row_counts(app);
    let outcome = take(app, kind, list, ImportMode::Apply);
    assert!(outcome.refused, "{kind}, {damage}: {outcome:?}");
    assert!(!outcome.faults.is_empty(), "{kind}, {damage}");
    assert_eq!(row_counts(app), before, "{kind}, {damage}");
    assert!(sentences(&outcome).iter().all(|words| words.lines().count() == 1), "{kind}, {damage}");
    outcome
}

fn complains(outcome: &Outcome, column: &str, words: &str, loss: Loss) {
    let found = outcome
        .faults
        .iter()
        .any(|fault| fault.column == column && fault.rule.contains(words) && fault.loss == loss);
    assert!(found, "{column}, {words}: {:?}", sentences(outcome));
}

#[test]
fn a_damaged_cell_of_any_column_of_any_list_is_refused_for_what_it_is() {
    for_each_database(|app| {
        for kind in kinds() {
            prepare(app, kind);
            for (n, column) in kind.columns().iter().enumerate() {
                let name = column.name;
                let long = "x".repeat(1_000_000);
                for (value, words) in [
                    (long.as_str(), "must have at most 10000 characters: it has 1000000"),
                    ("=HYPERLINK(\"http://x.example\")", "begins like a formula"),
                    ("@SUM(A1:A9)", "begins like a formula"),
                    ("a\0b", "U+0000"),
                ] {
                    complains(&refused(app, kind, with(kind, 1, n, value), words), name, words, Loss::Row);
                }
                if column.need == Need::Always {
                    let emptied = refused(app, kind, with(kind, 1, n, " "), "emptied");
                    complains(&emptied, name, "must", Loss::Row);
                    let missing = refused(app, kind, with(kind, 0, n, "something else"), "missing");
                    complains(&missing, name, "this column is missing", Loss::List);
                }
                // The header's next cell, or the last but one, takes the name a second time.
                let other = if n + 1 < kind.columns().len() { n + 1 } else { n.saturating_sub(1) };
                if other != n {
                    let twice = refused(app, kind, with(kind, 0, other, name), "twice");
                    complains(&twice, name, "stands in the header twice", Loss::List);
                }
            }
        }
    });
}

#[test]
fn a_damaged_row_or_header_is_refused_for_what_it_is() {
    for_each_database(|app| {
        for kind in kinds() {
            prepare(app, kind);
            let [header, row] = template(kind);
            let doubled = refused(app, kind, csv_of(&[header.clone(), row.clone(), row.clone()]), "doubled");
            complains(&doubled, kind.key()[0], "as line 2: each may stand in a list once", Loss::Row);
            let headless = refused(app, kind, csv_of(std::slice::from_ref(&row)), "headless");
            assert!(
                headless.faults.iter().all(|fault| fault.loss == Loss::List || fault.loss == Loss::Nothing)
            );
            let longer: Vec<String> = row.iter().cloned().chain(["one more".to_owned()]).collect();
            complains(
                &refused(app, kind, csv_of(&[header.clone(), longer]), "longer"),
                "row",
                "cells where the header has",
                Loss::Row,
            );
            let quoted =
                [csv_of(std::slice::from_ref(&header)), b"\"".to_vec(), csv_of(std::slice::from_ref(&row))]
                    .concat();
            complains(
                &refused(app, kind, quoted, "a quotation mark"),
                "row",
                "cells where the header has",
                Loss::Row,
            );
            refused(app, kind, vec![], "nothing");
            refused(app, kind, vec![0; 10_000], "zeros");
            refused(app, kind, vec![0xFF; 10_000], "noise");
        }
    });
}

#[test]
fn another_encoding_separator_or_order_of_columns_is_no_damage() {
    for_each_database(|app| {
        for kind in kinds() {
            prepare(app, kind);
            let rows = template(kind);
            let text = String::from_utf8(csv_of(&rows)).expect("text");
            apply(app, kind, text.as_str());
            let utf_16: Vec<u8> =
                [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
            let windows: Vec<u8> =
                text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
            let reordered: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().rev().cloned().collect()).collect();
            let mut tabs = csv::WriterBuilder::new().delimiter(b'\t').from_writer(vec![]);
            rows.iter().for_each(|row| tabs.write_record(row).expect("a row"));
            for same in [utf_16, windows, csv_of(&reordered), tabs.into_inner().expect("bytes")] {
                let outcome = apply(app, kind, same);
                assert_eq!((outcome.read, outcome.added, outcome.changed), (1, 0, 0), "{kind}");
            }
        }
    });
}

#[test]
fn rows_of_published_lists_that_are_refused_write_nothing() {
    let path =
        std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bad_input_samples.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        return skip!("the shared data are not here ({})", path.display());
    };
    for_each_database(|app| {
        let mut samples = csv::Reader::from_reader(bytes.as_slice());
        let mut lost = 0;
        for (n, sample) in samples.records().enumerate() {
            let sample = sample.expect("a sample");
            let head = [
                "id",
                "name",
                "sector",
                "operator",
                "country",
                "postcode",
                "latitude",
                "longitude",
                "address",
            ];
            let row = [
                &format!("s{n}"),
                &sample[2],
                "public",
                "Council",
                "England",
                &sample[3],
                &sample[4],
                &sample[5],
                &sample[6],
            ];
            let list = csv_of(&[head.map(str::to_owned).to_vec(), row.map(str::to_owned).to_vec()]);
            let before = row_counts(app);
            let outcome = take(app, Kind::Libraries, list, ImportMode::Apply);
            let expected =
                matches!(&sample[1], "replacement_characters_in_name" | "invisible_character" | "mojibake");
            assert_eq!(outcome.refused, expected, "{sample:?}: {:?}", sentences(&outcome));
            assert_eq!(row_counts(app) == before, expected, "{sample:?}");
            if &sample[1] == "postcode_not_valid" {
                complains(&outcome, "postcode", "postcode", Loss::Value);
            }
            lost += usize::from(expected);
        }
        assert_eq!(lost, 8);
    });
}
