//! Profiles: which columns a program of HR wants, in which order, and how it reads them. Data, not code: `config/profiles`.
//!
//! That a file has the columns which a vendor has published can be shown here; that the vendor's program takes it cannot.

use serde::Deserialize;

use super::cell::{Cell, Look};
use super::csv::{CsvForm, Formulas};
use super::field::{CANONICAL, Field, Sign, Unit};
use crate::domain::fault::{Fault, Faults, Rule};
use crate::domain::schedule::{AbsenceCode, Bom, Delimiter, ScheduleRow};
use crate::domain::states::named;

named! {
    /// Who reads the files of a profile.
    Reader {
        /// Somebody with a spreadsheet.
        People = "people",
        /// A program, which takes cells as they are.
        Machine = "machine",
    }
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A field of the row.
    Field(Field),
    /// The same in each row.
    Value(String),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What its header says.
    pub name: String,
    /// What it holds.
    pub source: Source,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Where the columns are documented, if anywhere.
    pub documented_at: Option<String>,
    /// Who reads its files.
    pub reader: Reader,
    /// Whether files begin with a byte order mark.
    pub bom: Bom,
    /// Whether the first record names the columns.
    pub has_header: bool,
    /// How records are written.
    pub form: CsvForm,
    /// In what absences are counted.
    pub unit: Unit,
    /// With which sign.
    pub sign: Sign,
    /// Under what they are booked, where that is not the installation's.
    pub absence_code: Option<AbsenceCode>,
    /// The columns in their order, at least one.
    pub columns: Vec<Column>,
}

/// As it stands in the file; every value is judged afterwards, so that all faults are told at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    about: String,
    documented_at: Option<String>,
    reader: String,
    bom: Option<String>,
    header: Option<bool>,
    delimiter: Option<String>,
    formulas: Option<String>,
    date_format: Option<String>,
    time_format: Option<String>,
    date_time_format: Option<String>,
    unit: Option<String>,
    sign: Option<String>,
    absence_code: Option<String>,
    columns: Vec<WrittenColumn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    name: String,
    from: Option<String>,
    value: Option<String>,
}

/// The profiles that every installation has.
const BUILT_IN: &[&str] = &[
    include_str!("../../config/profiles/generic.toml"),
    include_str!("../../config/profiles/generic-machine.toml"),
    include_str!("../../config/profiles/bamboohr.toml"),
    include_str!("../../config/profiles/sap-successfactors.toml"),
    include_str!("../../config/profiles/ukg.toml"),
    include_str!("../../config/profiles/arcoro.toml"),
    include_str!("../../config/profiles/zellis.toml"),
];

/// Most columns of a profile.
const MOST_COLUMNS: usize = 200;

impl Profile {
    /// The schedule's own columns for people: the profile where none is named.
    pub fn generic() -> Self {
        Self {
            name: "generic".to_owned(),
            about: "The columns of the schedule, for people.".to_owned(),
            documented_at: None,
            reader: Reader::People,
            bom: Bom::Auto,
            has_header: true,
            form: CsvForm { delimiter: Delimiter::Comma, formulas: Formulas::Escape, look: Look::iso() },
            unit: Unit::Hours,
            sign: Sign::Plus,
            absence_code: None,
            columns: Field::ALL
                .iter()
                .take(CANONICAL)
                .map(|field| Column { name: field.as_str().to_owned(), source: Source::Field(*field) })
                .collect(),
        }
    }

    /// Those that every installation has.
    pub fn built_in() -> impl Iterator<Item = Self> {
        // A test reads each of them.
        BUILT_IN.iter().filter_map(|text| Self::read(text).ok())
    }

    /// The one of them with this name.
    ///
    /// # Errors
    /// The names that there are.
    pub fn named(name: &str) -> Result<Self, Rule> {
        let all: Vec<Self> = Self::built_in().collect();
        let names: Vec<String> = all.iter().map(|profile| profile.name.clone()).collect();
        all.into_iter().find(|profile| profile.name == name).ok_or_else(|| {
            let maybe = crate::domain::fault::maybe(name, names.iter().map(String::as_str));
            Rule::new(format!("must be one of {}{maybe}", names.join(", ")))
        })
    }

    /// Reads a profile (TOML).
    ///
    /// # Errors
    /// Everything that is wrong with it; a column that holds what there is not names those that there are.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let written: Written = toml::from_str(text).map_err(|error| {
            vec![Fault {
                pointer: String::new(),
                value: String::new(),
                rule: error.to_string().trim().to_owned(),
            }]
        })?;
        let faults = Faults::default();
        let profile = judge(written, &faults);
        faults.into_result(profile)
    }

    /// The record that names the columns, where there is one.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        if self.has_header {
            let names = self.columns.iter().map(|column| Cell::Text(&column.name));
            self.form.write([names], out);
        }
    }

    /// Appends rows.
    pub fn write_rows(&self, rows: &[ScheduleRow], out: &mut Vec<u8>) {
        self.form.write(rows.iter().map(|row| self.cells(row)), out);
    }

    /// The cells of a row in the order of the columns.
    pub fn cells<'a>(&'a self, row: &'a ScheduleRow) -> impl Iterator<Item = Cell<'a>> {
        self.columns.iter().map(|column| match &column.source {
            Source::Field(field) => field.of(row, self.unit, self.sign),
            Source::Value(text) => Cell::Text(text),
        })
    }
}

