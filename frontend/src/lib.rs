//! The WebAssembly that hydrates TrackFlow's chart islands. Nothing else lives here.

// Keeps the islands' exports, which nothing in this crate names.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by Leptos' island script before it hydrates each island of the page.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
