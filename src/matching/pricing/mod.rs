//! Prices on people and on the limits of hosts: the Lagrangian dual, evaluated exactly, date by date.
//!
//! Problem: people (at most one placement) and limits of hosts tie the dates together. At given prices for both, each
//! date is a circulation of its own, and its potentials price places, release and balance; together they are a dual
//! solution of the whole relaxation, whose total bounds every schedule.
//! Method: proximal bundle over cycles ([`super::master`]); every candidate is rounded to whole parts of a point and
//! evaluated by exact circulations ([`super::day`]), so that each bound is an integer without error.
//! Complexity: an iteration costs one bounded Dijkstra for each changed price and date; 20 to 60 iterations.
//! Literature: Geoffrion (1974) for Lagrangian relaxation; Lemaréchal, Nemirovskii and Nesterov (1995).

use super::average::{Average, index_slots};
use super::coupling::{single_dates, tied_limits, widest};
use super::day::{ARRIVE, Day, LEAVE, Slot, TIE, UNLIMITED, for_each_day};
use super::dual::{Dual, Start};
use super::master::{Cycle, Entry, Master, name_of};
use super::num::{Ix, float, nearest};
use super::problem::{Problem, Scope};

mod closing;

/// The dual of a problem under a scope, in the course of its solution.
#[derive(Clone)]
pub(super) struct Pricing<'a> {
    pub(super) problem: &'a Problem,
    pub(super) days: Vec<Day>,
    master: Master,
    /// The best dual so far.
    pub(super) best: Dual,
    /// Value of the base flows.
    base_value: f64,
    /// Prices of the present circulations.
    pub(super) at: Start,
    /// How far a price goes for one unit of demand.
    reach: f64,
    most_reach: f64,
    /// What scores differ by, not what a placement is worth: the measure of how far prices go.
    pub(super) unit: f64,
    /// People who could go on one date only: their price is no coupling and falls out of the date's circulation.
    single: Vec<bool>,
    /// Hosts whose limit ties dates together.
    limited: Vec<bool>,
    /// Where each person is on each date: the date, and the slot in its day. By person.
    slots: Vec<(Ix, Ix)>,
    first_slot: Vec<usize>,
    /// Whether the base sends anybody.
    has_base: bool,
    forbidding: i64,
    threads: usize,
    /// Whether prices may go far where the model is flat: exact, but no guide for schedules.
    goes_far: bool,
    /// How exactly the model is solved.
    sweeps: usize,
    /// Whether the last step solved the model exactly enough for what it expected to be believed.
    settled: bool,
    /// How much lower the last step expected the bound, in parts of a point.
    pub(super) expected: f64,
    pub(super) work: i64,
}

/// How many times farther than usual prices may go where the model is flat.
const FAR: f64 = 512.0;
/// Sweeps of the model over its cycles in a step at most: at first, and when steps bring little.
const SWEEPS: (usize, usize) = (24, 32);

