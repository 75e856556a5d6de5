//! From offers, opening hours, patterns and history to the frozen round file: the hard cases, at the API.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::import::{Kind, Table};
use library_swap::services::imports::{ImportMode, Order, import};
use serde_json::{Value, json};

use crate::locks::codes;
use crate::support::for_each_service;
use crate::world::{DAYS, World, secret_of};

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

/// Another open round of the programme, on other days.
fn round_on<'a>(world: &World<'a>, name: &str, dates: &[&str]) -> World<'a> {
    let mut body = World::round_body();
    body["name"] = json!(name);
    body["dates"] = json!(dates);
    let round = id_of(&world.organiser.post("/v1/rounds", &body).expect(201));
    world.organiser.step(&format!("/v1/rounds/{round}/open")).expect(200);
    World {
        service: world.service,
        organiser: world.organiser.clone(),
        council: world.council.clone(),
        university: world.university.clone(),
        home: world.home.clone(),
        host: world.host.clone(),
        round,
    }
}

fn offer(world: &World<'_>, library: &str, body: &Value) {
    world.organiser.put(&world.of_round(&format!("/libraries/{library}")), body).expect(200);
}

/// A sign-up for these days.
fn form(world: &World<'_>, who: &str, dates: &[&str]) -> Value {
    let mut form = world.form(who);
    form["dates"] = json!(dates);
    form
}

fn frozen(world: &World<'_>, run: &str) -> Value {
    world.organiser.get(&format!("/v1/runs/{run}/round-file")).expect(200)
}

/// A library of a frozen round.
fn library(round: &Value, id: &str) -> Value {
    let all = round["libraries"].as_array().expect("libraries");
    all.iter().find(|library| library["id"] == id).expect("the library").clone()
}

fn refused(world: &World<'_>, run: &str) -> String {
    world.organiser.step(&format!("/v1/runs/{run}/publish")).code()
}

/// Two open rounds; one place a day at the host, one leaver a day at home, by rules.
fn two_rounds<'a>(world: &World<'a>, first: &[&str], second: &[&str]) -> [World<'a>; 2] {
    let rounds = [round_on(world, "One", first), round_on(world, "Two", second)];
    for round in &rounds {
        offer(round, &round.host, &json!({ "hosting_rule": { "visitors": 1 } }));
        offer(round, &round.home, &json!({ "cover_rule": { "rostered": 3, "minimum": 2 } }));
    }
    rounds
}

#[test]
fn rounds_that_share_a_day_share_its_places_and_its_cover() {
    for_each_service(|service| {
        let world = World::without_round(service);
        world.welcome_everybody();
        let [one, two] = two_rounds(&world, &[DAYS[0]], &DAYS);
        one.released_by("ann", &form(&one, "ann", &[DAYS[0]]));
        let bea = two.released_by("bea", &form(&two, "bea", &DAYS));
        one.close();
        two.close();
        let (first, second) = (one.solved(), two.solved());
        let both = json!({ DAYS[0]: 1, DAYS[1]: 1 });
        assert_eq!(library(&frozen(&two, &second), &world.host)["hosting"], both);
        one.publish(&first);
        assert_eq!(refused(&two, &second), "stale-run", "places went to the other round");
        let third = two.solved();
        let file = frozen(&two, &third);
        assert_eq!(library(&file, &world.host)["hosting"], json!({ DAYS[1]: 1 }));
        assert_eq!(library(&file, &world.home)["release"], json!({ DAYS[1]: 1 }));
        let cover = two.organiser.get(&two.of_round("/cover")).expect(200);
        let shown = cover["data"].as_array().expect("libraries");
        let days =
            |id: &str| shown.iter().find(|one| one["library"] == id).expect("a library")["days"].clone();
        assert_eq!(days(&world.host)[0]["no_visitors"], "full: visitors of other rounds: 1");
        assert_eq!(days(&world.home)[0]["nobody_leaves"], "staff who are away in other rounds: 1");
        assert_eq!(
            days(&world.home)[1],
            json!({
                "date": DAYS[1], "rostered": 3, "minimum": 2, "may_leave": 1, "nobody_leaves": null,
                "hosting": 0, "no_visitors": "no place is offered for this date", "hours": null,
            })
        );

        // The place comes back when the other round gives it up.
        let mails = one.mails();
        let no = json!({ "deed": "decline", "version": 0, "reason": "an inspection" });
        let secret = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        service.anyone().post(&format!("/v1/links/{secret}"), &no).expect(200);
        assert_eq!(refused(&two, &third), "stale-run");
        let fourth = two.solved();
        assert_eq!(library(&frozen(&two, &fourth), &world.host)["hosting"], both);
        two.publish(&fourth);
        let placed = two.organiser.get(&two.of_round("/placements")).expect(200);
        assert_eq!(placed["data"][0]["application"], json!(bea));
    });
}

