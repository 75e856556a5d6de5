//! Subscribed calendars: invitation or feed and never both, nothing before it is told, nothing that a reader may not
//! know, no rendering where nothing has changed.

use library_swap::domain::letter::{EventStatus, Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::import::{Kind, Table};
use library_swap::services::imports::{ImportMode, Order, import};
use library_swap::services::notices::told_of;
use library_swap::store::{invitations, placements};
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Service, dump, for_each_service, row_counts};
use crate::world::{DAYS, World, secret_of};

/// What a program gets at the address of a feed.
fn read(service: &Service, url: &str) -> Reply {
    service.anyone().get(&path_of(url))
}

fn path_of(url: &str) -> String {
    let at = url.find("/calendars/").expect("the address of a calendar");
    url[at..].to_owned()
}

/// The calendar at an address, unfolded.
fn text(service: &Service, url: &str) -> String {
    let reply = read(service, url);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text().replace("\r\n ", "")
}

fn events(text: &str) -> usize {
    text.matches("BEGIN:VEVENT").count()
}

/// Does a deed about the calendar of a link; gives what is chosen then.
fn choose(client: &Client, secret: &str, deed: &str) -> Value {
    client.post(&format!("/v1/links/{secret}"), &json!({ "deed": deed })).expect(200)["calendar"].clone()
}

fn url_of(chosen: &Value) -> String {
    chosen["url"].as_str().expect("an address").to_owned()
}

/// Somebody has a proposal and chooses the feed: the mails of the proposal, the secret of theirs, the feed's address.
fn subscribed(service: &Service) -> (Vec<Letter>, String, String) {
    let world = World::new(service);
    let application = world.released("ann");
    world.propose(&application);
    let mails = world.mails();
    let secret = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
    let url = url_of(&choose(&service.anyone(), &secret, "subscribe"));
    (mails, secret, url)
}

fn to(mails: &[Letter], kind: NoticeKind, party: Party) -> &Letter {
    let mut found = mails.iter().filter(|letter| (letter.kind, letter.party) == (kind, party));
    let letter = found.next().expect("a mail");
    assert!(found.next().is_none(), "one mail");
    letter
}

fn accept(client: &Client, secret: &str) {
    client.post(&format!("/v1/links/{secret}"), &json!({ "deed": "accept", "version": 0 })).expect(200);
}

