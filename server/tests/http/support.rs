//! A whole TrackFlow in a temporary folder, and requests against it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use server::{assets::Assets, router::router, state::AppState};
use tempfile::TempDir;
use tower::ServiceExt;
use trackflow::{
    config::{Config, RawConfig},
    db::{Db, run_migrations},
    domain::{NewSite, Principal, Role, Timestamp},
    ingest::{Ingest, IngestSettings},
    services::{
        session_service, site_service,
        user_service::{self, NewUser},
    },
};

/// What a browser calls itself: without, a beacon is a bot's.
pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The host of the tests' requests; not loopback, and plain HTTP.
pub(crate) const HOST: &str = "stats.test:3000";
/// The address of the tests' requests.
pub(crate) const PEER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7)),
    4711,
);

/// The server's clock is the real one.
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let ms = since_epoch.expect("after 1970").as_millis();
    Timestamp(i64::try_from(ms).expect("before the year 292 million"))
}

pub(crate) struct TestServer {
    pub(crate) router: Router,
    pub(crate) db: Db,
    pub(crate) ingest: Arc<Ingest>,
    _folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header's value; empty if absent.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

impl TestServer {
    /// With the site `example.com`, no user, and an invented built site.
    pub(crate) async fn start() -> Self {
        Self::start_with(RawConfig::default()).await
    }

    pub(crate) async fn start_with(raw: RawConfig) -> Self {
        Self::start_at(raw, now).await
    }

    /// With a clock of the test's own.
    pub(crate) async fn start_at(raw: RawConfig, clock: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data_dir = folder.path().display().to_string();
        let raw = raw.or(RawConfig {
            data_dir: Some(data_dir),
            ..RawConfig::default()
        });
        let config = Config::resolve(raw).expect("a valid configuration");
        run_migrations(&config.database.url)
            .await
            .expect("the migrations run");
        let db = Db::new(&config.database.url).expect("the pool is built");
        let site = NewSite {
            domain: "example.com".into(),
            name: String::new(),
            time_zone: String::new(),
        };
        site_service::create(&db, &Principal::System, &site, Timestamp(0))
            .await
            .expect("a site");
        let site_root = folder.path().join("site");
        for (path, content) in [
            ("pkg/trackflow.js", "identity"),
            ("pkg/trackflow.js.br", "brotli"),
            ("pkg/trackflow.js.gz", "gzip"),
            ("pkg/trackflow.wasm", "wasm"),
            ("pkg/trackflow.css", "css"),
            ("pkg/.env", "hidden"),
            ("built/script.js", "beacon script"),
            ("built/vitals.js", "vitals script"),
            ("built/charts.js", "charts"),
            ("theme.js", "theme"),
            ("favicon.svg", "<svg/>"),
        ] {
            let path = site_root.join(path);
            let parent = path.parent().expect("a folder");
            std::fs::create_dir_all(parent).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        let settings = IngestSettings {
            rate_limit: config.ingest.rate_limit,
            ..IngestSettings::default()
        };
        let ingest = Ingest::start(&db, &settings, Timestamp(0)).await;
        let ingest = Arc::new(ingest.expect("ingestion starts"));
        let assets = Assets::from_disk(site_root);
        let mut state = AppState::new(&config, db.clone(), Arc::clone(&ingest), assets, None);
        state.context.clock = clock;
        Self {
            router: router(state),
            db,
            ingest,
            _folder: folder,
        }
    }

    /// Sends a request as it is, from [`PEER`] to [`HOST`] unless it says otherwise.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(PEER));
        let host = HOST.parse().expect("a header value");
        request.headers_mut().entry(header::HOST).or_insert(host);
        let response: Response<Body> = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router never fails");
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.expect("a body").to_bytes(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty());
        self.send(request.expect("a valid request")).await
    }

    /// Creates a user and gives the token of a session.
    pub(crate) async fn log_in(&self, email: &str, role: Role) -> String {
        let new = NewUser {
            email,
            password: "correct horse",
            role,
        };
        let user = user_service::create(&self.db, &Principal::System, &new, Timestamp(0))
            .await
            .expect("a new user");
        let token = session_service::create(&self.db, user.id, None, now()).await;
        token.expect("a session").as_str().to_owned()
    }
}
