//! Prices on people and on the limits of hosts: the Lagrangian dual, evaluated exactly, date by date.
//!
//! Problem: people (at most one placement) and limits of hosts tie the dates together. At given prices for both, each
//! date is a circulation of its own, and its potentials price places, release and balance; together they are a dual
//! solution of the whole relaxation, whose total bounds every schedule.
//! Method: proximal bundle over cycles ([`super::master`]); every candidate is rounded to whole parts of a point and
//! evaluated by exact circulations ([`super::day`]), so that each bound is an integer without error.
//! Complexity: an iteration costs one bounded Dijkstra for each changed price and date; 20 to 60 iterations.
//! Literature: Geoffrion (1974) for Lagrangian relaxation; Lemaréchal, Nemirovskii and Nesterov (1995).

use super::coupling::{single_dates, tied_limits, widest};
use super::day::{Day, Role};
use super::dual::Dual;
use super::master::Master;
use super::num::{Ix, float, nearest};
use super::problem::{Problem, Scope};

/// Triples used (1) or given up (−1), sorted.
pub(super) type Cycle = Vec<(Ix, i64)>;

/// Prices to start with.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) staff: Vec<i64>,
    pub(super) limit: Vec<i64>,
}

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
    /// How far prices may go while the model does not settle: what scores differ by, not what a placement is worth.
    calm_reach: f64,
    /// People who could go on one date only: their price is no coupling and falls out of the date's circulation.
    single: Vec<bool>,
    /// Hosts whose limit ties dates together.
    limited: Vec<bool>,
    /// Dates closed to a person, `person * dates + date`.
    closed: Vec<bool>,
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
const SWEEPS: (usize, usize) = (48, 100);

