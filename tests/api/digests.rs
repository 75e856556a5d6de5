//! The daily digest: one mail a day and address for what asks nothing.

use chrono::Duration;
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::told::Told;
use library_swap::services::notices::Pace;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::json;

use crate::support::{Service, for_each_service_at};
use crate::world::{World, secret_of};

fn daily() -> Pace {
    Pace { coalesce: Duration::zero(), digests: true }
}

fn act(service: &Service) {
    act_on_due(&service.app, "test", &Stop::new()).expect("a step");
}

fn agree(world: &World<'_>, mails: &[Letter]) {
    for party in [Party::Participant, Party::Host] {
        let secret = secret_of(mails, NoticeKind::Proposal, party);
        let yes = json!({ "deed": "accept", "version": 0 });
        world.service.anyone().post(&format!("/v1/links/{secret}"), &yes).expect(200);
    }
}

fn told(mails: &[Letter]) -> Vec<String> {
    let mut told: Vec<String> =
        mails.iter().map(|letter| format!("{} {}", letter.kind, letter.to_address)).collect();
    told.sort();
    told
}

#[test]
fn a_manager_reads_once_a_day_what_is_certain_and_what_is_off() {
    for_each_service_at(daily(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        let at_once = ["confirmed ann@council.example", "confirmed desk@campus.example"];
        assert_eq!(told(&world.mails()), at_once, "they have the day in their calendars");
        act(service);
        assert!(world.mails().is_empty());
        let body = json!({ "starts": "10:00", "ends": "16:00" });
        world.organiser.put(&format!("/v1/placements/{placement}/times"), &body).expect(200);
        world.mails();
        service.set_clock("2027-01-05T07:59:00Z");
        act(service);
        assert!(world.mails().is_empty(), "not before the morning");
        service.set_clock("2027-01-05T08:00:00Z");
        act(service);
        act(service);
        let mails = world.mails();
        assert_eq!(told(&mails), ["digest head@council.example"]);
        let news = &mails[0].digest;
        assert_eq!(news.len(), 1, "one day, as it is");
        assert!(news[0].stands);
        assert_eq!(news[0].participant_name.as_deref(), Some("ann Reader"));
        assert_eq!(news[0].visit.starts.to_string(), "10:00:00");
        assert_eq!(news[0].visit.former_times, None, "the manager had not read of nine o'clock");
        assert!(mails[0].link.is_none() && mails[0].invitation.is_none());
        let of = |state: &str| {
            let path = world.of_round(&format!("/deliveries?state={state}&limit=200"));
            world.organiser.get(&path).expect(200)["data"].as_array().expect("a list").clone()
        };
        let digest = of("sent").into_iter().find(|mail| mail["kind"] == "digest").expect("the digest");
        assert_eq!(of("digested").len(), 1);
        assert_eq!(of("digested")[0]["digest"], digest["id"]);
        // Off, on the same day: the next morning; and what it was told before counts as heard.
        let reason = json!({ "reason": "The building is closed." });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &reason).expect(200);
        assert_eq!(told(&world.mails()), ["cancelled ann@council.example", "cancelled desk@campus.example"]);
        act(service);
        assert!(world.mails().is_empty(), "one a day");
        service.set_clock("2027-01-06T12:00:00Z");
        act(service);
        let mails = world.mails();
        assert_eq!(told(&mails), ["digest head@council.example"]);
        assert!(!mails[0].digest[0].stands);
        assert_eq!(mails[0].digest[0].reason, Some(Told::own("The building is closed.")));
    });
}

#[test]
fn many_workers_send_one_digest_and_what_was_undone_is_in_none() {
    for_each_service_at(daily(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        world.mails();
        service.set_clock("2027-01-05T09:00:00Z");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| act(service));
            }
        });
        assert_eq!(told(&world.mails()), ["digest head@council.example"]);
        let times = |starts: &str, ends: &str| {
            let body = json!({ "starts": starts, "ends": ends });
            world.organiser.put(&format!("/v1/placements/{placement}/times"), &body).expect(200);
        };
        times("10:00", "16:00");
        times("09:00", "17:00");
        service.set_clock("2027-01-06T09:00:00Z");
        world.mails();
        act(service);
        assert!(world.mails().is_empty(), "nothing is new for the manager");
    });
}

#[test]
fn what_is_near_and_what_is_asked_never_waits_for_a_digest() {
    for_each_service_at(daily(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        world.mails();
        service.set_clock("2027-01-05T09:00:00Z");
        act(service);
        world.mails();
        service.set_clock("2027-02-28T10:00:00Z");
        act(service);
        world.mails();
        let reason = json!({ "reason": "The building is closed." });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &reason).expect(200);
        let all = [
            "cancelled ann@council.example",
            "cancelled desk@campus.example",
            "cancelled head@council.example",
        ];
        assert_eq!(told(&world.mails()), all);
    });
}

#[test]
fn hr_reads_once_a_day_which_days_of_its_staff_are_certain_or_off_and_never_who_is_ill() {
    for_each_service_at(daily(), |service| {
        let world = World::new(service);
        let path = format!("/v1/employers/{}/hr-digest", world.council);
        let own = world.token("library_administrator", Some(&world.council));
        let foreign = own.put(&path, &json!({ "email": "hr@elsewhere.example" }));
        assert_eq!((foreign.status, foreign.code().as_str()), (422, "invalid-fields"));
        own.put(&path, &json!({ "email": "hr@council.example" })).expect(200);
        assert_eq!(own.get(&path).expect(200)["email"], "hr@council.example");
        let others = world.token("library_administrator", Some(&world.university));
        assert_eq!(others.get(&path).code(), "not-found");
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        world.mails();
        let day = |clock: &str| {
            service.set_clock(clock);
            act(service);
            world.mails()
        };
        let mails = day("2027-01-05T09:00:00Z");
        assert_eq!(told(&mails), ["digest head@council.example", "digest hr@council.example"]);
        let hr = mails.iter().find(|letter| letter.to_address.starts_with("hr@")).expect("HR's");
        assert_eq!(hr.digest[0].participant_name.as_deref(), Some("ann Reader"));
        assert!(day("2027-01-06T09:00:00Z").is_empty(), "nothing is new");
        day("2027-02-22T09:00:00Z");
        service.set_clock("2027-03-01T07:00:00Z");
        world.organiser.step(&format!("/v1/placements/{placement}/ill")).expect(200);
        assert!(world.mails().iter().any(|letter| letter.to_address == "head@council.example"), "at once");
        let mails = day("2027-03-01T08:00:00Z");
        let digests: Vec<&Letter> = mails.iter().filter(|letter| letter.kind == NoticeKind::Digest).collect();
        assert_eq!(digests.len(), 1, "the manager knows");
        assert_eq!(
            (digests[0].to_address.as_str(), digests[0].digest[0].stands),
            ("hr@council.example", false)
        );
        assert_eq!(digests[0].digest[0].reason, None);
        own.put(&path, &json!({ "email": null })).expect(200);
        assert_eq!(own.get(&path).expect(200)["email"], serde_json::Value::Null);
    });
}
