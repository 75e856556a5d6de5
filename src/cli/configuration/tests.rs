//! Tests of the configuration: layers, faults, secrets, and that every key is documented.

use std::path::Path;

use super::*;

const DEFAULTS: &str = include_str!("../../../config/default.toml");

fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<Vec<_>>()
        .into_iter()
}

/// A file of this text in a folder that goes with the value.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("swap.toml");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

fn faults(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let (folder, path) = file(text);
    let prefix = format!("{}/", folder.path().display());
    let faults = load(Some(&path), env(variables)).expect_err("refused");
    faults.into_iter().map(|fault| fault.replace(&prefix, "")).collect()
}

#[test]
fn the_defaults_hold_where_nothing_else_is_said() {
    let configuration = load(None, env(&[])).expect("defaults");
    assert_eq!(configuration.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(configuration.database.url, "sqlite:data/library-swap.db".parse().expect("a URL"));
    assert_eq!(configuration.mail.transport, TransportKind::Files);
    assert_eq!(configuration.mail.smtp.host, None);
}

#[test]
fn the_resolved_configuration_is_the_default_file_without_its_comments() {
    let uncommented: Vec<&str> = DEFAULTS.lines().filter(|line| !line.starts_with('#')).collect();
    let resolved = load(None, env(&[])).expect("defaults").resolved();
    assert_eq!(resolved.trim(), uncommented.join("\n").trim());
}

#[test]
fn a_file_goes_over_the_defaults_and_the_environment_over_the_file() {
    let (_folder, path) = file(
        "[server]\nworkers = 3\ntrusted_proxies = 1\npublic_url = \"https://swap.example/\"\n[mail.smtp]\nport = 25\n",
    );
    let variables = [
        ("LIBRARY_SWAP__SERVER__WORKERS", "5"),
        ("LIBRARY_SWAP__MAIL__SMTP__HOST", "mail.library.example"),
        ("LIBRARY_SWAP__MAIL__TRANSPORT", "smtp"),
        ("PATH", "/bin"),
        ("LIBRARY_SWAP_PORT", "tcp://10.0.0.1:8080"),
    ];
    let configuration = load(Some(&path), env(&variables)).expect("configuration");
    let server = &configuration.server;
    assert_eq!((server.workers, server.trusted_proxies), (5, 1));
    assert_eq!(server.public_url, "https://swap.example");
    assert_eq!(configuration.mail.smtp.port.get(), 25);
    assert_eq!(configuration.mail.smtp.host.as_deref(), Some("mail.library.example"));
    assert_eq!(configuration.mail.transport, TransportKind::Smtp);
    assert_eq!(configuration.mail.domain, "library-swap.example", "not named, so the default");
}

#[test]
fn the_environment_may_name_the_file_but_the_command_line_wins() {
    let (_folder, named) = file("[matching]\nthreads = 4\n");
    let named_text = named.display().to_string();
    let variables = [("LIBRARY_SWAP_CONFIG", named_text.as_str())];
    assert_eq!(load(None, env(&variables)).expect("named").matching.threads.get(), 4);
    let (_other, given) = file("[matching]\nthreads = 2\n");
    assert_eq!(load(Some(&given), env(&variables)).expect("given").matching.threads.get(), 2);
}

#[test]
fn every_fault_of_file_and_environment_is_told_at_once_with_its_place() {
    let text = "colour = \"red\"\n\
                [server]\nlisten = \"localhost\"\nworkers = \"many\"\ntrusted_proxies = -1\n\
                [mail]\ntransprot = \"smtp\"\nhost = \"mail\"\ndomain = 7\n\
                [limits]\nbody_bytes = 0\n\
                [log]\nformat = \"jason\"\nlevel = \"warn,x=loud\"\n";
    let variables = [
        ("LIBRARY_SWAP__DATABASE__CONECTIONS", "4"),
        ("LIBRARY_SWAP__MAIL__SMTP__PORT", "70000"),
        ("LIBRARY_SWAP__MAIL__VERP", "yes"),
        ("LIBRARY_SWAP__MATCHING__THREADS", "two"),
        ("LIBRARY_SWAP_MAIL_FOLDER", "elsewhere"),
    ];
    let mut found = faults(text, &variables);
    found.sort();
    assert_eq!(
        found,
        [
            "LIBRARY_SWAP_MAIL_FOLDER: there is no such variable (maybe `LIBRARY_SWAP__MAIL__FOLDER`, with two underscores)",
            "LIBRARY_SWAP__DATABASE__CONECTIONS: there is no such key (maybe `LIBRARY_SWAP__DATABASE__CONNECTIONS`)",
            "LIBRARY_SWAP__MAIL__SMTP__PORT: `70000` must be a whole number, not negative, at most 65535",
            "LIBRARY_SWAP__MAIL__VERP: `yes` must be true or false",
            "LIBRARY_SWAP__MATCHING__THREADS: `two` must be a whole number",
            "swap.toml: colour: there is no such key",
            "swap.toml: limits.body_bytes: `0` must be a whole number, not 0",
            "swap.toml: log.format: `jason` must be one of text, json (maybe `json`)",
            "swap.toml: log.level: `warn,x=loud` must be error, warn, info, debug or trace, or a list like `warn,library_swap=debug`",
            "swap.toml: mail.domain: `7` must be text in quotation marks",
            "swap.toml: mail.host: there is no such key (maybe `mail.smtp.host`)",
            "swap.toml: mail.transprot: there is no such key (maybe `mail.transport`)",
            "swap.toml: server.listen: `localhost` must be an IP address and a port like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080",
            "swap.toml: server.trusted_proxies: `-1` must be a whole number, not negative",
            "swap.toml: server.workers: `many` must be a whole number",
        ]
    );
}

#[test]
fn files_that_cannot_be_read_and_broken_toml_are_told_with_their_name() {
    let missing = load(Some(Path::new("no/such/file.toml")), env(&[])).expect_err("refused");
    assert!(missing[0].starts_with("no/such/file.toml: the file cannot be read: "), "{missing:?}");
    let broken = faults("[server\nlisten = 1\n", &[]);
    assert!(broken[0].starts_with("swap.toml: is no TOML: ") && broken[0].contains("line 1"), "{broken:?}");
    assert_eq!(
        faults("mail = 5\n[mial]\n", &[]),
        ["swap.toml: mail: is a section: write [mail]", "swap.toml: mial: there is no such key",]
    );
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    let found = faults("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nuser = \"swap\"\n", &[]);
    assert_eq!(
        found,
        [
            "mail.smtp.host: must be set where mail.transport is `smtp`",
            "mail.smtp.user and mail.smtp.password: set both or neither",
        ]
    );
    assert_eq!(
        faults("[mail]\nfolder = \"\"\n", &[]),
        ["mail.folder: must be set where mail.transport is `files`"]
    );
}

#[test]
fn no_secret_is_shown_anywhere() {
    let variables = [
        ("LIBRARY_SWAP__MAIL__SMTP__USER", "swap"),
        ("LIBRARY_SWAP__MAIL__SMTP__PASSWORD", " hunter2 "),
        ("LIBRARY_SWAP__DATABASE__URL", "postgres://swap:hunter2@db/swap"),
    ];
    let configuration = load(None, env(&variables)).expect("configuration");
    for text in [configuration.resolved(), format!("{configuration:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("•••") && text.contains("swap:•••@db/swap"), "{text}");
    }
    assert_eq!(configuration.mail.smtp.password, Some(Password::new(" hunter2 ".to_owned())));
    let wrong = load(None, env(&[("LIBRARY_SWAP__DATABASE__URL", "postgress://swap:hunter2@db")]));
    let fault = wrong.expect_err("refused").join("");
    assert!(
        fault.starts_with("LIBRARY_SWAP__DATABASE__URL: must begin with") && !fault.contains("hunter2"),
        "{fault}"
    );
    let number = faults("[mail.smtp]\npassword = 123456\n", &[]).join("");
    assert!(!number.contains("123456"), "{number}");
}

/// Every key of the defaults is a row of the documentation's table, with its default; and nothing else is.
#[test]
fn every_key_is_documented_with_its_default() {
    let mut section = String::new();
    let mut expected = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once(" = ") {
            let value =
                if value == "\"\"" { "–".to_owned() } else { format!("`{}`", value.trim_matches('"')) };
            expected.push((format!("{section}.{key}"), value));
        }
    }
    assert!(expected.len() > 20);
    let documented: Vec<(String, String)> = include_str!("../../../docs/configuration.md")
        .lines()
        .filter_map(|line| {
            let (key, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((key.to_owned(), rest.split_once(" | ")?.0.to_owned()))
        })
        .collect();
    assert_eq!(documented, expected);
}

/// Container files are not built by the tests; at least their variables exist and their values are taken.
#[test]
fn the_variables_of_the_container_files_are_accepted() {
    // `${NAME:-value}` stands for its default, `${NAME:?…}` for something that is set.
    let filled = |text: &str| match (text.find("${"), text.find('}')) {
        (Some(from), Some(to)) => {
            let default = text[from..to].split_once(":-").map_or("set", |(_, default)| default);
            format!("{}{default}{}", &text[..from], &text[to + 1..])
        }
        _ => text.to_owned(),
    };
    let texts = [include_str!("../../../docker-compose.yml"), include_str!("../../../Dockerfile")];
    for (text, between, least) in [(texts[0], ": ", 10), (texts[1], "=", 3)] {
        let variables: Vec<(String, String)> = text
            .lines()
            .filter_map(|line| {
                let start = line.find("LIBRARY_SWAP__")?;
                let (name, value) = line[start..].trim_end_matches(" \\").split_once(between)?;
                Some((name.to_owned(), filled(value)))
            })
            .collect();
        assert!(variables.len() >= least, "{variables:?}");
        assert_eq!(load(None, variables.into_iter()).err(), None);
    }
}

#[test]
fn return_paths_and_signatures_that_cannot_work_are_told() {
    let long = "a-very-long-name-of-a-mailbox@swap.example";
    let found = faults(&format!("[mail]\nverp = true\norganiser_address = \"{long}\"\n"), &[]).join("");
    assert!(
        found.contains("mail.organiser_address") && found.contains("24") && found.contains("29"),
        "{found}"
    );
    let dkim = |selector: &str, domain: &str, key: &str| {
        let mail = "[mail]\norganiser_address = \"us@mail.swap.example\"\n";
        let text = format!(
            "{mail}[mail.dkim]\nselector = \"{selector}\"\ndomain = \"{domain}\"\nkey_file = \"{key}\"\n"
        );
        faults(&text, &[]).join("")
    };
    assert!(dkim("s", "", "k").contains("mail.dkim: set selector, domain and key_file"));
    assert!(dkim("s", "other.example", "k").contains("`other.example` must be `mail.swap.example`"));
    assert!(dkim("s", "ap.example", "k").contains("mail.dkim.domain"), "not above it");
    assert!(dkim("s; v=1", "swap.example", "k").contains("mail.dkim.selector"));
}
