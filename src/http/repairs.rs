//! `/v1/rounds/{id}/repairs`: the ways to mend a published round, and applying one.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::{Call, id_in};
use super::conditional::tagged;
use super::{read, schemas};
use crate::domain::ids::{ApplicationId, LibraryId, RepairId, RepairOptionId, RoundId};
use crate::domain::json::At;
use crate::services::repairs::{self, Asked, Changed, NewPlace, Plan, Shown, Summary};

/// A library that takes nobody on a day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClosedDay)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
struct ClosedDayBody {
    library: Uuid,
    date: NaiveDate,
}

/// What has happened, and what must not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRepair)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct RepairBody {
    /// Applications whose participants do not go; also those whose placement was declined, has expired or was called off
    /// and left a gap.
    #[schema(schema_with = schemas::optional_ids)]
    drop: Vec<Uuid>,
    /// Hosts that close: everybody who would go there loses their place, in one repair.
    #[schema(max_items = 1000)]
    close: Option<Vec<ClosedDayBody>>,
    /// Applications without a place that are to get one; also those who have lost theirs before.
    #[schema(schema_with = schemas::optional_ids)]
    add: Vec<Uuid>,
    /// Applications whose placement stays as it is.
    #[schema(schema_with = schemas::optional_ids)]
    freeze: Vec<Uuid>,
    /// Whether every placement that is certain stays as it is.
    freeze_confirmed: Option<bool>,
    /// Placements before this day stay as they are; today at the earliest, and by default.
    #[schema(schema_with = schemas::optional_date)]
    from: Option<NaiveDate>,
    /// By how much visitors and leavers of a library may differ on a day; by default the round's balance and one.
    #[schema(minimum = 0, maximum = 1_000_000)]
    balance: Option<i64>,
}

/// A placement that ends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndingPlacement)]
struct Ending {
    id: String,
    host: String,
    date: NaiveDate,
    /// Whether it has ended before, so that nobody is told of it now.
    ended: bool,
}

/// A placement that would be proposed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposedPlace)]
struct Proposed {
    host: String,
    date: NaiveDate,
    /// `HH:MM`, local to the host.
    starts: String,
    ends: String,
}

/// Somebody whose placement ends, moves or begins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairChange)]
struct Change {
    application: String,
    /// `dropped_out`, `host_closes`, `touched` (makes room), `comes_in` (had no place).
    why: &'static str,
    from: Option<Ending>,
    to: Option<Proposed>,
}

/// A number before and after.
#[derive(Debug, Serialize, ToSchema)]
struct BeforeAfter {
    before: i64,
    after: i64,
}

/// A library on a day on which more or fewer come or go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairDay)]
struct Day {
    library: String,
    date: NaiveDate,
    visitors: BeforeAfter,
    /// Its own staff who are away.
    leavers: BeforeAfter,
    /// How many of them may be.
    release: i64,
    /// Whether visitors and leavers differ by more than the round allows, after.
    out_of_balance: bool,
}

/// A rule that is set aside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Waiver)]
struct Waived {
    code: String,
    library: String,
    date: Option<NaiveDate>,
    reason: String,
}

/// Mails of one kind to one party.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairMails)]
struct Mails {
    #[schema(schema_with = schemas::notice_kind)]
    kind: String,
    #[schema(schema_with = schemas::party)]
    party: String,
    count: i64,
}

/// One way to mend the round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairOption)]
struct Way {
    /// For `apply`.
    id: Uuid,
    /// `leave_the_gap`, `fewest_touched`, `keep_most_placed`.
    kind: String,
    /// Whether it is proven that nothing is better in the way's own order.
    proven: bool,
    placed: i64,
    /// How many move or lose their place although nothing has happened to them.
    touched: i64,
    value: i64,
    changes: Vec<Change>,
    days: Vec<Day>,
    waived: Vec<Waived>,
    mails: Vec<Mails>,
}

/// Somebody to ring about a day that is near.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairCall)]
struct ToRing {
    application: String,
    date: NaiveDate,
    /// In this order: `host_contact`, `deputy`, `home_manager`.
    who: String,
    name: Option<String>,
    /// Of a manager, the home library's.
    telephone: Option<String>,
    email: String,
}

