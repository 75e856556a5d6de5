//! What became of mails: lists, sending again, addresses that do not take mail, and mails that become one.

use chrono::Duration;
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::services::notices::Pace;
use library_swap::services::outbox::{Attempt, Claimed, claim, prepare, settle};
use serde_json::{Value, json};

use crate::support::{Client, Service, for_each_service, for_each_service_at};
use crate::world::{World, id_of, secret_of};

/// Takes what is due out of the outbox; the mail server answers as `attempt` says. Gives kinds and addresses.
fn post(service: &Service, attempt: &Attempt) -> Vec<String> {
    let app = &service.app;
    let claimed = claim(app, "test", 1_000, &[]).expect("claimed");
    let (ready, mut settled) = prepare(app, &claimed, "test", |_| Ok(b"a mail".to_vec())).expect("prepared");
    settled.extend(ready.into_iter().map(|one| (one.claimed, attempt.clone())));
    settle(app, "test", &settled).expect("settled");
    let told = |one: &Claimed| format!("{} {}", one.notice().kind, one.notice().recipient);
    let mut sent: Vec<String> = claimed.iter().map(told).collect();
    sent.sort();
    sent
}

fn refused() -> Attempt {
    Attempt::Never("550 5.1.1 no such user".to_owned())
}

/// The mails of a list.
fn listed(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).expect(200)["data"].as_array().expect("a list").clone()
}

/// The one mail of a kind to a party that is in a state.
fn one(world: &World<'_>, kind: &str, party: &str, state: &str) -> Value {
    let path = world.of_round(&format!("/deliveries?limit=200&kind={kind}&state={state}"));
    let mut found = listed(&world.organiser, &path);
    found.retain(|mail| mail["party"] == party);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn again(client: &Client, mail: &Value) -> crate::support::Reply {
    client.step(&format!("/v1/deliveries/{}/resend", id_of(mail)))
}

/// Everybody says yes to a proposal.
fn agree(world: &World<'_>, mails: &[Letter]) {
    for party in [Party::Participant, Party::Host] {
        let secret = secret_of(mails, NoticeKind::Proposal, party);
        let yes = json!({ "deed": "accept", "version": 0 });
        world.service.anyone().post(&format!("/v1/links/{secret}"), &yes).expect(200);
    }
}

/// Moves the times of a placement.
fn move_to(world: &World<'_>, placement: &str, starts: &str, ends: &str) {
    let body = json!({ "starts": starts, "ends": ends });
    world.organiser.put(&format!("/v1/placements/{placement}/times"), &body).expect(200);
}

#[test]
fn organisers_see_what_was_sent_when_and_what_was_not_by_person_placement_state_and_kind() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let organiser = &world.organiser;
        let all = listed(organiser, &world.of_round("/deliveries?limit=200"));
        let mut states: Vec<String> =
            all.iter().map(|mail| format!("{} {}", mail["kind"], mail["state"]).replace('"', "")).collect();
        states.sort();
        assert_eq!(
            states,
            ["proposal queued", "proposal queued", "release_request sent", "verify_address sent"]
        );
        let verify = one(&world, "verify_address", "participant", "sent");
        assert_eq!((&verify["code"], &verify["settled_at"]), (&json!(250), &json!("2027-01-04T09:00:00Z")));
        assert_eq!(verify["recipient"], "ann@council.example", "organisers read applications");
        let waiting = listed(organiser, &world.of_round("/deliveries?state=queued"));
        assert!(waiting.iter().all(|mail| mail["settled_at"].is_null()), "{waiting:?}");
        let count = |filter: &str| listed(organiser, &world.of_round(&format!("/deliveries?{filter}"))).len();
        assert_eq!(count(&format!("application={application}")), 4);
        assert_eq!(count(&format!("placement={placement}")), 2);
        assert_eq!(count(&format!("placement={placement}&state=sent")), 0);
        assert_eq!(count("kind=release_request"), 1);
        assert_eq!(listed(organiser, &format!("/v1/deliveries?placement={placement}")).len(), 2);
        post(service, &refused());
        let counts = organiser.get(&world.of_round("/deliveries/counts")).expect(200);
        assert_eq!(
            (&counts["gave_up"], &counts["sent"], &counts["queued"]),
            (&json!(2), &json!(2), &json!(0))
        );
        assert_eq!(one(&world, "proposal", "host", "gave_up")["code"], 550);

        let operator = world.token("operator", None);
        let seen = listed(&operator, "/v1/deliveries");
        let masked: Vec<&str> = seen.iter().filter_map(|mail| mail["recipient"].as_str()).collect();
        assert!(
            masked.iter().all(|address| address.contains('…')),
            "operators see no applications: {masked:?}"
        );
        for role in ["hr", "library_administrator"] {
            let client = world.token(role, Some(&world.council));
            assert_eq!(client.get(&world.of_round("/deliveries")).code(), "forbidden", "{role}");
            assert_eq!(again(&client, &all[0]).code(), "forbidden", "{role}");
        }
        assert_eq!(again(&operator, &all[0]).code(), "forbidden");
        assert_eq!(service.anyone().get("/v1/deliveries").code(), "unauthenticated");
        let nobody = "0197a0f0-0000-7000-8000-000000000000";
        assert_eq!(organiser.get(&format!("/v1/rounds/{nobody}/deliveries")).code(), "not-found");
        assert_eq!(organiser.step(&format!("/v1/deliveries/{nobody}/resend")).code(), "not-found");
        let wrong = organiser.get(&world.of_round("/deliveries?state=lost&application=x&limit=0"));
        let wrong = wrong.expect(422);
        assert_eq!(wrong["errors"].as_array().map(Vec::len), Some(3), "{wrong}");
    });
}