#[test]
fn a_participant_has_invitations_or_the_feed_and_never_both() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let proposal = to(&mails, NoticeKind::Proposal, Party::Participant);
        let invited = proposal.invitation.clone().expect("an invitation");
        let secret = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let host = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        let before = anyone.get(&format!("/v1/links/{secret}")).expect(200)["calendar"].clone();
        assert_eq!((&before["choice"], &before["url"]), (&json!("invitation"), &Value::Null));
        assert_eq!(before["deeds"], json!(["subscribe"]));

        let chosen = choose(&anyone, &secret, "subscribe");
        assert_eq!(chosen["choice"], "feed");
        let url = url_of(&chosen);
        assert!(url.ends_with(".ics") && chosen["webcal"].as_str().expect("webcal").starts_with("webcal://"));
        let mails = world.mails();
        assert_eq!(mails.len(), 1, "one mail takes the entry out");
        let out = to(&mails, NoticeKind::Calendar, Party::Participant).invitation.clone().expect("an entry");
        assert_eq!((out.status, &out.uid), (EventStatus::Cancelled, &invited.uid));
        assert!(out.sequence > invited.sequence);

        let calendar = text(service, &url);
        assert!(!calendar.contains("METHOD") && calendar.contains("X-WR-CALNAME:"), "{calendar}");
        assert!(calendar.contains("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n"));
        assert!(calendar.contains(&format!("UID:{}\r\nSEQUENCE:{}\r\n", invited.uid, out.sequence)));
        assert!(calendar.contains("STATUS:TENTATIVE") && calendar.contains("Campus Library"), "{calendar}");
        for hidden in ["ATTENDEE", "ORGANIZER", "VALARM", "step-free", "/links/", "ann@council.example"] {
            assert!(!calendar.contains(hidden), "{hidden}: {calendar}");
        }
        assert_eq!(read(service, &url).body, read(service, &url).body, "the same bytes");

        accept(&anyone, &secret);
        accept(&anyone, &host);
        let mails = world.mails();
        assert!(to(&mails, NoticeKind::Confirmed, Party::Participant).invitation.is_none(), "the feed tells");
        assert!(to(&mails, NoticeKind::Confirmed, Party::Host).invitation.is_some(), "the host has no feed");
        let calendar = text(service, &url);
        assert!(calendar.contains("STATUS:CONFIRMED") && calendar.contains("TRANSP:OPAQUE"), "{calendar}");

        let again = choose(&anyone, &secret, "unsubscribe");
        assert_eq!(again["choice"], "invitation");
        assert_eq!(read(service, &url).status, 404, "taken back");
        let mails = world.mails();
        assert_eq!(mails.len(), 1, "one mail brings the entry back");
        let back = to(&mails, NoticeKind::Calendar, Party::Participant).invitation.clone().expect("an entry");
        assert_eq!((back.status, &back.uid), (EventStatus::Confirmed, &invited.uid));
        assert!(back.sequence > out.sequence);
        choose(&anyone, &secret, "unsubscribe");
        assert!(world.mails().is_empty(), "said again, it changes nothing");
        let trace = world.organiser.get(&format!("/v1/placements/{placement}/trace")).expect(200);
        let broken = trace["broken"].as_array().expect("a list");
        let of_mails =
            |one: &&Value| ["mails", "calendar", "audit"].contains(&one["link"].as_str().unwrap_or("?"));
        assert_eq!(broken.iter().filter(of_mails).count(), 0, "{broken:?}");
    });
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    for_each_service(|service| {
        let anyone = service.anyone();
        let (mails, secret, url) = subscribed(service);
        let first = read(service, &url);
        assert_eq!(first.header("content-type"), Some("text/calendar; charset=utf-8"));
        assert_eq!(first.header("cache-control"), Some("private, max-age=900"));
        assert!(first.header("content-disposition").is_none());
        let etag = first.header("etag").expect("an ETag").to_owned();
        let ask = |tag: &str| anyone.send("GET", &path_of(&url), &[("if-none-match", tag)], &[]);
        for tag in [etag.as_str(), &format!("W/{etag}"), &format!("\"other\", {etag}"), "*"] {
            let same = ask(tag);
            assert_eq!((same.status, same.body.len()), (304, 0), "{tag}");
            assert_eq!(same.header("etag"), Some(etag.as_str()));
        }
        assert_eq!(ask("\"other\"").status, 200);
        assert_eq!(anyone.send("HEAD", &path_of(&url), &[], &[]).status, 200);
        // Time alone changes nothing; what is said of the day does.
        service.set_clock("2027-01-12T09:00:00Z");
        assert_eq!(ask(&etag).status, 304);
        accept(&anyone, &secret);
        accept(&anyone, &secret_of(&mails, NoticeKind::Proposal, Party::Host));
        let changed = ask(&etag);
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), Some(etag.as_str()));
        assert!(changed.text().contains("DTSTAMP:20270112T0900"), "{}", changed.text());
    });
}

#[test]
fn the_address_is_shown_once_and_stored_nowhere_and_its_use_once_a_day() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let application = world.released("ann");
        world.propose(&application);
        let secret = world.secret(NoticeKind::Proposal, Party::Participant);
        let page = anyone.submit(&format!("/links/{secret}"), "deed=subscribe");
        assert_eq!(page.status, 200);
        let html = page.text().replace("&#x2f;", "/");
        for told in ["/calendars/", "webcal://", "Thunderbird", "Outlook", "Google", "Apple", "new_address"] {
            assert!(html.contains(told), "{told}: {html}");
        }
        let at = html.find("/calendars/").expect("an address") + "/calendars/".len();
        let first = html[at..at + 64].to_owned();
        assert!(first.chars().all(|c| c.is_ascii_hexdigit()));
        assert!(!anyone.get(&format!("/links/{secret}")).text().contains("calendars"), "shown once");
        let stored = format!("{:?}", dump(&service.app));
        assert!(!stored.contains(&first), "only its hash is stored");

        let url = format!("/calendars/{first}.ics");
        let used = |client: &Client| {
            client.get(&format!("/v1/links/{secret}")).expect(200)["calendar"]["last_used_on"].clone()
        };
        assert_eq!(used(&anyone), Value::Null);
        text(service, &url);
        let on = used(&anyone);
        assert!(on.is_string());
        let once = dump(&service.app);
        text(service, &url);
        assert_eq!(dump(&service.app), once, "read again on the same day, nothing is written");

        let second = url_of(&choose(&anyone, &secret, "new_address"));
        assert_eq!(read(service, &url).status, 404);
        assert_eq!(events(&text(service, &second)), 1);
        assert_eq!(read(service, "/calendars/0000.ics").status, 404);
        assert_eq!(read(service, "/calendars/x%00.ics").status, 404);
    });
}

