//! The address of a page of journeys and back: that of the dashboard plus where they begin, which way they go and how far.

use trackflow::domain::{JourneyDirection, JourneyQuery};

use crate::query::{DashboardAddress, find_value, format_pairs};

/// What the address of a page of journeys says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct JourneyAddress {
    /// The dashboard's part.
    pub dashboard: DashboardAddress,
    /// Which journeys.
    pub query: JourneyQuery,
}

impl JourneyAddress {
    /// Reads the raw query of a request, with a sentence per parameter that cannot be used. Unknown parameters are ignored.
    #[must_use]
    pub fn parse(raw: &str) -> (Self, Vec<String>) {
        let parsed = DashboardAddress::parse(raw);
        let mut problems = parsed.problems;
        let mut query = JourneyQuery::default();
        let [page, direction, steps] = ["page", "direction", "steps"].map(|name| {
            let value = find_value(raw, name);
            value.trim().to_owned()
        });
        query.page = (!page.is_empty()).then_some(page);
        if !direction.is_empty() {
            match JourneyDirection::from_key(&direction) {
                Some(direction) => query.direction = direction,
                None => {
                    let allowed = JourneyDirection::ALL.map(JourneyDirection::key);
                    problems.push(format!("`direction` must be one of {}", allowed.join(", ")));
                }
            }
        }
        if !steps.is_empty() {
            let (least, most) = (JourneyQuery::STEP_MIN, JourneyQuery::STEP_LIMIT);
            let number = steps.parse().ok();
            match number.filter(|number| (least..=most).contains(number)) {
                Some(number) => query.steps = number,
                None => problems.push(format!("`steps` must be a number from {least} to {most}")),
            }
        }
        let address = Self {
            dashboard: parsed.address,
            query,
        };
        (address, problems)
    }

    /// The journeys that differ from the default ones.
    #[must_use]
    pub fn own_pairs(&self) -> Vec<(&'static str, String)> {
        let JourneyQuery {
            page,
            direction,
            steps,
        } = &self.query;
        let mut pairs = Vec::new();
        pairs.extend(page.clone().map(|page| ("page", page)));
        if *direction != JourneyDirection::default() {
            pairs.push(("direction", direction.key().to_owned()));
        }
        if *steps != JourneyQuery::STEPS {
            pairs.push(("steps", steps.to_string()));
        }
        pairs
    }

    /// The dashboard's part, whose links lead to other views of these journeys.
    #[must_use]
    pub fn carried(&self) -> DashboardAddress {
        self.dashboard.carrying(self.own_pairs())
    }

    /// The query string with its question mark.
    #[must_use]
    pub fn link(&self) -> String {
        format_pairs(&self.carried().pairs())
    }

    /// The same view of the journeys that begin, or end, at a page, or at any.
    #[must_use]
    pub fn of_page(&self, page: Option<&str>) -> Self {
        let mut next = self.clone();
        next.query.page = page.map(str::to_owned);
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
            "?period=7d&filter=country:is:DE&page=/a%26b&direction=back&steps=6",
            "?segment=1&page=/pricing",
        ] {
            let (address, problems) = JourneyAddress::parse(&link[1..]);
            assert_eq!(problems, Vec::<String>::new());
            assert_eq!(address.link(), link);
        }
    }

    #[test]
    fn wrong_values_say_what_is_allowed_and_leave_the_rest() {
        let raw = "period=x&direction=up&steps=7&page=/a";
        let (address, problems) = JourneyAddress::parse(raw);
        assert_eq!(address.link(), "?page=/a");
        assert_eq!(problems[1], "`direction` must be one of forward, back");
        assert_eq!(problems[2], "`steps` must be a number from 2 to 6");
    }

    #[test]
    fn links_of_the_dashboards_part_keep_the_journeys() {
        let (address, _) = JourneyAddress::parse("period=7d&page=/a&steps=3");
        let without = address.carried().without_filters();
        assert_eq!(without.link(), "?period=7d&page=/a&steps=3");
        assert_eq!(address.dashboard.link(), "?period=7d");
        assert_eq!(address.of_page(None).link(), "?period=7d&steps=3");
        let other = address.of_page(Some("/b"));
        assert_eq!(other.link(), "?period=7d&page=/b&steps=3");
    }
}
