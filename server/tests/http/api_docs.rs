//! What is said of the stats API: the description in OpenAPI, the page that shows it, and the examples of docs/api.md.

use std::path::Path;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::Value;

use crate::{
    known::{Known, json_of},
    support::TestServer,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_what_there_is_and_refers_to_nothing_else() {
    let known = Known::start().await;
    let answer = known.server.get("/api/openapi.json").await;
    let document = json_of(&answer);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1."))
    );
    assert_eq!(
        document["components"]["securitySchemes"]["key"]["scheme"],
        "bearer"
    );
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 10, "{:?}", paths.keys());
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let path = path
                .replace("{file}", "page.csv")
                .replace("{domain}", "example.com");
            let answer = known.send(&method.to_uppercase(), &path, "").await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 400),
                "{method} {path}: {}",
                answer.status
            );
            let tells = |status: &str| operation["responses"].get(status).is_some();
            assert!(
                tells("200") && tells("401") && tells("429"),
                "{method} {path}"
            );
            let words = operation["summary"].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{method} {path}");
        }
    }
    for reference in references(&document) {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    // The example of a question is one.
    let example = &document["components"]["schemas"]["QueryRequest"]["example"];
    let answer = known
        .send("POST", "/api/v2/query", &example.to_string())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

/// Every `$ref` of a document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(reference)) => vec![reference.clone()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_operation_and_type_without_a_script() {
    let server = TestServer::start().await;
    let page = server.get("/docs/api").await;
    assert_eq!(page.status, StatusCode::OK);
    let document = json_of(&server.get("/api/openapi.json").await);
    let html = page.text();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let heading = format!("<code>{} {path}</code>", method.to_uppercase());
            assert!(html.contains(&heading), "{heading}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a name");
                assert!(
                    html.contains(&format!("<code>{name}</code>")),
                    "{path}: {name}"
                );
            }
        }
    }
    for name in document["components"]["schemas"]
        .as_object()
        .expect("types")
        .keys()
    {
        assert!(html.contains(&format!("id=\"type-{name}\"")), "{name}");
    }
    for link in html.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().expect("an anchor");
        assert!(
            html.contains(&format!("id=\"{anchor}\"")),
            "#{anchor} leads nowhere"
        );
    }
}

/// A request of the documentation with the answer that stands behind it.
struct Example {
    command: String,
    kind: String,
    answer: String,
}

/// All commands with `$KEY` in a text of Markdown, each with the block behind it.
fn examples(text: &str) -> Vec<Example> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) {
            let inside: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((kind.to_owned(), inside.join("\n")));
        }
    }
    let pairs = blocks.windows(2);
    pairs
        .filter(|pair| pair[0].0 == "sh" && pair[0].1.contains("$KEY"))
        .map(|pair| Example {
            command: pair[0].1.clone(),
            kind: pair[1].0.clone(),
            answer: pair[1].1.clone(),
        })
        .collect()
}

/// The words of a command as a shell parts them; no more than the examples need.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        let word = words.last_mut().expect("never empty");
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '\\') if letters.peek() == Some(&'\n') => {}
            (None, blank) if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(String::new());
                }
            }
            (_, letter) => word.push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

async fn run(known: &Known, command: &str) -> crate::support::Answer {
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{command}");
    let (mut path, mut body, mut headers) = (None, None, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-H" => headers.push(words.next().expect("a header")),
            "--data" | "-d" => body = words.next(),
            "-s" | "-OJ" => {}
            url => {
                let rest = url.strip_prefix("https://data.example.com");
                path = Some(
                    rest.unwrap_or_else(|| panic!("{command}: {url}"))
                        .to_owned(),
                );
            }
        }
    }
    let method = if body.is_some() { "POST" } else { "GET" };
    let mut request = Request::builder()
        .method(method)
        .uri(path.expect("an address"));
    for line in headers {
        let (name, value) = line.split_once(": ").expect("a header");
        request = request.header(name, value.replace("$KEY", &known.key));
    }
    let request = request.body(Body::from(body.unwrap_or_default()));
    known.server.send(request.expect("a request")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_documentation_are_answered_as_it_says() {
    let known = Known::start().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let text = std::fs::read_to_string(file).expect("docs/api.md");
    let examples = examples(&text);
    assert!(examples.len() >= 10, "{} examples", examples.len());
    for Example {
        command,
        kind,
        answer,
    } in examples
    {
        let got = run(&known, &command).await;
        match kind.as_str() {
            "json" => {
                let expected: Value = serde_json::from_str(&answer).expect("valid JSON");
                let got: Value = json_of(&got);
                assert_eq!(got, expected, "{command}\n{got:#}");
            }
            "csv" => {
                assert!(
                    got.header(header::CONTENT_TYPE).starts_with("text/csv"),
                    "{command}"
                );
                let lines: Vec<_> = got.text().lines().collect();
                assert_eq!(lines.join("\n"), answer, "{command}");
            }
            other => panic!("{command}: an answer of the kind `{other}`"),
        }
    }
}
