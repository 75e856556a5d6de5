//! Small made rounds: each hard rule by itself, overrides, waivers and rings.

use chrono::NaiveDate;
use library_swap::files::schedule::{
    Objective, Outcomes, Placement, Prices, Proof, Reason, Run, Unplaced, Waiver,
};
use library_swap::files::{Round, Schedule};
use library_swap::verify::{Code, Report, Rule, Subject, verify};
use serde_json::{Value, json};

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 3, n).expect("a day")
}

/// A schedule with these placements (who, where, which day of March, ring); its sums are not meant to be right.
fn schedule(round: &Round, placements: &[(&str, &str, u32, Option<i64>)]) -> Schedule {
    let placement = |(staff, host, on, ring): &(&str, &str, u32, Option<i64>)| Placement {
        staff: (*staff).to_owned(),
        host: (*host).to_owned(),
        date: day(*on),
        score: 0,
        ring: *ring,
    };
    let left = round.staff.iter().filter(|person| placements.iter().all(|(staff, ..)| *staff != person.id));
    let unplaced = left.map(|person| Unplaced {
        staff: person.id.clone(),
        reason: Reason::Outweighed,
        hosts_considered: 0,
        excluded: [].into(),
        change: None,
        change_reason: Some("not_looked_for".to_owned()),
    });
    Schedule {
        round_sha256: round.sha256(),
        placements: placements.iter().map(placement).collect(),
        unplaced: unplaced.collect(),
        waived: Vec::new(),
        outcomes: Outcomes {
            placed: 0,
            unplaced: 0,
            sector_rank: vec![],
            placed_after_waiting: 0,
            unplaced_after_waiting: 0,
        },
        objective: Objective {
            value: 0,
            bound: 0,
            bound_prices: 0,
            gap: 0.0,
            optimal: true,
            proof: Proof::Prices,
        },
        prices: Prices::default(),
        run: Run {
            engine: "none".to_owned(),
            seed: 0,
            work: 0,
            stopped: "proved".to_owned(),
            seconds: 0.0,
            threads: 1,
        },
    }
}

fn check(round: &Round, schedule: &Schedule) -> Report {
    verify(&Subject::Round(round), schedule)
}

/// Breaches of these codes only, as words.
fn breaches_of(report: &Report, codes: &[Code]) -> Vec<String> {
    let of_codes = report.breaches.iter().filter(|breach| codes.contains(&breach.code));
    of_codes.map(ToString::to_string).collect()
}

fn rules_broken(report: &Report) -> Vec<Rule> {
    let rule = |code| match code {
        Code::Rule(rule) => Some(rule),
        _ => None,
    };
    report.breaches.iter().filter_map(|breach| rule(breach.code)).collect()
}

/// One person who may go from m to h on 1 March, though barely: 11,120 m, an hour together, assured until that day.
fn barely_feasible() -> Value {
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London",
        "dates": ["2027-03-01", "2027-03-02"],
        "rules": {"balance": null, "min_minutes": 60},
        "libraries": [
            {"id": "m", "sectors": ["public"], "employers": ["A"], "latitude": 52.0, "longitude": -2.0,
             "release": {"2027-03-01": 1}},
            {"id": "h", "sectors": ["public", "school"], "employers": ["B"], "latitude": 52.1, "longitude": -2.0,
             "access": ["lift", "loop"], "vetting_required": true, "hosting": {"2027-03-01": 1},
             "hours": {"2027-03-01": ["09:00", "17:00"]}, "topics": ["maps", "law"]}
        ],
        "staff": [{"id": "p", "home": "m", "dates": ["2027-03-01"], "max_km": 11.1195, "needs": ["lift"],
                   "assured_until": "2027-03-01", "hours": {"2027-03-01": ["08:00", "10:00"]},
                   "sectors": ["public", "school"], "topics": ["law", "maps", "art"]}]
    })
}

