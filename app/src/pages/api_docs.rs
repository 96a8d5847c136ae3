//! The stats API in words: everything that can be asked, read from the description that the server makes of its own code. Public,
//! like the description.

use leptos::prelude::*;

use super::{PageError, page};
use crate::{
    api_description::{self, Answer, Body, Field, Kind, Operation, Type, Word},
    components::{AppHeader, Layout},
    context::{self, AppContext},
};

/// The page.
#[component]
pub fn ApiDocsPage() -> impl IntoView {
    page(async {
        let context = AppContext::current();
        let document = context.api_description.as_ref();
        let header = context::principal()
            .map(|principal| view! { <AppHeader principal=principal/> }.into_any())
            .unwrap_or_else(super::error::plain_header);
        let origin = context.origin();
        let operations = api_description::operations(document);
        let mut tags: Vec<String> = Vec::new();
        for operation in &operations {
            if !tags.contains(&operation.tag) {
                tags.push(operation.tag.clone());
            }
        }
        let contents = contents(&operations);
        let groups: Vec<_> = tags
            .into_iter()
            .map(|tag| {
                let of_tag = operations.iter().filter(|operation| operation.tag == tag);
                let sections: Vec<_> = of_tag
                    .map(|operation| operation_section(operation, &origin))
                    .collect();
                view! {
                    <h2 class="api-tag">{tag}</h2>
                    {sections}
                }
            })
            .collect();
        let types: Vec<_> = api_description::types(document)
            .into_iter()
            .map(type_section)
            .collect();
        let about = document["info"]["description"].as_str().map(inline);
        Ok::<_, PageError>(
            view! {
                <Layout title="Stats API" header=header main_class="settings api-docs">
                    <div class="page-head">
                        <h1>"Stats API"</h1>
                    </div>
                    <p>{about}</p>
                    <p class="hint">
                        "For machines: " <a href="/api/openapi.json">"/api/openapi.json"</a>
                        " (OpenAPI 3.1). Keys: " <a href="/settings/api-keys">"API keys"</a>
                        ". What the figures mean: " <a href="/docs/metrics">"How figures are counted"</a> "."
                    </p>
                    {contents}
                    {groups}
                    <h2 class="api-tag" id="types">
                        "Types"
                    </h2>
                    {types}
                </Layout>
            }
            .into_any(),
        )
    })
}

