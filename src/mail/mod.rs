//! How a notice looks and leaves: templates, MIME, three transports (SMTP, files, memory).
//!
//! Rendering is a pure function of a letter: the same letter gives the same bytes. Never looks anything up, never reads
//! a clock, never decides whether a notice goes out; no log and no error shows an address or a secret.

mod dkim;
mod files;
mod memory;
mod message;
mod pace;
mod render;
mod samples;
mod settings;
mod smtp;
mod templates;
mod transport;
mod words;

pub use memory::{Memory, Sent};
pub use render::{RenderError, Rendered, Sender, Texts, render, texts};
pub use samples::{Sample, parties, samples};
pub use settings::{DkimSettings, Tls, TransportKind, TransportSettings};
pub use templates::{TEMPLATES, read_own, write_built_in};
pub use transport::{SendClass, SendError, Transport};
