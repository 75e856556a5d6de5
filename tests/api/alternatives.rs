//! What a host offers instead of a no: another day, a colleague, a virtual visit; and who answered for whom.

use library_swap::domain::letter::{EventStatus, Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::domain::told::Told;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::locks::codes;
use crate::support::{Client, Reply, Service, for_each_service};
use crate::world::{DAYS, World, secret_of};

/// A proposal for the first day that everybody has in their mailboxes.
pub struct Proposed<'a> {
    pub world: World<'a>,
    pub placement: String,
    participant: String,
    host: String,
}

/// Somebody is released for both days and proposed for the first one.
pub fn proposed(service: &Service) -> Proposed<'_> {
    let world = World::new(service);
    world.welcome_everybody();
    let application = world.released("ann");
    propose(world, &application)
}

/// As [`proposed`], where the manager released the first day only.
pub fn proposed_for_one_day(service: &Service) -> Proposed<'_> {
    let world = World::new(service);
    world.welcome_everybody();
    world.sign_up("ann");
    let anyone = service.anyone();
    let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
    anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
    let release = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
    let body = json!({ "deed": "release", "dates": [DAYS[0]] });
    anyone.post(&format!("/v1/links/{release}"), &body).expect(200);
    let list = world.organiser.get(&world.of_round("/applications")).expect(200);
    let application = list["data"][0]["id"].as_str().expect("an id").to_owned();
    propose(world, &application)
}

fn propose<'a>(world: World<'a>, application: &str) -> Proposed<'a> {
    let placement = world.propose(application);
    let mails = world.mails();
    Proposed {
        participant: secret_of(&mails, NoticeKind::Proposal, Party::Participant),
        host: secret_of(&mails, NoticeKind::Proposal, Party::Host),
        world,
        placement,
    }
}

impl Proposed<'_> {
    pub fn path(&self, party: Party) -> String {
        let secret = if party == Party::Host { &self.host } else { &self.participant };
        format!("/v1/links/{secret}")
    }

    fn anyone(&self) -> Client {
        self.world.service.anyone()
    }

    fn view(&self, party: Party) -> Value {
        self.anyone().get(&self.path(party)).expect(200)
    }

    pub fn press(&self, party: Party, body: &Value) -> Reply {
        self.anyone().post(&self.path(party), body)
    }

    fn placement(&self) -> Value {
        self.world.organiser.get(&format!("/v1/placements/{}", self.placement)).expect(200)
    }

    fn alternatives(&self) -> Value {
        self.world.organiser.get(&format!("/v1/placements/{}/alternatives", self.placement)).expect(200)
    }

    /// What a party has said, as the organiser sees it.
    fn consent(&self, party: &str) -> Value {
        let placement = self.placement();
        let consents = placement["consents"].as_array().expect("a list").clone();
        consents.into_iter().find(|consent| consent["party"] == party).expect("asked")
    }

    fn close_host_on(&self, day: &str) {
        let path = format!("/v1/libraries/{}/exceptions/{day}", self.world.host);
        self.world.organiser.put(&path, &json!({ "opens": [], "label": "an inspection" })).expect(200);
    }
}

/// What is offered, of the version that a proposal has at first.
pub fn offer(more: Value) -> Value {
    let mut body = json!({ "deed": "offer", "version": 0 });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    body.as_object_mut().expect("an object").extend(more);
    body
}

pub fn another_day() -> Value {
    offer(json!({ "kind": "date", "date": DAYS[1], "words": "An inspection <on Monday>." }))
}

/// "kind to party" of each, sorted.
pub fn told(letters: &[Letter]) -> Vec<String> {
    let mut told: Vec<String> =
        letters.iter().map(|letter| format!("{} {}", letter.kind, letter.to_address)).collect();
    told.sort();
    told
}

fn to<'a>(letters: &'a [Letter], address: &str) -> &'a Letter {
    letters.iter().find(|letter| letter.to_address == address).expect("a mail")
}

