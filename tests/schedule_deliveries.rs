//! Standing deliveries of the schedule as HR and its programs see them, on each database: mails with files, folders, webhooks;
//! each time once, each dispatch recorded.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod programme;
mod smtp;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use library_swap::domain::permissions::Actor;
use library_swap::files::canonical::sha256_hex;
use library_swap::mail::Transport;
use library_swap::services::{Settings, retention, schedule_deliveries, webhooks};
use library_swap::worker::schedules::deliver_due;
use library_swap::worker::{Stop, outbox};
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};

use crate::programme::{Mail, World, id_of};
use crate::smtp::{Server, plain};
use crate::support::{Client, Service, for_each_service, for_each_service_as};

/// A programme in which everybody has agreed, and HR of the town.
struct Scene<'a> {
    world: World<'a>,
    hr: Client,
}

impl<'a> Scene<'a> {
    fn new(service: &'a Service) -> Self {
        let world = World::new(service);
        for mail in world.published() {
            world.press(&mail, "accept");
        }
        world.deliver();
        let hr = hr_of(&world, "town");
        Self { world, hr }
    }

    fn path(&self) -> String {
        format!("/v1/employers/{}/schedule-deliveries", self.world.employers["town"])
    }

    /// Every Monday at seven in London, but for what is said otherwise.
    fn order(&self, more: &Value) -> String {
        id_of(&self.hr.post(&self.path(), &order(more)).expect(201))
    }

    fn dispatches(&self, delivery: &str) -> Vec<Value> {
        let list = self.hr.get(&format!("/v1/schedule-deliveries/{delivery}/dispatches")).expect(200);
        let mut all = list["data"].as_array().expect("a list").clone();
        all.sort_by_key(|dispatch| dispatch["number"].as_i64());
        all
    }

    fn last(&self, delivery: &str) -> Value {
        self.dispatches(delivery).pop().expect("a dispatch")
    }

    fn step(&self) -> usize {
        deliver_due(&self.world.service.app, "test", &Stop::new()).expect("a step")
    }

    fn step_at(&self, instant: &str) -> usize {
        self.world.service.set_clock(instant);
        self.step()
    }

    fn now(&self, delivery: &str) -> Value {
        self.hr.step(&format!("/v1/schedule-deliveries/{delivery}/dispatches")).expect(200)
    }

    /// Calls off the town's day.
    fn call_off(&self) {
        let row = &self.hr.get("/v1/schedule").expect(200)["data"][0];
        let placement = row["placement_id"].as_str().expect("an id").to_owned();
        let off = json!({ "reason": "the building is flooded" });
        self.world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &off).expect(200);
    }

    /// Has the times of the town's day changed.
    fn move_to(&self, starts: &str) {
        let row = &self.hr.get("/v1/schedule").expect(200)["data"][0];
        let placement = row["placement_id"].as_str().expect("an id").to_owned();
        let times = json!({ "starts": starts, "ends": "15:00" });
        self.world.organiser.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
    }
}

