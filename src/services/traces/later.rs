//! The rules of what follows a proposal: what the host offered instead, the joining pack, and the day.

use super::checks::{Known, Report, deeds, find_confirmation, find_deed, find_end, takes};
use super::mails::{facts, is_told};
use super::{Trace, detail, value};
use crate::domain::alternative::AlternativeKind;
use crate::domain::attendance::AttendanceKind;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::permissions::Action;
use crate::domain::states::{AlternativeState, PlacementState};
use crate::domain::trace::TraceLink;
use crate::store::audit::Entry;
use crate::store::traces::TracedOffer;

/// Whether an entry is about an offer.
fn is_about(entry: &Entry, offer: &TracedOffer) -> bool {
    detail(entry, "alternative") == Some(offer.id.to_string())
}

/// Every offer was made and settled as the audit has it, and the placement is what was taken.
pub(super) fn offers(report: &mut Report, trace: &Trace) {
    let made = || deeds(trace, Action::AnswerAsHost, "offer_other");
    for entry in made().chain(takes(trace)) {
        report.require(trace.offers.iter().any(|offer| is_about(entry, offer)), TraceLink::Offers, || {
            format!("an entry of {} tells of an offer that is not there", entry.at)
        });
    }
    for offer in &trace.offers {
        let is_made = made().any(|entry| {
            is_about(entry, offer)
                && (entry.at, &entry.actor, &entry.on_behalf_of) == (offer.at, &offer.by, &offer.on_behalf_of)
                && detail(entry, "kind").as_deref() == Some(offer.kind.as_str())
                && detail(entry, "date") == Some(offer.date.to_string())
        });
        report
            .require(is_made, TraceLink::Offers, || format!("no entry tells of offer {} as it is", offer.id));
        report.require(is_settled(trace, offer), TraceLink::Offers, || {
            format!("offer {} is {}, and no entry tells so", offer.id, offer.state)
        });
    }
    let taken = || trace.offers.iter().filter(|offer| offer.state == AlternativeState::Taken);
    let last = |kind| taken().filter(|offer| offer.kind == kind).max_by_key(|offer| offer.settled_at);
    let terms = &trace.placement.terms;
    let colleague = last(AlternativeKind::Colleague).and_then(|offer| offer.contact.clone());
    let receives = terms.contact.as_ref().map(|contact| contact.email.to_string());
    report.require(receives == colleague, TraceLink::Offers, || {
        "who receives the visitor is not whom a taken offer names".to_owned()
    });
    let is_virtual = last(AlternativeKind::Virtual).is_some();
    report.require(terms.is_virtual == is_virtual, TraceLink::Offers, || {
        "whether the visit is virtual is not what was taken".to_owned()
    });
    let moved = trace.audit.iter().filter(|entry| entry.action == Action::ReschedulePlacement);
    let moved = moved.map(|entry| entry.at).max();
    let newest = taken().max_by_key(|offer| offer.settled_at).filter(|offer| moved <= offer.settled_at);
    // New times of the same instant cannot be told from those that were taken.
    if let Some(offer) = newest.filter(|offer| moved != offer.settled_at) {
        let at = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
        let stands = (at(trace.placement.starts), at(trace.placement.ends));
        report.require(stands == offer.times, TraceLink::Offers, || {
            format!("the times are not those of offer {}, which was taken", offer.id)
        });
    }
}

fn is_settled(trace: &Trace, offer: &TracedOffer) -> bool {
    let at = |entry: &Entry| Some(entry.at) == offer.settled_at;
    match offer.state {
        AlternativeState::Offered => {
            offer.settled_at.is_none() && trace.placement.state == PlacementState::Proposed
        }
        AlternativeState::Taken => takes(trace).any(|entry| is_about(entry, offer) && at(entry)),
        AlternativeState::Refused => {
            find_deed(trace, Action::AnswerAsParticipant, "answer", "no").is_some_and(at)
        }
        AlternativeState::Lapsed => find_end(trace).is_some_and(at),
    }
}

