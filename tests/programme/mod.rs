//! A programme played through HTTP and mail alone: four libraries of four employers and sectors, one member of staff of
//! each; a round in which they move in rings; mails kept in memory and read as their recipients read them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use library_swap::mail::{Memory, Sent, Transport};
use library_swap::worker::deadlines::act_on_due;
use library_swap::worker::runs::{Solved, solve_next};
use library_swap::worker::{Stop, outbox};
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};

use crate::support::{Client, Reply, Service};

/// Four libraries of four employers and sectors; one member of staff of each.
pub const LIBRARIES: [(&str, &str); 4] =
    [("town", "public"), ("campus", "academic"), ("grammar", "school"), ("hospital", "specialist")];
pub const DAY: &str = "2027-03-01";

pub fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

pub struct World<'a> {
    pub service: &'a Service,
    pub organiser: Client,
    pub employers: BTreeMap<&'static str, String>,
    pub libraries: BTreeMap<&'static str, String>,
    pub round: String,
    pub memory: Memory,
}

/// A mail as its recipient reads it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub kind: String,
    pub message_id: String,
    pub thread: Option<String>,
    pub text: String,
    pub secret: Option<String>,
    pub calendar: Option<String>,
}

impl Mail {
    pub fn read(sent: &Sent) -> Self {
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
    pub fn property(&self, name: &str) -> Option<String> {
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
    pub fn new(service: &'a Service) -> Self {
        let mut world = Self::without_round(service);
        world.open_round();
        world
    }

    /// As [`World::new`], but no manager is asked before the proposals: three parties answer each.
    pub fn asking_managers_after(service: &'a Service) -> Self {
        let mut world = Self::without_round(service);
        world.open_round_by(&json!({ "release_required": false }), DAY);
        world
    }

    /// As [`World::new`], for a round of another day.
    pub fn on(service: &'a Service, day: &str) -> Self {
        let mut world = Self::without_round(service);
        world.open_round_by(&json!({ "dates": [day] }), day);
        world
    }

    /// Nothing but an organiser.
    pub fn bare(service: &'a Service) -> Self {
        Self {
            service,
            organiser: service.organiser(),
            employers: BTreeMap::new(),
            libraries: BTreeMap::new(),
            round: String::new(),
            memory: Memory::default(),
        }
    }

    fn without_round(service: &'a Service) -> Self {
        let mut world = Self::bare(service);
        for (name, sector) in LIBRARIES {
            let body = json!({ "name": format!("{name} trust"), "domains": [format!("{name}.example")] });
            let employer = id_of(&world.organiser.post("/v1/employers", &body).expect(201));
            let body = json!({
                "reference": name, "name": format!("The {name} library"), "sectors": [sector],
                "employers": [employer], "point": { "latitude": 52.19, "longitude": -2.22 },
                "time_zone": "Europe/London",
                "welcome": {
                    "contact": { "name": "Desk", "email": format!("desk@{name}.example") },
                    "deputy": { "name": "Deputy", "email": format!("deputy@{name}.example") },
                },
            });
            let library = id_of(&world.organiser.post("/v1/libraries", &body).expect(201));
            world.libraries.insert(name, library);
            world.employers.insert(name, employer);
        }
        world
    }

    /// The same libraries, for another round.
    pub fn again(world: &Self) -> Self {
        Self {
            service: world.service,
            organiser: world.organiser.clone(),
            employers: world.employers.clone(),
            libraries: world.libraries.clone(),
            round: String::new(),
            memory: Memory::default(),
        }
    }

    pub fn open_round(&mut self) {
        self.open_round_by(&json!({}), DAY);
    }

    /// Opens a round of one day with more fields than the usual ones.
    pub fn open_round_by(&mut self, more: &Value, day: &str) {
        let mut body = json!({
            "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31",
            "answer_until": "2027-02-14", "dates": [DAY], "rules": { "balance": 0 },
        });
        for (key, value) in more.as_object().expect("fields") {
            body[key] = value.clone();
        }
        self.round = id_of(&self.organiser.post("/v1/rounds", &body).expect(201));
        self.organiser.step(&self.of_round("/open")).expect(200);
        let offer =
            json!({ "hosting": { day: 1 }, "release": { day: 1 }, "hours": { day: ["10:00", "16:00"] } });
        for library in self.libraries.values() {
            self.organiser.put(&self.of_round(&format!("/libraries/{library}")), &offer).expect(200);
        }
    }

    pub fn of_round(&self, rest: &str) -> String {
        format!("/v1/rounds/{}{rest}", self.round)
    }

    pub fn sign_up(&self, name: &str) {
        self.sign_up_on(name, DAY);
    }

    fn sign_up_on(&self, name: &str, day: &str) {
        self.sign_up_as("ann", name, day);
    }

    /// Signs somebody of a library up for a day.
    pub fn sign_up_as(&self, who: &str, name: &str, day: &str) {
        let called = who[..1].to_uppercase() + &who[1..];
        let form = json!({
            "name": format!("{called} {name}"), "email": format!("{who}@{name}.example"), "home_library": name,
            "dates": [day], "max_km": 30, "manager_email": format!("boss@{name}.example"),
            "objectives": "How you welcome people",
        });
        self.service.anyone().post(&self.of_round("/applications"), &form).expect(202);
    }

    /// Runs the worker's step until nothing is due; gives the mails that went out.
    pub fn deliver(&self) -> Vec<Mail> {
        let before = self.memory.sent().len();
        self.deliver_by(&Transport::Memory(self.memory.clone()));
        self.memory.sent()[before..].iter().map(Mail::read).collect()
    }

    pub fn deliver_by(&self, transport: &Transport) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let stop = Stop::new();
        runtime.block_on(async {
            while outbox::send_due(&self.service.app, transport, "test", &stop).await.expect("sent")
                != outbox::Sent::Nothing
            {}
        });
    }

    /// Signs somebody in by a mailed link; gives the cookie, or nothing where they are nobody here any more.
    pub fn sign_in(&self, address: &str) -> Option<String> {
        let anyone = self.service.anyone();
        anyone.post("/v1/sign-in", &json!({ "address": address })).expect(202);
        let mails = self.deliver();
        let mail = mails.iter().find(|mail| mail.to == address && mail.kind == "sign_in").expect("a mail");
        let (_, secret) = mail.text.split_once("/sign-in/").expect("a link");
        let secret: String = secret.chars().take_while(char::is_ascii_hexdigit).collect();
        let reply = anyone.step(&format!("/v1/sign-in/{secret}"));
        Some(reply.header("set-cookie")?.split(';').next().expect("a pair").to_owned())
    }

    pub fn press(&self, mail: &Mail, deed: &str) {
        self.try_to_press(mail, deed).expect(200);
    }

    /// Presses a button, whatever comes of it.
    pub fn try_to_press(&self, mail: &Mail, deed: &str) -> Reply {
        let secret = mail.secret.as_ref().expect("a link");
        let mut body = json!({ "deed": deed });
        if deed == "accept" || deed == "decline" {
            let page = self.service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
            body["version"] = json!(page["placement"]["version"].as_i64().unwrap_or(0));
        }
        if deed == "decline" {
            body["reason"] = json!("An inspection.");
        }
        self.service.anyone().post(&format!("/v1/links/{secret}"), &body)
    }

    /// Says something by the page of a mail.
    pub fn say(&self, mail: &Mail, body: &Value) -> Value {
        let secret = mail.secret.as_ref().expect("a link");
        self.service.anyone().post(&format!("/v1/links/{secret}"), body).expect(200)
    }

    /// Does what the days bring; gives the mails of it.
    pub fn at(&self, instant: &str) -> Vec<Mail> {
        self.service.set_clock(instant);
        act_on_due(&self.service.app, "test", &Stop::new()).expect("a step");
        self.deliver()
    }

    /// The mails of one placement to its participant, its host and its manager, in this order.
    pub fn of_placement(&self, mails: &[Mail], placement: &Value) -> Vec<Mail> {
        let participant = placement["participant"]["email"].as_str().expect("an address");
        let manager = participant.replace("ann@", "boss@");
        let host = placement["host"]["contact"]["email"].as_str().expect("an address");
        let own =
            [participant, host, &manager].map(|address| mails.iter().filter(move |mail| mail.to == address));
        own.into_iter().flatten().cloned().collect()
    }

    /// Everybody signs up, is released; the round is closed and solved. Gives the run.
    pub fn matched(&self) -> String {
        self.matched_on(DAY)
    }

    /// As [`World::matched`], for a round of another day.
    pub fn matched_on(&self, day: &str) -> String {
        for (name, _) in LIBRARIES {
            self.sign_up_on(name, day);
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

    pub fn solve(&self) -> String {
        let run = id_of(&self.organiser.step(&self.of_round("/runs")).expect(202));
        assert_eq!(solve_next(&self.service.app, "test", &Stop::new()).expect("solved"), Solved::One);
        let found = self.organiser.get(&format!("/v1/runs/{run}")).expect(200);
        assert_eq!(found["state"], "finished", "{found}");
        run
    }

    /// As [`World::matched`], and published; gives the mails of the publication.
    pub fn published(&self) -> Vec<Mail> {
        let run = self.matched();
        self.publish(&run);
        self.deliver()
    }

    /// Publishes a run and lets its mails go.
    pub fn publish(&self, run: &str) {
        self.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        self.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
    }

    pub fn placements(&self) -> Vec<Value> {
        let list = self.organiser.get(&self.of_round("/placements?limit=200")).expect(200);
        let listed = list["data"].as_array().expect("a list");
        listed
            .iter()
            .map(|one| self.organiser.get(&format!("/v1/placements/{}", id_of(one))).expect(200))
            .collect()
    }
}

pub fn kinds(mails: &[Mail]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in mails {
        *counts.entry(mail.kind.clone()).or_default() += 1;
    }
    counts
}

pub fn to<'m>(mails: &'m [Mail], address: &str) -> &'m Mail {
    let mut found = mails.iter().filter(|mail| mail.to == address);
    let mail = found.next().unwrap_or_else(|| panic!("no mail to {address}"));
    assert!(found.next().is_none(), "more than one mail to {address}");
    mail
}

impl World<'_> {
    /// A round in which the town may send one of several people, who are named; everybody who was asked has agreed.
    pub fn agreed(&self, of_town: &[&str]) {
        self.agreed_on(of_town, DAY);
    }

