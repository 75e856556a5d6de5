//! One round of a rehearsal, from its opening to the last drop-out: every step is a use case of the service.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveTime};

use super::cast::{Member, all};
use super::dice::Dice;
use super::post::Post;
use super::tally::Told;
use super::{Args, REHEARSAL};
use crate::cli::Failure;
use crate::domain::access_needs::AccessNeeds;
use crate::domain::application::{Hours, ReleaseRule};
use crate::domain::ids::RoundId;
use crate::domain::letter::NoticeKind;
use crate::domain::offer::{CoverRule, HostingRule, Offer, Rostered};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Actor, Role};
use crate::domain::release::{Answered, Decision, RefusalReason, ReleaseRefusal};
use crate::domain::states::{ApplicationState, ManagerTrust, RunState};
use crate::domain::weekday::Weekday;
use crate::services::applications;
use crate::services::links::{self, Act};
use crate::services::rounds::{self, NewRound};
use crate::services::runs::{self, NewRun};
use crate::services::seen::Seen;
use crate::services::sign_up::{SignUp, sign_up};
use crate::services::{App, AppError, held_mails, offers, placements, publication};
use crate::store::opening;
use crate::worker::Stop;
use crate::worker::runs::solve_next;

/// Placement days of a round: two working weeks.
const PLACEMENT_DAYS: usize = 10;
/// Units of work after which a round is solved well enough: the same schedule on every machine.
const WORK: i64 = 20_000_000;
/// Long enough that the clock never ends a search.
const SECONDS: i64 = 6 * 3600;

/// Days after a round's opening.
mod day {
    pub(super) const SIGN_UP: u64 = 3;
    pub(super) const RELEASE: u64 = 7;
    pub(super) const LAST_SIGN_UP: u64 = 14;
    pub(super) const MATCH: u64 = 15;
    pub(super) const ANSWER: u64 = 20;
    pub(super) const LAST_ANSWER: u64 = 30;
    pub(super) const DROP_OUT: u64 = 35;
    pub(super) const FIRST_PLACEMENT: u64 = 42;
}

/// A rehearsal in hand.
pub(super) struct Play<'a> {
    app: &'a App,
    organiser: Actor,
    args: &'a Args,
    dice: Dice,
    libraries: &'a [Library],
    members: &'a [Member],
    post: Post<'a>,
}

impl<'a> Play<'a> {
    pub(super) fn new(
        app: &'a App,
        organiser: Actor,
        args: &'a Args,
        dice: Dice,
        libraries: &'a [Library],
        members: &'a [Member],
    ) -> Self {
        Self { app, organiser, args, dice, libraries, members, post: Post::new(app) }
    }

    pub(super) const fn mails_written(&self) -> usize {
        self.post.written
    }

    /// Plays a round that opens on a day.
    pub(super) fn round(&mut self, number: usize, opening: NaiveDate) -> Result<Told, Failure> {
        let (app, organiser) = (self.app, self.organiser.clone());
        self.on(opening, 0);
        let dates = placement_days(opening);
        let wanted = NewRound {
            name: name(&format!("{REHEARSAL} {number}, {opening}"))?,
            time_zone: self.libraries[0].time_zone,
            sign_up_until: opening + Days::new(day::LAST_SIGN_UP),
            answer_until: opening + Days::new(day::LAST_ANSWER),
            dates: dates.clone(),
            rules: None,
            release: ReleaseRule::Required,
        };
        let round = rounds::create(app, &organiser, &wanted)?;
        rounds::open(app, &organiser, round.id)?;
        self.offer(number, round.id)?;

        self.on(opening, day::SIGN_UP);
        self.sign_up(number, round.id, &dates)?;
        for letter in self.post.take(NoticeKind::VerifyAddress, Party::Participant)? {
            links::act(app, &letter.secret, &Act::Verify)?;
        }
        self.confirm_managers(round.id)?;
        self.on(opening, day::RELEASE);
        self.decide_releases(number)?;

        self.on(opening, day::MATCH);
        rounds::close(app, &organiser, round.id, None)?;
        let wanted = NewRun {
            seed: i64::try_from(self.args.seed).unwrap_or(i64::MAX),
            time_limit_seconds: Some(SECONDS),
            work: Some(WORK),
            ..NewRun::default()
        };
        let run = runs::start(app, &organiser, round.id, &wanted)?;
        solve_next(app, "simulate", &Stop::new())?;
        let run = runs::get(app, &organiser, run.id)?;
        if run.state != RunState::Finished {
            let words = run.error.unwrap_or_else(|| run.state.to_string());
            return Err(Failure::unable(format!("{REHEARSAL} {number} cannot be matched: {words}")));
        }
        let files =
            (runs::round_file(app, &organiser, run.id)?, runs::schedule_file(app, &organiser, run.id)?);
        publication::publish(app, &organiser, run.id)?;
        held_mails::release(app, &organiser, run.id)?;

        self.on(opening, day::ANSWER);
        self.answer_proposals(number)?;
        self.on(opening, day::DROP_OUT);
        self.drop_out(number)?;
        self.post.clear()?;

        let applications = all(|page| applications::list(app, &organiser, round.id, page))?;
        let placements = all(|page| placements::list(app, &organiser, round.id, None, page))?
            .into_iter()
            .map(|placement| placements::get(app, &organiser, placement.id).map(|seen| seen.case.placement))
            .collect::<Result<Vec<_>, _>>()?;
        let days = dates[0]..=dates[dates.len() - 1];
        let openings =
            app.store.read(|db| opening::load(db, self.libraries, &days)).map_err(AppError::from)?;
        Told::new(&files, applications, placements, &openings)
    }

