//! Where webhooks may go: the rules for their URLs, and for the addresses that the names in them stand for.
//!
//! Whoever registers a webhook makes the service call an address of their choice, from inside the operators' network (server
//! side request forgery). So only addresses of the public internet are called, and what an operator allows beside them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

use super::fault::Rule;

/// Hosts and networks that may be called although they are not of the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

impl Allowed {
    fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|name| name == host)
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Allowed {
    type Err = Rule;

    /// With spaces between: names of hosts, addresses and networks like `10.1.0.0/16`.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let mut allowed = Self::default();
        for part in text.split_whitespace() {
            let network = part.parse::<IpNet>().ok();
            match network.or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from)) {
                Some(network) => allowed.networks.push(network),
                None => match Host::parse(part) {
                    Ok(Host::Domain(name)) => allowed.hosts.push(name),
                    Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => {
                        return Err(Rule::new(format!(
                            "must be hosts and networks like hr.intranet.example or 10.1.0.0/16, with spaces between; {part} \
                             is neither"
                        )));
                    }
                },
            }
        }
        Ok(allowed)
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks = self.networks.iter().map(ToString::to_string);
        f.write_str(&self.hosts.iter().cloned().chain(networks).collect::<Vec<_>>().join(" "))
    }
}

/// The URL of a webhook. Decimal, octal and hexadecimal forms of addresses are read as the addresses that they are
/// (WHATWG URL), as whatever connects to them would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

/// Letters of a URL.
const MOST_LETTERS: usize = 1_000;

