//! From nothing to a queued run, and from a proposal to a confirmed day.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::domain::told::Told;
use serde_json::json;

use crate::support::for_each_service;
use crate::world::{DAYS, World, secret_of};

#[test]
fn somebody_signs_up_is_verified_and_released_and_the_closed_round_is_matched() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let anyone = service.anyone();
        let mails = world.mails();
        assert_eq!(mails.len(), 1);
        let verify = secret_of(&mails, NoticeKind::VerifyAddress, Party::Participant);
        let seen = anyone.get(&format!("/v1/links/{verify}")).expect(200);
        assert_eq!(seen["deeds"], json!(["verify"]));
        assert_eq!(seen["application"]["own"]["manager_email"], "head@council.example");
        let done = anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        assert_eq!(done["application"]["state"], "verified");

        let release = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
        let body = json!({ "deed": "release", "dates": [DAYS[1]] });
        let done = anyone.post(&format!("/v1/links/{release}"), &body).expect(200);
        assert_eq!(done["application"]["released_dates"], json!([DAYS[1]]));
        assert_eq!(done["deeds"], json!([]));

        let early = world.organiser.step(&world.of_round("/close"));
        assert_eq!(early.status, 409);
        assert_eq!(early.code(), "too-early");
        service.set_clock("2027-02-01T09:00:00Z");
        let closed = world.organiser.step(&world.of_round("/close")).expect(200);
        assert_eq!(closed["state"], "closed");
        assert_eq!(closed["rules_sha256"].as_str().expect("a hash").len(), 64);

        let started = world.organiser.post(&world.of_round("/runs"), &json!({ "seed": 7 }));
        let run = started.expect(202);
        assert_eq!(run["state"], "queued");
        assert_eq!(run["seed"], 7);
        let location = started.header("location").expect("a location").to_owned();
        assert_eq!(world.organiser.get(&location).expect(200), run);
        let file = world.organiser.get(&format!("{location}/round-file"));
        assert_eq!(file.expect(200)["staff"].as_array().expect("staff").len(), 1);
        assert!(file.header("content-disposition").expect("a name").contains("attachment"));
        assert_eq!(world.organiser.get(&format!("{location}/schedule-file")).code(), "run-state");
        assert_eq!(world.organiser.step(&format!("{location}/publish")).code(), "run-state");
        let listed = world.organiser.get(&world.of_round("/runs")).expect(200);
        assert_eq!(listed["data"][0], run);
    });
}

#[test]
fn a_proposal_is_confirmed_rescheduled_and_stands_in_the_schedule_of_the_own_hr_only() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let (own_hr, foreign_hr) =
            (world.token("hr", Some(&world.council)), world.token("hr", Some(&world.university)));
        let host = world.token("library_administrator", Some(&world.university));
        let mails = world.mails();
        let answer = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let anyone = service.anyone();
        anyone.post(&format!("/v1/links/{answer}"), &json!({ "deed": "accept", "version": 0 })).expect(200);
        assert_eq!(own_hr.get(&world.of_round("/schedule")).expect(200)["data"], json!([]));

        let body = json!({ "party": "host", "answer": "yes" });
        let confirmed = host.post(&format!("/v1/placements/{placement}/answers"), &body).expect(200);
        assert_eq!(confirmed["state"], "confirmed");
        let kinds: Vec<_> = world.mails().iter().map(|letter| letter.kind).collect();
        assert_eq!(kinds, [NoticeKind::Confirmed; 3]);

        let times = json!({ "starts": "10:00", "ends": "15:30" });
        let moved = host.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
        assert_eq!((&moved["starts"], &moved["ends"]), (&json!("10:00"), &json!("15:30")));

        let rows = own_hr.get(&world.of_round("/schedule")).expect(200);
        assert_eq!(rows["data"].as_array().expect("rows").len(), 1);
        assert_eq!(rows["data"][0]["hours"], 5.5);
        assert_eq!(rows["data"][0]["person_email"], "ann@council.example");
        assert_eq!(foreign_hr.get(&world.of_round("/schedule")).expect(200)["data"], json!([]));
        let csv = own_hr.get(&world.of_round("/schedule.csv?bom=with"));
        assert_eq!((csv.status, csv.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let name = csv.header("content-disposition").expect("a name");
        assert_eq!(name, format!("attachment; filename=\"schedule-{}.csv\"", world.round));

        let body = json!({ "reason": "the building is flooded" });
        let off = world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &body).expect(200);
        assert_eq!(off["state"], "cancelled");
        assert!(
            world.mails().iter().any(|letter| letter.reason == Some(Told::own("the building is flooded")))
        );
        let again = world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &body);
        assert_eq!((again.status, again.code().as_str()), (409, "placement-state"));
    });
}

#[test]
fn an_offer_is_made_replaced_and_withdrawn() {
    for_each_service(|service| {
        let world = World::new(service);
        let own = world.token("library_administrator", Some(&world.council));
        let url = world.of_round(&format!("/libraries/{}", world.home));
        let offer = json!({ "hosting": { DAYS[0]: 3 }, "hosting_limit": 4 });
        let now = own.put(&url, &offer).expect(200);
        assert_eq!(
            now["offer"],
            json!({
                "hosting": { DAYS[0]: 3 }, "hosting_rule": null, "hosting_limit": 4, "year_limit": null,
                "rest_days": null, "release": {}, "cover_rule": null, "hours": {},
            })
        );
        let listed = own.get(&world.of_round("/libraries")).expect(200);
        assert_eq!(listed["data"], json!([now]));
        assert_eq!(own.delete(&url).status, 204);
        assert_eq!(own.get(&world.of_round("/libraries")).expect(200)["data"], json!([]));
    });
}

#[test]
fn a_token_tells_its_secret_once_and_opens_nothing_when_it_is_taken_back() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let made = world
            .organiser
            .post("/v1/tokens", &json!({ "name": "HR", "role": "hr", "employers": [world.council] }));
        let token = made.expect(201);
        let secret = token["secret"].as_str().expect("a secret");
        let hr = service.with(secret);
        assert_eq!(hr.get("/v1/employers").expect(200)["data"].as_array().expect("a list").len(), 1);
        assert!(!world.organiser.get("/v1/tokens").text().contains(secret));
        assert_eq!(world.organiser.delete(made.header("location").expect("a location")).status, 204);
        assert_eq!(hr.get("/v1/employers").code(), "unauthenticated");
    });
}

#[test]
fn a_cancelled_round_tells_those_who_had_a_place() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.propose(&application);
        world.mails();
        assert_eq!(world.organiser.step(&world.of_round("/cancel")).expect(200)["state"], "cancelled");
        assert!(world.mails().iter().all(|letter| letter.kind == NoticeKind::Cancelled));
        let counts = world.organiser.get("/v1/deliveries/counts").expect(200);
        assert!(counts["sent"].as_i64().expect("a count") >= 6, "{counts}");
    });
}
