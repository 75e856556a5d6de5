//! Whether a round that was made from a file would be matched as the file says.
//!
//! Both are brought to the same form, in the file's ids and without what has no bearing on any schedule, and compared
//! member by member. Whatever the service derives otherwise (from opening hours, other rounds, history) shows here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::domain::fault::Faults;
use crate::files::Round;
use crate::files::round::Hours;

/// Reports where `frozen` is not the problem that `file` states; `names` leads from this service's ids to the file's.
pub(super) fn compare(file: &Round, frozen: &Round, names: &HashMap<String, String>, faults: &Faults) {
    let wanted = members(&essence(file));
    let found = members(&essence(&renamed(frozen, names)));
    let places = places(file);
    let place = |kind: &str, id: &str| match places.get(&(kind, id)) {
        Some(n) => format!("/{kind}/{n}"),
        None => format!("/{kind}"),
    };
    for ((kind, id), wanted) in &wanted {
        let pointer = place(kind, id);
        let Some(found) = found.get(&(*kind, id.clone())) else {
            faults.add(pointer, id, "would not take part in the round that is made here");
            continue;
        };
        for (key, value) in wanted.as_object().into_iter().flatten() {
            let here = found.get(key).unwrap_or(&Value::Null);
            if here != value {
                let pointer = if key.is_empty() { pointer.clone() } else { format!("{pointer}/{key}") };
                faults.add(pointer, value, format!("this service would match with {here}"));
            }
        }
    }
    for ((kind, id), _) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        faults.add(place(kind, id), "", format!("this service would match with {id} too"));
    }
}

/// Where libraries, people, locks and forbidden pairs stand in the file.
fn places(file: &Round) -> HashMap<(&'static str, &str), usize> {
    let libraries = file.libraries.iter().enumerate().map(|(n, it)| (("libraries", it.id.as_str()), n));
    let staff = file.staff.iter().enumerate().map(|(n, it)| (("staff", it.id.as_str()), n));
    let locks = file.locks.iter().enumerate().map(|(n, it)| (("locks", it.staff.as_str()), n));
    libraries.chain(staff).chain(locks).collect()
}

/// The canonical parts of a round, each with its kind and id; a list that has no parts under the key "".
pub(in crate::services) fn members(round: &Round) -> BTreeMap<(&'static str, String), Value> {
    let mut members = BTreeMap::new();
    let mut value: Value = serde_json::from_str(&round.canonical()).unwrap_or_default();
    for (kind, key) in [("libraries", "id"), ("staff", "id"), ("locks", "staff"), ("forbidden", "")] {
        for item in value[kind].take().as_array().into_iter().flatten() {
            let id = item[key].as_str().map_or_else(|| item.to_string(), str::to_owned);
            members.insert((kind, id), item.clone());
        }
    }
    members.insert(("rules", String::new()), value["rules"].take());
    for kind in ["employer_groups", "partners"] {
        members.insert((kind, String::new()), serde_json::json!({ "": value[kind].take() }));
    }
    members
}

/// The round in the file's ids.
fn renamed(round: &Round, names: &HashMap<String, String>) -> Round {
    let name = |id: &mut String| {
        if let Some(other) = names.get(id) {
            id.clone_from(other);
        }
    };
    let mut round = round.clone();
    round.employer_groups.iter_mut().flatten().for_each(name);
    for library in &mut round.libraries {
        name(&mut library.id);
        library.employers.iter_mut().for_each(name);
    }
    for person in &mut round.staff {
        name(&mut person.id);
        name(&mut person.home);
        person.visited.iter_mut().chain(&mut person.avoid).for_each(name);
    }
    for lock in &mut round.locks {
        name(&mut lock.staff);
        name(&mut lock.host);
    }
    for pair in &mut round.forbidden {
        name(&mut pair.staff);
        name(&mut pair.host);
    }
    round
}

/// The round without what no schedule depends on: names, libraries that give and take nothing, hours of days on which
/// nobody comes, employers and libraries outside the round.
fn essence(round: &Round) -> Round {
    let mut round = round.clone();
    let homes: BTreeSet<&String> = round.staff.iter().map(|person| &person.home).collect();
    let locked: BTreeSet<&String> = round.locks.iter().map(|lock| &lock.host).collect();
    round.libraries.iter_mut().for_each(|library| {
        library.name.clear();
        library.hosting.retain(|_, count| *count > 0);
        library.release.retain(|_, count| *count > 0);
        let hosting = &library.hosting;
        library.hours.retain(|date, _| hosting.contains_key(date));
        whole_days_unsaid(&mut library.hours);
    });
    round.libraries.retain(|library| {
        !library.hosting.is_empty()
            || !library.release.is_empty()
            || homes.contains(&library.id)
            || locked.contains(&library.id)
    });
    let libraries: BTreeSet<String> = round.libraries.iter().map(|library| library.id.clone()).collect();
    let employers: BTreeSet<&String> =
        round.libraries.iter().flat_map(|library| &library.employers).collect();
    for group in &mut round.employer_groups {
        group.retain(|employer| employers.contains(employer));
    }
    round.employer_groups.retain(|group| group.len() > 1);
    for person in &mut round.staff {
        let dates = &person.dates;
        person.hours.retain(|date, _| dates.contains(date));
        whole_days_unsaid(&mut person.hours);
        person.visited.retain(|library| libraries.contains(library));
        person.avoid.retain(|library| libraries.contains(library));
    }
    round.forbidden.retain(|pair| libraries.contains(&pair.host));
    if !round.rules.partners_only && round.rules.weights.partner == 0 {
        round.partners.clear();
    }
    round.partners.retain(|pair| pair.iter().all(|id| libraries.contains(id)));
    round
}

/// A whole day is what a day without hours is.
fn whole_days_unsaid(hours: &mut Hours) {
    hours.retain(|_, span| *span != (0, 1440));
}
