-- Tables that grow lead their key with site_id and hold rows in key order (WITHOUT ROWID): the key is the time index.

create table site (
  id integer primary key autoincrement not null,
  domain text not null unique,
  name text not null,
  time_zone text not null,
  created_at bigint not null
);

create table user_account (
  id integer primary key autoincrement not null,
  email text not null unique,
  password_hash text not null,
  role text not null,
  created_at bigint not null
);

-- Only the SHA-256 of a session's token is stored: a copy of the database logs nobody in.
create table session (
  token_hash text primary key not null,
  user_id bigint not null references user_account (id) on delete cascade,
  created_at bigint not null,
  expires_at bigint not null
) without rowid;
create index session_by_user on session (user_id);

-- Strings that repeat (paths, sources, browsers …), once a site; id 0 is the empty string and not stored.
create table dictionary (
  site_id bigint not null,
  id bigint not null,
  value text not null,
  primary key (site_id, id)
) without rowid;
create unique index dictionary_by_value on dictionary (site_id, value);

-- One row a visit, updated while it is open. The id leads with the time of its start.
create table visit (
  site_id bigint not null,
  id bigint not null,
  visitor_id bigint not null,
  last_at bigint not null,
  pageviews integer not null,
  events integer not null,
  engaged_ms bigint not null,
  is_bounce bool not null,
  entry_page bigint not null,
  exit_page bigint not null,
  source bigint not null,
  channel bigint not null,
  referrer bigint not null,
  utm_source bigint not null,
  utm_medium bigint not null,
  utm_campaign bigint not null,
  utm_content bigint not null,
  utm_term bigint not null,
  country bigint not null,
  browser bigint not null,
  browser_version bigint not null,
  system bigint not null,
  system_version bigint not null,
  device bigint not null,
  primary key (site_id, id)
) without rowid;

-- One row an event, append-only. The id leads with the time of receipt.
create table event (
  site_id bigint not null,
  id bigint not null,
  visit_id bigint not null,
  visitor_id bigint not null,
  name bigint not null,
  hostname bigint not null,
  page bigint not null,
  engaged_ms integer not null,
  scroll_depth integer,
  is_interactive bool not null,
  props text,
  revenue_amount double,
  revenue_currency text,
  primary key (site_id, id)
) without rowid;
