//! The API does what its OpenAPI document says: schemathesis, which nobody here wrote, asks as every role, with what fits
//! the document and with what does not. No answer is an error of the service, undeclared or of another shape.
//!
//! In full, some 60,000 requests: `cargo test --release --locked --test contract -- --ignored --nocapture` (docs/api.md).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it did"
)]

#[macro_use]
mod loud;

mod programme;
mod support;

use std::path::Path;
use std::process::Command;

use programme::{World, id_of};
use serde_json::{Value, json};
use support::{Service, for_each_service};

/// How hard it is looked.
struct Effort {
    /// What schemathesis does: from the examples, from each bound of the schema, at random, along links.
    phases: &'static str,
    /// Requests of an operation at random.
    examples: usize,
    /// Requests of all roles on both databases, at least.
    requests: usize,
}

const FULL: Effort = Effort { phases: "examples,coverage,fuzzing,stateful", examples: 25, requests: 50_000 };
const SHORT: Effort = Effort { phases: "examples,fuzzing,stateful", examples: 1, requests: 2_000 };

/// What stands in a list of the API.
fn ids(world: &World<'_>, path: &str) -> Vec<Value> {
    let listed = world.organiser.get(path).expect(200);
    listed["data"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect()
}

/// Who asks: a name, and the credential.
fn askers(world: &World<'_>) -> Vec<(&'static str, Option<String>)> {
    let token = |role: &str, more: Value| {
        let mut body = json!({ "name": role, "role": role });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let made = world.organiser.post("/v1/tokens", &body).expect(201);
        Some(made["secret"].as_str().expect("a secret").to_owned())
    };
    let town = json!({ "employers": [world.employers["town"]] });
    let mails = world.published();
    let secret = |address: &str| {
        let mail = mails.iter().find(|mail| mail.to.starts_with(address)).expect("a mail");
        Some(mail.secret.clone().expect("a link"))
    };
    vec![
        ("nobody", None),
        // Before the others: what these do ends links.
        ("host_contact", secret("desk@")),
        ("manager", secret("boss@")),
        ("participant", secret("ann@")),
        ("operator", token("operator", Value::Null)),
        ("organiser", token("organiser", Value::Null)),
        ("round_organiser", token("round_organiser", json!({ "round": world.round }))),
        ("auditor", token("auditor", Value::Null)),
        ("library_administrator", token("library_administrator", town.clone())),
        ("hr", token("hr", town)),
        ("mail_server", token("mail_server", Value::Null)),
    ]
}

/// What exists, by what the hooks look for.
fn known(world: &World<'_>, askers: &[(&str, Option<String>)]) -> Value {
    let libraries: Vec<&String> = world.libraries.values().collect();
    let employers: Vec<&String> = world.employers.values().collect();
    let (runs, placements) =
        (ids(world, &world.of_round("/runs")), ids(world, &world.of_round("/placements")));
    let applications = ids(world, &world.of_round("/applications"));
    let feed = json!({ "kind": "library", "library": libraries[0] });
    let feed = id_of(&world.organiser.post("/v1/feeds", &feed).expect(201));
    let by_link = |role: &str| matches!(role, "participant" | "manager" | "host_contact");
    let links: Vec<&String> =
        askers.iter().filter(|(role, _)| by_link(role)).filter_map(|(_, secret)| secret.as_ref()).collect();
    json!({
        "rounds": [world.round], "round": [world.round], "runs": runs, "other": runs, "run": runs,
        "placements": placements, "placement": placements, "applications": applications, "application": applications,
        "drop": applications, "add": applications, "freeze": applications,
        "libraries": libraries, "library": libraries, "employers": employers, "employer": employers,
        "feeds": [feed], "deliveries": ids(world, "/v1/deliveries"), "secret": links,
        "date": [programme::DAY], "dates": [programme::DAY], "kind": ["proposal", "unplaced"],
        // Whoever asks goes on asking.
        "spare": ids(world, "/v1/tokens"),
    })
}

/// Asks as one role; gives how many requests that were.
fn ask(service: &Service, credential: Option<&str>, known: &Path, effort: &Effort) -> Result<usize, String> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python");
    let folder = known.parent().expect("a folder");
    let mut command = Command::new("schemathesis");
    command
        .current_dir(folder)
        .env("PYTHONPATH", python)
        .env("SCHEMATHESIS_HOOKS", "contract_hooks")
        .env("LIBRARY_SWAP_KNOWN", known)
        .args(["--no-color", "--config-file"])
        .arg(Path::new(python).join("schemathesis.toml"))
        .args(["run", &format!("{}/openapi.json", service.url), "--phases", effort.phases, "--checks", "all"])
        .args(["--max-examples", &effort.examples.to_string(), "--seed", "1", "--continue-on-failure"])
        .args(["--generation-database", "none", "--request-timeout", "30"]);
    if let Some(credential) = credential {
        command.args(["--header", &format!("Authorization: Bearer {credential}")]);
    }
    let output = command.output().map_err(|error| format!("schemathesis: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let counts = text.lines().filter_map(|line| line.trim().split_once(" generated"));
    let count = counts.filter_map(|(count, _)| count.parse::<usize>().ok()).next_back();
    match (output.status.success(), count) {
        (true, Some(count)) => Ok(count),
        (true, None) | (false, _) => Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn hold_to_the_document(effort: &Effort) {
    if let Err(error) = Command::new("schemathesis").arg("--version").output() {
        let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
        assert!(!required, "the judges in Python are required, and there is no schemathesis: {error}");
        skip!("schemathesis is not installed (tests/python/requirements.txt)");
        return;
    }
    let whole = std::sync::atomic::AtomicUsize::new(0);
    for_each_service(|service| {
        let world = World::asking_managers_after(service);
        let askers = askers(&world);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("known.json");
        std::fs::write(&file, known(&world, &askers).to_string()).expect("written");
        let mut broken = Vec::new();
        for (role, credential) in &askers {
            match ask(service, credential.as_deref(), &file, effort) {
                Ok(count) => {
                    eprintln!("  as {role}: {count} requests");
                    whole.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
                }
                Err(report) => broken.push(format!("as {role}:\n{report}")),
            }
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    });
    let whole = whole.into_inner();
    eprintln!("{whole} requests");
    assert!(whole >= effort.requests, "{whole} requests are too few");
}

#[test]
fn every_role_gets_what_the_document_says() {
    hold_to_the_document(&SHORT);
}

#[test]
#[ignore = "takes a quarter of an hour: docs/api.md"]
fn every_role_gets_what_the_document_says_at_length() {
    hold_to_the_document(&FULL);
}