/// A repair with its options.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Repair {
    id: Uuid,
    round: Uuid,
    /// The option that is proposed: `leave_the_gap` where a day is within two days, else `fewest_touched`.
    default_option: Uuid,
    options: Vec<Way>,
    /// Whom to ring, where a day is within two days.
    telephones: Vec<ToRing>,
    created_at: DateTime<Utc>,
    applied_option: Option<Uuid>,
    applied_at: Option<DateTime<Utc>>,
}

fn change_of(change: Changed) -> Change {
    let time = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
    let proposed = |to: NewPlace| Proposed {
        host: to.host,
        date: to.date,
        starts: time(to.starts),
        ends: time(to.ends),
    };
    Change {
        application: change.application,
        why: change.why.as_str(),
        from: change.placement.map(|from| Ending {
            id: from.id,
            host: from.host,
            date: from.date,
            ended: from.ended,
        }),
        to: change.to.map(proposed),
    }
}

fn way_of((id, plan): (RepairOptionId, Plan)) -> Way {
    let both = |(before, after): (i64, i64)| BeforeAfter { before, after };
    let day = |day: repairs::LibraryDay| Day {
        library: day.library,
        date: day.date,
        visitors: both(day.visitors),
        leavers: both(day.leavers),
        release: day.release,
        out_of_balance: day.out_of_balance,
    };
    let waived = |waived: repairs::Waived| Waived {
        code: waived.code,
        library: waived.library,
        date: waived.date,
        reason: waived.reason,
    };
    let mails = |mails: repairs::Mails| Mails { kind: mails.kind, party: mails.party, count: mails.count };
    Way {
        id: id.uuid(),
        kind: plan.kind,
        proven: plan.proven,
        placed: plan.placed,
        touched: plan.touched,
        value: plan.value,
        changes: plan.changes.into_iter().map(change_of).collect(),
        days: plan.days.into_iter().map(day).collect(),
        waived: plan.waived.into_iter().map(waived).collect(),
        mails: plan.mails.into_iter().map(mails).collect(),
    }
}

fn shape(shown: Shown) -> Repair {
    let call = |call: repairs::Call| ToRing {
        application: call.application,
        date: call.date,
        who: call.who,
        name: call.name,
        telephone: call.telephone,
        email: call.email,
    };
    let repair = &shown.repair;
    Repair {
        id: repair.id.uuid(),
        round: repair.round.uuid(),
        default_option: repair.default_option.uuid(),
        created_at: repair.created_at.and_utc(),
        applied_option: repair.applied.map(|applied| applied.option.uuid()),
        applied_at: repair.applied.map(|applied| applied.at.and_utc()),
        options: shown.plans.into_iter().map(way_of).collect(),
        telephones: shown.calls.into_iter().map(call).collect(),
    }
}

fn read_closed(at: &At<'_>) -> Option<(String, NaiveDate)> {
    let object = at.object(&["library", "date"])?;
    let library = object.required("library").and_then(|at| at.parse::<LibraryId>());
    let date = object.required("date").and_then(|at| at.date());
    Some((library?.to_string(), date?))
}

/// One way in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepairOptionInList)]
struct WayInList {
    id: Uuid,
    /// `leave_the_gap`, `fewest_touched`, `keep_most_placed`.
    kind: String,
    placed: i64,
    touched: i64,
}

/// A library on a day that was to be closed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClosedDayInList)]
struct ClosedDay {
    library: String,
    date: NaiveDate,
}

/// A repair in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RepairInList {
    id: Uuid,
    /// The applications that were named as dropped out.
    drop: Vec<String>,
    close: Vec<ClosedDay>,
    add: Vec<String>,
    default_option: Uuid,
    options: Vec<WayInList>,
    created_at: DateTime<Utc>,
    applied_option: Option<Uuid>,
    applied_at: Option<DateTime<Utc>>,
}

