//! A site's rules: which events are counted.

use leptos::prelude::*;
use trackflow::{
    domain::{Network, Rule, RuleKind, Site},
    ingest::SITES_REFRESH,
    services::{ServiceError, rule_service},
};

use super::{PageError, page, param, require_principal, switcher_sites};
use crate::{
    components::{Notice, RuleOffer, RuleOutcome, RuleSection, SettingsLayout, SettingsTab, Tone},
    context::{self, AppContext, RequestInfo},
    query::find_value,
    server_fns::{rule::find_rules, site::get_site},
};

/// The rules, a section a kind. Read-only accounts see no form.
#[component]
pub fn SiteRulesPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let site = get_site(domain).await?;
        let rules = find_rules(site.domain.clone()).await?;
        let sites = switcher_sites().await?;
        let raw = context::raw_query();
        let can_write = principal.can_write();
        let sections: Vec<_> = RuleKind::ALL
            .into_iter()
            .map(|kind| section(&site, kind, &rules, can_write, &raw))
            .collect();
        let seconds = SITES_REFRESH.as_secs();
        Ok::<_, PageError>(
            view! {
                <SettingsLayout
                    principal=principal
                    site=site.clone()
                    sites=sites
                    current=SettingsTab::Rules
                >
                    <p class="rules-lead">
                        {format!(
                            "Rules decide which events are counted from now on; what was counted before stays. \
                             A change is in effect within {seconds} seconds.",
                        )}
                    </p>
                    {failure(&raw)}
                    {sections}
                </SettingsLayout>
            }
            .into_any(),
        )
    })
}

/// What went wrong with a form and belongs to no field.
fn failure(raw: &str) -> Option<AnyView> {
    let words = match find_value(raw, "error").as_str() {
        "read_only" => "This account can look but not change anything.",
        "unavailable" => "The server failed. Its log says why.",
        "bad_request" => "There is no such kind of rule.",
        "not_found" => "The rule was gone already.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Bad heading="Nothing was changed">{words}</Notice> }.into_any())
}

fn section(
    site: &Site,
    kind: RuleKind,
    rules: &[Rule],
    can_write: bool,
    raw: &str,
) -> impl IntoView + use<> {
    let of_kind = rules.iter().filter(|rule| rule.kind == kind);
    let of_kind: Vec<_> = of_kind.cloned().collect();
    let outcome = outcome(kind, raw);
    let more = match kind {
        RuleKind::AllowedHost => own_domain(site, &of_kind),
        RuleKind::BlockedAddress if can_write => Some(own_network(site, &of_kind)),
        RuleKind::BlockedCountry => unknown_countries(&of_kind),
        _ => None,
    };
    view! {
        <RuleSection
            site=site.clone()
            kind=kind
            rules=of_kind
            can_write=can_write
            outcome=outcome
            more=more
        />
    }
}

/// What the form of this kind is told. The sentence is made from the value again and not taken from the address, where
/// anybody could write one.
fn outcome(kind: RuleKind, raw: &str) -> Option<RuleOutcome> {
    if find_value(raw, "kind") != kind.key() {
        return None;
    }
    let seconds = SITES_REFRESH.as_secs();
    match find_value(raw, "done").as_str() {
        "added" => {
            let words = format!("The rule is in effect within {seconds} seconds.");
            return Some(RuleOutcome::Done(words));
        }
        "removed" => {
            let words = format!("The rule was removed; its effect ends within {seconds} seconds.");
            return Some(RuleOutcome::Done(words));
        }
        _ => {}
    }
    let typed = find_value(raw, "value");
    let words = match find_value(raw, "error").as_str() {
        "value" => match rule_service::normalize(kind, &typed) {
            Err(ServiceError::Invalid { reason, .. }) => format!("This {reason}."),
            _ => return None,
        },
        "taken" => "This is on the list already.".to_owned(),
        "rules" => format!(
            "A site can have {} rules; remove some first.",
            rule_service::MAX_RULES
        ),
        _ => return None,
    };
    Some(RuleOutcome::Refused { words, typed })
}

/// A list that leaves the site's own domain out is hardly ever meant.
fn own_domain(site: &Site, rules: &[Rule]) -> Option<AnyView> {
    let is_allowed = |rule: &Rule| Rule::allows_host(&rule.value, &site.domain);
    if rules.is_empty() || rules.iter().any(is_allowed) {
        return None;
    }
    let heading = format!("{} is not on the list", site.domain);
    Some(
        view! {
            <Notice tone=Tone::Warn heading=heading>
                "Pages of the site's own domain are not counted."
            </Notice>
        }
        .into_any(),
    )
}

/// Offers the reader's own network, which is in this answer only, and stored if it is blocked.
fn own_network(site: &Site, rules: &[Rule]) -> AnyView {
    let ip = RequestInfo::current().sender.client().ip;
    if ip.is_internal() {
        return view! {
            <p class="hint">
                "Your own address cannot be offered: you come from a private network, or through a proxy that is not \
                 among the trusted ones. Blocking such an address could leave out everyone."
            </p>
        }
        .into_any();
    }
    let network = Network::around(ip.expose());
    let is_blocked = |rule: &Rule| {
        let blocked = rule.value.parse::<Network>();
        blocked.is_ok_and(|blocked| blocked.contains(ip.expose()))
    };
    if rules.iter().any(is_blocked) {
        return view! {
            <p class="hint">
                "Your network is " <code>{network.to_string()}</code>
                " now, and your visits are left out."
            </p>
        }
        .into_any();
    }
    view! {
        <div class="rule-own">
            <p class="hint">
                "Your network is " <code>{network.to_string()}</code>
                " now. It is written in this page only, and stored if you block it."
            </p>
            <RuleOffer
                site=site.clone()
                kind=RuleKind::BlockedAddress
                value=network.to_string()
                label="Block my network".to_owned()
            />
        </div>
    }
    .into_any()
}

/// Says that countries are not looked up: a hint, and a warning where a rule depends on it.
fn unknown_countries(rules: &[Rule]) -> Option<AnyView> {
    if AppContext::current().ingest.has_country_database() {
        return None;
    }
    let words =
        "There is no country database: only countries that a trusted proxy names are known.";
    Some(if rules.is_empty() {
        view! { <p class="hint">{words}</p> }.into_any()
    } else {
        view! {
            <Notice tone=Tone::Warn heading="Countries are not looked up">
                {words}
            </Notice>
        }
        .into_any()
    })
}
