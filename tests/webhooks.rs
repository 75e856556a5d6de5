//! Webhooks as their receivers see them, over real sockets and on each database: what is sent and proven, tried again, signed
//! by two secrets, switched off; and where the service does not call.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod programme;
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use library_swap::domain::permissions::{Actor, Role};
use library_swap::services::names::Names;
use library_swap::services::webhooks::create;
use library_swap::services::{App, Settings, keys};
use library_swap::store::keys::{KEY_BYTES, Keyring};
use library_swap::worker::webhooks::{Sender, send_next};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use ureq::http::HeaderMap;

use crate::programme::{LIBRARIES, Mail, World, id_of};
use crate::support::{Client, Service, dump, for_each_database, for_each_service_as};

/// A request as the receiver got it.
#[derive(Debug, Clone)]
struct Got {
    line: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("text")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Whether one of its signatures is that of a secret, by the crate of those who made the standard.
    fn is_signed_by(&self, secret: &str) -> bool {
        let at = self.header("webhook-timestamp").parse().expect("a time");
        let signed = Webhook::new(secret).expect("a secret").sign(self.header("webhook-id"), at, &self.body);
        let signed = signed.expect("signed");
        self.header("webhook-signature").split(' ').any(|one| one == signed)
    }
}

/// A receiver on a port of its own; it answers as it is told.
#[derive(Clone)]
struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    connections: Arc<Mutex<usize>>,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let answer = Arc::new(Mutex::new((204, String::new())));
        let receiver = Self { port, got: Arc::default(), connections: Arc::default(), answer };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                *own.connections.lock().expect("a count") += 1;
                own.serve(&stream.expect("a connection"));
            }
        });
        receiver
    }

    /// Takes one request; what is no HTTP is passed over.
    fn serve(&self, mut stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let (mut headers, mut length) = (HeaderMap::new(), 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            let name: ureq::http::HeaderName = name.parse().ok()?;
            if name == "content-length" {
                length = value.parse().ok()?;
            }
            headers.insert(name, value.parse().ok()?);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        self.got.lock().expect("requests").push(Got { line, headers, body });
        let (status, location) = self.answer.lock().expect("an answer").clone();
        let location = if location.is_empty() { location } else { format!("location: {location}\r\n") };
        let answer =
            format!("HTTP/1.1 {status} .\r\n{location}content-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).ok()
    }

    fn answers(&self, status: u16, location: &str) {
        *self.answer.lock().expect("an answer") = (status, location.to_owned());
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?key=own", self.port)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("requests").clone()
    }

    fn connections(&self) -> usize {
        *self.connections.lock().expect("a count")
    }
}

/// A service that may call this machine, and takes the names of hosts from a table.
fn on_each(test: impl Fn(&Service)) {
    on_each_allowing("127.0.0.0/8", test);
}

fn on_each_allowing(allowed: &str, test: impl Fn(&Service)) {
    let set = |usual| Settings {
        webhook_targets: allowed.parse().expect("a list"),
        names: Names::Fixed(Arc::default()),
        ..usual
    };
    for_each_service_as(set, test);
}

/// Sends everything that is due.
fn send(service: &Service) {
    let sender = Sender::open();
    while send_next(&service.app, &sender, "test").expect("sent") {}
}

fn later(service: &Service, by: Duration) {
    service.app.clock.set(service.app.clock.now() + by);
}

fn is_name(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|text| text.parse().expect("an address")).collect()
}

/// A round in which everybody may say yes, HR of the town, and what it has registered.
struct Scene<'a> {
    world: World<'a>,
    hr: Client,
    mails: Vec<Mail>,
    webhook: Value,
    secret: String,
}

fn hr_of(world: &World<'_>, name: &str) -> Client {
    let body = json!({ "name": "HR", "role": "hr", "employers": [world.employers[name]] });
    let token = world.organiser.post("/v1/tokens", &body).expect(201);
    world.service.with(token["secret"].as_str().expect("a secret"))
}

impl<'a> Scene<'a> {
    fn new(service: &'a Service, url: &str) -> Self {
        let world = World::new(service);
        let hr = hr_of(&world, "town");
        let path = format!("/v1/employers/{}/webhooks", world.employers["town"]);
        let webhook = hr.post(&path, &json!({ "url": url })).expect(201);
        let secret = webhook["secret"].as_str().expect("a secret").to_owned();
        let mails = world.published();
        Self { world, hr, mails, webhook, secret }
    }