#[test]
fn a_library_rests_from_visitors_of_other_rounds_and_keeps_its_limit_of_the_year() {
    for_each_service(|service| {
        let world = World::without_round(service);
        world.welcome_everybody();
        let later = ["2027-03-03", "2027-03-07", "2027-03-08", "2027-03-12", "2027-03-15"];
        let [one, two] = two_rounds(&world, &[DAYS[0]], &later);
        let rule =
            json!({ "hosting_rule": { "weekdays": ["mo", "we", "fr"], "visitors": 2 }, "rest_days": 7 });
        offer(&two, &world.host, &rule);
        one.released_by("ann", &form(&one, "ann", &[DAYS[0]]));
        two.released_by("bea", &form(&two, "bea", &later));
        one.close();
        two.close();
        let alone = two.solved();
        let hosting = |run: &str| library(&frozen(&two, run), &world.host)["hosting"].clone();
        assert_eq!(hosting(&alone), json!({ later[0]: 2, later[3]: 2 }), "Wednesday, and nine days later");
        let run = one.solved();
        one.publish(&run);
        let rested = two.solved();
        assert_eq!(hosting(&rested), json!({ later[2]: 2, later[4]: 2 }), "7 and 14 days after the visitor");
        let cover = two.organiser.get(&two.of_round("/cover")).text();
        assert!(cover.contains("rests from the visitors of 2027-03-01"), "{cover}");

        let mut limited = rule;
        limited["year_limit"] = json!(2);
        offer(&two, &world.host, &limited);
        let file = frozen(&two, &two.solved());
        assert_eq!(library(&file, &world.host)["hosting_limit"], 1, "one of two came with the other round");
        limited["year_limit"] = json!(1);
        offer(&two, &world.host, &limited);
        assert_eq!(hosting(&two.solved()), json!({}));
        let cover = two.organiser.get(&two.of_round("/cover")).text();
        assert!(cover.contains("has its visitors of the year 2027"), "{cover}");
    });
}

