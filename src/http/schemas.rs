//! The rules of the readers in the words of JSON Schema, one function for each kind of value.

use utoipa::openapi::schema::{
    AdditionalProperties, Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema,
    SchemaFormat, SchemaType, Type,
};

use super::opening::MOST_SPANS;
use super::problem::Code;
use super::read::{MOST_ITEMS, MOST_REASON, MOST_WORDS};
use crate::domain::access_needs::WhatWasRead;
use crate::domain::alternative::AlternativeKind;
use crate::domain::attendance::AttendanceKind;
use crate::domain::feed::FeedKind;
use crate::domain::feedback::MOST_COMMENTS;
use crate::domain::idea::{LENGTH, MOST_TOPICS, ShownAs};
use crate::domain::inbound::{InboundKind, InboundOutcome};
use crate::domain::language::Language;
use crate::domain::letter::NoticeKind;
use crate::domain::link::Purpose;
use crate::domain::mandate::{Holder, Mandate};
use crate::domain::notice::NoticeState;
use crate::domain::opening::{CalendarKind, Division, PeriodKind, ReasonKind};
use crate::domain::packs::{self, PackField, PackKind, PackState};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Role};
use crate::domain::release::RefusalReason;
use crate::domain::sector::Sector;
use crate::domain::session::Way;
use crate::domain::states::{
    AlternativeState, Answer, ApplicationState, LibraryStatus, ManagerTrust, PlacementState, RefillState,
    ReserveOfferState, RoundState, RunKind, RunState, SwapState,
};
use crate::domain::swap::MOST_MEMBERS;
use crate::domain::task::{SubjectKind, TaskKind};
use crate::domain::telephone::MOST_LETTERS;
use crate::domain::trace::TraceLink;
use crate::domain::weekday::Weekday;
use crate::services::links::Deed;

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

pub(super) fn one_of(names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    string().enum_values(Some(names))
}

/// A text or null, which means the same as absent.
pub(super) fn or_null(value: ObjectBuilder) -> Object {
    let mut object = value.schema_type(SchemaType::from_iter([Type::String, Type::Null])).build();
    // An enum names every value that is taken: also that there is none.
    if let Some(values) = &mut object.enum_values {
        values.push(serde_json::Value::Null);
    }
    object
}

/// A list or null, which means the same as absent and as an empty one.
fn list_or_null(items: Object) -> ArrayBuilder {
    let kind = SchemaType::from_iter([Type::Array, Type::Null]);
    ArrayBuilder::new().schema_type(kind).items(items).max_items(Some(MOST_ITEMS))
}

/// One line without control characters, not blank.
const LINE: &str =
    r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";
/// Lines without other control characters, not blank.
const LINES: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";

macro_rules! names {
    ($($function:ident: $kind:ident),+ $(,)?) => {$(
        pub(super) fn $function() -> Object {
            one_of($kind::ALL.iter().map(|value| value.as_str())).build()
        }
    )+};
}

names! {
    code: Code,
    language: Language,
    sector: Sector,
    role: Role,
    action: Action,
    party: Party,
    purpose: Purpose,
    notice_kind: NoticeKind,
    notice_state: NoticeState,
    inbound_kind: InboundKind,
    inbound_outcome: InboundOutcome,
    round_state: RoundState,
    application_state: ApplicationState,
    manager_trust: ManagerTrust,
    placement_state: PlacementState,
    alternative_kind: AlternativeKind,
    alternative_state: AlternativeState,
    swap_state: SwapState,
    refill_state: RefillState,
    reserve_offer_state: ReserveOfferState,
    run_state: RunState,
    run_kind: RunKind,
    library_status: LibraryStatus,
    calendar_kind: CalendarKind,
    period_kind: PeriodKind,
    reason_kind: ReasonKind,
    pack_state: PackState,
    answer: Answer,
    deed: Deed,
    weekday: Weekday,
    task_kind: TaskKind,
    subject_kind: SubjectKind,
    trace_link: TraceLink,
    attendance_kind: AttendanceKind,
    shown_as: ShownAs,
    way: Way,
}

