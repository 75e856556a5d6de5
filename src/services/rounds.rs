//! Rounds: made, opened, closed and called off by organisers, seen by everybody once they are no drafts.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::json;

use super::app::{Now, permit, permit_everywhere, permit_in_round, record, sha256_hex};
use super::page::{Page, Paged};
use super::{App, AppError, placements, refills};
use crate::domain::application::ReleaseRule;
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::domain::json::{self, At, Json, Kind};
use crate::domain::permissions::{Action, Actor, Reach, Subject};
use crate::domain::refusal::Refusal;
use crate::domain::round::Round;
use crate::domain::states::{RoundState, RunState};
use crate::domain::text::Name;
use crate::domain::told::Told;
use crate::files::Rules;
use crate::store::rounds::Drafts;
use crate::store::{Db, Tx, outbox, rounds, runs};

/// A round to be made.
#[derive(Debug, Clone)]
pub struct NewRound {
    /// What people call it.
    pub name: Name,
    /// The zone of its dates.
    pub time_zone: Tz,
    /// Last day of sign-up.
    pub sign_up_until: NaiveDate,
    /// Last day for answers to proposals.
    pub answer_until: NaiveDate,
    /// The placement days.
    pub dates: Vec<NaiveDate>,
    /// JSON text of the `rules` object of the round file (docs/files.md); absent fields have the service's defaults.
    pub rules: Option<String>,
    /// Whether only people whose manager said yes are matched.
    pub release: ReleaseRule,
}

/// Minutes that visitor and host have in common unless the round says otherwise; the file
/// format's own default is 0.
const MIN_MINUTES: i64 = 180;

/// Reads the rules, with the service's defaults filled in, as canonical JSON; reports faults under `/rules`.
pub(super) fn read_rules(rules: Option<&str>, faults: &Faults) -> Option<String> {
    // Read where it stands in the request, so that the pointers are right.
    let document = format!("{{\"rules\":{}}}", rules.unwrap_or("{}"));
    let json = match json::parse(document.as_bytes()) {
        Ok(json) => json,
        Err(words) => {
            faults.add("/rules", rules.unwrap_or_default(), words);
            return None;
        }
    };
    let given = At::root(json, faults).peek("rules")?;
    let given = if given.json().kind() == Kind::Null { At::root(Json::EMPTY_OBJECT, faults) } else { given };
    let mut rules = Rules::read(&given)?;
    if given.peek("min_minutes").is_none_or(|at| at.json().kind() == Kind::Null) {
        rules.min_minutes = MIN_MINUTES;
    }
    Some(rules.canonical())
}

/// Makes a draft.
///
/// # Errors
/// `invalid-fields` with every fault; `forbidden`.
pub fn create(app: &App, actor: &Actor, wanted: &NewRound) -> Result<Round, AppError> {
    permit_everywhere(actor, Action::CreateRound)?;
    let now = app.now()?;
    let round = check(wanted, &now)?;
    app.store.write(|tx| {
        rounds::insert(tx, &round, now.utc())?;
        let details = json!({ "dates": round.dates.len(), "release_required": round.release_required });
        record(tx, &now, actor, Action::CreateRound, ("round", &round.id), &details)?;
        Ok(round.clone())
    })
}

fn check(wanted: &NewRound, now: &Now) -> Result<Round, AppError> {
    let faults = Faults::none();
    let mut dates = wanted.dates.clone();
    dates.sort_unstable();
    dates.dedup();
    for (n, date) in wanted.dates.iter().enumerate() {
        if wanted.dates[..n].contains(date) {
            faults.add(format!("/dates/{n}"), date, "this date stands here twice");
        }
    }
    let today = now.today(wanted.time_zone);
    if wanted.sign_up_until < today {
        faults.add(
            "/sign_up_until",
            wanted.sign_up_until,
            format!("must not lie in the past (today is {today})"),
        );
    }
    if let Err((field, rule)) = Round::check_dates(wanted.sign_up_until, wanted.answer_until, &dates) {
        let value = if field == "answer_until" { wanted.answer_until.to_string() } else { String::new() };
        faults.add(format!("/{field}"), value, rule);
    }
    let rules = read_rules(wanted.rules.as_deref(), &faults);
    let round = rules.map(|rules| Round {
        id: RoundId::new(now.id("round")),
        name: wanted.name.clone(),
        state: RoundState::Draft,
        time_zone: wanted.time_zone,
        sign_up_until: wanted.sign_up_until,
        answer_until: wanted.answer_until,
        dates,
        rules,
        release_required: match wanted.release {
            ReleaseRule::Required => true,
            ReleaseRule::Waived => false,
        },
        rules_sha256: None,
        revision: 0,
    });
    faults.into_result(round).map_err(AppError::Fields)
}