    /// Sets the clock to nine o'clock, so many days after a round's opening.
    fn on(&self, opening: NaiveDate, days: u64) {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        self.app.clock.set((opening + Days::new(days)).and_time(nine).and_utc());
    }

    /// Most libraries take part: a visitor on some weekdays, with rest between them, and one of the staff may be away.
    fn offer(&self, number: usize, round: RoundId) -> Result<(), Failure> {
        for (n, library) in self.libraries.iter().enumerate() {
            if self.dice.happens(&format!("round {number} is not for library {n}"), 10) {
                continue;
            }
            let throw = |what: &str| format!("{what} of library {n}");
            let is_kept = |day: &&Weekday| self.dice.happens(&throw(day.as_str()), 70);
            // The same staff in every round.
            let staff = 2 + u32::try_from(self.dice.below(&throw("staff"), 4)).unwrap_or_default();
            let offer = Offer {
                hosting_rule: Some(HostingRule {
                    weekdays: Weekday::ALL.iter().filter(is_kept).copied().collect(),
                    dates: BTreeSet::new(),
                    visitors: 1,
                }),
                hosting_limit: Some(3),
                year_limit: Some(8),
                rest_days: Some(2),
                cover_rule: Some(CoverRule {
                    rostered: Rostered::Daily(staff),
                    minimum: staff - 1,
                    dates: BTreeMap::new(),
                }),
                ..Offer::default()
            };
            offers::offer(self.app, &self.organiser, round, library.id, &offer, &Seen::regardless())?;
        }
        Ok(())
    }

    fn sign_up(&self, number: usize, round: RoundId, dates: &[NaiveDate]) -> Result<(), Failure> {
        for (n, member) in self.members.iter().enumerate() {
            let throw = |what: &str| format!("{what} of {n} in round {number}");
            if !self.dice.happens(&throw("wish"), 67) {
                continue;
            }
            let can_go = |date: &&NaiveDate| {
                member.pattern.on(**date).is_some() && self.dice.happens(&throw(&format!("{date}")), 60)
            };
            let own: Vec<NaiveDate> = dates.iter().filter(can_go).copied().collect();
            if own.is_empty() {
                continue;
            }
            let library = &self.libraries[member.home];
            let form = SignUp {
                name: name(&member.name)?,
                email: address(&member.email)?,
                home_library: library.reference.clone(),
                // Where there are two, the first is asked for by name.
                employer: self.employer_name(library)?,
                dates: own,
                max_km: f64::from(member.max_km),
                manager_email: address(&member.manager)?,
                sectors: member.sectors.clone(),
                topics: member.topics.iter().filter_map(|topic| topic.parse().ok()).collect(),
                needs: AccessNeeds::default(),
                avoid: Vec::new(),
                hours: Hours::new(),
                pattern: Some(member.pattern.clone()),
                assured_until: dates.last().copied().filter(|_| member.is_assured),
                role_title: Some(name(member.role)?),
                objectives: Some(member.objectives.to_owned()),
                language: None,
                privacy_version: None,
            };
            sign_up(self.app, &Actor::anyone(), round, &form)?;
        }
        Ok(())
    }