    /// As [`Scene::new`], and everybody has said yes: the first message waits.
    fn agreed(service: &'a Service, url: &str) -> Self {
        let scene = Self::new(service, url);
        scene.mails.iter().for_each(|mail| scene.world.press(mail, "accept"));
        scene
    }

    fn of(&self, rest: &str) -> String {
        format!("/v1/webhooks/{}{rest}", id_of(&self.webhook))
    }

    fn deliveries(&self) -> Vec<Value> {
        let list = self.hr.get(&self.of("/deliveries")).expect(200);
        list["data"].as_array().expect("a list").clone()
    }

    fn state(&self) -> Value {
        self.hr.get(&self.of("")).expect(200)["state"].clone()
    }

    fn replay(&self, delivery: &Value) -> support::Reply {
        self.hr.step(&self.of(&format!("/deliveries/{}/replay", id_of(delivery))))
    }

    fn changes(&self) -> Value {
        self.hr.get(&format!("/v1/employers/{}/schedule/changes", self.world.employers["town"])).expect(200)
    }

    fn move_times(&self, starts: &str) {
        let placement = self.changes()["data"][0]["row"]["placement_id"].as_str().expect("an id").to_owned();
        let times = json!({ "starts": starts, "ends": "15:00" });
        self.world.organiser.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
    }
}

#[test]
fn a_change_is_told_once_without_names_and_proven_by_its_signature() {
    on_each(|service| {
        let receiver = Receiver::start();
        let scene = Scene::agreed(service, &receiver.url());
        assert!(scene.secret.starts_with("whsec_"), "{}", scene.webhook);
        assert!(!scene.hr.get(&scene.of("")).text().contains("whsec_"), "shown once");
        let rows = dump(&service.app);
        let coded = scene.secret.trim_start_matches("whsec_");
        assert!(rows.iter().flat_map(|(_, rows)| rows).all(|row| !row.contains(coded)), "kept encrypted");
        assert_eq!((scene.deliveries().len(), &scene.deliveries()[0]["state"]), (1, &json!("queued")));

        // The crate holds the time against the machine's clock.
        service.app.clock.set(Utc::now());
        send(service);
        let got = receiver.got();
        assert_eq!(got.len(), 1, "one employer's own change: {got:?}");
        assert!(got[0].line.starts_with("POST /hook?key=own HTTP/1.1"), "{}", got[0].line);
        let judge = Webhook::new(&scene.secret).expect("a secret");
        judge.verify(&got[0].body, &got[0].headers).expect("proven");
        let mut forged = got[0].body.clone();
        forged.push(b' ');
        assert!(judge.verify(&forged, &got[0].headers).is_err());

        let (body, changes) = (got[0].json(), scene.changes());
        assert_eq!(body["type"], "schedule.changed");
        assert!(body["timestamp"].as_str().expect("a time").parse::<DateTime<Utc>>().is_ok());
        assert_eq!(body["data"]["employer"], json!(scene.world.employers["town"]));
        assert_eq!(body["data"]["cursor"], changes["cursor"], "what is asked next");
        let placement = &changes["data"][0]["row"]["placement_id"];
        assert_eq!(body["data"]["changed"], json!([{ "placement": placement, "revision": 1, "op": "add" }]));
        let text = body.to_string();
        assert!(!["ann", "Ann", "@", "library"].iter().any(|word| text.contains(word)), "{text}");
        let told = &scene.deliveries()[0];
        assert_eq!((&told["state"], &told["attempts"]), (&json!("delivered"), &json!(1)));
        assert_eq!(
            (&told["last_status"], told["id"].as_str()),
            (&json!(204), Some(got[0].header("webhook-id")))
        );

        scene.move_times("10:30");
        send(service);
        let second = receiver.got()[1].json();
        assert_eq!(second["data"]["changed"][0]["op"], "change");
        assert_ne!(second["data"]["cursor"], body["data"]["cursor"]);
        let deliveries = scene.hr.get(&scene.of("/deliveries?limit=1")).expect(200);
        let next = deliveries["next_cursor"].as_str().expect("another page");
        let rest = scene.hr.get(&scene.of(&format!("/deliveries?limit=1&cursor={next}"))).expect(200);
        assert_eq!((rest["data"].as_array().map(Vec::len), &rest["next_cursor"]), (Some(1), &Value::Null));

        // What is foreign is not there; what is taken away is sent nothing.
        let campus = hr_of(&scene.world, "campus");
        assert_eq!(campus.get(&scene.of("")).status, 404);
        assert_eq!(campus.step(&scene.of("/secret")).status, 404);
        assert_eq!(scene.hr.delete(&scene.of("")).status, 204);
        assert_eq!(scene.hr.get(&scene.of("")).status, 404);
        scene.move_times("11:00");
        send(service);
        assert_eq!(receiver.got().len(), 2);
    });
}

