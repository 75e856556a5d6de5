//! The report of a round as PDF: each table under its chart.

use krilla::geom::{Path, PathBuilder, Rect};
use krilla::tagging::TableHeaderScope;

use super::pdf::{About, Cell, Element, Ink, Line, Paper, PdfError, Style, What, draw, style};
use crate::domain::impact::{HIDDEN, Sheet, SheetTable};

const MARGIN: f32 = 56.0;
const TITLE: Style = style(true, 20.0, Ink::Green);
const SMALL: Style = style(false, 9.0, Ink::Black);
const NAMES: Style = style(true, 9.0, Ink::Black);
/// Between the base lines of a cell.
const LINE: f32 = 12.0;
/// Above the first and below the last of them.
const SPACE: f32 = 5.0;
/// How wide the names of rows are.
const NAME: f32 = 106.0;
/// From a bar to the next one, and how high it is.
const BARS: (f32, f32) = (17.0, 12.0);

/// The report of a round as PDF. Equal sheets give equal bytes.
///
/// # Errors
/// Only when something here is wrong.
pub fn report_pdf(sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    let about = About {
        title: sheet.title.clone(),
        heading: sheet.title.clone(),
        language: sheet.language,
        creator: sheet.service.clone(),
        made_at: sheet.made_at,
        is_framed: false,
        margin: MARGIN,
    };
    let mut paper = Paper::new(about, &format!("{} – {}", sheet.service, sheet.title))?;
    let leaf = paper.leaf();
    let lines = paper.lines(&sheet.title, TITLE, paper.width());
    paper.write(lines, TITLE, MARGIN, leaf);
    paper.elements.push(Element::Heading(1, sheet.title.clone(), leaf));
    paper.go_down(6.0);
    for words in &sheet.lead {
        paper.paragraph(words);
        paper.go_down(4.0);
    }
    for table in &sheet.tables {
        let lines = paper.lines(&table.about, SMALL, paper.width()).len();
        let height = 90.0 + LINE * count(lines) + BARS.0 * count(table.bars.len()) + height_of(&paper, table);
        paper.keep_together(height);
        paper.section(&table.heading, &table.about);
        chart(&mut paper, table, &sheet.not_shown);
        rows(&mut paper, table);
    }
    paper.section(&sheet.ideas.0, &sheet.ideas.1);
    draw(&paper)
}

fn count(of: usize) -> f32 {
    u16::try_from(of).map_or(0.0, f32::from)
}

fn length(share: f64, whole: f32) -> f32 {
    // Shares have at most some hundred thousand steps that anybody could see.
    let parts = (share * 100_000.0).round().clamp(0.0, 100_000.0);
    format!("{parts}").parse().map_or(0.0, |parts: f32| parts / 100_000.0 * whole)
}

fn area(left: f32, top: f32, right: f32, bottom: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_ltrb(left, top, right, bottom)?);
    path.finish()
}

/// The bars, their names, and what their colours are.
fn chart(paper: &mut Paper, table: &SheetTable, not_shown: &str) {
    let figure = paper.leaf();
    let (left, width) = (MARGIN + NAME, paper.width() - NAME);
    paper.go_down(10.0);
    for (bar, (name, _)) in table.bars.iter().zip(&table.rows) {
        paper.go_down(BARS.0);
        let (lines, style) = paper.fitted(name, (SMALL, 6.5), NAME - 8.0);
        paper.write(lines, style, MARGIN, figure);
        let (top, bottom) = (paper.y - BARS.1 + 3.0, paper.y + 3.0);
        let mut x = left;
        for &(column, share) in &bar.parts {
            let end = x + length(share, width);
            if let Some(path) = area(x, top, end, bottom) {
                paper.place(What::Area(path, Ink::Part(column)), Some(figure));
            }
            x = end;
        }
        let rest = bar.hidden.and_then(|share| area(x, top, x + length(share, width), bottom));
        if let Some(path) = rest {
            paper.place(What::Edge(path), Some(figure));
        }
    }
    paper.go_down(BARS.0);
    let columns = table.head.get(1..=table.head.len().saturating_sub(2)).unwrap_or_default();
    let keys = columns.iter().enumerate().map(|(n, name)| (Some(n), name.as_str()));
    let mut x = MARGIN;
    for (column, name) in keys.chain([(None, not_shown)]) {
        let wide = paper.face(SMALL).shape(name).width(SMALL.size);
        if x > MARGIN && x + 13.0 + wide > MARGIN + paper.width() {
            paper.go_down(LINE + 2.0);
            x = MARGIN;
        }
        if let Some(path) = area(x, paper.y - 7.0, x + 8.0, paper.y + 1.0) {
            let what = match column {
                Some(column) => What::Area(path, Ink::Part(column)),
                None => What::Edge(path),
            };
            paper.place(what, Some(figure));
        }
        let lines = paper.lines(name, SMALL, paper.width());
        paper.write(lines, SMALL, x + 12.0, figure);
        x += 12.0 + wide + 14.0;
    }
    paper.elements.push(Element::Figure(table.chart.clone(), figure));
    paper.go_down(6.0);
}

