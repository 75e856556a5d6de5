//! What the service says about itself agrees with what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use library_swap::http::problem::Code;
use library_swap::http::retirement::RETIRING;
use library_swap::http::routes;

use crate::support::for_each_service;

/// The documentation viewer and its files, which are no part of the API.
const NOT_DESCRIBED: &[&str] = &["/docs", "/docs/problems", "/docs/{file:.*}", "/pages.css"];

#[test]
fn the_openapi_document_and_the_route_table_name_the_same_urls_and_parameters() {
    for_each_service(|service| {
        let document = service.anyone().get("/openapi.json").expect(200);
        let mut described = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("an item") {
                let parameters: BTreeSet<String> = operation["parameters"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
                    .iter()
                    .filter(|parameter| parameter["in"] == "query")
                    .map(|parameter| parameter["name"].as_str().expect("a name").to_owned())
                    .collect();
                let open = operation["security"]
                    .as_array()
                    .expect("security")
                    .iter()
                    .any(|way| way == &serde_json::json!({}));
                described.insert((method.to_uppercase(), path.clone()), (parameters, open));
            }
        }
        let routed: BTreeMap<_, _> = routes::list()
            .iter()
            .filter(|url| !NOT_DESCRIBED.contains(&url.path))
            .map(|url| {
                // Whoever comes back from an identity provider brings what it likes (`*`).
                let parameters = url.parameters.iter().filter(|name| **name != "*");
                let parameters: BTreeSet<String> = parameters.map(|name| (*name).to_owned()).collect();
                ((url.method.to_string(), url.path.to_owned()), (parameters, url.is_open()))
            })
            .collect();
        assert_eq!(described, routed);
    });
}

#[test]
fn what_is_to_go_is_marked_in_the_document_and_nothing_else() {
    let document = serde_json::to_value(library_swap::http::openapi_document()).expect("JSON");
    let mut marked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            if operation["deprecated"] == true {
                marked.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let routed = routes::list();
    let mut going = BTreeSet::new();
    for one in RETIRING {
        assert!(one.since < one.until, "{one:?}");
        assert!(routed.iter().any(|url| url.method == one.method && url.path == one.path), "{one:?}");
        going.insert((one.method.to_owned(), one.path.to_owned()));
    }
    assert_eq!(marked, going);
}

#[test]
fn whatever_a_program_may_ask_of_a_url_is_described_with_its_answers() {
    let document = serde_json::to_value(library_swap::http::openapi_document()).expect("JSON");
    for url in routes::list().iter().filter(|url| !url.is_page && !NOT_DESCRIBED.contains(&url.path)) {
        let operation = &document["paths"][url.path][url.method.as_str().to_lowercase()];
        let has = |name: &str| {
            let parameters = operation["parameters"].as_array().expect("parameters");
            parameters.iter().any(|one| one["in"] == "header" && one["name"] == name)
        };
        let answers = |status: &str| operation["responses"].get(status).is_some();
        let is_read = url.method == "GET";
        let case = format!("{} {}", url.method, url.path);
        assert!(answers("406"), "{case}");
        assert_eq!((has("If-None-Match"), answers("304")), (is_read, is_read), "{case}");
        assert_eq!(has("Idempotency-Key"), matches!(url.method.as_str(), "POST" | "PUT" | "PATCH"), "{case}");
        let looks = url.looks_at.is_some();
        assert_eq!((has("If-Match"), answers("412"), answers("428")), (looks, looks, looks), "{case}");
    }
}

#[test]
fn every_response_is_described_and_every_request_body_is_closed() {
    for_each_service(|service| {
        let document = service.anyone().get("/openapi.json").expect(200);
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("an item") {
                let case = format!("{method} {path}");
                assert!(ids.insert(operation["operationId"].to_string()), "{case}");
                assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{case}");
                for (status, response) in operation["responses"].as_object().expect("responses") {
                    assert!(
                        !response["description"].as_str().unwrap_or_default().is_empty(),
                        "{case} {status}"
                    );
                }
                let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
                // A calendar file is no JSON, nor is a mail.
                let is_json = |kind: &str| !matches!(kind, "text/calendar" | "message/rfc822");
                for (_, body) in content.iter().filter(|(kind, _)| is_json(kind)) {
                    let text = body["schema"].to_string();
                    let name =
                        text.split("#/components/schemas/").nth(1).and_then(|rest| rest.split('"').next());
                    let schema = &document["components"]["schemas"][name.expect("a schema by name")];
                    assert_eq!(schema["additionalProperties"], false, "{case}: {schema}");
                }
            }
        }
    });
}

/// Every answer with a body has an example that its schema lets through.
const JUDGE: &str = r##"
import json, sys
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
document = json.load(sys.stdin)
validate(document)
components, wrong, count = document["components"], [], 0
for path, item in document["paths"].items():
    for method, operation in item.items():
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                named = [components["examples"][one["$ref"].rsplit("/", 1)[1]] for one in content.get("examples", {}).values()]
                examples = [one["value"] for one in named] + ([content["example"]] if "example" in content else [])
                if not examples:
                    wrong.append(f"{method} {path} {status}: no example of {kind}")
                if kind not in ("application/json", "application/problem+json"):
                    continue
                judge = Draft202012Validator({**content["schema"], "components": components}, format_checker=Draft202012Validator.FORMAT_CHECKER)
                for example in examples:
                    count += 1
                    wrong += [f"{method} {path} {status}: {error.json_path} {error.message}"[:300] for error in judge.iter_errors(example)]
