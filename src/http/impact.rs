//! `/v1/rounds/{id}/report` and the page of it: what a round came to, for everybody.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use minijinja::{Value, context};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, file, shown};
use super::call::Call;
use super::problem::Problem;
use super::{pages, read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::domain::impact::{HIDDEN, Published, Sheet, SheetTable};
use crate::domain::language::Language;
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

/// In which language a report is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `sheet_of` reads")]
pub(super) struct LanguageParameter {
    /// English unless said otherwise.
    #[param(schema_with = schemas::language)]
    language: Option<String>,
}

/// The report that is asked for, in words.
async fn sheet_of(call: &Call) -> Result<Sheet, Problem> {
    let id: RoundId = call.id("round")?;
    let faults = Faults::none();
    let language = call.parsed("language", &faults).unwrap_or(Language::English);
    read::finish(faults, Some(()))?;
    call.run(move |app, actor| impact::sheet(app, actor, id, language)).await
}

/// Read the report of a round as a page
#[utoipa::path(get, path = "/rounds/{id}/report", tag = "rounds", params(("id" = Uuid, Path), LanguageParameter),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let sheet = sheet_of(&call).await?;
    let html = pages::report(sheet.language, &facts(&sheet, &call.path.id))?;
    Ok(pages::respond(HttpResponse::build(StatusCode::OK), html))
}

/// Read the report of a round as PDF
#[utoipa::path(get, path = "/rounds/{id}/report.pdf", tag = "rounds", params(("id" = Uuid, Path), LanguageParameter),
    responses((status = 200, description = "The report, as PDF/A-2a and PDF/UA-1.", body = String,
        content_type = "application/pdf")))]
pub(super) async fn get_pdf(call: Call) -> Answer {
    let sheet = sheet_of(&call).await?;
    file("application/pdf", "report.pdf", impact::pdf(&sheet)?)
}

/// How wide a whole bar is, in units of the picture.
const WIDE: f64 = 320.0;

/// A table with a bar for each row, as the page knows them.
fn table(table: &SheetTable) -> Value {
    let length = |share: f64| format!("{:.1}", share * WIDE);
    let bars: Vec<Value> = table
        .bars
        .iter()
        .zip(&table.rows)
        .map(|(bar, (name, _))| {
            let mut x = 0.0;
            let mut next = |share: f64| {
                let start = x;
                x += share;
                (length(start), length(share))
            };
            let parts: Vec<Value> = bar
                .parts
                .iter()
                .map(|&(column, share)| {
                    let (x, width) = next(share);
                    context! { x, width, column }
                })
                .collect();
            let hidden = bar.hidden.map(|share| {
                let (x, width) = next(share);
                context! { x, width }
            });
            context! { name, parts, hidden }
        })
        .collect();
    let SheetTable { heading, about, caption, chart, head, rows, bars: _ } = table;
    context! { heading, about, caption, chart, head, rows, bars }
}

fn facts(sheet: &Sheet, round: &str) -> Value {
    context! {
        service => &sheet.service,
        round,
        title => &sheet.title,
        lead => &sheet.lead,
        tables => sheet.tables.iter().map(table).collect::<Vec<_>>(),
        ideas => &sheet.ideas,
        not_shown => &sheet.not_shown,
        hidden => HIDDEN,
    }
}