#[test]
fn fifty_clicks_at_once_make_one_feed() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.propose(&application);
        let secret = world.secret(NoticeKind::Proposal, Party::Participant);
        let url = format!("/v1/links/{secret}");
        std::thread::scope(|scope| {
            for _ in 0..50 {
                let (client, url) = (service.anyone(), &url);
                scope.spawn(move || client.post(url, &json!({ "deed": "subscribe" })).expect(200));
            }
        });
        let counts = row_counts(&service.app);
        assert!(counts.contains(&("feeds".to_owned(), 1)), "{counts:?}");
        assert_eq!(world.mails().len(), 1, "one mail takes the entry out");
    });
}

#[test]
fn a_host_reads_a_name_once_it_is_certain_and_a_day_that_is_off_for_thirty_days() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let host = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        let participant = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let url = url_of(&choose(&anyone, &host, "subscribe"));
        let library = {
            let administrator = world.token("library_administrator", Some(&world.university));
            let body = json!({ "kind": "library", "library": world.host });
            administrator.post("/v1/feeds", &body).expect(201)["url"].as_str().expect("an address").to_owned()
        };
        for url in [&url, &library] {
            let calendar = text(service, url);
            assert_eq!(events(&calendar), 1);
            assert!(calendar.contains("a colleague of another sector") && !calendar.contains("Reader"));
        }
        accept(&anyone, &participant);
        accept(&anyone, &host);
        for url in [&url, &library] {
            let calendar = text(service, url);
            assert!(calendar.contains("ann Reader") && !calendar.contains("Hive"), "{calendar}");
        }
        world
            .organiser
            .post(&format!("/v1/placements/{placement}/cancel"), &json!({ "reason": "A burst pipe" }))
            .expect(200);
        let calendar = text(service, &url);
        assert!(calendar.contains("STATUS:CANCELLED") && calendar.contains("TRANSP:TRANSPARENT"));
        assert!(!calendar.contains("ann Reader"), "{calendar}");
        let mails = world.mails();
        assert!(to(&mails, NoticeKind::Cancelled, Party::Host).invitation.is_none(), "the feed tells");
        service.set_clock("2027-02-02T09:00:00Z");
        assert_eq!(events(&text(service, &url)), 1);
        service.set_clock("2027-02-04T09:00:00Z");
        let later = text(service, &url);
        assert_eq!(events(&later), 0, "{later}");
    });
}

#[test]
fn nobody_can_tell_from_a_feed_before_the_mails_go() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.close();
        let run = world.solved();
        let hr = world.token("hr", Some(&world.council));
        let body = json!({ "kind": "employer", "employer": world.council });
        let url = url_of(&hr.post("/v1/feeds", &body).expect(201));
        let empty = read(service, &url);
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        let held = read(service, &url);
        assert_eq!((events(&held.text()), held.header("etag")), (0, empty.header("etag")));
        world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        assert_eq!(events(&text(service, &url)), 1);
    });
}

#[test]
fn a_manager_has_a_feed_of_their_staff_and_gets_no_mail_for_it() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        world.sign_up("ann");
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        let manager = world.secret(NoticeKind::ReleaseRequest, Party::Manager);
        let url = url_of(&choose(&anyone, &manager, "subscribe"));
        assert_eq!(events(&text(service, &url)), 0);
        anyone.post(&format!("/v1/links/{manager}"), &json!({ "deed": "release" })).expect(200);
        let list = world.organiser.get(&world.of_round("/applications")).expect(200);
        world.propose(list["data"][0]["id"].as_str().expect("an id"));
        world.mails();
        let calendar = text(service, &url);
        assert!(calendar.contains("ann Reader at Campus Library"), "{calendar}");
        assert!(calendar.contains("TRANSP:TRANSPARENT") && calendar.contains(&DAYS[0].replace('-', "")));
        choose(&anyone, &manager, "unsubscribe");
        assert!(world.mails().is_empty(), "managers get no invitations");
    });
}

