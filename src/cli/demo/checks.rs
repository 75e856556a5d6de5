//! What the demonstration promises, checked against what came out of the service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mailbox::Mail;
use super::programme::ClosedDays;
use crate::files::{Round, Schedule};
use crate::verify::{self, Subject};

/// Everything that the checks look at.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) run: String,
    /// Placement and party of every yes.
    pub(super) accepted: Vec<(String, String)>,
    pub(super) declined: String,
    pub(super) declined_by: String,
    pub(super) dropped: String,
    pub(super) dropped_out: String,
    /// The addresses of the parties of the two placements that ended.
    pub(super) involved: Vec<String>,
    /// As the organiser sees them at the end.
    pub(super) placements: Vec<Value>,
    /// When the hosts are open, by library and date.
    pub(super) days: BTreeMap<(String, String), Value>,
    /// What closed days.
    pub(super) closed: Option<ClosedDays>,
    /// Who works half days.
    pub(super) mornings: Vec<String>,
    /// Round and schedule file of the run.
    pub(super) files: (String, String),
    /// Placement ids in the schedules of all employers.
    pub(super) csv: Vec<String>,
    /// How often links of mails were opened before anybody read them, while nothing changed.
    pub(super) opened: usize,
    /// Every mail, in the order sent.
    pub(super) mails: Vec<Mail>,
}

impl Evidence {
    fn placement(&self, id: &str) -> Option<&Value> {
        self.placements.iter().find(|placement| placement["id"].as_str() == Some(id))
    }

    fn in_state(&self, state: &str) -> BTreeSet<&str> {
        self.placements
            .iter()
            .filter(|placement| placement["state"].as_str() == Some(state))
            .filter_map(|placement| placement["id"].as_str())
            .collect()
    }
}

/// Prints each check with its outcome; whether all held.
pub(super) fn print(evidence: &Evidence) -> bool {
    let checks: [(&str, Result<String, String>); 8] = [
        ("every placement that all parties agreed to is confirmed", all_agreed_are_confirmed(evidence)),
        ("the drop-out got a CANCEL with a higher SEQUENCE", drop_out_was_cancelled(evidence)),
        ("the schedule verifies", schedule_verifies(evidence)),
        ("nobody goes where or when it is closed", opening_hours_were_kept(evidence)),
        ("a half day stays a half day", half_days_were_kept(evidence)),
        ("HR's rows are the confirmed placements", rows_are_confirmed(evidence)),
        ("nobody uninvolved got a mail", only_involved_got_mail(evidence)),
        ("a scanner that opens every link changes nothing", scanner_changed_nothing(evidence)),
    ];
    say!("\nWhat was promised");
    let mut held = true;
    for (promise, outcome) in checks {
        match outcome {
            Ok(words) => say!("  ✓ {promise}: {words}"),
            Err(words) => {
                held = false;
                say!("  ✗ {promise}: {words}");
            }
        }
    }
    held
}

fn all_agreed_are_confirmed(evidence: &Evidence) -> Result<String, String> {
    let mut parties: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (placement, party) in &evidence.accepted {
        parties.entry(placement).or_default().insert(party);
    }
    let asked: BTreeSet<&str> = ["participant", "host"].into();
    let agreed: BTreeSet<&str> = parties
        .iter()
        .filter(|(id, parties)| **parties == asked && **id != evidence.dropped)
        .map(|(id, _)| *id)
        .collect();
    let confirmed = evidence.in_state("confirmed");
    if agreed == confirmed && !agreed.is_empty() {
        Ok(format!("{} of {}", confirmed.len(), evidence.placements.len()))
    } else {
        Err(format!("{} agreed, {} confirmed", agreed.len(), confirmed.len()))
    }
}

/// Looks at every calendar event whose CANCEL came, by its UID.
fn drop_out_was_cancelled(evidence: &Evidence) -> Result<String, String> {
    let placement = evidence.placement(&evidence.dropped).ok_or("the drop-out's placement is gone")?;
    let address = placement["participant"]["email"].as_str().ok_or("the drop-out has no address")?;
    let events: Vec<_> = evidence
        .mails
        .iter()
        .filter(|mail| mail.to == address)
        .filter_map(|mail| mail.invitation.as_ref())
        .collect();
    let cancel = events.iter().rfind(|event| event.method == "CANCEL").ok_or("no CANCEL came")?;
    let before = events
        .iter()
        .filter(|event| event.method == "REQUEST" && event.uid == cancel.uid)
        .map(|event| event.sequence)
        .max()
        .ok_or("no REQUEST with the same UID came before")?;
    if cancel.sequence > before {
        Ok(format!("{before}, then {}", cancel.sequence))
    } else {
        Err(format!("{before}, then {}", cancel.sequence))
    }
}

