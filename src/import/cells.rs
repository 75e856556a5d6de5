//! One row while it is read: every cell is asked for by its column, every fault is kept.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::columns::List;
use super::table::TableRow;
use super::{Kind, Loss, RowFault, RowFaults};
use crate::domain::fault::{Rule, maybe, shortened};

/// Characters of a cell; more is a missing quotation mark or no list.
const LONGEST: usize = 10_000;

/// A row of a list.
pub struct Cells<'a> {
    list: &'a List<'a>,
    row: &'a TableRow<'a>,
    faults: &'a mut RowFaults,
}

impl Cells<'_> {
    /// The trimmed cell; empty where the list has no such column.
    pub fn cell(&self, column: &str) -> &str {
        let place = self.list.position(column);
        place.and_then(|place| self.row.record.get(place)).unwrap_or_default().trim()
    }

    /// Reports a fault of a column's cell.
    pub fn report(&mut self, column: &str, rule: Rule, loss: Loss) {
        let value = shortened(self.cell(column));
        let column = self.list.name_of(column);
        let line = self.row.first_line;
        self.faults.add(RowFault { line, column, value, rule: rule.0.into_owned(), loss });
    }

    /// A value without which the row is worth nothing.
    pub fn needed<T: FromStr<Err = Rule>>(&mut self, column: &str) -> Option<T> {
        self.cell(column).parse().map_err(|rule: Rule| self.report(column, rule, Loss::Row)).ok()
    }

    /// A value that may be absent: a wrong one is reported and left out.
    pub fn wanted<T: FromStr<Err = Rule>>(&mut self, column: &str) -> Option<T> {
        self.given(column, Loss::Value)
    }

    /// A value that may be absent; a wrong one costs what it says.
    pub fn given<T: FromStr<Err = Rule>>(&mut self, column: &str, loss: Loss) -> Option<T> {
        if self.cell(column).is_empty() {
            return None;
        }
        self.cell(column).parse().map_err(|rule: Rule| self.report(column, rule, loss)).ok()
    }

    /// A date.
    pub fn date(&mut self, column: &str) -> Option<NaiveDate> {
        self.needed::<ListedDate>(column).map(|date| date.0)
    }

    /// A whole number, if there is one; a wrong one costs the row.
    pub fn whole_number(&mut self, column: &str) -> Option<u32> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok();
        if read.is_none() {
            self.report(column, Rule::of("must be a whole number"), Loss::Row);
        }
        read
    }

    /// Several values in one cell, separated by spaces, commas or semicolons; a wrong one costs what it says.
    pub fn several<T: FromStr<Err = Rule>>(&mut self, column: &str, loss: Loss) -> Vec<T> {
        let text = self.cell(column).to_owned();
        let words =
            text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty());
        let read = words.map(|word| {
            word.parse().map_err(|rule: Rule| {
                let rule = Rule::new(format!("has `{}`, which {rule}", shortened(word)));
                self.report(column, rule, loss);
            })
        });
        read.filter_map(Result::ok).collect()
    }

    /// Yes or no in the usual words; `empty` where the cell is.
    pub fn yes_or_no<T>(&mut self, column: &str, yes: T, no: T, empty: T) -> Option<T> {
        match self.cell(column).to_lowercase().as_str() {
            "" => Some(empty),
            "yes" | "y" | "true" | "1" | "active" => Some(yes),
            "no" | "n" | "false" | "0" | "inactive" => Some(no),
            other => {
                let hint = maybe(other, ["yes", "no"]);
                self.report(column, Rule::new(format!("must be yes or no{hint}")), Loss::Row);
                None
            }
        }
    }

    /// What no cell may be, whatever its column holds; true where the row can be read on.
    fn check(&mut self) -> bool {
        let found = self.row.record.len();
        if found != self.list.width {
            self.report_length(found);
            return false;
        }
        for column in self.list.columns() {
            let cell = self.cell(column);
            let length = cell.chars().count();
            let rule = if length > LONGEST {
                Rule::new(format!("must have at most {LONGEST} characters: it has {length}"))
            } else if cell.contains('\0') {
                Rule::of("must have no control characters: it has U+0000")
            } else if is_formula(cell) {
                Rule::of("begins like a formula: write its result")
            } else {
                continue;
            };
            self.report(column, rule, Loss::Row);
            return false;
        }
        true
    }

    /// A row of another length than the header has its values under wrong names.
    fn report_length(&mut self, found: usize) {
        let (expected, last_line) = (self.list.width, self.row.last_line);
        let hint = if last_line > self.row.first_line {
            format!(" and runs to line {last_line} (maybe a quotation mark is missing)")
        } else if found > expected {
            " (maybe a cell with the separator in it needs quotation marks)".to_owned()
        } else {
            String::new()
        };
        let rule = format!("has {found} cells where the header has {expected}{hint}");
        let line = self.row.first_line;
        self.faults.add(RowFault {
            line,
            column: "row".to_owned(),
            value: String::new(),
            rule,
            loss: Loss::Row,
        });
    }
}

