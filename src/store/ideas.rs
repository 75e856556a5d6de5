//! Ideas that participants brought home, and who tried them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::organisations::containing;
use super::schema::{applications, idea_trials, ideas, libraries, placements};
use super::{Db, StoreError, Tx, list_from_json, list_to_json, parse};
use crate::domain::idea::{Idea, IdeaFilter, NewIdea};
use crate::domain::ids::{IdeaId, PlacementId};
use crate::domain::search::Search;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ideas, treat_none_as_null = true)]
struct Row {
    id: String,
    placement_id: String,
    words: String,
    search_text: String,
    topics: String,
    from_sectors: String,
    to_sectors: String,
    shown_as: String,
    hidden_reason: Option<String>,
    created_at: NaiveDateTime,
}

impl Row {
    fn from_domain(idea: &Idea) -> Result<Self, StoreError> {
        Ok(Self {
            id: idea.id.to_string(),
            placement_id: idea.placement.to_string(),
            words: idea.given.words.to_string(),
            search_text: idea.given.searched(),
            topics: list_to_json("topics", &idea.given.topics)?,
            from_sectors: list_to_json("sectors", &idea.from)?,
            to_sectors: list_to_json("sectors", &idea.to)?,
            shown_as: idea.given.shown_as.to_string(),
            hidden_reason: idea.hidden_reason.clone(),
            created_at: idea.created_at,
        })
    }

    fn into_domain(self) -> Result<Idea, StoreError> {
        Ok(Idea {
            id: parse("idea", &self.id)?,
            placement: parse("placement", &self.placement_id)?,
            given: NewIdea {
                words: parse("idea", &self.words)?,
                topics: list_from_json("topics", &self.topics)?,
                shown_as: parse("shown_as", &self.shown_as)?,
            },
            from: list_from_json("sectors", &self.from_sectors)?,
            to: list_from_json("sectors", &self.to_sectors)?,
            hidden_reason: self.hidden_reason,
            created_at: self.created_at,
        })
    }
}

/// An idea with the names it may be shown under, and how many tried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The idea.
    pub idea: Idea,
    /// Its author's name.
    pub author: String,
    /// The name of the author's library.
    pub library: String,
    /// How many say that they tried it.
    pub tried: i64,
}

/// An idea.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: IdeaId) -> Result<Option<Found>, StoreError> {
    let row = ideas::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    Ok(complete(db, row.into_iter().collect())?.pop())
}

/// The idea of a placement.
///
/// # Errors
/// The database's.
pub fn find_of_placement(db: &mut Db, id: PlacementId) -> Result<Option<Found>, StoreError> {
    let row = ideas::table
        .filter(ideas::placement_id.eq(id.to_string()))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    Ok(complete(db, row.into_iter().collect())?.pop())
}

/// Adds an idea.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, idea: &Idea) -> Result<(), StoreError> {
    diesel::insert_into(ideas::table).values(&Row::from_domain(idea)?).execute(&mut **tx)?;
    Ok(())
}

/// Saves a changed idea.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, idea: &Idea) -> Result<(), StoreError> {
    let row = Row::from_domain(idea)?;
    diesel::update(ideas::table.find(&row.id)).set(&row).execute(&mut **tx)?;
    Ok(())
}

