//! The title of a page: words that its owner wrote, in which an application may have put a person.

use std::borrow::Cow;

use crate::ingest::text::{cut, without_emails};

const TITLE_LIMIT_BYTES: usize = 500;

/// Masks e-mail addresses and cuts at 500 bytes, as with campaign tags. Takes one line of words with single spaces.
///
/// ```
/// use trackflow::ingest::enrich::title::title;
///
/// assert_eq!(title("Inbox of jane@example.org".into()), "Inbox of [email]");
/// ```
#[must_use]
pub fn title(text: String) -> String {
    let masked = match without_emails(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(masked),
    };
    let mut title = masked.unwrap_or(text);
    let end = cut(&title, TITLE_LIMIT_BYTES).trim_end().len();
    title.truncate(end);
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_masked_before_it_is_cut() {
        let long = format!("{} jane@example.org", "x".repeat(490));
        let expected = format!("{} [email]", "x".repeat(490));
        assert_eq!(title(long), expected);
        assert_eq!(title("é".repeat(400)).len(), 500);
        assert_eq!(title(format!("{} b", "a".repeat(499))), "a".repeat(499));
        assert_eq!(title("Pricing – Example".into()), "Pricing – Example");
    }
}
