//! Nothing is missing in a language, nothing is unused, and each tells the same facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use library_swap::domain::idea::Words;
use library_swap::domain::language::Language;
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::packs::PackField;
use library_swap::domain::sector::Sector;
use library_swap::domain::told::{DayAt, Told};
use library_swap::mail::TEMPLATES;
use library_swap::words::{date, sector, times, told};

use super::{every_sample, heard, html, parsed, plain, rendered, words};

fn source(language: Language, name: &str) -> String {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "src/mail/templates", language.as_str()].iter().collect();
    let path = path.join(format!("{name}.jinja"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!text.trim().is_empty(), "{}", path.display());
    text
}

/// What stands between two marks, at every place.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let rest = text.split(begin).skip(1);
    rest.map(|piece| piece.split(end).next().unwrap_or_default().trim()).collect()
}

/// The facts that a template asks for: `letter.visit.date`, `visit.place`.
fn facts(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let names =
        text.split(|c: char| !is_part(c)).filter(|name| !name.starts_with('.') && !name.ends_with('.'));
    let of = ["letter.", "visit.", "entry.", "change.", "news."];
    names.filter(|name| of.iter().any(|begin| name.starts_with(begin))).collect()
}

fn macros(text: &str) -> BTreeSet<&str> {
    between(text, "{% macro ", "(").into_iter().collect()
}

#[test]
fn every_template_block_and_phrase_is_there_in_each_language_and_asks_for_the_same_facts() {
    let kinds: BTreeSet<&str> = NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let names: BTreeSet<&str> = TEMPLATES.iter().copied().collect();
    assert_eq!(&names - &kinds, ["packs", "phrases"].into_iter().collect());
    assert!(kinds.is_subset(&names));
    for language in Language::ALL {
        for name in TEMPLATES {
            let (text, english) = (source(*language, name), source(Language::English, name));
            assert_eq!(facts(&text), facts(&english), "{language}/{name}");
            assert_eq!(macros(&text), macros(&english), "{language}/{name}");
            let blocks = between(&text, "{% block ", "%}");
            let wanted: &[&str] = if kinds.contains(name) { &["subject", "heading", "body"] } else { &[] };
            assert_eq!(blocks, wanted, "{language}/{name}");
            let marks = |text: &str, mark: &str| text.matches(mark).count();
            for mark in ["{{ fact(", "{{ page(", "{% call facts()", "{% if ", "{% elif "] {
                assert_eq!(marks(&text, mark), marks(&english, mark), "{language}/{name}: {mark}");
            }
        }
        let labels = between(&source(*language, "packs"), "\n  ", "\n").join(" ");
        for field in PackField::ALL {
            assert!(labels.contains(&format!("\"{field}\":")), "{language}: {field}");
        }
    }
}

#[test]
fn no_template_no_phrase_and_no_file_is_unused() {
    for language in Language::ALL {
        let all: String = TEMPLATES.iter().map(|name| source(*language, name)).collect();
        for name in macros(&source(*language, "phrases")) {
            assert!(all.matches(&format!("{name}(")).count() > 1, "{language}: nobody uses `{name}`");
        }
        for name in TEMPLATES {
            let text = source(*language, name);
            for import in between(&text, " import ", "%}").iter().flat_map(|names| names.split(", ")) {
                let uses = [format!("{import}("), format!("{import}[")];
                assert!(
                    uses.iter().any(|used| text.contains(used)),
                    "{language}/{name} does not use `{import}`"
                );
            }
        }
        let folder: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "src/mail/templates", language.as_str()].iter().collect();
        assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), TEMPLATES.len(), "{language}");
    }
}

