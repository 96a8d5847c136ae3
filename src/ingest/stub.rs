//! STUB of the facade on the branch `server`: replaced in the merge. Accepts beacons of known sites and stores nothing.

use super::{
    beacon::{Beacon, BeaconError},
    client::Client,
    gate::{self, DropReason},
};
use crate::{
    db::Db,
    domain::{Principal, Timestamp},
    services::site_service,
};

/// STUB.
pub struct Ingest {
    db: Db,
}

/// STUB.
#[derive(Debug)]
pub enum Outcome {
    /// STUB.
    Stored,
    /// STUB.
    Dropped(DropReason),
}

/// STUB.
#[derive(Debug)]
pub enum IngestError {
    /// STUB.
    Invalid(BeaconError),
    /// STUB.
    Overloaded,
    /// STUB.
    Unavailable,
}

impl Ingest {
    /// STUB.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// STUB.
    ///
    /// # Errors
    /// As the facade.
    pub async fn accept(
        &self,
        body: &[u8],
        client: &Client<'_>,
        _now: Timestamp,
    ) -> Result<Outcome, IngestError> {
        let beacon = Beacon::parse(body).map_err(IngestError::Invalid)?;
        let site = site_service::get_by_domain(&self.db, &Principal::System, &beacon.domain).await;
        match gate::admit(beacon, client, site.ok().as_ref()) {
            Ok(_) => Ok(Outcome::Stored),
            Err(reason) => Ok(Outcome::Dropped(reason)),
        }
    }
}
