//! Places that fell empty are offered to reserves: begun, stopped; answers come by links, and time goes on by deadlines.

use library_swap::domain::states::{RefillState, ReserveOfferState};
use library_swap::services::refills;

use super::{Became, OFFICE_DAY, Play, Told, became, judge, only_organiser, parsed, pick, those};
use crate::evidence::Dump;
use crate::facts::Refill;

impl Play<'_> {
    /// The place that a placement left is offered to reserves; now and then one that is none.
    pub(super) fn refill(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = (0..self.model.placements.len()).filter(|at| self.model.is_offerable(*at));
        let fitting: Vec<usize> = fitting.collect();
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let who = self.mostly_organiser(n[1]);
        let verdict = only_organiser(&who).and_then(|()| self.model.admits_refill(at));
        let id = parsed(&self.model.placements[at].id);
        let got = refills::start(self.app, &who.actor, id, None);
        // Nobody could take it: whether balance forbids it is the service's to say.
        if let (Err(error), Ok(())) = (&got, verdict) {
            let model = &self.model;
            let balance = model.round_of(model.placements[at].application).balance;
            let mut free = model.next_reserves(at);
            free.retain(|one| model.reserve_answers(at, *one).is_some());
            let may_be = error.code() == "no-reserves" || error.code() == "too-late";
            return if may_be && (free.is_empty() || balance.is_some()) {
                Ok(Became::Refused)
            } else {
                Err(format!("`{}` ({error}), and {free:?} could take the place", error.code()))
            };
        }
        let done = judge(got, verdict)?;
        if let Some(shown) = &done {
            let (id, state, waits_for) = (shown.refill.id.to_string(), RefillState::Running, None);
            self.model.refills.push(Refill { id, placement: at, state, waits_for });
            let refill = self.model.refills.len() - 1;
            self.model.placements[at].revision += 1;
            let dump = self.dumper.take(self.app);
            self.follow_refill(refill, &dump)?;
        }
        Ok(became(done.as_ref()))
    }

    /// What the service did with a refill that goes on: asked somebody who could be, waits, or has ended it.
    fn follow_refill(&mut self, refill: usize, dump: &Dump) -> Told<bool> {
        let id = self.model.refills[refill].id.clone();
        let row = dump.row("refills", &id).ok_or("a refill that is not there")?;
        let state: RefillState = parsed(row.text("state"));
        let waits_for = row.get("waits_for").map(str::to_owned);
        let known = |id: &str| self.model.reserve_offers.iter().any(|offer| offer.id == id);
        let offers = dump.rows("reserve_offers");
        let new = offers.iter().find(|one| one.text("refill_id") == id && !known(one.text("id")));
        let at = self.model.refills[refill].placement;
        let next = self.model.next_reserves(at);
        let free = |one: &usize| self.model.reserve_answers(at, *one).is_some() && !self.model.is_asked(*one);
        let is_asked = next.iter().any(|one| self.model.is_asked(*one));
        let balance = self.model.rounds[self.model.round_of_refill(refill)].balance;
        if let Some(new) = new {
            let to = self.model.applications.iter().position(|one| one.id == new.text("application_id"));
            let to = to.ok_or("an offer to nobody")?;
            let until = self.model.reserve_answers(at, to).filter(|_| next.contains(&to) && free(&to));
            let Some(until) = until else { return Err(format!("{to} is asked, and could be: {next:?}")) };
            if new.text("answer_until") != until.to_string() || state != RefillState::Running {
                return Err(format!("{to} is asked until {}: {until}", new.text("answer_until")));
            }
            self.model.offered_place(refill, to, new.text("id").to_owned(), until);
            return Ok(true);
        }
        if balance.is_none() && next.iter().any(free) {
            return Err(format!("nobody is asked, and these could be: {next:?}"));
        }
        let changed = self.model.refills[refill].waits_for != waits_for || state != RefillState::Running;
        let fits = match state {
            RefillState::Running => waits_for.is_some() && is_asked,
            RefillState::NobodyLeft | RefillState::OutOfTime | RefillState::Overtaken => true,
            _ => false,
        };
        if !fits {
            return Err(format!("refill {id} is {state}, waiting for {waits_for:?}; {next:?} could take it"));
        }
        (self.model.refills[refill].state, self.model.refills[refill].waits_for) = (state, waits_for);
        Ok(changed)
    }

    /// Places go on to the next reserves; gives how many did something.
    pub(super) fn follow_refills(&mut self, due: &[usize]) -> Told<usize> {
        let (mut due, mut done) = (due.to_vec(), 0);
        due.sort_by_key(|refill| self.model.refills[*refill].id.clone());
        let dump = self.dumper.take(self.app);
        for refill in due {
            done += usize::from(self.follow_refill(refill, &dump)?);
        }
        Ok(done)
    }

    pub(super) fn stop_refill(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.refills, |one| one.state == RefillState::Running);
        let Some(at) = pick(n[0], &fitting, self.model.refills.len()) else { return Ok(Became::Void) };
        let (who, round) = (self.mostly_organiser(n[1]), self.model.round_of_refill(at));
        let other = n[2] % self.model.rounds.len();
        let named = if n[3].is_multiple_of(7) { other } else { round };
        let is_over = self.model.refills[at].state != RefillState::Running;
        let verdict = only_organiser(&who)
            .and_then(|()| super::first([(named != round, "not-found"), (is_over, "refill-ended")]));
        let ids = (parsed(&self.model.rounds[named].id), parsed(&self.model.refills[at].id));
        let done = judge(refills::stop(self.app, &who.actor, ids.0, ids.1), verdict)?;
        if done.is_some() {
            self.model.end_refill(at, RefillState::Stopped);
        }
        Ok(became(done.as_ref()))
    }

    /// What became of a reserve's yes: a place, or nothing because things are otherwise by now.
    pub(super) fn follow_yes(&mut self, at: usize) -> Told<()> {
        let dump = self.dumper.take(self.app);
        let offer = self.model.reserve_offers[at].clone();
        let row = dump.row("reserve_offers", &offer.id).ok_or("the offer is gone")?;
        let round = self.model.round_of_refill(offer.refill);
        let place = self.model.refills[offer.refill].placement;
        let could = self.model.able(place, Some(at)).contains(&offer.application);
        match parsed(row.text("state")) {
            ReserveOfferState::Accepted if could => {
                let run = self.keep_new_run(round)?;
                let ids = self.proposed_by(&self.model.runs[run].id);
                let place = ids[&self.model.applications[offer.application].id].clone();
                self.model.took_place(at, (place, run), OFFICE_DAY);
                Ok(())
            }
            ReserveOfferState::Overtaken if !could || self.model.rounds[round].balance.is_some() => {
                self.model.overtake(at);
                Ok(())
            }
            other => {
                Err(format!("a reserve said yes, and the offer is {other}; they could take it: {could}"))
            }
        }
    }
}
