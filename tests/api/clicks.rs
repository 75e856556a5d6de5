//! Links against real mail: every deed fifty times at once, scanners that open everything, and links that came too late,
//! to the wrong place or from another time.

use std::collections::BTreeSet;

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::texts;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::alternatives::{another_day, offer, proposed, proposed_for_one_day, told};
use crate::support::{Client, Reply, Service, dump, for_each_service};
use crate::world::{DAYS, World, secret_of};

/// Sends the same POST fifty times at once; what all of them answered, and how many entries the audit has more.
fn fifty(world: &World<'_>, send: impl Fn(&Client) -> Reply + Sync) -> (Reply, usize) {
    let before = audit(world);
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..50)
            .map(|_| {
                let (client, send) = (world.service.anyone(), &send);
                scope.spawn(move || send(&client))
            })
            .collect();
        clicks.into_iter().map(|click| click.join().expect("clicked")).collect()
    });
    for reply in &replies {
        assert_eq!((reply.status, reply.text()), (200, replies[0].text()), "the same answer to all");
    }
    (replies[0].clone(), audit(world) - before)
}

fn audit(world: &World<'_>) -> usize {
    let mut entries = 0;
    let mut path = "/v1/audit?limit=200".to_owned();
    loop {
        let page = world.organiser.get(&path).expect(200);
        entries += page["data"].as_array().expect("a list").len();
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/audit?limit=200&cursor={cursor}"),
            None => return entries,
        }
    }
}

/// As [`fifty`], by the link and its JSON; gives what is true then, after a look at how many entries there are.
fn fifty_deeds(world: &World<'_>, secret: &str, body: &Value) -> Value {
    let path = format!("/v1/links/{secret}");
    let (reply, entries) = fifty(world, |client| client.post(&path, body));
    assert_eq!(entries, 1, "one entry for {body}");
    reply.json()
}

/// As [`fifty_deeds`], by the page's form.
fn fifty_forms(world: &World<'_>, secret: &str, form: &str) {
    let path = format!("/links/{secret}");
    let (_, entries) = fifty(world, |client| client.submit(&path, form));
    assert_eq!(entries, 1, "one entry for {form}");
}

#[test]
fn fifty_of_every_deed_before_the_match_are_one() {
    for_each_service(|service| {
        let world = World::new(service);
        for (who, deed) in [("ann", "release"), ("bea", "refuse"), ("cyd", "decide"), ("dan", "form")] {
            world.sign_up(who);
            let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
            if deed == "form" {
                fifty_forms(&world, &verify, "deed=verify");
            } else {
                fifty_deeds(&world, &verify, &json!({ "deed": "verify" }));
            }
            let mails = world.mails();
            assert_eq!(told(&mails), ["release_request head@council.example"]);
            let release = secret_of(&mails, NoticeKind::ReleaseRequest, Party::Manager);
            let path = format!("/v1/links/{release}");
            match deed {
                "release" => {
                    fifty_deeds(&world, &release, &json!({ "deed": "release" }));
                }
                "refuse" => {
                    fifty_deeds(&world, &release, &json!({ "deed": "refuse", "reason": "leave" }));
                }
                "decide" => {
                    let request = service.anyone().get(&path).expect(200)["requests"][0].clone();
                    let decision = json!({
                        "application": request["application"], "version": request["version"], "answer": "yes",
                    });
                    let done =
                        fifty_deeds(&world, &release, &json!({ "deed": "decide", "decisions": [decision] }));
                    assert_eq!(done["application"]["state"], "released");
                }
                _ => fifty_forms(&world, &release, &format!("deed=release&dates={}", DAYS[0])),
            }
            let expected: &[&str] = if deed == "refuse" { &["unplaced bea@council.example"] } else { &[] };
            assert_eq!(told(&world.mails()), expected, "one set of mails");
        }
    });
}

