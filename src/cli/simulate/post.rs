//! The outbox of a rehearsal: every notice is written out as a mail and then thrown away; only its link is kept.
//!
//! No transport is opened: nothing can leave.

use std::collections::VecDeque;

use crate::cli::Failure;
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::mail::{Sender, render};
use crate::services::App;
use crate::services::outbox::{self, Attempt, Prepared};

/// What a mail asks of its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) kind: NoticeKind,
    pub(super) party: Party,
    pub(super) to: String,
    /// The secret of the page that it leads to.
    pub(super) secret: String,
}

/// Notices claimed at once.
const BATCH: i64 = 100;
/// Who claims them.
const NAME: &str = "simulate";

/// Mails that wait to be read.
pub(super) struct Post<'a> {
    app: &'a App,
    waiting: VecDeque<Letter>,
    /// Mails written so far.
    pub(super) written: usize,
}

impl<'a> Post<'a> {
    pub(super) const fn new(app: &'a App) -> Self {
        Self { app, waiting: VecDeque::new(), written: 0 }
    }

    /// Takes the letters of a kind to a party, in the order they were written.
    pub(super) fn take(&mut self, kind: NoticeKind, party: Party) -> Result<Vec<Letter>, Failure> {
        self.fetch()?;
        let is_it = |letter: &Letter| letter.kind == kind && letter.party == party;
        let (taken, left) = self.waiting.drain(..).partition::<Vec<_>, _>(is_it);
        self.waiting = left.into();
        Ok(taken)
    }

    /// Forgets what nobody has read.
    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        self.fetch()?;
        self.waiting.clear();
        Ok(())
    }

    fn fetch(&mut self) -> Result<(), Failure> {
        loop {
            let claimed = outbox::claim(self.app, NAME, BATCH)?;
            if claimed.is_empty() {
                return Ok(());
            }
            for notice in &claimed {
                let Prepared::Letter(letter) = outbox::prepare(self.app, notice)? else { continue };
                let settings = &self.app.settings;
                let sender = Sender {
                    name: settings.service_name.clone(),
                    address: settings.organiser_address.clone(),
                };
                let mail = render(&letter, &sender, &settings.templates)
                    .map_err(|error| Failure::unable(error.to_string()))?;
                let id = outbox::message_id(self.app, notice);
                outbox::store_message(self.app, notice.id, NAME, &id, &mail.message)?;
                let attempt = Attempt::Sent("written for a rehearsal, not sent".to_owned());
                outbox::settle(self.app, notice, NAME, &attempt)?;
                self.written += 1;
                if let Some((_, secret)) = letter.link.as_deref().and_then(|link| link.split_once("/links/"))
                {
                    self.waiting.push_back(Letter {
                        kind: letter.kind,
                        party: letter.party,
                        to: letter.to_address.clone(),
                        secret: secret.to_owned(),
                    });
                }
            }
        }
    }
}
