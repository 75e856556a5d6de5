//! One round in each state that `domain/steps.rs` knows, with the same people in it: somebody of the campus, whose case it is, who
//! goes to one of three other libraries; somebody of the grammar school for whom it is foreign. Built by requests, mails and
//! workers alone.

use std::collections::BTreeMap;

use library_swap::domain::permissions::Role;
use library_swap::domain::states::{ApplicationState, PlacementState, RoundState};
use library_swap::services::webhooks::{self, Outcome};
use library_swap::worker::{Stop, house, schedules, trail};
use serde_json::{Value, json};

use crate::callers::{Caller, Case};
use crate::programme::{LIBRARIES, Mail, World, address, id_of};
use crate::rows::schedule_delivery;

/// Whose case it is.
pub const HOME: &str = "campus";
/// For whom it is foreign.
const OTHER: &str = "grammar";
/// Who has two people in it, where places are to be given anew.
const CROWDED: &str = "town";
/// When everything is tried: noon on the day of the running round.
const NOW: &str = "2027-02-09T12:00:00Z";

/// A round in a state.
pub struct Scene {
    pub name: &'static str,
    pub round: RoundState,
    pub application: Option<ApplicationState>,
    pub placement: Option<PlacementState>,
    /// Whether the mails of its publication have gone.
    pub is_told: bool,
    /// Whether managers are asked with the others.
    pub asks_managers: bool,
    /// Who receives.
    pub host: &'static str,
    /// The day of the placements.
    pub day: &'static str,
    /// Ids by what stands for them in paths, and what else bodies need.
    pub things: BTreeMap<&'static str, String>,
    pub callers: Vec<Caller>,
}

impl Scene {
    /// What stands for something; an id of nothing where a round has none of it yet.
    pub fn thing(&self, name: &str) -> &str {
        self.things.get(name).map_or("01900000-0000-7000-8000-000000000000", String::as_str)
    }
}

/// How far a round is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Draft,
    Open,
    Closed,
    Matched,
    Held,
    Published,
    Agreed,
}

/// A round to be played.
struct Plan {
    name: &'static str,
    who: &'static str,
    day: &'static str,
    stage: Stage,
    more: Value,
}

/// Everything, in every state; the clock stands at [`NOW`] afterwards.
pub fn build(world: &mut World<'_>) -> Vec<Scene> {
    let unused = world.round.clone();
    let mut scenes = Vec::new();
    let past = |dates: &[&str]| json!({ "sign_up_until": "2027-01-10", "answer_until": "2027-01-20", "dates": dates });
    let coming =
        |day: &str| json!({ "sign_up_until": "2027-02-20", "answer_until": "2027-02-28", "dates": [day] });
    welcome_everybody(world);
    // Before the rounds are played: what they change waits as messages to it.
    let webhooks = format!("/v1/employers/{}/webhooks", world.employers[HOME]);
    world.organiser.post(&webhooks, &json!({ "url": "https://8.8.8.8/hook" })).expect(201);
    // Due when they have been.
    let deliveries = format!("/v1/employers/{}/schedule-deliveries", world.employers[HOME]);
    world.organiser.post(&deliveries, &schedule_delivery("mo")).expect(201);
    let plan = |name, who, day, stage, more| Plan { name, who, day, stage, more };
    let completed = ("completed", "ann", "2027-02-01");
    let running = ("running", "bea", "2027-02-09");
    for (name, who, day) in [completed, running] {
        let dates: &[&str] = if name == "running" { &[day, "2027-02-16"] } else { &[day] };
        scenes.push(played(world, &plan(name, who, day, Stage::Agreed, past(dates))));
    }
    after_the_day(world, &mut scenes[0]);
    world.at(NOW);
    for (name, who, day, stage) in [
        ("draft", "cid", "2027-03-10", Stage::Draft),
        ("open", "dan", "2027-03-11", Stage::Open),
        ("closed", "eve", "2027-03-12", Stage::Closed),
        ("matched", "fay", "2027-03-15", Stage::Matched),
        ("held", "gus", "2027-03-16", Stage::Held),
        ("published", "hal", "2027-03-17", Stage::Published),
        ("agreed", "ida", "2027-03-18", Stage::Agreed),
        ("cancelled", "jon", "2027-03-19", Stage::Published),
        ("emptied", "kim", "2027-03-22", Stage::Published),
        ("offered", "lea", "2027-03-23", Stage::Agreed),
    ] {
        let mut more = coming(day);
        more["release_required"] = json!(name != "published");
        let mut scene = played(world, &plan(name, who, day, stage, more));
        match name {
            "open" => fix_and_doubt(world, &mut scene),
            "emptied" => empty_a_place(world, &mut scene),
            "agreed" => {
                ask_for_swap(world, &mut scene);
                ask_for_repair(world, &mut scene);
            }
            "offered" => {
                empty_a_place(world, &mut scene);
                offer_the_place(world, &mut scene);
            }
            "cancelled" => {
                ask_for_swap(world, &mut scene);
                exchange(world, &scene);
                world.organiser.step(&world.of_round("/cancel")).expect(200);
                world.deliver();
            }
            _ => {}
        }
        scenes.push(scene);
    }
    finish(world, &mut scenes, &unused);
    // The one with the most in it, where everything is asked by everybody.
    scenes.sort_by_key(|scene| scene.name != "published");
    scenes
}

