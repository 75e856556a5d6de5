//! Every endpoint, a line each: its actions in the table of permissions, what they are done to, and a request that would do it.
//!
//! To add one: method, path and actions as in `http/routes.rs`; on what, as the use case asks the table ([`On`]); what it sends;
//! and in which states it can be done, where it asks for one.

use library_swap::domain::permissions::{Action, Actor, Role};
use library_swap::domain::states::{ApplicationState, PlacementState, RoundState};
use library_swap::domain::steps::{self, Deed};
use serde_json::{Value, json};

use crate::callers::Caller;
use crate::programme::World;
use crate::scenes::{HOME, Scene};

/// On what something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// On what concerns the programme as a whole; whose reach ends somewhere may not.
    Programme,
    /// On what is one's own of the whole programme: a list of it, or something new.
    Mine,
    /// On what is one's own, whatever that is.
    Own,
    /// On what is one's own of a round.
    InRound,
    /// On a round, or something that belongs to it.
    Round,
    /// On the home's employer, or something of it.
    Employer,
    /// On the offer of the home for a round.
    Offer,
    /// On an application.
    Application,
    /// On a placement, which is its home's and, for administrators, its host's.
    Placement,
    /// On the participant's side of a placement.
    Visitor,
    /// On the host's side of a placement.
    Visit,
    /// On one's own session, which a cookie proves.
    Session,
    /// On something of other people's sessions.
    OthersSession,
    /// On what a secret opens, which nobody has here.
    Nobody,
}

