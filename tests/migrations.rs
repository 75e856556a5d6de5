//! The migrations of both databases: there and back again, and the same tables on both.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use library_swap::store::{Store, StoreUrl};
use support::Database;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Every column with whether it may be null, every named constraint and index, as lines.
fn shape(database: &Database) -> BTreeSet<String> {
    let lines: Vec<Line> = match database {
        Database::Sqlite(_) => {
            let url = database.url();
            let path = url.strip_prefix("sqlite:").expect("a path");
            let mut connection = SqliteConnection::establish(path).expect("a connection");
            let columns = "SELECT m.name || '.' || p.name || CASE WHEN p.\"notnull\" THEN ' not null' ELSE '' END AS line \
                FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' \
                ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'";
            let mut found: Vec<Line> = sql_query(columns).load(&mut connection).expect("columns");
            let tables: Vec<Line> = sql_query("SELECT sql AS line FROM sqlite_master WHERE sql IS NOT NULL")
                .load(&mut connection)
                .expect("sql");
            for table in tables {
                let words: Vec<&str> = table.line.split_whitespace().collect();
                for pair in words.windows(2).filter(|pair| pair[0] == "CONSTRAINT" || pair[0] == "INDEX") {
                    found.push(Line { line: format!("named {}", pair[1]) });
                }
            }
            found
        }
        Database::Postgres { .. } => {
            let mut connection = PgConnection::establish(&database.url()).expect("a connection");
            let query = "SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END \
                AS line FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
                UNION SELECT 'named ' || conname FROM pg_constraint JOIN pg_namespace n ON n.oid = connamespace \
                WHERE n.nspname = 'public' AND conname NOT LIKE '\\_\\_%' AND contype <> 'n' \
                UNION SELECT 'named ' || indexname FROM pg_indexes WHERE schemaname = 'public' \
                AND indexname NOT LIKE '\\_\\_%'";
            sql_query(query).load(&mut connection).expect("shape")
        }
    };
    lines.into_iter().map(|found| found.line).collect()
}

fn open(database: &Database) -> Store {
    let url: StoreUrl = database.url().parse().expect("a URL");
    Store::open(&url, 2).expect("a database")
}

#[test]
fn up_down_and_up_again_leaves_the_same_schema() {
    support::for_each_url(|database, _| {
        let store = open(database);
        let pending = store.pending_migrations().expect("pending");
        assert!(!pending.is_empty());
        store.migrate().expect("up");
        let first = shape(database);
        assert!(first.len() > 100, "{first:?}");
        for _ in &pending {
            store.revert_last_migration().expect("down");
        }
        assert_eq!(shape(database), BTreeSet::new(), "nothing is left behind");
        store.migrate().expect("up again");
        assert_eq!(shape(database), first);
        assert!(store.migrate().expect("nothing to do").is_empty());
    });
}

#[test]
fn both_databases_have_the_same_columns_and_names() {
    let shapes = std::sync::Mutex::new(Vec::new());
    support::for_each_url(|database, _| {
        open(database).migrate().expect("up");
        shapes.lock().expect("a list").push(shape(database));
    });
    let shapes = shapes.into_inner().expect("a list");
    if let [sqlite, postgres] = &shapes[..] {
        let only_sqlite: Vec<_> = sqlite.difference(postgres).collect();
        let only_postgres: Vec<_> = postgres.difference(sqlite).collect();
        assert_eq!((only_sqlite, only_postgres), (vec![], vec![]));
    }
}