#[test]
fn another_day_is_offered_and_taken_and_everybody_hears_of_it_once() {
    for_each_service(|service| {
        let case = proposed(service);
        let seen = case.view(Party::Host);
        assert_eq!(seen["deeds"], json!(["accept", "decline", "offer", "write_pack"]));
        assert_eq!(seen["other_days"], json!([DAYS[1]]));
        // Whoever has agreed to the proposal has not agreed to what is offered instead.
        case.press(Party::Participant, &json!({ "deed": "accept", "version": 0 })).expect(200);
        let offered = case.press(Party::Host, &another_day()).expect(200);
        assert_eq!(offered["deeds"], json!(["decline"]), "a joining pack for this day waits");
        assert_eq!(offered["alternative"]["state"], "offered");
        let pack = json!({ "revision": 0, "fields": { "lunch": "A canteen" } });
        let refused =
            case.world.organiser.put(&format!("/v1/placements/{}/joining-pack", case.placement), &pack);
        assert_eq!((refused.status, refused.code().as_str()), (409, "offer-open"));
        let page = case.anyone().get(&case.path(Party::Host).replace("/v1/", "/")).text();
        assert!(!page.contains("value=\"write_pack\""), "{page}");
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["alternative ann@council.example"]);
        let other = mails[0].offer.as_ref().expect("an offer");
        assert_eq!(
            (other.date.to_string().as_str(), other.words.as_deref()),
            (DAYS[1], Some("An inspection <on Monday>."))
        );
        assert!(mails[0].invitation.is_none(), "nothing has changed yet");

        let seen = case.view(Party::Participant);
        assert_eq!((&seen["deeds"], &seen["placement"]["version"]), (&json!(["take", "decline"]), &json!(1)));
        assert!(
            seen["alternative"].get("contact").is_none() && seen["alternative"].get("set_aside").is_none()
        );
        for party in [Party::Participant, Party::Host] {
            let old = case.press(party, &json!({ "deed": "accept", "version": 0 }));
            assert_eq!((old.status, old.code().as_str()), (409, "stale-page"));
            let new = case.press(party, &json!({ "deed": "accept", "version": 1 }));
            assert_eq!((new.status, new.code().as_str()), (409, "offer-open"));
        }
        let second = case.press(Party::Host, &offer(json!({ "kind": "virtual", "version": 1 })));
        assert_eq!(second.code(), "offer-open", "one at a time");
        assert_eq!(
            case.press(Party::Participant, &json!({ "deed": "take", "version": 0 })).code(),
            "stale-page"
        );
        assert!(case.world.mails().is_empty());

        let take = json!({ "deed": "take", "version": 1 });
        let taken = case.press(Party::Participant, &take).expect(200);
        assert_eq!(
            (&taken["placement"]["date"], &taken["placement"]["state"]),
            (&json!(DAYS[1]), &json!("confirmed"))
        );
        assert_eq!(case.press(Party::Participant, &take).expect(200), taken, "the same again");
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            ["changed ann@council.example", "changed desk@campus.example", "confirmed head@council.example"],
            "the manager, who released the day before, hears of a day for the first time"
        );
        for address in ["ann@council.example", "desk@campus.example"] {
            let letter = to(&mails, address);
            let event = letter.invitation.as_ref().expect("an invitation");
            assert_eq!((event.sequence, event.status), (1, EventStatus::Confirmed));
            assert_eq!(event.date.to_string(), DAYS[1]);
            let former = letter.visit.as_ref().and_then(|visit| visit.former_date).expect("the former day");
            assert_eq!(former.to_string(), DAYS[0]);
        }
        let placement = case.placement();
        assert_eq!((&placement["version"], &placement["state"]), (&json!(2), &json!("confirmed")));
        assert_eq!(case.alternatives()["data"][0]["state"], "taken");
        assert_eq!(case.alternatives()["data"][0]["words"], "An inspection <on Monday>.");
        let audit = case.world.organiser.get("/v1/audit?limit=200").expect(200);
        let mut deeds: Vec<&str> = audit["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|entry| entry["details"]["deed"].as_str())
            .collect();
        deeds.sort_unstable();
        assert_eq!(deeds, ["offer_other", "take_other"]);
        assert!(!audit.to_string().contains("inspection"));
    });
}

