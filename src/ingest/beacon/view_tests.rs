//! What of a message is about the page's title and about who sees it: our names and those of other products' clients.

use serde_json::json;

use super::*;

fn a_beacon(fields: Value) -> Beacon {
    let mut message = json!({"n": "pageview", "u": "https://example.org/a"});
    for (key, value) in fields.as_object().unwrap() {
        message[key] = value.clone();
    }
    Beacon::parse(message.to_string().as_bytes()).unwrap()
}

#[test]
fn a_title_is_one_line_of_a_pageview() {
    for (fields, expected) in [
        (json!({"t": "Pricing"}), Some("Pricing")),
        (json!({"title": "Umami"}), Some("Umami")),
        (json!({"page_title": "Rybbit"}), Some("Rybbit")),
        (json!({"t": null, "title": "b"}), Some("b")),
        (json!({"t": " a \n\t b\u{a0}c "}), Some("a b c")),
        (json!({"t": "a\u{0}b \u{1} c"}), Some("ab c")),
        (json!({"t": " \u{1} "}), None),
        (json!({"t": ""}), None),
        (json!({"t": 5}), None),
        (json!({"t": ["a"]}), None),
        (json!({"t": "a", "n": "Buy"}), None),
        (json!({"t": "a", "n": "engagement", "e": 1}), None),
    ] {
        let beacon = a_beacon(fields.clone());
        assert_eq!(beacon.title.as_deref(), expected, "{fields}");
    }
}

#[test]
fn a_width_is_a_number_or_begins_a_size() {
    for (fields, expected) in [
        (json!({"w": 390}), Some(390)),
        (json!({"w": "390"}), Some(390)),
        (json!({"screen_width": 1280}), Some(1280)),
        (
            json!({"screenWidth": 1920, "screenHeight": 1080}),
            Some(1920),
        ),
        (json!({"screen": "1920x1080"}), Some(1920)),
        (json!({"w": 390, "screen": "1920x1080"}), Some(390)),
        (json!({"screen_width": "xs"}), None),
        (json!({"screen": "x1080"}), None),
        (json!({"w": 0}), None),
        (json!({"w": -1}), None),
        (json!({"w": 390.5}), None),
        (json!({"w": 99_999_999_999_u64}), None),
        (json!({"w": {}}), None),
        (json!({}), None),
    ] {
        assert_eq!(a_beacon(fields.clone()).width, expected, "{fields}");
    }
}

#[test]
fn a_language_is_taken_as_it_is_for_the_next_station_to_judge() {
    for (fields, expected) in [
        (json!({"l": "de"}), Some("de")),
        (json!({"language": "pt-BR"}), Some("pt-BR")),
        (json!({"l": 7}), None),
    ] {
        let beacon = a_beacon(fields.clone());
        assert_eq!(beacon.language.as_deref(), expected, "{fields}");
    }
}
