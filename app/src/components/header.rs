//! The sticky bar: brand, site switcher, current visitors, tools, account.

use leptos::prelude::*;
use trackflow::domain::{Principal, Site};

use super::{ComparisonPicker, FilterMenu, Icon, IconName, PeriodPicker, Saved};
use crate::{
    context, format,
    query::{DashboardAddress, encode},
    server_fns::session::LogOut,
};
use leptos::server_fn::ServerFn;

/// The product's mark and name; leads to the list of sites.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/sites" aria-label="TrackFlow, all sites">
            <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                <rect width="32" height="32" rx="8"></rect>
                <path d="M6 22.5h4.5c6.5 0 4.5-12 11-12h.5"></path>
                <circle cx="24" cy="10.5" r="3.25"></circle>
            </svg>
            <span class="wordmark">"TrackFlow"</span>
        </a>
    }
    .into_any()
}

/// The header of pages that are about no site, or about its settings.
#[component]
pub fn AppHeader(principal: Principal, #[prop(optional)] crumb: Option<AnyView>) -> impl IntoView {
    view! {
        <header class="header">
            <div class="header-row">
                <Brand/>
                {crumb}
                <span class="spacer"></span>
                <AccountMenu principal=principal/>
            </div>
        </header>
    }
    .into_any()
}

/// The header of a site's dashboard and detail pages; embedded in another page the site's name and the tools alone.
#[component]
pub fn DashboardHeader(
    principal: Principal,
    site: Site,
    /// All sites, for the switcher.
    sites: Vec<Site>,
    address: DashboardAddress,
    /// Name of the period as the picker shows it.
    period_label: String,
    /// Who is there now; `None` where the page does not know.
    current_visitors: Option<u64>,
    /// The local date of today, for the custom range.
    today: String,
    /// What can be asked for by its number.
    saved: Saved,
    /// Names of custom properties that can be filtered by.
    #[prop(optional)]
    properties: Vec<String>,
) -> impl IntoView {
    let live = current_visitors.map(|count| live(&site, count));
    let can_write = principal.can_write();
    let tools = view! {
        <div class="header-tools">
            <FilterMenu
                address=address.clone()
                site=site.clone()
                saved=saved
                properties=properties
                can_write=can_write
            />
            <PeriodPicker address=address.clone() label=period_label today=today/>
            <ComparisonPicker address=address/>
        </div>
    };
    let row = if context::embed().is_some() {
        view! {
            <b class="truncate" title=site.domain>
                {site.name}
            </b>
            {tools}
        }
        .into_any()
    } else {
        view! {
            <Brand/>
            <SiteSwitcher site=site sites=sites can_write=can_write/>
            {live}
            {tools}
            <AccountMenu principal=principal/>
        }
        .into_any()
    };
    view! {
        <header class="header has-tools">
            <div class="header-row">{row}</div>
        </header>
    }
    .into_any()
}

fn live(site: &Site, count: u64) -> impl IntoView + use<> {
    let domain = encode(&site.domain);
    let stream = format!("/api/app/live?domain={domain}");
    let class = if count == 0 { "pulse idle" } else { "pulse" };
    let noun = if count == 1 {
        "current visitor"
    } else {
        "current visitors"
    };
    view! {
        <a
            class="live"
            href=format!("/sites/{domain}/live")
            data-live-stream=stream
            data-shortcut="g l"
            data-commands="This site"
            data-label="Current visitors"
        >
            <span class=class aria-hidden="true"></span>
            <span>
                <b data-live="">{format::short(count)}</b>
                " "
                <span class="live-label" aria-hidden="true" data-live-noun="">
                    {noun}
                </span>
                <span class="visually-hidden">
                    <span data-live-noun="">{noun}</span>
                    " in the last 5 minutes"
                </span>
            </span>
        </a>
    }
    .into_any()
}