    /// As [`World::agreed`], for a round of another day.
    pub fn agreed_on(&self, of_town: &[&str], day: &str) -> Vec<Mail> {
        for (name, _) in LIBRARIES.iter().filter(|(name, _)| *name != "town") {
            self.sign_up_on(name, day);
        }
        for who in of_town {
            self.sign_up_as(who, "town", day);
        }
        for deed in ["verify", "release"] {
            for mail in self.deliver() {
                self.press(&mail, deed);
            }
        }
        self.organiser.post(&self.of_round("/close"), &json!({ "early_reason": "all are here" })).expect(200);
        let run = self.solve();
        self.publish(&run);
        let proposals: Vec<Mail> =
            self.deliver().into_iter().filter(|mail| mail.kind == "proposal").collect();
        for mail in &proposals {
            self.press(mail, "accept");
        }
        self.deliver();
        assert_eq!(self.standing("confirmed").len(), 4);
        proposals
    }

    /// As [`World::agreed`], where Ann of the town has needs; with the mails that proposed the days.
    pub fn agreed_with_needs(&self, words: &str) -> Vec<Mail> {
        let form = json!({
            "name": "Ann town", "email": "ann@town.example", "home_library": "town", "dates": [DAY], "max_km": 30,
            "manager_email": "boss@town.example", "objectives": "How you welcome people", "needs_words": words,
        });
        self.service.anyone().post(&self.of_round("/applications"), &form).expect(202);
        self.agreed_on(&[], DAY)
    }

    /// The placements in a state.
    pub fn standing(&self, state: &str) -> Vec<Value> {
        self.placements().into_iter().filter(|placement| placement["state"] == state).collect()
    }
}

/// The address of whoever has a placement.
pub fn address(placement: &Value) -> String {
    placement["participant"]["email"].as_str().expect("an address").to_owned()
}