#[test]
fn what_fails_is_tried_again_as_it_was_and_what_was_delivered_can_be_sent_again() {
    on_each(|service| {
        let receiver = Receiver::start();
        receiver.answers(503, "");
        let scene = Scene::agreed(service, &receiver.url());
        send(service);
        send(service);
        let first = scene.deliveries().remove(0);
        assert_eq!((&first["state"], &first["last_status"]), (&json!("queued"), &json!(503)));
        assert!(first["next_attempt_at"].is_string(), "{first}");
        assert_eq!(receiver.got().len(), 1, "it waits a minute");
        later(service, Duration::minutes(2));
        receiver.answers(200, "");
        send(service);
        let got = receiver.got();
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
        assert_eq!(got[0].body, got[1].body);
        assert_ne!(got[0].header("webhook-timestamp"), got[1].header("webhook-timestamp"));
        assert!(got[0].is_signed_by(&scene.secret) && got[1].is_signed_by(&scene.secret));
        let second = scene.deliveries().remove(0);
        assert_eq!((&second["state"], &second["attempts"]), (&json!("delivered"), &json!(2)));

        later(service, Duration::hours(1));
        let replayed = scene.replay(&second).expect(200);
        assert_eq!((&replayed["state"], &replayed["attempts"]), (&json!("queued"), &json!(0)));
        send(service);
        let again = receiver.got().remove(2);
        assert_eq!((again.header("webhook-id"), &again.body), (got[0].header("webhook-id"), &got[0].body));
        let nowhere = json!({ "id": "01900000-0000-7000-8000-00000000ffff" });
        assert_eq!(scene.replay(&nowhere).code(), "not-found");
        // For thirty days it is told what came of it.
        later(service, Duration::days(31));
        library_swap::services::webhooks::forget_old(&service.app).expect("forgotten");
        assert!(scene.deliveries().is_empty());
    });
}

#[test]
fn two_secrets_sign_for_a_day() {
    on_each(|service| {
        let receiver = Receiver::start();
        let scene = Scene::agreed(service, &receiver.url());
        let fresh = scene.hr.step(&scene.of("/secret")).expect(200);
        let secret = fresh["secret"].as_str().expect("a secret").to_owned();
        assert_ne!(secret, scene.secret);
        assert!(fresh["former_secret_until"].is_string());
        send(service);
        let both = receiver.got().remove(0);
        assert!(both.is_signed_by(&scene.secret) && both.is_signed_by(&secret));
        assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
        later(service, Duration::hours(25));
        let delivery = scene.deliveries().remove(0);
        scene.replay(&delivery).expect(200);
        send(service);
        let one = receiver.got().remove(1);
        assert!(one.is_signed_by(&secret) && !one.is_signed_by(&scene.secret));
    });
}

#[test]
fn a_new_key_seals_the_secrets_anew() {
    on_each(|service| {
        let receiver = Receiver::start();
        let scene = Scene::agreed(service, &receiver.url());
        let fresh = scene.hr.step(&scene.of("/secret")).expect(200);
        let both = support::keys().with_new([8; KEY_BYTES]);
        let on =
            |ring: Keyring| App { store: service.app.store.clone().with_keys(ring), ..service.app.clone() };
        let app = on(both.clone());
        keys::reseal(&app, "test").expect("sealed anew");
        let new = Keyring::default().with_new([8; KEY_BYTES]);
        assert_eq!(keys::list_used(&app).expect("keys"), new.ids());
        assert!(send_next(&on(new), &Sender::open(), "test").expect("sent"));
        let got = receiver.got().remove(0);
        assert!(got.is_signed_by(&scene.secret) && got.is_signed_by(fresh["secret"].as_str().expect("one")));
    });
}

