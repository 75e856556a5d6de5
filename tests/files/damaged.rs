//! Damaged files: every fault with its exact pointer, all faults of a file at once, no harm from hostile text.

use library_swap::domain::fault::Fault;
use library_swap::files::{AuditFile, Round, Schedule};
use serde_json::{Value, json};

use super::samples::{AUDIT, ROUND, SCHEDULE};

type Read = fn(&[u8]) -> Option<Vec<Fault>>;

/// What to replace, by what, and the faults expected: pointer and a part of the rule.
type Damage<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn assert_faults(read: Read, sound: &str, damages: &[Damage<'_>]) {
    assert_eq!(read(sound.as_bytes()), None, "the sound file is read");
    for (old, new, expected) in damages {
        assert_eq!(sound.matches(old).count(), 1, "{old} stands once in the sound file");
        let faults = read(sound.replace(old, new).as_bytes()).unwrap_or_else(|| panic!("{new} is accepted"));
        let same = faults.len() == expected.len()
            && faults
                .iter()
                .zip(*expected)
                .all(|(fault, (pointer, rule))| fault.pointer == *pointer && fault.rule.contains(rule));
        assert!(same, "{new}: expected {expected:?}, found {faults:#?}");
    }
}

const DATE: &str = "not among the round's dates";
const TWICE: &str = "twice";

#[test]
fn every_damage_of_a_round_is_reported_with_its_pointer() {
    #[rustfmt::skip]
    let damages: &[Damage<'_>] = &[
        ("library-swap/round", "library-swap/schedule", &[("/format", "library-swap/round")]),
        ("\"version\": 1", "\"version\": 2", &[("/version", "version 1")]),
        ("\"version\": 1,", "", &[("/version", "required")]),
        ("\"name\": \"Spring\"", "\"name\": 7", &[("/name", "string")]),
        ("\"name\": \"Spring\"", "\"nmae\": \"Spring\"", &[("/nmae", "maybe `name`")]),
        ("\"name\": \"Spring\"", "\"name\": \"a\", \"name\": \"b\"", &[("/name", TWICE)]),
        ("Europe/London", "Europe/Worcester", &[("/timezone", "time zone")]),
        ("\"2027-03-01\", \"2027-03-02\"]", "\"2027-03-01\", \"2027-03-02\", \"2027-03-01\"]", &[("/dates/2", TWICE)]),
        ("\"2027-03-01\", \"2027-03-02\"]", "\"2027-03-01\", \"2027-03-02\", \"2027-02-29\"]", &[("/dates/2", "no such day")]),
        ("\"2027-03-01\", \"2027-03-02\"]", "\"2027-03-01\", \"2027-03-02\", \"1.3.2027\"]", &[("/dates/2", "like 2027-03-01")]),
        ("{\"public\": [\"school\"]}", "\"crosswise\"", &[("/rules/sectors", "cross")]),
        ("{\"public\": [\"school\"]}", "{\"public\": [\"school\", \"school\"]}", &[("/rules/sectors/public/1", TWICE)]),
        ("{\"public\": [\"school\"]}", "{\"public\": [], \"public\": []}", &[("/rules/sectors/public", TWICE)]),
        ("\"balance\": 0", "\"balance\": -1", &[("/rules/balance", "from 0")]),
        ("\"balance\": 0", "\"balance\": 1", &[("/rules/max_ring", "balance 0")]),
        ("\"balance\": 0", "\"balance\": null", &[("/rules/max_ring", "balance 0")]),
        ("\"balance\": 0, ", "", &[("/rules/max_ring", "balance 0")]),
        ("\"max_ring\": 3", "\"max_ring\": 1", &[("/rules/max_ring", "from 2")]),
        ("\"min_minutes\": 60", "\"min_minutes\": 1441", &[("/rules/min_minutes", "1440")]),
        ("\"min_minutes\": 60", "\"min_minutes\": 60.5", &[("/rules/min_minutes", "whole")]),
        ("\"min_minutes\": 60", "\"same_employer\": 1", &[("/rules/same_employer", "true or false")]),
        ("\"min_minutes\": 60", "\"min_minuets\": 60", &[("/rules/min_minuets", "maybe `min_minutes`")]),
        ("\"placement_weight\": 1000", "\"placement_weight\": 1000000001", &[("/rules/placement_weight", "1000000000")]),
        ("\"placement_weight\": 1000", "\"placement_weight\": \"strikt\"", &[("/rules/placement_weight", "whole")]),
        ("\"sector\": [40, 25]", "\"sector\": [40, -25]", &[("/rules/weights/sector/1", "from 0")]),
        ("\"topic\": 10", "\"topic\": 1000001", &[("/rules/weights/topic", "1000000")]),
        ("\"topics_max\": 4", "\"topics_max\": 1001", &[("/rules/weights/topics_max", "1000")]),
        ("\"topics_max\": 4", "\"nearness\": -1", &[("/rules/weights/nearness", "from 0")]),
        ("[[\"County\", \"Trust\"]]", "[[\"County\", \"Trust\"], [\"Trust\"]]", &[("/employer_groups/1/0", "two groups, the other at /employer_groups/0")]),
        ("[[\"County\", \"Trust\"]]", "[[\"County\", \"Trust\", \"Trust\"]]", &[("/employer_groups/0/2", TWICE)]),
        ("[[\"hive\", \"severn\"]]", "[[\"hive\", \"hive\"]]", &[("/partners/0", "itself")]),
        ("[[\"hive\", \"severn\"]]", "[[\"hive\", \"severn\"], [\"severn\", \"hive\"]]", &[("/partners/1", TWICE)]),
        ("[[\"hive\", \"severn\"]]", "[[\"hive\", \"sever\"]]", &[("/partners/0/1", "maybe `severn`")]),
        ("[[\"hive\", \"severn\"]]", "[[\"hive\"]]", &[("/partners/0", "pair")]),
        ("\"id\": \"severn\"", "\"id\": \"hive\"", &[("/libraries/1/id", "another library"), ("/partners/0/1", "no such library"), ("/staff/1/home", "no such library"), ("/locks/0/host", "no such library")]),
        ("[\"public\", \"academic\"]", "[]", &[("/libraries/0/sectors", "empty")]),
        ("[\"public\", \"academic\"]", "[\"public\", \"public\"]", &[("/libraries/0/sectors/1", TWICE)]),
        (", \"employers\": [\"Trust\"]", "", &[("/libraries/1/employers", "required")]),
        ("\"latitude\": 52.1936, ", "", &[("/libraries/0/longitude", "both")]),
        ("\"latitude\": 52.1936", "\"latitude\": 90.5", &[("/libraries/0/latitude", "from -90 to 90")]),
        ("\"longitude\": -2.2263", "\"longitude\": 181", &[("/libraries/0/longitude", "from -180 to 180")]),
        ("\"longitude\": -2.2263", "\"longitude\": \"NaN\"", &[("/libraries/0/longitude", "number")]),
        ("\"longitude\": -2.2263", "\"longitude\": NaN", &[("", "no JSON")]),
        ("\"longitude\": -2.2263", "\"longitude\": -Infinity", &[("", "no JSON")]),
        ("\"longitude\": -2.2263", "\"longitude\": 1e999", &[("/libraries/0/longitude", "from -180 to 180")]),
        ("\"topics\": [\"maps\"], \"access\"", "\"topics\": [\"maps\", \"maps\"], \"access\"", &[("/libraries/0/topics/1", TWICE)]),
        ("\"hosting\": {\"2027-03-01\": 2}", "\"hosting\": {\"2027-03-01\": -2}", &[("/libraries/0/hosting/2027-03-01", "from 0")]),
        ("\"hosting\": {\"2027-03-01\": 2}", "\"hosting\": {\"2027-03-03\": 2}", &[("/libraries/0/hosting/2027-03-03", DATE)]),
        ("\"hosting\": {\"2027-03-01\": 2}", "\"hosting\": {\"a/b~\": 2}", &[("/libraries/0/hosting/a~1b~0", "like 2027-03-01")]),
        ("\"hosting\": {\"2027-03-01\": 2}", "\"hosting\": {\"2027-03-01\": 2, \"2027-03-01\": 2}", &[("/libraries/0/hosting/2027-03-01", TWICE)]),
        ("\"hosting_limit\": 6", "\"hosting_limit\": -6", &[("/libraries/0/hosting_limit", "from 0")]),
        ("\"08:30\", \"22:00\"", "\"08:30\", \"24:01\"", &[("/libraries/0/hours/2027-03-01/1", "24:00")]),
        ("\"08:30\", \"22:00\"", "\"8:30\", \"22:00\"", &[("/libraries/0/hours/2027-03-01/0", "09:30")]),
        ("\"08:30\", \"22:00\"", "\"08:30\", \"21:60\"", &[("/libraries/0/hours/2027-03-01/1", "09:30")]),
        ("\"08:30\", \"22:00\"", "\"22:00\", \"08:30\"", &[("/libraries/0/hours/2027-03-01", "before the end")]),
        ("\"08:30\", \"22:00\"", "\"08:30\", \"08:30\"", &[("/libraries/0/hours/2027-03-01", "before the end")]),
        ("\"08:30\", \"22:00\"", "\"24:00\", \"24:00\"", &[("/libraries/0/hours/2027-03-01/0", "starts none")]),
        ("\"08:30\", \"22:00\"", "\"08:30\"", &[("/libraries/0/hours/2027-03-01", "two times")]),
        ("\"id\": \"s2\"", "\"id\": \"s1\"", &[("/staff/1/id", "another person"), ("/forbidden/0/staff", "no such person"), ("/forbidden/1/staff", "no such person")]),
        ("\"id\": \"s2\"", "\"id\": \"\"", &[("/staff/1/id", "empty"), ("/forbidden/0/staff", "no such person"), ("/forbidden/1/staff", "no such person")]),
        ("\"home\": \"severn\"", "\"home\": \"several\"", &[("/staff/1/home", "no such library")]),
        ("\"dates\": [\"2027-03-02\"]", "\"dates\": [\"2027-03-03\"]", &[("/staff/1/dates/0", DATE)]),
        ("\"dates\": [\"2027-03-02\"]", "\"dates\": [\"2027-03-02\", \"2027-03-02\"]", &[("/staff/1/dates/1", TWICE)]),
        ("\"max_km\": 5", "\"max_km\": -5", &[("/staff/1/max_km", "from 0")]),
        ("\"max_km\": 5", "\"max_km\": null", &[("/staff/1/max_km", "required")]),
        ("\"max_km\": 5", "\"max_km\": \"5\"", &[("/staff/1/max_km", "number")]),
        ("\"priority\": 2", "\"priority\": 1001", &[("/staff/0/priority", "1000")]),
        ("\"latitude\": 52.2, ", "", &[("/staff/0/origin/longitude", "both")]),
        ("\"latitude\": 52.2, \"longitude\": -2.2}", "}", &[("/staff/0/origin", "needs latitude")]),
        ("\"latitude\": 52.2,", "\"latitude\": 52.2, \"height\": 7,", &[("/staff/0/origin/height", "unknown")]),
        ("[\"school\", \"special\"]", "[\"school\", \"school\"]", &[("/staff/0/sectors/1", TWICE)]),
        ("[\"lift\"]", "[\"lift\", 3]", &[("/staff/0/needs/1", "string")]),
        ("2028-01-31", "2028-02-30", &[("/staff/0/assured_until", "no such day")]),
        ("[\"elsewhere\"]", "[\"elsewhere\", \"elsewhere\"]", &[("/staff/0/visited/1", TWICE)]),
        ("[\"nowhere\"]", "[\"\"]", &[("/staff/0/avoid/0", "empty")]),
        ("\"locks\": [", "\"locks\": [{\"staff\": \"s1\", \"host\": \"severn\", \"date\": \"2027-03-02\"}, ", &[("/locks/1/staff", "locked twice")]),
        ("\"date\": \"2027-03-01\", \"override\"", "\"date\": \"2027-03-03\", \"override\"", &[("/locks/0/date", DATE)]),
        ("\"by telephone\"", "\"\"", &[("/locks/0/override", "empty")]),
        ("{\"staff\": \"s2\", \"host\": \"hive\"}", "{\"staff\": \"s2\", \"host\": \"hive\", \"date\": \"2027-03-02\"}", &[("/forbidden/1", TWICE)]),
        ("{\"staff\": \"s2\", \"host\": \"hive\"}", "{\"staff\": \"s3\", \"host\": \"hove\"}", &[("/forbidden/1/staff", "maybe"), ("/forbidden/1/host", "maybe `hive`")]),
    ];
    assert_faults(|bytes| Round::read(bytes).err(), ROUND, damages);
}

#[test]
fn every_damage_of_a_schedule_is_reported_with_its_pointer() {
    #[rustfmt::skip]
    let damages: &[Damage<'_>] = &[
        ("library-swap/schedule", "library-swap/round", &[("/format", "library-swap/schedule")]),
        ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "0123", &[("/round_sha256", "SHA-256")]),
        ("\"score\": 77", "\"score\": 7.5", &[("/placements/0/score", "whole")]),
        ("\"ring\": null", "\"ring\": -1", &[("/placements/0/ring", "from 0")]),
        ("\"ring\": null", "\"rink\": null", &[("/placements/0/rink", "maybe `ring`")]),
        ("\"reason\": \"outweighed\"", "\"reason\": \"unlucky\"", &[("/unplaced/0/reason", "outweighed")]),
        ("\"hosts_considered\": 1", "\"hosts_considered\": -1", &[("/unplaced/0/hosts_considered", "from 0")]),
        ("{\"distance\": 1}", "{\"distance\": 1, \"distance\": 1}", &[("/unplaced/0/excluded/distance", TWICE)]),
        ("\"to\": 31.5", "\"to\": [31.5]", &[("/unplaced/0/change/to", "number or a text")]),
        ("\"library\": \"hive\", ", "", &[("/waived/0/library", "required")]),
        ("\"sector_rank\": [1, 0]", "\"sector_rank\": [1, \"0\"]", &[("/outcomes/sector_rank/1", "whole")]),
        ("\"placed\": 1, ", "", &[("/outcomes/placed", "required")]),
        ("\"optimal\": true", "\"optimal\": 1", &[("/objective/optimal", "true or false")]),
        ("\"proof\": \"prices\"", "\"proof\": \"faith\"", &[("/objective/proof", "prices or search")]),
        ("{\"s1\": 12000}", "{\"s1\": 12000, \"s1\": 0}", &[("/prices/staff/s1", TWICE)]),
        ("[[\"hive\", \"2027-03-01\", 5]]", "[[\"hive\", 5]]", &[("/prices/hosting/0", "date and a price")]),
        ("[[\"hive\", \"2027-03-01\", 5]]", "[[\"hive\", \"2027-13-01\", 0.5]]", &[("/prices/hosting/0/1", "no such day"), ("/prices/hosting/0/2", "whole")]),
        ("[[\"hive\", 7]]", "[[7, \"hive\"]]", &[("/prices/hosting_limit/0/0", "string"), ("/prices/hosting_limit/0/1", "whole")]),
        ("\"seconds\": 0.04", "\"seconds\": -1", &[("/run/seconds", "from 0")]),
        ("\"engine\": \"0.1.0\", ", "", &[("/run/engine", "required")]),
    ];
    assert_faults(|bytes| Schedule::read(bytes).err(), SCHEDULE, damages);
}

