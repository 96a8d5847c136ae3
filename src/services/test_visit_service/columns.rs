//! Rows of a test visit as a person reads them: each column with its value, what it says, and what it is for.
//!
//! The rows are taken apart field by field, so that a new column does not compile until it is explained here.

use crate::{
    domain::{EventId, StoredColumn, StoredRow, Timestamp, VisitId},
    services::event_service::{DictionaryRow, EventRow, VisitRow},
};

/// Builds the columns of one row.
struct Columns<'a> {
    words: &'a [DictionaryRow],
    columns: Vec<StoredColumn>,
}

impl Columns<'_> {
    fn add(&mut self, name: &str, value: impl ToString, text: Option<String>, meaning: &str) {
        self.columns.push(StoredColumn {
            name: name.into(),
            value: value.to_string(),
            text,
            meaning: meaning.into(),
        });
    }

    fn plain(&mut self, name: &str, value: impl ToString, meaning: &str) {
        self.add(name, value, None, meaning);
    }

    fn optional(&mut self, name: &str, value: Option<impl ToString>, meaning: &str) {
        let value = value.map_or_else(|| "null".to_owned(), |value| value.to_string());
        self.plain(name, value, meaning);
    }

    /// A number of the dictionary; 0 stands for the empty string.
    fn word(&mut self, name: &str, number: i64, meaning: &str) {
        let word = self.words.iter().find(|row| row.id == number);
        let text = match word {
            Some(row) => row.value.clone(),
            None if number == 0 => "nothing".into(),
            None => "not in the dictionary".into(),
        };
        self.add(name, number, Some(text), meaning);
    }

    fn time(&mut self, name: &str, value: i64, at: Timestamp, meaning: &str) {
        self.add(name, value, Some(instant(at)), meaning);
    }
}

/// An instant in UTC, to the millisecond.
fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
    )
}

pub(super) fn of_event(row: EventRow, words: &[DictionaryRow]) -> StoredRow {
    let EventRow {
        site_id,
        id,
        visit_id,
        visitor_id,
        name,
        hostname,
        page,
        engaged_ms,
        scroll_depth,
        is_interactive,
        props,
        revenue_amount,
        revenue_currency,
        title,
    } = row;
    let mut columns = Columns {
        words,
        columns: Vec::new(),
    };
    columns.plain("site_id", site_id, "The site: here the stand-in");
    columns.time(
        "id",
        id,
        EventId(id).at(),
        "Time of receipt and a counter: the key of the row",
    );
    columns.plain("visit_id", visit_id, "The visit it belongs to");
    columns.plain("visitor_id", visitor_id, VISITOR);
    columns.word("name", name, "What happened");
    columns.word("hostname", hostname, "Host of the page");
    columns.word("page", page, "Path of the page, without query and fragment");
    columns.plain("engaged_ms", engaged_ms, "Reading time that was reported");
    columns.optional("scroll_depth", scroll_depth, "Deepest scroll in percent");
    columns.plain(
        "is_interactive",
        is_interactive,
        "Whether it would end a bounce",
    );
    columns.optional("props", props, "Properties that your page sends");
    columns.optional(
        "revenue_amount",
        revenue_amount,
        "Revenue that your page sends",
    );
    columns.optional("revenue_currency", revenue_currency, "Its currency");
    columns.word("title", title, "Title of the page");
    StoredRow {
        table: "event".into(),
        columns: columns.columns,
    }
}

pub(super) fn of_visit(row: VisitRow, words: &[DictionaryRow]) -> StoredRow {
    let VisitRow {
        site_id,
        id,
        visitor_id,
        last_at,
        pageviews,
        events,
        engaged_ms,
        is_bounce,
        entry_page,
        exit_page,
        source,
        channel,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        country,
        browser,
        browser_version,
        system,
        system_version,
        device,
        screen,
        language,
        region,
        city,
    } = row;
    let mut columns = Columns {
        words,
        columns: Vec::new(),
    };
    columns.plain("site_id", site_id, "The site: here the stand-in");
    columns.time(
        "id",
        id,
        VisitId(id).at(),
        "Start of the visit and a counter: the key of the row",
    );
    columns.plain("visitor_id", visitor_id, VISITOR);
    columns.time("last_at", last_at, Timestamp(last_at), "Last activity");
    columns.plain("pageviews", pageviews, "Pages seen");
    columns.plain("events", events, "Events, pageviews included");
    columns.plain("engaged_ms", engaged_ms, "Reading time");
    columns.plain("is_bounce", is_bounce, "Whether it counts as a bounce");
    for (name, number, meaning) in [
        ("entry_page", entry_page, "First page"),
        ("exit_page", exit_page, "Last page"),
        ("source", source, "Who sent the visitor"),
        ("channel", channel, "The kind of source"),
        (
            "referrer",
            referrer,
            "The referring page, without its query",
        ),
        ("utm_source", utm_source, "Campaign tag of the address"),
        ("utm_medium", utm_medium, "Campaign tag of the address"),
        ("utm_campaign", utm_campaign, "Campaign tag of the address"),
        ("utm_content", utm_content, "Campaign tag of the address"),
        ("utm_term", utm_term, "Campaign tag of the address"),
        (
            "country",
            country,
            "Looked up from the address, which was then forgotten",
        ),
        ("browser", browser, "Name of the browser"),
        (
            "browser_version",
            browser_version,
            "Its major version; the rest is forgotten",
        ),
        ("system", system, "Name of the operating system"),
        (
            "system_version",
            system_version,
            "Its version, where it says something",
        ),
        ("device", device, "Class of device"),
        (
            "screen",
            screen,
            "Class of the window’s width; the width itself is forgotten",
        ),
        (
            "language",
            language,
            "First language of the browser; the others are forgotten",
        ),
        (
            "region",
            region,
            "Looked up like the country, if the database has it",
        ),
        (
            "city",
            city,
            "Looked up like the country, if the database has it",
        ),
    ] {
        columns.word(name, number, meaning);
    }
    StoredRow {
        table: "visit".into(),
        columns: columns.columns,
    }
}

const VISITOR: &str =
    "Keyed hash of network, browser and site; means nothing once today's key is destroyed";