impl<'a> Pricing<'a> {
    /// Prices a problem, starting from given prices. None if locks or branches ask a date for more than it can do.
    pub(super) fn new(
        problem: &'a Problem,
        scope: &Scope,
        start: &Start,
        cycles: &[Cycle],
        threads: usize,
    ) -> Option<Self> {
        let mut days = Vec::with_capacity(problem.dates);
        for date in 0..problem.dates {
            days.push(Day::new(problem, scope, Ix::new(date))?);
        }
        let single = single_dates(problem, &days);
        let limited = tied_limits(problem, scope, &days);
        let has_base = days.iter().any(|day| day.slots.iter().any(|slot| slot.base.is_some()));
        let (slots, first_slot) = index_slots(problem, &days);
        let people = problem.home.len();
        let given_up = if has_base { people * problem.dates } else { 0 };
        let resources = people + problem.libraries + 6 * problem.hosting.len() + given_up;
        let mut capacity = vec![f64::INFINITY; resources];
        capacity[..people].fill(1.0);
        for (library, limit) in problem.limit.iter().enumerate() {
            if let (true, Some(limit)) = (limited[library], limit) {
                capacity[people + library] = float(*limit);
            }
        }
        let mut pricing = Self {
            problem,
            days,
            master: Master::new(Vec::new(), 0),
            best: Dual::trivial(problem),
            base_value: 0.0,
            at: start.clone(),
            reach: 0.0,
            most_reach: 0.0,
            unit: 0.0,
            single,
            limited,
            slots,
            first_slot,
            has_base,
            forbidding: problem.forbidding_price(),
            threads,
            goes_far: false,
            sweeps: SWEEPS.0,
            settled: false,
            expected: f64::INFINITY,
            work: 0,
        };
        pricing.take_capacities(&mut capacity);
        pricing.master = Master::new(capacity, people + problem.libraries);
        pricing.move_freely();
        pricing.unit = float((widest(problem) * problem.scale).max(1)).min(pricing.most_reach);
        pricing.reach = pricing.unit / 500.0;
        for cycle in cycles {
            let left =
                |(pair, unit): &(Ix, i8)| *unit < 0 || scope.is_open(problem, pair.at(), cycle.date.at());
            if cycle.moves.iter().all(left) {
                pricing.add_cycle(cycle.clone());
            }
        }
        if let Some(dual) = pricing.evaluate(&start.staff, &start.limit) {
            pricing.best = dual;
            pricing.recentre();
        }
        Some(pricing)
    }

    fn place(&self, library: Ix, date: Ix, kind: usize) -> usize {
        self.problem.home.len() + self.problem.libraries + 6 * self.problem.day(library, date) + kind
    }

    /// The resource that gives a person's flow of the base back.
    fn given_up(&self, person: Ix, date: Ix) -> usize {
        let before = self.problem.home.len() + self.problem.libraries + 6 * self.problem.hosting.len();
        before + person.at() * self.problem.dates + date.at()
    }

    /// What the base leaves of every capacity.
    fn take_capacities(&mut self, capacity: &mut [f64]) {
        let people = self.problem.home.len();
        for day in &self.days {
            for library in 0..self.problem.libraries {
                let edges = &day.edges[3 * library..3 * library + 3];
                capacity[people + library] -= float(edges[ARRIVE].base);
                for (kind, edge) in edges.iter().enumerate() {
                    // What cannot bind has no price.
                    let most = if kind == TIE { UNLIMITED } else { day.most(library, kind) };
                    let at = self.place(Ix::new(library), day.date, 2 * kind);
                    if edge.high < most {
                        capacity[at] = float(edge.high - edge.base);
                    }
                    if edge.low > if kind == TIE { -UNLIMITED } else { 0 } || edge.base > 0 {
                        capacity[at + 1] = float(edge.base - edge.low);
                    }
                }
            }
            for slot in &day.slots {
                if let Some(pair) = slot.base {
                    capacity[slot.person.at()] -= 1.0;
                    capacity[self.given_up(slot.person, day.date)] = 1.0;
                    self.base_value += float(self.problem.pairs[pair.at()].value * self.problem.scale);
                }
            }
        }
    }

