//! Certificates as PDF, judged by poppler and pypdf: what is printed, what is read aloud, what is embedded, and whether
//! the QR code on the rendered page leads where the text says. With `LIBRARY_SWAP_KEEP` the files stay in that folder, to be
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
use library_swap::domain::certificate::{Attested, Sheet};
use library_swap::domain::language::Language;
use library_swap::export::certificate_pdf;
use library_swap::words::{CertificateFacts, certificate};
use proptest::prelude::*;
use serde_json::json;

use crate::papers::{bare, poppler, poppler_text, squeezed};

const URL: &str = "https://exchange.libraries.example/certificates/3f9a0c1d-77e2b5a4-09d1c8e6-5b2f4a71";

fn facts(name: &str, host: &str) -> CertificateFacts {
    let day = |day| NaiveDate::from_ymd_opt(2027, 3, day).expect("a date");
    let time = |text: &str| text.parse().expect("a time");
    CertificateFacts {
        service: "Library Swap".to_owned(),
        name: name.to_owned(),
        host: host.to_owned(),
        attested: Attested {
            date: day(1),
            from: time("09:30:00"),
            until: time("16:00:00"),
            is_virtual: false,
        },
        objectives: None,
        reflection: None,
        issued: (day(2).and_hms_opt(9, 15, 0).expect("a time"), day(2)),
        url: URL.to_owned(),
    }
}

fn usual(language: Language) -> Sheet {
    let mut facts = facts("Siân Ŵyn-Ŷnyr O’Neill", "Llyfrgell Tŷ Pawb, Dŵr-y-Felin");
    facts.objectives = Some(
        "See how a university library lends laptops and lamps.\nLearn how the evening desk is staffed."
            .to_owned(),
    );
    facts.reflection =
        Some("A shelf of new books on a trolley at the door, changed every Monday.".to_owned());
    certificate(language, facts)
}

/// Long names, words that go on for more than a page, letters that the font does not have.
fn hard(language: Language) -> Sheet {
    let mut facts = facts(
        "Wolfeschlegelsteinhausenbergerdorff-Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, Maria del \
         Carmen Ŵ. 李小龍",
        "The Joint Public and University Library and Archive of the County of Worcestershire and the City of Worcester \
         at the Hive, Sawmill Walk",
    );
    facts.service = "The Cross-Sector Exchange of the Libraries of Wales and the West of England".to_owned();
    facts.attested.is_virtual = true;
    let words = "Everything about how the desk, the stacks and the strongroom are run, ac am y dŵr a’r tŷ. ";
    facts.objectives = Some(format!("{}\n\n📚📚 {}", words.repeat(22), "x".repeat(300)));
    facts.reflection = Some(words.repeat(10));
    certificate(language, facts)
}

fn sheets() -> Vec<(&'static str, Sheet)> {
    vec![
        ("usual-en", usual(Language::English)),
        ("usual-cy", usual(Language::Welsh)),
        ("short-en", certificate(Language::English, facts("Ann Reader", "Campus Library"))),
        ("hard-en", hard(Language::English)),
        ("hard-cy", hard(Language::Welsh)),
    ]
}

/// Writes them into a folder, which is deleted with the first value.
fn written() -> (tempfile::TempDir, Vec<(PathBuf, Sheet)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = std::env::var_os("LIBRARY_SWAP_KEEP").map(PathBuf::from);
    let place = |name: &str| kept.as_deref().unwrap_or(folder.path()).join(name).with_extension("pdf");
    let files = sheets()
        .into_iter()
        .map(|(name, sheet)| {
            let path = place(name);
            std::fs::write(&path, certificate_pdf(&sheet).expect("a certificate")).expect("written");
            (path, sheet)
        })
        .collect();
    (folder, files)
}

/// Everything that a sheet says, in the order in which it is to be read.
fn said(sheet: &Sheet) -> Vec<String> {
    let mut said: Vec<&str> =
        vec![&sheet.service, &sheet.title, &sheet.opening, &sheet.name, &sheet.statement, &sheet.host];
    said.extend(sheet.facts.iter().flat_map(|(name, value)| [name.as_str(), value]));
    said.extend(sheet.sections.iter().flat_map(|(heading, words)| [heading.as_str(), words]));
    said.extend([sheet.check.as_str(), &sheet.url]);
    said.extend(sheet.issue.iter().map(String::as_str));
    said.into_iter().map(squeezed).collect()
}

