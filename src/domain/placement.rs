//! A placement and the consents that make it stand.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

use super::alternative::{Alternative, AlternativeKind};
use super::email::Email;
use super::ids::{ApplicationId, EmployerId, LibraryId, PersonId, PlacementId, RoundId, RunId};
use super::organisation::{Contact, Library};
use super::party::Party;
use super::permissions::{Actor, Role};
use super::refusal::{Refusal, RefusalCode};
use super::states::{Answer, PlacementState};
use super::steps::{self, Deed};

/// Who said something, when and through what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// The actor's stable name.
    pub by: String,
    /// In what capacity.
    pub role: Role,
    /// For whom: the role whose place a deputy, an organiser or an administrator took, or `deputyship:<id>`.
    pub on_behalf_of: Option<String>,
    /// `link`, `api` or `mail`.
    pub channel: String,
}

impl Given {
    /// By an actor, through a channel.
    pub fn by(actor: &Actor, channel: &str, at: NaiveDateTime) -> Self {
        Self {
            at,
            by: actor.name.clone(),
            role: actor.role,
            on_behalf_of: actor.on_behalf_of.map(|whom| whom.to_string()),
            channel: channel.to_owned(),
        }
    }
}

/// One party's consent. A party without a row is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Whose.
    pub party: Party,
    /// What they said.
    pub answer: Answer,
    /// Why not, where they said no.
    pub reason: Option<String>,
    /// Who said it; absent while nothing is said.
    pub given: Option<Given>,
}

/// What is agreed to beside place, day and time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// Raised by every change of what is agreed to, so that nobody agrees to something else than they saw.
    pub version: i64,
    /// Who receives the visitor, where it is not the library's contact.
    pub contact: Option<Contact>,
    /// Whether nobody travels.
    pub is_virtual: bool,
}

/// A participant at a host library on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Its identity.
    pub id: PlacementId,
    /// The round.
    pub round: RoundId,
    /// The run it was published from.
    pub run: RunId,
    /// The participant's application.
    pub application: ApplicationId,
    /// The participant.
    pub person: PersonId,
    /// The participant's employer.
    pub employer: EmployerId,
    /// Where the participant works.
    pub home: LibraryId,
    /// Where the participant goes.
    pub host: LibraryId,
    /// The day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end, after the start.
    pub ends: NaiveTime,
    /// The host's zone.
    pub time_zone: Tz,
    /// The score in the schedule.
    pub score: i64,
    /// The ring in the schedule.
    pub ring: Option<i64>,
    /// What else is agreed to.
    pub terms: Terms,
    /// Why rules were set aside for it, where they were.
    pub override_reason: Option<String>,
    /// The last day for its answers in the round's zone, where that is not the round's.
    pub answer_until: Option<NaiveDate>,
    /// Where it is in its life.
    pub state: PlacementState,
    /// Raised by every change.
    pub revision: i64,
    /// Who is asked, and what they said.
    pub consents: Vec<Consent>,
}

/// When a visitor is at a host: the hours of both in common; a day that nobody limits is an office day.
///
/// `None` means the whole day. Gives nothing when the hours have nothing in common. `needed` is how many minutes a visit
/// needs: an evening library is visited in the evening, not for its half hour of office time.
pub fn visit_times(
    visitor: Option<(NaiveTime, NaiveTime)>,
    host: Option<(NaiveTime, NaiveTime)>,
    needed: u16,
) -> Option<(NaiveTime, NaiveTime)> {
    let office_day = NaiveTime::from_hms_opt(9, 0, 0).zip(NaiveTime::from_hms_opt(17, 0, 0));
    let common = |(a, b): (NaiveTime, NaiveTime), (c, d): (NaiveTime, NaiveTime)| {
        let (start, end) = (a.max(c), b.min(d));
        (start < end).then_some((start, end))
    };
    match (visitor, host) {
        (Some(visitor), Some(host)) => common(visitor, host),
        (Some(hours), None) => Some(hours),
        // A library may be open from eight to ten; nobody works that long.
        (None, Some(hours)) => office_day
            .and_then(|day| common(hours, day))
            .filter(|(start, end)| (*end - *start).num_minutes() >= i64::from(needed))
            .or(Some(hours)),
        (None, None) => office_day,
    }
}

/// What an answer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Others still have to answer.
    Recorded,
    /// Everybody has said yes.
    Confirmed,
    /// The placement is off.
    Declined,
    /// The same answer was given before; nothing changed.
    Repeated,
}

