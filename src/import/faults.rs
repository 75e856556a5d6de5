//! What is wrong with a list: one [`RowFault`] names the place, the value, the rule, and what it costs.

use std::collections::BTreeSet;
use std::fmt;

/// What a fault costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing of the list can be taken.
    List,
    /// The row is left out.
    Row,
    /// The row is taken without this value.
    Value,
    /// Nothing, but somebody should look.
    Nothing,
}

/// One thing that is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line of the file where the row begins, or the row of the sheet; the header is 1.
    pub line: u64,
    /// The column; `row`, `header` or `file` where the fault is none of a single column.
    pub column: String,
    /// The value found there, shortened for people; empty when there is none.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
    /// What it costs.
    pub loss: Loss,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: ", self.line, self.column)?;
        if !self.value.is_empty() {
            write!(f, "`{}` ", self.value)?;
        }
        f.write_str(&self.rule)?;
        f.write_str(match self.loss {
            Loss::List => "; the list is not taken",
            Loss::Row => "; the row is left out",
            Loss::Value => "; the row is taken without it",
            Loss::Nothing => "",
        })
    }
}

/// More than anybody mends in one go; the rest is counted, so that a hostile list cannot fill the memory.
const MOST_FAULTS: usize = 100_000;

/// The faults of a list, and which of its rows are lost.
#[derive(Debug, Default)]
pub struct RowFaults {
    kept: Vec<RowFault>,
    more: usize,
    lost: BTreeSet<u64>,
    refused: bool,
}

impl RowFaults {
    /// Adds one fault.
    pub fn add(&mut self, fault: RowFault) {
        match fault.loss {
            Loss::List => self.refused = true,
            Loss::Row => {
                self.lost.insert(fault.line);
            }
            Loss::Value | Loss::Nothing => {}
        }
        if self.kept.len() < MOST_FAULTS {
            self.kept.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Whether the row that begins at a line is left out.
    pub fn is_lost(&self, line: u64) -> bool {
        self.lost.contains(&line)
    }

    /// Rows that are left out.
    pub fn left_out(&self) -> usize {
        self.lost.len()
    }

    /// Whether nothing of the list can be taken.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// Every fault that was kept, in the order of the list, and how many more there are.
    pub fn into_kept(mut self) -> (Vec<RowFault>, usize) {
        self.kept.sort_by_key(|fault| fault.line);
        (self.kept, self.more)
    }
}
