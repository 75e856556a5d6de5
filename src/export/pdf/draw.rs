//! Draws what was laid out, and says what each piece of it is.

use std::num::NonZeroU16;

use chrono::{Datelike, Timelike};
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::validate::{Accessibility, Archival};
use krilla::configure::{ConfigurationBuilder, PdfVersion};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use super::PdfError;
use super::paper::{About, Element, Ink, PAGE, Paper, Placed, Style, What};
use super::text::{Fonts, Line};

fn broken(what: &impl std::fmt::Display) -> PdfError {
    PdfError::Standards(what.to_string())
}

/// A document as a file.
///
/// # Errors
/// Only when what was laid out does not keep to the standards.
pub(in crate::export) fn draw(paper: &Paper) -> Result<Vec<u8>, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Standards(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, enable_tagging: true, ..Default::default() });
    let mut leaves: Vec<Vec<Identifier>> = vec![Vec::new(); paper.leaves];
    for number in 0..paper.pages {
        let settings =
            PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| broken(&"the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let on_page = paper.placed.iter().filter(|placed| placed.page == number);
        fill(&mut page, on_page, (paper.fonts, paper.about.is_framed), &mut leaves);
        page.finish();
    }
    document.set_metadata(metadata(&paper.about));
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(
        paper.about.heading.clone(),
        XyzDestination::new(0, Point::from_xy(0.0, 0.0)),
    ));
    document.set_outline(outline);
    document.set_tag_tree(tree(paper, leaves));
    document.finish().map_err(|error| broken(&error))
}

/// Title, language and time; the same document gives the same bytes.
fn metadata(about: &About) -> Metadata {
    let at = about.made_at;
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let made = DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(about.title.clone())
        .language(about.language.as_str().to_owned())
        .creator(about.creator.clone())
        .creation_date(made)
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(0x1a, 0x1a, 0x1a),
        Ink::Green => rgb::Color::new(0x00, 0x4d, 0x3a),
        // As on the page of it (`pages.css`).
        Ink::Part(0) => rgb::Color::new(0x1b, 0x6e, 0x4a),
        Ink::Part(1) => rgb::Color::new(0xe3, 0xa8, 0x2b),
        Ink::Part(2) => rgb::Color::new(0x3d, 0x7f, 0xc4),
        Ink::Part(3) => rgb::Color::new(0xb0, 0x50, 0x8f),
        Ink::Part(_) => rgb::Color::new(0x7c, 0x7c, 0x7c),
    }
}

fn paint(ink: Ink) -> Fill {
    Fill { paint: colour(ink).into(), ..Fill::default() }
}

fn pen(ink: Ink, width: f32) -> Stroke {
    Stroke { paint: colour(ink).into(), width, ..Stroke::default() }
}

/// Draws a page: its frame first, where it has one, then what stands on it.
fn fill<'a>(
    page: &mut Page<'_>,
    placed: impl Iterator<Item = &'a Placed> + Clone,
    (fonts, is_framed): (&Fonts, bool),
    leaves: &mut [Vec<Identifier>],
) {
    let mut surface = page.surface();
    if is_framed {
        ornament(&mut surface, frame);
    }
    for piece in placed.clone() {
        let drawn = match &piece.what {
            What::Text(line, style, at, goes_on) => {
                let span = ContentTag::Span(SpanTag::empty().with_actual_text(line.actual()));
                let head = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header));
                let id = surface.start_tagged(if piece.leaf.is_some() { span } else { head });
                write(&mut surface, fonts, line, *style, (*at, *goes_on));
                surface.end_tagged();
                Some(id)
            }
            What::Area(path, ink) => {
                let id = surface.start_tagged(ContentTag::Other);
                surface.set_stroke(None);
                surface.set_fill(Some(paint(*ink)));
                surface.draw_path(path);
                surface.end_tagged();
                Some(id)
            }
            What::Edge(path) => {
                let id = surface.start_tagged(ContentTag::Other);
                let dash = StrokeDash { array: vec![3.0, 2.0], offset: 0.0 };
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke { dash: Some(dash), ..pen(Ink::Black, 0.7) }));
                surface.draw_path(path);
                surface.set_stroke(None);
                surface.end_tagged();
                Some(id)
            }
            What::Rule(from, to) => {
                ornament(&mut surface, |surface| {
                    let mut path = PathBuilder::new();
                    path.move_to(from.0, from.1);
                    path.line_to(to.0, to.1);
                    stroke(surface, path, 0.7);
                });
                None
            }
            What::Link(..) => None,
        };
        hang(leaves, piece.leaf, drawn);
    }
    surface.finish();
    for piece in placed {
        if let What::Link(area, url, words) = &piece.what {
            let target = Target::Action(Action::Link(LinkAction::new(url.clone())));
            let link = Annotation::new_link(LinkAnnotation::new(*area, target), Some(words.clone()));
            let drawn = page.add_tagged_annotation(link);
            hang(leaves, piece.leaf, Some(drawn));
        }
    }
}

