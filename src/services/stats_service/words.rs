//! Strings of a site's dictionary, read both ways for the statistics.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rustc_hash::FxHashMap;

use super::facts::Word;
use crate::{
    db::{Db, DbError, load_rows, schema::dictionary, with_conn},
    domain::SiteId,
};

/// Numbers of one `IN` list, below SQLite's 32,766 bound values.
const CHUNK: usize = 10_000;

/// Finds the strings of numbers; 0 is the empty string.
pub(super) async fn find_values(
    db: &Db,
    site: SiteId,
    words: impl IntoIterator<Item = Word>,
) -> Result<FxHashMap<Word, String>, DbError> {
    let words: Vec<Word> = words.into_iter().filter(|word| *word != 0).collect();
    let mut values = FxHashMap::from_iter([(0, String::new())]);
    for chunk in words.chunks(CHUNK) {
        let query = dictionary::table
            .filter(dictionary::site_id.eq(site.0))
            .filter(dictionary::id.eq_any(chunk.to_vec()))
            .select((dictionary::id, dictionary::value));
        let rows: Vec<(i64, String)> = load_rows!(db, query)?;
        values.extend(rows);
    }
    Ok(values)
}

/// Finds the number of a string; `None` if no event of the site ever had it.
pub(super) async fn find(db: &Db, site: SiteId, value: &str) -> Result<Option<Word>, DbError> {
    if value.is_empty() {
        return Ok(Some(0));
    }
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .filter(dictionary::value.eq(value))
        .select(dictionary::id);
    with_conn!(db, |conn| query.first(conn).await.optional())
}

/// Finds the numbers of all strings that satisfy a test, the empty one among them. Reads the site's whole dictionary: LIKE differs between the
/// databases in letter case beyond ASCII.
pub(super) async fn find_matching(
    db: &Db,
    site: SiteId,
    accepts: impl Fn(&str) -> bool,
) -> Result<Vec<Word>, DbError> {
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .select((dictionary::id, dictionary::value));
    let rows: Vec<(i64, String)> = load_rows!(db, query)?;
    Ok(std::iter::once((0, String::new()))
        .chain(rows)
        .filter(|(_, value)| accepts(value))
        .map(|(id, _)| id)
        .collect())
}
