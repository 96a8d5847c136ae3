//! API keys on both databases: who may make them, what opens, and when it ends.

use super::builders::at;
use crate::{
    db::{Db, DbError, schema::api_key, with_conn},
    domain::{ApiKey, ApiKeyId, ApiScope, Principal, Role, Timestamp, UserId},
    services::{
        ServiceError,
        api_key_service::{self, ApiToken, MAX_KEYS, NewApiKey},
        user_service::{self, NewUser},
    },
};
use ApiScope::{SitesRead, StatsRead};

db_tests!(
    a_key_is_found_by_its_token_and_reads_as_its_owner,
    only_the_hash_of_a_token_is_stored,
    a_key_ends_when_it_expires_is_revoked_or_loses_its_owner,
    a_use_is_noted_once_a_day,
    wrong_keys_are_refused_with_the_field,
    viewers_neither_see_nor_make_nor_revoke_keys,
    there_are_at_most_200_keys,
);

const SYSTEM: Principal = Principal::System;

async fn an_admin(db: &Db) -> UserId {
    let new = NewUser {
        email: "ada@x.test",
        password: "correct horse",
        role: Role::Admin,
    };
    let user = user_service::create(db, &SYSTEM, &new, at("00:00")).await;
    user.unwrap().id
}

async fn make(db: &Db, user: UserId, scopes: &[ApiScope], days: Option<u16>) -> ApiToken {
    let new = NewApiKey {
        name: "report",
        user,
        scopes,
        life_days: days,
    };
    let made = api_key_service::create(db, &SYSTEM, &new, at("12:00")).await;
    made.unwrap().1
}

async fn found(db: &Db, token: &str, now: Timestamp) -> Option<ApiKey> {
    api_key_service::find_by_token(db, token, now)
        .await
        .unwrap()
}

async fn all(db: &Db) -> Vec<ApiKey> {
    api_key_service::find_all(db, &SYSTEM).await.unwrap()
}

async fn a_key_is_found_by_its_token_and_reads_as_its_owner(db: Db) {
    let ada = an_admin(&db).await;
    let token = make(&db, ada, &[SitesRead, StatsRead, StatsRead], None).await;
    let key = found(&db, token.as_str(), at("12:01")).await.unwrap();
    assert_eq!((key.name.as_str(), key.user), ("report", ada));
    assert_eq!(key.scopes, [StatsRead, SitesRead]);
    assert_eq!((key.created_at, key.expires_at), (at("12:00"), None));
    let principal = api_key_service::principal_of(&key);
    assert!(!principal.can_write());
    let text = token.as_str();
    let (other, upper) = (format!("tf_{}", "0".repeat(64)), text.to_uppercase());
    for wrong in [
        &text[3..],
        &text[..66],
        "",
        "tf_",
        "' or 1=1--",
        &other,
        &upper,
    ] {
        assert_eq!(found(&db, wrong, at("12:01")).await, None, "{wrong}");
    }
}

async fn only_the_hash_of_a_token_is_stored(db: Db) {
    let ada = an_admin(&db).await;
    let token = make(&db, ada, &[StatsRead], None).await;
    assert_eq!(format!("{token:?}"), "ApiToken([redacted])");
    let stored: Result<Vec<String>, DbError> = with_conn!(&db, |conn| {
        use diesel::QueryDsl;
        use diesel_async::RunQueryDsl;
        api_key::table.select(api_key::token_hash).load(conn).await
    });
    let stored = stored.unwrap();
    assert_eq!(stored.len(), 1);
    assert!(!token.as_str().contains(&stored[0]));
    assert!(
        found(&db, &format!("tf_{}", stored[0]), at("12:00"))
            .await
            .is_none()
    );
}

