//! The HTML that shows a shared dashboard in a page of another site.

use leptos::prelude::*;
use trackflow::domain::Site;

use crate::{
    embed::{Embed, Theme},
    format::escape,
    query::format_pairs,
};

/// Pixels of a dashboard whose panels stand in pairs; narrower ones scroll in their frame.
const HEIGHT: u32 = 1_600;

/// The line to paste for the dashboard at `address`, with a button that copies it. `id` is that of its element; `more` is what else
/// there is to say of it.
pub(super) fn snippet(site: &Site, address: &str, id: &'static str, more: &'static str) -> AnyView {
    let embed = Embed {
        theme: Theme::System,
    };
    let line = format!(
        r#"<iframe src="{}" title="Statistics of {}" loading="lazy" width="100%" height="{HEIGHT}" style="border:0"></iframe>"#,
        escape(&format!("{address}{}", format_pairs(&embed.pairs()))),
        escape(&site.name),
    );
    view! {
        <div class="snippet">
            <p class="hint">
                "To show it in a page of another site, paste this line there. "<code>"theme"</code>" is "
                <code>"system"</code>", "<code>"light"</code>" or "<code>"dark"</code>". " {more}
            </p>
            <pre>
                <code id=id>{line}</code>
            </pre>
            <div class="form-actions">
                <button type="button" class="button needs-script" data-copy=format!("#{id}")>
                    "Copy HTML"
                </button>
                <span class="hint" role="status" data-copy-status=""></span>
            </div>
        </div>
    }
    .into_any()
}