#[test]
fn every_damage_of_an_audit_file_is_reported_with_its_pointer() {
    #[rustfmt::skip]
    let damages: &[Damage<'_>] = &[
        ("library-swap/audit", "library-swap/round", &[("/format", "library-swap/audit")]),
        ("\"2027-03-01\", \"2027-03-02\"]", "\"2027-03-01\", \"2027-03-02\", \"2027-03-02\"]", &[("/dates/2", TWICE)]),
        ("\"balance\": 0", "\"balance\": 1", &[("/max_ring", "balance 0")]),
        ("\"max_ring\": 3", "\"max_ring\": 1", &[("/max_ring", "from 2")]),
        ("\"weight\": 1000", "\"weight\": -1", &[("/weight", "from 0")]),
        ("{\"2027-03-01\": 2}", "{\"2027-03-03\": 2}", &[("/libraries/0/hosting/2027-03-03", DATE)]),
        ("{\"id\": \"severn\"}", "{\"id\": \"severn\"}, {\"id\": \"severn\"}", &[("/libraries/2/id", TWICE)]),
        ("\"id\": \"p2\"", "\"id\": \"p1\"", &[("/staff/1/id", TWICE)]),
        ("\"home\": \"severn\"", "\"home\": \"several\"", &[("/staff/1/home", "not in this file")]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"hive\", [\"2027-03-01\"], 77]", &[("/staff/0/feasible/0/0", "own library")]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"severn\", [\"2027-03-01\"], 77], [\"severn\", [\"2027-03-02\"], 77]", &[("/staff/0/feasible/1/0", TWICE)]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"severn\", [\"2027-03-01\", \"2027-03-01\"], 77]", &[("/staff/0/feasible/0/1/1", TWICE)]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"severn\", [\"2027-03-09\"], 77]", &[("/staff/0/feasible/0/1/0", DATE)]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"severn\", [], 77]", &[("/staff/0/feasible/0/1", "empty")]),
        ("[\"severn\", [\"2027-03-01\"], 77]", "[\"severn\", 77]", &[("/staff/0/feasible/0", "dates and the score")]),
        ("\"locks\": [", "\"locks\": [{\"staff\": \"p1\", \"host\": \"severn\", \"date\": \"2027-03-02\", \"score\": 1}, ", &[("/locks/1/staff", "locked twice")]),
        ("\"weight\": 1000", "\"weight\": 9007199254740991", &[("", "2^53")]),
    ];
    assert_faults(|bytes| AuditFile::read(bytes).err(), AUDIT, damages);
}

