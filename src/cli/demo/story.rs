//! The story from an empty database to HR's schedule, step by step, told on the terminal as it happens.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::checks::{self, Evidence};
use super::client::Client;
use super::mailbox::{Mail, Mailbox};
use super::people::{self, Home};
use super::programme::Library;
use super::{scanner, transcript};
use crate::cli::invented::domain_of;
use crate::services::App;
use crate::services::clock::seconds_running;

/// What the story is played on.
pub(super) struct Stage {
    pub(super) base: String,
    pub(super) app: App,
    pub(super) folder: PathBuf,
    pub(super) staff: usize,
    pub(super) organiser: String,
}

/// Plays the story; whether everything that it promises held.
pub(super) fn tell(stage: &Stage) -> Result<bool, String> {
    let began = seconds_running();
    let mut play = Play {
        client: Client::new(&stage.base),
        token: stage.organiser.clone(),
        mailbox: Mailbox::new(&stage.folder.join("mails")),
        mails: Vec::new(),
        opened: 0,
    };
    say!("library-swap demo: everyone moves one library to the left\n");
    step("A fresh database", &format!("in {}, served at {}", stage.folder.display(), stage.base));

    let employers = play.enter_libraries(&stage.app)?;
    let libraries = play.libraries()?;
    let joint = libraries.values().filter(|library| library.employers.len() > 1).count();
    step(
        &format!("{} real libraries", libraries.len()),
        &format!(
            "around Worcester, of {} employers; {joint} of them joint: The Hive, public and academic",
            employers.len()
        ),
    );

    let today = stage.app.clock.now().date_naive();
    let (round, dates) = play.open_round(today)?;
    let offering = play.offer(&round, &libraries, &dates)?;
    step(
        "A round opens",
        &format!(
            "{} days from {}; {offering} libraries offer places; balance 0: whoever gives, gets",
            dates.len(),
            dates[0].format("%A %-d %B %Y")
        ),
    );
    let closed = play.close_days(&libraries, &dates)?;
    step(
        "Days are closed",
        &format!(
            "{} is a bank holiday in England (made up); on {} {} is closed for stocktaking",
            closed.bank_holiday.format("%A"),
            closed.stocktaking.format("%A"),
            closed.library_name
        ),
    );

    let staff = people::invent(stage.staff, &homes(&libraries, &employers), &dates);
    for person in &staff {
        play.sign_up(&round, person)?;
    }
    let proven = play.answer_mails(|deeds, _| deeds.contains(&"verify").then_some(Press::Verify))?;
    step(
        &format!("{} people sign up", staff.len()),
        &format!("through the API; {} prove their address by the link in their mail", proven.len()),
    );

    let mornings = staff.iter().filter(|person| person.works_mornings).map(|person| person.name.clone());
    let mornings: Vec<String> = mornings.collect();

    let refusing = staff.get(7).map(|person| person.name.clone()).unwrap_or_default();
    let decided = play.answer_mails(|deeds, view| {
        deeds
            .contains(&"release")
            .then(|| if named(view, &refusing) { Press::Refuse } else { Press::Release })
    })?;
    let released = decided.iter().filter(|(_, press)| *press == Press::Release).count();
    step("Managers decide", &format!("{released} say yes, {} says no", decided.len() - released));

    play.post(&format!("/v1/rounds/{round}/close"), &json!({ "early_reason": "the demonstration goes on" }))?;
    let run = play.solve(&round)?;
    let result = &run["result"];
    step(
        "The round is matched",
        &format!(
            "{} of {released} placed, value {} of at most {}",
            result["placed"], result["value"], result["bound"]
        ),
    );

    let run_id = text(&run["id"]);
    play.post(&format!("/v1/runs/{run_id}/publish"), &json!({}))?;
    play.post(&format!("/v1/runs/{run_id}/release-mails"), &json!({}))?;
    play.wait_for_mail()?;
    step("Published", "one transaction; every participant, host and left-out person has a mail");

    let mut evidence = Evidence { run: run_id, ..Evidence::default() };
    play.answer_proposals(&mut evidence)?;
    step("Answers", &format!("by the links in the mails; {} declines", evidence.declined_by));
    play.drop_out(&mut evidence)?;
    step("A drop-out", &format!("{} is ill; those involved get a cancellation", evidence.dropped_out));

    evidence.placements = play.placements(&round)?;
    evidence.days = play.days_of_hosts(&evidence.placements, &dates)?;
    evidence.closed = Some(closed);
    evidence.mornings = mornings;
    for id in [&evidence.declined, &evidence.dropped] {
        evidence.involved.extend(play.involved(&evidence.placements, id)?);
    }
    evidence.files = play.files(&evidence.run)?;
    evidence.csv = play.export(&stage.folder, &round, &employers)?;
    evidence.mails.clone_from(&play.mails);
    evidence.opened = play.opened;
    transcript::print(&evidence, &stage.folder, &stage.base);
    let held = checks::print(&evidence);
    say!("\nIt took {:.1} seconds.", seconds_running() - began);
    Ok(held)
}

