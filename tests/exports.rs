//! What HR takes away from a service: every format, filters, what has changed, the table of cover; on each database, and with
//! many writers at once.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod many;
mod programme;
mod support;

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use calamine::{Data, Reader, Xlsx};
use chrono::Duration;
use library_swap::domain::employment::Employment;
use library_swap::domain::ids::{EmployerId, EmploymentId, LibraryId, PersonId, PlacementId};
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::schedule::{Op, ScheduleRow};
use library_swap::domain::schedule_delivery::{
    Contents, Destination, DispatchState, FileFormat, Terms, Times, What,
};
use library_swap::domain::states::PlacementState;
use library_swap::domain::weekday::Weekday;
use library_swap::services::page::Page;
use library_swap::services::schedule::changes::{self, Cursor};
use library_swap::services::schedule::{Order, Profile, Which, list};
use library_swap::services::{App, AppError, Settings, retention, schedule_deliveries};
use library_swap::store::{employments, organisations, placements};
use library_swap::worker::Stop;
use library_swap::worker::schedules::deliver_due;
use serde_json::{Value, json};

use crate::programme::{DAY, LIBRARIES, World, id_of};
use crate::support::{Client, Reply, app_on, for_each_service, for_each_url};

impl World<'_> {
    /// A token for HR of a library's employer.
    fn hr(&self, name: &str) -> Client {
        let body = json!({ "name": "HR", "role": "hr", "employers": [self.employers[name]] });
        let token = self.organiser.post("/v1/tokens", &body).expect(201);
        self.service.with(token["secret"].as_str().expect("a secret"))
    }

    /// Everybody has agreed: each library sends one and takes one.
    fn all_agreed(service: &support::Service) -> World<'_> {
        let world = World::new(service);
        for mail in world.published() {
            world.press(&mail, "accept");
        }
        world.deliver();
        world
    }

    fn changes(&self, hr: &Client, name: &str, since: Option<&str>) -> Value {
        let since = since.map(|cursor| format!("?since={cursor}")).unwrap_or_default();
        hr.get(&format!("/v1/employers/{}/schedule/changes{since}", self.employers[name])).expect(200)
    }
}

fn rows_of(reply: &Reply) -> Vec<BTreeMap<String, String>> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let rows = csv::Reader::from_reader(reply.body.as_slice()).deserialize().collect::<Result<_, _>>();
    rows.expect("CSV")
}

fn ops(changes: &Value) -> Vec<&str> {
    let data = changes["data"].as_array().expect("changes");
    data.iter().map(|change| change["op"].as_str().expect("an op")).collect()
}

#[test]
fn hr_takes_its_own_rows_in_every_format_and_nobody_elses() {
    for_each_service(|service| {
        let world = World::all_agreed(service);
        for (name, _) in LIBRARIES {
            let hr = world.hr(name);
            let address = format!("ann@{name}.example");
            let json = hr.get("/v1/schedule").expect(200);
            assert_eq!(
                (json["data"].as_array().expect("rows").len(), &json["next_cursor"]),
                (1, &Value::Null)
            );
            assert_eq!(
                (&json["data"][0]["person_email"], &json["data"][0]["op"]),
                (&json!(address), &json!("add"))
            );
            let of_round = hr.get(&world.of_round("/schedule")).expect(200);
            assert_eq!(of_round["data"], json["data"]);
            let lines = hr.get("/v1/schedule.ndjson");
            assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
            assert_eq!(serde_json::from_slice::<Value>(&lines.body).expect("one line"), json["data"][0]);
            let csv = rows_of(&hr.get("/v1/schedule.csv"));
            assert_eq!((csv.len(), csv[0]["person_email"].as_str()), (1, address.as_str()));
            assert_eq!(csv, rows_of(&hr.get(&world.of_round("/schedule.csv"))));
            let ics = hr.get("/v1/schedule.ics").text();
            assert_eq!((ics.matches("BEGIN:VEVENT").count(), ics.matches("BEGIN:VTIMEZONE").count()), (1, 1));
            assert!(!ics.contains("METHOD") && ics.contains("STATUS:CONFIRMED"), "{ics}");
            let xlsx = hr.get("/v1/schedule.xlsx");
            let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(xlsx.body)).expect("a workbook");
            let range = book.worksheet_range("Schedule").expect("a sheet");
            assert_eq!(range.height(), 2);
            assert!(range.rows().next_back().expect("a row").contains(&Data::String(address.clone())));
            let about = book.worksheet_range("About").expect("a sheet");
            let told: Vec<String> = about.rows().map(|row| format!("{}: {}", row[0], row[1])).collect();
            assert!(
                told.contains(&"Rows: 1".to_owned()) && told.contains(&"confirmed: 1".to_owned()),
                "{told:?}"
            );
            // What is foreign is not there.
            for (other, _) in LIBRARIES.iter().filter(|(other, _)| *other != name) {
                let foreign = &world.employers[other];
                let asked = hr.get(&format!("/v1/schedule.csv?employer={foreign}"));
                assert_eq!((asked.status, asked.code().as_str()), (404, "not-found"));
                assert_eq!(hr.get(&format!("/v1/employers/{foreign}/schedule/changes")).status, 404);
            }
        }
        assert_eq!(service.anyone().get("/v1/schedule.csv").status, 401);
        assert_eq!(world.organiser.get("/v1/schedule.xlsx").status, 403);
    });
}

