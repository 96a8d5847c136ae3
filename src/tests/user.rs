//! Users on both databases.

use crate::{db::Db, domain::Principal, services::site_service};

db_tests!(a_fresh_database_has_no_sites);

async fn a_fresh_database_has_no_sites(db: Db) {
    let sites = site_service::find_all(&db, &Principal::System).await;
    assert_eq!(sites.expect("the query runs"), []);
}
