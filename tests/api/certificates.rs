//! Certificates of attendance: when there is one, for whom, what the code on it tells, and what takes it back.

use std::process::Command;

use library_swap::domain::party::Party;
use library_swap::store::{StoreError, placements};
use serde_json::{Value, json};

use crate::day::{Agreed, DURING, TUESDAY, agreed};
use crate::support::{Client, Database, Reply, Service, for_each_service, generous, keys, row_counts};
use crate::trace::execute;

const EVENING: &str = "2027-03-01T17:30:00Z";

/// A placement whose host has marked that the visitor came, on the morning after.
fn attended(service: &Service) -> Agreed<'_> {
    let case = agreed(service);
    service.set_clock(EVENING);
    mark(&case, &json!({ "attendance": "arrived" }));
    service.set_clock(TUESDAY);
    case
}

fn mark(case: &Agreed<'_>, body: &Value) {
    case.holder(Party::Host).post(&case.of("/attendance"), body).expect(200);
}

fn issue(case: &Agreed<'_>, who: &Client, body: &Value) -> Reply {
    who.post(&case.of("/certificate"), body)
}

/// The code of a certificate, from the address that its PDF links to.
fn code_of(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.body.starts_with(b"%PDF-1.7"));
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let (_, rest) = text.split_once("/certificates/").expect("an address");
    rest.chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect()
}

fn standing(case: &Agreed<'_>, code: &str) -> Value {
    let anyone = case.world.service.anyone();
    let told = anyone.get(&format!("/v1/certificates/{code}")).expect(200);
    let page = anyone.get(&format!("/certificates/{code}"));
    assert_eq!(page.status, 200);
    let word = told["standing"].as_str().expect("a word").to_owned();
    assert!(page.text().contains(&format!("This certificate is {word}")), "{}", page.text());
    for private in ["ann", "Reader", "Campus", "Hive", "2027"] {
        assert!(!page.text().contains(private), "{private}");
    }
    assert_eq!(told.as_object().map(serde_json::Map::len), Some(1), "nothing more");
    told["standing"].clone()
}

#[test]
fn a_certificate_comes_after_the_mark_and_its_code_tells_that_it_is_valid() {
    for_each_service(|service| {
        let case = agreed(service);
        let participant = case.holder(Party::Participant);
        let nothing = json!({});
        assert_eq!(issue(&case, &participant, &nothing).code(), "too-early", "a day to come");
        service.set_clock(DURING);
        mark(&case, &json!({ "attendance": "arrived" }));
        assert_eq!(issue(&case, &participant, &nothing).code(), "too-early", "the day is not over");
        service.set_clock(EVENING);
        let count = |table: &str| {
            let counts = row_counts(&service.app);
            counts.into_iter().find(|(name, _)| name == table).map(|(_, count)| count)
        };
        let before = (count("certificates"), count("audit_entries"));
        let reply = issue(&case, &participant, &nothing);
        let code = code_of(&reply);
        assert_eq!(reply.header("content-type"), Some("application/pdf"));
        let named = reply.header("content-disposition");
        assert_eq!(named, Some("attachment; filename=\"certificate-2027-03-01.pdf\""));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(standing(&case, &code), "valid");
        let bare: String = code.to_uppercase().replace('-', "");
        assert_eq!(standing(&case, &bare), "valid", "as people type it");
        let one_more = (before.0.map(|n| n + 1), before.1.map(|n| n + 1));
        assert_eq!((count("certificates"), count("audit_entries")), one_more);
        let entry = case.world.organiser.get("/v1/audit?limit=200&action=issue_certificate").expect(200);
        assert_eq!(entry["data"][0]["details"], json!({ "language": "en", "reflection": false }));
        assert!(!entry.to_string().contains(&bare.to_lowercase()));
        let again = code_of(&issue(&case, &case.world.organiser, &json!({ "language": "cy" })));
        assert_ne!(code, again);
        assert_eq!((standing(&case, &code), standing(&case, &again)), (json!("valid"), json!("valid")));
        let known =
            participant.get(&format!("/v1/applications/{}/personal-data", case.application)).expect(200);
        let issued = known["placements"][0]["certificates"].as_array().expect("a list");
        let mut languages: Vec<&str> = issued.iter().filter_map(|one| one["language"].as_str()).collect();
        languages.sort_unstable();
        assert_eq!(languages, ["cy", "en"]);
    });
}

