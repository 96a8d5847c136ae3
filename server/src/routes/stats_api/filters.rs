//! The tree of filters of a request: from JSON to a [`Condition`].
//!
//! `["is", "event:page", ["/"]]`, put together by `["and", […]]`, `["or", […]]`, `["not", F]`, `["has_done", F]` and
//! `["has_not_done", F]`. Here names and shapes are checked; sizes are checked by [`Condition::check`].

use serde_json::Value;
use trackflow::domain::{
    Condition, Dimension, Filter, FilterOperator, NamedGoals, SegmentId, Subject, countries,
};

use super::{
    error::{ApiError, shortened},
    names::{DimensionKind, NamedDimension, empty_label},
};

/// What a filter on saved filters names instead of a dimension.
const SEGMENT: &str = "segment";

/// Reads `filters`: all must hold.
pub(super) fn parse(filters: &[Value]) -> Result<Condition, ApiError> {
    parse_all(filters, 1).map(Condition::All)
}

fn parse_all(filters: &[Value], depth: usize) -> Result<Vec<Condition>, ApiError> {
    if filters.len() > Condition::FILTER_LIMIT {
        let limit = Condition::FILTER_LIMIT;
        return Err(ApiError::invalid(format!(
            "there can be at most {limit} filters"
        )));
    }
    filters
        .iter()
        .map(|filter| parse_one(filter, depth + 1))
        .collect()
}

fn parse_one(filter: &Value, depth: usize) -> Result<Condition, ApiError> {
    if depth > Condition::DEPTH_LIMIT {
        let limit = Condition::DEPTH_LIMIT;
        return Err(ApiError::invalid(format!(
            "filters can be nested at most {limit} deep"
        )));
    }
    let shape = |allowed: &str| {
        let shown = shortened(&filter.to_string());
        ApiError::invalid(format!("the filter {shown} must be {allowed}"))
    };
    let parts = filter.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some((Value::String(operator), rest)) = parts.split_first() else {
        return Err(shape(
            "an array that begins with an operator, such as [\"is\", \"event:page\", [\"/\"]]",
        ));
    };
    match (operator.as_str(), rest) {
        ("and", [Value::Array(inner)]) if !inner.is_empty() => {
            parse_all(inner, depth).map(Condition::All)
        }
        ("or", [Value::Array(inner)]) if !inner.is_empty() => {
            parse_all(inner, depth).map(Condition::Any)
        }
        ("and" | "or", _) => Err(shape("[\"and\", [FILTER, …]] or [\"or\", [FILTER, …]]")),
        ("not", [inner]) => not(parse_one(inner, depth + 1)),
        ("has_done", [inner]) => has_done(parse_one(inner, depth + 1)),
        ("has_not_done", [inner]) => not(has_done(parse_one(inner, depth + 2))),
        ("not" | "has_done" | "has_not_done", _) => Err(shape(
            "[\"not\", FILTER], [\"has_done\", FILTER] or [\"has_not_done\", FILTER]",
        )),
        (operator, rest) => {
            let Some(operator) = FilterOperator::from_key(operator) else {
                let mut allowed: Vec<_> = FilterOperator::ALL.map(FilterOperator::key).to_vec();
                allowed.extend(["and", "or", "not", "has_done", "has_not_done"]);
                return Err(ApiError::unknown("operator", operator, &allowed));
            };
            let (name, values, is_case_sensitive) = parse_leaf(operator, rest)
                .ok_or_else(|| shape(
                    "[OPERATOR, DIMENSION, [VALUE, …]], with {\"case_sensitive\": false} behind it if the operator does not match",
                ))?;
            leaf(operator, name, values, is_case_sensitive)
        }
    }
}

fn not(inner: Result<Condition, ApiError>) -> Result<Condition, ApiError> {
    inner.map(|inner| Condition::Not(Box::new(inner)))
}

fn has_done(inner: Result<Condition, ApiError>) -> Result<Condition, ApiError> {
    inner.map(|inner| Condition::HasDone(Box::new(inner)))
}

