//! Asking for a swap: who is named, whether it may be, and that nobody learns by asking who is known.

use chrono::{Duration, NaiveDate};
use serde_json::json;

use super::admit;
use crate::domain::fault::Faults;
use crate::domain::ids::{PlacementId, SwapId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Consent, Given};
use crate::domain::refusal::{BrokenRule, Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{Answer, SwapState};
use crate::domain::swap::{MOST_MEMBERS, Member, Named, Swap};
use crate::domain::told::Told;
use crate::services::app::{Now, record};
use crate::services::load::{get_library, get_round};
use crate::services::notices::{self, Case};
use crate::services::placements::{get_case, hide_untold, permit_on};
use crate::services::{App, AppError, answer_time, repairs};
use crate::store::{Db, Tx, applications, outbox, placements, swaps};

/// How often somebody may ask in 24 hours: each question is a mail to somebody.
const MOST_A_DAY: i64 = 5;

/// Asks those named to exchange placements: whoever asks takes the first one's, each the next one's, the last one theirs.
/// Gives the last day for answers.
///
/// # Errors
/// `invalid-fields`; `swap-open`, `frozen`, `offer-open`, `placement-state`, `round-state`, `too-late`; `too-early` for the
/// sixth question of a day; `not-found`, `forbidden`. Where everybody is named by a placement code, also what forbids it of
/// theirs: `other-round` and `breaks-rules`. Where somebody is named by an address, nothing is said of others.
pub fn ask(app: &App, actor: &Actor, id: PlacementId, with: &[Named]) -> Result<NaiveDate, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        ask_in(tx, &now, actor, &case, (with, "api"))
    })
}

/// As [`ask`], within a transaction. The same question again changes nothing.
pub(in crate::services) fn ask_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    (with, channel): (&[Named], &'static str),
) -> Result<NaiveDate, AppError> {
    permit_on(actor, Action::AskForSwap, case)?;
    hide_untold(tx, actor, case)?;
    let own = &case.placement;
    check_names(case, with)?;
    if let Some(open) = swaps::find_open_of(tx, own.id)? {
        if open.place_of(own.id) == Some(0) && open.is(with) {
            return Ok(open.answer_until);
        }
        return Err(Refusal::new(RefusalCode::SwapOpen, SWAP_OPEN).into());
    }
    let round = get_round(tx, own.round)?;
    admit(tx, now, &round, std::slice::from_ref(case))?;
    let answer_until = last_day(tx, now, &round, case)?;
    if swaps::count_asked_since(tx, own.id, now.utc() - Duration::hours(24))? >= MOST_A_DAY {
        let words = format!("at most {MOST_A_DAY} swaps can be asked for in 24 hours");
        return Err(Refusal::new(RefusalCode::TooEarly, words).into());
    }
    let found = find_others(tx, &round, case, with)?;
    let is_blind = with.iter().any(|named| matches!(named, Named::Address(_)));
    let judged = match judge(tx, now, (&round, answer_until), case, &found) {
        Ok(judged) => Some(judged),
        Err(AppError::Refused(_) | AppError::BreaksRules(_) | AppError::Fields(_)) if is_blind => None,
        Err(AppError::BreaksRules(broken)) => return Err(AppError::BreaksRules(veil(case, broken))),
        Err(other) => return Err(other),
    };
    let consent = |answer, given| Consent { party: Party::Participant, answer, reason: None, given };
    let times = |place: usize| judged.as_ref().and_then(|judged| judged.times.get(place).copied());
    let mut members = vec![Member {
        named: None,
        placement: Some(own.id),
        times: times(0),
        became: None,
        consents: vec![consent(Answer::Yes, Some(Given::by(actor, channel, now.utc())))],
    }];
    let others = with.iter().zip(&found).zip(1..);
    members.extend(others.map(|((named, other), place)| Member {
        named: Some(named.clone()),
        placement: other.as_ref().filter(|_| judged.is_some()).map(|other| other.placement.id),
        times: times(place),
        became: None,
        consents: if judged.is_some() { vec![consent(Answer::Pending, None)] } else { Vec::new() },
    }));
    let swap = Swap {
        id: SwapId::new(now.id("swap")),
        round: round.id,
        state: SwapState::Asked,
        answer_until,
        members,
        set_aside: judged.as_ref().map(|judged| judged.set_aside.clone()).unwrap_or_default(),
        reason: None,
        created_at: now.utc(),
        settled_at: None,
    };
    swaps::insert(tx, &swap)?;
    let details = json!({ "placement": own.id.to_string(), "members": swap.members.len() });
    record(tx, now, actor, Action::AskForSwap, ("swap", &swap.id), &details)?;
    let known: Vec<&Case> = found.iter().flatten().collect();
    if judged.is_some() {
        for other in known {
            notices::swap_request(tx, now, other, Party::Participant, swap.id)?;
        }
    } else if known.len() == with.len() {
        // Who asked must not learn it; those who were named may say so.
        let why = Told::SwapImpossible { by: case.applicant.application.name.to_string() };
        for other in known {
            notices::swap_impossible(tx, now, other, swap.id, &why)?;
        }
    }
    Ok(answer_until)
}