fn parsed<T: std::str::FromStr<Err = Rule>>(
    faults: &Faults,
    (pointer, text): (&str, Option<&str>),
    usual: T,
) -> Option<T> {
    let Some(text) = text else { return Some(usual) };
    text.parse().map_err(|rule| faults.add(pointer, text, rule)).ok()
}

fn judge(written: Written, faults: &Faults) -> Option<Profile> {
    let reader: Option<Reader> =
        written.reader.parse().map_err(|rule| faults.add("/reader", &written.reader, rule)).ok();
    let bom = parsed(faults, ("/bom", written.bom.as_deref()), Bom::Auto);
    let delimiter = parsed(faults, ("/delimiter", written.delimiter.as_deref()), Delimiter::Comma);
    let formulas = parsed(faults, ("/formulas", written.formulas.as_deref()), Formulas::Escape);
    let unit = parsed(faults, ("/unit", written.unit.as_deref()), Unit::Hours);
    let sign = parsed(faults, ("/sign", written.sign.as_deref()), Sign::Plus);
    let absence_code = match written.absence_code.as_deref().map(|text| (text, text.parse())) {
        None => Some(None),
        Some((_, Ok(code))) => Some(Some(code)),
        Some((text, Err(rule))) => {
            faults.add("/absence_code", text, rule);
            None
        }
    };
    if formulas == Some(Formulas::Raw) && reader == Some(Reader::People) {
        let words =
            "must be `escape` where people read the file: a spreadsheet would run what begins with `=`";
        faults.add("/formulas", "raw", words);
    }
    let iso = Look::iso();
    let date = format(faults, ("/date_format", written.date_format), iso.date, "Ymdybj");
    let time = format(faults, ("/time_format", written.time_format), iso.time, "HMSIp");
    let date_time =
        format(faults, ("/date_time_format", written.date_time_format), iso.date_time, "YmdybjHMSIp");
    let name = one_line(faults, "/name", written.name);
    if written.columns.is_empty() || written.columns.len() > MOST_COLUMNS {
        let words = format!("must have 1 to {MOST_COLUMNS} columns");
        faults.add("/columns", written.columns.len().to_string(), words);
    }
    let columns: Vec<Option<Column>> =
        written.columns.into_iter().enumerate().map(|(n, column)| judge_column(faults, n, column)).collect();
    Some(Profile {
        name: name?,
        about: written.about,
        documented_at: written.documented_at,
        reader: reader?,
        bom: bom?,
        has_header: written.header.unwrap_or(true),
        form: CsvForm {
            delimiter: delimiter?,
            formulas: formulas?,
            look: Look { date: date?, time: time?, date_time: date_time? },
        },
        unit: unit?,
        sign: sign?,
        absence_code: absence_code?,
        columns: columns.into_iter().collect::<Option<_>>()?,
    })
}

fn judge_column(faults: &Faults, n: usize, column: WrittenColumn) -> Option<Column> {
    let pointer = format!("/columns/{n}");
    let source = match (column.from, column.value) {
        (Some(from), None) => match from.parse() {
            Ok(field) => Some(Source::Field(field)),
            Err(rule) => {
                faults.add(format!("{pointer}/from"), &from, rule);
                None
            }
        },
        (None, Some(value)) => {
            one_line_or_empty(faults, &format!("{pointer}/value"), value).map(Source::Value)
        }
        (Some(_), Some(_)) | (None, None) => {
            let words = "must have either `from`, a field of the row, or `value`, the same text in each row";
            faults.add(pointer.clone(), &column.name, words);
            None
        }
    };
    let name = one_line(faults, &format!("{pointer}/name"), column.name);
    Some(Column { name: name?, source: source? })
}

fn one_line(faults: &Faults, pointer: &str, text: String) -> Option<String> {
    if text.trim().is_empty() {
        faults.add(pointer, text, "must not be empty");
        return None;
    }
    one_line_or_empty(faults, pointer, text)
}

fn one_line_or_empty(faults: &Faults, pointer: &str, text: String) -> Option<String> {
    if text.contains(char::is_control) {
        faults.add(pointer, text, "must have no control characters");
        return None;
    }
    Some(text)
}

/// A format of days or times of which every `%` code is one of these.
fn format(
    faults: &Faults,
    (pointer, text): (&str, Option<String>),
    usual: String,
    codes: &str,
) -> Option<String> {
    let Some(text) = text else { return Some(usual) };
    let mut letters = text.chars();
    let mut right = text.contains('%') && text.len() <= 40;
    while let Some(letter) = letters.next() {
        right &= match letter {
            '%' => letters.next().is_some_and(|code| codes.contains(code)),
            other => other.is_ascii_alphanumeric() || " -/.:,".contains(other),
        };
    }
    if right {
        return Some(text);
    }
    let codes: Vec<String> = codes.chars().map(|code| format!("%{code}")).collect();
    faults.add(pointer, &text, format!("must be made of {} and separators", codes.join(", ")));
    None
}