    /// Adds a cycle to the model unless it is known.
    fn add_cycle(&mut self, cycle: Cycle) {
        let name = name_of(&cycle);
        if self.master.knows(name) {
            return;
        }
        let problem = self.problem;
        let date = cycle.date;
        let mut value = 0;
        let mut use_of: Vec<(usize, i64)> = Vec::with_capacity(6 * cycle.moves.len());
        for &(pair, unit) in cycle.moves.iter() {
            let (of, home, unit) = (&problem.pairs[pair.at()], problem.home_of(pair.at()), i64::from(unit));
            value += unit * of.value * problem.scale;
            use_of.push((of.person.at(), unit));
            use_of.push((problem.home.len() + of.host.at(), unit));
            use_of.push((self.place(of.host, date, 2 * ARRIVE), unit));
            use_of.push((self.place(home, date, 2 * LEAVE), unit));
            use_of.push((self.place(of.host, date, 2 * TIE), unit));
            use_of.push((self.place(home, date, 2 * TIE), -unit));
        }
        use_of.sort_unstable();
        let first_day = problem.home.len() + problem.libraries;
        let mut entries = Vec::with_capacity(use_of.len());
        let mut enter = |resource: usize, units: i64| {
            let units = i16::try_from(units).map_or(f32::INFINITY, f32::from);
            entries.push(Entry { resource: Ix::new(resource), units });
        };
        for group in use_of.chunk_by(|a, b| a.0 == b.0) {
            let (resource, unit) = (group[0].0, group.iter().map(|(_, unit)| unit).sum::<i64>());
            if unit == 0 {
                continue;
            }
            if resource < first_day {
                enter(resource, unit);
                if resource < problem.home.len() && unit < 0 {
                    enter(self.given_up(Ix::new(resource), date), -unit);
                }
            } else {
                enter(resource + usize::from(unit < 0), unit.abs());
            }
        }
        self.master.add(cycle, name, float(value), &entries);
    }

    /// The best circulations at given prices, the cycles they consist of, and the dual solution they give. None if the
    /// run is to end.
    fn evaluate(&mut self, staff: &[i64], limit: &[i64]) -> Option<Dual> {
        let staff: Vec<i64> =
            staff.iter().zip(&self.single).map(|(price, single)| if *single { 0 } else { *price }).collect();
        let limit: Vec<i64> =
            limit.iter().zip(&self.limited).map(|(price, tied)| if *tied { *price } else { 0 }).collect();
        let (problem, forbidding) = (self.problem, self.forbidding);
        let price = |slot: &Slot| if slot.closed { forbidding } else { staff[slot.person.at()] };
        let found = for_each_day(&mut self.days, self.threads, |day| {
            let work = day.solve(price, &limit);
            (work, day.cycles(problem))
        });
        if problem.halt.is_set() {
            return None;
        }
        self.at = Start { staff: staff.clone(), limit: limit.clone() };
        for (d, (work, cycles)) in found.into_iter().enumerate() {
            self.work += work;
            let date = self.days[d].date;
            for moves in cycles {
                self.add_cycle(Cycle { date, moves: moves.into() });
            }
        }
        // Whoever stays at home on a date gains nothing there, so that only dates on which a person goes count, if any.
        let mut goes = vec![false; staff.len()];
        for pair in self.days.iter().flat_map(Day::used) {
            goes[problem.pairs[pair.at()].person.at()] = true;
        }
        let counts = |slot: &Slot| !slot.closed && (slot.goes.is_some() || !goes[slot.person.at()]);
        let lifted = for_each_day(&mut self.days, self.threads, |day| day.lifted_prices(counts));
        Some(self.read_dual(&lifted, limit))
    }

    /// The dual solution of the present circulations, with what they leave of people's worth by day and slot.
    fn read_dual(&self, lifted: &[Vec<i64>], limit: Vec<i64>) -> Dual {
        let tables = self.problem.hosting.len();
        let mut dual = Dual {
            staff: vec![0; self.problem.home.len()],
            limit,
            hosting: vec![0; tables],
            release: vec![0; tables],
            balance: vec![0; tables],
            total: 0,
        };
        let mut hosts = Vec::new();
        for (day, lifted) in self.days.iter().zip(lifted) {
            for library in 0..self.problem.libraries {
                let at = self.problem.day(Ix::new(library), day.date);
                for kind in [ARRIVE, LEAVE, TIE] {
                    let reduced = day.reduced(3 * library + kind);
                    let edge = &day.edges[3 * library + kind];
                    if reduced == 0 {
                        continue;
                    }
                    let worth = (-reduced * edge.low).max(-reduced * edge.high);
                    match kind {
                        ARRIVE => {
                            dual.hosting[at] = (-reduced).max(0);
                            if edge.low > 0 || dual.hosting[at] == 0 {
                                dual.total += worth;
                            } else {
                                hosts.push((Ix::new(library), at, edge.high));
                            }
                        }
                        LEAVE => {
                            dual.release[at] = (-reduced).max(0);
                            dual.total += worth;
                        }
                        _ => dual.total += worth,
                    }
                }
                dual.balance[at] = day.level(library);
            }
            // A person's price is what the best date would pay: the dearest date counts once.
            for (slot, lifted) in day.slots.iter().zip(lifted) {
                let p = slot.person.at();
                dual.staff[p] = dual.staff[p].max(*lifted);
            }
        }
        self.lift_limits(&mut dual, &hosts);
        let limits =
            self.problem.limit.iter().zip(&dual.limit).map(|(most, price)| most.unwrap_or(0) * price);
        dual.total += dual.staff.iter().sum::<i64>() + limits.sum::<i64>();
        dual
    }

