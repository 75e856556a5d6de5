//! A person becomes a pseudonym, for good or until they come back: who they are goes, while schedules, counts, what they
//! visited and waited for, and the proofs of published runs stay.

use std::collections::BTreeSet;

use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::load::get_applicant;
use super::proofs::make_in as make_proof_in;
use super::runs::read_round;
use super::{App, AppError};
use crate::domain::ids::{ApplicationId, PersonId, RoundId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::files;
use crate::store::{Tx, employments, erasure, retention, rounds, runs};

/// Erases the person of an application.
///
/// # Errors
/// `application-state` while they take part in a round that is not over: the application has to be withdrawn first;
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn erase(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), AppError> {
    permit_everywhere(actor, Action::ErasePerson)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let applicant = get_applicant(tx, id)?;
        let person = applicant.person.id;
        for round in retention::list_rounds_of(tx, person)? {
            let Some(found) = rounds::find(tx, round)? else { continue };
            let is_to_come = found.dates.last().is_some_and(|last| *last >= now.today(found.time_zone));
            if is_to_come && crate::store::applications::find_live(tx, round, person)?.is_some() {
                let words = format!(
                    "this person takes part in the round “{}”, which is not over: withdraw the application first",
                    found.name
                );
                return Err(Refusal::new(RefusalCode::ApplicationState, words).into());
            }
        }
        erase_in(tx, &now, actor, person)
    })
}

/// As [`erase`], within a transaction; somebody who is a pseudonym stays one.
pub(super) fn erase_in(tx: &mut Tx<'_>, now: &Now, actor: &Actor, id: PersonId) -> Result<(), AppError> {
    let Some(person) = employments::list_persons_by_ids(tx, &[id])?.pop() else { return Ok(()) };
    if person.email.domain() == crate::domain::privacy::ERASED_DOMAIN {
        return Ok(());
    }
    let of = retention::list_rounds_of(tx, id)?;
    let own = retention::list_applications_of(tx, id)?;
    reduce(tx, now, actor, &of, &Whose::Only(own))?;
    let address = erasure::pseudonym_of(&person);
    let name = format!("Erased {}", &address[..8]);
    erasure::erase(tx, &person, (&name, &address), now.utc())?;
    record(tx, now, actor, Action::ErasePerson, ("person", &id), &json!({ "rounds": of.len() }))
}

/// Whose access needs are to go.
pub(super) enum Whose {
    /// Those of all people of the rounds, which are over.
    Everybody,
    /// Those of one person's applications: a round that is not over goes on being matched by those of the others.
    Only(BTreeSet<String>),
}

impl Whose {
    /// Takes the needs out of a round file; whether it had any.
    fn take_from(&self, round: &mut files::Round) -> bool {
        let mut had_some = false;
        for person in &mut round.staff {
            let is_meant = match self {
                Self::Everybody => true,
                Self::Only(own) => own.contains(&person.id),
            };
            if is_meant && !person.needs.is_empty() {
                person.needs.clear();
                had_some = true;
            }
        }
        had_some
    }
}

/// Takes access needs out of the round files of rounds; gives from how many files. What was published is proven by its
/// audit files from then on, which are made before, where they are not made yet. Where that fails the file stays as it is
/// if everybody's needs are to go, so that one damaged run does not hold up the rest.
pub(super) fn reduce(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    of: &[RoundId],
    whose: &Whose,
) -> Result<usize, AppError> {
    let mut count = 0;
    let is_emptied = matches!(whose, Whose::Everybody);
    for (id, is_published) in retention::list_whole_runs(tx, of)? {
        let Some((round, _)) = runs::files(tx, id)? else { continue };
        let mut round = read_round(id, &round)?;
        let had_some = whose.take_from(&mut round);
        if !had_some && !is_emptied {
            continue;
        }
        if had_some && is_published {
            match make_proof_in(tx, now, actor, id) {
                Err(AppError::Internal(words)) if is_emptied => {
                    tracing::error!(run = %id, words, "access needs stay in its round file");
                    continue;
                }
                other => other?,
            }
        }
        retention::reduce_run(tx, id, had_some.then(|| round.canonical()).as_deref(), is_emptied, now.utc())?;
        count += 1;
    }
    for (id, file) in retention::list_whole_repairs(tx, of)? {
        let mut round = files::Round::read(file.as_bytes())
            .map_err(|_| AppError::Internal(format!("round file of repair {id}")))?;
        let had_some = whose.take_from(&mut round);
        if had_some || is_emptied {
            retention::reduce_repair(tx, id, had_some.then(|| round.canonical()).as_deref(), is_emptied)?;
            count += 1;
        }
    }
    Ok(count)
}