#[test]
fn programs_make_see_renew_and_take_back_feeds_of_their_own_employer_only() {
    for_each_service(|service| {
        let world = World::new(service);
        let hr = world.token("hr", Some(&world.council));
        let other = world.token("hr", Some(&world.university));
        let own = json!({ "kind": "employer", "employer": world.council });
        let made = hr.post("/v1/feeds", &own).expect(201);
        let url = url_of(&made);
        let one = format!("/v1/feeds/{}", made["id"].as_str().expect("an id"));
        assert_eq!(events(&text(service, &url)), 0);
        assert_eq!(other.post("/v1/feeds", &own).status, 404, "foreign");
        assert_eq!(hr.post("/v1/feeds", &json!({ "kind": "library", "library": world.home })).status, 403);
        assert_eq!(other.delete(&one).status, 404);
        assert_eq!(other.step(&format!("{one}/rotate")).status, 404);
        assert_eq!(other.get("/v1/feeds").expect(200)["data"], json!([]));
        let listed = hr.get("/v1/feeds").expect(200);
        assert_eq!(listed["data"][0]["kind"], "employer");
        assert!(listed["data"][0]["last_used_on"].is_string() && listed["data"][0].get("url").is_none());
        assert_eq!(world.organiser.get("/v1/feeds").expect(200)["data"].as_array().expect("a list").len(), 1);

        let renewed = url_of(&hr.step(&format!("{one}/rotate")).expect(200));
        assert_eq!((read(service, &url).status, read(service, &renewed).status), (404, 200));
        assert_eq!(hr.delete(&one).status, 204);
        assert_eq!(hr.delete(&one).status, 204);
        assert_eq!(read(service, &renewed).status, 404);
        assert_eq!(hr.step(&format!("{one}/rotate")).status, 404);

        for (body, pointer) in [
            (json!({}), "/kind"),
            (json!({ "kind": "person" }), "/kind"),
            (json!({ "kind": "employer" }), "/employer"),
            (json!({ "kind": "library", "employer": world.council }), "/library"),
            (json!({ "kind": "employer", "employer": "x" }), "/employer"),
            (json!({ "kind": "employer", "employer": world.council, "name": "x" }), "/name"),
        ] {
            let refused = hr.post("/v1/feeds", &body);
            assert_eq!(refused.status, 422, "{body}");
            assert!(refused.pointers().contains(&pointer.to_owned()), "{body}: {}", refused.text());
        }
    });
}

/// vdirsyncer, which brings calendars from servers into folders, reads a feed of the running service.
#[test]
fn vdirsyncer_brings_every_day_of_a_feed_once() {
    for_each_service(|service| {
        let anyone = service.anyone();
        let (mails, secret, url) = subscribed(service);
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let configuration = format!(
            "[general]\nstatus_path = \"{}\"\n[pair days]\na = \"feed\"\nb = \"folder\"\ncollections = null\n\
             conflict_resolution = \"a wins\"\n[storage feed]\ntype = \"http\"\nurl = \"{url}\"\n\
             [storage folder]\ntype = \"filesystem\"\npath = \"{}\"\nfileext = \".ics\"\n",
            at("status").display(),
            at("days").display()
        );
        std::fs::create_dir(at("days")).expect("a folder");
        std::fs::write(at("vdirsyncer.conf"), configuration).expect("written");
        let sync = || {
            for deed in ["discover", "sync"] {
                let mut command = std::process::Command::new("python3");
                command.args(["-m", "vdirsyncer", "-c"]).arg(at("vdirsyncer.conf")).args([deed, "days"]);
                match command.output() {
                    Ok(output) if output.status.success() => {}
                    Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("No module named") => {
                        panic!("vdirsyncer {deed}: {output:?}")
                    }
                    missing => {
                        let required = std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_some();
                        assert!(!required, "no vdirsyncer: {missing:?}");
                        return None;
                    }
                }
            }
            let files = std::fs::read_dir(at("days")).expect("a folder");
            let text = |file: std::io::Result<std::fs::DirEntry>| {
                std::fs::read_to_string(file.expect("a file").path()).expect("a text")
            };
            Some(files.map(text).collect::<Vec<_>>())
        };
        let Some(first) = sync() else {
            return skip!("vdirsyncer as a judge: it is not installed");
        };
        assert!(first.len() == 1 && first[0].contains("STATUS:TENTATIVE"), "{first:?}");
        accept(&anyone, &secret);
        accept(&anyone, &secret_of(&mails, NoticeKind::Proposal, Party::Host));
        let second = sync().expect("there");
        assert!(second.len() == 1 && second[0].contains("STATUS:CONFIRMED"), "{second:?}");
    });
}

