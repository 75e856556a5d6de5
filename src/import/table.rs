//! One reader of tables for every kind of list: CSV in whatever encoding and with whatever separator, or XLSX.
//!
//! A table is held as text once; its rows are read again as often as they are needed, one after another, so that memory
//! is bounded by the size of the file.

use csv::StringRecord;

use super::encoding::{Decoded, decode};
use super::workbook::{Sheet, read_first_sheet};
use super::{Loss, RowFault};

/// The largest file that is read, in bytes: some five times what a list of 100,000 people takes.
pub const MOST_BYTES: usize = 100_000_000;
/// What separates cells, in the order in which it is tried.
const SEPARATORS: [(u8, &str); 3] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];

/// A table as it stands in a file.
#[derive(Debug, Clone)]
pub struct Table {
    text: String,
    separator: u8,
    form: String,
    places: Places,
}

/// What a row's number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    /// Lines of the file, as an editor shows them: a row with line breaks in it is several.
    Lines,
    /// Rows of the sheet.
    Rows,
}

impl Table {
    /// Recognises what a file is and reads its text.
    ///
    /// # Errors
    /// What is no table, with what to do.
    pub fn read(bytes: Vec<u8>) -> Result<Self, RowFault> {
        let refused = |rule: String| RowFault {
            line: 1,
            column: "file".to_owned(),
            value: String::new(),
            rule,
            loss: Loss::List,
        };
        if bytes.len() > MOST_BYTES {
            return Err(refused(format!("must have at most {} MB", MOST_BYTES / 1_000_000)));
        }
        if bytes.starts_with(b"PK\x03\x04") {
            let Sheet { text, name } = read_first_sheet(bytes).map_err(refused)?;
            let form = format!("XLSX, sheet “{name}”");
            return Ok(Self { text, separator: b',', form, places: Places::Rows });
        }
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(refused("is an old Excel workbook: save it as XLSX or CSV".to_owned()));
        }
        if bytes.starts_with(b"%PDF") {
            return Err(refused("is a PDF: tables are read from CSV or XLSX".to_owned()));
        }
        let Decoded { text, encoding } = decode(bytes);
        let (separator, words) = separator_of(&text);
        let form = format!("CSV, {encoding}, separated by {words}");
        Ok(Self { text, separator, form, places: Places::Lines })
    }

    /// What the file is, for people: `CSV, Windows-1252, separated by semicolons`.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// The rows, beginning with the header.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            places: self.places,
            text: self.text.as_bytes(),
            reader: self.reader(),
            record: StringRecord::new(),
            at: 0,
            line: 1,
            number: 0,
        }
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        reader_of(&self.text, self.separator)
    }
}

fn reader_of(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.flexible(true).has_headers(false).delimiter(separator).from_reader(text.as_bytes())
}

/// What makes most cells of the header.
fn separator_of(text: &str) -> (u8, &'static str) {
    let cells = |separator: u8| {
        let mut header = StringRecord::new();
        match reader_of(text, separator).read_record(&mut header) {
            Ok(true) => header.len(),
            Ok(false) | Err(_) => 0,
        }
    };
    let mut best = (SEPARATORS[0], cells(SEPARATORS[0].0));
    for separator in &SEPARATORS[1..] {
        let found = cells(separator.0);
        if found > best.1 {
            best = (*separator, found);
        }
    }
    best.0
}

/// The rows of a table, one after another.
pub(super) struct Rows<'t> {
    places: Places,
    text: &'t [u8],
    reader: csv::Reader<&'t [u8]>,
    record: StringRecord,
    at: usize,
    line: u64,
    number: u64,
}

/// One row and where it stands.
pub(super) struct TableRow<'r> {
    pub(super) record: &'r StringRecord,
    pub(super) first_line: u64,
    pub(super) last_line: u64,
}

impl Rows<'_> {
    /// The next row that holds anything; none at the end.
    pub(super) fn next_row(&mut self) -> Option<TableRow<'_>> {
        loop {
            // Reading from memory, with text that is UTF-8 and rows of any length, has no other end than the list's.
            if !self.reader.read_record(&mut self.record).unwrap_or(false) {
                return None;
            }
            self.number += 1;
            let (first_line, last_line) = match self.places {
                Places::Lines => self.lines(),
                Places::Rows => (self.number, self.number),
            };
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(TableRow { record: &self.record, first_line, last_line });
            }
        }
    }

    /// First and last line of the record that was read, counted as an editor does: the csv crate's own count is that
    /// before the empty lines it skips.
    fn lines(&mut self) -> (u64, u64) {
        let place = |position: &csv::Position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.text.len())
        };
        let end = place(self.reader.position());
        let whole = &self.text[self.record.position().map_or(end, place)..end];
        let begin = end - whole.trim_ascii_start().len();
        let breaks = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>();
        self.line += breaks(&self.text[self.at.min(begin)..begin]);
        self.at = begin;
        (self.line, self.line + breaks(self.text[begin..end].trim_ascii_end()))
    }
}
