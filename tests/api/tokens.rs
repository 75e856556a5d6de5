//! API tokens: narrowed by scopes, for several employers, used, replaced by newer ones.

use library_swap::services::tokens::{MOST_OVERLAP_HOURS, USUAL_OVERLAP_HOURS};
use serde_json::{Value, json};

use crate::support::for_each_service;
use crate::world::{World, id_of};

/// A token as the list shows it.
fn listed(world: &World<'_>, id: &str) -> Value {
    let page = world.organiser.get("/v1/tokens?limit=200").expect(200);
    let all = page["data"].as_array().expect("a list").clone();
    all.into_iter().find(|token| token["id"] == id).expect("listed")
}

fn secret_of(token: &Value) -> &str {
    token["secret"].as_str().expect("a secret")
}

#[test]
fn a_token_for_several_employers_sees_those_and_no_other() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let third =
            id_of(&world.organiser.post("/v1/employers", &json!({ "name": "A third one" })).expect(201));
        let body = json!({ "name": "HR of two", "role": "hr", "employers": [world.council, third] });
        let token = world.organiser.post("/v1/tokens", &body).expect(201);
        assert_eq!(token["employers"], json!([world.council, third]));
        let hr = service.with(secret_of(&token));
        let page = hr.get("/v1/employers").expect(200);
        let seen: Vec<&Value> =
            page["data"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
        assert_eq!(seen.len(), 2, "{seen:?}");
        for own in [&world.council, &third] {
            hr.get(&format!("/v1/employers/{own}")).expect(200);
        }
        assert_eq!(hr.get(&format!("/v1/employers/{}", world.university)).status, 404);
    });
}

#[test]
fn scopes_narrow_a_role_and_never_widen_it() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let make = |role: &str, scopes: &Value| {
            let body = json!({ "name": "narrow", "role": role, "scopes": scopes });
            world.organiser.post("/v1/tokens", &body)
        };
        let token = make("organiser", &json!(["read"])).expect(201);
        assert_eq!(token["scopes"], json!(["read"]));
        let reader = service.with(secret_of(&token));
        reader.get("/v1/rounds").expect(200);
        let refused = reader.post("/v1/rounds", &World::round_body());
        assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
        assert!(refused.text().contains("scopes"), "{}", refused.text());
        let only = service.with(secret_of(&make("organiser", &json!(["create_round"])).expect(201)));
        only.post("/v1/rounds", &World::round_body()).expect(201);
        assert_eq!(only.get("/v1/audit").status, 403);
        let beyond = make("operator", &json!(["read", "publish"]));
        assert_eq!((beyond.status, beyond.pointers()), (422, vec!["/scopes/1".to_owned()]));
        for (wrong, pointer) in [(json!([]), "/scopes"), (json!(["everything"]), "/scopes/0")] {
            assert_eq!(make("organiser", &wrong).pointers(), [pointer], "{wrong}");
        }
    });
}

#[test]
fn a_narrowed_credential_gives_away_nothing_wider_than_itself() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let body = |role: &str, scopes: &Value| json!({ "name": "narrow", "role": role, "scopes": scopes });
        let with = |scopes: &Value| {
            service
                .with(secret_of(&world.organiser.post("/v1/tokens", &body("organiser", scopes)).expect(201)))
        };
        let keeper = with(&json!(["manage_tokens", "manage_grants", "read_outbox", "read_audit"]));
        for (role, scopes) in [
            ("organiser", Value::Null),
            ("organiser", json!(["write"])),
            ("organiser", json!(["read"])),
            ("organiser", json!(["read_audit", "publish"])),
        ] {
            let refused = keeper.post("/v1/tokens", &body(role, &scopes));
            assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"), "{scopes}");
            assert!(refused.text().contains("only within them"), "{}", refused.text());
        }
        keeper.post("/v1/tokens", &body("organiser", &json!(["read_audit"]))).expect(201);
        let whole = id_of(&world.organiser.post("/v1/tokens", &body("organiser", &Value::Null)).expect(201));
        let rotated = keeper.post(&format!("/v1/tokens/{whole}/rotate"), &json!({}));
        assert_eq!(rotated.status, 403, "a wider one is not had by rotation either");
        let grant = json!({ "address": "eve@evil.example", "role": "organiser" });
        assert_eq!(keeper.post("/v1/grants", &grant).status, 403);
        let writer = with(&json!(["write"]));
        writer.post("/v1/tokens", &body("organiser", &json!(["write"]))).expect(201);
        writer.post("/v1/tokens", &body("organiser", &json!(["publish"]))).expect(201);
        assert_eq!(writer.post("/v1/tokens", &body("organiser", &json!(["read_audit"]))).status, 403);
    });
}

