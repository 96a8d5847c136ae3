//! Privacy as tests, on the real program: what identifies a person is written nowhere, keys die, and what is left of them
//! is of no use. What needs no program is tested beside the code: `src/ingest/keys/tests.rs` and `src/tests/`.

#[path = "privacy/canaries.rs"]
mod canaries;

#[path = "privacy/database.rs"]
mod database;

#[path = "privacy/program.rs"]
mod program;

#[path = "privacy/written.rs"]
mod written;

#[path = "privacy/traced.rs"]
mod traced;

#[path = "privacy/recompute.rs"]
mod recompute;

#[path = "privacy/memory.rs"]
mod memory;

#[path = "privacy/hardening.rs"]
mod hardening;
