//! The first sheet of an Excel workbook (XLSX) as CSV text, so that there is one reader of tables.
//!
//! Cells come as what they mean, not as what Excel shows: dates as 2027-03-01, times as 09:00, whole numbers without a
//! fraction. Of a formula its last result is taken.

use std::io::{self, Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use super::table::MOST_BYTES;

/// A sheet as CSV text with commas, one record for each row of the sheet, and the sheet's name.
pub(super) struct Sheet {
    pub(super) text: String,
    pub(super) name: String,
}

/// More columns than any list has: a stray mark far to the right would make every row as wide.
const MOST_COLUMNS: u32 = 1_000;

/// Five times the text that is taken: XML takes room, too.
const MOST_UNPACKED: u64 = 500_000_000;

/// Refuses a workbook that is small only while it is packed: calamine holds all its texts in memory before it gives the
/// first cell. What the archive says of its sizes may be untrue, so it is unpacked once, into nothing.
fn refuse_bomb(bytes: &[u8], most: u64) -> Result<(), String> {
    let unreadable = |error: &dyn std::error::Error| format!("cannot be read as an Excel workbook: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut left = most;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(|error| unreadable(&error))?;
        let unpacked =
            io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|error| unreadable(&error))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| format!("holds more than {} MB when it is unpacked", most / 1_000_000))?;
    }
    Ok(())
}

/// Reads the first sheet.
pub(super) fn read_first_sheet(bytes: Vec<u8>) -> Result<Sheet, String> {
    refuse_bomb(&bytes, MOST_UNPACKED)?;
    let unreadable = |error: calamine::XlsxError| format!("cannot be read as an Excel workbook: {error}");
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let name = workbook.sheet_names().first().cloned().ok_or("has no sheet")?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let (mut row, mut record, mut width, mut bytes) = (0, Vec::new(), 1, 0);
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (at, column) = cell.get_position();
        let value = text_of(cell.get_value());
        if value.is_empty() || column >= MOST_COLUMNS {
            continue;
        }
        bytes += value.len();
        while row < at {
            width = width.max(record.len());
            // Empty rows count too, and each is as many bytes.
            bytes += width;
            write(&mut writer, &mut record, width)?;
            row += 1;
            if bytes > MOST_BYTES {
                return Err(format!("holds more than {} MB of text", MOST_BYTES / 1_000_000));
            }
        }
        let column = usize::try_from(column).map_err(|error| error.to_string())?;
        record.resize(column.max(record.len()), String::new());
        record.push(value);
    }
    width = width.max(record.len());
    write(&mut writer, &mut record, width)?;
    let text = writer.into_inner().map_err(|error| error.to_string())?;
    Ok(Sheet { text: String::from_utf8(text).map_err(|error| error.to_string())?, name })
}

/// Cells that are empty at the end of a row are not in the file: rows are as wide as those above.
fn write(writer: &mut csv::Writer<Vec<u8>>, record: &mut Vec<String>, width: usize) -> Result<(), String> {
    record.resize(width.max(record.len()), String::new());
    writer.write_record(&*record).map_err(|error| error.to_string())?;
    record.clear();
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "yes".to_owned(),
        DataRef::Bool(false) => "no".to_owned(),
        DataRef::DateTime(moment) => text_of_moment(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A date, a time of day, or both, as far as the cell says.
fn text_of_moment(moment: &calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
    let days = moment.as_f64();
    let (has_date, has_time) = (days >= 1.0, days.fract() != 0.0);
    match (has_date, has_time) {
        (true, false) => format!("{year:04}-{month:02}-{day:02}"),
        (true, true) => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"),
        (false, _) => format!("{hour:02}:{minute:02}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_workbook_that_is_small_only_while_it_is_packed_is_refused() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for part in ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"] {
            archive.start_file(part, options).expect("a part");
            archive.write_all(&vec![b' '; 1_000_000]).expect("a megabyte");
        }
        let bytes = archive.finish().expect("an archive").into_inner();
        assert!(bytes.len() < 10_000, "{} bytes", bytes.len());
        let refused = refuse_bomb(&bytes, 1_999_999).expect_err("two megabytes");
        assert!(refused.contains("MB when it is unpacked"), "{refused}");
        assert_eq!(refuse_bomb(&bytes, 2_000_000), Ok(()));
    }
}
