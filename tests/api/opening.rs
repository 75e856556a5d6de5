//! Calendars, exceptions and closures of libraries, their days, and the runs that they make stale.

use library_swap::domain::opening::{CalendarKind, Division, Period, PeriodKind};
use library_swap::domain::permissions::{Actor, Role};
use library_swap::services::AppError;
use library_swap::services::calendars::{NewCalendar, Taken, take_over};
use serde_json::{Value, json};

use crate::support::{Client, Reply, for_each_service, row_counts};
use crate::world::{DAYS, World};

/// A library in a country, of the council.
fn library(world: &World<'_>, reference: &str, country: &str, hours: Option<&str>) -> String {
    let body = json!({
        "reference": reference, "name": reference, "sectors": ["public"], "employers": [world.council],
        "time_zone": "Europe/London", "country": country, "opening_hours": hours,
    });
    let made = world.organiser.post("/v1/libraries", &body).expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

fn calendar(client: &Client, body: &Value) -> String {
    client.post("/v1/calendars", body).expect(201)["id"].as_str().expect("an id").to_owned()
}

fn scotland() -> Value {
    json!({
        "name": "scotland", "kind": "bank_holidays", "division": "scotland",
        "periods": [{ "kind": "bank_holiday", "starts_on": "2027-01-04", "label": "2nd January" }],
    })
}

/// Why a library is open or closed on a date.
fn why(world: &World<'_>, library: &str, date: &str) -> String {
    let found =
        world.organiser.get(&format!("/v1/libraries/{library}/days?from={date}&to={date}")).expect(200);
    found["days"][0]["why"].as_str().expect("words").to_owned()
}

fn post_ics(client: &Client, library: &str, event: &str) -> Reply {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        event.replace('\n', "\r\n")
    );
    let headers = [("content-type", "text/calendar; charset=utf-8")];
    client.send("POST", &format!("/v1/libraries/{library}/closures"), &headers, text.as_bytes())
}

#[test]
fn each_day_says_whether_the_library_is_open_and_why() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let organiser = &world.organiser;
        let leith =
            library(&world, "leith", "Scotland", Some("Mo-Fr 09:00-12:30,13:30-17:00; Sa 10:00-24:00"));
        let dublin = library(&world, "dublin", "Ireland", Some("Mo-Fr 09:00-17:00"));
        let url = format!("/v1/libraries/{leith}/days?from=2027-01-02&to=2027-01-05");
        assert_eq!(organiser.get(&url).expect(200)["calendars"], json!([]), "no bank holidays are known yet");
        let made = organiser.post("/v1/calendars", &scotland());
        let shown = made.expect(201);
        assert_eq!(organiser.get(made.header("location").expect("a location")).expect(200), shown);
        assert_eq!(shown["periods"][0]["ends_on"], "2027-01-04");
        let found = organiser.get(&url).expect(200);
        assert_eq!(found["time_zone"], "Europe/London");
        assert_eq!(
            found["calendars"],
            json!([{ "name": "scotland", "kind": "bank_holidays", "from": "2027-01-04", "until": "2027-01-04" }])
        );
        let day = |n: usize| found["days"][n].clone();
        assert_eq!(day(0)["spans"], json!([["10:00", "24:00"]]));
        assert_eq!(
            day(2),
            json!({
                "date": "2027-01-04", "open": false, "spans": [], "takes_visitors": false,
                "because": "bank_holiday", "why": "closed: bank holiday “2nd January” (scotland)",
            })
        );
        assert_eq!(
            (&day(1)["open"], &day(3)["spans"]),
            (&json!(false), &json!([["09:00", "12:30"], ["13:30", "17:00"]]))
        );
        assert_eq!(
            why(&world, &dublin, "2027-08-02"),
            "closed: bank holiday “August bank holiday” (ireland)"
        );
        let unknown =
            organiser.get(&format!("/v1/libraries/{}/days?from=2027-03-01&to=2027-03-01", world.host));
        let unknown = unknown.expect(200)["days"][0].clone();
        assert_eq!((&unknown["open"], &unknown["spans"]), (&json!(true), &Value::Null));
        assert_eq!(unknown["because"], "hours_unknown");
    });
}