#[test]
fn hr_takes_the_certificates_of_its_own_staff_without_their_objectives() {
    for_each_service(|service| {
        let case = attended(service);
        let hr = |employer| case.world.token("hr", Some(employer));
        let (own, foreign) = (hr(&case.world.council), hr(&case.world.university));
        execute(service, "UPDATE applications SET objectives = 'How you lend ukuleles and umbrellas'");
        let issued = issue(&case, &own, &json!({ "language": "en" }));
        assert_eq!(standing(&case, &code_of(&issued)), "valid");
        let with = issue(&case, &case.world.organiser, &json!({ "language": "en" }));
        assert!(with.body.len() > issued.body.len() + 200, "objectives are personal");
        assert_eq!(issue(&case, &foreign, &json!({})).code(), "not-found");
        let reflection = issue(&case, &own, &json!({ "reflection": true }));
        assert_eq!(reflection.status, 422, "{}", reflection.text());
    });
}

#[test]
fn the_page_of_the_participant_gives_it_with_the_idea_of_the_day() {
    for_each_service(|service| {
        let case = attended(service);
        let page = case.page(Party::Participant);
        assert!(page.contains("Your certificate of attendance") && !page.contains("certificate-reflection"));
        assert!(!case.page(Party::Host).contains("Your certificate"));
        let form = format!("/links/{}/certificate", case.participant);
        let anyone = service.anyone();
        let idea = anyone.submit(&form, "language=cy&reflection=yes");
        assert!(idea.status == 422 && idea.text().contains("needs an idea of this day"), "{}", idea.text());
        let idea = json!({ "deed": "idea", "text": "A shelf at the door", "topics": ["shelves"], "shown_as": "nobody" });
        case.press(Party::Participant, &idea).expect(200);
        assert!(case.page(Party::Participant).contains("certificate-reflection"));
        let code = code_of(&anyone.submit(&form, "language=cy&reflection=yes"));
        assert_eq!(standing(&case, &code), "valid");
        code_of(&anyone.submit(&form, "language="));
        for wrong in ["language=de", "reflection=on", "name=Bob"] {
            assert_eq!(anyone.submit(&form, wrong).status, 422, "{wrong}");
        }
        let by_host = anyone.submit(&format!("/links/{}/certificate", case.host), "");
        assert_eq!(by_host.status, 404);
        assert_eq!(anyone.submit("/links/nothing/certificate", "").status, 404);
        assert_eq!(anyone.get(&form).status, 405, "nothing is issued by looking");
        let other = issue(&case, &case.world.organiser, &json!({ "reflection": true }));
        assert_eq!(other.pointers(), ["/reflection"], "whose idea it is only the author tells");
    });
}

#[test]
fn what_takes_the_day_back_revokes_the_certificate() {
    for_each_service(|service| {
        let case = attended(service);
        let participant = case.holder(Party::Participant);
        let code = code_of(&issue(&case, &participant, &json!({})));
        mark(&case, &json!({ "attendance": "left_early", "left_at": "12:00" }));
        assert_eq!(standing(&case, &code), "revoked", "it says five hours too many");
        let short = code_of(&issue(&case, &participant, &json!({})));
        assert_eq!(standing(&case, &short), "valid");
        mark(&case, &json!({ "attendance": "did_not_come" }));
        assert_eq!(issue(&case, &participant, &json!({})).code(), "placement-state");
        assert_eq!((standing(&case, &code), standing(&case, &short)), (json!("revoked"), json!("revoked")));
        mark(&case, &json!({ "attendance": "arrived" }));
        assert_eq!((standing(&case, &code), standing(&case, &short)), (json!("valid"), json!("revoked")));
        service.set_clock("2027-09-01T08:00:00Z");
        let erase = format!("/v1/applications/{}/erase-person", case.application);
        assert_eq!(case.world.organiser.step(&erase).status, 204);
        assert_eq!((standing(&case, &code), standing(&case, &short)), (json!("revoked"), json!("revoked")));
        let issued = issue(&case, &case.world.organiser, &json!({}));
        assert_eq!(issued.code(), "application-state", "{}", issued.text());
    });
}

