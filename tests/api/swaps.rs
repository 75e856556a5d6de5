//! Swaps asked for by participants: everybody concerned says yes and all placements are exchanged at once, or nothing
//! changes; and what organisers see of gaps and closed days.

use std::collections::BTreeSet;

use library_swap::domain::ids::PlacementId;
use library_swap::domain::letter::{Letter, Method, NoticeKind};
use library_swap::domain::party::Party;
use library_swap::domain::permissions::Actor;
use library_swap::domain::placement::Placement;
use library_swap::domain::states::PlacementState;
use library_swap::domain::told::Told;
use library_swap::services::AppError;
use library_swap::services::traces::check_all;
use library_swap::store::placements;
use library_swap::worker::Stop;
use library_swap::worker::deadlines::act_on_due;
use serde_json::{Value, json};

use crate::support::{Reply, Service, for_each_service};
use crate::world::{DAYS, World, english};

const TOLD: &str = "2027-02-01T10:00:00Z";

/// People of the Hive, at the campus and in the lab.
pub struct Case<'a> {
    pub world: World<'a>,
    run: String,
    lab: String,
    people: Vec<Person>,
}

/// Somebody with their place and the links of its proposal.
pub struct Person {
    name: &'static str,
    pub application: String,
    pub placement: String,
    pub links: [String; 2],
}

