//! Whole exchanges on both databases: from sign-up to calling off, with the real solver, checker and worker; mails are
//! kept in memory.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::collections::{BTreeMap, BTreeSet};

use library_swap::mail::{Memory, Sent, Tls, Transport, TransportKind, TransportSettings};
use library_swap::worker::runs::{Solved, solve_next};
use library_swap::worker::{Stop, outbox};
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};
use support::{Client, Service, for_each_service};

/// Four libraries of four employers and sectors; one member of staff of each.
const LIBRARIES: [(&str, &str); 4] =
    [("town", "public"), ("campus", "academic"), ("grammar", "school"), ("hospital", "specialist")];
const DAY: &str = "2027-03-01";

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

struct World<'a> {
    service: &'a Service,
    organiser: Client,
    employers: BTreeMap<&'static str, String>,
    libraries: BTreeMap<&'static str, String>,
    round: String,
    memory: Memory,
}

/// A mail as its recipient reads it.
#[derive(Debug, Clone)]
struct Mail {
    to: String,
    kind: String,
    message_id: String,
    thread: Option<String>,
    text: String,
    secret: Option<String>,
    calendar: Option<String>,
}

impl Mail {
    fn read(sent: &Sent) -> Self {
        let message = MessageParser::default().parse(&sent.message).expect("a mail");
        let text = message.body_text(0).expect("a text").into_owned();
        let calendar = message
            .parts
            .iter()
            .find(|part| part.content_type().is_some_and(|kind| kind.subtype() == Some("calendar")))
            .and_then(|part| part.text_contents())
            .map(str::to_owned);
        let secret = text
            .split_once("/links/")
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_hexdigit).collect());
        Self {
            to: sent.to.clone(),
            kind: sent.kind.clone(),
            message_id: sent.message_id.clone(),
            thread: message.in_reply_to().as_text().map(|id| format!("<{id}>")),
            text,
            secret,
            calendar,
        }
    }

    /// A property of the invitation, unfolded.
    fn property(&self, name: &str) -> Option<String> {
        let calendar = self.calendar.as_ref()?.replace("\r\n ", "");
        // The zone has times of its own; METHOD stands before both.
        let event = calendar.split_once("BEGIN:VEVENT").map_or("", |(_, event)| event);
        let mut lines = event.lines().chain(calendar.lines());
        let line = lines.find(|line| line.starts_with(name))?.to_owned();
        Some(line[name.len() + 1..].to_owned())
    }
}

impl<'a> World<'a> {
    /// An open round with balance 0, to which every library offers a place.
    fn new(service: &'a Service) -> Self {
        let organiser = service.organiser();
        let (mut employers, mut libraries) = (BTreeMap::new(), BTreeMap::new());
        for (name, sector) in LIBRARIES {
            let body = json!({ "name": format!("{name} trust"), "domains": [format!("{name}.example")] });
            let employer = id_of(&organiser.post("/v1/employers", &body).expect(201));
            let body = json!({
                "reference": name, "name": format!("The {name} library"), "sectors": [sector],
                "employers": [employer], "point": { "latitude": 52.19, "longitude": -2.22 },
                "time_zone": "Europe/London",
                "welcome": { "contact": { "name": "Desk", "email": format!("desk@{name}.example") } },
            });
            libraries.insert(name, id_of(&organiser.post("/v1/libraries", &body).expect(201)));
            employers.insert(name, employer);
        }
        let mut world = Self {
            service,
            organiser,
            employers,
            libraries,
            round: String::new(),
            memory: Memory::default(),
        };
        world.open_round();
        world
    }

    /// The same libraries, for another round.
    fn again(world: &Self) -> Self {
        Self {
            service: world.service,
            organiser: world.organiser.clone(),
            employers: world.employers.clone(),
            libraries: world.libraries.clone(),
            round: String::new(),
            memory: Memory::default(),
        }
    }

