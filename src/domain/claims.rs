//! What the claims of an identity provider let somebody do here: rules of the configuration, each from one value of a
//! claim to a mandate. Whoever meets none of them may do nothing.

use serde_json::Value;

use super::mandate::Mandate;

/// What one value of a claim brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRule {
    /// The claim's name, or a JSON pointer (RFC 6901) to one within another: `/realm_access/roles`.
    pub claim: String,
    /// The text that it must be, or that must be in its list.
    pub value: String,
    /// As what its holder may act.
    pub mandate: Mandate,
}

impl ClaimRule {
    fn is_met_by(&self, claims: &Value) -> bool {
        // Some providers let people write any address; only one that the provider has proven says who somebody is.
        if self.claim == "email" && claims["email_verified"] != true {
            return false;
        }
        let is_meant = |value: &Value| value.as_str() == Some(self.value.as_str());
        let found =
            if self.claim.starts_with('/') { claims.pointer(&self.claim) } else { claims.get(&self.claim) };
        match found {
            Some(Value::Array(values)) => values.iter().any(is_meant),
            Some(value) => is_meant(value),
            None => false,
        }
    }
}

/// What the rules that claims meet let their holder do, in the order of the rules. Rules of one role that is bound to
/// employers make one mandate of all of them.
pub fn mandates_of(rules: &[ClaimRule], claims: &Value) -> Vec<Mandate> {
    let mut mandates: Vec<Mandate> = Vec::new();
    for ClaimRule { mandate, .. } in rules.iter().filter(|rule| rule.is_met_by(claims)) {
        let same = |known: &&mut Mandate| known.role == mandate.role && known.round == mandate.round;
        match mandates.iter_mut().find(same) {
            Some(known) => {
                let new = mandate.employers.iter().filter(|employer| !known.employers.contains(employer));
                let new: Vec<_> = new.copied().collect();
                known.employers.extend(new);
            }
            None => mandates.push(mandate.clone()),
        }
    }
    mandates
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{EmployerId, RoundId};
    use crate::domain::permissions::Role;

    fn mandate(role: Role, employers: &[u128], round: Option<u128>) -> Mandate {
        Mandate {
            role,
            employers: employers.iter().map(|n| EmployerId::new(Uuid::from_u128(*n))).collect(),
            round: round.map(|n| RoundId::new(Uuid::from_u128(n))),
        }
    }

    fn rule(claim: &str, value: &str, mandate: Mandate) -> ClaimRule {
        ClaimRule { claim: claim.to_owned(), value: value.to_owned(), mandate }
    }

    #[test]
    fn a_claim_is_a_text_or_a_list_at_its_name_or_within_another() {
        let rules = [
            rule("department", "people", mandate(Role::Hr, &[1], None)),
            rule("groups", "organisers", mandate(Role::Organiser, &[], None)),
            rule("/realm_access/roles", "audit", mandate(Role::Auditor, &[], None)),
            rule("https://council.example/role", "ops", mandate(Role::Operator, &[], None)),
        ];
        let roles = |claims: Value| -> Vec<Role> {
            mandates_of(&rules, &claims).into_iter().map(|mandate| mandate.role).collect()
        };
        assert_eq!(roles(json!({ "department": "people" })), [Role::Hr]);
        assert_eq!(roles(json!({ "groups": ["all", "organisers"] })), [Role::Organiser]);
        assert_eq!(roles(json!({ "realm_access": { "roles": ["audit"] } })), [Role::Auditor]);
        assert_eq!(roles(json!({ "https://council.example/role": "ops" })), [Role::Operator]);
        for nothing in [
            json!({}),
            json!({ "groups": "organisers and others" }),
            json!({ "groups": [["organisers"]] }),
            json!({ "department": { "people": true } }),
            json!({ "department": null }),
        ] {
            assert_eq!(roles(nothing.clone()), [], "{nothing}");
        }
    }

    #[test]
    fn employers_of_one_role_come_together_and_rounds_do_not() {
        let rules = [
            rule("groups", "a", mandate(Role::Hr, &[1, 2], None)),
            rule("groups", "b", mandate(Role::Hr, &[2, 3], None)),
            rule("groups", "b", mandate(Role::RoundOrganiser, &[], Some(7))),
            rule("groups", "a", mandate(Role::RoundOrganiser, &[], Some(8))),
        ];
        let all = mandates_of(&rules, &json!({ "groups": ["a", "b"] }));
        assert_eq!(
            all,
            [
                mandate(Role::Hr, &[1, 2, 3], None),
                mandate(Role::RoundOrganiser, &[], Some(7)),
                mandate(Role::RoundOrganiser, &[], Some(8)),
            ]
        );
    }

    #[test]
    fn an_address_counts_only_where_the_provider_has_proven_it() {
        let rules = [rule("email", "ann@council.example", mandate(Role::Organiser, &[], None))];
        let met = |claims: Value| mandates_of(&rules, &claims).len();
        assert_eq!(met(json!({ "email": "ann@council.example", "email_verified": true })), 1);
        assert_eq!(met(json!({ "email": "ann@council.example", "email_verified": false })), 0);
        assert_eq!(met(json!({ "email": "ann@council.example" })), 0);
    }
}