/// Which rounds in preparation this actor sees.
fn drafts_for(actor: &Actor) -> Drafts {
    match (actor.reach(Action::ReadDraft), actor.round) {
        (Ok(Reach::Everywhere), _) => Drafts::Shown,
        (Ok(Reach::OwnRound), Some(own)) => Drafts::Only(own),
        (Ok(Reach::OwnRound | Reach::OwnEmployer | Reach::OwnCase) | Err(_), _) => Drafts::Hidden,
    }
}

/// Loads a round that this actor may know of; a draft is not there for others than its organisers.
///
/// # Errors
/// `not-found`.
pub(super) fn load(db: &mut Db, actor: &Actor, id: RoundId) -> Result<Round, AppError> {
    let may_see = |round: &Round| {
        round.state != RoundState::Draft || actor.may(Action::ReadDraft, &Subject::of_round(round.id)).is_ok()
    };
    let found = rounds::find(db, id)?.filter(may_see);
    found.ok_or_else(|| AppError::not_found("round", id))
}

/// A page of rounds; drafts for organisers only.
///
/// # Errors
/// `forbidden`.
pub fn list(app: &App, actor: &Actor, page: &Page<RoundId>) -> Result<Paged<Round, RoundId>, AppError> {
    permit(actor, Action::ReadRound, &Subject::installation(), ("round", &"list"))?;
    app.store.read(|db| {
        let found = rounds::list(db, drafts_for(actor), page.after, page.fetch())?;
        Ok(page.cut(found, |round| round.id))
    })
}

/// A round.
///
/// # Errors
/// `not-found`, also for a draft that is not this actor's business; `forbidden`.
pub fn get(app: &App, actor: &Actor, id: RoundId) -> Result<Round, AppError> {
    permit(actor, Action::ReadRound, &Subject::installation(), ("round", &id))?;
    app.store.read(|db| load(db, actor, id))
}

/// Takes a step of a round's life: loads, lets it decide, saves, writes the audit.
fn steer(
    app: &App,
    actor: &Actor,
    id: RoundId,
    details: &serde_json::Value,
    step: impl Fn(&mut Round, &Now) -> Result<(), Refusal>,
    consequence: impl Fn(&mut Tx<'_>, &Now, &Round) -> Result<(), AppError>,
) -> Result<Round, AppError> {
    permit_in_round(actor, Action::SteerRound, id, ("round", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let mut round = load(tx, actor, id)?;
        step(&mut round, &now)?;
        rounds::save(tx, &round, now.utc())?;
        rounds::bump_revision(tx, id)?;
        consequence(tx, &now, &round)?;
        record(tx, &now, actor, Action::SteerRound, ("round", &id), details)?;
        load(tx, actor, id)
    })
}

/// Opens sign-up.
///
/// # Errors
/// `round-state`, `too-late` from [`Round::open`]; `not-found`; `forbidden`.
pub fn open(app: &App, actor: &Actor, id: RoundId) -> Result<Round, AppError> {
    let step = |round: &mut Round, now: &Now| round.open(now.today(round.time_zone));
    steer(app, actor, id, &json!({ "to": "open" }), step, |_, _, _| Ok(()))
}

/// Ends sign-up and freezes the rules under the SHA-256 of their canonical JSON.
///
/// # Errors
/// `round-state`, `too-early` from [`Round::close`]; `not-found`; `forbidden`.
pub fn close(app: &App, actor: &Actor, id: RoundId, early_reason: Option<&str>) -> Result<Round, AppError> {
    let reason = early_reason.map(str::trim).filter(|reason| !reason.is_empty());
    let details = json!({ "to": "closed", "early_reason": reason });
    let step = |round: &mut Round, now: &Now| {
        let hash = sha256_hex(&round.rules);
        round.close(now.today(round.time_zone), reason, hash)
    };
    steer(app, actor, id, &details, step, |_, _, _| Ok(()))
}

/// Calls a round off; whoever has a placement in it that has not been hears of it in the same transaction. What is held of
/// its publication would say something untrue and is thrown away.
///
/// # Errors
/// `round-state` from [`Round::cancel`]; `not-found`; `forbidden`.
pub fn cancel(app: &App, actor: &Actor, id: RoundId) -> Result<Round, AppError> {
    let step = |round: &mut Round, _: &Now| round.cancel();
    steer(app, actor, id, &json!({ "to": "cancelled" }), step, |tx, now, round| {
        for run in runs::list(tx, round.id)?.iter().filter(|run| run.state == RunState::Published) {
            outbox::discard_held(tx, run.id, now.utc())?;
        }
        refills::end_all_of_round(tx, now, (actor, Action::SteerRound), round.id, &Told::RoundOff)?;
        placements::cancel_all_of_round(tx, now, actor, round, (placements::ROUND_OFF, &Told::RoundOff))
    })
}
