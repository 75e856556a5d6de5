//! What must hold between the tables after every commit, told from the tables alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{Dump, Row};

const LIVE: [&str; 3] = ["proposed", "confirmed", "completed"];

/// The tables that the rules speak of, read once.
struct Tables {
    rounds: HashMap<String, Row>,
    persons: HashMap<String, Row>,
    libraries: HashMap<String, Row>,
    applications: HashMap<String, Row>,
    placements: Vec<Row>,
    consents: HashMap<String, BTreeMap<String, Row>>,
    runs: Vec<Row>,
    repairs: Vec<Row>,
    outbox: Vec<Row>,
    offers: HashMap<(String, String), Row>,
    /// Swaps that were carried out: of each new placement those that its participant gave and took.
    swapped: HashMap<String, (String, String)>,
    /// What hosts offered instead of a no, by placement.
    others: HashMap<String, Vec<Row>>,
    /// Actions, details and days of the audit entries of a thing.
    audit: HashMap<String, Vec<(String, Value, String)>>,
}

fn by_id(rows: Vec<Row>) -> HashMap<String, Row> {
    rows.into_iter().map(|row| (row.text("id").to_owned(), row)).collect()
}

impl Tables {
    fn of(dump: &Dump) -> Self {
        let mut consents: HashMap<String, BTreeMap<String, Row>> = HashMap::new();
        for row in dump.rows("consents") {
            let placement = consents.entry(row.text("placement_id").to_owned()).or_default();
            placement.insert(row.text("party").to_owned(), row);
        }
        let mut audit: HashMap<String, Vec<(String, Value, String)>> = HashMap::new();
        for row in dump.rows("audit_entries") {
            let entries = audit.entry(row.text("subject_id").to_owned()).or_default();
            entries.push((
                row.text("action").to_owned(),
                row.json("details"),
                row.text("at")[..10].to_owned(),
            ));
        }
        let mut others: HashMap<String, Vec<Row>> = HashMap::new();
        for row in dump.rows("alternatives") {
            others.entry(row.text("placement_id").to_owned()).or_default().push(row);
        }
        let mut swapped = HashMap::new();
        let members = dump.rows("swap_members");
        for row in &members {
            let Some(became) = row.get("became_id") else { continue };
            let of_swap = |one: &&Row| one.text("swap_id") == row.text("swap_id");
            let count = i64::try_from(members.iter().filter(of_swap).count()).expect("few");
            let next = (row.number("place") + 1) % count;
            let taken = members.iter().filter(of_swap).find(|one| one.number("place") == next);
            let taken = taken.expect("the next one").text("placement_id").to_owned();
            swapped.insert(became.to_owned(), (row.text("placement_id").to_owned(), taken));
        }
        let offer = |row: Row| ((row.text("round_id").to_owned(), row.text("library_id").to_owned()), row);
        Self {
            rounds: by_id(dump.rows("rounds")),
            persons: by_id(dump.rows("persons")),
            libraries: by_id(dump.rows("libraries")),
            applications: by_id(dump.rows("applications")),
            placements: dump.rows("placements"),
            consents,
            runs: dump.rows("runs"),
            repairs: dump.rows("repairs"),
            outbox: dump.rows("outbox"),
            offers: dump.rows("round_libraries").into_iter().map(offer).collect(),
            swapped,
            others,
            audit,
        }
    }

    /// What became of the offers of a placement's host, of one kind.
    fn others(&self, id: &str, kind: &str, state: &str) -> usize {
        let own = self.others.get(id).into_iter().flatten();
        own.filter(|row| row.text("state") == state && (kind.is_empty() || row.text("kind") == kind)).count()
    }

    fn live(&self) -> impl Iterator<Item = &Row> {
        self.placements.iter().filter(|row| LIVE.contains(&row.text("state")))
    }

    /// What repairs did to a placement.
    fn mended(&self, id: &str, deed: &str) -> impl Iterator<Item = &Value> {
        let own = self.audit.get(id).into_iter().flatten().filter(|(action, ..)| is_mending(action));
        own.map(|(_, details, _)| details).filter(move |details| details["deed"] == deed)
    }

