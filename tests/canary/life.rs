//! A whole life of a round, with marked texts in it.

use std::collections::BTreeMap;

use library_swap::verify::without_people;
use serde_json::{Value, json};

use crate::programme::{DAY, Mail, World, id_of};
use crate::support::Service;

/// A need that the host meets: matched, so public as a feature of that library.
pub const NEED: &str = "zq-need-met-qz";
/// A need that no library meets.
pub const UNMET: &str = "zq-need-unmet-qz";
pub const WORDS: &str = "ZQ needs in words QZ";
pub const REFUSAL: &str = "ZQ reason of a manager QZ";
pub const ADDRESS: &str = "ZQ House, Quarry Lane QZ";
/// A postcode of no other library, and of no other text.
pub const POSTCODE: &str = "ZE3 9JX";

pub struct Life<'a> {
    pub world: World<'a>,
    /// Secrets of links by who holds them.
    pub links: BTreeMap<String, String>,
    /// What the asker is called that is Ann, and her host.
    pub ann: &'static str,
    pub host: &'static str,
    run: String,
    values: BTreeMap<&'static str, Vec<String>>,
    calendars: Vec<String>,
}

const QUARRY: &str = "quarry";

impl<'a> Life<'a> {
    /// Sign-up, a no of a manager, a run, its publication, and everybody's yes; needs read; packs, feeds and reminders.
    pub fn begin(service: &'a Service) -> Self {
        let mut world = World::bare(service);
        let organiser = world.organiser.clone();
        for (name, sector, access) in
            [(QUARRY, "public", vec![]), ("campus", "academic", vec![NEED]), ("grammar", "school", vec![])]
        {
            let body = json!({ "name": format!("{name} trust"), "domains": [format!("{name}.example")] });
            let employer = id_of(&organiser.post("/v1/employers", &body).expect(201));
            let (address, postcode) =
                if name == QUARRY { (ADDRESS, POSTCODE) } else { ("The Butts, Worcester", "WR1 3PB") };
            let body = json!({
                "reference": name, "name": format!("The {name} library"), "sectors": [sector],
                "employers": [employer], "point": { "latitude": 52.19, "longitude": -2.22 },
                "time_zone": "Europe/London", "address": address, "postcode": postcode,
                "welcome": {
                    "contact": { "name": "Desk", "email": format!("desk@{name}.example"), "telephone": "01905 822866" },
                    "access": access,
                },
            });
            world.libraries.insert(name, id_of(&organiser.post("/v1/libraries", &body).expect(201)));
            world.employers.insert(name, employer);
        }
        let body = json!({
            "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31",
            "answer_until": "2027-02-14", "dates": [DAY], "rules": { "balance": null },
        });
        world.round = id_of(&organiser.post("/v1/rounds", &body).expect(201));
        organiser.step(&world.of_round("/open")).expect(200);
        for (name, places) in [(QUARRY, 0), ("campus", 2), ("grammar", 0)] {
            let hours = json!({ DAY: ["10:00", "16:00"] });
            let offer = json!({ "hosting": { DAY: places }, "release": { DAY: 3 }, "hours": hours });
            organiser
                .put(&world.of_round(&format!("/libraries/{}", world.libraries[name])), &offer)
                .expect(200);
        }
        for (who, home, needs, words) in [
            ("ann", QUARRY, vec![NEED], Some(WORDS)),
            ("dan", QUARRY, vec![], None),
            ("eve", QUARRY, vec![UNMET], Some(WORDS)),
            ("bea", "grammar", vec![], None),
        ] {
            let form = json!({
                "name": format!("{who} Reader"), "email": format!("{who}@{home}.example"), "home_library": home,
                "dates": [DAY], "max_km": 30, "manager_email": format!("boss@{home}.example"),
                "objectives": "How you welcome people", "role_title": "Librarian",
                "needs": needs, "needs_words": words,
            });
            service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        }
        for mail in world.deliver() {
            world.press(&mail, "verify");
        }
        let mut links = BTreeMap::new();
        for mail in world.deliver() {
            links.insert(format!("the manager of {}", mail.to), secret(&mail));
            if mail.text.contains("dan Reader") {
                world.say(&mail, &json!({ "deed": "refuse", "reason": "other", "words": REFUSAL }));
            } else {
                world.press(&mail, "release");
            }
        }
        world.deliver();
        organiser.post(&world.of_round("/close"), &json!({ "early_reason": "all are here" })).expect(200);
        let run = world.solve();
        world.publish(&run);
        let proposals = world.deliver();
        for mail in proposals.iter().filter(|mail| mail.kind == "proposal") {
            world.press(mail, "accept");
            let of = if mail.text.contains("desk@") || mail.to.starts_with("desk") {
                "a host"
            } else {
                "a visitor"
            };
            links.insert(format!("{of} {} {}", mail.to, links.len()), secret(mail));
        }
        for mail in proposals.iter().filter(|mail| mail.kind == "unplaced") {
            links.extend(mail.secret.clone().map(|secret| (format!("left out {}", mail.to), secret)));
        }
        world.deliver();
        let placements = world.standing("confirmed");
        assert_eq!(placements.len(), 2, "Ann and Bea have a place");
        let placement_of = |who: &str| {
            let own =
                |one: &&Value| one["participant"]["email"].as_str().is_some_and(|to| to.starts_with(who));
            placements.iter().find(own).expect("a placement").clone()
        };
        let ann = placement_of("ann");
        let mut life = Self {
            world,
            links,
            ann: "link of ann",
            host: "link of ann's host",
            run,
            values: BTreeMap::new(),
            calendars: Vec::new(),
        };
        life.name_ann_and_her_host(&id_of(&ann), &proposals);
        life.prepare(&ann);
        life.remember();
        life
    }

