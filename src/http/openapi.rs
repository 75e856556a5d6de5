//! The OpenAPI 3.1 document: endpoints describe what they take and give; what follows from the route table (security,
//! problems, operation ids) is filled in here, so that it cannot drift.

use actix_web::http::Method;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{IntoParams, Modify, OpenApi};

use super::problem::{Body, Code};
use super::retirement::{self, RETIRING};
use super::routes::{self, Listed};
use super::{
    access_needs, alternatives, applications, audit, calendars, certificates, cover, day, deliveries,
    deputyships, documents, edits, employers, examples, explanations, feeds, grants, held_mails, ideas,
    impact, inbound, libraries, links, locks, mails, offers, oidc, opening, outlook, packs, pages,
    personal_data, placements, privacy_notices, proofs, publication, records, refills, releases, repairs,
    rounds, runs, schedule, schedule_changes, schedule_deliveries, sessions, sign_in, successors, swaps,
    tasks, tokens, traces, webhooks,
};

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Call::page` reads")]
pub(super) struct PageParameters {
    /// At most so many items; 50 unless said otherwise.
    #[param(nullable = false, minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false, format = Uuid)]
    cursor: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "library-swap",
        description = "Schedules library staff exchanges: sign-up, a certified fair match, consents, calendars and HR \
                       schedules. Additive changes only within `/v1`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        documents::lives,
        documents::is_ready,
        documents::document,
        links::get_page,
        links::act_by_form,
        links::get,
        links::act,
        mails::get_page,
        mails::choose,
        feeds::serve,
        feeds::serve_ideas,
        feeds::list,
        feeds::create,
        feeds::revoke,
        feeds::rotate,
        schedule_deliveries::list,
        schedule_deliveries::create,
        schedule_deliveries::get,
        schedule_deliveries::replace,
        schedule_deliveries::delete,
        schedule_deliveries::list_dispatches,
        schedule_deliveries::dispatch,
        schedule_deliveries::file,
        webhooks::list,
        webhooks::create,
        webhooks::get,
        webhooks::delete,
        webhooks::renew,
        webhooks::enable,
        webhooks::list_deliveries,
        webhooks::replay,
        employers::list,
        employers::create,
        employers::get,
        employers::replace_directory,
        employers::get_hr_digest,
        employers::set_hr_digest,
        successors::of_employer,
        libraries::list,
        libraries::create,
        libraries::get,
        libraries::replace_welcome,
        successors::of_library,
        opening::list_days,
        opening::set_weekly_hours,
        opening::list_calendars,
        opening::follow,
        opening::list_exceptions,
        opening::get_exception,
        opening::set_exception,
        opening::delete_exception,
        opening::close,
        calendars::list,
        calendars::create,
        calendars::get,
        calendars::replace,
        calendars::delete,
        rounds::list,
        rounds::create,
        rounds::get,
        rounds::open,
        rounds::close,
        rounds::get_deadlines,
        rounds::move_deadlines,
        rounds::cancel,
        privacy_notices::get,
        privacy_notices::replace,
        offers::list,
        offers::get,
        offers::replace,
        offers::withdraw,
        offers::cover,
        cover::csv,
        cover::xlsx,
        applications::list,
        applications::sign_up,
        applications::get,
        applications::withdraw,
        applications::judge_manager,
        impact::make,
        impact::get,
        pages::public::home,
        pages::public::round,
        pages::public::sign_up_form,
        pages::public::sign_up,
        impact::get_page,
        impact::get_pdf,
        releases::get,
        releases::decide,
        personal_data::get,
        personal_data::get_text,
        personal_data::erase,
        records::get,
        records::csv,
        records::get_page,
        access_needs::of_own,
        access_needs::of_visitor,
        repairs::list,
        repairs::create,
        repairs::get,
        repairs::apply,
        swaps::ask,
        swaps::list,
        swaps::get,
        swaps::call_off,
        swaps::answer,
        refills::reserves,
        refills::start,
        refills::list,
        refills::get,
        refills::stop,
        outlook::health,
        outlook::frontier,
        locks::list,
        locks::get,
        locks::lock,
        locks::unlock,
        locks::list_forbidden,
        locks::forbid,
        locks::allow,
        runs::list,
        runs::start,
        runs::get,
        runs::round_file,
        runs::schedule_file,
        proofs::verify,
        proofs::get,
        proofs::audit_file,
        proofs::schedule_file,
        explanations::get,
        runs::cancel,
        edits::diff,
        edits::edit,
        publication::preview,
        publication::publish,
        publication::withdraw,
        held_mails::list,
        held_mails::get,
        held_mails::discard,
        held_mails::release,
        held_mails::list_introductions,
        held_mails::introduce,
        placements::list,
        placements::get,
        traces::get,
        placements::answer,
        placements::reschedule,
        placements::cancel,
        alternatives::list,
        alternatives::offer,
        day::call_in_ill,
        day::mark,
        day::give_feedback,
        day::list_feedback,
        certificates::issue,
        certificates::issue_by_form,
        certificates::check,
        certificates::check_page,
        ideas::give,
        ideas::list,
        ideas::csv,
        ideas::mark_tried,
        ideas::ask,
        ideas::hide,
        packs::get,
        packs::write,
        packs::list_versions,
        packs::get_standing,
        packs::replace_standing,
        packs::list,
        schedule::list,
        schedule::csv_of_round,
        schedule::json,
        schedule::ndjson,
        schedule::csv,
        schedule::xlsx,
        schedule::ics,
        schedule_changes::list,
        tasks::list,
        tokens::list,
        tokens::create,
        tokens::revoke,
        tokens::rotate,
        grants::list,
        grants::create,
        grants::end,
        sign_in::get_page,
        sign_in::ask_by_form,
        oidc::begin,
        oidc::finish,
        sign_in::get_link,
        sign_in::consume_by_form,
        sign_in::ask,
        sign_in::consume,
        sessions::get_page,
        sessions::act_by_form,
        sessions::get,
        sessions::choose,
        sessions::sign_out,
        sessions::sign_out_everywhere,
        deputyships::list,
        deputyships::create,
        deputyships::end,
        deliveries::list_of_round,
        deliveries::counts_of_round,
        deliveries::list,
        deliveries::counts,
        deliveries::resend,
        inbound::list,
        inbound::take,
        audit::list,
        audit::head,
        audit::export,
    ),
    components(schemas(Body)),
    modifiers(&FromTheTable)
)]
struct Document;

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

struct FromTheTable;

impl Modify for FromTheTable {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token (`lsw_…`), or the secret of a link from a mail."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let words = "Of somebody who has signed in at `/sign-in`. Whatever changes something needs `Sec-Fetch-Site: \
                     same-origin` or the service's own `Origin`, which browsers send.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description("__Host-library-swap", words));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        for url in routes::list() {
            if let Some(item) = document.paths.paths.get_mut(url.path)
                && let Some(operation) = operation_of(item, &url.method)
            {
                complete(operation, &url);
            }
        }
        examples::add(document);
    }
}

fn operation_of<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match method.as_str() {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

fn complete(operation: &mut Operation, url: &Listed) {
    let words = url.path.replace(['/', '{', '}', '.', '-'], " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    operation.operation_id = Some(format!("{}_{}", url.method.as_str().to_lowercase(), words.join("_")));
    let by = |scheme: &str| SecurityRequirement::new::<_, [&str; 0], _>(scheme, []);
    let mut ways = Vec::new();
    if url.is_open() {
        ways.push(SecurityRequirement::default());
    }
    if !url.actions.is_empty() && !url.needs_session() {
        ways.push(by("bearer"));
    }
    if !url.actions.is_empty() || url.needs_session() {
        ways.push(by("session"));
    }
    operation.security = Some(ways);
    if !url.is_page {
        describe_headers(operation, url);
    }
    let codes = problems_of(operation, url);
    for code in &codes {
        let status = code.status().as_str().to_owned();
        let same = || Code::ALL.iter().filter(|other| other.status() == code.status());
        let content = if url.is_page {
            ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        } else {
            let examples = codes.iter().filter(|other| other.status() == code.status());
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).examples_from_iter(
                examples.map(|code| (code.as_str(), RefOr::Ref(examples::of_problem(*code)))),
            )
        };
        let media_type = if url.is_page { "text/html" } else { "application/problem+json" };
        let names: Vec<&str> = same().map(|other| other.as_str()).collect();
        let problem = ResponseBuilder::new()
            .description(format!("A problem: {}.", names.join(", ")))
            .content(media_type, content.build());
        operation.responses.responses.entry(status).or_insert_with(|| RefOr::T(problem.build()));
    }
    if let Some(retiring) = retirement::find(RETIRING, &url.method, url.path) {
        retiring.describe(operation);
    }
}

/// What programs may send with reads and changes.
fn describe_headers(operation: &mut Operation, url: &Listed) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let header = |name: &str, words: &str, schema: ObjectBuilder| {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(words))
            .schema(Some(schema))
            .build();
        RefOr::T(parameter)
    };
    let parameters = operation.parameters.get_or_insert_default();
    match url.method {
        Method::GET => {
            parameters.push(header("If-None-Match", "The `ETag` of what the client has.", text()));
            let unchanged = ResponseBuilder::new().description("It is what the client has.").build();
            operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
        }
        Method::POST | Method::PUT | Method::PATCH => {
            let words =
                "A new UUID for each request: the same one again is answered as before, and not done twice.";
            let schema = text().pattern(Some("^[!#-~]{16,255}$"));
            parameters.push(header("Idempotency-Key", words, schema));
        }
        _ => {}
    }
    if let Some(path) = url.looks_at {
        let words = format!(
            "The `ETag` of `GET {path}`, as it was looked at, or `*` for whatever is there; needed where something is there."
        );
        parameters.push(header("If-Match", &words, text()));
    }
}

/// One code for each status that an operation can answer with.
fn problems_of(operation: &Operation, url: &Listed) -> Vec<Code> {
    // Whoever presents a wrong credential, or an unknown parameter, hears of it everywhere.
    let mut codes = vec![
        Code::Malformed,
        Code::Unauthenticated,
        Code::InvalidFields,
        Code::TooLarge,
        Code::HeadersTooLarge,
        Code::TooManyRequests,
        Code::Internal,
        Code::Unavailable,
    ];
    // A link allows what it is for.
    // A cookie that comes with another site's form, and people who are nobody here.
    let of_sessions = url.path.starts_with("/v1/session") || url.path.starts_with("/v1/sign-in");
    if !url.actions.is_empty() || url.path.contains("{secret}") || url.is_page || of_sessions {
        codes.push(Code::Forbidden);
    }
    if !url.is_page {
        codes.push(Code::NotAcceptable);
    }
    if url.looks_at.is_some() {
        codes.extend([Code::ChangedSince, Code::IfMatchRequired]);
    }
    // Also whose body names the library that it is about.
    if url.path.contains('{')
        || url.path.starts_with("/v1/schedule")
        || (url.path == "/v1/feeds" && url.method == Method::POST)
    {
        codes.push(Code::NotFound);
    }
    if url.path.ends_with("/schedule/changes") {
        codes.push(Code::CursorGone);
    }
    if url.path.starts_with("/sign-in/oidc") {
        codes.extend([Code::NotFound, Code::ProviderUnusable]);
    }
    // What can be read in some states only.
    let ends = ["/schedule-file", "/health", "/frontier", "/reserves", "/preview"];
    let parts = ["/diff/", "/proof", "/sign-in/{secret}", "/placements/{id}/access-needs"];
    let has_a_state =
        ends.iter().any(|end| url.path.ends_with(end)) || parts.iter().any(|part| url.path.contains(part));
    if url.method != Method::GET || has_a_state {
        codes.push(Code::RoundState);
    }
    if operation.request_body.is_some() || url.method != Method::GET {
        codes.push(Code::UnsupportedMediaType);
    }
    codes
}