/// How wide a column is.
fn column(paper: &Paper, table: &SheetTable) -> f32 {
    (paper.width() - NAME) / count(table.head.len().saturating_sub(1).max(1))
}

/// The lines of each cell of a row.
fn cells(paper: &Paper, table: &SheetTable, row: &[&str], is_head: bool) -> Vec<Vec<Line>> {
    let wide = column(paper, table) - 4.0;
    let lines = |(n, words): (usize, &&str)| {
        let style = if is_head || n == 0 { NAMES } else { SMALL };
        paper.lines(words, style, if n == 0 { NAME - 6.0 } else { wide })
    };
    row.iter().enumerate().map(lines).collect()
}

fn all_rows(table: &SheetTable) -> Vec<Vec<&str>> {
    let head = table.head.iter().map(String::as_str).collect();
    let body = table.rows.iter().map(|(name, values)| {
        let values = values.iter().map(|value| value.as_deref().unwrap_or(HIDDEN));
        std::iter::once(name.as_str()).chain(values).collect()
    });
    std::iter::once(head).chain(body).collect()
}

fn height_of_row(cells: &[Vec<Line>]) -> f32 {
    LINE * count(cells.iter().map(Vec::len).max().unwrap_or_default()) + 2.0 * SPACE
}

fn height_of(paper: &Paper, table: &SheetTable) -> f32 {
    let rows = all_rows(table);
    let heights = rows.iter().enumerate().map(|(n, row)| height_of_row(&cells(paper, table, row, n == 0)));
    heights.sum()
}

/// The table, with a line under each row.
fn rows(paper: &mut Paper, table: &SheetTable) {
    let all = all_rows(table);
    let wide = column(paper, table);
    let mut tagged = Vec::new();
    for (n, row) in all.iter().enumerate() {
        let is_head = n == 0;
        let cells = cells(paper, table, row, is_head);
        let height = height_of_row(&cells);
        paper.keep_together(height);
        paper.go_down(SPACE + LINE - 3.0);
        let top = paper.y;
        let mut group = Vec::new();
        for (column, lines) in cells.into_iter().enumerate() {
            let leaf = paper.leaf();
            let style = if is_head || column == 0 { NAMES } else { SMALL };
            paper.y = top;
            let count_of_lines = lines.len();
            for (n, line) in lines.into_iter().enumerate() {
                if n > 0 {
                    paper.y += LINE;
                }
                // Numbers end where the column does.
                let x = if column == 0 {
                    MARGIN
                } else {
                    MARGIN + NAME + wide * count(column)
                        - paper.face(style).shape(&line.shown).width(style.size)
                };
                let point = (x, paper.y);
                paper.place(What::Text(line, style, point, n + 1 < count_of_lines), Some(leaf));
            }
            let head_of = match (is_head, column) {
                (true, _) => Some(TableHeaderScope::Column),
                (false, 0) => Some(TableHeaderScope::Row),
                (false, _) => None,
            };
            group.push(Cell { head_of, leaf });
        }
        tagged.push(group);
        paper.y = top - (SPACE + LINE - 3.0) + height;
        let (left, right) = (MARGIN, MARGIN + paper.width());
        paper.place(What::Rule((left, paper.y), (right, paper.y)), None);
    }
    paper.elements.push(Element::Table(tagged));
}