fn schedule_verifies(evidence: &Evidence) -> Result<String, String> {
    let faults = |faults: Vec<crate::domain::fault::Fault>| format!("{} faults in the files", faults.len());
    let round = Round::read(evidence.files.0.as_bytes()).map_err(faults)?;
    let schedule = Schedule::read(evidence.files.1.as_bytes()).map_err(faults)?;
    let report = verify::verify(&Subject::Round(&round), &schedule);
    match report.breaches.first() {
        None => Ok(report.verdict.to_string()),
        Some(breach) => Err(breach.to_string()),
    }
}

/// Looks at the hosts' days as the service tells them, and at the two closures as the story made them.
fn opening_hours_were_kept(evidence: &Evidence) -> Result<String, String> {
    let closed = evidence.closed.as_ref().ok_or("nothing was closed")?;
    let (holiday, stocktaking) = (closed.bank_holiday.to_string(), closed.stocktaking.to_string());
    for placement in &evidence.placements {
        let [host, date, starts, ends] =
            [&placement["host_library"], &placement["date"], &placement["starts"], &placement["ends"]]
                .map(|value| value.as_str().unwrap_or_default());
        let day = evidence.days.get(&(host.to_owned(), date.to_owned())).ok_or("a day is missing")?;
        // Nobody has said when it is open: then its offer did.
        let within = day["spans"].as_array().is_none_or(|spans| {
            // Times of a day sort as text.
            let holds = |span: &Value| span[0].as_str() <= Some(starts) && Some(ends) <= span[1].as_str();
            spans.iter().any(holds)
        });
        let is_closed = date == holiday || (host == closed.library && date == stocktaking);
        if !within || is_closed || day["takes_visitors"] != true {
            return Err(format!(
                "{} on {date} from {starts} to {ends}: {}",
                placement["host"]["name"], day["why"]
            ));
        }
    }
    Ok(format!(
        "{} days lie in opening hours, none on {}, none at {} on {}",
        evidence.placements.len(),
        closed.bank_holiday.format("%A"),
        closed.library_name,
        closed.stocktaking.format("%A")
    ))
}

fn half_days_were_kept(evidence: &Evidence) -> Result<String, String> {
    let is_half = |placement: &&Value| {
        evidence.mornings.iter().any(|name| placement["participant"]["name"].as_str() == Some(name))
    };
    let mut told = Vec::new();
    for placement in evidence.placements.iter().filter(is_half) {
        let [name, host, starts, ends] = [
            &placement["participant"]["name"],
            &placement["host"]["name"],
            &placement["starts"],
            &placement["ends"],
        ]
        .map(|value| value.as_str().unwrap_or_default());
        if starts < "09:00" || ends > "13:00" {
            return Err(format!("{name} works until 13:00 and is away from {starts} to {ends}"));
        }
        told.push(format!("{name}, {starts} to {ends} at {host}"));
    }
    Ok(if told.is_empty() { "nobody who works half days has a place".to_owned() } else { told.join("; ") })
}

fn rows_are_confirmed(evidence: &Evidence) -> Result<String, String> {
    let rows: BTreeSet<&str> = evidence.csv.iter().map(String::as_str).collect();
    let confirmed = evidence.in_state("confirmed");
    if rows == confirmed && rows.len() == evidence.csv.len() {
        Ok(format!("{} rows", rows.len()))
    } else {
        Err(format!("{} rows, {} confirmed placements", evidence.csv.len(), confirmed.len()))
    }
}

/// Whatever a scanner changes ends the story at once.
fn scanner_changed_nothing(evidence: &Evidence) -> Result<String, String> {
    let linked = evidence.mails.iter().filter(|mail| mail.secret.is_some()).count();
    if evidence.opened >= linked && linked > 0 {
        Ok(format!("the links of {} mails, asked for {} times", evidence.mails.len(), evidence.opened))
    } else {
        Err(format!("{linked} links, asked for {} times", evidence.opened))
    }
}

/// The cancellations of the two placements that ended went to their own parties only.
fn only_involved_got_mail(evidence: &Evidence) -> Result<String, String> {
    let cancelled: Vec<&Mail> =
        evidence.mails.iter().filter(|mail| mail.subject.starts_with("Cancelled")).collect();
    if cancelled.is_empty() {
        return Err("no cancellation went out at all".to_owned());
    }
    match cancelled.iter().find(|mail| !evidence.involved.contains(&mail.to)) {
        None => Ok(format!("{} cancellations, all to those concerned", cancelled.len())),
        Some(mail) => Err(format!("{} is not concerned", mail.file.display())),
    }
}
