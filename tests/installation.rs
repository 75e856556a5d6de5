//! A whole installation from one database into another and back: not a row, not a digit is lost, and what is damaged, cut
//! off or does not belong here changes nothing.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;
mod programme;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, SqliteConnection, sql_query};
use library_swap::domain::installation::Kind;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::services::installation::{self, MoveError};
use library_swap::services::tokens::{FirstToken, first_token};
use library_swap::services::{App, audit, proofs};
use library_swap::store::installation::tables;
use library_swap::store::keys::{KEY_BYTES, Keyring};
use programme::World;
use serde_json::{Value, json};
use support::served::{Served, binary};
use support::{Database, Service, app_on, damage, dump, generous, keys, row_counts};

/// Rows of the tables that the story below leaves empty, and cells as odd as cells get. `BYTES` is what stands for bytes.
const ODD: &[&str] = &[
    "INSERT INTO employer_managers SELECT min(id), 'chief@town.example' FROM employers",
    "INSERT INTO privacy_notices SELECT min(id), 1, 'The Trust', 'An exchange', 'I agree', '2027-01-04 09:00:00' FROM rounds",
    "INSERT INTO access_need_readings SELECT 'ar', min(id), '2027-02-04 09:00:00', 'x', 'organiser', NULL, 'needs' FROM applications",
    "INSERT INTO given_histories SELECT min(id), 9007199254740993, '[]' FROM applications",
    "INSERT INTO round_locks SELECT round_id, id, home_library_id, '2027-03-01', '', '1969-12-31 23:59:59.999999' FROM applications",
    "INSERT INTO round_forbidden SELECT 'a' || id, round_id, id, home_library_id, NULL, '2027-01-04 09:00:00.500' FROM applications",
    "INSERT INTO grants VALUES ('g1', 'hr@town.example', 'hr', '[]', NULL, '2027-01-04 09:00:00', NULL, NULL)",
    "INSERT INTO deputyships VALUES ('d1', 'a@town.example', 'b@town.example', 'hr', '2027-01-04', '2027-01-05', '2027-01-04 09:00:00', NULL)",
    "INSERT INTO feeds SELECT 'f1', 'person', min(id), NULL, NULL, NULL, 'x', '2027-01-04 09:00:00', '2027-01-04', NULL FROM persons",
    "INSERT INTO idempotent_requests VALUES ('k1', 'f', '2027-01-04 09:00:00', BYTES), ('k2', 'f', '2027-01-04 09:00:00', NULL)",
    "INSERT INTO opt_outs VALUES ('boss@campus.example', '2027-01-04 09:00:00.000001')",
    "INSERT INTO mail_pauses VALUES ('smtp', '2027-01-04 09:00:00', '454 \\ \"later\"', 3, '2027-01-04 09:00:00.100')",
    "INSERT INTO inbound_mails (id, received_at, channel, sha256, fingerprint, kind, outcome, terms_version) \
     VALUES ('i1', '2027-01-04 09:00:00', 'pipe', 's', 'f', 'reply', 'unknown', 9223372036854775807)",
    "INSERT INTO calendars VALUES ('c1', 'Inset', 'closures', NULL, NULL, '2027-01-04 09:00:00', '2027-01-04 09:00:00')",
    "INSERT INTO calendar_periods VALUES ('c1', '2027-05-01', '2027-05-02', 'closure', 'Céad míle fáilte')",
    "INSERT INTO library_calendars SELECT id, 'c1' FROM libraries",
    "INSERT INTO library_exceptions SELECT min(id), '2027-05-03', '[[540, 720]]', '', '2027-01-04 09:00:00' FROM libraries",
    "INSERT INTO employments SELECT 'e1', p.id, e.id, '007', NULL, NULL, NULL, '2027-12-31', '2027-01-04 09:00:00', '2027-01-04 09:00:00' \
     FROM persons p, employers e WHERE e.name = 'town trust' AND p.email LIKE '%town%'",
    "INSERT INTO past_placements SELECT 'p1', p.id, l.id, '2026-03-01', '2027-01-04 09:00:00' FROM persons p, libraries l \
     WHERE p.email LIKE '%town%' AND l.reference = 'campus'",
    "INSERT INTO import_mappings VALUES ('staff', 'line\nbreak\ttab \u{2028} \u{1F989} \"\\'' \u{7f}', '{}', '2027-01-04 09:00:00')",
    "INSERT INTO round_introductions SELECT min(id), 'proposal', ' ', '2027-01-04 09:00:00' FROM rounds",
    "INSERT INTO attendances SELECT min(id), 'arrived', NULL, '2027-03-02 09:00:00' FROM placements WHERE id NOT IN (SELECT placement_id FROM attendances)",
    "INSERT INTO feedback SELECT 'fb', min(id), 'host', 1, 2, 5, 'Ŵ', '2027-03-02 09:00:00' FROM placements",
    "INSERT INTO certificates SELECT 'ce', min(id), 'h', 'cy', '17:00:00', '2027-03-02 09:00:00', NULL FROM placements",
    "INSERT INTO ideas SELECT 'id', min(id), 'A shelf', 'a shelf', '[]', '[]', '[]', 'author', NULL, '2027-03-02 09:00:00' FROM placements",
    "INSERT INTO idea_trials VALUES ('id', 'library:x', '2027-03-02 09:00:00')",
    "INSERT INTO idea_questions SELECT 'id', min(person_id), min(id), 'Who\nfills it?', '2027-03-02 09:00:00.000001' FROM applications WHERE person_id = (SELECT min(person_id) FROM applications)",
    "INSERT INTO library_packs SELECT min(id), '{}', '2027-03-02 09:00:00' FROM libraries",
    "INSERT INTO joining_packs SELECT min(id), 0, -9223372036854775807, '{}', '2027-01-02 09:00:00' FROM placements",
    "INSERT INTO alternatives (id, placement_id, version, kind, date, starts, ends, state, set_aside, offered_at, offered_by, offered_as, channel) \
     SELECT 'al', min(id), 1, 'virtual', '2027-03-01', '10:00:00', '16:00:00', 'refused', '[]', '2027-02-01 09:00:00', 'x', 'host_contact', 'link' FROM placements",
    "INSERT INTO repairs SELECT 're', min(id), '{}', 'f', 'file', 'o', '2027-02-01 09:00:00', NULL, NULL, TRUE FROM rounds",
    "INSERT INTO repair_options VALUES ('ro', 're', 0, '{}', 'file')",
    "INSERT INTO swaps SELECT 'sw', min(id), 'cancelled', '2027-02-01', '[]', NULL, '2027-02-01 09:00:00', NULL FROM rounds",
    "INSERT INTO swap_members (swap_id, place, placement_id) SELECT 'sw', 0, min(id) FROM placements",
    "INSERT INTO swap_consents (swap_id, place, party, answer) VALUES ('sw', 0, 'host', 'pending')",
    "INSERT INTO refills SELECT 'rf', min(id), min(round_id), min(host_library_id), '2027-03-01', NULL, 'stopped', NULL, NULL, '2027-02-01 09:00:00', 'x', NULL FROM placements",
    "INSERT INTO reserve_offers SELECT 'of', 'rf', min(id), min(person_id), '10:00:00', '16:00:00', '2027-02-01', 'declined', '2027-02-01 09:00:00', NULL, NULL, NULL FROM applications",
    "INSERT INTO impact_reports SELECT min(id), '{}', '2027-03-02 09:00:00' FROM rounds",
    "INSERT INTO webhooks SELECT 'wh', min(id), 'https://hr.example/ŵ', 'whsec_x', NULL, NULL, '2027-01-04 09:00:00', NULL, '2027-02-01 09:00:00' FROM employers",
    "INSERT INTO webhook_messages SELECT 'wm', 'wh', 'schedule.changed', '{}', 'failed', 7, '2027-01-04 09:00:00', '2027-01-04 09:00:00', 410, 'gone', NULL, NULL, '2027-02-01 09:00:00'",
    "INSERT INTO schedule_deliveries SELECT 'sd', min(id), 'csv', 'generic', 'tab', NULL, NULL, 'changes', NULL, NULL, NULL, '[\"mo\"]', '07:00', \
     'Europe/London', 'folder', NULL, '2027-01-04 09:00:00', '2027-01-11 07:00:00', 9223372036854775806, NULL FROM employers",
    "INSERT INTO schedule_dispatches VALUES ('di', 'sd', 1, '2027-01-04 09:00:00', '2027-01-04 09:00:00', NULL, 'waiting', NULL, 'Ŵ', 2, \
     '2027-01-04 09:00:00.500', 0, NULL, 3, true, NULL, 'a.csv', 3, 'x', BYTES)",
    "UPDATE applications SET max_km = 0.30000000000000004",
    "UPDATE runs SET gap_limit = 5e-324, seed = -1",
    // Rows that refer to later rows of their table.
    "UPDATE employers SET successor_id = (SELECT max(id) FROM employers) WHERE id = (SELECT min(id) FROM employers)",
    "UPDATE outbox SET again_of = (SELECT max(id) FROM outbox) WHERE id = (SELECT min(id) FROM outbox)",
];

