//! Drop-outs while there is time, after the last day for answers, and on the eve: what the organiser sees, who is touched,
//! who is written to; a repair, a reserve, and a gap.

use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use serde_json::{Value, json};

use crate::programme::{Mail, World, address, id_of};
use crate::support::{Client, for_each_service};

/// While answers can still be given.
const IN_TIME: &str = "2027-02-10T09:00:00Z";
/// After the last day for answers, eleven days before the day.
const LATE: &str = "2027-02-18T09:00:00Z";
/// The day before.
const EVE: &str = "2027-02-28T17:00:00Z";

/// "kind address" of each, sorted.
fn told(mails: &[Mail]) -> Vec<String> {
    let mut told: Vec<String> = mails.iter().map(|mail| format!("{} {}", mail.kind, mail.to)).collect();
    told.sort();
    told
}

fn desk(placement: &Value) -> String {
    placement["host"]["contact"]["email"].as_str().expect("an address").to_owned()
}

/// The placement of the town.
fn of_town(world: &World<'_>) -> Value {
    let mut all = world.standing("confirmed").into_iter();
    all.find(|placement| address(placement).ends_with("@town.example")).expect("somebody of the town")
}

/// What a repair that drops somebody shows.
struct Shown {
    repair: Value,
    url: String,
    tag: String,
}

impl Shown {
    fn ask(world: &World<'_>, dropped: &Value) -> Self {
        let asked =
            world.organiser.post(&world.of_round("/repairs"), &json!({ "drop": [dropped["application"]] }));
        let header = |name: &str| asked.header(name).expect("a header").to_owned();
        Self { url: format!("{}/apply", header("location")), tag: header("etag"), repair: asked.expect(201) }
    }

    fn option(&self, kind: &str) -> &Value {
        let options = self.repair["options"].as_array().expect("options");
        options.iter().find(|option| option["kind"] == kind).expect("that option")
    }

    fn is_default(&self, kind: &str) -> bool {
        self.repair["default_option"] == self.option(kind)["id"]
    }

    fn apply(&self, organiser: &Client, kind: &str) {
        let headers = [("content-type", "application/json"), ("if-match", self.tag.as_str())];
        let body = json!({ "option": self.option(kind)["id"] }).to_string();
        organiser.send("POST", &self.url, &headers, body.as_bytes()).expect(200);
    }

    /// Prints who is touched, for whoever runs the test to see.
    fn print(&self, kind: &str) {
        let way = self.option(kind);
        eprintln!("{kind}: {} placed, {} touched beyond the drop-out", way["placed"], way["touched"]);
        for change in way["changes"].as_array().expect("changes") {
            let day = |end: &Value| end["date"].as_str().unwrap_or("no place").to_owned();
            eprintln!("  {}: {} -> {}", change["why"], day(&change["from"]), day(&change["to"]));
        }
    }
}

/// Prints who was written to.
fn print_mails(when: &str, mails: &[Mail]) {
    eprintln!("{when}: {}", told(mails).join(", "));
}

fn assert_whole(world: &World<'_>) {
    let all = check_all(&world.service.app, &Actor::worker("test"), 10).expect("traced");
    assert_eq!(all.broken, 0, "{:?}", all.first);
}