impl Placement {
    /// Where a deed leads; `word` is what the placement would be by it.
    pub(super) fn next(&self, deed: Deed, word: &str) -> Result<PlacementState, Refusal> {
        steps::next(steps::PLACEMENT, self.state, deed).ok_or_else(|| self.refuse(word))
    }

    fn refuse(&self, word: &str) -> Refusal {
        let words = format!("this placement is {}: it cannot be {word}", self.state);
        Refusal::new(RefusalCode::PlacementState, words)
    }

    /// The last day for answers, in the round's zone; `round` is the round's own.
    pub fn last_answers(&self, round: NaiveDate) -> NaiveDate {
        self.answer_until.unwrap_or(round)
    }

    /// Who receives the visitor: a colleague where the host has named one, else the library's contact.
    pub fn receives<'a>(&'a self, host: &'a Library) -> Option<&'a Contact> {
        self.terms.contact.as_ref().or(host.contact.as_ref())
    }

    /// Whether an address is theirs, or the deputy's who acts for them.
    pub fn is_received_by(&self, host: &Library, address: &Email, is_deputy: bool) -> bool {
        let who = if is_deputy { host.deputy.as_ref() } else { self.receives(host) };
        who.is_some_and(|contact| contact.email == *address)
    }

    /// What a party has said so far, if it is asked at all.
    pub fn answer_of(&self, party: Party) -> Option<Answer> {
        self.consents.iter().find(|consent| consent.party == party).map(|consent| consent.answer)
    }

    /// Takes one party's answer. Everybody's yes confirms; one no declines, also after a yes.
    ///
    /// # Errors
    /// `consent-not-asked` for a party that is not asked; `placement-state` when it no longer stands.
    pub fn take_answer(
        &mut self,
        party: Party,
        answer: Answer,
        reason: Option<String>,
        given: Option<Given>,
    ) -> Result<Outcome, Refusal> {
        let admitted = self.next(Deed::Answer, "answered");
        let refusal = self.refuse("answered so");
        let Some(consent) = self.consents.iter_mut().find(|consent| consent.party == party) else {
            return Err(Refusal::new(
                RefusalCode::ConsentNotAsked,
                format!("the {party}'s consent is not asked for: the release was given before"),
            ));
        };
        if consent.answer == answer {
            return Ok(Outcome::Repeated);
        }
        admitted?;
        let deed = match answer {
            Answer::Yes => Deed::Agree,
            Answer::No => Deed::Refuse,
            Answer::Pending => return Err(refusal),
        };
        consent.answer = steps::next(steps::CONSENT, consent.answer, deed).ok_or(refusal)?;
        consent.reason = reason;
        consent.given = given;
        if answer == Answer::No {
            self.state = self.next(Deed::Decline, "declined")?;
            return Ok(Outcome::Declined);
        }
        self.confirm_if_all_agree()
    }

    fn confirm_if_all_agree(&mut self) -> Result<Outcome, Refusal> {
        if self.consents.iter().all(|consent| consent.answer == Answer::Yes) {
            self.state = self.next(Deed::Confirm, "confirmed")?;
            return Ok(Outcome::Confirmed);
        }
        Ok(Outcome::Recorded)
    }

    /// Whether somebody decides about what stands now.
    ///
    /// # Errors
    /// `stale-page` for another version than the present one.
    pub fn admit_version(&self, seen: i64) -> Result<(), Refusal> {
        if seen == self.terms.version {
            return Ok(());
        }
        let words = "what was shown has changed since, so that nothing was recorded: look at what is asked now, and \
                     answer that";
        Err(Refusal::new(RefusalCode::StalePage, words))
    }

    /// The host offers something else instead: the proposed day is off the table, so that nobody's yes to it counts any
    /// more but the manager's.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed, and once the host has said no.
    pub fn offer_other(&mut self) -> Result<(), Refusal> {
        self.next(Deed::OfferOther, "changed by an offer")?;
        for party in [Party::Host, Party::Participant] {
            self.ask_anew(party)?;
        }
        self.terms.version += 1;
        Ok(())
    }

    /// A party is asked anew, or for the first time.
    fn ask_anew(&mut self, party: Party) -> Result<(), Refusal> {
        let refusal = self.refuse("asked anew");
        match self.consents.iter_mut().find(|consent| consent.party == party) {
            Some(consent) => {
                consent.answer = steps::next(steps::CONSENT, consent.answer, Deed::AskAnew).ok_or(refusal)?;
                (consent.reason, consent.given) = (None, None);
            }
            None => self.consents.push(Consent { party, answer: Answer::Pending, reason: None, given: None }),
        }
        Ok(())
    }