#[test]
fn a_day_without_a_release_is_asked_of_the_manager_anew() {
    for_each_service(|service| {
        let case = proposed_for_one_day(service);
        case.press(Party::Host, &another_day()).expect(200);
        case.world.mails();
        let taken = case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).expect(200);
        assert_eq!(taken["placement"]["state"], "proposed");
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            ["changed ann@council.example", "changed desk@campus.example", "proposal head@council.example"]
        );
        let event = to(&mails, "ann@council.example").invitation.as_ref().expect("an invitation");
        assert_eq!(event.status, EventStatus::Tentative);
        let manager = secret_of(&mails, NoticeKind::Proposal, Party::Manager);
        let path = format!("/v1/links/{manager}");
        let seen = case.anyone().get(&path).expect(200);
        assert_eq!(
            (&seen["deeds"], &seen["placement"]["date"]),
            (&json!(["accept", "decline"]), &json!(DAYS[1]))
        );
        let yes = json!({ "deed": "accept", "version": 2 });
        assert_eq!(case.anyone().post(&path, &yes).expect(200)["placement"]["state"], "confirmed");
        let kinds: Vec<NoticeKind> = case.world.mails().iter().map(|letter| letter.kind).collect();
        assert_eq!(kinds, [NoticeKind::Confirmed; 3]);
    });
}

#[test]
fn who_does_not_take_it_has_no_day_and_the_host_s_words_are_its_reason() {
    for_each_service(|service| {
        let case = proposed(service);
        case.press(Party::Host, &another_day()).expect(200);
        case.world.mails();
        let no = json!({ "deed": "decline", "version": 1, "reason": "A wedding." });
        assert_eq!(case.press(Party::Participant, &no).expect(200)["placement"]["state"], "declined");
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["cancelled ann@council.example", "cancelled desk@campus.example"]);
        let reason = to(&mails, "desk@campus.example").reason.as_ref();
        assert_eq!(reason, Some(&Told::ParticipantRefusedOffer));
        let (host, participant) = (case.consent("host"), case.consent("participant"));
        assert_eq!((&host["answer"], &host["reason"]), (&json!("no"), &json!("An inspection <on Monday>.")));
        assert_eq!((&participant["answer"], &participant["reason"]), (&json!("no"), &json!("A wedding.")));
        assert_eq!(case.alternatives()["data"][0]["state"], "refused");
        let late = case.press(Party::Participant, &json!({ "deed": "take", "version": 1 }));
        assert_eq!((late.status, late.code().as_str()), (409, "no-offer"));
        assert_eq!(
            case.press(Party::Host, &another_day()).expect(200)["deeds"],
            json!([]),
            "the same offer again"
        );
        let more = case.press(Party::Host, &offer(json!({ "kind": "virtual", "version": 1 })));
        assert_eq!(more.code(), "placement-state");
        assert!(case.world.mails().is_empty());
    });
}

