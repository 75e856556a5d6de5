//! The file in which an installation moves from one database to another, version 1 (docs/moving.md): lines of JSON. The
//! first one says what the file is and which tables and columns it has; each further one is a row, `{"rounds": {…}}`; the
//! last one says how many rows there are and the SHA-256 of everything before it.
//!
//! Written and read row by row, so that its size does not matter. A row that was read is not to be believed before the
//! last line was read, too.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, BufRead, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::domain::installation::{Cell, Kind, Table};

const FORMAT: &str = "library-swap/installation";
const VERSION: u64 = 1;
const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Why a file cannot be written, or is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk's.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is another file than is needed here, or a damaged one.
    #[error("{0}")]
    Unfit(String),
}

fn unfit<T>(words: impl Into<String>) -> Result<T, FileError> {
    Err(FileError::Unfit(words.into()))
}

/// The first line but for the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The last migration of the database.
    pub schema: String,
    /// When it was read.
    pub made_at: DateTime<Utc>,
    /// The names of the keys without which parts of it cannot be read.
    pub keys: Vec<String>,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 of all lines before this one, in hexadecimal.
    pub sha256: String,
}

impl End {
    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// What a file says of its tables: the kind of each column.
fn shapes(tables: &[Table]) -> Value {
    let columns = |table: &Table| -> Map<String, Value> {
        table.columns.iter().map(|column| (column.name.to_owned(), json!(column.kind.as_str()))).collect()
    };
    tables.iter().map(|table| (table.name.to_owned(), Value::Object(columns(table)))).collect()
}

/// Counts and hashes the lines of a file.
#[derive(Debug, Default)]
struct Tally {
    hash: Sha256,
    rows: BTreeMap<String, u64>,
}

impl Tally {
    fn of(tables: &[Table]) -> Self {
        Self { hash: Sha256::new(), rows: tables.iter().map(|table| (table.name.to_owned(), 0)).collect() }
    }

    fn count(&mut self, table: &str) {
        if let Some(rows) = self.rows.get_mut(table) {
            *rows += 1;
        }
    }

    fn end(&self) -> End {
        let hash = self.hash.clone().finalize();
        End { rows: self.rows.clone(), sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

/// Writes a file.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    tally: Tally,
}

impl<W: Write> Writer<W> {
    /// Begins it.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(out: W, header: &Header, tables: &[Table]) -> Result<Self, FileError> {
        let mut writer = Self { out, tally: Tally::of(tables) };
        let first = json!({
            "format": FORMAT,
            "version": VERSION,
            "schema": header.schema,
            "made_at": header.made_at,
            "keys": header.keys,
            "tables": shapes(tables),
        });
        writer.line(&first)?;
        Ok(writer)
    }

    fn line(&mut self, value: &Value) -> Result<(), FileError> {
        let line = format!("{value}\n");
        self.tally.hash.update(&line);
        Ok(self.out.write_all(line.as_bytes())?)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The disk's; a number that is none.
    pub fn row(&mut self, table: &Table, cells: &[Cell]) -> Result<(), FileError> {
        let mut row = Map::new();
        for (column, cell) in table.columns.iter().zip(cells) {
            if let Cell::Real(number) = cell
                && !number.is_finite()
            {
                return unfit(format!("{}.{} is no number: {number}", table.name, column.name));
            }
            row.insert(column.name.to_owned(), to_json(cell));
        }
        self.tally.count(table.name);
        let line: Map<String, Value> = [(table.name.to_owned(), Value::Object(row))].into_iter().collect();
        self.line(&Value::Object(line))
    }

    /// Ends it.
    ///
    /// # Errors
    /// The disk's.
    pub fn end(mut self) -> Result<End, FileError> {
        let end = self.tally.end();
        self.line(&json!(end))?;
        self.out.flush()?;
        Ok(end)
    }
}

/// What comes next in a file.
#[derive(Debug)]
pub enum Found {
    /// A row, with the place of its table.
    Row(usize, Vec<Cell>),
    /// Nothing more; what the file says of itself was found to be true.
    End(End),
}

/// Reads a file.
#[derive(Debug)]
pub struct Reader<'a, R> {
    from: R,
    tables: &'a [Table],
    tally: Tally,
    line: u64,
}

impl<'a, R: BufRead> Reader<'a, R> {
    /// Reads the first line, and looks whether the file has the columns of these tables and this last migration.
    ///
    /// # Errors
    /// The disk's; how the file differs.
    pub fn begin(from: R, tables: &'a [Table], schema: &str) -> Result<(Self, Header), FileError> {
        let mut reader = Self { from, tables, tally: Tally::of(tables), line: 0 };
        let no_such_file =
            || FileError::Unfit("it is no file of `library-swap export installation`".to_owned());
        let first: Value =
            reader.next_line()?.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(no_such_file)?;
        if first["format"] != FORMAT {
            return Err(no_such_file());
        }
        if first["version"] != VERSION {
            return unfit(format!(
                "it has version {} of the format, and this program reads version {VERSION}",
                first["version"]
            ));
        }
        let header: Header = serde_json::from_value(first.clone()).map_err(|_| no_such_file())?;
        if header.schema != schema {
            return unfit(format!(
                "it is of a database whose last migration is {}, and here it is {schema}: write and read it with the \
                 same version of the program",
                header.schema
            ));
        }
        if let Some(words) = difference(&first["tables"], &shapes(tables)) {
            return unfit(format!("{words}: write and read it with the same version of the program"));
        }
        Ok((reader, header))
    }