    /// The participant takes what the host offered: both agree to it. `ask_manager` where the release does not hold for
    /// the new day.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed.
    pub fn take_other(
        &mut self,
        other: &Alternative,
        given: Given,
        ask_manager: bool,
    ) -> Result<Outcome, Refusal> {
        self.next(Deed::TakeOther, "changed by an offer")?;
        (self.date, self.starts, self.ends) = (other.date, other.starts, other.ends);
        match other.kind {
            AlternativeKind::Date => {}
            AlternativeKind::Colleague => self.terms.contact.clone_from(&other.contact),
            AlternativeKind::Virtual => self.terms.is_virtual = true,
        }
        self.terms.version += 1;
        for (party, given) in [(Party::Host, other.given.clone()), (Party::Participant, given)] {
            self.ask_anew(party)?;
            self.set(party, Deed::Agree, None, given)?;
        }
        if ask_manager {
            self.ask_anew(Party::Manager)?;
        }
        self.confirm_if_all_agree()
    }

    /// The participant has said no to what the host offered: the offer stood in place of the host's no.
    ///
    /// # Errors
    /// `placement-state` where the host has said no already.
    pub fn let_offer_count_as_no(&mut self, other: &Alternative) -> Result<(), Refusal> {
        self.set(Party::Host, Deed::Refuse, other.words.clone(), other.given.clone())
    }

    fn set(&mut self, party: Party, deed: Deed, reason: Option<String>, given: Given) -> Result<(), Refusal> {
        let refusal = self.refuse("answered so");
        if let Some(consent) = self.consents.iter_mut().find(|consent| consent.party == party) {
            consent.answer = steps::next(steps::CONSENT, consent.answer, deed).ok_or(refusal)?;
            (consent.reason, consent.given) = (reason, Some(given));
        }
        Ok(())
    }

    /// Whether it can still be called off; `now` by the host's clock.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed or confirmed; `too-late` once the day of a confirmed one has passed: it has
    /// been or it has not, which is for the host to mark.
    pub fn admit_cancellation(&self, now: NaiveDateTime) -> Result<(), Refusal> {
        self.next(Deed::Cancel, "cancelled")?;
        if self.has_been(now) {
            let words = format!(
                "the day, {}, has passed: it cannot be called off any more; the host marks whether the visitor came",
                self.date
            );
            return Err(Refusal::new(RefusalCode::TooLate, words));
        }
        Ok(())
    }

    /// Calls it off; `now` by the host's clock.
    ///
    /// # Errors
    /// As for [`Placement::admit_cancellation`].
    pub fn cancel(&mut self, now: NaiveDateTime) -> Result<(), Refusal> {
        self.admit_cancellation(now)?;
        self.state = self.next(Deed::Cancel, "cancelled")?;
        Ok(())
    }

    /// Whether it may be exchanged for another one; `today` by the host's calendar.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed or confirmed; `too-late` once its day has come; `frozen` where its host has
    /// arranged it otherwise with this very visitor.
    pub fn admit_swap(&self, today: NaiveDate) -> Result<(), Refusal> {
        self.next(Deed::AskSwap, "exchanged")?;
        if today >= self.date {
            let words = format!("the day, {}, has come: it cannot be exchanged any more", self.date);
            return Err(Refusal::new(RefusalCode::TooLate, words));
        }
        if self.terms.contact.is_some() || self.terms.is_virtual {
            let words = "the host has arranged a virtual visit or named a colleague for this very visitor: such a day \
                         is not exchanged";
            return Err(Refusal::new(RefusalCode::Frozen, words));
        }
        Ok(())
    }

