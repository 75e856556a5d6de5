//! The day of a placement and what comes after it: reminders, *I am ill today*, marks, feedback, what the next round knows.

use library_swap::domain::letter::{EventStatus, Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Client, Service, for_each_service, row_counts};
use crate::world::{DAYS, World, secret_of};

/// The visit is on Monday 1 March, nine to five.
const AGREED: &str = "2027-02-10T10:00:00Z";
/// Seven days before.
pub const WEEK: &str = "2027-02-22T08:00:00Z";
/// The last working day before.
pub const FRIDAY: &str = "2027-02-26T08:00:00Z";
const NOON_BEFORE: &str = "2027-02-28T12:00:00Z";
const MORNING: &str = "2027-03-01T08:00:00Z";
pub const DURING: &str = "2027-03-01T10:00:00Z";
const EVENING: &str = "2027-03-01T17:30:00Z";
pub const TUESDAY: &str = "2027-03-02T08:00:00Z";

/// A confirmed placement, with the pages of both.
pub struct Agreed<'a> {
    pub world: World<'a>,
    pub application: String,
    pub placement: String,
    /// The secret of the participant's page.
    pub participant: String,
    /// The secret of the host's page.
    pub host: String,
    /// The mails of the last yes.
    pub confirmed: Vec<Letter>,
}

/// A placement to which both have said yes, at a host with a deputy and telephones.
pub fn agreed(service: &Service) -> Agreed<'_> {
    let world = World::new(service);
    let welcome = json!({
        "contact": { "name": "Front desk", "email": "desk@campus.example", "telephone": "+44 1905 855341" },
        "access": ["step-free"], "deputy": { "email": "deputy@campus.example", "telephone": "01905 855342 ext 7" },
    });
    world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
    let application = world.released("ann");
    service.set_clock(AGREED);
    let placement = world.propose(&application);
    let mails = world.mails();
    let [participant, host] =
        [Party::Participant, Party::Host].map(|party| secret_of(&mails, NoticeKind::Proposal, party));
    let mut case = Agreed { world, application, placement, participant, host, confirmed: Vec::new() };
    case.press(Party::Participant, &json!({ "deed": "accept", "version": 0 })).expect(200);
    case.press(Party::Host, &json!({ "deed": "accept", "version": 0 })).expect(200);
    case.confirmed = case.world.mails();
    assert_eq!(case.confirmed.len(), 3, "confirmed");
    case
}

/// As [`agreed`], and the host has been asked for the joining pack, so that what follows tells of the day only.
pub fn prepared(service: &Service) -> Agreed<'_> {
    let case = agreed(service);
    service.set_clock("2027-02-19T09:00:00Z");
    act(service);
    let asked: Vec<String> = case.world.mails().iter().map(|letter| letter.kind.to_string()).collect();
    assert_eq!(asked, ["pack_missing"]);
    case
}

