//! Which database a URL names. An unknown scheme is an error, never a silent new file.

use std::{fmt, path::PathBuf, str::FromStr};

/// How soon a network that has fallen silent is noticed, in seconds, unless the URL says otherwise. Linux' own limits are 15
/// minutes for what nobody has acknowledged and two hours for a connection that waits, and until then events would wait too.
/// Ours: a commit that is held up by a lock is not affected, since the server's machine answers for it.
const NETWORK_LIMITS: [(&str, &str); 4] = [
    ("connect_timeout", "5"),
    ("tcp_user_timeout", "10"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
];

/// A database that TrackFlow can use.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`: an embedded database in one file, created if absent.
    Sqlite(PathBuf),
    /// `postgres://…`: may hold a password, so it is never printed whole.
    Postgres(String),
}

/// A URL that names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.contains(['?', ':']) {
                return Err(InvalidDatabaseUrl(
                    "the path after `sqlite:` must contain neither `?` nor `:`; there are no parameters".into(),
                ));
            }
            if path.is_empty() {
                return Err(InvalidDatabaseUrl(
                    "the database URL `sqlite:` needs the path of a file, such as `sqlite:trackflow.db`".into(),
                ));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(with_network_limits(text)));
        }
        let scheme = text.split(':').next().unwrap_or_default();
        Err(InvalidDatabaseUrl(format!(
            "the database URL has the unknown scheme `{}`; use `sqlite:` or `postgres:`",
            scheme.chars().take(20).collect::<String>()
        )))
    }
}

fn with_network_limits(url: &str) -> String {
    let (_, parameters) = url.split_once('?').unwrap_or((url, ""));
    let is_given = |name: &str| {
        let mut names = parameters
            .split('&')
            .filter_map(|one| one.split('=').next());
        names.any(|given| given == name)
    };
    let missing = NETWORK_LIMITS.iter().filter(|(name, _)| !is_given(name));
    missing.fold(url.to_owned(), |url, (name, value)| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{name}={value}")
    })
}

impl fmt::Display for DatabaseUrl {
    /// Without user, password and parameters: safe for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(
                    f,
                    "postgres://{}",
                    place.split('?').next().unwrap_or_default()
                )
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_limits_are_added_to_a_url_that_does_not_give_them() {
        for (text, whole) in [
            (
                "postgres://db.test/tf",
                "postgres://db.test/tf?connect_timeout=5&tcp_user_timeout=10&keepalives_idle=5&keepalives_interval=2",
            ),
            (
                "postgres://db.test/tf?tcp_user_timeout=60&application_name=x",
                "postgres://db.test/tf?tcp_user_timeout=60&application_name=x&connect_timeout=5&keepalives_idle=5&keepalives_interval=2",
            ),
        ] {
            assert_eq!(text.parse(), Ok(DatabaseUrl::Postgres(whole.into())));
        }
    }

    #[test]
    fn urls_name_a_database_or_say_why_not() {
        for (text, shown) in [
            ("sqlite:trackflow.db", "sqlite:trackflow.db"),
            ("sqlite:///var/lib/a.db", "sqlite:/var/lib/a.db"),
            (
                "postgres://me:secret@db.test:5432/tf?sslmode=require",
                "postgres://db.test:5432/tf",
            ),
        ] {
            assert_eq!(
                text.parse::<DatabaseUrl>().map(|url| url.to_string()),
                Ok(shown.into())
            );
        }
        for (text, part) in [
            ("postgre://x", "unknown scheme `postgre`"),
            ("sqlite:", "path of a file"),
            ("sqlite:/a:b.db", "neither `?` nor `:`"),
            ("sqlite:a.db?mode=ro", "neither `?` nor `:`"),
            ("", "unknown scheme"),
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
