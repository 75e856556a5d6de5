//! What stands where on a certificate, on A4. Lengths are points; heights are counted from the top.
//!
//! Long names become smaller, then take more lines; what people have written goes on on further pages.

use krilla::geom::{Path, Rect};

use super::CertificateError;
use super::code::code;
use super::text::{Fonts, Line, Type};
use crate::domain::certificate::Sheet;

/// The page.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 76.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
const TOP: f32 = 96.0;
const BOTTOM: f32 = 778.0;
/// The side of the QR code with its border: some 0.7 mm a module.
const CODE: f32 = 104.0;
/// Where the values of facts begin.
const VALUES: f32 = LEFT + 110.0;

/// A colour of text and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Text.
    Black,
    /// Headings and lines.
    Green,
}

/// How text looks.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) is_bold: bool,
    pub(super) size: f32,
    pub(super) ink: Ink,
}

const fn style(is_bold: bool, size: f32, ink: Ink) -> Style {
    Style { is_bold, size, ink }
}

const WORDS: Style = style(false, 12.0, Ink::Black);
const HEADING: Style = style(true, 12.0, Ink::Green);
const WRITTEN: Style = style(false, 10.5, Ink::Black);
const SMALL: Style = style(false, 9.0, Ink::Black);

/// Something to draw.
pub(super) enum What {
    /// A line of text from a point of its base line; whether its paragraph goes on.
    Text(Line, Style, (f32, f32), bool),
    /// An area, in black.
    Area(Path),
    /// A thin line between two points.
    Rule((f32, f32), (f32, f32)),
    /// What takes whoever clicks it to the address.
    Link(Rect),
}

/// Something on a page, and the leaf of the tree that it belongs to; none: an ornament.
pub(super) struct Placed {
    pub(super) page: usize,
    pub(super) what: What,
    pub(super) leaf: Option<usize>,
}

/// What something is, with the leaf that its content hangs on.
pub(super) enum Element {
    Heading(u16, String, usize),
    Paragraph(usize),
    Facts(Vec<(usize, usize)>),
    /// The address.
    Link(usize),
    /// The QR code.
    Figure(usize),
}

/// A certificate that is laid out.
pub(super) struct Layout {
    pub(super) fonts: &'static Fonts,
    pub(super) placed: Vec<Placed>,
    /// In the order in which they are read.
    pub(super) elements: Vec<Element>,
    pub(super) leaves: usize,
    pub(super) pages: usize,
    /// The base line of what was placed last.
    y: f32,
    /// How far down the present page may be filled.
    bottom: f32,
    /// What stands at the head of further pages.
    running: Line,
}

/// Lays a certificate out.
///
/// # Errors
/// When the address does not fit a QR code.
pub(super) fn lay_out(sheet: &Sheet, fonts: &'static Fonts) -> Result<Layout, CertificateError> {
    // Before anything is measured: what fits no code is too long for a page as well.
    code(&sheet.url, (0.0, 0.0), CODE)?;
    let running = fonts.regular.lines(&format!("{} – {}", sheet.name, sheet.title), SMALL.size, WIDTH);
    let mut layout = Layout {
        running: running.into_iter().next().unwrap_or_default(),
        fonts,
        placed: Vec::new(),
        elements: Vec::new(),
        leaves: 0,
        pages: 1,
        y: TOP,
        bottom: BOTTOM,
    };
    layout.bottom = BOTTOM - layout.height_of_check(sheet) - 14.0;
    layout.head(sheet);
    layout.facts(sheet);
    for (heading, words) in &sheet.sections {
        layout.section(heading, words);
    }
    layout.even_out();
    layout.check(sheet)?;
    Ok(layout)
}

