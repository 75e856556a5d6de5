//! What a host offers instead of a no: made by the host, judged by the rules of the round, taken or refused by the
//! participant.
//!
//! Another day is judged as a hand edit is: the round is frozen as it is now, the placement moved, and the checker tells
//! what that breaks (`judge`). Judged twice, because a day may fill between offer and answer. What it does to balance is
//! told and forbids nothing. A colleague and a virtual visit stay on the day that was matched.

use serde_json::json;

use chrono::NaiveDate;

use super::app::{Now, record};
use super::judge::{self, Verdict};
use super::load::get_round;
use super::notices::{self, Case};
use super::packs;
use super::placements::{
    Goes, acting_for, check_times, get_case, hide_untold, note_elsewhere, permit_on, permit_on_party,
};
use super::swaps::overtake;
use super::{App, AppError};
use crate::domain::alternative::{Alternative, AlternativeKind, Instead, Times, Wanted};
use crate::domain::fault::Faults;
use crate::domain::ids::{AlternativeId, PlacementId};
use crate::domain::organisation::Contact;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Given, Outcome};
use crate::domain::refusal::{BrokenRule, Refusal, RefusalCode};
use crate::domain::states::AlternativeState;
use crate::store::{Db, Tx, alternatives, organisations, outbox, placements};

/// Offers something else instead of a placement, as its host.
///
/// # Errors
/// `stale-page`, `offer-open`, `placement-state`, `too-late`, `too-early` while the mails of the publication are held,
/// `invalid-fields`, `breaks-rules`, `not-found`, `forbidden`.
pub fn offer(
    app: &App,
    actor: &Actor,
    id: PlacementId,
    version: i64,
    wanted: &Wanted,
) -> Result<Case, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        offer_in(tx, &now, actor, case, (version, wanted, "api"))
    })
}

/// What the host of a placement has offered so far, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, id: PlacementId) -> Result<(Case, Vec<Alternative>), AppError> {
    app.store.read(|db| {
        let case = get_case(db, id)?;
        permit_on(actor, Action::ReadPlacement, &case)?;
        hide_untold(db, actor, &case)?;
        let offers = alternatives::list(db, id)?;
        Ok((case, offers))
    })
}

