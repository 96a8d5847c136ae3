//! What stands for a page that could not be put together.

use leptos::prelude::*;

use super::not_found;
use crate::{
    components::{Brand, Layout},
    context,
    server_fns::ApiError,
};

/// The page for an error: what happened and what to do.
pub(super) fn view(error: &ApiError) -> AnyView {
    let (heading, words) = match error {
        ApiError::NotFound { .. } => return not_found::view(),
        ApiError::ReadOnly => (
            "This account can look but not change anything".to_owned(),
            "An admin of this installation can make the change.".to_owned(),
        ),
        ApiError::Conflict { message } | ApiError::BadRequest { message } => {
            ("This could not be done".to_owned(), message.clone())
        }
        ApiError::Invalid { field, reason } => (
            "This address cannot be used".to_owned(),
            format!("{field} {reason}."),
        ),
        ApiError::Busy { .. } => (
            "Too many questions at once".to_owned(),
            "This one waited for its turn and gave up. Try again in a moment.".to_owned(),
        ),
        _ => (
            "This page could not be put together".to_owned(),
            "The data is safe and visits are still being counted. The cause stands in the log of \
             the server."
                .to_owned(),
        ),
    };
    if context::embed().is_some() {
        return in_frame(heading, words);
    }
    let code = error.status().as_u16();
    view! {
        <Layout title=heading.clone() header=plain_header() main_class="error-page">
            <p class="code">{code}</p>
            <h1>{heading.clone()}</h1>
            <p>{words}</p>
            <div class="form-actions">
                <a class="button primary" href=context::request_path()>
                    "Try again"
                </a>
                <a class="button" href="/sites">
                    "All sites"
                </a>
            </div>
        </Layout>
    }
    .into_any()
}

/// What stands in a frame in place of a dashboard. The way on is the link to the full view that every embedded page has.
pub(super) fn in_frame(heading: String, words: String) -> AnyView {
    view! {
        <Layout title=heading.clone() main_class="error-page">
            <h1>{heading.clone()}</h1>
            <p>{words}</p>
        </Layout>
    }
    .into_any()
}

/// A header for nobody in particular.
pub(super) fn plain_header() -> AnyView {
    view! {
        <header class="header">
            <div class="header-row">
                <Brand/>
            </div>
        </header>
    }
    .into_any()
}
