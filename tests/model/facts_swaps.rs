//! Facts of swaps: who may ask whom, who is asked, what an answer brings, when a swap ends, and what an exchange changes.
//!
//! Whether the rules of the round allow it is the service's to say: what it lets through must be possible, and what follows
//! from it is told here.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::notice::NoticeState;
use library_swap::domain::party::Party;
use library_swap::domain::states::{Answer, ApplicationState, PlacementState, RoundState, SwapState};

use super::{About, Consent, Model, PARTIES, Placement, Verdict, first};

const MOST_MEMBERS: usize = 6;
const MOST_A_DAY: usize = 5;

#[derive(Debug, Clone)]
pub struct Swap {
    pub id: String,
    pub round: usize,
    pub state: SwapState,
    pub until: NaiveDate,
    /// Whoever asked first; each takes the placement of the next one.
    pub members: Vec<Member>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct Member {
    /// A placement's id or an address; none for whoever asked.
    pub named: Option<String>,
    pub placement: Option<usize>,
    pub became: Option<usize>,
    pub consents: BTreeMap<Party, Consent>,
}

impl Swap {
    pub fn is_open(&self) -> bool {
        matches!(self.state, SwapState::Asked | SwapState::Agreed)
    }

    pub fn member_of(&self, place: usize) -> Option<&Member> {
        self.members.iter().find(|member| member.placement == Some(place))
    }

    /// The placements, as far as they are known.
    pub fn placements(&self) -> Vec<usize> {
        self.members.iter().filter_map(|member| member.placement).collect()
    }

    /// Who is asked about which placement.
    pub fn asked(&self) -> Vec<(usize, Party)> {
        let of = |member: &Member| {
            let place = member.placement;
            member.consents.keys().filter_map(move |party| Some((place?, *party))).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(of).collect()
    }

    pub fn is_pending(&self, place: usize, party: Party) -> bool {
        let consent = self.member_of(place).and_then(|member| member.consents.get(&party));
        self.is_open() && consent.is_some_and(|consent| consent.answer == Answer::Pending)
    }
}

/// Whether somebody is named by an address, so that nothing is said of others.
pub fn is_blind(with: &[String]) -> bool {
    with.iter().any(|name| name.contains('@'))
}

// What may be asked and answered.
impl Model {
    pub fn open_swap_of(&self, place: usize) -> Option<usize> {
        self.swaps.iter().position(|swap| swap.is_open() && swap.member_of(place).is_some())
    }

    /// Whether this is asked in these very words already.
    pub fn is_asked_already(&self, at: usize, with: &[String]) -> bool {
        self.open_swap_of(at).is_some_and(|swap| {
            let members = &self.swaps[swap].members;
            let named = members[1..].iter().filter_map(|member| member.named.as_ref());
            members[0].placement == Some(at) && named.eq(with)
        })
    }

    /// What forbids to ask, by what is looked at after who may.
    pub fn admits_question(&self, at: usize, with: &[String]) -> Verdict {
        let place = &self.placements[at];
        let (round, own) =
            (self.applications[place.application].round, &self.person_of(place.application).email);
        let is_wrong =
            |(n, name): (usize, &String)| *name == place.id || name == own || with[..n].contains(name);
        let is_wrong = with.is_empty() || with.len() >= MOST_MEMBERS || with.iter().enumerate().any(is_wrong);
        first(&[(is_wrong, "invalid-fields")])?;
        if self.is_asked_already(at, with) {
            return Ok(());
        }
        first(&[(self.open_swap_of(at).is_some(), "swap-open")])?;
        self.admits_exchange(&[at])?;
        let until = self.last_day_to_swap(at).ok_or("too-late")?;
        let since = self.now - Duration::hours(24);
        let asked = |swap: &&Swap| swap.members[0].placement == Some(at) && swap.at > since;
        first(&[(self.swaps.iter().filter(asked).count() >= MOST_A_DAY, "too-early")])?;
        for name in with.iter().filter(|name| !name.contains('@')) {
            let known = self.placements.iter().find(|one| one.id == *name).ok_or("invalid-fields")?;
            first(&[(!self.is_of(round, known), "other-round")])?;
        }
        if is_blind(with) { Ok(()) } else { self.admits_others(at, &self.named_by(at, with), until) }
    }

