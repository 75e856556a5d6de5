//! Reads a round file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    by_date, clock, header, is_other_format, known_date, optional, optional_texts, text, unique, unique_texts,
};
use crate::domain::json::{At, Object};
use crate::files::round::{Forbidden, Hours, Library, Lock, Round, Staff};
use crate::files::rules::Rules;

/// More visitors or leavers than any library has.
const MOST_COUNT: i64 = 1_000_000;
/// Beyond any journey, in kilometres: whole metres stay exact.
const MOST_KM: f64 = 1_000_000.0;

/// What later parts of a file refer to.
struct Known {
    dates: HashSet<NaiveDate>,
    libraries: HashSet<String>,
    staff: HashSet<String>,
}

/// Reads a round; reports every fault.
pub(in crate::files) fn read(at: &At<'_>) -> Option<Round> {
    if is_other_format(at, "library-swap/round") {
        return None;
    }
    let object = at.object(&[
        "format",
        "version",
        "name",
        "timezone",
        "dates",
        "rules",
        "employer_groups",
        "partners",
        "libraries",
        "staff",
        "locks",
        "forbidden",
    ])?;
    let headed = header(&object, "library-swap/round");
    let name = optional_name(&object);
    let time_zone = object.required("timezone").and_then(|at| {
        let zone = at.text()?.parse::<Tz>();
        if zone.is_err() {
            at.fault("must be an IANA time zone like Europe/London");
        }
        zone.ok()
    });
    // A date counts as known even where another one cannot be read, lest every use of it looks wrong.
    let mut days = HashSet::new();
    let dates = object.required("dates").and_then(|at| {
        unique(&at, |at| {
            let day = at.date()?;
            days.insert(day);
            Some(day)
        })
    });
    let rules = object.optional("rules").map_or(Some(Rules::default()), |at| Rules::read(&at));
    let mut known = Known { dates: days, libraries: HashSet::new(), staff: HashSet::new() };
    let employer_groups = object.optional("employer_groups").map_or(Some(Vec::new()), |at| groups(&at));
    let libraries = list(&object, "libraries", |at| library(at, &mut known));
    let mut pairs = HashSet::new();
    let partners = list(&object, "partners", |at| partner(at, &known, &mut pairs));
    let staff = list(&object, "staff", |at| person(at, &mut known));
    let locks = locks(&object, &known);
    let forbidden = forbidden(&object, &known);
    headed?;
    let round = Round {
        name: name?,
        time_zone: time_zone?,
        dates: dates?,
        rules: rules?,
        employer_groups: employer_groups?,
        partners: partners?,
        libraries: libraries?,
        staff: staff?,
        locks: locks?,
        forbidden: forbidden?,
    };
    sums_are_exact(at, &round).then_some(round)
}

/// Every sum of values must be exact in a double, so that any program can check it.
fn sums_are_exact(at: &At<'_>, round: &Round) -> bool {
    let weight = i128::from(round.placement_weight());
    let score = i128::from(round.rules.largest_score());
    let total: i128 = round.staff.iter().map(|person| weight * i128::from(1 + person.priority) + score).sum();
    if total >= 1 << 53 {
        at.fault(format!(
            "the values of all people may sum up to {total}, which is not below 2^53: \
             lower placement_weight, weights or priorities"
        ));
        return false;
    }
    true
}

fn optional_name(object: &Object<'_>) -> Option<String> {
    object.optional("name").map_or(Some(String::new()), |at| at.text().map(Cow::into_owned))
}

fn list<T>(object: &Object<'_>, key: &str, read: impl FnMut(&At<'_>) -> Option<T>) -> Option<Vec<T>> {
    object.optional(key).map_or(Some(Vec::new()), |at| at.list_of(read))
}

fn groups(at: &At<'_>) -> Option<Vec<Vec<String>>> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut own = 0;
    at.list_of(|group| {
        let names = unique(group, |place| {
            let name = text(place)?;
            let other = *first.entry(name.clone()).or_insert(own);
            if other != own {
                let other = format!("{}/{other}", at.pointer());
                place.fault(format!("this employer is in two groups, the other at {other}"));
            }
            Some(name)
        });
        own += 1;
        names
    })
}

