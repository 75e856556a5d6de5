//! Whoever is written to reads it in their language: mails, calendar entries, feeds, and the reasons that services give.

use library_swap::domain::language::Language;
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::domain::told::Told;
use library_swap::mail::texts;
use serde_json::{Value, json};

use crate::support::for_each_service;
use crate::world::{World, secret_of};

fn to(letters: &[Letter], kind: NoticeKind, party: Party) -> &Letter {
    letters.iter().find(|letter| (letter.kind, letter.party) == (kind, party)).expect("a mail")
}

fn subject(letter: &Letter) -> String {
    texts(letter, &OwnTemplates::default()).expect("texts").subject
}

fn plain(letter: &Letter) -> String {
    texts(letter, &OwnTemplates::default()).expect("texts").plain
}

#[test]
fn each_party_reads_mails_entries_and_feeds_in_its_own_language() {
    for_each_service(|service| {
        let world = World::new(service);
        let organiser = &world.organiser;
        let welcome = json!({
            "contact": { "name": "Y ddesg", "email": "desk@campus.example", "language": "cy" },
            "deputy": { "name": "Dee", "email": "dee@campus.example", "language": "en" },
        });
        let shown = organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        assert_eq!(shown["welcome"]["contact"]["language"], "cy");
        let directory =
            json!({ "domains": ["council.example"], "managers": ["head@council.example"], "language": "cy" });
        let shown =
            organiser.put(&format!("/v1/employers/{}/directory", world.council), &directory).expect(200);
        assert_eq!(shown["language"], "cy");

        let mut form = world.form("ann");
        form["language"] = json!("cy");
        world.service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        let mails = world.mails();
        let verify = to(&mails, NoticeKind::VerifyAddress, Party::Participant);
        assert_eq!(subject(verify), "Cadarnhewch: eich cyfeiriad ar gyfer Spring 2027");
        let secret = secret_of(&mails, NoticeKind::VerifyAddress, Party::Participant);
        let anyone = service.anyone();
        anyone.post(&format!("/v1/links/{secret}"), &json!({ "deed": "verify" })).expect(200);
        let mails = world.mails();
        let release = to(&mails, NoticeKind::ReleaseRequest, Party::Manager);
        assert!(
            subject(release).starts_with("Cais am ryddhau: ann Reader, un o 2 ddyddiad"),
            "{}",
            subject(release)
        );
        let secret = secret_of(&mails, NoticeKind::ReleaseRequest, Party::Manager);
        anyone.post(&format!("/v1/links/{secret}"), &json!({ "deed": "release" })).expect(200);
        let list = organiser.get(&world.of_round("/applications")).expect(200);
        assert_eq!(list["data"][0]["language"], "cy");
        let application = list["data"][0]["id"].as_str().expect("an id").to_owned();

        let placement = world.propose(&application);
        let mails = world.mails();
        for party in [Party::Participant, Party::Host] {
            let letter = to(&mails, NoticeKind::Proposal, party);
            assert!(
                subject(letter).ends_with("yn Campus Library, dydd Llun 1 Mawrth 2027"),
                "{}",
                subject(letter)
            );
            let event = letter.invitation.as_ref().expect("an invitation");
            assert!(event.summary.starts_with("Cyfnewid llyfrgelloedd: "), "{}", event.summary);
        }
        let own = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let chosen = anyone.post(&format!("/v1/links/{own}"), &json!({ "deed": "subscribe" })).expect(200);
        let url = chosen["calendar"]["url"].as_str().expect("an address").to_owned();
        let feed = |url: &str| {
            anyone.get(&url[url.find("/calendars/").expect("a path")..]).text().replace("\r\n ", "")
        };
        let calendar = feed(&url);
        assert!(
            calendar.contains(": fy niwrnodau\r\n")
                && calendar.contains("SUMMARY:Cyfnewid llyfrgelloedd: Campus"),
            "{calendar}"
        );

        // Another language, another feed: no program keeps the old one.
        let in_english = json!({ "contact": { "name": "Desk", "email": "desk@campus.example" } });
        organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &in_english).expect(200);
        let host = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        let no = json!({ "deed": "decline", "version": 0, "reason": "Mae eira." });
        anyone.post(&format!("/v1/links/{host}"), &no).expect(200);
        let mails = world.mails();
        let off = to(&mails, NoticeKind::Cancelled, Party::Participant);
        assert_eq!((off.language, off.reason.as_ref()), (Language::Welsh, Some(&Told::HostRefused)));
        assert!(
            plain(off)
                .contains("Rheswm: Ni all y llyfrgell sy'n croesawu dderbyn ymwelydd ar y diwrnod hwn.")
        );
        let off = to(&mails, NoticeKind::Cancelled, Party::Host);
        assert_eq!((off.language, off.reason.as_ref()), (Language::English, Some(&Told::YouSaidNo)));
        assert!(plain(off).contains("Reason: You have said that it cannot be."));
        assert!(!placement.is_empty());
    });
}

#[test]
fn a_language_that_is_not_there_is_refused_with_those_that_are() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut form = world.form("ann");
        form["language"] = json!("fr");
        let refused = service.anyone().post(&world.of_round("/applications"), &form);
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/language".to_owned()]));
        assert!(refused.text().contains("must be one of en, cy"), "{}", refused.text());
        let welcome = json!({ "contact": { "email": "desk@campus.example", "language": "Welsh" } });
        let refused = world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome);
        assert_eq!(refused.pointers(), ["/contact/language"]);
        let refused = world
            .organiser
            .put(&format!("/v1/employers/{}/directory", world.council), &json!({ "language": 1 }));
        assert_eq!(refused.pointers(), ["/language"]);
        let shown = world.organiser.get(&format!("/v1/employers/{}", world.council)).expect(200);
        assert_eq!(shown["language"], Value::Null);
    });
}
