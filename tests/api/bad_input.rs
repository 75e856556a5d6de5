//! Whatever is sent, the answer is a problem with a code, and nothing is written.

use serde_json::{Value, json};

use crate::support::{Client, Reply, for_each_service, row_counts};
use crate::world::{DAYS, World};

/// A form with one field changed.
fn with(form: &Value, field: &str, value: Value) -> Value {
    let mut changed = form.clone();
    changed[field] = value;
    changed
}

#[test]
fn bad_fields_of_a_sign_up_are_refused_by_their_pointers_and_nothing_is_written() {
    for_each_service(|service| {
        let world = World::new(service);
        let form = world.form("ann");
        let cases: Vec<(&str, Value, Vec<&str>)> = vec![
            ("certificate_number", json!("001234567890"), vec!["/certificate_number"]),
            ("name", json!(""), vec!["/name"]),
            ("name", json!(7), vec!["/name"]),
            ("name", Value::Null, vec!["/name"]),
            ("name", json!("a\u{200b}b"), vec!["/name"]),
            ("name", json!("x".repeat(201)), vec!["/name"]),
            ("email", json!("ann"), vec!["/email"]),
            ("email", json!("a@b.example\r\nBcc: c@d.example"), vec!["/email"]),
            ("email", json!(["ann@council.example"]), vec!["/email"]),
            ("home_library", json!("no-such-library"), vec!["/home_library"]),
            ("home_library", json!(""), vec!["/home_library"]),
            ("home_library", json!("a\u{0}b"), vec!["/home_library"]),
            ("avoid", json!(["\u{0}"]), vec!["/avoid/0"]),
            ("employer", json!("Somebody else"), vec!["/employer"]),
            ("dates", json!([]), vec!["/dates"]),
            ("dates", json!("2027-03-01"), vec!["/dates"]),
            ("dates", json!(["2027-02-30", "2027-3-1"]), vec!["/dates/0", "/dates/1"]),
            ("dates", json!(["2027-03-09"]), vec!["/dates/0"]),
            ("dates", json!([DAYS[0], DAYS[0]]), vec!["/dates/1"]),
            ("max_km", json!(-1), vec!["/max_km"]),
            ("max_km", json!("30"), vec!["/max_km"]),
            ("max_km", json!(1e300), vec!["/max_km"]),
            ("manager_email", json!("ann@council.example"), vec!["/manager_email"]),
            ("sectors", json!(["academc"]), vec!["/sectors/0"]),
            ("sectors", json!(["academic", "academic"]), vec!["/sectors/1"]),
            ("topics", json!(["Reading Groups"]), vec!["/topics/0"]),
            ("needs", json!("step-free"), vec!["/needs"]),
            ("avoid", json!(["campus", "nowhere"]), vec!["/avoid/1"]),
            ("hours", json!({ DAYS[0]: ["9:00", "17:00"] }), vec!["/hours/2027-03-01/0"]),
            ("hours", json!({ DAYS[0]: ["17:00", "09:00"] }), vec!["/hours/2027-03-01"]),
            ("hours", json!({ DAYS[0]: ["09:00"] }), vec!["/hours/2027-03-01"]),
            ("hours", json!({ "2027-13-01": ["09:00", "17:00"] }), vec!["/hours/2027-13-01"]),
            ("assured_until", json!("next year"), vec!["/assured_until"]),
            ("objectives", json!("x".repeat(2_001)), vec!["/objectives"]),
            ("objectives", json!("a\u{0}b"), vec!["/objectives"]),
        ];
        let before = row_counts(&service.app);
        for (field, value, pointers) in cases {
            let reply =
                service.anyone().post(&world.of_round("/applications"), &with(&form, field, value.clone()));
            assert_eq!((reply.status, reply.code().as_str()), (422, "invalid-fields"), "{field}: {value}");
            assert_eq!(reply.pointers(), pointers, "{field}: {value}");
        }
        assert_eq!(row_counts(&service.app), before);
        world.sign_up("ann");
        assert_ne!(row_counts(&service.app), before, "the good form is taken");
    });
}

#[test]
fn all_faults_come_back_at_once_with_suggestions() {
    for_each_service(|service| {
        let world = World::new(service);
        let body = json!({
            "name": "Ann", "email": "nobody", "home_libary": "hive", "dates": ["2027-02-30"], "max_km": -5,
            "manager_email": "boss@council.example", "sectors": ["publik"],
        });
        let reply = service.anyone().post(&world.of_round("/applications"), &body);
        assert_eq!(
            reply.pointers(),
            ["/home_libary", "/email", "/home_library", "/dates/0", "/max_km", "/sectors/0"]
        );
        for suggestion in ["maybe `home_library`", "maybe `public`", "there is no such day"] {
            assert!(reply.text().contains(suggestion), "{suggestion}");
        }
    });
}

