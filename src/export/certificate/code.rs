//! A QR code as vectors.

use krilla::geom::{Path, PathBuilder, Rect};
use qrcode::{Color, EcLevel, QrCode};

use crate::export::pdf::PdfError;

/// Modules of white around a code (ISO/IEC 18004).
const QUIET: u16 = 4;

/// A QR code of a text in a square, its white border included.
///
/// # Errors
/// When the text is too long for a code.
pub(super) fn code(text: &str, (left, top): (f32, f32), side: f32) -> Result<Path, PdfError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| PdfError::Address(error.to_string()))?;
    let width = code.width();
    let modules = |count: usize| u16::try_from(count).map_or(0.0, f32::from);
    let unit = side / (modules(width) + 2.0 * f32::from(QUIET));
    let at = |start: f32, count: usize| start + unit * (modules(count) + f32::from(QUIET));
    let mut path = PathBuilder::new();
    for (row, colours) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in colours.chunk_by(PartialEq::eq) {
            let (from, to) = (column, column + run.len());
            column = to;
            let is_dark = run.first() == Some(&Color::Dark);
            let square = Rect::from_ltrb(at(left, from), at(top, row), at(left, to), at(top, row + 1));
            if let Some(square) = square.filter(|_| is_dark) {
                path.push_rect(square);
            }
        }
    }
    path.finish().ok_or_else(|| PdfError::Address("is empty".to_owned()))
}
