//! Release: what a manager sees of the requests of a library, and several decided in one POST.

use std::collections::BTreeMap;

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use serde_json::{Value, json};

use crate::support::{Client, Service, for_each_service, row_counts};
use crate::world::{DAYS, World, english, secret_of};

/// People who are asked for: who, and the secret of the link in the mail to the manager.
fn ask<'a>(world: &World<'_>, people: &[(&'a str, &str)]) -> BTreeMap<&'a str, String> {
    let ask = |(who, manager): &(&'a str, &str)| {
        let mut form = world.form(who);
        form["manager_email"] = json!(manager);
        let anyone = world.service.anyone();
        anyone.post(&world.of_round("/applications"), &form).expect(202);
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        (*who, world.secret(NoticeKind::ReleaseRequest, Party::Manager))
    };
    people.iter().map(ask).collect()
}

const HEAD: &str = "head@council.example";

fn look(client: &Client, secret: &str) -> Value {
    client.get(&format!("/v1/links/{secret}")).expect(200)
}

/// A decision about one of the requests that a link shows, bound to what it shows.
fn said(seen: &Value, who: &str, what: &Value) -> Value {
    let name = format!("{who} Reader");
    let requests = seen["requests"].as_array().expect("requests");
    let request = requests.iter().find(|request| request["name"] == name).expect("a request");
    let mut said = json!({ "application": request["application"], "version": request["version"] });
    for (key, value) in what.as_object().expect("an object") {
        said[key] = value.clone();
    }
    said
}

fn decide(decisions: &[Value]) -> Value {
    json!({ "deed": "decide", "decisions": decisions })
}

/// The states of all applications, by the first word of the name.
fn states(world: &World<'_>) -> BTreeMap<String, String> {
    let list = world.organiser.get(&world.of_round("/applications")).expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let state = |one: &Value| (text(&one["name"]).replace(" Reader", ""), text(&one["state"]));
    list["data"].as_array().expect("a list").iter().map(state).collect()
}

fn told(mails: &[Letter]) -> Vec<(String, String)> {
    mails.iter().map(|mail| (mail.to_address.clone(), english(mail.reason.as_ref()))).collect()
}

#[test]
fn a_manager_sees_the_cover_of_each_day_and_their_own_other_requests_only() {
    for_each_service(|service| {
        let world = World::new(service);
        let offer = json!({ "cover_rule": { "rostered": { "mo": 4, "tu": 2 }, "minimum": 2 }, "hosting": { DAYS[0]: 1 } });
        world.organiser.put(&world.of_round(&format!("/libraries/{}", world.home)), &offer).expect(200);
        let people = [
            ("ann", HEAD),
            ("bea", HEAD),
            ("cyd", "deputy@council.example"),
            ("dot", "head+x@council.example"),
        ];
        let links = ask(&world, &people);
        let anyone = service.anyone();
        let body = json!({ "deed": "release", "dates": [DAYS[0]] });
        anyone.post(&format!("/v1/links/{}", links["cyd"]), &body).expect(200);

        let seen = look(&anyone, &links["bea"]);
        assert_eq!(seen["deeds"], json!(["decide", "release", "refuse"]));
        let names: Vec<&Value> =
            seen["requests"].as_array().expect("requests").iter().map(|request| &request["name"]).collect();
        assert_eq!(
            names,
            ["bea Reader", "ann Reader"],
            "the mail's own first; those of other managers are absent"
        );
        assert_eq!(
            seen["requests"][1]["days"],
            json!([
                {
                    "date": DAYS[0], "rostered": 4, "minimum": 2, "may_leave": 2, "nobody_leaves": null,
                    "released": 1, "asking": 2, "left": 1,
                },
                {
                    "date": DAYS[1], "rostered": 2, "minimum": 2, "may_leave": 0,
                    "nobody_leaves": "everybody who works is needed for minimum cover",
                    "released": 0, "asking": 2, "left": 0,
                },
            ])
        );
        let page = anyone.get(&format!("/links/{}", links["bea"])).text();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in [
            "Request 2: May ann Reader (Children’s librarian) be away?",
            "4 on the rota, 2 must stay. 2 may be away. Others: 1 released, 2 asking.",
            "Nobody may be away: everybody who works is needed for minimum cover.",
        ] {
            assert!(page.contains(line), "{line}: {page}");
        }
        let ticks = |day| page.matches(&format!("value=\"{day}\" checked")).count();
        assert_eq!((ticks(DAYS[0]), ticks(DAYS[1])), (2, 0), "days without cover are not proposed");
        assert!(!page.contains("cyd") && !page.contains("dot Reader"));
    });
}

#[test]
fn looking_at_a_release_link_never_changes_anything() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD), ("bea", HEAD)]);
        let before = row_counts(&service.app);
        for path in ["/links", "/v1/links"] {
            for method in ["GET", "HEAD", "HEAD", "GET"] {
                let reply = service.anyone().send(method, &format!("{path}/{}", links["ann"]), &[], &[]);
                assert_eq!(reply.status, 200, "{method} {path}");
            }
        }
        assert_eq!(row_counts(&service.app), before);
        assert!(states(&world).values().all(|state| state == "verified"));
    });
}

