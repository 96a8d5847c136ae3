//! Web vitals of made-up page views: slower on phones and on some pages.

use jiff::tz::TimeZone;

use super::random::Random;
use crate::{
    domain::VitalValues,
    ingest::EnrichedHit,
    services::vitals_service::{NewVitals, day_of},
};

/// Page views whose browsers tell what they measured.
const MEASURED_PER_MILLE: u32 = 300;
const INTERACTED_PER_MILLE: u32 = 700;

/// What is measured of a hit; the same each time. `None` of most, and of all that is no page view.
pub(super) fn of(hit: &EnrichedHit, zone: &TimeZone, seed: u64) -> Option<NewVitals> {
    let mut random = Random::new(seed, "vitals", hit.at.0);
    if !hit.is_pageview() || !random.happens(MEASURED_PER_MILLE) {
        return None;
    }
    let device_percent = match hit.device.as_str() {
        "Mobile" => 150,
        "Tablet" => 120,
        _ => 100,
    };
    let page_percent = 70 + Random::new(seed, &hit.page, 0).below(80);
    let mut draw = |median: u64| random.log_normal(median * device_percent * page_percent / 10_000);
    let ttfb = draw(140);
    let fcp = ttfb + draw(380);
    let lcp = fcp + draw(320);
    let (inp, shift) = (draw(60), draw(250));
    // Other engines do not tell layout shifts.
    let is_chromium = matches!(
        hit.browser.as_str(),
        "Chrome" | "Edge" | "Opera" | "Samsung Internet"
    );
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let number = |value: u64| value as f64;
    Some(NewVitals {
        site_id: hit.site_id,
        day: day_of(hit.at, zone),
        page: hit.page.clone(),
        country: hit.country.clone(),
        device: hit.device.clone(),
        values: VitalValues([
            Some(number(lcp)),
            random.happens(INTERACTED_PER_MILLE).then(|| number(inp)),
            is_chromium.then(|| number(shift) / 10_000.0),
            Some(number(fcp)),
            Some(number(ttfb)),
        ]),
    })
}
