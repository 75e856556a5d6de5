//! Reads a list of libraries. Columns are found by name; more columns than needed do no harm.

use std::collections::HashMap;
use std::str::FromStr;

use csv::StringRecord;

use super::{Import, LibraryRow, ListedStatus, Loss, RowFault};
use crate::domain::fault::{Rule, maybe, shortened};
use crate::domain::place::{Point, Postcode};
use crate::domain::states::LibraryStatus;
use crate::domain::text::Name;

const REQUIRED: [&str; 4] = ["id", "name", "sector", "operator"];
const OPTIONAL: [&str; 7] =
    ["address", "postcode", "country", "latitude", "longitude", "status", "opening_hours"];
/// Countries with British postcodes, as lists name them.
const BRITISH: [&str; 8] =
    ["England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "United Kingdom", "UK", "GB"];

/// Reads a list of libraries: CSV in UTF-8 with a header. Never fails as a whole: what is wrong is in the faults.
pub fn read_libraries(bytes: &[u8]) -> Import {
    // Bytes that are no UTF-8 become U+FFFD here, which the rule of names refuses where it matters.
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut import = Import::default();
    let header = reader.headers().cloned().unwrap_or_default();
    let Some(columns) = find_columns(&header, &mut import.faults) else {
        return import;
    };
    let mut first_lines: HashMap<String, u64> = HashMap::new();
    let mut record = StringRecord::new();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    // Reading from memory, with text that is UTF-8 and rows of any length, has no other end than the list's.
    while reader.read_record(&mut record).unwrap_or(false) {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        import.read += 1;
        let (line, last_line) = lines.of_record(&record, reader.position());
        let mut row = Row { line, record: &record, columns: &columns, faults: &mut import.faults };
        if record.len() != header.len() {
            row.report_length(header.len(), last_line);
            continue;
        }
        let status = row.status();
        let library = row.library(status);
        let reference = row.cell("id").to_owned();
        if let Some(first) = first_lines.get(&reference).filter(|_| !reference.is_empty()) {
            row.report("id", Rule::new(format!("is the id of line {first} too: ids must differ")), Loss::Row);
            continue;
        }
        first_lines.insert(reference, line);
        if let (Some(library), Some(status)) = (library, status) {
            import.closed += usize::from(library.status == LibraryStatus::Closed);
            import.unverified += usize::from(status == ListedStatus::Unverified);
            import.without_point += usize::from(library.point.is_none());
            import.rows.push(library);
        }
    }
    import
}

/// An address without the postcode at its end: it has a place of its own, and would be printed twice.
fn without(address: String, postcode: Option<&Postcode>) -> Option<String> {
    let rest = postcode.and_then(|postcode| address.strip_suffix(postcode.as_str()));
    // Only a whole word is the postcode: "WR1 3PB" does not end "XWR1 3PB".
    match rest.filter(|rest| !rest.ends_with(char::is_alphanumeric)) {
        Some(rest) => {
            let rest = rest.trim_end_matches([',', ' ']);
            (!rest.is_empty()).then(|| rest.to_owned())
        }
        None => Some(address),
    }
}

/// Counts lines as an editor shows them: the csv crate's own count is that before the empty lines it skips.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// First and last line of the record that ends before `next`.
    fn of_record(&mut self, record: &StringRecord, next: &csv::Position) -> (u64, u64) {
        let place = |position: &csv::Position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.text.len())
        };
        let end = place(next);
        let whole = &self.text[record.position().map_or(end, place)..end];
        let begin = end - whole.trim_ascii_start().len();
        let breaks = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').map(|_| 1).sum::<u64>();
        self.line += breaks(&self.text[self.at..begin]);
        self.at = begin;
        (self.line, self.line + breaks(self.text[begin..end].trim_ascii_end()))
    }
}

/// Where each known column stands; none when a required one is missing.
fn find_columns(header: &StringRecord, faults: &mut Vec<RowFault>) -> Option<HashMap<&'static str, usize>> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    let unknown: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !REQUIRED.contains(name) && !OPTIONAL.contains(name))
        .collect();
    let mut columns = HashMap::new();
    let mut complete = true;
    for column in REQUIRED.into_iter().chain(OPTIONAL) {
        let mut places = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(n, _)| n);
        let (place, again) = (places.next(), places.next());
        let needed = REQUIRED.contains(&column);
        let hint = maybe(column, unknown.iter().copied());
        let (rule, loss) = match place {
            Some(_) if again.is_some() => ("stands in the header twice".to_owned(), Loss::List),
            Some(place) => {
                columns.insert(column, place);
                continue;
            }
            None if needed => (format!("this column is missing{hint}"), Loss::List),
            None if hint.is_empty() => continue,
            None => {
                (format!("this column is missing{hint}: every library is taken without it"), Loss::Nothing)
            }
        };
        complete &= loss != Loss::List;
        faults.push(RowFault { line: 1, column, value: String::new(), rule, loss });
    }
    let first_line = header.iter().next().unwrap_or_default();
    if !complete && header.len() == 1 && first_line.contains([';', '\t']) {
        faults.push(RowFault {
            line: 1,
            column: "row",
            value: shortened(first_line),
            rule: "is one column: columns must be separated by commas, not by semicolons or tabs".to_owned(),
            loss: Loss::List,
        });
    }
    complete.then_some(columns)
}

/// One row while it is read.
struct Row<'a> {
    line: u64,
    record: &'a StringRecord,
    columns: &'a HashMap<&'static str, usize>,
    faults: &'a mut Vec<RowFault>,
}