#[test]
fn days_off_are_refused_by_name_and_hours_come_from_the_pattern_across_a_new_year() {
    for_each_service(|service| {
        // 2026 has 53 weeks: by numbers of weeks, two odd ones would follow each other.
        service.set_clock("2026-01-05T09:00:00Z");
        let mut world = World::without_round(service);
        world.welcome_everybody();
        let dates = ["2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11", "2027-01-12"];
        let body = json!({
            "name": "Winter", "time_zone": "Europe/London", "sign_up_until": "2026-01-31",
            "answer_until": "2026-02-14", "dates": dates,
        });
        world.round = id_of(&world.organiser.post("/v1/rounds", &body).expect(201));
        world.organiser.step(&world.of_round("/open")).expect(200);
        offer(&world, &world.host, &json!({ "hosting_rule": { "visitors": 1 } }));
        offer(
            &world,
            &world.home,
            &json!({ "cover_rule": { "rostered": { "mo": 2, "tu": 1 }, "minimum": 1 } }),
        );
        let mut form = form(&world, "ann", &dates);
        form["pattern"] = json!({
            "alternate": { "from": "2026-12-23", "weeks": [{ "mo": ["09:00", "13:00"] }, {}] },
            "added": { "2027-01-12": ["10:00", "16:00"] }, "removed": ["2027-01-04"],
        });
        let open = service.anyone();
        let refused = open.post(&world.of_round("/applications"), &form);
        assert_eq!(refused.pointers(), ["/dates/1", "/dates/2", "/dates/3"]);
        let words = refused.text();
        assert!(words.contains("it is `mo`, and the pattern of this week has nothing"), "{words}");
        assert!(words.contains("it stands in the pattern's `removed`"), "{words}");
        form["dates"] = json!([dates[0], dates[4]]);
        let ann = world.released_by("ann", &form);
        let shown = world.organiser.get(&format!("/v1/applications/{ann}")).expect(200);
        assert_eq!(shown["pattern"], form["pattern"]);
        for (pattern, pointer) in [
            (json!({ "added": {} }), "/pattern"),
            (json!({ "weekdays": {} }), "/pattern"),
            (json!({ "weekdays": { "monday": ["09:00", "13:00"] } }), "/pattern/weekdays/monday"),
            (json!({ "weekdays": { "mo": ["13:00", "09:00"] } }), "/pattern/weekdays/mo"),
            (json!({ "alternate": { "from": "2026-12-23", "weeks": [{}] } }), "/pattern/alternate/weeks"),
        ] {
            let mut form = form.clone();
            form["pattern"] = pattern;
            let found = open.post(&world.of_round("/applications"), &form).pointers();
            assert!(found.contains(&pointer.to_owned()), "{}: {found:?}", form["pattern"]);
        }
        world.close();
        let file = frozen(&world, &world.solved());
        assert_eq!(
            file["staff"][0]["hours"],
            json!({ "2026-12-21": ["09:00", "13:00"], "2027-01-12": ["10:00", "16:00"] })
        );
        assert_eq!(
            library(&file, &world.home)["release"],
            json!({ dates[0]: 1, dates[1]: 1, dates[2]: 1, dates[3]: 1 })
        );
    });
}

/// A university library with weekly hours and a place a day in the round.
fn library_open(world: &World<'_>, reference: &str, hours: &str) -> String {
    let body = json!({
        "reference": reference, "name": format!("{reference} library"), "sectors": ["academic"],
        "employers": [world.university], "point": { "latitude": 52.19, "longitude": -2.22 },
        "time_zone": "Europe/London", "opening_hours": hours,
        "welcome": { "contact": { "email": "desk@evening.example" }, "access": ["step-free"] },
    });
    let id = id_of(&world.organiser.post("/v1/libraries", &body).expect(201));
    offer(world, &id, &json!({ "hosting_rule": { "visitors": 1 } }));
    id
}

#[test]
fn a_half_day_does_not_meet_an_evening_and_a_whole_day_does() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let world = round_on(&world, "Evenings", &[DAYS[0]]);
        offer(&world, &world.home, &json!({ "release": { DAYS[0]: 1 } }));
        let evening = library_open(&world, "evening", "Mo-Fr 16:30-21:00");
        let mut half = form(&world, "ann", &[DAYS[0]]);
        half["pattern"] = json!({ "weekdays": { "mo": ["09:00", "13:00"] } });
        let ann = world.released_by("ann", &half);
        let bea = world.released_by("bea", &form(&world, "bea", &[DAYS[0]]));
        world.close();
        let run = world.solved();
        let file = frozen(&world, &run);
        assert_eq!(library(&file, &evening)["hours"], json!({ DAYS[0]: ["16:30", "21:00"] }));
        let schedule = world.organiser.get(&format!("/v1/runs/{run}/schedule-file")).expect(200);
        let left = &schedule["unplaced"][0];
        assert_eq!((&left["staff"], &left["excluded"]), (&json!(ann), &json!({ "hours": 1 })));
        world.publish(&run);
        let placed = world.organiser.get(&world.of_round("/placements")).expect(200)["data"][0].clone();
        assert_eq!(placed["application"], json!(bea));
        assert_eq!((&placed["starts"], &placed["ends"]), (&json!("16:30"), &json!("21:00")));

        let times = |starts: &str, ends: &str| {
            let url = format!("/v1/placements/{}/times", placed["id"].as_str().expect("an id"));
            world.organiser.put(&url, &json!({ "starts": starts, "ends": ends }))
        };
        let early = times("16:00", "20:00");
        assert_eq!(early.pointers(), ["/starts"]);
        assert!(early.text().contains("open 16:30-21:00: usual hours of Monday"), "{}", early.text());
        times("17:00", "20:00").expect(200);
    });
}

