//! Tagged PDF (PDF/A-2a and PDF/UA-1): fonts embedded, everything that is said in the order in which it is read aloud.
//!
//! `text` measures and breaks, `paper` knows what stands where and what it is, `draw` puts it on pages. What a document says
//! and how it looks is decided by its own file beside this folder.

mod draw;
mod paper;
mod text;

pub(super) use draw::draw;
pub(super) use paper::{About, Cell, Element, Ink, PAGE, Paper, Style, What, style};
pub(super) use text::Line;

/// Why a PDF cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The fonts that were compiled in are none.
    #[error("the fonts of documents cannot be read")]
    Font,
    /// An address does not fit a QR code.
    #[error("the address of the document: {0}")]
    Address(String),
    /// The standards of the file are not kept.
    #[error("the document does not keep to PDF/A-2a and PDF/UA-1: {0}")]
    Standards(String),
}
