//! *One thing we will try*: ideas that participants bring home, found and tried by everybody in the programme.

use std::borrow::Cow;

use serde_json::json;

use super::app::{Now, permit, permit_everywhere, record};
use super::attendance::host_clock;
use super::load::{get_applicant, get_library, get_placement};
use super::notices::Case;
use super::page::{Page, Paged};
use super::placements::{get_case, hide_untold};
use super::{App, AppError, feeds};
use crate::domain::feed::{Feed, FeedKind};
use crate::domain::idea::{Idea, IdeaFilter, NewIdea, ShownAs};
use crate::domain::ids::{IdeaId, PlacementId};
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::export::Cell;
use crate::store::ideas::{self, Found};
use crate::store::{Db, Tx};

/// An idea as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The idea; why it is hidden is there for organisers only.
    pub idea: Idea,
    /// Under whose name, where its author wants one.
    pub by: Option<String>,
    /// How many say that they tried it.
    pub tried: i64,
}

impl From<Found> for Shown {
    fn from(found: Found) -> Self {
        let by = match found.idea.given.shown_as {
            ShownAs::Author => Some(found.author),
            ShownAs::Library => Some(found.library),
            ShownAs::Nobody => None,
        };
        Self { idea: found.idea, by, tried: found.tried }
    }
}

/// The columns of the export, in their order.
pub const COLUMNS: [&str; 9] =
    ["idea_id", "given_at", "text", "topics", "from_sectors", "to_sectors", "by", "tried", "hidden_reason"];

impl Shown {
    /// Its cells in the order of [`COLUMNS`]; lists with a vertical bar between their items.
    pub fn cells(&self) -> [Cell<'_>; 9] {
        let Idea { id, given, from, to, hidden_reason, created_at, .. } = &self.idea;

        [
            Cell::Code(Cow::Owned(id.to_string())),
            Cell::At(created_at.date(), created_at.time()),
            Cell::Text(given.words.as_str()),
            listed(&given.topics),
            listed(from),
            listed(to),
            self.by.as_deref().map_or(Cell::Empty, Cell::Text),
            Cell::Whole(self.tried),
            hidden_reason.as_deref().map_or(Cell::Empty, Cell::Text),
        ]
    }
}

fn listed<T: ToString>(items: &[T]) -> Cell<'static> {
    Cell::Code(Cow::Owned(items.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")))
}

/// A participant brings an idea home; again, it takes the place of the former one of that day.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `too-early`, `too-late`.
pub fn give(app: &App, actor: &Actor, id: PlacementId, new: &NewIdea) -> Result<Shown, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        give_in(tx, &now, actor, &case, new)?;
        let found = ideas::find_of_placement(tx, id)?;
        let found = found.ok_or_else(|| AppError::Internal(format!("the idea of placement {id} is gone")))?;
        Ok(veiled(actor, found.into()))
    })
}

/// As [`give`], within a transaction.
pub(super) fn give_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    new: &NewIdea,
) -> Result<(), AppError> {
    let id = case.placement.id;
    let subject =
        Subject { application: Some(case.placement.application), placement: Some(id), ..Subject::default() };
    permit(actor, Action::GiveIdea, &subject, ("placement", &id))?;
    hide_untold(tx, actor, case)?;
    let known = ideas::find_of_placement(tx, id)?.map(|found| found.idea);
    if known.as_ref().is_some_and(|known| known.given == *new) {
        return Ok(());
    }
    case.placement.admit_review(host_clock(now, &case.placement))?;
    let idea = match known {
        Some(known) => {
            let idea = Idea { given: new.clone(), ..known };
            ideas::save(tx, &idea)?;
            idea
        }
        None => {
            let idea = Idea {
                id: IdeaId::new(now.id(&format!("idea {id}"))),
                placement: id,
                given: new.clone(),
                from: case.host.sectors.clone(),
                to: get_library(tx, case.placement.home)?.sectors,
                hidden_reason: None,
                created_at: now.utc(),
            };
            ideas::insert(tx, &idea)?;
            idea
        }
    };
    let details = json!({ "shown_as": new.shown_as.as_str() });
    record(tx, now, actor, Action::GiveIdea, ("idea", &idea.id), &details)
}