/// What is sent.
pub enum Sent {
    Nothing,
    Json(fn(&World<'_>, &Scene, &Caller) -> Value),
    Text(&'static str, &'static str),
    Form(fn(&Scene) -> String),
}

/// An endpoint.
pub struct Row {
    pub method: &'static str,
    pub path: &'static str,
    pub actions: &'static [Action],
    pub on: On,
    /// What stands for `{id}`, or another parameter, where that is not what its path says.
    pub stand_ins: Vec<(&'static str, &'static str)>,
    pub query: &'static str,
    pub sent: Sent,
    /// What a scene must have besides.
    pub needs: Option<&'static str>,
    /// Whether the state allows it.
    pub when: fn(&Scene, &Caller) -> bool,
    /// It changes something of which nobody is told, so that no entry is expected; why.
    pub silent: Option<&'static str>,
}

/// What HR of the home might order, for a day of the week.
pub fn schedule_delivery(weekday: &str) -> Value {
    json!({
        "format": "csv", "contents": "from_today", "weekdays": [weekday], "time": "07:00", "time_zone": "Europe/London",
        "way": "mail", "address": format!("payroll@{HOME}.example"),
    })
}

fn row(method: &'static str, path: &'static str, actions: &'static [Action], on: On) -> Row {
    Row {
        method,
        path,
        actions,
        on,
        stand_ins: Vec::new(),
        query: "",
        sent: Sent::Nothing,
        needs: None,
        when: |_, _| true,
        silent: None,
    }
}

impl Row {
    fn of(mut self, parameter: &'static str, thing: &'static str) -> Self {
        self.stand_ins.push((parameter, thing));
        self
    }

    fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    fn json(mut self, body: fn(&World<'_>, &Scene, &Caller) -> Value) -> Self {
        self.sent = Sent::Json(body);
        self
    }

    fn text(mut self, kind: &'static str, text: &'static str) -> Self {
        self.sent = Sent::Text(kind, text);
        self
    }

    fn form(mut self, body: fn(&Scene) -> String) -> Self {
        self.sent = Sent::Form(body);
        self
    }

    fn needs(mut self, thing: &'static str) -> Self {
        self.needs = Some(thing);
        self
    }

    fn when(mut self, when: fn(&Scene, &Caller) -> bool) -> Self {
        self.when = when;
        self
    }

    fn silent(mut self, why: &'static str) -> Self {
        self.silent = Some(why);
        self
    }

    /// Which of its actions it is for somebody.
    pub fn action_of(&self, actor: &Actor) -> Action {
        *self.actions.iter().find(|action| actor.reach(**action).is_ok()).unwrap_or(&self.actions[0])
    }

    /// Its URL in a scene; none where the scene has no such thing.
    pub fn url(&self, scene: &Scene) -> Option<String> {
        if let Some(thing) = self.needs {
            scene.things.get(thing)?;
        }
        let mut url = String::new();
        let mut before = "";
        for part in self.path.split('/').skip(1) {
            url.push('/');
            match part.split_once('{') {
                None => url.push_str(part),
                Some((head, rest)) => {
                    let (parameter, tail) = rest.split_once('}').expect("a brace");
                    let stand_in =
                        self.stand_ins.iter().find(|(name, _)| *name == parameter).map(|(_, thing)| *thing);
                    let usual = if parameter == "id" { before } else { parameter };
                    url.push_str(head);
                    url.push_str(scene.things.get(stand_in.unwrap_or(usual))?);
                    url.push_str(tail);
                }
            }
            before = part;
        }
        Some(url + self.query)
    }

    /// Whether it says something else in another round.
    pub fn is_of_rounds(&self) -> bool {
        ["rounds/{", "runs/{", "placements/{", "applications/{", "held-mails/{", "swaps/{", "deliveries/{"]
            .iter()
            .any(|part| self.path.contains(part))
    }
}

fn round(scene: &Scene, deed: Deed) -> bool {
    steps::next(steps::ROUND, scene.round, deed).is_some()
}

fn application(scene: &Scene, deed: Deed) -> bool {
    scene.application.is_some_and(|state| steps::next(steps::APPLICATION, state, deed).is_some())
}

fn placement(scene: &Scene, deed: Deed) -> bool {
    scene.placement.is_some_and(|state| steps::next(steps::PLACEMENT, state, deed).is_some())
}

/// Whether it is the day of the placement: noon, in the middle of the visit.
fn is_the_day(scene: &Scene) -> bool {
    scene.round == RoundState::Running
}

/// The library for which somebody acts; the home for whoever acts for none.
fn own(caller: &Caller) -> &'static str {
    caller.library.unwrap_or(HOME)
}

fn party(caller: &Caller) -> &'static str {
    match caller.actor.role {
        Role::Participant => "participant",
        Role::Manager => "manager",
        _ => "host",
    }
}

/// Whether somebody's party is asked about the placement.
fn is_asked(scene: &Scene, caller: &Caller) -> bool {
    scene.asks_managers || caller.actor.role != Role::Manager
}

/// Why a wish to sign in leaves no entry.
const WISH: &str = "nothing is known of who asks, and of an unknown address nothing is kept";
const FORM: &str = "application/x-www-form-urlencoded";
const CLOSURE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270601\r\n\
    DTEND;VALUE=DATE:20270602\r\nSUMMARY:Flood\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const MAIL: &str = "From: Somebody <somebody@x.example>\r\nTo: exchange@exchange.example\r\nMessage-ID: <matrix@x.example>\r\n\
    Subject: Hello\r\nContent-Type: text/plain\r\n\r\nHello.\r\n";

/// All of them.
#[rustfmt::skip]
pub fn all() -> Vec<Row> {
    use Action::*;
    const ANSWERS: &[Action] = &[AnswerAsParticipant, AnswerAsHost, AnswerAsManager];
    const NONE: &[Action] = &[];
    vec![
        row("GET", "/", NONE, On::Own),
        row("GET", "/healthz", NONE, On::Own),
        row("GET", "/readyz", NONE, On::Own),
        row("GET", "/openapi.json", NONE, On::Own),
        row("GET", "/docs", NONE, On::Own),
        row("GET", "/docs/problems", NONE, On::Own),
        row("GET", "/docs/{file:.*}", NONE, On::Own),
        row("GET", "/pages.css", NONE, On::Own),
        row("GET", "/links/{secret}", NONE, On::Nobody),
        row("POST", "/links/{secret}", NONE, On::Nobody).text(FORM, "deed=verify"),
        row("GET", "/v1/links/{secret}", NONE, On::Nobody),
        row("POST", "/v1/links/{secret}", NONE, On::Nobody).json(|_, _, _| json!({ "deed": "verify" })),
        row("GET", "/mails/{secret}", NONE, On::Nobody),
        row("POST", "/mails/{secret}", NONE, On::Nobody).text(FORM, "deed=stop"),
        row("GET", "/links/{secret}/record", NONE, On::Nobody),
        row("POST", "/links/{secret}/certificate", NONE, On::Nobody).text(FORM, ""),
        row("GET", "/certificates/{secret}", &[CheckCertificate], On::Programme),
        row("GET", "/v1/certificates/{secret}", &[CheckCertificate], On::Programme),
        row("GET", "/calendars/{secret}.ics", NONE, On::Nobody),
        row("GET", "/sign-in", NONE, On::Own),
        row("POST", "/sign-in", NONE, On::Own).silent(WISH).text(FORM, "address=nobody@x.example"),
        // No provider is configured here: tests/oidc.rs has one.
        row("GET", "/sign-in/oidc", NONE, On::Nobody),
        row("GET", "/sign-in/oidc/callback", NONE, On::Nobody),
        row("GET", "/sign-in/{secret}", NONE, On::Nobody),
        row("POST", "/sign-in/{secret}", NONE, On::Nobody).text(FORM, ""),
        row("POST", "/v1/sign-in", NONE, On::Own).silent(WISH).json(|_, _, _| json!({ "address": "nobody@x.example" })),
        row("POST", "/v1/sign-in/{secret}", NONE, On::Nobody),
        row("GET", "/account", NONE, On::Own),
        row("POST", "/account", NONE, On::Session).text(FORM, "deed=sign_out"),
        row("GET", "/v1/session", NONE, On::Session),
        row("DELETE", "/v1/session", NONE, On::Session),
        row("PUT", "/v1/session/capacity", NONE, On::Session).json(|_, _, caller| json!({ "capacity": caller.capacity })).silent("they have chosen it already"),
        row("GET", "/v1/session/deputyships", NONE, On::Session),
        row("POST", "/v1/session/deputyships", &[NameDeputy], On::Session).json(|_, _, _| json!({ "deputy": format!("deputy@{HOME}.example"), "starts_on": "2027-01-01", "ends_on": "2027-05-01" })),
        row("DELETE", "/v1/session/deputyships/{id}", NONE, On::OthersSession),
        row("DELETE", "/v1/sessions", NONE, On::Session),

        row("GET", "/v1/tokens", &[ReadTokens], On::Programme),
        row("POST", "/v1/tokens", &[ManageTokens], On::Programme).json(|_, _, _| json!({ "name": "new", "role": "auditor" })),
        row("DELETE", "/v1/tokens/{id}", &[ManageTokens], On::Programme),
        row("POST", "/v1/tokens/{id}/rotate", &[ManageTokens], On::Programme),
        row("GET", "/v1/grants", &[ReadGrants], On::Programme),
        row("POST", "/v1/grants", &[ManageGrants], On::Programme).json(|_, _, _| json!({ "address": "new@auditor.example", "role": "auditor" })),
        row("DELETE", "/v1/grants/{id}", &[ManageGrants], On::Programme),
        row("GET", "/v1/me/tasks", &[ReadTasks], On::Own),
        row("GET", "/v1/audit", &[ReadAudit], On::Programme),
        row("GET", "/v1/audit/head", &[ReadAudit], On::Programme),
        row("GET", "/v1/audit.ndjson", &[ReadAudit], On::Programme),
        row("GET", "/v1/inbound", &[ReadOutbox], On::Programme),
        row("POST", "/v1/inbound", &[TakeMail], On::Programme).text("message/rfc822", MAIL),

        row("GET", "/v1/feeds", &[ReadFeeds], On::Mine),
        row("POST", "/v1/feeds", &[ManageFeeds], On::Employer).json(|world, _, _| json!({ "kind": "employer", "employer": world.employers[HOME] })),
        row("DELETE", "/v1/feeds/{id}", &[ManageFeeds], On::Employer),
        row("POST", "/v1/feeds/{id}/rotate", &[ManageFeeds], On::Employer),

        row("GET", "/v1/employers/{id}/webhooks", &[ReadWebhooks], On::Employer),
        row("POST", "/v1/employers/{id}/webhooks", &[ManageWebhooks], On::Employer).json(|_, _, _| json!({ "url": "https://8.8.4.4/new" })),
        row("GET", "/v1/employers/{id}/schedule-deliveries", &[ReadScheduleDeliveries], On::Employer),
        row("POST", "/v1/employers/{id}/schedule-deliveries", &[ManageScheduleDeliveries], On::Employer)
            .json(|_, _, _| schedule_delivery("mo")),
        row("GET", "/v1/schedule-deliveries/{id}", &[ReadScheduleDeliveries], On::Employer),
        row("PUT", "/v1/schedule-deliveries/{id}", &[ManageScheduleDeliveries], On::Employer)
            .json(|_, _, _| schedule_delivery("tu")),
        row("DELETE", "/v1/schedule-deliveries/{id}", &[ManageScheduleDeliveries], On::Employer),
        row("GET", "/v1/schedule-deliveries/{id}/dispatches", &[ReadScheduleDeliveries], On::Employer),
        row("POST", "/v1/schedule-deliveries/{id}/dispatches", &[ManageScheduleDeliveries], On::Employer),
        row("GET", "/v1/schedule-deliveries/{id}/dispatches/{dispatch}/file", &[ExportSchedule], On::Employer),
        row("GET", "/v1/webhooks/{id}", &[ReadWebhooks], On::Employer),
        row("DELETE", "/v1/webhooks/{id}", &[ManageWebhooks], On::Employer),
        row("POST", "/v1/webhooks/{id}/secret", &[ManageWebhooks], On::Employer),
        row("POST", "/v1/webhooks/{id}/enable", &[ManageWebhooks], On::Employer).silent("it is on"),
        row("GET", "/v1/webhooks/{id}/deliveries", &[ReadWebhooks], On::Employer),
        row("POST", "/v1/webhooks/{id}/deliveries/{delivery}/replay", &[ManageWebhooks], On::Employer),

        row("GET", "/v1/employers", &[ReadEmployers], On::Mine),
        row("POST", "/v1/employers", &[EditEmployer], On::Programme).json(|_, _, _| json!({ "name": "A new one" })),
        row("GET", "/v1/employers/{id}", &[ReadEmployers], On::Employer),
        row("PUT", "/v1/employers/{id}/directory", &[EditEmployer], On::Employer).json(|_, _, _| json!({ "domains": ["campus.example"], "managers": ["new@campus.example"] })),
        row("GET", "/v1/employers/{id}/hr-digest", &[ReadHrDigest], On::Employer),
        row("PUT", "/v1/employers/{id}/hr-digest", &[EditEmployer], On::Employer).json(|_, _, _| json!({ "email": "hr@campus.example" })),
        row("PUT", "/v1/employers/{id}/successor", &[EditEmployer], On::Programme).json(|world, _, _| json!({ "successor": world.employers["town"] })),

        row("GET", "/v1/libraries", &[ReadLibraries], On::Programme),
        row("POST", "/v1/libraries", &[EditLibrary], On::Mine).json(|world, _, caller| json!({
            "reference": "annexe", "name": "The annexe", "sectors": ["public"], "employers": [world.employers[own(caller)]], "time_zone": "Europe/London",
        })),
        row("GET", "/v1/libraries/{id}", &[ReadLibraries], On::Programme),
        row("PUT", "/v1/libraries/{id}/welcome", &[EditLibrary], On::Employer).json(|_, _, _| json!({ "contact": { "name": "New", "email": "new@campus.example" } })),
        row("PUT", "/v1/libraries/{id}/successor", &[EditLibrary], On::Programme).json(|world, _, _| json!({ "successor": world.libraries["town"] })),
        row("GET", "/v1/libraries/{id}/days", &[ReadCalendars], On::Programme).query("?from=2027-03-01&to=2027-03-05"),
        row("PUT", "/v1/libraries/{id}/opening-hours", &[EditLibrary], On::Employer).json(|_, _, _| json!({ "opening_hours": "Mo-Fr 09:00-17:00" })),
        row("GET", "/v1/libraries/{id}/calendars", &[ReadCalendars], On::Programme),
        row("PUT", "/v1/libraries/{id}/calendars", &[EditLibrary], On::Employer).json(|_, scene, _| json!({ "calendars": [scene.thing("calendars")] })),
        row("GET", "/v1/libraries/{id}/exceptions", &[ReadCalendars], On::Programme),
        row("GET", "/v1/libraries/{id}/exceptions/{date}", &[ReadCalendars], On::Programme),
        row("PUT", "/v1/libraries/{id}/exceptions/{date}", &[EditLibrary], On::Employer).json(|_, _, _| json!({ "opens": [["10:00", "12:00"]], "label": "open day" })),
        row("DELETE", "/v1/libraries/{id}/exceptions/{date}", &[EditLibrary], On::Employer),
        row("POST", "/v1/libraries/{id}/closures", &[EditLibrary], On::Employer).text("text/calendar", CLOSURE),
        row("GET", "/v1/libraries/{id}/joining-pack", &[OverseeJoiningPacks], On::Employer),
        row("PUT", "/v1/libraries/{id}/joining-pack", &[EditJoiningPack], On::Employer).json(|_, _, _| json!({ "fields": { "lunch": "A canteen" } })),

        row("GET", "/v1/calendars", &[ReadCalendars], On::Programme),
        row("POST", "/v1/calendars", &[EditCalendar], On::Mine).json(|world, _, caller| json!({ "name": "New", "kind": "closures", "employer": world.employers[own(caller)] })),
        row("GET", "/v1/calendars/{id}", &[ReadCalendars], On::Programme),
        row("PUT", "/v1/calendars/{id}", &[EditCalendar], On::Employer).json(|_, _, _| json!({ "name": "Another name", "periods": [] })),
        row("DELETE", "/v1/calendars/{id}", &[EditCalendar], On::Employer),

        row("GET", "/v1/ideas", &[ReadIdeas], On::Programme),
        row("GET", "/v1/ideas.csv", &[ReadIdeas], On::Programme),
        row("GET", "/ideas/{secret}.atom", NONE, On::Nobody),
        row("POST", "/v1/ideas/{id}/question", &[AskHost], On::Programme).json(|_, _, _| json!({ "text": "Who fills the shelf?" })),
        row("POST", "/v1/ideas/{id}/tried", &[TryIdea], On::Programme),
        row("PUT", "/v1/ideas/{id}/hidden", &[HideIdea], On::Programme).json(|_, _, _| json!({ "reason": "It names somebody." })),

        row("GET", "/v1/rounds", &[ReadRound], On::Programme),
        row("POST", "/v1/rounds", &[CreateRound], On::Programme).json(|_, _, _| json!({
            "name": "New", "time_zone": "Europe/London", "sign_up_until": "2027-04-01", "answer_until": "2027-04-10", "dates": ["2027-05-03"],
        })),
        row("GET", "/v1/rounds/{id}", &[ReadRound], On::Programme),
        row("POST", "/v1/rounds/{id}/open", &[SteerRound], On::Round).when(|scene, _| round(scene, Deed::Open)),
        row("POST", "/v1/rounds/{id}/close", &[SteerRound], On::Round).json(|_, _, _| json!({ "early_reason": "all are here" })).when(|scene, _| round(scene, Deed::Close)),
        row("GET", "/v1/rounds/{id}/dates", &[ReadRound], On::Programme),
        row("PUT", "/v1/rounds/{id}/dates", &[SteerRound], On::Round).json(|_, scene, _| json!({ "answer_until": answer_until(scene) })).when(|scene, _| round(scene, Deed::MoveAnswers)),
        row("GET", "/v1/rounds/{id}/privacy-notice", &[ReadRound], On::Programme),
        row("PUT", "/v1/rounds/{id}/privacy-notice", &[SteerRound], On::Round).json(|_, _, _| json!({ "controller": "Another", "purpose": "To match.", "consent": "Agreed?" })),
        row("GET", "/v1/rounds/{id}/report", &[ReadRound], On::Programme).of("id", "reported").needs("reported"),
        row("GET", "/", &[ReadRound], On::Programme),
        row("GET", "/rounds/{id}", &[ReadRound], On::Programme),
        row("GET", "/rounds/{id}/sign-up", &[ReadRound], On::Programme),
        row("POST", "/rounds/{id}/sign-up", NONE, On::Own).form(|scene| format!(
            "name=New+Reader&email=new%40town.example&home_library=town&dates={}&max_km=30&manager_email=boss%40town.example&privacy_version=1",
            scene.day
        )).when(|scene, _| round(scene, Deed::SignUp)),
        row("GET", "/rounds/{id}/report", NONE, On::Programme).of("id", "reported").needs("reported"),
        row("GET", "/rounds/{id}/report.pdf", NONE, On::Programme).of("id", "reported").needs("reported"),
        row("POST", "/v1/rounds/{id}/report", &[ReportImpact], On::Round).when(|scene, _| scene.round == RoundState::Completed).silent("it is made already"),
        row("POST", "/v1/rounds/{id}/cancel", &[SteerRound], On::Round).when(|scene, _| round(scene, Deed::Cancel)),
        row("GET", "/v1/rounds/{id}/libraries", &[ReadHosting], On::InRound),
        row("GET", "/v1/rounds/{id}/libraries/{library}", &[ReadHosting], On::Offer),
        row("PUT", "/v1/rounds/{id}/libraries/{library}", &[OfferHosting], On::Offer).json(|_, scene, _| json!({ "hosting": { scene.day: 7 } })).when(|scene, _| round(scene, Deed::Offer)),
        row("DELETE", "/v1/rounds/{id}/libraries/{library}", &[OfferHosting], On::Offer).when(|scene, _| round(scene, Deed::Offer)),
        row("GET", "/v1/rounds/{id}/cover", &[ReadCover], On::InRound),
        row("GET", "/v1/rounds/{id}/cover.csv", &[ReadCover], On::InRound),
        row("GET", "/v1/rounds/{id}/cover.xlsx", &[ReadCover], On::InRound),
        row("GET", "/v1/rounds/{id}/applications", &[ReadApplication], On::InRound),
        row("POST", "/v1/rounds/{id}/applications", &[SignUp], On::Mine).json(|_, scene, caller| json!({
            "name": "New Reader", "email": format!("new@{}.example", own(caller)), "home_library": own(caller), "dates": [scene.day], "max_km": 30,
            "manager_email": format!("boss@{}.example", own(caller)), "privacy_version": 1,
        })).when(|scene, _| round(scene, Deed::SignUp)),
        row("GET", "/v1/rounds/{id}/runs", &[ReadRuns], On::Round),
        row("POST", "/v1/rounds/{id}/runs", &[Match], On::Round).when(|scene, _| round(scene, Deed::Run)),
        row("GET", "/v1/rounds/{id}/health", &[ReadOutlook], On::Round),
        row("GET", "/v1/rounds/{id}/frontier", &[ReadOutlook], On::Round),
        row("GET", "/v1/rounds/{id}/locks", &[ReadLocks], On::Round),
        row("GET", "/v1/rounds/{id}/locks/{application}", &[ReadLocks], On::Round).of("application", "locked"),
        row("PUT", "/v1/rounds/{id}/locks/{application}", &[FixPlacements], On::Round).json(|world, scene, _| json!({ "host": world.libraries[scene.host], "date": scene.day })).when(|scene, _| round(scene, Deed::Fix)),
        row("DELETE", "/v1/rounds/{id}/locks/{application}", &[FixPlacements], On::Round).of("application", "locked").when(|scene, _| round(scene, Deed::Fix)),
        row("GET", "/v1/rounds/{id}/forbidden", &[ReadLocks], On::Round),
        row("POST", "/v1/rounds/{id}/forbidden", &[FixPlacements], On::Round).json(|world, scene, _| json!({ "application": scene.thing("applications"), "host": world.libraries["town"] })).needs("applications").when(|scene, _| round(scene, Deed::Fix)),
        row("DELETE", "/v1/rounds/{id}/forbidden/{pair}", &[FixPlacements], On::Round).when(|scene, _| round(scene, Deed::Fix)),
        row("GET", "/v1/rounds/{id}/repairs", &[ReadRepairs], On::Round),
        row("POST", "/v1/rounds/{id}/repairs", &[Repair], On::Round).json(|_, scene, _| json!({ "drop": [scene.thing("applications")] })).when(|scene, _| round(scene, Deed::Repair) && scene.is_told),
        row("GET", "/v1/rounds/{id}/repairs/{repair}", &[ReadRepairs], On::Round),
        row("POST", "/v1/rounds/{id}/repairs/{repair}/apply", &[Repair], On::Round).json(|_, scene, _| json!({ "option": scene.thing("option") })),
        row("GET", "/v1/rounds/{id}/swaps", &[ReadSwaps], On::Round),
        row("GET", "/v1/rounds/{id}/refills", &[ReadRefills], On::Round),
        row("GET", "/v1/rounds/{id}/refills/{refill}", &[ReadRefills], On::Round),
        row("POST", "/v1/rounds/{id}/refills/{refill}/stop", &[Refill], On::Round),
        row("GET", "/v1/rounds/{id}/introductions", &[ReadHeldMails], On::Round),
        row("PUT", "/v1/rounds/{id}/introductions/{kind}", &[EditMails], On::Round).json(|_, _, _| json!({ "words": "Welcome." })),
        row("GET", "/v1/rounds/{id}/placements", &[ReadPlacement], On::InRound),
        row("GET", "/v1/rounds/{id}/feedback", &[ReadFeedback], On::Round),
        row("GET", "/v1/rounds/{id}/joining-packs", &[OverseeJoiningPacks], On::InRound),
        row("GET", "/v1/rounds/{id}/schedule", &[ExportSchedule], On::Mine),
        row("GET", "/v1/rounds/{id}/schedule.csv", &[ExportSchedule], On::Mine),
        row("GET", "/v1/schedule", &[ExportSchedule], On::Mine),
        row("GET", "/v1/schedule.ndjson", &[ExportSchedule], On::Mine),
        row("GET", "/v1/schedule.csv", &[ExportSchedule], On::Mine),
        row("GET", "/v1/schedule.xlsx", &[ExportSchedule], On::Mine),
        row("GET", "/v1/schedule.ics", &[ExportSchedule], On::Mine),
        row("GET", "/v1/employers/{id}/schedule/changes", &[ExportSchedule], On::Employer),
        row("GET", "/v1/rounds/{id}/deliveries", &[ReadOutbox], On::Round),
        row("GET", "/v1/rounds/{id}/deliveries/counts", &[ReadOutbox], On::Round),

        row("GET", "/v1/applications/{id}", &[ReadApplication], On::Application),
        row("GET", "/v1/applications/{id}/access-needs", &[ReadOwnNeeds], On::Application),
        row("GET", "/v1/applications/{id}/record", &[ReadRecord], On::Application),
        row("GET", "/v1/applications/{id}/record.csv", &[ReadRecord], On::Application),
        row("GET", "/v1/applications/{id}/personal-data", &[ReadPersonalData], On::Application),
        row("GET", "/v1/applications/{id}/personal-data.txt", &[ReadPersonalData], On::Application),
        row("POST", "/v1/applications/{id}/erase-person", &[ErasePerson], On::Programme).when(|scene, _| scene.round == RoundState::Completed),
        row("POST", "/v1/applications/{id}/withdraw", &[WithdrawApplication], On::Application).when(|scene, _| application(scene, Deed::Withdraw)),
        row("GET", "/v1/applications/{id}/release", &[ReadRelease], On::Application),
        row("POST", "/v1/applications/{id}/release", &[DecideRelease], On::Application).json(|_, _, _| json!({ "version": 0, "answer": "yes" })).when(|scene, _| scene.application == Some(ApplicationState::Released)).silent("they are released already"),
        row("POST", "/v1/applications/{id}/manager", &[ConfirmManager], On::Employer).of("id", "unvouched").json(|_, _, _| json!({ "trust": "confirmed" })),

        row("GET", "/v1/runs/{id}", &[ReadRuns], On::Round),
        row("GET", "/v1/runs/{id}/round-file", &[ReadRunFiles], On::Round),
        row("GET", "/v1/runs/{id}/schedule-file", &[ReadRunFiles], On::Round),
        row("POST", "/v1/runs/{id}/verify", &[VerifyRun], On::Round),
        row("GET", "/v1/runs/{id}/proof", &[VerifyRun], On::Round).when(is_published),
        row("GET", "/v1/runs/{id}/proof/audit.json", &[VerifyRun], On::Round).when(is_published),
        row("GET", "/v1/runs/{id}/proof/schedule.json", &[VerifyRun], On::Round).when(is_published),
        row("GET", "/v1/runs/{id}/explanations/{application}", &[ReadExplanation], On::Application),
        row("POST", "/v1/runs/{id}/cancel", &[Match], On::Round).of("id", "queued"),
        row("GET", "/v1/runs/{id}/diff/{other}", &[ReadRuns], On::Round),
        row("POST", "/v1/runs/{id}/edits", &[EditSchedule], On::Round).json(|_, scene, _| json!({ "remove": [scene.thing("applications")], "override": "They asked for it." })).when(|scene, _| round(scene, Deed::Run)),
        row("GET", "/v1/runs/{id}/preview", &[PreviewPublication], On::Round).when(|scene, _| round(scene, Deed::Publish)),
        row("POST", "/v1/runs/{id}/publish", &[Publish], On::Round).when(|scene, _| round(scene, Deed::Publish)),
        row("POST", "/v1/runs/{id}/withdraw", &[WithdrawPublication], On::Round).when(|scene, _| round(scene, Deed::TakeBack)),
        row("GET", "/v1/runs/{id}/held-mails", &[ReadHeldMails], On::Round),
        row("POST", "/v1/runs/{id}/release-mails", &[EditMails], On::Round).when(is_published).silent("nothing is held any more, and nothing happens"),
        row("GET", "/v1/held-mails/{id}", &[ReadHeldMails], On::Round),
        row("DELETE", "/v1/held-mails/{id}", &[EditMails], On::Round),

        row("GET", "/v1/placements/{id}", &[ReadPlacement], On::Placement),
        row("GET", "/v1/placements/{id}/access-needs", &[ReadAccessNeeds], On::Placement).when(|scene, _| scene.placement == Some(PlacementState::Confirmed)),
        row("GET", "/v1/placements/{id}/trace", &[ReadTrace], On::Round),
        row("POST", "/v1/placements/{id}/answers", ANSWERS, On::Visit).json(|_, _, caller| json!({ "party": party(caller), "answer": "no", "reason": "An inspection." })).when(|scene, caller| placement(scene, Deed::Decline) && is_asked(scene, caller)),
        row("GET", "/v1/placements/{id}/alternatives", &[ReadPlacement], On::Placement),
        row("POST", "/v1/placements/{id}/alternatives", &[AnswerAsHost], On::Visit).json(|_, _, _| json!({ "version": 0, "kind": "virtual" })).when(|scene, _| placement(scene, Deed::OfferOther) && scene.is_told),
        row("PUT", "/v1/placements/{id}/times", &[ReschedulePlacement], On::Visit).json(|_, _, _| json!({ "starts": "11:00", "ends": "15:00" })).when(|scene, _| placement(scene, Deed::Reschedule)),
        row("POST", "/v1/placements/{id}/cancel", &[CancelPlacement], On::Placement).json(|_, _, _| json!({ "reason": "The roof leaks." })).when(|scene, _| placement(scene, Deed::Cancel)),
        row("POST", "/v1/placements/{id}/ill", &[CallInIll], On::Visitor).when(|scene, _| placement(scene, Deed::CallInIll) && is_the_day(scene)),
        row("POST", "/v1/placements/{id}/attendance", &[RecordAttendance], On::Visit).json(|_, _, _| json!({ "attendance": "did_not_come" })).when(|scene, _| placement(scene, Deed::StayAway) && is_the_day(scene)),
        row("POST", "/v1/placements/{id}/certificate", &[IssueCertificate], On::Visitor).when(|scene, _| placement(scene, Deed::Certify)),
        row("PUT", "/v1/placements/{id}/feedback", &[GiveFeedback], On::Visit).json(|_, _, _| json!({ "preparation": 4, "welcome": 5, "learning": 5 })).when(|scene, _| placement(scene, Deed::Review) && scene.day < "2027-02-09"),
        row("POST", "/v1/placements/{id}/idea", &[GiveIdea], On::Visitor).json(|_, _, _| json!({ "text": "Lamps are lent at the counter, like books", "topics": ["lamps"], "shown_as": "author" })).when(|scene, _| placement(scene, Deed::Review) && scene.day < "2027-02-09"),
        row("GET", "/v1/placements/{id}/joining-pack", &[ReadJoiningPack], On::Visit),
        row("PUT", "/v1/placements/{id}/joining-pack", &[EditJoiningPack], On::Visit).json(|_, _, _| json!({ "revision": 0, "fields": { "lunch": "A canteen" } })).when(|scene, _| placement(scene, Deed::Prepare)),
        row("GET", "/v1/placements/{id}/joining-pack/versions", &[OverseeJoiningPacks], On::Visit),
        row("POST", "/v1/placements/{id}/swaps", &[AskForSwap], On::Placement).json(|_, scene, _| json!({ "with": [scene.thing("partner")] })).when(|scene, _| round(scene, Deed::AskSwap) && placement(scene, Deed::AskSwap) && !is_the_day(scene) && scene.name != "agreed" && scene.things.get("partner") != scene.things.get("emptied")),
        row("GET", "/v1/placements/{id}/reserves", &[ReadRefills], On::Round).of("id", "emptied").when(|scene, _| scene.name == "emptied"),
        row("POST", "/v1/placements/{id}/refill", &[Refill], On::Round).of("id", "emptied").when(|scene, _| scene.name == "emptied"),

        row("GET", "/v1/swaps/{id}", &[ReadSwaps], On::Round),
        row("POST", "/v1/swaps/{id}/answers", ANSWERS, On::Visit).json(|_, scene, caller| json!({ "placement": scene.thing("placements"), "party": party(caller), "answer": "no" })).when(|scene, caller| is_going_on(scene) && caller.actor.role == Role::Participant),
        row("POST", "/v1/swaps/{id}/cancel", &[CallOffSwap], On::Round).json(|_, _, _| json!({ "reason": "The hosts asked for it." })).when(|scene, _| is_going_on(scene)),

        row("GET", "/v1/deliveries", &[ReadOutbox], On::Own),
        row("GET", "/v1/deliveries/counts", &[ReadOutbox], On::Own),
        row("POST", "/v1/deliveries/{id}/resend", &[ResendMail], On::Round).when(|scene, _| scene.placement == Some(PlacementState::Proposed)),
    ]
}

/// Another last day for answers than the round has.
fn answer_until(scene: &Scene) -> &'static str {
    if scene.day < "2027-03" { "2027-02-15" } else { "2027-03-02" }
}

/// Its swap ends with a round that is called off.
fn is_going_on(scene: &Scene) -> bool {
    scene.round != RoundState::Cancelled
}

fn is_published(scene: &Scene, _: &Caller) -> bool {
    matches!(
        scene.round,
        RoundState::Published | RoundState::Running | RoundState::Completed | RoundState::Cancelled
    )
}
