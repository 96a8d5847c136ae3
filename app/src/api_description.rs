//! The description of the stats API as the page reads it: from the OpenAPI document that the server makes of its code to operations
//! and types in words.

use serde_json::{Map, Value};

/// One thing that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Anchor in the page.
    pub id: String,
    /// The group it belongs to.
    pub tag: String,
    /// `GET` or `POST`.
    pub method: String,
    /// With names in braces.
    pub path: String,
    /// A line.
    pub summary: String,
    /// Sentences; may have code between backticks.
    pub description: String,
    /// What stands in the address.
    pub parameters: Vec<Field>,
    /// What is sent.
    pub body: Option<Body>,
    /// By status.
    pub answers: Vec<Answer>,
}

/// A body with an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its type.
    pub kind: Kind,
    /// As it would be sent.
    pub example: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: String,
    /// When and what.
    pub description: String,
    /// The body, of successful ones.
    pub body: Option<Body>,
}

/// A parameter or a field of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As it is written.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it must be there.
    pub is_required: bool,
    /// Sentences; may have code between backticks.
    pub description: String,
}

/// A type in words, each perhaps a link to a type of its own.
pub type Kind = Vec<Word>;

/// A part of a [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Words.
    Text(String),
    /// The name of a [`Type`].
    Type(String),
}

/// A type of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// Sentences.
    pub description: String,
    /// Of an object.
    pub fields: Vec<Field>,
    /// Of anything else.
    pub kind: Option<Kind>,
}

/// All operations, in the order of the document's tags; those that send a question before those that put it into an address.
#[must_use]
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            operations.push(read_operation(path, method, operation));
        }
    }
    let tags = items(&document["tags"]);
    let place = |tag: &str| tags.iter().position(|known| known["name"] == tag);
    operations.sort_by_key(|of| (place(&of.tag), of.body.is_none()));
    operations
}

/// All types, by name.
#[must_use]
pub fn types(document: &Value) -> Vec<Type> {
    entries(&document["components"]["schemas"])
        .map(|(name, schema)| {
            let is_object = schema.get("properties").is_some();
            Type {
                name: name.clone(),
                description: text(&schema["description"]),
                fields: fields(schema),
                kind: (!is_object).then(|| kind(schema)),
            }
        })
        .collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn read_operation(path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = items(&operation["parameters"])
        .iter()
        .map(|parameter| Field {
            name: text(&parameter["name"]),
            kind: kind(&parameter["schema"]),
            is_required: parameter["required"] == true,
            description: text(&parameter["description"]),
        });
    let answers = entries(&operation["responses"]).map(|(status, answer)| Answer {
        status: status.clone(),
        description: text(&answer["description"]),
        body: body(answer).filter(|_| status.starts_with('2')),
    });
    let plain = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '-',
    };
    Operation {
        id: format!("{method}{path}").chars().map(plain).collect(),
        tag: items(&operation["tags"])
            .first()
            .map(text)
            .unwrap_or_default(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        parameters: parameters.collect(),
        body: body(&operation["requestBody"]),
        answers: answers.collect(),
    }
}

/// The first kind of content that there is.
fn body(value: &Value) -> Option<Body> {
    let (_, content) = entries(&value["content"]).next()?;
    let example = match &content["example"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => serde_json::to_string_pretty(other).ok(),
    };
    Some(Body {
        kind: kind(&content["schema"]),
        example,
    })
}

/// Those that must be there first.
fn fields(schema: &Value) -> Vec<Field> {
    let required = items(&schema["required"]);
    let mut fields: Vec<_> = entries(&schema["properties"])
        .map(|(name, property)| Field {
            name: name.clone(),
            kind: kind(property),
            is_required: required.iter().any(|known| known == name),
            description: text(&property["description"]),
        })
        .collect();
    fields.sort_by_key(|field| !field.is_required);
    fields
}

/// A schema in words: "list of text", "number or null".
fn kind(schema: &Value) -> Kind {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return vec![Word::Type(name.to_owned())];
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let parts = items(&schema[choice]).iter().map(kind);
        if let Some(kinds) = joined(parts) {
            return kinds;
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(text).collect();
        return words(values.join(", "));
    }
    match &schema["type"] {
        Value::Array(types) => {
            let parts = types.iter().map(|of| named(text(of).as_str(), schema));
            joined(parts).unwrap_or_default()
        }
        Value::String(of) => named(of, schema),
        _ => words("anything"),
    }
}

fn named(of: &str, schema: &Value) -> Kind {
    match of {
        "array" => [words("list of "), kind(&schema["items"])].concat(),
        "string" => words("text"),
        "integer" => words("whole number"),
        "boolean" => words("true or false"),
        other => words(other),
    }
}

fn words(text: impl Into<String>) -> Kind {
    vec![Word::Text(text.into())]
}

fn joined(parts: impl Iterator<Item = Kind>) -> Option<Kind> {
    parts.reduce(|mut all, part| {
        all.extend(words(" or "));
        all.extend(part);
        all
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_becomes_operations_and_types() {
        let document = json!({
            "tags": [{"name": "Things"}, {"name": "Others"}],
            "paths": {"/api/a": {"get": {"tags": ["Others"]}}, "/api/x/{y}": {"post": {
                "tags": ["Things"], "summary": "Do it.", "description": "With `y`.",
                "parameters": [{"name": "y", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}, "example": {"a": 1}}}},
                "responses": {"200": {"description": "Done", "content": {"text/csv": {"schema": {"type": "string"}, "example": "a,b"}}}}
            }}},
            "components": {"schemas": {
                "In": {"type": "object", "required": ["z"], "properties": {
                    "z": {"type": "integer", "description": "A number."},
                    "b": {"type": "array", "items": {"type": ["string", "null"]}},
                    "c": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Mode"}]}
                }},
                "Mode": {"type": "string", "enum": ["x", "y"], "description": "Which."}
            }}
        });
        let operation = operations(&document).remove(0);
        assert_eq!(operation.id, "post-api-x--y-");
        assert_eq!(
            (operation.method.as_str(), operation.tag.as_str()),
            ("POST", "Things")
        );
        assert!(operation.parameters[0].is_required);
        let body = operation.body.expect("a body");
        assert_eq!(body.kind, [Word::Type("In".into())]);
        assert_eq!(body.example.as_deref(), Some("{\n  \"a\": 1\n}"));
        let answer = operation.answers[0].body.clone().expect("a body");
        assert_eq!(answer.example.as_deref(), Some("a,b"));
        let [input, mode] = types(&document).try_into().expect("two types");
        let kinds = input.fields.iter().map(|field| plain(&field.kind));
        let kinds: Vec<_> = kinds.collect();
        assert_eq!(
            kinds,
            ["whole number", "list of text or null", "null or Mode"]
        );
        assert!(input.fields[0].is_required && !input.fields[1].is_required);
        assert_eq!(mode.kind.map(|kind| plain(&kind)).as_deref(), Some("x, y"));
    }

    fn plain(kind: &Kind) -> String {
        let words = kind.iter().map(|word| match word {
            Word::Text(text) | Word::Type(text) => text.as_str(),
        });
        words.collect()
    }
}
