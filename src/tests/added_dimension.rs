//! Dimensions that were added after the first version: what a beacon says of them can be asked for, and what is older has none.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::builders::{HitBuilder, a_hit, a_site, at, close_days, store};
use crate::{
    blocks::Directory,
    db::{Db, DbError, schema, with_conn},
    domain::{
        Condition, Date, DateRange, Dimension, Filter, Group, Metric, Period, Principal, Site,
        StatsAnswer, StatsQuery,
    },
    ingest::{Client, ClientIp, Ingest, IngestSettings, Outcome},
    services::stats_service,
};

db_tests!(
    what_a_beacon_says_can_be_asked_for,
    days_closed_before_a_dimension_was_added_have_no_value_of_it,
    a_database_from_before_is_upgraded,
);

const NOW: &str = "2026-12-02T00:00:00Z";

/// The columns of `day_part` that were added; the roll-ups of a dimension have the number after its column's.
const ADDED: [u16; 5] = [11, 55, 56, 57, 58];

async fn ask(db: &Db, of: Dimension, filters: &[Filter], metric: Metric) -> StatsAnswer {
    let date = |text| Date::parse(text).unwrap();
    let range = DateRange::Period(Period::Custom {
        from: date("2026-10-01"),
        to: date("2026-11-30"),
    });
    let query = StatsQuery {
        groups: vec![Group::Subject(of.into())],
        condition: Condition::all(filters),
        ..StatsQuery::totals(range, vec![metric])
    };
    stats_service::answer(db, &Principal::System, "example.com", &query, at(NOW))
        .await
        .unwrap()
}

/// Values with their visitors, ascending by value.
async fn visitors(db: &Db, of: Dimension, filters: &[Filter]) -> Vec<(String, f64)> {
    let answer = ask(db, of, filters, Metric::Visitors).await;
    let mut rows: Vec<_> = answer
        .rows
        .into_iter()
        .map(|mut row| (row.groups.remove(0), row.metrics[0].unwrap()))
        .collect();
    rows.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    rows
}

fn rows(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    let owned = |(value, visitors): &(&str, f64)| ((*value).to_owned(), *visitors);
    expected.iter().map(owned).collect()
}

