//! Tables of people that are safe to publish: small cells are suppressed, and others so that nobody can work these out.
//!
//! A table has rows, columns and the totals of both. A cell of 1 to 4 people is suppressed (primary suppression), and then
//! more cells until none of the suppressed ones follows from what is shown and no line hides fewer than five people together
//! (complementary suppression). Which suppressed cells follow from the others is a question of graphs: rows and columns are
//! nodes, suppressed cells are edges, and exactly the bridges are determined (Gusfield, "A graph theoretic approach to
//! statistical data security", SIAM Journal on Computing 17, 1988). Totals are cells like others.

use std::collections::BTreeSet;

/// Fewer people than this are not shown.
pub const FEWEST: u64 = 5;

/// A table with its totals: one row and one column more than was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    columns: usize,
    cells: Vec<u64>,
    hidden: BTreeSet<usize>,
}

impl Table {
    /// The table of counts, row by row, with what has to be hidden hidden.
    pub fn new(rows: &[Vec<u64>]) -> Self {
        let mut table = Self::plain(rows);
        table.hide();
        table
    }

    /// The table with nothing hidden: of what is told beside another one, and hidden with that.
    pub fn plain(rows: &[Vec<u64>]) -> Self {
        let inner = rows.first().map_or(0, Vec::len);
        let mut cells = Vec::new();
        for row in rows {
            cells.extend(row.iter().copied());
            cells.push(row.iter().sum());
        }
        for column in 0..inner {
            cells.push(rows.iter().map(|row| row[column]).sum());
        }
        cells.push(rows.iter().flatten().sum());
        Self { columns: inner + 1, cells, hidden: BTreeSet::new() }
    }

