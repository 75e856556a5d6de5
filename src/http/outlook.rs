//! `/v1/rounds/{id}/health` and `/frontier`: how a round would be matched as it is now, for organisers.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, shown};
use super::call::Call;
use crate::domain::ids::RoundId;
use crate::domain::run::gap;
use crate::services::outlook::{self, Point, Scarce, words};

/// What a sector offers and is asked for on a date. Who belongs to two sectors counts in both.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SectorDay)]
struct SectorDay {
    sector: String,
    date: NaiveDate,
    /// Visitors whom its libraries still take; locks are taken off.
    places: i64,
    /// People who could go to one of them.
    could_come: i64,
    /// Staff whom its libraries can still release; locks are taken off.
    releases: i64,
    /// People of its libraries who could go somewhere.
    could_leave: i64,
}

/// Somebody who can go to one library only.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneHost)]
struct OneHost {
    application: String,
    host: String,
}

/// The best schedule found in the time of the request. Nothing of it is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutlookFigures)]
struct Figures {
    placed: i64,
    value: i64,
    /// No schedule has a higher value.
    bound: i64,
    /// (bound − value) / max(1, bound).
    gap: f64,
    /// Whether no schedule is worth more; else it is the best found.
    proven: bool,
}

impl Figures {
    fn of(placed: i64, value: i64, bound: i64) -> Self {
        Self { placed, value, bound, gap: gap(value, bound), proven: value >= bound }
    }
}

/// Why there are no figures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NoFigures)]
struct NoFigures {
    /// `locks_infeasible`: no schedule completes the locks; `stopped_early`: none was found in the time.
    code: String,
    detail: String,
}

/// What one more place, or one more release, wins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Help)]
struct Help {
    /// `place` for a visitor, or `release` of one of its staff.
    one_more: &'static str,
    library: String,
    date: NaiveDate,
    /// So many more people have a place.
    placed: i64,
    /// So much more the schedule is worth.
    value: i64,
    /// Whether both schedules are proven; else it is the difference of the best found.
    proven: bool,
}

/// Where a round is short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoundHealth)]
pub(super) struct Health {
    /// Who would be matched now.
    people: usize,
    /// By sector and date.
    supply: Vec<SectorDay>,
    /// Applications that no library can take.
    without_host: Vec<String>,
    one_host: Vec<OneHost>,
    /// How it would be matched now.
    schedule: Option<Figures>,
    /// Why that is not known.
    no_schedule: Option<NoFigures>,
    /// Where one more helps, each tried by matching again, the most first; ten at most.
    helps: Vec<Help>,
    /// So many more library-days might help, but were not tried, or not to an end, for want of time.
    untried: usize,
}

/// Show where a round is short
///
/// Of hosts for whom, on which days, and which one more place or release would help. Also while people sign up; once it is
/// published, as if nothing had been decided. It is worked out for this request, in about ten seconds at most.
#[utoipa::path(get, path = "/v1/rounds/{id}/health", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Supply, demand, and what helps.", body = Health)))]
pub(super) async fn health(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let look = call.limits().take_look()?;
    let looked = call.run(move |app, actor| {
        let _look = look;
        outlook::health(app, actor, round)
    });
    let (people, found) = looked.await?;
    let supply = found.supply.into_iter().map(|((sector, date), of)| SectorDay {
        sector,
        date,
        places: of.places,
        could_come: of.could_come,
        releases: of.releases,
        could_leave: of.could_leave,
    });
    let help = |help: outlook::Help| Help {
        one_more: match help.scarce {
            Scarce::Place => "place",
            Scarce::Release => "release",
        },
        library: help.library,
        date: help.date,
        placed: help.placed,
        value: help.value,
        proven: help.proven,
    };
    let (schedule, no_schedule) = match &found.schedule {
        Ok(known) => {
            let (placed, objective) = (known.outcomes.placed, &known.objective);
            (Some(Figures::of(placed, objective.value, objective.bound)), None)
        }
        Err(error) => (None, Some(NoFigures { code: error.code().to_owned(), detail: words(error) })),
    };
    let one_host = found.one_host.into_iter().map(|(application, host)| OneHost { application, host });
    shown(&Health {
        people,
        supply: supply.collect(),
        without_host: found.without_host,
        one_host: one_host.collect(),
        schedule,
        no_schedule,
        helps: found.helps.into_iter().map(help).collect(),
        untried: found.untried,
    })
}

/// What a rule leaves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FrontierPoint)]
struct Ruled {
    /// Visitors less leavers of a library on a date, at most; null: off.
    balance: Option<i64>,
    /// Libraries in a ring at most; null: no limit.
    max_ring: Option<i64>,
    figures: Option<Figures>,
    /// Rings in that schedule.
    rings: Option<usize>,
    /// Libraries in the longest of them.
    longest_ring: Option<usize>,
    no_figures: Option<NoFigures>,
}

impl From<Point> for Ruled {
    fn from(point: Point) -> Self {
        let (balance, max_ring) = (point.rule.balance, point.rule.max_ring);
        match point.figures {
            Ok(found) => Self {
                balance,
                max_ring,
                figures: Some(Figures::of(found.placed, found.value, found.bound)),
                rings: Some(found.rings.0),
                longest_ring: Some(found.rings.1),
                no_figures: None,
            },
            Err(error) => Self {
                balance,
                max_ring,
                figures: None,
                rings: None,
                longest_ring: None,
                no_figures: Some(NoFigures { code: error.code().to_owned(), detail: words(&error) }),
            },
        }
    }
}

/// What each rule costs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoundFrontier)]
pub(super) struct Frontier {
    /// Who would be matched now.
    people: usize,
    /// The round's own balance; null: off.
    balance: Option<i64>,
    /// The round's own limit of rings; null: none.
    max_ring: Option<i64>,
    /// From the strictest rule to none. It ends early with a balance or ring that places as much as none would.
    points: Vec<Ruled>,
}

/// Show what each rule of a round costs
///
/// How many people each balance and each limit of rings would place. Also while people sign up; once it is published, as
/// if nothing had been decided. It is worked out for this request, in about ten seconds at most.
#[utoipa::path(get, path = "/v1/rounds/{id}/frontier", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The same round under one rule after another.", body = Frontier)))]
pub(super) async fn frontier(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let look = call.limits().take_look()?;
    let looked = call.run(move |app, actor| {
        let _look = look;
        outlook::frontier(app, actor, round)
    });
    let found = looked.await?;
    shown(&Frontier {
        people: found.people,
        balance: found.balance,
        max_ring: found.max_ring,
        points: found.points.into_iter().map(Ruled::from).collect(),
    })
}