fn order(more: &Value) -> Value {
    let mut body = json!({
        "format": "csv", "contents": "changes", "weekdays": ["mo"], "time": "07:00", "time_zone": "Europe/London",
        "way": "mail", "address": "payroll@town.example",
    });
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn hr_of(world: &World<'_>, name: &str) -> Client {
    let body = json!({ "name": "HR", "role": "hr", "employers": [world.employers[name]] });
    let token = world.organiser.post("/v1/tokens", &body).expect(201);
    world.service.with(token["secret"].as_str().expect("a secret"))
}

/// The file that is attached to a mail, with its name.
fn attached(message: &[u8]) -> (String, Vec<u8>) {
    let message = MessageParser::default().parse(message).expect("a mail");
    let part = message.attachments().next().expect("an attachment");
    (part.attachment_name().expect("a name").to_owned(), part.contents().to_vec())
}

fn ops(csv: &[u8]) -> Vec<String> {
    let csv = csv.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(csv);
    let mut reader = csv::Reader::from_reader(csv);
    let at = reader.headers().expect("a header").iter().position(|name| name == "op").expect("a column");
    reader.records().map(|row| row.expect("a row")[at].to_owned()).collect()
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_delivered_is_refused_with_every_fault() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let refused = |body: &Value| {
            let reply = scene.hr.post(&scene.path(), body);
            assert_eq!(reply.status, 422, "{}", reply.text());
            let mut pointers = reply.pointers();
            pointers.sort();
            pointers
        };
        let bad = json!({
            "format": "pdf", "profile": "bambohr", "delimiter": "colon", "bom": "yes", "absence_code": "=1",
            "contents": "all", "weeks": 0, "unit": "x", "sector": "private", "weekdays": ["monday"], "time": "7",
            "time_zone": "London", "way": "ftp", "address": "payroll", "folder": "/etc",
        });
        let all = [
            "/absence_code",
            "/address",
            "/bom",
            "/contents",
            "/delimiter",
            "/folder",
            "/format",
            "/profile",
            "/sector",
            "/time",
            "/time_zone",
            "/unit",
            "/way",
            "/weekdays/0",
            "/weeks",
        ];
        assert_eq!(refused(&bad), all);
        let apart = json!({ "format": "xlsx", "delimiter": "tab", "bom": "with", "weeks": 2, "sector": "public", "weekdays": [] });
        assert_eq!(refused(&order(&apart)), ["/bom", "/delimiter", "/sector", "/weekdays", "/weeks"]);
        assert_eq!(refused(&order(&json!({ "address": null }))), ["/address"]);
        assert_eq!(
            refused(&order(&json!({ "profile": "generic-machine" }))),
            ["/profile"],
            "spreadsheets run formulas"
        );
        // What the installation and the employer say.
        let unit = "01900000-0000-7000-8000-00000000ffff";
        let elsewhere = order(&json!({ "address": "payroll@gmail.example", "unit": unit }));
        assert_eq!(refused(&elsewhere), ["/address", "/unit"]);
        for way in ["folder", "webhook"] {
            assert_eq!(refused(&order(&json!({ "way": way, "address": null }))), ["/way"], "{way}");
        }
        assert_eq!(refused(&order(&json!({ "way": "folder" }))), ["/address"]);
        for _ in 0..10 {
            scene.order(&json!({}));
        }
        assert_eq!(refused(&order(&json!({}))), [""], "at most ten");
        // What is foreign is not there.
        let other = hr_of(&scene.world, "campus");
        let own =
            scene.hr.get(&scene.path()).expect(200)["data"][0]["id"].as_str().expect("an id").to_owned();
        for path in [scene.path(), format!("/v1/schedule-deliveries/{own}")] {
            assert_eq!(other.get(&path).status, 404, "{path}");
        }
        assert_eq!(other.delete(&format!("/v1/schedule-deliveries/{own}")).status, 404);
        scene.hr.delete(&format!("/v1/schedule-deliveries/{own}"));
        assert_eq!(scene.hr.get(&format!("/v1/schedule-deliveries/{own}")).status, 404);
    });
}