    fn open_round(&mut self) {
        let body = json!({
            "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31",
            "answer_until": "2027-02-14", "dates": [DAY], "rules": { "balance": 0 },
        });
        self.round = id_of(&self.organiser.post("/v1/rounds", &body).expect(201));
        self.organiser.step(&self.of_round("/open")).expect(200);
        let offer =
            json!({ "hosting": { DAY: 1 }, "release": { DAY: 1 }, "hours": { DAY: ["10:00", "16:00"] } });
        for library in self.libraries.values() {
            self.organiser.put(&self.of_round(&format!("/libraries/{library}")), &offer).expect(200);
        }
    }

    fn of_round(&self, rest: &str) -> String {
        format!("/v1/rounds/{}{rest}", self.round)
    }

    fn sign_up(&self, name: &str) {
        let form = json!({
            "name": format!("Ann {name}"), "email": format!("ann@{name}.example"), "home_library": name,
            "dates": [DAY], "max_km": 30, "manager_email": format!("boss@{name}.example"),
            "objectives": "How you welcome people",
        });
        self.service.anyone().post(&self.of_round("/applications"), &form).expect(202);
    }

    /// Runs the worker's step until nothing is due; gives the mails that went out.
    fn deliver(&self) -> Vec<Mail> {
        let before = self.memory.sent().len();
        self.deliver_by(&Transport::Memory(self.memory.clone()));
        self.memory.sent()[before..].iter().map(Mail::read).collect()
    }

    fn deliver_by(&self, transport: &Transport) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let stop = Stop::new();
        runtime.block_on(async {
            while outbox::send_due(&self.service.app, transport, "test", &stop).await.expect("sent")
                != outbox::Sent::Nothing
            {}
        });
    }

    fn press(&self, mail: &Mail, deed: &str) {
        let secret = mail.secret.as_ref().expect("a link");
        let mut body = json!({ "deed": deed });
        if matches!(deed, "accept" | "decline") {
            body["version"] = json!(0);
        }
        if deed == "decline" {
            body["reason"] = json!("An inspection.");
        }
        self.service.anyone().post(&format!("/v1/links/{secret}"), &body).expect(200);
    }

    /// Everybody signs up, is released; the round is closed and solved. Gives the run.
    fn matched(&self) -> String {
        for (name, _) in LIBRARIES {
            self.sign_up(name);
        }
        for mail in self.deliver() {
            self.press(&mail, "verify");
        }
        for mail in self.deliver() {
            self.press(&mail, "release");
        }
        self.organiser.post(&self.of_round("/close"), &json!({ "early_reason": "all are here" })).expect(200);
        self.solve()
    }

    fn solve(&self) -> String {
        let run = id_of(&self.organiser.step(&self.of_round("/runs")).expect(202));
        assert_eq!(solve_next(&self.service.app, "test", &Stop::new()).expect("solved"), Solved::One);
        let found = self.organiser.get(&format!("/v1/runs/{run}")).expect(200);
        assert_eq!(found["state"], "finished", "{found}");
        run
    }

    /// As [`World::matched`], and published; gives the mails of the publication.
    fn published(&self) -> Vec<Mail> {
        let run = self.matched();
        self.publish(&run);
        self.deliver()
    }

    /// Publishes a run and lets its mails go.
    fn publish(&self, run: &str) {
        self.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        self.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
    }

    fn placements(&self) -> Vec<Value> {
        let list = self.organiser.get(&self.of_round("/placements?limit=200")).expect(200);
        let listed = list["data"].as_array().expect("a list");
        listed
            .iter()
            .map(|one| self.organiser.get(&format!("/v1/placements/{}", id_of(one))).expect(200))
            .collect()
    }
}

fn kinds(mails: &[Mail]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in mails {
        *counts.entry(mail.kind.clone()).or_default() += 1;
    }
    counts
}

fn to<'m>(mails: &'m [Mail], address: &str) -> &'m Mail {
    let mut found = mails.iter().filter(|mail| mail.to == address);
    let mail = found.next().unwrap_or_else(|| panic!("no mail to {address}"));
    assert!(found.next().is_none(), "more than one mail to {address}");
    mail
}

