//! What participants and hosts say of days.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{feedback, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::feedback::{Feedback, Given};
use crate::domain::ids::{FeedbackId, PlacementId, RoundId};
use crate::domain::party::Party;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = feedback)]
struct Row {
    id: String,
    placement_id: String,
    party: String,
    preparation: i64,
    welcome: i64,
    learning: i64,
    comments: Option<String>,
    updated_at: NaiveDateTime,
}

impl Row {
    fn into_domain(self) -> Result<Given, StoreError> {
        Ok(Given {
            id: parse("feedback", &self.id)?,
            party: parse("party", &self.party)?,
            feedback: Feedback {
                preparation: self.preparation,
                welcome: self.welcome,
                learning: self.learning,
                comments: self.comments,
            },
        })
    }
}

/// What a party has said of a day.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PlacementId, party: Party) -> Result<Option<Given>, StoreError> {
    feedback::table
        .filter(feedback::placement_id.eq(id.to_string()))
        .filter(feedback::party.eq(party.as_str()))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// Keeps what a party says of a day, in place of what it said before.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, id: PlacementId, given: &Given, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::delete(feedback::table.find(given.id.to_string())).execute(&mut **tx)?;
    let Feedback { preparation, welcome, learning, comments } = given.feedback.clone();
    let row = Row {
        id: given.id.to_string(),
        placement_id: id.to_string(),
        party: given.party.to_string(),
        preparation,
        welcome,
        learning,
        comments,
        updated_at: now,
    };
    diesel::insert_into(feedback::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// What was said of the days of a round, at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    round: RoundId,
    after: Option<FeedbackId>,
    most: i64,
) -> Result<Vec<Given>, StoreError> {
    let mut query = feedback::table
        .inner_join(placements::table.on(placements::id.eq(feedback::placement_id)))
        .filter(placements::round_id.eq(round.to_string()))
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(feedback::id.gt(after.to_string()));
    }
    let rows = query.order(feedback::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}
