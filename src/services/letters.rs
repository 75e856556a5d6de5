//! From the facts of a notice to its letter: what is looked up, and what a recipient may know of it.
//!
//! What may not be known is not in the letter, so no template can let it out.

mod digest;

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::app::Now;
use super::discretion::Discretion;
use super::event_place::address_of;
use super::links::NewLink;
use super::load::{case_of, get_applicant, get_library, get_placement, get_round};
use super::notices::{CALENDAR_THREAD, Case, Event, Facts, LIBRARY_THREAD, PACK_THREAD, thread_of_placement};
use super::outbox::about_no_case;
use super::packs;
use super::refills::{self, OfferedPlace};
use super::swaps;
use super::{App, AppError};
use crate::domain::feed::Shown;
use crate::domain::ids::ReserveOfferId;
use crate::domain::language::Language;
use crate::domain::letter::{EventStatus, Invitation, Letter, NoticeKind, Offered, Visit};
use crate::domain::link::Purpose;
use crate::domain::notice::Notice;
use crate::domain::organisation::{Contact, Library};
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::round::Round;
use crate::domain::states::{Answer, PlacementState};
use crate::store::applications::Applicant;
use crate::store::{Db, alternatives, feeds, introductions, invitations, organisations, outbox};
use crate::words::{self, EventWords};

/// What a notice says now, as it would look; its link leads nowhere. Changes nothing.
///
/// # Errors
/// The database's.
pub(super) fn sample(db: &mut Db, app: &App, now: &Now, notice: &Notice) -> Result<Letter, AppError> {
    let (mut letter, link) = letter(db, app, now, notice)?;
    letter.link = link.map(|_| format!("{}/links/made-when-it-is-sent", app.settings.public_url));
    Ok(letter)
}

