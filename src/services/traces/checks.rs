//! The rules of a whole trace, one function for each link. Each says what does not hold; none looks anything up.
//!
//! What must be there follows from the code that writes it: `services::publication` (publication, proposals),
//! `services::placements` (answers, ends), `services::alternatives` (offers), `services::packs`, `services::attendance`
//! and `services::day` (the day), `services::deadlines` (reminders, expiry), `services::notices` (mails and calendar). A
//! fact and its mails are one transaction, so they bear the same instant.

use chrono::NaiveDateTime;

use super::super::app::sha256_hex;
use super::files::{Place, RunFiles};
use super::{Trace, detail, later, mails, value};
use crate::domain::application::Application;
use crate::domain::attendance::AttendanceKind;
use crate::domain::deadlines::day_of;
use crate::domain::party::Party;
use crate::domain::permissions::Action;
use crate::domain::states::{
    AlternativeState, Answer, ApplicationState, PlacementState, RoundState, RunState,
};
use crate::domain::trace::{Broken, TraceLink};
use crate::store::audit::Entry;
use crate::store::traces::{ContactSince, GivenConsent};

/// What else the rules need to know.
pub(super) struct Known<'a> {
    /// The files of the run.
    pub(super) files: &'a RunFiles,
    /// The participant's application.
    pub(super) application: Option<&'a Application>,
    /// Where the host library has a contact: since when that is so.
    pub(super) contact: Option<ContactSince>,
    /// When the mails of the publication were let go.
    pub(super) let_go_at: Option<NaiveDateTime>,
    /// When the round's last day for answers was moved.
    pub(super) deadline_moves: &'a [NaiveDateTime],
    /// When the round was called off.
    pub(super) cancelled_at: Option<NaiveDateTime>,
}

impl Known<'_> {
    /// Whether the manager was not asked by the proposal, having released before.
    pub(super) fn is_released(&self) -> bool {
        self.application.is_some_and(|application| !application.released_dates.is_empty())
    }
}

/// Collects what does not hold.
pub(super) struct Report(Vec<Broken>);

impl Report {
    pub(super) fn require(&mut self, holds: bool, link: TraceLink, words: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Broken { link, words: words() });
        }
    }
}

/// Every link of a trace that does not hold.
pub(super) fn check(trace: &Trace, known: &Known<'_>) -> Vec<Broken> {
    let mut report = Report(Vec::new());
    rules(&mut report, trace, known);
    snapshot(&mut report, trace, known);
    schedule(&mut report, trace, known);
    publication(&mut report, trace);
    state(&mut report, trace, known);
    consents(&mut report, trace, known);
    later::offers(&mut report, trace);
    later::joining_pack(&mut report, trace, known);
    later::day(&mut report, trace);
    mails::mails(&mut report, trace, known);
    mails::calendar(&mut report, trace);
    audit(&mut report, trace, known);
    report.0
}

fn rules(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let round = &trace.round;
    let is_hash = round.rules_sha256.as_ref() == Some(&sha256_hex(&round.rules));
    report.require(is_hash, TraceLink::Rules, || {
        "the round's rules do not have the SHA-256 under which they were frozen".to_owned()
    });
    let is_frozen = known.files.rules.as_ref() == Some(&round.rules);
    report.require(is_frozen, TraceLink::Rules, || {
        "the rules in the run's round file are not those of the round".to_owned()
    });
}

fn snapshot(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let is_hash = known.files.round_sha256.as_ref() == Some(&trace.run.round_sha256);
    report.require(is_hash, TraceLink::Snapshot, || {
        "the run's round file does not have the SHA-256 that the run names".to_owned()
    });
    report.require(trace.run.round == trace.placement.round, TraceLink::Snapshot, || {
        format!("run {} is of another round", trace.run.id)
    });
}

fn schedule(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let Some(file) = &known.files.schedule else {
        report.require(false, TraceLink::Schedule, || {
            "the run has no schedule file that can be read".to_owned()
        });
        return;
    };
    report.require(file.round_sha256 == trace.run.round_sha256, TraceLink::Schedule, || {
        "the schedule file is of another round file".to_owned()
    });
    report.require(trace.run.result.as_ref() == Some(&file.result), TraceLink::Schedule, || {
        "the run's figures are not those of its schedule file".to_owned()
    });
    let placement = &trace.placement;
    let stands = Place {
        host: placement.host.to_string(),
        date: placement.date,
        score: placement.score,
        ring: placement.ring,
    };
    match file.places.get(&placement.application.to_string()) {
        None => report.require(false, TraceLink::Schedule, || {
            "the schedule file gives this application no place".to_owned()
        }),
        Some(place) => {
            // Who takes another day goes on that one.
            let moved = takes(trace).filter(|taken| detail(taken, "kind").as_deref() == Some("date"));
            let date =
                moved.max_by_key(|taken| taken.at).and_then(|taken| detail(taken, "date")?.parse().ok());
            let place = Place { date: date.unwrap_or(place.date), ..place.clone() };
            report.require(place == stands, TraceLink::Schedule, || {
                let Place { host, date, .. } = &place;
                format!("by the schedule file, and what was taken instead, it is at library {host} on {date}")
            });
        }
    }
}

