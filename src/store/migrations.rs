//! The embedded migrations of both databases.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Db, Store, StoreError};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The lock that processes migrating one PostgreSQL at once queue for; the number only has to be nobody else's.
const LOCK: &str = "SELECT pg_advisory_lock(7390160458)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7390160458)";
/// The same lock until the transaction ends.
const LOCK_IN_TRANSACTION: &str = "SELECT pg_advisory_xact_lock(7390160458)";

/// The name of the newest migration.
///
/// # Errors
/// When those of this program cannot be read.
pub fn newest() -> Result<String, StoreError> {
    let all: Vec<Box<dyn Migration<Pg>>> = POSTGRES.migrations().map_err(|error| refused(&error))?;
    Ok(all.iter().map(|one| one.name().to_string()).max().unwrap_or_default())
}

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
        // A role that may make no tables can still find that none are missing.
        if self.pending_migrations()?.is_empty() {
            return Ok(Vec::new());
        }
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
                Db::Pg(connection) => return pending_on_postgres(connection),
                Db::Sqlite(connection) => {
                    connection.pending_migrations(SQLITE).map(|list| version_names(&list))
                }
            };
            pending.map_err(|error| refused(&error))
        })
    }

    /// Applies the missing migrations as the role that owns the tables, and lets the role of `service` do what the service
    /// does: read and write everything, but neither change nor delete what is append-only, nor the tables themselves.
    /// Nothing is granted where both are one role.
    ///
    /// # Errors
    /// As for [`Store::migrate`]; where this is another database than the service's.
    pub fn migrate_for(&self, service: &Store) -> Result<Vec<String>, StoreError> {
        let applied = self.migrate()?;
        let (owner, served) = (self.place()?, service.place()?);
        if (&owner.database, &owner.schema) != (&served.database, &served.schema) {
            let words =
                format!("its database is {}, and the service's is {}", owner.database, served.database);
            return Err(StoreError::Unavailable(words));
        }
        if owner.role != served.role {
            let (schema, role) = (owner.schema, served.role);
            let grants = format!(
                "BEGIN; {LOCK_IN_TRANSACTION}; \
                 GRANT USAGE ON SCHEMA {schema} TO {role}; \
                 GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}; \
                 REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM {role}; \
                 REVOKE UPDATE, DELETE ON audit_entries, audit_chain FROM {role}; \
                 COMMIT;"
            );
            self.on_one_connection(|db| {
                let granted = db.batch_execute(&grants);
                if granted.is_err() {
                    // A batch that broke off leaves its transaction open.
                    db.batch_execute("ROLLBACK")?;
                }
                Ok(granted?)
            })?;
        }
        if service.pending_migrations()?.is_empty() {
            Ok(applied)
        } else {
            Err(StoreError::Unavailable("it is not on the server of the service's database".to_owned()))
        }
    }

    /// Whether the role of this connection could change or delete entries of the audit; none on SQLite, which has no roles.
    ///
    /// # Errors
    /// The database's.
    pub fn may_change_audit(&self) -> Result<Option<bool>, StoreError> {
        self.on_one_connection(|db| match db {
            Db::Pg(connection) => {
                let query = "SELECT bool_or(has_table_privilege(name, 'UPDATE') OR has_table_privilege(name, 'DELETE')) \
                             AS yes FROM unnest(ARRAY['audit_entries', 'audit_chain']) AS name";
                let found: Answer = sql_query(query).get_result(connection)?;
                Ok(Some(found.yes))
            }
            Db::Sqlite(_) => Ok(None),
        })
    }

    /// As whom and where a PostgreSQL connection works; names are quoted.
    fn place(&self) -> Result<Place, StoreError> {
        self.on_one_connection(|db| match db {
            Db::Pg(connection) => {
                let query = "SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database, \
                             quote_ident(current_schema()) AS schema";
                Ok(sql_query(query).get_result(connection)?)
            }
            Db::Sqlite(_) => Err(StoreError::Unavailable("SQLite has no roles".to_owned())),
        })
    }
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Text)]
    schema: String,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Diesel's own question makes its table first where it is missing, which a role that owns nothing may not do.
fn pending_on_postgres(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let there = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS yes";
    let there: Answer = sql_query(there).get_result(connection)?;
    let applied: Vec<Version> = if there.yes {
        sql_query("SELECT version FROM __diesel_schema_migrations").load(connection)?
    } else {
        Vec::new()
    };
    let all: Vec<Box<dyn Migration<Pg>>> = POSTGRES.migrations().map_err(|error| refused(&error))?;
    let mut missing: Vec<String> = all
        .iter()
        .filter(|one| !applied.iter().any(|done| done.version == one.name().version().to_string()))
        .map(|one| one.name().to_string())
        .collect();
    missing.sort();
    Ok(missing)
}

fn version_names<DB: diesel::backend::Backend>(
    list: &[Box<dyn diesel::migration::Migration<DB>>],
) -> Vec<String> {
    list.iter().map(|migration| migration.name().to_string()).collect()
}