#[test]
fn filters_narrow_together_and_every_fault_is_told() {
    for_each_service(|service| {
        let world = World::all_agreed(service);
        let hr = world.hr("town");
        let count = |query: &str| rows_of(&hr.get(&format!("/v1/schedule.csv?{query}"))).len();
        let row = rows_of(&hr.get("/v1/schedule.csv")).remove(0);
        let sector = row["home_sectors"].as_str();
        let (town, round) = (&world.libraries["town"], &world.round);
        for one in [
            format!("round={round}"),
            format!("from={DAY}"),
            format!("to={DAY}&from={DAY}"),
            format!("unit={town}"),
            format!("sector={sector}"),
            format!("employer={}", world.employers["town"]),
            "status=confirmed".to_owned(),
            format!("round={round}&unit={town}&sector={sector}&status=cancelled,confirmed&to={DAY}"),
        ] {
            assert_eq!(count(&one), 1, "{one}");
        }
        let other = LIBRARIES.iter().find(|(name, _)| *name != "town").expect("another").0;
        for none in [
            "from=2027-03-02".to_owned(),
            "to=2027-02-28".to_owned(),
            format!("unit={}", world.libraries[other]),
            "status=completed,cancelled".to_owned(),
            format!("status=cancelled&unit={town}"),
        ] {
            assert_eq!(count(&none), 0, "{none}");
        }
        let code =
            rows_of(&hr.get("/v1/schedule.csv?absence_code=TRAIN%2F1")).remove(0)["absence_code"].clone();
        assert_eq!((row["absence_code"].as_str(), code.as_str()), ("CPD", "TRAIN/1"));
        let bad = hr.get(
            "/v1/schedule.csv?round=x&employer=x&from=2027-02-30&to=soon&unit=x&sector=private&status=confirmed,gone\
             &absence_code=%3D1&bom=yes&delimiter=colon&profile=bambohr",
        );
        assert_eq!((bad.status, bad.code().as_str()), (422, "invalid-fields"));
        let mut pointers = bad.pointers();
        pointers.sort();
        let all = [
            "?absence_code",
            "?bom",
            "?delimiter",
            "?employer",
            "?from",
            "?profile",
            "?round",
            "?sector",
            "?status",
            "?to",
            "?unit",
        ];
        assert_eq!(pointers, all, "{}", bad.text());
        assert_eq!(hr.get("/v1/schedule?from=2027-03-02&to=2027-03-01").pointers(), ["?to"]);
        let nowhere = "01900000-0000-7000-8000-00000000ffff";
        assert_eq!(hr.get(&format!("/v1/schedule?unit={nowhere}")).pointers(), ["?unit"]);
        assert_eq!(hr.get(&format!("/v1/schedule?round={nowhere}")).code(), "not-found");
    });
}

