//! Users on both databases.

use crate::{
    db::Db,
    domain::{Principal, Role, Timestamp, UserId},
    services::{
        ServiceError, session_service,
        user_service::{self, NewUser},
    },
};

db_tests!(
    users_are_listed_by_address_and_addresses_are_unique,
    the_first_admin_is_created_once_even_by_ten_at_the_same_time,
    the_last_admin_cannot_be_deleted,
    credentials_fit_whatever_the_case_of_the_address,
    a_new_password_ends_the_sessions_of_that_user_only,
    viewers_cannot_manage_users,
);

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const PASSWORD: &str = "correct horse";

fn a_user(email: &str, role: Role) -> NewUser<'_> {
    NewUser {
        email,
        password: PASSWORD,
        role,
    }
}

async fn create(db: &Db, email: &str, role: Role) -> UserId {
    user_service::create(db, &Principal::System, &a_user(email, role), NOW)
        .await
        .expect("a new user")
        .id
}

async fn users_are_listed_by_address_and_addresses_are_unique(db: Db) {
    create(&db, "zoe@x.test", Role::Viewer).await;
    create(&db, "Ada@X.test", Role::Admin).await;
    let users = user_service::find_all(&db, &Principal::System)
        .await
        .expect("the list");
    let listed: Vec<_> = users.iter().map(|u| (u.email.as_str(), u.role)).collect();
    assert_eq!(
        listed,
        [("ada@x.test", Role::Admin), ("zoe@x.test", Role::Viewer)]
    );
    assert_eq!(user_service::count(&db).await.expect("the count"), 2);

    let again = a_user("ADA@x.test", Role::Viewer);
    let error = user_service::create(&db, &Principal::System, &again, NOW).await;
    assert!(matches!(error, Err(ServiceError::Conflict(_))), "{error:?}");
}

async fn the_first_admin_is_created_once_even_by_ten_at_the_same_time(db: Db) {
    let attempts = (0..10).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            user_service::create_first_admin(&db, &format!("a{n}@x.test"), PASSWORD, NOW).await
        })
    });
    let mut created = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.expect("no panic") {
            Ok(user) => {
                assert_eq!(user.role, Role::Admin);
                created += 1;
            }
            Err(ServiceError::Conflict(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(user_service::count(&db).await.expect("the count"), 1);
}

async fn the_last_admin_cannot_be_deleted(db: Db) {
    let system = Principal::System;
    create(&db, "ada@x.test", Role::Admin).await;
    create(&db, "bob@x.test", Role::Admin).await;
    create(&db, "vic@x.test", Role::Viewer).await;
    let delete = async |email| user_service::delete(&db, &system, email).await;
    assert!(delete("ADA@x.test").await.is_ok());
    let last = delete("bob@x.test").await;
    assert!(matches!(last, Err(ServiceError::Conflict(_))), "{last:?}");
    assert!(delete("vic@x.test").await.is_ok());
    for absent in ["vic@x.test", "no address"] {
        let error = delete(absent).await;
        assert!(
            matches!(error, Err(ServiceError::NotFound("user"))),
            "{error:?}"
        );
    }
    assert_eq!(user_service::count(&db).await.expect("the count"), 1);
}

async fn credentials_fit_whatever_the_case_of_the_address(db: Db) {
    let id = create(&db, "ada@x.test", Role::Admin).await;
    for (email, password, expected) in [
        ("ada@x.test", PASSWORD, Some(id)),
        (" ADA@x.test", PASSWORD, Some(id)),
        ("ada@x.test", "wrong horse", None),
        ("bob@x.test", PASSWORD, None),
        ("", "", None),
        ("ada@x.test", &"x".repeat(1_000_000), None),
    ] {
        let user = user_service::find_by_credentials(&db, email, password)
            .await
            .expect("the query runs");
        assert_eq!(user.map(|user| user.id), expected, "{email}");
    }
}

async fn a_new_password_ends_the_sessions_of_that_user_only(db: Db) {
    let ada = create(&db, "ada@x.test", Role::Admin).await;
    let bob = create(&db, "bob@x.test", Role::Viewer).await;
    let of_ada = session_service::create(&db, ada, None, NOW)
        .await
        .expect("a session");
    let of_bob = session_service::create(&db, bob, None, NOW)
        .await
        .expect("a session");
    user_service::set_password(&db, &Principal::System, "ada@x.test", "another horse")
        .await
        .expect("the password is set");
    let principal = session_service::find_principal(&db, of_ada.as_str(), NOW).await;
    assert_eq!(principal.expect("the query runs"), None);
    let principal = session_service::find_principal(&db, of_bob.as_str(), NOW).await;
    assert!(principal.expect("the query runs").is_some());
    let user = user_service::find_by_credentials(&db, "ada@x.test", "another horse").await;
    assert!(user.expect("the query runs").is_some());

    let absent =
        user_service::set_password(&db, &Principal::System, "eve@x.test", "another horse").await;
    assert!(matches!(absent, Err(ServiceError::NotFound("user"))));
}

async fn viewers_cannot_manage_users(db: Db) {
    let id = create(&db, "vic@x.test", Role::Viewer).await;
    let viewer = Principal::User {
        id,
        email: "vic@x.test".into(),
        role: Role::Viewer,
    };
    let refused = |result: Result<(), ServiceError>| {
        assert!(matches!(result, Err(ServiceError::ReadOnly)), "{result:?}");
    };
    refused(user_service::find_all(&db, &viewer).await.map(|_| ()));
    let new = a_user("new@x.test", Role::Viewer);
    refused(
        user_service::create(&db, &viewer, &new, NOW)
            .await
            .map(|_| ()),
    );
    refused(user_service::delete(&db, &viewer, "vic@x.test").await);
    refused(user_service::set_password(&db, &viewer, "vic@x.test", "another horse").await);
}