/// What the recipient must find in a letter, in both texts.
fn must_tell(letter: &Letter) -> Vec<String> {
    let language = letter.language;
    let mut facts = vec![letter.round_name.clone(), letter.service_name.clone(), letter.public_url.clone()];
    facts.extend(letter.link.clone());
    facts.extend(letter.reason.as_ref().map(|reason| told(language, reason)));
    facts.extend(letter.change.as_ref().map(|change| told(language, change)));
    facts.extend(letter.introduction.clone());
    facts.extend(letter.to_name.clone());
    facts.extend(letter.answer_until.map(|until| date(language, until)));
    for visit in letter.visit.iter().chain(letter.swap.iter().map(|swap| &swap.place)) {
        facts.extend([date(language, visit.date), visit.host_library.clone()]);
        facts.push(times(language, visit.date, (visit.starts, visit.ends), visit.time_zone));
        facts.extend(visit.host_address.clone());
        facts.extend(visit.host_contact_name.clone());
        facts.extend(visit.host_contact_address.clone());
        facts.extend(visit.host_telephone.clone());
        facts.extend(visit.deputy_telephone.clone());
        facts.extend(visit.former_date.map(|former| date(language, former)));
        let former = visit.former_times;
        facts.extend(
            former.map(|former| {
                times(language, visit.former_date.unwrap_or(visit.date), former, visit.time_zone)
            }),
        );
    }
    if let Some(offer) = &letter.offer {
        facts.push(date(language, offer.date));
        facts.extend(offer.words.clone());
    }
    if let Some(swap) = &letter.swap {
        facts.extend(
            [swap.asked_by.clone(), swap.role_title.clone(), swap.objectives.clone()].into_iter().flatten(),
        );
    }
    if letter.party != library_swap::domain::party::Party::Participant && letter.visit.is_some() {
        facts.extend(letter.participant_name.clone());
        let tells_all = letter.kind != NoticeKind::SwapRequest
            || letter.swap.as_ref().is_some_and(|swap| swap.role_title.is_none());
        if tells_all {
            facts.extend(letter.participant_address.clone());
            facts.extend(letter.role_title.clone());
            facts.extend(letter.objectives.clone());
            facts.extend(letter.home_library.clone());
        }
    }
    if let Some(pack) = &letter.pack {
        let of_a_change = pack.changes.iter().flat_map(|change| [change.from.clone(), change.to.clone()]);
        facts.extend(of_a_change.flatten());
        if letter.kind == NoticeKind::JoiningPack {
            let values = pack.pack.0.iter().filter(|(field, _)| **field != PackField::AccessConfirmed);
            facts.extend(values.map(|(_, value)| words(value)));
        }
        if letter.kind == NoticeKind::PackChanged {
            facts.extend(pack.pack.get(PackField::ContactTelephone).map(str::to_owned));
        }
    }
    facts
}

#[test]
fn every_sample_tells_the_same_in_plain_text_and_in_html_in_each_language() {
    let mut seen = 0;
    for sample in every_sample() {
        let letter = &sample.letter;
        let which = format!("{} {} to {}, {}", letter.language, letter.kind, letter.party, sample.what);
        let mail = rendered(letter);
        let message = parsed(&mail);
        let (plain, heard) = (plain(&message), heard(&html(&message)));
        for line in plain.lines().filter(|line| !line.is_empty() && *line != "-- ") {
            // A button's label has a colon only where the link follows in words.
            let line = line.strip_suffix(':').unwrap_or(line);
            assert!(heard.contains(&words(line)), "{which}: {line:?} is not in {heard}");
        }
        let flat = words(&plain);
        let rest = heard.replace(['“', '”'], "");
        for word in rest.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)) {
            assert!(flat.contains(word), "{which}: {word:?} is in the HTML only");
        }
        for fact in must_tell(letter) {
            assert!(flat.contains(&fact), "{which}: {fact:?} is not in {plain}");
            assert!(heard.contains(&fact), "{which}: {fact:?} is not in {heard}");
        }
        for wrong in
            ["none", "undefined", "{{", "{%", "<p", "&lt;", "&#", "&amp;", "  ", " ,", " .", "()", ",,"]
        {
            assert!(!flat.contains(wrong), "{which}: {wrong:?} in {plain}");
            assert!(!heard.contains(wrong), "{which}: {wrong:?} in {heard}");
        }
        // The subject begins with the state, which its language writes in few words.
        let state = mail.subject.split([':', '?']).next().unwrap_or_default();
        assert!(state.len() < mail.subject.len() && state.chars().count() <= 45, "{which}: {}", mail.subject);
        assert!(state.chars().next().is_some_and(char::is_uppercase), "{which}: {}", mail.subject);
        seen += 1;
    }
    assert!(seen > 120, "{seen} samples");
}

