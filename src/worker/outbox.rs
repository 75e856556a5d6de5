//! One step of the outbox: claim, write once, send, settle.
//!
//! While some messages travel, the next ones are written and the last ones settled. What a mail server has taken and the
//! database does not know of yet is at most three messages for each connection: one on its way, one that waits to be
//! settled, one that is being settled. A process that dies then sends those again, under the same Message-IDs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::Stop;
use crate::domain::notice::Notice;
use crate::mail::{SendClass, Sender, Transport};
use crate::services::outbox::{self, Attempt, Claimed, LEASE, Prepared, Ready};
use crate::services::{App, AppError};

/// How many notices are claimed at once.
const BATCH: i64 = 100;
/// How many of them are written in one transaction.
const CHUNK: usize = 10;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing was due.
    Nothing,
    /// What was claimed is settled.
    All,
    /// It ended early, because it was asked to stop, the mail server makes people wait, or some hosts have had as many
    /// mails as they get in a minute; the rest was given back.
    Some,
}

/// What the parts of a step share.
struct Step {
    app: App,
    transport: Transport,
    by: String,
    stop: Stop,
    /// The mail server is not there or takes nothing: what is left waits.
    is_closed: AtomicBool,
    /// A message that is begun later might outlive the lease.
    until: DateTime<Utc>,
}

impl Step {
    fn is_over(&self) -> bool {
        self.stop.is_asked() || self.is_closed.load(Ordering::SeqCst) || self.app.clock.now() >= self.until
    }

    /// Runs a use case on a thread that may wait for the database.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &str) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (app, by) = (self.app.clone(), self.by.clone());
        let done = tokio::task::spawn_blocking(move || work(&app, &by)).await;
        done.map_err(|error| AppError::Internal(error.to_string()))?
    }
}

/// Sends what is due, over as many connections as the transport has. Begins no message any more when asked to stop, when
/// the server is away or the lease is nearly over, and gives the rest back.
///
/// # Errors
/// The database's. What the mail server says is settled, not returned.
pub async fn send_due(app: &App, transport: &Transport, by: &str, stop: &Stop) -> Result<Sent, AppError> {
    let patience = Duration::from_std(transport.patience()).unwrap_or(LEASE);
    let step = Arc::new(Step {
        app: app.clone(),
        transport: transport.clone(),
        by: by.to_owned(),
        stop: stop.clone(),
        is_closed: AtomicBool::new(false),
        until: app.clock.now() + (LEASE - patience).max(LEASE / 5),
    });
    let waiting = transport.waiting_hosts();
    let claimed = step.blocking(move |app, by| outbox::claim(app, by, BATCH, &waiting)).await?;
    if claimed.is_empty() {
        return Ok(Sent::Nothing);
    }
    let (admitted, mut left): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|one| transport.admits(one.notice().recipient.domain()));

    let connections = transport.connections();
    let (to_send, ready) = mpsc::channel(CHUNK);
    let (to_settle, tried) = mpsc::channel(connections);
    let ready = Arc::new(Mutex::new(ready));
    let mut senders = JoinSet::new();
    for _ in 0..connections.min(admitted.len()) {
        senders.spawn(send(Arc::clone(&step), Arc::clone(&ready), to_settle.clone()));
    }
    // Theirs alone: whoever writes has to hear that the last of them has gone.
    drop(ready);
    let settler = tokio::spawn(settle(Arc::clone(&step), tried, connections));
    let written = write(&step, admitted, to_send, to_settle).await;
    while let Some(unsent) = senders.join_next().await {
        left.extend(unsent.map_err(|error| AppError::Internal(error.to_string()))?);
    }
    settler.await.map_err(|error| AppError::Internal(error.to_string()))??;
    let (unwritten, trouble) = written;
    left.extend(unwritten);
    if left.is_empty() && !step.is_closed.load(Ordering::SeqCst) {
        return Ok(Sent::All);
    }
    step.blocking(move |app, by| outbox::give_back(app, &left, by)).await?;
    trouble.map_or(Ok(Sent::Some), Err)
}

/// Writes what was claimed, a part at a time, and hands it on; gives what was not begun, and the error that ended it.
async fn write(
    step: &Arc<Step>,
    mut claimed: Vec<Claimed>,
    to_send: mpsc::Sender<Ready>,
    to_settle: mpsc::Sender<(Claimed, Attempt)>,
) -> (Vec<Claimed>, Option<AppError>) {
    while !claimed.is_empty() && !step.is_over() {
        let rest = claimed.split_off(claimed.len().min(CHUNK));
        let (ready, settled) = match prepare(step, claimed.clone()).await {
            Ok(written) => written,
            Err(error) => {
                claimed.extend(rest);
                return (claimed, Some(error));
            }
        };
        claimed = rest;
        for (one, attempt) in settled {
            log(one.notice(), &attempt);
            // Nobody receives where settling has failed, which is told in the end.
            if to_settle.send((one, attempt)).await.is_err() {
                return (claimed, None);
            }
        }
        for one in ready {
            if to_send.send(one).await.is_err() {
                return (claimed, None);
            }
        }
    }
    (claimed, None)
}