#[test]
fn a_webhook_that_takes_nothing_for_days_is_switched_off_and_hr_is_told() {
    on_each(|service| {
        let receiver = Receiver::start();
        receiver.answers(500, "");
        let scene = Scene::agreed(service, &receiver.url());
        let digest = format!("/v1/employers/{}/hr-digest", scene.world.employers["town"]);
        scene.world.organiser.put(&digest, &json!({ "email": "hr@town.example" })).expect(200);
        scene.world.deliver();
        for attempt in 1..=7 {
            assert_eq!((scene.state(), receiver.got().len()), (json!("enabled"), attempt - 1));
            send(service);
            later(service, Duration::hours(30));
        }
        assert_eq!((scene.state(), receiver.got().len()), (json!("disabled"), 7));
        let failed = scene.deliveries().remove(0);
        assert_eq!((&failed["state"], &failed["attempts"]), (&json!("failed"), &json!(7)));
        let mails = scene.world.deliver();
        let told: Vec<&Mail> = mails.iter().filter(|mail| mail.kind == "webhook_disabled").collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].to, "hr@town.example");
        assert!(told[0].text.contains("127.0.0.1") && told[0].text.contains("HTTP 500"), "{}", told[0].text);
        assert!(!told[0].text.contains("key=own"), "the URL may hold a secret");
        let audit = scene.world.organiser.get("/v1/audit?action=send_webhooks").expect(200);
        assert_eq!(audit["data"][0]["details"]["disabled"], "failed", "{audit}");

        // Nothing is written for it, nothing sent again, until it is on.
        scene.move_times("10:30");
        assert_eq!(scene.deliveries().len(), 1);
        assert_eq!(scene.replay(&failed).code(), "webhook-state");
        receiver.answers(200, "");
        assert_eq!(scene.hr.step(&scene.of("/enable")).expect(200)["state"], "enabled");
        scene.move_times("11:00");
        send(service);
        assert_eq!(receiver.got().len(), 8);
        assert_eq!(receiver.got()[7].json()["data"]["cursor"], scene.changes()["cursor"]);

        // Gone means gone.
        receiver.answers(410, "");
        scene.move_times("11:30");
        send(service);
        assert_eq!((scene.state(), receiver.got().len()), (json!("disabled"), 9));
    });
}

#[test]
fn one_message_that_is_never_taken_switches_nothing_off_while_others_are() {
    on_each(|service| {
        let receiver = Receiver::start();
        receiver.answers(400, "");
        let scene = Scene::agreed(service, &receiver.url());
        send(service);
        later(service, Duration::seconds(10));
        receiver.answers(200, "");
        scene.move_times("10:30");
        send(service);
        receiver.answers(400, "");
        for _ in 0..7 {
            later(service, Duration::hours(30));
            send(service);
        }
        let states: Vec<Value> = scene.deliveries().iter().map(|one| one["state"].clone()).collect();
        assert_eq!((states, scene.state()), (vec![json!("failed"), json!("delivered")], json!("enabled")));
    });
}

#[test]
fn a_redirect_is_not_followed() {
    on_each(|service| {
        let (receiver, other) = (Receiver::start(), Receiver::start());
        receiver.answers(307, &other.url());
        let scene = Scene::agreed(service, &receiver.url());
        send(service);
        later(service, Duration::minutes(2));
        receiver.answers(302, "http://169.254.169.254/latest/meta-data/");
        send(service);
        assert_eq!((receiver.got().len(), other.connections()), (2, 0));
        let told = scene.deliveries().remove(0);
        assert_eq!((&told["state"], &told["last_status"]), (&json!("queued"), &json!(302)));
        assert!(told["last_error"].as_str().expect("words").contains("not followed"), "{told}");
    });
}

