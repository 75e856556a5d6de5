//! The report of a round as PDF, judged by poppler and pypdf. With `LIBRARY_SWAP_KEEP` the files stay in that folder, to be
//! looked at.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

mod papers;

use std::path::PathBuf;

use chrono::NaiveDate;
use library_swap::domain::disclosure::Table;
use library_swap::domain::impact::{HIDDEN, Impact, Published, Sheet, kinds};
use library_swap::domain::language::Language;
use library_swap::export::report_pdf;
use library_swap::words::{ImpactFacts, impact};

use crate::papers::{bare, poppler_text, squeezed};

/// A round of a few hundred people; of one of a handful, nearly everything is hidden.
fn sheet(language: Language, by: u64, round: &str) -> Sheet {
    let counts = |rows: u64, columns: u64| -> Vec<Vec<u64>> {
        let cell = |row: u64, column: u64| (row * 7 + column * 5 + row * column) % 13 * by;
        (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect()
    };
    let days = counts(5, 5);
    let minutes: Vec<Vec<u64>> = days.iter().map(|row| row.iter().map(|n| n * 405).collect()).collect();
    let came = || ["went", "day_did_not_take_place", "left_out"].map(str::to_owned).to_vec();
    let waited = ["not_before", "one_round", "more_rounds"].map(str::to_owned).to_vec();
    let people = Table::new(&days);
    let found = Impact {
        hours: Published::hours(kinds(), kinds(), &people, &Table::plain(&minutes)),
        days: Published::of(kinds(), kinds(), &people),
        demand: Published::of(kinds(), came(), &Table::new(&counts(5, 3))),
        waiting: Published::of(waited, came(), &Table::new(&counts(3, 3))),
        ideas: [Some(31 * by), (by > 1).then_some(17)],
    };
    let day = |month, day| NaiveDate::from_ymd_opt(2027, month, day).expect("a date");
    let facts = ImpactFacts {
        service: "Library Swap",
        round,
        dates: Some((day(3, 1), day(3, 12))),
        impact: &found,
        made_at: day(4, 2).and_hms_opt(9, 15, 0).expect("a time"),
    };
    impact(language, &facts)
}

fn sheets() -> Vec<(&'static str, Sheet)> {
    let long = "The exchange of the public, university, school and special libraries of Wales and the West of England in \
                the spring and early summer of 2027";
    vec![
        ("report-en", sheet(Language::English, 3, "Spring 2027")),
        ("report-cy", sheet(Language::Welsh, 3, "Gwanwyn 2027")),
        ("report-small-en", sheet(Language::English, 1, "Spring 2027")),
        ("report-long-cy", sheet(Language::Welsh, 40_000, long)),
    ]
}

fn said(sheet: &Sheet) -> Vec<String> {
    let mut said = vec![sheet.title.clone()];
    said.extend(sheet.lead.iter().cloned());
    for table in &sheet.tables {
        said.extend([table.heading.clone(), table.about.clone()]);
        // The picture comes before the table.
        said.extend(table.rows.iter().take(table.bars.len()).map(|(name, _)| name.clone()));
        said.extend(table.head[1..table.head.len() - 1].iter().cloned());
        said.push(sheet.not_shown.clone());
        said.extend(table.head.iter().cloned());
        for (name, cells) in &table.rows {
            said.push(name.clone());
            said.extend(cells.iter().map(|cell| cell.clone().unwrap_or_else(|| HIDDEN.to_owned())));
        }
    }
    said.extend([sheet.ideas.0.clone(), sheet.ideas.1.clone()]);
    said.iter().map(|words| bare(&squeezed(words))).collect()
}

#[test]
fn reports_are_read_aloud_in_their_order_and_keep_to_the_standards() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = std::env::var_os("LIBRARY_SWAP_KEEP").map(PathBuf::from);
    let mut files = Vec::new();
    for (name, sheet) in sheets() {
        let path = kept.as_deref().unwrap_or(folder.path()).join(name).with_extension("pdf");
        std::fs::write(&path, report_pdf(&sheet).expect("a report")).expect("written");
        files.push((path, sheet));
    }
    for (path, sheet) in &files {
        let (Some(aloud), Some(text)) =
            (papers::aloud(path), poppler_text("pdftotext", &["-raw", "-"], path))
        else {
            return;
        };
        let mut from = 0;
        for words in said(sheet) {
            let at = aloud[from..].find(&words);
            let at = at.unwrap_or_else(|| panic!("{}: {words} after {from}\n{aloud}", path.display()));
            from += at + words.len();
        }
        let text = bare(&text);
        assert!(said(sheet).iter().all(|words| words.len() > 60 || text.contains(words)), "{text}");
        papers::has_its_fonts(path);
    }
    let Some(read) = papers::pypdf(files.iter().map(|(path, _)| path.as_path())) else { return };
    assert_eq!(read.len(), files.len());
    for ((path, sheet), found) in files.iter().zip(&read) {
        let name = path.display();
        assert_eq!(found["title"], sheet.title, "{name}");
        assert_eq!(found["language"], sheet.language.as_str(), "{name}");
        for promise in ["marked", "shows_title", "is_pdf_a_2a", "is_pdf_ua_1"] {
            assert_eq!(found[promise], true, "{name}: {promise}");
        }
        let roles = found["roles"].as_array().expect("a list");
        let count = |role: &str| roles.iter().filter(|found| found[1] == role).count();
        assert_eq!((count("/H1"), count("/H2"), count("/Figure"), count("/Table")), (1, 5, 4, 4), "{name}");
        let rows: usize = sheet.tables.iter().map(|table| table.rows.len() + 1).sum();
        let cells: usize = sheet.tables.iter().map(|table| table.rows.len() * (table.head.len() - 1)).sum();
        assert_eq!((count("/TR"), count("/TD")), (rows, cells), "{name}");
        let figures =
            roles.iter().filter(|role| role[1] == "/Figure").map(|role| role[2].as_str().expect("words"));
        assert!(figures.eq(sheet.tables.iter().map(|table| table.chart.as_str())), "{name}");
        assert!(
            found["pages"].as_u64().is_some_and(|pages| (2..=3).contains(&pages)),
            "{name}: {}",
            found["pages"]
        );
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let sheet = sheet(Language::English, 3, "Spring 2027");
    assert_eq!(report_pdf(&sheet).expect("a report"), report_pdf(&sheet).expect("a report"));
}
