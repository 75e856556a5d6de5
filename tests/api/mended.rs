//! Repairs where mails, days and answers come in between: found by the model-based test, each in one story.

use library_swap::domain::letter::{Letter, Method, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use serde_json::{Value, json};

use crate::day::{DURING, agreed};
use crate::repairs::{Case, option, published};
use crate::support::{Client, for_each_service};
use crate::swaps::{self, TWO, TWO_DAYS, links_to};
use crate::world::{DAYS, english, id_of};

fn closing(case: &Case<'_>, days: &[&str]) -> Value {
    let day = |date: &&str| json!({ "library": case.world.host, "date": date });
    json!({ "close": days.iter().map(day).collect::<Vec<_>>() })
}

/// The host closes on the first day, so that its visitor moves to the second; gives their placement then.
fn moved(case: &Case<'_>) -> String {
    let asked = case.ask(&closing(case, &[DAYS[0]]));
    let way = option(&asked.expect(201), "fewest_touched").clone();
    let application = way["changes"][0]["application"].clone();
    case.apply_seen(&asked, &way["id"]).expect(200);
    let all = case.placements();
    let own = all.iter().find(|one| one["application"] == application && one["state"] == "proposed");
    own.and_then(|one| one["id"].as_str()).expect("a placement").to_owned()
}

#[test]
fn a_library_may_close_on_two_days_at_once() {
    for_each_service(|service| {
        let case = published(service);
        case.world.mails();
        let asked = case.ask(&closing(&case, &DAYS));
        let repair = asked.expect(201);
        case.apply_seen(&asked, &option(&repair, "leave_the_gap")["id"]).expect(200);
        let url = format!("/v1/libraries/{}/exceptions", case.world.host);
        let closed = case.world.organiser.get(&url).expect(200);
        let days: Vec<&Value> =
            closed["data"].as_array().expect("a list").iter().map(|one| &one["date"]).collect();
        assert_eq!(days, DAYS);
        case.assert_whole();
    });
}

#[test]
fn a_repair_is_stale_once_more_people_have_heard_than_it_says() {
    for_each_service(|service| {
        let case = published(service);
        let dropped = case.in_state("proposed")[0].0.clone();
        let asked = case.ask(&json!({ "drop": [dropped] }));
        let gap = option(&asked.expect(201), "leave_the_gap").clone();
        assert_eq!(gap["mails"], json!([]), "nobody has heard of the day yet");
        case.world.mails();
        let stale = case.apply_seen(&asked, &gap["id"]);
        assert_eq!((stale.status, stale.code().as_str()), (412, "stale-repair"));
        assert_eq!(case.in_state("proposed").len(), 2, "and nothing is done");
        assert!(case.world.mails().is_empty());
        let asked = case.ask(&json!({ "drop": [dropped] }));
        let gap = option(&asked.expect(201), "leave_the_gap").clone();
        assert_eq!(gap["mails"].as_array().map(Vec::len), Some(2), "{gap}");
        case.apply_seen(&asked, &gap["id"]).expect(200);
        assert_eq!(case.world.mails().len(), 2);
    });
}

#[test]
fn whoever_knows_the_former_day_hears_that_the_new_one_is_off_as_well() {
    for_each_service(|service| {
        let case = published(service);
        let before = case.world.mails();
        let placement = moved(&case);
        // The mails of the move have not left when the day is called off.
        let url = format!("/v1/placements/{placement}/cancel");
        case.world.organiser.post(&url, &json!({ "reason": "Snow." })).expect(200);
        let letters = case.world.mails();
        let told: Vec<_> = letters.iter().map(|mail| (mail.kind, mail.party)).collect();
        assert_eq!(letters.len(), 2, "{told:?}");
        for party in [Party::Participant, Party::Host] {
            let mail = letters.iter().find(|mail| mail.party == party).expect("a mail");
            assert_eq!(mail.kind, NoticeKind::Cancelled);
            let words = english(mail.reason.as_ref());
            let expected = "It was to take the place of the day at Campus Library on Monday 1 March 2027, which is \
                            off as well. Snow.";
            assert_eq!(words, expected);
            let event = mail.invitation.as_ref().expect("an invitation");
            assert_eq!(event.status.method(), Method::Cancel);
            let is_known =
                |one: &&Letter| one.invitation.as_ref().is_some_and(|known| known.uid == event.uid);
            assert!(before.iter().any(|one| is_known(&one)), "the event that they have ends");
        }
        case.assert_whole();
    });
}

#[test]
fn a_publication_is_taken_back_by_the_run_of_a_repair_as_well() {
    for_each_service(|service| {
        let case = published(service);
        case.world.mails();
        moved(&case);
        case.world.mails();
        let left_out = case.left_out();
        let runs = case.world.organiser.get(&case.world.of_round("/runs")).expect(200);
        let runs = runs["data"].as_array().expect("a list").clone();
        let run = runs.iter().find(|run| run["kind"] == "repaired").expect("a run");
        let id = run["id"].as_str().expect("an id");
        case.world.organiser.step(&format!("/v1/runs/{id}/withdraw")).expect(200);
        assert!(case.in_state("proposed").is_empty());
        let letters = case.world.mails();
        let again: Vec<&Letter> =
            letters.iter().filter(|mail| mail.kind == NoticeKind::MatchedAgain).collect();
        assert_eq!(
            again.len(),
            1,
            "who had heard that there is no place hears that it is matched again: {left_out}"
        );
        case.assert_whole();
    });
}

#[test]
fn who_has_come_has_been_there() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(DURING);
        case.holder(Party::Host)
            .post(&case.of("/attendance"), &json!({ "attendance": "arrived" }))
            .expect(200);
        let close = json!([{ "library": case.world.host, "date": DAYS[0] }]);
        for (body, pointer) in
            [(json!({ "drop": [case.application] }), "/drop/0"), (json!({ "close": close }), "/close")]
        {
            let refused = case.world.organiser.post(&case.world.of_round("/repairs"), &body);
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (422, "invalid-fields"),
                "{}",
                refused.text()
            );
            let error = &refused.json()["errors"][0];
            assert_eq!(error["pointer"], pointer);
            assert!(error["detail"].as_str().is_some_and(|words| words.starts_with("frozen: ")), "{error}");
        }
    });
}