    /// It ends because another one takes its place, by a swap.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed or confirmed.
    pub fn exchange(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Exchange, "exchanged")?;
        Ok(())
    }

    /// The time for answers is over, and one is missing.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed.
    pub fn expire(&mut self) -> Result<(), Refusal> {
        self.state = self.next(Deed::Expire, "expired")?;
        Ok(())
    }

    /// Moves it within its day.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed or confirmed.
    pub fn reschedule(&mut self, starts: NaiveTime, ends: NaiveTime) -> Result<(), Refusal> {
        self.next(Deed::Reschedule, "moved")?;
        self.starts = starts;
        self.ends = ends;
        self.terms.version += 1;
        Ok(())
    }

    /// Whether its joining pack can be written.
    ///
    /// # Errors
    /// `placement-state` unless it is proposed or confirmed.
    pub fn prepare(&self) -> Result<(), Refusal> {
        self.next(Deed::Prepare, "prepared").map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn proposed(parties: &[Party]) -> Placement {
        let id = Uuid::from_u128(9);
        Placement {
            id: PlacementId::new(id),
            round: RoundId::new(id),
            run: RunId::new(id),
            application: ApplicationId::new(id),
            person: PersonId::new(id),
            employer: EmployerId::new(id),
            home: LibraryId::new(id),
            host: LibraryId::new(Uuid::from_u128(10)),
            date: "2027-03-01".parse().expect("a date"),
            starts: NaiveTime::from_hms_opt(9, 0, 0).expect("a time"),
            ends: NaiveTime::from_hms_opt(17, 0, 0).expect("a time"),
            time_zone: chrono_tz::Europe::London,
            score: 77,
            ring: Some(1),
            terms: Terms::default(),
            override_reason: None,
            answer_until: None,
            state: PlacementState::Proposed,
            revision: 0,
            consents: parties
                .iter()
                .map(|party| Consent { party: *party, answer: Answer::Pending, reason: None, given: None })
                .collect(),
        }
    }

    #[test]
    fn it_is_confirmed_only_when_everybody_asked_has_said_yes_in_any_order() {
        let orders = [
            [Party::Participant, Party::Host, Party::Manager],
            [Party::Manager, Party::Participant, Party::Host],
            [Party::Host, Party::Manager, Party::Participant],
        ];
        for order in orders {
            let mut placement = proposed(&[Party::Participant, Party::Host, Party::Manager]);
            assert_eq!(placement.take_answer(order[0], Answer::Yes, None, None), Ok(Outcome::Recorded));
            assert_eq!(placement.take_answer(order[1], Answer::Yes, None, None), Ok(Outcome::Recorded));
            assert_eq!(placement.state, PlacementState::Proposed);
            assert_eq!(placement.take_answer(order[2], Answer::Yes, None, None), Ok(Outcome::Confirmed));
        }
    }

    #[test]
    fn a_visit_lies_in_the_hours_of_both() {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
        let times = |visitor, host| visit_times(visitor, host, 180);
        assert_eq!(times(None, None), Some((at(9), at(17))));
        assert_eq!(times(Some((at(9), at(13))), Some((at(12), at(20)))), Some((at(12), at(13))));
        assert_eq!(times(None, Some((at(8), at(22)))), Some((at(9), at(17))));
        assert_eq!(times(None, Some((at(18), at(21)))), Some((at(18), at(21))));
        assert_eq!(
            times(None, Some((at(16), at(21)))),
            Some((at(16), at(21))),
            "one office hour is too short"
        );
        assert_eq!(times(None, Some((at(14), at(21)))), Some((at(14), at(17))));
        assert_eq!(times(Some((at(7), at(11))), None), Some((at(7), at(11))));
        assert_eq!(times(Some((at(7), at(11))), Some((at(12), at(20)))), None);
    }

    #[test]
    fn the_same_answer_twice_changes_nothing() {
        let mut placement = proposed(&[Party::Participant, Party::Host]);
        placement.take_answer(Party::Host, Answer::Yes, None, None).expect("taken");
        assert_eq!(placement.take_answer(Party::Host, Answer::Yes, None, None), Ok(Outcome::Repeated));
    }

    #[test]
    fn one_no_declines_and_ends_the_answers() {
        let mut placement = proposed(&[Party::Participant, Party::Host]);
        assert_eq!(
            placement.take_answer(Party::Host, Answer::No, Some("inspection".to_owned()), None),
            Ok(Outcome::Declined)
        );
        assert_eq!(
            placement.take_answer(Party::Participant, Answer::Yes, None, None).expect_err("over").code,
            RefusalCode::PlacementState
        );
    }

    #[test]
    fn a_manager_who_released_before_is_not_asked_again() {
        let mut placement = proposed(&[Party::Participant, Party::Host]);
        assert_eq!(
            placement.take_answer(Party::Manager, Answer::Yes, None, None).expect_err("not asked").code,
            RefusalCode::ConsentNotAsked
        );
    }
}
