//! The service put together: database, use cases, workers and HTTP server in one process, started and stopped in order.

use std::fs::{File, TryLockError};
use std::net::{SocketAddr, TcpListener};
use std::num::{NonZeroU32, NonZeroUsize};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use actix_web::dev::ServerHandle;
use chrono::Duration;
use tokio::task::JoinHandle;

use super::configuration::{Configuration, DigestPace, SolverPlace};
use super::{Failure, NO, keys};
use crate::domain::letter::CalendarForm;
use crate::domain::password::Password;
use crate::domain::templates::OwnTemplates;
use crate::http::{self, HttpSettings, Provider, ProviderSettings};
use crate::mail::{Transport, TransportSettings, read_own};
use crate::services::clock::{Chance, Clock};
use crate::services::names::Names;
use crate::services::notices::Pace;
use crate::services::oidc::check_rules as check_claim_rules;
use crate::services::refills::Patience;
use crate::services::sessions::Stay;
use crate::services::{App, AppError, Settings};
use crate::store::{Store, StoreUrl};
use crate::worker::{self, Stop};

/// Opens the database; the folder of an SQLite file is made where it is missing.
///
/// # Errors
/// When it cannot be reached, with what to do.
pub(super) fn open_store(configuration: &Configuration) -> Result<Store, Failure> {
    let url = &configuration.database.url;
    if let StoreUrl::Sqlite(path) = url
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::unable(format!("the data folder {} cannot be made: {error}", folder.display()))
        })?;
    }
    if let StoreUrl::Sqlite(path) = url
        && !path.exists()
    {
        // SQLite would make it readable for everybody on the machine, and its journals as the file is.
        File::options().append(true).create(true).mode(0o600).open(path).map_err(|error| {
            Failure::unable(format!("the database {} cannot be made: {error}", path.display()))
        })?;
    }
    let store = Store::open(url, configuration.database.connections.get())
        .map_err(|error| Failure::unable(format!("{}: {error}", url.masked())))?;
    match keys::path(configuration) {
        Some(path) => Ok(store.with_keys(keys::read(&path)?)),
        None => Ok(store),
    }
}

/// The SQLite file that is configured, where it is not there yet.
pub(super) fn missing_file(configuration: &Configuration) -> Option<&Path> {
    match &configuration.database.url {
        StoreUrl::Sqlite(path) if !path.exists() => Some(path),
        StoreUrl::Sqlite(_) | StoreUrl::Postgres(_) => None,
    }
}

/// The database as it is: for commands that must not change one on the way.
///
/// # Errors
/// Where migrations are missing, with what to do.
pub(super) fn open_ready_store(configuration: &Configuration) -> Result<Store, Failure> {
    let store = open_store(configuration)?;
    let pending = store.pending_migrations().map_err(|error| Failure::unable(error.to_string()))?;
    if pending.is_empty() {
        Ok(store)
    } else {
        let words = format!("the database lacks {}: run `library-swap migrate` first", pending.join(", "));
        Err(Failure::unable(words))
    }
}

/// Applies the migrations that are missing, as the role that is configured for them; says which.
///
/// # Errors
/// Where that role cannot connect, or a migration cannot be applied.
pub(super) fn migrate(configuration: &Configuration, store: &Store) -> Result<Vec<String>, Failure> {
    let Some(url) = &configuration.database.migrate_url else {
        return store.migrate().map_err(|error| Failure::unable(error.to_string()));
    };
    let applied = Store::open(url, 1).and_then(|owner| owner.migrate_for(store));
    applied.map_err(|error| Failure::unable(format!("database.migrate_url ({}): {error}", url.masked())))
}

/// The database with every migration applied, and with a key.
///
/// # Errors
/// As for [`open_store`], [`migrate`] and [`keys::unlock`].
pub(super) fn open_migrated_store(configuration: &Configuration) -> Result<Store, Failure> {
    let store = open_store(configuration)?;
    migrate(configuration, &store)?;
    keys::unlock(configuration, store)
}

/// The use cases on a database, with the real clock and real chance.
pub(super) fn app(configuration: &Configuration, store: Store) -> App {
    App {
        store,
        clock: Clock::Real,
        chance: Chance::Real,
        settings: Settings {
            public_url: configuration.server.public_url.trim_end_matches('/').to_owned(),
            service_name: configuration.mail.service_name.to_string(),
            organiser_address: configuration.mail.organiser_address.to_string(),
            mail_domain: configuration.mail.domain.clone(),
            language: configuration.mail.language,
            // Commands that write mails read those of the configuration.
            templates: OwnTemplates::default(),
            authserv_id: configuration.mail.authserv_id.clone(),
            calendar: CalendarForm {
                invitations: configuration.calendar.invitations,
                zone: configuration.calendar.zone,
            },
            run_seconds: configuration.matching.run_seconds.get(),
            solver_threads: configuration.matching.threads.get(),
            withdrawal_days: configuration.rounds.withdrawal_days,
            retention: configuration.retention.settings(),
            pace: Pace {
                coalesce: Duration::seconds(configuration.mail.coalesce_seconds.into()),
                digests: configuration.mail.digest == DigestPace::Daily,
            },
            reserves: Patience {
                working_days: configuration.rounds.reserve_answer_days.get(),
                days_before: configuration.rounds.reserve_stop_days,
            },
            stay: Stay {
                idle: Duration::minutes(configuration.sign_in.idle_minutes.get().into()),
                most: Duration::hours(configuration.sign_in.session_hours.get().into()),
            },
            claim_rules: configuration.oidc.claim_rules(),
            webhook_targets: configuration.webhooks.allow.clone(),
            names: Names::System,
            absence_code: configuration.exports.absence_code.clone(),
            export_folder: configuration.exports.folder.clone(),
        },
    }
}

