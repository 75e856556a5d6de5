//! What publishing a run would do, seen before it is done: it is done, looked at, and not committed. So a preview
//! cannot differ from the publication.

use std::collections::BTreeMap;

use super::app::Now;
use super::letters::sample;
use super::load::get_own_run;
use super::publication::{People, publish_in};
use super::rehearsal::Stop;
use super::{App, AppError};
use crate::domain::ids::RunId;
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::store::{Tx, outbox};

/// What a publication would bring.
#[derive(Debug)]
pub struct Preview {
    /// To how many people what.
    pub people: People,
    /// How many mails of which kind would go to whom, each with one of them.
    pub mails: Vec<MailsOfKind>,
}

/// The mails of one kind to one party.
#[derive(Debug)]
pub struct MailsOfKind {
    /// What they are about.
    pub kind: NoticeKind,
    /// In what capacity people get them.
    pub party: Party,
    /// How many.
    pub count: usize,
    /// One of them; its link leads nowhere.
    pub sample: Letter,
}

/// Shows what publishing a run would do. Writes nothing; other writers wait as long as they would for the publication.
///
/// # Errors
/// As for [`publish`](super::publication::publish).
pub fn preview(app: &App, actor: &Actor, run: RunId) -> Result<Preview, AppError> {
    let now = app.now()?;
    let stopped: Result<(), Stop<Preview>> = app.store.write(|tx| {
        get_own_run(tx, actor, Action::PreviewPublication, run)?;
        let (_, people) = publish_in(tx, &now, actor, run)?;
        let mails = mails(tx, app, &now, run)?;
        Err(Stop::Seen(Preview { people, mails }))
    });
    match stopped {
        Err(Stop::Seen(preview)) => Ok(preview),
        Err(Stop::Error(error)) => Err(error),
        Ok(()) => Err(AppError::Internal("a preview was committed".to_owned())),
    }
}

fn mails(tx: &mut Tx<'_>, app: &App, now: &Now, run: RunId) -> Result<Vec<MailsOfKind>, AppError> {
    let mut by_kind: BTreeMap<(NoticeKind, Party), MailsOfKind> = BTreeMap::new();
    for notice in outbox::list_held(tx, run, None, i64::MAX)? {
        let (kind, party) = (notice.kind, notice.party);
        if let Some(known) = by_kind.get_mut(&(kind, party)) {
            known.count += 1;
        } else {
            let sample = sample(tx, app, now, &notice)?;
            by_kind.insert((kind, party), MailsOfKind { kind, party, count: 1, sample });
        }
    }
    Ok(by_kind.into_values().collect())
}
