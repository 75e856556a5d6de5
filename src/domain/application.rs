//! A participant's request to join a round, from sign-up to its place.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{NaiveDate, NaiveTime};

use super::email::Email;
use super::employment::Employment;
use super::ids::{ApplicationId, EmployerId, LibraryId, PersonId, RoundId};
use super::language::Language;
use super::pattern::Pattern;
use super::refusal::{Refusal, RefusalCode};
use super::release::ReleaseRefusal;
use super::sector::Sector;
use super::states::{ApplicationState, ManagerTrust};
use super::steps::{self, Deed};
use super::tag::Tag;
use super::text::Name;

/// Hours on a day, local, start before end.
pub type Hours = BTreeMap<NaiveDate, (NaiveTime, NaiveTime)>;

/// A human being across rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The identity that history, priority and access follow.
    pub id: PersonId,
    /// As signed up last.
    pub name: Name,
    /// The work address.
    pub email: Email,
}

/// An application. `Debug` shows its identity and state only.
#[derive(Clone, PartialEq)]
pub struct Application {
    /// Its identity; also the staff id in round files.
    pub id: ApplicationId,
    /// The round it is for.
    pub round: RoundId,
    /// Who applies.
    pub person: PersonId,
    /// Which of the home library's employers employs the person.
    pub employer: EmployerId,
    /// Where the person works.
    pub home: LibraryId,
    /// The name as signed up; becomes the person's once the address is proven.
    pub name: Name,
    /// Where it is in its life.
    pub state: ApplicationState,
    /// The days asked for, sorted.
    pub dates: Vec<NaiveDate>,
    /// The days the manager said yes to, sorted.
    pub released_dates: Vec<NaiveDate>,
    /// Working hours on some of the days; a day absent means the whole day.
    pub hours: Hours,
    /// When the person works, where that is known.
    pub pattern: Option<Pattern>,
    /// How far the person travels, in kilometres.
    pub max_km: f64,
    /// Wanted sectors, best first; none means no preference.
    pub sectors: Vec<Sector>,
    /// Wanted topics.
    pub topics: Vec<Tag>,
    /// Libraries never to be sent to.
    pub avoid: Vec<LibraryId>,
    /// The line manager's address.
    pub manager: Email,
    /// Why that address may be written to.
    pub manager_trust: ManagerTrust,
    /// Why the manager said no; for organisers only.
    pub refusal: Option<ReleaseRefusal>,
    /// Until when the employer assures that vetting exists.
    pub assured_until: Option<NaiveDate>,
    /// The person's role in words, shown to hosts ("children's librarian").
    pub role_title: Option<Name>,
    /// What the person hopes to learn, shown to hosts.
    pub objectives: Option<String>,
    /// In which the person reads mails and calendars.
    pub language: Language,
    /// Raised by every change, so that nobody decides something else than they saw.
    pub revision: i64,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Application({} {})", self.id, self.state)
    }
}

impl Application {
    /// Where a deed leads; `word` is what the application would be by it.
    fn next(&self, deed: Deed, word: &str) -> Result<ApplicationState, Refusal> {
        steps::next(steps::APPLICATION, self.state, deed).ok_or_else(|| {
            let words = format!("this application is {}: it cannot be {word}", self.state);
            Refusal::new(RefusalCode::ApplicationState, words)
        })
    }