    /// Which links are Ann's and her host's: a host answers one placement by each of its links.
    fn name_ann_and_her_host(&mut self, placement: &str, proposals: &[Mail]) {
        let service = self.world.service;
        for mail in proposals.iter().filter(|mail| mail.kind == "proposal") {
            let secret = secret(mail);
            let page = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
            if page["placement"]["id"] != placement {
                continue;
            }
            let who = if page["party"] == "host" { "ann's host" } else { "ann" };
            self.links.retain(|_, known| *known != secret);
            self.links.insert(who.to_owned(), secret);
        }
        assert!(
            self.links.contains_key("ann") && self.links.contains_key("ann's host"),
            "{:?}",
            self.links.keys()
        );
    }

    /// Needs are read, joining packs written, calendars subscribed to, reminders sent.
    fn prepare(&mut self, ann: &Value) {
        let (service, organiser) = (self.world.service, self.world.organiser.clone());
        let host = format!("/v1/links/{}", self.links["ann's host"]);
        let read = service.anyone().post(&host, &json!({ "deed": "read_needs" })).expect(200);
        assert_eq!(read["access_needs"]["words"], WORDS, "the host reads them");
        let pack = json!({ "revision": 0, "fields": {
            "arrival_place": "The staff door in the yard", "ask_for": "The enquiry desk",
            "contact_telephone": "01905 822866", "deputy_name": "Dai Deputy",
            "deputy_telephone": "+44 1905 822867", "bring": "A card", "safety": "Meet at the bandstand",
            "lunch": "A canteen", "travel": "Bus 44", "access_confirmed": true,
        } });
        organiser.put(&format!("/v1/placements/{}/joining-pack", id_of(ann)), &pack).expect(200);
        for (name, role, body) in [
            (
                "campus",
                "library_administrator",
                json!({ "kind": "library", "library": self.world.libraries["campus"] }),
            ),
            ("quarry", "hr", json!({ "kind": "employer" })),
            ("campus", "hr", json!({ "kind": "employer" })),
        ] {
            let token = json!({ "name": "feeds", "role": role, "employers": [self.world.employers[name]] });
            let token = organiser.post("/v1/tokens", &token).expect(201);
            let client = service.with(token["secret"].as_str().expect("a secret"));
            let mut body = body;
            if body["kind"] == "employer" {
                body["employer"] = json!(self.world.employers[name]);
            }
            let feed = client.post("/v1/feeds", &body).expect(201);
            self.calendars.extend(feed["url"].as_str().map(str::to_owned));
        }
        for who in ["ann", "ann's host"] {
            let subscribed = service
                .anyone()
                .post(&format!("/v1/links/{}", self.links[who]), &json!({ "deed": "subscribe" }))
                .expect(200);
            self.calendars.extend(subscribed["calendar"]["url"].as_str().map(str::to_owned));
        }
        for instant in ["2027-02-15T09:00:00Z", "2027-02-22T09:00:00Z", "2027-02-26T09:00:00Z"] {
            self.world.at(instant);
        }
    }

