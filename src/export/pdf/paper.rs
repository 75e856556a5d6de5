//! What stands where on sheets of A4, and what it is. Lengths are points; heights are counted from the top.

use chrono::NaiveDateTime;
use krilla::geom::{Path, Rect};
use krilla::tagging::TableHeaderScope;

use super::PdfError;
use super::text::{Fonts, Line, Type, fonts};
use crate::domain::language::Language;

/// The page.
pub(in crate::export) const PAGE: (f32, f32) = (595.28, 841.89);
/// The base line of what stands at the top of a page, and how far down pages are filled.
const TOP: f32 = 96.0;
const BOTTOM: f32 = 778.0;
/// Between base lines, in sizes of the font.
const STEP: f32 = 1.4;

/// A colour of text, lines and areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export) enum Ink {
    /// Text.
    Black,
    /// Headings and lines.
    Green,
    /// The n-th column of a chart.
    Part(usize),
}

/// How text looks.
#[derive(Clone, Copy)]
pub(in crate::export) struct Style {
    pub(in crate::export) is_bold: bool,
    pub(in crate::export) size: f32,
    pub(in crate::export) ink: Ink,
}

pub(in crate::export) const fn style(is_bold: bool, size: f32, ink: Ink) -> Style {
    Style { is_bold, size, ink }
}

const HEADING: Style = style(true, 12.0, Ink::Green);
const WRITTEN: Style = style(false, 10.5, Ink::Black);
const SMALL: Style = style(false, 9.0, Ink::Black);

/// Something to draw.
pub(in crate::export) enum What {
    /// A line of text from a point of its base line; whether its paragraph goes on.
    Text(Line, Style, (f32, f32), bool),
    /// An area.
    Area(Path, Ink),
    /// The edge of an area of which nothing more is told, dashed.
    Edge(Path),
    /// A thin line between two points.
    Rule((f32, f32), (f32, f32)),
    /// What takes whoever clicks it to an address, which its name says for those who do not see it.
    Link(Rect, String, String),
}

/// Something on a page, and the leaf of the tree that it belongs to; none: an ornament.
pub(in crate::export) struct Placed {
    pub(in crate::export) page: usize,
    pub(in crate::export) what: What,
    pub(in crate::export) leaf: Option<usize>,
}

/// A cell of a table: of what it is the head, and the leaf that its content hangs on.
pub(in crate::export) struct Cell {
    pub(in crate::export) head_of: Option<TableHeaderScope>,
    pub(in crate::export) leaf: usize,
}

/// What something is, with the leaf that its content hangs on.
pub(in crate::export) enum Element {
    Heading(u16, String, usize),
    Paragraph(usize),
    /// Row by row.
    Table(Vec<Vec<Cell>>),
    /// An address.
    Link(usize),
    /// A picture, and what it shows in words.
    Figure(String, usize),
}

/// What a document is, for those who list and search documents. Equal ones give equal bytes.
pub(in crate::export) struct About {
    pub(in crate::export) title: String,
    /// The heading of the whole, for the outline.
    pub(in crate::export) heading: String,
    pub(in crate::export) language: Language,
    pub(in crate::export) creator: String,
    /// In UTC.
    pub(in crate::export) made_at: NaiveDateTime,
    /// Whether pages have a frame.
    pub(in crate::export) is_framed: bool,
    /// From the left edge to the text, and from there to the right one.
    pub(in crate::export) margin: f32,
}

/// A document that is being laid out.
pub(in crate::export) struct Paper {
    pub(in crate::export) about: About,
    pub(in crate::export) fonts: &'static Fonts,
    pub(in crate::export) placed: Vec<Placed>,
    /// In the order in which they are read.
    pub(in crate::export) elements: Vec<Element>,
    pub(in crate::export) leaves: usize,
    pub(in crate::export) pages: usize,
    /// The base line of what was placed last.
    pub(in crate::export) y: f32,
    /// How far down the present page may be filled.
    pub(in crate::export) bottom: f32,
    /// What stands at the head of further pages.
    running: Line,
}

