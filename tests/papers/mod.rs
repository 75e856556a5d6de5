//! Papers as PDF before foreign readers: poppler, and pypdf by a script.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a program of poppler prints; none where it is missing, which is a failure where it is required.
pub fn poppler(program: &str, arguments: &[&str], file: &Path) -> Option<Vec<u8>> {
    let before: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != "-").collect();
    let mut command = Command::new(program);
    command.args(&before).arg(file);
    if before.len() < arguments.len() {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            let complaints = String::from_utf8_lossy(&output.stderr);
            // Poppler looks for a text where the standard (ISO 32000-1, table 321) has true or false.
            let complaints: Vec<&str> = complaints
                .lines()
                .filter(|line| !line.is_empty() && !line.contains("Suspects object"))
                .collect();
            assert!(complaints.is_empty(), "{program}: {complaints:?}");
            Some(output.stdout)
        }
        Err(error) => {
            assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_POPPLER").is_none(), "no {program}: {error}");
            skip!("papers are not read by poppler: {program}: {error}");
            None
        }
    }
}

pub fn poppler_text(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    poppler(program, arguments, file).map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
}

pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without spaces: a word or an address that is too long for a line is cut.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What is read aloud, in its order and without spaces; none where there is no poppler.
pub fn aloud(path: &Path) -> Option<String> {
    let structure = poppler_text("pdfinfo", &["-struct-text"], path)?;
    let quoted = structure
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"').and_then(|line| line.strip_suffix('"')));
    Some(bare(&quoted.collect::<String>()))
}

/// Both fonts are in the file, of each what is used.
pub fn has_its_fonts(path: &Path) {
    let Some(fonts) = poppler_text("pdffonts", &[], path) else { return };
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty() && rows.len().is_multiple_of(2), "{fonts}");
    for row in rows {
        // name, type (two words and more), encoding, embedded, subset, unicode, object
        let flags: Vec<&str> = row.split_whitespace().rev().skip(2).take(3).collect();
        assert_eq!(flags, ["yes", "yes", "yes"], "{row}");
        assert!(row.contains("DejaVuSerifCondensed"), "{row}");
    }
}

/// What pypdf finds in each file; none where it is missing, which is a failure where Python is required.
pub fn pypdf<'a>(files: impl Iterator<Item = &'a Path>) -> Option<Vec<Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_pdf.py");
    let output = match Command::new("python3").arg(script).args(files).output() {
        Ok(output) if output.status.success() => output,
        other => {
            let missing = match other {
                Ok(output) if output.status.code() == Some(3) => {
                    String::from_utf8_lossy(&output.stderr).into_owned()
                }
                Ok(output) => panic!("the judge failed: {}", String::from_utf8_lossy(&output.stderr)),
                Err(error) => error.to_string(),
            };
            assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(), "no pypdf: {missing}");
            skip!("papers are not read by pypdf: {missing}");
            return None;
        }
    };
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    Some(lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}