/// Name, values and whether letter case counts; `None` for another shape.
fn parse_leaf(operator: FilterOperator, rest: &[Value]) -> Option<(&str, Vec<String>, bool)> {
    let (name, values, modifiers) = match rest {
        [Value::String(name), Value::Array(values)] => (name, values, None),
        [
            Value::String(name),
            Value::Array(values),
            Value::Object(modifiers),
        ] => (name, values, Some(modifiers)),
        _ => return None,
    };
    let values: Option<Vec<_>> = values.iter().map(text).collect();
    let is_pattern = matches!(
        operator,
        FilterOperator::Matches | FilterOperator::MatchesNot
    );
    let is_case_sensitive = match modifiers {
        None => true,
        Some(modifiers) if modifiers.len() == 1 && !is_pattern => {
            modifiers.get("case_sensitive")?.as_bool()?
        }
        Some(_) => return None,
    };
    Some((name, values?, is_case_sensitive))
}

/// A value: a text, or a whole number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// One comparison; every value of it was read.
pub(super) fn leaf(
    operator: FilterOperator,
    name: &str,
    values: Vec<String>,
    is_case_sensitive: bool,
) -> Result<Condition, ApiError> {
    if name == SEGMENT {
        return segments(operator, &values);
    }
    let dimension = NamedDimension::parse(name)?;
    let filter = |subject: Subject, values| {
        let filter = Filter {
            subject,
            operator,
            values,
            is_case_sensitive,
        };
        let checked = filter.check();
        checked.map_err(|error| ApiError::invalid(error.0))?;
        Ok(Condition::Filter(filter))
    };
    match &dimension.kind {
        DimensionKind::Time(_) => Err(ApiError::invalid(
            "filters cannot be on time; say it with `date_range`",
        )),
        DimensionKind::Goals => {
            filter(Dimension::Event.into(), values.clone())?;
            goals(operator, values, is_case_sensitive)
        }
        DimensionKind::CountryNames => {
            // Checked before it is compared with 250 names.
            filter(Dimension::Country.into(), values.clone())?;
            country_names(operator, &values, is_case_sensitive)
        }
        DimensionKind::Values(subject) => {
            let is_whole = matches!(operator, FilterOperator::Is | FilterOperator::IsNot);
            let stored = |value: String| match is_whole && value == empty_label(subject) {
                true => String::new(),
                false => value,
            };
            filter(subject.clone(), values.into_iter().map(stored).collect())
        }
    }
}

/// Events for goals. As in Plausible there is no `is_not`: it would take every event that is for no such goal.
fn goals(
    operator: FilterOperator,
    names: Vec<String>,
    is_case_sensitive: bool,
) -> Result<Condition, ApiError> {
    let is_part = match operator {
        FilterOperator::Is => false,
        FilterOperator::Contains => true,
        _ => {
            return Err(ApiError::invalid(
                "event:goal takes is and contains; visits that did not reach it are [\"has_not_done\", [\"is\", \"event:goal\", [GOAL, …]]]",
            ));
        }
    };
    Ok(Condition::Goals(NamedGoals {
        names,
        is_part,
        is_case_sensitive,
    }))
}

/// Saved filters, by their numbers.
fn segments(operator: FilterOperator, values: &[String]) -> Result<Condition, ApiError> {
    let ids: Option<Vec<_>> = values
        .iter()
        .map(|value| value.parse().ok().map(SegmentId))
        .collect();
    match ids {
        Some(ids) if operator == FilterOperator::Is => Ok(Condition::Segments(ids)),
        _ => Err(ApiError::invalid(
            "a filter on segments must be [\"is\", \"segment\", [NUMBER, …]]; the number is in the dashboard's address",
        )),
    }
}