#[test]
fn a_name_that_leads_inside_is_refused_when_it_is_registered_and_when_it_changes_later() {
    on_each_allowing("", |service| {
        let receiver = Receiver::start();
        let names = &service.app.settings.names;
        names.set("inside.example", &is_name(&["93.184.215.14", "10.0.0.7"]));
        names.set("hr.example", &is_name(&["93.184.215.14"]));
        let url = format!("https://hr.example:{}/", receiver.port);
        let scene = Scene::agreed(service, &url);
        let path = format!("/v1/employers/{}/webhooks", scene.world.employers["town"]);
        for (name, words) in [("inside", "leads to 10.0.0.7, a private"), ("unknown", "has none")] {
            let refused = scene.hr.post(&path, &json!({ "url": format!("https://{name}.example/") }));
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/url".to_owned()]));
            assert!(refused.text().contains(words), "{}", refused.text());
        }
        for address in ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"] {
            names.set("hr.example", &is_name(&[address]));
            later(service, Duration::hours(30));
            send(service);
            let told = scene.deliveries().remove(0);
            let words = told["last_error"].as_str().expect("words");
            assert!(words.contains("not called") && words.contains(&format!("leads to {address}")), "{told}");
            assert_eq!(told["last_status"], Value::Null);
        }
        assert_eq!(receiver.connections(), 0);
    });
}

#[test]
fn what_was_checked_is_what_is_connected_to() {
    on_each(|service| {
        let receiver = Receiver::start();
        // No other table than the service's knows this name.
        service.app.settings.names.set("hook.example", &is_name(&["127.0.0.1"]));
        let url = format!("http://hook.example:{}/", receiver.port);
        Scene::agreed(service, &url);
        send(service);
        assert_eq!(receiver.got()[0].header("host"), format!("hook.example:{}", receiver.port));
    });
}

#[test]
fn a_url_that_leads_inside_is_refused_in_whatever_form() {
    on_each_allowing("", |service| {
        let world = World::new(service);
        let hr = hr_of(&world, LIBRARIES[0].0);
        let path = format!("/v1/employers/{}/webhooks", world.employers[LIBRARIES[0].0]);
        for (url, words) in [
            ("http://169.254.169.254/latest/meta-data/", "link-local"),
            ("https://169.254.169.254/", "link-local"),
            ("https://[::1]/", "loopback"),
            ("https://2130706433/", "127.0.0.1 is a loopback"),
            ("https://017700000001/", "127.0.0.1 is a loopback"),
            ("https://0x7f.1/", "127.0.0.1 is a loopback"),
            ("https://0251.0376.0251.0376/", "169.254.169.254 is a link-local"),
            ("https://[::ffff:169.254.169.254]/", "IPv4 address"),
            ("https://[64:ff9b::7f00:1]/", "NAT64"),
            ("https://10.0.0.1:8443/", "private"),
            ("http://8.8.8.8/", "must begin with https://"),
            ("ftp://8.8.8.8/", "must begin with https://"),
            ("https://user:pass@8.8.8.8/", "must not hold a user"),
            ("hr.example", "must be a URL"),
            ("", "must be a URL"),
        ] {
            let refused = hr.post(&path, &json!({ "url": url }));
            assert_eq!((refused.status, refused.pointers()), (422, vec!["/url".to_owned()]), "{url}");
            assert!(refused.text().contains(words), "{url}: {}", refused.text());
        }
        let made = hr.post(&path, &json!({ "url": "https://8.8.8.8/0" })).expect(201);
        assert_eq!(made["state"], "enabled");
        assert_eq!(hr.post(&path, &json!({ "url": "https://8.8.8.8/0" })).code(), "already-exists");
        for n in 1..10 {
            hr.post(&path, &json!({ "url": format!("https://8.8.8.8/{n}") })).expect(201);
        }
        let full = hr.post(&path, &json!({ "url": "https://8.8.8.8/10" }));
        assert!(full.text().contains("at most 10"), "{}", full.text());
        assert_eq!(hr.get(&path).expect(200)["data"].as_array().map(Vec::len), Some(10));
    });
}

#[test]
fn without_a_key_there_are_no_webhooks() {
    for_each_database(|app| {
        let app = App { store: app.store.clone().with_keys(Keyring::default()), ..app.clone() };
        let actor = Actor::named("token:test", Role::Organiser);
        let employer = "01900000-0000-7000-8000-00000000ffff".parse().expect("an id");
        let target = "https://8.8.8.8/".parse().expect("a URL");
        let refused = create(&app, &actor, employer, &target).expect_err("refused");
        assert_eq!(refused.code(), "no-encryption-key");
    });
}
