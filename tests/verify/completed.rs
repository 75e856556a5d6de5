//! Schedules completed from decisions alone: they are what another implementation made of the same decisions.

use library_swap::files::schedule::{Placement, Reason, Waiver};
use library_swap::files::{Round, Schedule};
use library_swap::verify::{Code, Draft, Subject, complete, verify};

use crate::pairs;

/// What is left of a schedule when everything that follows from its decisions is taken away.
fn draft(round: &Round, schedule: &Schedule) -> Draft {
    let keeps_rings = round.rules.max_ring.is_some();
    let bare = |placed: &Placement| Placement {
        score: -1,
        ring: if keeps_rings { placed.ring } else { None },
        ..placed.clone()
    };
    Draft {
        // In another order: the right one follows too.
        placements: schedule.placements.iter().rev().map(bare).collect(),
        dropped_out: schedule
            .unplaced
            .iter()
            .filter(|left| left.reason == Reason::DroppedOut)
            .map(|left| left.staff.clone())
            .collect(),
        waived: schedule.waived.clone(),
        prices: schedule.prices.clone(),
        bound: Some(schedule.objective.bound),
        run: schedule.run.clone(),
    }
}

#[test]
fn what_follows_from_golden_decisions_is_what_the_golden_files_say() {
    for (name, round, golden) in pairs() {
        let completed = complete(&round, draft(&round, &golden));
        let report = verify(&Subject::Round(&round), &completed);
        assert!(report.is_clean(), "{name}: {:#?}", report.breaches);
        assert_eq!(completed.placements, golden.placements, "{name}: scores, rings, order");
        assert_eq!(completed.outcomes, golden.outcomes, "{name}");
        let (own, its) = (&completed.objective, &golden.objective);
        assert_eq!((own.value, own.bound, own.optimal), (its.value, its.bound, its.optimal), "{name}");
        assert!(own.bound_prices <= its.bound_prices, "{name}: people's prices are the lowest ones");
        for (own, its) in completed.unplaced.iter().zip(&golden.unplaced) {
            assert_eq!(
                (&own.staff, own.reason, &own.excluded),
                (&its.staff, its.reason, &its.excluded),
                "{name}"
            );
        }
    }
}

#[test]
fn prices_that_may_not_be_after_an_edit_are_left_out_and_the_bound_still_holds() {
    for (name, round, golden) in pairs() {
        // Somebody's place is taken away where that unbalances two libraries, and the balance is waived.
        let Some(gone) = golden.placements.iter().find(|placed| {
            round.rules.balance == Some(0)
                && round.rules.max_ring.is_none()
                && round.locks.iter().all(|lock| lock.staff != placed.staff)
        }) else {
            continue;
        };
        let home = round.staff.iter().find(|person| person.id == gone.staff).expect("a person").home.clone();
        let mut edited = draft(&round, &golden);
        edited.placements.retain(|placed| placed.staff != gone.staff);
        let unbalanced = complete(&round, edited.clone());
        let breaches = verify(&Subject::Round(&round), &unbalanced).breaches;
        let codes: Vec<Code> = breaches.iter().map(|breach| breach.code).collect();
        assert_eq!(codes, [Code::Balance, Code::Balance], "{name}");
        edited.waived = breaches
            .iter()
            .map(|breach| Waiver {
                code: "balance".to_owned(),
                library: breach.about.library.clone().expect("a library"),
                date: breach.about.date,
                reason: "ill".to_owned(),
            })
            .collect();
        let mut at: Vec<&str> = edited.waived.iter().map(|waiver| waiver.library.as_str()).collect();
        let mut expected = [home.as_str(), gone.host.as_str()];
        at.sort_unstable();
        expected.sort_unstable();
        assert_eq!(at, expected, "{name}: breaches say where");
        edited.bound = None;
        let completed = complete(&round, edited);
        let report = verify(&Subject::Round(&round), &completed);
        assert!(report.is_clean(), "{name}: {:#?}", report.breaches);
        // Who may unbalance two libraries may do all that was possible before.
        assert!(completed.objective.bound >= golden.objective.value, "{name}");
    }
}