/// Who goes where and on which day.
pub type Place = (&'static str, bool, usize);

/// Ann at the campus and Bea in the lab, on the same day.
pub const TWO: [Place; 2] = [("ann", false, 0), ("bea", true, 0)];
/// The same on two days, so that managers are asked.
pub const TWO_DAYS: [Place; 2] = [("ann", false, 0), ("bea", true, 1)];
const THREE: [Place; 3] = [("ann", false, 0), ("bea", true, 0), ("cid", false, 1)];

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

impl<'a> Case<'a> {
    /// Published and told; nobody has answered.
    pub fn new(service: &'a Service, places: &[Place]) -> Self {
        Self::with(service, places, &json!(null), |_, form| form)
    }

    pub fn with(
        service: &'a Service,
        places: &[Place],
        balance: &Value,
        form: impl Fn(&str, Value) -> Value,
    ) -> Self {
        let mut world = World::without_round(service);
        let institute = json!({ "name": "Institute", "domains": ["institute.example"], "managers": [] });
        let institute = id_of(&world.organiser.post("/v1/employers", &institute).expect(201));
        let lab = json!({
            "reference": "lab", "name": "Lab Library", "sectors": ["specialist"], "employers": [institute],
            "point": { "latitude": 52.18, "longitude": -2.21 }, "time_zone": "Europe/London",
            "welcome": { "contact": { "name": "Lab desk", "email": "desk@lab.example" }, "access": ["step-free"] },
        });
        let lab = id_of(&world.organiser.post("/v1/libraries", &lab).expect(201));
        let mut round = World::round_body();
        round["rules"] = json!({ "balance": balance });
        world.round = id_of(&world.organiser.post("/v1/rounds", &round).expect(201));
        world.organiser.step(&world.of_round("/open")).expect(200);
        world.welcome_everybody();
        let offer = json!({
            "hosting": { DAYS[0]: 3, DAYS[1]: 3 }, "release": { DAYS[0]: 3, DAYS[1]: 3 },
            "hours": { DAYS[0]: ["09:00", "17:00"], DAYS[1]: ["10:00", "17:00"] },
        });
        for library in [&world.home, &world.host, &lab] {
            world.organiser.put(&world.of_round(&format!("/libraries/{library}")), &offer).expect(200);
        }
        let applications: Vec<String> =
            places.iter().map(|(who, ..)| world.released_by(who, &form(who, world.form(who)))).collect();
        world.close();
        for ((_, in_lab, day), application) in places.iter().zip(&applications) {
            let host = if *in_lab { &lab } else { &world.host };
            let lock = json!({ "host": host, "date": DAYS[*day] });
            world.organiser.put(&world.of_round(&format!("/locks/{application}")), &lock).expect(200);
        }
        let run = world.solved();
        service.set_clock(TOLD);
        world.publish(&run);
        let letters = world.mails();
        let mut case = Self { world, run, lab, people: Vec::new() };
        let placements = case.placements();
        for ((name, ..), application) in places.iter().zip(applications) {
            let own = placements.iter().find(|one| one["application"] == application).expect("placed");
            let link = |party| {
                let letter = letters.iter().find(|letter| {
                    letter.kind == NoticeKind::Proposal
                        && letter.party == party
                        && letter.link.is_some()
                        && is_about(letter, own, &case)
                        && (party == Party::Host || letter.to_name == Some(format!("{name} Reader")))
                });
                secret(letter.unwrap_or_else(|| panic!("no proposal to the {party} of {name}")))
            };
            let links = [link(Party::Participant), link(Party::Host)];
            case.people.push(Person { name, application, placement: id_of(own), links });
        }
        case
    }

    pub fn placements(&self) -> Vec<Value> {
        let listed = self.world.organiser.get(&self.world.of_round("/placements?limit=200")).expect(200);
        listed["data"].as_array().expect("a list").clone()
    }

    /// Who is where and when, of those whose placement is in a state.
    pub fn places(&self, state: &str) -> BTreeSet<(&'static str, String, String)> {
        let all = self.placements();
        let of = |one: &Value| {
            let person = self.people.iter().find(|person| one["application"] == person.application.as_str());
            let host = if one["host_library"] == self.lab.as_str() { "lab" } else { "campus" };
            (person.expect("somebody").name, host.to_owned(), one["date"].as_str().expect("a day").to_owned())
        };
        all.iter().filter(|one| one["state"] == state).map(of).collect()
    }

    pub fn person(&self, name: &str) -> &Person {
        self.people.iter().find(|person| person.name == name).expect("somebody")
    }

    pub fn press(&self, secret: &str, body: &Value) -> Reply {
        self.world.service.anyone().post(&format!("/v1/links/{secret}"), body)
    }

    pub fn page(&self, secret: &str) -> Value {
        self.world.service.anyone().get(&format!("/v1/links/{secret}")).expect(200)
    }

    /// Everybody says yes to what was published.
    pub fn confirm(&self) {
        for person in &self.people {
            for link in &person.links {
                let page = self.page(link);
                let yes = json!({ "deed": "accept", "version": page["placement"]["version"] });
                self.press(link, &yes).expect(200);
            }
        }
        self.world.mails();
    }

    /// The first one asks the others by their codes.
    pub fn ask(&self) -> Value {
        let codes: Vec<&str> = self.people[1..].iter().map(|person| person.placement.as_str()).collect();
        let ask = json!({ "deed": "ask_swap", "with": codes });
        self.press(&self.people[0].links[0], &ask).expect(200)["swap"].clone()
    }

    /// The others agree; gives the mails to hosts and managers.
    pub fn agree(&self) -> Vec<Letter> {
        for person in &self.people[1..] {
            self.answer(&person.links[0], "agree_swap").expect(200);
        }
        self.world.mails()
    }

    pub fn answer(&self, secret: &str, deed: &str) -> Reply {
        let swap = &self.page(secret)["swap"]["id"];
        self.press(secret, &json!({ "deed": deed, "swap": swap }))
    }

    fn swaps(&self) -> Vec<Value> {
        let listed = self.world.organiser.get(&self.world.of_round("/swaps")).expect(200);
        listed["data"].as_array().expect("a list").clone()
    }

    fn state(&self) -> String {
        let all = self.swaps();
        all.last().expect("a swap")["state"].as_str().expect("a state").to_owned()
    }

    pub fn assert_whole(&self) {
        let all = check_all(&self.world.service.app, &Actor::worker("test"), 10).expect("traced");
        assert_eq!(all.broken, 0, "{:?}", all.first);
    }

    fn tasks(&self) -> Vec<Value> {
        let listed = self.world.organiser.get("/v1/me/tasks?limit=200").expect(200);
        listed["data"].as_array().expect("a list").clone()
    }
}

fn is_about(letter: &Letter, placement: &Value, case: &Case<'_>) -> bool {
    let visit = letter.visit.as_ref().expect("a day");
    let in_lab = placement["host_library"] == case.lab.as_str();
    visit.date.to_string() == placement["date"].as_str().expect("a day")
        && (visit.host_library == "Lab Library") == in_lab
}

fn secret(letter: &Letter) -> String {
    let link = letter.link.as_ref().expect("a link");
    link.rsplit('/').next().expect("a secret").to_owned()
}

fn told(letters: &[Letter]) -> Vec<String> {
    let line = |letter: &Letter| format!("{} {} {}", letter.kind, letter.party, letter.to_address);
    let mut told: Vec<String> = letters.iter().map(line).collect();
    told.sort();
    told
}

pub fn links_to(letters: &[Letter], party: Party) -> Vec<(&Letter, String)> {
    letters.iter().filter(|letter| letter.party == party).map(|letter| (letter, secret(letter))).collect()
}

#[test]
fn two_exchange_their_days_once_everybody_has_said_yes_with_one_mail_each() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO);
        let before = case.places("proposed");
        let first = case.ask();
        assert_eq!(
            (&first["state"], &first["asked_by_you"], &first["answer"]),
            (&json!("asked"), &json!(true), &json!("yes"))
        );
        assert_eq!((first.get("takes"), &first["with"]), (None, &json!([case.person("bea").placement])));
        let asked = case.world.mails();
        assert_eq!(told(&asked), ["swap_request participant bea@council.example"]);
        let question = asked[0].swap.as_ref().expect("a swap");
        assert_eq!(question.asked_by.as_deref(), Some("ann Reader"));
        assert_eq!(
            (question.place.host_library.as_str(), question.place.date.to_string().as_str()),
            ("Campus Library", DAYS[0])
        );
        assert_eq!(asked[0].answer_until.map(|day| day.to_string()).as_deref(), Some("2027-02-14"));
        let page = case.page(&secret(&asked[0]));
        assert_eq!(
            (&page["swap"]["asked_by"], &page["swap"]["takes"]["host"]["name"]),
            (&json!("ann Reader"), &json!("Campus Library"))
        );
        let html = service.anyone().get(&format!("/links/{}", secret(&asked[0])));
        assert!(
            html.text().contains("Yes, exchange") && html.text().contains("ann Reader asks"),
            "{}",
            html.text()
        );

        let hosts = case.agree();
        assert_eq!(
            told(&hosts),
            ["swap_request host desk@campus.example", "swap_request host desk@lab.example"]
        );
        assert_eq!(case.page(&case.person("ann").links[0])["swap"]["takes"]["host"]["name"], "Lab Library");
        for (letter, link) in links_to(&hosts, Party::Host) {
            // Role, sector and hopes; no name, no address, no home.
            let text = format!("{letter:?} {}", service.anyone().get(&format!("/v1/links/{link}")).text());
            for hidden in ["ann", "bea", "Hive", "council"] {
                assert!(!text.contains(hidden), "{hidden} in {text}");
            }
            let page = case.page(&link);
            assert_eq!(page["swap"]["comes"]["role_title"], "Children’s librarian");
            assert_eq!(page["swap"]["comes"]["sectors"], json!(["public"]));
        }
        assert_eq!(case.places("proposed"), before, "nothing has changed yet");
        let links = links_to(&hosts, Party::Host);
        case.answer(&links[0].1, "agree_swap").expect(200);
        assert!(case.world.mails().is_empty(), "one is missing");
        assert_eq!(case.places("proposed"), before);
        // The last yes, fifty times at once.
        let swap = case.page(&links[1].1)["swap"]["id"].clone();
        let yes = json!({ "deed": "agree_swap", "swap": swap });
        let replies: Vec<Reply> = std::thread::scope(|scope| {
            let clicks: Vec<_> = (0..50).map(|_| scope.spawn(|| case.press(&links[1].1, &yes))).collect();
            clicks.into_iter().map(|click| click.join().expect("clicked")).collect()
        });
        assert!(replies.iter().all(|reply| reply.status == 200), "{}", replies[0].text());
        let done = case.world.mails();
        assert_eq!(
            told(&done),
            [
                "confirmed host desk@campus.example",
                "confirmed host desk@lab.example",
                "confirmed manager head@council.example",
                "confirmed manager head@council.example",
                "confirmed participant ann@council.example",
                "confirmed participant bea@council.example",
            ]
        );
        let at = |name, host: &str| (name, host.to_owned(), DAYS[0].to_owned());
        assert_eq!(case.places("confirmed"), BTreeSet::from([at("ann", "lab"), at("bea", "campus")]));
        assert_eq!(case.places("cancelled"), BTreeSet::from([at("ann", "campus"), at("bea", "lab")]));
        assert!(case.places("proposed").is_empty());
        for letter in done.iter().filter(|letter| letter.party != Party::Manager) {
            let event = letter.invitation.as_ref().expect("an invitation");
            assert_eq!((event.status.method(), event.sequence), (Method::Request, 1), "the event goes on");
            assert!(english(letter.reason.as_ref()).contains("exchanged"), "{letter:?}");
        }
        let all = case.swaps();
        assert_eq!((all.len(), &all[0]["state"]), (1, &json!("done")));
        assert!(all[0]["members"][0]["became"].is_string(), "{all:?}");
        case.assert_whole();
        // The new placements are like any other: the publication can be taken back.
        case.world.organiser.step(&format!("/v1/runs/{}/withdraw", case.run)).expect(200);
        assert!(case.places("confirmed").is_empty());
        case.assert_whole();
    });
}

