//! Pages of lists and their filters.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::for_each_service;
use crate::world::World;

#[test]
fn the_pages_of_a_list_hold_everything_once_and_link_to_each_other() {
    for_each_service(|service| {
        let world = World::without_round(service);
        for n in 0..7 {
            let body = json!({
                "reference": format!("school-{n}"), "name": format!("School {n} & Co"), "sectors": ["school"],
                "employers": [world.council], "time_zone": "Europe/London",
            });
            world.organiser.post("/v1/libraries", &body).expect(201);
        }
        let anyone = service.anyone();
        let mut url = "/v1/libraries?q=%26%20co&sector=school&limit=3".to_owned();
        let (mut names, mut pages) = (Vec::new(), 0);
        loop {
            let page = anyone.get(&url);
            let body = page.expect(200);
            names.extend(
                body["data"].as_array().expect("data").iter().map(|library| library["name"].to_string()),
            );
            pages += 1;
            let Some(link) = page.header("link") else {
                assert!(body["next_cursor"].is_null());
                break;
            };
            let next =
                link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect("a link");
            assert!(next.contains(body["next_cursor"].as_str().expect("a cursor")), "{next}");
            url = next.to_owned();
        }
        assert_eq!((pages, names.len()), (3, 7));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 7);
        let own = anyone.get(&format!("/v1/libraries?employer={}", world.university)).expect(200);
        assert_eq!(own["data"].as_array().expect("data").len(), 1);
    });
}

#[test]
fn every_list_takes_a_limit_and_a_cursor() {
    for_each_service(|service| {
        let world = World::new(service);
        world.released("ann");
        world.released("bea");
        for path in ["/v1/employers", "/v1/libraries", "/v1/tokens", "/v1/deliveries", "/v1/audit"]
            .map(str::to_owned)
            .into_iter()
            .chain([world.of_round("/libraries"), world.of_round("/applications")])
        {
            world.token("operator", None);
            let first = world.organiser.get(&format!("{path}?limit=1")).expect(200);
            let cursor = first["next_cursor"].as_str().unwrap_or_else(|| panic!("{path} has a next page"));
            let second = world.organiser.get(&format!("{path}?limit=1&cursor={cursor}")).expect(200);
            assert_eq!(second["data"].as_array().expect("data").len(), 1, "{path}");
            assert_ne!(first["data"][0], second["data"][0], "{path}");
        }
    });
}
