//! Records of CSV (RFC 4180): UTF-8, CRLF, quotation marks where they are needed, formulas defused.

use csv::{Terminator, WriterBuilder};

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
    /// Appends records.
    pub fn write<'a, R: IntoIterator<Item = Cell<'a>>>(
        &self,
        records: impl IntoIterator<Item = R>,
        out: &mut Vec<u8>,
    ) {
        let delimiter = self.delimiter.character();
        let mut builder = WriterBuilder::new();
        // Profiles decide how many cells a record has, and a table of cover has its own.
        builder.flexible(true).terminator(Terminator::CRLF).delimiter(delimiter);
        let mut writer = builder.from_writer(out);
        let mut text = String::new();
        let written = records.into_iter().try_for_each(|cells| {
            for cell in cells {
                match (&cell, self.formulas) {
                    (Cell::Text(text), Formulas::Escape) => {
                        writer.write_field(defused(text, char::from(delimiter)).as_bytes())?;
                    }
                    (Cell::Text(text), Formulas::Raw) => writer.write_field(text)?,
                    _ => {
                        text.clear();
                        cell.write(&self.look, &mut text);
                        writer.write_field(&text)?;
                    }
                }
            }
            writer.write_record(None::<&[u8]>)
        });
        // Memory takes everything.
        debug_assert!(written.is_ok());
    }
}
