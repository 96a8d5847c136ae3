//! The database: two pools behind one enum, chosen by the URL, and one Diesel body for both.
//!
//! Only `services` and `db` write queries. Hot writes go through `services::event_service`, which has an arm a database.

pub mod schema;

mod durability;
mod failure;
mod migrations;
mod pool;
mod url;
mod writer_lock;

pub use durability::Durability;
pub use migrations::run_migrations;
pub use pool::{Db, DbError, PostgresConn, SqliteConn};
pub(crate) use pool::{Patience, load_rows, open_sqlite, with_conn};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
pub(crate) use writer_lock::{lock_postgres, lock_sqlite};
