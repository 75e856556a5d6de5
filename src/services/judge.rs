//! Whether a placement that stands may move to another day: the checker's word on the round as it is now.
//!
//! Everybody who stands keeps their place; only what concerns the moved one is looked at. That the manager released other
//! days only is no bar here: then the manager is asked anew.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::AppError;
use super::load::get_round;
use super::locks::{broken, by_hand};
use super::notices::Case;
use super::publication::times_on;
use super::repairs::hold;
use super::round_file::{Known, closed_or_off, round_file};
use super::snapshot;
use crate::domain::alternative::Times;
use crate::domain::ids::{ApplicationId, LibraryId};
use crate::domain::placement::Placement;
use crate::domain::refusal::BrokenRule;
use crate::domain::states::ApplicationState;
use crate::files::schedule::{self, Prices};
use crate::files::{Round, Rules};
use crate::store::placements::{Publicity, Visible};
use crate::store::{Db, placements, refills};
use crate::verify::{self, Breach, Code, Draft, Rule, Subject};

/// What may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// When the visitor is there.
    pub(super) times: Times,
    /// The codes of what is set aside by it: `balance`.
    pub(super) set_aside: Vec<String>,
}

/// Judges the move of a placement to another day at the same host.
///
/// # Errors
/// `breaks-rules` with every rule that forbids it.
pub(super) fn move_to(db: &mut Db, case: &Case, date: NaiveDate) -> Result<Verdict, AppError> {
    let moved = &case.placement;
    let round = get_round(db, moved.round)?;
    let mut known = snapshot::load(db, &round)?;
    let standing: Vec<Placement> =
        placements::list(db, round.id, (&Visible::All, Publicity::AlsoUntold), None, None, i64::MAX)?
            .into_iter()
            .filter(|placement| placement.state.is_live())
            .collect();
    if let Some(opening) = known.openings.get(&moved.host)
        && let Some(closed) = closed_or_off(&case.applicant.application, &case.host, &opening.on(date), date)
    {
        return Err(AppError::BreaksRules(vec![closed]));
    }
    let concerned = narrow(&mut known, moved, standing);
    let mut file = round_file(&known).map_err(AppError::Fields)?;
    let there = |placement: &&Placement| (placement.host, placement.date) == (moved.host, date);
    for held in refills::list_held(db, round.id)? {
        if (held.host, held.date) == (moved.host, date) {
            hold(
                &mut file,
                known.libraries_became.current(moved.host),
                date,
                concerned.iter().filter(there).count(),
            );
        }
    }
    if !file.staff.iter().any(|person| person.id == moved.application.to_string()) {
        return Err(AppError::BreaksRules(vec![no_free_day(moved, date)]));
    }
    let (before, after) =
        (breaches(&file, &concerned, None), breaches(&file, &concerned, Some((moved, date))));
    let view = View { moved, home: known.libraries_became.current(moved.home), date, before: &before };
    let forbidden: Vec<BrokenRule> = after.iter().filter(|breach| view.forbids(breach)).map(broken).collect();
    if !forbidden.is_empty() {
        return Err(AppError::BreaksRules(forbidden));
    }
    let set_aside: BTreeSet<String> = after
        .iter()
        .filter(|breach| view.is_told(breach))
        .map(|breach| breach.code.as_str().to_owned())
        .collect();
    let times = common_times(&file, &known.rules, moved, date)?;
    Ok(Verdict { times, set_aside: set_aside.into_iter().collect() })
}

/// Keeps of a round what bears on the two libraries of a placement: the people who stand there or come from there, each
/// free on their own day, the moved one on every day that was asked for.
fn narrow(known: &mut Known, moved: &Placement, standing: Vec<Placement>) -> Vec<Placement> {
    let became = known.libraries_became.clone();
    let now = |library: LibraryId| became.current(library);
    let own = [now(moved.home), now(moved.host)];
    let concerned: Vec<Placement> = standing
        .into_iter()
        .filter(|placement| own.contains(&now(placement.home)) || own.contains(&now(placement.host)))
        .collect();
    let day_of = |id: ApplicationId| concerned.iter().find(|placement| placement.application == id);
    known.applications.retain(|application| day_of(application.id).is_some());
    for application in &mut known.applications {
        application.state = ApplicationState::Released;
        if application.id != moved.application
            && let Some(placement) = day_of(application.id)
        {
            // Whoever stands counts, also where an override put them.
            (application.pattern, application.dates) = (None, vec![placement.date]);
        }
        application.released_dates.clone_from(&application.dates);
    }
    known.locks.clear();
    known.forbidden.retain(|pair| pair.application == moved.application);
    let hosts: BTreeSet<LibraryId> = concerned.iter().map(|placement| placement.host).chain(own).collect();
    known.offers.retain(|library, _| hosts.contains(library));
    for host in hosts {
        // Where an override sent somebody, nothing was offered.
        known.offers.entry(host).or_default();
    }
    concerned
}

