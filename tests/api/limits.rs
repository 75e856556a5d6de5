//! How often one address may knock.

use std::num::NonZeroU32;

use library_swap::http::HttpSettings;
use serde_json::json;

use crate::support::{for_each_service_with, generous};
use crate::world::World;

fn three() -> NonZeroU32 {
    NonZeroU32::new(3).expect("not zero")
}

#[test]
fn open_sign_ups_are_limited_and_programs_are_not() {
    let settings = HttpSettings { sign_ups_per_hour: three(), ..generous() };
    for_each_service_with(&settings, |service| {
        let world = World::new(service);
        let url = world.of_round("/applications");
        let anyone = service.anyone();
        for _ in 0..5 {
            assert_eq!(anyone.post(&url, &json!({})).status, 422, "a form with faults is not counted");
        }
        for who in ["a", "b", "c"] {
            anyone.post(&url, &world.form(who)).expect(202);
        }
        let refused = anyone.post(&url, &world.form("d"));
        assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
        let wait: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
        assert!((1..=1201).contains(&wait), "{wait}");
        world.token("library_administrator", Some(&world.council)).post(&url, &world.form("e")).expect(201);
    });
}

#[test]
fn wrong_credentials_are_limited_and_right_ones_still_work() {
    let settings = HttpSettings { failed_sign_ins_per_minute: three(), ..generous() };
    for_each_service_with(&settings, |service| {
        let world = World::without_round(service);
        let wrong = service.with("wrong");
        for _ in 0..2 {
            assert_eq!(wrong.get("/v1/rounds").status, 401);
        }
        assert_eq!(service.anyone().get("/v1/links/unknown").status, 404, "an unknown link counts too");
        for path in ["/v1/rounds", "/healthz"] {
            let refused = wrong.get(path);
            assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
            assert!(refused.header("retry-after").is_some());
        }
        assert_eq!(service.anyone().get("/links/unknown").status, 429);
        assert_eq!(world.organiser.get("/v1/rounds").status, 200);
    });
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_bucket_and_cannot_choose_it() {
    let settings = HttpSettings { failed_sign_ins_per_minute: three(), trusted_proxies: 1, ..generous() };
    for_each_service_with(&settings, |service| {
        let wrong = service.with("wrong");
        let from =
            |forwarded: &str| wrong.send("GET", "/v1/rounds", &[("x-forwarded-for", forwarded)], &[]).status;
        let spoofed = ["1.1.1.1, 203.0.113.7", "2.2.2.2, 203.0.113.7", "203.0.113.7", "3.3.3.3,203.0.113.7"];
        assert_eq!(spoofed.map(from), [401, 401, 401, 429]);
        assert_eq!(from("203.0.113.8"), 401);
    });
}

#[test]
fn one_credential_and_one_address_have_their_requests_and_no_more() {
    let settings = HttpSettings { requests_per_minute: three(), ..generous() };
    for_each_service_with(&settings, |service| {
        let (first, second) = (service.organiser(), service.organiser());
        for _ in 0..3 {
            first.get("/v1/audit").expect(200);
        }
        let refused = first.get("/v1/audit");
        assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
        let wait: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
        assert!((1..=21).contains(&wait), "{wait}");
        second.get("/v1/audit").expect(200);
        service.anyone().get("/v1/rounds").expect(200);
    });
    let settings =
        HttpSettings { requests_per_address_and_minute: three(), trusted_proxies: 1, ..generous() };
    for_each_service_with(&settings, |service| {
        let organiser = service.organiser();
        let from =
            |forwarded: &str| organiser.send("GET", "/v1/rounds", &[("x-forwarded-for", forwarded)], &[]);
        let known = ["203.0.113.7", "1.1.1.1, 203.0.113.7", "203.0.113.7", "203.0.113.7"];
        assert_eq!(known.map(|address| from(address).status), [200, 200, 200, 429]);
        assert!(from("203.0.113.7").header("retry-after").is_some());
        assert_eq!(from("203.0.113.8").status, 200);
    });
}
