//! Repairs of published rounds: shown before anybody hears, applied as shown, one mail for each person concerned.

use library_swap::domain::letter::{Letter, Method, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use serde_json::{Value, json};

use crate::support::{Reply, Service, for_each_service};
use crate::world::{DAYS, World, english};

const TOLD: &str = "2027-02-01T10:00:00Z";

/// Three people of one library; balance lets one of them go a day, so that one is left out.
pub struct Case<'a> {
    pub world: World<'a>,
    run: String,
}

pub fn published(service: &Service) -> Case<'_> {
    let case = held(service);
    case.world.organiser.step(&format!("/v1/runs/{}/release-mails", case.run)).expect(200);
    case
}

/// The same with nobody told yet.
fn held(service: &Service) -> Case<'_> {
    let world = World::new(service);
    let welcome = json!({
        "contact": { "name": "Front desk", "email": "desk@campus.example", "telephone": "+44 1905 555000" },
        "deputy": { "name": "Deputy", "email": "deputy@campus.example", "telephone": "+44 1905 555001" },
        "access": ["step-free"],
    });
    world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
    let offer = json!({
        "hosting": { DAYS[0]: 2, DAYS[1]: 2 }, "release": { DAYS[0]: 2, DAYS[1]: 2 },
        "hours": { DAYS[0]: ["09:00", "17:00"] },
    });
    world.organiser.put(&world.of_round(&format!("/libraries/{}", world.host)), &offer).expect(200);
    for who in ["ann", "bea", "cid"] {
        world.released(who);
    }
    world.close();
    let run = world.solved();
    service.set_clock(TOLD);
    world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
    Case { world, run }
}

impl Case<'_> {
    pub fn placements(&self) -> Vec<Value> {
        let listed = self.world.organiser.get(&self.world.of_round("/placements?limit=200")).expect(200);
        listed["data"].as_array().expect("a list").clone()
    }

    /// Application and day of everybody whose placement is in a state.
    pub fn in_state(&self, state: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let all = self.placements();
        let own = all.iter().filter(|one| one["state"] == state);
        own.map(|one| (text(&one["application"]), text(&one["date"]))).collect()
    }

    /// Who has no place, but for one of them.
    pub fn left_out_but(&self, other: &Value) -> String {
        let listed = self.world.organiser.get(&self.world.of_round("/applications?limit=200")).expect(200);
        let all = listed["data"].as_array().expect("a list").clone();
        let left = all.iter().find(|one| one["state"] == "unplaced" && one["id"] != *other);
        left.expect("somebody")["id"].as_str().expect("an id").to_owned()
    }

    pub fn left_out(&self) -> String {
        let listed = self.world.organiser.get(&self.world.of_round("/applications?limit=200")).expect(200);
        let all = listed["data"].as_array().expect("a list").clone();
        let left = all.iter().find(|one| one["state"] == "unplaced").expect("somebody");
        left["id"].as_str().expect("an id").to_owned()
    }

    pub fn ask(&self, body: &Value) -> Reply {
        self.world.organiser.post(&self.world.of_round("/repairs"), body)
    }

    fn apply(&self, asked: &Reply, option: &Value, headers: &[(&str, &str)]) -> Reply {
        let url = format!("{}/apply", asked.header("location").expect("a location"));
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.world.organiser.send("POST", &url, &all, json!({ "option": option }).to_string().as_bytes())
    }

    pub fn apply_seen(&self, asked: &Reply, option: &Value) -> Reply {
        self.apply(asked, option, &[("if-match", asked.header("etag").expect("a tag"))])
    }

    pub fn assert_whole(&self) {
        let all = check_all(&self.world.service.app, &Actor::worker("test"), 10).expect("traced");
        assert_eq!(all.broken, 0, "{:?}", all.first);
    }
}

pub fn option<'a>(repair: &'a Value, kind: &str) -> &'a Value {
    let options = repair["options"].as_array().expect("options");
    options.iter().find(|option| option["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {repair}"))
}

