//! A trap for the audit: whatever writes an entry fails at that moment, and its whole transaction with it. So everybody can be
//! let do everything, and nothing has changed afterwards; and what a use case would have written is seen in the log.
//!
//! What changes something and is not caught has left no entry.

use std::io::Write;
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use library_swap::domain::permissions::Action;

use crate::support::Service;

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

/// What went wrong in the service, kept as text.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens to the errors of everything in this process.
    pub fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::ERROR)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .try_init()
            .expect("nobody listens yet");
        log
    }

    /// What was caught since it was asked last; none where an error was another one.
    pub fn caught(&self) -> Option<Action> {
        let text = String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().expect("a log"))).into_owned();
        let (_, rest) = text.split_once("trapped: ")?;
        rest.split_once('.')?.0.parse().ok()
    }
}
