//! The start: no page of its own.

use leptos::prelude::*;

use super::{PageError, page, require_principal};

/// Leads to the list of sites.
#[component]
pub fn StartPage() -> impl IntoView {
    page(async {
        require_principal().await?;
        Err(PageError::Redirect("/sites".to_owned()))
    })
}
