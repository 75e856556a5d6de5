//! Who takes part in a rehearsal: libraries of the database, made ready to host, and invented staff of theirs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};

use super::dice::Dice;
use crate::cli::Failure;
use crate::cli::invented::{OBJECTIVES, ROLES, TOPICS, domain_of, full_name, local_part};
use crate::domain::application::Hours;
use crate::domain::ids::EmployerId;
use crate::domain::organisation::{Contact, Employer, Library, LibraryFilter};
use crate::domain::pattern::{Pattern, Week, Weeks};
use crate::domain::permissions::Actor;
use crate::domain::sector::Sector;
use crate::domain::states::LibraryStatus;
use crate::domain::weekday::Weekday;
use crate::services::App;
use crate::services::employers::{self, Directory};
use crate::services::libraries::{self, Welcome};
use crate::services::page::{MOST, Page};
use crate::services::seen::Seen;

/// Reads every page of a list.
pub(super) fn all<T, I: Copy>(
    list: impl Fn(&Page<I>) -> Result<crate::services::page::Paged<T, I>, crate::services::AppError>,
) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = Page::new(after, MOST).map_err(|rule| Failure::unable(rule.to_string()))?;
        let found = list(&page)?;
        items.extend(found.items);
        if found.next.is_none() {
            return Ok(items);
        }
        after = found.next;
    }
}

/// The libraries that take part, by their references: the nearest to one of them, or the first.
pub(super) fn choose(
    app: &App,
    actor: &Actor,
    count: usize,
    near: Option<&str>,
) -> Result<Vec<Library>, Failure> {
    let mut found = all(|page| libraries::list(app, actor, &LibraryFilter::default(), page))?;
    found.retain(|library| library.status == LibraryStatus::Open && library.successor.is_none());
    found.sort_by(|a, b| a.reference.cmp(&b.reference));
    if let Some(near) = near {
        let centre = libraries::get(app, actor, near)?;
        let point = centre.point.ok_or_else(|| {
            Failure::unable(format!("where {} lies is not known: name another library", centre.name))
        })?;
        let narrowing = point.latitude().to_radians().cos();
        // For choosing only: on a few dozen kilometres the earth is flat.
        let apart = |library: &Library| match library.point {
            Some(other) => (other.latitude() - point.latitude())
                .hypot((other.longitude() - point.longitude()) * narrowing),
            None => f64::INFINITY,
        };
        found.sort_by(|a, b| apart(a).total_cmp(&apart(b)));
    }
    found.truncate(count);
    if found.len() < 2 {
        let words = "a rehearsal needs at least two open libraries: take over a list with `library-swap import` first";
        return Err(Failure::unable(words));
    }
    Ok(found)
}

/// Gives every library a contact and every employer a mail domain, where they have none; nothing else is changed.
pub(super) fn equip(
    app: &App,
    actor: &Actor,
    dice: Dice,
    chosen: &[Library],
) -> Result<BTreeMap<EmployerId, String>, Failure> {
    let mut domains = BTreeMap::new();
    for (n, library) in chosen.iter().enumerate() {
        for id in &library.employers {
            if domains.contains_key(id) {
                continue;
            }
            let Employer { name, group, language, domains: own, managers, .. } =
                employers::get(app, actor, *id)?;
            let domain = domain_of(&format!("e{} {name}", domains.len()));
            if own.is_empty() && managers.is_empty() {
                let directory = Directory { group, language, domains: vec![domain.clone()], managers };
                employers::replace_directory(app, actor, *id, &directory, &Seen::regardless())?;
            }
            domains.insert(*id, domain);
        }
        if library.contact.is_none() {
            let email = format!("visits@{}", domain_of(&format!("l{n} {}", library.name)));
            let email = email.parse().map_err(|rule| Failure::unable(format!("{email}: {rule}")))?;
            let is_school = library.sectors.contains(&Sector::School);
            let halves = TOPICS.chunks(4).enumerate();
            let topics = halves
                .filter_map(|(half, topics)| dice.one_of(&format!("topics {half} of library {n}"), topics))
                .filter_map(|topic| topic.parse().ok());
            let welcome = Welcome {
                contact: Some(Contact { name: None, email, telephone: None, language: None }),
                deputy: library.deputy.clone(),
                topics: if library.topics.is_empty() { topics.collect() } else { library.topics.clone() },
                access: library.access.clone(),
                vetting_required: library.vetting_required || is_school,
                escorts_visitors: library.escorts_visitors
                    || (is_school && dice.happens(&format!("escort {n}"), 60)),
            };
            libraries::replace_welcome(app, actor, library.id, &welcome, &Seen::regardless())?;
        }
    }
    Ok(domains)
}