fn told(mails: &[Letter]) -> Vec<(NoticeKind, Party, String)> {
    let mut told: Vec<_> =
        mails.iter().map(|mail| (mail.kind, mail.party, mail.to_address.clone())).collect();
    told.sort();
    told
}

#[test]
fn a_drop_out_is_replaced_and_nobody_else_hears() {
    for_each_service(|service| {
        let case = published(service);
        let before = case.world.mails();
        let placed = case.in_state("proposed");
        assert_eq!(placed.len(), 2, "{placed:?}");
        let (dropped, day) = placed[0].clone();
        let waiting = case.left_out();
        let asked = case.ask(&json!({ "drop": [dropped] }));
        let repair = asked.expect(201);
        assert_eq!(repair["options"].as_array().map(Vec::len), Some(3), "{repair}");
        assert_eq!(option(&repair, "leave_the_gap")["placed"], 1);
        let way = option(&repair, "fewest_touched");
        assert_eq!((&way["placed"], &way["touched"], &way["proven"]), (&json!(2), &json!(0), &json!(true)));
        assert_eq!(repair["default_option"], way["id"]);
        let comes = &way["changes"][1];
        assert_eq!((&comes["application"], &comes["why"]), (&json!(waiting), &json!("comes_in")));
        assert_eq!((&comes["to"]["date"], &comes["from"]), (&json!(day), &Value::Null));
        assert_eq!(repair["telephones"], json!([]), "no day is near");
        assert!(case.world.mails().is_empty(), "nobody hears of what is only shown");

        let count = |kind: &str, party: &str| json!({ "kind": kind, "party": party, "count": 1 });
        let expected =
            [count("proposal", "participant"), count("proposal", "host"), count("cancelled", "participant")];
        let mails = way["mails"].as_array().expect("mails");
        assert!(mails.len() == 3 && expected.iter().all(|one| mails.contains(one)), "{mails:?}");

        let blind = case.apply(&asked, &way["id"], &[]);
        assert_eq!((blind.status, blind.code().as_str()), (428, "if-match-required"));
        let other = case.apply(&asked, &way["id"], &[("if-match", "\"0123\"")]);
        assert_eq!((other.status, other.code().as_str()), (412, "changed-since"));
        let applied = case.apply_seen(&asked, &way["id"]).expect(200);
        assert_eq!(applied["applied_option"], way["id"]);
        let letters = case.world.mails();
        assert_eq!(letters.len(), 3, "{:?}", told(&letters));
        // The host hears of both visitors by one mail, and its calendar's event is of the new one from now on.
        let host = letters.iter().find(|mail| mail.party == Party::Host).expect("a mail");
        assert_eq!(host.kind, NoticeKind::Proposal);
        let words = english(host.reason.as_ref());
        assert!(words.contains("takes the place") && words.contains("no longer take part"), "{words}");
        let event = host.invitation.as_ref().expect("an invitation");
        assert_eq!((event.status.method(), event.sequence), (Method::Request, 1));
        let known = |mail: &&Letter| {
            let invitation = mail.invitation.as_ref();
            mail.party == Party::Host && invitation.is_some_and(|known| known.uid == event.uid)
        };
        assert!(before.iter().any(|mail| known(&mail)), "the event goes on");
        let mut now = case.in_state("proposed");
        now.sort();
        let mut expected = vec![placed[1].clone(), (waiting, day)];
        expected.sort();
        assert_eq!(now, expected);
        assert_eq!(case.in_state("cancelled").len(), 1);
        case.assert_whole();
        let again = case.apply_seen(&asked, &way["id"]);
        assert_eq!((again.status, again.code().as_str()), (409, "repair-applied"));

        // The new placement is like any other: it can be answered, and the round taken back.
        let proposal = letters
            .iter()
            .find(|mail| mail.kind == NoticeKind::Proposal && mail.party == Party::Participant)
            .and_then(|mail| mail.link.clone())
            .expect("a link");
        let secret = proposal.rsplit('/').next().expect("a secret");
        let page = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        let answer = json!({ "deed": "accept", "version": page["placement"]["version"] });
        service.anyone().post(&format!("/v1/links/{secret}"), &answer).expect(200);
        case.assert_whole();
        case.world.organiser.step(&format!("/v1/runs/{}/withdraw", case.run)).expect(200);
        assert!(case.in_state("proposed").is_empty());
        case.assert_whole();
    });
}

