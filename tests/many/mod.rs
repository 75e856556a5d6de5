//! Many placements in a database at once, by SQL that both databases take: for benches of exports and tests of changes.
#![allow(dead_code, reason = "each program uses its part")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

/// The employer whose staff they are.
pub const EMPLOYER: &str = "01900000-0000-7000-8000-000000000001";
/// Another one, with the last row.
pub const OTHER: &str = "01900000-0000-7000-8000-000000000002";
/// Their round.
pub const ROUND: &str = "01900000-0000-7000-8000-000000000003";

/// The id of the `n`th thing of a kind, by its letter: `a` application, `b` placement, `c` person, `d` employment, `e` library.
pub fn id_of(kind: char, n: u32) -> String {
    format!("0190000{kind}-0000-7000-8000-{}", 100_000_000_000_u64 + u64::from(n))
}

/// The statements that make so many confirmed placements, on a hundred days, of persons with odd names, between fifty
/// libraries. Numbered, as if each had been confirmed in its turn.
fn statements(count: u32, is_postgres: bool) -> String {
    let now = "'2027-01-04 09:00:00'";
    let false_word = if is_postgres { "FALSE" } else { "0" };
    let id =
        |kind: char, n: &str| format!("'0190000{kind}-0000-7000-8000-' || CAST(100000000000 + {n} AS TEXT)");
    let date = if is_postgres {
        "DATE '2027-03-01' + (n % 100)"
    } else {
        "date('2027-03-01', '+' || (n % 100) || ' days')"
    };
    let seq = |most: u32| {
        format!("WITH RECURSIVE seq(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n < {}) ", most - 1)
    };
    let owner = format!("CASE WHEN n = {} THEN '{OTHER}' ELSE '{EMPLOYER}' END", count - 1);
    let mut sql = String::new();
    for (employer, name) in [(EMPLOYER, "Worcestershire County Council"), (OTHER, "Somebody Else")] {
        sql +=
            &format!("INSERT INTO employers (id, name, created_at) VALUES ('{employer}', '{name}', {now});");
    }
    sql += &format!(
        "INSERT INTO schedule_counters (employer_id, revision, forgotten) VALUES ('{EMPLOYER}', {}, 0), ('{OTHER}', {count}, 0);",
        count - 1
    );
    sql += &seq(50);
    sql += &format!(
        "INSERT INTO libraries (id, reference, name, search_text, sectors, time_zone, status, topics, access, vetting_required, \
         escorts_visitors, created_at, updated_at) SELECT {}, 'l' || n, 'Llyfrgell Tŷ ' || n || ', Worcester', 'x', \
         CASE WHEN n % 2 = 0 THEN '[\"public\"]' ELSE '[\"academic\",\"public\"]' END, 'Europe/London', 'open', '[]', '[]', \
         {false_word}, {false_word}, {now}, {now} FROM seq;",
        id('e', "n")
    );
    sql += &format!(
        "INSERT INTO rounds (id, name, state, time_zone, sign_up_until, answer_until, dates, rules, release_required, revision, \
         created_at, updated_at) VALUES ('{ROUND}', 'Spring 2027', 'published', 'Europe/London', '2027-01-31', '2027-02-14', \
         '[\"2027-03-01\"]', '{{}}', {false_word}, 1, {now}, {now});"
    );
    sql += &format!(
        "INSERT INTO runs (id, round_id, kind, state, seed, time_limit_seconds, gap_limit, threads, round_revision, round_sha256, \
         cancel_asked, attempts, created_at) VALUES ('{ROUND}', '{ROUND}', 'solved', 'published', 1, 1, 0, 1, 1, 'x', \
         {false_word}, 1, {now});"
    );
    sql += &seq(count);
    sql += &format!(
        "INSERT INTO persons (id, name, email, created_at) SELECT {}, CASE n % 4 WHEN 0 THEN 'Siân O''Neill, \"Annie\" ' || n \
         WHEN 1 THEN '=1+' || n ELSE 'Reader ' || n END, 'p' || n || '@council.example', {now} FROM seq;",
        id('c', "n")
    );
    sql += &seq(count);
    sql += &format!(
        "INSERT INTO employments (id, person_id, employer_id, external_id, created_at, updated_at) \
         SELECT {}, {}, {owner}, 'E' || n, {now}, {now} FROM seq;",
        id('d', "n"),
        id('c', "n")
    );
    sql += &seq(count);
    sql += &format!(
        "INSERT INTO applications (id, round_id, person_id, employer_id, home_library_id, name, state, dates, released_dates, \
         hours, max_km, sectors, topics, avoid, manager_email, manager_trust, language, revision, created_at, updated_at) \
         SELECT {}, '{ROUND}', {}, {owner}, {}, 'x', 'placed', '[]', '[]', '{{}}', 30, '[]', '[]', '[]', \
         'head@council.example', 'believed', 'en', 1, {now}, {now} FROM seq;",
        id('a', "n"),
        id('c', "n"),
        id('e', "(n % 50)")
    );
    sql += &seq(count);
    sql += &format!(
        "INSERT INTO placements (id, round_id, run_id, application_id, person_id, employer_id, home_library_id, host_library_id, \
         date, starts, ends, time_zone, score, state, version, is_virtual, revision, created_at, updated_at) \
         SELECT {}, '{ROUND}', '{ROUND}', {}, {}, {owner}, {}, {}, {date}, '09:05', '16:35', 'Europe/London', 1, 'confirmed', 0, \
         {false_word}, 1, {now}, {now} FROM seq;",
        id('b', "n"),
        id('a', "n"),
        id('c', "n"),
        id('e', "(n % 50)"),
        id('e', "((n + 1) % 50)")
    );
    sql += &seq(count);
    sql += &format!(
        "INSERT INTO schedule_entries (placement_id, employer_id, revision, first_revision, since_revision) \
         SELECT {}, {owner}, n + 1, n + 1, n + 1 FROM seq;",
        id('b', "n")
    );
    sql
}

/// Fills a database that has its tables and nothing else.
pub fn fill(url: &str, count: u32) {
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = SqliteConnection::establish(path).expect("a connection");
            connection.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").expect("begun");
            connection.batch_execute(&statements(count, false)).expect("filled");
            connection.batch_execute("COMMIT; ANALYZE").expect("kept");
        }
        None => {
            let mut connection = PgConnection::establish(url).expect("a connection");
            connection.batch_execute(&statements(count, true)).expect("filled");
        }
    }
}
