//! Lists of hosting, cover and past placements.

use library_swap::domain::ids::LibraryId;
use library_swap::domain::offer::Offer;
use library_swap::import::Kind;
use library_swap::services::imports::ImportMode;
use library_swap::services::{App, libraries, offers, page::Page};

use super::world::{apply, organiser, round, sentences, take};
use crate::support::{for_each_database, row_counts};

const LIBRARIES: &str = "id,name,sector,operator,contact_email\n\
    a,Central,public,Council,desk@council.example\nb,Branch,public,Council,\n";
const STAFF: &str = "id,name,email,employer\n1,Ann,ann@council.example,Council\n";

fn offer(app: &App, reference: &str) -> Offer {
    let library: LibraryId = libraries::get(app, &organiser(), reference).expect("a library").id;
    let page = Page::new(None, 100).expect("a page");
    let found = offers::list(app, &organiser(), round(app), &page).expect("offers").items;
    found.into_iter().find(|found| found.library == library).map(|found| found.offer).unwrap_or_default()
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn hosting_and_cover_of_a_round_are_told_apart_and_each_list_leaves_the_other_alone() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let hosting = "library,visitors,weekdays,dates,rest_days\na,2,mo TU,05/03/2027,7\n";
        assert_eq!(apply(app, Kind::Hosting, hosting.to_lowercase()).added, 1);
        assert_eq!(apply(app, Kind::Hosting, hosting.to_lowercase()).unchanged, 1);
        let cover = "library,rostered,minimum,date\na,mo=6 tu=4,3,\na,2,,2027-03-02\nb,5,4,\n";
        let first = apply(app, Kind::Cover, cover);
        assert_eq!((first.read, first.added, first.changed), (3, 1, 1), "two rows are of one library");
        assert_eq!(apply(app, Kind::Cover, cover).unchanged, 2);
        let found = offer(app, "a");
        let hosted =
            ["2027-03-01", "2027-03-02", "2027-03-03", "2027-03-05"].map(|date| found.hosting_on(day(date)));
        assert_eq!((hosted, found.rest_days), ([2, 2, 0, 2], Some(7)));
        let away = ["2027-03-01", "2027-03-02", "2027-03-03"].map(|date| found.release_on(day(date)));
        assert_eq!(away, [3, 0, 0]);
        assert_eq!(offer(app, "b").release_on(day("2027-03-04")), 1);
    });
}

#[test]
fn what_a_library_cannot_offer_is_told_row_by_row_and_nothing_is_written() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        round(app);
        let before = row_counts(app);
        let hosting = "library,visitors,weekdays,dates,limit\na,2,moon,,\nb,2,,,\na2,1,,,\na,x,,,\na,2,,2027-04-01,-1\n";
        let outcome = take(app, Kind::Hosting, hosting, ImportMode::Apply);
        assert_eq!(
            sentences(&outcome),
            [
                "line 2, weekdays: `moon` has `moon`, which must be one of mo, tu, we, th, fr, sa, su; the row is left out",
                "line 3, visitors: `Branch` a library that takes visitors needs a contact, who hears of them: name one first; the row is left out",
                "line 4, library: `a2` is the id of no library (maybe `a`): import libraries first; the row is left out",
                "line 5, visitors: `x` must be a whole number; the row is left out",
                "line 5, library: `a` says the same library as line 2: each may stand in a list once; the row is left out",
                "line 6, limit: `-1` must be a whole number; the row is left out",
                "line 6, library: `a` says the same library as line 2: each may stand in a list once; the row is left out",
            ]
        );
        let cover = "library,rostered,minimum,date\na,mo=6 xx=4,3,\nb,2,,\na,,,2027-03-02\nb,1,,2027-09-09\n";
        let outcome = take(app, Kind::Cover, cover, ImportMode::Apply);
        assert_eq!(
            sentences(&outcome),
            [
                "line 2, rostered: `mo=6 xx=4` has `xx=4`: it must be a whole number, or like mo=6 tu=6 sa=3; the row is left out",
                "line 3, minimum: must be a whole number: who must remain; the row is left out",
                "line 4, date: `2027-03-02` has neither `rostered` nor `minimum` beside it; the row is left out",
                "line 5, date: `2027-09-09` is no date of the round “Spring 2027” (2027-03-01, 2027-03-02, 2027-03-03, 2027-03-04, 2027-03-05); the row is left out",
            ]
        );
        assert_eq!(row_counts(app), before);
    });
}

#[test]
fn past_placements_find_their_person_by_address_or_by_staff_id() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        apply(app, Kind::Staff, STAFF);
        let list = "date,host,email,employer,staff_id\n2026-03-02,a,ann@council.example,,\n2026-04-02,b,,Council,1\n";
        assert_eq!(apply(app, Kind::PastPlacements, list).added, 2);
        assert_eq!(apply(app, Kind::PastPlacements, list).unchanged, 2);
        let elsewhere = list.replace("2026-03-02,a", "2026-03-02,b");
        assert_eq!(apply(app, Kind::PastPlacements, elsewhere.as_str()).changed, 1);
        let wrong = "date,host,email,employer,staff_id\n2027-02-02,a,ann@council.example,,\n\
            2026-02-02,z,ann@council.example,,\n2026-02-03,a,eve@council.example,,\n2026-02-04,a,,Counsil,1\n\
            2026-02-05,a,,Council,2\n2026-02-06,a,,Council,\n2026-02-07,a,,Council,1\n2026-02-07,b,ann@council.example,,\n";
        assert_eq!(
            sentences(&take(app, Kind::PastPlacements, wrong, ImportMode::DryRun)),
            [
                "line 2, date: `2027-02-02` must lie in the past; the row is left out",
                "line 3, host: `z` is the id of no library (maybe `a`): import libraries first; the row is left out",
                "line 4, email: `eve@council.example` is nobody's address: import staff first; the row is left out",
                "line 5, employer: `Counsil` is no known employer (maybe `Council`); the row is left out",
                "line 6, staff_id: `2` is nobody's id: import staff first; the row is left out",
                "line 7, email: must not be empty, or employer and staff_id tell who went; the row is left out",
                "line 9, host: `b` is another host of the same person on the same day than a row above says; the row is left out",
            ]
        );
    });
}
