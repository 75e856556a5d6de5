//! What a round came to, in tables that are safe to publish: who went where, who went without, who had waited.

use serde::{Deserialize, Serialize};

use super::disclosure::Table;
use super::sector::Sector;
use super::states::named;

/// What libraries of several sectors at once are counted as.
pub const SEVERAL: &str = "several";

/// The rows of tables by sector: the sectors, then [`SEVERAL`].
pub fn kinds() -> Vec<String> {
    Sector::ALL.iter().map(ToString::to_string).chain([SEVERAL.to_owned()]).collect()
}

/// Which of [`kinds`] a library with these sectors is.
pub fn kind_of(sectors: &[Sector]) -> usize {
    match sectors {
        [one] => Sector::ALL.iter().position(|sector| sector == one).unwrap_or(Sector::ALL.len()),
        _ => Sector::ALL.len(),
    }
}

named! {
    /// What became of somebody who was matched: the columns of tables of people.
    Came {
        /// They were there.
        Went = "went",
        /// They had a place, and the day did not take place.
        HadAPlace = "day_did_not_take_place",
        /// There was no place for them.
        LeftOut = "left_out",
    }
}

/// A table as it is published: the last value of each row, and the last row, are totals; none: fewer than five people, or
/// hidden so that nobody can work these out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// What the rows are.
    pub rows: Vec<String>,
    /// What the columns are.
    pub columns: Vec<String>,
    /// Row by row, one more of each.
    pub values: Vec<Vec<Option<f64>>>,
}

impl Published {
    /// A table of people.
    pub fn of(rows: Vec<String>, columns: Vec<String>, table: &Table) -> Self {
        Self::with(rows, columns, table, |row, column| table.shown(row, column).map(|count| number(count, 1)))
    }

    /// Minutes of the same people as hours, hidden where they are.
    pub fn hours(rows: Vec<String>, columns: Vec<String>, people: &Table, minutes: &Table) -> Self {
        Self::with(rows, columns, people, |row, column| {
            people.shown_of(minutes, row, column).map(|minutes| number(minutes, 60))
        })
    }

    fn with(
        rows: Vec<String>,
        columns: Vec<String>,
        table: &Table,
        value: impl Fn(usize, usize) -> Option<f64>,
    ) -> Self {
        let row = |row| (0..=table.columns()).map(|column| value(row, column)).collect();
        Self { rows, columns, values: (0..=table.rows()).map(row).collect() }
    }
}

/// Hundredths of a whole, so that the number reads well.
fn number(count: u64, per: u64) -> f64 {
    let hundredths = u32::try_from(count * 100 / per).unwrap_or(u32::MAX);
    f64::from(hundredths) / 100.0
}

/// What a round came to. Made once and then never changed: two reports of one round would tell by their difference what
/// neither tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// Days that took place, from the sector of the home to that of the host.
    pub days: Published,
    /// Their hours: given by the hosts, taken by the homes.
    pub hours: Published,
    /// What became of the people of each sector.
    pub demand: Published,
    /// What became of those who had gone without in rounds before.
    pub waiting: Published,
    /// Ideas brought home, and how often somebody tried one; by fewer than five people: none.
    pub ideas: [Option<u64>; 2],
}