    /// Rows without that of the totals.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns - 1
    }

    /// Columns without that of the totals.
    pub fn columns(&self) -> usize {
        self.columns - 1
    }

    /// What is shown of a cell; row and column may be those of the totals, which come last. None: suppressed.
    pub fn shown(&self, row: usize, column: usize) -> Option<u64> {
        let cell = row * self.columns + column;
        (!self.hidden.contains(&cell)).then(|| self.cells[cell])
    }

    /// The cells of another table of the same shape and of the same people, hidden where these are.
    pub fn shown_of(&self, other: &Self, row: usize, column: usize) -> Option<u64> {
        self.shown(row, column).map(|_| other.cells[row * self.columns + column])
    }

    fn hide(&mut self) {
        self.hidden.extend((0..self.cells.len()).filter(|cell| (1..FEWEST).contains(&self.cells[*cell])));
        // Each step hides one more cell, so that it ends.
        while let Some(line) = self.weak_line() {
            let smallest = |among: &mut dyn Iterator<Item = usize>| {
                let can = among.filter(|cell| !self.hidden.contains(cell) && self.cells[*cell] > 0);
                can.min_by_key(|cell| (self.cells[*cell], *cell))
            };
            let all = 0..self.cells.len();
            match smallest(&mut line.into_iter()).or_else(|| smallest(&mut all.clone())) {
                Some(cell) => self.hidden.insert(cell),
                // Where zeros alone are left, they tell too much as well.
                None => return self.hidden.extend(all),
            };
        }
    }

    fn row_of(&self, cell: usize) -> Vec<usize> {
        let first = cell / self.columns * self.columns;
        (first..first + self.columns).collect()
    }

    fn column_of(&self, cell: usize) -> Vec<usize> {
        (cell % self.columns..self.cells.len()).step_by(self.columns).collect()
    }

    /// A row or column in which one more cell has to be hidden; none where all is well, or hidden.
    fn weak_line(&self) -> Option<Vec<usize>> {
        if self.hidden.len() == self.cells.len() {
            return None;
        }
        // Everybody can tell that a hidden cell is not zero: what its line hides must leave room beyond one each.
        let is_few = |line: &Vec<usize>| {
            let inner: Vec<usize> = line.iter().copied().filter(|cell| self.hidden.contains(cell)).collect();
            let sum: u64 = inner.iter().map(|cell| self.cells[*cell]).sum();
            usize::try_from(sum.saturating_sub(FEWEST)).is_ok_and(|room| room < inner.len())
        };
        let mut lines = self.hidden.iter().flat_map(|cell| [self.row_of(*cell), self.column_of(*cell)]);
        lines.find(is_few).or_else(|| self.bridges().first().map(|cell| self.row_of(*cell)))
    }

    /// The hidden cells that follow from what is shown: without the cell its row and its column are not connected by others.
    pub fn bridges(&self) -> Vec<usize> {
        let follows = |cell: &usize| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![(true, cell / self.columns)]);
            while let Some((is_row, line)) = next.pop() {
                if !seen.insert((is_row, line)) {
                    continue;
                }
                let others = self.hidden.iter().filter(|other| *other != cell);
                next.extend(others.filter_map(|other| {
                    let (row, column) = (other / self.columns, other % self.columns);
                    match is_row {
                        true if row == line => Some((false, column)),
                        false if column == line => Some((true, row)),
                        _ => None,
                    }
                }));
            }
            !seen.contains(&(false, cell % self.columns))
        };
        self.hidden.iter().copied().filter(|cell| follows(cell)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(table: &Table) -> Vec<Option<u64>> {
        let lines = (0..=table.rows()).flat_map(|row| (0..=table.columns()).map(move |column| (row, column)));
        lines.map(|(row, column)| table.shown(row, column)).collect()
    }

    #[test]
    fn a_small_cell_takes_others_with_it() {
        let table = Table::new(&[vec![12, 3, 0], vec![7, 20, 9], vec![1, 8, 30]]);
        let as_read: Vec<Option<u64>> = vec![
            None,
            None,
            Some(0),
            Some(15),
            Some(7),
            Some(20),
            Some(9),
            Some(36),
            None,
            None,
            Some(30),
            Some(39),
            Some(20),
            Some(31),
            Some(39),
            Some(90),
        ];
        assert_eq!(shown(&table), as_read);
        assert_eq!(shown(&Table::new(&[vec![3]])), [None; 4], "nothing is left to show");
        let plain = Table::new(&[vec![10, 0], vec![5, 7]]);
        assert!(shown(&plain).iter().all(Option::is_some));
    }

    /// The tables of two rows and two columns that look the same to whoever reads what is shown and knows the rules: a hidden
    /// cell is not zero, unless all are hidden.
    fn look_alikes(table: &Table) -> Vec<Table> {
        let (most, seen) = (16_u64, shown(table));
        let all_hidden = seen.iter().all(Option::is_none);
        let mut found = Vec::new();
        for cells in 0..most * most * most * most {
            let cell = |n: u32| cells / most.pow(n) % most;
            let other = Table::plain(&[vec![cell(0), cell(1)], vec![cell(2), cell(3)]]);
            let fits = seen.iter().zip(&other.cells).all(|(seen, cell)| match seen {
                Some(count) => count == cell,
                None => all_hidden || *cell > 0,
            });
            if fits {
                found.push(other);
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn nobody_works_out_what_is_hidden(cells in proptest::collection::vec(0_u64..14, 4)) {
            let table = Table::new(&[vec![cells[0], cells[1]], vec![cells[2], cells[3]]]);
            let others = look_alikes(&table);
            for cell in table.hidden.iter().copied() {
                let values: BTreeSet<u64> = others.iter().map(|other| other.cells[cell]).collect();
                prop_assert!(values.len() > 1, "{cells:?}: cell {cell} is {values:?}");
            }
        }

        #[test]
        fn small_cells_are_hidden_and_none_follows_from_the_others(
            (columns, cells) in (1_usize..6, 1_usize..6).prop_flat_map(|(rows, columns)| {
                (Just(columns), proptest::collection::vec(prop_oneof![Just(0_u64), 0..9_u64, 0..60_u64], rows * columns))
            }),
        ) {
            let rows: Vec<Vec<u64>> = cells.chunks(columns).map(<[u64]>::to_vec).collect();
            let table = Table::new(&rows);
            prop_assert!(shown(&table).iter().flatten().all(|count| *count == 0 || *count >= FEWEST));
            prop_assert!(table.bridges().is_empty(), "{:?}", table.bridges());
        }
    }
}