fn read(value: &Value) -> Round {
    Round::read(value.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

#[test]
fn each_hard_rule_is_found_by_itself_and_explains_the_unplaced() {
    let round = read(&barely_feasible());
    assert_eq!(rules_broken(&check(&round, &schedule(&round, &[("p", "h", 1, None)]))), []);

    let cases: &[(Rule, &str, Value)] = &[
        (Rule::SameEmployer, "/libraries/1/employers", json!(["B", "A"])),
        (Rule::SameEmployer, "/employer_groups", json!([["A", "B"]])),
        (Rule::Sector, "/libraries/1/sectors", json!(["public"])),
        (Rule::Sector, "/rules/sectors", json!({"public": ["specialist"], "school": ["school"]})),
        (Rule::NotPartner, "/rules/partners_only", json!(true)),
        (Rule::Avoided, "/staff/0/avoid", json!(["h"])),
        (Rule::Avoided, "/forbidden", json!([{"staff": "p", "host": "h"}])),
        (Rule::RepeatHost, "/staff/0/visited", json!(["h"])),
        (Rule::Distance, "/staff/0/max_km", json!(11.119)),
        (Rule::Distance, "/staff/0/origin", json!({"latitude": 51.999, "longitude": -2.0})),
        (Rule::Access, "/staff/0/needs", json!(["lift", "parking"])),
        (Rule::Availability, "/staff/0/dates", json!(["2027-03-02"])),
        (Rule::NotHosting, "/libraries/1/hosting", json!({"2027-03-01": 0, "2027-03-02": 1})),
        (Rule::NotReleased, "/libraries/0/release", json!({})),
        (Rule::Vetting, "/staff/0/assured_until", json!("2027-02-28")),
        (Rule::Vetting, "/staff/0/assured_until", Value::Null),
        (Rule::Hours, "/rules/min_minutes", json!(61)),
        (Rule::Hours, "/libraries/1/hours", json!({"2027-03-01": ["10:00", "24:00"]})),
    ];
    for (rule, pointer, new) in cases {
        let mut value = barely_feasible();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        value.pointer_mut(parent).expect("a place")[key] = new.clone();
        let round = read(&value);
        assert_eq!(
            rules_broken(&check(&round, &schedule(&round, &[("p", "h", 1, None)]))),
            [*rule],
            "{pointer}"
        );

        let mut left = schedule(&round, &[]);
        left.unplaced[0].reason = Reason::NotFeasible;
        left.unplaced[0].hosts_considered = 1;
        // 2 March, left by the person's dates, falls to not_hosting, which so takes the last one.
        let code = if *rule == Rule::Availability { Rule::NotHosting } else { *rule };
        left.unplaced[0].excluded = [(code.as_str().to_owned(), 1)].into();
        let wrong =
            breaches_of(&check(&round, &left), &[Code::Reason, Code::HostsConsidered, Code::Excluded]);
        assert_eq!(wrong, [""; 0], "{pointer}");
    }
}

#[test]
fn an_unknown_place_is_its_own_rule_and_scores_no_nearness_where_allowed() {
    let mut value = barely_feasible();
    value["libraries"][1]["latitude"] = Value::Null;
    value["libraries"][1]["longitude"] = Value::Null;
    let round = read(&value);
    let placed = schedule(&round, &[("p", "h", 1, None)]);
    assert_eq!(rules_broken(&check(&round, &placed)), [Rule::DistanceUnknown]);
    value["rules"]["unknown_distance"] = json!(true);
    let round = read(&value);
    let mut placed = schedule(&round, &[("p", "h", 1, None)]);
    // The second wish (25: public is no news to m) and two topics.
    placed.placements[0].score = 25 + 2 * 10;
    assert_eq!(
        breaches_of(&check(&round, &placed), &[Code::Score, Code::Rule(Rule::DistanceUnknown)]),
        [""; 0]
    );
}

#[test]
fn scores_are_those_of_the_formulas() {
    let score = |changes: &[(&str, Value)]| {
        let mut value = barely_feasible();
        for (pointer, new) in changes {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            value.pointer_mut(parent).expect("a place")[key] = new.clone();
        }
        let round = read(&value);
        let report = check(&round, &schedule(&round, &[("p", "h", 1, None)]));
        let words = breaches_of(&report, &[Code::Score]).pop().map_or("0".to_owned(), |words| {
            words.rsplit_once("must be ").expect("the right one").1.to_owned()
        });
        words.parse::<i64>().expect("a number")
    };
    let base = 25 + 20;
    assert_eq!(score(&[]), base, "the second wish, two topics, at the limit no nearness");
    assert_eq!(score(&[("/staff/0/sectors", json!([]))]), base + 15, "no preference scores the first weight");
    assert_eq!(
        score(&[("/staff/0/sectors", json!(["special", "b", "c", "school"]))]),
        base - 25,
        "beyond the weights"
    );
    assert_eq!(score(&[("/staff/0/sectors", json!(["special"]))]), base - 25, "not wished");
    let nothing_new =
        [("/libraries/0/sectors", json!(["school", "public"])), ("/rules/sectors", json!("any"))];
    assert_eq!(score(&nothing_new), base + 15, "where nothing is new any sector counts");
    assert_eq!(score(&[("/rules/weights", json!({"topics_max": 1}))]), base - 10);
    assert_eq!(score(&[("/staff/0/max_km", json!(22.240))]), base + 10, "half the limit, half the nearness");
    assert_eq!(score(&[("/staff/0/max_km", json!(22.239))]), base + 9, "rounded down");
    let next_door =
        [("/staff/0/max_km", json!(0)), ("/staff/0/origin", json!({"latitude": 52.1, "longitude": -2.0}))];
    assert_eq!(score(&next_door), base + 20, "no limit but here");
    let partners = [("/partners", json!([["h", "m"]])), ("/rules/weights", json!({"partner": 7}))];
    assert_eq!(score(&partners), base + 7);
}

/// Libraries a to d under one roof, five people each named after their home, all may go anywhere on 1 and 2 March.
fn free_round(rules: &Value) -> Value {
    let days = |n: i64| json!({"2027-03-01": n, "2027-03-02": n});
    let library = |id: &str| {
        json!({"id": id, "sectors": [id], "employers": [id], "latitude": 50, "longitude": 0,
               "hosting": days(1), "release": days(5)})
    };
    let person = |home: &str, n: usize| json!({"id": format!("{home}{n}"), "home": home, "dates": ["2027-03-01", "2027-03-02"], "max_km": 1});
    let homes = ["a", "b", "c", "d"];
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London",
        "dates": ["2027-03-01", "2027-03-02"], "rules": rules,
        "libraries": homes.map(library),
        "staff": homes.iter().flat_map(|home| (1..=5).map(|n| person(home, n))).collect::<Vec<_>>(),
    })
}

