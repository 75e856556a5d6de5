//! Publications: previewed, refused when stale and told why, held, worded, let go, taken back; at the same time.

use std::collections::BTreeMap;

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::worker::Stop;
use library_swap::worker::runs::solve_next;
use serde_json::{Value, json};

use crate::support::{Service, for_each_service, row_counts};
use crate::world::{DAYS, World, secret_of};

/// A closed round: ann and bea are released, cyd is not; the host takes one visitor, so that one has no place.
fn closed<'a>(service: &'a Service) -> World<'a> {
    let world = World::new(service);
    world.welcome_everybody();
    offer(&world, &world.host, 1);
    offer(&world, &world.home, 0);
    world.released("ann");
    world.released("bea");
    world.sign_up("cyd");
    let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
    service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
    world.mails();
    world.close();
    world
}

fn offer(world: &World<'_>, library: &str, visitors: i64) {
    let body = json!({ "hosting": { DAYS[0]: visitors }, "release": { DAYS[0]: 2, DAYS[1]: 2 } });
    world.organiser.put(&world.of_round(&format!("/libraries/{library}")), &body).expect(200);
}

fn counts(mails: &[Value]) -> BTreeMap<(String, String), i64> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let each = mails
        .iter()
        .map(|mail| ((text(&mail["kind"]), text(&mail["party"])), mail["count"].as_i64().unwrap_or(1)));
    each.fold(BTreeMap::new(), |mut all, (key, count)| {
        *all.entry(key).or_default() += count;
        all
    })
}

fn held(world: &World<'_>, run: &str) -> Vec<Value> {
    let listed = world.organiser.get(&format!("/v1/runs/{run}/held-mails?limit=200")).expect(200);
    listed["data"].as_array().expect("a list").clone()
}

fn step(world: &World<'_>, run: &str, what: &str) -> Value {
    world.organiser.step(&format!("/v1/runs/{run}/{what}")).expect(200)
}

fn placements(world: &World<'_>) -> Vec<Value> {
    let listed = world.organiser.get(&world.of_round("/placements")).expect(200);
    listed["data"].as_array().expect("a list").clone()
}

#[test]
fn a_preview_shows_what_publishing_then_does_and_writes_nothing() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        let before = row_counts(&service.app);
        let preview = world.organiser.get(&format!("/v1/runs/{run}/preview")).expect(200);
        assert_eq!(row_counts(&service.app), before);
        assert_eq!(world.seen(&run)["state"], "finished");
        assert_eq!(
            (&preview["placed"], &preview["unplaced"], &preview["not_released"]),
            (&json!(1), &json!(1), &json!(1))
        );
        let mails = preview["mails"].as_array().expect("mails");
        let key = |kind: &str, party: &str| (kind.to_owned(), party.to_owned());
        let expected = BTreeMap::from([
            (key("proposal", "participant"), 1),
            (key("proposal", "host"), 1),
            (key("unplaced", "participant"), 2),
        ]);
        assert_eq!(counts(mails), expected);
        let to_host = mails.iter().find(|mail| mail["party"] == "host").expect("a host's");
        let (text, html) = (to_host["sample"]["text"].to_string(), to_host["sample"]["html"].to_string());
        assert!(text.contains("Campus Library") && text.contains("Monday 1 March 2027"), "{text}");
        assert!(
            html.contains("Campus Library") && !text.contains("Reader"),
            "no name before consent: {html}"
        );
        assert_eq!(to_host["sample"]["invitation"], true);

        step(&world, &run, "publish");
        assert_eq!(counts(&held(&world, &run)), expected);
        let refused = world.organiser.get(&format!("/v1/runs/{run}/preview"));
        assert_eq!((refused.status, refused.code().as_str()), (409, "run-state"));
    });
}

#[test]
fn a_stale_run_is_refused_with_what_changed_until_that_is_taken_back() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        offer(&world, &world.host, 2);
        let listed = world.organiser.get(&world.of_round("/applications")).expect(200);
        let all = listed["data"].as_array().expect("a list");
        let bea = all.iter().find(|one| one["email"] == "bea@council.example").expect("bea")["id"].clone();
        let lock = json!({ "host": world.host, "date": DAYS[0] });
        let url = world.of_round(&format!("/locks/{}", bea.as_str().expect("an id")));
        world.organiser.put(&url, &lock).expect(200);

        for refused in [
            world.organiser.step(&format!("/v1/runs/{run}/publish")),
            world.organiser.get(&format!("/v1/runs/{run}/preview")),
        ] {
            assert_eq!((refused.status, refused.code().as_str()), (409, "stale-run"));
            let told = refused.json()["changes"].clone();
            let library = json!({
                "thing": "library", "id": world.host, "name": "Campus Library",
                "detail": format!("changed: visitors taken ({})", DAYS[0]),
            });
            let lock = json!({ "thing": "lock", "id": bea, "name": "bea Reader", "detail": "is new" });
            assert_eq!(told, json!([library, lock]));
        }
        assert!(placements(&world).is_empty());
        // A change that was taken back makes nothing stale.
        assert_eq!(world.organiser.delete(&url).status, 204);
        offer(&world, &world.host, 1);
        step(&world, &run, "publish");
    });
}