#[test]
fn a_host_that_closes_moves_its_visitor_with_one_mail_each_and_one_event() {
    for_each_service(|service| {
        let case = published(service);
        let before = case.world.mails();
        let placed = case.in_state("proposed");
        let (moved, _) = placed.iter().find(|(_, day)| day == DAYS[0]).expect("somebody").clone();
        let body = json!({ "close": [{ "library": case.world.host, "date": DAYS[0] }] });
        let asked = case.ask(&body);
        let repair = asked.expect(201);
        let way = option(&repair, "fewest_touched");
        assert_eq!((&way["placed"], &way["touched"]), (&json!(2), &json!(0)), "{way}");
        let change = &way["changes"][0];
        assert_eq!((&change["application"], &change["why"]), (&json!(moved), &json!("host_closes")));
        assert_eq!((&change["from"]["date"], &change["to"]["date"]), (&json!(DAYS[0]), &json!(DAYS[1])));
        assert!(way["waived"].as_array().is_some_and(|waived| !waived.is_empty()), "{way}");
        case.apply_seen(&asked, &way["id"]).expect(200);
        let letters = case.world.mails();
        let kinds: Vec<_> = letters.iter().map(|mail| (mail.kind, mail.party)).collect();
        assert_eq!(letters.len(), 2, "{kinds:?}");
        for party in [Party::Participant, Party::Host] {
            let mail = letters.iter().find(|mail| mail.party == party).expect("a mail");
            assert_eq!(mail.kind, NoticeKind::Proposal);
            assert!(english(mail.reason.as_ref()).contains("Monday 1 March 2027"), "{mail:?}");
            let event = mail.invitation.as_ref().expect("an invitation");
            assert_eq!((event.status.method(), event.sequence), (Method::Request, 1));
            assert_eq!(event.date.to_string(), DAYS[1]);
            let known = before.iter().filter_map(|mail| mail.invitation.as_ref());
            assert!(known.into_iter().any(|known| known.uid == event.uid), "the event goes on");
        }
        case.assert_whole();
        let url = format!("/v1/libraries/{}/exceptions", case.world.host);
        let exceptions = case.world.organiser.get(&url).expect(200);
        assert_eq!(exceptions["data"][0]["date"], DAYS[0], "{exceptions}");
        // Mended once more: what was waived stays, and the events end.
        let asked = case.ask(&json!({ "drop": [moved] }));
        let repair = asked.expect(201);
        case.apply_seen(&asked, &option(&repair, "leave_the_gap")["id"]).expect(200);
        let letters = case.world.mails();
        assert_eq!(letters.len(), 2, "{:?}", told(&letters));
        for mail in &letters {
            let event = mail.invitation.as_ref().expect("an invitation");
            assert_eq!((event.status.method(), event.sequence), (Method::Cancel, 2));
        }
        case.assert_whole();
    });
}