#[test]
fn whoever_drops_out_after_a_move_is_no_reserve_for_their_own_place() {
    for_each_service(|service| {
        let case = published(service);
        case.world.mails();
        let placement = moved(&case);
        case.world.mails();
        let url = format!("/v1/placements/{placement}");
        let own = case.world.organiser.get(&url).expect(200)["application"].clone();
        case.world.organiser.post(&format!("{url}/cancel"), &json!({ "reason": "Broke a leg." })).expect(200);
        let found = case.world.organiser.get(&format!("{url}/reserves")).expect(200);
        let reserves: Vec<&Value> =
            found["reserves"].as_array().expect("a list").iter().map(|one| &one["application"]).collect();
        assert_eq!(
            reserves,
            [&json!(case.left_out_but(&own))],
            "the move was not their doing, the leg is theirs"
        );
    });
}

/// The applications of those who could take the place of a placement.
fn reserves(organiser: &Client, placement: &str) -> Vec<Value> {
    let found = organiser.get(&format!("/v1/placements/{placement}/reserves")).expect(200);
    let all = found["reserves"].as_array().expect("a list");
    all.iter().map(|one| one["application"].clone()).collect()
}

#[test]
fn whose_publication_was_taken_back_is_a_reserve_like_others() {
    for_each_service(|service| {
        let case = published(service);
        case.world.mails();
        let run = case.placements()[0]["run"].as_str().expect("a run").to_owned();
        let waiting = case.left_out();
        case.world.organiser.step(&format!("/v1/runs/{run}/withdraw")).expect(200);
        // Whoever waited gets a place now, so that somebody waits who had one.
        let lock = json!({ "host": case.world.host, "date": DAYS[0] });
        case.world.organiser.put(&case.world.of_round(&format!("/locks/{waiting}")), &lock).expect(200);
        let again = case.world.solved();
        case.world.publish(&again);
        case.world.mails();
        let had_one = case.left_out();
        assert_ne!(had_one, waiting);
        let all = case.placements();
        let own = all.iter().find(|one| one["application"] == waiting.as_str() && one["state"] == "proposed");
        let placement = id_of(own.expect("a placement"));
        let url = format!("/v1/placements/{placement}/cancel");
        case.world.organiser.post(&url, &json!({ "reason": "Broke a leg." })).expect(200);
        assert_eq!(reserves(&case.world.organiser, &placement), [json!(had_one)]);
    });
}

/// Ann and Bea have exchanged their days; gives their placements now.
fn swapped(case: &swaps::Case<'_>) -> [Value; 2] {
    case.confirm();
    case.ask();
    case.world.mails();
    for (_, link) in links_to(&case.agree(), Party::Host) {
        case.answer(&link, "agree_swap").expect(200);
    }
    let all = case.placements();
    ["ann", "bea"].map(|name| {
        let own = |one: &&Value| {
            one["application"] == case.person(name).application.as_str() && one["state"] == "confirmed"
        };
        all.iter().find(own).expect("a placement").clone()
    })
}

#[test]
fn who_has_exchanged_a_day_and_lost_the_new_one_is_a_reserve_like_others() {
    for_each_service(|service| {
        let case = swaps::Case::new(service, &TWO);
        let [ann, bea] = swapped(&case);
        let no = json!({ "party": "host", "answer": "no", "reason": "A flood." });
        case.world.organiser.post(&format!("/v1/placements/{}/answers", id_of(&ann)), &no).expect(200);
        let url = format!("/v1/placements/{}/cancel", id_of(&bea));
        case.world.organiser.post(&url, &json!({ "reason": "Broke a leg." })).expect(200);
        assert_eq!(reserves(&case.world.organiser, &id_of(&bea)), [ann["application"].clone()]);
        case.assert_whole();
    });
}