const SWAP_OPEN: &str = "one of these placements is in a swap that is open: it has to end first";

/// What is wrong with the names by themselves.
fn check_names(case: &Case, with: &[Named]) -> Result<(), AppError> {
    let faults = Faults::none();
    if with.is_empty() || with.len() >= MOST_MEMBERS {
        let rule = format!("must name 1 to {} others", MOST_MEMBERS - 1);
        faults.add("/with", with.len(), rule);
    }
    for (n, named) in with.iter().enumerate() {
        let is_own = match named {
            Named::Code(id) => *id == case.placement.id,
            Named::Address(address) => *address == case.applicant.person.email,
        };
        if is_own {
            faults.add(format!("/with/{n}"), named, "is your own placement: a swap needs somebody else's");
        } else if with[..n].contains(named) {
            faults.add(format!("/with/{n}"), named, "stands here twice");
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// The last day for answers to a swap that is asked for today. It rests on the asker's placement alone, so that it tells
/// nothing of the others'.
fn last_day(db: &mut Db, now: &Now, round: &Round, case: &Case) -> Result<NaiveDate, AppError> {
    let libraries = [get_library(db, case.placement.home)?, case.host.clone()];
    let own = answer_time::last_day(db, now, round, case.placement.date, &libraries)?;
    Ok(own.unwrap_or(round.answer_until))
}

/// The placements of those who are named, as far as they can be asked: none for an address of nobody who has a place.
fn find_others(
    db: &mut Db,
    round: &Round,
    case: &Case,
    with: &[Named],
) -> Result<Vec<Option<Case>>, AppError> {
    let mut found = Vec::new();
    for (n, named) in with.iter().enumerate() {
        let placement = match named {
            Named::Code(id) => {
                let known = placements::find(db, *id)?;
                let known = known.ok_or_else(|| {
                    AppError::field(
                        &format!("/with/{n}"),
                        id,
                        "is no placement code: ask its participant for it",
                    )
                })?;
                if known.round != case.placement.round {
                    let words = format!(
                        "placement {id} is of another round: only placements of one can be exchanged"
                    );
                    return Err(Refusal::new(RefusalCode::OtherRound, words).into());
                }
                Some(known)
            }
            Named::Address(address) => match applications::find_person_by_email(db, address)? {
                Some(person) => match applications::find_live(db, round.id, person.id)? {
                    Some(application) => placements::find_live_of_application(db, application.id)?,
                    None => None,
                },
                None => None,
            },
        };
        let placement = match placement {
            Some(placement) if outbox::list_untold(db, &[placement.application])?.is_empty() => {
                Some(placement)
            }
            Some(_) | None => None,
        };
        found.push(placement.map(|placement| get_case(db, placement.id)).transpose()?);
    }
    Ok(found)
}

/// Whether those found may exchange with whoever asks.
fn judge(
    db: &mut Db,
    now: &Now,
    (round, answer_until): (&Round, NaiveDate),
    case: &Case,
    found: &[Option<Case>],
) -> Result<repairs::Judged, AppError> {
    let mut cases = vec![case.clone()];
    for (n, other) in found.iter().enumerate() {
        let Some(other) = other else {
            return Err(AppError::field(&format!("/with/{n}"), "", "has no placement that can be exchanged"));
        };
        if cases.iter().any(|known| known.placement.id == other.placement.id) {
            return Err(AppError::field(&format!("/with/{n}"), "", "stands here twice"));
        }
        let day = other.placement.date;
        if day <= answer_until {
            let words = format!(
                "the day, {day}, comes before everybody could answer: it cannot be exchanged any more"
            );
            return Err(Refusal::new(RefusalCode::TooLate, words).into());
        }
        if swaps::find_open_of(db, other.placement.id)?.is_some() {
            return Err(Refusal::new(RefusalCode::SwapOpen, SWAP_OPEN).into());
        }
        cases.push(other.clone());
    }
    admit(db, now, round, &cases)?;
    let own: Vec<_> = cases.iter().map(|case| &case.placement).collect();
    if repairs::is_frozen(db, now, round, &own)? {
        let words = "the organisers are looking at a repair that keeps one of these placements as it is: ask again \
                     tomorrow, or ask them";
        return Err(Refusal::new(RefusalCode::Frozen, words).into());
    }
    repairs::judge_exchange(db, round, &cases)
}

/// What the asker may know of broken rules: their own in full, of another participant and their library only that it is so.
fn veil(case: &Case, broken: Vec<BrokenRule>) -> Vec<BrokenRule> {
    let (own, home) = (case.placement.application.to_string(), case.placement.home.to_string());
    let is_own = |rule: &BrokenRule| match &rule.application {
        Some(application) => *application == own,
        None => rule.library.as_ref() == Some(&home),
    };
    let (mut told, others): (Vec<_>, Vec<_>) = broken.into_iter().partition(is_own);
    if !others.is_empty() {
        told.push(BrokenRule {
            code: "not_feasible",
            application: None,
            library: None,
            date: None,
            words: "another participant cannot take the day that they would get: the rules of the round do not allow it"
                .to_owned(),
        });
    }
    told
}
