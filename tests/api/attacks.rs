//! What a stranger, or somebody with another role, tries in order to get, change or break what is not theirs.

use std::io::{Read, Write};
use std::num::NonZeroU32;

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::http::HttpSettings;
use library_swap::store::runs;
use library_swap::worker::Stop;
use library_swap::worker::runs::solve_next;
use serde_json::{Value, json};

use crate::support::{for_each_service, for_each_service_with, generous};
use crate::world::World;

fn verify(world: &World<'_>) {
    let secret = world.secret(NoticeKind::VerifyAddress, Party::Participant);
    world.service.anyone().post(&format!("/v1/links/{secret}"), &json!({ "deed": "verify" })).expect(200);
}

fn only_application(world: &World<'_>) -> Value {
    world.organiser.get(&world.of_round("/applications")).expect(200)["data"][0].clone()
}

#[test]
fn a_tag_does_not_make_ones_own_address_a_managers() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut form = world.form("ann");
        form["manager_email"] = json!("ANN+boss@council.example");
        let refused = service.anyone().post(&world.of_round("/applications"), &form);
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/manager_email".to_owned()]));
        form["email"] = json!("ann+library@council.example");
        form["manager_email"] = json!("ann@council.example");
        assert_eq!(service.anyone().post(&world.of_round("/applications"), &form).status, 422);
    });
}

#[test]
fn nobody_confirms_a_manager_who_can_still_be_exchanged_by_a_newer_sign_up() {
    for_each_service(|service| {
        let world = World::new(service);
        let url = world.of_round("/applications");
        let mut form = world.form("ann");
        form["manager_email"] = json!("boss@elsewhere.example");
        service.anyone().post(&url, &form).expect(202);
        let judged =
            format!("/v1/applications/{}/manager", only_application(&world)["id"].as_str().expect("an id"));
        let administrator = world.token("library_administrator", Some(&world.council));
        let early = administrator.post(&judged, &json!({ "trust": "confirmed" }));
        assert_eq!((early.status, early.code().as_str()), (409, "application-state"));
        form["manager_email"] = json!("friend@elsewhere.example");
        service.anyone().post(&url, &form).expect(202);
        verify(&world);
        administrator.post(&judged, &json!({ "trust": "confirmed" })).expect(200);
    });
}

#[test]
fn where_release_is_waived_a_manager_nobody_vouches_for_is_not_asked_either() {
    for_each_service(|service| {
        let mut world = World::without_round(service);
        let mut body = World::round_body();
        body["release_required"] = json!(false);
        let round = world.organiser.post("/v1/rounds", &body).expect(201);
        world.round = round["id"].as_str().expect("an id").to_owned();
        world.organiser.step(&world.of_round("/open")).expect(200);
        let mut form = world.form("ann");
        form["manager_email"] = json!("friend@elsewhere.example");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        verify(&world);
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let matched = || {
            let run = world.organiser.step(&world.of_round("/runs")).expect(202);
            let file = format!("/v1/runs/{}/round-file", run["id"].as_str().expect("an id"));
            let file = world.organiser.get(&file).expect(200);
            file["staff"].as_array().expect("a list").len()
        };
        assert_eq!(matched(), 0);
        let revision = || {
            let app = &service.app;
            let id = world.round.parse().expect("an id");
            let found = app.store.read(|db| library_swap::store::rounds::find(db, id));
            found.expect("read").expect("a round").revision
        };
        let before = revision();
        let id = only_application(&world)["id"].as_str().expect("an id").to_owned();
        let administrator = world.token("library_administrator", Some(&world.council));
        administrator
            .post(&format!("/v1/applications/{id}/manager"), &json!({ "trust": "confirmed" }))
            .expect(200);
        assert_eq!(matched(), 1);
        assert!(revision() > before, "a run from before is stale");
    });
}