    /// The last day for answers to a swap that is asked for now.
    pub fn last_day_to_swap(&self, at: usize) -> Option<NaiveDate> {
        let place = &self.placements[at];
        let application = &self.applications[place.application];
        let libraries = [self.persons[application.person].home, place.host];
        let late = self.late_answers(application.round, place.date, libraries)?;
        Some(late.unwrap_or(self.rounds[application.round].answer_until))
    }

    /// The placements of those who are named, as far as they can be asked.
    pub fn named_by(&self, at: usize, with: &[String]) -> Vec<Option<usize>> {
        let round = self.applications[self.placements[at].application].round;
        let is_told = |place: &usize| !self.is_untold(self.placements[*place].application);
        let of = |name: &String| {
            if !name.contains('@') {
                return self.placements.iter().position(|one| one.id == *name);
            }
            let is_theirs = |one: &super::Application| {
                one.round == round
                    && one.state != ApplicationState::Withdrawn
                    && self.persons[one.person].email == *name
            };
            self.applications.iter().position(is_theirs).and_then(|application| self.live_of(application))
        };
        with.iter().map(|name| of(name).filter(is_told)).collect()
    }

    /// Whether those who are named may exchange with whoever asks, but for the rules of the round.
    pub fn admits_others(&self, at: usize, others: &[Option<usize>], until: NaiveDate) -> Verdict {
        let mut cases = vec![at];
        for other in others {
            let other = other.ok_or("invalid-fields")?;
            first(&[
                (cases.contains(&other), "invalid-fields"),
                (self.placements[other].date <= until, "too-late"),
                (self.open_swap_of(other).is_some(), "swap-open"),
            ])?;
            cases.push(other);
        }
        self.admits_exchange(&cases)?;
        first(&[(self.is_kept(&cases), "frozen")])
    }

    /// Whether placements may be exchanged as they stand, but for the rules of the round.
    pub fn admits_exchange(&self, cases: &[usize]) -> Verdict {
        let round = self.round_of(self.placements[cases[0]].application);
        first(&[(!matches!(round.state, RoundState::Published | RoundState::Running), "round-state")])?;
        for place in cases.iter().map(|at| &self.placements[*at]) {
            first(&[
                (!place.can_end(), "placement-state"),
                (self.today() >= place.date, "too-late"),
                (place.contact.is_some() || place.is_virtual, "frozen"),
                (place.open_offer().is_some(), "offer-open"),
            ])?;
        }
        Ok(())
    }

    /// Whether a repair of the last 24 hours, which could still be applied, keeps one of them where it is.
    fn is_kept(&self, cases: &[usize]) -> bool {
        let round = self.applications[self.placements[cases[0]].application].round;
        let since = self.now - Duration::hours(24);
        let keeps = |asked: &super::Asked, place: &Placement| {
            asked.freeze.contains(&place.application)
                || (asked.freeze_confirmed && place.state == PlacementState::Confirmed)
        };
        self.repairs.iter().any(|repair| {
            (repair.round, repair.applied) == (round, None)
                && repair.at >= since
                && cases.iter().any(|at| keeps(&repair.asked, &self.placements[*at]))
                && self.basis(round, &repair.asked.drop) == repair.basis
        })
    }

    /// Whether everybody could be where they would be: what no rule book may let through.
    pub fn is_possible(&self, cases: &[usize]) -> bool {
        cases.iter().enumerate().all(|(n, at)| {
            let (own, taken) = (&self.placements[*at], &self.placements[cases[(n + 1) % cases.len()]]);
            let (application, person) =
                (&self.applications[own.application], self.person_of(own.application));
            let elsewhere = |other: &Placement| {
                let is_theirs = self.applications[other.application].person == application.person;
                let is_other = self.applications[other.application].round != application.round;
                is_theirs
                    && is_other
                    && other.is_live()
                    && (other.date == taken.date || other.host == taken.host)
            };
            (application.dates.contains(&taken.date) || taken.date == own.date)
                && taken.host != person.home
                && !self.libraries[taken.host].employers.contains(&person.employer)
                && !self.placements.iter().any(elsewhere)
                && !self.closed.contains(&(taken.host, taken.date))
        })
    }