fn publication(report: &mut Report, trace: &Trace) {
    report.require(trace.publication.is_some(), TraceLink::Publication, || {
        format!("no audit entry tells of a publication of run {} when the placement was made", trace.run.id)
    });
    let stands = !trace.placement.state.is_live() || trace.run.state == RunState::Published;
    report.require(stands, TraceLink::Publication, || {
        format!("the placement is {}, and its run is {}", trace.placement.state, trace.run.state)
    });
}

fn state(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let placement = &trace.placement;
    let said = |answer| trace.consents.iter().any(|consent| consent.answer == answer);
    let (pending, no) = (said(Answer::Pending), said(Answer::No));
    let fits = match placement.state {
        PlacementState::Proposed | PlacementState::Expired => pending && !no,
        PlacementState::Confirmed | PlacementState::Completed | PlacementState::DidNotTakePlace => {
            !pending && !no
        }
        PlacementState::Declined => no,
        PlacementState::Cancelled => !no,
    };
    report.require(fits, TraceLink::State, || {
        let answers = trace.consents.iter().map(|consent| format!("{}: {}", consent.party, consent.answer));
        let answers = answers.collect::<Vec<_>>().join(", ");
        format!("the placement is {}, and the answers are {answers}", placement.state)
    });
    if placement.state.is_live() {
        let state = known.application.map(|application| application.state);
        // Whoever was marked as absent may have withdrawn before the host corrects that: what has been, has been.
        let has_been = placement.state == PlacementState::Completed;
        let fits = state == Some(ApplicationState::Placed)
            || (has_been && state == Some(ApplicationState::Withdrawn));
        report.require(fits, TraceLink::State, || {
            let state = state.map_or("not there", ApplicationState::as_str);
            format!("the placement is {}, and its application is {state}", placement.state)
        });
        // What had been when the round was called off, has been.
        let had_been = known.cancelled_at.is_some_and(|at| {
            placement.state != PlacementState::Proposed && placement.date < day_of(at, placement.time_zone)
        });
        report.require(trace.round.state != RoundState::Cancelled || had_been, TraceLink::State, || {
            format!("the placement is {}, and its round is cancelled", placement.state)
        });
    }
}

fn consents(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let is_asked = |party| trace.consents.iter().any(|consent| consent.party == party);
    for party in [Party::Participant, Party::Host] {
        report.require(is_asked(party), TraceLink::Consents, || format!("the {party} is not asked"));
    }
    let is_moved = takes(trace).any(|taken| detail(taken, "kind").as_deref() == Some("date"));
    let is_released = known.application.is_some_and(|application| {
        let released = &application.released_dates;
        if is_moved { released.contains(&trace.placement.date) } else { !released.is_empty() }
    });
    report.require(is_released || is_asked(Party::Manager), TraceLink::Consents, || {
        "the manager neither released the participant before nor is asked".to_owned()
    });
    for consent in &trace.consents {
        let is_given = consent.answer != Answer::Pending;
        let is_told =
            [consent.answered_at.is_some(), consent.answered_by.is_some(), consent.channel.is_some()];
        report.require(is_told == [is_given; 3], TraceLink::Consents, || {
            let party = consent.party;
            format!("the {party}'s answer is {}, and when, by whom and how say otherwise", consent.answer)
        });
    }
}

/// The audit entry of what ended or settled a placement.
pub(super) fn find_deed<'a>(trace: &'a Trace, action: Action, name: &str, value: &str) -> Option<&'a Entry> {
    trace
        .audit
        .iter()
        .rev()
        .find(|entry| entry.action == action && detail(entry, name).as_deref() == Some(value))
}

/// The entries of the participant's taking what the host offered.
pub(super) fn takes(trace: &Trace) -> impl Iterator<Item = &Entry> {
    deeds(trace, Action::AnswerAsParticipant, "take_other")
}

/// The entries of a deed that share their action with others.
pub(super) fn deeds<'a>(trace: &'a Trace, action: Action, deed: &str) -> impl Iterator<Item = &'a Entry> {
    let is_it =
        move |entry: &&Entry| entry.action == action && detail(entry, "deed").as_deref() == Some(deed);
    trace.audit.iter().filter(is_it)
}

/// The entry of the answer by which everybody had said yes.
pub(super) fn find_confirmation(trace: &Trace) -> Option<&Entry> {
    let answers =
        [Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager, Action::Exchange];
    let confirmed = PlacementState::Confirmed.as_str();
    answers.iter().find_map(|action| find_deed(trace, *action, "state", confirmed))
}

