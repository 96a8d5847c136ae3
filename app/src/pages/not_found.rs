//! The page for addresses that lead nowhere.

use http::StatusCode;
use leptos::prelude::*;

use super::{PageError, page, set_status};
use crate::{
    components::{AppHeader, Layout},
    context,
};

/// Says so and shows the way back. Looks the same to everybody, so that nobody learns which sites exist.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    page(async {
        set_status(StatusCode::NOT_FOUND);
        Ok::<_, PageError>(view())
    })
}

pub(super) fn view() -> AnyView {
    if context::embed().is_some() {
        let words = "It may no longer be shared, or the address has a typing error.";
        return super::error::in_frame("No dashboard at this address".into(), words.into());
    }
    let header =
        context::principal().map(|principal| view! { <AppHeader principal=principal/> }.into_any());
    let header = header.unwrap_or_else(super::error::plain_header);
    let is_link = context::shared_by().is_some();
    let words = if is_link {
        "The link may have ended or been revoked, or the address has a typing error. Whoever sent it to you can make another one."
    } else {
        "The site may have been renamed or deleted, or the address has a typing error."
    };
    view! {
        <Layout title="No page at this address" header=header main_class="error-page">
            <p class="code">"404"</p>
            <h1>"No page at this address"</h1>
            <p>{words}</p>
            {(!is_link)
                .then(|| {
                    view! {
                        <div class="form-actions">
                            <a class="button primary" href="/sites">
                                "All sites"
                            </a>
                        </div>
                    }
                })}
        </Layout>
    }
    .into_any()
}
