//! Schedules out of dates: who goes on which date decides everything else, date by date and exactly.
//!
//! Method: given a date for each person, one circulation a date is the best schedule (hosts' limits are used up in
//! the order of the dates). Afterwards each date is solved again with everybody who has no place, until nothing
//! changes: no date can then be bettered by itself.
//! Complexity: one circulation a date and pass; two or three passes.

use super::day::Day;
use super::num::Ix;
use super::problem::{Problem, Scope};

/// A complete schedule: triples, one for each person placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Sorted.
    pub(super) triples: Vec<usize>,
    /// With the locks'.
    pub(super) value: i64,
}

impl Plan {
    pub(super) fn new(problem: &Problem, mut triples: Vec<usize>) -> Self {
        triples.sort_unstable();
        let value = problem.locked_value + triples.iter().map(|t| problem.triples[*t].value).sum::<i64>();
        Self { triples, value }
    }
}

/// Where and when each person goes, while it is being worked out.
struct Draft<'a> {
    problem: &'a Problem,
    scope: &'a Scope,
    /// Triples in use by date.
    chosen: Vec<Vec<usize>>,
    placed: Vec<bool>,
    visitors: Vec<i64>,
}

impl Draft<'_> {
    /// The best circulation of a date among those who have no place and for whom `offered` holds, with those who
    /// have one on the date. None if locks or branches ask for more.
    fn solve_date(&self, date: usize, offered: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
        let problem = self.problem;
        let on_date: Vec<bool> = {
            let mut on_date = vec![false; problem.home.len()];
            for &t in &self.chosen[date] {
                on_date[problem.triples[t].person.at()] = true;
            }
            on_date
        };
        let mut triples = Vec::new();
        for (p, here) in on_date.iter().enumerate() {
            if *here || (!self.placed[p] && offered(p)) {
                triples.extend(problem.on(p, date).filter(|t| self.scope.allows(*t)));
            }
        }
        let mut day = Day::new(problem, &self.scope_of(date), Ix::new(date), &triples)?;
        day.solve(|_| 0, &vec![0; problem.libraries]);
        Some(day.used().collect())
    }

    /// The scope with what other dates leave of the hosts' limits, or need of them.
    fn scope_of(&self, date: usize) -> Scope {
        let problem = self.problem;
        let mut scope = Scope { ruled_out: Vec::new(), visitors: self.scope.visitors.clone() };
        for (library, limit) in problem.limit.iter().enumerate() {
            let Some(limit) = limit else { continue };
            let day = |d: usize| problem.day(Ix::new(library), Ix::new(d));
            let elsewhere: i64 = (0..problem.dates)
                .filter(|d| *d != date)
                .map(|d| self.visitors[day(d)].max(self.scope.places(problem, day(d)).0))
                .sum();
            let (low, high) = self.scope.places(problem, day(date));
            scope.visitors.insert(day(date), (low, high.min(limit - elsewhere)));
        }
        scope
    }

    fn set_date(&mut self, date: usize, triples: Vec<usize>) {
        for t in std::mem::take(&mut self.chosen[date]) {
            let triple = &self.problem.triples[t];
            self.placed[triple.person.at()] = false;
            self.visitors[self.problem.day(triple.host, triple.date)] -= 1;
        }
        for &t in &triples {
            let triple = &self.problem.triples[t];
            self.placed[triple.person.at()] = true;
            self.visitors[self.problem.day(triple.host, triple.date)] += 1;
        }
        self.chosen[date] = triples;
    }

    fn value_on(&self, date: usize) -> i64 {
        self.chosen[date].iter().map(|t| self.problem.triples[*t].value).sum()
    }
}

/// The best schedule with everybody on the given date or none, bettered date by date. None if that way does not
/// complete the locks.
pub(super) fn complete(problem: &Problem, scope: &Scope, date_of: &[Option<usize>]) -> Option<Plan> {
    let mut draft = Draft {
        problem,
        scope,
        chosen: vec![Vec::new(); problem.dates],
        placed: vec![false; problem.home.len()],
        visitors: vec![0; problem.hosting.len()],
    };
    for date in 0..problem.dates {
        let planned = draft.solve_date(date, |p| date_of[p] == Some(date));
        let used = match planned {
            Some(used) => used,
            // The locks need more people: whoever has no date, else anybody.
            None => draft
                .solve_date(date, |p| date_of[p].is_none_or(|on| on == date))
                .or_else(|| draft.solve_date(date, |_| true))?,
        };
        draft.set_date(date, used);
    }
    let mut quiet = 0;
    let mut date = 0;
    while quiet < problem.dates {
        let before = draft.value_on(date);
        let used = draft.solve_date(date, |_| true)?;
        let after: i64 = used.iter().map(|t| problem.triples[*t].value).sum();
        quiet += 1;
        if after > before {
            draft.set_date(date, used);
            quiet = 0;
        }
        date = (date + 1) % problem.dates;
    }
    Some(Plan::new(problem, draft.chosen.concat()))
}

/// The schedule of some triples, if each person has one place and no host's limit is exceeded.
pub(super) fn plan_of(problem: &Problem, triples: &[usize]) -> Option<Plan> {
    let mut placed = vec![false; problem.home.len()];
    let mut visitors = vec![0_i64; problem.libraries];
    for &t in triples {
        let triple = &problem.triples[t];
        if std::mem::replace(&mut placed[triple.person.at()], true) {
            return None;
        }
        visitors[triple.host.at()] += 1;
    }
    let within = problem.limit.iter().zip(&visitors).all(|(limit, n)| limit.is_none_or(|limit| *n <= limit));
    within.then(|| Plan::new(problem, triples.to_vec()))
}
