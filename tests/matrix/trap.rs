//! A trap for the audit: whatever writes an entry fails at that moment, and its whole transaction with it. So everybody can be
//! let do everything, and nothing has changed afterwards; and what a use case would have written is seen in the log.
//!
//! What changes something and is not caught has left no entry.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use library_swap::domain::permissions::Action;

use crate::support::{Log, Service};

const OF_SQLITE: &str = "PRAGMA busy_timeout = 10000; CREATE TRIGGER trap BEFORE INSERT ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'trapped: ' || NEW.action || '.'); END";
const OF_POSTGRES: &str = "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'trapped: %.', NEW.action; END $$;
    CREATE TRIGGER trap BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION trap()";

/// Sets the trap.
pub fn set(service: &Service) {
    let url = service.database_url();
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = SqliteConnection::establish(path).expect("a connection");
            connection.batch_execute(OF_SQLITE).expect("a trap");
        }
        None => {
            let mut connection = PgConnection::establish(&url).expect("a connection");
            connection.batch_execute(OF_POSTGRES).expect("a trap");
        }
    }
}

/// What was caught since it was asked last; none where an error was another one.
pub fn caught(log: &Log) -> Option<Action> {
    let said = log.take();
    let (_, rest) = said.split_once("trapped: ")?;
    rest.split_once('.')?.0.parse().ok()
}
