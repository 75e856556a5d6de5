//! Lets somebody sign in: the first operator or organiser, who then lets others in by the API.

use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::configuration::Configuration;
use super::{Failure, service};
use crate::domain::email::Email;
use crate::domain::ids::{EmployerId, RoundId};
use crate::domain::mandate::Mandate;
use crate::domain::permissions::{Actor, Role};
use crate::services::grants::{self, NewGrant};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The work address.
    #[arg(value_name = "ADDRESS")]
    address: Email,
    /// operator, organiser, round_organiser, library_administrator, hr or auditor.
    #[arg(value_name = "ROLE")]
    role: Role,
    /// The id of an employer, for a library administrator or HR; again for each.
    #[arg(long = "employer", value_name = "ID")]
    employers: Vec<EmployerId>,
    /// The id of the round of a round organiser.
    #[arg(long, value_name = "ID")]
    round: Option<RoundId>,
    /// From when on it is worth nothing, like 2027-12-31T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<DateTime<Utc>>,
}

/// Runs the command.
///
/// # Errors
/// When the database cannot be used, or the role and what it is bound to do not fit.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let app = service::app(configuration, service::open_migrated_store(configuration)?);
    let mandate = Mandate { role: args.role, employers: args.employers.clone(), round: args.round };
    let wanted = NewGrant { address: args.address.clone(), mandate, expires_at: args.expires_at };
    let grant = grants::create(&app, &Actor::named("command line", Role::Operator), &wanted)?;
    say!(
        "{} can sign in as {}: {}/sign-in ({})",
        grant.address,
        grant.mandate.role,
        app.settings.public_url,
        grant.id
    );
    Ok(ExitCode::SUCCESS)
}