#[test]
fn a_mail_brings_the_file_at_its_time_once_and_changes_only_afterwards() {
    for_each_service(|service| {
        let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
        let scene = Scene::new(service);
        let delivery = scene.order(&json!({ "bom": "without" }));
        assert_eq!(scene.step_at("2027-01-11T06:59:59Z"), 0, "not yet");
        assert_eq!(scene.step_at("2027-01-11T07:00:00Z"), 1);
        assert_eq!(scene.step(), 0, "once");
        send_by(&server, service);
        let taken = server.received();
        assert_eq!(taken["to"], "payroll@town.example");
        let message = decoded(taken["message"].as_str().expect("base64"));
        let (name, file) = attached(&message);
        let first = scene.last(&delivery);
        assert_eq!(name, format!("schedule-{delivery}-2027-01-11-00001.csv"));
        assert_eq!(first["file_name"], json!(name));
        assert_eq!((&first["sha256"], &first["bytes"]), (&json!(sha256_hex(&file)), &json!(file.len())));
        assert_eq!(
            (ops(&file), &first["rows"], &first["cursor_from"]),
            (vec!["add".to_owned()], &json!(1), &Value::Null)
        );
        assert_eq!(
            (&first["state"], &first["due_at"]),
            (&json!("delivered"), &json!("2027-01-11T07:00:00Z"))
        );
        let whole = scene.hr.get("/v1/schedule.csv").body;
        assert_eq!(
            String::from_utf8_lossy(&file),
            String::from_utf8_lossy(&whole),
            "the first one is the whole"
        );
        let again =
            scene.hr.get(&format!("/v1/schedule-deliveries/{delivery}/dispatches/{}/file", id_of(&first)));
        assert_eq!(again.body, file, "it can be fetched too");
        // The mail's own fate.
        let mails = scene.world.organiser.get("/v1/deliveries?kind=schedule_file").expect(200);
        assert_eq!((&mails["data"][0]["id"], &mails["data"][0]["state"]), (&first["mail"], &json!("sent")));

        // Nothing changed: nothing is sent, and that is recorded.
        assert_eq!(scene.step_at("2027-01-18T07:00:30Z"), 1);
        let quiet = scene.last(&delivery);
        assert_eq!(
            (&quiet["state"], &quiet["mail"], &quiet["file_name"]),
            (&json!("nothing_changed"), &Value::Null, &Value::Null)
        );
        // Three weeks without a worker are one delivery, of what was due first.
        scene.call_off();
        assert_eq!(scene.step_at("2027-02-10T12:00:00Z"), 1);
        let late = scene.last(&delivery);
        assert_eq!((&late["number"], &late["due_at"]), (&json!(3), &json!("2027-01-25T07:00:00Z")));
        assert_eq!((&late["cursor_from"], &late["rows"]), (&quiet["cursor_to"], &json!(1)));
        let next = scene.hr.get(&format!("/v1/schedule-deliveries/{delivery}")).expect(200);
        assert_eq!(
            (&next["next_due_at"], &next["cursor"]),
            (&json!("2027-02-15T07:00:00Z"), &late["cursor_to"])
        );
        let sent = scene.world.deliver();
        let told: Vec<&Mail> = sent.iter().filter(|mail| mail.kind == "schedule_file").collect();
        assert_eq!(told.len(), 1, "{sent:?}");
        assert!(told[0].text.contains("what has changed"), "{}", told[0].text);
        let sent = scene.world.memory.sent();
        let sent = sent.iter().rfind(|mail| mail.kind == "schedule_file").expect("sent");
        assert_eq!(ops(&attached(&sent.message).1), ["cancel"]);
        // Summer time: seven in London is six in UTC.
        assert_eq!(scene.step_at("2027-03-28T23:00:00Z"), 1);
        assert_eq!(scene.step_at("2027-03-29T05:59:59Z"), 0);
        assert_eq!(scene.step_at("2027-03-29T06:00:00Z"), 1);
        // Each leaves its entry.
        let audit = scene.world.organiser.get("/v1/audit?action=dispatch_schedule").expect(200);
        let numbers: Vec<&Value> = audit["data"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| &entry["details"]["number"])
            .collect();
        assert_eq!(numbers.len(), 5, "{audit}");
        assert!(!audit.to_string().contains('@'), "no address: {audit}");
    });
}

/// Sends what is due by a mail server.
fn send_by(server: &Server, service: &Service) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let transport = Transport::open(&plain(server.port)).expect("opens");
        let stop = Stop::new();
        while outbox::send_due(&service.app, &transport, "test", &stop).await.expect("sent")
            != outbox::Sent::Nothing
        {}
    });
}

/// Base64 as the Python server gives it.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for sextet in text.bytes().filter_map(value) {
        (held, bits) = (held << 6 | u32::from(sextet), bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).expect("a byte"));
        }
    }
    bytes
}