if wrong or count < 1000:
    sys.exit(f"{count} examples\n" + "\n".join(wrong[:40]))
"##;

#[test]
fn another_tool_finds_the_openapi_document_and_its_examples_valid() {
    let text = library_swap::http::openapi_document().to_json().expect("JSON");
    let probe =
        Command::new("python3").args(["-c", "import openapi_spec_validator"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        skip!("openapi-spec-validator is not installed (pip install openapi-spec-validator)");
        return;
    }
    let mut validator = Command::new("python3")
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python");
    validator.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("written");
    let output = validator.wait_with_output().expect("an end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_method_that_an_url_does_not_take_is_refused_with_those_it_takes() {
    for_each_service(|service| {
        let mut taken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for url in routes::list() {
            taken.entry(url.path).or_default().push(url.method.to_string());
        }
        for (pattern, methods) in taken {
            let path = pattern.replace("{file:.*}", "index.html").replace(['{', '}'], "");
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
                let reads_like = if method == "HEAD" { "GET" } else { method };
                if methods.iter().any(|taken| taken == reads_like) {
                    continue;
                }
                let reply = service.anyone().send(method, &path, &[], &[]);
                assert_eq!(reply.status, 405, "{method} {path}");
                let allow: BTreeSet<&str> = reply.header("allow").expect("Allow").split(", ").collect();
                let mut wanted: BTreeSet<&str> = methods.iter().map(String::as_str).collect();
                if wanted.contains("GET") {
                    wanted.insert("HEAD");
                }
                assert_eq!(allow, wanted, "{method} {path}");
            }
        }
    });
}

#[test]
fn every_problem_code_is_documented_with_its_status() {
    let text = include_str!("../../docs/problems.md");
    for code in Code::ALL {
        let heading = format!("## {code}\n\n{} ", code.status().as_u16());
        assert!(text.contains(&heading), "docs/problems.md has no section that begins with {heading:?}");
    }
    let sections = text.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(sections, Code::ALL.len(), "docs/problems.md has a section of a code that there is not");
}

#[test]
fn the_service_lives_is_ready_and_shows_its_documentation_without_loading_anything() {
    for_each_service(|service| {
        let anyone = service.anyone();
        for path in ["/healthz", "/readyz"] {
            assert_eq!(anyone.get(path).expect(200)["status"], "ok");
        }
        assert_eq!(anyone.get("/docs").header("location"), Some("/docs/"));
        let viewer = anyone.get("/docs/");
        assert_eq!(viewer.status, 200);
        assert!(
            !viewer.text().contains("http://") && !viewer.text().contains("https://"),
            "{}",
            viewer.text()
        );
        assert!(anyone.get("/docs/swagger-initializer.js").text().contains("/openapi.json"));
        let problem = anyone.get("/nowhere").json();
        let kind = problem["type"].as_str().expect("a type").split('#').next().expect("a path").to_owned();
        assert!(anyone.get(&kind).text().contains("## not-found"));
        service.app.store.revert_last_migration().expect("reverted");
        assert_eq!(anyone.get("/readyz").code(), "unavailable");
        assert_eq!(anyone.get("/healthz").status, 200);
    });
}

#[test]
fn every_answer_has_a_request_id_and_the_security_headers() {
    for_each_service(|service| {
        let anyone = service.anyone();
        for path in ["/healthz", "/v1/rounds", "/v1/tokens", "/nowhere", "/links/x", "/docs/"] {
            let reply = anyone.get(path);
            assert_eq!(reply.header("x-request-id").expect("an id").len(), 36, "{path}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(
                reply.header("content-security-policy").expect("a policy").contains("frame-ancestors 'none'")
            );
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        }
    });
}

#[test]
fn a_stopped_server_finishes_what_it_has_begun_and_takes_nothing_new() {
    for_each_service(|service| {
        let address = service.url.strip_prefix("http://").expect("an address");
        let body = "{\"name\": \"Finished employer\"}";
        let organiser = service.organiser();
        let made = organiser
            .post("/v1/tokens", &serde_json::json!({ "name": "x", "role": "organiser" }))
            .expect(201);
        let mut slow = TcpStream::connect(address).expect("connected");
        let head = format!(
            "POST /v1/employers HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            made["secret"].as_str().expect("a secret"),
            body.len()
        );
        slow.write_all(head.as_bytes()).expect("written");
        slow.write_all(&body.as_bytes()[..10]).expect("written");
        std::thread::sleep(Duration::from_millis(200));
        let stopping = service.stop_gracefully();
        std::thread::sleep(Duration::from_millis(300));
        assert!(TcpStream::connect(address).is_err(), "nothing new is taken");
        slow.write_all(&body.as_bytes()[10..]).expect("written");
        let mut answer = String::new();
        slow.read_to_string(&mut answer).expect("read");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        stopping.join().expect("stopped");
    });
}
