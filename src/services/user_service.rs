//! Users: who may log in to the dashboard, and their passwords.
//!
//! Passwords are kept as argon2id hashes only. Sessions are in [`session_service`](super::session_service).

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{ServiceError, error::require_write, password};
use crate::{
    db::{
        Db, DbError,
        schema::{session, user_account},
        with_conn,
    },
    domain::{Principal, Role, Timestamp, User, UserId},
};

/// A user to be created; not yet validated.
#[derive(Clone, Copy)]
pub struct NewUser<'a> {
    /// The name to log in with; letter case does not matter.
    pub email: &'a str,
    /// In clear, 8 to 1,024 bytes. Hashed at once, never stored or logged.
    pub password: &'a str,
    /// What the user may do.
    pub role: Role,
}

#[derive(Queryable)]
struct UserRow {
    id: i64,
    email: String,
    password_hash: String,
    role: String,
    created_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = user_account)]
struct NewUserRow<'a> {
    email: &'a str,
    password_hash: &'a str,
    role: &'static str,
    created_at: i64,
}

impl<'a> NewUserRow<'a> {
    fn new(email: &'a str, password_hash: &'a str, role: Role, now: Timestamp) -> Self {
        Self {
            email,
            password_hash,
            role: role.key(),
            created_at: now.0,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id),
            email: row.email,
            role: role_of(&row.role),
            created_at: Timestamp(row.created_at),
        }
    }
}

/// The role of a stored key. A key that this program does not know may only look.
pub(crate) fn role_of(key: &str) -> Role {
    Role::from_key(key).unwrap_or(Role::Viewer)
}

/// Finds all users, ascending by e-mail address.
///
/// # Errors
/// [`ServiceError::ReadOnly`]: who else may log in is nothing for viewers.
pub async fn find_all(db: &Db, principal: &Principal) -> Result<Vec<User>, ServiceError> {
    require_write(principal)?;
    let rows: Vec<UserRow> = with_conn!(db, |conn| user_account::table
        .order(user_account::email)
        .load(conn)
        .await)?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Counts all users. Zero means that the set-up page is open, which everybody may know.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn count(db: &Db) -> Result<u64, ServiceError> {
    let count: i64 = with_conn!(db, |conn| user_account::table
        .count()
        .get_result(conn)
        .await)?;
    Ok(count.unsigned_abs())
}

/// Creates a user.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `email` or `password`; [`ServiceError::Conflict`] if the
/// address is taken.
pub async fn create(
    db: &Db,
    principal: &Principal,
    new: &NewUser<'_>,
    now: Timestamp,
) -> Result<User, ServiceError> {
    require_write(principal)?;
    let email = validate_email(new.email)?;
    let hash = password::hash(new.password).await?;
    let values = NewUserRow::new(&email, &hash, new.role, now);
    let row: Result<UserRow, _> = with_conn!(db, |conn| diesel::insert_into(user_account::table)
        .values(&values)
        .returning(user_account::all_columns)
        .get_result(conn)
        .await);
    row.map(User::from).map_err(|error| taken(error, &email))
}

/// Creates the first user, an admin, for whoever opens the set-up page first. Of several at once, one wins.
///
/// # Errors
/// [`ServiceError::Conflict`] as soon as there is any user; [`ServiceError::Invalid`] for `email` or `password`.
pub async fn create_first_admin(
    db: &Db,
    email: &str,
    password: &str,
    now: Timestamp,
) -> Result<User, ServiceError> {
    let closed = || ServiceError::Conflict("the first account exists already; log in".into());
    let email = validate_email(email)?;
    password::validate(password)?;
    if count(db).await? > 0 {
        return Err(closed());
    }
    let hash = password::hash(password).await?;
    let values = NewUserRow::new(&email, &hash, Role::Admin, now);
    // Writes first and counts then: the write takes SQLite's only write lock, so nobody comes between.
    let row: Result<UserRow, _> = with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            if is_postgres(db) {
                diesel::sql_query(LOCK_USERS).execute(conn).await?;
            }
            let row = diesel::insert_into(user_account::table)
                .values(&values)
                .returning(user_account::all_columns)
                .get_result(conn)
                .await?;
            let count: i64 = user_account::table.count().get_result(conn).await?;
            if count == 1 {
                Ok(row)
            } else {
                Err(diesel::result::Error::RollbackTransaction)
            }
        })
        .await
    });
    match row {
        Ok(row) => Ok(row.into()),
        Err(error) if is_rollback(&error) || is_unique_violation(&error) => Err(closed()),
        Err(error) => Err(error.into()),
    }
}