    /// What forbids an answer, by what is looked at after who may; none for the same answer again.
    pub fn admits_swap_answer(&self, swap: usize, at: usize, party: Party, answer: Answer) -> Verdict {
        let swap = &self.swaps[swap];
        let is_late = answer == Answer::Yes && swap.is_open() && self.today() > swap.until;
        first(&[(is_late, "too-late")])?;
        let consent = swap.member_of(at).and_then(|member| member.consents.get(&party));
        let said = consent.ok_or("consent-not-asked")?.answer;
        first(&[(said != answer && !swap.is_open(), "swap-state")])
    }
}

// What happens.
impl Model {
    /// Somebody has asked; `others` are those who may be asked, or none where the swap cannot be.
    pub fn swap_asked(
        &mut self,
        (at, id): (usize, String),
        with: &[String],
        until: NaiveDate,
        is_judged: bool,
    ) {
        let others = self.named_by(at, with);
        let consent = |answer, given| {
            BTreeMap::from([(Party::Participant, Consent { answer, reminded: false, at: given })])
        };
        let mut members = vec![Member {
            named: None,
            placement: Some(at),
            became: None,
            consents: consent(Answer::Yes, Some(self.now)),
        }];
        members.extend(with.iter().zip(&others).map(|(name, other)| Member {
            named: Some(name.clone()),
            placement: other.filter(|_| is_judged),
            became: None,
            consents: if is_judged { consent(Answer::Pending, None) } else { BTreeMap::new() },
        }));
        let round = self.applications[self.placements[at].application].round;
        let (state, asked) = (SwapState::Asked, self.now);
        self.swaps.push(Swap { id, round, state, until, members, at: asked });
        let swap = self.swaps.len() - 1;
        // Whoever asked must not learn that it cannot be; those who were named may say so.
        let kind = if is_judged { NoticeKind::SwapRequest } else { NoticeKind::SwapEnded };
        if others.iter().all(Option::is_some) {
            for other in others.into_iter().flatten() {
                self.enqueue(kind, About::Swap(swap, other), Party::Participant, 0, None);
            }
        }
    }

    /// Takes an answer; true where it was the last yes. `knows`: whoever has said it knows of it.
    pub fn swap_answered(
        &mut self,
        at: usize,
        place: usize,
        (party, answer): (Party, Answer),
        knows: bool,
    ) -> bool {
        let now = self.now;
        let swap = &mut self.swaps[at];
        let member = swap.members.iter_mut().find(|one| one.placement == Some(place)).expect("a member");
        let consent = member.consents.get_mut(&party).expect("asked");
        if consent.answer == answer {
            return false;
        }
        (consent.answer, consent.at) = (answer, Some(now));
        if answer == Answer::No {
            self.end_swap(at, SwapState::Refused, |one| knows && one == (place, party));
            return false;
        }
        let has_agreed = |member: &Member| {
            member.placement.is_some() && member.consents.values().all(|one| one.answer == Answer::Yes)
        };
        if !swap.members.iter().all(has_agreed) {
            return false;
        }
        if swap.state == SwapState::Agreed {
            return true;
        }
        swap.state = SwapState::Agreed;
        self.ask_the_others(at);
        false
    }

    fn ask_the_others(&mut self, at: usize) {
        let places = self.swaps[at].placements();
        for (n, place) in places.iter().enumerate() {
            let (own, taken) = (&self.placements[*place], &self.placements[places[(n + 1) % places.len()]]);
            let is_owed =
                own.consents.get(&Party::Manager).is_some_and(|consent| consent.answer == Answer::Pending);
            let mut asked = vec![Party::Host];
            if own.date != taken.date || is_owed {
                asked.push(Party::Manager);
            }
            for party in asked {
                let pending = Consent { answer: Answer::Pending, reminded: false, at: None };
                self.swaps[at].members[n].consents.insert(party, pending);
                self.enqueue(NoticeKind::SwapRequest, About::Swap(at, *place), party, 0, None);
            }
        }
    }

    /// It comes to nothing: whoever was told of it hears so, but for those who know.
    pub fn end_swap(&mut self, at: usize, state: SwapState, knows: impl Fn((usize, Party)) -> bool) {
        self.swaps[at].state = state;
        let asker = self.swaps[at].members[0].placement;
        for (place, party) in self.swaps[at].asked() {
            let about = About::Swap(at, place);
            // Whoever asked was sent no question.
            let has_asked = (Some(place), party) == (asker, Party::Participant);
            let is_told = has_asked || self.thread(about, party).any(|one| one.begun);
            if knows((place, party)) || !is_told {
                self.supersede(about, party);
            } else {
                self.enqueue(NoticeKind::SwapEnded, about, party, 0, None);
            }
        }
    }

