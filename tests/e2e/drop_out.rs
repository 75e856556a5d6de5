//! Drop-outs while there is time, after the last day for answers, and on the eve: what the organiser sees, who is touched,
//! who is written to; a repair, a reserve, and a gap. `cargo test --locked --test e2e drop_out -- --nocapture --test-threads 1` prints all of it.

use library_swap::domain::permissions::Actor;
use library_swap::services::traces::check_all;
use serde_json::{Value, json};

use crate::programme::{Mail, World, address, id_of};
use crate::support::{Client, for_each_service, for_each_service_asking_until};

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

/// The address of whoever made an application.
fn address_of(world: &World<'_>, application: &str) -> String {
    let found = world.organiser.get(&format!("/v1/applications/{application}")).expect(200);
    found["email"].as_str().expect("an address").to_owned()
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

    /// Prints who drops out, is touched or comes in, and applies the way.
    fn apply_aloud(&self, world: &World<'_>, kind: &str) {
        let way = self.option(kind);
        eprintln!("  {kind}: {} placed, {} touched beyond the drop-out", way["placed"], way["touched"]);
        for change in way["changes"].as_array().expect("changes") {
            let who = address_of(world, change["application"].as_str().expect("an id"));
            let day = |end: &Value| end["date"].as_str().unwrap_or("no place").to_owned();
            let (from, to) = (day(&change["from"]), day(&change["to"]));
            eprintln!("    {who} {}: {from} -> {to}", change["why"].as_str().expect("a reason"));
        }
        self.apply(&world.organiser, kind);
    }
}

/// Delivers what waits, prints who was written to, and holds it against `expected`, one "kind address" each.
fn deliver_exactly(world: &World<'_>, when: &str, expected: &[String]) -> Vec<Mail> {
    let mails = world.deliver();
    let mut expected = expected.to_vec();
    expected.sort();
    eprintln!("  {when}: {}", if mails.is_empty() { "nobody".to_owned() } else { told(&mails).join(", ") });
    assert_eq!(told(&mails), expected, "{when}");
    mails
}

/// "kind address" for each address.
fn each(kind: &str, addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| format!("{kind} {address}")).collect()
}