/// Libraries take visitors of every need, so that there are needs to be read.
fn welcome_everybody(world: &World<'_>) {
    for (name, _) in LIBRARIES {
        let body = json!({
            "contact": { "name": "Desk", "email": format!("desk@{name}.example") },
            "deputy": { "name": "Deputy", "email": format!("deputy@{name}.example") }, "access": ["step-free"],
        });
        world.organiser.put(&format!("/v1/libraries/{}/welcome", world.libraries[name]), &body).expect(200);
    }
}

fn sign_up(world: &World<'_>, day: &str, (who, library): (&str, &str), manager: &str) {
    let form = json!({
        "name": format!("{who} {library}"), "email": format!("{who}@{library}.example"), "home_library": library,
        "dates": [day], "max_km": 30, "manager_email": manager, "needs": ["step-free"],
        "objectives": "How you welcome people",
    });
    world.service.anyone().post(&world.of_round("/applications"), &form).expect(202);
}

/// A round, played as far as its plan says.
fn played(world: &mut World<'_>, plan: &Plan) -> Scene {
    let Plan { name, who, day, stage, .. } = *plan;
    let mut scene = Scene {
        name,
        round: RoundState::Draft,
        application: None,
        placement: None,
        is_told: true,
        asks_managers: plan.more["release_required"] == false,
        host: "hospital",
        day,
        things: BTreeMap::new(),
        callers: Vec::new(),
    };
    if stage == Stage::Draft {
        world.round = draft(world, plan);
    } else {
        world.open_round_by(&plan.more, day);
    }
    scene.things.insert("rounds", world.round.clone());
    // Between other people.
    scene.things.insert("deputyships", "019b76da-a800-7000-8000-000000000001".to_owned());
    if stage >= Stage::Open {
        let two = matches!(name, "emptied" | "offered");
        let people =
            LIBRARIES.iter().map(|(library, _)| (who, *library)).chain(two.then_some(("rex", CROWDED)));
        people.for_each(|one| sign_up(world, day, one, &format!("boss@{}.example", one.1)));
        for (deed, key) in [("verify", "participant"), ("release", "manager")] {
            let mails = world.deliver();
            mails.iter().for_each(|mail| world.press(mail, deed));
            let of = |library: &str| {
                let own = |mail: &&Mail| mail.to.ends_with(&format!("@{library}.example"));
                mails.iter().find(own).and_then(|mail| mail.secret.clone())
            };
            scene.things.extend(of(HOME).map(|secret| (key, secret)));
            if key == "participant" {
                scene.things.extend(of(OTHER).map(|secret| ("other participant", secret)));
            }
        }
        remember_people(world, &mut scene, who);
    }
    if stage >= Stage::Closed {
        world
            .organiser
            .post(&world.of_round("/close"), &json!({ "early_reason": "all are here" }))
            .expect(200);
    }
    if stage >= Stage::Matched {
        let run = world.solve();
        if stage >= Stage::Held {
            world.organiser.step(&format!("/v1/runs/{run}/publish")).expect(200);
            scene.is_told = stage > Stage::Held;
        }
        if stage >= Stage::Published {
            world.organiser.step(&format!("/v1/runs/{run}/release-mails")).expect(200);
        }
        scene.things.insert("runs", run);
    }
    if stage >= Stage::Held {
        remember_placements(world, &mut scene);
    }
    if stage >= Stage::Published {
        let mails = world.deliver();
        remember_links(world, &mut scene, &mails);
        for mail in mails.iter().filter(|mail| stage == Stage::Agreed && mail.kind == "proposal") {
            world.press(mail, "accept");
        }
        world.deliver();
    }
    scene
}

