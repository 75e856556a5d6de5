//! Joining packs: written by the host, sent once to both sides, every change as a difference, asked for ten days before.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{Sender, render};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Client, Service, for_each_service, row_counts};
use crate::world::{DAYS, World, secret_of};

/// Ten days before the placement, in the morning of the round's zone.
const TEN_DAYS: &str = "2027-02-19T08:00:00Z";
const SEVEN_DAYS: &str = "2027-02-22T00:00:00Z";

struct Placed<'a> {
    world: World<'a>,
    placement: String,
    /// The page of the host's contact.
    host: String,
    /// The page of the participant.
    participant: String,
}

/// A placement that everybody has been asked about.
fn proposed(service: &Service) -> Placed<'_> {
    let world = World::new(service);
    world.welcome_everybody();
    let application = world.released("ann");
    let placement = world.propose(&application);
    let mails = world.mails();
    let host = secret_of(&mails, NoticeKind::Proposal, Party::Host);
    let participant = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
    Placed { world, placement, host, participant }
}

/// A placement that everybody has agreed to, its mails sent.
fn confirmed(service: &Service) -> Placed<'_> {
    let case = proposed(service);
    case.confirm();
    case.world.mails();
    case
}

impl Placed<'_> {
    fn url(&self) -> String {
        format!("/v1/placements/{}/joining-pack", self.placement)
    }

    fn confirm(&self) {
        for secret in [&self.participant, &self.host] {
            let url = format!("/v1/links/{secret}");
            self.world.service.anyone().post(&url, &json!({ "deed": "accept", "version": 0 })).expect(200);
        }
    }

    fn host_client(&self) -> Client {
        self.world.service.with(&self.host)
    }

    fn participant_client(&self) -> Client {
        self.world.service.with(&self.participant)
    }

    fn write(&self, revision: i64, fields: &Value) -> Value {
        let body = json!({ "revision": revision, "fields": fields });
        self.host_client().put(&self.url(), &body).expect(200)
    }

    /// What an instant brings; reminders of the day aside.
    fn steps(&self, instant: &str) -> Vec<String> {
        self.world.service.set_clock(instant);
        act_on_due(&self.world.service.app, "test", &Stop::new()).expect("a step");
        let mut told = told(&self.world.mails());
        told.retain(|mail| !mail.starts_with("reminder "));
        told
    }

    fn list(&self, client: &Client, query: &str) -> Vec<Value> {
        let found = client.get(&self.world.of_round(&format!("/joining-packs{query}"))).expect(200);
        found["data"].as_array().expect("a list").clone()
    }
}

/// All that a host writes; time, name of the contact and objectives are proposed.
fn whole() -> Value {
    json!({
        "arrival_place": "The staff door in the yard", "ask_for": "The enquiry desk",
        "contact_telephone": "01905 822866", "deputy_name": "Dai Deputy",
        "deputy_telephone": "+44 1905 822867", "bring": "A card with your photograph",
        "safety": "Meet at the bandstand", "lunch": "A canteen", "travel": "Bus 44; step-free from Sawmill Walk",
        "access_confirmed": true,
    })
}

/// The same with one field changed.
fn with(field: &str, value: Value) -> Value {
    let mut changed = whole();
    changed[field] = value;
    changed
}

/// "kind party" of each, sorted; each can be rendered.
fn told(letters: &[Letter]) -> Vec<String> {
    let sender = Sender { name: "Exchange".to_owned(), address: "exchange@exchange.example".to_owned() };
    for letter in letters {
        render(letter, &sender, &OwnTemplates::default()).expect("a mail");
    }
    let mut told: Vec<String> =
        letters.iter().map(|letter| format!("{} {}", letter.kind, letter.party)).collect();
    told.sort();
    told
}

