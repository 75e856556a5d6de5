//! What a POST on a link asks for, read from JSON and from the pages' forms.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::alternatives;
use super::call::Call;
use super::libraries::Contact;
use super::packs;
use super::problem::Problem;
use super::releases::{self, DecisionBody, Given};
use super::{day, read, schemas, swaps};
use crate::domain::alternative::Wanted;
use crate::domain::fault::Faults;
use crate::domain::ids::SwapId;
use crate::domain::json::{At, Object, parse_date};
use crate::domain::packs::Pack;
use crate::domain::release::Answered;
use crate::domain::swap::Named;
use crate::services::feeds::Choose;
use crate::services::links::{Act, Deed};
use crate::services::packs::PackEdit;

/// The members of a body.
pub(super) const FIELDS: [&str; 25] = [
    "deed",
    "decisions",
    "dates",
    "reason",
    "words",
    "version",
    "kind",
    "date",
    "starts",
    "ends",
    "contact",
    "with",
    "swap",
    "attendance",
    "left_at",
    "preparation",
    "welcome",
    "learning",
    "comments",
    "text",
    "topics",
    "shown_as",
    "revision",
    "fields",
    "for_later_visitors",
];

/// What to do by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Deed)]
#[expect(dead_code, reason = "the schema of what `act` reads")]
pub(super) struct DeedBody {
    #[schema(schema_with = schemas::deed)]
    deed: String,
    /// With `decide`: what is said to the requests, all of it in one transaction.
    decisions: Option<Vec<DecisionBody>>,
    /// With `release`: which of the days asked for; absent means all.
    #[schema(schema_with = schemas::optional_dates)]
    dates: Option<Vec<NaiveDate>>,
    /// With `refuse`, `decline` and `refuse_swap`: why not. With `refuse` one of `cover`, `leave`, `business_need`, `vetting`, `other`;
    /// with the others in words, and it may be absent. Only organisers read it.
    #[schema(schema_with = schemas::optional_reason)]
    reason: Option<String>,
    /// With `refuse`: more about the reason, needed with `other`. With `offer`: what the host says to the participant.
    #[schema(schema_with = schemas::optional_reason)]
    words: Option<String>,
    /// With `accept`, `decline`, `offer` and `take`: the placement's `version` that was looked at. With `release` and
    /// `refuse` the request's; there absent means that only the mail was looked at.
    version: Option<i64>,
    /// With `offer`, as the other members of `NewAlternative`: what is offered instead.
    #[schema(schema_with = schemas::optional_alternative_kind)]
    kind: Option<String>,
    #[schema(schema_with = schemas::optional_date)]
    date: Option<NaiveDate>,
    #[schema(schema_with = schemas::optional_time)]
    starts: Option<String>,
    #[schema(schema_with = schemas::optional_time)]
    ends: Option<String>,
    contact: Option<Contact>,
    /// With `ask_swap`, as in `NewSwap`.
    #[schema(schema_with = schemas::named, required = false)]
    with: Option<Vec<String>>,
    /// With `agree_swap` and `refuse_swap`: the swap's id, as the link shows it.
    #[schema(schema_with = schemas::optional_id)]
    swap: Option<String>,
    /// With `attendance`.
    #[schema(schema_with = schemas::marked_attendance, required = false)]
    attendance: Option<String>,
    /// With `attendance`: when the visitor left early.
    #[schema(schema_with = schemas::optional_time)]
    left_at: Option<String>,
    /// With `feedback`, as `welcome` and `learning`: 1 to 5.
    preparation: Option<i64>,
    welcome: Option<i64>,
    learning: Option<i64>,
    /// With `feedback`.
    #[schema(schema_with = schemas::optional_comments)]
    comments: Option<String>,
    /// With `idea`.
    #[schema(schema_with = schemas::idea, required = false)]
    text: Option<String>,
    /// With `idea`; in a form, one line with commas.
    #[schema(schema_with = schemas::some_topics, required = false)]
    topics: Option<Vec<String>>,
    /// With `idea`.
    #[schema(schema_with = schemas::shown_as, required = false)]
    shown_as: Option<String>,
    /// With `write_pack`: the `revision` of the joining pack that was looked at; required.
    #[schema(minimum = 0)]
    revision: Option<i64>,
    /// With `write_pack`: the whole pack; required.
    #[schema(schema_with = schemas::optional_pack)]
    fields: Option<serde_json::Value>,
    /// With `write_pack`: whether what is the same for every visitor becomes the library's standing text.
    for_later_visitors: Option<bool>,
}

/// What stands beside a deed.
#[derive(Default)]
struct Beside {
    decisions: Option<Vec<Answered>>,
    dates: Option<Vec<NaiveDate>>,
    reason: Option<String>,
    words: Option<String>,
    version: Option<i64>,
    offer: Option<Wanted>,
    with: Option<Vec<Named>>,
    swap: Option<SwapId>,
    day: day::Fields,
    revision: Option<i64>,
    fields: Option<Pack>,
    for_later_visitors: Option<bool>,
}

