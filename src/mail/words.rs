//! A letter's facts as the templates know them: as words of the recipient's language, by `words`.

use serde::Serialize;

use crate::domain::alternative::AlternativeKind;
use crate::domain::deputyship::Deputed;
use crate::domain::idea::Question;
use crate::domain::language::Language;
use crate::domain::letter::{Exchanged, Letter, Method, News, PackNews, Visit};
use crate::domain::packs::{PackChange, PackField, PackKind};
use crate::domain::schedule_delivery::{DispatchOff, FileNews};
use crate::domain::webhook::WebhookOff;
use crate::words;

/// Sectors as they are called; one that nobody knows stays as it is.
fn named(sectors: &[String], language: Language) -> Vec<String> {
    let name = |sector: &String| {
        sector.parse().map_or(sector.as_str(), |known| words::sector(language, known)).to_owned()
    };
    sectors.iter().map(name).collect()
}

/// What the templates know of a letter.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    party: &'static str,
    to_name: Option<&'a str>,
    round: &'a str,
    service: &'a str,
    public_url: &'a str,
    introduction: &'a [String],
    link: Option<&'a str>,
    participant_name: Option<&'a str>,
    participant_address: Option<&'a str>,
    role_title: Option<&'a str>,
    objectives: Option<&'a str>,
    home_library: Option<&'a str>,
    sectors: Vec<String>,
    dates: Vec<String>,
    visit: Option<Day<'a>>,
    has_agreed: bool,
    answer_until: Option<String>,
    reason: Option<String>,
    change: Option<String>,
    pack: Option<PackView<'a>>,
    deputed: Option<DeputedView<'a>>,
    webhook: Option<WebhookView<'a>>,
    schedule_file: Option<FileView<'a>>,
    not_delivered: Option<NotDelivered<'a>>,
    question: Option<QuestionView<'a>>,
    digest: Vec<NewsView<'a>>,
    offer: Option<Offer<'a>>,
    swap: Option<Swap<'a>>,
    taken: Option<&'static str>,
    is_certain: bool,
    has_invitation: bool,
    /// Whether it takes the day out of the calendar.
    takes_out: bool,
}

/// What the templates know of a joining pack.
#[derive(Debug, Serialize)]
struct PackView<'a> {
    version: String,
    /// Name of the field and value, in the order in which a pack is read.
    entries: Vec<(&'static str, &'a str)>,
    /// Name of the field, what it was, what it is.
    changes: Vec<(&'static str, Option<&'a str>, Option<&'a str>)>,
    missing: Vec<&'static str>,
    telephone: Option<&'a str>,
}

impl<'a> PackView<'a> {
    fn new(news: &'a PackNews, language: Language) -> Self {
        let PackNews { version, pack, changes, missing } = news;
        let said = |field: PackField, value: &'a str| match field.kind() {
            PackKind::Yes => words::yes(language),
            PackKind::Time | PackKind::Line | PackKind::Telephone | PackKind::Words => value,
        };
        let change = |change: &'a PackChange| {
            let value = |value: &'a Option<String>| value.as_deref().map(|value| said(change.field, value));
            (change.field.as_str(), value(&change.from), value(&change.to))
        };
        Self {
            version: version.to_string(),
            entries: pack.0.iter().map(|(field, value)| (field.as_str(), said(*field, value))).collect(),
            changes: changes.iter().map(change).collect(),
            missing: missing.iter().map(|field| field.as_str()).collect(),
            telephone: pack.get(PackField::ContactTelephone),
        }
    }
}

/// What the templates know of the day.
#[derive(Debug, Serialize)]
struct Day<'a> {
    place: &'a str,
    address: Option<&'a str>,
    contact_name: Option<&'a str>,
    contact_address: Option<&'a str>,
    telephone: Option<&'a str>,
    deputy_telephone: Option<&'a str>,
    date: String,
    times: String,
    former_times: Option<String>,
    former_date: Option<String>,
    is_virtual: bool,
}

/// What the templates know of one day in a digest.
#[derive(Debug, Serialize)]
struct NewsView<'a> {
    stands: bool,
    participant_name: Option<&'a str>,
    round: &'a str,
    visit: Day<'a>,
    reason: Option<String>,
}

impl<'a> NewsView<'a> {
    fn new(news: &'a News, language: Language) -> Self {
        Self {
            stands: news.stands,
            participant_name: news.participant_name.as_deref(),
            round: &news.round_name,
            visit: Day::new(&news.visit, language),
            reason: news.reason.as_ref().map(|told| words::told(language, told)),
        }
    }
}

/// What the templates know of what a host offers instead.
#[derive(Debug, Serialize)]
struct Offer<'a> {
    kind: &'static str,
    date: String,
    times: String,
    words: Option<&'a str>,
}

/// What the templates know of whose deputy somebody is.
#[derive(Debug, Serialize)]
struct DeputedView<'a> {
    principal: &'a str,
    role: &'static str,
    starts_on: String,
    ends_on: String,
}

impl<'a> DeputedView<'a> {
    fn new(deputed: &'a Deputed, language: Language) -> Self {
        Self {
            principal: &deputed.principal,
            role: words::role(language, deputed.role),
            starts_on: words::date(language, deputed.starts_on),
            ends_on: words::date(language, deputed.ends_on),
        }
    }
}

/// What the templates know of a webhook that was switched off.
#[derive(Debug, Serialize)]
struct WebhookView<'a> {
    id: &'a str,
    host: &'a str,
    status: Option<i64>,
}