impl Row<'_> {
    /// The trimmed cell; empty where the list has no such column.
    fn cell(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default().trim()
    }

    fn report(&mut self, column: &'static str, rule: Rule, loss: Loss) {
        let value = shortened(self.cell(column));
        self.faults.push(RowFault { line: self.line, column, value, rule: rule.0.into_owned(), loss });
    }

    /// A row of another length than the header has its values under wrong names.
    fn report_length(&mut self, expected: usize, last_line: u64) {
        let found = self.record.len();
        let hint = if last_line > self.line {
            format!(" and runs to line {last_line} (maybe a quotation mark is missing)")
        } else if found > expected {
            " (maybe a cell with a comma needs quotation marks)".to_owned()
        } else {
            String::new()
        };
        let rule = format!("has {found} cells where the header has {expected}{hint}");
        self.report("row", Rule::new(rule), Loss::Row);
    }

    /// A value without which the row is worth nothing.
    fn needed<T: FromStr<Err = Rule>>(&mut self, column: &'static str) -> Option<T> {
        self.cell(column).parse().map_err(|rule: Rule| self.report(column, rule, Loss::Row)).ok()
    }

    /// A value that may be absent: a wrong one is reported and left out.
    fn wanted<T: FromStr<Err = Rule>>(&mut self, column: &'static str) -> Option<T> {
        if self.cell(column).is_empty() {
            return None;
        }
        self.cell(column).parse().map_err(|rule: Rule| self.report(column, rule, Loss::Value)).ok()
    }

    /// A status that nobody knows drops the row: the library may be gone, and people would be sent there.
    fn status(&mut self) -> Option<ListedStatus> {
        match self.cell("status").to_lowercase().as_str() {
            "" => Some(ListedStatus::Open),
            status => status.parse().map_err(|rule: Rule| self.report("status", rule, Loss::Row)).ok(),
        }
    }

    fn library(&mut self, status: Option<ListedStatus>) -> Option<LibraryRow> {
        // Everything is read before anything is given up, so that a row is mended once.
        let reference: Option<Name> = self.needed("id");
        let name = self.needed("name");
        let sector = self
            .cell("sector")
            .to_lowercase()
            .parse()
            .map_err(|rule: Rule| self.report("sector", rule, Loss::Row))
            .ok();
        let employer = self.needed("operator");
        let address = self.address();
        let country: Option<Name> = self.wanted("country");
        let british = BRITISH.iter().any(|name| name.eq_ignore_ascii_case(self.cell("country")));
        // Without a country a postcode is taken for British, as the time zone is.
        let postcode: Option<Postcode> =
            if british || self.cell("country").is_empty() { self.wanted("postcode") } else { None };
        let point = self.point(british);
        let opening_hours = self.wanted("opening_hours");
        Some(LibraryRow {
            reference: reference?.to_string(),
            name: name?,
            sector: sector?,
            employer: employer?,
            address: address.and_then(|address| without(address, postcode.as_ref())),
            postcode,
            country: country.map(|country| country.to_string()),
            point,
            status: match status? {
                ListedStatus::Open | ListedStatus::Unverified => LibraryStatus::Open,
                ListedStatus::TemporarilyClosed | ListedStatus::Closed => LibraryStatus::Closed,
            },
            opening_hours,
        })
    }

    /// The address on one line: lists write its lines under each other, and pad them.
    fn address(&mut self) -> Option<String> {
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> =
            self.cell("address").lines().map(line).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return None;
        }
        match lines.join(", ").replace(",, ", ", ").parse::<Name>() {
            Ok(address) => Some(address.to_string()),
            Err(rule) => {
                self.report("address", rule, Loss::Value);
                None
            }
        }
    }

    /// The point on the map. A British one must lie in Great Britain or Northern Ireland: a wrong point is a wrong
    /// distance for everybody, which is worse than none.
    fn point(&mut self, british: bool) -> Option<Point> {
        let degrees = |text: &str| text.parse::<f64>().ok();
        let (latitude, longitude) = (self.cell("latitude"), self.cell("longitude"));
        let (column, rule) = match (latitude.is_empty(), longitude.is_empty()) {
            (true, true) => return None,
            (true, false) => ("latitude", Rule::of("is missing where there is a longitude")),
            (false, true) => ("longitude", Rule::of("is missing where there is a latitude")),
            (false, false) => match (degrees(latitude), degrees(longitude)) {
                (None, _) => ("latitude", Rule::of("must be degrees like 52.1936")),
                (Some(_), None) => ("longitude", Rule::of("must be degrees like -2.2216")),
                (Some(latitude), Some(longitude)) => match point_on_map(latitude, longitude, british) {
                    Ok(point) => return Some(point),
                    Err(rule) => ("latitude", rule),
                },
            },
        };
        self.report(column, rule, Loss::Value);
        None
    }
}

fn point_on_map(latitude: f64, longitude: f64, british: bool) -> Result<Point, Rule> {
    // Shetland to Scilly, Fermanagh to Lowestoft.
    let lies_there =
        |latitude, longitude| (49.8..=60.9).contains(&latitude) && (-8.7..=1.8).contains(&longitude);
    let point = Point::new(latitude, longitude)?;
    if !british || lies_there(latitude, longitude) {
        return Ok(point);
    }
    let hint =
        if lies_there(longitude, latitude) { " (maybe latitude and longitude are swapped)" } else { "" };
    Err(Rule::new(format!("{latitude}, {longitude} lies outside the United Kingdom{hint}")))
}
