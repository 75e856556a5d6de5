//! What stands where on a certificate. Lengths are points; heights are counted from the top.
//!
//! Long names become smaller, then take more lines; what people have written goes on on further pages.

use krilla::geom::Rect;
use krilla::tagging::TableHeaderScope;

use super::code::code;
use crate::domain::certificate::Sheet;
use crate::export::pdf::{About, Cell, Element, Ink, Line, PAGE, Paper, PdfError, Style, What, style};

const MARGIN: f32 = 76.0;
/// The side of the QR code with its border: some 0.7 mm a module.
const CODE: f32 = 104.0;
/// From the left of facts to their values.
const VALUES: f32 = 110.0;

const WORDS: Style = style(false, 12.0, Ink::Black);
const NAMES: Style = style(true, 12.0, Ink::Green);
const SMALL: Style = style(false, 9.0, Ink::Black);

/// Lays a certificate out.
///
/// # Errors
/// When the address does not fit a QR code.
pub(super) fn lay_out(sheet: &Sheet) -> Result<Paper, PdfError> {
    // Before anything is measured: what fits no code is too long for a page as well.
    code(&sheet.url, (0.0, 0.0), CODE)?;
    let about = About {
        title: format!("{}: {}", sheet.title, sheet.name),
        heading: sheet.title.clone(),
        language: sheet.language,
        creator: sheet.service.clone(),
        made_at: sheet.issued_at,
        is_framed: true,
        margin: MARGIN,
    };
    let mut paper = Paper::new(about, &format!("{} – {}", sheet.name, sheet.title))?;
    paper.bottom -= height_of_check(&paper, sheet) + 14.0;
    head(&mut paper, sheet);
    facts(&mut paper, sheet);
    for (heading, words) in &sheet.sections {
        paper.section(heading, words);
    }
    even_out(&mut paper);
    check(&mut paper, sheet)?;
    Ok(paper)
}

/// Writes lines in the middle.
fn write_centred(paper: &mut Paper, lines: Vec<Line>, style: Style, leaf: usize) {
    let count = lines.len();
    for (n, line) in lines.into_iter().enumerate() {
        if n > 0 {
            paper.go_down(style.size * 1.25);
        }
        let width = paper.face(style).shape(&line.shown).width(style.size);
        let point = ((PAGE.0 - width) / 2.0, paper.y);
        paper.place(What::Text(line, style, point, n + 1 < count), Some(leaf));
    }
}

fn centred(paper: &mut Paper, words: &str, style: Style, smallest: f32) -> usize {
    let leaf = paper.leaf();
    let (lines, style) = paper.fitted(words, (style, smallest), paper.width());
    write_centred(paper, lines, style, leaf);
    leaf
}

/// Moves a page that is not full down a little, so that what is on it does not hang from the top.
fn even_out(paper: &mut Paper) {
    let by = if paper.pages == 1 { (paper.bottom - paper.y) * 0.3 } else { 0.0 };
    for placed in &mut paper.placed {
        match &mut placed.what {
            What::Text(_, _, at, _) => at.1 += by,
            What::Rule(from, to) => (from.1, to.1) = (from.1 + by, to.1 + by),
            What::Area(..) | What::Edge(_) | What::Link(..) => {}
        }
    }
}

/// Whose certificate it is, and of which library.
fn head(paper: &mut Paper, sheet: &Sheet) {
    let leaf = centred(paper, &sheet.service, style(true, 12.0, Ink::Green), 9.0);
    paper.elements.push(Element::Paragraph(leaf));
    paper.go_down(58.0);
    let leaf = centred(paper, &sheet.title, style(true, 32.0, Ink::Green), 18.0);
    paper.elements.push(Element::Heading(1, sheet.title.clone(), leaf));
    paper.go_down(18.0);
    let middle = PAGE.0 / 2.0;
    paper.place(What::Rule((middle - 40.0, paper.y), (middle + 40.0, paper.y)), None);
    for (down, words, style, smallest) in [
        (42.0, &sheet.opening, WORDS, 9.0),
        (44.0, &sheet.name, style(true, 28.0, Ink::Black), 17.0),
        (38.0, &sheet.statement, WORDS, 9.0),
        (36.0, &sheet.host, style(true, 20.0, Ink::Black), 13.0),
    ] {
        paper.go_down(down);
        let leaf = centred(paper, words, style, smallest);
        paper.elements.push(Element::Paragraph(leaf));
    }
    paper.go_down(20.0);
}

