//! Tables as workbooks (XLSX): typed days, times and numbers, a bold header that stays, a filter, and a sheet that says what
//! this is. Rows go to a temporary file one after the other, so that a long table takes no more memory than a short one.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, Look};

/// Rows of a sheet besides the header.
pub const MOST_ROWS: u32 = 1_048_575;
/// Characters of a cell.
const MOST_CHARACTERS: usize = 32_767;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum NoWorkbook {
    /// A sheet has no place for so many rows.
    #[error("a sheet has at most {MOST_ROWS} rows")]
    TooManyRows,
    /// Something else, as a temporary folder that is full.
    #[error(transparent)]
    Failed(#[from] XlsxError),
}

/// A workbook that is being written.
pub struct Table {
    workbook: Workbook,
    columns: u16,
    rows: u32,
    formats: Formats,
    scratch: String,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows).finish_non_exhaustive()
    }
}

struct Formats {
    bold: Format,
    date: Format,
    time: Format,
    date_time: Format,
    decimals: Format,
}

impl Table {
    /// Begins a workbook whose first sheet has this name and these columns.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn begin<'a>(name: &str, columns: impl IntoIterator<Item = &'a str>) -> Result<Self, NoWorkbook> {
        let mut workbook = Workbook::new();
        let formats = Formats {
            bold: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("hh:mm"),
            date_time: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            decimals: Format::new().set_num_format("0.00"),
        };
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        let mut count = 0;
        for column in columns {
            let width = u16::try_from(column.chars().count()).unwrap_or(40).clamp(12, 40);
            sheet.set_column_width(count, width)?;
            sheet.write_string_with_format(0, count, column, &formats.bold)?;
            count += 1;
        }
        Ok(Self { workbook, columns: count, rows: 0, formats, scratch: String::new() })
    }

    /// How many rows there are so far.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Appends a row.
    ///
    /// # Errors
    /// Too many rows; a temporary file that cannot be written.
    pub fn push<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), NoWorkbook> {
        if self.rows == MOST_ROWS {
            return Err(NoWorkbook::TooManyRows);
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in (0..).zip(cells) {
            write(sheet, (self.rows, column), &cell, &self.formats, &mut self.scratch)?;
        }
        Ok(())
    }

    /// Ends the table, adds the sheet *About* with lines of two cells, and writes everything out.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn end(
        mut self,
        about: &[(&str, String)],
        out: impl std::io::Write + Send,
    ) -> Result<(), NoWorkbook> {
        let (last, columns) = (self.rows, self.columns);
        let sheet = self.workbook.worksheet_from_index(0)?;
        if let Some(column) = columns.checked_sub(1) {
            sheet.autofilter(0, 0, last, column)?;
        }
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("About")?;
        sheet.set_column_width(0, 24)?;
        sheet.set_column_width(1, 60)?;
        for (row, (what, words)) in (0..).zip(about) {
            sheet.write_string_with_format(row, 0, *what, &self.formats.bold)?;
            sheet.write_string(row, 1, shortened(words))?;
        }
        Ok(self.workbook.save_to_writer(out)?)
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell<'_>,
    formats: &Formats,
    scratch: &mut String,
) -> Result<(), NoWorkbook> {
    match cell {
        Cell::Empty => {}
        // Always as text: a workbook knows formulas by another kind of cell.
        Cell::Text(text) => {
            sheet.write_string(row, column, shortened(text))?;
        }
        Cell::Code(code) => {
            sheet.write_string(row, column, shortened(code))?;
        }
        Cell::Date(day) => {
            sheet.write_datetime_with_format(row, column, date(*day)?, &formats.date)?;
        }
        Cell::Time(time) => {
            sheet.write_datetime_with_format(row, column, hours(*time)?, &formats.time)?;
        }
        Cell::At(day, time) => {
            let at = date(*day)?.and_hms(hour(*time), minute(*time), 0)?;
            sheet.write_datetime_with_format(row, column, at, &formats.date_time)?;
        }
        Cell::Whole(_) | Cell::Hundredths(_) => {
            scratch.clear();
            cell.write(&Look::iso(), scratch);
            // cannot fail: written as digits just before.
            let number = scratch.parse::<f64>().unwrap_or_default();
            if matches!(cell, Cell::Whole(_)) {
                sheet.write_number(row, column, number)?;
            } else {
                sheet.write_number_with_format(row, column, number, &formats.decimals)?;
            }
        }
    }
    Ok(())
}

/// As much of a text as a cell can hold.
fn shortened(text: &str) -> &str {
    // Characters are counted as UTF-16 has them.
    if text.len() <= MOST_CHARACTERS {
        return text;
    }
    let mut units = 0;
    for (place, character) in text.char_indices() {
        units += character.len_utf16();
        if units > MOST_CHARACTERS {
            return &text[..place];
        }
    }
    text
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let (month, of_month) = (u8::try_from(day.month()), u8::try_from(day.day()));
    ExcelDateTime::from_ymd(
        u16::try_from(day.year()).unwrap_or_default(),
        month.unwrap_or_default(),
        of_month.unwrap_or_default(),
    )
}

fn hours(time: NaiveTime) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_hms(hour(time), minute(time), 0)
}

fn hour(time: NaiveTime) -> u16 {
    u16::try_from(time.hour()).unwrap_or_default()
}

fn minute(time: NaiveTime) -> u8 {
    u8::try_from(time.minute()).unwrap_or_default()
}
