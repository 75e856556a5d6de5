//! One step of the outbox: claim, render once, send, settle.

use super::Stop;
use crate::domain::notice::Notice;
use crate::mail::{self, SendClass, Sender, Transport};
use crate::services::outbox::{self, Attempt, Prepared};
use crate::services::{App, AppError};

/// How many notices are claimed at once.
const BATCH: i64 = 20;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing was due.
    Nothing,
    /// What was claimed is settled.
    All,
    /// It ended early, because it was asked to stop or the mail server makes people wait; the rest was given back.
    Some,
}

/// Sends what is due. Stops between two notices when asked to, and gives the rest back.
///
/// A notice that has to wait ends the step too: a mail server that has fallen silent would hold the rest of the batch
/// beyond its lease, and another sender would send it a second time.
///
/// # Errors
/// The database's. What the mail server says is settled, not returned.
pub async fn send_due(app: &App, transport: &Transport, by: &str, stop: &Stop) -> Result<Sent, AppError> {
    let claimed = blocking(app, by, |app, by| outbox::claim(&app, &by, BATCH)).await?;
    for (n, notice) in claimed.iter().enumerate() {
        let waits = if stop.is_asked() {
            Some(n)
        } else if send_one(app, transport, by, notice).await? == Onward::Wait {
            Some(n + 1)
        } else {
            None
        };
        if let Some(begin) = waits {
            let rest = claimed[begin..].to_vec();
            blocking(app, by, move |app, by| outbox::give_back(&app, &rest, &by)).await?;
            return Ok(Sent::Some);
        }
    }
    Ok(if claimed.is_empty() { Sent::Nothing } else { Sent::All })
}

/// Whether the next notice may follow at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Onward {
    Next,
    Wait,
}

async fn send_one(app: &App, transport: &Transport, by: &str, notice: &Notice) -> Result<Onward, AppError> {
    let message_id = outbox::message_id(app, notice);
    let prepared = {
        let notice = notice.clone();
        blocking(app, by, move |app, _| outbox::prepare(&app, &notice)).await
    };
    let attempt = match prepared {
        Ok(Prepared::Stored(bytes)) => send(app, transport, notice, &message_id, &bytes).await,
        Ok(Prepared::Letter(letter)) => match mail::render(&letter, &sender(app), &app.settings.templates) {
            Ok(rendered) => {
                let (id, stored_id, bytes) = (notice.id, message_id.clone(), rendered.message.clone());
                let own = blocking(app, by, move |app, by| {
                    outbox::store_message(&app, id, &by, &stored_id, &bytes)
                })
                .await?;
                if !own {
                    // Another sender holds the lease now: it will send the message.
                    return Ok(Onward::Next);
                }
                send(app, transport, notice, &message_id, &rendered.message).await
            }
            Err(error) => Attempt::Never(format!("cannot be rendered: {error}")),
        },
        // A notice that cannot be prepared must not stop the others; the words are for operators.
        Err(AppError::Store(error)) => return Err(error.into()),
        Err(error) => Attempt::Never(error.to_string()),
    };
    log(notice, &attempt);
    let onward = match attempt {
        Attempt::Later(_) => Onward::Wait,
        Attempt::Sent(_) | Attempt::Never(_) => Onward::Next,
    };
    let notice = notice.clone();
    blocking(app, by, move |app, by| outbox::settle(&app, &notice, &by, &attempt)).await?;
    Ok(onward)
}

/// Whom mails are from: the mailbox that organises the invitations.
fn sender(app: &App) -> Sender {
    Sender { name: app.settings.service_name.clone(), address: app.settings.organiser_address.clone() }
}

async fn send(app: &App, transport: &Transport, notice: &Notice, message_id: &str, bytes: &[u8]) -> Attempt {
    let from = &app.settings.organiser_address;
    let sent = transport.send(from, notice.recipient.as_str(), message_id, notice.kind.as_str(), bytes).await;
    match sent {
        Ok(answer) => Attempt::Sent(answer),
        Err(error) => match error.class {
            SendClass::Retry => Attempt::Later(error.words),
            SendClass::Permanent => Attempt::Never(error.words),
        },
    }
}

fn log(notice: &Notice, attempt: &Attempt) {
    let to = notice.recipient.masked();
    match attempt {
        Attempt::Sent(_) => tracing::info!(notice = %notice.id, kind = %notice.kind, to, "sent"),
        Attempt::Later(_) => {
            tracing::warn!(notice = %notice.id, kind = %notice.kind, to, "will be tried again");
        }
        Attempt::Never(_) => tracing::error!(notice = %notice.id, kind = %notice.kind, to, "given up"),
    }
}

/// Runs a use case on a thread that may wait for the database.
async fn blocking<T: Send + 'static>(
    app: &App,
    by: &str,
    work: impl FnOnce(App, String) -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let (app, by) = (app.clone(), by.to_owned());
    tokio::task::spawn_blocking(move || work(app, by))
        .await
        .map_err(|error| AppError::Internal(error.to_string()))?
}