#[test]
fn an_override_lifts_every_rule_but_the_own_library_and_is_told() {
    let mut value = free_round(&json!({"balance": 0}));
    value["staff"][0]["avoid"] = json!(["b"]);
    value["locks"] = json!([{"staff": "a1", "host": "b", "date": "2027-03-01"}]);
    let broken = |value: &Value| {
        let round = read(value);
        let host = value["locks"][0]["host"].as_str().expect("a host").to_owned();
        let report = check(&round, &schedule(&round, &[("a1", &host, 1, None)]));
        let notes = report.notes.clone();
        (
            breaches_of(&report, &[Code::Rule(Rule::Avoided), Code::Rule(Rule::OwnLibrary), Code::Balance]),
            notes,
        )
    };
    assert_eq!(broken(&value).0.len(), 3, "the rule and the balance of both library-days");
    value["locks"][0]["override"] = json!("agreed\nby telephone");
    let (breaches, notes) = broken(&value);
    assert_eq!(breaches, [""; 0]);
    assert_eq!(notes, ["override: a1 at b on 2027-03-01 breaks avoided: agreed\\nby telephone"]);
    value["locks"][0]["host"] = json!("a");
    assert_eq!(broken(&value).0, ["own_library: a1 at a on 2027-03-01: no override lifts this rule"]);
}