/// What a host may mark.
pub(super) fn what_was_read() -> Object {
    one_of(WhatWasRead::ALL.iter().map(|what| what.as_str())).build()
}

pub(super) fn marked_attendance() -> Object {
    use AttendanceKind::{Arrived, DidNotCome, LeftEarly};
    one_of([Arrived, LeftEarly, DidNotCome].map(AttendanceKind::as_str)).build()
}

pub(super) fn optional_comments() -> Object {
    or_null(text_up_to(MOST_COMMENTS))
}

/// The words of an idea.
pub(super) fn idea() -> Object {
    text_up_to(*LENGTH.end()).min_length(Some(*LENGTH.start())).build()
}

pub(super) fn topic() -> Object {
    string().pattern(Some("^[a-z0-9_-]{1,60}$")).build()
}

pub(super) fn some_topics() -> Array {
    let topics = ArrayBuilder::new().items(topic()).unique_items(true);
    topics.min_items(Some(1)).max_items(Some(MOST_TOPICS)).build()
}

pub(super) fn deeds() -> Array {
    ArrayBuilder::new().items(deed()).build()
}

pub(super) fn optional_party() -> Object {
    or_null(one_of(Party::ALL.iter().map(|party| party.as_str())))
}

/// Of a feed, those that programs make.
pub(super) fn managed_feed_kind() -> Object {
    one_of(FeedKind::MANAGED.map(FeedKind::as_str)).build()
}

/// Of a feed, those that people choose for themselves.
pub(super) fn chosen_feed_kind() -> Object {
    let own = [FeedKind::Person, FeedKind::Contact, FeedKind::Deputy, FeedKind::Manager];
    one_of(own.map(FeedKind::as_str)).build()
}

pub(super) fn calendar_choice() -> Object {
    one_of(["invitation", "feed"]).build()
}

/// Of a role, those that tokens have.
pub(super) fn token_role() -> Object {
    one_of(Mandate::roles(Holder::Program).into_iter().map(Role::as_str)).build()
}

pub(super) fn grant_role() -> Object {
    one_of(Mandate::roles(Holder::Person).into_iter().map(Role::as_str)).build()
}

pub(super) fn optional_role() -> Object {
    or_null(one_of(Role::ALL.iter().map(|role| role.as_str())))
}

pub(super) fn scopes() -> Array {
    let one = one_of(["read", "write"].into_iter().chain(Action::ALL.iter().map(|action| action.as_str())));
    list_or_null(one.build()).build()
}

pub(super) fn yes_or_no() -> Object {
    one_of([Answer::Yes, Answer::No].map(Answer::as_str)).build()
}

pub(super) fn judged_trust() -> Object {
    one_of([ManagerTrust::Confirmed, ManagerTrust::Rejected].map(ManagerTrust::as_str)).build()
}

fn name_rule() -> ObjectBuilder {
    string().min_length(Some(1)).max_length(Some(200)).pattern(Some(LINE))
}

pub(super) fn name() -> Object {
    name_rule().build()
}

pub(super) fn optional_name() -> Object {
    or_null(name_rule())
}

fn text_up_to(most: usize) -> ObjectBuilder {
    string().min_length(Some(1)).max_length(Some(most)).pattern(Some(LINES))
}

/// Words to search for.
pub(super) fn search() -> Object {
    string().pattern(Some(r"^[^\u0000-\u001F\u007F-\u009F]*$")).build()
}

pub(super) fn reason() -> Object {
    text_up_to(MOST_REASON).build()
}

pub(super) fn optional_reason() -> Object {
    or_null(text_up_to(MOST_REASON))
}

pub(super) fn optional_alternative_kind() -> Object {
    or_null(one_of(AlternativeKind::ALL.iter().map(|kind| kind.as_str())))
}

