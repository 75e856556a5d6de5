//! Repairs: planned, looked at, applied or not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate};
use library_swap::domain::refusal::{Refusal, RefusalCode};
use library_swap::domain::states::{ApplicationState, RoundState};
use library_swap::services::repairs::{self, Plan, Shown};
use library_swap::services::seen::Seen;

use super::{Became, NOBODY, Play, Told, became, first, judge, only_organiser, parsed, pick, those};
use crate::facts::{Asked, Change, Repair, Round, Way};
use crate::random::Random;

impl Play<'_> {
    /// The rounds that are out, and that everybody concerned has heard of.
    pub(super) fn mendable(&self) -> Vec<usize> {
        let is_told = |at: usize| {
            let own = those(&self.model.applications, |one| one.round == at);
            own.into_iter().all(|one| !self.model.is_untold(one))
        };
        let is_out = |round: &Round| matches!(round.state, RoundState::Published | RoundState::Running);
        those(&self.model.rounds, is_out).into_iter().filter(|at| is_told(*at)).collect()
    }

    /// Somebody drops out, hosts close, others come in, in any mixture, some of it wrong; nobody hears of it.
    pub(super) fn plan_repair(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = self.mendable();
        let Some(round) = pick(n[0], &fitting, self.model.rounds.len()) else { return Ok(Became::Void) };
        let who = self.mostly_organiser(n[1]);
        let (asked, from) =
            self.some_mishap(round, &mut Random::new(u64::try_from(n[2] * 10_000 + n[3]).expect("fits")));
        let verdict = only_organiser(&who).and_then(|()| self.model.admits_repair(round, &asked));
        let application = |at: &usize| self.model.applications[*at].id.clone();
        let list = |of: &BTreeSet<usize>| of.iter().map(application).collect::<Vec<_>>();
        let mut wanted = repairs::Asked {
            drop: list(&asked.drop),
            close: asked.close.iter().map(|(at, day)| (self.model.libraries[*at].id.clone(), *day)).collect(),
            add: list(&asked.add),
            freeze: list(&asked.freeze),
            freeze_confirmed: asked.freeze_confirmed,
            from,
            balance: asked.balance,
        };
        wanted.drop.extend(asked.stranger.then(|| NOBODY.to_owned()));
        let id = parsed(&self.model.rounds[round].id);
        let done = judge(repairs::create(self.app, &who.actor, id, &wanted), verdict)?;
        let Some(shown) = &done else { return Ok(Became::Refused) };
        let ways =
            shown.plans.iter().map(|(id, plan)| self.way(&id.to_string(), plan)).collect::<Told<Vec<_>>>()?;
        let mut doubts = self.model.doubts(round, &asked, &ways);
        let default = self.model.default_way(&ways).map(|way| ways[way].id.clone());
        if default != Some(shown.repair.default_option.to_string()) {
            doubts.push(format!("{} is proposed, and should be {default:?}", shown.repair.default_option));
        }
        let calls: Vec<_> = shown
            .calls
            .iter()
            .map(|call| (call.application.clone(), call.date, call.email.clone()))
            .collect();
        if calls != self.model.calls(&ways[0]) {
            doubts.push(format!("{calls:?} are to be rung, and should be {:?}", self.model.calls(&ways[0])));
        }
        if !doubts.is_empty() {
            return Err(format!("{wanted:?}:\n{}", doubts.join("\n")));
        }
        let (id, basis) = (shown.repair.id.to_string(), self.model.basis(round, &asked.drop));
        let at = self.model.now;
        self.model.repairs.push(Repair { id, round, asked, basis, ways, applied: None, at });
        Ok(Became::Accepted)
    }

    /// What has happened, as organisers say it; with the day that they name.
    fn some_mishap(&self, round: usize, random: &mut Random) -> (Asked, Option<NaiveDate>) {
        let model = &self.model;
        let own = |at: &usize| model.applications[*at].round == round;
        let all: Vec<usize> = (0..model.applications.len()).collect();
        let placed = |at: &usize| own(at) && model.live_of(*at).is_some();
        let was_placed = |at: &usize| own(at) && model.placements.iter().any(|one| one.application == *at);
        let standing: Vec<usize> = all.iter().copied().filter(|at| placed(at)).collect();
        let ended: Vec<usize> = all.iter().copied().filter(|at| was_placed(at) && !placed(at)).collect();
        let is_waiting = |at: &usize| model.applications[*at].state == ApplicationState::Unplaced;
        let waiting: Vec<usize> = all.iter().copied().filter(|at| own(at) && is_waiting(at)).collect();
        let coming: Vec<usize> = {
            let is_ahead =
                |at: &usize| model.placements[model.live_of(*at).expect("one")].date >= model.today();
            standing.iter().copied().filter(is_ahead).collect()
        };
        // Mostly one who fits; now and then anybody of any round.
        let some = |fitting: &[usize], most: usize, random: &mut Random| {
            let mut chosen = BTreeSet::new();
            for _ in 0..random.below(most + 1) {
                let from = if random.below(40) == 0 { &all } else { fitting };
                chosen.extend(from.get(random.below(from.len().max(1))));
            }
            chosen
        };
        let (is_quiet, of_gap) = (random.below(3) == 0, random.below(4) == 0);
        let mut drop = some(&coming, if is_quiet { 0 } else { 2 }, random);
        if of_gap {
            drop.extend(some(&ended, 1, random));
        }
        let add = some(&waiting, if random.below(3) == 0 { 2 } else { 0 }, random);
        let mut freeze = some(&standing, if random.below(3) == 0 { 2 } else { 0 }, random);
        if random.below(12) != 0 {
            freeze.retain(|one| !drop.contains(one));
        }
        let dates = &model.rounds[round].dates;
        let mut close = BTreeSet::new();
        if is_quiet || random.below(4) == 0 {
            for _ in 0..1 + random.below(2) {
                let at = coming.get(random.below(coming.len().max(1))).and_then(|at| model.live_of(*at));
                let place = at.map(|at| &model.placements[at]).filter(|_| random.below(6) != 0);
                let day = if random.below(12) == 0 {
                    dates[0] - Duration::days(20)
                } else {
                    dates[random.below(dates.len())]
                };
                close.insert(
                    place.map_or((random.below(model.libraries.len()), day), |one| (one.host, one.date)),
                );
            }
        }
        if drop.is_empty() && add.is_empty() && close.is_empty() && random.below(8) != 0 {
            drop.extend(coming.get(random.below(coming.len().max(1))).filter(|one| !freeze.contains(*one)));
        }
        let named = (random.below(8) == 0).then(|| dates[random.below(dates.len())]);
        let balance = (random.below(6) == 0).then(|| i64::try_from(random.below(4)).expect("small"));
        let from = named.map_or(model.today(), |from| from.max(model.today()));
        let (freeze_confirmed, stranger) = (random.below(4) == 0, random.below(40) == 0);
        (Asked { drop, add, freeze, close, freeze_confirmed, from, balance, stranger }, named)
    }

    /// An option in the model's own words.
    fn way(&self, id: &str, plan: &Plan) -> Told<Way> {
        let model = &self.model;
        let library = |id: &str| {
            let found = model.libraries.iter().position(|known| known.id == id);
            found.ok_or_else(|| format!("{id} is no library"))
        };
        let changes = plan.changes.iter().map(|change| {
            let own = model.applications.iter().position(|known| known.id == change.application);
            let at =
                |id: &str| model.placements.iter().position(|known| known.id == id).ok_or("no placement");
            let from =
                change.placement.as_ref().map(|one| Ok::<_, &str>((at(&one.id)?, one.ended))).transpose()?;
            let to = change
                .to
                .as_ref()
                .map(|to| Ok::<_, String>((library(&to.host)?, to.date, (to.starts, to.ends))));
            let application = own.ok_or_else(|| format!("{} is no application", change.application))?;
            Ok::<_, String>(Change { application, why: change.why, from, to: to.transpose()? })
        });
        let days = plan.days.iter().map(|day| {
            let counts = |side: fn(&(i64, i64)) -> i64| (side(&day.visitors), side(&day.leavers));
            Ok::<_, String>((
                (library(&day.library)?, day.date),
                (counts(|n| n.0), counts(|n| n.1), day.out_of_balance),
            ))
        });
        let mails = plan.mails.iter().map(|one| ((parsed(&one.kind), parsed(&one.party)), one.count));
        Ok(Way {
            id: id.to_owned(),
            kind: plan.kind.clone(),
            placed: plan.placed,
            touched: plan.touched,
            changes: changes.collect::<Result<_, _>>()?,
            mails: mails.collect(),
            days: days.collect::<Result<_, _>>()?,
        })
    }

    /// An option of a repair is applied: mostly of a fresh one and as it was looked at, now and then of one that was applied
    /// or is out of date, of another round, with another tag, or by somebody who may not.
    pub(super) fn apply_repair(&mut self, n: [usize; 4]) -> Told<Became> {
        let fitting = those(&self.model.repairs, |one| self.model.is_fresh_repair(one));
        let Some(at) = pick(n[0], &fitting, self.model.repairs.len()) else { return Ok(Became::Void) };
        let who = self.mostly_organiser(n[1]);
        let (model, repair) = (&self.model, &self.model.repairs[at]);
        let other = n[2] / 8 % model.repairs.len();
        let (chosen, looked_at) = match n[2] % 8 {
            0 => (repair, None),
            1 => (repair, Some(model.repairs[other].id.clone())),
            2 => (&model.repairs[other], Some(repair.id.clone())),
            _ => (repair, Some(repair.id.clone())),
        };
        let way = n[3] % chosen.ways.len();
        let round = if n[3].is_multiple_of(29) { n[3] / 29 % model.rounds.len() } else { repair.round };
        let own = repair.ways.iter().position(|known| known.id == chosen.ways[way].id);
        let verdict = only_organiser(&who).and_then(|()| {
            first([
                (round != repair.round, "not-found"),
                (repair.applied.is_some(), "repair-applied"),
                (looked_at.is_none(), "if-match-required"),
                (looked_at.as_ref() != Some(&repair.id), "changed-since"),
                (own.is_none(), "invalid-fields"),
            ])
            .and_then(|()| model.admits_applying(repair, &repair.ways[own.expect("one")]))
        });
        let ids = (parsed(&model.rounds[round].id), parsed(&repair.id));
        let seen = Seen::judged_by(move |there: Option<&Shown>| match (&looked_at, there) {
            (None, _) => Err(Refusal::new(RefusalCode::IfMatchRequired, "")),
            (Some(id), Some(shown)) if *id == shown.repair.id.to_string() => Ok(()),
            (Some(_), _) => Err(Refusal::new(RefusalCode::ChangedSince, "")),
        });
        let option = parsed(&chosen.ways[way].id);
        let before = self.dump.clone();
        let done = judge(repairs::apply(self.app, &who.actor, ids, option, &seen), verdict)?;
        if let Some(shown) = &done {
            let way = own.expect("an option of this repair");
            self.follow_repair(at, way, shown)?;
            let after = self.dumper.take(self.app);
            let mut told: Vec<(String, String, String)> = Vec::new();
            for row in after.rows_beside(&before, "outbox") {
                let is_new = before.row("outbox", row.text("id")).is_none();
                // Whoever was to exchange days with those concerned hears that it comes to nothing: no part of the repair.
                let is_of_swap =
                    row.text("kind") == "swap_ended" && !self.concerns(at, way, row.text("application_id"));
                if is_new && !is_of_swap && row.text("state") != "superseded" {
                    let place = row.text("placement_id");
                    let host = if row.text("party") == "host" { place } else { "" };
                    told.push((
                        row.text("application_id").to_owned(),
                        row.text("party").to_owned(),
                        host.to_owned(),
                    ));
                }
            }
            self.check_told(at, way, told)?;
        }
        Ok(became(done.as_ref()))
    }

    /// The model follows; the ids of what is new are the service's.
    fn follow_repair(&mut self, at: usize, way: usize, shown: &Shown) -> Told<()> {
        let repair = self.model.repairs[at].clone();
        let applied = shown.repair.applied.map(|applied| applied.option.to_string());
        if applied.as_ref() != Some(&repair.ways[way].id) {
            return Err(format!("{applied:?} is said to be applied"));
        }
        let mut ids = BTreeMap::new();
        let own = self.model.runs.len();
        if repair.ways[way].changes.iter().any(|change| change.to.is_some()) {
            self.keep_new_run(repair.round)?;
            ids = self.proposed_by(&self.model.runs[own].id);
        }
        self.model.mended(at, way, own, &ids);
        Ok(())
    }

    fn concerns(&self, at: usize, way: usize, application: &str) -> bool {
        let mut changes = self.model.repairs[at].ways[way].changes.iter();
        changes.any(|change| self.model.applications[change.application].id == application)
    }

    /// Nobody hears who is not concerned, and nobody twice.
    fn check_told(&self, at: usize, way: usize, mut told: Vec<(String, String, String)>) -> Told<()> {
        let concerned = |id: &str| self.concerns(at, way, id);
        let count = told.len();
        let shown: i64 = self.model.repairs[at].ways[way].mails.values().sum();
        if let Some(other) = told.iter().find(|(application, ..)| !concerned(application)) {
            return Err(format!("{other:?} hears of a repair that is none of their concern"));
        }
        told.sort();
        told.dedup();
        if told.len() != count || i64::try_from(count).ok() != Some(shown) {
            return Err(format!("{count} mails of {shown} that were shown, to {} of {told:?}", told.len()));
        }
        Ok(())
    }
}