#[test]
fn an_override_lets_the_locks_together_exceed_a_capacity_and_leaves_none_to_others() {
    let mut value = free_round(&json!({"balance": null}));
    value["libraries"][1]["hosting_limit"] = json!(1);
    let lock = |staff: &str| json!({"staff": staff, "host": "b", "date": "2027-03-01"});
    value["locks"] = json!([lock("a1"), lock("c1")]);
    let full = |value: &Value, placements: &[(&str, &str, u32, Option<i64>)]| {
        let round = read(value);
        breaches_of(&check(&round, &schedule(&round, placements)), &[Code::HostFull, Code::HostLimit])
    };
    let locked = [("a1", "b", 1, None), ("c1", "b", 1, None)];
    assert_eq!(full(&value, &locked).len(), 2, "host and limit");
    value["locks"][0]["override"] = json!("agreed");
    assert_eq!(full(&value, &locked), [""; 0]);
    let more = [locked[0], locked[1], ("d1", "b", 1, None)];
    assert_eq!(
        full(&value, &more),
        [
            "host_full: host_full of b on 2027-03-01: 3 visitors, 2 allowed",
            "host_limit: host_limit of b: 3 visitors in the round, 2 allowed",
        ]
    );
    let later = [locked[0], locked[1], ("d1", "b", 2, None)];
    assert_eq!(full(&value, &later), ["host_limit: host_limit of b: 3 visitors in the round, 2 allowed"]);
}

#[test]
fn the_bound_is_the_sum_of_the_formula_worked_out_by_hand() {
    let mut value = free_round(&json!({"balance": 1}));
    value["libraries"][1]["hosting"] = json!({"2027-03-01": 2});
    value["libraries"][1]["hosting_limit"] = json!(3);
    let staff = value["staff"].as_array().expect("staff").clone();
    let mut people = vec![staff[0].clone(), staff[10].clone()];
    people[1]["dates"] = json!(["2027-03-01"]);
    value["staff"] = json!(people);
    value["locks"] = json!([{"staff": "a1", "host": "b", "date": "2027-03-01"}]);
    let round = read(&value);
    let mut made = schedule(&round, &[("a1", "b", 1, None)]);
    let on = |library: &str, date: u32, price: i64| (library.to_owned(), day(date), price);
    made.prices = Prices {
        staff: [("c1".to_owned(), 100_000)].into(),
        hosting: vec![on("b", 1, 10_000), on("d", 2, 999)],
        hosting_limit: vec![("b".to_owned(), 5_000)],
        release: vec![on("a", 1, 2_000), on("c", 1, 3_000)],
        balance: vec![on("a", 1, -4_000), on("b", 1, 7_000), on("c", 1, 1_000)],
    };
    // Each placement is worth 1000 + 40 (no wishes) + 20 (at the same spot).
    let constants = 1_060_000 // the lock
        + 100_000 // c1
        + 10_000 + 999 // the one place at b beside the lock, and one at d
        + (3 - 1) * 5_000 // b's limit beside the lock
        + (5 - 1) * 2_000 + 5 * 3_000 // releases of a beside the lock, and of c
        + 4_000 + 7_000 + 1_000 // balance 1 × |z|
        + 4_000 + 7_000; // δ × z: the lock leaves a (−1 × −4,000) and visits b (1 × 7,000)
    let of_c1 = 1_060_000 - 100_000 - 3_000 - 1_000;
    let triples = (of_c1 - 4_000) + (of_c1 - 10_000 - 5_000 + 7_000) + of_c1; // at a, at b, at d
    let report = check(&round, &made);
    assert_eq!(breaches_of(&report, &[Code::Price, Code::Order]), [""; 0]);
    assert_eq!(report.bound_prices, (constants + triples) / 1000);
    assert_eq!(report.bound_prices, 4_082, "4,082,999 thousandths are rounded down");
}