#[test]
fn a_page_of_three_requests_is_answered_by_one_form_once_however_often_it_is_sent() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD), ("bea", HEAD), ("cyd", HEAD)]);
        let seen = look(&service.anyone(), &links["ann"]);
        let mut form = "deed=decide".to_owned();
        for (request, (answer, words)) in seen["requests"].as_array().expect("requests").iter().zip([
            ("yes", ""),
            ("other", "Exams%21"),
            ("", ""),
        ]) {
            let id = request["application"].as_str().expect("an id");
            form.push_str(&format!(
                "&version.{id}={}&words.{id}={words}&dates.{id}={}",
                request["version"], DAYS[1]
            ));
            if !answer.is_empty() {
                form.push_str(&format!("&answer.{id}={answer}"));
            }
        }
        let url = format!("/links/{}", links["ann"]);
        std::thread::scope(|scope| {
            for _ in 0..20 {
                let (client, url, form) = (service.anyone(), &url, &form);
                scope.spawn(move || {
                    let done = client.submit(url, form);
                    assert_eq!(done.status, 200, "{}", done.text());
                    assert!(done.text().contains("May cyd Reader"), "who was left out is still asked for");
                });
            }
        });
        let expected = [("ann", "released"), ("bea", "refused"), ("cyd", "verified")];
        assert_eq!(states(&world), expected.map(|(who, state)| (who.to_owned(), state.to_owned())).into());
        let mails = world.mails();
        let polite = "A release for these days could not be arranged. Your line manager can tell you more.";
        assert_eq!(told(&mails), [("bea@council.example".to_owned(), polite.to_owned())]);
        let page = service
            .anyone()
            .get(&format!("/links/{}", secret_of(&mails, NoticeKind::Unplaced, Party::Participant)))
            .text();
        assert!(page.contains(polite) && !page.contains("Exams"), "{page}");

        let list = world.organiser.get(&world.of_round("/applications")).expect(200);
        let bea = list["data"].as_array().expect("a list").iter().find(|one| one["state"] == "refused");
        let bea = bea.expect("bea");
        assert_eq!((&bea["refusal_reason"], &bea["refusal_words"]), (&json!("other"), &json!("Exams!")));
        let administrator = world.token("library_administrator", Some(&world.council));
        let list = administrator.get(&world.of_round("/applications")).text();
        assert!(!list.contains("refusal") && !list.contains("Exams"), "{list}");
        let entries = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = entries["data"].as_array().expect("a list");
        assert_eq!(entries.iter().filter(|entry| entry["action"] == "decide_release").count(), 2);

        // The mail about bea's request shows what became of it, and still answers for cyd.
        let seen = look(&service.anyone(), &links["bea"]);
        assert_eq!((&seen["application"]["state"], &seen["deeds"]), (&json!("refused"), &json!(["decide"])));
        let body = decide(&[said(&seen, "cyd", &json!({ "answer": "yes" }))]);
        let done = service.anyone().post(&format!("/v1/links/{}", links["bea"]), &body).expect(200);
        assert_eq!((&done["deeds"], done.get("requests")), (&json!([]), None));
    });
}

#[test]
fn a_stale_page_decides_nothing() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD), ("bea", HEAD)]);
        let anyone = service.anyone();
        let url = format!("/v1/links/{}", links["ann"]);
        let seen = look(&anyone, &links["ann"]);
        let yes = json!({ "answer": "yes" });
        let both = decide(&[said(&seen, "ann", &yes), said(&seen, "bea", &yes)]);
        let no = json!({ "deed": "refuse", "reason": "leave" });
        anyone.post(&format!("/v1/links/{}", links["bea"]), &no).expect(200);
        let stale = anyone.post(&url, &both);
        assert_eq!((stale.status, stale.code().as_str()), (409, "stale-page"));
        assert_eq!(states(&world)["ann"], "verified", "all or nothing");

        let id = seen["requests"][0]["application"].as_str().expect("an id");
        let page = anyone.submit(
            &format!("/links/{}", links["ann"]),
            &format!("deed=decide&version.{id}=0&answer.{id}=leave"),
        );
        assert_eq!(page.status, 409);
        assert!(page.text().contains("has changed since") && page.text().contains("May ann Reader"));
        let own = json!({ "deed": "release", "version": 0 });
        assert_eq!(anyone.post(&url, &own).code(), "stale-page");
        let other = anyone.post(&format!("/v1/links/{}", links["bea"]), &json!({ "deed": "release" }));
        assert_eq!((other.status, other.code().as_str()), (409, "application-state"), "a no stays a no");
        anyone
            .post(&url, &json!({ "deed": "release", "version": seen["requests"][0]["version"] }))
            .expect(200);
    });
}

