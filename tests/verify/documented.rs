//! The example of `docs/files.md` is read and proved as it stands there.

use library_swap::files::{AuditFile, Round, Schedule};
use library_swap::verify::{Subject, verify};

/// The JSON blocks of the document that are whole files of this format.
fn examples(format: &str) -> Vec<String> {
    let text = include_str!("../../docs/files.md");
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let whole = blocks.filter(|(block, _)| block.contains(&format!("\"format\": \"{format}\"")));
    whole.map(|(block, _)| block.to_owned()).collect()
}

#[test]
fn the_example_of_the_documentation_is_proved_by_the_round_and_by_the_audit_file() {
    let [round] = &examples("library-swap/round")[..] else { panic!("one round") };
    let [audit] = &examples("library-swap/audit")[..] else { panic!("one audit file") };
    let schedules = examples("library-swap/schedule");
    let [schedule, public] = &schedules[..] else { panic!("two schedules, one by pseudonyms") };
    let round = Round::read(round.as_bytes()).expect("a round");
    let schedule = Schedule::read(schedule.as_bytes()).expect("a schedule");
    let report = verify(&Subject::Round(&round), &schedule);
    assert!(report.is_clean(), "{:#?}", report.breaches);
    assert_eq!(report.verdict.to_string(), "optimal, proved by prices");
    let audit = AuditFile::read(audit.as_bytes()).expect("an audit file");
    let public = Schedule::read(public.as_bytes()).expect("a schedule");
    let report = verify(&Subject::Audit(&audit), &public);
    assert!(report.is_clean(), "{:#?}", report.breaches);
}

#[test]
fn the_documentation_names_every_code_of_a_breach_and_the_canonical_form() {
    let text = include_str!("../../docs/files.md");
    for code in library_swap::verify::Code::all() {
        assert!(text.contains(&format!("`{code}`")), "{code} is not told");
    }
    let [round] = &examples("library-swap/round")[..] else { panic!("one round") };
    let round = Round::read(round.as_bytes()).expect("a round");
    assert!(text.contains(&round.sha256()), "the hash stands there: {}", round.sha256());
    assert!(text.contains(&round.canonical()), "the canonical form stands there: {}", round.canonical());
}
