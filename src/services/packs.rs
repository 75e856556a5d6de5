//! Joining packs: the host writes one for each placement, most of it once for all; both sides have the same numbered
//! version, and every later one reaches them as a difference.
//!
//! As long as something is missing a pack is version 0, nobody's but the host's. Completed it is version 1, which goes
//! out as soon as the placement is confirmed; each change after that is a version of its own, complete again.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::json;

use super::app::{Now, own_employers_in, permit, record};
use super::load::{get_library, get_round};
use super::notices::{self, Case, Facts};
use super::page::{Page, Paged};
use super::placements::{get_case, hide_untold};
use super::rounds::load as load_round;
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::deadlines::{has_come, local};
use crate::domain::fault::Faults;
use crate::domain::ids::{EmployerId, LibraryId, PlacementId, RoundId};
use crate::domain::letter::PackNews;
use crate::domain::organisation::Library;
use crate::domain::packs::{self, HOST_DAYS, ORGANISER_DAYS, Pack, PackField, PackState, ask_on};
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::PlacementState;
pub use crate::store::packs::StoredPack;
use crate::store::packs::{self as stored, Outline, OutlineFilter};
use crate::store::{Db, Tx, alternatives, organisations};

/// A pack as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPack {
    /// The number that both sides have; 0 as long as something is missing.
    pub version: i64,
    /// Raised by every save.
    pub revision: i64,
    /// The pack; of version 0 with what is proposed where nothing is written.
    pub pack: Pack,
    /// What is missing.
    pub missing: Vec<PackField>,
    /// When it was written; none before.
    pub updated_at: Option<NaiveDateTime>,
}

/// What somebody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackEdit {
    /// The `revision` that was looked at.
    pub revision: i64,
    /// The whole pack; what is absent is as proposed.
    pub pack: Pack,
    /// Whether what is the same for every visitor becomes the library's standing text.
    pub for_later_visitors: bool,
}

fn permit_on(actor: &Actor, action: Action, case: &Case) -> Result<(), AppError> {
    let placement = &case.placement;
    let subject = Subject {
        employers: case.host.employers.clone(),
        round: Some(placement.round),
        application: Some(placement.application),
        placement: Some(placement.id),
    };
    permit(actor, action, &subject, ("placement", &placement.id))
}

/// What a pack says as long as the host has not said otherwise.
fn proposal(db: &mut Db, case: &Case) -> Result<Pack, AppError> {
    let standing = stored::find_standing(db, case.host.id)?.unwrap_or_default();
    let objectives = case.applicant.application.objectives.as_deref();
    Ok(packs::proposed(&case.host, &standing, case.placement.starts, objectives))
}

/// The pack of a placement as its host sees it.
fn current(db: &mut Db, case: &Case) -> Result<SeenPack, AppError> {
    let found = stored::find(db, case.placement.id)?;
    let (version, revision, updated_at) =
        found.as_ref().map_or((0, 0, None), |found| (found.version, found.revision, Some(found.updated_at)));
    let mut pack = found.map(|found| found.pack).unwrap_or_default();
    if version == 0 {
        pack = pack.or(&proposal(db, case)?);
    }
    let missing = pack.missing();
    Ok(SeenPack { version, revision, pack, missing, updated_at })
}

/// What is missing from the pack of a placement.
///
/// # Errors
/// The database's.
pub(super) fn missing_of(db: &mut Db, case: &Case) -> Result<Vec<PackField>, AppError> {
    Ok(current(db, case)?.missing)
}

/// Whether the participant has a pack: it goes out with the confirmation, and is void when the day is off.
const fn is_shared(state: PlacementState, version: i64) -> bool {
    state.is_agreed() && version > 0
}

/// The pack of a placement as an actor who may read it sees it; none where a participant has none yet.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub(super) fn seen(db: &mut Db, actor: &Actor, case: &Case) -> Result<Option<SeenPack>, AppError> {
    permit_on(actor, Action::ReadJoiningPack, case)?;
    let seen = current(db, case)?;
    let is_whole = actor.role != Role::Participant || is_shared(case.placement.state, seen.version);
    Ok(is_whole.then_some(seen))
}

