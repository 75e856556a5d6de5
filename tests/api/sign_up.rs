//! The open door tells nothing; programs are told; the manager must be real.

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use serde_json::json;

use crate::support::{Reply, for_each_service};
use crate::world::World;

/// An answer without what differs between any two answers.
fn bare(reply: &Reply) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let own = ["x-request-id", "date"];
    let headers = reply.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned().collect();
    (reply.status, headers, reply.body.clone())
}

#[test]
fn the_open_door_answers_the_same_for_everybody() {
    for_each_service(|service| {
        let world = World::new(service);
        world.released("known");
        world.sign_up("unverified");
        let anyone = service.anyone();
        let url = world.of_round("/applications");
        let answers: Vec<_> = ["known", "unverified", "new", "new"]
            .iter()
            .map(|who| bare(&anyone.post(&url, &world.form(who))))
            .collect();
        assert_eq!(answers[0].0, 202);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        let kinds: Vec<_> = world.mails().iter().map(|letter| letter.kind).collect();
        assert!(kinds.contains(&NoticeKind::AlreadySignedUp));
        assert!(kinds.contains(&NoticeKind::VerifyAddress));
    });
}

#[test]
fn a_program_of_the_employer_gets_the_application_or_a_conflict() {
    for_each_service(|service| {
        let world = World::new(service);
        let own = world.token("library_administrator", Some(&world.council));
        let url = world.of_round("/applications");
        let made = own.post(&url, &world.form("ann"));
        let application = made.expect(201);
        assert_eq!(application["state"], "submitted");
        assert!(!made.text().contains("step-free"), "access needs never come out");
        let location = made.header("location").expect("a location");
        assert_eq!(own.get(location).expect(200), application);
        let again = own.post(&url, &world.form("ann"));
        assert_eq!((again.status, again.code().as_str()), (409, "already-exists"));
        let foreign = world.token("library_administrator", Some(&world.university));
        assert_eq!(foreign.post(&url, &world.form("bea")).code(), "not-found");
        assert_eq!(foreign.get(location).code(), "not-found");
        assert_eq!(foreign.get(&url).expect(200)["data"], json!([]));
    });
}

#[test]
fn the_manager_is_in_the_directory_or_under_a_domain_or_confirmed_by_the_administrator() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let url = world.of_round("/applications");
        let mut form = world.form("ann");
        form["manager_email"] = json!(" ANN@council.example ");
        let own = anyone.post(&url, &form);
        assert_eq!((own.status, own.pointers()), (422, vec!["/manager_email".to_owned()]));

        form["manager_email"] = json!("friend@elsewhere.example");
        anyone.post(&url, &form).expect(202);
        let verify = world.secret(NoticeKind::VerifyAddress, Party::Participant);
        anyone.post(&format!("/v1/links/{verify}"), &json!({ "deed": "verify" })).expect(200);
        assert!(world.mails().is_empty(), "nobody writes to an address that nothing vouches for");

        let administrator = world.token("library_administrator", Some(&world.council));
        let list = administrator.get(&url).expect(200);
        assert_eq!(list["data"][0]["manager_trust"], "to_confirm");
        let judged = format!("/v1/applications/{}/manager", list["data"][0]["id"].as_str().expect("an id"));
        for wrong in ["believed", "to_confirm", "CONFIRMED", ""] {
            assert_eq!(administrator.post(&judged, &json!({ "trust": wrong })).pointers(), ["/trust"]);
        }
        let foreign = world.token("library_administrator", Some(&world.university));
        assert_eq!(foreign.post(&judged, &json!({ "trust": "confirmed" })).code(), "not-found");
        administrator.post(&judged, &json!({ "trust": "rejected" })).expect(200);
        assert!(world.mails().is_empty());
        administrator.post(&judged, &json!({ "trust": "confirmed" })).expect(200);
        let mails = world.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to_address, "friend@elsewhere.example");
        let again = administrator.post(&judged, &json!({ "trust": "confirmed" }));
        assert_eq!(again.code(), "application-state");
    });
}

#[test]
fn an_application_is_taken_back_by_its_holder() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        world.sign_up("ann");
        let secret = world.secret(NoticeKind::AlreadySignedUp, Party::Participant);
        let holder = service.with(&secret);
        let url = format!("/v1/applications/{application}");
        assert_eq!(holder.get(&url).expect(200)["state"], "released");
        assert_eq!(holder.step(&format!("{url}/withdraw")).expect(200)["state"], "withdrawn");
        assert_eq!(holder.step(&format!("{url}/withdraw")).code(), "application-state");
    });
}