#[test]
fn a_mail_is_sent_again_with_the_same_event_and_a_link_of_its_own() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let first = world.mails();
        let of_host = |mails: &[Letter]| {
            mails.iter().find(|letter| letter.party == Party::Host).expect("a mail to the host").clone()
        };
        let before = of_host(&first);
        let sent = one(&world, "proposal", "host", "sent");
        let made = again(&world.organiser, &sent).expect(200);
        assert_eq!((&made["again_of"], &made["state"]), (&sent["id"], &json!("queued")));
        assert_eq!(made["recipient"], "desk@campus.example");
        // Pressed twice, also a little later and on the new one.
        service.set_clock("2027-01-04T09:04:00Z");
        assert_eq!(again(&world.organiser, &sent).expect(200)["id"], made["id"]);
        let mails = world.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(again(&world.organiser, &made).expect(200)["id"], made["id"]);
        let after = of_host(&mails);
        assert_ne!(before.message_id, after.message_id);
        assert_eq!(after.thread_root.as_ref(), Some(&before.message_id));
        let event = |letter: &Letter| {
            let invitation = letter.invitation.as_ref().expect("an invitation");
            (invitation.uid.clone(), invitation.sequence, invitation.status)
        };
        assert_eq!(event(&before), event(&after));
        // Both links work.
        let old = secret_of(&first, NoticeKind::Proposal, Party::Host);
        let new = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        assert_ne!(old, new);
        service.anyone().get(&format!("/v1/links/{old}")).expect(200);
        let yes = json!({ "deed": "accept", "version": 0 });
        service.anyone().post(&format!("/v1/links/{new}"), &yes).expect(200);
        // The same again after five minutes, while it is so.
        service.set_clock("2027-01-04T09:10:00Z");
        assert_ne!(again(&world.organiser, &sent).expect(200)["id"], made["id"]);
        post(service, &Attempt::Sent("250 ok".to_owned()));
        let audit = world.organiser.get("/v1/audit?limit=200").expect(200);
        let again_entries = audit["data"].as_array().expect("a list").iter();
        assert_eq!(again_entries.filter(|entry| entry["action"] == "resend_mail").count(), 2);
        let trace = world.organiser.get(&format!("/v1/placements/{placement}/trace")).expect(200);
        assert!(!trace.to_string().contains("has sequence"), "{trace}");
    });
}

