//! Ingestion: the way of one event, one station a file, one type a station, each made only from the one before.
//!
//! ```text
//! body bytes ─ beacon ─▶ Beacon         the wire format, or a BeaconError (400 with the field and the reason)
//! Beacon ──── gate ────▶ Hit            wanted, or a DropReason (202, counted)
//! Client ──── visitor ─▶ Visitor        keyed hash with the site's key of the day, from `keys`
//! Hit ─────── enrich ──▶ EnrichedHit    page, source, campaign, device, country; the IP and the user agent end here
//! ```
//!
//! What comes in besides the body is a [`Client`](client::Client): address, user agent and opt-out of the request, which
//! nothing after [`enrich`] can name. [`EnrichedHit`](enrich::EnrichedHit) goes on to the visits and the writer.

pub mod beacon;
pub mod bots;
pub mod client;
pub mod enrich;
pub mod gate;
pub mod keys;
pub mod spam;
pub mod visitor;

mod key_file;
mod stub;
mod text;

pub use key_file::default_key_file;
pub use stub::{Ingest, IngestError, Outcome};