#[test]
fn a_library_follows_the_calendars_that_it_is_told_to() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let organiser = &world.organiser;
        let leith = library(&world, "leith", "Scotland", Some("Mo-Fr 09:00-17:00"));
        calendar(organiser, &scotland());
        let local = calendar(organiser, &json!({ "name": "Leith", "kind": "bank_holidays" }));
        let administrator = world.token("library_administrator", Some(&world.council));
        let exams = calendar(
            &administrator,
            &json!({
                "name": "Exams", "kind": "exams",
                "periods": [{ "kind": "exams", "starts_on": "2027-01-04", "ends_on": "2027-01-08", "label": "mocks" }],
            }),
        );
        let url = format!("/v1/libraries/{leith}/calendars");
        let follow = |ids: &[&str]| administrator.put(&url, &json!({ "calendars": ids }));
        let followed = follow(&[&local, &exams]).expect(200);
        assert_eq!(organiser.get(&url).expect(200), followed);
        assert_eq!(followed["data"][0]["name"], "Exams", "by name");
        assert_eq!(
            followed["data"][0]["employer"], world.council,
            "an administrator's is the own employer's"
        );
        assert_eq!(
            why(&world, &leith, "2027-01-04"),
            "open 09:00-17:00: usual hours of Monday; no visitors: exams “mocks” (Exams)",
            "local holidays take the place of the nation's"
        );
        let gone = organiser.delete(&format!("/v1/calendars/{exams}"));
        assert_eq!((gone.status, gone.code().as_str()), (409, "calendar-in-use"));
        follow(&[]).expect(200);
        assert_eq!(administrator.delete(&format!("/v1/calendars/{exams}")).status, 204);
        assert_eq!(organiser.get(&format!("/v1/calendars/{exams}")).code(), "not-found");
        assert_eq!(why(&world, &leith, "2027-01-04"), "closed: bank holiday “2nd January” (scotland)");
        let both = calendar(organiser, &json!({ "name": "Orkney", "kind": "bank_holidays" }));
        assert_eq!(follow(&[&local, &both]).pointers(), ["/calendars/1"], "one of bank holidays");
        assert_eq!(
            follow(&[&exams, "01900000-0000-7000-8000-000000000000"]).pointers(),
            ["/calendars/0", "/calendars/1"]
        );
    });
}

#[test]
fn a_calendar_that_is_taken_over_twice_changes_nothing_the_second_time() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let actor = Actor::named("token:test", Role::Operator);
        let holiday = |date: &str, label: &str| {
            let (date, label) = (date.parse().expect("a date"), label.parse().expect("a label"));
            Period::day(PeriodKind::BankHoliday, date, label)
        };
        let mut wanted = NewCalendar {
            name: "Alba".parse().expect("a name"),
            kind: CalendarKind::BankHolidays,
            employer: None,
            division: Some(Division::Scotland),
            periods: vec![holiday("2027-08-02", "Summer bank holiday"), holiday("2027-01-04", "2nd January")],
        };
        let take = |wanted: &NewCalendar| {
            let now = service.app.now().expect("now");
            service.app.store.write(|tx| take_over(tx, &now, &actor, wanted))
        };
        assert_eq!(take(&wanted).expect("taken"), Taken::Added);
        let before = row_counts(&service.app);
        wanted.periods.reverse();
        assert_eq!(take(&wanted).expect("taken"), Taken::Unchanged, "the order of a list says nothing");
        assert_eq!(row_counts(&service.app), before);
        wanted.periods.push(holiday("2027-11-30", "St Andrew’s Day"));
        assert_eq!(take(&wanted).expect("taken"), Taken::Changed);
        let leith = library(&world, "leith", "Scotland", None);
        assert_eq!(why(&world, &leith, "2027-11-30"), "closed: bank holiday “St Andrew’s Day” (Alba)");
        let before = row_counts(&service.app);
        let wrong = NewCalendar { kind: CalendarKind::Closures, division: None, ..wanted.clone() };
        let Err(AppError::Fields(faults)) = take(&wrong) else { panic!("another kind is taken") };
        let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/kind", "/division"]);
        let other = NewCalendar { name: "Scotia".parse().expect("a name"), ..wanted };
        assert!(matches!(take(&other), Err(AppError::Refused(_))), "a division has one calendar");
        assert_eq!(row_counts(&service.app), before);
    });
}