/// Whom the story leaves with tokens.
struct Filled {
    organiser: String,
    /// Of the town's employer.
    hr: String,
    employer: String,
}

/// A round that was, with needs, answers, mails, somebody who has signed in; and [`ODD`].
fn fill(service: &Service) -> Filled {
    let world = World::new(service);
    world.agreed_with_needs("Step-free");
    world.sign_in("ann@town.example").expect("a session");
    for run in proofs::list_missing(&service.app, "test").expect("looked") {
        proofs::make(&service.app, "test", run).expect("made");
    }
    let employer = world.employers["town"].clone();
    let body = json!({ "name": "HR", "role": "hr", "employers": [employer] });
    let hr = world.organiser.post("/v1/tokens", &body).expect(201)["secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    audit::chain(&service.app, "test").expect("chained");
    let url = service.database_url();
    let bytes: Vec<u8> = (0..=255).collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = if url.starts_with("sqlite:") { format!("X'{hex}'") } else { format!("'\\x{hex}'") };
    for sql in ODD {
        assert!(damage(&url, &sql.replace("BYTES", &bytes)) > 0, "{sql}");
    }
    let organiser =
        first_token(&service.app, FirstToken::EvenIfSome).expect("a token").secret.reveal().to_owned();
    Filled { organiser, hr, employer }
}

/// Runs a test on a database, one of the other kind, and a second one of the first kind; with SQLite alone where there is
/// no PostgreSQL.
fn for_each_way(test: impl Fn(Database, Database, Database)) {
    let there = Database::postgres().is_some();
    let required = std::env::var("LIBRARY_SWAP_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    assert!(there || !required, "PostgreSQL is required, and there is none");
    if !there {
        skip!("the move to PostgreSQL and back (there is no PostgreSQL)");
    }
    let postgres = || Database::postgres().unwrap_or_else(Database::sqlite);
    test(Database::sqlite(), postgres(), Database::sqlite());
    if there {
        test(postgres(), Database::sqlite(), postgres());
    }
}

fn worker() -> Actor {
    Actor::worker("test")
}

fn export(app: &App) -> Vec<u8> {
    let mut file = Vec::new();
    installation::export(app, &worker(), &mut file, &|_| {}).expect("exported");
    file
}

fn import(app: &App, bytes: &[u8]) -> Result<u64, MoveError> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    installation::import(app, &worker(), &file, &|_| {}).map(|(_, end)| end.total())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a database has, by its own catalogue: `table.column`.
fn catalogue(url: &str) -> BTreeSet<String> {
    let lines: Vec<Line> = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let query = "SELECT m.name || '.' || p.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                 WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
            sql_query(query)
                .load(&mut SqliteConnection::establish(path).expect("a connection"))
                .expect("columns")
        }
        None => {
            let query = "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
            sql_query(query).load(&mut PgConnection::establish(url).expect("a connection")).expect("columns")
        }
    };
    lines.into_iter().map(|found| found.line).collect()
}