/// Writes several notices in one transaction; where that fails, each in one of its own, so that a row that cannot be
/// read holds nothing up but itself.
async fn prepare(step: &Arc<Step>, claimed: Vec<Claimed>) -> Result<Prepared, AppError> {
    let (sender, transport) = (sender(&step.app), step.transport.clone());
    let own = step.app.settings.templates.clone();
    let write = move |letter: &_| transport.write(letter, &sender, &own).map_err(|error| error.to_string());
    step.blocking(move |app, by| {
        let together = outbox::prepare(app, &claimed, by, &write);
        let Err(error) = together else { return together };
        if claimed.len() == 1 {
            return Err(error);
        }
        let mut written = Prepared::default();
        for one in &claimed {
            match outbox::prepare(app, std::slice::from_ref(one), by, &write) {
                Ok((ready, settled)) => {
                    written.0.extend(ready);
                    written.1.extend(settled);
                }
                Err(error) => tracing::error!(notice = %one.notice().id, %error, "cannot be prepared"),
            }
        }
        if written.0.is_empty() && written.1.is_empty() { Err(error) } else { Ok(written) }
    })
    .await
}

/// Sends over one connection until nothing comes any more; gives what was not begun.
async fn send(
    step: Arc<Step>,
    ready: Arc<Mutex<mpsc::Receiver<Ready>>>,
    to_settle: mpsc::Sender<(Claimed, Attempt)>,
) -> Vec<Claimed> {
    let mut left = Vec::new();
    loop {
        let next = ready.lock().await.recv().await;
        let Some(Ready { claimed, message_id, message, .. }) = next else { return left };
        if step.is_over() {
            left.push(claimed);
            continue;
        }
        let attempt = send_one(&step, claimed.notice(), &message_id, &message).await;
        log(claimed.notice(), &attempt);
        if matches!(attempt, Attempt::Unheard(_) | Attempt::Blocked(_)) {
            step.is_closed.store(true, Ordering::SeqCst);
        }
        if to_settle.send((claimed, attempt)).await.is_err() {
            // Settling has failed: what is sent from now on would be sent again.
            step.is_closed.store(true, Ordering::SeqCst);
        }
    }
}

/// Settles what was tried, all that has come together in one transaction.
async fn settle(
    step: Arc<Step>,
    mut tried: mpsc::Receiver<(Claimed, Attempt)>,
    most: usize,
) -> Result<(), AppError> {
    loop {
        let mut attempts = Vec::with_capacity(most);
        if tried.recv_many(&mut attempts, most).await == 0 {
            return Ok(());
        }
        step.blocking(move |app, by| outbox::settle(app, by, &attempts)).await?;
    }
}

/// Whom mails are from: the mailbox that organises the invitations.
fn sender(app: &App) -> Sender {
    Sender { name: app.settings.service_name.clone(), address: app.settings.organiser_address.clone() }
}

async fn send_one(step: &Step, notice: &Notice, message_id: &str, message: &[u8]) -> Attempt {
    let from = step.transport.return_path(&step.app.settings.organiser_address, notice.id);
    let (to, kind) = (notice.recipient.as_str(), notice.kind.as_str());
    match step.transport.send(&from, to, message_id, kind, message).await {
        Ok(answer) => Attempt::Sent(answer),
        Err(error) => match error.class {
            SendClass::Retry => Attempt::Later(error.words),
            SendClass::Away => Attempt::Unheard(error.words),
            SendClass::Unheard => {
                tracing::warn!(notice = %notice.id, message_id, "no answer: a second copy is possible");
                Attempt::Unheard(error.words)
            }
            SendClass::Blocked => Attempt::Blocked(error.words),
            SendClass::Permanent => Attempt::Never(error.words),
        },
    }
}

fn log(notice: &Notice, attempt: &Attempt) {
    let to = notice.recipient.masked();
    match attempt {
        Attempt::Sent(_) => tracing::info!(notice = %notice.id, kind = %notice.kind, to, "sent"),
        Attempt::Later(_) | Attempt::Unheard(_) => {
            tracing::warn!(notice = %notice.id, kind = %notice.kind, to, "will be tried again");
        }
        Attempt::Never(_) | Attempt::Unwritten(_) => {
            tracing::error!(notice = %notice.id, kind = %notice.kind, to, "given up");
        }
        Attempt::Unwanted => tracing::info!(notice = %notice.id, kind = %notice.kind, to, "not wanted"),
        // Told once, when the pause begins.
        Attempt::Blocked(_) => {}
    }
}
