//! Requests that come again: changes under an Idempotency-Key, reads under a tag; and formats that a client does not take.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use library_swap::services::idempotency;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Service, dump, for_each_service, row_counts};
use crate::world::World;

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn post(client: &Client, url: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    client.send("POST", url, &headers, body.to_string().as_bytes())
}

fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == Some("true")
}

fn employers(client: &Client) -> usize {
    client.get("/v1/employers?limit=200").expect(200)["data"].as_array().expect("a list").len()
}

#[test]
fn a_post_that_is_sent_again_is_answered_the_same_and_done_once() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let body = json!({ "name": "Worcestershire" });
        let first = post(&organiser, "/v1/employers", KEY, &body);
        assert!(first.status == 201 && !is_replayed(&first), "{first:?}");
        for key in [KEY.to_owned(), format!("\"{KEY}\"")] {
            let again = post(&organiser, "/v1/employers", &key, &body);
            assert_eq!((again.status, &again.body), (201, &first.body));
            assert_eq!(again.header("location"), first.header("location"));
            assert_eq!(again.header("content-type"), first.header("content-type"));
            assert!(is_replayed(&again));
            assert_ne!(again.header("x-request-id"), first.header("x-request-id"), "it is another request");
        }
        assert_eq!(employers(&organiser), 1);
        // Another body, another URL: nothing is done.
        let other = json!({ "name": "Somebody else" });
        let before = row_counts(&service.app);
        assert_eq!(post(&organiser, "/v1/employers", KEY, &other).code(), "idempotency-key-reused");
        assert_eq!(post(&organiser, "/v1/rounds", KEY, &body).code(), "idempotency-key-reused");
        assert_eq!(row_counts(&service.app), before);
        // Another credential has keys of its own; without a key nothing is remembered.
        let made = organiser.post("/v1/tokens", &json!({ "name": "x", "role": "organiser" })).expect(201);
        let colleague = service.with(made["secret"].as_str().expect("a secret"));
        assert_eq!(post(&colleague, "/v1/employers", KEY, &other).status, 201);
        assert_eq!(employers(&organiser), 2);
        organiser.post("/v1/employers", &json!({ "name": "Third" })).expect(201);
        assert_eq!(employers(&organiser), 3);
        // After a day the key is free, and the worker has thrown away what stood under it.
        let kept =
            |app| row_counts(app).iter().find(|(table, _)| table == "idempotent_requests").expect("there").1;
        assert_eq!((kept(&service.app), idempotency::forget_old(&service.app).expect("nothing")), (2, 0));
        service.set_clock("2027-01-05T08:59:59Z");
        assert!(is_replayed(&post(&organiser, "/v1/employers", KEY, &body)));
        service.set_clock("2027-01-05T09:00:00Z");
        assert_eq!(post(&organiser, "/v1/employers", KEY, &json!({ "name": "Fourth" })).status, 201);
        service.set_clock("2027-01-05T09:00:01Z");
        assert_eq!(idempotency::forget_old(&service.app).expect("forgotten"), 1);
        assert_eq!(kept(&service.app), 1);
    });
}

#[test]
fn answers_that_may_change_are_not_kept_and_others_are() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let organiser = &world.organiser;
        let round = organiser.post("/v1/rounds", &World::round_body()).expect(201);
        let url = |deed: &str| format!("/v1/rounds/{}/{deed}", round["id"].as_str().expect("an id"));
        // 409 now, 200 once the round is open.
        let close = json!({ "early_reason": "all are here" });
        assert_eq!(post(organiser, &url("close"), KEY, &close).code(), "round-state");
        organiser.step(&url("open")).expect(200);
        let closed = post(organiser, &url("close"), KEY, &close);
        assert!(closed.status == 200 && !is_replayed(&closed), "{closed:?}");
        assert!(is_replayed(&post(organiser, &url("close"), KEY, &close)));
        // What is wrong stays wrong.
        let other = "another-key-of-mine";
        let wrong = post(organiser, "/v1/employers", other, &json!({}));
        assert_eq!(wrong.status, 422);
        let again = post(organiser, "/v1/employers", other, &json!({}));
        assert_eq!((again.status, is_replayed(&again), again.body), (422, true, wrong.body));
        let mended = post(organiser, "/v1/employers", other, &json!({ "name": "x" }));
        assert_eq!(mended.code(), "idempotency-key-reused");
        for key in ["short", "with spaces in the middle of it", "\"", &"x".repeat(256)] {
            assert_eq!(
                post(organiser, "/v1/employers", key, &json!({ "name": "y" })).code(),
                "malformed",
                "{key}"
            );
        }
        // Whoever may not come in leaves nothing behind.
        let before = row_counts(&service.app);
        assert_eq!(post(&service.anyone(), "/v1/employers", "nobody-knows-this-one", &json!({})).status, 401);
        assert_eq!(row_counts(&service.app), before);
    });
}

