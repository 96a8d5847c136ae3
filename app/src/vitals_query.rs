//! The address of a page of web vitals and back.

use trackflow::domain::{Dimension, Period, VitalsQuery};

use crate::query::{DashboardAddress, find_value, format_pairs, parse_pairs};

/// What the address of a page of web vitals says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VitalsAddress {
    /// The question.
    pub query: VitalsQuery,
}

impl VitalsAddress {
    /// Reads the raw query of a request, with a sentence per parameter that cannot be used. Unknown parameters are ignored.
    #[must_use]
    pub fn parse(raw: &str) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let [period, from, to, by] =
            ["period", "from", "to", "by"].map(|name| find_value(raw, name));
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let period = Period::parse(
            some(&period).as_deref(),
            some(&from).as_deref(),
            some(&to).as_deref(),
        );
        let period = period.unwrap_or_else(|error| {
            problems.push(error.to_string());
            Period::default()
        });
        let dimensions = VitalsQuery::DIMENSIONS.into_iter();
        let known = dimensions.clone().find(|known| known.key() == by);
        if known.is_none() && !by.is_empty() {
            let allowed: Vec<_> = dimensions.map(Dimension::key).collect();
            problems.push(format!("`by` must be one of {}", allowed.join(", ")));
        }
        // An empty value is one too: unknown.
        let pairs = parse_pairs(raw);
        let filter = |dimension: Dimension| {
            let pair = pairs.iter().rfind(|(name, _)| name == dimension.key());
            pair.map(|(_, value)| value.clone())
        };
        let query = VitalsQuery {
            period,
            by: known.unwrap_or(Dimension::Page),
            page: filter(Dimension::Page),
            country: filter(Dimension::Country),
            device: filter(Dimension::Device),
        };
        (Self { query }, problems)
    }

    /// The parameters that differ from the defaults, but for the period.
    #[must_use]
    pub fn pairs_beside_period(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if self.query.by != Dimension::Page {
            pairs.push(("by", self.query.by.key().to_owned()));
        }
        for dimension in VitalsQuery::DIMENSIONS {
            if let Some(value) = self.query.filter(dimension) {
                pairs.push((dimension.key(), value.to_owned()));
            }
        }
        pairs
    }

    /// The period as the picker takes it.
    #[must_use]
    pub fn dashboard(&self) -> DashboardAddress {
        DashboardAddress::default().with_period(self.query.period)
    }

    /// The query string with its question mark.
    #[must_use]
    pub fn link(&self) -> String {
        let mut pairs = self.dashboard().pairs();
        pairs.extend(self.pairs_beside_period());
        format_pairs(&pairs)
    }

    /// The same view by another dimension.
    #[must_use]
    pub fn by(&self, dimension: Dimension) -> Self {
        let mut next = self.clone();
        next.query.by = dimension;
        next
    }

    /// The same view of one value of a dimension, or of all.
    #[must_use]
    pub fn with_filter(&self, dimension: Dimension, value: Option<String>) -> Self {
        let mut next = self.clone();
        match dimension {
            Dimension::Page => next.query.page = value,
            Dimension::Country => next.query.country = value,
            _ => next.query.device = value,
        }
        next
    }

    /// The same view of the period that is the likeliest to have something.
    #[must_use]
    pub fn with_period(&self, period: Period) -> Self {
        let mut next = self.clone();
        next.query.period = period;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_address() {
        for link in [
            "?",
            "?period=7d&by=country",
            "?period=custom&from=2026-11-01&to=2026-11-24&by=device&page=/a%26b&country=&device=Mobile",
        ] {
            let (address, problems) = VitalsAddress::parse(&link[1..]);
            assert_eq!(problems, Vec::<String>::new());
            assert_eq!(address.link(), link);
        }
    }

    #[test]
    fn wrong_values_say_what_is_allowed_and_leave_the_rest() {
        let (address, problems) = VitalsAddress::parse("period=x&by=browser&page=/a");
        assert_eq!(address.link(), "?page=/a");
        assert!(problems[0].contains("`period` must be one of today"));
        assert_eq!(problems[1], "`by` must be one of page, country, device");
    }

    #[test]
    fn links_change_one_thing() {
        let (address, _) = VitalsAddress::parse("period=7d&page=/a");
        assert_eq!(
            address.by(Dimension::Device).link(),
            "?period=7d&by=device&page=/a"
        );
        let narrowed = address.with_filter(Dimension::Country, Some("DE".into()));
        assert_eq!(narrowed.link(), "?period=7d&page=/a&country=DE");
        assert_eq!(
            narrowed.with_filter(Dimension::Page, None).link(),
            "?period=7d&country=DE"
        );
        assert_eq!(address.with_period(Period::Days28).link(), "?page=/a");
    }
}
