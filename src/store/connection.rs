//! Connections and transactions on SQLite and PostgreSQL, one code path.
//!
//! Writes are serialised: on SQLite by `BEGIN IMMEDIATE` on the one writing connection, on PostgreSQL by SERIALIZABLE
//! with bounded repeats. A write closure may therefore run more than once: it has no sends, no clock, no random.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
use diesel::{PgConnection, SqliteConnection};

use super::StoreError;
use super::keys::{self, Keyring};
use super::schedule_entries::{self, Touched};
use crate::domain::fault::Rule;

/// One connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Db::Pg(_) => f.write_str("Db::Pg"),
            Db::Sqlite(_) => f.write_str("Db::Sqlite"),
        }
    }
}

/// Which database serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// Where the database is. Only `sqlite:` and `postgres:` are taken: SQLite would open any misspelt text as a new file.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`
    Postgres(String),
}

impl FromStr for StoreUrl {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(Rule::of("must name a file after `sqlite:`"));
            }
            return Ok(StoreUrl::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return if is_encoded(text) { Ok(StoreUrl::Postgres(text.to_owned())) } else { Err(NOT_ENCODED) };
        }
        Err(Rule::of("must begin with `sqlite:` (a file) or `postgres://` (a server)"))
    }
}

const NOT_ENCODED: Rule = Rule::of(
    "must have its user and password percent-encoded: `@` is %40, `/` is %2F, `?` is %3F, `#` is %23, `%` is %25",
);

/// Whether a URL means what it says. libpq would take parts of a password that is not encoded for a host, a port or a
/// wrong code, and repeat them in its errors.
fn is_encoded(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
    let hex = |code: &str| code.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    !user.is_some_and(|user| user.contains(['@', '/', '?', '#'])) && url.split('%').skip(1).all(hex)
}

impl StoreUrl {
    /// The URL as it may be shown: without a password.
    pub fn masked(&self) -> String {
        match self {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => {
                let (place, query) = url.split_once('?').unwrap_or((url, ""));
                let place = match (place.find("://"), place.rfind('@')) {
                    (Some(scheme), Some(at)) => {
                        let user = place[scheme + 3..at].split(':').next().unwrap_or_default();
                        format!("{}{user}:•••{}", &place[..scheme + 3], &place[at..])
                    }
                    (Some(_) | None, Some(_) | None) => place.to_owned(),
                };
                let shown: Vec<String> =
                    query.split('&').filter(|pair| !pair.is_empty()).map(masked_parameter).collect();
                if shown.is_empty() { place } else { format!("{place}?{}", shown.join("&")) }
            }
        }
    }
}

/// A parameter of a database URL without what may be secret: `password`, `sslpassword`, however they are encoded.
fn masked_parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") || name.contains('%') => {
            format!("{name}=•••")
        }
        Some(_) | None => pair.to_owned(),
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Opens and checks pooled connections.
#[derive(Debug)]
pub struct Connector(StoreUrl);

impl ManageConnection for Connector {
    type Connection = Db;
    type Error = StoreError;

    fn connect(&self) -> Result<Db, StoreError> {
        let unavailable = |error: diesel::ConnectionError| {
            StoreError::Unavailable(masked_words(&error.to_string(), &self.0))
        };
        match &self.0 {
            StoreUrl::Postgres(url) => PgConnection::establish(url).map(Db::Pg).map_err(unavailable),
            StoreUrl::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy())
                    .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
                // The order matters: changing the journal mode may itself have to wait for another process.
                connection.batch_execute(
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
                )?;
                Ok(Db::Sqlite(connection))
            }
        }
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), StoreError> {
        Ok(db.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        std::thread::panicking()
            || match db {
                Db::Pg(connection) => AnsiTransactionManager::is_broken_transaction_manager(connection),
                Db::Sqlite(connection) => AnsiTransactionManager::is_broken_transaction_manager(connection),
            }
    }
}

