//! Changes by several people: whoever replaces something says what they looked at, and nobody's change is lost unseen.

use std::collections::BTreeSet;

use library_swap::http::routes;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Service, dump, for_each_service};
use crate::world::{DAYS, World, id_of};

/// What is changed at a URL, twice and differently.
struct Case {
    method: &'static str,
    pattern: &'static str,
    path: String,
    bodies: [Value; 2],
}

/// What is changed before a round is published; what is taken away is there before.
fn cases(world: &World<'_>, application: &str) -> Vec<Case> {
    let (library, employer) = (&world.host, &world.council);
    let calendar = |name: &str| {
        let body = json!({ "name": name, "kind": "closures", "periods": [] });
        id_of(&world.organiser.post("/v1/calendars", &body).expect(201))
    };
    let (followed, replaced, dropped) = (calendar("Followed"), calendar("Replaced"), calendar("Dropped"));
    let day = |label: &str| json!({ "opens": [], "label": label });
    let offer = |places: i64| json!({ "hosting": { DAYS[0]: places }, "release": { DAYS[0]: 2 } });
    let next = calendar("Next");
    let notice = |words: &str| json!({ "controller": words, "purpose": "matching", "consent": "yes" });
    let period = json!({ "kind": "closure", "starts_on": "2027-05-03", "ends_on": "2027-05-04", "label": "Stocktaking" });
    world.organiser.put(&format!("/v1/libraries/{library}/exceptions/2027-04-02"), &day("x")).expect(200);
    let delivery = |address: &str| {
        json!({
            "format": "csv", "contents": "changes", "weekdays": ["mo"], "time": "07:00", "time_zone": "Europe/London",
            "way": "mail", "address": address,
        })
    };
    let path = format!("/v1/employers/{employer}/schedule-deliveries");
    let delivered = id_of(&world.organiser.post(&path, &delivery("head@council.example")).expect(201));
    let lock = |reason: &str| json!({ "host": library, "date": DAYS[0], "override": reason });
    let locks = world.of_round(&format!("/locks/{application}"));
    vec![
        put(
            "/v1/employers/{id}/directory",
            format!("/v1/employers/{employer}/directory"),
            [
                json!({ "domains": ["council.example"] }),
                json!({ "domains": ["council.example", "b.example"] }),
            ],
        ),
        put(
            "/v1/employers/{id}/hr-digest",
            format!("/v1/employers/{employer}/hr-digest"),
            [json!({ "email": "hr@council.example" }), json!({ "email": "staff@council.example" })],
        ),
        put(
            "/v1/schedule-deliveries/{id}",
            format!("/v1/schedule-deliveries/{delivered}"),
            [delivery("staff@council.example"), delivery("pay@council.example")],
        ),
        put(
            "/v1/employers/{id}/successor",
            format!("/v1/employers/{employer}/successor"),
            [json!({ "successor": world.university }), json!({ "successor": null })],
        ),
        put(
            "/v1/libraries/{id}/welcome",
            format!("/v1/libraries/{library}/welcome"),
            [
                json!({ "contact": { "email": "a@campus.example" }, "access": ["step-free"] }),
                json!({ "contact": { "email": "b@campus.example" }, "access": ["step-free"] }),
            ],
        ),
        put(
            "/v1/libraries/{id}/successor",
            format!("/v1/libraries/{library}/successor"),
            [json!({ "successor": world.home }), json!({ "successor": null })],
        ),
        put(
            "/v1/libraries/{id}/opening-hours",
            format!("/v1/libraries/{library}/opening-hours"),
            [
                json!({ "opening_hours": "Mo-Fr 08:00-20:00" }),
                json!({ "opening_hours": "Mo-Sa 08:00-20:00" }),
            ],
        ),
        put(
            "/v1/libraries/{id}/calendars",
            format!("/v1/libraries/{library}/calendars"),
            [json!({ "calendars": [followed] }), json!({ "calendars": [next] })],
        ),
        put(
            "/v1/libraries/{id}/exceptions/{date}",
            format!("/v1/libraries/{library}/exceptions/2027-04-01"),
            [day("Burst pipe"), day("Stocktaking")],
        ),
        away(
            "/v1/libraries/{id}/exceptions/{date}",
            format!("/v1/libraries/{library}/exceptions/2027-04-02"),
        ),
        put(
            "/v1/calendars/{id}",
            format!("/v1/calendars/{replaced}"),
            [json!({ "name": "Replaced", "periods": [period] }), json!({ "name": "Again", "periods": [] })],
        ),
        away("/v1/calendars/{id}", format!("/v1/calendars/{dropped}")),
        put(
            "/v1/rounds/{id}/privacy-notice",
            world.of_round("/privacy-notice"),
            [notice("The university"), notice("The council")],
        ),
        put(
            "/v1/rounds/{id}/libraries/{library}",
            world.of_round(&format!("/libraries/{library}")),
            [offer(2), offer(3)],
        ),
        away("/v1/rounds/{id}/libraries/{library}", world.of_round(&format!("/libraries/{}", world.home))),
        put(
            "/v1/rounds/{id}/introductions/{kind}",
            world.of_round("/introductions/proposal"),
            [json!({ "words": "Croeso!" }), json!({ "words": "Welcome!" })],
        ),
        put(
            "/v1/libraries/{id}/joining-pack",
            format!("/v1/libraries/{library}/joining-pack"),
            [
                json!({ "fields": { "arrival_place": "The yard" } }),
                json!({ "fields": { "arrival_place": "The door" } }),
            ],
        ),
        put("/v1/rounds/{id}/locks/{application}", locks.clone(), [lock("by telephone"), lock("by letter")]),
        away("/v1/rounds/{id}/locks/{application}", locks),
    ]
}