fn sees_hidden(actor: &Actor) -> bool {
    actor.reach(Action::HideIdea).is_ok()
}

fn veiled(actor: &Actor, mut shown: Shown) -> Shown {
    shown.idea.hidden_reason = shown.idea.hidden_reason.filter(|_| sees_hidden(actor));
    shown
}

/// A page of the ideas that a filter lets through, in the order in which they came.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    filter: &IdeaFilter,
    page: &Page<IdeaId>,
) -> Result<Paged<Shown, IdeaId>, AppError> {
    permit_everywhere(actor, Action::ReadIdeas)?;
    app.store.read(|db| {
        let found = ideas::list(db, filter, sees_hidden(actor), page.after, page.fetch())?;
        let shown = found.into_iter().map(Shown::from).collect();
        Ok(page.cut(shown, |shown: &Shown| shown.idea.id))
    })
}

/// How many ideas a feed holds.
const NEWEST: i64 = 100;

/// What a feed of ideas shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The feed.
    pub feed: Feed,
    /// The newest ideas that are not hidden, newest first.
    pub ideas: Vec<Shown>,
}

/// What the feed of ideas at an address shows now.
///
/// # Errors
/// `not-found` for an unknown secret, that of a calendar, and a feed that was taken back.
pub fn newest(app: &App, secret: &str) -> Result<Newest, AppError> {
    let feed = feeds::open(app, secret, |shown| shown.kind() == FeedKind::Ideas)?;
    let found = app.store.read(|db| ideas::list_newest(db, NEWEST))?;
    Ok(Newest { feed, ideas: found.into_iter().map(Shown::from).collect() })
}

/// An idea; a hidden one is there for organisers only.
pub(super) fn get(db: &mut Db, actor: &Actor, id: IdeaId) -> Result<Found, AppError> {
    let found = ideas::find(db, id)?.filter(|found| found.idea.hidden_reason.is_none() || sees_hidden(actor));
    found.ok_or_else(|| AppError::not_found("idea", id))
}

/// Somebody says that they tried an idea: a person, or a library by its contact or a manager of its staff, once each.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn mark_tried(app: &App, actor: &Actor, id: IdeaId) -> Result<Shown, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        permit_everywhere(actor, Action::TryIdea)?;
        get(tx, actor, id)?;
        let who = trier(tx, actor)?;
        if ideas::insert_trial(tx, id, &who, now.utc())? {
            record(tx, &now, actor, Action::TryIdea, ("idea", &id), &json!({}))?;
        }
        Ok(veiled(actor, get(tx, actor, id)?.into()))
    })
}

/// Who tries: the person of a participant's link, the library of a host's or manager's, the first employer of a token.
fn trier(db: &mut Db, actor: &Actor) -> Result<String, AppError> {
    let nobody = || AppError::Internal(format!("{} stands for nobody who could try an idea", actor.name));
    match (actor.role, actor.application, actor.placement) {
        (Role::Participant, Some(application), _) => {
            Ok(format!("person:{}", get_applicant(db, application)?.person.id))
        }
        (Role::HostContact, _, Some(placement)) => {
            Ok(format!("library:{}", get_placement(db, placement)?.host))
        }
        (Role::Manager, _, Some(placement)) => Ok(format!("library:{}", get_placement(db, placement)?.home)),
        (Role::Manager, Some(application), None) => {
            Ok(format!("library:{}", get_applicant(db, application)?.application.home))
        }
        _ => actor.employers.first().map(|employer| format!("employer:{employer}")).ok_or_else(nobody),
    }
}

/// Organisers hide an idea with a reason, or show it again.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn hide(app: &App, actor: &Actor, id: IdeaId, reason: Option<&str>) -> Result<Shown, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        permit_everywhere(actor, Action::HideIdea)?;
        let mut found = get(tx, actor, id)?;
        let reason = reason.map(str::to_owned);
        if found.idea.hidden_reason != reason {
            found.idea.hidden_reason = reason;
            ideas::save(tx, &found.idea)?;
            let details = json!({ "hidden": found.idea.hidden_reason.is_some() });
            record(tx, &now, actor, Action::HideIdea, ("idea", &id), &details)?;
        }
        Ok(found.into())
    })
}