/// libpq repeats the connection string in some errors; what leaves here has no password.
fn masked_words(words: &str, url: &StoreUrl) -> String {
    match url {
        StoreUrl::Postgres(secret) => words.replace(secret, &url.masked()),
        StoreUrl::Sqlite(_) => words.to_owned(),
    }
}

/// A write transaction. Reading functions take it too.
#[derive(Debug)]
pub struct Tx<'a> {
    db: &'a mut Db,
    /// What changed of which employers' schedules tell; settled before the commit.
    pub(super) touched: Touched,
}

impl Deref for Tx<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Db {
        self.db
    }
}

/// The database: a pool of readers and, on SQLite, one writer beside it.
#[derive(Clone)]
pub struct Store {
    backend: Backend,
    readers: Pool<Connector>,
    writers: Pool<Connector>,
    keys: Arc<Keyring>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

/// How often a transaction that met another one is repeated before the conflict is reported.
const MOST_REPEATS: u32 = 20;

impl Store {
    /// Opens the database with at most `connections` connections.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(url: &StoreUrl, connections: u32) -> Result<Self, StoreError> {
        let pool = |size: u32| {
            let words =
                |error: &dyn fmt::Display| StoreError::Unavailable(masked_words(&error.to_string(), url));
            // One connection opened by hand first: the pool would repeat a hopeless attempt until it times out.
            Connector(url.clone()).connect()?;
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .test_on_check_out(matches!(url, StoreUrl::Postgres(_)))
                .connection_timeout(Duration::from_secs(10))
                .build(Connector(url.clone()))
                .map_err(|error| words(&error))
        };
        Ok(match url {
            StoreUrl::Sqlite(_) => {
                let readers = pool(connections.max(1))?;
                Self { backend: Backend::Sqlite, writers: pool(1)?, readers, keys: Arc::default() }
            }
            StoreUrl::Postgres(_) => {
                let shared = pool(connections.max(2))?;
                let writers = shared.clone();
                Self { backend: Backend::Postgres, writers, readers: shared, keys: Arc::default() }
            }
        })
    }

    /// The same database, with the keys that seal and open what is confidential; without them nothing of it is taken.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys: Arc::new(keys), ..self }
    }

    /// The keys.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Which database serves.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    fn reader(&self) -> Result<PooledConnection<Connector>, StoreError> {
        self.readers.get().map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// Reads in one transaction, so that several queries see the same state.
    ///
    /// # Errors
    /// What the closure returns, or the database's own.
    pub fn read<T, E: From<StoreError>>(
        &self,
        reading: impl FnOnce(&mut Db) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut db = self.reader()?;
        let _keys = keys::hold(&self.keys);
        begin(&mut db, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let result = reading(&mut db);
        rollback(&mut db);
        result
    }

    /// Writes in one transaction: all of it happens, or nothing. The closure is repeated when it met another one.
    ///
    /// # Errors
    /// What the closure returns (nothing is written then), or the database's own.
    pub fn write<T, E: From<StoreError> + IsConflict>(
        &self,
        writing: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_at("BEGIN ISOLATION LEVEL SERIALIZABLE", writing)
    }

    /// Writes as a worker on a queue: what counts is a compare-and-set on a lease, which needs no serial order.
    ///
    /// On PostgreSQL each statement sees what is committed by then (READ COMMITTED), so that many workers on one queue
    /// do not make each other begin again. SQLite has one writer anyway.
    ///
    /// # Errors
    /// As for [`Store::write`].
    pub fn write_queue<T, E: From<StoreError> + IsConflict>(
        &self,
        writing: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_at("BEGIN ISOLATION LEVEL READ COMMITTED", writing)
    }

    fn write_at<T, E: From<StoreError> + IsConflict>(
        &self,
        postgres: &str,
        writing: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = 0;
        loop {
            let result = self.write_once(postgres, &writing);
            attempt += 1;
            match result {
                Err(error) if error.is_conflict() && attempt <= MOST_REPEATS => {
                    std::thread::sleep(pause(attempt));
                }
                other => return other,
            }
        }
    }

    /// Runs something on a writing connection outside any transaction (migrations make their own).
    pub(super) fn on_one_connection<T>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut db = self.writers.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        work(&mut db)
    }

    fn write_once<T, E: From<StoreError>>(
        &self,
        postgres: &str,
        writing: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut db = self.writers.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let _keys = keys::hold(&self.keys);
        begin(&mut db, "BEGIN IMMEDIATE", postgres)?;
        let mut tx = Tx { db: &mut db, touched: Touched::default() };
        let result = writing(&mut tx).and_then(|value| {
            schedule_entries::settle(&mut tx)?;
            Ok(value)
        });
        match result {
            Ok(value) => match commit(&mut db) {
                Ok(()) => Ok(value),
                Err(error) => {
                    rollback(&mut db);
                    Err(error.into())
                }
            },
            Err(error) => {
                rollback(&mut db);
                Err(error)
            }
        }
    }
}