fn known_library(at: &At<'_>, known: &Known) -> Option<String> {
    let id = text(at)?;
    if !known.libraries.contains(&id) {
        let near = maybe_of(at, &id, &known.libraries);
        at.fault(format!("there is no such library in this round{near}"));
    }
    Some(id)
}

/// A suggestion, where the list is short enough to look through.
fn maybe_of(at: &At<'_>, id: &str, known: &HashSet<String>) -> String {
    if known.len() > 2_000 { String::new() } else { at.maybe(id, known.iter().map(String::as_str)) }
}

fn known_person(at: &At<'_>, known: &Known) -> Option<String> {
    let id = text(at)?;
    if !known.staff.contains(&id) {
        at.fault(format!("there is no such person in this round{}", maybe_of(at, &id, &known.staff)));
    }
    Some(id)
}

fn known_dates(at: &At<'_>, known: &Known) -> Option<Vec<NaiveDate>> {
    unique(at, |at| known_date(at, &known.dates))
}

fn counts(object: &Object<'_>, key: &str, known: &Known) -> Option<BTreeMap<NaiveDate, i64>> {
    by_date(object, key, &known.dates, |at| at.integer(0..=MOST_COUNT))
}

fn hours(object: &Object<'_>, known: &Known) -> Option<Hours> {
    by_date(object, "hours", &known.dates, |at| {
        let [start, end] = at.tuple("must be two times, the start and the end")?;
        match (clock(&start), clock(&end)) {
            (Some(from), Some(to)) if from < to => Some((from, to)),
            (Some(1440), Some(_)) => {
                start.fault("24:00 ends a day and starts none");
                None
            }
            (Some(_), Some(_)) => {
                at.fault("the start must lie before the end");
                None
            }
            (None, _) | (_, None) => None,
        }
    })
}

/// Latitude and longitude of an object: both or neither.
fn point(object: &Object<'_>) -> Option<Option<(f64, f64)>> {
    let latitude = object.optional("latitude").map(|at| (at.number(-90.0..=90.0), at));
    let longitude = object.optional("longitude").map(|at| (at.number(-180.0..=180.0), at));
    match (latitude, longitude) {
        (None, None) => Some(None),
        (Some((latitude, _)), Some((longitude, _))) => Some(Some((latitude?, longitude?))),
        (Some((_, at)), None) | (None, Some((_, at))) => {
            at.fault("latitude and longitude come both or not at all");
            None
        }
    }
}

fn library(at: &At<'_>, known: &mut Known) -> Option<Library> {
    let object = at.object(&[
        "id",
        "name",
        "sectors",
        "employers",
        "latitude",
        "longitude",
        "topics",
        "access",
        "vetting_required",
        "escorts_visitors",
        "hosting",
        "hosting_limit",
        "release",
        "hours",
    ])?;
    let id = object.required("id").and_then(|at| {
        let id = text(&at)?;
        if !known.libraries.insert(id.clone()) {
            at.fault("another library has this id");
        }
        Some(id)
    });
    let name = optional_name(&object);
    let some = |key: &str| {
        object.required(key).and_then(|at| {
            let values = unique_texts(&at)?;
            if values.is_empty() {
                at.fault("must not be empty");
            }
            Some(values)
        })
    };
    let (sectors, employers) = (some("sectors"), some("employers"));
    let point = point(&object);
    let flag = |key: &str| object.optional(key).map_or(Some(false), |at| at.boolean());
    let (vetting_required, escorts_visitors) = (flag("vetting_required"), flag("escorts_visitors"));
    let (topics, access) = (optional_texts(&object, "topics"), optional_texts(&object, "access"));
    let (hosting, release) = (counts(&object, "hosting", known), counts(&object, "release", known));
    let hosting_limit = optional(&object, "hosting_limit", |at| at.integer(0..=MOST_COUNT));
    let hours = hours(&object, known);
    Some(Library {
        id: id?,
        name: name?,
        sectors: sectors?,
        employers: employers?,
        point: point?,
        topics: topics?,
        access: access?,
        vetting_required: vetting_required?,
        escorts_visitors: escorts_visitors?,
        hosting: hosting?,
        hosting_limit: hosting_limit?,
        release: release?,
        hours: hours?,
    })
}