#[test]
fn fifty_of_every_answer_are_one() {
    for_each_service(|service| {
        let case = proposed_for_one_day(service);
        let world = &case.world;
        let secret = |party| case.path(party).rsplit('/').next().expect("a secret").to_owned();
        fifty_deeds(world, &secret(Party::Participant), &json!({ "deed": "accept", "version": 0 }));
        assert!(world.mails().is_empty());
        fifty_deeds(world, &secret(Party::Host), &another_day());
        assert_eq!(told(&world.mails()), ["alternative ann@council.example"]);
        fifty_deeds(world, &secret(Party::Participant), &json!({ "deed": "take", "version": 1 }));
        let mails = world.mails();
        assert_eq!(mails.len(), 3, "{:?}", told(&mails));
        let manager = secret_of(&mails, NoticeKind::Proposal, Party::Manager);
        let seen = fifty_deeds(world, &manager, &json!({ "deed": "accept", "version": 2 }));
        assert_eq!(seen["placement"]["state"], "confirmed");
        let mails = world.mails();
        assert_eq!(mails.len(), 3, "{:?}", told(&mails));
        fifty_forms(world, &secret(Party::Host), "deed=decline&version=2&reason=A+flood");
        let mails = world.mails();
        assert_eq!(mails.len(), 3);
        let own = secret_of(&mails, NoticeKind::Cancelled, Party::Participant);
        fifty_deeds(world, &own, &json!({ "deed": "withdraw" }));
        assert!(world.mails().is_empty(), "the day was off before");
    });
    for_each_service(|service| {
        let case = proposed(service);
        let world = &case.world;
        let secret = |party| case.path(party).rsplit('/').next().expect("a secret").to_owned();
        fifty_forms(world, &secret(Party::Host), "deed=offer&version=0&kind=virtual&starts=&ends=&words=");
        assert_eq!(world.mails().len(), 1);
        fifty_forms(world, &secret(Party::Participant), "deed=take&version=1");
        assert_eq!(world.mails().len(), 3, "it is certain: the participant, the host, and the manager");
    });
    for_each_service(|service| {
        let case = proposed(service);
        let world = &case.world;
        let host = case.path(Party::Host).rsplit('/').next().expect("a secret").to_owned();
        let participant = case.path(Party::Participant).rsplit('/').next().expect("a secret").to_owned();
        fifty_forms(world, &host, "deed=accept&version=0");
        let seen =
            fifty_deeds(world, &participant, &json!({ "deed": "decline", "version": 0, "reason": "Ill." }));
        assert_eq!(seen["placement"]["state"], "declined");
        assert_eq!(world.mails().len(), 2);
    });
}

/// Every URL of the service in a mail, in plain text and in HTML.
fn urls(service: &Service, letter: &Letter) -> BTreeSet<String> {
    let texts = texts(letter, &OwnTemplates::default()).expect("texts");
    let words = format!("{}\n{}", texts.plain, texts.html);
    let found = words.split(|c: char| c.is_whitespace() || "\"'<>()".contains(c));
    let own = found.filter(|word| word.starts_with(&service.url));
    own.map(|word| word.trim_end_matches(['.', ',']).to_owned()).collect()
}

/// Opens every URL several times by GET and HEAD, in an order without order, and looks whether anything has changed.
fn scan(service: &Service, urls: &BTreeSet<String>) {
    let before = dump(&service.app);
    let mut requests: Vec<(&str, &str)> = Vec::new();
    for url in urls {
        let path = url.strip_prefix(&service.url).expect("an own one");
        requests.extend(["GET", "HEAD", "GET", "HEAD"].map(|method| (method, path)));
    }
    let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
    for n in (1..requests.len()).rev() {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        requests.swap(n, usize::try_from(dice >> 33).expect("31 bits") % (n + 1));
    }
    let anyone = service.anyone();
    for (method, path) in requests {
        let twin = path.strip_prefix("/links/").map(|secret| format!("/v1/links/{secret}"));
        for path in std::iter::once(path.to_owned()).chain(twin) {
            let path = if path.is_empty() { "/" } else { &path };
            let status = anyone.send(method, path, &[], &[]).status;
            assert!(status < 400, "{method} {path}: {status}");
        }
    }
    assert_eq!(dump(&service.app), before, "looking changes nothing");
}

