//! Text from strangers, made fit to be stored: no control characters, bounded, without e-mail addresses.
//!
//! Used by every station that lets text through. Both databases get the same bytes: PostgreSQL cannot store U+0000, so
//! control characters are taken out of all text before anything else looks at it, whatever the database.

use std::borrow::Cow;

/// What stands for an e-mail address.
const MASK: &str = "[email]";

/// Takes out the control characters: U+0000 to U+001F and U+007F to U+009F.
pub(crate) fn without_control(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The longest beginning of at most `max_bytes` that ends between two characters.
pub(crate) fn cut(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Decodes `%xx`. Malformed escapes stay as they are, and so does the whole text if the result were not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                bytes.push(hex_value(*high) << 4 | hex_value(*low));
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// Puts `[email]` in the place of everything that looks like an e-mail address.
///
/// Handles (`@jane`, `@jane@example.social`), package versions (`left-pad@1.3.0`) and picture names (`logo@2x.png`) are not addresses.
pub(crate) fn without_emails(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let local = start_of_local_part(&rest[..at]);
        let domain = length_of_mail_domain(&rest[at + 1..]);
        let is_handle = rest[..local].ends_with('@') || (local == 0 && masked.ends_with('@'));
        if local < at && domain > 0 && !is_handle {
            masked.push_str(&rest[..local]);
            masked.push_str(MASK);
            rest = &rest[at + 1 + domain..];
        } else {
            masked.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

/// Where the run of characters that may stand before the `@` begins.
fn start_of_local_part(before: &str) -> usize {
    before
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || "._%+-'".contains(*c))
        .last()
        .map_or(before.len(), |(start, _)| start)
}

/// The length of the host name with which `after` begins; 0 if it is none that takes mail.
fn length_of_mail_domain(after: &str) -> usize {
    let end = after
        .find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.'))
        .unwrap_or(after.len());
    let domain = after[..end].trim_end_matches(['.', '-']);
    let Some((name, top_level)) = domain.rsplit_once('.') else {
        return 0;
    };
    let is_top_level = top_level.chars().count() >= 2 && top_level.chars().all(char::is_alphabetic);
    let is_picture_scale = matches!(name, "1x" | "2x" | "3x" | "4x");
    if is_top_level && !name.is_empty() && !is_picture_scale {
        domain.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_taken_out_and_the_rest_stays() {
        assert_eq!(without_control("a\u{0}b\u{1b}[2J\u{85}c\n"), "ab[2Jc");
        assert!(matches!(
            without_control("plain é"),
            Cow::Borrowed("plain é")
        ));
    }

    #[test]
    fn cutting_never_splits_a_character() {
        for (text, max_bytes, expected) in [
            ("abc", 5, "abc"),
            ("abc", 2, "ab"),
            ("aé", 2, "a"),
            ("😀😀", 7, "😀"),
            ("😀", 3, ""),
        ] {
            assert_eq!(cut(text, max_bytes), expected, "{text} at {max_bytes}");
        }
    }

    #[test]
    fn percent_escapes_are_decoded_unless_malformed() {
        for (text, expected) in [
            ("/plain", "/plain"),
            ("/caf%C3%A9", "/café"),
            ("/a%20b", "/a b"),
            ("/100%", "/100%"),
            ("/%zz%4", "/%zz%4"),
            ("/%%41", "/%A"),
            ("/%c0%ae", "/%c0%ae"),
            ("/%ff", "/%ff"),
        ] {
            assert_eq!(percent_decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_masked_and_their_lookalikes_are_not() {
        for (text, expected) in [
            ("/u/jane.doe+x@mail.example.org/edit", "/u/[email]/edit"),
            ("mailto:info@example.org", "mailto:[email]"),
            ("a@b.de,c@d.fr", "[email],[email]"),
            ("jürgen@müller.example", "[email]"),
            ("write to a@b.de.", "write to [email]."),
            ("/@jane", "/@jane"),
            ("/@jane@example.social", "/@jane@example.social"),
            ("/left-pad@1.3.0", "/left-pad@1.3.0"),
            ("/logo@2x.png", "/logo@2x.png"),
            ("@", "@"),
            ("a@b", "a@b"),
            ("@@@", "@@@"),
        ] {
            assert_eq!(without_emails(text), expected, "{text}");
        }
    }
}