#[test]
fn whoever_knows_the_day_before_a_swap_hears_that_the_new_one_is_off_as_well() {
    for_each_service(|service| {
        let case = swaps::Case::new(service, &TWO);
        let [ann, _] = swapped(&case);
        // The mails of the exchange have not left when the day is called off.
        let url = format!("/v1/placements/{}/cancel", id_of(&ann));
        case.world.organiser.post(&url, &json!({ "reason": "Snow." })).expect(200);
        let letters = case.world.mails();
        let off: Vec<&Letter> = letters.iter().filter(|mail| mail.kind == NoticeKind::Cancelled).collect();
        let told: Vec<_> = letters.iter().map(|mail| (mail.kind, mail.party)).collect();
        assert_eq!((off.len(), letters.len()), (3, 6), "{told:?}");
        for mail in off {
            let words = english(mail.reason.as_ref());
            let host = if mail.party == Party::Host { "Lab" } else { "Campus" };
            let former =
                format!("It was to take the place of the day at {host} Library on Monday 1 March 2027");
            assert!(words.starts_with(&former), "{words}");
            let method = mail.invitation.as_ref().map(|event| (event.status.method(), event.sequence));
            assert!(
                mail.party == Party::Manager || method.is_some_and(|is| is.0 == Method::Cancel && is.1 > 1)
            );
        }
        case.assert_whole();
    });
}

#[test]
fn nobody_is_sent_to_a_host_that_has_said_no_for_the_day_also_not_in_the_place_of_a_drop_out() {
    for_each_service(|service| {
        // Ann could go to the campus only, and on the first day.
        let places = [("ann", false, 0), ("bea", false, 0), ("dee", true, 1)];
        let case = swaps::Case::with(service, &places, &json!(null), |who, mut form| {
            if who == "ann" {
                form["avoid"] = json!(["lab"]);
                form["dates"] = json!([DAYS[0]]);
            }
            form
        });
        let (ann, bea) = (case.person("ann"), case.person("bea"));
        let no = json!({ "party": "host", "answer": "no", "reason": "One is enough." });
        case.world.organiser.post(&format!("/v1/placements/{}/answers", ann.placement), &no).expect(200);
        for add in [vec![], vec![&ann.application]] {
            let asked = json!({ "drop": [bea.application], "add": add });
            let asked = case.world.organiser.post(&case.world.of_round("/repairs"), &asked).expect(201);
            for way in asked["options"].as_array().expect("options") {
                let changes = way["changes"].as_array().expect("changes");
                let comes = |change: &&Value| change["to"]["date"] == DAYS[0];
                assert_eq!(changes.iter().find(comes), None, "{way}");
            }
        }
    });
}

#[test]
fn who_has_heard_of_nothing_but_a_swap_hears_that_it_is_over() {
    for_each_service(|service| {
        let case = swaps::Case::new(service, &TWO_DAYS);
        case.ask();
        case.world.mails();
        // The managers released the days before and were not asked; of the swap they are.
        assert_eq!(links_to(&case.agree(), Party::Manager).len(), 2);
        let url = format!("/v1/placements/{}/cancel", case.person("ann").placement);
        case.world.organiser.post(&url, &json!({ "reason": "Snow." })).expect(200);
        let letters = case.world.mails();
        let mut told: Vec<(NoticeKind, Party)> = letters.iter().map(|mail| (mail.kind, mail.party)).collect();
        told.sort();
        let mut expected = vec![
            (NoticeKind::Cancelled, Party::Participant),
            (NoticeKind::Cancelled, Party::Host),
            (NoticeKind::SwapEnded, Party::Participant),
            (NoticeKind::SwapEnded, Party::Host),
            (NoticeKind::SwapEnded, Party::Manager),
            (NoticeKind::SwapEnded, Party::Manager),
        ];
        expected.sort();
        assert_eq!(told, expected);
        case.assert_whole();
    });
}

#[test]
fn a_day_that_has_been_is_whole_also_where_its_visitor_withdrew_before_the_mark_was_corrected() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(DURING);
        let mark = |kind: &str| {
            case.holder(Party::Host)
                .post(&case.of("/attendance"), &json!({ "attendance": kind }))
                .expect(200);
        };
        mark("did_not_come");
        let url = format!("/v1/applications/{}/withdraw", case.application);
        case.world.organiser.step(&url).expect(200);
        mark("arrived");
        // The placement of this world is of no real run: what counts is that its application fits.
        let found = check_all(&service.app, &Actor::worker("test"), 10).expect("traced");
        let words = format!("{:?}", found.first);
        assert!(!words.contains("its application is"), "{words}");
    });
}
