//! Tells machines from people by their user agent.
//!
//! The list is the one of the project crawler-user-agents (MIT, its licence stands in `data/crawlers.tsv`), which in our
//! measurement found 42 of 44 bots and no person; the rules beside it are ours. Woothee is not asked: it took 11 of the
//! 44 for people.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::LazyLock,
};

use quick_cache::sync::Cache;
use regex::bytes::{RegexSet, RegexSetBuilder};

const CRAWLERS: &str = include_str!("data/crawlers.tsv");

/// No browser calls itself so briefly; programs do (`node`, `-`, `axios/1.7`).
const SHORTEST_USER_AGENT_BYTES: usize = 12;

/// Compiled by the first use, which takes some 50 ms.
static PATTERNS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSetBuilder::new(patterns())
        .unicode(false)
        .build()
        .expect("the list of crawlers is part of the program and tested")
});

/// How many user agents are remembered; a busy site sees some thousand different ones a day.
const REMEMBERED: usize = 10_000;

/// What [`is_bot`] said, by hashes under a random key: no user agent is kept.
static VERDICTS: LazyLock<(Cache<u64, bool>, RandomState)> =
    LazyLock::new(|| (Cache::new(REMEMBERED), RandomState::new()));

fn patterns() -> impl Iterator<Item = &'static str> {
    CRAWLERS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(pattern, _class)| pattern)
}

/// Whether a user agent is a machine's. About 2 µs the first time; then it is remembered.
///
/// An empty one is: every browser sends one. So is a browser without a window (`HeadlessChrome`, which the list names):
/// tests that drive one have to set another user agent.
#[must_use]
pub fn is_bot(user_agent: &str) -> bool {
    if user_agent.len() < SHORTEST_USER_AGENT_BYTES {
        return true;
    }
    let (verdicts, hasher) = &*VERDICTS;
    let hash = hasher.hash_one(user_agent);
    verdicts.get(&hash).unwrap_or_else(|| {
        let is_bot = PATTERNS.is_match(user_agent.as_bytes());
        verdicts.insert(hash, is_bot);
        is_bot
    })
}

/// Tells a machine's name by its user agent, for the ledger of refusals: always one of a fixed list, never a part of what was
/// sent. `None` for a person's. Some microseconds; asked only about what [`is_bot`] refused.
///
/// ```
/// use trackflow::ingest::bots;
/// assert_eq!(bots::find("curl/8.5.0"), Some("curl"));
/// assert_eq!(bots::find(""), Some("empty user agent"));
/// ```
#[must_use]
pub fn find(user_agent: &str) -> Option<&'static str> {
    if user_agent.is_empty() {
        return Some("empty user agent");
    }
    // The list begins with the best known.
    let first = PATTERNS.matches(user_agent.as_bytes()).into_iter().next();
    match first {
        Some(at) => Some(NAMES[at].as_str()),
        None if user_agent.len() < SHORTEST_USER_AGENT_BYTES => Some(OTHER),
        None => None,
    }
}

/// Compiles the list now, so that the first visitor of the day does not wait for it.
pub fn warm_up() {
    LazyLock::force(&PATTERNS);
    LazyLock::force(&NAMES);
}

/// What a pattern is called, by its place in the list.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| patterns().map(name).collect());

/// The name of machines that the list does not name.
const OTHER: &str = "other";

/// Reads a pattern as a name: the first of alternatives, capitals where both cases are allowed, up to what stands for any text.
fn name(pattern: &str) -> String {
    let mut name = String::new();
    push_name(pattern, &mut name);
    let is_version = |letter: char| letter.is_ascii_digit() || letter == '.';
    let name = match name.rsplit_once('/') {
        Some((before, version)) if version.chars().all(is_version) => before,
        _ => &name,
    };
    let name = name.trim_start_matches("https://");
    let name = name.trim_end_matches([' ', '/', '-', '(', '.']).trim();
    let name = if name.contains('(') {
        name
    } else {
        name.trim_end_matches(')')
    };
    if name.len() < 2 {
        OTHER.to_owned()
    } else {
        name.chars().take(40).collect()
    }
}