#[test]
fn the_rules_are_asked_when_it_is_offered_and_when_it_is_taken() {
    for_each_service(|service| {
        let case = proposed(service);
        for (body, pointer) in [
            (json!({ "kind": "date", "date": DAYS[0] }), "/date"),
            (json!({ "kind": "date", "date": "2027-03-05" }), "/date"),
            (json!({ "kind": "date", "date": "2027-13-05" }), "/date"),
            (json!({ "kind": "date" }), "/date"),
            (json!({ "kind": "tomorrow" }), "/kind"),
            (json!({ "kind": "virtual", "date": DAYS[1] }), "/date"),
            (json!({ "kind": "virtual", "starts": "10:00" }), "/ends"),
            (json!({ "kind": "virtual", "starts": "12:00", "ends": "10:00" }), "/ends"),
            (json!({ "kind": "colleague" }), "/contact"),
            (json!({ "kind": "colleague", "contact": { "email": "lee@campus.example" } }), "/contact/name"),
            (
                json!({ "kind": "colleague", "contact": { "name": "Lee", "email": "lee@evil.example" } }),
                "/contact/email",
            ),
        ] {
            let reply = case.press(Party::Host, &offer(body.clone()));
            assert_eq!(
                (reply.status, reply.pointers()),
                (422, vec![pointer.to_owned()]),
                "{body}: {}",
                reply.text()
            );
        }
        let unseen = json!({ "deed": "offer", "kind": "virtual" });
        assert_eq!(case.press(Party::Host, &unseen).pointers(), ["/version"]);
        let foreign = case.press(Party::Participant, &another_day());
        assert_eq!((foreign.status, foreign.pointers()), (422, vec!["/deed".to_owned()]), "the host's alone");
        assert!(case.world.mails().is_empty());

        case.press(Party::Host, &another_day()).expect(200);
        case.close_host_on(DAYS[1]);
        let closed = case.press(Party::Participant, &json!({ "deed": "take", "version": 1 }));
        assert_eq!(codes(&closed), ["not_hosting"], "the host has closed the day meanwhile");
        let secret = case.participant.clone();
        let page = service.anyone().submit(&format!("/links/{secret}"), "deed=take&version=1");
        assert_eq!(page.status, 409);
        assert!(
            page.text().contains("inspection") && page.text().contains("value=\"decline\""),
            "{}",
            page.text()
        );
        assert_eq!(case.placement()["date"], DAYS[0]);
        assert_eq!(case.alternatives()["data"][0]["state"], "offered");
    });
}

#[test]
fn a_full_day_cannot_be_offered_nor_one_on_which_too_many_would_be_away() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let offers = |library: &str, offer: Value| {
            world.organiser.put(&world.of_round(&format!("/libraries/{library}")), &offer).expect(200);
        };
        offers(&world.host, json!({ "hosting": { DAYS[0]: 1, DAYS[1]: 1 } }));
        offers(&world.home, json!({ "release": { DAYS[0]: 2, DAYS[1]: 1 } }));
        for who in ["ann", "bea"] {
            world.released(who);
        }
        world.close();
        let run = world.solved();
        world.publish(&run);
        let mails = world.mails();
        let is_host = |letter: &&Letter| letter.kind == NoticeKind::Proposal && letter.party == Party::Host;
        let links: Vec<&Letter> = mails.iter().filter(is_host).collect();
        assert_eq!(links.len(), 2, "one on each day");
        for letter in links {
            let secret = letter.link.as_ref().and_then(|link| link.rsplit('/').next()).expect("a link");
            let path = format!("/v1/links/{secret}");
            let seen = service.anyone().get(&path).expect(200);
            let is_first = seen["placement"]["date"] == DAYS[0];
            let wanted = offer(json!({ "kind": "date", "date": if is_first { DAYS[1] } else { DAYS[0] } }));
            let mut broken = codes(&service.anyone().post(&path, &wanted));
            broken.sort_unstable();
            let expected: &[&str] = if is_first { &["cover", "host_full"] } else { &["host_full"] };
            assert_eq!(broken, expected);
        }
        assert!(world.mails().is_empty());
    });
}

