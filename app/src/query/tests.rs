//! Addresses of dashboards, read and written.

use super::*;
use trackflow::domain::Date;

fn parsed(raw: &str) -> DashboardAddress {
    let parsed = DashboardAddress::parse(raw);
    assert_eq!(parsed.problems, Vec::<String>::new(), "{raw}");
    parsed.address
}

#[test]
fn the_default_view_has_an_empty_query() {
    assert_eq!(DashboardAddress::default().link(), "?");
    assert_eq!(parsed(""), DashboardAddress::default());
    assert_eq!(
        parsed("period=28d&compare=previous&metric=visitors&sources=source").link(),
        "?"
    );
}

#[test]
fn every_state_survives_the_address() {
    for link in [
        "?period=7d",
        "?period=custom&from=2026-01-01&to=2026-02-28&compare=year",
        "?compare=off&metric=bounce_rate&interval=week",
        "?sources=channel&pages=exit_page&locations=country&devices=device",
        "?filter=page:is:/a%26b%3D%3F&filter=country:is_not:DE&filter=campaign:is:",
        "?filter=source:contains:M%C3%BCnchen%20%2B1",
        "?filter=page:is:/&segment=7&goal=12",
        "?devices=device&properties=a%20%26:b%2525&filter=property.plan:is:pro%7Cfree",
    ] {
        assert_eq!(parsed(&link[1..]).link(), link);
    }
}

#[test]
fn every_named_choice_survives_the_address() {
    let base = DashboardAddress::default();
    let mut all = Vec::new();
    all.extend(Period::NAMED.map(|period| base.with_period(period)));
    all.extend(Comparison::ALL.map(|comparison| base.with_comparison(comparison)));
    all.extend(Metric::CARDS.map(|metric| base.with_metric(metric)));
    all.extend(Interval::ALL.map(|interval| base.with_interval(interval)));
    for group in DimensionGroup::ALL {
        let tabs = Tab::all(group).into_iter();
        all.extend(tabs.map(|tab| base.with_tab(group, tab)));
    }
    for address in all {
        assert_eq!(parsed(&address.link()[1..]), address);
    }
}

#[test]
fn wrong_values_say_what_is_allowed_and_leave_the_rest() {
    for (raw, part) in [
        ("period=8d", "`period` must be one of today"),
        ("compare=x", "`compare` must be one of previous, year, off"),
        ("metric=x", "`metric` must be one of visitors"),
        ("interval=x", "must be one of hour, day, week, month"),
        ("sources=page", "`sources` must be one of source, channel"),
        ("filter=page", "three parts"),
        ("filter=page:matches:(", "regular expression"),
        ("segment=x", "`segment` must be a number"),
        ("goal=-1", "`goal` must be a number"),
    ] {
        let parsed = DashboardAddress::parse(&format!("{raw}&devices=system"));
        assert!(parsed.problems[0].contains(part), "{:?}", parsed.problems);
        assert_eq!(parsed.address.link(), "?devices=system", "{raw}");
    }
}

#[test]
fn the_filter_menus_fields_become_a_filter() {
    let raw = "filter_dimension=page&filter_operator=contains&filter_value=+%2Fdocs+";
    let parsed = DashboardAddress::parse(raw);
    assert!(parsed.has_form_fields);
    assert_eq!(parsed.address.link(), "?filter=page:contains:/docs");
}

#[test]
fn several_values_of_the_menu_become_one_filter() {
    for (raw, link) in [
        (
            "filter_dimension=country&filter_value=DE&filter_values=FR%0D%0A%0D%0A+AT+%0D%0A",
            "?filter=country:is:DE%7CFR%7CAT",
        ),
        (
            "filter_dimension=country&filter_value=&filter_values=FR",
            "?filter=country:is:FR",
        ),
        (
            "filter_dimension=campaign&filter_operator=is_not&filter_value=&filter_values=",
            "?filter=campaign:is_not:",
        ),
        // A bar that was typed is a bar, also within a pattern.
        (
            "filter_dimension=page&filter_operator=matches&filter_value=%5E/(a|b)c",
            "?filter=page:matches:%5E/%28a%5C%7Cb%29c",
        ),
        (
            "filter_dimension=property.a%253Ab&filter_value=%5C&filter_values=x|y",
            "?filter=property.a%253Ab:is:%5C%5C%7Cx%5C%7Cy",
        ),
    ] {
        let parsed = DashboardAddress::parse(raw);
        assert_eq!(parsed.problems, Vec::<String>::new(), "{raw}");
        assert!(parsed.has_form_fields);
        assert_eq!(parsed.address.link(), link);
        let again = DashboardAddress::parse(&link[1..]).address;
        assert_eq!(again, parsed.address);
    }
}

#[test]
fn names_of_properties_survive_their_path_whatever_they_are() {
    for (name, path) in [
        ("plan", "plan"),
        ("a b/c", "a%20b%2Fc"),
        (".", "%252E"),
        ("..", "%252E%252E"),
        ("...", "%252E%252E%252E"),
        ("a.b", "a.b"),
        ("a:b", "a%253Ab"),
        ("100%", "100%2525"),
        ("%2E", "%25252E"),
        ("ü?#&=\\", "%C3%BC%3F%23%26%3D%5C"),
        ("<script>", "%3Cscript%3E"),
    ] {
        let start = "/sites/a.example/properties/";
        assert_eq!(
            property_path("/sites/a.example", name),
            format!("{start}{path}")
        );
        let pairs = parse_pairs(&format!("v={}", path.replace('+', "%2B")));
        let found = property_of(&pairs[0].1);
        assert_eq!(found, Some(Subject::Property(name.to_owned())), "{name}");
    }
    assert_eq!(property_of(""), None);
    assert_eq!(property_of(&"a".repeat(301)), None);
}

#[test]
fn a_new_equality_replaces_the_old_one_on_its_dimension() {
    let address = parsed("filter=country:is:DE&filter=page:contains:/a");
    let next = address.with_filter(Filter::is(Dimension::Country, "FR"));
    assert_eq!(next.link(), "?filter=page:contains:/a&filter=country:is:FR");
    assert_eq!(next.without_filter(0).link(), "?filter=country:is:FR");
}

#[test]
fn a_new_period_chooses_its_own_interval() {
    let address = parsed("period=today&interval=hour");
    let day = Date::parse("2026-11-24").expect("a date");
    let next = address.with_period(Period::Custom { from: day, to: day });
    assert_eq!(next.link(), "?period=custom&from=2026-11-24&to=2026-11-24");
}

#[test]
fn more_filters_than_the_limit_are_refused() {
    let raw: Vec<_> = (0..21).map(|n| format!("filter=page:is:/{n}")).collect();
    let parsed = DashboardAddress::parse(&raw.join("&"));
    assert_eq!(parsed.address.query.filters.len(), 20);
    assert!(parsed.problems[0].contains("at most 20"));
}
