//! Rounds out of the service and into it: what a file says is matched, whatever the ids, and nothing else is kept.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod rounds;
mod support;

use std::collections::HashMap;

use library_swap::domain::ids::RoundId;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::files::Round;
use library_swap::services::round_transfer::{self, Deadlines, Imported};
use library_swap::services::runs::{self, NewRun};
use library_swap::services::{App, AppError, rounds as steps};
use library_swap::store::{applications, organisations};
use rounds::{Size, grid};
use serde_json::{Value, json};
use support::{for_each_database, row_counts};

fn organiser() -> Actor {
    Actor::named("test", Role::Organiser)
}

fn read(file: &Value) -> Round {
    Round::read(file.to_string().as_bytes()).expect("a round file")
}

fn import(app: &App, file: &Value) -> Result<Imported, AppError> {
    round_transfer::import(app, &organiser(), &read(file), Deadlines::default())
}

fn export(app: &App, round: RoundId) -> Round {
    let text = round_transfer::export(app, &organiser(), round).expect("a file");
    Round::read(text.as_bytes()).expect("a round file")
}

/// A round in which every part of the format that this service holds is used.
fn full() -> Value {
    let mut file = grid(Size { staff: 24, libraries: 9, dates: 4 }, &json!(null));
    let days: Vec<Value> = file["dates"].as_array().expect("dates").clone();
    let day = |n: usize| days[n].as_str().expect("a date").to_owned();
    file["name"] = json!("Spring");
    file["rules"] = json!({
        "balance": null, "min_minutes": 120, "placement_weight": "strict",
        "sectors": { "public": ["school", "academic"], "academic": ["public", "specialist"], "school": ["public"] },
        "weights": { "sector": [30, 7], "topic": 3, "topics_max": 2, "nearness": 11, "partner": 0 },
    });
    file["employer_groups"] = json!([["e1", "e3"], ["e2", "nobody"]]);
    for (n, library) in file["libraries"].as_array_mut().expect("libraries").iter_mut().enumerate() {
        library["access"] = if n % 2 == 0 { json!(["step-free"]) } else { json!(["hearing-loop"]) };
        library["vetting_required"] = json!(n % 3 == 0);
        library["escorts_visitors"] = json!(n % 6 == 0);
        library["hosting"][day(1)] = json!(0);
        library["hours"] =
            json!({ day(0): ["09:15", "13:00"], day(2): ["00:00", "24:00"], day(3): ["10:00", "23:59"] });
        if n == 4 {
            library.as_object_mut().expect("a library").retain(|key, _| !key.ends_with("itude"));
            library["hosting_limit"] = json!(2);
        }
    }
    file["libraries"].as_array_mut().expect("libraries").push(json!({
        "id": "idle", "sectors": ["public"], "employers": ["e9"],
    }));
    for (n, person) in file["staff"].as_array_mut().expect("staff").iter_mut().enumerate() {
        person["priority"] = json!(n % 4);
        person["avoid"] = json!([format!("l{:05}", n % 9), "far-away"]);
        person["visited"] = json!([format!("l{:05}", (n + 4) % 9), "gone"]);
        if n % 5 == 0 {
            person["needs"] = json!(["step-free"]);
        }
        if n % 2 == 0 {
            person["assured_until"] = json!(day(2));
        }
        let first = person["dates"][0].as_str().expect("a date").to_owned();
        person["hours"] = json!({ first: ["08:00", "12:30"] });
    }
    // As somebody overrides it: a library that is near enough, or not.
    file["locks"] = json!([{ "staff": "s00003", "host": "l00008", "date": day(1), "override": "agreed" }]);
    file["forbidden"] = json!([
        { "staff": "s00004", "host": "l00002" },
        { "staff": "s00005", "host": "l00006", "date": day(0) },
    ]);
    file
}

