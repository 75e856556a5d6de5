//! Every URL of the service, in one table: path, methods, who may at all, which parameters.

use actix_web::{HttpRequest, HttpResponse, web};

use super::problem::Problem;
use super::url::Url;
use super::{
    access_needs, alternatives, applications, audit, calendars, certificates, cover, day, deliveries,
    deputyships, documents, edits, employers, explanations, feeds, grants, held_mails, ideas, impact,
    inbound, libraries, links, locks, mails, offers, oidc, opening, outlook, packs, pages, personal_data,
    placements, privacy_notices, proofs, publication, records, refills, releases, repairs, rounds, runs,
    schedule, schedule_changes, schedule_deliveries, sessions, sign_in, successors, swaps, tasks, tokens,
    traces, webhooks,
};
use crate::domain::permissions::Action;

pub use super::url::Listed;

const PAGE: &[&str] = &["limit", "cursor"];
const NONE: &[&str] = &[];
const LANGUAGE: &[&str] = &["language"];
const ANY: &[&str] = &["*"];
const OPEN: &[Action] = &[];

fn table() -> Vec<Url> {
    use Action::*;
    let answers: &[Action] = &[AnswerAsParticipant, AnswerAsHost, AnswerAsManager];
    vec![
        Url::at("/healthz").get(OPEN, NONE, documents::lives),
        Url::at("/readyz").get(OPEN, NONE, documents::is_ready),
        Url::at("/openapi.json").get(OPEN, NONE, documents::document),
        Url::at("/docs").get(OPEN, NONE, documents::viewer_folder),
        Url::at("/docs/problems").get(OPEN, NONE, documents::problems),
        Url::at("/docs/{file:.*}").get(OPEN, NONE, documents::viewer),
        Url::at("/pages.css").get(OPEN, NONE, pages::style),
        Url::page("/links/{secret}").get(OPEN, NONE, links::get_page).post(OPEN, links::act_by_form),
        Url::page("/links/{secret}/record").get(OPEN, NONE, records::get_page),
        Url::page("/links/{secret}/certificate").post(OPEN, certificates::issue_by_form),
        Url::page("/certificates/{secret}").get(&[CheckCertificate], NONE, certificates::check_page),
        Url::at("/v1/certificates/{secret}").get(&[CheckCertificate], NONE, certificates::check),
        Url::page("/sign-in").get(OPEN, NONE, sign_in::get_page).post(OPEN, sign_in::ask_by_form),
        Url::page("/sign-in/oidc").get(OPEN, NONE, oidc::begin),
        Url::page("/sign-in/oidc/callback").get(OPEN, ANY, oidc::finish),
        Url::page("/sign-in/{secret}")
            .get(OPEN, NONE, sign_in::get_link)
            .post(OPEN, sign_in::consume_by_form),
        Url::page("/account").get(OPEN, NONE, sessions::get_page).post(OPEN, sessions::act_by_form),
        Url::at("/v1/sign-in").post(OPEN, sign_in::ask),
        Url::at("/v1/sign-in/{secret}").post(OPEN, sign_in::consume),
        Url::at("/v1/session").get(OPEN, NONE, sessions::get).delete(OPEN, sessions::sign_out),
        Url::at("/v1/session/capacity").put(OPEN, sessions::choose),
        Url::at("/v1/session/deputyships")
            .get(OPEN, PAGE, deputyships::list)
            .post(&[NameDeputy], deputyships::create),
        Url::at("/v1/session/deputyships/{id}").delete(OPEN, deputyships::end),
        Url::at("/v1/sessions").delete(OPEN, sessions::sign_out_everywhere),
        Url::page("/mails/{secret}").get(OPEN, NONE, mails::get_page).post(OPEN, mails::choose),
        Url::at("/calendars/{secret}.ics").get(OPEN, NONE, feeds::serve),
        Url::at("/ideas/{secret}.atom").get(OPEN, NONE, feeds::serve_ideas),
        Url::at("/v1/feeds").get(&[ReadFeeds], PAGE, feeds::list).post(&[ManageFeeds], feeds::create),
        Url::at("/v1/feeds/{id}").delete(&[ManageFeeds], feeds::revoke),
        Url::at("/v1/feeds/{id}/rotate").post(&[ManageFeeds], feeds::rotate),
        Url::at("/v1/employers/{id}/webhooks")
            .get(&[ReadWebhooks], PAGE, webhooks::list)
            .post(&[ManageWebhooks], webhooks::create),
        Url::at("/v1/webhooks/{id}")
            .get(&[ReadWebhooks], NONE, webhooks::get)
            .delete(&[ManageWebhooks], webhooks::delete),
        Url::at("/v1/webhooks/{id}/secret").post(&[ManageWebhooks], webhooks::renew),
        Url::at("/v1/webhooks/{id}/enable").post(&[ManageWebhooks], webhooks::enable),
        Url::at("/v1/webhooks/{id}/deliveries").get(&[ReadWebhooks], PAGE, webhooks::list_deliveries),
        Url::at("/v1/webhooks/{id}/deliveries/{delivery}/replay").post(&[ManageWebhooks], webhooks::replay),
        Url::at("/v1/links/{secret}").get(OPEN, NONE, links::get).post(OPEN, links::act),
        Url::at("/v1/employers")
            .get(&[ReadEmployers], PAGE, employers::list)
            .post(&[EditEmployer], employers::create),
        Url::at("/v1/employers/{id}").get(&[ReadEmployers], NONE, employers::get),
        Url::at("/v1/employers/{id}/directory")
            .put(&[EditEmployer], employers::replace_directory)
            .looking_at("/v1/employers/{id}"),
        Url::at("/v1/employers/{id}/hr-digest")
            .get(&[ReadHrDigest], NONE, employers::get_hr_digest)
            .put(&[EditEmployer], employers::set_hr_digest)
            .looking_at("/v1/employers/{id}/hr-digest"),
        Url::at("/v1/employers/{id}/successor")
            .put(&[EditEmployer], successors::of_employer)
            .looking_at("/v1/employers/{id}"),
        Url::at("/v1/libraries")
            .get(&[ReadLibraries], &["employer", "sector", "q", "limit", "cursor"], libraries::list)
            .post(&[EditLibrary], libraries::create),
        Url::at("/v1/libraries/{id}").get(&[ReadLibraries], NONE, libraries::get),
        Url::at("/v1/libraries/{id}/welcome")
            .put(&[EditLibrary], libraries::replace_welcome)
            .looking_at("/v1/libraries/{id}"),
        Url::at("/v1/libraries/{id}/successor")
            .put(&[EditLibrary], successors::of_library)
            .looking_at("/v1/libraries/{id}"),
        Url::at("/v1/libraries/{id}/days").get(&[ReadCalendars], &["from", "to"], opening::list_days),
        Url::at("/v1/libraries/{id}/opening-hours")
            .put(&[EditLibrary], opening::set_weekly_hours)
            .looking_at("/v1/libraries/{id}"),
        Url::at("/v1/libraries/{id}/calendars")
            .get(&[ReadCalendars], NONE, opening::list_calendars)
            .put(&[EditLibrary], opening::follow)
            .looking_at("/v1/libraries/{id}/calendars"),
        Url::at("/v1/libraries/{id}/exceptions").get(&[ReadCalendars], NONE, opening::list_exceptions),
        Url::at("/v1/libraries/{id}/exceptions/{date}")
            .get(&[ReadCalendars], NONE, opening::get_exception)
            .put(&[EditLibrary], opening::set_exception)
            .looking_at("/v1/libraries/{id}/exceptions/{date}")
            .delete(&[EditLibrary], opening::delete_exception)
            .looking_at("/v1/libraries/{id}/exceptions/{date}"),
        Url::at("/v1/libraries/{id}/closures").post(&[EditLibrary], opening::close),
        Url::at("/v1/calendars")
            .get(&[ReadCalendars], PAGE, calendars::list)
            .post(&[EditCalendar], calendars::create),
        Url::at("/v1/calendars/{id}")
            .get(&[ReadCalendars], NONE, calendars::get)
            .put(&[EditCalendar], calendars::replace)
            .looking_at("/v1/calendars/{id}")
            .delete(&[EditCalendar], calendars::delete)
            .looking_at("/v1/calendars/{id}"),
        Url::at("/v1/rounds").get(&[ReadRound], PAGE, rounds::list).post(&[CreateRound], rounds::create),
        Url::at("/v1/rounds/{id}").get(&[ReadRound], NONE, rounds::get),
        Url::at("/v1/rounds/{id}/open").post(&[SteerRound], rounds::open),
        Url::at("/v1/rounds/{id}/close").post(&[SteerRound], rounds::close),
        Url::at("/v1/rounds/{id}/dates")
            .get(&[ReadRound], NONE, rounds::get_deadlines)
            .put(&[SteerRound], rounds::move_deadlines)
            .looking_at("/v1/rounds/{id}/dates"),
        Url::at("/v1/rounds/{id}/privacy-notice")
            .get(&[ReadRound], NONE, privacy_notices::get)
            .put(&[SteerRound], privacy_notices::replace)
            .looking_at("/v1/rounds/{id}/privacy-notice"),
        Url::at("/v1/rounds/{id}/report")
            .get(&[ReadRound], NONE, impact::get)
            .post(&[ReportImpact], impact::make),
        Url::page("/").get(&[ReadRound], LANGUAGE, pages::public::home),
        Url::page("/rounds/{id}").get(&[ReadRound], LANGUAGE, pages::public::round),
        Url::page("/rounds/{id}/sign-up")
            .get(&[ReadRound], &["language", "q", "library"], pages::public::sign_up_form)
            .post_asking(OPEN, LANGUAGE, pages::public::sign_up),
        Url::page("/rounds/{id}/report").get(OPEN, LANGUAGE, impact::get_page),
        Url::page("/rounds/{id}/report.pdf").get(OPEN, LANGUAGE, impact::get_pdf),
        Url::at("/v1/rounds/{id}/cancel").post(&[SteerRound], rounds::cancel),
        Url::at("/v1/rounds/{id}/libraries").get(&[ReadHosting], PAGE, offers::list),
        Url::at("/v1/rounds/{id}/libraries/{library}")
            .get(&[ReadHosting], NONE, offers::get)
            .put(&[OfferHosting], offers::replace)
            .looking_at("/v1/rounds/{id}/libraries/{library}")
            .delete(&[OfferHosting], offers::withdraw)
            .looking_at("/v1/rounds/{id}/libraries/{library}"),
        Url::at("/v1/rounds/{id}/cover").get(&[ReadCover], PAGE, offers::cover),
        Url::at("/v1/rounds/{id}/cover.csv").get(&[ReadCover], cover::CSV, cover::csv),
        Url::at("/v1/rounds/{id}/cover.xlsx").get(&[ReadCover], NONE, cover::xlsx),
        Url::at("/v1/rounds/{id}/applications")
            .get(&[ReadApplication], PAGE, applications::list)
            .post(&[SignUp], applications::sign_up),
        Url::at("/v1/applications/{id}").get(&[ReadApplication], NONE, applications::get),
        Url::at("/v1/applications/{id}/access-needs").get(&[ReadOwnNeeds], NONE, access_needs::of_own),
        Url::at("/v1/placements/{id}/access-needs").get(&[ReadAccessNeeds], NONE, access_needs::of_visitor),
        Url::at("/v1/applications/{id}/personal-data").get(&[ReadPersonalData], NONE, personal_data::get),
        Url::at("/v1/applications/{id}/personal-data.txt").get(
            &[ReadPersonalData],
            NONE,
            personal_data::get_text,
        ),
        Url::at("/v1/applications/{id}/record").get(&[ReadRecord], NONE, records::get),
        Url::at("/v1/applications/{id}/record.csv").get(&[ReadRecord], cover::CSV, records::csv),
        Url::at("/v1/applications/{id}/erase-person").post(&[ErasePerson], personal_data::erase),
        Url::at("/v1/applications/{id}/withdraw").post(&[WithdrawApplication], applications::withdraw),
        Url::at("/v1/applications/{id}/release")
            .get(&[ReadRelease], NONE, releases::get)
            .post(&[DecideRelease], releases::decide),
        Url::at("/v1/applications/{id}/manager").post(&[ConfirmManager], applications::judge_manager),
        Url::at("/v1/rounds/{id}/runs").get(&[ReadRuns], NONE, runs::list).post(&[Match], runs::start),
        Url::at("/v1/rounds/{id}/health").get(&[ReadOutlook], NONE, outlook::health),
        Url::at("/v1/rounds/{id}/frontier").get(&[ReadOutlook], NONE, outlook::frontier),
        Url::at("/v1/rounds/{id}/locks").get(&[ReadLocks], NONE, locks::list),
        Url::at("/v1/rounds/{id}/locks/{application}")
            .get(&[ReadLocks], NONE, locks::get)
            .put(&[FixPlacements], locks::lock)
            .looking_at("/v1/rounds/{id}/locks/{application}")
            .delete(&[FixPlacements], locks::unlock)
            .looking_at("/v1/rounds/{id}/locks/{application}"),
        Url::at("/v1/rounds/{id}/forbidden")
            .get(&[ReadLocks], NONE, locks::list_forbidden)
            .post(&[FixPlacements], locks::forbid),
        Url::at("/v1/rounds/{id}/forbidden/{pair}").delete(&[FixPlacements], locks::allow),
        Url::at("/v1/runs/{id}").get(&[ReadRuns], NONE, runs::get),
        Url::at("/v1/runs/{id}/round-file").get(&[ReadRunFiles], NONE, runs::round_file),
        Url::at("/v1/runs/{id}/schedule-file").get(&[ReadRunFiles], NONE, runs::schedule_file),
        Url::at("/v1/runs/{id}/verify").post(&[VerifyRun], proofs::verify),
        Url::at("/v1/runs/{id}/proof").get(&[VerifyRun], NONE, proofs::get),
        Url::at("/v1/runs/{id}/proof/audit.json").get(&[VerifyRun], NONE, proofs::audit_file),
        Url::at("/v1/runs/{id}/proof/schedule.json").get(&[VerifyRun], NONE, proofs::schedule_file),
        Url::at("/v1/runs/{id}/explanations/{application}").get(&[ReadExplanation], NONE, explanations::get),
        Url::at("/v1/runs/{id}/cancel").post(&[Match], runs::cancel),
        Url::at("/v1/runs/{id}/diff/{other}").get(&[ReadRuns], NONE, edits::diff),
        Url::at("/v1/rounds/{id}/repairs")
            .get(&[ReadRepairs], PAGE, repairs::list)
            .post(&[Repair], repairs::create),
        Url::at("/v1/rounds/{id}/repairs/{repair}").get(&[ReadRepairs], NONE, repairs::get),
        Url::at("/v1/rounds/{id}/repairs/{repair}/apply")
            .post(&[Repair], repairs::apply)
            .looking_at("/v1/rounds/{id}/repairs/{repair}"),
        Url::at("/v1/rounds/{id}/swaps").get(&[ReadSwaps], &["state", "limit", "cursor"], swaps::list),
        Url::at("/v1/placements/{id}/swaps").post(&[AskForSwap], swaps::ask),
        Url::at("/v1/swaps/{id}").get(&[ReadSwaps], NONE, swaps::get),
        Url::at("/v1/swaps/{id}/answers").post(answers, swaps::answer),
        Url::at("/v1/swaps/{id}/cancel").post(&[CallOffSwap], swaps::call_off),
        Url::at("/v1/placements/{id}/reserves").get(&[ReadRefills], NONE, refills::reserves),
        Url::at("/v1/placements/{id}/refill").post(&[Refill], refills::start),
        Url::at("/v1/rounds/{id}/refills").get(&[ReadRefills], PAGE, refills::list),
        Url::at("/v1/rounds/{id}/refills/{refill}").get(&[ReadRefills], NONE, refills::get),
        Url::at("/v1/rounds/{id}/refills/{refill}/stop").post(&[Refill], refills::stop),
        Url::at("/v1/runs/{id}/edits").post(&[EditSchedule], edits::edit),
        Url::at("/v1/runs/{id}/preview").get(&[PreviewPublication], NONE, publication::preview),
        Url::at("/v1/runs/{id}/publish").post(&[Publish], publication::publish),
        Url::at("/v1/runs/{id}/withdraw").post(&[WithdrawPublication], publication::withdraw),
        Url::at("/v1/runs/{id}/held-mails").get(&[ReadHeldMails], PAGE, held_mails::list),
        Url::at("/v1/runs/{id}/release-mails").post(&[EditMails], held_mails::release),
        Url::at("/v1/held-mails/{id}")
            .get(&[ReadHeldMails], NONE, held_mails::get)
            .delete(&[EditMails], held_mails::discard),
        Url::at("/v1/rounds/{id}/introductions").get(&[ReadHeldMails], NONE, held_mails::list_introductions),
        Url::at("/v1/rounds/{id}/introductions/{kind}")
            .put(&[EditMails], held_mails::introduce)
            .looking_at("/v1/rounds/{id}/introductions"),
        Url::at("/v1/rounds/{id}/placements").get(
            &[ReadPlacement],
            &["state", "limit", "cursor"],
            placements::list,
        ),
        Url::at("/v1/placements/{id}").get(&[ReadPlacement], NONE, placements::get),
        Url::at("/v1/placements/{id}/trace").get(&[ReadTrace], NONE, traces::get),
        Url::at("/v1/placements/{id}/answers").post(answers, placements::answer),
        Url::at("/v1/placements/{id}/alternatives")
            .get(&[ReadPlacement], NONE, alternatives::list)
            .post(&[AnswerAsHost], alternatives::offer),
        Url::at("/v1/placements/{id}/times")
            .put(&[ReschedulePlacement], placements::reschedule)
            .looking_at("/v1/placements/{id}"),
        Url::at("/v1/placements/{id}/cancel").post(&[CancelPlacement], placements::cancel),
        Url::at("/v1/placements/{id}/ill").post(&[CallInIll], day::call_in_ill),
        Url::at("/v1/placements/{id}/attendance").post(&[RecordAttendance], day::mark),
        Url::at("/v1/placements/{id}/certificate").post(&[IssueCertificate], certificates::issue),
        Url::at("/v1/placements/{id}/feedback").put(&[GiveFeedback], day::give_feedback),
        Url::at("/v1/rounds/{id}/feedback").get(&[ReadFeedback], PAGE, day::list_feedback),
        Url::at("/v1/placements/{id}/idea").post(&[GiveIdea], ideas::give),
        Url::at("/v1/ideas").get(&[ReadIdeas], ideas::FILTER_AND_PAGE, ideas::list),
        Url::at("/v1/ideas.csv").get(&[ReadIdeas], ideas::FILTER_AND_CSV, ideas::csv),
        Url::at("/v1/ideas/{id}/tried").post(&[TryIdea], ideas::mark_tried),
        Url::at("/v1/ideas/{id}/question").post(&[AskHost], ideas::ask),
        Url::at("/v1/ideas/{id}/hidden").put(&[HideIdea], ideas::hide),
        Url::at("/v1/placements/{id}/joining-pack")
            .get(&[ReadJoiningPack], NONE, packs::get)
            .put(&[EditJoiningPack], packs::write),
        Url::at("/v1/placements/{id}/joining-pack/versions").get(
            &[OverseeJoiningPacks],
            NONE,
            packs::list_versions,
        ),
        Url::at("/v1/libraries/{id}/joining-pack")
            .get(&[OverseeJoiningPacks], NONE, packs::get_standing)
            .put(&[EditJoiningPack], packs::replace_standing)
            .looking_at("/v1/libraries/{id}/joining-pack"),
        Url::at("/v1/rounds/{id}/joining-packs").get(
            &[OverseeJoiningPacks],
            &["state", "limit", "cursor"],
            packs::list,
        ),
        Url::at("/v1/rounds/{id}/schedule").get(&[ExportSchedule], NONE, schedule::list),
        Url::at("/v1/rounds/{id}/schedule.csv").get(&[ExportSchedule], schedule::CSV, schedule::csv_of_round),
        Url::at("/v1/schedule").get(&[ExportSchedule], schedule::FILTER, schedule::json),
        Url::at("/v1/schedule.ndjson").get(&[ExportSchedule], schedule::FILTER, schedule::ndjson),
        Url::at("/v1/schedule.csv").get(&[ExportSchedule], schedule::CSV_AND_FILTER, schedule::csv),
        Url::at("/v1/schedule.xlsx").get(&[ExportSchedule], schedule::XLSX_AND_FILTER, schedule::xlsx),
        Url::at("/v1/schedule.ics").get(&[ExportSchedule], schedule::FILTER, schedule::ics),
        Url::at("/v1/employers/{id}/schedule/changes").get(
            &[ExportSchedule],
            schedule_changes::PARAMETERS,
            schedule_changes::list,
        ),
        Url::at("/v1/employers/{id}/schedule-deliveries")
            .get(&[ReadScheduleDeliveries], PAGE, schedule_deliveries::list)
            .post(&[ManageScheduleDeliveries], schedule_deliveries::create),
        Url::at("/v1/schedule-deliveries/{id}")
            .get(&[ReadScheduleDeliveries], NONE, schedule_deliveries::get)
            .delete(&[ManageScheduleDeliveries], schedule_deliveries::delete)
            .put(&[ManageScheduleDeliveries], schedule_deliveries::replace)
            .looking_at("/v1/schedule-deliveries/{id}"),
        Url::at("/v1/schedule-deliveries/{id}/dispatches")
            .get(&[ReadScheduleDeliveries], PAGE, schedule_deliveries::list_dispatches)
            .post(&[ManageScheduleDeliveries], schedule_deliveries::dispatch),
        Url::at("/v1/schedule-deliveries/{id}/dispatches/{dispatch}/file").get(
            &[ExportSchedule],
            NONE,
            schedule_deliveries::file,
        ),
        Url::at("/v1/me/tasks").get(&[ReadTasks], PAGE, tasks::list),
        Url::at("/v1/tokens").get(&[ReadTokens], PAGE, tokens::list).post(&[ManageTokens], tokens::create),
        Url::at("/v1/tokens/{id}").delete(&[ManageTokens], tokens::revoke),
        Url::at("/v1/tokens/{id}/rotate").post(&[ManageTokens], tokens::rotate),
        Url::at("/v1/grants").get(&[ReadGrants], PAGE, grants::list).post(&[ManageGrants], grants::create),
        Url::at("/v1/grants/{id}").delete(&[ManageGrants], grants::end),
        Url::at("/v1/deliveries").get(&[ReadOutbox], deliveries::FILTER, deliveries::list),
        Url::at("/v1/deliveries/counts").get(&[ReadOutbox], NONE, deliveries::counts),
        Url::at("/v1/deliveries/{id}/resend").post(&[ResendMail], deliveries::resend),
        Url::at("/v1/rounds/{id}/deliveries").get(
            &[ReadOutbox],
            deliveries::FILTER,
            deliveries::list_of_round,
        ),
        Url::at("/v1/rounds/{id}/deliveries/counts").get(&[ReadOutbox], NONE, deliveries::counts_of_round),
        Url::at("/v1/inbound").get(&[ReadOutbox], PAGE, inbound::list).post(&[TakeMail], inbound::take),
        Url::at("/v1/audit").get(&[ReadAudit], audit::FILTER_AND_PAGE, audit::list),
        Url::at("/v1/audit/head").get(&[ReadAudit], NONE, audit::head),
        Url::at("/v1/audit.ndjson").get(&[ReadAudit], audit::FILTER, audit::export),
    ]
}

/// The table as data.
pub fn list() -> Vec<Listed> {
    table().into_iter().flat_map(Url::listed).collect()
}

/// Puts the table into an application; another path gets 404.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    for url in table() {
        config.service(url.resource());
    }
    config.default_service(web::to(no_such_url));
}

async fn no_such_url(request: HttpRequest) -> HttpResponse {
    Problem::NoSuchUrl.respond(&request)
}
