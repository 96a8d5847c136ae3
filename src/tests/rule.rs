//! Rules of sites on both databases, and that ingestion follows them.

use std::time::{Duration, Instant};

use super::builders::{a_site, at};
use crate::{
    db::Db,
    domain::{NewSite, Principal, Role, RuleKind, Site, SiteId, UserId},
    ingest::{Client, ClientIp, DropReason, Ingest, IngestError, IngestSettings, Outcome},
    services::{ServiceError, rule_service, site_service},
    tests::rows_with_site_id,
};
use RuleKind::{AllowedHost, BlockedAddress, BlockedPage, RateLimit};

db_tests!(
    rules_are_listed_by_kind_and_value_in_the_form_in_which_they_are_compared,
    a_rule_is_there_once_and_a_new_rate_limit_replaces_the_old_one,
    a_removed_rule_is_gone_however_its_value_is_written,
    a_site_has_at_most_500_rules,
    viewers_read_rules_and_change_none,
    rules_end_with_their_site,
    a_running_ingestion_follows_a_new_rule_and_its_removal,
);

const SYSTEM: Principal = Principal::System;

async fn add(db: &Db, site: &Site, kind: RuleKind, value: &str) -> Result<String, ServiceError> {
    rule_service::create(db, &SYSTEM, site.id, kind, value, at("12:00"))
        .await
        .map(|rule| rule.value)
}

async fn listed(db: &Db, site: &Site) -> Vec<(RuleKind, String)> {
    let rules = rule_service::find_all(db, &SYSTEM, site.id).await.unwrap();
    assert!(rules.iter().all(|rule| rule.created_at == at("12:00")));
    let by_site = rule_service::find_all_by_site(db, &SYSTEM).await.unwrap();
    let of_site = by_site.get(&site.id).map_or(0, Vec::len);
    assert_eq!(rules.len(), of_site);
    let pairs = rules.into_iter().map(|rule| (rule.kind, rule.value));
    pairs.collect()
}

async fn rules_are_listed_by_kind_and_value_in_the_form_in_which_they_are_compared(db: Db) {
    let site = a_site(&db, "UTC").await;
    assert_eq!(listed(&db, &site).await, []);
    for (kind, value) in [
        (RateLimit, "20"),
        (BlockedPage, "/b"),
        (BlockedPage, "/Z"),
        (BlockedPage, "/a"),
        (AllowedHost, "https://www.Example.com/"),
        (AllowedHost, "*.example.com"),
    ] {
        add(&db, &site, kind, value).await.unwrap();
    }
    let expected = [
        (AllowedHost, "*.example.com"),
        (AllowedHost, "example.com"),
        (BlockedPage, "/Z"),
        (BlockedPage, "/a"),
        (BlockedPage, "/b"),
        (RateLimit, "20"),
    ];
    let expected = expected.map(|(kind, value)| (kind, value.to_owned()));
    assert_eq!(listed(&db, &site).await, expected);
}

async fn a_rule_is_there_once_and_a_new_rate_limit_replaces_the_old_one(db: Db) {
    let site = a_site(&db, "UTC").await;
    add(&db, &site, BlockedAddress, "203.0.113.0/24")
        .await
        .unwrap();
    let again = add(&db, &site, BlockedAddress, "203.0.113.9/24").await;
    assert!(matches!(again, Err(ServiceError::Conflict(_))), "{again:?}");
    let wrong = add(&db, &site, BlockedAddress, "203.0.113.0/33").await;
    assert!(
        matches!(wrong, Err(ServiceError::Invalid { field: "value", .. })),
        "{wrong:?}"
    );
    for rate in ["20", "30", "30"] {
        add(&db, &site, RateLimit, rate).await.unwrap();
    }
    let expected = [
        (BlockedAddress, "203.0.113.0/24".to_owned()),
        (RateLimit, "30".to_owned()),
    ];
    assert_eq!(listed(&db, &site).await, expected);

    let nowhere =
        rule_service::create(&db, &SYSTEM, SiteId(999), RateLimit, "1", at("12:00")).await;
    assert!(
        matches!(nowhere, Err(ServiceError::NotFound("site"))),
        "{nowhere:?}"
    );
}

