//! The hosts of each person on a date, the worthiest first.
//!
//! Lists are sorted by what hosts were worth once, which is an upper bound for ever, because potentials only fall.

use super::{Arc, Day, Slot};
use crate::matching::num::int;

/// Hosts of a person that are kept sorted; the others only have a common upper bound.
const SORTED: usize = 12;
/// Hosts looked at in vain after which a person's list is sorted anew.
pub(super) const IN_VAIN: usize = 6;

impl Day {
    /// The arc to the host that is worth most to a person.
    pub(super) fn best(&mut self, slot: usize) -> Option<usize> {
        loop {
            let Slot { from, to, sorted, rest, .. } = self.slots[slot];
            let end = from.at() + usize::try_from(sorted).unwrap_or(0);
            let (mut best, mut which, mut seen) = (i64::MIN, None, 0);
            let mut is_sure = false;
            for arc in from.at()..end {
                if self.arcs[arc].key <= best {
                    is_sure = true;
                    break;
                }
                seen += 1;
                let worth = self.arc_worth(arc);
                if worth > best {
                    (best, which) = (worth, Some(arc));
                }
            }
            is_sure = is_sure || end == to.at() || best >= rest;
            if is_sure && seen <= IN_VAIN {
                return which;
            }
            // Sorting moves the arcs.
            self.sort(slot);
        }
    }

    /// Sorts a person's hosts by what they are worth now.
    pub(super) fn sort(&mut self, slot: usize) {
        let potential = &self.potential;
        let slot = &mut self.slots[slot];
        let list = &mut self.arcs[slot.from.at()..slot.to.at()];
        self.work += int(list.len() / 4);
        for arc in list.iter_mut() {
            arc.key = arc.value + potential[3 * arc.host.at()];
        }
        let order = |a: &Arc, b: &Arc| (b.key, a.pair).cmp(&(a.key, b.pair));
        let sorted = if list.len() > SORTED {
            let (_, next, _) = list.select_nth_unstable_by(SORTED, order);
            slot.rest = next.key;
            SORTED
        } else {
            list.len()
        };
        list[..sorted].sort_unstable_by(order);
        slot.sorted = u32::try_from(sorted).unwrap_or(0);
    }
}