#[test]
fn at_a_joint_library_each_employer_confirms_the_managers_of_its_own_staff() {
    for_each_service(|service| {
        let world = World::new(service);
        let joint = json!({
            "reference": "joint", "name": "Joint Library", "sectors": ["public", "academic"],
            "employers": [world.council, world.university], "time_zone": "Europe/London",
        });
        world.organiser.post("/v1/libraries", &joint).expect(201);
        let mut form = world.form("ann");
        form["home_library"] = json!("joint");
        form["manager_email"] = json!("boss@elsewhere.example");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        verify(&world);
        let application = only_application(&world);
        assert_eq!(application["employer"], json!(world.council));
        let url = format!("/v1/applications/{}/manager", application["id"].as_str().expect("an id"));
        let foreign = world.token("library_administrator", Some(&world.university));
        assert_eq!(foreign.post(&url, &json!({ "trust": "confirmed" })).code(), "not-found");
        let own = world.token("library_administrator", Some(&world.council));
        own.post(&url, &json!({ "trust": "confirmed" })).expect(200);
    });
}

#[test]
fn a_program_is_not_told_the_application_of_another_employers_staff() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let own = world.token("library_administrator", Some(&world.council));
        let url = world.of_round("/applications");
        assert!(own.post(&url, &world.form("ann")).text().contains(&application));
        let foreign = world.token("library_administrator", Some(&world.university));
        let mut form = world.form("ann");
        form["home_library"] = json!("campus");
        let refused = foreign.post(&url, &form);
        assert_eq!(refused.code(), "already-exists");
        assert!(!refused.text().contains(&application), "{}", refused.text());
    });
}

#[test]
fn a_stranger_cannot_mail_a_web_address_as_a_name() {
    for_each_service(|service| {
        let world = World::new(service);
        for name in ["Prize: https://evil.example", "see WWW.evil.example now"] {
            let mut form = world.form("ann");
            form["name"] = json!(name);
            let refused = service.anyone().post(&world.of_round("/applications"), &form);
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/name".to_owned()]), "{name}");
        }
    });
}

#[test]
fn a_stranger_keeps_nobody_out_for_more_than_a_day() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut false_form = world.form("ann");
        false_form["manager_email"] = json!("friend@council.example");
        for _ in 0..7 {
            service.anyone().post(&world.of_round("/applications"), &false_form).expect(202);
        }
        world.mails();
        world.sign_up("ann");
        assert!(world.mails().is_empty(), "no flood on one day");
        service.set_clock("2027-01-05T09:01:00Z");
        world.sign_up("ann");
        assert_eq!(world.mails().len(), 1);
        assert_eq!(only_application(&world)["manager_email"], "head@council.example");
    });
}

#[test]
fn one_mailbox_gets_few_mails_of_strangers_whatever_tag_it_is_written_with() {
    let three = NonZeroU32::new(3).expect("not zero");
    let settings = HttpSettings { sign_ups_per_mailbox_and_day: three, ..generous() };
    for_each_service_with(&settings, |service| {
        let world = World::new(service);
        let sign_up = |address: &str| {
            let mut form = world.form("ann");
            form["email"] = json!(address);
            service.anyone().post(&world.of_round("/applications"), &form).status
        };
        let tagged: Vec<u16> = (0..4).map(|n| sign_up(&format!("ann+{n}@council.example"))).collect();
        assert_eq!(tagged, [202, 202, 202, 429]);
        assert_eq!(sign_up("bea@council.example"), 202);
    });
}

#[test]
fn the_secret_of_a_mailed_link_is_nowhere_once_the_mail_is_sent() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        world.mails();
        let page = world.organiser.get("/v1/deliveries").expect(200);
        let id = page["data"][0]["id"].as_str().expect("an id").parse().expect("an id");
        let stored = service.app.store.read(|db| library_swap::store::sending::message(db, id));
        assert_eq!(stored.expect("read"), None);
    });
}

