//! What a round came to, for everybody: made once, and it tells of nobody.

use serde_json::{Value, json};

use crate::programme::{DAY, World as Programme};
use crate::support::for_each_service;

/// A round of four people of four sectors that was.
fn over(service: &crate::support::Service) -> Programme<'_> {
    let world = Programme::new(service);
    for mail in world.published().iter().filter(|mail| mail.kind == "proposal") {
        world.press(mail, "accept");
    }
    world.deliver();
    world
}

#[test]
fn a_report_is_made_once_the_round_is_over_and_hides_what_would_tell_of_somebody() {
    for_each_service(|service| {
        let world = over(service);
        let path = world.of_round("/report");
        let early = world.organiser.step(&path);
        assert_eq!((early.status, early.code()), (409, "round-state".to_owned()));
        assert_eq!(service.anyone().get(&path).code(), "not-found");
        world.at("2027-03-01T17:00:00Z");
        world.at("2027-03-02T09:00:00Z");
        let unmarked = world.organiser.step(&path);
        assert_eq!((unmarked.status, unmarked.code()), (409, "too-early".to_owned()), "{}", unmarked.text());
        world.at("2027-03-16T09:00:00Z");
        let made = world.organiser.step(&path).expect(200);
        let days = &made["days"];
        assert_eq!(days["rows"], json!(["public", "academic", "school", "specialist", "several"]));
        let went = world.placements().iter().filter(|one| one["state"] == "completed").count();
        assert!((1..5).contains(&went), "{went} went on {DAY}");
        let values: Vec<&Value> = days["values"]
            .as_array()
            .expect("rows")
            .iter()
            .flat_map(|row| row.as_array().expect("a row"))
            .collect();
        assert_eq!(values.len(), 36);
        assert!(values.iter().all(|value| value.is_null()), "so few people: {days}");
        assert_eq!(made["ideas_brought"], 0);

        // What is known later changes nothing: two reports would tell by their difference.
        service.set_clock("2027-03-17T09:00:00Z");
        let mut again = world.organiser.step(&path).expect(200);
        assert_eq!(again, made);
        again = service.anyone().get(&path).expect(200);
        assert_eq!(again, made);
        let audit = world.organiser.get("/v1/audit?limit=200").expect(200);
        let entries = audit["data"].as_array().expect("a list").iter();
        assert_eq!(entries.filter(|entry| entry["action"] == "report_impact").count(), 1);
    });
}

#[test]
fn the_page_of_a_report_is_for_everybody_and_has_a_table_beside_each_picture() {
    for_each_service(|service| {
        let world = over(service);
        let page = format!("/rounds/{}/report", world.round);
        assert_eq!(service.anyone().get(&page).status, 404);
        world.at("2027-03-01T17:00:00Z");
        world.at("2027-03-02T09:00:00Z");
        world.at("2027-03-16T09:00:00Z");
        world.organiser.step(&world.of_round("/report")).expect(200);
        let shown = service.anyone().get(&page);
        assert_eq!(shown.status, 200, "{}", shown.text());
        let text = shown.text();
        assert_eq!(text.matches("<svg ").count(), 4);
        assert_eq!(text.matches("<table>").count(), 4);
        assert!(text.contains("What Spring 2027 came to") && text.contains("not shown"), "{text}");
        assert!(!text.contains("style="), "the policy of pages has no inline styles");
        let welsh = service.anyone().get(&format!("{page}?language=cy"));
        assert!(
            welsh.text().contains("<html lang=\"cy\">") && welsh.text().contains("Canlyniadau Spring 2027")
        );
        let pdf = service.anyone().get(&format!("{page}.pdf?language=cy"));
        assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
        assert!(pdf.body.starts_with(b"%PDF-1.7"));
        for wrong in ["language=de", "lang=cy"] {
            assert_eq!(service.anyone().get(&format!("{page}?{wrong}")).status, 422, "{wrong}");
        }
    });
}
