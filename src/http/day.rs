//! The day of a placement and what comes after it: `/v1/placements/{id}/ill`, `…/attendance`, `…/feedback`,
//! `/v1/rounds/{id}/feedback`, and the part of a link's page about them.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::placements::{clock, shown_to};
use super::{read, schemas};
use crate::domain::attendance::{Attendance, AttendanceKind};
use crate::domain::fault::{Faults, Rule};
use crate::domain::feedback::{self, Given, MOST_COMMENTS};
use crate::domain::idea::{MOST_TOPICS, NewIdea, ShownAs, Words};
use crate::domain::ids::{FeedbackId, PlacementId, RoundId};
use crate::domain::json::{At, Object, parse_time};
use crate::domain::party::Party;
use crate::domain::states::PlacementState;
use crate::domain::tag::Tag;
use crate::services::links::{Deed, LinkView};
use crate::services::{attendance, feedback as sayings};

/// What came of a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceShown)]
pub(super) struct Came {
    #[schema(schema_with = schemas::attendance_kind)]
    attendance: &'static str,
    /// With `left_early`; local to the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_at: Option<String>,
}

impl From<Attendance> for Came {
    fn from(attendance: Attendance) -> Self {
        Self { attendance: attendance.kind.as_str(), left_at: attendance.left_at.map(clock) }
    }
}

/// Marks from 1 to 5, and words.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    /// How well one was prepared, 1 (not at all) to 5 (very well).
    #[schema(minimum = 1, maximum = 5)]
    preparation: i64,
    /// How the welcome was; of a host, how easy it was to receive the visitor.
    #[schema(minimum = 1, maximum = 5)]
    welcome: i64,
    /// How much was learned.
    #[schema(minimum = 1, maximum = 5)]
    learning: i64,
    /// More, in words.
    #[schema(schema_with = schemas::optional_comments)]
    comments: Option<String>,
}

impl From<feedback::Feedback> for Feedback {
    fn from(said: feedback::Feedback) -> Self {
        let feedback::Feedback { preparation, welcome, learning, comments } = said;
        Self { preparation, welcome, learning, comments }
    }
}

/// What one side said of a day, without whom and which.
#[derive(Debug, Serialize, ToSchema)]
struct FeedbackInList {
    id: Uuid,
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    // Not flattened: what is read as a body lets no other members through, and nothing would fit both schemas.
    #[schema(minimum = 1, maximum = 5)]
    preparation: i64,
    #[schema(minimum = 1, maximum = 5)]
    welcome: i64,
    #[schema(minimum = 1, maximum = 5)]
    learning: i64,
    #[schema(schema_with = schemas::optional_comments)]
    comments: Option<String>,
}

impl From<Given> for FeedbackInList {
    fn from(given: Given) -> Self {
        let Given { id, party, feedback, .. } = given;
        let feedback::Feedback { preparation, welcome, learning, comments } = feedback;
        Self { id: id.uuid(), party: party.as_str(), preparation, welcome, learning, comments }
    }
}

/// The holder's own idea.
#[derive(Debug, Serialize, ToSchema)]
struct OwnIdea {
    text: String,
    topics: Vec<String>,
    #[schema(schema_with = schemas::shown_as)]
    shown_as: &'static str,
    /// Organisers hide it.
    is_hidden: bool,
}

/// What a link tells of the day of its placement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayOfLink)]
pub(super) struct Day {
    /// What came of it; null as long as nobody has said.
    came: Option<Came>,
    /// Where to ring at the host library, for those who may know: its contact's number, then the deputy's.
    telephones: Vec<String>,
    /// What the holder has said of it.
    feedback: Option<Feedback>,
    /// What the participant brought home; for the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    idea: Option<OwnIdea>,
}

