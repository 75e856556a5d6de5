//! Finds or starts a PostgreSQL server for tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use library_swap::store::{Store, StoreUrl};
use sha2::{Digest, Sha256};

/// The URL of a maintenance database, and the cluster that has to live as long as it is used.
pub fn find() -> Option<(String, Option<Arc<Cluster>>)> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("LIBRARY_SWAP_TEST_POSTGRES") {
            PgConnection::establish(&url).expect("LIBRARY_SWAP_TEST_POSTGRES names a server that answers");
            return Some(url);
        }
        let local = [
            "postgres://postgres@localhost/postgres?host=/var/run/postgresql",
            "postgres://postgres@127.0.0.1:5432/postgres?connect_timeout=3",
            "postgres://postgres:postgres@127.0.0.1:5432/postgres?connect_timeout=3",
        ];
        local.into_iter().find(|url| PgConnection::establish(url).is_ok()).map(str::to_owned)
    });
    if let Some(url) = server {
        return Some((url.clone(), None));
    }
    let cluster = shared_cluster()?;
    Some((cluster.url.clone(), Some(cluster)))
}

/// The same URL with another database.
pub fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") }
}

/// Makes a database, as a copy of another one where one is named.
pub fn create(maintenance: &str, name: &str, template: Option<&str>) {
    let mut connection = PgConnection::establish(maintenance).expect("the maintenance database");
    let copied = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    connection.batch_execute(&format!("CREATE DATABASE {name}{copied}")).expect("a fresh database");
}

/// A database of the server with every migration, which nobody connects to. It stays there for the next run: its name has the
/// SHA-256 of the migration.
pub fn template(maintenance: &str) -> String {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| make_template(maintenance)).clone()
}

fn make_template(maintenance: &str) -> String {
    let migration = include_str!("../../migrations/postgres/0001_initial/up.sql");
    let hash: String = Sha256::digest(migration).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let (name, new) = (format!("library_swap_template_{hash}"), format!("library_swap_template_{hash}_new"));
    let mut connection = PgConnection::establish(maintenance).expect("the maintenance database");
    // Other test programs want it too.
    connection.batch_execute("SELECT pg_advisory_lock(727)").expect("a lock");
    let is_there = |connection: &mut PgConnection| {
        let words = format!("EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(&words)).get_result::<bool>(connection)
    };
    if !is_there(&mut connection).expect("an answer") {
        let mut run = |words: &str| connection.batch_execute(words);
        run(&format!("DROP DATABASE IF EXISTS {new} WITH (FORCE)")).expect("dropped");
        run(&format!("CREATE DATABASE {new}")).expect("a database");
        let url: StoreUrl = with_database(maintenance, &new).parse().expect("a URL");
        Store::open(&url, 1).expect("a database").migrate().expect("migrations");
        // Whoever has left may still be on the way out.
        let leave = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new}'");
        let renamed = (0..50).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            run(&leave).is_ok() && run(&format!("ALTER DATABASE {new} RENAME TO {name}")).is_ok()
        });
        assert!(renamed, "{new} is not left alone");
    }
    name
}

/// A throw-away cluster; it stops when the last test that uses it ends.
pub struct Cluster {
    url: String,
    programs: PathBuf,
    folder: tempfile::TempDir,
}

fn shared_cluster() -> Option<Arc<Cluster>> {
    static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = running.upgrade() {
        return Some(cluster);
    }
    let cluster = Arc::new(Cluster::start()?);
    *running = Arc::downgrade(&cluster);
    Some(cluster)
}

/// Where `initdb` and `pg_ctl` are: the newest of Debian's folders.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists())
        .collect();
    folders.sort();
    folders.pop()
}

/// PostgreSQL refuses to run as root; there is a user `postgres` beside its programs.
fn as_owner(program: &Path) -> Command {
    let root =
        std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn run(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

impl Cluster {
    fn start() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("swap-pg-").tempdir_in("/tmp").ok()?;
        // The owner of the cluster is another user where the tests run as root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).ok()?;
        let data = folder.path().join("data");
        let made = run(as_owner(&programs.join("initdb")).current_dir("/").arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]));
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=400",
            folder.path().display()
        );
        let started = made
            && run(as_owner(&programs.join("pg_ctl"))
                .current_dir("/")
                .arg("-D")
                .arg(&data)
                .args(["-w", "-l"])
                .arg(folder.path().join("log"))
                .args(["-o", &options, "start"]));
        let url = format!("postgres://postgres@localhost/postgres?host={}", folder.path().display());
        started.then_some(Self { url, programs, folder })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let stop = ["-m", "immediate", "-w", "stop"];
        run(as_owner(&self.programs.join("pg_ctl")).current_dir("/").arg("-D").arg(data).args(stop));
    }
}
