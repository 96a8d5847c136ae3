//! Filters of version 1: `event:page==/blog*;visit:country!=DE|AT`.
//!
//! A semicolon parts filters, all of which must hold; a bar parts values, of which one must hold; an asterisk is any text. A
//! backslash takes the next of these literally.

use trackflow::domain::{Condition, Filter, FilterOperator};

use super::{
    error::{ApiError, shortened},
    filters,
    names::GOAL,
};

/// Reads `filters`.
pub(super) fn parse(text: &str) -> Result<Condition, ApiError> {
    let filters = split(text, ';');
    if filters.len() > Condition::FILTER_LIMIT {
        let limit = Condition::FILTER_LIMIT;
        return Err(ApiError::invalid(format!(
            "there can be at most {limit} filters"
        )));
    }
    let parsed = filters.iter().map(|filter| parse_one(filter));
    Ok(Condition::All(parsed.collect::<Result<_, _>>()?))
}

fn parse_one(text: &str) -> Result<Condition, ApiError> {
    let equal = text.split_once("==").map(|parts| (parts, false));
    let unequal = text.split_once("!=").map(|parts| (parts, true));
    // The one that comes first: a value may have the other in it.
    let first = [equal, unequal]
        .into_iter()
        .flatten()
        .min_by_key(|((name, _), _)| name.len());
    let Some(((name, values), is_negated)) = first else {
        return Err(ApiError::invalid(format!(
            "the filter `{}` must be DIMENSION==VALUE or DIMENSION!=VALUE",
            shortened(text)
        )));
    };
    let values = split(values, '|');
    // Goals of pages have asterisks in their names.
    let is_goal = name.trim() == GOAL;
    let has_wildcard = !is_goal && values.iter().any(|value| split(value, '*').len() > 1);
    let operator = match (has_wildcard, is_negated) {
        (false, false) => FilterOperator::Is,
        (false, true) => FilterOperator::IsNot,
        (true, false) => FilterOperator::Matches,
        (true, true) => FilterOperator::MatchesNot,
    };
    let values = values.iter().map(|value| match has_wildcard {
        true => pattern(value),
        false => literal(value),
    });
    filters::leaf(operator, name.trim(), values.collect(), true)
}

/// Parts at a separator without a backslash before it; the backslashes stay.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_escaped = false;
    for letter in text.chars() {
        if letter == separator && !is_escaped {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(letter);
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    parts
}

/// A value without the backslashes before separators.
fn literal(value: &str) -> String {
    let mut text = String::new();
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next @ (';' | '|' | '*' | '\\')) if letter == '\\' => {
                text.push(*next);
                letters.next();
            }
            _ => text.push(letter),
        }
    }
    text
}

/// A value with asterisks as a regular expression of the whole.
fn pattern(value: &str) -> String {
    let parts = split(value, '*');
    let parts = parts.iter().map(|part| Filter::quote(&literal(part)));
    format!("(?s)^{}$", parts.collect::<Vec<_>>().join(".*"))
}

#[cfg(test)]
mod tests {
    use trackflow::domain::{Dimension, Filter, NamedGoals};

    use super::*;

    fn filter(dimension: Dimension, operator: FilterOperator, values: &[&str]) -> Condition {
        Condition::Filter(Filter {
            operator,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            ..Filter::is(dimension, "")
        })
    }

    #[test]
    fn filters_become_conditions() {
        use FilterOperator::{Is, IsNot, Matches, MatchesNot};
        for (text, expected) in [
            ("event:page==/a", vec![filter(Dimension::Page, Is, &["/a"])]),
            (
                "visit:source==Google|Direct / None;visit:country!=DE",
                vec![
                    filter(Dimension::Source, Is, &["Google", ""]),
                    filter(Dimension::Country, IsNot, &["DE"]),
                ],
            ),
            (
                r"visit:utm_campaign==a\|b\;c",
                vec![filter(Dimension::Campaign, Is, &["a|b;c"])],
            ),
            (
                "event:page==/blog/*.html",
                vec![filter(Dimension::Page, Matches, &[r"(?s)^/blog/.*\.html$"])],
            ),
            (
                r"event:page!=/a\*|*b",
                vec![filter(
                    Dimension::Page,
                    MatchesNot,
                    &[r"(?s)^/a\*$", r"(?s)^.*b$"],
                )],
            ),
            (
                r"event:goal==Visit /blog/*|a\|b",
                vec![Condition::Goals(NamedGoals {
                    names: vec!["Visit /blog/*".into(), "a|b".into()],
                    is_part: false,
                    is_case_sensitive: true,
                })],
            ),
            (
                "event:page==/a!=b",
                vec![filter(Dimension::Page, Is, &["/a!=b"])],
            ),
        ] {
            let parsed = parse(text).map_err(|error| error.message);
            assert_eq!(parsed, Ok(Condition::All(expected)), "{text}");
        }
    }

    #[test]
    fn other_filters_are_refused_with_what_is_allowed() {
        let many = vec!["event:page==/"; 101].join(";");
        for (text, part) in [
            ("event:page", "DIMENSION==VALUE"),
            ("event:page=/a", "DIMENSION==VALUE"),
            ("event:goal!=Signup", "has_not_done"),
            ("event:page==/a;", "DIMENSION==VALUE"),
            ("page==/a", "use one of event:page"),
            ("a);drop table event--==1", "DIMENSION==VALUE"),
            (many.as_str(), "at most 100 filters"),
        ] {
            let error = parse(text).expect_err("refused").message;
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
