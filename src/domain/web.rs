//! Addresses of the web, as far as it matters who can listen.

/// Whether nobody on the way reads what goes to a URL: over https, or to this machine itself.
pub fn is_confidential(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
    let is_loopback = |name: &str| name.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback());
    name == "localhost" || is_loopback(name) || name == "[::1]" || name.starts_with("[::1]:")
}

#[cfg(test)]
mod tests {
    use super::is_confidential;

    #[test]
    fn only_https_and_the_own_machine_are_confidential() {
        for url in [
            "https://swap.example",
            "http://localhost",
            "http://localhost:8080/x",
            "http://127.0.0.1:8080",
            "http://127.8.9.1/",
            "http://[::1]",
            "http://[::1]:8080",
        ] {
            assert!(is_confidential(url), "{url}");
        }
        for url in [
            "http://swap.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.evil.example",
            "http://[::1].evil.example",
            "http://user@127.0.0.1",
            "ftp://localhost",
            "localhost",
        ] {
            assert!(!is_confidential(url), "{url}");
        }
    }
}
