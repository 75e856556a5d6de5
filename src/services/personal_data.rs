//! Everything that is known of a person, for the person: as JSON, and as text that can be read.

use serde_json::{Value, json};

use super::access_needs::{WhatWasRead, note};
use super::app::record;
use super::applications::permit_on;
use super::load::{get_applicant, get_library, get_round};
use super::{App, AppError};
use crate::domain::ids::{ApplicationId, PlacementId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Role};
use crate::store::{
    Db, access_needs, attendance, audit, certificates, feedback, ideas, personal_data, placements,
    privacy_notices,
};

/// Everything that is known of the person of an application, all their rounds included.
///
/// Who takes it of somebody else stands in the ledger of their access needs, where they have any.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn of(app: &App, actor: &Actor, id: ApplicationId) -> Result<Value, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let applicant = get_applicant(tx, id)?;
        permit_on(tx, actor, Action::ReadPersonalData, &applicant)?;
        let person = applicant.person;
        let own = personal_data::list_applications(tx, person.id)?;
        let ids: Vec<ApplicationId> = own.iter().map(|(id, _)| *id).collect();
        if actor.role != Role::Participant {
            let mut with_needs = Vec::new();
            for id in &ids {
                if access_needs::are_there(tx, *id)? {
                    with_needs.push(*id);
                }
            }
            note(tx, &now, actor, &with_needs, WhatWasRead::SubjectExport)?;
        }
        record(tx, &now, actor, Action::ReadPersonalData, ("person", &person.id), &json!({}))?;
        let days = personal_data::list_placements(tx, person.id)?;
        let (mut applications, mut visits) = (Vec::new(), Vec::new());
        for (id, made_at) in &own {
            applications.push(application(tx, *id, &made_at.and_utc().to_rfc3339())?);
        }
        for id in &days {
            visits.push(placement(tx, *id)?);
        }
        let address = person.email.as_str();
        let mails = personal_data::list_mails(tx, address)?.into_iter().map(|(kind, state, made, settled)| {
            json!({ "kind": kind, "state": state, "made_at": made.and_utc(), "settled_at": settled.map(|at| at.and_utc()) })
        });
        let mails: Vec<Value> = mails.collect();
        let links = personal_data::list_links(tx, address)?.into_iter().map(|(purpose, made, ends)| {
            json!({ "purpose": purpose, "made_at": made.and_utc(), "expires_at": ends.and_utc() })
        });
        let links: Vec<Value> = links.collect();
        let calendars = personal_data::list_calendars(tx, person.id)?.into_iter().map(|(made, revoked)| {
            json!({ "made_at": made.and_utc(), "taken_back_at": revoked.map(|at| at.and_utc()) })
        });
        let calendars: Vec<Value> = calendars.collect();
        let employments = personal_data::list_employments(tx, person.id)?.into_iter();
        let employments: Vec<Value> = employments
            .map(|(employer, external, manager, left)| {
                json!({ "employer": employer, "id_there": external, "manager_email": manager, "left_on": left })
            })
            .collect();
        let past = personal_data::list_past_days(tx, person.id)?.into_iter();
        let past: Vec<Value> = past.map(|(library, date)| json!({ "library": library, "date": date })).collect();
        let mut entries = audit::list_about(tx, "application", &ids)?;
        entries.extend(audit::list_about(tx, "placement", &days)?);
        entries.extend(audit::list_about(tx, "person", &[person.id])?);
        entries.sort_by_key(|entry| entry.id);
        let done: Vec<Value> = entries
            .iter()
            .map(|entry| {
                json!({ "at": entry.at.and_utc(), "what": entry.action.as_str(), "by": entry.role.as_str(),
                    "about": entry.subject_kind })
            })
            .collect();
        let roles: Vec<Value> = personal_data::list_grants(tx, address)?
            .into_iter()
            .map(|(role, made, ended)| {
                json!({ "role": role, "made_at": made.and_utc(), "taken_back_at": ended.map(|at| at.and_utc()) })
            })
            .collect();
        let deputyships: Vec<Value> = personal_data::list_deputyships(tx, address)?
            .into_iter()
            .map(|(principal, deputy, role, from, to)| {
                json!({ "whose_work": principal, "done_by": deputy, "role": role, "from": from, "to": to })
            })
            .collect();
        let sessions: Vec<Value> = personal_data::list_sessions(tx, address)?
            .into_iter()
            .map(|(began, seen, ended)| {
                json!({ "signed_in_at": began.and_utc(), "last_seen_at": seen.and_utc(),
                    "signed_out_at": ended.map(|at| at.and_utc()) })
            })
            .collect();
        let swaps: Vec<Value> = personal_data::list_swaps(tx, person.id)?
            .into_iter()
            .map(|(state, made, settled)| {
                json!({ "state": state, "made_at": made.and_utc(), "settled_at": settled.map(|at| at.and_utc()) })
            })
            .collect();
        let offers: Vec<Value> = personal_data::list_offers(tx, person.id)?
            .into_iter()
            .map(|(state, at, until)| json!({ "state": state, "offered_at": at.and_utc(), "answer_until": until }))
            .collect();
        let questions: Vec<Value> = personal_data::list_questions(tx, person.id)?
            .into_iter()
            .map(|(idea, at, words)| json!({ "idea": idea, "asked_at": at.and_utc(), "words": words }))
            .collect();
        let histories: Vec<Value> = personal_data::list_given_histories(tx, person.id)?
            .into_iter()
            .map(|(application, waited, visited)| {
                json!({ "application": application, "rounds_waited": waited, "libraries_visited": visited })
            })
            .collect();
        let unwanted_since = personal_data::find_opt_out(tx, address)?.map(|since| since.and_utc());
        let managed = personal_data::count_managed(tx, address)?;
        Ok(json!({
            "person": { "id": person.id.to_string(), "name": person.name.to_string(), "email": address },
            "applications": applications,
            "placements": visits,
            "days_before_this_service": past,
            "history_of_organisers": histories,
            "employers_lists": employments,
            "named_as_line_manager_of_applications": managed,
            "roles": roles,
            "deputyships": deputyships,
            "sessions": sessions,
            "swaps": swaps,
            "places_offered": offers,
            "questions_about_ideas": questions,
            "no_optional_mails_since": unwanted_since,
            "mails": mails,
            "links": links,
            "calendars": calendars,
            "what_was_done": done,
        }))
    })
}