    /// Whether a party hears of a placement's end by what takes its place.
    fn is_told_by_proposal(&self, id: &str, party: &str) -> bool {
        self.mended(id, "end").any(|end| {
            end["told_by_proposal"].as_array().is_some_and(|told| told.iter().any(|one| one == party))
        })
    }

    /// The placements before one that took each other's place, as far as a party hears of them by that.
    fn former_days(&self, id: &str, party: &str) -> Vec<String> {
        let mut former: Vec<String> = Vec::new();
        loop {
            let id = former.last().map_or(id, String::as_str);
            let before = match self.swapped.get(id) {
                Some((_, taken)) if party == "host" => Some(taken.as_str()),
                Some((given, _)) => Some(given.as_str()),
                None => {
                    // At the host another visitor may take the place of the one who left.
                    let name = if party == "host" { "host_instead_of" } else { "instead_of" };
                    self.mended(id, "propose").find_map(|entry| entry[name].as_str())
                }
            };
            match before.filter(|before| self.is_told_by_proposal(before, party)) {
                Some(before) => former.push(before.to_owned()),
                None => return former,
            }
        }
    }

    /// Whether a run holds what a repair has proposed.
    fn is_mended(&self, id: &str) -> bool {
        self.runs.iter().any(|row| row.text("id") == id && row.text("kind") == "repaired")
    }

    fn entries(&self, id: &str, action: &str) -> usize {
        self.audit.get(id).into_iter().flatten().filter(|(found, ..)| found == action).count()
    }
}

/// A repair, a reserve who takes a place, or people who exchange theirs.
fn is_mending(action: &str) -> bool {
    matches!(action, "repair" | "answer_offer" | "exchange")
}

/// Every rule that is broken, in words; empty: none.
pub fn breaches(dump: &Dump) -> Vec<String> {
    let tables = Tables::of(dump);
    let mut found = Vec::new();
    places(&tables, &mut found);
    capacity(&tables, &mut found);
    balance(&tables, &mut found);
    consents(&tables, &mut found);
    states(&tables, &mut found);
    audit(&tables, &mut found);
    mails(&tables, &mut found);
    found
}

/// Nobody is in two places on a date, or has two places in a round.
fn places(tables: &Tables, found: &mut Vec<String>) {
    let (mut days, mut rounds) = (HashSet::new(), HashSet::new());
    for row in tables.live() {
        let person = row.text("person_id");
        if !days.insert((person, row.text("date"))) {
            found.push(format!("{person} is twice on {}", row.text("date")));
        }
        if !rounds.insert((person, row.text("round_id"))) {
            found.push(format!("{person} has two places in round {}", row.text("round_id")));
        }
        if row.text("home_library_id") == row.text("host_library_id") {
            found.push(format!("{} is sent home", row.text("id")));
        }
    }
}

/// What an offer says of a date, from one of its tables.
fn offered(tables: &Tables, round: &str, library: &str, column: &str, date: &str) -> i64 {
    let offer = tables.offers.get(&(round.to_owned(), library.to_owned()));
    offer.and_then(|row| row.json(column)[date].as_i64()).unwrap_or_default()
}

/// No more visitors than offered and no more leavers than released, all rounds together: rounds that overlap share a
/// library's places and its minimum cover.
fn capacity(tables: &Tables, found: &mut Vec<String>) {
    for (side, column) in [("host_library_id", "hosting"), ("home_library_id", "release")] {
        let mut days: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
        for row in tables.live() {
            days.entry((row.text(side), row.text("date"))).or_default().push(row);
        }
        for ((library, date), rows) in days {
            let rounds: BTreeSet<&str> = rows.iter().map(|row| row.text("round_id")).collect();
            let most = rounds.iter().map(|round| offered(tables, round, library, column, date)).max();
            if i64::try_from(rows.len()).ok() > most {
                found.push(format!("{column} of {library} on {date}: {} of {most:?}", rows.len()));
            }
        }
    }
}