#[test]
fn a_colleague_receives_the_visitor_with_a_calendar_entry_of_its_own() {
    for_each_service(|service| {
        let case = proposed(service);
        let wanted = json!({ "kind": "colleague", "contact": { "name": "Lee Librarian", "email": "lee@campus.example" } });
        case.press(Party::Host, &offer(wanted)).expect(200);
        case.world.mails();
        let seen = case.view(Party::Participant).to_string();
        assert!(!seen.contains("lee@campus.example"), "whom to ask is told once it is certain: {seen}");
        case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).expect(200);
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            [
                "changed ann@council.example",
                "changed lee@campus.example",
                "confirmed head@council.example",
                "handed_over desk@campus.example",
            ]
        );
        let (desk, lee) = (to(&mails, "desk@campus.example"), to(&mails, "lee@campus.example"));
        let (off, on) =
            (desk.invitation.as_ref().expect("an entry"), lee.invitation.as_ref().expect("an entry"));
        assert_eq!((off.status, off.sequence), (EventStatus::Cancelled, 1));
        assert_eq!((on.status, on.sequence), (EventStatus::Confirmed, 0));
        assert_ne!(off.uid, on.uid);
        let visit = to(&mails, "ann@council.example").visit.as_ref().expect("a visit");
        assert_eq!(visit.host_contact_address.as_deref(), Some("lee@campus.example"));
        let seen = case.view(Party::Participant);
        assert_eq!(seen["placement"]["host"]["contact"]["name"], "Lee Librarian");

        let off = json!({ "reason": "a flood" });
        case.world.organiser.post(&format!("/v1/placements/{}/cancel", case.placement), &off).expect(200);
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            [
                "cancelled ann@council.example",
                "cancelled head@council.example",
                "cancelled lee@campus.example"
            ]
        );
        let event = to(&mails, "lee@campus.example").invitation.as_ref().expect("an entry");
        assert_eq!((event.status, event.sequence), (EventStatus::Cancelled, 1));
    });
}

#[test]
fn a_virtual_visit_says_so_in_mail_and_calendar_and_opens_no_door() {
    for_each_service(|service| {
        let case = proposed(service);
        case.close_host_on(DAYS[0]);
        let wanted = json!({ "kind": "virtual", "starts": "10:00", "ends": "12:00" });
        case.press(Party::Host, &offer(wanted)).expect(200);
        case.world.mails();
        let taken = case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).expect(200);
        assert_eq!(
            (&taken["placement"]["virtual"], &taken["placement"]["starts"]),
            (&json!(true), &json!("10:00"))
        );
        let mails = case.world.mails();
        let letter = to(&mails, "ann@council.example");
        let visit = letter.visit.as_ref().expect("a visit");
        assert!(visit.is_virtual && visit.host_address.is_none());
        let event = letter.invitation.as_ref().expect("an entry");
        assert_eq!(event.location.as_deref(), Some("Online: virtual visit at Campus Library"));
        assert!(event.point.is_none() && event.description.contains("nobody travels"));
        let texts = library_swap::mail::texts(letter, &OwnTemplates::default()).expect("texts");
        assert!(texts.plain.contains("virtual visit"), "{}", texts.plain);
        // The own employer's HR reads that nobody travels.
        let hr = case.world.token("hr", Some(&case.world.council));
        let rows = hr.get(&case.world.of_round("/schedule")).expect(200);
        assert_eq!(rows["data"][0]["virtual"], true, "{rows}");
        let csv = hr.get(&case.world.of_round("/schedule.csv")).text();
        assert!(csv.ends_with(",yes,,CPD,add\r\n"), "{csv}");
    });
}