#[test]
fn the_employers_list_gives_pattern_and_manager_once_the_address_is_proven() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let list = "id,name,email,library,manager_email,pattern\n\
            1,Ann,ann@council.example,hive,boss@trust.example,Mo 09:00-13:00\n\
            2,Bea,bea@council.example,hive,,We 09:00-17:00\n\
            3,Cat,cat@council.example,hive,,We 09:00-17:00\n";
        let table = Table::read(list.into()).expect("a table");
        let order = Order::new(Kind::Staff, &table, ImportMode::Apply);
        let taken = import(&service.app, &Actor::named("import", Role::Organiser), &order).expect("taken");
        assert_eq!(taken.faults, []);

        let mut form = world.form("ann");
        form["manager_email"] = json!("boss@trust.example");
        service.anyone().post(&world.of_round("/applications"), &form).expect(202);
        let unproven = world.organiser.get(&world.of_round("/applications")).expect(200)["data"][0].clone();
        assert_eq!((&unproven["pattern"], &unproven["manager_trust"]), (&json!(null), &json!("to_confirm")));
        world.mails();
        let ann = world.released_by("ann", &form);
        let proven = world.organiser.get(&format!("/v1/applications/{ann}")).expect(200);
        assert_eq!(proven["manager_trust"], "believed");
        assert_eq!(proven["pattern"]["weekdays"], json!({ "mo": ["09:00", "13:00"] }));
        // Bea knows better than the list; Cat does not say.
        let mut form = world.form("bea");
        form["pattern"] = json!({ "weekdays": { "mo": ["09:00", "17:00"], "tu": ["09:00", "17:00"] } });
        let bea = world.released_by("bea", &form);
        world.released("cat");

        world.close();
        let run = world.solved();
        let file = frozen(&world, &run);
        let days = |who: &str| {
            let all = file["staff"].as_array().expect("staff");
            all.iter().find(|person| person["id"] == who).map(|person| person["dates"].clone())
        };
        assert_eq!((days(&ann), days(&bea)), (Some(json!([DAYS[0]])), Some(json!(DAYS))));
        assert_eq!(file["staff"].as_array().map(Vec::len), Some(2), "Cat is off on both days");
        world.publish(&run);
        let told = world.mails();
        let cat = told.iter().find(|letter| letter.to_address == "cat@council.example").expect("a mail");
        assert_eq!(cat.kind, NoticeKind::Unplaced);
    });
}

#[test]
fn nobody_is_sent_to_a_closed_library_or_away_on_a_day_off_whatever_an_organiser_says() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        let shut = library_open(&world, "shut", "Tu-Fr 09:00-17:00");
        let ann = world.released("ann");
        let mut form = form(&world, "bea", &[DAYS[0]]);
        form["pattern"] = json!({ "weekdays": { "mo": ["09:00", "17:00"] } });
        let bea = world.released_by("bea", &form);
        world.close();
        let run = world.solved();
        assert_eq!(library(&frozen(&world, &run), &shut)["hosting"], json!({ DAYS[1]: 1 }));
        let lock = |who: &str, host: &str, day: &str| {
            let body = json!({ "host": host, "date": day, "override": "agreed by telephone" });
            world.organiser.put(&world.of_round(&format!("/locks/{who}")), &body)
        };
        let edit = |who: &str, host: &str, day: &str| {
            let place = json!({ "application": who, "host": host, "date": day });
            let body = json!({ "place": [place], "override": "agreed by telephone" });
            world.organiser.post(&format!("/v1/runs/{run}/edits"), &body)
        };
        for closed in [lock(&ann, &shut, DAYS[0]), edit(&ann, &shut, DAYS[0])] {
            assert_eq!(codes(&closed), ["not_hosting"]);
            assert!(closed.text().contains("closed: usual hours of Monday"), "{}", closed.text());
        }
        for free in [lock(&bea, &world.host, DAYS[1]), edit(&bea, &world.host, DAYS[1])] {
            assert_eq!(codes(&free), ["availability"]);
            assert!(free.text().contains("is a day off"), "{}", free.text());
        }
        lock(&ann, &shut, DAYS[1]).expect(200);
    });
}

