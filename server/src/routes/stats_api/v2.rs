//! `POST /api/v2/query`.

use axum::{Json, body::Bytes, extract::State};
use serde_json::error::Category;

use super::{
    StatsApi,
    access::StatsReader,
    answer::{self, QueryAnswer},
    error::{ApiError, Error, shortened},
    question::{self, Asker},
    request::QueryRequest,
};
use crate::state::AppState;

/// Answer a question about one site.
///
/// Any combination of metrics, dimensions and filters over any range, compared with another one if asked for. The format is Plausible's.
/// Figures are exact; over several days visitors are the sum of daily figures. The body has at most 64 KiB.
#[utoipa::path(
    post,
    path = "/api/v2/query",
    tag = "Statistics",
    request_body = QueryRequest,
    responses(
        (status = 200, description = "The answer", body = QueryAnswer, example = json!({
            "results": [
                {"dimensions": ["Google"], "metrics": [412, 903, 38]},
                {"dimensions": ["Direct / None"], "metrics": [377, 810, 44]}
            ],
            "meta": {},
            "query": {
                "site_id": "example.com",
                "metrics": ["visitors", "pageviews", "bounce_rate"],
                "date_range": ["2026-11-17T00:00:00+01:00", "2026-11-23T23:59:59+01:00"],
                "filters": [["is", "visit:country", ["DE", "AT"]]],
                "dimensions": ["visit:source"],
                "order_by": [["visitors", "desc"]],
                "include": {},
                "pagination": {"limit": 10000, "offset": 0}
            }
        })),
        (status = 400, description = "The question cannot be meant; the text says what is allowed", body = Error),
        (status = 401, description = "The key is missing, wrong, has ended, lacks the scope stats:read, or does not open the site", body = Error),
        (status = 413, description = "The body is too large", body = Error),
        (status = 429, description = "Too many requests of this key; Retry-After says in how many seconds the next hour begins", body = Error),
        (status = 503, description = "Too many questions at once, or the database does not answer; Retry-After says when to try again", body = Error),
    )
)]
pub(super) async fn query(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    body: Bytes,
) -> Result<Json<QueryAnswer>, ApiError> {
    let request = parse(&body)?;
    let asker = Asker::new(&state, &principal);
    let question = question::prepare(&asker, &request).await?;
    let answer = StatsApi::ask(&asker, &question.site, &question.query).await?;
    Ok(Json(answer::write(request, &question, answer, asker.now)))
}

fn parse(body: &[u8]) -> Result<QueryRequest, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "the query cannot be used",
            Category::Syntax | Category::Eof | Category::Io => "the body is not valid JSON",
        };
        ApiError::invalid(format!("{what}: {}", explained(&error)))
    })
}

/// The message of serde: it names the known keys, and may repeat a text of the request of any length.
fn explained(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("`, expected") {
        Some((start, rest)) => format!("{}`, expected{rest}", shortened(start)),
        None if text.len() > 300 => shortened(&text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bodies_say_what_is_allowed() {
        let long = format!(r#"{{"{}":1}}"#, "x".repeat(10_000));
        let deep = "[".repeat(100_000);
        for (body, part) in [
            ("", "not valid JSON"),
            ("{", "not valid JSON"),
            (deep.as_str(), "the query cannot be used"),
            ("[]", "the query cannot be used"),
            ("{}", "missing field `site_id`"),
            (
                r#"{"site_id":"a","metrics":["visitors"]}"#,
                "missing field `date_range`",
            ),
            (r#"{"site_id":7}"#, "expected a string"),
            (
                r#"{"site_id":"a","site_id":"b"}"#,
                "duplicate field `site_id`",
            ),
            (
                r#"{"sort":"visitors desc,(select 1)"}"#,
                "expected one of `site_id`, `metrics`",
            ),
            (long.as_str(), "expected one of `site_id`, `metrics`"),
            (
                r#"{"site_id":"a","metrics":["visitors"],"date_range":"day","include":{"compare":1}}"#,
                "expected one of `imports`",
            ),
            (
                r#"{"site_id":"a","metrics":["visitors"],"date_range":"day","pagination":{"limit":-1}}"#,
                "invalid value: integer `-1`",
            ),
        ] {
            let error = parse(body.as_bytes()).expect_err("refused").message;
            assert!(error.contains(part), "{part}: {error}");
            assert!(error.len() < 500, "{error}");
        }
    }
}