    /// What the URLs are about.
    fn remember(&mut self) {
        let organiser = &self.world.organiser;
        let ids = |path: &str| -> Vec<String> {
            let list = organiser.get(path).expect(200);
            list["data"].as_array().into_iter().flatten().map(id_of).collect()
        };
        let of_round = |rest: &str| ids(&self.world.of_round(rest));
        self.values = BTreeMap::from([
            ("applications", of_round("/applications?limit=200")),
            ("placements", of_round("/placements?limit=200")),
            ("repairs", of_round("/repairs?limit=200")),
            ("refills", of_round("/refills?limit=200")),
            ("rounds", vec![self.world.round.clone()]),
            ("runs", vec![self.run.clone()]),
            ("libraries", self.world.libraries.values().cloned().collect()),
            ("employers", self.world.employers.values().cloned().collect()),
            ("links", self.links.values().cloned().collect()),
            ("ideas", ids("/v1/ideas?limit=200")),
        ]);
    }

    /// The parameters of a path and what they can be.
    pub fn parameters(&self, path: &str) -> Vec<(String, Vec<String>)> {
        let known = |what: &str| self.values.get(what).cloned().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let mut found = Vec::new();
        for (n, part) in parts.iter().enumerate().filter(|(_, part)| part.contains('{')) {
            let parameter =
                part[part.find('{').expect("a brace")..=part.find('}').expect("a brace")].to_owned();
            let values = match parameter.as_str() {
                "{id}" => known(parts[n - 1]),
                "{library}" => known("libraries"),
                "{application}" => known("applications"),
                "{repair}" => known("repairs"),
                "{refill}" => known("refills"),
                "{other}" => known("runs"),
                "{secret}" if parts[n - 1] == "calendars" => {
                    let last = |url: &String| {
                        url.rsplit('/').next().map(|name| name.trim_end_matches(".ics").to_owned())
                    };
                    self.calendars.iter().filter_map(last).collect()
                }
                "{secret}" => known("links"),
                "{date}" => vec![DAY.to_owned()],
                "{kind}" => vec!["proposal".to_owned()],
                "{pair}" => Vec::new(),
                "{file:.*}" => vec!["problems".to_owned()],
                _ => Vec::new(),
            };
            found.push((parameter, values));
        }
        found
    }

    /// A drop-out and its repair, the day, and what is said after it.
    pub fn end(&mut self) {
        let organiser = self.world.organiser.clone();
        let service = self.world.service;
        let bea = self
            .world
            .standing("confirmed")
            .into_iter()
            .find(|one| one["participant"]["email"].as_str().is_some_and(|to| to.starts_with("bea")));
        let bea = bea.expect("a place")["application"].clone();
        let asked = organiser.post(&self.world.of_round("/repairs"), &json!({ "drop": [bea] }));
        let repair = asked.expect(201);
        let option = repair["options"][0]["id"].as_str().expect("an option");
        let etag = asked.header("etag").expect("an etag").to_owned();
        let body = json!({ "option": option }).to_string();
        let url = self.world.of_round(&format!("/repairs/{}/apply", id_of(&repair)));
        let headers = [("content-type", "application/json"), ("if-match", etag.as_str())];
        let applied = organiser.send("POST", &url, &headers, body.as_bytes());
        assert_eq!(applied.status, 200, "{}", applied.text());
        self.world.deliver();
        self.world.at("2027-03-01T16:30:00Z");
        let say = |who: &str, body: Value| {
            service.anyone().post(&format!("/v1/links/{}", self.links[who]), &body).expect(200)
        };
        say("ann's host", json!({ "deed": "attendance", "attendance": "arrived" }));
        self.world.at("2027-03-02T09:00:00Z");
        for who in ["ann", "ann's host"] {
            say(
                who,
                json!({ "deed": "feedback", "preparation": 4, "welcome": 5, "learning": 5, "comments": "Good" }),
            );
        }
        say(
            "ann",
            json!({ "deed": "idea", "text": "A shelf at the door", "topics": ["shelves"], "shown_as": "author" }),
        );
        self.world.at("2027-03-10T09:00:00Z");
        self.remember();
    }

    /// What may be published of the run.
    pub fn published_files(&self) -> Vec<(String, String)> {
        let file = |name: &str| self.world.organiser.get(&format!("/v1/runs/{}/{name}", self.run)).text();
        let round = library_swap::files::Round::read(file("round-file").as_bytes()).expect("a round");
        let schedule =
            library_swap::files::Schedule::read(file("schedule-file").as_bytes()).expect("a schedule");
        let names: Vec<String> = (0..round.staff.len()).map(|n| format!("p{n:04}")).collect();
        let (audit, schedule) = without_people(&round, &schedule, &names);
        vec![
            ("audit file".to_owned(), audit.to_json()),
            ("schedule of the audit file".to_owned(), schedule.to_json()),
        ]
    }
}

fn secret(mail: &Mail) -> String {
    mail.secret.clone().expect("a link")
}
