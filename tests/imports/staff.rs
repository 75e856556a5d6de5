//! Staff: who stays the same person, and who has left.

use library_swap::import::Kind;
use library_swap::services::App;
use library_swap::services::imports::{Absent, ImportMode, Order, Outcome, import};

use super::world::{apply, organiser, sentences, table, take};
use crate::support::{for_each_database, row_counts};

const LIBRARIES: &str = "id,name,sector,operator\n\
    lib-1,Central,public,Council\nlib-2,Branch,public,Council\nuni,Main Library,academic,University\n";
const STAFF: &str = "id,name,email,library,manager_email\n\
    1,Ann,ann@council.example,lib-1,boss@council.example\n\
    2,Bob,bob@council.example,lib-2,boss@council.example\n";

fn count(app: &App, table: &str) -> i64 {
    row_counts(app).into_iter().find(|(name, _)| name == table).expect(table).1
}

fn absent_have_left(app: &App, list: &str, mode: ImportMode) -> Outcome {
    let table = table(list);
    let order = Order { absent: Absent::HaveLeft, ..Order::new(Kind::Staff, &table, mode) };
    import(app, &organiser(), &order).expect("an outcome")
}

#[test]
fn a_person_stays_the_same_under_another_address_and_name() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let first = apply(app, Kind::Staff, STAFF);
        assert_eq!((first.added, first.count("new persons")), (2, 2));
        let married = STAFF.replace("Ann,ann@", "Ann Smith,ann.smith@");
        let second = apply(app, Kind::Staff, married.as_str());
        assert_eq!((second.added, second.changed, second.unchanged), (0, 1, 1));
        assert_eq!((count(app, "persons"), count(app, "employments")), (2, 2));
        assert_eq!(apply(app, Kind::Staff, married.as_str()).changed, 0);
    });
}

#[test]
fn one_person_may_work_for_two_employers_but_not_share_an_address_with_a_colleague() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let list = "id,name,email,library\n1,Ann,ann@council.example,lib-1\n77,Ann,ann@council.example,uni\n";
        let both = apply(app, Kind::Staff, list);
        assert_eq!((both.added, both.count("new persons")), (2, 1));
        let taken =
            "id,name,email,library\n2,Bob,bob@council.example,lib-1\n1,Ann,bob@council.example,lib-1\n";
        let outcome = take(app, Kind::Staff, taken, ImportMode::Apply);
        assert_eq!(
            sentences(&outcome),
            ["line 3, email: `bob@council.example` is another person's address already; the row is left out"]
        );
        assert_eq!(count(app, "persons"), 1, "nothing was written");
    });
}

#[test]
fn leavers_are_told_by_a_flag_or_by_their_absence_and_may_come_back() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        apply(app, Kind::Staff, STAFF);
        let flagged = "id,name,email,library,active\n2,Bob,bob@council.example,lib-2,no\n9,Eve,e@council.example,lib-1,no\n";
        let outcome = apply(app, Kind::Staff, flagged);
        assert_eq!((outcome.changed, outcome.count("leavers")), (1, 1));
        assert_eq!(outcome.count("unknown here and left already"), 1);
        assert_eq!(apply(app, Kind::Staff, flagged).changed, 0);
        assert_eq!(apply(app, Kind::Staff, STAFF).changed, 1, "Bob is back");
        let only_ann: String = STAFF.lines().take(2).map(|line| format!("{line}\n")).collect();
        assert_eq!(apply(app, Kind::Staff, only_ann.as_str()).changed, 0, "absence alone says nothing");
        let dry = absent_have_left(app, &only_ann, ImportMode::DryRun);
        assert_eq!((dry.changed, dry.count("leavers")), (1, 1));
        let gone = absent_have_left(app, &only_ann, ImportMode::Apply);
        assert_eq!((gone.changed, gone.count("leavers")), (1, 1));
        assert_eq!(absent_have_left(app, &only_ann, ImportMode::Apply).changed, 0);
    });
}

#[test]
fn nobody_counts_as_absent_while_rows_cannot_be_read() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        apply(app, Kind::Staff, STAFF);
        let damaged = STAFF.replace("bob@council.example", "bob");
        let outcome = absent_have_left(app, &damaged, ImportMode::Partial);
        assert_eq!((outcome.left_out, outcome.changed, outcome.count("leavers")), (1, 0, 0));
    });
}

#[test]
fn what_a_row_names_must_be_there_and_belong_together() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, LIBRARIES);
        let list = "id,name,email,employer,library,manager_email,active,left_on\n\
            1,A,a@x.example,Counsil,,,,\n2,B,b@x.example,,lib-3,,,\n3,C,c@x.example,Council,uni,,,\n\
            4,D,d@x.example,,,,,\n5,E,e@x.example,Council,,,perhaps,\n6,F,f@x.example,Council,,f+me@x.example,yes,2026-01-02\n\
            7,G,g@x.example,Council,,,,32/01/2027\n";
        let outcome = take(app, Kind::Staff, list, ImportMode::DryRun);
        assert_eq!(
            sentences(&outcome),
            [
                "line 2, employer: `Counsil` is no known employer (maybe `Council`): import employers or libraries first; the row is left out",
                "line 3, library: `lib-3` is the id of no library (maybe `lib-1`): import libraries first; the row is left out",
                "line 4, library: `uni` is no library of the row's employer; the row is left out",
                "line 5, employer: must not be empty where no library tells the employer; the row is left out",
                "line 6, active: `perhaps` must be yes or no; the row is left out",
                "line 7, manager_email: `f+me@x.example` must be another person's than the row's own; the row is taken without it",
                "line 7, left_on: `2026-01-02` is a date although `active` says yes; the row is left out",
                "line 8, left_on: `32/01/2027` must be a date like 2027-03-01 or 01/03/2027 (day first); the row is left out",
            ]
        );
        assert_eq!((outcome.read, outcome.left_out, outcome.added), (7, 7, 0));
    });
}
