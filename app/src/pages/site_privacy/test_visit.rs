//! The test visit: a button that sends one, every value that is stored of it, and what is not stored.

use http::header::{ACCEPT_LANGUAGE, COOKIE};
use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::{
    db::Db,
    domain::{Site, StoredColumn, StoredRow, TestVisit},
};

use super::{fact, facts};
use crate::{
    components::{Notice, Tone},
    context::{self, AppContext, RequestInfo},
    query::find_value,
    server_fns::privacy::{DeleteTestVisit, SendTestVisit, TEST_REFERRER, test_address},
    time_zones::moment_words,
};

pub(super) fn section(
    site: &Site,
    visit: Option<TestVisit>,
    can_write: bool,
    raw: &str,
) -> AnyView {
    let content = if !can_write {
        view! {
            <p class="hint">
                "This account can look but not change anything. Whoever manages this site can send a \
                test visit here and see every value that is stored of it."
            </p>
        }
        .into_any()
    } else if let Some(visit) = visit {
        stored(site, &visit)
    } else {
        button(site, "Send a test visit")
    };
    view! {
        <section class="section" id="test-visit" aria-labelledby="tv">
            <header>
                <h2 id="tv">"Test visit"</h2>
                <p class="hint">
                    "Sends this browser’s own request the way of every visit and shows the rows that the database \
                    then holds. It counts in no statistics and is deleted after 15 minutes."
                </p>
            </header>
            {outcome(raw)}
            {content}
        </section>
    }
    .into_any()
}

/// What became of the form that was posted before.
fn outcome(raw: &str) -> Option<AnyView> {
    let notice = |tone, heading: &'static str, words: &'static str| {
        Some(view! { <Notice tone=tone heading=heading>{words}</Notice> }.into_any())
    };
    if find_value(raw, "deleted") == "1" {
        return notice(
            Tone::Good,
            "Deleted",
            "The database holds nothing of the test visit any more.",
        );
    }
    let reason = find_value(raw, "refused");
    if !reason.is_empty() {
        let words = match reason.as_str() {
            "opted_out" => {
                "This browser asks not to be counted (Do Not Track or Global Privacy Control), and that was respected. \
                 Send the visit from a browser without it to see a row."
            }
            "bot" => "This browser calls itself a program, and programs are not counted.",
            _ => "The site’s rules or a rate limit refuse a visit like this one.",
        };
        return notice(Tone::Warn, "Refused, so nothing was stored", words);
    }
    let words = match find_value(raw, "error").as_str() {
        "" => return None,
        "read_only" => "This account can look but not change anything.",
        "taken" => "Somebody else sends a test visit at this moment. Try again.",
        _ => "The server failed. Its log says why.",
    };
    notice(Tone::Bad, "No test visit was sent", words)
}

fn button(site: &Site, label: &'static str) -> AnyView {
    view! {
        <form method="post" action=SendTestVisit::PATH>
            <input type="hidden" name="domain" value=site.domain.clone()/>
            <button class="button primary">{label}</button>
        </form>
    }
    .into_any()
}

fn stored(site: &Site, visit: &TestVisit) -> AnyView {
    let moment = |at| moment_words(at, &site.time_zone).unwrap_or_default();
    let tables: Vec<_> = visit.rows.iter().map(row).collect();
    view! {
        <p class="sent">
            "Sent " {moment(visit.sent_at)} ". These are all rows that exist of it, as they were read back from the \
            database. They belong to site " <code>{visit.stand_in.0}</code>
            ", which stands in for yours and is named in no list."
        </p>
        {tables}
        <h3>"Not stored"</h3>
        <p class="hint">"What your browser sends now, and whether any value above contains it."</p>
        {facts("What was sent and not stored", not_stored(site, visit))}
        <h3>"Look yourself"</h3>
        <p class="hint">
            "On the server, until " {moment(visit.deleted_at)} ":"
        </p>
        <div class="snippet">
            <pre>
                <code id="look">{command(visit)}</code>
            </pre>
            <div class="form-actions">
                <button type="button" class="button needs-script" data-copy="#look">
                    "Copy command"
                </button>
                <span class="hint" role="status" data-copy-status=""></span>
            </div>
        </div>
        <div class="form-actions">
            {button(site, "Send another")}
            <form method="post" action=DeleteTestVisit::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <button class="button">"Delete it now"</button>
            </form>
        </div>
    }
    .into_any()
}