    /// The e-mail address is proven.
    ///
    /// # Errors
    /// `application-state` unless it is newly submitted.
    pub fn verify(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Verify, "verified")?;
        Ok(())
    }

    /// Takes over what the employer's list of staff says: the working pattern where none was given, and that the manager
    /// is the manager.
    ///
    /// Only once the address is proven: before, a stranger's sign-up would tell what the list knows.
    pub fn complete(&mut self, employment: &Employment) {
        if self.pattern.is_none() {
            self.pattern.clone_from(&employment.pattern);
        }
        if employment.manager_email.as_ref() == Some(&self.manager) {
            self.manager_trust = ManagerTrust::Believed;
        }
    }

    /// Whether the manager may be written to now.
    pub fn may_ask_manager(&self) -> bool {
        self.state == ApplicationState::Verified
            && match self.manager_trust {
                ManagerTrust::Believed | ManagerTrust::Confirmed => true,
                ManagerTrust::ToConfirm | ManagerTrust::Rejected => false,
            }
    }

    /// The library's administrator says that the manager's address is, or is not, the manager's.
    ///
    /// # Errors
    /// `application-state` where there is nothing to confirm, and while the address is not proven: until then a newer
    /// sign-up may put another manager in the place of the one that was looked at.
    pub fn judge_manager(&mut self, trust: ManagerTrust) -> Result<(), Refusal> {
        self.next(Deed::JudgeManager, "judged before its e-mail address is proven")?;
        match self.manager_trust {
            ManagerTrust::ToConfirm | ManagerTrust::Rejected => {
                self.manager_trust = trust;
                Ok(())
            }
            ManagerTrust::Believed | ManagerTrust::Confirmed => Err(Refusal::new(
                RefusalCode::ApplicationState,
                "the manager of this application is known already: nothing is to be confirmed",
            )),
        }
    }

    /// The manager says yes to some of the days asked for.
    ///
    /// # Errors
    /// `application-state` unless it waits for the manager; `manager-not-confirmed` when nobody vouches for them.
    pub fn release(&mut self, dates: &[NaiveDate]) -> Result<(), Refusal> {
        let next = self.next(Deed::Release, "released")?;
        self.check_manager()?;
        self.released_dates = self.dates.iter().filter(|day| dates.contains(day)).copied().collect();
        self.state = next;
        Ok(())
    }

    /// The manager says no.
    ///
    /// # Errors
    /// As for [`Application::release`].
    pub fn refuse_release(&mut self, refusal: ReleaseRefusal) -> Result<(), Refusal> {
        let next = self.next(Deed::RefuseRelease, "refused")?;
        self.check_manager()?;
        self.refusal = Some(refusal);
        self.state = next;
        Ok(())
    }

    fn check_manager(&self) -> Result<(), Refusal> {
        if !self.may_ask_manager() {
            return Err(Refusal::new(
                RefusalCode::ManagerNotConfirmed,
                "the manager's address is neither in the employer's directory or list of staff nor under one of its domains: \
                 the library's administrator has to confirm it first",
            ));
        }
        Ok(())
    }

    /// From when till when the person works on a day, where that is known: what was said for the day, else the pattern.
    pub fn hours_on(&self, date: NaiveDate) -> Option<(NaiveTime, NaiveTime)> {
        self.hours.get(&date).copied().or_else(|| self.pattern.as_ref().and_then(|pattern| pattern.on(date)))
    }

    /// Whether the pattern makes a day a day off.
    pub fn is_off(&self, date: NaiveDate) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.on(date).is_none())
    }

    /// The days on which it is matched: released where that is needed, and no days off.
    pub fn matched_dates(&self, release_required: ReleaseRule) -> Vec<NaiveDate> {
        let days = self.days_to_match(release_required);
        days.iter().copied().filter(|date| !self.is_off(*date)).collect()
    }

    fn days_to_match(&self, release_required: ReleaseRule) -> &[NaiveDate] {
        match (self.state, release_required) {
            (ApplicationState::Released, _) => &self.released_dates,
            // The manager's consent is asked after the proposal, so somebody must vouch for the manager before it.
            (ApplicationState::Verified, ReleaseRule::Waived) if self.may_ask_manager() => &self.dates,
            (
                ApplicationState::Submitted
                | ApplicationState::Verified
                | ApplicationState::Refused
                | ApplicationState::Placed
                | ApplicationState::Unplaced
                | ApplicationState::Withdrawn,
                _,
            ) => &[],
        }
    }

    /// A schedule gives it a place.
    ///
    /// # Errors
    /// `application-state` unless it is verified or released.
    pub fn place(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Place, "placed")?;
        Ok(())
    }

    /// A schedule gives it none.
    ///
    /// # Errors
    /// As for [`Application::place`].
    pub fn leave_out(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::LeaveOut, "left out")?;
        Ok(())
    }

    /// Its placement ended before its day.
    ///
    /// # Errors
    /// `application-state` unless it has a place.
    pub fn lose_place(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::LosePlace, "left without its place")?;
        Ok(())
    }

    /// It has a place again: the placement that it lost took place after all, or a repair gives it one.
    ///
    /// # Errors
    /// `application-state` unless it has none.
    pub fn regain_place(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::RegainPlace, "given its place again")?;
        Ok(())
    }

    /// Makes it what it was before a publication: released, or verified where the manager was still to be asked. False
    /// where no publication placed it or left it out.
    pub fn undo_publication(&mut self) -> bool {
        let before = match self.state {
            ApplicationState::Placed | ApplicationState::Unplaced if self.released_dates.is_empty() => {
                ApplicationState::Verified
            }
            ApplicationState::Placed | ApplicationState::Unplaced => ApplicationState::Released,
            ApplicationState::Submitted
            | ApplicationState::Verified
            | ApplicationState::Released
            | ApplicationState::Refused
            | ApplicationState::Withdrawn => return false,
        };
        self.state = before;
        true
    }

    /// The participant takes it back.
    ///
    /// # Errors
    /// `application-state` when it was withdrawn already.
    pub fn withdraw(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Withdraw, "withdrawn again")?;
        Ok(())
    }
}

