//! Every row of every table, read and written without knowing what it means: for the move to another database
//! (docs/moving.md).
//!
//! What a column holds is decided by `schema.rs` alone, which every query goes by: SQLite has no type for instants, days
//! and yes or no, so its own catalogue would not tell. Values go through diesel on both sides, so that a row is stored as
//! if the service had written it there.

use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::backend::Backend;
use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::row::{Field, NamedRow, Row};
use diesel::sql_query;
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Nullable, SqlType, Text, Timestamp, is_nullable,
};
use diesel::sqlite::Sqlite;

use super::{Db, Store, StoreError, Tx, schema};
use crate::domain::installation::{Cell, Column, Kind, Table};

/// What a column of a type holds.
trait Holds {
    const KIND: Kind;
}

macro_rules! holds {
    ($($sql_type:ident $kind:ident)+) => { $(impl Holds for $sql_type { const KIND: Kind = Kind::$kind; })+ };
}
holds!(Text Text BigInt Integer Double Real Bool Boolean Date Date Timestamp Instant Binary Bytes);

impl<T: Holds + SqlType<IsNull = is_nullable::NotNull>> Holds for Nullable<T> {
    const KIND: Kind = T::KIND;
}

/// The columns of a table, which diesel knows as a tuple.
trait Columns {
    fn list() -> Vec<Column>;
}

/// For every tuple that ends with the last of these.
macro_rules! columns {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Columns for ($first, $($rest,)*)
        where
            $first: diesel::Column<SqlType: Holds>,
            $($rest: diesel::Column<SqlType: Holds>,)*
        {
            fn list() -> Vec<Column> {
                vec![
                    Column { name: $first::NAME, kind: <$first::SqlType as Holds>::KIND },
                    $(Column { name: $rest::NAME, kind: <$rest::SqlType as Holds>::KIND },)*
                ]
            }
        }
        columns!($($rest)*);
    };
}
columns!(C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32);

macro_rules! tables {
    ($($table:ident)+) => {
        /// All tables, each behind those that its rows refer to.
        pub fn tables() -> Vec<Table> {
            vec![$(Table {
                name: stringify!($table),
                columns: <schema::$table::table as diesel::Table>::AllColumns::list(),
            },)+]
        }
    };
}
// In the order in which the migrations make them; `tests/installation.rs` compares with the database.
tables!(
    employers employer_domains employer_managers libraries library_employers persons rounds privacy_notices
    round_libraries applications access_needs access_need_readings given_histories round_locks round_forbidden runs
    run_files run_proofs placements schedule_counters schedule_entries consents invitations api_tokens grants
    impact_reports deputyships sign_in_links sessions links feeds audit_entries audit_chain audit_waiting
    idempotent_requests outbox opt_outs mail_pauses inbound_mails calendars calendar_periods library_calendars
    library_exceptions employments past_placements import_mappings round_introductions attendances feedback certificates
    ideas idea_trials idea_questions library_packs joining_packs alternatives repairs repair_options swaps swap_members swap_consents
    refills reserve_offers webhooks webhook_messages schedule_deliveries schedule_dispatches
);

/// A row whose columns are asked for under the names of their kinds.
struct Cells(Vec<Cell>);

impl<DB: Backend> QueryableByName<DB> for Cells
where
    String: FromSql<Text, DB>,
    i64: FromSql<BigInt, DB>,
    f64: FromSql<Double, DB>,
    bool: FromSql<Bool, DB>,
    NaiveDate: FromSql<Date, DB>,
    NaiveDateTime: FromSql<Timestamp, DB>,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for n in 0..row.field_count() {
            let field = Row::get(row, n).ok_or("a column is missing")?;
            let kind: Kind = field.field_name().unwrap_or_default().parse()?;
            let Some(value) = field.value() else {
                cells.push(Cell::Null);
                continue;
            };
            cells.push(match kind {
                Kind::Text => Cell::Text(FromSql::<Text, DB>::from_sql(value)?),
                Kind::Integer => Cell::Integer(FromSql::<BigInt, DB>::from_sql(value)?),
                Kind::Real => Cell::Real(FromSql::<Double, DB>::from_sql(value)?),
                Kind::Boolean => Cell::Boolean(FromSql::<Bool, DB>::from_sql(value)?),
                Kind::Date => Cell::Date(FromSql::<Date, DB>::from_sql(value)?),
                Kind::Instant => Cell::Instant(FromSql::<Timestamp, DB>::from_sql(value)?),
                Kind::Bytes => Cell::Bytes(FromSql::<Binary, DB>::from_sql(value)?),
            });
        }
        Ok(Self(cells))
    }
}

