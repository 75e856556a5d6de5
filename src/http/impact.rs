//! `/v1/rounds/{id}/report` and the page of it: what a round came to, for everybody.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use minijinja::{Value, context};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::Call;
use super::pages;
use crate::domain::ids::RoundId;
use crate::domain::impact::Published;
use crate::services::impact::{self, Report};

/// A table. The last value of each row, and the last row, are totals. Null: fewer than five people, or hidden so that
/// nobody can work these out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportTable)]
struct Table {
    rows: Vec<String>,
    columns: Vec<String>,
    values: Vec<Vec<Option<f64>>>,
}

impl From<Published> for Table {
    fn from(table: Published) -> Self {
        Self { rows: table.rows, columns: table.columns, values: table.values }
    }
}

/// What a round came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImpactReport {
    round: Uuid,
    name: String,
    made_at: DateTime<Utc>,
    /// Days that took place, from the sector of the home (rows) to that of the host.
    days: Table,
    /// Their hours.
    hours: Table,
    /// What became of the people of each sector.
    demand: Table,
    /// What became of those who had gone without before.
    waiting: Table,
    /// Ideas that were brought home; null: fewer than five.
    ideas_brought: Option<u64>,
    /// How often one of them was tried; null: fewer than five times.
    ideas_tried: Option<u64>,
}

impl From<Report> for ImpactReport {
    fn from(report: Report) -> Self {
        let [ideas_brought, ideas_tried] = report.impact.ideas;
        Self {
            round: report.round.id.uuid(),
            name: report.round.name.to_string(),
            made_at: report.made_at,
            days: report.impact.days.into(),
            hours: report.impact.hours.into(),
            demand: report.impact.demand.into(),
            waiting: report.impact.waiting.into(),
            ideas_brought,
            ideas_tried,
        }
    }
}

/// Make the report of a round that is completed
///
/// Once: asked again, it is the same one, because two would tell by their difference what neither tells.
#[utoipa::path(post, path = "/v1/rounds/{id}/report", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The report.", body = ImpactReport)))]
pub(super) async fn make(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    call.no_body()?;
    let report = call.run(move |app, actor| impact::make(app, actor, id)).await?;
    shown(&ImpactReport::from(report))
}

/// Read the report of a round
#[utoipa::path(get, path = "/v1/rounds/{id}/report", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The report.", body = ImpactReport)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let report = call.run(move |app, actor| impact::get(app, actor, id)).await?;
    shown(&ImpactReport::from(report))
}

/// Read the report of a round as a page
#[utoipa::path(get, path = "/rounds/{id}/report", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let report = call.run(move |app, actor| impact::get(app, actor, id)).await?;
    let html = pages::report(&call.app().settings.service_name, &facts(&report))?;
    Ok(pages::respond(HttpResponse::build(StatusCode::OK), html))
}

/// What a row or column is called.
fn called(name: &str) -> String {
    match name {
        "several" => "Several sectors".to_owned(),
        "went" => "Were there".to_owned(),
        "day_did_not_take_place" => "Day did not take place".to_owned(),
        "left_out" => "Had no place".to_owned(),
        "not_before" => "Had not gone without before".to_owned(),
        "one_round" => "Had gone without once".to_owned(),
        "more_rounds" => "Had gone without more often".to_owned(),
        sector => {
            let (first, rest) = sector.split_at(sector.len().min(1));
            first.to_uppercase() + rest
        }
    }
}

/// How wide a whole bar is, in units of the picture.
const WIDE: f64 = 320.0;

/// A table with a bar for each row, as the page knows them.
fn table(table: &Published) -> Value {
    let total = |row: &[Option<f64>]| row.last().copied().flatten();
    let rows = table.values.len().saturating_sub(1);
    let most = table.values.iter().take(rows).filter_map(|row| total(row)).fold(1.0, f64::max);
    let last = table.columns.len();
    let lines: Vec<Value> = table
        .values
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let name = table.rows.get(n).map_or_else(|| "Together".to_owned(), |name| called(name));
            let mut x = 0.0;
            let parts: Vec<Value> = row[..last]
                .iter()
                .enumerate()
                .filter_map(|(column, value)| {
                    let width = value.filter(|value| *value > 0.0)? / most * WIDE;
                    let part = context! { x => rounded(x), width => rounded(width), column };
                    x += width;
                    Some(part)
                })
                .collect();
            let cells: Vec<Option<String>> =
                row.iter().map(|value| value.map(|value| value.to_string())).collect();
            // Where something is hidden, the bar to the total is hatched.
            let hidden = total(row).map(|total| total / most * WIDE - x).filter(|rest| *rest > 0.5);
            let hidden = hidden.map(|width| context! { x => rounded(x), width => rounded(width) });
            context! { name, cells, parts, hidden, is_total => n == rows }
        })
        .collect();
    let columns: Vec<String> = table.columns.iter().map(|name| called(name)).collect();
    context! { columns, lines, height => rows * 26 }
}

fn rounded(length: f64) -> String {
    format!("{length:.1}")
}

fn facts(report: &Report) -> Value {
    let impact = &report.impact;
    let dates = (report.round.dates.first(), report.round.dates.last());
    let day = |date: Option<&chrono::NaiveDate>| {
        date.map(|date| crate::words::date(crate::domain::language::Language::English, *date))
    };
    context! {
        name => report.round.name.to_string(),
        first => day(dates.0), last => day(dates.1),
        made_at => report.made_at.format("%-d %B %Y").to_string(),
        days => table(&impact.days), hours => table(&impact.hours),
        demand => table(&impact.demand), waiting => table(&impact.waiting),
        brought => impact.ideas[0], tried => impact.ideas[1],
    }
}
