//! How a round would be matched as it is now: where it is short, and what each rule costs.

use serde_json::{Value, json};

use crate::support::{Service, for_each_service};
use crate::world::{DAYS, World};

impl World<'_> {
    fn health(&self) -> Value {
        self.organiser.get(&self.of_round("/health")).expect(200)
    }

    fn frontier(&self) -> Value {
        self.organiser.get(&self.of_round("/frontier")).expect(200)
    }

    fn offer(&self, library: &str, hosting: [u32; 2], release: [u32; 2]) {
        let by_day = |counts: [u32; 2]| json!({ DAYS[0]: counts[0], DAYS[1]: counts[1] });
        let body = json!({ "hosting": by_day(hosting), "release": by_day(release) });
        self.organiser.put(&self.of_round(&format!("/libraries/{library}")), &body).expect(200);
    }
}

/// An open round under rules of its own.
fn ruled<'a>(service: &'a Service, rules: &Value) -> World<'a> {
    let mut world = World::without_round(service);
    let mut body = World::round_body();
    body["rules"] = rules.clone();
    let made = world.organiser.post("/v1/rounds", &body).expect(201);
    made["id"].as_str().expect("an id").clone_into(&mut world.round);
    world.organiser.step(&world.of_round("/open")).expect(200);
    world.welcome_everybody();
    world
}

/// What there is of a sector on a day.
fn of_sector(health: &Value, sector: &str, day: &str) -> [i64; 4] {
    let rows = health["supply"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["sector"] == sector && row["date"] == day);
    let row = row.unwrap_or_else(|| panic!("no {sector} on {day}: {health}"));
    ["places", "could_come", "releases", "could_leave"].map(|key| row[key].as_i64().expect("a number"))
}

#[test]
fn a_round_without_anything_has_nothing_and_is_no_error() {
    for_each_service(|service| {
        let mut world = World::without_round(service);
        let draft = world.organiser.post("/v1/rounds", &World::round_body()).expect(201);
        draft["id"].as_str().expect("an id").clone_into(&mut world.round);
        let check = |people: i64| {
            let health = world.health();
            assert_eq!((&health["people"], &health["schedule"]["placed"]), (&json!(people), &json!(0)));
            for empty in ["without_host", "one_host", "helps"] {
                assert_eq!(health[empty], json!([]), "{empty}: {health}");
            }
            let frontier = world.frontier();
            let points = frontier["points"].as_array().expect("points");
            assert!(points.iter().all(|point| point["figures"]["placed"] == 0), "{frontier}");
            health
        };
        assert_eq!(check(0)["supply"], json!([]), "a draft");
        world.organiser.step(&world.of_round("/open")).expect(200);
        world.offer(&world.host, [2, 1], [0, 0]);
        assert_eq!(of_sector(&check(0), "academic", DAYS[0]), [2, 0, 0, 0], "nobody has signed up");
    });
}

#[test]
fn an_open_round_tells_where_it_is_short_and_what_one_more_place_wins() {
    for_each_service(|service| {
        let world = ruled(service, &json!({ "balance": null }));
        world.offer(&world.host, [1, 0], [0, 0]);
        world.offer(&world.home, [0, 0], [2, 2]);
        let [ann, bea] = ["ann", "bea"].map(|who| world.released(who));
        let mut form = world.form("cid");
        form["needs"] = json!(["sign-language"]);
        let cid = world.released_by("cid", &form);
        world.sign_up("dot");
        let health = world.health();
        assert_eq!(health["people"], 3, "who is not released would not be matched: {health}");
        assert_eq!(of_sector(&health, "academic", DAYS[0]), [1, 2, 0, 0]);
        assert_eq!(of_sector(&health, "academic", DAYS[1]), [0, 0, 0, 0]);
        assert_eq!(of_sector(&health, "public", DAYS[0]), [0, 0, 2, 2]);
        assert_eq!(health["without_host"], json!([cid]));
        let mut short = [
            json!({ "application": ann, "host": world.host }),
            json!({ "application": bea, "host": world.host }),
        ];
        short.sort_by_key(|row| row["application"].to_string());
        assert_eq!(health["one_host"], json!(short));
        assert_eq!((&health["schedule"]["placed"], &health["schedule"]["proven"]), (&json!(1), &json!(true)));
        assert_eq!((&health["no_schedule"], &health["untried"]), (&Value::Null, &json!(0)));
        let text = health.to_string();
        assert!(!text.contains("Reader") && !text.contains("council.example"), "{text}");

        let help = &health["helps"][0];
        assert_eq!((&help["one_more"], &help["library"]), (&json!("place"), &json!(world.host)), "{health}");
        assert_eq!((&help["date"], &help["placed"]), (&json!(DAYS[0]), &json!(1)));
        assert_eq!(help["proven"], true);
        world.offer(&world.host, [2, 0], [0, 0]);
        let after = world.health();
        let figure = |health: &Value, key: &str| health["schedule"][key].as_i64().expect("a number");
        for key in ["placed", "value"] {
            let won = figure(&after, key) - figure(&health, key);
            assert_eq!(json!(won), help[key], "{key}: what it was said to win, it wins");
        }
        assert_eq!(after["helps"], json!([]), "whoever can be placed is: {after}");
    });
}

