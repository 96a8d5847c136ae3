//! What traffic of a site looks like, as data: a [`SiteProfile`] a file, made into hits by [`model`](super::model).
//!
//! The numbers are ours, chosen to look like what small sites report in public; nothing is measured on real people.

mod blog;
mod large;
mod product;
mod shop;

pub(super) use self::{blog::BLOG, large::LARGE, product::PRODUCT, shop::SHOP};

/// Month and day.
pub(super) type MonthDay = (i8, i8);

/// The traffic of one site.
pub(super) struct SiteProfile {
    /// Pages, most viewed first: views fall with the rank (Zipf).
    pub(super) pages: &'static [Page],
    /// Where visits come from on a usual day.
    pub(super) sources: &'static [Source],
    /// What brings visits beyond the usual ones for some days.
    pub(super) pushes: &'static [Push],
    /// Countries (ISO 3166-1 alpha-2, empty for unknown) by weight.
    pub(super) countries: &'static [(&'static str, u64)],
    /// Where visits go on more often than by chance.
    pub(super) trails: &'static [Trail],
    /// Custom events.
    pub(super) goals: &'static [Goal],
    /// Share of visits from phones, in per mille.
    pub(super) phones_per_mille: u32,
    /// Relative visits of each local hour.
    pub(super) hours: [u64; 24],
    /// Visits of each weekday in percent of the usual, Monday first.
    pub(super) weekdays: [u32; 7],
    /// Visits on a usual day at the beginning and at the end of 13 months.
    pub(super) visits: (u32, u32),
    /// Visits that bounce.
    pub(super) bounces_per_mille: u32,
    /// How often a page is followed by a further one in a visit that does not bounce.
    pub(super) onward_per_mille: u32,
}

/// A page.
pub(super) struct Page {
    /// Decoded path.
    pub(super) path: &'static str,
    /// How much of its views may begin a visit, in percent.
    pub(super) entry_percent: u64,
    /// Mean engaged time in seconds.
    pub(super) reading_s: u64,
}

/// Where visits come from, as the browser would say it; ingestion decides what that means.
pub(super) struct Source {
    /// The referrer; empty for none.
    pub(super) referrer: &'static str,
    /// The query of the page's address, such as `utm_source=…`.
    pub(super) query: &'static str,
    /// Relative visits at the beginning.
    pub(super) weight: u64,
    /// Relative visits at the end.
    pub(super) last_weight: u64,
}

/// Visits beyond the usual ones: a campaign, a mention.
pub(super) struct Push {
    /// When.
    pub(super) window: Window,
    /// Further visits in percent of the usual ones.
    pub(super) extra_percent: u32,
    /// The referrer; empty for none.
    pub(super) referrer: &'static str,
    /// The query of the page's address.
    pub(super) query: &'static str,
    /// The page where these visits begin.
    pub(super) page: &'static str,
}

/// The days of a push.
pub(super) enum Window {
    /// Every year, both days included; not over New Year.
    Yearly(MonthDay, MonthDay),
    /// Every week on one day, Monday is 0.
    Weekly(i8),
    /// Once, so many per mille into the time of growth, fading over four days.
    Once(i64),
}

/// A way from page to page.
pub(super) struct Trail {
    /// The path of the page, or with `/` at its end what its path begins with.
    from: &'static str,
    /// The path of the next page.
    pub(super) to: &'static str,
    /// How often a view is followed by that, if the visit goes on.
    pub(super) per_mille: u32,
}

impl Trail {
    /// Whether it begins at a page.
    pub(super) fn begins_at(&self, path: &str) -> bool {
        path == self.from
            || self.from.ends_with('/') && path.starts_with(self.from) && self.from != "/"
    }
}

/// A custom event that a view of some pages may lead to.
pub(super) struct Goal {
    /// Its name.
    pub(super) name: &'static str,
    /// The beginning of the paths where it happens.
    pub(super) pages: &'static str,
    /// How often a view leads to it.
    pub(super) per_mille: u32,
    /// Properties as canonical JSON, one of which it has; may be empty.
    pub(super) props: &'static [&'static str],
    /// Least and most revenue in cents, and the currency.
    pub(super) revenue: Option<(u64, u64, &'static str)>,
}

/// A page that visits may begin at.
const fn entry(path: &'static str, entry_percent: u64, reading_s: u64) -> Page {
    Page {
        path,
        entry_percent,
        reading_s,
    }
}

/// A page that is reached from others only.
const fn inner(path: &'static str, reading_s: u64) -> Page {
    entry(path, 0, reading_s)
}

/// A referrer whose share stays.
const fn from(referrer: &'static str, weight: u64) -> Source {
    growing(referrer, "", weight, weight)
}

/// A source whose share changes over the time of growth.
const fn growing(
    referrer: &'static str,
    query: &'static str,
    weight: u64,
    last_weight: u64,
) -> Source {
    Source {
        referrer,
        query,
        weight,
        last_weight,
    }
}

/// A way from page to page.
const fn trail(from: &'static str, to: &'static str, per_mille: u32) -> Trail {
    Trail {
        from,
        to,
        per_mille,
    }
}

/// A custom event without revenue.
const fn goal(
    name: &'static str,
    pages: &'static str,
    per_mille: u32,
    props: &'static [&'static str],
) -> Goal {
    Goal {
        name,
        pages,
        per_mille,
        props,
        revenue: None,
    }
}

/// The profile of a domain: each demo site has its own, `large.example` has thousands of pages, every other site looks like a
/// product.
pub(super) fn of_domain(domain: &str) -> &'static SiteProfile {
    match domain {
        "fieldnotes.example" => &BLOG,
        "aurora-coffee.example" => &SHOP,
        "large.example" => &LARGE,
        _ => &PRODUCT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Country;

    #[test]
    fn profiles_name_existing_countries_and_pages_and_hold_json() {
        for profile in [&BLOG, &SHOP, &PRODUCT, &LARGE] {
            for (code, _) in profile.countries {
                assert!(code.is_empty() || Country::find(code).is_some(), "{code}");
            }
            for push in profile.pushes {
                let is_page = profile.pages.iter().any(|page| page.path == push.page);
                assert!(is_page, "{}", push.page);
            }
            for trail in profile.trails {
                let begins = |page: &Page| trail.begins_at(page.path);
                assert!(profile.pages.iter().any(begins), "{}", trail.from);
                let is_page = profile.pages.iter().any(|page| page.path == trail.to);
                assert!(is_page, "{}", trail.to);
            }
            for goal in profile.goals {
                let is_page = |page: &Page| page.path.starts_with(goal.pages);
                assert!(profile.pages.iter().any(is_page), "{}", goal.name);
                for props in goal.props {
                    let value: serde_json::Value = serde_json::from_str(props).expect("JSON");
                    assert_eq!(value.to_string(), *props, "canonical");
                }
            }
        }
    }
}