/// A date as lists write it: 2027-03-01, 01/03/2027 as British spreadsheets have it, or 01.03.2027 as German ones.
pub(super) struct ListedDate(pub(super) NaiveDate);

impl FromStr for ListedDate {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::of("must not be empty"));
        }
        ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"]
            .into_iter()
            .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
            .filter(|date| SENSIBLE_YEARS.contains(&date.year()))
            .map(Self)
            .ok_or(Rule::of("must be a date like 2027-03-01 or 01/03/2027 (day first)"))
    }
}

/// Other years are slips of the finger.
const SENSIBLE_YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// Signs with which a spreadsheet begins a formula. Numbers begin with two of them, too.
fn is_formula(cell: &str) -> bool {
    let mut signs = cell.chars();
    match signs.next() {
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => {
            signs.next().is_some_and(|c| !(c.is_ascii_digit() || matches!(c, '.' | ' ')))
        }
        Some(_) | None => false,
    }
}

/// A row that was read, with its place for faults that show later.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<T> {
    /// Line of the file, or row of the sheet.
    pub line: u64,
    /// What it says.
    pub row: T,
}

/// How many rows are handed on at once: also the most ids that one query asks for.
const PIECE: usize = 1_000;

/// Reads a list piece by piece; `take` gets each piece. Gives the number of rows, whether taken or left out.
///
/// # Errors
/// What `take` returns.
pub fn read_list<T, E>(
    list: &List<'_>,
    kind: Kind,
    read: impl Fn(&mut Cells<'_>) -> Option<T>,
    faults: &mut RowFaults,
    mut take: impl FnMut(Vec<Line<T>>, &mut RowFaults) -> Result<(), E>,
) -> Result<usize, E> {
    let mut rows = list.rows();
    let mut first_lines: HashMap<String, u64> = HashMap::new();
    let mut piece = Vec::with_capacity(PIECE);
    let mut count = 0;
    while let Some(row) = rows.next_row() {
        count += 1;
        let line = row.first_line;
        let mut cells = Cells { list, row: &row, faults };
        if !cells.check() {
            continue;
        }
        let row = read(&mut cells);
        let key: Vec<String> = kind.key().iter().map(|column| cells.cell(column).to_lowercase()).collect();
        // The first column of a key is its own: without it there is nothing to compare.
        if !key.first().is_some_and(String::is_empty)
            && let Some(first) = first_lines.insert(key.join("\n"), line)
        {
            let columns = kind.key().join(", ");
            let rule =
                Rule::new(format!("says the same {columns} as line {first}: each may stand in a list once"));
            cells.report(kind.key()[0], rule, Loss::Row);
            first_lines.insert(key.join("\n"), first);
            continue;
        }
        if let Some(row) = row.filter(|_| !faults.is_lost(line)) {
            piece.push(Line { line, row });
        }
        if piece.len() == PIECE {
            take(std::mem::take(&mut piece), faults)?;
        }
    }
    take(piece, faults)?;
    Ok(count)
}