/// The templates of mails that take the place of the built-in ones: none, or those of `mail.templates`.
///
/// # Errors
/// Every fault of the folder, a line each.
pub(super) fn templates(configuration: &Configuration) -> Result<OwnTemplates, String> {
    let Some(folder) = &configuration.mail.templates else { return Ok(OwnTemplates::default()) };
    read_own(folder).map_err(|faults| faults.join("\n"))
}

/// How mail leaves.
///
/// # Errors
/// When the transport cannot be used as it is configured.
pub(super) fn transport(configuration: &Configuration) -> Result<Transport, String> {
    let (mail, smtp) = (&configuration.mail, &configuration.mail.smtp);
    Transport::open(&TransportSettings {
        folder: Some(mail.folder.clone()),
        host: smtp.host.clone(),
        port: Some(smtp.port.get()),
        tls: smtp.tls,
        user: smtp.user.clone(),
        password: smtp.password.clone(),
        ca_file: smtp.ca_file.clone(),
        timeout_seconds: u64::from(smtp.timeout_seconds.get()),
        connections: smtp.connections,
        rate_per_minute: NonZeroU32::new(mail.rate_per_minute),
        verp: mail.verp,
        dkim: mail.dkim.settings(),
        ..TransportSettings::of(mail.transport)
    })
}

/// The identity provider that is configured.
///
/// # Errors
/// What of its settings cannot be used; a file that cannot be read.
pub(super) fn provider(configuration: &Configuration) -> Result<Option<Provider>, String> {
    let oidc = &configuration.oidc;
    let (Some(issuer), Some(client_id)) = (&oidc.issuer, &oidc.client_id) else { return Ok(None) };
    let from_file = match &oidc.client_secret_file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("oidc.client_secret_file {}: {error}", path.display()))?;
            Some(Password::new(text.trim_end().to_owned()))
        }
        None => None,
    };
    let settings = ProviderSettings {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        client_secret: from_file.or(oidc.client_secret.clone()),
        name: oidc.name.clone(),
        scopes: oidc.scopes.split_whitespace().map(str::to_owned).collect(),
        ca_file: oidc.ca_file.clone(),
        timeout: std::time::Duration::from_secs(oidc.timeout_seconds.get().into()),
    };
    Provider::open(settings, configuration.server.public_url.trim_end_matches('/')).map(Some)
}

/// Looks whether everything is there that the rules of the identity provider name.
///
/// # Errors
/// Every rule that names what is not there, a line each.
pub(super) fn check_rules(app: &App) -> Result<(), Failure> {
    check_claim_rules(app).map_err(|error| match error {
        AppError::Fields(faults) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::unable(lines.join("\n"))
        }
        error => Failure::unable(error.to_string()),
    })
}

/// How the API is served; as many threads as processors where no number is given.
///
/// # Errors
/// As for [`provider`].
fn http_settings(configuration: &Configuration) -> Result<HttpSettings, Failure> {
    let (server, limits) = (&configuration.server, &configuration.limits);
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(HttpSettings {
        provider: provider(configuration).map_err(Failure::unable)?,
        workers: if server.workers == 0 { processors } else { usize::from(server.workers) },
        body_bytes: limits.body_bytes.get(),
        trusted_proxies: usize::from(server.trusted_proxies),
        sign_ups_per_hour: limits.sign_ups_per_hour,
        failed_sign_ins_per_minute: limits.failed_sign_ins_per_minute,
        sign_in_links_per_hour: limits.sign_in_links_per_hour,
        requests_per_minute: limits.requests_per_minute,
        requests_per_address_and_minute: limits.requests_per_address_and_minute,
        ..HttpSettings::default()
    })
}

/// Held while a process serves an SQLite file: a second one would run every worker twice over one file.
#[derive(Debug)]
pub(super) struct SqliteLock(#[expect(dead_code, reason = "held, never read: the lock ends with it")] File);

impl SqliteLock {
    fn take(database: &Path) -> Result<Self, Failure> {
        // By the file itself: another name or a link that leads to it must find the same lock.
        let found = database.canonicalize().map_err(|error| {
            Failure::unable(format!("the database {} cannot be found: {error}", database.display()))
        })?;
        let mut path = found.into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = File::options().append(true).create(true).open(&path).map_err(|error| {
            Failure::unable(format!("the lock {} cannot be made: {error}", path.display()))
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                NO,
                format!(
                    "another process serves {} already (it holds {}). Maybe stop it first; several processes can \
                     share a PostgreSQL database",
                    database.display(),
                    path.display()
                ),
            )),
            Err(TryLockError::Error(error)) => {
                Err(Failure::unable(format!("the lock {} cannot be taken: {error}", path.display())))
            }
        }
    }
}

