//! How a site's events come in: what an owner looks at when figures seem wrong.

use leptos::prelude::*;
use trackflow::domain::{Ingestion, IngestionStatus, RefusalPeriod, Site, Timestamp, WriterState};

use super::{PageError, page, param, require_principal, set_status, switcher_sites};
use crate::{
    charts::{Bar, bars_svg},
    components::{FigureText, Notice, Refusals, SettingsLayout, SettingsTab, Tone},
    context::{self, AppContext},
    format,
    pages::dashboard::problems_notice,
    query::{encode, find_value},
    server_fns::{ingestion::get_ingestion, site::get_site},
    time_zones,
};

/// How often the page reads itself again, in seconds. Our choice: live enough for who waits for a first event.
const REFRESH_SECONDS: u32 = 10;

/// The page. Everyone who may see the site may see it.
#[component]
pub fn IngestionPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let asked = find_value(&context::raw_query(), "period");
        let period = RefusalPeriod::parse(&asked);
        let mut problems = Vec::new();
        if period.is_none() && !asked.is_empty() {
            problems.push("`period` must be one of 24h, 7d, 30d".to_owned());
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let site = get_site(domain.clone()).await?;
        let sites = switcher_sites().await?;
        let ingestion = get_ingestion(domain, period.unwrap_or_default()).await?;
        Ok::<_, PageError>(
            view! {
                <SettingsLayout
                    principal=principal
                    site=site.clone()
                    sites=sites
                    current=SettingsTab::Ingestion
                    class="settings ingestion"
                >
                    {problems_notice(&problems)}
                    {body(ingestion, site)}
                </SettingsLayout>
            }
            .into_any(),
        )
    })
}

fn body(ingestion: Ingestion, site: Site) -> AnyView {
    let now = AppContext::current().now();
    let status = ingestion.status.clone();
    view! {
        <div data-refresh="writer" data-refresh-seconds=REFRESH_SECONDS>
            {writer_notice(&status)}
        </div>
        <section class="section" aria-labelledby="now">
            <div class="section-head">
                <header>
                    <h2 id="now">"Now"</h2>
                </header>
                <p class="hint needs-script">
                    {format!("Reads itself again every {REFRESH_SECONDS} s")}
                </p>
            </div>
            <div class="ingestion-now" data-refresh="now">
                {facts(&ingestion, &site, now)}
                {ingestion.last_event_at.map(|_| minutes(&ingestion, &site, now))}
            </div>
        </section>
        <Refusals report=ingestion.refusals site=site/>
        <section class="section" aria-labelledby="server">
            <header>
                <h2 id="server">"This server"</h2>
                <p class="hint">"All sites together."</p>
            </header>
            <div data-refresh="server">{server(&status)}</div>
        </section>
    }
    .into_any()
}

/// What keeps events from being stored, if anything does.
fn writer_notice(status: &IngestionStatus) -> Option<AnyView> {
    let (tone, heading, words) = match status.writer {
        WriterState::Writing => return None,
        WriterState::StandingBy => (
            Tone::Warn,
            "Another process takes the events",
            "This one serves the dashboard and answers events with 503 until that one ends; its latency and queue are not shown here."
                .to_owned(),
        ),
        WriterState::Stopping => (
            Tone::Warn,
            "The program is about to end",
            "Events are stored until the last request has its answer.".to_owned(),
        ),
        WriterState::Failing => (
            Tone::Bad,
            "Events are not being stored",
            format!(
                "The last write failed: {}. Senders are answered 503; it goes on by itself as soon as a write succeeds.",
                status.failure.map_or("the log says why", |failure| failure.words())
            ),
        ),
    };
    Some(view! { <Notice tone=tone heading=heading>{words}</Notice> }.into_any())
}

