//! Deadlines of a round are moved: by whom, when, whereto, who is told, and what follows.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Reply, Service, for_each_service};
use crate::world::{World, secret_of};

fn put(world: &World<'_>, body: &Value) -> Reply {
    world.organiser.put(&world.of_round("/dates"), body)
}

fn sign_up_until(world: &World<'_>, day: &str) -> Reply {
    put(world, &json!({ "sign_up_until": day }))
}

fn answer_until(world: &World<'_>, day: &str) -> Reply {
    put(world, &json!({ "answer_until": day }))
}

fn act(service: &Service) -> usize {
    act_on_due(&service.app, "test", &Stop::new()).expect("a step")
}

/// "kind address until" of each, sorted.
fn told(letters: &[Letter]) -> Vec<String> {
    let until = |letter: &Letter| letter.answer_until.map(|day| day.to_string()).unwrap_or_default();
    let each =
        letters.iter().map(|letter| format!("{} {} {}", letter.kind, letter.to_address, until(letter)));
    let mut told: Vec<String> = each.collect();
    told.sort();
    told
}

fn state(world: &World<'_>, placement: &str) -> Value {
    world.organiser.get(&format!("/v1/placements/{placement}")).expect(200)["state"].clone()
}

#[test]
fn sign_up_is_lengthened_and_links_that_wait_live_with_it() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        service.set_clock("2027-02-01T09:00:00Z");
        let late = service.anyone().post(&world.of_round("/applications"), &world.form("bea"));
        assert_eq!(late.code(), "too-late");
        let moved = sign_up_until(&world, "2027-02-08").expect(200);
        assert_eq!(
            (&moved["sign_up_until"], &moved["answer_until"]),
            (&json!("2027-02-08"), &json!("2027-02-14"))
        );
        world.sign_up("bea");
        service.set_clock("2027-02-06T09:00:00Z");
        let anyone = service.anyone();
        let proven = anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        assert_eq!(proven["application"]["state"], "verified", "the old link works to the new end");

        let entries = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entry =
            entries["data"].as_array().expect("a list").iter().rev().find(|entry| {
                entry["action"] == "steer_round" && entry["details"]["deed"] == "move_deadlines"
            });
        let details = &entry.expect("an entry")["details"];
        assert_eq!(details["sign_up_until"], json!(["2027-01-31", "2027-02-08"]));
        assert_eq!(details["answer_until"], Value::Null);
    });
}

#[test]
fn days_that_do_not_fit_are_refused_with_all_faults_and_nothing_is_written() {
    for_each_service(|service| {
        let world = World::new(service);
        service.set_clock("2027-01-20T09:00:00Z");
        let both = json!({ "sign_up_until": "2027-01-19", "answer_until": "2027-03-01" });
        for (body, pointers) in [
            (json!({}), vec![""]),
            (
                json!({ "answer_until": "soon", "sign_up_until": 3, "dates": [] }),
                vec!["/dates", "/sign_up_until", "/answer_until"],
            ),
            (json!({ "sign_up_until": "2027-01-19" }), vec!["/sign_up_until"]),
            (json!({ "sign_up_until": "2027-02-15" }), vec!["/sign_up_until"]),
            (json!({ "answer_until": "2027-01-30" }), vec!["/answer_until"]),
            (json!({ "answer_until": "2027-03-01" }), vec!["/answer_until"]),
            (both, vec!["/sign_up_until", "/answer_until"]),
        ] {
            let refused = put(&world, &body);
            assert_eq!((refused.status, refused.code().as_str()), (422, "invalid-fields"), "{body}");
            assert_eq!(refused.pointers(), pointers, "{}", refused.text());
        }
        let round = world.organiser.get(&world.of_round("")).expect(200);
        assert_eq!(
            (&round["sign_up_until"], &round["answer_until"]),
            (&json!("2027-01-31"), &json!("2027-02-14"))
        );
        let unknown = world.organiser.put(
            "/v1/rounds/01900000-0000-7000-8000-000000000000/dates",
            &json!({ "answer_until": "2027-02-20" }),
        );
        assert_eq!(unknown.code(), "not-found");
        // Today is a day to answer on, and the same days again change nothing.
        sign_up_until(&world, "2027-01-20").expect(200);
        let same = put(&world, &json!({ "sign_up_until": "2027-01-20", "answer_until": "2027-02-14" }));
        assert_eq!(same.expect(200)["sign_up_until"], "2027-01-20");
    });
}