/// The versions are whole, and both sides have the newest one.
pub(super) fn joining_pack(report: &mut Report, trace: &Trace, known: &Known<'_>) {
    let packs = &trace.packs;
    let is_numbered = packs.iter().zip(1..).all(|(pack, number)| pack.version == number);
    report.require(is_numbered, TraceLink::JoiningPack, || {
        let versions: Vec<i64> = packs.iter().map(|pack| pack.version).collect();
        format!("a version of the joining pack is missing among {versions:?}")
    });
    let written = || {
        let entries = trace.audit.iter().filter(|entry| entry.action == Action::EditJoiningPack);
        entries.filter_map(|entry| Some((value(entry, "version").as_i64()?, entry.at)))
    };
    for (version, at) in written().filter(|(version, _)| *version > 0) {
        let is_there = packs.iter().any(|pack| (pack.version, pack.at) == (version, at));
        report.require(is_there, TraceLink::JoiningPack, || {
            format!("the entry of {at} tells of version {version} of the joining pack, which is not there")
        });
    }
    for pack in packs {
        let is_recorded = written().any(|entry| entry == (pack.version, pack.at));
        report.require(is_recorded, TraceLink::JoiningPack, || {
            format!("no entry tells of version {} of the joining pack", pack.version)
        });
    }
    let of = |version: i64| packs.iter().find(|pack| pack.version == version);
    for mail in &trace.mails {
        let Some(told) = facts(mail).and_then(|facts| facts.pack) else { continue };
        let is_there = of(told.version).is_some() && told.since.is_none_or(|since| of(since).is_some());
        report.require(is_there, TraceLink::JoiningPack, || {
            format!(
                "the {} was told version {} of the joining pack, which is not there",
                mail.party, told.version
            )
        });
    }
    let stands = matches!(trace.placement.state, PlacementState::Confirmed | PlacementState::Completed);
    let (Some(newest), Some(confirmed)) = (packs.last().filter(|_| stands), find_confirmation(trace)) else {
        return;
    };
    for party in [Party::Participant, Party::Host] {
        if !is_told(trace, known, party, newest.at.max(confirmed.at)) {
            continue;
        }
        let told = trace.mails.iter().filter(|mail| {
            let is_dropped = matches!(mail.state, NoticeState::Superseded | NoticeState::Discarded);
            mail.party == party
                && matches!(mail.kind, NoticeKind::JoiningPack | NoticeKind::PackChanged)
                && !is_dropped
        });
        let last = told.filter_map(|mail| facts(mail)?.pack).map(|pack| pack.version).max();
        // A change that was taken back before it left is told nobody.
        let is_same = last.and_then(of).is_some_and(|told| told.fields == newest.fields);
        report.require(is_same, TraceLink::JoiningPack, || {
            let last = last.unwrap_or_default();
            format!("the joining pack has version {}, and the {party} was told {last}", newest.version)
        });
    }
}

/// What came of the day fits the state and what was marked.
pub(super) fn day(report: &mut Report, trace: &Trace) {
    let state = trace.placement.state;
    let kind = trace.day.as_ref().map(|day| day.kind);
    let fits = match kind {
        None => !matches!(state, PlacementState::Completed | PlacementState::DidNotTakePlace),
        Some(AttendanceKind::Arrived | AttendanceKind::LeftEarly | AttendanceKind::NotRecorded) => {
            state == PlacementState::Completed
        }
        Some(AttendanceKind::DidNotCome | AttendanceKind::Ill) => state == PlacementState::DidNotTakePlace,
    };
    report.require(fits, TraceLink::Day, || {
        let came = kind.map_or("not known", AttendanceKind::as_str);
        format!("the placement is {state}, and what came of the day is {came}")
    });
    let marks: Vec<&Entry> =
        trace.audit.iter().filter(|entry| entry.action == Action::RecordAttendance).collect();
    let first = marks.iter().map(|entry| entry.at).min();
    let Some(day) = &trace.day else {
        report.require(marks.is_empty(), TraceLink::Day, || {
            "an entry tells of a mark, and there is none".to_owned()
        });
        return;
    };
    let came = serde_json::json!({ "attendance": day.kind.as_str(), "left_at": day.left_at });
    let is_it = match day.kind {
        AttendanceKind::Ill => {
            trace.audit.iter().any(|entry| entry.action == Action::CallInIll && entry.at == day.first_at)
        }
        AttendanceKind::NotRecorded => {
            marks.is_empty()
                && deeds(trace, Action::KeepDeadlines, "assume").any(|entry| entry.at == day.first_at)
        }
        AttendanceKind::Arrived | AttendanceKind::LeftEarly | AttendanceKind::DidNotCome => {
            let last = marks.iter().map(|entry| entry.at).max();
            let says = |entry: &&&Entry| Some(entry.at) == last && value(entry, "after") == came;
            first == Some(day.first_at) && marks.iter().any(|entry| says(&entry))
        }
    };
    report.require(is_it, TraceLink::Day, || {
        format!("no entry tells that what came of the day is {}, first marked at {}", day.kind, day.first_at)
    });
    // Each mark names the one before it.
    let assumed = deeds(trace, Action::KeepDeadlines, "assume").next().is_some();
    let of = |name: &str| marks.iter().map(|entry| value(entry, name)).collect::<Vec<_>>();
    let (before, after) = (of("before"), of("after"));
    let begins = |was: &serde_json::Value| {
        if assumed { was["attendance"] == AttendanceKind::NotRecorded.as_str() } else { was.is_null() }
    };
    let is_chain = before.iter().filter(|was| begins(was)).count() == usize::from(!marks.is_empty())
        && before.iter().all(|was| begins(was) || after.contains(was));
    report.require(is_chain, TraceLink::Day, || {
        "a mark was put in place of another one, of which no entry tells".to_owned()
    });
}
