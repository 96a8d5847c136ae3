//! Test visits: every stored value is shown, nothing is counted, and nothing is left.

use super::{
    builders::{a_hit, a_site, at, store},
    rows_with_site_id,
};
use crate::{
    db::Db,
    domain::{NewSite, Principal, Role, Site, TestVisit, Timestamp, UserId},
    ingest::{Client, ClientIp, DropReason, Ingest, IngestSettings, Outcome},
    services::{
        ServiceError, privacy_service, site_service,
        test_visit_service::{self, KEPT_MS},
    },
};

db_tests!(
    every_stored_value_of_a_test_visit_is_shown,
    a_test_visit_is_counted_nowhere,
    a_test_visit_is_deleted_with_everything_after_15_minutes,
    a_new_test_visit_takes_the_place_of_the_last,
    a_test_visit_that_is_refused_leaves_no_row,
    nobody_else_can_use_or_see_a_stand_in,
    what_is_kept_of_a_site_is_counted,
);

const BEACON: &[u8] = br#"{"n":"pageview","d":"example.com","u":"https://example.com/test?email=a@b.test&utm_source=x",
    "r":"https://search.test/p?q=secret","t":"Test of a@b.test","w":1280}"#;

fn a_client() -> Client<'static> {
    Client {
        ip: ClientIp::new([203, 0, 113, 7].into()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        country_header: Some("DE"),
        language_header: Some("de-CH,de;q=0.9,en;q=0.8"),
        has_opted_out: false,
    }
}

fn now() -> Timestamp {
    at("12:00")
}

async fn start(db: &Db) -> Ingest {
    let settings = IngestSettings::default();
    Ingest::start(db, &settings, now()).await.unwrap()
}

async fn send(db: &Db, ingest: &Ingest, site: &Site, client: Client<'_>) -> Outcome {
    let id = test_visit_service::create_stand_in(db, &Principal::System, site, now())
        .await
        .unwrap();
    ingest.try_out(id, BEACON, &client, now()).await.unwrap()
}

async fn find(db: &Db, site: &Site) -> Option<TestVisit> {
    test_visit_service::find(db, &Principal::System, site)
        .await
        .unwrap()
}

async fn every_stored_value_of_a_test_visit_is_shown(db: Db) {
    let site = a_site(&db, "UTC").await;
    assert_eq!(
        send(&db, &start(&db).await, &site, a_client()).await,
        Outcome::Stored
    );
    let visit = find(&db, &site).await.expect("a test visit");
    assert_eq!(visit.sent_at, now());
    assert_eq!(visit.deleted_at, now().plus_ms(KEPT_MS));

    // Every table with rows of the stand-in is shown, and of each all columns.
    let filled: Vec<_> = rows_with_site_id(&db, visit.stand_in)
        .await
        .into_iter()
        .filter(|(_, rows)| *rows > 0)
        .map(|(table, _)| table)
        .collect();
    assert_eq!(filled, ["dictionary", "event", "visit"]);
    let all = super::schema::columns(&db).await;
    for row in &visit.rows {
        let mut shown: Vec<_> = row
            .columns
            .iter()
            .map(|column| format!("{}.{}", row.table, column.name))
            .collect();
        shown.sort_unstable();
        let prefix = format!("{}.", row.table);
        let expected: Vec<_> = all
            .iter()
            .filter(|column| column.starts_with(&prefix))
            .cloned()
            .collect();
        assert_eq!(shown, expected);
    }
    // And every string is one of the texts.
    let texts: Vec<_> = visit
        .rows
        .iter()
        .flat_map(|row| &row.columns)
        .filter_map(|column| column.text.as_ref())
        .collect();
    for word in &visit.words {
        assert!(texts.contains(&word), "{word} is stored and not shown");
    }
    for expected in [
        "/test",
        "x",
        "search.test/p",
        "Test of [email]",
        "992-1439 px",
        "de-CH",
        "DE",
        "Firefox",
        "143",
        "pageview",
    ] {
        assert!(texts.iter().any(|text| *text == expected), "{expected}");
    }
}

async fn a_test_visit_is_counted_nowhere(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/")]).await;
    let before = rows_with_site_id(&db, site.id).await;
    send(&db, &start(&db).await, &site, a_client()).await;
    assert_eq!(rows_with_site_id(&db, site.id).await, before);
    let sites = site_service::find_all(&db, &Principal::System)
        .await
        .unwrap();
    assert_eq!(sites, [site]);
}