#[test]
fn a_complete_pack_goes_to_both_sides_once_and_a_change_as_a_difference() {
    for_each_service(|service| {
        let case = confirmed(service);
        assert_eq!(case.participant_client().get(&case.url()).code(), "not-found", "nothing was sent yet");
        let draft = case.write(0, &json!({ "lunch": "A canteen" }));
        assert_eq!((&draft["version"], &draft["revision"]), (&json!(0), &json!(1)));
        assert_eq!(draft["fields"]["arrival_time"], "09:00", "as the visit begins");
        assert_eq!(draft["fields"]["contact_name"], "Front desk", "as the library names it");
        assert_eq!(draft["fields"]["objectives"], "How students are welcomed");
        assert!(draft["missing"].as_array().expect("a list").contains(&json!("access_confirmed")));
        assert!(case.world.mails().is_empty(), "half a pack goes to nobody");
        assert_eq!(case.participant_client().get(&case.url()).code(), "not-found");

        let first = case.write(1, &whole());
        assert_eq!((&first["version"], &first["missing"]), (&json!(1), &json!([])));
        assert_eq!(case.write(1, &whole()), first, "the same again writes nothing");
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["joining_pack host", "joining_pack participant"]);
        for letter in &mails {
            let pack = letter.pack.as_ref().expect("a pack");
            assert_eq!((pack.version, pack.pack.0.len()), (1, 13));
            assert!(letter.link.is_some() && letter.thread_root.is_some() && letter.invitation.is_none());
        }
        assert_eq!(case.participant_client().get(&case.url()).expect(200)["fields"], first["fields"]);

        let second = case.write(2, &with("lunch", json!("Bring your own")));
        assert_eq!(second["version"], 2);
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["pack_changed host", "pack_changed participant"]);
        for letter in &mails {
            let pack = letter.pack.as_ref().expect("a pack");
            let change = &pack.changes[0];
            assert_eq!((pack.version, pack.changes.len(), change.field.as_str()), (2, 1, "lunch"));
            assert_eq!(change.from.as_deref(), Some("A canteen"));
            assert_eq!(change.to.as_deref(), Some("Bring your own"));
        }
        for client in [case.participant_client(), case.host_client(), case.world.organiser.clone()] {
            assert_eq!(client.get(&case.url()).expect(200), second, "both sides have the same version");
        }
        let versions = case.host_client().get(&format!("{}/versions", case.url())).expect(200);
        let lunches: Vec<&Value> =
            versions["data"].as_array().expect("a list").iter().map(|one| &one["fields"]["lunch"]).collect();
        assert_eq!(lunches, ["A canteen", "Bring your own"]);
    });
}

#[test]
fn changes_that_have_not_left_become_one_mail_and_none_where_nothing_is_left_of_them() {
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &whole());
        case.write(1, &with("lunch", json!("Soup")));
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["joining_pack host", "joining_pack participant"], "nobody has had one yet");
        assert_eq!(mails[0].pack.as_ref().expect("a pack").version, 2);
        case.write(2, &with("lunch", json!("Stew")));
        case.write(3, &with("lunch", json!("Salad")));
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["pack_changed host", "pack_changed participant"]);
        let change = &mails[0].pack.as_ref().expect("a pack").changes[0];
        assert_eq!((change.from.as_deref(), change.to.as_deref()), (Some("Soup"), Some("Salad")));
        case.write(4, &with("lunch", json!("Cake")));
        case.write(5, &with("lunch", json!("Salad")));
        assert!(case.world.mails().is_empty(), "what both sides know is true again");
    });
}

#[test]
fn a_pack_that_was_prepared_before_goes_out_with_the_confirmation() {
    for_each_service(|service| {
        let case = proposed(service);
        assert_eq!(case.write(0, &whole())["version"], 1);
        assert!(case.world.mails().is_empty());
        assert_eq!(case.participant_client().get(&case.url()).code(), "not-found");
        let page = service.anyone().get(&format!("/v1/links/{}", case.participant)).expect(200);
        assert!(page.get("joining_pack").is_none(), "{page}");
        case.confirm();
        assert_eq!(
            told(&case.world.mails()),
            [
                "confirmed host",
                "confirmed manager",
                "confirmed participant",
                "joining_pack host",
                "joining_pack participant"
            ]
        );
    });
}

