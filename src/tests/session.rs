//! Sessions on both databases.

use std::time::Instant;

use diesel_async::RunQueryDsl;

use crate::{
    db::{Db, schema::session, with_conn},
    domain::{Principal, Role, Timestamp, UserId},
    services::{
        LoginLimiter,
        session_service::{self, Login, LoginError, SESSION_MS, SessionToken},
        user_service::{self, NewUser},
    },
};

db_tests!(
    a_login_gives_a_token_that_stands_for_the_user,
    a_login_ends_the_previous_session_and_purges_expired_ones,
    a_session_ends_after_30_days_at_logout_and_with_its_user,
    wrong_passwords_are_refused_and_then_not_even_tried,
    the_table_does_not_hold_the_token,
);

const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn a_viewer(db: &Db) -> UserId {
    let new = NewUser {
        email: "ada@x.test",
        password: "correct horse",
        role: Role::Viewer,
    };
    let user = user_service::create(db, &Principal::System, &new, NOW).await;
    user.expect("a new user").id
}

fn a_login(password: &str) -> Login<'_> {
    Login {
        email: "ada@x.test",
        password,
        client_prefix: 7,
        previous_token: None,
    }
}

async fn start(
    db: &Db,
    user: UserId,
    previous: Option<&SessionToken>,
    now: Timestamp,
) -> SessionToken {
    session_service::create(db, user, previous.map(SessionToken::as_str), now)
        .await
        .expect("a session")
}

async fn is_known(db: &Db, token: &str, now: Timestamp) -> bool {
    session_service::find_principal(db, token, now)
        .await
        .expect("the query runs")
        .is_some()
}

async fn stored_hashes(db: &Db) -> Vec<String> {
    use diesel::QueryDsl;
    with_conn!(db, |conn| session::table
        .select(session::token_hash)
        .load(conn)
        .await)
    .expect("the query runs")
}

async fn a_login_gives_a_token_that_stands_for_the_user(db: Db) {
    let id = a_viewer(&db).await;
    let limiter = LoginLimiter::default();
    let login = a_login("correct horse");
    let (user, token) = session_service::log_in(&db, &limiter, &login, NOW, Instant::now())
        .await
        .expect("logged in");
    assert_eq!(user.id, id);
    let principal = session_service::find_principal(&db, token.as_str(), NOW).await;
    let expected = Principal::User {
        id,
        email: "ada@x.test".into(),
        role: Role::Viewer,
    };
    assert_eq!(principal.expect("the query runs"), Some(expected));
    for wrong in ["", "x", &"0".repeat(64), &token.as_str().to_uppercase()] {
        assert!(!is_known(&db, wrong, NOW).await, "{wrong}");
    }
}

async fn a_login_ends_the_previous_session_and_purges_expired_ones(db: Db) {
    let user = a_viewer(&db).await;
    start(&db, user, None, NOW.plus_ms(-SESSION_MS)).await;
    let first = start(&db, user, None, NOW.plus_ms(-1)).await;
    let other_device = start(&db, user, None, NOW).await;
    assert_eq!(stored_hashes(&db).await.len(), 2);
    let second = start(&db, user, Some(&first), NOW).await;
    assert!(first != second);
    assert!(!is_known(&db, first.as_str(), NOW).await);
    assert!(is_known(&db, second.as_str(), NOW).await);
    assert!(is_known(&db, other_device.as_str(), NOW).await);
}

async fn a_session_ends_after_30_days_at_logout_and_with_its_user(db: Db) {
    let user = a_viewer(&db).await;
    let token = start(&db, user, None, NOW).await;
    assert!(is_known(&db, token.as_str(), NOW.plus_ms(SESSION_MS - 1)).await);
    assert!(!is_known(&db, token.as_str(), NOW.plus_ms(SESSION_MS)).await);

    session_service::delete(&db, token.as_str())
        .await
        .expect("logged out");
    assert!(!is_known(&db, token.as_str(), NOW).await);

    let token = start(&db, user, None, NOW).await;
    user_service::delete(&db, &Principal::System, "ada@x.test")
        .await
        .expect("the user is deleted");
    assert!(!is_known(&db, token.as_str(), NOW).await);
    assert_eq!(stored_hashes(&db).await, [""; 0]);
}

async fn wrong_passwords_are_refused_and_then_not_even_tried(db: Db) {
    a_viewer(&db).await;
    let limiter = LoginLimiter::default();
    let instant = Instant::now();
    for _ in 0..10 {
        let login = a_login("wrong horse");
        let error = session_service::log_in(&db, &limiter, &login, NOW, instant).await;
        assert!(matches!(error, Err(LoginError::WrongCredentials)));
    }
    let login = a_login("correct horse");
    let error = session_service::log_in(&db, &limiter, &login, NOW, instant).await;
    assert!(matches!(error, Err(LoginError::TooManyAttempts(_))));
}

async fn the_table_does_not_hold_the_token(db: Db) {
    let user = a_viewer(&db).await;
    let token = start(&db, user, None, NOW).await;
    let hashes = stored_hashes(&db).await;
    assert_eq!(hashes.len(), 1);
    assert_eq!(hashes[0].len(), 64);
    assert_ne!(hashes[0], token.as_str());
    assert_eq!(format!("{token:?}"), "SessionToken([redacted])");
}
