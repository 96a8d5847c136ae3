//! A site's segments: filters that were saved under a name.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::{Segment, Site};

use super::{form_notice, saved, set_status, settings_page};
use crate::{
    components::{Chips, Entries, Entry, Saved, SettingsTab, TextField},
    context,
    pages::dashboard::problems_notice,
    query::{DashboardAddress, encode, find_value},
    server_fns::segment::{AddSegment, RemoveSegment},
};

/// The segments and, for the filters of the address, the form that saves them. Read-only accounts see no form.
#[component]
pub fn SiteSegmentsPage() -> impl IntoView {
    settings_page(SettingsTab::Segments, async |site, can_write| {
        let raw = context::raw_query();
        let parsed = DashboardAddress::parse(&raw);
        let (mut address, mut problems) = (parsed.address.with_goal(None), parsed.problems);
        let saved = saved(&site, &mut address, &mut problems).await?;
        if !problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        Ok(view! {
            {problems_notice(&problems)}
            {form_notice(
                &raw,
                "The segment is in the dashboard's filter menu.",
                "Dashboards that show this segment show all visits again.",
            )}
            {(can_write && address.is_narrowed()).then(|| form(&site, &address, &saved, &raw))}
            {list(&site, saved.segments, can_write)}
        }
        .into_any())
    })
}

fn list(site: &Site, segments: Vec<Segment>, can_write: bool) -> AnyView {
    let domain = encode(&site.domain);
    let entries = segments.into_iter().map(|segment| {
        let link = DashboardAddress::default()
            .with_segment(Some(segment.id))
            .link();
        let who = if segment.is_personal {
            "Only you"
        } else {
            "Everyone"
        };
        let (link, detail, problem) = match &segment.condition {
            Ok(condition) => (
                format!("/sites/{domain}{link}"),
                format!("{who}: {condition}"),
                String::new(),
            ),
            Err(reason) => (
                String::new(),
                who.to_owned(),
                format!("Cannot be used: {reason}."),
            ),
        };
        Entry {
            id: segment.id.0,
            title: segment.name,
            link,
            detail,
            problem,
        }
    });
    let how = can_write.then_some(
        " To save one, filter the dashboard and choose “Save filters as a segment” in its filter menu.",
    );
    view! {
        <section class="section" aria-labelledby="segments-title">
            <header>
                <h2 id="segments-title">"Segments"</h2>
                <p class="hint">
                    "Filters under a name, for everyone who sees the site or for you alone." {how}
                </p>
            </header>
            <Entries
                entries=entries.collect()
                label="Segments"
                empty="There is no segment yet."
                domain=site.domain.clone()
                remove=can_write.then_some(RemoveSegment::PATH)
            />
        </section>
    }
    .into_any()
}

fn form(site: &Site, address: &DashboardAddress, saved: &Saved, raw: &str) -> AnyView {
    let code = find_value(raw, "error");
    let error = match code.as_str() {
        "name" => Some(format!(
            "This must have 1 to {} characters.",
            Segment::NAME_LIMIT
        )),
        "taken" => Some("There is a segment of this name already.".to_owned()),
        "segments" => Some(format!(
            "A site can have {} segments; remove some first.",
            Segment::LIMIT
        )),
        "filters" => Some(format!(
            "These filters cannot be saved: at most {}, not too deep.",
            Segment::FILTER_LIMIT
        )),
        _ => None,
    };
    let is_shared = find_value(raw, "scope") == "site";
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"Save these filters"</h2>
            </header>
            <Chips address=address.clone() saved=saved.clone()/>
            <form class="form" method="post" action=AddSegment::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <input type="hidden" name="query" value=address.link()[1..].to_owned()/>
                <TextField
                    name="name"
                    label="Name"
                    placeholder="Visitors from Germany"
                    value=find_value(raw, "name")
                    error=error
                />
                <fieldset class="field-group">
                    <legend>"Who sees it"</legend>
                    <div class="check">
                        <input
                            type="radio"
                            id="scope-personal"
                            name="scope"
                            value="personal"
                            checked=!is_shared
                        />
                        <label for="scope-personal">"Only you"</label>
                    </div>
                    <div class="check">
                        <input
                            type="radio"
                            id="scope-site"
                            name="scope"
                            value="site"
                            checked=is_shared
                        />
                        <label for="scope-site">"Everyone who sees the site"</label>
                    </div>
                </fieldset>
                <div class="form-actions">
                    <button class="button primary">"Save segment"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
