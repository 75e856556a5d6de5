//! Whether placements split into rings of limited length, by trying every split.

use library_swap::files::Round;

use super::{Choice, Left, staff};

type Move<'a> = (&'a str, &'a str);

/// Whether each date's placements, locks included, are rings of at most `max_ring` libraries, but for open chains on
/// dates on which an override lifts the balance of some library.
pub fn split(round: &Round, left: &Left<'_>, chosen: &[Choice<'_>]) -> bool {
    let Some(most) = round.rules.max_ring else { return true };
    let most = usize::try_from(most).expect("small");
    round.dates.iter().all(|date| {
        let on_date = chosen.iter().filter(|choice| choice.2 == *date);
        let mut moves: Vec<Move<'_>> = on_date.map(|choice| (&*choice.0.home, &*choice.1.id)).collect();
        let locks = round.locks.iter().filter(|lock| lock.date == *date);
        moves.extend(locks.map(|lock| (&*staff(round, &lock.staff).home, &*lock.host)));
        let may_be_open = left.lifted.iter().any(|(_, on)| on == date);
        falls_apart(&moves, &mut Vec::new(), may_be_open, most)
    })
}

fn falls_apart<'a>(moves: &[Move<'a>], open: &mut Vec<Move<'a>>, may_be_open: bool, most: usize) -> bool {
    let Some((first, rest)) = moves.split_first() else { return closes_no_ring(open) };
    if may_be_open {
        open.push(*first);
        let does = falls_apart(rest, open, may_be_open, most);
        open.pop();
        if does {
            return true;
        }
    }
    closes(&[*first], rest, open, may_be_open, most)
}

/// Whether some way from the last move back to the first leaves something that falls apart.
fn closes<'a>(
    way: &[Move<'a>],
    rest: &[Move<'a>],
    open: &mut Vec<Move<'a>>,
    may_be_open: bool,
    most: usize,
) -> bool {
    let (start, at) = (way[0].0, way[way.len() - 1].1);
    if at == start {
        return falls_apart(rest, open, may_be_open, most);
    }
    if way.len() == most || way.iter().any(|(home, _)| *home == at) {
        return false;
    }
    (0..rest.len()).filter(|n| rest[*n].0 == at).any(|n| {
        let mut others = rest.to_vec();
        let longer = [way, &[others.remove(n)]].concat();
        closes(&longer, &others, open, may_be_open, most)
    })
}

/// Whether moves that nothing follows can be taken away until none is left.
fn closes_no_ring(moves: &[Move<'_>]) -> bool {
    let mut left = moves.to_vec();
    while let Some(last) = (0..left.len()).find(|n| !left.iter().any(|(home, _)| *home == left[*n].1)) {
        left.remove(last);
    }
    left.is_empty()
}