fn step(what: &str, how: &str) {
    say!("  {what:<22} {how}");
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|items| items.iter().map(text).collect()).unwrap_or_default()
}

/// Whether a page is about a person.
fn named(view: &Value, name: &str) -> bool {
    view["application"]["name"].as_str() == Some(name)
}

/// Where the invented staff work: every library, and its employers in turn.
fn homes(libraries: &BTreeMap<String, Library>, employers: &BTreeMap<String, String>) -> Vec<Home> {
    libraries
        .values()
        .flat_map(|library| {
            library.employers.iter().map(|employer| {
                let employer = employers.get(employer).cloned().unwrap_or_default();
                Home {
                    id: library.id.clone(),
                    sectors: library.sectors.clone(),
                    domain: domain_of(&employer),
                    employer,
                }
            })
        })
        .collect()
}

/// A button on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Verify,
    Release,
    Refuse,
    Accept,
    Decline,
}

impl Press {
    /// The form that a browser would send: the button, a reason, and the days that are ticked on the page.
    fn fields(self, view: &Value) -> Vec<(&'static str, String)> {
        let (deed, reason) = match self {
            Press::Verify => ("verify", None),
            Press::Release => ("release", None),
            Press::Refuse => ("refuse", Some("cover")),
            Press::Accept => ("accept", None),
            Press::Decline => ("decline", Some("That day has become impossible for me.")),
        };
        let days = if self == Press::Release { texts(&view["application"]["dates"]) } else { Vec::new() };
        let mut fields = vec![("deed", deed.to_owned())];
        if matches!(self, Press::Accept | Press::Decline) {
            fields.push(("version", view["placement"]["version"].to_string()));
        }
        fields.extend(reason.map(|reason| ("reason", reason.to_owned())));
        fields.extend(days.into_iter().map(|day| ("dates", day)));
        fields
    }
}

pub(super) struct Play {
    pub(super) client: Client,
    pub(super) token: String,
    mailbox: Mailbox,
    mails: Vec<Mail>,
    /// How often links of mails were opened before anybody read them.
    opened: usize,
}

/// How long the demonstration waits for the service to send or to solve, in seconds.
const PATIENCE: f64 = 120.0;