#[test]
fn a_mark_is_for_browsers_and_a_profile_for_programs() {
    for_each_service(|service| {
        let world = World::all_agreed(service);
        let hr = world.hr("town");
        let mark = "\u{FEFF}".as_bytes();
        let get = |query: &str, accept: &str| {
            hr.send("GET", &format!("/v1/schedule.csv{query}"), &[("accept", accept)], &[]).body
        };
        assert!(!get("", "*/*").starts_with(mark));
        assert!(get("", "text/html,application/xhtml+xml,*/*;q=0.8").starts_with(mark), "a browser");
        assert!(get("?bom=with", "*/*").starts_with(mark));
        assert!(!get("?bom=without", "text/html,*/*").starts_with(mark));
        assert!(!get("?profile=bamboohr", "text/html,*/*").starts_with(mark), "its imports refuse one");
        let text = String::from_utf8(get("?profile=arcoro&delimiter=semicolon&absence_code=X", "*/*"))
            .expect("UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Employee ID;Transaction Date;Time Off Type;Transaction Type;Units");
        assert_eq!(lines[1], ";03/01/2027;X;taken;-6.00", "no list has them");
    });
}

/// Puts somebody on a list of staff.
fn employ(app: &App, person: PersonId, employer: &str, number: &str) {
    let now = app.now().expect("now");
    let employment = Employment {
        id: EmploymentId::new(now.id(number)),
        person,
        employer: employer.parse().expect("an id"),
        external_id: number.to_owned(),
        home_library: None,
        manager_email: None,
        pattern: None,
        left_on: None,
    };
    app.store
        .write(|tx| {
            employments::insert_all(tx, std::slice::from_ref(&employment), now.utc())?;
            Ok::<_, AppError>(())
        })
        .expect("employed");
}

#[test]
fn changes_tell_what_is_new_different_and_off_since_a_cursor() {
    for_each_service(|service| {
        let world = World::new(service);
        let hr = world.hr("town");
        let nothing = world.changes(&hr, "town", None);
        assert_eq!((ops(&nothing), &nothing["has_more"]), (vec![], &json!(false)));
        let at_first = nothing["cursor"].as_str().expect("a cursor").to_owned();
        let run = world.matched();
        world.publish(&run);
        assert_eq!(ops(&world.changes(&hr, "town", Some(&at_first))).len(), 0, "nobody has agreed");
        for mail in world.deliver() {
            world.press(&mail, "accept");
        }
        let added = world.changes(&hr, "town", Some(&at_first));
        assert_eq!(ops(&added), ["add"], "{added}");
        let whole = hr.get("/v1/schedule").expect(200);
        assert_eq!(added["data"][0]["row"], whole["data"][0]);
        let cursor = |changes: &Value| changes["cursor"].as_str().expect("a cursor").to_owned();
        let mut since = cursor(&added);
        assert_eq!(ops(&world.changes(&hr, "town", Some(&since))).len(), 0);

        // What a row says, whoever changes it.
        let placement = added["data"][0]["row"]["placement_id"].as_str().expect("an id").to_owned();
        let times = json!({ "starts": "10:30", "ends": "15:00" });
        world.organiser.put(&format!("/v1/placements/{placement}/times"), &times).expect(200);
        let app = &service.app;
        let found = app
            .store
            .read(|db| Ok::<_, AppError>(placements::find(db, placement.parse().expect("an id"))?))
            .expect("read")
            .expect("a placement");
        let moved = world.changes(&hr, "town", Some(&since));
        assert_eq!((ops(&moved), &moved["data"][0]["row"]["starts"]), (vec!["change"], &json!("10:30")));
        since = cursor(&moved);
        employ(app, found.person, &world.employers["town"], "0042");
        let numbered = world.changes(&hr, "town", Some(&since));
        assert_eq!(
            (ops(&numbered), &numbered["data"][0]["row"]["employee_number"]),
            (vec!["change"], &json!("0042"))
        );
        since = cursor(&numbered);
        let now = app.now().expect("now");
        let rename = |name: &str| {
            app.store
                .write(|tx| {
                    let mut host = organisations::find_library(tx, found.host)?.expect("a library");
                    host.name = name.parse().expect("a name");
                    organisations::save_library(tx, &host, now.utc())?;
                    Ok::<_, AppError>(())
                })
                .expect("renamed");
        };
        rename("=Another name");
        let renamed = world.changes(&hr, "town", Some(&since));
        assert_eq!(
            (ops(&renamed), &renamed["data"][0]["row"]["host_library"]),
            (vec!["change"], &json!("=Another name"))
        );
        since = cursor(&renamed);
        rename("=Another name");
        assert_eq!(ops(&world.changes(&hr, "town", Some(&since))).len(), 0, "nothing is another than before");

        let off = json!({ "reason": "the building is flooded" });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &off).expect(200);
        let gone = world.changes(&hr, "town", Some(&since));
        assert_eq!((ops(&gone), &gone["data"][0]["row"]["status"]), (vec!["cancel"], &json!("cancelled")));
        assert_eq!(
            ops(&world.changes(&hr, "town", Some(&at_first))).len(),
            0,
            "whoever never had it hears nothing"
        );
        assert_eq!(hr.get("/v1/schedule").expect(200)["data"], json!([]));
    });
}

