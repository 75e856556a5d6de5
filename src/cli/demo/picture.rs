//! Rings as a small text picture: who sends whom to whom, each library once.

use std::collections::BTreeMap;

use chrono::NaiveDate;

/// One person's way on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) person: String,
    pub(super) home: String,
    pub(super) host: String,
    pub(super) date: NaiveDate,
    /// The ring it belongs to; none for a part of an open chain.
    pub(super) ring: Option<i64>,
}

/// Draws rings, then the open chains; a blank line between two.
pub(super) fn draw(ways: &[Way]) -> String {
    let mut rings: BTreeMap<i64, Vec<&Way>> = BTreeMap::new();
    let mut open = Vec::new();
    for way in ways {
        match way.ring {
            Some(ring) => rings.entry(ring).or_default().push(way),
            None => open.push(way),
        }
    }
    let mut out = String::new();
    for (number, members) in &rings {
        let ordered = in_order(members);
        let Some(first) = ordered.first() else { continue };
        let kind = match ordered.len() {
            2 => "a swap of two libraries".to_owned(),
            libraries => format!("a ring of {libraries} libraries"),
        };
        out.push_str(&format!("  Ring {number}, {}: {kind}\n", first.date.format("%a %-d %b")));
        for (n, way) in ordered.iter().enumerate() {
            let edge = if n == 0 { "╭─▶" } else { "│  " };
            out.push_str(&format!("    {edge} {}\n    │     ↓ {}\n", way.home, way.person));
        }
        out.push_str("    ╰──╯\n\n");
    }
    if !open.is_empty() {
        out.push_str("  Open chains:\n");
        for way in open {
            out.push_str(&format!(
                "    {}  {} ── {} ──▶ {}\n",
                way.date.format("%a %-d %b"),
                way.home,
                way.person,
                way.host
            ));
        }
    }
    out
}

/// The members of a ring from one to the next, beginning at the first given.
fn in_order<'a>(members: &[&'a Way]) -> Vec<&'a Way> {
    let mut ordered: Vec<&Way> = Vec::new();
    let mut next = members.first().copied();
    while let Some(way) = next {
        ordered.push(way);
        next = members
            .iter()
            .find(|other| other.home == way.host)
            .copied()
            .filter(|other| !ordered.iter().any(|seen| seen.person == other.person));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(person: &str, home: &str, host: &str, ring: Option<i64>) -> Way {
        Way {
            person: person.to_owned(),
            home: home.to_owned(),
            host: host.to_owned(),
            date: "2027-03-01".parse().expect("a date"),
            ring,
        }
    }

    #[test]
    fn a_ring_is_drawn_from_library_to_library_and_back() {
        let ways =
            [way("Ann", "A", "B", Some(1)), way("Cy", "C", "A", Some(1)), way("Bo", "B", "C", Some(1))];
        let picture = draw(&ways);
        let places: Vec<usize> = ["╭─▶ A", "Ann", "B\n", "Bo", "C\n", "Cy", "╰──╯"]
            .iter()
            .map(|part| picture.find(part).unwrap_or_else(|| panic!("{part} in\n{picture}")))
            .collect();
        assert!(places.is_sorted(), "{picture}");
        assert!(picture.contains("Ring 1, Mon 1 Mar: a ring of 3 libraries"));
    }

    #[test]
    fn what_belongs_to_no_ring_is_an_open_chain() {
        assert!(draw(&[way("Ann", "A", "B", None)]).contains("A ── Ann ──▶ B"));
    }
}
