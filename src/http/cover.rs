//! `/v1/rounds/{id}/cover.csv` and `.xlsx`: who works, goes and comes in each library on each date, as files.

use super::answer::{Answer, file};
use super::call::Call;
use super::read;
use super::schedule::{BomAndDelimiter, csv_form, workbook};
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::services::schedule::cover::{self, COLUMNS};
use crate::services::schedule::{Cell, MARK, Profile};

/// What the table of routes takes as [`BomAndDelimiter`].
pub(super) const CSV: &[&str] = &["bom", "delimiter"];

/// Take the table of cover as CSV
///
/// For each library and date of the round: who works, who must remain, who leaves and comes by the schedule, and how many more
/// could be away. All for organisers; one's own employer's for administrators and HR.
#[utoipa::path(get, path = "/v1/rounds/{id}/cover.csv", tag = "offers", params(("id" = Uuid, Path), BomAndDelimiter),
    responses((status = 200, description = "The file (docs/exports.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let faults = Faults::none();
    let (profile, has_mark) = csv_form(&call, &faults, Profile::generic());
    read::finish(faults, Some(()))?;
    let lines = call.run(move |app, actor| cover::list(app, actor, round)).await?;
    let mut bytes = if has_mark { MARK.to_vec() } else { Vec::new() };
    profile.form.write([COLUMNS.map(Cell::Text)], &mut bytes);
    profile.form.write(lines.iter().map(|line| line.cells()), &mut bytes);
    file("text/csv; charset=utf-8", &format!("cover-{round}.csv"), bytes)
}

/// Take the table of cover as a workbook
#[utoipa::path(get, path = "/v1/rounds/{id}/cover.xlsx", tag = "offers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The workbook (docs/exports.md).", body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(super) async fn xlsx(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let found = call.run(move |app, actor| cover::workbook(app, actor, round)).await?;
    workbook(&format!("cover-{round}.xlsx"), found).await
}