fn draft(world: &World<'_>, plan: &Plan) -> String {
    let mut body = json!({ "name": "To come", "time_zone": "Europe/London", "rules": { "balance": 0 } });
    for (key, value) in plan.more.as_object().expect("fields") {
        body[key] = value.clone();
    }
    let round = id_of(&world.organiser.post("/v1/rounds", &body).expect(201));
    let url = format!("/v1/rounds/{round}/libraries/{}", world.libraries[HOME]);
    world.organiser.put(&url, &json!({ "hosting": { plan.day: 1 } })).expect(200);
    round
}

fn list(world: &World<'_>, rest: &str) -> Vec<Value> {
    let listed = world.organiser.get(&world.of_round(rest)).expect(200);
    listed["data"].as_array().expect("a list").clone()
}

fn remember_people(world: &World<'_>, scene: &mut Scene, who: &str) {
    let all = list(world, "/applications?limit=200");
    let of = |address: String| {
        let own = all.iter().find(|one| one["email"] == address.as_str());
        id_of(own.unwrap_or_else(|| panic!("{address} has signed up")))
    };
    scene.things.insert("applications", of(format!("{who}@{HOME}.example")));
    scene.things.insert("address", format!("{who}@{HOME}.example"));
    scene.things.insert("other application", of(format!("{who}@{OTHER}.example")));
}

/// Somebody's placement; by its home library.
fn placement_of<'a>(placements: &'a [Value], home: &str) -> &'a Value {
    let own = |one: &&Value| address(one).ends_with(&format!("@{home}.example"));
    placements.iter().find(own).unwrap_or_else(|| panic!("nobody of the {home} has a place"))
}

fn remember_placements(world: &World<'_>, scene: &mut Scene) {
    let placements = world.placements();
    let own = placement_of(&placements, HOME);
    let host = own["host_library"].as_str().expect("a host");
    scene.host = LIBRARIES.iter().find(|(name, _)| world.libraries[name] == host).expect("a library").0;
    scene.things.insert("placements", id_of(own));
    // With whom they could exchange: neither would come home.
    let partner = [OTHER, "hospital", CROWDED].into_iter().find(|home| {
        let theirs = placement_of(&placements, home);
        theirs["host_library"] != world.libraries[HOME].as_str() && host != world.libraries[*home]
    });
    let partner = partner.expect("somebody with whom they could exchange");
    scene.things.insert("partner", id_of(placement_of(&placements, partner)));
    scene.things.insert("other placement", id_of(placement_of(&placements, OTHER)));
}

fn remember_links(world: &World<'_>, scene: &mut Scene, mails: &[Mail]) {
    for mail in mails.iter().filter(|mail| mail.kind == "proposal") {
        let secret = mail.secret.clone().expect("a link");
        let page = world.service.anyone().get(&format!("/v1/links/{secret}")).expect(200);
        let (own, other) = (scene.thing("placements").to_owned(), scene.thing("other placement").to_owned());
        let partner = scene.thing("partner").to_owned();
        let about = page["placement"]["id"].as_str().expect("a placement");
        let party = page["party"].as_str().expect("a party");
        let key = match party {
            "participant" if about == own => "participant",
            "host" if about == own => "host",
            "manager" if about == own => "manager with placement",
            "participant" if about == other => "other participant",
            "host" if about == other => "other host",
            _ => "nobody",
        };
        if party == "participant" && about == partner {
            scene.things.insert("partner's link", secret.clone());
        }
        scene.things.insert(key, secret);
    }
}