/// Keeps other processes from serving the database while it is held, where it is an SQLite file.
///
/// # Errors
/// When a process serves it; as for [`open_store`].
pub(super) fn hold(configuration: &Configuration) -> Result<Option<SqliteLock>, Failure> {
    match &configuration.database.url {
        StoreUrl::Sqlite(path) => {
            open_store(configuration)?;
            Ok(Some(SqliteLock::take(path)?))
        }
        StoreUrl::Postgres(_) => Ok(None),
    }
}

/// Whether nobody serves an SQLite file, so that it may be taken away.
///
/// # Errors
/// When a process serves it.
pub(super) fn is_free(database: &Path) -> Result<(), Failure> {
    SqliteLock::take(database).map(drop)
}

/// What leases call this process. In containers many a process has the same number: those of two must not look like
/// one's.
///
/// # Errors
/// When the operating system gives no random numbers.
pub(super) fn worker_name(app: &App) -> Result<String, Failure> {
    let number = app.now().map_err(|error| Failure::unable(error.to_string()))?.id("worker").simple();
    Ok(format!("{}-{number}", std::process::id()))
}

/// A thread that solves runs.
///
/// None of the runtime's own: where a start fails half-way, nobody would stop it, and the runtime would wait for it.
pub(super) struct Solver(std::thread::JoinHandle<()>);

impl Solver {
    /// Starts it; it ends when `stop` is asked.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(app: &App, name: String, stop: &Stop) -> Result<Self, Failure> {
        let (app, stop) = (app.clone(), stop.clone());
        let thread = std::thread::Builder::new().name("solver".to_owned());
        thread
            .spawn(move || worker::solve_runs(&app, &name, &stop))
            .map(Self)
            .map_err(|error| Failure::unable(format!("the solver cannot be started: {error}")))
    }

    /// Waits until it has ended.
    pub(super) async fn ended(self) {
        match tokio::task::spawn_blocking(|| self.0.join()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => tracing::error!("the solver broke down"),
        }
    }
}

/// A service that runs.
pub(super) struct Running {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Its use cases.
    pub(super) app: App,
    server: ServerHandle,
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
    solver: Option<Solver>,
    _lock: Option<SqliteLock>,
}

/// Binds the address that is configured.
///
/// # Errors
/// When it is taken or not this machine's.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        Failure::unable(format!(
            "cannot listen on {address}: {error}. Maybe set server.listen to another port"
        ))
    })
}

/// Starts everything: lock, database, migrations, workers, HTTP.
///
/// # Errors
/// Whatever of these fails, with what to do.
pub(super) fn start(configuration: &Configuration, listener: TcpListener) -> Result<Running, Failure> {
    let address = listener.local_addr().map_err(|error| Failure::unable(error.to_string()))?;
    let lock = hold(configuration)?;
    let mut app = app(configuration, open_migrated_store(configuration)?);
    app.settings.templates = templates(configuration).map_err(Failure::unable)?;
    check_rules(&app)?;
    let http_settings = http_settings(configuration)?;
    let transport = transport(configuration).map_err(|words| Failure::unable(format!("mail: {words}")))?;
    let stop = Stop::new();
    let name = worker_name(&app)?;
    let mut tasks = vec![
        tokio::spawn(worker::send_mail(app.clone(), transport, name.clone(), stop.clone())),
        tokio::spawn(worker::keep_deadlines(app.clone(), name.clone(), stop.clone())),
        tokio::spawn(worker::deliver_schedules(app.clone(), name.clone(), stop.clone())),
        tokio::spawn(worker::keep_trail(app.clone(), name.clone(), stop.clone())),
        tokio::spawn(worker::keep_house(app.clone(), name.clone(), stop.clone())),
    ];
    let sender = worker::webhooks::Sender::open();
    for n in 0..worker::webhooks::SENDERS {
        let (sender, by) = (sender.clone(), format!("{name}-{n}"));
        tasks.push(tokio::spawn(worker::send_webhooks(app.clone(), sender, by, stop.clone())));
    }
    let solver = match configuration.matching.solver {
        SolverPlace::Server => Some(Solver::start(&app, name, &stop)?),
        SolverPlace::Apart => None,
    };
    let server = http::bind(app.clone(), &http_settings, listener)
        .map_err(|error| Failure::unable(format!("cannot serve on {address}: {error}")))?;
    let handle = server.handle();
    tasks.push(tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the HTTP server ended");
        }
    }));
    Ok(Running { address, app, server: handle, stop, tasks, solver, _lock: lock })
}

impl Running {
    /// Ends in order: requests in hand are answered, the worker settles its mail, the solver gives its run back.
    pub(super) async fn stop(self) {
        self.stop.ask();
        self.server.stop(true).await;
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the service broke down");
            }
        }
        if let Some(solver) = self.solver {
            solver.ended().await;
        }
    }
}