#[test]
fn the_gap_that_a_no_has_left_is_refilled_but_not_at_a_host_that_said_no() {
    for (party, refills) in [(Party::Participant, true), (Party::Host, false)] {
        for_each_service(|service| {
            let case = published(service);
            let letters = case.world.mails();
            let letter = letters
                .iter()
                .find(|mail| mail.kind == NoticeKind::Proposal && mail.party == party)
                .expect("a proposal");
            let day = letter.visit.as_ref().expect("a day").date.to_string();
            let secret = letter.link.as_ref().and_then(|link| link.rsplit('/').next()).expect("a secret");
            let page = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
            let no = json!({ "deed": "decline", "version": page["placement"]["version"], "reason": "It cannot be." });
            service.anyone().post(&format!("/v1/links/{secret}"), &no).expect(200);
            case.world.mails();
            let declined = case.in_state("declined")[0].clone();
            assert_eq!(declined.1, day);
            let asked = case.ask(&json!({ "drop": [declined.0] }));
            let repair = asked.expect(201);
            let way = option(&repair, "fewest_touched");
            assert_eq!(way["changes"][0]["from"]["ended"], true, "{way}");
            let comes =
                way["changes"].as_array().expect("changes").iter().find(|one| one["why"] == "comes_in");
            assert_eq!(comes.is_some_and(|one| one["to"]["date"] == json!(day)), refills, "{party}: {way}");
            case.apply_seen(&asked, &way["id"]).expect(200);
            let told = told(&case.world.mails());
            assert!(told.iter().all(|(kind, _, _)| *kind == NoticeKind::Proposal), "{told:?}");
            assert_eq!(told.len(), if refills { 2 } else { 0 }, "{told:?}");
            case.assert_whole();
        });
    }
}

#[test]
fn what_has_changed_since_refuses_a_repair_and_changes_nothing() {
    for_each_service(|service| {
        let case = published(service);
        let letters = case.world.mails();
        let dropped = case.in_state("proposed")[0].0.clone();
        let asked = case.ask(&json!({ "drop": [dropped] }));
        let repair = asked.expect(201);
        let link = letters
            .iter()
            .find(|mail| mail.kind == NoticeKind::Proposal && mail.party == Party::Host)
            .and_then(|mail| mail.link.clone())
            .expect("a link");
        let secret = link.rsplit('/').next().expect("a secret");
        let page = service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        let answer = json!({ "deed": "accept", "version": page["placement"]["version"] });
        service.anyone().post(&format!("/v1/links/{secret}"), &answer).expect(200);
        let before = case.placements();
        let stale = case.apply_seen(&asked, &repair["default_option"]);
        assert_eq!((stale.status, stale.code().as_str()), (412, "stale-repair"));
        assert_eq!(case.placements(), before);
        assert!(case.world.mails().is_empty());
        let seen = case.world.organiser.get(asked.header("location").expect("a location")).expect(200);
        assert_eq!((&seen["applied_option"], &seen["id"]), (&Value::Null, &repair["id"]));
    });
}

#[test]
fn near_the_day_the_gap_is_the_default_and_whom_to_ring_is_said_in_order() {
    for_each_service(|service| {
        let case = published(service);
        case.world.mails();
        let placed = case.in_state("proposed");
        let (dropped, _) = placed.iter().find(|(_, day)| day == DAYS[0]).expect("somebody").clone();
        service.set_clock("2027-02-27T10:00:00Z");
        let asked = case.ask(&json!({ "drop": [dropped] }));
        let repair = asked.expect(201);
        assert_eq!(repair["default_option"], option(&repair, "leave_the_gap")["id"]);
        let calls = repair["telephones"].as_array().expect("calls");
        let who: Vec<_> = calls.iter().map(|call| call["who"].as_str().expect("who")).collect();
        assert_eq!(who, ["host_contact", "deputy", "home_manager"]);
        assert_eq!(calls[0]["telephone"], "+44 1905 555000");
        assert_eq!(calls[2]["email"], "head@council.example");
        let late = case.apply_seen(&asked, &option(&repair, "fewest_touched")["id"]);
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"), "nobody could answer any more");
        case.apply_seen(&asked, &repair["default_option"]).expect(200);
        case.assert_whole();
    });
}