/// A gap is left, offered to the one reserve whom it asks, who takes it; the host says yes. Gives who comes.
fn refilled_by_a_reserve(world: &World<'_>, dropped: &Value) -> String {
    let (gone, host) = (address(dropped), desk(dropped));
    Shown::ask(world, dropped).apply_aloud(world, "leave_the_gap");
    deliver_exactly(world, "after the repair", &each("cancelled", &[&gone, "boss@town.example", &host]));
    let refill = world.organiser.step(&format!("/v1/placements/{}/refill", id_of(dropped))).expect(201);
    let asked = refill["offers"][0]["application"].as_str().expect("somebody is asked");
    let reserve = address_of(world, asked);
    assert_ne!(reserve, gone, "who dropped out is not asked");
    let mails = deliver_exactly(world, "after the offer", &each("offer", &[&reserve]));
    world.press(&mails[0], "accept");
    let mails = deliver_exactly(world, "after the reserve's yes", &each("proposal", &[&reserve, &host]));
    let asked = mails.iter().find(|mail| mail.to == host).expect("the host");
    assert!(asked.text.contains("off"), "it hears of the gap, not whose: {}", asked.text);
    assert!(!asked.text.contains(&gone) && !asked.text.contains(&reserve), "{}", asked.text);
    world.press(asked, "accept");
    let told = each("confirmed", &[&reserve, "boss@town.example", &host]);
    deliver_exactly(world, "after the host's yes", &told);
    let all = world.organiser.get(&world.of_round("/refills")).expect(200);
    let own = all["data"].as_array().expect("a list").iter().find(|one| one["id"] == refill["id"]);
    assert_eq!(own.expect("it")["state"], "filled");
    assert_eq!(address(&of_town(world)), reserve);
    assert_eq!(world.standing("confirmed").len(), 4);
    assert_whole(world);
    reserve
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

        eprintln!(" in time: whoever was left out comes in, nobody else is touched or written to");
        world.at(IN_TIME);
        let dropped = of_town(&world);
        let (gone, host) = (address(&dropped), desk(&dropped));
        let shown = Shown::ask(&world, &dropped);
        assert!(shown.is_default("fewest_touched"), "{}", shown.repair);
        assert_eq!(shown.option("leave_the_gap")["placed"], 3);
        let way = shown.option("fewest_touched");
        assert_eq!((&way["placed"], &way["touched"]), (&json!(4), &json!(0)), "{way}");
        let comes = way["changes"].as_array().expect("changes").iter().find(|one| one["why"] == "comes_in");
        let comes = comes.expect("somebody")["application"].as_str().expect("an id");
        let comes = address_of(&world, comes);
        assert_ne!(comes, gone);
        deliver_exactly(&world, "of what is only shown", &[]);
        shown.apply_aloud(&world, "fewest_touched");
        // Whose manager released them is told that the day is free again; the host hears of both visitors by one mail.
        let told = [each("cancelled", &[&gone, "boss@town.example"]), each("proposal", &[&comes, &host])];
        let mails = deliver_exactly(&world, "after the repair", &told.concat());
        let called_off = mails.iter().find(|mail| mail.to == gone).expect("a mail");
        assert!(called_off.calendar.as_ref().is_some_and(|file| file.contains("METHOD:CANCEL")));
        for mail in mails.iter().filter(|mail| mail.kind == "proposal") {
            world.press(mail, "accept");
        }
        world.deliver();
        assert_eq!(address(&of_town(&world)), comes);
        assert_eq!(world.standing("confirmed").len(), 4);
        assert_whole(&world);

        eprintln!(" late: the organiser leaves the gap, and offers the place to whoever is left");
        world.at(LATE);
        let last = refilled_by_a_reserve(&world, &of_town(&world));
        assert!(last != gone && last != comes, "whoever is left: {last}");

        eprintln!(" on the eve: a gap, and a list of whom to ring; no reserve is asked any more");
        world.at(EVE);
        let dropped = of_town(&world);
        let shown = Shown::ask(&world, &dropped);
        assert!(shown.is_default("leave_the_gap"), "{}", shown.repair);
        let telephones = shown.repair["telephones"].as_array().expect("a list");
        assert!(!telephones.is_empty(), "{}", shown.repair);
        shown.apply_aloud(&world, "leave_the_gap");
        let told = each("cancelled", &[&last, "boss@town.example", &desk(&dropped)]);
        deliver_exactly(&world, "after the repair", &told);
        assert_eq!(world.standing("confirmed").len(), 3);
        let late = world.organiser.step(&format!("/v1/placements/{}/refill", id_of(&dropped)));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert_eq!(world.standing("cancelled").len(), 3);
        assert_whole(&world);
    });
}

/// A Wednesday, so that the day before is one on which people work.
const WEDNESDAY: &str = "2027-03-03";

#[test]
fn on_the_eve_a_reserve_takes_the_place_where_the_service_asks_until_then() {
    for_each_service_asking_until(1, |service| {
        let world = World::on(service, WEDNESDAY);
        world.agreed_on(&["ann", "bob"], WEDNESDAY);
        eprintln!(
            " on the eve: the gap by default, then the place is offered, taken and agreed to on the same day"
        );
        world.at("2027-03-02T08:30:00Z");
        let dropped = of_town(&world);
        assert!(Shown::ask(&world, &dropped).is_default("leave_the_gap"));
        let reserve = refilled_by_a_reserve(&world, &dropped);
        eprintln!(" on the morning: whoever was left is used up");
        world.at("2027-03-03T07:00:00Z");
        let dropped = of_town(&world);
        let shown = Shown::ask(&world, &dropped);
        shown.apply_aloud(&world, "leave_the_gap");
        let told = each("cancelled", &[&reserve, "boss@town.example", &desk(&dropped)]);
        deliver_exactly(&world, "after the repair", &told);
        let late = world.organiser.step(&format!("/v1/placements/{}/refill", id_of(&dropped)));
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
        assert_whole(&world);
    });
}
