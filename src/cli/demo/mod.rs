//! `library-swap demo`: real libraries exchange invented staff, through the real server, mails and database.
//!
//! The demonstration only does what people and programs can do from outside: it calls the API, reads the mails that
//! the files transport wrote, opens the pages they lead to and presses their buttons. At the end it checks what it
//! promises ([`checks`]) and says where everything can be looked at.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::configuration::{self, Configuration};
use super::{Failure, NO, service};
use crate::services::tokens::{self, FirstToken};

mod checks;
mod client;
mod mailbox;
mod people;
mod picture;
mod programme;
mod scanner;
mod story;
mod transcript;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where database, mails and files are put; a demonstration that is there already is replaced.
    #[arg(long, default_value = "library-swap-demo", value_name = "DIR")]
    folder: PathBuf,
    /// How many people sign up.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(10..=500))]
    staff: u16,
    /// End after the story; exit code 1 unless everything held. Without it the service goes on, to be looked at.
    #[arg(long)]
    exit: bool,
}

/// Marks a folder as a demonstration, so that nothing else is ever replaced.
const MARK: &str = ".library-swap-demo";
/// The database in a demonstration's folder.
const DATABASE: &str = "library-swap.db";
/// Where the service listens when it goes on after the story.
const PORT: u16 = 8080;

/// Runs the command.
///
/// # Errors
/// When the folder cannot be used, the service cannot start, or a step of the story fails.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    prepare(&args.folder)?;
    // Any free port will do, but whoever looks around afterwards likes a known one.
    let listener =
        match service::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, if args.exit { 0 } else { PORT }))) {
            Ok(listener) => listener,
            Err(_) => service::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?,
        };
    let address = listener.local_addr().map_err(|error| Failure::unable(error.to_string()))?;
    let configuration = configure(&args.folder, address)?;
    super::log::start(&configuration.log);
    actix_web::rt::System::new().block_on(async {
        let running = service::start(&configuration, listener)?;
        let stage = story::Stage {
            base: format!("http://{address}"),
            app: running.app.clone(),
            folder: args.folder.clone(),
            staff: usize::from(args.staff),
            organiser: tokens::first_token(&running.app, FirstToken::OnlyIfNone)?.secret.reveal().to_owned(),
        };
        let told = tokio::task::spawn_blocking(move || story::tell(&stage))
            .await
            .map_err(|error| Failure::unable(error.to_string()))?;
        let held = match told {
            Ok(held) => held,
            Err(words) => {
                running.stop().await;
                return Err(Failure::new(NO, format!("the demonstration stopped: {words}")));
            }
        };
        if !args.exit {
            say!("\nThe service goes on at http://{address} until you press Ctrl-C.");
            super::serve::stop_signal().await?;
        }
        running.stop().await;
        Ok(if held { ExitCode::SUCCESS } else { ExitCode::from(NO) })
    })
}

/// An empty folder with the mark in it; a demonstration that still serves keeps its own.
fn prepare(folder: &Path) -> Result<(), Failure> {
    let unusable = |error: std::io::Error| Failure::unable(format!("{}: {error}", folder.display()));
    if folder.exists() {
        let is_empty = std::fs::read_dir(folder).map_err(unusable)?.next().is_none();
        if !is_empty && !folder.join(MARK).exists() {
            return Err(Failure::unable(format!(
                "{} holds something else than a demonstration: nothing is replaced. Maybe name another --folder",
                folder.display()
            )));
        }
        let database = folder.join(DATABASE);
        if database.exists() {
            service::is_free(&database)?;
        }
        std::fs::remove_dir_all(folder).map_err(unusable)?;
    }
    std::fs::create_dir_all(folder).map_err(unusable)?;
    std::fs::write(folder.join(MARK), "Made by `library-swap demo`; replaced by the next one.\n")
        .map_err(unusable)
}

/// The defaults, but for where things are; sixty sign-ups from one address are no attack here, and nobody waits for a mail.
fn configure(folder: &Path, address: SocketAddr) -> Result<Configuration, Failure> {
    let set = [
        ("DATABASE__URL", format!("sqlite:{}", folder.join(DATABASE).display())),
        ("SERVER__PUBLIC_URL", format!("http://{address}")),
        ("MAIL__TRANSPORT", "files".to_owned()),
        ("MAIL__FOLDER", folder.join("mails").display().to_string()),
        ("MAIL__COALESCE_SECONDS", "0".to_owned()),
        ("MAIL__DIGEST", "off".to_owned()),
        ("LIMITS__SIGN_UPS_PER_HOUR", "1000".to_owned()),
        ("LOG__LEVEL", "warn".to_owned()),
    ];
    let variables = set.into_iter().map(|(key, value)| (format!("LIBRARY_SWAP__{key}"), value));
    configuration::load(None, variables).map_err(|faults| Failure::unable(faults.join("\n")))
}
