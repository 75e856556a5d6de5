//! The rules of a whole trace, one function for each link. Each says what does not hold; none looks anything up.
//!
//! What must be there follows from the code that writes it: `services::publication` (publication, proposals),
//! `services::placements` (answers, ends), `services::deadlines` (reminders, expiry), `services::notices` (mails and
//! calendar). A fact and its mails are one transaction, so they bear the same instant.

use chrono::NaiveDateTime;

use super::super::app::sha256_hex;
use super::super::notices::Facts;
use super::files::{Place, RunFiles};
use super::{Trace, detail};
use crate::domain::application::Application;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::permissions::Action;
use crate::domain::states::{Answer, ApplicationState, PlacementState, RoundState, RunState};
use crate::domain::trace::{Broken, TraceLink};
use crate::store::audit::Entry;
use crate::store::traces::PlacementMail;

/// What else the rules need to know.
pub(super) struct Known<'a> {
    /// The files of the run.
    pub(super) files: &'a RunFiles,
    /// The participant's application.
    pub(super) application: Option<&'a Application>,
    /// Where the host library has a contact: since when nothing of the library has changed.
    pub(super) contact_since: Option<NaiveDateTime>,
    /// When the mails of the publication were let go.
    pub(super) let_go_at: Option<NaiveDateTime>,
}

/// Collects what does not hold.
struct Report(Vec<Broken>);

impl Report {
    fn require(&mut self, holds: bool, link: TraceLink, words: impl FnOnce() -> String) {
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
    mails(&mut report, trace, known);
    calendar(&mut report, trace);
    audit(&mut report, trace);
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
        Some(place) => report.require(*place == stands, TraceLink::Schedule, || {
            format!("the schedule file has another place: library {} on {}", place.host, place.date)
        }),
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

/// Whether a state means that everybody has said yes.
const fn is_agreed(state: PlacementState) -> bool {
    match state {
        PlacementState::Confirmed | PlacementState::Completed | PlacementState::DidNotTakePlace => true,
        PlacementState::Proposed
        | PlacementState::Declined
        | PlacementState::Cancelled
        | PlacementState::Expired => false,
    }
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
        report.require(state == Some(ApplicationState::Placed), TraceLink::State, || {
            let state = state.map_or("not there", ApplicationState::as_str);
            format!("the placement is {}, and its application is {state}", placement.state)
        });
        report.require(trace.round.state != RoundState::Cancelled, TraceLink::State, || {
            format!("the placement is {}, and its round is cancelled", placement.state)
        });
    }
}

fn consents(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let is_asked = |party| trace.consents.iter().any(|consent| consent.party == party);
    for party in [Party::Participant, Party::Host] {
        report.require(is_asked(party), TraceLink::Consents, || format!("the {party} is not asked"));
    }
    let is_released = known.application.is_some_and(|application| !application.released_dates.is_empty());
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
fn find_deed<'a>(trace: &'a Trace, action: Action, name: &str, value: &str) -> Option<&'a Entry> {
    trace
        .audit
        .iter()
        .rev()
        .find(|entry| entry.action == action && detail(entry, name).as_deref() == Some(value))
}

/// The entry of the answer by which everybody had said yes.
fn find_confirmation(trace: &Trace) -> Option<&Entry> {
    let answers = [Action::AnswerAsParticipant, Action::AnswerAsHost, Action::AnswerAsManager];
    let confirmed = PlacementState::Confirmed.as_str();
    answers.iter().find_map(|action| find_deed(trace, *action, "state", confirmed))
}

/// The entry of what ended a placement.
fn find_end(trace: &Trace) -> Option<&Entry> {
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
            trace.audit.iter().rev().find(|entry| entry.action == Action::CancelPlacement)
        }
        PlacementState::Expired => find_deed(trace, Action::KeepDeadlines, "deed", "expire"),
    }
}

/// Whether a placement has ended before its day.
const fn has_ended(state: PlacementState) -> bool {
    match state {
        PlacementState::Declined | PlacementState::Cancelled | PlacementState::Expired => true,
        PlacementState::Proposed
        | PlacementState::Confirmed
        | PlacementState::Completed
        | PlacementState::DidNotTakePlace => false,
    }
}

