//! All sites with a sparkline and today's figures.

use leptos::prelude::*;
use trackflow::domain::{Change, SiteOverview};

use super::{page, require_principal};
use crate::{
    charts::sparkline_shapes,
    components::{
        AppHeader, ChangeFigure, EmptyArt, FigureText, Icon, IconName, Layout, Notice, Tone,
    },
    context, format,
    query::{encode, find_value},
    server_fns::site::list_sites,
};

/// The list; one who may write can add to it.
#[component]
pub fn SitesPage() -> impl IntoView {
    page(async {
        let principal = require_principal().await?;
        let can_write = principal.can_write();
        let sites = list_sites().await?;
        let deleted = find_value(&context::raw_query(), "deleted");
        let header = view! { <AppHeader principal=principal/> }.into_any();
        let has_sites = !sites.is_empty();
        let body = if has_sites {
            let cards: Vec<_> = sites
                .into_iter()
                .map(|site| card(site, can_write))
                .collect();
            view! { <ul class="sites" data-commands="Sites">{cards}</ul> }.into_any()
        } else {
            empty(can_write)
        };
        Ok(view! {
            <Layout title="Sites" header=header>
                {(!deleted.is_empty())
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Good heading="Deleted">
                                {format!("{deleted} and its figures are gone.")}
                            </Notice>
                        }
                    })}
                <div class="page-head">
                    <h1>"Sites"</h1>
                    {(can_write && has_sites).then(add_link)}
                </div>
                {body}
            </Layout>
        }
        .into_any())
    })
}

fn add_link() -> impl IntoView {
    view! {
        <a class="button primary" href="/add-site">
            <Icon name=IconName::Plus/>
            "Add site"
        </a>
    }
    .into_any()
}

fn empty(can_write: bool) -> AnyView {
    let words = if can_write {
        "Add the first one, paste a line of HTML into its pages, and see your own visit within a second."
    } else {
        "An admin of this installation can add one."
    };
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">"No site yet"</h2>
            <p>{words}</p>
            {can_write.then(|| view! { <div class="form-actions">{add_link()}</div> })}
        </section>
    }
    .into_any()
}

fn card(overview: SiteOverview, can_write: bool) -> impl IntoView {
    let site = overview.site;
    let link = format!("/sites/{}", encode(&site.domain));
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let change = (overview.visitors_yesterday > 0).then(|| {
        let (now, before) = (
            overview.visitors_today as f64,
            overview.visitors_yesterday as f64,
        );
        view! { <ChangeFigure change=Some(Change::Relative((now - before) / before))/> }
    });
    // Without today, which would end every line in a fall.
    let closed = overview
        .daily_visitors
        .split_last()
        .map_or(&[][..], |(_, closed)| closed);
    let class = if overview.current_visitors == 0 {
        "pulse idle"
    } else {
        "pulse"
    };
    let settings_link = can_write.then(|| {
        view! {
            <a
                class="button ghost"
                href=format!("{link}/settings")
                aria-label=format!("Settings of {}", site.name)
            >
                <Icon name=IconName::Gear/>
            </a>
        }
    });
    let today = if overview.has_events {
        view! { <p>"visitors today "{change}</p> }.into_any()
    } else {
        view! { <p>"waiting for the first visit"</p> }.into_any()
    };
    view! {
        <li class="site-card">
            <div class="site-head">
                <h2>
                    <a class="truncate" href=link.clone() title=site.domain.clone()>
                        {site.name.clone()}
                    </a>
                </h2>
                {settings_link}
            </div>
            <div class="site-stats">
                <div>
                    <p class="site-figure">
                        <FigureText figure=format::count(overview.visitors_today)/>
                    </p>
                    {today}
                </div>
                <span class="live">
                    <span class=class aria-hidden="true"></span>
                    <span>
                        <b>{format::exact(overview.current_visitors)}</b>
                        " current"
                    </span>
                </span>
            </div>
            <svg
                class="sparkline"
                viewBox="0 0 100 32"
                preserveAspectRatio="none"
                aria-hidden="true"
                inner_html=sparkline_shapes(closed)
            ></svg>
        </li>
    }
    .into_any()
}