fn facts(ingestion: &Ingestion, site: &Site, now: Timestamp) -> impl IntoView + use<> {
    let last = match ingestion.last_event_at {
        None => view! { <b>"Never"</b> }.into_any(),
        Some(at) => {
            let exact = time_zones::instant_words(at, &site.time_zone).unwrap_or_default();
            view! {
                <b>{format::ago(now.0 - at.0)}</b>
                <time class="hint" datetime=time_zones::machine_words(at)>
                    {exact}
                </time>
            }
            .into_any()
        }
    };
    let snippet = ingestion.last_event_at.is_none().then(|| {
        view! {
            <p class="hint first-steps">
                "No event of "
                {site.domain.clone()}
                " was stored yet. "
                <a href=format!("/sites/{}/snippet", encode(&site.domain))>
                    "Check the snippet of your pages"
                </a>
                "; what is refused appears below with its reason."
            </p>
        }
    });
    let total = ingestion.accepted_today + ingestion.refused_today;
    let share = (ingestion.refused_today > 0).then(|| {
        format!(
            "{} of all that came",
            format::share(ingestion.refused_today, total)
        )
    });
    view! {
        <dl class="facts">
            <div>
                <dt>"Last event"</dt>
                <dd>{last}</dd>
            </div>
            <div>
                <dt>"Stored today"</dt>
                <dd>
                    <b>
                        <FigureText figure=format::count(ingestion.accepted_today)/>
                    </b>
                    <span class="hint">"engagement messages included"</span>
                </dd>
            </div>
            <div>
                <dt>"Refused today"</dt>
                <dd>
                    <b>
                        <FigureText figure=format::count(ingestion.refused_today)/>
                    </b>
                    <span class="hint">{share}</span>
                </dd>
            </div>
        </dl>
        {snippet}
    }
    .into_any()
}

fn minutes(ingestion: &Ingestion, site: &Site, now: Timestamp) -> impl IntoView + use<> {
    let newest = now.0.div_euclid(60_000);
    let last = ingestion.minutes.len();
    let bars: Vec<Bar> = ingestion
        .minutes
        .iter()
        .enumerate()
        .map(|(at, &count)| {
            let back = i64::try_from(last - 1 - at).unwrap_or_default();
            let start = Timestamp((newest - back) * 60_000);
            let label = time_zones::time_words(start, &site.time_zone).unwrap_or_default();
            let plural = if count == 1 { "" } else { "s" };
            Bar {
                title: format!("{label}: {} event{plural}", format::exact(count)),
                label,
                lower: count,
                upper: 0,
            }
        })
        .collect();
    let total: u64 = ingestion.minutes.iter().sum();
    let most = ingestion.minutes.iter().copied().max().unwrap_or_default();
    let summary = if total == 0 {
        "No event in the last 60 minutes.".to_owned()
    } else {
        format!(
            "{} in the last 60 minutes, at most {} a minute.",
            format::exact(total),
            format::exact(most)
        )
    };
    let drawing = bars_svg(&bars, &format!("Stored events by minute. {summary}"));
    view! {
        <figure class="chart bars minutes">
            <figcaption>
                <h3>"Events a minute"</h3>
                <p class="hint">{summary}</p>
            </figcaption>
            <div class="chart-body" inner_html=drawing></div>
        </figure>
    }
    .into_any()
}

fn server(status: &IngestionStatus) -> impl IntoView + use<> {
    let state = match status.writer {
        WriterState::Writing => "Writing",
        WriterState::StandingBy => "Standing by",
        WriterState::Failing => "Failing",
        WriterState::Stopping => "Stopping",
    };
    let time = |ms: Option<f64>| ms.map_or_else(|| format::UNKNOWN.into(), format::milliseconds);
    let half = time(status.latency_p50_ms);
    let most = time(status.latency_p99_ms);
    let queue = format!(
        "{} of {}",
        format::exact(status.queued),
        format::exact(status.queue_limit)
    );
    let items = [
        (
            "Writer",
            state.to_owned(),
            "stores events one batch after the other",
        ),
        (
            "Half of the events within",
            half,
            "from request to synced, last 5 minutes",
        ),
        (
            "99 of 100 within",
            most,
            "from request to synced, last 5 minutes",
        ),
        ("Queue", queue, "events that wait; above that, 503"),
    ];
    let items = items.map(|(term, value, hint)| {
        view! {
            <div>
                <dt>{term}</dt>
                <dd>
                    <b>{value}</b>
                    <span class="hint">{hint}</span>
                </dd>
            </div>
        }
    });
    view! { <dl class="facts">{items.collect_view()}</dl> }.into_any()
}