#[test]
fn a_cursor_that_leads_nowhere_is_told_the_way_back() {
    for_each_service(|service| {
        let world = World::all_agreed(service);
        let hr = world.hr("town");
        let url = format!("/v1/employers/{}/schedule/changes", world.employers["town"]);
        let first = world.changes(&hr, "town", None);
        let since = first["cursor"].as_str().expect("a cursor").to_owned();
        let ask = |cursor: &str| hr.get(&format!("{url}?since={cursor}"));
        for made_up in [
            "x",
            "",
            "17",
            "01900000-0000-7000-8000-000000000001.",
            "01900000-0000-7000-8000-000000000001.-1",
        ] {
            let refused = ask(made_up);
            assert_eq!((refused.status, refused.pointers()), (422, vec!["?since".to_owned()]), "{made_up}");
        }
        let (employer, _) = since.split_once('.').expect("a cursor");
        let other = LIBRARIES.iter().find(|(name, _)| *name != "town").expect("another").0;
        let foreign =
            world.changes(&world.hr(other), other, None)["cursor"].as_str().expect("a cursor").to_owned();
        for (cursor, why) in [(foreign.as_str(), "not given"), (&format!("{employer}.999999"), "not given")] {
            let gone = ask(cursor);
            assert_eq!((gone.status, gone.code().as_str()), (410, "cursor-gone"));
            let detail = gone.json()["detail"].as_str().expect("words").to_owned();
            assert!(detail.contains(why) && detail.contains("leaving `since` out"), "{detail}");
        }
        for limit in ["0", "1001", "many"] {
            assert_eq!(hr.get(&format!("{url}?limit={limit}")).pointers(), ["?limit"]);
        }
        // A day is called off, and after the time of retention that is forgotten.
        let placement = first["data"][0]["row"]["placement_id"].as_str().expect("an id");
        let off = json!({ "reason": "the building is flooded" });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &off).expect(200);
        let after = world.changes(&hr, "town", Some(&since))["cursor"].as_str().expect("a cursor").to_owned();
        service.set_clock("2027-05-01T09:00:00Z");
        retention::apply(&service.app, &Actor::worker("test")).expect("applied");
        let gone = ask(&since);
        assert_eq!((gone.status, gone.code().as_str()), (410, "cursor-gone"));
        assert!(gone.text().contains("too old"), "{}", gone.text());
        assert_eq!(ops(&ask(&after).expect(200)).len(), 0, "whoever had read of it goes on");
        assert_eq!(ops(&hr.get(&url).expect(200)).len(), 0, "the way back");
    });
}

#[test]
fn cover_adds_up_to_the_schedules() {
    for_each_service(|service| {
        let world = World::new(service);
        let town = &world.libraries["town"];
        let rule = json!({
            "hosting": { DAY: 1 }, "hours": { DAY: ["10:00", "16:00"] },
            "cover_rule": { "rostered": 5, "minimum": 3 },
        });
        world.organiser.put(&world.of_round(&format!("/libraries/{town}")), &rule).expect(200);
        for mail in world.published() {
            world.press(&mail, "accept");
        }
        let table = rows_of(&world.organiser.get(&world.of_round("/cover.csv")));
        let sum = |rows: &[BTreeMap<String, String>], column: &str| -> usize {
            rows.iter().map(|row| row[column].parse::<usize>().expect("a number")).sum()
        };
        let mut scheduled = 0;
        for (name, _) in LIBRARIES {
            let hr = world.hr(name);
            let own = rows_of(&hr.get("/v1/schedule.csv"));
            let cover = rows_of(&hr.get(&world.of_round("/cover.csv")));
            assert!(cover.iter().all(|row| row["library_id"] == world.libraries[name]), "{cover:?}");
            assert_eq!(sum(&cover, "leaving"), own.len(), "{name}");
            scheduled += own.len();
        }
        assert_eq!((scheduled, sum(&table, "leaving"), sum(&table, "coming")), (4, 4, 4), "{table:?}");
        let of_town = table.iter().find(|row| row["library_id"] == *town).expect("the town");
        let shown = ["date", "rostered", "minimum", "leaving", "coming", "away_elsewhere", "margin"];
        let shown: Vec<&str> = shown.iter().map(|column| of_town[*column].as_str()).collect();
        assert_eq!(shown, [DAY, "5", "3", "1", "1", "0", "1"]);
        let xlsx = world.organiser.get(&world.of_round("/cover.xlsx"));
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(xlsx.body)).expect("a workbook");
        let range = book.worksheet_range("Cover").expect("a sheet");
        assert_eq!(range.height(), table.len() + 1);
        let leaving: f64 = range
            .rows()
            .skip(1)
            .map(|row| match row[6] {
                Data::Float(number) => number,
                _ => panic!("not a number: {:?}", row[6]),
            })
            .sum();
        assert!((leaving - 4.0).abs() < f64::EPSILON);
        assert_eq!(service.anyone().get(&world.of_round("/cover.csv")).status, 401);
        // Who drops out leaves no more.
        let placement = id_of(&world.placements()[0]);
        let off = json!({ "reason": "the building is flooded" });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &off).expect(200);
        assert_eq!(sum(&rows_of(&world.organiser.get(&world.of_round("/cover.csv"))), "leaving"), 3);
    });
}