/// As long as nobody has dropped out of a publication, visitors and leavers of each library-day differ by the round's
/// balance at most; what a repair proposes is a part of a schedule.
fn balance(tables: &Tables, found: &mut Vec<String>) {
    let mut runs: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in tables.placements.iter().filter(|row| !tables.is_mended(row.text("run_id"))) {
        runs.entry(row.text("run_id")).or_default().push(row);
    }
    for (run, rows) in runs {
        // Another day that a host offers may break balance.
        let whole = rows.iter().all(|row| {
            let is_moved = tables.others(row.text("id"), "date", "taken") > 0;
            LIVE.contains(&row.text("state")) && row.get("override_reason").is_none() && !is_moved
        });
        let rules = tables.rounds[rows[0].text("round_id")].json("rules");
        let Some(most) = rules["balance"].as_i64().filter(|_| whole) else { continue };
        let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for row in rows {
            *sums.entry((row.text("host_library_id"), row.text("date"))).or_default() += 1;
            *sums.entry((row.text("home_library_id"), row.text("date"))).or_default() -= 1;
        }
        for ((library, date), sum) in sums.into_iter().filter(|(_, sum)| sum.abs() > most) {
            found.push(format!("run {run}: {library} is out of balance by {sum} on {date}"));
        }
    }
}

/// Who is asked, and that the answers are those of the state.
fn consents(tables: &Tables, found: &mut Vec<String>) {
    for row in &tables.placements {
        let (id, state) = (row.text("id"), row.text("state"));
        let none = BTreeMap::new();
        let answers = tables.consents.get(id).unwrap_or(&none);
        if !answers.contains_key("participant") || !answers.contains_key("host") {
            found.push(format!("placement {id} asks {:?} only", answers.keys()));
        }
        let (mut yes, mut no) = (0, 0);
        for (party, consent) in answers {
            match consent.text("answer") {
                "yes" => yes += 1,
                "no" => no += 1,
                _ => {}
            }
            let is_answered = consent.text("answer") != "pending";
            let is_signed = consent.get("answered_at").is_some()
                && consent.get("answered_by").is_some()
                && consent.get("channel").is_some();
            if is_answered != is_signed {
                found.push(format!("placement {id}: who answered for the {party}, when and how?"));
            }
        }
        let fits = match state {
            "confirmed" | "completed" | "did_not_take_place" => yes == answers.len(),
            "proposed" => no == 0 && yes < answers.len(),
            // Refused, an offer was the host's no as well.
            "declined" => no == 1 + tables.others(id, "", "refused"),
            "expired" => no == 0 && yes < answers.len(),
            "cancelled" => no == 0,
            other => panic!("placement state {other}"),
        };
        if !fits {
            found.push(format!("placement {id} is {state} with {yes} yes, {no} no of {}", answers.len()));
        }
    }
}

