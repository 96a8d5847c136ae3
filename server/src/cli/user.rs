//! `trackflow user`.

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use trackflow::{
    config::Config,
    domain::{Principal, Role},
    services::user_service::{self, NewUser},
};

use super::{open, password};
use crate::clock;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user; the password is read from standard input.
    Add {
        /// E-mail address, the name to log in with; nothing is ever sent to it
        email: String,
        /// What the user may do
        #[arg(long, value_enum, default_value_t = RoleName::Admin)]
        role: RoleName,
    },
    /// List all users: e-mail address and role, separated by tabs.
    List,
    /// Remove a user and end all sessions of that user.
    Remove {
        /// E-mail address
        email: String,
    },
    /// Set a password, read from standard input, and end all sessions of that user.
    SetPassword {
        /// E-mail address
        email: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    /// Everything
    Admin,
    /// Look at all sites, change nothing
    Viewer,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

pub(super) async fn run(config: &Config, command: User) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    let system = Principal::System;
    match command {
        User::Add { email, role } => {
            let password = password::read()?;
            let new = NewUser {
                email: &email,
                password: &password,
                role: role.into(),
            };
            let user = user_service::create(&db, &system, &new, clock::now()).await?;
            println!("{} was added", user.email);
        }
        User::List => {
            for user in user_service::find_all(&db, &system).await? {
                println!("{}\t{}", user.email, user.role.key());
            }
        }
        User::Remove { email } => {
            user_service::delete(&db, &system, &email)
                .await
                .with_context(|| format!("{email} cannot be removed"))?;
            println!("{email} was removed");
        }
        User::SetPassword { email } => {
            let password = password::read()?;
            user_service::set_password(&db, &system, &email, &password)
                .await
                .with_context(|| format!("the password of {email} cannot be set"))?;
            println!("the password of {email} was set");
        }
    }
    Ok(())
}
