//! The rules of what people were told: a mail for each fact, a fact for each mail, and the calendars.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDateTime};

use super::super::notices::{DEPUTY_THREAD, Facts, HR_THREAD, VISITING, thread_of_placement};
use super::checks::{Known, Report, deeds, find_confirmation, find_end, find_exchange, takes};
use super::{Trace, detail, value};
use crate::domain::alternative::AlternativeKind;
use crate::domain::attendance::AttendanceKind;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::permissions::Action;
use crate::domain::states::PlacementState;
use crate::domain::trace::TraceLink;
use crate::store::audit::Entry;
use crate::store::traces::PlacementMail;

/// What a mail knows.
pub(super) fn facts(mail: &PlacementMail) -> Option<Facts> {
    serde_json::from_str(&mail.facts).ok()
}

/// When colleagues were named who receive the visitor.
fn hand_overs(trace: &Trace) -> impl Iterator<Item = &Entry> {
    let colleague = AlternativeKind::Colleague.as_str();
    takes(trace).filter(move |taken| detail(taken, "kind").as_deref() == Some(colleague))
}

/// Whether a party was written to at an instant: a host where it had somebody then. Who changed the library since may
/// have named the contact later.
pub(super) fn is_told(trace: &Trace, known: &Known<'_>, party: Party, at: NaiveDateTime) -> bool {
    match party {
        Party::Participant | Party::Manager => true,
        Party::Host => {
            known.contact.is_some_and(|contact| contact.since <= at)
                || hand_overs(trace).any(|taken| taken.at <= at)
        }
    }
}

/// Whether a party had heard of the placement in the thread of its mails, or of the day whose place it takes. What had not
/// begun then was overtaken.
fn has_heard(trace: &Trace, party: Party, at: NaiveDateTime, but: NoticeKind) -> bool {
    let thread = thread_of_placement(trace.placement.id, party);
    let is_of = |mail: &&PlacementMail| mail.thread == thread && mail.kind != but && mail.created_at <= at;
    let knows_former = |mail: &PlacementMail| facts(mail).is_some_and(|facts| facts.instead_of.is_some());
    trace.mails.iter().filter(is_of).any(|mail| mail.has_begun || knows_former(mail))
}

