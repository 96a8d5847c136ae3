//! Where the program listens.

use std::{fmt, net::SocketAddr};

use super::{RawConfig, parse_or, write_setting};

/// Settings of the HTTP server.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `listen`: IP address and port. Default `127.0.0.1:3000`, which only this machine reaches; put a reverse proxy with
    /// HTTPS in front, or listen on `0.0.0.0:3000`. Port 0 takes a free one.
    pub listen: SocketAddr,
}

impl HttpConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let default = SocketAddr::from(([127, 0, 0, 1], 3000));
        let listen = parse_or("listen", raw.listen.as_deref(), default, errors, |text| {
            text.trim().parse().map_err(|_| {
                format!("`{text}` is no IP address with a port; use for example 127.0.0.1:3000 or [::]:3000")
            })
        });
        Self { listen }
    }
}

impl fmt::Display for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_setting(f, "listen", Some(&self.listen))
    }
}
