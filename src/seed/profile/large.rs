//! A large site, to measure with: what the product's site is like, but with thousands of pages and hundreds of referrers.

use std::sync::LazyLock;

use super::{PRODUCT, Page, SiteProfile, Source, entry, from};

/// Pages in all.
const PAGES: usize = 5_000;
/// Referrers beside the product's.
const LINKING_SITES: u64 = 180;

pub(in crate::seed) static LARGE: LazyLock<SiteProfile> = LazyLock::new(|| SiteProfile {
    pages: pages(),
    sources: sources(),
    // Figures of measurements stay comparable.
    trails: &[],
    ..PRODUCT
});

/// The product's pages, which remain the most viewed, and further chapters.
fn pages() -> &'static [Page] {
    let first = PRODUCT.pages.iter();
    let mut pages: Vec<Page> = first
        .map(|page| entry(page.path, page.entry_percent, page.reading_s))
        .collect();
    let sections = ["guides", "reference", "recipes", "api", "answers"];
    pages.extend((pages.len()..PAGES).map(|number| {
        let section = sections[number % sections.len()];
        // Once a process: profiles are static.
        entry(format!("/docs/{section}/chapter-{number}").leak(), 90, 90)
    }));
    pages.leak()
}

fn sources() -> &'static [Source] {
    let first = PRODUCT.sources.iter();
    let mut sources: Vec<Source> = first.map(|source| Source { ..*source }).collect();
    sources.extend((1..=LINKING_SITES).map(|number| {
        let weight = (60 / number).max(1);
        from(
            format!("https://site-{number}.example/links").leak(),
            weight,
        )
    }));
    sources.leak()
}