#[test]
fn the_time_of_arrival_follows_a_visit_that_is_moved_and_a_pack_is_void_when_it_is_off() {
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &with("arrival_time", json!("08:50")));
        case.world.mails();
        let times = json!({ "starts": "10:00", "ends": "16:00" });
        case.world.organiser.put(&format!("/v1/placements/{}/times", case.placement), &times).expect(200);
        let mails = case.world.mails();
        assert_eq!(
            told(&mails),
            [
                "changed host",
                "changed manager",
                "changed participant",
                "pack_changed host",
                "pack_changed participant"
            ]
        );
        let moved = case.participant_client().get(&case.url()).expect(200);
        assert_eq!((&moved["version"], &moved["fields"]["arrival_time"]), (&json!(2), &json!("09:50")));

        case.write(2, &with("lunch", json!("Soup")));
        let reason = json!({ "reason": "flood" });
        case.world.organiser.post(&format!("/v1/placements/{}/cancel", case.placement), &reason).expect(200);
        assert_eq!(
            told(&case.world.mails()),
            ["cancelled host", "cancelled manager", "cancelled participant"],
            "a change that has not left is dropped"
        );
        assert_eq!(case.participant_client().get(&case.url()).code(), "not-found");
        assert_eq!(case.host_client().get(&case.url()).expect(200)["version"], 3, "the host keeps the words");
        let before = row_counts(&service.app);
        let late = case.host_client().put(&case.url(), &json!({ "revision": 3, "fields": whole() }));
        assert_eq!((late.status, late.code().as_str()), (409, "placement-state"));
        assert_eq!(row_counts(&service.app), before);
    });
}

#[test]
fn a_host_writes_most_of_it_once_for_all_visitors() {
    for_each_service(|service| {
        let case = confirmed(service);
        let administrator = case.world.token("library_administrator", Some(&case.world.university));
        let url = format!("/v1/libraries/{}/joining-pack", case.world.host);
        assert_eq!(administrator.get(&url).expect(200)["fields"], json!({}));
        let body = json!({ "revision": 0, "fields": whole(), "for_later_visitors": true });
        case.host_client().put(&case.url(), &body).expect(200);
        let kept = administrator.get(&url).expect(200)["fields"].clone();
        assert_eq!(kept["lunch"], "A canteen");
        assert!(kept.get("access_confirmed").is_none() && kept.get("objectives").is_none(), "{kept}");
        let mut standing = kept.clone();
        standing["lunch"] = json!("None; there is a bakery");
        administrator.put(&url, &json!({ "fields": standing })).expect(200);
        assert_eq!(case.host_client().get(&case.url()).expect(200)["fields"]["lunch"], "A canteen");

        for (client, code) in [
            (case.world.token("library_administrator", Some(&case.world.council)), "not-found"),
            (case.host_client(), "not-found"),
            (case.participant_client(), "forbidden"),
        ] {
            assert_eq!(client.get(&url).code(), code);
            assert_eq!(client.put(&url, &json!({ "fields": {} })).code(), code);
        }
    });
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let mut standing = with("contact_name", json!("Harriet Host"));
        standing.as_object_mut().expect("an object").remove("access_confirmed");
        let url = format!("/v1/libraries/{}/joining-pack", world.host);
        world.organiser.put(&url, &json!({ "fields": standing })).expect(200);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let host = service.with(&secret_of(&world.mails(), NoticeKind::Proposal, Party::Host));
        let url = format!("/v1/placements/{placement}/joining-pack");
        let seen = host.get(&url).expect(200);
        assert_eq!(seen["missing"], json!(["access_confirmed"]), "the rest is there already");
        let body = json!({ "revision": 0, "fields": { "access_confirmed": true } });
        let whole = host.put(&url, &body).expect(200);
        assert_eq!(
            (&whole["version"], &whole["fields"]["contact_name"]),
            (&json!(1), &json!("Harriet Host"))
        );
    });
}