#[test]
fn bodies_that_cannot_be_read_are_told_apart() {
    for_each_service(|service| {
        let world = World::new(service);
        let before = row_counts(&service.app);
        let json_type = ("content-type", "application/json");
        let send = |headers: &[(&str, &str)], body: &[u8]| {
            let reply = world.organiser.send("POST", "/v1/employers", headers, body);
            (reply.status, reply.code())
        };
        let case = |status: u16, code: &str| (status, code.to_owned());
        assert_eq!(send(&[json_type], b"{\"name\": }"), case(400, "malformed"));
        assert_eq!(send(&[json_type], b""), case(400, "malformed"));
        assert_eq!(send(&[json_type], b"{\"name\": \"\xff\xfe\"}"), case(400, "malformed"));
        assert_eq!(send(&[json_type], b"{\"name\": \"\\ud800\"}"), case(422, "invalid-fields"));
        assert_eq!(send(&[json_type], "[".repeat(100_000).as_bytes()), case(400, "malformed"));
        assert_eq!(send(&[json_type], b"[]"), case(422, "invalid-fields"));
        assert_eq!(send(&[json_type], b"{\"name\": \"A\", \"name\": \"B\"}"), case(422, "invalid-fields"));
        assert_eq!(send(&[], b"{\"name\": \"A\"}"), case(415, "unsupported-media-type"));
        assert_eq!(send(&[("content-type", "text/plain")], b"{}"), case(415, "unsupported-media-type"));
        let latin = ("content-type", "application/json; charset=iso-8859-1");
        assert_eq!(send(&[latin], b"{}"), case(415, "unsupported-media-type"));
        let big = format!("{{\"name\": \"{}\"}}", "x".repeat(10 * 1024 * 1024));
        assert_eq!(send(&[json_type], big.as_bytes()), case(413, "too-large"));
        assert_eq!(row_counts(&service.app), before);
        let utf8 = ("content-type", "application/json; charset=UTF-8");
        let body = "{\"name\": \"Llyfrgelloedd Tŷ Pawb\"}";
        assert_eq!(world.organiser.send("POST", "/v1/employers", &[utf8], body.as_bytes()).status, 201);
    });
}