#[test]
fn exceptions_and_closures_go_before_everything_and_say_the_same_twice() {
    for_each_service(|service| {
        let world = World::without_round(service);
        service.set_clock("2027-01-01T09:00:00Z");
        let organiser = &world.organiser;
        let leith = library(&world, "leith", "Scotland", Some("Mo-Fr 09:00-17:00"));
        calendar(organiser, &scotland());
        let url = format!("/v1/libraries/{leith}/exceptions");
        let one = format!("{url}/2027-01-04");
        let body = json!({ "opens": [["13:00", "24:00"], ["10:00", "12:00"], ["12:00", "13:00"]], "label": "open day" });
        let set = organiser.put(&one, &body).expect(200);
        assert_eq!(set, json!({ "date": "2027-01-04", "opens": [["10:00", "24:00"]], "label": "open day" }));
        assert_eq!(organiser.get(&url).expect(200)["data"], json!([set]));
        assert_eq!(why(&world, &leith, "2027-01-04"), "open 10:00-24:00: exception “open day”");
        assert_eq!(organiser.delete(&one).status, 204);
        assert_eq!(organiser.delete(&one).code(), "not-found");
        organiser.put(&format!("{url}/2027-01-05"), &body).expect(200);

        let event = "DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270106\nSUMMARY:Flood";
        let entered = post_ics(organiser, &leith, event).expect(200);
        assert_eq!(
            entered,
            json!({
                "added": ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"], "replaced": ["2027-01-05"],
                "unchanged": [],
            }),
            "from today on"
        );
        let counts = row_counts(&service.app);
        let again = post_ics(organiser, &leith, event).expect(200);
        assert_eq!(again["unchanged"].as_array().expect("a list").len(), 5);
        assert_eq!(row_counts(&service.app), counts, "nothing is written twice, no audit entry either");
        assert_eq!(why(&world, &leith, "2027-01-05"), "closed: exception “Flood”");

        let afternoon = "DTSTART;TZID=Europe/London:20270107T130000\nDURATION:PT2H\nSUMMARY:Training\nRRULE:FREQ=WEEKLY;COUNT=2";
        post_ics(organiser, &leith, afternoon).expect(200);
        for date in ["2027-01-07", "2027-01-14"] {
            assert_eq!(why(&world, &leith, date), "open 09:00-13:00, 15:00-17:00: exception “Training”");
        }
        assert_eq!(
            post_ics(organiser, &leith, afternoon).expect(200)["unchanged"],
            json!(["2027-01-07", "2027-01-14"])
        );
        let unknown = post_ics(organiser, &world.host, afternoon);
        assert_eq!(unknown.pointers(), ["/VEVENT/0", "/VEVENT/0"], "hours that nobody knows cannot be cut");
        let refused = post_ics(organiser, &leith, "DTSTART;VALUE=DATE:20270301\nRRULE:FREQ=DAILY");
        assert_eq!(
            (refused.code().as_str(), refused.pointers()),
            ("invalid-fields", vec!["/VEVENT/0/RRULE".to_owned()])
        );
        let closures = format!("/v1/libraries/{leith}/closures");
        assert_eq!(organiser.post(&closures, &json!({})).code(), "unsupported-media-type");
    });
}

