//! The command line: what is typed, what it calls, and how it ends.
//!
//! Exit codes, which scripts depend on: 0 done, 1 failed, 2 wrong usage or configuration. Every error is one line.

mod api_key;
mod check_config;
mod demo;
mod explain;
mod migrate;
mod open;
mod password;
mod progress;
mod seed;
mod serve;
mod settings;
mod site;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use trackflow::{config::Config, services::ServiceError};

use crate::{hardening, logging};
use settings::Settings;

/// Privacy-first web analytics: one program, one file of data.
#[derive(Debug, Parser)]
#[command(name = "trackflow", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the dashboard and take beacons (the default).
    Serve,
    /// Serve a demonstration: three sites with invented traffic in a database of their own.
    Demo,
    /// Fill a site with invented traffic; the same numbers give the same traffic.
    Seed(seed::Seed),
    /// Add, list and remove sites.
    #[command(subcommand)]
    Site(site::Site),
    /// Add, list and remove the people who can log in.
    #[command(subcommand)]
    User(user::User),
    /// Make, list and revoke the keys with which programs ask the stats API.
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Ask a question about a site and tell how it was answered: what was read, and how long it took.
    Explain(explain::Explain),
    /// Bring the database to this version's schema; `serve` does it by itself.
    Migrate,
    /// Check the configuration and print what is in effect, without passwords.
    CheckConfig,
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Runs one command to its end.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let raw = match cli.settings.load() {
        Ok(raw) => raw,
        Err(error) => return fail(WRONG_USAGE, &[error]),
    };
    let command = cli.command.unwrap_or(Command::Serve);
    let raw = match command {
        Command::Demo => raw.or(demo::defaults()),
        _ => raw,
    };
    let config = match Config::resolve(raw) {
        Ok(config) => config,
        Err(errors) => return fail(WRONG_USAGE, &errors),
    };
    logging::init(&config.log);
    hardening::init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(execute(command, &config)),
        Err(error) => {
            Err(anyhow::Error::new(error).context("the program's threads cannot be started"))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(exit_code(&error), &[with_causes(&error)]),
    }
}

async fn execute(command: Command, config: &Config) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::run(config, None).await,
        Command::Demo => demo::run(config).await,
        Command::Seed(seed) => seed::run(config, &seed).await,
        Command::Site(command) => site::run(config, command).await,
        Command::User(command) => user::run(config, command).await,
        Command::ApiKey(command) => api_key::run(config, command).await,
        Command::Explain(explain) => explain::run(config, &explain).await,
        Command::Migrate => migrate::run(config).await,
        Command::CheckConfig => {
            check_config::run(config);
            Ok(())
        }
    }
}

fn fail(code: u8, errors: &[String]) -> ExitCode {
    for error in errors {
        eprintln!("error: {error}");
    }
    ExitCode::from(code)
}

/// A value that the caller typed wrong is wrong usage; everything else failed.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<ServiceError>() {
        Some(ServiceError::Invalid { .. }) => WRONG_USAGE,
        _ => FAILED,
    }
}

/// The error and its causes on one line, none twice.
fn with_causes(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error
        .chain()
        .map(|cause| cause.to_string().replace('\n', " "))
    {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let cause = std::io::Error::other("disk\nfull");
        let error = anyhow::Error::new(cause).context("the site cannot be added");
        assert_eq!(with_causes(&error), "the site cannot be added: disk full");
    }

    #[test]
    fn wrong_values_exit_with_2_and_failures_with_1() {
        let invalid = ServiceError::Invalid {
            field: "domain",
            reason: "must be a host name".into(),
        };
        let error = Err::<(), _>(invalid)
            .context("no site was added")
            .unwrap_err();
        assert_eq!(exit_code(&error), WRONG_USAGE);
        assert_eq!(exit_code(&ServiceError::NotFound("site").into()), FAILED);
    }
}
