//! How a visit was acquired, in the coarse classes that owners think in.

use serde::{Deserialize, Serialize};

/// The channel of a visit, decided once at ingestion from referrer, campaign tags and click ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// No referrer and no campaign.
    Direct,
    /// A search engine, unpaid.
    Search,
    /// A social network, unpaid.
    Social,
    /// A mail program, or a campaign whose medium is e-mail.
    Email,
    /// An AI assistant's answer.
    AiAssistant,
    /// An advertisement: a paid medium or an advertiser's click id.
    Paid,
    /// Any other site.
    Referral,
}

impl Channel {
    /// All channels, in the order in which menus list them.
    pub const ALL: [Self; 7] = [
        Self::Direct,
        Self::Search,
        Self::Social,
        Self::Email,
        Self::AiAssistant,
        Self::Paid,
        Self::Referral,
    ];

    /// The name that is stored, shown and used in filters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "Direct",
            Self::Search => "Search",
            Self::Social => "Social",
            Self::Email => "Email",
            Self::AiAssistant => "AI assistant",
            Self::Paid => "Paid",
            Self::Referral => "Referral",
        }
    }
}