/// The pack of a placement. A participant has one once it was sent.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: PlacementId) -> Result<SeenPack, AppError> {
    app.store.read(|db| {
        let case = get_case(db, id)?;
        permit_on(actor, Action::ReadJoiningPack, &case)?;
        hide_untold(db, actor, &case)?;
        seen(db, actor, &case)?.ok_or_else(|| AppError::not_found("joining pack of the placement", id))
    })
}

/// The versions of a pack, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list_versions(app: &App, actor: &Actor, id: PlacementId) -> Result<Vec<StoredPack>, AppError> {
    app.store.read(|db| {
        let case = get_case(db, id)?;
        permit_on(actor, Action::OverseeJoiningPacks, &case)?;
        hide_untold(db, actor, &case)?;
        Ok(stored::list_versions(db, id)?)
    })
}

/// Writes the pack of a placement: kept as it is while something is missing, a new version otherwise, which goes to both
/// sides once the placement is confirmed.
///
/// # Errors
/// `not-found`, `forbidden`; `placement-state` unless the placement is proposed or confirmed; `too-late` after its day;
/// `offer-open` while the host has offered something else;
/// `stale-page` where somebody else has written since; `invalid-fields` where something would be missing of what both
/// sides have.
pub fn write(app: &App, actor: &Actor, id: PlacementId, edit: &PackEdit) -> Result<SeenPack, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        write_in(tx, &now, actor, &case, edit)?;
        current(tx, &case)
    })
}

/// As [`write()`], within a transaction.
pub(super) fn write_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    edit: &PackEdit,
) -> Result<(), AppError> {
    permit_on(actor, Action::EditJoiningPack, case)?;
    hide_untold(tx, actor, case)?;
    case.placement.prepare()?;
    let (day, today) = (case.placement.date, now.today(case.placement.time_zone));
    if today > day {
        let words = format!("the day, {day}, has passed: nobody needs its joining pack any more");
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    if alternatives::find_latest(tx, case.placement.id)?.is_some_and(|other| other.is_open()) {
        let words = "something else is offered instead of this day: its joining pack can be written once the visitor has \
                     taken it";
        return Err(Refusal::new(RefusalCode::OfferOpen, words).into());
    }
    let (written, before) = (stored::find(tx, case.placement.id)?, current(tx, case)?);
    let pack = edit.pack.or(&proposal(tx, case)?);
    let missing = pack.missing();
    let is_new = if before.version > 0 {
        pack != before.pack
    } else {
        missing.is_empty() || written.is_none_or(|written| written.pack != edit.pack)
    };
    if is_new {
        if edit.revision != before.revision {
            let words = "somebody else has written this joining pack since it was looked at, so that nothing was \
                         recorded: look at what it says now, and send yours again";
            return Err(Refusal::new(RefusalCode::StalePage, words).into());
        }
        if before.version > 0 {
            let faults = Faults::none();
            for field in &missing {
                faults.add(format!("/fields/{field}"), "", "is required: the visitor has been told it");
            }
            faults.into_result(Some(())).map_err(AppError::Fields)?;
        }
        let (version, kept) = if missing.is_empty() { (before.version + 1, &pack) } else { (0, &edit.pack) };
        let changed: Vec<&str> =
            pack.changes_since(&before.pack).iter().map(|change| change.field.as_str()).collect();
        let details = json!({ "version": version, "fields": changed, "missing": missing.len() });
        save(tx, now, actor, case, (version, before.revision + 1, kept), &details)?;
    }
    if edit.for_later_visitors {
        keep_standing(tx, now, actor, &case.host, &pack.standing())?;
    }
    Ok(())
}

/// Stores a version and tells both sides of it.
fn save(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    (version, revision, pack): (i64, i64, &Pack),
    details: &serde_json::Value,
) -> Result<(), AppError> {
    let newest = StoredPack { version, revision, pack: pack.clone(), updated_at: now.utc() };
    stored::save(tx, case.placement.id, &newest)?;
    record(tx, now, actor, Action::EditJoiningPack, ("placement", &case.placement.id), details)?;
    tell(tx, now, case, &newest)
}

fn tell(tx: &mut Tx<'_>, now: &Now, case: &Case, newest: &StoredPack) -> Result<(), AppError> {
    if is_shared(case.placement.state, newest.version) {
        notices::joining_pack(tx, now, case, newest)?;
    }
    Ok(())
}

/// Sends what the host has prepared, within the transaction that confirms the placement.
///
/// # Errors
/// The database's.
pub(super) fn follow_confirmation(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    match stored::find(tx, case.placement.id)? {
        Some(newest) => tell(tx, now, case, &newest),
        None => Ok(()),
    }
}

/// Lets the time of arrival follow a visit that begins at another time, within the transaction that moves it.
///
/// # Errors
/// The database's.
pub(super) fn follow_move(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    former: NaiveTime,
) -> Result<(), AppError> {
    let Some(before) = stored::find(tx, case.placement.id)? else { return Ok(()) };
    let pack = before.pack.moved(former, case.placement.starts);
    if pack == before.pack {
        return Ok(());
    }
    let version = if before.version > 0 { before.version + 1 } else { 0 };
    let details = json!({ "version": version, "fields": [PackField::ArrivalTime.as_str()], "moved": true });
    save(tx, now, actor, case, (version, before.revision + 1, &pack), &details)
}

fn permit_on_library(actor: &Actor, action: Action, library: &Library) -> Result<(), AppError> {
    let subject = Subject::of_employers(&library.employers);
    permit(actor, action, &subject, ("library", &library.id))
}

/// What a library says to every visitor.
///
/// # Errors
/// `not-found`, also for somebody else's library; `forbidden`.
pub fn get_standing(app: &App, actor: &Actor, id: LibraryId) -> Result<Pack, AppError> {
    app.store.read(|db| {
        let library = get_library(db, id)?;
        permit_on_library(actor, Action::OverseeJoiningPacks, &library)?;
        Ok(stored::find_standing(db, id)?.unwrap_or_default())
    })
}

/// Says anew what a library says to every visitor. Packs that are complete stay as they are.
///
/// # Errors
/// `changed-since`, `if-match-required`; `not-found`, also for somebody else's library; `forbidden`.
pub fn replace_standing(
    app: &App,
    actor: &Actor,
    id: LibraryId,
    pack: &Pack,
    seen: &Seen<Pack>,
) -> Result<Pack, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let library = get_library(tx, id)?;
        permit_on_library(actor, Action::EditJoiningPack, &library)?;
        seen.admit(&stored::find_standing(tx, id)?.unwrap_or_default())?;
        keep_standing(tx, &now, actor, &library, pack)?;
        Ok(pack.clone())
    })
}

