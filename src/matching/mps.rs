//! The model in free MPS, so that any MIP solver can check a value.
//!
//! One binary column for each feasible triple, locks as columns fixed at 1, one row for each person, host-day, limit,
//! home-day, and two for each library-day whose balance is required. Names are numbered, since ids may hold spaces;
//! comments say what the numbers are.

use std::collections::BTreeMap;
use std::io::Write;

use super::MatchError;
use super::num::Ix;
use super::problem::{self, Problem};
use crate::files::Round;

/// Rows with their kind (L, G), and what each column has in them.
#[derive(Default)]
struct Rows(BTreeMap<String, (char, i64)>);

impl Rows {
    fn put(&mut self, name: String, kind: char, right: i64) -> String {
        self.0.insert(name.clone(), (kind, right));
        name
    }
}

/// Writes the model.
///
/// # Errors
/// `not_yet` for a limit of rings, `lock_breaks_rule`; `cannot_write` when the output fails.
pub fn write_mps(round: &Round, out: &mut dyn Write) -> Result<(), MatchError> {
    if round.rules.max_ring.is_some() {
        return Err(MatchError::RingLimitNotYet);
    }
    let (problem, key) = problem::build(round, 0)?;
    let mut rows = Rows::default();
    let mut columns = Vec::new();
    for p in 0..problem.home.len() {
        for n in problem.of(p) {
            let pair = &problem.pairs[n];
            for date in problem.open.of(n).map(Ix::new) {
                let mut cells = cells(&problem, &mut rows, problem.home_of(n), pair.host, date);
                cells.push(rows.put(format!("person_{p}"), 'L', 1));
                let about = format!(
                    "{} to {} on {}",
                    key.people[p].id,
                    key.libraries[pair.host.at()].id,
                    key.dates[date.at()]
                );
                columns.push((format!("x_{}", columns.len()), about, pair.value, cells));
            }
        }
    }
    let weight = round.placement_weight();
    for (n, (lock, fixed)) in key.locks.iter().zip(&problem.locks).enumerate() {
        let cells = cells(&problem, &mut rows, fixed.home, fixed.host, fixed.date);
        let about = format!("{} to {} on {}, locked", lock.staff.id, lock.host.id, lock.date);
        let value = weight * (1 + lock.staff.priority) + lock.score;
        columns.push((format!("lock_{n}"), about, value, cells));
    }
    write(out, &rows, &columns).map_err(|error| MatchError::CannotWrite { words: error.to_string() })
}

/// The rows in which a placement counts, "+" or "-" before each balance row.
fn cells(problem: &Problem, rows: &mut Rows, home: Ix, host: Ix, date: Ix) -> Vec<String> {
    let (into, out) = (problem.day(host, date), problem.day(home, date));
    let at = |locks: &dyn Fn(&problem::Fixed) -> bool| {
        super::num::int(problem.locks.iter().filter(|lock| locks(lock)).count())
    };
    let locked_in = at(&|lock| problem.day(lock.host, lock.date) == into);
    let locked_out = at(&|lock| problem.day(lock.home, lock.date) == out);
    let mut cells = vec![
        rows.put(format!("host_{into}"), 'L', problem.hosting[into] + locked_in),
        rows.put(format!("home_{out}"), 'L', problem.release[out] + locked_out),
    ];
    if let Some(limit) = problem.limit[host.at()] {
        let locked = at(&|lock| lock.host == host);
        cells.push(rows.put(format!("limit_{}", host.at()), 'L', limit + locked));
    }
    for (day, sign) in [(into, "+"), (out, "-")] {
        if let Some(balance) = problem.balance[day] {
            rows.put(format!("over_{day}"), 'L', balance);
            rows.put(format!("under_{day}"), 'G', -balance);
            cells.push(format!("{sign}over_{day}"));
            cells.push(format!("{sign}under_{day}"));
        }
    }
    cells
}

type Column = (String, String, i64, Vec<String>);

fn write(out: &mut dyn Write, rows: &Rows, columns: &[Column]) -> std::io::Result<()> {
    writeln!(out, "NAME library-swap\nOBJSENSE\n    MAX\nROWS\n N value")?;
    for (name, (kind, _)) in &rows.0 {
        writeln!(out, " {kind} {name}")?;
    }
    writeln!(out, "COLUMNS\n    MARKER 'MARKER' 'INTORG'")?;
    for (name, about, value, cells) in columns {
        writeln!(out, "* {name}: {}", about.replace(['\n', '\r'], " "))?;
        writeln!(out, "    {name} value {value}")?;
        for cell in cells {
            let (row, unit) = match cell.strip_prefix('-') {
                Some(row) => (row, -1),
                None => (cell.strip_prefix('+').unwrap_or(cell), 1),
            };
            writeln!(out, "    {name} {row} {unit}")?;
        }
    }
    writeln!(out, "    MARKER 'MARKER' 'INTEND'\nRHS")?;
    for (name, (_, right)) in rows.0.iter().filter(|(_, (_, right))| *right != 0) {
        writeln!(out, "    RHS {name} {right}")?;
    }
    writeln!(out, "BOUNDS")?;
    for (name, ..) in columns {
        if name.starts_with("lock_") {
            writeln!(out, " FX BOUND {name} 1")?;
        } else {
            writeln!(out, " BV BOUND {name}")?;
        }
    }
    writeln!(out, "ENDATA")
}
