//! What a mail server has found out about a sender: `Authentication-Results` (RFC 8601).

/// The domains in whose name a sender is proven: a DKIM signature of that domain, or DMARC of the author's.
///
/// Of several headers only the uppermost with our own server's name counts: it wrote that one last, and whatever stands
/// below may be the sender's.
pub(super) fn proven_domains<'a>(values: impl Iterator<Item = &'a str>, authserv_id: &str) -> Vec<String> {
    for value in values {
        let parts = split(value);
        let name = parts.first().and_then(|part| part.split_whitespace().next()).unwrap_or_default();
        if name.eq_ignore_ascii_case(authserv_id) {
            return parts.iter().skip(1).filter_map(|part| passed(part)).collect();
        }
    }
    Vec::new()
}

/// The domain of one result, where it is a pass that names one.
fn passed(result: &str) -> Option<String> {
    let mut words = result.split_whitespace();
    let (method, verdict) = words.next()?.split_once('=')?;
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let property = match method.as_str() {
        "dkim" => "header.d",
        "dmarc" => "header.from",
        _ => return None,
    };
    if !verdict.eq_ignore_ascii_case("pass") {
        return None;
    }
    let named = words.filter_map(|word| word.split_once('='));
    let mut domains = named.filter(|(name, _)| name.eq_ignore_ascii_case(property));
    let domain = domains.next()?.1.to_ascii_lowercase();
    // Two different ones: the server has not said which it means.
    domains.next().is_none().then_some(domain)
}

/// The parts between semicolons, without comments; what is quoted, which may be the sender's own words, is one
/// underscore. Spaces around `=` go.
fn split(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut is_quoted) = (0_usize, false);
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        let part = parts.last_mut();
        match c {
            '\\' if is_quoted || depth > 0 => {
                characters.next();
            }
            '"' if depth == 0 => {
                is_quoted = !is_quoted;
                if let Some(part) = part.filter(|_| is_quoted) {
                    part.push('_');
                }
            }
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => parts.push(String::new()),
            c => {
                if let Some(part) = part {
                    part.push(if c.is_whitespace() { ' ' } else { c });
                }
            }
        }
    }
    parts.iter().map(|part| part.replace(" =", "=").replace("= ", "=")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proven(values: &[&str]) -> Vec<String> {
        proven_domains(values.iter().copied(), "mx.example")
    }

    #[test]
    fn dkim_and_dmarc_prove_and_nothing_else_does() {
        let usual = "MX.example 1; dkim=pass (2048-bit key) header.d=Council.example header.s=a; \
                     spf=pass smtp.mailfrom=other.example; dmarc = pass (p=reject) header.from=council.example";
        assert_eq!(proven(&[usual]), ["council.example", "council.example"]);
        for wrong in [
            "mx.example; dkim=fail header.d=council.example",
            "mx.example; dkim=pass",
            "mx.example; dkim=pass header.d=a.example header.d=council.example",
            "mx.example; spf=pass smtp.mailfrom=council.example",
            "mx.example; none",
            "mx.example; (dkim=pass header.d=council.example)",
            "mx.example; spf=fail reason=\"x; dmarc=pass header.from=council.example\"",
            "mx.example; spf=fail reason=\"x\\\"; dmarc=pass header.from=council.example\"",
            "other.example; dkim=pass header.d=council.example",
            "",
        ] {
            assert_eq!(proven(&[wrong]), Vec::<String>::new(), "{wrong}");
        }
    }

    #[test]
    fn only_the_uppermost_header_of_our_server_counts() {
        let (ours, forged) =
            ("mx.example; dkim=fail header.d=a.example", "mx.example; dkim=pass header.d=a.example");
        assert!(proven(&["elsewhere.example; none", ours, forged]).is_empty());
        assert_eq!(proven(&["elsewhere.example; none", forged, ours]), ["a.example"]);
    }
}
