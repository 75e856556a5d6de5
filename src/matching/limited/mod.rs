//! Rounds with a limit of rings (`max_ring`): each date's placements fall into rings of at most k libraries.
//!
//! Problem: choose rings that share no person and exceed no capacity, of the greatest value.
//! Method: the relaxation over rings is priced by column generation: `auction` finds prices for the rings known
//! (`pool`), `streets` proves what they are worth for all rings and finds those that gain. Every ring that may be in
//! a better schedule is then listed, if there are not too many, and branch and bound (`branches`) over the list, in turn
//! with neighbourhoods (`neighbours`), closes the gap. Prices of the relaxation without limit are the certificate.
//! Complexity: a pricing looks at libraries × arcs × k of each date; some tens of them. The rest as long as it takes.
//! Literature: Abraham, Blum and Sandholm (2007) and Glorie, van de Klundert and Wagelmans (2014) for kidney exchange,
//! where rings are cycles of pairs.

mod auction;
mod branches;
mod cuts;
mod neighbours;
mod network;
mod pool;
mod streets;

use super::aggregate;
use super::dual::Dual;
use super::num::{Ix, float, int};
use super::pricing::Pricing;
use super::primal::Plan;
use super::problem::{Problem, Scope};
use super::search::{Found, Infeasible};
use super::share::on_threads;
use super::tree::bound_of;
use super::watch::Watch;
use auction::Auction;
use branches::{Branches, Cutting, by_share};
use neighbours::Neighbours;
use network::Network;
use pool::Pool;
use streets::{Look, Streets, Wanted};

/// Which placements make a ring together; none for those in an open chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rings {
    /// In the order of the problem's locks.
    pub(super) locks: Vec<Option<usize>>,
    /// In the order of the plan's placements.
    pub(super) placed: Vec<Option<usize>>,
}

/// Steps of the pricing without limit, and with, at most.
const STEPS: (usize, usize) = (200, 400);
/// Part of the bound still to be had at which rings are priced well enough for the first list.
const FIRST_GOAL: f64 = 5e-4;
/// Steps of the pricing between two lists.
const STEPS_IN_TURN: usize = 12;
/// Part of the bound still to be had at which prices are good enough to begin with.
const GOOD_ENOUGH: f64 = 5e-5;
/// Sweeps of a step over the rings known.
const SWEEPS: usize = 300;
/// Points that a price goes for one unit of demand too much, to begin with and at most.
const REACH: (f64, f64) = (60.0, 2000.0);
/// Parts of a point still to be had at which the rings are as good as priced.
const AS_GOOD_AS_PRICED: f64 = 0.05;
/// Rings from one library that a look brings at most.
const BROUGHT: usize = 4;
/// Steps of the pricing between two schedules read off it.
const STEPS_TO_ROUND: usize = 8;
/// Rings listed at most: at first, and ever.
const LISTED: (usize, usize) = (25_000, 3_200_000);
/// Points that a ring may lose at the prices to be in the first list.
const FIRST_LOSS: i64 = 64;
/// Nodes of the branch and bound before neighbourhoods are looked at.
const FIRST_NODES: usize = 6;
/// Trips from which on dates are shared out among threads.
const MANY_TRIPS: usize = 5000;

/// Solves a problem with a limit of rings as far as the watch lets it.
pub(super) fn search(
    problem: &Problem,
    most: usize,
    seed: i64,
    watch: &mut Watch<'_>,
) -> Result<(Found, Rings), Infeasible> {
    let dual = without_limit(problem, watch)?;
    watch.bound = watch.bound.min(bound_of(problem, dual.total));
    let network = Network::new(problem, most);
    let mut course = Course::new(problem, &network, &dual);
    course.adopt(Vec::new(), watch);
    course.price(STEPS.1, |total| FIRST_GOAL * float(total), watch);
    let mut listed = LISTED.0;
    // Where the best rings leave a lock out and that proves nothing, nothing more is to be found.
    while !watch.is_over() && !course.is_infeasible() && course.best < course.bound {
        let (rings, is_all) = course.list(listed, watch);
        course.close(rings, is_all, seed, watch);
        if !watch.is_over() && !course.is_priced {
            course.price(STEPS_IN_TURN, |_| 0.0, watch);
        }
        listed = (listed * 2).min(LISTED.1);
    }
    if course.is_infeasible() {
        return Err(Infeasible);
    }
    let plan = course.uses_all_locks(&course.plan).then(|| course.plan.clone());
    let (plan, rings) = plan.map_or((None, course.told(&[]).1), |plan| {
        let (plan, rings) = course.told(&plan);
        (Some(plan), rings)
    });
    Ok((Found { plan, dual }, rings))
}

