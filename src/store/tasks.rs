//! What somebody owes, in small queries: each asks for one kind of thing and only for what a task tells of it.
//!
//! Their number does not grow with the number of tasks, and what is foreign is left out by the query itself.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::placements::time;
use super::schema::{
    applications, consents, libraries, library_employers, outbox, placements, round_libraries, rounds, runs,
};
use super::{Db, StoreError, parse};
use crate::domain::email::Email;
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, NoticeId, PlacementId, RoundId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::states::{
    Answer, ApplicationState, LibraryStatus, ManagerTrust, PlacementState, RoundState, RunKind, RunState,
};

/// The round of something, as far as a task tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRound {
    /// Which.
    pub id: RoundId,
    /// Its name.
    pub name: String,
    /// Last day of sign-up.
    pub sign_up_until: NaiveDate,
    /// Last day for answers.
    pub answer_until: NaiveDate,
    /// The zone of its days.
    pub time_zone: Tz,
}

type RoundColumns = (String, String, NaiveDate, NaiveDate, String);

const ROUND: (rounds::id, rounds::name, rounds::sign_up_until, rounds::answer_until, rounds::time_zone) =
    (rounds::id, rounds::name, rounds::sign_up_until, rounds::answer_until, rounds::time_zone);

impl OfRound {
    fn read((id, name, sign_up_until, answer_until, time_zone): RoundColumns) -> Result<Self, StoreError> {
        let (id, time_zone) = (parse("round", &id)?, parse("time zone", &time_zone)?);
        Ok(Self { id, name, sign_up_until, answer_until, time_zone })
    }
}

/// Rounds whose schedule is not published and can still be.
const BEFORE_PUBLICATION: [&str; 3] =
    [RoundState::Open.as_str(), RoundState::Closed.as_str(), RoundState::Matched.as_str()];

/// An application whose manager nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unvouched {
    /// Which.
    pub application: ApplicationId,
    /// Of whom.
    pub name: String,
    /// Its round.
    pub round: OfRound,
}

/// The ids of the libraries of some employers.
fn ids_of_libraries(db: &mut Db, own: &[EmployerId]) -> Result<Vec<String>, StoreError> {
    let own: Vec<String> = own.iter().map(ToString::to_string).collect();
    let ids = library_employers::table.filter(library_employers::employer_id.eq_any(own));
    Ok(ids.select(library_employers::library_id).distinct().load(db)?)
}

/// The applications of employers' staff whose manager is to be confirmed, in rounds that are not published.
///
/// # Errors
/// The database's.
pub fn list_unvouched(db: &mut Db, own: &[EmployerId]) -> Result<Vec<Unvouched>, StoreError> {
    let rows: Vec<(String, String, RoundColumns)> = applications::table
        .inner_join(rounds::table.on(rounds::id.eq(applications::round_id)))
        .filter(applications::employer_id.eq_any(own.iter().map(ToString::to_string)))
        .filter(applications::state.eq(ApplicationState::Verified.as_str()))
        .filter(applications::manager_trust.eq(ManagerTrust::ToConfirm.as_str()))
        .filter(rounds::state.eq_any(BEFORE_PUBLICATION))
        .select((applications::id, applications::name, ROUND))
        .load(db)?;
    rows.into_iter()
        .map(|(id, name, round)| {
            Ok(Unvouched { application: parse("application", &id)?, name, round: OfRound::read(round)? })
        })
        .collect()
}

/// A library in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLibrary {
    /// Which.
    pub id: LibraryId,
    /// Its name.
    pub name: String,
    /// Whether mails about visitors go to somebody.
    pub has_contact: bool,
}

/// The libraries of an employer that are in use and have become part of no other.
///
/// # Errors
/// The database's.
pub fn list_own_libraries(db: &mut Db, own: &[EmployerId]) -> Result<Vec<OwnLibrary>, StoreError> {
    let own = ids_of_libraries(db, own)?;
    let rows: Vec<(String, String, Option<String>)> = libraries::table
        .filter(libraries::id.eq_any(own))
        .filter(libraries::status.eq(LibraryStatus::Open.as_str()))
        .filter(libraries::successor_id.is_null())
        .select((libraries::id, libraries::name, libraries::contact_email))
        .load(db)?;
    rows.into_iter()
        .map(|(id, name, contact)| {
            Ok(OwnLibrary { id: parse("library", &id)?, name, has_contact: contact.is_some() })
        })
        .collect()
}