/// Whether the deed fits what was given with it.
fn act_of(deed: Deed, beside: Beside, faults: &Faults) -> Option<Act> {
    let fields: &[&str] = match deed {
        Deed::Decide => &["decisions"],
        Deed::Release => &["dates", "version"],
        Deed::RefuseRelease => &["reason", "words", "version"],
        Deed::Accept | Deed::Take => &["version"],
        Deed::Decline => &["reason", "version"],
        Deed::Offer => &["version"],
        Deed::AskSwap => &["with"],
        Deed::AgreeSwap => &["swap"],
        Deed::RefuseSwap => &["swap", "reason"],
        Deed::Attendance => &day::ATTENDANCE,
        Deed::Feedback => &day::FEEDBACK,
        Deed::Idea => &day::IDEA,
        Deed::WritePack => &packs::EDIT,
        Deed::Verify
        | Deed::Withdraw
        | Deed::Ill
        | Deed::ReadNeeds
        | Deed::Subscribe
        | Deed::NewAddress
        | Deed::Unsubscribe => &[],
    };
    let Beside {
        decisions,
        dates,
        reason,
        words,
        version,
        offer,
        with,
        swap,
        day,
        revision,
        fields: pack,
        for_later_visitors,
    } = beside;
    let given = [
        ("decisions", decisions.is_some()),
        ("dates", dates.is_some()),
        ("reason", reason.is_some()),
        ("words", words.is_some()),
        ("version", version.is_some()),
        ("with", with.is_some()),
        ("swap", swap.is_some()),
        ("revision", revision.is_some()),
        ("fields", pack.is_some()),
        ("for_later_visitors", for_later_visitors.is_some()),
    ];
    let of_the_day = day.given().iter().map(|field| (*field, true));
    for (field, is_given) in given.into_iter().chain(of_the_day) {
        if is_given && !fields.contains(&field) {
            faults.add(format!("/{field}"), "", format!("does not go with {deed}"));
        }
    }
    let decides = matches!(deed, Deed::Accept | Deed::Decline | Deed::Offer | Deed::Take);
    if decides && version.is_none() {
        faults.add("/version", "", "is required: the placement's version, as the link shows it");
    }
    if deed == Deed::AskSwap && with.is_none() {
        faults.add("/with", "", "is required");
    }
    if matches!(deed, Deed::AgreeSwap | Deed::RefuseSwap) && swap.is_none() {
        faults.add("/swap", "", "is required: the swap's id, as the link shows it");
    }
    let about_the_mail = |decision| Act::Decide(vec![Answered { application: None, version, decision }]);
    match deed {
        Deed::Verify => Some(Act::Verify),
        Deed::Decide => {
            if decisions.is_none() {
                faults.add("/decisions", "", "is required");
            }
            decisions.map(Act::Decide)
        }
        Deed::Release => Given { dates, reason: None, words: None }.yes("", faults).map(about_the_mail),
        Deed::RefuseRelease => {
            let reason = match reason.as_deref().map(str::parse).transpose() {
                Ok(reason) => reason,
                Err(rule) => {
                    faults.add("/reason", reason.unwrap_or_default(), rule);
                    return None;
                }
            };
            Given { dates: None, reason, words }.no("", faults).map(about_the_mail)
        }
        Deed::Accept => version.map(Act::Accept),
        Deed::Decline => version.map(|version| Act::Decline(version, reason)),
        Deed::Take => version.map(Act::Take),
        Deed::Offer => version.zip(offer).map(|(version, wanted)| Act::Offer(version, wanted)),
        Deed::AskSwap => with.map(Act::AskSwap),
        Deed::AgreeSwap => swap.map(Act::AgreeSwap),
        Deed::RefuseSwap => swap.map(|swap| Act::RefuseSwap(swap, reason)),
        Deed::Withdraw => Some(Act::Withdraw),
        Deed::Ill => Some(Act::Ill),
        Deed::ReadNeeds => Some(Act::ReadNeeds),
        Deed::Subscribe => Some(Act::Calendar(Choose::Feed)),
        Deed::NewAddress => Some(Act::Calendar(Choose::NewAddress)),
        Deed::Unsubscribe => Some(Act::Calendar(Choose::Invitations)),
        Deed::Attendance => day.attendance(faults).map(Act::Attendance),
        Deed::Feedback => day.feedback(faults).map(Act::Feedback),
        Deed::Idea => day.idea(faults).map(Act::Idea),
        Deed::WritePack => {
            for (field, is_given) in [("revision", revision.is_some()), ("fields", pack.is_some())] {
                if !is_given {
                    faults.add(format!("/{field}"), "", "is required");
                }
            }
            let for_later_visitors = for_later_visitors.unwrap_or_default();
            Some(Act::WritePack(PackEdit { revision: revision?, pack: pack?, for_later_visitors }))
        }
    }
}