#[test]
fn what_is_sent_again_and_still_waits_hides_no_change() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        world.mails();
        let times = |starts: &str, ends: &str| {
            let body = json!({ "starts": starts, "ends": ends });
            world.organiser.put(&format!("/v1/placements/{placement}/times"), &body).expect(200);
        };
        let before = world.organiser.get(&format!("/v1/placements/{placement}")).expect(200);
        times("10:00", "15:00");
        world.mails();
        again(&world.organiser, &one(&world, "changed", "participant", "sent")).expect(200);
        // Back again, before that has left: its reader knows of the change.
        times(before["starts"].as_str().expect("a time"), before["ends"].as_str().expect("a time"));
        let mails = world.mails();
        let told: Vec<&Letter> = mails.iter().filter(|letter| letter.party == Party::Participant).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].kind, NoticeKind::Changed);
        assert!(told[0].visit.as_ref().is_some_and(|visit| visit.former_times.is_some()));
    });
}

#[test]
fn what_is_no_longer_so_is_not_sent_again() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let waiting = listed(&world.organiser, &world.of_round("/deliveries?state=queued"));
        assert_eq!(again(&world.organiser, &waiting[0]).code(), "mail-state", "it goes by itself");
        let mails = world.mails();
        let proposal = one(&world, "proposal", "participant", "sent");
        agree(&world, &mails);
        assert_eq!(again(&world.organiser, &proposal).code(), "mail-outdated", "a confirmation waits");
        world.mails();
        let confirmed = one(&world, "confirmed", "participant", "sent");
        assert_eq!(again(&world.organiser, &proposal).code(), "mail-outdated");
        let made = again(&world.organiser, &confirmed).expect(200);
        let body = json!({ "reason": "The building is closed." });
        world.organiser.post(&format!("/v1/placements/{placement}/cancel"), &body).expect(200);
        let sent: Vec<NoticeKind> = world.mails().iter().map(|letter| letter.kind).collect();
        assert_eq!(sent, [NoticeKind::Cancelled; 3], "what was to be sent again has been overtaken");
        let overtaken = listed(&world.organiser, &world.of_round("/deliveries?state=superseded"));
        assert_eq!(overtaken.len(), 1);
        assert_eq!(overtaken[0]["id"], made["id"]);
        let cancelled = one(&world, "cancelled", "participant", "sent");
        assert_eq!(overtaken[0]["superseded_by"], cancelled["id"]);
        service.set_clock("2027-01-04T10:00:00Z");
        let refused = again(&world.organiser, &confirmed);
        assert_eq!((refused.status, refused.code().as_str()), (409, "mail-outdated"));
        assert!(refused.text().contains("cancelled"), "{}", refused.text());
        again(&world.organiser, &cancelled).expect(200);
    });
}

#[test]
fn two_failures_in_a_row_make_an_address_a_task_until_a_mail_arrives_or_it_is_changed() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        service.set_clock("2027-01-04T09:01:00Z");
        world.propose(&application);
        let checks = |about: &str| {
            let tasks = listed(&world.organiser, "/v1/me/tasks?limit=200");
            tasks
                .iter()
                .filter(|task| task["kind"] == "check_address")
                .filter(|task| task["subject"]["about"].as_str().is_some_and(|words| words.contains(about)))
                .count()
        };
        post(service, &refused());
        assert_eq!(checks(""), 0, "once may be chance");
        for (party, minute) in [("host", 10), ("participant", 20)] {
            service.set_clock(&format!("2027-01-04T09:{minute}:00Z"));
            let failed = one(&world, "proposal", party, "gave_up");
            again(&world.organiser, &failed).expect(200);
            post(service, &refused());
        }
        assert_eq!((checks("host"), checks("participant")), (1, 1));
        let tasks = world.organiser.get("/v1/me/tasks?limit=200");
        assert!(!tasks.text().contains("desk@"), "addresses are masked");
        let marked = listed(&world.organiser, &world.of_round("/deliveries?kind=proposal"));
        assert!(marked.iter().all(|mail| mail["address_needs_checking"] == true), "{marked:?}");
        let welcome = json!({ "contact": { "email": "office@campus.example" } });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.host), &welcome).expect(200);
        assert_eq!((checks("host"), checks("participant")), (0, 1));
        service.set_clock("2027-01-04T09:40:00Z");
        let mut failed =
            listed(&world.organiser, &world.of_round("/deliveries?kind=proposal&state=gave_up&limit=200"));
        failed.retain(|mail| mail["party"] == "participant");
        again(&world.organiser, &failed[0]).expect(200);
        post(service, &Attempt::Sent("250 ok".to_owned()));
        assert_eq!(checks(""), 0, "it takes mail again");
        let open = listed(&world.organiser, "/v1/me/tasks?limit=200");
        let looks: Vec<&str> = open
            .iter()
            .filter(|task| task["kind"] == "look_at_mail")
            .filter_map(|task| task["subject"]["about"].as_str())
            .collect();
        assert_eq!(looks.len(), 1, "the host's, which was not sent again: {looks:?}");
    });
}