fn row(row: &StoredRow) -> AnyView {
    let column = |column: &StoredColumn| {
        let text = column.text.clone();
        fact(
            view! {
                <code>{column.name.clone()}</code>
                <span class="more">{column.meaning.clone()}</span>
            },
            view! {
                <code>{column.value.clone()}</code>
                {text.map(|text| view! { <span class="says">{text}</span> })}
            },
        )
    };
    let rows = row.columns.iter().map(column).collect();
    let heading = format!("Row of {}", row.table);
    view! {
        <h3>{heading}</h3>
        {facts("Every column of the row", rows)}
    }
    .into_any()
}

/// What the request had and the rows have not: looked for, not just said.
fn not_stored(site: &Site, visit: &TestVisit) -> Vec<AnyView> {
    let sender = RequestInfo::current().sender;
    let client = sender.client();
    let address = Some(client.ip.expose().to_string());
    let user_agent = Some(client.user_agent.to_owned());
    let has_cookie = !context::header(COOKIE).is_empty();
    let cookie = has_cookie.then(|| "the session of this dashboard".to_owned());
    let values = || {
        let columns = visit.rows.iter().flat_map(|row| &row.columns);
        columns
            .flat_map(|column| [Some(&column.value), column.text.as_ref()])
            .flatten()
    };
    let line =
        |name: &'static str, sent: Option<String>, kept: &'static str, secret: Option<&str>| {
            let sent = sent.filter(|sent| !sent.is_empty())?;
            let secret = secret.unwrap_or(&sent);
            let is_stored = values().any(|value| value.contains(secret));
            let verdict = if is_stored {
                "Found in the rows above"
            } else {
                "Not in the rows"
            };
            let class = if is_stored { "verdict bad" } else { "verdict" };
            Some(fact(
                view! {
                    {name}
                    <span class="more">{kept}</span>
                },
                view! {
                    <code>{sent}</code>
                    <span class=class>{verdict}</span>
                },
            ))
        };
    [
        line(
            "Address",
            address,
            "Its network was hashed, its country looked up",
            None,
        ),
        line(
            "User agent",
            user_agent,
            "Only the names and versions above",
            None,
        ),
        line(
            "Full address of the page",
            Some(test_address(site)),
            "The path and campaign tags are kept",
            Some("somebody"),
        ),
        line(
            "Referrer",
            Some(TEST_REFERRER.into()),
            "Host and path are kept",
            Some("looked"),
        ),
        line(
            "Languages",
            further_languages(&context::header(ACCEPT_LANGUAGE)),
            "The first is kept, without its script and variants",
            None,
        ),
        line(
            "Cookie",
            cookie,
            "Not read; visitors have none",
            Some("trackflow="),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The languages that a browser names behind the first, each with its weight.
fn further_languages(header: &str) -> Option<String> {
    let (_, further) = header.split_once(',')?;
    further.contains(";q=").then(|| further.trim().to_owned())
}

/// Shows the same rows with the database's own tool.
fn command(visit: &TestVisit) -> String {
    let id = visit.stand_in.0;
    let queries = ["event", "visit", "dictionary"]
        .map(|table| format!("select * from {table} where site_id = {id};"))
        .join(" ");
    match &AppContext::current().db {
        Db::Sqlite { path, .. } => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let path = path.display().to_string().replace('\'', "'\\''");
            format!("sqlite3 -readonly -line '{path}' \"{queries}\"")
        }
        Db::Postgres { .. } => {
            let queries = queries
                .split_inclusive("; ")
                .map(|query| format!(" -c \"{}\"", query.trim()));
            format!("psql -x \"$DATABASE_URL\"{}", queries.collect::<String>())
        }
    }
}