impl Play {
    /// POSTs as the organiser.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.client.post(path, Some(&self.token), body)
    }

    /// Waits until nothing is due in the outbox, then reads what came.
    fn wait_for_mail(&mut self) -> Result<Vec<Mail>, String> {
        let began = seconds_running();
        loop {
            let counts = self.client.get_json("/v1/deliveries/counts", Some(&self.token))?;
            let waiting = |state: &str| counts[state].as_i64().unwrap_or_default();
            if waiting("gave_up") > 0 {
                return Err("a mail could not be sent".to_owned());
            }
            if waiting("queued") + waiting("sending") == 0 {
                break;
            }
            if seconds_running() - began > PATIENCE {
                return Err(format!("mails wait for too long: {counts}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let new = self.mailbox.new_mails()?;
        let before = scanner::fingerprint(&self.client, &self.token)?;
        self.opened += scanner::open_all(&self.client, &new)?;
        if scanner::fingerprint(&self.client, &self.token)? != before {
            return Err("opening the links of mails has changed something".to_owned());
        }
        self.mails.extend(new.iter().cloned());
        Ok(new)
    }

    /// Opens the page of every new mail and presses what `choose` says for it.
    fn answer_mails(
        &mut self,
        choose: impl FnMut(&[&str], &Value) -> Option<Press>,
    ) -> Result<Vec<(Value, Press)>, String> {
        let mails = self.wait_for_mail()?;
        self.answer(&mails, choose)
    }

    fn answer(
        &self,
        mails: &[Mail],
        mut choose: impl FnMut(&[&str], &Value) -> Option<Press>,
    ) -> Result<Vec<(Value, Press)>, String> {
        let mut pressed = Vec::new();
        for secret in mails.iter().filter_map(|mail| mail.secret.as_deref()) {
            // The page as a browser gets it, and the same for programs, to read what it offers.
            let page = self.client.get(&format!("/links/{secret}"), None)?;
            if page.status != 200 {
                return Err(format!("a page of a mail answered {}: {}", page.status, page.body));
            }
            let view = self.client.get_json(&format!("/v1/links/{secret}"), None)?;
            let deeds = texts(&view["deeds"]);
            let deeds: Vec<&str> = deeds.iter().map(String::as_str).collect();
            if let Some(press) = choose(&deeds, &view) {
                self.client.press(&format!("/links/{secret}"), &press.fields(&view))?;
                pressed.push((view, press));
            }
        }
        Ok(pressed)
    }

    /// Starts a run and waits for it.
    fn solve(&self, round: &str) -> Result<Value, String> {
        let run = self.post(&format!("/v1/rounds/{round}/runs"), &json!({}))?;
        let path = format!("/v1/runs/{}", text(&run["id"]));
        let began = seconds_running();
        loop {
            let run = self.client.get_json(&path, Some(&self.token))?;
            match run["state"].as_str() {
                Some("finished") => return Ok(run),
                Some("failed") => return Err(format!("the run failed: {}", run["error"])),
                _ if seconds_running() - began > PATIENCE => {
                    return Err(format!("the run takes too long: {run}"));
                }
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Everybody says yes, but for the first participant who opens a proposal.
    fn answer_proposals(&mut self, evidence: &mut Evidence) -> Result<(), String> {
        let proposals: Vec<Mail> =
            self.mails.iter().filter(|mail| mail.invitation.is_some()).cloned().collect();
        let mut declined = None;
        let answered = self.answer(&proposals, |deeds, view| {
            if !deeds.contains(&"accept") {
                return None;
            }
            if declined.is_none() && view["party"].as_str() == Some("participant") {
                declined = Some(view.clone());
                return Some(Press::Decline);
            }
            Some(Press::Accept)
        })?;
        let declined = declined.ok_or("nobody got a proposal")?;
        evidence.declined_by = text(&declined["application"]["name"]);
        evidence.declined = text(&declined["placement"]["id"]);
        evidence.accepted = answered
            .iter()
            .filter(|(_, press)| *press == Press::Accept)
            .map(|(view, _)| (text(&view["placement"]["id"]), text(&view["party"])))
            .collect();
        Ok(())
    }

    /// The first participant with a confirmed placement calls the day off.
    fn drop_out(&mut self, evidence: &mut Evidence) -> Result<(), String> {
        let mails = self.wait_for_mail()?;
        let mut dropped = None;
        self.answer(&mails, |deeds, view| {
            let confirmed = view["placement"]["state"].as_str() == Some("confirmed");
            let own = view["party"].as_str() == Some("participant");
            if dropped.is_none() && confirmed && own && deeds.contains(&"decline") {
                dropped = Some(view.clone());
                return Some(Press::Decline);
            }
            None
        })?;
        let dropped = dropped.ok_or("nobody has a confirmed placement")?;
        evidence.dropped_out = text(&dropped["application"]["name"]);
        evidence.dropped = text(&dropped["placement"]["id"]);
        self.wait_for_mail().map(|_| ())
    }

    /// Every placement with its people.
    fn placements(&self, round: &str) -> Result<Vec<Value>, String> {
        self.client
            .list(&format!("/v1/rounds/{round}/placements"), &self.token)?
            .iter()
            .map(|listed| {
                let path = format!("/v1/placements/{}", text(&listed["id"]));
                self.client.get_json(&path, Some(&self.token))
            })
            .collect()
    }

    /// The addresses of the three parties of a placement.
    fn involved(&self, placements: &[Value], id: &str) -> Result<Vec<String>, String> {
        let placement = placements.iter().find(|placement| placement["id"].as_str() == Some(id));
        let placement = placement.ok_or("a placement is gone")?;
        let application = format!("/v1/applications/{}", text(&placement["application"]));
        let application = self.client.get_json(&application, Some(&self.token))?;
        Ok(vec![
            text(&placement["participant"]["email"]),
            text(&placement["host"]["contact"]["email"]),
            text(&application["manager_email"]),
        ])
    }

    /// The public files of the run: what anybody can re-prove.
    fn files(&self, run: &str) -> Result<(String, String), String> {
        let file = |name: &str| -> Result<String, String> {
            Ok(self.client.get(&format!("/v1/runs/{run}/{name}"), Some(&self.token))?.body)
        };
        Ok((file("round-file")?, file("schedule-file")?))
    }

    /// HR of every employer downloads its own schedule; the rows of all of them together.
    fn export(
        &self,
        folder: &std::path::Path,
        round: &str,
        employers: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, String> {
        let mut rows = Vec::new();
        let target = folder.join("schedules");
        std::fs::create_dir_all(&target).map_err(|error| format!("{}: {error}", target.display()))?;
        for (id, name) in employers {
            let wanted = json!({ "name": format!("HR of {name}"), "role": "hr", "employers": [id] });
            let token = self.post("/v1/tokens", &wanted)?;
            let path = format!("/v1/rounds/{round}/schedule.csv");
            let answer = self.client.get(&path, token["secret"].as_str())?;
            if answer.status != 200 {
                return Err(format!("the schedule of {name}: {}", answer.body));
            }
            let records: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(answer.body.as_bytes())
                .deserialize()
                .collect::<Result<_, _>>()
                .map_err(|error| format!("the schedule of {name}: {error}"))?;
            if !records.is_empty() {
                let file = target.join(format!("{}.csv", domain_of(name).trim_end_matches(".example")));
                std::fs::write(&file, &answer.body)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
            }
            rows.extend(records.iter().filter_map(|record| record.get("placement_id").cloned()));
        }
        Ok(rows)
    }
}