/// Every row of every table as the database itself writes it as JSON, with the kinds brought to one form.
fn rows(url: &str) -> BTreeMap<String, Vec<String>> {
    let sqlite = url.strip_prefix("sqlite:");
    let mut all = BTreeMap::new();
    for table in tables() {
        let cell = |name: &str, kind: Kind| match (kind, sqlite.is_some()) {
            (Kind::Bytes, true) => format!("lower(hex(\"{name}\"))"),
            (Kind::Bytes, false) => format!("coalesce(encode(\"{name}\", 'hex'), '')"),
            (Kind::Boolean, false) => format!("\"{name}\"::int"),
            (Kind::Instant, false) => format!("to_char(\"{name}\", 'YYYY-MM-DD HH24:MI:SS.US')"),
            (Kind::Instant, true) => {
                format!("substr(\"{name}\" || iif(instr(\"{name}\", '.') > 0, '', '.') || '000000', 1, 26)")
            }
            (Kind::Real, true) => format!("quote(\"{name}\")"),
            (Kind::Real, false) => format!("\"{name}\"::text"),
            (Kind::Text | Kind::Integer | Kind::Boolean | Kind::Date, _) => format!("\"{name}\""),
        };
        let cells: Vec<String> = table.columns.iter().map(|column| cell(column.name, column.kind)).collect();
        let function = if sqlite.is_some() { "json_array" } else { "json_build_array" };
        let query = sql_query(format!(
            "SELECT CAST({function}({}) AS TEXT) AS line FROM {}",
            cells.join(", "),
            table.name
        ));
        let lines: Vec<Line> = match sqlite {
            Some(path) => query.load(&mut SqliteConnection::establish(path).expect("a connection")),
            None => query.load(&mut PgConnection::establish(url).expect("a connection")),
        }
        .expect(table.name);
        let mut lines: Vec<String> = lines
            .into_iter()
            .map(|line| {
                let mut row: Value = serde_json::from_str(&line.line).expect("JSON");
                for (column, value) in table.columns.iter().zip(row.as_array_mut().expect("a list")) {
                    if column.kind == Kind::Real {
                        *value = json!(value.as_str().and_then(|text| text.parse::<f64>().ok()));
                    }
                }
                row.to_string()
            })
            .collect();
        lines.sort();
        all.insert(table.name.to_owned(), lines);
    }
    all
}

