//! The period and what it is compared with.

use leptos::prelude::*;
use trackflow::domain::{Comparison, Period};

use super::{Icon, IconName};
use crate::query::{DashboardAddress, format_pairs};

/// The menu's groups with their keys.
const GROUPS: [&[(Period, &str)]; 4] = [
    &[
        (Period::Today, "D"),
        (Period::Yesterday, "E"),
        (Period::Hours24, ""),
    ],
    &[
        (Period::Days7, "W"),
        (Period::Days28, "T"),
        (Period::Days30, ""),
        (Period::Days91, ""),
    ],
    &[(Period::Month, "M"), (Period::LastMonth, "")],
    &[
        (Period::Year, "Y"),
        (Period::Months12, ""),
        (Period::All, "A"),
    ],
];

/// The period's menu with a form for any range.
#[component]
pub fn PeriodPicker(
    address: DashboardAddress,
    label: String,
    today: String,
    /// What the address says besides, on pages of their own.
    #[prop(optional)]
    kept: Vec<(&'static str, String)>,
) -> impl IntoView {
    let groups = GROUPS.map(|group| {
        let links: Vec<_> = group
            .iter()
            .map(|(period, key)| period_link(&address, *period, key, &kept))
            .collect();
        view! { <div class="period-group">{links}</div> }
    });
    let (from, to) = match address.query.period {
        Period::Custom { from, to } => (from.to_string(), to.to_string()),
        _ => (today.clone(), today.clone()),
    };
    let hidden: Vec<_> = address
        .with_period(Period::default())
        .pairs()
        .into_iter()
        .chain(kept)
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <details class="menu boxed period-picker">
            <summary>
                <Icon name=IconName::Calendar/>
                <span class="truncate">{label}</span>
                <Icon name=IconName::Chevron/>
            </summary>
            <nav class="popover" aria-label="Period" data-commands="Period">
                {groups.collect_view()}
                <form class="period-group period-custom" method="get">
                    <input type="hidden" name="period" value="custom"/>
                    {hidden}
                    <div class="fields">
                        <div class="field">
                            <label for="from">"From"</label>
                            <input
                                class="input"
                                id="from"
                                type="date"
                                name="from"
                                value=from
                                max=today.clone()
                                required
                            />
                        </div>
                        <div class="field">
                            <label for="to">"To"</label>
                            <input
                                class="input"
                                id="to"
                                type="date"
                                name="to"
                                value=to
                                max=today
                                required
                            />
                        </div>
                    </div>
                    <button class="button primary wide">"Show custom range"</button>
                </form>
            </nav>
        </details>
    }
    .into_any()
}

fn period_link(
    address: &DashboardAddress,
    period: Period,
    key: &'static str,
    kept: &[(&'static str, String)],
) -> impl IntoView + use<> {
    let mut pairs = address.with_period(period).pairs();
    pairs.extend_from_slice(kept);
    let is_current = (address.query.period == period).then_some("true");
    let key = (!key.is_empty()).then_some(key);
    view! {
        <a
            class="menu-item"
            href=format_pairs(&pairs)
            aria-current=is_current
            data-shortcut=key.map(str::to_lowercase)
            aria-keyshortcuts=key
        >
            {period.label()}
            {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </a>
    }
    .into_any()
}

/// The comparison's menu; `C` switches it on and off.
#[component]
pub fn ComparisonPicker(address: DashboardAddress) -> impl IntoView {
    let current = address.query.comparison;
    let (full, short) = match current {
        Comparison::Previous => ("vs previous period", "vs prev."),
        Comparison::Year => ("vs year before", "vs year"),
        Comparison::Off => ("No comparison", "vs"),
    };
    let switch = if current == Comparison::Off {
        Comparison::Previous
    } else {
        Comparison::Off
    };
    let links = Comparison::ALL.map(|comparison| {
        let is_switch = comparison == switch;
        view! {
            <a
                class="menu-item"
                href=address.with_comparison(comparison).link()
                aria-current=(comparison == current).then_some("true")
                data-shortcut=is_switch.then_some("c")
                aria-keyshortcuts=is_switch.then_some("C")
            >
                {comparison.label()}
                {is_switch.then(|| view! { <kbd aria-hidden="true">"C"</kbd> })}
            </a>
        }
    });
    view! {
        <details class="menu boxed compare-picker">
            <summary>
                <span class="compare-full">{full}</span>
                <span class="compare-short">{short}</span>
                <Icon name=IconName::Chevron/>
            </summary>
            <nav class="popover" aria-label="Comparison" data-commands="Comparison">
                {links.collect_view()}
            </nav>
        </details>
    }
    .into_any()
}