#[test]
fn a_ring_is_proposed_confirmed_changed_and_called_off_with_one_calendar_event_for_life() {
    for_each_service(|service| {
        let world = World::new(service);
        let proposals = world.published();
        assert_eq!(
            kinds(&proposals),
            BTreeMap::from([("proposal".to_owned(), 8)]),
            "four people, four hosts"
        );
        let placements = world.placements();
        assert_eq!(placements.len(), 4);
        let placement = &placements[0];
        let participant = placement["participant"]["email"].as_str().expect("an address").to_owned();
        let host = placement["host"]["contact"]["email"].as_str().expect("an address").to_owned();

        let proposal = to(&proposals, &participant);
        assert_eq!(proposal.property("METHOD").as_deref(), Some("REQUEST"));
        assert_eq!(proposal.property("STATUS").as_deref(), Some("TENTATIVE"));
        assert_eq!(proposal.property("SEQUENCE").as_deref(), Some("0"));
        assert_eq!(proposal.property("DTSTART").as_deref(), Some("TZID=Europe/London:20270301T100000"));
        assert!(proposal.property("ATTENDEE").expect("one").contains("PARTSTAT=NEEDS-ACTION"));
        let to_host = to(&proposals, &host);
        assert!(!to_host.text.contains("Ann"), "a host does not know the name before everybody has agreed");
        assert!(!to_host.text.contains(placement["home"]["name"].as_str().expect("a name")));

        world.press(to_host, "accept");
        assert!(world.deliver().is_empty(), "one yes tells nobody anything yet");
        world.press(proposal, "accept");
        let confirmed = world.deliver();
        // The participant, the host, and the manager who had released before and was not asked again.
        assert_eq!(kinds(&confirmed), BTreeMap::from([("confirmed".to_owned(), 3)]));
        let confirmation = to(&confirmed, &participant);
        assert_eq!(confirmation.property("UID"), proposal.property("UID"));
        assert_eq!(confirmation.property("SEQUENCE").as_deref(), Some("1"));
        assert_eq!(confirmation.property("STATUS").as_deref(), Some("CONFIRMED"));
        assert!(confirmation.property("ATTENDEE").expect("one").contains("PARTSTAT=ACCEPTED;RSVP=FALSE"));
        assert_eq!(confirmation.thread.as_ref(), Some(&proposal.message_id));
        assert!(to(&confirmed, &host).text.contains("Ann"), "now the host knows who comes");
        let manager = confirmed.iter().find(|mail| mail.to.starts_with("boss@")).expect("to the manager");
        assert_eq!(manager.calendar, None, "the day is not in the manager's calendar");

        let id = id_of(placement);
        let times = json!({ "starts": "11:00", "ends": "15:30" });
        world.organiser.put(&format!("/v1/placements/{id}/times"), &times).expect(200);
        let changed = world.deliver();
        assert_eq!(kinds(&changed), BTreeMap::from([("changed".to_owned(), 3)]));
        assert_eq!(to(&changed, &participant).property("SEQUENCE").as_deref(), Some("2"));
        assert!(to(&changed, &participant).property("DTSTART").expect("one").ends_with("T110000"));
        assert!(to(&changed, &participant).text.contains("10:00"), "the former times are told");

        world
            .organiser
            .post(&format!("/v1/placements/{id}/cancel"), &json!({ "reason": "Snow." }))
            .expect(200);
        let cancelled = world.deliver();
        let cancel = to(&cancelled, &participant);
        assert_eq!(cancel.property("METHOD").as_deref(), Some("CANCEL"));
        assert_eq!(cancel.property("STATUS").as_deref(), Some("CANCELLED"));
        assert_eq!(cancel.property("SEQUENCE").as_deref(), Some("3"));
        assert_eq!(cancel.property("UID"), proposal.property("UID"));
        assert!(cancel.text.contains("Snow."));
        let told: BTreeSet<&str> = cancelled.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(told.len(), 3, "only the three parties: {told:?}");
    });
}

#[test]
fn before_publication_nobody_but_the_organisers_can_tell() {
    for_each_service(|service| {
        let world = World::new(service);
        let run = world.matched();
        assert!(world.deliver().is_empty(), "matching sends nothing");
        let body = json!({ "name": "HR", "role": "hr", "employer": world.employers["town"] });
        let token = world.organiser.post("/v1/tokens", &body).expect(201);
        let hr = service.with(token["secret"].as_str().expect("a secret"));
        assert_eq!(hr.get(&format!("/v1/runs/{run}")).status, 403);
        assert_eq!(hr.get(&world.of_round("/placements")).expect(200)["data"], json!([]));
        assert_eq!(hr.get(&world.of_round("/schedule")).status, 200);
        assert_eq!(service.anyone().get(&world.of_round("/placements")).status, 401);
    });
}