fn hang(leaves: &mut [Vec<Identifier>], leaf: Option<usize>, drawn: Option<Identifier>) {
    if let Some((leaf, drawn)) = leaf.and_then(|leaf| leaves.get_mut(leaf)).zip(drawn) {
        leaf.push(drawn);
    }
}

/// The frame of a page: an ornament.
fn frame(surface: &mut Surface<'_>) {
    for (inset, width) in [(26.0, 2.4), (33.0, 0.7)] {
        let frame = Rect::from_ltrb(inset, inset, PAGE.0 - inset, PAGE.1 - inset);
        let mut path = PathBuilder::new();
        frame.into_iter().for_each(|frame| path.push_rect(frame));
        stroke(surface, path, width);
    }
}

/// What readers aloud pass over.
fn ornament(surface: &mut Surface<'_>, draw: impl FnOnce(&mut Surface<'_>)) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    draw(surface);
    surface.end_tagged();
}

fn stroke(surface: &mut Surface<'_>, path: PathBuilder, width: f32) {
    surface.set_fill(None);
    surface.set_stroke(Some(pen(Ink::Green, width)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.set_stroke(None);
}

fn write(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    line: &Line,
    style: Style,
    (at, goes_on): ((f32, f32), bool),
) {
    let face = if style.is_bold { &fonts.bold } else { &fonts.regular };
    // Between the last word of a line and the first of the next one stands a space for those who hear it.
    let run =
        face.shape(&if goes_on && !line.is_cut { format!("{} ", line.shown) } else { line.shown.clone() });
    surface.set_stroke(None);
    surface.set_fill(Some(paint(style.ink)));
    let start = Point::from_xy(at.0, at.1);
    surface.draw_glyphs(start, &run.glyphs, face.font.clone(), &run.text, style.size, false);
}

/// What is read aloud, in its order.
fn tree(paper: &Paper, leaves: Vec<Vec<Identifier>>) -> TagTree {
    let mut leaves: Vec<Option<Vec<Identifier>>> = leaves.into_iter().map(Some).collect();
    let mut whole = TagGroup::new(Tag::Part);
    for element in &paper.elements {
        let mut hung = |group: &mut TagGroup, leaf: usize| {
            for id in leaves.get_mut(leaf).and_then(Option::take).unwrap_or_default() {
                group.push(id);
            }
        };
        let group = match element {
            Element::Heading(level, title, leaf) => {
                let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
                let mut group = TagGroup::new(Tag::Hn(level, Some(title.clone())));
                hung(&mut group, *leaf);
                group
            }
            Element::Paragraph(leaf) => {
                let mut group = TagGroup::new(Tag::P);
                hung(&mut group, *leaf);
                group
            }
            Element::Table(rows) => {
                let mut table = TagGroup::new(Tag::Table);
                for cells in rows {
                    let mut row = TagGroup::new(Tag::TR);
                    for cell in cells {
                        let mut group = match cell.head_of {
                            Some(scope) => TagGroup::new(Tag::TH(scope)),
                            None => TagGroup::new(Tag::TD),
                        };
                        hung(&mut group, cell.leaf);
                        row.push(group);
                    }
                    table.push(row);
                }
                table
            }
            Element::Link(leaf) => {
                let mut link = TagGroup::new(Tag::Link);
                hung(&mut link, *leaf);
                let mut group = TagGroup::new(Tag::P);
                group.push(link);
                group
            }
            Element::Figure(shown, leaf) => {
                let mut group = TagGroup::new(Tag::Figure(Some(shown.clone())));
                hung(&mut group, *leaf);
                group
            }
        };
        whole.push(group);
    }
    let mut tree = TagTree::new().with_lang(Some(paper.about.language.as_str().to_owned()));
    tree.push(whole);
    tree
}