/// Deletes a user with all sessions.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`]; [`ServiceError::Conflict`] for the last admin, without whom
/// nobody could change anything.
pub async fn delete(db: &Db, principal: &Principal, email: &str) -> Result<(), ServiceError> {
    require_write(principal)?;
    let email = validate_email(email).map_err(|_| ServiceError::NotFound("user"))?;
    let deleted: Result<Option<String>, _> = with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            if is_postgres(db) {
                diesel::sql_query(LOCK_USERS).execute(conn).await?;
            }
            let role: Option<String> =
                diesel::delete(user_account::table.filter(user_account::email.eq(&email)))
                    .returning(user_account::role)
                    .get_result(conn)
                    .await
                    .optional()?;
            let admins: i64 = user_account::table
                .filter(user_account::role.eq(Role::Admin.key()))
                .count()
                .get_result(conn)
                .await?;
            if role.as_deref() == Some(Role::Admin.key()) && admins == 0 {
                Err(diesel::result::Error::RollbackTransaction)
            } else {
                Ok(role)
            }
        })
        .await
    });
    match deleted {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(ServiceError::NotFound("user")),
        Err(error) if is_rollback(&error) => Err(ServiceError::Conflict(format!(
            "{email} is the last admin; create another one first"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Sets a user's password and ends all sessions of that user.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for `password`.
pub async fn set_password(
    db: &Db,
    principal: &Principal,
    email: &str,
    password: &str,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let email = validate_email(email).map_err(|_| ServiceError::NotFound("user"))?;
    let hash = password::hash(password).await?;
    let id: Option<i64> = with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            let id: Option<i64> =
                diesel::update(user_account::table.filter(user_account::email.eq(&email)))
                    .set(user_account::password_hash.eq(&hash))
                    .returning(user_account::id)
                    .get_result(conn)
                    .await
                    .optional()?;
            if let Some(id) = id {
                diesel::delete(session::table.filter(session::user_id.eq(id)))
                    .execute(conn)
                    .await?;
            }
            diesel::QueryResult::Ok(id)
        })
        .await
    })?;
    id.map(|_| ()).ok_or(ServiceError::NotFound("user"))
}

/// Finds the user with this e-mail address and password. Takes as long when there is no such user, so
/// that nobody learns who has an account; at most two passwords are hashed at once.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_by_credentials(
    db: &Db,
    email: &str,
    password: &str,
) -> Result<Option<User>, ServiceError> {
    let email = validate_email(email).unwrap_or_default();
    let row: Option<UserRow> = with_conn!(db, |conn| user_account::table
        .filter(user_account::email.eq(&email))
        .first(conn)
        .await
        .optional())?;
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let is_right = password::verify(password, hash).await;
    Ok(row.filter(|_| is_right).map(User::from))
}

/// Against two at once on PostgreSQL, where a transaction does not see the other's rows. Readers go on.
const LOCK_USERS: &str = "lock table user_account in share row exclusive mode";

fn is_postgres(db: &Db) -> bool {
    matches!(db, Db::Postgres { .. })
}

/// The form in which addresses are stored and compared. Nothing is ever sent to them, so only what would confuse is refused.
fn validate_email(text: &str) -> Result<String, ServiceError> {
    let email = text.trim().to_lowercase();
    let is_address = email.len() <= 254
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        })
        && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_address {
        Ok(email)
    } else {
        Err(ServiceError::invalid(
            "email",
            "must be an e-mail address such as ada@example.com, at most 254 bytes",
        ))
    }
}

fn is_rollback(error: &DbError) -> bool {
    matches!(
        error,
        DbError::Query(diesel::result::Error::RollbackTransaction)
    )
}

fn is_unique_violation(error: &DbError) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(
        error,
        DbError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
    )
}

fn taken(error: DbError, email: &str) -> ServiceError {
    if is_unique_violation(&error) {
        ServiceError::Conflict(format!("{email} is a user already"))
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_cased_and_need_one_at_sign() {
        assert_eq!(
            validate_email(" Ada@Example.COM ").ok().as_deref(),
            Some("ada@example.com")
        );
        let long = format!("{}@x", "a".repeat(253));
        for wrong in ["", "ada", "@x", "a@", "a@b@c", "a b@c", "a\n@b", &long] {
            assert!(validate_email(wrong).is_err(), "{wrong:?}");
        }
    }
}