#[test]
fn sums_beyond_2_to_the_53_are_refused_and_just_below_they_are_read() {
    let round = |staff: usize| {
        let mut value: Value = serde_json::from_str(ROUND).expect("JSON");
        value["rules"]["placement_weight"] = json!(1_000_000_000);
        value["rules"]["weights"] = json!({"sector": [0], "topic": 0, "nearness": 0, "partner": 0});
        value["locks"] = json!([]);
        value["forbidden"] = json!([]);
        let person =
            |n| json!({"id": format!("s{n}"), "home": "hive", "dates": [], "max_km": 1, "priority": 1000});
        value["staff"] = (0..staff).map(person).collect();
        Round::read(value.to_string().as_bytes())
    };
    // 10^9 × 1001 × 8998 is just below 2^53.
    assert!(round(8_998).is_ok());
    let faults = round(8_999).expect_err("refused");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, "");
    assert!(faults[0].rule.contains("2^53"), "{}", faults[0]);
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let damaged = ROUND
        .replace("\"2027-03-01\", \"2027-03-02\"]", "\"2027-03-01\", \"2027-03-02\", \"no\"]")
        .replace("\"max_km\": 5", "\"max_km\": -5, \"colour\": 1")
        .replace("\"home\": \"severn\"", "\"home\": \"nowhere\"")
        .replace("Europe/London", "London")
        .replace(
            "\"topics\": [\"maps\"],\n     \"needs\"",
            "\"topics\": [\"maps\", 3, \"maps\"],\n     \"needs\"",
        );
    let faults = Round::read(damaged.as_bytes()).expect_err("refused");
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/timezone",
            "/dates/2",
            "/staff/0/topics/1",
            "/staff/0/topics/2",
            "/staff/1/colour",
            "/staff/1/home",
            "/staff/1/max_km",
        ]
    );
    assert_eq!(faults[6].to_string(), "/staff/1/max_km: -5: must be a number from 0 to 1000000");
}

#[test]
fn text_that_is_no_utf_8_or_nested_too_deep_is_refused_without_harm() {
    for read in [
        |bytes: &[u8]| Round::read(bytes).err(),
        |bytes: &[u8]| Schedule::read(bytes).err(),
        |bytes: &[u8]| AuditFile::read(bytes).err(),
    ] {
        let refused = |bytes: &[u8]| {
            let faults = read(bytes).expect("refused");
            assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, ""));
            faults[0].rule.clone()
        };
        assert!(refused(b"{\"format\": \"\xff\"}").contains("byte 12"));
        // Depth does no harm: what is not asked for is passed over, not gone into.
        assert!(refused("[".repeat(1_000_000).as_bytes()).contains("EOF"));
        assert!(refused("{\"a\":".repeat(1_000_000).as_bytes()).contains("EOF"));
        assert!(
            refused(["[".repeat(1_000_000), "]".repeat(1_000_000)].concat().as_bytes()).contains("object")
        );
        assert!(refused(b"").contains("EOF"));
        assert!(refused(b"{} {}").contains("trailing"));
    }
}
