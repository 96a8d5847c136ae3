//! Lists of what an owner keeps for a site (goals, funnels, segments, annotations), each entry with its way out.

use leptos::prelude::*;

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its number, which its removal names.
    pub id: i64,
    /// What it is called.
    pub title: String,
    /// Where its title leads; empty for nowhere.
    pub link: String,
    /// A second line; empty for none.
    pub detail: String,
    /// What is wrong with it; empty for nothing.
    pub problem: String,
}

/// The entries, or the sentence that stands for none.
#[component]
pub fn Entries(
    entries: Vec<Entry>,
    /// What the list is of, for screen readers.
    label: &'static str,
    /// A sentence for an empty list.
    empty: &'static str,
    /// The site.
    domain: String,
    /// The server function that removes one; `None` for readers who cannot.
    #[prop(optional_no_strip)]
    remove: Option<&'static str>,
) -> impl IntoView {
    if entries.is_empty() {
        return view! { <p class="entries-empty">{empty}</p> }.into_any();
    }
    let items: Vec<_> = entries
        .into_iter()
        .map(|entry| item(entry, &domain, remove))
        .collect();
    view! {
        <ul class="entries" aria-label=label>
            {items}
        </ul>
    }
    .into_any()
}

fn item(entry: Entry, domain: &str, remove: Option<&'static str>) -> impl IntoView + use<> {
    let Entry {
        id,
        title,
        link,
        detail,
        problem,
    } = entry;
    let remove = remove.map(|path| {
        view! {
            <form method="post" action=path>
                <input type="hidden" name="domain" value=domain.to_owned()/>
                <input type="hidden" name="id" value=id/>
                <button class="button ghost" aria-label=format!("Remove {title}")>
                    "Remove"
                </button>
            </form>
        }
    });
    let title = if link.is_empty() {
        view! { <span class="entry-title">{title}</span> }.into_any()
    } else {
        view! {
            <a class="entry-title" href=link>
                {title}
            </a>
        }
        .into_any()
    };
    view! {
        <li>
            <div class="entry">
                {title}
                {(!detail.is_empty()).then(|| view! { <span class="hint">{detail}</span> })}
                {(!problem.is_empty())
                    .then(|| view! { <span class="field-error">{problem}</span> })}
            </div>
            {remove}
        </li>
    }
}
