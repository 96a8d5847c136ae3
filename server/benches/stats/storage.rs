//! What lies in the database: sizes, and rows for DuckDB.

use std::{io::Write, path::Path};

use anyhow::bail;
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::DefaultLoadingMode,
    sql_query,
    sql_types::{BigInt, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use trackflow::db::DatabaseUrl;

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Bytes, of which the content is what was encoded and the rest what the database adds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sizes {
    /// Events of closed days.
    pub(crate) events: u64,
    pub(crate) block_bytes: u64,
    pub(crate) roll_up_bytes: u64,
    /// Tables of closed days with all that the database adds.
    pub(crate) stored_bytes: u64,
}

/// A column of blocks, or a roll-up.
pub(crate) struct PartSize {
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

/// Sizes of everything that stands for closed days.
pub(crate) async fn sizes(url: &DatabaseUrl) -> anyhow::Result<Sizes> {
    let content = "select 'events' as name, coalesce(sum(events), 0) as number, 0 as bytes from day_block \
         union all select 'blocks', 0, coalesce(sum(octet_length(data)), 0) from day_part \
         union all select 'roll-ups', 0, coalesce(sum(octet_length(data)), 0) from roll_up";
    let stored = match url {
        DatabaseUrl::Sqlite(_) => {
            "select 'stored' as name, 0 as number, coalesce(sum(pgsize), 0) as bytes from dbstat \
             where name in ('day_block', 'day_part', 'roll_up') or name like 'sqlite_autoindex_day_part%' \
             or name like 'sqlite_autoindex_roll_up%'"
        }
        DatabaseUrl::Postgres(_) => {
            "select 'stored' as name, 0::bigint as number, (pg_total_relation_size('day_block') + \
             pg_total_relation_size('day_part') + pg_total_relation_size('roll_up'))::bigint as bytes"
        }
    };
    let mut sizes = Sizes::default();
    let content = cast(url, content);
    let mut rows = sums(url, &content).await?;
    rows.extend(sums(url, stored).await?);
    for row in rows {
        let bytes = row.bytes.unsigned_abs();
        match row.name.as_str() {
            "events" => sizes.events = row.number.unsigned_abs(),
            "blocks" => sizes.block_bytes = bytes,
            "roll-ups" => sizes.roll_up_bytes = bytes,
            _ => sizes.stored_bytes = bytes,
        }
    }
    Ok(sizes)
}

/// Sizes by column and dimension, largest first. The numbers are those of docs/block-format.md.
pub(crate) async fn parts(url: &DatabaseUrl) -> anyhow::Result<Vec<PartSize>> {
    let text = "select 'column' as name, part - 1 as number, sum(octet_length(data)) as bytes from day_part group by part \
         union all select case when days = 1 then 'days by' else 'months by' end, dimension - 1, sum(octet_length(data)) \
         from roll_up group by case when days = 1 then 'days by' else 'months by' end, dimension order by bytes desc";
    let rows = sums(url, &cast(url, text)).await?;
    Ok(rows
        .into_iter()
        .map(|row| PartSize {
            name: match (row.name.as_str(), row.number) {
                ("column", -1) => "small columns".into(),
                (name, -1) => format!("{name} nothing"),
                (name, number) => format!("{name} {number}"),
            },
            bytes: row.bytes.unsigned_abs(),
        })
        .collect())
}

/// PostgreSQL's sums are wider than its `bigint`.
fn cast(url: &DatabaseUrl, text: &str) -> String {
    match url {
        DatabaseUrl::Sqlite(_) => text.into(),
        DatabaseUrl::Postgres(_) => {
            format!(
                "select name, number::bigint as number, bytes::bigint as bytes from ({text}) as found"
            )
        }
    }
}

async fn sums(url: &DatabaseUrl, text: &str) -> anyhow::Result<Vec<Sum>> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => sql_query(text).load(&mut open(path)?)?,
        DatabaseUrl::Postgres(url) => {
            let mut conn = AsyncPgConnection::establish(url).await?;
            diesel_async::RunQueryDsl::load(sql_query(text), &mut conn).await?
        }
    })
}

/// Whether there are events that are not in blocks. Only asked of SQLite, from which DuckDB gets them.
pub(crate) fn has_rows(url: &DatabaseUrl) -> anyhow::Result<bool> {
    let DatabaseUrl::Sqlite(path) = url else {
        return Ok(false);
    };
    let text = "select 'rows' as name, count(*) as number, 0 as bytes from (select 1 from event limit 1) as found";
    let found: Vec<Sum> = sql_query(text).load(&mut open(path)?)?;
    Ok(found.iter().any(|row| row.number > 0))
}

/// Writes all events that are rows, ascending in time, each with the columns of its visit beside it, as CSV in the order of
/// `run_duckdb.py`.
pub(crate) fn export_events(url: &DatabaseUrl, out: &mut impl Write) -> anyhow::Result<()> {
    const COLUMNS: &str = "select concat_ws(',', e.id >> 20, e.visit_id, e.visitor_id, e.name, e.hostname, e.page, e.engaged_ms, \
         coalesce(e.scroll_depth, -1), e.is_interactive, v.id >> 20, max(v.last_at - (v.id >> 20), 0), v.pageviews, v.events, \
         v.engaged_ms, v.is_bounce, v.entry_page, v.exit_page, v.source, v.channel, v.referrer, v.utm_source, v.utm_medium, \
         v.utm_campaign, v.utm_content, v.utm_term, v.country, v.browser, v.browser_version, v.system, v.system_version, \
         v.device) as line from event e cross join visit v where v.site_id = e.site_id and v.id = e.visit_id \
         order by e.site_id, e.id";
    write_lines(url, COLUMNS, out)
}

/// Writes all words and their numbers as CSV.
pub(crate) fn export_words(url: &DatabaseUrl, out: &mut impl Write) -> anyhow::Result<()> {
    let text =
        "select concat(id, ',\"', replace(value, '\"', '\"\"'), '\"') as line from dictionary";
    write_lines(url, text, out)
}

fn write_lines(url: &DatabaseUrl, text: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let DatabaseUrl::Sqlite(path) = url else {
        bail!("DuckDB gets its events from SQLite; leave --duckdb out");
    };
    let mut conn = open(path)?;
    for row in sql_query(text).load_iter::<Line, DefaultLoadingMode>(&mut conn)? {
        writeln!(out, "{}", row?.line)?;
    }
    out.flush()?;
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<SqliteConnection> {
    Ok(SqliteConnection::establish(&path.display().to_string())?)
}
