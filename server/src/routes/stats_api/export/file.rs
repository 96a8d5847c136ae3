//! A table as a file: CSV that no spreadsheet executes, or JSON.

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::stream;
use http::{HeaderName, header};
use serde_json::{Map, Value};

/// Rows that are encoded and sent at once.
const PORTION: usize = 1_000;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 4180.
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// The format of a file's ending.
    pub(super) fn from_key(key: &str) -> Option<Self> {
        match key {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Columns by name, and rows with a cell for each.
pub(super) struct Table {
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Value>>,
    /// How many rows there are in all.
    total_rows: usize,
}

impl Table {
    /// Without columns and rows.
    pub(super) fn new(total_rows: usize) -> Self {
        Self {
            head: Vec::new(),
            rows: Vec::new(),
            total_rows,
        }
    }

    /// A file to be stored under a name.
    pub(super) fn into_response(self, format: Format, name: &str) -> Response {
        let content_type = match format {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Json => "application/json",
        };
        let plain = |letter: char| match letter {
            letter if letter.is_ascii_alphanumeric() || "-._".contains(letter) => letter,
            _ => '_',
        };
        let name: String = name.chars().map(plain).collect();
        let headers = [
            (header::CONTENT_TYPE, content_type.to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.{}\"", format.key()),
            ),
            (
                HeaderName::from_static("x-trackflow-total-rows"),
                self.total_rows.to_string(),
            ),
        ];
        let parts = self.encode(format);
        let parts = parts.map(Ok::<_, std::convert::Infallible>);
        (headers, Body::from_stream(stream::iter(parts))).into_response()
    }

    /// The file, in portions: it is never in memory twice.
    fn encode(self, format: Format) -> impl Iterator<Item = Bytes> + Send {
        let Self { head, rows, .. } = self;
        let start = match format {
            Format::Csv => csv(&[head.iter().map(|name| Value::from(*name)).collect()]),
            Format::Json => b"[".to_vec(),
        };
        let end = match format {
            Format::Csv => Vec::new(),
            Format::Json => b"\n]\n".to_vec(),
        };
        let mut rows = rows.into_iter();
        let mut is_first = true;
        let portions = std::iter::from_fn(move || {
            let portion: Vec<_> = rows.by_ref().take(PORTION).collect();
            if portion.is_empty() {
                return None;
            }
            let bytes = match format {
                Format::Csv => csv(&portion),
                Format::Json => json(&head, portion, is_first),
            };
            is_first = false;
            Some(bytes)
        });
        let all = std::iter::once(start).chain(portions);
        all.chain(std::iter::once(end)).map(Bytes::from)
    }
}

fn csv(rows: &[Vec<Value>]) -> Vec<u8> {
    // Where the list separator is a semicolon, one within a text would begin a cell, were it not quoted.
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::NonNumeric)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.iter().map(cell))
            .expect("memory takes everything, and all rows are of one length");
    }
    writer.into_inner().expect("memory takes everything")
}

/// What spreadsheets take for the beginning of a formula, or pass over to find one (OWASP, "CSV injection"); those of full width
/// are of Japanese ones.
const FORMULA_SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A cell of CSV. What begins like a formula gets an apostrophe, which spreadsheets take for "this is text".
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(FORMULA_SIGNS) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn json(head: &[&'static str], rows: Vec<Vec<Value>>, is_first: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        let object: Map<String, Value> = head
            .iter()
            .map(|name| (*name).to_owned())
            .zip(row)
            .collect();
        let separator: &[u8] = if is_first && at == 0 { b"\n" } else { b",\n" };
        bytes.extend_from_slice(separator);
        serde_json::to_writer(&mut bytes, &object).expect("memory takes everything");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(table: Table, format: Format) -> String {
        let parts: Vec<Bytes> = table.encode(format).collect();
        String::from_utf8(parts.concat()).expect("UTF-8")
    }

    fn a_table() -> Table {
        let mut table = Table::new(9);
        table.head = vec!["page", "visitors", "time_on_page"];
        table.rows = [
            "/",
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "＝1",
            "/a;=cmd|' /C calc'!A0",
            "a,\"b\"\nc",
            "ä ",
        ]
        .map(|page| vec![json!(page), json!(3), json!(null)])
        .to_vec();
        table
    }

    #[test]
    fn no_cell_of_csv_is_a_formula() {
        assert_eq!(
            text(a_table(), Format::Csv),
            r#""page","visitors","time_on_page"
"/",3,""
"'=cmd|' /C calc'!A0",3,""
"'+1",3,""
"'-1",3,""
"'@SUM(A1)",3,""
"'\tx",3,""
"'\rx",3,""
"'＝1",3,""
"/a;=cmd|' /C calc'!A0",3,""
"a,""b""\nc",3,""
"ä ",3,""
"#
            .replace('\n', "\r\n")
            .replace(r"\t", "\t")
            .replace(r"\r", "\r")
            .replace(r"\n", "\n")
        );
    }

    #[test]
    fn json_keeps_texts_as_they_are() {
        let mut table = a_table();
        table.rows.truncate(2);
        assert_eq!(
            text(table, Format::Json),
            "[\n{\"page\":\"/\",\"time_on_page\":null,\"visitors\":3},\n\
             {\"page\":\"=cmd|' /C calc'!A0\",\"time_on_page\":null,\"visitors\":3}\n]\n"
        );
        assert_eq!(text(Table::new(0), Format::Json), "[\n]\n");
    }

    #[test]
    fn portions_make_one_file() {
        let mut table = a_table();
        table.rows = (0..2_500)
            .map(|row| vec![json!(format!("/{row}")), json!(row), json!(null)])
            .collect();
        let all: Vec<Value> = serde_json::from_str(&text(table, Format::Json)).expect("valid JSON");
        assert_eq!(all.len(), 2_500);
        assert_eq!(all[1_000]["page"], "/1000");
    }
}