fn waiver(code: &str, library: &str, date: Option<NaiveDate>) -> Waiver {
    Waiver { code: code.to_owned(), library: library.to_owned(), date, reason: "drop-out".to_owned() }
}

#[test]
fn waivers_cover_what_they_name_once_and_forbid_its_price() {
    let mut value = free_round(&json!({"balance": 0}));
    value["libraries"][1]["hosting_limit"] = json!(1);
    value["libraries"][0]["release"] = json!({"2027-03-01": 1});
    let round = read(&value);
    let mut repaired = schedule(&round, &[("a1", "b", 1, None), ("a2", "b", 1, None)]);
    let all =
        [Code::HostFull, Code::HostLimit, Code::Cover, Code::Balance, Code::Waiver, Code::Price, Code::Order];
    let found = breaches_of(&check(&round, &repaired), &all);
    assert_eq!(found.len(), 5, "balance at both, cover, host, limit: {found:#?}");
    repaired.waived = vec![
        waiver("balance", "a", Some(day(1))),
        waiver("balance", "b", Some(day(1))),
        waiver("cover", "a", Some(day(1))),
        waiver("host_full", "b", Some(day(1))),
        waiver("host_limit", "b", None),
    ];
    let report = check(&round, &repaired);
    assert_eq!(breaches_of(&report, &all), [""; 0]);
    assert_eq!(report.notes.len(), 5, "{:#?}", report.notes);
    assert!(
        report
            .notes
            .contains(&"waived: host_full of b on 2027-03-01: 2 visitors, 1 allowed: drop-out".to_owned())
    );

    repaired.prices.hosting.push(("b".to_owned(), day(1), 1));
    repaired.prices.hosting_limit.push(("b".to_owned(), 1));
    repaired.prices.release.push(("a".to_owned(), day(1), 1));
    repaired.prices.balance.push(("a".to_owned(), day(1), 1));
    assert_eq!(breaches_of(&check(&round, &repaired), &all).len(), 4);
    repaired.prices = Prices::default();
    repaired.waived.push(waiver("host_limit", "b", None));
    assert_eq!(breaches_of(&check(&round, &repaired), &all), ["waiver: host_limit of b stands here twice"]);
}

#[test]
fn a_drop_out_may_leave_a_lock_and_is_told() {
    let mut value = free_round(&json!({"balance": null}));
    value["locks"] = json!([{"staff": "a1", "host": "b", "date": "2027-03-01"}]);
    let round = read(&value);
    let mut left = schedule(&round, &[]);
    assert_eq!(breaches_of(&check(&round, &left), &[Code::Lock]).len(), 1);
    left.unplaced[0].reason = Reason::DroppedOut;
    let report = check(&round, &left);
    assert_eq!(breaches_of(&report, &[Code::Lock]), [""; 0]);
    assert_eq!(report.notes, ["dropped out: a1, who was locked at b on 2027-03-01"]);
}

/// The ring breaches of placements in a round without a ring limit, or with one.
fn ring_breaches(
    rules: &Value,
    waived: Vec<Waiver>,
    placements: &[(&str, &str, u32, Option<i64>)],
) -> Vec<String> {
    let round = read(&free_round(rules));
    let mut made = schedule(&round, placements);
    made.waived = waived;
    breaches_of(&check(&round, &made), &[Code::Ring])
}

