//! The stage of the story: libraries with their opening hours, a round, closed days, offers, sign-ups.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::people::{self, Person};
use super::story::{Play, text, texts};
use crate::cli::invented::domain_of;
use crate::domain::permissions::{Actor, Role};
use crate::import::{Kind, Table};
use crate::services::App;
use crate::services::imports::{ImportMode, Order, import};

/// The libraries around Worcester (`ATTRIBUTION.md` beside it).
const LIBRARIES: &[u8] = include_bytes!("libraries.csv");

/// A library as the API shows it.
#[derive(Debug, Clone)]
pub(super) struct Library {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sectors: Vec<String>,
    pub(super) employers: Vec<String>,
    /// Whether its list knows when it is open.
    pub(super) has_hours: bool,
}

/// What closes days in the story.
#[derive(Debug, Clone)]
pub(super) struct ClosedDays {
    pub(super) bank_holiday: NaiveDate,
    pub(super) stocktaking: NaiveDate,
    pub(super) library: String,
    pub(super) library_name: String,
}

/// The library that counts its stock.
const STOCKTAKING: &str = "Redditch Library";

impl Play {
    /// Imports the list, enters The Hive by hand, tells the employers' domains; gives employers' names by id.
    pub(super) fn enter_libraries(&self, app: &App) -> Result<BTreeMap<String, String>, String> {
        let list = Table::read(LIBRARIES.to_vec()).map_err(|fault| fault.to_string())?;
        let importer = Actor::named("import", Role::Organiser);
        import(app, &importer, &Order::new(Kind::Libraries, &list, ImportMode::Apply))
            .map_err(|error| error.to_string())?;
        self.post("/v1/employers", &json!({ "name": "University of Worcester" }))?;
        let employers = self.client.list("/v1/employers", &self.token)?;
        let mut names = BTreeMap::new();
        for employer in &employers {
            let (id, name) = (text(&employer["id"]), text(&employer["name"]));
            let directory = json!({ "domains": [domain_of(&name)] });
            self.client.replace(&format!("/v1/employers/{id}/directory"), &self.token, &directory)?;
            names.insert(id, name);
        }
        let owner = |name: &str| names.iter().find(|(_, known)| *known == name).map(|(id, _)| id.clone());
        self.post(
            "/v1/libraries",
            &json!({
                "reference": "the-hive", "name": "The Hive", "sectors": ["public", "academic"],
                "employers": [owner("Worcestershire County Council"), owner("University of Worcester")],
                "address": "Sawmill Walk, The Butts, Worcester", "postcode": "WR1 3PB", "country": "England",
                "point": { "latitude": 52.19383, "longitude": -2.22499 }, "time_zone": "Europe/London",
                "opening_hours": "Mo-Su 08:30-22:00",
            }),
        )?;
        Ok(names)
    }

    /// Every library, by id.
    pub(super) fn libraries(&self) -> Result<BTreeMap<String, Library>, String> {
        let found = self.client.list("/v1/libraries", &self.token)?;
        Ok(found
            .iter()
            .map(|library| {
                let id = text(&library["id"]);
                let library = Library {
                    id: id.clone(),
                    name: text(&library["name"]),
                    sectors: texts(&library["sectors"]),
                    employers: texts(&library["employers"]),
                    has_hours: library["opening_hours"].is_string(),
                };
                (id, library)
            })
            .collect())
    }

    /// A round of a working week, open; its id and days.
    pub(super) fn open_round(&self, today: NaiveDate) -> Result<(String, Vec<NaiveDate>), String> {
        let dates = people::working_days(today);
        let round = self.post(
            "/v1/rounds",
            &json!({
                "name": "One library to the left", "time_zone": "Europe/London",
                "sign_up_until": today + Days::new(14), "answer_until": today + Days::new(35),
                "dates": dates, "rules": { "balance": 0 },
            }),
        )?;
        let id = text(&round["id"]);
        self.post(&format!("/v1/rounds/{id}/open"), &json!({}))?;
        Ok((id, dates))
    }

