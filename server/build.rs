//! Tells `src/assets/embedded.rs` where the built site is. Only the feature `embed` needs it.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=LEPTOS_SITE_ROOT");
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return;
    }
    let crate_root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let workspace = crate_root
        .parent()
        .expect("the crate lies in the workspace");
    let site = env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".into());
    let site = workspace.join(site);
    assert!(
        site.join("pkg/trackflow.js").is_file(),
        "the feature `embed` needs the built site in {}; build the front end first",
        site.display()
    );
    println!("cargo:rerun-if-changed={}", site.display());
    println!("cargo:rustc-env=TRACKFLOW_SITE_ROOT={}", site.display());
}