#[test]
fn until_the_mails_go_nobody_but_organisers_can_tell_what_was_published() {
    for_each_service(|service| {
        let world = closed(service);
        let own = world.token("hr", Some(&world.council));
        let host = world.token("library_administrator", Some(&world.university));
        let home = world.token("library_administrator", Some(&world.council));
        let run = world.solved();
        step(&world, &run, "publish");
        assert!(world.mails().is_empty(), "no worker claims what is held");
        let placement = placements(&world)[0]["id"].as_str().expect("an id").to_owned();
        let application = placements(&world)[0]["application"].as_str().expect("an id").to_owned();
        let yes = json!({ "party": "host", "answer": "yes" });
        let url = format!("/v1/placements/{placement}");
        let sees = |client: &crate::support::Client| client.get(&url).status;
        let listed = |client: &crate::support::Client| {
            client.get(&world.of_round("/placements")).expect(200)["data"].as_array().expect("a list").len()
        };
        let state = || home.get(&format!("/v1/applications/{application}")).expect(200)["state"].clone();
        assert_eq!((sees(&own), sees(&host), sees(&world.organiser)), (404, 404, 200));
        assert_eq!((listed(&own), listed(&host), listed(&world.organiser)), (0, 0, 1));
        assert_eq!(host.post(&format!("{url}/answers"), &yes).status, 404);
        let times = json!({ "starts": "10:00", "ends": "15:00" });
        assert_eq!(host.put(&format!("{url}/times"), &times).status, 404);
        assert_eq!(state(), "released");
        // The organiser may move it: the held mails tell the new times, and no other mail is made.
        world.organiser.put(&format!("{url}/times"), &times).expect(200);
        let proposal = held(&world, &run).into_iter().find(|mail| mail["kind"] == "proposal").expect("held");
        let read =
            world.organiser.get(&format!("/v1/held-mails/{}", proposal["id"].as_str().expect("an id")));
        assert!(read.expect(200)["mail"]["text"].to_string().contains("10:00 to 15:00"));

        assert_eq!(step(&world, &run, "release-mails"), json!({ "released": 4 }));
        assert_eq!(step(&world, &run, "release-mails"), json!({ "released": 0 }), "again, none");
        assert_eq!((sees(&own), sees(&host)), (200, 200));
        assert_eq!((listed(&own), listed(&host)), (1, 1));
        assert_eq!(state(), "placed");
        let kinds: Vec<NoticeKind> = world.mails().iter().map(|letter| letter.kind).collect();
        let expected = |kind| kinds.iter().filter(|one| **one == kind).count();
        assert_eq!((expected(NoticeKind::Proposal), expected(NoticeKind::Unplaced), kinds.len()), (2, 2, 4));
    });
}