#[test]
fn what_is_missing_ten_days_before_is_asked_for_once_and_seven_days_before_on_the_organiser_s_list() {
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &json!({ "lunch": "A canteen" }));
        assert!(case.steps("2027-02-19T07:59:00Z").is_empty(), "not before the morning of the day");
        let states = |client: &Client| -> Vec<Value> {
            case.list(client, "").iter().map(|line| line["state"].clone()).collect()
        };
        service.set_clock("2027-02-18T12:00:00Z");
        assert_eq!(states(&case.world.organiser), ["waiting"]);
        service.set_clock(TEN_DAYS);
        let done: usize = std::thread::scope(|scope| {
            let step = || act_on_due(&service.app, "test", &Stop::new()).expect("a step");
            let workers: Vec<_> = (0..8).map(|_| scope.spawn(step)).collect();
            workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
        });
        assert_eq!(done, 1, "eight workers ask once");
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["pack_missing host"]);
        let missing = &mails[0].pack.as_ref().expect("a pack").missing;
        assert_eq!(missing.len(), 9, "{missing:?}");
        assert!(case.steps("2027-02-20T12:00:00Z").is_empty(), "nobody is asked twice");
        assert_eq!(states(&case.world.organiser), ["missing"]);
        assert_eq!(case.list(&case.world.organiser, "?state=missing").len(), 1);
        assert!(case.list(&case.world.organiser, "?state=late").is_empty());

        service.set_clock(SEVEN_DAYS);
        let late = case.list(&case.world.organiser, "?state=late");
        assert_eq!((&late[0]["placement"], &late[0]["date"]), (&json!(case.placement), &json!(DAYS[0])));
        assert_eq!(late[0]["missing"].as_array().expect("a list").len(), 9);
        assert!(case.list(&case.world.organiser, "?state=missing").is_empty());
        let own = case.world.token("library_administrator", Some(&case.world.university));
        assert_eq!(
            case.list(&own, "?state=late").len(),
            1,
            "the host's administrator has it on the list too"
        );
        let foreign = case.world.token("library_administrator", Some(&case.world.council));
        assert!(case.list(&foreign, "").is_empty(), "the home library's has not");

        case.write(1, &whole());
        assert_eq!(states(&case.world.organiser), ["complete"]);
        assert_eq!(told(&case.world.mails()), ["joining_pack host", "joining_pack participant"]);
    });
}

#[test]
fn after_days_of_downtime_the_host_is_asked_once_and_not_on_the_day_itself() {
    for_each_service(|service| {
        let case = confirmed(service);
        assert_eq!(case.steps("2027-02-26T03:00:00Z"), ["pack_missing host"]);
    });
    for_each_service(|service| {
        let case = confirmed(service);
        assert!(case.steps("2027-03-01T07:00:00Z").is_empty());
        case.write(0, &whole());
        service.set_clock("2027-03-02T00:00:00Z");
        let body = json!({ "revision": 1, "fields": with("lunch", json!("Soup")) });
        assert_eq!(case.host_client().put(&case.url(), &body).code(), "too-late");
    });
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &whole());
        case.world.mails();
        assert!(case.steps(TEN_DAYS).is_empty(), "nothing is missing");
    });
}

#[test]
fn nobody_reads_more_of_it_than_they_may() {
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &whole());
        let mails = case.world.mails();
        let host = case.host_client();
        for text in [
            host.get(&case.url()).text(),
            host.get(&format!("{}/versions", case.url())).text(),
            service.anyone().get(&format!("/links/{}", case.host)).text(),
            service.anyone().get(&format!("/v1/links/{}", case.host)).text(),
        ] {
            assert!(!text.contains("Hive Public Library") && !text.contains("\"step-free\""), "{text}");
        }
        for letter in &mails {
            let told = format!("{letter:?}");
            assert!(!told.contains("\"step-free\""), "access needs are in no mail: {told}");
            assert!(letter.party == Party::Participant || letter.home_library.is_none());
        }
        let council = case.world.token("library_administrator", Some(&case.world.council));
        assert_eq!(council.get(&case.url()).code(), "not-found", "the home library's side is not told");
        assert_eq!(case.world.token("hr", Some(&case.world.council)).get(&case.url()).code(), "forbidden");
        assert_eq!(service.anyone().get(&case.url()).code(), "unauthenticated");
        let versions = format!("{}/versions", case.url());
        assert_eq!(case.participant_client().get(&versions).code(), "forbidden");
        let body = json!({ "revision": 1, "fields": with("lunch", json!("Cake")) });
        assert_eq!(case.participant_client().put(&case.url(), &body).code(), "forbidden");
        assert_eq!(council.put(&case.url(), &body).code(), "not-found");
        let deed = json!({ "deed": "write_pack", "revision": 1, "fields": {} });
        let url = format!("/v1/links/{}", case.participant);
        assert_eq!(
            service.anyone().post(&url, &deed).code(),
            "forbidden",
            "not by the participant's page either"
        );
    });
}