impl Agreed<'_> {
    fn secret(&self, party: Party) -> &str {
        if party == Party::Host { &self.host } else { &self.participant }
    }

    pub fn press(&self, party: Party, body: &Value) -> crate::support::Reply {
        self.world.service.anyone().post(&format!("/v1/links/{}", self.secret(party)), body)
    }

    pub fn holder(&self, party: Party) -> Client {
        self.world.service.with(self.secret(party))
    }

    pub fn of(&self, rest: &str) -> String {
        format!("/v1/placements/{}{rest}", self.placement)
    }

    pub fn page(&self, party: Party) -> String {
        self.world.service.anyone().get(&format!("/links/{}", self.secret(party))).text()
    }

    fn deeds(&self, party: Party) -> Value {
        let path = format!("/v1/links/{}", self.secret(party));
        self.world.service.anyone().get(&path).expect(200)["deeds"].clone()
    }

    fn mark(&self, body: &Value) -> crate::support::Reply {
        self.holder(Party::Host).post(&self.of("/attendance"), body)
    }

    /// Sets the clock, does what is due, and gives the mails of it.
    pub fn at(&self, instant: &str) -> Vec<Letter> {
        self.world.service.set_clock(instant);
        act(self.world.service);
        self.world.mails()
    }

    fn seen(&self) -> Value {
        self.world.organiser.get(&self.of("")).expect(200)
    }

    fn application_state(&self) -> Value {
        self.world.organiser.get(&format!("/v1/applications/{}", self.application)).expect(200)["state"]
            .clone()
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
fn both_are_reminded_a_week_and_a_working_day_before_once_and_by_the_page_that_takes_i_am_ill() {
    for_each_service(|service| {
        let case = prepared(service);
        let both = ["reminder ann@council.example", "reminder desk@campus.example"];
        assert!(case.at("2027-02-22T07:59:00Z").is_empty(), "not before the morning");
        let mails = case.at(WEEK);
        assert_eq!(told(&mails), both);
        assert!(mails.iter().all(|letter| letter.invitation.is_none()), "reminders touch no calendar");
        assert!(case.at("2027-02-25T12:00:00Z").is_empty(), "once");
        let mails = case.at(FRIDAY);
        assert_eq!(told(&mails), both, "Friday is the working day before Monday");
        let to_ann = mails.iter().find(|letter| letter.party == Party::Participant).expect("a letter");
        let visit = to_ann.visit.as_ref().expect("a visit");
        assert_eq!(visit.host_telephone.as_deref(), Some("+44 1905 855341"));
        assert!(case.at(NOON_BEFORE).is_empty());
        let secret = secret_of(&mails, NoticeKind::Reminder, Party::Participant);
        let page = service.anyone().get(&format!("/links/{secret}")).text();
        assert!(page.contains("I am ill today") && page.contains("tel:+441905855341"), "{page}");
        assert!(case.at(DURING).is_empty(), "nobody is reminded of a visit that has begun");
    });
}

#[test]
fn the_confirmation_the_joining_pack_and_the_reminder_lead_to_the_page_that_takes_i_am_ill() {
    for_each_service(|service| {
        let case = agreed(service);
        let fields = json!({
            "arrival_place": "The staff door", "ask_for": "The enquiry desk", "contact_name": "Front desk",
            "contact_telephone": "01905 822866", "deputy_name": "Dai Deputy", "deputy_telephone": "01905 822867",
            "bring": "A card", "safety": "Meet at the bandstand", "lunch": "A canteen", "travel": "Bus 44",
            "objectives": "Evening hours", "access_confirmed": true,
        });
        let body = json!({ "revision": 0, "fields": fields });
        case.world.organiser.put(&case.of("/joining-pack"), &body).expect(200);
        let mut mails = case.confirmed.clone();
        mails.extend(case.world.mails());
        mails.extend(case.at("2027-02-26T09:00:00Z"));
        service.set_clock("2027-02-28T12:00:00Z");
        for kind in [NoticeKind::Confirmed, NoticeKind::JoiningPack, NoticeKind::Reminder] {
            let secret = secret_of(&mails, kind, Party::Participant);
            let seen = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
            let deeds = seen["deeds"].as_array().expect("a list");
            assert!(deeds.contains(&json!("ill")), "{kind}: {seen}");
            let own = mails.iter().find(|one| one.kind == kind && one.party == Party::Participant);
            let words = library_swap::mail::texts(own.expect("a mail"), &OwnTemplates::default())
                .expect("texts")
                .plain;
            assert!(kind == NoticeKind::Confirmed || words.contains("I am ill today"), "{words}");
        }
    });
}

#[test]
fn a_day_that_has_passed_is_not_called_off_with_its_round_and_waits_for_the_host_s_mark() {
    for_each_service(|service| {
        let case = prepared(service);
        let cancel = || case.world.organiser.post(&case.of("/cancel"), &json!({ "reason": "Snow." }));
        service.set_clock("2027-03-02T09:00:00Z");
        let late = cancel();
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"), "{}", late.text());
        let path = format!("/v1/applications/{}", case.application);
        let late = case.world.organiser.step(&format!("{path}/withdraw"));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"), "{}", late.text());
        case.world.organiser.step(&case.world.of_round("/cancel")).expect(200);
        assert!(case.world.mails().is_empty(), "nobody hears that it is off");
        assert_eq!(
            (case.seen()["state"].clone(), case.application_state()),
            (json!("confirmed"), json!("placed"))
        );
        let is_state_whole = || {
            let trace = case.world.organiser.get(&case.of("/trace")).expect(200);
            trace["broken"].as_array().expect("a list").iter().all(|one| one["link"] != "state")
        };
        assert!(is_state_whole());
        case.mark(&json!({ "attendance": "arrived" })).expect(200);
        assert_eq!((case.seen()["state"].clone(), is_state_whole()), (json!("completed"), true));
    });
    for_each_service(|service| {
        // The same day before it is over is called off.
        let case = prepared(service);
        service.set_clock("2027-03-01T12:00:00Z");
        case.world.organiser.step(&case.world.of_round("/cancel")).expect(200);
        assert_eq!(case.seen()["state"], "cancelled");
    });
}

#[test]
fn after_downtime_one_reminder_goes_and_who_agreed_late_is_not_reminded_of_the_week() {
    for_each_service(|service| {
        let case = prepared(service);
        assert_eq!(case.at("2027-03-01T07:00:00Z").len(), 2, "both days are over, and one mail each goes");
    });
    for_each_service(|service| {
        let case = agreed(service);
        assert!(told(&case.at(EVENING)).is_empty(), "too late for any");
    });
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        service.set_clock("2027-02-10T10:00:00Z");
        world.propose(&application);
        let mails = world.mails();
        service.set_clock("2027-02-23T10:00:00Z");
        for party in [Party::Participant, Party::Host] {
            let path = format!("/v1/links/{}", secret_of(&mails, NoticeKind::Proposal, party));
            service.anyone().post(&path, &json!({ "deed": "accept", "version": 0 })).expect(200);
        }
        world.mails();
        act(service);
        let reminders = world.mails().iter().filter(|letter| letter.kind == NoticeKind::Reminder).count();
        assert_eq!(reminders, 0, "the confirmation of today says when it is");
        service.set_clock(FRIDAY);
        act(service);
        assert_eq!(world.mails().len(), 2);
    });
}