    /// A placement has ended or changed: its parties hear of an end by its own mail.
    pub fn overtake_swap(&mut self, place: usize) {
        // Who has heard of nothing but the swap hears that it is over.
        let has_ended = !self.placements[place].is_live();
        let knows: Vec<Party> =
            PARTIES.into_iter().filter(|party| has_ended && self.has_heard(place, *party)).collect();
        for one in self.notices.iter_mut().filter(|one| knows.contains(&one.party)) {
            let is_of_it = matches!(one.about, About::Swap(_, about) if about == place);
            if is_of_it && one.state == NoticeState::Queued && !one.begun {
                one.state = NoticeState::Superseded;
            }
        }
        if let Some(at) = self.open_swap_of(place) {
            self.end_swap(at, SwapState::Overtaken, |(about, party)| {
                about == place && knows.contains(&party)
            });
        }
    }

    /// Ends the swaps whose last day has passed; gives how many.
    pub fn expire_swaps(&mut self) -> usize {
        let today = self.today();
        let over: Vec<usize> = (0..self.swaps.len())
            .filter(|at| self.swaps[*at].is_open() && today > self.swaps[*at].until)
            .collect();
        for at in &over {
            self.end_swap(*at, SwapState::Expired, |_| false);
        }
        over.len()
    }

    /// Everybody has said yes: all placements end, and new ones stand, of a run and with ids by application.
    pub fn exchanged(
        &mut self,
        at: usize,
        run: usize,
        ids: &BTreeMap<String, String>,
        times: (NaiveTime, NaiveTime),
    ) {
        let swap = self.swaps[at].clone();
        for (place, party) in swap.asked() {
            self.supersede(About::Swap(at, place), party);
        }
        let places = swap.placements();
        let before: Vec<Placement> = places.iter().map(|place| self.placements[*place].clone()).collect();
        for place in &places {
            let one = &mut self.placements[*place];
            (one.state, one.was_taken_away) = (PlacementState::Cancelled, true);
            one.revision += 1;
            self.drop_pack(*place);
            for party in PARTIES {
                self.supersede(About::Placement(*place), party);
            }
        }
        for (n, own) in before.iter().enumerate() {
            let next = (n + 1) % places.len();
            let said = |member: usize, party| swap.members[member].consents.get(&party).cloned();
            let manager = said(n, Party::Manager).or_else(|| own.consents.get(&Party::Manager).cloned());
            let consents = [
                (Party::Participant, said(n, Party::Participant)),
                (Party::Host, said(next, Party::Host)),
                (Party::Manager, manager),
            ];
            let consents: BTreeMap<Party, Consent> = consents
                .into_iter()
                .filter_map(|(party, one)| Some((party, Consent { reminded: false, ..one? })))
                .collect();
            let id = ids.get(&self.applications[own.application].id).cloned().unwrap_or_default();
            let taken = &before[next];
            self.placements.push(Placement {
                state: PlacementState::Confirmed,
                consents,
                instead_of: [
                    (Party::Participant, places[n]),
                    (Party::Host, places[next]),
                    (Party::Manager, places[n]),
                ]
                .into(),
                ..Placement::new((id, run), own.application, (taken.host, taken.date, times))
            });
            let new = self.placements.len() - 1;
            self.swaps[at].members[n].became = Some(new);
            for party in PARTIES {
                self.enqueue(NoticeKind::Confirmed, About::Placement(new), party, 0, None);
            }
        }
        self.swaps[at].state = SwapState::Done;
    }

    /// How the tables tell of swaps.
    pub fn swap_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for swap in &self.swaps {
            let (id, round) = (&swap.id, &self.rounds[swap.round].id);
            lines.push(format!("swap {id} of {round} {} until {}", swap.state, swap.until));
            for (n, member) in swap.members.iter().enumerate() {
                let of = |place: Option<usize>| place.map(|place| self.placements[place].id.as_str());
                let (own, became) = (of(member.placement), of(member.became));
                lines.push(format!("member {id} {n} named {:?} {own:?} became {became:?}", member.named));
                let said = |(party, one): (&Party, &Consent)| format!("said {id} {n} {party} {}", one.answer);
                lines.extend(member.consents.iter().map(said));
            }
        }
        lines
    }
}
