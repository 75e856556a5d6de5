//! The certificate of attendance as PDF: with the address at which it can be checked as text, link and QR code.

mod code;
mod layout;

use super::pdf::{PdfError, draw};
use crate::domain::certificate::Sheet;

/// A certificate as PDF. Equal sheets give equal bytes.
///
/// # Errors
/// When the address is too long for a QR code; else only when something here is wrong.
pub fn certificate_pdf(sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    draw(&layout::lay_out(sheet)?)
}
