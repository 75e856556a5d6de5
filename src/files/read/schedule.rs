//! Reads a schedule file.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{header, is_other_format, optional, sha256, text};
use crate::domain::json::{At, Kind, Object};
use crate::files::schedule::{
    Change, ChangeTo, Objective, Outcomes, Placement, Prices, Proof, Reason, Run, Schedule, Unplaced, Waiver,
};

const COUNT: std::ops::RangeInclusive<i64> = 0..=i64::MAX;
const ANY: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;

fn count(object: &Object<'_>, key: &str) -> Option<i64> {
    object.required(key)?.integer(COUNT)
}

fn required_text(object: &Object<'_>, key: &str) -> Option<String> {
    text(&object.required(key)?)
}

/// Reads a schedule; reports every fault.
pub(in crate::files) fn read(at: &At<'_>) -> Option<Schedule> {
    if is_other_format(at, "library-swap/schedule") {
        return None;
    }
    let object = at.object(&[
        "format",
        "version",
        "round_sha256",
        "placements",
        "unplaced",
        "waived",
        "outcomes",
        "objective",
        "prices",
        "run",
    ])?;
    let headed = header(&object, "library-swap/schedule");
    let round_sha256 = object.required("round_sha256").and_then(|at| sha256(&at));
    let placements = object.required("placements").and_then(|at| at.list_of(placement));
    let unplaced = object.required("unplaced").and_then(|at| at.list_of(unplaced));
    let waived = object.optional("waived").map_or(Some(Vec::new()), |at| at.list_of(waiver));
    let outcomes = object.required("outcomes").and_then(|at| outcomes(&at));
    let objective = object.required("objective").and_then(|at| objective(&at));
    let prices = object.required("prices").and_then(|at| prices(&at));
    let run = object.required("run").and_then(|at| run(&at));
    headed?;
    Some(Schedule {
        round_sha256: round_sha256?,
        placements: placements?,
        unplaced: unplaced?,
        waived: waived?,
        outcomes: outcomes?,
        objective: objective?,
        prices: prices?,
        run: run?,
    })
}

fn placement(at: &At<'_>) -> Option<Placement> {
    let object = at.object(&["staff", "host", "date", "score", "ring"])?;
    let (staff, host) = (required_text(&object, "staff"), required_text(&object, "host"));
    let date = object.required("date").and_then(|at| at.date());
    let score = object.required("score").and_then(|at| at.integer(ANY));
    let ring = optional(&object, "ring", |at| at.integer(COUNT));
    Some(Placement { staff: staff?, host: host?, date: date?, score: score?, ring: ring? })
}

fn unplaced(at: &At<'_>) -> Option<Unplaced> {
    let object =
        at.object(&["staff", "reason", "hosts_considered", "excluded", "change", "change_reason"])?;
    let staff = required_text(&object, "staff");
    let reason = object.required("reason").and_then(|at| match at.text()?.as_ref() {
        "not_feasible" => Some(Reason::NotFeasible),
        "outweighed" => Some(Reason::Outweighed),
        "dropped_out" => Some(Reason::DroppedOut),
        _ => {
            at.fault("must be not_feasible, outweighed or dropped_out");
            None
        }
    });
    let hosts_considered = count(&object, "hosts_considered");
    let excluded = object.optional("excluded").map_or(Some(BTreeMap::new()), |at| {
        at.table_of(|code, at| Some((code.to_owned(), at.integer(COUNT)?)))
    });
    let change = optional(&object, "change", change);
    let change_reason = optional(&object, "change_reason", text);
    Some(Unplaced {
        staff: staff?,
        reason: reason?,
        hosts_considered: hosts_considered?,
        excluded: excluded?,
        change: change?,
        change_reason: change_reason?,
    })
}

fn change(at: &At<'_>) -> Option<Change> {
    let object = at.object(&["field", "to", "host", "date", "displaces"])?;
    let field = required_text(&object, "field");
    let to = object.required("to").and_then(|at| match at.json().kind() {
        Kind::Text => at.text().map(|text| ChangeTo::Text(text.into_owned())),
        Kind::Number => at.number(f64::MIN..=f64::MAX).map(ChangeTo::Number),
        Kind::Null | Kind::Bool | Kind::List | Kind::Object => {
            at.fault("must be a number or a text");
            None
        }
    });
    let host = optional(&object, "host", text);
    let day = optional(&object, "date", At::date);
    let displaces = object.optional("displaces").map_or(Some(0), |at| at.integer(COUNT));
    Some(Change { field: field?, to: to?, host: host?, date: day?, displaces: displaces? })
}