/// A comparison of countries' names, as one of their codes.
fn country_names(
    operator: FilterOperator,
    values: &[String],
    is_case_sensitive: bool,
) -> Result<Condition, ApiError> {
    let fold = |text: &str| match is_case_sensitive {
        true => text.to_owned(),
        false => text.to_lowercase(),
    };
    let values: Vec<_> = values.iter().map(|value| fold(value)).collect();
    let is_meant = |name: &str| match operator {
        FilterOperator::Is | FilterOperator::IsNot => values.iter().any(|value| value == name),
        _ => values.iter().any(|value| name.contains(value)),
    };
    if matches!(
        operator,
        FilterOperator::Matches | FilterOperator::MatchesNot
    ) {
        return Err(ApiError::invalid(
            "names of countries have no patterns; use is, is_not, contains or contains_not, or visit:country",
        ));
    }
    let named = countries().filter(|country| is_meant(&fold(country.name)));
    let mut codes: Vec<String> = named.map(|country| country.code.to_owned()).collect();
    if is_meant(&fold("(not set)")) {
        codes.push(String::new());
    }
    // No filter has more values than this; none at all never holds.
    let parts = codes.chunks(Filter::VALUE_LIMIT).map(|codes| {
        Condition::Filter(Filter {
            subject: Dimension::Country.into(),
            operator: FilterOperator::Is,
            values: codes.to_vec(),
            is_case_sensitive: true,
        })
    });
    let any = Condition::Any(parts.collect());
    Ok(match operator.is_negated() {
        true => Condition::Not(Box::new(any)),
        false => any,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(filters: Value) -> Result<Condition, String> {
        let filters = filters.as_array().expect("an array").clone();
        parse(&filters).map_err(|error| error.message)
    }

    fn filter(text: &str) -> Condition {
        Condition::Filter(Filter::parse(text).expect("a filter"))
    }

    #[test]
    fn trees_become_conditions() {
        for (tree, expected) in [
            (json!([]), vec![]),
            (
                json!([
                    ["is", "event:page", ["/a", "/b"]],
                    ["is_not", "visit:country", ["DE"]]
                ]),
                vec![filter("page:is:/a|/b"), filter("country:is_not:DE")],
            ),
            (
                json!([["is", "visit:source", ["Direct / None", "Google"]]]),
                vec![filter("source:is:|Google")],
            ),
            (
                json!([["is", "visit:utm_campaign", ["(not set)"]]]),
                vec![filter("campaign:is:")],
            ),
            (
                json!([["is_not", "event:props:plan", ["(none)", 7]]]),
                vec![filter("property.plan:is_not:|7")],
            ),
            (
                json!([["contains", "visit:os", ["win"], {"case_sensitive": false}]]),
                vec![filter("system:contains:win")],
            ),
            (
                json!([["matches", "event:page", [r"^/user/\d+$"]]]),
                vec![filter(r"page:matches:^/user/\d+$")],
            ),
            (
                json!([[
                    "or",
                    [
                        ["not", ["is", "visit:device", ["Mobile"]]],
                        ["and", [["is", "visit:browser", ["Firefox"]]]]
                    ]
                ]]),
                vec![Condition::Any(vec![
                    Condition::Not(Box::new(filter("device:is:Mobile"))),
                    Condition::All(vec![filter("browser:is:Firefox")]),
                ])],
            ),
            (
                json!([
                    ["has_done", ["is", "event:name", ["Signup"]]],
                    ["has_not_done", ["is", "event:page", ["/a"]]]
                ]),
                vec![
                    Condition::HasDone(Box::new(filter("event:is:Signup"))),
                    Condition::Not(Box::new(Condition::HasDone(Box::new(filter("page:is:/a"))))),
                ],
            ),
            (
                json!([[
                    "is",
                    "visit:country_name",
                    ["Germany", "Poland", "(not set)"]
                ]]),
                vec![Condition::Any(vec![filter("country:is:DE|PL|")])],
            ),
            (
                json!([["contains_not", "visit:country_name", ["GERMAN"], {"case_sensitive": false}]]),
                vec![Condition::Not(Box::new(Condition::Any(vec![filter(
                    "country:is:DE",
                )])))],
            ),
            (
                json!([["is", "visit:country_name", ["Atlantis"]]]),
                vec![Condition::Any(vec![])],
            ),
            (
                json!([
                    ["is", "event:goal", ["Signup", "Visit /thanks"]],
                    ["has_not_done", ["contains", "event:goal", ["buy"], {"case_sensitive": false}]],
                    ["is", "segment", [3, 4]]
                ]),
                vec![
                    goals(
                        FilterOperator::Is,
                        vec!["Signup".into(), "Visit /thanks".into()],
                        true,
                    )
                    .unwrap(),
                    Condition::Not(Box::new(Condition::HasDone(Box::new(
                        goals(FilterOperator::Contains, vec!["buy".into()], false).unwrap(),
                    )))),
                    Condition::Segments(vec![SegmentId(3), SegmentId(4)]),
                ],
            ),
        ] {
            assert_eq!(parsed(tree.clone()), Ok(Condition::All(expected)), "{tree}");
        }
    }

    #[test]
    fn other_trees_are_refused_with_what_is_allowed() {
        let leaf = json!(["is", "event:page", ["/"]]);
        let nested = (0..20).fold(leaf.clone(), |inner, _| json!(["not", inner]));
        let too_long = "a".repeat(2_001);
        for (tree, part) in [
            (json!([7]), "begins with an operator"),
            (json!([[]]), "begins with an operator"),
            (json!([{"is": 1}]), "begins with an operator"),
            (
                json!([["like", "event:page", ["/"]]]),
                "use one of is, is_not",
            ),
            (
                json!([["is", "event:page); drop table event--", ["/"]]]),
                "use one of event:page",
            ),
            (
                json!([["is", "event:page", "/"]]),
                "[OPERATOR, DIMENSION, [VALUE, …]]",
            ),
            (
                json!([["is", "event:page", [1.5]]]),
                "[OPERATOR, DIMENSION, [VALUE, …]]",
            ),
            (
                json!([["is", "event:page", [null]]]),
                "[OPERATOR, DIMENSION, [VALUE, …]]",
            ),
            (json!([["is", "event:page", []]]), "1 to 100 values"),
            (json!([["is", "event:page", [too_long]]]), "2000 bytes"),
            (json!([["is", "event:page", ["a\0"]]]), "U+0000"),
            (
                json!([["is", "event:page", ["/"], {"case": false}]]),
                "case_sensitive",
            ),
            (
                json!([["is", "event:page", ["/"], {"case_sensitive": 1}]]),
                "case_sensitive",
            ),
            (
                json!([["matches", "event:page", ["/"], {"case_sensitive": false}]]),
                "case_sensitive",
            ),
            (json!([["is", "time:day", ["2026-01-01"]]]), "date_range"),
            (json!([["is", "segment", ["mine"]]]), "[NUMBER, …]"),
            (json!([["is_not", "segment", [1]]]), "[NUMBER, …]"),
            (
                json!([["is_not", "event:goal", ["Signup"]]]),
                "has_not_done",
            ),
            (json!([["matches", "event:goal", ["Sign"]]]), "has_not_done"),
            (json!([["is", "event:goal", []]]), "1 to 100 values"),
            (
                json!([["is", "visit:exit_page_hostname", [1]]]),
                "does not collect",
            ),
            (json!([["is", "event:props:", ["a"]]]), "1 to 300 bytes"),
            (json!([["and", []]]), "[\"and\", [FILTER, …]]"),
            (json!([["not", leaf, leaf]]), "[\"not\", FILTER]"),
            (
                json!([["matches", "visit:country_name", ["G"]]]),
                "no patterns",
            ),
            (json!([nested]), "10 deep"),
            (json!(vec![leaf; 101]), "at most 100 filters"),
        ] {
            let error = parsed(tree.clone()).expect_err("refused");
            assert!(error.contains(part), "{part}: {error}");
            assert!(error.len() < 1_000, "{error}");
        }
    }
}