/// The states of things that belong together.
fn states(tables: &Tables, found: &mut Vec<String>) {
    let live: BTreeMap<&str, &str> =
        tables.live().map(|row| (row.text("application_id"), row.text("id"))).collect();
    for (id, row) in &tables.applications {
        let is_placed = row.text("state") == "placed";
        // What has been is not undone by a withdrawal.
        let is_withdrawn = row.text("state") == "withdrawn";
        let stands = tables.live().any(|one| {
            one.text("application_id") == id && !(is_withdrawn && one.text("state") == "completed")
        });
        if is_placed != stands {
            found.push(format!(
                "application {id} is {}; its placement: {:?}",
                row.text("state"),
                live.get(id.as_str())
            ));
        }
    }
    for row in tables.live().filter(|row| row.text("state") != "completed") {
        let state = tables.rounds[row.text("round_id")].text("state");
        // What had been when the round was called off, has been.
        let is_over = |(action, details, day): &(String, Value, String)| {
            action == "steer_round" && details["to"] == "cancelled" && row.text("date") <= day.as_str()
        };
        let entries = tables.audit.get(row.text("round_id"));
        let had_been = row.text("state") == "confirmed" && entries.into_iter().flatten().any(is_over);
        if !["published", "running", "completed", "archived"].contains(&state) && !had_been {
            found.push(format!("placement {} stands in a round that is {state}", row.text("id")));
        }
    }
    for row in &tables.placements {
        let (id, state) = (row.text("id"), row.text("state"));
        let open = tables.others(id, "", "offered");
        if open > usize::from(state == "proposed") || tables.others(id, "", "refused") > 1 {
            found.push(format!("placement {id} is {state}, and {open} offers of its host are open"));
        }
        let said = |party: &str| {
            tables.consents.get(id).and_then(|all| all.get(party)).map(|one| one.text("answer"))
        };
        if open == 1 && (said("participant"), said("host")) != (Some("pending"), Some("pending")) {
            found.push(format!("placement {id}: somebody has agreed to what is off the table"));
        }
        let (virtually, colleagues) =
            (tables.others(id, "virtual", "taken"), tables.others(id, "colleague", "taken"));
        if row.is("is_virtual") != (virtually > 0) || row.get("contact_email").is_some() != (colleagues > 0) {
            found.push(format!("placement {id} is not what was taken instead"));
        }
    }
    for (id, round) in &tables.rounds {
        let published =
            tables.runs.iter().filter(|run| run.text("round_id") == id && run.text("state") == "published");
        // A repaired run that was taken back may be published again as a whole.
        let (mended, own): (Vec<_>, Vec<_>) = published.partition(|run| run.text("kind") == "repaired");
        let state = round.text("state");
        let fits = match state {
            "published" | "running" | "completed" | "archived" => {
                own.len() <= 1 && own.len() + mended.len() >= 1
            }
            "cancelled" => own.len() <= 1,
            _ => own.len() + mended.len() == 0,
        };
        if !fits {
            found.push(format!(
                "round {id} is {state} with {} published runs and {} of repairs",
                own.len(),
                mended.len()
            ));
        }
    }
}

/// No state without its audit entry.
fn audit(tables: &Tables, found: &mut Vec<String>) {
    let mut owed = |id: &str, state: &str, actions: &[&str]| {
        if actions.iter().all(|action| tables.entries(id, action) == 0) {
            found.push(format!("{id} is {state} without an audit entry {actions:?}"));
        }
    };
    for (id, row) in &tables.applications {
        let state = row.text("state");
        owed(id, state, &["sign_up", "edit_library"]);
        match state {
            "submitted" => {}
            "withdrawn" => owed(id, state, &["withdraw_application"]),
            "verified" | "placed" | "unplaced" => owed(id, state, &["verify_address"]),
            "released" | "refused" => owed(id, state, &["decide_release"]),
            other => panic!("application state {other}"),
        }
    }
    for row in &tables.placements {
        let (id, state) = (row.text("id"), row.text("state"));
        match state {
            "cancelled" => owed(id, state, &["cancel_placement", "repair", "exchange"]),
            "completed" => owed(id, state, &["record_attendance", "keep_deadlines"]),
            "did_not_take_place" => owed(id, state, &["call_in_ill", "record_attendance"]),
            "expired" => owed(id, state, &["keep_deadlines"]),
            _ => {}
        }
        for (party, consent) in &tables.consents[id] {
            if consent.text("answer") != "pending" {
                // A reserve agrees by taking the place.
                let taken = if party == "participant" { "answer_offer" } else { "" };
                let taken = if tables.swapped.contains_key(id) { "exchange" } else { taken };
                owed(id, consent.text("answer"), &[format!("answer_as_{party}").as_str(), taken]);
            }
            if consent.get("reminded_at").is_some() || consent.get("deputy_asked_at").is_some() {
                owed(id, "reminded", &["keep_deadlines"]);
            }
        }
    }
    for (id, row) in &tables.rounds {
        let state = row.text("state");
        match state {
            "draft" => owed(id, state, &["create_round"]),
            "open" | "closed" | "cancelled" => owed(id, state, &["steer_round"]),
            "published" => owed(id, state, &["publish"]),
            "running" | "completed" => owed(id, state, &["keep_deadlines"]),
            _ => {}
        }
    }
    for row in tables.runs.iter().filter(|row| row.text("kind") != "repaired") {
        owed(row.text("id"), row.text("state"), &["match", "edit_schedule"]);
    }
    for row in &tables.repairs {
        owed(row.text("id"), "shown", &["repair"]);
    }
    let tells = |round: &str, name: &str, id: &str| {
        let own = tables.audit.get(round).into_iter().flatten().filter(|(action, ..)| is_mending(action));
        own.filter(|(_, details, _)| details[name] == id).count()
    };
    for row in &tables.repairs {
        let (id, told) = (row.text("id"), tells(row.text("round_id"), "repair", row.text("id")));
        if told != usize::from(row.get("applied_option").is_some()) {
            found.push(format!("repair {id}: {told} entries tell that it was applied"));
        }
    }
    for row in tables.runs.iter().filter(|row| row.text("kind") == "repaired") {
        if tells(row.text("round_id"), "run", row.text("id")) != 1 {
            found.push(format!("run {} is of no repair that an entry tells of", row.text("id")));
        }
        let own = tables.placements.iter().filter(|one| one.text("run_id") == row.text("id"));
        for one in own {
            let told = ["propose", "exchange"].map(|deed| tables.mended(one.text("id"), deed).count());
            let told: usize = told.iter().sum();
            if told == 0 && tables.entries(row.text("round_id"), "publish") < 2 {
                found.push(format!(
                    "placement {} was proposed by a repair that no entry tells of",
                    one.text("id")
                ));
            }
        }
    }
}