#[test]
fn what_a_link_cannot_decide_is_refused_with_every_fault_and_nothing_is_recorded() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD), ("bea", HEAD), ("cyd", "deputy@council.example")]);
        let anyone = service.anyone();
        let url = format!("/v1/links/{}", links["ann"]);
        let seen = look(&anyone, &links["ann"]);
        let say = |who, what: Value| said(&seen, who, &what);
        let foreign = said(&look(&anyone, &links["cyd"]), "cyd", &json!({ "answer": "yes" }));
        let unknown = json!({ "application": world.home, "version": 1, "answer": "yes" });
        let yes = || say("ann", json!({ "answer": "yes" }));
        for (decisions, pointers) in [
            (vec![yes(), foreign], vec!["/decisions/1/application"]),
            (vec![unknown, yes()], vec!["/decisions/0/application"]),
            (vec![yes(), yes()], vec!["/decisions/1/application"]),
            (
                vec![
                    say("bea", json!({ "answer": "yes", "dates": ["2027-03-09"] })),
                    say("ann", json!({ "answer": "yes", "dates": ["2027-03-10"] })),
                ],
                vec!["/decisions/0/dates", "/decisions/1/dates"],
            ),
            (
                vec![
                    say("ann", json!({ "answer": "no" })),
                    say("bea", json!({ "answer": "no", "reason": "other" })),
                ],
                vec!["/decisions/0/reason", "/decisions/1/words"],
            ),
            (
                vec![yes(), say("bea", json!({ "answer": "no", "reason": "exams" }))],
                vec!["/decisions/1/reason"],
            ),
            (vec![say("ann", json!({ "answer": "yes", "reason": "cover" }))], vec!["/decisions/0/reason"]),
            (vec![say("ann", json!({ "answer": "maybe" }))], vec!["/decisions/0/answer"]),
            (vec![say("ann", json!({ "answer": "yes", "dates": [] }))], vec!["/decisions/0/dates"]),
            (vec![], vec!["/decisions"]),
        ] {
            let body = decide(&decisions);
            let reply = anyone.post(&url, &body);
            assert_eq!(
                (reply.status, reply.pointers()),
                (422, pointers.iter().map(ToString::to_string).collect()),
                "{body}"
            );
        }
        let mut unbound = yes();
        unbound.as_object_mut().expect("an object").remove("version");
        assert_eq!(anyone.post(&url, &decide(&[unbound])).pointers(), ["/decisions/0/version"]);
        assert_eq!(anyone.post(&url, &json!({ "deed": "decide" })).pointers(), ["/decisions"]);
        let id = seen["requests"][1]["application"].as_str().expect("an id");
        for (form, words) in [
            ("deed=decide".to_owned(), "say yes or no to a request"),
            (
                format!("deed=decide&version.{id}=1&answer.{id}=yes"),
                "request 1: tick at least one day, or say no",
            ),
            (
                format!("deed=decide&version.{id}=1&answer.{id}=other&words.{id}=+"),
                "request 1, words: is required",
            ),
            (format!("deed=decide&answer.{id}=cover"), "request 1, version: is required"),
        ] {
            let page = anyone.submit(&format!("/links/{}", links["ann"]), &form);
            assert_eq!(page.status, 422, "{form}");
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        assert!(states(&world).values().all(|state| state == "verified"));
        assert!(world.mails().is_empty());
    });
}

