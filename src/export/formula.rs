//! Defuses formulas: a spreadsheet runs a cell that begins with `=`, and names come from people we do not know.
//!
//! The apostrophe tells spreadsheets that text follows. It changes data, so it is written only where a cell is
//! dangerous (OWASP "CSV Injection"; Symfony CVE-2021-41270).

use std::borrow::Cow;

/// The cell with an apostrophe before each of its lines that a spreadsheet could take for a formula.
pub fn defused(cell: &str) -> Cow<'_, str> {
    let places: Vec<usize> =
        line_starts(cell).filter(|place| is_dangerous(&cell[*place..], *place)).collect();
    if places.is_empty() {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len() + places.len());
    let mut written = 0;
    for place in places {
        out.push_str(&cell[written..place]);
        out.push('\'');
        written = place;
    }
    out.push_str(&cell[written..]);
    Cow::Owned(out)
}

/// Where the lines of a cell begin: readers that miss the quotation marks take each for a row of its own.
fn line_starts(cell: &str) -> impl Iterator<Item = usize> {
    let breaks = cell.char_indices().filter(|(_, c)| matches!(c, '\n' | '\r')).map(|(place, _)| place + 1);
    // Between CR and LF no line begins.
    std::iter::once(0).chain(breaks.filter(|place| !cell[place - 1..].starts_with("\r\n")))
}

/// Whether a line, without the spaces before it, begins like a formula. Full-width signs count: spreadsheets set to
/// Japanese or Chinese take them too. A cell must not begin with a line break; later lines may be empty.
fn is_dangerous(from_here: &str, place: usize) -> bool {
    let trimmed = from_here.trim_start_matches(|c: char| {
        c == '\u{FEFF}' || (c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n'))
    });
    trimmed.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'])
        || (place == 0 && trimmed.starts_with(['\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_lines_that_look_like_formulas_get_an_apostrophe() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            (" \u{A0}=1", "' \u{A0}=1"),
            ("+44 1905", "'+44 1905"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\nx", "'\nx"),
            ("\r\n=x", "'\r\n'=x"),
            ("a\n=1", "a\n'=1"),
            ("a\r\n @b", "a\r\n' @b"),
            ("a\r=1", "a\r'=1"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠a", "'＠a"),
        ] {
            assert_eq!(defused(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn usual_cells_stay_as_they_are() {
        for cell in ["", "The Hive", "St Mary's", "a=b", "1 - 2", "a\r\n\r\nb", "'=1", "Tŷ Pawb"] {
            assert_eq!(defused(cell), cell);
        }
    }
}