/// Every fact is mailed once to each who is due it, and to nobody else.
fn mails(tables: &Tables, found: &mut Vec<String>) {
    let mut threads: HashMap<(&str, &str), Vec<&Row>> = HashMap::new();
    for row in &tables.outbox {
        address(tables, row, found);
        if row.get("again_of").is_some() || row.text("thread_key").ends_with(":hr") {
            // Said before, and again by hand; or noted for an employer's HR team.
            continue;
        }
        let about = row.get("placement_id").unwrap_or_else(|| row.text("application_id"));
        threads.entry((about, row.text("party"))).or_default().push(row);
    }
    let none = Vec::new();
    let count = |about: &str, party: &str, kind: &str| {
        let thread = threads.get(&(about, party)).unwrap_or(&none);
        thread.iter().filter(|row| row.text("kind") == kind).count()
    };
    // But for those that a later mail of the same kind may have overtaken before they left.
    let told = |about: &str, party: &str, kind: &str| {
        let thread = threads.get(&(about, party)).unwrap_or(&none);
        thread.iter().filter(|row| row.text("kind") == kind && row.text("state") != "superseded").count()
    };
    for (id, row) in &tables.applications {
        if count(id, "participant", "verify_address") == 0 {
            found.push(format!("application {id}: nobody was asked to prove the address"));
        }
        let required = tables.rounds[row.text("round_id")].is("release_required");
        let was_verified = tables.entries(id, "verify_address") > 0;
        let asked = count(id, "manager", "release_request");
        let is_asked = match (required, row.text("manager_trust")) {
            (true, "believed") => asked == usize::from(was_verified),
            // Confirmed too late, nobody is asked any more.
            (true, "confirmed") => asked <= usize::from(was_verified),
            (true | false, _) => asked == 0,
        };
        if !is_asked {
            found.push(format!("application {id} ({}): {asked} release requests", row.text("state")));
        }
    }
    for row in &tables.placements {
        let (id, state) = (row.text("id"), row.text("state"));
        let consents = &tables.consents[id];
        for party in ["participant", "host", "manager"] {
            let thread = threads.get(&(id, party)).unwrap_or(&none);
            // Who has exchanged days has agreed to this one before it was made.
            let asked = consents.contains_key(party) && !tables.swapped.contains_key(id);
            // A manager is asked anew for another day.
            let most = usize::from(asked)
                + if asked && party == "manager" { tables.others(id, "date", "taken") } else { 0 };
            if count(id, party, "proposal") < usize::from(asked) || told(id, party, "proposal") > most {
                found.push(format!(
                    "placement {id}: {} proposals to the {party}",
                    count(id, party, "proposal")
                ));
            }
            if told(id, party, "confirmed")
                > usize::from(consents.values().all(|one| one.text("answer") != "pending"))
            {
                found.push(format!("placement {id}: confirmed too often to the {party}"));
            }
            // Of this day, or of one whose place it takes by a repair.
            let mut heard_of = vec![id.to_owned()];
            heard_of.extend(tables.former_days(id, party));
            let has_heard = heard_of.iter().any(|id| {
                let thread = threads.get(&(id.as_str(), party)).unwrap_or(&none);
                thread.iter().any(|row| {
                    row.text("kind") != "cancelled"
                        && !row.text("thread_key").ends_with(":pack")
                        && !row.text("thread_key").contains(":swap:")
                        && (row.get("message_id").is_some()
                            || ["sending", "digested"].contains(&row.text("state")))
                })
            });
            let is_off = !LIVE.contains(&state) && state != "did_not_take_place";
            // Whoever moves hears of both days by the new proposal.
            let is_moved = tables.is_told_by_proposal(id, party);
            let cancelled = count(id, party, "cancelled");
            if cancelled != usize::from(is_off && has_heard && !is_moved) {
                found.push(format!("placement {id} is {state}: {cancelled} cancellations to the {party}, who had heard: {has_heard}"));
            }
            let waits = thread.iter().filter(|row| {
                ["held", "collected", "queued"].contains(&row.text("state"))
                    && row.get("message_id").is_none()
            });
            // That a colleague receives the visitor takes the day out of a calendar, whatever comes after it.
            if is_off
                && waits
                    .clone()
                    .any(|row| !["cancelled", "handed_over", "swap_ended"].contains(&row.text("kind")))
            {
                found.push(format!("placement {id} is {state}: the {party} would still hear of it"));
            }
            let consent = consents.get(party);
            for (column, kind) in [("reminded_at", "answer_reminder"), ("deputy_asked_at", "deputy_request")]
            {
                let is_warned = consent.is_some_and(|one| one.get(column).is_some());
                let anew = if party == "manager" { tables.others(id, "date", "taken") } else { 0 };
                if !(usize::from(is_warned)..=usize::from(is_warned) + anew).contains(&count(id, party, kind))
                {
                    found.push(format!("placement {id}: {} {kind} to the {party}", count(id, party, kind)));
                }
            }
        }
    }
}