#[test]
fn a_link_that_comes_too_late_says_what_is_true_and_does_nothing() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD), ("bea", HEAD)]);
        let anyone = service.anyone();
        let body = decide(&[said(&look(&anyone, &links["bea"]), "bea", &json!({ "answer": "yes" }))]);
        anyone.post(&format!("/v1/links/{}", links["ann"]), &json!({ "deed": "release" })).expect(200);
        world.welcome_everybody();
        world.close();
        let run = world.solved();
        world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
        let seen = look(&anyone, &links["bea"]);
        assert_eq!(seen["deeds"], json!([]));
        assert_eq!(seen["next"], "The places of this round are given: an answer is no longer needed.");
        let url = format!("/v1/links/{}", links["bea"]);
        assert_eq!(anyone.post(&url, &body).code(), "too-late");
        service.set_clock("2027-02-20T09:00:00Z");
        assert_eq!(anyone.post(&url, &body).code(), "link-spent");
        let page = anyone.get(&format!("/links/{}", links["bea"]));
        assert!(page.status == 200 && !page.text().contains("<button"));
    });
}

#[test]
fn an_expired_link_tells_whom_to_ask() {
    for_each_service(|service| {
        let world = World::new(service);
        let links = ask(&world, &[("ann", HEAD)]);
        service.set_clock("2027-02-20T09:00:00Z");
        let seen = look(&service.anyone(), &links["ann"]);
        assert_eq!((&seen["deeds"], seen.get("requests")), (&json!([]), None));
        let next = seen["next"].as_str().expect("words");
        assert!(next.starts_with("This link has expired.") && next.contains("14 February 2027"), "{next}");
        let refused =
            service.anyone().post(&format!("/v1/links/{}", links["ann"]), &json!({ "deed": "release" }));
        assert_eq!(refused.code(), "link-spent");
    });
}

/// A round that waives release, with a proposal, whose mails have gone.
fn proposed_without_release(service: &Service) -> World<'_> {
    let mut world = World::new(service);
    let mut round = World::round_body();
    round["release_required"] = json!(false);
    let made = world.organiser.post("/v1/rounds", &round).expect(201);
    world.round = made["id"].as_str().expect("an id").to_owned();
    world.organiser.step(&world.of_round("/open")).expect(200);
    let offer = json!({ "hosting": { DAYS[0]: 1 }, "release": { DAYS[0]: 1 } });
    for library in [&world.home, &world.host] {
        world.organiser.put(&world.of_round(&format!("/libraries/{library}")), &offer).expect(200);
    }
    world.welcome_everybody();
    world.sign_up("ann");
    let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
    service.anyone().post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
    assert!(world.mails().is_empty(), "the manager is not asked before");
    world.close();
    let run = world.solved();
    world.publish(&run);
    world
}

#[test]
fn where_release_is_waived_the_manager_is_asked_after_the_proposal_and_needed_for_the_yes() {
    for_each_service(|service| {
        let world = proposed_without_release(service);
        let mails = world.mails();
        let answer = |party, deed: Value| {
            service
                .anyone()
                .post(&format!("/v1/links/{}", secret_of(&mails, NoticeKind::Proposal, party)), &deed)
                .expect(200)
        };
        let yes = json!({ "deed": "accept", "version": 0 });
        answer(Party::Host, yes.clone());
        let waiting = answer(Party::Participant, yes.clone());
        assert_eq!(waiting["placement"]["state"], "proposed", "{waiting}");
        assert_eq!(answer(Party::Manager, yes)["placement"]["state"], "confirmed");
    });
}

#[test]
fn a_manager_s_no_to_a_proposal_ends_it_with_what_was_offered_and_tells_everybody_asked() {
    for_each_service(|service| {
        let world = proposed_without_release(service);
        let mails = world.mails();
        let link = |party| format!("/v1/links/{}", secret_of(&mails, NoticeKind::Proposal, party));
        let instead = json!({ "deed": "offer", "version": 0, "kind": "virtual" });
        service.anyone().post(&link(Party::Host), &instead).expect(200);
        world.mails();
        let no = json!({ "deed": "decline", "version": 1, "reason": "Two of us are on leave." });
        let said = service.anyone().post(&link(Party::Manager), &no).expect(200);
        assert_eq!(said["placement"]["state"], "declined", "{said}");
        let placement = world.organiser.get(&world.of_round("/placements")).expect(200)["data"][0].clone();
        let id = placement["id"].as_str().expect("an id");
        let offers = world.organiser.get(&format!("/v1/placements/{id}/alternatives")).expect(200);
        assert_eq!(offers["data"][0]["state"], "lapsed", "{offers}");
        let mut told: Vec<String> = world.mails().iter().map(|mail| mail.to_address.clone()).collect();
        told.sort();
        assert_eq!(told, ["ann@council.example", "desk@campus.example", "head@council.example"]);
        let late = service.anyone().post(&link(Party::Participant), &json!({ "deed": "take", "version": 2 }));
        assert_eq!(late.code(), "no-offer");
    });
}