/// Whether a round matches only people whose manager said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseRule {
    /// Only released people enter a run.
    Required,
    /// Verified people whose manager is known enter too; the manager's consent is asked after the proposal.
    Waived,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    pub(crate) fn submitted() -> Application {
        let id = Uuid::from_u128(7);
        Application {
            id: ApplicationId::new(id),
            round: RoundId::new(id),
            person: PersonId::new(id),
            employer: EmployerId::new(id),
            home: LibraryId::new(id),
            name: "Ann Reader".parse().expect("a name"),
            state: ApplicationState::Submitted,
            dates: vec!["2027-03-01".parse().expect("a date"), "2027-03-02".parse().expect("a date")],
            released_dates: vec![],
            hours: Hours::new(),
            pattern: None,
            max_km: 30.0,
            sectors: vec![],
            topics: vec![],
            avoid: vec![],
            manager: "boss@library.example".parse().expect("an address"),
            manager_trust: ManagerTrust::Believed,
            refusal: None,
            assured_until: None,
            role_title: None,
            objectives: None,
            language: Language::English,
            revision: 0,
        }
    }

    #[test]
    fn only_days_that_were_asked_for_are_released() {
        let mut application = submitted();
        application.verify().expect("verified");
        let second = application.dates[1];
        application.release(&[second, "2027-05-05".parse().expect("a date")]).expect("released");
        assert_eq!(application.matched_dates(ReleaseRule::Required), [second]);
    }

    #[test]
    fn nobody_decides_for_a_manager_that_nothing_vouches_for() {
        let mut application = submitted();
        application.manager_trust = ManagerTrust::ToConfirm;
        let early = application.judge_manager(ManagerTrust::Confirmed).expect_err("not proven yet");
        assert_eq!(early.code, RefusalCode::ApplicationState);
        application.verify().expect("verified");
        let all = application.dates.clone();
        assert_eq!(application.release(&all).expect_err("refused").code, RefusalCode::ManagerNotConfirmed);
        application.judge_manager(ManagerTrust::Confirmed).expect("confirmed");
        application.release(&all).expect("released");
    }

    #[test]
    fn a_verified_person_is_matched_only_where_release_is_waived() {
        let mut application = submitted();
        application.verify().expect("verified");
        assert!(application.matched_dates(ReleaseRule::Required).is_empty());
        assert_eq!(application.matched_dates(ReleaseRule::Waived).len(), 2);
        for unknown in [ManagerTrust::ToConfirm, ManagerTrust::Rejected] {
            application.manager_trust = unknown;
            assert!(
                application.matched_dates(ReleaseRule::Waived).is_empty(),
                "{unknown}: nobody may be asked"
            );
        }
    }
}
