//! One message out, by whichever way is set up, and what to do when it does not go.

use std::time::Duration;

use super::files::Folder;
use super::memory::{Memory, Sent};
use super::pace::Pace;
use super::render::{RenderError, Sender, render_signed};
use super::settings::{TransportKind, TransportSettings};
use super::smtp::Smtp;
use crate::domain::ids::NoticeId;
use crate::domain::letter::Letter;
use crate::domain::return_path::return_path;
use crate::domain::templates::OwnTemplates;

/// A way for mail to leave. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A mail server.
    Smtp(Smtp),
    /// A folder.
    Files(Folder),
    /// Memory.
    Memory(Memory),
}

/// What a message's not going means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendClass {
    /// The server said: not now. Try again later.
    Retry,
    /// Nobody took it: the server is not there, or takes nothing from anybody. Try again later.
    Away,
    /// The server had it and did not say what became of it. Try again later; a second copy is possible.
    Unheard,
    /// The server takes nothing from this service: user, password, TLS or authority are wrong. Mend that first.
    Blocked,
    /// Give up: the server refused this very message.
    Permanent,
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct SendError {
    /// What it means.
    pub class: SendClass,
    /// What the server said, beginning with its reply code, or the system; without addresses and secrets.
    pub words: String,
}

impl SendError {
    pub(super) fn of(class: SendClass, words: &str) -> Self {
        Self { class, words: discreet(words) }
    }
}

/// At most 300 characters on one line, with every address masked.
pub(super) fn discreet(words: &str) -> String {
    let masked = words
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains('@') { "<…>" } else { word })
        .collect::<Vec<_>>()
        .join(" ");
    masked.chars().take(300).collect()
}

impl Transport {
    /// How many messages may be on their way at once.
    pub fn connections(&self) -> usize {
        match self {
            Transport::Smtp(smtp) => smtp.connections(),
            // Names of files and the order in memory are those of sending.
            Transport::Files(_) | Transport::Memory(_) => 1,
        }
    }

    /// How long sending one message may take at most.
    pub fn patience(&self) -> Duration {
        match self {
            Transport::Smtp(smtp) => smtp.patience(),
            Transport::Files(_) | Transport::Memory(_) => Duration::ZERO,
        }
    }

    /// Whether a message may go to this host now, as far as the rate goes; then it counts.
    pub fn admits(&self, host: &str) -> bool {
        match self {
            Transport::Smtp(smtp) => smtp.pace().is_none_or(|pace| pace.admits(host)),
            Transport::Files(_) | Transport::Memory(_) => true,
        }
    }

    /// The hosts that have to wait now.
    pub fn waiting_hosts(&self) -> Vec<String> {
        match self {
            Transport::Smtp(smtp) => smtp.pace().map(Pace::waiting).unwrap_or_default(),
            Transport::Files(_) | Transport::Memory(_) => Vec::new(),
        }
    }

    /// Where reports about a notice go: the envelope's sender.
    pub fn return_path(&self, organiser_address: &str, id: NoticeId) -> String {
        match self {
            Transport::Smtp(smtp) if smtp.has_return_paths() => return_path(organiser_address, id),
            Transport::Smtp(_) | Transport::Files(_) | Transport::Memory(_) => organiser_address.to_owned(),
        }
    }

    /// Writes a letter as a message, signed where signatures are set up.
    ///
    /// # Errors
    /// As for [`render`](fn@super::render).
    pub fn write(
        &self,
        letter: &Letter,
        sender: &Sender,
        own: &OwnTemplates,
    ) -> Result<Vec<u8>, RenderError> {
        let signer = match self {
            Transport::Smtp(smtp) => smtp.signer(),
            Transport::Files(_) | Transport::Memory(_) => None,
        };
        Ok(render_signed(letter, sender, own, signer)?.message)
    }

    /// Opens the way that the settings describe. Connects to nothing yet.
    ///
    /// # Errors
    /// Says in words which setting is missing or wrong.
    pub fn open(settings: &TransportSettings) -> Result<Self, String> {
        Ok(match settings.transport {
            TransportKind::Smtp => Transport::Smtp(Smtp::open(settings)?),
            TransportKind::Files => {
                let folder = settings.folder.as_ref();
                let folder = folder.ok_or("mail.folder is missing: transport \"files\" writes into it")?;
                Transport::Files(Folder::open(folder)?)
            }
            TransportKind::Memory => Transport::Memory(Memory::default()),
        })
    }

    /// Sends a stored message; gives what the server answered.
    ///
    /// # Errors
    /// `Permanent` only where the server refused this very message for good; everything else may go through later, also
    /// what nobody understands.
    pub async fn send(
        &self,
        from: &str,
        to: &str,
        message_id: &str,
        kind: &str,
        message: &[u8],
    ) -> Result<String, SendError> {
        match self {
            Transport::Smtp(smtp) => smtp.send(from, to, message).await,
            Transport::Files(folder) => {
                let (folder, kind, message_id) = (folder.clone(), kind.to_owned(), message_id.to_owned());
                let message = message.to_vec();
                let kept =
                    tokio::task::spawn_blocking(move || folder.keep(&kind, &message_id, &message)).await;
                match kept {
                    Ok(Ok(name)) => Ok(format!("written to {name}")),
                    Ok(Err(error)) => Err(SendError::of(SendClass::Away, &error.to_string())),
                    Err(error) => Err(SendError::of(SendClass::Away, &error.to_string())),
                }
            }
            Transport::Memory(memory) => {
                memory.keep(Sent {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    message_id: message_id.to_owned(),
                    kind: kind.to_owned(),
                    message: message.to_vec(),
                });
                Ok("kept in memory".to_owned())
            }
        }
    }

    /// Whether mail could leave now, for `doctor`: the server greets and takes the user, or the folder can be written.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn check(&self) -> Result<String, SendError> {
        match self {
            Transport::Smtp(smtp) => smtp.check().await,
            Transport::Files(folder) => match folder.check() {
                Ok(()) => Ok(format!("mail is written to {}", folder.path().display())),
                Err(error) => {
                    Err(SendError::of(SendClass::Away, &format!("{}: {error}", folder.path().display())))
                }
            },
            Transport::Memory(_) => Ok("mail is kept in memory".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hide_every_address_and_are_short() {
        assert_eq!(
            discreet("permanent error (550): 5.1.1 <ann@library.example>:\r\n unknown\u{7} user"),
            "permanent error (550): 5.1.1 <…> unknown user"
        );
        assert_eq!(discreet(&"x".repeat(1000)).len(), 300);
    }

    #[test]
    fn files_without_a_folder_are_refused_by_the_name_of_the_setting() {
        let error = Transport::open(&TransportSettings::of(TransportKind::Files)).expect_err("refused");
        assert!(error.contains("mail.folder"), "{error}");
    }
}