#[test]
fn a_deputy_and_a_colleague_choose_for_themselves_and_a_former_contact_no_more() {
    for_each_service(|service| {
        let world = World::new(service);
        let welcome = json!({
            "contact": { "name": "Front desk", "email": "desk@campus.example" }, "access": ["step-free"],
            "deputy": { "email": "deputy@campus.example" },
        });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        let anyone = service.anyone();
        let application = world.released("ann");
        service.set_clock("2027-01-28T10:00:00Z");
        world.propose(&application);
        let mails = world.mails();
        let desk = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        let ann = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        service.set_clock("2027-02-10T08:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("a step");
        let deputy = secret_of(&world.mails(), NoticeKind::DeputyRequest, Party::Host);
        let seen = |secret: &str| anyone.get(&format!("/v1/links/{secret}")).expect(200)["calendar"].clone();

        let stands_in = url_of(&choose(&anyone, &deputy, "subscribe"));
        let calendar = text(service, &stands_in);
        assert_eq!(events(&calendar), 1);
        assert!(calendar.contains("TRANSP:TRANSPARENT") && calendar.contains("Campus Library"), "{calendar}");
        assert!(world.mails().is_empty(), "nobody has invited the deputy, so there is nothing to take out");
        assert_eq!(seen(&desk)["choice"], "invitation", "the contact's choice is their own");

        let offer = json!({
            "deed": "offer", "version": 0, "kind": "colleague",
            "contact": { "name": "Lee Librarian", "email": "lee@campus.example" },
        });
        anyone.post(&format!("/v1/links/{desk}"), &offer).expect(200);
        anyone.post(&format!("/v1/links/{ann}"), &json!({ "deed": "take", "version": 1 })).expect(200);
        let mails = world.mails();
        let lee = secret_of(&mails, NoticeKind::Changed, Party::Host);
        let invited = to(&mails, NoticeKind::Changed, Party::Host).invitation.clone().expect("an entry");
        assert_eq!(seen(&desk), Value::Null, "who handed the visitor over has no such day");
        assert_eq!(events(&text(service, &stands_in)), 0, "the deputy stands in for the contact alone");

        let url = url_of(&choose(&anyone, &lee, "subscribe"));
        let calendar = text(service, &url);
        assert_eq!(events(&calendar), 1);
        assert!(calendar.contains(&format!("UID:{}", invited.uid)) && calendar.contains("TRANSP:OPAQUE"));
        let mails = world.mails();
        let out = to(&mails, NoticeKind::Calendar, Party::Host);
        assert_eq!(out.to_address, "lee@campus.example");
        assert_eq!(out.invitation.as_ref().expect("an entry").status, EventStatus::Cancelled);
        choose(&anyone, &lee, "unsubscribe");
        let mails = world.mails();
        let back = to(&mails, NoticeKind::Calendar, Party::Host).invitation.clone().expect("an entry");
        assert_eq!((back.status, back.uid), (EventStatus::Confirmed, invited.uid));
    });
}

#[test]
fn entries_follow_the_librarys_name_its_zone_and_whoever_receives_visitors() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let first = |party| to(&mails, NoticeKind::Proposal, party).invitation.clone().expect("an entry");
        let (ann, desk) = (first(Party::Participant), first(Party::Host));
        let organiser = Actor::named("token:o", Role::Organiser);
        let list = |zone: &str| {
            service.set_clock(if zone == "Europe/London" {
                "2027-01-05T09:00:00Z"
            } else {
                "2027-01-06T09:00:00Z"
            });
            let list = format!(
                "id,name,sector,operator,time_zone\ncampus,Learning Centre,academic,University of Worcester,{zone}\n"
            );
            let table = Table::read(list.into_bytes()).expect("a table");
            let order = Order::new(Kind::Libraries, &table, ImportMode::Apply);
            import(&service.app, &organiser, &order).expect("an outcome");
            let mails = world.mails();
            [Party::Participant, Party::Host]
                .map(|party| to(&mails, NoticeKind::Calendar, party).invitation.clone().expect("an entry"))
        };
        // Other words: the same SEQUENCE under a later DTSTAMP.
        let renamed = list("Europe/London");
        for (before, after) in [&ann, &desk].into_iter().zip(&renamed) {
            assert_eq!((&after.uid, after.sequence, after.status), (&before.uid, 0, EventStatus::Tentative));
            assert!(after.dtstamp > before.dtstamp);
            let place = after.location.as_deref().expect("a place");
            assert!(place.starts_with("Learning Centre"), "{place}");
        }
        // Another zone: the local times stay, and the day has moved.
        let moved = list("Europe/Dublin");
        for (before, after) in renamed.iter().zip(&moved) {
            assert_eq!((&after.uid, after.sequence), (&before.uid, 1));
            assert_eq!((after.date, after.starts, after.ends), (before.date, before.starts, before.ends));
            assert_eq!(after.time_zone, chrono_tz::Europe::Dublin);
        }
        // Somebody else receives: what the former contact has leaves, the new one is asked.
        let welcome = json!({ "contact": { "email": "newdesk@campus.example" }, "access": ["step-free"] });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        let mails = world.mails();
        assert_eq!(mails.len(), 2, "nobody else is told");
        let (off, on) = (
            to(&mails, NoticeKind::HandedOver, Party::Host).clone(),
            to(&mails, NoticeKind::Proposal, Party::Host).clone(),
        );
        assert_eq!(off.to_address, "desk@campus.example");
        assert_eq!(on.to_address, "newdesk@campus.example");
        let (off, on) = (off.invitation.expect("an entry"), on.invitation.expect("an entry"));
        assert_eq!((&off.uid, off.sequence, off.status), (&desk.uid, 2, EventStatus::Cancelled));
        assert_eq!((on.sequence, on.status), (0, EventStatus::Tentative));
        assert_ne!(on.uid, off.uid);
        let trace = world.organiser.get(&format!("/v1/placements/{placement}/trace")).expect(200);
        let broken = trace["broken"].as_array().expect("a list");
        let of_mails =
            |one: &&Value| ["mails", "calendar", "audit"].contains(&one["link"].as_str().unwrap_or("?"));
        assert_eq!(broken.iter().filter(of_mails).count(), 0, "{broken:?}");
    });
}