#[test]
fn a_scanner_that_opens_every_link_of_a_whole_life_changes_nothing() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let mut all = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        // What came, after the scanner has opened it and everything that came before.
        let mut mails = |world: &World<'_>| -> Vec<Letter> {
            let mails = world.mails();
            all.extend(mails.iter().flat_map(|letter| urls(service, letter)));
            kinds.extend(mails.iter().map(|letter| letter.kind));
            scan(service, &all);
            mails
        };
        let press = |secret: &str, body: Value| {
            service.anyone().post(&format!("/v1/links/{secret}"), &body).expect(200)
        };
        for who in ["ann", "bea", "cyd"] {
            world.sign_up(who);
        }
        for letter in mails(&world) {
            press(secret(&letter), json!({ "deed": "verify" }));
        }
        world.sign_up("ann");
        for letter in mails(&world).iter().filter(|letter| letter.kind == NoticeKind::ReleaseRequest) {
            let body = if letter.participant_name.as_deref() == Some("cyd Reader") {
                json!({ "deed": "refuse", "reason": "leave" })
            } else {
                json!({ "deed": "release" })
            };
            press(secret(letter), body);
        }
        mails(&world);
        world.close();
        let run = world.solved();
        world.publish(&run);
        let proposals = mails(&world);
        let hosts: Vec<&Letter> = proposals.iter().filter(|letter| letter.party == Party::Host).collect();
        assert_eq!(hosts.len(), 2);
        let wanted = json!({ "kind": "virtual", "words": "The lift is broken." });
        press(secret(hosts[0]), offer(wanted));
        let offered = mails(&world);
        assert_eq!(offered.len(), 1);
        press(secret(&offered[0]), json!({ "deed": "take", "version": 1 }));
        let confirmed = mails(&world);
        service.set_clock("2027-02-10T12:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        mails(&world);
        service.set_clock("2027-02-15T09:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        mails(&world);
        let own = secret_of(&confirmed, NoticeKind::Changed, Party::Participant);
        press(&own, json!({ "deed": "decline", "version": 2 }));
        let off = mails(&world);
        let own = secret_of(&off, NoticeKind::Cancelled, Party::Participant);
        press(&own, json!({ "deed": "withdraw" }));
        mails(&world);
        service.set_clock("2027-03-10T09:00:00Z");
        scan(service, &all);
        assert!(kinds.len() >= 8, "{kinds:?}");
    });
}

fn secret(letter: &Letter) -> &str {
    letter.link.as_ref().and_then(|link| link.rsplit('/').next()).expect("a link")
}

/// Presses a page's button that must not act; gives the page.
fn refused(service: &Service, secret: &str, form: &str, status: u16) -> String {
    let before = dump(&service.app);
    let page = service.anyone().submit(&format!("/links/{secret}"), form);
    assert_eq!(
        (page.status, page.header("content-type")),
        (status, Some("text/html; charset=utf-8")),
        "{form}"
    );
    assert_eq!(dump(&service.app), before, "nothing is written: {form}");
    page.text()
}

#[test]
fn a_page_that_was_opened_before_a_change_cannot_agree_to_what_it_did_not_show() {
    for_each_service(|service| {
        let case = proposed(service);
        let host = case.path(Party::Host).rsplit('/').next().expect("a secret").to_owned();
        let page = service.anyone().get(&format!("/links/{host}")).text();
        assert!(page.contains("name=\"version\" value=\"0\""), "{page}");
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        case.world.organiser.put(&format!("/v1/placements/{}/times", case.placement), &times).expect(200);
        for form in ["deed=accept&version=0", "deed=decline&version=0", "deed=offer&version=0&kind=virtual"] {
            let page = refused(service, &host, form, 409);
            assert!(page.contains("has changed since") && page.contains("10:00 to 15:00"), "{page}");
            assert!(page.contains("name=\"version\" value=\"1\""), "the way on: {page}");
        }
        let body = json!({ "deed": "accept", "version": 0 });
        assert_eq!(case.press(Party::Host, &body).code(), "stale-page");
        let unseen = json!({ "deed": "accept" });
        assert_eq!(case.press(Party::Host, &unseen).pointers(), ["/version"]);
        let page = refused(service, &host, "deed=accept", 422);
        assert!(page.contains("version"), "{page}");
        service.anyone().submit(&format!("/links/{host}"), "deed=accept&version=1");
        let seen = service.anyone().get(&case.path(Party::Host)).expect(200);
        assert_eq!(seen["placement"]["answer"], "yes");
    });
}

#[test]
fn a_link_of_another_party_or_placement_does_nothing_there() {
    for_each_service(|service| {
        let case = proposed(service);
        let secret = |party| case.path(party).rsplit('/').next().expect("a secret").to_owned();
        let before = dump(&service.app);
        let path = format!("/v1/placements/{}/answers", case.placement);
        let yes = json!({ "party": "host", "answer": "yes", "version": 0 });
        let participant = service.with(&secret(Party::Participant));
        assert_eq!(participant.post(&path, &yes).code(), "forbidden");
        let elsewhere = "/v1/placements/01900000-0000-7000-8000-000000000000";
        let host = service.with(&secret(Party::Host));
        assert_eq!(host.post(&format!("{elsewhere}/answers"), &yes).code(), "not-found");
        let wanted = json!({ "version": 0, "kind": "virtual" });
        assert_eq!(host.post(&format!("{elsewhere}/alternatives"), &wanted).code(), "not-found");
        assert_eq!(
            participant.post(&format!("/v1/placements/{}/alternatives", case.placement), &wanted).code(),
            "forbidden"
        );
        assert_eq!(case.press(Party::Host, &json!({ "deed": "take", "version": 0 })).pointers(), ["/deed"]);
        assert_eq!(case.press(Party::Host, &json!({ "deed": "release" })).pointers(), ["/deed"]);
        for version in [json!(1), json!(77)] {
            assert_eq!(
                case.press(Party::Host, &json!({ "deed": "accept", "version": version })).code(),
                "stale-page"
            );
        }
        for version in [json!(-1), json!("0"), json!(0.5), Value::Null] {
            let reply = case.press(Party::Host, &json!({ "deed": "accept", "version": version }));
            assert_eq!((reply.status, reply.pointers()), (422, vec!["/version".to_owned()]), "{version}");
        }
        assert_eq!(dump(&service.app), before);
    });
}