/// What somebody has who keeps rows by their id.
type Copy = BTreeMap<PlacementId, ScheduleRow>;

fn hr() -> Actor {
    let employers = vec![many::EMPLOYER.parse().expect("an id")];
    Actor { employers, ..Actor::named("test", Role::Hr) }
}

/// Reads on from a cursor and does what it says; gives how many changes there were.
fn replay(app: &App, copy: &mut Copy, cursor: &mut Option<Cursor>, page: u32) -> usize {
    let employer: EmployerId = many::EMPLOYER.parse().expect("an id");
    let mut count = 0;
    loop {
        let found = changes::since(app, &hr(), employer, *cursor, (page, None)).expect("changes");
        *cursor = Some(found.cursor);
        count += found.rows.len();
        for row in found.rows {
            match row.op {
                Some(Op::Cancel) => drop(copy.remove(&row.placement)),
                // A whole export calls everything new.
                _ => drop(copy.insert(row.placement, ScheduleRow { op: Some(Op::Add), ..row })),
            }
        }
        if !found.has_more {
            return count;
        }
    }
}

fn whole(app: &App) -> Copy {
    let rows = list(app, &hr(), Order { which: Which::default(), absence_code: None }).expect("a schedule");
    rows.into_iter().map(|row| (row.placement, row)).collect()
}

/// Numbers that look like chance, by a linear congruential generator (Knuth's MMIX).
fn draw(state: &mut u64, most: u32) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from((*state >> 33) % u64::from(most)).expect("small")
}

const PEOPLE: u32 = 60;
const WRITERS: u64 = 4;

/// One writer's change: a placement goes or comes back, a person or a library is called something else, a list has somebody.
fn change(app: &App, state: &mut u64, step: u32) {
    let (n, kind, word) = (draw(state, PEOPLE), draw(state, 8), draw(state, 1_000));
    let now = app.now().expect("now");
    let placement: PlacementId = many::id_of('b', n).parse().expect("an id");
    let person: PersonId = many::id_of('c', n).parse().expect("an id");
    let library: LibraryId = many::id_of('e', n % 50).parse().expect("an id");
    let done = app.store.write(|tx| {
        match kind {
            0..=4 => {
                let mut found = placements::find(tx, placement)?.expect("a placement");
                found.state = match (found.state, kind) {
                    (PlacementState::Confirmed, 0) => PlacementState::Completed,
                    (PlacementState::Confirmed | PlacementState::Completed, _) => PlacementState::Cancelled,
                    _ => PlacementState::Confirmed,
                };
                placements::save(tx, &mut found, now.utc())?;
            }
            5 | 6 => {
                let mut found = employments::list_persons_by_ids(tx, &[person])?.remove(0);
                found.name = format!("Reader {word}").parse().expect("a name");
                employments::save_person(tx, &found)?;
            }
            _ => {
                let mut found = organisations::find_library(tx, library)?.expect("a library");
                found.name = format!("Library {word}").parse().expect("a name");
                organisations::save_library(tx, &found, now.utc())?;
            }
        }
        Ok::<_, AppError>(())
    });
    done.unwrap_or_else(|error| panic!("step {step}: {error}"));
}