#[test]
fn a_frontier_goes_from_the_strictest_rule_to_none() {
    for_each_service(|service| {
        let world = ruled(service, &json!({}));
        world.offer(&world.host, [2, 2], [2, 2]);
        world.offer(&world.home, [0, 0], [2, 2]);
        for who in ["ann", "bea", "cid"] {
            world.released(who);
        }
        let frontier = world.frontier();
        assert_eq!(frontier["people"], 3);
        assert_eq!((&frontier["balance"], &frontier["max_ring"]), (&json!(1), &Value::Null), "{frontier}");
        let points = frontier["points"].as_array().expect("points");
        let seen: Vec<Value> = points
            .iter()
            .map(|point| json!([point["balance"], point["max_ring"], point["figures"]["placed"]]))
            .collect();
        // Nobody comes back, so that no ring closes; one a day may go with balance 1.
        let expected = [
            json!([0, 2, 0]),
            json!([0, null, 0]),
            json!([1, null, 2]),
            json!([2, null, 3]),
            json!([null, null, 3]),
        ];
        assert_eq!(seen, expected);
        assert!(points.iter().all(|point| point["figures"]["proven"] == true), "{frontier}");
        assert_eq!(world.health()["schedule"]["placed"], 2, "by the round's own balance");
    });
}

#[test]
fn a_published_round_is_looked_at_as_if_nothing_had_been_decided() {
    for_each_service(|service| {
        let world = ruled(service, &json!({}));
        world.offer(&world.host, [2, 2], [2, 2]);
        world.offer(&world.home, [0, 0], [2, 2]);
        for who in ["ann", "bea", "cid"] {
            world.released(who);
        }
        world.close();
        let before = (world.health(), world.frontier());
        world.publish(&world.solved());
        assert_eq!((world.health(), world.frontier()), before);
    });
}

#[test]
fn a_round_that_is_not_there_and_locks_that_cannot_be_are_told() {
    for_each_service(|service| {
        let world = ruled(service, &json!({ "balance": 0 }));
        world.offer(&world.host, [2, 2], [2, 2]);
        world.offer(&world.home, [0, 0], [2, 2]);
        let ann = world.released("ann");
        for look in ["health", "frontier"] {
            let url = format!("/v1/rounds/01900000-0000-7000-8000-000000000000/{look}");
            assert_eq!(world.organiser.get(&url).code(), "not-found");
            assert_eq!(world.organiser.get(&format!("/v1/rounds/x/{look}")).code(), "not-found");
            let query = world.organiser.get(&world.of_round(&format!("/{look}?seed=1")));
            assert_eq!((query.status, query.code().as_str()), (422, "invalid-fields"));
        }
        world.close();
        let lock = json!({ "host": world.host, "date": DAYS[0] });
        world.organiser.put(&world.of_round(&format!("/locks/{ann}")), &lock).expect(200);
        let health = world.health();
        assert_eq!(of_sector(&health, "academic", DAYS[0])[0], 1, "the lock has taken a place");
        assert_eq!((&health["schedule"], &health["helps"]), (&Value::Null, &json!([])), "{health}");
        assert_eq!(health["no_schedule"]["code"], "locks_infeasible");
        let frontier = world.frontier();
        let points = frontier["points"].as_array().expect("points");
        assert_eq!(points[0]["no_figures"]["code"], "locks_infeasible", "{frontier}");
        assert_eq!(points[points.len() - 1]["figures"]["placed"], 1, "{frontier}");
        // The library closes on the day of the lock.
        let url = format!("/v1/libraries/{}/exceptions/{}", world.host, DAYS[0]);
        world.organiser.put(&url, &json!({ "opens": [], "label": "Flood" })).expect(200);
        for look in ["/health", "/frontier"] {
            let refused = world.organiser.get(&world.of_round(look));
            assert_eq!((refused.status, refused.code().as_str()), (409, "breaks-rules"));
        }
    });
}
