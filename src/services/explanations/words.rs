//! The sentences of explanations, as the participant reads them.
//!
//! They say what is proven and no more, and nothing from which somebody else's placement could be read: of a library's
//! side it is told that one more place or release would have helped, not where or when.

use chrono::NaiveDate;

use crate::domain::states::RunKind;
use crate::domain::told::Told;
use crate::files::Round;
use crate::files::round::{Library, Staff};
use crate::files::rules::SectorRule;
use crate::files::schedule::{Change, ChangeTo, Objective, Placement, Reason, Unplaced};
use crate::verify::{Choice, Hosts, Rule};
use crate::words::in_english;

/// A rule, as it is for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTold {
    /// Its code (docs/files.md).
    pub rule: Rule,
    /// Whether it is kept; an override sets rules aside.
    pub is_kept: bool,
    /// In words.
    pub words: String,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `sector`, `topics`, `nearness` or `partner`.
    pub name: &'static str,
    /// What it counts here.
    pub points: i64,
    /// What it counts at most.
    pub most: i64,
    /// In words.
    pub words: String,
}

/// What somebody without a place is told first.
pub const fn reason(reason: Reason) -> Told {
    match reason {
        Reason::NotFeasible => Told::NothingFits,
        Reason::Outweighed => Told::Outweighed,
        Reason::DroppedOut => Told::ApplicationTakenBack,
    }
}

/// What one change would have done, or that this is not known; none for somebody who takes no part any more.
pub fn change(round: &Round, left: &Unplaced) -> Option<Told> {
    if left.reason == Reason::DroppedOut {
        return None;
    }
    Some(match (&left.change, left.change_reason.as_deref()) {
        (Some(change), _) => change_told(round, change),
        (None, Some("none_single")) => Told::NoSingleChange,
        (None, Some("not_proven")) => Told::ChangeNotSettled,
        (None, Some(_) | None) => Told::ChangeNotSought,
    })
}

/// One of a library's is told without saying whose, or when.
fn change_told(round: &Round, change: &Change) -> Told {
    let own = match (change.field.as_str(), &change.to) {
        ("max_km", ChangeTo::Number(km)) => Some(Told::HadYouGone { km: *km }),
        ("dates", ChangeTo::Text(date)) => date.parse().ok().map(|date| Told::HadYouBeenFree { date }),
        ("assured_until", ChangeTo::Text(date)) => {
            date.parse().ok().map(|until| Told::HadAssuranceLasted { until })
        }
        ("avoid", ChangeTo::Text(id)) => {
            let library = library_of(round, id).map_or(id.as_str(), name).to_owned();
            Some(Told::HadYouNotAvoided { library })
        }
        (_, ChangeTo::Number(_) | ChangeTo::Text(_)) => None,
    };
    own.unwrap_or(Told::HadALibraryHadRoom)
}

/// What somebody without a place reads.
pub(super) fn of_no_place(round: &Round, left: &Unplaced, hosts: &Hosts) -> Vec<String> {
    let mut words = vec![in_english(&reason(left.reason))];
    if left.reason != Reason::DroppedOut {
        words.push(hosts_in_words(hosts));
    }
    words.extend(change(round, left).as_ref().map(in_english));
    words
}

/// Rules that tell what somebody wants or needs are one number, so that none of them shows access needs.
const PERSONAL: [&str; 4] =
    [Rule::Avoided.as_str(), Rule::RepeatHost.as_str(), Rule::Access.as_str(), Rule::Vetting.as_str()];

/// Which rule took the last date of how many hosts, personal ones together.
pub fn excluded(hosts: &Hosts) -> Vec<(&'static str, i64)> {
    let is_personal = |code: &str| PERSONAL.contains(&code);
    let personal: i64 = hosts.excluded.iter().filter(|(code, _)| is_personal(code)).map(|(_, n)| n).sum();
    let others = hosts.excluded.iter().filter(|(code, _)| !is_personal(code)).map(|(code, n)| (*code, *n));
    others.chain([("personal", personal)]).filter(|(_, n)| *n > 0).collect()
}

fn hosts_in_words(hosts: &Hosts) -> String {
    let why = |code: &str| match code {
        "same_employer" => "of your own employer",
        "sector" => "of a sector to which the round does not send you",
        "not_partner" => "no partner of your library",
        "distance_unknown" => "at an unknown distance",
        "distance" => "too far away",
        "availability" | "not_hosting" => "without a place on your days",
        "not_released" => "impossible on the days on which your library lets staff go",
        "hours" => "open too short with you there",
        _ => "ruled out by what you asked for, need or have visited",
    };
    let mut parts: Vec<String> =
        excluded(hosts).into_iter().map(|(code, n)| format!("{n} {} {}", is_or_are(n), why(code))).collect();
    let feasible = hosts.feasible;
    parts.push(match feasible {
        0 => "none fits".to_owned(),
        1 => "1 fits".to_owned(),
        more => format!("{more} fit"),
    });
    let receive = if hosts.considered == 1 { "receives" } else { "receive" };
    format!("{} {receive} visitors: {}.", libraries(hosts.considered), listed(&parts))
}

