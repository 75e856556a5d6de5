//! Repair: what becomes of a schedule when people drop out, hosts close for a day, or people come in.
//!
//! Three answers, each a complete schedule. *Leave the gap*: whoever still has a place stays, nothing else happens.
//! *Fewest touched*: of all schedules of the round within the repair's balance the one with the fewest placed people
//! moved, then the most placed, then the most value. *Keep most placed*: the same with placed people counted first.
//!
//! Who may get a place: whoever has lost it to a closed day, whoever is added, and no more others than drop-outs leave
//! places (`situation`).
//! Method (`solve`): first everybody stays, and only those without a place are matched with what is left; that is a
//! small problem, and what it proves holds for the whole, since nothing is better than to touch nobody. Only where that
//! leaves something to be had are placed people freed: all of them while they are few, else those about the gap.
//! `effects` tells what an answer changes, and what it waives; `reserves`, who could take one place.

mod effects;
mod request;
mod reserves;
mod situation;
mod solve;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::NaiveDate;

pub use effects::{DayChange, Move};
pub use request::{RepairFault, RepairFaultCode, Request};
pub use reserves::{Reserve, reserves, seat};

use super::{Progress, StopReason};
use crate::files::schedule::Waiver;
use crate::files::{Round, Schedule};
use situation::Situation;
use solve::{Found, Solver};

/// Where and when somebody is.
pub type Place = (String, NaiveDate);

/// One way to mend a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nobody is moved and nobody comes in.
    LeaveTheGap,
    /// As few placed people as can be are moved.
    FewestTouched,
    /// As many people as can be have a place.
    KeepMostPlaced,
}

impl Kind {
    /// All, in the order in which they are shown.
    pub const ALL: [Kind; 3] = [Kind::LeaveTheGap, Kind::FewestTouched, Kind::KeepMostPlaced];

    /// The name in files and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::LeaveTheGap => "leave_the_gap",
            Kind::FewestTouched => "fewest_touched",
            Kind::KeepMostPlaced => "keep_most_placed",
        }
    }
}

/// What counts before everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// That placed people stay as they are.
    Stay,
    /// That people have a place.
    Placed,
}

/// A way to mend a schedule, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which way.
    pub kind: Kind,
    /// Who is where then, by staff id.
    pub placements: Vec<(String, Place)>,
    /// Sum over placements of W × (1 + priority) + score.
    pub value: i64,
    /// What is set aside by it, sorted.
    pub waived: Vec<Waiver>,
    /// Whose placement moves or ends although they neither dropped out nor lost their host.
    pub touched: Vec<Move>,
    /// What becomes of those who lost their host.
    pub displaced: Vec<Move>,
    /// Who had no place and gets one.
    pub placed: Vec<Move>,
    /// The library-days on which somebody more or less comes or goes.
    pub days: Vec<DayChange>,
    /// Whether it is proven that nothing is better in the way's own order.
    pub proven: bool,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Who has no place because they dropped out, now or before.
    pub dropped_out: BTreeSet<String>,
    /// The ways that there are, in the order of [`Kind::ALL`]. Leaving the gap is always one.
    pub choices: Vec<Choice>,
}

/// People up to whom everybody is freed at once where placed people have to move.
const FEW: usize = 150;
/// Placed people freed at most about a gap.
const NEAR: usize = 300;

/// Works out the ways to mend a schedule.
///
/// The schedule is one of this round that `verify` accepts; a round that has grown by people who are added since will
/// do. Where the round limits rings, only the gap is offered: what would close it is not looked for.
///
/// # Errors
/// Everything that is wrong with the request, each with its code.
pub fn repair(
    round: &Round,
    schedule: &Schedule,
    request: &Request,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
) -> Result<Repair, Vec<RepairFault>> {
    let situation = Situation::new(round, schedule, request)?;
    let gap: Vec<(String, Place)> =
        situation.kept.iter().map(|(id, place)| (id.clone(), place.clone())).collect();
    let mut choices = vec![situation.choice(Kind::LeaveTheGap, gap, true)];
    if round.rules.max_ring.is_none() {
        let mut solver = Solver::new(&situation, progress);
        if let Some(fewest) = fewest_touched(&mut solver) {
            let most = keep_most_placed(&mut solver, &fewest);
            choices.push(situation.choice(Kind::FewestTouched, fewest.placements, fewest.proven));
            choices.push(situation.choice(Kind::KeepMostPlaced, most.placements, most.proven));
        }
    }
    Ok(Repair { dropped_out: situation.dropped_out.iter().map(|id| (*id).to_owned()).collect(), choices })
}

/// None where no schedule keeps to the repair's balance.
fn fewest_touched(solver: &mut Solver<'_, '_>) -> Option<Found> {
    // Nothing beats touching nobody: what is best then is best.
    let everybody = solver.situation.movable();
    solver
        .solve(&BTreeSet::new(), First::Stay)
        .or_else(|| if everybody.is_empty() { None } else { solver.solve(&everybody, First::Stay) })
}

fn keep_most_placed(solver: &mut Solver<'_, '_>, fewest: &Found) -> Found {
    let situation = solver.situation;
    let everybody = situation.movable();
    if fewest.placements.len() >= situation.most_placed() {
        // All that can be, and the fewest touched for it.
        return fewest.clone();
    }
    let near = if everybody.len() <= FEW { everybody.clone() } else { solver.near(fewest, NEAR) };
    if near.is_empty() {
        return Found { proven: fewest.proven && everybody.is_empty(), ..fewest.clone() };
    }
    let rank = |found: &Found| situation.rank(&found.placements, First::Placed);
    match solver.solve(&near, First::Placed) {
        Some(found) if rank(&found) <= rank(fewest) => {
            Found { proven: found.proven && near.len() == everybody.len(), ..found }
        }
        Some(_) | None => Found { proven: false, ..fewest.clone() },
    }
}
