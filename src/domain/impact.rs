//! What a round came to, in tables that are safe to publish: who went where, who went without, who had waited.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::disclosure::Table;
use super::language::Language;
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

/// A row as a bar of a chart, in shares of the longest one.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Columns with something in them, and how long each is.
    pub parts: Vec<(usize, f64)>,
    /// What the row's total has more than its shown columns.
    pub hidden: Option<f64>,
}

impl Published {
    /// A bar for each row but that of the totals. Rows of which the total is hidden end with what is shown.
    pub fn bars(&self) -> Vec<Bar> {
        let rows = self.values.get(..self.rows.len()).unwrap_or_default();
        let total = |row: &[Option<f64>]| row.last().copied().flatten();
        let most = rows.iter().filter_map(|row| total(row)).fold(1.0, f64::max);
        let bar = |row: &Vec<Option<f64>>| {
            let cells = row.iter().take(self.columns.len()).enumerate();
            let parts: Vec<(usize, f64)> = cells
                .filter_map(|(column, value)| Some((column, value.filter(|value| *value > 0.0)? / most)))
                .collect();
            let shown: f64 = parts.iter().map(|(_, share)| share).sum();
            let hidden = total(row).map(|total| total / most - shown).filter(|rest| *rest > 0.001);
            Bar { parts, hidden }
        };
        rows.iter().map(bar).collect()
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

/// A report in words, ready to be shown as a page or set as a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The language of everything that the service says.
    pub language: Language,
    /// What the service calls itself.
    pub service: String,
    /// What it is the report of.
    pub title: String,
    /// When the round was, and how tables are read.
    pub lead: Vec<String>,
    /// The tables.
    pub tables: Vec<SheetTable>,
    /// What the part about ideas is called, and what it says.
    pub ideas: (String, String),
    /// What a bar's dashed end and the sign [`HIDDEN`] are.
    pub not_shown: String,
    /// When it was made, in UTC.
    pub made_at: NaiveDateTime,
}

/// What stands in a cell that is not shown.
pub const HIDDEN: &str = "–";

/// A table in words.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetTable {
    /// What it is about.
    pub heading: String,
    /// In a sentence.
    pub about: String,
    /// With what is counted.
    pub caption: String,
    /// What the picture is, for those who do not see it.
    pub chart: String,
    /// What the rows are, the columns, and *together*.
    pub head: Vec<String>,
    /// The name of each row and its cells; the last one holds totals.
    pub rows: Vec<(String, Vec<Option<String>>)>,
    /// A bar for each row but the last.
    pub bars: Vec<Bar>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_what_is_shown_and_how_much_is_not() {
        let table = Published {
            rows: vec!["public".to_owned(), "school".to_owned(), "academic".to_owned()],
            columns: vec!["went".to_owned(), "left_out".to_owned()],
            values: vec![
                vec![Some(15.0), Some(5.0), Some(20.0)],
                vec![None, Some(0.0), Some(10.0)],
                vec![Some(6.0), None, None],
                vec![None, None, None],
            ],
        };
        let bar = |parts: &[(usize, f64)], hidden| Bar { parts: parts.to_vec(), hidden };
        assert_eq!(
            table.bars(),
            [bar(&[(0, 0.75), (1, 0.25)], None), bar(&[], Some(0.5)), bar(&[(0, 0.3)], None)]
        );
    }
}