/// From ids of this service to those of the file that was imported: libraries, people and employers are called after
/// them.
fn names(app: &App, round: RoundId, exported: &Round) -> HashMap<String, String> {
    let libraries = exported.libraries.iter();
    let mut names: HashMap<String, String> =
        libraries.map(|library| (library.id.clone(), library.name.clone())).collect();
    app.store
        .read(|db| {
            for applicant in applications::list_of_round(db, round)? {
                let name = applicant.application.name.to_string();
                names.insert(applicant.application.id.to_string(), name.replace("Staff ", ""));
            }
            for employer in organisations::list_employers(db, None, None, 1_000)? {
                names.insert(employer.id.to_string(), employer.name.to_string());
            }
            Ok::<_, AppError>(())
        })
        .expect("names");
    names
}

/// The file in the ids of the file that was imported, without names.
fn in_old_ids(app: &App, round: RoundId, exported: &Round) -> Round {
    let names = names(app, round, exported);
    let mut text = exported.canonical();
    for (id, name) in names {
        text = text.replace(&id, &name);
    }
    let mut round = Round::read(text.as_bytes()).expect("a round file");
    for library in &mut round.libraries {
        library.name.clear();
        // A whole day is what a day without hours is.
        library.hours.retain(|_, span| *span != (0, 1440));
    }
    round
}

#[test]
fn a_file_that_is_imported_and_exported_states_the_same_problem() {
    for_each_database(|app| {
        let file = full();
        let made = import(app, &file).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(
            (made.people, made.libraries, made.libraries_added, made.employers_added),
            (24, 10, 10, 10)
        );
        let exported = export(app, made.round.id);
        let found = in_old_ids(app, made.round.id, &exported);
        // What no schedule depends on is written otherwise, and is taken out of the file by hand here.
        let mut wanted = file.clone();
        wanted["employer_groups"] = json!([["e1", "e3"]]);
        wanted["libraries"].as_array_mut().expect("libraries").pop();
        for library in wanted["libraries"].as_array_mut().expect("libraries") {
            library["hosting"].as_object_mut().expect("hosting").retain(|_, count| *count != json!(0));
            library["hours"]
                .as_object_mut()
                .expect("hours")
                .retain(|_, span| *span != json!(["00:00", "24:00"]));
        }
        for person in wanted["staff"].as_array_mut().expect("staff") {
            for list in ["avoid", "visited"] {
                person[list].as_array_mut().expect("libraries").pop();
            }
        }
        assert_eq!(found.canonical(), read(&wanted).canonical());

        // A second time: the libraries are here now, and the round of the round is the same again.
        let again = round_transfer::import(app, &organiser(), &exported, Deadlines::default())
            .unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!((again.libraries_added, again.employers_added), (0, 0));
        let mut twice = in_old_ids(app, again.round.id, &export(app, again.round.id));
        // People are called after the ids of the file they came by, so their names lead back in two steps.
        let names = names(app, made.round.id, &exported);
        for id in twice
            .staff
            .iter_mut()
            .map(|person| &mut person.id)
            .chain(twice.locks.iter_mut().map(|lock| &mut lock.staff))
        {
            id.clone_from(&names[id.as_str()]);
        }
        twice.forbidden.iter_mut().for_each(|pair| pair.staff.clone_from(&names[&pair.staff]));
        assert_eq!(twice.canonical(), read(&wanted).canonical());
    });
}

#[test]
fn a_run_freezes_what_the_export_wrote_byte_for_byte() {
    for_each_database(|app| {
        let made = import(app, &full()).expect("imported");
        let written = round_transfer::export(app, &organiser(), made.round.id).expect("a file");
        steps::close(app, &organiser(), made.round.id, Some("all are here")).expect("closed");
        let run = runs::start(app, &organiser(), made.round.id, &NewRun::default()).expect("a run");
        assert_eq!(runs::round_file(app, &organiser(), run.id).expect("a file"), written);
    });
}

