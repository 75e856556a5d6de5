//! `/v1/libraries/{id}/days` and what decides them: weekly hours, calendars that a library follows, exceptions,
//! closures.

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::calendars::Calendar;
use super::call::Call;
use super::libraries::Library;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::fault::{Faults, Rule, shortened};
use crate::domain::ids::{CalendarId, LibraryId};
use crate::domain::json::{At, parse_date};
use crate::domain::opening::{self, DayHours, Span, minute_of_day};
use crate::domain::organisation;
use crate::domain::permissions::Actor;
use crate::domain::placement::Placement;
use crate::services::opening as days;
use crate::services::page::Paged;
use crate::services::seen::Seen;
use crate::services::{App, AppError};

/// More spans than any day has.
pub(super) const MOST_SPANS: usize = 20;

/// The days of a library.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LibraryDays {
    /// The zone of its hours.
    time_zone: String,
    /// Which calendars were asked. Without one of bank holidays none are known; beyond `until` none are known either.
    calendars: Vec<Followed>,
    days: Vec<Day>,
}

/// A calendar that decides days.
#[derive(Debug, Serialize, ToSchema)]
struct Followed {
    name: String,
    #[schema(schema_with = schemas::calendar_kind)]
    kind: &'static str,
    /// Its first day; null where it is empty.
    from: Option<NaiveDate>,
    /// Its last day.
    until: Option<NaiveDate>,
}

/// A day of a library.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LibraryDay)]
struct Day {
    date: NaiveDate,
    open: bool,
    /// When, by the clock on the wall; null where it is open but nobody has said when.
    #[schema(value_type = Option<Vec<Vec<String>>>, example = json!([["09:00", "12:30"], ["13:30", "17:00"]]))]
    spans: Option<Vec<[String; 2]>>,
    /// Whether it is open and has no exams.
    takes_visitors: bool,
    /// What decided it.
    #[schema(schema_with = schemas::reason_kind)]
    because: &'static str,
    /// The same in words.
    #[schema(example = "closed: bank holiday “2nd January” (scotland)")]
    why: String,
}

fn day_of((date, day): (NaiveDate, opening::OpeningDay)) -> Day {
    Day {
        date,
        open: day.is_open(),
        takes_visitors: day.takes_visitors(),
        because: day.reason.kind().as_str(),
        why: day.to_string(),
        spans: match day.hours {
            DayHours::Closed => Some(vec![]),
            DayHours::Open(spans) => Some(spans.into_iter().map(Span::texts).collect()),
            DayHours::Unknown => None,
        },
    }
}

/// Which days are shown.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list_days` reads")]
pub(super) struct DatesParameters {
    /// The first day.
    from: NaiveDate,
    /// The last day; at most 366 days in all.
    to: NaiveDate,
}

/// Show when a library is open, and why
#[utoipa::path(get, path = "/v1/libraries/{id}/days", tag = "calendars", params(("id" = Uuid, Path), DatesParameters),
    responses((status = 200, description = "The days.", body = LibraryDays)))]
pub(super) async fn list_days(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let faults = Faults::none();
    let date = |name: &str| {
        let text = call.parameter(name).unwrap_or_default();
        parse_date(text).map_err(|rule| faults.add(format!("?{name}"), text, rule)).ok()
    };
    let (from, to) = (date("from"), date("to"));
    let (from, to) = read::finish(faults, from.zip(to))?;
    let found = call.run(move |app, actor| days::list_days(app, actor, library, &(from..=to))).await?;
    let followed = |calendar: &opening::DatedCalendar| Followed {
        name: calendar.name.to_string(),
        kind: calendar.kind.as_str(),
        from: calendar.periods.iter().map(|period| period.starts_on).min(),
        until: calendar.periods.iter().map(|period| period.ends_on).max(),
    };
    shown(&LibraryDays {
        time_zone: found.time_zone.to_string(),
        calendars: found.calendars.iter().map(|calendar| followed(calendar)).collect(),
        days: found.days.into_iter().map(day_of).collect(),
    })
}

/// The usual week of a library.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WeeklyHours)]
#[expect(dead_code, reason = "the schema of what `set_weekly_hours` reads")]
pub(super) struct WeeklyHoursBody {
    /// In the simple part of OpenStreetMap's syntax (docs/opening.md); absent means unknown.
    #[schema(schema_with = schemas::optional_line)]
    opening_hours: Option<String>,
}

/// Replace the weekly hours of a library
///
/// Runs of rounds in which the library takes part are stale.
#[utoipa::path(put, path = "/v1/libraries/{id}/opening-hours", tag = "calendars", params(("id" = Uuid, Path)),
    request_body = WeeklyHoursBody,
    responses((status = 200, description = "The library as it is now.", body = Library)))]