#[test]
fn what_waits_follows_its_library_too() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let organiser = Actor::named("token:o", Role::Organiser);
        let list = "id,name,sector,operator,time_zone\n\
                    campus,Learning Centre,academic,University of Worcester,Europe/Dublin\n";
        let table = Table::read(list.as_bytes().to_vec()).expect("a table");
        import(&service.app, &organiser, &Order::new(Kind::Libraries, &table, ImportMode::Apply))
            .expect("an outcome");
        let welcome = json!({ "contact": { "email": "newdesk@campus.example" }, "access": ["step-free"] });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        let mails = world.mails();
        assert_eq!(mails.len(), 2, "who has heard of nothing gets the one proposal");
        let of_host = to(&mails, NoticeKind::Proposal, Party::Host);
        assert_eq!(of_host.to_address, "newdesk@campus.example");
        let entry = of_host.invitation.as_ref().expect("an entry");
        assert_eq!((entry.sequence, entry.time_zone), (0, chrono_tz::Europe::Dublin));
        // An answer to that counts: it is what the present SEQUENCE has told.
        let id = placement.parse().expect("an id");
        for party in [Party::Participant, Party::Host] {
            let told = service.app.store.read(|db| {
                let placement = placements::find(db, id)?.expect("a placement");
                invitations::find_told(db, id, party, &told_of(&placement))
            });
            assert_eq!(told.expect("read"), Some(0..=0), "{party}");
        }
    });
}
