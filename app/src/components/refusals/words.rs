//! What each reason for a refusal means and what to do about it.

use trackflow::domain::RefusalReason;

/// A reason in plain words.
pub(super) struct Words {
    /// What the table calls it.
    pub(super) label: &'static str,
    /// What happened, one sentence.
    pub(super) meaning: &'static str,
    /// What to do about it, one sentence.
    pub(super) advice: &'static str,
    /// Whether the site's rules decide it.
    pub(super) leads_to_rules: bool,
}

/// The words of a reason.
pub(super) fn words(reason: RefusalReason) -> Words {
    let (label, meaning, advice) = match reason {
        RefusalReason::Bot => (
            "Bots",
            "Crawlers, monitors and tools, told by their user agent.",
            "Nothing to do, unless a program of your own is among the names below: let it send a browser’s user agent.",
        ),
        RefusalReason::OptedOut => (
            "Asked not to be tracked",
            "The browser sent Do Not Track or Global Privacy Control.",
            "Nothing to do: these people are not counted on purpose.",
        ),
        RefusalReason::SpamReferrer => (
            "Spam referrers",
            "The referrer’s domain is known to advertise itself in statistics.",
            "Nothing to do.",
        ),
        RefusalReason::HostNotAllowed => (
            "Wrong host",
            "The page is on a host that this site does not allow: a copy, a test server, or a host you forgot.",
            "If it is yours, allow it.",
        ),
        RefusalReason::BlockedAddress => (
            "Blocked addresses",
            "A rule of this site keeps the sender’s address out.",
            "Nothing to do while the rule is right.",
        ),
        RefusalReason::BlockedCountry => (
            "Blocked countries",
            "A rule of this site keeps the visitor’s country out.",
            "Nothing to do while the rule is right.",
        ),
        RefusalReason::BlockedPage => (
            "Blocked pages",
            "A rule of this site keeps the page out.",
            "Nothing to do while the rule is right.",
        ),
        RefusalReason::RateLimited => (
            "Too many from one network",
            "One network sent more than people do.",
            "If all visitors come through a proxy, they share its address until the server trusts that proxy.",
        ),
        RefusalReason::SiteRateLimited => (
            "Above the site’s own limit",
            "More events came than this site may have.",
            "If they were visitors, raise the limit.",
        ),
        RefusalReason::EmptyEngagement => (
            "Empty engagement messages",
            "Reports of reading time with neither time nor depth.",
            "Nothing to do: no visitor is missing.",
        ),
        RefusalReason::NoVisit => (
            "Engagement without a visit",
            "Reading time of a page whose visit was over or never counted.",
            "Nothing to do: no visitor is missing.",
        ),
        RefusalReason::UnknownSite => (
            "Unknown site",
            "No site has the domain.",
            "Compare the snippet of your pages with that of this site.",
        ),
        RefusalReason::Invalid => (
            "Malformed events",
            "The message breaks the format; its sender was answered 400 with the field and the reason.",
            "Look at scripts of your own that send events.",
        ),
        RefusalReason::Overloaded => (
            "Server busy",
            "Too many events waited for the disk; their senders were answered 503.",
            "If it happens again, the disk is too slow for this traffic.",
        ),
        RefusalReason::Unavailable => (
            "Database unavailable",
            "Events could not be stored; their senders were answered 503.",
            "The state of the writer and the server’s log say why.",
        ),
    };
    Words {
        label,
        meaning,
        advice,
        leads_to_rules: matches!(
            reason,
            RefusalReason::HostNotAllowed
                | RefusalReason::BlockedAddress
                | RefusalReason::BlockedCountry
                | RefusalReason::BlockedPage
                | RefusalReason::SiteRateLimited
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_whole_sentences_under_a_name_of_its_own() {
        let mut labels = std::collections::HashSet::new();
        for reason in RefusalReason::ALL {
            let words = words(reason);
            assert!(labels.insert(words.label), "{}", words.label);
            for sentence in [words.meaning, words.advice] {
                let begins = sentence.starts_with(|letter: char| letter.is_uppercase());
                assert!(begins && sentence.ends_with('.'), "{sentence}");
            }
        }
    }
}
