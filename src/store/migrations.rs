//! The embedded migrations of both databases.

use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Db, Store, StoreError};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The lock that processes migrating one PostgreSQL at once queue for; the number only has to be nobody else's.
const LOCK: &str = "SELECT pg_advisory_lock(7390160458)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7390160458)";

fn refused(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("migration: {error}"))
}

/// What was applied, by name.
fn names<E: std::fmt::Display>(
    applied: Result<Vec<diesel::migration::MigrationVersion<'_>>, E>,
) -> Result<Vec<String>, StoreError> {
    Ok(applied.map_err(|error| refused(&error))?.iter().map(ToString::to_string).collect())
}

impl Store {
    /// Applies the migrations that are missing; says which. Several processes may do so at once: on PostgreSQL they
    /// queue, and those behind find nothing left to do.
    ///
    /// # Errors
    /// When one cannot be applied; those before it stay.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.on_one_connection(|db| {
            match db {
                Db::Pg(connection) => {
                    connection.batch_execute(LOCK)?;
                    let done = names(connection.run_pending_migrations(POSTGRES));
                    // A connection that broke has lost its lock; any other one must give it back.
                    let unlocked = connection.batch_execute(UNLOCK);
                    if done.is_ok() {
                        unlocked?;
                    }
                    done
                }
                Db::Sqlite(connection) => names(connection.run_pending_migrations(SQLITE)),
            }
        })
    }

    /// Takes the last migration back (for tests of the pairs).
    ///
    /// # Errors
    /// When it cannot be taken back.
    pub fn revert_last_migration(&self) -> Result<(), StoreError> {
        self.on_one_connection(|db| {
            match db {
                Db::Pg(connection) => connection.revert_last_migration(POSTGRES),
                Db::Sqlite(connection) => connection.revert_last_migration(SQLITE),
            }
            .map(|_| ())
            .map_err(|error| refused(&error))
        })
    }

    /// The migrations that are missing in the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.on_one_connection(|db| {
            let pending = match db {
                Db::Pg(connection) => {
                    connection.pending_migrations(POSTGRES).map(|list| version_names(&list))
                }
                Db::Sqlite(connection) => {
                    connection.pending_migrations(SQLITE).map(|list| version_names(&list))
                }
            };
            pending.map_err(|error| refused(&error))
        })
    }
}

fn version_names<DB: diesel::backend::Backend>(
    list: &[Box<dyn diesel::migration::Migration<DB>>],
) -> Vec<String> {
    list.iter().map(|migration| migration.name().to_string()).collect()
}