/// Notes that somebody tried an idea; false when that was known.
///
/// # Errors
/// The database's.
pub fn insert_trial(
    tx: &mut Tx<'_>,
    id: IdeaId,
    tried_by: &str,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let key = (id.to_string(), tried_by);
    let known: i64 = idea_trials::table.find(key).count().get_result(&mut **tx)?;
    if known > 0 {
        return Ok(false);
    }
    diesel::insert_into(idea_trials::table)
        .values((
            idea_trials::idea_id.eq(id.to_string()),
            idea_trials::tried_by.eq(tried_by),
            idea_trials::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(true)
}

/// The ideas that a filter lets through, at most `most` after `after`; hidden ones only where asked for.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    filter: &IdeaFilter,
    with_hidden: bool,
    after: Option<IdeaId>,
    most: i64,
) -> Result<Vec<Found>, StoreError> {
    let mut query = ideas::table.select(Row::as_select()).into_boxed();
    if !with_hidden {
        query = query.filter(ideas::hidden_reason.is_null());
    }
    if let Some(topic) = &filter.topic {
        // JSON lists of plain words: the quoted word stands in it or not. `_` is a letter of topics and a sign of LIKE.
        let quoted = containing(&format!("\"{topic}\""));
        query = query.filter(ideas::topics.like(quoted).escape('\\'));
    }
    if let Some(sector) = filter.from {
        query = query.filter(ideas::from_sectors.like(format!("%\"{sector}\"%")));
    }
    if let Some(sector) = filter.to {
        query = query.filter(ideas::to_sectors.like(format!("%\"{sector}\"%")));
    }
    if let Some(search) = &filter.search {
        query = query.filter(finds(db, search));
    }
    if let Some(after) = after {
        query = query.filter(ideas::id.gt(after.to_string()));
    }
    let rows = query.order(ideas::id).limit(most).load(db)?;
    complete(db, rows)
}

/// The newest ideas that are not hidden, newest first.
///
/// # Errors
/// The database's.
pub fn list_newest(db: &mut Db, most: i64) -> Result<Vec<Found>, StoreError> {
    let rows = ideas::table
        .filter(ideas::hidden_reason.is_null())
        .order(ideas::id.desc())
        .limit(most)
        .select(Row::as_select())
        .load(db)?;
    complete(db, rows)
}

type Finds = SqlLiteral<Bool, UncheckedBind<SqlLiteral<Bool>, AsExprOf<String, Text>>>;

/// Whether each word of a search begins a word of an idea. The two databases are asked in their own ways, but neither
/// parses a text: PostgreSQL is given its lexemes, and SQLite's tokenizer takes every character but ASCII's signs for one
/// of a word. Words of a search have no signs, so nothing in them can be an operator.
fn finds(db: &Db, search: &Search) -> Finds {
    let words = search.words().iter();
    let (before, after, asked) = match db {
        Db::Pg(_) => (
            "array_to_tsvector(string_to_array(ideas.search_text, ' ')) @@ ",
            "::tsquery",
            words.map(|word| format!("'{word}':*")).collect::<Vec<_>>().join(" & "),
        ),
        Db::Sqlite(_) => (
            "ideas.id IN (SELECT idea_id FROM __idea_search WHERE __idea_search MATCH ",
            ")",
            words.map(|word| format!("\"{word}\" *")).collect::<Vec<_>>().join(" AND "),
        ),
    };
    sql::<Bool>(before).bind::<Text, _>(asked).sql(after)
}

/// Adds names and counts to the rows of a page.
fn complete(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Found>, StoreError> {
    let placements_of: Vec<String> = rows.iter().map(|row| row.placement_id.clone()).collect();
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let names: Vec<(String, String, String)> = placements::table
        .inner_join(applications::table.on(applications::id.eq(placements::application_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::home_library_id)))
        .filter(placements::id.eq_any(placements_of))
        .select((placements::id, applications::name, libraries::name))
        .load(db)?;
    let mut names: HashMap<String, (String, String)> =
        names.into_iter().map(|(id, author, library)| (id, (author, library))).collect();
    let counts: Vec<(String, i64)> = idea_trials::table
        .filter(idea_trials::idea_id.eq_any(ids))
        .group_by(idea_trials::idea_id)
        .select((idea_trials::idea_id, diesel::dsl::count_star()))
        .load(db)?;
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let (author, library) = names.remove(&row.placement_id).unwrap_or_default();
            let tried = counts.get(&row.id).copied().unwrap_or_default();
            Ok(Found { idea: row.into_domain()?, author, library, tried })
        })
        .collect()
}
