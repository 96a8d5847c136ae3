//! Who sent a visitor, and in which channel that counts.
//!
//! Comes in: the referrer and the [`Campaign`]. Goes out: a [`Source`]. The known hosts and names stand in
//! `data/sources.tsv`, see [`known`](self::known).

mod known;
#[cfg(test)]
mod tests;

use url::Url;

use self::known::{Class, Known};
use super::campaign::Campaign;
use crate::{
    domain::Channel,
    ingest::text::{cut, percent_decoded, without_control, without_emails},
};

const REFERRER_LIMIT_BYTES: usize = 2000;
const NAME_LIMIT_BYTES: usize = 253;

/// Media that are paid for, beside everything that begins with `paid`.
const PAID_MEDIA: [&str; 16] = [
    "ad",
    "ads",
    "banner",
    "cpa",
    "cpc",
    "cpm",
    "cpv",
    "display",
    "interstitial",
    "ppc",
    "remarketing",
    "retargeting",
    "sem",
    "sponsored",
    "sponsorship",
    "video_ad",
];
const EMAIL_MEDIA: [&str; 5] = ["email", "e-mail", "e_mail", "mail", "newsletter"];
const SOCIAL_MEDIA: [&str; 6] = [
    "social",
    "social-media",
    "social_media",
    "social media",
    "social-network",
    "sm",
];

/// Who sent a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A known name, or what the link calls itself, or the referrer's host; empty: nobody.
    pub name: String,
    /// How that counts.
    pub channel: Channel,
    /// The referring page without scheme, `www.` and query; empty if there is none or it is one of our own.
    pub referrer: String,
}

impl Source {
    /// Decides on source and channel. `own_hosts` are those that count as inside, with their subdomains.
    ///
    /// What the link says of itself (`utm_source`, `source`, `ref`) goes before the referrer, and that before a click id:
    /// a link in a newsletter is read in a web mailer.
    #[must_use]
    pub fn of(referrer: Option<&str>, own_hosts: &[&str], campaign: &Campaign) -> Self {
        let referrer = referrer.and_then(|text| Referrer::parse(text, own_hosts));
        let of_tag = Known::by_tag(&campaign.tagged_source);
        let of_referrer = referrer
            .as_ref()
            .and_then(|referrer| Known::by_host(&referrer.host));
        let of_click_id = campaign
            .click_id
            .and_then(|click_id| Known::by_tag(click_id.source()));

        let (name, known) = if !campaign.tagged_source.is_empty() {
            let known_name = of_tag.map(|known| known.name);
            let name = known_name.unwrap_or(&campaign.tagged_source);
            // A name of the owner's own says nothing about the class; the referrer may.
            (name, of_tag.or(of_referrer))
        } else if let Some(referrer) = &referrer {
            let known_name = of_referrer.map(|known| known.name);
            (known_name.unwrap_or(&referrer.host), of_referrer)
        } else {
            (of_click_id.map_or("", |known| known.name), of_click_id)
        };
        Self {
            channel: channel(!name.is_empty(), known.map(|known| known.class), campaign),
            name: name.to_owned(),
            referrer: referrer.map(|referrer| referrer.page).unwrap_or_default(),
        }
    }
}

/// The channel of a visit; the first rule that applies.
///
/// | rule | channel |
/// |---|---|
/// | `utm_medium` is a paid one (`cpc`, `ppc`, `paid…`, `display`, …), or an advertiser's click id (`gclid`, `gbraid`, `wbraid`, `msclkid`, `twclid`), or the source is an advertising network | Paid |
/// | `utm_medium` is `email` or `newsletter`, or the source is a mail program | Email |
/// | the source is an AI assistant | AI assistant |
/// | the source is a search engine | Search |
/// | the source is a social network; a bare `fbclid` makes Facebook the source | Social |
/// | `utm_medium` is `social` | Social |
/// | `utm_medium` is `organic` | Search |
/// | there is a source or any campaign tag | Referral |
/// | nothing of all this | Direct |
fn channel(has_source: bool, class: Option<Class>, campaign: &Campaign) -> Channel {
    let medium = campaign.medium.to_lowercase();
    let medium = medium.as_str();
    let is_paid_click = campaign.click_id.is_some_and(|click_id| click_id.is_paid());
    let is_paid_medium = PAID_MEDIA.contains(&medium) || medium.starts_with("paid");
    if is_paid_medium || is_paid_click || class == Some(Class::Ad) {
        Channel::Paid
    } else if EMAIL_MEDIA.contains(&medium) || class == Some(Class::Email) {
        Channel::Email
    } else if class == Some(Class::Ai) {
        Channel::AiAssistant
    } else if class == Some(Class::Search) {
        Channel::Search
    } else if class == Some(Class::Social) || SOCIAL_MEDIA.contains(&medium) {
        Channel::Social
    } else if medium == "organic" {
        Channel::Search
    } else if has_source || !campaign.is_empty() {
        Channel::Referral
    } else {
        Channel::Direct
    }
}

/// A page of another site.
struct Referrer {
    /// Lower case, without `www.`; of an app its id.
    host: String,
    /// Host and path.
    page: String,
}

impl Referrer {
    /// `None` for our own pages and for what is no page: other schemes than `http`, `https` and `android-app`.
    fn parse(text: &str, own_hosts: &[&str]) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if !matches!(url.scheme(), "http" | "https" | "android-app") {
            return None;
        }
        let host = url.host_str()?.to_lowercase();
        let host = host.trim_end_matches('.');
        let host = cut(host.strip_prefix("www.").unwrap_or(host), NAME_LIMIT_BYTES);
        let is_own = own_hosts.iter().any(|own| is_within(host, own));
        if host.is_empty() || is_own {
            return None;
        }
        let path = percent_decoded(url.path());
        let path = without_control(&path);
        let page = format!(
            "{host}{}",
            without_emails(path.trim_end_matches('/').trim_end())
        );
        Some(Self {
            host: host.to_owned(),
            page: cut(&page, REFERRER_LIMIT_BYTES).to_owned(),
        })
    }
}

/// Whether `host` is `domain` or below it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
