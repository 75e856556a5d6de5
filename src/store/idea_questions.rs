//! What people asked the hosts of ideas.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::idea_questions;
use super::{Db, StoreError, Tx, parse};
use crate::domain::idea::Words;
use crate::domain::ids::{ApplicationId, IdeaId, PersonId};
use crate::store::applications::Applicant;

/// Keeps a question; false where this person has asked about this idea before.
///
/// # Errors
/// The database's.
pub fn insert(
    tx: &mut Tx<'_>,
    id: IdeaId,
    asker: &Applicant,
    words: &Words,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let key = (id.to_string(), asker.person.id.to_string());
    let known: i64 = idea_questions::table.find(key).count().get_result(&mut **tx)?;
    if known > 0 {
        return Ok(false);
    }
    diesel::insert_into(idea_questions::table)
        .values((
            idea_questions::idea_id.eq(id.to_string()),
            idea_questions::person_id.eq(asker.person.id.to_string()),
            idea_questions::application_id.eq(asker.application.id.to_string()),
            idea_questions::words.eq(words.as_str()),
            idea_questions::asked_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(true)
}

/// As whom somebody asked about an idea, and what; none where they did not, or the words are over their time.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: IdeaId, asker: PersonId) -> Result<Option<(ApplicationId, Words)>, StoreError> {
    let row: Option<(String, Option<String>)> = idea_questions::table
        .find((id.to_string(), asker.to_string()))
        .select((idea_questions::application_id, idea_questions::words))
        .first(db)
        .optional()?;
    let Some((application, Some(words))) = row else { return Ok(None) };
    Ok(Some((parse("application", &application)?, parse("question", &words)?)))
}

/// How many questions about ideas have words, of those asked before an instant.
///
/// # Errors
/// The database's.
pub fn count_words(db: &mut Db, before: NaiveDateTime) -> Result<i64, StoreError> {
    Ok(idea_questions::table.filter(with_old_words(before)).count().get_result(db)?)
}

/// Takes their words away.
///
/// # Errors
/// The database's.
pub fn delete_words(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(idea_questions::table.filter(with_old_words(before)))
        .set(idea_questions::words.eq(None::<String>))
        .execute(&mut **tx)?;
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn with_old_words(before: NaiveDateTime) -> _ {
    idea_questions::asked_at.lt(before).and(idea_questions::words.is_not_null())
}