/// Prices of the relaxation without limit of rings.
fn without_limit(problem: &Problem, watch: &mut Watch<'_>) -> Result<Dual, Infeasible> {
    let scope = Scope::default();
    let start = aggregate::start(problem);
    let mut root = Pricing::new(problem, &scope, &start, &[], watch.threads()).ok_or(Infeasible)?;
    watch.spend(root.work);
    for _ in 0..STEPS.0 {
        if watch.stopped.is_some() || root.is_nearly_priced(GOOD_ENOUGH) {
            break;
        }
        let before = root.work;
        root.step();
        watch.spend(root.work - before);
    }
    let trivial = Dual::trivial(problem);
    Ok(if trivial.total < root.best.total { trivial } else { root.best })
}

/// What a run has come to.
struct Course<'a> {
    problem: &'a Problem,
    network: &'a Network,
    streets: Vec<Streets>,
    pool: Pool,
    auction: Auction,
    /// Whether hardly anything is to be had from other prices.
    is_priced: bool,
    /// Prices at which no ring gains, and their total; only true once a look was complete.
    prices: Vec<i64>,
    total: i64,
    /// The best rings found, and their total.
    plan: Vec<Ix>,
    best: i64,
    /// No rings have a greater total.
    bound: i64,
}

/// More than any total.
const UNKNOWN: i64 = i64::MAX / 4;

impl<'a> Course<'a> {
    fn new(problem: &'a Problem, network: &'a Network, dual: &Dual) -> Self {
        let mut prices = vec![0; network.room.len()];
        for (price, staff) in prices.iter_mut().zip(&dual.staff) {
            *price = staff / (problem.scale / network.scale);
        }
        let auction = Auction::new(&network.room, &prices, REACH.0 * float(network.scale));
        let streets = (0..network.dates()).map(|date| Streets::new(network, date)).collect();
        let (pool, plan) = (Pool::new(), Vec::new());
        Self {
            problem,
            network,
            streets,
            pool,
            auction,
            is_priced: false,
            prices,
            total: UNKNOWN,
            plan,
            best: -1,
            bound: UNKNOWN,
        }
    }

    fn uses_all_locks(&self, rings: &[Ix]) -> bool {
        let trips = rings.iter().flat_map(|ring| self.pool.trips(ring.at()));
        trips.filter(|trip| self.network.trips[trip.at()].pair.is_none()).count() == self.network.locks
    }

    /// Whether it is proven that no schedule uses every lock.
    fn is_infeasible(&self) -> bool {
        self.network.is_bonus_enough
            && (self.bound < self.network.total_of_locks()
                || (self.best >= self.bound && !self.uses_all_locks(&self.plan)))
    }

    /// Adopts rings if they are worth more.
    fn adopt(&mut self, rings: Vec<Ix>, watch: &mut Watch<'_>) {
        let total = self.pool.total(&rings);
        if total > self.best {
            if self.uses_all_locks(&rings) {
                watch.value = Some(self.network.value(total));
            }
            (self.plan, self.best) = (rings, total);
        }
    }

    fn lower(&mut self, bound: i64, watch: &mut Watch<'_>) {
        self.bound = self.bound.min(bound);
        if bound < UNKNOWN {
            watch.bound = watch.bound.min(self.network.value(bound));
        }
    }