#[test]
fn a_run_whose_round_has_changed_is_refused_and_a_new_one_is_taken() {
    for_each_service(|service| {
        let world = World::new(service);
        let stale = world.matched();
        let town = &world.libraries["town"];
        let offer = json!({ "hosting": { DAY: 2 }, "release": { DAY: 1 } });
        world.organiser.put(&world.of_round(&format!("/libraries/{town}")), &offer).expect(200);
        let refused = world.organiser.step(&format!("/v1/runs/{stale}/publish"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "stale-run"));
        assert!(world.deliver().is_empty() && world.placements().is_empty(), "nothing is half published");
        let fresh = world.solve();
        world.publish(&fresh);
        let again = world.organiser.step(&format!("/v1/runs/{fresh}/publish"));
        assert_eq!((again.status, again.code().as_str()), (409, "run-state"));
    });
}

#[test]
fn hr_gets_the_confirmed_days_of_its_own_staff_only() {
    for_each_service(|service| {
        let world = World::new(service);
        for mail in world.published() {
            world.press(&mail, "accept");
        }
        for (name, _) in LIBRARIES {
            let body = json!({ "name": "HR", "role": "hr", "employer": world.employers[name] });
            let token = world.organiser.post("/v1/tokens", &body).expect(201);
            let hr = service.with(token["secret"].as_str().expect("a secret"));
            let csv = hr.get(&world.of_round("/schedule.csv"));
            assert_eq!(csv.status, 200);
            let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(csv.body.as_slice())
                .deserialize()
                .collect::<Result<_, _>>()
                .expect("CSV");
            assert_eq!(rows.len(), 1, "{}", csv.text());
            assert!(rows[0].values().any(|cell| *cell == format!("ann@{name}.example")), "{:?}", rows[0]);
            let json = hr.get(&world.of_round("/schedule")).expect(200);
            assert_eq!(json["data"].as_array().or(json["rows"].as_array()).expect("rows").len(), 1, "{json}");
        }
    });
}

#[test]
fn whoever_never_heard_of_a_proposal_does_not_hear_that_it_is_off() {
    for_each_service(|service| {
        let world = World::new(service);
        let run = world.matched();
        world.publish(&run);
        // Called off before the worker has sent anything.
        for placement in world.placements() {
            let path = format!("/v1/placements/{}/cancel", id_of(&placement));
            world.organiser.post(&path, &json!({ "reason": "A mistake." })).expect(200);
        }
        assert_eq!(world.deliver().len(), 0, "proposals that nobody saw are dropped");
    });
}

#[test]
fn a_declined_proposal_is_told_to_its_parties_and_frees_the_participant() {
    for_each_service(|service| {
        let world = World::new(service);
        let proposals = world.published();
        let mail = proposals.iter().find(|mail| mail.to.starts_with("desk@")).expect("to a host");
        world.press(mail, "decline");
        let cancelled = world.deliver();
        assert_eq!(kinds(&cancelled), BTreeMap::from([("cancelled".to_owned(), 2)]), "not the manager");
        let states: BTreeSet<String> = world
            .placements()
            .iter()
            .map(|placement| placement["state"].as_str().expect("a state").to_owned())
            .collect();
        assert_eq!(states, BTreeSet::from(["declined".to_owned(), "proposed".to_owned()]));
        let list = world.organiser.get(&world.of_round("/applications?limit=200")).expect(200);
        let unplaced = list["data"].as_array().expect("a list").iter();
        assert_eq!(unplaced.filter(|one| one["state"] == "unplaced").count(), 1);
    });
}

