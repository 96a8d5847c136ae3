//! What every request handler can reach.

use std::{hash::RandomState, net::SocketAddr, path::Path, sync::Arc};

use app::context::{AppContext, AssetUrls, Attribution, DemoAccount};
use axum::extract::FromRef;
use leptos::config::{Env, LeptosOptions};
use trackflow::{
    config::{Config, LeptosEnvironment, MetricsConfig, PublicUrl},
    db::Db,
    ingest::{Ingest, client::TrustedProxies},
    services::{Live, LoginLimiter, Turns},
};

use crate::{
    assets::{Assets, OUTPUT_NAME},
    clock,
    routes::stats_api::{self, StatsApi},
};

/// The program's parts. Cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// What pages and server functions get.
    pub context: AppContext,
    /// Where Leptos finds the files that hydrate islands.
    pub leptos: LeptosOptions,
    /// Takes beacons.
    pub ingest: Arc<Ingest>,
    /// The static files.
    pub assets: Arc<Assets>,
    /// Who may read the metrics.
    pub metrics: Arc<MetricsConfig>,
    /// What the stats API keeps between requests.
    pub api: Arc<StatsApi>,
    /// How requests reach this program.
    pub surroundings: Arc<Surroundings>,
}

/// How requests reach this program: decides what is believed about them.
pub struct Surroundings {
    /// Whose forwarding headers are believed.
    pub trusted_proxies: TrustedProxies,
    /// How browsers reach the dashboard, if it is known.
    pub public_url: Option<PublicUrl>,
    /// Hashes address prefixes for the login limiter; its key lives as long as the program.
    pub(crate) prefix_hasher: RandomState,
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: &Config,
        db: Db,
        ingest: Arc<Ingest>,
        assets: Assets,
        demo: Option<DemoAccount>,
    ) -> Self {
        let public_url = config.dashboard.public_url.clone();
        Self {
            context: AppContext {
                db,
                ingest: Arc::clone(&ingest),
                live: Arc::new(Live::default()),
                turns: Arc::new(Turns::default()),
                login_limiter: Arc::new(LoginLimiter::default()),
                public_url: public_url.as_ref().map(ToString::to_string),
                demo,
                geoip_attribution: config.ingest.geoip_file.as_deref().and_then(attribution),
                assets: Arc::new(AssetUrls::in_folder(&format!("/{}", assets.pkg_dir()))),
                api_description: Arc::new(stats_api::describe()),
                clock: clock::now,
            },
            leptos: leptos_options(&LeptosEnvironment::read(), &assets, config.http.listen),
            ingest,
            assets: Arc::new(assets),
            metrics: Arc::new(config.metrics.clone()),
            api: Arc::new(StatsApi::new(&config.api)),
            surroundings: Arc::new(Surroundings {
                trusted_proxies: config.ingest.trusted_proxies.clone(),
                public_url,
                prefix_hasher: RandomState::new(),
            }),
        }
    }
}

/// Whom the licence of a country database wants named, as far as its file's name tells.
fn attribution(geoip_file: &Path) -> Option<Attribution> {
    let name = geoip_file.file_name()?.to_string_lossy().to_lowercase();
    let (text, url) = if name.contains("dbip") || name.contains("db-ip") {
        ("IP geolocation by DB-IP", "https://db-ip.com")
    } else if name.contains("geolite") {
        ("GeoLite2 data by MaxMind", "https://www.maxmind.com")
    } else {
        return None;
    };
    Some(Attribution {
        text: text.into(),
        url: url.into(),
    })
}

/// Leptos writes `/{site_pkg_dir}/trackflow.js` into pages, so the hashed folder is all it needs to know. `hash_files` stays
/// off: it would look for `hash.txt` beside the program.
fn leptos_options(
    environment: &LeptosEnvironment,
    assets: &Assets,
    listen: SocketAddr,
) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(environment.site_root.to_string_lossy().into_owned())
        .site_pkg_dir(assets.pkg_dir().to_owned())
        .site_addr(listen)
        .reload_port(environment.reload_port)
        .env(if environment.is_watching {
            Env::DEV
        } else {
            Env::PROD
        })
        .build()
}