#[test]
fn the_canonical_split_cuts_rings_off_the_walk_and_steps_back_at_dead_ends() {
    let free = json!({"balance": null});
    // a→b→a is cut off; then a→b→c ends open.
    let twice =
        [("a1", "b", 1, Some(1)), ("a2", "b", 1, None), ("b1", "a", 1, Some(1)), ("b2", "c", 1, None)];
    assert_eq!(ring_breaches(&free, vec![], &twice), [""; 0]);
    // a→b→c is a dead end; from b the walk goes on to d and home.
    let back =
        [("a1", "b", 1, Some(1)), ("b1", "c", 1, None), ("b2", "d", 1, Some(1)), ("d1", "a", 1, Some(1))];
    assert_eq!(ring_breaches(&free, vec![], &back), [""; 0]);
    // The host decides before the person: a2 goes first, and takes d's way home from a1.
    let by_host = [
        ("a1", "c", 1, None),
        ("a2", "b", 1, Some(1)),
        ("b1", "d", 1, Some(1)),
        ("c1", "d", 1, None),
        ("d1", "a", 1, Some(1)),
    ];
    assert_eq!(ring_breaches(&free, vec![], &by_host), [""; 0]);
    // Rings of an earlier date come first.
    let dates =
        [("a1", "b", 2, Some(2)), ("b1", "a", 2, Some(2)), ("c1", "d", 1, Some(1)), ("d1", "c", 1, Some(1))];
    assert_eq!(ring_breaches(&free, vec![], &dates), [""; 0]);
    let wrong = [("a1", "b", 1, Some(1)), ("b1", "a", 1, None)];
    assert_eq!(
        ring_breaches(&free, vec![], &wrong),
        ["ring: b1 at a on 2027-03-01 has no ring, must have ring 1"]
    );
}

#[test]
fn under_a_ring_limit_any_split_into_short_simple_rings_will_do() {
    let swaps = json!({"balance": 0, "max_ring": 2});
    let pair = [("a1", "b", 1, Some(1)), ("b1", "a", 1, Some(1))];
    assert_eq!(ring_breaches(&swaps, vec![], &pair), [""; 0]);
    // Two swaps through b: not the canonical split, whose numbers would be the other way round by the walk.
    let two =
        [("a1", "b", 1, Some(1)), ("b1", "c", 1, Some(2)), ("b2", "a", 1, Some(1)), ("c1", "b", 1, Some(2))];
    assert_eq!(ring_breaches(&swaps, vec![], &two), [""; 0]);

    let breach =
        |placements: &[(&str, &str, u32, Option<i64>)]| ring_breaches(&swaps, vec![], placements).join("; ");
    let three = [("a1", "b", 1, Some(1)), ("b1", "c", 1, Some(1)), ("c1", "a", 1, Some(1))];
    assert_eq!(breach(&three), "ring: ring 1 has 3 libraries, but max_ring is 2");
    assert!(breach(&[("a1", "b", 1, Some(1)), ("b1", "c", 1, Some(1))]).contains("not closed"));
    assert!(breach(&[("a1", "b", 1, Some(1)), ("a2", "b", 1, Some(1))]).contains("two leavers"));
    assert!(breach(&[("a1", "b", 1, Some(1)), ("b1", "a", 2, Some(1))]).contains("several dates"));
    assert!(breach(&[("a1", "b", 1, None), ("b1", "a", 1, None)]).contains("in no ring"));
    assert!(breach(&[("a1", "b", 1, Some(2)), ("b1", "a", 1, Some(2))]).contains("must have ring 1"));
    let four = json!({"balance": 0, "max_ring": 4});
    let two_in_one =
        [("a1", "b", 1, Some(1)), ("b1", "a", 1, Some(1)), ("c1", "d", 1, Some(1)), ("d1", "c", 1, Some(1))];
    assert!(ring_breaches(&four, vec![], &two_in_one).join("; ").contains("more than one ring"));
}

#[test]
fn under_a_ring_limit_a_waived_balance_leaves_open_chains_but_no_hidden_rings() {
    let swaps = json!({"balance": 0, "max_ring": 2});
    let waived = || vec![waiver("balance", "a", Some(day(1))), waiver("balance", "b", Some(day(1)))];
    assert_eq!(ring_breaches(&swaps, waived(), &[("a1", "b", 1, None)]), [""; 0]);
    let hidden = [("a1", "b", 1, None), ("c1", "d", 1, None), ("d1", "c", 1, None)];
    assert_eq!(
        ring_breaches(&swaps, waived(), &hidden),
        ["ring: c1 at d on 2027-03-01 closes a ring that has no number"]
    );
}
