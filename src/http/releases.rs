//! The manager's part of a link: what is asked, what a release would do to cover, and the reading of what is answered,
//! from JSON and from the page's form.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::cover::NobodyLeaves;
use crate::domain::fault::Faults;
use crate::domain::ids::ApplicationId;
use crate::domain::json::{At, Object, parse_date};
use crate::domain::permissions::Actor;
use crate::domain::release::{Answered, Decision, RefusalReason, ReleaseRefusal};
use crate::domain::states;
use crate::services::App;
use crate::services::applications::Applicant;
use crate::services::links::LinkView;
use crate::services::releases::{self, CoverOnDay};

/// A request for release that waits for the manager.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseRequest)]
pub(super) struct Request {
    /// The application.
    application: Uuid,
    /// To be given back with a decision, so that it is about what is shown here.
    version: i64,
    name: String,
    role_title: Option<String>,
    /// The days asked for.
    days: Vec<Day>,
}

/// What a release on a date would do to the library.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseDay)]
struct Day {
    date: NaiveDate,
    /// Who works, as the library's cover rule has it.
    rostered: Option<u32>,
    /// Who must remain, as the cover rule has it.
    minimum: Option<u32>,
    /// Own staff that the round may send away.
    may_leave: u32,
    /// Why nobody may leave.
    nobody_leaves: Option<String>,
    /// Others of the library who are released for the date.
    released: usize,
    /// Others of the library who ask for it and have no answer.
    asking: usize,
    /// Who can still be released before more are than may leave; null where the library has said nothing of release.
    left: Option<usize>,
}

impl Day {
    fn of(applicant: &Applicant, cover: &CoverOnDay) -> Self {
        let id = applicant.application.id;
        let day = &cover.day;
        let may_leave = usize::try_from(day.release).unwrap_or(usize::MAX);
        let others = |ids: &BTreeSet<ApplicationId>| ids.iter().filter(|one| **one != id).count();
        let released = others(&cover.released);
        Self {
            date: day.date,
            rostered: day.rostered_and_minimum.map(|(rostered, _)| rostered),
            minimum: day.rostered_and_minimum.map(|(_, minimum)| minimum),
            may_leave: day.release,
            nobody_leaves: day.nobody_leaves.as_ref().map(ToString::to_string),
            released,
            asking: others(&cover.asking),
            left: (day.nobody_leaves != Some(NobodyLeaves::NotOffered))
                .then(|| may_leave.saturating_sub(released)),
        }
    }
}

impl Request {
    fn of(applicant: &Applicant, cover: &[CoverOnDay]) -> Self {
        let application = &applicant.application;
        let asked = cover.iter().filter(|cover| application.dates.contains(&cover.day.date));
        Self {
            application: application.id.uuid(),
            version: application.revision,
            name: application.name.to_string(),
            role_title: application.role_title.as_ref().map(ToString::to_string),
            days: asked.map(|cover| Day::of(applicant, cover)).collect(),
        }
    }
}

/// The requests that wait for the holder of a link.
pub(super) fn requests(view: &LinkView) -> Vec<Request> {
    view.requests().map(|applicant| Request::of(applicant, &view.cover)).collect()
}

/// A request for release, whatever became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Release {
    #[schema(schema_with = schemas::application_state)]
    state: &'static str,
    /// The days on which the participant may be away.
    released_dates: Vec<NaiveDate>,
    request: Request,
}

impl Release {
    fn of((applicant, cover): &(Applicant, Vec<CoverOnDay>)) -> Self {
        Self {
            state: applicant.application.state.as_str(),
            released_dates: applicant.application.released_dates.clone(),
            request: Request::of(applicant, cover),
        }
    }
}

/// What is said to a request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseAnswer)]
#[expect(dead_code, reason = "the schema of what `decide` reads")]
pub(super) struct AnswerBody {
    /// The request's `version`, as it was looked at.
    version: i64,
    #[schema(schema_with = schemas::yes_or_no)]
    answer: String,
    /// With `yes`: which of the days asked for; absent means all.
    #[schema(schema_with = schemas::optional_dates)]
    dates: Option<Vec<NaiveDate>>,
    /// With `no`: why.
    #[schema(schema_with = schemas::optional_refusal_reason)]
    reason: Option<String>,
    /// With `no`: more about it, needed with `other`. Only organisers read it.
    #[schema(schema_with = schemas::optional_reason)]
    words: Option<String>,
}

