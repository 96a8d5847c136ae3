//! `trackflow api-key`.

use anyhow::Context;
use clap::{Subcommand, builder::PossibleValuesParser};
use jiff::tz::TimeZone;
use trackflow::{
    config::Config,
    domain::{ApiKeyId, ApiScope, Principal, Timestamp},
    services::{
        ServiceError,
        api_key_service::{self, NewApiKey},
        user_service,
    },
};

use super::open;
use crate::clock;

#[derive(Debug, Subcommand)]
pub(super) enum ApiKey {
    /// Make a key and print its token, which is shown this once.
    Create {
        /// What it is called
        name: String,
        /// E-mail address of the user on whose behalf it asks; it ends with this user
        #[arg(long, value_name = "EMAIL")]
        owner: String,
        /// What it is good for; can be given more than once
        #[arg(
            long = "scope",
            value_name = "SCOPE",
            default_value = "stats:read",
            value_parser = PossibleValuesParser::new(ApiScope::ALL.map(ApiScope::key))
        )]
        scopes: Vec<String>,
        /// Days until it ends [default: never]
        #[arg(long, value_name = "DAYS")]
        days: Option<u16>,
    },
    /// List all keys: number, name, owner, scopes, day of making, last day of use and day of its end, separated by tabs.
    List,
    /// Revoke a key.
    Revoke {
        /// Its number, as `list` tells it
        number: i64,
    },
}

pub(super) async fn run(config: &Config, command: ApiKey) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    let system = Principal::System;
    match command {
        ApiKey::Create {
            name,
            owner,
            scopes,
            days,
        } => {
            let users = user_service::find_all(&db, &system).await?;
            let owner = owner.trim().to_lowercase();
            let user = users.into_iter().find(|user| user.email == owner);
            let user = user
                .ok_or(ServiceError::NotFound("user"))
                .with_context(|| format!("no key was made for {owner}"))?;
            let scopes: Vec<_> = scopes
                .iter()
                .filter_map(|key| ApiScope::from_key(key))
                .collect();
            let new = NewApiKey {
                name: &name,
                user: user.id,
                scopes: &scopes,
                life_days: days,
            };
            let (_, token) = api_key_service::create(&db, &system, &new, clock::now())
                .await
                .context("no key was made")?;
            println!("{}", token.as_str());
        }
        ApiKey::List => {
            for key in api_key_service::find_all(&db, &system).await? {
                let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.key()).collect();
                println!(
                    "{}\t{}\t{}\t{}\t{}\t{}\t{}",
                    key.id.0,
                    key.name,
                    key.email,
                    scopes.join(","),
                    day(Some(key.created_at)),
                    day(key.last_used_day),
                    day(key.expires_at),
                );
            }
        }
        ApiKey::Revoke { number } => {
            api_key_service::delete(&db, &system, ApiKeyId(number))
                .await
                .with_context(|| format!("key {number} cannot be revoked"))?;
            println!("key {number} was revoked");
        }
    }
    Ok(())
}

/// The day in UTC; `-` for none.
fn day(at: Option<Timestamp>) -> String {
    let instant = at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok());
    instant.map_or_else(
        || "-".into(),
        |at| at.to_zoned_datetime(TimeZone::UTC).date().to_string(),
    )
}