    /// Friday becomes a bank holiday of England, and a library is closed on Tuesday.
    pub(super) fn close_days(
        &self,
        libraries: &BTreeMap<String, Library>,
        dates: &[NaiveDate],
    ) -> Result<ClosedDays, String> {
        let [_, stocktaking, _, _, bank_holiday] = *dates else {
            return Err("the week has not five days".to_owned());
        };
        let period =
            json!({ "kind": "bank_holiday", "starts_on": bank_holiday, "label": "Demonstration Day" });
        self.post(
            "/v1/calendars",
            &json!({
                "name": "England and Wales", "kind": "bank_holidays", "division": "england-and-wales",
                "periods": [period],
            }),
        )?;
        let library = libraries.values().find(|library| library.name == STOCKTAKING);
        let library = library.ok_or_else(|| format!("{STOCKTAKING} is not in the list"))?;
        let path = format!("/v1/libraries/{}/exceptions/{stocktaking}", library.id);
        self.client.put(&path, &self.token, &json!({ "opens": [], "label": "stocktaking" }))?;
        Ok(ClosedDays {
            bank_holiday,
            stocktaking,
            library: library.id.clone(),
            library_name: library.name.clone(),
        })
    }

    /// Every library names a contact and offers places by rule, whatever the week brings; how many do.
    pub(super) fn offer(
        &self,
        round: &str,
        libraries: &BTreeMap<String, Library>,
        dates: &[NaiveDate],
    ) -> Result<usize, String> {
        for (n, library) in libraries.values().enumerate() {
            let is = |sector: &str| library.sectors.iter().any(|own| own == sector);
            let host = format!("host.{n}@{}", domain_of(&library.name));
            let welcome = json!({
                "contact": { "name": format!("Visits desk of {}", library.name), "email": host },
                "topics": people::topics(n), "access": ["step-free"],
                "vetting_required": is("school"), "escorts_visitors": is("school") && n % 2 == 0,
            });
            self.client.replace(&format!("/v1/libraries/{}/welcome", library.id), &self.token, &welcome)?;
            // A joint library is large: it takes and releases two on a day.
            let places = library.employers.len();
            let weekdays: Vec<&str> =
                ["mo", "tu", "we", "th", "fr"].into_iter().skip(n % 3).take(3).collect();
            let times = if is("school") { ["08:30", "16:00"] } else { ["09:30", "17:00"] };
            let hours: BTreeMap<&NaiveDate, [&str; 2]> = if library.has_hours {
                BTreeMap::new()
            } else {
                dates.iter().map(|date| (date, times)).collect()
            };
            let offer = json!({
                "hosting_rule": { "weekdays": weekdays, "visitors": places }, "hosting_limit": 3,
                "cover_rule": { "rostered": 3 + places, "minimum": 3 }, "hours": hours,
            });
            self.client.put(&format!("/v1/rounds/{round}/libraries/{}", library.id), &self.token, &offer)?;
        }
        Ok(libraries.len())
    }

    /// When the hosts of placements are open, by library and date.
    pub(super) fn days_of_hosts(
        &self,
        placements: &[Value],
        dates: &[NaiveDate],
    ) -> Result<BTreeMap<(String, String), Value>, String> {
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(BTreeMap::new()) };
        let mut days = BTreeMap::new();
        for placement in placements {
            let host = text(&placement["host_library"]);
            if days.contains_key(&(host.clone(), first.to_string())) {
                continue;
            }
            let path = format!("/v1/libraries/{host}/days?from={first}&to={last}");
            let found = self.client.get_json(&path, Some(&self.token))?;
            for day in found["days"].as_array().into_iter().flatten() {
                days.insert((host.clone(), text(&day["date"])), day.clone());
            }
        }
        Ok(days)
    }

    /// As anybody would: without a token.
    pub(super) fn sign_up(&self, round: &str, person: &Person) -> Result<(), String> {
        let form = json!({
            "name": person.name, "email": person.email, "manager_email": person.manager,
            "home_library": person.home.id, "employer": person.home.employer,
            "dates": person.dates, "max_km": person.max_km,
            "sectors": person.sectors, "topics": person.topics,
            "role_title": person.role, "objectives": person.objectives,
            "assured_until": person.assured_until,
            "pattern": if person.works_mornings { people::mornings() } else { Value::Null },
        });
        self.client.post(&format!("/v1/rounds/{round}/applications"), None, &form).map(|_| ())
    }
}
