//! What the report of a round says.

use chrono::{NaiveDate, NaiveDateTime};

use super::dates::{date, on_date};
use super::names::sector;
use crate::domain::impact::{Impact, Published, SEVERAL, Sheet, SheetTable};
use crate::domain::language::Language;
use crate::domain::sector::Sector;

/// What a report is made of.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What the service calls itself.
    pub service: &'a str,
    /// The round's name.
    pub round: &'a str,
    /// Its first and last date.
    pub dates: Option<(NaiveDate, NaiveDate)>,
    /// What it came to.
    pub impact: &'a Impact,
    /// When the report was made, in UTC.
    pub made_at: NaiveDateTime,
}

/// A report in a language.
pub fn impact(language: Language, facts: &Facts<'_>) -> Sheet {
    let say = |english: &str, welsh: &str| match language {
        Language::English => english.to_owned(),
        Language::Welsh => welsh.to_owned(),
    };
    let Facts { service, round, dates, impact, made_at } = facts;
    let made = on_date(language, made_at.date());
    let when = match (language, dates) {
        (Language::English, Some((first, last))) => {
            let (first, last) = (date(language, *first), date(language, *last));
            format!("Days from {first} to {last}. Made {made}, and never changed since.")
        }
        (Language::Welsh, Some((first, last))) => {
            let (first, last) = (on_date(language, *first), on_date(language, *last));
            format!("Dyddiau o {first} tan {last}. Lluniwyd {made}, ac ni newidiwyd hwn ers hynny.")
        }
        (Language::English, None) => format!("Made {made}, and never changed since."),
        (Language::Welsh, None) => format!("Lluniwyd {made}, ac ni newidiwyd hwn ers hynny."),
    };
    let how = say(
        "Where a table has “–”, there are fewer than five people, or the number is hidden so that nobody can work out \
         another one. Libraries of more than one sector are counted as several sectors.",
        "Lle mae “–” mewn tabl, mae llai na phum person, neu cuddiwyd y rhif fel na all neb gyfrifo un arall. Cyfrifir \
         llyfrgelloedd mewn mwy nag un sector fel sawl sector.",
    );
    let (people, hours) = (say("people", "pobl"), say("hours", "oriau"));
    let from = say("From", "O");
    let told = |table: &Published, heading: String, about: String, unit: &str, rows: &str| {
        let chart = match language {
            Language::English => format!("{heading}: a bar for each row of the table below"),
            Language::Welsh => format!("{heading}: bar ar gyfer pob rhes o’r tabl isod"),
        };
        let together = say("Together", "Cyfanswm");
        let columns = table.columns.iter().map(|name| called(language, name));
        let names = table.rows.iter().map(|name| called(language, name)).chain([together.clone()]);
        let cell = |value: &Option<f64>| value.map(|value| value.to_string());
        let rows_of = names.zip(table.values.iter().map(|row| row.iter().map(cell).collect()));
        SheetTable {
            about,
            caption: format!("{heading}, {unit}"),
            chart,
            head: std::iter::once(rows.to_owned()).chain(columns).chain([together.clone()]).collect(),
            rows: rows_of.collect(),
            bars: table.bars(),
            heading,
        }
    };
    let tables = vec![
        told(
            &impact.days,
            say("Days", "Dyddiau"),
            say(
                "Days that took place: from the sector where somebody works to the sector where they were.",
                "Dyddiau a gynhaliwyd: o’r sector lle mae rhywun yn gweithio i’r sector lle’r oeddent.",
            ),
            &people,
            &from,
        ),
        told(
            &impact.hours,
            say("Hours", "Oriau"),
            say(
                "The hours of these days: taken by the library in the row, given by the sectors in the columns.",
                "Oriau’r dyddiau hyn: cymerwyd gan y llyfrgell yn y rhes, rhoddwyd gan y sectorau yn y colofnau.",
            ),
            &hours,
            &from,
        ),
        told(
            &impact.demand,
            say("Demand", "Galw"),
            say(
                "What became of the people who could be matched, by the sector where they work.",
                "Yr hyn a ddigwyddodd i’r bobl y gellid eu paru, yn ôl y sector lle maent yn gweithio.",
            ),
            &people,
            &say("Sector", "Sector"),
        ),
        told(
            &impact.waiting,
            say("Waiting", "Aros"),
            say(
                "What became of those who had gone without a place in the rounds before, and of the others.",
                "Yr hyn a ddigwyddodd i’r rhai a fu heb le yn y rowndiau cynt, ac i’r lleill.",
            ),
            &people,
            &say("Before", "Cyn hyn"),
        ),
    ];
    Sheet {
        language,
        service: (*service).to_owned(),
        title: match language {
            Language::English => format!("What {round} came to"),
            Language::Welsh => format!("Canlyniadau {round}"),
        },
        lead: vec![when, how],
        tables,
        ideas: (say("Ideas", "Syniadau"), ideas(language, impact.ideas)),
        not_shown: say("not shown", "nis dangosir"),
        made_at: *made_at,
    }
}

/// How many ideas were brought home and tried; none: fewer than five.
fn ideas(language: Language, [brought, tried]: [Option<u64>; 2]) -> String {
    match language {
        Language::English => {
            let brought = match brought {
                None => "Fewer than five ideas were".to_owned(),
                Some(1) => "One idea was".to_owned(),
                Some(count) => format!("{count} ideas were"),
            };
            let tried = match tried {
                None => "; they were tried fewer than five times".to_owned(),
                Some(0) => String::new(),
                Some(count) => format!("; they were tried {count} times"),
            };
            format!("{brought} brought home{tried}.")
        }
        Language::Welsh => {
            let brought = match brought {
                None => "Daethpwyd â llai na phum syniad adref".to_owned(),
                Some(count) => format!("Nifer y syniadau a ddaeth adref: {count}"),
            };
            let tried = match tried {
                None => "; rhoddwyd cynnig arnynt lai na phum gwaith".to_owned(),
                Some(0) => String::new(),
                Some(count) => format!("; sawl gwaith y rhoddwyd cynnig arnynt: {count}"),
            };
            format!("{brought}{tried}.")
        }
    }
}

/// What a row or column is called.
fn called(language: Language, name: &str) -> String {
    if let Ok(known) = name.parse::<Sector>() {
        let named = sector(language, known);
        let (first, rest) = named.split_at(named.len().min(1));
        return first.to_uppercase() + rest;
    }
    let (english, welsh) = match name {
        SEVERAL => ("Several sectors", "Sawl sector"),
        "went" => ("Were there", "Yno"),
        "day_did_not_take_place" => ("Day did not take place", "Ni chynhaliwyd y diwrnod"),
        "left_out" => ("Had no place", "Heb le"),
        "not_before" => ("Had not gone without before", "Heb fod heb le o’r blaen"),
        "one_round" => ("Had gone without once", "Wedi bod heb le unwaith"),
        "more_rounds" => ("Had gone without more often", "Wedi bod heb le yn amlach"),
        other => (other, other),
    };
    match language {
        Language::English => english.to_owned(),
        Language::Welsh => welsh.to_owned(),
    }
}