#[test]
fn a_put_that_is_sent_again_finds_its_answer_although_its_tag_is_spent() {
    for_each_service(|service| {
        let world = World::new(service);
        let url = format!("/v1/libraries/{}/welcome", world.host);
        let body = json!({ "contact": { "email": "desk@campus.example" }, "topics": ["archives"] });
        let put = |key: &str, media_type: &str, tag: Option<&str>| {
            let mut headers = vec![("content-type", media_type), ("idempotency-key", key)];
            headers.extend(tag.map(|tag| ("if-match", tag)));
            world.organiser.send("PUT", &url, &headers, body.to_string().as_bytes())
        };
        let json = "application/json";
        // What another header mends is not kept.
        assert_eq!(put(KEY, "text/plain", None).code(), "unsupported-media-type");
        assert_eq!(put(KEY, json, None).code(), "if-match-required");
        assert_eq!(put(KEY, json, Some("\"0123\"")).code(), "changed-since");
        let read = world.organiser.get(&format!("/v1/libraries/{}", world.host));
        let tag = read.header("etag").expect("a tag");
        let first = put(KEY, json, Some(tag));
        assert!(first.status == 200 && !is_replayed(&first), "{first:?}");
        let again = put(KEY, json, Some(tag));
        assert!(is_replayed(&again) && again.body == first.body, "{again:?}");
        assert_eq!(put("another-key-of-mine", json, Some(tag)).code(), "changed-since");
    });
}

#[test]
fn a_secret_in_an_answer_comes_again_and_is_not_in_the_database() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let body = json!({ "name": "x", "role": "operator" });
        let first = post(&organiser, "/v1/tokens", KEY, &body).expect(201);
        let secret = first["secret"].as_str().expect("a secret").to_owned();
        assert_eq!(post(&organiser, "/v1/tokens", KEY, &body).expect(201), first);
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let hex_key: String = KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
        for (table, rows) in dump(&service.app) {
            for row in rows {
                let row = row.to_lowercase();
                for hidden in [&secret, &hex, KEY, &hex_key] {
                    assert!(!row.contains(hidden), "{table}");
                }
            }
        }
        assert_eq!(service.with(&secret).get("/v1/audit").status, 200);
    });
}

#[test]
fn the_same_at_once_is_done_once() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let body = json!({ "name": "Worcestershire" });
        let replies: Vec<Reply> = std::thread::scope(|threads| {
            let all: Vec<_> =
                (0..12).map(|_| threads.spawn(|| post(&organiser, "/v1/employers", KEY, &body))).collect();
            all.into_iter().map(|one| one.join().expect("an answer")).collect()
        });
        let mut bodies = BTreeSet::new();
        for reply in &replies {
            if reply.status == 409 {
                assert_eq!(
                    (reply.code().as_str(), reply.header("retry-after")),
                    ("request-in-progress", Some("1"))
                );
            } else {
                assert_eq!(reply.status, 201, "{}", reply.text());
                bodies.insert(reply.body.clone());
            }
        }
        assert_eq!((bodies.len(), employers(&organiser)), (1, 1));
        assert_eq!(replies.iter().filter(|reply| reply.status == 201 && !is_replayed(reply)).count(), 1);
    });
}

#[test]
fn a_request_whose_process_died_is_in_progress_for_two_minutes() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let body = json!({ "name": "Worcestershire" });
        assert_eq!(post(&organiser, "/v1/employers", KEY, &body).status, 201);
        let died = "UPDATE idempotent_requests SET answer = NULL";
        assert_eq!(crate::support::damage(&service.database_url(), died), 1);
        service.set_clock("2027-01-04T09:01:59Z");
        assert_eq!(post(&organiser, "/v1/employers", KEY, &body).code(), "request-in-progress");
        service.set_clock("2027-01-04T09:02:00Z");
        let again = post(&organiser, "/v1/employers", KEY, &body);
        assert!(!is_replayed(&again), "{again:?}");
    });
}

