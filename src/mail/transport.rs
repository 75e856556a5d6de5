//! One message out, by whichever way is set up, and what to do when it does not go.

use super::files::Folder;
use super::memory::{Memory, Sent};
use super::settings::{TransportKind, TransportSettings};
use super::smtp::Smtp;

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

/// What to do with a message that did not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendClass {
    /// Try again later: it may go through.
    Retry,
    /// Give up: the server refused this very message.
    Permanent,
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct SendError {
    /// What to do.
    pub class: SendClass,
    /// What the server or the system said, without addresses and secrets.
    pub words: String,
}

impl SendError {
    pub(super) fn retry(words: &str) -> Self {
        Self { class: SendClass::Retry, words: discreet(words) }
    }

    pub(super) fn permanent(words: &str) -> Self {
        Self { class: SendClass::Permanent, words: discreet(words) }
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
    /// `Permanent` only where the server refused this very message for good; `Retry` for everything else, also for
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
                    Ok(Err(error)) => Err(SendError::retry(&error.to_string())),
                    Err(error) => Err(SendError::retry(&error.to_string())),
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
                Err(error) => Err(SendError::retry(&format!("{}: {error}", folder.path().display()))),
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
