//! The hard rules for one person at one host on one date, one function each, and the score.
//!
//! A rule is a function from given things to whether they keep it; [`Code`] names them in the order of docs/files.md.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::files::Round;
use crate::files::round::{Library, Staff};
use crate::files::rules::SectorRule;

/// The rules in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Not one's own library.
    OwnLibrary,
    /// Not one's own employer or its group.
    SameEmployer,
    /// The sector rule.
    Sector,
    /// Partners only.
    NotPartner,
    /// Avoided or forbidden.
    Avoided,
    /// Visited before.
    RepeatHost,
    /// A point is unknown.
    DistanceUnknown,
    /// Too far.
    Distance,
    /// An access need is not met.
    Access,
    /// Not a day of the person's.
    Availability,
    /// Takes no visitor on the day.
    NotHosting,
    /// Releases nobody on the day.
    NotReleased,
    /// No assurance of vetting on the day.
    Vetting,
    /// Too few hours in common.
    Hours,
}

impl Code {
    /// The name in files and API errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::OwnLibrary => "own_library",
            Code::SameEmployer => "same_employer",
            Code::Sector => "sector",
            Code::NotPartner => "not_partner",
            Code::Avoided => "avoided",
            Code::RepeatHost => "repeat_host",
            Code::DistanceUnknown => "distance_unknown",
            Code::Distance => "distance",
            Code::Access => "access",
            Code::Availability => "availability",
            Code::NotHosting => "not_hosting",
            Code::NotReleased => "not_released",
            Code::Vetting => "vetting",
            Code::Hours => "hours",
        }
    }
}

/// Mean radius of the earth in metres (docs/files.md).
pub(super) const EARTH_M: f64 = 6_371_008.8;

/// Great-circle distance in whole metres: haversine with the pure-Rust `libm`, the same on every machine.
pub(super) fn metres(from: (f64, f64), to: (f64, f64)) -> i64 {
    let radians = |degrees: f64| degrees * (std::f64::consts::PI / 180.0);
    let (lat1, lat2) = (radians(from.0), radians(to.0));
    let half = |angle: f64| {
        let sine = libm::sin(angle / 2.0);
        sine * sine
    };
    let a = half(lat2 - lat1) + libm::cos(lat1) * libm::cos(lat2) * half(radians(to.1 - from.1));
    let distance = 2.0 * EARTH_M * libm::asin(libm::sqrt(a.min(1.0)));
    whole(distance)
}

/// floor(x + 0.5), as the format says.
pub(super) fn whole(x: f64) -> i64 {
    super::num::nearest(libm::floor(x + 0.5))
}

/// What the rules look up again and again.
pub(super) struct Rulebook<'a> {
    round: &'a Round,
    group: HashMap<&'a str, usize>,
    partners: HashSet<(&'a str, &'a str)>,
    forbidden: HashMap<(&'a str, &'a str), Vec<Option<NaiveDate>>>,
}

/// A person with the home library and what is computed once.
pub(super) struct Traveller<'a> {
    pub(super) staff: &'a Staff,
    pub(super) home: &'a Library,
    pub(super) max_m: i64,
    visited: HashSet<&'a str>,
    avoid: HashSet<&'a str>,
}

impl<'a> Traveller<'a> {
    pub(super) fn new(staff: &'a Staff, home: &'a Library) -> Self {
        Self {
            staff,
            home,
            max_m: whole(1000.0 * staff.max_km),
            visited: staff.visited.iter().map(String::as_str).collect(),
            avoid: staff.avoid.iter().map(String::as_str).collect(),
        }
    }

    /// Whether the person avoids a host or has visited it.
    pub(super) fn is_about(&self, host: &Library) -> bool {
        (!self.avoid.is_empty() && self.avoid.contains(host.id.as_str()))
            || (!self.visited.is_empty() && self.visited.contains(host.id.as_str()))
    }

    /// Whole metres to a host, where both points are known.
    pub(super) fn metres_to(&self, host: &Library) -> Option<i64> {
        let from = self.staff.origin.or(self.home.point)?;
        host.point.map(|to| metres(from, to))
    }
}

