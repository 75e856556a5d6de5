//! A programme played through HTTP by somebody who never gives up: each step looks what is true, and does what is next.
//! So it goes on where it was, whenever the service is killed.

use std::collections::HashSet;

use chrono::{Datelike, Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::sink::Sink;
use crate::support::{Client, Reply};

const LIBRARIES: [(&str, &str); 4] =
    [("town", "public"), ("campus", "academic"), ("grammar", "school"), ("hospital", "specialist")];

/// The service is not there.
#[derive(Debug)]
pub struct Gone;

pub struct Load {
    organiser: Client,
    anyone: Client,
    sink: Sink,
    /// Of the round that is played.
    number: u64,
    seen: usize,
    waiting: Vec<String>,
    done: HashSet<String>,
    pub requests: usize,
}

impl Load {
    pub fn new(url: &str, token: &str, sink: &Sink) -> Self {
        let (organiser, anyone) = (Client::new(url, Some(token)), Client::new(url, None));
        let (waiting, done) = (Vec::new(), HashSet::new());
        Self { organiser, anyone, sink: sink.clone(), number: 0, seen: 0, waiting, done, requests: 0 }
    }

    fn send(&mut self, is_organiser: bool, method: &str, path: &str, body: &Value) -> Result<Reply, Gone> {
        self.requests += 1;
        let client = if is_organiser { &self.organiser } else { &self.anyone };
        let (headers, bytes) = match body {
            Value::Null => (vec![], vec![]),
            body => (vec![("content-type", "application/json")], body.to_string().into_bytes()),
        };
        let reply = client.try_to_send(method, path, &headers, &bytes).map_err(|_| Gone)?;
        assert!(reply.status < 500, "{method} {path}: {}", reply.text());
        Ok(reply)
    }

    fn get(&mut self, path: &str) -> Result<Value, Gone> {
        Ok(self.send(true, "GET", path, &Value::Null)?.expect(200))
    }

    fn list(&mut self, path: &str) -> Result<Vec<Value>, Gone> {
        Ok(self.get(path)?["data"].as_array().expect("a list").clone())
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Reply, Gone> {
        self.send(true, "POST", path, body)
    }

    /// Whether the service answers.
    pub fn is_there(&mut self) -> bool {
        self.send(false, "GET", "/v1/rounds", &Value::Null).is_ok()
    }

    /// Four employers and their libraries; what is there already is left as it is.
    pub fn set_up(&mut self) -> Result<(), Gone> {
        for (name, sector) in LIBRARIES {
            let employer = json!({ "name": name, "domains": [format!("{name}.example")] });
            let employer = self.post("/v1/employers", &employer)?.expect(201)["id"].clone();
            let library = json!({
                "reference": name, "name": format!("The {name} library"), "sectors": [sector],
                "employers": [employer], "point": { "latitude": 52.19, "longitude": -2.22 },
                "time_zone": "Europe/London",
                "welcome": { "contact": { "name": "Desk", "email": format!("desk@{name}.example") } },
            });
            self.post("/v1/libraries", &library)?.expect(201);
        }
        Ok(())
    }

    /// A day of its own for each round: everybody could be everywhere.
    fn day(&self) -> NaiveDate {
        let mut day = Utc::now().date_naive() + Days::new(40);
        let mut left = self.number;
        while left > 0 || day.weekday().num_days_from_monday() > 4 {
            left -= u64::from(day.weekday().num_days_from_monday() < 5);
            day = day + Days::new(1);
        }
        day
    }

    /// Does the next thing; false: there is nothing but to wait.
    pub fn step(&mut self) -> Result<bool, Gone> {
        if self.press()? {
            return Ok(true);
        }
        let name = format!("Round {}", self.number);
        let found =
            self.list("/v1/rounds?limit=200")?.into_iter().find(|round| round["name"] == name.as_str());
        let Some(round) = found else {
            let (today, day) = (Utc::now().date_naive(), self.day());
            let body = json!({
                "name": name, "time_zone": "Europe/London", "sign_up_until": today + Days::new(10),
                "answer_until": today + Days::new(20), "dates": [day], "rules": { "balance": 0 },
            });
            self.post("/v1/rounds", &body)?.expect(201);
            return Ok(true);
        };
        let url = format!("/v1/rounds/{}", round["id"].as_str().expect("an id"));
        match round["state"].as_str().expect("a state") {
            "draft" => self.post(&format!("{url}/open"), &Value::Null).map(|_| true),
            "open" => self.fill(&url),
            "closed" | "matched" => self.match_up(&url),
            "published" => self.see_through(&url),
            other => panic!("round {other}"),
        }
    }

    /// Presses what the mails that arrived offer: everybody says yes, but now and then somebody no.
    fn press(&mut self) -> Result<bool, Gone> {
        let arrived = self.sink.arrived();
        let new = arrived[self.seen..].iter().filter_map(|mail| mail.secret.clone());
        self.waiting.extend(new);
        self.seen = arrived.len();
        let Some(secret) = self.waiting.last().cloned() else { return Ok(false) };
        if !self.done.contains(&secret) {
            let path = format!("/v1/links/{secret}");
            let page = self.send(false, "GET", &path, &Value::Null)?.expect(200);
            let deeds = page["deeds"].as_array().expect("a list").clone();
            let wanted = if secret.starts_with(['0', '1']) { "decline" } else { "accept" };
            let deed = ["verify", "release", wanted].into_iter().find(|deed| deeds.contains(&json!(deed)));
            if let Some(deed) = deed {
                let mut body = json!({ "deed": deed });
                if *deed == *wanted {
                    body["version"] = page["placement"]["version"].clone();
                }
                let reply = self.send(false, "POST", &path, &body)?;
                assert!(reply.status == 200 || reply.status == 409, "{}", reply.text());
            }
            self.done.insert(secret);
        }
        self.waiting.pop();
        Ok(true)
    }

    fn fill(&mut self, url: &str) -> Result<bool, Gone> {
        let day = self.day().to_string();
        let offered = self.list(&format!("{url}/libraries?limit=200"))?;
        if offered.len() < LIBRARIES.len() {
            let offer = json!({
                "hosting": { day.as_str(): 1 }, "release": { day.as_str(): 1 },
                "hours": { day.as_str(): ["10:00", "16:00"] },
            });
            let has_offered = |library: &Value| offered.iter().any(|offer| offer["library"] == library["id"]);
            for library in self.list("/v1/libraries?limit=200")?.iter().filter(|one| !has_offered(one)) {
                let path = format!("{url}/libraries/{}", library["id"].as_str().expect("an id"));
                self.send(true, "PUT", &path, &offer)?.expect(200);
            }
            return Ok(true);
        }
        let applications = self.list(&format!("{url}/applications?limit=200"))?;
        let address = |name: &str| format!("p{}@{name}.example", self.number);
        let missing = LIBRARIES
            .into_iter()
            .find(|(name, _)| applications.iter().all(|one| one["email"] != address(name).as_str()));
        if let Some((name, _)) = missing {
            let form = json!({
                "name": format!("Person {}", self.number), "email": address(name), "home_library": name,
                "dates": [day], "max_km": 30, "manager_email": format!("boss@{name}.example"),
            });
            let path = format!("{url}/applications");
            let reply = self.send(false, "POST", &path, &form)?;
            assert_eq!(reply.status, 202, "{}", reply.text());
            return Ok(true);
        }
        if applications.iter().any(|one| one["state"] != "released") {
            return Ok(false);
        }
        self.post(&format!("{url}/close"), &json!({ "early_reason": "all are here" })).map(|_| true)
    }

    fn match_up(&mut self, url: &str) -> Result<bool, Gone> {
        let runs = self.list(&format!("{url}/runs"))?;
        if runs.iter().any(|run| run["state"] == "queued" || run["state"] == "solving") {
            return Ok(false);
        }
        let Some(run) = runs.iter().find(|run| run["state"] == "finished") else {
            return self.post(&format!("{url}/runs"), &Value::Null).map(|_| true);
        };
        let path = format!("/v1/runs/{}/publish", run["id"].as_str().expect("an id"));
        let reply = self.post(&path, &Value::Null)?;
        assert!(reply.status == 200 || reply.status == 409, "{}", reply.text());
        Ok(true)
    }

    fn see_through(&mut self, url: &str) -> Result<bool, Gone> {
        let runs = self.list(&format!("{url}/runs"))?;
        let run = runs.iter().find(|run| run["state"] == "published").expect("a published run");
        let run = format!("/v1/runs/{}", run["id"].as_str().expect("an id"));
        if !self.list(&format!("{run}/held-mails"))?.is_empty() {
            return self.post(&format!("{run}/release-mails"), &Value::Null).map(|_| true);
        }
        let placements = self.list(&format!("{url}/placements?limit=200"))?;
        if placements.iter().any(|one| one["state"] == "proposed") {
            return Ok(false);
        }
        // One of those that are certain is called off after all.
        if let Some(one) = placements.iter().find(|one| one["state"] == "confirmed")
            && placements.iter().all(|one| one["state"] != "cancelled")
        {
            let path = format!("/v1/placements/{}/cancel", one["id"].as_str().expect("an id"));
            return self.post(&path, &json!({ "reason": "Snow." })).map(|_| true);
        }
        self.number += 1;
        Ok(true)
    }

    /// Rounds played to their end.
    pub const fn rounds(&self) -> u64 {
        self.number
    }
}