#[test]
fn many_workers_remind_and_ask_and_take_for_granted_once() {
    for_each_service(|service| {
        let case = prepared(service);
        for (instant, most) in [(WEEK, 2), (FRIDAY, 2), (TUESDAY, 3), ("2027-03-10T08:00:00Z", 2)] {
            service.set_clock(instant);
            let done: usize = std::thread::scope(|scope| {
                let workers: Vec<_> = (0..6).map(|_| scope.spawn(|| act(service))).collect();
                workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
            });
            // With the round's own steps: it begins on Tuesday at the latest, and is over a week later.
            assert_eq!(done, most, "{instant}");
        }
        assert_eq!(case.seen()["came"], json!({ "attendance": "not_recorded" }));
    });
}

#[test]
fn i_am_ill_today_tells_everybody_at_once_with_where_to_ring_and_clears_the_calendars() {
    for_each_service(|service| {
        let case = agreed(service);
        case.at(FRIDAY);
        service.set_clock("2027-02-28T11:59:00Z");
        let early = case.press(Party::Participant, &json!({ "deed": "ill" }));
        assert_eq!((early.status, early.code().as_str()), (409, "too-early"));
        assert_eq!(case.deeds(Party::Participant), json!(["decline"]));
        service.set_clock(NOON_BEFORE);
        assert_eq!(case.deeds(Party::Participant), json!(["ill", "decline"]));
        assert_eq!(
            case.deeds(Party::Host),
            json!(["read_needs", "write_pack", "decline"]),
            "the host has no such button"
        );
        service.set_clock(MORNING);
        for _ in 0..2 {
            let done = case.press(Party::Participant, &json!({ "deed": "ill" })).expect(200);
            assert_eq!(done["placement"]["state"], "did_not_take_place");
            assert_eq!(done["day"]["came"]["attendance"], "ill");
            assert_eq!(done["day"]["telephones"], json!(["+44 1905 855341", "01905 855342 ext 7"]));
        }
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            [
                "ill ann@council.example",
                "ill deputy@campus.example",
                "ill desk@campus.example",
                "ill head@council.example"
            ]
        );
        for letter in &mails {
            let visit = letter.visit.as_ref().expect("a visit");
            assert_eq!(visit.host_telephone.as_deref(), Some("+44 1905 855341"), "{}", letter.to_address);
            let cancels = letter.invitation.as_ref().is_some_and(|one| one.status == EventStatus::Cancelled);
            let invited =
                ["ann@council.example", "desk@campus.example"].contains(&letter.to_address.as_str());
            assert_eq!(cancels, invited, "{}", letter.to_address);
            if letter.party == Party::Host {
                assert!(letter.home_library.is_none(), "the host never learns the home library");
                assert_eq!(letter.participant_name.as_deref(), Some("ann Reader"));
            }
        }
        assert_eq!(case.application_state(), "unplaced", "the claim stays");
        assert!(case.page(Party::Host).contains("The participant is ill"));
        let refused = case.mark(&json!({ "attendance": "arrived" }));
        assert_eq!(refused.code(), "placement-state", "there is nothing to mark");
        assert!(case.at(TUESDAY).is_empty(), "nobody is asked how it was");
        let late = case.holder(Party::Participant).put(&case.of("/feedback"), &feedback(5));
        assert_eq!(late.code(), "placement-state");
        let audit = case.world.organiser.get("/v1/audit?limit=200").text();
        assert!(
            audit.contains("call_in_ill") && !audit.contains("ann@") && !audit.contains("Reader"),
            "{audit}"
        );
    });
}