#[test]
fn what_comes_after_the_end_is_told_how_it_ended_and_writes_nothing() {
    let forms =
        ["deed=accept&version=0", "deed=decline&version=0&reason=x", "deed=offer&version=0&kind=virtual"];
    // Withdrawn by the participant.
    for_each_service(|service| {
        let case = proposed(service);
        let host = case.path(Party::Host).rsplit('/').next().expect("a secret").to_owned();
        let seen = case.world.organiser.get(&format!("/v1/placements/{}", case.placement)).expect(200);
        let application = seen["application"].as_str().expect("an id");
        case.world.organiser.step(&format!("/v1/applications/{application}/withdraw")).expect(200);
        case.world.mails();
        for form in forms {
            let page = refused(service, &host, form, 409);
            assert!(
                page.contains("This placement is cancelled") || page.contains("this placement is cancelled"),
                "{page}"
            );
            assert!(page.contains("The day has been called off") && !page.contains("<button"), "{page}");
        }
        assert_eq!(
            case.press(Party::Host, &json!({ "deed": "accept", "version": 0 })).code(),
            "placement-state"
        );
    });
    // Expired; then the clock goes back to before the deadline.
    for_each_service(|service| {
        let case = proposed(service);
        let host = case.path(Party::Host).rsplit('/').next().expect("a secret").to_owned();
        service.set_clock("2027-02-15T09:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        case.world.mails();
        for instant in ["2027-02-16T09:00:00Z", "2027-01-20T09:00:00Z"] {
            service.set_clock(instant);
            for form in forms {
                let page = refused(service, &host, form, 409);
                assert!(
                    page.contains("Not everybody answered in time") && !page.contains("<button"),
                    "{page}"
                );
            }
            let before = dump(&service.app);
            assert_eq!(
                act_on_due(&service.app, "test", &Stop::new()).expect("a step"),
                0,
                "nothing is due again"
            );
            assert_eq!(dump(&service.app), before);
        }
    });
    // Long after: the link itself has expired, while the placement stands.
    for_each_service(|service| {
        let case = proposed(service);
        let host = case.path(Party::Host).rsplit('/').next().expect("a secret").to_owned();
        service.set_clock("2027-05-20T09:00:00Z");
        for form in forms {
            let page = refused(service, &host, form, 409);
            assert!(page.contains("This link has expired") && !page.contains("<button"), "{page}");
        }
        assert_eq!(case.press(Party::Host, &json!({ "deed": "accept", "version": 0 })).code(), "link-spent");
        service.set_clock("2027-03-02T12:00:00Z");
        let page = refused(service, &host, "deed=accept&version=0", 409);
        assert!(page.contains("has passed"), "a date in the past: {page}");
        assert_eq!(case.press(Party::Host, &json!({ "deed": "accept", "version": 0 })).code(), "too-late");
    });
}

#[test]
fn a_used_or_overtaken_link_shows_what_is_true_and_where_to_go() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("ann");
        let first = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let mut form = world.form("ann");
        form["max_km"] = json!(31);
        service.set_clock("2027-01-04T11:00:00Z");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        let second = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        let page = refused(service, &first, "deed=verify", 409);
        assert!(page.contains("use the link of the newest mail") && !page.contains("<button"), "{page}");
        service.anyone().post(&format!("/v1/links/{second}"), &json!({ "deed": "verify" })).expect(200);
        let before = dump(&service.app);
        let again = service.anyone().submit(&format!("/links/{second}"), "deed=verify");
        assert_eq!(again.status, 200, "the same again answers the same");
        assert!(again.text().contains("Your line manager is asked now"), "{}", again.text());
        assert_eq!(dump(&service.app), before);
        let page = refused(service, &second, "deed=withdraw", 409);
        assert!(page.contains("this link was used"), "{page}");
        // The clock goes back to before the link was used: it stays used.
        service.set_clock("2027-01-04T10:00:00Z");
        refused(service, &second, "deed=withdraw", 409);
        assert_eq!(service.anyone().get(&format!("/v1/links/{second}")).expect(200)["deeds"], json!([]));
    });
}