/// Names and values in two columns.
fn facts(paper: &mut Paper, sheet: &Sheet) {
    let mut rows = Vec::new();
    for (name, value) in &sheet.facts {
        paper.go_down(22.0);
        let (head, data) = (paper.leaf(), paper.leaf());
        let lines = paper.lines(name, NAMES, VALUES - 10.0);
        paper.write(lines, NAMES, MARGIN, head);
        let lines = paper.lines(value, WORDS, paper.width() - VALUES);
        paper.write(lines, WORDS, MARGIN + VALUES, data);
        rows.push(vec![
            Cell { head_of: Some(TableHeaderScope::Row), leaf: head },
            Cell { head_of: None, leaf: data },
        ]);
    }
    paper.elements.push(Element::Table(rows));
    paper.go_down(12.0);
}

/// What stands beside the QR code: the words before the address, the address, and who has issued it.
fn lines_of_check(paper: &Paper, sheet: &Sheet) -> (Vec<Line>, (Vec<Line>, Style), Vec<Line>) {
    let width = paper.width() - CODE - 4.0;
    let issue = sheet.issue.iter().flat_map(|words| paper.lines(words, SMALL, width)).collect();
    let address = paper.fitted(&sheet.url, (Style { ink: Ink::Green, ..SMALL }, 7.5), width);
    (paper.lines(&sheet.check, SMALL, width), address, issue)
}

fn height_of_check(paper: &Paper, sheet: &Sheet) -> f32 {
    let (words, (address, _), issue) = lines_of_check(paper, sheet);
    let count = words.len() + address.len() + issue.len();
    let lines = (0..count).fold(16.0, |height, _| height + SMALL.size * 1.4);
    CODE.max(lines)
}

/// How anybody finds out whether the certificate is valid, at the foot of the first page.
fn check(paper: &mut Paper, sheet: &Sheet) -> Result<(), PdfError> {
    let pages = std::mem::replace(&mut paper.pages, 1);
    let top = Paper::foot() - height_of_check(paper, sheet);
    paper.place(What::Rule((MARGIN, top), (MARGIN + paper.width(), top)), None);
    // The white border of the code is there already: it stands on white.
    let figure = paper.leaf();
    paper.place(What::Area(code(&sheet.url, (MARGIN - 10.0, top + 4.0), CODE)?, Ink::Black), Some(figure));
    let (left, step) = (MARGIN + CODE + 4.0, SMALL.size * 1.4);
    paper.bottom = PAGE.1;
    paper.y = top + 22.0;
    let (words, (address, style), _) = lines_of_check(paper, sheet);
    let leaf = paper.leaf();
    paper.write(words, SMALL, left, leaf);
    paper.elements.push(Element::Paragraph(leaf));
    paper.y += step;
    let leaf = paper.leaf();
    let first = paper.y - SMALL.size;
    paper.write(address, style, left, leaf);
    if let Some(area) = Rect::from_ltrb(left, first, MARGIN + paper.width(), paper.y + 3.0) {
        paper.place(What::Link(area, sheet.url.clone(), sheet.check.clone()), Some(leaf));
    }
    paper.elements.push(Element::Link(leaf));
    paper.elements.push(Element::Figure(sheet.figure.clone(), figure));
    paper.y += 4.0;
    for words in &sheet.issue {
        paper.y += step;
        let leaf = paper.leaf();
        let lines = paper.lines(words, SMALL, paper.width() - CODE - 4.0);
        paper.write(lines, SMALL, left, leaf);
        paper.elements.push(Element::Paragraph(leaf));
    }
    paper.pages = pages;
    Ok(())
}