async fn a_test_visit_is_deleted_with_everything_after_15_minutes(db: Db) {
    let site = a_site(&db, "UTC").await;
    send(&db, &start(&db).await, &site, a_client()).await;
    let id = find(&db, &site).await.expect("a test visit").stand_in;
    let deleted = |ms| test_visit_service::delete_old(&db, now().plus_ms(ms));
    assert_eq!(deleted(KEPT_MS - 1).await.unwrap(), 0);
    assert!(find(&db, &site).await.is_some());
    assert_eq!(deleted(KEPT_MS).await.unwrap(), 1);
    assert_eq!(find(&db, &site).await, None);
    let left = rows_with_site_id(&db, id).await;
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
    assert_eq!(deleted(KEPT_MS).await.unwrap(), 0);
}

async fn a_new_test_visit_takes_the_place_of_the_last(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ingest = start(&db).await;
    send(&db, &ingest, &site, a_client()).await;
    let first = find(&db, &site).await.expect("a test visit");
    send(&db, &ingest, &site, a_client()).await;
    let second = find(&db, &site).await.expect("a test visit");
    assert_ne!(
        first.stand_in, second.stand_in,
        "numbers are not used again"
    );
    assert_eq!(second.rows.len(), 2, "one event and one visit");
    let left = rows_with_site_id(&db, first.stand_in).await;
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
}

async fn a_test_visit_that_is_refused_leaves_no_row(db: Db) {
    let site = a_site(&db, "UTC").await;
    let client = Client {
        has_opted_out: true,
        ..a_client()
    };
    let outcome = send(&db, &start(&db).await, &site, client).await;
    assert_eq!(outcome, Outcome::Dropped(DropReason::OptedOut));
    assert_eq!(find(&db, &site).await, None);
}

async fn nobody_else_can_use_or_see_a_stand_in(db: Db) {
    let site = a_site(&db, "UTC").await;
    let viewer = Principal::User {
        id: UserId(1),
        email: "v@x.test".into(),
        role: Role::Viewer,
    };
    let refused = |result: Result<(), ServiceError>| {
        assert!(matches!(result, Err(ServiceError::ReadOnly)), "{result:?}");
    };
    let created = test_visit_service::create_stand_in(&db, &viewer, &site, now()).await;
    refused(created.map(|_| ()));
    refused(
        test_visit_service::find(&db, &viewer, &site)
            .await
            .map(|_| ()),
    );
    refused(test_visit_service::delete(&db, &viewer, &site).await);

    let domain = format!("site-{}.test-visit.invalid", site.id.0);
    let new = NewSite {
        domain: domain.clone(),
        name: String::new(),
        time_zone: String::new(),
    };
    let added = site_service::create(&db, &Principal::System, &new, now()).await;
    assert!(matches!(
        added,
        Err(ServiceError::Invalid {
            field: "domain",
            ..
        })
    ));

    // Beacons cannot address it.
    let ingest = start(&db).await;
    send(&db, &ingest, &site, a_client()).await;
    let beacon = format!(r#"{{"n":"pageview","d":"{domain}","u":"https://{domain}/"}}"#);
    let outcome = ingest.accept(beacon.as_bytes(), &a_client(), now()).await;
    assert_eq!(outcome, Ok(Outcome::Dropped(DropReason::UnknownSite)));
}

async fn what_is_kept_of_a_site_is_counted(db: Db) {
    let site = a_site(&db, "UTC").await;
    let kept = async || {
        privacy_service::find_kept(&db, &Principal::System, &site)
            .await
            .unwrap()
    };
    let empty = kept().await;
    assert!(
        empty
            .iter()
            .all(|table| table.rows == 0 && table.first_at.is_none())
    );
    store(
        &db,
        &[
            a_hit(&site, "/").at("09:00"),
            a_hit(&site, "/a").at("09:10"),
        ],
    )
    .await;
    let expected = rows_with_site_id(&db, site.id).await;
    for table in kept().await {
        let rows = expected.iter().find(|(name, _)| *name == table.name);
        assert_eq!(rows.map(|(_, rows)| *rows), i64::try_from(table.rows).ok());
        let has_time = table.rows > 0 && table.name != "dictionary";
        assert_eq!(
            table.first_at,
            has_time.then(|| at("09:00")),
            "{}",
            table.name
        );
    }
}