/// A change of the file, and the pointer of the fault that it makes.
type Damage = (&'static str, fn(&mut Value));

#[test]
fn a_file_that_does_not_fit_is_refused_with_its_pointers_and_leaves_nothing() {
    const DAMAGES: [Damage; 14] = [
        ("/name", |file| file["name"] = json!("\u{200b}")),
        ("/dates", |file| {
            let days = json!({ "dates": [], "locks": [], "forbidden": [], "staff": [], "libraries": [] });
            file.as_object_mut().expect("a file").extend(days.as_object().expect("days").clone());
        }),
        ("/partners", |file| {
            file["rules"]["weights"]["partner"] = json!(5);
            file["partners"] = json!([["l00001", "l00002"]]);
        }),
        ("/libraries/1/id", |file| file["libraries"][1]["id"] = json!("two words")),
        ("/libraries/1/sectors/0", |file| file["libraries"][1]["sectors"] = json!(["secret"])),
        ("/libraries/1/topics/1", |file| file["libraries"][1]["topics"][1] = json!("Not A Tag")),
        ("/libraries/1/employers/0", |file| file["libraries"][1]["employers"][0] = json!("x".repeat(300))),
        ("/libraries/1/latitude", |file| {
            file["libraries"][1]["latitude"] = json!(0);
            file["libraries"][1]["longitude"] = json!(0);
        }),
        ("/libraries/1/hours/2027-01-01", |file| {
            file["libraries"][1]["hours"]["2027-01-01"] = json!(["09:00", "24:00"]);
        }),
        ("/libraries/1/hosting/2027-01-01", |file| {
            file["libraries"][1]["hosting"]["2027-01-01"] = json!(1_000_000);
        }),
        ("/staff/2/sectors/0", |file| file["staff"][2]["sectors"][0] = json!("secret")),
        ("/staff/2/origin", |file| file["staff"][2]["origin"] = json!({ "latitude": 1, "longitude": 1 })),
        ("/staff/2/dates", |file| {
            file["staff"][2]["dates"] = json!([]);
            file["staff"][2]["hours"] = json!({});
        }),
        ("/staff/2/needs/0", |file| file["staff"][2]["needs"] = json!(["Ramp!"])),
    ];
    for_each_database(|app| {
        let empty = row_counts(app);
        for (pointer, damage) in DAMAGES {
            let mut file = full();
            damage(&mut file);
            if pointer == "/libraries/1/id" {
                // What names the library goes with its name.
                file["staff"].as_array_mut().expect("staff").retain(|person| person["home"] != "l00001");
                file["locks"] = json!([]);
                file["forbidden"] = json!([]);
            }
            match import(app, &file) {
                Err(AppError::Fields(faults)) => {
                    assert!(faults.iter().any(|fault| fault.pointer == pointer), "{pointer}: {faults:?}");
                }
                other => panic!("{pointer}: {other:?}"),
            }
            assert_eq!(row_counts(app), empty, "{pointer}");
        }
        let mut file = full();
        file["locks"][0].as_object_mut().expect("a lock").remove("override");
        assert!(matches!(import(app, &file), Err(AppError::BreaksRules(_))));
        assert_eq!(row_counts(app), empty);
    });
}

#[test]
fn a_library_that_is_here_and_not_as_the_file_says_is_named_with_what_is_here() {
    for_each_database(|app| {
        import(app, &full()).expect("imported");
        let before = row_counts(app);
        let mut file = full();
        file["libraries"][3]["topics"] = json!(["t1", "other"]);
        file["libraries"][5]["employers"] = json!(["e1", "e5"]);
        let Err(AppError::Fields(faults)) = import(app, &file) else { panic!("taken") };
        let topics = faults.iter().find(|fault| fault.pointer == "/libraries/3/topics").expect("named");
        assert!(topics.rule.contains("\"t3\"") && topics.value.contains("other"), "{topics:?}");
        assert!(faults.iter().any(|fault| fault.pointer == "/libraries/5/employers"), "{faults:?}");
        assert_eq!(row_counts(app), before);
    });
}

#[test]
fn a_published_round_is_exported_by_its_run_only() {
    for_each_database(|app| {
        let made = import(app, &full()).expect("imported");
        steps::cancel(app, &organiser(), made.round.id).expect("called off");
        let refused = round_transfer::export(app, &organiser(), made.round.id).expect_err("refused");
        assert_eq!(refused.code(), "round-state");
    });
}