#[test]
fn what_changes_a_day_of_a_round_makes_its_runs_stale_and_what_does_not_leaves_them() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        world.close();
        let organiser = &world.organiser;
        let exams = |date: &str| json!([{ "kind": "exams", "starts_on": date, "label": "finals" }]);
        let body = json!({ "name": "Exams", "kind": "exams", "periods": exams("2027-05-03") });
        let calendar = calendar(organiser, &body);
        let url = format!("/v1/calendars/{calendar}");
        let follow = json!({ "calendars": [calendar] });
        organiser.put(&format!("/v1/libraries/{}/calendars", world.host), &follow).expect(200);
        let exception = |date: &str| format!("/v1/libraries/{}/exceptions/{date}", world.host);
        let closed = json!({ "opens": [], "label": "stocktaking" });
        let replaced = |date: &str| json!({ "name": "Exams", "periods": exams(date) });
        let publish = |run: &str| organiser.step(&format!("/v1/runs/{run}/publish"));

        let hours = format!("/v1/libraries/{}/opening-hours", world.host);
        let week = json!({ "opening_hours": "Mo-Fr 09:00-17:00" });

        let steps: [&dyn Fn(); 6] = [
            &|| assert_eq!(organiser.put(&hours, &week).expect(200)["opening_hours"], "Mo-Fr 09:00-17:00"),
            &|| drop(organiser.put(&exception(DAYS[1]), &closed).expect(200)),
            &|| assert_eq!(organiser.delete(&exception(DAYS[1])).status, 204),
            &|| drop(organiser.put(&url, &replaced(DAYS[1])).expect(200)),
            &|| drop(organiser.put(&url, &replaced("2027-05-03")).expect(200)),
            &|| drop(post_ics(organiser, &world.host, "DTSTART;VALUE=DATE:20270302").expect(200)),
        ];
        for (n, step) in steps.iter().enumerate() {
            let run = world.solved();
            step();
            assert_eq!(publish(&run).code(), "stale-run", "step {n}");
        }
        let run = world.solved();
        organiser.put(&exception("2027-03-03"), &closed).expect(200);
        organiser.put(&exception(DAYS[1]), &json!({ "opens": [], "label": "closed" })).expect(200);
        organiser.put(&url, &replaced("2027-06-01")).expect(200);
        organiser.put(&hours, &week).expect(200);
        publish(&run).expect(200);
    });
}

#[test]
fn an_administrator_changes_the_own_employers_calendars_and_libraries_only() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let foreign = world.token("library_administrator", Some(&world.university));
        let own = json!({ "name": "Council", "kind": "closures", "employer": world.council });
        let of_council = calendar(&world.organiser, &own);
        let of_nobody = calendar(&world.organiser, &scotland());
        let contents = json!({ "name": "Mine", "periods": [] });
        let exception = format!("/v1/libraries/{}/exceptions/2027-03-01", world.home);
        for reply in [
            foreign.put(&format!("/v1/calendars/{of_council}"), &contents),
            foreign.delete(&format!("/v1/calendars/{of_council}")),
            foreign.put(&format!("/v1/calendars/{of_nobody}"), &contents),
            foreign.put(&exception, &json!({ "opens": [], "label": "x" })),
            foreign.delete(&exception),
            foreign.put(&format!("/v1/libraries/{}/calendars", world.home), &json!({ "calendars": [] })),
            foreign.put(&format!("/v1/libraries/{}/opening-hours", world.home), &json!({})),
            post_ics(&foreign, &world.home, "DTSTART;VALUE=DATE:20270301"),
        ] {
            assert_eq!((reply.status, reply.code().as_str()), (404, "not-found"));
        }
        assert_eq!(foreign.post("/v1/calendars", &own).code(), "already-exists", "the name is taken");
        let other = json!({ "name": "Other", "kind": "closures", "employer": world.council });
        assert_eq!(foreign.post("/v1/calendars", &other).pointers(), ["/employer"]);
        let nation = json!({ "name": "Wales", "kind": "bank_holidays", "division": "england-and-wales" });
        assert_eq!(foreign.post("/v1/calendars", &nation).pointers(), ["/division"]);
        assert_eq!(foreign.get("/v1/calendars").expect(200)["data"].as_array().expect("a list").len(), 2);
    });
}

