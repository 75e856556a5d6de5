//! What happens later: outbox, runs, deadlines, deliveries of schedules, the audit's chain, retention. Each is a single step that tests can drive;
//! the loop around them only waits.
//!
//! Never touches the database or HTTP itself: steps are made of use cases. On a stop the step in hand is finished,
//! what was claimed and not begun is given back, and then the loop ends.

pub mod deadlines;
pub mod house;
pub mod outbox;
pub mod runs;
pub mod schedules;
pub mod trail;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::mail::Transport;
use crate::services::schedule_deliveries::forget_old as forget_old_files;
use crate::services::webhooks::forget_old as forget_old_messages;
use crate::services::{App, AppError, idempotency};

/// Tells the loops to end after the step in hand.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    bell: Arc<Notify>,
}

impl Stop {
    /// Not yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every loop to end.
    pub fn ask(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.bell.notify_waiters();
    }

    /// Whether the loops were asked to end.
    pub fn is_asked(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Waits, at most until asked to end.
    async fn pause(&self, time: Duration) {
        let bell = self.bell.notified();
        if self.is_asked() {
            return;
        }
        let _slept_or_rung = tokio::time::timeout(time, bell).await;
    }

    /// As [`Stop::pause`], for a thread of its own.
    fn rest(&self, time: Duration) {
        let mut left = time;
        while !left.is_zero() && !self.is_asked() {
            let nap = left.min(IDLE);
            std::thread::sleep(nap);
            left -= nap;
        }
    }
}

/// How long a loop waits when there was nothing to do. Short: the tables are small and the question is cheap.
const IDLE: Duration = Duration::from_millis(250);
/// How long messages to webhooks wait, about.
const WEBHOOKS: Duration = Duration::from_secs(1);
/// How long schedules that are due wait, about.
const SCHEDULES: Duration = Duration::from_secs(2);
/// How long entries of the audit wait to be chained, about.
const TRAIL: Duration = Duration::from_secs(1);
/// How long a loop waits between two looks at deadlines, which are days.
const MINUTE: Duration = Duration::from_secs(60);
/// How long a loop waits between two looks at what is over its time.
const HOUR: Duration = Duration::from_secs(3600);
/// How long a loop waits after an error of the database.
const TROUBLE: Duration = Duration::from_secs(5);

/// Sends what is due until asked to stop.
pub async fn send_mail(app: App, transport: Transport, name: String, stop: Stop) {
    while !stop.is_asked() {
        match outbox::send_due(&app, &transport, &name, &stop).await {
            Ok(outbox::Sent::Nothing | outbox::Sent::Some) => stop.pause(IDLE).await,
            Ok(outbox::Sent::All) => {}
            Err(error) => {
                tracing::error!(%error, "outbox");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Sends webhooks that are due, one at a time, until asked to stop.
pub async fn send_webhooks(app: App, sender: webhooks::Sender, name: String, stop: Stop) {
    while !stop.is_asked() {
        let (on, by, sender) = (app.clone(), name.clone(), sender.clone());
        let step = tokio::task::spawn_blocking(move || webhooks::send_next(&on, &sender, &by)).await;
        match step.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            Ok(true) => {}
            Ok(false) => stop.pause(WEBHOOKS).await,
            Err(error) => {
                tracing::error!(%error, "webhooks");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Keeps deadlines until asked to stop.
pub async fn keep_deadlines(app: App, name: String, stop: Stop) {
    while !stop.is_asked() {
        let (on, by, until) = (app.clone(), name.clone(), stop.clone());
        let step = tokio::task::spawn_blocking(move || {
            idempotency::forget_old(&on)?;
            forget_old_messages(&on)?;
            forget_old_files(&on)?;
            deadlines::act_on_due(&on, &by, &until)
        });
        let step = step.await;
        match step.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            Ok(_) => stop.pause(MINUTE).await,
            Err(error) => {
                tracing::error!(%error, "deadlines");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Delivers schedules until asked to stop.
pub async fn deliver_schedules(app: App, name: String, stop: Stop) {
    while !stop.is_asked() {
        let (on, by, until) = (app.clone(), name.clone(), stop.clone());
        let step = tokio::task::spawn_blocking(move || schedules::deliver_due(&on, &by, &until)).await;
        match step.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            Ok(_) => stop.pause(SCHEDULES).await,
            Err(error) => {
                tracing::error!(%error, "schedules");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Chains the audit, and makes what published runs are proven by, until asked to stop.
pub async fn keep_trail(app: App, name: String, stop: Stop) {
    while !stop.is_asked() {
        let (on, by, until) = (app.clone(), name.clone(), stop.clone());
        let step = tokio::task::spawn_blocking(move || trail::step(&on, &by, &until)).await;
        match step.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            Ok(()) => stop.pause(TRAIL).await,
            Err(error) => {
                tracing::error!(%error, "trail");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Takes away what is over its time, and encrypts anew what an old key has encrypted, until asked to stop.
pub async fn keep_house(app: App, name: String, stop: Stop) {
    while !stop.is_asked() {
        let (on, by) = (app.clone(), name.clone());
        let step = tokio::task::spawn_blocking(move || house::tidy(&on, &by)).await;
        match step.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            Ok(()) => stop.pause(HOUR).await,
            Err(error) => {
                tracing::error!(%error, "retention");
                stop.pause(TROUBLE).await;
            }
        }
    }
}

/// Solves queued runs until asked to stop. It takes the thread it is called on.
pub fn solve_runs(app: &App, name: &str, stop: &Stop) {
    while !stop.is_asked() {
        match runs::solve_next(app, name, stop) {
            Ok(runs::Solved::Nothing) => stop.rest(IDLE),
            Ok(runs::Solved::One) => {}
            Err(error) => {
                tracing::error!(%error, "runs");
                stop.rest(TROUBLE);
            }
        }
    }
}
