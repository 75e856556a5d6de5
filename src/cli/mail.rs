//! `mail preview` and `mail templates`: how mails look, and templates to begin with for one's own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
use crate::domain::language::Language;
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::mail::{Sender, TEMPLATES, parties, render, samples, texts, write_built_in};

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show a sample of a mail, with the templates that are configured.
    Preview(Preview),
    /// Write the built-in templates into a folder, as a beginning for your own (mail.templates).
    Templates(Templates),
}

/// Arguments of `mail preview`.
#[derive(Debug, clap::Args)]
pub struct Preview {
    /// Which notice, like `proposal` (docs/mail.md).
    kind: NoticeKind,
    /// In which language; else the one of mail.language.
    #[arg(long)]
    lang: Option<Language>,
    /// To whom: participant, host or manager; else the first who gets it.
    #[arg(long)]
    party: Option<Party>,
    /// Which of the samples of that party, from 1 on; standard error lists them.
    #[arg(long, default_value_t = 1)]
    sample: usize,
    /// The plain text (what is shown without any of the three).
    #[arg(long, group = "form")]
    text: bool,
    /// The HTML.
    #[arg(long, group = "form")]
    html: bool,
    /// The whole message as it would travel.
    #[arg(long, group = "form")]
    eml: bool,
    /// Write it into a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `mail templates`.
#[derive(Debug, clap::Args)]
pub struct Templates {
    /// Where to; a file that is there already stays as it is.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Runs a command.
///
/// # Errors
/// Templates that are wrong; a party that does not get the notice; a file that cannot be written.
pub fn run(command: &Command, configuration: &Configuration) -> Result<ExitCode, Failure> {
    match command {
        Command::Preview(args) => preview(args, configuration),
        Command::Templates(args) => templates(&args.out),
    }
}

fn preview(args: &Preview, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let own = service::templates(configuration).map_err(Failure::unable)?;
    let kind = args.kind;
    let party = match args.party {
        None => parties(kind).first().copied().unwrap_or(Party::Participant),
        Some(party) if parties(kind).contains(&party) => party,
        Some(party) => {
            let names: Vec<&str> = parties(kind).iter().map(|party| party.as_str()).collect();
            let words = format!("the {party} gets no `{kind}`: --party must be {}", names.join(" or "));
            return Err(Failure::unable(words));
        }
    };
    let all = samples(kind, args.lang.unwrap_or(configuration.mail.language));
    let shapes: Vec<_> = all.iter().filter(|sample| sample.letter.party == party).collect();
    for (n, sample) in shapes.iter().enumerate() {
        let mark = if n + 1 == args.sample { "→" } else { " " };
        eprintln!("{mark} sample {}: to the {party}, {}", n + 1, sample.what);
    }
    let Some(sample) = args.sample.checked_sub(1).and_then(|n| shapes.get(n)) else {
        let words = format!("there is no sample {}: --sample must be 1 to {}", args.sample, shapes.len());
        return Err(Failure::unable(words));
    };
    let wrong = |error: crate::mail::RenderError| Failure::unable(error.to_string());
    let bytes = if args.eml {
        let sender = Sender {
            name: configuration.mail.service_name.to_string(),
            address: configuration.mail.organiser_address.to_string(),
        };
        render(&sample.letter, &sender, &own).map_err(wrong)?.message
    } else {
        let texts = texts(&sample.letter, &own).map_err(wrong)?;
        if args.html {
            texts.html.into_bytes()
        } else {
            format!("{}\n\n{}", texts.subject, texts.plain).into_bytes()
        }
    };
    match &args.out {
        Some(path) => std::fs::write(path, bytes)
            .map_err(|error| Failure::unable(format!("{} cannot be written: {error}", path.display())))?,
        // Whoever closes the pipe has seen enough.
        None => drop(std::io::stdout().lock().write_all(&bytes)),
    }
    Ok(ExitCode::SUCCESS)
}

fn templates(folder: &Path) -> Result<ExitCode, Failure> {
    let written = write_built_in(folder).map_err(Failure::unable)?;
    say!(
        "{written} of {} templates written to {}. Keep those that you change, take the others away: what is not there is \
         built in and mended with each version.",
        Language::ALL.len() * TEMPLATES.len(),
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}