#[test]
fn who_visited_a_library_is_not_sent_to_what_it_became_and_who_worked_there_works_there_now() {
    for_each_service(|service| {
        let world = World::without_round(service);
        world.welcome_everybody();
        let [one, two] = two_rounds(&world, &[DAYS[0]], &DAYS);
        let (merged, sibling) =
            (library_open(&two, "merged", "Mo-Fr 09:00-17:00"), library_open(&two, "sibling", "24/7"));
        one.released_by("ann", &form(&one, "ann", &[DAYS[0]]));
        let ann = two.released_by("ann", &form(&two, "ann", &DAYS));
        one.close();
        two.close();
        let run = one.solved();
        one.publish(&run);
        let person = |run: &str| {
            let staff = frozen(&two, run)["staff"].clone();
            staff.as_array().expect("staff").iter().find(|person| person["id"] == ann).expect("ann").clone()
        };
        let before = two.solved();
        assert_eq!(person(&before)["visited"], json!([world.host]));
        assert_eq!(person(&before)["dates"], json!([DAYS[1]]), "the first day is taken");

        let become_part = |old: &str, new: Option<&str>| {
            world.organiser.put(&format!("/v1/libraries/{old}/successor"), &json!({ "successor": new }))
        };
        become_part(&world.host, Some(&merged)).expect(200);
        become_part(&sibling, Some(&merged)).expect(200);
        assert_eq!(refused(&two, &before), "stale-run");
        let mut both = [world.host.clone(), merged.clone()];
        both.sort();
        let after = two.solved();
        assert_eq!(person(&after)["visited"], json!(both), "not the sibling");
        assert_eq!(library(&frozen(&two, &after), &world.host)["hosting"], json!({}), "nobody is sent there");
        assert_eq!(
            library(&frozen(&two, &after), &merged)["hosting"],
            json!({ DAYS[1]: 1 }),
            "the visitor counts"
        );
        for (old, new) in [(&merged, &world.host), (&merged, &merged)] {
            assert_eq!(become_part(old, Some(new)).pointers(), ["/successor"]);
        }
        let nobody = "01900000-0000-7000-8000-000000000000";
        assert_eq!(become_part(&merged, Some(nobody)).pointers(), ["/successor"]);
        become_part(&world.home, Some(&merged)).expect(200);
        assert_eq!(person(&two.solved())["home"], json!(merged));
        become_part(&world.host, None).expect(200);
        assert_eq!(person(&two.solved())["visited"], json!([world.host]));

        let url = format!("/v1/employers/{}/successor", world.council);
        world.organiser.put(&url, &json!({ "successor": world.university })).expect(200);
        let employers = |run: &str| library(&frozen(&two, run), &world.host)["employers"].clone();
        assert_eq!(employers(&two.solved()), json!([world.university]));
        let administrator = world.token("library_administrator", Some(&world.council));
        assert_eq!(administrator.put(&url, &json!({ "successor": null })).code(), "forbidden");
    });
}

#[test]
fn imported_visits_of_the_past_are_history_too() {
    for_each_service(|service| {
        let world = World::new(service);
        world.welcome_everybody();
        world.released("ann");
        let limited = json!({ "hosting_rule": { "visitors": 2 }, "year_limit": 2, "rest_days": 59 });
        offer(&world, &world.host, &limited);
        world.close();
        let before = world.solved();
        let host = library(&frozen(&world, &before), &world.host);
        assert_eq!((&host["hosting"], &host["hosting_limit"]), (&json!({ DAYS[0]: 2 }), &json!(2)));
        // 58 days before the first day of the round.
        let list = "date,host,email\n2027-01-02,campus,ann@council.example\n";
        let table = Table::read(list.as_bytes().to_vec()).expect("a table");
        let order = Order::new(Kind::PastPlacements, &table, ImportMode::Apply);
        let organiser = Actor::named("import", Role::Organiser);
        assert_eq!(import(&service.app, &organiser, &order).expect("an outcome").added, 1);
        assert_eq!(refused(&world, &before), "stale-run");
        let file = frozen(&world, &world.solved());
        assert_eq!(file["staff"][0]["visited"], json!([world.host]));
        let host = library(&file, &world.host);
        assert_eq!((&host["hosting"], &host["hosting_limit"]), (&json!({ DAYS[1]: 2 }), &json!(1)));
    });
}