pub(super) fn optional_refusal_reason() -> Object {
    or_null(one_of(RefusalReason::ALL.iter().map(|reason| reason.as_str())))
}

pub(super) fn some_words() -> Object {
    text_up_to(MOST_WORDS).build()
}

pub(super) fn optional_words() -> Object {
    or_null(text_up_to(MOST_WORDS))
}

pub(super) fn optional_line() -> Object {
    or_null(text_up_to(1_000))
}

pub(super) fn reference() -> Object {
    text_up_to(100).pattern(Some(r"^[^\s\u0000-\u001F\u007F-\u009F]+$")).build()
}

pub(super) fn email() -> Object {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Email))).max_length(Some(254)).build()
}

pub(super) fn optional_email() -> Object {
    or_null(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Email))).max_length(Some(254)))
}

pub(super) fn optional_telephone() -> Object {
    or_null(string().min_length(Some(5)).max_length(Some(MOST_LETTERS)))
}

pub(super) fn optional_language() -> Object {
    or_null(one_of(Language::ALL.iter().map(|language| language.as_str())))
}

pub(super) fn emails() -> Array {
    list_of(email())
}

pub(super) fn domains() -> Array {
    let label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    let domain = format!(r"^{label}(\.{label})+$");
    list_of(string().min_length(Some(3)).max_length(Some(253)).pattern(Some(domain)).build())
}

fn date_rule() -> ObjectBuilder {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}

pub(super) fn optional_date() -> Object {
    or_null(date_rule())
}

pub(super) fn dates() -> Array {
    let dates = ArrayBuilder::new().items(date_rule().build()).unique_items(true);
    dates.min_items(Some(1)).max_items(Some(MOST_ITEMS)).build()
}

pub(super) fn optional_dates() -> Array {
    list_or_null(date_rule().build()).unique_items(true).min_items(Some(1)).build()
}

pub(super) fn optional_instant() -> Object {
    or_null(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
}

fn time_rule() -> ObjectBuilder {
    string().pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"))
}

pub(super) fn time() -> Object {
    time_rule().build()
}

pub(super) fn optional_time() -> Object {
    or_null(time_rule())
}

/// From and to of each span of a day.
pub(super) fn spans() -> Array {
    let time = string().pattern(Some("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")).build();
    let span = ArrayBuilder::new().items(time).min_items(Some(2)).max_items(Some(2));
    ArrayBuilder::new().items(span).max_items(Some(MOST_SPANS)).build()
}

/// A division whose calendar is a table: Ireland has its bank holidays by rule.
pub(super) fn optional_division() -> Object {
    let tables = Division::ALL.iter().filter(|division| **division != Division::Ireland);
    or_null(one_of(tables.map(|division| division.as_str())))
}

pub(super) fn zone() -> Object {
    string().description(Some("An IANA time zone.")).examples([serde_json::json!("Europe/London")]).build()
}

fn list_of(item: Object) -> Array {
    list_or_null(item).build()
}

fn set_of(item: Object) -> Array {
    list_or_null(item).unique_items(true).build()
}

pub(super) fn tags() -> Array {
    set_of(topic())
}

pub(super) fn sectors() -> Array {
    ArrayBuilder::new().items(sector()).build()
}

pub(super) fn optional_sectors() -> Array {
    set_of(sector())
}

pub(super) fn some_sectors() -> Array {
    ArrayBuilder::new()
        .items(sector())
        .unique_items(true)
        .min_items(Some(1))
        .max_items(Some(MOST_ITEMS))
        .build()
}

fn id() -> Object {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).build()
}

pub(super) fn some_ids() -> Array {
    ArrayBuilder::new().items(id()).unique_items(true).min_items(Some(1)).max_items(Some(MOST_ITEMS)).build()
}

pub(super) fn optional_ids() -> Array {
    set_of(id())
}