fn keep_standing(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    library: &Library,
    pack: &Pack,
) -> Result<(), AppError> {
    let before = stored::find_standing(tx, library.id)?.unwrap_or_default();
    let changes = pack.changes_since(&before);
    if changes.is_empty() {
        return Ok(());
    }
    stored::replace_standing(tx, library.id, pack, now.utc())?;
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    record(tx, now, actor, Action::EditJoiningPack, ("library", &library.id), &json!({ "fields": fields }))
}

/// A line of the list of packs.
#[derive(Debug, Clone)]
pub struct PackLine {
    /// The placement and what is written.
    pub outline: Outline,
    /// Who receives.
    pub host: Library,
    /// How urgent it is.
    pub state: PackState,
    /// What is missing.
    pub missing: Vec<PackField>,
}

/// A page of the packs of a round's confirmed placements whose day has not passed: all for organisers, an
/// administrator's own libraries' for them.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    state: Option<PackState>,
    page: &Page<PlacementId>,
) -> Result<Paged<PackLine, PlacementId>, AppError> {
    let hosted_by = own_employers_in(actor, Action::OverseeJoiningPacks, round)?;
    let now = app.now()?;
    app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        let lines = list_in(db, &now, &round, (hosted_by.as_deref(), state), (page.after, page.fetch()))?;
        Ok(page.cut(lines, |line| line.outline.placement))
    })
}