/// Which libraries of an employer take part in which rounds that are not published.
///
/// # Errors
/// The database's.
pub fn list_own_offers(db: &mut Db, own: &[EmployerId]) -> Result<Vec<(LibraryId, OfRound)>, StoreError> {
    let own = ids_of_libraries(db, own)?;
    let rows: Vec<(String, RoundColumns)> = round_libraries::table
        .inner_join(rounds::table.on(rounds::id.eq(round_libraries::round_id)))
        .filter(round_libraries::library_id.eq_any(own))
        .filter(rounds::state.eq_any(BEFORE_PUBLICATION))
        .select((round_libraries::library_id, ROUND))
        .load(db)?;
    rows.into_iter().map(|(id, round)| Ok((parse("library", &id)?, OfRound::read(round)?))).collect()
}

/// A visit at a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Which placement.
    pub placement: PlacementId,
    /// The day.
    pub date: NaiveDate,
    /// When it begins, local to the host.
    pub starts: NaiveTime,
    /// The host's zone.
    pub time_zone: Tz,
    /// The host library's name.
    pub host: String,
    /// Its last day for answers.
    pub answer_until: NaiveDate,
    /// Its round.
    pub round: OfRound,
}

/// The visits at an employer's libraries in a state and with such an answer of the host; none of which the mails are held.
///
/// # Errors
/// The database's.
pub fn list_visits(
    db: &mut Db,
    own: &[EmployerId],
    state: PlacementState,
    answer: Answer,
) -> Result<Vec<Visit>, StoreError> {
    type Columns = ((String, NaiveDate, String, String, Option<NaiveDate>), String, RoundColumns);
    let own = ids_of_libraries(db, own)?;
    let untold = outbox::table.filter(outbox::state.eq(NoticeState::Held.as_str()));
    let untold = untold.select(outbox::application_id.assume_not_null());
    let rows: Vec<Columns> = placements::table
        .inner_join(consents::table.on(consents::placement_id.eq(placements::id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .inner_join(rounds::table.on(rounds::id.eq(placements::round_id)))
        .filter(placements::host_library_id.eq_any(own))
        .filter(placements::state.eq(state.as_str()))
        .filter(consents::party.eq(Party::Host.as_str()))
        .filter(consents::answer.eq(answer.as_str()))
        .filter(placements::application_id.ne_all(untold))
        .select((
            (
                placements::id,
                placements::date,
                placements::starts,
                placements::time_zone,
                placements::answer_until,
            ),
            libraries::name,
            ROUND,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((id, date, starts, zone, answer_until), host, round)| {
            let round = OfRound::read(round)?;
            Ok(Visit {
                placement: parse("placement", &id)?,
                date,
                starts: time(&starts)?,
                time_zone: parse("time zone", &zone)?,
                host,
                answer_until: answer_until.unwrap_or(round.answer_until),
                round,
            })
        })
        .collect()
}

/// A run that has a schedule, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsableRun {
    /// Which.
    pub id: RunId,
    /// Of which round.
    pub round: RoundId,
    /// Whether it has its schedule.
    pub is_finished: bool,
    /// The round's revision when it was frozen.
    pub round_revision: i64,
}

/// The runs of closed and matched rounds that have a schedule or wait for one, oldest first.
///
/// # Errors
/// The database's.
pub fn list_usable_runs(db: &mut Db) -> Result<Vec<UsableRun>, StoreError> {
    let usable = [RunState::Queued, RunState::Solving, RunState::Finished].map(RunState::as_str);
    let rows: Vec<(String, String, String, i64)> = runs::table
        .inner_join(rounds::table.on(rounds::id.eq(runs::round_id)))
        .filter(runs::state.eq_any(usable))
        .filter(runs::kind.ne(RunKind::WhatIf.as_str()))
        .filter(rounds::state.eq_any([RoundState::Closed.as_str(), RoundState::Matched.as_str()]))
        .order(runs::id)
        .select((runs::id, runs::round_id, runs::state, runs::round_revision))
        .load(db)?;
    rows.into_iter()
        .map(|(id, round, state, round_revision)| {
            let is_finished = state == RunState::Finished.as_str();
            Ok(UsableRun {
                id: parse("run", &id)?,
                round: parse("round", &round)?,
                is_finished,
                round_revision,
            })
        })
        .collect()
}

/// The publications whose mails are held, with how many.
///
/// # Errors
/// The database's.
pub fn list_held(db: &mut Db) -> Result<Vec<(RunId, OfRound, i64)>, StoreError> {
    let held = outbox::state.eq(NoticeState::Held.as_str());
    let rows: Vec<(Option<String>, i64)> = outbox::table
        .filter(held)
        .group_by(outbox::run_id)
        .select((outbox::run_id, diesel::dsl::count_star()))
        .load(db)?;
    let of: Vec<(String, RoundColumns)> = runs::table
        .inner_join(rounds::table.on(rounds::id.eq(runs::round_id)))
        .filter(runs::id.nullable().eq_any(outbox::table.filter(held).select(outbox::run_id)))
        .select((runs::id, ROUND))
        .load(db)?;
    of.into_iter()
        .map(|(id, round)| {
            let count = rows.iter().find(|(run, _)| run.as_ref() == Some(&id)).map_or(0, |(_, count)| *count);
            Ok((parse("run", &id)?, OfRound::read(round)?, count))
        })
        .collect()
}

/// A placement that came to nothing, and whose participant has no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which.
    pub placement: PlacementId,
    /// Whose.
    pub application: ApplicationId,
    /// The participant's name.
    pub name: String,
    /// The host library's name.
    pub host: String,
    /// The day.
    pub date: NaiveDate,
    /// Declined, expired or cancelled.
    pub state: PlacementState,
    /// When it ended, in UTC.
    pub ended_at: NaiveDateTime,
    /// The host library.
    pub host_id: LibraryId,
    /// Its round.
    pub round: OfRound,
}

/// The placements of publications that stand which ended before their day and whose participants have no place since;
/// oldest first.
///
/// # Errors
/// The database's.
pub fn list_lost(db: &mut Db) -> Result<Vec<Lost>, StoreError> {
    type Columns =
        ((String, String, NaiveDate, String, NaiveDateTime), (String, String), String, RoundColumns);
    let lost = [PlacementState::Declined, PlacementState::Expired, PlacementState::Cancelled];
    let lost = lost.map(PlacementState::as_str);
    let without = [ApplicationState::Unplaced, ApplicationState::Withdrawn].map(ApplicationState::as_str);
    let standing = [RoundState::Published, RoundState::Running].map(RoundState::as_str);
    let rows: Vec<Columns> = placements::table
        .inner_join(applications::table.on(applications::id.eq(placements::application_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .inner_join(rounds::table.on(rounds::id.eq(placements::round_id)))
        .inner_join(runs::table.on(runs::id.eq(placements::run_id)))
        .filter(placements::state.eq_any(lost))
        .filter(applications::state.eq_any(without))
        .filter(rounds::state.eq_any(standing))
        .filter(runs::state.eq(RunState::Published.as_str()))
        .order(placements::id)
        .select((
            (
                placements::id,
                placements::host_library_id,
                placements::date,
                placements::state,
                placements::updated_at,
            ),
            (applications::id, applications::name),
            libraries::name,
            ROUND,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((id, host_id, date, state, ended_at), (application, name), host, round)| {
            Ok(Lost {
                placement: parse("placement", &id)?,
                application: parse("application", &application)?,
                name,
                host,
                date,
                state: parse("placement state", &state)?,
                ended_at,
                host_id: parse("library", &host_id)?,
                round: OfRound::read(round)?,
            })
        })
        .collect()
}

/// A placement that stands, of a round that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub placement: PlacementId,
    /// The participant's name.
    pub name: String,
    /// The host library.
    pub host: LibraryId,
    /// The day.
    pub date: NaiveDate,
    /// Its round.
    pub round: OfRound,
}

/// The placements that stand from a day on, and for which somebody travels; by id.
///
/// # Errors
/// The database's.
pub fn list_standing(db: &mut Db, from: NaiveDate) -> Result<Vec<Standing>, StoreError> {
    let live = [PlacementState::Proposed, PlacementState::Confirmed].map(PlacementState::as_str);
    let published = [RoundState::Published, RoundState::Running].map(RoundState::as_str);
    let rows: Vec<(String, String, NaiveDate, String, RoundColumns)> = placements::table
        .inner_join(applications::table.on(applications::id.eq(placements::application_id)))
        .inner_join(rounds::table.on(rounds::id.eq(placements::round_id)))
        .filter(placements::state.eq_any(live))
        .filter(placements::is_virtual.eq(false))
        .filter(placements::date.ge(from))
        .filter(rounds::state.eq_any(published))
        .order(placements::id)
        .select((placements::id, placements::host_library_id, placements::date, applications::name, ROUND))
        .load(db)?;
    rows.into_iter()
        .map(|(id, host, date, name, round)| {
            let (placement, host) = (parse("placement", &id)?, parse("library", &host)?);
            Ok(Standing { placement, name, host, date, round: OfRound::read(round)? })
        })
        .collect()
}

/// A mail that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Which.
    pub notice: NoticeId,
    /// What it was about.
    pub kind: NoticeKind,
    /// Whom it does not reach.
    pub party: Party,
    /// The address.
    pub recipient: Email,
    /// Where the application is in its life.
    pub application: ApplicationState,
    /// The placement's state and day, where it is about one.
    pub placement: Option<(PlacementState, NaiveDate)>,
    /// The round's state.
    pub round_state: RoundState,
    /// The round.
    pub round: OfRound,
}

/// The mails that were given up or came back and were not sent again, in rounds that are not over.
///
/// # Errors
/// The database's.
pub fn list_given_up(db: &mut Db) -> Result<Vec<GivenUp>, StoreError> {
    type Columns =
        ((String, String, String, String), String, (Option<String>, Option<NaiveDate>), String, RoundColumns);
    let over = [RoundState::Completed, RoundState::Archived].map(RoundState::as_str);
    let again = diesel::alias!(outbox as again);
    let rows: Vec<Columns> = outbox::table
        .inner_join(applications::table.on(applications::id.nullable().eq(outbox::application_id)))
        .inner_join(rounds::table.on(rounds::id.eq(applications::round_id)))
        .left_join(placements::table.on(placements::id.nullable().eq(outbox::placement_id)))
        .filter(outbox::state.eq_any([NoticeState::GaveUp, NoticeState::Bounced].map(NoticeState::as_str)))
        .filter(rounds::state.ne_all(over))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            again.filter(
                again.field(outbox::again_of).eq(outbox::id.nullable()).or(again
                    .field(outbox::again_of)
                    .eq(outbox::again_of)
                    .and(again.field(outbox::id).gt(outbox::id))),
            ),
        )))
        .select((
            (outbox::id, outbox::kind, outbox::party, outbox::recipient_address),
            applications::state,
            (placements::state.nullable(), placements::date.nullable()),
            rounds::state,
            ROUND,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((id, kind, party, recipient), application, placement, round_state, round)| {
            let placement = match placement {
                (Some(state), Some(date)) => Some((parse("placement state", &state)?, date)),
                (Some(_) | None, Some(_) | None) => None,
            };
            Ok(GivenUp {
                notice: parse("notice", &id)?,
                kind: parse("kind", &kind)?,
                party: parse("party", &party)?,
                recipient: parse("address", &recipient)?,
                application: parse("application state", &application)?,
                placement,
                round_state: parse("round state", &round_state)?,
                round: OfRound::read(round)?,
            })
        })
        .collect()
}
