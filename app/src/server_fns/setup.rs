//! The first account.

use leptos::prelude::server;
use trackflow::services::{session_service, user_service};

use super::{
    ApiError, see_other,
    session::{cookie_token, start},
};
use crate::{context::AppContext, query::format_pairs};

/// Creates the first admin, logs in and goes to the form for the first site; back to the set-up page otherwise.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "set_up")]
pub async fn set_up(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] password_again: String,
) -> Result<(), ApiError> {
    let code = match create(&email, &password, &password_again).await {
        Ok(()) => {
            see_other("/add-site");
            return Ok(());
        }
        Err(error) => error.code().to_owned(),
    };
    let pairs = [("error", code.as_str()), ("email", &email)];
    see_other(&format!("/setup{}", format_pairs(&pairs)));
    Ok(())
}

async fn create(email: &str, password: &str, again: &str) -> Result<(), ApiError> {
    if password != again {
        return Err(ApiError::Invalid {
            field: "password_again".into(),
            reason: "differs from the first one".into(),
        });
    }
    let context = AppContext::current();
    let (db, now) = (&context.db, context.now());
    let user = user_service::create_first_admin(db, email, password, now).await?;
    let token = session_service::create(db, user.id, cookie_token().as_deref(), now).await?;
    start(token.as_str());
    Ok(())
}
