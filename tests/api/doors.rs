//! Doors: what is foreign, credentials that are none, drafts. Every endpoint as everybody: `tests/matrix.rs`.

use library_swap::http::routes;
use serde_json::json;

use crate::support::for_each_service;
use crate::world::World;

#[test]
fn an_administrator_reaches_the_own_employer_and_nothing_beyond() {
    for_each_service(|service| {
        let world = World::new(service);
        let administrator = world.token("library_administrator", Some(&world.council));
        let made = administrator.post("/v1/employers", &json!({ "name": "A third one" }));
        assert_eq!((made.status, made.code().as_str()), (403, "forbidden"));
        let directory = json!({ "domains": ["council.example"], "managers": [] });
        let own = format!("/v1/employers/{}/directory", world.council);
        assert_eq!(administrator.put(&own, &directory).expect(200)["managers"], json!([]));
        let welcome = json!({ "contact": { "email": "me@evil.example" } });
        let offer = json!({ "hosting": { "2027-03-01": 9 } });
        for foreign in [
            administrator.put(&format!("/v1/employers/{}/directory", world.university), &directory),
            administrator.get(&format!("/v1/employers/{}", world.university)),
            administrator.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome),
            administrator.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer),
            administrator.delete(&world.of_round(&format!("/libraries/{}", world.host))),
        ] {
            assert_eq!((foreign.status, foreign.code().as_str()), (404, "not-found"));
        }
        let library = json!({
            "reference": "taken-over", "name": "X", "sectors": ["school"], "employers": [world.university],
            "time_zone": "Europe/London",
        });
        assert_eq!(administrator.post("/v1/libraries", &library).pointers(), ["/employers/0"]);
    });
}

#[test]
fn a_wrong_credential_opens_no_url() {
    for_each_service(|service| {
        let wrong =
            [service.with(&format!("lsw_{}_00000000", "0".repeat(64))), service.with("x"), service.with("")];
        for url in routes::list() {
            let path = url.path.replace("{file:.*}", "index.html").replace(['{', '}'], "");
            for client in &wrong {
                let reply = client.send(url.method.as_str(), &path, &[], &[]);
                assert_eq!(reply.status, 401, "{} {path}", url.method);
                assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"library-swap\""));
            }
        }
    });
}

#[test]
fn a_credential_that_is_no_bearer_or_stands_twice_is_refused() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let anyone = service.anyone();
        for value in ["Basic eDp5", "Bearer", "lsw_x"] {
            assert_eq!(
                anyone.send("GET", "/v1/rounds", &[("authorization", value)], &[]).status,
                401,
                "{value}"
            );
        }
        let twice = world.organiser.send("GET", "/v1/rounds", &[("authorization", "Bearer x")], &[]);
        assert_eq!(twice.status, 401);
    });
}

#[test]
fn drafts_are_there_for_organisers_only() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let made = world.organiser.post("/v1/rounds", &World::round_body());
        let draft = made.expect(201);
        assert_eq!(draft["state"], "draft");
        assert_eq!(draft["rules"]["min_minutes"], 180);
        let url = made.header("location").expect("a location");
        let others =
            [service.anyone(), world.token("hr", Some(&world.council)), world.token("operator", None)];
        for client in &others {
            assert_eq!(client.get(url).code(), "not-found");
            assert_eq!(client.get("/v1/rounds").expect(200)["data"], json!([]));
        }
        world.organiser.step(&format!("{url}/open")).expect(200);
        for client in &others {
            assert_eq!(client.get(url).expect(200)["state"], "open");
        }
    });
}
