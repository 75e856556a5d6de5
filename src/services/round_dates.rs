//! Moving the deadlines of a round. What hangs on them is derived from them and follows by itself; who was told another
//! day and still owes an answer is told, and links live as long as they are good for something. What has expired stays
//! expired.

use chrono::NaiveDate;
use serde_json::json;

use super::app::{Now, permit_in_round, record};
use super::letters::expiry;
use super::placements::get_case;
use super::rounds::load;
use super::seen::Seen;
use super::{App, AppError, notices};
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::domain::link::Purpose;
use crate::domain::permissions::{Action, Actor};
use crate::domain::round::Round;
use crate::store::{Tx, deadlines, links, rounds};

/// Which deadlines are to be moved, and to which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDeadlines {
    /// Last day of sign-up; absent stays as it is.
    pub sign_up_until: Option<NaiveDate>,
    /// Last day for answers to proposals; absent stays as it is.
    pub answer_until: Option<NaiveDate>,
}

/// Moves deadlines of a round: of sign-up until it has ended, of answers until the placement days begin. The same days
/// again change nothing.
///
/// # Errors
/// `changed-since`, `if-match-required`; `round-state`; `invalid-fields` for a day in the past, an answer deadline before
/// the end of sign-up or not before
/// the first placement day; `not-found`; `forbidden`.
pub fn move_deadlines(
    app: &App,
    actor: &Actor,
    id: RoundId,
    to: NewDeadlines,
    seen: &Seen<Round>,
) -> Result<Round, AppError> {
    permit_in_round(actor, Action::SteerRound, id, ("round", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load(tx, actor, id)?;
        seen.admit(&before)?;
        let mut round = before.clone();
        if let Some(until) = to.sign_up_until.filter(|until| *until != before.sign_up_until) {
            round.move_sign_up(until)?;
        }
        if let Some(until) = to.answer_until.filter(|until| *until != before.answer_until) {
            round.move_answers(until)?;
        }
        if round == before {
            return Ok(round);
        }
        check(&before, &round, now.today(round.time_zone))?;
        rounds::save(tx, &round, now.utc())?;
        for purpose in [Purpose::Verify, Purpose::Release] {
            links::lengthen(tx, id, purpose, expiry(&before, purpose, None), expiry(&round, purpose, None))?;
        }
        let told = if round.answer_until == before.answer_until { 0 } else { tell(tx, &now, id)? };
        let moved = |from: NaiveDate, to: NaiveDate| (from != to).then_some([from, to]);
        let details = json!({
            "deed": "move_deadlines",
            "sign_up_until": moved(before.sign_up_until, round.sign_up_until),
            "answer_until": moved(before.answer_until, round.answer_until),
            "told": told,
        });
        record(tx, &now, actor, Action::SteerRound, ("round", &id), &details)?;
        Ok(round)
    })
}

/// Checks the days that move: not into the past, and in the order of every round.
fn check(before: &Round, round: &Round, today: NaiveDate) -> Result<(), AppError> {
    let faults = Faults::none();
    let moved = [
        ("/sign_up_until", before.sign_up_until, round.sign_up_until),
        ("/answer_until", before.answer_until, round.answer_until),
    ];
    let moved = || moved.iter().filter(|(_, from, to)| from != to);
    for (pointer, _, to) in moved().filter(|(_, _, to)| *to < today) {
        faults.add(*pointer, to, format!("must not lie in the past (today is {today})"));
    }
    if let Err((_, rule)) = Round::check_dates(round.sign_up_until, round.answer_until, &round.dates)
        && let Some((pointer, _, to)) = moved().next_back()
    {
        faults.add(*pointer, to, rule);
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// Tells everybody who has read of another day; says how many parties.
fn tell(tx: &mut Tx<'_>, now: &Now, round: RoundId) -> Result<usize, AppError> {
    let asked = deadlines::list_asked(tx, round)?;
    for one in &asked {
        let case = get_case(tx, one.placement)?;
        notices::deadline_moved(tx, now, &case, one)?;
    }
    Ok(asked.len())
}