#[test]
fn on_other_days_managers_are_asked_and_confirmed_days_stay_certain_until_then() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO_DAYS);
        case.confirm();
        case.ask();
        case.world.mails();
        let asked = case.agree();
        assert_eq!(
            told(&asked),
            [
                "swap_request host desk@campus.example",
                "swap_request host desk@lab.example",
                "swap_request manager head@council.example",
                "swap_request manager head@council.example",
            ]
        );
        for (letter, link) in links_to(&asked, Party::Manager) {
            let swap = letter.swap.as_ref().expect("a swap");
            assert_ne!(Some(swap.place.date), letter.visit.as_ref().map(|visit| visit.date));
            let page = case.page(&link);
            assert_eq!(page["swap"]["takes"]["date"], swap.place.date.to_string());
            assert_eq!((page["swap"].get("asked_by"), page["swap"].get("comes")), (None, None));
            case.answer(&link, "agree_swap").expect(200);
        }
        assert_eq!(case.places("confirmed").len(), 2, "they stand");
        for (_, link) in links_to(&asked, Party::Host) {
            case.answer(&link, "agree_swap").expect(200);
        }
        let at = |name, host: &str, day: usize| (name, host.to_owned(), DAYS[day].to_owned());
        assert_eq!(case.places("confirmed"), BTreeSet::from([at("ann", "lab", 1), at("bea", "campus", 0)]));
        assert_eq!(case.world.mails().len(), 6);
        case.assert_whole();
    });
}