/// The site's name, opening to the list of all; the name alone for who sees no list.
#[component]
pub fn SiteSwitcher(site: Site, sites: Vec<Site>, can_write: bool) -> impl IntoView {
    if sites.is_empty() {
        return view! {
            <span class="header-crumb" aria-hidden="true">
                "/"
            </span>
            <span class="truncate" title=site.domain>
                {site.name}
            </span>
        }
        .into_any();
    }
    let current = site.id;
    let links: Vec<_> = sites
        .into_iter()
        .map(|site| {
            let is_current = (site.id == current).then_some("page");
            view! {
                <a
                    class="menu-item"
                    href=format!("/sites/{}", encode(&site.domain))
                    aria-current=is_current
                    data-shortcut=is_current.map(|_| "g d")
                >
                    <span class="truncate">{site.name}</span>
                </a>
            }
        })
        .collect();
    let settings = format!("/sites/{}/settings", encode(&site.domain));
    let vitals = format!("/sites/{}/vitals", encode(&site.domain));
    view! {
        <span class="header-crumb" aria-hidden="true">
            "/"
        </span>
        <details class="menu site-switcher">
            <summary>
                <span class="truncate" title=site.domain>
                    {site.name}
                </span>
                <Icon name=IconName::Chevron/>
                <span class="visually-hidden">"Switch site"</span>
            </summary>
            <nav class="popover start" aria-label="Sites" data-commands="Sites">
                {links}
                <hr class="menu-sep"/>
                <a class="menu-item" href=vitals data-shortcut="g v" data-commands="This site">
                    "Web vitals of this site"
                </a>
                <a class="menu-item" href=settings data-shortcut="g s" data-commands="This site">
                    "Settings of this site"
                </a>
                <a class="menu-item" href="/sites" data-shortcut="g a">
                    "All sites"
                </a>
                {can_write
                    .then(|| {
                        view! {
                            <a class="menu-item" href="/add-site">
                                "Add site"
                            </a>
                        }
                    })}
            </nav>
        </details>
    }
    .into_any()
}

/// Who is signed in, the theme, and the way out.
#[component]
pub fn AccountMenu(principal: Principal) -> impl IntoView {
    let can_write = principal.can_write();
    let (email, is_viewer) = match &principal {
        Principal::User { email, .. } => (email.clone(), !principal.can_write()),
        Principal::System => ("the program".to_owned(), false),
        Principal::Anyone => return guest_menu("This dashboard is public", true).into_any(),
        Principal::LinkReader { .. } => {
            return guest_menu("This dashboard is shared by a secret link", false).into_any();
        }
    };
    let initial = email
        .chars()
        .next()
        .unwrap_or('?')
        .to_uppercase()
        .to_string();
    view! {
        <details class="menu account">
            <summary aria-label="Account and theme">
                <span class="avatar" aria-hidden="true">
                    {initial}
                </span>
            </summary>
            <div class="popover">
                <p class="account-name">
                    <span class="muted">"Signed in as"</span>
                    <br/>
                    {email}
                    {is_viewer
                        .then(|| {
                            view! {
                                <br/>
                                <span class="muted">"Reads everything, changes nothing"</span>
                            }
                        })}
                </p>
                <hr class="menu-sep"/>
                <a class="menu-item" href="/sites" data-shortcut="g a" data-commands="Sites">
                    "All sites"
                </a>
                {can_write
                    .then(|| {
                        view! {
                            <a
                                class="menu-item"
                                href="/settings/api-keys"
                                data-commands="Account"
                            >
                                "API keys"
                            </a>
                        }
                    })}
                <button
                    type="button"
                    class="menu-item needs-script"
                    data-palette=""
                    aria-haspopup="dialog"
                    aria-keyshortcuts="Control+K Meta+K"
                >
                    "Command palette"
                    <kbd aria-hidden="true">"Ctrl K"</kbd>
                </button>
                <hr class="menu-sep"/>
                <ThemeChoice/>
                <form method="post" action=LogOut::PATH>
                    <button class="menu-item" data-commands="Account">
                        "Sign out"
                    </button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// The theme and perhaps the way in, for who has no account.
fn guest_menu(words: &'static str, can_sign_in: bool) -> impl IntoView {
    view! {
        <details class="menu account">
            <summary aria-label="Theme">
                <span class="avatar" aria-hidden="true">
                    "?"
                </span>
            </summary>
            <div class="popover">
                <p class="account-name">
                    <span class="muted">{words}</span>
                </p>
                <hr class="menu-sep"/>
                <ThemeChoice/>
                {can_sign_in
                    .then(|| {
                        view! {
                            <a class="menu-item" href="/login">
                                "Sign in"
                            </a>
                        }
                    })}
            </div>
        </details>
    }
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let choices = [("system", "System"), ("light", "Light"), ("dark", "Dark")];
    let buttons = choices.map(|(key, label)| {
        let is_pressed = if key == "system" { "true" } else { "false" };
        view! {
            <button type="button" data-theme-choice=key aria-pressed=is_pressed>
                {label}
            </button>
        }
    });
    view! {
        <div class="needs-script">
            <p class="menu-label" id="theme-label">
                "Theme"
            </p>
            <div
                class="segments"
                role="group"
                aria-labelledby="theme-label"
                data-commands="Theme"
            >
                {buttons.collect_view()}
            </div>
            <hr class="menu-sep"/>
        </div>
    }
    .into_any()
}
