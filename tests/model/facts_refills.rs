//! Facts of places that are offered to reserves: who may be asked, what an answer brings, when an offer ends.
//!
//! Whom the service asks first, and what balance forbids, is its own affair: whoever is asked must be one who could be.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveTime};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::domain::states::{
    Answer, ApplicationState, PlacementState, RefillState, ReserveOfferState, RoundState,
};

use super::{About, Model, Placement, Verdict, first};

/// Working days that a reserve has, and days before the day on which nobody is asked any more.
const WORKING_DAYS: usize = 2;
const DAYS_BEFORE: u64 = 3;

#[derive(Debug, Clone)]
pub struct Refill {
    pub id: String,
    /// The placement that ended.
    pub placement: usize,
    pub state: RefillState,
    /// The open offer whose end it waits for.
    pub waits_for: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ReserveOffer {
    pub id: String,
    pub refill: usize,
    pub application: usize,
    pub until: NaiveDate,
    pub state: ReserveOfferState,
}

impl ReserveOffer {
    pub fn is_open(&self) -> bool {
        self.state == ReserveOfferState::Open
    }
}

// What is true.
impl Model {
    fn place_of(&self, refill: usize) -> &Placement {
        &self.placements[self.refills[refill].placement]
    }

    pub fn round_of_refill(&self, refill: usize) -> usize {
        self.applications[self.place_of(refill).application].round
    }

    fn open_offers(&self) -> impl Iterator<Item = (usize, &ReserveOffer)> {
        self.reserve_offers.iter().enumerate().filter(|(_, offer)| offer.is_open())
    }

    fn open_offer_of(&self, refill: usize) -> Option<usize> {
        self.open_offers().find(|(_, offer)| offer.refill == refill).map(|(at, _)| at)
    }

    /// Whether a place is offered to somebody, in any round.
    pub fn is_asked(&self, application: usize) -> bool {
        let person = self.applications[application].person;
        self.open_offers().any(|(_, offer)| self.applications[offer.application].person == person)
    }

    /// What open offers of a round hold, but for one: who is asked, at which library and on which day.
    pub fn held(&self, round: usize, but: Option<usize>) -> Vec<(usize, usize, NaiveDate)> {
        let own = self
            .open_offers()
            .filter(|(at, offer)| Some(*at) != but && self.round_of_refill(offer.refill) == round);
        own.map(|(_, offer)| {
            let place = self.place_of(offer.refill);
            (offer.application, place.host, place.date)
        })
        .collect()
    }

    /// Places that a library has left on a day of a published round.
    fn left_at(&self, round: usize, (host, date): (usize, NaiveDate), but: Option<usize>) -> usize {
        let basis = self.basis_but(round, &[].into(), but);
        let most = basis.input.libraries.get(&host).and_then(|library| library[0].get(&date)).copied();
        let is_there = |place: &&Placement| (place.host, place.date) == (host, date);
        let standing = self.placements.iter().filter(|place| self.is_of(round, place) && place.is_live());
        usize::try_from(most.unwrap_or_default())
            .expect("few")
            .saturating_sub(standing.filter(is_there).count())
    }

    /// Whoever has gone by their own or their manager's word, or was silent or ill, is asked no more.
    fn has_gone(&self, application: usize) -> bool {
        let said = |place: &Placement, party, answer| {
            place.consents.get(&party).is_some_and(|consent| consent.answer == answer)
        };
        let own = self.placements.iter().filter(|place| place.application == application);
        own.into_iter().any(|place| match place.state {
            PlacementState::Declined => {
                said(place, Party::Participant, Answer::No) || said(place, Party::Manager, Answer::No)
            }
            PlacementState::Expired => !said(place, Party::Participant, Answer::Yes),
            PlacementState::Cancelled => !place.was_taken_away,
            PlacementState::DidNotTakePlace => true,
            _ => false,
        })
    }

    /// Everybody moves to another sector: the host has one that the home library has not.
    fn has_another_sector(&self, host: usize, home: usize) -> bool {
        self.libraries[host].sectors.iter().any(|sector| !self.libraries[home].sectors.contains(sector))
    }

