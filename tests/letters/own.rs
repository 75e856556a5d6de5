//! Templates of an administrator's own: taken where they are right, refused by name where they are not; and the command
//! that shows them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use library_swap::domain::language::Language;
use library_swap::domain::letter::NoticeKind;
use library_swap::domain::party::Party;
use library_swap::mail::{TEMPLATES, read_own, render, texts, write_built_in};

use super::{letter, sender};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

const GOOD: &str = "{% from \"shape\" import para %}{% from \"en/phrases\" import page, closing %}\
{% block subject %}Taken back: {{ letter.round }}{% endblock %}{% block heading %}Once more{% endblock %}\
{% block body %}{% call para() %}We match {{ letter.round }} again.{% endcall %}\
{% if letter.link %}{{ page(\"See\", letter.link) }}{% endif %}{{ closing(letter) }}{% endblock %}";

#[test]
fn a_template_of_one_s_own_takes_the_place_of_the_built_in_one_and_of_no_other() {
    let folder = folder_with(&[("en/matched_again.jinja", GOOD), (".git/config", "x"), ("en/.swp", "x")]);
    let own = read_own(folder.path()).expect("good templates");
    assert_eq!(own.names().collect::<Vec<_>>(), ["en/matched_again"]);
    let again = letter(NoticeKind::MatchedAgain, Party::Participant);
    assert_eq!(texts(&again, &own).expect("texts").subject, "Taken back: Spring round 2027");
    assert!(texts(&again, &own).expect("texts").html.contains("<p style=\"margin:0 0 16px\">We match"));
    let other = letter(NoticeKind::Proposal, Party::Participant);
    let built_in = library_swap::domain::templates::OwnTemplates::default();
    let bytes = |own| render(&other, &sender(), own).expect("rendered").message;
    assert_eq!(bytes(&own), bytes(&built_in));
    // Phrases can be replaced as well, and reach every mail of the language.
    let phrases =
        include_str!("../../src/mail/templates/en/phrases.jinja").replace("With best wishes,", "Yours,");
    let folder = folder_with(&[("en/phrases.jinja", &phrases)]);
    let own = read_own(folder.path()).expect("good phrases");
    assert!(texts(&other, &own).expect("texts").plain.contains("\nYours,\n"));
    let welsh = library_swap::mail::samples(NoticeKind::Proposal, Language::Welsh).remove(0).letter;
    assert!(texts(&welsh, &own).expect("texts").plain.contains("Gyda dymuniadau gorau,"));
}

#[test]
fn what_is_wrong_with_a_template_is_told_with_its_file_line_letter_and_fact() {
    let faults = |files: &[(&str, &str)]| {
        let folder = folder_with(files);
        let faults = read_own(folder.path()).expect_err("faults").join("\n");
        faults.replace(&format!("{}/", folder.path().display()), "")
    };
    let has = |files: &[(&str, &str)], words: &[&str]| {
        let told = faults(files);
        for word in words {
            assert!(told.contains(word), "{word:?} is not in {told}");
        }
    };
    has(
        &[("en/propsal.jinja", GOOD)],
        &["en/propsal.jinja: no mail has a template of this name", "maybe `proposal.jinja`"],
    );
    has(&[("en/proposal.html", GOOD)], &["en/proposal.html: no mail has", "maybe `proposal.jinja`"]);
    has(&[("welsh/proposal.jinja", GOOD)], &["welsh: is no folder of a language, like en or cy"]);
    has(&[("proposal.jinja", GOOD)], &["proposal.jinja: is no folder of a language"]);
    has(
        &[("en/matched_again.jinja", "{% block subject %}\n{% if %}x{% endif %}{% endblock %}")],
        &["en/matched_again.jinja, line 2: syntax error"],
    );
    has(
        &[("en/matched_again.jinja", "{% block subject %}x{% endblock %}")],
        &["en/matched_again.jinja: lacks {% block heading %} and {% block body %}"],
    );
    let wrong = GOOD.replace("We match {{ letter.round }}", "\nWe match {{ letter.ruond }}");
    has(
        &[("en/matched_again.jinja", &wrong)],
        &[
            "en/matched_again.jinja, line 2: undefined value",
            "letter.ruond",
            "`matched_again` to the participant, as usual",
        ],
    );
    let lacking = GOOD.replace("We match {{ letter.round }}", "Dear {{ letter.to_name }}, we match");
    has(
        &[("en/matched_again.jinja", &lacking)],
        &["letter.to_name", "a fact that this notice tells is missing", "with the least that can be known"],
    );
    has(&[("en/phrases.jinja", "{% macro greeting(letter) %}Hi{% endmacro %}")], &["sample `"]);
    // All at once.
    let told = faults(&[("en/propsal.jinja", "x"), ("cy/ofer.jinja", "x"), ("fr/offer.jinja", "x")]);
    assert_eq!(told.lines().count(), 3, "{told}");
    let gone = read_own(Path::new("/nowhere/at/all")).expect_err("no folder");
    assert!(gone[0].starts_with("/nowhere/at/all: cannot be listed"), "{gone:?}");
}