pub(super) async fn set_weekly_hours(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let wanted: Option<opening::WeeklyHours> =
        call.body(&["opening_hours"], |object| read::maybe_absent(object, "opening_hours", At::parse))?;
    let seen = call.seen(|library: &organisation::Library| Library::from(library.clone()))?;
    let work =
        move |app: &App, actor: &Actor| days::set_weekly_hours(app, actor, library, wanted.as_ref(), &seen);
    shown(&Library::from(call.run(work).await?))
}

/// List the calendars that a library was told to follow
///
/// All of them, by name. The bank holidays of its country are not among them: `days` shows them too.
#[utoipa::path(get, path = "/v1/libraries/{id}/calendars", tag = "calendars", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The calendars.", body = Listed<Calendar>)))]
pub(super) async fn list_calendars(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let items = call.run(move |app, actor| days::list_calendars(app, actor, library)).await?;
    listed(&call, Paged { items, next: None::<CalendarId> }, Calendar::from)
}

/// Which calendars a library follows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FollowedCalendars)]
#[expect(dead_code, reason = "the schema of what `follow` reads")]
pub(super) struct FollowBody {
    /// One of bank holidays at most; it takes the place of its country's.
    #[schema(max_items = 20)]
    calendars: Vec<Uuid>,
}

/// Say which calendars a library follows
///
/// In place of those before. Runs of rounds in which the library takes part are stale.
#[utoipa::path(put, path = "/v1/libraries/{id}/calendars", tag = "calendars", params(("id" = Uuid, Path)),
    request_body = FollowBody,
    responses((status = 200, description = "The calendars.", body = Listed<Calendar>)))]
pub(super) async fn follow(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let wanted: Vec<CalendarId> = call.body(&["calendars"], |object| {
        object.required("calendars").and_then(|_| read::set(object, "calendars", At::parse))
    })?;
    let seen = call.seen(|calendars: &Vec<opening::Calendar>| Listed {
        data: calendars.iter().cloned().map(Calendar::from).collect(),
        next_cursor: None,
    })?;
    let items = call.run(move |app, actor| days::follow(app, actor, library, &wanted, &seen)).await?;
    listed(&call, Paged { items, next: None::<CalendarId> }, Calendar::from)
}

/// A dated day of a library, which goes before everything else.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Exception {
    date: NaiveDate,
    /// When it is open; empty means closed.
    #[schema(schema_with = schemas::spans)]
    opens: Vec<[String; 2]>,
    label: String,
}

fn exception_of(exception: opening::Exception) -> Exception {
    Exception {
        date: exception.date,
        opens: exception.opens.into_iter().map(Span::texts).collect(),
        label: exception.label.to_string(),
    }
}

/// When a library is open on one day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewException)]
#[expect(dead_code, reason = "the schema of what `set_exception` reads")]
pub(super) struct ExceptionBody {
    /// When it is open; empty means closed.
    #[schema(schema_with = schemas::spans)]
    opens: Vec<[String; 2]>,
    #[schema(schema_with = schemas::name)]
    label: String,
}

fn read_span(at: &At<'_>) -> Option<Span> {
    let [from, until] = at.tuple("must be two times, from and to, like [\"09:00\", \"17:00\"]")?;
    let minute = |at: &At<'_>| {
        let minute = minute_of_day(&at.text()?);
        if minute.is_none() {
            at.fault(Rule::of("must be a time of day like 09:30, at most 24:00"));
        }
        minute
    };
    let (from, until) = (minute(&from), minute(&until));
    let (from, until) = from.zip(until)?;
    let span = Span::new(from, until);
    if span.is_none() {
        at.fault(Rule::of("must begin before it ends"));
    }
    span
}

/// List the exceptions of a library
///
/// All of them, by date.
#[utoipa::path(get, path = "/v1/libraries/{id}/exceptions", tag = "calendars", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The exceptions.", body = Listed<Exception>)))]
pub(super) async fn list_exceptions(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let items = call.run(move |app, actor| days::list_exceptions(app, actor, library)).await?;
    listed(&call, Paged { items, next: None::<LibraryId> }, exception_of)
}

/// Show the exception of a library on one day
#[utoipa::path(get, path = "/v1/libraries/{id}/exceptions/{date}", tag = "calendars",
    params(("id" = Uuid, Path), ("date" = NaiveDate, Path)),
    responses((status = 200, description = "The exception.", body = Exception)))]