#[test]
fn bad_employers_libraries_rounds_offers_tokens_and_runs_are_refused_and_nothing_is_written() {
    for_each_service(|service| {
        let world = World::new(service);
        let organiser = &world.organiser;
        let library = json!({
            "reference": "new", "name": "New", "sectors": ["school"], "employers": [world.council],
            "time_zone": "Europe/London",
        });
        let round = World::round_body();
        let own_offer = world.of_round(&format!("/libraries/{}", world.home));
        let post = |url: &str, body: Value| organiser.post(url, &body);
        let before = row_counts(&service.app);
        let point = |latitude: Value, longitude: Value| {
            with(&library, "point", json!({ "latitude": latitude, "longitude": longitude }))
        };
        let cases: Vec<(Reply, u16, &[&str])> = vec![
            (
                post("/v1/employers", json!({ "name": "New", "domains": ["gmail.com", "x"] })),
                422,
                &["/domains/0", "/domains/1"],
            ),
            (post("/v1/employers", json!({ "name": "New", "managers": ["x"] })), 422, &["/managers/0"]),
            (post("/v1/employers", json!({ "name": "University of Worcester" })), 409, &[]),
            (post("/v1/libraries", point(json!(91), json!(0))), 422, &["/point/latitude"]),
            (post("/v1/libraries", point(json!(0), json!(-180.5))), 422, &["/point/longitude"]),
            (post("/v1/libraries", point(json!(0), json!(0))), 422, &["/point"]),
            (
                post("/v1/libraries", point(json!("52"), Value::Null)),
                422,
                &["/point/latitude", "/point/longitude"],
            ),
            (post("/v1/libraries", with(&library, "postcode", json!("OX2 OES"))), 422, &["/postcode"]),
            (post("/v1/libraries", with(&library, "time_zone", json!("Mars/Olympus"))), 422, &["/time_zone"]),
            (post("/v1/libraries", with(&library, "sectors", json!([]))), 422, &["/sectors"]),
            (post("/v1/libraries", with(&library, "reference", json!("a b"))), 422, &["/reference"]),
            (post("/v1/libraries", with(&library, "reference", json!("hive"))), 409, &[]),
            (
                post(
                    "/v1/libraries",
                    with(&library, "employers", json!(["01900000-0000-7000-8000-000000000000", "x"])),
                ),
                422,
                &["/employers/1"],
            ),
            (post("/v1/rounds", with(&round, "dates", json!([]))), 422, &["/dates"]),
            (post("/v1/rounds", with(&round, "dates", json!(["2027-02-14"]))), 422, &["/dates"]),
            (
                post("/v1/rounds", with(&round, "sign_up_until", json!("2026-01-01"))),
                422,
                &["/sign_up_until"],
            ),
            (
                post("/v1/rounds", with(&round, "rules", json!({ "min_minuts": 1 }))),
                422,
                &["/rules/min_minuts"],
            ),
            (post("/v1/rounds", with(&round, "rules", json!([]))), 422, &["/rules"]),
            (post("/v1/rounds", with(&round, "release_required", json!("yes"))), 422, &["/release_required"]),
            (
                organiser.put(&own_offer, &json!({ "hosting": { DAYS[0]: -1 } })),
                422,
                &["/hosting/2027-03-01"],
            ),
            (
                organiser.put(&own_offer, &json!({ "hosting": { DAYS[0]: 1.5 } })),
                422,
                &["/hosting/2027-03-01"],
            ),
            (
                organiser.put(&own_offer, &json!({ "hosting": { "2027-03-09": 1 } })),
                422,
                &["/hosting/2027-03-09"],
            ),
            (post("/v1/tokens", json!({ "name": "x", "role": "participant" })), 422, &["/role"]),
            (post("/v1/tokens", json!({ "name": "x", "role": "hr" })), 422, &["/employers"]),
            (
                post(
                    "/v1/tokens",
                    json!({ "name": "x", "role": "operator", "expires_at": "2020-01-01T00:00:00Z" }),
                ),
                422,
                &["/expires_at"],
            ),
            (
                post("/v1/tokens", json!({ "name": "x", "role": "operator", "expires_at": "soon" })),
                422,
                &["/expires_at"],
            ),
            (
                post(&world.of_round("/runs"), json!({ "seed": -1, "time_limit_seconds": 0 })),
                422,
                &["/seed", "/time_limit_seconds"],
            ),
            (organiser.step(&world.of_round("/runs")), 409, &[]),
            (organiser.step(&world.of_round("/open")), 409, &[]),
            (organiser.step(&world.of_round("/close")), 409, &[]),
            (post(&world.of_round("/open"), json!({ "force": true })), 422, &["/force"]),
            (organiser.get("/v1/libraries?q=%00"), 422, &["?q"]),
            (organiser.get("/v1/libraries?limit=0"), 422, &["?limit"]),
            (organiser.get("/v1/libraries?limit=201&cursor=x"), 422, &["?cursor"]),
            (organiser.get("/v1/libraries?sector=publik&employer=x"), 422, &["?employer", "?sector"]),
            (organiser.get("/v1/libraries?sectr=public&q=a&q=b"), 422, &["?sectr", "?q"]),
            (organiser.get("/v1/rounds?state=open"), 422, &["?state"]),
            (post("/v1/rounds?dry_run=true", round.clone()), 422, &["?dry_run"]),
        ];
        for (n, (reply, status, pointers)) in cases.iter().enumerate() {
            assert_eq!(reply.status, *status, "case {n}: {}", reply.text());
            assert_eq!(reply.pointers(), *pointers, "case {n}: {}", reply.text());
            assert!(!reply.code().is_empty());
        }
        assert_eq!(row_counts(&service.app), before);
    });
}

#[test]
fn unknown_things_are_not_there() {
    for_each_service(|service| {
        let world = World::new(service);
        let organiser: &Client = &world.organiser;
        for id in
            ["01900000-0000-7000-8000-000000000000", "x", "%20", "%FF", "%00", "..%2F..", "1' OR '1'='1"]
        {
            let id = id.replace(' ', "%20").replace('\'', "%27");
            for what in ["employers", "libraries", "rounds", "applications", "runs", "placements"] {
                let reply = organiser.get(&format!("/v1/{what}/{id}"));
                assert_eq!((reply.status, reply.code().as_str()), (404, "not-found"), "{what} {id}");
            }
        }
        for path in ["/v1", "/v1/", "/v1/round", "/v1/rounds/", "/v2/rounds", "/docs/nothing.js"] {
            assert_eq!(organiser.get(path).code(), "not-found", "{path}");
        }
    });
}
