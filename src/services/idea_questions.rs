//! Asking the host of an idea for more: one mail to the library where it was found, whose answer goes to whoever asks.
//!
//! Never tells whose idea it is, also not by which placement it came: its author may have chosen to be nobody.

use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::ideas::get;
use super::load::{get_applicant, get_library, get_placement};
use super::outbox::{about_no_case, facts_with};
use super::{App, AppError};
use crate::domain::idea::{Question, Words};
use crate::domain::ids::{IdeaId, NoticeId, PersonId};
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::states::ApplicationState;
use crate::store::{Tx, idea_questions, ideas, outbox};

/// Asks the contact of the library where an idea was found, once for each person and idea. The contact is told who asks.
///
/// # Errors
/// `not-found`, also where that library names no contact; `application-state` before the address is proven;
/// `already-exists` for a second question; `forbidden`, `unauthenticated`.
pub fn ask(app: &App, actor: &Actor, id: IdeaId, words: &Words) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        permit_everywhere(actor, Action::AskHost)?;
        let idea = get(tx, actor, id)?.idea;
        let nobody = || AppError::Internal(format!("{} is no person who could ask", actor.name));
        let asker = get_applicant(tx, actor.application.ok_or_else(nobody)?)?;
        if asker.application.state == ApplicationState::Submitted {
            let words =
                "prove your address first, by the link of the mail that asks for it: the answer goes there";
            return Err(Refusal::new(RefusalCode::ApplicationState, words).into());
        }
        let found_on = get_placement(tx, idea.placement)?;
        let host = get_library(tx, found_on.host)?;
        let contact =
            host.contact.ok_or_else(|| AppError::not_found("contact", "of the library of this idea"))?;
        if !idea_questions::insert(tx, id, &asker, words, now.utc())? {
            let words = "you have asked about this idea already: the library has your address";
            return Err(Refusal::new(RefusalCode::AlreadyExists, words).into());
        }
        record(tx, &now, actor, Action::AskHost, ("idea", &id), &json!({}))?;
        let person = asker.person.id;
        let what = (NoticeKind::IdeaQuestion, format!("idea_question:{id}:{person}"));
        let notice_id = NoticeId::new(now.id("idea question notice"));
        let notice = Notice::queued(notice_id, what, (Party::Host, contact.email), now.utc());
        let facts = json!({ "idea": id.to_string(), "person": person.to_string() }).to_string();
        outbox::enqueue(tx, &Notice { facts, recipient_name: contact.name, ..notice })?;
        Ok(())
    })
}

/// The letter with a question; none where the idea was hidden, or who asks erased, before it left.
///
/// # Errors
/// The database's.
pub(super) fn letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let (_, id) = facts_with::<IdeaId>(notice, "idea")?;
    let (_, person) = facts_with::<PersonId>(notice, "person")?;
    let found = ideas::find(tx, id)?.filter(|found| found.idea.hidden_reason.is_none());
    let Some((found, (application, words))) = found.zip(idea_questions::find(tx, id, person)?) else {
        return Ok(None);
    };
    let asker = get_applicant(tx, application)?;
    let found_on = get_placement(tx, found.idea.placement)?;
    let host = get_library(tx, found_on.host)?;
    let language = host.language_of(&notice.recipient).unwrap_or(app.settings.language);
    Ok(Some(Letter {
        to_name: notice.recipient_name.as_ref().map(ToString::to_string),
        question: Some(Question {
            idea: found.idea.given.words,
            words,
            name: asker.application.name,
            library: get_library(tx, asker.application.home)?.name,
            address: asker.person.email,
        }),
        ..about_no_case(app, now, notice, language)
    }))
}