#[test]
fn illness_can_be_said_by_the_page_s_form_and_by_the_own_administrator_and_not_for_what_is_off_or_over() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(DURING);
        let foreign = case.world.token("library_administrator", Some(&case.world.university));
        assert_eq!(foreign.step(&case.of("/ill")).status, 404, "the host's side cannot say it");
        assert_eq!(case.holder(Party::Host).step(&case.of("/ill")).status, 403);
        let page = service.anyone().submit(&format!("/links/{}", case.participant), "deed=ill");
        assert!(page.status == 200 && page.text().contains("Get well soon"), "{}", page.text());
    });
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(NOON_BEFORE);
        let own = case.world.token("library_administrator", Some(&case.world.council));
        assert_eq!(own.step(&case.of("/ill")).expect(200)["came"]["attendance"], "ill");
    });
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let before = row_counts(&service.app);
        let late = case.holder(Party::Participant).step(&case.of("/ill"));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        let page = service.anyone().submit(&format!("/links/{}", case.participant), "deed=ill");
        assert!(page.status == 409 && page.text().contains("the visit ended at 17:00"), "{}", page.text());
        assert_eq!(row_counts(&service.app), before);
        service.set_clock("2027-03-02T10:00:00Z");
        let no = case.press(Party::Participant, &json!({ "deed": "decline", "version": 0 }));
        assert_eq!(no.code(), "too-late", "a day that has been cannot be declined");
    });
    for_each_service(|service| {
        let case = agreed(service);
        case.world.organiser.post(&case.of("/cancel"), &json!({ "reason": "a burst pipe" })).expect(200);
        service.set_clock(MORNING);
        let before = row_counts(&service.app);
        assert_eq!(case.holder(Party::Participant).step(&case.of("/ill")).code(), "placement-state");
        assert_eq!(row_counts(&service.app), before);
    });
}