#[test]
fn bad_packs_are_refused_by_their_pointers_and_nothing_is_written() {
    for_each_service(|service| {
        let case = confirmed(service);
        case.write(0, &whole());
        case.world.mails();
        let before = row_counts(&service.app);
        let cases: Vec<(&str, Value)> = vec![
            ("lunch", json!("x".repeat(900_000))),
            ("lunch", json!("x".repeat(2_001))),
            ("lunch", json!("a\u{0}b")),
            ("lunch", json!("")),
            ("lunch", json!(7)),
            ("lunch", Value::Null),
            ("arrival_time", json!("9:00")),
            ("arrival_time", json!("24:30")),
            ("contact_telephone", json!("ask at the desk")),
            ("contact_telephone", json!("12")),
            ("contact_name", json!("a\nb")),
            ("access_confirmed", json!("yes")),
            ("access_confirmed", json!(false)),
            ("needs", json!("step-free")),
            ("version", json!(2)),
        ];
        for (field, value) in cases {
            let body = json!({ "revision": 1, "fields": with(field, value.clone()) });
            let reply = case.host_client().put(&case.url(), &body);
            assert_eq!((reply.status, reply.code().as_str()), (422, "invalid-fields"), "{field}");
            assert_eq!(reply.pointers(), [format!("/fields/{field}")], "{field}");
            assert!(reply.body.len() < 2_000, "a long value is not sent back");
        }
        let all = json!({ "fields": { "lunch": 1, "bring": "", "nothing": 1 }, "x": 1 });
        let reply = case.host_client().put(&case.url(), &all);
        assert_eq!(
            reply.pointers(),
            ["/x", "/revision", "/fields/nothing", "/fields/bring", "/fields/lunch"]
        );
        let big = json!({ "revision": 1, "fields": with("lunch", json!("x".repeat(1024 * 1024))) });
        assert_eq!(case.host_client().put(&case.url(), &big).code(), "too-large");
        let stale = json!({ "revision": 0, "fields": with("lunch", json!("Cake")) });
        assert_eq!(case.host_client().put(&case.url(), &stale).code(), "stale-page");
        let early = json!({ "revision": 9, "fields": with("lunch", json!("Cake")) });
        assert_eq!(case.host_client().put(&case.url(), &early).code(), "stale-page");
        let nowhere =
            case.world.organiser.get("/v1/placements/01900000-0000-7000-8000-000000000000/joining-pack");
        assert_eq!(nowhere.code(), "not-found");
        let state = case.world.organiser.get(&case.world.of_round("/joining-packs?state=bad"));
        assert_eq!(state.pointers(), ["?state"]);
        assert_eq!(row_counts(&service.app), before);
        assert!(case.world.mails().is_empty());
    });
    for_each_service(|service| {
        let case = proposed(service);
        let url = format!("/v1/links/{}", case.participant);
        service.anyone().post(&url, &json!({ "deed": "decline", "version": 0 })).expect(200);
        let before = row_counts(&service.app);
        let body = json!({ "revision": 0, "fields": whole() });
        assert_eq!(case.host_client().put(&case.url(), &body).code(), "placement-state");
        assert_eq!(row_counts(&service.app), before, "a declined placement has no pack");
    });
}

#[test]
fn fifty_saves_at_once_are_one_version_and_one_set_of_mails() {
    for_each_service(|service| {
        let case = confirmed(service);
        let codes: Vec<String> = std::thread::scope(|scope| {
            let saves: Vec<_> = (0..50)
                .map(|n| {
                    let fields = with("lunch", json!(format!("Soup {}", n % 2)));
                    let (client, url) = (case.host_client(), case.url());
                    scope.spawn(move || {
                        let reply = client.put(&url, &json!({ "revision": 0, "fields": fields }));
                        if reply.status == 200 { "done".to_owned() } else { reply.code() }
                    })
                })
                .collect();
            saves.into_iter().map(|save| save.join().expect("saved")).collect()
        });
        assert!(codes.iter().all(|code| code == "done" || code == "stale-page"), "{codes:?}");
        assert_eq!(
            codes.iter().filter(|code| *code == "done").count(),
            25,
            "the same again is no other save"
        );
        assert_eq!(case.host_client().get(&case.url()).expect(200)["version"], 1);
        assert_eq!(told(&case.world.mails()), ["joining_pack host", "joining_pack participant"]);
    });
}