#[test]
fn an_address_that_is_vouched_for_no_more_gets_nothing_and_hr_hears_of_it() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let town = &scene.world.employers["town"];
        let delivery = scene.order(&json!({}));
        let path = format!("/v1/employers/{town}/directory");
        let other =
            json!({ "domains": ["elsewhere.example"], "managers": ["boss@town.example"], "language": "cy" });
        scene.world.organiser.put(&path, &other).expect(200);
        let hr = json!({ "email": "staff@elsewhere.example" });
        scene.world.organiser.put(&format!("/v1/employers/{town}/hr-digest"), &hr).expect(200);
        let failed = scene.now(&delivery);
        assert_eq!((&failed["state"], &failed["failure"]), (&json!("failed"), &json!("address_not_vouched")));
        let mails = scene.world.deliver();
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(
            (mails[0].kind.as_str(), mails[0].to.as_str()),
            ("schedule_not_delivered", "staff@elsewhere.example")
        );
        assert!(mails[0].text.contains("Ni allai"), "in Welsh: {}", mails[0].text);
        let cursor =
            scene.hr.get(&format!("/v1/schedule-deliveries/{delivery}")).expect(200)["cursor"].clone();
        assert_eq!(cursor, Value::Null, "what was not delivered comes with the next one");
    });
}

#[test]
fn a_folder_gets_each_file_whole_under_a_name_of_its_own() {
    let place = tempfile::tempdir().expect("a folder");
    let root = |service: &Service| service.app.settings.export_folder.clone().expect("a folder");
    let set = |usual| {
        let fresh = tempfile::tempdir_in(place.path()).expect("a folder").keep();
        Settings { export_folder: Some(fresh), ..usual }
    };
    for_each_service_as(set, |service| {
        let scene = Scene::new(service);
        let town = scene.world.employers["town"].clone();
        let hr = json!({ "email": "staff@town.example" });
        scene.world.organiser.put(&format!("/v1/employers/{town}/hr-digest"), &hr).expect(200);
        let delivery = scene.order(&json!({ "way": "folder", "address": null, "delimiter": "semicolon" }));
        let first = scene.now(&delivery);
        assert_eq!(first["state"], "waiting");
        let early = scene.hr.step(&format!("/v1/schedule-deliveries/{delivery}/dispatches"));
        assert_eq!((early.status, early.code().as_str()), (409, "schedule-delivery-state"));
        assert_eq!(scene.step(), 1);
        let own = root(service).join(&town);
        let name = format!("schedule-{delivery}-2027-01-04-00001.csv");
        assert_eq!(files_in(&own).join(" "), name, "nothing unfinished stays");
        let bytes = fs::read(own.join(&name)).expect("a file");
        let first = scene.last(&delivery);
        assert_eq!((&first["state"], &first["sha256"]), (&json!("delivered"), &json!(sha256_hex(&bytes))));
        assert!(bytes.starts_with(b"schedule_version;"), "no mark for programs");
        assert_eq!(fs::metadata(own.join(&name)).expect("a file").permissions().mode() & 0o007, 0);

        // A name that is taken by something else is never written over; it is tried again, and given up.
        scene.move_to("10:30");
        let second = format!("schedule-{delivery}-2027-01-04-00002.csv");
        fs::write(own.join(&second), b"somebody else's").expect("written");
        scene.now(&delivery);
        for attempt in 1..=7 {
            assert_eq!(scene.step(), 1, "attempt {attempt}");
            let tried = scene.last(&delivery);
            assert_eq!(tried["attempts"], json!(attempt));
            assert!(tried["last_error"].as_str().is_some_and(|words| words.contains("exists")), "{tried}");
            if attempt < 7 {
                assert_eq!((&tried["state"], scene.step()), (&json!("waiting"), 0), "not before its time");
            }
            let later: DateTime<Utc> = service.app.clock.now() + Duration::hours(30);
            service.app.clock.set(later);
        }
        let given_up = scene.last(&delivery);
        assert_eq!(
            (&given_up["state"], &given_up["failure"]),
            (&json!("failed"), &json!("folder_not_writable"))
        );
        assert_eq!(fs::read(own.join(&second)).expect("a file"), b"somebody else's");
        let mails = scene.world.deliver();
        let told: Vec<&Mail> = mails.iter().filter(|mail| mail.kind == "schedule_not_delivered").collect();
        assert_eq!((told.len(), told[0].to.as_str()), (1, "staff@town.example"));
        // The next one begins where the last one that arrived ends: nothing is lost.
        assert_eq!(scene.step(), 2, "what came due meanwhile is made and written");
        let third = scene.last(&delivery);
        assert_eq!(
            (&third["state"], &third["cursor_from"]),
            (&json!("delivered"), &first["cursor_to"]),
            "{third}"
        );
        let written = fs::read(own.join(third["file_name"].as_str().expect("a name"))).expect("a file");
        assert!(
            String::from_utf8_lossy(&written).contains(";10:30;"),
            "{}",
            String::from_utf8_lossy(&written)
        );

        // Killed between the file and its record: the same bytes are there already.
        scene.move_to("11:30");
        let made = scene.now(&delivery);
        let (id, name) = (id_of(&made), made["file_name"].as_str().expect("a name"));
        let file = scene.hr.get(&format!("/v1/schedule-deliveries/{delivery}/dispatches/{id}/file")).body;
        fs::write(own.join(name), &file).expect("written");
        scene.step();
        assert_eq!(scene.last(&delivery)["state"], "delivered");

        // Where the operators' disk is away, nothing takes its place.
        scene.move_to("11:45");
        fs::rename(root(service), root(service).with_extension("away")).expect("moved");
        scene.now(&delivery);
        scene.step();
        assert_eq!(scene.last(&delivery)["state"], "waiting");
        assert!(!root(service).exists());
        // Ordered otherwise meanwhile: it does not go, and the next one is whole.
        let path = format!("/v1/schedule-deliveries/{delivery}");
        scene.hr.put(&path, &order(&json!({ "format": "xlsx" }))).expect(200);
        let overtaken = scene.last(&delivery);
        assert_eq!((&overtaken["state"], &overtaken["failure"]), (&json!("failed"), &json!("overtaken")));
        let mailed = scene.now(&delivery);
        assert_eq!((&mailed["cursor_from"], &mailed["rows"]), (&Value::Null, &json!(1)));
        scene.world.deliver();
        let sent = scene.world.memory.sent();
        let (name, book) = attached(&sent.last().expect("a mail").message);
        assert!(name.ends_with(".xlsx") && book.starts_with(b"PK"), "{name}");
    });
}

