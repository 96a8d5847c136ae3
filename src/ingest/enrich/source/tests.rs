//! What counts as source and channel, row by row.

use super::*;

fn source(referrer: Option<&str>, query: &str) -> Source {
    let url = format!("https://shop.example.org/?{query}")
        .parse()
        .unwrap();
    Source::of(
        referrer,
        &["example.org", "shop.example.org"],
        &Campaign::of(&url),
    )
}

#[test]
fn source_and_channel_follow_the_documented_rules() {
    use Channel::{AiAssistant, Direct, Email, Paid, Referral, Search, Social};
    for (referrer, query, name, channel) in [
        ("", "", "", Direct),
        ("https://example.org/a", "", "", Direct),
        ("https://www.example.org/a", "", "", Direct),
        ("https://blog.example.org/", "", "", Direct),
        ("https://notexample.org/", "", "notexample.org", Referral),
        ("https://www.google.com/", "", "Google", Search),
        ("https://www.google.com/", "gclid=x", "Google", Paid),
        ("", "gclid=x", "Google", Paid),
        ("", "msclkid=x", "Bing", Paid),
        ("", "fbclid=x", "Facebook", Social),
        ("https://l.facebook.com/", "fbclid=x", "Facebook", Social),
        (
            "https://l.facebook.com/",
            "fbclid=x&utm_medium=paid_social",
            "Facebook",
            Paid,
        ),
        ("https://l.instagram.com/", "fbclid=x", "Instagram", Social),
        (
            "https://google.com/",
            "utm_medium=cpc&utm_source=summer",
            "summer",
            Paid,
        ),
        ("", "utm_source=google&utm_medium=CPC", "Google", Paid),
        ("https://ad.doubleclick.net/x", "", "Google Ads", Paid),
        ("https://mail.google.com/", "", "Gmail", Email),
        ("android-app://com.google.android.gm/", "", "Gmail", Email),
        ("", "utm_source=july&utm_medium=email", "july", Email),
        ("https://mail.google.com/", "utm_source=july", "july", Email),
        ("", "utm_source=newsletter", "Newsletter", Email),
        ("https://chatgpt.com/", "", "ChatGPT", AiAssistant),
        ("", "utm_source=chatgpt.com", "ChatGPT", AiAssistant),
        ("https://www.perplexity.ai/", "", "Perplexity", AiAssistant),
        ("https://gemini.google.com/", "", "Gemini", AiAssistant),
        ("https://t.co/abc", "", "X", Social),
        (
            "https://news.ycombinator.com/item?id=1",
            "",
            "Hacker News",
            Social,
        ),
        ("", "ref=producthunt", "Product Hunt", Referral),
        ("", "utm_source=x1&utm_medium=social", "x1", Social),
        ("", "utm_source=x1&utm_medium=organic", "x1", Search),
        ("", "utm_campaign=spring", "", Referral),
        ("https://github.com/a/b", "", "GitHub", Referral),
        (
            "https://blog.unknown.net/",
            "",
            "blog.unknown.net",
            Referral,
        ),
        (
            "android-app://com.unknown.app/",
            "",
            "com.unknown.app",
            Referral,
        ),
        ("javascript:alert(1)", "", "", Direct),
        ("data:text/html,x", "", "", Direct),
        ("not a url", "", "", Direct),
    ] {
        let source = source(Some(referrer), query);
        assert_eq!(
            (source.name.as_str(), source.channel),
            (name, channel),
            "{referrer} ?{query}"
        );
    }
}

#[test]
fn a_referrer_is_host_and_path_without_what_identifies() {
    for (referrer, expected) in [
        ("https://www.Blog.net/a/b?q=secret#top", "blog.net/a/b"),
        ("https://user:secret@blog.net/", "blog.net"),
        ("http://blog.net:8080/x/", "blog.net/x"),
        ("https://blog.net/u/jane@mail.net", "blog.net/u/[email]"),
        ("https://blog.net/%E4%BD%A0%00", "blog.net/你"),
        ("android-app://com.slack/", "com.slack"),
        ("https://example.org/a", ""),
        ("file:///home/jane/", ""),
    ] {
        assert_eq!(source(Some(referrer), "").referrer, expected, "{referrer}");
    }
    let long = format!("https://blog.net/{}", "é".repeat(3000));
    assert_eq!(source(Some(&long), "").referrer.len(), 1999);
}