#[test]
fn the_host_marks_who_came_and_corrects_it_within_a_week_and_the_audit_keeps_both() {
    for_each_service(|service| {
        let case = agreed(service);
        let home = case.world.token("library_administrator", Some(&case.world.council));
        service.set_clock(MORNING);
        let before = row_counts(&service.app);
        let early = case.mark(&json!({ "attendance": "arrived" }));
        assert_eq!((early.status, early.code().as_str()), (409, "too-early"));
        service.set_clock(DURING);
        for (body, pointer) in [
            (json!({}), "/attendance"),
            (json!({ "attendance": "ill" }), "/attendance"),
            (json!({ "attendance": "came" }), "/attendance"),
            (json!({ "attendance": "left_early" }), "/left_at"),
            (json!({ "attendance": "left_early", "left_at": "25:00" }), "/left_at"),
            (json!({ "attendance": "left_early", "left_at": "09:00" }), "/left_at"),
            (json!({ "attendance": "left_early", "left_at": "17:00" }), "/left_at"),
            (json!({ "attendance": "arrived", "left_at": "15:00" }), "/left_at"),
        ] {
            let reply = case.mark(&body);
            assert_eq!((reply.status, reply.pointers()), (422, vec![pointer.to_owned()]), "{body}");
        }
        assert_eq!(case.holder(Party::Participant).post(&case.of("/attendance"), &json!({})).status, 403);
        assert_eq!(home.post(&case.of("/attendance"), &json!({ "attendance": "arrived" })).status, 404);
        assert_eq!(row_counts(&service.app), before, "nothing is written");

        assert_eq!(
            case.mark(&json!({ "attendance": "did_not_come" })).expect(200)["state"],
            "did_not_take_place"
        );
        assert_eq!(case.application_state(), "unplaced");
        let form = "deed=attendance&attendance=left_early&left_at=15%3A30";
        let page = service.anyone().submit(&format!("/links/{}", case.host), form);
        assert!(page.status == 200 && page.text().contains("left early at 15:30"), "{}", page.text());
        assert_eq!(case.seen()["state"], "completed");
        assert_eq!(case.application_state(), "placed", "the place is the participant's again");
        let entries = case.world.organiser.get("/v1/audit?limit=200").expect(200)["data"].clone();
        let marks: Vec<&Value> = entries
            .as_array()
            .expect("a list")
            .iter()
            .filter(|entry| entry["action"] == "record_attendance")
            .map(|entry| &entry["details"])
            .collect();
        assert_eq!(marks.len(), 2);
        assert_eq!(marks[1]["before"]["attendance"], "did_not_come");
        assert_eq!(marks[1]["after"], json!({ "attendance": "left_early", "left_at": "15:30" }));

        service.set_clock("2027-03-08T12:00:00Z");
        // The page has the former time in its field.
        let form = "deed=attendance&attendance=arrived&left_at=15%3A30";
        assert_eq!(service.anyone().submit(&format!("/links/{}", case.host), form).status, 200);
        assert_eq!(case.seen()["came"], json!({ "attendance": "arrived" }));
        service.set_clock("2027-03-09T00:00:00Z");
        assert_eq!(case.mark(&json!({ "attendance": "did_not_come" })).code(), "too-late");
        case.mark(&json!({ "attendance": "arrived" })).expect(200);
        let schedule =
            case.world.token("hr", Some(&case.world.council)).get(&case.world.of_round("/schedule"));
        assert_eq!(schedule.expect(200)["data"].as_array().map(Vec::len), Some(1), "HR still sees the day");
    });
}

#[test]
fn a_silent_host_is_asked_once_and_after_five_working_days_the_day_counts_as_having_been() {
    for_each_service(|service| {
        let case = agreed(service);
        assert!(case.at("2027-03-02T07:59:00Z").is_empty());
        let asked = ["feedback_request ann@council.example", "feedback_request desk@campus.example"];
        let mails = case.at(TUESDAY);
        assert_eq!(told(&mails), asked);
        assert!(mails.iter().all(|letter| letter.link.is_some() && letter.invitation.is_none()));
        for instant in ["2027-03-03T08:00:00Z", "2027-03-09T23:59:00Z"] {
            assert!(case.at(instant).is_empty(), "{instant}");
            assert_eq!(case.seen()["state"], "confirmed", "{instant}: Tuesday is the fifth working day");
        }
        assert!(case.at("2027-03-10T00:00:00Z").is_empty());
        assert_eq!(case.seen()["state"], "completed");
        assert_eq!(case.seen()["came"], json!({ "attendance": "not_recorded" }));
        service.set_clock("2027-03-25T10:00:00Z");
        case.mark(&json!({ "attendance": "arrived" })).expect(200);
        assert_eq!(case.seen()["came"]["attendance"], "arrived", "what was taken for granted is no mark");
    });
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(DURING);
        case.mark(&json!({ "attendance": "did_not_come" })).expect(200);
        assert!(case.at(TUESDAY).is_empty(), "a day that was none is not asked about");
    });
}