fn mails(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    // The host is written to where it had a contact then; who changed the library since may have named it later.
    let is_told = |party: Party, at: NaiveDateTime| match party {
        Party::Participant | Party::Manager => true,
        Party::Host => known.contact_since.is_some_and(|since| since <= at),
    };
    let has = |party: Party, kind: NoticeKind, at: NaiveDateTime| {
        trace.mails.iter().any(|mail| mail.party == party && mail.kind == kind && mail.created_at == at)
    };
    let mut needed: Vec<(Party, NoticeKind, NaiveDateTime)> = Vec::new();
    for consent in &trace.consents {
        needed.push((consent.party, NoticeKind::Proposal, trace.made_at));
        needed.extend(consent.reminded_at.map(|at| (consent.party, NoticeKind::AnswerReminder, at)));
        needed.extend(consent.deputy_asked_at.map(|at| (consent.party, NoticeKind::DeputyRequest, at)));
    }
    if let Some(entry) = find_confirmation(trace) {
        needed.extend(Party::ALL.iter().map(|party| (*party, NoticeKind::Confirmed, entry.at)));
    }
    let moved = trace.audit.iter().filter(|entry| entry.action == Action::ReschedulePlacement);
    // Before, the held proposals tell the times as they are when they go.
    for entry in moved.filter(|entry| known.let_go_at.is_some_and(|let_go| entry.at >= let_go)) {
        needed.extend(Party::ALL.iter().map(|party| (*party, NoticeKind::Changed, entry.at)));
    }
    if let Some(entry) = find_end(trace) {
        // Who never heard of the day is not told that it is off.
        let heard = |party: Party| {
            let is_of = |mail: &&PlacementMail| {
                mail.party == party && mail.kind != NoticeKind::Cancelled && mail.created_at <= entry.at
            };
            trace.mails.iter().filter(is_of).any(|mail| mail.has_begun)
        };
        let heard = Party::ALL.iter().filter(|party| heard(**party));
        needed.extend(heard.map(|party| (*party, NoticeKind::Cancelled, entry.at)));
    }
    for (party, kind, at) in needed.into_iter().filter(|(party, _, at)| is_told(*party, *at)) {
        report.require(has(party, kind, at), TraceLink::Mails, || {
            format!("there is no mail `{kind}` to the {party} of {at}")
        });
    }
    if has_ended(trace.placement.state) {
        let waits = |state| matches!(state, NoticeState::Held | NoticeState::Queued);
        let waiting = trace
            .mails
            .iter()
            .filter(|mail| waits(mail.state) && !mail.has_begun && mail.kind != NoticeKind::Cancelled);
        for mail in waiting {
            report.require(false, TraceLink::Mails, || {
                let state = trace.placement.state;
                format!("a mail `{}` to the {} waits, and the placement is {state}", mail.kind, mail.party)
            });
        }
    }
}

fn calendar(report: &mut Report, trace: &Trace) {
    for party in Party::ALL {
        let of_party = trace.mails.iter().filter(|mail| mail.party == *party);
        let sequences = of_party.filter_map(|mail| serde_json::from_str::<Facts>(&mail.facts).ok()?.sequence);
        let mut told: Vec<i64> = sequences.collect();
        told.sort_unstable();
        let last = trace.events.iter().find(|event| event.party == *party).map_or(-1, |event| event.sequence);
        report.require(told.iter().copied().eq(0..=last), TraceLink::Calendar, || {
            format!("the {party}'s calendar event has sequence {last}, and its mails have {told:?}")
        });
    }
}

fn audit(report: &mut Report, trace: &Trace) {
    for consent in &trace.consents {
        let action = match consent.party {
            Party::Participant => Action::AnswerAsParticipant,
            Party::Host => Action::AnswerAsHost,
            Party::Manager => Action::AnswerAsManager,
        };
        let is_recorded = consent.answered_at.is_none_or(|at| {
            let is_it = |entry: &Entry| {
                entry.action == action
                    && entry.at == at
                    && detail(entry, "answer").as_deref() == Some(consent.answer.as_str())
                    && Some(&entry.actor) == consent.answered_by.as_ref()
            };
            trace.audit.iter().any(is_it)
        });
        report.require(is_recorded, TraceLink::Audit, || {
            format!("no entry tells of the {}'s answer", consent.party)
        });
    }
    let state = trace.placement.state;
    let is_recorded = (!is_agreed(state) || find_confirmation(trace).is_some())
        && (!has_ended(state) || find_end(trace).is_some());
    report.require(is_recorded, TraceLink::Audit, || {
        format!("no entry tells how the placement became {state}")
    });
}
