//! The database of a run: made empty with its sites, and read after the program was killed.

use std::path::Path;

use anyhow::Context;
use diesel::{
    Connection, QueryableByName, SqliteConnection, connection::SimpleConnection, sql_types::BigInt,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use trackflow::{
    db::{DatabaseUrl, Db, run_migrations},
    domain::{NewSite, Principal, Timestamp},
    services::site_service,
};

use crate::{process, target::TargetKind};

const DATABASE: &str = "trackflow_bench";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// What is in the database in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(crate) events: u64,
    /// All tables and indexes, after a checkpoint.
    pub(crate) bytes: u64,
}

/// A database with sites and nothing else.
pub(crate) struct Storage {
    url: String,
    /// PostgreSQL's first process, whose children serve connections.
    pub(crate) postmaster: Option<u32>,
}

impl Storage {
    /// Makes an SQLite file in `folder`, or a database on the server `postgres`, with the sites that load.lua names.
    pub(crate) async fn create(
        kind: TargetKind,
        folder: &Path,
        postgres: Option<&str>,
        sites: u32,
    ) -> anyhow::Result<Self> {
        let (url, postmaster) = match (kind, postgres) {
            (TargetKind::Postgres, Some(server)) => {
                let postmaster = create_database(server).await?;
                (with_database(server, DATABASE), Some(postmaster))
            }
            _ => (
                format!("sqlite:{}", folder.join("trackflow.db").display()),
                None,
            ),
        };
        let parsed: DatabaseUrl = url.parse()?;
        run_migrations(&parsed).await?;
        let db = Db::new(&parsed)?;
        for number in 1..=sites {
            let site = NewSite {
                domain: format!("site-{number}.example"),
                name: String::new(),
                time_zone: "UTC".into(),
            };
            site_service::create(&db, &Principal::System, &site, Timestamp(0)).await?;
        }
        Ok(Self { url, postmaster })
    }

    /// As the program takes it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Counts. For after the program.
    pub(crate) async fn read(&self) -> anyhow::Result<Stored> {
        const EVENTS: &str = "select count(*) as value from event";
        let number = |row: Number| u64::try_from(row.value);
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut conn = SqliteConnection::establish(path)?;
            conn.batch_execute("pragma wal_checkpoint(truncate)")?;
            let events = diesel::RunQueryDsl::get_result(diesel::sql_query(EVENTS), &mut conn)?;
            return Ok(Stored {
                events: number(events)?,
                bytes: std::fs::metadata(path)?.len(),
            });
        }
        const BYTES: &str = "select sum(pg_total_relation_size(oid))::bigint as value from pg_class \
             where relkind = 'r' and relnamespace = 'public'::regnamespace";
        let mut conn = AsyncPgConnection::establish(&self.url).await?;
        conn.batch_execute("checkpoint").await?;
        let events =
            diesel_async::RunQueryDsl::get_result(diesel::sql_query(EVENTS), &mut conn).await?;
        let bytes =
            diesel_async::RunQueryDsl::get_result(diesel::sql_query(BYTES), &mut conn).await?;
        Ok(Stored {
            events: number(events)?,
            bytes: number(bytes)?,
        })
    }
}

/// Makes an empty database, and gives the server's first process.
async fn create_database(server: &str) -> anyhow::Result<u32> {
    let mut conn = AsyncPgConnection::establish(server)
        .await
        .context("the PostgreSQL server cannot be reached")?;
    for statement in [
        format!("drop database if exists {DATABASE} with (force)"),
        format!("create database {DATABASE}"),
    ] {
        conn.batch_execute(&statement).await?;
    }
    let query = diesel::sql_query("select pg_backend_pid()::bigint as value");
    let backend: Number = diesel_async::RunQueryDsl::get_result(query, &mut conn).await?;
    process::parent(backend.value.try_into()?)
        .context("the PostgreSQL server is not on this machine")
}

/// The URL with another database.
fn with_database(server: &str, database: &str) -> String {
    let base = server.split('?').next().unwrap_or(server);
    let end = base.rfind('/').filter(|&at| at > "postgresql://".len());
    format!("{}/{database}", &base[..end.unwrap_or(base.len())])
}