fn breaches(file: &Round, standing: &[Placement], moved: Option<(&Placement, NaiveDate)>) -> Vec<Breach> {
    let stands = |placement: &Placement| schedule::Placement {
        staff: placement.application.to_string(),
        host: placement.host.to_string(),
        date: match moved {
            Some((moved, date)) if moved.id == placement.id => date,
            Some(_) | None => placement.date,
        },
        score: 0,
        ring: None,
    };
    let draft = Draft {
        placements: standing.iter().map(stands).collect(),
        dropped_out: BTreeSet::new(),
        waived: Vec::new(),
        prices: Prices::default(),
        bound: None,
        run: by_hand(0),
    };
    verify::verify(&Subject::Round(file), &verify::complete(file, draft)).breaches
}

/// Which breaches matter.
struct View<'a> {
    moved: &'a Placement,
    /// What the home library has become.
    home: LibraryId,
    date: NaiveDate,
    /// What was so before the move.
    before: &'a [Breach],
}

impl View<'_> {
    fn was_before(&self, breach: &Breach) -> bool {
        self.before.iter().any(|before| {
            (before.code, &before.about.staff, &before.about.library)
                == (breach.code, &breach.about.staff, &breach.about.library)
        })
    }

    fn is_at(&self, breach: &Breach, library: LibraryId) -> bool {
        breach.about.library == Some(library.to_string())
    }

    fn forbids(&self, breach: &&Breach) -> bool {
        let on_new_day = breach.about.date == Some(self.date);
        match breach.code {
            // An organiser who set a rule about the two aside did so for every day; one about the day, for that day.
            Code::Rule(rule) => {
                breach.about.staff == Some(self.moved.application.to_string())
                    && (is_about_the_day(rule) || !self.was_before(breach))
            }
            Code::HostFull => on_new_day && self.is_at(breach, self.moved.host),
            Code::Cover => on_new_day && self.is_at(breach, self.home),
            Code::HostLimit => self.is_at(breach, self.moved.host) && !self.was_before(breach),
            _ => false,
        }
    }

    /// Days of the two libraries that are out of balance by the move.
    fn is_told(&self, breach: &&Breach) -> bool {
        let is_new =
            !self.before.iter().any(|before| (before.code, &before.about) == (breach.code, &breach.about));
        breach.code == Code::Balance
            && is_new
            && (self.is_at(breach, self.moved.host) || self.is_at(breach, self.home))
    }
}

const fn is_about_the_day(rule: Rule) -> bool {
    match rule {
        Rule::Availability | Rule::NotHosting | Rule::NotReleased | Rule::Vetting | Rule::Hours => true,
        Rule::OwnLibrary
        | Rule::SameEmployer
        | Rule::Sector
        | Rule::NotPartner
        | Rule::Avoided
        | Rule::RepeatHost
        | Rule::DistanceUnknown
        | Rule::Distance
        | Rule::Access => false,
    }
}

fn no_free_day(moved: &Placement, date: NaiveDate) -> BrokenRule {
    BrokenRule {
        code: Rule::Availability.as_str(),
        application: Some(moved.application.to_string()),
        library: None,
        date: Some(date),
        words: format!("the participant is not free on {date}"),
    }
}

fn common_times(file: &Round, rules: &Rules, moved: &Placement, date: NaiveDate) -> Result<Times, AppError> {
    let placed = schedule::Placement {
        staff: moved.application.to_string(),
        host: moved.host.to_string(),
        date,
        score: 0,
        ring: None,
    };
    times_on(file, rules, &placed)
}
