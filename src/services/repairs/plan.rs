//! What a way to mend a round changes, as it is stored, shown and carried out.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::base::Base;
use super::library_id;
use crate::domain::ids::{ApplicationId, PlacementId};
use crate::domain::organisation::Contact;
use crate::files::schedule::Schedule;
use crate::matching::repair::{Choice, Move};
use crate::services::AppError;
use crate::services::load::{get_applicant, get_library, get_placement};
use crate::services::publication::{Overrides, times_on};
use crate::store::Db;

/// A way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `leave_the_gap`, `fewest_touched`, `keep_most_placed`.
    pub kind: String,
    /// Whether nothing is better in its own order.
    pub proven: bool,
    /// How many have a place then.
    pub placed: i64,
    /// How many others are touched.
    pub touched: i64,
    /// The schedule's value.
    pub value: i64,
    /// Everybody whose placement ends, moves or begins.
    pub changes: Vec<Changed>,
    /// The library-days on which more or fewer come or go.
    pub days: Vec<LibraryDay>,
    /// What is set aside.
    pub waived: Vec<Waived>,
    /// The mails that would go.
    pub mails: Vec<Mails>,
}

/// Why somebody's placement changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// They drop out.
    DroppedOut,
    /// Their host closes.
    HostCloses,
    /// They make room.
    Touched,
    /// They had no place.
    ComesIn,
}

impl Why {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::DroppedOut => "dropped_out",
            Why::HostCloses => "host_closes",
            Why::Touched => "touched",
            Why::ComesIn => "comes_in",
        }
    }
}

/// Somebody's change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Whose application.
    pub application: String,
    /// Why.
    pub why: Why,
    /// The placement that ends.
    pub placement: Option<PlacementRef>,
    /// The one that is proposed.
    pub to: Option<NewPlace>,
}

impl Changed {
    /// The application's id.
    ///
    /// # Errors
    /// When it is none.
    pub fn id(&self) -> Result<ApplicationId, AppError> {
        let words = || AppError::Internal(format!("`{}` is no application", self.application));
        self.application.parse().map_err(|_| words())
    }
}

/// A placement that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementRef {
    /// Which.
    pub id: String,
    /// Where.
    pub host: String,
    /// When.
    pub date: NaiveDate,
    /// Whether it has ended before, so that nothing is left to be told.
    pub ended: bool,
}

impl PlacementRef {
    /// The placement's id.
    ///
    /// # Errors
    /// When it is none.
    pub fn id(&self) -> Result<PlacementId, AppError> {
        self.id.parse().map_err(|_| AppError::Internal(format!("`{}` is no placement", self.id)))
    }
}

/// A placement that would be proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPlace {
    /// Where.
    pub host: String,
    /// When.
    pub date: NaiveDate,
    /// From.
    pub starts: NaiveTime,
    /// To.
    pub ends: NaiveTime,
    /// In the schedule.
    pub score: i64,
    /// In the schedule.
    pub ring: Option<i64>,
    /// What of the rules is set aside by it, in words.
    pub override_reason: Option<String>,
}

/// A library on a day, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryDay {
    /// Which library.
    pub library: String,
    /// When.
    pub date: NaiveDate,
    /// Visitors before and after.
    pub visitors: (i64, i64),
    /// Its own staff who are away, before and after.
    pub leavers: (i64, i64),
    /// How many may be away.
    pub release: i64,
    /// Whether visitors and leavers differ by more than the round allows, after.
    pub out_of_balance: bool,
}

/// A rule that is set aside somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Its code.
    pub code: String,
    /// Where.
    pub library: String,
    /// When.
    pub date: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

/// Mails of one kind to one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mails {
    /// What they are about.
    pub kind: String,
    /// To whom.
    pub party: String,
    /// How many.
    pub count: i64,
}

/// Somebody to ring, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// About whose day.
    pub application: String,
    /// When.
    pub date: NaiveDate,
    /// `host_contact`, `deputy`, `home_manager`.
    pub who: String,
    /// Their name.
    pub name: Option<String>,
    /// Where to ring; of a manager, the home library's number.
    pub telephone: Option<String>,
    /// Where to write.
    pub email: String,
}