/// As [`offer`], within a transaction. The same offer again changes nothing.
pub(super) fn offer_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
    (version, wanted, channel): (i64, &Wanted, &str),
) -> Result<Case, AppError> {
    permit_on_party(actor, Party::Host, &case)?;
    hide_untold(tx, actor, &case)?;
    let id = case.placement.id;
    let latest = alternatives::find_latest(tx, id)?;
    if latest.as_ref().is_some_and(|latest| latest.is(wanted)) {
        return Ok(case);
    }
    if let Some(open) = latest.filter(Alternative::is_open) {
        let words =
            format!("something else is offered already ({}): it waits for the participant", open.kind);
        return Err(Refusal::new(RefusalCode::OfferOpen, words).into());
    }
    if !outbox::list_untold(tx, &[case.placement.application])?.is_empty() {
        let words = "the mails of the publication are held: nobody has been asked yet. Let them go first";
        return Err(Refusal::new(RefusalCode::TooEarly, words).into());
    }
    case.placement.admit_version(version)?;
    // What the day allows is looked at before what the form says.
    case.placement.offer_other()?;
    let round = get_round(tx, case.placement.round)?;
    let until = case.placement.last_answers(round.answer_until);
    if now.today(round.time_zone) > until {
        let words = format!("answers were asked for by {until}: nothing else can be offered any more");
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let today = now.today(case.placement.time_zone);
    check_form(tx, &case, &wanted.instead, (&round.dates, today, until))?;
    let verdict = judge_offer(tx, &case, &wanted.instead)?;
    let actor = acting_for(actor, Party::Host);
    let (starts, ends) = verdict.times;
    let (date, contact) = match &wanted.instead {
        Instead::Date(date, _) => (*date, None),
        Instead::Colleague(contact) => (case.placement.date, Some(contact.clone())),
        Instead::Virtual(_) => (case.placement.date, None),
    };
    let other = Alternative {
        id: AlternativeId::new(now.id("alternative")),
        placement: id,
        version: case.placement.terms.version,
        kind: wanted.instead.kind(),
        date,
        starts,
        ends,
        contact,
        words: wanted.words.clone(),
        state: AlternativeState::Offered,
        set_aside: verdict.set_aside,
        given: Given::by(&actor, channel, now.utc()),
        settled_at: None,
    };
    // The placement first: of two at once, one finds it changed and is repeated, and no index is violated.
    save(tx, now, &mut case)?;
    alternatives::insert(tx, &other)?;
    let details = json!({
        "deed": "offer_other", "alternative": other.id.to_string(), "kind": other.kind.as_str(), "date": date,
        "set_aside": other.set_aside,
    });
    record(tx, now, &actor, Action::AnswerAsHost, ("placement", &id), &details)?;
    notices::stop_reminding(tx, now, &case, Party::Host)?;
    notices::offered(tx, now, &case)?;
    overtake(tx, now, &actor, &case.placement)?;
    Ok(case)
}

/// The participant takes what the host offers, within a transaction.
///
/// # Errors
/// `no-offer`, `stale-page`, `placement-state`, `breaks-rules` where the rules forbid it by now.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
    (version, channel): (i64, &str),
) -> Result<Case, AppError> {
    permit_on_party(actor, Party::Participant, &case)?;
    hide_untold(tx, actor, &case)?;
    let id = case.placement.id;
    let other = match alternatives::find_latest(tx, id)? {
        Some(other) if other.state == AlternativeState::Taken => return Ok(case),
        Some(other) if other.is_open() => other,
        Some(_) | None => {
            let words = format!("this placement is {}: nothing else is offered for it", case.placement.state);
            return Err(Refusal::new(RefusalCode::NoOffer, words).into());
        }
    };
    case.placement.admit_version(version)?;
    let today = now.today(case.placement.time_zone);
    if today > other.date {
        let words = format!("the day, {}, has passed: nothing can be agreed on any more", other.date);
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let verdict = judge_offer(tx, &case, &as_offered(&other)).map_err(as_broken)?;
    let before = case.clone();
    let asked = case.placement.answer_of(Party::Manager).is_some();
    let released = case.applicant.application.released_dates.contains(&other.date);
    let ask_manager = other.date != before.placement.date && (asked || !released);
    let outcome = case.placement.take_other(&other, Given::by(actor, channel, now.utc()), ask_manager)?;
    alternatives::settle(tx, id, AlternativeState::Taken, now.utc())?;
    save(tx, now, &mut case)?;
    if ask_manager {
        placements::forget_reminder(tx, id, Party::Manager)?;
    }
    if other.date != before.placement.date {
        note_elsewhere(tx, &[&before.placement, &case.placement])?;
    }
    let details = json!({
        "deed": "take_other", "alternative": other.id.to_string(), "kind": other.kind.as_str(),
        "date": other.date, "set_aside": verdict.set_aside, "state": case.placement.state.as_str(),
    });
    record(tx, now, actor, Action::AnswerAsParticipant, ("placement", &id), &details)?;
    notices::stop_reminding(tx, now, &case, Party::Participant)?;
    let anew = ask_manager.then_some(Party::Manager);
    notices::moved(tx, now, &before, &case, (other.kind, outcome == Outcome::Confirmed, anew))?;
    packs::follow_move(tx, now, actor, &case, before.placement.starts)?;
    if outcome == Outcome::Confirmed {
        packs::follow_confirmation(tx, now, &case)?;
    }
    Ok(case)
}

fn save(tx: &mut Tx<'_>, now: &Now, case: &mut Case) -> Result<(), AppError> {
    for consent in &case.placement.consents {
        placements::save_consent(tx, case.placement.id, consent)?;
    }
    Ok(placements::save(tx, &mut case.placement, now.utc())?)
}

/// What does not fit the placement, all at once.
fn check_form(
    db: &mut Db,
    case: &Case,
    instead: &Instead,
    (days, today, until): (&[NaiveDate], NaiveDate, NaiveDate),
) -> Result<(), AppError> {
    let faults = Faults::none();
    match instead {
        Instead::Date(date, _) => {
            if *date == case.placement.date {
                faults.add("/date", date, "is the day that is proposed");
            } else if !days.contains(date) {
                let days: Vec<String> = days.iter().map(ToString::to_string).collect();
                faults.add("/date", date, format!("must be a day of the round: {}", days.join(", ")));
            } else if *date <= today {
                faults.add("/date", date, "has come already");
            } else if *date <= until {
                let rule = format!("must lie after the last day for answers, {until}");
                faults.add("/date", date, rule);
            }
        }
        Instead::Colleague(contact) => {
            if case.host_contact() == Some(contact) {
                faults.add("/contact", "", "receives the visitor already");
            } else if !is_of_library(db, case, contact)? {
                let rule = "must be an address of the library: under the domain of its contact or deputy, or one that \
                            its employer vouches for";
                faults.add("/contact/email", &contact.email, rule);
            }
        }
        Instead::Virtual(_) => {
            if case.placement.terms.is_virtual {
                faults.add("/kind", AlternativeKind::Virtual, "is what is proposed");
            }
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// Names and addresses of visitors go to the library only, so a colleague's address has to be one of the library.
fn is_of_library(db: &mut Db, case: &Case, contact: &Contact) -> Result<bool, AppError> {
    let known = case.host.contact.iter().chain(&case.host.deputy);
    if known.map(|known| known.email.domain()).any(|domain| domain == contact.email.domain()) {
        return Ok(true);
    }
    let employers = organisations::list_employers_by_ids(db, &case.host.employers)?;
    Ok(employers.iter().any(|employer| employer.vouches_for(&contact.email)))
}

/// Judges an offer by the rules as things are now.
fn judge_offer(db: &mut Db, case: &Case, instead: &Instead) -> Result<Verdict, AppError> {
    let standing = (case.placement.starts, case.placement.ends);
    let same_day = |times: Times| Verdict { times, set_aside: Vec::new() };
    match instead {
        Instead::Date(date, times) => {
            let verdict = judge::move_to(db, case, *date)?;
            match times {
                Some(times) => {
                    check_times(db, case, *date, *times, Goes::of(&case.placement))?;
                    Ok(Verdict { times: *times, ..verdict })
                }
                None => Ok(verdict),
            }
        }
        Instead::Colleague(_) => {
            check_times(db, case, case.placement.date, standing, Goes::of(&case.placement))?;
            Ok(same_day(standing))
        }
        // Nobody stands before a closed door.
        Instead::Virtual(times) => {
            let times = times.unwrap_or(standing);
            check_times(db, case, case.placement.date, times, Goes::Nowhere)?;
            Ok(same_day(times))
        }
    }
}

/// An offer as it was made, with the times that it was made with.
fn as_offered(other: &Alternative) -> Instead {
    let times = Some((other.starts, other.ends));
    match (other.kind, &other.contact) {
        (AlternativeKind::Date, _) => Instead::Date(other.date, times),
        (AlternativeKind::Colleague, Some(contact)) => Instead::Colleague(contact.clone()),
        (AlternativeKind::Virtual | AlternativeKind::Colleague, _) => Instead::Virtual(times),
    }
}

/// Whoever takes an offer has filled in no field: what was wrong with one is a rule that is broken by now.
fn as_broken(error: AppError) -> AppError {
    match error {
        AppError::Fields(faults) => {
            let broken = |words: String| BrokenRule {
                code: "hours",
                application: None,
                library: None,
                date: None,
                words,
            };
            AppError::BreaksRules(faults.into_iter().map(|fault| broken(fault.rule)).collect())
        }
        other => other,
    }
}