#[test]
fn replaying_the_changes_of_many_writers_equals_the_whole_schedule() {
    for_each_url(|database, url| {
        let (rounds, steps) = (3, 40);
        let app = app_on(database, "http://exchange.example");
        many::fill(url, PEOPLE + 1);
        assert_eq!(
            whole(&app).len(),
            usize::try_from(PEOPLE).expect("few"),
            "the other employer's row is not here"
        );
        let (mut copy, mut cursor) = (Copy::new(), None);
        let (mut late, mut late_cursor) = (Copy::new(), None);
        replay(&app, &mut late, &mut late_cursor, 1_000);
        let (mut seen, mut looks) = (0, 0);
        for round in 0..rounds {
            let is_over = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let writers: Vec<_> = (0..WRITERS)
                    .map(|writer| {
                        let app = &app;
                        scope.spawn(move || {
                            let mut state = round * 100 + writer + 1;
                            for step in 0..steps {
                                change(app, &mut state, step);
                            }
                        })
                    })
                    .collect();
                let reader = scope.spawn(|| {
                    let mut counts = (0, 0);
                    while !is_over.load(Ordering::Relaxed) {
                        counts.0 += replay(&app, &mut copy, &mut cursor, 7);
                        counts.1 += 1;
                    }
                    counts
                });
                for writer in writers {
                    writer.join().expect("a writer");
                }
                is_over.store(true, Ordering::Relaxed);
                let counts = reader.join().expect("a reader");
                seen += counts.0;
                looks += counts.1;
            });
            seen += replay(&app, &mut copy, &mut cursor, 7);
            let whole = whole(&app);
            assert!(!whole.is_empty());
            assert_eq!(copy, whole, "round {round}");
        }
        replay(&app, &mut late, &mut late_cursor, 13);
        assert_eq!(late, copy, "whoever reads seldom has the same");
        eprintln!(
            "{}: {} changes by {WRITERS} writers, {seen} rows read in {looks} looks meanwhile",
            database.name(),
            rounds * WRITERS * u64::from(steps)
        );
    });
}

/// Rows of CSV by placement, without what is said to be done with them; and that.
fn by_placement(csv: &[u8]) -> Vec<(String, String, BTreeMap<String, String>)> {
    let mut reader = csv::Reader::from_reader(csv);
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| {
        let mut row = row.expect("a row");
        let op = row.remove("op").expect("a column");
        (row["placement_id"].clone(), op, row)
    });
    rows.collect()
}

#[test]
fn files_of_changes_that_are_delivered_one_after_another_equal_the_whole_export() {
    for_each_url(|database, url| {
        let folder = tempfile::tempdir().expect("a folder");
        let app = app_on(database, "http://exchange.example");
        let settings = Settings { export_folder: Some(folder.path().to_owned()), ..app.settings.clone() };
        let app = App { settings, ..app };
        many::fill(url, PEOPLE + 1);
        let employer: EmployerId = many::EMPLOYER.parse().expect("an id");
        let daily = Times {
            weekdays: Weekday::ALL.to_vec(),
            time: "07:00:00".parse().expect("a time"),
            time_zone: "Europe/London".parse().expect("a zone"),
        };
        let what = What {
            format: FileFormat::Csv,
            profile: "generic".to_owned(),
            delimiter: None,
            bom: None,
            absence_code: None,
            contents: Contents::Changes,
            unit: None,
        };
        let terms = Terms { what, times: daily, to: Destination::Folder };
        let delivery = schedule_deliveries::create(&app, &hr(), employer, &terms).expect("ordered");
        let mut state = 7;
        for day in 0..12 {
            // Some days bring nothing; on one, nobody is there to deliver.
            for step in 0..(day % 4) * 9 {
                change(&app, &mut state, step);
            }
            app.clock.set(app.clock.now() + Duration::days(1));
            if day != 7 {
                deliver_due(&app, "test", &Stop::new()).expect("a step");
            }
        }
        let own = folder.path().join(many::EMPLOYER);
        let mut files: Vec<_> =
            std::fs::read_dir(&own).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        let mut copy = BTreeMap::new();
        for file in &files {
            for (placement, op, row) in by_placement(&std::fs::read(file).expect("a file")) {
                match op.as_str() {
                    "cancel" => drop(copy.remove(&placement)),
                    _ => drop(copy.insert(placement, row)),
                }
            }
        }
        let rows = list(&app, &hr(), Order::default()).expect("a schedule");
        let (profile, mut csv) = (Profile::generic(), Vec::new());
        profile.write_header(&mut csv);
        profile.write_rows(&rows, &mut csv);
        let whole: BTreeMap<_, _> =
            by_placement(&csv).into_iter().map(|(placement, _, row)| (placement, row)).collect();
        assert_eq!(copy, whole);
        let page = Page::default();
        let (_, made) =
            schedule_deliveries::list_dispatches(&app, &hr(), delivery.id, &page).expect("a list");
        assert_eq!(made.items.len(), 11, "one a day, but for the day without a worker");
        let quiet = made.items.iter().filter(|one| one.state == DispatchState::NothingChanged).count();
        assert!(quiet > 0 && files.len() + quiet == made.items.len(), "{quiet} of {}", made.items.len());
    });
}