    /// Looks at every date.
    fn look(&self, prices: &[i64], wanted: Wanted, watch: &mut Watch<'_>) -> Vec<Look> {
        let threads = if self.network.trips.len() < MANY_TRIPS { 1 } else { watch.threads() };
        let (network, halt) = (self.network, &self.problem.halt);
        let looks = on_threads(self.streets.iter().collect(), threads, |streets| {
            streets.look(network, prices, wanted, halt)
        });
        watch.spend(looks.iter().map(|look| look.work).sum::<i64>() / 8 + 1);
        looks
    }

    /// Prices the relaxation over all rings, by so many steps at most, until so little is still to be had.
    fn price(&mut self, steps: usize, open: impl Fn(i64) -> f64, watch: &mut Watch<'_>) {
        let network = self.network;
        let scale = float(network.scale);
        let total =
            |prices: &[i64]| network.room.iter().zip(prices).map(|(room, price)| room * price).sum::<i64>();
        let wanted = Wanted { above: 0, best_only: true, most: BROUGHT, in_all: usize::MAX };
        for step in 1..=steps {
            let at = self.auction.prices();
            let model = total(&at);
            let looks = self.look(&at, wanted, watch);
            let is_complete = looks.iter().all(|look| look.is_complete);
            let mut raised = at.clone();
            let mut is_new = false;
            for look in looks {
                for (who, raise) in look.raise {
                    raised[who.at()] = raised[who.at()].max(at[who.at()] + raise);
                }
                for trips in look.rings {
                    is_new |= self.pool.add(network, trips);
                }
            }
            for ring in self.auction.len()..self.pool.len() {
                self.auction.add(self.pool.rows(ring), self.pool.value[ring], 0.0);
            }
            let now = total(&raised);
            if is_complete && now < self.total {
                let (won, expected) = (self.total - now, self.total - model);
                (self.total, self.prices) = (now, raised);
                self.lower(now, watch);
                self.auction.look_about(&at);
                if won < UNKNOWN / 2 && won > expected / 4 {
                    self.auction.reach = (self.auction.reach * 2.0).min(REACH.1 * scale);
                }
            } else if !is_complete {
                self.auction.look_about(&at);
            }
            // The first prices come from elsewhere: what they leave is no guess of what is to be had.
            self.is_priced =
                self.pool.len() > 0 && !is_new && float(self.total - model) < AS_GOOD_AS_PRICED * scale;
            let is_done = self.is_priced || (!is_new && float(self.total - model) < open(self.total));
            if is_done || step % STEPS_TO_ROUND == 0 || watch.stopped.is_some() {
                let shares = (0..self.pool.len()).map(|ring| (Ix::new(ring), self.auction.share[ring]));
                let rings = by_share(network, &self.pool, shares, &self.prices, &network.room, &[]);
                self.adopt(rings, watch);
                watch.spend(int(self.pool.len()) / 8);
            }
            if is_done || watch.is_over() || self.is_infeasible() {
                return;
            }
            let before = self.auction.work;
            self.auction.step(SWEEPS);
            watch.spend((self.auction.work - before) / 64);
        }
    }

    /// The rings that may be in a better schedule, and whether these are all. Of too many those that lose least.
    fn list(&mut self, most: usize, watch: &mut Watch<'_>) -> (Vec<Ix>, bool) {
        let all = (0..self.pool.len()).map(Ix::new);
        if self.total == UNKNOWN {
            return (all.collect(), false);
        }
        let scale = self.network.scale;
        // A ring that loses more is in no better schedule.
        let most_loss = self.total - self.best - scale;
        // Of no date so many that they alone would be a good part of too many.
        let in_all = (most * 4 / self.streets.len().max(1)).min(most);
        let mut loss = (FIRST_LOSS * scale).min(most_loss);
        let mut listed: Option<(i64, Vec<Vec<Ix>>)> = None;
        while loss > 0 && watch.stopped.is_none() {
            let wanted = Wanted { above: -loss - 1, best_only: false, most: usize::MAX, in_all };
            let looks = self.look(&self.prices, wanted, watch);
            let count: usize = looks.iter().map(|look| look.rings.len()).sum();
            if looks.iter().all(|look| look.is_complete) && count <= most {
                listed = Some((loss, looks.into_iter().flat_map(|look| look.rings).collect()));
                if loss == most_loss {
                    break;
                }
                loss = (loss * 4).min(most_loss);
            } else if listed.is_some() {
                break;
            } else {
                loss /= 4;
            }
        }
        let (loss, rings) = listed.unwrap_or_default();
        for trips in rings {
            self.pool.add(self.network, trips);
        }
        let prices = &self.prices;
        let is_worth_it = |ring: &Ix| self.pool.gain(ring.at(), prices) >= -loss;
        ((0..self.pool.len()).map(Ix::new).filter(is_worth_it).collect(), loss >= most_loss)
    }