/// The part of a link's page about the day, once there is a certain one.
pub(super) fn of_link(view: &LinkView) -> Option<Day> {
    let (placement, host) = view.placement.as_ref()?;
    if !placement.state.is_agreed() {
        return None;
    }
    let attendance = view.day.attendance.map(|known| known.attendance);
    let is_ill = attendance.is_some_and(|known| known.kind == AttendanceKind::Ill);
    let may_ring = match view.link.party {
        Party::Participant => true,
        Party::Manager => is_ill,
        Party::Host => false,
    };
    let numbers =
        [&host.contact, &host.deputy].into_iter().flatten().filter_map(|one| one.telephone.as_ref());
    Some(Day {
        came: attendance.map(Came::from),
        telephones: numbers.filter(|_| may_ring).map(ToString::to_string).collect(),
        feedback: view.day.feedback.clone().map(Feedback::from),
        idea: view.day.idea.as_ref().map(|idea| OwnIdea {
            text: idea.given.words.to_string(),
            topics: idea.given.topics.iter().map(ToString::to_string).collect(),
            shown_as: idea.given.shown_as.as_str(),
            is_hidden: idea.hidden_reason.is_some(),
        }),
    })
}

/// What is true on the day and after it, and what happens next; none where the state of the placement says it.
pub(super) fn next(view: &LinkView) -> Option<&'static str> {
    let (placement, _) = view.placement.as_ref()?;
    let kind = view.day.attendance.map(|known| known.attendance.kind);
    let can = |deed| view.deeds.contains(&deed);
    match (placement.state, kind, view.link.party) {
        (PlacementState::DidNotTakePlace, Some(AttendanceKind::Ill), Party::Participant) => Some(
            "You have said that you are ill today. The host library and your line manager have a mail about it; if the visit \
             begins soon, please ring as well. Get well soon!",
        ),
        (PlacementState::DidNotTakePlace, Some(AttendanceKind::Ill), Party::Host | Party::Manager) => {
            Some("The participant is ill: the day does not take place.")
        }
        (PlacementState::DidNotTakePlace, _, Party::Host) if can(Deed::Attendance) => {
            Some("You have marked that the visitor did not come. If that is wrong, mark it here otherwise.")
        }
        (PlacementState::Confirmed, _, Party::Host) if can(Deed::Attendance) => {
            Some("This is the day, or it has been: please mark whether the visitor came.")
        }
        (PlacementState::Confirmed, _, Party::Participant) if can(Deed::Ill) => Some(
            "Everybody has said yes: the day is certain. If something else has come in between, say so below.",
        ),
        (PlacementState::Confirmed | PlacementState::Completed, _, Party::Participant)
            if can(Deed::Feedback) && view.day.feedback.is_some() && view.day.idea.is_none() =>
        {
            Some("The day has been, and you have said how it was. Thank you! What will you try at home?")
        }
        (PlacementState::Confirmed | PlacementState::Completed, _, _)
            if can(Deed::Feedback) && view.day.feedback.is_some() =>
        {
            Some("The day has been, and you have said how it was. Thank you! You can change it below.")
        }
        (PlacementState::Confirmed | PlacementState::Completed, _, _) if can(Deed::Feedback) => {
            Some("The day has been. Thank you! Please say how it was.")
        }
        _ => None,
    }
}

/// What stands beside the deeds of the day, as far as it was given and could be read.
#[derive(Default)]
pub(super) struct Fields {
    given: Vec<&'static str>,
    attendance: Option<AttendanceKind>,
    left_at: Option<NaiveTime>,
    preparation: Option<i64>,
    welcome: Option<i64>,
    learning: Option<i64>,
    comments: Option<String>,
    text: Option<Words>,
    topics: Option<Vec<Tag>>,
    shown_as: Option<ShownAs>,
}

/// The members of a mark.
pub(super) const ATTENDANCE: [&str; 2] = ["attendance", "left_at"];
/// The members of feedback.
pub(super) const FEEDBACK: [&str; 4] = ["preparation", "welcome", "learning", "comments"];
/// The members of an idea.
pub(super) const IDEA: [&str; 3] = ["text", "topics", "shown_as"];