#[test]
fn poppler_reads_every_word_in_its_order_with_fonts_embedded() {
    let (_folder, files) = written();
    for (path, sheet) in &files {
        let Some(text) = poppler_text("pdftotext", &["-raw", "-"], path) else { return };
        // Lines that go on on the next page stand on both sides of what is at the foot of the first one.
        let text = bare(&text);
        for word in said(sheet).iter().flat_map(|words| words.split(' ')) {
            assert!(text.contains(word) || word.starts_with("xxx"), "{}: {word}\n{text}", path.display());
        }
        let Some(aloud) = papers::aloud(path) else { return };
        let mut from = 0;
        for words in said(sheet) {
            // Here poppler tells what is drawn; `pdftotext`, what is meant.
            let words = bare(&words).replace("李小龍", "□").replace("📚📚", "□");
            let at = aloud[from..].find(&words);
            let at = at.unwrap_or_else(|| panic!("{}: {words} after {from}\n{aloud}", path.display()));
            from += at + words.len();
        }
        papers::has_its_fonts(path);
    }
}

#[test]
fn pypdf_finds_title_language_tags_and_standards() {
    let (_folder, files) = written();
    let Some(read) = papers::pypdf(files.iter().map(|(path, _)| path.as_path())) else { return };
    assert_eq!(read.len(), files.len());
    for ((path, sheet), found) in files.iter().zip(&read) {
        let name = path.display();
        assert_eq!(found["title"], format!("{}: {}", sheet.title, sheet.name), "{name}");
        assert_eq!(found["language"], sheet.language.as_str(), "{name}");
        for promise in ["marked", "shows_title", "is_pdf_a_2a", "is_pdf_ua_1"] {
            assert_eq!(found[promise], true, "{name}: {promise}");
        }
        assert_eq!(found["links"], json!([sheet.url]), "{name}");
        assert_eq!(found["outputs"], json!(["/GTS_PDFA1"]), "{name}");
        let fonts = found["fonts"].as_array().expect("a list");
        assert!(fonts.iter().all(|font| font[1] == true && font[2] == true), "{name}: {fonts:?}");
        let roles: Vec<&str> = found["roles"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|role| role[1].as_str().expect("a role"))
            .collect();
        assert_eq!(roles[..4], ["/Document", "/Part", "/P", "/H1"], "{name}");
        let count = |role| roles.iter().filter(|found| **found == role).count();
        assert_eq!((count("/H1"), count("/H2")), (1, sheet.sections.len()), "{name}");
        assert_eq!((count("/Table"), count("/TR"), count("/TH"), count("/TD")), (1, 2, 2, 2), "{name}");
        assert_eq!((count("/Link"), count("/Figure")), (1, 1), "{name}");
        let figure =
            found["roles"].as_array().and_then(|roles| roles.iter().find(|role| role[1] == "/Figure"));
        assert_eq!(figure.expect("a figure")[2], sheet.figure, "{name}");
        let pages = if name.to_string().contains("hard") { 2 } else { 1 };
        assert_eq!(found["pages"], pages, "{name}");
    }
}

#[test]
fn the_code_on_the_printed_page_leads_to_the_address() {
    let (folder, files) = written();
    for (path, sheet) in &files {
        let Some(page) = poppler("pdftoppm", &["-r", "150", "-gray", "-f", "1", "-l", "1"], path) else {
            return;
        };
        let (width, height, dots) = greys(&page);
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| dots[y * width + x]);
        let codes = image.detect_grids();
        assert_eq!(codes.len(), 1, "{}", path.display());
        assert_eq!(codes[0].decode().expect("a QR code").1, sheet.url);
    }
    drop(folder);
}

/// Width, height and dots of a portable grey map.
fn greys(map: &[u8]) -> (usize, usize, &[u8]) {
    let mut rest = map;
    let mut word = || {
        let end = rest.iter().position(u8::is_ascii_whitespace).expect("a header");
        let (word, after) = rest.split_at(end);
        rest = &after[1..];
        std::str::from_utf8(word).expect("ASCII").to_owned()
    };
    assert_eq!(word(), "P5");
    let (width, height) = (word().parse().expect("a width"), word().parse().expect("a height"));
    assert_eq!(word(), "255");
    assert_eq!(rest.len(), width * height);
    (width, height, rest)
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    let sheet = usual(Language::Welsh);
    let bytes = certificate_pdf(&sheet).expect("a certificate");
    assert_eq!(bytes, certificate_pdf(&sheet).expect("a certificate"));
    assert!(bytes.len() < 60_000, "{}", bytes.len());
}

#[test]
fn an_address_that_fits_no_code_is_refused() {
    let sheet = Sheet { url: "x".repeat(5_000), ..usual(Language::English) };
    assert!(certificate_pdf(&sheet).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever people are called and write, there is a certificate that keeps to the standards.
    #[test]
    fn whatever_is_written_there_is_a_certificate(name in "\\PC{1,120}", host in "\\PC{0,120}", words in "(\\PC|\n){0,400}") {
        let mut facts = facts(&name, &host);
        facts.objectives = Some(words);
        prop_assert!(certificate_pdf(&certificate(Language::Welsh, facts)).is_ok());
    }
}
