//! The outbox of a rehearsal: every notice is written out as a mail and then thrown away; only its link is kept.
//!
//! No transport is opened: nothing can leave.

use std::collections::VecDeque;

use crate::cli::Failure;
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::mail::{Sender, render};
use crate::services::App;
use crate::services::outbox::{self, Attempt, Ready};

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
        let settings = &self.app.settings;
        let sender =
            Sender { name: settings.service_name.clone(), address: settings.organiser_address.clone() };
        loop {
            let claimed = outbox::claim(self.app, NAME, BATCH, &[])?;
            if claimed.is_empty() {
                return Ok(());
            }
            let write = |letter: &_| match render(letter, &sender, &self.app.settings.templates) {
                Ok(mail) => Ok(mail.message),
                Err(error) => Err(error.to_string()),
            };
            let (ready, settled) = outbox::prepare(self.app, &claimed, NAME, write)?;
            if let Some((_, attempt)) = settled.first() {
                return Err(Failure::unable(format!("a mail of the rehearsal: {attempt:?}")));
            }
            let letters: Vec<_> = ready.iter().filter_map(|one| one.letter.clone()).collect();
            let sent =
                |one: Ready| (one.claimed, Attempt::Sent("written for a rehearsal, not sent".to_owned()));
            let attempts: Vec<_> = ready.into_iter().map(sent).collect();
            outbox::settle(self.app, NAME, &attempts)?;
            self.written += attempts.len();
            for letter in letters {
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
