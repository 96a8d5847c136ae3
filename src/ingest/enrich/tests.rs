//! The whole station: what a hit becomes, and that nothing of the person is left in it.

use super::*;
use crate::{
    domain::{Site, VisitorId},
    ingest::{beacon::Beacon, client::ClientIp, gate, sites::KnownSite},
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
const VISITOR: Visitor = Visitor {
    id: VisitorId(42),
    previous: None,
};

fn enriched(body: &str) -> EnrichedHit {
    let site = Site {
        id: SiteId(7),
        domain: "example.org".to_owned(),
        name: "Example".to_owned(),
        time_zone: "UTC".to_owned(),
        created_at: Timestamp(0),
        is_public: false,
    };
    let client = Client {
        ip: ClientIp::new("203.0.113.77".parse().unwrap()),
        user_agent: FIREFOX,
        country_header: Some("DE"),
        language_header: Some("gsw-CH,de;q=0.9"),
        has_opted_out: false,
    };
    let enricher = Enricher::new(None).unwrap();
    let site = KnownSite::new(site, &[], None, std::time::Instant::now());
    let beacon = Beacon::parse(body.as_bytes()).unwrap();
    let hit = gate::admit(beacon, &client, Some(&site), |client| {
        enricher.country_of(client)
    })
    .unwrap();
    enricher.enrich(hit, &client, VISITOR, Timestamp(1_000))
}

#[test]
fn a_pageview_becomes_what_is_counted() {
    let hit = enriched(
        r#"{"n":"pageview","u":"https://www.example.org/a%20b?utm_source=hn&utm_medium=social&x=1#top","r":"https://news.ycombinator.com/item?id=1","p":{"b":"2","a":1},"t":"A\tB\n of jane@example.org","w":1280,"l":"pt-br"}"#,
    );
    let expected = EnrichedHit {
        site_id: SiteId(7),
        at: Timestamp(1_000),
        key: None,
        visitor: VISITOR,
        name: "pageview".to_owned(),
        hostname: "example.org".to_owned(),
        page: "/a b".to_owned(),
        title: "A B of [email]".to_owned(),
        source: "Hacker News".to_owned(),
        channel: Channel::Social,
        referrer: "news.ycombinator.com/item".to_owned(),
        utm_source: "hn".to_owned(),
        utm_medium: "social".to_owned(),
        utm_campaign: String::new(),
        utm_content: String::new(),
        utm_term: String::new(),
        country: "DE".to_owned(),
        region: String::new(),
        city: String::new(),
        browser: "Firefox".to_owned(),
        browser_version: "143".to_owned(),
        system: "Linux".to_owned(),
        system_version: String::new(),
        device: "Desktop".to_owned(),
        screen: "992-1439 px",
        language: "pt-BR".to_owned(),
        engaged_ms: None,
        scroll_depth: None,
        is_interactive: true,
        props: Some(r#"{"a":"1","b":"2"}"#.to_owned()),
        revenue: None,
    };
    assert_eq!(hit, expected);
    assert!(hit.is_pageview() && !hit.is_engagement());
}

#[test]
fn engagement_and_custom_events_keep_what_is_theirs() {
    let hit = enriched(r#"{"n":"engagement","u":"https://example.org/","e":1500,"sd":80}"#);
    assert_eq!((hit.engaged_ms, hit.scroll_depth), (Some(1500), Some(80)));
    assert!(hit.is_engagement() && !hit.is_pageview());

    let hit = enriched(
        r#"{"n":"Buy","u":"https://example.org/","i":false,"$":{"amount":9.5,"currency":"EUR"}}"#,
    );
    assert!(!hit.is_interactive && !hit.is_pageview() && !hit.is_engagement());
    assert_eq!(hit.revenue.map(|revenue| revenue.amount), Some(9.5));
}

#[test]
fn only_pageviews_have_a_title_and_the_header_stands_in_for_the_language() {
    let hit = enriched(r#"{"n":"pageview","u":"https://example.org/","t":" ","l":5,"w":"wide"}"#);
    assert_eq!((hit.title.as_str(), hit.screen), ("", ""));
    assert_eq!(hit.language, "gsw-CH");
    for name in ["Buy", "engagement"] {
        let body = format!(r#"{{"n":"{name}","u":"https://example.org/","t":"A","l":"de","e":1}}"#);
        let hit = enriched(&body);
        assert_eq!((hit.title.as_str(), hit.language.as_str()), ("", "de"));
    }
}

#[test]
fn nothing_that_identifies_is_left() {
    let hit = enriched(
        r#"{"n":"Login","u":"https://jane:canary@example.org/u/jane.canary@x.test?email=canary@x.test&gclid=canary#canary","r":"https://canary@r.net/x?token=canary#canary","p":{"mail":"canary@x.test"},"l":"de-canary","w":1237}"#,
    );
    let printed = format!("{hit:?}").to_lowercase();
    for secret in ["canary", "203.0.113", "gecko", "rv:143", "1237"] {
        assert!(!printed.contains(secret), "{secret} is left in {printed}");
    }
}