/// Whose placements are asked for: codes or addresses.
pub(super) fn named() -> Array {
    let name =
        text_up_to(254).description(Some("a placement code (a UUID) or a work e-mail address")).build();
    ArrayBuilder::new().items(name).min_items(Some(1)).max_items(Some(MOST_MEMBERS - 1)).build()
}

pub(super) fn optional_id() -> Object {
    or_null(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))))
}

pub(super) fn library_keys() -> Array {
    set_of(text_up_to(100).build())
}

fn by_date(value: impl Into<Schema>) -> Object {
    let value: Schema = value.into();
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .property_names(Some(date_rule().build()))
        .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
        .build()
}

/// Whole numbers by date.
pub(super) fn counts() -> Object {
    by_date(
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .minimum(Some(0))
            .maximum(Some(1_000))
            .build(),
    )
}

fn span() -> ArrayBuilder {
    ArrayBuilder::new().items(time()).min_items(Some(2)).max_items(Some(2))
}

/// From and to, by date.
pub(super) fn hours() -> Object {
    by_date(span().build())
}

/// From and to; midnight at the end is 24:00.
pub(super) fn optional_span() -> Array {
    let time = string().pattern(Some("^([01][0-9]|2[0-4]):[0-5][0-9]$")).build();
    span().items(time).schema_type(SchemaType::from_iter([Type::Array, Type::Null])).build()
}

pub(super) fn weekdays() -> Array {
    set_of(weekday())
}

fn by_weekday(value: impl Into<Schema>) -> ObjectBuilder {
    let value: Schema = value.into();
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .property_names(Some(weekday()))
        .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
}

/// From and to, by weekday.
pub(super) fn week() -> Object {
    by_weekday(span().build()).build()
}

/// As [`week`]; null means absent.
pub(super) fn optional_week() -> Object {
    by_weekday(span().build()).schema_type(SchemaType::from_iter([Type::Object, Type::Null])).build()
}

/// Two weeks.
pub(super) fn two_weeks() -> Array {
    ArrayBuilder::new().items(week()).min_items(Some(2)).max_items(Some(2)).build()
}

fn staff() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0)).maximum(Some(1_000))
}

/// Staff on every day, or by weekday.
pub(super) fn rostered() -> Schema {
    OneOfBuilder::new().item(staff().build()).item(by_weekday(staff().build()).build()).build().into()
}

/// Rostered and minimum by date.
pub(super) fn cover_days() -> Object {
    let number = || staff().schema_type(SchemaType::from_iter([Type::Integer, Type::Null])).build();
    let day = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .property("rostered", number())
        .property("minimum", number())
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    by_date(day.build())
}

/// Names of the fields of a joining pack.
pub(super) fn pack_fields() -> Array {
    ArrayBuilder::new().items(one_of(PackField::ALL.iter().map(|field| field.as_str())).build()).build()
}

fn pack_of(is_known: impl Fn(PackField) -> bool) -> ObjectBuilder {
    let mut object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object));
    for field in PackField::ALL.iter().filter(|field| is_known(**field)) {
        let value = match field.kind() {
            PackKind::Time => optional_time(),
            PackKind::Line => optional_name(),
            PackKind::Telephone => optional_telephone(),
            PackKind::Words => or_null(text_up_to(packs::MOST_WORDS)),
            PackKind::Yes => {
                ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Boolean, Type::Null])).build()
            }
        };
        object = object.property(field.as_str(), value);
    }
    object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

/// What a joining pack says, by field.
pub(super) fn pack() -> Object {
    pack_of(|_| true).build()
}

pub(super) fn optional_pack() -> Object {
    pack_of(|_| true).schema_type(SchemaType::from_iter([Type::Object, Type::Null])).build()
}

/// Of a joining pack, what is the same for every visitor.
pub(super) fn standing_pack() -> Object {
    pack_of(PackField::is_standing).build()
}