#[test]
fn the_last_use_is_known_to_the_hour_and_costs_no_write_for_each_request() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let body = json!({ "name": "used", "role": "operator" });
        let token = world.organiser.post("/v1/tokens", &body).expect(201);
        let (id, client) = (id_of(&token), service.with(secret_of(&token)));
        let last = || listed(&world, &id)["last_used_at"].clone();
        assert_eq!(last(), Value::Null);
        client.get("/v1/rounds").expect(200);
        assert_eq!(last(), "2027-01-04T09:00:00Z");
        service.set_clock("2027-01-04T09:59:59Z");
        client.get("/v1/rounds").expect(200);
        assert_eq!(last(), "2027-01-04T09:00:00Z", "within the hour");
        service.set_clock("2027-01-04T10:00:00Z");
        client.get("/v1/rounds").expect(200);
        assert_eq!(last(), "2027-01-04T10:00:00Z");
    });
}

#[test]
fn a_token_is_replaced_while_both_open_the_door() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let body = json!({
            "name": "HR export", "role": "hr", "employers": [world.council], "scopes": ["read"],
            "expires_at": "2027-12-31T00:00:00Z",
        });
        let old = world.organiser.post("/v1/tokens", &body).expect(201);
        let rotate = |id: &str, body: &Value| world.organiser.post(&format!("/v1/tokens/{id}/rotate"), body);
        let reply = world.organiser.step(&format!("/v1/tokens/{}/rotate", id_of(&old)));
        let new = reply.expect(201);
        assert_eq!(reply.header("location"), Some(format!("/v1/tokens/{}", id_of(&new)).as_str()));
        for same in ["name", "role", "employers", "scopes", "expires_at"] {
            assert_eq!(new[same], old[same], "{same}");
        }
        assert_ne!(secret_of(&new), secret_of(&old));
        let (before, after) = (service.with(secret_of(&old)), service.with(secret_of(&new)));
        before.get("/v1/rounds").expect(200);
        after.get("/v1/rounds").expect(200);
        let shown = listed(&world, &id_of(&old));
        assert_eq!(
            (&shown["replaced_by"], &shown["expires_at"]),
            (&new["id"], &json!("2027-01-05T09:00:00Z"))
        );
        let again = rotate(&id_of(&old), &json!({}));
        assert_eq!((again.status, again.code().as_str()), (409, "token-spent"));
        assert!(again.text().contains(&id_of(&new)), "{}", again.text());
        assert_eq!(USUAL_OVERLAP_HOURS, 24);
        service.set_clock("2027-01-05T09:00:00Z");
        assert_eq!(before.get("/v1/rounds").status, 401);
        after.get("/v1/rounds").expect(200);
        let entries = world.organiser.get("/v1/audit?limit=200").text();
        assert!(entries.contains("which_ends"), "{entries}");
    });
}

#[test]
fn a_rotation_never_lengthens_a_life_and_takes_no_spent_token() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let make = |end: &str| {
            let body = json!({ "name": "x", "role": "operator", "expires_at": end });
            id_of(&world.organiser.post("/v1/tokens", &body).expect(201))
        };
        let rotate = |id: &str, body: &Value| world.organiser.post(&format!("/v1/tokens/{id}/rotate"), body);
        let short = make("2027-01-04T10:00:00Z");
        rotate(&short, &json!({ "overlap_hours": 5, "expires_at": "2028-01-01T00:00:00Z" })).expect(201);
        assert_eq!(listed(&world, &short)["expires_at"], "2027-01-04T10:00:00Z");
        let now = make("2027-02-01T00:00:00Z");
        rotate(&now, &json!({ "overlap_hours": 0 })).expect(201);
        assert_eq!(listed(&world, &now)["expires_at"], "2027-01-04T09:00:00Z");
        let faulty = json!({ "overlap_hours": MOST_OVERLAP_HOURS + 1, "expires_at": "2026-01-01T00:00:00Z" });
        let third = make("2027-02-01T00:00:00Z");
        assert_eq!(rotate(&third, &faulty).status, 422);
        let past = json!({ "expires_at": "2026-01-01T00:00:00Z" });
        assert_eq!(rotate(&third, &past).pointers(), ["/expires_at"]);
        world.organiser.delete(&format!("/v1/tokens/{third}"));
        assert_eq!(rotate(&third, &json!({})).code(), "token-spent");
        let expired = make("2027-01-04T10:00:00Z");
        service.set_clock("2027-01-04T10:00:00Z");
        assert_eq!(rotate(&expired, &json!({})).code(), "token-spent");
        let nothing = "01900000-0000-7000-8000-000000000000";
        assert_eq!(rotate(nothing, &json!({})).code(), "not-found");
    });
}