fn feedback(mark: i64) -> Value {
    json!({ "preparation": mark, "welcome": mark, "learning": mark, "comments": "Warm and <quick>." })
}

#[test]
fn both_say_how_it_was_neither_sees_the_other_s_and_organisers_see_no_names() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(DURING);
        let early = case.holder(Party::Participant).put(&case.of("/feedback"), &feedback(5));
        assert_eq!((early.status, early.code().as_str()), (409, "too-early"));
        service.set_clock(EVENING);
        let before = row_counts(&service.app);
        for (body, pointers) in [
            (
                json!({ "preparation": 6, "welcome": 0, "learning": 1.5 }),
                vec!["/preparation", "/welcome", "/learning"],
            ),
            (json!({ "preparation": 5 }), vec!["/welcome", "/learning"]),
            (json!({ "preparation": 5, "welcome": 5, "learning": 5, "name": "ann" }), vec!["/name"]),
            (
                json!({ "preparation": 5, "welcome": 5, "learning": 5, "comments": "x".repeat(1_001) }),
                vec!["/comments"],
            ),
            (
                json!({ "preparation": 5, "welcome": 5, "learning": 5, "comments": "a\u{0}b" }),
                vec!["/comments"],
            ),
        ] {
            let reply = case.holder(Party::Participant).put(&case.of("/feedback"), &body);
            assert_eq!(
                (reply.status, reply.pointers()),
                (422, pointers.iter().map(ToString::to_string).collect())
            );
        }
        let page = service.anyone().submit(&format!("/links/{}", case.host), "deed=feedback&preparation=6");
        assert!(page.status == 422 && page.text().contains("from 1 to 5"), "{}", page.text());
        assert_eq!(row_counts(&service.app), before, "nothing is written");

        case.holder(Party::Participant).put(&case.of("/feedback"), &feedback(4)).expect(200);
        case.holder(Party::Participant).put(&case.of("/feedback"), &feedback(5)).expect(200);
        let form = "deed=feedback&preparation=3&welcome=2&learning=1&comments=A+long+day.";
        assert_eq!(service.anyone().submit(&format!("/links/{}", case.host), form).status, 200);
        let (own, other) = (case.page(Party::Participant), case.page(Party::Host));
        assert!(own.contains("Warm and &lt;quick&gt;.") && !own.contains("A long day."), "{own}");
        assert!(other.contains("A long day.") && !other.contains("Warm and"), "{other}");
        let list = case.world.organiser.get(&case.world.of_round("/feedback?limit=1"));
        assert!(list.header("link").is_some(), "a next page");
        let all = case.world.organiser.get(&case.world.of_round("/feedback"));
        let said = all.expect(200)["data"].as_array().expect("a list").clone();
        assert_eq!(said.len(), 2, "one of each side");
        assert!(said.iter().any(|one| one["party"] == "participant" && one["learning"] == 5));
        for secret in ["ann", "Reader", "Campus", "Hive", &case.placement, &case.application] {
            assert!(!all.text().contains(secret), "{secret} in {}", all.text());
        }
        service.set_clock("2027-03-31T23:00:00Z");
        let late = case.holder(Party::Participant).put(&case.of("/feedback"), &feedback(1));
        assert_eq!(late.code(), "too-late", "in summer time that is the thirty-first day");
        let page = case.page(Party::Participant);
        assert!(!page.contains("<form"), "the page lives on, and says what was: {page}");
    });
}