/// What belongs to the day of the completed round.
fn after_the_day(world: &World<'_>, scene: &mut Scene) {
    world.at("2027-02-01T17:00:00Z");
    let placement = format!("/v1/placements/{}", scene.thing("placements"));
    let host = world.service.with(scene.thing("host"));
    host.post(&format!("{placement}/attendance"), &json!({ "attendance": "arrived" })).expect(200);
    world.at("2027-02-02T09:00:00Z");
    let other = world.service.with(scene.thing("other participant"));
    let idea = json!({ "text": "A shelf at the door", "topics": ["shelves"], "shown_as": "author" });
    let given =
        other.post(&format!("/v1/placements/{}/idea", scene.thing("other placement")), &idea).expect(200);
    scene.things.insert("ideas", id_of(&given));
    let round = scene.thing("rounds").to_owned();
    let listed = world.organiser.get(&format!("/v1/rounds/{round}/placements?limit=200")).expect(200);
    let days = listed["data"].as_array().expect("a list").iter();
    for day in days.filter(|day| day["state"] == "confirmed") {
        let name = |(name, id): (&&'static str, &String)| (day["host_library"] == **id).then_some(*name);
        let host = world.libraries.iter().find_map(name).expect("the host");
        let wanted =
            json!({ "name": "marks", "role": "library_administrator", "employers": [world.employers[host]] });
        let token = world.organiser.post("/v1/tokens", &wanted).expect(201);
        let administrator = world.service.with(token["secret"].as_str().expect("a secret"));
        let url = format!("/v1/placements/{}/attendance", id_of(day));
        administrator.post(&url, &json!({ "attendance": "arrived" })).expect(200);
    }
    world.organiser.step(&format!("/v1/rounds/{round}/report")).expect(200);
    scene.things.insert("reported", round);
}

/// Locks and forbidden pairs, and somebody whose manager nobody knows.
fn fix_and_doubt(world: &World<'_>, scene: &mut Scene) {
    let other = scene.thing("other application").to_owned();
    let lock = json!({ "host": world.libraries[CROWDED], "date": scene.day });
    world.organiser.put(&world.of_round(&format!("/locks/{other}")), &lock).expect(200);
    scene.things.insert("locked", other.clone());
    let pair = json!({ "application": other, "host": world.libraries[HOME] });
    let pair = world.organiser.post(&world.of_round("/forbidden"), &pair);
    scene.things.insert("pair", id_of(&pair.json()));
    sign_up(world, scene.day, ("zed", HOME), "boss@elsewhere.example");
    for mail in world.deliver() {
        world.press(&mail, "verify");
    }
    world.deliver();
    let all = list(world, "/applications?limit=200");
    let zed = all.iter().find(|one| one["email"] == "zed@campus.example").expect("signed up");
    scene.things.insert("unvouched", id_of(zed));
}

/// Somebody of the crowded library does not go after all.
fn empty_a_place(world: &World<'_>, scene: &mut Scene) {
    let placements = world.placements();
    let emptied = id_of(placement_of(&placements, CROWDED));
    let body = json!({ "reason": "The roof leaks." });
    world.organiser.post(&format!("/v1/placements/{emptied}/cancel"), &body).expect(200);
    world.deliver();
    scene.things.insert("emptied", emptied);
}

fn offer_the_place(world: &World<'_>, scene: &mut Scene) {
    let begun =
        world.organiser.step(&format!("/v1/placements/{}/refill", scene.thing("emptied"))).expect(201);
    scene.things.insert("refill", id_of(&begun));
    let mails = world.deliver();
    let offer = mails.iter().find(|mail| mail.kind == "offer").and_then(|mail| mail.secret.clone());
    scene.things.insert("offer's link", offer.expect("an offer to a reserve"));
}

/// The partner asks.
fn ask_for_swap(world: &World<'_>, scene: &mut Scene) {
    let partner = world.service.with(scene.thing("partner's link"));
    let url = format!("/v1/placements/{}/swaps", scene.thing("partner"));
    partner.post(&url, &json!({ "with": [scene.thing("placements")] })).expect(202);
    scene.things.insert("swaps", id_of(&list(world, "/swaps")[0]));
    world.deliver();
}

/// Everybody who is asked agrees.
fn exchange(world: &World<'_>, scene: &Scene) {
    let agree = json!({ "deed": "agree_swap", "swap": scene.thing("swaps") });
    let anyone = world.service.anyone();
    anyone.post(&format!("/v1/links/{}", scene.thing("participant")), &agree).expect(200);
    for mail in world.deliver().iter().filter(|mail| mail.kind == "swap_request") {
        world.say(mail, &agree);
    }
    world.deliver();
}

fn ask_for_repair(world: &World<'_>, scene: &mut Scene) {
    let dropped = json!({ "drop": [scene.thing("other application")] });
    let asked = world.organiser.post(&world.of_round("/repairs"), &dropped);
    let repair = asked.expect(201);
    let option = repair["options"].as_array().and_then(|all| all.first()).expect("a way");
    scene.things.extend([("repair", id_of(&repair)), ("option", id_of(option))]);
}

/// What all rounds have, and who asks in each.
fn finish(world: &mut World<'_>, scenes: &mut [Scene], unused: &str) {
    world.round =
        scenes.iter().find(|scene| scene.name == "closed").expect("closed").thing("rounds").to_owned();
    let queued = id_of(&world.organiser.step(&world.of_round("/runs")).expect(202));
    let of_installation = installation(world);
    let idea = scenes[0].thing("ideas").to_owned();
    for scene in scenes.iter_mut() {
        scene.things.insert("ideas", idea.clone());
        world.round = scene.thing("rounds").to_owned();
        if scene.name == "closed" {
            scene.things.insert("queued", queued.clone());
        }
        let notice = json!({ "controller": "The consortium", "purpose": "To match.", "consent": "Agreed?" });
        world.organiser.put(&world.of_round("/privacy-notice"), &notice).expect(200);
        scene.things.extend(of_installation.clone());
        remember_mails(world, scene);
        see(world, scene);
    }
    trail::step(&world.service.app, "test", &Stop::new()).expect("a step");
    house::tidy(&world.service.app, "test").expect("tidied");
    for scene in scenes.iter_mut() {
        world.round = scene.thing("rounds").to_owned();
        scene.callers = callers(world, scene, unused);
    }
}

/// What belongs to no round.
fn installation(world: &World<'_>) -> Vec<(&'static str, String)> {
    let organiser = &world.organiser;
    let (employer, library) = (world.employers[HOME].clone(), world.libraries[HOME].clone());
    let made = |path: &str, body: &Value| id_of(&organiser.post(path, body).expect(201));
    let calendar = |name: &str| {
        made("/v1/calendars", &json!({ "name": name, "kind": "closures", "employer": employer }))
    };
    let first = |path: &str| id_of(&organiser.get(path).expect(200)["data"][0]);
    let webhook = first(&format!("/v1/employers/{employer}/webhooks"));
    // Its receiver says that it is gone, and is there again.
    let app = &world.service.app;
    let outgoing = webhooks::claim(app, "test").expect("claimed").expect("a message");
    let gone = Outcome { status: Some(410), error: Some("gone".to_owned()) };
    webhooks::settle(app, "test", &outgoing, &gone).expect("settled");
    organiser.step(&format!("/v1/webhooks/{webhook}/enable")).expect(200);
    let exception = json!({ "opens": [], "label": "stocktaking" });
    organiser.put(&format!("/v1/libraries/{library}/exceptions/2027-05-04"), &exception).expect(200);
    let delivery = first(&format!("/v1/employers/{employer}/schedule-deliveries"));
    assert_eq!(schedules::deliver_due(app, "test", &Stop::new()).expect("a step"), 1);
    let dispatches = format!("/v1/schedule-deliveries/{delivery}/dispatches");
    vec![
        ("employers", employer.clone()),
        ("schedule-deliveries", delivery),
        ("dispatch", first(&dispatches)),
        ("libraries", library.clone()),
        ("library", library),
        ("calendars", calendar("Closures")),
        ("feeds", made("/v1/feeds", &json!({ "kind": "employer", "employer": employer }))),
        ("webhooks", webhook.clone()),
        ("delivery", first(&format!("/v1/webhooks/{webhook}/deliveries"))),
        ("tokens", made("/v1/tokens", &json!({ "name": "taken back", "role": "auditor" }))),
        ("grants", made("/v1/grants", &json!({ "address": "ann@auditor.example", "role": "auditor" }))),
        ("date", "2027-05-04".to_owned()),
        ("kind", "proposal".to_owned()),
        ("secret", "0".repeat(64)),
        ("file:.*", "index.html".to_owned()),
    ]
}

fn remember_mails(world: &World<'_>, scene: &mut Scene) {
    let of_kind = |kind: &str, state: &str| {
        let found = list(world, &format!("/deliveries?kind={kind}&state={state}&limit=200"));
        let own = found
            .iter()
            .find(|one| one["placement"].as_str() == scene.things.get("placements").map(String::as_str));
        own.map(id_of)
    };
    let (held, sent) = (of_kind("proposal", "held"), of_kind("proposal", "sent"));
    scene.things.extend(held.map(|id| ("held-mails", id)));
    scene.things.extend(sent.map(|id| ("deliveries", id)));
    if let Some(run) = scene.things.get("runs").cloned() {
        scene.things.insert("other", run);
    }
    if let Some(application) = scene.things.get("applications").cloned() {
        scene.things.insert("application", application);
    }
}

/// In which states things are.
fn see(world: &World<'_>, scene: &mut Scene) {
    let state = |path: String| {
        let seen = world.organiser.get(&path).expect(200);
        seen["state"].as_str().expect("a state").to_owned()
    };
    scene.round = state(world.of_round("")).parse().expect("a state");
    let application = scene.things.get("applications").map(|id| state(format!("/v1/applications/{id}")));
    scene.application = application.map(|state| state.parse().expect("a state"));
    let placement = scene.things.get("placements").map(|id| state(format!("/v1/placements/{id}")));
    scene.placement = placement.map(|state| state.parse().expect("a state"));
}

fn callers(world: &World<'_>, scene: &Scene, unused: &str) -> Vec<Caller> {
    let mut callers = vec![Caller::anyone(world)];
    for role in [Role::Operator, Role::Organiser, Role::Auditor, Role::MailServer] {
        callers.push(Caller::token(world, role));
    }
    // The home, the host, and one that is neither.
    let mut neither =
        LIBRARIES.iter().map(|(name, _)| *name).filter(|name| ![HOME, scene.host].contains(name));
    let libraries = [HOME, scene.host, neither.next().expect("another one")];
    for role in [Role::LibraryAdministrator, Role::Hr] {
        callers.extend(libraries.map(|library| Caller::of_employer(world, role, library)));
    }
    callers.push(Caller::of_round(world, scene.thing("rounds"), "this"));
    callers.push(Caller::of_round(world, unused, "another"));
    let thing = |name: &str| scene.things.get(name).map(String::as_str);
    let (application, placement) = (thing("applications"), thing("placements"));
    // Before the mails have gone there is no link that knows of the placement.
    let told = placement.filter(|_| thing("host").is_some());
    let own = Case { application, placement: told };
    let of_placement = Case { application: None, placement };
    let of_application = Case { application, placement: None };
    let other = Case {
        application: thing("other application"),
        placement: thing("other placement").filter(|_| told.is_some()),
    };
    let other_visit = Case { application: None, placement: thing("other placement") };
    for (role, case, key, whose) in [
        (Role::Participant, own, "participant", "the own"),
        (Role::Participant, other, "other participant", "another"),
        (Role::HostContact, of_placement, "host", "the own"),
        (Role::HostContact, other_visit, "other host", "another"),
        (Role::Manager, of_application, "manager", "the own"),
        (Role::Manager, of_placement, "manager with placement", "the own"),
    ] {
        let live = |secret: &&str| world.service.with(secret).get("/v1/me/tasks").status == 200;
        callers.extend(thing(key).filter(live).map(|secret| Caller::link(world, role, case, secret, whose)));
    }
    if let Some(address) = thing("address") {
        let boss = format!("boss@{HOME}.example");
        callers.extend(Caller::signed_in(world, Role::Participant, of_application, address));
        callers.extend(Caller::signed_in(world, Role::Manager, of_application, &boss));
    }
    if told.is_some() {
        let address = format!("desk@{}.example", scene.host);
        callers.extend(Caller::signed_in(world, Role::HostContact, of_placement, &address));
    }
    callers
}
