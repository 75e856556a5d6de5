//! A fresh database for each test, on SQLite always and on PostgreSQL where there is one; a served API; a client.
//!
//! PostgreSQL is looked for in this order: the server of `LIBRARY_SWAP_TEST_POSTGRES` (a URL of a maintenance
//! database), a local server, a throw-away cluster of installed programs. Without any of them the PostgreSQL half says
//! SKIPPED, and fails where `LIBRARY_SWAP_REQUIRE_POSTGRES=1`.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

pub mod client;
pub mod cluster;
pub mod log;
pub mod served;

use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use chrono::Duration;
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use library_swap::domain::language::Language;
use library_swap::domain::letter::CalendarForm;
use library_swap::domain::privacy::Retention;
use library_swap::domain::schedule::AbsenceCode;
use library_swap::domain::target::Allowed;
use library_swap::domain::templates::OwnTemplates;
use library_swap::http::{self, HttpSettings};
use library_swap::services::clock::{Chance, Clock};
use library_swap::services::names::Names;
use library_swap::services::notices::Pace;
use library_swap::services::refills::Patience;
use library_swap::services::sessions::Stay;
use library_swap::services::{App, Settings};
use library_swap::store::keys::{KEY_BYTES, Keyring};
use library_swap::store::{Store, StoreUrl};

pub use client::{Client, Reply, looked_at};
pub use log::Log;

/// When every test begins, in UTC.
pub const BEGIN: &str = "2027-01-04T09:00:00Z";

/// A database that is made when it is first used, and dropped at the end.
pub enum Database {
    Sqlite(tempfile::TempDir),
    Postgres {
        maintenance: String,
        name: String,
        made: OnceLock<()>,
        _cluster: Option<Arc<cluster::Cluster>>,
    },
}

impl Database {
    /// A fresh SQLite database.
    pub fn sqlite() -> Self {
        Database::Sqlite(tempfile::tempdir().expect("a folder"))
    }

    /// A fresh PostgreSQL database, where there is a server.
    pub fn postgres() -> Option<Self> {
        let (maintenance, cluster) = cluster::find()?;
        let name = format!("library_swap_test_{}", uuid::Uuid::now_v7().simple());
        Some(Database::Postgres { maintenance, name, made: OnceLock::new(), _cluster: cluster })
    }

    /// Where it is; empty, unless it was migrated before.
    pub fn url(&self) -> String {
        match self {
            Database::Sqlite(folder) => format!("sqlite:{}", folder.path().join("test.db").display()),
            Database::Postgres { maintenance, name, made, .. } => {
                made.get_or_init(|| cluster::create(maintenance, name, None));
                cluster::with_database(maintenance, name)
            }
        }
    }

    /// Gives it every migration, where it is not made yet: as a copy, because hundreds of tests begin so.
    fn migrate(&self) {
        match self {
            Database::Sqlite(folder) => {
                let path = folder.path().join("test.db");
                if !path.exists() {
                    std::fs::write(path, sqlite_template()).expect("a database");
                }
            }
            Database::Postgres { maintenance, name, made, .. } => {
                made.get_or_init(|| {
                    cluster::create(maintenance, name, Some(&cluster::template(maintenance)));
                });
            }
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Database::Sqlite(_) => "SQLite",
            Database::Postgres { .. } => "PostgreSQL",
        }
    }
}

/// An SQLite file with every migration.
fn sqlite_template() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("template.db");
        let url: StoreUrl = format!("sqlite:{}", path.display()).parse().expect("a URL");
        Store::open(&url, 1).expect("a database").migrate().expect("migrations");
        let log = folder.path().join("template.db-wal");
        assert!(!log.exists(), "whoever leaves an SQLite database last writes its log into the file");
        std::fs::read(path).expect("a file")
    })
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Database::Postgres { maintenance, name, made, .. } = self
            && made.get().is_some()
            && let Ok(mut connection) = PgConnection::establish(maintenance)
            && let Err(error) = connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        {
            eprintln!("{name} stays behind: {error}");
        }
    }
}

