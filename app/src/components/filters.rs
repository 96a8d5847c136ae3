//! The active filters as chips and the form that adds one.

use leptos::prelude::*;
use trackflow::domain::{
    Country, Dimension, Filter, FilterOperator, Goal, Segment, Site, Subject, language_name,
};

use super::{Icon, IconName};
use crate::query::{DashboardAddress, encode};

/// The menu's groups.
const GROUPS: [(&str, &[Dimension]); 3] = [
    (
        "Page",
        &[
            Dimension::Page,
            Dimension::EntryPage,
            Dimension::ExitPage,
            Dimension::Title,
            Dimension::Hostname,
            Dimension::Event,
        ],
    ),
    (
        "Origin",
        &[
            Dimension::Source,
            Dimension::Channel,
            Dimension::Referrer,
            Dimension::Campaign,
            Dimension::UtmSource,
            Dimension::UtmMedium,
            Dimension::UtmContent,
            Dimension::UtmTerm,
        ],
    ),
    (
        "Visitor",
        &[
            Dimension::Country,
            Dimension::Region,
            Dimension::City,
            Dimension::Language,
            Dimension::Browser,
            Dimension::BrowserVersion,
            Dimension::System,
            Dimension::SystemVersion,
            Dimension::Device,
            Dimension::Screen,
            Dimension::Hour,
            Dimension::Weekday,
        ],
    ),
];

/// Values that a chip tells, if there are two more than that.
const CHIP_VALUES: usize = 2;

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// How a value is shown: countries, languages and days by name, "none" in the dimension's words.
#[must_use]
pub(crate) fn value_words(dimension: Dimension, value: &str) -> String {
    if value.is_empty() {
        return dimension.empty_label().to_owned();
    }
    let number = value.parse::<usize>().ok();
    let name = match dimension {
        Dimension::Country => Country::find(value).map(|country| country.name.to_owned()),
        Dimension::Language => language_name(value),
        Dimension::Hour => number.map(|hour| format!("{hour:02}:00")),
        Dimension::Weekday => number
            .and_then(|day| WEEKDAYS.get(day.checked_sub(1)?))
            .map(|name| (*name).to_owned()),
        _ => None,
    };
    name.unwrap_or_else(|| value.to_owned())
}

/// [`value_words`] for a property too, whose values are shown as they are.
pub(crate) fn subject_words(subject: &Subject, value: &str) -> String {
    match subject.dimension() {
        Some(dimension) => value_words(dimension, value),
        None if value.is_empty() => "(not set)".to_owned(),
        None => value.to_owned(),
    }
}

/// What is saved for a site and can be asked for by its number.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Saved {
    /// Those that the reader may see.
    pub segments: Vec<Segment>,
    /// All goals.
    pub goals: Vec<Goal>,
}

impl Saved {
    /// Takes a segment or goal that is not there (any more) out of an address, with a sentence for each.
    pub fn clean(&self, address: &mut DashboardAddress, problems: &mut Vec<String>) {
        let query = &mut address.query;
        if let Some(id) = query.segment {
            match self.segments.iter().find(|segment| segment.id == id) {
                Some(Segment {
                    condition: Ok(_), ..
                }) => {}
                Some(Segment {
                    name,
                    condition: Err(reason),
                    ..
                }) => {
                    problems.push(format!("the segment {name} cannot be used: {reason}"));
                    query.segment = None;
                }
                None => {
                    problems.push("there is no such segment".into());
                    query.segment = None;
                }
            }
        }
        if let Some(id) = query.goal {
            let goal = self.goals.iter().find(|goal| goal.id == id);
            let problem = match goal {
                Some(goal) => goal
                    .unusable()
                    .map(|reason| format!("the goal {} cannot be used: it {reason}", goal.name)),
                None => Some("there is no such goal".into()),
            };
            if let Some(problem) = problem {
                problems.push(problem);
                query.goal = None;
            }
        }
    }
}

/// The menu that adds a filter or takes a segment. Its fields come back as one `filter=` of the address.
#[component]
pub fn FilterMenu(
    address: DashboardAddress,
    site: Site,
    saved: Saved,
    /// Names of custom properties, offered behind the dimensions.
    properties: Vec<String>,
    can_write: bool,
) -> impl IntoView {
    let hidden: Vec<_> = address
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let groups = GROUPS.map(|(label, dimensions)| {
        let options: Vec<_> = dimensions
            .iter()
            .map(|dimension| view! { <option value=dimension.key()>{dimension.label()}</option> })
            .collect();
        view! { <optgroup label=label>{options}</optgroup> }
    });
    let properties = (!properties.is_empty()).then(|| {
        let options = properties.into_iter().map(|name| {
            let key = Subject::Property(name.clone()).key().into_owned();
            view! { <option value=key>{name}</option> }
        });
        view! { <optgroup label="Property">{options.collect_view()}</optgroup> }
    });
    let operators = FilterOperator::ALL
        .map(|operator| view! { <option value=operator.key()>{operator.label()}</option> });
    view! {
        <details class="menu boxed filter-menu">
            <summary
                aria-keyshortcuts="/"
                data-shortcut="/"
                data-commands="Filters"
                data-label="Add filter"
            >
                <Icon name=IconName::Filter/>
                <span>"Filter"</span>
            </summary>
            <div class="popover">
                <form class="form" method="get">
                    {hidden}
                    <div class="field">
                        <label for="f-dim">"Dimension"</label>
                        <select class="input" id="f-dim" name="filter_dimension">
                            {groups.collect_view()}
                            {properties}
                        </select>
                    </div>
                    <div class="field">
                        <label for="f-op">"Condition"</label>
                        <select class="input" id="f-op" name="filter_operator">
                            {operators.collect_view()}
                        </select>
                    </div>
                    <div class="field">
                        <label for="f-val">"Value"</label>
                        <input
                            class="input"
                            id="f-val"
                            name="filter_value"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="2000"
                            aria-describedby="f-hint"
                        />
                        <p class="hint" id="f-hint">
                            "Countries and languages by code, such as DE and pt-BR. Empty finds what has no value."
                        </p>
                    </div>
                    <details class="further">
                        <summary>"More values"</summary>
                        <div class="field">
                            <label for="f-more">"Or one of these, one a line"</label>
                            <textarea
                                class="input"
                                id="f-more"
                                name="filter_values"
                                rows="3"
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck="false"
                            ></textarea>
                        </div>
                    </details>
                    <button class="button primary wide">"Add filter"</button>
                </form>
                {segments(&address, &saved.segments)}
                {can_write.then(|| saving(&address, &site))}
            </div>
        </details>
    }
    .into_any()
}