/// A place with what is needed to speak of it.
pub(super) struct Context<'a> {
    round: &'a Round,
    staff: &'a Staff,
    home: &'a Library,
    host: &'a Library,
    placed: &'a Placement,
    choice: &'a Choice,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        round: &'a Round,
        staff: &'a Staff,
        placed: &'a Placement,
        choice: &'a Choice,
    ) -> Option<Self> {
        let (home, host) = (library_of(round, &staff.home)?, library_of(round, &placed.host)?);
        Some(Self { round, staff, home, host, placed, choice })
    }

    pub(super) fn host_name(&self) -> &'a str {
        name(self.host)
    }

    /// What somebody with a place reads first.
    pub(super) fn of_the_place(&self, kind: RunKind, objective: &Objective) -> Vec<String> {
        let (place, choice) = (format!("{} on {}", self.host_name(), day(self.placed.date)), self.choice);
        let mut words = vec![if choice.is_locked {
            format!("The organisers fixed {place} for you before the others were matched.")
        } else {
            format!("You have {place}. It keeps every rule of the round.")
        }];
        let (feasible, equal) = (choice.hosts.feasible, choice.equal);
        let as_good = match equal {
            0 => String::new(),
            1 => "; one other fits them just as well".to_owned(),
            more => format!("; {more} others fit them just as well"),
        };
        words.extend(match choice.rank {
            None => None,
            Some(_) if feasible == 1 => {
                Some("It is the only library at which you could have had a day.".to_owned())
            }
            Some(1) => Some(format!(
                "Of the {} at which you could have had a day, none fits your wishes better{as_good}.",
                libraries(feasible)
            )),
            Some(rank) => Some(format!(
                "By your wishes it is the {} of the {} at which you could have had a day{as_good}. The schedule is made \
                 for everybody together: that people have a place counts first, whose wishes are met best comes after.",
                ordinal(rank),
                libraries(feasible)
            )),
        });
        if self.staff.priority > 0 {
            words.push(format!(
                "You went without a place in {} before, so that your having one counted {} times as much.",
                counted(self.staff.priority, "round", "rounds"),
                self.staff.priority + 1
            ));
        }
        words.extend(match kind {
            RunKind::Solved if objective.optimal => {
                Some("It is proven that no schedule of this round is worth more.".to_owned())
            }
            RunKind::Solved => Some(format!(
                "It is proven that no schedule of this round is worth more than {} % more.",
                percent(objective.value, objective.bound)
            )),
            RunKind::WhatIf => Some("It was matched under other rules than the round's.".to_owned()),
            RunKind::Edited => Some("The organisers have changed the schedule by hand.".to_owned()),
            RunKind::Repaired => Some("The place is from a repair of the schedule.".to_owned()),
        });
        words
    }

    /// Every rule, in the order of the table.
    pub(super) fn rules(&self) -> Vec<RuleTold> {
        let told = |rule: Rule| {
            let is_kept = !self.choice.broken.contains(&rule);
            let words =
                if is_kept { self.kept(rule) } else { "The organisers have set this rule aside.".to_owned() };
            RuleTold { rule, is_kept, words }
        };
        Rule::ALL.into_iter().map(told).collect()
    }

    fn kept(&self, rule: Rule) -> String {
        let (rules, staff) = (&self.round.rules, self.staff);
        match rule {
            Rule::OwnLibrary => "It is another library than yours.".to_owned(),
            Rule::SameEmployer if rules.same_employer => "The round allows one’s own employer.".to_owned(),
            Rule::SameEmployer => "It is another employer’s than yours.".to_owned(),
            Rule::Sector => match rules.sectors {
                SectorRule::Any => "The round allows every sector.".to_owned(),
                SectorRule::Cross => {
                    format!("It has a sector that your library has not: {}.", self.sectors())
                }
                SectorRule::Table(_) => format!("The round sends you to this sector: {}.", self.sectors()),
            },
            Rule::NotPartner if rules.partners_only => "Your libraries are partners.".to_owned(),
            Rule::NotPartner => "The round does not ask for partners.".to_owned(),
            Rule::Avoided => "You did not ask to avoid it.".to_owned(),
            Rule::RepeatHost if rules.repeat_hosts => "The round allows a library visited before.".to_owned(),
            Rule::RepeatHost => "You have not been there before.".to_owned(),
            Rule::DistanceUnknown if self.choice.metres.is_none() => {
                "How far it is, is not known; the round allows that.".to_owned()
            }
            Rule::DistanceUnknown => "How far it is, is known.".to_owned(),
            Rule::Distance => self.choice.metres.map_or_else(
                || "How far it is, is not known; the round allows that.".to_owned(),
                |metres| {
                    format!(
                        "It is {} km away as the crow flies; you go up to {} km.",
                        km(metres),
                        staff.max_km
                    )
                },
            ),
            Rule::Access => "It has every access feature that was asked for.".to_owned(),
            Rule::Availability => {
                format!("It is one of the days on which you could go ({} in all).", staff.dates.len())
            }
            Rule::NotHosting => "It receives visitors on that day.".to_owned(),
            Rule::NotReleased => "Your library lets staff go on that day.".to_owned(),
            Rule::Vetting => {
                "It asks for no assurance, escorts its visitors, or yours is valid on that day.".to_owned()
            }
            Rule::Hours if rules.min_minutes == 0 => "The round asks for no hours in common.".to_owned(),
            Rule::Hours if self.choice.minutes == ALL_DAY => {
                "Neither you nor the library named hours for that day.".to_owned()
            }
            Rule::Hours => format!(
                "You are both there for {}; the round asks for {}.",
                hours(self.choice.minutes),
                hours(rules.min_minutes)
            ),
        }
    }

    /// The parts of the score that can count something in this round.
    pub(super) fn parts(&self) -> Vec<Part> {
        let (weights, points) = (&self.round.rules.weights, self.choice.points);
        let parts = [
            ("sector", points.sector, weights.sector.iter().copied().max().unwrap_or(0), self.sector()),
            ("topics", points.topics, weights.topic * weights.topics_max, self.topics()),
            ("nearness", points.nearness, weights.nearness, self.nearness()),
            ("partner", points.partner, weights.partner, self.partner()),
        ];
        let parts = parts.into_iter().filter(|(_, _, most, _)| *most > 0);
        parts.map(|(name, points, most, words)| Part { name, points, most, words }).collect()
    }

    fn sectors(&self) -> String {
        let new = self.host.sectors.iter().filter(|sector| !self.home.sectors.contains(sector));
        let mut new: Vec<String> = new.cloned().collect();
        if new.is_empty() {
            new.clone_from(&self.host.sectors);
        }
        listed(&new)
    }

    fn sector(&self) -> String {
        let wishes = &self.staff.sectors;
        match self.choice.sector_rank {
            _ if wishes.is_empty() => "You named no sectors: any counts in full.".to_owned(),
            Some(rank) => format!(
                "Its sector ({}) is your {} wish of {}.",
                wishes.get(rank).map_or("", String::as_str),
                ordinal(whole(rank) + 1),
                wishes.len()
            ),
            None => "Its sector is none of those that you wish for.".to_owned(),
        }
    }

    fn topics(&self) -> String {
        match (self.staff.topics.len(), &self.choice.topics) {
            (0, _) => "You named no topics.".to_owned(),
            (_, none) if none.is_empty() => "It offers none of the topics that you wish for.".to_owned(),
            (wanted, topics) => {
                let shared = topics.len();
                format!(
                    "Of the topics that you wish for it offers {} ({shared} of {wanted}).",
                    listed(topics)
                )
            }
        }
    }

    fn nearness(&self) -> String {
        match self.choice.metres {
            Some(metres) => format!(
                "{} km of the {} km that you go at most: the nearer, the more.",
                km(metres),
                self.staff.max_km
            ),
            None => "How near it is, is not known.".to_owned(),
        }
    }

    fn partner(&self) -> String {
        let are = if self.choice.are_partners { "are" } else { "are not" };
        format!("Your libraries {are} partners.")
    }
}

