//! What round files that were imported say of people's past.

use diesel::prelude::*;

use super::schema::{applications, given_histories};
use super::{Db, StoreError, Tx, list_from_json, list_to_json, parse};
use crate::domain::history::GivenHistory;
use crate::domain::ids::{ApplicationId, RoundId};

/// Adds what a file says of the past of an application's person.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, id: ApplicationId, history: &GivenHistory) -> Result<(), StoreError> {
    diesel::insert_into(given_histories::table)
        .values((
            given_histories::application_id.eq(id.to_string()),
            given_histories::waited.eq(history.waited),
            given_histories::visited.eq(list_to_json("visited", &history.visited)?),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What files said of the past of a round's people.
///
/// # Errors
/// The database's.
pub fn list_of_round(db: &mut Db, round: RoundId) -> Result<Vec<(ApplicationId, GivenHistory)>, StoreError> {
    let rows: Vec<(String, i64, String)> = given_histories::table
        .inner_join(applications::table.on(applications::id.eq(given_histories::application_id)))
        .filter(applications::round_id.eq(round.to_string()))
        .select((given_histories::application_id, given_histories::waited, given_histories::visited))
        .load(db)?;
    rows.into_iter()
        .map(|(id, waited, visited)| {
            let visited = list_from_json("visited", &visited)?;
            Ok((parse("application", &id)?, GivenHistory { waited, visited }))
        })
        .collect()
}