#[test]
fn nothing_is_agreed_on_when_the_day_has_passed() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let secret = world.secret(NoticeKind::Proposal, Party::Host);
        service.set_clock("2027-03-02T09:00:00Z");
        let late =
            service.anyone().post(&format!("/v1/links/{secret}"), &json!({ "deed": "accept", "version": 0 }));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        let seen = world.organiser.get(&format!("/v1/placements/{placement}")).expect(200);
        assert_eq!(seen["state"], "proposed");
    });
}

#[test]
fn a_small_body_never_makes_a_huge_answer() {
    for_each_service(|service| {
        let members: Vec<String> = (0..20_000).map(|n| format!("\"{n:x}\":1")).collect();
        let body = format!("{{{}}}", members.join(","));
        let world = World::new(service);
        let headers = [("content-type", "application/json")];
        let url = world.of_round("/applications");
        let reply = service.anyone().send("POST", &url, &headers, body.as_bytes());
        assert_eq!(reply.status, 422);
        let errors = reply.json()["errors"].as_array().expect("a list").clone();
        assert_eq!(errors.len(), 1_001);
        // Beside the unknown members the required ones are missing.
        let words = errors[1_000]["detail"].as_str().expect("words");
        let more: u32 = words.split(' ').next().expect("a word").parse().expect("a number");
        assert!(more > 19_000, "all are counted: {words}");
    });
}

#[test]
fn a_huge_unknown_name_is_refused_at_once() {
    for_each_service(|service| {
        let world = World::new(service);
        let body = format!("{{\"{}\":1}}", "x".repeat(1_000_000));
        let began = std::time::Instant::now();
        let headers = [("content-type", "application/json")];
        let url = world.of_round("/applications");
        assert_eq!(service.anyone().send("POST", &url, &headers, body.as_bytes()).status, 422);
        assert!(began.elapsed().as_secs() < 4, "compared letter by letter: {:?}", began.elapsed());
    });
}

#[test]
fn a_body_that_trickles_in_is_given_up() {
    let settings = HttpSettings { body_seconds: 1, ..generous() };
    for_each_service_with(&settings, |service| {
        let place = service.url.strip_prefix("http://").expect("http");
        let mut stream = std::net::TcpStream::connect(place).expect("connected");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("set");
        stream
            .write_all(b"POST /v1/links/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            .expect("written");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer before the body is there");
        assert_eq!(&answer, b"HTTP/1.1 400");
    });
}

#[test]
fn who_takes_access_needs_stands_in_the_audit() {
    for_each_service(|service| {
        let world = World::new(service);
        world.released("ann");
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let run = world.organiser.step(&world.of_round("/runs")).expect(202);
        let file = format!("/v1/runs/{}/round-file", run["id"].as_str().expect("an id"));
        assert!(world.organiser.get(&file).text().contains("step-free"));
        let entries = world.organiser.get("/v1/audit?limit=200").expect(200);
        let taken = |entry: &&Value| {
            entry["subject_id"] == run["id"] && entry["details"].to_string().contains("round file")
        };
        assert_eq!(entries["data"].as_array().expect("a list").iter().filter(taken).count(), 1);
    });
}

#[test]
fn a_run_that_cannot_be_read_does_not_stop_those_behind_it() {
    for_each_service(|service| {
        let world = World::new(service);
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let id = |run: &Value| run["id"].as_str().expect("an id").to_owned();
        let good = id(&world.organiser.step(&world.of_round("/runs")).expect(202));
        let app = &service.app;
        let (good_id, nil) = (good.parse().expect("an id"), uuid::Uuid::nil().to_string());
        let spoilt = app.store.write(|tx| {
            let mut run = runs::find(tx, good_id)?.expect("a run");
            run.id = nil.parse().expect("an id");
            runs::insert(tx, &run, "{}", None)
        });
        spoilt.expect("a spoilt run, first in the queue");
        for _ in 0..2 {
            solve_next(app, "test", &Stop::new()).expect("goes on");
        }
        let state = |id: &str| world.organiser.get(&format!("/v1/runs/{id}")).expect(200)["state"].clone();
        assert_eq!((state(&nil), state(&good)), (json!("failed"), json!("finished")));
    });
}