impl FromStr for Target {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let url = Url::parse(text).map_err(|error| {
            Rule::new(format!("must be a URL like https://hr.example/library-swap: {error}"))
        })?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(Rule::of("must begin with https:// and name a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Rule::of(
                "must not hold a user or a password: messages are proven by their signatures",
            ));
        }
        if url.fragment().is_some() {
            return Err(Rule::of("must not end with a fragment (#…), which never leaves the client"));
        }
        if url.port() == Some(0) || url.as_str().len() > MOST_LETTERS {
            return Err(Rule::of("must have at most 1,000 letters, and a port from 1 to 65535"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Target {
    /// The host, without brackets; the rest of the URL may hold a secret of the receiver's.
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => String::new(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Whether it may be called at the addresses that its host stands for: all of them, because any may be taken.
    ///
    /// # Errors
    /// The rule that says which may not, and why.
    pub fn check(&self, addresses: &[IpAddr], allowed: &Allowed) -> Result<(), Rule> {
        let host = self.host();
        if addresses.is_empty() {
            return Err(Rule::new(format!("must name a host that has an address; {host} has none")));
        }
        if allowed.names(&host) {
            return Ok(());
        }
        let not_allowed = || addresses.iter().filter(|address| !allowed.holds(**address));
        if let Some((address, kind)) = not_allowed().find_map(|one| Some((one, not_public(*one)?))) {
            let what = if host == address.to_string() {
                format!("{host} is {kind}")
            } else {
                format!("{host} leads to {address}, {kind}")
            };
            return Err(Rule::new(format!(
                "must lead to the public internet; {what} (operators allow others by webhooks.allow)"
            )));
        }
        if self.0.scheme() == "http" && not_allowed().next().is_some() {
            return Err(Rule::of(
                "must begin with https://; http:// is for hosts and networks that operators allow by webhooks.allow",
            ));
        }
        Ok(())
    }
}

/// What an address is that is not of the public internet; none for one that is.
fn not_public(address: IpAddr) -> Option<&'static str> {
    let holds = |network: &str| network.parse::<IpNet>().is_ok_and(|network| network.contains(&address));
    let special = SPECIAL.iter().find(|(network, _)| holds(network)).map(|(_, kind)| *kind);
    match address {
        IpAddr::V4(_) => special,
        // Everything that is given out to anybody is in 2000::/3.
        IpAddr::V6(_) => special.or_else(|| (!holds("2000::/3")).then_some("no global unicast address")),
    }
}

/// IANA's registries of special-purpose addresses. Those that hold an IPv4 address are refused whatever it is.
const SPECIAL: &[(&str, &str)] = &[
    ("0.0.0.0/8", "an unspecified address"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "an address inside a provider's network (CGNAT)"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address, where clouds keep their metadata"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "an address for protocols"),
    ("192.0.2.0/24", "an address for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "an address for benchmarks"),
    ("198.51.100.0/24", "an address for documentation"),
    ("203.0.113.0/24", "an address for documentation"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an unspecified address"),
    ("::1/128", "a loopback address"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6's form"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
    ("2001::/23", "an address for protocols"),
    ("2001:db8::/32", "an address for documentation"),
    ("2002::/16", "a 6to4 address"),
    ("3fff::/20", "an address for documentation"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("ff00::/8", "a multicast address"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What a URL with an address in it, or with a name that has one, is told.
    fn told(url: &str, addresses: &[&str], allowed: &str) -> String {
        let allowed: Allowed = allowed.parse().expect("a list");
        let target: Target = match url.parse() {
            Ok(target) => target,
            Err(rule) => return rule.to_string(),
        };
        let named = addresses.iter().map(|text| text.parse().expect("an address"));
        let literal = target.host().parse();
        let addresses: Vec<IpAddr> = literal.into_iter().chain(named).collect();
        target.check(&addresses, &allowed).map_or_else(|rule| rule.to_string(), |()| "taken".to_owned())
    }

    #[test]
    fn every_form_of_an_address_that_is_not_public_is_refused_by_what_it_is() {
        for (host, kind) in [
            ("169.254.169.254", "link-local"),
            ("[::1]", "loopback"),
            ("127.0.0.1", "loopback"),
            ("127.1", "loopback"),
            ("2130706433", "loopback"),
            ("0x7f000001", "loopback"),
            ("017700000001", "loopback"),
            ("0251.0376.0251.0376", "link-local"),
            ("2852039166", "link-local"),
            ("１６９.254.169.254", "link-local"),
            ("0.0.0.0", "unspecified"),
            ("0", "unspecified"),
            ("[::]", "unspecified"),
            ("10.0.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("100.64.0.1", "CGNAT"),
            ("192.0.0.8", "protocols"),
            ("198.19.0.1", "benchmarks"),
            ("192.0.2.1", "documentation"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("[::ffff:127.0.0.1]", "IPv4"),
            ("[::ffff:8.8.8.8]", "IPv4"),
            ("[::127.0.0.1]", "global unicast"),
            ("[64:ff9b::a9fe:a9fe]", "NAT64"),
            ("[64:ff9b:1::1]", "NAT64"),
            ("[fd00:ec2::254]", "private"),
            ("[fe80::1]", "link-local"),
            ("[fec0::1]", "global unicast"),
            ("[ff02::1]", "multicast"),
            ("[2001::1]", "protocols"),
            ("[2001:db8::1]", "documentation"),
            ("[2002:7f00:1::]", "6to4"),
        ] {
            let words = told(&format!("https://{host}/hook"), &[], "");
            assert!(
                words.contains(kind) && words.starts_with("must lead to the public internet"),
                "{host}: {words}"
            );
        }
        for host in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[2001:4860:4860::8888]"] {
            assert_eq!(told(&format!("https://{host}/hook"), &[], ""), "taken", "{host}");
        }
    }

    #[test]
    fn every_network_of_the_table_is_one() {
        for (network, _) in SPECIAL {
            assert!(network.parse::<IpNet>().is_ok_and(|read| read.trunc() == read), "{network}");
        }
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse_a_name() {
        let public = "93.184.215.14";
        assert_eq!(told("https://hr.example/", &[public], ""), "taken");
        let words = told("https://hr.example/", &[public, "10.0.0.7"], "");
        assert!(words.contains("hr.example leads to 10.0.0.7, a private address"), "{words}");
        assert!(told("https://hr.example/", &[], "").contains("hr.example has none"));
    }

    #[test]
    fn what_is_no_url_for_a_webhook_is_refused_by_its_rule() {
        for (url, rule) in [
            ("hr.example/hook", "must be a URL"),
            ("https://", "must be a URL"),
            ("https://[::1", "must be a URL"),
            ("https://256.256.256.256/", "must be a URL"),
            ("ftp://hr.example/", "must begin with https://"),
            ("file:///etc/passwd", "must begin with https://"),
            ("gopher://hr.example:70/", "must begin with https://"),
            ("https://ann:secret@hr.example/", "must not hold a user"),
            ("https://hr.example/#x", "must not end with a fragment"),
            ("https://hr.example:0/", "a port from 1"),
        ] {
            let words = told(url, &["93.184.215.14"], "");
            assert!(words.contains(rule), "{url}: {words}");
        }
        assert!(told(&format!("https://hr.example/{}", "x".repeat(1_000)), &[], "").contains("1,000"));
    }

    #[test]
    fn what_operators_allow_is_called_by_http_too_and_nothing_else() {
        let allowed = "hr.intranet.example 10.1.0.0/16 fd00::/8";
        assert_eq!(told("http://hr.intranet.example/", &["192.168.0.1"], allowed), "taken");
        assert_eq!(told("http://other.example/", &["10.1.2.3"], allowed), "taken");
        assert_eq!(told("http://[fd00::1]/", &[], allowed), "taken");
        assert!(told("https://other.example/", &["10.2.0.1"], allowed).contains("private"));
        assert!(told("http://hr.example/", &["93.184.215.14"], allowed).contains("must begin with https://"));
        assert_eq!(allowed.parse::<Allowed>().expect("a list").to_string(), allowed);
        assert!("10.0.0.0/33".parse::<Allowed>().is_err());
    }
}