async fn a_key_ends_when_it_expires_is_revoked_or_loses_its_owner(db: Db) {
    let ada = an_admin(&db).await;
    let short = make(&db, ada, &[StatsRead], Some(1)).await;
    let last = at("2026-11-25T12:00:00Z").plus_ms(-1);
    assert!(found(&db, short.as_str(), last).await.is_some());
    let end = at("2026-11-25T12:00:00Z");
    assert!(found(&db, short.as_str(), end).await.is_none());

    let long = make(&db, ada, &[StatsRead], None).await;
    let id = found(&db, long.as_str(), end).await.unwrap().id;
    api_key_service::delete(&db, &SYSTEM, id).await.unwrap();
    assert!(found(&db, long.as_str(), end).await.is_none());
    let again = api_key_service::delete(&db, &SYSTEM, id).await;
    assert!(matches!(again, Err(ServiceError::NotFound("API key"))));

    let other = NewUser {
        email: "bob@x.test",
        password: "correct horse",
        role: Role::Admin,
    };
    user_service::create(&db, &SYSTEM, &other, at("00:00"))
        .await
        .unwrap();
    let orphan = make(&db, ada, &[StatsRead], None).await;
    assert_eq!(all(&db).await.len(), 2);
    user_service::delete(&db, &SYSTEM, "ada@x.test")
        .await
        .unwrap();
    assert!(found(&db, orphan.as_str(), end).await.is_none());
    assert_eq!(all(&db).await, []);
}

async fn a_use_is_noted_once_a_day(db: Db) {
    let ada = an_admin(&db).await;
    let token = make(&db, ada, &[StatsRead], None).await;
    assert_eq!(all(&db).await[0].last_used_day, None);
    for (now, day) in [
        ("12:01", "2026-11-24T00:00:00Z"),
        ("23:59", "2026-11-24T00:00:00Z"),
        ("2026-11-26T00:00:00Z", "2026-11-26T00:00:00Z"),
    ] {
        found(&db, token.as_str(), at(now)).await.unwrap();
        assert_eq!(all(&db).await[0].last_used_day, Some(at(day)), "{now}");
    }
}

async fn wrong_keys_are_refused_with_the_field(db: Db) {
    let ada = an_admin(&db).await;
    let good = NewApiKey {
        name: "report",
        user: ada,
        scopes: &[StatsRead],
        life_days: None,
    };
    let long = "x".repeat(101);
    for (new, expected) in [
        (NewApiKey { name: " ", ..good }, "name"),
        (
            NewApiKey {
                name: &long,
                ..good
            },
            "name",
        ),
        (
            NewApiKey {
                name: "a\0",
                ..good
            },
            "name",
        ),
        (
            NewApiKey {
                scopes: &[],
                ..good
            },
            "scopes",
        ),
        (
            NewApiKey {
                life_days: Some(0),
                ..good
            },
            "life_days",
        ),
        (
            NewApiKey {
                life_days: Some(3_651),
                ..good
            },
            "life_days",
        ),
    ] {
        match api_key_service::create(&db, &SYSTEM, &new, at("12:00")).await {
            Err(ServiceError::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert_eq!(all(&db).await, []);
}

async fn viewers_neither_see_nor_make_nor_revoke_keys(db: Db) {
    let ada = an_admin(&db).await;
    make(&db, ada, &[StatsRead], None).await;
    let id = all(&db).await[0].id;
    let viewer = Principal::User {
        id: UserId(7),
        email: "vic@x.test".into(),
        role: Role::Viewer,
    };
    let new = NewApiKey {
        name: "report",
        user: UserId(7),
        scopes: &[StatsRead],
        life_days: None,
    };
    let made = api_key_service::create(&db, &viewer, &new, at("12:00")).await;
    assert!(matches!(made, Err(ServiceError::ReadOnly)), "{made:?}");
    let seen = api_key_service::find_all(&db, &viewer).await;
    assert!(matches!(seen, Err(ServiceError::ReadOnly)), "{seen:?}");
    for id in [id, ApiKeyId(999)] {
        let revoked = api_key_service::delete(&db, &viewer, id).await;
        assert!(
            matches!(revoked, Err(ServiceError::ReadOnly)),
            "{revoked:?}"
        );
    }
}

async fn there_are_at_most_200_keys(db: Db) {
    let ada = an_admin(&db).await;
    for _ in 0..MAX_KEYS {
        make(&db, ada, &[StatsRead], None).await;
    }
    let new = NewApiKey {
        name: "one more",
        user: ada,
        scopes: &[StatsRead],
        life_days: None,
    };
    let more = api_key_service::create(&db, &SYSTEM, &new, at("12:00")).await;
    match more {
        Err(ServiceError::Invalid {
            field: "keys",
            reason,
        }) => {
            assert!(reason.contains("at most 200"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}