/// The key by which every test database is encrypted.
pub fn keys() -> Keyring {
    Keyring::default().with_new([7; KEY_BYTES])
}

/// The application on a database, with a clock that stands at [`BEGIN`] and a repeatable row of ids.
pub fn app_on(database: &Database, public_url: &str) -> App {
    database.migrate();
    let url: StoreUrl = database.url().parse().expect("a URL");
    let store = Store::open(&url, 8).expect("a database").with_keys(keys());
    store.migrate().expect("migrations");
    App {
        store,
        clock: Clock::fixed(BEGIN.parse().expect("an instant")),
        chance: Chance::seeded(1),
        settings: Settings {
            public_url: public_url.to_owned(),
            service_name: "One library to the left".to_owned(),
            organiser_address: "exchange@exchange.example".to_owned(),
            mail_domain: "exchange.example".to_owned(),
            language: Language::English,
            templates: OwnTemplates::default(),
            authserv_id: Some("mx.exchange.example".to_owned()),
            calendar: CalendarForm::USUAL,
            run_seconds: 10,
            solver_threads: 2,
            withdrawal_days: 14,
            // Mails leave at once, so that a test sees what a step tells; tests of windows and digests set their own.
            pace: Pace::AT_ONCE,
            reserves: Patience { working_days: 2, days_before: 3 },
            stay: Stay { idle: Duration::hours(1), most: Duration::hours(12) },
            claim_rules: Vec::new(),
            webhook_targets: Allowed::default(),
            names: Names::System,
            absence_code: AbsenceCode::default(),
            export_folder: None,
            retention: Retention::USUAL,
        },
    }
}

/// Runs a test with each kind of database: it makes fresh ones as often as it likes.
pub fn for_each_kind(test: impl Fn(&dyn Fn() -> Database, &str)) {
    test(&Database::sqlite, "SQLite");
    match Database::postgres() {
        Some(first) => {
            let name = first.name();
            // It stays until the end: with it, a throw-away server.
            test(&|| Database::postgres().expect("a server"), name);
        }
        None => {
            let required = std::env::var("LIBRARY_SWAP_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(!required, "PostgreSQL is required, and there is none");
            skip!("the PostgreSQL half of this test (there is no PostgreSQL)");
        }
    }
}

fn each_database(test: impl Fn(Database)) {
    for_each_kind(|fresh, _| test(fresh()));
}

/// Runs a test on each database, empty as it is, with its URL.
pub fn for_each_url(test: impl Fn(&Database, &str)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        test(&database, &database.url());
    });
}

/// Runs a test on each database, with an application that nobody serves.
pub fn for_each_database(test: impl Fn(&App)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        let app = app_on(&database, "http://exchange.example");
        test(&app);
    });
}

/// A served API.
pub struct Service {
    /// The application behind it, to set the clock and to look into the outbox.
    pub app: App,
    /// Where it is, without a slash at the end.
    pub url: String,
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<()>>,
    // Dropped last: the database goes when nobody uses it any more.
    database: Database,
}

impl Service {
    /// Serves on a port that the system chooses.
    pub fn start(database: Database, settings: &HttpSettings) -> Self {
        Self::start_at(database, settings, Pace::AT_ONCE)
    }

    /// As [`Service::start`], with mails that are gathered.
    pub fn start_at(database: Database, settings: &HttpSettings, pace: Pace) -> Self {
        Self::start_as(database, settings, |usual| Settings { pace, ..usual })
    }