/// A notice goes to one of the three parties of its own case.
fn address(tables: &Tables, row: &Row, found: &mut Vec<String>) {
    if row.text("kind") == "digest" {
        // What it tells was for the same address, and it is the only one of its day.
        let told = tables.outbox.iter().filter(|one| one.get("digest_id") == Some(row.text("id")));
        let of_others =
            told.clone().filter(|one| one.text("recipient_address") != row.text("recipient_address")).count();
        if of_others > 0 || told.count() == 0 {
            found.push(format!("digest {}: {of_others} of its mails were for others", row.text("id")));
        }
        return;
    }
    let application = &tables.applications[row.text("application_id")];
    let placement = row.get("placement_id").map(|id| {
        tables.placements.iter().find(|placement| placement.text("id") == id).expect("a placement")
    });
    let to = row.text("recipient_address");
    let due = match row.text("party") {
        "participant" => vec![tables.persons[application.text("person_id")].get("email")],
        "manager" => vec![application.get("manager_email")],
        _ => {
            let host = placement.map(|placement| &tables.libraries[placement.text("host_library_id")]);
            let colleagues =
                placement.and_then(|one| tables.others.get(one.text("id"))).into_iter().flatten();
            let colleagues =
                colleagues.filter(|one| one.text("state") == "taken").map(|one| one.get("contact_email"));
            let of_library =
                host.into_iter().flat_map(|host| [host.get("contact_email"), host.get("deputy_email")]);
            of_library.chain(colleagues).collect()
        }
    };
    if !due.contains(&Some(to)) {
        found.push(format!("{} to the {} goes to {to}", row.text("kind"), row.text("party")));
    }
}