#[test]
fn bad_calendars_exceptions_and_dates_are_refused_and_nothing_is_written() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let organiser = &world.organiser;
        let terms = calendar(organiser, &json!({ "name": "Terms", "kind": "school_terms" }));
        calendar(organiser, &scotland());
        let url = format!("/v1/calendars/{terms}");
        let exception = format!("/v1/libraries/{}/exceptions/2027-03-01", world.home);
        let before = row_counts(&service.app);
        let period = |kind: &str, starts_on: &str, ends_on: &str| {
            let period = json!({ "kind": kind, "starts_on": starts_on, "ends_on": ends_on, "label": "x" });
            organiser.put(&url, &json!({ "name": "Terms", "periods": [period] }))
        };
        let span = |opens: Value| organiser.put(&exception, &json!({ "opens": opens, "label": "x" }));
        let days = |query: &str| organiser.get(&format!("/v1/libraries/{}/days{query}", world.home));
        let twice = json!({ "kind": "term", "starts_on": "2027-01-05", "label": "spring" });
        let again = json!({ "name": "Scots", "kind": "bank_holidays", "division": "scotland" });
        let cases: Vec<(Reply, u16, &[&str])> = vec![
            (period("term", "2027-02-01", "2027-01-01"), 422, &["/periods/0/ends_on"]),
            (period("term", "2027-02-01", "2030-01-01"), 422, &["/periods/0/ends_on"]),
            (period("term", "0027-02-01", "0027-03-01"), 422, &["/periods/0/starts_on"]),
            (period("term", "2027-02-30", "2027-03-01"), 422, &["/periods/0/starts_on"]),
            (period("closure", "2027-02-01", "2027-02-01"), 422, &["/periods/0/kind"]),
            (period("trem", "2027-02-01", "2027-02-01"), 422, &["/periods/0/kind"]),
            (
                organiser.put(&url, &json!({ "name": "Terms", "periods": [twice, twice] })),
                422,
                &["/periods/1"],
            ),
            (organiser.put(&url, &json!({ "name": "scotland", "periods": [] })), 409, &[]),
            (organiser.post("/v1/calendars", &json!({ "name": "X", "kind": "holidays" })), 422, &["/kind"]),
            (
                organiser
                    .post("/v1/calendars", &json!({ "name": "X", "kind": "exams", "division": "scotland" })),
                422,
                &["/division"],
            ),
            (
                organiser.post(
                    "/v1/calendars",
                    &json!({ "name": "X", "kind": "bank_holidays", "division": "ireland" }),
                ),
                422,
                &["/division"],
            ),
            (organiser.post("/v1/calendars", &again), 409, &[]),
            (organiser.post("/v1/calendars", &scotland()), 409, &[]),
            (span(json!([["9:00", "25:00"]])), 422, &["/opens/0/0", "/opens/0/1"]),
            (span(json!([["12:00", "12:00"]])), 422, &["/opens/0"]),
            (span(json!([["12:00"]])), 422, &["/opens/0"]),
            (span(json!(vec![["09:00", "10:00"]; 21])), 422, &["/opens"]),
            (organiser.put(&exception, &json!({ "label": "x" })), 422, &["/opens"]),
            (
                organiser.put(&exception.replace("2027", "3027"), &json!({ "opens": [], "label": "x" })),
                422,
                &["/date"],
            ),
            (
                organiser.put(&exception.replace("03-01", "3-1"), &json!({ "opens": [], "label": "x" })),
                404,
                &[],
            ),
            (days(""), 422, &["?from", "?to"]),
            (days("?from=2027-02-30&to=tomorrow"), 422, &["?from", "?to"]),
            (days("?from=2027-03-02&to=2027-03-01"), 422, &["?to"]),
            (days("?from=2027-01-01&to=2028-01-02"), 422, &["?to"]),
            (days("?from=1999-12-31&to=2000-01-01"), 422, &["?from"]),
        ];
        for (n, (reply, status, pointers)) in cases.iter().enumerate() {
            assert_eq!(reply.status, *status, "case {n}: {}", reply.text());
            assert_eq!(reply.pointers(), *pointers, "case {n}: {}", reply.text());
        }
        assert_eq!(row_counts(&service.app), before);
        assert_eq!(
            days("?from=2027-01-01&to=2028-01-01").expect(200)["days"].as_array().expect("days").len(),
            366
        );
        let hours = json!({
            "reference": "new", "name": "New", "sectors": ["school"], "employers": [world.council],
            "time_zone": "Europe/London", "opening_hours": "Mo-Fr 9-5",
        });
        let refused = organiser.post("/v1/libraries", &hours);
        assert_eq!(refused.pointers(), ["/opening_hours"]);
        assert!(refused.text().contains("has `9-5` where times should be"), "{}", refused.text());
    });
}
