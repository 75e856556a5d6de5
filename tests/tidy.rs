//! Holds the rules of the house: what may import what, headers, sizes, one clock, migration pairs, documented codes.
//!
//! A rule that is worth writing in `src/ARCHITECTURE.md` and that a program can check is checked here.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which layers each layer may import (src/ARCHITECTURE.md, "Layers").
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("files", &["domain"]),
    ("matching", &["domain", "files"]),
    ("verify", &["files"]),
    ("words", &["domain"]),
    ("calendar", &["domain"]),
    ("export", &["domain"]),
    ("import", &["domain"]),
    ("store", &["domain"]),
    (
        "services",
        &["domain", "calendar", "files", "verify", "matching", "export", "import", "store", "words"],
    ),
    ("mail", &["domain", "calendar", "words"]),
    ("http", &["domain", "services", "mail", "words"]),
    ("worker", &["domain", "services", "mail", "matching"]),
];

/// Where each crate that brings the outside in may be named.
const CRATES: &[(&str, &[&str])] = &[
    ("diesel", &["store"]),
    ("diesel_migrations", &["store"]),
    ("actix_web", &["http", "cli"]),
    ("lettre", &["mail"]),
    ("fluent_bundle", &["http"]),
    ("minijinja", &["mail", "http"]),
    ("utoipa", &["http"]),
    ("icu_normalizer", &["domain"]),
    ("icu_plurals", &["words"]),
    ("icu_locale_core", &["words"]),
    ("governor", &["http", "mail"]),
    ("config", &["cli"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("openidconnect", &["http"]),
    ("rustix", &["cli"]),
    ("rustls_native_certs", &["http", "worker"]),
    ("ureq", &["cli", "http", "worker"]),
    ("getrandom", &["services"]),
    ("aes_siv", &["store", "services"]),
    ("tracing", &["store", "services", "mail", "http", "worker", "cli"]),
];

/// Files of more than 500 lines, with the reason why they are not cut.
const LONG: &[(&str, &str)] =
    &[("src/store/schema.rs", "a list of all tables, which nobody reads from top to bottom")];
const MOST_LINES: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Path below the root, with slashes.
fn short(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/")
}

/// The code of a file: comments and string literals on one line taken out, so that words in them do not count.
fn code(path: &Path) -> String {
    fs::read_to_string(path)
        .expect("a file")
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The names that follow `crate::` or stand in the braces of `use crate::{…}`.
fn imported_layers(code: &str) -> BTreeSet<String> {
    let mut layers = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            layers.insert(name);
        }
    }
    layers
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (layer, allowed) in MAY_IMPORT {
        for path in rust_files(&root().join("src").join(layer)) {
            for imported in imported_layers(&code(&path)) {
                let is_layer = MAY_IMPORT.iter().any(|(name, _)| *name == imported) || imported == "cli";
                if is_layer && imported != *layer && !allowed.contains(&imported.as_str()) {
                    wrong.push(format!("{}: {layer} may not import {imported}", short(&path)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_a_layer_with_a_rule() {
    let known: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).chain(["cli"]).collect();
    for entry in fs::read_dir(root().join("src")).expect("src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(known.contains(name.as_str()), "src/{name} has no rule in tests/tidy.rs");
        }
    }
}

#[test]
fn the_outside_comes_in_through_one_door_each() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let name = short(&path);
        let layer = name.split('/').nth(1).unwrap_or_default().to_owned();
        let text = code(&path);
        for (krate, doors) in CRATES {
            let named = text
                .match_indices(&format!("{krate}::"))
                .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !doors.contains(&layer.as_str()) {
                wrong.push(format!("{name}: {krate} belongs to {}", doors.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests")));
    for path in files {
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.starts_with("//! "), "{} has no //! header", short(&path));
    }
}

#[test]
fn no_file_is_too_long_to_read_at_once() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let lines = fs::read_to_string(&path).expect("a file").lines().count();
        let name = short(&path);
        match LONG.iter().find(|(long, _)| *long == name) {
            Some(_) => assert!(lines > MOST_LINES, "{name} is short now: take it off the list"),
            None if lines > MOST_LINES => wrong.push(format!("{name} has {lines} lines")),
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_clock_is_read_in_one_file() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let name = short(&path);
        if name == "src/services/clock.rs" {
            continue;
        }
        for reading in ["Utc::now", "Local::now", "SystemTime::now", "Instant::now"] {
            if code(&path).contains(reading) {
                wrong.push(format!("{name} reads {reading}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_databases_have_the_same_migrations_with_a_way_back() {
    let names = |database: &str| -> BTreeSet<String> {
        fs::read_dir(root().join("migrations").join(database))
            .expect("migrations")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(!sqlite.is_empty());
    for database in ["sqlite", "postgres"] {
        for name in &sqlite {
            for file in ["up.sql", "down.sql"] {
                let path = root().join("migrations").join(database).join(name).join(file);
                assert!(path.exists(), "{} is missing", short(&path));
            }
        }
    }
}

#[test]
fn every_problem_code_is_documented() {
    let documented = fs::read_to_string(root().join("docs/problems.md")).expect("docs/problems.md");
    let mut codes = BTreeSet::new();
    for file in ["src/services/error.rs", "src/domain/refusal.rs"] {
        let text = fs::read_to_string(root().join(file)).expect("a file");
        // The codes are the literals behind the arrows of the two `code` functions.
        for (_, after) in text.match_indices("=> \"").map(|(at, arrow)| text.split_at(at + arrow.len())) {
            codes.insert(after.split('"').next().unwrap_or_default().to_owned());
        }
    }
    assert!(codes.len() > 15, "the codes were not found: {codes:?}");
    let missing: Vec<&String> =
        codes.iter().filter(|code| !documented.contains(&format!("\n## {code}\n"))).collect();
    assert!(missing.is_empty(), "not in docs/problems.md: {missing:?}");
}

#[test]
fn every_test_that_security_rests_on_is_there() {
    let told = fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md");
    let named: BTreeSet<(&str, &str)> =
        told.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect();
    assert!(named.len() > 20, "{named:?}");
    let files: Vec<PathBuf> =
        ["src", "tests"].iter().flat_map(|folder| rust_files(&root().join(folder))).collect();
    for (file, function) in named {
        let is_there = files.iter().any(|path| {
            path.file_stem().is_some_and(|stem| stem == file)
                && fs::read_to_string(path).expect("a file").contains(&format!("fn {function}()"))
        });
        assert!(is_there, "SECURITY.md names {file}::{function}, which is no test");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let read = |file: &str| fs::read_to_string(root().join(file)).expect("a file");
    let manifest = read("Cargo.toml");
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").expect("dependencies");
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    let used: BTreeSet<&str> =
        dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let told = read("src/ARCHITECTURE.md");
    let (_, table) = told.split_once("\n### Dependencies\n").expect("the table");
    let reasons: BTreeSet<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| crate "))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|names| names.split(',').map(str::trim))
        .collect();
    assert_eq!(used, reasons, "Cargo.toml and the table of src/ARCHITECTURE.md");
}

#[test]
fn rust_and_a_c_compiler_are_enough() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    // Each of these is a build step that needs cmake, clang, perl or a system library.
    for asks_for_more in
        ["cmake", "bindgen", "clang-sys", "openssl-sys", "openssl-src", "aws-lc-sys", "protobuf-src"]
    {
        let locked = lock.contains(&format!("name = \"{asks_for_more}\"\n"));
        assert!(
            !locked,
            "{asks_for_more} is a dependency: a newcomer would need more than Rust and a C compiler"
        );
    }
}

#[test]
fn nothing_is_left_half_done() {
    let mut wrong = Vec::new();
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!(")];
    for path in rust_files(&root().join("src")).into_iter().chain(rust_files(&root().join("tests"))) {
        let text = fs::read_to_string(&path).expect("a file");
        for mark in marks {
            if text.contains(mark) {
                wrong.push(format!("{} has {mark}", short(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