fn run(command: &mut Command) -> Output {
    command.output().expect("it ran")
}

#[test]
fn the_command_line_checks_profiles_and_writes_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("test.db");
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
        command.current_dir(folder.path()).arg("export");
        command.env("LIBRARY_SWAP__DATABASE__URL", format!("sqlite:{}", database.display()));
        command
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let good = run(command().args(["check", "arcoro"]));
    assert!(good.status.success(), "{}", text(&good.stderr));
    assert!(text(&good.stdout).contains("Units: units"), "{}", text(&good.stdout));
    let own = "name = \"ours\"\nabout = \"Payroll.\"\nreader = \"machine\"\n[[columns]]\nname = \"No\"\nfrom = \"employee_nummer\"\n";
    std::fs::write(folder.path().join("ours.toml"), own).expect("written");
    let bad = run(command().args(["check", "ours.toml"]));
    let words = text(&bad.stderr);
    assert_eq!(bad.status.code(), Some(1), "{words}");
    for part in ["employee_nummer", "maybe", "employee_number", "starts_at", "/columns/0/from"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(run(command().args(["check", "nothing.toml"])).status.code(), Some(2));
    assert_eq!(run(command().args(["check", "bambohr"])).status.code(), Some(2));
    let schedule = |file: &str, more: &[&str]| {
        run(command().args(["schedule", file, "--employer", many::EMPLOYER]).args(more))
    };
    assert_eq!(schedule("a.csv", &[]).status.code(), Some(2), "no database is made");
    assert!(!database.exists());
    let url = format!("sqlite:{}", database.display());
    let store = library_swap::store::Store::open(&url.parse().expect("a URL"), 1).expect("a database");
    store.migrate().expect("migrations");
    many::fill(&url, 21);
    std::fs::write(folder.path().join("ours.toml"), own.replace("nummer", "number")).expect("written");
    let written = schedule("ours.csv", &["--profile", "ours.toml"]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let bytes = std::fs::read_to_string(folder.path().join("ours.csv")).expect("a file");
    assert_eq!(
        (bytes.lines().count(), bytes.lines().next()),
        (21, Some("No")),
        "not the other employer's row"
    );
    assert!(schedule("a.csv", &["--from", "2027-03-11"]).status.success());
    let bytes = std::fs::read(folder.path().join("a.csv")).expect("a file");
    assert!(bytes.starts_with("\u{FEFF}schedule_version".as_bytes()), "people read it");
    assert_eq!(text(&bytes).lines().count(), 11);
    assert!(schedule("a.ndjson", &["--from", "2027-03-11"]).status.success());
    let bytes = std::fs::read_to_string(folder.path().join("a.ndjson")).expect("a file");
    let rows: Vec<Value> = bytes.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 10);
    assert!(rows.iter().all(|row| row["date"].as_str() >= Some("2027-03-11")));
    for file in ["a.xlsx", "a.ics"] {
        assert!(schedule(file, &[]).status.success());
        assert!(folder.path().join(file).metadata().expect("a file").len() > 1_000);
    }
    assert_eq!(schedule("a.pdf", &[]).status.code(), Some(2));
    let nobody = run(command().args(["schedule", "b.csv", "--employer", many::ROUND]));
    assert_eq!(nobody.status.code(), Some(1), "there is no such employer");
    assert!(!folder.path().join("b.csv").exists());
}
