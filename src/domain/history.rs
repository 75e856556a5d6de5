//! What happened before: where somebody was, whatever became of the libraries since, and how long somebody has waited.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::ids::{LibraryId, PersonId};

/// A visit that stands in some round, or that took place in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Who.
    pub person: PersonId,
    /// From where, where known.
    pub home: Option<LibraryId>,
    /// Where.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
}

/// What became of libraries or employers: each that was merged into another or renamed points to what it is now part of.
///
/// Links form trees: a thing has one successor at most, and [`Successors::admit`] keeps out rings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Successors<I: Ord> {
    next: BTreeMap<I, I>,
    before: BTreeMap<I, Vec<I>>,
}

impl<I: Copy + Ord> Successors<I> {
    /// From pairs of a thing and its successor.
    pub fn new(links: impl IntoIterator<Item = (I, I)>) -> Self {
        let next: BTreeMap<I, I> = links.into_iter().collect();
        let mut before: BTreeMap<I, Vec<I>> = BTreeMap::new();
        for (old, new) in &next {
            before.entry(*new).or_default().push(*old);
        }
        Self { next, before }
    }

    /// What it has become: the last in its line, itself where it has no successor.
    pub fn current(&self, id: I) -> I {
        self.heirs(id).last().copied().unwrap_or(id)
    }

    /// All that it became, nearest first.
    fn heirs(&self, id: I) -> Vec<I> {
        let mut heirs = Vec::new();
        let mut last = id;
        while let Some(next) = self.next.get(&last).filter(|next| **next != id && !heirs.contains(*next)) {
            heirs.push(*next);
            last = *next;
        }
        heirs
    }

    /// Itself, all that it became and all that became it.
    ///
    /// Not its siblings: who was at one of two libraries before they merged was not at the other, but was at what they
    /// are together.
    pub fn line(&self, id: I) -> BTreeSet<I> {
        let mut line: BTreeSet<I> = self.heirs(id).into_iter().collect();
        let mut open = vec![id];
        while let Some(one) = open.pop() {
            if line.insert(one) {
                open.extend(self.before.get(&one).into_iter().flatten());
            }
        }
        line
    }

    /// Whether a thing may get this successor: what comes after must not lead back.
    pub fn admit(&self, old: I, new: I) -> bool {
        old != new && !self.heirs(new).contains(&old)
    }
}

/// What a round file that was imported says of somebody's past, beside what the rounds of this service tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenHistory {
    /// Rounds in a row without a place.
    pub waited: i64,
    /// Hosts of former visits.
    pub visited: Vec<LibraryId>,
}

/// What a round brought to somebody who took part in it to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// No place, though the person could have gone.
    LeftOut,
    /// A place.
    Placed,
}

/// How many rounds in a row somebody went without a place, counted back from the latest: the round file's `priority`.
///
/// Each outcome stands at the last day of its round; a visit that was imported at its own day. On the same day a place
/// counts as the later.
pub fn rounds_left_out(past: &[(NaiveDate, Outcome)]) -> i64 {
    let mut past = past.to_vec();
    past.sort_unstable();
    let waited = past.iter().rev().take_while(|(_, outcome)| *outcome == Outcome::LeftOut).count();
    // The round file takes no more; nobody waits a thousand rounds.
    i64::try_from(waited).unwrap_or(i64::MAX).min(MOST_PRIORITY)
}

/// Largest priority of a round file.
pub const MOST_PRIORITY: i64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_what_came_before_and_after_but_no_siblings() {
        // 1 and 2 merged into 3, which was renamed 4; 5 was always apart.
        let links = Successors::new([(1, 3), (2, 3), (3, 4)]);
        assert_eq!(links.line(1), BTreeSet::from([1, 3, 4]));
        assert_eq!(links.line(3), BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(links.line(4), BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(links.line(5), BTreeSet::from([5]));
        assert_eq!([1, 2, 3, 4, 5].map(|id| links.current(id)), [4, 4, 4, 4, 5]);
    }

    #[test]
    fn a_link_that_would_lead_back_is_not_admitted() {
        let links = Successors::new([(1, 2), (2, 3)]);
        assert!(links.admit(3, 4) && links.admit(1, 3) && links.admit(5, 1));
        for (old, new) in [(3, 1), (2, 1), (3, 3)] {
            assert!(!links.admit(old, new), "{old} to {new}");
        }
    }

    #[test]
    fn only_the_latest_rounds_in_a_row_count() {
        let day = |month| NaiveDate::from_ymd_opt(2027, month, 1).expect("a date");
        let left = |month| (day(month), Outcome::LeftOut);
        let placed = |month| (day(month), Outcome::Placed);
        assert_eq!(rounds_left_out(&[]), 0);
        assert_eq!(rounds_left_out(&[left(5), placed(2), left(3), left(1)]), 2);
        assert_eq!(rounds_left_out(&[left(1), left(2), placed(3)]), 0);
        assert_eq!(rounds_left_out(&[placed(3), left(3)]), 0, "a place on the same day");
    }
}
