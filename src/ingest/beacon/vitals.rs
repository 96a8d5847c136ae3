//! What a browser measured of a page view.

use serde_json::Value;

use super::BeaconError;
use crate::domain::{Vital, VitalValues};

/// The message that carries measurements; no event of a site's own can have this name.
pub(super) const NAME: &str = "vitals";

/// Reads `{"lcp": 1234.5, "inp": 80, "cls": 0.02, "fcp": 900, "ttfb": 120}`, at least one of them.
///
/// # Errors
/// [`BeaconError`] of the field `vitals` if it is absent, no object, empty, or a value is no number within its limits.
pub(super) fn read(value: Option<&Value>) -> Result<VitalValues, BeaconError> {
    let error = |reason| BeaconError::new("vitals", reason);
    let Some(value) = value else {
        return Err(error("is required"));
    };
    let Value::Object(fields) = value else {
        return Err(error("must be an object"));
    };
    let mut values = VitalValues::default();
    for (vital, read) in Vital::ALL.into_iter().zip(&mut values.0) {
        let Some(field) = fields.get(vital.key()).filter(|field| !field.is_null()) else {
            continue;
        };
        let number = field
            .as_f64()
            .filter(|number| (0.0..=vital.limit()).contains(number));
        *read = Some(number.ok_or(error(match vital {
            Vital::Lcp => "lcp must be a number from 0 to 600000 (ms)",
            Vital::Inp => "inp must be a number from 0 to 600000 (ms)",
            Vital::Cls => "cls must be a number from 0 to 100",
            Vital::Fcp => "fcp must be a number from 0 to 600000 (ms)",
            Vital::Ttfb => "ttfb must be a number from 0 to 600000 (ms)",
        }))?);
    }
    if values.0.iter().all(Option::is_none) {
        return Err(error("must have at least one of lcp, inp, cls, fcp, ttfb"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::super::Beacon;
    use crate::domain::VitalValues;

    fn parse(fields: &str) -> Result<Option<VitalValues>, String> {
        let body = format!(r#"{{"u":"https://example.org/a",{fields}}}"#);
        let beacon = Beacon::parse(body.as_bytes());
        beacon
            .map(|beacon| beacon.vitals)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn measurements_are_read_from_their_message_only() {
        let values = VitalValues([Some(1_234.5), Some(0.0), Some(0.02), None, Some(600_000.0)]);
        let v = r#"{"lcp":1234.5,"inp":0,"cls":0.02,"fcp":null,"ttfb":600000,"other":"x"}"#;
        for name in ["v", "vitals"] {
            assert_eq!(
                parse(&format!(r#""n":"vitals","{name}":{v}"#)),
                Ok(Some(values))
            );
        }
        assert_eq!(parse(&format!(r#""n":"pageview","v":{v}"#)), Ok(None));
        assert_eq!(parse(r#""n":"Vitals""#), Ok(None));
    }

    #[test]
    fn what_cannot_be_measured_is_an_error_that_says_what_can() {
        for (v, expected) in [
            ("null", "vitals is required"),
            ("[1]", "vitals must be an object"),
            (
                "{}",
                "vitals must have at least one of lcp, inp, cls, fcp, ttfb",
            ),
            (
                r#"{"lcp":null,"x":1}"#,
                "vitals must have at least one of lcp, inp, cls, fcp, ttfb",
            ),
            (
                r#"{"lcp":-0.1}"#,
                "vitals lcp must be a number from 0 to 600000 (ms)",
            ),
            (
                r#"{"inp":600000.1}"#,
                "vitals inp must be a number from 0 to 600000 (ms)",
            ),
            (
                r#"{"cls":101,"lcp":1}"#,
                "vitals cls must be a number from 0 to 100",
            ),
            (
                r#"{"fcp":"90"}"#,
                "vitals fcp must be a number from 0 to 600000 (ms)",
            ),
            (
                r#"{"ttfb":1e300}"#,
                "vitals ttfb must be a number from 0 to 600000 (ms)",
            ),
        ] {
            let answer = parse(&format!(r#""n":"vitals","v":{v}"#));
            assert_eq!(answer, Err(expected.to_owned()), "{v}");
        }
    }
}