/// The segments to choose from; those that cannot be used are shown on their own page only.
fn segments(address: &DashboardAddress, segments: &[Segment]) -> Option<AnyView> {
    let usable = segments.iter().filter(|segment| segment.condition.is_ok());
    let links: Vec<_> = usable
        .map(|segment| {
            let is_current = address.query.segment == Some(segment.id);
            let next = (!is_current).then_some(segment.id);
            view! {
                <a
                    class="menu-item"
                    href=address.with_segment(next).link()
                    aria-current=is_current.then_some("true")
                >
                    <span class="truncate">{segment.name.clone()}</span>
                    {segment.is_personal.then(|| view! { <span class="num">"only me"</span> })}
                </a>
            }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <hr class="menu-sep"/>
            <p class="menu-label" id="segments-label">
                "Segments"
            </p>
            <nav aria-labelledby="segments-label" data-commands="Segments">{links}</nav>
        }
        .into_any()
    })
}

fn saving(address: &DashboardAddress, site: &Site) -> Option<AnyView> {
    let query = &address.query;
    if query.filters.is_empty() && query.segment.is_none() {
        return None;
    }
    let link = format!(
        "/sites/{}/segments{}#new",
        encode(&site.domain),
        address.link()
    );
    Some(
        view! {
            <hr class="menu-sep"/>
            <a class="menu-item" href=link data-commands="Segments">
                "Save filters as a segment…"
            </a>
        }
        .into_any(),
    )
}

/// What narrows the view (filters, segment, goal), each with a way to remove it; nothing if it is not narrowed.
#[component]
pub fn Chips(address: DashboardAddress, #[prop(optional)] saved: Saved) -> impl IntoView {
    let query = &address.query;
    let segment = query.segment.and_then(|id| {
        let segment = saved.segments.iter().find(|segment| segment.id == id)?;
        let link = address.with_segment(None).link();
        Some(named_chip("Segment", &segment.name, link))
    });
    let goal = query.goal.and_then(|id| {
        let goal = saved.goals.iter().find(|goal| goal.id == id)?;
        let link = address.with_goal(None).link();
        Some(named_chip("Goal", &goal.name, link))
    });
    let chips: Vec<_> = address
        .query
        .filters
        .iter()
        .enumerate()
        .map(|(at, filter)| chip(filter, address.without_filter(at).link()))
        .collect();
    address.is_narrowed().then(|| {
        view! {
            <ul class="chips" aria-label="Active filters" data-commands="Filters">
                {segment}
                {goal}
                {chips}
                <li>
                    <a
                        class="clear"
                        href=address.without_filters().link()
                        data-label="Clear all filters"
                    >
                        "Clear all"
                    </a>
                </li>
            </ul>
        }
    })
}

/// A chip that is no filter of the dashboard's: what it is about, its name, and the view without it.
pub(crate) fn named_chip(kind: &'static str, name: &str, link: String) -> AnyView {
    view! {
        <li class="chip">
            <span class="truncate" title=name.to_owned()>
                {kind}
                " "
                <b>{name.to_owned()}</b>
            </span>
            <a href=link aria-label=format!("Remove {}: {name}", kind.to_lowercase())>
                <Icon name=IconName::Cross/>
            </a>
        </li>
    }
    .into_any()
}

/// The first values; how many more there are if they are too many to read.
fn short_words(mut words: Vec<String>) -> String {
    let more = words.len().saturating_sub(CHIP_VALUES);
    if more > 1 {
        words.truncate(CHIP_VALUES);
        words.push(format!("{more} more"));
    }
    words.join(" or ")
}

fn chip(filter: &Filter, link: String) -> impl IntoView + use<> {
    let (label, operator) = (filter.subject.label().into_owned(), filter.operator.label());
    let words: Vec<_> = filter
        .values
        .iter()
        .map(|value| subject_words(&filter.subject, value))
        .collect();
    let value = words.join(" or ");
    let short = short_words(words);
    let name = format!("Remove filter: {label} {operator} {short}");
    view! {
        <li class="chip">
            <span class="truncate" title=value>
                {label}
                " "
                {operator}
                " "
                <b>{short}</b>
            </span>
            <a href=link aria-label=name>
                <Icon name=IconName::Cross/>
            </a>
        </li>
    }
    .into_any()
}