    fn employer_name(&self, library: &Library) -> Result<Option<crate::domain::text::Name>, Failure> {
        let Some(first) = library.employers.first().filter(|_| library.employers.len() > 1) else {
            return Ok(None);
        };
        Ok(Some(crate::services::employers::get(self.app, &self.organiser, *first)?.name))
    }

    /// The libraries' administrators say that managers are managers, where no directory does.
    fn confirm_managers(&self, round: RoundId) -> Result<(), Failure> {
        for applicant in all(|page| applications::list(self.app, &self.organiser, round, page))? {
            let application = applicant.application;
            if application.state == ApplicationState::Verified
                && application.manager_trust == ManagerTrust::ToConfirm
            {
                let administrator = Actor {
                    employers: vec![application.employer],
                    ..Actor::named("simulate", Role::LibraryAdministrator)
                };
                let trust = ManagerTrust::Confirmed;
                applications::judge_manager(self.app, &administrator, application.id, trust)?;
            }
        }
        Ok(())
    }

    fn decide_releases(&mut self, number: usize) -> Result<(), Failure> {
        for (n, letter) in self.post.take(NoticeKind::ReleaseRequest, Party::Manager)?.iter().enumerate() {
            // A manager answers for several people, and not the same to all.
            let throw = format!("release {n} in round {number}");
            if self.dice.happens(&format!("silent {throw}"), self.args.silent) {
                continue;
            }
            let decision = if self.dice.happens(&throw, self.args.refuse) {
                Decision::Refuse(ReleaseRefusal { reason: RefusalReason::Cover, words: None })
            } else {
                Decision::Release(Vec::new())
            };
            let answered = Answered { application: None, version: None, decision };
            links::act(self.app, &letter.secret, &Act::Decide(vec![answered]))?;
        }
        Ok(())
    }

    fn answer_proposals(&mut self, number: usize) -> Result<(), Failure> {
        for party in [Party::Host, Party::Participant] {
            for (n, letter) in self.post.take(NoticeKind::Proposal, party)?.iter().enumerate() {
                let throw = format!("answer {n} of the {party} in round {number}");
                if self.dice.happens(&format!("silent {throw}"), self.args.silent) {
                    continue;
                }
                let seen = links::view(self.app, &letter.secret)?.placement;
                let Some(version) = seen.map(|(placement, _)| placement.terms.version) else { continue };
                let act = if self.dice.happens(&throw, self.args.decline) {
                    Act::Decline(version, Some("It does not suit us any more.".to_owned()))
                } else {
                    Act::Accept(version)
                };
                match links::act(self.app, &letter.secret, &act) {
                    // The other side has said no: there is nothing left to answer.
                    Ok(_) | Err(AppError::Refused(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn drop_out(&mut self, number: usize) -> Result<(), Failure> {
        for (n, letter) in self.post.take(NoticeKind::Confirmed, Party::Participant)?.iter().enumerate() {
            if self.dice.happens(&format!("drop-out {n} in round {number}"), self.args.drop_out) {
                let actor = links::authenticate(self.app, &letter.secret)?;
                if let Some(application) = actor.application {
                    applications::withdraw(self.app, &actor, application)?;
                }
            }
        }
        Ok(())
    }
}

/// Two working weeks, from a Monday on.
fn placement_days(opening: NaiveDate) -> Vec<NaiveDate> {
    let begin = opening + Days::new(day::FIRST_PLACEMENT);
    begin
        .iter_days()
        .skip_while(|date| Weekday::of(*date) != Weekday::Monday)
        .filter(|date| !matches!(Weekday::of(*date), Weekday::Saturday | Weekday::Sunday))
        .take(PLACEMENT_DAYS)
        .collect()
}

fn name(text: &str) -> Result<crate::domain::text::Name, Failure> {
    text.parse().map_err(|rule| Failure::unable(format!("{text}: {rule}")))
}

fn address(text: &str) -> Result<crate::domain::email::Email, Failure> {
    text.parse().map_err(|rule| Failure::unable(format!("{text}: {rule}")))
}
