//! A swap that participants ask for: each takes the placement of the next one named, the last one that of whoever asked,
//! once everybody concerned has said yes. Until then every placement stays as it is.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};

use super::alternative::Times;
use super::email::Email;
use super::fault::Rule;
use super::ids::{PlacementId, RoundId, SwapId};
use super::party::Party;
use super::placement::{Consent, Given};
use super::refusal::{Refusal, RefusalCode};
use super::states::{Answer, SwapState};
use super::steps::{self, Deed};

/// How many people a swap has at most.
pub const MOST_MEMBERS: usize = 6;

/// Whose placement somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By its code, which its participant has told them: the placement's id.
    Code(PlacementId),
    /// By the participant's work address.
    Address(Email),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Named::Code(id) => id.fmt(f),
            Named::Address(address) => address.fmt(f),
        }
    }
}

impl FromStr for Named {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let text = text.trim();
        if text.contains('@') {
            return text.parse().map(Named::Address);
        }
        let code = text.parse().map(Named::Code);
        code.map_err(|_| Rule::of("must be a placement code (a UUID) or a work e-mail address"))
    }
}

/// One of those who exchange their placements.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// How they were named; none for whoever asked.
    pub named: Option<Named>,
    /// The placement that they would give; none where nobody can be asked by that name. Only organisers learn that.
    pub placement: Option<PlacementId>,
    /// When they would be at the place that they take.
    pub times: Option<Times>,
    /// The placement that they got by it.
    pub became: Option<PlacementId>,
    /// Who is asked about the placement that they would give, and what they said: the participant whether they give it,
    /// the host whether it takes the other visitor, the manager whether the participant may go on the other day.
    pub consents: Vec<Consent>,
}

/// A swap.
#[derive(Debug, Clone, PartialEq)]
pub struct Swap {
    /// Its identity.
    pub id: SwapId,
    /// The round of all its placements.
    pub round: RoundId,
    /// Where it is in its life.
    pub state: SwapState,
    /// The last day for answers.
    pub answer_until: NaiveDate,
    /// Whoever asked first; each takes the placement of the one after, the last one that of the first.
    pub members: Vec<Member>,
    /// What it sets aside, by the checker's codes: `balance` is told, and forbids nothing.
    pub set_aside: Vec<String>,
    /// Why it came to nothing, in words for everybody who was told.
    pub reason: Option<String>,
    /// When it was asked for, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was done or ended.
    pub settled_at: Option<NaiveDateTime>,
}

/// What an answer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapOutcome {
    /// Others still have to answer.
    Recorded,
    /// Every participant has said yes: hosts and managers are to be asked.
    Agreed,
    /// Everybody has said yes.
    Complete,
    /// It is off.
    Refused,
    /// The same answer was given before; nothing changed.
    Repeated,
}

impl Swap {
    /// Whose placement a member takes, by its place in the list.
    pub fn taken_by(&self, place: usize) -> usize {
        (place + 1) % self.members.len()
    }

    /// Who takes the placement of a member.
    pub fn taker_of(&self, place: usize) -> usize {
        (place + self.members.len() - 1) % self.members.len()
    }

    /// Whether anybody may still answer.
    pub fn is_open(&self) -> bool {
        matches!(self.state, SwapState::Asked | SwapState::Agreed)
    }

    /// The place of the member who gives a placement.
    pub fn place_of(&self, placement: PlacementId) -> Option<usize> {
        self.members.iter().position(|member| member.placement == Some(placement))
    }