/// A form as a browser sends it.
fn form(fields: &Value, more: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let mut pairs: Vec<String> = Vec::new();
    for (name, value) in fields.as_object().expect("an object") {
        let value = if value == &json!(true) { "yes" } else { value.as_str().expect("a text") };
        pairs.push(format!("{name}={}", encode(value)));
    }
    pairs.extend(more.iter().map(|(name, value)| format!("{name}={}", encode(value))));
    pairs.join("&")
}

#[test]
fn the_host_s_page_has_a_labelled_form_that_keeps_what_was_typed_and_the_participant_s_shows_it() {
    for_each_service(|service| {
        let case = confirmed(service);
        let (page, anyone) = (format!("/links/{}", case.host), service.anyone());
        let html = anyone.get(&page).text();
        assert!(html.contains("Where to come in") && html.contains("value=\"09:00\""), "{html}");
        for field in whole().as_object().expect("an object").keys() {
            assert!(html.contains(&format!("<label for=\"pack-{field}\">")), "{field} has a label: {html}");
            assert!(html.contains(&format!("id=\"pack-{field}\" name=\"{field}\"")), "{field}: {html}");
        }
        assert!(!html.contains("<script"));

        let deed = [("revision", "0"), ("deed", "write_pack")];
        let wrong = with("contact_telephone", json!("ring <the> bell"));
        let refused = anyone.submit(&page, &form(&wrong, &deed));
        assert_eq!(refused.status, 422);
        let html = refused.text();
        assert!(html.contains("Their telephone: must be a telephone number"), "{html}");
        assert!(html.contains("value=\"ring &lt;the&gt; bell\""), "what was typed is kept: {html}");
        assert!(
            html.contains("The staff door in the yard") && html.contains("aria-invalid=\"true\""),
            "{html}"
        );
        assert!(html.contains("id=\"pack-contact_telephone-error\""), "{html}");
        assert_eq!(case.host_client().get(&case.url()).expect(200)["revision"], 0, "nothing is written");

        let mut half = whole();
        half["lunch"] = json!("");
        let kept = anyone.submit(&page, &form(&half, &deed));
        assert_eq!(kept.status, 200);
        assert!(kept.text().contains("<strong>Missing:</strong> lunch."), "{}", kept.text());
        let stale = anyone.submit(&page, &form(&with("lunch", json!("Soup")), &deed));
        assert_eq!(stale.status, 409);
        assert!(stale.text().contains("Soup") && stale.text().contains("value=\"1\""), "{}", stale.text());
        let done = anyone.submit(&page, &form(&whole(), &[("revision", "1"), ("deed", "write_pack")]));
        assert!(done.text().contains("this is recorded") && done.text().contains("This is version 1"));
        assert_eq!(told(&case.world.mails()), ["joining_pack host", "joining_pack participant"]);

        let html = anyone.get(&format!("/links/{}", case.participant)).text();
        assert!(html.contains("The staff door in the yard") && html.contains("01905 822866"), "{html}");
        assert!(!html.contains("pack-lunch"), "a participant reads it: {html}");
        let twin = anyone.get(&format!("/v1/links/{}", case.participant)).expect(200);
        assert_eq!(twin["joining_pack"]["version"], 1);
        let deed = json!({ "deed": "write_pack", "revision": 2, "fields": with("lunch", json!("Cake")) });
        let url = format!("/v1/links/{}", case.host);
        assert_eq!(anyone.post(&url, &deed).expect(200)["joining_pack"]["version"], 2);
        for (body, pointer) in [
            (json!({ "deed": "write_pack" }), "/revision"),
            (json!({ "deed": "decline", "version": 0, "fields": {} }), "/fields"),
        ] {
            assert_eq!(anyone.post(&url, &body).pointers()[0], pointer);
        }
    });
}