#[test]
fn nobody_certifies_a_day_that_was_not_or_is_not_theirs() {
    for_each_service(|service| {
        let case = agreed(service);
        let world = &case.world;
        let nothing = json!({});
        service.set_clock(EVENING);
        let unmarked = issue(&case, &world.organiser, &nothing);
        assert!(unmarked.code() == "placement-state" && unmarked.text().contains("has not marked"));
        mark(&case, &json!({ "attendance": "arrived" }));
        assert_eq!(issue(&case, &case.holder(Party::Host), &nothing).status, 403);
        assert_eq!(
            issue(&case, &world.token("library_administrator", Some(&world.council)), &nothing).status,
            403
        );
        assert_eq!(issue(&case, &service.anyone(), &nothing).status, 401);
        let unknown =
            world.organiser.post("/v1/placements/019a0000-0000-7000-8000-000000000000/certificate", &nothing);
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "not-found"));
        let wrong =
            issue(&case, &world.organiser, &json!({ "language": "de", "reflection": "yes", "name": "Bob" }));
        let mut pointers = wrong.pointers();
        pointers.sort();
        assert_eq!(pointers, ["/language", "/name", "/reflection"]);
        for code in ["nothing", "0123", &"a".repeat(32), &"0".repeat(2_000), "%F0%9F%93%9A"] {
            assert_eq!(standing(&case, code), "unknown", "{code}");
        }
    });
}

#[test]
fn a_cancelled_day_has_none() {
    for_each_service(|service| {
        let case = agreed(service);
        let off = json!({ "reason": "The roof leaks." });
        case.world.organiser.post(&case.of("/cancel"), &off).expect(200);
        service.set_clock(EVENING);
        for who in [case.holder(Party::Participant), case.world.organiser.clone()] {
            let refused = issue(&case, &who, &json!({}));
            assert!(
                refused.code() == "placement-state" && refused.text().contains("cancelled"),
                "{}",
                refused.text()
            );
        }
        assert!(!case.page(Party::Participant).contains("Your certificate"));
    });
}

/// By the binary, which has the real clock: the day is put before it.
#[test]
fn the_command_writes_one_or_says_why_not() {
    let database = Database::sqlite();
    let url = database.url();
    let service = Service::start(database, &generous());
    let case = attended(&service);
    std::fs::write(format!("{}.keys", url.strip_prefix("sqlite:").expect("a file")), keys().reveal())
        .expect("the key file");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_library-swap"))
            .current_dir(folder.path())
            .env("LIBRARY_SWAP__DATABASE__URL", &url)
            .arg("certificate")
            .args(arguments)
            .output()
            .expect("the binary runs");
        (output.status.code(), output.stdout, String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let wanted = [case.placement.as_str(), "--language", "cy", "-o", "certificate.pdf"];
    let file = folder.path().join("certificate.pdf");
    let (code, _, said) = run(&wanted);
    assert!(code == Some(1) && said.contains("the visit ends at 17:00 on 2027-03-01"), "{said}");
    assert!(!file.exists(), "nothing is left behind");
    let past = service.app.store.write(|tx| -> Result<(), StoreError> {
        let id = case.placement.parse().expect("an id");
        let mut placement = placements::find(tx, id)?.expect("a placement");
        placement.date = "2020-03-02".parse().expect("a date");
        placements::save(tx, &mut placement, chrono::DateTime::UNIX_EPOCH.naive_utc())
    });
    past.expect("saved");
    assert_eq!(run(&wanted), (Some(0), Vec::new(), String::new()));
    assert!(std::fs::read(&file).expect("a file").starts_with(b"%PDF-1.7"));
    let (code, _, said) = run(&wanted);
    assert!(code == Some(2) && said.contains("certificate.pdf: "), "a file that is there stays: {said}");
    let (code, pdf, said) = run(&[&case.placement]);
    assert!(code == Some(0) && pdf.starts_with(b"%PDF-1.7"), "{said}");
    assert_eq!(run(&["019a0000-0000-7000-8000-000000000000"]).0, Some(1));
    assert_eq!(run(&["nothing"]).0, Some(2));
    let entries = case.world.organiser.get("/v1/audit?action=issue_certificate").expect(200);
    let by: Vec<&str> =
        entries["data"].as_array().expect("a list").iter().filter_map(|one| one["actor"].as_str()).collect();
    assert_eq!(by, ["command line", "command line"]);
}
