//! Working patterns in bodies of sign-ups and applications.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::offers::hours_of;
use super::{read, schemas};
use crate::domain::json::{At, Object};
use crate::domain::pattern::{self, Week, Weeks};

/// When a person works: `weekdays`, or `alternate` with two weeks that take turns. Hours are local, from and to; a
/// weekday that is absent is a day off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    /// Every week.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::optional_week, required = false)]
    weekdays: Option<BTreeMap<String, [String; 2]>>,
    /// Two weeks that take turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternate: Option<Alternate>,
    /// Days that are worked beside, or at other hours.
    #[schema(schema_with = schemas::hours, required = false)]
    added: BTreeMap<NaiveDate, [String; 2]>,
    /// Days that are not worked after all.
    #[schema(schema_with = schemas::optional_dates, required = false)]
    removed: BTreeSet<NaiveDate>,
}

/// Two weeks that take turns.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternate {
    /// A day of a week like the first.
    from: NaiveDate,
    #[schema(schema_with = schemas::two_weeks)]
    weeks: [BTreeMap<String, [String; 2]>; 2],
}

fn shown_week(week: &Week) -> BTreeMap<String, [String; 2]> {
    let text = |time: &chrono::NaiveTime| time.format("%H:%M").to_string();
    week.iter().map(|(day, (from, to))| (day.to_string(), [text(from), text(to)])).collect()
}

impl From<pattern::Pattern> for Pattern {
    fn from(pattern: pattern::Pattern) -> Self {
        let (weekdays, alternate) = match &pattern.weeks {
            Weeks::Every(week) => (Some(shown_week(week)), None),
            Weeks::Alternate { from, weeks } => {
                (None, Some(Alternate { from: *from, weeks: weeks.each_ref().map(shown_week) }))
            }
        };
        Self { weekdays, alternate, added: hours_of(&pattern.added), removed: pattern.removed }
    }
}

fn read_week(at: &At<'_>) -> Option<Week> {
    read::by_weekday(at, read::span)
}

fn read_alternate(at: &At<'_>) -> Option<Weeks> {
    let object = at.object(&["from", "weeks"])?;
    let from = object.required("from").and_then(|at| at.date());
    let weeks = object.required("weeks").and_then(|at| {
        let [first, second] = at.tuple("must be two weeks")?;
        let (first, second) = (read_week(&first), read_week(&second));
        Some([first?, second?])
    });
    Some(Weeks::Alternate { from: from?, weeks: weeks? })
}

fn read_weeks(at: &At<'_>, object: &Object<'_>) -> Option<Weeks> {
    match (object.optional("weekdays"), object.optional("alternate")) {
        (Some(weekdays), None) => read_week(&weekdays).map(Weeks::Every),
        (None, Some(alternate)) => read_alternate(&alternate),
        (None, None) | (Some(_), Some(_)) => {
            at.fault("must have either `weekdays` or `alternate`");
            None
        }
    }
}

/// Reads an optional pattern.
pub(super) fn read_pattern(object: &Object<'_>) -> Option<Option<pattern::Pattern>> {
    read::maybe_absent(object, "pattern", |at| {
        let object = at.object(&["weekdays", "alternate", "added", "removed"])?;
        let weeks = read_weeks(at, &object);
        let added = read::hours(&object, "added");
        let removed = read::set(&object, "removed", At::date);
        Some(pattern::Pattern { weeks: weeks?, added: added?, removed: removed?.into_iter().collect() })
    })
}
