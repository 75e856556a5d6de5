//! The return path of a mail: the mailbox of the organisers with a tag that names the notice (VERP), so that whatever
//! comes back tells which mail it is about, also where it quotes nothing of it.

use uuid::Uuid;

use super::ids::NoticeId;

/// Between the mailbox and the notice's id.
const TAG: &str = "+bounce-";

/// The longest local part that an organiser's address may have: the tag and 32 digits must fit beside it into the 64
/// octets of RFC 5321, section 4.5.3.1.1.
pub const MOST_LOCAL: usize = 64 - TAG.len() - 32;

/// Where reports about a notice go: `local+bounce-<id>@domain`, all in the one mailbox (RFC 5233). The id has no
/// hyphens, which saves four of 64 octets.
pub fn return_path(organiser_address: &str, id: NoticeId) -> String {
    let (local, domain) = organiser_address.rsplit_once('@').unwrap_or((organiser_address, ""));
    format!("{local}{TAG}{}@{domain}", id.uuid().simple())
}

/// The notice that an address is the return path of; none for every other address. Case does not matter: some servers
/// change it on the way.
pub fn notice_of(address: &str, organiser_address: &str) -> Option<NoticeId> {
    let (address, organiser) = (address.trim().to_ascii_lowercase(), organiser_address.to_ascii_lowercase());
    let (local, domain) = organiser.rsplit_once('@')?;
    let (tagged, at) = address.rsplit_once('@')?;
    let id = tagged.strip_prefix(local)?.strip_prefix(TAG).filter(|_| at == domain)?;
    Uuid::try_parse(id).ok().map(NoticeId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "library-swap@swap.example";

    fn id() -> NoticeId {
        "01935f6e-7c2b-7aaa-8bbb-0123456789ab".parse().expect("an id")
    }

    #[test]
    fn a_return_path_leads_back_to_its_notice_in_whatever_case_it_comes() {
        let path = return_path(OURS, id());
        assert_eq!(path, "library-swap+bounce-01935f6e7c2b7aaa8bbb0123456789ab@swap.example");
        assert_eq!(notice_of(&path, OURS), Some(id()));
        assert_eq!(
            notice_of(&format!(" {}\r\n", path.to_uppercase()), "Library-Swap@Swap.Example"),
            Some(id())
        );
        let hyphenated = format!("library-swap+bounce-{}@swap.example", id());
        assert_eq!(notice_of(&hyphenated, OURS), Some(id()));
        let longest = format!("{}@swap.example", "l".repeat(MOST_LOCAL));
        assert_eq!(return_path(&longest, id()).find('@'), Some(64));
    }

    #[test]
    fn any_other_address_is_no_return_path() {
        for other in [
            "",
            "@",
            OURS,
            "library-swap+bounce-@swap.example",
            "library-swap+bounce-x@swap.example",
            "library-swap+01935f6e7c2b7aaa8bbb0123456789ab@swap.example",
            "library-swap+bounce-01935f6e7c2b7aaa8bbb0123456789ab@other.example",
            "library-swap+bounce-01935f6e7c2b7aaa8bbb0123456789ab",
            "other+bounce-01935f6e7c2b7aaa8bbb0123456789ab@swap.example",
            "library-swap+bounce-01935f6e7c2b7aaa8bbb0123456789ab+x@swap.example",
        ] {
            assert_eq!(notice_of(other, OURS), None, "{other:?}");
        }
    }
}