    /// As [`Service::start`], with other settings of the application than the usual ones.
    pub fn start_as(
        database: Database,
        settings: &HttpSettings,
        set: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = app_on(&database, &url);
        let app = App { settings: set(app.settings), ..app };
        let (served, settings) = (app.clone(), settings.clone());
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = http::bind(served, &settings, listener).expect("a server");
                tell.send(server.handle()).expect("the test waits");
                server.await.expect("served");
            });
        });
        let handle = told.recv().expect("a handle");
        Self { app, url, handle, thread: Some(thread), database }
    }

    /// A client without a credential.
    pub fn anyone(&self) -> Client {
        Client::new(&self.url, None)
    }

    /// A client with a credential.
    pub fn with(&self, secret: &str) -> Client {
        Client::new(&self.url, Some(secret))
    }

    /// A client with the first organiser's token.
    pub fn organiser(&self) -> Client {
        use library_swap::services::tokens::{FirstToken, first_token};
        let fresh = first_token(&self.app, FirstToken::EvenIfSome).expect("a token");
        self.with(fresh.secret.reveal())
    }

    /// Stops the server once the requests in hand are answered; gives the thread that waits for that.
    pub fn stop_gracefully(&self) -> JoinHandle<()> {
        let stopped = self.handle.stop(true);
        std::thread::spawn(|| actix_web::rt::System::new().block_on(stopped))
    }

    /// Where the database behind it is.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Sets the clock.
    pub fn set_clock(&self, instant: &str) {
        self.app.clock.set(instant.parse().expect("an instant"));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let stopped = self.handle.stop(false);
        actix_web::rt::System::new().block_on(stopped);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Sends SIGTERM: by the shell's own `kill`, because a small system has no other.
pub fn terminate(process: &std::process::Child) {
    let kill = format!("kill -TERM {}", process.id());
    let sent = std::process::Command::new("sh").args(["-c", &kill]).status().expect("a shell");
    assert!(sent.success());
}

/// Rates that no test reaches by accident.
pub fn generous() -> HttpSettings {
    let many = std::num::NonZeroU32::new(100_000).expect("not zero");
    HttpSettings {
        sign_ups_per_hour: many,
        sign_ups_per_mailbox_and_day: many,
        questions_per_day: many,
        failed_sign_ins_per_minute: many,
        sign_in_links_per_hour: many,
        sign_in_links_per_mailbox_and_hour: many,
        requests_per_minute: std::num::NonZeroU32::MAX,
        requests_per_address_and_minute: std::num::NonZeroU32::MAX,
        ..HttpSettings::default()
    }
}

/// Runs a test against a service on each database.
pub fn for_each_service(test: impl Fn(&Service)) {
    for_each_service_with(&generous(), test);
}

/// As [`for_each_service`], with mails that are gathered.
pub fn for_each_service_at(pace: Pace, test: impl Fn(&Service)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        test(&Service::start_at(database, &generous(), pace));
    });
}

/// As [`for_each_service`], where reserves are asked up to so many days before the day.
pub fn for_each_service_asking_until(days_before: u16, test: impl Fn(&Service)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        let reserves = Patience { working_days: 2, days_before };
        let set = |usual| Settings { reserves, ..usual };
        test(&Service::start_as(database, &generous(), set));
    });
}

/// As [`for_each_service`], with settings of its own.
pub fn for_each_service_with(settings: &HttpSettings, test: impl Fn(&Service)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        test(&Service::start(database, settings));
    });
}

/// Changes a database as whoever owns it can: what keeps the audit append-only is taken away meanwhile. Gives how many rows
/// were changed.
pub fn damage(url: &str, sql: &str) -> usize {
    use diesel::prelude::*;
    #[derive(diesel::QueryableByName)]
    struct Trigger {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        sql: String,
    }
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = diesel::SqliteConnection::establish(path).expect("a connection");
            connection.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF").expect("set");
            connection
                .immediate_transaction(|connection| {
                    let triggers: Vec<Trigger> =
                        diesel::sql_query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                            .load(connection)?;
                    for trigger in &triggers {
                        connection.batch_execute(&format!("DROP TRIGGER {}", trigger.name))?;
                    }
                    let changed = diesel::sql_query(sql).execute(connection)?;
                    for trigger in &triggers {
                        connection.batch_execute(&trigger.sql)?;
                    }
                    diesel::QueryResult::Ok(changed)
                })
                .expect(sql)
        }
        None => {
            let mut connection = PgConnection::establish(url).expect("a connection");
            connection.batch_execute("SET session_replication_role = replica").expect("a superuser");
            diesel::sql_query(sql).execute(&mut connection).expect(sql)
        }
    }
}