fn person(at: &At<'_>, known: &mut Known) -> Option<Staff> {
    let object = at.object(&[
        "id",
        "home",
        "dates",
        "hours",
        "max_km",
        "origin",
        "sectors",
        "topics",
        "needs",
        "assured_until",
        "visited",
        "avoid",
        "priority",
    ])?;
    let id = object.required("id").and_then(|at| {
        let id = text(&at)?;
        if !known.staff.insert(id.clone()) {
            at.fault("another person has this id");
        }
        Some(id)
    });
    let home = object.required("home").and_then(|at| known_library(&at, known));
    let dates = object.required("dates").and_then(|at| known_dates(&at, known));
    let hours = hours(&object, known);
    let max_km = object.required("max_km").and_then(|at| at.number(0.0..=MOST_KM));
    let origin = optional(&object, "origin", |at| {
        let point = point(&at.object(&["latitude", "longitude"])?)?;
        if point.is_none() {
            at.fault("needs latitude and longitude");
        }
        point
    });
    let texts = |key: &str| optional_texts(&object, key);
    let (sectors, topics, needs) = (texts("sectors"), texts("topics"), texts("needs"));
    let (visited, avoid) = (texts("visited"), texts("avoid"));
    let assured_until = optional(&object, "assured_until", At::date);
    let priority = object.optional("priority").map_or(Some(0), |at| at.integer(0..=1_000));
    Some(Staff {
        id: id?,
        home: home?,
        dates: dates?,
        hours: hours?,
        max_km: max_km?,
        origin: origin?,
        sectors: sectors?,
        topics: topics?,
        needs: needs?,
        assured_until: assured_until?,
        visited: visited?,
        avoid: avoid?,
        priority: priority?,
    })
}

/// An unordered pair: the same two libraries in either order are a repeated value.
fn partner(at: &At<'_>, known: &Known, seen: &mut HashSet<[String; 2]>) -> Option<[String; 2]> {
    let [one, other] = at.tuple("must be a pair of libraries")?;
    let (a, b) = (known_library(&one, known), known_library(&other, known));
    let (a, b) = (a?, b?);
    if a == b {
        at.fault("a library is no partner of itself");
        return None;
    }
    let sorted = if a < b { [a.clone(), b.clone()] } else { [b.clone(), a.clone()] };
    if !seen.insert(sorted) {
        at.fault("this pair stands here twice");
    }
    Some([a, b])
}

fn locks(object: &Object<'_>, known: &Known) -> Option<Vec<Lock>> {
    let mut locked = HashSet::new();
    list(object, "locks", |at| {
        let object = at.object(&["staff", "host", "date", "override"])?;
        let staff = object.required("staff").and_then(|at| {
            let id = known_person(&at, known)?;
            if !locked.insert(id.clone()) {
                at.fault("this person is locked twice");
            }
            Some(id)
        });
        let host = object.required("host").and_then(|at| known_library(&at, known));
        let date = object.required("date").and_then(|at| known_date(&at, &known.dates));
        let reason = optional(&object, "override", text);
        Some(Lock { staff: staff?, host: host?, date: date?, override_reason: reason? })
    })
}

fn forbidden(object: &Object<'_>, known: &Known) -> Option<Vec<Forbidden>> {
    let mut seen = HashSet::new();
    list(object, "forbidden", |at| {
        let object = at.object(&["staff", "host", "date"])?;
        let staff = object.required("staff").and_then(|at| known_person(&at, known));
        let host = object.required("host").and_then(|at| known_library(&at, known));
        let date = optional(&object, "date", |at| known_date(at, &known.dates));
        let pair = Forbidden { staff: staff?, host: host?, date: date? };
        if !seen.insert((pair.staff.clone(), pair.host.clone(), pair.date)) {
            at.fault("stands here twice");
        }
        Some(pair)
    })
}
