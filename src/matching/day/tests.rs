//! One date against trying everything.

use proptest::prelude::*;

use super::super::trial::{keeps_all, problem};
use super::*;

/// The least cost over every choice of every person at given prices, tried one by one.
fn by_trying(problem: &Problem, prices: &[i64], person: usize, chosen: &mut Vec<(Ix, Ix)>) -> Option<i64> {
    if person == problem.home.len() {
        let of = |(pair, _): &(Ix, Ix)| {
            let pair = &problem.pairs[pair.at()];
            prices[pair.person.at()] - pair.value * problem.scale
        };
        return keeps_all(problem, chosen).then(|| chosen.iter().map(of).sum());
    }
    let mut best = by_trying(problem, prices, person + 1, chosen);
    for pair in problem.of(person) {
        chosen.push((Ix::new(pair), Ix::default()));
        let with = by_trying(problem, prices, person + 1, chosen);
        best = best.into_iter().chain(with).min();
        chosen.pop();
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn circulations_equal_trying_everything_also_after_prices_change(
        random in any::<u64>(),
        shift in proptest::collection::vec(-1..=1_i64, 3),
        prices in proptest::collection::vec(proptest::collection::vec(0..60_000_i64, 6), 4),
        closed in proptest::collection::vec(proptest::collection::vec(proptest::bool::weighted(0.3), 6), 4),
    ) {
        let mut problem = problem(random, 1);
        problem.shift = shift;
        let day = Day::new(&problem, &Scope::default(), Ix::default());
        let tried = by_trying(&problem, &[0; 6], 0, &mut Vec::new());
        prop_assert_eq!(day.is_some(), tried.is_some());
        if let Some(mut day) = day {
            for (mut prices, closed) in prices.into_iter().zip(closed) {
                // Whoever may not go goes only where nothing keeps the locks without them.
                for (price, _) in prices.iter_mut().zip(&closed).filter(|(_, closed)| **closed) {
                    *price = problem.forbidding_price();
                }
                for slot in &mut day.slots {
                    slot.closed = closed[slot.person.at()];
                }
                day.solve(|slot| prices[slot.person.at()], &[0; 3]);
                let tried = by_trying(&problem, &prices, 0, &mut Vec::new());
                prop_assert_eq!(Some(day.cost()), tried);
                // Cycles make up the difference to the base.
                let mut units = std::collections::BTreeMap::new();
                for (pair, unit) in day.cycles(&problem).into_iter().flatten() {
                    *units.entry(pair).or_insert(0) += i32::from(unit);
                }
                for slot in &day.slots {
                    for n in problem.of(slot.person.at()).map(Ix::new) {
                        let wanted = i32::from(slot.goes == Some(n)) - i32::from(slot.base == Some(n));
                        prop_assert_eq!(units.get(&n).copied().unwrap_or(0), wanted);
                    }
                }
            }
        }
    }
}
