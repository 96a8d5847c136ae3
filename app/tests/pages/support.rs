//! All pages over a small database, and requests to them.

use std::sync::Arc;

use app::context::{AppContext, AssetUrls, DemoAccount, RequestInfo};
use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower::ServiceExt;
use trackflow::{
    db::{DatabaseUrl, Db, run_migrations},
    domain::{EventId, NewSite, Principal, Role, Site, Timestamp, UserId, VisitId},
    ingest::{Client, ClientIp, Ingest, IngestSettings, Outcome},
    services::{
        event_service::{Batch, DictionaryRow, EventRow, EventWriter, VisitRow},
        site_service, user_service,
    },
};

pub(crate) const NOW: Timestamp = Timestamp(1_795_520_000_000);

pub(crate) const EMAIL: &str = "ada@a.example";
pub(crate) const PASSWORD: &str = "a long secret";

pub(crate) struct Pages {
    pub(crate) router: Router,
    pub(crate) db: Db,
    pub(crate) ingest: Arc<Ingest>,
    _folder: tempfile::TempDir,
}

pub(crate) async fn pages() -> Pages {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let url: DatabaseUrl = format!("sqlite:{}", path.display()).parse().expect("a URL");
    run_migrations(&url).await.expect("a schema");
    let db = Db::new(&url).expect("a pool");
    let site = NewSite {
        domain: "a.example".into(),
        name: "A & <b>".into(),
        time_zone: "Europe/Berlin".into(),
    };
    let system = Principal::System;
    let site = site_service::create(&db, &system, &site, NOW)
        .await
        .expect("a site");
    store_one_view(&db, &site).await;
    user_service::create_first_admin(&db, EMAIL, PASSWORD, NOW)
        .await
        .expect("an admin");
    let ingest = Ingest::start(&db, &IngestSettings::default(), NOW).await;
    let ingest = Arc::new(ingest.expect("ingestion starts"));
    let context = AppContext {
        live: Default::default(),
        db: db.clone(),
        ingest: ingest.clone(),
        turns: Arc::default(),
        login_limiter: Arc::default(),
        public_url: Some("https://stats.example/".into()),
        demo: Some(DemoAccount {
            email: "demo@a.example".into(),
            password: "demo".into(),
            page_url: "/demo/".into(),
        }),
        geoip_attribution: None,
        assets: Arc::new(AssetUrls::in_folder("/pkg/1")),
        api_description: Arc::default(),
        clock: || NOW,
    };
    let options = LeptosOptions::builder()
        .output_name("trackflow")
        .site_pkg_dir("pkg/1")
        .build();
    let provide = move || provide_context(context.clone());
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let fallback = render_app_async_with_context(provide.clone(), shell.clone());
    let router = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), provide, shell)
        .fallback(fallback)
        .with_state(options);
    Pages {
        router,
        db,
        ingest,
        _folder: folder,
    }
}

/// One visitor from Germany, a minute ago, on `/hello`.
pub(crate) async fn store_one_view(db: &Db, site: &Site) {
    let at = NOW.plus_ms(-60_000);
    let words = ["pageview", "/hello", "DE", "Direct"];
    let dictionary = (1..).zip(words).map(|(id, value)| DictionaryRow {
        site_id: site.id.0,
        id,
        value: value.into(),
    });
    let visit = VisitRow {
        site_id: site.id.0,
        id: VisitId::first_at(at).0,
        visitor_id: 7,
        last_at: at.0,
        pageviews: 1,
        events: 1,
        engaged_ms: 0,
        is_bounce: true,
        entry_page: 2,
        exit_page: 2,
        source: 0,
        channel: 4,
        referrer: 0,
        utm_source: 0,
        utm_medium: 0,
        utm_campaign: 0,
        utm_content: 0,
        utm_term: 0,
        country: 3,
        browser: 0,
        browser_version: 0,
        system: 0,
        system_version: 0,
        device: 0,
        screen: 0,
        language: 0,
        region: 0,
        city: 0,
    };
    let event = EventRow {
        site_id: site.id.0,
        id: EventId::first_at(at).0,
        visit_id: visit.id,
        visitor_id: 7,
        name: 1,
        hostname: 0,
        page: 2,
        engaged_ms: 0,
        scroll_depth: None,
        is_interactive: false,
        props: None,
        revenue_amount: None,
        revenue_currency: None,
        title: 0,
    };
    let batch = Batch {
        dictionary: dictionary.collect(),
        new_visits: vec![visit],
        events: vec![event],
        ..Batch::default()
    };
    let mut writer = EventWriter::open(db).await.expect("a writer");
    writer.write(&batch).await.expect("stored");
}

/// Sends events `Buy`, each with an amount.
pub(crate) async fn send_purchases(pages: &Pages, amounts: &[(&str, &str)]) {
    // A period that is still open ends now, which it excludes.
    let at = NOW.plus_ms(-1_000);
    for (amount, currency) in amounts {
        let event = format!(
            r#"{{"n":"Buy","u":"https://a.example/hello","$":{{"amount":"{amount}","currency":"{currency}"}}}}"#
        );
        let stored = pages.ingest.accept(event.as_bytes(), &sender(), at).await;
        assert_eq!(stored.expect("an answer"), Outcome::Stored);
    }
}

/// Sends events `Signup`, each with properties as JSON.
pub(crate) async fn send_signups(pages: &Pages, props: &[&str]) {
    let at = NOW.plus_ms(-1_000);
    for props in props {
        let event = format!(r#"{{"n":"Signup","u":"https://a.example/hello","p":{props}}}"#);
        let stored = pages.ingest.accept(event.as_bytes(), &sender(), at).await;
        assert_eq!(stored.expect("an answer"), Outcome::Stored);
    }
}

/// The browser of all requests.
pub(crate) fn sender() -> Client<'static> {
    Client {
        ip: ClientIp::new([203, 0, 113, 7].into()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        country_header: None,
        language_header: None,
        has_opted_out: false,
    }
}

pub(crate) fn principal(role: Role) -> Principal {
    Principal::User {
        id: UserId(1),
        email: EMAIL.into(),
        role,
    }
}

impl Pages {
    pub(crate) async fn send(
        &self,
        mut request: Request<Body>,
        role: Option<Role>,
    ) -> (Response<()>, String) {
        let extensions = request.extensions_mut();
        extensions.insert(RequestInfo {
            is_secure: true,
            origin: "https://127.0.0.1".into(),
            client_prefix: 1,
            sender: sender().into(),
        });
        if let Some(role) = role {
            extensions.insert(principal(role));
        }
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (Response::from_parts(parts, ()), text)
    }

    pub(crate) async fn get(&self, path: &str, role: Option<Role>) -> (Response<()>, String) {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        self.send(request.body(Body::empty()).expect("a request"), role)
            .await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        form: &str,
        role: Option<Role>,
    ) -> (Response<()>, String) {
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "https://evil.example/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.send(request.expect("a request"), role).await
    }
}

pub(crate) fn location(answer: &Response<()>) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().expect("ASCII")
}