/// What a way changes; without its mails.
pub(in crate::services) fn of(base: &Base, choice: &Choice, schedule: &Schedule) -> Result<Plan, AppError> {
    let before = |staff: &str| {
        let standing = base.standing.get(staff).map(|placement| (placement, false));
        standing.or_else(|| base.ended.get(staff).map(|placement| (placement, true)))
    };
    let dropped = base.schedule.placements.iter().filter(|placed| {
        choice.placements.iter().all(|(staff, _)| *staff != placed.staff)
            && choice.touched.iter().chain(&choice.displaced).all(|moved| moved.staff != placed.staff)
    });
    let gone = dropped.map(|placed| {
        let from = Some((placed.host.clone(), placed.date));
        (Why::DroppedOut, Move { staff: placed.staff.clone(), from, to: None })
    });
    let rest = [
        (Why::HostCloses, &choice.displaced),
        (Why::Touched, &choice.touched),
        (Why::ComesIn, &choice.placed),
    ];
    let rest = rest.into_iter().flat_map(|(why, list)| list.iter().map(move |moved| (why, moved.clone())));
    let overrides = Overrides::of(&base.file, schedule);
    let mut changes = Vec::new();
    for (why, moved) in gone.chain(rest) {
        let placement = before(&moved.staff).map(|(placement, ended)| PlacementRef {
            id: placement.id.to_string(),
            host: placement.host.to_string(),
            date: placement.date,
            ended,
        });
        let placed = schedule.placements.iter().find(|placed| placed.staff == moved.staff);
        let to = match placed.filter(|_| moved.to.is_some()) {
            Some(placed) => {
                let (starts, ends) = times_on(&base.file, &base.file.rules, placed)?;
                let home = base.file.staff.iter().find(|person| person.id == placed.staff);
                let home = home.map(|person| library_id(&person.home)).transpose()?;
                Some(NewPlace {
                    host: placed.host.clone(),
                    date: placed.date,
                    starts,
                    ends,
                    score: placed.score,
                    ring: placed.ring,
                    override_reason: home.and_then(|home| overrides.of_placement(home, placed)),
                })
            }
            None => None,
        };
        changes.push(Changed { application: moved.staff, why, placement, to });
    }
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let days = choice.days.iter().map(|day| LibraryDay {
        library: day.library.clone(),
        date: day.date,
        visitors: day.visitors,
        leavers: day.leavers,
        release: day.release,
        out_of_balance: day.out_of_balance,
    });
    let waived = choice.waived.iter().map(|waiver| Waived {
        code: waiver.code.clone(),
        library: waiver.library.clone(),
        date: waiver.date,
        reason: waiver.reason.clone(),
    });
    Ok(Plan {
        kind: choice.kind.as_str().to_owned(),
        proven: choice.proven,
        placed: whole(choice.placements.len()),
        touched: whole(choice.touched.len()),
        value: choice.value,
        changes,
        days: days.collect(),
        waived: waived.collect(),
        mails: Vec::new(),
    })
}

impl Plan {
    /// The placements of who drops out, and of whose host closes.
    pub(super) fn happened(&self) -> impl Iterator<Item = &PlacementRef> {
        let has = |change: &&Changed| matches!(change.why, Why::DroppedOut | Why::HostCloses);
        self.changes.iter().filter(has).filter_map(|change| change.placement.as_ref())
    }
}

/// Whom to ring about what has happened to days until one.
pub(super) fn calls(db: &mut Db, plan: &Plan, until: NaiveDate) -> Result<Vec<Call>, AppError> {
    let mut calls = Vec::new();
    for concerned in plan.happened().filter(|placement| placement.date <= until) {
        let placement = get_placement(db, concerned.id()?)?;
        let application = placement.application.to_string();
        let applicant = get_applicant(db, placement.application)?;
        let (host, home) = (get_library(db, placement.host)?, get_library(db, placement.home)?);
        let mut ring = |who: &str, name: Option<String>, telephone: Option<String>, email: String| {
            let (application, date) = (application.clone(), placement.date);
            calls.push(Call { application, date, who: who.to_owned(), name, telephone, email });
        };
        let mut ring_contact = |who: &str, contact: &Contact| {
            let name = contact.name.as_ref().map(ToString::to_string);
            ring(who, name, contact.telephone.as_ref().map(ToString::to_string), contact.email.to_string());
        };
        if let Some(contact) = placement.receives(&host) {
            ring_contact("host_contact", contact);
        }
        if let Some(deputy) = &host.deputy {
            ring_contact("deputy", deputy);
        }
        let telephone = home.contact.as_ref().and_then(|contact| contact.telephone.as_ref());
        ring(
            "home_manager",
            None,
            telephone.map(ToString::to_string),
            applicant.application.manager.to_string(),
        );
    }
    Ok(calls)
}