/// See what a line manager is asked
///
/// And what a release would do to the library on each day.
#[utoipa::path(get, path = "/v1/applications/{id}/release", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request.", body = Release)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let found = call.run(move |app, actor| releases::get(app, actor, id)).await?;
    shown(&Release::of(&found))
}

/// Release somebody, or say no
///
/// By the line manager, or their deputy; those who were asked by mail need not sign in.
#[utoipa::path(post, path = "/v1/applications/{id}/release", tag = "applications", params(("id" = Uuid, Path)),
    request_body = AnswerBody,
    responses((status = 200, description = "The request as it is now.", body = Release)))]
pub(super) async fn decide(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let (version, decision) = call.body(&["version", "answer", "dates", "reason", "words"], |object| {
        let version = object.required("version").and_then(|at| at.integer(0..=read::MOST_EXACT));
        let decision = read_decision(object);
        Some((version?, decision?))
    })?;
    let done = move |app: &App, actor: &Actor| releases::decide_by_id(app, actor, id, version, &decision);
    shown(&Release::of(&call.run(done).await?))
}

/// The reasons for a no as the page words them.
pub(super) fn reasons() -> Vec<(&'static str, &'static str)> {
    let words = |reason: &RefusalReason| match reason {
        RefusalReason::Cover => "too few would remain",
        RefusalReason::Leave => "leave",
        RefusalReason::BusinessNeed => "needed for other work",
        RefusalReason::Vetting => "vetting",
        RefusalReason::Other => "another reason, in these words",
    };
    RefusalReason::ALL.iter().map(|reason| (reason.as_str(), words(reason))).collect()
}

/// What is said to one request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseDecision)]
#[expect(dead_code, reason = "the schema of what `read_given` reads")]
pub(super) struct DecisionBody {
    /// One of the `requests`.
    application: Uuid,
    /// Its `version`, as it was looked at.
    version: i64,
    #[schema(schema_with = schemas::yes_or_no)]
    answer: String,
    /// With `yes`: which of the days asked for; absent means all.
    #[schema(schema_with = schemas::optional_dates)]
    dates: Option<Vec<NaiveDate>>,
    /// With `no`: why.
    #[schema(schema_with = schemas::optional_refusal_reason)]
    reason: Option<String>,
    /// With `no`: more about it, needed with `other`. Only organisers read it.
    #[schema(schema_with = schemas::optional_reason)]
    words: Option<String>,
}

/// An answer with what was given beside it, not yet seen together.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) dates: Option<Vec<NaiveDate>>,
    pub(super) reason: Option<RefusalReason>,
    pub(super) words: Option<String>,
}

impl Given {
    /// A yes on days.
    pub(super) fn yes(self, pointer: &str, faults: &Faults) -> Option<Decision> {
        if self.reason.is_some() {
            faults.add(format!("{pointer}/reason"), "", "goes with a no only");
        }
        if self.words.is_some() {
            faults.add(format!("{pointer}/words"), "", "goes with a no only");
        }
        let days = self.dates.unwrap_or_default();
        Some(Decision::Release(days))
    }

    /// A no with its reason.
    pub(super) fn no(self, pointer: &str, faults: &Faults) -> Option<Decision> {
        if self.dates.is_some() {
            faults.add(format!("{pointer}/dates"), "", "goes with a yes only");
        }
        let Some(reason) = self.reason else {
            let names: Vec<&str> = RefusalReason::ALL.iter().map(|reason| reason.as_str()).collect();
            let rule = format!("is required: one of {}; only organisers read it", names.join(", "));
            faults.add(format!("{pointer}/reason"), "", rule);
            return None;
        };
        if reason == RefusalReason::Other && self.words.is_none() {
            faults.add(format!("{pointer}/words"), "", "is required with another reason: say which");
        }
        Some(Decision::Refuse(ReleaseRefusal { reason, words: self.words }))
    }
}

/// The days of a yes: at least one, or absent.
pub(super) fn read_days(at: &At<'_>) -> Option<Vec<NaiveDate>> {
    let days = read::items(at, At::date)?;
    if days.is_empty() {
        at.fault("must name at least one day");
        return None;
    }
    Some(days)
}