#[test]
fn no_english_word_stands_in_a_welsh_mail() {
    let english: Vec<String> = ["January", "February", "March", "April", "May", "June", "July", "August"]
        .into_iter()
        .chain(["September", "October", "November", "December", "Monday", "Tuesday", "Wednesday"])
        .chain([
            "Thursday", "Friday", "Saturday", "Sunday", "the", "and", "your", "you", "is", "with", "please",
        ])
        .chain(["day", "time", "library", "answer", "by", "this", "will", "not", "yes", "visitor", "sector."])
        .map(str::to_owned)
        .collect();
    let mut seen = 0;
    for mut letter in
        every_sample().map(|sample| sample.letter).filter(|letter| letter.language == Language::Welsh)
    {
        // What people have written, and names, stay as they are.
        for text in [&mut letter.role_title, &mut letter.objectives, &mut letter.home_library] {
            *text = text.as_ref().map(|_| "…".to_owned());
        }
        if let Some(swap) = &mut letter.swap {
            (swap.role_title, swap.objectives) = (None, None);
        }
        if let Some(offer) = &mut letter.offer {
            offer.words = None;
        }
        if let Some(question) = &mut letter.question {
            let own: Words = "Pwy sy’n llenwi’r troli?".parse().expect("words");
            (question.idea, question.words) = (own.clone(), own);
        }
        if let Some(pack) = &mut letter.pack {
            pack.pack
                .0
                .retain(|field, _| matches!(field, PackField::ContactTelephone | PackField::AccessConfirmed));
            pack.changes.clear();
        }
        if matches!(letter.reason, Some(Told::Own { .. })) {
            letter.reason = None;
        }
        let mail = rendered(&letter);
        let message = parsed(&mail);
        let text = format!("{}\n{}", mail.subject, plain(&message));
        let text = text.replace("The Hive, Worcester", "").replace("Sawmill Walk, The Butts, Worcester", "");
        let written = text.split_whitespace().filter(|word| !word.contains(['@', '/']));
        for word in written.flat_map(|word| word.split(|c: char| !c.is_alphanumeric())) {
            assert!(!english.iter().any(|known| known == word), "{}: {word:?} in {text}", letter.kind);
        }
        if let Some(invitation) = &letter.invitation {
            let told = format!("{} {}", invitation.summary, invitation.description);
            assert!(told.contains("Cyfnewid llyfrgelloedd") && !told.contains("exchange:"), "{told}");
        }
        seen += 1;
    }
    assert!(seen > 60, "{seen} letters");
}

/// Every sentence once: the compiler asks for the new ones.
fn sentences() -> Vec<Told> {
    let day = || DayAt { host: "The Lab".to_owned(), date: "2027-03-08".parse().expect("a date") };
    let on = || "2027-03-08".parse().expect("a date");
    let mut all = vec![
        Told::TakesPlaceOf { day: day(), why: Box::new(Told::HostCloses) },
        Told::WasToTakePlaceOf { day: day(), why: Some(Box::new(Told::HostRefused)) },
        Told::YouExchanged { day: day() },
        Told::ColleagueExchanged { day: day() },
        Told::SwapImpossible { by: "Ann Asker".to_owned() },
        Told::HadYouGone { km: 31.5 },
        Told::HadYouBeenFree { date: on() },
        Told::HadAssuranceLasted { until: on() },
        Told::HadYouNotAvoided { library: "The Lab".to_owned() },
    ];
    let plain =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/told.rs")).expect("told.rs");
    for line in plain.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(',')) {
        if line.chars().next().is_some_and(char::is_uppercase) && line.chars().all(char::is_alphanumeric) {
            let code: String = line
                .char_indices()
                .flat_map(|(n, c)| {
                    let gap = (n > 0 && c.is_uppercase()).then_some('_');
                    gap.into_iter().chain(c.to_lowercase())
                })
                .collect();
            let json = format!("{{\"says\":\"{code}\"}}");
            all.push(serde_json::from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}")));
        }
    }
    all
}