#[test]
fn nobody_is_placed_twice_on_a_day_by_rounds_that_overlap() {
    for_each_service(|service| {
        let world = World::new(service);
        let mut other = World::again(&world);
        other.open_round();
        // Both rounds are matched before either is published.
        let (first, second) = (world.matched(), other.matched());
        world.publish(&first);
        let refused = other.organiser.step(&format!("/v1/runs/{second}/publish"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "stale-run"), "{}", refused.text());
        let fresh = other.solve();
        let found = other.organiser.get(&format!("/v1/runs/{fresh}")).expect(200);
        assert_eq!(found["result"]["placed"], 0, "everybody's one day is taken: {found}");
    });
}

#[test]
fn a_manager_s_no_is_told_to_the_participant_without_the_manager_s_words_and_once() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("town");
        for mail in world.deliver() {
            world.press(&mail, "verify");
        }
        let request = world.deliver();
        let secret = request[0].secret.as_ref().expect("a link");
        let refusal = json!({ "deed": "refuse", "reason": "other", "words": "Stocktaking." });
        service.anyone().post(&format!("/v1/links/{secret}"), &refusal).expect(200);
        let told = world.deliver();
        assert_eq!(kinds(&told), BTreeMap::from([("unplaced".to_owned(), 1)]));
        assert!(told[0].to.starts_with("ann@") && !told[0].text.contains("Stocktaking"), "{}", told[0].text);
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
        let run = world.solve();
        world.publish(&run);
        assert!(world.deliver().is_empty(), "not told a second time");
    });
}

#[test]
fn a_round_that_is_called_off_tells_everybody_once() {
    for_each_service(|service| {
        let world = World::new(service);
        world.published();
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        let cancelled = world.deliver();
        assert_eq!(kinds(&cancelled), BTreeMap::from([("cancelled".to_owned(), 8)]));
        assert!(cancelled.iter().all(|mail| mail.property("METHOD").as_deref() == Some("CANCEL")));
        assert_eq!(world.organiser.step(&world.of_round("/cancel")).status, 409);
        assert!(world.deliver().is_empty());
    });
}

#[test]
fn mails_wait_while_the_mail_server_is_away_and_then_go_out_unchanged() {
    for_each_service(|service| {
        let world = World::new(service);
        world.sign_up("town");
        // Nobody listens there: the port was free a moment ago.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
        let away = TransportSettings {
            host: Some("127.0.0.1".to_owned()),
            port: Some(port),
            tls: Tls::None,
            ..TransportSettings::of(TransportKind::Smtp)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let transport = Transport::open(&away).expect("a transport");
            let stop = Stop::new();
            let sent = outbox::send_due(&service.app, &transport, "test", &stop).await.expect("a step");
            assert_eq!(sent, outbox::Sent::Some, "the mail waits");
            let sent = outbox::send_due(&service.app, &transport, "test", &stop).await.expect("a step");
            assert_eq!(sent, outbox::Sent::Nothing, "it is not tried again at once");
        });
        let waiting = world.organiser.get("/v1/outbox").expect(200);
        let message_id = waiting["data"][0]["message_id"].as_str().expect("rendered").to_owned();
        assert_eq!(waiting["data"][0]["state"], "queued");
        service.set_clock("2027-01-04T09:02:00Z");
        let mails = world.deliver();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].message_id, message_id, "the same message, not another one");
        world.press(&mails[0], "verify");
    });
}

#[test]
fn many_senders_never_claim_the_same_mail() {
    for_each_service(|service| {
        let world = World::new(service);
        for n in 0..120 {
            let form = json!({
                "name": format!("Person {n}"), "email": format!("p{n}@town.example"), "home_library": "town",
                "dates": [DAY], "max_km": 30, "manager_email": "boss@town.example",
            });
            service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        }
        std::thread::scope(|scope| {
            for sender in 0..8 {
                let (app, memory) = (&service.app, world.memory.clone());
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .expect("a runtime");
                    let (transport, stop) = (Transport::Memory(memory), Stop::new());
                    let name = format!("sender-{sender}");
                    runtime.block_on(async {
                        while outbox::send_due(app, &transport, &name, &stop).await.expect("a step")
                            != outbox::Sent::Nothing
                        {}
                    });
                });
            }
        });
        let sent = world.memory.sent();
        let ids: BTreeSet<&str> = sent.iter().map(|mail| mail.message_id.as_str()).collect();
        assert_eq!((sent.len(), ids.len()), (120, 120));
    });
}