impl<'a> WebhookView<'a> {
    fn new(webhook: &'a WebhookOff) -> Self {
        Self { id: &webhook.id, host: &webhook.host, status: webhook.status }
    }
}

/// What the templates know of a schedule that comes as a file.
#[derive(Debug, Serialize)]
struct FileView<'a> {
    delivery: &'a str,
    employer: &'a str,
    is_changes: bool,
    begins_anew: bool,
    rows: i64,
    name: &'a str,
}

impl<'a> FileView<'a> {
    fn new(news: &'a FileNews) -> Self {
        Self {
            delivery: &news.delivery,
            employer: &news.employer,
            is_changes: news.is_changes,
            begins_anew: news.begins_anew,
            rows: news.rows,
            name: &news.file.name,
        }
    }
}

/// What the templates know of a question about an idea.
#[derive(Debug, Serialize)]
struct QuestionView<'a> {
    idea: &'a str,
    words: &'a str,
    name: &'a str,
    library: &'a str,
    address: &'a str,
}

impl<'a> QuestionView<'a> {
    fn new(question: &'a Question) -> Self {
        Self {
            idea: question.idea.as_str(),
            words: question.words.as_str(),
            name: question.name.as_str(),
            library: question.library.as_str(),
            address: question.address.as_str(),
        }
    }
}

/// What the templates know of a delivery that came to nothing.
#[derive(Debug, Serialize)]
struct NotDelivered<'a> {
    delivery: &'a str,
    number: i64,
    failure: &'static str,
}

impl<'a> NotDelivered<'a> {
    fn new(off: &'a DispatchOff) -> Self {
        Self { delivery: &off.delivery, number: off.number, failure: off.failure.as_str() }
    }
}

/// What the templates know of a swap.
#[derive(Debug, Serialize)]
struct Swap<'a> {
    asked_by: Option<&'a str>,
    place: Day<'a>,
    role_title: Option<&'a str>,
    objectives: Option<&'a str>,
    sectors: Vec<String>,
}

impl<'a> Swap<'a> {
    fn new(swap: &'a Exchanged, language: Language) -> Self {
        Self {
            asked_by: swap.asked_by.as_deref(),
            place: Day::new(&swap.place, language),
            role_title: swap.role_title.as_deref(),
            objectives: swap.objectives.as_deref(),
            sectors: named(&swap.sectors, language),
        }
    }
}

impl<'a> View<'a> {
    /// Words a letter's facts.
    pub(super) fn new(letter: &'a Letter, language: Language) -> Self {
        Self {
            party: letter.party.as_str(),
            to_name: letter.to_name.as_deref(),
            round: &letter.round_name,
            service: &letter.service_name,
            public_url: &letter.public_url,
            introduction: &letter.introduction,
            link: letter.link.as_deref(),
            participant_name: letter.participant_name.as_deref(),
            participant_address: letter.participant_address.as_deref(),
            role_title: letter.role_title.as_deref(),
            objectives: letter.objectives.as_deref(),
            home_library: letter.home_library.as_deref(),
            sectors: named(&letter.home_sectors, language),
            dates: letter.dates.iter().map(|date| words::date(language, *date)).collect(),
            visit: letter.visit.as_ref().map(|visit| Day::new(visit, language)),
            has_agreed: letter.has_agreed,
            answer_until: letter.answer_until.map(|date| words::date(language, date)),
            reason: letter.reason.as_ref().map(|told| words::told(language, told)),
            change: letter.change.as_ref().map(|told| words::told(language, told)),
            pack: letter.pack.as_ref().map(|news| PackView::new(news, language)),
            deputed: letter.deputed.as_ref().map(|deputed| DeputedView::new(deputed, language)),
            webhook: letter.webhook.as_ref().map(WebhookView::new),
            schedule_file: letter.schedule_file.as_ref().map(FileView::new),
            not_delivered: letter.not_delivered.as_ref().map(NotDelivered::new),
            question: letter.question.as_ref().map(QuestionView::new),
            digest: letter.digest.iter().map(|news| NewsView::new(news, language)).collect(),
            offer: letter.offer.as_ref().zip(letter.visit.as_ref()).map(|(offer, visit)| Offer {
                kind: offer.kind.as_str(),
                date: words::date(language, offer.date),
                times: words::times(language, offer.date, (offer.starts, offer.ends), visit.time_zone),
                words: offer.words.as_deref(),
            }),
            swap: letter.swap.as_ref().map(|swap| Swap::new(swap, language)),
            taken: letter.taken.map(AlternativeKind::as_str),
            is_certain: letter.is_certain,
            has_invitation: letter.invitation.is_some(),
            takes_out: letter
                .invitation
                .as_ref()
                .is_some_and(|invitation| invitation.status.method() == Method::Cancel),
        }
    }
}

impl<'a> Day<'a> {
    fn new(visit: &'a Visit, language: Language) -> Self {
        Self {
            place: &visit.host_library,
            address: visit.host_address.as_deref(),
            contact_name: visit.host_contact_name.as_deref(),
            contact_address: visit.host_contact_address.as_deref(),
            telephone: visit.host_telephone.as_deref(),
            deputy_telephone: visit.deputy_telephone.as_deref(),
            date: words::date(language, visit.date),
            times: words::times(language, visit.date, (visit.starts, visit.ends), visit.time_zone),
            former_times: visit.former_times.map(|times| {
                words::times(language, visit.former_date.unwrap_or(visit.date), times, visit.time_zone)
            }),
            former_date: visit.former_date.map(|date| words::date(language, date)),
            is_virtual: visit.is_virtual,
        }
    }
}
