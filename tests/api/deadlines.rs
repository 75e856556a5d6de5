//! Deadlines by worker steps and a clock that tests set: reminder, deputy, expiry, and the round's own steps.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Service, for_each_service};
use crate::world::{World, secret_of};

/// Told on Thursday 28 January, answers until Sunday 14 February: eleven working days of the libraries.
const TOLD: &str = "2027-01-28T10:00:00Z";
/// After five of them.
const HALF: &str = "2027-02-05T08:00:00Z";
/// After eight.
const MOST: &str = "2027-02-10T08:00:00Z";
const OVER: &str = "2027-02-15T00:00:00Z";

struct Proposed<'a> {
    world: World<'a>,
    placement: String,
    proposals: Vec<Letter>,
}

/// A proposal that both parties have in their mailboxes, at a host that names a deputy.
fn proposed(service: &Service) -> Proposed<'_> {
    let world = World::new(service);
    let welcome = json!({
        "contact": { "name": "Front desk", "email": "desk@campus.example" }, "access": ["step-free"],
        "deputy": { "email": "deputy@campus.example" },
    });
    world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
    let application = world.released("ann");
    service.set_clock(TOLD);
    let placement = world.propose(&application);
    let proposals = world.mails();
    assert_eq!(told(&proposals), ["proposal ann@council.example", "proposal desk@campus.example"]);
    Proposed { world, placement, proposals }
}

impl Proposed<'_> {
    /// Sets the clock, does what is due, and gives the mails of it.
    fn at(&self, instant: &str) -> Vec<String> {
        self.world.service.set_clock(instant);
        act(self.world.service);
        told(&self.world.mails())
    }

    fn accept(&self, party: Party) {
        self.press(&secret_of(&self.proposals, NoticeKind::Proposal, party), "accept");
    }

    fn press(&self, secret: &str, deed: &str) {
        let path = format!("/v1/links/{secret}");
        self.world.service.anyone().post(&path, &json!({ "deed": deed, "version": 0 })).expect(200);
    }

    fn placement(&self) -> Value {
        self.world.organiser.get(&format!("/v1/placements/{}", self.placement)).expect(200)
    }

    fn round_state(&self) -> Value {
        self.world.organiser.get(&self.world.of_round("")).expect(200)["state"].clone()
    }
}

fn act(service: &Service) -> usize {
    act_on_due(&service.app, "test", &Stop::new()).expect("a step")
}

/// "kind address" of each, sorted.
fn told(letters: &[Letter]) -> Vec<String> {
    let mut told: Vec<String> =
        letters.iter().map(|letter| format!("{} {}", letter.kind, letter.to_address)).collect();
    told.sort();
    told
}

#[test]
fn silent_parties_are_reminded_at_half_time_then_the_deputy_is_asked_then_the_proposal_expires() {
    for_each_service(|service| {
        let case = proposed(service);
        assert!(case.at("2027-02-05T07:59:00Z").is_empty(), "not before the morning of the day");
        let reminders = ["answer_reminder ann@council.example", "answer_reminder desk@campus.example"];
        assert_eq!(case.at(HALF), reminders);
        assert!(case.at("2027-02-10T07:59:00Z").is_empty(), "nobody is reminded twice");
        assert_eq!(case.at(MOST), ["deputy_request deputy@campus.example"]);
        assert!(case.at("2027-02-14T23:59:59Z").is_empty(), "the last day is theirs to its end");
        assert_eq!(case.placement()["state"], "proposed");
        assert_eq!(
            case.at(OVER),
            ["cancelled ann@council.example", "cancelled desk@campus.example"],
            "who heard of it hears that it is off; the manager never did"
        );
        assert_eq!(case.placement()["state"], "expired");
        assert!(case.at("2027-02-16T09:00:00Z").is_empty(), "it expires once");
        let application = case.placement()["application"].as_str().expect("an id").to_owned();
        let application = case.world.organiser.get(&format!("/v1/applications/{application}")).expect(200);
        assert_eq!(application["state"], "unplaced", "the place is free again, and so is the person");
        let list = |state: &str| {
            let path = case.world.of_round(&format!("/placements?state={state}"));
            case.world.organiser.get(&path).expect(200)["data"].as_array().expect("a list").len()
        };
        assert_eq!((list("expired"), list("proposed")), (1, 0), "the organiser's list to look at");
    });
}