/// An invented member of staff.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) manager: String,
    pub(super) home: usize,
    pub(super) pattern: Pattern,
    pub(super) max_km: u32,
    pub(super) sectors: Vec<Sector>,
    pub(super) topics: Vec<&'static str>,
    pub(super) role: &'static str,
    pub(super) objectives: &'static str,
    pub(super) is_assured: bool,
}

/// A working pattern: about half of library staff work part-time.
fn pattern(dice: Dice, throw: &str, monday: NaiveDate) -> Pattern {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let week = |days: &[Weekday], from: u32, until: u32| -> Week {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
        days.iter().filter_map(|day| Some((*day, (time(from)?, time(until)?)))).collect()
    };
    let whole = [Monday, Tuesday, Wednesday, Thursday, Friday];
    let weeks = match dice.below(throw, 8) {
        0 => Weeks::Every(week(&whole, 9, 13)),
        1 => Weeks::Every(week(&[Tuesday, Wednesday, Thursday], 9, 17)),
        2 => Weeks::Every(week(&[Wednesday, Thursday, Friday], 10, 18)),
        3 => Weeks::Alternate {
            from: monday,
            weeks: [week(&[Monday, Tuesday, Wednesday], 9, 17), week(&[Thursday, Friday], 9, 17)],
        },
        _ => Weeks::Every(week(&whole, 9, 17)),
    };
    Pattern { weeks, added: Hours::new(), removed: BTreeSet::new() }
}

/// Invents staff of these libraries.
pub(super) fn invent(
    (dice, start): (Dice, NaiveDate),
    count: usize,
    chosen: &[Library],
    domains: &BTreeMap<EmployerId, String>,
) -> Vec<Member> {
    (0..count).filter_map(|n| member((dice, start), n, chosen, domains)).collect()
}

fn member(
    (dice, start): (Dice, NaiveDate),
    n: usize,
    chosen: &[Library],
    domains: &BTreeMap<EmployerId, String>,
) -> Option<Member> {
    let throw = |what: &str| format!("{what} of {n}");
    let home = dice.below(&throw("home"), chosen.len());
    let domain = domains.get(chosen[home].employers.first()?)?;
    let name = full_name(n);
    let mut sectors: Vec<Sector> =
        Sector::ALL.iter().copied().filter(|sector| !chosen[home].sectors.contains(sector)).collect();
    let turn = dice.below(&throw("sectors"), sectors.len());
    sectors.rotate_left(turn);
    sectors.truncate(2);
    Some(Member {
        email: format!("{}.{n}@{domain}", local_part(&name)),
        manager: format!("manager.{}@{domain}", dice.below(&throw("manager"), 4)),
        name,
        home,
        pattern: pattern(dice, &throw("pattern"), start),
        max_km: dice.one_of(&throw("reach"), &[10, 15, 25, 25, 40, 60])?,
        sectors,
        topics: vec![dice.one_of(&throw("topic"), &TOPICS)?],
        role: dice.one_of(&throw("role"), &ROLES)?,
        objectives: dice.one_of(&throw("objective"), &OBJECTIVES)?,
        is_assured: dice.happens(&throw("assurance"), 60),
    })
}
