//! The certificate of attendance as a tagged PDF (PDF/A-2a and PDF/UA-1): fonts embedded, everything that is said in the
//! order in which it is read aloud, the address as text, link and QR code.
//!
//! `layout` decides what stands where, `draw` puts it on pages and says what it is.

mod code;
mod draw;
mod layout;
mod text;

use crate::domain::certificate::Sheet;

/// Why a certificate cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The fonts that were compiled in are none.
    #[error("the fonts of certificates cannot be read")]
    Font,
    /// The address of the certificate does not fit a QR code.
    #[error("the address of the certificate: {0}")]
    Address(String),
    /// The standards of the file are not kept.
    #[error("the certificate does not keep to PDF/A-2a and PDF/UA-1: {0}")]
    Standards(String),
}

/// A certificate as PDF. Equal sheets give equal bytes.
///
/// # Errors
/// When the address is too long for a QR code; else only when something here is wrong.
pub fn certificate_pdf(sheet: &Sheet) -> Result<Vec<u8>, CertificateError> {
    draw::draw(sheet, &layout::lay_out(sheet, text::fonts()?)?)
}