#[test]
fn every_sentence_is_said_differently_in_each_language_and_comes_back_from_json() {
    let all = sentences();
    assert!(all.len() > 50, "{}", all.len());
    let mut said: BTreeMap<String, &Told> = BTreeMap::new();
    for sentence in &all {
        let json = serde_json::to_string(sentence).expect("JSON");
        assert_eq!(serde_json::from_str::<Told>(&json).expect("a sentence"), *sentence);
        for language in Language::ALL {
            let words = told(*language, sentence);
            assert!(words.ends_with('.') && !words.contains("  "), "{words:?}");
            assert!(words.chars().next().is_some_and(char::is_uppercase), "{words:?}");
            assert!(said.insert(words.clone(), sentence).is_none(), "{words:?} is said twice");
        }
    }
    let own = Told::own("Wedi canslo / off");
    assert!(Language::ALL.iter().all(|language| told(*language, &own) == "Wedi canslo / off"));
}

#[test]
fn numbers_choose_the_form_of_the_word() {
    let release = |language, dates: usize| {
        let sample = library_swap::mail::samples(NoticeKind::ReleaseRequest, language).remove(0).letter;
        let day = sample.dates[0];
        rendered(&Letter { dates: vec![day; dates], ..sample }).subject
    };
    for (n, english, welsh) in [
        (1, "Monday 1 March 2027", "dydd Llun 1 Mawrth 2027"),
        (2, "one of 2 dates", "un o 2 ddyddiad"),
        (3, "one of 3 dates", "un o 3 dyddiad"),
        (6, "one of 6 dates", "un o 6 dyddiad"),
        (11, "one of 11 dates", "un o 11 dyddiad"),
    ] {
        assert_eq!(
            release(Language::English, n),
            format!("Release asked: Siân Ŵyn, {english}, Spring round 2027")
        );
        assert_eq!(
            release(Language::Welsh, n),
            format!("Cais am ryddhau: Siân Ŵyn, {welsh}, Spring round 2027")
        );
    }
}

#[test]
fn sectors_are_called_by_their_names_and_strung_together_as_the_language_does() {
    for name in Sector::ALL {
        assert_ne!(sector(Language::Welsh, *name), name.as_str());
    }
    let who = |language, sectors: &[&str]| {
        let sample = library_swap::mail::samples(NoticeKind::DeputyRequest, language).remove(0).letter;
        let letter = Letter {
            participant_name: None,
            home_sectors: sectors.iter().map(|name| (*name).to_owned()).collect(),
            ..sample
        };
        plain(&parsed(&rendered(&letter)))
    };
    let welsh = |sectors: &[&str], words: &str| {
        let text = who(Language::Welsh, sectors);
        assert!(text.contains(words), "{words:?} is not in {text}");
    };
    welsh(&["public", "academic"], "cydweithiwr o'r sectorau cyhoeddus ac academaidd");
    welsh(&["school", "public"], "cydweithiwr o'r sectorau ysgolion a chyhoeddus");
    welsh(&["specialist"], "cydweithiwr o'r sector arbenigol");
    welsh(&[], "cydweithiwr o lyfrgell arall");
    assert!(who(Language::English, &["public"]).contains("a colleague of the public sector"));
    assert!(
        who(Language::English, &["public", "school"])
            .contains("a colleague of the public and school sectors")
    );
}