impl Paper {
    /// An empty page; `running` stands at the head of further ones.
    ///
    /// # Errors
    /// When the fonts that were compiled in are none.
    pub(in crate::export) fn new(about: About, running: &str) -> Result<Self, PdfError> {
        let fonts = fonts()?;
        let width = PAGE.0 - 2.0 * about.margin;
        let running = fonts.regular.lines(running, SMALL.size, width);
        Ok(Self {
            running: running.into_iter().next().unwrap_or_default(),
            about,
            fonts,
            placed: Vec::new(),
            elements: Vec::new(),
            leaves: 0,
            pages: 1,
            y: TOP,
            bottom: BOTTOM,
        })
    }

    /// Where text begins.
    pub(in crate::export) fn left(&self) -> f32 {
        self.about.margin
    }

    /// How wide text may be.
    pub(in crate::export) fn width(&self) -> f32 {
        PAGE.0 - 2.0 * self.about.margin
    }

    /// How far down pages are filled.
    pub(in crate::export) const fn foot() -> f32 {
        BOTTOM
    }

    pub(in crate::export) fn face(&self, style: Style) -> &'static Type {
        if style.is_bold { &self.fonts.bold } else { &self.fonts.regular }
    }

    pub(in crate::export) fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    pub(in crate::export) fn place(&mut self, what: What, leaf: Option<usize>) {
        self.placed.push(Placed { page: self.pages - 1, what, leaf });
    }

    pub(in crate::export) fn lines(&self, words: &str, style: Style, width: f32) -> Vec<Line> {
        self.face(style).lines(words, style.size, width)
    }

    /// Goes down, onto the next page where this one is full.
    pub(in crate::export) fn go_down(&mut self, by: f32) {
        self.y += by;
        if self.y > self.bottom {
            self.pages += 1;
            (self.y, self.bottom) = (TOP, BOTTOM);
            let point = (self.left(), TOP - 30.0);
            self.place(What::Text(self.running.clone(), SMALL, point, false), None);
        }
    }

    /// Leaves the page where less than this is left of it.
    pub(in crate::export) fn keep_together(&mut self, height: f32) {
        if self.y + height > self.bottom {
            self.y = self.bottom;
        }
    }

    /// Writes lines below each other from a point on, and hangs them on a leaf.
    pub(in crate::export) fn write(&mut self, lines: Vec<Line>, style: Style, left: f32, leaf: usize) {
        let count = lines.len();
        for (n, line) in lines.into_iter().enumerate() {
            if n > 0 {
                self.go_down(style.size * STEP);
            }
            let point = (left, self.y);
            self.place(What::Text(line, style, point, n + 1 < count), Some(leaf));
        }
    }

    /// The largest size, down to a smallest, in which words fit on a line of a width.
    pub(in crate::export) fn fitted(
        &self,
        words: &str,
        (style, smallest): (Style, f32),
        width: f32,
    ) -> (Vec<Line>, Style) {
        let mut style = style;
        loop {
            let lines = self.lines(words, style, width);
            if lines.len() <= 1 || style.size <= smallest {
                return (lines, style);
            }
            style.size -= 0.5;
        }
    }

    /// A heading, and paragraphs of words under it.
    pub(in crate::export) fn section(&mut self, heading: &str, words: &str) {
        // A heading is never the last line of a page.
        self.keep_together(28.0 + 2.0 * WRITTEN.size * STEP);
        self.go_down(28.0);
        let leaf = self.leaf();
        let lines = self.lines(heading, HEADING, self.width());
        self.write(lines, HEADING, self.left(), leaf);
        self.elements.push(Element::Heading(2, heading.to_owned(), leaf));
        self.go_down(4.0);
        for paragraph in words.lines() {
            self.paragraph(paragraph);
        }
    }

    /// A paragraph; nothing where there are no words.
    pub(in crate::export) fn paragraph(&mut self, words: &str) {
        let lines = self.lines(words, WRITTEN, self.width());
        if lines.is_empty() {
            return;
        }
        self.go_down(WRITTEN.size * STEP);
        let leaf = self.leaf();
        self.write(lines, WRITTEN, self.left(), leaf);
        self.elements.push(Element::Paragraph(leaf));
    }
}
