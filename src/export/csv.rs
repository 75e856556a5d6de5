//! Records of CSV (RFC 4180): UTF-8, CRLF, quotation marks where they are needed, formulas defused.
//!
//! Written by hand instead of by the csv crate for one rule: a cell that holds any program's delimiter is quoted, not only
//! one that holds ours. A spreadsheet set to semicolons would cut `a;=1` in two, and run the second.

use super::cell::{Cell, Look};
use super::formula::defused;
use crate::domain::schedule::Delimiter;
use crate::domain::states::named;

named! {
    /// What is done with a cell that a spreadsheet would run.
    Formulas {
        /// It gets an apostrophe.
        Escape = "escape",
        /// Nothing: for programs that take the file as it is.
        Raw = "raw",
    }
}

/// How records are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvForm {
    /// Between cells.
    pub delimiter: Delimiter,
    /// Cells that look like formulas.
    pub formulas: Formulas,
    /// Days and times.
    pub look: Look,
}

/// What a file begins with.
pub const MARK: &[u8] = "\u{FEFF}".as_bytes();

impl CsvForm {
    /// Appends a record. `scratch` is memory to work in.
    pub fn push<'a>(
        &self,
        cells: impl IntoIterator<Item = Cell<'a>>,
        scratch: &mut String,
        out: &mut Vec<u8>,
    ) {
        let mut is_first = true;
        for cell in cells {
            if !is_first {
                let mut bytes = [0; 4];
                out.extend_from_slice(self.delimiter.character().encode_utf8(&mut bytes).as_bytes());
            }
            is_first = false;
            match (&cell, self.formulas) {
                (Cell::Text(text), Formulas::Escape) => quote(&defused(text), out),
                (Cell::Text(text), Formulas::Raw) => quote(text, out),
                _ => {
                    scratch.clear();
                    cell.write(&self.look, scratch);
                    quote(scratch, out);
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn quote(cell: &str, out: &mut Vec<u8>) {
    if !cell.bytes().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\r' | b'\n')) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