    /// Where a host's limit, not its places, was all that a date could have, the price belongs to the limit: the
    /// dearest such date counts once, and places elsewhere become cheaper by it. Adds the places' part to the total.
    fn lift_limits(&self, dual: &mut Dual, hosts: &[(Ix, usize, i64)]) {
        let mut lift = vec![0; self.problem.libraries];
        let limit_of = |host: &Ix| self.problem.limit[host.at()].unwrap_or(i64::MAX);
        for (host, day, _) in
            hosts.iter().filter(|(host, day, _)| limit_of(host) < self.problem.hosting[*day])
        {
            lift[host.at()] = dual.hosting[*day].max(lift[host.at()]);
        }
        for (host, day, places) in hosts {
            dual.hosting[*day] = (dual.hosting[*day] - lift[host.at()]).max(0);
            dual.total += dual.hosting[*day] * places;
        }
        for (price, lift) in dual.limit.iter_mut().zip(lift) {
            *price += lift;
        }
    }

    /// Takes the best dual, whose circulations are the present ones, as the centre of the next step.
    fn recentre(&mut self) {
        let people = self.problem.home.len();
        for (p, price) in self.best.staff.iter().enumerate() {
            self.master.set_centre(p, float(*price));
        }
        for (h, price) in self.best.limit.iter().enumerate() {
            self.master.set_centre(people + h, float(*price));
        }
        for d in 0..self.days.len() {
            for library in 0..self.problem.libraries {
                for kind in [ARRIVE, LEAVE, TIE] {
                    let (library, date) = (Ix::new(library), self.days[d].date);
                    let reduced = self.days[d].reduced(3 * library.at() + kind);
                    let at = self.place(library, date, 2 * kind);
                    let lifted = kind == ARRIVE && self.limited[library.at()];
                    let price =
                        if lifted { self.best.hosting[self.problem.day(library, date)] } else { -reduced };
                    self.master.set_centre(at, float(price.max(0)));
                    self.master.set_centre(at + 1, float(reduced.max(0)));
                }
            }
            if self.has_base {
                for slot in 0..self.days[d].slots.len() {
                    let day = &mut self.days[d];
                    if day.slots[slot].base.is_some() {
                        let person = day.slots[slot].person;
                        let lifted = self.best.staff[person.at()] - day.lifted(slot);
                        let at = self.given_up(person, self.days[d].date);
                        self.master.set_centre(at, float(lifted.max(0)));
                    }
                }
            }
        }
    }

    /// One step of the bundle.
    pub(super) fn step(&mut self) {
        // As exact as a part of what is still to be had.
        let wanted = if self.expected.is_finite() {
            self.expected.max(0.0) * 0.1
        } else {
            float(self.best.total) / 1e4
        };
        let exact = wanted.max(float(self.problem.scale) / 20.0);
        let solved = self.master.solve(self.reach, exact, self.sweeps);
        self.work += solved.work;
        self.settled = solved.settled;
        self.expected = float(self.best.total) - self.base_value - solved.total;
        let people = self.problem.home.len();
        let price = |i: usize| nearest(self.master.price(i)).max(0);
        let staff: Vec<i64> = (0..people).map(price).collect();
        let limit: Vec<i64> = (people..people + self.problem.libraries).map(price).collect();
        let Some(dual) = self.evaluate(&staff, &limit) else { return };
        let lower = float(self.best.total - dual.total);
        if lower > 0.0 {
            self.best = dual;
            self.recentre();
        }
        self.adapt(lower);
        self.master.retain(|_| true);
    }