fn pair<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    if a < b { (a, b) } else { (b, a) }
}

impl<'a> Rulebook<'a> {
    pub(super) fn new(round: &'a Round) -> Self {
        let mut forbidden: HashMap<(&str, &str), Vec<Option<NaiveDate>>> = HashMap::new();
        for entry in &round.forbidden {
            forbidden.entry((&entry.staff, &entry.host)).or_default().push(entry.date);
        }
        let groups = round.employer_groups.iter().enumerate();
        Self {
            round,
            group: groups.flat_map(|(n, names)| names.iter().map(move |name| (name.as_str(), n))).collect(),
            partners: round.partners.iter().map(|[a, b]| pair(a, b)).collect(),
            forbidden,
        }
    }

    fn same_employer(&self, home: &Library, host: &Library) -> bool {
        host.employers.iter().any(|theirs| {
            home.employers.iter().any(|ours| {
                ours == theirs
                    || matches!(
                        (self.group.get(ours.as_str()), self.group.get(theirs.as_str())),
                        (Some(a), Some(b)) if a == b
                    )
            })
        })
    }

    fn sector_allowed(&self, home: &Library, host: &Library) -> bool {
        match &self.round.rules.sectors {
            SectorRule::Any => true,
            SectorRule::Cross => host.sectors.iter().any(|sector| !home.sectors.contains(sector)),
            SectorRule::Table(table) => home.sectors.iter().any(|from| {
                table.get(from).is_some_and(|to| host.sectors.iter().any(|sector| to.contains(sector)))
            }),
        }
    }

    pub(super) fn are_partners(&self, home: &Library, host: &Library) -> bool {
        self.partners.contains(&pair(&home.id, &host.id))
    }

    /// Whether a person may not go to a host, on some date or on all.
    pub(super) fn is_forbidden_somewhere(&self, staff: &Staff, host: &Library) -> bool {
        !self.forbidden.is_empty() && self.forbidden.contains_key(&(staff.id.as_str(), host.id.as_str()))
    }

    fn forbidden_on(&self, staff: &Staff, host: &Library, date: Option<NaiveDate>) -> bool {
        !self.forbidden.is_empty()
            && self
                .forbidden
                .get(&(staff.id.as_str(), host.id.as_str()))
                .is_some_and(|dates| dates.iter().any(|on| on.is_none() || *on == date))
    }

    /// The first rule that forbids the pair on every date.
    pub(super) fn breach_of_pair(&self, who: &Traveller<'_>, host: &Library) -> Option<Code> {
        self.breach_of_libraries(who.home, host).or_else(|| self.breach_of_person(who, host))
    }

    /// The first rule that forbids everybody of a library to go to a host.
    pub(super) fn breach_of_libraries(&self, home: &Library, host: &Library) -> Option<Code> {
        let rules = &self.round.rules;
        if home.id == host.id {
            return Some(Code::OwnLibrary);
        }
        if !rules.same_employer && self.same_employer(home, host) {
            return Some(Code::SameEmployer);
        }
        if !self.sector_allowed(home, host) {
            return Some(Code::Sector);
        }
        (rules.partners_only && !self.are_partners(home, host)).then_some(Code::NotPartner)
    }

    /// The first rule that forbids a host to a person whose library may send people there.
    pub(super) fn breach_of_person(&self, who: &Traveller<'_>, host: &Library) -> Option<Code> {
        let rules = &self.round.rules;
        if who.avoid.contains(host.id.as_str()) || self.forbidden_on(who.staff, host, None) {
            return Some(Code::Avoided);
        }
        if !rules.repeat_hosts && who.visited.contains(host.id.as_str()) {
            return Some(Code::RepeatHost);
        }
        match who.metres_to(host) {
            None if !rules.unknown_distance => return Some(Code::DistanceUnknown),
            Some(metres) if metres > who.max_m => return Some(Code::Distance),
            Some(_) | None => {}
        }
        let lacks = |need: &String| !host.access.contains(need);
        who.staff.needs.iter().any(lacks).then_some(Code::Access)
    }

