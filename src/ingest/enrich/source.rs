//! Who sent a visitor, and in which channel that counts.

use super::campaign::Campaign;
use crate::domain::Channel;

/// Who sent a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A known name, or the referrer's host; empty: nobody.
    pub name: String,
    /// Its class.
    pub channel: Channel,
    /// The referring page without scheme, `www.` and query; empty if there is none or it is one of our own.
    pub referrer: String,
}

impl Source {
    /// Decides on source and channel. `own_hosts` are the hosts that count as inside, with their subdomains.
    #[must_use]
    pub fn of(_referrer: Option<&str>, _own_hosts: &[&str], _campaign: &Campaign) -> Self {
        Self {
            name: String::new(),
            channel: Channel::Direct,
            referrer: String::new(),
        }
    }
}