    /// The placements that would be exchanged, as far as they are known.
    pub fn placements(&self) -> impl Iterator<Item = PlacementId> + '_ {
        self.members.iter().filter_map(|member| member.placement)
    }

    /// Whether it was asked for in these very words.
    pub fn is(&self, with: &[Named]) -> bool {
        let named = self.members.iter().skip(1).filter_map(|member| member.named.as_ref());
        named.eq(with)
    }

    /// What a party has said about a placement, if it is asked.
    pub fn answer_of(&self, placement: PlacementId, party: Party) -> Option<Answer> {
        let member = self.members.get(self.place_of(placement)?)?;
        member.consents.iter().find(|consent| consent.party == party).map(|consent| consent.answer)
    }

    fn next(&self, deed: Deed) -> Result<SwapState, Refusal> {
        let words = || {
            let why = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            Refusal::new(
                RefusalCode::SwapState,
                format!("this swap is {}{why}: it cannot be changed any more", self.state),
            )
        };
        steps::next(steps::SWAP, self.state, deed).ok_or_else(words)
    }

    /// Asks a party about the placement of a member.
    pub fn ask(&mut self, place: usize, party: Party) {
        if let Some(member) = self.members.get_mut(place) {
            member.consents.push(Consent { party, answer: Answer::Pending, reason: None, given: None });
        }
    }

    /// Takes one party's answer about a placement of it. One no ends it, also after a yes.
    ///
    /// # Errors
    /// `consent-not-asked`; `swap-state` once it is over.
    pub fn take_answer(
        &mut self,
        (placement, party): (PlacementId, Party),
        answer: Answer,
        reason: Option<String>,
        given: Given,
    ) -> Result<SwapOutcome, Refusal> {
        let not_asked = || {
            let words = format!("the {party} of this placement is not asked about the swap");
            Refusal::new(RefusalCode::ConsentNotAsked, words)
        };
        let deed = match answer {
            Answer::Yes => Deed::Agree,
            Answer::No => Deed::Refuse,
            Answer::Pending => return Err(not_asked()),
        };
        let next = self.next(deed);
        let place = self.place_of(placement).ok_or_else(not_asked)?;
        let consents = self.members.get_mut(place).map(|member| &mut member.consents);
        let own = consents.and_then(|all| all.iter_mut().find(|consent| consent.party == party));
        let consent = own.ok_or_else(not_asked)?;
        if consent.answer == answer {
            return Ok(SwapOutcome::Repeated);
        }
        self.state = next?;
        consent.answer = steps::next(steps::CONSENT, consent.answer, deed).ok_or_else(not_asked)?;
        (consent.reason, consent.given) = (reason, Some(given));
        if answer == Answer::No {
            return Ok(SwapOutcome::Refused);
        }
        let mut consents = self.members.iter().flat_map(|member| &member.consents);
        if !consents.all(|consent| consent.answer == Answer::Yes)
            || self.placements().count() < self.members.len()
        {
            return Ok(SwapOutcome::Recorded);
        }
        if self.state == SwapState::Asked {
            self.state = self.next(Deed::Confirm)?;
            return Ok(SwapOutcome::Agreed);
        }
        Ok(SwapOutcome::Complete)
    }

    /// Everybody has said yes, and the placements were exchanged.
    ///
    /// # Errors
    /// `swap-state`.
    pub fn carry_out(&mut self, became: &[PlacementId], at: NaiveDateTime) -> Result<(), Refusal> {
        self.state = self.next(Deed::Exchange)?;
        for (member, id) in self.members.iter_mut().zip(became) {
            member.became = Some(*id);
        }
        self.settled_at = Some(at);
        Ok(())
    }

    /// It comes to nothing by a deed: refused, expired, overtaken or called off.
    ///
    /// # Errors
    /// `swap-state` once it is over.
    pub fn end(&mut self, deed: Deed, reason: &str, at: NaiveDateTime) -> Result<(), Refusal> {
        self.state = self.next(deed)?;
        self.note_end(reason, at);
        Ok(())
    }

    /// Says why and when it came to nothing.
    pub fn note_end(&mut self, reason: &str, at: NaiveDateTime) {
        (self.reason, self.settled_at) = (Some(reason.to_owned()), Some(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permissions::{Actor, Role};
    use uuid::Uuid;

    fn id(n: u128) -> PlacementId {
        PlacementId::new(Uuid::from_u128(n))
    }

    fn given() -> Given {
        let at = "2027-02-01T10:00:00".parse().expect("an instant");
        Given::by(&Actor::named("link:x", Role::Participant), "link", at)
    }

    fn asked(members: u128) -> Swap {
        let consent = |answer| Consent { party: Party::Participant, answer, reason: None, given: None };
        let member = |n: u128| Member {
            named: (n > 0).then(|| Named::Code(id(n))),
            placement: Some(id(n)),
            times: None,
            became: None,
            consents: vec![consent(if n == 0 { Answer::Yes } else { Answer::Pending })],
        };
        Swap {
            id: SwapId::new(Uuid::from_u128(99)),
            round: RoundId::new(Uuid::from_u128(98)),
            state: SwapState::Asked,
            answer_until: "2027-02-14".parse().expect("a date"),
            members: (0..members).map(member).collect(),
            set_aside: Vec::new(),
            reason: None,
            created_at: given().at,
            settled_at: None,
        }
    }

    #[test]
    fn first_every_participant_agrees_then_everybody_else() {
        let mut swap = asked(3);
        let yes = |swap: &mut Swap, n, party| swap.take_answer((id(n), party), Answer::Yes, None, given());
        assert_eq!(yes(&mut swap, 1, Party::Participant), Ok(SwapOutcome::Recorded));
        assert_eq!(yes(&mut swap, 1, Party::Participant), Ok(SwapOutcome::Repeated));
        assert_eq!(yes(&mut swap, 2, Party::Participant), Ok(SwapOutcome::Agreed));
        assert_eq!(yes(&mut swap, 2, Party::Host).expect_err("not asked").code, RefusalCode::ConsentNotAsked);
        for place in 0..3 {
            swap.ask(place, Party::Host);
        }
        assert_eq!(yes(&mut swap, 0, Party::Host), Ok(SwapOutcome::Recorded));
        assert_eq!(yes(&mut swap, 1, Party::Host), Ok(SwapOutcome::Recorded));
        assert_eq!(yes(&mut swap, 2, Party::Host), Ok(SwapOutcome::Complete));
        swap.carry_out(&[id(10), id(11), id(12)], given().at).expect("done");
        assert_eq!(yes(&mut swap, 2, Party::Host), Ok(SwapOutcome::Repeated), "a click that comes late");
        assert_eq!(swap.end(Deed::Expire, "", given().at).expect_err("over").code, RefusalCode::SwapState);
    }

    #[test]
    fn a_no_ends_it_also_after_a_yes() {
        let mut swap = asked(2);
        let no = swap.take_answer((id(0), Party::Participant), Answer::No, None, given());
        assert_eq!((no, swap.state), (Ok(SwapOutcome::Refused), SwapState::Refused));
        let late = swap.take_answer((id(1), Party::Participant), Answer::Yes, None, given());
        assert_eq!(late.expect_err("over").code, RefusalCode::SwapState);
    }

    #[test]
    fn each_takes_the_place_of_the_next_and_the_last_that_of_the_first() {
        let swap = asked(3);
        assert_eq!([0, 1, 2].map(|place| swap.taken_by(place)), [1, 2, 0]);
        assert_eq!([0, 1, 2].map(|place| swap.taker_of(place)), [2, 0, 1]);
    }

    #[test]
    fn a_name_is_a_code_or_an_address() {
        let code = id(7);
        assert_eq!(code.to_string().parse(), Ok(Named::Code(code)));
        assert!(matches!(" bea@council.example ".parse(), Ok(Named::Address(_))));
        assert!("bea".parse::<Named>().is_err() && "bea@".parse::<Named>().is_err());
    }
}
