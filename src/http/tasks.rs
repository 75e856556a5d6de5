//! `/v1/me/tasks`: what whoever asks owes, by deadline.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed};
use super::auth::{self, Credential};
use super::call::Call;
use super::schemas;
use crate::domain::ids::RoundId;
use crate::domain::permissions::Role;
use crate::domain::task::{self, Door};
use crate::services::tasks;

/// Something that the reader owes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Task {
    #[schema(schema_with = schemas::task_kind)]
    kind: &'static str,
    /// The last day for it in the round's zone; null where no day ends it.
    deadline: Option<NaiveDate>,
    subject: TaskSubject,
    round: Option<Uuid>,
    /// What to do.
    what: String,
    /// Where it is done: a path of the API, or the page of the link that was the credential.
    url: String,
}

/// What a task is about.
#[derive(Debug, Serialize, ToSchema)]
struct TaskSubject {
    #[schema(schema_with = schemas::subject_kind)]
    kind: &'static str,
    id: Uuid,
    /// In a few words, as far as the reader may know it.
    about: String,
}

fn shape(task: task::Task, page: &str) -> Task {
    Task {
        kind: task.kind.as_str(),
        deadline: task.deadline,
        subject: TaskSubject { kind: task.subject_kind.as_str(), id: task.subject, about: task.about },
        round: task.round.map(RoundId::uuid),
        what: task.what,
        url: match task.door {
            Door::Api(path) => path,
            Door::Page => page.to_owned(),
        },
    }
}

/// Which page of the tasks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Call::page` reads")]
pub(super) struct PageParameters {
    /// At most so many items; 50 unless said otherwise.
    #[param(nullable = false, minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// List what you owe, by deadline
///
/// Empty when all is done. Of a link what its case waits for; of a token what its role owes in all rounds.
#[utoipa::path(get, path = "/v1/me/tasks", tag = "tasks", params(PageParameters),
    responses((status = 200, description = "A page of tasks.", body = Listed<Task>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let of_a_case = matches!(call.actor.role, Role::Participant | Role::Manager | Role::HostContact);
    let link = match auth::credential(call.app(), &call.request)? {
        Some(Credential::Bearer(secret)) => Some(secret).filter(|_| of_a_case),
        Some(Credential::Cookie(_)) | None => None,
    };
    // Whoever has signed in has the pages in their mails.
    let place = link.as_ref().map_or_else(|| "/account".to_owned(), |secret| format!("/links/{secret}"));
    let found = call
        .run(move |app, actor| match link {
            Some(secret) => tasks::list_of_link(app, &secret, &page),
            None if of_a_case => tasks::list_of_case(app, actor, &page),
            None => tasks::list(app, actor, &page),
        })
        .await?;
    listed(&call, found, |task| shape(task, &place))
}
