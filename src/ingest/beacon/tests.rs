//! The wire format, rule by rule.

use serde_json::json;

use super::*;

fn parse(message: &Value) -> Result<Beacon, BeaconError> {
    Beacon::parse(message.to_string().as_bytes())
}

/// A valid message with some fields changed; `null` takes a field away.
fn a_message(changes: Value) -> Value {
    let mut message = json!({"n": "pageview", "u": "https://example.org/a", "d": "example.org"});
    for (key, value) in changes.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn a_beacon(changes: Value) -> Beacon {
    parse(&a_message(changes)).unwrap()
}

#[test]
fn the_example_of_plausibles_script_is_understood() {
    let beacon = Beacon::parse(
        br#"{"n":"pageview","v":36,"u":"https://ex.org/a?utm_source=x","d":"ex.org","r":null,"p":{"author":"A"},"w":1280}"#,
    )
    .unwrap();
    assert_eq!(beacon.name, "pageview");
    assert_eq!(beacon.url.as_str(), "https://ex.org/a?utm_source=x");
    assert_eq!(beacon.domain, "ex.org");
    assert_eq!(beacon.referrer, None);
    assert_eq!(beacon.props.get("author"), Some("A"));
    assert_eq!(beacon.revenue, None);
    assert!(beacon.is_interactive);
    assert!(!beacon.has_hash_routing);
    assert_eq!(
        format!("{beacon:?}"),
        r#"Beacon { name: "pageview", domain: "ex.org", .. }"#
    );
}

#[test]
fn long_names_are_as_good_as_short_ones() {
    let long = parse(&json!({
        "name": "Buy", "url": "https://example.org/a", "domain": "example.org", "referrer": "https://r.net/",
        "props": {"k": "v"}, "revenue": {"amount": 1, "currency": "EUR"}, "interactive": false, "hashMode": 1
    }));
    let short = parse(&json!({
        "n": "Buy", "u": "https://example.org/a", "d": "example.org", "r": "https://r.net/",
        "p": {"k": "v"}, "$": {"amount": 1, "currency": "EUR"}, "i": false, "h": 1
    }));
    assert_eq!(long, short);
    let beacon = long.unwrap();
    assert!(!beacon.is_interactive && beacon.has_hash_routing && beacon.revenue.is_some());
}

#[test]
fn a_broken_rule_is_answered_with_field_and_reason() {
    let long_name = "x".repeat(121);
    let long_url = format!("https://example.org/{}", "x".repeat(1981));
    for (changes, field, reason) in [
        (json!({"n": null}), "event_name", "is required"),
        (json!({"n": " "}), "event_name", "can't be blank"),
        (json!({"n": "\u{0}"}), "event_name", "can't be blank"),
        (json!({"n": 1.5}), "event_name", "must be text"),
        (json!({"n": []}), "event_name", "must be text"),
        (
            json!({"n": long_name}),
            "event_name",
            "should be at most 120 characters",
        ),
        (json!({"u": null}), "url", "is required"),
        (json!({"u": ""}), "url", "is required"),
        (json!({"u": 1}), "url", "must be text"),
        (json!({"u": "https://"}), "url", "must be a valid url"),
        (json!({"u": "https://a b/"}), "url", "must be a valid url"),
        (
            json!({"u": "data:text/html,x"}),
            "url",
            "scheme is not allowed",
        ),
        (
            json!({"u": "JavaScript:alert(1)"}),
            "url",
            "scheme is not allowed",
        ),
        (
            json!({"u": "java\nscript:alert(1)"}),
            "url",
            "scheme is not allowed",
        ),
        (
            json!({"u": long_url}),
            "url",
            "should be at most 2000 bytes",
        ),
        (json!({"d": ""}), "domain", "can't be blank"),
        (json!({"d": ",example.org"}), "domain", "can't be blank"),
        (json!({"d": 7}), "domain", "must be text"),
        (json!({"d": null, "u": "/a"}), "domain", "can't be blank"),
        (
            json!({"p": {"x".repeat(301): "v"}}),
            "props",
            "keys should be at most 300 bytes",
        ),
        (
            json!({"p": {"k": "x".repeat(2001)}}),
            "props",
            "values should be at most 2000 bytes",
        ),
    ] {
        let error = parse(&a_message(changes.clone())).unwrap_err();
        assert_eq!((error.field, error.reason), (field, reason), "{changes}");
    }
}

#[test]
fn a_body_that_is_no_json_object_is_answered_as_such() {
    for (body, reason) in [
        (b"" as &[u8], "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"{\"n\":\"\xff\"}", "is not valid JSON"),
        (b"{\"n\":\"\\ud800\"}", "is not valid JSON"),
        (b"{\"n\":1e400}", "is not valid JSON"),
        (b"\xff\xfe{\0}\0", "is not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"\"{}\"", "must be a JSON object"),
    ] {
        let error = Beacon::parse(body).unwrap_err();
        assert_eq!((error.field, error.reason), ("request", reason), "{body:?}");
    }
    let bomb = "[".repeat(BODY_LIMIT_BYTES);
    assert!(Beacon::parse(bomb.as_bytes()).is_err());
}

#[test]
fn an_error_is_serialised_as_plausible_does() {
    let error = parse(&a_message(json!({"u": null}))).unwrap_err();
    assert_eq!(error.to_json(), r#"{"errors":{"url":["is required"]}}"#);
    assert_eq!(error.to_string(), "url is required");
}

#[test]
fn a_byte_order_mark_is_tolerated_and_the_last_of_repeated_keys_counts() {
    let beacon =
        Beacon::parse(b"\xef\xbb\xbf{\"n\":\"a\",\"n\":\"b\",\"u\":\"https://example.org/\"}")
            .unwrap();
    assert_eq!(beacon.name, "b");
}

#[test]
fn a_name_is_text_or_a_whole_number() {
    for (sent, expected) in [
        (json!("Signup"), "Signup"),
        (json!(404), "404"),
        (json!(-1), "-1"),
        (json!(" a\u{7}b "), "ab"),
        (json!("é".repeat(120)), &*"é".repeat(120)),
    ] {
        assert_eq!(a_beacon(json!({"n": sent})).name, expected);
    }
}

#[test]
fn a_key_is_16_hexadecimal_digits() {
    let key = |value: Value| parse(&a_message(json!({"id": value}))).map(|beacon| beacon.key);
    assert_eq!(key(Value::Null), Ok(None));
    assert_eq!(key(json!("00000000000000ff")), Ok(Some(EventKey(255))));
    assert_eq!(key(json!("FFFFFFFFFFFFFFFF")), Ok(Some(EventKey(-1))));
    for wrong in [
        json!(""),
        json!("ff"),
        json!("0000000000000000f"),
        json!("+00000000000000f"),
        json!(7),
    ] {
        let error = key(wrong.clone()).unwrap_err();
        assert_eq!(
            (error.field, error.reason),
            ("id", "must be 16 hexadecimal digits"),
            "{wrong}"
        );
    }
}

#[test]
fn the_site_is_named_by_domain_or_by_the_host_of_the_page() {
    for (domain, url, expected) in [
        (json!("example.org"), "https://other.net/", "example.org"),
        (
            json!("WWW.Example.org."),
            "https://other.net/",
            "example.org",
        ),
        (json!("one.org,two.org"), "https://other.net/", "one.org"),
        (json!(" one.org , two.org"), "https://other.net/", "one.org"),
        (
            json!("müller.example"),
            "https://other.net/",
            "xn--mller-kva.example",
        ),
        (
            json!("example.org/blog"),
            "https://other.net/",
            "example.org/blog",
        ),
        (Value::Null, "https://www.Example.org:8080/a", "example.org"),
        (json!("app"), "app://home/x", "app"),
        (
            json!("www.example.org:8443"),
            "https://other.net/",
            "example.org",
        ),
        (json!("[::1]:3000"), "https://other.net/", "[::1]"),
        (json!("::1"), "https://other.net/", "::1"),
        (json!("app:home"), "https://other.net/", "app:home"),
    ] {
        let beacon = a_beacon(json!({"d": domain, "u": url}));
        assert_eq!(beacon.domain, expected, "{domain} {url}");
    }
}

#[test]
fn a_page_without_a_host_is_accepted() {
    for url in ["/a", "example.org/a", "app:/a", "file:///a"] {
        assert_eq!(
            a_beacon(json!({"u": url}))
                .url
                .host_str()
                .unwrap_or_default(),
            "",
            "{url}"
        );
    }
}

#[test]
fn a_referrer_is_cut_and_anything_but_text_ignored() {
    for (sent, expected) in [
        (json!("https://r.net/"), Some("https://r.net/".to_owned())),
        (json!(""), None),
        (json!(7), None),
        (json!(["https://r.net/"]), None),
        (json!("x".repeat(2001)), Some("x".repeat(2000))),
        (
            json!(format!("{}é", "x".repeat(1999))),
            Some("x".repeat(1999)),
        ),
    ] {
        assert_eq!(a_beacon(json!({"r": sent})).referrer, expected);
    }
}

#[test]
fn props_are_flat_text_in_order() {
    for (name, sent, expected) in [
        (
            "texts",
            json!({"b": "2", "a": "1"}),
            Some(r#"{"a":"1","b":"2"}"#),
        ),
        (
            "scalars",
            json!({"a": 1, "b": 1.5, "c": true, "d": -0}),
            Some(r#"{"a":"1","b":"1.5","c":"true","d":"0"}"#),
        ),
        (
            "dropped",
            json!({"a": [1], "b": {"x": 1}, "c": null, "d": " ", "": "x"}),
            None,
        ),
        (
            "text of an object",
            json!(r#"{"a":"1"}"#),
            Some(r#"{"a":"1"}"#),
        ),
        ("text of a list", json!("[1]"), None),
        ("text", json!("x"), None),
        ("list", json!([1]), None),
        (
            "control characters",
            json!({"a\u{0}": "\u{0}x\u{1b}"}),
            Some(r#"{"a":"x"}"#),
        ),
        (
            "address",
            json!({"a": "to jane@example.org"}),
            Some(r#"{"a":"to [email]"}"#),
        ),
        (
            "limits",
            json!({"k".repeat(300): "v"}),
            Some(&*format!(r#"{{"{}":"v"}}"#, "k".repeat(300))),
        ),
    ] {
        let props = a_beacon(json!({"p": sent})).props;
        assert_eq!(props.to_canonical_json().as_deref(), expected, "{name}");
    }
}

#[test]
fn of_many_props_the_first_30_are_kept_and_of_four_fields_the_first() {
    let many: Map<String, Value> = (0..40).map(|n| (format!("k{n:02}"), json!(n))).collect();
    let props = a_beacon(json!({"p": many})).props;
    assert_eq!(props.len(), 30);
    assert_eq!(props.get("k29"), Some("29"));
    assert_eq!(props.get("k30"), None);

    let all = a_beacon(json!({"props": {"a": 4}, "p": {"a": 3}, "meta": {"a": 2}, "m": {"a": 1}}));
    assert_eq!(all.props.get("a"), Some("1"));
}

#[test]
fn revenue_that_is_none_is_ignored() {
    for (sent, expected) in [
        (
            json!({"amount": 12.5, "currency": "EUR"}),
            Some((12.5, "EUR")),
        ),
        (
            json!({"amount": "12.50", "currency": "usd"}),
            Some((12.5, "USD")),
        ),
        (
            json!(r#"{"amount": 3, "currency": "JPY"}"#),
            Some((3.0, "JPY")),
        ),
        (
            json!({"amount": -3, "currency": "EUR"}),
            Some((-3.0, "EUR")),
        ),
        (json!({"amount": 3, "currency": "XXX"}), None),
        (json!({"amount": 3, "currency": "E"}), None),
        (json!({"amount": 3}), None),
        (json!({"currency": "EUR"}), None),
        (json!({"amount": "NaN", "currency": "EUR"}), None),
        (json!({"amount": "inf", "currency": "EUR"}), None),
        (json!({"amount": 1e300, "currency": "EUR"}), None),
        (json!({"amount": [], "currency": "EUR"}), None),
        (json!("x"), None),
        (json!(3), None),
    ] {
        let revenue = a_beacon(json!({"$": sent})).revenue;
        let found = revenue
            .as_ref()
            .map(|revenue| (revenue.amount, revenue.currency.as_str()));
        assert_eq!(found, expected, "{sent}");
    }
}

#[test]
fn time_and_depth_belong_to_engagement_only_and_have_limits() {
    for (name, depth, time, expected) in [
        ("engagement", json!(50), json!(1200), (Some(50), Some(1200))),
        (
            "engagement",
            json!("50"),
            json!("1200"),
            (Some(50), Some(1200)),
        ),
        ("engagement", json!(101), json!(0), (Some(100), Some(0))),
        ("engagement", json!(-1), json!(-1), (None, None)),
        ("engagement", json!(1.5), json!(1.5), (None, None)),
        ("engagement", json!("x"), json!(null), (None, None)),
        (
            "engagement",
            json!(0),
            json!(2_591_999_999_u64),
            (Some(0), Some(2_591_999_999)),
        ),
        (
            "engagement",
            json!(0),
            json!(2_592_000_000_u64),
            (Some(0), None),
        ),
        (
            "engagement",
            json!(u64::MAX),
            json!(u64::MAX),
            (Some(100), None),
        ),
        ("pageview", json!(50), json!(1200), (None, None)),
    ] {
        let beacon = a_beacon(json!({"n": name, "sd": depth, "e": time}));
        assert_eq!(
            (beacon.scroll_depth, beacon.engaged_ms),
            expected,
            "{depth} {time}"
        );
    }
}