#[test]
fn three_exchange_in_a_ring() {
    for_each_service(|service| {
        let case = Case::new(service, &THREE);
        case.confirm();
        case.ask();
        let asked = case.world.mails();
        assert_eq!(asked.len(), 2);
        let to_bea = asked.iter().find(|letter| letter.to_address.starts_with("bea")).expect("asked");
        let place = &to_bea.swap.as_ref().expect("a swap").place;
        assert_eq!(
            (place.host_library.as_str(), place.date.to_string().as_str()),
            ("Campus Library", DAYS[1])
        );
        assert!(!format!("{to_bea:?}").contains("cid"), "whose it is, nobody is told");
        let asked = case.agree();
        // Of the managers, those of bea and cid: ann goes on the same day.
        assert_eq!(
            told(&asked).iter().filter(|line| line.contains("manager")).count(),
            2,
            "{:?}",
            told(&asked)
        );
        for (_, link) in links_to(&asked, Party::Host).into_iter().chain(links_to(&asked, Party::Manager)) {
            case.answer(&link, "agree_swap").expect(200);
        }
        let at = |name, host: &str, day: usize| (name, host.to_owned(), DAYS[day].to_owned());
        let after = [at("ann", "lab", 0), at("bea", "campus", 1), at("cid", "campus", 0)];
        assert_eq!(case.places("confirmed"), BTreeSet::from(after));
        assert_eq!(case.world.mails().len(), 9);
        case.assert_whole();
    });
}

#[test]
fn a_no_of_anybody_ends_it_and_those_who_were_asked_hear_so() {
    for who in ["asker", "other", "host", "manager"] {
        for_each_service(|service| {
            let case = Case::new(service, &TWO_DAYS);
            case.confirm();
            let before = case.placements();
            case.ask();
            let asked = case.world.mails();
            let other = secret(&asked[0]);
            let ended = "swap_ended participant ann@council.example".to_owned();
            let expected = match who {
                "other" => {
                    case.answer(&other, "refuse_swap").expect(200);
                    vec![ended]
                }
                "asker" => {
                    case.answer(&case.person("ann").links[0], "refuse_swap").expect(200);
                    vec!["swap_ended participant bea@council.example".to_owned()]
                }
                _ => {
                    let asked = case.agree();
                    let party = if who == "host" { Party::Host } else { Party::Manager };
                    let (no, yes) = (links_to(&asked, party), links_to(&asked, Party::Manager));
                    case.answer(&yes[1].1, "agree_swap").expect(200);
                    case.answer(&no[0].1, "refuse_swap").expect(200);
                    let mut all = told(&asked);
                    let own = format!("swap_request {party} {}", no[0].0.to_address);
                    let at = all.iter().position(|line| *line == own).expect("asked");
                    all.remove(at);
                    all.extend([ended, "swap_request participant bea@council.example".to_owned()]);
                    all.iter().map(|line| line.replace("swap_request", "swap_ended")).collect()
                }
            };
            let mut expected = expected;
            expected.sort();
            assert_eq!(told(&case.world.mails()), expected, "a no of the {who}");
            assert_eq!(case.placements(), before, "a no of the {who}");
            assert_eq!(case.state(), "refused");
            let late = case.press(&other, &json!({ "deed": "agree_swap", "swap": case.swaps()[0]["id"] }));
            // Who has said yes before, says the same again.
            let expected = if matches!(who, "asker" | "other") { 409 } else { 200 };
            assert_eq!(late.status, expected, "{}", late.text());
            case.assert_whole();
        });
    }
}