#[test]
fn a_page_lives_forty_days_after_the_day_and_no_party_acts_by_the_other_s() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock("2027-04-10T00:00:00Z");
        case.holder(Party::Participant).get(&case.of("")).expect(200);
        service.set_clock(EVENING);
        for (party, deed) in [
            (Party::Host, json!({ "deed": "ill" })),
            (Party::Participant, json!({ "deed": "attendance", "attendance": "arrived" })),
            (
                Party::Host,
                json!({ "deed": "idea", "text": "A shelf at the door", "topics": ["shelves"], "shown_as": "author" }),
            ),
        ] {
            let before = row_counts(&service.app);
            let reply = case.press(party, &deed);
            assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"), "{deed}");
            assert_eq!(row_counts(&service.app), before);
        }
        let mixed = case.press(Party::Participant, &json!({ "deed": "ill", "left_at": "10:00" }));
        assert_eq!(mixed.pointers(), ["/left_at"]);
    });
}

/// The person of a second round with the same days a month later, as its round file has them.
fn person_of_next_round(case: &Agreed<'_>) -> Value {
    let world = &case.world;
    let body = json!({
        "name": "Summer 2027", "time_zone": "Europe/London", "sign_up_until": "2027-05-01",
        "answer_until": "2027-05-14", "dates": ["2027-06-01"],
    });
    let round =
        world.organiser.post("/v1/rounds", &body).expect(201)["id"].as_str().expect("an id").to_owned();
    world.organiser.step(&format!("/v1/rounds/{round}/open")).expect(200);
    let offer = json!({ "hosting": { "2027-06-01": 1 }, "release": { "2027-06-01": 1 } });
    for library in [&world.home, &world.host] {
        world.organiser.put(&format!("/v1/rounds/{round}/libraries/{library}"), &offer).expect(200);
    }
    let mut form = world.form("ann");
    form["dates"] = json!(["2027-06-01"]);
    let next = World {
        service: world.service,
        organiser: world.organiser.clone(),
        council: world.council.clone(),
        university: world.university.clone(),
        home: world.home.clone(),
        host: world.host.clone(),
        round,
    };
    world.mails();
    next.released_by("ann", &form);
    next.close();
    let run = next.run(&json!({}));
    let file = world.organiser.get(&format!("/v1/runs/{run}/round-file")).expect(200);
    file["staff"][0].clone()
}

#[test]
fn the_next_round_remembers_visits_that_were_and_the_claims_of_those_that_were_not() {
    for (body, visited, priority) in [
        (Some(json!({ "attendance": "arrived" })), true, 0),
        (Some(json!({ "attendance": "did_not_come" })), false, 0),
        (None, false, 1),
    ] {
        for_each_service(|service| {
            let case = agreed(service);
            service.set_clock(DURING);
            match &body {
                Some(body) => case.mark(body).expect(200),
                None => case.press(Party::Participant, &json!({ "deed": "ill" })).expect(200),
            };
            service.set_clock("2027-04-01T10:00:00Z");
            let person = person_of_next_round(&case);
            let hosts = person["visited"].as_array().cloned().unwrap_or_default();
            assert_eq!(hosts.contains(&json!(case.world.host)), visited, "{body:?}: {person}");
            assert_eq!(person["priority"].as_i64().unwrap_or_default(), priority, "{body:?}: {person}");
        });
    }
}

#[test]
fn who_was_left_out_of_a_round_comes_first_in_the_next() {
    for_each_service(|service| {
        let case = agreed(service);
        case.world.organiser.post(&case.of("/cancel"), &json!({ "reason": "a burst pipe" })).expect(200);
        service.set_clock("2027-04-01T10:00:00Z");
        let person = person_of_next_round(&case);
        assert_eq!(person["priority"], 1, "{person}");
        assert_eq!(DAYS[0], "2027-03-01");
    });
}