async fn what_a_beacon_says_can_be_asked_for(db: Db) {
    a_site(&db, "UTC").await;
    let ingest = Ingest::start(&db, &IngestSettings::default(), at("11:30"))
        .await
        .unwrap();
    for (visitor, language_header, fields) in [
        (
            1,
            Some("de-DE,de;q=0.9"),
            r#""n":"pageview","t":"Pricing \n – Example","w":390"#,
        ),
        (
            2,
            Some("fr"),
            r#""n":"pageview","title":"Hello jane@example.org","screen":"1920x1080","language":"pt-br""#,
        ),
        (
            3,
            Some("*"),
            r#""n":"Signup","t":"Pricing – Example","screenWidth":1000"#,
        ),
        (
            3,
            None,
            r#""n":"engagement","t":"Pricing – Example","e":9000"#,
        ),
    ] {
        let client = Client {
            ip: ClientIp::new([198, 51, visitor, 7].into()),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
            country_header: None,
            language_header,
            has_opted_out: false,
        };
        let body = format!(r#"{{"u":"https://example.com/pricing","d":"example.com",{fields}}}"#);
        let outcome = ingest.accept(body.as_bytes(), &client, at("12:00")).await;
        assert_eq!(outcome, Ok(Outcome::Stored), "{fields}");
    }
    let titles = rows(&[("Hello [email]", 1.0), ("Pricing – Example", 1.0)]);
    assert_eq!(visitors(&db, Dimension::Title, &[]).await, titles);
    let screens = [
        ("1920 px and more", 1.0),
        ("992-1439 px", 1.0),
        ("up to 575 px", 1.0),
    ];
    assert_eq!(visitors(&db, Dimension::Screen, &[]).await, rows(&screens));
    let languages = rows(&[("", 1.0), ("de-DE", 1.0), ("pt-BR", 1.0)]);
    assert_eq!(visitors(&db, Dimension::Language, &[]).await, languages);
    assert_eq!(
        visitors(&db, Dimension::City, &[]).await,
        rows(&[("", 3.0)])
    );
    let is_pricing = Filter::parse("title:contains:pricing").unwrap();
    let filtered = visitors(&db, Dimension::Language, &[is_pricing]).await;
    assert_eq!(filtered, rows(&[("de-DE", 1.0)]));
}

/// A pageview with everything that was added.
fn a_rich_hit(site: &Site, day: &str, visitor: i64) -> HitBuilder {
    let mut hit = a_hit(site, "/pricing")
        .at(&format!("{day}T12:00:00Z"))
        .by(visitor);
    hit.0.title = "Pricing".into();
    hit.0.screen = "992-1439 px";
    hit.0.language = "de".into();
    hit.0.region = "Bavaria, DE".into();
    hit.0.city = "Munich, Bavaria, DE".into();
    hit
}

const VALUES: [(Dimension, &str); 5] = [
    (Dimension::Title, "Pricing"),
    (Dimension::Screen, "992-1439 px"),
    (Dimension::Language, "de"),
    (Dimension::Region, "Bavaria, DE"),
    (Dimension::City, "Munich, Bavaria, DE"),
];

/// Makes the only closed day what a program without these dimensions would have made of it.
async fn age_the_closed_day(db: &Db) {
    use schema::{day_part, roll_up};
    let parts = day_part::table
        .filter(day_part::part.eq(0))
        .select(day_part::data);
    let data: Vec<u8> = with_conn!(db, |conn| parts.get_result(conn).await).unwrap();
    let kept: Vec<_> = Directory::read(&data)
        .unwrap()
        .columns()
        .filter(|(id, _)| !ADDED.contains(id))
        .map(|(id, data)| (id, data.to_vec()))
        .collect();
    assert!(kept.len() + ADDED.len() >= Directory::ids(&data).unwrap().len());
    let update = diesel::update(day_part::table.filter(day_part::part.eq(0)))
        .set(day_part::data.eq(Directory::pack(&kept)));
    let numbers = ADDED.map(|id| i32::from(id) + 1);
    let large = diesel::delete(day_part::table.filter(day_part::part.eq_any(numbers)));
    let roll_ups = diesel::delete(roll_up::table.filter(roll_up::dimension.eq_any(numbers)));
    with_conn!(db, |conn| update.execute(conn).await).unwrap();
    with_conn!(db, |conn| large.execute(conn).await).unwrap();
    let deleted = with_conn!(db, |conn| roll_ups.execute(conn).await).unwrap();
    assert_eq!(deleted, ADDED.len());
}

async fn days_closed_before_a_dimension_was_added_have_no_value_of_it(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[1, 2].map(|visitor| a_rich_hit(&site, "2026-10-01", visitor)),
    )
    .await;
    assert_eq!(close_days(&db, &site, at("2026-10-02T12:00:00Z")).await, 1);
    age_the_closed_day(&db).await;
    // The rest of the month was closed by this program, and so is the month.
    store(&db, &[a_rich_hit(&site, "2026-10-02", 3)]).await;
    store(&db, &[a_rich_hit(&site, "2026-11-03", 4)]).await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 2);

    for (dimension, value) in VALUES {
        let all = visitors(&db, dimension, &[]).await;
        assert_eq!(all, rows(&[("", 2.0), (value, 2.0)]), "{dimension:?}");
        let plan = ask(&db, dimension, &[], Metric::Visitors).await.plan;
        assert_eq!((plan.block_days, plan.rolled_up_days), (1, 2));

        let is = [Filter::is(dimension, value)];
        let found = visitors(&db, Dimension::Page, &is).await;
        assert_eq!(found, rows(&[("/pricing", 2.0)]), "{dimension:?}");
        let plan = ask(&db, Dimension::Page, &is, Metric::Visitors).await.plan;
        assert_eq!((plan.skipped_days, plan.block_days), (1, 2));
        for unknown in ["is:", "is_not:"] {
            let value = if unknown == "is:" { "" } else { value };
            let filter = format!("{}:{unknown}{value}", dimension.key());
            let filter = [Filter::parse(&filter).unwrap()];
            let found = visitors(&db, dimension, &filter).await;
            assert_eq!(found, rows(&[("", 2.0)]), "{filter:?}");
        }
    }
    // What is known of all days still comes from the month.
    let plan = ask(&db, Dimension::Page, &[], Metric::Visitors).await.plan;
    assert_eq!((plan.block_days, plan.rolled_up_days), (0, 3));

    // A late event of the old day is added to its block, which has all columns from then on.
    store(&db, &[a_rich_hit(&site, "2026-10-01", 5)]).await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    for (dimension, value) in VALUES {
        let all = visitors(&db, dimension, &[]).await;
        assert_eq!(all, rows(&[("", 2.0), (value, 3.0)]), "{dimension:?}");
        let plan = ask(&db, dimension, &[], Metric::Visitors).await.plan;
        assert_eq!((plan.block_days, plan.rolled_up_days), (0, 3));
    }
}

async fn a_database_from_before_is_upgraded(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_rich_hit(&site, "2026-11-24", 1)]).await;
    // Both databases take the same statements.
    let down = include_str!("../../migrations/sqlite/0008_more_dimensions/down.sql");
    let up = include_str!("../../migrations/sqlite/0008_more_dimensions/up.sql");
    for statements in [down, up] {
        let done: Result<(), DbError> =
            with_conn!(&db, |conn| conn.batch_execute(statements).await);
        done.unwrap();
    }
    for (dimension, _) in VALUES {
        let all = visitors(&db, dimension, &[]).await;
        assert_eq!(all, rows(&[("", 1.0)]), "{dimension:?}");
    }
    store(&db, &[a_rich_hit(&site, "2026-11-25", 2)]).await;
    for (dimension, value) in VALUES {
        let all = visitors(&db, dimension, &[]).await;
        assert_eq!(all, rows(&[("", 1.0), (value, 1.0)]), "{dimension:?}");
    }
}