#[test]
fn silence_ends_it_on_its_last_day() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO);
        case.confirm();
        let before = case.placements();
        case.ask();
        case.world.mails();
        service.set_clock("2027-02-14T20:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("done");
        assert_eq!(case.state(), "asked", "its last day");
        service.set_clock("2027-02-15T10:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("done");
        act_on_due(&service.app, "test", &Stop::new()).expect("done");
        assert_eq!(case.state(), "expired");
        let ended: Vec<String> =
            told(&case.world.mails()).into_iter().filter(|line| line.starts_with("swap")).collect();
        assert_eq!(
            ended,
            ["swap_ended participant ann@council.example", "swap_ended participant bea@council.example"]
        );
        assert_eq!(case.placements(), before);
        case.assert_whole();
        // After the round's last day for answers there are three working days.
        case.ask();
        assert_eq!(case.swaps()[1]["answer_until"], "2027-02-18");
        let page = case.page(&case.person("bea").links[0]);
        assert_eq!(page["swap"]["answer_until"], "2027-02-18");
        case.answer(&case.person("ann").links[0], "refuse_swap").expect(200);
        // And on the eve nobody could answer any more.
        service.set_clock("2027-02-28T10:00:00Z");
        act_on_due(&service.app, "test", &Stop::new()).expect("done");
        let codes = json!({ "deed": "ask_swap", "with": [case.person("bea").placement] });
        let late = case.press(&case.person("ann").links[0], &codes);
        assert_eq!((late.status, late.code().as_str()), (409, "too-late"));
    });
}

#[test]
fn what_the_rules_do_not_allow_any_more_is_not_exchanged() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO_DAYS);
        case.confirm();
        case.ask();
        case.world.mails();
        let asked = case.agree();
        let mut links = links_to(&asked, Party::Manager);
        links.extend(links_to(&asked, Party::Host));
        let last = links.pop().expect("a host").1;
        for (_, link) in links {
            case.answer(&link, "agree_swap").expect(200);
        }
        // The lab closes in between.
        let closed = json!({ "opens": [], "label": "Flood" });
        let url = format!("/v1/libraries/{}/exceptions/{}", case.lab, DAYS[1]);
        let answer = case.world.organiser.put(&url, &closed).expect(200);
        let affected = answer["affected"].as_array().expect("a list");
        assert_eq!((affected.len(), &affected[0]["placement"]), (1, &json!(case.person("bea").placement)));
        let before = case.placements();
        case.answer(&last, "agree_swap").expect(200);
        assert_eq!(case.state(), "overtaken");
        assert_eq!(case.placements(), before, "all or nothing");
        let ended = told(&case.world.mails());
        assert_eq!(ended.len(), 6, "{ended:?}");
        assert!(ended.iter().all(|line| line.starts_with("swap_ended")), "{ended:?}");
        case.assert_whole();
        // One task for the day, one repair for all who would go there.
        let task = case.tasks().into_iter().find(|task| task["kind"] == "mend_closed_day").expect("a task");
        assert_eq!(task["subject"]["id"], case.lab.as_str(), "{task}");
        assert!(
            task["subject"]["about"]
                .as_str()
                .is_some_and(|about| about.contains("bea Reader at Lab Library")),
            "{task}"
        );
        let repair = json!({ "close": [{ "library": case.lab, "date": DAYS[1] }] });
        let asked = case.world.organiser.post(&case.world.of_round("/repairs"), &repair);
        let shown = asked.expect(201);
        let gap =
            shown["options"].as_array().expect("options").iter().find(|one| one["kind"] == "leave_the_gap");
        let apply = json!({ "option": gap.expect("a way")["id"] });
        let url = format!("{}/apply", asked.header("location").expect("a location"));
        let headers =
            [("content-type", "application/json"), ("if-match", asked.header("etag").expect("a tag"))];
        let applied = case.world.organiser.send("POST", &url, &headers, apply.to_string().as_bytes());
        applied.expect(200);
        let kinds: Vec<Value> = case.tasks().into_iter().map(|task| task["kind"].clone()).collect();
        assert!(
            !kinds.contains(&json!("mend_closed_day")) && !kinds.contains(&json!("replace_placement")),
            "{kinds:?}"
        );
    });
}