    /// The first rule that forbids the date, given a pair without a breach.
    pub(super) fn breach_on_date(
        &self,
        who: &Traveller<'_>,
        host: &Library,
        date: NaiveDate,
    ) -> Option<Code> {
        if self.forbidden_on(who.staff, host, Some(date)) {
            return Some(Code::Avoided);
        }
        if !who.staff.dates.contains(&date) {
            return Some(Code::Availability);
        }
        if host.hosting.get(&date).is_none_or(|places| *places < 1) {
            return Some(Code::NotHosting);
        }
        if who.home.release.get(&date).is_none_or(|staff| *staff < 1) {
            return Some(Code::NotReleased);
        }
        let assured = who.staff.assured_until.is_some_and(|until| until >= date);
        if host.vetting_required && !host.escorts_visitors && !assured {
            return Some(Code::Vetting);
        }
        if !self.enough_hours(who.staff, host, date) {
            return Some(Code::Hours);
        }
        None
    }

    /// Any rule that a lock breaks.
    pub(super) fn breach(&self, who: &Traveller<'_>, host: &Library, date: NaiveDate) -> Option<Code> {
        let of_pair = self.breach_of_pair(who, host);
        // `avoided` on one date comes before later rules of the pair.
        match of_pair {
            Some(code) if code <= Code::Avoided => Some(code),
            Some(_) if self.forbidden_on(who.staff, host, Some(date)) => Some(Code::Avoided),
            Some(code) => Some(code),
            None => self.breach_on_date(who, host, date),
        }
    }

    fn enough_hours(&self, staff: &Staff, host: &Library, date: NaiveDate) -> bool {
        let needed = self.round.rules.min_minutes;
        if needed == 0 {
            return true;
        }
        let whole_day = (0, 1440);
        let (a, b) = staff.hours.get(&date).unwrap_or(&whole_day);
        let (c, d) = host.hours.get(&date).unwrap_or(&whole_day);
        i64::from(*b.min(d)) - i64::from(*a.max(c)) >= needed
    }

    /// The rank of the wanted sector that a host offers; none beyond the list.
    pub(super) fn sector_rank(&self, who: &Traveller<'_>, host: &Library) -> Option<usize> {
        let wanted = &who.staff.sectors;
        if wanted.is_empty() {
            return Some(0);
        }
        let fresh: Vec<&String> =
            host.sectors.iter().filter(|sector| !who.home.sectors.contains(sector)).collect();
        let offered: Vec<&String> = if fresh.is_empty() { host.sectors.iter().collect() } else { fresh };
        wanted.iter().position(|sector| offered.contains(&sector))
    }