/// A mail that must be there, of one of these kinds.
type Needed = (Party, &'static [NoticeKind], NaiveDateTime);

pub(super) fn mails(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let mut needed: Vec<Needed> = Vec::new();
    of_answers(trace, known, &mut needed);
    of_offers(trace, &mut needed);
    of_the_day(trace, &mut needed);
    for (party, kinds, at) in needed.into_iter().filter(|(party, _, at)| is_told(trace, known, *party, *at)) {
        let is_it = |mail: &PlacementMail| {
            let is_own = mail.party == party && !mail.thread.ends_with(HR_THREAD);
            is_own && kinds.contains(&mail.kind) && mail.created_at == at
        };
        let is_it = |mail: &PlacementMail| is_it(mail) || is_undone(mail, party, kinds, at);
        report.require(trace.mails.iter().any(is_it), TraceLink::Mails, || {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            format!("there is no mail `{}` to the {party} of {at}", kinds.join("` or `"))
        });
    }
    hand_over(report, trace, known);
    ill(report, trace, known);
    if trace.placement.state.has_ended() || is_ill(trace) {
        let waits = |state| matches!(state, NoticeState::Held | NoticeState::Collected | NoticeState::Queued);
        let tells_the_end = |kind| {
            matches!(
                kind,
                NoticeKind::Cancelled
                    | NoticeKind::Ill
                    | NoticeKind::HandedOver
                    | NoticeKind::SwapEnded
                    | NoticeKind::Calendar
            )
        };
        let waiting = trace
            .mails
            .iter()
            .filter(|mail| waits(mail.state) && !mail.has_begun && !tells_the_end(mail.kind));
        for mail in waiting {
            report.require(false, TraceLink::Mails, || {
                let state = trace.placement.state;
                format!("a mail `{}` to the {} waits, and the placement is {state}", mail.kind, mail.party)
            });
        }
    }
}

/// Whether a change brought back what its reader knew: the mail that told of another day was dropped, and nothing was told.
fn is_undone(mail: &PlacementMail, party: Party, kinds: &[NoticeKind], at: NaiveDateTime) -> bool {
    kinds == CHANGES
        && mail.party == party
        && mail.state == NoticeState::Superseded
        && mail.settled_at == Some(at)
}

/// What tells a change: itself, or the proposal or confirmation that had not left when it happened.
const CHANGES: &[NoticeKind] = &[NoticeKind::Changed, NoticeKind::Proposal, NoticeKind::Confirmed];
/// What tells that a day is certain: itself, or the change that had not left.
const CERTAIN: &[NoticeKind] = &[NoticeKind::Confirmed, NoticeKind::Changed];

fn is_ill(trace: &Trace) -> bool {
    trace.day.as_ref().is_some_and(|day| day.kind == AttendanceKind::Ill)
}

/// Mails about the proposal, its answers, its times and its end.
fn of_answers(trace: &Trace, known: &Known<'_>, needed: &mut Vec<Needed>) {
    let confirmation = find_confirmation(trace);
    for consent in &trace.consents {
        // Nobody is asked about what everybody has agreed to before.
        if find_exchange(trace).is_none() && (consent.party != Party::Manager || !known.is_released()) {
            needed.push((consent.party, &[NoticeKind::Proposal], trace.made_at));
        }
        let reminded = consent.reminded_at;
        needed.extend(reminded.map(|at| (consent.party, [NoticeKind::AnswerReminder].as_slice(), at)));
        let deputy = consent.deputy_asked_at;
        needed.extend(deputy.map(|at| (consent.party, [NoticeKind::DeputyRequest].as_slice(), at)));
        // Who was told another day and had not answered by then; that cannot be told of those who were asked anew.
        let was_open = |at: &&NaiveDateTime| {
            let later = |other: Option<NaiveDateTime>| other.is_none_or(|other| other > **at);
            let has_read = trace.mails.iter().any(|mail| {
                (mail.party, mail.kind, mail.state)
                    == (consent.party, NoticeKind::Proposal, NoticeState::Sent)
                    && mail.settled_at.is_some_and(|sent| sent < **at)
            });
            trace.offers.is_empty()
                && trace.placement.answer_until.is_none()
                && has_read
                && later(consent.answered_at)
                && later(find_end(trace).map(|end| end.at))
                && later(confirmation.map(|confirmed| confirmed.at))
        };
        let moved = known.deadline_moves.iter().filter(was_open);
        needed.extend(moved.map(|at| (consent.party, [NoticeKind::DeadlineMoved].as_slice(), *at)));
    }
    // Before, the held proposals tell the placement as it is when they go.
    let is_let_go = |at: NaiveDateTime| known.let_go_at.is_some_and(|let_go| at >= let_go);
    let is_taken = |entry: &Entry| detail(entry, "deed").as_deref() == Some("take_other");
    if let Some(entry) = confirmation.filter(|entry| !is_taken(entry) && is_let_go(entry.at)) {
        needed.extend(Party::ALL.iter().map(|party| (*party, CERTAIN, entry.at)));
    }
    let moved = trace.audit.iter().filter(|entry| entry.action == Action::ReschedulePlacement);
    for entry in moved.filter(|entry| is_let_go(entry.at)) {
        let changed = |party| (party, CHANGES, entry.at);
        needed.extend(VISITING.map(changed));
        // Who released before hears of a day once it is certain.
        let is_certain = confirmation.is_some_and(|confirmed| confirmed.at < entry.at);
        let is_asked = || !known.is_released();
        needed.extend((is_certain || is_asked()).then_some(changed(Party::Manager)));
    }
    if let Some(entry) = find_end(trace) {
        // Who never heard of the day is not told that it is off.
        let otherwise = value(entry, "told_by_proposal");
        let hears_otherwise = |party: &Party| {
            otherwise.as_array().is_some_and(|told| told.iter().any(|told| told == party.as_str()))
        };
        let heard = Party::ALL.iter().filter(|party| {
            has_heard(trace, **party, entry.at, NoticeKind::Cancelled) && !hears_otherwise(party)
        });
        needed.extend(heard.map(|party| (*party, [NoticeKind::Cancelled].as_slice(), entry.at)));
    }
}

/// Mails about what the host offered instead, and its being taken.
fn of_offers(trace: &Trace, needed: &mut Vec<Needed>) {
    needed.extend(
        trace.offers.iter().map(|offer| (Party::Participant, [NoticeKind::Alternative].as_slice(), offer.at)),
    );
    for taken in takes(trace) {
        needed.extend(VISITING.map(|party| (party, CHANGES, taken.at)));
        let is_certain = detail(taken, "state").as_deref() == Some(PlacementState::Confirmed.as_str());
        let is_moved = detail(taken, "kind").as_deref() == Some(AlternativeKind::Date.as_str());
        if is_certain {
            // Whoever had not heard of it before hears that it is certain.
            needed.push((Party::Manager, &[NoticeKind::Changed, NoticeKind::Confirmed], taken.at));
        } else if is_moved {
            needed.push((Party::Manager, &[NoticeKind::Proposal], taken.at));
        }
    }
}

/// The kind of the mails that a deed of the worker is.
const OF_DEEDS: [(&str, NoticeKind); 3] = [
    ("remind_of_day", NoticeKind::Reminder),
    ("ask_for_feedback", NoticeKind::FeedbackRequest),
    ("ask_for_pack", NoticeKind::PackMissing),
];

/// To whom a deed of the worker wrote; of a pack only the host is asked.
fn whom(entry: &Entry) -> Option<Party> {
    detail(entry, "party").map_or(Some(Party::Host), |party| party.parse().ok())
}

/// Mails around the day.
fn of_the_day(trace: &Trace, needed: &mut Vec<Needed>) {
    for (deed, kind) in &OF_DEEDS {
        for entry in deeds(trace, Action::KeepDeadlines, deed) {
            needed.extend(whom(entry).map(|party| (party, std::slice::from_ref(kind), entry.at)));
        }
    }
    let ill = trace.audit.iter().filter(|entry| entry.action == Action::CallInIll);
    for entry in ill {
        needed.extend(Party::ALL.iter().map(|party| (*party, [NoticeKind::Ill].as_slice(), entry.at)));
    }
}

/// Whoever was to receive the visitor, and knew, hears that a colleague does.
fn hand_over(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    for taken in hand_overs(trace) {
        let had_contact = known.contact.is_some_and(|contact| contact.since <= taken.at)
            || hand_overs(trace).any(|other| other.at < taken.at);
        let before = taken.at - Duration::microseconds(1);
        let heard = had_contact && has_heard(trace, Party::Host, before, NoticeKind::HandedOver);
        let is_it = |mail: &PlacementMail| mail.kind == NoticeKind::HandedOver && mail.created_at == taken.at;
        report.require(!heard || trace.mails.iter().any(is_it), TraceLink::Mails, || {
            format!("there is no mail `{}` to the former contact of {}", NoticeKind::HandedOver, taken.at)
        });
    }
}

/// The host's deputy hears at once as well.
fn ill(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let is_to_deputy =
        |mail: &PlacementMail| mail.kind == NoticeKind::Ill && mail.thread.ends_with(DEPUTY_THREAD);
    for entry in trace.audit.iter().filter(|entry| entry.action == Action::CallInIll) {
        let has_deputy = known.contact.is_some_and(|contact| contact.has_deputy && contact.since <= entry.at);
        let is_there = trace.mails.iter().any(|mail| is_to_deputy(mail) && mail.created_at == entry.at);
        report.require(!has_deputy || is_there, TraceLink::Mails, || {
            format!("there is no mail `{}` to the host's deputy of {}", NoticeKind::Ill, entry.at)
        });
    }
}

/// Every mail that the worker or a new deadline caused has its entry.
pub(super) fn causes(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    for mail in trace.mails.iter().filter(|mail| !mail.is_again) {
        let deed = OF_DEEDS.iter().find(|(_, kind)| *kind == mail.kind).map(|(deed, _)| *deed);
        let is_caused = match deed {
            Some(deed) => deeds(trace, Action::KeepDeadlines, deed)
                .any(|entry| entry.at == mail.created_at && whom(entry) == Some(mail.party)),
            None => mail.kind != NoticeKind::DeadlineMoved || known.deadline_moves.contains(&mail.created_at),
        };
        report.require(is_caused, TraceLink::Audit, || {
            format!("no entry tells why there is a mail `{}` to the {}", mail.kind, mail.party)
        });
    }
}

pub(super) fn calendar(report: &mut Report, trace: &Trace) {
    for party in Party::ALL {
        let of_party = || trace.mails.iter().filter(|mail| mail.party == *party && !mail.is_again);
        let mut told: Vec<i64> = of_party().filter_map(|mail| facts(mail)?.sequence).collect();
        // An event that a repair has taken over from the placement before.
        let taken_over = |name: &str| {
            let hands_on = |entry: &&Entry| matches!(entry.action, Action::Repair | Action::Exchange);
            let of_repairs = trace.audit.iter().filter(hands_on);
            of_repairs.filter_map(|entry| value(entry, name)[party.as_str()].as_i64()).max()
        };
        told.extend(0..=taken_over("took_over_events").unwrap_or(-1));
        told.sort_unstable();
        let last = trace.events.iter().find(|event| event.party == *party).map_or(-1, |event| event.sequence);
        // A colleague's event is one of its own: that of whoever handed over ended with its mail.
        let ended = of_party().filter(|mail| mail.kind == NoticeKind::HandedOver);
        let ended: Vec<i64> =
            ended.filter_map(|mail| facts(mail)?.sequence).chain(taken_over("handed_on_events")).collect();
        let unheard = match party {
            Party::Host => hand_overs(trace).count().saturating_sub(ended.len()),
            Party::Participant | Party::Manager => 0,
        };
        report.require(are_chains(&told, &ended, last, unheard), TraceLink::Calendar, || {
            format!("the {party}'s calendar event has sequence {last}, and its mails have {told:?}")
        });
    }
}

/// Whether numbers are those from 0 to `last`, those from 0 to each of `ended`, and at most so many others from 0 on.
fn are_chains(told: &[i64], ended: &[i64], last: i64, others: usize) -> bool {
    let mut left: BTreeMap<i64, i64> = BTreeMap::new();
    for number in told {
        *left.entry(*number).or_default() += 1;
    }
    for number in ended.iter().chain([&last]).flat_map(|last| 0..=*last) {
        *left.entry(number).or_default() -= 1;
    }
    let mut most = i64::try_from(others).unwrap_or(i64::MAX);
    left.retain(|_, count| *count != 0);
    left.iter().zip(0..).all(|((number, count), due)| {
        let fits = *number == due && (1..=most).contains(count);
        most = *count;
        fits
    })
}
