//! The schema itself: both migration trees give the same tables, and each has its way down.

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;

use crate::{
    db::{Db, DbError, with_conn},
    domain::SiteId,
};

db_tests!(
    both_databases_have_the_same_tables_and_columns,
    migrations_run_once
);

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn names(db: &Db, sqlite: &str, postgres: &str) -> Vec<String> {
    let statement = if matches!(db, Db::Sqlite { .. }) {
        sqlite
    } else {
        postgres
    }
    .to_owned();
    let rows: Result<Vec<Name>, DbError> =
        with_conn!(db, |conn| diesel::sql_query(statement).load(conn).await);
    rows.unwrap().into_iter().map(|row| row.name).collect()
}

/// All columns as `table.column`, in the order of the alphabet, Diesel's own table aside.
pub(super) async fn columns(db: &Db) -> Vec<String> {
    names(
        db,
        "select m.name || '.' || c.name as name from sqlite_master m, pragma_table_info(m.name) c \
         where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '\\_\\_%' escape '\\' order by 1",
        "select table_name || '.' || column_name as name from information_schema.columns \
         where table_schema = 'public' and table_name not like '\\_\\_%' order by (table_name || '.' || column_name) collate \"C\"",
    )
    .await
}

/// The tables that have a `site_id`, each with its number of rows of the site.
pub(crate) async fn rows_with_site_id(db: &Db, site: SiteId) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for column in columns(db).await {
        if let Some(table) = column.strip_suffix(".site_id") {
            let statement = format!(
                "select count(*) as count from {table} where site_id = {}",
                site.0
            );
            let rows: Result<Vec<Count>, DbError> =
                with_conn!(db, |conn| diesel::sql_query(statement).load(conn).await);
            found.push((table.to_owned(), rows.unwrap()[0].count));
        }
    }
    found
}

async fn both_databases_have_the_same_tables_and_columns(db: Db) {
    let expected = [
        "annotation.at",
        "annotation.created_at",
        "annotation.day",
        "annotation.id",
        "annotation.site_id",
        "annotation.text",
        "annotation.user_id",
        "api_key.created_at",
        "api_key.expires_at",
        "api_key.id",
        "api_key.last_used_day",
        "api_key.name",
        "api_key.scopes",
        "api_key.token_hash",
        "api_key.user_id",
        "day_block.day",
        "day_block.events",
        "day_block.first_event_id",
        "day_block.from_at",
        "day_block.is_swept",
        "day_block.last_event_id",
        "day_block.site_id",
        "day_block.to_at",
        "day_block.visits",
        "day_part.data",
        "day_part.day",
        "day_part.part",
        "day_part.site_id",
        "dictionary.id",
        "dictionary.site_id",
        "dictionary.value",
        "event.engaged_ms",
        "event.hostname",
        "event.id",
        "event.is_interactive",
        "event.name",
        "event.page",
        "event.props",
        "event.revenue_amount",
        "event.revenue_currency",
        "event.scroll_depth",
        "event.site_id",
        "event.title",
        "event.visit_id",
        "event.visitor_id",
        "event_key.at",
        "event_key.key",
        "event_key.site_id",
        "funnel.created_at",
        "funnel.id",
        "funnel.name",
        "funnel.scope",
        "funnel.site_id",
        "funnel.steps",
        "goal.created_at",
        "goal.definition",
        "goal.id",
        "goal.name",
        "goal.site_id",
        "refusal.count",
        "refusal.detail",
        "refusal.hour",
        "refusal.reason",
        "refusal.site_id",
        "roll_up.data",
        "roll_up.days",
        "roll_up.dimension",
        "roll_up.first_day",
        "roll_up.site_id",
        "segment.condition",
        "segment.created_at",
        "segment.id",
        "segment.name",
        "segment.site_id",
        "segment.user_id",
        "session.created_at",
        "session.expires_at",
        "session.token_hash",
        "session.user_id",
        "share_link.condition",
        "share_link.created_at",
        "share_link.expires_at",
        "share_link.id",
        "share_link.last_used_day",
        "share_link.name",
        "share_link.password_hash",
        "share_link.site_id",
        "share_link.token_hash",
        "site.created_at",
        "site.domain",
        "site.id",
        "site.is_public",
        "site.name",
        "site.time_zone",
        "site_rule.created_at",
        "site_rule.kind",
        "site_rule.site_id",
        "site_rule.value",
        "user_account.created_at",
        "user_account.email",
        "user_account.id",
        "user_account.password_hash",
        "user_account.role",
        "visit.browser",
        "visit.browser_version",
        "visit.channel",
        "visit.city",
        "visit.country",
        "visit.device",
        "visit.engaged_ms",
        "visit.entry_page",
        "visit.events",
        "visit.exit_page",
        "visit.id",
        "visit.is_bounce",
        "visit.language",
        "visit.last_at",
        "visit.pageviews",
        "visit.referrer",
        "visit.region",
        "visit.screen",
        "visit.site_id",
        "visit.source",
        "visit.system",
        "visit.system_version",
        "visit.utm_campaign",
        "visit.utm_content",
        "visit.utm_medium",
        "visit.utm_source",
        "visit.utm_term",
        "visit.visitor_id",
        "vital.country",
        "vital.data",
        "vital.day",
        "vital.device",
        "vital.page",
        "vital.site_id",
    ];
    assert_eq!(columns(&db).await, expected);
}

async fn migrations_run_once(db: Db) {
    let url = match &db {
        Db::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
        Db::Postgres { url, .. } => url.clone(),
    };
    let ran = crate::db::run_migrations(&url.parse().unwrap())
        .await
        .unwrap();
    assert!(ran.is_empty(), "a second start ran {ran:?}");
}
