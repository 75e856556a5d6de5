//! The pages that everybody sees: the programme, a round, the form to sign up, in both languages.

use serde_json::json;

use crate::support::for_each_service;
use crate::world::World;

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn somebody_signs_up_by_pages_alone() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let home = anyone.get("/").text();
        let round = format!("/rounds/{}", world.round);
        assert!(home.contains("One day in another library") && home.contains(&round), "{home}");
        let page = anyone.get(&round).text();
        assert!(
            page.contains("Sign-up is open until") && page.contains(&format!("{round}/sign-up")),
            "{page}"
        );
        let path = format!("{round}/sign-up");
        let found = anyone.get(&format!("{path}?q=hive")).text();
        assert!(
            found.contains("One library") && found.contains(&format!("{path}?library={}", world.home)),
            "{found}"
        );
        assert!(
            anyone.get(&format!("{path}?q=nowhere+at+all")).text().contains("No library that takes part")
        );
        let empty = anyone.get(&format!("{path}?library={}", world.home)).text();
        assert!(empty.contains("You work at") && !empty.contains("There is a problem"), "{empty}");
        let good = [
            ("home_library", world.home.as_str()),
            ("name", "Ann O\u{2019}Reader"),
            ("email", "ann@council.example"),
            ("dates", "2027-03-01"),
            ("max_km", "12.5"),
            ("manager_email", "boss@council.example"),
            ("topics", "Reading groups, evening hours"),
            ("needs", ""),
            ("language", "cy"),
        ];
        let done = anyone.submit(&path, &form(&good));
        assert!(done.status == 200 && done.text().contains("Look into your mail"), "{}", done.text());
        let mails = world.mails();
        assert_eq!(mails.len(), 1, "to prove the address");
        assert_eq!(mails[0].to_address, "ann@council.example");
        let listed = world.organiser.get(&format!("/v1/rounds/{}/applications", world.round)).expect(200);
        let one = &listed["data"][0];
        assert_eq!(
            (&one["name"], &one["max_km"], &one["language"]),
            (&json!("Ann O\u{2019}Reader"), &json!(12.5), &json!("cy"))
        );
        assert_eq!(one["topics"], json!(["reading-groups", "evening-hours"]));
        let again = anyone.submit(&path, &form(&good));
        assert_eq!((again.status, again.text()), (done.status, done.text()), "nobody learns who is known");
    });
}

#[test]
fn a_form_comes_back_with_everything_typed_and_each_fault_by_its_field() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let path = format!("/rounds/{}/sign-up", world.round);
        let payload = "\"><script>alert(1)</script>";
        let bad = [
            ("home_library", world.home.as_str()),
            ("name", payload),
            ("email", "no address"),
            ("max_km", "far"),
            ("manager_email", ""),
            ("objectives", payload),
        ];
        let page = anyone.submit(&path, &form(&bad));
        let text = page.text();
        assert_eq!(page.status, 422, "{text}");
        assert!(text.contains("<title>Error: Sign up for") && text.contains("There is a problem"), "{text}");
        for field in ["email", "dates", "max_km", "manager_email"] {
            assert!(text.contains(&format!("<a href=\"#{field}\">")), "{field}: {text}");
        }
        assert!(
            text.contains("value=\"no address\"") && text.contains("value=\"far\""),
            "what was typed stays"
        );
        assert!(!text.contains("<script"), "{text}");
        assert!(world.mails().is_empty());
        let stranger = anyone.submit(&path, &form(&[("home_library", &world.home), ("admin", "yes")]));
        assert_eq!(stranger.status, 422);
        let nowhere = anyone.submit(&path, &form(&[("home_library", "nowhere")]));
        assert_eq!(nowhere.status, 404);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        assert_eq!(anyone.send("POST", &path, &headers, b"").status, 403);
    });
}

#[test]
fn pages_are_welsh_for_whoever_reads_welsh() {
    for_each_service(|service| {
        let world = World::new(service);
        let anyone = service.anyone();
        let read =
            |path: &str, wanted: &str| anyone.send("GET", path, &[("accept-language", wanted)], b"").text();
        for path in
            ["/".to_owned(), format!("/rounds/{}", world.round), format!("/rounds/{}/sign-up", world.round)]
        {
            assert!(read(&path, "en-GB,cy;q=0.5").contains("<html lang=\"en\">"), "{path}");
            assert!(read(&path, "de, cy;q=0.9, en;q=0.8").contains("<html lang=\"cy\">"), "{path}");
            assert!(read(&path, "cy").contains("language=en"), "the way to the other language");
            assert!(read(&format!("{path}?language=cy"), "en").contains("<html lang=\"cy\">"), "{path}");
            assert_eq!(anyone.get(&format!("{path}?language=de")).status, 422, "{path}");
        }
        let home = read("/?language=cy", "en");
        assert!(home.contains(&format!("/rounds/{}?language=cy", world.round)), "links keep what was chosen");
        assert_eq!(anyone.get(&format!("/rounds/{}", world.council)).status, 404);
    });
}