#[test]
fn what_nobody_has_heard_of_yet_is_not_repaired() {
    for_each_service(|service| {
        let case = held(service);
        let dropped = case.in_state("proposed")[0].0.clone();
        let early = case.ask(&json!({ "drop": [dropped] }));
        assert_eq!((early.status, early.code().as_str()), (409, "round-state"));
        assert!(
            early.json()["detail"].as_str().is_some_and(|words| words.contains("held")),
            "{}",
            early.text()
        );
    });
}

#[test]
fn what_cannot_be_repaired_is_refused_with_its_code() {
    for_each_service(|service| {
        let case = published(service);
        let (placed, waiting) = (case.in_state("proposed"), case.left_out());
        let (first, second) = (&placed[0].0, &placed[1].0);
        let body = json!({
            "drop": [waiting, first], "add": [second], "freeze": [first],
            "close": [{ "library": case.world.host, "date": "2027-05-01" }],
        });
        let refused = case.ask(&body);
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid-fields"));
        let errors = refused.json()["errors"].as_array().expect("errors").clone();
        let mut found: Vec<(String, String)> = errors
            .iter()
            .map(|error| {
                let text = |name: &str| error[name].as_str().expect("a text").to_owned();
                (text("pointer"), text("detail").split(':').next().unwrap_or_default().to_owned())
            })
            .collect();
        found.sort();
        let expected = [
            ("/add/0", "already_placed"),
            ("/close/0", "unknown_id"),
            ("/drop/0", "not_placed"),
            ("/drop/1", "frozen"),
        ];
        let expected: Vec<_> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        assert_eq!(found, expected, "{errors:?}");
        let nothing = case.ask(&json!({}));
        assert_eq!((nothing.status, nothing.code().as_str()), (422, "invalid-fields"));

        let asked = case.ask(&json!({ "drop": [first] }));
        let other = case.ask(&json!({ "drop": [second] })).expect(201);
        asked.expect(201);
        let foreign = case.apply_seen(&asked, &other["default_option"]);
        assert_eq!((foreign.status, foreign.code().as_str()), (422, "invalid-fields"));
        let mut round = World::round_body();
        round["sign_up_until"] = json!("2027-02-03");
        let elsewhere = case.world.organiser.post("/v1/rounds", &round).expect(201);
        let elsewhere = elsewhere["id"].as_str().expect("an id");
        let early = case
            .world
            .organiser
            .post(&format!("/v1/rounds/{elsewhere}/repairs"), &json!({ "drop": [first] }));
        assert_eq!((early.status, early.code().as_str()), (409, "round-state"));
        let id = other["id"].as_str().expect("an id");
        let lost = case.world.organiser.get(&format!("/v1/rounds/{elsewhere}/repairs/{id}"));
        assert_eq!((lost.status, lost.code().as_str()), (404, "not-found"));
        let astray = case.world.organiser.send(
            "POST",
            &format!("/v1/rounds/{elsewhere}/repairs/{id}/apply"),
            &[("content-type", "application/json"), ("if-match", "\"0123\"")],
            json!({ "option": other["default_option"] }).to_string().as_bytes(),
        );
        assert_eq!((astray.status, astray.code().as_str()), (404, "not-found"));

        // The day after the first day: that has been.
        let (gone, _) = placed.iter().find(|(_, day)| day == DAYS[0]).expect("somebody");
        service.set_clock("2027-03-02T10:00:00Z");
        let before = case.placements();
        let body = json!({ "drop": [gone], "close": [{ "library": case.world.host, "date": DAYS[0] }] });
        let late = case.ask(&body);
        assert_eq!((late.status, late.code().as_str()), (422, "invalid-fields"));
        let errors = late.json()["errors"].as_array().expect("errors").clone();
        let mut pointers: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/close/0", "/drop/0"]);
        for error in &errors {
            assert!(error["detail"].as_str().is_some_and(|words| words.starts_with("past:")), "{error}");
        }
        assert_eq!(case.placements(), before);
    });
}