pub(super) async fn get_exception(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let date = date_of(&call)?;
    let found = call.run(move |app, actor| days::get_exception(app, actor, library, date)).await?;
    shown(&exception_of(found))
}

fn seen_exception(call: &Call) -> Result<Seen<opening::Exception>, Problem> {
    call.seen(|exception: &opening::Exception| exception_of(exception.clone()))
}

/// A placement that stands at a library on a day on which it is closed.
#[derive(Debug, Serialize, ToSchema)]
struct AffectedPlacement {
    placement: Uuid,
    round: Uuid,
    date: NaiveDate,
    #[schema(schema_with = schemas::placement_state)]
    state: &'static str,
}

fn affected_of(placements: Vec<Placement>) -> Vec<AffectedPlacement> {
    let one = |placement: Placement| AffectedPlacement {
        placement: placement.id.uuid(),
        round: placement.round.uuid(),
        date: placement.date,
        state: placement.state.as_str(),
    };
    placements.into_iter().map(one).collect()
}

/// An exception that was set, and whom it concerns.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetException {
    #[serde(flatten)]
    exception: Exception,
    /// The placements that stand there on a day that is closed by it, where there are any: an organiser mends them by one
    /// repair.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    affected: Vec<AffectedPlacement>,
}

/// Say when a library is open on one day
///
/// In place of any exception before. Runs of rounds that have this day are stale. Where it closes the day, the answer names
/// the placements that stand on it: nothing is told to anybody before an organiser mends them.
#[utoipa::path(put, path = "/v1/libraries/{id}/exceptions/{date}", tag = "calendars",
    params(("id" = Uuid, Path), ("date" = NaiveDate, Path)), request_body = ExceptionBody,
    responses((status = 200, description = "The exception, and whom it concerns.", body = SetException)))]
pub(super) async fn set_exception(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let date = date_of(&call)?;
    let wanted = call.body(&["opens", "label"], |object| {
        let opens = object.required("opens").and_then(|at| {
            if at.count()? > MOST_SPANS {
                at.fault(Rule::new(format!("must have at most {MOST_SPANS} spans")));
                return None;
            }
            at.list_of(read_span)
        });
        let label = object.required("label").and_then(|at| at.parse());
        Some(opening::Exception { date, opens: opens?, label: label? })
    })?;
    let seen = seen_exception(&call)?;
    let set = call.run(move |app, actor| days::set_exception(app, actor, library, &wanted, &seen)).await?;
    shown(&SetException { exception: exception_of(set.0), affected: affected_of(set.1) })
}

/// Take an exception away
#[utoipa::path(delete, path = "/v1/libraries/{id}/exceptions/{date}", tag = "calendars",
    params(("id" = Uuid, Path), ("date" = NaiveDate, Path)),
    responses((status = 204, description = "The day is as usual.")))]
pub(super) async fn delete_exception(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    let date = date_of(&call)?;
    call.no_body()?;
    let seen = seen_exception(&call)?;
    call.run(move |app, actor| days::delete_exception(app, actor, library, date, &seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The path's `{date}`; what is no date names nothing.
fn date_of(call: &Call) -> Result<NaiveDate, Problem> {
    parse_date(&call.path.date)
        .map_err(|_| Problem::App(AppError::not_found("day", shortened(&call.path.date))))
}

/// What entering closures did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Closures {
    /// Days that had no exception.
    added: Vec<NaiveDate>,
    /// Days whose exception said something else.
    replaced: Vec<NaiveDate>,
    /// Days whose exception said the same.
    unchanged: Vec<NaiveDate>,
    /// The placements that stand there on days that are closed by it, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    affected: Vec<AffectedPlacement>,
}

/// Enter closures from a calendar file
///
/// Each event (VEVENT) becomes exceptions: closed on whole days, and what is left of the usual hours where a part of a
/// day is closed. Events may repeat every year, or every week on weekdays; what repeats otherwise is refused by name.
/// What is over is passed over; what repeats for ever is entered for three years.
#[utoipa::path(post, path = "/v1/libraries/{id}/closures", tag = "calendars", params(("id" = Uuid, Path)),
    request_body(content = String, content_type = "text/calendar", description = "iCalendar (RFC 5545)."),
    responses((status = 200, description = "What was entered.", body = Closures)))]
pub(super) async fn close(call: Call) -> Answer {
    let library: LibraryId = call.id("library")?;
    call.require_type("text/calendar")?;
    let file = call.bytes().to_vec();
    let done = call.run(move |app, actor| days::close(app, actor, library, &file)).await?;
    let affected = affected_of(done.affected);
    shown(&Closures { added: done.added, replaced: done.replaced, unchanged: done.unchanged, affected })
}