/// As [`list`]: those of some employers' libraries, or all; in one state, or all; after an id, so many at most.
///
/// # Errors
/// The database's.
pub(super) fn list_in(
    db: &mut Db,
    now: &Now,
    round: &Round,
    (hosted_by, state): (Option<&[EmployerId]>, Option<PackState>),
    (after, most): (Option<PlacementId>, i64),
) -> Result<Vec<PackLine>, AppError> {
    let today = now.today(round.time_zone);
    let in_days = |days| today.checked_add_days(Days::new(days)).unwrap_or(today);
    let (complete, from, until) = match state {
        None => (None, today, None),
        Some(PackState::Complete) => (Some(true), today, None),
        Some(PackState::Late) => (Some(false), today, Some(in_days(ORGANISER_DAYS))),
        Some(PackState::Missing) => (Some(false), in_days(ORGANISER_DAYS + 1), Some(in_days(HOST_DAYS))),
        Some(PackState::Waiting) => (Some(false), in_days(HOST_DAYS + 1), None),
    };
    let filter = OutlineFilter { hosted_by, complete, from, until };
    let found = stored::list_outlines(db, round.id, &filter, after, most)?;
    lines(db, found, today)
}

fn lines(db: &mut Db, outlines: Vec<Outline>, today: NaiveDate) -> Result<Vec<PackLine>, AppError> {
    let hosts: Vec<LibraryId> = outlines.iter().map(|outline| outline.host).collect();
    let libraries = organisations::list_libraries_by_ids(db, &hosts)?;
    let standing = stored::list_standing(db, &hosts)?;
    let nothing = Pack::default();
    let line = |outline: Outline| {
        let host = libraries.iter().find(|library| library.id == outline.host)?.clone();
        let missing = if outline.version > 0 {
            Vec::new()
        } else {
            let standing = standing.get(&host.id).unwrap_or(&nothing);
            let proposed = packs::proposed(&host, standing, outline.starts, outline.objectives.as_deref());
            outline.pack.or(&proposed).missing()
        };
        let state = PackState::of(outline.version > 0, outline.date, today);
        Some(PackLine { outline, host, state, missing })
    };
    Ok(outlines.into_iter().filter_map(line).collect())
}

/// The placements of a round whose hosts are to be asked for what is missing of the pack.
///
/// # Errors
/// The database's.
pub(super) fn list_to_ask(db: &mut Db, now: &Now, round: &Round) -> Result<Vec<PlacementId>, AppError> {
    let today = now.today(round.time_zone);
    let days = if has_come(today, local(now.at, round.time_zone)) { HOST_DAYS } else { HOST_DAYS - 1 };
    let after = |days| today.checked_add_days(Days::new(days)).unwrap_or(today);
    Ok(stored::list_to_ask(db, round.id, after(1), after(days))?)
}

/// Asks a host for what is missing of the pack, once; false where nothing is, or it was done before.
///
/// # Errors
/// The database's.
pub(super) fn ask(tx: &mut Tx<'_>, now: &Now, actor: &Actor, id: PlacementId) -> Result<bool, AppError> {
    let case = get_case(tx, id)?;
    let round = get_round(tx, case.placement.round)?;
    let day = case.placement.date;
    let is_due = has_come(ask_on(day), local(now.at, round.time_zone)) && now.today(round.time_zone) < day;
    let is_incomplete = stored::find(tx, id)?.is_none_or(|found| found.version == 0);
    if !is_due || !is_incomplete || case.placement.state != PlacementState::Confirmed {
        return Ok(false);
    }
    if !notices::pack_missing(tx, now, &case)? {
        return Ok(false);
    }
    let details = json!({ "deed": "ask_for_pack" });
    record(tx, now, actor, Action::KeepDeadlines, ("placement", &id), &details)?;
    Ok(true)
}

/// What a mail about the pack tells.
///
/// # Errors
/// `internal` where a version that a notice names is not there.
pub(super) fn news(db: &mut Db, facts: &Facts, case: &Case) -> Result<PackNews, AppError> {
    let Some(told) = facts.pack else {
        return Ok(PackNews { missing: missing_of(db, case)?, ..PackNews::default() });
    };
    let id = case.placement.id;
    let mut version = |number| {
        stored::find_version(db, id, number)?
            .ok_or_else(|| AppError::Internal(format!("placement {id}: no version {number} of its pack")))
    };
    let newest = version(told.version)?;
    let changes = match told.since {
        Some(since) => newest.pack.changes_since(&version(since)?.pack),
        None => Vec::new(),
    };
    Ok(PackNews { version: newest.version, pack: newest.pack, changes, missing: Vec::new() })
}