#[test]
fn held_mails_are_worded_read_anew_and_discarded_one_by_one() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        let url = |kind: &str| world.of_round(&format!("/introductions/{kind}"));
        let words = json!({ "words": "Croeso!\n\nThis <spring> we try\nsomething new." });
        let all = world.organiser.put(&url("proposal"), &words).expect(200);
        assert_eq!(all, json!({ "proposal": "Croeso!\n\nThis <spring> we try\nsomething new." }));
        assert_eq!(world.organiser.put(&url("propsal"), &words).code(), "not-found");
        let empty = world.organiser.put(&url("proposal"), &json!({ "words": " " }));
        assert_eq!((empty.status, empty.pointers()), (422, vec!["/words".to_owned()]));
        step(&world, &run, "publish");

        let mails = held(&world, &run);
        let id = |kind: &str, party: &str| {
            let found = mails.iter().find(|mail| mail["kind"] == kind && mail["party"] == party);
            found.expect("held")["id"].as_str().expect("an id").to_owned()
        };
        let (to_host, unplaced) = (id("proposal", "host"), id("unplaced", "participant"));
        let read = |id: &str| world.organiser.get(&format!("/v1/held-mails/{id}"));
        let mail = read(&to_host).expect(200)["mail"].clone();
        let text = mail["text"].as_str().expect("a text");
        assert!(text.contains("\n\nCroeso!\n\nThis <spring> we try something new.\n\n"), "{text}");
        assert!(mail["html"].to_string().contains("This &lt;spring&gt; we try"), "{mail}");
        assert!(!read(&unplaced).expect(200)["mail"]["text"].to_string().contains("Croeso"));
        world.organiser.put(&url("proposal"), &json!({ "words": "Welcome." })).expect(200);
        let again = read(&to_host).expect(200)["mail"]["text"].to_string();
        assert!(again.contains("Welcome.") && !again.contains("Croeso"), "rendered anew: {again}");

        assert_eq!(world.organiser.delete(&format!("/v1/held-mails/{unplaced}")).status, 204);
        assert_eq!(world.organiser.delete(&format!("/v1/held-mails/{unplaced}")).status, 404);
        assert_eq!(read(&unplaced).code(), "not-found");
        assert_eq!(step(&world, &run, "release-mails"), json!({ "released": 3 }));
        assert_eq!(read(&to_host).code(), "not-found", "it is held no more");
        let went = world.mails();
        let introduced = |kind| {
            went.iter().filter(|letter| letter.kind == kind).all(|letter| !letter.introduction.is_empty())
        };
        assert!(went.len() == 3 && introduced(NoticeKind::Proposal) && !introduced(NoticeKind::Unplaced));
        assert_eq!(world.organiser.put(&url("proposal"), &json!({ "words": null })).expect(200), json!({}));
    });
}

#[test]
fn who_takes_the_application_back_meanwhile_hears_nothing_of_no_place() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        step(&world, &run, "publish");
        let unplaced =
            held(&world, &run).into_iter().find(|mail| mail["kind"] == "unplaced").expect("a mail");
        let application = unplaced["application"].as_str().expect("an application");
        world.organiser.step(&format!("/v1/applications/{application}/withdraw")).expect(200);
        let left = held(&world, &run);
        assert_eq!(
            left.iter().filter(|mail| mail["kind"] == "unplaced").count(),
            1,
            "of the other: {left:?}"
        );
    });
}

#[test]
fn a_publication_whose_mails_are_held_is_taken_back_without_a_word() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        step(&world, &run, "publish");
        let round = step(&world, &run, "withdraw");
        assert_eq!(round["state"], "matched");
        assert_eq!(world.seen(&run)["state"], "finished");
        assert!(world.mails().is_empty() && held(&world, &run).is_empty());
        assert!(placements(&world).iter().all(|one| one["state"] == "cancelled"));
        let again = world.organiser.step(&format!("/v1/runs/{run}/withdraw"));
        assert_eq!((again.status, again.code().as_str()), (409, "run-state"));
        let early = world.organiser.step(&format!("/v1/runs/{run}/release-mails"));
        assert_eq!((early.status, early.code().as_str()), (409, "run-state"));
        // Nothing has changed, so the same run may be published, and everybody hears of it once.
        step(&world, &run, "publish");
        assert_eq!(step(&world, &run, "release-mails"), json!({ "released": 4 }));
        assert_eq!(world.mails().len(), 4);
    });
}

#[test]
fn what_is_held_of_a_round_that_is_called_off_is_thrown_away() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        step(&world, &run, "publish");
        assert_eq!(held(&world, &run).len(), 4);
        world.organiser.step(&world.of_round("/cancel")).expect(200);
        assert!(world.mails().is_empty() && held(&world, &run).is_empty());
        let late = world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        assert_eq!(late, json!({ "released": 0 }), "nobody is told of no place in a round that is off");
        assert!(world.mails().is_empty());
        assert!(placements(&world).iter().all(|one| one["state"] == "cancelled"));
    });
}

