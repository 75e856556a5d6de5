//! The log: on standard error, as text for people or JSON for programs. Addresses are masked where they are logged.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::configuration::{Log, LogFormat};

/// Starts logging; a second call changes nothing.
pub(super) fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for terminals that want them (no-color.org): in a file they are noise.
    let colours =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "logging runs already");
    }
}