fn waiver(at: &At<'_>) -> Option<Waiver> {
    let object = at.object(&["code", "library", "date", "reason"])?;
    let code = required_text(&object, "code");
    let library = required_text(&object, "library");
    let day = optional(&object, "date", At::date);
    let reason = required_text(&object, "reason");
    Some(Waiver { code: code?, library: library?, date: day?, reason: reason? })
}

fn outcomes(at: &At<'_>) -> Option<Outcomes> {
    let object =
        at.object(&["placed", "unplaced", "sector_rank", "placed_after_waiting", "unplaced_after_waiting"])?;
    let (placed, unplaced) = (count(&object, "placed"), count(&object, "unplaced"));
    let sector_rank = object.required("sector_rank").and_then(|at| at.list_of(|at| at.integer(COUNT)));
    let waited = (count(&object, "placed_after_waiting"), count(&object, "unplaced_after_waiting"));
    Some(Outcomes {
        placed: placed?,
        unplaced: unplaced?,
        sector_rank: sector_rank?,
        placed_after_waiting: waited.0?,
        unplaced_after_waiting: waited.1?,
    })
}

fn objective(at: &At<'_>) -> Option<Objective> {
    let object = at.object(&["value", "bound", "bound_prices", "gap", "optimal", "proof"])?;
    let number = |key: &str| object.required(key).and_then(|at| at.integer(ANY));
    let (value, bound, bound_prices) = (number("value"), number("bound"), number("bound_prices"));
    let gap = object.required("gap").and_then(|at| at.number(f64::MIN..=f64::MAX));
    let optimal = object.required("optimal").and_then(|at| at.boolean());
    let proof = object.required("proof").and_then(|at| match at.text()?.as_ref() {
        "prices" => Some(Proof::Prices),
        "search" => Some(Proof::Search),
        _ => {
            at.fault("must be prices or search");
            None
        }
    });
    Some(Objective {
        value: value?,
        bound: bound?,
        bound_prices: bound_prices?,
        gap: gap?,
        optimal: optimal?,
        proof: proof?,
    })
}

/// `[[library, date, price], …]`
fn day_prices(object: &Object<'_>, key: &str) -> Option<Vec<(String, NaiveDate, i64)>> {
    object.optional(key).map_or(Some(Vec::new()), |at| {
        at.list_of(|row| {
            let [library, day, price] = row.tuple("must be a library, a date and a price")?;
            let (library, day, price) = (text(&library), day.date(), price.integer(ANY));
            Some((library?, day?, price?))
        })
    })
}

fn prices(at: &At<'_>) -> Option<Prices> {
    let object = at.object(&["staff", "hosting", "hosting_limit", "release", "balance"])?;
    let staff = object
        .optional("staff")
        .map_or(Some(BTreeMap::new()), |at| at.table_of(|id, at| Some((id.to_owned(), at.integer(ANY)?))));
    let hosting = day_prices(&object, "hosting");
    let hosting_limit = object.optional("hosting_limit").map_or(Some(Vec::new()), |at| {
        at.list_of(|row| {
            let [library, price] = row.tuple("must be a library and a price")?;
            let (library, price) = (text(&library), price.integer(ANY));
            Some((library?, price?))
        })
    });
    let (release, balance) = (day_prices(&object, "release"), day_prices(&object, "balance"));
    Some(Prices {
        staff: staff?,
        hosting: hosting?,
        hosting_limit: hosting_limit?,
        release: release?,
        balance: balance?,
    })
}

fn run(at: &At<'_>) -> Option<Run> {
    let object = at.object(&["engine", "seed", "work", "stopped", "seconds", "threads"])?;
    let engine = required_text(&object, "engine");
    let seed = object.required("seed").and_then(|at| at.integer(ANY));
    let work = count(&object, "work");
    let stopped = required_text(&object, "stopped");
    let seconds = object.required("seconds").and_then(|at| at.number(0.0..=f64::MAX));
    let threads = count(&object, "threads");
    Some(Run {
        engine: engine?,
        seed: seed?,
        work: work?,
        stopped: stopped?,
        seconds: seconds?,
        threads: threads?,
    })
}
