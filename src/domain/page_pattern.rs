//! Page patterns: what a goal or a step of a funnel calls a page, and the filter that it becomes.

use super::{Dimension, Filter, FilterOperator, Subject};

/// Most stars of a pattern. Our number: each one makes the search for a match slower.
pub(super) const STAR_LIMIT: usize = 10;

/// The filter for the pages of a pattern.
///
/// `*` is one segment of the path or a part of one, `**` any text, slashes included. The pattern is the whole path; letter
/// case counts. Without a star it is an equality, which costs less.
pub(super) fn filter(pattern: &str) -> Filter {
    let subject = Subject::Dimension(Dimension::Page);
    if !pattern.contains('*') {
        return Filter::is(Dimension::Page, pattern);
    }
    Filter {
        subject,
        operator: FilterOperator::Matches,
        values: vec![expression(pattern)],
        is_case_sensitive: true,
    }
}

/// Whether it can be used, else what is allowed.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if !pattern.starts_with(['/', '*']) {
        return Err("must begin with / or *, such as /blog/**".into());
    }
    if pattern.chars().any(char::is_control) {
        return Err("must not have control characters".into());
    }
    if pattern.matches('*').count() > STAR_LIMIT {
        return Err(format!("can have at most {STAR_LIMIT} stars"));
    }
    filter(pattern)
        .check()
        .map_err(|_| "is too long; a star can stand for its end".into())
}

/// The anchored regular expression of a pattern.
fn expression(pattern: &str) -> String {
    let mut expression = String::from("^(?s:");
    let mut rest = pattern;
    let mut before = '/';
    while !rest.is_empty() {
        let stars = rest.len() - rest.trim_start_matches('*').len();
        if stars > 0 {
            rest = &rest[stars..];
            let is_segment = before == '/' && (rest.is_empty() || rest.starts_with('/'));
            expression.push_str(match (stars, is_segment) {
                (1, true) => "[^/]+",
                (1, false) => "[^/]*",
                _ => ".*",
            });
            before = '*';
        } else {
            let end = rest.find('*').unwrap_or(rest.len());
            expression.push_str(&Filter::quote(&rest[..end]));
            before = rest[..end].chars().next_back().unwrap_or('/');
            rest = &rest[end..];
        }
    }
    expression.push_str(")$");
    expression
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;

    fn matches(pattern: &str, page: &str) -> bool {
        let filter = filter(pattern);
        match filter.operator {
            FilterOperator::Is => filter.values[0] == page,
            _ => regex::Regex::new(&filter.values[0])
                .expect("a pattern is a regular expression")
                .is_match(page),
        }
    }

    #[test]
    fn a_star_stays_within_its_segment_and_two_stars_do_not() {
        for (pattern, page, expected) in [
            ("/thanks", "/thanks", true),
            ("/thanks", "/thanks/", false),
            ("/thanks", "/Thanks", false),
            ("/blog/*", "/blog/a", true),
            ("/blog/*", "/blog/", false),
            ("/blog/*", "/blog", false),
            ("/blog/*", "/blog/a/b", false),
            ("/blog/*/edit", "/blog/a/edit", true),
            ("/blog/*/edit", "/blog//edit", false),
            ("/blog/*/edit", "/x/blog/a/edit", false),
            ("/blog/**", "/blog/a/b", true),
            ("/blog/**", "/blog/", true),
            ("/blog/**", "/blog", false),
            ("/blog**", "/blog", true),
            ("/blog**", "/blogs/a", true),
            ("/pricing*", "/pricing", true),
            ("/pricing*", "/pricing-b", true),
            ("/pricing*", "/pricing/b", false),
            ("**/thanks", "/de/shop/thanks", true),
            ("**/thanks", "/thanks", true),
            ("**", "anything\nat all", true),
            ("/***", "/a/b", true),
            ("/*.html", "/a.html", true),
            ("/*.html", "/a-html", false),
            ("/*+(x)|[y]{z}^$?#&-~", "/a+(x)|[y]{z}^$?#&-~", true),
            ("/*\\d", "/a\\d", true),
            ("/*\\d", "/a1", false),
            ("/münchen/*", "/münchen/ö", true),
        ] {
            assert_eq!(matches(pattern, page), expected, "{pattern} and {page}");
        }
    }

    #[test]
    fn patterns_that_cannot_be_used_say_what_is_allowed() {
        for (pattern, part) in [
            ("", "begin with /"),
            ("blog", "begin with /"),
            ("https://a.example/", "begin with /"),
            ("/a\nb", "control"),
            ("/*/*/*/*/*/*/*/*/*/*/*", "at most 10 stars"),
        ] {
            let reason = check(pattern).unwrap_err();
            assert!(reason.contains(part), "{pattern}: {reason}");
        }
        assert!(check(&format!("/{}*", "a".repeat(1_900))).is_ok());
        assert!(check(&format!("/{}*", ".".repeat(1_900))).is_err());
        assert!(check(&format!("/{}", "a".repeat(2_000))).is_err());
    }
}