#[test]
fn drop_outs_are_replaced_by_a_repair_or_a_reserve_or_leave_a_gap_and_only_those_concerned_hear() {
    for_each_service(|service| {
        let world = World::new(service);
        world.agreed(&["ann", "bob", "cid"]);

        // In time: whoever was left out comes in, nobody else is touched or written to.
        world.at(IN_TIME);
        let dropped = of_town(&world);
        let (gone, host) = (address(&dropped), desk(&dropped));
        let shown = Shown::ask(&world, &dropped);
        assert!(shown.is_default("fewest_touched"), "{}", shown.repair);
        assert_eq!(shown.option("leave_the_gap")["placed"], 3);
        let way = shown.option("fewest_touched");
        assert_eq!((&way["placed"], &way["touched"]), (&json!(4), &json!(0)), "{way}");
        shown.print("fewest_touched");
        assert!(world.deliver().is_empty(), "nobody hears of what is only shown");
        shown.apply(&world.organiser, "fewest_touched");
        let mails = world.deliver();
        let is_of_town = |mail: &&Mail| mail.kind == "proposal" && mail.to.ends_with("@town.example");
        let mut proposed = mails.iter().filter(is_of_town).filter(|mail| !mail.to.starts_with("desk@"));
        let comes = proposed.next().expect("a proposal to somebody of the town").to.clone();
        assert_ne!(comes, gone);
        // Whose manager released them is told that the day is free again.
        let mut expected = [
            format!("cancelled {gone}"),
            "cancelled boss@town.example".to_owned(),
            format!("cancelled {host}"),
            format!("proposal {comes}"),
            format!("proposal {host}"),
        ];
        expected.sort();
        assert_eq!(told(&mails), expected);
        let called_off = mails.iter().find(|mail| mail.to == gone).expect("a mail");
        assert!(called_off.calendar.as_ref().is_some_and(|file| file.contains("METHOD:CANCEL")));
        for mail in mails.iter().filter(|mail| mail.kind == "proposal") {
            world.press(mail, "accept");
        }
        world.deliver();
        assert_eq!(address(&of_town(&world)), comes);
        assert_eq!(world.standing("confirmed").len(), 4);
        assert_whole(&world);

        // Late: the organiser leaves the gap, and offers the place to whoever is left; nobody else hears.
        world.at(LATE);
        let dropped = of_town(&world);
        let host = desk(&dropped);
        let shown = Shown::ask(&world, &dropped);
        shown.print("leave_the_gap");
        shown.apply(&world.organiser, "leave_the_gap");
        let mails = world.deliver();
        print_mails("after the repair", &mails);
        let mut expected = [comes.as_str(), "boss@town.example", &host].map(|who| format!("cancelled {who}"));
        expected.sort();
        assert_eq!(told(&mails), expected);
        let url = format!("/v1/placements/{}", id_of(&dropped));
        let refill = world.organiser.step(&format!("{url}/refill")).expect(201);
        let mails = world.deliver();
        print_mails("after the offer", &mails);
        let offer = mails.first().expect("an offer").clone();
        assert!(offer.to != gone && offer.to != comes, "who dropped out is not asked: {}", offer.to);
        assert_eq!(told(&mails), [format!("offer {}", offer.to)]);
        world.press(&offer, "accept");
        let mails = world.deliver();
        print_mails("after the reserve's yes", &mails);
        let mut expected = [format!("proposal {}", offer.to), format!("proposal {host}")];
        expected.sort();
        assert_eq!(told(&mails), expected);
        let asked = mails.iter().find(|mail| mail.to == host).expect("the host");
        assert!(asked.text.contains("off"), "it hears of the gap, not whose: {}", asked.text);
        assert!(!asked.text.contains(&comes) && !asked.text.contains(&offer.to), "{}", asked.text);
        world.press(asked, "accept");
        let mails = world.deliver();
        print_mails("after the host's yes", &mails);
        let mut expected =
            [offer.to.as_str(), "boss@town.example", &host].map(|who| format!("confirmed {who}"));
        expected.sort();
        assert_eq!(told(&mails), expected);
        let all = world.organiser.get(&world.of_round("/refills")).expect(200);
        assert_eq!((&all["data"][0]["id"], &all["data"][0]["state"]), (&refill["id"], &json!("filled")));
        assert_eq!(address(&of_town(&world)), offer.to);
        assert_eq!(world.standing("confirmed").len(), 4);
        assert_whole(&world);

        // On the eve: a gap, and a list of whom to ring; no reserve is asked any more.
        world.at(EVE);
        let dropped = of_town(&world);
        let shown = Shown::ask(&world, &dropped);
        assert!(shown.is_default("leave_the_gap"), "{}", shown.repair);
        let telephones = shown.repair["telephones"].as_array().expect("a list");
        assert!(!telephones.is_empty(), "{}", shown.repair);
        shown.print("leave_the_gap");
        shown.apply(&world.organiser, "leave_the_gap");
        let mails = world.deliver();
        let mut expected =
            [offer.to.as_str(), "boss@town.example", &desk(&dropped)].map(|who| format!("cancelled {who}"));
        expected.sort();
        assert_eq!(told(&mails), expected);
        assert_eq!(world.standing("confirmed").len(), 3);
        let late = world.organiser.step(&format!("/v1/placements/{}/refill", id_of(&dropped)));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert_eq!(world.standing("cancelled").len(), 3);
        assert_whole(&world);
    });
}
