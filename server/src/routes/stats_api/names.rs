//! The names of dimensions and metrics in the stats API, which are Plausible's, and how values without one are written.

use trackflow::domain::{Country, Dimension, Interval, Metric, Subject};

use super::error::ApiError;

/// Plausible's names of our dimensions; the first of each is the one to use.
const DIMENSIONS: [(&str, Dimension); 29] = [
    ("event:page", Dimension::Page),
    // Ours, like `visit:language`: Plausible has no such dimension.
    ("event:title", Dimension::Title),
    ("event:hostname", Dimension::Hostname),
    ("event:name", Dimension::Event),
    ("visit:entry_page", Dimension::EntryPage),
    ("visit:exit_page", Dimension::ExitPage),
    ("visit:source", Dimension::Source),
    ("visit:channel", Dimension::Channel),
    ("visit:referrer", Dimension::Referrer),
    ("visit:utm_source", Dimension::UtmSource),
    ("visit:utm_medium", Dimension::UtmMedium),
    ("visit:utm_campaign", Dimension::Campaign),
    ("visit:utm_content", Dimension::UtmContent),
    ("visit:utm_term", Dimension::UtmTerm),
    ("visit:country", Dimension::Country),
    (COUNTRY_NAME, Dimension::Country),
    // Regions and cities are kept by name: both names of Plausible mean that.
    ("visit:region", Dimension::Region),
    ("visit:region_name", Dimension::Region),
    ("visit:city", Dimension::City),
    ("visit:city_name", Dimension::City),
    ("visit:device", Dimension::Device),
    ("visit:screen", Dimension::Screen),
    ("visit:language", Dimension::Language),
    ("visit:browser", Dimension::Browser),
    ("visit:browser_version", Dimension::BrowserVersion),
    ("visit:os", Dimension::System),
    ("visit:os_version", Dimension::SystemVersion),
    // Ours: Plausible has no such dimensions.
    ("time:hour_of_day", Dimension::Hour),
    ("time:day_of_week", Dimension::Weekday),
];

/// A country by its English name.
const COUNTRY_NAME: &str = "visit:country_name";

/// The goals of a site.
pub(super) const GOAL: &str = "event:goal";

/// What comes before the name of a property.
pub(super) const PROPERTY: &str = "event:props:";

/// Names of Plausible for what TrackFlow does not know of a visitor.
const NOT_COLLECTED: [&str; 2] = ["visit:entry_page_hostname", "visit:exit_page_hostname"];

/// Buckets of time; `time` lets the range decide.
const TIMES: [(&str, Option<Interval>); 5] = [
    ("time", None),
    ("time:hour", Some(Interval::Hour)),
    ("time:day", Some(Interval::Day)),
    ("time:week", Some(Interval::Week)),
    ("time:month", Some(Interval::Month)),
];

/// A dimension as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedDimension {
    /// As the request wrote it.
    pub(super) name: String,
    pub(super) kind: DimensionKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DimensionKind {
    /// The values of a dimension or property.
    Values(Subject),
    /// Countries, called by their names.
    CountryNames,
    /// Goals, called by their names.
    Goals,
    /// Buckets of time; `None` lets the range decide.
    Time(Option<Interval>),
}

impl NamedDimension {
    /// The dimension of a name.
    pub(super) fn parse(name: &str) -> Result<Self, ApiError> {
        let kind = if let Some((_, interval)) = TIMES.iter().find(|(known, _)| *known == name) {
            DimensionKind::Time(*interval)
        } else if name == COUNTRY_NAME {
            DimensionKind::CountryNames
        } else if name == GOAL {
            DimensionKind::Goals
        } else {
            DimensionKind::Values(parse_subject(name)?)
        };
        Ok(Self {
            name: name.to_owned(),
            kind,
        })
    }

    /// What events or visits are grouped by; `None` for goals and buckets of time.
    pub(super) fn subject(&self) -> Option<Subject> {
        match &self.kind {
            DimensionKind::Values(subject) => Some(subject.clone()),
            DimensionKind::CountryNames => Some(Dimension::Country.into()),
            DimensionKind::Goals | DimensionKind::Time(_) => None,
        }
    }

    /// How an answer writes a value.
    pub(super) fn label(&self, value: &str) -> String {
        match &self.kind {
            DimensionKind::Values(subject) if value.is_empty() => empty_label(subject).into(),
            DimensionKind::CountryNames if value.is_empty() => NOT_SET.into(),
            DimensionKind::CountryNames => {
                Country::find(value).map_or_else(|| value.into(), |country| country.name.into())
            }
            DimensionKind::Values(_) | DimensionKind::Goals | DimensionKind::Time(_) => {
                value.into()
            }
        }
    }
}

const NOT_SET: &str = "(not set)";

/// What an answer writes where there is no value, and a filter takes for it.
pub(super) fn empty_label(subject: &Subject) -> &'static str {
    match subject {
        Subject::Property(_) => "(none)",
        Subject::Dimension(Dimension::Source | Dimension::Referrer) => "Direct / None",
        Subject::Dimension(_) => NOT_SET,
    }
}

fn parse_subject(name: &str) -> Result<Subject, ApiError> {
    if let Some(property) = name.strip_prefix(PROPERTY) {
        return (1..=Subject::NAME_LIMIT_BYTES)
            .contains(&property.len())
            .then(|| Subject::Property(property.to_owned()))
            .ok_or_else(|| {
                let limit = Subject::NAME_LIMIT_BYTES;
                ApiError::invalid(format!("a property's name has 1 to {limit} bytes"))
            });
    }
    if NOT_COLLECTED.contains(&name) {
        return Err(ApiError::invalid(format!(
            "`{name}` is not known: TrackFlow does not collect it"
        )));
    }
    let known = DIMENSIONS.iter().find(|(known, _)| *known == name);
    known
        .map(|(_, dimension)| Subject::Dimension(*dimension))
        .ok_or_else(|| ApiError::unknown("dimension", name, &dimension_names()))
}

/// All names of dimensions that can be grouped by.
pub(super) fn dimension_names() -> Vec<String> {
    let values = DIMENSIONS.iter().map(|(name, _)| (*name).to_owned());
    let times = TIMES.iter().map(|(name, _)| (*name).to_owned());
    let others = [GOAL.to_owned(), format!("{PROPERTY}NAME")];
    values.chain(others).chain(times).collect()
}

/// The metric of a name.
pub(super) fn parse_metric(name: &str) -> Result<Metric, ApiError> {
    Metric::from_key(name)
        .ok_or_else(|| ApiError::unknown("metric", name, &Metric::ALL.map(Metric::key)))
}