#[test]
fn a_round_whose_answers_are_over_is_published_after_its_deadline_was_moved() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.close();
        let run = world.solved();
        service.set_clock("2027-02-15T09:00:00Z");
        let late = world.organiser.step(&format!("/v1/runs/{run}/publish"));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        let words = late.json()["detail"].as_str().expect("words").to_owned();
        assert!(words.contains(&world.of_round("/dates")), "{words}");
        let closed = sign_up_until(&world, "2027-02-20");
        assert_eq!((closed.status, closed.code().as_str()), (409, "round-state"), "sign-up has ended");
        answer_until(&world, "2027-02-22").expect(200);
        world.publish(&run);
        let proposals = world.mails();
        assert!(
            proposals.iter().all(|mail| mail.answer_until.is_some_and(|day| day.to_string() == "2027-02-22"))
        );
        assert_eq!(proposals.len(), 2);
    });
}

#[test]
fn who_owes_an_answer_is_told_the_new_day_once_and_the_deadlines_follow() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        service.set_clock("2027-01-28T10:00:00Z");
        let placement = world.propose(&application);
        answer_until(&world, "2027-02-10").expect(200);
        let proposals = world.mails();
        assert_eq!(
            told(&proposals),
            ["proposal ann@council.example 2027-02-10", "proposal desk@campus.example 2027-02-10"],
            "a mail that has not left tells the new day itself"
        );
        answer_until(&world, "2027-02-12").expect(200);
        answer_until(&world, "2027-02-18").expect(200);
        let mails = world.mails();
        assert_eq!(
            told(&mails),
            [
                "deadline_moved ann@council.example 2027-02-18",
                "deadline_moved desk@campus.example 2027-02-18"
            ],
            "the last of two moves"
        );
        answer_until(&world, "2027-02-18").expect(200);
        assert!(world.mails().is_empty(), "the same day again is no news");

        let link = secret_of(&mails, NoticeKind::DeadlineMoved, Party::Host);
        let yes = json!({ "deed": "accept", "version": 0 });
        service.anyone().post(&format!("/v1/links/{link}"), &yes).expect(200);
        answer_until(&world, "2027-02-20").expect(200);
        assert_eq!(
            told(&world.mails()),
            ["deadline_moved ann@council.example 2027-02-20"],
            "the host has answered"
        );

        service.set_clock("2027-02-19T00:30:00Z");
        act(service);
        assert_eq!(state(&world, &placement), "proposed", "the old day ends nothing");
        world.mails();
        service.set_clock("2027-02-21T00:00:00Z");
        act(service);
        assert_eq!(state(&world, &placement), "expired");
        answer_until(&world, "2027-02-25").expect(200);
        let kinds: Vec<NoticeKind> = world.mails().iter().map(|letter| letter.kind).collect();
        assert_eq!(kinds, [NoticeKind::Cancelled; 2], "nobody is asked again");
        assert_eq!(state(&world, &placement), "expired", "what has expired stays so");
    });
}

#[test]
fn who_heard_of_the_proposal_only_with_the_change_that_overtook_it_is_told_too() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        service.set_clock("2027-01-28T10:00:00Z");
        let placement = world.propose(&application);
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        world.organiser.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
        let kinds: Vec<NoticeKind> = world.mails().iter().map(|letter| letter.kind).collect();
        assert_eq!(kinds, [NoticeKind::Proposal; 2], "nothing has changed for who knew of nothing");
        answer_until(&world, "2027-02-20").expect(200);
        assert_eq!(
            told(&world.mails()),
            [
                "deadline_moved ann@council.example 2027-02-20",
                "deadline_moved desk@campus.example 2027-02-20"
            ]
        );
    });
}

#[test]
fn a_deputy_who_was_asked_is_told_too_and_an_answer_drops_what_has_not_left() {
    for_each_service(|service| {
        let world = World::new(service);
        let welcome = json!({
            "contact": { "email": "desk@campus.example" }, "deputy": { "email": "deputy@campus.example" },
        });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        let application = world.released("ann");
        service.set_clock("2027-01-28T10:00:00Z");
        world.propose(&application);
        let proposals = world.mails();
        service.set_clock("2027-02-10T08:00:00Z");
        act(service);
        world.mails();
        answer_until(&world, "2027-02-20").expect(200);
        let answer = secret_of(&proposals, NoticeKind::Proposal, Party::Participant);
        service
            .anyone()
            .post(&format!("/v1/links/{answer}"), &json!({ "deed": "accept", "version": 0 }))
            .expect(200);
        assert_eq!(
            told(&world.mails()),
            [
                "deadline_moved deputy@campus.example 2027-02-20",
                "deadline_moved desk@campus.example 2027-02-20",
            ]
        );
    });
}

#[test]
fn nothing_is_moved_once_the_days_have_begun_or_the_round_is_called_off() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.propose(&application);
        service.set_clock("2027-03-01T09:00:00Z");
        act(service);
        assert_eq!(world.organiser.get(&world.of_round("")).expect(200)["state"], "running");
        assert_eq!(answer_until(&world, "2027-03-05").code(), "round-state");
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        assert_eq!(answer_until(&world, "2027-03-05").code(), "round-state");
    });
}