/// The entry of what ended a placement.
pub(super) fn find_end(trace: &Trace) -> Option<&Entry> {
    match trace.placement.state {
        PlacementState::Proposed
        | PlacementState::Confirmed
        | PlacementState::Completed
        | PlacementState::DidNotTakePlace => None,
        PlacementState::Declined => {
            let answers = [Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager];
            let declined = PlacementState::Declined.as_str();
            answers.iter().find_map(|action| find_deed(trace, *action, "state", declined))
        }
        PlacementState::Cancelled => {
            let ends = |entry: &&Entry| {
                entry.action == Action::CancelPlacement
                    || (matches!(entry.action, Action::Repair | Action::Exchange)
                        && detail(entry, "deed").as_deref() == Some("end"))
            };
            trace.audit.iter().rev().find(ends)
        }
        PlacementState::Expired => find_deed(trace, Action::KeepDeadlines, "deed", "expire"),
    }
}

/// The entry of the swap by which a placement was made.
pub(super) fn find_exchange(trace: &Trace) -> Option<&Entry> {
    deeds(trace, Action::Exchange, "exchange").next()
}

/// Whether the entry of a swap tells of an answer, which was given before there was the placement.
fn tells_before(entry: &Entry, consent: &GivenConsent) -> bool {
    let told = &value(entry, "agreed")[consent.party.as_str()];
    let at = serde_json::to_value(consent.answered_at).unwrap_or_default();
    consent.answer == Answer::Yes
        && told["at"] == at
        && told["by"].as_str() == consent.answered_by.as_deref()
        && told["on_behalf_of"].as_str() == consent.on_behalf_of.as_deref()
}

/// Whether an entry tells of an answer.
fn tells(entry: &Entry, consent: &GivenConsent, trace: &Trace) -> bool {
    let action = match consent.party {
        Party::Participant => Action::AnswerAsParticipant,
        Party::Host => Action::AnswerAsHost,
        Party::Manager => Action::AnswerAsManager,
    };
    // A reserve agrees by taking the place, before there is a placement.
    let is_reserve = entry.action == Action::AnswerOffer && consent.party == Party::Participant;
    let is_theirs = (entry.action == action || is_reserve)
        && Some(entry.at) == consent.answered_at
        && Some(&entry.actor) == consent.answered_by.as_ref()
        && entry.on_behalf_of == consent.on_behalf_of;
    let says = |name, words: &str| detail(entry, name).as_deref() == Some(words);
    // Whoever takes an offer agrees, and whoever made it did so by it; refused, it was the host's no.
    let became = |state, answer| {
        let is_it =
            |id: &str| trace.offers.iter().any(|offer| offer.state == state && offer.id.to_string() == id);
        consent.answer == answer && detail(entry, "alternative").is_some_and(|id| is_it(&id))
    };
    let is_said = says("answer", consent.answer.as_str())
        || (is_reserve && says("deed", "propose") && consent.answer == Answer::Yes)
        || (says("deed", "take_other") && consent.answer == Answer::Yes)
        || (says("deed", "offer_other")
            && (became(AlternativeState::Taken, Answer::Yes)
                || became(AlternativeState::Refused, Answer::No)));
    is_theirs && is_said
}

fn audit(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    for consent in trace.consents.iter().filter(|consent| consent.answered_at.is_some()) {
        let is_recorded = trace.audit.iter().any(|entry| tells(entry, consent, trace))
            || find_exchange(trace).is_some_and(|entry| tells_before(entry, consent));
        report.require(is_recorded, TraceLink::Audit, || {
            format!("no entry tells of the {}'s answer", consent.party)
        });
    }
    let state = trace.placement.state;
    let is_recorded = (!state.is_agreed() || find_confirmation(trace).is_some())
        && (!state.has_ended() || find_end(trace).is_some());
    report.require(is_recorded, TraceLink::Audit, || {
        format!("no entry tells how the placement became {state}")
    });
    let day = trace.day.as_ref().map(|day| day.kind);
    let is_marked = |action| trace.audit.iter().any(|entry| entry.action == action);
    let is_recorded = match day {
        None => true,
        Some(AttendanceKind::Ill) => is_marked(Action::CallInIll),
        Some(AttendanceKind::NotRecorded) => deeds(trace, Action::KeepDeadlines, "assume").next().is_some(),
        Some(AttendanceKind::Arrived | AttendanceKind::LeftEarly | AttendanceKind::DidNotCome) => {
            is_marked(Action::RecordAttendance)
        }
    };
    report.require(is_recorded, TraceLink::Audit, || {
        let day = day.map_or("nothing", AttendanceKind::as_str);
        format!("no entry tells what came of the day: {day}")
    });
    let moves = trace.audit.iter().filter(|entry| entry.action == Action::ReschedulePlacement).count();
    let offers = deeds(trace, Action::AnswerAsHost, "offer_other").count();
    let changes = i64::try_from(moves + offers + takes(trace).count()).unwrap_or(i64::MAX);
    report.require(trace.placement.terms.version == changes, TraceLink::Audit, || {
        let version = trace.placement.terms.version;
        format!("what is agreed to has version {version}, and {changes} entries tell of a change")
    });
    mails::causes(report, trace, known);
}