/// What a notice says, and the link that is to be made for it.
pub(super) fn letter(
    db: &mut Db,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<(Letter, Option<NewLink>), AppError> {
    let facts = Facts::of(notice)?;
    let application = case_of(notice)?;
    let applicant = get_applicant(db, application)?;
    let round = get_round(db, applicant.application.round)?;
    let home = get_library(db, applicant.application.home)?;
    let visit = match notice.placement {
        Some(id) => {
            let placement = get_placement(db, id)?;
            let host = get_library(db, placement.host)?;
            let identity = invitations::find(db, id, notice.party)?;
            Some((placement, host, identity))
        }
        None => None,
    };
    let answer = visit.as_ref().and_then(|(placement, _, _)| placement.answer_of(notice.party));
    let asked = answer.is_some();
    let reserve = match &facts.offer {
        Some(id) => Some(refills::get_offered(db, parse_offer(id)?)?),
        None => None,
    };
    let link = purpose(notice, asked).map(|purpose| NewLink {
        purpose,
        application,
        placement: if purpose == Purpose::Answer { notice.placement } else { None },
        reserve_offer: reserve.as_ref().filter(|_| purpose == Purpose::Offer).map(|offered| offered.offer.id),
        party: notice.party,
        recipient: notice.recipient.clone(),
        is_deputy: notice.kind == NoticeKind::DeputyRequest,
        expires_at: expiry(&round, purpose, visit.as_ref().map(|(placement, _, _)| placement.date)),
    });
    let may_see = Discretion { party: notice.party, acquainted: facts.acquainted };
    let identity = visit.as_ref().and_then(|(_, _, identity)| identity.as_ref());
    let uid = facts.former_uid.as_ref().or(identity.map(|identity| &identity.uid));
    let host = visit.as_ref().map(|(_, host, _)| host);
    let is_subscribed = has_feed(db, notice, &applicant, host)?;
    // Programs do not merge the two: a day would stand there twice.
    let sequence = match notice.kind {
        // As it stands: what only says it in other words does not raise it.
        NoticeKind::Calendar => identity.map(|identity| identity.sequence),
        _ => facts.sequence.filter(|_| !is_subscribed),
    };
    let event = match (notice.kind, &visit) {
        // What is true when the mail is written.
        (NoticeKind::Calendar, Some((placement, _, _))) => Some(event_now(placement, is_subscribed)),
        (_, _) => facts.event,
    };
    // What no REQUEST has put into a calendar is not taken out.
    let was_invited =
        facts.former_uid.is_some() || identity.is_some_and(|known| known.is_in_calendar.is_some());
    let sequence = sequence.filter(|_| was_invited || event != Some(Event::Cancelled));
    let language = language_of(db, app, notice, &applicant, host)?;
    let invitation = match (&visit, sequence, event, uid) {
        (Some((placement, host, _)), Some(sequence), Some(event), Some(uid)) => {
            let facts = EventFacts { event, sequence, uid, placement, host, language };
            Some(invitation(app, notice, now, &facts, &applicant, may_see))
        }
        (Some(_) | None, Some(_) | None, Some(_) | None, Some(_) | None) => None,
    };
    let offer = match notice.placement.filter(|_| notice.kind == NoticeKind::Alternative) {
        Some(id) => alternatives::find_latest(db, id)?,
        None => None,
    };
    let pack = match &visit {
        Some((placement, host, _)) if notice.kind.is_about_the_pack() => {
            let case =
                Case { applicant: applicant.clone(), host: host.clone(), placement: placement.clone() };
            Some(packs::news(db, &facts, &case)?)
        }
        Some(_) | None => None,
    };
    let (swap, swap_until) = match (&facts.swap, notice.placement) {
        (Some(id), Some(placement)) if notice.kind == NoticeKind::SwapRequest => {
            let id = id.parse().map_err(|_| AppError::Internal(format!("`{id}` is no swap")))?;
            let (swap, until) = swaps::exchanged(db, id, placement, notice.party)?;
            (swap, Some(until))
        }
        (_, _) => (None, None),
    };
    let of_placement = notice.placement.map(|id| thread_of_placement(id, notice.party));
    let thread = &notice.thread_key;
    let thread = [PACK_THREAD, CALENDAR_THREAD, LIBRARY_THREAD]
        .iter()
        .find_map(|end| thread.strip_suffix(end))
        .unwrap_or(thread);
    let introduction = introductions::find(db, round.id, notice.kind)?;
    let letter = Letter {
        to_name: notice.recipient_name.as_ref().map(ToString::to_string),
        round_name: round.name.to_string(),
        introduction: introduction.iter().flat_map(|words| paragraphs(words)).collect(),
        participant_name: may_see.name().then(|| applicant.application.name.to_string()),
        participant_address: may_see.address().then(|| applicant.person.email.to_string()),
        role_title: applicant.application.role_title.as_ref().map(ToString::to_string),
        objectives: applicant.application.objectives.clone(),
        home_sectors: home.sectors.iter().map(ToString::to_string).collect(),
        home_library: may_see.home().then(|| home.name.to_string()),
        dates: applicant.application.dates.clone(),
        visit: visit
            .as_ref()
            .map(|(placement, host, _)| visit_of(placement, host, &facts, notice, may_see))
            .or_else(|| reserve.as_ref().map(visit_offered)),
        offer: offer.map(|offer| Offered {
            kind: offer.kind,
            date: offer.date,
            starts: offer.starts,
            ends: offer.ends,
            words: offer.words,
        }),
        swap,
        taken: facts.taken.as_deref().and_then(|kind| kind.parse().ok()),
        is_certain: event == Some(Event::Confirmed),
        has_agreed: notice.kind == NoticeKind::Proposal && answer == Some(Answer::Yes),
        answer_until: match &reserve {
            Some(offered) if notice.kind == NoticeKind::Offer => Some(offered.offer.answer_until),
            Some(_) => None,
            None => swap_until.or_else(|| {
                answer_until(notice.kind, &round, visit.as_ref().map(|(placement, _, _)| placement))
            }),
        },
        reason: facts.reason,
        change: facts.change,
        pack,
        digest: if notice.kind == NoticeKind::Digest { digest::news(db, notice)? } else { Vec::new() },
        invitation,
        // The deputy has not seen the mail that the contact got.
        thread_root: match notice.kind {
            NoticeKind::DeputyRequest | NoticeKind::HandedOver => None,
            // In the thread of the placement's mails.
            NoticeKind::SwapRequest | NoticeKind::SwapEnded => {
                outbox::thread_root(db, of_placement.as_deref().unwrap_or(thread))?
            }
            NoticeKind::VerifyAddress
            | NoticeKind::AlreadySignedUp
            | NoticeKind::ReleaseRequest
            | NoticeKind::Proposal
            | NoticeKind::AnswerReminder
            | NoticeKind::Alternative
            | NoticeKind::Offer
            | NoticeKind::OfferEnded
            | NoticeKind::Confirmed
            | NoticeKind::Changed
            | NoticeKind::Cancelled
            | NoticeKind::Reminder
            | NoticeKind::Ill
            | NoticeKind::FeedbackRequest
            | NoticeKind::Unplaced
            | NoticeKind::MatchedAgain
            | NoticeKind::DeadlineMoved
            | NoticeKind::ConfirmReply
            | NoticeKind::Calendar
            | NoticeKind::JoiningPack
            | NoticeKind::PackChanged
            | NoticeKind::PackMissing
            | NoticeKind::Digest
            | NoticeKind::SignIn
            | NoticeKind::Deputyship
            | NoticeKind::WebhookDisabled
            | NoticeKind::ScheduleFile
            | NoticeKind::ScheduleNotDelivered
            | NoticeKind::IdeaQuestion => outbox::thread_root(db, thread)?,
        },
        ..about_no_case(app, now, notice, language)
    };
    Ok((letter, link))
}

/// In which language the recipient reads: as the participant has chosen, as the host library says of its contacts, as the
/// employer says of its line managers; else as the installation does.
fn language_of(
    db: &mut Db,
    app: &App,
    notice: &Notice,
    applicant: &Applicant,
    host: Option<&Library>,
) -> Result<Language, AppError> {
    let known = match (notice.party, host) {
        (Party::Participant, _) => Some(applicant.application.language),
        (Party::Manager, _) => organisations::find_employer(db, applicant.application.employer)?
            .and_then(|employer| employer.language),
        (Party::Host, Some(host)) => host.language_of(&notice.recipient),
        (Party::Host, None) => None,
    };
    Ok(known.unwrap_or(app.settings.language))
}

/// Whether the recipient has chosen a feed instead of invitations.
fn has_feed(
    db: &mut Db,
    notice: &Notice,
    applicant: &Applicant,
    host: Option<&Library>,
) -> Result<bool, AppError> {
    let shown = match (notice.party, host) {
        (Party::Participant, _) => Shown::Person(applicant.person.id),
        (Party::Host, Some(host)) => Shown::Contact(host.id, notice.recipient.clone()),
        (Party::Host, None) | (Party::Manager, _) => return Ok(false),
    };
    Ok(feeds::find_live(db, &shown)?.is_some())
}

/// What the event of a placement is for somebody who has just chosen: out of a calendar that a feed takes the place of.
const fn event_now(placement: &Placement, is_subscribed: bool) -> Event {
    match placement.state {
        PlacementState::Proposed if !is_subscribed => Event::Tentative,
        PlacementState::Confirmed | PlacementState::Completed if !is_subscribed => Event::Confirmed,
        PlacementState::Proposed
        | PlacementState::Confirmed
        | PlacementState::Completed
        | PlacementState::Declined
        | PlacementState::Cancelled
        | PlacementState::Expired
        | PlacementState::DidNotTakePlace => Event::Cancelled,
    }
}

/// A day as its recipient may know it.
fn visit_of(
    placement: &Placement,
    host: &Library,
    facts: &Facts,
    notice: &Notice,
    may_see: Discretion,
) -> Visit {
    // Whoever hands a visitor over knows the colleague.
    let sees_contact = may_see.contact() || notice.kind == NoticeKind::HandedOver;
    let receives = placement.receives(host);
    let contact = receives.filter(|_| sees_contact);
    Visit {
        host_address: address_of(host).filter(|_| !placement.terms.is_virtual),
        host_contact_name: contact.and_then(|contact| contact.name.as_ref()).map(ToString::to_string),
        host_contact_address: contact.map(|contact| contact.email.to_string()),
        host_library: host.name.to_string(),
        host_telephone: telephone_of(receives, may_see.telephone(notice.kind)),
        deputy_telephone: telephone_of(host.deputy.as_ref(), may_see.telephone(notice.kind)),
        date: placement.date,
        starts: placement.starts,
        ends: placement.ends,
        time_zone: placement.time_zone,
        former_times: facts.former_times,
        former_date: facts.former_date,
        is_virtual: placement.terms.is_virtual,
    }
}

/// A day that is offered to a reserve, who does not know the host yet.
fn visit_offered(offered: &OfferedPlace) -> Visit {
    let (offer, host) = (&offered.offer, &offered.host);
    Visit {
        host_library: host.name.to_string(),
        host_address: address_of(host),
        host_contact_name: None,
        host_contact_address: None,
        host_telephone: None,
        deputy_telephone: None,
        date: offered.date,
        starts: offer.starts,
        ends: offer.ends,
        time_zone: host.time_zone,
        former_times: None,
        former_date: None,
        is_virtual: false,
    }
}

fn parse_offer(id: &str) -> Result<ReserveOfferId, AppError> {
    id.parse().map_err(|_| AppError::Internal(format!("`{id}` is no offer")))
}

/// What empty lines part.
fn paragraphs(words: &str) -> impl Iterator<Item = String> {
    words.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The last day for an answer, where a notice asks for one.
fn answer_until(kind: NoticeKind, round: &Round, placement: Option<&Placement>) -> Option<NaiveDate> {
    let until = round.answer_until;
    match kind {
        NoticeKind::Proposal
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::DeadlineMoved
        | NoticeKind::ConfirmReply
        | NoticeKind::Alternative => Some(placement.map_or(until, |placement| placement.last_answers(until))),
        NoticeKind::ReleaseRequest => Some(round.sign_up_until),
        NoticeKind::VerifyAddress
        | NoticeKind::AlreadySignedUp
        | NoticeKind::Offer
        | NoticeKind::OfferEnded
        | NoticeKind::HandedOver
        | NoticeKind::SwapRequest
        | NoticeKind::SwapEnded
        | NoticeKind::Confirmed
        | NoticeKind::Changed
        | NoticeKind::Cancelled
        | NoticeKind::Reminder
        | NoticeKind::Ill
        | NoticeKind::FeedbackRequest
        | NoticeKind::Unplaced
        | NoticeKind::MatchedAgain
        | NoticeKind::Calendar
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged
        | NoticeKind::PackMissing
        | NoticeKind::Digest
        | NoticeKind::SignIn
        | NoticeKind::Deputyship
        | NoticeKind::WebhookDisabled
        | NoticeKind::ScheduleFile
        | NoticeKind::ScheduleNotDelivered
        | NoticeKind::IdeaQuestion => None,
    }
}

/// What the link in a mail is for. Whoever is asked, or has answered, gets the page of answers.
fn purpose(notice: &Notice, asked: bool) -> Option<Purpose> {
    match (notice.kind, notice.party) {
        (NoticeKind::VerifyAddress, _) => Some(Purpose::Verify),
        (NoticeKind::ReleaseRequest, _) => Some(Purpose::Release),
        (NoticeKind::Offer, _) => Some(Purpose::Offer),
        (
            NoticeKind::Proposal
            | NoticeKind::AnswerReminder
            | NoticeKind::DeputyRequest
            | NoticeKind::Alternative
            | NoticeKind::DeadlineMoved
            | NoticeKind::ConfirmReply
            | NoticeKind::SwapRequest
            | NoticeKind::JoiningPack
            | NoticeKind::PackChanged
            | NoticeKind::PackMissing,
            _,
        ) => Some(Purpose::Answer),
        // The page on which the day can be called off, also for illness.
        (NoticeKind::Confirmed | NoticeKind::Changed | NoticeKind::Calendar, Party::Participant) => {
            Some(Purpose::Answer)
        }
        (
            NoticeKind::Confirmed | NoticeKind::Changed | NoticeKind::Calendar,
            Party::Host | Party::Manager,
        ) => asked.then_some(Purpose::Answer),
        (
            NoticeKind::AlreadySignedUp
            | NoticeKind::Unplaced
            | NoticeKind::MatchedAgain
            | NoticeKind::OfferEnded,
            _,
        )
        | (NoticeKind::Cancelled, Party::Participant) => Some(Purpose::Application),
        (NoticeKind::Reminder | NoticeKind::FeedbackRequest, _) | (NoticeKind::Ill, Party::Participant) => {
            Some(Purpose::Answer)
        }
        (NoticeKind::SwapEnded, _) => asked.then_some(Purpose::Answer),
        (NoticeKind::HandedOver | NoticeKind::Digest | NoticeKind::SignIn | NoticeKind::Deputyship, _)
        | (NoticeKind::WebhookDisabled | NoticeKind::ScheduleFile | NoticeKind::ScheduleNotDelivered, _)
        | (NoticeKind::IdeaQuestion, _)
        | (NoticeKind::Cancelled | NoticeKind::Ill, Party::Host | Party::Manager) => None,
    }
}

/// How many days after the last placement day the page of a placement lives: feedback is taken for thirty.
const DAYS_AFTER_THE_DAY: i64 = 40;

/// A link lives as long as what it does makes sense: to the end of sign-up, of answering, or of the round; the page of a
/// placement until what came of the day is told.
pub(super) fn expiry(round: &Round, purpose: Purpose, day: Option<NaiveDate>) -> NaiveDateTime {
    let last_day = || round.dates.last().copied().max(day).unwrap_or(round.answer_until);
    let last = match purpose {
        Purpose::Verify => round.sign_up_until,
        Purpose::Release => round.answer_until,
        Purpose::Answer => last_day() + Duration::days(DAYS_AFTER_THE_DAY),
        Purpose::Application | Purpose::Offer => last_day(),
    };
    // One day more covers every zone west of UTC.
    last.and_time(NaiveTime::MIN) + Duration::days(2)
}

fn telephone_of(contact: Option<&Contact>, may_see: bool) -> Option<String> {
    let number = contact.and_then(|contact| contact.telephone.as_ref());
    number.filter(|_| may_see).map(ToString::to_string)
}

/// The calendar event of a placement for one recipient.
struct EventFacts<'a> {
    event: Event,
    sequence: i64,
    uid: &'a str,
    placement: &'a Placement,
    host: &'a Library,
    language: Language,
}

fn invitation(
    app: &App,
    notice: &Notice,
    now: &Now,
    facts: &EventFacts<'_>,
    applicant: &Applicant,
    may_see: Discretion,
) -> Invitation {
    let EventFacts { event, sequence, uid, placement, host, language } = *facts;
    let status = match event {
        Event::Tentative => EventStatus::Tentative,
        Event::Confirmed => EventStatus::Confirmed,
        Event::Cancelled => EventStatus::Cancelled,
    };
    let visitor = may_see.name().then(|| applicant.application.name.as_str());
    let EventWords { summary, description, location } = words::event(
        language,
        &words::Event {
            party: notice.party,
            host: host.name.as_str(),
            address: address_of(host).as_deref(),
            is_virtual: placement.terms.is_virtual,
            visitor,
            service: &app.settings.service_name,
        },
    );
    Invitation {
        uid: uid.to_owned(),
        sequence,
        dtstamp: now.at,
        status,
        organiser_name: app.settings.service_name.clone(),
        organiser_address: app.settings.organiser_address.clone(),
        attendee_name: notice.recipient_name.as_ref().map(ToString::to_string),
        attendee_address: notice.recipient.to_string(),
        summary,
        description,
        location: Some(location),
        point: host
            .point
            .filter(|_| !placement.terms.is_virtual)
            .map(|point| (point.latitude(), point.longitude())),
        date: placement.date,
        starts: placement.starts,
        ends: placement.ends,
        time_zone: placement.time_zone,
        url: app.settings.public_url.clone(),
        form: app.settings.calendar,
    }
}