impl Layout {
    fn face(&self, style: Style) -> &'static Type {
        if style.is_bold { &self.fonts.bold } else { &self.fonts.regular }
    }

    fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    fn place(&mut self, what: What, leaf: Option<usize>) {
        self.placed.push(Placed { page: self.pages - 1, what, leaf });
    }

    fn lines(&self, words: &str, style: Style, width: f32) -> Vec<Line> {
        self.face(style).lines(words, style.size, width)
    }

    /// Goes down, onto the next page where this one is full.
    fn go_down(&mut self, by: f32) {
        self.y += by;
        if self.y > self.bottom {
            self.pages += 1;
            (self.y, self.bottom) = (TOP, BOTTOM);
            self.place(What::Text(self.running.clone(), SMALL, (LEFT, TOP - 30.0), false), None);
        }
    }

    /// Writes lines below each other from a point on, and hangs them on a leaf.
    fn write(&mut self, lines: Vec<Line>, style: Style, left: f32, leaf: usize) {
        let count = lines.len();
        for (n, line) in lines.into_iter().enumerate() {
            if n > 0 {
                self.go_down(style.size * 1.4);
            }
            let point = (left, self.y);
            self.place(What::Text(line, style, point, n + 1 < count), Some(leaf));
        }
    }

    /// Writes lines in the middle.
    fn write_centred(&mut self, lines: Vec<Line>, style: Style, leaf: usize) {
        let count = lines.len();
        for (n, line) in lines.into_iter().enumerate() {
            if n > 0 {
                self.go_down(style.size * 1.25);
            }
            let width = self.face(style).shape(&line.shown).width(style.size);
            let point = ((PAGE.0 - width) / 2.0, self.y);
            self.place(What::Text(line, style, point, n + 1 < count), Some(leaf));
        }
    }

    /// The largest size, down to a smallest, in which words fit on a line of a width.
    fn fitted(&self, words: &str, (style, smallest): (Style, f32), width: f32) -> (Vec<Line>, Style) {
        let mut style = style;
        loop {
            let lines = self.lines(words, style, width);
            if lines.len() <= 1 || style.size <= smallest {
                return (lines, style);
            }
            style.size -= 0.5;
        }
    }

    fn centred(&mut self, words: &str, style: Style, smallest: f32) -> usize {
        let leaf = self.leaf();
        let (lines, style) = self.fitted(words, (style, smallest), WIDTH);
        self.write_centred(lines, style, leaf);
        leaf
    }

    /// Moves a page that is not full down a little, so that what is on it does not hang from the top.
    fn even_out(&mut self) {
        let by = if self.pages == 1 { (self.bottom - self.y) * 0.3 } else { 0.0 };
        for placed in &mut self.placed {
            match &mut placed.what {
                What::Text(_, _, at, _) => at.1 += by,
                What::Rule(from, to) => (from.1, to.1) = (from.1 + by, to.1 + by),
                What::Area(_) | What::Link(_) => {}
            }
        }
    }

    /// Whose certificate it is, and of which library.
    fn head(&mut self, sheet: &Sheet) {
        let leaf = self.centred(&sheet.service, style(true, 12.0, Ink::Green), 9.0);
        self.elements.push(Element::Paragraph(leaf));
        self.go_down(58.0);
        let leaf = self.centred(&sheet.title, style(true, 32.0, Ink::Green), 18.0);
        self.elements.push(Element::Heading(1, sheet.title.clone(), leaf));
        self.go_down(18.0);
        let middle = PAGE.0 / 2.0;
        self.place(What::Rule((middle - 40.0, self.y), (middle + 40.0, self.y)), None);
        for (down, words, style, smallest) in [
            (42.0, &sheet.opening, WORDS, 9.0),
            (44.0, &sheet.name, style(true, 28.0, Ink::Black), 17.0),
            (38.0, &sheet.statement, WORDS, 9.0),
            (36.0, &sheet.host, style(true, 20.0, Ink::Black), 13.0),
        ] {
            self.go_down(down);
            let leaf = self.centred(words, style, smallest);
            self.elements.push(Element::Paragraph(leaf));
        }
        self.go_down(20.0);
    }

    /// Names and values in two columns.
    fn facts(&mut self, sheet: &Sheet) {
        let mut rows = Vec::new();
        for (name, value) in &sheet.facts {
            self.go_down(22.0);
            let (head, data) = (self.leaf(), self.leaf());
            let lines = self.lines(name, HEADING, VALUES - LEFT - 10.0);
            self.write(lines, HEADING, LEFT, head);
            let lines = self.lines(value, WORDS, PAGE.0 - LEFT - VALUES);
            self.write(lines, WORDS, VALUES, data);
            rows.push((head, data));
        }
        self.elements.push(Element::Facts(rows));
        self.go_down(12.0);
    }

    /// What somebody has written, paragraph by paragraph.
    fn section(&mut self, heading: &str, words: &str) {
        let step = WRITTEN.size * 1.4;
        // A heading is never the last line of a page.
        if self.y + 28.0 + 2.0 * step > self.bottom {
            self.y = self.bottom;
        }
        self.go_down(28.0);
        let leaf = self.leaf();
        let lines = self.lines(heading, HEADING, WIDTH);
        self.write(lines, HEADING, LEFT, leaf);
        self.elements.push(Element::Heading(2, heading.to_owned(), leaf));
        self.go_down(4.0);
        for paragraph in words.lines() {
            let lines = self.lines(paragraph, WRITTEN, WIDTH);
            if lines.is_empty() {
                continue;
            }
            self.go_down(step);
            let leaf = self.leaf();
            self.write(lines, WRITTEN, LEFT, leaf);
            self.elements.push(Element::Paragraph(leaf));
        }
    }

    /// What stands beside the QR code: the words before the address, the address, and who has issued it.
    fn lines_of_check(&self, sheet: &Sheet) -> (Vec<Line>, (Vec<Line>, Style), Vec<Line>) {
        let width = WIDTH - CODE - 4.0;
        let issue = sheet.issue.iter().flat_map(|words| self.lines(words, SMALL, width)).collect();
        let address = self.fitted(&sheet.url, (Style { ink: Ink::Green, ..SMALL }, 7.5), width);
        (self.lines(&sheet.check, SMALL, width), address, issue)
    }

    fn height_of_check(&self, sheet: &Sheet) -> f32 {
        let (words, (address, _), issue) = self.lines_of_check(sheet);
        let count = words.len() + address.len() + issue.len();
        let lines = (0..count).fold(16.0, |height, _| height + SMALL.size * 1.4);
        CODE.max(lines)
    }

    /// How anybody finds out whether the certificate is valid, at the foot of the first page.
    fn check(&mut self, sheet: &Sheet) -> Result<(), CertificateError> {
        let pages = std::mem::replace(&mut self.pages, 1);
        let top = BOTTOM - self.height_of_check(sheet);
        self.place(What::Rule((LEFT, top), (LEFT + WIDTH, top)), None);
        // The white border of the code is there already: it stands on white.
        let figure = self.leaf();
        self.place(What::Area(code(&sheet.url, (LEFT - 10.0, top + 4.0), CODE)?), Some(figure));
        let (left, step) = (LEFT + CODE + 4.0, SMALL.size * 1.4);
        self.bottom = PAGE.1;
        self.y = top + 22.0;
        let (words, (address, style), _) = self.lines_of_check(sheet);
        let leaf = self.leaf();
        self.write(words, SMALL, left, leaf);
        self.elements.push(Element::Paragraph(leaf));
        self.y += step;
        let leaf = self.leaf();
        let first = self.y - SMALL.size;
        self.write(address, style, left, leaf);
        if let Some(area) = Rect::from_ltrb(left, first, LEFT + WIDTH, self.y + 3.0) {
            self.place(What::Link(area), Some(leaf));
        }
        self.elements.push(Element::Link(leaf));
        self.elements.push(Element::Figure(figure));
        self.y += 4.0;
        for words in &sheet.issue {
            self.y += step;
            let leaf = self.leaf();
            let lines = self.lines(words, SMALL, WIDTH - CODE - 4.0);
            self.write(lines, SMALL, left, leaf);
            self.elements.push(Element::Paragraph(leaf));
        }
        self.pages = pages;
        Ok(())
    }
}
