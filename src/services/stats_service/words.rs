//! Strings of a site's dictionary, read both ways for the statistics.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rustc_hash::FxHashMap;

use crate::{
    db::{Db, DbError, load_rows, schema::dictionary, with_conn},
    domain::SiteId,
};

/// Number of a string in the site's dictionary, 0 for none.
pub(super) type Word = i64;

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
    // PostgreSQL knows no text with it and refuses to compare with one.
    if value.contains('\0') {
        return Ok(None);
    }
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .filter(dictionary::value.eq(value))
        .select(dictionary::id);
    with_conn!(db, |conn| query.first(conn).await.optional())
}

/// Finds all strings of a site with their numbers, the empty one among them: comparing here and not in the database, since LIKE
/// differs between the databases in letter case beyond ASCII, and regular expressions in everything.
pub(super) async fn find_all(db: &Db, site: SiteId) -> Result<Vec<(Word, String)>, DbError> {
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .select((dictionary::id, dictionary::value));
    let mut rows: Vec<(Word, String)> = load_rows!(db, query)?;
    rows.push((0, String::new()));
    Ok(rows)
}
