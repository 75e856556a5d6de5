//! Writes `docs/permissions.md` from `domain/permissions/` and `domain/steps.rs` and compares; `LIBRARY_SWAP_WRITE_DOCS=1`
//! stores it. What each action and role is stands in the sources as a comment and is read from there.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::fmt::{Display, Write};

use library_swap::domain::mandate::{Binding, Holder, Mandate};
use library_swap::domain::permissions::{Action, Effect, Reach, Role, TABLE};
use library_swap::domain::steps::{
    ALTERNATIVE, APPLICATION, CONSENT, PLACEMENT, REFILL, RESERVE_OFFER, ROUND, SWAP, Step,
};

const HEAD: &str = "# Permissions

Who may do what, on what, and when. Written by `tests/permissions.rs` from `src/domain/permissions/` and `src/domain/steps.rs`, which
every use case asks; do not edit it, but run `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test permissions`. Who is who, and by which
credential: [sign-in.md](sign-in.md). What each state leads to: [states.md](states.md).

**On what.** *all*: on everything of its kind. *employer*: on what belongs to an employer of the credential. *round*: on the round of
the credential and what belongs to it. *case*: on the application or placement of the link or of the chosen capacity. An empty cell:
never. What *anyone* may do everybody may do; a cell of one's own goes before it.

**What the answer is.** Whose role never may: 403 `forbidden`, and 401 `unauthenticated` for nobody known. Whose role may elsewhere: 404
`not-found`, because whether a foreign thing exists is nobody's business; lists hold what is one's own, and whoever has nothing to list
(a link, for all of a round) gets 403. Where the state does not allow it: 409 with a code of the state. A draft of a round is there for
whoever may `read_draft` in it, and what a publication brought for whoever may `read_held_mails`; until its mails have gone it is 404, or
as it was before, for everybody else.

