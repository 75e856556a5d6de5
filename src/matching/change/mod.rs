//! The least single change that would have placed somebody.
//!
//! Problem: of the changes in the order of docs/files.md, find the first after which a best schedule of the changed round
//! places the person by it, with no fewer placed than before. Only for a schedule that is proven optimal.
//! Method: weak duality first: what a changed triple gains at the prices of the certificate, or what one more place is
//! worth at most, rules out most changes at once. What is left is solved again from the same prices. Values count
//! double and the person's place one more, so that of equal schedules one that places the person is found; where it
//! places fewer, once more with every place counting a little. Longer ways only gain, so that the least is found by
//! going down from what a found schedule needs.
//! Effort: as much work as the run has done; people in the order of their numbers, which is that of a hash, so that
//! where it does not suffice, those looked at are a sample. What is found does not depend on threads.

mod again;
mod fewer;
mod room;
mod trips;
mod wide;

use std::cmp::Reverse;
use std::collections::HashMap;

use super::certificate::Certificate;
use super::dual::{Dual, Start};
use super::health::Scarce;
use super::num::{Ix, int};
use super::primal::Plan;
use super::problem::{Key, Problem};
use super::share::on_threads;
use super::watch::Watch;
use crate::files::Round;
use crate::files::schedule::{Change, ChangeTo, Unplaced};
use again::{Again, Question, solve_again};
use fewer::Fewer;
use room::{Room, Rooms};
use trips::{Far, Trips};
use wide::{More, Triple, Weights, Wide, thousandths};

/// Why no change is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// No single change places the person.
    NoneSingle,
    /// What was looked for could not be decided within the work.
    NotProven,
}

impl Silence {
    /// The word in `change_reason`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Silence::NoneSingle => "none_single",
            Silence::NotProven => "not_proven",
        }
    }
}

/// A change, or why there is none, by person.
pub(super) type Changes = HashMap<String, Result<Change, Silence>>;

/// People looked at between two looks at the work that is left.
const AT_ONCE: usize = 8;
/// Work that is always granted: small rounds are solved in less.
const LEAST_WORK: i64 = 200_000;
/// People of a round at most: a question that looks at all triples costs much, and nothing larger was measured.
const MOST_PEOPLE: usize = 6_000;
/// How many times more work a person may take than an even share.
const SHARES: i64 = 8;

/// What is known of the round as it is.
pub(super) struct Solved<'a> {
    pub(super) round: &'a Round,
    pub(super) key: &'a Key<'a>,
    pub(super) problem: &'a Problem,
    pub(super) plan: &'a Plan,
    pub(super) dual: &'a Dual,
    pub(super) certificate: &'a Certificate,
}

/// Looks for the change of everybody without a place. People it never came to are not in the answer.
pub(super) fn look(solved: &Solved<'_>, seed: i64, watch: &mut Watch<'_>) -> Changes {
    let mut is_placed = vec![false; solved.problem.home.len()];
    for (pair, _) in &solved.plan.placed {
        is_placed[solved.problem.pairs[pair.at()].person.at()] = true;
    }
    let left: Vec<usize> = (0..is_placed.len()).filter(|p| !is_placed[*p]).collect();
    let mut changes = Changes::new();
    if left.is_empty() || is_placed.len() > MOST_PEOPLE {
        return changes;
    }
    let Some(wide) = Wide::new(solved.round, solved.key, solved.problem, seed, solved.certificate) else {
        return changes;
    };
    let mut work = watch.work.max(LEAST_WORK);
    let placed = (int(solved.plan.placed.len()), solved.plan.value);
    let mut own = watch.limited_part(work / 2);
    let fewer = Fewer::new(&wide, solved.round.placement_weight(), solved.dual, placed, &mut own);
    work -= own.work;
    let rooms = Rooms::new(solved.problem, solved.plan, solved.dual);
    let search = Search { solved, wide, fewer, rooms, is_placed };
    let mut people = int(left.len());
    for some in left.chunks(AT_ONCE) {
        let most = (work / people.max(1) * SHARES).min(work / int(some.len()));
        if most <= search.wide.cost() {
            break;
        }
        let found = {
            let watch = &*watch;
            on_threads(some.to_vec(), watch.threads(), |person| {
                let mut own = watch.limited_part(most);
                (person, search.first(person, &mut own), own.work)
            })
        };
        if watch.is_stopped() {
            // What was found in a hurry is worth nothing.
            break;
        }
        for (person, found, spent) in found {
            work -= spent;
            changes.insert(solved.key.people[person].id.clone(), found);
        }
        people -= int(some.len());
    }
    changes
}