#[test]
fn the_built_in_templates_are_good_as_one_s_own_and_are_not_written_over() {
    let folder = folder_with(&[("en/matched_again.jinja", GOOD)]);
    let written = write_built_in(folder.path()).expect("written");
    assert_eq!(written, Language::ALL.len() * TEMPLATES.len() - 1);
    assert_eq!(write_built_in(folder.path()).expect("written"), 0);
    assert_eq!(fs::read_to_string(folder.path().join("en/matched_again.jinja")).expect("a file"), GOOD);
    let own = read_own(folder.path()).expect("good templates");
    assert_eq!(own.names().count(), Language::ALL.len() * TEMPLATES.len());
}

fn run(folder: &Path, templates: Option<&Path>, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
    command.current_dir(folder).args(words).env_remove("LIBRARY_SWAP_CONFIG");
    if let Some(templates) = templates {
        command.env("LIBRARY_SWAP__MAIL__TEMPLATES", templates);
    }
    command.output().expect("the command runs")
}

#[test]
fn the_command_shows_a_mail_in_any_language_form_and_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let show = |words: &[&str]| {
        let output = run(folder.path(), None, &[&["mail", "preview"], words].concat());
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(
        show(&["proposal"]).starts_with("Proposed: a day at The Hive, Worcester, Monday 1 March 2027\n\n")
    );
    assert!(
        show(&["proposal", "--lang", "cy"])
            .starts_with("Cynigiwyd: diwrnod yn The Hive, Worcester, dydd Llun")
    );
    assert!(show(&["confirmed", "--party", "manager"]).contains("spends this day at another library"));
    assert!(show(&["changed", "--sample", "2", "--text"]).contains("Another day"));
    assert!(show(&["ill", "--lang", "cy", "--html"]).contains("<html lang=\"cy\""));
    let message = show(&["cancelled", "--eml"]);
    assert!(
        message.contains("text/calendar; charset=utf-8; method=CANCEL")
            && message.contains("Content-Language: en")
    );
    let path = folder.path().join("mail.eml");
    assert_eq!(show(&["cancelled", "--eml", "--out", path.to_str().expect("a path")]), "");
    assert_eq!(fs::read_to_string(path).expect("a file"), message, "the same letter gives the same bytes");
    for (words, told) in [
        (&["propsal"][..], "maybe `proposal`"),
        (&["proposal", "--lang", "welsh"], "must be one of en, cy"),
        (&["unplaced", "--party", "host"], "the host gets no `unplaced`: --party must be participant"),
        (&["offer", "--sample", "9"], "there is no sample 9: --sample must be 1 to 2"),
        (&["offer", "--html", "--eml"], "cannot be used with"),
    ] {
        let output = run(folder.path(), None, &[&["mail", "preview"], words].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(told), "{words:?}: {error}");
    }
}

#[test]
fn the_command_and_the_doctor_use_and_check_the_configured_templates() {
    let place = tempfile::tempdir().expect("a folder");
    let good = folder_with(&[("en/matched_again.jinja", GOOD)]);
    let output = run(place.path(), Some(good.path()), &["mail", "preview", "matched_again"]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("Taken back: Spring round 2027"));
    let doctor = run(place.path(), Some(good.path()), &["doctor", "--quiet"]);
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(told.contains("ok      templates: your own: en/matched_again"), "{told}");
    assert!(told.contains("Welsh (cy, not yet reviewed by a native reader)"), "{told}");
    let bad = folder_with(&[("en/propsal.jinja", GOOD)]);
    for words in [&["mail", "preview", "proposal"][..], &["doctor", "--quiet"], &["serve"]] {
        let output = run(place.path(), Some(bad.path()), words);
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(!output.status.success() && told.contains("maybe `proposal.jinja`"), "{words:?}: {told}");
    }
    let out = place.path().join("templates");
    let output = run(place.path(), None, &["mail", "templates", "--out", out.to_str().expect("a path")]);
    assert!(output.status.success() && out.join("cy/proposal.jinja").exists(), "{output:?}");
}