    /// Effort and reach of the next step, after one that lowered the bound by `lower`.
    fn adapt(&mut self, lower: f64) {
        let is_good = lower > 0.1 * self.expected;
        if !self.settled && self.expected < float(self.problem.scale) {
            self.sweeps = (self.sweeps * 2).min(SWEEPS.1);
        } else if !self.settled || lower < 0.2 * self.expected {
            self.sweeps = (self.sweeps * 5 / 4).min(SWEEPS.1);
        }
        if self.goes_far && self.settled && self.expected < float(self.problem.scale) / 20.0 {
            // Flat at this reach; a long way off there may still be something.
            self.reach = (self.reach * 8.0).min(self.most_reach * FAR);
        } else if is_good || (self.expected < 1e-5 * float(self.best.total) && self.reach < self.unit) {
            let most = if self.settled { self.most_reach } else { (10.0 * self.unit).min(self.most_reach) };
            self.reach = (self.reach * 2.0).min(most.max(self.reach));
        } else if lower < -self.expected {
            self.reach = (self.reach * 0.9).max(self.unit / 100.0);
        }
    }

    /// Whether next to nothing is to be had, as a part of the bound.
    pub(super) fn is_nearly_priced(&self, part: f64) -> bool {
        self.expected < part * float(self.best.total) && self.reach >= self.unit.min(self.most_reach)
    }

    /// Whether no more than so many parts of a point are to be had.
    pub(super) fn is_priced(&self, parts: f64) -> bool {
        self.expected < parts && (self.settled || self.sweeps >= SWEEPS.1)
    }

    /// From now on, prices may go far where the model is flat.
    pub(super) fn go_far(&mut self) {
        self.goes_far = true;
    }

    /// Whether no more than so many parts of a point are to be had, however far prices go.
    pub(super) fn is_priced_far(&self, parts: f64) -> bool {
        self.is_priced(parts) && self.reach >= self.most_reach * FAR
    }

    /// How much of each person the average schedule sends on each date.
    pub(super) fn average(&self) -> Average {
        let problem = self.problem;
        let mut average = Average { first: self.first_slot.clone(), shares: Vec::new() };
        average.shares = self.slots.iter().map(|(date, _)| (*date, 0.0)).collect();
        for (n, (date, slot)) in self.slots.iter().enumerate() {
            if self.days[date.at()].slots[slot.at()].base.is_some() {
                average.shares[n].1 += 1.0;
            }
        }
        for (cycle, weight) in self.master.weighted() {
            for &(pair, unit) in cycle.moves.iter() {
                let person = problem.pairs[pair.at()].person.at();
                if let Some(n) = self.slot_of(person, cycle.date.at()) {
                    average.shares[n].1 += f64::from(unit) * weight;
                }
            }
        }
        average
    }

    /// The place in `slots` of a person on a date.
    fn slot_of(&self, person: usize, date: usize) -> Option<usize> {
        let range = self.first_slot[person]..self.first_slot[person + 1];
        let found = self.slots[range.clone()].binary_search_by_key(&date, |(date, _)| date.at());
        found.ok().map(|n| range.start + n)
    }

    /// The cycles of the model, for a branch to start with.
    pub(super) fn cycles(&self) -> Vec<Cycle> {
        self.master.weighted().map(|(cycle, _)| cycle.clone()).collect()
    }

    /// The pairs and dates that the present circulations use.
    pub(super) fn used(&self) -> Vec<(Ix, Ix)> {
        self.days.iter().flat_map(|day| day.used().map(|pair| (pair, day.date))).collect()
    }
}