/// How long a transaction that met another one waits: ever longer, and not all threads alike, so that those who met do
/// not meet again.
fn pause(attempt: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (std::thread::current().id(), attempt).hash(&mut hasher);
    let spread = hasher.finish() % u64::from(attempt * 8);
    Duration::from_millis(u64::from(attempt * attempt) + spread)
}

/// Whether a failed transaction may be repeated.
pub trait IsConflict {
    /// True when it met another transaction.
    fn is_conflict(&self) -> bool;
}

impl IsConflict for StoreError {
    fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict)
    }
}

fn begin(db: &mut Db, sqlite: &str, postgres: &str) -> Result<(), StoreError> {
    match db {
        Db::Pg(connection) => AnsiTransactionManager::begin_transaction_sql(connection, postgres)?,
        Db::Sqlite(connection) => AnsiTransactionManager::begin_transaction_sql(connection, sqlite)?,
    }
    Ok(())
}

fn commit(db: &mut Db) -> Result<(), StoreError> {
    match db {
        Db::Pg(connection) => AnsiTransactionManager::commit_transaction(connection)?,
        Db::Sqlite(connection) => AnsiTransactionManager::commit_transaction(connection)?,
    }
    Ok(())
}

/// Ends a transaction whose outcome is decided; a connection that cannot even do that is thrown away by the pool.
fn rollback(db: &mut Db) {
    let ended = match db {
        Db::Pg(connection) => AnsiTransactionManager::rollback_transaction(connection),
        Db::Sqlite(connection) => AnsiTransactionManager::rollback_transaction(connection),
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "rollback");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_schemes_are_taken() {
        assert_eq!("sqlite:data/x.db".parse(), Ok(StoreUrl::Sqlite("data/x.db".into())));
        assert!("postgres://localhost/x".parse::<StoreUrl>().is_ok());
        for wrong in ["", "sqlite:", "mysql://x", "postgress://x", "data.db", "SQLite:x"] {
            assert!(wrong.parse::<StoreUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: StoreUrl = "postgres://me:hunter2@db.example/x".parse().expect("a URL");
        assert_eq!(format!("{url:?}"), "postgres://me:•••@db.example/x");
        for (text, shown) in [
            ("postgres://me@db.example/x?password=hunter2", "postgres://me:•••@db.example/x?password=•••"),
            (
                "postgres://db.example/x?user=me&password=hunter2&sslmode=require",
                "postgres://db.example/x?user=me&password=•••&sslmode=require",
            ),
            ("postgres://db.example/x?pass%77ord=hunter2", "postgres://db.example/x?pass%77ord=•••"),
        ] {
            assert_eq!(text.parse::<StoreUrl>().expect("a URL").masked(), shown);
        }
    }

    #[test]
    fn a_password_that_libpq_would_misread_and_repeat_is_refused() {
        for wrong in ["hun@ter2", "hun/ter2", "hun?ter2", "hun#ter2", "hun%zzter2", "hunter2%"] {
            assert!(format!("postgres://me:{wrong}@db.example/x").parse::<StoreUrl>().is_err(), "{wrong}");
        }
        assert!("postgres://me:hun%40ter2@db.example/x".parse::<StoreUrl>().is_ok());
    }
}
