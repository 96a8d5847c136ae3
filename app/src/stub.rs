//! STUB, to be deleted in the merge: stands for services that live on other branches, with invented figures.
//!
//! Replace `crate::stub::{session_service, stats_service, user_service, LoginLimiter}` by those of
//! `trackflow::services` and remove this file.
#![expect(clippy::missing_errors_doc, clippy::unused_async, reason = "a stub")]

/// STUB.
#[derive(Debug, Default)]
pub struct LoginLimiter;

/// STUB.
pub mod user_service {
    use trackflow::{db::Db, domain::*, services::ServiceError};

    /// STUB.
    pub async fn count(_db: &Db) -> Result<u64, ServiceError> {
        Ok(1)
    }

    /// STUB.
    pub async fn create_first_admin(
        _db: &Db,
        email: &str,
        _password: &str,
        now: Timestamp,
    ) -> Result<User, ServiceError> {
        Ok(User {
            id: UserId(1),
            email: email.into(),
            role: Role::Admin,
            created_at: now,
        })
    }
}

/// STUB.
pub mod session_service {
    use std::time::Instant;
    use trackflow::{db::Db, domain::*, services::ServiceError};

    /// STUB.
    pub struct SessionToken(String);
    impl SessionToken {
        /// STUB.
        #[must_use]
        pub fn as_str(&self) -> &str {
            &self.0
        }
    }

    /// STUB.
    pub struct TooManyAttempts {
        /// STUB.
        pub retry_after_s: u64,
    }

    /// STUB.
    pub struct Login<'a> {
        /// STUB.
        pub email: &'a str,
        /// STUB.
        pub password: &'a str,
        /// STUB.
        pub client_prefix: u64,
        /// STUB.
        pub previous_token: Option<&'a str>,
    }

    /// STUB.
    pub enum LoginError {
        /// STUB.
        WrongCredentials,
        /// STUB.
        TooManyAttempts(TooManyAttempts),
        /// STUB.
        Service(ServiceError),
    }

    /// STUB.
    pub async fn log_in(
        _db: &Db,
        _limiter: &super::LoginLimiter,
        login: &Login<'_>,
        now: Timestamp,
        _instant: Instant,
    ) -> Result<(User, SessionToken), LoginError> {
        if login.password.is_empty() {
            return Err(LoginError::WrongCredentials);
        }
        let user = User {
            id: UserId(1),
            email: login.email.into(),
            role: Role::Admin,
            created_at: now,
        };
        Ok((user, SessionToken("0".repeat(64))))
    }

    /// STUB.
    pub async fn create(
        _db: &Db,
        _user: UserId,
        _previous_token: Option<&str>,
        _now: Timestamp,
    ) -> Result<SessionToken, ServiceError> {
        Ok(SessionToken("0".repeat(64)))
    }

    /// STUB.
    pub async fn delete(_db: &Db, _token: &str) -> Result<(), ServiceError> {
        Ok(())
    }
}

/// STUB.
pub mod stats_service {
    use trackflow::{
        db::Db,
        domain::*,
        services::{ServiceError, site_service},
    };

    use crate::fixtures;

    /// STUB.
    pub async fn get_dashboard(
        db: &Db,
        principal: &Principal,
        domain: &str,
        query: &DashboardQuery,
        dimensions: &[Dimension],
        row_limit: usize,
        _now: Timestamp,
    ) -> Result<Dashboard, ServiceError> {
        let site = site_service::get_by_domain(db, principal, domain).await?;
        Ok(fixtures::dashboard(
            &site.domain,
            query,
            dimensions,
            row_limit,
        ))
    }

    /// STUB.
    #[expect(clippy::too_many_arguments, reason = "a stub")]
    pub async fn get_breakdown(
        db: &Db,
        principal: &Principal,
        domain: &str,
        query: &DashboardQuery,
        dimension: Dimension,
        offset: usize,
        limit: usize,
        _now: Timestamp,
    ) -> Result<Breakdown, ServiceError> {
        let site = site_service::get_by_domain(db, principal, domain).await?;
        let mut all = fixtures::breakdown(&site.domain, dimension, usize::MAX);
        let filters = query.filters.iter();
        for filter in filters.filter(|filter| filter.dimension == dimension) {
            all.rows.retain(|row| filter.accepts(&row.value));
        }
        all.total_rows = all.rows.len();
        all.rows = all.rows.into_iter().skip(offset).take(limit).collect();
        Ok(all)
    }

    /// STUB.
    pub async fn count_current_visitors(
        db: &Db,
        principal: &Principal,
        domain: &str,
        _now: Timestamp,
    ) -> Result<u64, ServiceError> {
        site_service::get_by_domain(db, principal, domain).await?;
        Ok(23)
    }

    /// STUB.
    pub async fn list_overviews(
        db: &Db,
        principal: &Principal,
        _now: Timestamp,
    ) -> Result<Vec<SiteOverview>, ServiceError> {
        let sites = site_service::find_all(db, principal).await?;
        Ok(sites.into_iter().map(fixtures::overview).collect())
    }

    /// STUB: whether any event of the site was ever received.
    pub async fn has_events(
        db: &Db,
        principal: &Principal,
        domain: &str,
    ) -> Result<bool, ServiceError> {
        site_service::get_by_domain(db, principal, domain).await?;
        Ok(!domain.starts_with("new."))
    }
}