    /// The score of a placement, the same on every date.
    pub(super) fn score(&self, who: &Traveller<'_>, host: &Library) -> i64 {
        let weights = &self.round.rules.weights;
        let sector =
            self.sector_rank(who, host).and_then(|rank| weights.sector.get(rank).copied()).unwrap_or(0);
        let shared = who.staff.topics.iter().filter(|topic| host.topics.contains(topic)).count();
        let topics = weights.topic * super::num::int(shared).min(weights.topics_max);
        let nearness = match who.metres_to(host) {
            Some(0) if who.max_m == 0 => weights.nearness,
            Some(metres) if metres <= who.max_m && who.max_m > 0 => {
                weights.nearness * (who.max_m - metres) / who.max_m
            }
            Some(_) | None => 0,
        };
        let partner = if self.are_partners(who.home, host) { weights.partner } else { 0 };
        sector + topics + nearness + partner
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn distances_are_great_circles_in_whole_metres() {
        assert_eq!(metres((52.0, -2.0), (52.0, -2.0)), 0);
        // A degree of latitude on this sphere.
        assert_eq!(metres((52.0, -2.0), (53.0, -2.0)), 111_195);
        assert_eq!(metres((0.0, 0.0), (0.0, 180.0)), 20_015_114);
    }

    /// A round in which s1 of "home" may go to "host" on the day, some 11 km away.
    fn feasible() -> Value {
        json!({
            "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": ["2027-03-01"],
            "rules": {"min_minutes": 60},
            "libraries": [
                {"id": "home", "sectors": ["public"], "employers": ["A"], "latitude": 52.0, "longitude": -2.0,
                 "release": {"2027-03-01": 1}},
                {"id": "host", "sectors": ["school"], "employers": ["B"], "latitude": 52.1, "longitude": -2.0,
                 "hosting": {"2027-03-01": 1}, "access": ["step-free"], "topics": ["coding", "archives"]},
            ],
            "staff": [{"id": "s1", "home": "home", "dates": ["2027-03-01"], "max_km": 30.0, "needs": ["step-free"],
                       "topics": ["coding"]}],
        })
    }

    /// What s1 at "host" breaks once the value at a pointer's parent has been changed.
    fn breach_with(parent: &str, key: &str, value: Value) -> Option<Code> {
        let mut round = feasible();
        round.pointer_mut(parent).expect("a place")[key] = value;
        let round = Round::read(round.to_string().as_bytes()).expect("a round");
        let book = Rulebook::new(&round);
        let who = Traveller::new(&round.staff[0], &round.libraries[0]);
        book.breach(&who, &round.libraries[1], round.dates[0])
    }

    #[test]
    fn nothing_broken_has_no_code() {
        assert_eq!(breach_with("", "name", json!("as it is")), None);
    }

    #[test]
    fn each_hard_rule_has_its_code() {
        let day = |value: Value| json!({"2027-03-01": value});
        let forbidden = json!([{"staff": "s1", "host": "host", "date": "2027-03-01"}]);
        let cases = [
            ("/libraries/1", "employers", json!(["C", "A"]), Code::SameEmployer),
            ("", "employer_groups", json!([["A", "B"]]), Code::SameEmployer),
            ("/libraries/1", "sectors", json!(["public"]), Code::Sector),
            ("/rules", "sectors", json!({"public": ["academic"]}), Code::Sector),
            ("/rules", "partners_only", json!(true), Code::NotPartner),
            ("/staff/0", "avoid", json!(["host"]), Code::Avoided),
            ("", "forbidden", forbidden, Code::Avoided),
            ("/staff/0", "visited", json!(["host"]), Code::RepeatHost),
            ("/staff/0", "max_km", json!(11.1), Code::Distance),
            ("/libraries/1", "access", json!([]), Code::Access),
            ("/staff/0", "dates", json!([]), Code::Availability),
            ("/libraries/1", "hosting", day(json!(0)), Code::NotHosting),
            ("/libraries/0", "release", json!({}), Code::NotReleased),
            ("/libraries/1", "vetting_required", json!(true), Code::Vetting),
            ("/libraries/1", "hours", day(json!(["09:00", "09:59"])), Code::Hours),
        ];
        for (parent, key, value, code) in cases {
            assert_eq!(breach_with(parent, key, value), Some(code), "{parent}/{key}");
        }
    }

    #[test]
    fn unknown_points_and_the_own_library_have_their_codes() {
        let mut round = feasible();
        let host = round.pointer_mut("/libraries/1").and_then(Value::as_object_mut).expect("a library");
        host.remove("latitude");
        host.remove("longitude");
        let round = Round::read(round.to_string().as_bytes()).expect("a round");
        let book = Rulebook::new(&round);
        let who = Traveller::new(&round.staff[0], &round.libraries[0]);
        let breach = |host: usize| book.breach(&who, &round.libraries[host], round.dates[0]);
        assert_eq!(breach(1), Some(Code::DistanceUnknown));
        assert_eq!(breach(0), Some(Code::OwnLibrary));
    }

    #[test]
    fn a_score_is_the_sum_of_sector_topics_nearness_and_partnership() {
        let mut round = feasible();
        round["partners"] = json!([["host", "home"]]);
        round["rules"]["weights"] = json!({"partner": 7});
        round["staff"][0]["sectors"] = json!(["academic", "school"]);
        let round = Round::read(round.to_string().as_bytes()).expect("a round");
        let book = Rulebook::new(&round);
        let who = Traveller::new(&round.staff[0], &round.libraries[0]);
        // The second wish 25, one topic 10, nearness 20 × (30,000 − 11,119) / 30,000 = 12, partners 7.
        assert_eq!(book.score(&who, &round.libraries[1]), 54);
    }
}
