//! Who sees what of a placement (the table in docs/api.md, "Placements").

use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use serde_json::json;

use crate::support::{Client, for_each_service};
use crate::world::{World, secret_of};

/// What nobody on the host's side may read before and after.
const HOME: [&str; 3] = ["Hive Public Library", "home_library", "\"application\""];
const NAME: [&str; 2] = ["ann Reader", "ann@council.example"];

fn texts_of(client: &Client, world: &World<'_>, placement: &str) -> Vec<String> {
    let one = client.get(&format!("/v1/placements/{placement}"));
    assert_eq!(one.status, 200, "{}", one.text());
    let list = client.get(&world.of_round("/placements"));
    if list.status == 200 { vec![one.text(), list.text()] } else { vec![one.text()] }
}

#[test]
fn a_host_sees_role_and_sector_first_the_name_after_and_the_home_library_never() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let link = secret_of(&mails, NoticeKind::Proposal, Party::Host);
        let hosts = [world.token("library_administrator", Some(&world.university)), service.with(&link)];
        let pages = || {
            [
                service.anyone().get(&format!("/links/{link}")).text(),
                service.anyone().get(&format!("/v1/links/{link}")).text(),
            ]
        };
        let all = || -> Vec<String> {
            hosts.iter().flat_map(|host| texts_of(host, &world, &placement)).chain(pages()).collect()
        };
        for text in all() {
            for secret in HOME.iter().chain(&NAME).chain(&["step-free", &world.home, &application]) {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let shown = hosts[0].get(&format!("/v1/placements/{placement}")).expect(200);
        assert_eq!(
            shown["participant"],
            json!({
                "role_title": "Children’s librarian", "sectors": ["public"],
                "objectives": "How students are welcomed",
            })
        );
        let page = &pages()[0];
        assert!(
            page.contains("Children’s librarian") && page.contains("How students are welcomed"),
            "{page}"
        );

        for party in [Party::Participant, Party::Host] {
            let url = format!("/v1/links/{}", secret_of(&mails, NoticeKind::Proposal, party));
            service.anyone().post(&url, &json!({ "deed": "accept", "version": 0 })).expect(200);
        }
        for text in all() {
            for secret in HOME.iter().chain(&["step-free", &world.home, &application]) {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let shown = hosts[1].get(&format!("/v1/placements/{placement}")).expect(200);
        assert_eq!(shown["participant"]["name"], NAME[0]);
        assert_eq!(shown["participant"]["email"], NAME[1]);
    });
}

#[test]
fn the_own_side_and_organisers_see_home_and_host() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let participant = service.with(&secret_of(&mails, NoticeKind::Proposal, Party::Participant));
        let own = [
            world.token("hr", Some(&world.council)),
            world.token("library_administrator", Some(&world.council)),
            participant,
            world.organiser.clone(),
        ];
        for client in &own {
            let shown = client.get(&format!("/v1/placements/{placement}")).expect(200);
            assert_eq!(shown["home"]["name"], "Hive Public Library");
            assert_eq!(shown["host"]["name"], "Campus Library");
            assert_eq!(shown["participant"]["name"], "ann Reader");
            assert!(!shown.to_string().contains("step-free"));
        }
        let foreign = [
            world.token("hr", Some(&world.university)),
            service.with(&"f".repeat(64)),
            service.anyone(),
            world.token("operator", None),
        ];
        for (client, status) in foreign.iter().zip([404, 401, 401, 403]) {
            assert_eq!(client.get(&format!("/v1/placements/{placement}")).status, status);
        }
    });
}

#[test]
fn the_hosts_contact_is_told_to_the_participant_once_it_is_certain() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let link = secret_of(&mails, NoticeKind::Proposal, Party::Participant);
        let participant = service.with(&link);
        let url = format!("/v1/placements/{placement}");
        assert!(!participant.get(&url).text().contains("desk@campus.example"));
        for party in ["participant", "host"] {
            let link = secret_of(&mails, NoticeKind::Proposal, party.parse().expect("a party"));
            let answer = json!({ "party": party, "answer": "yes" });
            service.with(&link).post(&format!("{url}/answers"), &answer).expect(200);
        }
        assert_eq!(participant.get(&url).expect(200)["host"]["contact"]["email"], "desk@campus.example");
        assert!(!world.token("hr", Some(&world.council)).get(&url).text().contains("desk@campus.example"));
    });
}

#[test]
fn reasons_are_for_organisers_and_each_party_answers_for_itself() {
    for_each_service(|service| {
        let world = World::new(service);
        let application = world.released("ann");
        let placement = world.propose(&application);
        let mails = world.mails();
        let host = service.with(&secret_of(&mails, NoticeKind::Proposal, Party::Host));
        let url = format!("/v1/placements/{placement}/answers");
        for party in ["participant", "manager"] {
            let foreign = host.post(&url, &json!({ "party": party, "answer": "yes" }));
            assert_eq!((foreign.status, foreign.code().as_str()), (403, "forbidden"), "{party}");
        }
        let own_administrator = world.token("library_administrator", Some(&world.council));
        let body = json!({ "party": "host", "answer": "yes" });
        assert_eq!(own_administrator.post(&url, &body).code(), "not-found", "not the host's administrator");
        let no = host.post(&url, &json!({ "party": "host", "answer": "no", "reason": "an inspection" }));
        assert_eq!(no.expect(200)["state"], "declined");
        assert!(!no.text().contains("inspection"));
        let one = format!("/v1/placements/{placement}");
        assert!(world.organiser.get(&one).text().contains("an inspection"));
        assert!(!own_administrator.get(&one).text().contains("inspection"));
    });
}

#[test]
fn the_contact_of_a_library_is_for_those_who_may_change_it() {
    for_each_service(|service| {
        let world = World::without_round(service);
        let own = world.token("library_administrator", Some(&world.university));
        let url = format!("/v1/libraries/{}", world.host);
        assert_eq!(own.get(&url).expect(200)["welcome"]["contact"]["email"], "desk@campus.example");
        for client in [service.anyone(), world.token("library_administrator", Some(&world.council))] {
            assert!(!client.get(&url).text().contains("desk@campus.example"));
            assert!(!client.get("/v1/libraries").text().contains("desk@campus.example"));
        }
        assert_eq!(service.anyone().get("/v1/libraries/campus").expect(200)["id"], json!(world.host));
    });
}