#[test]
fn who_hangs_up_finds_the_answer_later() {
    for_each_service(|service: &Service| {
        let organiser = service.organiser();
        let made = organiser.post("/v1/tokens", &json!({ "name": "x", "role": "organiser" })).expect(201);
        let secret = made["secret"].as_str().expect("a secret");
        let address = service.url.strip_prefix("http://").expect("an address");
        let body = json!({ "name": "Worcestershire" }).to_string();
        {
            let mut stream = std::net::TcpStream::connect(address).expect("connected");
            let request = format!(
                "POST /v1/employers HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\n\
                 Content-Type: application/json\r\nIdempotency-Key: {KEY}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).expect("written");
            // Gone before the answer comes.
        }
        let client = service.with(secret);
        for _ in 0..100 {
            let reply = post(&client, "/v1/employers", KEY, &json!({ "name": "Worcestershire" }));
            if reply.status == 201 {
                assert_eq!(employers(&organiser), 1);
                return;
            }
            assert_eq!(reply.code(), "request-in-progress");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("it never ends");
    });
}

#[test]
fn a_read_that_has_not_changed_is_not_sent_again() {
    for_each_service(|service| {
        let world = World::new(service);
        let organiser = &world.organiser;
        let ask =
            |client: &Client, url: &str, tag: &str| client.send("GET", url, &[("if-none-match", tag)], &[]);
        for url in ["/v1/employers", "/v1/libraries/hive", &world.of_round(""), &world.of_round("/cover")] {
            let first = organiser.get(url);
            let tag = first.header("etag").expect("a tag").to_owned();
            let again = ask(organiser, url, &tag);
            assert_eq!(
                (again.status, again.body.len(), again.header("etag")),
                (304, 0, Some(tag.as_str())),
                "{url}"
            );
            assert_eq!(again.header("cache-control"), Some("no-store"));
            assert_eq!(ask(organiser, url, "\"something else\"").body, first.body);
        }
        // Another role sees another answer under another tag.
        let tag = organiser.get("/v1/libraries/hive").header("etag").expect("a tag").to_owned();
        assert_eq!(ask(&service.anyone(), "/v1/libraries/hive", &tag).status, 200);
        organiser.post("/v1/employers", &json!({ "name": "One more" })).expect(201);
        let changed = ask(organiser, "/v1/employers", &tag);
        assert_eq!(changed.status, 200);
        // A problem is never "not modified".
        assert_eq!(ask(organiser, "/v1/libraries/nowhere", "*").status, 404);
    });
}

#[test]
fn a_client_that_takes_no_json_is_told_before_anything_is_done() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let before = row_counts(&service.app);
        let headers = [("content-type", "application/json"), ("accept", "text/html")];
        let refused = organiser.send("POST", "/v1/employers", &headers, b"{\"name\": \"x\"}");
        assert_eq!(refused.code(), "not-acceptable");
        assert_eq!(row_counts(&service.app), before);
        for accept in ["application/xml", "application/json;q=0"] {
            let reply = organiser.send("GET", "/v1/employers", &[("accept", accept)], &[]);
            assert_eq!((reply.status, reply.code().as_str()), (406, "not-acceptable"), "{accept}");
        }
        for accept in ["*/*", "application/json", "text/html, application/*;q=0.5"] {
            assert_eq!(
                organiser.send("GET", "/v1/employers", &[("accept", accept)], &[]).status,
                200,
                "{accept}"
            );
        }
        assert_eq!(
            organiser.send("GET", "/v1/audit.ndjson", &[("accept", "application/x-ndjson")], &[]).status,
            200
        );
        assert_eq!(
            organiser.send("GET", "/v1/audit.ndjson", &[("accept", "application/json")], &[]).status,
            406
        );
    });
}

#[test]
fn headers_that_are_too_long_are_refused() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let long = "x".repeat(17_000);
        let reply = organiser.send("GET", "/v1/employers", &[("x-long", &long)], &[]);
        assert_eq!((reply.status, reply.code().as_str()), (431, "headers-too-large"));
        let fits = "x".repeat(8_000);
        assert_eq!(organiser.send("GET", "/v1/employers", &[("x-long", &fits)], &[]).status, 200);
    });
}

#[test]
fn no_other_site_may_read_an_answer() {
    for_each_service(|service| {
        let organiser = service.organiser();
        let headers = [("origin", "https://evil.example"), ("access-control-request-method", "GET")];
        assert_eq!(organiser.send("OPTIONS", "/v1/employers", &headers, &[]).status, 405, "no preflight");
        let reply = organiser.send("GET", "/v1/employers", &headers[..1], &[]);
        assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{reply:?}");
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(reply.header(name), Some(value));
        }
        // Not even the documentation runs a script that stands in a page.
        let policy = organiser.get("/docs/").header("content-security-policy").expect("a policy").to_owned();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("script-src"), "{policy}");
        let mut raw =
            std::net::TcpStream::connect(service.url.strip_prefix("http://").expect("http")).expect("open");
        raw.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("written");
        let mut answer = String::new();
        raw.read_to_string(&mut answer).expect("read");
        assert!(answer.to_lowercase().contains("permissions-policy: camera=()"), "{answer}");
    });
}
