//! What a database says, and whether it can be true: every table as JSON rows, and the rules that hold between them
//! after every commit, whatever happened. Used by the model-based test and by the kills.
#![allow(dead_code, reason = "each test file uses its part")]

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use library_swap::services::App;
use library_swap::store::{Db, StoreError};
use serde_json::Value;

pub use rules::breaches;

/// Every row of every table, in an order that does not depend on the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dump(BTreeMap<String, BTreeSet<String>>);

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Takes dumps of one database.
pub struct Dumper(String);

impl Dumper {
    /// Learns the tables, so that a new one is never forgotten.
    pub fn new(app: &App) -> Self {
        let query = app.store.read(|db| Ok::<_, StoreError>(selection(db)?)).expect("the catalogue");
        Self(query)
    }

    /// All that the database holds now.
    pub fn take(&self, app: &App) -> Dump {
        let lines: Vec<Line> = app
            .store
            .read(|db| {
                Ok::<_, StoreError>(match db {
                    Db::Pg(connection) => diesel::sql_query(&self.0).load(connection)?,
                    Db::Sqlite(connection) => diesel::sql_query(&self.0).load(connection)?,
                })
            })
            .expect("a dump");
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Line { name, line } in lines {
            tables.entry(name).or_default().insert(line);
        }
        Dump(tables)
    }
}

/// One query that gives every row of every table as JSON.
fn selection(db: &mut Db) -> diesel::QueryResult<String> {
    let parts: Vec<String> = match db {
        Db::Pg(connection) => {
            let tables: Vec<Name> = diesel::sql_query(
                "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%'",
            )
            .load(connection)?;
            let part = |Name { name }: Name| {
                format!("SELECT '{name}'::text AS name, row_to_json(x)::text AS line FROM {name} x")
            };
            tables.into_iter().map(part).collect()
        }
        Db::Sqlite(connection) => {
            let tables: Vec<Name> = diesel::sql_query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' \
                 ESCAPE '\\'",
            )
            .load(connection)?;
            let mut parts = Vec::new();
            for Name { name } in tables {
                let columns: Vec<Name> = diesel::sql_query(format!(
                    "SELECT CASE type WHEN 'BLOB' THEN '''' || name || ''', hex(' || name || ')' \
                     ELSE '''' || name || ''', ' || name END AS name FROM pragma_table_info('{name}')"
                ))
                .load(connection)?;
                let columns: Vec<String> = columns.into_iter().map(|column| column.name).collect();
                parts.push(format!(
                    "SELECT '{name}' AS name, json_object({}) AS line FROM {name}",
                    columns.join(", ")
                ));
            }
            parts
        }
    };
    Ok(parts.join(" UNION ALL "))
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row(Value);

impl Row {
    /// A column that is text, or nothing.
    pub fn get(&self, column: &str) -> Option<&str> {
        match &self.0[column] {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => panic!("{column} is {other}"),
        }
    }

    /// A column that is text.
    pub fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or_else(|| panic!("{column} is empty in {}", self.0))
    }

    /// A column that is a whole number.
    pub fn number(&self, column: &str) -> i64 {
        self.0[column].as_i64().unwrap_or_else(|| panic!("{column} in {}", self.0))
    }

    /// A column that is true or false.
    pub fn is(&self, column: &str) -> bool {
        self.0[column] == Value::Bool(true) || self.0[column] == 1
    }

    /// A column that holds JSON text.
    pub fn json(&self, column: &str) -> Value {
        serde_json::from_str(self.text(column)).expect("JSON")
    }
}

impl Dump {
    /// The rows of a table.
    pub fn rows(&self, table: &str) -> Vec<Row> {
        let lines = self.0.get(table).into_iter().flatten();
        lines.map(|line| Row(serde_json::from_str(line).expect("a row"))).collect()
    }

    /// The rows of a table that another dump has not.
    pub fn rows_beside(&self, other: &Dump, table: &str) -> Vec<Row> {
        let empty = BTreeSet::new();
        let (own, others) = (self.0.get(table).unwrap_or(&empty), other.0.get(table).unwrap_or(&empty));
        own.difference(others).map(|line| Row(serde_json::from_str(line).expect("a row"))).collect()
    }

    /// The row with an id.
    pub fn row(&self, table: &str, id: &str) -> Option<Row> {
        let lines = self.0.get(table).into_iter().flatten().filter(|line| line.contains(id));
        lines.map(|line| Row(serde_json::from_str(line).expect("a row"))).find(|row| row.text("id") == id)
    }

    /// The same with one row changed: to try whether the rules see it. None where no row is so.
    pub fn altered(&self, table: &str, change: impl Fn(&str) -> Option<String>) -> Option<Dump> {
        let mut altered = self.clone();
        let lines = altered.0.get_mut(table)?;
        let (old, new) = lines.iter().find_map(|line| Some((line.clone(), change(line)?)))?;
        lines.remove(&old);
        lines.insert(new);
        Some(altered)
    }

    /// What differs, for a person.
    pub fn difference(&self, after: &Dump) -> String {
        let mut words = String::new();
        let empty = BTreeSet::new();
        for table in self.0.keys().chain(after.0.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (self.0.get(table).unwrap_or(&empty), after.0.get(table).unwrap_or(&empty));
            for gone in old.difference(new) {
                words.push_str(&format!("- {table} {gone}\n"));
            }
            for come in new.difference(old) {
                words.push_str(&format!("+ {table} {come}\n"));
            }
        }
        words
    }
}