#[test]
fn a_placement_that_ends_or_changes_ends_its_swap() {
    for how in ["declined", "moved", "repaired", "withdrawn"] {
        for_each_service(|service| {
            let case = Case::new(service, &TWO);
            case.confirm();
            case.ask();
            case.world.mails();
            let (ann, bea) = (case.person("ann"), case.person("bea"));
            match how {
                "declined" => {
                    let page = case.page(&bea.links[0]);
                    let no = json!({ "deed": "decline", "version": page["placement"]["version"] });
                    case.press(&bea.links[0], &no).expect(200);
                }
                "moved" => {
                    let url = format!("/v1/placements/{}/times", bea.placement);
                    case.world
                        .organiser
                        .put(&url, &json!({ "starts": "10:00", "ends": "15:00" }))
                        .expect(200);
                }
                "withdrawn" => {
                    let url = format!("/v1/applications/{}/withdraw", ann.application);
                    case.world.organiser.step(&url).expect(200);
                }
                _ => {
                    let drop = json!({ "drop": [ann.application] });
                    let asked = case.world.organiser.post(&case.world.of_round("/repairs"), &drop);
                    let option = json!({ "option": asked.expect(201)["options"][0]["id"] });
                    let url = format!("{}/apply", asked.header("location").expect("a location"));
                    let tag = asked.header("etag").expect("a tag");
                    let headers = [("content-type", "application/json"), ("if-match", tag)];
                    let applied =
                        case.world.organiser.send("POST", &url, &headers, option.to_string().as_bytes());
                    applied.expect(200);
                }
            }
            assert_eq!(case.state(), "overtaken", "{how}");
            let ended: Vec<String> =
                told(&case.world.mails()).into_iter().filter(|line| line.starts_with("swap")).collect();
            let to = |who: &str| format!("swap_ended participant {who}@council.example");
            let expected = match how {
                "declined" => vec![to("ann")],
                "moved" => vec![to("ann"), to("bea")],
                _ => vec![to("bea")],
            };
            assert_eq!(ended, expected, "{how}");
            case.assert_whole();
        });
    }
}

#[test]
fn a_publication_that_is_taken_back_is_told_once_also_to_those_who_were_asked() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO_DAYS);
        case.confirm();
        case.ask();
        case.world.mails();
        assert_eq!(case.agree().len(), 4);
        case.world.organiser.step(&format!("/v1/runs/{}/withdraw", case.run)).expect(200);
        let mails = case.world.mails();
        assert_eq!(mails.len(), 6, "{:?}", told(&mails));
        assert!(mails.iter().all(|mail| mail.kind == NoticeKind::Cancelled), "{:?}", told(&mails));
        assert_eq!(case.state(), "overtaken");
        case.assert_whole();
    });
}

