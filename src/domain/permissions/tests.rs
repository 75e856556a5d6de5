//! The table against itself, and what reach and scopes do with it.

use uuid::Uuid;

use super::*;
use crate::domain::ids::{ApplicationId, EmployerId, RoundId};

fn employer(n: u128) -> EmployerId {
    EmployerId::new(Uuid::from_u128(n))
}

#[test]
fn no_pair_of_role_and_action_stands_twice() {
    let rows: Vec<_> = table().map(|(role, action, _)| (role, action)).collect();
    for (n, row) in rows.iter().enumerate() {
        assert!(!rows[..n].contains(row), "{row:?}");
    }
}

#[test]
fn every_action_can_be_done_by_somebody_and_every_role_can_do_something() {
    for action in Action::ALL {
        assert!(table().any(|(_, what, _)| what == *action), "{action}");
    }
    for role in Role::ALL {
        assert!(table().any(|(who, _, _)| who == *role), "{role}");
    }
}

#[test]
fn what_anyone_may_do_everybody_may_do() {
    for (_, action, _) in table().filter(|(role, _, _)| *role == Role::Anyone) {
        for role in Role::ALL {
            assert!(reach_of(*role, action).is_some(), "{role}: {action}");
        }
    }
    // The staff of its employer is what its own row says.
    assert_eq!(reach_of(Role::LibraryAdministrator, Action::SignUp), Some(Reach::OwnEmployer));
}

#[test]
fn an_auditor_changes_nothing() {
    for (_, action, _) in table().filter(|(role, _, _)| *role == Role::Auditor) {
        assert_eq!(action.effect(), Effect::Reads, "{action}");
    }
}

#[test]
fn an_organiser_of_a_round_may_nothing_that_an_organiser_may_not() {
    for (_, action, _) in table().filter(|(role, _, _)| *role == Role::RoundOrganiser) {
        assert_eq!(reach_of(Role::Organiser, action), Some(Reach::Everywhere), "{action}");
    }
}

#[test]
fn hr_exports_its_own_employers_only() {
    let hr = Actor { employers: vec![employer(1), employer(2)], ..Actor::named("token:x", Role::Hr) };
    for own in [1, 2] {
        assert!(hr.may(Action::ExportSchedule, &Subject::of_employers(&[employer(own)])).is_ok());
    }
    let denied = hr.may(Action::ExportSchedule, &Subject::of_employers(&[employer(3)])).expect_err("denied");
    assert_eq!(denied.why, Why::Foreign);
    assert!(hr.may(Action::ExportSchedule, &Subject::installation()).is_err());
}

#[test]
fn an_organiser_of_a_round_reaches_that_round_only() {
    let round = |n| RoundId::new(Uuid::from_u128(n));
    let actor = Actor { round: Some(round(1)), ..Actor::named("token:x", Role::RoundOrganiser) };
    assert!(actor.may(Action::Publish, &Subject::of_round(round(1))).is_ok());
    for foreign in [Subject::of_round(round(2)), Subject::installation()] {
        assert_eq!(actor.may(Action::Publish, &foreign).expect_err("denied").why, Why::Foreign);
    }
    let unbound = Actor::named("token:x", Role::RoundOrganiser);
    assert!(unbound.may(Action::Publish, &Subject::installation()).is_err());
}

#[test]
fn a_link_reaches_its_own_case_only() {
    let own = ApplicationId::new(Uuid::from_u128(1));
    let person = Actor { application: Some(own), ..Actor::named("link:x", Role::Participant) };
    let on = |id| Subject { application: Some(id), ..Subject::default() };
    assert!(person.may(Action::WithdrawApplication, &on(own)).is_ok());
    assert!(person.may(Action::WithdrawApplication, &on(ApplicationId::new(Uuid::from_u128(2)))).is_err());
    assert!(person.may(Action::WithdrawApplication, &Subject::installation()).is_err());
}

#[test]
fn scopes_narrow_a_role_and_never_widen_it() {
    let with = |scopes| Actor { scopes: Scopes::Only(scopes), ..Actor::named("token:x", Role::Organiser) };
    let reader = with(vec![Scope::Read]);
    let one = with(vec![Scope::One(Action::Publish), Scope::One(Action::SendMail)]);
    for action in Action::ALL {
        let reads = action.effect() == Effect::Reads && reach_of(Role::Organiser, *action).is_some();
        assert_eq!(reader.reach(*action).is_ok(), reads, "{action}");
        assert_eq!(one.reach(*action).is_ok(), *action == Action::Publish, "{action}");
        assert!(with(vec![]).reach(*action).is_err(), "{action}");
        let both = with(vec![Scope::Read, Scope::Write]).reach(*action).is_ok();
        assert_eq!(both, reach_of(Role::Organiser, *action).is_some(), "{action}");
    }
    let denied = reader.reach(Action::Publish).expect_err("denied");
    assert_eq!(denied.to_string(), "the scopes of this credential leave out to publish");
}

#[test]
fn a_scope_is_read_as_it_is_written() {
    for scope in [Scope::Read, Scope::Write, Scope::One(Action::ExportSchedule)] {
        assert_eq!(scope.to_string().parse::<Scope>().expect("a scope"), scope);
    }
    assert!("everything".parse::<Scope>().is_err());
}