#[test]
fn who_has_answered_is_left_alone() {
    for_each_service(|service| {
        let case = proposed(service);
        case.accept(Party::Host);
        assert_eq!(case.at(HALF), ["answer_reminder ann@council.example"]);
        assert!(case.at(MOST).is_empty(), "the deputy of a host that has answered is not asked");
        case.accept(Party::Participant);
        case.world.mails();
        assert!(case.at(OVER).is_empty(), "what is confirmed does not expire");
        assert_eq!(case.placement()["state"], "confirmed");
    });
}

#[test]
fn the_deputy_can_answer_for_the_host() {
    for_each_service(|service| {
        let case = proposed(service);
        case.accept(Party::Participant);
        service.set_clock(MOST);
        act(service);
        let secret = secret_of(&case.world.mails(), NoticeKind::DeputyRequest, Party::Host);
        case.press(&secret, "accept");
        let placement = case.placement();
        assert_eq!(placement["state"], "confirmed");
        let consents = placement["consents"].as_array().expect("a list");
        let host = consents.iter().find(|consent| consent["party"] == "host").expect("the host's");
        assert_eq!((&host["answered_as"], &host["on_behalf_of"]), (&json!("deputy"), &json!("host_contact")));
        let audit = case.world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = audit["data"].as_array().expect("a list");
        let entry = entries.iter().find(|entry| entry["action"] == "answer_as_host").expect("an entry");
        assert_eq!(entry["on_behalf_of"], "host_contact");
    });
}

#[test]
fn a_reminder_that_has_not_left_is_dropped_by_the_answer() {
    for_each_service(|service| {
        let case = proposed(service);
        service.set_clock(HALF);
        assert_eq!(act(service), 2);
        case.accept(Party::Host);
        assert_eq!(told(&case.world.mails()), ["answer_reminder ann@council.example"]);
    });
}

#[test]
fn after_days_of_downtime_late_deeds_are_done_once_and_nobody_is_reminded_of_what_has_expired() {
    for_each_service(|service| {
        let case = proposed(service);
        assert_eq!(
            case.at("2027-02-13T12:00:00Z"),
            [
                "answer_reminder ann@council.example",
                "answer_reminder desk@campus.example",
                "deputy_request deputy@campus.example"
            ],
            "both warnings are overdue, and the time for answers is not over"
        );
    });
    for_each_service(|service| {
        let case = proposed(service);
        let told = case.at("2027-03-09T12:00:00Z");
        assert_eq!(told, ["cancelled ann@council.example", "cancelled desk@campus.example"]);
        assert_eq!(case.round_state(), "completed", "both steps of the round in one go");
        let path = "/v1/audit?limit=200";
        let entries = case.world.organiser.get(path).expect(200)["data"].as_array().expect("a list").clone();
        let mut steps: Vec<&str> = entries
            .iter()
            .filter(|entry| entry["action"] == "keep_deadlines")
            .map(|entry| entry["details"]["to"].as_str().unwrap_or("expired"))
            .collect();
        steps.sort_unstable();
        assert_eq!(steps, ["completed", "expired", "running"], "each once");
    });
}

#[test]
fn a_round_runs_from_its_first_day_and_is_completed_after_its_last() {
    for_each_service(|service| {
        let case = proposed(service);
        case.accept(Party::Host);
        case.accept(Party::Participant);
        for (instant, state) in [
            ("2027-02-28T23:59:59Z", "published"),
            ("2027-03-01T00:00:00Z", "running"),
            ("2027-03-02T23:59:59Z", "running"),
            ("2027-03-03T00:00:00Z", "completed"),
        ] {
            case.at(instant);
            assert_eq!(case.round_state(), state, "{instant}");
        }
    });
}

#[test]
fn a_proposal_whose_mail_has_not_left_starts_no_clock_but_expires() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        service.set_clock(TOLD);
        world.propose(&application);
        service.set_clock("2027-02-13T12:00:00Z");
        assert_eq!(act(service), 0, "nobody is reminded of what they have not heard");
        service.set_clock(OVER);
        assert_eq!(act(service), 1);
        assert!(world.mails().is_empty(), "and who never heard of it is told nothing");
    });
}

#[test]
fn many_workers_do_everything_once() {
    for_each_service(|service| {
        let case = proposed(service);
        for (instant, most) in [(HALF, 2), (MOST, 1), (OVER, 1), ("2027-03-09T12:00:00Z", 2)] {
            service.set_clock(instant);
            let done: usize = std::thread::scope(|scope| {
                let workers: Vec<_> = (0..8).map(|_| scope.spawn(|| act(service))).collect();
                workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
            });
            assert_eq!(done, most, "{instant}");
        }
        assert_eq!(case.world.mails().len(), 2, "the end overtakes reminders that have not left");
        assert_eq!(case.round_state(), "completed");
    });
}