/// As [`for_each_service`], with other settings of its use cases.
pub fn for_each_service_as(change: impl Fn(Settings) -> Settings, test: impl Fn(&Service)) {
    each_database(|database| {
        eprintln!("on {}", database.name());
        test(&Service::start_as(database, &generous(), &change));
    });
}

const TABLES: &[&str] = &[
    "access_need_readings",
    "access_needs",
    "alternatives",
    "api_tokens",
    "applications",
    "attendances",
    "audit_chain",
    "audit_entries",
    "audit_waiting",
    "calendar_periods",
    "calendars",
    "certificates",
    "consents",
    "deputyships",
    "employer_domains",
    "employer_managers",
    "employers",
    "employments",
    "feedback",
    "feeds",
    "given_histories",
    "grants",
    "idea_questions",
    "idea_trials",
    "idempotent_requests",
    "ideas",
    "impact_reports",
    "import_mappings",
    "inbound_mails",
    "invitations",
    "joining_packs",
    "libraries",
    "library_calendars",
    "library_employers",
    "library_exceptions",
    "library_packs",
    "links",
    "mail_pauses",
    "opt_outs",
    "outbox",
    "past_placements",
    "persons",
    "placements",
    "privacy_notices",
    "repair_options",
    "repairs",
    "refills",
    "reserve_offers",
    "round_forbidden",
    "round_introductions",
    "round_libraries",
    "round_locks",
    "rounds",
    "run_files",
    "run_proofs",
    "runs",
    "schedule_counters",
    "schedule_deliveries",
    "schedule_dispatches",
    "schedule_entries",
    "sessions",
    "sign_in_links",
    "swap_consents",
    "swap_members",
    "swaps",
    "webhook_messages",
    "webhooks",
];

/// How many rows each table has.
pub fn row_counts(app: &App) -> Vec<(String, i64)> {
    use diesel::prelude::*;
    use library_swap::store::{Db, StoreError};
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let count = |table: &str| {
        let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
        app.store.read(|db| {
            let row: Count = match db {
                Db::Pg(connection) => query.get_result(connection)?,
                Db::Sqlite(connection) => query.get_result(connection)?,
            };
            Ok::<_, StoreError>(row.n)
        })
    };
    TABLES.iter().map(|table| ((*table).to_owned(), count(table).expect(table))).collect()
}

/// Every row of every table, as text.
pub fn dump(app: &App) -> Vec<(String, Vec<String>)> {
    use diesel::prelude::*;
    use library_swap::store::{Db, StoreError};
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let lines = |table: &str| {
        app.store.read(|db| {
            let rows: Vec<Line> = match db {
                Db::Pg(connection) => {
                    diesel::sql_query(format!("SELECT t::text AS line FROM {table} t ORDER BY 1"))
                        .load(connection)?
                }
                Db::Sqlite(connection) => {
                    let names = format!(
                        "SELECT group_concat('quote(' || name || ')', ' || char(10) || ') AS line \
                         FROM pragma_table_info('{table}')"
                    );
                    let names: Line = diesel::sql_query(names).get_result(connection)?;
                    let rows = format!("SELECT {} AS line FROM {table} ORDER BY 1", names.line);
                    diesel::sql_query(rows).load(connection)?
                }
            };
            Ok::<_, StoreError>(rows.into_iter().map(|row| row.line).collect())
        })
    };
    TABLES.iter().map(|table| ((*table).to_owned(), lines(table).expect(table))).collect()
}