    /// Who could take the place of a placement, as far as balance is not asked.
    pub fn able(&self, at: usize, but: Option<usize>) -> Vec<usize> {
        let (place, round) = (&self.placements[at], self.applications[self.placements[at].application].round);
        let (host, date) = (place.host, place.date);
        if self.left_at(round, (host, date), but) == 0 || date < self.today() {
            return Vec::new();
        }
        let basis = self.basis_but(round, &[].into(), but);
        let has_leave = |home: usize| {
            let leave = basis.input.libraries.get(&home).and_then(|library| library[1].get(&date)).copied();
            let is_away = |place: &&Placement| {
                place.date == date && place.is_live() && self.person_of(place.application).home == home
            };
            let away =
                self.placements.iter().filter(|place| self.is_of(round, place)).filter(is_away).count();
            usize::try_from(leave.unwrap_or_default()).expect("few") > away
        };
        let could = |(application, (days, visited, _)): &(&usize, &(Vec<NaiveDate>, _, _))| {
            let person = self.person_of(**application);
            let visited: &BTreeSet<usize> = visited;
            self.applications[**application].state == ApplicationState::Unplaced
                && !self.has_gone(**application)
                && days.contains(&date)
                && !visited.contains(&host)
                && host != person.home
                && !self.libraries[host].employers.contains(&person.employer)
                && self.has_another_sector(host, person.home)
                && has_leave(person.home)
        };
        basis.input.people.iter().filter(could).map(|(application, _)| *application).collect()
    }

    fn was_offered(&self, at: usize, application: usize) -> bool {
        let place = &self.placements[at];
        let round = self.applications[place.application].round;
        self.reserve_offers.iter().any(|offer| {
            let known = self.place_of(offer.refill);
            let is_same = (known.host, known.date) == (place.host, place.date);
            is_same && self.round_of_refill(offer.refill) == round && offer.application == application
        })
    }

    /// Until when somebody who is asked now may answer; none where the day is too near.
    pub fn reserve_answers(&self, at: usize, application: usize) -> Option<NaiveDate> {
        let (place, home) = (&self.placements[at], self.person_of(application).home);
        let latest = [home, place.host].map(|library| self.last_working_before(library, place.date));
        let latest = latest[0].min(latest[1]).min(place.date - Days::new(DAYS_BEFORE));
        let all: Vec<NaiveDate> = self.today().iter_days().skip(1).take(30).collect();
        let working = self.working_after(home, self.today());
        let days = if working.is_empty() { all } else { working };
        let day = days[days.len().min(WORKING_DAYS) - 1];
        (self.today() <= latest).then_some(day.min(latest))
    }

    /// What forbids to offer the place of a placement, but that nobody could take it.
    pub fn admits_refill(&self, at: usize) -> Verdict {
        let place = &self.placements[at];
        let round = self.applications[place.application].round;
        let own = || self.refills.iter().filter(|refill| refill.placement == at);
        let is_untold =
            (0..self.applications.len()).any(|n| self.applications[n].round == round && self.is_untold(n));
        let is_out = matches!(self.rounds[round].state, RoundState::Published | RoundState::Running);
        first(&[
            (!is_out || is_untold, "round-state"),
            (place.is_live(), "placement-state"),
            (place.date < self.today() + Days::new(DAYS_BEFORE), "too-late"),
            (own().any(|refill| refill.state == RefillState::Filled), "place-taken"),
            (own().any(|refill| refill.state == RefillState::Running), "refill-running"),
            (self.left_at(round, (place.host, place.date), None) == 0, "place-taken"),
        ])
    }

    /// Who could be asked next about the place of a placement.
    pub fn next_reserves(&self, at: usize) -> Vec<usize> {
        let mut able = self.able(at, None);
        able.retain(|one| !self.was_offered(at, *one));
        able
    }

    /// Whether the place of a placement can be offered to somebody.
    pub fn is_offerable(&self, at: usize) -> bool {
        self.admits_refill(at).is_ok() && !self.next_reserves(at).is_empty()
    }

    /// Whether an open offer is over: its day has passed, or the host is closed.
    fn is_over(&self, offer: &ReserveOffer) -> bool {
        let place = self.place_of(offer.refill);
        self.today() > offer.until || self.closed.contains(&(place.host, place.date))
    }

