//! The words of the product as plain serde types; compiles to WebAssembly too and imports nothing but serde.
//!
//! One word per idea: *site* · *visitor* · *visit* · *pageview* · *event* · *period* · *dimension* · *metric* · *filter* ·
//! *segment* · *goal* · *funnel* · *journey* · *annotation* · *beacon* (one wire message) · *hit* (a beacon that was accepted). A *user* logs in to the dashboard and is never a visitor.

mod annotation;
mod api_key;
mod channel;
mod condition;
mod country;
mod dimension;
mod filter;
mod funnel;
mod goal;
mod id;
mod ingestion;
mod journey;
mod language;
mod metric;
mod network;
mod page_pattern;
mod period;
mod privacy;
mod query;
mod realtime;
mod refusal;
mod report;
mod revenue;
mod rule;
mod segment;
mod share_link;
mod site;
mod stats_query;
mod subject;
mod user;
mod vital;

pub use annotation::{AnnotatedTime, Annotation, NewAnnotation};
pub use api_key::{ApiKey, ApiScope};
pub use channel::Channel;
pub use condition::{Condition, NamedGoals};
pub use country::{Country, countries};
pub use dimension::{Dimension, DimensionGroup};
pub use filter::{Filter, FilterOperator, InvalidFilter};
pub use funnel::{Funnel, FunnelCount, FunnelReport, FunnelScope, FunnelStep, NewFunnel};
pub use goal::{Goal, GoalKind, GoalReport, InvalidGoal};
pub use id::{
    AnnotationId, ApiKeyId, EventId, EventKey, FunnelId, GoalId, SegmentId, ShareLinkId, SiteId,
    Timestamp, UserId, VisitId, VisitorId,
};
pub use ingestion::{DatabaseFailure, Ingestion, IngestionStatus, WriterState};
pub use journey::{
    JourneyDirection, JourneyFlow, JourneyNode, JourneyPlace, JourneyQuery, JourneyReport,
    JourneyStep,
};
pub use language::language_name;
pub use metric::Metric;
pub use network::{InvalidNetwork, Network};
pub use period::{Comparison, Date, Interval, InvalidPeriod, Period};
pub use privacy::{
    KeptTable, KeyLife, KeyReport, PrivacyReport, StoredColumn, StoredRow, TestVisit,
};
pub use query::DashboardQuery;
pub use realtime::Realtime;
pub use refusal::{RefusalBucket, RefusalPeriod, RefusalReason, RefusalReport};
pub use report::{
    Breakdown, BreakdownOrder, BreakdownPage, BreakdownRow, Change, Dashboard, Extras, Figures,
    Timeseries, TimeseriesPoint,
};
pub use revenue::{Money, RevenueByCurrency, RevenueTotal};
pub use rule::{Rule, RuleKind};
pub use segment::Segment;
#[cfg(feature = "server")]
pub(crate) use segment::{from_stored as segment_from_stored, to_stored as segment_to_stored};
pub use share_link::ShareLink;
pub use site::{NewSite, Site, SiteOverview};
pub use stats_query::{
    ComparedRange, DateRange, Group, InvalidQuery, OrderBy, Plan, StatsAnswer, StatsQuery, StatsRow,
};
pub use subject::Subject;
pub use user::{Principal, Role, User};
pub use vital::{
    Vital, VitalFigures, VitalRating, VitalValues, VitalsQuery, VitalsReport, VitalsRow,
};