#[test]
fn who_was_left_out_comes_earlier_also_in_a_round_that_was_open_already() {
    for_each_service(|service| {
        let world = World::without_round(service);
        world.welcome_everybody();
        let [one, two] = two_rounds(&world, &[DAYS[0]], &[DAYS[1]]);
        let mut people = Vec::new();
        for who in ["ann", "bea"] {
            one.released_by(who, &form(&one, who, &[DAYS[0]]));
            people.push(two.released_by(who, &form(&two, who, &[DAYS[1]])));
        }
        one.close();
        two.close();
        let early = two.solved();
        let run = one.solved();
        one.publish(&run);
        assert_eq!(refused(&two, &early), "stale-run", "somebody was left out");
        let file = frozen(&two, &two.solved());
        let mut priorities: Vec<i64> = file["staff"]
            .as_array()
            .expect("staff")
            .iter()
            .map(|person| person["priority"].as_i64().unwrap_or_default())
            .collect();
        priorities.sort_unstable();
        assert_eq!(priorities, [0, 1], "one had the place, the other waits");
    });
}

#[test]
fn the_cover_table_shows_each_employer_its_own_libraries() {
    for_each_service(|service| {
        let world = World::new(service);
        let url = world.of_round("/cover");
        let libraries = |client: &crate::support::Client| {
            let page = client.get(&url).expect(200);
            let all = page["data"].as_array().expect("a list").clone();
            all.iter().map(|one| one["library"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(libraries(&world.organiser).len(), 2);
        for role in ["hr", "library_administrator"] {
            assert_eq!(
                libraries(&world.token(role, Some(&world.council))),
                std::slice::from_ref(&world.home),
                "{role}"
            );
        }
        let shown = world.organiser.get(&url).expect(200)["data"][0]["days"][0].clone();
        assert_eq!((&shown["may_leave"], &shown["rostered"]), (&json!(2), &json!(null)));
        assert_eq!(shown["hours"], json!(["09:00", "17:00"]));
    });
}

#[test]
fn every_fault_of_a_rule_is_named_where_it_stands() {
    for_each_service(|service| {
        let world = World::new(service);
        let url = world.of_round(&format!("/libraries/{}", world.host));
        let refused = world.organiser.put(
            &url,
            &json!({
                "hosting_rule": { "weekdays": ["monday"], "visitors": -1 }, "year_limit": 1.5, "rest_days": 367,
                "cover_rule": { "rostered": { "mo": "two" }, "dates": { "2027-03-01": { "cover": 1 } } },
            }),
        );
        let mut pointers = refused.pointers();
        pointers.sort();
        assert_eq!(
            pointers,
            [
                "/cover_rule/dates/2027-03-01/cover",
                "/cover_rule/minimum",
                "/cover_rule/rostered/mo",
                "/hosting_rule/visitors",
                "/hosting_rule/weekdays/0",
                "/rest_days",
                "/year_limit",
            ]
        );
        let elsewhere = world.organiser.put(
            &url,
            &json!({
                "hosting_rule": { "dates": ["2027-03-09"], "visitors": 1 },
                "cover_rule": { "rostered": 3, "minimum": 1, "dates": { "2027-03-09": { "minimum": 2 } } },
            }),
        );
        assert_eq!(elsewhere.pointers(), ["/hosting_rule/dates", "/cover_rule/dates/2027-03-09"]);
        let whole = json!({
            "hosting": {}, "hosting_rule": { "weekdays": ["mo"], "dates": ["2027-03-02"], "visitors": 2 },
            "hosting_limit": 9, "year_limit": 12, "rest_days": 7, "release": {}, "hours": {},
            "cover_rule": {
                "rostered": { "mo": 4 }, "minimum": 2, "dates": { "2027-03-02": { "rostered": 5, "minimum": null } },
            },
        });
        let kept = world.organiser.put(&url, &whole).expect(200);
        assert_eq!(kept["offer"], whole);
        let own = world.token("library_administrator", Some(&world.university));
        assert_eq!(own.get(&world.of_round("/libraries")).expect(200)["data"][0]["offer"], whole);
    });
}