fn library_of<'a>(round: &'a Round, id: &str) -> Option<&'a Library> {
    round.libraries.iter().find(|library| library.id == id)
}

/// A name may be empty in a file.
fn name(library: &Library) -> &str {
    if library.name.is_empty() { &library.id } else { &library.name }
}

fn day(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

fn whole(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn counted(n: i64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

fn libraries(n: i64) -> String {
    counted(n, "library", "libraries")
}

const fn is_or_are(n: i64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Minutes of a day.
const ALL_DAY: i64 = 24 * 60;

/// Hours and minutes.
fn hours(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => counted(minutes, "minute", "minutes"),
        (hours, 0) => counted(hours, "hour", "hours"),
        (hours, minutes) => {
            format!("{} {}", counted(hours, "hour", "hours"), counted(minutes, "minute", "minutes"))
        }
    }
}

/// Kilometres with one decimal.
fn km(metres: i64) -> String {
    let tenths = (metres + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// By how many percent of the value the bound is above it, rounded up to hundredths.
fn percent(value: i64, bound: i64) -> String {
    let (value, more) = (i128::from(value.max(1)), i128::from(bound.saturating_sub(value).max(0)));
    let hundredths = (more * 10_000 + value - 1) / value;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `1st`, `2nd`, `3rd`, `4th`, … `11th` …
fn ordinal(n: i64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        let ordinals: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].into_iter().map(ordinal).collect();
        assert_eq!(ordinals, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
        assert_eq!(
            (km(0), km(949), km(950), km(12_349)),
            ("0.0".into(), "0.9".into(), "1.0".into(), "12.3".into())
        );
        assert_eq!((percent(1_000, 1_000), percent(1_000, 1_001)), ("0.00".into(), "0.10".into()));
        assert_eq!(
            (hours(180), hours(61), hours(5)),
            ("3 hours".into(), "1 hour 1 minute".into(), "5 minutes".into())
        );
        assert_eq!(percent(3, 4), "33.34", "rounded up: nothing is claimed that is not so");
    }
}
