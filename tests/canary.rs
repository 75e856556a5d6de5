//! The canary: marked texts go in as access needs, a manager's reason for a no, and the address of a home library. After
//! a whole life of a round they are looked for in everything that leaves the service or lies in its database, in every
//! form that something could have given them, and are found only where they may be.
//!
//! `cargo test --test canary -- --nocapture` prints what was searched.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

#[path = "canary/forms.rs"]
mod forms;
#[path = "canary/life.rs"]
mod life;
mod programme;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use library_swap::http::routes;
use serde_json::{Value, json};

use crate::forms::Haystack;
use crate::life::{ADDRESS, Life, NEED, POSTCODE, REFUSAL, UNMET, WORDS};
use crate::support::{Client, Log, Service, dump, for_each_service};

/// What must be found nowhere else.
const MARKS: [(&str, &str); 6] = [
    ("a need that a host meets", NEED),
    ("a need that none meets", UNMET),
    ("needs in words", WORDS),
    ("the manager's reason", REFUSAL),
    ("the home's address", ADDRESS),
    ("the home's postcode", POSTCODE),
];

/// Everything that was searched, and what was found in it.
#[derive(Default)]
struct Search {
    counts: BTreeMap<String, (usize, usize)>,
    found: Vec<(String, &'static str)>,
    /// The marks that were seen where they may be: the search can find them.
    may_be: BTreeSet<&'static str>,
}

impl Search {
    /// Looks for all marks but those that may be there.
    fn look(&mut self, kind: &str, what: &str, bytes: &[u8], allowed: &[&str]) {
        let count = self.counts.entry(kind.to_owned()).or_default();
        count.0 += 1;
        count.1 += bytes.len();
        let haystack = Haystack::of(bytes);
        for (name, mark) in MARKS.into_iter().filter(|(_, mark)| haystack.has(mark)) {
            if allowed.contains(&mark) {
                self.may_be.insert(name);
            } else {
                self.found.push((format!("{kind}: {what}"), name));
            }
        }
    }