**Scopes** of a token ([sign-in.md](sign-in.md#tokens-of-programs)) are `read` (all that reads), `write` (all that changes) or actions by
their names.

**Deputies.** A library's deputy may do in the library's visits what its contact may, once signed in or asked by a mail of their own.
Whoever answers for a party that they are not (an organiser or a library's administrator for the host) may do so by a row of their own.
Both stand in the audit with `on_behalf_of`: the role for which they acted. Whom somebody has [named as deputy](sign-in.md#deputies) may
what the other may, but for `manage_tokens`, `manage_grants`, `manage_feeds`, `manage_webhooks`, `manage_schedule_deliveries`, `name_deputy`, `choose_calendar` and `choose_mails`.
";

const SHOWN: &str = "
## What has been shown

`cargo test --test matrix` on both databases: every method of every URL of the served OpenAPI document is asked as everybody (programs of
each role, holders of links, people who have signed in, nobody known), on what is theirs and what is another employer's, round's or
case's, in a round of each state; the answer is compared with these tables. An endpoint without a row fails, and so does an action that
changes something and was never seen to leave an entry in the audit. Of a credential that is wrong: `cargo test --test api doors`.
";

const ROLES: &str = include_str!("../src/domain/permissions/mod.rs");
const ACTIONS: &str = include_str!("../src/domain/permissions/actions.rs");

/// The comment of a value of `named!`.
fn told(source: &str, name: &str) -> String {
    let value = format!(" = \"{name}\",");
    let mut comment = Vec::new();
    for line in source.lines().map(str::trim) {
        match line.strip_prefix("/// ") {
            Some(words) => comment.push(words),
            None if line.ends_with(&value) => return comment.join(" "),
            None => comment.clear(),
        }
    }
    String::new()
}

fn spaced(name: impl Display) -> String {
    name.to_string().replace('_', " ")
}

const fn short(reach: Reach) -> &'static str {
    match reach {
        Reach::Everywhere => "all",
        Reach::OwnEmployer => "employer",
        Reach::OwnRound => "round",
        Reach::OwnCase => "case",
    }
}

/// How somebody comes to a role.
fn way(role: Role) -> &'static str {
    match (Mandate::binding(role, Holder::Person), Mandate::binding(role, Holder::Program)) {
        (Some(Binding::Programme), _) => "grant, token",
        (Some(Binding::Employers), _) => "grant, token; of one employer or several",
        (Some(Binding::Round), _) => "grant, token; of one round",
        (None, Some(_)) => "token",
        (None, None) => match role {
            Role::Participant | Role::HostContact | Role::Manager => {
                "mailed link; signed in as what one is there"
            }
            Role::System => "the service's own workers and commands",
            _ => "no credential",
        },
    }
}

fn roles(text: &mut String) {
    text.push_str("\n## Roles\n\n| role | who | by |\n|---|---|---|\n");
    for role in Role::ALL {
        writeln!(text, "| {} | {} | {} |", spaced(role), told(ROLES, role.as_str()), way(*role))
            .expect("a string");
    }
}

fn cell(role: Role, action: Action) -> &'static str {
    TABLE
        .iter()
        .find(|rows| rows.role == role && rows.actions.contains(&action))
        .map_or("", |rows| short(rows.reach))
}

fn matrix(text: &mut String, title: &str, effect: Effect) {
    let heads: Vec<String> = Role::ALL.iter().map(spaced).collect();
    write!(
        text,
        "\n## {title}\n\n| action | what | {} |\n|---|---{}|\n",
        heads.join(" | "),
        "|---".repeat(heads.len())
    )
    .expect("a string");
    for action in Action::ALL.iter().filter(|action| action.effect() == effect) {
        let cells: Vec<&str> = Role::ALL.iter().map(|role| cell(*role, *action)).collect();
        let what = told(ACTIONS, action.as_str());
        writeln!(text, "| `{action}` | {what} | {} |", cells.join(" | ")).expect("a string");
    }
}

/// In which states an action does something to one kind of thing: a sentence for each deed.
fn states_of<S: Display>(found: &mut Vec<String>, action: Action, kind: &str, table: &[Step<S>]) {
    for step in table.iter().filter(|step| step.by.contains(&action)) {
        let from: Vec<String> = step.from.iter().map(|state| format!("`{state}`")).collect();
        found.push(format!("{kind} {}: *{}*", from.join(", "), spaced(step.deed)));
    }
}

fn states(text: &mut String) {
    text.push_str(
        "\n## In which states\n\nWhat an action is a part of, and the states in which it can be done; the conditions beside them are in \
         [states.md](states.md). An action that is not here asks for no state.\n\n| action | in |\n|---|---|\n",
    );
    for action in Action::ALL {
        let mut found = Vec::new();
        states_of(&mut found, *action, "round", ROUND);
        states_of(&mut found, *action, "application", APPLICATION);
        states_of(&mut found, *action, "placement", PLACEMENT);
        states_of(&mut found, *action, "consent", CONSENT);
        states_of(&mut found, *action, "offer of the host", ALTERNATIVE);
        states_of(&mut found, *action, "swap", SWAP);
        states_of(&mut found, *action, "refill", REFILL);
        states_of(&mut found, *action, "offer to a reserve", RESERVE_OFFER);
        if !found.is_empty() {
            writeln!(text, "| `{action}` | {} |", found.join("<br>")).expect("a string");
        }
    }
}

#[test]
fn the_document_is_that_of_the_tables() {
    let mut text = HEAD.to_owned();
    roles(&mut text);
    matrix(&mut text, "What reads", Effect::Reads);
    text.push_str(
        "\nReading access needs, what is known of a person, and files with people in them leaves an entry in the audit; other reading \
         does not.\n",
    );
    matrix(&mut text, "What changes something, and leaves an entry in the audit", Effect::Changes);
    matrix(&mut text, "What carries on what an entry tells already", Effect::CarriesOn);
    states(&mut text);
    text.push_str(SHOWN);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
    if std::env::var("LIBRARY_SWAP_WRITE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(path, &text).expect("docs/permissions.md is written");
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        stored == text,
        "docs/permissions.md is stale: run `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test permissions` and look at what \
         changed"
    );
}

#[test]
fn every_role_and_action_is_told() {
    for role in Role::ALL {
        assert!(!told(ROLES, role.as_str()).is_empty(), "{role}");
    }
    for action in Action::ALL {
        assert!(!told(ACTIONS, action.as_str()).is_empty(), "{action}");
    }
}