    /// The next line without its end; hashed, unless it is the last one.
    fn next_line(&mut self) -> Result<Option<String>, FileError> {
        let mut line = String::new();
        self.line += 1;
        match self.from.read_line(&mut line) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return unfit(format!("line {} is no text in UTF-8: the file is damaged", self.line));
            }
            Err(error) => return Err(error.into()),
        }
        if !line.ends_with('\n') {
            return Ok(None);
        }
        if !line.starts_with(END) {
            self.tally.hash.update(&line);
        }
        line.truncate(line.len() - 1);
        Ok(Some(line))
    }

    /// Reads on.
    ///
    /// # Errors
    /// The disk's; where the file is damaged or cut off.
    pub fn read(&mut self) -> Result<Found, FileError> {
        let Some(line) = self.next_line()? else {
            return unfit(format!("it is cut off at line {}: its last line is missing", self.line));
        };
        let damaged =
            |what: &dyn Display| FileError::Unfit(format!("line {}: {what}: the file is damaged", self.line));
        if line.starts_with(END) {
            let end: End = serde_json::from_str(&line).map_err(|error| damaged(&error))?;
            if end != self.tally.end() {
                return unfit("its SHA-256 or its numbers of rows are not those of its rows: it is damaged");
            }
            return match self.from.fill_buf()? {
                [] => Ok(Found::End(end)),
                _ => Err(damaged(&"something comes after the last line")),
            };
        }
        let value: Value = serde_json::from_str(&line).map_err(|error| damaged(&error))?;
        let single =
            value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
        let Some((name, Value::Object(row))) = single else { return Err(damaged(&"it is no row")) };
        let Some(at) = self.tables.iter().position(|table| table.name == name) else {
            return Err(damaged(&format!("there is no table {name}")));
        };
        let columns = &self.tables[at].columns;
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            let cell = row.get(column.name).and_then(|value| from_json(column.kind, value));
            let wrong = || damaged(&format!("{name}.{} is no {}", column.name, column.kind));
            cells.push(cell.ok_or_else(wrong)?);
        }
        if row.len() != columns.len() {
            return Err(damaged(&format!("it has other columns than {name}")));
        }
        self.tally.count(name);
        Ok(Found::Row(at, cells))
    }
}

/// What the last line begins with. No table is called `rows`.
const END: &str = r#"{"rows":"#;

/// The first table or column that is not the same.
fn difference(file: &Value, here: &Value) -> Option<String> {
    let missing = |what: &str, there: &Value, other: &Value, place: &str| {
        let name = there.as_object()?.keys().find(|name| other.get(name.as_str()).is_none())?;
        Some(format!("the {what} {name} is {place} only"))
    };
    let both = |what: &str, file: &Value, here: &Value| {
        missing(what, file, here, "in the file").or_else(|| missing(what, here, file, "in this database"))
    };
    if let Some(words) = both("table", file, here) {
        return Some(words);
    }
    for (table, columns) in here.as_object()? {
        if let Some(words) = both("column", &file[table], columns) {
            return Some(format!("table {table}: {words}"));
        }
        if file[table] != *columns {
            return Some(format!("the columns of table {table} have other kinds in the file"));
        }
    }
    None
}

fn to_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Integer(number) => json!(number),
        Cell::Real(number) => json!(number),
        Cell::Boolean(yes) => json!(yes),
        Cell::Date(date) => json!(date),
        Cell::Instant(at) => json!(at.format(INSTANT).to_string()),
        Cell::Bytes(bytes) => json!(STANDARD.encode(bytes)),
    }
}

fn from_json(kind: Kind, value: &Value) -> Option<Cell> {
    if value.is_null() {
        return Some(Cell::Null);
    }
    Some(match kind {
        Kind::Text => Cell::Text(value.as_str()?.to_owned()),
        Kind::Integer => Cell::Integer(value.as_i64()?),
        Kind::Real => Cell::Real(value.as_f64()?),
        Kind::Boolean => Cell::Boolean(value.as_bool()?),
        Kind::Date => Cell::Date(value.as_str()?.parse::<NaiveDate>().ok()?),
        Kind::Instant => Cell::Instant(NaiveDateTime::parse_from_str(value.as_str()?, INSTANT).ok()?),
        Kind::Bytes => Cell::Bytes(STANDARD.decode(value.as_str()?).ok()?),
    })
}