const RATING: &str = "must be a whole number from 1 to 5";

impl Fields {
    /// Reads those that stand in an object.
    pub(super) fn read(object: &Object<'_>) -> Self {
        let mut fields = Self::default();
        let given = ATTENDANCE.into_iter().chain(FEEDBACK).chain(IDEA);
        fields.given = given.filter(|name| object.optional(name).is_some()).collect();
        let rating = |name: &str| object.optional(name).and_then(|at| at.integer(1..=5));
        fields.attendance = object.optional("attendance").and_then(|at| at.parse());
        fields.left_at = object.optional("left_at").and_then(|at| read::time(&at));
        fields.preparation = rating("preparation");
        fields.welcome = rating("welcome");
        fields.learning = rating("learning");
        fields.comments = object.optional("comments").and_then(|at| read::words(&at, MOST_COMMENTS));
        fields.text = object.optional("text").and_then(|at| at.parse());
        fields.topics = object.optional("topics").and_then(|_| read::set(object, "topics", At::parse));
        fields.shown_as = object.optional("shown_as").and_then(|at| at.parse());
        fields
    }

    /// Whether a field of a form is one of these; if so, it is read. What is left empty is absent.
    pub(super) fn take(&mut self, name: &str, value: &str, faults: &Faults) -> bool {
        let known = ATTENDANCE.into_iter().chain(FEEDBACK).chain(IDEA).find(|known| *known == name);
        let Some(name) = known else { return false };
        if value.trim().is_empty() {
            return true;
        }
        self.given.push(name);
        let rating = || value.parse().ok().filter(|n| (1..=5).contains(n)).ok_or(Rule::of(RATING));
        let read = match name {
            "attendance" => value.parse().map(|read| self.attendance = Some(read)),
            "left_at" => parse_time(value.trim()).map(|read| self.left_at = Some(read)),
            "preparation" => rating().map(|read| self.preparation = Some(read)),
            "welcome" => rating().map(|read| self.welcome = Some(read)),
            "learning" => rating().map(|read| self.learning = Some(read)),
            "comments" => read::parse_words(value, MOST_COMMENTS).map(|read| self.comments = Some(read)),
            "text" => value.parse().map(|read| self.text = Some(read)),
            "topics" => written_topics(value).map(|read| self.topics = Some(read)),
            _ => value.parse().map(|read| self.shown_as = Some(read)),
        };
        if let Err(rule) = read {
            faults.add(format!("/{name}"), value, rule);
        }
        true
    }

    /// In the form a time may stand whatever is chosen: it counts only with leaving early.
    pub(super) fn keep_chosen(&mut self) {
        if self.attendance != Some(AttendanceKind::LeftEarly) {
            self.left_at = None;
            self.given.retain(|name| *name != "left_at");
        }
    }

    /// What was given.
    pub(super) fn given(&self) -> &[&'static str] {
        &self.given
    }

    fn require(&self, names: &[&str], faults: &Faults) {
        for name in names.iter().filter(|name| !self.given.contains(name)) {
            faults.add(format!("/{name}"), "", "is required");
        }
    }

    /// The mark of a host.
    pub(super) fn attendance(self, faults: &Faults) -> Option<Attendance> {
        self.require(&["attendance"], faults);
        if self.given.contains(&"left_at") && self.left_at.is_none() {
            return None;
        }
        match Attendance::marked(self.attendance?, self.left_at) {
            Ok(attendance) => Some(attendance),
            Err((field, rule)) => {
                let value = self.left_at.map(clock).unwrap_or_default();
                faults.add(format!("/{field}"), value, rule);
                None
            }
        }
    }

    /// One party's feedback.
    pub(super) fn feedback(self, faults: &Faults) -> Option<feedback::Feedback> {
        self.require(&["preparation", "welcome", "learning"], faults);
        let (preparation, welcome, learning) = (self.preparation?, self.welcome?, self.learning?);
        Some(feedback::Feedback { preparation, welcome, learning, comments: self.comments })
    }

