//! A whole installation out of one database and into another (docs/moving.md): every row as it is, so that links, tokens,
//! calendars and the audit's chain go on. An import therefore adds nothing, not even an entry to the audit.
//!
//! What is sealed stays sealed: the key file has to come along, and an import looks whether it has.

use std::fs::File;
use std::io::{BufReader, Seek, Write};
use std::path::Path;

use super::app::permit_everywhere;
use super::{App, AppError};
use crate::domain::installation::{Cell, Table};
use crate::domain::permissions::{Action, Actor};
use crate::files::installation::{End, FileError, Found, Header, Reader, Writer};
use crate::store::connection::IsConflict;
use crate::store::{StoreError, installation as rows, migrations, resealing};

/// Why an installation was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The file's.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database into which it was to be taken is in use.
    #[error(
        "the database is not empty: there are rows in {0}. An installation can be taken into an empty one only"
    )]
    NotEmpty(&'static str),
    /// Parts of it could not be read afterwards.
    #[error("parts of it are encrypted with the key {}, which this installation does not have", .0.join(", "))]
    KeysMissing(Vec<String>),
    /// A row says something that the database refuses.
    #[error("the database does not take rows of {table}: {error}")]
    Row {
        /// Where it was to go.
        table: &'static str,
        /// What the database said.
        error: StoreError,
    },
    /// Everything else.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> Self {
        MoveError::App(error.into())
    }
}

impl IsConflict for MoveError {
    fn is_conflict(&self) -> bool {
        match self {
            MoveError::App(error) => error.is_conflict(),
            MoveError::Row { error, .. } => error.is_conflict(),
            MoveError::File(_) | MoveError::NotEmpty(_) | MoveError::KeysMissing(_) => false,
        }
    }
}

/// What hears how many rows are done.
pub type Told<'a> = &'a dyn Fn(u64);

/// Writes everything that the database holds at one moment; others go on meanwhile.
///
/// # Errors
/// The disk's and the database's; `forbidden`.
pub fn export(app: &App, actor: &Actor, out: impl Write, told: Told<'_>) -> Result<(Header, End), MoveError> {
    permit_everywhere(actor, Action::MoveInstallation)?;
    let (made_at, tables) = (app.now()?.at, rows::tables());
    app.store.read(|db| {
        let keys = resealing::list_used_keys(db)?;
        let header = Header { schema: migrations::newest()?, made_at, keys };
        let mut writer = Writer::begin(out, &header, &tables)?;
        let mut done = 0;
        for table in &tables {
            rows::each_row(db, table, |cells| {
                writer.row(table, &cells)?;
                done += 1;
                told(done);
                Ok::<_, MoveError>(())
            })?;
        }
        Ok((header, writer.end()?))
    })
}

/// Reads a file into an empty database: all of it, or nothing.
///
/// # Errors
/// Where the file is damaged, cut off, or of another schema; where the database holds anything; where a key is not there.
/// The disk's and the database's; `forbidden`.
pub fn import(app: &App, actor: &Actor, file: &File, told: Told<'_>) -> Result<(Header, End), MoveError> {
    permit_everywhere(actor, Action::MoveInstallation)?;
    let (tables, schema) = (rows::tables(), migrations::newest()?);
    let open = || {
        let mut from = file;
        from.rewind()?;
        Reader::begin(BufReader::new(from), &tables, &schema)
    };
    // To its end first: what is damaged is said in words of the file, not by what the database makes of its rows.
    let (mut reader, header) = open()?;
    while matches!(reader.read()?, Found::Row(..)) {}
    let known = app.store.keys().ids();
    let missing: Vec<String> = header.keys.iter().filter(|id| !known.contains(id)).cloned().collect();
    if !missing.is_empty() {
        return Err(MoveError::KeysMissing(missing));
    }
    let end = app.store.write(|tx| {
        if let Some(table) = rows::find_filled(tx)? {
            return Err(MoveError::NotEmpty(table));
        }
        rows::refer_ahead(tx)?;
        let mut insert = |table: &Table, batch: &mut Vec<Vec<Cell>>| {
            let inserted = rows::insert(tx, table, batch);
            batch.clear();
            inserted.map_err(|error| MoveError::Row { table: table.name, error })
        };
        let (mut reader, _) = open()?;
        let (mut batch, mut size, mut of, mut done) = (Vec::new(), 0, 0, 0);
        loop {
            match reader.read()? {
                Found::Row(table, cells) => {
                    if !batch.is_empty() && (table != of || batch.len() >= MOST_ROWS || size >= MOST_LETTERS)
                    {
                        insert(&tables[of], &mut batch)?;
                        size = 0;
                    }
                    of = table;
                    size += cells.iter().map(letters).sum::<usize>();
                    batch.push(cells);
                    done += 1;
                    told(done);
                }
                Found::End(end) => {
                    if !batch.is_empty() {
                        insert(&tables[of], &mut batch)?;
                    }
                    return Ok(end);
                }
            }
        }
    })?;
    Ok((header, end))
}

/// Copies an SQLite database as it is at one moment; others go on meanwhile. The copy can be served as it is.
///
/// # Errors
/// `forbidden`; the database's; `unavailable` on PostgreSQL.
pub fn back_up(app: &App, actor: &Actor, file: &Path) -> Result<(), AppError> {
    permit_everywhere(actor, Action::MoveInstallation)?;
    Ok(rows::copy_into(&app.store, file)?)
}

/// Rows that are written at once: a round trip for each is most of the time of small ones.
const MOST_ROWS: usize = 200;
/// Letters in such rows: files of runs have megabytes.
const MOST_LETTERS: usize = 1_000_000;

fn letters(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.len(),
        Cell::Bytes(bytes) => bytes.len(),
        Cell::Null
        | Cell::Integer(_)
        | Cell::Real(_)
        | Cell::Boolean(_)
        | Cell::Date(_)
        | Cell::Instant(_) => 0,
    }
}