fn application(db: &mut Db, id: ApplicationId, made_at: &str) -> Result<Value, AppError> {
    let application = get_applicant(db, id)?.application;
    let (round, home) = (get_round(db, application.round)?, get_library(db, application.home)?);
    let needs = access_needs::find(db, id)?.unwrap_or_default();
    let readings: Vec<Value> = access_needs::list_readings(db, id)?
        .iter()
        .map(|reading| {
            json!({ "at": reading.at.and_utc(), "by": reading.role.as_str(), "for": reading.on_behalf_of,
                "what": reading.what.as_str() })
        })
        .collect();
    let agreed = privacy_notices::find_agreed(db, id)?.map(|notice| {
        json!({ "version": notice.version, "controller": notice.controller, "purpose": notice.purpose,
            "consent": notice.consent })
    });
    let texts = |values: Vec<String>| values;
    Ok(json!({
        "id": id.to_string(), "made_at": made_at, "round": round.name.to_string(),
        "state": application.state.as_str(), "name": application.name.to_string(),
        "home_library": home.name.to_string(), "dates": application.dates,
        "released_dates": application.released_dates, "max_km": application.max_km,
        "sectors": texts(application.sectors.iter().map(ToString::to_string).collect()),
        "topics": texts(application.topics.iter().map(ToString::to_string).collect()),
        "libraries_to_avoid": texts(application.avoid.iter().map(ToString::to_string).collect()),
        "hours": application.hours.iter().map(|(day, (from, to))| json!([day, from, to])).collect::<Vec<_>>(),
        "has_working_pattern": application.pattern.is_some(),
        "manager_email": application.manager.to_string(),
        "assured_until": application.assured_until,
        "role_title": application.role_title.map(|title| title.to_string()),
        "objectives": application.objectives, "language": application.language.as_str(),
        "access_needs": { "tags": texts(needs.tags.iter().map(ToString::to_string).collect()), "words": needs.words },
        "who_read_access_needs": readings,
        "agreed_to": agreed,
    }))
}

fn placement(db: &mut Db, id: PlacementId) -> Result<Value, AppError> {
    let Some(placement) = placements::find(db, id)? else {
        return Err(AppError::not_found("placement", id));
    };
    let host = get_library(db, placement.host)?;
    let said = feedback::find(db, id, Party::Participant)?.map(|given| {
        json!({ "preparation": given.feedback.preparation, "welcome": given.feedback.welcome,
            "learning": given.feedback.learning, "comments": given.feedback.comments })
    });
    let idea = ideas::find_of_placement(db, id)?.map(|found| found.idea.given.words.to_string());
    let came = attendance::find(db, id)?.map(|recorded| recorded.attendance.kind.as_str());
    let issued = certificates::list_of_placement(db, id)?.into_iter();
    let issued: Vec<Value> = issued
        .map(|one| {
            json!({ "issued_at": one.issued_at.and_utc(), "language": one.language.as_str(),
                "revoked_at": one.revoked_at.map(|at| at.and_utc()) })
        })
        .collect();
    let own = placement.consents.iter().find(|consent| consent.party == Party::Participant);
    Ok(json!({
        "id": id.to_string(), "host": host.name.to_string(), "date": placement.date,
        "starts": placement.starts, "ends": placement.ends, "state": placement.state.as_str(),
        "answer": own.map(|consent| consent.answer.as_str()),
        "reason": own.and_then(|consent| consent.reason.clone()),
        "attendance": came, "feedback": said, "idea": idea, "certificates": issued,
    }))
}

/// The same as text: a line for each value, indented by what it belongs to.
pub fn readable(known: &Value) -> String {
    let mut out = String::new();
    write(&mut out, known, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('_', " ");
                match one_line(value) {
                    Some(text) => out.push_str(&format!("{indent}{name}: {text}\n")),
                    None => {
                        out.push_str(&format!("{indent}{name}:\n"));
                        write(out, value, depth + 1);
                    }
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                match one_line(item) {
                    Some(text) => out.push_str(&format!("{indent}- {text}\n")),
                    None => {
                        out.push_str(&format!("{indent}{}.\n", n + 1));
                        write(out, item, depth + 1);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What fits on one line; none for what has parts.
fn one_line(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("not known".to_owned()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.replace('\n', " / ")),
        Value::Array(items) if items.is_empty() => Some("none".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