    fn end(self, on: &str) {
        eprintln!("searched on {on}:");
        for (kind, (count, bytes)) in &self.counts {
            eprintln!("  {count:>6} {kind}, {bytes} bytes");
        }
        for (name, _) in MARKS {
            assert!(self.may_be.contains(name), "{name} was not even found where it may be");
        }
        assert!(self.found.is_empty(), "marks where they must not be: {:#?}", self.found);
    }
}

/// Who asks.
struct Asker {
    name: String,
    client: Client,
}

fn askers(life: &Life<'_>) -> Vec<Asker> {
    let organiser = &life.world.organiser;
    let mut askers = vec![
        Asker { name: "organiser".to_owned(), client: organiser.clone() },
        Asker { name: "anyone".to_owned(), client: life.world.service.anyone() },
    ];
    for role in ["operator", "organiser", "library_administrator", "hr", "mail_server"] {
        let bound = matches!(role, "library_administrator" | "hr");
        let employers: Vec<Option<&String>> =
            if bound { life.world.employers.values().map(Some).collect() } else { vec![None] };
        for employer in employers {
            let body = json!({ "name": "canary", "role": role, "employers": employer.map(|own| vec![own]) });
            let token = organiser.post("/v1/tokens", &body).expect(201);
            let client = life.world.service.with(token["secret"].as_str().expect("a secret"));
            let of = employer.map(String::as_str).unwrap_or_default();
            askers.push(Asker { name: format!("{role} {of}"), client });
        }
    }
    for (name, secret) in &life.links {
        let client = life.world.service.with(secret);
        askers.push(Asker { name: format!("link of {name}"), client });
    }
    askers
}

/// The URLs of a pattern, for everything that there is.
fn urls(life: &Life<'_>, path: &str) -> Vec<String> {
    let mut urls = vec![path.to_owned()];
    for (parameter, values) in life.parameters(path) {
        urls = urls
            .iter()
            .flat_map(|url| values.iter().map(|value| url.replacen(&parameter, value, 1)).collect::<Vec<_>>())
            .collect();
    }
    urls.retain(|url| !url.contains('{'));
    urls
}

/// What an asker may find at an URL.
fn allowed(life: &Life<'_>, asker: &str, path: &str) -> &'static [&'static str] {
    let is_organiser = asker.starts_with("organiser");
    let home = &life.world.employers["quarry"];
    let is_of_home = asker == format!("hr {home}") || asker == format!("library_administrator {home}");
    match path {
        // Where a library is and what it has is public: it is what visitors go by.
        "/v1/libraries" | "/v1/libraries/{id}" => &[NEED, ADDRESS, POSTCODE],
        "/v1/runs/{id}/round-file" if is_organiser => &[NEED, UNMET],
        "/v1/applications/{id}" | "/v1/rounds/{id}/applications" if is_organiser => &[REFUSAL],
        "/v1/applications/{id}/access-needs" if asker == life.ann => &[NEED, WORDS],
        "/v1/applications/{id}/personal-data" | "/v1/applications/{id}/personal-data.txt" if is_organiser => {
            &[NEED, UNMET, WORDS]
        }
        "/v1/applications/{id}/personal-data" | "/v1/applications/{id}/personal-data.txt"
            if asker == life.ann =>
        {
            &[NEED, WORDS]
        }
        "/v1/applications/{id}/access-needs"
        | "/v1/applications/{id}/personal-data"
        | "/v1/applications/{id}/personal-data.txt"
            if asker.contains("eve@") =>
        {
            &[UNMET, WORDS]
        }
        // Whoever goes, and their own employer, know where from.
        "/v1/placements/{id}" if is_organiser || asker == life.ann || is_of_home => &[ADDRESS, POSTCODE],
        "/v1/placements/{id}/access-needs" if is_organiser || asker == life.host => &[NEED, WORDS],
        _ => &[],
    }
}

/// Asks everything of the API that can be read, as everybody, and everything wrongly.
fn ask_everything(life: &Life<'_>, search: &mut Search) {
    for asker in askers(life) {
        for listed in routes::list() {
            for url in urls(life, listed.path) {
                let replies = if listed.method == Method::GET {
                    vec![asker.client.get(&url)]
                } else if listed.method == Method::DELETE {
                    Vec::new()
                } else {
                    // Refused, each in its way: what is said of it is searched too.
                    vec![asker.client.post(&url, &json!({ "nothing": NEED.len() }))]
                };
                for reply in replies {
                    let allowed = allowed(life, &asker.name, listed.path);
                    let kind = if reply.status < 400 { "answers of the API" } else { "errors of the API" };
                    let what = format!("{} {url} for {}", listed.method, asker.name);
                    search.look(kind, &what, &reply.body, allowed);
                    let headers = format!("{:?}", reply.headers);
                    search.look("headers of answers", &what, headers.as_bytes(), allowed);
                }
            }
        }
    }
}

fn search_mails(life: &Life<'_>, search: &mut Search) {
    for sent in life.world.memory.sent() {
        let what = format!("{} to {}", sent.kind, sent.to);
        search.look("mails", &what, &sent.message, &[]);
        for part in forms::parts_of_mail(&sent.message) {
            search.look("parts of mails", &what, &part, &[]);
        }
    }
}

fn search_database(service: &Service, search: &mut Search) {
    for (table, rows) in dump(&service.app) {
        // Features and addresses of libraries are public; the reason of a no is for organisers.
        let allowed: &[&str] = match table.as_str() {
            "libraries" => &[NEED, ADDRESS, POSTCODE],
            "applications" => &[REFUSAL],
            _ => &[],
        };
        for row in rows {
            search.look("rows of the database", &table, row.as_bytes(), allowed);
        }
    }
    if let Some(path) = service.database_url().strip_prefix("sqlite:") {
        for name in [path.to_owned(), format!("{path}-wal")] {
            let bytes = std::fs::read(&name).expect("the database");
            let public = [NEED, ADDRESS, POSTCODE, REFUSAL];
            search.look("files of the database", &name, &bytes, &public);
        }
    }
}

#[test]
fn marked_texts_are_found_where_they_may_be_and_nowhere_else() {
    // Everything that any part of the program says, at the loudest.
    let log = Log::listen(tracing::Level::TRACE);
    for_each_service(|service| {
        let mut search = Search::default();
        let mut life = Life::begin(service);
        ask_everything(&life, &mut search);
        life.end();
        ask_everything(&life, &mut search);
        search_mails(&life, &mut search);
        for (name, text) in life.published_files() {
            search.look("files to publish", &name, text.as_bytes(), &[]);
        }
        search_database(service, &mut search);
        let said = log.said();
        assert!(said.contains("answered"), "the log was heard");
        search.look("log", "at trace", said.as_bytes(), &[]);
        search.end(&service.database_url());
    });
}

/// Another life, in which a mark stands where it must not be: the search has to find it.
#[test]
fn the_search_finds_a_mark_that_got_out() {
    let mut search = Search::default();
    let told: Value = json!({ "words": format!("your colleague said {WORDS}") });
    search.look("answers", "a leak", told.to_string().as_bytes(), &[]);
    search.look("answers", "where it may be", told.to_string().as_bytes(), &[WORDS]);
    assert_eq!(search.found, [("answers: a leak".to_owned(), "needs in words")]);
}