async fn a_removed_rule_is_gone_however_its_value_is_written(db: Db) {
    let site = a_site(&db, "UTC").await;
    add(&db, &site, AllowedHost, "example.com").await.unwrap();
    add(&db, &site, AllowedHost, "example.org").await.unwrap();
    let remove =
        async |value| rule_service::delete(&db, &SYSTEM, site.id, AllowedHost, value).await;
    remove("WWW.example.com").await.unwrap();
    for absent in ["example.com", "no host at all", ""] {
        let error = remove(absent).await;
        assert!(
            matches!(error, Err(ServiceError::NotFound("rule"))),
            "{error:?}"
        );
    }
    let of_another_kind =
        rule_service::delete(&db, &SYSTEM, site.id, BlockedPage, "example.org").await;
    assert!(matches!(
        of_another_kind,
        Err(ServiceError::NotFound("rule"))
    ));
    assert_eq!(
        listed(&db, &site).await,
        [(AllowedHost, "example.org".to_owned())]
    );
}

async fn a_site_has_at_most_500_rules(db: Db) {
    let site = a_site(&db, "UTC").await;
    for number in 0..rule_service::MAX_RULES {
        add(&db, &site, BlockedPage, &format!("/{number}"))
            .await
            .unwrap();
    }
    let more = add(&db, &site, BlockedPage, "/more").await;
    match more {
        Err(ServiceError::Invalid { field, reason }) => {
            assert_eq!(field, "rules");
            assert!(reason.contains("at most 500"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    // What protects the site is not refused for what is blocked already.
    add(&db, &site, RateLimit, "10").await.unwrap();
}

async fn viewers_read_rules_and_change_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    add(&db, &site, BlockedPage, "/a").await.unwrap();
    let viewer = Principal::User {
        id: UserId(7),
        email: "vic@x.test".into(),
        role: Role::Viewer,
    };
    let added = rule_service::create(&db, &viewer, site.id, BlockedPage, "/b", at("12:00")).await;
    assert!(matches!(added, Err(ServiceError::ReadOnly)), "{added:?}");
    let removed = rule_service::delete(&db, &viewer, site.id, BlockedPage, "/a").await;
    assert!(
        matches!(removed, Err(ServiceError::ReadOnly)),
        "{removed:?}"
    );
    let rules = rule_service::find_all(&db, &viewer, site.id).await.unwrap();
    assert_eq!(rules.len(), 1);
}

async fn rules_end_with_their_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    let other = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    let other = site_service::create(&db, &SYSTEM, &other, at("12:00"))
        .await
        .unwrap();
    for site in [&site, &other] {
        add(&db, site, BlockedPage, "/a").await.unwrap();
    }
    let rules = ("site_rule".to_owned(), 1);
    assert!(rows_with_site_id(&db, site.id).await.contains(&rules));
    site_service::delete(&db, &SYSTEM, site.id).await.unwrap();
    let rows = rows_with_site_id(&db, site.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
    assert!(rows_with_site_id(&db, other.id).await.contains(&rules));
}

/// Sends pageviews until one is answered as expected: a change has to arrive by itself.
async fn until(ingest: &Ingest, expected: Result<Outcome, DropReason>) {
    let client = Client {
        ip: ClientIp::new("203.0.113.7".parse().unwrap()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        country_header: None,
        language_header: None,
        has_opted_out: false,
    };
    let body = br#"{"n":"pageview","u":"https://example.com/a","d":"example.com"}"#;
    let asked_at = Instant::now();
    loop {
        let answer = match ingest.accept(body, &client, at("12:00")).await {
            Ok(outcome) => Ok(outcome),
            Err(IngestError::Limited {
                reason,
                retry_after_s,
            }) => {
                assert_eq!(retry_after_s, 1);
                Err(reason)
            }
            Err(error) => panic!("{error:?}"),
        };
        if answer == expected {
            return;
        }
        let waited = asked_at.elapsed();
        assert!(
            waited < Duration::from_secs(30),
            "{answer:?} for {waited:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_running_ingestion_follows_a_new_rule_and_its_removal(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ingest = Ingest::start(&db, &IngestSettings::default(), at("12:00"))
        .await
        .unwrap();
    until(&ingest, Ok(Outcome::Stored)).await;
    add(&db, &site, BlockedPage, "/a").await.unwrap();
    until(&ingest, Ok(Outcome::Dropped(DropReason::BlockedPage))).await;
    rule_service::delete(&db, &SYSTEM, site.id, BlockedPage, "/a")
        .await
        .unwrap();
    until(&ingest, Ok(Outcome::Stored)).await;
    add(&db, &site, RateLimit, "1").await.unwrap();
    until(&ingest, Err(DropReason::SiteRateLimited)).await;
}