fn ten_minutes() -> Pace {
    Pace { coalesce: Duration::minutes(10), digests: false }
}

#[test]
fn what_is_confirmed_and_moved_within_ten_minutes_is_one_mail_each() {
    for_each_service_at(ten_minutes(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        assert!(world.mails().is_empty(), "it waits");
        service.set_clock("2027-01-04T09:09:00Z");
        move_to(&world, &placement, "10:00", "16:00");
        assert!(world.mails().is_empty());
        service.set_clock("2027-01-04T09:10:00Z");
        let mails = world.mails();
        assert_eq!(mails.len(), 3, "one each, ten minutes after the first");
        for letter in &mails {
            assert_eq!(letter.kind, NoticeKind::Confirmed);
            let visit = letter.visit.as_ref().expect("a day");
            assert_eq!(visit.starts.to_string(), "10:00:00");
            let had_read = letter.party != Party::Manager;
            assert_eq!(visit.former_times.is_some(), had_read, "the {} of nine o'clock", letter.party);
        }
    });
}

#[test]
fn what_is_changed_and_changed_back_is_not_told_and_the_calendar_s_answer_still_counts() {
    for_each_service_at(ten_minutes(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let first = world.mails();
        move_to(&world, &placement, "10:00", "16:00");
        service.set_clock("2027-01-04T09:05:00Z");
        move_to(&world, &placement, "09:00", "17:00");
        service.set_clock("2027-01-04T10:00:00Z");
        assert!(world.mails().is_empty(), "nothing is new");
        let overtaken = listed(&world.organiser, &world.of_round("/deliveries?state=superseded"));
        assert_eq!(overtaken.len(), 2);
        // Another change tells what they have read.
        move_to(&world, &placement, "09:30", "17:00");
        move_to(&world, &placement, "11:00", "17:00");
        service.set_clock("2027-01-04T10:10:00Z");
        let mails = world.mails();
        let read: Vec<String> = mails
            .iter()
            .map(|letter| format!("{} {:?}", letter.kind, letter.visit.as_ref().expect("a day").former_times))
            .collect();
        assert_eq!(read, ["changed Some((09:00:00, 17:00:00))"; 2]);
        let sequence = |mails: &[Letter]| {
            let own = mails.iter().find(|letter| letter.party == Party::Participant).expect("a mail");
            own.invitation.as_ref().expect("an invitation").sequence
        };
        assert!(sequence(&mails) > sequence(&first));
        let trace = world.organiser.get(&format!("/v1/placements/{placement}/trace")).expect(200);
        assert!(!trace.to_string().contains("there is no mail"), "{trace}");
    });
}

#[test]
fn what_is_near_leaves_at_once() {
    for_each_service_at(ten_minutes(), |service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        agree(&world, &world.mails());
        service.set_clock("2027-02-27T12:00:00Z");
        assert_eq!(world.mails().len(), 3);
        move_to(&world, &placement, "10:00", "16:00");
        assert_eq!(world.mails().len(), 3, "less than two days before the visit");
    });
}
