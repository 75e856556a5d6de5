//! The OpenAPI document is the truth: clients that other people's generators make of it (openapi-python-client, and
//! openapi-typescript with openapi-fetch) live a round from the first employer to HR's schedule, on each database.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

mod programme;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use library_swap::worker::Stop;
use library_swap::worker::runs::{Solved, solve_next};
use programme::World;
use serde_json::{Value, json};
use support::{Service, for_each_service};

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// The document in a file of its own.
fn document(folder: &Path) -> PathBuf {
    let path = folder.join("openapi.json");
    std::fs::write(&path, library_swap::http::openapi_document().to_json().expect("JSON")).expect("written");
    path
}

/// Runs a step of a generator to its end.
fn carry_out(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{command:?}: {}", said.join("\n"));
}

/// Whether a judge is there; where it is required it has to be.
fn is_there(is_found: bool, required: &str, words: &str) -> bool {
    let must = std::env::var(required).is_ok_and(|value| value == "1");
    assert!(is_found || !must, "{words}, and {required}=1");
    if !is_found {
        skip!("{words}");
    }
    is_found
}

/// Lets a client live its round: what is no affair of the API is done for it. Gives what it found in the end.
fn live(service: &Service, client: &mut Command) -> Value {
    let world = World::bare(service);
    let token =
        world.organiser.post("/v1/tokens", &json!({ "name": "client", "role": "organiser" })).expect(201);
    client.arg(&service.url).arg(token["secret"].as_str().expect("a secret"));
    let mut child = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut answers = child.stdin.take().expect("its input");
    let mut last = Value::Null;
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        last = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let answer = match last.as_str() {
            Some("mails") => {
                let mail = |mail: programme::Mail| json!({ "to": mail.to, "kind": mail.kind, "secret": mail.secret });
                world.deliver().into_iter().map(mail).collect()
            }
            Some("solve") => {
                assert_eq!(solve_next(&service.app, "test", &Stop::new()).expect("a step"), Solved::One);
                Value::Null
            }
            Some(other) => panic!("nobody can {other}"),
            None => continue,
        };
        writeln!(answers, "{answer}").expect("it reads");
    }
    assert!(child.wait().expect("it ends").success(), "{client:?} told what went wrong");
    last
}

/// What a client found is what was agreed on.
fn check(found: &Value) {
    let rows = found["schedule"]["data"].as_array().expect("a schedule");
    assert_eq!(rows.len(), 1, "{found}");
    assert_eq!(
        (&rows[0]["date"], &rows[0]["status"]),
        (&json!(programme::DAY), &json!("confirmed")),
        "{found}"
    );
    let csv = found["csv"].as_str().expect("a file");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("ann@town.example") && !csv.contains("ann@campus.example"), "{csv}");
}

#[test]
fn a_client_made_for_python_lives_a_round() {
    let found = Command::new("openapi-python-client").arg("--version").output();
    let words = "openapi-python-client is not installed (tests/python/requirements.txt)";
    if !is_there(found.is_ok_and(|output| output.status.success()), "LIBRARY_SWAP_REQUIRE_PYTHON", words) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("library_swap");
    let mut generator = Command::new("openapi-python-client");
    generator.arg("generate").arg("--path").arg(document(folder.path())).arg("--output-path").arg(&package);
    carry_out(generator.args(["--meta", "none", "--config"]).arg(file("python/client.yaml")));
    for_each_service(|service| {
        let mut python = Command::new("python3");
        check(&live(service, python.env("PYTHONPATH", folder.path()).arg(file("python/story.py"))));
    });
}

#[test]
fn a_client_made_for_typescript_lives_a_round() {
    let modules =
        std::env::var_os("NODE_PATH").map(PathBuf::from).filter(|path| path.join("openapi-fetch").exists());
    let words = "openapi-typescript is not installed (tests/node/package.json; NODE_PATH names the folder)";
    if !is_there(modules.is_some(), "LIBRARY_SWAP_REQUIRE_NODE", words) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let modules = modules.expect("found");
    std::os::unix::fs::symlink(&modules, folder.path().join("node_modules")).expect("a link");
    std::fs::copy(file("node/story.ts"), folder.path().join("story.ts")).expect("copied");
    std::fs::write(folder.path().join("package.json"), "{\"type\": \"module\"}").expect("written");
    let node = |script: &str| {
        let mut command = Command::new("node");
        command.current_dir(folder.path()).arg(modules.join(script));
        command
    };
    carry_out(node("openapi-typescript/bin/cli.js").arg(document(folder.path())).args([
        "--empty-objects-unknown",
        "--output",
        "schema.ts",
    ]));
    carry_out(
        node("typescript/bin/tsc")
            .args(["--strict", "--module", "nodenext", "--target", "es2022", "story.ts"]),
    );
    for_each_service(|service| {
        let mut story = Command::new("node");
        check(&live(service, story.current_dir(folder.path()).arg("story.js")));
    });
}