    /// An idea.
    pub(super) fn idea(self, faults: &Faults) -> Option<NewIdea> {
        self.require(&IDEA, faults);
        if let Some(topics) = self.topics.as_ref().filter(|topics| !(1..=MOST_TOPICS).contains(&topics.len()))
        {
            let rule = format!("must name at least one topic, and at most {MOST_TOPICS}");
            faults.add("/topics", topics.len(), rule);
            return None;
        }
        Some(NewIdea { words: self.text?, topics: self.topics?, shown_as: self.shown_as? })
    }
}

/// Topics as people write them into one line: `Reading groups, evening hours`.
fn written_topics(line: &str) -> Result<Vec<Tag>, Rule> {
    let mut topics: Vec<Tag> = Vec::new();
    for topic in line.split([',', ';', '\n']).map(str::trim).filter(|topic| !topic.is_empty()) {
        let words: Vec<String> = topic.split_whitespace().map(str::to_lowercase).collect();
        let tag = words.join("-").parse()?;
        if !topics.contains(&tag) {
            topics.push(tag);
        }
    }
    Ok(topics)
}

/// Say that the participant is ill today
///
/// From noon of the day before until the end of the visit; the host library and the line manager know at once, and nothing
/// else is asked. Again it changes nothing.
#[utoipa::path(post, path = "/v1/placements/{id}/ill", tag = "placements", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The placement as it is now.", body = super::placements::Placement)))]
pub(super) async fn call_in_ill(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    call.no_body()?;
    call.run(move |app, actor| attendance::call_in_ill(app, actor, id)).await?;
    shown_to(&call, id).await
}

/// Whether the visitor came.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Attendance)]
#[expect(dead_code, reason = "the schema of what `mark` reads")]
pub(super) struct AttendanceBody {
    #[schema(schema_with = schemas::marked_attendance)]
    attendance: String,
    /// Required with `left_early`; local to the host, within the visit.
    #[schema(schema_with = schemas::optional_time)]
    left_at: Option<String>,
}

/// Mark whether the visitor came
///
/// By the host, from the start of the visit on; another mark within 7 days of the first corrects it.
#[utoipa::path(post, path = "/v1/placements/{id}/attendance", tag = "placements", params(("id" = Uuid, Path)),
    request_body = AttendanceBody,
    responses((status = 200, description = "The placement as it is now.", body = super::placements::Placement)))]
pub(super) async fn mark(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let marked = call.body(&ATTENDANCE, |object| Fields::read(object).attendance(object.at().faults()))?;
    call.run(move |app, actor| attendance::mark(app, actor, id, marked)).await?;
    shown_to(&call, id).await
}

/// Say how a day was
///
/// By participant and host, from the end of the visit until 30 days after; again it takes the place of what was said
/// before. The other side never sees it, organisers see it without names.
#[utoipa::path(put, path = "/v1/placements/{id}/feedback", tag = "placements", params(("id" = Uuid, Path)),
    request_body = Feedback, responses((status = 200, description = "What was said.", body = Feedback)))]
pub(super) async fn give_feedback(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let said = call.body(&FEEDBACK, |object| Fields::read(object).feedback(object.at().faults()))?;
    let given = call.run(move |app, actor| sayings::give(app, actor, id, &said)).await?;
    shown(&Feedback::from(given.feedback))
}

/// List what was said of the days of a round
///
/// Without names, and without the placements.
#[utoipa::path(get, path = "/v1/rounds/{id}/feedback", tag = "rounds",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of feedback.", body = Listed<FeedbackInList>)))]
pub(super) async fn list_feedback(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page::<FeedbackId>()?;
    let found = call.run(move |app, actor| sayings::list(app, actor, round, &page)).await?;
    listed(&call, found, FeedbackInList::from)
}