/// As [`cases`], once a round is published.
fn cases_of_placements(world: &World<'_>, placement: &str) -> Vec<Case> {
    vec![
        put(
            "/v1/rounds/{id}/dates",
            world.of_round("/dates"),
            [json!({ "answer_until": "2027-02-20" }), json!({ "answer_until": "2027-02-21" })],
        ),
        put(
            "/v1/placements/{id}/times",
            format!("/v1/placements/{placement}/times"),
            [json!({ "starts": "10:00", "ends": "16:00" }), json!({ "starts": "11:00", "ends": "16:00" })],
        ),
    ]
}

fn put(pattern: &'static str, path: String, bodies: [Value; 2]) -> Case {
    Case { method: "PUT", pattern, path, bodies }
}

fn away(pattern: &'static str, path: String) -> Case {
    Case { method: "DELETE", pattern, path, bodies: [Value::Null, Value::Null] }
}

fn send(client: &Client, case: &Case, body: &Value, if_match: Option<&str>) -> Reply {
    let mut headers = Vec::from_iter(if_match.map(|tag| ("if-match", tag)));
    if body.is_null() {
        return client.send(case.method, &case.path, &headers, &[]);
    }
    headers.push(("content-type", "application/json"));
    client.send(case.method, &case.path, &headers, body.to_string().as_bytes())
}

/// Holds one URL to the rule.
fn hold(service: &Service, organiser: &Client, case: &Case) {
    let what = format!("{} {}", case.method, case.path);
    let url = routes::list().into_iter().find(|url| url.method == case.method && url.path == case.pattern);
    let depth = url.expect("routed").looks_at.expect("something to look at").split('/').count();
    let seen_at = case.path.split('/').take(depth).collect::<Vec<_>>().join("/");
    let [first, second] = &case.bodies;
    if !first.is_null() {
        organiser.put(&case.path, first).expect(200);
    }
    let read = organiser.get(&seen_at);
    let tag = read.header("etag").expect("a tag").to_owned();
    // A colleague who has looked at nothing, or at something else, changes nothing.
    let before = dump(&service.app);
    let blind = send(organiser, case, second, None);
    assert_eq!((blind.status, blind.code().as_str()), (428, "if-match-required"), "{what}");
    for other in ["\"0123\"", &format!("W/{tag}")] {
        let stale = send(organiser, case, second, Some(other));
        assert_eq!((stale.status, stale.code().as_str()), (412, "changed-since"), "{what} {other}");
    }
    assert_eq!(dump(&service.app), before, "{what}");
    let done = send(organiser, case, second, Some(&format!("\"0123\", {tag}")));
    assert!(matches!(done.status, 200 | 204), "{what}: {}", done.text());
    let late = send(organiser, case, if first.is_null() { second } else { first }, Some(&tag));
    if done.status == 200 {
        assert_eq!((late.status, late.code().as_str()), (412, "changed-since"), "{what}");
        assert_eq!(send(organiser, case, second, Some("*")).status, 200, "{what}");
    } else {
        assert!(late.status >= 400, "{what}: what is gone is not taken away twice");
    }
}

#[test]
fn nobody_replaces_what_somebody_else_has_changed_meanwhile() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placed = world.released("bea");
        let mut tested = BTreeSet::new();
        let mut hold_all = |cases: Vec<Case>| {
            for case in cases {
                hold(service, &world.organiser, &case);
                tested.insert((case.method.to_owned(), case.pattern.to_owned()));
            }
        };
        hold_all(cases(&world, &application));
        hold_all(cases_of_placements(&world, &world.propose(&placed)));
        // A repair is looked at and applied: api/repairs.rs.
        tested.insert(("POST".to_owned(), "/v1/rounds/{id}/repairs/{repair}/apply".to_owned()));
        let wanted = routes::list().into_iter().filter(|url| url.looks_at.is_some());
        let wanted: BTreeSet<_> = wanted.map(|url| (url.method.to_string(), url.path.to_owned())).collect();
        assert_eq!(tested, wanted);
    });
}