/// Reads a body.
pub(super) fn read_body(object: &Object<'_>) -> Option<Act> {
    let text = |at: &At<'_>| read::words(at, read::MOST_REASON);
    let deed = object.required("deed").and_then(|at| at.parse::<Deed>());
    let decisions = read::maybe_absent(object, "decisions", releases::read_decisions);
    let dates = read::maybe_absent(object, "dates", releases::read_days);
    let reason = read::maybe_absent(object, "reason", text);
    // The words of an offer are a part of it.
    let words =
        if deed == Some(Deed::Offer) { Some(None) } else { read::maybe_absent(object, "words", text) };
    let version = read::maybe_absent(object, "version", |at| at.integer(0..=read::MOST_EXACT));
    let offer = if deed == Some(Deed::Offer) {
        alternatives::read_wanted(object).map(Some)
    } else {
        alternatives::refuse_fields(object);
        Some(None)
    };
    let with = read::maybe_absent(object, "with", swaps::read_with);
    let swap = read::maybe_absent(object, "swap", At::parse::<SwapId>);
    let day = day::Fields::read(object);
    let revision = read::maybe_absent(object, "revision", packs::read_revision);
    let fields = read::maybe_absent(object, "fields", |at| packs::read_pack(at, |_| true));
    let for_later_visitors = read::maybe_absent(object, "for_later_visitors", At::boolean);
    let beside = Beside {
        decisions: decisions?,
        dates: dates?,
        reason: reason?,
        words: words?,
        version: version?,
        offer: offer?,
        with: with?,
        swap: swap?,
        day,
        revision: revision?,
        fields: fields?,
        for_later_visitors: for_later_visitors?,
    };
    act_of(deed?, beside, object.at().faults())
}

/// Reads a form.
pub(super) fn read_form(call: &Call) -> Result<Act, Problem> {
    let text = std::str::from_utf8(call.bytes())
        .map_err(|error| Problem::Malformed(format!("the form is not UTF-8: {error}")))?;
    let faults = Faults::none();
    let (mut deed, mut dates, mut beside) = (None, Vec::new(), Beside::default());
    let mut with = Vec::new();
    let mut requests = releases::Form::default();
    let mut pack = packs::Form::default();
    let mut offer = alternatives::Form::default();
    for (name, value) in read::pairs(text)? {
        match name.as_str() {
            "deed" => match value.parse::<Deed>() {
                Ok(read) => deed = Some(read),
                Err(rule) => faults.add("/deed", &value, rule),
            },
            "dates" => match parse_date(&value) {
                Ok(date) => dates.push(date),
                Err(rule) => faults.add("/dates", &value, rule),
            },
            "reason" | "words" if value.trim().is_empty() => {}
            "reason" | "words" => match read::parse_words(&value, read::MOST_REASON) {
                Ok(words) if name == "reason" => beside.reason = Some(words),
                Ok(words) => beside.words = Some(words),
                Err(rule) => faults.add(format!("/{name}"), &value, rule),
            },
            "version" => match value.parse() {
                Ok(version) => beside.version = Some(version),
                Err(_) => faults.add("/version", &value, "must be a whole number"),
            },
            "with" if value.trim().is_empty() => {}
            "with" => match value.parse::<Named>() {
                Ok(named) => with.push(named),
                Err(rule) => faults.add(format!("/with/{}", with.len()), &value, rule),
            },
            "swap" => match value.parse::<SwapId>() {
                Ok(id) => beside.swap = Some(id),
                Err(rule) => faults.add("/swap", &value, rule),
            },
            _ if requests.take(&name, &value, &faults) => {}
            _ if deed.is_none_or(|deed| deed == Deed::WritePack) && pack.take(&name, &value, &faults) => {}
            _ if deed.is_none_or(|deed| deed == Deed::Offer) && offer.take(&name, &value, &faults) => {}
            _ if beside.day.take(&name, &value, &faults) => {}
            other => faults.add(format!("/{other}"), &value, "unknown field"),
        }
    }
    if deed.is_none() && faults.is_empty() {
        faults.add("/deed", "", "is required");
    }
    let act = deed.and_then(|deed| {
        match deed {
            Deed::Attendance => beside.day.keep_chosen(),
            // A form has all fields of a pack; an empty one is as if it were absent.
            Deed::WritePack => return pack.finish(&faults).map(Act::WritePack),
            Deed::Decide => beside.decisions = Some(requests.finish(&faults)),
            // In a form, no ticked day means none; an absent list would mean all.
            Deed::Release if dates.is_empty() => faults.add("/dates", "", "must name at least one day"),
            Deed::Offer => beside.offer = offer.finish(beside.words.take(), &faults),
            Deed::Verify
            | Deed::Release
            | Deed::RefuseRelease
            | Deed::Accept
            | Deed::Decline
            | Deed::Take
            | Deed::AskSwap
            | Deed::AgreeSwap
            | Deed::RefuseSwap
            | Deed::Withdraw
            | Deed::Ill
            | Deed::ReadNeeds
            | Deed::Feedback
            | Deed::Idea
            | Deed::Subscribe
            | Deed::NewAddress
            | Deed::Unsubscribe => {}
        }
        beside.dates = Some(dates).filter(|dates| !dates.is_empty());
        beside.with = Some(with).filter(|with| !with.is_empty());
        act_of(deed, beside, &faults)
    });
    read::finish(faults, act)
}