#[test]
fn whoever_asks_by_an_address_learns_nothing_and_the_mail_says_the_rest() {
    for_each_service(|service| {
        // Dee avoids the lab.
        let places = [("ann", false, 0), ("bea", true, 0), ("dee", false, 1)];
        let case = Case::with(service, &places, &json!(null), |who, mut form| {
            if who == "dee" {
                form["avoid"] = json!(["lab"]);
            }
            form
        });
        let mut answers = Vec::new();
        let mut mailed = Vec::new();
        for address in ["bea@council.example", "nobody@council.example", "desk@lab.example"] {
            let client = service.with(&case.person("ann").links[0]);
            let url = format!("/v1/placements/{}/swaps", case.person("ann").placement);
            let reply = client.post(&url, &json!({ "with": [address] }));
            let again = client.post(&url, &json!({ "with": [address] }));
            assert_eq!((reply.status, again.text()), (202, reply.text()));
            let mut page = case.page(&case.person("ann").links[0])["swap"].clone();
            page["id"] = json!(null);
            page["with"] = json!(null);
            answers.push((reply.text(), page));
            mailed.push(told(&case.world.mails()));
            case.answer(&case.person("ann").links[0], "refuse_swap").expect(200);
            case.world.mails();
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(mailed, [vec!["swap_request participant bea@council.example".to_owned()], vec![], vec![]]);

        // Dee avoids the lab: by her code, that it cannot be is said and not why; by her address, only she is told.
        let bea = case.person("bea");
        let by_code = json!({ "deed": "ask_swap", "with": [case.person("dee").placement] });
        let refused = case.press(&bea.links[0], &by_code);
        assert_eq!((refused.status, refused.code().as_str()), (409, "breaks-rules"));
        let rules = refused.json()["rules"].clone();
        assert_eq!((rules.as_array().map(Vec::len), &rules[0]["code"]), (Some(1), &json!("not_feasible")));
        assert!(!refused.text().contains("avoid"), "{}", refused.text());
        let by_address = json!({ "deed": "ask_swap", "with": ["dee@council.example"] });
        let asked = case.press(&bea.links[0], &by_address).expect(200);
        assert_eq!(asked["swap"]["state"], "asked");
        let mails = case.world.mails();
        assert_eq!(told(&mails), ["swap_ended participant dee@council.example"]);
        assert!(english(mails[0].reason.as_ref()).contains("bea Reader"), "{:?}", mails[0]);
        assert_eq!(case.swaps().last().expect("a swap")["members"][1]["placement"], Value::Null);
    });
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_code() {
    for_each_service(|service| {
        let case = Case::new(service, &THREE);
        let (ann, bea, cid) = (case.person("ann"), case.person("bea"), case.person("cid"));
        let ask = |with: Value| case.press(&ann.links[0], &json!({ "deed": "ask_swap", "with": with }));
        let fault = |reply: Reply, pointer: &str| {
            assert_eq!((reply.status, reply.code().as_str()), (422, "invalid-fields"), "{}", reply.text());
            assert_eq!(reply.pointers(), [pointer]);
        };
        fault(ask(json!([])), "/with");
        fault(ask(json!(["not a name"])), "/with/0");
        fault(ask(json!([ann.placement])), "/with/0");
        fault(ask(json!(["ann@council.example"])), "/with/0");
        fault(ask(json!([bea.placement, bea.placement])), "/with/1");
        fault(ask(json!(["01900000-0000-7000-8000-000000000000"])), "/with/0");
        fault(ask(json!(vec![bea.placement.clone(); 7])), "/with");
        let count = case.swaps().len();
        assert_eq!(count, 0, "nothing is written");

        // A repair that somebody looks at keeps its people as they are.
        let freeze = json!({ "drop": [cid.application], "freeze": [bea.application] });
        case.world.organiser.post(&case.world.of_round("/repairs"), &freeze).expect(201);
        let frozen = ask(json!([bea.placement]));
        assert_eq!((frozen.status, frozen.code().as_str()), (409, "frozen"));
        service.set_clock("2027-02-03T10:00:00Z");

        ask(json!([bea.placement])).expect(200);
        let mine = ask(json!([cid.placement]));
        assert_eq!((mine.status, mine.code().as_str()), (409, "swap-open"));
        let theirs = case.press(&cid.links[0], &json!({ "deed": "ask_swap", "with": [bea.placement] }));
        assert_eq!((theirs.status, theirs.code().as_str()), (409, "swap-open"));
        let foreign =
            case.press(&cid.links[0], &json!({ "deed": "agree_swap", "swap": case.swaps()[0]["id"] }));
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "not-found"));
        let early =
            case.press(&bea.links[1], &json!({ "deed": "agree_swap", "swap": case.swaps()[0]["id"] }));
        assert_eq!((early.status, early.code().as_str()), (409, "consent-not-asked"));
        case.answer(&ann.links[0], "refuse_swap").expect(200);

        // Somebody whose placement has ended, and one whom nobody else is.
        let page = case.page(&cid.links[0]);
        let no = json!({ "deed": "decline", "version": page["placement"]["version"] });
        case.press(&cid.links[0], &no).expect(200);
        let ended = ask(json!([cid.placement]));
        assert_eq!((ended.status, ended.code().as_str()), (409, "placement-state"));
        let own = case.press(&cid.links[0], &json!({ "deed": "ask_swap", "with": [bea.placement] }));
        assert_eq!((own.status, own.code().as_str()), (409, "placement-state"));
        let host = case.press(&ann.links[1], &json!({ "deed": "ask_swap", "with": [bea.placement] }));
        assert_eq!(host.status, 403, "{}", host.text());

        // A gap that nobody has looked at is a task, until somebody does.
        let task = case.tasks().into_iter().find(|task| task["kind"] == "replace_placement").expect("a task");
        assert!(
            task["subject"]["about"].as_str().is_some_and(|about| about.starts_with("cid Reader")),
            "{task}"
        );
        case.world
            .organiser
            .post(&case.world.of_round("/repairs"), &json!({ "drop": [cid.application] }))
            .expect(201);
        assert!(case.tasks().iter().all(|task| task["kind"] != "replace_placement"));
        let listed = case.world.organiser.get(&case.world.of_round("/repairs")).expect(200);
        let repairs = listed["data"].as_array().expect("a list");
        assert_eq!(repairs.len(), 2);
        assert_eq!(
            (&repairs[1]["drop"], &repairs[1]["applied_option"]),
            (&json!([cid.application]), &Value::Null)
        );
        assert_eq!(repairs[1]["options"].as_array().map(Vec::len), Some(3), "{listed}");
        let page = case.world.organiser.get(&case.world.of_round("/repairs?limit=1")).expect(200);
        let cursor = page["next_cursor"].as_str().expect("a cursor");
        let rest = case
            .world
            .organiser
            .get(&case.world.of_round(&format!("/repairs?limit=1&cursor={cursor}")))
            .expect(200);
        assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&repairs[1]["id"], &Value::Null));
    });
}