#[test]
fn offers_of_one_instant_keep_the_order_in_which_they_were_made() {
    for_each_service(|service| {
        // The manager's answer is missing to the end, so that the host can offer again and again.
        let case = proposed_for_one_day(service);
        let colleague = |name: &str| {
            let contact = json!({ "name": name, "email": format!("{name}@campus.example") });
            json!({ "kind": "colleague", "contact": contact })
        };
        let mut wanted = vec![json!({ "kind": "date", "date": DAYS[1] }), json!({ "kind": "virtual" })];
        wanted.extend(["lee", "kim", "ash", "sam"].map(colleague));
        for (version, more) in (0_i64..).step_by(2).zip(&wanted) {
            let mut body = offer(more.clone());
            body["version"] = json!(version);
            case.press(Party::Host, &body).expect(200);
            let take = json!({ "deed": "take", "version": version + 1 });
            let taken = case.press(Party::Participant, &take).expect(200);
            assert_eq!(taken["placement"]["state"], "proposed");
        }
        let found = case.alternatives();
        let told: Vec<String> = found["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["contact"]["name"].as_str().or(one["kind"].as_str()).expect("a name").to_owned())
            .collect();
        assert_eq!(told, ["date", "virtual", "lee", "kim", "ash", "sam"]);
        assert_eq!(case.view(Party::Host)["alternative"]["contact"]["name"], "sam");
    });
}

#[test]
fn nothing_else_is_offered_before_anybody_was_asked() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.close();
        let run = world.solved();
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        let listed = world.organiser.get(&world.of_round("/placements")).expect(200);
        let path =
            format!("/v1/placements/{}/alternatives", listed["data"][0]["id"].as_str().expect("an id"));
        let wanted = json!({ "version": 0, "kind": "virtual" });
        let early = world.organiser.post(&path, &wanted);
        assert_eq!((early.status, early.code().as_str()), (409, "too-early"), "{}", early.text());
        world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        world.organiser.post(&path, &wanted).expect(200);
    });
}

#[test]
fn a_manager_who_is_asked_anew_is_reminded_anew() {
    for_each_service(|service| {
        let case = proposed_for_one_day(service);
        // Asked anew for the other day, reminded of it; then once more, because the host offers the first day after all.
        case.press(Party::Host, &another_day()).expect(200);
        case.world.mails();
        case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).expect(200);
        case.world.mails();
        let due = |instant: &str| {
            service.set_clock(instant);
            act_on_due(&service.app, "test", &Stop::new()).expect("a step");
            let told = told(&case.world.mails());
            told.into_iter().filter(|mail| mail.ends_with("head@council.example")).collect::<Vec<_>>()
        };
        let reminder = ["answer_reminder head@council.example"];
        assert_eq!(due("2027-02-08T09:00:00Z"), reminder);
        let back = json!({ "deed": "offer", "version": 2, "kind": "date", "date": DAYS[0] });
        case.press(Party::Host, &back).expect(200);
        case.press(Party::Participant, &json!({ "deed": "take", "version": 3 })).expect(200);
        assert_eq!(told(&case.world.mails()).len(), 3);
        assert_eq!(due("2027-02-11T09:00:00Z"), reminder);
        let trace = case.world.organiser.get(&format!("/v1/placements/{}/trace", case.placement)).expect(200);
        let mails = trace["broken"].as_array().expect("a list").iter().filter(|one| one["link"] == "mails");
        assert_eq!(mails.count(), 0, "{}", trace["broken"]);
    });
}

#[test]
fn an_offer_lapses_with_the_placement_and_meanwhile_the_participant_is_reminded_and_the_host_is_not() {
    for_each_service(|service| {
        let case = proposed(service);
        case.press(Party::Host, &another_day()).expect(200);
        case.world.mails();
        let due = |instant: &str| {
            service.set_clock(instant);
            act_on_due(&service.app, "test", &Stop::new()).expect("a step");
            case.world.mails()
        };
        assert_eq!(told(&due("2027-02-10T12:00:00Z")), ["answer_reminder ann@council.example"]);
        let mails = due("2027-02-15T09:00:00Z");
        assert_eq!(told(&mails), ["cancelled ann@council.example", "cancelled desk@campus.example"]);
        let reason = to(&mails, "desk@campus.example").reason.as_ref();
        assert_eq!(reason, Some(&Told::OfferNotTaken));
        assert_eq!(case.placement()["state"], "expired");
        assert_eq!(case.alternatives()["data"][0]["state"], "lapsed");
        assert_eq!(
            case.press(Party::Participant, &json!({ "deed": "take", "version": 1 })).code(),
            "no-offer"
        );
    });
}

