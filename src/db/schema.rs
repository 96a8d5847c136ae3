//! The tables, once for both databases; `src/tests` compares them with both migration trees.

#![allow(missing_docs, reason = "the columns are documented in migrations/")]

diesel::table! {
    site (id) {
        id -> BigInt,
        domain -> Text,
        name -> Text,
        time_zone -> Text,
        created_at -> BigInt,
        is_public -> Bool,
    }
}

diesel::table! {
    user_account (id) {
        id -> BigInt,
        email -> Text,
        password_hash -> Text,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    session (token_hash) {
        token_hash -> Text,
        user_id -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    api_key (id) {
        id -> BigInt,
        token_hash -> Text,
        user_id -> BigInt,
        name -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_day -> Nullable<BigInt>,
    }
}

diesel::table! {
    dictionary (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        value -> Text,
    }
}

diesel::table! {
    visit (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        visitor_id -> BigInt,
        last_at -> BigInt,
        pageviews -> Integer,
        events -> Integer,
        engaged_ms -> BigInt,
        is_bounce -> Bool,
        entry_page -> BigInt,
        exit_page -> BigInt,
        source -> BigInt,
        channel -> BigInt,
        referrer -> BigInt,
        utm_source -> BigInt,
        utm_medium -> BigInt,
        utm_campaign -> BigInt,
        utm_content -> BigInt,
        utm_term -> BigInt,
        country -> BigInt,
        browser -> BigInt,
        browser_version -> BigInt,
        system -> BigInt,
        system_version -> BigInt,
        device -> BigInt,
        screen -> BigInt,
        language -> BigInt,
        region -> BigInt,
        city -> BigInt,
    }
}

diesel::table! {
    event (site_id, id) {
        site_id -> BigInt,
        id -> BigInt,
        visit_id -> BigInt,
        visitor_id -> BigInt,
        name -> BigInt,
        hostname -> BigInt,
        page -> BigInt,
        engaged_ms -> Integer,
        scroll_depth -> Nullable<Integer>,
        is_interactive -> Bool,
        props -> Nullable<Text>,
        revenue_amount -> Nullable<Double>,
        revenue_currency -> Nullable<Text>,
        title -> BigInt,
    }
}

diesel::table! {
    event_key (site_id, key) {
        site_id -> BigInt,
        key -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    site_rule (site_id, kind, value) {
        site_id -> BigInt,
        kind -> Text,
        value -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    refusal (site_id, hour, reason, detail) {
        site_id -> BigInt,
        hour -> Integer,
        reason -> Text,
        detail -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    day_block (site_id, day) {
        site_id -> BigInt,
        day -> Integer,
        from_at -> BigInt,
        to_at -> BigInt,
        events -> Integer,
        visits -> Integer,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        is_swept -> Bool,
    }
}

diesel::table! {
    day_part (site_id, day, part) {
        site_id -> BigInt,
        day -> Integer,
        part -> Integer,
        data -> Binary,
    }
}

diesel::table! {
    roll_up (site_id, first_day, days, dimension) {
        site_id -> BigInt,
        first_day -> Integer,
        days -> Integer,
        dimension -> Integer,
        data -> Binary,
    }
}

diesel::table! {
    vital (site_id, day, page, country, device) {
        site_id -> BigInt,
        day -> Integer,
        page -> Text,
        country -> Text,
        device -> Text,
        data -> Binary,
    }
}

diesel::table! {
    goal (id) {
        id -> BigInt,
        site_id -> BigInt,
        name -> Text,
        definition -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    funnel (id) {
        id -> BigInt,
        site_id -> BigInt,
        name -> Text,
        scope -> Text,
        steps -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    segment (id) {
        id -> BigInt,
        site_id -> BigInt,
        user_id -> Nullable<BigInt>,
        name -> Text,
        condition -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    annotation (id) {
        id -> BigInt,
        site_id -> BigInt,
        day -> Nullable<Text>,
        at -> Nullable<BigInt>,
        text -> Text,
        user_id -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    share_link (id) {
        id -> BigInt,
        site_id -> BigInt,
        token_hash -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        condition -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_day -> Nullable<BigInt>,
    }
}

diesel::joinable!(annotation -> user_account (user_id));
diesel::allow_tables_to_appear_in_same_query!(annotation, user_account);
diesel::joinable!(session -> user_account (user_id));
diesel::joinable!(api_key -> user_account (user_id));
diesel::allow_tables_to_appear_in_same_query!(session, user_account);
diesel::allow_tables_to_appear_in_same_query!(api_key, user_account);