/// Adds the letters of a pattern to a name. Gives `false` where the name ends.
fn push_name(pattern: &str, name: &mut String) -> bool {
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '^' | '$' => {}
            '\\' => match letters.next() {
                Some(class) if class.is_ascii_alphanumeric() => return false,
                Some(escaped) => name.push(escaped),
                None => return false,
            },
            '[' => {
                let class: String = letters
                    .by_ref()
                    .take_while(|letter| *letter != ']')
                    .collect();
                if matches!(letters.peek(), Some('*' | '+')) {
                    return false;
                }
                if !class.starts_with('^') {
                    let capital = class.chars().find(char::is_ascii_uppercase);
                    name.extend(capital.or_else(|| class.chars().next()));
                }
            }
            '(' => {
                let group: String = letters
                    .by_ref()
                    .take_while(|letter| *letter != ')')
                    .collect();
                let first = group.split('|').next().unwrap_or_default();
                if !push_name(first, name) {
                    return false;
                }
            }
            '|' | '?' | '*' | '+' | '{' => return false,
            '.' if letters.peek() == Some(&'*') => return false,
            letter => name.push(letter),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_list_is_in_use() {
        warm_up();
        assert_eq!(PATTERNS.len(), 1500);
        assert!(patterns().all(|pattern| pattern.len() > 2));
    }

    #[test]
    fn machines_are_recognised() {
        for user_agent in [
            "",
            "-",
            "node",
            "curl/8.5.0",
            "python-requests/2.32.3",
            "Go-http-client/1.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
        ] {
            for time in ["first", "from memory"] {
                assert!(is_bot(user_agent), "{time}: {user_agent:?}");
            }
        }
    }

    #[test]
    fn machines_have_readable_names() {
        for (user_agent, expected) in [
            ("", "empty user agent"),
            ("-", "other"),
            ("curl/8.5.0", "curl"),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
            ),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "GPTBot",
            ),
            ("Wget/1.21.4 (linux-gnu)", "Wget"),
            ("python-requests/2.32.3", "python-requests"),
        ] {
            assert_eq!(find(user_agent), Some(expected), "{user_agent}");
        }
        assert_eq!(
            find(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
            ),
            None
        );
    }

    #[test]
    fn patterns_become_names_without_their_syntax() {
        for (pattern, expected) in [
            ("AdsBot-Google([^-]|$)", "AdsBot-Google"),
            (r"Mediapartners \(Googlebot\)", "Mediapartners (Googlebot)"),
            ("Ahrefs(Bot|SiteAudit)", "AhrefsBot"),
            ("(^| )sentry/", "sentry"),
            ("[cC]laude[bB]ot", "ClaudeBot"),
            (r"Spider[\s\S]*spider\.com", "Spider"),
            (r"Code/1\.", "Code"),
            (r"dbot\)", "dbot"),
            ("Automaton|Newsify Feed Fetcher", "Automaton"),
        ] {
            assert_eq!(name(pattern), expected);
        }
        for name in NAMES.iter() {
            let is_plain =
                |letter: char| !matches!(letter, '\\' | '[' | ']' | '^' | '$' | '|' | '*');
            assert!(name.chars().all(is_plain), "{name}");
            assert!((2..=40).contains(&name.len()), "{name}");
        }
    }

    #[test]
    fn people_are_not_machines() {
        for user_agent in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.3.29.91 (iPhone14,5; iOS 17_5; en_US; en; scale=3.00; 1170x2532; 600000000)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.125 Chrome/124.0.6367.243 Electron/30.1.2 Safari/537.36",
        ] {
            for time in ["first", "from memory"] {
                assert!(!is_bot(user_agent), "{time}: {user_agent:?}");
            }
        }
    }
}
