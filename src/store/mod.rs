//! The only place that knows diesel: connections, transactions, rows, queries, outbox, migrations.
//!
//! Never reads a clock, never draws an id, never sends. Reading functions take [`Db`]; changing ones take [`Tx`], so
//! that a change outside a transaction cannot be written. Each file keeps its rows to itself.

/// Adds many rows in one statement. Diesel has none that is the same for both databases.
macro_rules! insert_many {
    ($tx:expr, $table:expr, $rows:expr) => {
        match &mut **$tx {
            $crate::store::Db::Pg(connection) => {
                diesel::insert_into($table).values(&$rows).execute(connection)?
            }
            $crate::store::Db::Sqlite(connection) => {
                diesel::insert_into($table).values(&$rows).execute(connection)?
            }
        }
    };
}

pub mod access_needs;
pub mod alternatives;
pub mod applications;
pub mod attendance;
pub mod audit;
pub mod calendars;
pub mod capacities;
pub mod certificates;
pub mod connection;
pub mod deadlines;
pub mod deputyships;
pub mod employments;
pub mod erasure;
pub mod feedback;
pub mod feeds;
pub mod grants;
pub mod histories;
pub mod idea_questions;
pub mod ideas;
pub mod idempotency;
pub mod impact;
pub mod inbound;
pub mod installation;
pub mod introductions;
pub mod invitations;
pub mod keys;
pub mod links;
pub mod locks;
pub mod mappings;
pub mod migrations;
pub mod opening;
pub mod organisations;
pub mod outbox;
pub mod packs;
pub mod past_placements;
pub mod personal_data;
pub mod placements;
pub mod privacy_notices;
pub mod refills;
pub mod repairs;
pub mod resealing;
pub mod retention;
pub mod rounds;
pub mod runs;
pub mod schedule;
pub mod schedule_deliveries;
pub mod schedule_dispatches;
pub mod schedule_entries;
mod schema;
pub mod sending;
pub mod sessions;
pub mod swaps;
pub mod tasks;
pub mod tokens;
pub mod traces;
pub mod webhook_messages;
pub mod webhooks;

pub use connection::{Backend, Db, Store, StoreUrl, Tx};

use std::fmt;
use std::str::FromStr;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something with the same unique value exists; the constraint tells which.
    #[error("already there: {constraint}")]
    Duplicate {
        /// The name of the constraint.
        constraint: String,
    },
    /// Two transactions met; the same may go through when repeated.
    #[error("the transaction met another one")]
    Conflict,
    /// What is stored cannot be read as a domain value.
    #[error("the database holds something that the program does not understand: {0}")]
    Corrupt(String),
    /// Access needs, and secrets of webhooks, cannot be stored: there is no key to seal them with.
    #[error("there is no key to encrypt this with (docs/privacy.md, \"Keys\")")]
    NoKey,
    /// The database cannot be reached or used.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// Any other error of the database.
    #[error("the database refused: {0}")]
    Refused(String),
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => StoreError::Duplicate {
                constraint: info.constraint_name().map_or_else(|| info.message().to_owned(), str::to_owned),
            },
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreError::Conflict,
            DieselError::DatabaseError(_, info)
                if info.message().contains("database is locked") || info.message().contains("deadlock") =>
            {
                StoreError::Conflict
            }
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                StoreError::Unavailable(info.message().to_owned())
            }
            other => StoreError::Refused(other.to_string()),
        }
    }
}

/// Reads a stored text as a domain value.
fn parse<T: FromStr>(what: &str, text: &str) -> Result<T, StoreError>
where
    T::Err: fmt::Display,
{
    // Not what stands there: it may be somebody's name or address, and the error goes into the log.
    text.parse().map_err(|_| StoreError::Corrupt(what.to_owned()))
}

/// Reads a stored JSON text.
fn from_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

/// Writes a value as JSON text.
fn to_json<T: serde::Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

/// Writes displayable values as a JSON list of strings.
fn list_to_json<T: fmt::Display>(what: &str, values: &[T]) -> Result<String, StoreError> {
    to_json(what, &values.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Reads a JSON list of strings as domain values.
fn list_from_json<T: FromStr>(what: &str, text: &str) -> Result<Vec<T>, StoreError>
where
    T::Err: fmt::Display,
{
    from_json::<Vec<String>>(what, text)?.iter().map(|item| parse(what, item)).collect()
}
