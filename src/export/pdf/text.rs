//! Shapes, measures and breaks text. What is measured is what is drawn.

use std::ops::Range;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};

use super::PdfError;

static REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSerifCondensed.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/DejaVuSerifCondensed-Bold.ttf");

/// What stands in the place of letters that the font does not have.
const STAND_IN: &str = "\u{25A1}";

/// A font that can be drawn with and measured.
pub(in crate::export) struct Type {
    /// For krilla.
    pub(in crate::export) font: Font,
    shaper: Face<'static>,
    em: f32,
}

/// The fonts of documents.
pub(in crate::export) struct Fonts {
    pub(in crate::export) regular: Type,
    pub(in crate::export) bold: Type,
}

static FONTS: LazyLock<Option<Fonts>> =
    LazyLock::new(|| Some(Fonts { regular: Type::new(REGULAR)?, bold: Type::new(BOLD)? }));

/// The fonts, read once.
///
/// # Errors
/// When the files that were compiled in are no fonts.
pub(in crate::export) fn fonts() -> Result<&'static Fonts, PdfError> {
    FONTS.as_ref().ok_or(PdfError::Font)
}

/// Letters in a row.
pub(in crate::export) struct Run {
    pub(in crate::export) glyphs: Vec<KrillaGlyph>,
    /// What is drawn.
    pub(in crate::export) text: String,
    /// In units of the font's size.
    width: f32,
}

impl Run {
    /// How wide it is in a size.
    pub(in crate::export) fn width(&self, size: f32) -> f32 {
        self.width * size
    }
}

impl Type {
    fn new(bytes: &'static [u8]) -> Option<Self> {
        let font = Font::new(bytes.into(), 0)?;
        let shaper = Face::from_slice(bytes, 0)?;
        let em = units(shaper.units_per_em());
        (em > 0.0).then_some(Self { font, shaper, em })
    }

    fn has(&self, letter: char) -> bool {
        let is_private = ('\u{E000}'..='\u{F8FF}').contains(&letter) || letter >= '\u{F0000}';
        letter == ' ' || (!is_private && self.shaper.glyph_index(letter).is_some_and(|glyph| glyph.0 != 0))
    }

    /// A word as it can be drawn.
    fn showable(&self, word: &str) -> String {
        let mut shown = String::with_capacity(word.len());
        for letter in word.chars() {
            if is_unseen(letter) {
                continue;
            }
            if self.has(letter) {
                shown.push(letter);
            } else if !shown.ends_with(STAND_IN) {
                shown.push_str(STAND_IN);
            }
        }
        shown
    }

    /// Puts the letters of a text that can be drawn into a row, from left to right.
    pub(in crate::export) fn shape(&self, text: &str) -> Run {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(&self.shaper, &[], buffer);
        let starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| usize::try_from(info.cluster).unwrap_or_default())
            .collect();
        let mut width = 0.0;
        let placed = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).enumerate();
        let glyphs = placed
            .map(|(n, (info, at))| {
                let advance = units(at.x_advance) / self.em;
                width += advance;
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    advance,
                    units(at.x_offset) / self.em,
                    units(at.y_offset) / self.em,
                    units(at.y_advance) / self.em,
                    letters_of(&starts, n, text.len()),
                    None,
                )
            })
            .collect();
        Run { glyphs, text: text.to_owned(), width }
    }

    /// Breaks words into lines of at most a width; a word that is wider than a line is cut. Each word is measured once.
    pub(in crate::export) fn lines(&self, words: &str, size: f32, most: f32) -> Vec<Line> {
        let space = self.shape(" ").width(size);
        let mut lines = Vec::new();
        let (mut line, mut width) = (Line::default(), 0.0);
        for word in words.split_whitespace() {
            let shown = self.showable(word);
            if shown.is_empty() {
                continue;
            }
            let wide = self.shape(&shown).width(size);
            if line.shown.is_empty() || width + space + wide > most {
                if !line.shown.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                let mut pieces = if wide > most { self.cut(&shown, size, most) } else { Vec::new() };
                (line, width) = match pieces.pop() {
                    Some(rest) => {
                        let wide = self.shape(&rest.shown).width(size);
                        (rest, wide)
                    }
                    None => (Line { shown, meant: word.to_owned(), is_cut: false }, wide),
                };
                lines.append(&mut pieces);
            } else {
                line = line.with(&shown, word);
                width += space + wide;
            }
        }
        if !line.shown.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Cuts a word into pieces that fit, behind a hyphen where there is one; accents stay with their letters.
    fn cut(&self, word: &str, size: f32, most: f32) -> Vec<Line> {
        let mut pieces = vec![String::new()];
        let mut width = 0.0;
        for letter in word.chars() {
            let wide = self.shape(letter.encode_utf8(&mut [0; 4])).width(size);
            let Some(piece) = pieces.last_mut() else { break };
            let is_mark = ('\u{300}'..='\u{36F}').contains(&letter);
            if piece.is_empty() || is_mark || width + wide <= most {
                piece.push(letter);
                width += wide;
            } else {
                let behind = piece.rfind('-').map_or(piece.len(), |hyphen| hyphen + 1);
                let rest = format!("{}{letter}", piece.split_off(behind));
                width = self.shape(&rest).width(size);
                pieces.push(rest);
            }
        }
        let last = pieces.len() - 1;
        let line =
            |(n, piece): (usize, String)| Line { meant: piece.clone(), shown: piece, is_cut: n < last };
        pieces.into_iter().enumerate().map(line).collect()
    }
}

/// A line of text: what is drawn, and what is meant where letters are missing.
#[derive(Default, Clone)]
pub(in crate::export) struct Line {
    pub(in crate::export) shown: String,
    meant: String,
    /// Whether its last word goes on in the next line.
    pub(in crate::export) is_cut: bool,
}

impl Line {
    fn with(&self, shown: &str, meant: &str) -> Self {
        let add = |line: &str, word: &str| {
            if line.is_empty() { word.to_owned() } else { format!("{line} {word}") }
        };
        Self { shown: add(&self.shown, shown), meant: add(&self.meant, meant), is_cut: false }
    }

    /// What readers aloud and search take it for, where that is not what is drawn.
    pub(in crate::export) fn actual(&self) -> Option<&str> {
        (self.shown != self.meant).then_some(&self.meant)
    }
}

/// Whether a character only says how others are joined or ordered.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
        || letter.is_control()
}

/// The bytes of the text that a glyph stands for.
fn letters_of(starts: &[usize], n: usize, whole: usize) -> Range<usize> {
    let start = starts.get(n).copied().unwrap_or_default();
    let end = starts.iter().skip(n).copied().find(|other| *other > start).unwrap_or(whole);
    start..end
}

/// Units of a font are at most 16,384 an em.
fn units(of_font: i32) -> f32 {
    i16::try_from(of_font).map_or(0.0, f32::from)
}