/// Writes down what was found of each person; of all others, nothing was looked for.
pub(super) fn tell(mut changes: Changes, unplaced: &mut [Unplaced]) {
    for left in unplaced {
        if let Some(found) = changes.remove(&left.staff) {
            left.change_reason = found.as_ref().err().map(|silence| silence.as_str().to_owned());
            left.change = found.ok();
        }
    }
}

/// Finds changes in a solved round.
struct Search<'a> {
    solved: &'a Solved<'a>,
    wide: Wide,
    fewer: Option<Fewer>,
    rooms: Rooms<'a>,
    is_placed: Vec<bool>,
}

/// Whether a change places the person.
enum Verdict {
    No,
    /// Where the person goes, how many others then have none any more, and what the others are worth.
    Yes {
        triple: Triple,
        displaces: i64,
        rest: i64,
    },
    /// The best schedules that place the person place fewer.
    Fewer,
    Open,
}

impl Search<'_> {
    /// A person's first change.
    fn first(&self, person: usize, watch: &mut Watch<'_>) -> Result<Change, Silence> {
        let trips = Trips::new(self.solved.key, person);
        if let Some(change) = self.farther(person, &trips, watch)? {
            return Ok(change);
        }
        for (date, own) in trips.other_dates(self.solved.key) {
            if let Some(change) = self.try_own(person, &own, "dates", &date.to_string(), watch)? {
                return Ok(change);
            }
        }
        for (date, own) in trips.longer_assurances(self.solved.key) {
            if let Some(change) = self.try_own(person, &own, "assured_until", &date.to_string(), watch)? {
                return Ok(change);
            }
        }
        for (host, own) in trips.withdrawals(self.solved.key) {
            if let Some(change) = self.try_own(person, &own, "avoid", &host, watch)? {
                return Ok(change);
            }
        }
        for more in self.mores(person) {
            if let Some(change) = self.try_more(person, more, watch)? {
                return Ok(change);
            }
        }
        Err(Silence::NoneSingle)
    }

    /// The least that the person would have to go farther.
    fn farther(
        &self,
        person: usize,
        trips: &Trips<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Change>, Silence> {
        let far = trips.farther(self.solved.key);
        let may = |metres: i64| self.may(person, &far.within(metres));
        if !may(Far::MOST) {
            return Ok(None);
        }
        // Invariant: within `low` nobody goes, by the bound.
        let (mut low, mut least) = (far.now, Far::MOST);
        while least - low > 1 {
            let middle = low + (least - low) / 2;
            if may(middle) { least = middle } else { low = middle }
        }
        // The least metres known to do, and what was found there, unless only what was found farther on does there too.
        let mut best: Option<(i64, Option<(Triple, i64)>)> = None;
        let mut next = least;
        loop {
            match self.solve_own(person, &far.within(next), watch) {
                // More metres or less might still help where the best schedule within these places fewer.
                Verdict::Open | Verdict::Fewer => return Err(Silence::NotProven),
                Verdict::No if best.is_none() && next < Far::MOST => next = Far::MOST,
                Verdict::No => break,
                Verdict::Yes { triple, displaces, rest } => {
                    // The same schedule needs no more than this.
                    let needs = far.least(&triple, self.solved.plan.value - rest).clamp(least, next);
                    best = Some((needs, (needs == next).then_some((triple, displaces))));
                    next = needs - 1;
                    if next < least {
                        break;
                    }
                }
            }
        }
        let Some((metres, found)) = best else { return Ok(None) };
        let found = found.or_else(|| match self.solve_own(person, &far.within(metres), watch) {
            Verdict::Yes { triple, displaces, .. } => Some((triple, displaces)),
            Verdict::No | Verdict::Fewer | Verdict::Open => None,
        });
        let (triple, displaces) = found.ok_or(Silence::NotProven)?;
        let to = ChangeTo::Number(Far::kilometres(metres));
        Ok(Some(self.change("max_km", to, &triple, displaces)))
    }

    /// Tries a change that opens some triples of the person.
    fn try_own(
        &self,
        person: usize,
        own: &[Triple],
        field: &str,
        to: &str,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Change>, Silence> {
        match self.solve_own(person, own, watch) {
            Verdict::No | Verdict::Fewer => Ok(None),
            Verdict::Open => Err(Silence::NotProven),
            Verdict::Yes { triple, displaces, .. } => {
                Ok(Some(self.change(field, ChangeTo::Text(to.to_owned()), &triple, displaces)))
            }
        }
    }

    /// Tries one more place or release.
    fn try_more(&self, person: usize, more: More, watch: &mut Watch<'_>) -> Result<Option<Change>, Silence> {
        let own = self.wide.triples(person, Some(more));
        // It has to make the best schedule better.
        let value = self.solved.plan.value + 1;
        match self.solve(person, &own, Some(more), value, watch) {
            Verdict::No | Verdict::Fewer => Ok(None),
            Verdict::Open => Err(Silence::NotProven),
            Verdict::Yes { displaces, .. } => {
                let field = match more.scarce {
                    Scarce::Place => "hosting",
                    Scarce::Release => "release",
                };
                let (host, date) = (more.day / self.wide.dates(), more.day % self.wide.dates());
                let to = ChangeTo::Number(super::num::float(self.wide.count(more)));
                Ok(Some(self.change(field, to, &Triple { host, date, value: 0 }, displaces)))
            }
        }
    }

    fn change(&self, field: &str, to: ChangeTo, at: &Triple, displaces: i64) -> Change {
        let key = self.solved.key;
        Change {
            field: field.to_owned(),
            to,
            host: Some(key.libraries[at.host].id.clone()),
            date: Some(key.dates[at.date]),
            displaces,
        }
    }

    /// Whether the bound leaves a schedule as good as the best in which the person goes by one of some triples.
    fn may(&self, person: usize, own: &[Triple]) -> bool {
        own.iter().any(|triple| self.may_go(person, triple))
    }

    fn may_go(&self, person: usize, triple: &Triple) -> bool {
        let prices = self.solved.certificate;
        let without = prices.total - prices.staff(person);
        self.wide.has_room(person, triple)
            && without.saturating_add(self.gain(person, triple)) >= thousandths(self.solved.plan.value)
    }

    /// What a triple gains at the prices of everything but the person.
    fn gain(&self, person: usize, triple: &Triple) -> i64 {
        thousandths(triple.value) + self.toll(self.wide.home(person), triple)
    }

    fn toll(&self, home: Ix, triple: &Triple) -> i64 {
        self.solved.certificate.toll(self.solved.problem, home, Ix::new(triple.host), Ix::new(triple.date))
    }

    /// The library-days at which one more place or release may help a person, by date, then library.
    fn mores(&self, person: usize) -> Vec<More> {
        let (prices, home, dates) = (self.solved.certificate, self.wide.home(person), self.wide.dates());
        let mut mores: Vec<More> = Vec::new();
        let mut places: Vec<usize> = Vec::new();
        let mut leaves = vec![false; dates];
        for (host, date) in self.wide.all(person) {
            let (into, out) = (host * dates + date, home.at() * dates + date);
            if self.wide.has(Scarce::Release, out) {
                places.push(into);
            }
            if self.wide.has(Scarce::Place, into) {
                leaves[date] = true;
            }
        }
        mores.extend(places.into_iter().map(|day| More { scarce: Scarce::Place, day }));
        let releases = (0..dates).filter(|date| leaves[*date]).map(|date| home.at() * dates + date);
        mores.extend(releases.map(|day| More { scarce: Scarce::Release, day }));
        let wanted = thousandths(self.solved.plan.value + 1);
        mores.retain(|more| {
            let gain =
                |triple: &Triple| thousandths(triple.value) + self.toll(home, triple) - prices.staff(person);
            let own = self.wide.triples(person, Some(*more));
            let most = own.iter().map(gain).max();
            most.is_some_and(|most| {
                prices.total.saturating_add(self.wide.worth(*more)).saturating_add(most.min(0)) >= wanted
            })
        });
        let key = self.solved.key;
        mores.sort_by_key(|more| (more.day % dates, &key.libraries[more.day / dates].id, more.scarce));
        mores
    }

    /// Solves the round with some changed triples of the person's in place of all.
    fn solve_own(&self, person: usize, own: &[Triple], watch: &mut Watch<'_>) -> Verdict {
        // Nothing that is worth as much as the best goes by the others.
        let open: Vec<Triple> = own.iter().filter(|of| self.may_go(person, of)).copied().collect();
        if open.is_empty() {
            return Verdict::No;
        }
        let value = self.solved.plan.value;
        if self.are_fewer_worse(value, person, &open) {
            // Any schedule that is worth as much will do: mostly there is one near by.
            let mut best_first = open.clone();
            best_first.sort_by_key(|of| (Reverse(self.gain(person, of)), of.host, of.date));
            if let Some(Room { triple, displaces, rest }) = self.rooms.make(person, &best_first, watch) {
                return Verdict::Yes { triple, displaces, rest };
            }
        }
        self.solve(person, &open, None, value, watch)
    }

    /// Whether no schedule of a changed round that is worth so much places fewer than before.
    fn are_fewer_worse(&self, value: i64, person: usize, own: &[Triple]) -> bool {
        let home = self.wide.home(person);
        self.fewer.as_ref().is_some_and(|fewer| fewer.are_worse(value, home, person, own))
    }

    /// Whether a best schedule of a changed round is worth so much, places the person, and no fewer than before.
    fn solve(
        &self,
        person: usize,
        own: &[Triple],
        more: Option<More>,
        value: i64,
        watch: &mut Watch<'_>,
    ) -> Verdict {
        let before = int(self.solved.plan.placed.len());
        let people = int(self.is_placed.len());
        // Of equal schedules one that places the person; if need be, of those one that places the most.
        for each in [0, 1] {
            let own_weight = if each == 0 { 1 } else { people + 1 };
            let weights = Weights { point: 2 * own_weight, own: own_weight, each };
            watch.spend(self.wide.cost());
            let Some(problem) = self.wide.changed(person, own, more, weights) else { return Verdict::Open };
            let Some(target) = value.checked_mul(weights.point) else { return Verdict::Open };
            // Without the person nothing changed by the person's own triples is better than before.
            let target = if more.is_none() { target + weights.own } else { target };
            let is_any = more.is_none() && self.are_fewer_worse(value, person, own);
            let question = Question { person, before: &self.before(&problem), target, any: is_any };
            let start = self.start(weights.point, problem.scale);
            let (plan, is_best) = match solve_again(&problem, &start, &question, watch) {
                Again::No => return Verdict::No,
                Again::Open => return Verdict::Open,
                Again::Best(plan) => (plan, true),
                Again::Reached(plan) => (plan, false),
            };
            let mut place = None;
            let mut others = 0;
            for (pair, date) in &plan.placed {
                let of = &problem.pairs[pair.at()];
                if of.person.at() == person {
                    place = Some((of.host.at(), date.at()));
                } else if self.is_placed[of.person.at()] {
                    others += 1;
                }
            }
            let Some((host, date)) = place else { return Verdict::No };
            if is_best && int(plan.placed.len()) < before {
                continue;
            }
            let triple = own.iter().find(|triple| (triple.host, triple.date) == (host, date));
            let Some(triple) = triple.copied() else { return Verdict::Open };
            let whole = plan.value.div_euclid(weights.point);
            return Verdict::Yes { triple, displaces: before - others, rest: whole - triple.value };
        }
        Verdict::Fewer
    }

    /// The schedule of the round as it is, in the numbers of a changed one.
    fn before(&self, problem: &Problem) -> Plan {
        let as_is = self.solved.problem;
        let pair_of = |(pair, date): &(Ix, Ix)| {
            let of = &as_is.pairs[pair.at()];
            let mut own = problem.of(of.person.at());
            own.find(|n| problem.pairs[*n].host == of.host).map(|n| (Ix::new(n), *date))
        };
        Plan::new(problem, self.solved.plan.placed.iter().filter_map(pair_of).collect())
    }

    /// The prices of the round as it is, for a problem in which everything counts so many times as much.
    fn start(&self, times: i64, scale: i64) -> Start {
        let price = |price: &i64| {
            let new = i128::from(*price) * i128::from(times) * i128::from(scale)
                / i128::from(self.solved.problem.scale);
            i64::try_from(new).unwrap_or(i64::MAX)
        };
        let dual = self.solved.dual;
        Start { staff: dual.staff.iter().map(price).collect(), limit: dual.limit.iter().map(price).collect() }
    }
}
