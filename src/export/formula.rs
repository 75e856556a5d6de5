//! Defuses formulas: a spreadsheet runs a cell that begins with `=`, and names come from people we do not know.
//!
//! The apostrophe tells spreadsheets that text follows. It changes data, so it is written only where a cell is
//! dangerous (OWASP "CSV Injection"; Symfony CVE-2021-41270).

use std::borrow::Cow;

/// The cell with an apostrophe before each of its parts that a spreadsheet could take for a formula: itself, its lines, and
/// what stands behind another delimiter than the file's. A spreadsheet that is set to another one cuts there, and to it
/// the quotation marks of ours mean nothing.
pub fn defused(cell: &str, delimiter: char) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(cell);
    let mut added = 0;
    for place in starts(cell, delimiter) {
        if is_dangerous(&cell[place..], place) {
            out.to_mut().insert(place + added, '\'');
            added += 1;
        }
    }
    out
}

/// Where the parts of a cell begin.
fn starts(cell: &str, delimiter: char) -> impl Iterator<Item = usize> {
    let cuts = move |c| matches!(c, '\n' | '\r' | ',' | ';' | '\t') && c != delimiter;
    let breaks = cell.char_indices().filter(move |(_, c)| cuts(*c)).map(|(place, _)| place + 1);
    // Between CR and LF nothing begins.
    std::iter::once(0).chain(breaks.filter(|place| !cell[place - 1..].starts_with("\r\n")))
}

/// Whether a part begins like a formula. Full-width signs count: spreadsheets set to Japanese or Chinese take them too.
/// Quotation marks do not hide one: programs that cut elsewhere read them otherwise. A cell must not begin with a line
/// break; later lines may be empty.
fn is_dangerous(from_here: &str, place: usize) -> bool {
    let trimmed = from_here.trim_start_matches(|c: char| {
        matches!(c, '"' | '\u{FEFF}') || (c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n'))
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
            ("a;=1;b", "a;'=1;b"),
            ("a;\"=1", "a;'\"=1"),
            ("a\t-1", "a\t'-1"),
            ("a,=1", "a,=1"),
        ] {
            assert_eq!(defused(cell, ','), expected, "{cell:?}");
        }
    }

    #[test]
    fn usual_cells_stay_as_they_are() {
        for cell in ["", "The Hive", "St Mary's", "a=b", "1 - 2", "a\r\n\r\nb", "'=1", "Tŷ Pawb"] {
            assert_eq!(defused(cell, ','), cell);
        }
    }
}