#[test]
fn an_offer_lapses_with_the_application_that_is_taken_back() {
    for_each_service(|service| {
        let case = proposed(service);
        case.press(Party::Host, &another_day()).expect(200);
        let placement = case.placement();
        let application = placement["application"].as_str().expect("an id");
        case.world.organiser.step(&format!("/v1/applications/{application}/withdraw")).expect(200);
        assert_eq!(case.placement()["state"], "cancelled");
        assert_eq!(case.alternatives()["data"][0]["state"], "lapsed");
        let take = json!({ "deed": "take", "version": 1 });
        assert_eq!(case.press(Party::Participant, &take).code(), "no-offer");
    });
}

#[test]
fn nothing_else_is_offered_after_the_answer_deadline() {
    for_each_service(|service| {
        let case = proposed(service);
        service.set_clock("2027-02-15T09:00:00Z");
        assert_eq!(case.view(Party::Host)["deeds"], json!(["accept", "decline", "write_pack"]));
        assert_eq!(case.press(Party::Host, &another_day()).code(), "too-late");
    });
}

#[test]
fn a_host_says_no_with_a_reason_in_every_state_that_stands() {
    for_each_service(|service| {
        let case = proposed(service);
        case.press(Party::Host, &another_day()).expect(200);
        let no = json!({ "deed": "decline", "version": 1, "reason": "All of us are ill." });
        assert_eq!(case.press(Party::Host, &no).expect(200)["placement"]["state"], "declined");
        assert_eq!(case.consent("host")["reason"], "All of us are ill.");
        assert_eq!(case.alternatives()["data"][0]["state"], "lapsed");
    });
    for_each_service(|service| {
        let case = proposed(service);
        for party in [Party::Host, Party::Participant] {
            case.press(party, &json!({ "deed": "accept", "version": 0 })).expect(200);
        }
        assert_eq!(
            case.view(Party::Host)["deeds"],
            json!(["read_needs", "write_pack", "decline"]),
            "no more offers"
        );
        assert_eq!(case.press(Party::Host, &another_day()).code(), "placement-state");
        let no = json!({ "deed": "decline", "version": 0, "reason": "A burst pipe." });
        assert_eq!(case.press(Party::Host, &no).expect(200)["placement"]["state"], "declined");
        assert_eq!(case.consent("host")["reason"], "A burst pipe.");
    });
}

#[test]
fn who_answers_for_a_host_is_told_to_organisers_and_the_participant_s_employer() {
    for role in ["organiser", "library_administrator"] {
        for_each_service(|service| {
            let case = proposed(service);
            let administrator = case.world.token("library_administrator", Some(&case.world.university));
            let client = if role == "organiser" { &case.world.organiser } else { &administrator };
            let path = format!("/v1/placements/{}", case.placement);
            let mut yes = json!({ "party": "host", "answer": "yes", "version": 1 });
            assert_eq!(client.post(&format!("{path}/answers"), &yes).code(), "stale-page");
            yes["version"] = json!(0);
            client.post(&format!("{path}/answers"), &yes).expect(200);
            let consent = case.consent("host");
            assert_eq!((&consent["answered_as"], &consent["channel"]), (&json!(role), &json!("api")));
            assert_eq!(consent["on_behalf_of"], "host_contact");
            let hr = case.world.token("hr", Some(&case.world.council));
            assert!(hr.get(&path).text().contains("on_behalf_of"));
            for other in [&administrator, &service.with(&case.participant)] {
                assert!(!other.get(&path).text().contains("on_behalf_of"));
            }
            // The same for what is offered instead, by telephone as it were.
            let mut wanted = another_day();
            wanted.as_object_mut().expect("an object").remove("deed");
            let offered = client.post(&format!("{path}/alternatives"), &wanted).expect(200);
            assert_eq!(offered["data"][0]["offered_as"], role);
            let audit = case.world.organiser.get("/v1/audit?limit=200").expect(200);
            let on_behalf = audit["data"].as_array().expect("a list").iter();
            let on_behalf = on_behalf.filter(|entry| entry["on_behalf_of"] == "host_contact").count();
            assert_eq!(on_behalf, 2);
        });
    }
}