impl<'a> Pricing<'a> {
    /// Prices a problem, starting from given prices. None if locks or branches ask a date for more than it can do.
    pub(super) fn new(
        problem: &'a Problem,
        scope: &Scope,
        start: &Start,
        cycles: &[Cycle],
        threads: usize,
    ) -> Option<Self> {
        let mut of_date: Vec<Vec<usize>> = vec![Vec::new(); problem.dates];
        for (t, triple) in problem.triples.iter().enumerate() {
            if scope.allows(t) {
                of_date[triple.date.at()].push(t);
            }
        }
        let single = single_dates(problem, scope);
        let limited = tied_limits(problem, scope, &of_date);
        let mut days = Vec::with_capacity(problem.dates);
        for (date, triples) in of_date.iter().enumerate() {
            days.push(Day::new(problem, scope, Ix::new(date), triples)?);
        }
        let people = problem.home.len();
        let resources = people + problem.libraries + 6 * problem.hosting.len() + people * problem.dates;
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
            calm_reach: 0.0,
            single,
            limited,
            closed: vec![false; people * problem.dates],
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
        let highest = problem.triples.iter().map(|triple| triple.value).max().unwrap_or(0) * problem.scale;
        pricing.reach = float(highest) / 20.0 + 1.0;
        pricing.most_reach = float(highest) / 2.0 + 1.0;
        pricing.calm_reach = (12.0 * float(widest(problem) * problem.scale)).min(pricing.most_reach);
        for cycle in cycles {
            pricing.add_cycle(cycle.clone(), scope);
        }
        pricing.best = pricing.evaluate(&start.staff, &start.limit, scope);
        pricing.recentre();
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
            for (e, role) in day.roles.iter().enumerate() {
                let (edge, base) = (day.network.edge(e), day.base[e]);
                let kind = match role {
                    Role::Host(host) => {
                        capacity[people + host.at()] -= float(base);
                        (*host, 0)
                    }
                    Role::Home(home) => (*home, 2),
                    Role::Hub(library) => (*library, 4),
                    Role::Person(person) => {
                        capacity[person.at()] -= float(base);
                        if base > 0 {
                            capacity[self.given_up(*person, day.date)] = 1.0;
                        }
                        continue;
                    }
                    Role::Triple(t) => {
                        self.base_value +=
                            float(base * self.problem.triples[t.at()].value * self.problem.scale);
                        continue;
                    }
                };
                let (library, kind) = kind;
                if edge.high < super::flow::UNLIMITED {
                    capacity[self.place(library, day.date, kind)] = float(edge.high - base);
                    capacity[self.place(library, day.date, kind + 1)] = float(base - edge.low);
                }
            }
        }
    }

    /// Adds a cycle to the model if its triples are open.
    fn add_cycle(&mut self, cycle: Cycle, scope: &Scope) {
        let problem = self.problem;
        let open = |t: Ix| {
            let triple = &problem.triples[t.at()];
            scope.allows(t.at()) && !self.closed[triple.person.at() * problem.dates + triple.date.at()]
        };
        if cycle.iter().any(|(t, unit)| *unit > 0 && !open(*t)) {
            return;
        }
        let mut value = 0;
        let mut use_of: Vec<(usize, i64)> = Vec::with_capacity(6 * cycle.len());
        for &(t, unit) in &cycle {
            let triple = &problem.triples[t.at()];
            let home = problem.home_of(triple);
            value += unit * triple.value * problem.scale;
            use_of.push((triple.person.at(), unit));
            use_of.push((problem.home.len() + triple.host.at(), unit));
            use_of.push((self.place(triple.host, triple.date, 0), unit));
            use_of.push((self.place(home, triple.date, 2), unit));
            use_of.push((self.place(triple.host, triple.date, 4), unit));
            use_of.push((self.place(home, triple.date, 4), -unit));
        }
        use_of.sort_unstable();
        let first_day = problem.home.len() + problem.libraries;
        let date = cycle.first().map_or(Ix::default(), |(t, _)| problem.triples[t.at()].date);
        let mut entries = Vec::with_capacity(use_of.len());
        for group in use_of.chunk_by(|a, b| a.0 == b.0) {
            let (resource, unit) = (group[0].0, group.iter().map(|(_, unit)| unit).sum::<i64>());
            if unit == 0 {
                continue;
            }
            if resource < first_day {
                entries.push((Ix::new(resource), float(unit)));
                if resource < problem.home.len() && unit < 0 {
                    entries.push((Ix::new(self.given_up(Ix::new(resource), date)), float(-unit)));
                }
            } else {
                let against = usize::from(unit < 0);
                entries.push((Ix::new(resource + against), float(unit.abs())));
            }
        }
        self.master.add(cycle, float(value), entries);
    }

    fn is_closed(&self, person: Ix, date: Ix) -> bool {
        self.closed[person.at() * self.problem.dates + date.at()]
    }

    /// The best circulations at given prices, the cycles they consist of, and the dual solution they give.
    fn evaluate(&mut self, staff: &[i64], limit: &[i64], scope: &Scope) -> Dual {
        let staff: Vec<i64> =
            staff.iter().zip(&self.single).map(|(price, single)| if *single { 0 } else { *price }).collect();
        let limit: Vec<i64> =
            limit.iter().zip(&self.limited).map(|(price, tied)| if *tied { *price } else { 0 }).collect();
        self.solve_days(&staff, &limit);
        self.at = Start { staff: staff.clone(), limit: limit.clone() };
        for d in 0..self.days.len() {
            for cycle in self.days[d].cycles() {
                self.add_cycle(cycle, scope);
            }
        }
        self.read_dual(&staff, limit)
    }

    fn solve_days(&mut self, staff: &[i64], limit: &[i64]) {
        let (dates, closed, forbidding) = (self.problem.dates, &self.closed, self.forbidding);
        let solve = |day: &mut Day| {
            let date = day.date.at();
            let price = |person: Ix| {
                if closed[person.at() * dates + date] { forbidding } else { staff[person.at()] }
            };
            day.solve(price, limit)
        };
        // Threads pay for themselves only where a date is large; what they find does not depend on them.
        let size: i64 = self.days.iter().map(Day::size).sum();
        let share =
            if size < 20_000 { self.days.len() } else { self.days.len().div_ceil(self.threads.max(1)) };
        let work: i64 = std::thread::scope(|scope| {
            let mut parts = self.days.chunks_mut(share.max(1));
            let own = parts.next();
            let others: Vec<_> =
                parts.map(|part| scope.spawn(|| part.iter_mut().map(solve).sum::<i64>())).collect();
            let own: i64 = own.map_or(0, |part| part.iter_mut().map(solve).sum());
            own + others.into_iter().map(|part| part.join().unwrap_or(0)).sum::<i64>()
        });
        self.work += work;
    }

    fn read_dual(&self, staff: &[i64], limit: Vec<i64>) -> Dual {
        let days = self.problem.hosting.len();
        let mut dual = Dual {
            staff: staff.to_vec(),
            limit,
            hosting: vec![0; days],
            release: vec![0; days],
            balance: vec![0; days],
            total: 0,
        };
        let mut hosts = Vec::new();
        for day in &self.days {
            let network = &day.network;
            for (e, role) in day.roles[..day.priced].iter().enumerate() {
                let reduced = network.reduced(e);
                let edge = network.edge(e);
                let worth = if reduced == 0 { 0 } else { (-reduced * edge.low).max(-reduced * edge.high) };
                match role {
                    Role::Host(host) => {
                        let at = self.problem.day(*host, day.date);
                        dual.hosting[at] = (-reduced).max(0);
                        if edge.low > 0 || dual.hosting[at] == 0 {
                            dual.total += worth;
                        } else {
                            hosts.push((*host, at, edge.high));
                        }
                    }
                    Role::Home(home) => {
                        dual.release[self.problem.day(*home, day.date)] = (-reduced).max(0);
                        dual.total += worth;
                    }
                    Role::Hub(_) => dual.total += worth,
                    // A person's price is lifted to the most that any date would pay: the dearest date counts once.
                    Role::Person(person) if !self.is_closed(*person, day.date) => {
                        let p = person.at();
                        dual.staff[p] = dual.staff[p].max(staff[p] - reduced);
                    }
                    Role::Person(_) | Role::Triple(_) => {}
                }
            }
            for &(library, node) in &day.middles {
                dual.balance[self.problem.day(library, day.date)] =
                    network.potential(node) - network.potential(0);
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
            self.master.centre[p] = float(*price);
        }
        for (h, price) in self.best.limit.iter().enumerate() {
            self.master.centre[people + h] = float(*price);
        }
        for day in &self.days {
            for (e, role) in day.roles[..day.priced].iter().enumerate() {
                let reduced = day.network.reduced(e);
                let (library, kind) = match role {
                    Role::Host(host) => (*host, 0),
                    Role::Home(home) => (*home, 2),
                    Role::Hub(library) => (*library, 4),
                    Role::Person(person) => {
                        if day.base[e] > 0 {
                            let price = day.network.edge(e).cost;
                            let lifted = reduced + self.best.staff[person.at()] - price;
                            let at = self.given_up(*person, day.date);
                            self.master.centre[at] = float(lifted.max(0));
                        }
                        continue;
                    }
                    Role::Triple(_) => continue,
                };
                let at = self.place(library, day.date, kind);
                let lifted = kind == 0 && self.limited[library.at()];
                let price =
                    if lifted { self.best.hosting[self.problem.day(library, day.date)] } else { -reduced };
                self.master.centre[at] = float(price.max(0));
                self.master.centre[at + 1] = float(reduced.max(0));
            }
        }
    }

    /// One step of the bundle.
    pub(super) fn step(&mut self, scope: &Scope) {
        // As exact as a fifth of a point in all, or as a part of what is still to be had.
        let all = super::num::count(self.problem.home.len().max(1));
        let wanted = if self.expected.is_finite() { self.expected.max(0.0) / 20.0 } else { 0.0 };
        let exact = wanted.max(float(self.problem.scale) / 5.0) / all;
        let solved = self.master.solve(self.reach, exact, self.sweeps);
        self.work += solved.work;
        self.settled = solved.settled;
        self.expected = float(self.best.total) - self.base_value - solved.total;
        let people = self.problem.home.len();
        let price = |i: usize| nearest(self.master.price[i]).max(0);
        let staff: Vec<i64> = (0..people).map(price).collect();
        let limit: Vec<i64> = (people..people + self.problem.libraries).map(price).collect();
        let dual = self.evaluate(&staff, &limit, scope);
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
        let is_good = lower > 0.3 * self.expected;
        if !self.settled && self.expected < float(self.problem.scale) {
            self.sweeps = (self.sweeps * 2).min(SWEEPS.1);
        } else if !self.settled || lower < 0.2 * self.expected {
            self.sweeps = (self.sweeps * 5 / 4).min(SWEEPS.1);
        }
        if self.goes_far && self.settled && self.expected < float(self.problem.scale) / 20.0 {
            // Flat at this reach; a long way off there may still be something.
            self.reach = (self.reach * 8.0).min(self.most_reach * FAR);
        } else if is_good {
            let most = if self.settled { self.most_reach } else { self.calm_reach };
            self.reach = (self.reach * 2.0).min(most.max(self.reach));
        } else if !self.settled {
            // The farther prices may go, the longer the model takes to settle.
            self.reach = (self.reach / 2.0).max(self.most_reach / 1000.0);
        } else if lower < -self.expected {
            self.reach = (self.reach * 0.7).max(self.most_reach / 1000.0);
        }
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

    /// How much of each triple the average schedule uses.
    pub(super) fn average(&self) -> Vec<f64> {
        let mut average = vec![0.0; self.problem.triples.len()];
        for day in &self.days {
            for (e, role) in day.roles.iter().enumerate().skip(day.priced) {
                if let (Role::Triple(t), true) = (role, day.base[e] != 0) {
                    average[t.at()] += float(day.base[e]);
                }
            }
        }
        for column in self.master.columns() {
            for &(t, unit) in &column.triples {
                average[t.at()] += float(unit) * column.weight;
            }
        }
        average
    }

    /// The cycles of the model, for a branch to start with.
    pub(super) fn cycles(&self) -> Vec<Cycle> {
        self.master.columns().iter().filter(|c| c.weight > 0.0).map(|c| c.triples.clone()).collect()
    }

    /// Closes dates to a person.
    pub(super) fn close(&mut self, person: usize, dates: impl Iterator<Item = usize>) {
        for date in dates {
            self.closed[person * self.problem.dates + date] = true;
        }
    }

    /// Lets prices move freely again, after something was closed.
    pub(super) fn stir(&mut self) {
        self.reach = self.reach.max(self.calm_reach / 4.0);
        self.expected = f64::INFINITY;
        self.settled = false;
    }

    /// After dates were closed: drops the cycles that use them and evaluates the present prices anew.
    pub(super) fn refresh(&mut self, scope: &Scope) {
        let (problem, closed) = (self.problem, &self.closed);
        let is_open = |t: Ix| {
            let triple = &problem.triples[t.at()];
            !closed[triple.person.at() * problem.dates + triple.date.at()]
        };
        self.master.retain(|column| column.triples.iter().all(|(t, unit)| *unit < 0 || is_open(*t)));
        let (staff, limit) = (self.best.staff.clone(), self.best.limit.clone());
        self.best = self.evaluate(&staff, &limit, scope);
        self.recentre();
    }

    /// The triples that the present circulations use.
    pub(super) fn used(&self) -> Vec<usize> {
        self.days.iter().flat_map(Day::used).collect()
    }
}