    /// Running refills of which nobody is asked, but for those that wait for another offer.
    pub fn refills_to_go_on(&self) -> Vec<usize> {
        let is_idle = |at: &usize| {
            let refill = &self.refills[*at];
            let waits = self.open_offers().any(|(_, offer)| Some(&offer.id) == refill.waits_for.as_ref());
            // Whoever waits is told when the day has come too near.
            let is_near = self.today() + Days::new(DAYS_BEFORE) > self.place_of(*at).date;
            let is_idle = self.open_offer_of(*at).is_none() && (!waits || is_near);
            refill.state == RefillState::Running && is_idle
        };
        (0..self.refills.len()).filter(is_idle).collect()
    }
}

// What happens.
impl Model {
    /// Somebody is asked.
    pub fn offered_place(&mut self, refill: usize, application: usize, id: String, until: NaiveDate) {
        self.refills[refill].waits_for = None;
        let state = ReserveOfferState::Open;
        self.reserve_offers.push(ReserveOffer { id, refill, application, until, state });
        let about = About::Reserve(self.reserve_offers.len() - 1);
        self.enqueue(NoticeKind::Offer, about, Party::Participant, 0, None);
    }

    fn settle_offer(&mut self, at: usize, state: ReserveOfferState) {
        self.reserve_offers[at].state = state;
        self.supersede(About::Reserve(at), Party::Participant);
    }

    /// The place, or the reserve, is not to be had any more: whoever has heard of the offer hears so.
    pub fn overtake(&mut self, at: usize) {
        let about = About::Reserve(at);
        let has_heard = self.thread(about, Party::Participant).any(|one| one.begun);
        self.settle_offer(at, ReserveOfferState::Overtaken);
        if has_heard {
            self.enqueue(NoticeKind::OfferEnded, about, Party::Participant, 0, None);
        }
    }

    pub fn end_refill(&mut self, refill: usize, state: RefillState) {
        self.refills[refill].state = state;
        self.refills[refill].waits_for = None;
        if let Some(offer) = self.open_offer_of(refill) {
            self.overtake(offer);
        }
    }

    pub fn end_refills_of(&mut self, round: usize) {
        for refill in 0..self.refills.len() {
            if self.refills[refill].state == RefillState::Running && self.round_of_refill(refill) == round {
                self.end_refill(refill, RefillState::Overtaken);
            }
        }
    }

    pub fn forget_reserve(&mut self, application: usize) {
        let own = self.open_offers().find(|(_, offer)| offer.application == application);
        if let Some(offer) = own.map(|(at, _)| at) {
            self.overtake(offer);
        }
    }

    pub fn declined_place(&mut self, at: usize) {
        self.settle_offer(at, ReserveOfferState::Declined);
    }

    /// The reserve takes the place: a proposal to which they have agreed, of a run and with an id.
    pub fn took_place(&mut self, at: usize, (id, run): (String, usize), times: (NaiveTime, NaiveTime)) {
        let ReserveOffer { refill, application, .. } = self.reserve_offers[at];
        let (host, date) = (self.place_of(refill).host, self.place_of(refill).date);
        let round = self.applications[application].round;
        let until = self.late_answers(round, date, [self.person_of(application).home, host]).flatten();
        let mut parties = vec![Party::Participant, Party::Host];
        if self.is_asked_about(application, date) {
            parties.push(Party::Manager);
        }
        self.propose((id, run), application, (host, date, times), &parties, None);
        self.placements.last_mut().expect("it").answer_until = until;
        let (place, now) = (self.placements.len() - 1, self.now);
        self.agree(place, Party::Participant, Answer::Yes, now);
        self.settle_offer(at, ReserveOfferState::Accepted);
        self.refills[refill].state = RefillState::Filled;
    }

    /// Ends the offers that are over; gives how many.
    pub fn end_offers(&mut self) -> usize {
        let over: Vec<usize> =
            self.open_offers().filter(|(_, offer)| self.is_over(offer)).map(|(at, _)| at).collect();
        for at in &over {
            if self.today() > self.reserve_offers[*at].until {
                self.settle_offer(*at, ReserveOfferState::Expired);
            } else {
                self.end_refill(self.reserve_offers[*at].refill, RefillState::Overtaken);
            }
        }
        over.len()
    }

    /// How the tables tell of refills and offers.
    pub fn refill_lines(&self) -> Vec<String> {
        let refill = |one: &Refill| {
            let placement = &self.placements[one.placement].id;
            format!("refill {} of {placement} {} waits {:?}", one.id, one.state, one.waits_for)
        };
        let offer = |one: &ReserveOffer| {
            let (of, to) = (&self.refills[one.refill].id, &self.applications[one.application].id);
            format!("reserve {} of {of} to {to} until {} {}", one.id, one.until, one.state)
        };
        self.refills.iter().map(refill).chain(self.reserve_offers.iter().map(offer)).collect()
    }
}