#[test]
fn a_publication_that_was_told_is_taken_back_with_one_mail_to_each_and_matched_again() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        world.publish(&run);
        let mails = world.mails();
        let answer = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let anyone = service.anyone();
        anyone.post(&format!("/v1/links/{answer}"), &json!({ "deed": "accept", "version": 0 })).expect(200);
        assert!(world.mails().is_empty(), "the host has not answered");

        assert_eq!(step(&world, &run, "withdraw")["state"], "matched");
        let told: Vec<(NoticeKind, Party)> =
            world.mails().iter().map(|mail| (mail.kind, mail.party)).collect();
        let count = |kind, party| told.iter().filter(|one| **one == (kind, party)).count();
        assert_eq!(count(NoticeKind::Cancelled, Party::Participant), 1);
        assert_eq!(count(NoticeKind::Cancelled, Party::Host), 1);
        assert_eq!(count(NoticeKind::MatchedAgain, Party::Participant), 2, "bea, or ann, and cyd");
        assert_eq!(told.len(), 4, "the manager was never asked: {told:?}");
        let spent = anyone.post(&format!("/v1/links/{answer}"), &json!({ "deed": "decline", "version": 0 }));
        assert_eq!(spent.status, 409, "the old link answers nothing: {}", spent.text());

        // Everybody is where they were, is matched again, and told anew.
        let listed = world.organiser.get(&world.of_round("/applications")).expect(200);
        let states = |wanted: &str| {
            listed["data"].as_array().expect("a list").iter().filter(|one| one["state"] == wanted).count()
        };
        assert_eq!((states("released"), states("verified")), (2, 1));
        offer(&world, &world.host, 2);
        let stale = world.organiser.step(&format!("/v1/runs/{run}/publish"));
        assert_eq!(stale.code(), "stale-run");
        let fresh = world.solved();
        world.publish(&fresh);
        let kinds: Vec<NoticeKind> = world.mails().iter().map(|letter| letter.kind).collect();
        let count = |kind| kinds.iter().filter(|one| **one == kind).count();
        assert_eq!((count(NoticeKind::Proposal), count(NoticeKind::Unplaced), kinds.len()), (2, 2, 4));
    });
}

#[test]
fn a_publication_is_not_taken_back_when_the_first_day_is_near() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        world.publish(&run);
        world.mails();
        service.set_clock("2027-02-16T09:00:00Z");
        let late = world.organiser.step(&format!("/v1/runs/{run}/withdraw"));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert!(late.text().contains("2027-02-15"), "{}", late.text());
        assert!(world.mails().is_empty());
        assert_eq!(placements(&world)[0]["state"], "proposed");
        service.set_clock("2027-02-15T09:00:00Z");
        step(&world, &run, "withdraw");
    });
}

/// The same POSTs at the same time; their statuses.
fn at_once(world: &World<'_>, urls: &[String]) -> Vec<u16> {
    std::thread::scope(|scope| {
        let calls: Vec<_> = urls.iter().map(|url| scope.spawn(|| world.organiser.step(url).status)).collect();
        calls.into_iter().map(|call| call.join().expect("no panic")).collect()
    })
}

/// One live placement a person, no proposal that is not about one, and as many mails as these and the unplaced need.
fn check_serial(world: &World<'_>) {
    let live: Vec<Value> = placements(world).into_iter().filter(|one| one["state"] == "proposed").collect();
    let round = world.organiser.get(&world.of_round("")).expect(200);
    let counts = world.organiser.get("/v1/deliveries/counts").expect(200);
    let held = counts["held"].as_i64().unwrap_or(0);
    match round["state"].as_str() {
        Some("published") => assert_eq!((live.len(), held), (1, 4)),
        Some("matched") => assert_eq!((live.len(), held), (0, 0)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_runs_published_at_once_give_one_publication() {
    for_each_service(|service| {
        let world = closed(service);
        let runs = [world.solved(), world.solved()];
        let urls: Vec<String> = (0..8).map(|n| format!("/v1/runs/{}/publish", runs[n % 2])).collect();
        let statuses = at_once(&world, &urls);
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
        let published = runs.iter().filter(|run| world.seen(run)["state"] == "published").count();
        assert_eq!(published, 1);
        check_serial(&world);
    });
}

#[test]
fn publishing_and_taking_back_at_once_have_a_serial_outcome() {
    for_each_service(|service| {
        let world = closed(service);
        let run = world.solved();
        for _ in 0..3 {
            let deeds = ["publish", "withdraw", "publish", "withdraw", "withdraw", "publish"];
            let urls: Vec<String> = deeds.iter().map(|deed| format!("/v1/runs/{run}/{deed}")).collect();
            let statuses = at_once(&world, &urls);
            assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
            check_serial(&world);
            if world.seen(&run)["state"] == "published" {
                step(&world, &run, "withdraw");
            }
        }
        // Nobody solves meanwhile, and the run is still good.
        solve_next(&service.app, "test", &Stop::new()).expect("a step");
        step(&world, &run, "publish");
    });
}