/// Reads an answer and what goes with it.
fn read_decision(object: &Object<'_>) -> Option<Decision> {
    let answer = object.required("answer").and_then(|at| read::yes_or_no(&at));
    let dates = read::maybe_absent(object, "dates", read_days);
    let reason = read::maybe_absent(object, "reason", At::parse);
    let words = read::maybe_absent(object, "words", |at| read::words(at, read::MOST_REASON));
    let given = Given { dates: dates?, reason: reason?, words: words? };
    let (pointer, faults) = (object.at().pointer(), object.at().faults());
    match answer? {
        states::Answer::Yes => given.yes(&pointer, faults),
        states::Answer::No | states::Answer::Pending => given.no(&pointer, faults),
    }
}

/// Reads `decisions`.
pub(super) fn read_decisions(at: &At<'_>) -> Option<Vec<Answered>> {
    let answers = read::items(at, |at| {
        let object = at.object(&["application", "version", "answer", "dates", "reason", "words"])?;
        let application = object.required("application").and_then(|at| at.parse::<ApplicationId>());
        let version = object.required("version").and_then(|at| at.integer(0..=read::MOST_EXACT));
        let decision = read_decision(&object);
        Some(Answered { application: Some(application?), version: Some(version?), decision: decision? })
    })?;
    if answers.is_empty() {
        at.fault("must answer at least one request");
        return None;
    }
    Some(answers)
}

/// What the page's form says of one request: its fields end in the application's id, as `answer.019…`.
struct FormRequest {
    application: ApplicationId,
    version: Option<i64>,
    answer: Option<String>,
    dates: Vec<NaiveDate>,
    words: Option<String>,
}

/// The page's form of several requests, read field by field.
#[derive(Default)]
pub(super) struct Form {
    requests: Vec<FormRequest>,
}

impl Form {
    /// Whether a field is one of this form's; if so, it is read.
    pub(super) fn take(&mut self, name: &str, value: &str, faults: &Faults) -> bool {
        let Some((field, id)) = name.split_once('.') else { return false };
        let Ok(application) = id.parse::<ApplicationId>() else { return false };
        let n = self.requests.iter().position(|request| request.application == application);
        let n = n.unwrap_or_else(|| {
            let (version, answer, dates, words) = (None, None, Vec::new(), None);
            self.requests.push(FormRequest { application, version, answer, dates, words });
            self.requests.len() - 1
        });
        let request = &mut self.requests[n];
        match field {
            "version" => match value.parse() {
                Ok(version) => request.version = Some(version),
                Err(_) => faults.add(pointer(n, field), value, "must be a whole number"),
            },
            "answer" => request.answer = Some(value.to_owned()),
            "dates" => match parse_date(value) {
                Ok(date) => request.dates.push(date),
                Err(rule) => faults.add(pointer(n, field), value, rule),
            },
            "words" if value.trim().is_empty() => {}
            "words" => match read::parse_words(value, read::MOST_REASON) {
                Ok(words) => request.words = Some(words),
                Err(rule) => faults.add(pointer(n, field), value, rule),
            },
            _ => return false,
        }
        true
    }

    /// What is decided. A request without an answer is left for another time.
    pub(super) fn finish(self, faults: &Faults) -> Vec<Answered> {
        let mut answers = Vec::new();
        for (n, request) in self.requests.into_iter().enumerate() {
            let Some(answer) = request.answer else { continue };
            if request.version.is_none() {
                faults.add(pointer(n, "version"), "", "is required");
            }
            // Days are ticked and words may be written whatever is chosen: only those of the choice count.
            let place = format!("/request {}", n + 1);
            let decision = if answer == states::Answer::Yes.as_str() {
                if request.dates.is_empty() {
                    faults.add(place.clone(), "", "tick at least one day, or say no");
                }
                Given { dates: Some(request.dates), ..Given::default() }.yes(&place, faults)
            } else {
                match answer.parse() {
                    Ok(reason) => {
                        let given = Given { dates: None, reason: Some(reason), words: request.words };
                        given.no(&place, faults)
                    }
                    Err(rule) => {
                        faults.add(pointer(n, "answer"), &answer, rule);
                        None
                    }
                }
            };
            let (application, version) = (Some(request.application), request.version);
            answers.extend(decision.map(|decision| Answered { application, version, decision }));
        }
        if answers.is_empty() && faults.is_empty() {
            faults.add("/answer", "", "say yes or no to a request");
        }
        answers
    }
}

/// A place in the form as the page names it.
fn pointer(n: usize, field: &str) -> String {
    format!("/request {}/{field}", n + 1)
}