#[test]
fn placements_of_different_rounds_and_too_many_questions_are_refused() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO);
        let (ann, bea) = (case.person("ann"), case.person("bea"));
        let mut other = World::round_body();
        other["sign_up_until"] = json!("2027-02-03");
        let other = id_of(&case.world.organiser.post("/v1/rounds", &other).expect(201));
        let app = &service.app;
        let now = app.now().expect("now");
        let foreign = PlacementId::new(now.id("elsewhere"));
        app.store
            .write(|tx| {
                let known =
                    placements::find(tx, bea.placement.parse().expect("an id"))?.expect("a placement");
                let round = other.parse().expect("an id");
                let state = PlacementState::Cancelled;
                placements::insert(tx, &Placement { id: foreign, round, state, ..known }, now.utc())?;
                Ok::<_, AppError>(())
            })
            .expect("stored");
        let ask = json!({ "deed": "ask_swap", "with": [foreign.to_string()] });
        let elsewhere = case.press(&ann.links[0], &ask);
        assert_eq!((elsewhere.status, elsewhere.code().as_str()), (409, "other-round"));
        for _ in 0..5 {
            case.ask();
            case.answer(&ann.links[0], "refuse_swap").expect(200);
        }
        let ask = json!({ "deed": "ask_swap", "with": [bea.placement] });
        let more = case.press(&ann.links[0], &ask);
        assert_eq!((more.status, more.code().as_str()), (409, "too-early"));
        service.set_clock("2027-02-02T11:00:00Z");
        case.ask();
        // Organisers see it and can call it off; whoever was asked hears why.
        case.world.mails();
        let swap = case.swaps().last().expect("a swap").clone();
        let url = format!("/v1/swaps/{}", swap["id"].as_str().expect("an id"));
        assert_eq!(case.world.organiser.get(&url).expect(200)["members"][1]["named"], json!(bea.placement));
        let reason = json!({ "reason": "The lab is rebuilt." });
        let done = case.world.organiser.post(&format!("{url}/cancel"), &reason).expect(200);
        assert_eq!(done["state"], "cancelled");
        let mails = case.world.mails();
        assert_eq!(told(&mails).len(), 2, "{:?}", told(&mails));
        assert!(mails.iter().all(|mail| mail.reason == Some(Told::own("The lab is rebuilt."))));
        let twice = case.world.organiser.post(&format!("{url}/cancel"), &reason);
        assert_eq!((twice.status, twice.code().as_str()), (409, "swap-state"));
        let open = case.world.organiser.get(&case.world.of_round("/swaps?state=asked")).expect(200);
        assert_eq!(open["data"], json!([]));
    });
}

#[test]
fn a_library_s_administrator_answers_for_a_silent_contact() {
    for_each_service(|service| {
        let case = Case::new(service, &TWO);
        case.ask();
        case.world.mails();
        let asked = case.agree();
        let administrator = case.world.token("library_administrator", Some(&case.world.university));
        let tasks = administrator.get("/v1/me/tasks?limit=200").expect(200);
        let tasks = tasks["data"].as_array().expect("a list");
        let task = tasks.iter().find(|task| task["kind"] == "answer_swap").expect("a task");
        let swap = case.swaps()[0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(task["url"], format!("/v1/swaps/{swap}/answers"), "{task}");
        let answer = |placement: &str| {
            let body =
                json!({ "placement": placement, "party": "host", "answer": "no", "reason": "Too late." });
            administrator.post(&format!("/v1/swaps/{swap}/answers"), &body)
        };
        let foreign = answer(&case.person("bea").placement);
        assert_eq!(
            (foreign.status, foreign.code().as_str()),
            (404, "not-found"),
            "the lab is another employer's"
        );
        assert_eq!(answer(&case.person("ann").placement).expect(200)["state"], "refused");
        // The contact, in whose place it was said, hears of it as the others do.
        assert_eq!(case.world.mails().len(), asked.len() + 2);
    });
}