fn assert_same(found: &BTreeMap<String, Vec<String>>, wanted: &BTreeMap<String, Vec<String>>) {
    for (table, rows) in wanted {
        assert_eq!(&found[table], rows, "{table}");
    }
}

#[test]
fn every_table_and_column_of_the_migrations_is_in_the_file() {
    support::for_each_url(|database, url| {
        drop(app_on(database, "http://exchange.example"));
        let known: BTreeSet<String> = tables()
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)))
            .collect();
        assert_eq!(known, catalogue(url), "src/store/installation.rs or src/store/schema.rs lacks something");
    });
}

#[test]
fn an_installation_goes_to_another_database_and_back_and_nothing_is_lost() {
    for_each_way(|from, over, back| {
        let there_and_back = format!("{} to {} to {}", from.name(), over.name(), back.name());
        eprintln!("{there_and_back}");
        let service = Service::start(from, &generous());
        let Filled { organiser, hr, employer } = fill(&service);
        let empty: Vec<String> =
            row_counts(&service.app).into_iter().filter(|(_, n)| *n == 0).map(|(table, _)| table).collect();
        assert_eq!(empty, Vec::<String>::new(), "tables of which this test shows nothing");
        let (file, before) = (export(&service.app), rows(&service.database_url()));

        let second = app_on(&over, &service.url);
        second.clock.set(service.app.clock.now());
        let count = import(&second, &file).expect("imported");
        assert_eq!(count, u64::try_from(before.values().map(Vec::len).sum::<usize>()).expect("a number"));
        assert_same(&rows(&over.url()), &before);
        assert!(export(&second) == file, "the second file is the first one, byte for byte");

        let third = app_on(&back, &service.url);
        third.clock.set(service.app.clock.now());
        import(&third, &export(&second)).expect("imported");
        assert_eq!(dump(&third), dump(&service.app), "{there_and_back}: as each was stored before");

        // The same service, for whoever had a token; and the same chain.
        let head = |app: &App| audit::head(app, &Actor::named("test", Role::Operator)).expect("read");
        assert_eq!(head(&second), head(&service.app));
        let proof =
            audit::verify(&second, &Actor::named("test", Role::Operator), head(&second).link.as_ref());
        let proof = proof.expect("read");
        assert!(proof.chain.is_ok() && proof.lost.is_empty(), "{proof:?}");
        let moved = Service::start(over, &generous());
        moved.app.clock.set(service.app.clock.now());
        let changes = format!("/v1/employers/{employer}/schedule/changes");
        for (token, url) in [
            (&hr, "/v1/schedule.csv"),
            (&hr, &changes),
            (&organiser, "/v1/rounds"),
            (&organiser, "/v1/audit?limit=200"),
            (&organiser, "/v1/libraries?limit=200"),
        ] {
            let (here, there) = (service.with(token).get(url), moved.with(token).get(url));
            assert_eq!((here.status, here.text()), (there.status, there.text()), "{url}");
            assert_eq!(there.status, 200, "{url}: {}", there.text());
        }
        // It goes on: what comes next is numbered and chained after what came before.
        moved.with(&organiser).post("/v1/employers", &json!({ "name": "A new one" })).expect(201);
        audit::chain(&moved.app, "test").expect("chained");
        let link = |app: &App| head(app).link.expect("a link").position;
        assert!(link(&moved.app) > link(&service.app));
    });
}