fn contents(operations: &[Operation]) -> impl IntoView + use<> {
    let links: Vec<_> = operations
        .iter()
        .map(|operation| {
            view! {
                <li>
                    <a href=format!("#{}", operation.id)>
                        <code>{format!("{} {}", operation.method, operation.path)}</code>
                    </a>
                    " "
                    <span class="muted">{operation.summary.trim_end_matches('.').to_owned()}</span>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="section" aria-label="Contents">
            <ul class="api-contents">{links}</ul>
        </nav>
    }
}

fn operation_section(operation: &Operation, origin: &str) -> AnyView {
    let title = format!("{}-title", operation.id);
    let parameters = (!operation.parameters.is_empty()).then(|| {
        let fields = operation.parameters.clone();
        view! {
            <h4>"Parameters"</h4>
            {field_table(fields)}
        }
    });
    let body = operation.body.as_ref().map(|body| {
        view! {
            <h4>"Body"</h4>
            <p class="api-kind">{kind_view(&body.kind)}</p>
        }
    });
    let answers = operation.answers.clone();
    let example = answers.iter().find_map(|answer| answer.body.clone());
    view! {
        <section class="section" id=operation.id.clone() aria-labelledby=title.clone()>
            <header>
                <h3 id=title.clone()>
                    <code>{format!("{} {}", operation.method, operation.path)}</code>
                </h3>
                <p>{operation.summary.clone()}</p>
            </header>
            <p class="api-words">{inline(&operation.description)}</p>
            {parameters}
            {body}
            {code_block("Request", operation, curl(operation, origin))}
            {example.and_then(|body| body.example).map(|example| code_block("Answer", operation, example))}
            <h4>"Answers"</h4>
            {answer_table(answers)}
        </section>
    }
    .into_any()
}

fn code_block(label: &'static str, of: &Operation, code: String) -> impl IntoView + use<> {
    let name = format!("{label}: {} {}", of.method, of.path);
    view! {
        <h4>{label}</h4>
        <div class="snippet">
            <pre tabindex="0" role="region" aria-label=name>
                <code>{code}</code>
            </pre>
        </div>
    }
}

/// A request as one would type it.
fn curl(operation: &Operation, origin: &str) -> String {
    let example = |field: &Field| match field.name.as_str() {
        "site_id" | "domain" => "example.com".to_owned(),
        "file" => "page.csv".to_owned(),
        "property" => "visit:source".to_owned(),
        name => name.to_uppercase(),
    };
    let mut path = operation.path.clone();
    let mut query = Vec::new();
    for field in operation
        .parameters
        .iter()
        .filter(|field| field.is_required)
    {
        let place = format!("{{{}}}", field.name);
        if path.contains(&place) {
            path = path.replace(&place, &example(field));
        } else {
            query.push(format!("{}={}", field.name, example(field)));
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let mut lines = vec![
        format!("curl '{origin}{path}'"),
        "  -H \"Authorization: Bearer $KEY\"".to_owned(),
    ];
    if let Some(Body {
        example: Some(json),
        ..
    }) = &operation.body
    {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        lines.push(format!("  -d '{json}'"));
    }
    lines.join(" \\\n")
}

fn field_table(fields: Vec<Field>) -> impl IntoView {
    let rows: Vec<_> = fields
        .into_iter()
        .map(|field| {
            let required = field
                .is_required
                .then(|| view! { <span class="more">"required"</span> });
            view! {
                <tr>
                    <th scope="row">
                        <code>{field.name}</code>
                        {required}
                    </th>
                    <td>
                        <span class="api-kind">{kind_view(&field.kind)}</span>
                        <span class="says">{inline(&field.description)}</span>
                    </td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="facts">
            <tbody>{rows}</tbody>
        </table>
    }
}

fn answer_table(answers: Vec<Answer>) -> impl IntoView {
    let rows: Vec<_> = answers
        .into_iter()
        .map(|answer| {
            let kind = answer.body.map(|body| {
                view! { <span class="api-kind">{kind_view(&body.kind)}</span> }
            });
            view! {
                <tr>
                    <th scope="row">{answer.status}</th>
                    <td>{kind} <span class="says">{inline(&answer.description)}</span></td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="facts api-answers">
            <tbody>{rows}</tbody>
        </table>
    }
}

fn type_section(described: Type) -> impl IntoView {
    let id = format!("type-{}", described.name);
    let title = format!("{id}-title");
    let kind = described
        .kind
        .map(|kind| view! { <p class="api-kind">{kind_view(&kind)}</p> });
    let fields = (!described.fields.is_empty()).then(|| field_table(described.fields));
    view! {
        <section class="section" id=id aria-labelledby=title.clone()>
            <header>
                <h3 id=title.clone()>{described.name}</h3>
                <p class="hint">{inline(&described.description)}</p>
            </header>
            {kind}
            {fields}
        </section>
    }
}

fn kind_view(kind: &Kind) -> impl IntoView + use<> {
    let words = kind.iter().map(|word| match word {
        Word::Text(text) => text.clone().into_any(),
        Word::Type(name) => view! { <a href=format!("#type-{name}")>{name.clone()}</a> }.into_any(),
    });
    words.collect::<Vec<_>>()
}

/// Sentences with code between backticks.
fn inline(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 1 {
            view! { <code>{part.to_owned()}</code> }.into_any()
        } else {
            part.to_owned().into_any()
        }
    });
    parts.collect::<Vec<_>>()
}