#[test]
fn a_webhook_is_told_where_the_file_can_be_fetched() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let hooks = format!("/v1/employers/{}/webhooks", scene.world.employers["town"]);
        let webhook = id_of(&scene.hr.post(&hooks, &json!({ "url": "https://8.8.8.8/hook" })).expect(201));
        let delivery =
            scene.order(&json!({ "way": "webhook", "address": null, "contents": "from_today", "weeks": 9 }));
        let made = scene.now(&delivery);
        assert_eq!((&made["state"], &made["rows"]), (&json!("delivered"), &json!(1)), "{made}");
        let told = webhooks::claim(&service.app, "test").expect("claimed").expect("a message");
        let body: Value =
            serde_json::from_str(&webhooks::sign(&service.app, &told).expect("signed").body).expect("JSON");
        assert_eq!(body["type"], "schedule.ready");
        let data = &body["data"];
        assert_eq!(
            (&data["delivery"], &data["dispatch"], &data["cursor"]),
            (&json!(delivery), &made["id"], &made["cursor_to"])
        );
        assert!(!body.to_string().contains("ann"), "no names: {body}");
        let url = data["url"].as_str().expect("a URL").strip_prefix(service.url.as_str()).expect("ours");
        assert_eq!(json!(sha256_hex(&scene.hr.get(url).body)), made["sha256"]);
        assert_eq!(service.anyone().get(url).status, 401);
        assert_eq!(hr_of(&scene.world, "campus").get(url).status, 404);
        let listed = scene.hr.get(&format!("/v1/webhooks/{webhook}/deliveries")).expect(200);
        assert_eq!(listed["data"][0]["type"], "schedule.ready");
        // A window that ends before the day has no row, and is delivered all the same.
        let short =
            scene.order(&json!({ "way": "webhook", "address": null, "contents": "from_today", "weeks": 1 }));
        let empty = scene.now(&short);
        assert_eq!((&empty["state"], &empty["rows"]), (&json!("delivered"), &json!(0)));
        scene.hr.delete(&format!("/v1/webhooks/{webhook}"));
        assert_eq!(scene.now(&delivery)["failure"], "no_webhook");
    });
}

