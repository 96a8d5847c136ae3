//! What the query of a page says about how the visitor got there. Only known keys are read; the query itself is dropped.

use url::Url;

use crate::ingest::text::{cut, without_control, without_emails};

const VALUE_LIMIT_BYTES: usize = 500;

/// Click ids and who appends them. Their values are unique to a person's click and are never kept.
///
/// `fbclid` is missing from the paid ones: Facebook appends it to unpaid links as well.
const CLICK_IDS: [(&str, ClickId); 6] = [
    ("gclid", ClickId::Google),
    ("gbraid", ClickId::Google),
    ("wbraid", ClickId::Google),
    ("msclkid", ClickId::Bing),
    ("twclid", ClickId::X),
    ("fbclid", ClickId::Facebook),
];

/// Whose click id a query carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickId {
    /// `gclid`, `gbraid` or `wbraid`: an advertisement on Google.
    Google,
    /// `msclkid`: an advertisement on Bing.
    Bing,
    /// `twclid`: an advertisement on X.
    X,
    /// `fbclid`: any link on Facebook or Instagram.
    Facebook,
}

impl ClickId {
    /// Whether only advertisements carry it.
    #[must_use]
    pub fn is_paid(self) -> bool {
        self != Self::Facebook
    }

    /// The source it stands for if nothing else names one.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Bing => "Bing",
            Self::X => "X",
            Self::Facebook => "Facebook",
        }
    }
}

/// Campaign tags; empty means absent. At most 500 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// `utm_source`.
    pub source: String,
    /// `utm_medium`.
    pub medium: String,
    /// `utm_campaign`.
    pub campaign: String,
    /// `utm_content`.
    pub content: String,
    /// `utm_term`.
    pub term: String,
    /// The first of `utm_source`, `source` and `ref` that says something: who sends the visitor, in the link's own words.
    pub tagged_source: String,
    /// The click id, if there is one.
    pub click_id: Option<ClickId>,
}

impl Campaign {
    /// Reads a page's query. Of a repeated key the first counts that is not empty; keys are taken as lower case.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let mut campaign = Self::default();
        let (mut source, mut reference) = (String::new(), String::new());
        for (key, value) in url.query_pairs() {
            let key = key.to_ascii_lowercase();
            let place = match key.as_str() {
                "utm_source" => &mut campaign.source,
                "utm_medium" => &mut campaign.medium,
                "utm_campaign" => &mut campaign.campaign,
                "utm_content" => &mut campaign.content,
                "utm_term" => &mut campaign.term,
                "source" => &mut source,
                "ref" => &mut reference,
                _ => {
                    let click_id = CLICK_IDS.iter().find(|(name, _)| *name == key);
                    campaign.click_id = campaign
                        .click_id
                        .or(click_id.map(|(_, click_id)| *click_id));
                    continue;
                }
            };
            if place.is_empty() {
                *place = fit(&value);
            }
        }
        campaign.tagged_source = [campaign.source.clone(), source, reference]
            .into_iter()
            .find(|tag| !tag.is_empty())
            .unwrap_or_default();
        campaign
    }

    /// Whether the link says anything about itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn fit(value: &str) -> String {
    let clean = without_control(value);
    cut(&without_emails(clean.trim()), VALUE_LIMIT_BYTES)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign(query: &str) -> Campaign {
        Campaign::of(&format!("https://example.org/?{query}").parse().unwrap())
    }

    #[test]
    fn all_five_tags_are_read_and_decoded() {
        let campaign = campaign(
            "utm_source=news+letter&utm_medium=email&UTM_Campaign=Sp%C3%A4t&utm_content=c&utm_term=t&x=1",
        );
        assert_eq!(campaign.source, "news letter");
        assert_eq!(campaign.medium, "email");
        assert_eq!(campaign.campaign, "Spät");
        assert_eq!(campaign.content, "c");
        assert_eq!(campaign.term, "t");
        assert_eq!(campaign.tagged_source, "news letter");
        assert_eq!(campaign.click_id, None);
    }

    #[test]
    fn the_tagged_source_is_the_first_of_three_keys_that_says_something() {
        for (query, tagged_source, utm_source) in [
            ("utm_source=a&source=b&ref=c", "a", "a"),
            ("ref=c&source=b", "b", ""),
            ("utm_source=&ref=c", "c", ""),
            ("ref=%20", "", ""),
            ("utm_source=&utm_source=b", "b", "b"),
        ] {
            let campaign = campaign(query);
            assert_eq!(campaign.tagged_source, tagged_source, "{query}");
            assert_eq!(campaign.source, utm_source, "{query}");
        }
    }

    #[test]
    fn of_a_click_id_only_its_owner_is_kept() {
        for (query, expected) in [
            ("gclid=secret", Some(ClickId::Google)),
            ("wbraid=secret", Some(ClickId::Google)),
            ("msclkid=secret", Some(ClickId::Bing)),
            ("twclid=secret", Some(ClickId::X)),
            ("fbclid=secret", Some(ClickId::Facebook)),
            ("yclid=secret", None),
        ] {
            let campaign = campaign(query);
            assert_eq!(campaign.click_id, expected, "{query}");
            assert!(!format!("{campaign:?}").contains("secret"));
        }
    }

    #[test]
    fn values_are_cut_and_cleaned() {
        assert_eq!(
            campaign(&format!("utm_term={}", "é".repeat(400)))
                .term
                .len(),
            500
        );
        assert_eq!(campaign("utm_term=a%00b%1b").term, "ab");
        assert_eq!(
            campaign("utm_term=for+jane@example.org").term,
            "for [email]"
        );
        assert!(campaign("x=1").is_empty());
    }
}
