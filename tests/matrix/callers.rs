//! Everybody who can ask: programs by tokens, people by the links of their mails and signed in, and nobody known.

use library_swap::domain::ids::{ApplicationId, EmployerId, PlacementId, RoundId};
use library_swap::domain::permissions::{Actor, Role};
use serde_json::json;

use crate::programme::World;
use crate::support::{Client, Reply};

/// Somebody who asks.
pub struct Caller {
    /// For messages.
    pub name: String,
    /// As the table knows them.
    pub actor: Actor,
    /// Which library's employer they act for, where they act for one.
    pub library: Option<&'static str>,
    /// The capacity that they have chosen.
    pub capacity: Option<String>,
    client: Client,
    cookie: Option<String>,
}

impl Caller {
    /// Nobody known.
    pub fn anyone(world: &World<'_>) -> Self {
        let client = world.service.anyone();
        Self {
            name: "anyone".to_owned(),
            actor: Actor::anyone(),
            library: None,
            capacity: None,
            client,
            cookie: None,
        }
    }

    /// A program with a token of a role that is bound to nothing.
    pub fn token(world: &World<'_>, role: Role) -> Self {
        Self::by(
            world,
            Actor::named("token", role),
            None,
            role.to_string(),
            &json!({ "role": role.as_str() }),
        )
    }

    /// A program of a library's employer.
    pub fn of_employer(world: &World<'_>, role: Role, library: &'static str) -> Self {
        let employer = &world.employers[library];
        let employers: Vec<EmployerId> = vec![employer.parse().expect("an id")];
        let actor = Actor { employers, ..Actor::named("token", role) };
        let wanted = json!({ "role": role.as_str(), "employers": [employer] });
        Self::by(world, actor, Some(library), format!("{role} of the {library}"), &wanted)
    }

    /// The organiser of a round.
    pub fn of_round(world: &World<'_>, round: &str, which: &str) -> Self {
        let own: RoundId = round.parse().expect("an id");
        let actor = Actor { round: Some(own), ..Actor::named("token", Role::RoundOrganiser) };
        let wanted = json!({ "role": "round_organiser", "round": round });
        Self::by(world, actor, None, format!("organiser of {which} round"), &wanted)
    }

    fn by(
        world: &World<'_>,
        actor: Actor,
        library: Option<&'static str>,
        name: String,
        wanted: &serde_json::Value,
    ) -> Self {
        let mut body = wanted.clone();
        body["name"] = json!("matrix");
        let token = world.organiser.post("/v1/tokens", &body).expect(201);
        let client = world.service.with(token["secret"].as_str().expect("a secret"));
        Self { name, actor, library, capacity: None, client, cookie: None }
    }

    /// The holder of a link.
    pub fn link(world: &World<'_>, role: Role, case: Case<'_>, secret: &str, whose: &str) -> Self {
        let client = world.service.with(secret);
        let name = format!("{role} of {whose} case by link");
        Self { name, actor: case.actor(role), library: None, capacity: None, client, cookie: None }
    }

    /// Somebody who has signed in, in one of their capacities; none where it is theirs no more.
    pub fn signed_in(world: &World<'_>, role: Role, case: Case<'_>, address: &str) -> Option<Self> {
        let client = world.service.anyone();
        let cookie = Some(world.sign_in(address)?);
        let name = format!("{role} of the own case, signed in");
        let mut caller =
            Self { name, actor: case.actor(role), library: None, capacity: None, client, cookie };
        let key = match (role, case.application, case.placement) {
            (Role::HostContact, _, Some(placement)) => format!("host:{placement}"),
            (_, Some(application), _) => format!("{role}:{application}"),
            (_, None, _) => panic!("no capacity"),
        };
        let body = json!({ "capacity": key }).to_string();
        let headers = [("content-type", "application/json")];
        let chosen = caller.ask("PUT", "/v1/session/capacity", &headers, body.as_bytes());
        caller.capacity = Some(key);
        (chosen.status == 200).then_some(caller)
    }

    /// Whether a cookie says who they are.
    pub const fn has_session(&self) -> bool {
        self.cookie.is_some()
    }

    /// Sends a request.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut all = headers.to_vec();
        if let Some(cookie) = &self.cookie {
            all.extend([("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")]);
        }
        self.client.send(method, path, &all, body)
    }
}

/// What a link or a capacity is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Case<'a> {
    pub application: Option<&'a str>,
    pub placement: Option<&'a str>,
}

impl Case<'_> {
    fn actor(self, role: Role) -> Actor {
        let application: Option<ApplicationId> = self.application.map(|id| id.parse().expect("an id"));
        let placement: Option<PlacementId> = self.placement.map(|id| id.parse().expect("an id"));
        Actor { application, placement, ..Actor::named("case", role) }
    }
}
