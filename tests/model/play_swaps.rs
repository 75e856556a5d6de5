//! Swaps: asked for by codes or addresses, right and wrong ones, answered by links and through the API, called off.

use std::collections::BTreeMap;

use library_swap::domain::ids::SwapId;
use library_swap::domain::link::Purpose;
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::states::{Answer, PlacementState, RunState, SwapState};
use library_swap::domain::swap::Named;
use library_swap::services::links::{self, Act};
use library_swap::services::swaps::{self, SwapReply};

use super::{
    Became, NOBODY, OFFICE_DAY, Play, Told, Who, became, first, judge, only_organiser, parsed, pick, those,
};
use crate::facts::{Link, Run, Verdict, is_blind};

impl Play<'_> {
    /// The placements that can be exchanged, as far as the facts say.
    pub(super) fn exchangeable(&self) -> Vec<usize> {
        let can = |at: &usize| {
            let is_told = !self.model.is_untold(self.model.placements[*at].application);
            is_told && self.model.admits_exchange(&[*at]).is_ok() && self.model.open_swap_of(*at).is_none()
        };
        (0..self.model.placements.len()).filter(can).collect()
    }

    fn named(with: &[String]) -> Vec<Named> {
        with.iter().map(|name| parsed(name)).collect()
    }

    /// A participant asks one or two others to exchange; through the API, or by the link of a mail.
    pub(super) fn ask_for_swap(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.exchangeable();
        let Some(at) = pick(n[0], &fitting, self.model.placements.len()) else { return Ok(Became::Void) };
        let with = self.some_others(at, n);
        let place = &self.model.placements[at];
        let is_new = !self.model.is_asked_already(at, &with);
        let link = self.model.links.iter().find(|link| {
            let is_live = !link.used && link.expires > self.model.now;
            is_live && (link.placement, link.party) == (Some(at), Party::Participant)
        });
        let (got, permitted) = match link.filter(|_| n[1].is_multiple_of(2)) {
            Some(link) => {
                let is_untold = self.model.is_untold(place.application);
                let act = Act::AskSwap(Self::named(&with));
                let got = links::act(self.app, &link.secret, &act).map(|_| ());
                (got, first([(is_untold, "not-found")]))
            }
            None => {
                let own = self.participant_of(place.application);
                let who = if n[1] % 8 == 1 { self.who(n[1] / 8) } else { own };
                let asked = swaps::ask(self.app, &who.actor, parsed(&place.id), &Self::named(&with));
                (asked.map(|_| ()), self.may_ask(&who, at))
            }
        };
        let verdict = permitted.and_then(|()| self.model.admits_question(at, &with));
        // The rules of the round are the service's to judge.
        if let (Err(error), Ok(())) = (&got, verdict)
            && error.code() == "breaks-rules"
            && !is_blind(&with)
            && is_new
        {
            return Ok(Became::Refused);
        }
        let done = judge(got, verdict)?;
        if done.is_some() && is_new {
            self.follow_question(at, &with)?;
        }
        Ok(became(done.as_ref()))
    }

    fn may_ask(&self, who: &Who, at: usize) -> Verdict {
        let own = self.model.placements[at].application;
        match who.actor.role {
            Role::Participant => {
                first([(who.application != Some(own) || self.model.is_untold(own), "not-found")])
            }
            Role::Anyone => Err("unauthenticated"),
            _ => Err("forbidden"),
        }
    }

    /// Mostly others of the same round who could exchange; now and then oneself, nobody, somebody twice, somebody without
    /// a place, of another round, or whose day is over.
    fn some_others(&self, at: usize, n: [usize; 4]) -> Vec<String> {
        let model = &self.model;
        let round = model.applications[model.placements[at].application].round;
        let of_round =
            |other: &usize| model.applications[model.placements[*other].application].round == round;
        let others = |than: &[usize]| -> Vec<usize> {
            let is_other = |other: &usize| of_round(other) && *other != at && !than.contains(other);
            self.exchangeable().into_iter().filter(is_other).collect()
        };
        // Those with whom it is possible first, and of them those with whom nobody lacks leave by it.
        let is_easy = |cases: &[usize]| {
            let home = |at: usize| model.person_of(model.placements[at].application).home;
            let is_same = |one: usize, other: usize| {
                model.placements[one].date == model.placements[other].date || home(one) == home(other)
            };
            cases.iter().all(|case| is_same(*case, cases[0]))
        };
        let mut chosen: Vec<usize> = Vec::new();
        for _ in 0..1 + usize::from(n[2].is_multiple_of(4)) {
            let all = others(&chosen);
            let with = |other: &usize| [&[at][..], &chosen, &[*other]].concat();
            let good: Vec<usize> =
                all.iter().copied().filter(|other| model.is_possible(&with(other))).collect();
            let easy: Vec<usize> = good.iter().copied().filter(|other| is_easy(&with(other))).collect();
            let from = [easy, good, all].into_iter().find(|list| !list.is_empty()).unwrap_or_default();
            chosen.extend(from.get(n[2] / 4 % from.len().max(1)));
        }
        let address = |place: usize| model.person_of(model.placements[place].application).email.clone();
        let mut names: Vec<String> = chosen
            .iter()
            .enumerate()
            .map(|(n_th, other)| {
                if (n[3] / 16 + n_th).is_multiple_of(4) {
                    address(*other)
                } else {
                    model.placements[*other].id.clone()
                }
            })
            .collect();
        let any = n[3] / 64;
        match n[3] % 32 {
            0 => names.push(model.placements[at].id.clone()),
            1 => names.push(address(at)),
            2 => names.push(model.persons[any % model.persons.len()].email.clone()),
            3 => names.push("nobody@nowhere.example".to_owned()),
            4 => names.push(NOBODY.to_owned()),
            5 => names.push(model.placements[any % model.placements.len()].id.clone()),
            6 => names.extend(names.first().cloned()),
            7 => names.clear(),
            _ => {}
        }
        names
    }

    /// What the service made of a question: asked, or kept as one of whom nobody can be asked.
    pub(super) fn follow_question(&mut self, at: usize, with: &[String]) -> Told<()> {
        let dump = self.dumper.take(self.app);
        let rows = dump.rows("swaps");
        let known = |id: &str| self.model.swaps.iter().any(|swap| swap.id == id);
        let row = rows.iter().find(|row| !known(row.text("id"))).ok_or("no swap was made")?;
        let id = row.text("id").to_owned();
        let members = dump.rows("swap_members");
        let mut others = members.iter().filter(|row| row.text("swap_id") == id && row.number("place") > 0);
        let is_judged = others.all(|row| row.get("placement_id").is_some());
        let until = self.model.last_day_to_swap(at).ok_or("nobody could answer")?;
        let named = self.model.named_by(at, with);
        if is_judged {
            self.model
                .admits_others(at, &named, until)
                .map_err(|code| format!("{with:?} are asked, and the facts say `{code}`"))?;
            let cases: Vec<usize> = std::iter::once(at).chain(named.into_iter().flatten()).collect();
            if !self.model.is_possible(&cases) {
                return Err(format!("{cases:?} are asked, and could not exchange"));
            }
        } else if !is_blind(with) {
            return Err(format!("nobody is asked of {with:?}, and nobody is told so"));
        }
        self.model.swap_asked((at, id), with, until, is_judged);
        Ok(())
    }

    /// Somebody answers who is asked, now and then somebody who is not, or again: by a link, or through the API.
    pub(super) fn answer_swap(&mut self, n: [usize; 4]) -> Told<Became> {
        let open = those(&self.model.swaps, |swap| swap.is_open() && swap.placements().len() > 1);
        let Some(at) = pick(n[0], &open, self.model.swaps.len()) else { return Ok(Became::Void) };
        let swap = &self.model.swaps[at];
        let asked = swap.asked();
        let pending: Vec<(usize, Party)> =
            asked.iter().copied().filter(|(place, party)| swap.is_pending(*place, *party)).collect();
        let from = if n[1].is_multiple_of(8) || pending.is_empty() { &asked } else { &pending };
        let (mut place, mut party) = from[n[1] / 8 % from.len()];
        match n[2] % 40 {
            0 => place = n[2] / 40 % self.model.placements.len(),
            1 => party = crate::facts::PARTIES[n[2] / 40 % 3],
            _ => {}
        }
        let answer = if n[3].is_multiple_of(24) { Answer::No } else { Answer::Yes };
        let swap = at;
        let link = self.model.links.iter().find(|link| {
            let is_live = !link.used && link.expires > self.model.now;
            is_live && (link.placement, link.party) == (Some(place), party)
        });
        let id: SwapId = parsed(&self.model.swaps[swap].id);
        let is_of_it = self.model.swaps[swap].member_of(place).is_some();
        let unknown = first([(!is_of_it, "not-found")]);
        let (got, permitted, is_own) = match link.filter(|_| !n[2].is_multiple_of(3)) {
            Some(link) => {
                let act = match answer {
                    Answer::No => Act::RefuseSwap(id, Some("No room.".to_owned())),
                    _ => Act::AgreeSwap(id),
                };
                let is_untold = self.model.is_untold(link.application);
                let got = links::act(self.app, &link.secret, &act).map(|_| ());
                (got, first([(is_untold, "not-found")]), true)
            }
            None => {
                let who = self.who_answers(place, party, n[2]);
                let placement = parsed(&self.model.placements[place].id);
                let reply = SwapReply { placement, party, answer, reason: None, channel: "api" };
                let got = swaps::answer(self.app, &who.actor, id, &reply).map(|_| ());
                let is_own = matches!(who.actor.role, Role::Participant | Role::Manager);
                (got, self.may_answer(&who, place, party), is_own)
            }
        };
        let verdict =
            unknown.and(permitted).and_then(|()| self.model.admits_swap_answer(swap, place, party, answer));
        let done = judge(got, verdict)?;
        if done.is_some() {
            self.follow_swap_answer(swap, place, (party, answer), is_own)?;
        }
        Ok(became(done.as_ref()))
    }

    fn who_answers(&self, place: usize, party: Party, n: usize) -> Who {
        let application = self.model.placements[place].application;
        let owners = &self.model.libraries[self.model.placements[place].host].employers;
        let of_case = |role| Who {
            actor: Actor { role, ..self.participant_of(application).actor },
            ..self.participant_of(application)
        };
        match party {
            _ if n % 12 == 11 => self.who(n / 12),
            Party::Participant => of_case(Role::Participant),
            Party::Manager => of_case(Role::Manager),
            Party::Host => self.who(if n.is_multiple_of(4) { 0 } else { 2 + 6 * owners[0] }),
        }
    }

    fn may_answer(&self, who: &Who, place: usize, party: Party) -> Verdict {
        let place = &self.model.placements[place];
        let owners = &self.model.libraries[place.host].employers;
        let is_untold = self.model.is_untold(place.application);
        match (who.actor.role, party) {
            (Role::LibraryAdministrator, Party::Host) => {
                let is_own = who.employer.is_some_and(|own| owners.contains(&own));
                first([(!is_own || is_untold, "not-found")])
            }
            (Role::Organiser, Party::Host) => Ok(()),
            (Role::Participant, Party::Participant) | (Role::Manager, Party::Manager) => {
                first([(who.application != Some(place.application) || is_untold, "not-found")])
            }
            (Role::Anyone, _) => Err("unauthenticated"),
            _ => Err("forbidden"),
        }
    }

    /// The facts say what an answer brings; of the last yes the service says whether the rules allow it still.
    pub(super) fn follow_swap_answer(
        &mut self,
        swap: usize,
        place: usize,
        said: (Party, Answer),
        is_own: bool,
    ) -> Told<()> {
        if !self.model.swap_answered(swap, place, said, is_own) {
            return Ok(());
        }
        let dump = self.dumper.take(self.app);
        let row = dump.row("swaps", &self.model.swaps[swap].id).ok_or("the swap is gone")?;
        let cases = self.model.swaps[swap].placements();
        let verdict = self.model.admits_exchange(&cases);
        match parsed(row.text("state")) {
            SwapState::Done if verdict.is_ok() && self.model.is_possible(&cases) => {
                let run = self.keep_new_run(self.model.swaps[swap].round)?;
                let ids = self.confirmed_by(run);
                self.model.exchanged(swap, run, &ids, OFFICE_DAY);
            }
            SwapState::Overtaken => self.model.end_swap(swap, SwapState::Overtaken, |_| false),
            state => {
                return Err(format!("the last yes left the swap {state}, and the facts say {verdict:?}"));
            }
        }
        Ok(())
    }

    /// The run of kind `repaired` that the service has made; gives its place in the model.
    pub(super) fn keep_new_run(&mut self, round: usize) -> Told<usize> {
        let rows = self.dumper.take(self.app).rows("runs");
        let known = |id: &str| self.model.runs.iter().any(|run| run.id == id);
        let id = rows.iter().map(|row| row.text("id").to_owned()).find(|id| !known(id));
        let id = id.ok_or("no run was made")?;
        let (schedule, left_out) = self.schedule_of(&id)?;
        let is_root = |run: &&Run| (run.round, run.state) == (round, RunState::Published);
        let input = self.model.runs.iter().find(is_root).ok_or("nothing is published")?.input.clone();
        let state = RunState::Published;
        self.model.runs.push(Run { id, round, state, input, schedule, left_out });
        Ok(self.model.runs.len() - 1)
    }

    /// The placements that a run has made certain, by application.
    fn confirmed_by(&self, run: usize) -> BTreeMap<String, String> {
        let (rows, id) = (self.dumper.take(self.app).rows("placements"), &self.model.runs[run].id);
        let confirmed = PlacementState::Confirmed.as_str();
        let own = rows.iter().filter(|row| row.text("run_id") == id && row.text("state") == confirmed);
        own.map(|row| (row.text("application_id").to_owned(), row.text("id").to_owned())).collect()
    }

    /// An organiser calls a swap off.
    pub(super) fn cancel_swap(&mut self, n: [usize; 4]) -> Told<Became> {
        let open = those(&self.model.swaps, crate::facts::Swap::is_open);
        let Some(at) = pick(n[0], &open, self.model.swaps.len()) else { return Ok(Became::Void) };
        let who = self.mostly_organiser(n[1]);
        let is_over = !self.model.swaps[at].is_open();
        let verdict = only_organiser(&who).and_then(|()| first([(is_over, "swap-state")]));
        let id = parsed(&self.model.swaps[at].id);
        let done = judge(swaps::call_off(self.app, &who.actor, id, "The lab is rebuilt."), verdict)?;
        if done.is_some() {
            self.model.end_swap(at, SwapState::Cancelled, |_| false);
        }
        Ok(became(done.as_ref()))
    }

    /// The open swap that a link's party is asked about and has not answered.
    pub(super) fn swap_to_answer(&self, link: &Link) -> Option<usize> {
        let place = link.placement?;
        let open = self.model.open_swap_of(place)?;
        self.model.swaps[open].is_pending(place, link.party).then_some(open)
    }

    /// What the facts say of a press about a swap, and whether it is news.
    pub(super) fn verdict_of_swap(&self, link: &Link, act: &Act) -> (Verdict, bool) {
        let is_untold = first([(self.model.is_untold(link.application), "not-found")]);
        let (id, answer) = match act {
            Act::AgreeSwap(id) => (id, Answer::Yes),
            Act::RefuseSwap(id, _) => (id, Answer::No),
            _ => return (Err("invalid-fields"), false),
        };
        let (Purpose::Answer, Some(place)) = (link.purpose, link.placement) else {
            return (Err("invalid-fields"), false);
        };
        let swap = self.model.swaps.iter().position(|swap| swap.id == id.to_string());
        let Some(swap) = swap.filter(|swap| self.model.swaps[*swap].member_of(place).is_some()) else {
            return (Err("not-found"), false);
        };
        let verdict = is_untold.and_then(|()| self.model.admits_swap_answer(swap, place, link.party, answer));
        (verdict, true)
    }

    /// As [`Self::follow_swap_answer`], of a press.
    pub(super) fn follow_swap_press(&mut self, link: &Link, id: &SwapId, answer: Answer) -> Told<()> {
        let swap = self.model.swaps.iter().position(|swap| swap.id == id.to_string());
        let place = link.placement.expect("a placement");
        self.follow_swap_answer(swap.expect("a swap"), place, (link.party, answer), true)
    }
}