fn lines(file: &[u8]) -> Vec<String> {
    String::from_utf8(file.to_vec()).expect("text").lines().map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_is_damaged_cut_off_or_of_another_version_changes_nothing() {
    let service = Service::start(Database::sqlite(), &generous());
    fill(&service);
    let file = export(&service.app);
    support::for_each_database(|app| {
        let refuse = |bytes: &[u8], words: &str| {
            let error = import(app, bytes).expect_err(words).to_string();
            assert!(error.contains(words), "{words}: {error}");
            assert!(row_counts(app).iter().all(|(_, n)| *n == 0), "{words}: something was written");
        };
        refuse(b"", "it is no file of `library-swap export installation`");
        refuse(b"{}\n", "it is no file of");
        // Cut off within a line, between two, and before the last.
        refuse(&file[..file.len() / 2], "it is cut off at line");
        refuse(&file[..file.len() - 1], "it is cut off at line");
        let all = lines(&file);
        refuse(all[..all.len() - 1].concat().as_bytes(), "its last line is missing");
        refuse(all[..1].concat().as_bytes(), "it is cut off at line 2");
        let without = [&all[..9], &all[10..]].concat().concat();
        refuse(without.as_bytes(), "its SHA-256 or its numbers of rows");
        refuse(format!("{}{}", all.concat(), all[3]).as_bytes(), "something comes after the last line");
        // Every byte counts: some all over the file, each changed in one bit.
        for n in 1..40 {
            let mut changed = file.clone();
            let at = n * (file.len() / 40);
            changed[at] ^= 1;
            refuse(&changed, "");
        }
        let header = |from: &str, to: &str| {
            assert!(all[0].contains(from), "{from}");
            format!("{}{}", all[0].replacen(from, to, 1), all[1..].concat())
        };
        refuse(
            header("\"version\":1", "\"version\":2").as_bytes(),
            "it has version 2 of the format, and this program reads version 1",
        );
        refuse(
            header("0001_initial", "0002_more").as_bytes(),
            "whose last migration is 0002_more, and here it is 0001_initial",
        );
        refuse(
            header("\"employers\":{", "\"employers\":{\"more\":\"text\",").as_bytes(),
            "table employers: the column more is in the file only",
        );
        refuse(header("\"feeds\":", "\"seeds\":").as_bytes(), "the table seeds is in the file only");
        // Without the keys nobody could read what is encrypted.
        let other = Keyring::default().with_new([9; KEY_BYTES]);
        let keyless = App { store: app.store.clone().with_keys(other), ..app.clone() };
        let error = import(&keyless, &file).expect_err("no key").to_string();
        assert!(error.contains(&keys().ids()[0]) && error.contains("does not have"), "{error}");
        // Whole it is taken, and once only.
        import(app, &file).expect("imported");
        let before = dump(app);
        let error = import(app, &file).expect_err("full").to_string();
        assert_eq!(
            error,
            "the database is not empty: there are rows in employers. An installation can be taken into an empty one only"
        );
        assert_eq!(dump(app), before);
    });
}

/// Runs the binary; gives its exit code and what it said.
fn run(folder: &Path, url: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = binary(folder, url);
    command.env("LIBRARY_SWAP__PRIVACY__KEY_FILE", folder.join("keys")).args(arguments);
    let output = command.output().expect("the binary runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().expect("a code"), String::from_utf8(said).expect("text"))
}

#[test]
fn the_commands_move_a_file_that_only_its_owner_reads() {
    for_each_way(|from, over, _| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("keys"), keys().reveal()).expect("keys");
        let service = Service::start(from, &generous());
        let Filled { hr, .. } = fill(&service);
        let (old, new, file) = (service.database_url(), over.url(), folder.path().join("all.ndjson"));
        let (code, said) = run(folder.path(), &old, &["export", "installation", "all.ndjson"]);
        assert_eq!(code, 0, "{said}");
        assert!(said.starts_with("all.ndjson: ") && said.contains(&keys().ids()[0]), "{said}");
        assert_eq!(
            File::open(&file).expect("a file").metadata().expect("known").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing else is left");
        let (code, said) = run(folder.path(), &old, &["export", "installation", "all.ndjson"]);
        assert_eq!((code, said.as_str()), (2, "all.ndjson: is there already\n"));

        let (code, said) = run(folder.path(), &new, &["import", "installation", "keys"]);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains("keys: it is no file of `library-swap export installation`. Nothing is written"),
            "{said}"
        );
        let (code, said) = run(folder.path(), &new, &["import", "installation", "all.ndjson"]);
        assert_eq!(code, 0, "{said}");
        assert_eq!(rows(&new), rows(&old));
        let (code, said) = run(folder.path(), &new, &["import", "installation", "all.ndjson"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("there are rows in employers"), "{said}");
        let (code, said) = run(folder.path(), &new, &["audit", "verify"]);
        assert_eq!(code, 0, "{said}");

        let mut command = binary(folder.path(), &new);
        command.env("LIBRARY_SWAP__PRIVACY__KEY_FILE", folder.path().join("keys"));
        let (served, url) = Served::start(&mut command);
        let schedule = support::Client::new(&url, Some(&hr)).get("/v1/schedule.csv");
        assert_eq!(schedule.status, 200, "{}", schedule.text());
        assert_eq!(schedule.text(), service.with(&hr).get("/v1/schedule.csv").text());
        assert_eq!(schedule.text().lines().count(), 2, "the town's one day: {}", schedule.text());
        assert_eq!(served.terminate(), 0);
    });
}

#[test]
fn a_backup_of_sqlite_is_taken_while_it_is_served_and_can_be_served_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("keys"), keys().reveal()).expect("keys");
    let service = Service::start(Database::sqlite(), &generous());
    let Filled { organiser, .. } = fill(&service);
    let before = rows(&service.database_url());
    let (code, said) = run(folder.path(), &service.database_url(), &["backup", "copy.db"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("copy.db: a copy that can be served as it is\nKeep a copy of the key file "),
        "{said}"
    );
    let copy = folder.path().join("copy.db");
    assert_eq!(fs::metadata(&copy).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(run(folder.path(), &service.database_url(), &["backup", "copy.db"]).0, 2, "never over a file");
    service.with(&organiser).post("/v1/employers", &json!({ "name": "Later" })).expect(201);

    let url = format!("sqlite:{}", copy.display());
    assert_same(&rows(&url), &before);
    let (code, said) = run(folder.path(), &url, &["audit", "verify"]);
    assert_eq!(code, 0, "{said}");
    let mut command = binary(folder.path(), &url);
    command.env("LIBRARY_SWAP__PRIVACY__KEY_FILE", folder.path().join("keys"));
    let (served, url) = Served::start(&mut command);
    support::Client::new(&url, Some(&organiser)).get("/v1/rounds").expect(200);
    assert_eq!(served.terminate(), 0);

    if let Some(postgres) = Database::postgres() {
        drop(app_on(&postgres, "http://exchange.example"));
        let (code, said) = run(folder.path(), &postgres.url(), &["backup", "other"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("PostgreSQL is copied by `pg_dump`"), "{said}");
    }
}