#[test]
fn of_many_workers_one_delivers() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let deliveries: Vec<String> = (0..5).map(|_| scene.order(&json!({}))).collect();
        service.set_clock("2027-01-11T07:00:00Z");
        let made: usize = std::thread::scope(|scope| {
            let worker = |n: usize| {
                let app = &service.app;
                scope.spawn(move || deliver_due(app, &format!("worker-{n}"), &Stop::new()).expect("a step"))
            };
            let workers: Vec<_> = (0..4).map(worker).collect();
            workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
        });
        assert_eq!(made, 5);
        for delivery in &deliveries {
            assert_eq!(scene.dispatches(delivery).len(), 1);
        }
        let mails = scene.world.deliver();
        assert_eq!(mails.iter().filter(|mail| mail.kind == "schedule_file").count(), 5);
    });
}

#[test]
fn what_is_not_remembered_any_more_is_made_good_by_a_whole_file() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let delivery = scene.order(&json!({ "weekdays": ["mo", "tu", "we", "th", "fr", "sa", "su"] }));
        let first = scene.now(&delivery);
        scene.call_off();
        service.set_clock("2027-05-01T09:00:00Z");
        retention::apply(&service.app, &Actor::worker("test")).expect("applied");
        schedule_deliveries::forget_old(&service.app).expect("forgotten");
        assert_eq!(scene.step(), 1);
        let anew = scene.last(&delivery);
        assert_eq!(
            (&anew["begins_anew"], &anew["rows"], &anew["state"]),
            (&json!(true), &json!(0), &json!("delivered"))
        );
        assert_ne!(anew["cursor_to"], first["cursor_to"]);
        let mails = scene.world.deliver();
        let mail = mails.iter().rfind(|mail| mail.kind == "schedule_file").expect("a mail");
        assert!(mail.text.contains("throw away"), "{}", mail.text);
        // Files go after two weeks, what is known of them stays for a year.
        let file = format!("/v1/schedule-deliveries/{delivery}/dispatches/{}/file", id_of(&first));
        assert_eq!(scene.hr.get(&file).code(), "not-found");
        assert_eq!(scene.last(&delivery)["sha256"], anew["sha256"]);
    });
}

#[test]
fn a_file_goes_with_the_first_person_in_it_who_is_erased() {
    for_each_service(|service| {
        let scene = Scene::new(service);
        let delivery = scene.order(&json!({}));
        let made = scene.now(&delivery);
        let file = format!("/v1/schedule-deliveries/{delivery}/dispatches/{}/file", id_of(&made));
        assert!(scene.hr.get(&file).text().contains("ann@town.example"));
        service.set_clock("2029-06-01T09:00:00Z");
        let kept = retention::apply(&service.app, &Actor::worker("test")).expect("applied");
        assert!(kept.iter().any(|(kind, count)| kind.as_str() == "persons" && *count > 0), "{kept:?}");
        assert_eq!(scene.hr.get(&file).code(), "not-found");
        assert!(!scene.world.deliver().iter().any(|mail| mail.kind == "schedule_file"), "nor by mail");
        assert_eq!(scene.last(&delivery)["sha256"], made["sha256"], "its hash tells nobody");
    });
}