fn in_list(summary: Summary) -> RepairInList {
    let way = |(id, plan): (RepairOptionId, Plan)| WayInList {
        id: id.uuid(),
        kind: plan.kind,
        placed: plan.placed,
        touched: plan.touched,
    };
    let Summary { outline, asked, plans } = summary;
    RepairInList {
        id: outline.id.uuid(),
        drop: asked.drop,
        close: asked.close.into_iter().map(|(library, date)| ClosedDay { library, date }).collect(),
        add: asked.add,
        default_option: outline.default_option.uuid(),
        options: plans.into_iter().map(way).collect(),
        created_at: outline.created_at.and_utc(),
        applied_option: outline.applied.map(|applied| applied.option.uuid()),
        applied_at: outline.applied.map(|applied| applied.at.and_utc()),
    }
}

/// List the repairs of a round
///
/// What was asked and which option was applied, oldest first; each with all that it brings by its own URL.
#[utoipa::path(get, path = "/v1/rounds/{id}/repairs", tag = "repairs",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of repairs.", body = Listed<RepairInList>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| repairs::list(app, actor, round, &page)).await?;
    listed(&call, found, in_list)
}

/// Ask how a published round can be mended
///
/// After drop-outs, closed days and additions, in any mixture. Nobody hears of it: it shows the ways, each with everything
/// that it would bring. Send its `ETag` when one is applied.
#[utoipa::path(post, path = "/v1/rounds/{id}/repairs", tag = "repairs", params(("id" = Uuid, Path)),
    request_body = RepairBody,
    responses((status = 201, description = "The repair with its options.", body = Repair,
        headers(("Location" = String, description = "Its URL."), ("ETag" = String, description = "For `If-Match`.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let known = ["drop", "close", "add", "freeze", "freeze_confirmed", "from", "balance"];
    let asked = call.body(&known, |object| {
        let people = |key: &str| {
            let read = read::set(object, key, At::parse::<ApplicationId>);
            read.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let (drop, add, freeze) = (people("drop"), people("add"), people("freeze"));
        let close = read::list(object, "close", read_closed);
        let confirmed = read::maybe_absent(object, "freeze_confirmed", At::boolean);
        let from = read::maybe_absent(object, "from", At::date);
        let balance = read::maybe_absent(object, "balance", |at| at.integer(0..=1_000_000));
        Some(Asked {
            drop: drop?,
            close: close?,
            add: add?,
            freeze: freeze?,
            freeze_confirmed: confirmed?.unwrap_or(false),
            from: from?,
            balance: balance?,
        })
    })?;
    let shown = call.run(move |app, actor| repairs::create(app, actor, round, &asked)).await?;
    let repair = shape(shown);
    let made = made(&format!("/v1/rounds/{round}/repairs/{}", repair.id), &repair)?;
    Ok(tagged(made, &repair))
}

/// Get a repair
///
/// As it was shown, and which option was applied.
#[utoipa::path(get, path = "/v1/rounds/{id}/repairs/{repair}", tag = "repairs",
    params(("id" = Uuid, Path), ("repair" = Uuid, Path)),
    responses((status = 200, description = "The repair.", body = Repair)))]
pub(super) async fn get(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let id: RepairId = id_in(&call.path.repair, "repair")?;
    shown(&shape(call.run(move |app, actor| repairs::get(app, actor, round, id)).await?))
}

/// Which option is applied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplyRepair)]
#[expect(dead_code, reason = "the schema of what `apply` reads")]
pub(super) struct ApplyBody {
    option: Uuid,
}

/// Apply an option of a repair
///
/// In one step: placements end, others are proposed, and everybody concerned gets one mail. Refused once anything that it
/// rests on has changed (`stale-repair`), so that what is applied is what was shown.
#[utoipa::path(post, path = "/v1/rounds/{id}/repairs/{repair}/apply", tag = "repairs",
    params(("id" = Uuid, Path), ("repair" = Uuid, Path)), request_body = ApplyBody,
    responses((status = 200, description = "The repair.", body = Repair)))]
pub(super) async fn apply(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let id: RepairId = id_in(&call.path.repair, "repair")?;
    let seen = call.seen(|found: &Shown| shape(found.clone()))?;
    let option = call
        .body(&["option"], |object| object.required("option").and_then(|at| at.parse::<RepairOptionId>()))?;
    let applied = move |app: &_, actor: &_| repairs::apply(app, actor, (round, id), option, &seen);
    shown(&shape(call.run(applied).await?))
}