    /// Branch and bound over the listed rings in turn with neighbourhoods, until the run is over; if these are not all
    /// rings that matter, until it is time to list them again.
    fn close(&mut self, rings: Vec<Ix>, is_all: bool, seed: i64, watch: &mut Watch<'_>) {
        let (network, listed_at) = (self.network, self.best);
        // Neither may change the pool while it is looked at.
        let pool = std::mem::take(&mut self.pool);
        let random = seed.unsigned_abs() ^ int(pool.len()).unsigned_abs();
        let mut near = Neighbours::new(network, &pool, rings.clone(), &self.prices, random);
        let (mut plan, mut best) = (self.plan.clone(), self.best);
        let mut tree = is_all.then(|| {
            let room = network.room.clone();
            Branches::new(network, &pool, room, rings, &self.prices, (best, self.total), Cutting::Much)
        });
        let (mut by_near, mut by_bound, mut nodes) = (0, 0, 0);
        let patience = 96 + int(network.people) / 8;
        while !watch.is_over() {
            let before = watch.work;
            let caution = near.long_in_vain / patience;
            match &mut tree {
                Some(tree) if nodes < FIRST_NODES || by_near * caution > by_bound => {
                    tree.advance(watch);
                    nodes += 1;
                    if let Some(better) = tree.best.clone().filter(|_| tree.cutoff > best) {
                        (plan, best) = (better, tree.cutoff);
                    }
                    by_bound += (watch.work - before).max(1);
                }
                _ => {
                    if let Some(better) = near.look(network, &pool, &plan, watch) {
                        best = pool.total(&better);
                        plan = better;
                        if let Some(tree) = &mut tree {
                            tree.offer(plan.clone(), best);
                        }
                    }
                    by_near += (watch.work - before).max(1);
                }
            }
            if best > self.best {
                (self.plan, self.best) = (plan.clone(), best);
                let trips = plan.iter().flat_map(|ring| pool.trips(ring.at()));
                let locks = trips.filter(|trip| network.trips[trip.at()].pair.is_none()).count();
                if locks == network.locks {
                    watch.value = Some(network.value(best));
                }
                watch.spend(0);
            }
            if let (Some(tree), None) = (&tree, watch.stopped) {
                self.bound = self.bound.min(tree.bound());
                watch.bound = watch.bound.min(network.value(self.bound));
                if tree.is_closed() {
                    break;
                }
            }
            // With a better schedule fewer rings matter; without, more of them are to be looked at.
            if tree.is_none() && (caution >= 4 || (self.total - self.best) * 8 < self.total - listed_at) {
                break;
            }
        }
        self.pool = pool;
    }

    /// Rings as placements.
    fn told(&self, rings: &[Ix]) -> (Plan, Rings) {
        let mut locks = vec![None; self.network.locks];
        let mut placed: Vec<((Ix, Ix), Option<usize>)> = Vec::new();
        for (n, ring) in rings.iter().enumerate() {
            let number = (!self.pool.is_open(self.network, ring.at())).then_some(n);
            for trip in self.pool.trips(ring.at()) {
                let trip = &self.network.trips[trip.at()];
                match trip.pair {
                    Some(pair) => placed.push(((pair, trip.date), number)),
                    None => locks[trip.who.at() - self.network.people] = number,
                }
            }
        }
        placed.sort_unstable();
        let (placements, numbers) = placed.into_iter().unzip();
        (Plan::new(self.problem, placements), Rings { locks, placed: numbers })
    }
}