/// Gives every row of a table, one after another, in an order that is the same on both databases.
///
/// # Errors
/// The database's, and what `take` answers.
pub fn each_row<E: From<StoreError>>(
    db: &mut Db,
    table: &Table,
    mut take: impl FnMut(Vec<Cell>) -> Result<(), E>,
) -> Result<(), E> {
    // PostgreSQL would order texts by the rules of a language.
    let bytewise = match db {
        Db::Pg(_) => r#" COLLATE "C""#,
        Db::Sqlite(_) => "",
    };
    let (mut asked, mut order) = (Vec::new(), Vec::new());
    for Column { name, kind } in &table.columns {
        asked.push(format!(r#""{name}" AS "{kind}""#));
        // By the table's own column: the other one goes by the name of a kind, and may be the name of another column.
        let collation = if *kind == Kind::Text { bytewise } else { "" };
        order.push(format!(r#"{}."{name}"{collation}"#, table.name));
    }
    let query =
        sql_query(format!("SELECT {} FROM {} ORDER BY {}", asked.join(", "), table.name, order.join(", ")));
    let failed = |error: diesel::result::Error| match StoreError::from(error) {
        StoreError::Refused(words) => StoreError::Corrupt(format!("a row of {}: {words}", table.name)),
        other => other,
    };
    macro_rules! give {
        ($connection:expr, $mode:ty) => {
            for row in query.load_iter::<Cells, $mode>($connection).map_err(failed)? {
                take(row.map_err(failed)?.0)?;
            }
        };
    }
    // Row by row: by default, PostgreSQL's client holds all of them.
    match db {
        Db::Pg(connection) => give!(connection, PgRowByRowLoadingMode),
        Db::Sqlite(connection) => give!(connection, DefaultLoadingMode),
    }
    Ok(())
}

/// Lets rows of this transaction refer to rows of the same table that come later.
///
/// # Errors
/// The database's.
pub fn refer_ahead(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    match &mut **tx {
        Db::Pg(connection) => connection.batch_execute("SET CONSTRAINTS ALL DEFERRED")?,
        Db::Sqlite(connection) => connection.batch_execute("PRAGMA defer_foreign_keys = ON")?,
    }
    Ok(())
}

/// Adds rows as they are.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, table: &Table, rows: &[Vec<Cell>]) -> Result<(), StoreError> {
    let names: Vec<String> = table.columns.iter().map(|column| format!(r#""{}""#, column.name)).collect();
    let is_numbered = matches!(&**tx, Db::Pg(_));
    let mut n = 0;
    let mut place = |cell: &Cell| {
        if *cell == Cell::Null {
            return "NULL".to_owned();
        }
        n += 1;
        if is_numbered { format!("${n}") } else { "?".to_owned() }
    };
    let places: Vec<String> = rows
        .iter()
        .map(|row| format!("({})", row.iter().map(&mut place).collect::<Vec<_>>().join(", ")))
        .collect();
    let query =
        sql_query(format!("INSERT INTO {} ({}) VALUES {}", table.name, names.join(", "), places.join(", ")));
    macro_rules! execute {
        ($connection:expr, $backend:ty) => {{
            let mut query = query.into_boxed::<$backend>();
            for cell in rows.iter().flatten() {
                query = match cell {
                    Cell::Null => query,
                    Cell::Text(text) => query.bind::<Text, _>(text),
                    Cell::Integer(number) => query.bind::<BigInt, _>(*number),
                    Cell::Real(number) => query.bind::<Double, _>(*number),
                    Cell::Boolean(yes) => query.bind::<Bool, _>(*yes),
                    Cell::Date(date) => query.bind::<Date, _>(*date),
                    Cell::Instant(at) => query.bind::<Timestamp, _>(*at),
                    Cell::Bytes(bytes) => query.bind::<Binary, _>(bytes),
                };
            }
            query.execute($connection)?
        }};
    }
    match &mut **tx {
        Db::Pg(connection) => execute!(connection, Pg),
        Db::Sqlite(connection) => execute!(connection, Sqlite),
    };
    Ok(())
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// The first table that has rows.
///
/// # Errors
/// The database's.
pub fn find_filled(db: &mut Db) -> Result<Option<&'static str>, StoreError> {
    for table in tables() {
        let query = sql_query(format!("SELECT EXISTS (SELECT 1 FROM {}) AS yes", table.name));
        let answer: Answer = match db {
            Db::Pg(connection) => query.get_result(connection)?,
            Db::Sqlite(connection) => query.get_result(connection)?,
        };
        if answer.yes {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

/// Copies an SQLite database as it is at one moment into a file, which is empty or not there; others go on meanwhile.
///
/// # Errors
/// The database's; `Unavailable` on PostgreSQL, which has programs of its own for that.
pub fn copy_into(store: &Store, file: &Path) -> Result<(), StoreError> {
    let words = || format!("{} is no name in UTF-8", file.display());
    let name = file.to_str().ok_or_else(|| StoreError::Unavailable(words()))?;
    store.on_one_connection(|db| match db {
        Db::Pg(_) => Err(StoreError::Unavailable("PostgreSQL is copied by `pg_dump`".to_owned())),
        Db::Sqlite(connection) => {
            sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(connection)?;
            Ok(())
        }
    })
}
